/* Messages with contents that say which message it is, in sizes on both sides of every change of protocol. */
#ifndef TESTS_MPI_PATTERN_H
#define TESTS_MPI_PATTERN_H

#include <stddef.h>
#include <stdlib.h>

static const int pattern_sizes[] = {0,     1,     7,     8,     33,    56,    1024,   2047,    2048,
                                    2049,  4096,  8192,  8193,  30000, 32767, 32768,  32769,   65536,
                                    65537, 99999, 262144, 300001, 1 << 20, 3000001};
enum { PATTERN_SIZES = sizeof pattern_sizes / sizeof *pattern_sizes, PATTERN_MAX = 3000001 };

static inline unsigned char pattern_byte(unsigned which, size_t i)
{
    unsigned x = (unsigned)i * 2654435761u + which * 40503u;
    return (unsigned char)(x >> 13 ^ x >> 3);
}

static inline void pattern_fill(void *at, unsigned which, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)at)[i] = pattern_byte(which, i);
}

/* All n bytes are those of `which`. */
static inline int pattern_holds(const void *at, unsigned which, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)at)[i] != pattern_byte(which, i))
            return 0;
    return 1;
}

static inline int pattern_count_is(const MPI_Status *status, int source, int tag, int n)
{
    int count;
    MPI_Get_count(status, MPI_BYTE, &count);
    return status->MPI_SOURCE == source && status->MPI_TAG == tag && count == n;
}

#endif
