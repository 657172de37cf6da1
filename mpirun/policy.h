/* How ranks are to be placed and bound: the words of --map-by, --rank-by, --bind-to and their relatives, of
 * Open MPI and of MPICH, as data. Pure. What follows from it for given hosts is place.c's. */
#ifndef MPIRUN_POLICY_H
#define MPIRUN_POLICY_H

#include "mpirun/cpuset.h"

/* Parts of a machine, the small ones first. */
enum place_level {
    PLACE_HWTHREAD, PLACE_CORE, PLACE_L1, PLACE_L2, PLACE_L3, PLACE_NUMA, PLACE_PACKAGE, PLACE_MACHINE,
    PLACE_LEVELS
};

/* "core" and "cores", for sentences. */
const char *policy_level(enum place_level level, int many);

enum map_kind { MAP_SLOT, MAP_NODE, MAP_OBJECT, MAP_PPR, MAP_SEQ, MAP_RANKFILE };
enum rank_kind { RANK_AS_MAPPED, RANK_SLOT, RANK_NODE, RANK_FILL, RANK_SPAN, RANK_OBJECT };
enum bind_kind { BIND_DEFAULT, BIND_NONE, BIND_OBJECT, BIND_LIST };
enum permission { UNSAID, ALLOWED, REFUSED };

/* All zero: nothing was asked for. */
struct policy {
    enum map_kind map;
    enum place_level map_level; /* of MAP_OBJECT and MAP_PPR */
    int map_said;
    int ppr;      /* ranks per object of map_level */
    int per_node; /* -ppn: ranks per host; 0: not said */
    int span;     /* the objects of all hosts are taken in turns, not host after host */
    int no_local; /* not on this machine */
    enum permission oversubscribe; /* more ranks on a host than it has slots */
    enum rank_kind rank;
    enum place_level rank_level;
    enum bind_kind bind;
    enum place_level bind_level;
    int bind_count;            /* to how many objects, MPICH's core:2; 0: not said */
    int pe;                    /* cores (or hwthreads) of a rank; 0: not said */
    enum permission overload;  /* more ranks bound to cores than there are: UNSAID is allowed with a warning */
    int hwthreads;             /* a cpu is a hwthread, not a core */
    struct cpuset cpus;        /* only these are used; empty: all */
    /* BIND_LIST: one for each local rank, from the first again where they are too few */
    struct cpuset *cpu_list;
    int cpu_list_count;
};

/* Each changes the policy by one option's value. `option` is its name, for the words. */
int policy_map_by(struct policy *p, const char *option, const char *text, struct words *why);
int policy_rank_by(struct policy *p, const char *option, const char *text, struct words *why);
int policy_bind_to(struct policy *p, const char *option, const char *text, struct words *why);
int policy_cpu_set(struct policy *p, const char *option, const char *text, struct words *why);

/* Things that modifiers of --map-by and --bind-to ask for and that are no matter of placement. */
enum { POLICY_DISPLAY = 1, POLICY_DO_NOT_LAUNCH = 2, POLICY_REPORT = 4 };
int policy_wishes(const char *text);

/* Can it be followed only where the cpus of each host are known one by one? */
int policy_needs_cpus(const struct policy *p);

#endif
