/* Communicators. For now the two that every program has; a communicator is a context id and an ordered group. */
#ifndef OBJ_COMM_H
#define OBJ_COMM_H

#include "obj/errhandler.h"
#include "p2p/match.h"

struct comm {
    struct obj obj;
    MPI_Comm handle; /* what users call it */
    const char *name;
    int rank, size;
    uint32_t context;
    const int *members; /* ranks in the world of the group, in order; NULL: first, first + 1, ... */
    int first;
    struct match match;
    struct comm *parts; /* the same group in a context of its own, in which no program can receive: p2p/partitioned.c */
    struct errhandler *errhandler; /* only through the two functions below: threads may replace it */
};

extern struct comm comm_world, comm_self;

/* Gives the two their place and their first error handler; called when MPI starts. */
void comm_init(int world_rank, int world_size, MPI_Errhandler initial);

/* The error handler, with a reference that the caller puts back; and a new one in its place. */
struct errhandler *comm_errhandler_get(struct comm *c);
void comm_errhandler_set(struct comm *c, struct errhandler *e);

enum { COMM_PARTS = 1 << 30 }; /* bit of the context ids of `parts` */

/* The communicator of a context id, or NULL. */
struct comm *comm_of_any_context(uint32_t context);
static inline struct comm *comm_of_context(uint32_t context)
{
    return __builtin_expect(context == 0, 1) ? &comm_world : comm_of_any_context(context);
}

/* The rank in the world of a rank of the communicator. */
static inline int comm_world_rank(const struct comm *c, int rank)
{
    return __builtin_expect(c->members != NULL, 0) ? c->members[rank] : c->first + rank;
}

/* The object behind a handle, or NULL. */
static inline struct comm *comm_of(MPI_Comm handle)
{
    if (__builtin_expect(handle == MPI_COMM_WORLD, 1))
        return &comm_world;
    if (handle == MPI_COMM_SELF)
        return &comm_self;
    return handle_object(handle, OBJ_COMM);
}

#endif
