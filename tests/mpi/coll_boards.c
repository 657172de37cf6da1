/* Blocking collective operations inside of a node: every size around which the way changes; more communicators
 * than there are boards, overlapping, freed and made again; members that do not agree, and go on afterwards.
 * Arguments: the largest size, and "agreed": all do; "kill": a rank dies in the middle; "threads": each with a
 * communicator of its own. */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;

static unsigned char byte_of(int from, int to, long i)
{
    return (unsigned char)(from * 31 + to * 7 + i * 3 + (i >> 8));
}

static unsigned char *pattern(int from, int to, long n)
{
    unsigned char *p = malloc((size_t)n + 1);
    for (long i = 0; i < n; i++)
        p[i] = byte_of(from, to, i);
    return p;
}

static int is_pattern(const unsigned char *p, int from, int to, long n)
{
    for (long i = 0; i < n; i++)
        if (p[i] != byte_of(from, to, i))
            return 0;
    return 1;
}

/* ---- data as they are ---- */

static void move_rooted(MPI_Comm c, int n, int root)
{
    unsigned char *own = pattern(rank, root, n), *all = calloc((size_t)size, (size_t)n + 1);
    int *counts = malloc((size_t)size * sizeof *counts), *places = malloc((size_t)size * sizeof *places), good = 1;
    unsigned char *data = rank == root ? pattern(root, 99, n) : calloc(1, (size_t)n + 1);
    CHECK(MPI_Bcast(data, n, MPI_BYTE, root, c) == MPI_SUCCESS && is_pattern(data, root, 99, n));
    CHECK(MPI_Gather(own, n, MPI_BYTE, all, n, MPI_BYTE, root, c) == MPI_SUCCESS);
    for (int r = 0; r < size; r++)
        good &= rank != root || is_pattern(all + (size_t)r * (size_t)n, r, root, n);
    memset(data, 0, (size_t)n);
    CHECK(MPI_Scatter(all, n, MPI_BYTE, data, n, MPI_BYTE, root, c) == MPI_SUCCESS && is_pattern(data, rank, root, n));
    for (int r = 0; r < size; r++) { /* the later ones have less */
        counts[r] = n - n / size * r;
        places[r] = r * n;
    }
    memset(all, 0, (size_t)n * (size_t)size);
    CHECK(MPI_Gatherv(own, counts[rank], MPI_BYTE, all, counts, places, MPI_BYTE, root, c) == MPI_SUCCESS);
    for (int r = 0; r < size; r++)
        good &= rank != root || is_pattern(all + places[r], r, root, counts[r]);
    memset(data, 0, (size_t)n);
    CHECK(MPI_Scatterv(all, counts, places, MPI_BYTE, data, counts[rank], MPI_BYTE, root, c) == MPI_SUCCESS);
    CHECK(good && is_pattern(data, rank, root, counts[rank]));
    free(own);
    free(all);
    free(data);
    free(counts);
    free(places);
}

static void move_all(MPI_Comm c, int n)
{
    size_t whole = (size_t)n * (size_t)size;
    unsigned char *own = pattern(rank, 0, n), *all = calloc(1, whole + 1), *out = malloc(whole + 1);
    int good = 1;
    CHECK(MPI_Allgather(own, n, MPI_BYTE, all, n, MPI_BYTE, c) == MPI_SUCCESS);
    for (int r = 0; r < size; r++)
        good &= is_pattern(all + (size_t)r * (size_t)n, r, 0, n);
    for (int r = 0; r < size; r++)
        for (long i = 0; i < n; i++)
            out[(size_t)r * (size_t)n + (size_t)i] = byte_of(rank, r, i);
    memset(all, 0, whole);
    CHECK(MPI_Alltoall(out, n, MPI_BYTE, all, n, MPI_BYTE, c) == MPI_SUCCESS);
    CHECK(MPI_Alltoall(MPI_IN_PLACE, 0, MPI_BYTE, out, n, MPI_BYTE, c) == MPI_SUCCESS);
    for (int r = 0; r < size; r++)
        good &= is_pattern(all + (size_t)r * (size_t)n, r, rank, n);
    CHECK(good && !memcmp(out, all, whole));
    free(own);
    free(all);
    free(out);
}

/* ---- reductions ---- */

static void leftmost(void *in, void *inout, int *n, MPI_Datatype *t)
{
    (void)t;
    memcpy(inout, in, (size_t)*n * sizeof(int));
}

static void rightmost(void *in, void *inout, int *n, MPI_Datatype *t)
{
    (void)in;
    (void)inout;
    (void)n;
    (void)t;
}

static int term(int r, int i)
{
    return r * 1000 + i % 977;
}

static int sum_of(int ranks, int i)
{
    return ranks * (ranks - 1) / 2 * 1000 + ranks * (i % 977);
}

