/* Rank files: which rank runs where, line by line, "rank 0=node1 slot=0:2-3". Pure: the caller has read the
 * file. */
#ifndef MPIRUN_RANKFILE_H
#define MPIRUN_RANKFILE_H

#include "mpirun/cpuset.h"
#include "mpirun/hosts.h"

/* The place of one rank. Numbers are those that hwloc gives, not the system's. */
struct rankfile_line {
    int number;       /* in the file; 0: the file does not name this rank */
    int host;         /* its entry in the table */
    int whole;        /* no cpus are said: not bound */
    int package;      /* the cores are counted in this one; -1: in the whole host */
    int all_cores;    /* "0:*" */
    struct cpuset cores; /* or hwthreads, where these are the cpus */
};

struct rankfile {
    struct rankfile_line *lines; /* by rank */
    int count;                   /* the highest rank, plus 1 */
};

/* Hosts are looked for in the table, as names or as "+n2", its third entry; with `add`, those that are missing are
 * added. `name` is the file's. */
int rankfile_parse(struct rankfile *out, const char *name, const char *text, size_t size, struct hosts *hosts,
                   int add, const struct own_names *own, struct words *why);

void rankfile_free(struct rankfile *file);

#endif
