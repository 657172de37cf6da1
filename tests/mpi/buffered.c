/* Buffered sends: complete before anybody receives; the buffer's end is an error, and its space is found again; which
 * buffer a communicator uses; detaching and flushing wait, and for nothing else; MPI_Finalize sends what is left.
 * LARGE messages are of a size that never leaves before it is received. */
#include "test.h"

#include "pattern.h"

#include <limits.h>
#include <string.h>

enum { LARGE = 100000, TAG_GO = 1000, TAG_ANSWER };

static int rank, size;
static char *out, *in;

static void receive(int from, int tag, unsigned which, int n, MPI_Comm comm)
{
    MPI_Status s;
    memset(in, 0, (size_t)n);
    MPI_Recv(in, PATTERN_MAX, MPI_BYTE, from, tag, comm, &s);
    CHECK(pattern_count_is(&s, from, tag, n) && pattern_holds(in, which, (size_t)n));
}

/* The memory given to the call is free at once. */
static int bsend(int to, int tag, unsigned which, int n, MPI_Comm comm)
{
    pattern_fill(out, which, (size_t)n);
    int rc = MPI_Bsend(out, n, MPI_BYTE, to, tag, comm);
    memset(out, 0x77, (size_t)n);
    return rc;
}

/* To oneself, in all sizes, before the receive. */
static void local(void)
{
    size_t whole = 0;
    for (int i = 0; i < PATTERN_SIZES; i++)
        whole += (size_t)pattern_sizes[i] + MPI_BSEND_OVERHEAD;
    char *buffer = malloc(whole + 1), *back = NULL;
    int n = 0;
    for (int shift = 0; shift < 2; shift++) { /* memory that begins anywhere */
        CHECK(MPI_Buffer_attach(buffer + shift, (int)whole) == MPI_SUCCESS);
        for (int i = 0; i < PATTERN_SIZES; i++)
            CHECK(bsend(0, i, (unsigned)i, pattern_sizes[i], MPI_COMM_SELF) == MPI_SUCCESS);
        for (int i = PATTERN_SIZES - 1; i >= 0; i--)
            receive(0, i, (unsigned)i, pattern_sizes[i], MPI_COMM_SELF);
        CHECK(MPI_Buffer_detach(&back, &n) == MPI_SUCCESS && back == buffer + shift && n == (int)whole);
    }
    free(buffer);
}

