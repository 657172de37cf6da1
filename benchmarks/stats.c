/* Samples and their order statistics, and the clock: see stats.h. */
#define _GNU_SOURCE
#include "benchmarks/stats.h"

#include <stdint.h>
#include <stdlib.h>
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

struct summary samples_summary(struct samples *s)
{
    size_t n = s->count;
    if (!n)
        return (struct summary){0};
    qsort(s->at, n, sizeof *s->at, by_value);
    /* nearest rank: the first value that at least 99 of 100 samples do not exceed; without n * 99, for any n */
    size_t beyond = n / 100;
    return (struct summary){
        .min = s->at[0],
        .median = n % 2 ? s->at[n / 2] : (s->at[n / 2 - 1] + s->at[n / 2]) / 2,
        .p99 = s->at[n - 1 - beyond],
        .max = s->at[n - 1],
    };
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
