/* Completion: wait and test of one, all, any and some requests; their status, their cancelling and freeing. */
#include "config.h"

#include "api/request.h"
#include "obj/errclass.h"

static int no_request(MPI_Status *status)
{
    if (status != MPI_STATUS_IGNORE)
        status_empty(status);
    return MPI_SUCCESS;
}

int request_failed(const char *function, struct request *r, int error)
{
    struct request copy = *r; /* the handler may start others */
    return message_failed(copy.comm, function, error, &copy);
}

/* Of one request: the error goes through the handler of its communicator. */
static int finish_one(const char *function, MPI_Request *handle, struct request *r, MPI_Status *status)
{
    struct request before;
    if (__builtin_expect(r->error || r->kind == REQUEST_GENERALIZED, 0))
        before = *r;
    int error = request_finish(handle, r, status);
    return __builtin_expect(error, 0) ? request_failed(function, &before, error) : MPI_SUCCESS;
}

#pragma weak MPI_Wait = PMPI_Wait
int PMPI_Wait(MPI_Request *request, MPI_Status *status)
{
    struct request *r;
    int rc = request_check("MPI_Wait", 1, request);
    if (rc)
        return rc;
    if (request_is_nothing(*request))
        return no_request(status);
    r = request_at(*request);
    if (!request_is_over(r))
        p2p_await_request(r, "MPI_Wait");
    return finish_one("MPI_Wait", request, r, status);
}

#pragma weak MPI_Test = PMPI_Test
int PMPI_Test(MPI_Request *request, int *flag, MPI_Status *status)
{
    int rc = request_check("MPI_Test", 1, request);
    if (rc || (rc = api_not_null(NULL, "MPI_Test", flag, "flag")))
        return rc;
    *flag = 1;
    if (request_is_nothing(*request))
        return no_request(status);
    struct request *r = request_at(*request);
    if (request_is_over(r) || request_look(r))
        return finish_one("MPI_Test", request, r, status);
    *flag = 0;
    return MPI_SUCCESS;
}

/* ---- all ---- */

struct many {
    int count, next;
    MPI_Request *requests;
};

static int all_over(void *arg)
{
    struct many *a = arg;
    for (; a->next < a->count; a->next++)
        if (!request_is_nothing(a->requests[a->next]) && !request_is_over(request_at(a->requests[a->next])))
            return 0;
    return 1;
}

/* What has gone wrong among many. */
struct failures {
    int count, first, error; /* first: its place */
    struct comm *comm;
    struct words words; /* of the first */
};

/* Completes one that may fail. */
static __attribute__((noinline)) void finish_suspect(struct failures *f, int i, MPI_Request *handle, MPI_Status *status)
{
    struct request *r = request_at(*handle), before = *r;
    int error = request_finish(handle, r, status);
    if (status != MPI_STATUS_IGNORE)
        status->MPI_ERROR = error;
    if (error && !f->count++) {
        f->first = i;
        f->error = error;
        f->comm = before.comm;
        message_failure(&f->words, error, &before);
    }
}

/* Completes one of many, whose handle is at place i. */
static inline void finish_one_of(struct failures *f, int i, MPI_Request *handle, MPI_Status *status)
{
    struct request *r = request_at(*handle);
    if (__builtin_expect(r->error || r->kind == REQUEST_GENERALIZED, 0)) {
        finish_suspect(f, i, handle, status);
        return;
    }
    request_finish(handle, r, status);
    if (status != MPI_STATUS_IGNORE)
        status->MPI_ERROR = MPI_SUCCESS;
}

static int tell_failures(const char *function, const struct failures *f, int of)
{
    if (__builtin_expect(!f->count, 1))
        return MPI_SUCCESS;
    return api_fail(f->comm, function, MPI_ERR_IN_STATUS, "%d of %d operations failed; the first is number %d: %s (%s)",
                    f->count, of, f->first, f->words.s, errclass_name(f->error));
}

static int finish_all(const char *function, int count, MPI_Request *requests, MPI_Status *statuses)
{
    struct failures failures;
    failures.count = 0;
    for (int i = 0; i < count; i++) {
        MPI_Status *status = statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : &statuses[i];
        if (request_is_nothing(requests[i]))
            no_request(status);
        else
            finish_one_of(&failures, i, &requests[i], status);
    }
    return tell_failures(function, &failures, count);
}

#pragma weak MPI_Waitall = PMPI_Waitall
int PMPI_Waitall(int count, MPI_Request *requests, MPI_Status *statuses)
{
    int rc = request_check("MPI_Waitall", count, requests);
    struct many all = {count, 0, requests};
    if (rc)
        return rc;
    if (!all_over(&all))
        p2p_await(all_over, &all, "MPI_Waitall", request_at(requests[all.next]));
    return finish_all("MPI_Waitall", count, requests, statuses);
}

