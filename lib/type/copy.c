/* See copy.h. Each loop is written once, for a size that is a constant wherever it is inlined. */
#include "type/copy.h"

#include "base/cursor.h"

#define INLINE static inline __attribute__((always_inline))

/* How a block is copied: 0: by its size; below WIDE4: so many bytes; WIDEn: more than n and less than twice as many, as
 * two copies that overlap. */
enum { WIDE4 = 200, WIDE8, WIDE16, WIDE32, WIDE64 };
INLINE void overlap(char *to, const char *from, uint64_t bytes, const uint64_t part)
{
    char head[64], tail[64];
    memcpy(head, from, part);
    memcpy(tail, from + bytes - part, part);
    memcpy(to, head, part);
    memcpy(to + bytes - part, tail, part);
}

INLINE void one(char *to, const char *from, uint64_t bytes, const int way)
{
    switch (way) {
    case 0:
        copy_short(to, from, bytes);
        break;
    case 3:
        overlap(to, from, 3, 2);
        break;
    case WIDE4:
        overlap(to, from, bytes, 4);
        break;
    case WIDE8:
        overlap(to, from, bytes, 8);
        break;
    case WIDE16:
        overlap(to, from, bytes, 16);
        break;
    case WIDE32:
        overlap(to, from, bytes, 32);
        break;
    case WIDE64:
        overlap(to, from, bytes, 64);
        break;
    default:
        memcpy(to, from, (uint64_t)way);
    }
}

/* How blocks of a size are copied: calls that switch on it have one loop for each. */
static int way_of(uint64_t bytes)
{
    static const uint8_t ways[33] = {0, 1, 2, 3, 4, WIDE4, WIDE4, WIDE4, 8, WIDE8, WIDE8, WIDE8, WIDE8, WIDE8, WIDE8,
                                      WIDE8, 16, WIDE16, WIDE16, WIDE16, WIDE16, WIDE16, WIDE16, WIDE16, WIDE16, WIDE16,
                                      WIDE16, WIDE16, WIDE16, WIDE16, WIDE16, WIDE16, 32};
    if (bytes <= 32)
        return ways[bytes];
    return bytes < 64 ? WIDE32 : bytes == 64 ? 64 : bytes < 128 ? WIDE64 : bytes == 128 ? 128 : 0;
}

INLINE void rows(char *to, int64_t to_step, const char *from, int64_t from_step, uint64_t n, uint64_t bytes,
                 const int way)
{
    for (; n >= 4; n -= 4) {
        one(to, from, bytes, way);
        one(to + to_step, from + from_step, bytes, way);
        one(to + 2 * to_step, from + 2 * from_step, bytes, way);
        one(to + 3 * to_step, from + 3 * from_step, bytes, way);
        to += 4 * to_step;
        from += 4 * from_step;
    }
    for (; n; n--) {
        one(to, from, bytes, way);
        to += to_step;
        from += from_step;
    }
}

/* ---- every second or fourth of small blocks, packed: whole vectors are read, gaps included ---- */

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t shorts8 __attribute__((vector_size(16)));
typedef uint32_t ints4 __attribute__((vector_size(16)));

