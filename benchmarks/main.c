/* godwit-bench: what is asked for is checked before anything is measured, the subcommand runs, and its points go
 * to the table at once and to files at the end. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/bench.h"
#include "benchmarks/plot.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENTENCE = 1024, BAD_INPUT = 2 };

static const struct subcommand {
    enum command command;
    int ranks; /* at least */
    void (*run)(const struct world *, const struct options *);
    const char *sizes; /* unless --sizes says otherwise; NULL: it knows better itself */
} subcommands[] = {
    {COMMAND_PINGPONG, 2, pingpong_run, "8:4M"},
    {COMMAND_STREAM, 2, stream_run, "8:4M"},
    {COMMAND_BISTREAM, 2, bistream_run, "8:4M"},
    {COMMAND_RATE, 2, rate_run, "8,64,1K"},
    {COMMAND_MODES, 2, modes_run, NULL},
    {COMMAND_OVERLAP, 2, overlap_run, NULL},
    {COMMAND_COLL, 1, coll_run, "8,1K,64K,1M"},
    {COMMAND_SWEEP, 1, sweep_run, NULL},
};

static struct points points;
static struct table table;
static struct floor the_floor;
const struct floor *bench_floor = &the_floor;
int bench_floor_tcp;

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int complain(const char *format, ...)
{
    char text[SENTENCE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "godwit-bench: %s\n", text); /* one write: the launcher may mix what ranks say */
    return -1;
}

/* Before MPI_Init all processes of a job find the same fault, and one of them says it. */
static int speaks(void)
{
    return world_launched_rank() <= 0;
}

/* ---- progress, on a terminal ---- */

static int progress_width;

static void progress_erase(void)
{
    if (progress_width)
        fprintf(stderr, "\r%*s\r", progress_width, "");
    progress_width = 0;
}

void bench_progress(const struct point *p)
{
    char bytes[QUANTITY] = "";
    if (!isatty(STDERR_FILENO))
        return;
    progress_erase();
    if (p->bytes)
        quantity_bytes(bytes, p->bytes);
    progress_width = fprintf(stderr, "measuring %s %s %s ...", p->test, p->variant, bytes);
    fflush(stderr);
}

void bench_point(const struct point *p)
{
    progress_erase();
    if (points_add(&points, p))
        world_die("no memory for another figure");
    table_row(&table, p);
}

/* ---- files ---- */

static int is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static FILE *table_stream(const struct options *o)
{
    return is_stdout(o->csv) || is_stdout(o->json) || is_stdout(o->plot) ? NULL : stdout;
}

static int files_can_be_written(const struct options *o, char *error, size_t room)
{
    const char *const paths[] = {o->csv, o->json, o->plot};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i] && file_can_be_written(paths[i], error, room))
            return -1;
    return 0;
}

enum form { FORM_CSV, FORM_JSON, FORM_PLOT, FORMS };

struct content {
    char *text;
    size_t length;
};

static int make_content(struct content *c, enum form form, const struct facts *facts)
{
    FILE *f = open_memstream(&c->text, &c->length);
    int failed = 0;
    if (!f)
        return complain("no memory for a file: %s", strerror(errno));
    if (form == FORM_CSV)
        csv_write(f, facts, &points);
    else if (form == FORM_JSON)
        json_write(f, facts, &points);
    else
        failed = plot_points(f, facts, &points);
    int bad = ferror(f);
    if (fclose(f) || bad)
        return complain("no memory for a file: %s", strerror(ENOMEM));
    return failed ? complain("no figure of this run can be drawn, so --plot has nothing to write") : 0;
}

/* All contents first, so that what fails leaves no half of the files. */
static int write_files(const struct options *o, const struct facts *facts)
{
    const char *const paths[FORMS] = {o->csv, o->json, o->plot};
    struct content contents[FORMS] = {{0}};
    char error[SENTENCE] = "";
    int rc = 0;
    for (int form = 0; form < FORMS && !rc; form++)
        if (paths[form])
            rc = make_content(&contents[form], (enum form)form, facts);
    for (int form = 0; form < FORMS && !rc; form++)
        if (paths[form] && file_write(paths[form], contents[form].text, contents[form].length, error, sizeof error))
            rc = complain("%s", error);
    for (int form = 0; form < FORMS; form++)
        free(contents[form].text);
    return rc;
}

