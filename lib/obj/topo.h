/* Process topologies: what is known of who stands beside whom in a communicator. They never change and are shared by
 * duplicates; whoever uses one holds a reference. Pure: ranks in, ranks out. */
#ifndef OBJ_TOPO_H
#define OBJ_TOPO_H

#include <mpi.h>
#include <stdint.h>

/* Of the distributed graph of one process: from whom, or to whom; weights NULL: none were given. */
struct topo_edges {
    int count;
    int *ranks, *weights;
};

struct topo {
    _Atomic int references;
    int kind; /* MPI_CART, MPI_GRAPH, MPI_DIST_GRAPH */
    int size; /* processes; of a distributed graph 0 */
    /* MPI_CART */
    int ndims;
    int *dims, *periods;
    /* MPI_GRAPH: as MPI_Graph_create has them */
    int nedges;
    int *index, *edges;
    /* MPI_DIST_GRAPH */
    int weighted;
    struct topo_edges in, out;
};

/* Each NULL: no memory. Arguments have been checked; arrays are copied. */
struct topo *topo_cart(int ndims, const int *dims, const int *periods);
struct topo *topo_graph(int nnodes, const int *index, const int *edges);
struct topo *topo_dist_graph(int weighted, const struct topo_edges *in, const struct topo_edges *out);
struct topo *topo_get(struct topo *t);
void topo_put(struct topo *t); /* NULL: nothing */

/* Processes of a grid; -1: dims are not all positive, or too many processes for an int. */
int topo_cart_size(int ndims, const int *dims);
/* -1: coordinate number *bad is outside of a dimension that is not periodic. */
int topo_cart_rank(const struct topo *t, const int *coords, int *bad);
void topo_cart_coords(const struct topo *t, int rank, int maxdims, int *coords);
/* The rank that is disp further in a direction, or MPI_PROC_NULL. */
int topo_cart_neighbour(const struct topo *t, int rank, int direction, int64_t disp);

static inline int topo_graph_degree(const struct topo *t, int rank)
{
    return t->index[rank] - (rank ? t->index[rank - 1] : 0);
}
static inline const int *topo_graph_neighbours(const struct topo *t, int rank)
{
    return t->edges + (rank ? t->index[rank - 1] : 0);
}

/* Fills the zeros of dims: the product is nnodes, and what is filled in is as small at its largest as can be, then at
 * its second largest ...; not increasing. 0, or MPI_ERR_DIMS. */
int topo_dims(int nnodes, int ndims, int *dims);

#endif
