/* From points to panels: which curves, or rows of dots, the figures of one run or of several launchers make. How
 * they are drawn is plot.c's, what they are called kind.c's.
 *
 * Of one series alone, a panel has all variants of a test. Of several, each variant has a panel of its own with a
 * curve for each series; and where that would be many panels of few sizes, one panel of dots for each size. */
#include "benchmarks/kind.h"
#include "benchmarks/plot_choice.h"
#include "benchmarks/report.h"

#include <stdlib.h>
#include <string.h>

/* VIEWS: more is no picture; CURVES: more cannot be told apart. */
enum { VIEWS = 14, CURVES = 14, NAME = 80, DOTS = 240, ROWS = 40, TESTS = 4, FEW_SIZES = 3 };

/* A view under construction, with all that its panel points to. */
struct made {
    struct curve curves[CURVES];
    char names[CURVES][NAME];
    double *numbers[CURVES];
    size_t curve_count, rows;
    struct dot dots[DOTS];
    char row_names[ROWS][NAME], title[KIND_TITLE];
};

struct maker {
    const struct source *from;
    struct view views[VIEWS];
    struct made *made[VIEWS];
    size_t count, curves_left_out, panels_left_out;
    int several_tests, failed;
};

/* ---- figures ---- */

/* One place on a curve. */
struct spot {
    double x, y, low, high;
};

/* The point's figure: a bandwidth is low where the time is high. */
static struct spot spot_of(const struct series *s, const struct point *p, enum figure figure, int by_ranks)
{
    struct spot spot = {by_ranks ? (double)p->ranks : (double)p->bytes, 0, 0, 0};
    if (figure == FIGURE_OVERLAP) {
        spot.y = p->overlap * 100;
        if (s->overlaps) {
            spot.low = s->overlaps[p - s->points->at][0] * 100;
            spot.high = s->overlaps[p - s->points->at][1] * 100;
        }
        return spot;
    }
    spot.y = kind_value(figure, p, p->median);
    spot.low = kind_value(figure, p, figure == FIGURE_TIME ? p->min : p->p99);
    spot.high = kind_value(figure, p, figure == FIGURE_TIME ? p->p99 : p->min);
    return spot;
}

static enum plot_unit unit_of(enum figure figure)
{
    static const enum plot_unit units[FIGURES] = {PLOT_SECONDS, PLOT_BANDWIDTH, PLOT_RATE, PLOT_PERCENT};
    return units[figure];
}

static const char *axis_of(enum figure figure, const char *test)
{
    static const char *const names[FIGURES] = {"", "bandwidth", "messages per second", "free for computing"};
    return figure == FIGURE_TIME ? kind_of(test)->time : names[figure];
}

/* ---- views ---- */

static struct made *begin_view(struct maker *m, const char *title, const char *x_name, const char *y_name,
                               enum plot_unit x_unit, enum plot_unit y_unit)
{
    if (m->count == VIEWS) {
        m->panels_left_out++;
        return NULL;
    }
    struct made *made = m->failed ? NULL : calloc(1, sizeof *made);
    if (!made) {
        m->failed = 1;
        return NULL;
    }
    m->made[m->count] = made;
    snprintf(made->title, sizeof made->title, "%s", title);
    m->views[m->count].panel = (struct panel){made->title, x_name, y_name, x_unit, y_unit, made->curves, 0};
    return made;
}

static void end_view(struct maker *m)
{
    m->views[m->count].panel.count = m->made[m->count]->curve_count;
    m->count++;
}

/* ---- curves ---- */

static int by_x(const void *a, const void *b)
{
    const struct spot *s = a, *t = b;
    return (s->x > t->x) - (s->x < t->x);
}

