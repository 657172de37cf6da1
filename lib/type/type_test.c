/* Tests of the predefined datatypes: each has the size and layout of its C type, and the cursor over those with
 * gaps moves their data and nothing else. */
#include "type/type.h"
#include "type/layout.h"
#include "tests/unit.h"

#include <complex.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

#define C_TYPE(handle, type) {handle, #handle, sizeof(type)}
static const struct {
    MPI_Datatype handle;
    const char *name;
    size_t size;
} basics[] = {
    C_TYPE(MPI_AINT, MPI_Aint), C_TYPE(MPI_COUNT, MPI_Count), C_TYPE(MPI_OFFSET, MPI_Offset),
    C_TYPE(MPI_PACKED, char), C_TYPE(MPI_BYTE, char), C_TYPE(MPI_CHAR, char), C_TYPE(MPI_SIGNED_CHAR, signed char),
    C_TYPE(MPI_UNSIGNED_CHAR, unsigned char), C_TYPE(MPI_SHORT, short), C_TYPE(MPI_UNSIGNED_SHORT, unsigned short),
    C_TYPE(MPI_INT, int), C_TYPE(MPI_UNSIGNED, unsigned), C_TYPE(MPI_LONG, long),
    C_TYPE(MPI_UNSIGNED_LONG, unsigned long), C_TYPE(MPI_LONG_LONG, long long),
    C_TYPE(MPI_LONG_LONG_INT, long long),
    C_TYPE(MPI_UNSIGNED_LONG_LONG, unsigned long long), C_TYPE(MPI_FLOAT, float), C_TYPE(MPI_DOUBLE, double),
    C_TYPE(MPI_LONG_DOUBLE, long double), C_TYPE(MPI_C_COMPLEX, float _Complex),
    C_TYPE(MPI_C_FLOAT_COMPLEX, float _Complex), C_TYPE(MPI_C_DOUBLE_COMPLEX, double _Complex),
    C_TYPE(MPI_C_LONG_DOUBLE_COMPLEX, long double _Complex), C_TYPE(MPI_CXX_FLOAT_COMPLEX, float _Complex),
    C_TYPE(MPI_CXX_DOUBLE_COMPLEX, double _Complex), C_TYPE(MPI_CXX_LONG_DOUBLE_COMPLEX, long double _Complex),
    C_TYPE(MPI_C_BOOL, bool), C_TYPE(MPI_CXX_BOOL, bool), C_TYPE(MPI_WCHAR, wchar_t), C_TYPE(MPI_INT8_T, int8_t),
    C_TYPE(MPI_INT16_T, int16_t), C_TYPE(MPI_INT32_T, int32_t), C_TYPE(MPI_INT64_T, int64_t),
    C_TYPE(MPI_UINT8_T, uint8_t), C_TYPE(MPI_UINT16_T, uint16_t),
    C_TYPE(MPI_UINT32_T, uint32_t), C_TYPE(MPI_UINT64_T, uint64_t),
    /* Fortran: the numbers say how many bytes */
    {MPI_CHARACTER, "MPI_CHARACTER", 1}, {MPI_LOGICAL, "MPI_LOGICAL", 4}, {MPI_INTEGER, "MPI_INTEGER", 4},
    {MPI_REAL, "MPI_REAL", 4}, {MPI_DOUBLE_PRECISION, "MPI_DOUBLE_PRECISION", 8}, {MPI_COMPLEX, "MPI_COMPLEX", 8},
    {MPI_DOUBLE_COMPLEX, "MPI_DOUBLE_COMPLEX", 16}, {MPI_LOGICAL1, "MPI_LOGICAL1", 1},
    {MPI_LOGICAL2, "MPI_LOGICAL2", 2},
    {MPI_LOGICAL4, "MPI_LOGICAL4", 4}, {MPI_LOGICAL8, "MPI_LOGICAL8", 8}, {MPI_LOGICAL16, "MPI_LOGICAL16", 16},
    {MPI_INTEGER1, "MPI_INTEGER1", 1}, {MPI_INTEGER2, "MPI_INTEGER2", 2}, {MPI_INTEGER4, "MPI_INTEGER4", 4},
    {MPI_INTEGER8, "MPI_INTEGER8", 8}, {MPI_INTEGER16, "MPI_INTEGER16", 16}, {MPI_REAL2, "MPI_REAL2", 2},
    {MPI_REAL4, "MPI_REAL4", 4}, {MPI_REAL8, "MPI_REAL8", 8}, {MPI_REAL16, "MPI_REAL16", 16},
    {MPI_COMPLEX4, "MPI_COMPLEX4", 4}, {MPI_COMPLEX8, "MPI_COMPLEX8", 8}, {MPI_COMPLEX16, "MPI_COMPLEX16", 16},
    {MPI_COMPLEX32, "MPI_COMPLEX32", 32},
};