#pragma weak MPI_Testall = PMPI_Testall
int PMPI_Testall(int count, MPI_Request *requests, int *flag, MPI_Status *statuses)
{
    int rc = request_check("MPI_Testall", count, requests);
    struct many all = {count, 0, requests};
    if (rc || (rc = api_not_null(NULL, "MPI_Testall", flag, "flag")))
        return rc;
    *flag = all_over(&all) || (request_look(NULL), all_over(&all));
    return *flag ? finish_all("MPI_Testall", count, requests, statuses) : MPI_SUCCESS;
}

/* ---- any ---- */

/* The first that is over; count: none is; -1: there is none to wait for. */
static int find_any(int count, const MPI_Request *requests)
{
    int active = 0;
    for (int i = 0; i < count; i++)
        if (!request_is_nothing(requests[i])) {
            if (request_is_over(request_at(requests[i])))
                return i;
            active = 1;
        }
    return active ? count : -1;
}

/* When none is over: the first of them. */
static const struct request *first_open(int count, const MPI_Request *requests)
{
    for (int i = 0; i < count; i++)
        if (!request_is_nothing(requests[i]))
            return request_at(requests[i]);
    return NULL;
}

static int any_over(void *arg)
{
    struct many *a = arg;
    a->next = find_any(a->count, a->requests);
    return a->next < a->count;
}

static int finish_any(const char *function, struct many *a, int *index, MPI_Status *status)
{
    if (a->next < 0) {
        *index = MPI_UNDEFINED;
        return no_request(status);
    }
    *index = a->next;
    return finish_one(function, &a->requests[a->next], request_at(a->requests[a->next]), status);
}

#pragma weak MPI_Waitany = PMPI_Waitany
int PMPI_Waitany(int count, MPI_Request *requests, int *index, MPI_Status *status)
{
    int rc = request_check("MPI_Waitany", count, requests);
    struct many any = {count, 0, requests};
    if (rc || (rc = api_not_null(NULL, "MPI_Waitany", index, "index")))
        return rc;
    if (!any_over(&any))
        p2p_await(any_over, &any, "MPI_Waitany", first_open(count, requests));
    return finish_any("MPI_Waitany", &any, index, status);
}

#pragma weak MPI_Testany = PMPI_Testany
int PMPI_Testany(int count, MPI_Request *requests, int *index, int *flag, MPI_Status *status)
{
    int rc = request_check("MPI_Testany", count, requests);
    struct many any = {count, 0, requests};
    if (rc || (rc = api_not_null(NULL, "MPI_Testany", index, "index")) ||
        (rc = api_not_null(NULL, "MPI_Testany", flag, "flag")))
        return rc;
    *flag = any_over(&any) || (request_look(NULL), any_over(&any));
    if (*flag)
        return finish_any("MPI_Testany", &any, index, status);
    *index = MPI_UNDEFINED;
    return MPI_SUCCESS;
}

/* ---- some ---- */

static int finish_some(const char *function, int count, MPI_Request *requests, int *outcount, int *indices,
                       MPI_Status *statuses)
{
    int n = 0, active = 0;
    struct failures failures;
    failures.count = 0;
    for (int i = 0; i < count; i++) {
        if (request_is_nothing(requests[i]))
            continue;
        active = 1;
        if (!request_is_over(request_at(requests[i])))
            continue;
        finish_one_of(&failures, i, &requests[i], statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : &statuses[n]);
        indices[n++] = i;
    }
    *outcount = active ? n : MPI_UNDEFINED;
    return tell_failures(function, &failures, n);
}

static int check_some(const char *function, int count, MPI_Request *requests, int *outcount, int *indices)
{
    int rc = request_check(function, count, requests);
    if (!rc)
        rc = api_not_null(NULL, function, outcount, "outcount");
    if (!rc && count)
        rc = api_not_null(NULL, function, indices, "array_of_indices");
    return rc;
}

#pragma weak MPI_Waitsome = PMPI_Waitsome
int PMPI_Waitsome(int incount, MPI_Request *requests, int *outcount, int *indices, MPI_Status *statuses)
{
    int rc = check_some("MPI_Waitsome", incount, requests, outcount, indices);
    struct many any = {incount, 0, requests};
    if (rc)
        return rc;
    if (!any_over(&any))
        p2p_await(any_over, &any, "MPI_Waitsome", first_open(incount, requests));
    return finish_some("MPI_Waitsome", incount, requests, outcount, indices, statuses);
}

#pragma weak MPI_Testsome = PMPI_Testsome
int PMPI_Testsome(int incount, MPI_Request *requests, int *outcount, int *indices, MPI_Status *statuses)
{
    int rc = check_some("MPI_Testsome", incount, requests, outcount, indices);
    struct many any = {incount, 0, requests};
    if (rc)
        return rc;
    if (!any_over(&any))
        request_look(NULL);
    return finish_some("MPI_Testsome", incount, requests, outcount, indices, statuses);
}

/* ---- without completing ---- */

