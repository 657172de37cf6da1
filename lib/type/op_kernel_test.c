/* Tests of what reductions calculate: every kernel of every instruction set that this processor has, against one
 * element at a time, with odd counts and at any alignment; pairs without a name. */
#include "type/op.h"
#include "type/float128.h"
#include "tests/unit.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* x86's long double has 10 bytes, and 6 that nobody writes. */
enum { FLONG_BYTES = LDBL_MANT_DIG == 64 ? 10 : sizeof(long double) };

enum sort { SIGNED, UNSIGNED, FLOAT, COMPLEX, PAIR };
struct element {
    enum op_element element;
    enum sort sort;
    size_t size;               /* of one; complex: of a part */
    size_t extent;
    enum op_element value, index; /* of pairs, and where the index is */
    size_t index_at, index_size;
};
#define INT_PAIR(element, type, value) \
    {element, PAIR, sizeof(type), sizeof(struct {type v; int i;}), value, OP_I32, \
     offsetof(struct {type v; int i;}, i), 4}
static const struct element elements[] = {
    {.element = OP_I8, SIGNED, 1, 1}, {.element = OP_I16, SIGNED, 2, 2}, {.element = OP_I32, SIGNED, 4, 4},
    {.element = OP_I64, SIGNED, 8, 8}, {.element = OP_I128, SIGNED, 16, 16},
    {.element = OP_U8, UNSIGNED, 1, 1}, {.element = OP_U16, UNSIGNED, 2, 2}, {.element = OP_U32, UNSIGNED, 4, 4},
    {.element = OP_U64, UNSIGNED, 8, 8}, {.element = OP_U128, UNSIGNED, 16, 16},
    {.element = OP_F16, FLOAT, 2, 2}, {.element = OP_F32, FLOAT, 4, 4}, {.element = OP_F64, FLOAT, 8, 8},
    {.element = OP_FLONG, FLOAT, sizeof(long double), sizeof(long double)}, {.element = OP_F128, FLOAT, 16, 16},
    {.element = OP_C16, COMPLEX, 2, 4, .value = OP_F16}, {.element = OP_C32, COMPLEX, 4, 8, .value = OP_F32},
    {.element = OP_C64, COMPLEX, 8, 16, .value = OP_F64},
    {.element = OP_CLONG, COMPLEX, sizeof(long double), 2 * sizeof(long double), .value = OP_FLONG},
    {.element = OP_C128, COMPLEX, 16, 32, .value = OP_F128},
    INT_PAIR(OP_F32_INT, float, OP_F32), INT_PAIR(OP_F64_INT, double, OP_F64),
    INT_PAIR(OP_LONG_INT, long, sizeof(long) == 8 ? OP_I64 : OP_I32), INT_PAIR(OP_INT_INT, int, OP_I32),
    INT_PAIR(OP_SHORT_INT, short, OP_I16), INT_PAIR(OP_FLONG_INT, long double, OP_FLONG),
    {OP_F32_F32, PAIR, 4, 8, OP_F32, OP_F32, 4, 4}, {OP_F64_F64, PAIR, 8, 16, OP_F64, OP_F64, 8, 8},
};
enum { ELEMENTS = sizeof elements / sizeof elements[0] };

static const struct {
    const char *name;
    op_kernel_table *kernels;
} tables[] = {
    {"plain", &op_plain},
#ifdef __x86_64__
    {"AVX2", &op_avx2}, {"AVX-512", &op_avx512},
#endif
};
enum { TABLES = sizeof tables / sizeof tables[0] };