static void add_curve(struct maker *m, const char *name, const struct choice *c, enum figure figure, int by_ranks,
                      int is_floor)
{
    struct made *made = m->made[m->count];
    size_t count = 0;
    const struct point *p;
    struct cursor cursor = {0, 0};
    while (choice_next(m->from, c, &cursor))
        count++;
    if (made->curve_count == CURVES) {
        m->curves_left_out++;
        return;
    }
    double *numbers = calloc(4 * count + 1, sizeof *numbers);
    struct spot *spots = calloc(count + 1, sizeof *spots);
    if (!numbers || !spots) {
        m->failed = 1;
        free(numbers);
        free(spots);
        return;
    }
    count = 0;
    cursor = (struct cursor){0, 0};
    while ((p = choice_next(m->from, c, &cursor))) {
        struct spot spot = spot_of(&m->from->at[cursor.series], p, figure, by_ranks);
        if (is_floor)
            spot.y = kind_value(figure, p, p->floor);
        if (!is_floor || spot.y > 0)
            spots[count++] = spot;
    }
    qsort(spots, count, sizeof *spots, by_x);
    double *x = numbers, *y = x + count, *low = y + count, *high = low + count;
    for (size_t i = 0; i < count; i++) {
        x[i] = spots[i].x;
        y[i] = spots[i].y;
        low[i] = spots[i].low;
        high[i] = spots[i].high;
    }
    free(spots);
    size_t n = made->curve_count++;
    snprintf(made->names[n], NAME, "%s", name);
    made->numbers[n] = numbers;
    made->curves[n] =
        (struct curve){made->names[n], x, y, is_floor ? NULL : low, is_floor ? NULL : high, count, is_floor};
}

/* What a curve or a row is called: by what the others of its panel do not have; with_test: of its picture. */
static void make_name(char name[NAME], const struct point *p, const char *series, int with_test, int with_ranks,
                      int with_size)
{
    char size[QUANTITY], row[KIND_ROW];
    int n;
    if (*series)
        n = snprintf(name, NAME, "%s", series);
    else if (!*p->variant)
        n = snprintf(name, NAME, "%s", kind_of(p->test)->name);
    else if (with_test && strcmp(p->test, "coll") != 0)
        n = snprintf(name, NAME, "%s: %s", kind_of(p->test)->name, kind_row(row, p));
    else
        n = snprintf(name, NAME, "%s", kind_row(row, p));
    if (with_size && p->bytes && n < NAME)
        n += snprintf(name + n, (size_t)(NAME - n), ", %s", quantity_bytes(size, p->bytes));
    if (with_ranks && n < NAME)
        snprintf(name + n, (size_t)(NAME - n), ", %d ranks", p->ranks);
}

/* One floor for all variants, or none: a floor for each would hide what it is held against. with_ranks: for all
 * numbers of ranks, too; otherwise who differs in them (a message to oneself) stands aside. */
static void add_floor(struct maker *m, const struct choice *c, enum figure figure, int by_ranks, int with_ranks)
{
    struct cursor at = {0, 0};
    const struct point *p, *q;
    const struct point *first = NULL;
    const struct series *of = NULL;
    while ((p = choice_next(m->from, c, &at))) {
        struct cursor other = at;
        if (p->floor > 0 && !first) {
            first = p;
            of = &m->from->at[at.series];
        }
        while (p->floor > 0 && (q = choice_next(m->from, c, &other)))
            if (q->bytes == p->bytes && (with_ranks || q->ranks == p->ranks) && q->floor > 0 &&
                (q->floor < 0.99 * p->floor || q->floor > 1.01 * p->floor))
                return;
    }
    if (!first || figure == FIGURE_OVERLAP)
        return;
    struct choice one = *c;
    one.variant = first->variant;
    one.ranks = by_ranks ? c->ranks : first->ranks;
    one.of = of;
    char name[NAME] = "floor, without MPI";
    if (m->several_tests && m->from->count == 1)
        snprintf(name, sizeof name, "floor: %s", kind_of(c->test)->name);
    add_curve(m, name, &one, figure, by_ranks, 1);
}

static void add_curves(struct maker *m, const struct choice *c, enum figure figure, int by_ranks, int floor)
{
    int with_ranks = !by_ranks && choice_several_of_one(m->from, *c, 0),
        with_size = by_ranks && choice_several(m->from, *c, 1);
    struct cursor at = {0, 0};
    const struct point *p;
    /* The floor has its place, however many curves there are. */
    if (floor)
        add_floor(m, c, figure, by_ranks, with_ranks);
    while ((p = choice_next(m->from, c, &at))) {
        char name[NAME];
        struct choice one = *c;
        one.variant = p->variant;
        one.ranks = by_ranks ? c->ranks : p->ranks;
        one.of = &m->from->at[at.series];
        if (choice_first(m->from, one) != p)
            continue;
        make_name(name, p, one.of->name, m->several_tests, with_ranks, with_size);
        add_curve(m, name, &one, figure, by_ranks, 0);
    }
}