/* The end of a run on rank 0: its exit code. */
static int finish(const struct options *o, const struct facts *facts)
{
    progress_erase();
    table_end(&table);
    int rc = write_files(o, facts);
    points_free(&points);
    if (fflush(stdout) || ferror(stdout))
        rc = complain("cannot write to standard output: %s", strerror(errno));
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- what is asked for ---- */

static const struct subcommand *find(enum command command)
{
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++)
        if (subcommands[i].command == command)
            return &subcommands[i];
    return NULL;
}

int bench_allows(enum command command, int ranks, char *error, size_t room)
{
    const struct subcommand *s = find(command);
    const char *name = options_command(command), *ending = command == COMMAND_COLL ? " ..." : "";
    if (ranks < s->ranks)
        snprintf(error, room, "%s needs %d ranks: mpirun -n %d godwit-bench %s%s", name, s->ranks, s->ranks, name,
                 ending);
    else if (command == COMMAND_RATE && ranks % 2)
        snprintf(error, room, "%s needs an even number of ranks, not %d: mpirun -n %d godwit-bench %s", name, ranks,
                 ranks - 1, name);
    else
        return 0;
    return -1;
}

static int ranks_are_there(const struct options *o, int ranks, char *error, size_t room)
{
    for (int i = 0; i < o->rank_count; i++)
        if (o->ranks[i] > ranks) {
            snprintf(error, room,
                     "--ranks %d needs as many ranks, and there %s %d: mpirun -n %d godwit-bench coll ...",
                     o->ranks[i], ranks == 1 ? "is" : "are", ranks, o->ranks[i]);
            return -1;
        }
    return 0;
}

static int is_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return 1;
    return 0;
}

/* Names of operations and modes; "all" stands for all of them. */
static int take_names(struct options *o, char *error, size_t room)
{
    const char *const *known = o->command == COMMAND_MODES ? modes_names : coll_names;
    int all = o->op_count == 1 && strcmp(o->ops[0], "all") == 0;
    for (int i = 0; i < o->op_count && !all; i++) {
        if (is_among(o->ops[i], known))
            continue;
        int at = snprintf(error, room, "unknown %s '%s'; there are",
                          o->command == COMMAND_MODES ? "mode" : "operation", o->ops[i]);
        for (; *known && at > 0 && (size_t)at < room; known++)
            at += snprintf(error + at, room - (size_t)at, " %s", *known);
        return -1;
    }
    for (o->op_count = all ? 0 : o->op_count; all && *known && o->op_count < OPTIONS_OPS; known++)
        snprintf(o->ops[o->op_count++], OPTIONS_NAME, "%s", *known);
    return 0;
}

static void default_sizes(struct options *o, const char *sizes)
{
    char error[SENTENCE];
    if (!o->size_count && sizes)
        o->size_count = options_sizes(sizes, o->sizes, OPTIONS_SIZES, error, sizeof error);
}

/* ---- subcommands ---- */

/* Whether, and on which cpus, rank 0 can see what the machine itself needs. */
static int floor_has_cpus(const struct world *w)
{
    cpu_set_t set[8]; /* 8192 cpus */
    if (w->cpus[0] >= 0)
        return 1;
    return sched_getaffinity(0, sizeof set, set) == 0 && CPU_COUNT_S(sizeof set, set) > 1;
}

/* Rank 0 measures while the others sleep. */
static void take_floor(const struct world *w, const struct options *o)
{
    const double seconds = 0.15;
    char error[SENTENCE] = "it needs two cpus";
    int automatic = o->floor == FLOOR_AUTO;
    if (o->floor == FLOOR_OFF || (automatic && !w->one_host))
        return;
    if (w->rank) {
        world_sleep(w);
        return;
    }
    int can = floor_has_cpus(w);
    bench_floor_tcp = o->floor == FLOOR_TCP;
    const int *cpus = w->cpus[0] >= 0 ? w->cpus : NULL;
    if (!can || floor_measure(&the_floor, cpus, o->rotate, bench_floor_tcp, seconds, error, sizeof error)) {
        the_floor = (struct floor){0};
        if (!automatic)
            world_die("--floor: the machine's own limits cannot be measured: %s", error);
    }
    world_wake(w, 1);
}

