/* The comparison as CSV, as JSON and as a picture. Pure: figures in, text out. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/plot.h"
#include "benchmarks/report.h"

#include <stdlib.h>
#include <string.h>

enum { PANELS = 24, CURVES = PANELS * (LAUNCHERS + 1) };

/* ---- CSV ---- */

static void fact_line(FILE *f, const char *name, const char *value)
{
    fprintf(f, "# %s: ", name);
    for (; *value; value++)
        fputc((unsigned char)*value < 0x20 || *value == 0x7f ? ' ' : *value, f);
    fputc('\n', f);
}

static double per_second(double amount, const struct spread *time)
{
    return time->count ? amount / time->median : 0;
}

void compared_csv(const struct compared *d, FILE *f)
{
    const struct launchers *list = &d->compare->launchers;
    const struct facts *first = compared_facts(d, d->first);
    fact_line(f, "godwit-compare", PACKAGE_VERSION);
    for (int l = 0; l < list->count; l++)
        if (!list->at[l].failed) {
            char name[LAUNCHER_NAME + 16];
            snprintf(name, sizeof name, "mpi of %s", list->at[l].name);
            fact_line(f, name, compared_facts(d, l)->library);
            snprintf(name, sizeof name, "pinning of %s", list->at[l].name);
            fact_line(f, name, compared_facts(d, l)->pinning);
        }
    fact_line(f, "host", first->host);
    fact_line(f, "cpu", first->cpu);
    fact_line(f, "buffers", first->buffers);
    fputs("launcher,test,variant,bytes,ranks,rounds,median_us,lowest_us,highest_us,ratio,bytes_per_second,"
          "messages_per_second,overlap,floor_us\n", f);
    for (int i = 0; i < d->count; i++)
        for (int l = 0; l < list->count; l++) {
            const struct row *row = &d->rows[i];
            const struct spread *t = &row->time[l];
            if (!t->count && !row->overlap[l].count)
                continue;
            csv_text(f, list->at[l].name);
            fputc(',', f);
            csv_text(f, row->key.test);
            fputc(',', f);
            csv_text(f, row->key.variant);
            fprintf(f, ",%zu,%d,%d,%.9g,%.9g,%.9g,%.6g,%.9g,%.9g,", row->key.bytes, row->key.ranks, t->count,
                    1e6 * t->median, 1e6 * t->min, 1e6 * t->max, compared_ratio(d, row, l),
                    per_second(row->key.moved, t), per_second(row->key.messages, t));
            if (row->overlap[l].count)
                fprintf(f, "%.6g", row->overlap[l].median);
            fprintf(f, ",%.9g\n", 1e6 * row->floor);
        }
}

/* ---- JSON ---- */

static void json_fact(FILE *f, const char *name, const char *value)
{
    fprintf(f, "\"%s\": ", name);
    json_text(f, value);
}

/* A number, or null where it is not known. */
static void json_number(FILE *f, const char *name, double value)
{
    if (value > 0)
        fprintf(f, ", \"%s\": %.9g", name, value);
    else
        fprintf(f, ", \"%s\": null", name);
}

static void json_launchers(const struct compared *d, FILE *f)
{
    const struct launchers *list = &d->compare->launchers;
    fputs("  \"launchers\": [", f);
    for (int l = 0; l < list->count; l++) {
        const struct launcher *one = &list->at[l];
        fputs(l ? ",\n    {" : "\n    {", f);
        json_fact(f, "name", one->name);
        fputs(", \"command\": [", f);
        for (char **w = one->words; *w; w++) {
            fputs(w > one->words ? ", " : "", f);
            json_text(f, *w);
        }
        fputs("], ", f);
        if (one->failed) {
            json_fact(f, "failed", one->reason);
        } else {
            const struct facts *facts = compared_facts(d, l);
            json_fact(f, "mpi", facts->library);
            fputs(", ", f);
            json_fact(f, "pinning", facts->pinning);
            fprintf(f, ", \"pinned\": %s", facts->pinned ? "true" : "false");
        }
        fputc('}', f);
    }
    fputs("\n  ],\n", f);
}

static void json_point(const struct compared *d, const struct row *row, int l, FILE *f)
{
    const struct spread *t = &row->time[l];
    fputs("    {", f);
    json_fact(f, "launcher", d->compare->launchers.at[l].name);
    fputs(", ", f);
    json_fact(f, "test", row->key.test);
    fputs(", ", f);
    json_fact(f, "variant", row->key.variant);
    fprintf(f, ", \"bytes\": %zu, \"ranks\": %d, \"rounds\": %d", row->key.bytes, row->key.ranks, t->count);
    json_number(f, "median_us", 1e6 * t->median);
    json_number(f, "lowest_us", 1e6 * t->min);
    json_number(f, "highest_us", 1e6 * t->max);
    json_number(f, "ratio", compared_ratio(d, row, l));
    json_number(f, "bytes_per_second", per_second(row->key.moved, t));
    json_number(f, "messages_per_second", per_second(row->key.messages, t));
    if (row->overlap[l].count)
        fprintf(f, ", \"overlap\": %.6g", row->overlap[l].median);
    else
        fputs(", \"overlap\": null", f);
    json_number(f, "floor_us", 1e6 * row->floor);
    fputc('}', f);
}

