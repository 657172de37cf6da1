/* The life of a request between its start and its end, as the calls of request.c see it. */
#include "config.h"

#include "api/request.h"
#include "coll/coll.h"
#include "p2p/partitioned.h"

int request_check_slowly(const char *function, int count, const MPI_Request *requests)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    if (count < 0)
        return api_fail(NULL, function, MPI_ERR_ARG, "count is %d, and must not be negative", count);
    if (count && !requests)
        return api_fail(NULL, function, MPI_ERR_ARG, "the request is NULL; MPI_REQUEST_NULL is a value it may point to");
    for (int i = 0; i < count; i++)
        if (requests[i] != MPI_REQUEST_NULL && !request_of(requests[i]))
            return api_fail(NULL, function, MPI_ERR_REQUEST, "%p (number %d) is not a request: was it completed or freed?",
                            (void *)requests[i], i);
    return 0;
}

int request_look(struct request *r)
{
    p2p_look();
    return r && request_is_over(r);
}

int request_status(MPI_Status *status, struct request *r)
{
    if (__builtin_expect(r->kind == REQUEST_GENERALIZED, 0))
        return grequest_query(r, status);
    if (status != MPI_STATUS_IGNORE)
        status_set(status, r);
    return 0;
}

static int finish_generalized(MPI_Request *handle, struct request *r, MPI_Status *status)
{
    int asking = grequest_query(r, status);
    int ending = grequest_end(r);
    *handle = MPI_REQUEST_NULL;
    return ending ? ending : asking;
}

int request_finish_other(MPI_Request *handle, struct request *r, MPI_Status *status)
{
    if (r->kind == REQUEST_GENERALIZED)
        return finish_generalized(handle, r, status);
    if (status != MPI_STATUS_IGNORE)
        status_set(status, r);
    r->active = 0;
    return r->error;
}

int request_release(const char *function, struct request *r)
{
    if (r->kind == REQUEST_GENERALIZED) {
        int error = grequest_release(r);
        return error ? api_fail(r->comm, function, error, "free_fn has returned %d", error) : MPI_SUCCESS;
    }
    if (r->kind == REQUEST_PARTITIONED_SEND || r->kind == REQUEST_PARTITIONED_RECV) {
        partitioned_free(r);
        return MPI_SUCCESS;
    }
    if (r == &p2p_sent) /* everybody's: it stays as it is */
        return MPI_SUCCESS;
    if (r->kind == REQUEST_CREATION || (r->kind == REQUEST_COLLECTIVE && (!r->persistent || r->active)))
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "a collective operation cannot be freed, only completed");
    if (r->kind == REQUEST_COLLECTIVE) {
        coll_free(r);
        return MPI_SUCCESS;
    }
    if (r->persistent && !r->active)
        r->done = 1;
    r->persistent = 0; /* when it is over, it goes */
    p2p_release(r);
    return MPI_SUCCESS;
}

int request_cancel(const char *function, struct request *r)
{
    int error;
    if (r->persistent && !r->active)
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "the request is not started");
    switch (r->kind) {
    case REQUEST_RECV:
    case REQUEST_SEND:
        p2p_cancel(r);
        return MPI_SUCCESS;
    case REQUEST_GENERALIZED:
        error = grequest_cancel(r);
        return error ? api_fail(r->comm, function, error, "cancel_fn has returned %d", error) : MPI_SUCCESS;
    case REQUEST_CREATION:
    case REQUEST_COLLECTIVE:
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "a collective operation cannot be cancelled");
    case REQUEST_FLUSH:
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "flushing a buffer cannot be cancelled");
    default:
        return api_fail(r->comm, function, MPI_ERR_REQUEST, "a partitioned operation cannot be cancelled");
    }
}
