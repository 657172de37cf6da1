/* The one way to measure: see bench.h. Rank 0 drives. It tells the others how many operations make a sample and
 * how many samples a block of some 10 ms. Between blocks they agree; while a sample is taken, no message is under way
 * that is not measured.
 *
 * Where the slowest rank counts, the others' samples are collected after the block: every rank says by an empty
 * message that it is through, and the times themselves follow when all have done so. Such an empty message could meet
 * the last sample of a slower rank, so the operations go on for the length of one sample more, which nobody times.
 * (Where there is one sample only, of 10 ms or more, they do not: beside that an empty message is nothing.) */
#define _GNU_SOURCE
#include "benchmarks/bench.h"
#include "benchmarks/stats.h"

#include <stdlib.h>

enum {
    BLOCK_MOST = 2048,       /* samples in a block */
    POINT_MOST = 200000,     /* samples of a point: longer ones in a long measurement, so that memory has an end */
    POINT_LEAST = 5,         /* samples of a point, where that takes no more than TIMES_LONGER of the time */
    TIMES_LONGER = 5,
    CLOCKS = 150             /* a sample lasts at least so many looks at the clock, so that they do not count */
};
static const double BLOCK_SECONDS = 0.010, CALIBRATED_SECONDS = 100e-6, CHUNK_SECONDS = 1e-3;
/* Ranks do not look at the clock at the same moment: a sample of the slowest is long against their distance. */
static const double SLOWEST_SECONDS = 100e-6;
static const double ROW_LEAST = 0.010, ROW_MOST = 0.100;

/* What rank 0 tells the others; samples 0: the point is over. */
struct block {
    long first, count; /* the operation to begin with; operations in a sample */
    long lead;         /* operations before the first sample, which bring the ranks together */
    long trail;        /* operations behind the last one, so that nobody is through while another is in a sample */
    int samples;
};

/* Of each rank: filled while the clock runs, so its memory is there before. */
static double times[BLOCK_MOST], others[BLOCK_MOST];
static struct span {
    double begin, end; /* of all samples of the block, on this rank's clock */
} span;

static void run_block(const struct kernel *k, const struct block *b)
{
    long at = b->first;
    if (b->lead)
        k->run(k->arg, at, b->lead);
    at += b->lead;
    double begin = span.begin = clock_now();
    for (int i = 0; i < b->samples; i++) {
        k->run(k->arg, at, b->count);
        double end = clock_now();
        times[i] = end - begin;
        begin = end;
        at += b->count;
    }
    span.end = begin;
    if (b->trail)
        k->run(k->arg, at, b->trail);
}

/* Ranks that do not wait for all others, and ranks that share cpus, can be milliseconds apart. A sample of theirs is a
 * long row of operations, from when the first one begins to when the last one is through, and a block of its own. */
static int in_rows(const struct kernel *k)
{
    return k->slowest && (k->apart || k->ranks > k->world->room);
}

static void touch_memory(void)
{
    for (int i = 0; i < BLOCK_MOST; i++) {
        *(volatile double *)&times[i] = 0;
        *(volatile double *)&others[i] = 0;
    }
}

/* ---- ranks that are driven ---- */

static void follow(const struct kernel *k)
{
    struct block b;
    for (;;) {
        MPI_Recv(&b, sizeof b, MPI_BYTE, 0, TAG_AGREE, k->comm, MPI_STATUS_IGNORE);
        if (!b.samples)
            return;
        run_block(k, &b);
        if (!k->slowest)
            continue;
        MPI_Send(NULL, 0, MPI_BYTE, 0, TAG_AGREE, k->comm);
        MPI_Recv(NULL, 0, MPI_BYTE, 0, TAG_AGREE, k->comm, MPI_STATUS_IGNORE);
        if (in_rows(k))
            MPI_Send(&span, sizeof span, MPI_BYTE, 0, TAG_SAMPLES, k->comm);
        else
            MPI_Send(times, b.samples, MPI_DOUBLE, 0, TAG_SAMPLES, k->comm);
    }
}

