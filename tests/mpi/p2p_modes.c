/* The modes of sending, waiting and not waiting, in all sizes: when each is complete, the order among them, to others
 * and to oneself; cancelled receives, freed requests, truncation, and what is wrong with arguments. Even ranks talk to
 * the odd one above. No decision rests on time: what must not be complete is looked at after the other side has
 * answered. */
#include "test.h"

#include "pattern.h"

#include <limits.h>
#include <string.h>

enum { TAG_GO = 1000, TAG_ANSWER };

static int rank, size, partner, is_first;
static char *buf;

/* Two messages, there and back: everything that was sent before has arrived. */
static void tell(void)
{
    MPI_Send(NULL, 0, MPI_BYTE, partner, TAG_GO, MPI_COMM_WORLD);
    MPI_Recv(NULL, 0, MPI_BYTE, partner, TAG_ANSWER, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void listen(void)
{
    MPI_Recv(NULL, 0, MPI_BYTE, partner, TAG_GO, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(NULL, 0, MPI_BYTE, partner, TAG_ANSWER, MPI_COMM_WORLD);
}

static int is_over(MPI_Request *r)
{
    int flag = -1;
    MPI_Request_get_status(*r, &flag, MPI_STATUS_IGNORE);
    return flag;
}

/* Complete only when matched. */
static void synchronous(int n)
{
    MPI_Request r;
    MPI_Status s;
    if (is_first) {
        pattern_fill(buf, 1, (size_t)n);
        MPI_Issend(buf, n, MPI_BYTE, partner, 1, MPI_COMM_WORLD, &r);
        for (int i = 0; i < 3; i++) {
            tell();
            CHECK(!is_over(&r));
        }
        MPI_Send(NULL, 0, MPI_BYTE, partner, 2, MPI_COMM_WORLD);
        MPI_Wait(&r, MPI_STATUS_IGNORE);
        MPI_Ssend(buf, n, MPI_BYTE, partner, 1, MPI_COMM_WORLD);
    } else {
        for (int i = 0; i < 3; i++)
            listen();
        MPI_Recv(NULL, 0, MPI_BYTE, partner, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (int i = 0; i < 2; i++) {
            memset(buf, 0, (size_t)n);
            MPI_Recv(buf, n, MPI_BYTE, partner, 1, MPI_COMM_WORLD, &s);
            CHECK(pattern_count_is(&s, partner, 1, n) && pattern_holds(buf, 1, (size_t)n));
        }
    }
}

static void ready(int n)
{
    MPI_Request r[2];
    MPI_Status s[2];
    char *half = buf + n;
    if (is_first) {
        pattern_fill(buf, 2, (size_t)n);
        listen();
        MPI_Rsend(buf, n, MPI_BYTE, partner, 3, MPI_COMM_WORLD);
        MPI_Irsend(buf, n, MPI_BYTE, partner, 4, MPI_COMM_WORLD, &r[0]);
        MPI_Wait(&r[0], MPI_STATUS_IGNORE);
    } else {
        memset(buf, 0, 2 * (size_t)n);
        MPI_Irecv(buf, n, MPI_BYTE, partner, 3, MPI_COMM_WORLD, &r[0]);
        MPI_Irecv_c(half, n, MPI_BYTE, MPI_ANY_SOURCE, 4, MPI_COMM_WORLD, &r[1]);
        tell();
        MPI_Waitall(2, r, s);
        CHECK(pattern_count_is(&s[0], partner, 3, n) && pattern_holds(buf, 2, (size_t)n));
        CHECK(pattern_count_is(&s[1], partner, 4, n) && pattern_holds(half, 2, (size_t)n));
    }
}

/* Messages of all sizes and modes under one tag arrive in the order in which they were sent. */
static void order(int wildcard)
{
    MPI_Request r[PATTERN_SIZES];
    MPI_Status s;
    if (is_first) {
        char *each = malloc((size_t)PATTERN_SIZES * PATTERN_MAX);
        for (int i = 0; i < PATTERN_SIZES; i++) {
            int n = pattern_sizes[(i * 7) % PATTERN_SIZES];
            char *at = each + (size_t)i * PATTERN_MAX;
            pattern_fill(at, (unsigned)i, (size_t)n);
            if (i % 2)
                MPI_Issend(at, n, MPI_BYTE, partner, 5, MPI_COMM_WORLD, &r[i]);
            else
                MPI_Isend(at, n, MPI_BYTE, partner, 5, MPI_COMM_WORLD, &r[i]);
        }
        MPI_Waitall(PATTERN_SIZES, r, MPI_STATUSES_IGNORE);
        free(each);
    } else {
        for (int i = 0; i < PATTERN_SIZES; i++) {
            int n = pattern_sizes[(i * 7) % PATTERN_SIZES];
            MPI_Recv(buf, PATTERN_MAX, MPI_BYTE, wildcard ? MPI_ANY_SOURCE : partner, wildcard ? MPI_ANY_TAG : 5,
                     MPI_COMM_WORLD, &s);
            CHECK(pattern_count_is(&s, partner, 5, n) && pattern_holds(buf, (unsigned)i, (size_t)n));
        }
    }
}

static void to_oneself(int n)
{
    MPI_Request r[3];
    MPI_Status s;
    char *back = buf + n;
    pattern_fill(buf, 3, (size_t)n);
    MPI_Isend(buf, n, MPI_BYTE, rank, 6, MPI_COMM_WORLD, &r[0]);
    MPI_Issend(buf, n, MPI_BYTE, rank, 7, MPI_COMM_WORLD, &r[1]);
    CHECK(!is_over(&r[1]));
    for (int tag = 7; tag >= 6; tag--) {
        memset(back, 0, (size_t)n);
        MPI_Recv(back, n, MPI_BYTE, rank, tag, MPI_COMM_WORLD, &s);
        CHECK(pattern_count_is(&s, rank, tag, n) && pattern_holds(back, 3, (size_t)n));
    }
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    MPI_Irecv(back, n, MPI_BYTE, 0, 8, MPI_COMM_SELF, &r[2]);
    memset(back, 0, (size_t)n);
    MPI_Rsend(buf, n, MPI_BYTE, 0, 8, MPI_COMM_SELF);
    MPI_Wait(&r[2], &s);
    CHECK(pattern_count_is(&s, 0, 8, n) && pattern_holds(back, 3, (size_t)n));
    MPI_Irecv(back, n, MPI_BYTE, 0, 8, MPI_COMM_SELF, &r[2]);
    MPI_Ssend(buf, n, MPI_BYTE, 0, 8, MPI_COMM_SELF);
    MPI_Wait(&r[2], MPI_STATUS_IGNORE);
}

static void nobody(void)
{
    MPI_Request r[4];
    MPI_Status s;
    int flag = 0;
    MPI_Send(buf, 10, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Ssend(buf, 10, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Rsend(buf, 1 << 20, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Bsend(buf, 1 << 20, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Isend(buf, 1 << 20, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r[0]);
    MPI_Issend(buf, 1 << 20, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r[1]);
    MPI_Irsend(buf, 10, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r[2]);
    MPI_Irecv(buf, 10, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r[3]);
    MPI_Wait(&r[3], &s);
    CHECK(pattern_count_is(&s, MPI_PROC_NULL, MPI_ANY_TAG, 0));
    CHECK(MPI_Testall(3, r, &flag, MPI_STATUSES_IGNORE) == MPI_SUCCESS && flag);
    CHECK(r[0] == MPI_REQUEST_NULL && r[2] == MPI_REQUEST_NULL);
}

/* A receive that was cancelled takes nothing; one that was matched is not cancelled. */
static void cancel(void)
{
    MPI_Request r;
    MPI_Status s;
    int cancelled = -1, value = 0, other = 0;
    if (is_first) {
        MPI_Irecv(&value, 1, MPI_INT, partner, 9, MPI_COMM_WORLD, &r);
        MPI_Cancel(&r);
        CHECK(r != MPI_REQUEST_NULL);
        MPI_Wait(&r, &s);
        MPI_Test_cancelled(&s, &cancelled);
        CHECK(cancelled && r == MPI_REQUEST_NULL);
        tell();
        MPI_Recv(&other, 1, MPI_INT, partner, 9, MPI_COMM_WORLD, &s);
        MPI_Test_cancelled(&s, &cancelled);
        CHECK(!cancelled && other == 17 && value == 0);
        MPI_Irecv(&value, 1, MPI_INT, partner, MPI_ANY_TAG, MPI_COMM_WORLD, &r);
        MPI_Send(NULL, 0, MPI_BYTE, partner, TAG_GO, MPI_COMM_WORLD);
        MPI_Recv(NULL, 0, MPI_BYTE, partner, TAG_ANSWER, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Cancel(&r);
        MPI_Wait(&r, &s);
        MPI_Test_cancelled(&s, &cancelled);
        CHECK(!cancelled && value == 18 && pattern_count_is(&s, partner, 10, 4));
    } else {
        listen();
        value = 17;
        MPI_Send(&value, 1, MPI_INT, partner, 9, MPI_COMM_WORLD);
        MPI_Recv(NULL, 0, MPI_BYTE, partner, TAG_GO, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        value = 18;
        MPI_Send(&value, 1, MPI_INT, partner, 10, MPI_COMM_WORLD);
        MPI_Send(NULL, 0, MPI_BYTE, partner, TAG_ANSWER, MPI_COMM_WORLD);
    }
}

/* Freed while they run, both sides do what they were started for. */
static void freed(int n)
{
    MPI_Request r;
    if (is_first) {
        pattern_fill(buf, 4, (size_t)n);
        MPI_Isend(buf, n, MPI_BYTE, partner, 11, MPI_COMM_WORLD, &r);
        MPI_Request_free(&r);
        CHECK(r == MPI_REQUEST_NULL);
        tell();
    } else {
        memset(buf, 0, (size_t)n);
        MPI_Irecv(buf, n, MPI_BYTE, partner, 11, MPI_COMM_WORLD, &r);
        MPI_Request_free(&r);
        CHECK(r == MPI_REQUEST_NULL);
        /* The standard offers no way to know that such a receive is over but the message behind it; large ones may
         * be overtaken by their own ends, so it is looked at until it is there. */
        int flag;
        while (!pattern_holds(buf, 4, (size_t)n))
            MPI_Iprobe(partner, 12, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
        listen();
    }
}

static void truncated(int n, int room)
{
    MPI_Status s;
    if (is_first) {
        pattern_fill(buf, 5, (size_t)n);
        MPI_Send(buf, n, MPI_BYTE, partner, 13, MPI_COMM_WORLD);
        MPI_Ssend(buf, n, MPI_BYTE, partner, 13, MPI_COMM_WORLD);
    } else {
        MPI_Request r;
        memset(buf, 0, (size_t)n);
        CHECK(MPI_Recv(buf, room, MPI_BYTE, partner, 13, MPI_COMM_WORLD, &s) == MPI_ERR_TRUNCATE);
        CHECK(pattern_count_is(&s, partner, 13, n));
        CHECK(pattern_holds(buf, 5, (size_t)room) && buf[room] == 0);
        MPI_Irecv(buf, room, MPI_BYTE, partner, 13, MPI_COMM_WORLD, &r);
        s.MPI_ERROR = -1;
        CHECK(MPI_Waitall(1, &r, &s) == MPI_ERR_IN_STATUS && s.MPI_ERROR == MPI_ERR_TRUNCATE);
        CHECK(pattern_count_is(&s, partner, 13, n) && buf[room] == 0);
    }
}

static void arguments(void)
{
    MPI_Request r = MPI_REQUEST_NULL;
    MPI_Status s;
    int flag;
    CHECK(MPI_Send(buf, 1, MPI_INT, size, 0, MPI_COMM_WORLD) == MPI_ERR_RANK);
    CHECK(MPI_Send(buf, 1, MPI_INT, -7, 0, MPI_COMM_WORLD) == MPI_ERR_RANK);
    CHECK(MPI_Ssend(buf, 1, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD) == MPI_ERR_RANK);
    CHECK(MPI_Recv(buf, 1, MPI_INT, size, 0, MPI_COMM_WORLD, &s) == MPI_ERR_RANK);
    CHECK(MPI_Rsend(buf, 1, MPI_INT, 0, -1, MPI_COMM_WORLD) == MPI_ERR_TAG);
    CHECK(MPI_Isend(buf, 1, MPI_INT, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &r) == MPI_ERR_TAG);
    CHECK(MPI_Irecv(buf, 1, MPI_INT, 0, -7, MPI_COMM_WORLD, &r) == MPI_ERR_TAG);
    CHECK(MPI_Send(buf, -1, MPI_INT, 0, 0, MPI_COMM_WORLD) == MPI_ERR_COUNT);
    CHECK(MPI_Send(buf, 1, MPI_DATATYPE_NULL, 0, 0, MPI_COMM_WORLD) == MPI_ERR_TYPE);
    CHECK(MPI_Send(NULL, 1, MPI_INT, 0, 0, MPI_COMM_WORLD) == MPI_ERR_BUFFER);
    CHECK(MPI_Send(buf, 1, MPI_INT, 0, 0, MPI_COMM_NULL) == MPI_ERR_COMM);
    CHECK(MPI_Isend(buf, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, NULL) == MPI_ERR_ARG);
    CHECK(r == MPI_REQUEST_NULL);
    CHECK(MPI_Request_free(&r) == MPI_ERR_REQUEST && MPI_Cancel(&r) == MPI_ERR_REQUEST);
    CHECK(MPI_Waitall(-1, &r, &s) == MPI_ERR_ARG && MPI_Test(&r, NULL, &s) == MPI_ERR_ARG);
    CHECK(MPI_Wait(NULL, &s) == MPI_ERR_ARG);
    int mistaken[16] = {0}; /* no request, though memory */
    r = (MPI_Request)(void *)mistaken;
    CHECK(MPI_Wait(&r, &s) == MPI_ERR_REQUEST && MPI_Test(&r, &flag, &s) == MPI_ERR_REQUEST);
    /* the largest tag */
    int value = 5, got = 0;
    MPI_Isend(&value, 1, MPI_INT, 0, INT_MAX, MPI_COMM_SELF, &r);
    MPI_Recv(&got, 1, MPI_INT, 0, INT_MAX, MPI_COMM_SELF, &s);
    CHECK(got == 5 && s.MPI_TAG == INT_MAX);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    is_first = rank % 2 == 0;
    partner = rank ^ 1;
    buf = malloc(2 * PATTERN_MAX + 1);
    for (int i = 0; i < PATTERN_SIZES; i++)
        to_oneself(pattern_sizes[i]);
    nobody();
    if (partner < size) {
        for (int i = 0; i < PATTERN_SIZES; i++) {
            synchronous(pattern_sizes[i]);
            ready(pattern_sizes[i]);
            freed(pattern_sizes[i]);
            if (pattern_sizes[i] > 1) {
                truncated(pattern_sizes[i], pattern_sizes[i] - 1);
                truncated(pattern_sizes[i], 0);
                truncated(pattern_sizes[i], pattern_sizes[i] / 2);
            }
        }
        order(0);
        order(1);
        cancel();
    }
    arguments();
    free(buf);
    MPI_Finalize();
    return test_end();
}
