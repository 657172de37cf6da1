/* The machine's own limits, measured without MPI: what every figure of an MPI is held against. */
#ifndef BENCHMARKS_FLOOR_H
#define BENCHMARKS_FLOOR_H

#include <stddef.h>
#include "benchmarks/point.h"

enum { FLOOR_SIZES = 32 };

struct floor {
    double handover; /* seconds: a cache line from one core to another, one way; 0: there is one cpu only */
    double line;     /* seconds per line when lines stream from core to core through a ring */
    int copies;      /* memcpy by size: seconds for bytes[i], sizes ascending */
    size_t bytes[FLOOR_SIZES];
    double copy[FLOOR_SIZES];
    double tcp;      /* seconds: 8 bytes one way over a loopback connection, polling; 0: not measured */
    double tcp_byte; /* seconds per byte of a loopback stream */
};

/* Measures handover, line and memcpy (tcp too, where asked) in about `seconds`, on two cpus: `cpus` names them, or is
 * NULL for the first two of different cores that this process may use. rotate: memcpy through more memory than the
 * caches hold. 0, or -1 with the reason. */
int floor_measure(struct floor *, const int cpus[2], int rotate, int tcp, double seconds, char *error, size_t room);

/* Seconds that the machine needs to hand `bytes` over once (handover + memcpy), interpolated; over tcp: that. 0: not
 * known. */
double floor_message(const struct floor *, size_t bytes, int tcp);
/* Seconds per message when many are under way: a line in the stream of lines, or memcpy where that is slower. */
double floor_streamed(const struct floor *, size_t bytes, int tcp);

/* The first two cpus of different cores that this process may use (of one core, where it has no other). How many were
 * found: 2, or 1 with both the same; -1 with the reason. */
int floor_cpus(int cpus[2], char *error, size_t room);

/* godwit-bench floor: everything, as points (variants: "cache line hand-over", "cache line stream", "memcpy" by size,
 * "tcp ping-pong", "tcp ping-pong, blocking", "tcp stream", "context switch", "fork+exec+wait", ...). 0, with a sentence in error where something could not be measured ("" where
 * all was), or -1. */
struct options;
int floor_points(const struct options *, struct points *, void (*each)(void *, const struct point *), void *arg,
                 char *error, size_t room);

/* A loopback TCP measurement, in floor_tcp.c. */
struct tcp_floor {
    struct point polling, blocking, stream;
};
int floor_tcp(struct tcp_floor *, const int cpus[2], double seconds, char *error, size_t room);

/* What the kernel's part costs, in floor_process.c; a point without samples was not possible here. */
struct process_floor {
    struct point context_switch, spawn, fork;
};
int floor_process(struct process_floor *, int cpu, double seconds, char *error, size_t room);

/* ---- how the floor is measured, in floor_run.c ---- */

/* Runs first and second (or first alone, where second is NULL) in threads pinned to the two cpus, and waits for both.
 * The caller's own cpus stay as they are. 0, or -1 with the reason: then neither has run. */
int floor_threads(const int cpus[2], void (*first)(void *), void (*second)(void *), void *arg, char *error,
                  size_t room);
/* Calls run(arg, count) for about `seconds`, with a count that makes looking at the clock cheap, and fills samples,
 * min, median, p99 and max with the time of one operation multiplied by `share` (half of a round trip: 0.5). 0, or -1
 * when run failed (not 0) or memory is missing. */
int floor_sample(int (*run)(void *arg, long count), void *arg, double share, double seconds, struct point *);

#endif
