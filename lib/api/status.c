/* What a status says: how much was received, from whom, and whether it was cancelled; and writing it, for generalized
 * requests. The hidden part of a status belongs to p2p/status.c. */
#include "config.h"

#include "api/message.h"

#include <limits.h>

/* Checks that all of them share; size functions have a datatype too. */
static int check(const char *function, const MPI_Status *status, const void *out, const char *name)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    if (status == MPI_STATUS_IGNORE)
        return api_fail(NULL, function, MPI_ERR_ARG, "the status is MPI_STATUS_IGNORE, which says nothing");
    return api_not_null(NULL, function, out, name);
}

static int check_type(const char *function, MPI_Datatype datatype, const struct type **t)
{
    *t = type_of(datatype);
    if (*t)
        return 0;
    if (datatype == MPI_DATATYPE_NULL)
        return api_fail(NULL, function, MPI_ERR_TYPE, "the datatype is MPI_DATATYPE_NULL");
    return api_fail(NULL, function, MPI_ERR_TYPE, "%p is not a datatype", (void *)datatype);
}

static int narrow(uint64_t n)
{
    return n > INT_MAX ? MPI_UNDEFINED : (int)n;
}

static MPI_Count wide(uint64_t n)
{
    return n > INT64_MAX ? MPI_UNDEFINED : (MPI_Count)n;
}

/* UINT64_MAX: there is no such number. */
static uint64_t count_of(const MPI_Status *status, const struct type *t)
{
    uint64_t bytes = status_count(status);
    if (t->size == 0)
        return bytes ? UINT64_MAX : 0;
    return bytes % t->size ? UINT64_MAX : bytes / t->size;
}

static uint64_t elements_of(const MPI_Status *status, const struct type *t)
{
    return type_elements(t, status_count(status));
}

#pragma weak MPI_Get_count = PMPI_Get_count
int PMPI_Get_count(const MPI_Status *status, MPI_Datatype datatype, int *count)
{
    const struct type *t;
    int rc = check("MPI_Get_count", status, count, "count");
    if (rc || (rc = check_type("MPI_Get_count", datatype, &t)))
        return rc;
    *count = narrow(count_of(status, t));
    return MPI_SUCCESS;
}

#pragma weak MPI_Get_count_c = PMPI_Get_count_c
int PMPI_Get_count_c(const MPI_Status *status, MPI_Datatype datatype, MPI_Count *count)
{
    const struct type *t;
    int rc = check("MPI_Get_count_c", status, count, "count");
    if (rc || (rc = check_type("MPI_Get_count_c", datatype, &t)))
        return rc;
    *count = wide(count_of(status, t));
    return MPI_SUCCESS;
}

#pragma weak MPI_Get_elements = PMPI_Get_elements
int PMPI_Get_elements(const MPI_Status *status, MPI_Datatype datatype, int *count)
{
    const struct type *t;
    int rc = check("MPI_Get_elements", status, count, "count");
    if (rc || (rc = check_type("MPI_Get_elements", datatype, &t)))
        return rc;
    *count = narrow(elements_of(status, t));
    return MPI_SUCCESS;
}

static int get_elements(const char *function, const MPI_Status *status, MPI_Datatype datatype, MPI_Count *count)
{
    const struct type *t;
    int rc = check(function, status, count, "count");
    if (rc || (rc = check_type(function, datatype, &t)))
        return rc;
    *count = wide(elements_of(status, t));
    return MPI_SUCCESS;
}

#pragma weak MPI_Get_elements_c = PMPI_Get_elements_c
int PMPI_Get_elements_c(const MPI_Status *status, MPI_Datatype datatype, MPI_Count *count)
{
    return get_elements("MPI_Get_elements_c", status, datatype, count);
}

#pragma weak MPI_Get_elements_x = PMPI_Get_elements_x
int PMPI_Get_elements_x(const MPI_Status *status, MPI_Datatype datatype, MPI_Count *count)
{
    return get_elements("MPI_Get_elements_x", status, datatype, count);
}

