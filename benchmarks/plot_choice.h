/* Inside of plot_series.c: points of all series that have something in common. */
#ifndef BENCHMARKS_PLOT_CHOICE_H
#define BENCHMARKS_PLOT_CHOICE_H

#include "benchmarks/plot_inside.h"
#include "benchmarks/point.h"

struct source {
    const struct series *at;
    size_t count;
};

struct choice {
    const char *test, *variant; /* variant NULL: any */
    const char *like, *but;     /* how the name of the variant begins, or must not; NULL: anyhow */
    int ranks;                  /* 0: any */
    int sized;                  /* 1: those that have a size, 0: those without, -1: both */
    size_t bytes;               /* 0: any */
    const struct series *of;    /* NULL: any */
};

struct cursor {
    size_t series, at;
};

/* The next chosen point, of series cursor->series at cursor->at - 1; NULL: no more. */
const struct point *choice_next(const struct source *, const struct choice *, struct cursor *);
const struct point *choice_first(const struct source *, struct choice);
int choice_has(const struct source *, const char *test);
/* Are there chosen points that differ in size (or, else, in ranks)? */
int choice_several(const struct source *, struct choice, int sizes);
/* Does any variant come with several sizes (or, else, numbers of ranks)? */
int choice_several_of_one(const struct source *, struct choice, int sizes);
/* The next larger size (or number of ranks) among the chosen, 0: none; and how many there are. */
size_t choice_next_value(const struct source *, struct choice, size_t after, int sizes);
size_t choice_values(const struct source *, struct choice, int sizes);
/* Is this the first of the chosen points that has its variant? How many variants are there? */
int choice_is_first(const struct source *, struct choice, const struct point *);
int choice_variants(const struct source *, struct choice);

#endif
