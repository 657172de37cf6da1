/* What all runs together say: a row for each point, a column for each launcher, held against the first of them.
 * Pure: figures in, a table out. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 64, NARROW = 110 };

/* ---- rows ---- */

static int same_point(const struct point *a, const struct point *b)
{
    return a->bytes == b->bytes && a->ranks == b->ranks && strcmp(a->test, b->test) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct spread spread_of(double *values, int count)
{
    if (!count)
        return (struct spread){0};
    qsort(values, (size_t)count, sizeof *values, by_value);
    return (struct spread){(values[(count - 1) / 2] + values[count / 2]) / 2, values[0], values[count - 1], count};
}

static const struct point *find_point(const struct run_result *run, const struct point *key)
{
    for (size_t i = 0; run->good && i < run->points.count; i++)
        if (same_point(&run->points.at[i], key))
            return &run->points.at[i];
    return NULL;
}

static void fill_row(const struct compared *d, struct row *row)
{
    int launchers = d->compare->launchers.count, rounds = d->compare->rounds, floors = 0;
    double *values = calloc((size_t)(2 * rounds + launchers * rounds), sizeof *values);
    if (!values)
        compare_no_memory();
    double *overlaps = values + rounds, *floor = overlaps + rounds;
    for (int l = 0; l < launchers; l++) {
        int times = 0, shares = 0;
        for (int r = 0; r < rounds && !d->compare->launchers.at[l].failed; r++) {
            const struct point *p = find_point(&d->runs[l * rounds + r], &row->key);
            if (p && p->median > 0)
                values[times++] = p->median;
            if (p && p->overlap >= 0)
                overlaps[shares++] = p->overlap;
            if (p && p->floor > 0)
                floor[floors++] = p->floor;
        }
        row->time[l] = spread_of(values, times);
        row->overlap[l] = spread_of(overlaps, shares);
    }
    row->floor = spread_of(floor, floors).median;
    free(values);
}

static void add_row(struct compared *d, const struct point *key)
{
    for (int i = 0; i < d->count; i++)
        if (same_point(&d->rows[i].key, key))
            return;
    struct row *rows = realloc(d->rows, (size_t)(d->count + 1) * sizeof *rows);
    if (!rows)
        compare_no_memory();
    d->rows = rows;
    d->rows[d->count] = (struct row){.key = *key};
    fill_row(d, &d->rows[d->count++]);
}

int compared_make(struct compared *d, const struct compare *c, const struct run_result *runs)
{
    *d = (struct compared){.compare = c, .runs = runs, .first = -1};
    for (int l = 0; l < c->launchers.count; l++) {
        if (c->launchers.at[l].failed)
            continue;
        if (d->first < 0)
            d->first = l;
        for (int r = 0; r < c->rounds; r++)
            for (size_t i = 0; i < runs[l * c->rounds + r].points.count; i++)
                add_row(d, &runs[l * c->rounds + r].points.at[i]);
    }
    return d->count ? 0 : -1;
}

void compared_free(struct compared *d)
{
    free(d->rows);
    d->rows = NULL;
    d->count = 0;
}

double compared_ratio(const struct compared *d, const struct row *row, int launcher)
{
    const struct spread *mine = &row->time[d->first], *other = &row->time[launcher];
    return mine->count && other->count ? other->median / mine->median : 0;
}

const struct facts *compared_facts(const struct compared *d, int launcher)
{
    static const struct facts none;
    for (int r = 0; r < d->compare->rounds; r++)
        if (d->runs[launcher * d->compare->rounds + r].good)
            return &d->runs[launcher * d->compare->rounds + r].facts;
    return &none;
}

/* ---- the head ---- */

static void fact(FILE *f, const char *name, const char *value)
{
    if (!*value)
        return;
    fprintf(f, "  %-*s ", LAUNCHER_NAME / 2, name);
    int left = NARROW;
    for (; *value && left; value++, left--)
        fputc((unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value, f);
    fputs(*value ? "...\n" : "\n", f);
}

/* Of a launcher whose runs differ among themselves, the first that is another than `as` is told. */
static const char *pinning_unlike(const struct compared *d, int launcher, const char *as)
{
    for (int r = 0; r < d->compare->rounds; r++) {
        const struct run_result *run = &d->runs[launcher * d->compare->rounds + r];
        if (run->good && strcmp(run->facts.pinning, as) != 0)
            return run->facts.pinning;
    }
    return NULL;
}

static void tell_pinning(const struct compared *d, FILE *f)
{
    const struct facts *first = compared_facts(d, d->first);
    int differ = 0;
    for (int l = 0; l < d->compare->launchers.count; l++)
        differ |= !d->compare->launchers.at[l].failed && pinning_unlike(d, l, first->pinning) != NULL;
    if (!differ) {
        fact(f, "pinning", first->pinning);
        if (!first->pinned)
            fputs("  The ranks do not have a cpu each, under no launcher; that favours an MPI that sleeps.\n", f);
        return;
    }
    fputs("  NOT PINNED THE SAME WAY, so the figures below do not compare the MPIs alone:\n", f);
    for (int l = 0; l < d->compare->launchers.count; l++) {
        const struct facts *own = compared_facts(d, l);
        if (d->compare->launchers.at[l].failed)
            continue;
        const char *other = pinning_unlike(d, l, own->pinning);
        fprintf(f, "    %s: %.100s%s%.100s\n", d->compare->launchers.at[l].name, own->pinning,
                other ? "; or: " : "", other ? other : "");
    }
}

/* A launcher by the name of one MPI whose ranks had the library of another measures something else. */
static void tell_library(const struct compared *d, int launcher, FILE *f)
{
    static const char *const makers[][2] = {{"godwit", "Godwit"}, {"openmpi", "Open MPI"}, {"mpich", "MPICH"}};
    const char *name = d->compare->launchers.at[launcher].name;
    const struct facts *facts = compared_facts(d, launcher);
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (strncmp(name, makers[i][0], strlen(makers[i][0])) == 0 && !strstr(facts->library, makers[i][1]))
            fprintf(f, "  The ranks of %s did not have %s's library; LD_LIBRARY_PATH decides which they have.\n",
                    name, makers[i][1]);
}

static void head(const struct compared *d, FILE *f)
{
    const struct compare *c = d->compare;
    const struct facts *first = compared_facts(d, d->first);
    fprintf(f, "godwit-compare %s: ", PACKAGE_VERSION);
    for (int i = 1; i < c->bench_count && strcmp(c->bench[i], "--csv") != 0; i++)
        fprintf(f, "%s ", c->bench[i]);
    fprintf(f, "with %d rank%s, %d round%s in turns\n", c->ranks, c->ranks == 1 ? "" : "s", c->rounds,
            c->rounds == 1 ? "" : "s");
    for (int l = 0; l < c->launchers.count; l++) {
        const struct facts *facts = compared_facts(d, l);
        if (c->launchers.at[l].failed)
            fprintf(f, "  %-*s failed: %s\n", LAUNCHER_NAME / 2, c->launchers.at[l].name,
                    c->launchers.at[l].reason);
        else
            fact(f, c->launchers.at[l].name, facts->library);
    }
    fact(f, "host", first->host);
    fact(f, "cpu", first->cpu);
    fact(f, "buffers", first->buffers);
    tell_pinning(d, f);
    for (int l = 0; l < c->launchers.count; l++) {
        if (c->launchers.at[l].failed)
            continue;
        tell_library(d, l, f);
        if (strcmp(compared_facts(d, l)->host, first->host) != 0)
            fprintf(f, "  NOT ON THE SAME HOSTS: %s ran on %.100s.\n", c->launchers.at[l].name,
                    compared_facts(d, l)->host);
    }
}

/* ---- sections ---- */

enum kind { TIME, BANDWIDTH, RATE, OVERLAP };

static enum kind kind_of(const struct row *row)
{
    const struct point *p = &row->key;
    if (strcmp(p->test, "overlap") == 0)
        return OVERLAP;
    if ((strcmp(p->test, "stream") == 0 || strcmp(p->test, "bistream") == 0) && p->moved > 0)
        return BANDWIDTH;
    return strcmp(p->test, "rate") == 0 && p->messages > 0 ? RATE : TIME;
}

static int is_modes(const struct row *row)
{
    return strcmp(row->key.test, "modes") == 0;
}

static int same_section(const struct row *a, const struct row *b)
{
    return strcmp(a->key.test, b->key.test) == 0 && kind_of(a) == kind_of(b) &&
           (is_modes(a) ? a->key.bytes == b->key.bytes : strcmp(a->key.variant, b->key.variant) == 0);
}

static void title(const struct row *row, FILE *f)
{
    static const struct {
        const char *test, *text;
    } titles[] = {
        {"pingpong", "Ping-pong, half of a round trip"},
        {"stream", "Stream, many messages under way in one direction: bandwidth"},
        {"bistream", "Stream in both directions at once: bandwidth"},
        {"rate", "Messages of all pairs of ranks together"},
        {"modes", "Ways to send, half of a round trip"},
        {"overlap", "Overlap, share of a transfer's time that is free for computing"},
        {"coll", "Collective operation, time of the slowest rank"},
    };
    const char *text = row->key.test;
    char size[QUANTITY];
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].test, row->key.test) == 0)
            text = titles[i].text;
    const char *of = is_modes(row) ? quantity_bytes(size, row->key.bytes) : row->key.variant;
    fprintf(f, "\n%s%s%s\n", text, *of ? ": " : "", of);
}

