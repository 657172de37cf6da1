/* Sets of cpus: see cpus.h. */
#define _GNU_SOURCE
#include "benchmarks/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cpus_get(struct cpus *c)
{
    memset(c, 0, sizeof *c);
    return sched_getaffinity(0, sizeof *c, (cpu_set_t *)c);
}

int cpus_set(const struct cpus *c)
{
    return sched_setaffinity(0, sizeof *c, (const cpu_set_t *)c);
}

int cpus_set_one(int cpu)
{
    struct cpus one = {0};
    if (cpu < 0 || cpu >= CPUS) {
        errno = EINVAL;
        return -1;
    }
    cpus_add(&one, cpu);
    return cpus_set(&one);
}

int cpus_has(const struct cpus *c, int cpu)
{
    return c->words[cpu / CPU_WORD] >> (cpu % CPU_WORD) & 1;
}

void cpus_add(struct cpus *c, int cpu)
{
    c->words[cpu / CPU_WORD] |= 1UL << (cpu % CPU_WORD);
}

void cpus_join(struct cpus *c, const struct cpus *other)
{
    for (int i = 0; i < CPU_WORDS; i++)
        c->words[i] |= other->words[i];
}

int cpus_count(const struct cpus *c)
{
    int n = 0;
    for (int i = 0; i < CPU_WORDS; i++)
        n += __builtin_popcountl(c->words[i]);
    return n;
}

int cpus_first(const struct cpus *c)
{
    for (int i = 0; i < CPU_WORDS; i++)
        if (c->words[i])
            return i * CPU_WORD + __builtin_ctzl(c->words[i]);
    return -1;
}

int cpus_meet(const struct cpus *a, const struct cpus *b)
{
    unsigned long common = 0;
    for (int i = 0; i < CPU_WORDS; i++)
        common |= a->words[i] & b->words[i];
    return common != 0;
}

int cpus_within(const struct cpus *a, const struct cpus *b)
{
    unsigned long beyond = 0;
    for (int i = 0; i < CPU_WORDS; i++)
        beyond |= a->words[i] & ~b->words[i];
    return beyond == 0;
}

void cpus_text(const struct cpus *c, char *text, size_t room)
{
    size_t at = 0;
    text[0] = 0;
    for (int cpu = 0; cpu < CPUS && at < room; cpu++) {
        if (!cpus_has(c, cpu))
            continue;
        int last = cpu;
        while (last + 1 < CPUS && cpus_has(c, last + 1))
            last++;
        at += (size_t)snprintf(text + at, room - at, last > cpu ? "%s%d-%d" : "%s%d", at ? "," : "", cpu, last);
        cpu = last;
    }
}

void cpus_of_core(int cpu, struct cpus *c)
{
    char path[96], line[256];
    memset(c, 0, sizeof *c);
    cpus_add(c, cpu);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *f = fopen(path, "re");
    if (f && fgets(line, sizeof line, f))
        for (char *p = line, *end; *p >= '0' && *p <= '9'; p = *end == ',' ? end + 1 : end) {
            long from = strtol(p, &end, 10), to = from;
            if (*end == '-')
                to = strtol(end + 1, &end, 10);
            for (long i = from; i <= to && i < CPUS; i++)
                cpus_add(c, (int)i);
        }
    if (f)
        fclose(f);
}

int cpus_order(const struct cpus *allowed, int order[CPUS])
{
    int count = 0;
    struct cpus seconds = {0}, core;
    for (int cpu = 0; cpu < CPUS; cpu++) {
        if (!cpus_has(allowed, cpu) || cpus_has(&seconds, cpu))
            continue;
        order[count++] = cpu;
        cpus_of_core(cpu, &core);
        for (int other = cpu + 1; other < CPUS; other++)
            if (cpus_has(&core, other) && cpus_has(allowed, other))
                cpus_add(&seconds, other);
    }
    for (int cpu = 0; cpu < CPUS; cpu++)
        if (cpus_has(&seconds, cpu))
            order[count++] = cpu;
    return count;
}
