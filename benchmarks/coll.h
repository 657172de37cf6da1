/* The collective operations as data: for coll.c, which measures them, and coll_calls.c, which calls them. */
#ifndef BENCHMARKS_COLL_H
#define BENCHMARKS_COLL_H

#include "benchmarks/bench.h"

/* Who is the root of operation i, or in which order the ranks stand.
 * down, up: the root moves by one rank each time. Coming down, the next root is the rank that hears last from the
 *   present one in chains, in flat trees and in binomial ones; going up, the present root is the one whose
 *   contribution takes the longest way to the next. So an operation starts when the one before is over for the rank
 *   farthest away, and each operation is paid with its whole way.
 * back: the order of the ranks is turned round each time, so that the last of one scan is the first of the next.
 * none: rank 0 is always the root. */
enum turn { TURN_NONE, TURN_DOWN, TURN_UP, TURN_BACK };

enum shape { EMPTY, BCAST, GATHER, SCATTER, ALLGATHER, ALLTOALL, REDUCE, ALLREDUCE, REDUCE_SCATTER, SCAN, EXSCAN };

struct coll;
struct step { /* one operation */
    MPI_Comm comm;
    int rank, root;
    void *send, *receive;
    MPI_Request *request; /* NULL: the blocking form */
};

struct family {
    enum shape shape;
    void (*call)(const struct coll *, struct step *);
    int vectors; /* it takes vectors of counts and places, which are int */
};

/* The ranks that work together. */
struct team {
    int ranks;
    MPI_Comm comm, reversed; /* reversed: for scans; null where none is asked for */
};

struct coll {
    const struct world *world;
    const struct family *family;
    const char *name;
    const struct team *team;
    int rank, ranks, nonblocking, check;
    enum turn turn;
    size_t bytes;
    int count;            /* elements of a block, or of the vector */
    int *counts, *places; /* by rank */
    MPI_Datatype *types;
    size_t send_room, receive_room;
    struct buffers send, receive;
};

/* The blocking forms. coll_names has them in this order, and behind them the non-blocking ones in the same order. */
enum { FAMILIES = 17 };
extern const struct family families[FAMILIES];

#endif
