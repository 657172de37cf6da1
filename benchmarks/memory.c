/* Sizes of memory: see memory.h. */
#define _GNU_SOURCE
#include "benchmarks/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

/* The kernel's word first: what the processor says of itself, which sysconf repeats, is wrong on some virtual
 * machines. */
static size_t largest_cache(void)
{
    static const int names[] = {_SC_LEVEL4_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE};
    size_t largest = 0;
    for (int i = 0; i < 16; i++) {
        char path[96], unit = 0;
        unsigned long size = 0;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        FILE *f = fopen(path, "re");
        if (!f)
            continue;
        if (fscanf(f, "%lu%c", &size, &unit) == 2 && size < 1UL << 30) {
            size_t bytes = (size_t)size * (unit == 'M' ? MIB : unit == 'K' ? 1024 : 1);
            largest = bytes > largest ? bytes : largest;
        }
        fclose(f);
    }
    for (int i = 0; i < 3 && !largest; i++)
        if (sysconf(names[i]) > 0)
            largest = (size_t)sysconf(names[i]);
    return largest;
}

size_t memory_beyond_caches(void)
{
    static const size_t least = (size_t)64 * MIB, most = (size_t)1024 * MIB;
    static size_t bytes;
    if (!bytes) {
        size_t twice = 2 * largest_cache();
        bytes = twice < least ? least : twice > most ? most : twice;
    }
    return bytes;
}

size_t memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t bytes = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : 0;
    unsigned long long limit;
    FILE *f = fopen("/sys/fs/cgroup/memory.max", "re");
    if (f) {
        if (fscanf(f, "%llu", &limit) == 1 && (!bytes || limit < bytes))
            bytes = (size_t)limit;
        fclose(f);
    }
    return bytes;
}

/* The numbers in the lines that have one of these two names, added; -1: there is none of the first. */
static long kib_in(const char *path, const char *first, const char *second)
{
    char line[256], name[32];
    long kib, sum = 0;
    int found = 0;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%31[^:]: %ld", name, &kib) == 2) {
            found |= strcmp(name, first) == 0;
            sum += strcmp(name, first) == 0 || strcmp(name, second) == 0 ? kib : 0;
        }
    if (f)
        fclose(f);
    return found ? sum : -1;
}

size_t memory_available(void)
{
    long kib = kib_in("/proc/meminfo", "MemAvailable", "");
    return kib > 0 ? (size_t)kib * 1024 : 0;
}

long memory_own_kib(void)
{
    return kib_in("/proc/self/smaps_rollup", "Anonymous", "Pss_Shmem");
}
