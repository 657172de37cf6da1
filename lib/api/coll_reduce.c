/* Reductions: to one, to all, scattered, and of the ranks so far. */
#include "config.h"

#include "api/coll.h"

/* Both buffers, of the same count and type, and the operation. */
static int operands(struct coll *a, const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op)
{
    int rc = coll_in_place(a, sendbuf, "sendbuf", 1);
    if (rc || (rc = coll_buffer(a, &a->in, "recvbuf", recvbuf, count, datatype)))
        return rc;
    if (!a->in_place && ((rc = coll_buffer(a, &a->out, "sendbuf", sendbuf, count, datatype)) || (rc = coll_apart(a))))
        return rc;
    return coll_op(a, op);
}

static int reduce(const char *function, const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype,
                  MPI_Op op, int root, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_REDUCE, function, comm)) || (rc = coll_root(&a, root)))
        return rc;
    if (coll_is_root(&a) && !a.comm->remote) {
        rc = operands(&a, sendbuf, recvbuf, count, datatype, op);
    } else if (coll_is_root(&a)) {
        if (!(rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, count, datatype)))
            rc = coll_op(&a, op);
    } else if (coll_has_root(&a) && !(rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, count, datatype))) {
        a.in = a.out;
        a.in.memory = NULL;
        rc = coll_op(&a, op);
    }
    return rc ? rc : coll_do(&a, form);
}

#pragma weak MPI_Reduce = PMPI_Reduce
int PMPI_Reduce(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, int root,
                MPI_Comm comm)
{
    return reduce("MPI_Reduce", sendbuf, recvbuf, count, datatype, op, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Reduce_c = PMPI_Reduce_c
int PMPI_Reduce_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op, int root,
                  MPI_Comm comm)
{
    return reduce("MPI_Reduce_c", sendbuf, recvbuf, count, datatype, op, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ireduce = PMPI_Ireduce
int PMPI_Ireduce(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, int root,
                 MPI_Comm comm, MPI_Request *request)
{
    return reduce("MPI_Ireduce", sendbuf, recvbuf, count, datatype, op, root, comm, coll_started(request));
}

#pragma weak MPI_Ireduce_c = PMPI_Ireduce_c
int PMPI_Ireduce_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op, int root,
                   MPI_Comm comm, MPI_Request *request)
{
    return reduce("MPI_Ireduce_c", sendbuf, recvbuf, count, datatype, op, root, comm, coll_started(request));
}

#pragma weak MPI_Reduce_init = PMPI_Reduce_init
int PMPI_Reduce_init(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, int root,
                     MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return reduce("MPI_Reduce_init", sendbuf, recvbuf, count, datatype, op, root, comm, coll_made(info, request));
}

#pragma weak MPI_Reduce_init_c = PMPI_Reduce_init_c
int PMPI_Reduce_init_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                       int root, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return reduce("MPI_Reduce_init_c", sendbuf, recvbuf, count, datatype, op, root, comm,
                  coll_made(info, request));
}


static int allreduce(const char *function, const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype,
                     MPI_Op op, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_ALLREDUCE, function, comm)) ||
        (rc = operands(&a, sendbuf, recvbuf, count, datatype, op)))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Allreduce = PMPI_Allreduce
int PMPI_Allreduce(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm)
{
    return allreduce("MPI_Allreduce", sendbuf, recvbuf, count, datatype, op, comm, COLL_BLOCKING);
}

#pragma weak MPI_Allreduce_c = PMPI_Allreduce_c
int PMPI_Allreduce_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                     MPI_Comm comm)
{
    return allreduce("MPI_Allreduce_c", sendbuf, recvbuf, count, datatype, op, comm, COLL_BLOCKING);
}

#pragma weak MPI_Iallreduce = PMPI_Iallreduce
int PMPI_Iallreduce(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm,
                    MPI_Request *request)
{
    return allreduce("MPI_Iallreduce", sendbuf, recvbuf, count, datatype, op, comm, coll_started(request));
}

#pragma weak MPI_Iallreduce_c = PMPI_Iallreduce_c
int PMPI_Iallreduce_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                      MPI_Comm comm, MPI_Request *request)
{
    return allreduce("MPI_Iallreduce_c", sendbuf, recvbuf, count, datatype, op, comm, coll_started(request));
}

