/* Partitioned communication: partitions of different numbers on both sides, ready in any order, in many rounds; matched
 * in the order in which the requests were made, and never by other receives; looked at one by one; freed, truncated.
 * With the argument "threads": each partition made ready by a thread of its own. */
#include "test.h"

#include "pattern.h"

#include <pthread.h>
#include <string.h>

enum { TAG = 7, TAG_GO = 1000 };

static int rank, size, to, from;

/* The i-th of n numbers, each once, in an order that is none. */
static int shuffled(int i, int n, int round)
{
    static const int steps[] = {1, 7919, 104729, 1299709};
    return (int)(((long long)i * steps[round % 4] + round) % n);
}

/* Everybody sends a ring of bytes; cut in `cuts` pieces here and `others` there. */
static void rounds(int bytes, int cuts, int others, int late)
{
    char *out = calloc((size_t)bytes + 1, 1), *in = calloc((size_t)bytes + 1, 1);
    MPI_Request s, r;
    MPI_Status status;
    if (late) /* the sends come first: they know nothing of the other side */
        MPI_Psend_init(out, cuts, bytes / cuts, MPI_BYTE, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &s);
    MPI_Precv_init_c(in, others, bytes / others, MPI_BYTE, from, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &r);
    if (!late)
        MPI_Psend_init_c(out, cuts, bytes / cuts, MPI_BYTE, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &s);
    for (int round = 0; round < 4; round++) {
        unsigned mine = (unsigned)(rank * 10 + round), theirs = (unsigned)(from * 10 + round);
        int flag = -1, piece = bytes / others;
        pattern_fill(out, mine, (size_t)bytes);
        memset(in, 0, (size_t)bytes + 1);
        if (round % 2) {
            MPI_Start(&s);
        } else {
            MPI_Request both[2] = {s, r};
            MPI_Startall(2, both);
        }
        for (int i = 0; i < cuts; i++) {
            int p = shuffled(i, cuts, round);
            if (round == 2)
                MPI_Pready_list(1, &p, s);
            else if (round < 2)
                MPI_Pready(p, s);
        }
        if (round == 3) {
            if (cuts > 1)
                MPI_Pready_range(cuts / 2, cuts - 1, s);
            MPI_Pready_range(0, cuts > 1 ? cuts / 2 - 1 : 0, s);
        }
        if (round % 2)
            MPI_Start(&r);
        for (int i = 0; i < others && round < 3; i++) {
            int p = shuffled(i, others, round + 1);
            do
                MPI_Parrived(r, p, &flag);
            while (!flag);
            for (int k = 0; k < piece; k++)
                if ((unsigned char)in[p * piece + k] != pattern_byte(theirs, (size_t)(p * piece + k))) {
                    CHECK(!"a partition that has arrived is there");
                    break;
                }
        }
        MPI_Wait(&r, &status);
        MPI_Wait(&s, MPI_STATUS_IGNORE);
        CHECK(r != MPI_REQUEST_NULL && s != MPI_REQUEST_NULL);
        CHECK(pattern_count_is(&status, from, TAG, bytes) && pattern_holds(in, theirs, (size_t)bytes) && in[bytes] == 0);
        CHECK(MPI_Parrived(r, 0, &flag) == MPI_SUCCESS && flag); /* inactive: nothing is missing */
        CHECK(MPI_Wait(&r, &status) == MPI_SUCCESS && pattern_count_is(&status, MPI_ANY_SOURCE, MPI_ANY_TAG, 0));
    }
    MPI_Request_free(&s);
    MPI_Request_free(&r);
    CHECK(s == MPI_REQUEST_NULL && r == MPI_REQUEST_NULL);
    free(out);
    free(in);
}

