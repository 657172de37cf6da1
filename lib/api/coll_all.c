/* Collective operations in which all are alike: barrier, allgather, alltoall. */
#include "config.h"

#include "api/coll.h"

static int barrier(const char *function, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc = coll_comm(&a, COLL_BARRIER, function, comm);
    return rc ? rc : coll_do(&a, form);
}

#pragma weak MPI_Barrier = PMPI_Barrier
int PMPI_Barrier(MPI_Comm comm)
{
    return barrier("MPI_Barrier", comm, COLL_BLOCKING);
}

#pragma weak MPI_Ibarrier = PMPI_Ibarrier
int PMPI_Ibarrier(MPI_Comm comm, MPI_Request *request)
{
    return barrier("MPI_Ibarrier", comm, coll_started(request));
}

#pragma weak MPI_Barrier_init = PMPI_Barrier_init
int PMPI_Barrier_init(MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return barrier("MPI_Barrier_init", comm, coll_made(info, request));
}


/* ---- allgather ---- */

static int given(struct coll *a, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype)
{
    int rc = coll_in_place(a, sendbuf, "sendbuf", 1);
    return rc || a->in_place ? rc : coll_buffer(a, &a->out, "sendbuf", sendbuf, sendcount, sendtype);
}

static int allgather(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype,
                     void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_ALLGATHER, function, comm)) || (rc = given(&a, sendbuf, sendcount, sendtype)) ||
        (rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, recvcount, recvtype)) || (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

static int allgatherv(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype,
                      void *recvbuf, struct coll_numbers recvcounts, struct coll_numbers displs, MPI_Datatype recvtype,
                      MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_ALLGATHER, function, comm)) || (rc = given(&a, sendbuf, sendcount, sendtype)) ||
        (rc = coll_blocks(&a, &a.in, "recvbuf", recvbuf, recvcounts, displs, recvtype, a.comm->peers)) ||
        (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Allgather = PMPI_Allgather
int PMPI_Allgather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                   MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgather("MPI_Allgather", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     COLL_BLOCKING);
}

#pragma weak MPI_Allgather_c = PMPI_Allgather_c
int PMPI_Allgather_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                     MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgather("MPI_Allgather_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     COLL_BLOCKING);
}

#pragma weak MPI_Iallgather = PMPI_Iallgather
int PMPI_Iallgather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                    MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return allgather("MPI_Iallgather", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     coll_started(request));
}

#pragma weak MPI_Iallgather_c = PMPI_Iallgather_c
int PMPI_Iallgather_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                      MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return allgather("MPI_Iallgather_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     coll_started(request));
}

#pragma weak MPI_Allgather_init = PMPI_Allgather_init
int PMPI_Allgather_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                        MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return allgather("MPI_Allgather_init", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     coll_made(info, request));
}

