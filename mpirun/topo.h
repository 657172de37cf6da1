/* The machine's topology, as hwloc sees it, once per node. The only place that knows hwloc. */
#ifndef MPIRUN_TOPO_H
#define MPIRUN_TOPO_H

#include "boot/node.h"

/* Fills cpus with the cpus that this process may use, in hwloc's order. The number of them, at most room; -1 and
 * words when hwloc fails. */
int topo_cpus(struct node_cpu *cpus, int room, struct words *why);

/* The machine in a few lines for people, into text. -1 and words when hwloc fails. */
int topo_describe(char *text, unsigned long size, struct words *why);

#endif
