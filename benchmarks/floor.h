/* The machine's own limits, measured without MPI: what every figure of an MPI is held against. They are those of two
 * cpus, which need not be the same as those of two others. How they are measured is in floor_inside.h. */
#ifndef BENCHMARKS_FLOOR_H
#define BENCHMARKS_FLOOR_H

#include <stddef.h>
#include "benchmarks/point.h"

enum { FLOOR_SIZES = 32 };
/* So many bytes of a message travel in the line that says that it is there: eight are for that word. */
enum { FLOOR_IN_LINE = 56 };

/* memcpy by size: seconds for bytes[i], sizes ascending. */
struct floor_copies {
    int count;
    size_t bytes[FLOOR_SIZES];
    double seconds[FLOOR_SIZES];
};

struct floor {
    double handover; /* seconds: a cache line from one core to another, one way; 0: there is one cpu only */
    double line;     /* seconds per line when lines stream from core to core through a ring */
    int rotate;
    struct floor_copies own;   /* from and to the cache of the core that copies; rotate: from and to memory */
    struct floor_copies other; /* what the other core has just written; rotate: none, as no cache has it */
    double tcp;      /* seconds: 8 bytes one way over a loopback connection, polling; 0: not measured */
    double tcp_byte; /* seconds per byte of a loopback stream */
};

/* Measures handover, line and memcpy (tcp too, where asked) in about `seconds`, in rounds that are spread over twice
 * that time, as a machine has better and worse moments: of each the best median counts. On two cpus: `cpus` names
 * them, or is NULL for the first two of different cores that this process may use. rotate: memcpy through more memory
 * than the caches hold. 0, or -1 with the reason. */
int floor_measure(struct floor *, const int cpus[2], int rotate, int tcp, double seconds, char *error, size_t room);

/* Seconds that the machine needs to hand `bytes` over once. What fits into a line travels with the hand-over; for more
 * the receiver copies what the sender has written. tcp: a ping-pong of 8 bytes, and the others as in a stream. 0: not
 * known. */
double floor_message(const struct floor *, size_t bytes, int tcp);
/* Seconds per message when many are under way: each as a row of lines, or as a line and a copy, whichever is
 * quicker. The copy is that of the message or a part of the copy of FLOOR_WINDOW messages, whichever is quicker. */
enum { FLOOR_WINDOW = 64 };
double floor_streamed(const struct floor *, size_t bytes, int tcp);
/* Seconds of a copy that stays on its core. */
double floor_copy(const struct floor *, size_t bytes);

/* The first two cpus of different cores that this process may use (of one core, where it has no other). How many were
 * found: 2, or 1 with both the same; -1 with the reason. */
int floor_cpus(int cpus[2], char *error, size_t room);

/* The two cpus that --pin says for godwit-bench floor, both the same where there is one only. 0, or -1 with the
 * reason. */
struct options;
int floor_choose(int cpus[2], const struct options *, char *error, size_t room);
/* godwit-bench floor: everything, on these cpus, as points (variants: "cache line hand-over", "cache line stream",
 * "memcpy" and "memcpy, other core" by size, "tcp ping-pong", "tcp ping-pong, blocking", "tcp stream",
 * "context switch", "fork+exec+wait", ...). 0, with a sentence in error where something could not be measured ("" where
 * all was), or -1. */
int floor_points(const struct options *, const int cpus[2], struct points *,
                 void (*each)(void *, const struct point *), void *arg, char *error, size_t room);

#endif
