/* The machine's topology, as hwloc sees it. The only place that knows hwloc. */
#ifndef MPIRUN_TOPO_H
#define MPIRUN_TOPO_H

#include "boot/node.h"
#include "mpirun/place.h"

/* A machine that is not this one, for tests: hwloc's XML, or its synthetic description. */
struct topo_source {
    const char *xml; /* with its NUL */
    int xml_size;
    const char *synthetic;
    const struct cpuset *allowed; /* the cpus that the job may use; NULL: all */
};

/* The cpus that this process may use, or those of `from`, in hwloc's order, for the caller to free. The number of
 * them; -1 and words when hwloc fails. */
int topo_table(const struct topo_source *from, struct place_cpu **cpus, struct words *why);

/* The same of this machine, into the node segment's table: at most room of them. */
int topo_cpus(struct node_cpu *cpus, int room, struct words *why);

/* The machine in a few lines for people, into text. -1 and words when hwloc fails. */
int topo_describe(char *text, unsigned long size, struct words *why);

#endif
