/* The processes below one process, found in /proc: what an agent signals and kills. A process that is re-parented
 * because its parent died stays below the agent, which is a child subreaper. */
#ifndef MPIRUN_TREE_H
#define MPIRUN_TREE_H

#include <sys/types.h>

/* Sends sig to every process below root, root excluded. The number of processes found; -1 when /proc cannot be
 * read. */
int tree_signal(pid_t root, int sig);

/* The same, without these children of root and what is below them. *refused, if there is one that may not be
 * signalled (a program that runs as another user), becomes its pid. */
int tree_signal_but(pid_t root, int sig, const pid_t *spared, int spared_count, pid_t *refused);

/* The children of root, at most room of them; their number. */
int tree_children(pid_t root, pid_t *children, int room);

/* The kernel's letter for the state of a process (R, S, D, T, Z ...), or '?'. */
char tree_state(pid_t pid);

#endif
