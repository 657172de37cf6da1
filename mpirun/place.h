/* Which rank runs on which host and on which of its cpus: a pure function of the hosts, what each of them has, and
 * what was asked for. Knows no process, no file and no hwloc: a host's cpus are a table. */
#ifndef MPIRUN_PLACE_H
#define MPIRUN_PLACE_H

#include "mpirun/hosts.h"
#include "mpirun/policy.h"
#include "mpirun/rankfile.h"

/* A cpu that the job may use, and what it is part of: numbers of the objects of each level, -1 where the machine
 * shows none. Neighbours in the table are neighbours in the machine. */
struct place_cpu {
    int32_t os; /* the system's number */
    int32_t at[PLACE_LEVELS];
};

/* A host that a program may use, and the slots it has for it; 0: its own. */
struct place_use {
    int host, slots;
};

struct place_app {
    int count; /* ranks; 0: not said, placing finds it */
    const struct place_use *uses;
    int use_count; /* 0: all hosts */
};

struct place_job {
    struct hosts *hosts;
    struct place_app *apps;
    int app_count;
    int tasks;   /* how many ranks the allocation is meant for; 0: not said */
    int threads; /* of each rank (OMP_NUM_THREADS); 0: not said */
    const struct policy *policy;
    const struct rankfile *rankfile; /* with MAP_RANKFILE */
};

/* The place of a rank. */
struct place {
    int host;  /* its entry in the table */
    int local; /* its number on that host */
    struct cpuset cpus; /* empty: not bound */
};

struct placement {
    int size; /* all ranks, program after program */
    struct place *places;
    /* As it was decided, for people. */
    enum bind_kind bind;
    enum place_level bind_level;
    int pe;
    char note[WORDS_SIZE]; /* something that they should know; often empty */
};

enum { PLACE_MAX_RANKS = 1 << 20 };

/* Fills *out, the counts of the apps, and rank_list and rank_count of the hosts. */
int place_ranks(struct place_job *job, struct placement *out, struct words *why);

/* Marks the hosts of which something is needed that is not known, other than this machine, and this machine with
 * them where it may get ranks: `asked`. How many there are. */
int place_missing(const struct place_job *job, int every_cpu);

void place_free(struct placement *placement);

/* ---- between place.c and bind.c ---- */

/* A host's objects of one level: of[i] is the number, from 0 on, of the object of its i-th cpu. */
struct place_objects {
    enum place_level level; /* the one that was found: a larger one where the machine does not show the level */
    int count;
    int *of;
    int *units; /* cores (or hwthreads, where these are the cpus) in each object */
};

/* A host with the cpus that the policy leaves of it. */
struct place_node {
    struct host *host;
    struct place_cpu *cpus;
    int cpu_count, units;
    struct place_objects map; /* of the level that is mapped by, or one object: the host */
    int slots, used, next;    /* ranks that it takes; has got; the object that is next */
    int *object_used;
    int too_small; /* it has fewer cores than one rank is to have */
};

/* Where a rank goes. */
struct place_spot {
    int node, object;
};

void place_objects_make(const struct place_node *node, enum place_level level, int hwthreads,
                        struct place_objects *out, char *note);
void place_objects_free(struct place_objects *objects);

/* What is bound to, when nothing says so. */
void bind_resolve(const struct place_job *job, struct placement *out);

/* The cpus of all ranks; spots and places are those of the world's ranks in their order. */
int bind_ranks(const struct place_job *job, struct place_node *nodes, const struct place_spot *spots,
               struct placement *out, struct words *why);

#endif
