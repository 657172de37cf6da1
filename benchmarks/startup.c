/* godwit-compare --startup: how long a job takes that only starts and ends MPI, under each launcher in turns,
 * and the memory that belongs to a rank alone. The wall time is that of the whole command. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/kind.h"
#include "benchmarks/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What was found for one number of ranks under one launcher. */
struct found {
    int ranks, runs, failed;
    struct spread time; /* seconds */
    double memory, added; /* KiB of a rank alone, and how much of it MPI_Init brought; memory < 0: not known */
};

struct measured {
    const struct compare *compare;
    struct found found[STARTUPS][LAUNCHERS];
    char host[256];
    char library[LAUNCHERS][FACT]; /* what the ranks say they are; "": nothing */
};

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

/* "mpi Open MPI v6.0.0", which one of the ranks prints. */
static void read_library(const char *line, size_t length, char library[FACT])
{
    static const char begin[] = "mpi ";
    if (length < sizeof begin || strncmp(line, begin, sizeof begin - 1) != 0 || *library)
        return;
    snprintf(library, FACT, "%.*s", (int)(length - (sizeof begin - 1)), line + sizeof begin - 1);
}

/* "ranks 2", which rank 0 of a job prints; 0: another line. */
static int read_ranks(const char *line, size_t length)
{
    char copy[32];
    int used = 0, ranks;
    if (length >= sizeof copy)
        return 0;
    memcpy(copy, line, length);
    copy[length] = 0;
    return sscanf(copy, "ranks %9d %n", &ranks, &used) == 1 && !copy[used] && ranks > 0 ? ranks : 0;
}

/* The first run, which warms up: was it one job, of all ranks and no others? A command that ends well has not
 * always started something. Also medians of the memory over the ranks. */
static void look_at_job(struct compare *c, struct launcher *l, struct found *found, char library[FACT])
{
    char *out = NULL, reason[COMPARE_ERROR];
    double *total = calloc(2 * (size_t)found->ranks, sizeof *total), before, after;
    int count = 0, jobs = 0, size = 0;
    found->memory = found->added = -1;
    if (!total)
        compare_no_memory();
    double *added = total + found->ranks;
    found->failed = start_job(c, l, found->ranks, 1, &out) < 0;
    for (const char *line = found->failed ? "" : out; *line;) {
        size_t length = strcspn(line, "\n");
        int ranks = read_ranks(line, length);
        read_library(line, length, library);
        jobs += ranks > 0;
        size = ranks > 0 ? ranks : size;
        if (read_pair(line, length, &before, &after)) {
            if (count < found->ranks) {
                total[count] = after;
                added[count] = after - before;
            }
            count++;
        }
        line += length + (line[length] == '\n');
    }
    if (!found->failed && jobs == 1 && size == found->ranks && count == size) {
        found->memory = values_median(total, (size_t)count);
        found->added = values_median(added, (size_t)count);
    } else if (!found->failed) {
        if (jobs == 1 && count == size)
            compare_ranks_unlike(reason, sizeof reason, count, found->ranks);
        else
            snprintf(reason, sizeof reason, "it did not start one job of %d rank%s%s", found->ranks,
                     found->ranks == 1 ? "" : "s", count || jobs ? "" : ": its ranks printed nothing");
        compare_failed(l, reason, "");
        found->failed = 1;
    }
    free(out);
    free(total);
}

/* All launchers with so many ranks, in turns. */
static void measure(struct measured *m, struct compare *c, int ranks, struct found found[LAUNCHERS])
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
            if (r < 0) {
                look_at_job(c, &c->launchers.at[l], &found[l], m->library[l]);
                continue;
            }
            double seconds = start_job(c, &c->launchers.at[l], ranks, 0, NULL);
            found[l].failed = seconds < 0;
            times[l * c->rounds + r] = seconds;
        }
    for (int l = 0; l < c->launchers.count; l++)
        if (!found[l].failed)
            found[l].time = values_spread(times + l * c->rounds, c->rounds);
    compare_progress(NULL);
    free(times);
}

