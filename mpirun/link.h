/* A stream between launcher and agent: frames out are queued and written when the other side takes them, bytes in
 * are collected until proto_peek finds a frame. Never blocks. */
#ifndef MPIRUN_LINK_H
#define MPIRUN_LINK_H

#include "mpirun/loop.h"
#include "mpirun/proto.h"

#include <sys/uio.h>

struct link {
    struct loop *loop;
    struct watch watch;
    struct bytes in, out;
    int broken; /* the other side is gone */
    void *owner;
    void (*received)(struct link *link);
};

/* received is called when bytes came in or the link broke (look at `broken`, which is set at once when the descriptor
 * cannot be watched). */
void link_open(struct link *link, struct loop *loop, int fd, void (*received)(struct link *link), void *owner);
void link_send(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length);

/* A frame whose payload is in up to three parts; written at once when nothing is queued, so that output is not
 * copied. */
void link_send_parts(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const struct iovec *parts,
                     int count);
void link_close(struct link *link);

#endif
