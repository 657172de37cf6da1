/* The processes below one process, found in /proc: what an agent signals and kills. A process that is re-parented
 * because its parent died stays below the agent, which is a child subreaper. */
#ifndef MPIRUN_TREE_H
#define MPIRUN_TREE_H

#include <sys/types.h>

/* Sends sig to every process below root, root excluded. The number of processes found; -1 when /proc cannot be
 * read. */
int tree_signal(pid_t root, int sig);

/* The kernel's letter for the state of a process (R, S, D, T, Z ...), or '?'. */
char tree_state(pid_t pid);

#endif
