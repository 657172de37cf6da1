/* godwit-bench coll: collective operations and their non-blocking forms (start and wait), by size and ranks. A sample
 * is the time of the slowest rank for operations one after another, without anything between them.
 *
 * What `bytes` is: of bcast the message; of gather, scatter, allgather and alltoall the block of one rank (of one pair
 * of ranks); of reductions the whole vector that each rank gives, also where each rank keeps a part of the result
 * (reduce_scatter). Reductions add floats, so sizes are rounded up to what they can divide. The forms with v and w
 * move the same blocks, so that their figures can be held against the plain forms.
 *
 * Nobody may run ahead, or the time between two operations is mistaken for the time of one. Where every rank needs
 * every other that follows by itself. The others take turns: see enum turn in coll.h. */
#include "benchmarks/coll.h"
#include "benchmarks/memory.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reduces(const struct family *f)
{
    return f->shape >= REDUCE;
}

static int scans(const struct family *f)
{
    return f->shape == SCAN || f->shape == EXSCAN;
}

/* ---- checking: what each rank gives, and what must come of it ---- */

static unsigned long seed_of(const struct coll *c, long operation, int from, int to)
{
    unsigned long n = (unsigned long)c->ranks;
    return ((unsigned long)operation * n + (unsigned long)from) * n + (unsigned long)to;
}

/* Small whole numbers, so that their sum is exact in whichever order they are added. */
static float element(long operation, int rank, size_t i)
{
    uint64_t x = ((uint64_t)operation << 40) ^ ((uint64_t)rank << 32) ^ i;
    x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    return (float)(x >> 57);
}

static void fill(const struct coll *c, const struct step *s, long operation)
{
    memset(s->receive, 0xEE, c->receive_room);
    switch (c->family->shape) {
    case EMPTY:
        break;
    case BCAST:
        if (s->rank == s->root)
            buffers_fill(s->receive, c->bytes, seed_of(c, operation, s->rank, 0));
        break;
    case GATHER:
    case ALLGATHER:
        buffers_fill(s->send, c->bytes, seed_of(c, operation, s->rank, 0));
        break;
    case SCATTER:
    case ALLTOALL:
        for (int to = 0; to < c->ranks && (c->family->shape == ALLTOALL || s->rank == s->root); to++)
            buffers_fill((char *)s->send + (size_t)to * c->bytes, c->bytes, seed_of(c, operation, s->rank, to));
        break;
    default:
        for (size_t i = 0; i < (size_t)c->count; i++)
            ((float *)s->send)[i] = element(operation, s->rank, i);
    }
}

/* The blocks of all ranks, one after another. */
static void check_blocks(const struct coll *c, const struct step *s, long operation, int to)
{
    for (int from = 0; from < c->ranks; from++)
        buffers_check((char *)s->receive + (size_t)from * c->bytes, c->bytes, seed_of(c, operation, from, to),
                      c->name);
}

/* The sum over the first `ranks` ranks of elements first .. first + count - 1. */
static void check_sum(const struct coll *c, const struct step *s, long operation, size_t first, size_t count,
                      int ranks)
{
    const float *got = s->receive;
    for (size_t i = 0; i < count; i++) {
        float sum = 0;
        for (int r = 0; r < ranks; r++)
            sum += element(operation, r, first + i);
        if (!(got[i] >= sum && got[i] <= sum))
            world_die("wrong data in %s on %d ranks: element %zu of %zu is %g, and must be %g", c->name, c->ranks, i,
                      count, (double)got[i], (double)sum);
    }
}

