/* The guard: what ssh starts on another host (`mpirun --agent`). It forks the agent, starts the guards of further
 * hosts where the job has many, passes frames between them and whoever is above, and is the subreaper above the
 * agent: when either of the two dies, the other one cleans up. It touches no file and waits for nothing, so that
 * its answers to "are you alive?" tell whether the host is. */
#ifndef MPIRUN_RELAY_H
#define MPIRUN_RELAY_H

#include <stdint.h>

/* Works on standard input and output until they end; the value is the process's exit code. */
int relay_run(char *title, int64_t start_ns);

#endif
