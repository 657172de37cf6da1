/* The agent: what mpirun is on each host that has ranks. Starts them, watches them, carries their output to the
 * launcher and the launcher's wishes to them, and leaves nothing behind, whatever ends first. It decides nothing
 * about the job, with one exception: without a launcher, all its ranks end at once. */
#ifndef MPIRUN_AGENT_H
#define MPIRUN_AGENT_H

#include "mpirun/job.h"

/* Runs until the launcher closes the stream; the value is the process's exit code. */
int agent_run(int stream, const struct job *job);

#endif
