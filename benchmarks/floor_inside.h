/* How the floor is measured: what the files floor*.c share and nobody else needs. */
#ifndef BENCHMARKS_FLOOR_INSIDE_H
#define BENCHMARKS_FLOOR_INSIDE_H

#include "benchmarks/floor.h"

/* APART: two lines, as neighbours are fetched in pairs. */
enum { FLOOR_LINE = 64, FLOOR_APART = 128 };

/* ---- floor_run.c: threads and samples ---- */

/* A point of the floor that has no figures yet. */
void floor_begin(struct point *, const char *variant, size_t bytes, int threads);
/* Says so; -1. */
int floor_no_memory(char *error, size_t room);
/* Runs first and second (or first alone, where second is NULL) in threads pinned to the two cpus, and waits for both.
 * The caller's own cpus stay as they are. 0, or -1 with the reason: then neither has run. */
int floor_threads(const int cpus[2], void (*first)(void *), void (*second)(void *), void *arg, char *error,
                  size_t room);
/* Calls run(arg, count) for about `seconds`, with a count that makes looking at the clock cheap, and fills samples,
 * min, median, p99 and max with the time of one operation multiplied by `share` (half of a round trip: 0.5). 0, or -1
 * when run failed (not 0) or memory is missing. */
int floor_sample(int (*run)(void *arg, long count), void *arg, double share, double seconds, struct point *);

/* ---- floor_line.c: cache lines from core to core. Each in about `seconds`; 0, or -1 with the reason. ---- */
int floor_handover(struct point *, const int cpus[2], double seconds, char *error, size_t room);
int floor_stream(struct point *, const int cpus[2], double seconds, char *error, size_t room);

/* ---- floor_copy.c: memcpy ---- */
struct copies {
    char *memory;
    size_t room;
    int rotate;
};
/* Memory for copies of `most` bytes: once from and to, or more than the caches hold. All of it is touched. */
int copies_open(struct copies *, size_t most, int rotate, char *error, size_t room);
void copies_close(struct copies *);
/* On the first of the cpus. */
int copies_own(struct copies *, struct point *, size_t bytes, const int cpus[2], double seconds, char *error,
               size_t room);
/* The first cpu copies what the second has just written. */
int copies_other(struct copies *, struct point *, size_t bytes, const int cpus[2], double seconds, char *error,
                 size_t room);

/* ---- floor_tcp.c: over loopback ---- */
struct tcp_floor {
    struct point polling, blocking, stream;
};
int floor_tcp(struct tcp_floor *, const int cpus[2], double seconds, char *error, size_t room);

/* ---- floor_process.c: what the kernel's part costs; a point without samples was not possible here ---- */
struct process_floor {
    struct point context_switch, spawn, fork;
};
int floor_process(struct process_floor *, int cpu, double seconds, char *error, size_t room);

#endif
