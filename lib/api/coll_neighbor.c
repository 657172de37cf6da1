/* Collective operations with the neighbours in a topology. */
#include "config.h"

#include "api/coll.h"

/* The communicator, and how many neighbours there are each way. */
static int begin(struct coll *a, enum coll_kind kind, const char *function, MPI_Comm comm, int *in, int *out)
{
    int rc = coll_comm(a, kind, function, comm);
    if (!rc)
        coll_neighbours(a->comm, in, out);
    return rc;
}

static int allgather(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype,
                     void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc, in, out;
    if ((rc = begin(&a, COLL_NEIGHBOR_ALLGATHER, function, comm, &in, &out)) ||
        (out && (rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, sendcount, sendtype))) ||
        (in && (rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, recvcount, recvtype))) || (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

static int allgatherv(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype,
                      void *recvbuf, struct coll_numbers recvcounts, struct coll_numbers displs, MPI_Datatype recvtype,
                      MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc, in, out;
    if ((rc = begin(&a, COLL_NEIGHBOR_ALLGATHER, function, comm, &in, &out)) ||
        (out && (rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, sendcount, sendtype))) ||
        (in && (rc = coll_blocks(&a, &a.in, "recvbuf", recvbuf, recvcounts, displs, recvtype, in))) ||
        (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

static int alltoall(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype,
                    void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc, in, out;
    if ((rc = begin(&a, COLL_NEIGHBOR_ALLTOALL, function, comm, &in, &out)) ||
        (out && (rc = coll_buffer(&a, &a.out, "sendbuf", sendbuf, sendcount, sendtype))) ||
        (in && (rc = coll_buffer(&a, &a.in, "recvbuf", recvbuf, recvcount, recvtype))) || (rc = coll_apart(&a)))
        return rc;
    return coll_do(&a, form);
}

static int alltoallv(const char *function, const void *sendbuf, struct coll_numbers sendcounts,
                     struct coll_numbers sdispls, MPI_Datatype sendtype, void *recvbuf, struct coll_numbers recvcounts,
                     struct coll_numbers rdispls, MPI_Datatype recvtype, MPI_Comm comm, struct coll_form form)
{
    struct coll a;
    int rc, in, out;
    if ((rc = begin(&a, COLL_NEIGHBOR_ALLTOALL, function, comm, &in, &out)) ||
        (out && (rc = coll_blocks(&a, &a.out, "sendbuf", sendbuf, sendcounts, sdispls, sendtype, out))) ||
        (in && (rc = coll_blocks(&a, &a.in, "recvbuf", recvbuf, recvcounts, rdispls, recvtype, in))) ||
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
    int rc, in, out;
    if ((rc = begin(&a, COLL_NEIGHBOR_ALLTOALL, function, comm, &in, &out)) ||
        (out && (rc = coll_mixed(&a, &a.out, "sendbuf", sendbuf, sendcounts, sdispls, sendtypes, out))) ||
        (in && (rc = coll_mixed(&a, &a.in, "recvbuf", recvbuf, recvcounts, rdispls, recvtypes, in))))
        return rc;
    return coll_do(&a, form);
}

#pragma weak MPI_Neighbor_allgather = PMPI_Neighbor_allgather
int PMPI_Neighbor_allgather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                            int recvcount, MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgather("MPI_Neighbor_allgather", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     COLL_BLOCKING);
}

#pragma weak MPI_Neighbor_allgather_c = PMPI_Neighbor_allgather_c
int PMPI_Neighbor_allgather_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                              MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgather("MPI_Neighbor_allgather_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     COLL_BLOCKING);
}

#pragma weak MPI_Ineighbor_allgather = PMPI_Ineighbor_allgather
int PMPI_Ineighbor_allgather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                             int recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return allgather("MPI_Ineighbor_allgather", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     coll_started(request));
}

#pragma weak MPI_Ineighbor_allgather_c = PMPI_Ineighbor_allgather_c
int PMPI_Ineighbor_allgather_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                               MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return allgather("MPI_Ineighbor_allgather_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                     coll_started(request));
}

#pragma weak MPI_Neighbor_allgather_init = PMPI_Neighbor_allgather_init
int PMPI_Neighbor_allgather_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                                 int recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                                 MPI_Request *request)
{
    return allgather("MPI_Neighbor_allgather_init", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype,
                     comm, coll_made(info, request));
}

#pragma weak MPI_Neighbor_allgather_init_c = PMPI_Neighbor_allgather_init_c
int PMPI_Neighbor_allgather_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                                   MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                                   MPI_Request *request)
{
    return allgather("MPI_Neighbor_allgather_init_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype,
                     comm, coll_made(info, request));
}

