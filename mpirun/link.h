/* A stream between launcher and agent: frames out are queued and written when the other side takes them, bytes in
 * are collected until proto_peek finds a frame. Never blocks. The stream is a socket, or two pipes; between
 * hosts it may be TCP, and is then sealed. */
#ifndef MPIRUN_LINK_H
#define MPIRUN_LINK_H

#include "mpirun/loop.h"
#include "mpirun/proto.h"
#include "mpirun/seal.h"

#include <sys/uio.h>

struct link {
    struct loop *loop;
    struct watch watch;     /* bytes in; and out, where the stream is a socket */
    struct watch out_watch; /* of two pipes, the one out */
    int pipes;
    struct bytes in, out;
    int sealed;
    struct seal seal;
    struct bytes sealed_in, sealed_out; /* as it comes and goes */
    uint32_t node;    /* what the frames say that are sent here */
    int64_t heard_ns; /* when bytes came last */
    int paused;
    int broken; /* the other side is gone */
    int error;  /* and not by its own will: errno; EBADMSG: what came was not sealed by the other side */
    void *owner;
    void (*received)(struct link *link);
    void (*drained)(struct link *link); /* or NULL: nothing waits to be written any more */
};

/* received is called when bytes came in or the link broke (look at `broken`, which is set at once when the
 * descriptor cannot be watched). */
void link_open(struct link *link, struct loop *loop, int fd, void (*received)(struct link *link), void *owner);

/* The same with a seal, which is copied. */
void link_open_sealed(struct link *link, struct loop *loop, int fd, const struct seal *seal,
                      void (*received)(struct link *link), void *owner);

/* How much waits to be written. */
static inline size_t link_waiting(const struct link *link)
{
    return bytes_count(&link->out) + bytes_count(&link->sealed_out);
}

/* The same of two descriptors, in and out, which become ones that do not block. SIGPIPE must be blocked or
 * ignored. */
void link_open_pipes(struct link *link, struct loop *loop, int in, int out, void (*received)(struct link *link),
                     void *owner);

void link_send(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length);

/* A frame on its way to, or from, somebody else. */
void link_pass(struct link *link, const struct frame *head, const void *payload);

/* Bytes that are no frame: a greeting. */
void link_send_bytes(struct link *link, const void *bytes, size_t n);

/* A frame whose payload is in up to three parts; written at once when nothing is queued, so that output is not
 * copied. */
void link_send_parts(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const struct iovec *parts,
                     int count);

/* Nothing is read until that ends. */
void link_pause(struct link *link, int paused);

void link_close(struct link *link);

#endif
