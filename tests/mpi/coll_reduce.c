/* Reductions: each in its three forms, in place too, with operations that commute and that do not, on types with and
 * without gaps, at every root and on both sides of every change of algorithm; all ranks get the same bits. */
#include "coll.h"

#include <math.h>

static int rank, size;
static MPI_Comm comm;

/* ---- operations and what they work on ---- */

struct reduction {
    const char *name;
    struct kind kind;
    MPI_Op op;
    void (*fold)(const char *left, char *right); /* of one element, for the reference */
    int shift;                                   /* of values */
};

/* x -> a x + b, one after the other: does not commute */
struct affine {
    unsigned a, b;
};

static struct affine affine_after(struct affine l, struct affine r)
{
    return (struct affine){l.a * r.a, l.b * r.a + r.b};
}

static void write_affine(char *at, int v)
{
    struct affine f = {(unsigned)v * 2 + 1, (unsigned)v + 3};
    memcpy(at, &f, sizeof f);
}

static void fold_affine(const char *left, char *right)
{
    struct affine l, r;
    memcpy(&l, left, sizeof l);
    memcpy(&r, right, sizeof r);
    l = affine_after(l, r);
    memcpy(right, &l, sizeof l);
}

static void op_affine(void *in, void *inout, int *len, MPI_Datatype *type)
{
    MPI_Aint lb, extent;
    MPI_Type_get_extent(*type, &lb, &extent);
    for (int i = 0; i < *len; i++)
        fold_affine((char *)in + i * extent, (char *)inout + i * extent);
}

/* the same with a gap between the two, and an element that begins in front of them */
static void write_wide(char *at, int v)
{
    struct affine f = {(unsigned)v * 2 + 1, (unsigned)v + 3};
    memcpy(at + 8, &f.a, sizeof f.a);
    memcpy(at + 16, &f.b, sizeof f.b);
}

static void fold_wide(const char *left, char *right)
{
    struct affine l, r;
    memcpy(&l.a, left + 8, 4);
    memcpy(&l.b, left + 16, 4);
    memcpy(&r.a, right + 8, 4);
    memcpy(&r.b, right + 16, 4);
    l = affine_after(l, r);
    memcpy(right + 8, &l.a, 4);
    memcpy(right + 16, &l.b, 4);
}

static void op_wide(void *in, void *inout, MPI_Count *len, MPI_Datatype *type)
{
    MPI_Aint lb, extent;
    MPI_Type_get_extent(*type, &lb, &extent);
    for (MPI_Count i = 0; i < *len; i++)
        fold_wide((char *)in + i * extent, (char *)inout + i * extent);
}

static void fold_sum(const char *left, char *right)
{
    int l, r;
    memcpy(&l, left, 4);
    memcpy(&r, right, 4);
    r += l;
    memcpy(right, &r, 4);
}

static void fold_sum_double(const char *left, char *right)
{
    double l, r;
    memcpy(&l, left, 8);
    memcpy(&r, right, 8);
    r += l;
    memcpy(right, &r, 8);
}

static void write_pair(char *at, int v)
{
    int pair[2] = {v % 7, v};
    memcpy(at, pair, sizeof pair);
}

static void fold_minloc(const char *left, char *right)
{
    int l[2], r[2];
    memcpy(l, left, 8);
    memcpy(r, right, 8);
    if (l[0] < r[0] || (l[0] == r[0] && l[1] < r[1]))
        memcpy(right, l, 8);
}

enum { REDUCTIONS = 5 };
static struct reduction reductions[REDUCTIONS];

