/* What the files of api/ that complete, start and free requests share. Kinds of requests that need more than p2p does
 * for them (persistent, generalized, partitioned) have their part in api/persistent.c, grequest.c and partitioned.c. */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include "api/message.h"

/* Handles given to a call: all are requests or MPI_REQUEST_NULL. 0, or the error. */
int request_check_slowly(const char *function, int count, const MPI_Request *requests);
static inline int request_check(const char *function, int count, const MPI_Request *requests)
{
    p2p_let_leave();
    if (__builtin_expect(count < 0 || (count && !requests) || !api_is_running(), 0))
        return request_check_slowly(function, count, requests);
    for (int i = 0; i < count; i++)
        if (requests[i] != MPI_REQUEST_NULL && !request_of(requests[i]))
            return request_check_slowly(function, count, requests);
    return 0;
}

/* The request behind a handle that has been checked and is not null. */
static inline struct request *request_at(MPI_Request handle)
{
    return (struct request *)handle;
}

/* Null, or persistent and not started: nothing to wait for. */
static inline int request_is_nothing(MPI_Request handle)
{
    if (handle == MPI_REQUEST_NULL)
        return 1;
    const struct request *r = request_at(handle);
    return r->persistent && !r->active;
}

static inline int request_is_over(const struct request *r)
{
    return atomic_load_explicit(&r->done, memory_order_acquire); /* D1 */
}

/* One round of progress; then: is it over? (NULL: of no special one) */
int request_look(struct request *r);

/* Of a request that is over: its status (or MPI_STATUS_IGNORE), and the error of asking for it; or status, handle and
 * the request itself, whose error comes back. */
int request_status(MPI_Status *status, struct request *r);
int request_finish_other(MPI_Request *handle, struct request *r, MPI_Status *status);
static inline int request_finish(MPI_Request *handle, struct request *r, MPI_Status *status)
{
    if (__builtin_expect(r->persistent || r->kind == REQUEST_GENERALIZED, 0))
        return request_finish_other(handle, r, status);
    int error = r->error;
    if (status != MPI_STATUS_IGNORE)
        status_set(status, r);
    p2p_release(r);
    *handle = MPI_REQUEST_NULL;
    return error;
}

/* The sentence about its error, through the handler of its communicator. */
int request_failed(const char *function, struct request *r, int error);

int request_release(const char *function, struct request *r); /* MPI_Request_free */
int request_cancel(const char *function, struct request *r);

/* buffer.c: a buffered send, over when this returns. */
int request_start_buffered(const char *function, struct comm *c, struct cursor *body, int dest, int tag);

/* grequest.c: the program's functions are called, and their errors come back. end: the request goes. */
int grequest_query(struct request *r, MPI_Status *status);
int grequest_end(struct request *r);
int grequest_release(struct request *r);
int grequest_cancel(struct request *r);

#endif
