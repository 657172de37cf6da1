/* Partitioned communication. */
#include "config.h"

#include "api/request.h"
#include "obj/info.h"
#include "p2p/partitioned.h"

/* ---- making ---- */

static int check_rank(const char *function, enum request_kind kind, struct comm *c, int rank, int tag)
{
    if (kind == REQUEST_PARTITIONED_SEND)
        return message_dest(c, function, rank, tag);
    if (rank == MPI_ANY_SOURCE)
        return api_fail(c, function, MPI_ERR_RANK, "source is MPI_ANY_SOURCE, which partitioned receives do not know");
    if (tag == MPI_ANY_TAG)
        return api_fail(c, function, MPI_ERR_TAG, "the tag is MPI_ANY_TAG, which partitioned receives do not know");
    return message_source(c, function, rank, tag);
}

/* The whole buffer must be possible. */
static int check_buffer(const char *function, struct comm *c, const void *buf, int partitions, MPI_Count count,
                        MPI_Datatype datatype)
{
    struct cursor body;
    MPI_Count all = count;
    if (partitions < 0)
        return api_fail(c, function, MPI_ERR_ARG, "partitions is %d, and must not be negative", partitions);
    if (count > 0 && __builtin_mul_overflow(count, (MPI_Count)partitions, &all))
        return api_fail(c, function, MPI_ERR_COUNT, "%d partitions of %lld elements are more than memory can hold",
                        partitions, (long long)count);
    return message_buffer(c, function, buf, all, datatype, &body);
}

static int init(const char *function, enum request_kind kind, const void *buf, int partitions, MPI_Count count,
                MPI_Datatype datatype, int rank, int tag, MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    struct comm *c;
    int rc;
    if ((rc = message_comm(function, comm, &c)) || (rc = check_rank(function, kind, c, rank, tag)) ||
        (rc = check_buffer(function, c, buf, partitions, count, datatype)) ||
        (rc = api_not_null(c, function, request, "request")))
        return rc;
    if (info != MPI_INFO_NULL && !info_of(info))
        return api_fail(c, function, MPI_ERR_INFO, "%p is not an info object", (void *)info);
    struct request *r = p2p_request(kind);
    if (!r)
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for a request");
    r->persistent = 1;
    r->comm = c;
    r->buffer = buf;
    request_hold_type(r, type_of(datatype));
    r->elements = (uint64_t)count;
    r->rank = rank;
    r->posted.tag = tag;
    rc = partitioned_init(r, (uint64_t)partitions);
    if (rc) {
        p2p_release(r);
        return api_fail(c, function, rc, rc == MPI_ERR_NO_MEM ? "no memory for %d partitions"
                                                              : "%d partitions are more than there are numbers left",
                        partitions);
    }
    *request = (MPI_Request)r;
    return MPI_SUCCESS;
}

#pragma weak MPI_Psend_init = PMPI_Psend_init
int PMPI_Psend_init(const void *buf, int partitions, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                    MPI_Info info, MPI_Request *request)
{
    return init("MPI_Psend_init", REQUEST_PARTITIONED_SEND, buf, partitions, count, datatype, dest, tag, comm, info,
                request);
}

#pragma weak MPI_Psend_init_c = PMPI_Psend_init_c
int PMPI_Psend_init_c(const void *buf, int partitions, MPI_Count count, MPI_Datatype datatype, int dest, int tag,
                      MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return init("MPI_Psend_init_c", REQUEST_PARTITIONED_SEND, buf, partitions, count, datatype, dest, tag, comm, info,
                request);
}

#pragma weak MPI_Precv_init = PMPI_Precv_init
int PMPI_Precv_init(void *buf, int partitions, int count, MPI_Datatype datatype, int dest, int tag, MPI_Comm comm,
                    MPI_Info info, MPI_Request *request)
{
    return init("MPI_Precv_init", REQUEST_PARTITIONED_RECV, buf, partitions, count, datatype, dest, tag, comm, info,
                request);
}

#pragma weak MPI_Precv_init_c = PMPI_Precv_init_c
int PMPI_Precv_init_c(void *buf, int partitions, MPI_Count count, MPI_Datatype datatype, int dest, int tag,
                      MPI_Comm comm, MPI_Info info, MPI_Request *request)
{
    return init("MPI_Precv_init_c", REQUEST_PARTITIONED_RECV, buf, partitions, count, datatype, dest, tag, comm, info,
                request);
}

