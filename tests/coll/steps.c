/* Takes the place of schedule.c: builders write steps as ever, and here they become a list for clocks.c. */
#define _GNU_SOURCE
#include "coll/schedule.h"
#include "tests/coll/sim.h"

#include <stdlib.h>
#include <sys/mman.h>

/* The real table, beside a choice of our own. */
enum table_way table_chooses(enum table_op op, uint64_t bytes, int ranks, int commutative);
#define table_choose table_chooses
#include "../../lib/coll/table.c"
#undef table_choose

enum { ROOT_BUFFER = 46, OWN_BUFFER = 45 }; /* bits of addresses that nothing stands at */
#define MEMORY ((uint64_t)1 << 44)          /* for builders; only what they write into becomes real */

struct schedule {
    struct sim_steps *steps;
    char *memory;
    uint64_t used, own; /* own: steps of this rank */
    int failed;
};

static int forced_op = -1, forced_way = -1;

enum table_way table_choose(enum table_op op, uint64_t bytes, int ranks, int commutative)
{
    return (int)op == forced_op ? (enum table_way)forced_way : table_chooses(op, bytes, ranks, commutative);
}

/* ---- what builders call ---- */

void *build_memory(struct build *b, uint64_t size)
{
    struct schedule *s = b->schedule;
    if (size > MEMORY - s->used - 64) {
        s->failed = 1;
        return s->memory;
    }
    char *at = s->memory + s->used;
    s->used += (size + 63) / 64 * 64;
    return at;
}

int build_failed(const struct build *b)
{
    return b->schedule->failed;
}

static void step_new(struct build *b, enum sim_kind kind, int peer, uint64_t bytes)
{
    struct schedule *s = b->schedule;
    struct sim_steps *steps = s->steps;
    if (steps->count == steps->room) {
        uint64_t room = 2 * steps->room;
        room = room < steps->most ? room : steps->most;
        void *list = room > steps->room ? realloc(steps->list, room * sizeof *steps->list) : NULL;
        if (!list) {
            s->failed = steps->too_many = 1;
            return;
        }
        steps->list = list;
        steps->room = room;
    }
    steps->list[steps->count++] = (struct sim_step){(uint8_t)kind, peer, bytes, 0};
    s->own++;
}

void step_send(struct build *b, const struct team *t, struct piece p, int dest)
{
    (void)t;
    step_new(b, SIM_SEND, dest, p.size);
}

void step_recv(struct build *b, const struct team *t, struct piece p, int source)
{
    (void)t;
    step_new(b, SIM_RECV, source, p.size);
}

void step_copy(struct build *b, struct piece from, struct piece to)
{
    if (from.at != to.at && from.size)
        step_new(b, SIM_COPY, 0, from.size);
}

void step_reduce(struct build *b, const char *left, char *right, uint64_t count)
{
    (void)left, (void)right;
    if (count)
        step_new(b, SIM_REDUCE, 0, count * b->type->size);
}

void step_wait(struct build *b)
{
    struct schedule *s = b->schedule;
    if (s->own && s->steps->list[s->steps->count - 1].kind != SIM_WAIT)
        step_new(b, SIM_WAIT, 0, 0);
}

/* ---- a call of each rank ---- */

static void build_all(struct build *b, char *own, char *result)
{
    const struct coll *a = b->a;
    uint64_t count = (uint64_t)a->in.count;
    switch (a->kind) {
    case COLL_BARRIER:
        build_barrier(b, &b->near);
        break;
    case COLL_BCAST:
        build_bcast(b, &b->near, piece_of(result, count, a->in.type), a->root);
        break;
    case COLL_REDUCE:
        build_reduce(b, &b->near, own, b->near.rank == a->root ? result : NULL, count, a->root);
        break;
    case COLL_ALLREDUCE:
        build_allreduce(b, &b->near, own, result, count);
        break;
    case COLL_GATHER:
    case COLL_ALLGATHER:
        build_gather(b);
        break;
    case COLL_SCATTER:
        build_scatter(b);
        break;
    case COLL_ALLTOALL:
        build_alltoall(b);
        break;
    case COLL_REDUCE_SCATTER:
        build_reduce_scatter(b);
        break;
    default:
        build_scan(b);
    }
}

/* Of reduce_scatter, bytes are those of the whole vector, and counts those of a block. */
static int64_t count_of(const struct sim_case *c, const struct type *t)
{
    uint64_t ranks = (uint64_t)c->ranks, bytes = c->bytes;
    if (c->kind == COLL_REDUCE_SCATTER)
        bytes = (bytes + ranks - 1) / ranks;
    return (int64_t)((bytes + t->size - 1) / t->size);
}

static const struct type *type_for(const struct sim_case *c)
{
    int reduces = c->kind == COLL_REDUCE || c->kind == COLL_ALLREDUCE || c->kind == COLL_REDUCE_SCATTER ||
                  c->kind == COLL_SCAN || c->kind == COLL_EXSCAN;
    return type_of(reduces && c->bytes % 8 == 0 ? MPI_DOUBLE : MPI_BYTE);
}

uint64_t sim_bytes(const struct sim_case *c)
{
    const struct type *t = type_for(c);
    return (uint64_t)count_of(c, t) * t->size * (c->kind == COLL_REDUCE_SCATTER ? (uint64_t)c->ranks : 1);
}

static void build_rank(const struct sim_case *c, int rank, struct schedule *s)
{
    const struct type *t = type_for(c);
    char *result = (char *)((uintptr_t)1 << ROOT_BUFFER), *own = (char *)((uintptr_t)1 << OWN_BUFFER);
    struct op op = *op_of(MPI_SUM);
    op.commutative = c->commutative;
    struct coll_side side = {.count = count_of(c, t), .type = t};
    struct coll a = {.kind = c->kind, .out = side, .in = side, .op = &op, .root = c->root};
    a.out.memory = own;
    a.in.memory = result;
    struct build b = {.schedule = s, .a = &a, .near = {NULL, rank, c->ranks}, .type = t};
    s->used = s->own = 0;
    build_all(&b, own, result);
}

int sim_build(const struct sim_case *c, int count, struct sim_steps *steps)
{
    struct schedule s = {.steps = steps};
    s.memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    free(steps->from);
    steps->from = malloc(((size_t)count + 1) * sizeof *steps->from);
    if (!steps->list && (steps->list = malloc(sizeof *steps->list)))
        steps->room = 1;
    steps->count = 0;
    steps->too_many = 0;
    if (s.memory == MAP_FAILED || !steps->from || !steps->list)
        return -1;
    forced_op = c->way < 0 ? -1 : c->op;
    forced_way = c->way;
    for (int r = 0; r < count && !s.failed; r++) {
        steps->from[r] = steps->count;
        build_rank(c, r, &s);
        steps->from[r + 1] = steps->count;
    }
    munmap(s.memory, MEMORY);
    return s.failed ? -1 : 0;
}

int sim_choice(const struct sim_case *c)
{
    uint64_t bytes = sim_bytes(c) * (c->kind == COLL_ALLGATHER ? (uint64_t)c->ranks : 1);
    return c->op < 0 ? -1 : (int)table_chooses((enum table_op)c->op, bytes, c->ranks, c->commutative);
}