/* A panel of all that is chosen, by size or by ranks. */
static void curves_view(struct maker *m, const char *title, const struct choice *c, enum figure figure,
                        int by_ranks)
{
    if (!begin_view(m, title, by_ranks ? "ranks" : "message size", axis_of(figure, c->test),
                    by_ranks ? PLOT_RANKS : PLOT_BYTES, unit_of(figure)))
        return;
    add_curves(m, c, figure, by_ranks, 1);
    end_view(m);
}

/* ---- dots ---- */

static void add_row(struct maker *m, struct view *view, const struct choice *row, const char *name,
                    enum figure figure)
{
    struct made *made = m->made[m->count];
    struct cursor at = {0, 0};
    const struct point *p;
    size_t begin = view->dot_count;
    if (made->rows == ROWS || begin + m->from->count > DOTS) {
        m->curves_left_out++;
        return;
    }
    snprintf(made->row_names[made->rows], NAME, "%s", name);
    while ((p = choice_next(m->from, row, &at)) && view->dot_count < DOTS) {
        struct spot s = spot_of(&m->from->at[at.series], p, figure, 0);
        made->dots[view->dot_count] =
            (struct dot){view->dot_count == begin ? made->row_names[made->rows] : NULL,
                         m->from->count > 1 ? m->from->at[at.series].name : NULL, s.y, s.low, s.high,
                         kind_value(figure, p, p->floor)};
        view->dot_count++;
    }
    made->rows++;
}

/* A row for each variant, size and number of ranks, a dot in it for each series. */
static void dots_view(struct maker *m, const char *title, struct choice c, enum figure figure)
{
    char full[KIND_TITLE], name[NAME], size[QUANTITY], x_name[NAME];
    const struct point *p, *first = choice_first(m->from, c);
    if (!first)
        return;
    int with_size = choice_several(m->from, c, 1), with_ranks = choice_several(m->from, c, 0) &&
                                                                strcmp(c.test, "floor") != 0 &&
                                                                choice_several_of_one(m->from, c, 0);
    snprintf(full, sizeof full, "%s%s%s", title, first->bytes && !with_size ? ", " : "",
             first->bytes && !with_size ? quantity_bytes(size, first->bytes) : "");
    snprintf(x_name, sizeof x_name, "%s%s", axis_of(figure, c.test), first->floor > 0 ? "; grey: floor" : "");
    struct made *made = begin_view(m, full, "", "", unit_of(figure), unit_of(figure));
    if (!made)
        return;
    struct view *view = &m->views[m->count];
    view->dots = made->dots;
    for (struct cursor at = {0, 0}; (p = choice_next(m->from, &c, &at));) {
        struct choice row = c;
        row.variant = p->variant;
        row.bytes = p->bytes;
        row.sized = p->bytes > 0;
        row.ranks = p->ranks;
        /* A row is made at its first point. */
        if (choice_first(m->from, row) != p)
            continue;
        make_name(name, p, "", 0, with_ranks, with_size);
        add_row(m, view, &row, name, figure);
    }
    snprintf(made->names[0], NAME, "%s", x_name);
    view->panel.x_name = made->names[0];
    end_view(m);
}

/* Many variants of few sizes are rows of dots, a panel for each size. 0 where it is not so. */
static int rows_by_size(struct maker *m, const char *test, const char *title)
{
    struct choice all = {.test = test, .sized = -1}, none = {.test = test}, sized = {.test = test, .sized = 1};
    size_t bytes = 0;
    if (choice_variants(m->from, all) < 2 || choice_values(m->from, sized, 1) > FEW_SIZES ||
        choice_several_of_one(m->from, all, 0))
        return 0;
    dots_view(m, title, none, kind_of(test)->figure);
    while ((bytes = choice_next_value(m->from, (struct choice){.test = test, .sized = 1}, bytes, 1))) {
        sized.bytes = bytes;
        dots_view(m, title, sized, kind_of(test)->figure);
    }
    return 1;
}

/* ---- one series: a panel has all variants of a test ---- */

/* By size where there are several; else by ranks, else side by side. title: where it stands beside other tests. */
static void latencies(struct maker *m, const char *test, const char *title)
{
    int alone = !m->several_tests;
    struct choice sized = {.test = test, .sized = 1}, rest = {.test = test, .sized = -1};
    if (choice_several(m->from, sized, 1) && rows_by_size(m, test, alone ? "Latency" : title))
        return;
    if (choice_several(m->from, sized, 1)) {
        curves_view(m, alone ? "Latency by message size" : title, &sized, FIGURE_TIME, 0);
        rest.sized = 0;
    }
    if (!choice_first(m->from, rest))
        return;
    if (choice_several_of_one(m->from, rest, 0))
        curves_view(m, alone ? "Latency by ranks" : title, &rest, FIGURE_TIME, 1);
    else
        dots_view(m,
                  !alone            ? title
                  : rest.sized == 0 ? "Latency without a message"
                                    : "Latency",
                  rest, FIGURE_TIME);
}

