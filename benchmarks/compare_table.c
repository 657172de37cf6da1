/* What all runs together say: a row for each point, a column for each launcher, held against the first of them.
 * Pure: figures in, a table out. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/kind.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 64, NARROW = 110 };

/* ---- rows ---- */

static const struct point *find_point(const struct run_result *run, const struct point *key)
{
    for (size_t i = 0; run->good && i < run->points.count; i++)
        if (points_same(&run->points.at[i], key))
            return &run->points.at[i];
    return NULL;
}

static void fill_row(const struct comparison *d, struct row *row)
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
        row->time[l] = values_spread(values, times);
        row->overlap[l] = values_spread(overlaps, shares);
    }
    row->floor = values_spread(floor, floors).median;
    free(values);
}

static void add_row(struct comparison *d, const struct point *key)
{
    for (int i = 0; i < d->count; i++)
        if (points_same(&d->rows[i].key, key))
            return;
    struct row *rows = realloc(d->rows, (size_t)(d->count + 1) * sizeof *rows);
    if (!rows)
        compare_no_memory();
    d->rows = rows;
    d->rows[d->count] = (struct row){.key = *key};
    fill_row(d, &d->rows[d->count++]);
}

int comparison_begin(struct comparison *d, const struct compare *c, const struct run_result *runs)
{
    *d = (struct comparison){.compare = c, .runs = runs, .first = -1};
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

void comparison_free(struct comparison *d)
{
    free(d->rows);
    d->rows = NULL;
    d->count = 0;
}

double comparison_ratio(const struct comparison *d, const struct row *row, int launcher)
{
    const struct spread *mine = &row->time[d->first], *other = &row->time[launcher];
    return mine->count && other->count ? other->median / mine->median : 0;
}

const struct facts *comparison_facts(const struct comparison *d, int launcher)
{
    static const struct facts none;
    for (int r = 0; r < d->compare->rounds; r++)
        if (d->runs[launcher * d->compare->rounds + r].good)
            return &d->runs[launcher * d->compare->rounds + r].facts;
    return &none;
}

const char *comparison_spread_words(const struct compare *c)
{
    return c->rounds < 4 ? "the lowest to the highest of them" : "their first to their third quartile";
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
static const char *pinning_unlike(const struct comparison *d, int launcher, const char *as)
{
    for (int r = 0; r < d->compare->rounds; r++) {
        const struct run_result *run = &d->runs[launcher * d->compare->rounds + r];
        if (run->good && strcmp(run->facts.pinning, as) != 0)
            return run->facts.pinning;
    }
    return NULL;
}

static void tell_pinning(const struct comparison *d, FILE *f)
{
    const struct facts *first = comparison_facts(d, d->first);
    int differ = 0;
    for (int l = 0; l < d->compare->launchers.count; l++)
        differ |= !d->compare->launchers.at[l].failed && pinning_unlike(d, l, first->pinning) != NULL;
    if (!differ) {
        fact(f, "pinning", first->pinning);
        if (!first->pinned)
            fputs("  The ranks do not have a core each, under no launcher; that favours an MPI that sleeps.\n", f);
        return;
    }
    fputs("  NOT PINNED THE SAME WAY, so the figures below do not compare the MPIs alone:\n", f);
    for (int l = 0; l < d->compare->launchers.count; l++) {
        const struct facts *own = comparison_facts(d, l);
        if (d->compare->launchers.at[l].failed)
            continue;
        const char *other = pinning_unlike(d, l, own->pinning);
        fprintf(f, "    %s: %.100s%s%.100s\n", d->compare->launchers.at[l].name, own->pinning,
                other ? "; or: " : "", other ? other : "");
    }
}

/* A launcher by the name of one MPI whose ranks had the library of another measures something else. */
static void tell_library(const struct comparison *d, int launcher, FILE *f)
{
    const struct launcher *l = &d->compare->launchers.at[launcher];
    const char *promise = launcher_promise(l);
    for (int r = 0; promise && r < d->compare->rounds; r++) {
        const struct run_result *run = &d->runs[launcher * d->compare->rounds + r];
        if (!run->good || strncmp(run->facts.library, promise, strlen(promise)) == 0)
            continue;
        fprintf(f, "  NOT WHAT ITS NAME SAYS: the ranks of %s had the library of %.60s; LD_LIBRARY_PATH and "
                "LD_PRELOAD decide which they have.\n", l->name,
                *run->facts.library ? run->facts.library : "an unknown MPI");
        return;
    }
}

static void head(const struct comparison *d, FILE *f)
{
    const struct compare *c = d->compare;
    const struct facts *first = comparison_facts(d, d->first);
    char library[LIBRARY_NAME];
    fprintf(f, "godwit-compare %s: ", PACKAGE_VERSION);
    for (int i = 1; i < c->bench_count && strcmp(c->bench[i], "--csv") != 0; i++)
        fprintf(f, "%s ", c->bench[i]);
    fprintf(f, "with %d rank%s, %d round%s in turns\n", c->ranks, c->ranks == 1 ? "" : "s", c->rounds,
            c->rounds == 1 ? "" : "s");
    for (int l = 0; l < c->launchers.count; l++) {
        const struct facts *facts = comparison_facts(d, l);
        if (c->launchers.at[l].failed)
            fprintf(f, "  %-*s failed: %s\n", LAUNCHER_NAME / 2, c->launchers.at[l].name,
                    c->launchers.at[l].reason);
        else
            fact(f, c->launchers.at[l].name, library_name(library, facts->library));
    }
    fact(f, "host", first->host);
    fact(f, "cpu", first->cpu);
    fact(f, "buffers", first->buffers);
    tell_pinning(d, f);
    for (int l = 0; l < c->launchers.count; l++) {
        if (c->launchers.at[l].failed)
            continue;
        tell_library(d, l, f);
        if (strcmp(comparison_facts(d, l)->host, first->host) != 0)
            fprintf(f, "  NOT ON THE SAME HOSTS: %s ran on %.100s.\n", c->launchers.at[l].name,
                    comparison_facts(d, l)->host);
    }
}

/* ---- sections ---- */

static enum figure figure_of(const struct row *row)
{
    return kind_figure(&row->key);
}

static int same_section(const struct row *a, const struct row *b)
{
    return !kind_begins_section(&a->key, &b->key) && figure_of(a) == figure_of(b);
}

/* A row's times have the unit of its first figure. */
static const char *figure(char text[CELL], const struct row *row, double seconds, double like)
{
    char words[QUANTITY];
    double value = kind_value(figure_of(row), &row->key, seconds);
    snprintf(text, CELL, "%s",
             figure_of(row) == FIGURE_BANDWIDTH ? quantity_bandwidth(words, value)
             : figure_of(row) == FIGURE_RATE    ? quantity_rate(words, value)
                                                : quantity_time_as(words, value, like));
    return text;
}

static const char *spread_text(char text[16], const char *unit, double half)
{
    snprintf(text, 16, half < 999.5 ? "+-%.0f%s" : ">%.0f%s", half < 999.5 ? half : 999, unit);
    return text;
}

static void launcher_cell(const struct comparison *d, const struct row *row, int l, struct grid *g)
{
    char text[CELL], around[16];
    int is_overlap = figure_of(row) == FIGURE_OVERLAP;
    const struct spread *s = is_overlap ? &row->overlap[l] : &row->time[l];
    double half = (s->high - s->low) / 2, like = row->time[d->first].median;
    if (d->compare->launchers.at[l].failed)
        grid_cell(g, "failed");
    else if (!s->count)
        grid_cell(g, "-");
    else if (is_overlap && s->count > 1)
        grid_cell(g, "%.0f %% %5s", 100 * s->median, spread_text(around, "", 100 * half));
    else if (is_overlap)
        grid_cell(g, "%.0f %%", 100 * s->median);
    else if (s->count > 1)
        grid_cell(g, "%s %7s", figure(text, row, s->median, like),
                  spread_text(around, " %", 100 * half / s->median));
    else
        grid_cell(g, "%s", figure(text, row, s->median, like));
}

static void ratio_cell(const struct comparison *d, const struct row *row, int l, struct grid *g)
{
    char text[QUANTITY];
    const struct spread *mine = &row->overlap[d->first], *other = &row->overlap[l];
    if (figure_of(row) != FIGURE_OVERLAP)
        grid_cell(g, "%s", quantity_times(text, comparison_ratio(d, row, l)));
    else if (mine->count && other->count)
        grid_cell(g, "%+.0f", 100 * (mine->median - other->median));
    else
        grid_cell(g, "-");
}

/* What a section has of columns follows from its rows. */
struct section {
    const struct row *rows;
    int count, with_names, with_ranks, with_size, with_floor;
};

static void header(const struct comparison *d, const struct section *s, struct grid *g)
{
    const struct launchers *list = &d->compare->launchers;
    int is_overlap = figure_of(s->rows) == FIGURE_OVERLAP, is_modes = strcmp(s->rows->key.test, "modes") == 0;
    grid_cell(g, "%s", s->with_names ? is_modes ? "mode" : "operation" : "");
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

static void section(const struct comparison *d, const struct section *s, FILE *f)
{
    char text[CELL], title[KIND_TITLE], sides[2 * LAUNCHERS + 8];
    struct grid g;
    int columns = 3 + 2 * d->compare->launchers.count - 1 + 2;
    memset(sides, 'r', sizeof sides);
    sides[0] = 'l';
    grid_begin(&g, columns, sides);
    header(d, s, &g);
    for (const struct row *row = s->rows; row < s->rows + s->count; row++) {
        char size[QUANTITY], name[KIND_ROW];
        double mine = row->time[d->first].median;
        grid_cell(&g, "%s", s->with_names ? kind_row(name, &row->key) : "");
        grid_cell(&g, "%s", !s->with_size ? "" : row->key.bytes ? quantity_bytes(size, row->key.bytes) : "-");
        if (s->with_ranks)
            grid_cell(&g, "%d", row->key.ranks);
        else
            grid_cell(&g, "%s", "");
        for (int l = 0; l < d->compare->launchers.count; l++) {
            launcher_cell(d, row, l, &g);
            if (l != d->first)
                ratio_cell(d, row, l, &g);
        }
        grid_cell(&g, "%s", s->with_floor ? figure(text, row, row->floor, mine) : "");
        grid_cell(&g, "%s", s->with_floor ? quantity_times(text, row->floor > 0 ? mine / row->floor : 0) : "");
    }
    fprintf(f, "\n%s\n", kind_title(title, &s->rows->key));
    grid_end(&g, f);
}

static void sections(const struct comparison *d, FILE *f)
{
    for (int i = 0; i < d->count;) {
        struct section s = {.rows = &d->rows[i]};
        const char *by = kind_of(s.rows->key.test)->by;
        s.with_names = !strchr(by, 'v');
        while (i < d->count && same_section(s.rows, &d->rows[i])) {
            const struct row *row = &d->rows[i++];
            s.count++;
            s.with_size |= row->key.bytes > 0 && !strchr(by, 'b');
            s.with_ranks |= strcmp(row->key.test, "coll") == 0;
            s.with_floor |= row->floor > 0 && figure_of(row) != FIGURE_OVERLAP;
        }
        section(d, &s, f);
    }
}

/* ---- the closing lines ---- */

/* "ping-pong, 4 KiB", "ways to send: isend, 8 B", "allreduce, 64 KiB", "barrier" */
static const char *point_name(char text[CELL], const struct row *row)
{
    char size[QUANTITY], name[KIND_ROW];
    const struct kind *kind = kind_of(row->key.test);
    int is_coll = strcmp(row->key.test, "coll") == 0;
    const char *test = *kind->name ? kind->name : row->key.test,
               *variant = *row->key.variant ? kind_row(name, &row->key) : "";
    int n = is_coll && *variant ? snprintf(text, CELL, "%s", variant)
                                : snprintf(text, CELL, "%s%s%s", test, *variant ? ": " : "", variant);
    *text = (char)tolower((unsigned char)*text);
    if (row->key.bytes && n > 0 && n < CELL)
        n += snprintf(text + n, (size_t)(CELL - n), ", %s", quantity_bytes(size, row->key.bytes));
    if (is_coll && n > 0 && n < CELL)
        snprintf(text + n, (size_t)(CELL - n), ", %d ranks", row->key.ranks);
    return text;
}

static const char *speed(char text[CELL], double ratio)
{
    char times[QUANTITY];
    double by = ratio >= 1 ? ratio : 1 / ratio;
    if (by < 1.005)
        return strcpy(text, "as fast");
    quantity_times(times, by);
    times[strlen(times) - 1] = 0;
    snprintf(text, CELL, "%s times %s", times, ratio >= 1 ? "faster" : "slower");
    return text;
}

static void verdict(const struct comparison *d, int launcher, FILE *f)
{
    const struct row *worst = NULL;
    double logs = 0, least = 0;
    int count = 0, slower = 0, even = 0;
    char text[CELL], name[CELL];
    for (const struct row *row = d->rows; row < d->rows + d->count; row++) {
        double ratio = comparison_ratio(d, row, launcher);
        const struct spread *mine = &row->time[d->first], *other = &row->time[launcher];
        if (ratio <= 0 || figure_of(row) == FIGURE_OVERLAP)
            continue;
        count++;
        logs += stats_log2(ratio);
        slower += ratio < 1;
        even += d->compare->rounds > 1 && mine->low <= other->high && other->low <= mine->high;
        if (!worst || ratio < least) {
            worst = row;
            least = ratio;
        }
    }
    if (!count)
        return;
    const char *mine = d->compare->launchers.at[d->first].name, *other = d->compare->launchers.at[launcher].name;
    if (even == count) { /* a mean of what may be chance is no result */
        char times[QUANTITY];
        quantity_times(times, stats_exp2(logs / count));
        times[strlen(times) - 1] = 0;
        fprintf(f, "%s against %s: no difference beyond the spread at any of %d point%s (%s times, geometric mean)\n",
                mine, other, count, count == 1 ? "" : "s", times);
        return;
    }
    fprintf(f, "%s against %s: %s (geometric mean of %d point%s)", mine, other,
            speed(text, stats_exp2(logs / count)), count, count == 1 ? "" : "s");
    if (count > 1) {
        char times[QUANTITY];
        fprintf(f, "; slowest point %s at %s", quantity_times(times, least), point_name(name, worst));
        if (slower)
            fprintf(f, ", slower at %d", slower);
    }
    if (even)
        fprintf(f, "; no difference beyond the spread at %d", even);
    fputc('\n', f);
}

void comparison_show(const struct comparison *d, FILE *f)
{
    const struct launchers *list = &d->compare->launchers;
    int others = 0, ratios = 0;
    for (int i = 0; i < d->count; i++)
        ratios += figure_of(&d->rows[i]) != FIGURE_OVERLAP;
    for (int l = 0; l < list->count; l++)
        others += l != d->first && !list->at[l].failed;
    head(d, f);
    sections(d, f);
    fputc('\n', f);
    if (d->compare->rounds > 1)
        fprintf(f, "Median of the rounds' medians, +- half of the way from %s.\n",
                comparison_spread_words(d->compare));
    if (!others)
        return;
    if (ratios)
        compare_explain_ratio(d->compare, d->first, f);
    if (ratios < d->count)
        fprintf(f, "Points: percent of %s minus percent of the one left of them.\n", list->at[d->first].name);
    for (int l = 0; l < list->count; l++)
        if (l != d->first && !list->at[l].failed)
            verdict(d, l, f);
}
