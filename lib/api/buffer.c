/* Buffered sends, and the buffers that programs attach for them. Those of sessions are in session_buffer.c. */
#include "config.h"

#include "api/request.h"
#include "p2p/buffer.h"

#include <limits.h>

/* ---- buffers; c NULL: the process's ---- */

static const char *owner(const struct comm *c)
{
    return c ? comm_name(c) : "this process";
}

static int attach(const char *function, struct comm *c, void *buffer, MPI_Count size)
{
    int rc = api_not_null(c, function, buffer, "buffer");
    if (rc)
        return rc;
    if (buffer != MPI_BUFFER_AUTOMATIC && size < 0)
        return api_fail(c, function, MPI_ERR_ARG, "size is %lld, and must not be negative", (long long)size);
    rc = buffer_attach((struct buffer_owner){c, 0}, buffer, (uint64_t)size);
    if (rc == MPI_ERR_BUFFER)
        return api_fail(c, function, rc, "%s has a buffer already, which must be detached first", owner(c));
    return rc ? api_fail(c, function, rc, "no memory") : MPI_SUCCESS;
}

/* buffer_addr is the address of a pointer, declared as void * so that any pointer will do. */
static int detach(const char *function, struct comm *c, void *buffer_addr, const void *size, uint64_t *bytes)
{
    void *memory;
    int rc = api_not_null(c, function, buffer_addr, "buffer_addr");
    if (rc || (rc = api_not_null(c, function, size, "size")))
        return rc;
    if (buffer_detach(function, (struct buffer_owner){c, 0}, &memory, bytes))
        return api_fail(c, function, MPI_ERR_BUFFER, "%s has no buffer", owner(c));
    *(void **)buffer_addr = memory;
    return MPI_SUCCESS;
}

static int detach_narrow(const char *function, struct comm *c, void *buffer_addr, int *size)
{
    uint64_t bytes;
    int rc = detach(function, c, buffer_addr, size, &bytes);
    if (!rc)
        *size = bytes > INT_MAX ? MPI_UNDEFINED : (int)bytes;
    return rc;
}

static int detach_wide(const char *function, struct comm *c, void *buffer_addr, MPI_Count *size)
{
    uint64_t bytes;
    int rc = detach(function, c, buffer_addr, size, &bytes);
    if (!rc)
        *size = (MPI_Count)bytes;
    return rc;
}

static int iflush(const char *function, struct comm *c, MPI_Request *request)
{
    struct request *r;
    int rc = api_not_null(c, function, request, "request");
    if (rc)
        return rc;
    rc = buffer_iflush((struct buffer_owner){c, 0}, &r);
    if (rc)
        return api_fail(c, function, rc, "no memory for a request");
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

#pragma weak MPI_Buffer_attach = PMPI_Buffer_attach
int PMPI_Buffer_attach(void *buffer, int size)
{
    int rc = api_running("MPI_Buffer_attach");
    return rc ? rc : attach("MPI_Buffer_attach", NULL, buffer, size);
}

#pragma weak MPI_Buffer_attach_c = PMPI_Buffer_attach_c
int PMPI_Buffer_attach_c(void *buffer, MPI_Count size)
{
    int rc = api_running("MPI_Buffer_attach_c");
    return rc ? rc : attach("MPI_Buffer_attach_c", NULL, buffer, size);
}

#pragma weak MPI_Buffer_detach = PMPI_Buffer_detach
int PMPI_Buffer_detach(void *buffer_addr, int *size)
{
    int rc = api_running("MPI_Buffer_detach");
    return rc ? rc : detach_narrow("MPI_Buffer_detach", NULL, buffer_addr, size);
}

#pragma weak MPI_Buffer_detach_c = PMPI_Buffer_detach_c
int PMPI_Buffer_detach_c(void *buffer_addr, MPI_Count *size)
{
    int rc = api_running("MPI_Buffer_detach_c");
    return rc ? rc : detach_wide("MPI_Buffer_detach_c", NULL, buffer_addr, size);
}

#pragma weak MPI_Buffer_flush = PMPI_Buffer_flush
int PMPI_Buffer_flush(void)
{
    int rc = api_running("MPI_Buffer_flush");
    if (!rc)
        buffer_flush("MPI_Buffer_flush", (struct buffer_owner){NULL, 0});
    return rc;
}

#pragma weak MPI_Buffer_iflush = PMPI_Buffer_iflush
int PMPI_Buffer_iflush(MPI_Request *request)
{
    int rc = api_running("MPI_Buffer_iflush");
    return rc ? rc : iflush("MPI_Buffer_iflush", NULL, request);
}

#pragma weak MPI_Comm_attach_buffer = PMPI_Comm_attach_buffer
int PMPI_Comm_attach_buffer(MPI_Comm comm, void *buffer, int size)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_attach_buffer", comm, &c);
    return rc ? rc : attach("MPI_Comm_attach_buffer", c, buffer, size);
}

