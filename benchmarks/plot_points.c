/* The picture of one run: which panels and curves its points make. How they are drawn is plot.c's. */
#include "benchmarks/plot_axis.h"
#include "benchmarks/point.h"
#include "benchmarks/report.h"

#include <stdlib.h>
#include <string.h>

enum { VIEWS = 4, CURVES = 14 /* more cannot be told apart */, NAME = 64, DOTS = 40, TESTS = 4 };

enum figure { FIGURE_TIME, FIGURE_BANDWIDTH, FIGURE_RATE, FIGURE_OVERLAP };

/* One place on a curve. */
struct spot {
    double x, y, low, high;
};

/* A view under construction, with all that its panel points to. */
struct made {
    struct curve curves[CURVES];
    char names[CURVES][NAME];
    double *numbers[CURVES];
    size_t curve_count, left_out;
    struct dot dots[DOTS];
    char dot_names[DOTS][NAME], title[NAME];
};

struct maker {
    const struct points *points;
    struct view views[VIEWS];
    struct made *made[VIEWS];
    size_t count, left_out;
    int several_tests, failed;
};

/* ---- choosing points ---- */

struct choice {
    const char *test, *variant; /* variant NULL: any */
    int ranks;                  /* 0: any */
    int sized;                  /* 1: those that have a size, 0: those without, -1: both */
};

static int chosen(const struct point *p, const struct choice *c)
{
    return strcmp(p->test, c->test) == 0 && (!c->variant || strcmp(p->variant, c->variant) == 0) &&
           (!c->ranks || p->ranks == c->ranks) && (c->sized < 0 || c->sized == (p->bytes > 0));
}

/* The first chosen point from `at` on; NULL: no more. */
static const struct point *next_chosen(const struct maker *m, const struct choice *c, size_t *at)
{
    while (*at < m->points->count) {
        const struct point *p = &m->points->at[(*at)++];
        if (chosen(p, c))
            return p;
    }
    return NULL;
}

static int any_chosen(const struct maker *m, struct choice c)
{
    size_t at = 0;
    return next_chosen(m, &c, &at) != NULL;
}

/* Are there chosen points that differ in size (or, else, in ranks)? */
static int several(const struct maker *m, struct choice c, int sizes)
{
    size_t at = 0;
    const struct point *first = next_chosen(m, &c, &at), *p;
    while ((p = next_chosen(m, &c, &at)))
        if (sizes ? p->bytes != first->bytes : p->ranks != first->ranks)
            return 1;
    return 0;
}

/* Does any operation come with several numbers of ranks? */
static int several_ranks_of_one(const struct maker *m, struct choice c)
{
    size_t at = 0;
    const struct point *p;
    while ((p = next_chosen(m, &c, &at))) {
        struct choice same = c;
        same.variant = p->variant;
        if (several(m, same, 0))
            return 1;
    }
    return 0;
}

/* ---- curves ---- */