#pragma weak MPI_Allreduce_init = PMPI_Allreduce_init
int PMPI_Allreduce_init(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op,
                        MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return allreduce("MPI_Allreduce_init", sendbuf, recvbuf, count, datatype, op, comm, coll_made(info, request));
}

#pragma weak MPI_Allreduce_init_c = PMPI_Allreduce_init_c
int PMPI_Allreduce_init_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                          MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return allreduce("MPI_Allreduce_init_c", sendbuf, recvbuf, count, datatype, op, comm,
                     coll_made(info, request));
}


/* ---- scattered ---- */

/* Blocks for the own group, one behind the other. */
static int reduce_scatter(const char *function, const void *sendbuf, void *recvbuf, struct coll_numbers recvcounts,
                          MPI_Datatype datatype, MPI_Op op, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int64_t total = 0;
    int rc;
    if ((rc = coll_comm(&a, COLL_REDUCE_SCATTER, function, comm)))
        return rc;
    if (!recvcounts.at)
        return api_null(a.comm, function, "recvcounts");
    for (int i = 0; i < a.comm->size; i++) {
        int64_t n = coll_number(recvcounts, i);
        if (n < 0)
            return api_fail(a.comm, function, MPI_ERR_COUNT, "recvcounts[%d] is %lld, and must not be negative", i,
                            (long long)n);
        if (__builtin_add_overflow(total, n, &total))
            return api_fail(a.comm, function, MPI_ERR_COUNT, "the sum of recvcounts is more than memory can hold");
    }
    MPI_Count mine = coll_number(recvcounts, a.comm->rank);
    if ((rc = coll_in_place(&a, sendbuf, "sendbuf", 1)) ||
        (rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, a.in_place ? total : mine, datatype)))
        return rc;
    if (!a.in_place && ((rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, total, datatype)) || (rc = coll_apart(&a))))
        return rc;
    a.in.counts = recvcounts;
    a.in.blocks = a.comm->size;
    return (rc = coll_op(&a, op)) ? rc : coll_do(&a, form);
}

static int reduce_scatter_block(const char *function, const void *sendbuf, void *recvbuf, MPI_Count recvcount,
                                MPI_Datatype datatype, MPI_Op op, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    MPI_Count total = recvcount;
    int rc;
    if ((rc = coll_comm(&a, COLL_REDUCE_SCATTER, function, comm)))
        return rc;
    if (recvcount > 0 && __builtin_mul_overflow(recvcount, (MPI_Count)a.comm->size, &total))
        return api_fail(a.comm, function, MPI_ERR_COUNT, "%d blocks of %lld elements are more than memory can hold",
                        a.comm->size, (long long)recvcount);
    if ((rc = coll_in_place(&a, sendbuf, "sendbuf", 1)) ||
        (rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, recvcount, datatype)))
        return rc;
    if (!a.in_place && ((rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, total, datatype)) || (rc = coll_apart(&a))))
        return rc;
    return (rc = coll_op(&a, op)) ? rc : coll_do(&a, form);
}

#pragma weak MPI_Reduce_scatter = PMPI_Reduce_scatter
int PMPI_Reduce_scatter(const void *sendbuf, void *recvbuf, const int recvcounts[], MPI_Datatype datatype,
                        MPI_Op op, MPI_Comm comm)
{
    return reduce_scatter("MPI_Reduce_scatter", sendbuf, recvbuf, coll_narrow(recvcounts), datatype, op, comm,
                          COLL_BLOCKING);
}

#pragma weak MPI_Reduce_scatter_c = PMPI_Reduce_scatter_c
int PMPI_Reduce_scatter_c(const void *sendbuf, void *recvbuf, const MPI_Count recvcounts[], MPI_Datatype datatype,
                          MPI_Op op, MPI_Comm comm)
{
    return reduce_scatter("MPI_Reduce_scatter_c", sendbuf, recvbuf, coll_wide(recvcounts), datatype, op, comm,
                          COLL_BLOCKING);
}

#pragma weak MPI_Ireduce_scatter = PMPI_Ireduce_scatter
int PMPI_Ireduce_scatter(const void *sendbuf, void *recvbuf, const int recvcounts[], MPI_Datatype datatype,
                         MPI_Op op, MPI_Comm comm, MPI_Request *request)
{
    return reduce_scatter("MPI_Ireduce_scatter", sendbuf, recvbuf, coll_narrow(recvcounts), datatype, op, comm,
                          coll_started(request));
}

