/* The machine's own limits inside of memory: a cache line from core to core, a stream of lines, memcpy. And what
 * follows from them: the floor of a message, and the points of `godwit-bench floor`. See floor.h. */
#define _GNU_SOURCE
#include "benchmarks/floor.h"
#include "benchmarks/options.h"
#include "benchmarks/report.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINE = 64, APART = 128 /* two lines: neighbours are fetched in pairs */, RING = 64, ACKNOWLEDGE = 16 };

static void point_begin(struct point *p, const char *variant, size_t bytes, int threads)
{
    *p = (struct point){.test = "floor", .bytes = bytes, .ranks = threads, .overlap = -1};
    snprintf(p->variant, sizeof p->variant, "%s", variant);
}

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
    _Alignas(APART) _Atomic uint64_t there;
    _Alignas(APART) _Atomic uint64_t back;
    _Alignas(APART) uint64_t round; /* of the first thread alone */
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

static int no_memory(char *error, size_t room)
{
    snprintf(error, room, "there is no memory for measuring the machine's own limits");
    return -1;
}

static int measure_handover(struct point *p, const int cpus[2], double seconds, char *error, size_t room)
{
    struct point best = {0};
    point_begin(p, "cache line hand-over", LINE, 2);
    for (int way = 0; way < WAYS; way++) {
        struct point found = *p;
        struct handover h = {.way = way, .seconds = seconds / WAYS, .point = &found};
        if (floor_threads(cpus, handover_first, handover_echo, &h, error, room) != 0)
            return -1;
        if (h.rc != 0)
            return no_memory(error, room);
        if (way == 0 || found.median < best.median)
            best = found;
    }
    *p = best;
    return 0;
}

/* ---- a stream of lines through a ring ---- */

struct line {
    _Alignas(LINE) _Atomic uint64_t sequence; /* the payload is valid; pairs with the consumer's acquire */
    uint64_t payload[7];
};

struct stream {
    struct line ring[RING];
    /* Lines that may be written again; pairs with the producer's acquire. */
    _Alignas(APART) _Atomic uint64_t taken;
    _Alignas(APART) uint64_t written, seen; /* of the producer alone */
    int way;
    double seconds;
    struct point *point;
    int rc;
    _Alignas(APART) uint64_t sum; /* of the consumer: what it read, so that the reading is not left out */
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
    struct stream *s = aligned_alloc(APART, sizeof *s);
    if (!s)
        return no_memory(error, room);
    memset(s, 0, sizeof *s);
    s->way = way;
    s->seconds = seconds;
    s->point = p;
    int rc = floor_threads(cpus, stream_produce, stream_consume, s, error, room);
    if (rc == 0 && s->rc != 0)
        rc = no_memory(error, room);
    if (rc == 0 && s->sum != 7 * (s->written - 1)) {
        snprintf(error, room, "lines sent from cpu %d to cpu %d arrived damaged: the machine is broken", cpus[0],
                 cpus[1]);
        rc = -1;
    }
    free(s);
    return rc;
}

