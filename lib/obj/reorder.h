/* Which process becomes which rank of a topology, so that neighbours are on the same node where they can be: what
 * MPI_Cart_create and its relatives do when they may reorder. Pure: a graph and the node of each process in, a
 * permutation out; the same in every process, as nothing is random and only integers decide. */
#ifndef OBJ_REORDER_H
#define OBJ_REORDER_H

#include "obj/topo.h"

/* Edges of vertex v: to[start[v]] ... to[start[v + 1] - 1]; weights NULL: all count 1. */
struct reorder_graph {
    int n;
    int64_t *start;
    int *to;
    int *weights;
};

/* Of a topology that all processes know (a grid, a graph). 0 or MPI_ERR_NO_MEM. The second gives the memory back. */
int reorder_graph_of(const struct topo *t, struct reorder_graph *g);
void reorder_graph_free(struct reorder_graph *g);

/* Of edges in any order: source, destination, weight. */
int reorder_graph_of_edges(int n, const int32_t (*edges)[3], int64_t count, struct reorder_graph *g);

/* What crosses a node when process number process[v] (NULL: v) becomes rank v: the weight of all such edges. */
uint64_t reorder_crossing(const struct reorder_graph *g, const uint32_t *node, const int *process);

/* process[v]: who shall become rank v; never worse than everybody staying what he is, and exactly that where nothing
 * better was found. t: the grid that the graph is of, or NULL. 0 or MPI_ERR_NO_MEM. */
int reorder(const struct reorder_graph *g, const struct topo *t, const uint32_t *node, int *process);

#endif