#pragma weak MPI_Ireduce_scatter_c = PMPI_Ireduce_scatter_c
int PMPI_Ireduce_scatter_c(const void *sendbuf, void *recvbuf, const MPI_Count recvcounts[], MPI_Datatype datatype,
                           MPI_Op op, MPI_Comm comm, MPI_Request *request)
{
    return reduce_scatter("MPI_Ireduce_scatter_c", sendbuf, recvbuf, coll_wide(recvcounts), datatype, op, comm,
                          coll_started(request));
}

#pragma weak MPI_Reduce_scatter_init = PMPI_Reduce_scatter_init
int PMPI_Reduce_scatter_init(const void *sendbuf, void *recvbuf, const int recvcounts[], MPI_Datatype datatype,
                             MPI_Op op, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return reduce_scatter("MPI_Reduce_scatter_init", sendbuf, recvbuf, coll_narrow(recvcounts), datatype, op, comm,
                          coll_made(info, request));
}

#pragma weak MPI_Reduce_scatter_init_c = PMPI_Reduce_scatter_init_c
int PMPI_Reduce_scatter_init_c(const void *sendbuf, void *recvbuf, const MPI_Count recvcounts[],
                               MPI_Datatype datatype, MPI_Op op, MPI_Comm comm, MPI_Info info,
                               MPI_Request *request)
{
    return reduce_scatter("MPI_Reduce_scatter_init_c", sendbuf, recvbuf, coll_wide(recvcounts), datatype, op, comm,
                          coll_made(info, request));
}

#pragma weak MPI_Reduce_scatter_block = PMPI_Reduce_scatter_block
int PMPI_Reduce_scatter_block(const void *sendbuf, void *recvbuf, int recvcount, MPI_Datatype datatype, MPI_Op op,
                              MPI_Comm comm)
{
    return reduce_scatter_block("MPI_Reduce_scatter_block", sendbuf, recvbuf, recvcount, datatype, op, comm,
                                COLL_BLOCKING);
}

#pragma weak MPI_Reduce_scatter_block_c = PMPI_Reduce_scatter_block_c
int PMPI_Reduce_scatter_block_c(const void *sendbuf, void *recvbuf, MPI_Count recvcount, MPI_Datatype datatype,
                                MPI_Op op, MPI_Comm comm)
{
    return reduce_scatter_block("MPI_Reduce_scatter_block_c", sendbuf, recvbuf, recvcount, datatype, op, comm,
                                COLL_BLOCKING);
}

#pragma weak MPI_Ireduce_scatter_block = PMPI_Ireduce_scatter_block
int PMPI_Ireduce_scatter_block(const void *sendbuf, void *recvbuf, int recvcount, MPI_Datatype datatype, MPI_Op op,
                               MPI_Comm comm, MPI_Request *request)
{
    return reduce_scatter_block("MPI_Ireduce_scatter_block", sendbuf, recvbuf, recvcount, datatype, op, comm,
                                coll_started(request));
}

#pragma weak MPI_Ireduce_scatter_block_c = PMPI_Ireduce_scatter_block_c
int PMPI_Ireduce_scatter_block_c(const void *sendbuf, void *recvbuf, MPI_Count recvcount, MPI_Datatype datatype,
                                 MPI_Op op, MPI_Comm comm, MPI_Request *request)
{
    return reduce_scatter_block("MPI_Ireduce_scatter_block_c", sendbuf, recvbuf, recvcount, datatype, op, comm,
                                coll_started(request));
}

#pragma weak MPI_Reduce_scatter_block_init = PMPI_Reduce_scatter_block_init
int PMPI_Reduce_scatter_block_init(const void *sendbuf, void *recvbuf, int recvcount, MPI_Datatype datatype,
                                   MPI_Op op, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return reduce_scatter_block("MPI_Reduce_scatter_block_init", sendbuf, recvbuf, recvcount, datatype, op, comm,
                                coll_made(info, request));
}

#pragma weak MPI_Reduce_scatter_block_init_c = PMPI_Reduce_scatter_block_init_c
int PMPI_Reduce_scatter_block_init_c(const void *sendbuf, void *recvbuf, MPI_Count recvcount,
                                     MPI_Datatype datatype, MPI_Op op, MPI_Comm comm, MPI_Info info,
                                     MPI_Request *request)
{
    return reduce_scatter_block("MPI_Reduce_scatter_block_init_c", sendbuf, recvbuf, recvcount, datatype, op, comm,
                                coll_made(info, request));
}


