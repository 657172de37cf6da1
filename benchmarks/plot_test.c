/* Tests of pictures: well-formed, escaped, everything inside of the view box, nothing drawn from nothing. How they
 * look is for eyes. */
#define _GNU_SOURCE
#include "benchmarks/plot_inside.h"
#include "benchmarks/point.h"
#include "tests/unit.h"

#include <math.h>
#include <string.h>

/* ---- reading a picture ---- */

enum { DEPTH = 16, NAME = 32 };

/* Every tag that opens closes, every quote and every "&" is in its place. */
static void check_form(const char *text)
{
    char open[DEPTH][NAME];
    int depth = 0, elements = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '&') {
            size_t length = strcspn(c, ";");
            ck_assert_msg(length < 7 && c[length] == ';', "a bare & at '%.20s'", c);
            continue;
        }
        ck_assert_msg(*c != '>', "a bare > before '%.20s'", c);
        if (*c != '<')
            continue;
        const char *end = c + 1;
        for (int quoted = 0; *end && (quoted || *end != '>'); end++) {
            quoted ^= *end == '"';
            ck_assert_msg(*end != '<', "a < inside of '%.20s'", c);
        }
        ck_assert_msg(*end == '>', "no end of '%.20s'", c);
        size_t name = strcspn(c + 1, " />?");
        if (c[1] == '/') {
            name = strcspn(c + 2, ">");
            ck_assert_int_gt(depth, 0);
            ck_assert_uint_eq(name, strlen(open[depth - 1]));
            ck_assert_msg(strncmp(open[--depth], c + 2, name) == 0, "'%.20s' closes '%s'", c, open[depth]);
        } else if (c[1] != '?' && end[-1] != '/') {
            ck_assert(depth < DEPTH && name > 0 && name < NAME);
            memcpy(open[depth], c + 1, name);
            open[depth++][name] = 0;
        }
        ck_assert(depth > 0 || c[1] == '?' || c[1] == '/');
        elements++;
        c = end;
    }
    ck_assert_int_eq(depth, 0);
    ck_assert_int_gt(elements, 10);
}

/* All that looks like a coordinate, absolute ones only: x="", y="", cx="", cy="", and M, L, H and V of paths. */
static void check_inside(const char *text)
{
    double width, height;
    const char *box = strstr(text, "viewBox=\"0 0 ");
    ck_assert_ptr_nonnull(box);
    ck_assert_int_eq(sscanf(box, "viewBox=\"0 0 %lf %lf\"", &width, &height), 2);
    ck_assert(width >= 600 && width <= 1000 && height > 100 && height < 4000);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    static const char *const across[] = {" x=\"", " cx=\""}, *const down[] = {" y=\"", " cy=\""};
    for (int i = 0; i < 2; i++) {
        for (const char *at = text; (at = strstr(at, across[i])); at++) {
            double x = atof(at + strlen(across[i]));
            ck_assert_msg(x >= 0 && x <= width, "%.30s", at);
        }
        for (const char *at = text; (at = strstr(at, down[i])); at++) {
            double y = atof(at + strlen(down[i]));
            ck_assert_msg(y >= 0 && y <= height, "%.30s", at);
        }
    }
    for (const char *path = text; (path = strstr(path, " d=\"")); path++)
        for (const char *c = path + 4; *c != '"'; c++) {
            double x = 0, y = 0;
            if ((*c == 'M' || *c == 'L') && sscanf(c + 1, "%lf,%lf", &x, &y) != 2)
                ck_abort_msg("no position in '%.30s'", c);
            x = *c == 'H' ? atof(c + 1) : x;
            y = *c == 'V' ? atof(c + 1) : y;
            ck_assert_msg(x >= 0 && x <= width && y >= 0 && y <= height, "%.30s", c);
        }
}

static int occurrences(const char *text, const char *what)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

static char *write_panels(const char *title, const struct panel *panels, size_t count)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(f);
    int rc = plot_write(f, title, "small print", panels, count);
    ck_assert_int_eq(fclose(f), 0);
    if (rc == 0) {
        check_form(text);
        check_inside(text);
        return text;
    }
    ck_assert_uint_eq(length, 0);
    free(text);
    return NULL;
}

