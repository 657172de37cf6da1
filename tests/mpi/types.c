/* What can be done with datatypes without sending: every constructor in both forms, what the envelope and the contents
 * say, rebuilding a type from them, names, attributes, duplicates, types for Fortran's kinds, and errors. */
#include "test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- envelope and contents ---- */

struct contents {
    int combiner;
    MPI_Count integer_count, address_count, count_count, type_count;
    int integers[32];
    MPI_Aint addresses[8];
    MPI_Count counts[16];
    MPI_Datatype types[4];
};

static struct contents contents_of(MPI_Datatype t)
{
    struct contents c;
    memset(&c, 0, sizeof c);
    MPI_Type_get_envelope_c(t, &c.integer_count, &c.address_count, &c.count_count, &c.type_count, &c.combiner);
    MPI_Type_get_contents_c(t, c.integer_count, c.address_count, c.count_count, c.type_count, c.integers, c.addresses,
                            c.counts, c.types);
    return c;
}

/* Makes the same type again. i, a, c: contents as they are; numbers are counts in the large forms. */
static MPI_Datatype rebuild_small(const struct contents *c)
{
    MPI_Datatype t = MPI_DATATYPE_NULL, old = c->types[0];
    const int *i = c->integers;
    const MPI_Aint *a = c->addresses;
    switch (c->combiner) {
    case MPI_COMBINER_DUP:
        MPI_Type_dup(old, &t);
        break;
    case MPI_COMBINER_CONTIGUOUS:
        MPI_Type_contiguous(i[0], old, &t);
        break;
    case MPI_COMBINER_VECTOR:
        MPI_Type_vector(i[0], i[1], i[2], old, &t);
        break;
    case MPI_COMBINER_HVECTOR:
        MPI_Type_create_hvector(i[0], i[1], a[0], old, &t);
        break;
    case MPI_COMBINER_INDEXED:
        MPI_Type_indexed(i[0], i + 1, i + 1 + i[0], old, &t);
        break;
    case MPI_COMBINER_HINDEXED:
        MPI_Type_create_hindexed(i[0], i + 1, a, old, &t);
        break;
    case MPI_COMBINER_INDEXED_BLOCK:
        MPI_Type_create_indexed_block(i[0], i[1], i + 2, old, &t);
        break;
    case MPI_COMBINER_HINDEXED_BLOCK:
        MPI_Type_create_hindexed_block(i[0], i[1], a, old, &t);
        break;
    case MPI_COMBINER_STRUCT:
        MPI_Type_create_struct(i[0], i + 1, a, c->types, &t);
        break;
    case MPI_COMBINER_SUBARRAY:
        MPI_Type_create_subarray(i[0], i + 1, i + 1 + i[0], i + 1 + 2 * i[0], i[1 + 3 * i[0]], old, &t);
        break;
    case MPI_COMBINER_DARRAY: {
        const int *rows = i + 3;
        int n = i[2];
        MPI_Type_create_darray(i[0], i[1], n, rows, rows + n, rows + 2 * n, rows + 3 * n, rows[4 * n], old, &t);
        break;
    }
    case MPI_COMBINER_RESIZED:
        MPI_Type_create_resized(old, a[0], a[1], &t);
        break;
    }
    return t;
}

static MPI_Datatype rebuild_large(const struct contents *c)
{
    MPI_Datatype t = MPI_DATATYPE_NULL, old = c->types[0];
    const int *i = c->integers;
    const MPI_Count *n = c->counts;
    switch (c->combiner) {
    case MPI_COMBINER_CONTIGUOUS:
        MPI_Type_contiguous_c(n[0], old, &t);
        break;
    case MPI_COMBINER_VECTOR:
        MPI_Type_vector_c(n[0], n[1], n[2], old, &t);
        break;
    case MPI_COMBINER_HVECTOR:
        MPI_Type_create_hvector_c(n[0], n[1], n[2], old, &t);
        break;
    case MPI_COMBINER_INDEXED:
        MPI_Type_indexed_c(n[0], n + 1, n + 1 + n[0], old, &t);
        break;
    case MPI_COMBINER_HINDEXED:
        MPI_Type_create_hindexed_c(n[0], n + 1, n + 1 + n[0], old, &t);
        break;
    case MPI_COMBINER_INDEXED_BLOCK:
        MPI_Type_create_indexed_block_c(n[0], n[1], n + 2, old, &t);
        break;
    case MPI_COMBINER_HINDEXED_BLOCK:
        MPI_Type_create_hindexed_block_c(n[0], n[1], n + 2, old, &t);
        break;
    case MPI_COMBINER_STRUCT:
        MPI_Type_create_struct_c(n[0], n + 1, n + 1 + n[0], c->types, &t);
        break;
    case MPI_COMBINER_SUBARRAY:
        MPI_Type_create_subarray_c(i[0], n, n + i[0], n + 2 * i[0], i[1], old, &t);
        break;
    case MPI_COMBINER_DARRAY: {
        const int *rows = i + 3;
        MPI_Type_create_darray_c(i[0], i[1], i[2], n, rows, rows + i[2], rows + 2 * i[2], rows[3 * i[2]], old, &t);
        break;
    }
    case MPI_COMBINER_RESIZED:
        MPI_Type_create_resized_c(old, n[0], n[1], &t);
        break;
    }
    return t;
}