static bool runs_here(int table)
{
#ifdef __x86_64__
    if (table == 1)
        return __builtin_cpu_supports("avx2");
    if (table == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return table == 0;
}

/* ---- one element at a time, calculated another way ---- */

static double half_value(uint16_t h)
{
    int exponent = h >> 10 & 31, digits = h & 1023;
    double v = exponent == 31 ? (digits ? NAN : INFINITY) : exponent ? ldexp(1024 + digits, exponent - 25)
                                                                    : ldexp(digits, -24);
    return h >> 15 ? -v : v;
}

static uint16_t half_of(double v)
{
    uint16_t sign = signbit(v) ? 0x8000 : 0;
    v = fabs(v);
    if (isnan(v))
        return sign | 0x7e00;
    int exponent;
    frexp(v, &exponent); /* v = 0.5... * 2^exponent */
    if (v == 0 || exponent < -13)
        exponent = -13;
    double digits = isinf(v) ? 4096 : rint(ldexp(v, 11 - exponent)); /* to nearest even */
    if (isinf(v) || ldexp(digits, exponent - 11) >= 65536)
        return sign | 0x7c00;
    return sign | (uint16_t)(((exponent + 13) << 10) + (int)digits);
}

/* Holds any number of any float type, exactly. */
static f128 float_get(enum op_element e, const void *p)
{
    union {uint16_t h; float f; double d; long double l; f128 q;} u;
    memcpy(&u, p, e == OP_F16 ? 2 : e == OP_F32 ? 4 : e == OP_F64 ? 8 : e == OP_FLONG ? sizeof(long double) : 16);
    return e == OP_F16 ? half_value(u.h) : e == OP_F32 ? u.f : e == OP_F64 ? u.d : e == OP_FLONG ? (f128)u.l : u.q;
}

/* sum, product in the precision of the type. */
static void float_calculate(enum op_code code, enum op_element e, const void *pa, void *pb)
{
    f128 a = float_get(e, pa), b = float_get(e, pb);
    if (code == OP_MAX || code == OP_MIN) {
        if (code == OP_MAX ? a > b : a < b)
            memcpy(pb, pa, e == OP_F16 ? 2 : e == OP_F32 ? 4 : e == OP_F64 ? 8 : e == OP_FLONG ? FLONG_BYTES : 16);
        return;
    }
    bool sum = code == OP_SUM;
    if (e == OP_F16) {
        double x = (double)a, y = (double)b;
        memcpy(pb, &(uint16_t){half_of(sum ? x + y : x * y)}, 2);
    } else if (e == OP_F32) {
        volatile float x = (float)a, y = (float)b, z = sum ? x + y : x * y;
        memcpy(pb, &(float){z}, 4);
    } else if (e == OP_F64) {
        volatile double x = (double)a, y = (double)b, z = sum ? x + y : x * y;
        memcpy(pb, &(double){z}, 8);
    } else if (e == OP_FLONG) {
        volatile long double x = (long double)a, y = (long double)b, z = sum ? x + y : x * y;
        memcpy(pb, &(long double){z}, FLONG_BYTES);
    } else {
        volatile f128 z = sum ? a + b : a * b;
        memcpy(pb, &(f128){z}, 16);
    }
}

#define COMPLEX_PRODUCT(type, get, put) \
    { \
        volatile type x = get(a), y = get(a + e->size), u = get(b), v = get(b + e->size); \
        volatile type xu = x * u, yv = y * v, xv = x * v, yu = y * u, re = xu - yv, im = xv + yu; \
        put(b, re); \
        put(b + e->size, im); \
    }
#define GETTER(name, type, bytes) \
    static type get_##name(const char *p) \
    { \
        type v; \
        memcpy(&v, p, sizeof v); \
        return v; \
    } \
    static void put_##name(char *p, type v) \
    { \
        memcpy(p, &v, bytes); \
    }
GETTER(f32, float, 4)
GETTER(f64, double, 8)
GETTER(flong, long double, FLONG_BYTES)
GETTER(f128, f128, 16)
static float get_f16(const char *p)
{
    uint16_t h;
    memcpy(&h, p, 2);
    return (float)half_value(h);
}
static void put_f16(char *p, float f)
{
    memcpy(p, &(uint16_t){half_of(f)}, 2);
}

static void complex_product(const struct element *e, const char *a, char *b)
{
    switch (e->element) {
    case OP_C16: COMPLEX_PRODUCT(float, get_f16, put_f16) break;
    case OP_C32: COMPLEX_PRODUCT(float, get_f32, put_f32) break;
    case OP_C64: COMPLEX_PRODUCT(double, get_f64, put_f64) break;
    case OP_CLONG: COMPLEX_PRODUCT(long double, get_flong, put_flong) break;
    default: COMPLEX_PRODUCT(f128, get_f128, put_f128)
    }
}

static __int128 int_get(const void *p, size_t size, bool sign)
{
    unsigned __int128 v = 0;
    memcpy(&v, p, size);
    if (sign && size < 16 && v >> (8 * size - 1))
        v |= ~(unsigned __int128)0 << 8 * size;
    return (__int128)v;
}

static void int_calculate(enum op_code code, bool sign, size_t size, const void *pa, void *pb)
{
    unsigned __int128 a = (unsigned __int128)int_get(pa, size, sign), c;
    unsigned __int128 b = (unsigned __int128)int_get(pb, size, sign);
    bool less = sign ? (__int128)a < (__int128)b : a < b;
    switch (code) {
    case OP_MAX: c = less ? b : a; break;
    case OP_MIN: c = less ? a : b; break;
    case OP_SUM: c = a + b; break;
    case OP_PROD: c = a * b; break;
    case OP_LAND: c = a && b; break;
    case OP_LOR: c = a || b; break;
    case OP_LXOR: c = !a != !b; break;
    case OP_BAND: c = a & b; break;
    case OP_BOR: c = a | b; break;
    default: c = a ^ b;
    }
    memcpy(pb, &c, size);
}

static f128 any_value(enum op_element e, const void *p)
{
    if (e >= OP_F16)
        return float_get(e, p);
    return (f128)int_get(p, e == OP_I16 ? 2 : e == OP_I32 ? 4 : 8, true);
}

static void calculate(const struct element *e, enum op_code code, const char *a, char *b)
{
    if (e->sort == PAIR) {
        f128 x = any_value(e->value, a), y = any_value(e->value, b);
        f128 i = any_value(e->index, a + e->index_at), j = any_value(e->index, b + e->index_at);
        if ((code == OP_MAXLOC ? x > y : x < y) || (x == y && i < j)) {
            memcpy(b, a, e->value == OP_FLONG ? FLONG_BYTES : e->size);
            memcpy(b + e->index_at, a + e->index_at, e->index_size);
        }
    } else if (e->sort == FLOAT) {
        float_calculate(code, e->element, a, b);
    } else if (e->sort == COMPLEX && code == OP_SUM) {
        float_calculate(code, e->value, a, b);
        float_calculate(code, e->value, a + e->size, b + e->size);
    } else if (e->sort == COMPLEX) {
        complex_product(e, a, b);
    } else {
        int_calculate(code, e->sort == SIGNED, e->size, a, b);
    }
}

/* ---- data ---- */

static void random_float(uint64_t *state, enum op_element e, bool small, char *p)
{
    double v = (double)(int32_t)unit_random(state) / (1 << unit_below(state, 31));
    if (small) {
        v = unit_below(state, 5);
    } else {
        switch (unit_below(state, 16)) {
        case 0: v = 0; break;
        case 1: v = -0.0; break;
        case 2: v = INFINITY; break;
        case 3: v = -INFINITY; break;
        case 4: v = NAN; break;
        case 5: v = ldexp(v, -40); break;
        }
    }
    switch (e) {
    case OP_F16: put_f16(p, (float)ldexp(v, -15 * !small)); break;
    case OP_F32: put_f32(p, (float)v); break;
    case OP_F64: put_f64(p, v); break;
    case OP_FLONG: memset(p, 0, sizeof(long double)); put_flong(p, (long double)v / (small ? 1 : 3)); break;
    default: put_f128(p, (f128)v / (small ? 1 : 3));
    }
    if (e == OP_F16 && !small && unit_below(state, 2))
        memcpy(p, &(uint16_t){(uint16_t)unit_random(state)}, 2); /* any */
}

static void random_element(uint64_t *state, const struct element *e, char *p)
{
    for (size_t i = 0; i < e->extent; i++)
        p[i] = (char)unit_random(state);
    if (e->sort <= UNSIGNED) {
        if (!unit_below(state, 3))
            memset(p, unit_below(state, 2) ? 0 : -1, e->extent);
    } else if (e->sort == PAIR) {
        if (e->value >= OP_F16)
            random_float(state, e->value, unit_below(state, 8), p);
        else
            memcpy(p, &(int64_t){(int)unit_below(state, 5) - 2}, e->size);
        if (e->index >= OP_F16)
            random_float(state, e->index, true, p + e->index_at);
        else
            memcpy(p + e->index_at, &(int){(int)unit_below(state, 5) - 1}, 4);
    } else {
        enum op_element part = e->sort == COMPLEX ? e->value : e->element;
        random_float(state, part, false, p);
        if (e->sort == COMPLEX)
            random_float(state, part, false, p + e->size);
    }
}

/* The same bits; but one NaN is as good as another. */
static bool same_float(enum op_element e, const char *a, const char *b)
{
    f128 x = float_get(e, a), y = float_get(e, b);
    if (x != x && y != y)
        return true;
    size_t size = e == OP_F16 ? 2 : e == OP_F32 ? 4 : e == OP_F64 ? 8 : 16;
    return !memcmp(a, b, size);
}

static bool same(const struct element *e, const char *a, const char *b)
{
    if (e->sort == FLOAT)
        return same_float(e->element, a, b);
    if (e->sort == COMPLEX)
        return same_float(e->value, a, b) && same_float(e->value, a + e->size, b + e->size);
    return !memcmp(a, b, e->extent); /* gaps of pairs too: they stay as they were */
}

enum { MOST = 300, GUARD = 64 };

static void compare(const struct element *e, enum op_code code, op_kernel *kernel, const char *name,
                    uint64_t *state, size_t n, size_t in_shift, size_t inout_shift)
{
    enum { SIZE = MOST * 32 + 2 * GUARD };
    static char in_memory[SIZE], inout_memory[SIZE], expected[SIZE];
    char *in = in_memory + GUARD - 32 + in_shift, *inout = inout_memory + GUARD - 32 + inout_shift;
    memset(inout_memory, 'g', sizeof inout_memory);
    for (size_t i = 0; i < n; i++) {
        random_element(state, e, in + i * e->extent);
        random_element(state, e, inout + i * e->extent);
    }
    memcpy(expected, inout_memory, sizeof expected);
    char *want = expected + (inout - inout_memory);
    for (size_t i = 0; i < n; i++)
        calculate(e, code, in + i * e->extent, want + i * e->extent);
    kernel(in, inout, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(same(e, inout + i * e->extent, want + i * e->extent),
                      "%s, operation %d on element kind %d: wrong at %zu of %zu, shifted by %zu and %zu", name,
                      code, e->element, i, n, in_shift, inout_shift);
    ck_assert(!memcmp(inout_memory, expected, (size_t)(inout - inout_memory)));
    char *end = inout + n * e->extent;
    ck_assert(!memcmp(end, expected + (end - inout_memory), (size_t)(inout_memory + sizeof inout_memory - end)));
}

/* For all kinds of elements: _i is the number of one. */
START_TEST(kernels_are_right)
{
    const struct element *e = &elements[_i];
    uint64_t state = 88172645463325252u + (uint64_t)_i;
    int found = 0;
    for (int code = 0; code < OP_KERNELS; code++)
        for (int table = 0; table < TABLES; table++) {
            op_kernel *kernel = (*tables[table].kernels)[code][e->element];
            ck_assert_int_eq(!kernel, !op_plain[code][e->element]);
            if (!kernel || !runs_here(table))
                continue;
            found++;
            for (size_t n = 0; n < 70; n++)
                compare(e, code, kernel, tables[table].name, &state, n, unit_below(&state, 32),
                        unit_below(&state, 32));
            for (int round = 0; round < 30; round++)
                compare(e, code, kernel, tables[table].name, &state, unit_below(&state, MOST),
                        unit_below(&state, 32), unit_below(&state, 32));
            compare(e, code, kernel, tables[table].name, &state, MOST, 0, 0);
        }
    ck_assert_int_gt(found, 0);
}
END_TEST

/* All numbers of 2 bytes with some others, on all instruction sets. */
START_TEST(halves_are_right)
{
    static uint16_t in[65536], inout[65536];
    static const uint16_t others[] = {0, 0x8000, 1, 0x3ff, 0x400, 0x3c00, 0xbc01, 0x3555, 0x7bff, 0x7c00, 0xfc00,
                                      0x1234};
    for (int table = 0; table < TABLES; table++)
        for (size_t other = 0; other < sizeof others / sizeof others[0] && runs_here(table); other++)
            for (int code = OP_MAX; code <= OP_PROD; code++) {
                for (int i = 0; i < 65536; i++) {
                    in[i] = (uint16_t)i;
                    inout[i] = others[other];
                }
                (*tables[table].kernels)[code][OP_F16](in, inout, 65536);
                for (int i = 0; i < 65536; i++) {
                    uint16_t want = others[other];
                    float_calculate(code, OP_F16, &in[i], &want);
                    ck_assert_msg(inout[i] == want || (isnan(half_value(want)) && isnan(half_value(inout[i]))),
                                  "%s, operation %d: %04x and %04x give %04x, not %04x", tables[table].name, code,
                                  i, others[other], inout[i], want);
                }
            }
}
END_TEST
/* ---- pairs that have no kernel ---- */

/* A pair without a name, as MPI_Type_get_value_index makes them, of every value and index that numbers
 * can have. */
static bool is_number(const struct type *t)
{
    enum op_element e = t && t->basic == t ? op_element_of(t) : OP_NONE;
    return e >= OP_I8 && e <= OP_F128 && e != OP_U128;
}

static const struct element *element_of(enum op_element e)
{
    for (int i = 0; i < ELEMENTS; i++)
        if (elements[i].element == e)
            return &elements[i];
    return NULL;
}

static bool above(enum op_element e, const char *a, const char *b, size_t size)
{
    return e >= OP_F16 ? float_get(e, a) > float_get(e, b)
                       : element_of(e)->sort == SIGNED ? int_get(a, size, true) > int_get(b, size, true)
                                                       : (unsigned __int128)int_get(a, size, false) >
                                                             (unsigned __int128)int_get(b, size, false);
}

static void compare_pairs(const struct type *value, const struct type *index, uint64_t *state)
{
    size_t at = (value->size + index->align - 1) / index->align * index->align,
        extent = (at + index->size + 15) / 16 * 16;
    struct type pair = {.predefined = 1, .handle = (MPI_Datatype)(uintptr_t)0x10000, .name = "",
                        .parts = (struct type_part[]){{1, value}, {1, index}}, .part_count = 2,
                        .size = value->size + index->size,
                        .extent = (int64_t)extent, .true_extent = (int64_t)(at + index->size)};
    enum op_element v = op_element_of(value), w = op_element_of(index);
    char in[50 * 48], inout[50 * 48], before[50 * 48];
    for (int loc = 0; loc < 2; loc++) {
        const struct op *o = op_of(loc ? MPI_MAXLOC : MPI_MINLOC);
        ck_assert_int_eq(op_check(o, &pair, 0, NULL), 0);
        ck_assert_int_eq(op_check(op_of(MPI_SUM), &pair, 0, NULL), -1);
        memset(in, 1, sizeof in);
        memset(inout, 2, sizeof inout);
        for (char *p = in, *q = inout; p < in + 50 * extent; p += extent, q += extent) {
            random_element(state, element_of(v), p);
            random_element(state, element_of(v), q);
            if (unit_below(state, 2))
                memcpy(q, p, value->size);
            random_element(state, element_of(w), p + at);
            random_element(state, element_of(w), q + at);
        }
        memcpy(before, inout, sizeof before);
        op_apply(o, in, inout, 50, &pair);
        for (size_t i = 0; i < 50; i++) {
            char *a = in + i * extent, *b = before + i * extent, *is = inout + i * extent;
            bool a_above = above(v, a, b, value->size), b_above = above(v, b, a, value->size);
            bool equal = v >= OP_F16 ? float_get(v, a) == float_get(v, b) : !a_above && !b_above;
            bool take = (loc ? a_above : b_above) || (equal && above(w, b + at, a + at, index->size));
            ck_assert(!memcmp(is, take ? a : b, value->size));
            ck_assert(!memcmp(is + at, take ? a + at : b + at, index->size));
            ck_assert(!memcmp(is + value->size, b + value->size, at - value->size)); /* gaps stay */
            ck_assert(!memcmp(is + at + index->size, b + at + index->size, extent - at - index->size));
        }
    }
}

START_TEST(pairs_without_a_name)
{
    uint64_t state = 12345;
    int tried = 0;
    for (uintptr_t i = 0; i < TYPE_PREDEFINED_COUNT; i++)
        for (uintptr_t j = 0; j < TYPE_PREDEFINED_COUNT; j++) {
            const struct type *value = type_of((MPI_Datatype)(TYPE_PREDEFINED + i));
            const struct type *index = type_of((MPI_Datatype)(TYPE_PREDEFINED + j));
            if (!is_number(value) || !is_number(index))
                continue;
            compare_pairs(value, index, &state);
            tried++;
        }
    ck_assert_int_gt(tried, 1000);
}
END_TEST
int main(void)
{
    type_init();
    op_init();
    Suite *suite = suite_create("op_kernel");
    TCase *kernels = unit_case(suite, "kernels"), *others = unit_case(suite, "pairs");
    tcase_add_loop_test(kernels, kernels_are_right, 0, ELEMENTS);
    tcase_add_test(kernels, halves_are_right);
    tcase_add_test(others, pairs_without_a_name);
    return unit_run(suite);
}
