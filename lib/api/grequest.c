/* Generalized requests: operations of the program's own that are waited for like any other. What they need is done by
 * functions of the program, called without the lock. */
#include "config.h"

#include "api/request.h"

#include <stdlib.h>

struct grequest {
    MPI_Grequest_query_function *query;
    MPI_Grequest_free_function *free;
    MPI_Grequest_cancel_function *cancel;
    void *state;
};

#pragma weak MPI_Grequest_start = PMPI_Grequest_start
int PMPI_Grequest_start(MPI_Grequest_query_function *query_fn, MPI_Grequest_free_function *free_fn,
                        MPI_Grequest_cancel_function *cancel_fn, void *extra_state, MPI_Request *request)
{
    int rc = api_running("MPI_Grequest_start");
    if (rc || (rc = api_not_null(NULL, "MPI_Grequest_start", request, "request")))
        return rc;
    struct grequest *g = malloc(sizeof *g);
    struct request *r = g ? p2p_request(REQUEST_GENERALIZED) : NULL;
    if (!r) {
        free(g);
        return api_fail(NULL, "MPI_Grequest_start", MPI_ERR_NO_MEM, "no memory for a request");
    }
    *g = (struct grequest){query_fn, free_fn, cancel_fn, extra_state};
    r->extra = g;
    r->comm = &comm_self; /* whose error handler hears of errors */
    r->rank = MPI_ANY_SOURCE;
    r->tag = MPI_ANY_TAG;
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

int grequest_query(struct request *r, MPI_Status *status)
{
    const struct grequest *g = r->extra;
    MPI_Status said;
    status_empty(&said);
    int error = g->query ? g->query(g->state, &said) : MPI_SUCCESS;
    if (status != MPI_STATUS_IGNORE) {
        said.MPI_ERROR = status->MPI_ERROR; /* only the calls that complete many write it */
        *status = said;
    }
    return error;
}

int grequest_end(struct request *r)
{
    struct grequest *g = r->extra;
    int error = g->free ? g->free(g->state) : MPI_SUCCESS;
    free(g);
    p2p_release(r);
    return error;
}

int grequest_release(struct request *r)
{
    return p2p_mark_freed(r) ? grequest_end(r) : MPI_SUCCESS;
}

int grequest_cancel(struct request *r)
{
    const struct grequest *g = r->extra;
    return g->cancel ? g->cancel(g->state, request_is_over(r)) : MPI_SUCCESS;
}

#pragma weak MPI_Grequest_complete = PMPI_Grequest_complete
int PMPI_Grequest_complete(MPI_Request request)
{
    static const char *const function = "MPI_Grequest_complete";
    int rc = request_check(function, 1, &request);
    if (rc)
        return rc;
    struct request *r = request_of(request);
    if (!r)
        return api_fail(NULL, function, MPI_ERR_REQUEST, "the request is MPI_REQUEST_NULL");
    if (r->kind != REQUEST_GENERALIZED)
        return api_fail(NULL, function, MPI_ERR_REQUEST, "the request is not one of MPI_Grequest_start");
    int freed = p2p_complete(r);
    if (freed < 0)
        return api_fail(NULL, function, MPI_ERR_REQUEST, "the request is complete already");
    rc = freed ? grequest_end(r) : MPI_SUCCESS;
    return rc ? api_fail(NULL, function, rc, "free_fn has returned %d", rc) : MPI_SUCCESS;
}