static void make_reductions(void)
{
    MPI_Datatype pair, wide;
    MPI_Op affine, wide_op;
    MPI_Aint places[2] = {8, 16};
    MPI_Type_contiguous(2, MPI_UNSIGNED, &pair);
    MPI_Type_commit(&pair);
    MPI_Type_create_hindexed_block(2, 1, places, MPI_UNSIGNED, &wide);
    wide = resized(wide, 0, 32);
    MPI_Op_create(op_affine, 0, &affine);
    MPI_Op_create_c(op_wide, 0, &wide_op);
    reductions[0] = (struct reduction){"sum of int", {"int", MPI_INT, 4, write_int}, MPI_SUM, fold_sum, 0};
    reductions[1] = (struct reduction){"affine", {"pair", pair, 8, write_affine}, affine, fold_affine, 0};
    reductions[2] = (struct reduction){"sum of double", {"double", MPI_DOUBLE, 8, write_double}, MPI_SUM, fold_sum_double, 0};
    reductions[3] = (struct reduction){"minloc", {"2int", MPI_2INT, 8, write_pair}, MPI_MINLOC, fold_minloc, 0};
    reductions[4] = (struct reduction){"affine with gaps", {"wide", wide, 32, write_wide}, wide_op, fold_wide, 0};
}

static void free_reductions(void)
{
    MPI_Op_free(&reductions[1].op);
    MPI_Op_free(&reductions[4].op);
    MPI_Type_free(&reductions[1].kind.type);
    MPI_Type_free(&reductions[4].kind.type);
}

/* ---- the reference: ranks first to last, folded from the left ---- */

static void reference(const struct reduction *r, struct buffer *b, long at, long from, long n, int last)
{
    char left[2 * EDGE], right[2 * EDGE];
    for (long i = 0; i < n; i++) {
        memset(left, FILL, sizeof left);
        r->kind.write(left, value(0, 0, from + i));
        for (int k = 1; k <= last; k++) {
            memset(right, FILL, sizeof right);
            r->kind.write(right, value(k, 0, from + i));
            r->fold(left, right);
            memcpy(left, right, sizeof left);
        }
        memcpy(b->at + (at + i) * r->kind.extent, left, (size_t)r->kind.extent);
    }
}

static void put_own(struct buffer *b, long n)
{
    for (long i = 0; i < n; i++)
        buffer_put(b, i, value(rank, 0, i));
}

#define PREPARE                                                      \
    buffer_clear(&in);                                               \
    if (in_place)                                                    \
        put_own(&in, total)

