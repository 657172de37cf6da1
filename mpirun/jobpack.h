/* A job as bytes, for the agents on other hosts: programs with their arguments, the environment, where all ranks
 * go. All agents get the same bytes. Pure functions on memory; what is unpacked was sent by a process of the same
 * version (hello.h) that has logged in here, and is checked all the same. */
#ifndef MPIRUN_JOBPACK_H
#define MPIRUN_JOBPACK_H

#include "mpirun/bytes.h"
#include "mpirun/job.h"

enum { JOBPACK_MAX = 256 << 20 }; /* bytes */

/* Fills in the job's nodes from its hosts and placement. */
void jobpack_number_nodes(struct job *job);

/* The name of a node, as the user wrote it. */
const char *jobpack_node_name(const struct job *job, uint32_t node);

/* The node of a rank. */
uint32_t jobpack_node_of(const struct job *job, uint32_t rank);

/* Appends the job; one whose ranks have not been placed (asks) has none. What belongs to one host alone in the environment (environ_is_host_bound) stays out, but for
 * what the command line passes on by name. The key is not in it. */
void jobpack_put(struct bytes *to, const struct job *job, char *const *environment);

/* The job of these bytes, for an agent elsewhere: its hosts are the nodes. All it points to lives as long as the
 * process, if it is good. -1 and words when it is not a job. */
int jobpack_get(const void *bytes, size_t size, struct job *job, struct words *why);

/* For tests: gives back what jobpack_get has made. */
void jobpack_free(struct job *job);

#endif