/* The same bytes in the same order. */
static int same_layout(MPI_Datatype t, MPI_Datatype u)
{
    enum { ROOM = 1 << 16 };
    static unsigned short memory[ROOM];
    static char packed[2][2 * ROOM];
    MPI_Count numbers[2][5];
    int at[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        MPI_Datatype one = i ? u : t;
        MPI_Type_size_c(one, &numbers[i][0]);
        MPI_Type_get_extent_c(one, &numbers[i][1], &numbers[i][2]);
        MPI_Type_get_true_extent_c(one, &numbers[i][3], &numbers[i][4]);
    }
    if (memcmp(numbers[0], numbers[1], sizeof numbers[0]) != 0)
        return 0;
    for (int i = 0; i < ROOM; i++)
        memory[i] = (unsigned short)i;
    MPI_Type_commit(&t);
    MPI_Type_commit(&u);
    MPI_Pack(memory + ROOM / 2, 3, t, packed[0], sizeof packed[0], &at[0], MPI_COMM_SELF);
    MPI_Pack(memory + ROOM / 2, 3, u, packed[1], sizeof packed[1], &at[1], MPI_COMM_SELF);
    return at[0] == at[1] && memcmp(packed[0], packed[1], (size_t)at[0]) == 0;
}

/* The handles that contents return: predefined ones by their constant, others as references of the caller's. */
static void free_types(struct contents *c)
{
    for (MPI_Count i = 0; i < c->type_count; i++) {
        MPI_Count a, b, d, e;
        int combiner;
        MPI_Type_get_envelope_c(c->types[i], &a, &b, &d, &e, &combiner);
        if (combiner != MPI_COMBINER_NAMED)
            MPI_Type_free(&c->types[i]);
    }
}

static void round_trip(MPI_Datatype t, int combiner, MPI_Count integers, MPI_Count addresses, MPI_Count counts,
                       MPI_Count types)
{
    struct contents c = contents_of(t);
    CHECK(c.combiner == combiner && c.integer_count == integers && c.address_count == addresses);
    CHECK(c.count_count == counts && c.type_count == types);
    MPI_Datatype again = c.count_count ? rebuild_large(&c) : rebuild_small(&c);
    CHECK(same_layout(t, again));
    if (counts == 0) { /* the form without _c says the same */
        int n[3], kind, integer_room[32];
        MPI_Aint address_room[8];
        MPI_Datatype type_room[4];
        MPI_Type_get_envelope(t, &n[0], &n[1], &n[2], &kind);
        CHECK(n[0] == integers && n[1] == addresses && n[2] == types && kind == combiner);
        MPI_Type_get_contents(t, n[0], n[1], n[2], integer_room, address_room, type_room);
        CHECK(memcmp(integer_room, c.integers, (size_t)integers * sizeof(int)) == 0);
        CHECK(memcmp(address_room, c.addresses, (size_t)addresses * sizeof(MPI_Aint)) == 0);
        CHECK(memcmp(type_room, c.types, (size_t)types * sizeof(MPI_Datatype)) == 0);
        struct contents once_more = c; /* these are references too */
        free_types(&once_more);
    } else {
        int a, b, d, kind, class;
        MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
        MPI_Error_class(MPI_Type_get_envelope(t, &a, &b, &d, &kind), &class);
        CHECK(class == MPI_ERR_TYPE);
        MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
    }
    MPI_Type_free(&again);
    free_types(&c);
    MPI_Type_free(&t);
}

