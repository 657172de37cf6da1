/* Tests of operations: which is defined for which type, and why not; MPI_REPLACE; functions of the program. */
#include "type/op.h"
#include "tests/unit.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define C_INTEGERS MPI_CHAR, MPI_SIGNED_CHAR, MPI_UNSIGNED_CHAR, MPI_SHORT, MPI_UNSIGNED_SHORT, MPI_INT, MPI_UNSIGNED, \
    MPI_LONG, \
    MPI_UNSIGNED_LONG, MPI_LONG_LONG, MPI_UNSIGNED_LONG_LONG, MPI_INT8_T, MPI_INT16_T, MPI_INT32_T, MPI_INT64_T, \
    MPI_UINT8_T, MPI_UINT16_T, MPI_UINT32_T, MPI_UINT64_T
#define F_INTEGERS MPI_INTEGER, MPI_INTEGER1, MPI_INTEGER2, MPI_INTEGER4, MPI_INTEGER8, MPI_INTEGER16
#define FLOATS MPI_FLOAT, MPI_DOUBLE, MPI_LONG_DOUBLE, MPI_REAL, MPI_DOUBLE_PRECISION, MPI_REAL2, MPI_REAL4, \
    MPI_REAL8, MPI_REAL16
#define COMPLEXES MPI_COMPLEX, MPI_DOUBLE_COMPLEX, MPI_C_COMPLEX, MPI_C_DOUBLE_COMPLEX, \
    MPI_C_LONG_DOUBLE_COMPLEX, \
    MPI_CXX_FLOAT_COMPLEX, MPI_CXX_DOUBLE_COMPLEX, MPI_CXX_LONG_DOUBLE_COMPLEX, MPI_COMPLEX4, MPI_COMPLEX8, \
        MPI_COMPLEX16, MPI_COMPLEX32
#define LOGICALS MPI_LOGICAL, MPI_C_BOOL, MPI_CXX_BOOL, MPI_LOGICAL1, MPI_LOGICAL2, MPI_LOGICAL4, MPI_LOGICAL8, \
    MPI_LOGICAL16
#define WIDE MPI_AINT, MPI_OFFSET, MPI_COUNT
#define PAIRS MPI_FLOAT_INT, MPI_DOUBLE_INT, MPI_LONG_INT, MPI_2INT, MPI_SHORT_INT, MPI_LONG_DOUBLE_INT, \
    MPI_2REAL, MPI_2DOUBLE_PRECISION, MPI_2INTEGER
static const struct {
    MPI_Op op;
    MPI_Datatype types[64];
} allowed[] = {
    {MPI_MAX, {C_INTEGERS, F_INTEGERS, FLOATS, WIDE}}, {MPI_MIN, {C_INTEGERS, F_INTEGERS, FLOATS, WIDE}},
    {MPI_SUM, {C_INTEGERS, F_INTEGERS, FLOATS, COMPLEXES, WIDE}},
    {MPI_PROD, {C_INTEGERS, F_INTEGERS, FLOATS, COMPLEXES, WIDE}},
    {MPI_LAND, {C_INTEGERS, LOGICALS}}, {MPI_LOR, {C_INTEGERS, LOGICALS}}, {MPI_LXOR, {C_INTEGERS, LOGICALS}},
    {MPI_BAND, {C_INTEGERS, F_INTEGERS, MPI_BYTE, WIDE}}, {MPI_BOR, {C_INTEGERS, F_INTEGERS, MPI_BYTE, WIDE}},
    {MPI_BXOR, {C_INTEGERS, F_INTEGERS, MPI_BYTE, WIDE}}, {MPI_MAXLOC, {PAIRS}}, {MPI_MINLOC, {PAIRS}},
    {MPI_REPLACE, {0}}, {MPI_NO_OP, {0}},
};

static bool is_allowed(size_t op, MPI_Datatype type)
{
    for (int i = 0; i < 64; i++)
        if (allowed[op].types[i] == type)
            return true;
    return false;
}

START_TEST(check_follows_the_standard)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        const struct op *o = op_of(allowed[i].op);
        ck_assert_ptr_nonnull(o);
        ck_assert(o->handle == allowed[i].op);
        for (uintptr_t h = TYPE_PREDEFINED; h < TYPE_PREDEFINED + TYPE_PREDEFINED_COUNT; h++) {
            const struct type *t = type_of((MPI_Datatype)h);
            if (!t)
                continue;
            struct words why;
            bool good = is_allowed(i, t->handle);
            ck_assert_msg(!op_check(o, t, 0, &why) == good, "%s on %s", o->name, t->name);
            if (good) {
                ck_assert_ptr_nonnull(op_kernel_of(o, t));
            } else {
                ck_assert_ptr_nonnull(strstr(why.s, o->name));
                ck_assert_int_eq(op_check(o, t, 1, NULL), o->code < OP_KERNELS ? -1 : 0);
            }
        }
    }
}
END_TEST