/* ---- plot_write ---- */

static const double sizes[] = {1, 8, 64, 512, 4096, 1 << 20}, times[] = {1e-7, 1e-7, 2e-7, 5e-7, 1e-6, 1e-4};
static const double lows[] = {9e-8, 9e-8, 1e-7, 4e-7, 9e-7, 9e-5}, highs[] = {1e-6, 2e-7, 3e-7, 1e-3, 1, 1e3};

static struct panel panel_of(const struct curve *curves, size_t count)
{
    return (struct panel){"Latency", "message size", "half round trip", PLOT_BYTES, PLOT_SECONDS, curves, count};
}

START_TEST(two_panels_and_one_legend)
{
    const struct curve curves[] = {{"alpha", sizes, times, lows, highs, 6, 0},
                                   {"beta", sizes, highs, NULL, NULL, 6, 0},
                                   {"the floor", sizes, lows, NULL, NULL, 6, 1}};
    struct panel panels[2] = {panel_of(curves, 3), panel_of(curves, 2)};
    panels[1].title = "Again";
    char *text = write_panels("A title", panels, 2);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(occurrences(text, ">alpha<"), 1);
    ck_assert_int_eq(occurrences(text, ">beta<"), 1);
    ck_assert_int_eq(occurrences(text, ">the floor<"), 1);
    ck_assert_int_eq(occurrences(text, ">Latency<"), 1);
    ck_assert_int_eq(occurrences(text, ">Again<"), 1);
    ck_assert_int_eq(occurrences(text, ">small print<"), 1);
    ck_assert_int_ge(occurrences(text, " KiB<"), 2);
    ck_assert_int_ge(occurrences(text, " us<"), 2);
    ck_assert_int_ge(occurrences(text, "stroke-dasharray"), 2);
    free(text);
}
END_TEST

