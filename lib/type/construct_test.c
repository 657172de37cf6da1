/* Derived datatypes: their layouts are the cheapest, their bounds are those of the standard, what does not fit into 64
 * bits is an error, and they live as long as they are needed. Random ones: type_random_test.c. */
#include "type/construct.h"
#include "type/layout.h"
#include "tests/unit.h"

/* ---- layouts are the cheapest ---- */

static int one_narrow[] = {1, 1, 1, 1};
static const struct type_row ones = {one_narrow, NULL};

static void committed(int rc, struct type **t)
{
    ck_assert_int_eq(rc, 0);
    ck_assert_int_eq(type_commit(*t), 0);
}

START_TEST(dense_types_are_one_block)
{
    struct type *t, *u;
    int64_t touching[] = {0, 8, 12, 16};
    const struct type *types[] = {type_of(MPI_DOUBLE), type_of(MPI_INT), type_of(MPI_FLOAT), type_of(MPI_LONG)};
    committed(type_struct(0, 4, ones, (struct type_row){NULL, touching}, types, &t, NULL), &t);
    ck_assert(layout_is_block(t->layout) && t->layout->bytes == 24 && t->dense);
    committed(type_vector(0, 5, 3, 3, t, &u, NULL), &u);
    ck_assert(layout_is_block(u->layout) && u->layout->bytes == 15 * 24 && u->dense);
    struct cursor c;
    type_cursor(&c, touching, 15 * 24, u);
    ck_assert(c.move == NULL); /* the plain way */
    type_put(t);
    type_put(u);
    committed(type_hindexed(0, 4, ones, (struct type_row){NULL, (int64_t[]){100, 101, 102, 103}}, type_of(MPI_CHAR),
                                &t, NULL), &t);
    ck_assert(layout_is_block(t->layout) && t->layout->bytes == 4 && t->layout->offset == 100 && t->dense);
    type_put(t);
}
END_TEST

START_TEST(regular_types_are_loops)
{
    struct type *t, *u, *v;
    struct type_row row = {NULL, (int64_t[]){0, 10, 20, 30}};
    committed(type_vector(0, 100, 2, 5, type_of(MPI_DOUBLE), &t, NULL), &t);
    ck_assert(!t->layout->list && t->layout->loop_count == 1 && t->layout->bytes == 16);
    ck_assert(t->layout->loops[0].count == 100 && t->layout->loops[0].stride == 40);
    ck_assert_int_eq(type_resized(0, 0, 4000, t, &u, NULL), 0); /* goes on at the same distance */
    committed(type_contiguous(0, 7, u, &v, NULL), &v);
    ck_assert(v->layout->loop_count == 1 && v->layout->loops[0].count == 700);
    type_put(t);
    type_put(u);
    type_put(v);
    committed(type_indexed(0, 4, ones, row, type_of(MPI_INT), &t, NULL), &t);
    ck_assert(!t->layout->list && t->layout->loop_count == 1 && t->layout->loops[0].stride == 40);
    type_put(t);
}
END_TEST

/* A part of an array of 2^60 bytes. */
START_TEST(subarrays_are_as_small_as_their_dimensions)
{
    struct type *t;
    int64_t sizes[] = {1 << 20, 1 << 20, 1 << 17}, subsizes[] = {1 << 19, 3000, 1000}, starts[] = {5, 6, 7};
    committed(type_subarray(1, 3, (struct type_row){NULL, sizes}, (struct type_row){NULL, subsizes},
                                (struct type_row){NULL, starts}, MPI_ORDER_C, type_of(MPI_DOUBLE), &t, NULL), &t);
    ck_assert(!t->layout->list && t->layout->loop_count == 2 && t->layout->bytes == 8000);
    ck_assert_int_eq(t->extent, INT64_C(1) << 60);
    ck_assert_uint_eq(t->size, (UINT64_C(1) << 19) * 3000 * 8000);
    type_put(t);
}
END_TEST

