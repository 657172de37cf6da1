/* What a host has, as bytes: the table of its cpus and how many of them a job may use. For agents, which are asked
 * before ranks can be placed. Each column of the table is written as its changes from row to row, and changes that
 * come again with a period are written once: a machine of 256 cpus takes some 150 bytes. Pure. */
#ifndef MPIRUN_TOPOPACK_H
#define MPIRUN_TOPOPACK_H

#include "mpirun/bytes.h"
#include "mpirun/place.h"

void topopack_put(struct bytes *to, const struct place_cpu *cpus, int count, int usable);

/* The number of cpus, for the caller to free; -1 and words when these bytes are no such table. */
int topopack_get(const void *bytes, size_t size, struct place_cpu **cpus, int *usable, struct words *why);

#endif
