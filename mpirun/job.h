/* What is to be run: data only. options.c fills in what the command line says, layout.c the hosts and where the ranks
 * go; the launcher and the agent read it. Everything in it is owned by the job and lives as long as the process. */
#ifndef MPIRUN_JOB_H
#define MPIRUN_JOB_H

#include "base/conf.h"
#include "mpirun/place.h"

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
    const char **host_lists; /* the values of its -H; none: all hosts of the job */
    int host_list_count;
};

/* What is shown before the start. */
enum { SHOW_MAP = 1, SHOW_BINDINGS = 2, SHOW_ALLOCATION = 4, SHOW_TOPOLOGY = 8 };

enum { JOB_STDIN_ALL = -1, JOB_STDIN_NONE = -2 };

struct job {
    int app_count;
    struct app *apps;
    int size;           /* all ranks */
    int stdin_rank;     /* a rank, or JOB_STDIN_* */
    int verbose;
    uint32_t initial_errhandler; /* enum node_errhandler */
    struct env_edits env;        /* of all programs */
    struct conf conf;
    /* What the command line says of places, and of starts on other hosts (NULL: nothing). */
    struct policy policy;
    const char **hostfiles;
    int hostfile_count;
    const char *default_hostfile, *rankfile;
    const char *launcher, *launcher_exec, *launcher_args, *prefix;
    unsigned show; /* SHOW_* */
    int do_not_launch;
    int doctor; /* look at the hosts, and start nothing */
    /* The hosts, each with the ranks that it gets, and all ranks' places. Hosts without ranks are in it too. */
    const char *base; /* where they come from, for people: NULL: from -H, or there is this one only */
    struct hosts hosts;
    int tasks; /* how many ranks the allocation is meant for; 0: not said */
    struct rankfile rank_places;
    struct placement placement;
    /* The hosts that have ranks are the job's nodes, numbered in the order of the table. */
    int asks;      /* ranks are placed when other hosts have told what they have */
    int node_count;
    int *nodes;    /* their entries in the table */
    int here;      /* the node that this process works on; -1: mpirun's own host has no ranks */
    int elsewhere; /* mpirun is on another host: standard input and output are not its */
    const char *self; /* mpirun's own file; NULL: not known */
    const char *cwd;  /* where it was started, for agents elsewhere */
    char **environment; /* and with what; NULL: this process has it */
    unsigned char *key; /* of a job on several hosts: KEY_SIZE random bytes, in a page that no core dump holds; or NULL */
    int terminal;    /* mpirun writes standard output to a terminal */
    int usable_cpus; /* of this machine: what affinity mask, quota and cpu set leave */
    uint64_t id;
    char host[256]; /* this host's name */
    char *title;    /* argv[0], where ps reads it */
    int64_t start_ns;
};

#endif
