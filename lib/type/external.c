/* external32: see external.h. A basic type is a few units, each converted alone: complex numbers are two. */
#include "type/external.h"

#include "type/float128.h"

#include <stdbool.h>
#include <wchar.h>

#ifndef __clang__
#pragma GCC optimize("O3") /* loops that vectorise */
#endif

enum how { BYTES, TRUTH, SWAP_2, SWAP_4, SWAP_8, SWAP_16, LONG_TO_4, UNSIGNED_LONG_TO_4, WCHAR_TO_2, LONG_DOUBLE };
struct unit {
    uint8_t how;
    uint8_t units, native, external; /* how many make the type, bytes of one here and there */
};

#define PLACE(handle) ((int)(uintptr_t)(handle) - TYPE_PREDEFINED)
#define SWAPPED(handle, n) \
    [PLACE(handle)] = {(n) == 1 ? BYTES : (n) == 2 ? SWAP_2 : (n) == 4 ? SWAP_4 : (n) == 8 ? SWAP_8 : SWAP_16, \
                       1, n, n}
#define TWICE(handle, n) \
    [PLACE(handle)] = {(n) == 2 ? SWAP_2 : (n) == 4 ? SWAP_4 : (n) == 8 ? SWAP_8 : SWAP_16, 2, n, n}
#define OTHER(handle, how, units, type, external) [PLACE(handle)] = {how, units, sizeof(type), external}
static const struct unit table[TYPE_PREDEFINED_COUNT] = {
    SWAPPED(MPI_AINT, 8), SWAPPED(MPI_COUNT, 8), SWAPPED(MPI_OFFSET, 8),
    SWAPPED(MPI_PACKED, 1), SWAPPED(MPI_BYTE, 1), SWAPPED(MPI_CHAR, 1), SWAPPED(MPI_SIGNED_CHAR, 1),
    SWAPPED(MPI_UNSIGNED_CHAR, 1), SWAPPED(MPI_CHARACTER, 1),
    SWAPPED(MPI_SHORT, 2), SWAPPED(MPI_UNSIGNED_SHORT, 2), SWAPPED(MPI_INT, 4), SWAPPED(MPI_UNSIGNED, 4),
    SWAPPED(MPI_LONG_LONG, 8), SWAPPED(MPI_UNSIGNED_LONG_LONG, 8),
    OTHER(MPI_LONG, LONG_TO_4, 1, long, 4), OTHER(MPI_UNSIGNED_LONG, UNSIGNED_LONG_TO_4, 1, long, 4),
    OTHER(MPI_WCHAR, WCHAR_TO_2, 1, wchar_t, 2),
    SWAPPED(MPI_FLOAT, 4), SWAPPED(MPI_DOUBLE, 8), OTHER(MPI_LONG_DOUBLE, LONG_DOUBLE, 1, long double, 16),
    TWICE(MPI_C_FLOAT_COMPLEX, 4), TWICE(MPI_C_DOUBLE_COMPLEX, 8), TWICE(MPI_CXX_FLOAT_COMPLEX, 4),
    TWICE(MPI_CXX_DOUBLE_COMPLEX, 8), OTHER(MPI_C_LONG_DOUBLE_COMPLEX, LONG_DOUBLE, 2, long double, 16),
    OTHER(MPI_CXX_LONG_DOUBLE_COMPLEX, LONG_DOUBLE, 2, long double, 16),
    OTHER(MPI_C_BOOL, TRUTH, 1, bool, 1), OTHER(MPI_CXX_BOOL, TRUTH, 1, bool, 1),
    SWAPPED(MPI_LOGICAL, 4), SWAPPED(MPI_INTEGER, 4), SWAPPED(MPI_REAL, 4), SWAPPED(MPI_DOUBLE_PRECISION, 8),
    TWICE(MPI_COMPLEX, 4), TWICE(MPI_DOUBLE_COMPLEX, 8),
    SWAPPED(MPI_INT8_T, 1), SWAPPED(MPI_UINT8_T, 1), SWAPPED(MPI_INT16_T, 2), SWAPPED(MPI_UINT16_T, 2),
    SWAPPED(MPI_INT32_T, 4), SWAPPED(MPI_UINT32_T, 4), SWAPPED(MPI_INT64_T, 8), SWAPPED(MPI_UINT64_T, 8),
    SWAPPED(MPI_LOGICAL1, 1), SWAPPED(MPI_LOGICAL2, 2), SWAPPED(MPI_LOGICAL4, 4), SWAPPED(MPI_LOGICAL8, 8),
    SWAPPED(MPI_LOGICAL16, 16), SWAPPED(MPI_INTEGER1, 1), SWAPPED(MPI_INTEGER2, 2), SWAPPED(MPI_INTEGER4, 4),
    SWAPPED(MPI_INTEGER8, 8), SWAPPED(MPI_INTEGER16, 16),
    SWAPPED(MPI_REAL2, 2), SWAPPED(MPI_REAL4, 4), SWAPPED(MPI_REAL8, 8), SWAPPED(MPI_REAL16, 16),
    TWICE(MPI_COMPLEX4, 2), TWICE(MPI_COMPLEX8, 4), TWICE(MPI_COMPLEX16, 8), TWICE(MPI_COMPLEX32, 16),
};
_Static_assert(sizeof(long long) == 8 && sizeof(int) == 4, "external32's sizes are this machine's");