/* Pairs: where the second part begins. */
#define PAIR(handle, first, second) \
    {handle, #handle, sizeof(first), offsetof(struct {first a; second b;}, b), sizeof(second), \
     sizeof(struct {first a; second b;})}
static const struct pair {
    MPI_Datatype handle;
    const char *name;
    size_t first, second_at, second, extent;
} pairs[] = {
    PAIR(MPI_FLOAT_INT, float, int), PAIR(MPI_DOUBLE_INT, double, int), PAIR(MPI_LONG_INT, long, int),
    PAIR(MPI_2INT, int, int), PAIR(MPI_SHORT_INT, short, int), PAIR(MPI_LONG_DOUBLE_INT, long double, int),
    PAIR(MPI_2REAL, float, float), PAIR(MPI_2DOUBLE_PRECISION, double, double), PAIR(MPI_2INTEGER, int, int),
};
enum { BASICS = sizeof basics / sizeof basics[0], PAIRS = sizeof pairs / sizeof pairs[0] };

START_TEST(basics_have_the_size_of_their_c_type)
{
    for (int i = 0; i < BASICS; i++) {
        const struct type *t = type_of(basics[i].handle);
        ck_assert_msg(t != NULL, "%s is missing", basics[i].name);
        ck_assert_msg(t->handle == basics[i].handle && t->size == basics[i].size &&
                          t->extent == (int64_t)basics[i].size,
                      "%s: size %llu, extent %lld", basics[i].name, (unsigned long long)t->size, (long long)t->extent);
        ck_assert_uint_eq(t->basics, 1);
        ck_assert(type_is_contiguous(t) && t->basic == t && t->committed && t->predefined);
    }
}
END_TEST

START_TEST(pairs_have_the_layout_of_their_struct)
{
    for (int i = 0; i < PAIRS; i++) {
        const struct pair *p = &pairs[i];
        const struct type *t = type_of(p->handle);
        ck_assert_msg(t != NULL, "%s is missing", p->name);
        ck_assert_str_eq(t->name, p->name);
        ck_assert_uint_eq(t->size, p->first + p->second);
        ck_assert_uint_eq(t->extent, p->extent);
        ck_assert_uint_eq(t->basics, 2);
        ck_assert_int_eq(type_is_contiguous(t), p->first + p->second == p->extent);
    }
    ck_assert(!type_is_contiguous(type_of(MPI_DOUBLE_INT)));
    ck_assert(!type_is_contiguous(type_of(MPI_SHORT_INT)));
}
END_TEST

/* Nothing else is in the table, and it has no two names for one thing. */
START_TEST(the_table_holds_what_the_lists_above_hold)
{
    int count = 0;
    for (int i = 0; i < TYPE_PREDEFINED_COUNT; i++) {
        const struct type *t = &type_predefined[i];
        if (!t->handle)
            continue;
        count++;
        ck_assert_ptr_eq(type_of(t->handle), t);
        ck_assert_int_eq(strncmp(t->name, "MPI_", 4), 0);
        ck_assert_uint_eq(t->layout->size, t->size);
        ck_assert_int_le(t->true_extent, t->extent);
        ck_assert_uint_eq((uint64_t)t->extent % t->align, 0);
        for (int j = 0; j < i; j++)
            ck_assert(!type_predefined[j].handle || strcmp(type_predefined[j].name, t->name) != 0);
    }
    /* MPI_LONG_LONG_INT and MPI_C_COMPLEX are second names */
    ck_assert_int_eq(count, BASICS + PAIRS - 2);
}
END_TEST

/* What most calls look at instead of the table. */
START_TEST(plain_types_are_those_without_gaps)
{
    for (int i = 0; i < TYPE_PREDEFINED_COUNT; i++)
        ck_assert_uint_eq(type_plain[i], 0);
    type_init();
    for (int i = 0; i < TYPE_PREDEFINED_COUNT; i++) {
        const struct type *t = type_of((MPI_Datatype)(uintptr_t)(TYPE_PREDEFINED + i));
        ck_assert_uint_eq(type_plain[i], t && (int64_t)t->size == t->extent ? t->size : 0);
    }
    ck_assert_uint_eq(type_plain[(uintptr_t)MPI_DOUBLE - TYPE_PREDEFINED], sizeof(double));
}
END_TEST