static const char *test_word(const char *test)
{
    static const char *const words[][2] = {{"pingpong", "ping-pong"},
                                           {"stream", "stream"},
                                           {"bistream", "stream both ways"},
                                           {"rate", "message rate"},
                                           {"coll", "collective"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(test, words[i][0]) == 0)
            return words[i][1];
    return test;
}

static double divide(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static struct spot spot_of(const struct point *p, enum figure figure, int by_ranks)
{
    double x = by_ranks ? (double)p->ranks : (double)p->bytes, of = figure == FIGURE_RATE ? p->messages : p->moved;
    if (figure == FIGURE_OVERLAP)
        return (struct spot){x, p->overlap * 100, 0, 0};
    if (figure == FIGURE_TIME)
        return (struct spot){x, p->median, p->min, p->p99};
    return (struct spot){x, divide(of, p->median), divide(of, p->p99), divide(of, p->min)};
}

static struct spot floor_spot_of(const struct point *p, enum figure figure, int by_ranks)
{
    struct spot spot = spot_of(p, figure, by_ranks);
    double of = figure == FIGURE_RATE ? p->messages : p->moved;
    spot.y = figure == FIGURE_TIME ? p->floor : divide(of, p->floor);
    return spot;
}

static int by_x(const void *a, const void *b)
{
    const struct spot *s = a, *t = b;
    return (s->x > t->x) - (s->x < t->x);
}

static void add_curve(struct maker *m, const char *name, const struct choice *c, enum figure figure, int by_ranks,
                      int is_floor)
{
    struct made *made = m->made[m->count];
    size_t count = 0, at = 0;
    const struct point *p;
    while (next_chosen(m, c, &at))
        count++;
    if (made->curve_count == CURVES) {
        made->left_out++;
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
    at = count = 0;
    while ((p = next_chosen(m, c, &at)))
        if (!is_floor || p->floor > 0)
            spots[count++] = is_floor ? floor_spot_of(p, figure, by_ranks) : spot_of(p, figure, by_ranks);
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
    int spread = !is_floor && figure != FIGURE_OVERLAP;
    snprintf(made->names[n], NAME, "%s", name);
    made->numbers[n] = numbers;
    made->curves[n] =
        (struct curve){made->names[n], x, y, spread ? low : NULL, spread ? high : NULL, count, is_floor};
}

/* What a point is called beside others: its variant, or its test where it has none; its ranks, if they differ. */
static void point_name(const struct maker *m, char name[NAME], const struct point *p, int with_ranks,
                       int with_size)
{
    char size[QUANTITY];
    int n = snprintf(name, NAME, "%s%s%s", *p->variant && !m->several_tests ? "" : test_word(p->test),
                     *p->variant && m->several_tests ? ": " : "", p->variant);
    if (m->several_tests && strcmp(p->test, "coll") == 0)
        n = snprintf(name, NAME, "%s", p->variant);
    if (with_size && p->bytes && n < NAME)
        n += snprintf(name + n, (size_t)(NAME - n), ", %s", quantity_bytes(size, p->bytes));
    if (with_ranks && n < NAME)
        snprintf(name + n, (size_t)(NAME - n), ", %d ranks", p->ranks);
}

/* Is this the first of the chosen points with its variant (and ranks)? */
static int first_of_curve(const struct maker *m, const struct choice *c, const struct point *p, int by_ranks)
{
    size_t at = 0;
    struct choice same = *c;
    same.variant = p->variant;
    same.ranks = by_ranks ? c->ranks : p->ranks;
    return next_chosen(m, &same, &at) == p;
}

/* One floor for all variants, or none: a floor for each would hide what it is held against. with_ranks: for all
 * numbers of ranks, too; otherwise who differs in them (a message to oneself) stands aside. */
static void add_floor(struct maker *m, const struct choice *c, enum figure figure, int by_ranks, int with_ranks)
{
    size_t at = 0;
    const struct point *p, *q;
    const struct point *first = NULL;
    while ((p = next_chosen(m, c, &at))) {
        size_t other = at;
        if (p->floor > 0 && !first)
            first = p;
        while (p->floor > 0 && (q = next_chosen(m, c, &other)))
            if (q->bytes == p->bytes && (with_ranks || q->ranks == p->ranks) && q->floor > 0 &&
                (q->floor < 0.99 * p->floor || q->floor > 1.01 * p->floor))
                return;
    }
    if (!first || figure == FIGURE_OVERLAP)
        return;
    struct choice one = *c;
    one.variant = first->variant;
    one.ranks = by_ranks ? c->ranks : first->ranks;
    char name[NAME] = "floor, without MPI";
    if (m->several_tests)
        snprintf(name, sizeof name, "floor: %s", test_word(c->test));
    add_curve(m, name, &one, figure, by_ranks, 1);
}

static struct panel *begin_view(struct maker *m, const char *title, const char *x_name, const char *y_name,
                                enum plot_unit x_unit, enum plot_unit y_unit)
{
    if (m->failed || m->count == VIEWS || !(m->made[m->count] = calloc(1, sizeof **m->made))) {
        m->failed |= m->count < VIEWS;
        return NULL;
    }
    struct panel *panel = &m->views[m->count].panel;
    *panel = (struct panel){title, x_name, y_name, x_unit, y_unit, m->made[m->count]->curves, 0};
    return panel;
}

static void end_view(struct maker *m)
{
    struct made *made = m->made[m->count];
    m->views[m->count].panel.count = made->curve_count;
    m->left_out += made->left_out;
    m->count++;
}

static enum plot_unit unit_of(enum figure figure)
{
    static const enum plot_unit units[] = {PLOT_SECONDS, PLOT_BANDWIDTH, PLOT_RATE, PLOT_PERCENT};
    return units[figure];
}

/* A panel of all variants (and ranks) of these tests, by size or by ranks. */
static void curves_view(struct maker *m, const char *title, const char *y_name, enum figure figure, int by_ranks,
                        int sized, const char *const tests[TESTS])
{
    struct panel *panel = begin_view(m, title, by_ranks ? "ranks" : "message size", y_name,
                                     by_ranks ? PLOT_RANKS : PLOT_BYTES, unit_of(figure));
    if (!panel)
        return;
    for (int t = 0; t < TESTS && tests[t]; t++) {
        struct choice c = {tests[t], NULL, 0, sized};
        int with_ranks = !by_ranks && several_ranks_of_one(m, c), with_size = by_ranks && several(m, c, 1);
        size_t at = 0;
        const struct point *p;
        /* The floor has its place, however many curves there are. */
        if (!m->several_tests || t == 0 || strcmp(tests[t], "stream") == 0)
            add_floor(m, &c, figure, by_ranks, with_ranks);
        while ((p = next_chosen(m, &c, &at))) {
            char name[NAME];
            struct choice one = {p->test, p->variant, by_ranks ? 0 : p->ranks, sized};
            if (!first_of_curve(m, &c, p, by_ranks))
                continue;
            point_name(m, name, p, with_ranks, with_size);
            add_curve(m, name, &one, figure, by_ranks, 0);
        }
    }
    end_view(m);
}

/* ---- dots ---- */

/* keep: which of the points of the test, beside the choice; NULL: all. */
static void dots_view(struct maker *m, const char *title, const char *x_name, struct choice c,
                      int (*keep)(const struct point *))
{
    if (!begin_view(m, title, x_name, "", PLOT_SECONDS, PLOT_SECONDS))
        return;
    struct made *made = m->made[m->count];
    struct view *view = &m->views[m->count];
    int with_size = several(m, c, 1);
    size_t at = 0;
    const struct point *p;
    view->dots = made->dots;
    while ((p = next_chosen(m, &c, &at))) {
        size_t n = view->dot_count;
        if (keep && !keep(p))
            continue;
        if (n == DOTS) {
            made->left_out++;
            continue;
        }
        point_name(m, made->dot_names[n], p, 0, with_size);
        made->dots[n] = (struct dot){made->dot_names[n], p->median, p->min, p->p99, p->floor};
        if (view->dot_count++ == 0 && p->bytes && !with_size) {
            char size[QUANTITY];
            snprintf(made->title, NAME, "%s, %s", title, quantity_bytes(size, p->bytes));
            view->panel.title = made->title;
        }
    }
    end_view(m);
}

/* Latencies of one test: by size where there are several; else by ranks, else side by side. title: where it stands
 * beside other tests. */
static void latencies(struct maker *m, const char *test, const char *title, const char *y_name)
{
    int alone = !m->several_tests;
    const char *const tests[TESTS] = {test};
    struct choice sized = {test, NULL, 0, 1}, rest = {test, NULL, 0, -1};
    if (several(m, sized, 1)) {
        curves_view(m, alone ? "Latency by message size" : title, y_name, FIGURE_TIME, 0, 1, tests);
        rest.sized = 0;
    }
    if (!any_chosen(m, rest))
        return;
    if (several_ranks_of_one(m, rest))
        curves_view(m, alone ? "Latency by ranks" : title, y_name, FIGURE_TIME, 1, rest.sized, tests);
    else
        dots_view(m, !alone ? title : rest.sized == 0 ? "Latency without a message" : "Latency",
                  "median; line: fastest to 99th percentile; grey: floor", rest, NULL);
}

/* ---- which panels ---- */

static int has(const struct maker *m, const char *test)
{
    return any_chosen(m, (struct choice){test, NULL, 0, -1});
}

static int no_memcpy(const struct point *p)
{
    return strcmp(p->variant, "memcpy") != 0;
}

/* A machine's floor is the one picture without MPI. memcpy alone has sizes. */
static void floor_views(struct maker *m)
{
    struct choice copies = {"floor", "memcpy", 0, 1}, all = {"floor", NULL, 0, -1};
    static const struct {
        const char *title, *y_name;
        enum figure figure;
    } views[] = {{"memcpy, time", "time of one call", FIGURE_TIME},
                 {"memcpy, bandwidth", "bandwidth", FIGURE_BANDWIDTH}};
    for (int i = 0; i < 2 && any_chosen(m, copies); i++)
        if (begin_view(m, views[i].title, "size", views[i].y_name, PLOT_BYTES, unit_of(views[i].figure))) {
            add_curve(m, "memcpy", &copies, views[i].figure, 0, 0);
            end_view(m);
        }
    dots_view(m, "Between cores, through the kernel, processes", "median; line: fastest to 99th percentile", all,
              no_memcpy);
}

static void make_views(struct maker *m)
{
    static const char *const moving[TESTS] = {"pingpong", "stream", "bistream"}, *const streams[TESTS] = {
        "stream", "bistream", "rate"};
    static const char *const pingpong[TESTS] = {"pingpong"}, *const overlap[TESTS] = {"overlap"};
    int latency = has(m, "pingpong"), many = has(m, "stream") || has(m, "bistream") || has(m, "rate");
    static const char *const tests[] = {"pingpong", "stream",  "bistream", "rate",
                                        "modes",    "overlap", "coll",     "floor"};
    int count = 0;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        count += has(m, tests[i]);
    m->several_tests = count > 1;
    if (latency)
        curves_view(m, "Latency", "half of a round trip", FIGURE_TIME, 0, 1, pingpong);
    if (latency || many)
        curves_view(m, "Bandwidth", "bandwidth", FIGURE_BANDWIDTH, 0, 1,
                    has(m, "rate") && count == 1 ? streams : moving);
    if (many)
        curves_view(m, "Message rate", "messages per second", FIGURE_RATE, 0, 1, streams);
    if (has(m, "coll"))
        latencies(m, "coll", "Collective operations", "time of the slowest rank");
    if (has(m, "modes"))
        latencies(m, "modes", "Ways to send", "half of a round trip");
    if (has(m, "overlap"))
        curves_view(m, "Overlap", "free for computing", FIGURE_OVERLAP, 0, 1, overlap);
    if (has(m, "floor"))
        floor_views(m);
}

/* ---- words around it ---- */

/* "Open MPI v6.0.0" of "Open MPI v6.0.0, package: ..."; spaces one at a time. */
static void short_library(char *text, size_t room, const char *library)
{
    size_t n = 0;
    for (const char *c = library; *c && *c != ',' && *c != '(' && n + 1 < room; c++) {
        if (strncmp(c, "Version:", 8) == 0) {
            c += 7;
            continue;
        }
        char one = (unsigned char)*c < 0x20 ? ' ' : *c;
        if (one != ' ' || (n && text[n - 1] != ' '))
            text[n++] = one;
    }
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = 0;
}

static void title_of(const struct maker *m, const struct facts *facts, char *title, size_t room)
{
    static const char *const words[][2] = {
        {"pingpong", "Ping-pong"}, {"stream", "Stream"}, {"bistream", "Stream in both directions"},
        {"rate", "Message rate"}, {"modes", "Ways to send"}, {"overlap", "Overlap of transfer and computing"},
        {"coll", "Collective operations"}, {"floor", "What the machine needs without MPI"}};
    char library[80];
    const char *what = m->points->count ? m->points->at[0].test : "";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(what, words[i][0]) == 0)
            what = words[i][1];
    short_library(library, sizeof library, facts->library);
    if (m->several_tests)
        snprintf(title, room, "%s measured with godwit-bench", *library ? library : "MPI");
    else
        snprintf(title, room, "%s%s%s", what, *library ? ", " : "", library);
}

static void small_print_of(const struct maker *m, const struct facts *facts, char *text, size_t room)
{
    const char *const parts[] = {facts->host, facts->cpu, facts->pinning, facts->buffers};
    int n = snprintf(text, room, "Measured by godwit-bench %s", facts->version);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (*parts[i] && n > 0 && (size_t)n < room)
            n += snprintf(text + n, room - (size_t)n, "%s%s", i == 0 ? " on " : "; ", parts[i]);
    int overlap_only = !m->several_tests && has(m, "overlap");
    if (n > 0 && (size_t)n < room)
        n += snprintf(text + n, room - (size_t)n, overlap_only ? ". Markers: median." :
                      ". Markers: median. Thin lines: from the fastest to the 99th percentile.");
    if (m->left_out && n > 0 && (size_t)n < room)
        snprintf(text + n, room - (size_t)n, " Not drawn, as they could not be told apart: %zu more.",
                 m->left_out);
}

int plot_points(FILE *out, const struct facts *facts, const struct points *points)
{
    struct maker m = {.points = points};
    char title[160], small[5 * FACT + 400];
    make_views(&m);
    title_of(&m, facts, title, sizeof title);
    small_print_of(&m, facts, small, sizeof small);
    int rc = m.failed ? -1 : plot_views(out, title, small, m.views, m.count);
    for (size_t v = 0; v < VIEWS; v++) {
        for (size_t c = 0; m.made[v] && c < CURVES; c++)
            free(m.made[v]->numbers[c]);
        free(m.made[v]);
    }
    return rc;
}
