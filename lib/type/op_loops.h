/* The loops of all reduction kernels. A file that includes this defines OP_TARGET, an attribute that names the
 * instruction set, and OP_TABLE, the table's name; OP_F16C where the processor converts numbers of 2 bytes itself.
 * Plain loops, which the compiler vectorises: what it makes of them was looked at with -fopt-info-vec-missed. */
#include "type/op_kernel.h"
#include "type/op_half.h"
#include "type/float128.h"

#ifdef OP_F16C
#include <immintrin.h>
#endif

/* One order of operations gives one result, so no multiplication and addition may become one instruction. */
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#define UNROLL
#else
#pragma GCC optimize("O3", "fp-contract=off")
#define UNROLL _Pragma("GCC unroll 4")
#endif
/* GCC's vectoriser makes fmaddsub of products of complex numbers all the same (seen with GCC 12), so these do
 * without the instruction sets that have it. */
#ifdef __x86_64__
#define OP_UNFUSED OP_TARGET __attribute__((target("no-fma,no-fma4,no-avx512f")))
#else
#define OP_UNFUSED OP_TARGET
#endif

typedef __int128 i128;
typedef unsigned __int128 u128;
typedef long double flong;

/* Types as they lie in users' memory: anywhere, and made of what else the program says that they are. */
#define IN_MEMORY(type) typedef type type##_at __attribute__((aligned(1), may_alias))
IN_MEMORY(int8_t);
IN_MEMORY(int16_t);
IN_MEMORY(int32_t);
IN_MEMORY(int64_t);
IN_MEMORY(i128);
IN_MEMORY(uint8_t);
IN_MEMORY(uint16_t);
IN_MEMORY(uint32_t);
IN_MEMORY(uint64_t);
IN_MEMORY(u128);
IN_MEMORY(float);
IN_MEMORY(double);
IN_MEMORY(flong);
IN_MEMORY(f128);

/* A kernel from an expression of a = in[i] and b = inout[i]. */
#define LOOP(name, type, expression) \
    static OP_TARGET void name(const void *restrict from, void *restrict to, size_t n) \
    { \
        const type##_at *in = from; \
        type##_at *inout = to; \
        UNROLL \
        for (size_t i = 0; i < n; i++) { \
            type a = in[i], b = inout[i]; \
            inout[i] = (type)(expression); \
        } \
    }

