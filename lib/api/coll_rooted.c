/* Collective operations with a root: broadcast, gather and scatter. */
#include "config.h"

#include "api/coll.h"

static int bcast(const char *function, void *buffer, MPI_Count count, MPI_Datatype datatype, int root, MPI_Comm comm,
                 struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_BCAST, function, comm)) || (rc = coll_root(&a, root)))
        return rc;
    if ((coll_has_root(&a) || coll_is_root(&a)) && (rc = coll_buffer(&a, &a.in, "buffer", buffer, count, datatype)))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Bcast = PMPI_Bcast
int PMPI_Bcast(void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm)
{
    return bcast("MPI_Bcast", buffer, count, datatype, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Bcast_c = PMPI_Bcast_c
int PMPI_Bcast_c(void *buffer, MPI_Count count, MPI_Datatype datatype, int root, MPI_Comm comm)
{
    return bcast("MPI_Bcast_c", buffer, count, datatype, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ibcast = PMPI_Ibcast
int PMPI_Ibcast(void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm, MPI_Request *request)
{
    return bcast("MPI_Ibcast", buffer, count, datatype, root, comm, coll_started(request));
}

#pragma weak MPI_Ibcast_c = PMPI_Ibcast_c
int PMPI_Ibcast_c(void *buffer, MPI_Count count, MPI_Datatype datatype, int root, MPI_Comm comm,
                  MPI_Request *request)
{
    return bcast("MPI_Ibcast_c", buffer, count, datatype, root, comm, coll_started(request));
}

#pragma weak MPI_Bcast_init = PMPI_Bcast_init
int PMPI_Bcast_init(void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm, MPI_Info info,
                    MPI_Request *request)
{
    return bcast("MPI_Bcast_init", buffer, count, datatype, root, comm, coll_made(info, request));
}

#pragma weak MPI_Bcast_init_c = PMPI_Bcast_init_c
int PMPI_Bcast_init_c(void *buffer, MPI_Count count, MPI_Datatype datatype, int root, MPI_Comm comm, MPI_Info info,
                      MPI_Request *request)
{
    return bcast("MPI_Bcast_init_c", buffer, count, datatype, root, comm, coll_made(info, request));
}


/* ---- gather ---- */

/* What this process gives; a root in place gives nothing. */
static int given(struct coll *a, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype)
{
    int rc = 0;
    if (coll_has_root(a) && !(rc = coll_in_place(a, sendbuf, "sendbuf", coll_is_root(a))) && !a->in_place)
        rc = coll_buffer(a, &a->out, "sendbuf", sendbuf, sendcount, sendtype);
    return rc;
}

static int gather(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                  MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_GATHER, function, comm)) || (rc = coll_root(&a, root)) ||
        (rc = given(&a, sendbuf, sendcount, sendtype)))
        return rc;
    if (coll_is_root(&a) && ((rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, recvcount, recvtype)) ||
                             (rc = coll_apart(&a))))
        return rc;
    return coll_do(&a, form);
}

static int gatherv(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                   struct coll_numbers recvcounts, struct coll_numbers displs, MPI_Datatype recvtype, int root,
                   MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_GATHER, function, comm)) || (rc = coll_root(&a, root)) ||
        (rc = given(&a, sendbuf, sendcount, sendtype)))
        return rc;
    a.irregular = 1;
    if (coll_is_root(&a) &&
        ((rc = coll_blocks(&a, &a.in, "recvbuf", recvbuf, recvcounts, displs, recvtype, a.comm->peers)) ||
         (rc = coll_apart(&a))))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Gather = PMPI_Gather
int PMPI_Gather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                MPI_Datatype recvtype, int root, MPI_Comm comm)
{
    return gather("MPI_Gather", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                  COLL_BLOCKING);
}

#pragma weak MPI_Gather_c = PMPI_Gather_c
int PMPI_Gather_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                  MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm)
{
    return gather("MPI_Gather_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                  COLL_BLOCKING);
}

#pragma weak MPI_Igather = PMPI_Igather
int PMPI_Igather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                 MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request)
{
    return gather("MPI_Igather", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                  coll_started(request));
}