static void check(const struct coll *c, const struct step *s, long operation)
{
    size_t all = (size_t)c->count;
    switch (c->family->shape) {
    case EMPTY:
        break;
    case BCAST:
        buffers_check(s->receive, c->bytes, seed_of(c, operation, s->root, 0), c->name);
        break;
    case GATHER:
        if (s->rank == s->root)
            check_blocks(c, s, operation, 0);
        break;
    case ALLGATHER:
        check_blocks(c, s, operation, 0);
        break;
    case SCATTER:
        buffers_check(s->receive, c->bytes, seed_of(c, operation, s->root, s->rank), c->name);
        break;
    case ALLTOALL:
        check_blocks(c, s, operation, s->rank);
        break;
    case REDUCE:
        if (s->rank == s->root)
            check_sum(c, s, operation, 0, all, c->ranks);
        break;
    case ALLREDUCE:
        check_sum(c, s, operation, 0, all, c->ranks);
        break;
    case REDUCE_SCATTER:
        check_sum(c, s, operation, (size_t)c->places[s->rank], (size_t)c->counts[s->rank], c->ranks);
        break;
    case SCAN:
        check_sum(c, s, operation, 0, all, s->rank + 1);
        break;
    case EXSCAN: /* on rank 0 the standard leaves the result undefined */
        if (s->rank)
            check_sum(c, s, operation, 0, all, s->rank);
        break;
    }
}

/* ---- running ---- */

static void run(void *arg, long first, long count)
{
    const struct coll *c = arg;
    for (long i = first; i < first + count; i++) {
        MPI_Request request;
        int turned = c->turn == TURN_BACK && i % 2;
        struct step s = {.comm = turned ? c->team->reversed : c->team->comm,
                         .rank = turned ? c->ranks - 1 - c->rank : c->rank,
                         .send = buffers_at(&c->send, i), .receive = buffers_at(&c->receive, i),
                         .request = c->nonblocking ? &request : NULL};
        if (c->turn == TURN_DOWN)
            s.root = c->ranks - 1 - (int)(i % c->ranks);
        else if (c->turn == TURN_UP)
            s.root = (int)(i % c->ranks);
        if (c->check)
            fill(c, &s, i);
        c->family->call(c, &s);
        if (s.request)
            MPI_Wait(s.request, MPI_STATUS_IGNORE);
        if (c->check)
            check(c, &s, i);
    }
}

static void measure_turn(struct coll *c, const struct options *options, enum turn turn, struct point *p)
{
    const int rounds[] = {[TURN_NONE] = 1, [TURN_DOWN] = c->ranks, [TURN_UP] = c->ranks, [TURN_BACK] = 2};
    const struct kernel kernel = {.run = run, .arg = c, .world = c->world, .comm = c->team->comm,
                                  .ranks = c->ranks, .slowest = 1, .round = rounds[turn]};
    c->turn = turn;
    measure(&kernel, options, p);
}

/* Many to one. With turning roots one operation waits for the one before, but the ranks that are neither of the two
 * roots can send ahead, and several roots are at work at once; with a constant root it has all the work, but the
 * others run ahead and the way to it is not paid. Neither can take longer than the operation by itself, so the one
 * that takes longer says more. */
static void measure_to_one(struct coll *c, const struct options *options, struct point *p)
{
    struct options half = *options;
    struct point constant = *p;
    if (c->ranks <= 2) { /* there is nobody else */
        measure_turn(c, options, TURN_UP, p);
        return;
    }
    half.seconds = options->seconds / 2;
    half.iterations = (options->iterations + 1) / 2;
    measure_turn(c, &half, TURN_UP, p);
    measure_turn(c, &half, TURN_NONE, &constant);
    if (constant.median > p->median)
        *p = constant;
}

static void measure_shape(struct coll *c, const struct options *options, struct point *p)
{
    switch (c->family->shape) {
    case GATHER:
    case REDUCE:
        measure_to_one(c, options, p);
        break;
    case BCAST:
    case SCATTER:
        measure_turn(c, options, TURN_DOWN, p);
        break;
    case SCAN:
    case EXSCAN:
        measure_turn(c, options, TURN_BACK, p);
        break;
    default:
        measure_turn(c, options, TURN_NONE, p);
    }
}

/* ---- one size ---- */

