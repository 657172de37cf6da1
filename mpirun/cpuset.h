/* Sets of cpus, by the numbers that the system gives them (those of taskset and lscpu). */
#ifndef MPIRUN_CPUSET_H
#define MPIRUN_CPUSET_H

#include "base/words.h"

#include <stdint.h>

/* Empty when all zero. The words are what sched_setaffinity takes. */
struct cpuset {
    uint64_t *words;
    uint32_t count; /* of words */
};

void cpuset_add(struct cpuset *set, uint32_t cpu);
int cpuset_has(const struct cpuset *set, uint32_t cpu);
uint32_t cpuset_weight(const struct cpuset *set);
int cpuset_equal(const struct cpuset *a, const struct cpuset *b);
void cpuset_free(struct cpuset *set);

/* Adds the cpus of "0-3,8", n bytes; `where` begins the words about what is none. */
int cpuset_parse(struct cpuset *set, const char *text, size_t n, const char *where, struct words *why);

/* "0-3,8", ended by "..." where it is cut. */
void cpuset_text(const struct cpuset *set, char *out, size_t size);

#endif
