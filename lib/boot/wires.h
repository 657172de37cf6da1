/* The wires of this process: opened when MPI starts, handed to p2p. */
#ifndef BOOT_WIRES_H
#define BOOT_WIRES_H

#include "base/words.h"

/* After the place in the job is known (proc). 0, or -1 and words. */
int wires_open(int threaded, struct words *why);
/* The end of the world, or of a session; the wires stay open, as a session may follow. */
void wires_drain(int session);
void wires_again(void); /* one follows */

#endif
