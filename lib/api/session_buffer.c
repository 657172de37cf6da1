/* Buffers of sessions: for the buffered sends of communicators that are derived from one and have no buffer of their
 * own. Errors go to the session's handler. */
#include "config.h"

#include "api/session.h"
#include "p2p/buffer.h"

#include <limits.h>

static struct buffer_owner owner(const struct session *s)
{
    return (struct buffer_owner){NULL, s->number};
}

static int attach(const char *function, MPI_Session session, void *buffer, MPI_Count size)
{
    struct session *s;
    int rc = session_get(function, session, &s);
    if (rc || (rc = session_not_null(s, function, buffer, "buffer")))
        return rc;
    if (buffer != MPI_BUFFER_AUTOMATIC && size < 0)
        return session_fail(s, function, MPI_ERR_ARG, "size is %lld, and must not be negative", (long long)size);
    rc = buffer_attach(owner(s), buffer, (uint64_t)size);
    if (rc == MPI_ERR_BUFFER)
        return session_fail(s, function, rc, "the session has a buffer already, which must be detached first");
    return rc ? session_fail(s, function, rc, "no memory") : MPI_SUCCESS;
}

/* buffer_addr is the address of a pointer, declared as void * so that any pointer will do. */
static int detach(const char *function, MPI_Session session, void *buffer_addr, const void *size, uint64_t *bytes)
{
    struct session *s;
    void *memory;
    int rc = session_get(function, session, &s);
    if (rc || (rc = session_not_null(s, function, buffer_addr, "buffer_addr")) ||
        (rc = session_not_null(s, function, size, "size")))
        return rc;
    if (buffer_detach(function, owner(s), &memory, bytes))
        return session_fail(s, function, MPI_ERR_BUFFER, "the session has no buffer");
    *(void **)buffer_addr = memory;
    return MPI_SUCCESS;
}

#pragma weak MPI_Session_attach_buffer = PMPI_Session_attach_buffer
int PMPI_Session_attach_buffer(MPI_Session session, void *buffer, int size)
{
    return attach("MPI_Session_attach_buffer", session, buffer, size);
}

#pragma weak MPI_Session_attach_buffer_c = PMPI_Session_attach_buffer_c
int PMPI_Session_attach_buffer_c(MPI_Session session, void *buffer, MPI_Count size)
{
    return attach("MPI_Session_attach_buffer_c", session, buffer, size);
}

#pragma weak MPI_Session_detach_buffer = PMPI_Session_detach_buffer
int PMPI_Session_detach_buffer(MPI_Session session, void *buffer_addr, int *size)
{
    uint64_t bytes;
    int rc = detach("MPI_Session_detach_buffer", session, buffer_addr, size, &bytes);
    if (!rc)
        *size = bytes > INT_MAX ? MPI_UNDEFINED : (int)bytes;
    return rc;
}

#pragma weak MPI_Session_detach_buffer_c = PMPI_Session_detach_buffer_c
int PMPI_Session_detach_buffer_c(MPI_Session session, void *buffer_addr, MPI_Count *size)
{
    uint64_t bytes;
    int rc = detach("MPI_Session_detach_buffer_c", session, buffer_addr, size, &bytes);
    if (!rc)
        *size = (MPI_Count)bytes;
    return rc;
}

#pragma weak MPI_Session_flush_buffer = PMPI_Session_flush_buffer
int PMPI_Session_flush_buffer(MPI_Session session)
{
    struct session *s;
    int rc = session_get("MPI_Session_flush_buffer", session, &s);
    if (!rc)
        buffer_flush("MPI_Session_flush_buffer", owner(s));
    return rc;
}

#pragma weak MPI_Session_iflush_buffer = PMPI_Session_iflush_buffer
int PMPI_Session_iflush_buffer(MPI_Session session, MPI_Request *request)
{
    struct session *s;
    struct request *r;
    int rc = session_get("MPI_Session_iflush_buffer", session, &s);
    if (rc || (rc = session_not_null(s, "MPI_Session_iflush_buffer", request, "request")))
        return rc;
    rc = buffer_iflush(owner(s), &r);
    if (rc)
        return session_fail(s, "MPI_Session_iflush_buffer", rc, "no memory for a request");
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}
