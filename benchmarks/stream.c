/* Messages in windows: bandwidth and rate of one pair (stream), of both directions at once (bistream), and of many
 * pairs together (rate). What is measured at once is a window: so many messages, and one empty reply. */
#include "benchmarks/bench.h"
#include "benchmarks/stats.h"

#include <stdio.h>
#include <stdlib.h>

/* More than that is never under way in one direction, because receives that are under way cannot share memory. */
enum { WINDOW_BYTES = 256 << 20, WINDOW_LEAST = 2 };

struct stream {
    int bytes, window, check;
    int rank, peer, lower;  /* lower: this is the pair's first rank, which gets the replies */
    int sends, receives;
    struct buffers out, in;
    MPI_Request *requests;  /* room for both directions */
};

/* Each message has contents of its own: its seed is its number and who sends. */
static unsigned long seed_of(long message, int sender)
{
    const unsigned long most_ranks = 1 << 20;
    return most_ranks * (unsigned long)message + (unsigned long)sender;
}

static void fill_window(const struct stream *s, long first)
{
    for (long m = first; m < first + s->window; m++)
        buffers_fill(buffers_at(&s->out, m), (size_t)s->bytes, seed_of(m, s->rank));
}

static void check_window(const struct stream *s, long first)
{
    char what[64];
    for (long m = first; m < first + s->window; m++) {
        snprintf(what, sizeof what, "message %ld from rank %d", m, s->peer);
        buffers_check(buffers_at(&s->in, m), (size_t)s->bytes, seed_of(m, s->peer), what);
    }
}

static int post_receives(const struct stream *s, long first)
{
    for (int i = 0; i < s->window; i++)
        MPI_Irecv(buffers_at(&s->in, first + i), s->bytes, MPI_BYTE, s->peer, TAG_DATA, MPI_COMM_WORLD,
                  &s->requests[i]);
    return s->window;
}

static int post_sends(const struct stream *s, long first, MPI_Request *requests)
{
    for (int i = 0; i < s->window; i++)
        MPI_Isend(buffers_at(&s->out, first + i), s->bytes, MPI_BYTE, s->peer, TAG_DATA, MPI_COMM_WORLD,
                  &requests[i]);
    return s->window;
}

static void windows(void *arg, long first, long count)
{
    struct stream *s = arg;
    char reply = 0;
    for (long window = first; window < first + count; window++) {
        long message = window * s->window;
        int n = 0;
        if (s->check && s->sends)
            fill_window(s, message);
        if (s->receives)
            n += post_receives(s, message);
        if (s->sends)
            n += post_sends(s, message, s->requests + n);
        MPI_Waitall(n, s->requests, MPI_STATUSES_IGNORE);
        if (s->check && s->receives)
            check_window(s, message);
        if (s->lower)
            MPI_Recv(&reply, 0, MPI_BYTE, s->peer, TAG_REPLY, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        else
            MPI_Send(&reply, 0, MPI_BYTE, s->peer, TAG_REPLY, MPI_COMM_WORLD);
    }
}

static int window_for(size_t bytes, int wanted)
{
    size_t most = WINDOW_BYTES / bytes;
    most = most < WINDOW_LEAST ? WINDOW_LEAST : most;
    return (size_t)wanted < most ? wanted : (int)most;
}

/* With --check every message under way has memory and contents of its own; otherwise a sender that does not rotate
 * sends the same bytes again and again, as pingpong does. */
static void stream_open(struct stream *s, const struct options *o, size_t bytes)
{
    size_t window = (size_t)s->window;
    if (s->sends)
        buffers_open_many(&s->out, bytes, o->rotate, o->check ? window : 1);
    if (s->receives)
        buffers_open_many(&s->in, bytes, o->rotate, window);
    s->requests = malloc(2 * window * sizeof(MPI_Request));
    if (!s->requests)
        world_die("no memory for %zu requests; --window makes it less", 2 * window);
}

static void stream_close(struct stream *s)
{
    buffers_close(&s->out);
    buffers_close(&s->in);
    free(s->requests);
}

/* Ranks i and i + pairs are a pair. */
static void measure_streams(const struct world *w, const struct options *o, const char *test, int pairs, int both)
{
    for (int i = 0; i < o->size_count; i++) {
        size_t bytes = o->sizes[i];
        int takes_part = w->rank < 2 * pairs, lower = w->rank < pairs;
        double messages = both ? 2 : pairs;
        struct stream s = {.bytes = (int)bytes, .window = window_for(bytes, o->window), .check = o->check,
                           .rank = w->rank, .peer = lower ? w->rank + pairs : w->rank - pairs, .lower = lower,
                           .sends = lower || both, .receives = !lower || both};
        struct kernel k = {.run = windows, .arg = &s, .comm = MPI_COMM_WORLD, .ranks = 2 * pairs,
                           .slowest = pairs > 1, .apart = pairs > 1, .world = w};
        struct point p = {.bytes = bytes, .ranks = 2 * pairs, .moved = messages * (double)bytes,
                          .messages = messages, .overlap = -1,
                          .floor = bench_floor_streamed(w, 2 * pairs, bytes)};
        snprintf(p.test, sizeof p.test, "%s", test);
        if (takes_part)
            stream_open(&s, o, bytes);
        measure(&k, o, &p);
        if (takes_part)
            stream_close(&s);
        point_scale(&p, 1.0 / s.window);
        if (w->rank == 0)
            bench_point(&p);
    }
}

void stream_run(const struct world *w, const struct options *o)
{
    measure_streams(w, o, "stream", 1, 0);
}

void bistream_run(const struct world *w, const struct options *o)
{
    measure_streams(w, o, "bistream", 1, 1);
}

void rate_run(const struct world *w, const struct options *o)
{
    measure_streams(w, o, "rate", w->size / 2, 0);
}
