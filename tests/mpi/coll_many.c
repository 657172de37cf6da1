/* Many collective operations at once: random ones on overlapping communicators, blocking, non-blocking and persistent, with
 * messages of the program's between them, completed in any order; and threads with communicators of their own. All ranks
 * draw the same random numbers where they must agree. Arguments: seed, rounds, threads. */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { COMMS = 4, AT_ONCE = 24 };

/* The same for all who call it in the same order. */
static unsigned draw(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

struct world {
    MPI_Comm comms[COMMS];
    unsigned common; /* agreed */
    unsigned own;    /* of this rank */
};

/* ---- one operation; ints only, sizes on both sides of the changes of algorithm ---- */

struct one {
    int kind, n, rank, size, root, persistent;
    int *out, *in;
    MPI_Request request;
};

enum { BARRIER, BCAST, GATHER, SCATTER, ALLGATHER, ALLTOALL, REDUCE, ALLREDUCE, SCAN, REDUCE_SCATTER, OPERATIONS };

static int mine(const struct one *o, int from, int to, int i)
{
    return (int)((from * 7919L + to * 104729L + i * 31L) % 1009) + o->kind;
}

static void fill(struct one *o)
{
    int blocks = o->kind == SCATTER || o->kind == ALLTOALL || o->kind == REDUCE_SCATTER ? o->size : 1;
    for (int b = 0; b < blocks; b++)
        for (int i = 0; i < o->n; i++)
            o->out[b * o->n + i] = mine(o, o->rank, o->kind == SCATTER || o->kind == ALLTOALL ? b : 0,
                                        o->kind == REDUCE_SCATTER ? b * o->n + i : i);
    for (int i = 0; i < o->n * o->size; i++)
        o->in[i] = -1;
    if (o->kind == BCAST && o->rank == o->root)
        memcpy(o->in, o->out, (size_t)o->n * sizeof *o->in);
}

#define START(NAME, ...)                                                                                         \
    (o->persistent ? MPI_##NAME##_init(__VA_ARGS__, c, MPI_INFO_NULL, &o->request) : MPI_I##NAME(__VA_ARGS__, c, &o->request))
#define MPI_IBcast MPI_Ibcast
#define MPI_IGather MPI_Igather
#define MPI_IScatter MPI_Iscatter
#define MPI_IAllgather MPI_Iallgather
#define MPI_IAlltoall MPI_Ialltoall
#define MPI_IReduce MPI_Ireduce
#define MPI_IAllreduce MPI_Iallreduce
#define MPI_IScan MPI_Iscan
#define MPI_IReduce_scatter_block MPI_Ireduce_scatter_block

static int begin(struct one *o, MPI_Comm c)
{
    int n = o->n, *out = o->out, *in = o->in;
    switch (o->kind) {
    case BARRIER:
        return o->persistent ? MPI_Barrier_init(c, MPI_INFO_NULL, &o->request) : MPI_Ibarrier(c, &o->request);
    case BCAST:
        return START(Bcast, in, n, MPI_INT, o->root);
    case GATHER:
        return START(Gather, out, n, MPI_INT, in, n, MPI_INT, o->root);
    case SCATTER:
        return START(Scatter, out, n, MPI_INT, in, n, MPI_INT, o->root);
    case ALLGATHER:
        return START(Allgather, out, n, MPI_INT, in, n, MPI_INT);
    case ALLTOALL:
        return START(Alltoall, out, n, MPI_INT, in, n, MPI_INT);
    case REDUCE:
        return START(Reduce, out, in, n, MPI_INT, MPI_SUM, o->root);
    case ALLREDUCE:
        return START(Allreduce, out, in, n, MPI_INT, MPI_SUM);
    case SCAN:
        return START(Scan, out, in, n, MPI_INT, MPI_SUM);
    default:
        return START(Reduce_scatter_block, out, in, n, MPI_INT, MPI_SUM);
    }
}

static int sum(const struct one *o, int ranks, int i)
{
    int s = 0;
    for (int r = 0; r < ranks; r++)
        s += mine(o, r, 0, i);
    return s;
}

/* What shall stand in block b. */
static int expected(const struct one *o, int b, int i)
{
    int first = b == 0;
    switch (o->kind) {
    case BCAST:
        return first ? mine(o, o->root, 0, i) : -1;
    case GATHER:
        return o->rank == o->root ? mine(o, b, 0, i) : -1;
    case SCATTER:
        return first ? mine(o, o->root, o->rank, i) : -1;
    case ALLGATHER:
        return mine(o, b, 0, i);
    case ALLTOALL:
        return mine(o, b, o->rank, i);
    case REDUCE:
        return first && o->rank == o->root ? sum(o, o->size, i) : -1;
    case ALLREDUCE:
        return first ? sum(o, o->size, i) : -1;
    case SCAN:
        return first ? sum(o, o->rank + 1, i) : -1;
    case REDUCE_SCATTER:
        return first ? sum(o, o->size, o->rank * o->n + i) : -1;
    default:
        return -1;
    }
}

static void verify(const struct one *o)
{
    int bad = 0;
    for (int b = 0; b < o->size; b++)
        for (int i = 0; i < o->n; i++)
            bad += o->in[b * o->n + i] != expected(o, b, i);
    CHECK(!bad);
}

static void make(struct one *o, struct world *w, MPI_Comm c)
{
    static const int sizes[] = {0, 1, 5, 30, 300, 3000, 12000};
    unsigned size = draw(&w->common, 7);
    *o = (struct one){.kind = (int)draw(&w->common, OPERATIONS), .n = sizes[size]};
    o->persistent = draw(&w->common, 4) == 0;
    MPI_Comm_rank(c, &o->rank);
    MPI_Comm_size(c, &o->size);
    o->root = (int)(draw(&w->common, 1000) % (unsigned)o->size);
    o->out = malloc(((size_t)o->n * (size_t)o->size + 1) * sizeof *o->out);
    o->in = malloc(((size_t)o->n * (size_t)o->size + 1) * sizeof *o->in);
    fill(o);
}

static void drop(struct one *o)
{
    verify(o);
    if (o->persistent) {
        fill(o); /* once more */
        CHECK(MPI_Start(&o->request) == MPI_SUCCESS && MPI_Wait(&o->request, MPI_STATUS_IGNORE) == MPI_SUCCESS);
        verify(o);
        CHECK(MPI_Request_free(&o->request) == MPI_SUCCESS);
    }
    free(o->out);
    free(o->in);
}

/* Persistent ones start in an order of this rank's own, as do those that are waited for. */
static void round_of(struct world *w)
{
    struct one all[AT_ONCE];
    MPI_Request messages[2 * COMMS];
    int place, done, order[AT_ONCE], sent[COMMS], got[COMMS];
    for (int i = 0; i < AT_ONCE; i++) {
        MPI_Comm c = w->comms[draw(&w->common, COMMS)];
        make(&all[i], w, c);
        CHECK(begin(&all[i], c) == MPI_SUCCESS);
        if (draw(&w->common, 8) == 0)
            CHECK(MPI_Barrier(c) == MPI_SUCCESS);
        order[i] = i;
    }
    for (int i = AT_ONCE - 1; i > 0; i--) {
        int k = (int)draw(&w->own, (unsigned)i + 1), t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    for (int i = 0; i < AT_ONCE; i++)
        if (all[order[i]].persistent)
            CHECK(MPI_Start(&all[order[i]].request) == MPI_SUCCESS);
    for (int i = 0; i < COMMS; i++) { /* tags of the program's do not meet those of collective operations */
        int rank, size;
        MPI_Comm_rank(w->comms[i], &rank);
        MPI_Comm_size(w->comms[i], &size);
        sent[i] = rank;
        MPI_Irecv(&got[i], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, w->comms[i], &messages[2 * i]);
        MPI_Isend(&sent[i], 1, MPI_INT, (rank + 1) % size, i, w->comms[i], &messages[2 * i + 1]);
    }
    MPI_Request open[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++)
        open[i] = all[i].request;
    for (done = 0; done < AT_ONCE / 2; done++)
        CHECK(MPI_Waitany(AT_ONCE, open, &place, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(MPI_Waitall(AT_ONCE, open, MPI_STATUSES_IGNORE) == MPI_SUCCESS);
    CHECK(MPI_Waitall(2 * COMMS, messages, MPI_STATUSES_IGNORE) == MPI_SUCCESS);
    for (int i = 0; i < AT_ONCE; i++)
        drop(&all[i]);
}

static void world_make(struct world *w, unsigned seed)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    *w = (struct world){.common = seed, .own = seed * 31 + (unsigned)rank};
    MPI_Comm_dup(MPI_COMM_WORLD, &w->comms[0]);
    MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &w->comms[1]);
    MPI_Comm_dup(w->comms[1], &w->comms[2]);
    MPI_Comm_split(MPI_COMM_WORLD, 0, rank * 7 % 5, &w->comms[3]);
}

struct job {
    struct world world;
    int rounds;
};

static void *run(void *arg)
{
    struct job *j = arg;
    for (int i = 0; i < j->rounds; i++)
        round_of(&j->world);
    return NULL;
}

int main(int argc, char **argv)
{
    int provided, threads = argc > 3 ? atoi(argv[3]) : 0;
    unsigned seed = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    pthread_t ids[8];
    struct job jobs[9];
    MPI_Init_thread(&argc, &argv, threads ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &provided);
    for (int i = 0; i <= threads; i++) {
        world_make(&jobs[i].world, seed + 100 * (unsigned)i);
        jobs[i].rounds = argc > 2 ? atoi(argv[2]) : 5;
    }
    for (int i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, run, &jobs[i]);
    run(&jobs[threads]);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (int i = 0; i <= threads; i++)
        for (int k = 0; k < COMMS; k++)
            MPI_Comm_free(&jobs[i].world.comms[k]);
    MPI_Finalize();
    return test_end();
}