static const char *figure(char text[CELL], const struct row *row, double seconds)
{
    char words[QUANTITY];
    enum kind kind = kind_of(row);
    if (seconds <= 0)
        return strcpy(text, "-");
    snprintf(text, CELL, "%s",
             kind == BANDWIDTH ? quantity_bandwidth(words, row->key.moved / seconds)
             : kind == RATE    ? quantity_rate(words, row->key.messages / seconds)
                               : quantity_time(words, seconds));
    return text;
}

static const char *spread_text(char text[16], const char *unit, double half)
{
    snprintf(text, 16, half < 999.5 ? "+-%.0f%s" : ">%.0f%s", half < 999.5 ? half : 999, unit);
    return text;
}

static void launcher_cell(const struct compared *d, const struct row *row, int l, struct grid *g)
{
    char text[CELL], around[16];
    const struct spread *s = kind_of(row) == OVERLAP ? &row->overlap[l] : &row->time[l];
    double half = (s->max - s->min) / 2;
    if (d->compare->launchers.at[l].failed)
        grid_cell(g, "failed");
    else if (!s->count)
        grid_cell(g, "-");
    else if (kind_of(row) == OVERLAP && s->count > 1)
        grid_cell(g, "%.0f %% %5s", 100 * s->median, spread_text(around, "", 100 * half));
    else if (kind_of(row) == OVERLAP)
        grid_cell(g, "%.0f %%", 100 * s->median);
    else if (s->count > 1)
        grid_cell(g, "%s %7s", figure(text, row, s->median), spread_text(around, " %", 100 * half / s->median));
    else
        grid_cell(g, "%s", figure(text, row, s->median));
}

