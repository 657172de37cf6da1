/* godwit-bench: what is asked for is checked before anything is measured, the subcommand runs, and its points go
 * to the table at once and to files at the end. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/bench.h"
#include "benchmarks/cpus.h"
#include "benchmarks/floor.h"
#include "benchmarks/memory.h"
#include "benchmarks/plot.h"

#include <errno.h>
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
    const char *sizes; /* unless --sizes says otherwise; NULL: each of its parts has its own */
} subcommands[] = {
    {COMMAND_PINGPONG, 2, pingpong_run, "8:4M"},
    {COMMAND_STREAM, 2, stream_run, "8:4M"},
    {COMMAND_BISTREAM, 2, bistream_run, "8:4M"},
    {COMMAND_RATE, 2, rate_run, "8,64,1K"},
    {COMMAND_MODES, 2, modes_run, "8,4K,64K"},
    {COMMAND_OVERLAP, 2, overlap_run, "64K,256K,1M,4M"},
    {COMMAND_COLL, 1, coll_run, "8,1K,64K,1M"},
    {COMMAND_SWEEP, 1, sweep_run, NULL},
};

static struct points points;
static struct table table;
static struct floor the_floor; /* zero: off */
static int floor_over_tcp;

static int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int complain(const char *format, ...)
{
    char text[SENTENCE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++) /* names of files may hold anything */
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    fprintf(stderr, "godwit-bench: %s\n", text); /* one write: the launcher may mix what ranks say */
    return -1;
}