/* Several tests have one figure in common: their curves in one panel, or their rows. */
static void shared_view(struct maker *m, const char *title, enum figure figure, const char *const tests[TESTS])
{
    int sizes = 0, begun = 0;
    for (int t = 0; t < TESTS && tests[t]; t++)
        sizes |= choice_several(m->from, (struct choice){.test = tests[t], .sized = 1}, 1);
    for (int t = 0; t < TESTS && tests[t]; t++) {
        struct choice c = {.test = tests[t], .sized = 1};
        if (!choice_first(m->from, c))
            continue;
        if (!sizes) {
            dots_view(m, m->several_tests ? kind_of(tests[t])->name : title, c, figure);
            continue;
        }
        if (!begun++ &&
            !begin_view(m, title, "message size", axis_of(figure, tests[t]), PLOT_BYTES, unit_of(figure)))
            return;
        add_curves(m, &c, figure, 0, !m->several_tests || t == 0 || strcmp(tests[t], "stream") == 0);
    }
    if (begun)
        end_view(m);
}

/* A machine's floor is the one picture without MPI. memcpy alone has sizes. */
static void floor_views(struct maker *m)
{
    struct choice copies = {.test = "floor", .like = "memcpy", .sized = 1};
    struct choice all = {.test = "floor", .sized = -1, .but = "memcpy"};
    if (choice_several(m->from, copies, 1)) {
        curves_view(m, "memcpy, time", &copies, FIGURE_TIME, 0);
        curves_view(m, "memcpy, bandwidth", &copies, FIGURE_BANDWIDTH, 0);
    } else {
        all.but = NULL;
    }
    dots_view(m, "Between cores, through the kernel, processes", all, FIGURE_TIME);
}

static void one_series(struct maker *m)
{
    static const char *const pingpong[TESTS] = {"pingpong"}, *const overlap[TESTS] = {"overlap"};
    static const char *const moving[TESTS] = {"pingpong", "stream", "bistream"};
    static const char *const streams[TESTS] = {"stream", "bistream", "rate"};
    int latency = choice_has(m->from, "pingpong"),
        many = choice_has(m->from, "stream") || choice_has(m->from, "bistream") || choice_has(m->from, "rate");
    if (latency)
        shared_view(m, "Latency", FIGURE_TIME, pingpong);
    if (latency || many)
        shared_view(m, "Bandwidth", FIGURE_BANDWIDTH,
                    choice_has(m->from, "rate") && !m->several_tests ? streams : moving);
    if (many)
        shared_view(m, "Message rate", FIGURE_RATE, streams);
    if (choice_has(m->from, "overlap"))
        shared_view(m, "Overlap", FIGURE_OVERLAP, overlap);
    if (choice_has(m->from, "coll"))
        latencies(m, "coll", "Collective operations");
    if (choice_has(m->from, "modes"))
        latencies(m, "modes", "Ways to send");
    if (choice_has(m->from, "floor"))
        floor_views(m);
}

/* ---- several series ---- */

/* The second figure that a test is looked at for, where there is room for it; its first one again: none. */
static enum figure second_figure(const struct maker *m, const char *test)
{
    if (strcmp(test, "pingpong") == 0)
        return FIGURE_BANDWIDTH;
    int streams = strcmp(test, "stream") == 0 || strcmp(test, "bistream") == 0;
    return streams && !m->several_tests ? FIGURE_RATE : kind_of(test)->figure;
}

static void variant_title(const struct maker *m, char title[KIND_TITLE], const struct choice *c,
                          enum figure figure, int with_ranks)
{
    static const char *const words[FIGURES] = {"Latency", "Bandwidth", "Message rate", "Overlap"};
    const struct point *p = choice_first(m->from, *c);
    char row[KIND_ROW], ranks[32] = "";
    int alone = !m->several_tests && second_figure(m, c->test) != kind_of(c->test)->figure;
    if (with_ranks)
        snprintf(ranks, sizeof ranks, ", %d ranks", c->ranks);
    if (*p->variant)
        snprintf(title, KIND_TITLE, "%s%s", kind_row(row, p), ranks);
    else if (alone)
        snprintf(title, KIND_TITLE, "%s%s", words[figure], ranks);
    else if (figure == FIGURE_OVERLAP || figure == FIGURE_RATE)
        snprintf(title, KIND_TITLE, "%s%s", kind_of(c->test)->name, ranks);
    else
        snprintf(title, KIND_TITLE, "%s: %s%s", kind_of(c->test)->name,
                 figure == FIGURE_TIME ? "latency" : "bandwidth", ranks);
}