/* Of a request that stays: only asking about it can fail (its own error is told when it is completed). */
static int asked(const char *function, struct request *r, int error)
{
    return __builtin_expect(error, 0) ? request_failed(function, r, error) : MPI_SUCCESS;
}

#pragma weak MPI_Request_get_status = PMPI_Request_get_status
int PMPI_Request_get_status(MPI_Request request, int *flag, MPI_Status *status)
{
    int rc = request_check("MPI_Request_get_status", 1, &request);
    if (rc || (rc = api_not_null(NULL, "MPI_Request_get_status", flag, "flag")))
        return rc;
    *flag = 1;
    if (request_is_nothing(request))
        return no_request(status);
    struct request *r = request_at(request);
    *flag = request_is_over(r) || request_look(r);
    return *flag ? asked("MPI_Request_get_status", r, request_status(status, r)) : MPI_SUCCESS;
}

#pragma weak MPI_Request_get_status_all = PMPI_Request_get_status_all
int PMPI_Request_get_status_all(int count, const MPI_Request *requests, int *flag, MPI_Status *statuses)
{
    int rc = request_check("MPI_Request_get_status_all", count, requests);
    struct many all = {count, 0, (MPI_Request *)requests};
    if (rc || (rc = api_not_null(NULL, "MPI_Request_get_status_all", flag, "flag")))
        return rc;
    *flag = all_over(&all) || (request_look(NULL), all_over(&all));
    for (int i = 0; *flag && i < count; i++) {
        MPI_Status *status = statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : &statuses[i];
        no_request(status);
        if (!request_is_nothing(requests[i]))
            rc = asked("MPI_Request_get_status_all", request_at(requests[i]),
                       request_status(status, request_at(requests[i])));
        if (rc)
            return rc;
    }
    return MPI_SUCCESS;
}

#pragma weak MPI_Request_get_status_any = PMPI_Request_get_status_any
int PMPI_Request_get_status_any(int count, const MPI_Request *requests, int *index, int *flag, MPI_Status *status)
{
    int rc = request_check("MPI_Request_get_status_any", count, requests);
    struct many any = {count, 0, (MPI_Request *)requests};
    if (rc || (rc = api_not_null(NULL, "MPI_Request_get_status_any", index, "index")) ||
        (rc = api_not_null(NULL, "MPI_Request_get_status_any", flag, "flag")))
        return rc;
    *flag = any_over(&any) || (request_look(NULL), any_over(&any));
    *index = *flag && any.next >= 0 ? any.next : MPI_UNDEFINED;
    if (!*flag)
        return MPI_SUCCESS;
    if (any.next < 0)
        return no_request(status);
    struct request *r = request_at(requests[any.next]);
    return asked("MPI_Request_get_status_any", r, request_status(status, r));
}

#pragma weak MPI_Request_get_status_some = PMPI_Request_get_status_some
int PMPI_Request_get_status_some(int incount, const MPI_Request *requests, int *outcount, int *indices,
                                 MPI_Status *statuses)
{
    int rc = check_some("MPI_Request_get_status_some", incount, (MPI_Request *)requests, outcount, indices);
    struct many any = {incount, 0, (MPI_Request *)requests};
    int n = 0;
    if (rc)
        return rc;
    if (!any_over(&any))
        request_look(NULL);
    if (any_over(&any) && any.next < 0) {
        *outcount = MPI_UNDEFINED;
        return MPI_SUCCESS;
    }
    for (int i = 0; i < incount; i++)
        if (!request_is_nothing(requests[i]) && request_is_over(request_at(requests[i]))) {
            struct request *r = request_at(requests[i]);
            int error = request_status(statuses == MPI_STATUSES_IGNORE ? MPI_STATUS_IGNORE : &statuses[n], r);
            if (error && !rc)
                rc = asked("MPI_Request_get_status_some", r, error);
            indices[n++] = i;
        }
    *outcount = n;
    return rc;
}

/* ---- freeing and cancelling ---- */

#pragma weak MPI_Request_free = PMPI_Request_free
int PMPI_Request_free(MPI_Request *request)
{
    int rc = request_check("MPI_Request_free", 1, request);
    if (rc)
        return rc;
    if (*request == MPI_REQUEST_NULL)
        return api_fail(NULL, "MPI_Request_free", MPI_ERR_REQUEST, "the request is MPI_REQUEST_NULL");
    struct request *r = request_at(*request);
    *request = MPI_REQUEST_NULL;
    return request_release("MPI_Request_free", r);
}

#pragma weak MPI_Cancel = PMPI_Cancel
int PMPI_Cancel(MPI_Request *request)
{
    int rc = request_check("MPI_Cancel", 1, request);
    if (rc)
        return rc;
    if (*request == MPI_REQUEST_NULL)
        return api_fail(NULL, "MPI_Cancel", MPI_ERR_REQUEST, "the request is MPI_REQUEST_NULL");
    return request_cancel("MPI_Cancel", request_at(*request));
}
