/* godwit-bench overlap: how much of the time of a large exchange is free for computing.
 *
 * Ranks 0 and 1 each start a receive and a send to the other and wait for both: as in a halo exchange, where
 * overlapping is what people hope for. Three times are taken: of the exchange alone, of a computation alone that is
 * made about as long, and of both (start, compute, wait). If they ran side by side without a loss, both would take as
 * long as the longer one; if nothing moves while the program computes, as long as their sum. The share between:
 *     (exchange + computation - both) / min(exchange, computation), held between 0 and 1. */
#include "benchmarks/bench.h"
#include "benchmarks/stats.h"

#include <stdint.h>
#include <stdlib.h>

/* A share is a difference of nearly equal times, and a machine's speed drifts: so the three are taken close after one
 * another, several times over, and the median of the shares is the result. */
enum { REPETITIONS = 5, PHASES = 3 };

struct overlap {
    const struct world *world;
    int rank, check;
    size_t bytes;
    int exchange, compute; /* what an operation does */
    uint64_t steps;        /* of the computation */
    struct buffers out, in;
};

static volatile uint64_t result; /* so that the computation has one */

/* Arithmetic only: it neither calls MPI nor touches memory, so it neither helps the exchange along nor competes with
 * it for the memory's bandwidth. Each step needs the one before, and no compiler knows a shorter way. */
static void compute(uint64_t steps)
{
    uint64_t x = steps;
    for (uint64_t i = 0; i < steps; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        x ^= x >> 29;
    }
    result = x;
}

/* Each rank finds out for itself how many steps take this long: the cores of a machine need not be equally fast. The
 * fastest of several tries is the one that nothing disturbed. */
static uint64_t calibrate(double seconds)
{
    uint64_t steps = 64;
    double took, best;
    do {
        steps *= 2;
        took = clock_now();
        compute(steps);
        took = clock_now() - took;
    } while (took < 1e-4 && took < seconds);
    best = took;
    for (int i = 0; i < 8; i++) {
        took = clock_now();
        compute(steps);
        took = clock_now() - took;
        best = took < best ? took : best;
    }
    double wanted = best > 0 ? (double)steps * seconds / best : (double)steps;
    return wanted < 1 ? 1 : wanted > 1e18 ? (uint64_t)1e18 : (uint64_t)wanted;
}

static void run_one(struct overlap *o, long i)
{
    MPI_Request requests[2];
    int peer = 1 - o->rank;
    char *out = buffers_at(&o->out, i), *in = buffers_at(&o->in, i);
    if (o->check)
        buffers_fill(out, o->bytes, 2 * (unsigned long)i + (unsigned long)o->rank);
    MPI_Irecv(in, (int)o->bytes, MPI_BYTE, peer, TAG_DATA, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out, (int)o->bytes, MPI_BYTE, peer, TAG_DATA, MPI_COMM_WORLD, &requests[1]);
    if (o->compute)
        compute(o->steps);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    if (o->check)
        buffers_check(in, o->bytes, 2 * (unsigned long)i + (unsigned long)peer, "overlap");
}

static void run(void *arg, long first, long count)
{
    struct overlap *o = arg;
    for (long i = first; i < first + count; i++) {
        if (o->exchange)
            run_one(o, i);
        else
            compute(o->steps);
    }
}

static void measure_phase(struct overlap *o, const struct options *options, int exchange, int computation,
                          int checked, struct point *p)
{
    const struct kernel kernel = {.run = run, .arg = o, .world = o->world, .comm = MPI_COMM_WORLD,
                                  .ranks = 2};
    o->exchange = exchange;
    o->compute = computation;
    o->check = checked;
    measure(&kernel, options, p);
}

static double share(double exchange, double computation, double both)
{
    double shorter = exchange < computation ? exchange : computation;
    double free_part = shorter > 0 ? (exchange + computation - both) / shorter : 0;
    return free_part < 0 ? 0 : free_part > 1 ? 1 : free_part;
}

static int by_median(const void *a, const void *b)
{
    double x = ((const struct point *)a)->median, y = ((const struct point *)b)->median;
    return (x > y) - (x < y);
}

/* One repetition: the exchange alone in *p, and its share. */
static double repeat(const struct world *w, struct overlap *o, const struct options *part, int checked,
                     struct point *p)
{
    struct point computation = *p, both = *p;
    measure_phase(o, part, 1, 0, 0, p);
    double seconds = p->median;
    world_agree(w, &seconds, (int)sizeof seconds);
    if (w->rank < 2)
        o->steps = calibrate(seconds);
    measure_phase(o, part, 0, 1, 0, &computation);
    measure_phase(o, part, 1, 1, 0, &both);
    /* Apart from the times that count: filling and checking are work of the processor that nothing can overlap. */
    if (checked) {
        struct point unused = *p;
        measure_phase(o, part, 1, 1, 1, &unused);
    }
    return share(p->median, computation.median, both.median);
}

static void measure_size(const struct world *w, const struct options *options, size_t bytes)
{
    struct overlap o = {.world = w, .rank = w->rank, .bytes = bytes};
    struct options part = *options;
    struct point points[REPETITIONS];
    double shares[REPETITIONS];
    const struct point empty = {.test = "overlap", .bytes = bytes, .ranks = 2, .moved = 2 * (double)bytes,
                                .messages = 2, .overlap = -1};
    part.seconds = options->seconds / (REPETITIONS * PHASES);
    if (options->iterations)
        part.iterations = (options->iterations + REPETITIONS - 1) / REPETITIONS;
    if (w->rank < 2) {
        buffers_open(&o.out, bytes, options->rotate);
        buffers_open(&o.in, bytes, options->rotate);
    }
    for (int i = 0; i < REPETITIONS; i++) {
        points[i] = empty;
        shares[i] = repeat(w, &o, &part, options->check, &points[i]);
    }
    if (w->rank < 2) {
        buffers_close(&o.out);
        buffers_close(&o.in);
    }
    if (w->rank)
        return;
    qsort(points, REPETITIONS, sizeof *points, by_median);
    struct point *p = &points[REPETITIONS / 2];
    p->overlap = values_median(shares, REPETITIONS);
    p->floor = bench_floor_message(w, 2, bytes);
    bench_point(p);
}

void overlap_run(const struct world *w, const struct options *options)
{
    for (int i = 0; i < options->size_count; i++)
        measure_size(w, options, options->sizes[i]);
}