/* Before MPI_Init all processes of a job find the same fault, and one of them says it. */
static int speaks(void)
{
    /* A number that stands in the environment alone is left from something else: silence would be no answer. */
    return world_launched_rank() <= 0 || world_launched_size() <= 1;
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

static struct outputs outputs_of(const struct options *o)
{
    return (struct outputs){{[OUTPUT_CSV] = o->csv, [OUTPUT_JSON] = o->json, [OUTPUT_PLOT] = o->plot}};
}

static FILE *table_stream(const struct options *o)
{
    struct outputs outputs = outputs_of(o);
    return outputs_to_stdout(&outputs) ? NULL : stdout;
}

static int files_can_be_written(const struct options *o, char *error, size_t room)
{
    struct outputs outputs = outputs_of(o);
    return outputs_check(&outputs, error, room);
}

static int make_output(const void *facts, enum output which, FILE *f)
{
    if (which == OUTPUT_PLOT)
        return plot_points(f, facts, &points);
    if (which == OUTPUT_CSV)
        csv_write(f, facts, &points);
    else
        json_write(f, facts, &points);
    return 0;
}

static int write_files(const struct options *o, const struct facts *facts)
{
    struct outputs outputs = outputs_of(o);
    char error[SENTENCE];
    return outputs_write(&outputs, make_output, facts, error, sizeof error) ? complain("%s", error) : 0;
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

/* What is asked for twice would be measured twice, and one point would have two figures. */
static void take_once(struct options *o)
{
    int names = 0, numbers = 0;
    for (int i = 0; i < o->op_count; i++) {
        int known = 0;
        while (known < names && strcmp(o->ops[known], o->ops[i]) != 0)
            known++;
        if (known == names && names++ != i)
            memcpy(o->ops[known], o->ops[i], OPTIONS_NAME);
    }
    for (int i = 0; i < o->rank_count; i++) {
        int known = 0;
        while (known < numbers && o->ranks[known] != o->ranks[i])
            known++;
        if (known == numbers)
            o->ranks[numbers++] = o->ranks[i];
    }
    o->op_count = names;
    o->rank_count = numbers;
}

static void default_sizes(struct options *o, const char *sizes)
{
    char error[SENTENCE];
    if (!o->size_count && sizes)
        o->size_count = options_sizes(sizes, o->sizes, OPTIONS_SIZES, error, sizeof error);
}

/* ---- subcommands ---- */

double bench_floor_message(const struct world *w, int ranks, size_t bytes)
{
    return ranks > w->room ? 0 : floor_message(&the_floor, bytes, floor_over_tcp);
}

double bench_floor_streamed(const struct world *w, int ranks, size_t bytes)
{
    return ranks > w->room ? 0 : floor_streamed(&the_floor, bytes, floor_over_tcp);
}

double bench_floor_copy(size_t bytes)
{
    return floor_copy(&the_floor, bytes);
}

/* Whether rank 0 has cpus on which it can see what the machine itself needs. */
static int floor_has_cpus(const struct world *w)
{
    struct cpus usable;
    return w->cpus[0] >= 0 || (cpus_get(&usable) == 0 && cpus_count(&usable) > 1);
}

/* Rank 0 measures while the others sleep. With --check there is none: the times include what no floor has. */
static void take_floor(const struct world *w, const struct options *o)
{
    const double seconds = 0.15;
    char error[SENTENCE] = "it needs two cpus";
    int automatic = o->floor == FLOOR_AUTO;
    if (o->floor == FLOOR_OFF || o->check || (automatic && !w->one_host))
        return;
    if (w->rank) {
        comm_sleep(MPI_COMM_WORLD);
        return;
    }
    int can = floor_has_cpus(w);
    floor_over_tcp = o->floor == FLOOR_TCP;
    const int *cpus = w->cpus[0] >= 0 ? w->cpus : NULL;
    if (!can || floor_measure(&the_floor, cpus, o->rotate, floor_over_tcp, seconds, error, sizeof error)) {
        the_floor = (struct floor){0};
        if (!automatic)
            world_die("--floor: the machine's own limits cannot be measured: %s", error);
    }
    comm_wake(MPI_COMM_WORLD, 1, w->size);
}

static void describe_buffers(const struct options *o, struct facts *facts)
{
    buffers_describe(o->rotate, facts->buffers, sizeof facts->buffers);
    size_t end = strlen(facts->buffers);
    const char *times = o->command == COMMAND_OVERLAP ? "in passes of their own" : "the times include it";
    if (o->check)
        snprintf(facts->buffers + end, sizeof facts->buffers - end, ", every byte filled and checked (%s)", times);
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
        MPI_Finalize();
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
    MPI_Finalize();
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
    int cpus[2];
    if (!speaks())
        return EXIT_SUCCESS;
    if (files_can_be_written(o, error, sizeof error) || floor_choose(cpus, o, error, sizeof error)) {
        complain("%s", error);
        return BAD_INPUT;
    }
    world_machine(&facts);
    facts.pinned = cpus[0] != cpus[1];
    snprintf(facts.pinning, sizeof facts.pinning, facts.pinned ? "on cpu %d and cpu %d" : "on cpu %d", cpus[0],
             cpus[1]);
    describe_buffers(o, &facts);
    table_begin(&table, table_stream(o), &facts);
    int rc = floor_points(o, cpus, &points, floor_point, NULL, error, sizeof error);
    if (*error)
        complain("%s", error);
    if (rc) {
        points_free(&points);
        return EXIT_FAILURE;
    }
    return finish(o, &facts);
}

/* The shortest MPI program there is. */
static int start_run(const struct options *o, int *argc, char ***argv)
{
    long before = o->memory ? memory_own_kib() : 0;
    char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    int rank = 0, size = 0;
    MPI_Init(argc, argv);
    long after = o->memory ? memory_own_kib() : 0;
    if (o->memory) {
        MPI_Get_library_version(library, &length);
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm_size(MPI_COMM_WORLD, &size);
    }
    MPI_Finalize();
    if (before < 0 || after < 0) {
        complain("start --memory cannot read /proc/self/smaps_rollup");
        return EXIT_FAILURE;
    }
    if (o->memory && rank == 0) /* one of them in one job, however many processes there are */
        printf("ranks %d\nmpi %.*s\n", size, (int)strcspn(library, "\r\n,"), library);
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
    if (fputs(text, stdout) < 0 || fflush(stdout)) {
        complain("cannot write to standard output: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct options o;
    char error[SENTENCE];
    files_begin(NULL);
    if (options_parse(&o, argc, argv, error, sizeof error) || take_names(&o, error, sizeof error)) {
        if (speaks())
            complain("%s", error);
        return BAD_INPUT;
    }
    take_once(&o);
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
