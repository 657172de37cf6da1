/* Inside of the plotting: axes (which limits, which ticks, what they are called), rows of dots beside the panels
 * of plot.h, and safe text. For plot.c, plot_axis.c, plot_dots.c and plot_points.c alone. */
#ifndef BENCHMARKS_PLOT_AXIS_H
#define BENCHMARKS_PLOT_AXIS_H

#include "benchmarks/plot.h"

enum { TICKS = 80, TICK_LABEL = 16 };

struct tick {
    double value;
    int labelled;
    char label[TICK_LABEL];
};

struct axis {
    enum plot_unit unit;
    double low, high; /* limits */
    struct tick ticks[TICKS];
    int count;
};

/* log10 without the mathematics library; the value is positive and finite. */
double axis_log10(double value);
/* Can the axis show this value at all? */
int axis_shows(enum plot_unit unit, double value);
/* Limits and ticks for values from low to high (both can be shown), with at most `labels` labels. exact: the
 * limits are those of the values where that is not worse to read (sizes of messages). */
void axis_make(struct axis *, enum plot_unit unit, double low, double high, int labels, int exact);
/* Where the value lies between the limits, from 0 to 1; beyond: below 0 or above 1. */
double axis_place(const struct axis *, double value);
/* The value in words, as ticks have it: "64 KiB", "100 ns", "1 GB/s". */
void axis_label(char label[TICK_LABEL], enum plot_unit unit, double value);

/* A row of dots: one figure with its name, where there is nothing to draw a curve by. */
struct dot {
    const char *name;
    double value, low, high; /* low and high: 0 where there is no spread */
    double floor;            /* 0: none */
};

/* A panel of curves, or of dots where dot_count is not 0 (then only title, x_name and x_unit of the panel count).
 */
struct view {
    struct panel panel;
    const struct dot *dots;
    size_t dot_count;
};

/* A rectangle of the picture. */
struct box {
    double x, y, width, height;
};

int plot_views(FILE *, const char *title, const char *small_print, const struct view *, size_t views);

/* ---- plot_dots.c ---- */
int dots_visible(const struct view *);
double dots_height(const struct view *);
void dots_draw(FILE *, const struct box *, const struct view *);

/* ---- in plot.c, for plot_dots.c too ---- */
/* Characters of text, at most `most` of them ("..." at the end of a longer one), escaped for XML. */
void plot_text(FILE *, const char *text, size_t most);
size_t plot_length(const char *text); /* in characters */
void plot_panel_title(FILE *, double x, double y, const char *title);

#endif