static int are_sums(const int *a, int n, int ranks, int from)
{
    for (int i = 0; i < n; i++)
        if (a[i] != sum_of(ranks, from + i))
            return 0;
    return 1;
}

static void reduce_sizes(MPI_Comm c, int n, int root)
{
    int *own = malloc((size_t)n * sizeof(int) + 4), *all = calloc((size_t)n + 1, sizeof(int));
    MPI_Op ops[2];
    MPI_Op_create(leftmost, 0, &ops[0]);
    MPI_Op_create(rightmost, 0, &ops[1]);
    for (int i = 0; i < n; i++)
        own[i] = all[i] = term(rank, i);
    CHECK(MPI_Allreduce(MPI_IN_PLACE, all, n, MPI_INT, MPI_SUM, c) == MPI_SUCCESS && are_sums(all, n, size, 0));
    memset(all, 0, (size_t)n * sizeof(int));
    CHECK(MPI_Allreduce(own, all, n, MPI_INT, MPI_SUM, c) == MPI_SUCCESS && are_sums(all, n, size, 0));
    memset(all, 0, (size_t)n * sizeof(int));
    CHECK(MPI_Reduce(own, all, n, MPI_INT, MPI_SUM, root, c) == MPI_SUCCESS);
    CHECK(rank == root ? are_sums(all, n, size, 0) : !n || all[n - 1] == 0);
    CHECK(MPI_Scan(own, all, n, MPI_INT, MPI_SUM, c) == MPI_SUCCESS && are_sums(all, n, rank + 1, 0));
    CHECK(MPI_Exscan(own, all, n, MPI_INT, MPI_SUM, c) == MPI_SUCCESS && are_sums(all, n, rank ? rank : 1, 0));
    for (int k = 0; k < 2; k++) {
        CHECK(MPI_Allreduce(own, all, n, MPI_INT, ops[k], c) == MPI_SUCCESS);
        CHECK(!n || (all[0] == term(k ? size - 1 : 0, 0) && all[n - 1] == term(k ? size - 1 : 0, n - 1)));
        MPI_Op_free(&ops[k]);
    }
    memcpy(all, own, (size_t)n * sizeof(int));
    int part = n / size;
    CHECK(MPI_Reduce_scatter_block(MPI_IN_PLACE, all, part, MPI_INT, MPI_SUM, c) == MPI_SUCCESS);
    CHECK(are_sums(all, part, size, rank * part));
    CHECK(MPI_Reduce_scatter_block(own, all, part, MPI_INT, MPI_SUM, c) == MPI_SUCCESS);
    CHECK(are_sums(all, part, size, rank * part));
    free(own);
    free(all);
}

/* Everybody has the same bits, and again the next time. */
static void same_bits(MPI_Comm c, int n)
{
    double *own = malloc((size_t)n * sizeof *own), *sum = malloc((size_t)n * sizeof *sum);
    double *again = malloc((size_t)n * sizeof *again);
    for (int i = 0; i < n; i++)
        own[i] = 1.0 / (rank + 1.5 + i % 13) * (i % 2 ? 1e10 : 1);
    CHECK(MPI_Allreduce(own, sum, n, MPI_DOUBLE, MPI_SUM, c) == MPI_SUCCESS);
    CHECK(MPI_Allreduce(own, again, n, MPI_DOUBLE, MPI_SUM, c) == MPI_SUCCESS);
    CHECK(!memcmp(sum, again, (size_t)n * sizeof *sum));
    CHECK(MPI_Bcast(again, n, MPI_DOUBLE, 0, c) == MPI_SUCCESS && !memcmp(sum, again, (size_t)n * sizeof *sum));
    free(own);
    free(sum);
    free(again);
}

static void test_sizes(MPI_Comm c, int most)
{
    static const int edges[] = {0, 8, 40, 64, 512, 1024, 4096, 5461, 8192, 16384, 32768, 65536, 131072, 300000};
    MPI_Comm_rank(c, &rank);
    MPI_Comm_size(c, &size);
    for (int i = 0; i < (int)(sizeof edges / sizeof *edges); i++)
        for (int d = -1; d <= 1; d++) {
            int n = edges[i] + d;
            if (n < 0 || n > most)
                continue;
            move_rooted(c, n, (i + d + 1) % size);
            move_all(c, n > 20000 && size > 4 ? 20000 : n);
            reduce_sizes(c, n / (d ? 4 : 1), (i + 1) % size);
            CHECK(MPI_Barrier(c) == MPI_SUCCESS);
        }
    same_bits(c, 3);
    same_bits(c, 1001);
    same_bits(c, 40000);
}

/* ---- many communicators ---- */

enum { MANY = 90 };