/* ---- the table ---- */

static double ratio(const struct found *first, const struct found *other)
{
    return first->failed || other->failed ? 0 : other->time.median / first->time.median;
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
    char times[QUANTITY];
    for (int l = 0; l < c->launchers.count; l++) {
        const struct found *f = &found[l];
        printf("%8d  %-*s", f->ranks, name_width(c), c->launchers.at[l].name);
        if (f->failed) {
            printf(" %10s\n", "failed");
            continue;
        }
        printf(" %7.1f ms %7.1f ms", 1e3 * f->time.median, 1e3 * f->time.min);
        if (c->launchers.count > 1)
            printf(" %8s", l ? quantity_times(times, ratio(&found[0], f)) : "");
        if (f->memory >= 0)
            printf(" %11.0f KiB %9.0f KiB\n", f->memory, f->added);
        else
            printf(" %15s %13s\n", "-", "-");
    }
    fflush(stdout);
}

/* Which MPIs these were is known when their ranks have said it, so it stands at the end. */
static void print_end(const struct measured *m)
{
    char name[LIBRARY_NAME];
    const struct launchers *list = &m->compare->launchers;
    fputc('\n', stdout);
    for (int l = 0; l < list->count; l++) {
        const char *promise = launcher_promise(&list->at[l]);
        if (!*m->library[l])
            continue;
        printf("%-*s  %s\n", name_width(m->compare), list->at[l].name, library_name(name, m->library[l]));
        if (promise && strncmp(m->library[l], promise, strlen(promise)) != 0)
            printf("NOT WHAT ITS NAME SAYS: the ranks of %s had the library of %s; LD_LIBRARY_PATH and LD_PRELOAD "
                   "decide which they have.\n", list->at[l].name, name);
    }
    compare_explain_ratio(m->compare, 0, stdout);
}

/* ---- files ---- */

