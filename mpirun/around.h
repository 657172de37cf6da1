/* Looks up what surrounds mpirun, for layout.h: files that options name, variables of batch systems, this
 * machine's names and cpus. Only what the job needs is looked up: one that names no host asks for nothing. */
#ifndef MPIRUN_AROUND_H
#define MPIRUN_AROUND_H

#include "mpirun/layout.h"

/* What agents on other hosts have to know of this process: its folder, its file; and a key for the job. */
int around_describe(struct job *job, struct words *why);

int around_read(const struct job *job, struct surroundings *out, struct words *why);

#endif
