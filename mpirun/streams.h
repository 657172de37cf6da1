/* What ranks write: read from their pipes, cut into whole lines, sent to the launcher. A stream's bytes are never
 * changed, dropped or reordered here (output.c may put a line end between the pieces of two ranks), and nothing is
 * read that may not be sent on: a slow reader of mpirun's output slows the ranks that write, and mpirun does not
 * grow. */
#ifndef MPIRUN_STREAMS_H
#define MPIRUN_STREAMS_H

#include "mpirun/link.h"

#define STREAM_LINE (64u << 10) /* a longer line is sent in pieces, while the others on its channel wait */

struct stream {
    struct watch watch;
    struct streams *streams;
    uint32_t rank;
    unsigned channel; /* 0: standard output, OUTPUT_STDERR: standard error */
    char *held;       /* the beginning of a line, at most STREAM_LINE */
    uint32_t held_count, held_room;
};

/* The streams of standard output, or those of standard error. */
struct channel {
    struct loop pipes;      /* its pipes' own epoll, so that all of them can be paused at once */
    struct watch any;       /* that epoll, seen from the agent's loop */
    struct stream *speaker; /* is in the middle of a long line: only it may go on */
    struct watch speaking;  /* its pipe, seen from the agent's loop */
    struct timer silence;
};

struct streams {
    struct loop *loop;
    struct link *link;
    struct channel channels[2];
    int64_t credit; /* bytes that may still be sent */
    int open;       /* pipes that have not ended */
    char *scratch;
    int alone;             /* one rank only: nothing to keep apart, its bytes go on as they come */
    struct stream *prompt; /* a person reads what this stream writes, and answers: its beginnings of lines are
                              shown after a moment */
    struct timer moment;
    void (*ended)(struct streams *streams); /* the last pipe ended */
    void *owner;
};

int streams_open(struct streams *s, struct loop *loop, struct link *link, void (*ended)(struct streams *streams),
                 void *owner, struct words *why);

/* Takes over a pipe's read end. */
int streams_add(struct streams *s, struct stream *stream, int fd, uint32_t rank, unsigned channel, struct words *why);

/* The launcher has written out so many bytes. */
void streams_credit(struct streams *s, uint32_t bytes);

#endif
