/* Messages whose two ends lie differently in memory: every layout against every other, in sizes on both sides of every
 * change of protocol, by every way of sending and receiving; types that are freed while they are needed; absolute
 * addresses; messages that are shorter or longer than the receive. */
#include "test.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int rank, size, to, from;

/* ---- layouts of n ints ---- */

enum layout { PLAIN, STRIDED, WIDE, PAIRS, REVERSED, IRREGULAR, STRUCTURE, COLUMN, SHIFTED, LAYOUTS };

/* Where the i-th of n ints stands, from the start of the buffer, in ints; the buffer has ROOM * n + ROOM of them. */
enum { ROOM = 8 };
static size_t place(enum layout l, size_t i, size_t n)
{
    switch (l) {
    case STRIDED:
        return 2 * i;
    case WIDE:
        return 7 * i;
    case PAIRS:
        return i / 2 * 5 + i % 2;
    case REVERSED:
        return n - 1 - i;
    case IRREGULAR:
        return 3 * i + i % 3;
    case STRUCTURE:
        return i;
    case COLUMN:
        return 2 + 4 * i;
    case SHIFTED:
        return i + ROOM;
    default:
        return i;
    }
}

static MPI_Datatype irregular(int n)
{
    MPI_Datatype t;
    int *at = malloc((size_t)n * sizeof *at);
    for (int i = 0; i < n; i++)
        at[i] = (int)place(IRREGULAR, (size_t)i, (size_t)n);
    MPI_Type_create_indexed_block(n, 1, at, MPI_INT, &t);
    free(at);
    return t;
}

/* Two halves, of different kinds. */
static MPI_Datatype structure(int n)
{
    MPI_Datatype t, bytes;
    MPI_Type_contiguous(4, MPI_BYTE, &bytes);
    int lengths[] = {n / 2, n - n / 2};
    MPI_Aint at[] = {0, n / 2 * 4};
    MPI_Datatype types[] = {MPI_INT, bytes};
    MPI_Type_create_struct(2, lengths, at, types, &t);
    MPI_Type_free(&bytes);
    return t;
}

static MPI_Datatype column(int n)
{
    MPI_Datatype t;
    int sizes[] = {n, 4}, subsizes[] = {n, 1}, starts[] = {0, 2};
    MPI_Type_create_subarray(2, sizes, subsizes, starts, MPI_ORDER_C, MPI_INT, &t);
    return t;
}

/* One element is the whole message. */
static MPI_Datatype make(enum layout l, int n)
{
    MPI_Datatype t, u;
    int shifted = ROOM;
    switch (l) {
    case STRIDED:
        MPI_Type_vector(n, 1, 2, MPI_INT, &t);
        break;
    case WIDE:
        MPI_Type_create_hvector_c(n, 1, 28, MPI_INT, &t);
        break;
    case PAIRS: /* n is even, or the rest stands alone behind */
        MPI_Type_vector(n / 2, 2, 5, MPI_INT, &t);
        if (n % 2) {
            int lengths[] = {1, 1};
            MPI_Aint at[] = {0, n / 2 * 20};
            MPI_Datatype types[] = {t, MPI_INT};
            MPI_Type_create_struct(2, lengths, at, types, &u);
            MPI_Type_free(&t);
            t = u;
        }
        break;
    case REVERSED: { /* a negative stride, and a lower bound below the first element */
        MPI_Type_vector(n, 1, -1, MPI_INT, &u);
        MPI_Aint at = 4 * ((MPI_Aint)n - 1);
        int one = 1;
        MPI_Type_create_hindexed(1, &one, &at, u, &t);
        MPI_Type_free(&u);
        break;
    }
    case IRREGULAR:
        t = irregular(n);
        break;
    case STRUCTURE:
        t = structure(n);
        break;
    case COLUMN:
        t = column(n);
        break;
    case SHIFTED:
        MPI_Type_create_indexed_block(1, n, &shifted, MPI_INT, &t);
        break;
    default:
        MPI_Type_contiguous(n, MPI_INT, &t);
    }
    MPI_Type_commit(&t);
    return t;
}

static int value(int sender, size_t i)
{
    return (int)(i * 2654435761u) ^ sender * 77777;
}

static int *fill(enum layout l, size_t n)
{
    int *buffer = malloc((ROOM * n + ROOM) * sizeof *buffer);
    for (size_t i = 0; i < ROOM * n + ROOM; i++)
        buffer[i] = -1;
    for (size_t i = 0; i < n; i++)
        buffer[place(l, i, n)] = value(rank, i);
    return buffer;
}