#pragma weak MPI_Allgather_init_c = PMPI_Allgather_init_c
int PMPI_Allgather_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                          MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                          MPI_Request *request)
{
    return allgather("MPI_Allgather_init_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     coll_made(info, request));
}

#pragma weak MPI_Allgatherv = PMPI_Allgatherv
int PMPI_Allgatherv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                    const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgatherv("MPI_Allgatherv", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                      coll_narrow(displs), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Allgatherv_c = PMPI_Allgatherv_c
int PMPI_Allgatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                      const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgatherv("MPI_Allgatherv_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                      coll_wide(displs), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Iallgatherv = PMPI_Iallgatherv
int PMPI_Iallgatherv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                     const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm,
                     MPI_Request *request)
{
    return allgatherv("MPI_Iallgatherv", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                      coll_narrow(displs), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Iallgatherv_c = PMPI_Iallgatherv_c
int PMPI_Iallgatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                       const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype, MPI_Comm comm,
                       MPI_Request *request)
{
    return allgatherv("MPI_Iallgatherv_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                      coll_wide(displs), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Allgatherv_init = PMPI_Allgatherv_init
int PMPI_Allgatherv_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                         const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm,
                         MPI_Info info, MPI_Request *request)
{
    return allgatherv("MPI_Allgatherv_init", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                      coll_narrow(displs), recvtype, comm, coll_made(info, request));
}

#pragma weak MPI_Allgatherv_init_c = PMPI_Allgatherv_init_c
int PMPI_Allgatherv_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                           const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype,
                           MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return allgatherv("MPI_Allgatherv_init_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                      coll_wide(displs), recvtype, comm, coll_made(info, request));
}


/* ---- alltoall ---- */

static int alltoall(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype,
                    void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_ALLTOALL, function, comm)) || (rc = given(&a, sendbuf, sendcount, sendtype)) ||
        (rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, recvcount, recvtype)) || (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

static int alltoallv(const char *function, const void *sendbuf, struct coll_numbers sendcounts,
                     struct coll_numbers sdispls, MPI_Datatype sendtype, void *recvbuf, struct coll_numbers recvcounts,
                     struct coll_numbers rdispls, MPI_Datatype recvtype, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_ALLTOALL, function, comm)) || (rc = coll_in_place(&a, sendbuf, "sendbuf", 1)))
        return rc;
    if (!a.in_place && (rc = coll_blocks(&a, &a.out, "sendbuf", sendbuf, sendcounts, sdispls, sendtype, a.comm->peers)))
        return rc;
    if ((rc = coll_blocks(&a, &a.in, "recvbuf", recvbuf, recvcounts, rdispls, recvtype, a.comm->peers)) ||
        (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

static int alltoallw(const char *function, const void *sendbuf, struct coll_numbers sendcounts,
                     struct coll_numbers sdispls, const MPI_Datatype *sendtypes, void *recvbuf,
                     struct coll_numbers recvcounts, struct coll_numbers rdispls, const MPI_Datatype *recvtypes,
                     MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc;
    if ((rc = coll_comm(&a, COLL_ALLTOALL, function, comm)) || (rc = coll_in_place(&a, sendbuf, "sendbuf", 1)))
        return rc;
    if (!a.in_place && (rc = coll_mixed(&a, &a.out, "sendbuf", sendbuf, sendcounts, sdispls, sendtypes, a.comm->peers)))
        return rc;
    if ((rc = coll_mixed(&a, &a.in, "recvbuf", recvbuf, recvcounts, rdispls, recvtypes, a.comm->peers)))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Alltoall = PMPI_Alltoall
int PMPI_Alltoall(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                  MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoall("MPI_Alltoall", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    COLL_BLOCKING);
}

#pragma weak MPI_Alltoall_c = PMPI_Alltoall_c
int PMPI_Alltoall_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                    MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoall("MPI_Alltoall_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    COLL_BLOCKING);
}

#pragma weak MPI_Ialltoall = PMPI_Ialltoall
int PMPI_Ialltoall(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                   MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return alltoall("MPI_Ialltoall", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_started(request));
}

#pragma weak MPI_Ialltoall_c = PMPI_Ialltoall_c
int PMPI_Ialltoall_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                     MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return alltoall("MPI_Ialltoall_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_started(request));
}

#pragma weak MPI_Alltoall_init = PMPI_Alltoall_init
int PMPI_Alltoall_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                       MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return alltoall("MPI_Alltoall_init", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_made(info, request));
}

#pragma weak MPI_Alltoall_init_c = PMPI_Alltoall_init_c
int PMPI_Alltoall_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                         MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                         MPI_Request *request)
{
    return alltoall("MPI_Alltoall_init_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_made(info, request));
}

#pragma weak MPI_Alltoallv = PMPI_Alltoallv
int PMPI_Alltoallv(const void *sendbuf, const int sendcounts[], const int sdispls[], MPI_Datatype sendtype,
                   void *recvbuf, const int recvcounts[], const int rdispls[], MPI_Datatype recvtype,
                   MPI_Comm comm)
{
    return alltoallv("MPI_Alltoallv", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtype, recvbuf,
                     coll_narrow(recvcounts), coll_narrow(rdispls), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Alltoallv_c = PMPI_Alltoallv_c
int PMPI_Alltoallv_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                     MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[], const MPI_Aint rdispls[],
                     MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoallv("MPI_Alltoallv_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtype, recvbuf,
                     coll_wide(recvcounts), coll_wide(rdispls), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ialltoallv = PMPI_Ialltoallv
int PMPI_Ialltoallv(const void *sendbuf, const int sendcounts[], const int sdispls[], MPI_Datatype sendtype,
                    void *recvbuf, const int recvcounts[], const int rdispls[], MPI_Datatype recvtype,
                    MPI_Comm comm, MPI_Request *request)
{
    return alltoallv("MPI_Ialltoallv", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtype, recvbuf,
                     coll_narrow(recvcounts), coll_narrow(rdispls), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Ialltoallv_c = PMPI_Ialltoallv_c
int PMPI_Ialltoallv_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                      MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[], const MPI_Aint rdispls[],
                      MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return alltoallv("MPI_Ialltoallv_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtype, recvbuf,
                     coll_wide(recvcounts), coll_wide(rdispls), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Alltoallv_init = PMPI_Alltoallv_init
int PMPI_Alltoallv_init(const void *sendbuf, const int sendcounts[], const int sdispls[], MPI_Datatype sendtype,
                        void *recvbuf, const int recvcounts[], const int rdispls[], MPI_Datatype recvtype,
                        MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return alltoallv("MPI_Alltoallv_init", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtype,
                     recvbuf, coll_narrow(recvcounts), coll_narrow(rdispls), recvtype, comm,
                     coll_made(info, request));
}

#pragma weak MPI_Alltoallv_init_c = PMPI_Alltoallv_init_c
int PMPI_Alltoallv_init_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                          MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[],
                          const MPI_Aint rdispls[], MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                          MPI_Request *request)
{
    return alltoallv("MPI_Alltoallv_init_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtype, recvbuf,
                     coll_wide(recvcounts), coll_wide(rdispls), recvtype, comm, coll_made(info, request));
}

#pragma weak MPI_Alltoallw = PMPI_Alltoallw
int PMPI_Alltoallw(const void *sendbuf, const int sendcounts[], const int sdispls[],
                   const MPI_Datatype sendtypes[], void *recvbuf, const int recvcounts[], const int rdispls[],
                   const MPI_Datatype recvtypes[], MPI_Comm comm)
{
    return alltoallw("MPI_Alltoallw", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtypes, recvbuf,
                     coll_narrow(recvcounts), coll_narrow(rdispls), recvtypes, comm, COLL_BLOCKING);
}

#pragma weak MPI_Alltoallw_c = PMPI_Alltoallw_c
int PMPI_Alltoallw_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                     const MPI_Datatype sendtypes[], void *recvbuf, const MPI_Count recvcounts[],
                     const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm)
{
    return alltoallw("MPI_Alltoallw_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtypes, recvbuf,
                     coll_wide(recvcounts), coll_wide(rdispls), recvtypes, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ialltoallw = PMPI_Ialltoallw
int PMPI_Ialltoallw(const void *sendbuf, const int sendcounts[], const int sdispls[],
                    const MPI_Datatype sendtypes[], void *recvbuf, const int recvcounts[], const int rdispls[],
                    const MPI_Datatype recvtypes[], MPI_Comm comm, MPI_Request *request)
{
    return alltoallw("MPI_Ialltoallw", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtypes, recvbuf,
                     coll_narrow(recvcounts), coll_narrow(rdispls), recvtypes, comm, coll_started(request));
}

#pragma weak MPI_Ialltoallw_c = PMPI_Ialltoallw_c
int PMPI_Ialltoallw_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                      const MPI_Datatype sendtypes[], void *recvbuf, const MPI_Count recvcounts[],
                      const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm,
                      MPI_Request *request)
{
    return alltoallw("MPI_Ialltoallw_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtypes, recvbuf,
                     coll_wide(recvcounts), coll_wide(rdispls), recvtypes, comm, coll_started(request));
}

#pragma weak MPI_Alltoallw_init = PMPI_Alltoallw_init
int PMPI_Alltoallw_init(const void *sendbuf, const int sendcounts[], const int sdispls[],
                        const MPI_Datatype sendtypes[], void *recvbuf, const int recvcounts[], const int rdispls[],
                        const MPI_Datatype recvtypes[], MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return alltoallw("MPI_Alltoallw_init", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtypes,
                     recvbuf, coll_narrow(recvcounts), coll_narrow(rdispls), recvtypes, comm,
                     coll_made(info, request));
}

#pragma weak MPI_Alltoallw_init_c = PMPI_Alltoallw_init_c
int PMPI_Alltoallw_init_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                          const MPI_Datatype sendtypes[], void *recvbuf, const MPI_Count recvcounts[],
                          const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm, MPI_Info info,
                          MPI_Request *request)
{
    return alltoallw("MPI_Alltoallw_init_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtypes,
                     recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtypes, comm,
                     coll_made(info, request));
}
