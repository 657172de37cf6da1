/* The wires of this process: opened when MPI starts, handed to p2p. */
#ifndef BOOT_WIRES_H
#define BOOT_WIRES_H

#include "base/words.h"

/* After the place in the job is known (proc). 0, or -1 and words. */
int wires_open(int threaded, struct words *why);
void wires_close(void);

#endif
