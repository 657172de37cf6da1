/* What is to be run, as the command line says it: data only. Made by options.c, read by the launcher and the
 * agent. Everything in it is owned by the job and lives as long as the process. */
#ifndef MPIRUN_JOB_H
#define MPIRUN_JOB_H

#include "base/conf.h"

#include <stdint.h>

/* Changes to the environment of ranks, applied in order to mpirun's own environment. */
enum env_verb { ENV_SET, ENV_PASS, ENV_CLEAR };
struct env_edit {
    enum env_verb verb;
    const char *text; /* SET: "NAME=value"; PASS: a name kept after CLEAR */
};
struct env_edits {
    int count;
    struct env_edit *edits;
};

/* One program of an MPMD job. */
struct app {
    char **argv; /* ends with NULL */
    int count;   /* ranks; 0 until -n or the default is known */
    int first;   /* the first of them in MPI_COMM_WORLD */
    const char *wdir, *path;
    struct env_edits env;
};

enum { JOB_STDIN_ALL = -1, JOB_STDIN_NONE = -2 };

struct job {
    int app_count;
    struct app *apps;
    int size;           /* all ranks */
    int per_node;       /* -ppn; 0: not said */
    int stdin_rank;     /* a rank, or JOB_STDIN_* */
    int verbose;
    uint32_t initial_errhandler; /* enum node_errhandler */
    struct env_edits env;        /* of all programs */
    struct conf conf;
    const char *notes[8]; /* what was asked for, is accepted and has no effect yet: said once */
    int note_count;
    uint64_t id;
    char host[256]; /* this host's name */
    char *title;    /* argv[0], where ps reads it */
    int64_t start_ns;
};

#endif
