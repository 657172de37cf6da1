/* Probing for messages, and receiving those that a matching probe has taken. */
#include "config.h"

#include "api/request.h"

static void no_message(MPI_Status *status)
{
    struct request r = {.source = MPI_PROC_NULL, .tag = MPI_ANY_TAG};
    if (status != MPI_STATUS_IGNORE)
        status_set(status, &r);
}

/* All four forms. flag NULL: wait; message NULL: leave it where it is. */
static int probe(const char *function, int source, int tag, MPI_Comm comm, int *flag, MPI_Message *message,
                 MPI_Status *status)
{
    struct comm *c;
    int rc, here = 1;
    if ((rc = message_comm(function, comm, &c)) || (rc = message_source(c, function, source, tag)))
        return rc;
    if (source == MPI_PROC_NULL) {
        no_message(status);
        if (message)
            *message = MPI_MESSAGE_NO_PROC;
    } else {
        struct message *m = flag ? p2p_probe_now(c, source, tag, message != NULL, status)
                                 : p2p_probe_wait(function, c, source, tag, message != NULL, status);
        here = m != NULL;
        if (message && here)
            *message = (MPI_Message)m;
    }
    if (flag)
        *flag = here;
    return MPI_SUCCESS;
}

#pragma weak MPI_Probe = PMPI_Probe
int PMPI_Probe(int source, int tag, MPI_Comm comm, MPI_Status *status)
{
    return probe("MPI_Probe", source, tag, comm, NULL, NULL, status);
}

#pragma weak MPI_Iprobe = PMPI_Iprobe
int PMPI_Iprobe(int source, int tag, MPI_Comm comm, int *flag, MPI_Status *status)
{
    int rc = api_not_null(NULL, "MPI_Iprobe", flag, "flag");
    return rc ? rc : probe("MPI_Iprobe", source, tag, comm, flag, NULL, status);
}

#pragma weak MPI_Mprobe = PMPI_Mprobe
int PMPI_Mprobe(int source, int tag, MPI_Comm comm, MPI_Message *message, MPI_Status *status)
{
    int rc = api_not_null(NULL, "MPI_Mprobe", message, "message");
    return rc ? rc : probe("MPI_Mprobe", source, tag, comm, NULL, message, status);
}

#pragma weak MPI_Improbe = PMPI_Improbe
int PMPI_Improbe(int source, int tag, MPI_Comm comm, int *flag, MPI_Message *message, MPI_Status *status)
{
    int rc = api_not_null(NULL, "MPI_Improbe", flag, "flag");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Improbe", message, "message");
    return rc ? rc : probe("MPI_Improbe", source, tag, comm, flag, message, status);
}

/* The message behind a handle; *m NULL: MPI_MESSAGE_NO_PROC. */
static int message_at(const char *function, MPI_Message *handle, struct message **m)
{
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, handle, "message")))
        return rc;
    *m = NULL;
    if (*handle == MPI_MESSAGE_NO_PROC || (*m = message_of(*handle)))
        return 0;
    return api_fail(NULL, function, MPI_ERR_REQUEST, *handle == MPI_MESSAGE_NULL
                                                         ? "the message is MPI_MESSAGE_NULL"
                                                         : "it is not a message: was it received already?");
}

static int start(const char *function, void *buffer, MPI_Count count, MPI_Datatype datatype, MPI_Message *message,
                 struct request *r)
{
    struct message *m;
    int rc = message_at(function, message, &m);
    struct comm *c = &comm_self;
    if (rc)
        return rc;
    if (m)
        c = p2p_message_comm(m);
    if ((rc = message_buffer(c, function, buffer, count, datatype, &r->cursor)))
        return rc;
    *message = MPI_MESSAGE_NULL;
    r->comm = c;
    r->rank = MPI_PROC_NULL;
    r->tag = MPI_ANY_TAG;
    return m ? p2p_start_mrecv(r, m) : p2p_start_recv(r);
}

/* From the pool also where the call waits for it: the communicator may have been freed, and lives as long as a request
 * names it. */
static int start_new(const char *function, void *buffer, MPI_Count count, MPI_Datatype datatype, MPI_Message *message,
                     struct request **out)
{
    struct request *r = p2p_request(REQUEST_RECV);
    if (!r)
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for a request");
    int rc = start(function, buffer, count, datatype, message, r);
    if (rc) {
        r->done = 1;
        p2p_release(r);
        return rc;
    }
    request_hold_layout(r);
    *out = r;
    return 0;
}

static int mrecv(const char *function, void *buffer, MPI_Count count, MPI_Datatype datatype, MPI_Message *message,
                 MPI_Status *status)
{
    struct request *r;
    int rc = start_new(function, buffer, count, datatype, message, &r);
    if (rc)
        return rc;
    p2p_await_request(r, function);
    if (status != MPI_STATUS_IGNORE)
        status_set(status, r);
    rc = r->error ? message_failed(r->comm, function, r->error, r) : MPI_SUCCESS;
    p2p_release(r);
    return rc;
}

#pragma weak MPI_Mrecv = PMPI_Mrecv
int PMPI_Mrecv(void *buf, int count, MPI_Datatype datatype, MPI_Message *message, MPI_Status *status)
{
    return mrecv("MPI_Mrecv", buf, count, datatype, message, status);
}

#pragma weak MPI_Mrecv_c = PMPI_Mrecv_c
int PMPI_Mrecv_c(void *buf, MPI_Count count, MPI_Datatype datatype, MPI_Message *message, MPI_Status *status)
{
    return mrecv("MPI_Mrecv_c", buf, count, datatype, message, status);
}

static int imrecv(const char *function, void *buffer, MPI_Count count, MPI_Datatype datatype, MPI_Message *message,
                  MPI_Request *request)
{
    struct request *r;
    int rc = api_not_null(NULL, function, request, "request");
    if (!rc)
        rc = start_new(function, buffer, count, datatype, message, &r);
    if (!rc)
        *request = (MPI_Request)r;
    return rc;
}

#pragma weak MPI_Imrecv = PMPI_Imrecv
int PMPI_Imrecv(void *buf, int count, MPI_Datatype datatype, MPI_Message *message, MPI_Request *request)
{
    return imrecv("MPI_Imrecv", buf, count, datatype, message, request);
}

#pragma weak MPI_Imrecv_c = PMPI_Imrecv_c
int PMPI_Imrecv_c(void *buf, MPI_Count count, MPI_Datatype datatype, MPI_Message *message, MPI_Request *request)
{
    return imrecv("MPI_Imrecv_c", buf, count, datatype, message, request);
}