/* ---- of the ranks so far ---- */

static int scan(const char *function, enum coll_kind kind, const void *sendbuf, void *recvbuf, MPI_Count count,
                MPI_Datatype datatype, MPI_Op op, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, kind, function, comm)) || (rc = operands(&a, sendbuf, recvbuf, count, datatype, op)))
        return rc;
    return coll_do(&a, form);
}

static int inclusive(const char *function, const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype,
                     MPI_Op op, MPI_Comm comm, struct coll_form form)
{
    return scan(function, COLL_SCAN, sendbuf, recvbuf, count, datatype, op, comm, form);
}

static int exclusive(const char *function, const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype,
                     MPI_Op op, MPI_Comm comm, struct coll_form form)
{
    return scan(function, COLL_EXSCAN, sendbuf, recvbuf, count, datatype, op, comm, form);
}

#pragma weak MPI_Scan = PMPI_Scan
int PMPI_Scan(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm)
{
    return inclusive("MPI_Scan", sendbuf, recvbuf, count, datatype, op, comm, COLL_BLOCKING);
}

#pragma weak MPI_Scan_c = PMPI_Scan_c
int PMPI_Scan_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                MPI_Comm comm)
{
    return inclusive("MPI_Scan_c", sendbuf, recvbuf, count, datatype, op, comm, COLL_BLOCKING);
}

#pragma weak MPI_Iscan = PMPI_Iscan
int PMPI_Iscan(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm,
               MPI_Request *request)
{
    return inclusive("MPI_Iscan", sendbuf, recvbuf, count, datatype, op, comm, coll_started(request));
}

#pragma weak MPI_Iscan_c = PMPI_Iscan_c
int PMPI_Iscan_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                 MPI_Comm comm, MPI_Request *request)
{
    return inclusive("MPI_Iscan_c", sendbuf, recvbuf, count, datatype, op, comm, coll_started(request));
}

#pragma weak MPI_Scan_init = PMPI_Scan_init
int PMPI_Scan_init(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm,
                   MPI_Info info, MPI_Request *request)
{
    return inclusive("MPI_Scan_init", sendbuf, recvbuf, count, datatype, op, comm, coll_made(info, request));
}

#pragma weak MPI_Scan_init_c = PMPI_Scan_init_c
int PMPI_Scan_init_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                     MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return inclusive("MPI_Scan_init_c", sendbuf, recvbuf, count, datatype, op, comm, coll_made(info, request));
}

#pragma weak MPI_Exscan = PMPI_Exscan
int PMPI_Exscan(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm)
{
    return exclusive("MPI_Exscan", sendbuf, recvbuf, count, datatype, op, comm, COLL_BLOCKING);
}

#pragma weak MPI_Exscan_c = PMPI_Exscan_c
int PMPI_Exscan_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                  MPI_Comm comm)
{
    return exclusive("MPI_Exscan_c", sendbuf, recvbuf, count, datatype, op, comm, COLL_BLOCKING);
}

#pragma weak MPI_Iexscan = PMPI_Iexscan
int PMPI_Iexscan(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op, MPI_Comm comm,
                 MPI_Request *request)
{
    return exclusive("MPI_Iexscan", sendbuf, recvbuf, count, datatype, op, comm, coll_started(request));
}

#pragma weak MPI_Iexscan_c = PMPI_Iexscan_c
int PMPI_Iexscan_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                   MPI_Comm comm, MPI_Request *request)
{
    return exclusive("MPI_Iexscan_c", sendbuf, recvbuf, count, datatype, op, comm, coll_started(request));
}

#pragma weak MPI_Exscan_init = PMPI_Exscan_init
int PMPI_Exscan_init(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype, MPI_Op op,
                     MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return exclusive("MPI_Exscan_init", sendbuf, recvbuf, count, datatype, op, comm, coll_made(info, request));
}

#pragma weak MPI_Exscan_init_c = PMPI_Exscan_init_c
int PMPI_Exscan_init_c(const void *sendbuf, void *recvbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op,
                       MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return exclusive("MPI_Exscan_init_c", sendbuf, recvbuf, count, datatype, op, comm, coll_made(info, request));
}