/* Bytes that the rank with the most to receive must receive; those that it has already do not count. */
static double received(const struct coll *c)
{
    double bytes = (double)c->bytes;
    if (c->ranks == 1)
        return 0;
    switch (c->family->shape) {
    case EMPTY:
        return 0;
    case GATHER:
    case ALLGATHER:
    case ALLTOALL:
        return bytes * (c->ranks - 1);
    case REDUCE_SCATTER:
        return (double)c->counts[0] * (double)sizeof(float);
    default:
        return bytes;
    }
}

static void *take(size_t bytes)
{
    void *at = malloc(bytes);
    if (!at)
        world_die("no memory for the counts of %zu bytes", bytes);
    return at;
}

static void coll_open(struct coll *c, int rotate)
{
    size_t n = (size_t)c->ranks, elements = c->bytes / sizeof(float), base = elements / n, place = 0;
    c->counts = take(n * sizeof *c->counts);
    c->places = take(n * sizeof *c->places);
    c->types = take(n * sizeof *c->types);
    for (size_t r = 0; r < n; r++) {
        c->counts[r] = reduces(c->family) ? (int)(base + (r < elements % n)) : c->count;
        c->places[r] = (int)place; /* where it is too large for an int, nobody uses it: see why_not */
        c->types[r] = MPI_BYTE;
        place += (size_t)c->counts[r];
    }
    buffers_open(&c->send, c->send_room, rotate);
    buffers_open(&c->receive, c->receive_room, rotate);
}

static void coll_close(struct coll *c)
{
    buffers_close(&c->send);
    buffers_close(&c->receive);
    free(c->counts);
    free(c->places);
    free(c->types);
}

/* How much memory each rank needs. */
static void rooms(struct coll *c)
{
    size_t all = (size_t)c->ranks * c->bytes; /* both below 2^31 */
    switch (c->family->shape) {
    case EMPTY:
        break;
    case BCAST:
        c->receive_room = c->bytes;
        break;
    case GATHER:
    case ALLGATHER:
        c->send_room = c->bytes;
        c->receive_room = all;
        break;
    case SCATTER:
        c->send_room = all;
        c->receive_room = c->bytes;
        break;
    case ALLTOALL:
        c->send_room = c->receive_room = all;
        break;
    default:
        c->send_room = c->receive_room = c->bytes;
    }
}

/* What speaks against this size; NULL: nothing. The same on every rank, so memory is what rank 0's host has. */
static const char *why_not(struct coll *c, const struct world *w, double memory)
{
    rooms(c);
    if (c->family->vectors && !reduces(c->family) && c->bytes * (size_t)(c->ranks - 1) > INT_MAX)
        return "the blocks of all ranks are farther apart than an int can say";
    if (memory > 0 && ((double)c->send_room + (double)c->receive_room) * (w->one_host ? c->ranks : 1) > memory)
        return "the buffers of its ranks would take more than half of the memory";
    return NULL;
}

static void measure_size(const struct world *w, const struct options *options, struct coll *c, double memory)
{
    struct point p = {.test = "coll", .bytes = c->bytes, .ranks = c->ranks, .overlap = -1};
    char text[QUANTITY];
    const char *reason = why_not(c, w, memory);
    if (reason) {
        if (w->rank == 0)
            fprintf(stderr, "godwit-bench: note: coll leaves out %s with %s on %d ranks: %s\n", c->name,
                    quantity_bytes(text, c->bytes), c->ranks, reason);
        return;
    }
    snprintf(p.variant, sizeof p.variant, "%s", c->name);
    c->count = (int)(c->bytes / (reduces(c->family) ? sizeof(float) : 1));
    coll_open(c, options->rotate);
    measure_shape(c, options, &p);
    if (w->rank == 0) {
        p.moved = received(c);
        p.floor = c->ranks > 1 ? bench_floor_message(w, c->ranks, (size_t)p.moved) : 0; /* of that in one piece */
        bench_point(&p);
    }
    coll_close(c);
}