/* MAX and MIN keep inout where a number is not one (NaN), and where both are equal. */
#define LOOPS_ORDER(name, type) \
    LOOP(max_##name, type, a > b ? a : b) \
    LOOP(min_##name, type, a < b ? a : b)
/* Signed sums are unsigned ones, which wrap; 1u keeps 16-bit factors from becoming signed ints. */
#define LOOPS_UNSIGNED(name, type) \
    LOOPS_ORDER(name, type) \
    LOOP(sum_##name, type, a + b) \
    LOOP(prod_##name, type, 1u * a * b) \
    LOOP(land_##name, type, (a != 0) & (b != 0)) \
    LOOP(lor_##name, type, (a != 0) | (b != 0)) \
    LOOP(lxor_##name, type, (a != 0) ^ (b != 0)) \
    LOOP(band_##name, type, a & b) \
    LOOP(bor_##name, type, a | b) \
    LOOP(bxor_##name, type, a ^ b)
/* (x + iy)(u + iv) by its four products, as Fortran does it: no second look at infinities. */
#define LOOPS_FLOAT(name, type, complex_name) \
    LOOPS_ORDER(name, type) \
    LOOP(sum_##name, type, a + b) \
    LOOP(prod_##name, type, a * b) \
    static OP_TARGET void sum_##complex_name(const void *restrict from, void *restrict to, size_t n) \
    { \
        sum_##name(from, to, 2 * n); \
    } \
    static OP_UNFUSED void prod_##complex_name(const void *restrict from, void *restrict to, size_t n) \
    { \
        const type##_at *in = from; \
        type##_at *inout = to; \
        for (size_t i = 0; i < n; i++) { \
            type x = in[2 * i], y = in[2 * i + 1], u = inout[2 * i], v = inout[2 * i + 1]; \
            inout[2 * i] = x * u - y * v; \
            inout[2 * i + 1] = x * v + y * u; \
        } \
    }

LOOPS_ORDER(i8, int8_t)
LOOPS_ORDER(i16, int16_t)
LOOPS_ORDER(i32, int32_t)
LOOPS_ORDER(i64, int64_t)
LOOPS_ORDER(i128, i128)
LOOPS_UNSIGNED(u8, uint8_t)
LOOPS_UNSIGNED(u16, uint16_t)
LOOPS_UNSIGNED(u32, uint32_t)
LOOPS_UNSIGNED(u64, uint64_t)
LOOPS_UNSIGNED(u128, u128)
LOOPS_FLOAT(f32, float, c32)
LOOPS_FLOAT(f64, double, c64)
LOOPS_FLOAT(flong, flong, clong)
LOOPS_FLOAT(f128, f128, c128)

/* 2-byte numbers: calculated in float, where a sum or product of two is exact enough to be rounded once more. */
#ifdef OP_F16C
#define HALVES_8(calculation) \
    for (; n - i >= 8; i += 8) { \
        __m256 a = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(in + i))); \
        __m256 b = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(inout + i))); \
        calculation; \
        _mm_storeu_si128((__m128i *)(inout + i), _mm256_cvtps_ph(b, _MM_FROUND_TO_NEAREST_INT)); \
    }
#else
#define HALVES_8(calculation)
#endif
#define LOOP_HALF(name, calculation, expression) \
    static OP_TARGET void name(const void *restrict from, void *restrict to, size_t n) \
    { \
        const uint16_t_at *in = from; \
        uint16_t_at *inout = to; \
        size_t i = 0; \
        HALVES_8(calculation) \
        for (; i < n; i++) { \
            float a = half_get(in[i]), b = half_get(inout[i]); \
            inout[i] = half_put(expression); \
        } \
    }
LOOP_HALF(max_f16, b = _mm256_max_ps(a, b), a > b ? a : b)
LOOP_HALF(min_f16, b = _mm256_min_ps(a, b), a < b ? a : b)
LOOP_HALF(sum_f16, b = _mm256_add_ps(a, b), a + b)
LOOP_HALF(prod_f16, b = _mm256_mul_ps(a, b), a * b)

static OP_TARGET void sum_c16(const void *restrict from, void *restrict to, size_t n)
{
    sum_f16(from, to, 2 * n);
}

/* x * u - y * v as x * u + -y * v, with the sign changed as a bit: what the compiler sees is no fmaddsub. */
static OP_TARGET void prod_c16(const void *restrict from, void *restrict to, size_t n)
{
    const uint16_t_at *in = from;
    uint16_t_at *inout = to;
    size_t i = 0;
    n *= 2;
#ifdef OP_F16C
    const __m256 minus = _mm256_castsi256_ps(_mm256_set1_epi64x(1u << 31));
#endif
    HALVES_8(b = _mm256_add_ps(_mm256_mul_ps(_mm256_moveldup_ps(a), b),
                               _mm256_mul_ps(_mm256_xor_ps(_mm256_movehdup_ps(a), minus),
                                             _mm256_permute_ps(b, 0xb1))))
    for (; i < n; i += 2) {
        float x = half_get(in[i]), y = half_get(in[i + 1]), u = half_get(inout[i]), v = half_get(inout[i + 1]);
        inout[i] = half_put(x * u + half_get(in[i + 1] ^ 0x8000) * v);
        inout[i + 1] = half_put(x * v + y * u);
    }
}

/* Pairs of a value and where it was found. One of the two pairs is the result as it stands: the greater (smaller)
 * value, of two equal ones that with the smaller index; inout where a value is not a number. The index is loaded
 * and stored in any case, so that no branch is needed. */
#define PAIR(name, value_type, index_type) \
    struct __attribute__((may_alias)) name { \
        value_type value; \
        index_type index; \
    }; \
    typedef struct name name##_at __attribute__((aligned(1)))
PAIR(f32_int, float, int);
PAIR(f64_int, double, int);
PAIR(long_int, long, int);
PAIR(int_int, int, int);
PAIR(short_int, short, int);
PAIR(flong_int, flong, int);
PAIR(f32_f32, float, float);
PAIR(f64_f64, double, double);

/* Compilers make little of such loops, so the pairs of 8 and 16 bytes are taken as vectors of 32. A comparison's
 * answer, all bits or none, stands where what was compared stands; SPREAD_ puts it under its whole pair. KEEP has
 * no bits in the gaps of pairs, which stay as they are. */
typedef float v_float __attribute__((vector_size(32)));
typedef double v_double __attribute__((vector_size(32)));
typedef int32_t v_int __attribute__((vector_size(32)));
typedef int64_t v_long __attribute__((vector_size(32)));
#ifdef __clang__
#define SHUFFLE(type, v, ...) __builtin_shufflevector((type)(v), (type)(v), __VA_ARGS__)
#else
#define SHUFFLE(type, v, ...) __builtin_shuffle((type)(v), (type){__VA_ARGS__})
#endif
#define SPREAD_FIRST_4(v) (v_long)SHUFFLE(v_int, v, 0, 0, 2, 2, 4, 4, 6, 6)
#define SPREAD_SECOND_4(v) (v_long)SHUFFLE(v_int, v, 1, 1, 3, 3, 5, 5, 7, 7)
#define SPREAD_FIRST_8(v) SHUFFLE(v_long, v, 0, 0, 2, 2)
#define SPREAD_SECOND_8(v) SHUFFLE(v_long, v, 1, 1, 3, 3)
#define SPREAD_THIRD_4(v) (v_long)SHUFFLE(v_int, v, 2, 2, 2, 2, 6, 6, 6, 6)
#define KEEP_ALL (v_long){-1, -1, -1, -1}
#define KEEP_12 (v_long){-1, UINT32_MAX, -1, UINT32_MAX} /* of 16 bytes */
#define KEEP_2_AND_4 (v_long){~0xffff0000ll, ~0xffff0000ll, ~0xffff0000ll, ~0xffff0000ll} /* of 8 */
#define AS_IT_IS(v) (v)
#define TOP_OF_SHORT(v) ((v) << 16)

#define VECTORS(pair, value_vector, VALUE, index_vector, SPREAD_VALUE, SPREAD_INDEX, KEEP, better) \
    for (; n - i >= 32 / sizeof(struct pair); i += 32 / sizeof(struct pair)) { \
        v_long a, b; \
        memcpy(&a, in + i, 32); \
        memcpy(&b, inout + i, 32); \
        v_long is_better = (v_long)(VALUE((value_vector)a) better VALUE((value_vector)b)); \
        v_long is_equal = (v_long)(VALUE((value_vector)a) == VALUE((value_vector)b)); \
        v_long is_first = (v_long)((index_vector)a < (index_vector)b); \
        v_long take = SPREAD_VALUE(is_better) | (SPREAD_VALUE(is_equal) & SPREAD_INDEX(is_first)); \
        take &= KEEP; \
        b = (a & take) | (b & ~take); \
        memcpy(inout + i, &b, 32); \
    }
#define VECTORS_f32_int(better) \
    VECTORS(f32_int, v_float, AS_IT_IS, v_int, SPREAD_FIRST_4, SPREAD_SECOND_4, KEEP_ALL, better)
#define VECTORS_int_int(better) \
    VECTORS(int_int, v_int, AS_IT_IS, v_int, SPREAD_FIRST_4, SPREAD_SECOND_4, KEEP_ALL, better)
#define VECTORS_f32_f32(better) \
    VECTORS(f32_f32, v_float, AS_IT_IS, v_float, SPREAD_FIRST_4, SPREAD_SECOND_4, KEEP_ALL, better)
#define VECTORS_f64_f64(better) \
    VECTORS(f64_f64, v_double, AS_IT_IS, v_double, SPREAD_FIRST_8, SPREAD_SECOND_8, KEEP_ALL, better)
#define VECTORS_flong_int(better)
/* These three look at halves of words: where the bytes stand depends on their order. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && __SIZEOF_LONG__ == 8
#define VECTORS_short_int(better) \
    VECTORS(short_int, v_int, TOP_OF_SHORT, v_int, SPREAD_FIRST_4, SPREAD_SECOND_4, KEEP_2_AND_4, better)
#define VECTORS_f64_int(better) \
    VECTORS(f64_int, v_double, AS_IT_IS, v_int, SPREAD_FIRST_8, SPREAD_THIRD_4, KEEP_12, better)
#define VECTORS_long_int(better) \
    VECTORS(long_int, v_long, AS_IT_IS, v_int, SPREAD_FIRST_8, SPREAD_THIRD_4, KEEP_12, better)
#else
#define VECTORS_short_int(better)
#define VECTORS_f64_int(better)
#define VECTORS_long_int(better)
#endif

#define LOOP_PAIR(name, pair, value_type, index_type, better) \
    static OP_TARGET void name##_##pair(const void *restrict from, void *restrict to, size_t n) \
    { \
        const pair##_at *in = from; \
        pair##_at *inout = to; \
        size_t i = 0; \
        VECTORS_##pair(better) \
        for (; i < n; i++) { \
            value_type a = in[i].value, b = inout[i].value; \
            index_type j = in[i].index, k = inout[i].index; \
            int take = (a better b) | ((a == b) & (j < k)); \
            inout[i].value = take ? a : b; \
            inout[i].index = take ? j : k; \
        } \
    }
#define LOOPS_PAIR(pair, value_type, index_type) \
    LOOP_PAIR(maxloc, pair, value_type, index_type, >) \
    LOOP_PAIR(minloc, pair, value_type, index_type, <)
LOOPS_PAIR(f32_int, float, int)
LOOPS_PAIR(f64_int, double, int)
LOOPS_PAIR(long_int, long, int)
LOOPS_PAIR(int_int, int, int)
LOOPS_PAIR(short_int, short, int)
LOOPS_PAIR(flong_int, flong, int)
LOOPS_PAIR(f32_f32, float, float)
LOOPS_PAIR(f64_f64, double, double)

#define SIGNED_INTEGERS(op) \
    [OP_I8] = op##_i8, [OP_I16] = op##_i16, [OP_I32] = op##_i32, [OP_I64] = op##_i64, [OP_I128] = op##_i128
#define SIGNED_AS_UNSIGNED(op) \
    [OP_I8] = op##_u8, [OP_I16] = op##_u16, [OP_I32] = op##_u32, [OP_I64] = op##_u64, [OP_I128] = op##_u128
#define UNSIGNED(op) \
    [OP_U8] = op##_u8, [OP_U16] = op##_u16, [OP_U32] = op##_u32, [OP_U64] = op##_u64, [OP_U128] = op##_u128
#define FLOATS(op) \
    [OP_F16] = op##_f16, [OP_F32] = op##_f32, [OP_F64] = op##_f64, [OP_FLONG] = op##_flong, [OP_F128] = op##_f128
#define COMPLEX(op) \
    [OP_C16] = op##_c16, [OP_C32] = op##_c32, [OP_C64] = op##_c64, [OP_CLONG] = op##_clong, [OP_C128] = op##_c128
#define PAIRS(op) \
    [OP_F32_INT] = op##_f32_int, [OP_F64_INT] = op##_f64_int, [OP_LONG_INT] = op##_long_int, \
    [OP_INT_INT] = op##_int_int, [OP_SHORT_INT] = op##_short_int, [OP_FLONG_INT] = op##_flong_int, \
    [OP_F32_F32] = op##_f32_f32, [OP_F64_F64] = op##_f64_f64

op_kernel_table OP_TABLE = {
    [OP_MAX] = {SIGNED_INTEGERS(max), UNSIGNED(max), FLOATS(max)},
    [OP_MIN] = {SIGNED_INTEGERS(min), UNSIGNED(min), FLOATS(min)},
    [OP_SUM] = {SIGNED_AS_UNSIGNED(sum), UNSIGNED(sum), FLOATS(sum), COMPLEX(sum)},
    [OP_PROD] = {SIGNED_AS_UNSIGNED(prod), UNSIGNED(prod), FLOATS(prod), COMPLEX(prod)},
    [OP_LAND] = {SIGNED_AS_UNSIGNED(land), UNSIGNED(land)},
    [OP_LOR] = {SIGNED_AS_UNSIGNED(lor), UNSIGNED(lor)},
    [OP_LXOR] = {SIGNED_AS_UNSIGNED(lxor), UNSIGNED(lxor)},
    [OP_BAND] = {SIGNED_AS_UNSIGNED(band), UNSIGNED(band)},
    [OP_BOR] = {SIGNED_AS_UNSIGNED(bor), UNSIGNED(bor)},
    [OP_BXOR] = {SIGNED_AS_UNSIGNED(bxor), UNSIGNED(bxor)},
    [OP_MAXLOC] = {PAIRS(maxloc)},
    [OP_MINLOC] = {PAIRS(minloc)},
};
