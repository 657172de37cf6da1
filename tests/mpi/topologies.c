/* Topologies: grids, parts of them, graphs and distributed graphs, each held against what every rank can compute; and
 * wrong arguments. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int rank, size;
/* gcc takes the ABI's constants, which are small numbers, for memory of size 0 */
static int *volatile unweighted = MPI_UNWEIGHTED, *volatile no_weights = MPI_WEIGHTS_EMPTY;

static void grids(void)
{
    MPI_Comm c, d, part;
    int dims[3] = {0, 0, 0}, periods[3] = {1, 0, 7}, got[3], wraps[3], at[3], n, kind, me, from, to;
    CHECK(MPI_Dims_create(size, 3, dims) == MPI_SUCCESS && dims[0] * dims[1] * dims[2] == size);
    CHECK(dims[0] >= dims[1] && dims[1] >= dims[2]);
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 3, dims, periods, 1, &c) == MPI_SUCCESS);
    CHECK(MPI_Topo_test(c, &kind) == MPI_SUCCESS && kind == MPI_CART);
    CHECK(MPI_Cartdim_get(c, &n) == MPI_SUCCESS && n == 3);
    CHECK(MPI_Cart_get(c, 3, got, wraps, at) == MPI_SUCCESS && !memcmp(got, dims, sizeof dims));
    CHECK(wraps[0] && !wraps[1] && wraps[2]);
    CHECK(MPI_Cart_rank(c, at, &me) == MPI_SUCCESS && MPI_Comm_rank(c, &n) == MPI_SUCCESS && me == n);
    for (int r = 0; r < size; r++) {
        CHECK(MPI_Cart_coords(c, r, 3, got) == MPI_SUCCESS);
        CHECK(r == (got[0] * dims[1] + got[1]) * dims[2] + got[2]);
    }
    got[0] = -1, got[1] = 0, got[2] = dims[2];
    CHECK(MPI_Cart_rank(c, got, &n) == MPI_SUCCESS && n == (dims[0] - 1) * dims[1] * dims[2]);
    for (int direction = 0; direction < 3; direction++) {
        CHECK(MPI_Cart_shift(c, direction, 1, &from, &to) == MPI_SUCCESS);
        int out = me, in = -1;
        MPI_Sendrecv(&out, 1, MPI_INT, to, 0, &in, 1, MPI_INT, from, 0, c, MPI_STATUS_IGNORE);
        CHECK(in == (from == MPI_PROC_NULL ? -1 : from));
        CHECK((from == MPI_PROC_NULL) == (direction == 1 && at[1] == 0));
        CHECK((to == MPI_PROC_NULL) == (direction == 1 && at[1] == dims[1] - 1));
    }
    CHECK(MPI_Comm_dup(c, &d) == MPI_SUCCESS && MPI_Topo_test(d, &kind) == MPI_SUCCESS && kind == MPI_CART);
    MPI_Comm_free(&c);
    for (int mask = 0; mask < 8; mask++) {
        int remain[3] = {mask & 1, mask & 2, mask & 4}, expected = 1, count = 0, coords[3];
        CHECK(MPI_Cart_sub(d, remain, &part) == MPI_SUCCESS);
        CHECK(MPI_Cartdim_get(part, &n) == MPI_SUCCESS);
        CHECK(MPI_Cart_get(part, 3, got, wraps, coords) == MPI_SUCCESS);
        for (int i = 0; i < 3; i++)
            if (remain[i]) {
                CHECK(got[count] == dims[i] && !wraps[count] == !periods[i] && coords[count] == at[i]);
                expected *= dims[i];
                count++;
            }
        CHECK(n == count && MPI_Comm_size(part, &n) == MPI_SUCCESS && n == expected);
        MPI_Comm_free(&part);
    }
    MPI_Comm_free(&d);
    dims[0] = size - 1; /* not for all */
    if (size > 1) {
        CHECK(MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &c) == MPI_SUCCESS &&
              (c == MPI_COMM_NULL) == (rank == size - 1));
        CHECK(MPI_Cart_map(MPI_COMM_WORLD, 1, dims, periods, &n) == MPI_SUCCESS &&
              n == (rank < size - 1 ? rank : MPI_UNDEFINED));
        if (c != MPI_COMM_NULL)
            MPI_Comm_free(&c);
    }
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 0, NULL, NULL, 0, &c) == MPI_SUCCESS &&
          (c != MPI_COMM_NULL) == (rank == 0));
    if (c != MPI_COMM_NULL) {
        CHECK(MPI_Cartdim_get(c, &n) == MPI_SUCCESS && n == 0);
        CHECK(MPI_Cart_rank(c, NULL, &n) == MPI_SUCCESS && n == 0);
        MPI_Comm_free(&c);
    }
}