static const struct unit *unit_of(const struct type *basic)
{
    return &table[(uintptr_t)basic->handle - TYPE_PREDEFINED];
}

/* ---- n units; neither side is aligned ---- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BIG(bits, v) __builtin_bswap##bits(v)
#else
#define BIG(bits, v) (v)
#endif

/* From the one type, read as a, to the other. */
#define CONVERT(name, from_type, to_type, expression) \
    static void name(char *restrict to, const char *restrict from, uint64_t n) \
    { \
        for (uint64_t i = 0; i < n; i++) { \
            from_type a; \
            memcpy(&a, from + i * sizeof a, sizeof a); \
            to_type b = expression; \
            memcpy(to + i * sizeof b, &b, sizeof b); \
        } \
    }
CONVERT(swap_2, uint16_t, uint16_t, BIG(16, a))
CONVERT(swap_4, uint32_t, uint32_t, BIG(32, a))
CONVERT(swap_8, uint64_t, uint64_t, BIG(64, a))
CONVERT(long_out, unsigned long, uint32_t, BIG(32, (uint32_t)a))
CONVERT(long_in, uint32_t, long, (int32_t)BIG(32, a))
CONVERT(unsigned_long_in, uint32_t, unsigned long, BIG(32, a))
CONVERT(wchar_out, wchar_t, uint16_t, BIG(16, (uint16_t)a))
CONVERT(wchar_in, uint16_t, wchar_t, (wchar_t)BIG(16, a))
CONVERT(truth, uint8_t, uint8_t, a != 0)

static void swap_16(char *restrict to, const char *restrict from, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++, from += 16, to += 16) {
        uint64_t first, second;
        memcpy(&first, from, 8);
        memcpy(&second, from + 8, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        uint64_t last = first;
        first = BIG(64, second);
        second = BIG(64, last);
#endif
        memcpy(to, &first, 8);
        memcpy(to + 8, &second, 8);
    }
}

static void long_double_out(char *to, const char *from, uint64_t n)
{
    for (; n; n--, from += sizeof(long double), to += 16) {
        long double v;
        memcpy(&v, from, sizeof v);
        f128 q = v;
        swap_16(to, (const char *)&q, 1);
    }
}

static void long_double_in(char *to, const char *from, uint64_t n)
{
    for (; n; n--, from += 16, to += sizeof(long double)) {
        f128 q;
        swap_16((char *)&q, from, 1);
        long double v = (long double)q;
        memset(to, 0, sizeof v); /* x86's has 10 bytes, and 6 that mean nothing */
        memcpy(to, &v, sizeof v > 10 && __LDBL_MANT_DIG__ == 64 ? 10 : sizeof v);
    }
}

