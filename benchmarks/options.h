/* The command line of godwit-bench, as data. Pure: no MPI, nothing printed, nothing opened. */
#ifndef BENCHMARKS_OPTIONS_H
#define BENCHMARKS_OPTIONS_H

#include <stddef.h>

enum command {
    COMMAND_NONE, COMMAND_HELP, COMMAND_VERSION,
    COMMAND_PINGPONG, COMMAND_STREAM, COMMAND_BISTREAM, COMMAND_RATE, COMMAND_MODES, COMMAND_OVERLAP, COMMAND_COLL,
    COMMAND_SWEEP, COMMAND_FLOOR,
    COMMAND_START /* starts and ends MPI; --memory prints each rank's own KiB before and after MPI_Init */
};

enum { OPTIONS_SIZES = 64, OPTIONS_OPS = 64, OPTIONS_CPUS = 1024, OPTIONS_NAME = 32 };

enum floor_kind { FLOOR_AUTO, FLOOR_OFF, FLOOR_MEMORY, FLOOR_TCP };

/* keep: as the launcher left it; core: each rank on a core of its own, of cpus[] where there are any; one: all ranks on one cpu; list: rank i of a
 * host on cpus[i] */
enum pin { PIN_KEEP, PIN_CORE, PIN_ONE, PIN_LIST };

struct options {
    enum command command;
    size_t sizes[OPTIONS_SIZES]; /* --sizes 8:4M (powers of two) or --sizes 8,1K,64K; ascending */
    int size_count;              /* 0: the subcommand's default */
    char ops[OPTIONS_OPS][OPTIONS_NAME]; /* coll: operations; modes: the chosen ones */
    int op_count;
    int ranks[OPTIONS_SIZES];    /* coll --ranks 2,4,8 */
    int rank_count;
    double seconds;              /* per point; default 0.2 */
    long iterations;             /* operations per point instead of seconds; 0: by seconds */
    long warmup;                 /* operations before each point; -1: a tenth of the time */
    int window;                  /* messages under way in stream, bistream and rate; default 64 */
    int rotate;                  /* --buffers rotate */
    int check;                   /* --check */
    int memory;                  /* start --memory */
    enum floor_kind floor;
    enum pin pin;
    int cpus[OPTIONS_CPUS];
    int cpu_count;
    const char *json, *csv, *plot; /* paths; NULL: none */
};

/* 0, or -1 with one sentence that names the argument and what would be right. */
int options_parse(struct options *, int argc, char **argv, char *error, size_t room);
extern const char options_help[];
/* Whether this word is an option: 1 with its value in the next word, 0 without (or behind a '=' in it), -1: none. */
int options_value(const char *word);
/* The name of a subcommand: "pingpong". */
const char *options_command(enum command);

/* A list of sizes in words: "8:4M", "8,1K,64K". Count, or -1 with the reason. For godwit-compare too. */
int options_sizes(const char *text, size_t *sizes, int room, char *error, size_t error_room);

#endif
