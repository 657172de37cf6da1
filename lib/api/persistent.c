/* Persistent requests: made once, started often. */
#include "config.h"

#include "api/request.h"
#include "coll/coll.h"
#include "p2p/partitioned.h"

/* ---- making ---- */

static int init(const char *function, enum request_kind kind, enum send_mode mode, const void *buf, MPI_Count count,
                MPI_Datatype datatype, int rank, int tag, MPI_Comm comm, MPI_Request *request)
{
    struct comm *c;
    struct cursor body;
    int rc;
    if ((rc = message_comm(function, comm, &c)) ||
        (rc = kind == REQUEST_RECV ? message_source(c, function, rank, tag) : message_dest(c, function, rank, tag)) ||
        (rc = message_buffer(c, function, buf, count, datatype, &body)) ||
        (rc = api_not_null(c, function, request, "request")))
        return rc;
    struct request *r = p2p_request(kind);
    if (!r)
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for a request");
    r->mode = (uint8_t)mode;
    r->persistent = 1;
    r->done = 1;
    r->comm = c;
    r->buffer = buf;
    request_hold_type(r, type_of(datatype));
    r->elements = (uint64_t)count;
    r->rank = rank;
    r->posted.tag = tag; /* r->tag becomes that of the message */
    list_init(&r->posted.link);
    list_init(&r->link);
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

#pragma weak MPI_Send_init = PMPI_Send_init
int PMPI_Send_init(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                   MPI_Request *request)
{
    return init("MPI_Send_init", REQUEST_SEND, SEND_STANDARD, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Send_init_c = PMPI_Send_init_c
int PMPI_Send_init_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                     MPI_Request *request)
{
    return init("MPI_Send_init_c", REQUEST_SEND, SEND_STANDARD, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Bsend_init = PMPI_Bsend_init
int PMPI_Bsend_init(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                    MPI_Request *request)
{
    return init("MPI_Bsend_init", REQUEST_SEND, SEND_BUFFERED, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Bsend_init_c = PMPI_Bsend_init_c
int PMPI_Bsend_init_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                      MPI_Request *request)
{
    return init("MPI_Bsend_init_c", REQUEST_SEND, SEND_BUFFERED, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Ssend_init = PMPI_Ssend_init
int PMPI_Ssend_init(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                    MPI_Request *request)
{
    return init("MPI_Ssend_init", REQUEST_SEND, SEND_SYNC, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Ssend_init_c = PMPI_Ssend_init_c
int PMPI_Ssend_init_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                      MPI_Request *request)
{
    return init("MPI_Ssend_init_c", REQUEST_SEND, SEND_SYNC, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Rsend_init = PMPI_Rsend_init
int PMPI_Rsend_init(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                    MPI_Request *request)
{
    return init("MPI_Rsend_init", REQUEST_SEND, SEND_READY, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Rsend_init_c = PMPI_Rsend_init_c
int PMPI_Rsend_init_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                      MPI_Request *request)
{
    return init("MPI_Rsend_init_c", REQUEST_SEND, SEND_READY, buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Recv_init = PMPI_Recv_init
int PMPI_Recv_init(void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                   MPI_Request *request)
{
    return init("MPI_Recv_init", REQUEST_RECV, SEND_STANDARD, buf, count, datatype, source, tag, comm, request);
}

#pragma weak MPI_Recv_init_c = PMPI_Recv_init_c
int PMPI_Recv_init_c(void *buf, MPI_Count count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                     MPI_Request *request)
{
    return init("MPI_Recv_init_c", REQUEST_RECV, SEND_STANDARD, buf, count, datatype, source, tag, comm, request);
}

/* ---- starting ---- */

/* number: in the array, for the sentence. */
static int check(const char *function, MPI_Request handle, int number)
{
    if (handle == MPI_REQUEST_NULL)
        return api_fail(NULL, function, MPI_ERR_REQUEST, "request number %d is MPI_REQUEST_NULL", number);
    const struct request *r = request_of(handle);
    if (!r->persistent)
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "request number %d is not persistent", number);
    if (r->active)
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "request number %d was started already, and is not waited for",
                        number);
    return 0;
}

static int start(const char *function, struct request *r)
{
    int rc;
    r->active = 1;
    if (r->kind == REQUEST_PARTITIONED_SEND || r->kind == REQUEST_PARTITIONED_RECV) {
        partitioned_start(r);
        return MPI_SUCCESS;
    }
    if (r->kind == REQUEST_COLLECTIVE) {
        coll_restart(r);
        return MPI_SUCCESS;
    }
    r->tag = r->posted.tag;
    type_cursor(&r->cursor, r->buffer, r->elements * r->type->size, r->type);
    if (r->kind == REQUEST_SEND && r->mode == SEND_BUFFERED) {
        r->source = MPI_ANY_SOURCE;
        rc = request_start_buffered(function, r->comm, &r->cursor, r->rank, r->tag);
        r->done = 1;
    } else {
        rc = r->kind == REQUEST_RECV ? p2p_start_recv(r) : p2p_start_send(r);
        if (rc)
            api_fail(r->comm, function, rc, "the operation could not be started");
    }
    if (rc)
        r->active = 0;
    return rc;
}

#pragma weak MPI_Start = PMPI_Start
int PMPI_Start(MPI_Request *request)
{
    int rc = request_check("MPI_Start", 1, request);
    if (rc || (rc = check("MPI_Start", *request, 0)))
        return rc;
    return start("MPI_Start", request_of(*request));
}

/* None is started when one of them cannot be. */
#pragma weak MPI_Startall = PMPI_Startall
int PMPI_Startall(int count, MPI_Request *requests)
{
    int rc = request_check("MPI_Startall", count, requests);
    for (int i = 0; !rc && i < count; i++)
        rc = check("MPI_Startall", requests[i], i);
    for (int i = 0; !rc && i < count; i++)
        if (!(rc = check("MPI_Startall", requests[i], i))) /* once more: one may be there twice */
            rc = start("MPI_Startall", request_of(requests[i]));
    return rc;
}
