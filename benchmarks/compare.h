/* What the parts of godwit-compare share: launchers, one run under one of them, and what all the runs together
 * say. Nothing of MPI: the ranks' figures come back as the CSV of godwit-bench. */
#ifndef BENCHMARKS_COMPARE_H
#define BENCHMARKS_COMPARE_H

#include <stddef.h>
#include <stdio.h>
#include "benchmarks/point.h"
#include "benchmarks/report.h"
#include "benchmarks/stats.h"

enum { LAUNCHERS = 8, LAUNCHER_NAME = 24, STARTUPS = 16, COMPARE_ERROR = 512 };

/* ---- launcher.c: which launchers, and the command that starts a job under one ---- */
struct launcher {
    char name[LAUNCHER_NAME];
    char **words; /* of the template, with {n} and {prog} in them; ended by NULL */
    int failed;   /* what is shown of it is "failed" */
    char reason[COMPARE_ERROR];
};

struct launchers {
    struct launcher at[LAUNCHERS];
    int count;
};

/* What stands after --launcher: a known name, NAME=TEMPLATE or TEMPLATE. `own` is the folder of this program. 0,
 * or -1 with one sentence. */
int launcher_add(struct launchers *, const char *text, const char *own, char *error, size_t room);
/* Godwit's, and those of the others that are here; notes about those that cannot be used go to standard error. */
int launchers_find(struct launchers *, const char *own, char *error, size_t room);
/* Of which of the known MPIs is a program whose `--version` begins with this line? Its name, or NULL. */
const char *launcher_maker(const char *line);
/* The MPI that a launcher of this name promises, in the words of its library: "Open MPI"; NULL: none of the known.
 */
const char *launcher_promise(const struct launcher *);
/* The template with its places filled; for free(). NULL without memory. */
char **launcher_command(const struct launcher *, int ranks, const char *const *program);
void launchers_free(struct launchers *);

/* ---- run.c: one command from its start until nothing of it is left ---- */
enum { RUN_NOT_STARTED = -1, RUN_TOO_LONG = -2, RUN_TOO_MUCH = -3 };

struct outcome {
    int code; /* exit code, 128 + signal, or one of the above */
    double seconds; /* wall time from before its start until its end was seen */
    char *out, *err; /* what it wrote, ended by NUL; of err only the end. Never NULL after run_command */
    size_t out_length, err_length;
    char reason[COMPARE_ERROR]; /* in words, when code is not 0 */
};

/* Once, at the start: processes that lose their parent become children of this one, so that none gets away. */
void run_begin(void);
void run_verbose(int); /* shows the commands from now on */
/* A signal that asks this program to end first ends the command and all that it started, then this program. */
void run_command(struct outcome *, char *const *words, double limit);
void outcome_free(struct outcome *);
/* Between these two, such a signal waits: a file that is being written becomes whole. */
int run_has_to_end(void); /* one is waiting */
void run_hold(void);
void run_release(void);

/* ---- compare.c ---- */
struct compare {
    struct launchers launchers;
    int ranks, rounds, verbose;
    int good_runs; /* so far */
    double limit;
    int startups[STARTUPS], startup_count; /* --startup; its numbers of ranks */
    struct outputs outputs;
    const char **bench; /* the program, and for it: the subcommand and its options */
    int bench_count;
    const char *command; /* the subcommand */
    int pin_given, floor_given; /* among its options */
    char own[4096];     /* the folder of this program */
    char program[4128]; /* godwit-bench */
    char pin[8192];     /* "core:0-3", where this program may not use all cpus */
};

/* Which launcher is the i-th of a round: each one leads, and none always follows the same. */
int compare_turn(int round, int i, int launchers);
_Noreturn void compare_no_memory(void);
/* A line on a terminal that the next one replaces; NULL removes it. */
void compare_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Marks the launcher as failed and shows, once, why and what it said last. */
void compare_failed(struct launcher *, const char *reason, const char *last_words);
/* "its job had 1 rank, not the 2 that were asked for" */
const char *compare_ranks_unlike(char *text, size_t room, int found, int asked);
/* All files that were asked for. 0, or -1 after a sentence on stderr. */
int compare_write(const struct compare *, int (*make)(const void *arg, enum output, FILE *), const void *arg);
/* What a ratio says: "How many times faster a is than b; below 1 it is slower." */
void compare_explain_ratio(const struct compare *, int first, FILE *);

/* ---- grid.c: columns as wide as their widest cell ---- */
struct grid {
    char **cells;
    int columns, count, room;
    const char *left; /* per column 'l' or 'r' */
};
void grid_begin(struct grid *, int columns, const char *sides);
void grid_cell(struct grid *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void grid_end(struct grid *, FILE *); /* prints and frees */

/* ---- compare_table.c: what all runs say ---- */
struct run_result {
    int good;
    struct facts facts;
    struct points points;
};

struct row {
    struct point key; /* test, variant, bytes, ranks, moved and messages of the first that measured it */
    struct spread time[LAUNCHERS], overlap[LAUNCHERS]; /* over the rounds; count 0: not measured */
    double floor; /* median over all runs of all launchers; 0: not known */
};

struct comparison {
    const struct compare *compare;
    const struct run_result *runs; /* of launcher l in round r: [l * rounds + r] */
    struct row *rows;
    int count, first; /* first: the launcher that the others are held against */
};

/* Rows from runs. 0, or -1 when no launcher has any. */
int comparison_begin(struct comparison *, const struct compare *, const struct run_result *runs);
void comparison_free(struct comparison *);
/* How many times better the first one is at this row; 0: not known. */
double comparison_ratio(const struct comparison *, const struct row *, int launcher);
void comparison_show(const struct comparison *, FILE *);
const struct facts *comparison_facts(const struct comparison *, int launcher); /* of its first good run */

/* Between what the spread lies: "the lowest to the highest of them". */
const char *comparison_spread_words(const struct compare *);

/* ---- compare_files.c ---- */
/* One of the files, from a struct comparison: for outputs_write. */
int comparison_make(const void *comparison, enum output, FILE *);
/* Adds "openmpi: Open MPI 6.0.0", or the name alone that says it already, to a list in the text. */
void compare_name_mpi(char *text, size_t room, const char *launcher, const char *library);

/* ---- startup.c: --startup. The exit code. ---- */
int startup_run(struct compare *);

#endif