static void ratio_cell(const struct compared *d, const struct row *row, int l, struct grid *g)
{
    char text[16];
    const struct spread *mine = &row->overlap[d->first], *other = &row->overlap[l];
    if (kind_of(row) != OVERLAP)
        grid_cell(g, "%s", compare_times(text, compared_ratio(d, row, l)));
    else if (mine->count && other->count)
        grid_cell(g, "%+.0f", 100 * (mine->median - other->median));
    else
        grid_cell(g, "-");
}

/* What a section has of columns follows from its rows. */
struct section {
    const struct row *rows;
    int count, with_ranks, with_size, with_floor;
};

static void header(const struct compared *d, const struct section *s, struct grid *g)
{
    const struct launchers *list = &d->compare->launchers;
    int is_overlap = kind_of(s->rows) == OVERLAP;
    grid_cell(g, "%s", is_modes(s->rows) ? "mode" : "");
    grid_cell(g, "%s", s->with_size ? "size" : "");
    grid_cell(g, "%s", s->with_ranks ? "ranks" : "");
    for (int l = 0; l < list->count; l++) {
        grid_cell(g, "%s", list->at[l].name);
        if (l != d->first)
            grid_cell(g, "%s", is_overlap ? "points" : "ratio");
    }
    grid_cell(g, "%s", s->with_floor ? "floor" : "");
    grid_cell(g, "%s", s->with_floor ? "x floor" : "");
}

static void section(const struct compared *d, const struct section *s, FILE *f)
{
    char text[CELL], sides[2 * LAUNCHERS + 8];
    struct grid g;
    int columns = 3 + 2 * d->compare->launchers.count - 1 + 2;
    memset(sides, 'r', sizeof sides);
    sides[0] = 'l';
    grid_begin(&g, columns, sides);
    header(d, s, &g);
    for (const struct row *row = s->rows; row < s->rows + s->count; row++) {
        char size[QUANTITY];
        double mine = row->time[d->first].median;
        grid_cell(&g, "%s", is_modes(row) ? *row->key.variant ? row->key.variant : "-" : "");
        grid_cell(&g, "%s", s->with_size ? quantity_bytes(size, row->key.bytes) : "");
        if (s->with_ranks)
            grid_cell(&g, "%d", row->key.ranks);
        else
            grid_cell(&g, "%s", "");
        for (int l = 0; l < d->compare->launchers.count; l++) {
            launcher_cell(d, row, l, &g);
            if (l != d->first)
                ratio_cell(d, row, l, &g);
        }
        grid_cell(&g, "%s", s->with_floor ? figure(text, row, row->floor) : "");
        grid_cell(&g, "%s", s->with_floor ? compare_times(text, row->floor > 0 ? mine / row->floor : 0) : "");
    }
    title(s->rows, f);
    grid_end(&g, f);
}

