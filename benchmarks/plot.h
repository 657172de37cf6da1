/* Curves as an SVG picture: logarithmic axes with units, a legend, colours that colour-blind people can tell
 * apart. Pure: numbers in, text out; nothing of MPI, no library. */
#ifndef BENCHMARKS_PLOT_H
#define BENCHMARKS_PLOT_H

#include <stddef.h>
#include <stdio.h>

enum plot_unit { PLOT_BYTES, PLOT_SECONDS, PLOT_BANDWIDTH, PLOT_RATE, PLOT_PERCENT, PLOT_RANKS, PLOT_KIB };

struct curve {
    const char *name;      /* for the legend */
    const double *x, *y;   /* count of each; values that a logarithmic axis cannot show are left out */
    const double *low, *high; /* spread around y, or NULL */
    size_t count;
    int is_floor;          /* drawn grey and dashed, outside of the palette */
};

struct panel {
    const char *title;          /* "Latency" */
    const char *x_name, *y_name; /* "message size", "half round trip"; the unit is added */
    enum plot_unit x_unit, y_unit; /* PLOT_PERCENT is a linear axis from 0 to 100, all others are logarithmic */
    const struct curve *curves;
    size_t count;
};

/* One picture: panels side by side under a title and a line of small print. Curves of the same name have the same
 * colour in all panels; the legend stands once. 0, or -1 when no panel has a point to show. */
int plot_write(FILE *, const char *title, const char *small_print, const struct panel *, size_t panels);

struct points;
struct facts;
/* The points of one launcher, or of one run. */
struct series {
    const char *name;            /* "": of one run, whose variants are what is compared */
    const struct points *points; /* drawn: the median, and a thin line from min to p99 */
    double (*overlaps)[2];       /* NULL, or the lowest and highest share of overlap, for each point */
};
/* The picture of several launchers: a panel for each variant, a curve for each launcher, and the floor. 0, or -1.
 */
int plot_series(FILE *, const char *title, const char *small_print, const struct series *, size_t count);
/* The picture of one run of godwit-bench: latency and bandwidth (or what its points have) by size, one curve per
 * variant, and the floor. */
int plot_points(FILE *, const struct facts *, const struct points *);

#endif