static void describe_buffers(const struct options *o, struct facts *facts)
{
    buffers_describe(o->rotate, facts->buffers, sizeof facts->buffers);
    size_t end = strlen(facts->buffers);
    if (o->check)
        snprintf(facts->buffers + end, sizeof facts->buffers - end,
                 ", every byte filled and checked (the times include it)");
}

static int bench_run(struct options *o, int *argc, char ***argv)
{
    struct world w;
    char error[SENTENCE] = "";
    const struct subcommand *s = find(o->command);
    int rc = EXIT_SUCCESS, refused = world_start(&w, o, argc, argv, error, sizeof error);
    if (!refused && w.rank == 0)
        refused = bench_allows(o->command, w.size, error, sizeof error) ||
                  ranks_are_there(o, w.size, error, sizeof error) || files_can_be_written(o, error, sizeof error);
    world_agree(&w, &refused, sizeof refused);
    if (refused) {
        if (w.rank == 0)
            complain("%s", error);
        world_end(&w);
        return BAD_INPUT;
    }
    default_sizes(o, s->sizes);
    take_floor(&w, o);
    if (w.rank == 0) {
        describe_buffers(o, &w.facts);
        table_begin(&table, table_stream(o), &w.facts);
    }
    s->run(&w, o);
    if (w.rank == 0)
        rc = finish(o, &w.facts);
    world_end(&w);
    return rc;
}

static void floor_point(void *arg, const struct point *p)
{
    (void)arg;
    table_row(&table, p);
}

static int floor_run(const struct options *o)
{
    struct facts facts = {.pinned = 0};
    char error[SENTENCE] = "";
    if (!speaks())
        return EXIT_SUCCESS;
    if (files_can_be_written(o, error, sizeof error)) {
        complain("%s", error);
        return BAD_INPUT;
    }
    world_machine(&facts);
    describe_buffers(o, &facts);
    table_begin(&table, table_stream(o), &facts);
    int rc = floor_points(o, &points, floor_point, NULL, error, sizeof error);
    if (*error)
        complain("%s", error);
    if (rc) {
        points_free(&points);
        return EXIT_FAILURE;
    }
    return finish(o, &facts);
}

/* KiB of memory that belong to this process alone; -1: not known. */
static long private_memory(void)
{
    char line[256];
    long kib, sum = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    if (!f)
        return -1;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            sum += kib;
    fclose(f);
    return sum;
}

/* The shortest MPI program there is. */
static int start_run(const struct options *o, int *argc, char ***argv)
{
    long before = o->memory ? private_memory() : 0;
    MPI_Init(argc, argv);
    long after = o->memory ? private_memory() : 0;
    MPI_Finalize();
    if (before < 0 || after < 0) {
        complain("start --memory cannot read /proc/self/smaps_rollup");
        return EXIT_FAILURE;
    }
    if (o->memory)
        printf("memory %ld %ld\n", before, after);
    if (fflush(stdout)) {
        complain("cannot write to standard output: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int show(const char *text)
{
    if (speaks() && (fputs(text, stdout) < 0 || fflush(stdout))) {
        complain("cannot write to standard output: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct options o;
    char error[SENTENCE];
    if (options_parse(&o, argc, argv, error, sizeof error) || take_names(&o, error, sizeof error)) {
        if (speaks())
            complain("%s", error);
        return BAD_INPUT;
    }
    switch (o.command) {
    case COMMAND_HELP:
        return show(options_help);
    case COMMAND_VERSION:
        return show("godwit-bench (Godwit) " PACKAGE_VERSION "\n");
    case COMMAND_START:
        return start_run(&o, &argc, &argv);
    case COMMAND_FLOOR:
        return floor_run(&o);
    default:
        return bench_run(&o, &argc, &argv);
    }
}