#pragma weak MPI_Igather_c = PMPI_Igather_c
int PMPI_Igather_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                   MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request)
{
    return gather("MPI_Igather_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                  coll_started(request));
}

#pragma weak MPI_Gather_init = PMPI_Gather_init
int PMPI_Gather_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                     MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return gather("MPI_Gather_init", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                  coll_made(info, request));
}

#pragma weak MPI_Gather_init_c = PMPI_Gather_init_c
int PMPI_Gather_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                       MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Info info,
                       MPI_Request *request)
{
    return gather("MPI_Gather_init_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                  coll_made(info, request));
}

#pragma weak MPI_Gatherv = PMPI_Gatherv
int PMPI_Gatherv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, const int recvcounts[],
                 const int displs[], MPI_Datatype recvtype, int root, MPI_Comm comm)
{
    return gatherv("MPI_Gatherv", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                   coll_narrow(displs), recvtype, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Gatherv_c = PMPI_Gatherv_c
int PMPI_Gatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                   const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype, int root,
                   MPI_Comm comm)
{
    return gatherv("MPI_Gatherv_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                   coll_wide(displs), recvtype, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Igatherv = PMPI_Igatherv
int PMPI_Igatherv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, const int recvcounts[],
                  const int displs[], MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request)
{
    return gatherv("MPI_Igatherv", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                   coll_narrow(displs), recvtype, root, comm, coll_started(request));
}

#pragma weak MPI_Igatherv_c = PMPI_Igatherv_c
int PMPI_Igatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                    const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype, int root,
                    MPI_Comm comm, MPI_Request *request)
{
    return gatherv("MPI_Igatherv_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                   coll_wide(displs), recvtype, root, comm, coll_started(request));
}

#pragma weak MPI_Gatherv_init = PMPI_Gatherv_init
int PMPI_Gatherv_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                      const int recvcounts[], const int displs[], MPI_Datatype recvtype, int root, MPI_Comm comm,
                      MPI_Info info, MPI_Request *request)
{
    return gatherv("MPI_Gatherv_init", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                   coll_narrow(displs), recvtype, root, comm, coll_made(info, request));
}

#pragma weak MPI_Gatherv_init_c = PMPI_Gatherv_init_c
int PMPI_Gatherv_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                        const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype, int root,
                        MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return gatherv("MPI_Gatherv_init_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                   coll_wide(displs), recvtype, root, comm, coll_made(info, request));
}


/* ---- scatter ---- */

static int taken(struct coll *a, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype)
{
    int rc = 0;
    if (coll_has_root(a) && !(rc = coll_in_place(a, recvbuf, "recvbuf", coll_is_root(a))) && !a->in_place)
        rc = coll_buffer(a, &a->in, "recvbuf", recvbuf, recvcount, recvtype);
    return rc;
}

static int scatter(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                   MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_SCATTER, function, comm)) || (rc = coll_root(&a, root)) ||
        (rc = taken(&a, recvbuf, recvcount, recvtype)))
        return rc;
    if (coll_is_root(&a) && ((rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, sendcount, sendtype)) ||
                             (rc = coll_apart(&a))))
        return rc;
    return coll_do(&a, form);
}

static int scatterv(const char *function, const void *sendbuf, struct coll_numbers sendcounts, struct coll_numbers displs,
                    MPI_Datatype sendtype, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int root,
                    MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_SCATTER, function, comm)) || (rc = coll_root(&a, root)) ||
        (rc = taken(&a, recvbuf, recvcount, recvtype)))
        return rc;
    a.irregular = 1;
    if (coll_is_root(&a) &&
        ((rc = coll_blocks(&a, &a.out, "sendbuf", sendbuf, sendcounts, displs, sendtype, a.comm->peers)) ||
         (rc = coll_apart(&a))))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Scatter = PMPI_Scatter
