/* Samples of one measurement, their order statistics, and the point that they become. Nothing of MPI. */
#ifndef BENCHMARKS_STATS_H
#define BENCHMARKS_STATS_H

#include <stddef.h>
#include "benchmarks/point.h"

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
/* The median of count values, one at least, which are sorted. */
double values_median(double *values, size_t count);

/* Samples, min, median, p99 and max of the point, from these samples. */
void point_sampled(struct point *, struct samples *);
/* From the time of one thing to that of another: half of a round trip, a message of many. */
void point_scale(struct point *, double factor);

/* The values of a few runs. */
struct spread {
    double median, low, high; /* half of the values lie from low to high; of fewer than four values, all */
    double min, max;
    int count;
};
/* Sorts the values. Of no values: all zero. */
struct spread values_spread(double *values, int count);

/* Two powers and roots: their library would be one more that has to be there. Of positive, finite values. */
double stats_log2(double);
double stats_exp2(double);

/* Seconds on a clock that only goes forward, and what one look at it costs. */
double clock_now(void);
double clock_cost(void);

#endif