/* ---- rank 0 ---- */

struct drive {
    const struct kernel *kernel;
    long next;   /* operation */
    double each; /* seconds of one operation, as the last block had it */
};

static void tell(const struct kernel *k, const struct block *b)
{
    for (int i = 1; i < k->ranks; i++)
        MPI_Send(b, sizeof *b, MPI_BYTE, i, TAG_AGREE, k->comm);
}

/* Of each sample the longest; they stand in times[]. */
static void collect_longest(struct drive *d, int rank, int samples)
{
    MPI_Recv(others, samples, MPI_DOUBLE, rank, TAG_SAMPLES, d->kernel->comm, MPI_STATUS_IGNORE);
    for (int i = 0; i < samples; i++)
        times[i] = others[i] > times[i] ? others[i] : times[i];
}

/* The one sample of a block: from the first one's begin to the last one's end, where there is a common clock. */
static void collect_span(struct drive *d, int rank, struct span *all)
{
    struct span own;
    MPI_Recv(&own, sizeof own, MPI_BYTE, rank, TAG_SAMPLES, d->kernel->comm, MPI_STATUS_IGNORE);
    if (d->kernel->world->one_host) {
        all->begin = own.begin < all->begin ? own.begin : all->begin;
        all->end = own.end > all->end ? own.end : all->end;
    } else if (own.end - own.begin > all->end - all->begin) {
        *all = own;
    }
    times[0] = all->end - all->begin;
}

static void collect(struct drive *d, int samples)
{
    const struct kernel *k = d->kernel;
    struct span all = span;
    for (int r = 1; r < k->ranks; r++)
        MPI_Recv(NULL, 0, MPI_BYTE, r, TAG_AGREE, k->comm, MPI_STATUS_IGNORE);
    for (int r = 1; r < k->ranks; r++) {
        MPI_Send(NULL, 0, MPI_BYTE, r, TAG_AGREE, k->comm);
        if (in_rows(k))
            collect_span(d, r, &all);
        else
            collect_longest(d, r, samples);
    }
}

/* Leaves the samples in times[]. */
static void drive_block(struct drive *d, long count, int samples)
{
    const struct kernel *k = d->kernel;
    /* an operation that lasts long does not feel that the ranks begin a few microseconds apart */
    struct block b = {.first = d->next, .count = count, .lead = d->each < CHUNK_SECONDS,
                      .trail = k->slowest && samples > 1 ? count : 0, .samples = samples};
    tell(k, &b);
    run_block(k, &b);
    if (k->slowest)
        collect(d, samples);
    double sum = 0;
    for (int i = 0; i < samples; i++)
        sum += times[i];
    d->each = sum / samples / (double)count;
    d->next += b.lead + count * samples + b.trail;
}

/* As many operations as a sample has at least. */
static long round_of(const struct kernel *k)
{
    return k->round > 1 ? k->round : 1;
}

static void keep(struct samples *s, int samples, long count)
{
    for (int i = 0; i < samples; i++)
        if (samples_add(s, times[i] / (double)count))
            world_die("no memory for %zu samples; --seconds or --iterations make it less", s->count);
}

/* How long a sample is at least, so that neither a look at the clock counts nor the ranks' distance from each other. */
static double sample_seconds(const struct kernel *k, const struct options *o)
{
    double clocks = CLOCKS * clock_cost(), row = o->seconds / 10;
    if (in_rows(k))
        return row < ROW_LEAST ? ROW_LEAST : row > ROW_MOST ? ROW_MOST : row;
    return k->slowest && clocks < SLOWEST_SECONDS ? SLOWEST_SECONDS : clocks;
}

/* Runs longer and longer samples until the operations asked for, or a tenth of the time, are over and one
 * operation's time is known: the least of all, because the first ones make connections. In rows it is that of the
 * last one, because in shorter ones it is another time. */