START_TEST(few_blocks_are_listed_within_the_loop_around)
{
    struct type *t, *u;
    int64_t at[] = {0, 8, 16};
    int lengths[] = {1, 1, 3};
    const struct type *types[] = {type_of(MPI_INT), type_of(MPI_DOUBLE), type_of(MPI_CHAR)};
    committed(type_struct(0, 3, (struct type_row){lengths, NULL}, (struct type_row){NULL, at}, types, &t, NULL), &t);
    ck_assert_int_eq(t->extent, 24);
    ck_assert(t->endless->loop_count == 1 && t->endless->list && t->endless->list->count == 2); /* 8 and 16 touch */
    committed(type_vector(0, 4, 2, 3, type_of(MPI_DOUBLE), &u, NULL), &u);
    ck_assert(u->endless->loop_count == 1 && u->endless->list && u->endless->list->count == 4);
    type_put(t);
    type_put(u);
}
END_TEST

START_TEST(what_touches_in_the_next_round_becomes_a_block)
{
    struct type *t, *u;
    const MPI_Datatype pairs[] = {MPI_DOUBLE_INT, MPI_LONG_INT, MPI_LONG_DOUBLE_INT};
    for (int i = 0; i < 3; i++) {
        const struct type *pair = type_of(pairs[i]);
        committed(type_hvector(0, 2, 1, (int64_t)pair->size, pair, &t, NULL), &t);
        ck_assert(layout_is_block(t->layout) && t->layout->bytes == 2 * pair->size);
        committed(type_hvector(0, 3, 2, 100, t, &u, NULL), &u);
        ck_assert_uint_eq(u->size, 12 * pair->size);
        type_put(t);
        type_put(u);
    }
}
END_TEST

/* ---- bounds that only the standard's rules decide ---- */

START_TEST(what_is_resized_decides_alone)
{
    struct type *t, *u;
    int64_t at[] = {0, 50};
    const struct type *types[2] = {NULL, type_of(MPI_INT)};
    ck_assert_int_eq(type_resized(0, -3, 10, type_of(MPI_INT), &t, NULL), 0);
    types[0] = t;
    ck_assert_int_eq(type_struct(0, 2, ones, (struct type_row){NULL, at}, types, &u, NULL), 0);
    ck_assert_int_eq(u->lb, -3);
    ck_assert_int_eq(u->extent, 10);
    ck_assert_int_eq(u->true_lb, 0);
    ck_assert_int_eq(u->true_extent, 54);
    type_put(t);
    type_put(u);
}
END_TEST

START_TEST(the_end_is_aligned_like_its_basic_types)
{
    struct type *t;
    int64_t at[] = {0, 5};
    const struct type *types[] = {type_of(MPI_INT), type_of(MPI_CHAR)};
    ck_assert_int_eq(type_struct(0, 2, ones, (struct type_row){NULL, at}, types, &t, NULL), 0);
    ck_assert_int_eq(t->extent, 8);
    ck_assert_int_eq(t->true_extent, 6);
    type_put(t);
    ck_assert_int_eq(type_hvector(0, 2, 1, 5, type_of(MPI_INT), &t, NULL), 0);
    ck_assert_int_eq(t->extent, 12);
    type_put(t);
}
END_TEST

/* ---- what does not fit ---- */

static void refused(int rc, const struct words *why)
{
    ck_assert_int_eq(rc, MPI_ERR_ARG);
    ck_assert_str_eq(why->s, "the type would reach over more than the 2^63 bytes that there can be");
}

