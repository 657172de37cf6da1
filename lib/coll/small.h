/* The few collective operations that creating communicators needs, on small pieces of memory: over all of a
 * communicator, over a group inside of it, or between the two sides of an inter-communicator. Not for other
 * folders. */
#ifndef COLL_SMALL_H
#define COLL_SMALL_H

#include "p2p/p2p.h"

/* Those who take part, and how they reach each other. */
struct circle {
    struct comm *comm;   /* a hidden one */
    struct group *group; /* who of the communicator's peers takes part, in order; NULL: all of them */
    int rank, size;      /* of this process among them */
    int tag;
    const char *call;    /* on whose behalf, for whoever looks at what a rank waits for */
};

/* The tag of the next operation. */
int circle_turn(struct comm *c);
/* All of a communicator, or of its own group; the next tag is taken. 0 or MPI_ERR_NO_MEM. */
int circle_of(struct circle *o, struct comm *c, const char *call);
/* Those of the group, which are peers of the communicator, with a tag of the program's. */
int circle_of_group(struct circle *o, struct comm *c, struct group *group, int tag, const char *call);

/* Each returns 0 or an error class. */
int small_send(const struct circle *o, const void *data, size_t size, int dest);
int small_recv(const struct circle *o, void *data, size_t size, int source);
int small_exchange(const struct circle *o, const void *out, size_t out_size, void *in, size_t in_size, int other);
int small_bcast(const struct circle *o, void *data, size_t size, int root);
/* all: room for a piece of each, one's own in its place already. */
int small_allgather(const struct circle *o, void *all, size_t size);

/* The tree of a broadcast from 0: from whom it comes (-1: 0 itself), and to whom it goes (in this order; how
 * many). */
int tree_parent(int rank);
int tree_children(int rank, int size, int children[32]);

#endif
