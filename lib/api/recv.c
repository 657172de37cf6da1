/* Blocking and non-blocking receives. */
#include "config.h"

#include "api/message.h"

static inline __attribute__((always_inline)) int recv(const char *function, void *buffer, MPI_Count count,
                                                      MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                                                      MPI_Status *status)
{
    struct comm *c;
    struct request r;
    int rc;
    if ((rc = message_comm(function, comm, &c)) || (rc = message_source(c, function, source, tag)) ||
        (rc = message_buffer(c, function, buffer, count, datatype, &r.cursor)))
        return rc;
    rc = p2p_recv(c, &r, source, tag, status);
    return __builtin_expect(rc, 0) ? message_failed(c, function, rc, &r) : MPI_SUCCESS;
}

#pragma weak MPI_Recv = PMPI_Recv
int PMPI_Recv(void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Status *status)
{
    return recv("MPI_Recv", buf, count, datatype, source, tag, comm, status);
}

#pragma weak MPI_Recv_c = PMPI_Recv_c
int PMPI_Recv_c(void *buf, MPI_Count count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                MPI_Status *status)
{
    return recv("MPI_Recv_c", buf, count, datatype, source, tag, comm, status);
}

static inline int irecv(const char *function, void *buffer, MPI_Count count, MPI_Datatype datatype, int source,
                        int tag, MPI_Comm comm, MPI_Request *request)
{
    struct comm *c;
    struct cursor body;
    struct request *r;
    int rc;
    if ((rc = message_comm(function, comm, &c)) || (rc = message_source(c, function, source, tag)) ||
        (rc = message_buffer(c, function, buffer, count, datatype, &body)) ||
        (rc = api_not_null(c, function, request, "request")))
        return rc;
    rc = p2p_irecv(c, &body, source, tag, &r);
    if (__builtin_expect(rc, 0))
        return api_fail(c, function, rc, "the receive could not be started");
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

#pragma weak MPI_Irecv = PMPI_Irecv
int PMPI_Irecv(void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm, MPI_Request *request)
{
    return irecv("MPI_Irecv", buf, count, datatype, source, tag, comm, request);
}

#pragma weak MPI_Irecv_c = PMPI_Irecv_c
int PMPI_Irecv_c(void *buf, MPI_Count count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                 MPI_Request *request)
{
    return irecv("MPI_Irecv_c", buf, count, datatype, source, tag, comm, request);
}