static inline void convert(enum how how, int out, char *to, const char *from, uint64_t n)
{
    if (n == 1 && how == SWAP_4) { /* most members of structures are one of these: without the vectors */
        uint32_t a;
        memcpy(&a, from, 4);
        a = BIG(32, a);
        memcpy(to, &a, 4);
        return;
    }
    if (n == 1 && how == SWAP_8) {
        uint64_t a;
        memcpy(&a, from, 8);
        a = BIG(64, a);
        memcpy(to, &a, 8);
        return;
    }
    switch (how) {
    case BYTES: copy_short(to, from, n); break;
    case TRUTH: truth(to, from, n); break;
    case SWAP_2: swap_2(to, from, n); break;
    case SWAP_4: swap_4(to, from, n); break;
    case SWAP_8: swap_8(to, from, n); break;
    case SWAP_16: swap_16(to, from, n); break;
    case LONG_TO_4: (out ? long_out : long_in)(to, from, n); break;
    case UNSIGNED_LONG_TO_4: (out ? long_out : unsigned_long_in)(to, from, n); break;
    case WCHAR_TO_2: (out ? wchar_out : wchar_in)(to, from, n); break;
    case LONG_DOUBLE: (out ? long_double_out : long_double_in)(to, from, n);
    }
}

/* ---- types ---- */

uint64_t external_size(const struct type *t)
{
    uint64_t size = 0, some;
    if (t->basic) {
        const struct unit *u = unit_of(t->basic);
        return __builtin_mul_overflow(t->basics, (uint64_t)u->units * u->external, &size) ? UINT64_MAX : size;
    }
    for (uint64_t i = 0; i < t->part_count; i++) {
        uint64_t one = external_size(t->parts[i].type);
        if (one == UINT64_MAX || __builtin_mul_overflow(one, t->parts[i].count, &some) ||
            __builtin_add_overflow(size, some, &size))
            return UINT64_MAX;
    }
    return size;
}

/* Data that is not in one piece passes through a window: as many bytes as it holds come from the layout, or go there,
 * at once, however few a row of equal elements has. */
struct work {
    struct cursor *c;
    char *packed;
    int out;
    size_t begin, end; /* out: bytes of the window that are not converted yet; in: end, those that are not moved yet */
    char window[4096];
};

/* Room for one unit in the window (in), or a unit in it (out). */
static size_t turn_window(struct work *w)
{
    if (w->out) {
        size_t kept = w->end - w->begin; /* a part of a unit */
        memmove(w->window, w->window + w->begin, kept);
        size_t some = sizeof w->window - kept < w->c->left ? sizeof w->window - kept : w->c->left;
        cursor_fill(w->c, w->window + kept, some);
        w->begin = 0;
        w->end = kept + some;
        return w->end;
    }
    cursor_drain(w->c, w->window, w->end);
    w->end = 0;
    return sizeof w->window;
}

/* A row of n equal basic elements. */
static int run(void *arg, const struct type *basic, uint64_t n)
{
    struct work *w = arg;
    const struct unit *u = unit_of(basic);
    n *= u->units;
    if (!w->c->move) { /* one piece: converted where it lies */
        convert(u->how, w->out, w->out ? w->packed : w->c->at, w->out ? w->c->at : w->packed, n);
        w->c->at += n * u->native;
        w->c->left -= n * u->native;
        w->packed += n * u->external;
        return 0;
    }
    while (n) {
        size_t there = w->out ? w->end - w->begin : sizeof w->window - w->end;
        if (there < u->native)
            there = turn_window(w);
        uint64_t some = there / u->native < n ? there / u->native : n;
        if (w->out) {
            convert(u->how, 1, w->packed, w->window + w->begin, some);
            w->begin += some * u->native;
        } else {
            convert(u->how, 0, w->window + w->end, w->packed, some);
            w->end += some * u->native;
        }
        w->packed += some * u->external;
        n -= some;
    }
    return 0;
}

void external_pack(struct cursor *c, const struct type *t, uint64_t count, char *packed)
{
    struct work w;
    w.c = c, w.packed = packed, w.out = 1, w.begin = w.end = 0; /* not the window */
    type_each_run(t, count, run, &w);
}

void external_unpack(struct cursor *c, const struct type *t, uint64_t count, const char *packed)
{
    struct work w;
    w.c = c, w.packed = (char *)packed, w.out = 0, w.begin = w.end = 0;
    type_each_run(t, count, run, &w);
    if (w.end)
        turn_window(&w);
}
