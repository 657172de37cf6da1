/* Persistent requests: made once, started often, in all modes and sizes; what an inactive one is to the calls that
 * wait; starting twice, freeing and cancelling. Even ranks talk to the odd one above. */
#include "test.h"

#include "pattern.h"

#include <string.h>

enum { ROUNDS = 4, TAG_GO = 1000, TAG_ANSWER };

static int rank, size, partner, is_first;
static char *out, *in;

static int is_inactive(MPI_Request *r)
{
    MPI_Status s;
    MPI_Request before = *r;
    int flag = -1, index = 5, count = 5, cancelled = 1;
    memset(&s, 0x5a, sizeof s);
    int good = MPI_Wait(r, &s) == MPI_SUCCESS && pattern_count_is(&s, MPI_ANY_SOURCE, MPI_ANY_TAG, 0);
    MPI_Test_cancelled(&s, &cancelled);
    good = good && !cancelled && MPI_Test(r, &flag, &s) == MPI_SUCCESS && flag;
    good = good && MPI_Waitany(1, r, &index, &s) == MPI_SUCCESS && index == MPI_UNDEFINED;
    good = good && MPI_Waitsome(1, r, &count, &index, &s) == MPI_SUCCESS && count == MPI_UNDEFINED;
    good = good && MPI_Request_get_status(*r, &flag, &s) == MPI_SUCCESS && flag;
    good = good && MPI_Waitall(1, r, &s) == MPI_SUCCESS;
    return good && *r == before;
}

/* All modes, in both directions at the same time, with wildcards that must be there again in the next round. */
static void rounds(int n, int to, int from)
{
    MPI_Request r[8];
    MPI_Status s[8];
    char *at[4] = {in, in + n, in + 2 * n, in + 3 * n};
    MPI_Recv_init(at[0], n, MPI_BYTE, from, 1, MPI_COMM_WORLD, &r[0]);
    MPI_Recv_init(at[1], n, MPI_BYTE, MPI_ANY_SOURCE, 2, MPI_COMM_WORLD, &r[1]);
    MPI_Recv_init_c(at[2], n, MPI_BYTE, from, 3, MPI_COMM_WORLD, &r[2]);
    MPI_Recv_init(at[3], n, MPI_BYTE, from, MPI_ANY_TAG, MPI_COMM_WORLD, &r[3]);
    MPI_Send_init(out, n, MPI_BYTE, to, 1, MPI_COMM_WORLD, &r[4]);
    MPI_Ssend_init(out, n, MPI_BYTE, to, 2, MPI_COMM_WORLD, &r[5]);
    MPI_Bsend_init(out, n, MPI_BYTE, to, 3, MPI_COMM_WORLD, &r[6]);
    MPI_Send_init_c(out, n, MPI_BYTE, to, 4, MPI_COMM_WORLD, &r[7]);
    for (int i = 0; i < 8; i++)
        CHECK(r[i] != MPI_REQUEST_NULL && is_inactive(&r[i]));
    for (int round = 0; round < ROUNDS; round++) {
        memset(in, 0, 4 * (size_t)n);
        pattern_fill(out, (unsigned)(rank + 100 * round), (size_t)n);
        if (round % 2) {
            MPI_Startall(8, r);
        } else {
            MPI_Startall(4, r);
            for (int i = 4; i < 8; i++)
                MPI_Start(&r[i]);
        }
        if (round == 1) {
            int flag = 0;
            while (!flag)
                MPI_Testall(8, r, &flag, s);
        } else if (round == 2) {
            for (int done = 0, some, which[8]; done < 8; done += some) {
                MPI_Status t[8];
                MPI_Waitsome(8, r, &some, which, t);
                CHECK(some > 0);
                for (int i = 0; i < some; i++)
                    s[which[i]] = t[i];
            }
        } else {
            MPI_Waitall(8, r, s);
        }
        for (int i = 0; i < 4; i++) {
            CHECK(pattern_count_is(&s[i], from, i + 1, n));
            CHECK(pattern_holds(at[i], (unsigned)(from + 100 * round), (size_t)n));
        }
        for (int i = 0; i < 8; i++)
            CHECK(is_inactive(&r[i]));
    }
    for (int i = 0; i < 8; i++) {
        MPI_Request_free(&r[i]);
        CHECK(r[i] == MPI_REQUEST_NULL);
    }
}

