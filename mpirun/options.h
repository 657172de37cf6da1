/* The command line of mpirun: a pure function from words to a job. Understands the options of Open MPI's mpirun
 * and of MPICH's mpiexec (Hydra), each with one dash or two, and --name=value. Starts nothing; prints only when
 * memory is exhausted, and then ends the process. */
#ifndef MPIRUN_OPTIONS_H
#define MPIRUN_OPTIONS_H

#include "mpirun/job.h"

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_WRONG };

/* job->conf must be loaded already; options override it. How many ranks a program has when it does not say so is
 * layout.c's matter. With OPTIONS_WRONG, why says what is wrong. */
enum options_result options_parse(int argc, char **argv, struct job *job, struct words *why);

#endif
