/* What the parts of godwit-compare share: launchers, one run under one of them, and what all the runs together
 * say. Nothing of MPI: the ranks' figures come back as the CSV of godwit-bench. */
#ifndef BENCHMARKS_COMPARE_H
#define BENCHMARKS_COMPARE_H

#include <stddef.h>
#include <stdio.h>
#include "benchmarks/point.h"

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
int launcher_has_n(const struct launcher *);
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
void run_begin(int verbose);
/* A signal that asks this program to end first ends the command and all that it started, then this program. */
void run_command(struct outcome *, char *const *words, double limit);
void outcome_free(struct outcome *);
/* Between these two, such a signal waits: a file that is being written becomes whole. */
void run_hold(void);
void run_release(void);

/* ---- compare.c ---- */
struct compare {
    struct launchers launchers;
    int ranks, rounds, verbose;
    int good_runs; /* so far */
    double limit;
    int startups[STARTUPS], startup_count; /* --startup; its numbers of ranks */
    const char *csv, *json, *plot;
    const char **bench; /* the program, and for it: the subcommand and its options */
    int bench_count;
    const char *command; /* the subcommand */
    char own[4096];     /* the folder of this program */
    char program[4128]; /* godwit-bench */
};

/* Which launcher is the i-th of a round: each one leads, and none always follows the same. */
int compare_turn(int round, int i, int launchers);
_Noreturn void compare_no_memory(void);
/* A line on a terminal that the next one replaces; NULL removes it. */
void compare_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Marks the launcher as failed and shows, once, why and what it said last. */
void compare_failed(struct launcher *, const char *reason, const char *last_words);
/* "9.4x", with the digits that mean something. */
const char *compare_times(char text[16], double times);
/* All files that were asked for, from their texts (NULL: none, freed here). 0, or -1 after a sentence on
 * stderr. */
int compare_write(const struct compare *, char *csv, char *json, char *plot);
/* A text in quotes, for JSON and CSV. */
void json_text(FILE *, const char *);
void csv_text(FILE *, const char *);

/* ---- grid.c: columns as wide as their widest cell ---- */
struct grid {
    char **cells;
    int columns, count, room;
    const char *left; /* per column 'l' or 'r' */
};
void grid_begin(struct grid *, int columns, const char *sides);
void grid_cell(struct grid *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void grid_end(struct grid *, FILE *); /* prints and frees */

/* ---- compared.c: what all runs say ---- */
struct run_result {
    int good;
    struct facts facts;
    struct points points;
};

struct spread {
    double median, min, max;
    int count;
};

struct row {
    struct point key; /* test, variant, bytes, ranks, moved and messages of the first that measured it */
    struct spread time[LAUNCHERS], overlap[LAUNCHERS]; /* over the rounds; count 0: not measured */
    double floor; /* median over all runs; 0: not known */
};

struct compared {
    const struct compare *compare;
    const struct run_result *runs; /* of launcher l in round r: [l * rounds + r] */
    struct row *rows;
    int count, first; /* first: the launcher that the others are held against */
};

/* Rows from runs. 0, or -1 when no launcher has any. */
int compared_make(struct compared *, const struct compare *, const struct run_result *runs);
void compared_free(struct compared *);
/* How many times better the first one is at this row; 0: not known. */
double compared_ratio(const struct compared *, const struct row *, int launcher);
void compared_show(const struct compared *, FILE *);
const struct facts *compared_facts(const struct compared *, int launcher); /* of its first good run */

/* ---- compared_files.c ---- */
void compared_csv(const struct compared *, FILE *);
void compared_json(const struct compared *, FILE *);
int compared_plot(const struct compared *, FILE *); /* 0, or -1 when there is nothing to draw */

/* ---- startup.c: --startup. The exit code. ---- */
int startup_run(struct compare *);

#endif