/* Exactly as many as fit; the rest is an error that does no harm. Then the space of some is found again. */
static void full(void)
{
    enum { FIT = 5, ROOM = FIT * (LARGE + MPI_BSEND_OVERHEAD) };
    char *buffer = malloc(ROOM), *back;
    int n;
    MPI_Request r = MPI_REQUEST_NULL;
    CHECK(bsend(0, 1, 1, 10, MPI_COMM_SELF) == MPI_ERR_BUFFER); /* no buffer at all */
    MPI_Buffer_attach(buffer, ROOM);
    CHECK(bsend(0, 1, 1, ROOM, MPI_COMM_SELF) == MPI_ERR_BUFFER); /* nor could it ever fit */
    for (int i = 0; i < FIT; i++)
        CHECK(bsend(0, i, (unsigned)i, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    for (int i = 0; i < 3; i++) {
        CHECK(bsend(0, 50, 1, LARGE, MPI_COMM_SELF) == MPI_ERR_BUFFER);
        CHECK(MPI_Ibsend(out, LARGE, MPI_BYTE, 0, 50, MPI_COMM_SELF, &r) == MPI_ERR_BUFFER && r == MPI_REQUEST_NULL);
    }
    receive(0, 1, 1, LARGE, MPI_COMM_SELF); /* a hole, then one beside it */
    receive(0, 3, 3, LARGE, MPI_COMM_SELF);
    CHECK(bsend(0, 51, 51, 2 * LARGE, MPI_COMM_SELF) == MPI_ERR_BUFFER); /* two holes that do not meet */
    CHECK(bsend(0, 1, 11, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    CHECK(bsend(0, 3, 13, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    receive(0, 1, 11, LARGE, MPI_COMM_SELF);
    receive(0, 2, 2, LARGE, MPI_COMM_SELF);
    receive(0, 3, 13, LARGE, MPI_COMM_SELF);
    CHECK(bsend(0, 51, 51, 3 * LARGE, MPI_COMM_SELF) == MPI_SUCCESS); /* three that do */
    CHECK(bsend(0, 52, 52, LARGE, MPI_COMM_SELF) == MPI_ERR_BUFFER);
    receive(0, 0, 0, LARGE, MPI_COMM_SELF);
    receive(0, 4, 4, LARGE, MPI_COMM_SELF);
    CHECK(bsend(0, 52, 52, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    receive(0, 52, 52, LARGE, MPI_COMM_SELF);
    receive(0, 51, 51, 3 * LARGE, MPI_COMM_SELF);
    int flag;
    MPI_Iprobe(0, MPI_ANY_TAG, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag); /* what met the error was not sent */
    CHECK(MPI_Buffer_detach(&back, &n) == MPI_SUCCESS && back == buffer && n == ROOM);
    free(buffer);
}

/* Thousands of sizes, taken and given back in another order: nothing of the buffer is lost. */
static void fragments(void)
{
    enum { MANY = 8, ROOM = MANY * (40000 + LARGE + MPI_BSEND_OVERHEAD) };
    char *buffer = malloc(ROOM), *back;
    int sizes[MANY], n;
    unsigned random = 1;
    MPI_Buffer_attach(buffer, ROOM);
    for (int round = 0; round < 300; round++) {
        for (int i = 0; i < MANY; i++) {
            random = random * 1103515245u + 12345;
            sizes[i] = 40000 + (int)(random >> 8) % LARGE;
            CHECK(bsend(0, i, (unsigned)(round + i), sizes[i], MPI_COMM_SELF) == MPI_SUCCESS);
        }
        for (int i = 0; i < MANY; i++) {
            int j = (i * 3 + round) % MANY;
            receive(0, j, (unsigned)(round + j), sizes[j], MPI_COMM_SELF);
        }
    }
    CHECK(bsend(0, 0, 9, ROOM - MPI_BSEND_OVERHEAD, MPI_COMM_SELF) == MPI_SUCCESS);
    receive(0, 0, 9, ROOM - MPI_BSEND_OVERHEAD, MPI_COMM_SELF);
    MPI_Buffer_detach(&back, &n);
    free(buffer);
}

/* A communicator with a buffer of its own uses no other. */
static void of_communicators(void)
{
    enum { ROOM = LARGE + MPI_BSEND_OVERHEAD };
    char *process = malloc(ROOM), *own = malloc(2 * ROOM), *back;
    int n;
    MPI_Count c;
    CHECK(MPI_Comm_attach_buffer(MPI_COMM_SELF, own, 2 * ROOM) == MPI_SUCCESS);
    CHECK(MPI_Comm_attach_buffer(MPI_COMM_SELF, process, ROOM) == MPI_ERR_BUFFER); /* has one */
    CHECK(bsend(rank, 1, 1, LARGE, MPI_COMM_WORLD) == MPI_ERR_BUFFER);
    CHECK(MPI_Buffer_attach_c(process, ROOM) == MPI_SUCCESS);
    CHECK(bsend(0, 1, 1, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    CHECK(bsend(rank, 2, 2, LARGE, MPI_COMM_WORLD) == MPI_SUCCESS);
    CHECK(bsend(rank, 3, 3, LARGE, MPI_COMM_WORLD) == MPI_ERR_BUFFER);
    CHECK(bsend(0, 4, 4, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    CHECK(bsend(0, 5, 5, LARGE, MPI_COMM_SELF) == MPI_ERR_BUFFER);
    receive(rank, 2, 2, LARGE, MPI_COMM_WORLD);
    CHECK(bsend(0, 5, 5, LARGE, MPI_COMM_SELF) == MPI_ERR_BUFFER); /* though the process's is free */
    CHECK(MPI_Buffer_detach_c(&back, &c) == MPI_SUCCESS && back == process && c == ROOM); /* waits for its own only */
    CHECK(MPI_Buffer_detach(&back, &n) == MPI_ERR_BUFFER);
    receive(0, 1, 1, LARGE, MPI_COMM_SELF);
    receive(0, 4, 4, LARGE, MPI_COMM_SELF);
    CHECK(MPI_Comm_flush_buffer(MPI_COMM_SELF) == MPI_SUCCESS);
    CHECK(MPI_Comm_detach_buffer(MPI_COMM_SELF, &back, &n) == MPI_SUCCESS && back == own && n == 2 * ROOM);
    CHECK(MPI_Comm_detach_buffer_c(MPI_COMM_SELF, &back, &c) == MPI_ERR_BUFFER);
    free(process);
    free(own);
}

static void automatic(void)
{
    void *back = NULL;
    int n;
    CHECK(MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, -1) == MPI_SUCCESS); /* the size does not matter */
    for (int i = 0; i < 100; i++)
        CHECK(bsend(0, i, (unsigned)i, LARGE, MPI_COMM_SELF) == MPI_SUCCESS);
    for (int i = 99; i >= 0; i--)
        receive(0, i, (unsigned)i, LARGE, MPI_COMM_SELF);
    CHECK(MPI_Buffer_detach(&back, &n) == MPI_SUCCESS && back == MPI_BUFFER_AUTOMATIC);
}

static int is_over(MPI_Request *r)
{
    int flag = -1;
    MPI_Request_get_status(*r, &flag, MPI_STATUS_IGNORE);
    return flag;
}

/* A flush waits for what was there before it, and not for what came after. */
static void flushes(void)
{
    MPI_Request r[3];
    MPI_Status s;
    int n, cancelled = 1;
    void *back;
    CHECK(MPI_Buffer_flush() == MPI_SUCCESS); /* nothing to flush */
    MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, 0);
    CHECK(MPI_Buffer_iflush(&r[0]) == MPI_SUCCESS);
    CHECK(is_over(&r[0]));
    MPI_Wait(&r[0], MPI_STATUS_IGNORE);
    bsend(0, 1, 1, LARGE, MPI_COMM_SELF);
    MPI_Buffer_iflush(&r[0]);
    bsend(0, 2, 2, LARGE, MPI_COMM_SELF);
    MPI_Buffer_iflush(&r[1]);
    MPI_Buffer_iflush(&r[2]);
    CHECK(!is_over(&r[0]) && !is_over(&r[1]));
    CHECK(MPI_Cancel(&r[0]) == MPI_ERR_REQUEST);
    MPI_Request_free(&r[2]);
    receive(0, 2, 2, LARGE, MPI_COMM_SELF); /* not what the first waits for */
    CHECK(!is_over(&r[0]) && !is_over(&r[1]));
    bsend(0, 3, 3, LARGE, MPI_COMM_SELF);
    receive(0, 1, 1, LARGE, MPI_COMM_SELF);
    MPI_Wait(&r[0], &s); /* these would hang if they waited for the third */
    MPI_Wait(&r[1], MPI_STATUS_IGNORE);
    MPI_Test_cancelled(&s, &cancelled);
    CHECK(!cancelled && r[0] == MPI_REQUEST_NULL);
    receive(0, 3, 3, LARGE, MPI_COMM_SELF);
    CHECK(MPI_Buffer_flush() == MPI_SUCCESS);
    MPI_Buffer_detach(&back, &n);
}

/* Between two: the sender goes on although nothing is received; all arrives in order, also between other sends. */
static void to_others(void)
{
    enum { MANY = 40 };
    int to = (rank + 1) % size, from = (rank + size - 1) % size, n;
    void *back;
    MPI_Request r[MANY];
    MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, 0);
    for (int i = 0; i < MANY; i++) {
        int bytes = pattern_sizes[i % PATTERN_SIZES];
        if (i % 3) {
            CHECK(bsend(to, 1, (unsigned)i, bytes, MPI_COMM_WORLD) == MPI_SUCCESS);
            r[i] = MPI_REQUEST_NULL;
        } else {
            pattern_fill(out, (unsigned)i, (size_t)bytes);
            MPI_Ibsend_c(out, bytes, MPI_BYTE, to, 1, MPI_COMM_WORLD, &r[i]);
            CHECK(is_over(&r[i]));
        }
    }
    MPI_Waitall(MANY, r, MPI_STATUSES_IGNORE);
    for (int i = 0; i < MANY; i++)
        receive(from, 1, (unsigned)i, pattern_sizes[i % PATTERN_SIZES], MPI_COMM_WORLD);
    MPI_Buffer_detach(&back, &n); /* until the others have received */
}

static void mistakes(void)
{
    char memory[200], *back;
    int n;
    CHECK(MPI_Buffer_attach(NULL, 10) == MPI_ERR_ARG);
    CHECK(MPI_Buffer_attach(memory, -1) == MPI_ERR_ARG);
    CHECK(MPI_Buffer_detach(&back, &n) == MPI_ERR_BUFFER);
    CHECK(MPI_Comm_attach_buffer(MPI_COMM_NULL, memory, 10) == MPI_ERR_COMM);
    CHECK(MPI_Buffer_attach(memory, 20) == MPI_SUCCESS); /* of no use, but no mistake */
    CHECK(MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, 0) == MPI_ERR_BUFFER);
    CHECK(bsend(0, 1, 1, 0, MPI_COMM_SELF) == MPI_ERR_BUFFER);
    CHECK(MPI_Buffer_detach(NULL, &n) == MPI_ERR_ARG && MPI_Buffer_detach(&back, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Buffer_detach(&back, &n) == MPI_SUCCESS && back == memory && n == 20);
    CHECK(MPI_Bsend(memory, 1, MPI_INT, size, 0, MPI_COMM_WORLD) == MPI_ERR_RANK);
}

/* The last that rank 0 does is to send; nobody receives before it is in MPI_Finalize. */
static void left_over(void)
{
    static char buffer[3 * (LARGE + MPI_BSEND_OVERHEAD)];
    if (rank == 0 && size > 1) {
        MPI_Buffer_attach(buffer, sizeof buffer);
        for (int i = 0; i < 3; i++)
            CHECK(bsend(1, i, (unsigned)i, LARGE, MPI_COMM_WORLD) == MPI_SUCCESS);
    } else if (rank == 1) {
        for (int i = 2; i >= 0; i--)
            receive(0, i, (unsigned)i, LARGE, MPI_COMM_WORLD);
    }
}

int main(int argc, char **argv)
{
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    out = malloc(PATTERN_MAX);
    in = malloc(PATTERN_MAX);
    if (argc > 1 && !strcmp(argv[1], "none")) /* fatal, in words */
        bsend(0, 1, 1, 100, MPI_COMM_SELF);
    if (argc > 1 && !strcmp(argv[1], "full")) {
        MPI_Buffer_attach(in, LARGE + 1000);
        bsend(0, 1, 1, LARGE, MPI_COMM_SELF);
        bsend(0, 1, 1, LARGE, MPI_COMM_SELF);
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    local();
    full();
    fragments();
    of_communicators();
    automatic();
    flushes();
    to_others();
    mistakes();
    left_over();
    MPI_Finalize();
    free(out);
    free(in);
    return test_end();
}