/* Nothing leaves before it is ready, and what was not ready has not arrived. */
static void not_ready(void)
{
    int out[4] = {1, 2, 3, 4}, in[4] = {0}, flag, value;
    MPI_Request s, r;
    MPI_Psend_init(out, 4, 1, MPI_INT, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &s);
    MPI_Precv_init(in, 2, 2, MPI_INT, from, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &r);
    MPI_Start(&r);
    MPI_Start(&s);
    MPI_Pready(0, s);
    MPI_Pready(2, s);
    MPI_Pready(3, s);
    MPI_Sendrecv(out, 1, MPI_INT, to, 1, &value, 1, MPI_INT, from, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    do
        MPI_Parrived(r, 1, &flag);
    while (!flag);
    MPI_Parrived(r, 0, &flag);
    CHECK(!flag && in[2] == 3 && in[3] == 4 && in[1] == 0);
    MPI_Test(&r, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag);
    MPI_Test(&s, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag);
    out[1] = 22;
    /* nobody makes the last ready before its receiver has looked */
    MPI_Sendrecv(out, 1, MPI_INT, from, 3, &value, 1, MPI_INT, to, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Pready(1, s);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    MPI_Wait(&s, MPI_STATUS_IGNORE);
    CHECK(in[0] == 1 && in[1] == 22);
    MPI_Request_free(&s);
    MPI_Request_free(&r);
}

/* Same places, same tag: the first made goes to the first made, whatever is started first. Other receives with
 * wildcards and probes see nothing of it (looked at where nobody else can be faster). */
static void order(MPI_Comm c, int me, int next, int previous)
{
    enum { MANY = 6 };
    int out[MANY] = {0}, in[MANY], value = -1, plain = 50, flag;
    MPI_Request s[MANY], r[MANY], any;
    MPI_Status status;
    if (c == MPI_COMM_SELF)
        MPI_Irecv(&value, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, c, &any);
    for (int i = 0; i < MANY; i++) {
        out[i] = 100 * me + i;
        in[i] = -1;
        MPI_Psend_init(&out[i], 1, 1, MPI_INT, next, TAG + i / 3, c, MPI_INFO_NULL, &s[i]);
    }
    for (int i = 0; i < MANY; i++) { /* the other tag first */
        int k = (i + 3) % MANY;
        MPI_Precv_init(&in[k], 1, 1, MPI_INT, previous, TAG + k / 3, c, MPI_INFO_NULL, &r[k]);
    }
    for (int i = MANY - 1; i >= 0; i--) {
        MPI_Start(&s[i]);
        MPI_Pready(0, s[i]);
    }
    MPI_Startall(MANY, r);
    MPI_Waitall(MANY, r, MPI_STATUSES_IGNORE);
    MPI_Waitall(MANY, s, MPI_STATUSES_IGNORE);
    for (int i = 0; i < MANY; i++) {
        CHECK(in[i] == 100 * previous + i);
        MPI_Request_free(&s[i]);
        MPI_Request_free(&r[i]);
    }
    if (c != MPI_COMM_SELF)
        return;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, c, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag);
    MPI_Test(&any, &flag, &status);
    CHECK(!flag && value == -1);
    MPI_Send(&plain, 1, MPI_INT, 0, 99, c);
    MPI_Wait(&any, &status);
    CHECK(pattern_count_is(&status, 0, 99, 4) && value == 50);
}

static void gaps(void)
{
    struct {
        float f;
        int i;
    } fi_out[12], fi_in[12];
    struct {
        double d;
        int i, gap;
    } out[12], in[12];
    MPI_Request s[2], r[2];
    for (int i = 0; i < 12; i++) {
        out[i].d = rank + i;
        out[i].i = rank - i;
        out[i].gap = 1;
        in[i].gap = 2;
        fi_out[i].f = (float)i;
        fi_out[i].i = rank;
    }
    MPI_Psend_init(out, 4, 3, MPI_DOUBLE_INT, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &s[0]);
    MPI_Psend_init(fi_out, 12, 1, MPI_FLOAT_INT, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &s[1]);
    MPI_Precv_init(in, 3, 4, MPI_DOUBLE_INT, from, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &r[0]);
    MPI_Precv_init(fi_in, 1, 12, MPI_FLOAT_INT, from, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &r[1]);
    MPI_Startall(2, s);
    MPI_Startall(2, r);
    MPI_Pready_range(0, 3, s[0]);
    MPI_Pready_range(0, 11, s[1]);
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    MPI_Waitall(2, s, MPI_STATUSES_IGNORE);
    for (int i = 0; i < 12; i++) {
        CHECK(in[i].d == from + i && in[i].i == from - i && in[i].gap == 2);
        CHECK(fi_in[i].f == (float)i && fi_in[i].i == from);
    }
    for (int i = 0; i < 2; i++) {
        MPI_Request_free(&s[i]);
        MPI_Request_free(&r[i]);
    }
}

/* Nobody, nothing, too much, and requests that are given up. To oneself. */
static void corners(void)
{
    int out[4] = {1, 2, 3, 4}, in[5] = {0, 0, 0, 0, 0}, flag = 0;
    MPI_Request s, r, r2;
    MPI_Status status;
    MPI_Psend_init(out, 4, 1, MPI_INT, MPI_PROC_NULL, TAG, MPI_COMM_SELF, MPI_INFO_NULL, &s);
    MPI_Precv_init(in, 4, 1, MPI_INT, MPI_PROC_NULL, TAG, MPI_COMM_SELF, MPI_INFO_NULL, &r);
    for (int i = 0; i < 2; i++) {
        MPI_Start(&s);
        MPI_Start(&r);
        CHECK(MPI_Parrived(r, 3, &flag) == MPI_SUCCESS && flag);
        MPI_Pready_range(0, 3, s);
        MPI_Wait(&s, MPI_STATUS_IGNORE);
        MPI_Wait(&r, &status);
        CHECK(pattern_count_is(&status, MPI_PROC_NULL, MPI_ANY_TAG, 0));
    }
    MPI_Request_free(&s);
    MPI_Request_free(&r);

    for (int partitions = 0; partitions < 3; partitions += 2) { /* none, and two with nothing in them */
        MPI_Psend_init(out, partitions, 0, MPI_INT, 0, TAG, MPI_COMM_SELF, MPI_INFO_NULL, &s);
        MPI_Precv_init(in, 4, 0, MPI_INT, 0, TAG, MPI_COMM_SELF, MPI_INFO_NULL, &r);
        MPI_Start(&s);
        MPI_Start(&r);
        if (partitions)
            MPI_Pready_range(0, 1, s);
        MPI_Wait(&s, MPI_STATUS_IGNORE);
        MPI_Wait(&r, &status);
        CHECK(pattern_count_is(&status, 0, TAG, 0));
        MPI_Request_free(&s);
        MPI_Request_free(&r);
    }

    /* less than there is room for, then more */
    MPI_Psend_init(out, 3, 1, MPI_INT, 0, TAG, MPI_COMM_SELF, MPI_INFO_NULL, &s);
    MPI_Precv_init(in, 1, 4, MPI_INT, 0, TAG, MPI_COMM_SELF, MPI_INFO_NULL, &r);
    MPI_Start(&r);
    MPI_Start(&s);
    MPI_Pready_range(0, 2, s);
    CHECK(MPI_Wait(&r, &status) == MPI_SUCCESS && pattern_count_is(&status, 0, TAG, 12) && in[2] == 3 && in[3] == 0);
    MPI_Wait(&s, MPI_STATUS_IGNORE);
    MPI_Request_free(&r);
    memset(in, 0, sizeof in);
    MPI_Psend_init(out, 2, 2, MPI_INT, 0, TAG + 1, MPI_COMM_SELF, MPI_INFO_NULL, &r2);
    MPI_Precv_init(in, 3, 1, MPI_INT, 0, TAG + 1, MPI_COMM_SELF, MPI_INFO_NULL, &r);
    MPI_Start(&r);
    MPI_Start(&r2);
    MPI_Pready_range(0, 1, r2);
    CHECK(MPI_Wait(&r, &status) == MPI_ERR_TRUNCATE && pattern_count_is(&status, 0, TAG + 1, 16));
    CHECK(in[0] == 1 && in[2] == 3 && in[3] == 0);
    MPI_Wait(&r2, MPI_STATUS_IGNORE);

    /* Freed while active, they go on; freed unmatched, their turn stays taken. */
    memset(in, 0, sizeof in);
    MPI_Start(&r2);
    MPI_Pready_range(0, 1, r2);
    MPI_Request_free(&r2);
    MPI_Start(&r);
    MPI_Request_free(&r);
    while (in[2] != 3)
        MPI_Iprobe(0, 99, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
    MPI_Request_free(&s);
    MPI_Precv_init(in, 1, 1, MPI_INT, 0, TAG + 2, MPI_COMM_SELF, MPI_INFO_NULL, &r2);
    MPI_Precv_init(in, 1, 1, MPI_INT, 0, TAG + 2, MPI_COMM_SELF, MPI_INFO_NULL, &r);
    MPI_Request_free(&r2);
    MPI_Psend_init(out, 1, 1, MPI_INT, 0, TAG + 2, MPI_COMM_SELF, MPI_INFO_NULL, &r2);
    MPI_Psend_init(out + 3, 1, 1, MPI_INT, 0, TAG + 2, MPI_COMM_SELF, MPI_INFO_NULL, &s);
    MPI_Start(&r);
    MPI_Start(&s);
    MPI_Pready(0, s);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    MPI_Wait(&s, MPI_STATUS_IGNORE);
    CHECK(in[0] == 4);
    MPI_Request_free(&r);
    MPI_Request_free(&r2);
    MPI_Request_free(&s);
}

static void mistakes(void)
{
    int a[4] = {0}, flag, which[2] = {0, 9};
    MPI_Request s, r, none = MPI_REQUEST_NULL;
    MPI_Comm c = MPI_COMM_SELF;
    CHECK(MPI_Psend_init(a, -1, 1, MPI_INT, 0, 1, c, MPI_INFO_NULL, &s) == MPI_ERR_ARG);
    CHECK(MPI_Psend_init(a, 1, -1, MPI_INT, 0, 1, c, MPI_INFO_NULL, &s) == MPI_ERR_COUNT);
    CHECK(MPI_Psend_init(a, 1, 1, MPI_INT, 9, 1, c, MPI_INFO_NULL, &s) == MPI_ERR_RANK);
    CHECK(MPI_Psend_init(a, 1, 1, MPI_INT, 0, -1, c, MPI_INFO_NULL, &s) == MPI_ERR_TAG);
    CHECK(MPI_Psend_init(a, 1, 1, MPI_INT, 0, 1, c, (MPI_Info)MPI_COMM_WORLD, &s) == MPI_ERR_INFO);
    CHECK(MPI_Precv_init(a, 1, 1, MPI_INT, MPI_ANY_SOURCE, 1, c, MPI_INFO_NULL, &s) == MPI_ERR_RANK);
    CHECK(MPI_Precv_init(a, 1, 1, MPI_INT, 0, MPI_ANY_TAG, c, MPI_INFO_NULL, &s) == MPI_ERR_TAG);
    CHECK(MPI_Precv_init(a, 1, 1, MPI_INT, 0, 1, c, MPI_INFO_NULL, NULL) == MPI_ERR_ARG);
    MPI_Psend_init(a, 4, 1, MPI_INT, 0, 1, c, MPI_INFO_NULL, &s);
    MPI_Precv_init(a, 4, 1, MPI_INT, 0, 1, c, MPI_INFO_NULL, &r);
    CHECK(MPI_Pready(0, s) == MPI_ERR_REQUEST); /* not started */
    MPI_Start(&s);
    CHECK(MPI_Start(&s) == MPI_ERR_REQUEST);
    CHECK(MPI_Pready(4, s) == MPI_ERR_ARG && MPI_Pready(-1, s) == MPI_ERR_ARG);
    CHECK(MPI_Pready_range(2, 1, s) == MPI_ERR_ARG && MPI_Pready_range(2, 4, s) == MPI_ERR_ARG);
    CHECK(MPI_Pready_list(2, which, s) == MPI_ERR_ARG && MPI_Pready_list(-1, which, s) == MPI_ERR_ARG);
    CHECK(MPI_Pready(0, s) == MPI_SUCCESS && MPI_Pready(0, s) == MPI_ERR_ARG); /* not by the list; twice */
    CHECK(MPI_Pready(0, none) == MPI_ERR_REQUEST && MPI_Pready(0, r) == MPI_ERR_REQUEST);
    CHECK(MPI_Parrived(s, 0, &flag) == MPI_ERR_REQUEST && MPI_Parrived(r, 4, &flag) == MPI_ERR_ARG);
    CHECK(MPI_Parrived(r, 0, NULL) == MPI_ERR_ARG);
    flag = 0;
    CHECK(MPI_Parrived(none, 0, &flag) == MPI_SUCCESS && flag);
    CHECK(MPI_Cancel(&s) == MPI_ERR_REQUEST);
    MPI_Pready_range(1, 3, s);
    MPI_Start(&r);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    MPI_Wait(&s, MPI_STATUS_IGNORE);
    MPI_Request_free(&s);
    MPI_Request_free(&r);
}

/* Each partition by a thread; the other side looks at them from threads. */
enum { THREADS = 4, BYTES = 40000 };
static MPI_Request thread_send, thread_recv;
static char *thread_out, *thread_in;

static void *work(void *arg)
{
    int p = (int)(size_t)arg, flag = 0;
    size_t at = (size_t)p * BYTES;
    for (size_t i = 0; i < BYTES; i++)
        thread_out[at + i] = (char)pattern_byte((unsigned)rank, at + i);
    MPI_Pready(p, thread_send);
    while (!flag)
        MPI_Parrived(thread_recv, p, &flag);
    int good = 1;
    for (size_t i = 0; i < BYTES; i++)
        good = good && (unsigned char)thread_in[at + i] == pattern_byte((unsigned)from, at + i);
    return good ? arg : NULL;
}

static void threads(void)
{
    pthread_t thread[THREADS];
    void *result;
    thread_out = malloc(THREADS * BYTES);
    thread_in = malloc(THREADS * BYTES);
    MPI_Psend_init(thread_out, THREADS + 1, BYTES, MPI_BYTE, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &thread_send);
    MPI_Request_free(&thread_send); /* takes a turn, and so does its receive */
    MPI_Precv_init(thread_in, 1, 1, MPI_BYTE, from, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &thread_recv);
    MPI_Request_free(&thread_recv);
    MPI_Psend_init(thread_out, THREADS, BYTES, MPI_BYTE, to, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &thread_send);
    MPI_Precv_init(thread_in, THREADS, BYTES, MPI_BYTE, from, TAG, MPI_COMM_WORLD, MPI_INFO_NULL, &thread_recv);
    for (int round = 0; round < 20; round++) {
        memset(thread_in, 0, THREADS * BYTES);
        MPI_Start(&thread_recv);
        MPI_Start(&thread_send);
        for (size_t p = 1; p < THREADS; p++)
            pthread_create(&thread[p], NULL, work, (void *)p);
        work(NULL);
        for (size_t p = 1; p < THREADS; p++) {
            pthread_join(thread[p], &result);
            CHECK(result != NULL);
        }
        MPI_Wait(&thread_recv, MPI_STATUS_IGNORE);
        MPI_Wait(&thread_send, MPI_STATUS_IGNORE);
        CHECK(pattern_holds(thread_in, (unsigned)from, THREADS * BYTES));
    }
    MPI_Request_free(&thread_send);
    MPI_Request_free(&thread_recv);
    free(thread_out);
    free(thread_in);
}

int main(int argc, char **argv)
{
    int with_threads = argc > 1 && !strcmp(argv[1], "threads"), provided;
    MPI_Init_thread(NULL, NULL, with_threads ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    to = (rank + 1) % size;
    from = (rank + size - 1) % size;
    if (with_threads) {
        threads();
    } else {
        static const int cuts[][2] = {{1, 1}, {4, 4}, {12, 3}, {3, 12}, {4, 6}, {60, 1}, {1, 60}, {200, 150}};
        for (int i = 0; i < (int)(sizeof cuts / sizeof *cuts); i++)
            for (int late = 0; late < 2; late++) {
                rounds(600, cuts[i][0], cuts[i][1], late);
                rounds(600 * 1000, cuts[i][0], cuts[i][1], late);
            }
        rounds(3000000, 3, 2, 0);
        not_ready();
        order(MPI_COMM_WORLD, rank, to, from);
        order(MPI_COMM_SELF, 0, 0, 0);
        gaps();
        corners();
        mistakes();
    }
    MPI_Finalize();
    return test_end();
}