#pragma weak MPI_Comm_attach_buffer_c = PMPI_Comm_attach_buffer_c
int PMPI_Comm_attach_buffer_c(MPI_Comm comm, void *buffer, MPI_Count size)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_attach_buffer_c", comm, &c);
    return rc ? rc : attach("MPI_Comm_attach_buffer_c", c, buffer, size);
}

#pragma weak MPI_Comm_detach_buffer = PMPI_Comm_detach_buffer
int PMPI_Comm_detach_buffer(MPI_Comm comm, void *buffer_addr, int *size)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_detach_buffer", comm, &c);
    return rc ? rc : detach_narrow("MPI_Comm_detach_buffer", c, buffer_addr, size);
}

#pragma weak MPI_Comm_detach_buffer_c = PMPI_Comm_detach_buffer_c
int PMPI_Comm_detach_buffer_c(MPI_Comm comm, void *buffer_addr, MPI_Count *size)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_detach_buffer_c", comm, &c);
    return rc ? rc : detach_wide("MPI_Comm_detach_buffer_c", c, buffer_addr, size);
}

#pragma weak MPI_Comm_flush_buffer = PMPI_Comm_flush_buffer
int PMPI_Comm_flush_buffer(MPI_Comm comm)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_flush_buffer", comm, &c);
    if (!rc)
        buffer_flush("MPI_Comm_flush_buffer", (struct buffer_owner){c, 0});
    return rc;
}

#pragma weak MPI_Comm_iflush_buffer = PMPI_Comm_iflush_buffer
int PMPI_Comm_iflush_buffer(MPI_Comm comm, MPI_Request *request)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_iflush_buffer", comm, &c);
    return rc ? rc : iflush("MPI_Comm_iflush_buffer", c, request);
}

/* ---- sends ---- */

int request_start_buffered(const char *function, struct comm *c, struct cursor *body, int dest, int tag)
{
    struct words why;
    int rc = buffer_send(c, body, dest, tag, &why);
    return __builtin_expect(rc, 0) ? api_fail(c, function, rc, "%s", why.s) : MPI_SUCCESS;
}

/* Both are over when they return; a request shows the same. */
static int bsend(const char *function, const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag,
                 MPI_Comm comm)
{
    struct comm *c;
    struct cursor body;
    int rc;
    if ((rc = message_comm(function, comm, &c)) || (rc = message_dest(c, function, dest, tag)) ||
        (rc = message_buffer(c, function, buf, count, datatype, &body)))
        return rc;
    return request_start_buffered(function, c, &body, dest, tag);
}

static int ibsend(const char *function, const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag,
                  MPI_Comm comm, MPI_Request *request)
{
    int rc = api_running(function);
    if (rc || (rc = api_not_null(comm_of(comm), function, request, "request")))
        return rc;
    rc = bsend(function, buf, count, datatype, dest, tag, comm);
    if (!rc)
        *request = (MPI_Request)&p2p_sent;
    return rc;
}

#pragma weak MPI_Bsend = PMPI_Bsend
int PMPI_Bsend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return bsend("MPI_Bsend", buf, count, datatype, dest, tag, comm);
}

#pragma weak MPI_Bsend_c = PMPI_Bsend_c
int PMPI_Bsend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm)
{
    return bsend("MPI_Bsend_c", buf, count, datatype, dest, tag, comm);
}

#pragma weak MPI_Ibsend = PMPI_Ibsend
int PMPI_Ibsend(const void *buf, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                MPI_Request *request)
{
    return ibsend("MPI_Ibsend", buf, count, datatype, dest, tag, comm, request);
}

#pragma weak MPI_Ibsend_c = PMPI_Ibsend_c
int PMPI_Ibsend_c(const void *buf, MPI_Count count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                  MPI_Request *request)
{
    return ibsend("MPI_Ibsend_c", buf, count, datatype, dest, tag, comm, request);
}
