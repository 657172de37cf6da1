/* Collective operations between two groups: each in its three forms, with roots on both sides, and groups of different
 * sizes. */
#include "coll.h"

static int rank, size, others, low; /* low: of the group with rank 0 of the world */
static MPI_Comm comm;
static const struct kind *kind;

/* A rank of either side as one number, so that values differ. */
static int me(void)
{
    return rank + (low ? 0 : 100);
}

static int other(int r)
{
    return r + (low ? 100 : 0);
}

/* root: a rank of the side `at_low`; what this process says. */
static int role(int at_low, int root)
{
    return at_low != low ? root : rank == root ? MPI_ROOT : MPI_PROC_NULL;
}

static int number(int at_low, int root)
{
    return root + (at_low ? 0 : 100);
}

static void test_bcast(int n, int at_low, int root)
{
    int says = role(at_low, root);
    struct buffer b = buffer_make(kind, n), want = buffer_make(kind, n);
    for (int i = 0; says != MPI_PROC_NULL && i < n; i++)
        buffer_put(&want, i, value(number(at_low, root), 0, i));
#define PREPARE                                              \
    buffer_clear(&b);                                        \
    for (int i = 0; says == MPI_ROOT && i < n; i++)          \
        buffer_put(&b, i, value(me(), 0, i))
    TRY(PREPARE, CHECK(buffer_same(&b, &want)), Bcast, Ibcast, b.at, n, kind->type, says, comm);
#undef PREPARE
    buffer_free(&b);
    buffer_free(&want);
}

static void test_gather(int n, int at_low, int root)
{
    int says = role(at_low, root);
    long room = (long)n * others;
    struct buffer out = buffer_make(kind, n), in = buffer_make(kind, room), want = buffer_make(kind, room);
    int *counts = malloc((size_t)others * sizeof *counts), *places = malloc((size_t)others * sizeof *places);
    for (int i = 0; i < n; i++)
        buffer_put(&out, i, value(me(), number(at_low, root), i));
    for (long i = 0; says == MPI_ROOT && i < room; i++)
        buffer_put(&want, i, value(other((int)(i / n)), me(), i % n));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Gather, Igather, out.at, n, kind->type, in.at, n, kind->type,
        says, comm);
    buffer_clear(&want);
    for (int r = 0; r < others; r++) {
        counts[r] = n;
        places[r] = (others - 1 - r) * n;
        for (int i = 0; says == MPI_ROOT && i < n; i++)
            buffer_put(&want, places[r] + i, value(other(r), me(), i));
    }
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Gatherv, Igatherv, out.at, n, kind->type, in.at, counts, places,
        kind->type, says, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
}

static void test_scatter(int n, int at_low, int root)
{
    int says = role(at_low, root);
    long room = (long)n * others;
    struct buffer out = buffer_make(kind, room), in = buffer_make(kind, n), want = buffer_make(kind, n);
    int *counts = malloc((size_t)others * sizeof *counts), *places = malloc((size_t)others * sizeof *places);
    for (long i = 0; i < room; i++)
        buffer_put(&out, i, value(me(), other((int)(i / n)), i % n));
    for (int i = 0; says >= 0 && i < n; i++)
        buffer_put(&want, i, value(number(at_low, root), me(), i));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Scatter, Iscatter, out.at, n, kind->type, in.at, n, kind->type,
        says, comm);
    for (int r = 0; r < others; r++) {
        counts[r] = n;
        places[r] = r * n;
    }
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Scatterv, Iscatterv, out.at, counts, places, kind->type, in.at,
        n, kind->type, says, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
}

static void test_allgather(int n)
{
    int mine = n + rank % 2;
    long room = (long)(n + 1) * others;
    struct buffer out = buffer_make(kind, mine), in = buffer_make(kind, room), want = buffer_make(kind, room);
    int *counts = malloc((size_t)others * sizeof *counts), *places = malloc((size_t)others * sizeof *places);
    for (int i = 0; i < mine; i++)
        buffer_put(&out, i, value(me(), 0, i));
    for (long i = 0; i < (long)n * others; i++)
        buffer_put(&want, i, value(other((int)(i / n)), 0, i % n));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Allgather, Iallgather, out.at, n, kind->type, in.at, n,
        kind->type, comm);
    buffer_clear(&want);
    for (int r = 0; r < others; r++) {
        counts[r] = n + r % 2;
        places[r] = r * (n + 1);
        for (int i = 0; i < counts[r]; i++)
            buffer_put(&want, places[r] + i, value(other(r), 0, i));
    }
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Allgatherv, Iallgatherv, out.at, mine, kind->type, in.at, counts,
        places, kind->type, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
}