START_TEST(what_is_no_type_has_none)
{
    ck_assert_ptr_null(type_of(MPI_DATATYPE_NULL));
    ck_assert_ptr_null(type_of((MPI_Datatype)0));
    ck_assert_ptr_null(type_of((MPI_Datatype)MPI_COMM_WORLD));
    ck_assert_ptr_null(type_of((MPI_Datatype)(uintptr_t)(TYPE_PREDEFINED - 1)));
    ck_assert_ptr_null(type_of((MPI_Datatype)(uintptr_t)(TYPE_PREDEFINED + TYPE_PREDEFINED_COUNT)));
    ck_assert_ptr_null(type_of((MPI_Datatype)UINTPTR_MAX));
}
END_TEST

/* The plain way to pack: element by element. */
static size_t pack(const struct pair *p, const char *from, size_t elements, char *to)
{
    size_t n = 0;
    for (size_t e = 0; e < elements; e++) {
        memcpy(to + n, from + e * p->extent, p->first);
        n += p->first;
        memcpy(to + n, from + e * p->extent + p->second_at, p->second);
        n += p->second;
    }
    return n;
}

START_TEST(cursor_over_pairs)
{
    const struct pair *p = &pairs[_i];
    const struct type *t = type_of(p->handle);
    uint64_t seed = 51;
    for (int round = 0; round < 1000; round++) {
        size_t elements = unit_below(&seed, 40), bytes = elements * p->extent, size = elements * t->size, done = 0;
        char *from = malloc(bytes + 1), *to = malloc(bytes + 1);
        char *packed = malloc(size + 1), *expected = malloc(size + 1);
        for (size_t i = 0; i < bytes; i++)
            from[i] = (char)unit_random(&seed);
        memset(to, 0x5a, bytes + 1);
        ck_assert_uint_eq(pack(p, from, elements, expected), size);
        struct cursor source, target;
        type_cursor(&source, from, size, t);
        type_cursor(&target, to, size, t);
        while (done < size) { /* cut anywhere, also inside of a block */
            size_t n = 1 + unit_below(&seed, (uint32_t)(size - done));
            if (unit_below(&seed, 2))
                n = n > 7 ? 7 : n;
            cursor_fill(&source, packed + done, n);
            cursor_drain(&target, packed + done, n);
            done += n;
            ck_assert_uint_eq(source.left, size - done);
        }
        ck_assert_int_eq(memcmp(packed, expected, size), 0);
        pack(p, to, elements, packed);
        ck_assert_int_eq(memcmp(packed, expected, size), 0);
        for (size_t e = 0; e < elements; e++) /* gaps are not the message's */
            for (size_t i = 0; i < p->extent; i++)
                if ((i >= p->first && i < p->second_at) || i >= p->second_at + p->second)
                    ck_assert_int_eq(to[e * p->extent + i], 0x5a);
        ck_assert_int_eq(to[bytes], 0x5a);
        free(from);
        free(packed);
        free(expected);
        free(to);
    }
}
END_TEST

START_TEST(cursor_goes_on_without_moving)
{
    struct {
        double d;
        int i;
    } from[3] = {{1, 2}, {3, 4}, {5, 6}};
    struct cursor c;
    char packed[12];
    type_cursor(&c, from, 36, type_of(MPI_DOUBLE_INT));
    ck_assert_ptr_nonnull((void *)(uintptr_t)c.move);
    c.move(&c, NULL, 24, 1);
    c.left -= 24;
    cursor_fill(&c, packed, 12);
    ck_assert_int_eq(memcmp(packed, &from[2].d, 8), 0);
    ck_assert_int_eq(memcmp(packed + 8, &from[2].i, 4), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("type");
    TCase *table = unit_case(suite, "table"), *cursor = unit_case(suite, "cursor");
    tcase_add_test(table, basics_have_the_size_of_their_c_type);
    tcase_add_test(table, pairs_have_the_layout_of_their_struct);
    tcase_add_test(table, the_table_holds_what_the_lists_above_hold);
    tcase_add_test(table, plain_types_are_those_without_gaps);
    tcase_add_test(table, what_is_no_type_has_none);
    tcase_add_loop_test(cursor, cursor_over_pairs, 0, PAIRS);
    tcase_add_test(cursor, cursor_goes_on_without_moving);
    return unit_run(suite);
}