static void sections(const struct compared *d, FILE *f)
{
    for (int i = 0; i < d->count;) {
        struct section s = {.rows = &d->rows[i]};
        while (i < d->count && same_section(s.rows, &d->rows[i])) {
            const struct row *row = &d->rows[i++];
            s.count++;
            s.with_size |= row->key.bytes > 0 && !is_modes(row);
            s.with_ranks |= strcmp(row->key.test, "coll") == 0 || row->key.ranks != d->compare->ranks;
            s.with_floor |= row->floor > 0 && kind_of(row) != OVERLAP;
        }
        s.with_ranks &= !is_modes(s.rows);
        section(d, &s, f);
    }
}

/* ---- the closing lines ---- */

/* Two powers and roots, because their library would be one more that has to be there. */
static double log_2(double x)
{
    int exponent;
    double m = frexp(x, &exponent) * 2, sum = exponent - 1, bit = 0.5;
    for (int i = 0; i < 40; i++, bit /= 2) {
        m *= m;
        if (m >= 2) {
            m /= 2;
            sum += bit;
        }
    }
    return sum;
}

static double exp_2(double x)
{
    int whole = (int)x - (x < 0);
    double y = (x - whole) * 0.693147180559945309, term = 1, sum = 1;
    for (int i = 1; i < 30; i++)
        sum += term *= y / i;
    return ldexp(sum, whole);
}

static const char *point_name(char text[CELL], const struct row *row)
{
    char size[QUANTITY];
    const char *variant = row->key.variant, *of = *variant ? variant : row->key.test;
    if (row->key.bytes && (*variant || strcmp(row->key.test, "pingpong") != 0))
        snprintf(text, CELL, "%s of %s", of, quantity_bytes(size, row->key.bytes));
    else
        snprintf(text, CELL, "%s", row->key.bytes ? quantity_bytes(size, row->key.bytes) : of);
    return text;
}

static const char *speed(char text[CELL], double ratio)
{
    char times[16];
    double by = ratio >= 1 ? ratio : 1 / ratio;
    if (by < 1.005)
        return strcpy(text, "as fast");
    compare_times(times, by);
    times[strlen(times) - 1] = 0;
    snprintf(text, CELL, "%s times %s", times, ratio >= 1 ? "faster" : "slower");
    return text;
}

static void verdict(const struct compared *d, int launcher, FILE *f)
{
    const struct row *worst = NULL;
    double logs = 0, least = 0;
    int count = 0, slower = 0, even = 0;
    char text[CELL], name[CELL];
    for (const struct row *row = d->rows; row < d->rows + d->count; row++) {
        double ratio = compared_ratio(d, row, launcher);
        const struct spread *mine = &row->time[d->first], *other = &row->time[launcher];
        if (ratio <= 0 || kind_of(row) == OVERLAP)
            continue;
        count++;
        logs += log_2(ratio);
        slower += ratio < 1;
        even += d->compare->rounds > 1 && mine->min <= other->max && other->min <= mine->max;
        if (!worst || ratio < least) {
            worst = row;
            least = ratio;
        }
    }
    if (!count)
        return;
    fprintf(f, "%s against %s: %s (geometric mean of %d point%s)", d->compare->launchers.at[d->first].name,
            d->compare->launchers.at[launcher].name, speed(text, exp_2(logs / count)), count,
            count == 1 ? "" : "s");
    if (count > 1) {
        char times[16];
        fprintf(f, "; slowest point %s at %s", compare_times(times, least), point_name(name, worst));
        if (slower)
            fprintf(f, ", slower at %d", slower);
    }
    if (even)
        fprintf(f, "; no difference beyond the spread at %d", even);
    fputc('\n', f);
}

void compared_show(const struct compared *d, FILE *f)
{
    const struct launchers *list = &d->compare->launchers;
    int others = 0, ratios = 0;
    for (int i = 0; i < d->count; i++)
        ratios += kind_of(&d->rows[i]) != OVERLAP;
    for (int l = 0; l < list->count; l++)
        others += l != d->first && !list->at[l].failed;
    head(d, f);
    sections(d, f);
    if (d->compare->rounds > 1)
        fputs("\nMedian of the rounds' medians, +- half of the way from the lowest to the highest of them.\n", f);
    else
        fputc('\n', f);
    if (!others)
        return;
    if (ratios)
        fprintf(f, "Ratio: how many times faster %s is than the one left of the ratio; below 1 it is slower.\n",
                list->at[d->first].name);
    if (ratios < d->count)
        fprintf(f, "Points: percent of %s minus percent of the one left of them.\n", list->at[d->first].name);
    for (int l = 0; l < list->count; l++)
        if (l != d->first && !list->at[l].failed)
            verdict(d, l, f);
}