static void test_alltoall(int n)
{
    long room = (long)n * others;
    struct buffer out = buffer_make(kind, room), in = buffer_make(kind, room), want = buffer_make(kind, room);
    int *counts = malloc((size_t)others * sizeof *counts), *places = malloc((size_t)others * sizeof *places);
    MPI_Datatype *types = malloc((size_t)others * sizeof *types);
    for (long i = 0; i < room; i++) {
        buffer_put(&out, i, value(me(), other((int)(i / n)), i % n));
        buffer_put(&want, i, value(other((int)(i / n)), me(), i % n));
    }
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Alltoall, Ialltoall, out.at, n, kind->type, in.at, n, kind->type,
        comm);
    for (int r = 0; r < others; r++) {
        counts[r] = n;
        places[r] = r * n;
        types[r] = kind->type;
    }
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Alltoallv, Ialltoallv, out.at, counts, places, kind->type, in.at,
        counts, places, kind->type, comm);
    for (int r = 0; r < others; r++)
        places[r] = r * n * (int)kind->extent;
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Alltoallw, Ialltoallw, out.at, counts, places, types, in.at,
        counts, places, types, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
    free(places);
    free(types);
}

/* ---- reductions: of the other group's ints ---- */

static int sum_of_others(long i)
{
    int sum = 0;
    for (int r = 0; r < others; r++)
        sum += value(other(r), 0, i);
    return sum;
}

static void test_reductions(int n, int at_low, int root)
{
    int says = role(at_low, root);
    struct buffer out = buffer_make(&kinds[0], n), in = buffer_make(&kinds[0], n), want = buffer_make(&kinds[0], n);
    for (int i = 0; i < n; i++)
        buffer_put(&out, i, value(me(), 0, i));
    for (int i = 0; says == MPI_ROOT && i < n; i++)
        buffer_put(&want, i, sum_of_others(i));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Reduce, Ireduce, out.at, in.at, n, MPI_INT, MPI_SUM, says, comm);
    for (int i = 0; i < n; i++)
        buffer_put(&want, i, sum_of_others(i));
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Allreduce, Iallreduce, out.at, in.at, n, MPI_INT, MPI_SUM, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

/* Both sides reduce vectors of n * size * others elements. */
static void test_reduce_scatter(int n)
{
    int mine = n * others, total = mine * size;
    int *counts = malloc((size_t)size * sizeof *counts);
    struct buffer out = buffer_make(&kinds[0], total), in = buffer_make(&kinds[0], mine), want = buffer_make(&kinds[0], mine);
    for (int i = 0; i < total; i++)
        buffer_put(&out, i, value(me(), 0, i));
    for (int i = 0; i < mine; i++)
        buffer_put(&want, i, sum_of_others(rank * mine + i));
    for (int r = 0; r < size; r++)
        counts[r] = mine;
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Reduce_scatter_block, Ireduce_scatter_block, out.at, in.at, mine,
        MPI_INT, MPI_SUM, comm);
    TRY(buffer_clear(&in), CHECK(buffer_same(&in, &want)), Reduce_scatter, Ireduce_scatter, out.at, in.at, counts, MPI_INT,
        MPI_SUM, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
}

/* What is not for inter-communicators. */
static void test_refused(void)
{
    int a = 1, b = 2;
    MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
    CHECK(MPI_Scan(&a, &b, 1, MPI_INT, MPI_SUM, comm) == MPI_ERR_COMM);
    CHECK(MPI_Exscan(&a, &b, 1, MPI_INT, MPI_SUM, comm) == MPI_ERR_COMM);
    CHECK(MPI_Allreduce(MPI_IN_PLACE, &b, 1, MPI_INT, MPI_SUM, comm) == MPI_ERR_BUFFER);
    CHECK(MPI_Bcast(&a, 1, MPI_INT, others, comm) == MPI_ERR_ROOT);
}

int main(int argc, char **argv)
{
    static const int counts[] = {0, 1, 3, 1000, 20000};
    int world, all;
    MPI_Comm group;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &world);
    MPI_Comm_size(MPI_COMM_WORLD, &all);
    kinds_make();
    low = world < (all + 1) / 3 || world == 0;
    MPI_Comm_split(MPI_COMM_WORLD, low, -world, &group);
    MPI_Comm_rank(group, &rank);
    MPI_Comm_size(group, &size);
    MPI_Intercomm_create(group, low ? size - 1 : 0, MPI_COMM_WORLD, low ? all - 1 : 0, 9, &comm);
    MPI_Comm_remote_size(comm, &others);
    for (int k = 0; k < KINDS; k++)
        for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
            int n = counts[i], at_low = (k + (int)i) % 2, there = at_low ? (low ? size : others) : low ? others : size;
            int root = k % there;
            kind = &kinds[k];
            form = (form + 1) % FORMS;
            test_bcast(n, at_low, root);
            test_gather(n, at_low, root);
            test_scatter(n, at_low, root);
            test_allgather(n);
            test_alltoall(n);
            test_reductions(n, at_low, root);
            if (n <= 1000)
                test_reduce_scatter(n);
        }
    for (form = 0; form < FORMS; form++)
        TRY(, , Barrier, Ibarrier, comm);
    test_refused();
    MPI_Comm_free(&comm);
    MPI_Comm_free(&group);
    kinds_free();
    MPI_Finalize();
    return test_end();
}
