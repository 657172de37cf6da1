/* Each collective operation of MPI in its blocking and its non-blocking form, as coll.c runs them. Nothing is decided
 * here: one call for one form, and the table of them. */
#include "benchmarks/coll.h"

static void call_barrier(const struct coll *c, struct step *s)
{
    (void)c;
    if (s->request)
        MPI_Ibarrier(s->comm, s->request);
    else
        MPI_Barrier(s->comm);
}

static void call_bcast(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ibcast(s->receive, c->count, MPI_BYTE, s->root, s->comm, s->request);
    else
        MPI_Bcast(s->receive, c->count, MPI_BYTE, s->root, s->comm);
}

static void call_reduce(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ireduce(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->root, s->comm, s->request);
    else
        MPI_Reduce(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->root, s->comm);
}

static void call_allreduce(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iallreduce(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->comm, s->request);
    else
        MPI_Allreduce(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->comm);
}

static void call_reduce_scatter(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ireduce_scatter(s->send, s->receive, c->counts, MPI_FLOAT, MPI_SUM, s->comm, s->request);
    else
        MPI_Reduce_scatter(s->send, s->receive, c->counts, MPI_FLOAT, MPI_SUM, s->comm);
}

static void call_reduce_scatter_block(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ireduce_scatter_block(s->send, s->receive, c->counts[0], MPI_FLOAT, MPI_SUM, s->comm, s->request);
    else
        MPI_Reduce_scatter_block(s->send, s->receive, c->counts[0], MPI_FLOAT, MPI_SUM, s->comm);
}

static void call_scan(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iscan(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->comm, s->request);
    else
        MPI_Scan(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->comm);
}

static void call_exscan(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iexscan(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->comm, s->request);
    else
        MPI_Exscan(s->send, s->receive, c->count, MPI_FLOAT, MPI_SUM, s->comm);
}

static void call_gather(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Igather(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->root, s->comm, s->request);
    else
        MPI_Gather(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->root, s->comm);
}

static void call_gatherv(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Igatherv(s->send, c->count, MPI_BYTE, s->receive, c->counts, c->places, MPI_BYTE, s->root, s->comm,
                     s->request);
    else
        MPI_Gatherv(s->send, c->count, MPI_BYTE, s->receive, c->counts, c->places, MPI_BYTE, s->root, s->comm);
}

static void call_scatter(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iscatter(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->root, s->comm, s->request);
    else
        MPI_Scatter(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->root, s->comm);
}

static void call_scatterv(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iscatterv(s->send, c->counts, c->places, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->root, s->comm,
                      s->request);
    else
        MPI_Scatterv(s->send, c->counts, c->places, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->root, s->comm);
}

static void call_allgather(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iallgather(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->comm, s->request);
    else
        MPI_Allgather(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->comm);
}

static void call_allgatherv(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Iallgatherv(s->send, c->count, MPI_BYTE, s->receive, c->counts, c->places, MPI_BYTE, s->comm, s->request);
    else
        MPI_Allgatherv(s->send, c->count, MPI_BYTE, s->receive, c->counts, c->places, MPI_BYTE, s->comm);
}

static void call_alltoall(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ialltoall(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->comm, s->request);
    else
        MPI_Alltoall(s->send, c->count, MPI_BYTE, s->receive, c->count, MPI_BYTE, s->comm);
}

static void call_alltoallv(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ialltoallv(s->send, c->counts, c->places, MPI_BYTE, s->receive, c->counts, c->places, MPI_BYTE, s->comm,
                       s->request);
    else
        MPI_Alltoallv(s->send, c->counts, c->places, MPI_BYTE, s->receive, c->counts, c->places, MPI_BYTE, s->comm);
}

static void call_alltoallw(const struct coll *c, struct step *s)
{
    if (s->request)
        MPI_Ialltoallw(s->send, c->counts, c->places, c->types, s->receive, c->counts, c->places, c->types, s->comm,
                       s->request);
    else
        MPI_Alltoallw(s->send, c->counts, c->places, c->types, s->receive, c->counts, c->places, c->types, s->comm);
}

/* ---- the table ---- */

const struct family families[FAMILIES] = {
    {EMPTY, call_barrier, 0},
    {BCAST, call_bcast, 0},
    {REDUCE, call_reduce, 0},
    {ALLREDUCE, call_allreduce, 0},
    {REDUCE_SCATTER, call_reduce_scatter, 1},
    {REDUCE_SCATTER, call_reduce_scatter_block, 0},
    {SCAN, call_scan, 0},
    {EXSCAN, call_exscan, 0},
    {GATHER, call_gather, 0},
    {GATHER, call_gatherv, 1},
    {SCATTER, call_scatter, 0},
    {SCATTER, call_scatterv, 1},
    {ALLGATHER, call_allgather, 0},
    {ALLGATHER, call_allgatherv, 1},
    {ALLTOALL, call_alltoall, 0},
    {ALLTOALL, call_alltoallv, 1},
    {ALLTOALL, call_alltoallw, 1},
};

const char *const coll_names[] = {
    "barrier", "bcast", "reduce", "allreduce", "reduce_scatter", "reduce_scatter_block", "scan", "exscan", "gather",
    "gatherv", "scatter", "scatterv", "allgather", "allgatherv", "alltoall", "alltoallv", "alltoallw",
    "ibarrier", "ibcast", "ireduce", "iallreduce", "ireduce_scatter", "ireduce_scatter_block", "iscan", "iexscan",
    "igather", "igatherv", "iscatter", "iscatterv", "iallgather", "iallgatherv", "ialltoall", "ialltoallv",
    "ialltoallw", NULL};
_Static_assert(sizeof coll_names / sizeof *coll_names == 2 * FAMILIES + 1, "every operation has a name");