void compared_json(const struct compared *d, FILE *f)
{
    const struct facts *first = compared_facts(d, d->first);
    fputs("{\n  ", f);
    json_fact(f, "program", "godwit-compare");
    fputs(",\n  ", f);
    json_fact(f, "version", PACKAGE_VERSION);
    fputs(",\n  ", f);
    json_fact(f, "host", first->host);
    fputs(",\n  ", f);
    json_fact(f, "cpu", first->cpu);
    fputs(",\n  ", f);
    json_fact(f, "buffers", first->buffers);
    fprintf(f, ",\n  \"ranks\": %d,\n  \"rounds\": %d,\n", d->compare->ranks, d->compare->rounds);
    json_launchers(d, f);
    fputs("  \"points\": [", f);
    int any = 0;
    for (int i = 0; i < d->count; i++)
        for (int l = 0; l < d->compare->launchers.count; l++)
            if (d->rows[i].time[l].count || d->rows[i].overlap[l].count) {
                fputs(any++ ? ",\n" : "\n", f);
                json_point(d, &d->rows[i], l, f);
            }
    fputs("\n  ]\n}\n", f);
}

/* ---- the picture ---- */

/* Rows of one test and variant, which one curve per launcher shows: by size, or by ranks where there is one size
 * only (a barrier has none). Where both vary, each number of ranks is a group. */
struct group {
    const struct row *key;
    char title[3 * POINT_VARIANT];
    int by_ranks;
};

struct picture {
    const struct compared *d;
    struct panel panels[PANELS];
    struct curve curves[CURVES];
    double *numbers; /* four per row and curve */
    size_t used, panel_count, curve_count;
};

static int same_variant(const struct row *a, const struct row *b)
{
    return strcmp(a->key.test, b->key.test) == 0 && strcmp(a->key.variant, b->key.variant) == 0;
}

static int in_group(const struct group *g, const struct row *row)
{
    return same_variant(g->key, row) && (g->by_ranks || g->key->key.ranks == row->key.ranks);
}

static struct group make_group(const struct compared *d, const struct row *key)
{
    struct group g = {.key = key};
    int sizes = 0, ranks = 0;
    for (int i = 0; i < d->count; i++) {
        sizes |= same_variant(key, &d->rows[i]) && d->rows[i].key.bytes != key->key.bytes;
        ranks |= same_variant(key, &d->rows[i]) && d->rows[i].key.ranks != key->key.ranks;
    }
    g.by_ranks = !sizes && (ranks || !key->key.bytes);
    int length = snprintf(g.title, sizeof g.title, "%s%s%s", key->key.test, *key->key.variant ? ": " : "",
                          key->key.variant);
    if (sizes && ranks)
        snprintf(g.title + length, sizeof g.title - (size_t)length, ", %d ranks", key->key.ranks);
    return g;
}

static int find_groups(const struct compared *d, struct group *groups, int room)
{
    int count = 0;
    for (int i = 0; i < d->count; i++) {
        const struct row *row = &d->rows[i];
        int g = 0;
        while (g < count && !in_group(&groups[g], row))
            g++;
        if (g == count && count < room)
            groups[count++] = make_group(d, row);
    }
    return count;
}

/* The figure of a row in the panel's unit; 0: there is none. */
static double convert(enum plot_unit unit, const struct row *row, double seconds)
{
    if (seconds <= 0)
        return 0;
    if (unit == PLOT_BANDWIDTH)
        return row->key.moved / seconds;
    return unit == PLOT_RATE ? row->key.messages / seconds : seconds;
}

/* One curve of a launcher, or of the floor (launcher -1). */
static void add_curve(struct picture *p, const struct group *g, enum plot_unit unit, int launcher)
{
    struct curve *c = &p->curves[p->curve_count];
    size_t room = (size_t)p->d->count;
    double *x = p->numbers + p->used, *y = x + room, *low = y + room, *high = low + room;
    *c = (struct curve){.name = launcher < 0 ? "floor" : p->d->compare->launchers.at[launcher].name,
                        .x = x, .y = y, .is_floor = launcher < 0};
    for (int i = 0; i < p->d->count; i++) {
        const struct row *row = &p->d->rows[i];
        if (!in_group(g, row) || (launcher < 0 && row->floor <= 0))
            continue;
        const struct spread *s = launcher < 0           ? NULL
                                 : unit == PLOT_PERCENT ? &row->overlap[launcher]
                                                        : &row->time[launcher];
        if (s && !s->count)
            continue;
        size_t n = c->count++;
        x[n] = g->by_ranks ? row->key.ranks : (double)row->key.bytes;
        if (unit == PLOT_PERCENT && s) {
            y[n] = 100 * s->median;
            low[n] = 100 * s->min;
            high[n] = 100 * s->max;
        } else {
            double a = convert(unit, row, s ? s->min : row->floor);
            double b = convert(unit, row, s ? s->max : row->floor);
            y[n] = convert(unit, row, s ? s->median : row->floor);
            low[n] = a < b ? a : b;
            high[n] = a < b ? b : a;
        }
    }
    if (!c->count)
        return;
    if (launcher >= 0 && p->d->compare->rounds > 1) {
        c->low = low;
        c->high = high;
    }
    p->used += 4 * room;
    p->curve_count++;
}

