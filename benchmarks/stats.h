/* Samples of one measurement and their order statistics. Nothing of MPI. */
#ifndef BENCHMARKS_STATS_H
#define BENCHMARKS_STATS_H

#include <stddef.h>

struct samples {
    double *at;
    size_t count, room;
};

struct summary {
    double min, median, p99, max;
};

int samples_add(struct samples *, double value); /* 0, or -1 without memory */
void samples_free(struct samples *);             /* empty again, usable again */
/* Sorts the samples. Of no samples: all zero. p99: the value that 99 of 100 samples do not exceed. */
struct summary samples_summary(struct samples *);

/* Seconds on a clock that only goes forward, and what one look at it costs. */
double clock_now(void);
double clock_cost(void);

#endif
