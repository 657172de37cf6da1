/* The launcher: mpirun itself, in front of the agents. Decides when and why the job ends and with which exit code,
 * writes the output, hears the signals. */
#ifndef MPIRUN_LAUNCHER_H
#define MPIRUN_LAUNCHER_H

#include "mpirun/job.h"

/* Runs the job, whose hosts and places are decided; the value is mpirun's exit code. */
int launcher_run(struct job *job);

#endif
