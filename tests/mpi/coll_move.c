/* Collective operations that move data: each in its three forms, in place too, for all kinds of elements, every root and
 * sizes on both sides of every change of algorithm. */
#include "coll.h"

static int rank, size;
static MPI_Comm comm;
static const struct kind *kind;

static void test_bcast(int n, int root)
{
    struct buffer b = buffer_make(kind, n), want = buffer_make(kind, n);
    for (int i = 0; i < n; i++)
        buffer_put(&want, i, value(root, 0, i));
#define PREPARE                                              \
    buffer_clear(&b);                                        \
    for (int i = 0; rank == root && i < n; i++)              \
        buffer_put(&b, i, value(root, 0, i))
    TRY(PREPARE, CHECK(buffer_same(&b, &want)), Bcast, Ibcast, b.at, n, kind->type, root, comm);
#undef PREPARE
    buffer_free(&b);
    buffer_free(&want);
}

static void test_gather(int n, int root, int in_place)
{
    struct buffer out = buffer_make(kind, n), in = buffer_make(kind, (long)n * size), want = buffer_make(kind, (long)n * size);
    in_place = in_place && rank == root;
    for (int i = 0; i < n; i++)
        buffer_put(&out, i, value(rank, root, i));
    for (long i = 0; rank == root && i < (long)n * size; i++)
        buffer_put(&want, i, value((int)(i / n), root, i % n));
#define PREPARE                                              \
    buffer_clear(&in);                                       \
    for (int i = 0; in_place && i < n; i++)                  \
        buffer_put(&in, (long)rank * n + i, value(rank, root, i))
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Gather, Igather, in_place ? MPI_IN_PLACE : out.at, n, kind->type, in.at,
        n, kind->type, root, comm);
#undef PREPARE
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

static void test_scatter(int n, int root, int in_place)
{
    struct buffer out = buffer_make(kind, (long)n * size), in = buffer_make(kind, n), want = buffer_make(kind, n);
    in_place = in_place && rank == root;
    for (long i = 0; rank == root && i < (long)n * size; i++)
        buffer_put(&out, i, value(root, (int)(i / n), i % n));
    for (int i = 0; !in_place && i < n; i++)
        buffer_put(&want, i, value(root, rank, i));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Scatter, Iscatter, out.at, n, kind->type,
        in_place ? MPI_IN_PLACE : in.at, n, kind->type, root, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

static void test_allgather(int n, int in_place)
{
    struct buffer out = buffer_make(kind, n), in = buffer_make(kind, (long)n * size), want = buffer_make(kind, (long)n * size);
    for (int i = 0; i < n; i++)
        buffer_put(&out, i, value(rank, 0, i));
    for (long i = 0; i < (long)n * size; i++)
        buffer_put(&want, i, value((int)(i / n), 0, i % n));
#define PREPARE                                              \
    buffer_clear(&in);                                       \
    for (int i = 0; in_place && i < n; i++)                  \
        buffer_put(&in, (long)rank * n + i, value(rank, 0, i))
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Allgather, Iallgather, in_place ? MPI_IN_PLACE : out.at, n, kind->type,
        in.at, n, kind->type, comm);
#undef PREPARE
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

static void test_alltoall(int n, int in_place)
{
    struct buffer out = buffer_make(kind, (long)n * size), in = buffer_make(kind, (long)n * size),
                  want = buffer_make(kind, (long)n * size);
    for (long i = 0; i < (long)n * size; i++) {
        buffer_put(&out, i, value(rank, (int)(i / n), i % n));
        buffer_put(&want, i, value((int)(i / n), rank, i % n));
    }
#define PREPARE                                                      \
    buffer_clear(&in);                                               \
    if (in_place)                                                    \
        memcpy(in.memory, out.memory, in.size)
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Alltoall, Ialltoall, in_place ? MPI_IN_PLACE : out.at, n, kind->type, in.at,
        n, kind->type, comm);
#undef PREPARE
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

/* ---- different counts: rank r has n + r elements (or none, for every third), with a gap before them ---- */

static int count_of(int n, int r)
{
    return r % 3 == 2 ? 0 : n + r;
}

static long layout(int n, int *counts, int *places)
{
    int at = 1;
    for (int r = size - 1; r >= 0; r--) { /* backwards in memory */
        counts[r] = count_of(n, r);
        places[r] = at;
        at += counts[r] + 2;
    }
    return at;
}

static void test_gatherv(int n, int root, int in_place)
{
    int *counts = malloc((size_t)size * sizeof *counts), *places = malloc((size_t)size * sizeof *places);
    long room = layout(n, counts, places);
    struct buffer out = buffer_make(kind, counts[rank]), in = buffer_make(kind, room), want = buffer_make(kind, room);
    in_place = in_place && rank == root;
    for (int i = 0; i < counts[rank]; i++)
        buffer_put(&out, i, value(rank, root, i));
    for (int r = 0; rank == root && r < size; r++)
        for (int i = 0; i < counts[r]; i++)
            buffer_put(&want, places[r] + i, value(r, root, i));
#define PREPARE                                                      \
    buffer_clear(&in);                                               \
    for (int i = 0; in_place && i < counts[rank]; i++)               \
        buffer_put(&in, places[rank] + i, value(rank, root, i))
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Gatherv, Igatherv, in_place ? MPI_IN_PLACE : out.at, counts[rank],
        kind->type, in.at, rank == root ? counts : NULL, rank == root ? places : NULL, kind->type, root, comm);
#undef PREPARE
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
}