static void small_forms(MPI_Datatype old)
{
    MPI_Datatype t, both[] = {old, MPI_CHAR};
    int lengths[] = {2, 0, 3}, at[] = {4, 1, -7}, sizes[] = {4, 3}, parts[] = {2, 2}, starts[] = {1, 0};
    int distributions[] = {MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_BLOCK}, processes[] = {2, 1};
    int arguments[] = {1, MPI_DISTRIBUTE_DFLT_DARG};
    MPI_Aint bytes[] = {400, 0, -200};
    MPI_Type_dup(old, &t);
    round_trip(t, MPI_COMBINER_DUP, 0, 0, 0, 1);
    MPI_Type_contiguous(3, old, &t);
    round_trip(t, MPI_COMBINER_CONTIGUOUS, 1, 0, 0, 1);
    MPI_Type_vector(3, 2, -4, old, &t);
    round_trip(t, MPI_COMBINER_VECTOR, 3, 0, 0, 1);
    MPI_Type_create_hvector(3, 2, 300, old, &t);
    round_trip(t, MPI_COMBINER_HVECTOR, 2, 1, 0, 1);
    MPI_Type_indexed(3, lengths, at, old, &t);
    round_trip(t, MPI_COMBINER_INDEXED, 7, 0, 0, 1);
    MPI_Type_create_hindexed(3, lengths, bytes, old, &t);
    round_trip(t, MPI_COMBINER_HINDEXED, 4, 3, 0, 1);
    MPI_Type_create_indexed_block(3, 2, at, old, &t);
    round_trip(t, MPI_COMBINER_INDEXED_BLOCK, 5, 0, 0, 1);
    MPI_Type_create_hindexed_block(3, 2, bytes, old, &t);
    round_trip(t, MPI_COMBINER_HINDEXED_BLOCK, 2, 3, 0, 1);
    MPI_Type_create_struct(2, lengths + 1, bytes, both, &t);
    round_trip(t, MPI_COMBINER_STRUCT, 3, 2, 0, 2);
    MPI_Type_create_subarray(2, sizes, parts, starts, MPI_ORDER_FORTRAN, old, &t);
    round_trip(t, MPI_COMBINER_SUBARRAY, 8, 0, 0, 1);
    MPI_Type_create_darray(2, 1, 2, sizes, distributions, arguments, processes, MPI_ORDER_C, old, &t);
    round_trip(t, MPI_COMBINER_DARRAY, 12, 0, 0, 1);
    MPI_Type_create_resized(old, -8, 96, &t);
    round_trip(t, MPI_COMBINER_RESIZED, 0, 2, 0, 1);
}

static void large_forms(MPI_Datatype old)
{
    MPI_Datatype t, both[] = {old, MPI_CHAR};
    MPI_Count lengths[] = {2, 0, 3}, at[] = {4, 1, -7}, bytes[] = {400, 0, -200};
    MPI_Count sizes[] = {4, 3}, parts[] = {2, 2}, starts[] = {1, 0};
    int distributions[] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_NONE}, processes[] = {2, 1};
    int arguments[] = {2, MPI_DISTRIBUTE_DFLT_DARG};
    MPI_Type_contiguous_c(3, old, &t);
    round_trip(t, MPI_COMBINER_CONTIGUOUS, 0, 0, 1, 1);
    MPI_Type_vector_c(3, 2, -4, old, &t);
    round_trip(t, MPI_COMBINER_VECTOR, 0, 0, 3, 1);
    MPI_Type_create_hvector_c(3, 2, 300, old, &t);
    round_trip(t, MPI_COMBINER_HVECTOR, 0, 0, 3, 1);
    MPI_Type_indexed_c(3, lengths, at, old, &t);
    round_trip(t, MPI_COMBINER_INDEXED, 0, 0, 7, 1);
    MPI_Type_create_hindexed_c(3, lengths, bytes, old, &t);
    round_trip(t, MPI_COMBINER_HINDEXED, 0, 0, 7, 1);
    MPI_Type_create_indexed_block_c(3, 2, at, old, &t);
    round_trip(t, MPI_COMBINER_INDEXED_BLOCK, 0, 0, 5, 1);
    MPI_Type_create_hindexed_block_c(3, 2, bytes, old, &t);
    round_trip(t, MPI_COMBINER_HINDEXED_BLOCK, 0, 0, 5, 1);
    MPI_Type_create_struct_c(2, lengths + 1, bytes, both, &t);
    round_trip(t, MPI_COMBINER_STRUCT, 0, 0, 5, 2);
    MPI_Type_create_subarray_c(2, sizes, parts, starts, MPI_ORDER_C, old, &t);
    round_trip(t, MPI_COMBINER_SUBARRAY, 2, 0, 6, 1);
    MPI_Type_create_darray_c(2, 1, 2, sizes, distributions, arguments, processes, MPI_ORDER_FORTRAN, old, &t);
    round_trip(t, MPI_COMBINER_DARRAY, 10, 0, 2, 1);
    MPI_Type_create_resized_c(old, -8, 96, &t);
    round_trip(t, MPI_COMBINER_RESIZED, 0, 0, 2, 1);
}