static int use(MPI_Comm c, int k)
{
    int me, n, mine, sum = 0;
    long all[64], ones = 1;
    MPI_Comm_rank(c, &me);
    MPI_Comm_size(c, &n);
    mine = me + k;
    MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, c);
    MPI_Allgather(&ones, 1, MPI_LONG, all, 1, MPI_LONG, c);
    for (int r = 0; r < n; r++)
        ones &= all[r] == 1;
    MPI_Barrier(c);
    return ones && sum == n * (n - 1) / 2 + n * k;
}

static void test_many(void)
{
    MPI_Comm c[MANY];
    int me, n;
    MPI_Comm_rank(MPI_COMM_WORLD, &me);
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < MANY; k++) {
            int color = k % 3 == 0 ? 0 : k % 3 == 1 ? me % 2 : me / 2;
            MPI_Comm_split(MPI_COMM_WORLD, color, k % 2 ? me : -me, &c[k]);
            CHECK(use(c[k], k));
        }
        for (int k = 0; k < MANY; k++) {
            CHECK(use(c[(k * 7 + round) % MANY], k));
            if (k % 10 == 3)
                CHECK(use(MPI_COMM_WORLD, k));
        }
        for (int k = 0; k < MANY; k++)
            MPI_Comm_free(&c[(k * 11 + me) % MANY]); /* in an order of one's own */
    }
}

/* ---- members that do not agree ---- */

static void test_disagreement(void)
{
    enum { MOST = 100000 };
    static const int sizes[][2] = {{1, 2}, {2, 20000}, {5000, 30000}, {40000, 100000}};
    int *a = calloc(MOST, sizeof *a), *b = calloc(MOST, sizeof *b), me, n;
    MPI_Comm_rank(MPI_COMM_WORLD, &me);
    MPI_Comm_size(MPI_COMM_WORLD, &n);
    for (int i = 0; n > 1 && i < 4; i++) {
        int mine = sizes[i][me == n - 1], last = me == n - 1;
        CHECK(MPI_Allreduce(a, b, mine, MPI_INT, MPI_SUM, MPI_COMM_WORLD) == (last ? MPI_ERR_COUNT : MPI_ERR_TRUNCATE));
        CHECK(use(MPI_COMM_WORLD, i));
        CHECK(MPI_Bcast(a, mine, MPI_INT, n - 1, MPI_COMM_WORLD) == (last ? MPI_SUCCESS : MPI_ERR_TRUNCATE));
        CHECK(use(MPI_COMM_WORLD, i));
        CHECK(MPI_Bcast(a, mine, MPI_INT, 0, MPI_COMM_WORLD) == (last ? MPI_ERR_COUNT : MPI_SUCCESS));
        int rc = MPI_Reduce(a, b, mine, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
        CHECK(me ? rc == MPI_SUCCESS || rc == MPI_ERR_COUNT || rc == MPI_ERR_TRUNCATE : rc == MPI_ERR_TRUNCATE);
        CHECK(use(MPI_COMM_WORLD, i));
    }
    if (n > 1) {
        int rc = me ? MPI_Barrier(MPI_COMM_WORLD) : MPI_Allreduce(a, b, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        CHECK(rc == (n == 2 || me == 0 ? MPI_ERR_OTHER : rc));
        CHECK(use(MPI_COMM_WORLD, 5));
    }
    free(a);
    free(b);
}

/* ---- threads, and a rank that dies ---- */

static void *thread_run(void *arg)
{
    MPI_Comm c = *(MPI_Comm *)arg;
    int good = 1;
    for (int i = 0; i < 300; i++)
        good &= use(c, i);
    CHECK(good);
    return NULL;
}

static void test_threads(void)
{
    enum { THREADS = 3 };
    MPI_Comm c[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        MPI_Comm_dup(MPI_COMM_WORLD, &c[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, thread_run, &c[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        MPI_Comm_free(&c[i]);
}

static void die_in_the_middle(void)
{
    static int a[50000], b[50000];
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int i = 0;; i++) {
        if (i == 100 && rank == size - 1)
            raise(SIGKILL);
        MPI_Allreduce(a, b, i % 2 ? 50000 : 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        MPI_Bcast(a, 50000, MPI_INT, i % size, MPI_COMM_WORLD);
    }
}

int main(int argc, char **argv)
{
    int provided;
    const char *what = argc > 1 ? argv[1] : "";
    MPI_Init_thread(&argc, &argv, *what == 't' ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &provided);
    if (*what == 'k')
        die_in_the_middle();
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (*what == 't') {
        test_threads();
    } else {
        MPI_Comm c;
        test_sizes(MPI_COMM_WORLD, *what ? atoi(what) : 400000);
        MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &c);
        test_sizes(c, 10000);
        MPI_Comm_free(&c);
        test_many();
        if (argc < 3)
            test_disagreement();
    }
    MPI_Finalize();
    return test_end();
}
