/* Collective operations between the two groups of an inter-communicator. Data goes between the two first processes
 * (leaders), or directly where every process has something else to say; within a group it goes as in any other. */
#include "coll/schedule.h"

/* The root's side of an operation with one: what does this process do? */
static int is_root(const struct coll *a)
{
    return a->root == MPI_ROOT;
}

static int has_root(const struct coll *a)
{
    return a->root >= 0;
}

static void barrier(struct build *b)
{
    struct piece nothing = piece_bytes(NULL, 0);
    build_barrier(b, &b->near);
    if (b->near.rank == 0) {
        step_recv(b, &b->far, nothing, 0);
        step_send(b, &b->far, nothing, 0);
        step_wait(b);
    }
    build_bcast(b, &b->near, nothing, 0);
}

static void bcast(struct build *b)
{
    const struct coll *a = b->a;
    if (!is_root(a) && !has_root(a))
        return;
    struct piece all = piece_of(a->in.memory, (uint64_t)a->in.count, a->in.type);
    if (is_root(a)) {
        step_send(b, &b->far, all, 0);
        return;
    }
    if (b->near.rank == 0) {
        step_recv(b, &b->far, all, a->root);
        step_wait(b);
    }
    build_bcast(b, &b->near, all, 0);
}

static void gather(struct build *b)
{
    const struct coll *a = b->a;
    if (has_root(a))
        step_send(b, &b->far, piece_of(a->out.memory, (uint64_t)a->out.count, a->out.type), a->root);
    for (int i = 0; is_root(a) && i < b->far.size; i++)
        step_recv(b, &b->far, side_block(&a->in, i), i);
}

static void scatter(struct build *b)
{
    const struct coll *a = b->a;
    if (has_root(a))
        step_recv(b, &b->far, piece_of(a->in.memory, (uint64_t)a->in.count, a->in.type), a->root);
    for (int i = 0; is_root(a) && i < b->far.size; i++)
        step_send(b, &b->far, side_block(&a->out, i), i);
}

/* allgather: the same for all. */
static void alltoall(struct build *b)
{
    const struct coll *a = b->a;
    for (int i = 0; i < b->far.size; i++)
        step_recv(b, &b->far, side_block(&a->in, i), i);
    for (int i = 0; i < b->far.size; i++)
        step_send(b, &b->far, side_block(&a->out, a->kind == COLL_ALLGATHER ? 0 : i), i);
}

/* The own group's vectors, reduced, at its leader; NULL at others. */
static char *reduce_near(struct build *b, uint64_t count)
{
    char *all = b->near.rank == 0 ? vector_memory(b, count) : NULL;
    build_reduce(b, &b->near, b->a->out.memory, all, count, 0);
    step_wait(b);
    return all;
}

static void reduce(struct build *b)
{
    const struct coll *a = b->a;
    uint64_t count = (uint64_t)a->in.count;
    if (is_root(a))
        step_recv(b, &b->far, vector_piece(b, a->in.memory, 0, count), 0);
    if (!has_root(a))
        return;
    char *all = reduce_near(b, count);
    if (all)
        step_send(b, &b->far, vector_piece(b, all, 0, count), a->root);
}

/* The leaders give each other what their groups have; `theirs` only counts at the leader. */
static void swap(struct build *b, char *theirs, uint64_t count)
{
    char *all = reduce_near(b, count);
    if (!all)
        return;
    step_recv(b, &b->far, vector_piece(b, theirs, 0, count), 0);
    step_send(b, &b->far, vector_piece(b, all, 0, count), 0);
    step_wait(b);
}

static void allreduce(struct build *b)
{
    uint64_t count = (uint64_t)b->a->in.count;
    swap(b, b->a->in.memory, count);
    build_bcast(b, &b->near, vector_piece(b, b->a->in.memory, 0, count), 0);
}

static void reduce_scatter(struct build *b)
{
    const struct coll *a = b->a;
    uint64_t total = 0, mine = 0;
    for (int i = 0; i < b->near.size; i++) {
        uint64_t n = (uint64_t)(a->in.counts.at ? coll_number(a->in.counts, i) : a->in.count);
        total += n;
        if (i == b->near.rank)
            mine = n;
    }
    struct piece result = vector_piece(b, a->in.memory, 0, mine);
    char *theirs = b->near.rank == 0 ? vector_memory(b, total) : NULL;
    swap(b, theirs, total);
    if (b->near.rank) {
        step_recv(b, &b->near, result, 0);
        return;
    }
    step_copy(b, vector_piece(b, theirs, 0, mine), result);
    uint64_t first = mine, n;
    for (int i = 1; i < b->near.size; i++, first += n) {
        n = (uint64_t)(a->in.counts.at ? coll_number(a->in.counts, i) : a->in.count);
        step_send(b, &b->near, vector_piece(b, theirs, first, n), i);
    }
}

void build_inter(struct build *b)
{
    switch (b->a->kind) {
    case COLL_BARRIER:
        barrier(b);
        break;
    case COLL_BCAST:
        bcast(b);
        break;
    case COLL_GATHER:
        gather(b);
        break;
    case COLL_SCATTER:
        scatter(b);
        break;
    case COLL_ALLGATHER:
    case COLL_ALLTOALL:
        alltoall(b);
        break;
    case COLL_REDUCE:
        reduce(b);
        break;
    case COLL_ALLREDUCE:
        allreduce(b);
        break;
    default:
        reduce_scatter(b);
    }
}
