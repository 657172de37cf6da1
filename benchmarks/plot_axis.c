/* Axes of a picture: where they begin and end, which values get a line and which a label. See
 * plot_inside.h. */
#include "benchmarks/plot_inside.h"
#include "benchmarks/stats.h"

#include <math.h>
#include <string.h>

/* ---- numbers ---- */

static double log10_of(double value)
{
    return stats_log2(value) * 0.301029995663981195;
}

static int floor_of(double value)
{
    int whole = (int)value;
    return whole > value ? whole - 1 : whole;
}

static double power_of(double base, int exponent)
{
    double value = 1;
    for (; exponent > 0; exponent--)
        value *= base;
    /* Divided once: 1e-9 comes out as the 1e-9 of the compiler. */
    double divisor = 1;
    for (; exponent < 0; exponent++)
        divisor *= base;
    return value / divisor;
}

/* ---- words ---- */

static int binary(enum plot_unit unit)
{
    return unit == PLOT_BYTES || unit == PLOT_KIB || unit == PLOT_RANKS;
}

static void label_bytes(char label[TICK_LABEL], double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    int i = 0;
    for (; bytes >= 1024 && i < 6; i++)
        bytes /= 1024;
    snprintf(label, TICK_LABEL, bytes < 1e4 ? "%.4g %s" : "%.0e %s", bytes, units[i]);
}

/* The unit that leaves one to three digits before the point. */
static void label_thousands(char label[TICK_LABEL], double value, const char *const *units, double first,
                            int count)
{
    int i = 0;
    double scale = first;
    while (i + 1 < count && value >= 999.5 * scale) {
        scale *= 1000;
        i++;
    }
    double shown = value / scale;
    snprintf(label, TICK_LABEL, shown >= 0.0095 && shown < 999.5 ? "%.3g %s" : "%.0e %s", shown, units[i]);
}

void axis_label(char label[TICK_LABEL], enum plot_unit unit, double value)
{
    static const char *const short_times[] = {"ps", "ns"}, *const times[] = {"us", "ms", "s"};
    static const char *const speeds[] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s"};
    static const char *const rates[] = {"/s", "k/s", "M/s", "G/s", "T/s"};
    switch (unit) {
    case PLOT_BYTES:
        label_bytes(label, value);
        return;
    case PLOT_KIB:
        label_bytes(label, value * 1024);
        return;
    case PLOT_SECONDS:
        /* The units of quantity_time, so that table and picture speak alike. */
        if (value < 0.00995e-6)
            label_thousands(label, value, short_times, 1e-12, 2);
        else
            label_thousands(label, value, times, 1e-6, 3);
        return;
    case PLOT_BANDWIDTH:
        label_thousands(label, value, speeds, 1, 5);
        return;
    case PLOT_RATE:
        label_thousands(label, value, rates, 1, 5);
        return;
    case PLOT_PERCENT:
        snprintf(label, TICK_LABEL, "%.0f %%", value);
        return;
    case PLOT_RANKS:
        snprintf(label, TICK_LABEL, value < 1e7 ? "%.7g" : "%.0e", value);
        return;
    }
    label[0] = 0;
}

/* ---- ticks ---- */

int axis_shows(enum plot_unit unit, double value)
{
    if (unit == PLOT_PERCENT)
        return isfinite(value) && value >= 0 && value <= 100;
    /* So far that no axis has to reckon with the ends of what a double can hold. */
    return isfinite(value) && value >= 1e-100 && value <= 1e100;
}

static void add_tick(struct axis *a, double value, int labelled)
{
    /* A hair of tolerance: limits and ticks are reckoned in different ways. */
    if (a->count == TICKS || value < a->low * (1 - 1e-9) || value > a->high * (1 + 1e-9))
        return;
    struct tick *tick = &a->ticks[a->count++];
    tick->value = value;
    tick->labelled = labelled;
    axis_label(tick->label, a->unit, value);
}

static void linear_ticks(struct axis *a)
{
    a->low = 0;
    a->high = 100;
    for (int i = 0; i <= 10; i++)
        add_tick(a, i * 10, i % 2 == 0);
}

/* The nearest multiple of an eighth of the power of two below, on this side of the value. */
static double eighth(double value, int up)
{
    double step = power_of(2, floor_of(stats_log2(value) + 1e-9) - 3);
    double whole = step * (int)(value / step + (up ? 1 - 1e-9 : 1e-9));
    return whole;
}

