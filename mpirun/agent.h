/* The agent: what mpirun is on each host that has ranks. Starts them, watches them, carries their output to the
 * launcher and the launcher's wishes to them, and leaves nothing behind, whatever ends first. It decides
 * nothing about the job but two ends: without a launcher, all its ranks are killed at once; and when the last rank has
 * ended, what the ranks have left behind is. */
#ifndef MPIRUN_AGENT_H
#define MPIRUN_AGENT_H

#include "mpirun/job.h"

/* Runs until the launcher closes the stream; the value is the process's exit code. */
int agent_run(int stream, const struct job *job);

#endif