static int measure_stream(struct point *p, const int cpus[2], double seconds, char *error, size_t room)
{
    struct point best = {0};
    point_begin(p, "cache line stream", LINE, 2);
    p->moved = LINE;
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

/* ---- memcpy ---- */

struct copies {
    char *memory;
    size_t room;
    int rotate;
    size_t bytes, step, places, stride, place; /* of the present size */
    double seconds;
    struct point *point;
    int rc;
};

/* The compiler cannot know what is called, so it neither leaves the copy out nor makes it a part of the loop. */
static void *(*volatile copy_call)(void *, const void *, size_t) = memcpy;

static int copies_run(void *arg, long count)
{
    struct copies *c = arg;
    void *(*copy)(void *, const void *, size_t) = copy_call;
    char *from = c->memory, *to = c->memory + c->room / 2;
    size_t place = c->place;
    for (long i = 0; i < count; i++) {
        copy(to + place * c->step, from + place * c->step, c->bytes);
        place += c->stride;
        if (place >= c->places)
            place -= c->places;
    }
    c->place = place;
    return 0;
}

static void copies_first(void *arg)
{
    struct copies *c = arg;
    c->rc = floor_sample(copies_run, c, 1, c->seconds, c->point);
}

/* The largest cache in bytes; the kernel's word first, as what the processor says of itself is wrong on some
 * virtual machines. */
static size_t largest_cache(void)
{
    size_t largest = 0;
    for (int i = 0; i < 10; i++) {
        char path[96];
        unsigned long kib;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        FILE *f = fopen(path, "re");
        if (!f)
            continue;
        if (fscanf(f, "%luK", &kib) == 1 && kib < 1UL << 30 && kib * 1024 > largest)
            largest = kib * 1024;
        fclose(f);
    }
    static const int names[] = {_SC_LEVEL4_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE, _SC_LEVEL2_CACHE_SIZE};
    for (int i = 0; i < 3 && !largest; i++)
        if (sysconf(names[i]) > 0)
            largest = (size_t)sysconf(names[i]);
    return largest;
}

/* Step from copy to copy: whole lines. */
static size_t copies_step(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* Memory for copies of `most` bytes: once from and to, or more than the caches hold. All of it is touched. */
static int copies_open(struct copies *c, size_t most, int rotate, char *error, size_t room)
{
    static const size_t page = 4096, least = (size_t)64 << 20, limit = (size_t)256 << 20;
    size_t half = copies_step(most) + page;
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
    if (most > SIZE_MAX / 16 || (pages > 0 && page_size > 0 && most / (size_t)page_size > (size_t)pages / 8)) {
        snprintf(error, room,
                 "memcpy of %zu bytes would need too much of this machine's memory; give smaller --sizes", most);
        return -1;
    }
    if (rotate) {
        size_t total = 2 * largest_cache();
        total = total < least ? least : total > limit ? limit : total;
        half = total / 2 > 4 * half ? total / 2 : 4 * half;
    }
    /* Not whole pages apart, or loads would be taken for depending on the stores of the same offset. */
    half = (half + page - 1) / page * page + page / 2 + LINE;
    *c = (struct copies){.room = 2 * half, .rotate = rotate};
    c->memory = mmap(NULL, c->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (c->memory == MAP_FAILED)
        return no_memory(error, room);
    memset(c->memory, 1, c->room);
    return 0;
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

static int measure_copy(struct copies *c, struct point *p, size_t bytes, const int cpus[2], double seconds,
                        char *error, size_t room)
{
    point_begin(p, "memcpy", bytes, 1);
    p->moved = (double)bytes;
    c->bytes = bytes;
    c->step = copies_step(bytes);
    c->places = c->rotate ? c->room / 2 / c->step : 1;
    /* Golden section: far from place to place, and every place once before the first comes again. */
    c->stride = c->places > 2 ? (size_t)((double)c->places * 0.6180339887) : c->places - 1;
    while (c->stride > 1 && common_divisor(c->places, c->stride) != 1)
        c->stride--;
    c->place = 0;
    c->seconds = seconds;
    c->point = p;
    if (floor_threads(cpus, copies_first, NULL, c, error, room) != 0)
        return -1;
    return c->rc == 0 ? 0 : no_memory(error, room);
}

/* ---- the floor of messages ---- */

/* Which cpus: the given ones, or two of this process's own. */
static int choose_cpus(int chosen[2], const int cpus[2], char *error, size_t room)
{
    if (!cpus)
        return floor_cpus(chosen, error, room) > 0 ? 0 : -1;
    chosen[0] = cpus[0];
    chosen[1] = cpus[1];
    return 0;
}

enum { COPY_LEAST = 8, COPY_MOST = 4 << 20, COPY_COUNT = 20 };

static int measure_copies(struct floor *f, const int cpus[2], int rotate, double seconds, char *error, size_t room)
{
    struct copies c;
    if (copies_open(&c, COPY_MOST, rotate, error, room) != 0)
        return -1;
    int rc = 0;
    for (size_t bytes = COPY_LEAST; bytes <= COPY_MOST && rc == 0; bytes *= 2) {
        struct point p;
        rc = measure_copy(&c, &p, bytes, cpus, seconds / COPY_COUNT, error, room);
        if (rc == 0) {
            f->bytes[f->copies] = bytes;
            f->copy[f->copies++] = p.median;
        }
    }
    munmap(c.memory, c.room);
    return rc;
}

int floor_measure(struct floor *f, const int cpus[2], int rotate, int tcp, double seconds, char *error,
                  size_t room)
{
    int on[2];
    struct point p;
    *f = (struct floor){0};
    if (choose_cpus(on, cpus, error, room) != 0)
        return -1;
    double part = seconds / (tcp ? 8 : 6);
    if (on[0] != on[1]) {
        if (measure_handover(&p, on, part, error, room) != 0)
            return -1;
        f->handover = p.median;
        if (measure_stream(&p, on, part, error, room) != 0)
            return -1;
        f->line = p.median;
    }
    if (measure_copies(f, on, rotate, 4 * part, error, room) != 0)
        return -1;
    if (tcp) {
        struct tcp_floor t;
        if (floor_tcp(&t, on, 2 * part, error, room) != 0)
            return -1;
        f->tcp = t.polling.median;
        f->tcp_byte = t.stream.bytes ? t.stream.median / (double)t.stream.bytes : 0;
    }
    return 0;
}

/* memcpy of so many bytes, straight from size to size. */
static double copy_time(const struct floor *f, size_t bytes)
{
    int i = 0;
    while (i < f->copies && f->bytes[i] < bytes)
        i++;
    if (i == f->copies)
        return f->copy[i - 1] * ((double)bytes / (double)f->bytes[i - 1]);
    if (i == 0 || f->bytes[i] == bytes)
        return f->copy[i];
    double part = (double)(bytes - f->bytes[i - 1]) / (double)(f->bytes[i] - f->bytes[i - 1]);
    return f->copy[i - 1] + part * (f->copy[i] - f->copy[i - 1]);
}

double floor_message(const struct floor *f, size_t bytes, int tcp)
{
    /* The eight bytes of the ping-pong are paid already. */
    if (tcp)
        return f->tcp > 0 ? f->tcp + (bytes > 8 ? (double)(bytes - 8) * f->tcp_byte : 0) : 0;
    if (!(f->handover > 0) || (bytes && f->copies < 1))
        return 0;
    return f->handover + (bytes ? copy_time(f, bytes) : 0);
}

double floor_streamed(const struct floor *f, size_t bytes, int tcp)
{
    if (tcp)
        return (double)(bytes > 8 ? bytes : 8) * f->tcp_byte;
    if (!(f->line > 0) || (bytes && f->copies < 1))
        return 0;
    double copy = bytes ? copy_time(f, bytes) : 0;
    return copy > f->line ? copy : f->line;
}

/* ---- godwit-bench floor ---- */

struct sink {
    struct points *points;
    void (*each)(void *, const struct point *);
    void *arg;
};

static int deliver(const struct sink *sink, const struct point *p, char *error, size_t room)
{
    if (p->samples == 0)
        return 0;
    if (sink->points && points_add(sink->points, p) != 0)
        return no_memory(error, room);
    if (sink->each)
        sink->each(sink->arg, p);
    return 0;
}

static int copy_points(const struct options *o, const struct sink *sink, const int cpus[2], char *error,
                       size_t room)
{
    struct copies c;
    size_t sizes[COPY_COUNT], most = 1;
    const size_t *list = o->size_count ? o->sizes : sizes;
    int count = o->size_count ? o->size_count : COPY_COUNT, rc = 0;
    for (int i = 0; i < COPY_COUNT; i++)
        sizes[i] = (size_t)COPY_LEAST << i;
    for (int i = 0; i < count; i++)
        most = list[i] > most ? list[i] : most;
    if (copies_open(&c, most, o->rotate, error, room) != 0)
        return -1;
    for (int i = 0; i < count && rc == 0; i++) {
        struct point p;
        if (list[i] == 0)
            continue;
        rc = measure_copy(&c, &p, list[i], cpus, o->seconds, error, room);
        if (rc == 0)
            rc = deliver(sink, &p, error, room);
    }
    munmap(c.memory, c.room);
    return rc;
}

/* TCP and processes: a machine that does not let us is no error, but is told. */
static int kernel_points(const struct options *o, const struct sink *sink, const int cpus[2], char *error,
                         size_t room)
{
    struct tcp_floor tcp;
    struct process_floor process;
    char why[200], note[512];
    snprintf(note, sizeof note, "%s", error);
    if (floor_tcp(&tcp, cpus, 3 * o->seconds, why, sizeof why) == 0) {
        if (deliver(sink, &tcp.polling, error, room) != 0 || deliver(sink, &tcp.blocking, error, room) != 0 ||
            deliver(sink, &tcp.stream, error, room) != 0)
            return -1;
    } else {
        snprintf(note + strlen(note), sizeof note - strlen(note), "%sTCP was not measured: %s", *note ? "; " : "",
                 why);
    }
    if (floor_process(&process, cpus[0], 3 * o->seconds, why, sizeof why) == 0) {
        if (deliver(sink, &process.context_switch, error, room) != 0 ||
            deliver(sink, &process.spawn, error, room) != 0 || deliver(sink, &process.fork, error, room) != 0)
            return -1;
    } else {
        snprintf(note + strlen(note), sizeof note - strlen(note), "%sprocesses were not measured: %s",
                 *note ? "; " : "", why);
    }
    snprintf(error, room, "%s", note);
    return 0;
}

int floor_points(const struct options *o, struct points *points, void (*each)(void *, const struct point *),
                 void *arg, char *error, size_t room)
{
    struct sink sink = {points, each, arg};
    int cpus[2], listed[2] = {o->cpus[0], o->cpus[o->cpu_count > 1]};
    int list = o->pin == PIN_LIST && o->cpu_count > 0;
    struct point p;
    if (room)
        *error = 0;
    if (choose_cpus(cpus, list ? listed : NULL, error, room) != 0)
        return -1;
    if (o->pin == PIN_ONE)
        cpus[1] = cpus[0];
    if (cpus[0] == cpus[1]) {
        snprintf(error, room, "there is one cpu only: hand-over and stream between cores were not measured");
    } else {
        if (measure_handover(&p, cpus, o->seconds, error, room) != 0 || deliver(&sink, &p, error, room) != 0)
            return -1;
        if (measure_stream(&p, cpus, o->seconds, error, room) != 0 || deliver(&sink, &p, error, room) != 0)
            return -1;
    }
    char note[200];
    snprintf(note, sizeof note, "%s", room ? error : "");
    if (copy_points(o, &sink, cpus, error, room) != 0)
        return -1;
    snprintf(error, room, "%s", note);
    return kernel_points(o, &sink, cpus, error, room);
}