/* ---- partitions ---- */

/* The request behind a handle, if it is of that kind; *r NULL: MPI_REQUEST_NULL. */
static int partitioned_at(const char *function, MPI_Request handle, enum request_kind kind, struct request **r)
{
    int rc = request_check(function, 1, &handle);
    *r = rc ? NULL : request_of(handle);
    if (rc || !*r || (*r)->kind == kind)
        return rc;
    return api_fail((*r)->comm, function, MPI_ERR_REQUEST, "the request is not one of %s",
                    kind == REQUEST_PARTITIONED_SEND ? "MPI_Psend_init" : "MPI_Precv_init");
}

static int check_partition(const char *function, const struct request *r, int partition)
{
    uint64_t count = partitioned_count(r);
    if (partition >= 0 && (uint64_t)partition < count)
        return 0;
    return api_fail(r->comm, function, MPI_ERR_ARG, "partition is %d of %llu", partition, (unsigned long long)count);
}

static int active_send(const char *function, MPI_Request handle, struct request **r)
{
    int rc = partitioned_at(function, handle, REQUEST_PARTITIONED_SEND, r);
    if (rc)
        return rc;
    if (!*r)
        return api_fail(NULL, function, MPI_ERR_REQUEST, "the request is MPI_REQUEST_NULL");
    return (*r)->active ? 0 : api_fail((*r)->comm, function, MPI_ERR_REQUEST, "the request is not started");
}

static int ready(const char *function, struct request *r, int low, int high)
{
    uint64_t which;
    int rc = partitioned_ready(r, (uint64_t)low, (uint64_t)high, &which);
    if (!rc)
        return MPI_SUCCESS;
    return api_fail(r->comm, function, rc, rc == MPI_ERR_ARG ? "partition %llu was ready already"
                                                             : "partition %llu could not be sent",
                    (unsigned long long)which);
}

#pragma weak MPI_Pready = PMPI_Pready
int PMPI_Pready(int partition, MPI_Request request)
{
    struct request *r;
    int rc = active_send("MPI_Pready", request, &r);
    if (rc || (rc = check_partition("MPI_Pready", r, partition)))
        return rc;
    return ready("MPI_Pready", r, partition, partition);
}

#pragma weak MPI_Pready_range = PMPI_Pready_range
int PMPI_Pready_range(int partition_low, int partition_high, MPI_Request request)
{
    struct request *r;
    int rc = active_send("MPI_Pready_range", request, &r);
    if (rc || (rc = check_partition("MPI_Pready_range", r, partition_low)) ||
        (rc = check_partition("MPI_Pready_range", r, partition_high)))
        return rc;
    if (partition_low > partition_high)
        return api_fail(r->comm, "MPI_Pready_range", MPI_ERR_ARG, "partition_low is %d and partition_high is %d",
                        partition_low, partition_high);
    return ready("MPI_Pready_range", r, partition_low, partition_high);
}

#pragma weak MPI_Pready_list = PMPI_Pready_list
int PMPI_Pready_list(int length, const int array_of_partitions[], MPI_Request request)
{
    struct request *r;
    int rc = active_send("MPI_Pready_list", request, &r);
    if (!rc && length < 0)
        rc = api_fail(r->comm, "MPI_Pready_list", MPI_ERR_ARG, "length is %d, and must not be negative", length);
    if (!rc && length)
        rc = api_not_null(r->comm, "MPI_Pready_list", array_of_partitions, "array_of_partitions");
    for (int i = 0; !rc && i < length; i++)
        rc = check_partition("MPI_Pready_list", r, array_of_partitions[i]);
    for (int i = 0; !rc && i < length; i++)
        rc = ready("MPI_Pready_list", r, array_of_partitions[i], array_of_partitions[i]);
    return rc;
}

/* What is not active has nothing to wait for. */
#pragma weak MPI_Parrived = PMPI_Parrived
int PMPI_Parrived(MPI_Request request, int partition, int *flag)
{
    struct request *r;
    int rc = partitioned_at("MPI_Parrived", request, REQUEST_PARTITIONED_RECV, &r);
    if (rc || (rc = api_not_null(r ? r->comm : NULL, "MPI_Parrived", flag, "flag")) ||
        (r && (rc = check_partition("MPI_Parrived", r, partition))))
        return rc;
    *flag = !r || !r->active || partitioned_arrived(r, (uint64_t)partition);
    return MPI_SUCCESS;
}
