/* Where the hosts below are let in through TCP: a port on all addresses, open for as long as one of them has still to
 * come. Whoever connects is a stranger until he has proven that he knows the job's key (knock.h). Strangers are few and
 * have little time: when there are too many, the one who has been here longest goes. They are counted. */
#ifndef MPIRUN_DOOR_H
#define MPIRUN_DOOR_H

#include "mpirun/job.h"
#include "mpirun/knock.h"
#include "mpirun/loop.h"
#include "mpirun/proto.h"

/* Places for strangers, and more for each host that may come, by several addresses. */
enum { DOOR_STRANGERS = 64, DOOR_PER_HOST = 4, DOOR_HOSTS = 240 };

struct guest {
    struct watch watch; /* fd -1: nobody */
    struct door *door;
    struct knock knock;
    int64_t until_ns;
    int proven;
};

struct door {
    struct loop *loop;
    struct watch watch; /* the port; fd -1: the door is shut */
    struct timer timer;
    const unsigned char *key;
    int64_t patience_ns; /* with one stranger */
    struct guest *guests, *guests_end; /* places; they stay for as long as the process */
    unsigned strangers; /* who have come and gone */
    struct frame_door where;
};

/* Opens a port; where it can be found is in `where`. -1 and words: it cannot. Once for a loop. */
int door_open(struct door *door, struct loop *loop, const struct job *job, struct words *why);

/* The connection of a node that says that it has come in, by the number that both sides know: its descriptor, and the
 * keys; -1: there is none. */
int door_take(struct door *door, uint32_t node, uint64_t id, struct seal *seal);

/* Nobody else is awaited. *strangers is how many there were, those who have only just come left out. */
void door_shut(struct door *door, unsigned *strangers);

/* In a process that was forked. */
void door_forget(struct door *door);

#endif