INLINE bytes16 load(const char *at)
{
    bytes16 v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* The blocks with even numbers, of two vectors. */
INLINE bytes16 even(bytes16 a, bytes16 b, const uint64_t bytes)
{
    if (bytes == 1)
        return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    if (bytes == 2)
        return (bytes16)__builtin_shufflevector((shorts8)a, (shorts8)b, 0, 2, 4, 6, 8, 10, 12, 14);
    return (bytes16)__builtin_shufflevector((ints4)a, (ints4)b, 0, 2, 4, 6);
}

/* How many were packed: never the last one, behind which nothing may be read. */
INLINE uint64_t pack_every(char *to, const char *from, uint64_t n, const uint64_t bytes, const int which)
{
    const uint64_t round = 16 / bytes;
    uint64_t done = 0;
    for (; done + round < n; done += round) {
        bytes16 v = even(load(from), load(from + 16), bytes);
        if (which == 4)
            v = even(v, even(load(from + 32), load(from + 48), bytes), bytes);
        memcpy(to, &v, sizeof v);
        to += 16;
        from += 16 * which;
    }
    return done;
}

static uint64_t pack_small(char *to, const char *from, int64_t from_step, uint64_t n, uint64_t bytes)
{
    int which = (int)(from_step / (int64_t)bytes);
    if (bytes == 1)
        return which == 2 ? pack_every(to, from, n, 1, 2) : pack_every(to, from, n, 1, 4);
    if (bytes == 2)
        return which == 2 ? pack_every(to, from, n, 2, 2) : pack_every(to, from, n, 2, 4);
    return which == 2 ? pack_every(to, from, n, 4, 2) : pack_every(to, from, n, 4, 4);
}

static int is_small(int64_t to_step, int64_t from_step, uint64_t bytes)
{
    return to_step == (int64_t)bytes && (from_step == 2 * to_step || from_step == 4 * to_step) &&
           (bytes == 1 || bytes == 2 || bytes == 4);
}

/* ---- rows ---- */

void copy_rows(char *to, int64_t to_step, const char *from, int64_t from_step, uint64_t n, uint64_t bytes)
{
    if (is_small(to_step, from_step, bytes)) {
        uint64_t done = pack_small(to, from, from_step, n, bytes);
        to += (int64_t)done * to_step;
        from += (int64_t)done * from_step;
        n -= done;
    }
    switch (way_of(bytes)) {
    case 1:
        rows(to, to_step, from, from_step, n, bytes, 1);
        break;
    case 2:
        rows(to, to_step, from, from_step, n, bytes, 2);
        break;
    case 3:
        rows(to, to_step, from, from_step, n, bytes, 3);
        break;
    case 4:
        rows(to, to_step, from, from_step, n, bytes, 4);
        break;
    case 8:
        rows(to, to_step, from, from_step, n, bytes, 8);
        break;
    case 16:
        rows(to, to_step, from, from_step, n, bytes, 16);
        break;
    case 32:
        rows(to, to_step, from, from_step, n, bytes, 32);
        break;
    case WIDE4:
        rows(to, to_step, from, from_step, n, bytes, WIDE4);
        break;
    case WIDE8:
        rows(to, to_step, from, from_step, n, bytes, WIDE8);
        break;
    case WIDE16:
        rows(to, to_step, from, from_step, n, bytes, WIDE16);
        break;
    case WIDE32:
        rows(to, to_step, from, from_step, n, bytes, WIDE32);
        break;
    case WIDE64:
        rows(to, to_step, from, from_step, n, bytes, WIDE64);
        break;
    case 64:
        rows(to, to_step, from, from_step, n, bytes, 64);
        break;
    case 128:
        rows(to, to_step, from, from_step, n, bytes, 128);
        break;
    default:
        rows(to, to_step, from, from_step, n, bytes, 0);
    }
}

INLINE void gather(char *packed, uintptr_t at, const int64_t *offsets, uint64_t n, uint64_t bytes, const int way)
{
    for (uint64_t i = 0; i < n; i++)
        one(packed + i * bytes, (const char *)(at + (uintptr_t)offsets[i]), bytes, way);
}

void copy_gather(char *packed, uintptr_t at, const int64_t *offsets, uint64_t n, uint64_t bytes)
{
    switch (way_of(bytes)) {
    case 1:
        gather(packed, at, offsets, n, bytes, 1);
        break;
    case 2:
        gather(packed, at, offsets, n, bytes, 2);
        break;
    case 3:
        gather(packed, at, offsets, n, bytes, 3);
        break;
    case 4:
        gather(packed, at, offsets, n, bytes, 4);
        break;
    case 8:
        gather(packed, at, offsets, n, bytes, 8);
        break;
    case 16:
        gather(packed, at, offsets, n, bytes, 16);
        break;
    case 32:
        gather(packed, at, offsets, n, bytes, 32);
        break;
    case WIDE4:
        gather(packed, at, offsets, n, bytes, WIDE4);
        break;
    case WIDE8:
        gather(packed, at, offsets, n, bytes, WIDE8);
        break;
    case WIDE16:
        gather(packed, at, offsets, n, bytes, WIDE16);
        break;
    case WIDE32:
        gather(packed, at, offsets, n, bytes, WIDE32);
        break;
    case WIDE64:
        gather(packed, at, offsets, n, bytes, WIDE64);
        break;
    case 64:
        gather(packed, at, offsets, n, bytes, 64);
        break;
    case 128:
        gather(packed, at, offsets, n, bytes, 128);
        break;
    default:
        gather(packed, at, offsets, n, bytes, 0);
    }
}

INLINE void scatter(const char *packed, uintptr_t at, const int64_t *offsets, uint64_t n, uint64_t bytes, const int way)
{
    for (uint64_t i = 0; i < n; i++)
        one((char *)(at + (uintptr_t)offsets[i]), packed + i * bytes, bytes, way);
}

void copy_scatter(const char *packed, uintptr_t at, const int64_t *offsets, uint64_t n, uint64_t bytes)
{
    switch (way_of(bytes)) {
    case 1:
        scatter(packed, at, offsets, n, bytes, 1);
        break;
    case 2:
        scatter(packed, at, offsets, n, bytes, 2);
        break;
    case 3:
        scatter(packed, at, offsets, n, bytes, 3);
        break;
    case 4:
        scatter(packed, at, offsets, n, bytes, 4);
        break;
    case 8:
        scatter(packed, at, offsets, n, bytes, 8);
        break;
    case 16:
        scatter(packed, at, offsets, n, bytes, 16);
        break;
    case 32:
        scatter(packed, at, offsets, n, bytes, 32);
        break;
    case WIDE4:
        scatter(packed, at, offsets, n, bytes, WIDE4);
        break;
    case WIDE8:
        scatter(packed, at, offsets, n, bytes, WIDE8);
        break;
    case WIDE16:
        scatter(packed, at, offsets, n, bytes, WIDE16);
        break;
    case WIDE32:
        scatter(packed, at, offsets, n, bytes, WIDE32);
        break;
    case WIDE64:
        scatter(packed, at, offsets, n, bytes, WIDE64);
        break;
    case 64:
        scatter(packed, at, offsets, n, bytes, 64);
        break;
    case 128:
        scatter(packed, at, offsets, n, bytes, 128);
        break;
    default:
        scatter(packed, at, offsets, n, bytes, 0);
    }
}

/* ---- tiles ---- */

enum { SIDE = 8 };

/* What the next tile needs, of the side that jumps. */
static void prefetch(const char *at, int64_t step)
{
    for (int i = 0; i < SIDE; i++)
        __builtin_prefetch((const char *)((uintptr_t)at + (uintptr_t)(i * step)));
}

INLINE void tile(struct copy_plane to, struct copy_plane from, uint64_t n, uint64_t m, uint64_t bytes, const int way)
{
    for (uint64_t i = 0; i < n; i++)
        rows(to.at + (int64_t)i * to.row, to.column, from.at + (int64_t)i * from.row, from.column, m, bytes, way);
}

INLINE void tiles(struct copy_plane to, struct copy_plane from, uint64_t n, uint64_t m, uint64_t bytes, const int way)
{
    struct copy_plane t = to, f = from;
    for (uint64_t i = 0; i < n; i += SIDE)
        for (uint64_t j = 0; j < m; j += SIDE) {
            t.at = to.at + (int64_t)i * to.row + (int64_t)j * to.column;
            f.at = from.at + (int64_t)i * from.row + (int64_t)j * from.column;
            if (j + 2 * SIDE <= m) {
                prefetch(f.at + SIDE * from.column, from.column);
                prefetch(t.at + SIDE * to.column, to.column);
            }
            tile(t, f, n - i < SIDE ? n - i : SIDE, m - j < SIDE ? m - j : SIDE, bytes, way);
        }
}

void copy_tiles(struct copy_plane to, struct copy_plane from, uint64_t n, uint64_t m, uint64_t bytes)
{
    switch (way_of(bytes)) {
    case 1:
        tiles(to, from, n, m, bytes, 1);
        break;
    case 2:
        tiles(to, from, n, m, bytes, 2);
        break;
    case 4:
        tiles(to, from, n, m, bytes, 4);
        break;
    case 8:
        tiles(to, from, n, m, bytes, 8);
        break;
    case 16:
        tiles(to, from, n, m, bytes, 16);
        break;
    default:
        tiles(to, from, n, m, bytes, 0);
    }
}
