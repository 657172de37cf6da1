/* Standard input for ranks that do not read mpirun's own: --stdin all, and a rank on another host. A piece of it
 * comes from the launcher, and the next one is asked for when every rank has taken it. */
#ifndef MPIRUN_FEED_H
#define MPIRUN_FEED_H

#include "mpirun/link.h"

struct feed_pipe {
    struct feed *feed;
    struct watch room; /* its write end, -1: none; the rank has read what there was */
    uint32_t at;       /* bytes of the piece that it has got */
};

struct feed {
    struct loop *loop;
    struct link *link;
    struct feed_pipe *pipes; /* of all ranks of this host */
    uint32_t count;
    int open;
    int begun;
    int asked; /* for the next piece, which has not come */
    struct bytes piece;
};

/* 0, or -1 and words. */
int feed_open(struct feed *f, struct loop *loop, struct link *link, uint32_t ranks, struct words *why);

/* Makes the standard input of a rank: the descriptor, for the caller to close, or -1 and errno. */
int feed_add(struct feed *f, uint32_t local);

/* All ranks have been started. */
void feed_begin(struct feed *f);

void feed_came(struct feed *f, const char *data, size_t n); /* nothing: it has ended */
void feed_close(struct feed *f, uint32_t local);

#endif
