/* Blocking and non-blocking sends. */
#include "config.h"

#include "api/message.h"

static inline __attribute__((always_inline)) int send(const char *function, const void *buffer, MPI_Count count,
                                                      MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                                                      enum send_mode mode)
{
    struct comm *c;
    struct cursor body;
    int rc;
    if ((rc = message_comm(function, comm, &c)) || (rc = message_dest(c, function, dest, tag)) ||
        (rc = message_buffer(c, function, buffer, count, datatype, &body)))
        return rc;
    rc = p2p_send(c, &body, dest, tag, mode);
    return __builtin_expect(rc, 0) ? api_fail(c, function, rc, "the message could not be sent") : MPI_SUCCESS;
}

#pragma weak MPI_Send = PMPI_Send
int PMPI_Send(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return send("MPI_Send", buf, count, datatype, dest, tag, comm, SEND_STANDARD);
}

#pragma weak MPI_Send_c = PMPI_Send_c
int PMPI_Send_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return send("MPI_Send_c", buf, count, datatype, dest, tag, comm, SEND_STANDARD);
}

#pragma weak MPI_Ssend = PMPI_Ssend
int PMPI_Ssend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return send("MPI_Ssend", buf, count, datatype, dest, tag, comm, SEND_SYNC);
}

#pragma weak MPI_Ssend_c = PMPI_Ssend_c
int PMPI_Ssend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return send("MPI_Ssend_c", buf, count, datatype, dest, tag, comm, SEND_SYNC);
}

#pragma weak MPI_Rsend = PMPI_Rsend
int PMPI_Rsend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return send("MPI_Rsend", buf, count, datatype, dest, tag, comm, SEND_READY);
}

#pragma weak MPI_Rsend_c = PMPI_Rsend_c
int PMPI_Rsend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return send("MPI_Rsend_c", buf, count, datatype, dest, tag, comm, SEND_READY);
}

static inline __attribute__((always_inline)) int isend(const char *function, const void *buffer, MPI_Count count,
                                                       MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                                                       enum send_mode mode, MPI_Request *request)
{
    struct comm *c;
    struct cursor body;
    struct request *r;
    int rc;
    if ((rc = message_comm(function, comm, &c)) || (rc = message_dest(c, function, dest, tag)) ||
        (rc = message_buffer(c, function, buffer, count, datatype, &body)) ||
        (rc = api_not_null(c, function, request, "request")))
        return rc;
    rc = p2p_isend(c, &body, dest, tag, mode, &r);
    if (__builtin_expect(rc, 0))
        return api_fail(c, function, rc, "the send could not be started");
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

#pragma weak MPI_Isend = PMPI_Isend
int PMPI_Isend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
               MPI_Request *request)
{
    return isend("MPI_Isend", buf, count, datatype, dest, tag, comm, SEND_STANDARD, request);
}

#pragma weak MPI_Isend_c = PMPI_Isend_c
int PMPI_Isend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                 MPI_Request *request)
{
    return isend("MPI_Isend_c", buf, count, datatype, dest, tag, comm, SEND_STANDARD, request);
}

#pragma weak MPI_Issend = PMPI_Issend
int PMPI_Issend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                MPI_Request *request)
{
    return isend("MPI_Issend", buf, count, datatype, dest, tag, comm, SEND_SYNC, request);
}

#pragma weak MPI_Issend_c = PMPI_Issend_c
int PMPI_Issend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                  MPI_Request *request)
{
    return isend("MPI_Issend_c", buf, count, datatype, dest, tag, comm, SEND_SYNC, request);
}

#pragma weak MPI_Irsend = PMPI_Irsend
int PMPI_Irsend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                MPI_Request *request)
{
    return isend("MPI_Irsend", buf, count, datatype, dest, tag, comm, SEND_READY, request);
}

#pragma weak MPI_Irsend_c = PMPI_Irsend_c
int PMPI_Irsend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                  MPI_Request *request)
{
    return isend("MPI_Irsend_c", buf, count, datatype, dest, tag, comm, SEND_READY, request);
}