/* By size, for each number of ranks where there are several of both; or by ranks. */
static void variant_views(struct maker *m, struct choice c, enum figure figure)
{
    char title[KIND_TITLE];
    int sizes = choice_several(m->from, c, 1), ranks = choice_several(m->from, c, 0);
    if (!sizes || !ranks) {
        variant_title(m, title, &c, figure, 0);
        curves_view(m, title, &c, figure, !sizes);
        return;
    }
    for (size_t n = 0; (n = choice_next_value(m->from, c, n, 0));) {
        c.ranks = (int)n;
        variant_title(m, title, &c, figure, 1);
        curves_view(m, title, &c, figure, 0);
        c.ranks = 0;
    }
}

/* Does the variant have a curve, or one figure alone? */
static int has_curve(const struct maker *m, struct choice c)
{
    return choice_several(m->from, c, 1) || choice_several(m->from, c, 0);
}

static void test_views(struct maker *m, const char *test)
{
    struct choice all = {.test = test, .sized = -1};
    const struct point *p, *first = choice_first(m->from, all);
    enum figure figure = kind_figure(first), second = second_figure(m, test);
    const char *name = kind_of(test)->name;
    int variants = choice_variants(m->from, all);
    if (rows_by_size(m, test, name))
        return;
    int single = 0;
    for (struct cursor at = {0, 0}; (p = choice_next(m->from, &all, &at));) {
        struct choice one = all;
        one.variant = p->variant;
        if (!choice_is_first(m->from, all, p))
            continue;
        if (!has_curve(m, one)) {
            single++;
            continue;
        }
        variant_views(m, one, figure);
        if (second != figure && kind_value(second, p, 1) > 0)
            variant_views(m, one, second);
    }
    if (!single)
        return;
    if (single == variants) {
        dots_view(m, name, all, figure);
        return;
    }
    for (struct cursor at = {0, 0}; (p = choice_next(m->from, &all, &at));) {
        struct choice one = all;
        one.variant = p->variant;
        if (choice_is_first(m->from, all, p) && !has_curve(m, one))
            dots_view(m, p->variant, one, figure);
    }
}

/* ---- all of it ---- */

static int make_views(struct maker *m)
{
    static const char *const tests[] = {"pingpong", "stream", "bistream", "overlap",
                                        "rate",     "modes",  "coll",     "floor"};
    enum { COUNT = sizeof tests / sizeof tests[0] };
    int count = 0;
    for (int i = 0; i < COUNT; i++)
        count += choice_has(m->from, tests[i]);
    m->several_tests = count > 1;
    if (m->from->count == 1 && !*m->from->at->name)
        one_series(m);
    else
        for (int i = 0; i < COUNT; i++)
            if (choice_has(m->from, tests[i]))
                test_views(m, tests[i]);
    return m->failed ? -1 : 0;
}

int plot_series(FILE *out, const char *title, const char *small_print, const struct series *series, size_t count)
{
    const struct source from = {series, count};
    struct maker m = {.from = &from};
    char small[2048];
    int rc = make_views(&m), n = snprintf(small, sizeof small, "%s", small_print);
    if (m.panels_left_out && n > 0 && (size_t)n < sizeof small)
        n += snprintf(small + n, sizeof small - (size_t)n,
                      " Left out: %zu more panel%s, as this is a picture and no "
                      "book; the table and --csv have all.",
                      m.panels_left_out, m.panels_left_out == 1 ? "" : "s");
    if (m.curves_left_out && n > 0 && (size_t)n < sizeof small)
        snprintf(small + n, sizeof small - (size_t)n, " Not drawn, as they could not be told apart: %zu more.",
                 m.curves_left_out);
    if (rc == 0)
        rc = plot_views(out, title, small, m.views, m.count);
    for (size_t v = 0; v < VIEWS; v++) {
        for (size_t c = 0; m.made[v] && c < CURVES; c++)
            free(m.made[v]->numbers[c]);
        free(m.made[v]);
    }
    return rc;
}
