/* Topologies that may be reordered: whatever the new ranks are, every process has the neighbours that its new rank has,
 * all kinds of topologies of one graph agree about what crosses nodes, and it is no more than without reordering.
 * Arguments: what has to cross before and after, of a grid of two dimensions. */
#include "test.h"

#include <stdlib.h>

static int size, rank;

/* A number for the node that the calling process is on. */
static int my_node(void)
{
    MPI_Comm node;
    int first = rank;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Bcast(&first, 1, MPI_INT, 0, node);
    MPI_Comm_free(&node);
    return first;
}

/* Edges that lead from this process to others, of a topology of any kind. */
static int neighbours(MPI_Comm c, int to[8])
{
    int kind, me, ndims, n = 0, in, weighted, ignored[8];
    MPI_Topo_test(c, &kind);
    MPI_Comm_rank(c, &me);
    if (kind == MPI_CART) {
        MPI_Cartdim_get(c, &ndims);
        for (int d = 0; d < ndims; d++) {
            int down, up;
            MPI_Cart_shift(c, d, 1, &down, &up);
            if (down != MPI_PROC_NULL)
                to[n++] = down;
            if (up != MPI_PROC_NULL)
                to[n++] = up;
        }
    } else if (kind == MPI_GRAPH) {
        MPI_Graph_neighbors_count(c, me, &n);
        MPI_Graph_neighbors(c, me, 8, to);
    } else {
        MPI_Dist_graph_neighbors_count(c, &in, &n, &weighted);
        MPI_Dist_graph_neighbors(c, in, ignored, MPI_UNWEIGHTED, n, to, MPI_UNWEIGHTED);
    }
    return n;
}

/* What crosses nodes, of all processes together; and neighbours really exchange something. */
static int crossing(MPI_Comm c, int node)
{
    int to[8], n = neighbours(c, to), own = 0, all, me, members, result;
    MPI_Comm_rank(c, &me);
    MPI_Comm_size(c, &members);
    int *nodes = malloc((size_t)members * sizeof *nodes);
    MPI_Allgather(&node, 1, MPI_INT, nodes, 1, MPI_INT, c);
    for (int i = 0; i < n; i++)
        own += nodes[to[i]] != node;
    MPI_Allreduce(&own, &all, 1, MPI_INT, MPI_SUM, c);
    int got[8] = {-1, -1, -1, -1, -1, -1, -1, -1}; /* a grid leaves gaps at its ends */
    MPI_Neighbor_allgather(&me, 1, MPI_INT, got, 1, MPI_INT, c);
    for (int i = 0; i < n; i++) { /* all graphs here go both ways */
        int found = 0;
        for (int j = 0; j < 8; j++)
            found |= got[j] == to[i];
        CHECK(found);
    }
    MPI_Comm_compare(c, MPI_COMM_WORLD, &result);
    CHECK(result == MPI_SIMILAR || result == MPI_CONGRUENT);
    free(nodes);
    return all;
}

static int of_grid(int node, int reorder, int *dims)
{
    int periods[2] = {0, 0}, mapped, me;
    MPI_Comm c;
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, reorder, &c) == MPI_SUCCESS);
    MPI_Comm_rank(c, &me);
    CHECK(MPI_Cart_map(MPI_COMM_WORLD, 2, dims, periods, &mapped) == MPI_SUCCESS);
    CHECK(reorder ? mapped == me : me == rank);
    int all = crossing(c, node);
    MPI_Comm_free(&c);
    return all;
}

/* The grid's neighbours of a place. */
static int around(const int *dims, int place, int *to)
{
    int n = 0, row = place / dims[1], column = place % dims[1];
    if (row > 0)
        to[n++] = place - dims[1];
    if (row < dims[0] - 1)
        to[n++] = place + dims[1];
    if (column > 0)
        to[n++] = place - 1;
    if (column < dims[1] - 1)
        to[n++] = place + 1;
    return n;
}

static int of_graph(int node, int reorder, const int *dims)
{
    int *index = malloc((size_t)size * sizeof *index), *edges = malloc((size_t)size * 4 * sizeof *edges), n = 0, me,
        mapped;
    MPI_Comm c;
    for (int v = 0; v < size; v++)
        index[v] = n += around(dims, v, edges + n);
    CHECK(MPI_Graph_create(MPI_COMM_WORLD, size, index, edges, reorder, &c) == MPI_SUCCESS);
    CHECK(MPI_Graph_map(MPI_COMM_WORLD, size, index, edges, &mapped) == MPI_SUCCESS);
    MPI_Comm_rank(c, &me);
    CHECK(reorder ? mapped == me : me == rank);
    int all = crossing(c, node);
    MPI_Comm_free(&c);
    free(index);
    free(edges);
    return all;
}

