/* Asking the hosts what they have, before ranks are placed by that: the answers. The questions go out with the start
 * (nodes.h, `asks`), and the job follows on the same streams, so that a host is logged in to once. */
#ifndef MPIRUN_ASK_H
#define MPIRUN_ASK_H

#include "mpirun/bytes.h"
#include "mpirun/job.h"

/* How many hosts elsewhere have to answer. */
int ask_count(const struct job *job);

/* A host's answer. 1: it is the first of this host, 0: it is not; -1 and words: it is none. */
int ask_answered(struct job *job, uint32_t node, const void *answer, size_t size, struct words *why);

/* What this process's host answers. */
int ask_answer(struct bytes *to, struct words *why);

#endif
