/* Sending and receiving in one call: to all kinds of neighbours, in all sizes, with buffers of their own and with one
 * for both, waiting and not waiting. */
#include "test.h"

#include "pattern.h"

#include <string.h>

static int rank, size;
static char *out, *in;

/* Everybody at once, so that nobody could go on if sending came before receiving. */
static void ring(int shift, int n, int replace, int wait)
{
    int to = (rank + shift) % size, from = (rank - shift % size + size) % size;
    MPI_Request r = MPI_REQUEST_NULL;
    MPI_Status s;
    pattern_fill(out, (unsigned)rank, (size_t)n);
    memset(in, 0, (size_t)n + 1);
    memset(&s, 0x5a, sizeof s);
    char *got = replace ? out : in;
    if (replace && wait)
        MPI_Sendrecv_replace(out, n, MPI_BYTE, to, 10 + shift, from, 10 + shift, MPI_COMM_WORLD, &s);
    else if (replace)
        MPI_Isendrecv_replace(out, n, MPI_BYTE, to, 10 + shift, from, MPI_ANY_TAG, MPI_COMM_WORLD, &r);
    else if (wait)
        MPI_Sendrecv(out, n, MPI_BYTE, to, 10 + shift, in, n + 1, MPI_BYTE, from, 10 + shift, MPI_COMM_WORLD, &s);
    else
        MPI_Isendrecv_c(out, n, MPI_BYTE, to, 10 + shift, in, n + 1, MPI_BYTE, MPI_ANY_SOURCE, 10 + shift,
                        MPI_COMM_WORLD, &r);
    if (!wait) {
        CHECK(r != MPI_REQUEST_NULL);
        MPI_Wait(&r, &s);
        CHECK(r == MPI_REQUEST_NULL);
    }
    CHECK(pattern_count_is(&s, from, 10 + shift, n));
    CHECK(pattern_holds(got, (unsigned)from, (size_t)n));
    CHECK(replace || pattern_holds(out, (unsigned)rank, (size_t)n));
    CHECK(replace || in[n] == 0);
}

static void nobody(void)
{
    MPI_Status s;
    MPI_Request r;
    int a = 1, b = 2;
    for (int wait = 0; wait < 2; wait++) {
        /* on both sides */
        if (wait) {
            MPI_Sendrecv(&a, 1, MPI_INT, MPI_PROC_NULL, 1, &b, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &s);
        } else {
            MPI_Isendrecv(&a, 1, MPI_INT, MPI_PROC_NULL, 1, &b, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r);
            MPI_Wait(&r, &s);
        }
        CHECK(pattern_count_is(&s, MPI_PROC_NULL, MPI_ANY_TAG, 0) && b == 2);
        /* on one: the chain that leaves the ends alone */
        int left = rank ? rank - 1 : MPI_PROC_NULL, right = rank < size - 1 ? rank + 1 : MPI_PROC_NULL, mine = rank;
        if (wait) {
            MPI_Sendrecv_replace(&mine, 1, MPI_INT, right, 2, left, 2, MPI_COMM_WORLD, &s);
        } else {
            MPI_Isendrecv_replace_c(&mine, 1, MPI_INT, right, 2, left, 2, MPI_COMM_WORLD, &r);
            MPI_Wait(&r, &s);
        }
        CHECK(mine == (rank ? rank - 1 : 0));
        CHECK(pattern_count_is(&s, left, rank ? 2 : MPI_ANY_TAG, rank ? 4 : 0));
    }
}