/* A star: 0 beside all others; the last rank has no part in it. */
static void graphs(void)
{
    int nodes = size > 2 ? size - 1 : size, n, m, kind;
    int *index = malloc((size_t)nodes * sizeof *index), *edges = malloc(2 * (size_t)nodes * sizeof *edges);
    int *got = malloc(2 * (size_t)nodes * sizeof *got);
    MPI_Comm c;
    for (int i = 0; i < nodes; i++) {
        index[i] = nodes - 1 + i;
        if (i) {
            edges[i - 1] = i;
            edges[nodes - 2 + i] = 0;
        }
    }
    CHECK(MPI_Graph_create(MPI_COMM_WORLD, nodes, index, edges, 0, &c) == MPI_SUCCESS &&
          (c != MPI_COMM_NULL) == (rank < nodes));
    CHECK(MPI_Graph_map(MPI_COMM_WORLD, nodes, index, edges, &n) == MPI_SUCCESS &&
          n == (rank < nodes ? rank : MPI_UNDEFINED));
    if (c != MPI_COMM_NULL) {
        CHECK(MPI_Topo_test(c, &kind) == MPI_SUCCESS && kind == MPI_GRAPH);
        CHECK(MPI_Graphdims_get(c, &n, &m) == MPI_SUCCESS && n == nodes && m == 2 * (nodes - 1));
        CHECK(MPI_Graph_get(c, nodes, 0, got, NULL) == MPI_SUCCESS);
        CHECK(!memcmp(got, index, (size_t)nodes * sizeof *got));
        CHECK(MPI_Graph_get(c, 0, m, NULL, got) == MPI_SUCCESS && !memcmp(got, edges, (size_t)m * sizeof *got));
        CHECK(MPI_Graph_neighbors_count(c, 0, &n) == MPI_SUCCESS && n == nodes - 1);
        CHECK(MPI_Graph_neighbors(c, 0, n, got) == MPI_SUCCESS);
        for (int i = 0; i < n; i++)
            CHECK(got[i] == i + 1);
        if (nodes > 1) {
            CHECK(MPI_Graph_neighbors_count(c, nodes - 1, &n) == MPI_SUCCESS && n == 1);
            CHECK(MPI_Graph_neighbors(c, nodes - 1, 1, got) == MPI_SUCCESS && *got == 0);
        }
        MPI_Comm_free(&c);
    }
    CHECK(MPI_Graph_create(MPI_COMM_WORLD, 0, NULL, NULL, 0, &c) == MPI_SUCCESS && c == MPI_COMM_NULL);
    free(index);
    free(edges);
    free(got);
}

/* Everybody has an edge to the next rank, and to the one after that with another weight. */
static void check_distributed(MPI_Comm c, int weighted)
{
    int in, out, w, kind, from[2], to[2], from_weight[2] = {-1, -1}, to_weight[2] = {-1, -1};
    CHECK(MPI_Topo_test(c, &kind) == MPI_SUCCESS && kind == MPI_DIST_GRAPH);
    CHECK(MPI_Dist_graph_neighbors_count(c, &in, &out, &w) == MPI_SUCCESS && in == 2 && out == 2 && !w == !weighted);
    CHECK(MPI_Dist_graph_neighbors(c, 2, from, from_weight, 2, to, to_weight) == MPI_SUCCESS);
    int first = (rank + size - 1) % size, second = (rank + size - 2 % size) % size;
    for (int i = 0; i < 2; i++) {
        CHECK(from[i] == first || from[i] == second);
        CHECK(!weighted || from_weight[i] == 10 || from_weight[i] == 20);
        CHECK(!weighted || size < 3 || (from_weight[i] == 10) == (from[i] == first));
        CHECK(!weighted || size < 3 || (to_weight[i] == 10) == (to[i] == (rank + 1) % size));
    }
    CHECK(from[0] + from[1] == first + second && to[0] + to[1] == (rank + 1) % size + (rank + 2) % size);
    CHECK(MPI_Dist_graph_neighbors(c, 1, from, unweighted, 0, NULL, unweighted) == MPI_SUCCESS);
}