static void write_csv(const struct measured *m, FILE *f)
{
    csv_fact(f, "godwit-compare", PACKAGE_VERSION);
    for (int l = 0; l < m->compare->launchers.count; l++)
        if (*m->library[l]) {
            char name[LAUNCHER_NAME + 16];
            snprintf(name, sizeof name, "mpi of %s", m->compare->launchers.at[l].name);
            csv_fact(f, name, m->library[l]);
        }
    csv_fact(f, "host", m->host);
    fputs("launcher,ranks,runs,median_ms,fastest_ms,slowest_ms,ratio,private_kib,by_mpi_kib\n", f);
    for (int s = 0; s < m->compare->startup_count; s++)
        for (int l = 0; l < m->compare->launchers.count; l++) {
            const struct found *found = &m->found[s][l];
            if (found->failed)
                continue;
            csv_text(f, m->compare->launchers.at[l].name);
            fprintf(f, ",%d,%d,%.9g,%.9g,%.9g,%.6g,", found->ranks, found->runs, 1e3 * found->time.median,
                    1e3 * found->time.min, 1e3 * found->time.max, ratio(&m->found[s][0], found));
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
    fputs(",\n  \"launchers\": [", f);
    for (int l = 0; l < list->count; l++) {
        fputs(l ? ", {\"name\": " : "{\"name\": ", f);
        json_text(f, list->at[l].name);
        fputs(", \"mpi\": ", f);
        json_text(f, m->library[l]);
        fputc('}', f);
    }
    fputs("],\n  \"startup\": [", f);
    for (int i = 0; i < m->compare->startup_count * list->count; i++) {
        const struct found *found = &m->found[i / list->count][i % list->count];
        fputs(i ? ",\n    {\"launcher\": " : "\n    {\"launcher\": ", f);
        json_text(f, list->at[i % list->count].name);
        fprintf(f, ", \"ranks\": %d, \"runs\": %d", found->ranks, found->runs);
        if (found->failed) {
            fputs(", \"failed\": true}", f);
            continue;
        }
        fprintf(f, ", \"median_ms\": %.9g, \"fastest_ms\": %.9g, \"slowest_ms\": %.9g", 1e3 * found->time.median,
                1e3 * found->time.min, 1e3 * found->time.max);
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
static int write_plot(const struct measured *m, FILE *f)
{
    static double x[2][LAUNCHERS][STARTUPS], y[2][LAUNCHERS][STARTUPS], low[LAUNCHERS][STARTUPS],
        high[LAUNCHERS][STARTUPS];
    struct curve curves[2][LAUNCHERS];
    struct panel panels[2] = {
        {"Start and end of a job", "ranks", "wall time", PLOT_RANKS, PLOT_SECONDS, curves[0], 0},
        {"Memory of a rank alone", "ranks", "private memory", PLOT_RANKS, PLOT_KIB, curves[1], 0},
    };
    const struct launchers *list = &m->compare->launchers;
    char small[LAUNCHERS * 128 + 512] = "";
    int several = m->compare->rounds > 1;
    for (int l = 0; l < list->count; l++) {
        struct curve time = {.name = list->at[l].name, .x = x[0][l], .y = y[0][l], .low = low[l], .high = high[l]};
        struct curve memory = {.name = list->at[l].name, .x = x[1][l], .y = y[1][l]};
        for (int s = 0; s < m->compare->startup_count; s++) {
            const struct found *found = &m->found[s][l];
            if (found->failed)
                continue;
            x[0][l][time.count] = found->ranks;
            low[l][time.count] = several ? found->time.low : 0;
            high[l][time.count] = several ? found->time.high : 0;
            y[0][l][time.count++] = found->time.median;
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
    for (int l = 0; l < list->count; l++)
        compare_name_mpi(small, sizeof small, list->at[l].name, m->library[l]);
    size_t end = strlen(small);
    snprintf(small + end, sizeof small - end, ". MPI_Init, MPI_Finalize and nothing else; wall time of the whole "
             "launch. Median of %d run%s in turns%s%s%s.", m->compare->rounds, several ? "s" : "",
             several ? "; thin lines: from " : "", several ? comparison_spread_words(m->compare) : "",
             several ? ", with an arrow where they go on" : "");
    char title[sizeof m->host + 64];
    snprintf(title, sizeof title, "Start and end of a job without work on %s", m->host);
    return plot_write(f, title, small, panels, panels[1].count ? 2 : 1);
}

static int write_file(const void *measured, enum output which, FILE *f)
{
    if (which == OUTPUT_PLOT)
        return write_plot(measured, f);
    if (which == OUTPUT_CSV)
        write_csv(measured, f);
    else
        write_json(measured, f);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int startup_run(struct compare *c)
{
    static struct measured m;
    FILE *host = fopen("/proc/sys/kernel/hostname", "r");
    int failed = 0, to_stdout = outputs_to_stdout(&c->outputs);
    m.compare = c;
    if (!host || !fgets(m.host, sizeof m.host, host))
        strcpy(m.host, "this machine");
    if (host)
        fclose(host);
    m.host[strcspn(m.host, "\n")] = 0;
    qsort(c->startups, (size_t)c->startup_count, sizeof *c->startups, by_number);
    if (!to_stdout)
        print_head(c, m.host);
    for (int s = 0; s < c->startup_count; s++) {
        measure(&m, c, c->startups[s], m.found[s]);
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
    if (!to_stdout)
        print_end(&m);
    if (compare_write(c, write_file, &m))
        failed = 1;
    if (!failed && (fflush(stdout) || ferror(stdout))) {
        fprintf(stderr, "godwit-compare: cannot write to standard output: %s\n", strerror(errno));
        failed = 1;
    }
    return failed ? 1 : 0;
}