/* A type that was freed comes back out of the contents of another. */
static void freed_and_found(void)
{
    MPI_Datatype t, u;
    MPI_Type_vector(3, 1, 2, MPI_INT, &t);
    MPI_Type_contiguous(2, t, &u);
    MPI_Type_free(&t);
    CHECK(t == MPI_DATATYPE_NULL);
    struct contents c = contents_of(u);
    MPI_Type_free(&u);
    struct contents inner = contents_of(c.types[0]);
    CHECK(inner.combiner == MPI_COMBINER_VECTOR && inner.types[0] == MPI_INT && inner.integers[2] == 2);
    MPI_Type_free(&c.types[0]);
}

/* Sizes that an int cannot tell. */
static void huge(void)
{
    MPI_Datatype t, u;
    MPI_Count size, lb, extent;
    int small;
    MPI_Type_contiguous(INT_MAX, MPI_DOUBLE, &t);
    MPI_Type_vector_c(3, 1, 1000000, t, &u);
    MPI_Type_size(u, &small);
    MPI_Type_size_c(u, &size);
    MPI_Type_get_extent_c(u, &lb, &extent);
    CHECK(small == MPI_UNDEFINED && size == 24 * (MPI_Count)INT_MAX && lb == 0);
    CHECK(extent == (2000000 + 1) * 8 * (MPI_Count)INT_MAX);
    MPI_Type_free(&t);
    MPI_Type_free(&u);
}

/* ---- names and attributes ---- */

static void names(void)
{
    char name[MPI_MAX_OBJECT_NAME], longest[2 * MPI_MAX_OBJECT_NAME];
    int length;
    MPI_Datatype t, u;
    MPI_Type_get_name(MPI_C_COMPLEX, name, &length);
    CHECK(strcmp(name, "MPI_C_COMPLEX") == 0 && length == 13);
    MPI_Type_get_name(MPI_DATATYPE_NULL, name, &length);
    CHECK(strcmp(name, "MPI_DATATYPE_NULL") == 0);
    MPI_Type_contiguous(2, MPI_INT, &t);
    MPI_Type_get_name(t, name, &length);
    CHECK(name[0] == 0 && length == 0);
    MPI_Type_set_name(t, "two ints");
    MPI_Type_get_name(t, name, &length);
    CHECK(strcmp(name, "two ints") == 0 && length == 8);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    MPI_Type_set_name(t, longest);
    MPI_Type_get_name(t, name, &length);
    CHECK(length == MPI_MAX_OBJECT_NAME - 1 && memcmp(name, longest, (size_t)length) == 0);
    MPI_Type_dup(t, &u); /* has no name yet */
    MPI_Type_get_name(u, name, &length);
    CHECK(length == 0);
    MPI_Type_set_name(MPI_INT, "an int"); /* what MPI_INT is called is a default */
    MPI_Type_get_name(MPI_INT, name, &length);
    CHECK(strcmp(name, "an int") == 0);
    MPI_Type_set_name(MPI_INT, "MPI_INT");
    MPI_Type_free(&t);
    MPI_Type_free(&u);
}

static int deleted[8], deletions, copies, refuse;

static int copy(MPI_Datatype t, int key, void *extra, void *value, void *out, int *flag)
{
    (void)t;
    (void)key;
    copies++;
    *(void **)out = (char *)value + *(int *)extra;
    *flag = value != NULL;
    return refuse ? MPI_ERR_OTHER : MPI_SUCCESS;
}

static int delete(MPI_Datatype t, int key, void *value, void *extra)
{
    (void)t;
    (void)key;
    (void)extra;
    if (refuse)
        return MPI_ERR_OTHER;
    deleted[deletions++ % 8] = (int)(MPI_Aint)value;
    return MPI_SUCCESS;
}