START_TEST(check_says_why)
{
    struct words why;
    op_check(op_of(MPI_BAND), type_of(MPI_DOUBLE), 0, &why);
    ck_assert_str_eq(why.s, "MPI_BAND is not defined for MPI_DOUBLE: it takes integers and MPI_BYTE");
    op_check(op_of(MPI_SUM), type_of(MPI_WCHAR), 0, &why);
    ck_assert_str_eq(why.s, "MPI_SUM is not defined for MPI_WCHAR, which holds text: use a type of numbers such as "
                     "MPI_INT32_T");
    op_check(op_of(MPI_MAXLOC), type_of(MPI_CHAR), 0, &why);
    ck_assert_str_eq(why.s,
                     "MPI_MAXLOC is not defined for MPI_CHAR: it takes pairs of a value and an index such as "
                     "MPI_DOUBLE_INT");
    op_check(op_of(MPI_REPLACE), type_of(MPI_INT), 0, &why);
    ck_assert_str_eq(why.s, "MPI_REPLACE is for one-sided calls alone");
    ck_assert_ptr_null(op_of(MPI_OP_NULL));
    ck_assert_ptr_null(op_of((MPI_Op)(uintptr_t)0x25));
    ck_assert_ptr_null(op_of((MPI_Op)(uintptr_t)0x40));
}
END_TEST

START_TEST(replace_copies)
{
    struct {double v; int i;} in[5], inout[5];
    memset(in, 1, sizeof in);
    memset(inout, 2, sizeof inout);
    op_apply(op_of(MPI_REPLACE), in, inout, 4, type_of(MPI_DOUBLE_INT));
    for (int i = 0; i < 4; i++) {
        ck_assert(!memcmp(&inout[i], &in[i], 12));
        ck_assert(!memcmp((char *)&inout[i] + 12, (char[4]){2, 2, 2, 2}, 4)); /* the gap */
    }
    ck_assert(!memcmp(&inout[4].v, &(uint64_t){0x0202020202020202}, 8));
    float a[3] = {1, 2, 3}, b[3] = {4, 5, 6};
    op_apply(op_of(MPI_NO_OP), a, b, 3, type_of(MPI_FLOAT));
    ck_assert(b[0] == 4 && b[1] == 5 && b[2] == 6);
    op_apply(op_of(MPI_REPLACE), a, b, 2, type_of(MPI_FLOAT));
    ck_assert(b[0] == 1 && b[1] == 2 && b[2] == 6);
}
END_TEST
/* ---- functions of the program ---- */

static int calls;
static long long counted;
static char *next_in, *next_inout;

/* Sees no memory: only where it would be. */
static void note(void *in, void *inout, int *len, MPI_Datatype *datatype)
{
    ck_assert(*datatype == MPI_DOUBLE_INT && *len > 0);
    ck_assert_ptr_eq(in, next_in);
    ck_assert_ptr_eq(inout, next_inout);
    next_in += 16ll * *len;
    next_inout += 16ll * *len;
    counted += *len;
    calls++;
    *len = 0; /* is ours */
    *datatype = MPI_DATATYPE_NULL;
}

static void note_c(void *in, void *inout, MPI_Count *len, MPI_Datatype *datatype)
{
    ck_assert(*datatype == MPI_INT && in && inout);
    counted += *len;
    calls++;
}

START_TEST(functions_get_pieces)
{
    struct op *o = op_new(note, NULL, 7);
    ck_assert(op_of(o->handle) == o && o->commutative == 1);
    ck_assert_int_eq(op_check(o, type_of(MPI_DOUBLE_INT), 0, NULL), 0);
    next_in = (char *)0x100000;
    next_inout = (char *)0x200000000000;
    op_apply(o, next_in, next_inout, 2ull * INT_MAX + 5, type_of(MPI_DOUBLE_INT));
    ck_assert(calls == 3 && counted == 2ll * INT_MAX + 5);
    op_apply(o, next_in, next_inout, 0, type_of(MPI_DOUBLE_INT));
    ck_assert_int_eq(calls, 3);
    ck_assert(op_get(o) == o);
    op_put(o);
    ck_assert(op_of(o->handle) == o); /* still there */
    op_put(o);

    o = op_new(NULL, note_c, 0);
    calls = 0, counted = 0;
    op_apply(o, next_in, next_inout, 3ull * INT_MAX, type_of(MPI_INT));
    ck_assert(calls == 1 && counted == 3ll * INT_MAX && o->commutative == 0);
    op_put(o);
}
END_TEST
int main(void)
{
    type_init();
    op_init();
    Suite *suite = suite_create("op");
    TCase *rules = unit_case(suite, "rules"), *functions = unit_case(suite, "functions");
    tcase_add_test(rules, check_follows_the_standard);
    tcase_add_test(rules, check_says_why);
    tcase_add_test(rules, replace_copies);
    tcase_add_test(functions, functions_get_pieces);
    return unit_run(suite);
}