static void test_scatterv(int n, int root, int in_place)
{
    int *counts = malloc((size_t)size * sizeof *counts), *places = malloc((size_t)size * sizeof *places);
    long room = layout(n, counts, places);
    struct buffer out = buffer_make(kind, room), in = buffer_make(kind, counts[rank]), want = buffer_make(kind, counts[rank]);
    in_place = in_place && rank == root;
    for (int r = 0; r < size; r++)
        for (int i = 0; i < counts[r]; i++)
            buffer_put(&out, places[r] + i, value(root, r, i));
    for (int i = 0; !in_place && i < counts[rank]; i++)
        buffer_put(&want, i, value(root, rank, i));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Scatterv, Iscatterv, out.at, counts, places, kind->type,
        in_place ? MPI_IN_PLACE : in.at, counts[rank], kind->type, root, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
}

static void test_allgatherv(int n, int in_place)
{
    int *counts = malloc((size_t)size * sizeof *counts), *places = malloc((size_t)size * sizeof *places);
    long room = layout(n, counts, places);
    struct buffer out = buffer_make(kind, counts[rank]), in = buffer_make(kind, room), want = buffer_make(kind, room);
    for (int i = 0; i < counts[rank]; i++)
        buffer_put(&out, i, value(rank, 0, i));
    for (int r = 0; r < size; r++)
        for (int i = 0; i < counts[r]; i++)
            buffer_put(&want, places[r] + i, value(r, 0, i));
#define PREPARE                                                      \
    buffer_clear(&in);                                               \
    for (int i = 0; in_place && i < counts[rank]; i++)               \
        buffer_put(&in, places[rank] + i, value(rank, 0, i))
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Allgatherv, Iallgatherv, in_place ? MPI_IN_PLACE : out.at, counts[rank],
        kind->type, in.at, counts, places, kind->type, comm);
#undef PREPARE
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
}

/* From rank r to rank s go as many as from s to r, which in place needs. */
static int between(int n, int r, int s)
{
    return (r + s) % 4 == 3 ? 0 : n + (r + s) % 5;
}

static void test_alltoallv(int n, int in_place, int typed)
{
    size_t bytes = (size_t)size * sizeof(int);
    int *counts = malloc(bytes), *places = malloc(bytes), at = 1;
    MPI_Datatype *types = malloc((size_t)size * sizeof *types);
    for (int r = 0; r < size; r++) {
        counts[r] = between(n, rank, r);
        places[r] = typed ? at * (int)kind->extent : at;
        types[r] = kind->type;
        at += counts[r] + 1;
    }
    struct buffer out = buffer_make(kind, at), in = buffer_make(kind, at), want = buffer_make(kind, at);
    for (int r = 0; r < size; r++)
        for (int i = 0; i < counts[r]; i++) {
            long place = (typed ? places[r] / (int)kind->extent : places[r]) + i;
            buffer_put(&out, place, value(rank, r, i));
            buffer_put(&want, place, value(r, rank, i));
        }
#define PREPARE                                                      \
    buffer_clear(&in);                                               \
    if (in_place)                                                    \
        memcpy(in.memory, out.memory, in.size)
    if (typed)
        TRY(PREPARE, CHECK(buffer_same(&in, &want)), Alltoallw, Ialltoallw, in_place ? MPI_IN_PLACE : out.at, counts, places,
            types, in.at, counts, places, types, comm);
    else
        TRY(PREPARE, CHECK(buffer_same(&in, &want)), Alltoallv, Ialltoallv, in_place ? MPI_IN_PLACE : out.at, counts, places,
            kind->type, in.at, counts, places, kind->type, comm);
#undef PREPARE
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
    free(types);
}

