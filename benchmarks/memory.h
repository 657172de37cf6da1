/* How much memory there is, how much of it the caches hold, and how much this process has. */
#ifndef BENCHMARKS_MEMORY_H
#define BENCHMARKS_MEMORY_H

#include <stddef.h>

/* Twice the largest cache, and 64 MiB at least, 1 GiB at most: what is meant by more memory than the caches hold. */
size_t memory_beyond_caches(void);
/* Bytes of the machine, or of the container where it may have less; 0: not known. */
size_t memory_limit(void);
/* Bytes that can be had now without another process losing its own; 0: not known. */
size_t memory_available(void);
/* KiB that are there for this process's sake: what it has written and no other process sees, and its share of the
 * memory that processes have in common (a page that four have counts as a quarter). Pages of files are left out: they
 * come and go with what else the machine does. -1: not known. */
long memory_own_kib(void);
#endif