static void ready_mode(int n)
{
    MPI_Request r;
    MPI_Status s;
    if (is_first)
        MPI_Rsend_init(out, n, MPI_BYTE, partner, 5, MPI_COMM_WORLD, &r);
    else
        MPI_Recv_init(in, n, MPI_BYTE, partner, 5, MPI_COMM_WORLD, &r);
    for (int round = 0; round < ROUNDS; round++) {
        if (is_first) {
            pattern_fill(out, (unsigned)round, (size_t)n);
            MPI_Recv(NULL, 0, MPI_BYTE, partner, TAG_GO, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Start(&r);
            MPI_Wait(&r, MPI_STATUS_IGNORE);
        } else {
            memset(in, 0, (size_t)n);
            MPI_Start(&r);
            MPI_Send(NULL, 0, MPI_BYTE, partner, TAG_GO, MPI_COMM_WORLD);
            MPI_Wait(&r, &s);
            CHECK(pattern_count_is(&s, partner, 5, n) && pattern_holds(in, (unsigned)round, (size_t)n));
        }
    }
    MPI_Request_free(&r);
}

static void mistakes(void)
{
    MPI_Request r, twice[2], plain, none = MPI_REQUEST_NULL;
    MPI_Status s;
    int value = 0, sent = 9, flag = 1, cancelled = 0;
    CHECK(MPI_Recv_init(&value, 1, MPI_INT, 3, 1, MPI_COMM_SELF, &r) == MPI_ERR_RANK);
    CHECK(MPI_Send_init(&value, 1, MPI_INT, 0, MPI_ANY_TAG, MPI_COMM_SELF, &r) == MPI_ERR_TAG);
    CHECK(MPI_Send_init(&value, -1, MPI_INT, 0, 1, MPI_COMM_SELF, &r) == MPI_ERR_COUNT);
    CHECK(MPI_Send_init(&value, 1, MPI_INT, 0, 1, MPI_COMM_SELF, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Start(&none) == MPI_ERR_REQUEST);

    MPI_Irecv(&value, 1, MPI_INT, 0, 7, MPI_COMM_SELF, &plain);
    CHECK(MPI_Start(&plain) == MPI_ERR_REQUEST);
    MPI_Recv_init(&value, 1, MPI_INT, 0, 6, MPI_COMM_SELF, &r);
    twice[0] = r;
    twice[1] = plain;
    CHECK(MPI_Startall(2, twice) == MPI_ERR_REQUEST && is_inactive(&r)); /* none was started */
    CHECK(MPI_Cancel(&r) == MPI_ERR_REQUEST);                             /* nothing to cancel */
    MPI_Cancel(&plain);
    MPI_Wait(&plain, &s);

    twice[1] = r;
    CHECK(MPI_Startall(2, twice) == MPI_ERR_REQUEST); /* the first was, and is not started again */
    CHECK(MPI_Start(&r) == MPI_ERR_REQUEST);
    MPI_Test(&r, &flag, &s);
    CHECK(!flag);
    MPI_Cancel(&r);
    MPI_Wait(&r, &s);
    MPI_Test_cancelled(&s, &cancelled);
    CHECK(cancelled && r != MPI_REQUEST_NULL && is_inactive(&r));
    /* It can be started again, and is not cancelled then. */
    MPI_Start(&r);
    MPI_Send(&sent, 1, MPI_INT, 0, 6, MPI_COMM_SELF);
    MPI_Wait(&r, &s);
    MPI_Test_cancelled(&s, &cancelled);
    CHECK(!cancelled && value == 9 && pattern_count_is(&s, 0, 6, 4));
    /* Truncation in one round is no error in the next. */
    int two[2] = {1, 2};
    MPI_Start(&r);
    MPI_Send(two, 2, MPI_INT, 0, 6, MPI_COMM_SELF);
    CHECK(MPI_Wait(&r, &s) == MPI_ERR_TRUNCATE && pattern_count_is(&s, 0, 6, 8));
    MPI_Start(&r);
    MPI_Send(two + 1, 1, MPI_INT, 0, 6, MPI_COMM_SELF);
    CHECK(MPI_Wait(&r, &s) == MPI_SUCCESS && value == 2);
    MPI_Request_free(&r);
}

static void nobody(void)
{
    MPI_Request r[2];
    MPI_Status s[2];
    MPI_Send_init(out, 1000, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r[0]);
    MPI_Recv_init(in, 1000, MPI_BYTE, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &r[1]);
    for (int i = 0; i < 3; i++) {
        MPI_Startall(2, r);
        MPI_Waitall(2, r, s);
        CHECK(pattern_count_is(&s[1], MPI_PROC_NULL, MPI_ANY_TAG, 0));
    }
    MPI_Request_free(&r[0]);
    MPI_Request_free(&r[1]);
}

/* Freed while active: the message arrives all the same. */
static void freed(int n)
{
    MPI_Request r;
    pattern_fill(out, 77, (size_t)n);
    memset(in, 0, (size_t)n);
    MPI_Recv_init(in, n, MPI_BYTE, 0, 8, MPI_COMM_SELF, &r);
    MPI_Start(&r);
    MPI_Request_free(&r);
    CHECK(r == MPI_REQUEST_NULL);
    MPI_Ssend_init(out, n, MPI_BYTE, 0, 8, MPI_COMM_SELF, &r);
    MPI_Start(&r);
    MPI_Request_free(&r);
    CHECK(r == MPI_REQUEST_NULL);
    while (!pattern_holds(in, 77, (size_t)n)) {
        int flag;
        MPI_Iprobe(0, 9, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
    }
    /* requests that are over go back to be used again */
    for (int i = 0; i < 1000; i++) {
        MPI_Recv_init(in, n, MPI_BYTE, 0, 8, MPI_COMM_SELF, &r);
        MPI_Request_free(&r);
    }
}

int main(void)
{
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    is_first = rank % 2 == 0;
    partner = rank ^ 1;
    out = malloc(PATTERN_MAX);
    in = malloc(4 * (size_t)PATTERN_MAX + 1);
    /* Two messages: when a round is over, the synchronous send tells that the receiver has finished the one before. */
    int attach = 2 * (PATTERN_MAX + MPI_BSEND_OVERHEAD), detached;
    void *attached = malloc((size_t)attach);
    MPI_Buffer_attach(attached, attach);
    for (int i = 0; i < PATTERN_SIZES; i++) {
        rounds(pattern_sizes[i], (rank + 1) % size, (rank + size - 1) % size);
        if (partner < size)
            ready_mode(pattern_sizes[i]);
        freed(pattern_sizes[i]);
    }
    mistakes();
    nobody();
    MPI_Buffer_detach(&attached, &detached);
    CHECK(detached == attach);
    free(attached);
    free(out);
    free(in);
    MPI_Finalize();
    return test_end();
}