static void distributed(void)
{
    MPI_Comm c, d;
    int from[2] = {(rank + size - 1) % size, (rank + size - 2 % size) % size},
        to[2] = {(rank + 1) % size, (rank + 2) % size};
    int weights[2] = {10, 20}, n;
    CHECK(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 2, from, weights, 2, to, weights, MPI_INFO_NULL, 0, &c) ==
          MPI_SUCCESS);
    check_distributed(c, 1);
    CHECK(MPI_Comm_dup(c, &d) == MPI_SUCCESS);
    MPI_Comm_free(&c);
    check_distributed(d, 1);
    MPI_Comm_free(&d);
    CHECK(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 2, from, unweighted, 2, to, unweighted, MPI_INFO_NULL, 1,
                                         &c) == MPI_SUCCESS);
    check_distributed(c, 0);
    MPI_Comm_free(&c);
    int degree = 2, two[2] = {rank, rank}, ones[2] = {1, 1};
    CHECK(MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &rank, &degree, to, weights, MPI_INFO_NULL, 0, &c) == MPI_SUCCESS);
    check_distributed(c, 1);
    MPI_Comm_free(&c);
    CHECK(MPI_Dist_graph_create(MPI_COMM_WORLD, 2, two, ones, to, unweighted, MPI_INFO_NULL, 0, &c) == MPI_SUCCESS);
    check_distributed(c, 0);
    MPI_Comm_free(&c);
    /* Rank 0 names the edges of all. */
    int *all = malloc(6 * (size_t)size * sizeof *all), *degrees = all + size, *ends = degrees + size,
        *values = ends + 2 * size;
    for (int i = 0; i < size; i++) {
        all[i] = i;
        degrees[i] = 2;
        ends[2 * i] = (i + 1) % size;
        ends[2 * i + 1] = (i + 2) % size;
        values[2 * i] = 10;
        values[2 * i + 1] = 20;
    }
    n = rank == 0 ? size : 0;
    CHECK(MPI_Dist_graph_create(MPI_COMM_WORLD, n, all, degrees, ends, rank ? no_weights : values, MPI_INFO_NULL,
                                0, &c) == MPI_SUCCESS);
    check_distributed(c, 1);
    MPI_Comm_free(&c);
    free(all);
}

static void wrong(void)
{
    MPI_Comm c, g;
    int dims[2] = {size, 2}, periods[2] = {0, 0}, zero[1] = {0}, n, m, index[2] = {1, 0}, edge[1] = {5},
        one[1] = {1}, back[2];
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &c) == MPI_ERR_DIMS);
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 1, zero, periods, 0, &c) == MPI_ERR_DIMS);
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, -1, dims, periods, 0, &c) == MPI_ERR_ARG);
    CHECK(MPI_Cart_create(MPI_COMM_WORLD, 1, dims, NULL, 0, &c) == MPI_ERR_ARG);
    CHECK(MPI_Cartdim_get(MPI_COMM_WORLD, &n) == MPI_ERR_TOPOLOGY &&
          MPI_Graphdims_get(MPI_COMM_WORLD, &n, &m) == MPI_ERR_TOPOLOGY);
    CHECK(MPI_Dist_graph_neighbors_count(MPI_COMM_WORLD, &n, &m, &n) == MPI_ERR_TOPOLOGY);
    CHECK(MPI_Topo_test(MPI_COMM_WORLD, &n) == MPI_SUCCESS && n == MPI_UNDEFINED);
    MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &c);
    CHECK(MPI_Cart_rank(c, &size, &n) == MPI_ERR_ARG && MPI_Cart_coords(c, size, 1, &n) == MPI_ERR_RANK);
    CHECK(MPI_Cart_coords(c, 0, 0, &n) == MPI_ERR_ARG && MPI_Cart_shift(c, 1, 1, &n, &m) == MPI_ERR_ARG);
    CHECK(MPI_Graph_neighbors(c, 0, 1, &n) == MPI_ERR_TOPOLOGY && MPI_Cart_sub(c, NULL, &g) == MPI_ERR_ARG);
    MPI_Comm_free(&c);
    CHECK(MPI_Graph_create(MPI_COMM_SELF, 2, index, edge, 0, &c) == MPI_ERR_ARG);
    if (size > 1)
        CHECK(MPI_Graph_create(MPI_COMM_WORLD, 2, index, edge, 0, &c) == MPI_ERR_ARG);
    CHECK(MPI_Graph_create(MPI_COMM_WORLD, 1, one, edge, 0, &c) == MPI_ERR_ARG);
    CHECK(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, &size, unweighted, 0, NULL, unweighted, MPI_INFO_NULL,
                                         0, &c) == MPI_ERR_RANK);
    CHECK(MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, &rank, NULL, 0, NULL, no_weights, MPI_INFO_NULL, 0,
                                         &c) == MPI_ERR_ARG);
    n = -1;
    CHECK(MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &rank, &n, NULL, unweighted, MPI_INFO_NULL, 0, &c) == MPI_ERR_ARG);
    CHECK(MPI_Dist_graph_create(MPI_COMM_WORLD, 1, &rank, one, &rank, &n, MPI_INFO_NULL, 0, &c) == MPI_ERR_ARG);
    back[0] = 5, back[1] = 0;
    CHECK(MPI_Dims_create(24, 2, back) == MPI_ERR_DIMS && MPI_Dims_create(0, 2, back) == MPI_ERR_ARG);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    grids();
    graphs();
    distributed();
    wrong();
    MPI_Finalize();
    return test_end();
}
