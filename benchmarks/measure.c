/* The one way to measure: see bench.h. Rank 0 drives. It tells the others how many operations make a sample and
 * how many samples a block of some 10 ms; within a block nobody exchanges a message that is not measured. */
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

/* What rank 0 tells the others; samples 0: the point is over. */
struct block {
    long first, count; /* the operation to begin with; operations in a sample */
    long lead;         /* operations before the first sample, which bring the ranks together */
    int samples;
};

/* Of each rank: filled while the clock runs, so its memory is there before. */
static double times[BLOCK_MOST], others[BLOCK_MOST];

static void run_block(const struct kernel *k, const struct block *b)
{
    long at = b->first;
    if (b->lead)
        k->run(k->arg, at, b->lead);
    at += b->lead;
    double begin = clock_now();
    for (int i = 0; i < b->samples; i++) {
        k->run(k->arg, at, b->count);
        double end = clock_now();
        times[i] = end - begin;
        begin = end;
        at += b->count;
    }
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
        if (k->slowest)
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

/* Leaves the samples in times[]. */
static void drive_block(struct drive *d, long count, int samples)
{
    const struct kernel *k = d->kernel;
    /* an operation that lasts long does not feel that the ranks begin a few microseconds apart */
    struct block b = {.first = d->next, .count = count, .lead = d->each < CHUNK_SECONDS, .samples = samples};
    tell(k, &b);
    run_block(k, &b);
    for (int r = 1; r < k->ranks && k->slowest; r++) {
        MPI_Recv(others, samples, MPI_DOUBLE, r, TAG_SAMPLES, k->comm, MPI_STATUS_IGNORE);
        for (int i = 0; i < samples; i++)
            times[i] = others[i] > times[i] ? others[i] : times[i];
    }
    double sum = 0;
    for (int i = 0; i < samples; i++)
        sum += times[i];
    d->each = sum / samples / (double)count;
    d->next += b.lead + count * samples;
}

static void keep(struct samples *s, int samples, long count)
{
    for (int i = 0; i < samples; i++)
        if (samples_add(s, times[i] / (double)count))
            world_die("no memory for %zu samples; --seconds or --iterations make it less", s->count);
}

/* Runs longer and longer samples until the operations asked for, or a tenth of the time, are over and one
 * operation's time is known: the least of all, because the first ones make connections. */
static double warm_up(struct drive *d, const struct options *o)
{
    double begin = clock_now(), least = 0;
    long count = 1, done = 0;
    for (int runs = 1;; runs++) {
        d->each = CHUNK_SECONDS; /* no lead */
        drive_block(d, count, 1);
        done += count;
        least = runs == 1 || d->each < least ? d->each : least;
        int warm = o->warmup >= 0  ? done >= o->warmup
                   : o->iterations ? done >= o->iterations / 10
                                   : clock_now() - begin >= o->seconds / 10;
        if (warm && runs > 1 && times[0] >= CALIBRATED_SECONDS)
            return least;
        if (times[0] < CHUNK_SECONDS)
            count *= 2;
    }
}

static int clamp(double n, int most)
{
    return n < 1 ? 1 : n > most ? most : (int)n;
}

/* How many operations of this time a sample of that length needs. */
static long fill_sample(double seconds, double each)
{
    double n = each > 0 ? seconds / each : 1e9;
    return n >= 1e9 ? 1000000000 : (long)n + 1;
}

static void by_seconds(struct drive *d, const struct options *o, double sample, struct samples *s)
{
    double least = o->seconds / POINT_MOST, begin = clock_now(), passed = 0;
    long count = fill_sample(sample > least ? sample : least, d->each);
    while (passed < o->seconds || (s->count < POINT_LEAST && passed < TIMES_LONGER * o->seconds)) {
        double left = o->seconds - passed, block = left > 0 && left < BLOCK_SECONDS ? left : BLOCK_SECONDS;
        int samples = clamp(block / ((double)count * d->each), BLOCK_MOST);
        drive_block(d, count, samples);
        keep(s, samples, count);
        passed = clock_now() - begin;
    }
}

/* The operations in samples of the same length, but for one operation. */
static void by_iterations(struct drive *d, const struct options *o, double sample, struct samples *s)
{
    long count = fill_sample(sample, d->each), least = o->iterations / POINT_MOST;
    count = count > least ? count : least;
    long total = o->iterations > count ? o->iterations / count : 1;
    long longer = o->iterations % total;
    count = o->iterations / total;
    for (long done = 0; done < total;) {
        long here = count + (done < longer), left = done < longer ? longer - done : total - done;
        int samples = clamp(BLOCK_SECONDS / ((double)here * d->each), BLOCK_MOST);
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
    double sample = CLOCKS * clock_cost();
    bench_progress(p);
    d.each = warm_up(&d, o);
    if (o->iterations)
        by_iterations(&d, o, sample, &s);
    else
        by_seconds(&d, o, sample, &s);
    tell(k, &over);
    struct summary sum = samples_summary(&s);
    p->samples = (long)s.count;
    p->min = sum.min;
    p->median = sum.median;
    p->p99 = sum.p99;
    p->max = sum.max;
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
