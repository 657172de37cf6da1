/* What api/ calls of collective work: the making of communicators, and collective operations. Each function returns 0 or
 * an error class with words, and is collective as the standard says; *out is MPI_COMM_NULL's NULL where this process gets
 * none. call: the MPI function, for whoever looks at what a rank waits for. Arguments have been checked. */
#ifndef COLL_COLL_H
#define COLL_COLL_H

#include "base/words.h"
#include "obj/comm.h"
#include "type/op.h"

struct request;
struct node_head;

/* The node's memory may be used for collective operations (board.h). boards: it has room for that (on each node of a job
 * it may be different). fences: others' barriers do not reach this process.
 * place_of: where on the node a rank of the world is, -1: elsewhere. wake: one that sleeps, by its place; the lock of p2p
 * is held. */
struct coll_place {
    const struct node_head *node;
    int boards;
    int fences;
    int (*place_of)(int rank);
    void (*wake)(int place);
};
void coll_start(const struct coll_place *place);

/* The same groups in a new context, with attributes and the given hints. request: not NULL, *out may be used when it
 * is over. */
int coll_comm_dup(const char *call, struct comm *c, int hints, struct comm **out, struct request **request,
                  struct words *why);

/* The group is part of c's, and is called with by all of c (create) or by its members only (create_group). */
int coll_comm_create(const char *call, struct comm *c, struct group *group, struct comm **out, struct words *why);
int coll_comm_create_group(const char *call, struct comm *c, struct group *group, int tag, struct comm **out,
                           struct words *why);
/* Without a communicator before it; the error handler is taken over from `from`, which need be no real one. */
int coll_comm_create_from_group(const char *call, struct group *group, const char *stringtag, struct comm *from,
                                struct comm **out, struct words *why);
int coll_comm_split(const char *call, struct comm *c, int color, int key, struct comm **out, struct words *why);
/* The first of n numbers that is not the same for all processes; n: all are. */
int coll_comm_differs(const char *call, struct comm *c, const int32_t *numbers, int n, int *first, struct words *why);

/* A list of n numbers from each: *all becomes memory with room for *room from each (counts[i] count), for the caller
 * to free. */
int coll_comm_lists(const char *call, struct comm *c, const int32_t *list, int n, int32_t **all, int *counts,
                    int *room, struct words *why);

/* peer, its leader and the tag count at the local leader only. */
int coll_intercomm_create(const char *call, struct comm *local, int local_leader, struct comm *peer,
                          int remote_leader, int tag, struct comm **out, struct words *why);
int coll_intercomm_create_from_groups(const char *call, struct group *local, int local_leader, struct group *remote,
                                      int remote_leader, const char *stringtag, struct comm *from, struct comm **out,
                                      struct words *why);
int coll_intercomm_merge(const char *call, struct comm *c, int high, struct comm **out, struct words *why);

/* The program's part is over; what is under way still ends as it should. disconnect waits for it. */
void coll_comm_free(struct comm *c);
void coll_comm_disconnect(const char *call, struct comm *c);

/* ---- collective operations ---- */

enum coll_kind {
    COLL_BARRIER, COLL_BCAST, COLL_GATHER, COLL_SCATTER, COLL_ALLGATHER, COLL_ALLTOALL, COLL_REDUCE, COLL_ALLREDUCE,
    COLL_REDUCE_SCATTER, COLL_SCAN, COLL_EXSCAN, COLL_NEIGHBOR_ALLGATHER, COLL_NEIGHBOR_ALLTOALL, COLL_KINDS
};

/* An array of the program's: of int, or of MPI_Count and MPI_Aint. at NULL: there is none. */
struct coll_numbers {
    const void *at;
    int wide;
};
static inline int64_t coll_number(struct coll_numbers n, int i)
{
    return n.wide ? ((const MPI_Count *)n.at)[i] : ((const int *)n.at)[i];
}

/* What is sent, or received: as much of each process, one behind the other; or where arrays say. */
struct coll_side {
    char *memory;
    int64_t count;
    const struct type *type;
    struct coll_numbers counts, places; /* in extents; with types in bytes */
    const MPI_Datatype *types;
    int blocks; /* length of the arrays */
};

/* One operation. What does not count at this process need not be set. */
struct coll {
    enum coll_kind kind;
    const char *call;
    struct comm *comm;
    struct coll_side out, in; /* of MPI_Bcast the second; of reductions both are of the same count and type */
    int in_place;             /* the first is MPI_IN_PLACE (the second, where a root scatters) */
    int irregular;            /* with a root: blocks are not all of the same size, or need not be */
    const struct op *op;
    int root;
};

/* Blocking; started; made for MPI_Start. What is pointed to is read during the call, but for the buffers. */
int coll_run(const struct coll *a, struct words *why);
int coll_begin(const struct coll *a, struct request **request, struct words *why);
int coll_make(const struct coll *a, struct request **request, struct words *why);
void coll_restart(struct request *r);
void coll_free(struct request *r); /* that was made, and does not run */
/* How many processes this one receives from and sends to, in its topology. */
void coll_neighbours(const struct comm *c, int *in, int *out);
/* The sentence about an error of a request that coll_begin or coll_make gave. */
void coll_failure(struct words *words, int errclass, const struct request *r);

#endif