static void attributes(void)
{
    MPI_Datatype t, u;
    int step = 100, keys[4], flag, class;
    void *value;
    MPI_Type_create_keyval(copy, delete, &keys[0], &step);
    MPI_Type_create_keyval(MPI_TYPE_DUP_FN, MPI_TYPE_NULL_DELETE_FN, &keys[1], NULL);
    MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, delete, &keys[2], NULL);
    MPI_Type_create_keyval(copy, delete, &keys[3], &step);
    MPI_Type_vector(2, 1, 2, MPI_INT, &t);
    MPI_Type_get_attr(t, keys[0], &value, &flag);
    CHECK(!flag);
    for (int i = 0; i < 3; i++)
        MPI_Type_set_attr(t, keys[i], (void *)(MPI_Aint)(10 + i));
    MPI_Type_set_attr(t, keys[3], NULL); /* copied, but not wanted: flag 0 */
    MPI_Type_set_attr(t, keys[0], (void *)20); /* the one before is deleted */
    CHECK(deletions == 1 && deleted[0] == 10);
    MPI_Type_dup(t, &u);
    CHECK(copies == 2);
    MPI_Type_get_attr(u, keys[0], &value, &flag);
    CHECK(flag && value == (void *)120);
    MPI_Type_get_attr(u, keys[1], &value, &flag);
    CHECK(flag && value == (void *)11);
    MPI_Type_get_attr(u, keys[2], &value, &flag);
    CHECK(!flag);
    MPI_Type_get_attr(u, keys[3], &value, &flag);
    CHECK(!flag);
    int old = keys[2];
    MPI_Type_free_keyval(&keys[2]); /* lives until its last value has gone */
    CHECK(keys[2] == MPI_KEYVAL_INVALID);
    MPI_Type_get_attr(t, old, &value, &flag);
    CHECK(flag && value == (void *)12);
    MPI_Type_delete_attr(t, old);
    CHECK(deletions == 2 && deleted[1] == 12);
    deletions = 0;
    MPI_Type_free(&t);
    CHECK(deletions == 2 && deleted[0] == 20 && deleted[1] == 0); /* the last that was set is the first to go */
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    refuse = 1;
    MPI_Error_class(MPI_Type_dup(u, &t), &class);
    CHECK(class == MPI_ERR_OTHER);
    MPI_Error_class(MPI_Type_free(&u), &class);
    CHECK(class == MPI_ERR_OTHER && u != MPI_DATATYPE_NULL);
    refuse = 0;
    MPI_Error_class(MPI_Type_get_attr(u, old, &value, &flag), &class);
    CHECK(class == MPI_ERR_KEYVAL);
    MPI_Error_class(MPI_Type_set_attr(u, 77, NULL), &class);
    CHECK(class == MPI_ERR_KEYVAL);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
    MPI_Type_set_attr(MPI_INT, keys[1], &step); /* predefined types have attributes too */
    MPI_Type_get_attr(MPI_INT, keys[1], &value, &flag);
    CHECK(flag && value == &step);
    MPI_Type_delete_attr(MPI_INT, keys[1]);
    MPI_Type_free(&u);
    MPI_Type_free_keyval(&keys[0]);
    MPI_Type_free_keyval(&keys[1]);
    MPI_Type_free_keyval(&keys[3]);
}

/* ---- asked for by what they hold ---- */

static void fixed(void)
{
    MPI_Datatype t, u;
    MPI_Count size;
    MPI_Type_create_f90_real(15, 300, &t);
    MPI_Type_create_f90_real(15, 300, &u);
    MPI_Type_size_c(t, &size);
    CHECK(t == u && size == 8);
    struct contents c = contents_of(t);
    CHECK(c.combiner == MPI_COMBINER_F90_REAL && c.integer_count == 2 && c.integers[0] == 15 && c.integers[1] == 300);
    CHECK(c.type_count == 0);
    MPI_Type_create_f90_complex(6, MPI_UNDEFINED, &t);
    MPI_Type_size_c(t, &size);
    CHECK(size == 8);
    MPI_Type_create_f90_integer(5, &t);
    MPI_Type_size_c(t, &size);
    c = contents_of(t);
    CHECK(size == 4 && c.combiner == MPI_COMBINER_F90_INTEGER && c.integer_count == 1 && c.integers[0] == 5);
    MPI_Type_match_size(MPI_TYPECLASS_INTEGER, 8, &t);
    CHECK(t == MPI_INTEGER8);
    MPI_Type_match_size(MPI_TYPECLASS_COMPLEX, 16, &t);
    CHECK(t == MPI_COMPLEX16);
    MPI_Type_get_value_index(MPI_FLOAT, MPI_INT, &t);
    CHECK(t == MPI_FLOAT_INT);
    MPI_Type_get_value_index(MPI_C_DOUBLE_COMPLEX, MPI_INT, &t);
    CHECK(t == MPI_DATATYPE_NULL);
    MPI_Type_get_value_index(MPI_DOUBLE, MPI_DOUBLE, &t);
    CHECK(t == MPI_DATATYPE_NULL);
}

