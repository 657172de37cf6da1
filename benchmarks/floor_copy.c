/* memcpy as the floor of messages: within one core's cache, through more memory than the caches hold, and of what
 * another core has just written. See floor_inside.h. */
#define _GNU_SOURCE
#include "benchmarks/floor_inside.h"
#include "benchmarks/memory.h"
#include "benchmarks/stats.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LINE = FLOOR_LINE, APART = FLOOR_APART, PAGE = 4096 };

/* The compiler cannot know what is called, so it neither leaves the copy out nor makes it a part of the loop. */
static void *(*volatile copy_call)(void *, const void *, size_t) = memcpy;

/* Step from copy to copy: whole lines. */
static size_t step_of(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

int copies_open(struct copies *c, size_t most, int rotate, char *error, size_t room)
{
    size_t half = step_of(most) + PAGE, limit = memory_limit();
    if (most > SIZE_MAX / 16 || (limit && most > limit / 8)) {
        snprintf(error, room,
                 "memcpy of %zu bytes would need too much of this machine's memory; give smaller --sizes", most);
        return -1;
    }
    if (rotate)
        half = memory_beyond_caches() / 2 > 4 * half ? memory_beyond_caches() / 2 : 4 * half;
    /* Not whole pages apart, or loads would be taken for depending on the stores of the same offset. */
    half = (half + PAGE - 1) / PAGE * PAGE + PAGE / 2 + LINE;
    *c = (struct copies){.room = 2 * half, .rotate = rotate};
    c->memory = mmap(NULL, c->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (c->memory == MAP_FAILED)
        return floor_no_memory(error, room);
    memset(c->memory, 1, c->room);
    return 0;
}

void copies_close(struct copies *c)
{
    munmap(c->memory, c->room);
}

/* ---- one core by itself ---- */

struct row {
    char *from, *to;
    size_t bytes, step, places, stride, place;
    double seconds;
    struct point *point;
    int rc;
};

static int row_run(void *arg, long count)
{
    struct row *r = arg;
    void *(*copy)(void *, const void *, size_t) = copy_call;
    size_t place = r->place;
    for (long i = 0; i < count; i++) {
        copy(r->to + place * r->step, r->from + place * r->step, r->bytes);
        place += r->stride;
        if (place >= r->places)
            place -= r->places;
    }
    r->place = place;
    return 0;
}

static void row_first(void *arg)
{
    struct row *r = arg;
    r->rc = floor_sample(row_run, r, 1, r->seconds, r->point);
}

static size_t common_divisor(size_t a, size_t b)
{
    while (b) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int copies_own(struct copies *c, struct point *p, size_t bytes, const int cpus[2], double seconds, char *error,
               size_t room)
{
    struct row r = {.from = c->memory, .to = c->memory + c->room / 2, .bytes = bytes, .step = step_of(bytes),
                    .seconds = seconds, .point = p};
    floor_begin(p, "memcpy", bytes, 1);
    p->moved = (double)bytes;
    r.places = c->rotate ? c->room / 2 / r.step : 1;
    /* Golden section: far from place to place, and every place once before the first comes again. */
    r.stride = r.places > 2 ? (size_t)((double)r.places * 0.6180339887) : r.places - 1;
    while (r.stride > 1 && common_divisor(r.places, r.stride) != 1)
        r.stride--;
    if (floor_threads(cpus, row_first, NULL, &r, error, room) != 0)
        return -1;
    return r.rc == 0 ? 0 : floor_no_memory(error, room);
}

/* ---- what the other core has written ---- */

/* The other core writes all of it and says so, this one waits for that, copies, and says that it may be written again:
 * the copy alone is timed. The clock is part of every copy, so its cost is taken off; it may have coarse ticks, so a
 * sample is the mean of several copies. */
enum { COPIES_IN_SAMPLE = 16, COPIES_AT_ONCE_MOST = 64 << 10, FRESH_LEAST = 3, FRESH_MOST = 1 << 20 };
static const uint64_t fresh_end = UINT64_MAX;

struct fresh {
    _Alignas(APART) _Atomic uint64_t written; /* the bytes of this round; pairs with the copier's acquire */
    _Alignas(APART) _Atomic uint64_t taken;   /* they may be written over; pairs with the writer's acquire */
    _Alignas(APART) char *from;
    char *to;
    size_t bytes;
    double seconds;
    struct point *point;
    int rc;
};

static void fresh_write(void *arg)
{
    struct fresh *f = arg;
    for (uint64_t round = 1;; round++) {
        uint64_t taken;
        while ((taken = atomic_load_explicit(&f->taken, memory_order_acquire)) != round - 1)
            if (taken == fresh_end)
                return;
        memset(f->from, (int)(round & 0xff), f->bytes);
        atomic_store_explicit(&f->written, round, memory_order_release);
    }
}

static double fresh_copy(struct fresh *f, uint64_t round)
{
    void *(*copy)(void *, const void *, size_t) = copy_call;
    while (atomic_load_explicit(&f->written, memory_order_acquire) != round)
        ;
    double begin = clock_now();
    copy(f->to, f->from, f->bytes);
    double took = clock_now() - begin;
    atomic_store_explicit(&f->taken, round, memory_order_release);
    return took;
}

static void fresh_first(void *arg)
{
    struct fresh *f = arg;
    struct samples samples = {0};
    const double cost = clock_cost(), least = 1e-9;
    int copies = f->bytes <= COPIES_AT_ONCE_MOST ? COPIES_IN_SAMPLE : 1;
    double begin = clock_now(), now = begin;
    uint64_t round = 1;
    while (!f->rc && samples.count < FRESH_MOST && (samples.count < FRESH_LEAST || now < begin + f->seconds)) {
        double took = 0;
        for (int i = 0; i < copies; i++)
            took += fresh_copy(f, round++) - cost;
        now = clock_now();
        if (now - begin >= f->seconds / 10 && round > 2) /* warm by then */
            f->rc = samples_add(&samples, took / copies > least ? took / copies : least);
    }
    atomic_store_explicit(&f->taken, fresh_end, memory_order_release);
    point_sampled(f->point, &samples);
    samples_free(&samples);
}

int copies_other(struct copies *c, struct point *p, size_t bytes, const int cpus[2], double seconds, char *error,
                 size_t room)
{
    struct fresh f = {.from = c->memory, .to = c->memory + c->room / 2, .bytes = bytes, .seconds = seconds,
                      .point = p};
    floor_begin(p, "memcpy, other core", bytes, 2);
    p->moved = (double)bytes;
    if (floor_threads(cpus, fresh_first, fresh_write, &f, error, room) != 0)
        return -1;
    return f.rc == 0 ? 0 : floor_no_memory(error, room);
}
