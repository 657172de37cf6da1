/* What a batch system gives to the job: the hosts of an allocation, out of the variables and files in which Slurm,
 * PBS, Grid Engine and LSF describe it. Pure: the caller has looked them up. */
#ifndef MPIRUN_ALLOC_H
#define MPIRUN_ALLOC_H

#include "mpirun/hosts.h"

/* Values of variables, and the contents of the files that variables name; NULL where there is none. */
struct alloc_texts {
    const char *slurm_nodes;         /* SLURM_JOB_NODELIST, SLURM_NODELIST: "n[01-16],login" */
    const char *slurm_tasks_on_node; /* SLURM_TASKS_PER_NODE: "4(x2),3" */
    const char *slurm_cpus_on_node;  /* SLURM_JOB_CPUS_PER_NODE, in the same form */
    const char *slurm_cpus_per_task; /* SLURM_CPUS_PER_TASK */
    const char *slurm_tasks;         /* SLURM_NTASKS, SLURM_NPROCS */
    const char *pbs_nodes;           /* in PBS_NODEFILE: a line for each slot */
    const char *sge_hosts;           /* in PE_HOSTFILE: "host slots queue cpus" */
    const char *lsf_hosts;           /* in LSB_DJOB_HOSTFILE, or LSB_HOSTS: a word for each slot */
    const char *lsf_counts;          /* LSB_MCPU_HOSTS: "host 4 other 2" */
};

/* Adds the hosts of the allocation. Its system's name; NULL when there is none, with words when there is one that
 * makes no sense. *tasks: how many ranks it is meant for, 0 where that is not said. */
const char *alloc_parse(struct hosts *hosts, const struct alloc_texts *texts, int *tasks,
                        const struct own_names *own, struct words *why);

#endif