/* Types with gaps: what is in the gaps stays. */
static void gaps(void)
{
    struct {
        double d;
        int i, gap;
    } x[3000];
    int to = (rank + 1) % size, from = (rank + size - 1) % size, good = 1;
    for (int i = 0; i < 3000; i++) {
        x[i].d = rank + i;
        x[i].i = rank - i;
        x[i].gap = 12345 + rank;
    }
    MPI_Sendrecv_replace(x, 3000, MPI_DOUBLE_INT, to, 3, from, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    for (int i = 0; i < 3000; i++)
        good = good && x[i].d == from + i && x[i].i == from - i && x[i].gap == 12345 + rank;
    CHECK(good);
}

/* In order with the other calls. */
static void mixed(void)
{
    int first = rank, second = rank + 100, a = -1, b = -1;
    MPI_Request r;
    int to = (rank + 1) % size, from = (rank + size - 1) % size;
    MPI_Irecv(&a, 1, MPI_INT, from, 4, MPI_COMM_WORLD, &r);
    MPI_Send(&first, 1, MPI_INT, to, 4, MPI_COMM_WORLD);
    MPI_Sendrecv(&second, 1, MPI_INT, to, 4, &b, 1, MPI_INT, from, 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    CHECK(a == from && b == from + 100);
}

static void errors(void)
{
    int a = 3, b[2] = {4, 5};
    MPI_Request r;
    MPI_Status s;
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    CHECK(MPI_Sendrecv(&a, 1, MPI_INT, 1, 0, b, 1, MPI_INT, 0, 0, MPI_COMM_SELF, &s) == MPI_ERR_RANK);
    CHECK(MPI_Sendrecv(&a, 1, MPI_INT, MPI_ANY_SOURCE, 0, b, 1, MPI_INT, 0, 0, MPI_COMM_SELF, &s) == MPI_ERR_RANK);
    CHECK(MPI_Sendrecv(&a, 1, MPI_INT, 0, 0, b, 1, MPI_INT, 5, 0, MPI_COMM_SELF, &s) == MPI_ERR_RANK);
    CHECK(MPI_Sendrecv(&a, 1, MPI_INT, 0, -5, b, 1, MPI_INT, 0, 0, MPI_COMM_SELF, &s) == MPI_ERR_TAG);
    CHECK(MPI_Sendrecv(&a, -1, MPI_INT, 0, 0, b, 1, MPI_INT, 0, 0, MPI_COMM_SELF, &s) == MPI_ERR_COUNT);
    CHECK(MPI_Sendrecv(&a, 1, MPI_INT, 0, 0, b, 1, MPI_DATATYPE_NULL, 0, 0, MPI_COMM_SELF, &s) == MPI_ERR_TYPE);
    CHECK(MPI_Isendrecv(&a, 1, MPI_INT, 0, 0, b, 1, MPI_INT, 0, 0, MPI_COMM_SELF, NULL) == MPI_ERR_ARG);
    /* None of those has left anything behind. */
    int flag = 1;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag);
    /* truncation, with the true length */
    CHECK(MPI_Sendrecv(b, 2, MPI_INT, 0, 0, &a, 1, MPI_INT, 0, 0, MPI_COMM_SELF, &s) == MPI_ERR_TRUNCATE);
    CHECK(pattern_count_is(&s, 0, 0, 8) && a == 4);
    int n = 100000;
    CHECK(MPI_Isendrecv(out, n, MPI_BYTE, 0, 9, in, n - 1, MPI_BYTE, 0, 9, MPI_COMM_SELF, &r) == MPI_SUCCESS);
    CHECK(MPI_Wait(&r, &s) == MPI_ERR_TRUNCATE && pattern_count_is(&s, 0, 9, n));
}

/* Cancelling has no effect on a pair, of which half could not be taken back; and a pair can be freed. */
static void given_up(void)
{
    int n = 100000, flag = 0;
    MPI_Request r;
    MPI_Status s;
    pattern_fill(out, 1, (size_t)n);
    char *other = malloc((size_t)n);
    MPI_Isendrecv(out, n, MPI_BYTE, 0, 1, in, n, MPI_BYTE, 0, 2, MPI_COMM_SELF, &r);
    MPI_Cancel(&r);
    MPI_Test(&r, &flag, &s);
    CHECK(!flag);
    MPI_Recv(other, n, MPI_BYTE, 0, 1, MPI_COMM_SELF, &s);
    CHECK(pattern_count_is(&s, 0, 1, n) && pattern_holds(other, 1, (size_t)n));
    MPI_Test(&r, &flag, &s);
    CHECK(!flag); /* the receive is still there */
    MPI_Send(out, 20, MPI_BYTE, 0, 2, MPI_COMM_SELF);
    MPI_Wait(&r, &s);
    MPI_Test_cancelled(&s, &flag);
    CHECK(!flag && pattern_count_is(&s, 0, 2, 20) && pattern_holds(in, 1, 20));

    MPI_Isendrecv(out, n, MPI_BYTE, 0, 3, in, n, MPI_BYTE, 0, 4, MPI_COMM_SELF, &r);
    MPI_Request_free(&r);
    memset(in, 0, (size_t)n);
    MPI_Send(out, 10, MPI_BYTE, 0, 4, MPI_COMM_SELF);
    MPI_Recv(other, n, MPI_BYTE, 0, 3, MPI_COMM_SELF, MPI_STATUS_IGNORE);
    CHECK(pattern_holds(other, 1, (size_t)n) && pattern_holds(in, 1, 10));
    free(other);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    out = malloc(PATTERN_MAX + 1);
    in = malloc(PATTERN_MAX + 1);
    for (int shift = 0; shift <= size; shift++) /* 0 and size: to oneself */
        for (int i = 0; i < PATTERN_SIZES; i++)
            for (int form = 0; form < 4; form++)
                ring(shift, pattern_sizes[i], form & 1, form >> 1);
    nobody();
    gaps();
    mixed();
    errors();
    given_up();
    free(out);
    free(in);
    MPI_Finalize();
    return test_end();
}