static void test_reduce(const struct reduction *r, long total, int root, int in_place)
{
    int n = (int)total;
    struct buffer out = buffer_make(&r->kind, n), in = buffer_make(&r->kind, n), want = buffer_make(&r->kind, n);
    in_place = in_place && rank == root;
    put_own(&out, n);
    if (rank == root)
        reference(r, &want, 0, 0, n, size - 1);
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Reduce, Ireduce, in_place ? MPI_IN_PLACE : out.at,
        rank == root ? in.at : NULL, n, r->kind.type, r->op, root, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

static void test_allreduce(const struct reduction *r, long total, int in_place)
{
    int n = (int)total;
    struct buffer out = buffer_make(&r->kind, n), in = buffer_make(&r->kind, n), want = buffer_make(&r->kind, n);
    put_own(&out, n);
    reference(r, &want, 0, 0, n, size - 1);
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Allreduce, Iallreduce, in_place ? MPI_IN_PLACE : out.at, in.at, n,
        r->kind.type, r->op, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

static void test_scan(const struct reduction *r, long total, int in_place)
{
    int n = (int)total;
    struct buffer out = buffer_make(&r->kind, n), in = buffer_make(&r->kind, n), want = buffer_make(&r->kind, n);
    put_own(&out, n);
    reference(r, &want, 0, 0, n, rank);
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Scan, Iscan, in_place ? MPI_IN_PLACE : out.at, in.at, n, r->kind.type,
        r->op, comm);
    buffer_clear(&want);
    if (rank)
        reference(r, &want, 0, 0, n, rank - 1);
    else if (in_place)
        put_own(&want, n); /* stays as it is */
    TRY(PREPARE, CHECK(buffer_same(&in, &want)), Exscan, Iexscan, in_place ? MPI_IN_PLACE : out.at, in.at, n, r->kind.type,
        r->op, comm);
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
}

/* Blocks of n elements, or of n + rank and none at all for every third. In place, what stands behind the block is
 * whatever it is. */
static void test_reduce_scatter(const struct reduction *r, long n, int in_place, int regular)
{
    int *counts = malloc((size_t)size * sizeof *counts);
    long total = 0, from = 0;
    for (int i = 0; i < size; i++) {
        counts[i] = regular ? (int)n : i % 3 == 2 ? 0 : (int)n + i;
        from += i < rank ? counts[i] : 0;
        total += counts[i];
    }
    struct buffer out = buffer_make(&r->kind, total), in = buffer_make(&r->kind, in_place ? total : counts[rank]),
                  want = buffer_make(&r->kind, counts[rank]);
    size_t seen = EDGE + (size_t)counts[rank] * (size_t)r->kind.extent;
    put_own(&out, total);
    reference(r, &want, 0, from, counts[rank], size - 1);
    if (regular)
        TRY(PREPARE, CHECK(memcmp(in.memory, want.memory, seen) == 0), Reduce_scatter_block, Ireduce_scatter_block,
            in_place ? MPI_IN_PLACE : out.at, in.at, (int)n, r->kind.type, r->op, comm);
    else
        TRY(PREPARE, CHECK(memcmp(in.memory, want.memory, seen) == 0), Reduce_scatter, Ireduce_scatter,
            in_place ? MPI_IN_PLACE : out.at, in.at, counts, r->kind.type, r->op, comm);
    CHECK(in_place || buffer_same(&in, &want));
    buffer_free(&out);
    buffer_free(&in);
    buffer_free(&want);
    free(counts);
}

/* Floating-point sums depend on the order: all ranks must have used the same one, and the next time, too. */
static void test_same_bits(int n)
{
    double *own = malloc((size_t)n * sizeof *own), *all = malloc((size_t)n * sizeof *all),
           *again = malloc((size_t)n * sizeof *again), *first = malloc((size_t)n * sizeof *first);
    for (int i = 0; i < n; i++)
        own[i] = i % 11 == 10 ? NAN : 1.0 / (1 + value(rank, 3, i)) * (i % 2 ? 1e10 : 1);
    for (int op = 0; op < 2; op++) {
        MPI_Op o = op ? MPI_MAX : MPI_SUM;
        MPI_Allreduce(own, all, n, MPI_DOUBLE, o, comm);
        MPI_Allreduce(own, again, n, MPI_DOUBLE, o, comm);
        memcpy(first, all, (size_t)n * sizeof *first);
        MPI_Bcast(first, n, MPI_DOUBLE, 0, comm);
        CHECK(memcmp(all, again, (size_t)n * sizeof *all) == 0);
        CHECK(memcmp(all, first, (size_t)n * sizeof *all) == 0);
    }
    free(own);
    free(all);
    free(again);
    free(first);
}

static void test_all(MPI_Comm c)
{
    static const int counts[] = {0, 1, 3, 70, 1000, 2500, 20000};
    comm = c;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    for (int k = 0; k < REDUCTIONS; k++)
        for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++)
            for (int in_place = 0; in_place < 2; in_place++) {
                const struct reduction *r = &reductions[k];
                int n = counts[i];
                form = (form + 1) % FORMS;
                test_reduce(r, n, (k + (int)i) % size, in_place);
                test_allreduce(r, n, in_place);
                if (n > 2500)
                    continue;
                test_scan(r, n, in_place);
                test_reduce_scatter(r, n, in_place, 0);
                test_reduce_scatter(r, n, in_place, 1);
            }
    for (int root = 0; root < size; root++)
        for (form = 0; form < FORMS; form++)
            for (int in_place = 0; in_place < 2; in_place++) {
                test_reduce(&reductions[form % 2], 5, root, in_place);
                test_reduce(&reductions[form % 2], 9000, root, in_place);
            }
    form = 0;
    test_allreduce(&reductions[2], 100000, 0);
    test_same_bits(5);
    test_same_bits(5000);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    kinds_make();
    make_reductions();
    each_comm(test_all);
    free_reductions();
    kinds_free();
    MPI_Finalize();
    return test_end();
}
