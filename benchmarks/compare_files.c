/* The comparison as CSV, as JSON and as a picture. Pure: figures in, text out. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/kind.h"
#include "benchmarks/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- CSV ---- */

static double per_second(double amount, const struct spread *time)
{
    return time->count ? amount / time->median : 0;
}

static void make_csv(const struct comparison *d, FILE *f)
{
    const struct launchers *list = &d->compare->launchers;
    const struct facts *first = comparison_facts(d, d->first);
    csv_fact(f, "godwit-compare", PACKAGE_VERSION);
    for (int l = 0; l < list->count; l++)
        if (!list->at[l].failed) {
            char name[LAUNCHER_NAME + 16];
            snprintf(name, sizeof name, "mpi of %s", list->at[l].name);
            csv_fact(f, name, comparison_facts(d, l)->library);
            snprintf(name, sizeof name, "pinning of %s", list->at[l].name);
            csv_fact(f, name, comparison_facts(d, l)->pinning);
        }
    csv_fact(f, "host", first->host);
    csv_fact(f, "cpu", first->cpu);
    csv_fact(f, "buffers", first->buffers);
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
                    1e6 * t->median, 1e6 * t->min, 1e6 * t->max, comparison_ratio(d, row, l),
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
    if (value > 0 && isfinite(value))
        fprintf(f, ", \"%s\": %.9g", name, value);
    else
        fprintf(f, ", \"%s\": null", name);
}

static void json_launchers(const struct comparison *d, FILE *f)
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
            const struct facts *facts = comparison_facts(d, l);
            json_fact(f, "mpi", facts->library);
            fputs(", ", f);
            json_fact(f, "pinning", facts->pinning);
            fprintf(f, ", \"pinned\": %s", facts->pinned ? "true" : "false");
        }
        fputc('}', f);
    }
    fputs("\n  ],\n", f);
}

static void json_point(const struct comparison *d, const struct row *row, int l, FILE *f)
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
    json_number(f, "ratio", comparison_ratio(d, row, l));
    json_number(f, "bytes_per_second", per_second(row->key.moved, t));
    json_number(f, "messages_per_second", per_second(row->key.messages, t));
    if (row->overlap[l].count)
        fprintf(f, ", \"overlap\": %.6g", row->overlap[l].median);
    else
        fputs(", \"overlap\": null", f);
    json_number(f, "floor_us", 1e6 * row->floor);
    fputc('}', f);
}

static void make_json(const struct comparison *d, FILE *f)
{
    const struct facts *first = comparison_facts(d, d->first);
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

void compare_name_mpi(char *text, size_t room, const char *launcher, const char *library)
{
    char short_name[LIBRARY_NAME];
    size_t end = strlen(text);
    library_name(short_name, library);
    snprintf(text + end, room - end, "%s%s%s%s", end ? "; " : "", launcher, *short_name ? ": " : "", short_name);
}

/* What the rows say of one launcher, as points whose spread is that of the rounds. */
static int points_of(const struct comparison *d, int l, struct points *points, double (*overlaps)[2])
{
    for (int i = 0; i < d->count; i++) {
        const struct row *row = &d->rows[i];
        const struct spread *time = &row->time[l], *overlap = &row->overlap[l];
        struct point p = row->key;
        if (!time->count && !overlap->count)
            continue;
        int several = d->compare->rounds > 1;
        p.median = time->median;
        p.min = several ? time->low : 0;
        p.p99 = several ? time->high : 0;
        p.overlap = overlap->count ? overlap->median : -1;
        p.floor = row->floor;
        overlaps[points->count][0] = several ? overlap->low : 0;
        overlaps[points->count][1] = several ? overlap->high : 0;
        if (points_add(points, &p))
            return -1;
    }
    return 0;
}

static void words_of(const struct comparison *d, char *heading, size_t heading_room, char *small, size_t room)
{
    const struct facts *first = comparison_facts(d, d->first);
    const struct compare *c = d->compare;
    const struct kind *kind = kind_of(c->command);
    int same = 1;
    size_t end;
    *small = 0;
    for (int l = 0; l < c->launchers.count; l++)
        if (!c->launchers.at[l].failed) {
            compare_name_mpi(small, room, c->launchers.at[l].name, comparison_facts(d, l)->library);
            same &= strcmp(comparison_facts(d, l)->pinning, first->pinning) == 0;
        }
    end = strlen(small);
    snprintf(small + end, room - end, ". %s; %s; %s. Median of %d round%s in turns%s%s%s.", first->cpu,
             same ? first->pinning : "NOT PINNED THE SAME WAY", first->buffers, c->rounds,
             c->rounds == 1 ? "" : "s", c->rounds == 1 ? "" : "; thin lines: from ",
             c->rounds == 1 ? "" : comparison_spread_words(c),
             c->rounds == 1 ? "" : ", with an arrow where they go on");
    snprintf(heading, heading_room, "%s, %d rank%s on %s",
             *kind->name ? kind->name : "A short round of everything", c->ranks, c->ranks == 1 ? "" : "s",
             first->host);
}

static int make_plot(const struct comparison *d, FILE *f)
{
    struct points points[LAUNCHERS] = {{0}};
    struct series series[LAUNCHERS];
    char heading[2 * FACT + 64], small[LAUNCHERS * 128 + 4 * FACT];
    double (*overlaps)[2] = calloc((size_t)d->count * LAUNCHERS + 1, sizeof *overlaps);
    size_t count = 0;
    int code = overlaps ? 0 : -1;
    for (int l = 0; l < d->compare->launchers.count && !code; l++) {
        double (*own)[2] = overlaps + (size_t)l * (size_t)d->count;
        if (d->compare->launchers.at[l].failed)
            continue;
        code = points_of(d, l, &points[l], own);
        series[count++] = (struct series){d->compare->launchers.at[l].name, &points[l], own};
    }
    words_of(d, heading, sizeof heading, small, sizeof small);
    if (!code)
        code = plot_series(f, heading, small, series, count);
    for (int l = 0; l < LAUNCHERS; l++)
        points_free(&points[l]);
    free(overlaps);
    return code;
}

int comparison_make(const void *comparison, enum output which, FILE *f)
{
    const struct comparison *d = comparison;
    if (which == OUTPUT_PLOT)
        return make_plot(d, f);
    if (which == OUTPUT_CSV)
        make_csv(d, f);
    else
        make_json(d, f);
    return 0;
}