/* Large counts, and a different but fitting type on the other side. */
static void test_large_counts(void)
{
    int n = 6, six[6], in[6] = {0};
    MPI_Count counts[64];
    MPI_Aint places[64];
    MPI_Datatype pair;
    int *all = calloc((size_t)size * (size_t)n, sizeof *all);
    MPI_Type_contiguous(2, MPI_INT, &pair);
    MPI_Type_commit(&pair);
    for (int i = 0; i < n; i++)
        six[i] = value(rank, 0, i);
    for (int r = 0; r < size && r < 64; r++) {
        counts[r] = n / 2;
        places[r] = (size - 1 - r) * (n / 2);
    }
    CHECK(MPI_Allgather_c(six, n, MPI_INT, all, n / 2, pair, comm) == MPI_SUCCESS);
    for (int i = 0; i < n * size; i++)
        CHECK(all[i] == value(i / n, 0, i % n));
    CHECK(MPI_Allgatherv_c(six, n, MPI_INT, all, counts, places, pair, comm) == MPI_SUCCESS);
    for (int i = 0; i < n * size; i++)
        CHECK(all[i] == value(size - 1 - i / n, 0, i % n));
    CHECK(MPI_Bcast_c(rank ? in : six, rank ? n : n / 2, rank ? MPI_INT : pair, 0, comm) == MPI_SUCCESS);
    for (int i = 0; rank && i < n; i++)
        CHECK(in[i] == value(0, 0, i));
    MPI_Type_free(&pair);
    free(all);
}

static void test_barrier(void)
{
    static int turn;
    int token = ++turn, other = 0;
    MPI_Request r;
    TRY(, , Barrier, Ibarrier, comm);
    /* who has not entered holds all the others back: rank 0 enters when it has heard of the last one, which waits */
    if (size < 2)
        return;
    if (rank == 0) {
        MPI_Recv(&other, 1, MPI_INT, size - 1, 5, comm, MPI_STATUS_IGNORE);
        CHECK(other == token);
        CHECK(MPI_Ibarrier(comm, &r) == MPI_SUCCESS && MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    } else {
        int flag;
        CHECK(MPI_Ibarrier(comm, &r) == MPI_SUCCESS);
        for (int i = 0; rank == size - 1 && i < 100; i++) {
            MPI_Test(&r, &flag, MPI_STATUS_IGNORE);
            CHECK(!flag);
        }
        if (rank == size - 1)
            MPI_Send(&token, 1, MPI_INT, 0, 5, comm);
        CHECK(MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    }
}

static void test_all(MPI_Comm c)
{
    static const int counts[] = {0, 1, 3, 50, 1000, 9000};
    comm = c;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    for (int k = 0; k < KINDS; k++)
        for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
            int n = counts[i], root = (k + (int)i) % size;
            kind = &kinds[k];
            form = (form + 1) % FORMS;
            test_bcast(n, root);
            if (i == 5 && k < 3)
                test_bcast(k == 2 ? 30000 : 100000, root);
            for (int in_place = 0; in_place < 2; in_place++) {
                form = (form + 1) % FORMS;
                test_gather(n, (root + 1) % size, in_place);
                test_scatter(n, root, in_place);
                test_allgather(n, in_place);
                test_alltoall(n, in_place);
                test_gatherv(n, root, in_place);
                test_scatterv(n, root, in_place);
                test_allgatherv(n, in_place);
                test_alltoallv(n, in_place, 0);
                test_alltoallv(n, in_place, 1);
            }
        }
    for (int root = 0; root < size; root++)
        for (form = 0; form < FORMS; form++) {
            kind = &kinds[root % KINDS];
            test_bcast(5, root);
            test_gather(5, root, form == 1);
            test_scatter(5, root, form == 1);
        }
    for (form = 0; form < FORMS; form++)
        test_barrier();
    form = 0;
    test_large_counts();
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    kinds_make();
    each_comm(test_all);
    kinds_free();
    MPI_Finalize();
    return test_end();
}
