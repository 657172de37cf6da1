/* What the files of api/ on topologies share. */
#ifndef API_TOPO_H
#define API_TOPO_H

#include "api/comm.h"
#include "obj/topo.h"

/* The communicator, and its topology, which must be of that kind: 0, or the error. */
int topo_comm(const char *function, MPI_Comm handle, int kind, struct comm **c);

/* A communicator of the first `size` ranks of c with that topology, whose reference is given away (NULL: no
 * memory). process[v] becomes rank v (NULL: v does); it is freed. */
int topo_give(const char *function, struct comm *c, int size, int *process, struct topo *t, MPI_Comm *out);

/* topo_reorder.c: who becomes which rank of a topology that all know; may: what the program has said. *process NULL:
 * everybody stays what he is. 0 or MPI_ERR_NO_MEM. */
int topo_may_reorder(int reorder); /* and it could be of use */
int topo_order(int may, struct comm *c, const struct topo *t, int **process);
int topo_order_edges(struct comm *c, const int32_t (*edges)[3], int64_t count, int **process);
/* What process number `rank` becomes, or MPI_UNDEFINED. */
int topo_new_rank(const int *process, int n, int rank);
/* Of a distributed graph of which each knows its own edges: also the topology of what this process becomes. */
int topo_order_adjacent(const char *function, struct comm *c, int weighted, const struct topo_edges *in,
                        const struct topo_edges *out, int **process, struct topo **t, struct words *why);

/* What the calling process would become in that topology, whose reference is given away (NULL: no memory). */
int topo_map(const char *function, struct comm *c, struct topo *t, int *newrank);

int topo_count(const char *function, struct comm *c, const char *name, int n); /* must not be negative */
int topo_rank(const char *function, struct comm *c, int rank);

#endif