static void binary_ticks(struct axis *a, int labels, int exact)
{
    static const int steps[] = {1, 2, 3, 4, 5, 10, 20, 50, 100};
    int fine = !exact && a->high < a->low * 2.9;
    if (fine) {
        a->low = eighth(a->low * 0.95, 0);
        a->high = eighth(a->high * 1.05, 1);
    } else if (!exact) {
        int low = floor_of(stats_log2(a->low) + 1e-9), high = -floor_of(-stats_log2(a->high) + 1e-9);
        a->low = power_of(2, low);
        a->high = power_of(2, high);
    }
    if (!fine && a->high < a->low * 1.9) {
        a->low /= 2;
        a->high *= 2;
    }
    int first = floor_of(stats_log2(a->low)), last = floor_of(stats_log2(a->high)) + 1, step = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && (!step || (last - first) / step + 1 > labels); i++)
        step = steps[i];
    int lines = last - first < TICKS - 2;
    for (int e = first; e <= last; e++) {
        if (e % step == 0 || lines)
            add_tick(a, power_of(2, e), e % step == 0);
        /* Powers of two alone would be one label or two. */
        for (int i = 1; fine && i < 8; i++)
            add_tick(a, power_of(2, e) * (1 + i / 8.0), i % 2 == 0 || a->high < a->low * 1.4);
    }
}

/* The largest 1, 2 or 5 times a power of ten that is not above the value; up: the smallest that is not below. */
static double round_limit(double value, int up)
{
    static const double steps[] = {1, 2, 5, 10};
    double decade = power_of(10, floor_of(log10_of(value) + 1e-12));
    double below = decade;
    for (int i = 0; i < 4; i++) {
        double step = steps[i] * decade;
        if (up && step >= value * (1 - 1e-9))
            return step;
        if (step <= value * (1 + 1e-9))
            below = step;
    }
    return below;
}

/* Which multiples of each decade get a label, and the least distance between two of them, in decades. */
static const struct way {
    const char *multiples;
    int each; /* of so many decades one */
    double gap;
} ways[] = {{"123456789", 1, 0.0457}, {"12357", 1, 0.146}, {"125", 1, 0.301}, {"13", 1, 0.477}, {"1", 1, 1},
            {"1", 2, 2}, {"1", 3, 3}, {"1", 5, 5}, {"1", 10, 10}, {"1", 50, 50}};

static void decimal_ticks(struct axis *a, int labels)
{
    a->low = round_limit(a->low, 0);
    a->high = round_limit(a->high, 1);
    if (a->high < a->low * 1.5) {
        a->low = round_limit(a->low * 0.6, 0);
        a->high = round_limit(a->high * 1.5, 1);
    }
    double span = log10_of(a->high) - log10_of(a->low);
    size_t way = 0;
    while (way + 1 < sizeof ways / sizeof ways[0] && ways[way].gap * labels < span)
        way++;
    int first = floor_of(log10_of(a->low)), last = floor_of(log10_of(a->high)) + 1;
    /* Fine lines between the labelled ones, as long as they are lines and not a grey area. */
    int each_multiple = last - first <= 7, each_decade = last - first <= TICKS / 2;
    for (int e = first; e <= last; e++)
        for (int m = 1; m < 10; m++) {
            int labelled = e % ways[way].each == 0 && strchr(ways[way].multiples, '0' + m);
            if (labelled || (m == 1 ? each_decade : each_multiple))
                add_tick(a, m * power_of(10, e), labelled);
        }
}

void axis_make(struct axis *a, enum plot_unit unit, double low, double high, int labels, int exact)
{
    *a = (struct axis){.unit = unit, .low = low, .high = high};
    labels = labels < 2 ? 2 : labels;
    if (unit == PLOT_PERCENT)
        linear_ticks(a);
    else if (binary(unit))
        binary_ticks(a, labels, exact && unit != PLOT_RANKS);
    else
        decimal_ticks(a, labels);
}

void axis_ranks(struct axis *a, const double *values, size_t count, double closest)
{
    double last = -1;
    a->low = values[0];
    a->high = values[count - 1];
    if (a->high <= a->low) {
        a->low /= 2;
        a->high *= 2;
    }
    a->count = 0;
    for (size_t i = 0; i < count; i++) {
        double at = axis_place(a, values[i]);
        int labelled = last < 0 || at - last >= closest;
        add_tick(a, values[i], labelled);
        last = labelled ? at : last;
    }
}

double axis_place(const struct axis *a, double value)
{
    if (a->unit == PLOT_PERCENT)
        return (value - a->low) / (a->high - a->low);
    double low = stats_log2(a->low), high = stats_log2(a->high);
    return (stats_log2(value) - low) / (high - low);
}