static int *blank(size_t n)
{
    int *buffer = malloc((ROOM * n + ROOM) * sizeof *buffer);
    for (size_t i = 0; i < ROOM * n + ROOM; i++)
        buffer[i] = -2;
    return buffer;
}

/* The first `got` ints have come, and nothing else has changed. */
static int holds(const int *buffer, enum layout l, size_t n, size_t got)
{
    size_t untouched = 0;
    for (size_t i = 0; i < got; i++)
        if (buffer[place(l, i, n)] != value(from, i))
            return 0;
    for (size_t i = 0; i < ROOM * n + ROOM; i++)
        untouched += buffer[i] == -2;
    return untouched == ROOM * n + ROOM - got;
}

/* ---- ways of sending and receiving ---- */

enum way { BLOCKING, FREED, SYNCHRONOUS, PERSISTENT, BUFFERED, COMBINED, PROBED, PARTITIONED, WAYS };

static void persistent(int *out, MPI_Datatype *a, int *in, MPI_Datatype *b)
{
    MPI_Request r[2];
    MPI_Send_init(out, 1, *a, to, 1, MPI_COMM_WORLD, &r[0]);
    MPI_Recv_init(in, 1, *b, from, 1, MPI_COMM_WORLD, &r[1]);
    MPI_Type_free(a);
    MPI_Type_free(b);
    for (int i = 0; i < 2; i++) {
        MPI_Startall(2, r);
        MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    }
    MPI_Request_free(&r[0]);
    MPI_Request_free(&r[1]);
}

