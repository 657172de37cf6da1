/* The signals that mpirun hears, and those that it is not to be stopped by. */
#ifndef MPIRUN_SIGNALS_H
#define MPIRUN_SIGNALS_H

/* Blocks them and opens a signalfd for them; with `others` hosts, the ends of children and Ctrl-Z are among them.
 * *deaf: the ranks have inherited that SIGINT is ignored. -1 and errno when it cannot be had. */
int signals_open(int others, int *deaf);

#endif
