/* A cache line handed from core to core, and lines that stream from one to the other. See floor_inside.h. */
#define _GNU_SOURCE
#include "benchmarks/floor_inside.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING = 64, ACKNOWLEDGE = 16 };

/* One that waits in a loop takes the line away from the one who writes it; how often it should look depends on the
 * processor. The floor is what the best way of waiting gives. */
enum { WAYS = 3 };

static inline void wait_a_little(int way)
{
    for (int i = 0; i < way; i++) {
#if defined __x86_64__
        __builtin_ia32_pause();
#elif defined __aarch64__
        __asm__ volatile("yield");
#endif
    }
}

/* ---- a cache line handed over, back and forth ---- */

struct handover {
    _Alignas(FLOOR_APART) _Atomic uint64_t there;
    _Alignas(FLOOR_APART) _Atomic uint64_t back;
    _Alignas(FLOOR_APART) uint64_t round; /* of the first thread alone */
    int way;
    double seconds;
    struct point *point;
    int rc;
};

static const uint64_t handover_end = UINT64_MAX;

static int handover_run(void *arg, long count)
{
    struct handover *h = arg;
    uint64_t round = h->round;
    int way = h->way;
    for (long i = 0; i < count; i++) {
        round++;
        atomic_store_explicit(&h->there, round, memory_order_release); /* pairs with the echo's acquire */
        while (atomic_load_explicit(&h->back, memory_order_acquire) != round)
            wait_a_little(way);
    }
    h->round = round;
    return 0;
}

static void handover_first(void *arg)
{
    struct handover *h = arg;
    h->rc = floor_sample(handover_run, h, 0.5, h->seconds, h->point);
    atomic_store_explicit(&h->there, handover_end, memory_order_release);
}

static void handover_echo(void *arg)
{
    struct handover *h = arg;
    int way = h->way;
    for (uint64_t round = 1;; round++) {
        uint64_t seen;
        while ((seen = atomic_load_explicit(&h->there, memory_order_acquire)) != round) {
            if (seen == handover_end)
                return;
            wait_a_little(way);
        }
        atomic_store_explicit(&h->back, round, memory_order_release); /* pairs with the acquire in handover_run */
    }
}

int floor_handover(struct point *p, const int cpus[2], double seconds, char *error, size_t room)
{
    struct point best = {0};
    floor_begin(p, "cache line hand-over", FLOOR_LINE, 2);
    for (int way = 0; way < WAYS; way++) {
        struct point found = *p;
        struct handover h = {.way = way, .seconds = seconds / WAYS, .point = &found};
        if (floor_threads(cpus, handover_first, handover_echo, &h, error, room) != 0)
            return -1;
        if (h.rc != 0)
            return floor_no_memory(error, room);
        if (way == 0 || found.median < best.median)
            best = found;
    }
    *p = best;
    return 0;
}

/* ---- a stream of lines through a ring ---- */

struct line {
    _Alignas(FLOOR_LINE) _Atomic uint64_t sequence; /* the payload is valid; pairs with the consumer's acquire */
    uint64_t payload[7];
};

struct stream {
    struct line ring[RING];
    /* Lines that may be written again; pairs with the producer's acquire. */
    _Alignas(FLOOR_APART) _Atomic uint64_t taken;
    _Alignas(FLOOR_APART) uint64_t written, seen; /* of the producer alone */
    int way;
    double seconds;
    struct point *point;
    int rc;
    _Alignas(FLOOR_APART) uint64_t sum; /* of the consumer: what it read, so that the reading is not left out */
};

static void stream_wait(struct stream *s, uint64_t taken)
{
    while (s->seen < taken)
        s->seen = atomic_load_explicit(&s->taken, memory_order_acquire);
}

static void stream_put(struct stream *s, uint64_t word)
{
    struct line *line = &s->ring[s->written % RING];
    if (s->written >= RING)
        stream_wait(s, s->written - RING + 1);
    for (int i = 0; i < 7; i++)
        line->payload[i] = word;
    s->written++;
    atomic_store_explicit(&line->sequence, s->written, memory_order_release);
}

static int stream_run(void *arg, long count)
{
    struct stream *s = arg;
    for (long i = 0; i < count; i++)
        stream_put(s, 1);
    /* A sample ends when its lines have been read, or the ring would hide the last ones. */
    stream_wait(s, s->written - s->written % ACKNOWLEDGE);
    return 0;
}

static void stream_produce(void *arg)
{
    struct stream *s = arg;
    s->rc = floor_sample(stream_run, s, 1, s->seconds, s->point);
    stream_put(s, 0); /* the end */
}

static void stream_consume(void *arg)
{
    struct stream *s = arg;
    uint64_t sum = 0;
    int way = s->way;
    for (uint64_t next = 1;; next++) {
        struct line *line = &s->ring[(next - 1) % RING];
        while (atomic_load_explicit(&line->sequence, memory_order_acquire) != next)
            wait_a_little(way);
        if (line->payload[0] == 0)
            break;
        for (int i = 0; i < 7; i++)
            sum += line->payload[i];
        if (next % ACKNOWLEDGE == 0)
            atomic_store_explicit(&s->taken, next, memory_order_release);
    }
    s->sum = sum;
}

static int stream_once(struct point *p, int way, const int cpus[2], double seconds, char *error, size_t room)
{
    struct stream *s = aligned_alloc(FLOOR_APART, sizeof *s);
    if (!s)
        return floor_no_memory(error, room);
    memset(s, 0, sizeof *s);
    s->way = way;
    s->seconds = seconds;
    s->point = p;
    int rc = floor_threads(cpus, stream_produce, stream_consume, s, error, room);
    if (rc == 0 && s->rc != 0)
        rc = floor_no_memory(error, room);
    if (rc == 0 && s->sum != 7 * (s->written - 1)) {
        snprintf(error, room, "lines sent from cpu %d to cpu %d arrived damaged: the machine is broken", cpus[0],
                 cpus[1]);
        rc = -1;
    }
    free(s);
    return rc;
}

int floor_stream(struct point *p, const int cpus[2], double seconds, char *error, size_t room)
{
    struct point best = {0};
    floor_begin(p, "cache line stream", FLOOR_LINE, 2);
    p->moved = FLOOR_LINE;
    p->messages = 1;
    for (int way = 0; way < WAYS; way++) {
        struct point found = *p;
        if (stream_once(&found, way, cpus, seconds / WAYS, error, room) != 0)
            return -1;
        if (way == 0 || found.median < best.median)
            best = found;
    }
    *p = best;
    return 0;
}