START_TEST(overflow_is_an_error)
{
    struct words why;
    struct type *t, *big, *i = type_of(MPI_INT);
    const int64_t max = INT64_MAX;
    struct type_row far = {NULL, (int64_t[]){max / 4 + 1, 0}}, lengths = {NULL, (int64_t[]){1, 1}};
    refused(type_contiguous(1, max / 4 + 1, i, &t, &why), &why);
    refused(type_contiguous(1, max, i, &t, &why), &why);
    refused(type_vector(1, max, max, max, i, &t, &why), &why);
    refused(type_vector(1, max, 1, -max, i, &t, &why), &why);
    refused(type_vector(1, 2, 1, max / 2, i, &t, &why), &why);
    refused(type_hvector(1, 3, 1, max / 2 + 1, i, &t, &why), &why);
    refused(type_hvector(1, 3, 1, INT64_MIN, i, &t, &why), &why);
    refused(type_indexed(1, 2, lengths, far, i, &t, &why), &why);
    refused(type_indexed_block(1, 1, max, far, i, &t, &why), &why);
    refused(type_hindexed(1, 2, lengths, (struct type_row){NULL, (int64_t[]){max, 0}}, i, &t, &why), &why);
    refused(type_hindexed(1, 2, lengths, (struct type_row){NULL, (int64_t[]){INT64_MIN, 8}}, i, &t, &why), &why);
    refused(type_resized(1, max, 1, i, &t, &why), &why);
    ck_assert_int_eq(type_contiguous(1, max / 4, i, &big, &why), 0); /* as large as can be */
    refused(type_contiguous(0, 2, big, &t, &why), &why);
    refused(type_struct(1, 2, lengths, (struct type_row){NULL, (int64_t[]){0, 8}},
                        (const struct type *[]){i, big}, &t, &why), &why);
    type_put(big);
    ck_assert_int_eq(type_vector(1, 1, 1, max, i, &t, &why), 0); /* a stride that is never gone */
    type_put(t);
    ck_assert_int_eq(type_vector(1, 0, 1, max, i, &t, &why), 0);
    type_put(t);
    struct type_row sizes = {NULL, (int64_t[]){1 << 30, 1 << 30, 1 << 30}}, parts = {NULL, (int64_t[]){1, 1, 1}};
    refused(type_subarray(1, 3, sizes, parts, parts, MPI_ORDER_C, i, &t, &why), &why);
}
END_TEST

/* Any numbers: a type or an error, and never a wrong one. */
START_TEST(random_arguments)
{
    static const int64_t odd[] = {0, 1, 2, 3, 7, 1000, 65536, INT32_MAX, INT64_C(1) << 31, INT64_C(1) << 40,
                                  INT64_MAX / 8, INT64_MAX - 1, INT64_MAX};
    enum { ODD = sizeof odd / sizeof odd[0] };
    uint64_t seed = 99;
    for (int round = 0; round < 20000; round++) {
        int64_t n[6];
        for (int i = 0; i < 6; i++)
            n[i] = odd[unit_below(&seed, ODD)];
        int64_t sign = unit_below(&seed, 2) ? 1 : -1, displacements[] = {n[2] * sign, n[3]}, lengths[] = {n[4], n[5]};
        struct type_row d = {NULL, displacements}, l = {NULL, lengths};
        const struct type *both[] = {type_of(MPI_SHORT), type_of(MPI_DOUBLE_INT)};
        struct type *t = NULL;
        struct words why;
        int rc, kind = (int)unit_below(&seed, 6);
        rc = kind == 0   ? type_contiguous(1, n[0], both[1], &t, &why)
             : kind == 1 ? type_vector(1, n[0], n[1], n[2] * sign, both[1], &t, &why)
             : kind == 2 ? type_hvector(1, n[0], n[1], n[2] * sign, both[1], &t, &why)
             : kind == 3 ? type_indexed(1, 2, l, d, both[1], &t, &why)
             : kind == 4 ? type_struct(1, 2, l, d, both, &t, &why)
                         : type_resized(1, n[0] * sign, n[1], both[1], &t, &why);
        if (rc) {
            refused(rc, &why);
            continue;
        }
        ck_assert_uint_le(t->size, INT64_MAX);
        ck_assert(t->true_extent >= 0);
        if (kind == 0)
            ck_assert(t->size / 12 == (uint64_t)n[0] && (n[0] == 0 || t->extent / 16 == n[0]));
        ck_assert_int_eq(type_commit(t), 0);
        type_put(t);
    }
}
END_TEST

