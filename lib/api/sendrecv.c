/* Sending and receiving in one call. */
#include "config.h"

#include "api/message.h"

/* Communicator, places and tags of both sides. */
static inline int check(const char *function, MPI_Comm comm, int dest, int sendtag, int source, int recvtag,
                        struct comm **c)
{
    int rc;
    if ((rc = message_comm(function, comm, c)) || (rc = message_dest(*c, function, dest, sendtag)))
        return rc;
    return message_source(*c, function, source, recvtag);
}

static int run(const char *function, struct comm *c, struct cursor *out, int dest, int sendtag, struct cursor *in,
               int source, int recvtag, int same, MPI_Status *status)
{
    struct request r;
    r.cursor = *in;
    int rc = p2p_sendrecv(function, c, out, dest, sendtag, &r, source, recvtag, same);
    if (__builtin_expect(rc, 0))
        return api_fail(c, function, rc, "the message could not be sent");
    if (status != MPI_STATUS_IGNORE)
        status_set(status, &r);
    return __builtin_expect(r.error, 0) ? message_failed(c, function, r.error, &r) : MPI_SUCCESS;
}

static int start(const char *function, struct comm *c, struct cursor *out, int dest, int sendtag, struct cursor *in,
                 int source, int recvtag, int same, MPI_Request *request)
{
    struct request *r;
    int rc = api_not_null(c, function, request, "request");
    if (rc)
        return rc;
    rc = p2p_isendrecv(c, out, dest, sendtag, in, source, recvtag, same, &r);
    if (__builtin_expect(rc, 0))
        return api_fail(c, function, rc, "the operation could not be started");
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

static int sendrecv(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, int dest,
                    int sendtag, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int source, int recvtag,
                    MPI_Comm comm, MPI_Status *status)
{
    struct comm *c;
    struct cursor out, in;
    int rc;
    if ((rc = check(function, comm, dest, sendtag, source, recvtag, &c)) ||
        (rc = message_buffer(c, function, sendbuf, sendcount, sendtype, &out)) ||
        (rc = message_buffer(c, function, recvbuf, recvcount, recvtype, &in)))
        return rc;
    return run(function, c, &out, dest, sendtag, &in, source, recvtag, 0, status);
}

#pragma weak MPI_Sendrecv = PMPI_Sendrecv
int PMPI_Sendrecv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, int dest, int sendtag, void *recvbuf,
                  int recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm, MPI_Status *status)
{
    return sendrecv("MPI_Sendrecv", sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source,
                    recvtag, comm, status);
}

#pragma weak MPI_Sendrecv_c = PMPI_Sendrecv_c
int PMPI_Sendrecv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, int dest, int sendtag,
                    void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm,
                    MPI_Status *status)
{
    return sendrecv("MPI_Sendrecv_c", sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source,
                    recvtag, comm, status);
}

static int sendrecv_replace(const char *function, void *buf, MPI_Count count, MPI_Datatype datatype, int dest,
                            int sendtag, int source, int recvtag, MPI_Comm comm, MPI_Status *status)
{
    struct comm *c;
    struct cursor body;
    int rc;
    if ((rc = check(function, comm, dest, sendtag, source, recvtag, &c)) ||
        (rc = message_buffer(c, function, buf, count, datatype, &body)))
        return rc;
    struct cursor in = body;
    return run(function, c, &body, dest, sendtag, &in, source, recvtag, 1, status);
}

#pragma weak MPI_Sendrecv_replace = PMPI_Sendrecv_replace
int PMPI_Sendrecv_replace(void *buf, int count, MPI_Datatype datatype, int dest, int sendtag, int source, int recvtag,
                          MPI_Comm comm, MPI_Status *status)
{
    return sendrecv_replace("MPI_Sendrecv_replace", buf, count, datatype, dest, sendtag, source, recvtag, comm, status);
}

#pragma weak MPI_Sendrecv_replace_c = PMPI_Sendrecv_replace_c
int PMPI_Sendrecv_replace_c(void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int sendtag, int source,
                            int recvtag, MPI_Comm comm, MPI_Status *status)
{
    return sendrecv_replace("MPI_Sendrecv_replace_c", buf, count, datatype, dest, sendtag, source, recvtag, comm, status);
}

static int isendrecv(const char *function, const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, int dest,
                     int sendtag, void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int source, int recvtag,
                     MPI_Comm comm, MPI_Request *request)
{
    struct comm *c;
    struct cursor out, in;
    int rc;
    if ((rc = check(function, comm, dest, sendtag, source, recvtag, &c)) ||
        (rc = message_buffer(c, function, sendbuf, sendcount, sendtype, &out)) ||
        (rc = message_buffer(c, function, recvbuf, recvcount, recvtype, &in)))
        return rc;
    return start(function, c, &out, dest, sendtag, &in, source, recvtag, 0, request);
}

#pragma weak MPI_Isendrecv = PMPI_Isendrecv
int PMPI_Isendrecv(const void *sendbuf, int sendcount, MPI_Datatype sendtype, int dest, int sendtag, void *recvbuf,
                   int recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm, MPI_Request *request)
{
    return isendrecv("MPI_Isendrecv", sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source,
                     recvtag, comm, request);
}

#pragma weak MPI_Isendrecv_c = PMPI_Isendrecv_c
int PMPI_Isendrecv_c(const void *sendbuf, MPI_Count sendcount, MPI_Datatype sendtype, int dest, int sendtag,
                     void *recvbuf, MPI_Count recvcount, MPI_Datatype recvtype, int source, int recvtag, MPI_Comm comm,
                     MPI_Request *request)
{
    return isendrecv("MPI_Isendrecv_c", sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype,
                     source, recvtag, comm, request);
}

static int isendrecv_replace(const char *function, void *buf, MPI_Count count, MPI_Datatype datatype, int dest,
                             int sendtag, int source, int recvtag, MPI_Comm comm, MPI_Request *request)
{
    struct comm *c;
    struct cursor body;
    int rc;
    if ((rc = check(function, comm, dest, sendtag, source, recvtag, &c)) ||
        (rc = message_buffer(c, function, buf, count, datatype, &body)))
        return rc;
    struct cursor in = body;
    return start(function, c, &body, dest, sendtag, &in, source, recvtag, 1, request);
}

#pragma weak MPI_Isendrecv_replace = PMPI_Isendrecv_replace
int PMPI_Isendrecv_replace(void *buf, int count, MPI_Datatype datatype, int dest, int sendtag, int source, int recvtag,
                           MPI_Comm comm, MPI_Request *request)
{
    return isendrecv_replace("MPI_Isendrecv_replace", buf, count, datatype, dest, sendtag, source, recvtag, comm,
                             request);
}

#pragma weak MPI_Isendrecv_replace_c = PMPI_Isendrecv_replace_c
int PMPI_Isendrecv_replace_c(void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int sendtag, int source,
                             int recvtag, MPI_Comm comm, MPI_Request *request)
{
    return isendrecv_replace("MPI_Isendrecv_replace_c", buf, count, datatype, dest, sendtag, source, recvtag, comm,
                             request);
}
