/* Inside of the plotting: axes (which limits, which ticks, what they are called), rows of dots beside the panels
 * of plot.h, looks and legend, and safe text. For the files plot*.c alone. */
#ifndef BENCHMARKS_PLOT_INSIDE_H
#define BENCHMARKS_PLOT_INSIDE_H

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

/* Can the axis show this value at all? */
int axis_shows(enum plot_unit unit, double value);
/* Limits and ticks for values from low to high (both can be shown), with at most `labels` labels. exact: the
 * limits are those of the values where that is not worse to read (sizes of messages). */
void axis_make(struct axis *, enum plot_unit unit, double low, double high, int labels, int exact);
/* An axis of ranks has a line at each of these values, which ascend, and a label where there is room: none closer
 * than this share of the axis to the last. */
void axis_ranks(struct axis *, const double *values, size_t count, double closest);
/* Where the value lies between the limits, from 0 to 1; beyond: below 0 or above 1. */
double axis_place(const struct axis *, double value);
/* The value in words, as ticks have it: "64 KiB", "100 ns", "1 GB/s". */
void axis_label(char label[TICK_LABEL], enum plot_unit unit, double value);

/* Dots in rows: figures with a name, where there is nothing to draw a curve by. */
struct dot {
    const char *name;   /* of its row; NULL: the row of the dot before it */
    const char *series; /* one of several in a row, for the legend; NULL: there is one only */
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

/* ---- plot_legend.c: a look for each name, colour and marker, and the legend that says whose it is ---- */
struct look {
    const char *name;
    int is_floor;
    size_t number; /* among those of its kind */
};

struct looks {
    struct look *at;
    size_t count, floors;
};

int looks_collect(struct looks *, const struct view *, size_t count); /* 0, or -1 without memory */
const struct look *look_find(const struct looks *, const char *name, int is_floor);
const char *look_colour(const struct look *);
void look_line(FILE *, const struct look *); /* the attributes of a path */
void look_marker(FILE *, const struct look *, double x, double y);
/* How high the legend is; nothing where one name alone would stand in it. */
double legend_height(const struct looks *, double room);
void legend_draw(FILE *, const struct looks *, double left, double top, double room);

/* ---- plot_dots.c ---- */
int dots_visible(const struct view *);
int dots_narrow(const struct view *); /* is half of the picture's width enough? */
double dots_height(const struct view *);
void dots_draw(FILE *, const struct box *, const struct view *, const struct looks *);

/* ---- in plot.c, for the others too ---- */
/* A range of values that grows. */
struct range {
    double low, high;
    int any;
};
void range_add(struct range *, double value);
/* Spread belongs to the picture, but an outlier must not press the rest flat: at most a decade beyond it. */
void range_add_spread(struct range *, const struct range *values, double low, double high);

/* Characters of text, at most `most` of them ("..." at the end of a longer one), escaped for XML. */
void plot_text(FILE *, const char *text, size_t most);
size_t plot_length(const char *text); /* in characters */
/* Room that so many characters take, on the safe side of what common fonts need. */
double plot_width(size_t characters, double size);
void plot_panel_title(FILE *, double x, double y, const char *title);
int plot_curve_visible(const struct panel *, const struct curve *);

#endif