static void numbers(void)
{
    MPI_Datatype t, u;
    MPI_Type_vector(2, 1, 2, MPI_INT, &t);
    int number = MPI_Type_toint(t);
    CHECK(number >= 4096 && MPI_Type_fromint(number) == t);
    u = t;
    MPI_Type_free(&u);
    CHECK(MPI_Type_fromint(number) == MPI_DATATYPE_NULL);
}

/* ---- errors ---- */

#define FAILS(call, expected) \
    do { \
        int class_; \
        MPI_Error_class(call, &class_); \
        CHECK(class_ == expected); \
    } while (0)

static void errors(void)
{
    MPI_Datatype t = MPI_INT, derived, types[] = {MPI_INT, MPI_DATATYPE_NULL};
    int two[] = {1, 1}, bad[] = {1, -1}, zero[] = {0, 0}, four[] = {4, 4}, room[4], n;
    MPI_Aint at[] = {0, 8};
    MPI_Count wide = 0;
    MPI_Type_vector(2, 1, 2, MPI_INT, &derived);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    FAILS(MPI_Type_contiguous(-1, MPI_INT, &t), MPI_ERR_COUNT);
    FAILS(MPI_Type_contiguous(1, MPI_DATATYPE_NULL, &t), MPI_ERR_TYPE);
    FAILS(MPI_Type_contiguous(1, MPI_INT, NULL), MPI_ERR_ARG);
    FAILS(MPI_Type_contiguous_c(1LL << 62, MPI_DOUBLE, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_vector(1, -1, 1, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_indexed(2, bad, two, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_indexed(2, NULL, two, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_hindexed_block(2, 1, NULL, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_struct(2, two, at, types, &t), MPI_ERR_TYPE);
    FAILS(MPI_Type_create_struct(-2, two, at, types, &t), MPI_ERR_COUNT);
    FAILS(MPI_Type_create_subarray(0, four, two, zero, MPI_ORDER_C, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_subarray(2, four, two, four, MPI_ORDER_C, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_subarray(2, four, zero, zero, MPI_ORDER_C, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_subarray(2, four, two, zero, 1, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_darray(3, 0, 2, four, zero, two, two, MPI_ORDER_C, MPI_INT, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_free(&t), MPI_ERR_TYPE); /* none of these has touched t */
    CHECK(t == MPI_INT);
    FAILS(MPI_Type_get_contents(MPI_INT, 0, 0, 0, NULL, NULL, NULL), MPI_ERR_TYPE);
    FAILS(MPI_Type_get_contents(derived, 2, 0, 1, room, NULL, types), MPI_ERR_ARG);
    FAILS(MPI_Type_get_contents(derived, 3, 0, 1, room, NULL, NULL), MPI_ERR_ARG);
    FAILS(MPI_Type_create_f90_real(40, 5000, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_f90_real(MPI_UNDEFINED, MPI_UNDEFINED, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_f90_integer(50, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_match_size(MPI_TYPECLASS_REAL, 3, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_match_size(5, 4, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_create_resized_c(MPI_INT, LLONG_MAX, 1, &t), MPI_ERR_ARG);
    FAILS(MPI_Type_get_extent_c(derived, &wide, NULL), MPI_ERR_ARG);
    MPI_Type_create_f90_real(6, 30, &t);
    FAILS(MPI_Type_free(&t), MPI_ERR_TYPE); /* predefined, though it has no name */
    FAILS(MPI_Type_get_envelope(MPI_DATATYPE_NULL, &n, &n, &n, &n), MPI_ERR_TYPE);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
    MPI_Type_free(&derived);
}

int main(int argc, char **argv)
{
    MPI_Datatype derived;
    MPI_Init(&argc, &argv);
    small_forms(MPI_INT);
    large_forms(MPI_DOUBLE);
    MPI_Type_vector(2, 1, 3, MPI_SHORT, &derived);
    small_forms(derived);
    large_forms(derived);
    MPI_Type_free(&derived);
    freed_and_found();
    huge();
    names();
    attributes();
    fixed();
    numbers();
    errors();
    MPI_Finalize();
    return test_end();
}