static int set_elements(const char *function, MPI_Status *status, MPI_Datatype datatype, MPI_Count count)
{
    const struct type *t;
    int rc = check(function, status, status, "status");
    if (rc || (rc = check_type(function, datatype, &t)))
        return rc;
    if (count < 0)
        return api_fail(NULL, function, MPI_ERR_COUNT, "count is %lld, and must not be negative", (long long)count);
    uint64_t bytes = type_bytes(t, (uint64_t)count);
    if (bytes > INT64_MAX)
        return api_fail(NULL, function, MPI_ERR_COUNT, "%lld elements of %s are more than memory can hold",
                        (long long)count, type_title(t));
    status_set_count(status, bytes);
    return MPI_SUCCESS;
}

#pragma weak MPI_Status_set_elements = PMPI_Status_set_elements
int PMPI_Status_set_elements(MPI_Status *status, MPI_Datatype datatype, int count)
{
    return set_elements("MPI_Status_set_elements", status, datatype, count);
}

#pragma weak MPI_Status_set_elements_c = PMPI_Status_set_elements_c
int PMPI_Status_set_elements_c(MPI_Status *status, MPI_Datatype datatype, MPI_Count count)
{
    return set_elements("MPI_Status_set_elements_c", status, datatype, count);
}

#pragma weak MPI_Status_set_elements_x = PMPI_Status_set_elements_x
int PMPI_Status_set_elements_x(MPI_Status *status, MPI_Datatype datatype, MPI_Count count)
{
    return set_elements("MPI_Status_set_elements_x", status, datatype, count);
}

#pragma weak MPI_Test_cancelled = PMPI_Test_cancelled
int PMPI_Test_cancelled(const MPI_Status *status, int *flag)
{
    int rc = check("MPI_Test_cancelled", status, flag, "flag");
    if (!rc)
        *flag = status_is_cancelled(status);
    return rc;
}

#pragma weak MPI_Status_set_cancelled = PMPI_Status_set_cancelled
int PMPI_Status_set_cancelled(MPI_Status *status, int flag)
{
    int rc = check("MPI_Status_set_cancelled", status, status, "status");
    if (!rc)
        status_set_cancelled(status, flag);
    return rc;
}

/* ---- the public fields, for languages that cannot reach them ---- */

#pragma weak MPI_Status_get_source = PMPI_Status_get_source
int PMPI_Status_get_source(const MPI_Status *status, int *source)
{
    int rc = check("MPI_Status_get_source", status, source, "source");
    if (!rc)
        *source = status->MPI_SOURCE;
    return rc;
}

#pragma weak MPI_Status_get_tag = PMPI_Status_get_tag
int PMPI_Status_get_tag(const MPI_Status *status, int *tag)
{
    int rc = check("MPI_Status_get_tag", status, tag, "tag");
    if (!rc)
        *tag = status->MPI_TAG;
    return rc;
}

#pragma weak MPI_Status_get_error = PMPI_Status_get_error
int PMPI_Status_get_error(const MPI_Status *status, int *error)
{
    int rc = check("MPI_Status_get_error", status, error, "error");
    if (!rc)
        *error = status->MPI_ERROR;
    return rc;
}

#pragma weak MPI_Status_set_source = PMPI_Status_set_source
int PMPI_Status_set_source(MPI_Status *status, int source)
{
    int rc = check("MPI_Status_set_source", status, status, "status");
    if (!rc)
        status->MPI_SOURCE = source;
    return rc;
}

#pragma weak MPI_Status_set_tag = PMPI_Status_set_tag
int PMPI_Status_set_tag(MPI_Status *status, int tag)
{
    int rc = check("MPI_Status_set_tag", status, status, "status");
    if (!rc)
        status->MPI_TAG = tag;
    return rc;
}

#pragma weak MPI_Status_set_error = PMPI_Status_set_error
int PMPI_Status_set_error(MPI_Status *status, int error)
{
    int rc = check("MPI_Status_set_error", status, status, "status");
    if (!rc)
        status->MPI_ERROR = error;
    return rc;
}
