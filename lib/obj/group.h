/* Groups: ordered sets of processes, each named by its rank in the world. What is regular (all, a range, every n-th,
 * backwards) costs a few words; any other group has a table, and when it is first asked for, the same sorted, so that
 * ranks are translated in O(1) or O(log n). Groups never change: whoever uses one holds a reference. */
#ifndef OBJ_GROUP_H
#define OBJ_GROUP_H

#include <mpi.h>
#include "base/handle.h"

struct group_place {
    int32_t world, rank;
};

struct group {
    struct obj obj;
    _Atomic int references; /* not counted for group_empty */
    int size;
    int rank;          /* of this process, or MPI_UNDEFINED */
    uint32_t session;  /* number of the session that it is derived from; 0: none */
    int first, stride; /* rank i is first + i * stride of the world, if there is no table */
    int32_t *table;
    struct group_place *_Atomic places; /* by world; I0: release, after they are sorted; pairs with I1, acquire */
};

extern struct group group_empty;

/* The rank in the world of this process; called when MPI starts. */
void group_init(int world_rank);

/* Each makes a new reference, NULL: no memory. The table becomes the group's, or is freed. */
struct group *group_regular(int first, int stride, int size);
struct group *group_of_table(int32_t *table, int size);
struct group *group_of_session(const struct group *g, uint32_t session); /* a regular one once more, for a session */
struct group *group_get(struct group *g);
void group_put(struct group *g);

/* The object behind a handle, or NULL; and its handle. */
static inline struct group *group_of(MPI_Group handle)
{
    return handle == MPI_GROUP_EMPTY ? &group_empty : handle_object(handle, OBJ_GROUP);
}
static inline MPI_Group group_handle(struct group *g)
{
    return g == &group_empty ? MPI_GROUP_EMPTY : (MPI_Group)g;
}

/* From ranks of the group to ranks of the world, and back (MPI_UNDEFINED: not a member). */
static inline int group_world(const struct group *g, int rank)
{
    return g->table ? g->table[rank] : g->first + rank * g->stride;
}
int group_rank(struct group *g, int world);

int group_compare(struct group *a, struct group *b); /* MPI_IDENT, MPI_SIMILAR or MPI_UNEQUAL */
int group_contains(struct group *g, struct group *all); /* every member of `all` is one of g */
int group_disjoint(struct group *a, struct group *b);

/* Constructors of the standard: 0 and a new reference, or an error class. Of two groups, the order is the
 * standard's. */
int group_union(struct group *a, struct group *b, struct group **out);
int group_intersection(struct group *a, struct group *b, struct group **out);
int group_difference(struct group *a, struct group *b, struct group **out);

/* Ranks of the group by ranges (first, last, stride); a list of ranks is ranges of one. *bad: which range is
 * wrong, with MPI_ERR_ARG (its stride is 0 or leads away from last) or MPI_ERR_RANK (out of the group, or named
 * twice: *rank). */
int group_ranges(struct group *g, int n, const int (*ranges)[3], int excluded, struct group **out, int *bad,
                 int *rank);
int group_ranks(struct group *g, int n, const int *ranks, int excluded, struct group **out, int *bad);

#endif