int PMPI_Scatter(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                 MPI_Datatype recvtype, int root, MPI_Comm comm)
{
    return scatter("MPI_Scatter", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                   COLL_BLOCKING);
}

#pragma weak MPI_Scatter_c = PMPI_Scatter_c
int PMPI_Scatter_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                   MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm)
{
    return scatter("MPI_Scatter_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                   COLL_BLOCKING);
}

#pragma weak MPI_Iscatter = PMPI_Iscatter
int PMPI_Iscatter(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                  MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request)
{
    return scatter("MPI_Iscatter", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                   coll_started(request));
}

#pragma weak MPI_Iscatter_c = PMPI_Iscatter_c
int PMPI_Iscatter_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                    MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Request *request)
{
    return scatter("MPI_Iscatter_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                   coll_started(request));
}

#pragma weak MPI_Scatter_init = PMPI_Scatter_init
int PMPI_Scatter_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                      MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return scatter("MPI_Scatter_init", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                   coll_made(info, request));
}

#pragma weak MPI_Scatter_init_c = PMPI_Scatter_init_c
int PMPI_Scatter_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                        MPI_Count recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Info info,
                        MPI_Request *request)
{
    return scatter("MPI_Scatter_init_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm,
                   coll_made(info, request));
}

#pragma weak MPI_Scatterv = PMPI_Scatterv
int PMPI_Scatterv(const void *sendbuf, const int sendcounts[], const int displs[], MPI_Datatype sendtype,
                  void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm)
{
    return scatterv("MPI_Scatterv", sendbuf, coll_narrow(sendcounts), coll_narrow(displs), sendtype, recvbuf,
                    recvcount, recvtype, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Scatterv_c = PMPI_Scatterv_c
int PMPI_Scatterv_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint displs[],
                    MPI_Datatype sendtype, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int root,
                    MPI_Comm comm)
{
    return scatterv("MPI_Scatterv_c", sendbuf, coll_wide(sendcounts), coll_wide(displs), sendtype, recvbuf,
                    recvcount, recvtype, root, comm, COLL_BLOCKING);
}

#pragma weak MPI_Iscatterv = PMPI_Iscatterv
int PMPI_Iscatterv(const void *sendbuf, const int sendcounts[], const int displs[], MPI_Datatype sendtype,
                   void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm,
                   MPI_Request *request)
{
    return scatterv("MPI_Iscatterv", sendbuf, coll_narrow(sendcounts), coll_narrow(displs), sendtype, recvbuf,
                    recvcount, recvtype, root, comm, coll_started(request));
}

#pragma weak MPI_Iscatterv_c = PMPI_Iscatterv_c
int PMPI_Iscatterv_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint displs[],
                     MPI_Datatype sendtype, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int root,
                     MPI_Comm comm, MPI_Request *request)
{
    return scatterv("MPI_Iscatterv_c", sendbuf, coll_wide(sendcounts), coll_wide(displs), sendtype, recvbuf,
                    recvcount, recvtype, root, comm, coll_started(request));
}

#pragma weak MPI_Scatterv_init = PMPI_Scatterv_init
int PMPI_Scatterv_init(const void *sendbuf, const int sendcounts[], const int displs[], MPI_Datatype sendtype,
                       void *recvbuf, int recvcount, MPI_Datatype recvtype, int root, MPI_Comm comm, MPI_Info info,
                       MPI_Request *request)
{
    return scatterv("MPI_Scatterv_init", sendbuf, coll_narrow(sendcounts), coll_narrow(displs), sendtype, recvbuf,
                    recvcount, recvtype, root, comm, coll_made(info, request));
}

#pragma weak MPI_Scatterv_init_c = PMPI_Scatterv_init_c
int PMPI_Scatterv_init_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint displs[],
                         MPI_Datatype sendtype, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype,
                         int root, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return scatterv("MPI_Scatterv_init_c", sendbuf, coll_wide(sendcounts), coll_wide(displs), sendtype, recvbuf,
                    recvcount, recvtype, root, comm, coll_made(info, request));
}