static void add_panel(struct picture *p, const struct group *g, enum plot_unit unit, const char *title)
{
    struct panel *panel = &p->panels[p->panel_count];
    size_t before = p->curve_count;
    const char *name = unit == PLOT_BANDWIDTH                          ? "bandwidth"
                       : unit == PLOT_RATE                             ? "messages"
                       : unit == PLOT_PERCENT                          ? "free for computing"
                       : strcmp(g->key->key.test, "pingpong") == 0 ? "half a round trip"
                                                                       : "time";
    *panel = (struct panel){
        .title = title,
        .x_name = g->by_ranks ? "ranks" : "message size",
        .y_name = name,
        .x_unit = g->by_ranks ? PLOT_RANKS : PLOT_BYTES,
        .y_unit = unit,
        .curves = &p->curves[before],
    };
    for (int l = 0; l < p->d->compare->launchers.count; l++)
        if (!p->d->compare->launchers.at[l].failed)
            add_curve(p, g, unit, l);
    if (unit != PLOT_PERCENT)
        add_curve(p, g, unit, -1);
    panel->count = p->curve_count - before;
    p->panel_count += panel->count > 0;
}

static enum plot_unit unit_of(const struct point *key)
{
    if (strcmp(key->test, "overlap") == 0)
        return PLOT_PERCENT;
    if (key->moved > 0 && (strcmp(key->test, "stream") == 0 || strcmp(key->test, "bistream") == 0))
        return PLOT_BANDWIDTH;
    return key->messages > 0 && strcmp(key->test, "rate") == 0 ? PLOT_RATE : PLOT_SECONDS;
}

/* One test: time and what follows from it side by side. Several (modes, coll, sweep): a panel for each. */
static void add_panels(struct picture *p, const struct group *groups, int count)
{
    const struct point *key = &groups->key->key;
    enum plot_unit unit = unit_of(key);
    if (count > 1) {
        for (int g = 0; g < count && g < PANELS; g++)
            add_panel(p, &groups[g], unit_of(&groups[g].key->key), groups[g].title);
    } else if (strcmp(key->test, "pingpong") == 0) {
        add_panel(p, groups, PLOT_SECONDS, "Latency");
        add_panel(p, groups, PLOT_BANDWIDTH, "Bandwidth");
    } else if (unit == PLOT_BANDWIDTH) {
        add_panel(p, groups, PLOT_BANDWIDTH, "Bandwidth");
        if (key->messages > 0)
            add_panel(p, groups, PLOT_RATE, "Message rate");
    } else {
        add_panel(p, groups, unit, groups->title);
    }
}

int compared_plot(const struct compared *d, FILE *f)
{
    struct group groups[PANELS + 1];
    char heading[2 * FACT + 64], small[3 * FACT + 256];
    const struct facts *first = compared_facts(d, d->first);
    static struct picture p;
    p = (struct picture){.d = d, .numbers = calloc((size_t)CURVES * 4 * (size_t)d->count, sizeof(double))};
    if (!p.numbers)
        return -1;
    int count = find_groups(d, groups, PANELS + 1);
    if (count > PANELS)
        fprintf(stderr, "godwit-compare: note: the picture shows the first %d panels; --csv has all\n", PANELS);
    add_panels(&p, groups, count);
    int same = 1;
    for (int l = 0; l < d->compare->launchers.count; l++)
        if (!d->compare->launchers.at[l].failed)
            same &= strcmp(compared_facts(d, l)->pinning, first->pinning) == 0;
    snprintf(heading, sizeof heading, "%s, %d ranks on %s", d->compare->command, d->compare->ranks, first->host);
    snprintf(small, sizeof small, "%s; median of %d round%s in turns%s; %s; %s", first->cpu, d->compare->rounds,
             d->compare->rounds == 1 ? "" : "s",
             d->compare->rounds == 1 ? "" : ", whiskers: lowest and highest round",
             same ? first->pinning : "NOT PINNED THE SAME WAY", first->buffers);
    int code = plot_write(f, heading, small, p.panels, p.panel_count);
    free(p.numbers);
    return code;
}
