/* The machine's own limits together: the floor of a message, which follows from them, and the points of `godwit-bench
 * floor`. See floor.h. */
#define _GNU_SOURCE
#include "benchmarks/cpus.h"
#include "benchmarks/floor_inside.h"
#include "benchmarks/options.h"
#include "benchmarks/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { COPY_LEAST = 8, COPY_MOST = 4 << 20, COPY_COUNT = 20 };

/* ---- measured, in rounds ---- */

enum { ROUNDS = 5 };

/* 0: not there yet. */
static void take_better(double *best, double found)
{
    if (found > 0 && (*best <= 0 || found < *best))
        *best = found;
}

typedef int copy_measure(struct copies *, struct point *, size_t bytes, const int cpus[2], double seconds,
                         char *error, size_t room);

static int measure_copies(struct floor_copies *f, struct copies *c, copy_measure *measure, size_t least,
                          const int cpus[2], double seconds, char *error, size_t room)
{
    int i = 0;
    for (size_t bytes = least; bytes <= COPY_MOST; bytes *= 2, i++) {
        struct point p;
        if (measure(c, &p, bytes, cpus, seconds / COPY_COUNT, error, room) != 0)
            return -1;
        f->bytes[i] = bytes;
        take_better(&f->seconds[i], p.median);
    }
    f->count = i;
    return 0;
}

static int measure_tcp(struct floor *f, const int cpus[2], double seconds, char *error, size_t room)
{
    struct tcp_floor t;
    if (floor_tcp(&t, cpus, seconds, error, room) != 0)
        return -1;
    take_better(&f->tcp, t.polling.median);
    if (t.stream.bytes)
        take_better(&f->tcp_byte, t.stream.median / (double)t.stream.bytes);
    return 0;
}

static int measure_round(struct floor *f, struct copies *c, int tcp, const int cpus[2], double seconds, char *error,
                         size_t room)
{
    struct point p;
    int two = cpus[0] != cpus[1], fresh = two && !f->rotate;
    double part = seconds / (2 * two + 2 + 2 * fresh + 2 * tcp);
    if (two) {
        if (floor_handover(&p, cpus, part, error, room) != 0)
            return -1;
        take_better(&f->handover, p.median);
        if (floor_stream(&p, cpus, part, error, room) != 0)
            return -1;
        take_better(&f->line, p.median);
    }
    if (measure_copies(&f->own, c, copies_own, COPY_LEAST, cpus, 2 * part, error, room) != 0)
        return -1;
    if (fresh && measure_copies(&f->other, c, copies_other, FLOOR_LINE, cpus, 2 * part, error, room) != 0)
        return -1;
    return tcp ? measure_tcp(f, cpus, 2 * part, error, room) : 0;
}

int floor_measure(struct floor *f, const int cpus[2], int rotate, int tcp, double seconds, char *error,
                  size_t room)
{
    int on[2];
    struct copies c;
    *f = (struct floor){.rotate = rotate};
    if (cpus)
        memcpy(on, cpus, sizeof on);
    else if (floor_cpus(on, error, room) < 0)
        return -1;
    if (copies_open(&c, COPY_MOST, rotate, error, room) != 0)
        return -1;
    int rc = 0;
    for (int i = 0; i < ROUNDS && rc == 0; i++) {
        double part = seconds / ROUNDS;
        struct timespec pause = {.tv_sec = (time_t)part, .tv_nsec = (long)((part - (double)(time_t)part) * 1e9)};
        if (i)
            nanosleep(&pause, NULL);
        rc = measure_round(f, &c, tcp, on, part, error, room);
    }
    copies_close(&c);
    return rc;
}

/* ---- the floor of messages ---- */

/* A copy of so many bytes, straight from size to size. */
static double copy_time(const struct floor_copies *c, size_t bytes)
{
    int i = 0;
    while (i < c->count && c->bytes[i] < bytes)
        i++;
    if (i == c->count)
        return c->seconds[i - 1] * ((double)bytes / (double)c->bytes[i - 1]);
    if (i == 0 || c->bytes[i] == bytes)
        return c->seconds[i];
    double part = (double)(bytes - c->bytes[i - 1]) / (double)(c->bytes[i] - c->bytes[i - 1]);
    return c->seconds[i - 1] + part * (c->seconds[i] - c->seconds[i - 1]);
}

/* Where the receiver finds a message that the sender has ready: in the other core's cache, or in memory. */
static const struct floor_copies *copies_of(const struct floor *f)
{
    return f->rotate ? &f->own : &f->other;
}

