/* Sets of cpus: see cpuset.h. */
#include "mpirun/cpuset.h"

#include "boot/node.h"
#include "mpirun/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cpuset_add(struct cpuset *set, uint32_t cpu)
{
    while (set->count <= cpu / 64) {
        set->words = grow_by_one(set->words, set->count, sizeof *set->words);
        set->words[set->count++] = 0;
    }
    set->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

int cpuset_has(const struct cpuset *set, uint32_t cpu)
{
    return cpu / 64 < set->count && (set->words[cpu / 64] >> cpu % 64 & 1);
}

uint32_t cpuset_weight(const struct cpuset *set)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < set->count; i++)
        n += (uint32_t)__builtin_popcountll(set->words[i]);
    return n;
}

int cpuset_equal(const struct cpuset *a, const struct cpuset *b)
{
    for (uint32_t i = 0; i < a->count || i < b->count; i++)
        if ((i < a->count ? a->words[i] : 0) != (i < b->count ? b->words[i] : 0))
            return 0;
    return 1;
}

void cpuset_free(struct cpuset *set)
{
    free(set->words);
    *set = (struct cpuset){0};
}

/* Digits at p, at most to end; -1: there are none, or the number is no cpu's. */
static long number(const char **p, const char *end)
{
    long n = -1;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p) {
        n = (n < 0 ? 0 : n) * 10 + (**p - '0');
        if (n >= (long)NODE_MAX_CPUS)
            return -1;
    }
    return n;
}

int cpuset_parse(struct cpuset *set, const char *text, size_t n, const char *where, struct words *why)
{
    const char *p = text, *end = text + n;
    for (;; p++) {
        long low = number(&p, end), high = low;
        if (low >= 0 && p < end && *p == '-') {
            p++;
            high = number(&p, end);
        }
        if (low < 0 || high < low || (p < end && *p != ','))
            return words_set(why, "%s: '%.*s' is no list of cpus such as 0-3,8", where, (int)(n > 200 ? 200 : n),
                             text);
        for (long cpu = low; cpu <= high; cpu++)
            cpuset_add(set, (uint32_t)cpu);
        if (p >= end)
            return 0;
    }
}

void cpuset_text(const struct cpuset *set, char *out, size_t size)
{
    size_t at = 0;
    out[0] = 0;
    for (uint32_t cpu = 0; cpu < set->count * 64; cpu++) {
        uint32_t low = cpu;
        char item[40];
        if (!cpuset_has(set, cpu))
            continue;
        while (cpuset_has(set, cpu + 1))
            cpu++;
        int n = low == cpu ? snprintf(item, sizeof item, "%s%u", at ? "," : "", low)
                           : snprintf(item, sizeof item, "%s%u%s%u", at ? "," : "", low,
                                      low + 1 == cpu ? "," : "-", cpu);
        if (at + (size_t)n + 4 >= size) {
            snprintf(out + at, size - at, "...");
            return;
        }
        memcpy(out + at, item, (size_t)n + 1);
        at += (size_t)n;
    }
}
