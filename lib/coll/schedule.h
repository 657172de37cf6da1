/* A schedule is the small program that a collective operation becomes at one process: send, receive, copy, reduce, wait
 * for what was started. Builders (the other files of this folder) write it; schedule.c runs it, moved by the ends of its
 * messages, so that it needs no thread and several can be under way. Blocking, non-blocking and persistent operations
 * are the same schedule: waited for, given to the program as a request, or kept and started again.
 *
 * A builder that runs out of memory goes on writing; schedule_make notices. Not for other folders. */
#ifndef COLL_SCHEDULE_H
#define COLL_SCHEDULE_H

#include "coll/coll.h"

/* Bytes of data, where a layout has them: `size` of them, from the `skip`th on. type NULL: one block. */
struct piece {
    char *at;
    const struct type *type;
    uint64_t skip, size;
};

/* Those who work together, as peers of a hidden communicator. */
struct team {
    struct comm *comm;
    int rank, size;
    const int *ranks; /* which of its peers; NULL: all */
};

struct schedule;

/* For builders: who they write for. An intra-communicator has no far team; in an inter-communicator near is the own
 * group, far the other one, whose `rank` means nothing. */
struct build {
    struct schedule *schedule;
    const struct coll *a;
    struct team near, far;
    const struct type *type; /* of reductions */
};

/* Steps. They begin in this order, local ones are over at once; wait: until all before are over. */
void step_send(struct build *b, const struct team *t, struct piece p, int dest);
void step_recv(struct build *b, const struct team *t, struct piece p, int source);
void step_copy(struct build *b, struct piece from, struct piece to);
void step_reduce(struct build *b, const char *left, char *right, uint64_t count); /* right = left OP right */
void step_wait(struct build *b);

/* Memory that lives as long as the schedule. Who writes into it at once asks first whether there was some. */
void *build_memory(struct build *b, uint64_t size);
int build_failed(const struct build *b);

/* ---- pieces ---- */

struct piece piece_of(char *at, uint64_t count, const struct type *t);
static inline struct piece piece_bytes(void *at, uint64_t size)
{
    return (struct piece){at, NULL, 0, size};
}
struct piece piece_part(struct piece p, uint64_t from, uint64_t size);
struct cursor piece_cursor(const struct piece *p);

/* Block i of a side. */
struct piece side_block(const struct coll_side *s, int i);
/* Its bytes; the type of side_block too, for where it stands. */
uint64_t side_size(const struct coll_side *s, int i);

/* ---- vectors: the elements of reductions ---- */

/* Elements first ... first + count. */
struct piece vector_piece(const struct build *b, char *at, uint64_t first, uint64_t count);
char *vector_at(const struct build *b, char *at, uint64_t first);
/* Room for so many; where the first one "begins", as a user's buffer does. */
char *vector_memory(struct build *b, uint64_t count);

/* An operation of those members of a->comm alone (comm is set here); the others take its turn. */
int coll_run_between(const struct coll *a, const struct team *team, struct words *why);

/* ---- builders; each is for one team and may stand behind others ---- */

void build_barrier(struct build *b, const struct team *t);
void build_bcast(struct build *b, const struct team *t, struct piece p, int root);
/* Everybody's vector, reduced in the order of ranks, into `result` at the root; `own` stays as it is, but where both are
 * the same. result at others: NULL. */
void build_reduce(struct build *b, const struct team *t, char *own, char *result, uint64_t count, int root);
void build_allreduce(struct build *b, const struct team *t, char *own, char *result, uint64_t count);
/* Blocks of given sizes, one of each, to all: block i is places[i]; one's own is there. */
void build_allgather(struct build *b, const struct team *t, const struct piece *places);

/* By kind, for all communicators (a->comm->remote or not). */
void build_gather(struct build *b);
void build_scatter(struct build *b);
void build_alltoall(struct build *b);
void build_reduce_scatter(struct build *b);
void build_scan(struct build *b);
void build_neighbor(struct build *b);
void build_inter(struct build *b); /* what is not for both kinds */

#endif
