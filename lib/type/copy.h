/* The innermost copying loops of layouts: many blocks of one size. Plain C whose sizes are constants to the compiler.
 * Compiled for AVX2 these loops were no faster: single loads and stores are what they consist of. */
#ifndef TYPE_COPY_H
#define TYPE_COPY_H

#include <stddef.h>
#include <stdint.h>

/* n blocks, each a step behind the one before. */
void copy_rows(char *to, int64_t to_step, const char *from, int64_t from_step, uint64_t n, uint64_t bytes);

/* n blocks that stand at `at` + offsets[i], into packed; and out of it. */
void copy_gather(char *packed, uintptr_t at, const int64_t *offsets, uint64_t n, uint64_t bytes);
void copy_scatter(const char *packed, uintptr_t at, const int64_t *offsets, uint64_t n, uint64_t bytes);

/* rows * columns blocks; the steps of `to` and `from` go different ways. */
struct copy_plane {
    char *at;
    int64_t row, column; /* the steps */
};
void copy_tiles(struct copy_plane to, struct copy_plane from, uint64_t rows, uint64_t columns, uint64_t bytes);

#endif
