/* From the command line and what surrounds mpirun (host files, an allocation, this machine's names and cpus) to
 * a job whose hosts and places are decided. Pure: around.c has looked everything up. */
#ifndef MPIRUN_LAYOUT_H
#define MPIRUN_LAYOUT_H

#include "mpirun/alloc.h"
#include "mpirun/job.h"

/* A file that was read. */
struct file_text {
    const char *name, *text;
    size_t size;
};

struct surroundings {
    struct own_names own;
    struct alloc_texts alloc;
    const struct file_text *hostfiles; /* those of the job, in its order */
    struct file_text default_hostfile; /* without text: there is none */
    struct file_text rankfile;
    int usable;          /* cpus of this machine that a job may use */
    const char *threads; /* OMP_NUM_THREADS, or NULL */
};

/* Fills job->hosts. What other hosts have is not known then: whoever can ask them fills in `usable`, and `cpus`
 * where layout_needs_cpus; of this machine, `usable` is set. */
int layout_hosts(struct job *job, const struct surroundings *s, struct words *why);

/* For a look at the hosts: all of them, or those of -H, are the job's nodes. */
int layout_nodes(struct job *job, const struct surroundings *s, struct words *why);

int layout_needs_cpus(const struct job *job);

/* Does placing the ranks need to know something of other hosts? Then those that are to be asked are marked. -1 and
 * words: the options are wrong. */
int layout_asks(struct job *job, const struct surroundings *s, struct words *why);

/* Places the ranks: job->placement, job->size, and the counts of the programs. */
int layout_place(struct job *job, const struct surroundings *s, struct words *why);

#endif