double floor_copy(const struct floor *f, size_t bytes)
{
    return f->own.count > 0 ? copy_time(&f->own, bytes) : 0;
}

double floor_message(const struct floor *f, size_t bytes, int tcp)
{
    /* The eight bytes of the ping-pong are paid already. */
    if (tcp)
        return f->tcp > 0 ? f->tcp + (bytes > 8 ? (double)(bytes - 8) * f->tcp_byte : 0) : 0;
    if (!(f->handover > 0) || bytes == 0 || (bytes <= FLOOR_IN_LINE && !f->rotate))
        return f->handover;
    return copies_of(f)->count > 0 ? f->handover + copy_time(copies_of(f), bytes) : 0;
}

double floor_streamed(const struct floor *f, size_t bytes, int tcp)
{
    if (tcp)
        return (double)(bytes > 8 ? bytes : 8) * f->tcp_byte;
    if (!(f->line > 0) || bytes == 0 || (bytes <= FLOOR_IN_LINE && !f->rotate))
        return f->line;
    const struct floor_copies *copies = copies_of(f);
    if (copies->count < 1)
        return 0;
    double lines = (double)((bytes + FLOOR_IN_LINE - 1) / FLOOR_IN_LINE) * f->line;
    double copy = copy_time(copies, bytes), part = copy_time(copies, bytes * FLOOR_WINDOW) / FLOOR_WINDOW;
    copy = part < copy ? part : copy;
    double time = lines < f->line + copy ? lines : f->line + copy;
    return f->rotate && time < copy ? copy : time; /* the lines have to come from memory first */
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
        return floor_no_memory(error, room);
    if (sink->each)
        sink->each(sink->arg, p);
    return 0;
}

static int copy_points(const struct options *o, const struct sink *sink, const int cpus[2], char *error,
                       size_t room)
{
    struct copies c;
    struct point p;
    size_t sizes[COPY_COUNT], most = 1;
    const size_t *list = o->size_count ? o->sizes : sizes;
    int count = o->size_count ? o->size_count : COPY_COUNT, rc = 0;
    int fresh = cpus[0] != cpus[1] && !o->rotate;
    for (int i = 0; i < COPY_COUNT; i++)
        sizes[i] = (size_t)COPY_LEAST << i;
    for (int i = 0; i < count; i++)
        most = list[i] > most ? list[i] : most;
    if (copies_open(&c, most, o->rotate, error, room) != 0)
        return -1;
    for (int i = 0; i < count && rc == 0; i++) {
        rc = copies_own(&c, &p, list[i], cpus, o->seconds, error, room);
        if (rc == 0)
            rc = deliver(sink, &p, error, room);
    }
    for (int i = 0; i < count && rc == 0 && fresh; i++) {
        rc = copies_other(&c, &p, list[i], cpus, o->seconds, error, room);
        if (rc == 0)
            rc = deliver(sink, &p, error, room);
    }
    copies_close(&c);
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

int floor_choose(int cpus[2], const struct options *o, char *error, size_t room)
{
    struct cpus before;
    if (o->pin == PIN_LIST && cpus_get(&before) == 0) {
        for (int i = 0; i < 2; i++) {
            cpus[i] = o->cpus[i && o->cpu_count > 1];
            int rc = cpus_set_one(cpus[i]), reason = errno;
            cpus_set(&before);
            if (rc == 0)
                continue;
            snprintf(error, room, "--pin: cpu %d cannot be used (%s); taskset -p $$ shows which can", cpus[i],
                     strerror(reason));
            return -1;
        }
        return 0;
    }
    if (floor_cpus(cpus, error, room) < 0)
        return -1;
    if (o->pin == PIN_ONE)
        cpus[1] = cpus[0];
    return 0;
}

int floor_points(const struct options *o, const int cpus[2], struct points *points,
                 void (*each)(void *, const struct point *), void *arg, char *error, size_t room)
{
    struct sink sink = {points, each, arg};
    const char *note = "";
    struct point p;
    if (cpus[0] == cpus[1]) {
        note = "there is one cpu only: what passes between cores was not measured";
    } else {
        if (floor_handover(&p, cpus, o->seconds, error, room) != 0 || deliver(&sink, &p, error, room) != 0)
            return -1;
        if (floor_stream(&p, cpus, o->seconds, error, room) != 0 || deliver(&sink, &p, error, room) != 0)
            return -1;
    }
    if (copy_points(o, &sink, cpus, error, room) != 0)
        return -1;
    snprintf(error, room, "%s", note);
    return kernel_points(o, &sink, cpus, error, room);
}
