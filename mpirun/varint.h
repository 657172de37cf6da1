/* Small numbers in few bytes: seven bits in each, the low ones first, the eighth bit says that more follow. */
#ifndef MPIRUN_VARINT_H
#define MPIRUN_VARINT_H

#include "mpirun/bytes.h"

#include <stdint.h>

static inline void varint_put(struct bytes *to, uint32_t n)
{
    unsigned char text[5];
    size_t used = 0;
    for (; n >= 0x80; n >>= 7)
        text[used++] = (unsigned char)(n | 0x80);
    text[used++] = (unsigned char)n;
    bytes_append(to, text, used);
}

/* Numbers of either sign, the small ones short. */
static inline void varint_put_signed(struct bytes *to, int32_t n)
{
    varint_put(to, ((uint32_t)n << 1) ^ (n < 0 ? UINT32_MAX : 0));
}

/* Takes one from *at; 0: there is none, or none of 32 bits. */
static inline int varint_take(const unsigned char **at, const unsigned char *end, uint32_t *n)
{
    uint64_t value = 0;
    for (int shift = 0; *at < end && shift < 35; shift += 7) {
        unsigned char c = *(*at)++;
        value |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80)) {
            *n = (uint32_t)value;
            return value <= UINT32_MAX;
        }
    }
    return 0;
}

static inline int32_t varint_signed(uint32_t n)
{
    return (int32_t)((n >> 1) ^ (n & 1 ? UINT32_MAX : 0));
}

#endif
