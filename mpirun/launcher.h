/* The launcher: mpirun itself, in front of the agents. Decides when and why the job ends and with which exit code,
 * writes the output, hears the signals. */
#ifndef MPIRUN_LAUNCHER_H
#define MPIRUN_LAUNCHER_H

#include "mpirun/job.h"

/* Places the ranks of a job that asks, when all is known, and makes the text that is to be shown of it. */
typedef int launcher_place(struct job *job, char **shown, struct words *why);

/* Runs the job, whose hosts are decided, and its places too, unless it asks; the value is mpirun's exit code. */
int launcher_run(struct job *job, launcher_place *place);

#endif
