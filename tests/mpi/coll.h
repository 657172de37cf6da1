/* What the tests of collective operations share: kinds of elements with and without gaps, buffers that are compared byte
 * by byte (gaps included), communicators of all sizes, and the three forms of each call. */
#ifndef TESTS_MPI_COLL_H
#define TESTS_MPI_COLL_H

#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { EDGE = 64, FILL = 0x5a };

/* An element holds one number, several times over. */
struct kind {
    const char *name;
    MPI_Datatype type;
    MPI_Aint extent;
    void (*write)(char *at, int value);
};

static void write_int(char *at, int v)
{
    memcpy(at, &v, sizeof v);
}

static void write_double(char *at, int v)
{
    double d = v;
    memcpy(at, &d, sizeof d);
}

/* 3 ints, with gaps between them */
static void write_vector(char *at, int v)
{
    for (int i = 0; i < 3; i++, v++)
        memcpy(at + 8 * i, &v, sizeof v);
}

struct mixed {
    double d;
    int i;
};

static void write_struct(char *at, int v)
{
    struct mixed m = {v, v + 1};
    memcpy(at, &m.d, sizeof m.d);
    memcpy(at + offsetof(struct mixed, i), &m.i, sizeof m.i);
}

/* an int 4 bytes before where the element begins, and much room behind it */
static void write_moved(char *at, int v)
{
    memcpy(at - 4, &v, sizeof v);
}

enum { KINDS = 5 };
static struct kind kinds[KINDS];

static MPI_Datatype resized(MPI_Datatype old, MPI_Aint lb, MPI_Aint extent)
{
    MPI_Datatype t;
    MPI_Type_create_resized(old, lb, extent, &t);
    MPI_Type_commit(&t);
    MPI_Type_free(&old);
    return t;
}

static inline void kinds_make(void)
{
    MPI_Datatype t, fields[2] = {MPI_DOUBLE, MPI_INT};
    int lengths[2] = {1, 1};
    MPI_Aint places[2] = {0, offsetof(struct mixed, i)}, before = -4;
    kinds[0] = (struct kind){"int", MPI_INT, 4, write_int};
    kinds[1] = (struct kind){"double", MPI_DOUBLE, 8, write_double};
    MPI_Type_vector(3, 1, 2, MPI_INT, &t);
    kinds[2] = (struct kind){"vector", resized(t, 0, 24), 24, write_vector};
    MPI_Type_create_struct(2, lengths, places, fields, &t);
    kinds[3] = (struct kind){"struct", resized(t, 0, sizeof(struct mixed)), sizeof(struct mixed), write_struct};
    MPI_Type_create_hindexed(1, lengths, &before, MPI_INT, &t);
    kinds[4] = (struct kind){"moved", resized(t, -8, 20), 20, write_moved};
}

static inline void kinds_free(void)
{
    for (int i = 2; i < KINDS; i++)
        MPI_Type_free(&kinds[i].type);
}

/* ---- buffers of n elements, and what they should look like ---- */

struct buffer {
    char *memory, *at;
    size_t size;
    const struct kind *kind;
};

static inline struct buffer buffer_make(const struct kind *k, long n)
{
    struct buffer b = {NULL, NULL, (size_t)n * (size_t)k->extent + 2 * EDGE, k};
    b.memory = malloc(b.size);
    b.at = b.memory + EDGE;
    memset(b.memory, FILL, b.size);
    return b;
}

static inline void buffer_clear(struct buffer *b)
{
    memset(b->memory, FILL, b->size);
}

static inline void buffer_put(struct buffer *b, long i, int value)
{
    b->kind->write(b->at + i * b->kind->extent, value);
}

static inline int buffer_same(const struct buffer *a, const struct buffer *b)
{
    return a->size == b->size && memcmp(a->memory, b->memory, a->size) == 0;
}

static inline void buffer_free(struct buffer *b)
{
    free(b->memory);
}

/* What one rank has for another at a place. */
static inline int value(int from, int to, long i)
{
    return (int)((from * 7919L + to * 104729L + i * 31L) % 1000003L);
}

/* ---- forms ---- */

enum { BLOCKING, STARTED, PERSISTENT, FORMS };
static int form;

/* prepare stands before each run, verify behind it; a persistent one runs twice. */
#define TRY(prepare, verify, NAME, INAME, ...)                                                \
    do {                                                                                      \
        MPI_Request request_ = MPI_REQUEST_NULL;                                              \
        prepare;                                                                              \
        if (form == BLOCKING) {                                                               \
            CHECK(MPI_##NAME(__VA_ARGS__) == MPI_SUCCESS);                                    \
        } else if (form == STARTED) {                                                         \
            CHECK(MPI_##INAME(__VA_ARGS__, &request_) == MPI_SUCCESS);                        \
            CHECK(MPI_Wait(&request_, MPI_STATUS_IGNORE) == MPI_SUCCESS);                     \
        } else {                                                                              \
            CHECK(MPI_##NAME##_init(__VA_ARGS__, MPI_INFO_NULL, &request_) == MPI_SUCCESS);   \
            CHECK(MPI_Start(&request_) == MPI_SUCCESS);                                       \
            CHECK(MPI_Wait(&request_, MPI_STATUS_IGNORE) == MPI_SUCCESS);                     \
            verify;                                                                           \
            prepare;                                                                          \
            CHECK(MPI_Start(&request_) == MPI_SUCCESS);                                       \
            CHECK(MPI_Wait(&request_, MPI_STATUS_IGNORE) == MPI_SUCCESS);                     \
            CHECK(MPI_Request_free(&request_) == MPI_SUCCESS);                                \
        }                                                                                     \
        verify;                                                                               \
    } while (0)

/* ---- communicators: what is called with each that this process is in ---- */

static inline void each_comm(void (*test)(MPI_Comm comm))
{
    int rank, size;
    MPI_Comm c;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    test(MPI_COMM_WORLD);
    test(MPI_COMM_SELF);
    MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &c); /* backwards */
    test(c);
    MPI_Comm_free(&c);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &c); /* every other */
    test(c);
    MPI_Comm_free(&c);
    MPI_Comm_split(MPI_COMM_WORLD, rank ? 1 : MPI_UNDEFINED, rank * 5 % size, &c); /* all but one, mixed up */
    if (c != MPI_COMM_NULL) {
        test(c);
        MPI_Comm_free(&c);
    }
}

#endif
