/* Samples and their order statistics, and the clock: see stats.h. */
#define _GNU_SOURCE
#include "benchmarks/stats.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int samples_add(struct samples *s, double value)
{
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 1024;
        double *grown = room <= SIZE_MAX / sizeof *grown ? realloc(s->at, room * sizeof *grown) : NULL;
        if (!grown)
            return -1;
        s->at = grown;
        s->room = room;
    }
    s->at[s->count++] = value;
    return 0;
}

void samples_free(struct samples *s)
{
    free(s->at);
    *s = (struct samples){0};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double values_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

struct summary samples_summary(struct samples *s)
{
    size_t n = s->count;
    if (!n)
        return (struct summary){0};
    double median = values_median(s->at, n);
    /* nearest rank: the first value that at least 99 of 100 samples do not exceed; without n * 99, for any n */
    size_t beyond = n / 100;
    return (struct summary){.min = s->at[0], .median = median, .p99 = s->at[n - 1 - beyond], .max = s->at[n - 1]};
}

void point_sampled(struct point *p, struct samples *samples)
{
    struct summary s = samples_summary(samples);
    p->samples = (long)samples->count;
    p->min = s.min;
    p->median = s.median;
    p->p99 = s.p99;
    p->max = s.max;
}

void point_scale(struct point *p, double factor)
{
    p->min *= factor;
    p->median *= factor;
    p->p99 *= factor;
    p->max *= factor;
}

/* Of sorted values, the one at this share of the way from the first to the last. */
static double quantile(const double *values, int count, double share)
{
    double place = share * (count - 1);
    int at = (int)place;
    return at + 1 < count ? values[at] + (place - at) * (values[at + 1] - values[at]) : values[count - 1];
}

struct spread values_spread(double *values, int count)
{
    enum { FEW = 4 };
    if (count <= 0)
        return (struct spread){0};
    struct spread s = {.median = values_median(values, (size_t)count), .min = values[0], .max = values[count - 1],
                       .count = count};
    s.low = count < FEW ? s.min : quantile(values, count, 0.25);
    s.high = count < FEW ? s.max : quantile(values, count, 0.75);
    return s;
}

double stats_log2(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    bits = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1023) << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    /* ln m = 2 atanh((m - 1) / (m + 1)), for m from 1 to 2: the series ends early. */
    double s = (m - 1) / (m + 1), power = s, sum = 0;
    for (int i = 1; i < 30; i += 2, power *= s * s)
        sum += power / i;
    return exponent + 2 * sum / 0.693147180559945309;
}

double stats_exp2(double x)
{
    int whole = (int)x - (x < 0);
    double y = (x - whole) * 0.693147180559945309, term = 1, sum = 1;
    for (int i = 1; i < 30; i++)
        sum += term *= y / i;
    for (; whole > 0; whole--)
        sum *= 2;
    for (; whole < 0; whole++)
        sum /= 2;
    return sum;
}

double clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail: Linux always has this clock */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double clock_cost(void)
{
    enum { ROUNDS = 16, LOOKS = 64 };
    double least = 1;
    for (int round = 0; round < ROUNDS; round++) { /* the quickest: a switch of context is no cost of the clock */
        double begin = clock_now(), end = begin;
        for (int i = 0; i < LOOKS; i++)
            end = clock_now();
        double cost = (end - begin) / LOOKS;
        if (cost < least)
            least = cost;
    }
    return least;
}