static double warm_up(struct drive *d, const struct options *o, double sample)
{
    double begin = clock_now(), least = 0;
    double enough = in_rows(d->kernel) ? sample / 2 : CALIBRATED_SECONDS;
    long count = round_of(d->kernel), done = 0;
    for (int runs = 1;; runs++) {
        d->each = CHUNK_SECONDS; /* no lead */
        drive_block(d, count, 1);
        done += count;
        least = runs == 1 || d->each < least ? d->each : least;
        int warm = o->warmup >= 0  ? done >= o->warmup
                   : o->iterations ? done >= o->iterations / 10
                                   : clock_now() - begin >= o->seconds / 10;
        if (warm && runs > 1 && times[0] >= enough)
            return in_rows(d->kernel) ? d->each : least;
        if (times[0] < CHUNK_SECONDS || times[0] < enough)
            count *= 2;
    }
}

static int clamp(double n, int most)
{
    return n < 1 ? 1 : n > most ? most : (int)n;
}

/* How many samples of so many operations fill so many seconds. */
static int samples_in(const struct drive *d, double seconds, long count)
{
    return in_rows(d->kernel) ? 1 : clamp(seconds / ((double)count * d->each), BLOCK_MOST);
}

/* How many rounds of operations a sample of that length needs. */
static long fill_sample(const struct drive *d, double seconds)
{
    double n = d->each > 0 ? seconds / d->each / (double)round_of(d->kernel) : 1e9;
    return n >= 1e9 ? 1000000000 : (long)n + 1;
}

static void by_seconds(struct drive *d, const struct options *o, double sample, struct samples *s)
{
    double least = o->seconds / POINT_MOST, begin = clock_now(), passed = 0;
    long count = fill_sample(d, sample > least ? sample : least) * round_of(d->kernel);
    while (passed < o->seconds || (s->count < POINT_LEAST && passed < TIMES_LONGER * o->seconds)) {
        double left = o->seconds - passed, block = left > 0 && left < BLOCK_SECONDS ? left : BLOCK_SECONDS;
        int samples = samples_in(d, block, count);
        drive_block(d, count, samples);
        keep(s, samples, count);
        passed = clock_now() - begin;
    }
}

/* The operations, in whole rounds, in samples of the same length but for one round. */
static void by_iterations(struct drive *d, const struct options *o, double sample, struct samples *s)
{
    long round = round_of(d->kernel), rounds = (o->iterations + round - 1) / round;
    long count = fill_sample(d, sample), least = rounds / POINT_MOST;
    count = count > least ? count : least;
    long total = rounds > count ? rounds / count : 1;
    long longer = rounds % total;
    count = rounds / total;
    for (long done = 0; done < total;) {
        long here = (count + (done < longer)) * round, left = done < longer ? longer - done : total - done;
        int samples = samples_in(d, BLOCK_SECONDS, here);
        samples = samples > left ? (int)left : samples;
        drive_block(d, here, samples);
        keep(s, samples, here);
        done += samples;
    }
}

static void drive(const struct kernel *k, const struct options *o, struct point *p)
{
    struct drive d = {.kernel = k};
    struct samples s = {0};
    struct block over = {0};
    bench_progress(p);
    double sample = sample_seconds(k, o);
    d.each = warm_up(&d, o, sample);
    if (o->iterations)
        by_iterations(&d, o, sample, &s);
    else
        by_seconds(&d, o, sample, &s);
    tell(k, &over);
    point_sampled(p, &s);
    samples_free(&s);
}

void measure(const struct kernel *k, const struct options *o, struct point *p)
{
    int rank, size;
    MPI_Comm_rank(k->comm, &rank);
    MPI_Comm_size(k->comm, &size);
    touch_memory();
    if (rank >= k->ranks) {
        comm_sleep(k->comm);
        return;
    }
    if (rank)
        follow(k);
    else
        drive(k, o, p);
    if (!rank)
        comm_wake(k->comm, k->ranks, size);
}