/* ---- life ---- */

/* A type lives as long as another needs it. */
START_TEST(parts_outlive_their_handles)
{
    struct type *a, *b, *c;
    char from[200], packed[200], right[200];
    size_t n = 0;
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)i;
    struct type_row at = {(int[]){9, 3, 11}, NULL};
    ck_assert_int_eq(type_indexed(0, 3, ones, at, type_of(MPI_CHAR), &a, NULL), 0);
    ck_assert_int_eq(type_contiguous(0, 4, a, &b, NULL), 0);
    type_put(a);
    committed(type_dup(b, &c, NULL), &c);
    type_put(b);
    struct cursor cursor;
    type_cursor(&cursor, from, 24, c);
    cursor_fill(&cursor, packed, 24);
    for (int e = 0; e < 8; e++)
        for (int i = 0; i < 3; i++, n++)
            right[n] = from[9 * e + (int[]){9, 3, 11}[i]];
    ck_assert_int_eq(memcmp(packed, right, n), 0);
    type_put(c);
}
END_TEST

START_TEST(fixed_types_are_the_same_each_time)
{
    struct type *t, *u;
    ck_assert_int_eq(type_f90(MPI_COMBINER_F90_REAL, 6, 30, &t), 0);
    ck_assert_int_eq(type_f90(MPI_COMBINER_F90_REAL, 6, 30, &u), 0);
    ck_assert(t && t == u && t->size == 4 && t->predefined && t->committed && t->basic == type_of(MPI_REAL4));
    ck_assert_int_eq(type_f90(MPI_COMBINER_F90_REAL, 6, MPI_UNDEFINED, &u), 0);
    ck_assert(u != t && u->size == 4);
    ck_assert_int_eq(type_f90(MPI_COMBINER_F90_COMPLEX, 15, 300, &u), 0);
    ck_assert(u->size == 16 && u->basic == type_of(MPI_COMPLEX16));
    ck_assert_int_eq(type_f90(MPI_COMBINER_F90_INTEGER, 0, 12, &u), 0);
    ck_assert(u->size == 8);
    ck_assert_int_eq(type_f90(MPI_COMBINER_F90_INTEGER, 0, 39, &u), 0);
    ck_assert_ptr_null(u);
    ck_assert_int_eq(type_value_index(type_of(MPI_DOUBLE), type_of(MPI_INT), &u), 0);
    ck_assert_ptr_eq(u, type_of(MPI_DOUBLE_INT));
    ck_assert(type_match_size(MPI_TYPECLASS_REAL, 8) == MPI_REAL8);
    ck_assert(type_match_size(MPI_TYPECLASS_COMPLEX, 8) == MPI_COMPLEX8);
    ck_assert(type_match_size(MPI_TYPECLASS_INTEGER, 3) == MPI_DATATYPE_NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("construct");
    TCase *layouts = unit_case(suite, "layouts");
    tcase_add_test(layouts, dense_types_are_one_block);
    tcase_add_test(layouts, regular_types_are_loops);
    tcase_add_test(layouts, subarrays_are_as_small_as_their_dimensions);
    tcase_add_test(layouts, few_blocks_are_listed_within_the_loop_around);
    tcase_add_test(layouts, what_touches_in_the_next_round_becomes_a_block);
    TCase *bounds = unit_case(suite, "bounds");
    tcase_add_test(bounds, what_is_resized_decides_alone);
    tcase_add_test(bounds, the_end_is_aligned_like_its_basic_types);
    TCase *limits = unit_case(suite, "limits");
    tcase_add_test(limits, overflow_is_an_error);
    tcase_add_test(limits, random_arguments);
    TCase *life = unit_case(suite, "life");
    tcase_add_test(life, parts_outlive_their_handles);
    tcase_add_test(life, fixed_types_are_the_same_each_time);
    return unit_run(suite);
}