/* ---- one operation on one team ---- */

/* Sizes are rounded up to multiples of this. */
static size_t grain_of(const struct family *f, int ranks)
{
    if (!reduces(f))
        return 1;
    return f->shape == REDUCE_SCATTER && !f->vectors ? sizeof(float) * (size_t)ranks : sizeof(float);
}

/* Once each. */
static void say_rounded(int block)
{
    static int said[2];
    if (!said[block]++)
        fprintf(stderr, "godwit-bench: note: coll rounds sizes of %s\n",
                block ? "reduce_scatter_block up to whole floats for each rank"
                      : "reductions up to whole floats of 4 bytes");
}

static void measure_sizes(const struct world *w, const struct options *options, const struct coll *model,
                          double memory)
{
    size_t grain = grain_of(model->family, model->ranks), last = SIZE_MAX;
    for (int i = 0; i < options->size_count; i++) {
        struct coll c = *model;
        size_t odd = options->sizes[i] % grain;
        c.bytes = odd ? options->sizes[i] + grain - odd : options->sizes[i];
        if (odd && w->rank == 0)
            say_rounded(grain > sizeof(float));
        if (c.bytes != last)
            measure_size(w, options, &c, memory);
        last = c.bytes;
    }
}

static void measure_team(const struct world *w, const struct options *options, const struct team *team, int which,
                         double memory)
{
    struct coll c = {.world = w, .family = &families[which % FAMILIES], .name = coll_names[which], .team = team,
                     .rank = w->rank, .ranks = team->ranks, .nonblocking = which >= FAMILIES, .check = options->check};
    if (w->rank >= team->ranks) {
        comm_sleep(MPI_COMM_WORLD);
        return;
    }
    if (c.family->shape == EMPTY)
        measure_size(w, options, &c, memory);
    else
        measure_sizes(w, options, &c, memory);
    if (w->rank == 0 && team->ranks < w->size)
        comm_wake(MPI_COMM_WORLD, team->ranks, w->size);
}

/* ---- all ---- */

static int wanted(const struct options *options, int which)
{
    for (int i = 0; i < options->op_count; i++)
        if (strcmp(options->ops[i], coll_names[which]) == 0)
            return 1;
    return 0;
}

static void open_team(const struct world *w, struct team *team, int ranks, int both_ways)
{
    int colour = w->rank < ranks ? 0 : MPI_UNDEFINED;
    *team = (struct team){.ranks = ranks, .comm = MPI_COMM_WORLD, .reversed = MPI_COMM_NULL};
    if (ranks < w->size)
        MPI_Comm_split(MPI_COMM_WORLD, colour, w->rank, &team->comm);
    if (both_ways)
        MPI_Comm_split(MPI_COMM_WORLD, colour, w->size - w->rank, &team->reversed);
}

static void close_team(struct team *team)
{
    if (team->comm != MPI_COMM_WORLD && team->comm != MPI_COMM_NULL)
        MPI_Comm_free(&team->comm);
    if (team->reversed != MPI_COMM_NULL)
        MPI_Comm_free(&team->reversed);
}

void coll_run(const struct world *w, const struct options *options)
{
    struct team teams[OPTIONS_SIZES];
    int count = 0, both_ways = 0;
    double memory = (double)memory_limit() / 2;
    world_agree(w, &memory, (int)sizeof memory);
    for (int i = 0; coll_names[i]; i++)
        both_ways |= wanted(options, i) && scans(&families[i % FAMILIES]);
    for (int i = 0; i < options->rank_count; i++)
        open_team(w, &teams[count++], options->ranks[i], both_ways);
    if (!options->rank_count)
        open_team(w, &teams[count++], w->size, both_ways);
    for (int i = 0; coll_names[i]; i++)
        for (int t = 0; wanted(options, i) && t < count; t++)
            measure_team(w, options, &teams[t], i, memory);
    for (int t = 0; t < count; t++)
        close_team(&teams[t]);
}