#pragma weak MPI_Neighbor_allgatherv = PMPI_Neighbor_allgatherv
int PMPI_Neighbor_allgatherv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                             const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm)
{
    return allgatherv("MPI_Neighbor_allgatherv", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                      coll_narrow(displs), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Neighbor_allgatherv_c = PMPI_Neighbor_allgatherv_c
int PMPI_Neighbor_allgatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                               const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype,
                               MPI_Comm comm)
{
    return allgatherv("MPI_Neighbor_allgatherv_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                      coll_wide(displs), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ineighbor_allgatherv = PMPI_Ineighbor_allgatherv
int PMPI_Ineighbor_allgatherv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                              const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm,
                              MPI_Request *request)
{
    return allgatherv("MPI_Ineighbor_allgatherv", sendbuf, sendcount, sendtype, recvbuf, coll_narrow(recvcounts),
                      coll_narrow(displs), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Ineighbor_allgatherv_c = PMPI_Ineighbor_allgatherv_c
int PMPI_Ineighbor_allgatherv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                                const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype,
                                MPI_Comm comm, MPI_Request *request)
{
    return allgatherv("MPI_Ineighbor_allgatherv_c", sendbuf, sendcount, sendtype, recvbuf, coll_wide(recvcounts),
                      coll_wide(displs), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Neighbor_allgatherv_init = PMPI_Neighbor_allgatherv_init
int PMPI_Neighbor_allgatherv_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                                  const int recvcounts[], const int displs[], MPI_Datatype recvtype, MPI_Comm comm,
                                  MPI_Info info, MPI_Request *request)
{
    return allgatherv("MPI_Neighbor_allgatherv_init", sendbuf, sendcount, sendtype, recvbuf,
                      coll_narrow(recvcounts), coll_narrow(displs), recvtype, comm, coll_made(info, request));
}

#pragma weak MPI_Neighbor_allgatherv_init_c = PMPI_Neighbor_allgatherv_init_c
int PMPI_Neighbor_allgatherv_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                                    const MPI_Count recvcounts[], const MPI_Aint displs[], MPI_Datatype recvtype,
                                    MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return allgatherv("MPI_Neighbor_allgatherv_init_c", sendbuf, sendcount, sendtype, recvbuf,
                      coll_wide(recvcounts), coll_wide(displs), recvtype, comm, coll_made(info, request));
}

#pragma weak MPI_Neighbor_alltoall = PMPI_Neighbor_alltoall
int PMPI_Neighbor_alltoall(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf, int recvcount,
                           MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoall("MPI_Neighbor_alltoall", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    COLL_BLOCKING);
}

#pragma weak MPI_Neighbor_alltoall_c = PMPI_Neighbor_alltoall_c
int PMPI_Neighbor_alltoall_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                             MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoall("MPI_Neighbor_alltoall_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    COLL_BLOCKING);
}

#pragma weak MPI_Ineighbor_alltoall = PMPI_Ineighbor_alltoall
int PMPI_Ineighbor_alltoall(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                            int recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return alltoall("MPI_Ineighbor_alltoall", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_started(request));
}

#pragma weak MPI_Ineighbor_alltoall_c = PMPI_Ineighbor_alltoall_c
int PMPI_Ineighbor_alltoall_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                              MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return alltoall("MPI_Ineighbor_alltoall_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_started(request));
}

#pragma weak MPI_Neighbor_alltoall_init = PMPI_Neighbor_alltoall_init
int PMPI_Neighbor_alltoall_init(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
                                int recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                                MPI_Request *request)
{
    return alltoall("MPI_Neighbor_alltoall_init", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm,
                    coll_made(info, request));
}

#pragma weak MPI_Neighbor_alltoall_init_c = PMPI_Neighbor_alltoall_init_c
int PMPI_Neighbor_alltoall_init_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, void *recvbuf,
                                  MPI_Count recvcount, MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                                  MPI_Request *request)
{
    return alltoall("MPI_Neighbor_alltoall_init_c", sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype,
                    comm, coll_made(info, request));
}

#pragma weak MPI_Neighbor_alltoallv = PMPI_Neighbor_alltoallv
int PMPI_Neighbor_alltoallv(const void *sendbuf, const int sendcounts[], const int sdispls[],
                            MPI_Datatype sendtype, void *recvbuf, const int recvcounts[], const int rdispls[],
                            MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoallv("MPI_Neighbor_alltoallv", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtype,
                     recvbuf, coll_narrow(recvcounts), coll_narrow(rdispls), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Neighbor_alltoallv_c = PMPI_Neighbor_alltoallv_c
int PMPI_Neighbor_alltoallv_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                              MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[],
                              const MPI_Aint rdispls[], MPI_Datatype recvtype, MPI_Comm comm)
{
    return alltoallv("MPI_Neighbor_alltoallv_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtype,
                     recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtype, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ineighbor_alltoallv = PMPI_Ineighbor_alltoallv
int PMPI_Ineighbor_alltoallv(const void *sendbuf, const int sendcounts[], const int sdispls[],
                             MPI_Datatype sendtype, void *recvbuf, const int recvcounts[], const int rdispls[],
                             MPI_Datatype recvtype, MPI_Comm comm, MPI_Request *request)
{
    return alltoallv("MPI_Ineighbor_alltoallv", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls), sendtype,
                     recvbuf, coll_narrow(recvcounts), coll_narrow(rdispls), recvtype, comm,
                     coll_started(request));
}

#pragma weak MPI_Ineighbor_alltoallv_c = PMPI_Ineighbor_alltoallv_c
int PMPI_Ineighbor_alltoallv_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                               MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[],
                               const MPI_Aint rdispls[], MPI_Datatype recvtype, MPI_Comm comm,
                               MPI_Request *request)
{
    return alltoallv("MPI_Ineighbor_alltoallv_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtype,
                     recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtype, comm, coll_started(request));
}

#pragma weak MPI_Neighbor_alltoallv_init = PMPI_Neighbor_alltoallv_init
int PMPI_Neighbor_alltoallv_init(const void *sendbuf, const int sendcounts[], const int sdispls[],
                                 MPI_Datatype sendtype, void *recvbuf, const int recvcounts[], const int rdispls[],
                                 MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return alltoallv("MPI_Neighbor_alltoallv_init", sendbuf, coll_narrow(sendcounts), coll_narrow(sdispls),
                     sendtype, recvbuf, coll_narrow(recvcounts), coll_narrow(rdispls), recvtype, comm,
                     coll_made(info, request));
}

#pragma weak MPI_Neighbor_alltoallv_init_c = PMPI_Neighbor_alltoallv_init_c
int PMPI_Neighbor_alltoallv_init_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                                   MPI_Datatype sendtype, void *recvbuf, const MPI_Count recvcounts[],
                                   const MPI_Aint rdispls[], MPI_Datatype recvtype, MPI_Comm comm, MPI_Info info,
                                   MPI_Request *request)
{
    return alltoallv("MPI_Neighbor_alltoallv_init_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtype,
                     recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtype, comm, coll_made(info, request));
}

#pragma weak MPI_Neighbor_alltoallw = PMPI_Neighbor_alltoallw
int PMPI_Neighbor_alltoallw(const void *sendbuf, const int sendcounts[], const MPI_Aint sdispls[],
                            const MPI_Datatype sendtypes[], void *recvbuf, const int recvcounts[],
                            const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm)
{
    return alltoallw("MPI_Neighbor_alltoallw", sendbuf, coll_narrow(sendcounts), coll_wide(sdispls), sendtypes,
                     recvbuf, coll_narrow(recvcounts), coll_wide(rdispls), recvtypes, comm, COLL_BLOCKING);
}

#pragma weak MPI_Neighbor_alltoallw_c = PMPI_Neighbor_alltoallw_c
int PMPI_Neighbor_alltoallw_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                              const MPI_Datatype sendtypes[], void *recvbuf, const MPI_Count recvcounts[],
                              const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm)
{
    return alltoallw("MPI_Neighbor_alltoallw_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtypes,
                     recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtypes, comm, COLL_BLOCKING);
}

#pragma weak MPI_Ineighbor_alltoallw = PMPI_Ineighbor_alltoallw
int PMPI_Ineighbor_alltoallw(const void *sendbuf, const int sendcounts[], const MPI_Aint sdispls[],
                             const MPI_Datatype sendtypes[], void *recvbuf, const int recvcounts[],
                             const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm,
                             MPI_Request *request)
{
    return alltoallw("MPI_Ineighbor_alltoallw", sendbuf, coll_narrow(sendcounts), coll_wide(sdispls), sendtypes,
                     recvbuf, coll_narrow(recvcounts), coll_wide(rdispls), recvtypes, comm, coll_started(request));
}

#pragma weak MPI_Ineighbor_alltoallw_c = PMPI_Ineighbor_alltoallw_c
int PMPI_Ineighbor_alltoallw_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                               const MPI_Datatype sendtypes[], void *recvbuf, const MPI_Count recvcounts[],
                               const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm,
                               MPI_Request *request)
{
    return alltoallw("MPI_Ineighbor_alltoallw_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls), sendtypes,
                     recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtypes, comm, coll_started(request));
}