/* What lies within a decade is shown whole; what goes on has an arrow at the frame. */
START_TEST(far_spread)
{
    const double ys[] = {1e-6, 2e-6, 3e-6}, low[] = {9e-7, 1e-6, 2e-6}, near[] = {2e-6, 9e-6, 4e-6},
                 far[] = {2e-6, 1, 4e-6};
    struct curve curve = {"c", sizes, ys, low, near, 3, 0};
    struct panel panel = panel_of(&curve, 1);
    char *text = write_panels("t", &panel, 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(occurrences(text, "l3.5,-6l3.5,6"), 0);
    free(text);
    curve.high = far;
    text = write_panels("t", &panel, 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(occurrences(text, "l3.5,-6l3.5,6"), 1);
    free(text);
}
END_TEST

START_TEST(names_are_escaped)
{
    const struct curve curves[] = {
        {"<a&b>\"c\" caf\xc3\xa9 \xff\x01 and more, so that it is long", sizes, times, NULL, NULL, 6, 0},
        {"]]>--><!--", sizes, lows, NULL, NULL, 6, 0}};
    struct panel panel = panel_of(curves, 2);
    panel.title = "<&>";
    panel.x_name = "\"<x>\"";
    panel.y_name = "'&y'";
    char *text = write_panels("</title><script>&", &panel, 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, "&lt;a&amp;b&gt;&quot;c&quot; caf\xc3\xa9 \xef\xbf\xbd  and more"));
    ck_assert_ptr_nonnull(strstr(text, "]]&gt;--&gt;&lt;!--"));
    ck_assert_ptr_nonnull(strstr(text, "&lt;/title&gt;&lt;script&gt;&amp;"));
    ck_assert_ptr_null(strstr(text, "<script"));
    ck_assert_ptr_nonnull(strstr(text, "..."));
    free(text);
}
END_TEST

START_TEST(nothing_to_draw)
{
    const double bad[] = {0, -1, NAN, INFINITY, 1e300, -0.0};
    const struct curve none[] = {{"bad y", sizes, bad, bad, bad, 6, 0}, {"bad x", bad, times, NULL, NULL, 6, 0},
                                 {"empty", NULL, NULL, NULL, NULL, 0, 0}};
    struct panel panels[2] = {panel_of(none, 3), panel_of(NULL, 0)};
    ck_assert_ptr_null(write_panels("t", panels, 2));
    ck_assert_ptr_null(write_panels("t", panels, 0));
    /* One point among them is enough; low and high may be anything. */
    const double one[] = {NAN, 5e-6, -3, 0, INFINITY, -INFINITY};
    const struct curve curve = {"one", sizes, one, bad, bad, 6, 0};
    panels[0] = panel_of(&curve, 1);
    char *text = write_panels("t", panels, 2);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(occurrences(text, "<circle"), 1); /* one curve has no legend */
    free(text);
}
END_TEST

/* Many curves, all units, all ranges: it stays inside, and labels stay few enough to be read. */
START_TEST(all_units_and_ranges)
{
    static const enum plot_unit units[] = {PLOT_BYTES,   PLOT_SECONDS, PLOT_BANDWIDTH, PLOT_RATE,
                                           PLOT_PERCENT, PLOT_RANKS,   PLOT_KIB};
    static const double spans[] = {1, 1.0001, 1.5, 3, 12, 1e3, 1e9, 1e30, 1e190};
    uint64_t state = 7;
    for (size_t u = 0; u < 7; u++)
        for (size_t s = 0; s < sizeof spans / sizeof spans[0]; s++) {
            double low = 1e-95 * (s == 8) + 0.37 * (s != 8), x[40], y[40];
            struct curve curves[20];
            char names[20][16];
            struct panel panels[4];
            for (int i = 0; i < 40; i++) {
                x[i] = low + low * (spans[s] - 1) * i / 39;
                y[i] = low + low * (spans[s] - 1) * unit_below(&state, 1000) / 1000;
            }
            y[0] = low; /* which a percentage can show, too */
            for (int i = 0; i < 20; i++) {
                snprintf(names[i], sizeof names[i], "c%d", i);
                curves[i] = (struct curve){names[i], x, y, y, x, (size_t)(i * 2 + 1), i == 19};
            }
            for (int p = 0; p < 4; p++) {
                panels[p] = panel_of(curves, 20);
                panels[p].x_unit = p & 1 ? PLOT_BYTES : units[u];
                panels[p].y_unit = units[(u + (size_t)p) % 7];
            }
            char *text = write_panels("t", panels, 1 + unit_below(&state, 4));
            ck_assert_ptr_nonnull(text);
            free(text);
        }
}
END_TEST

/* ---- axes ---- */

START_TEST(tick_labels)
{
    static const struct {
        enum plot_unit unit;
        double value;
        const char *text;
    } expected[] = {{PLOT_BYTES, 8, "8 B"},          {PLOT_BYTES, 65536, "64 KiB"},
                    {PLOT_BYTES, 1 << 20, "1 MiB"},  {PLOT_SECONDS, 1e-7, "0.1 us"}, {PLOT_SECONDS, 3e-9, "3 ns"},
                    {PLOT_SECONDS, 1e-6, "1 us"},    {PLOT_SECONDS, 2e-5, "20 us"},
                    {PLOT_SECONDS, 5, "5 s"},        {PLOT_SECONDS, 1e-3, "1 ms"},
                    {PLOT_BANDWIDTH, 1e9, "1 GB/s"}, {PLOT_BANDWIDTH, 3e8, "300 MB/s"},
                    {PLOT_RATE, 1e6, "1 M/s"},       {PLOT_RATE, 10, "10 /s"},
                    {PLOT_PERCENT, 40, "40 %"},      {PLOT_RANKS, 32, "32"},
                    {PLOT_KIB, 2048, "2 MiB"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char label[TICK_LABEL];
        axis_label(label, expected[i].unit, expected[i].value);
        ck_assert_str_eq(label, expected[i].text);
    }
}
END_TEST

START_TEST(ranks_that_were_measured)
{
    const double values[] = {1, 2, 7, 8, 48};
    struct axis a;
    axis_make(&a, PLOT_RANKS, 1, 48, 8, 1);
    axis_ranks(&a, values, 5, 0.1);
    ck_assert_int_eq(a.count, 5);
    ck_assert_str_eq(a.ticks[4].label, "48");
    ck_assert_int_eq(a.ticks[2].labelled, 1);
    ck_assert_int_eq(a.ticks[3].labelled, 0);
    axis_ranks(&a, values + 1, 1, 0.1);
    ck_assert_int_eq(a.count, 1);
    ck_assert(fabs(axis_place(&a, 2) - 0.5) < 1e-9);
}
END_TEST

/* Memory of much the same size: labels all the same. */
START_TEST(fine_ticks)
{
    struct axis a;
    int labelled = 0;
    axis_make(&a, PLOT_KIB, 380, 386, 11, 0);
    ck_assert(a.low <= 380 && a.high >= 386);
    for (int i = 0; i < a.count; i++)
        labelled += a.ticks[i].labelled;
    ck_assert_int_ge(labelled, 3);
}
END_TEST

/* Limits hold all values; ticks lie between them; labelled ones are at least two and at most as many as asked for,
 * or only a few more. */
START_TEST(axes)
{
    uint64_t state = 99;
    for (int round = 0; round < 3000; round++) {
        enum plot_unit unit = (enum plot_unit)unit_below(&state, 7);
        double low = unit == PLOT_PERCENT ? unit_below(&state, 50) : 1e-12, high = low;
        for (uint32_t i = unit_below(&state, 60); unit != PLOT_PERCENT && i; i--)
            low *= 1 + unit_below(&state, 1000) / 500.0;
        for (uint32_t i = unit_below(&state, 40); unit != PLOT_PERCENT && i; i--)
            high = (high < low ? low : high) * (1 + unit_below(&state, 1000) / 1000.0);
        high = high < low ? low : high;
        int labels = 4 + (int)unit_below(&state, 10), labelled = 0;
        struct axis a;
        axis_make(&a, unit, low, high, labels, round % 2);
        ck_assert(a.low <= low * (1 + 1e-8) && a.high >= high * (1 - 1e-8) && a.low < a.high);
        ck_assert(axis_place(&a, low) > -1e-6 && axis_place(&a, high) < 1 + 1e-6);
        ck_assert(fabs(axis_place(&a, a.low)) < 1e-9 && fabs(axis_place(&a, a.high) - 1) < 1e-9);
        for (int i = 0; i < a.count; i++) {
            double at = axis_place(&a, a.ticks[i].value);
            ck_assert_msg(at > -1e-6 && at < 1 + 1e-6, "tick at %g", at);
            labelled += a.ticks[i].labelled;
        }
        ck_assert_msg(labelled >= 1 && labelled <= 14, "%d labels from %g to %g (unit %d)", labelled, a.low,
                      a.high, unit);
    }
}
END_TEST

/* ---- plot_points ---- */

static const struct facts facts = {.version = "1", .library = "An MPI <v1> & more, of a long name", .host = "here",
                                   .cpu = "a cpu", .pinning = "rank 0 on cpu 0", .buffers = "same buffer"};

static void add(struct points *points, const char *test, const char *variant, size_t bytes, int ranks,
                double median)
{
    struct point p = {.bytes = bytes, .ranks = ranks, .samples = 9, .min = median * 0.9, .median = median,
                      .p99 = median * 2, .max = median * 9, .moved = (double)bytes, .messages = 1,
                      .overlap = 0.5, .floor = median / 4};
    snprintf(p.test, sizeof p.test, "%s", test);
    snprintf(p.variant, sizeof p.variant, "%s", variant);
    ck_assert_int_eq(points_add(points, &p), 0);
}

static char *write_points(struct points *points)
{
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(f);
    int rc = plot_points(f, &facts, points);
    ck_assert_int_eq(fclose(f), 0);
    points_free(points);
    if (rc == 0) {
        check_form(text);
        check_inside(text);
        return text;
    }
    ck_assert_uint_eq(length, 0);
    free(text);
    return NULL;
}

static void has(const char *text, const char *what)
{
    ck_assert_ptr_nonnull(text);
    ck_assert_msg(strstr(text, what) != NULL, "no %s", what);
}

START_TEST(points_of_each_test)
{
    static const struct {
        const char *test, *first, *second;
    } expected[] = {{"pingpong", ">Latency<", ">Bandwidth<"},
                    {"stream", ">Bandwidth<", ">Message rate<"},
                    {"bistream", ">Bandwidth<", ">Message rate<"},
                    {"rate", ">Bandwidth<", ">Message rate<"},
                    {"modes", ">Latency by message size<", ">one<"},
                    {"coll", ">Latency by message size<", ">two<"},
                    {"overlap", ">Overlap<", ">100 %<"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct points points = {0};
        for (size_t bytes = 8; bytes <= 4096; bytes *= 8) {
            add(&points, expected[i].test, "one", bytes, 2, 1e-6 + 1e-9 * (double)bytes);
            add(&points, expected[i].test, "two", bytes, 2, 2e-6 + 1e-9 * (double)bytes);
        }
        char *text = write_points(&points);
        has(text, expected[i].first);
        has(text, expected[i].second);
        has(text, "An MPI &lt;v1&gt; &amp; more<");
        free(text);
    }
}
END_TEST

START_TEST(points_without_sizes)
{
    struct points points = {0};
    add(&points, "coll", "barrier", 0, 2, 1e-6);
    add(&points, "coll", "ibarrier", 0, 2, 1e-6);
    char *text = write_points(&points);
    has(text, ">barrier<");
    has(text, ">1 us<");
    free(text);
    for (int ranks = 2; ranks < 9; ranks++)
        add(&points, "coll", "barrier", 0, ranks, 1e-6 * ranks);
    text = write_points(&points);
    has(text, ">Latency by ranks<");
    has(text, ">ranks<");
    free(text);
    add(&points, "modes", "send", 8, 2, 1e-6);
    add(&points, "modes", "ssend", 8, 2, 2e-6);
    text = write_points(&points);
    has(text, ">ssend<");
    has(text, ">2 us<");
    has(text, ">Latency, 8 B<");
    free(text);
}
END_TEST

START_TEST(points_of_the_floor)
{
    struct points points = {0};
    for (size_t bytes = 8; bytes <= 4096; bytes *= 2)
        add(&points, "floor", "memcpy", bytes, 1, 1e-9 * (double)bytes);
    add(&points, "floor", "context switch", 0, 2, 1e-6);
    add(&points, "floor", "tcp stream", 65536, 2, 1e-4);
    char *text = write_points(&points);
    has(text, ">memcpy, bandwidth<");
    has(text, ">context switch");
    has(text, ">tcp stream, 64 KiB<");
    free(text);
}
END_TEST

START_TEST(points_of_a_sweep)
{
    struct points points = {0};
    static const char *const tests[] = {"pingpong", "stream", "bistream", "rate", "modes", "overlap", "coll"};
    for (int t = 0; t < 7; t++)
        for (size_t bytes = 8; bytes <= 4096; bytes *= 8)
            add(&points, tests[t], t == 6 ? "allreduce" : t == 4 ? "send" : "", bytes, 2, 1e-6 * (t + 1));
    char *text = write_points(&points);
    has(text, ">Latency<");
    has(text, ">Bandwidth<");
    has(text, ">Message rate<");
    has(text, ">Collective operations<");
    has(text, ">allreduce<");
    has(text, ">Ping-pong<");
    has(text, ">Overlap<");
    free(text);
}
END_TEST

/* A panel for a test, dots where there are many variants of few sizes, one legend. */
START_TEST(several_series)
{
    struct points points[2] = {{0}, {0}};
    for (int l = 0; l < 2; l++) {
        for (size_t bytes = 8; bytes <= 4096; bytes *= 8)
            add(&points[l], "pingpong", "", bytes, 2, 1e-6 * (l + 1));
        static const char *const variants[] = {"send", "isend", "sendrecv"};
        for (int v = 0; v < 3; v++)
            add(&points[l], "modes", variants[v], 8, 2, 1e-6 * (l + 1 + v));
        add(&points[l], "coll", "barrier", 0, 2, 1e-6);
        add(&points[l], "rate", "", 8, 2, 1e-6);
        for (size_t i = 0; i < points[l].count; i++)
            points[l].at[i].floor = 1e-7; /* one machine */
    }
    const struct series series[] = {{"first", &points[0], NULL}, {"second", &points[1], NULL}};
    char *text = NULL;
    size_t length;
    FILE *f = open_memstream(&text, &length);
    ck_assert_int_eq(plot_series(f, "title", "small", series, 2), 0);
    fclose(f);
    check_form(text);
    check_inside(text);
    has(text, ">Ping-pong: latency<");
    has(text, ">Ping-pong: bandwidth<");
    has(text, ">Ways to send, 8 B<");
    has(text, ">sendrecv (whole exchange)<");
    has(text, ">barrier<");
    has(text, ">Message rate, 8 B<");
    ck_assert_int_eq(occurrences(text, ">first<"), 1);
    ck_assert_int_eq(occurrences(text, ">second<"), 1);
    ck_assert_int_eq(occurrences(text, ">floor, without MPI<"), 1);
    free(text);
    /* More than a picture can show is told. */
    for (int l = 0; l < 2; l++)
        for (int v = 0; v < 40; v++)
            for (size_t bytes = 8; bytes <= 4096; bytes *= 2) {
                char name[POINT_VARIANT];
                snprintf(name, sizeof name, "operation %d", v);
                add(&points[l], "coll", name, bytes, 2, 1e-6);
            }
    f = open_memstream(&text, &length);
    ck_assert_int_eq(plot_series(f, "title", "small", series, 2), 0);
    fclose(f);
    check_form(text);
    check_inside(text);
    has(text, "Left out: ");
    free(text);
    points_free(&points[0]);
    points_free(&points[1]);
}
END_TEST

START_TEST(points_too_many)
{
    struct points points = {0};
    for (int v = 0; v < 60; v++)
        for (size_t bytes = 8; bytes <= 4096; bytes *= 8) {
            char name[POINT_VARIANT];
            snprintf(name, sizeof name, "operation number %d", v);
            add(&points, "coll", name, bytes, 2, 1e-6 * (v + 1));
        }
    for (int v = 0; v < 60; v++)
        add(&points, "coll", "barrier", 0, 2, 1e-6);
    char *text = write_points(&points);
    has(text, "could not be told apart");
    free(text);
}
END_TEST

START_TEST(points_of_nothing)
{
    struct points points = {0};
    ck_assert_ptr_null(write_points(&points));
    add(&points, "pingpong", "", 0, 2, 1e-6);
    ck_assert_ptr_null(write_points(&points));
    add(&points, "pingpong", "", 8, 2, 0);
    ck_assert_ptr_null(write_points(&points));
    add(&points, "unheard-of", "", 8, 2, 1e-6);
    ck_assert_ptr_null(write_points(&points));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plot");
    TCase *write = unit_case(suite, "write"), *axis = unit_case(suite, "axis"),
          *points = unit_case(suite, "points");
    tcase_add_test(write, two_panels_and_one_legend);
    tcase_add_test(write, far_spread);
    tcase_add_test(write, names_are_escaped);
    tcase_add_test(write, nothing_to_draw);
    tcase_add_test(write, all_units_and_ranges);
    tcase_add_test(axis, ranks_that_were_measured);
    tcase_add_test(axis, tick_labels);
    tcase_add_test(axis, fine_ticks);
    tcase_add_test(axis, axes);
    tcase_add_test(points, points_of_each_test);
    tcase_add_test(points, points_without_sizes);
    tcase_add_test(points, points_of_the_floor);
    tcase_add_test(points, points_of_a_sweep);
    tcase_add_test(points, several_series);
    tcase_add_test(points, points_too_many);
    tcase_add_test(points, points_of_nothing);
    return unit_run(suite);
}
