/* Makes the node segment (boot/node.h) for the ranks of one host. */
#ifndef MPIRUN_SEGMENT_H
#define MPIRUN_SEGMENT_H

#include "boot/node.h"
#include "mpirun/job.h"

/* The memfd and its mapping, filled from the job, with the ranks of job->here. NULL and words when it cannot be
 * had. */
struct node_head *segment_make(const struct job *job, int usable_cpus, int *fd, struct words *why);

/* Starts reading the topology in the background; the segment's cpus_ready tells when it is there. */
void segment_add_topology(struct node_head *head);

#endif
