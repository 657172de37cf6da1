/* Collective operations with neighbours: grids (open, closed, two wide, one wide), graphs and distributed graphs; each in
 * its three forms. What a process gets from a neighbour is what that one has sent towards it. */
#include "coll.h"

enum { MOST = 64 };

static int rank, size, in_count, out_count;
static int in[MOST], out[MOST];   /* ranks, or MPI_PROC_NULL */
static int in_way[MOST], out_way[MOST]; /* which of the edges between the two, as both sides see it */
static MPI_Comm comm;
static const struct kind *kind;

static void put_blocks(struct buffer *b, const int *counts, const int *places, int all_ways)
{
    for (int e = 0; e < out_count; e++)
        for (int i = 0; i < counts[e]; i++)
            buffer_put(b, places[e] + i, value(rank, all_ways ? 0 : out_way[e], i));
}

static void want_blocks(struct buffer *b, const int *counts, const int *places, int all_ways)
{
    for (int e = 0; e < in_count; e++)
        for (int i = 0; in[e] != MPI_PROC_NULL && i < counts[e]; i++)
            buffer_put(b, places[e] + i, value(in[e], all_ways ? 0 : in_way[e], i));
}

static void test_one(int n)
{
    int counts[MOST], places[MOST];
    MPI_Aint bytes[MOST];
    MPI_Datatype types[MOST];
    struct buffer own = buffer_make(kind, n), blocks = buffer_make(kind, (long)n * out_count),
                  got = buffer_make(kind, (long)n * in_count), want = buffer_make(kind, (long)n * in_count);
    for (int i = 0; i < MOST; i++) {
        counts[i] = n;
        places[i] = i * n;
        bytes[i] = (MPI_Aint)i * n * kind->extent;
        types[i] = kind->type;
    }
    for (int i = 0; i < n; i++)
        buffer_put(&own, i, value(rank, 0, i));
    put_blocks(&blocks, counts, places, 0);
    want_blocks(&want, counts, places, 1);
#define SAME CHECK(buffer_same(&got, &want))
    TRY(buffer_clear(&got), SAME, Neighbor_allgather, Ineighbor_allgather, own.at, n, kind->type, got.at, n, kind->type, comm);
    TRY(buffer_clear(&got), SAME, Neighbor_allgatherv, Ineighbor_allgatherv, own.at, n, kind->type, got.at, counts, places,
        kind->type, comm);
    buffer_clear(&want);
    want_blocks(&want, counts, places, 0);
    TRY(buffer_clear(&got), SAME, Neighbor_alltoall, Ineighbor_alltoall, blocks.at, n, kind->type, got.at, n, kind->type, comm);
    TRY(buffer_clear(&got), SAME, Neighbor_alltoallv, Ineighbor_alltoallv, blocks.at, counts, places, kind->type, got.at,
        counts, places, kind->type, comm);
    TRY(buffer_clear(&got), SAME, Neighbor_alltoallw, Ineighbor_alltoallw, blocks.at, counts, bytes, types, got.at, counts,
        bytes, types, comm);
    buffer_free(&own);
    buffer_free(&blocks);
    buffer_free(&got);
    buffer_free(&want);
}

static void test_kinds(void)
{
    static const int counts[] = {0, 1, 7, 5000};
    for (int k = 0; k < KINDS; k++)
        for (int i = 0; i < 4; i++) {
            kind = &kinds[k];
            form = (k + i) % FORMS; /* the same for all, whatever they took part in before */
            test_one(counts[i]);
        }
}

/* A way is named by dimension and direction of travel. */
static void test_cart(int ndims, const int *dims, const int *periods)
{
    int needed = 1;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int d = 0; d < ndims; d++)
        needed *= dims[d];
    if (needed > size)
        return;
    MPI_Cart_create(MPI_COMM_WORLD, ndims, dims, periods, 0, &comm);
    if (comm == MPI_COMM_NULL)
        return;
    MPI_Comm_rank(comm, &rank);
    in_count = out_count = 2 * ndims;
    for (int d = 0; d < ndims; d++) {
        int before, behind;
        MPI_Cart_shift(comm, d, 1, &before, &behind);
        in[2 * d] = out[2 * d] = before;
        in[2 * d + 1] = out[2 * d + 1] = behind;
        out_way[2 * d] = in_way[2 * d + 1] = 1 + 2 * d; /* travels down */
        out_way[2 * d + 1] = in_way[2 * d] = 2 + 2 * d; /* travels up */
    }
    test_kinds();
    MPI_Comm_free(&comm);
}

/* Everybody is joined with everybody, himself too. */
static void test_graph(void)
{
    int index[MOST], edges[MOST * MOST];
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int r = 0; r < size; r++) {
        index[r] = (r + 1) * size;
        for (int i = 0; i < size; i++)
            edges[r * size + i] = (r + i) % size;
    }
    MPI_Graph_create(MPI_COMM_WORLD, size, index, edges, 0, &comm);
    MPI_Comm_rank(comm, &rank);
    in_count = out_count = size;
    for (int i = 0; i < size; i++) {
        in[i] = out[i] = (rank + i) % size;
        out_way[i] = out[i];
        in_way[i] = rank;
    }
    test_kinds();
    MPI_Comm_free(&comm);
}

/* Two edges to the next and one to the one after it; nothing comes back. */
static void test_dist_graph(void)
{
    int sources[3], dests[3], weights[3] = {1, 1, 1};
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int i = 0; i < 3; i++) {
        int far = i == 1 ? 2 : 1;
        dests[i] = out[i] = (rank + far) % size;
        sources[i] = in[i] = (rank + 2 * size - far) % size;
        out_way[i] = in_way[i] = i;
    }
    MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 3, sources, weights, 3, dests, weights, MPI_INFO_NULL, 0,
                                   &comm);
    in_count = out_count = 3;
    test_kinds();
    MPI_Comm_free(&comm);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    kinds_make();
    test_cart(1, (int[]){1}, (int[]){1});
    test_cart(1, (int[]){1}, (int[]){0});
    test_cart(1, (int[]){2}, (int[]){1});
    test_cart(1, (int[]){3}, (int[]){1});
    test_cart(1, (int[]){4}, (int[]){0});
    test_cart(2, (int[]){2, 2}, (int[]){1, 1});
    test_cart(2, (int[]){2, 1}, (int[]){1, 1});
    test_cart(2, (int[]){3, 2}, (int[]){0, 1});
    test_cart(3, (int[]){2, 2, 2}, (int[]){1, 0, 1});
    test_graph();
    test_dist_graph();
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    int a[1], b[MOST];
    CHECK(MPI_Neighbor_allgather(a, 1, MPI_INT, b, 1, MPI_INT, MPI_COMM_WORLD) == MPI_ERR_TOPOLOGY);
    kinds_free();
    MPI_Finalize();
    return test_end();
}
