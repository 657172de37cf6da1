/* Sets of cpus: which ones this process may use, which belong to one core, in which order they are given out. */
#ifndef BENCHMARKS_CPUS_H
#define BENCHMARKS_CPUS_H

#include <stddef.h>

enum { CPUS = 8192, CPU_WORD = 8 * sizeof(unsigned long), CPU_WORDS = CPUS / CPU_WORD };

/* As the kernel has it. */
struct cpus {
    unsigned long words[CPU_WORDS];
};

/* The cpus that this thread may use, read and set: 0, or -1 with errno. */
int cpus_get(struct cpus *);
int cpus_set(const struct cpus *);
/* The same for one cpu, of whatever number: 0, or -1 where this thread may not run there. */
int cpus_set_one(int cpu);

int cpus_has(const struct cpus *, int cpu);
void cpus_add(struct cpus *, int cpu);
void cpus_join(struct cpus *, const struct cpus *); /* adds all of the other */
int cpus_count(const struct cpus *);
int cpus_first(const struct cpus *); /* -1: there is none */
int cpus_meet(const struct cpus *, const struct cpus *);
int cpus_within(const struct cpus *, const struct cpus *); /* the first has none that the second lacks */
/* "0-3,8" */
void cpus_text(const struct cpus *, char *text, size_t room);

/* The cpus of the core that this one belongs to, itself at least. */
void cpus_of_core(int cpu, struct cpus *);
/* One cpu of each core first, then the others. How many they are. */
int cpus_order(const struct cpus *, int order[CPUS]);
#endif
