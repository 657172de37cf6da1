/* What the files of api/ on topologies share. */
#ifndef API_TOPO_H
#define API_TOPO_H

#include "api/comm.h"
#include "obj/topo.h"

/* The communicator, and its topology, which must be of that kind: 0, or the error. */
int topo_comm(const char *function, MPI_Comm handle, int kind, struct comm **c);

/* A communicator of the first `size` ranks of c with that topology, whose reference is given away (NULL: no
 * memory). */
int topo_give(const char *function, struct comm *c, int size, struct topo *t, MPI_Comm *out);

int topo_count(const char *function, struct comm *c, const char *name, int n); /* must not be negative */
int topo_rank(const char *function, struct comm *c, int rank);

#endif
