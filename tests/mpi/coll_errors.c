/* Wrong arguments of collective operations, and processes that do not agree on how much is sent. Arguments: which error
 * shall end the program. */
#include "test.h"

#include <string.h>

static int rank, size;

static void test_arguments(void)
{
    int a[64] = {0}, b[64] = {0}, counts[64], places[64] = {0};
    MPI_Request r;
    MPI_Datatype t;
    MPI_Comm w = MPI_COMM_WORLD;
    for (int i = 0; i < 64; i++)
        counts[i] = 0;
    CHECK(MPI_Barrier(MPI_COMM_NULL) == MPI_ERR_COMM);
    CHECK(MPI_Bcast(a, 1, MPI_INT, size, w) == MPI_ERR_ROOT);
    CHECK(MPI_Bcast(a, 1, MPI_INT, MPI_ROOT, w) == MPI_ERR_ROOT);
    CHECK(MPI_Bcast(a, -1, MPI_INT, 0, w) == MPI_ERR_COUNT);
    CHECK(MPI_Bcast(NULL, 1, MPI_INT, 0, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Bcast(MPI_IN_PLACE, 1, MPI_INT, 0, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Bcast(a, 1, MPI_DATATYPE_NULL, 0, w) == MPI_ERR_TYPE);
    CHECK(MPI_Ibcast(a, 1, MPI_INT, 0, w, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Bcast_init(a, 1, MPI_INT, 0, w, (MPI_Info)a, &r) == MPI_ERR_INFO);
    MPI_Type_vector(2, 1, 2, MPI_INT, &t);
    CHECK(MPI_Bcast(a, 1, t, 0, w) == MPI_ERR_TYPE); /* not committed */
    MPI_Type_commit(&t);
    CHECK(MPI_Allreduce(a, b, 1, t, MPI_SUM, w) == MPI_ERR_OP);
    MPI_Type_free(&t);
    CHECK(MPI_Allreduce(a, b, 1, MPI_DOUBLE, MPI_BAND, w) == MPI_ERR_OP);
    CHECK(MPI_Allreduce(a, b, 1, MPI_INT, MPI_OP_NULL, w) == MPI_ERR_OP);
    CHECK(MPI_Allreduce(a, b, 1, MPI_INT, MPI_REPLACE, w) == MPI_ERR_OP);
    CHECK(MPI_Allreduce(a, a, 1, MPI_INT, MPI_SUM, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Allreduce(a, MPI_IN_PLACE, 1, MPI_INT, MPI_SUM, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Scan(a, a, 1, MPI_INT, MPI_SUM, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Reduce(rank == 0 ? a : MPI_IN_PLACE, rank == 0 ? a : b, 1, MPI_INT, MPI_SUM, 0, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Allgather(a, 1, MPI_INT, a, 1, MPI_INT, w) == MPI_ERR_BUFFER);
    CHECK(MPI_Allgatherv(a, 1, MPI_INT, b, NULL, places, MPI_INT, w) == MPI_ERR_ARG);
    CHECK(MPI_Allgatherv(a, 1, MPI_INT, b, counts, NULL, MPI_INT, w) == MPI_ERR_ARG);
    counts[size - 1] = -1;
    CHECK(MPI_Allgatherv(a, 1, MPI_INT, b, counts, places, MPI_INT, w) == MPI_ERR_COUNT);
    CHECK(MPI_Alltoallv(a, counts, places, MPI_INT, b, counts, places, MPI_INT, w) == MPI_ERR_COUNT);
    CHECK(MPI_Reduce_scatter(a, b, counts, MPI_INT, MPI_SUM, w) == MPI_ERR_COUNT);
    CHECK(MPI_Reduce_scatter(a, b, NULL, MPI_INT, MPI_SUM, w) == MPI_ERR_ARG);
    counts[size - 1] = 0;
    CHECK(MPI_Alltoallw(a, counts, places, NULL, b, counts, places, NULL, w) == MPI_ERR_ARG);
    /* what is not significant is not looked at */
    CHECK(MPI_Reduce(a, rank ? NULL : b, 1, MPI_INT, MPI_SUM, 0, w) == MPI_SUCCESS);
    CHECK(MPI_Gather(a, 1, MPI_INT, rank ? NULL : b, rank ? -1 : 1, rank ? MPI_DATATYPE_NULL : MPI_INT, 0, w) == MPI_SUCCESS);
    CHECK(MPI_Allgather(MPI_IN_PLACE, -1, MPI_DATATYPE_NULL, b, 1, MPI_INT, w) == MPI_SUCCESS);
    CHECK(MPI_Bcast(NULL, 0, MPI_INT, 0, w) == MPI_SUCCESS);
}

static void test_requests(void)
{
    int a = rank;
    MPI_Request r, copy;
    CHECK(MPI_Ibcast(&a, 1, MPI_INT, 0, MPI_COMM_WORLD, &r) == MPI_SUCCESS);
    copy = r; /* the call takes the handle even if it refuses */
    CHECK(MPI_Request_free(&copy) == MPI_ERR_REQUEST);
    CHECK(MPI_Cancel(&r) == MPI_ERR_REQUEST);
    CHECK(MPI_Start(&r) == MPI_ERR_REQUEST);
    CHECK(MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS && r == MPI_REQUEST_NULL);
    CHECK(MPI_Bcast_init(&a, 1, MPI_INT, 0, MPI_COMM_WORLD, MPI_INFO_NULL, &r) == MPI_SUCCESS);
    CHECK(MPI_Start(&r) == MPI_SUCCESS);
    CHECK(MPI_Start(&r) == MPI_ERR_REQUEST);
    copy = r;
    CHECK(MPI_Request_free(&copy) == MPI_ERR_REQUEST);
    CHECK(MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(MPI_Request_free(&r) == MPI_SUCCESS && r == MPI_REQUEST_NULL);
}

/* Types, operations and communicators may be freed while an operation with them is under way. */
static void noted(void *in, void *inout, int *n, MPI_Datatype *t)
{
    (void)t;
    for (int i = 0; i < 2 * *n; i++)
        ((int *)inout)[i] += ((int *)in)[i];
}

static void test_freed(void)
{
    int mine[2] = {rank, 1}, sum[2] = {0, 0};
    MPI_Datatype pair;
    MPI_Op add;
    MPI_Comm c;
    MPI_Request r;
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    MPI_Type_contiguous(2, MPI_INT, &pair);
    MPI_Type_commit(&pair);
    MPI_Op_create(noted, 1, &add);
    if (rank == 0 && size > 1) /* so that it cannot be over at once */
        MPI_Recv(NULL, 0, MPI_INT, size - 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    CHECK(MPI_Iallreduce(mine, sum, 1, pair, add, c, &r) == MPI_SUCCESS);
    CHECK(MPI_Type_free(&pair) == MPI_SUCCESS && MPI_Op_free(&add) == MPI_SUCCESS && MPI_Comm_free(&c) == MPI_SUCCESS);
    if (rank == size - 1 && size > 1)
        MPI_Send(NULL, 0, MPI_INT, 0, 0, MPI_COMM_WORLD);
    CHECK(MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(sum[0] == size * (size - 1) / 2 && sum[1] == size);
}

/* Where sizes do not agree it is seen by those who receive. */
static void test_disagreement(void)
{
    int a[100] = {0}, b[6400];
    MPI_Request r;
    MPI_Comm c;
    if (size < 2)
        return;
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    CHECK(MPI_Bcast(a, rank ? 5 : 10, MPI_INT, 0, c) == (rank == 0 ? MPI_SUCCESS : MPI_ERR_TRUNCATE) || rank > 1);
    MPI_Comm_free(&c);
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    int rc = MPI_Gather(a, rank == 1 ? 3 : 2, MPI_INT, b, 2, MPI_INT, 0, c);
    CHECK(rc == (rank == 0 ? MPI_ERR_TRUNCATE : MPI_SUCCESS) || size > 4);
    MPI_Comm_free(&c);
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    CHECK(MPI_Ibcast(a, rank ? 10 : 5, MPI_INT, 0, c, &r) == MPI_SUCCESS);
    rc = MPI_Wait(&r, MPI_STATUS_IGNORE);
    CHECK(rc == (rank == 0 ? MPI_SUCCESS : MPI_ERR_COUNT) || rank > 1);
    MPI_Comm_free(&c);
}

int main(int argc, char **argv)
{
    int a[100] = {0};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc > 1 && !strcmp(argv[1], "root"))
        MPI_Bcast(a, 1, MPI_INT, -1, MPI_COMM_WORLD);
    if (argc > 1 && !strcmp(argv[1], "count"))
        MPI_Bcast(a, rank ? 5 : 10, MPI_INT, 0, MPI_COMM_WORLD);
    if (argc > 1 && !strcmp(argv[1], "wait")) {
        MPI_Request r;
        MPI_Iallreduce(a, a + 50, rank ? 1 : 2, MPI_INT, MPI_SUM, MPI_COMM_WORLD, &r);
        MPI_Wait(&r, MPI_STATUS_IGNORE);
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    test_arguments();
    test_requests();
    test_freed();
    test_disagreement();
    MPI_Finalize();
    return test_end();
}