static void buffered(int *out, MPI_Datatype *a, int *in, MPI_Datatype *b, size_t bytes)
{
    void *buffer = malloc(bytes + MPI_BSEND_OVERHEAD);
    int detached;
    MPI_Buffer_attach(buffer, (int)bytes + MPI_BSEND_OVERHEAD);
    MPI_Bsend(out, 1, *a, to, 1, MPI_COMM_WORLD);
    MPI_Recv(in, 1, *b, from, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Buffer_detach(&buffer, &detached);
    free(buffer);
}

static void probed(int *out, MPI_Datatype *a, int *in, MPI_Datatype *b, int n)
{
    MPI_Request r[2];
    MPI_Message m;
    MPI_Status s;
    int count;
    MPI_Isend(out, 1, *a, to, 1, MPI_COMM_WORLD, &r[0]);
    MPI_Mprobe(from, 1, MPI_COMM_WORLD, &m, &s);
    MPI_Get_count(&s, *b, &count);
    CHECK(count == 1);
    MPI_Get_elements(&s, MPI_INT, &count);
    CHECK(count == n);
    MPI_Imrecv(in, 1, *b, &m, &r[1]);
    MPI_Type_free(b);
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
}

static void partitioned(int *out, MPI_Datatype *a, int *in, MPI_Datatype *b)
{
    MPI_Request r[2];
    MPI_Psend_init(out, 1, 1, *a, to, 1, MPI_COMM_WORLD, MPI_INFO_NULL, &r[0]);
    MPI_Precv_init(in, 1, 1, *b, from, 1, MPI_COMM_WORLD, MPI_INFO_NULL, &r[1]);
    MPI_Type_free(a);
    MPI_Type_free(b);
    MPI_Startall(2, r);
    MPI_Pready(0, r[0]);
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    MPI_Request_free(&r[0]);
    MPI_Request_free(&r[1]);
}

static void exchange(enum way way, int *out, MPI_Datatype *a, int *in, MPI_Datatype *b, int n)
{
    MPI_Request r[2];
    switch (way) {
    case FREED:
        MPI_Irecv(in, 1, *b, from, 1, MPI_COMM_WORLD, &r[0]);
        MPI_Type_free(b);
        MPI_Isend(out, 1, *a, to, 1, MPI_COMM_WORLD, &r[1]);
        MPI_Type_free(a);
        MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
        break;
    case SYNCHRONOUS:
        MPI_Irecv(in, 1, *b, from, 1, MPI_COMM_WORLD, &r[0]);
        MPI_Ssend(out, 1, *a, to, 1, MPI_COMM_WORLD);
        MPI_Wait(&r[0], MPI_STATUS_IGNORE);
        break;
    case PERSISTENT:
        persistent(out, a, in, b);
        break;
    case BUFFERED:
        buffered(out, a, in, b, (size_t)n * 4);
        break;
    case COMBINED:
        MPI_Isendrecv(out, 1, *a, to, 1, in, 1, *b, from, 1, MPI_COMM_WORLD, &r[0]);
        MPI_Type_free(a);
        MPI_Type_free(b);
        MPI_Wait(&r[0], MPI_STATUS_IGNORE);
        break;
    case PROBED:
        probed(out, a, in, b, n);
        break;
    case PARTITIONED:
        partitioned(out, a, in, b);
        break;
    default:
        MPI_Irecv(in, 1, *b, from, 1, MPI_COMM_WORLD, &r[0]);
        MPI_Send(out, 1, *a, to, 1, MPI_COMM_WORLD);
        MPI_Wait(&r[0], MPI_STATUS_IGNORE);
    }
}

static void pass(enum layout l, enum layout k, enum way way, int n)
{
    MPI_Datatype a = make(l, n), b = make(k, n);
    int *out = fill(l, (size_t)n), *in = blank((size_t)n);
    exchange(way, out, &a, in, &b, n);
    if (!holds(in, k, (size_t)n, (size_t)n)) {
        fprintf(stderr, "layout %d into %d, way %d, %d ints\n", (int)l, (int)k, (int)way, n);
        CHECK(!"the data has come");
    }
    if (a != MPI_DATATYPE_NULL)
        MPI_Type_free(&a);
    if (b != MPI_DATATYPE_NULL)
        MPI_Type_free(&b);
    free(out);
    free(in);
}

/* ---- what is special ---- */

/* The same memory, elements that are many, and layouts that begin before their address. */
static void replace(int n)
{
    MPI_Datatype t, u;
    MPI_Status s;
    int *both = malloc((size_t)(3 * n + 3) * sizeof *both), count;
    MPI_Type_vector(2, 1, 2, MPI_INT, &t);
    MPI_Type_create_resized(t, 0, 12, &u); /* ints 0 and 2 of each three */
    MPI_Type_commit(&u);
    for (int i = 0; i < n; i++) {
        both[3 * i] = value(rank, (size_t)i);
        both[3 * i + 1] = i;
        both[3 * i + 2] = value(rank, (size_t)(i + n));
    }
    MPI_Sendrecv_replace(both, n, u, to, 3, from, 3, MPI_COMM_WORLD, &s);
    MPI_Get_count(&s, u, &count);
    CHECK(count == n);
    int good = 1;
    for (int i = 0; i < n; i++)
        good &= both[3 * i] == value(from, (size_t)i) && both[3 * i + 1] == i &&
                both[3 * i + 2] == value(from, (size_t)(i + n));
    CHECK(good);
    MPI_Type_free(&t);
    MPI_Type_free(&u);
    free(both);
}

static void absolute(void)
{
    struct { int a; double b; char c[3]; } out = {rank, rank + 0.5, {'x', 'y', 'z'}}, in = {-1, -1, {0}};
    int lengths[] = {1, 1, 3};
    MPI_Aint at[3];
    MPI_Datatype types[] = {MPI_INT, MPI_DOUBLE, MPI_CHAR}, t, u;
    MPI_Get_address(&out.a, &at[0]);
    MPI_Get_address(&out.b, &at[1]);
    MPI_Get_address(out.c, &at[2]);
    MPI_Type_create_struct(3, lengths, at, types, &t);
    MPI_Get_address(&in.a, &at[0]);
    MPI_Get_address(&in.b, &at[1]);
    MPI_Get_address(in.c, &at[2]);
    MPI_Type_create_struct(3, lengths, at, types, &u);
    MPI_Type_commit(&t);
    MPI_Type_commit(&u);
    MPI_Sendrecv(MPI_BOTTOM, 1, t, to, 4, MPI_BOTTOM, 1, u, from, 4, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    CHECK(in.a == from && in.b == from + 0.5 && memcmp(in.c, "xyz", 3) == 0);
    MPI_Type_free(&t);
    MPI_Type_free(&u);
}

/* Less than was asked for, cut inside of an element of the receiver's type. */
static void partial(void)
{
    struct { int a; double b; } in[4];
    int lengths[] = {1, 1}, count;
    MPI_Aint at[] = {offsetof(__typeof__(in[0]), a), offsetof(__typeof__(in[0]), b)};
    MPI_Datatype types[] = {MPI_INT, MPI_DOUBLE}, t;
    MPI_Status s;
    char out[] = "twelve bytes and four more";
    MPI_Type_create_struct(2, lengths, at, types, &t);
    MPI_Type_commit(&t);
    MPI_Sendrecv(out, 16, MPI_BYTE, to, 5, in, 4, t, from, 5, MPI_COMM_WORLD, &s);
    MPI_Get_count(&s, t, &count);
    CHECK(count == MPI_UNDEFINED);
    MPI_Get_elements(&s, t, &count);
    CHECK(count == 3);
    CHECK(memcmp(&in[0].a, "twel", 4) == 0 && memcmp(&in[0].b, "ve bytes", 8) == 0 && memcmp(&in[1].a, " and", 4) == 0);
    MPI_Sendrecv(out, 14, MPI_BYTE, to, 5, in, 4, t, from, 5, MPI_COMM_WORLD, &s);
    MPI_Get_elements(&s, t, &count);
    CHECK(count == MPI_UNDEFINED);
    MPI_Count wide;
    MPI_Status_set_elements(&s, t, 5);
    MPI_Get_elements_c(&s, t, &wide);
    CHECK(wide == 5);
    MPI_Get_count(&s, MPI_BYTE, &count);
    CHECK(count == 28);
    MPI_Type_free(&t);
}

static void truncated(int n)
{
    MPI_Datatype t = make(STRIDED, n - 1);
    int *out = fill(PLAIN, (size_t)n), *in = blank((size_t)n), class;
    MPI_Request r;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Isend(out, n, MPI_INT, to, 6, MPI_COMM_WORLD, &r);
    MPI_Error_class(MPI_Recv(in, 1, t, from, 6, MPI_COMM_WORLD, MPI_STATUS_IGNORE), &class);
    CHECK(class == MPI_ERR_TRUNCATE);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    CHECK(holds(in, STRIDED, (size_t)n, (size_t)n - 1) || n == 0);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
    MPI_Type_free(&t);
    free(out);
    free(in);
}

/* Nothing, in many ways. */
static void empty(void)
{
    MPI_Datatype t, u;
    MPI_Status s;
    int count, x = 5;
    MPI_Type_contiguous(0, MPI_INT, &t);
    MPI_Type_create_resized(t, 0, 16, &u);
    MPI_Type_commit(&t);
    MPI_Type_commit(&u);
    MPI_Sendrecv(&x, 7, t, to, 7, &x, 9, u, from, 7, MPI_COMM_WORLD, &s);
    MPI_Get_count(&s, u, &count);
    CHECK(count == 0 && x == 5);
    MPI_Get_elements(&s, u, &count);
    CHECK(count == 0);
    MPI_Sendrecv(NULL, 0, u, to, 7, NULL, 0, t, from, 7, MPI_COMM_WORLD, &s);
    MPI_Type_free(&t);
    MPI_Type_free(&u);
}

/* Where the program is wrong, in a way that mpirun tells. */
static int wrong(const char *what)
{
    MPI_Datatype t;
    int x[4] = {0};
    MPI_Type_vector(2, 1, 2, MPI_INT, &t);
    if (strcmp(what, "uncommitted") == 0) {
        MPI_Send(x, 1, t, 0, 0, MPI_COMM_WORLD);
    } else if (strcmp(what, "null") == 0) {
        MPI_Type_commit(&t);
        MPI_Send(NULL, 1, t, 0, 0, MPI_COMM_WORLD);
    } else {
        MPI_Type_vector(-1, 1, 2, MPI_INT, &t);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const int sizes[] = {1, 2, 15, 511, 512, 513, 2000, 8191, 8192, 8193, 16384, 65536, 65537, 200001};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    to = (rank + 1) % size;
    from = (rank - 1 + size) % size;
    if (argc > 1)
        return wrong(argv[1]);
    for (int l = 0; l < LAYOUTS; l++)
        for (int k = 0; k < LAYOUTS; k++)
            for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++)
                if (sizes[i] < 20000 || (l + k) % 4 == 0)
                    pass(l, k, (enum way)((l + k + i) % WAYS), sizes[i]);
    for (int way = 0; way < WAYS; way++)
        for (int i = 0; i < (int)(sizeof sizes / sizeof *sizes); i++)
            pass(STRIDED, IRREGULAR, way, sizes[i]);
    replace(10);
    replace(2000);
    replace(100000);
    absolute();
    partial();
    truncated(20);
    truncated(5000);
    truncated(100000);
    empty();
    MPI_Finalize();
    return test_end();
}
