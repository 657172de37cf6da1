/* A guard's way to whoever is above it through TCP: all addresses at once, for a short while; the first where somebody
 * proves that he belongs to the job is taken. */
#ifndef MPIRUN_CALL_H
#define MPIRUN_CALL_H

#include "mpirun/knock.h"
#include "mpirun/loop.h"
#include "mpirun/proto.h"

enum { CALL_TRIES = PROTO_ADDRESSES + 1 };

struct call;

struct attempt {
    struct watch watch; /* fd -1: it is over */
    struct call *call;
    struct knock knock;
    int connected;
    char address[48];
};

struct call {
    struct loop *loop;
    struct timer timer;
    const unsigned char *key;
    uint32_t node;
    uint16_t port;
    int64_t begun_ns;
    int done; /* whoever waits has been told */
    int count;
    struct attempt list[CALL_TRIES];
    struct words why; /* of the last one that failed */
    void *owner;
    /* A connection: the id that the other side knows it by, its keys, and the address in words. fd -1: there is none,
     * and the words say why. */
    void (*connected)(struct call *call, int fd, uint64_t id, const struct seal *seal, const char *words);
};

/* extra: one more address, as text, that may be tried first; or NULL. The callback may come at once. */
void call_start(struct call *call, struct loop *loop, const struct frame_door *where, const char *extra, double seconds);
void call_end(struct call *call);
void call_forget(const struct call *call); /* in a process that was forked */

#endif