/* Weights say from where to where an edge leads, so that it is seen whether they come along. */
static void check_weights(MPI_Comm c, const int *dims)
{
    int in, out, weighted, me, from[4], to[4], in_weights[4], out_weights[4], expected[4];
    MPI_Comm_rank(c, &me);
    CHECK(MPI_Dist_graph_neighbors_count(c, &in, &out, &weighted) == MPI_SUCCESS && weighted);
    CHECK(in == around(dims, me, expected) && out == in);
    CHECK(MPI_Dist_graph_neighbors(c, 4, from, in_weights, 4, to, out_weights) == MPI_SUCCESS);
    for (int i = 0; i < in; i++)
        CHECK(in_weights[i] == from[i] * 1000 + me && out_weights[i] == me * 1000 + to[i]);
}

static int of_adjacent(int node, int reorder, const int *dims, int weigh)
{
    int to[4], out_weights[4], in_weights[4], n = around(dims, rank, to);
    MPI_Comm c;
    for (int i = 0; i < n; i++) {
        out_weights[i] = rank * 1000 + to[i];
        in_weights[i] = to[i] * 1000 + rank;
    }
    CHECK(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, n, to, weigh ? in_weights : MPI_UNWEIGHTED, n, to,
                                         weigh ? out_weights : MPI_UNWEIGHTED, MPI_INFO_NULL, reorder,
                                         &c) == MPI_SUCCESS);
    if (weigh)
        check_weights(c, dims);
    int all = crossing(c, node);
    MPI_Comm_free(&c);
    return all;
}

/* Each names the edges of another. */
static int of_anybody(int node, int reorder, const int *dims, int weigh)
{
    int other = (rank + 1) % size, to[4], weights[4], n = around(dims, other, to);
    MPI_Comm c;
    for (int i = 0; i < n; i++)
        weights[i] = other * 1000 + to[i];
    CHECK(MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &other, &n, to, weigh ? weights : MPI_UNWEIGHTED, MPI_INFO_NULL,
                                reorder, &c) == MPI_SUCCESS);
    if (weigh)
        check_weights(c, dims);
    int all = crossing(c, node);
    MPI_Comm_free(&c);
    return all;
}

/* Fewer places than processes: who has none gets no communicator. */
static void smaller(void)
{
    int dims[1] = {size - 1}, periods[1] = {1}, me, mapped;
    MPI_Comm c;
    if (size < 2)
        return;
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 1, &c) == MPI_SUCCESS);
    CHECK(MPI_Cart_map(MPI_COMM_WORLD, 1, dims, periods, &mapped) == MPI_SUCCESS);
    CHECK((c == MPI_COMM_NULL) == (mapped == MPI_UNDEFINED));
    if (c == MPI_COMM_NULL)
        return;
    MPI_Comm_rank(c, &me);
    CHECK(me == mapped);
    MPI_Barrier(c);
    MPI_Comm_free(&c);
}

int main(int argc, char **argv)
{
    int dims[2] = {0, 0};
    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Dims_create(size, 2, dims);
    int node = my_node(), before = of_grid(node, 0, dims), after = of_grid(node, 1, dims);
    if (argc > 2)
        CHECK(before == atoi(argv[1]) && after == atoi(argv[2]));
    CHECK(after <= before);
    CHECK(of_graph(node, 0, dims) == before && of_adjacent(node, 0, dims, 0) == before);
    CHECK(of_adjacent(node, 0, dims, 1) == before && of_anybody(node, 0, dims, 1) == before);
    CHECK(of_graph(node, 1, dims) <= before);
    CHECK(of_adjacent(node, 1, dims, 0) <= before);
    CHECK(of_anybody(node, 1, dims, 0) <= before);
    CHECK(of_adjacent(node, 1, dims, 0) == of_anybody(node, 1, dims, 0)); /* the same graph */
    of_adjacent(node, 1, dims, 1); /* heavy edges decide here, so that more may cross */
    of_anybody(node, 1, dims, 1);
    smaller();
    MPI_Finalize();
    return test_end();
}
