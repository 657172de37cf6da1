/* Numbers of 2 bytes (IEEE binary16) to float and back, in integer operations that a compiler can vectorise: no
 * branch, and no float that is subnormal on the way (a program may have told the processor to take these for 0).
 * The results are the bits that x86's own conversion gives: rounded to nearest even, NaNs quiet with the top of
 * their payload. */
#ifndef TYPE_OP_HALF_H
#define TYPE_OP_HALF_H

#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) float half_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline __attribute__((always_inline)) uint32_t half_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline __attribute__((always_inline)) float half_get(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = (uint32_t)(h & 0x7fff) << 13;
    /* With exponent 0 there is no leading 1. */
    uint32_t tiny = half_bits(half_float(rest + (113u << 23)) - half_float(113u << 23));
    uint32_t bits = rest + (112u << 23);                   /* from bias 15 to 127 */
    bits = rest >= 0x7c00u << 13 ? rest + (224u << 23) : bits; /* infinity and NaN */
    bits = rest > 0x7c00u << 13 ? bits | 0x400000 : bits;
    bits = rest < 0x0400u << 13 ? tiny : bits;
    return half_float(sign | bits);
}

static inline __attribute__((always_inline)) uint16_t half_put(float f)
{
    uint32_t all = half_bits(f), sign = all >> 16 & 0x8000, rest = all & 0x7fffffff;
    /* Adding 0.5 leaves the bits of a subnormal number at the end of the sum, rounded by the addition. */
    uint32_t tiny = half_bits(half_float(rest) + 0.5f) - half_bits(0.5f);
    uint32_t bits = (rest - (112u << 23) + 0xfff + (rest >> 13 & 1)) >> 13;
    bits = rest < 113u << 23 ? tiny : bits;
    bits = rest >= 143u << 23 ? 0x7c00 : bits;
    bits = rest > 255u << 23 ? 0x7e00 | (rest >> 13 & 0x3ff) : bits;
    return (uint16_t)(sign | bits);
}

#endif
