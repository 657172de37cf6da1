/* What is known of a test beside its points: how people call it and its rows, and which figure they look at. The
 * one place of these words, for tables and pictures alike. */
#ifndef BENCHMARKS_KIND_H
#define BENCHMARKS_KIND_H

#include <stddef.h>
#include "benchmarks/point.h"

enum figure { FIGURE_TIME, FIGURE_BANDWIDTH, FIGURE_RATE, FIGURE_OVERLAP, FIGURES };

struct kind {
    const char *test;    /* as the points have it: "pingpong" */
    const char *title;   /* of a table: "Ping-pong, half of a round trip" */
    const char *name;    /* short, beside other tests: "Ping-pong" */
    const char *time;    /* what its time is, at an axis: "half of a round trip" */
    enum figure figure;  /* the one that it is measured for */
    const char *by;      /* what begins a new section of a table: 'v' variant, 'b' bytes, 'r' ranks */
};

enum { KIND_TITLE = 160, KIND_ROW = 64, LIBRARY_NAME = 80 };

/* Never NULL: a test that is not known has words that fit any. */
const struct kind *kind_of(const char *test);
/* The figure of its kind, or the time where the point has no other. */
enum figure kind_figure(const struct point *);
int kind_begins_section(const struct point *last, const struct point *);
/* The title of the section that this point stands in: "Ways to send, half of a round trip: 8 B". */
const char *kind_title(char text[KIND_TITLE], const struct point *);
/* What a row is called within its test: "allreduce", "sendrecv (whole exchange)". */
const char *kind_row(char text[KIND_ROW], const struct point *);
/* The figure that follows from so many seconds for one operation; 0: there is none. */
double kind_value(enum figure, const struct point *, double seconds);

/* "Open MPI 6.0.0" of "Open MPI v6.0.0, package: ...", "MPICH 5.0.2" of "MPICH Version: 5.0.2". */
const char *library_name(char text[LIBRARY_NAME], const char *library);

#endif
