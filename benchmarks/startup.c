/* godwit-compare --startup: how long a job takes that only starts and ends MPI, under each launcher in turns,
 * and the memory that belongs to a rank alone. The wall time is that of the whole command. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What was found for one number of ranks under one launcher. */
struct found {
    int ranks, runs, failed;
    double median, fastest, slowest; /* seconds */
    double memory, added; /* KiB of a rank alone, and how much of it MPI_Init brought; memory < 0: not known */
};

struct measured {
    const struct compare *compare;
    struct found found[STARTUPS][LAUNCHERS];
    char host[256];
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* The command without a failure: its wall time. Otherwise -1, and why is told once for each launcher. `out`, where
 * wanted, is what it printed, for free(). */
static double start_job(struct compare *c, struct launcher *l, int ranks, int with_memory, char **out)
{
    const char *program[] = {c->program, "start", with_memory ? "--memory" : NULL, NULL};
    char **words = launcher_command(l, ranks, program), reason[COMPARE_ERROR + 32];
    struct outcome o;
    run_command(&o, words, c->limit);
    free(words);
    double seconds = o.code ? -1 : o.seconds;
    if (o.code && !l->failed) {
        snprintf(reason, sizeof reason, "with %d rank%s: %s", ranks, ranks == 1 ? "" : "s", o.reason);
        compare_failed(l, reason, o.err);
    }
    if (out) {
        *out = o.out;
        o.out = NULL;
    }
    outcome_free(&o);
    return seconds;
}

/* "memory BEFORE AFTER", which `godwit-bench start --memory` prints for each rank, in KiB. */
static int read_pair(const char *line, size_t length, double *before, double *after)
{
    char copy[64];
    int used = 0;
    long a, b;
    if (length >= sizeof copy)
        return 0;
    memcpy(copy, line, length);
    copy[length] = 0;
    if (sscanf(copy, "memory %9ld %9ld %n", &a, &b, &used) != 2 || copy[used] || a < 0 || b < 0)
        return 0;
    *before = (double)a;
    *after = (double)b;
    return 1;
}

/* Medians over the ranks, by one more run. */
static void measure_memory(struct compare *c, struct launcher *l, struct found *found)
{
    char *out = NULL;
    double *added = calloc(2 * (size_t)found->ranks, sizeof *added), *total = added + found->ranks, before, after;
    int count = 0;
    found->memory = found->added = -1;
    if (!added)
        return;
    const char *line = start_job(c, l, found->ranks, 1, &out) >= 0 ? out : "";
    while (*line && count < found->ranks) {
        size_t length = strcspn(line, "\n");
        if (read_pair(line, length, &before, &after)) {
            total[count] = after;
            added[count++] = after - before;
        }
        line += length + (line[length] == '\n');
    }
    if (count == found->ranks) {
        found->memory = median_of(total, count);
        found->added = median_of(added, count);
    }
    free(out);
    free(added);
}

/* All launchers with so many ranks, in turns. */
static void measure(struct compare *c, int ranks, struct found found[LAUNCHERS])
{
    double *times = calloc((size_t)LAUNCHERS * (size_t)c->rounds, sizeof *times);
    if (!times)
        compare_no_memory();
    for (int l = 0; l < c->launchers.count; l++)
        found[l] = (struct found){.ranks = ranks, .runs = c->rounds};
    for (int r = -1; r < c->rounds; r++) /* the first run of each warms up */
        for (int i = 0; i < c->launchers.count; i++) {
            int l = compare_turn(r < 0 ? 0 : r, i, c->launchers.count);
            if (found[l].failed)
                continue;
            compare_progress("%d ranks, run %d of %d: %s ...", ranks, r + 1, c->rounds, c->launchers.at[l].name);
            double seconds = start_job(c, &c->launchers.at[l], ranks, 0, NULL);
            found[l].failed = seconds < 0;
            if (r >= 0)
                times[l * c->rounds + r] = seconds;
        }
    for (int l = 0; l < c->launchers.count; l++) {
        if (found[l].failed)
            continue;
        double *own = times + l * c->rounds;
        found[l].median = median_of(own, c->rounds);
        found[l].fastest = own[0];
        found[l].slowest = own[c->rounds - 1];
        measure_memory(c, &c->launchers.at[l], &found[l]);
    }
    compare_progress(NULL);
    free(times);
}

/* ---- the table ---- */

static double ratio(const struct found *first, const struct found *other)
{
    return first->failed || other->failed ? 0 : other->median / first->median;
}

static int name_width(const struct compare *c)
{
    int width = (int)strlen("launcher");
    for (int l = 0; l < c->launchers.count; l++) {
        int length = (int)strlen(c->launchers.at[l].name);
        width = length > width ? length : width;
    }
    return width;
}

static void print_head(const struct compare *c, const char *host)
{
    printf("Start and end of a job without work on %s: wall time of %d run%s, memory of a rank\n\n", host,
           c->rounds, c->rounds == 1 ? "" : "s");
    printf("%8s  %-*s %10s %10s", "ranks", name_width(c), "launcher", "median", "fastest");
    if (c->launchers.count > 1)
        printf(" %8s", "ratio");
    printf(" %15s %13s\n", "private memory", "of it by MPI");
    fflush(stdout);
}

static void print_rows(const struct compare *c, const struct found found[LAUNCHERS])
{
    char times[16];
    for (int l = 0; l < c->launchers.count; l++) {
        const struct found *f = &found[l];
        printf("%8d  %-*s", f->ranks, name_width(c), c->launchers.at[l].name);
        if (f->failed) {
            printf(" %10s\n", "failed");
            continue;
        }
        printf(" %7.1f ms %7.1f ms", 1e3 * f->median, 1e3 * f->fastest);
        if (c->launchers.count > 1)
            printf(" %8s", l ? compare_times(times, ratio(&found[0], f)) : "");
        if (f->memory >= 0)
            printf(" %11.0f KiB %9.0f KiB\n", f->memory, f->added);
        else
            printf(" %15s %13s\n", "-", "-");
    }
    fflush(stdout);
}

/* ---- files ---- */

static void write_csv(const struct measured *m, FILE *f)
{
    fprintf(f, "# godwit-compare: %s\n# host: %s\n", PACKAGE_VERSION, m->host);
    fputs("launcher,ranks,runs,median_ms,fastest_ms,slowest_ms,ratio,private_kib,by_mpi_kib\n", f);
    for (int s = 0; s < m->compare->startup_count; s++)
        for (int l = 0; l < m->compare->launchers.count; l++) {
            const struct found *found = &m->found[s][l];
            if (found->failed)
                continue;
            csv_text(f, m->compare->launchers.at[l].name);
            fprintf(f, ",%d,%d,%.9g,%.9g,%.9g,%.6g,", found->ranks, found->runs, 1e3 * found->median,
                    1e3 * found->fastest, 1e3 * found->slowest, ratio(&m->found[s][0], found));
            if (found->memory >= 0)
                fprintf(f, "%.0f,%.0f\n", found->memory, found->added);
            else
                fputs(",\n", f);
        }
}

static void write_json(const struct measured *m, FILE *f)
{
    const struct launchers *list = &m->compare->launchers;
    fprintf(f, "{\n  \"program\": \"godwit-compare\",\n  \"version\": \"%s\",\n  \"host\": ", PACKAGE_VERSION);
    json_text(f, m->host);
    fputs(",\n  \"startup\": [", f);
    for (int i = 0; i < m->compare->startup_count * list->count; i++) {
        const struct found *found = &m->found[i / list->count][i % list->count];
        fputs(i ? ",\n    {\"launcher\": " : "\n    {\"launcher\": ", f);
        json_text(f, list->at[i % list->count].name);
        fprintf(f, ", \"ranks\": %d, \"runs\": %d", found->ranks, found->runs);
        if (found->failed) {
            fputs(", \"failed\": true}", f);
            continue;
        }
        fprintf(f, ", \"median_ms\": %.9g, \"fastest_ms\": %.9g, \"slowest_ms\": %.9g", 1e3 * found->median,
                1e3 * found->fastest, 1e3 * found->slowest);
        double times = ratio(&m->found[i / list->count][0], found);
        if (times > 0)
            fprintf(f, ", \"ratio\": %.6g", times);
        if (found->memory >= 0)
            fprintf(f, ", \"private_kib\": %.0f, \"by_mpi_kib\": %.0f", found->memory, found->added);
        fputc('}', f);
    }
    fputs("\n  ]\n}\n", f);
}

/* Time and memory by ranks, side by side. */
static void write_plot(const struct measured *m, FILE *f)
{
    static double x[2][LAUNCHERS][STARTUPS], y[2][LAUNCHERS][STARTUPS], low[LAUNCHERS][STARTUPS],
        high[LAUNCHERS][STARTUPS];
    struct curve curves[2][LAUNCHERS];
    struct panel panels[2] = {
        {"Start and end of a job", "ranks", "wall time", PLOT_RANKS, PLOT_SECONDS, curves[0], 0},
        {"Memory of a rank alone", "ranks", "private memory", PLOT_RANKS, PLOT_KIB, curves[1], 0},
    };
    const struct launchers *list = &m->compare->launchers;
    char small[512];
    for (int l = 0; l < list->count; l++) {
        struct curve time = {.name = list->at[l].name, .x = x[0][l], .y = y[0][l], .low = low[l], .high = high[l]};
        struct curve memory = {.name = list->at[l].name, .x = x[1][l], .y = y[1][l]};
        for (int s = 0; s < m->compare->startup_count; s++) {
            const struct found *found = &m->found[s][l];
            if (found->failed)
                continue;
            x[0][l][time.count] = found->ranks;
            low[l][time.count] = found->fastest;
            high[l][time.count] = found->slowest;
            y[0][l][time.count++] = found->median;
            if (found->memory <= 0)
                continue;
            x[1][l][memory.count] = found->ranks;
            y[1][l][memory.count++] = found->memory;
        }
        if (time.count)
            curves[0][panels[0].count++] = time;
        if (memory.count)
            curves[1][panels[1].count++] = memory;
    }
    snprintf(small, sizeof small,
             "%s; MPI_Init, MPI_Finalize and nothing else; median of %d runs in turns, whiskers: "
             "fastest and slowest",
             m->host, m->compare->rounds);
    if (plot_write(f, "Start and end of a job without work", small, panels, panels[1].count ? 2 : 1))
        fprintf(stderr, "godwit-compare: there is nothing that a picture could show\n");
}

static char *text_of(const struct measured *m, const char *path, void (*write)(const struct measured *, FILE *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = path ? open_memstream(&text, &length) : NULL;
    if (!f)
        return NULL;
    write(m, f);
    if (fclose(f) == 0 && length)
        return text;
    free(text);
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int startup_run(struct compare *c)
{
    static struct measured m;
    FILE *host = fopen("/proc/sys/kernel/hostname", "r");
    int failed = 0, to_stdout = 0;
    m.compare = c;
    if (!host || !fgets(m.host, sizeof m.host, host))
        strcpy(m.host, "this machine");
    if (host)
        fclose(host);
    m.host[strcspn(m.host, "\n")] = 0;
    qsort(c->startups, (size_t)c->startup_count, sizeof *c->startups, by_number);
    const char *paths[] = {c->csv, c->json, c->plot};
    for (int i = 0; i < 3; i++)
        to_stdout |= paths[i] && strcmp(paths[i], "-") == 0;
    if (!to_stdout)
        print_head(c, m.host);
    for (int s = 0; s < c->startup_count; s++) {
        measure(c, c->startups[s], m.found[s]);
        if (!to_stdout)
            print_rows(c, m.found[s]);
    }
    int any = 0;
    for (int l = 0; l < c->launchers.count; l++) {
        failed |= c->launchers.at[l].failed;
        for (int s = 0; s < c->startup_count; s++)
            any |= !m.found[s][l].failed;
    }
    if (ferror(stdout)) {
        fprintf(stderr, "godwit-compare: cannot write to standard output: %s\n", strerror(errno));
        failed = 1;
    }
    if (!any)
        return 1;
    if (c->launchers.count > 1 && !to_stdout)
        printf("\nRatio: how many times faster %s is; below 1 it is slower.\n", c->launchers.at[0].name);
    char *csv = text_of(&m, c->csv, write_csv), *json = text_of(&m, c->json, write_json);
    char *plot = text_of(&m, c->plot, write_plot);
    if ((c->csv && !csv) || (c->json && !json) || (c->plot && !plot))
        failed = 1;
    return compare_write(c, csv, json, plot) || failed ? 1 : 0;
}