#pragma weak MPI_Neighbor_alltoallw_init = PMPI_Neighbor_alltoallw_init
int PMPI_Neighbor_alltoallw_init(const void *sendbuf, const int sendcounts[], const MPI_Aint sdispls[],
                                 const MPI_Datatype sendtypes[], void *recvbuf, const int recvcounts[],
                                 const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm,
                                 MPI_Info info, MPI_Request *request)
{
    return alltoallw("MPI_Neighbor_alltoallw_init", sendbuf, coll_narrow(sendcounts), coll_wide(sdispls),
                     sendtypes, recvbuf, coll_narrow(recvcounts), coll_wide(rdispls), recvtypes, comm,
                     coll_made(info, request));
}

#pragma weak MPI_Neighbor_alltoallw_init_c = PMPI_Neighbor_alltoallw_init_c
int PMPI_Neighbor_alltoallw_init_c(const void *sendbuf, const MPI_Count sendcounts[], const MPI_Aint sdispls[],
                                   const MPI_Datatype sendtypes[], void *recvbuf, const MPI_Count recvcounts[],
                                   const MPI_Aint rdispls[], const MPI_Datatype recvtypes[], MPI_Comm comm,
                                   MPI_Info info, MPI_Request *request)
{
    return alltoallw("MPI_Neighbor_alltoallw_init_c", sendbuf, coll_wide(sendcounts), coll_wide(sdispls),
                     sendtypes, recvbuf, coll_wide(recvcounts), coll_wide(rdispls), recvtypes, comm,
                     coll_made(info, request));
}
