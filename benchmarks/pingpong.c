/* Half of a round trip between ranks 0 and 1, by size of the message. */
#include "benchmarks/bench.h"
#include "benchmarks/stats.h"

#include <stdio.h>

struct pingpong {
    int rank, bytes;
    struct buffers out, in;
};

/* The place of the next message is found before the answer is waited for, where it costs nothing. */
static void round_trips(void *arg, long first, long count)
{
    const struct pingpong *p = arg;
    char *out = buffers_at(&p->out, first), *in = buffers_at(&p->in, first);
    for (long i = first; i < first + count; i++) {
        if (p->rank == 0) {
            MPI_Send(out, p->bytes, MPI_BYTE, 1, TAG_DATA, MPI_COMM_WORLD);
            out = buffers_at(&p->out, i + 1);
            MPI_Recv(in, p->bytes, MPI_BYTE, 1, TAG_DATA, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            in = buffers_at(&p->in, i + 1);
        } else {
            MPI_Recv(in, p->bytes, MPI_BYTE, 0, TAG_DATA, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Send(out, p->bytes, MPI_BYTE, 0, TAG_DATA, MPI_COMM_WORLD);
            out = buffers_at(&p->out, i + 1);
            in = buffers_at(&p->in, i + 1);
        }
    }
}

/* Each message has contents of its own: its seed is the operation and who sends. */
static void checked_round_trips(void *arg, long first, long count)
{
    const struct pingpong *p = arg;
    size_t bytes = (size_t)p->bytes;
    for (long i = first; i < first + count; i++) {
        char *out = buffers_at(&p->out, i), *in = buffers_at(&p->in, i), what[64];
        unsigned long seed = 2 * (unsigned long)i;
        snprintf(what, sizeof what, "message %ld from rank %d", i, !p->rank);
        buffers_fill(out, bytes, seed + (unsigned long)p->rank);
        if (p->rank == 0)
            MPI_Send(out, p->bytes, MPI_BYTE, 1, TAG_DATA, MPI_COMM_WORLD);
        MPI_Recv(in, p->bytes, MPI_BYTE, !p->rank, TAG_DATA, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        buffers_check(in, bytes, seed + (unsigned long)!p->rank, what);
        if (p->rank == 1)
            MPI_Send(out, p->bytes, MPI_BYTE, 0, TAG_DATA, MPI_COMM_WORLD);
    }
}

void pingpong_run(const struct world *w, const struct options *o)
{
    for (int i = 0; i < o->size_count; i++) {
        struct pingpong p = {.rank = w->rank, .bytes = (int)o->sizes[i]};
        struct kernel k = {.run = o->check ? checked_round_trips : round_trips, .arg = &p, .world = w,
                           .comm = MPI_COMM_WORLD, .ranks = 2};
        struct point point = {.test = "pingpong", .bytes = o->sizes[i], .ranks = 2, .moved = (double)o->sizes[i],
                              .messages = 1, .overlap = -1,
                              .floor = bench_floor_message(w, 2, o->sizes[i])};
        if (w->rank < 2) {
            buffers_open(&p.out, o->sizes[i], o->rotate);
            buffers_open(&p.in, o->sizes[i], o->rotate);
        }
        measure(&k, o, &point);
        if (w->rank < 2) {
            buffers_close(&p.out);
            buffers_close(&p.in);
        }
        point_scale(&point, 0.5);
        if (w->rank == 0)
            bench_point(&point);
    }
}
