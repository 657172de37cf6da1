/* Pack and unpack. Packed data is the bytes of its elements one after the other, without a header: messages of
 * MPI_PACKED and of any other type match byte by byte. */
#include "config.h"

#include "api/message.h"
#include "api/pack.h"

int pack_bad_room(struct comm *c, const char *function, int unpacks, const void *buffer, MPI_Count size,
                  MPI_Count position, uint64_t needed)
{
    const char *name = unpacks ? "inbuf" : "outbuf", *size_name = unpacks ? "insize" : "outsize";
    if (size < 0)
        return api_fail(c, function, MPI_ERR_ARG, "%s is %lld, and must not be negative", size_name,
                        (long long)size);
    if (position < 0 || position > size)
        return api_fail(c, function, MPI_ERR_ARG, "position is %lld, and must be from 0 to %s (%lld)",
                        (long long)position, size_name, (long long)size);
    if (needed > (uint64_t)(size - position))
        return api_fail(c, function, MPI_ERR_TRUNCATE,
                        unpacks ? "%llu bytes are to be unpacked, and only %lld follow position %lld in %s"
                                : "%llu bytes are to be packed, and %lld are free behind position %lld of %s",
                        (unsigned long long)needed, (long long)(size - position), (long long)position, name);
    if (!buffer && needed)
        return api_fail(c, function, MPI_ERR_BUFFER, "%s is NULL, but %llu bytes are to be %s", name,
                        (unsigned long long)needed, unpacks ? "unpacked" : "packed");
    return 0;
}

static inline int pack(const char *function, const void *inbuf, MPI_Count incount, MPI_Datatype datatype,
                       void *outbuf, MPI_Count outsize, MPI_Count position, MPI_Count *end, MPI_Comm comm)
{
    struct comm *comm_object;
    struct cursor c;
    int rc = message_comm(function, comm, &comm_object);
    if (rc || (rc = message_buffer(comm_object, function, inbuf, incount, datatype, &c)) ||
        (rc = pack_room(comm_object, function, 0, outbuf, outsize, position, c.left)))
        return rc;
    *end = position + (MPI_Count)c.left;
    cursor_fill(&c, (char *)outbuf + position, c.left);
    return MPI_SUCCESS;
}

static inline int unpack(const char *function, const void *inbuf, MPI_Count insize, MPI_Count position,
                         MPI_Count *end, void *outbuf, MPI_Count outcount, MPI_Datatype datatype, MPI_Comm comm)
{
    struct comm *comm_object;
    struct cursor c;
    int rc = message_comm(function, comm, &comm_object);
    if (rc || (rc = message_buffer(comm_object, function, outbuf, outcount, datatype, &c)) ||
        (rc = pack_room(comm_object, function, 1, inbuf, insize, position, c.left)))
        return rc;
    *end = position + (MPI_Count)c.left;
    cursor_drain(&c, (const char *)inbuf + position, c.left);
    return MPI_SUCCESS;
}

/* The communicator of an error, where the call may have come at the wrong time. */
static int bad_position(const char *function, MPI_Comm comm)
{
    struct comm *c;
    int rc = message_comm(function, comm, &c);
    return rc ? rc : api_not_null(c, function, NULL, "position");
}

#pragma weak MPI_Pack = PMPI_Pack
int PMPI_Pack(const void *inbuf, int incount, MPI_Datatype datatype, void *outbuf, int outsize, int *position,
              MPI_Comm comm)
{
    MPI_Count end;
    if (!position)
        return bad_position("MPI_Pack", comm);
    int rc = pack("MPI_Pack", inbuf, incount, datatype, outbuf, outsize, *position, &end, comm);
    if (!rc)
        *position = (int)end; /* not above outsize */
    return rc;
}

#pragma weak MPI_Pack_c = PMPI_Pack_c
int PMPI_Pack_c(const void *inbuf, MPI_Count incount, MPI_Datatype datatype, void *outbuf, MPI_Count outsize,
                MPI_Count *position, MPI_Comm comm)
{
    if (!position)
        return bad_position("MPI_Pack_c", comm);
    return pack("MPI_Pack_c", inbuf, incount, datatype, outbuf, outsize, *position, position, comm);
}

#pragma weak MPI_Unpack = PMPI_Unpack
int PMPI_Unpack(const void *inbuf, int insize, int *position, void *outbuf, int outcount, MPI_Datatype datatype,
                MPI_Comm comm)
{
    MPI_Count end;
    if (!position)
        return bad_position("MPI_Unpack", comm);
    int rc = unpack("MPI_Unpack", inbuf, insize, *position, &end, outbuf, outcount, datatype, comm);
    if (!rc)
        *position = (int)end;
    return rc;
}

#pragma weak MPI_Unpack_c = PMPI_Unpack_c
int PMPI_Unpack_c(const void *inbuf, MPI_Count insize, MPI_Count *position, void *outbuf, MPI_Count outcount,
                  MPI_Datatype datatype, MPI_Comm comm)
{
    if (!position)
        return bad_position("MPI_Unpack_c", comm);
    return unpack("MPI_Unpack_c", inbuf, insize, *position, position, outbuf, outcount, datatype, comm);
}

static int pack_size(const char *function, MPI_Count incount, MPI_Datatype datatype, MPI_Comm comm,
                     const void *size, uint64_t *bytes)
{
    struct comm *comm_object;
    struct cursor c;
    int rc = message_comm(function, comm, &comm_object);
    /* The memory is not looked at: any address is good. */
    if (rc || (rc = message_buffer(comm_object, function, (void *)64, incount, datatype, &c)) ||
        (rc = api_not_null(comm_object, function, size, "size")))
        return rc;
    *bytes = c.left;
    return 0;
}

#pragma weak MPI_Pack_size = PMPI_Pack_size
int PMPI_Pack_size(int incount, MPI_Datatype datatype, MPI_Comm comm, int *size)
{
    uint64_t bytes;
    int rc = pack_size("MPI_Pack_size", incount, datatype, comm, size, &bytes);
    if (!rc)
        *size = bytes > INT32_MAX ? MPI_UNDEFINED : (int)bytes;
    return rc;
}

#pragma weak MPI_Pack_size_c = PMPI_Pack_size_c
int PMPI_Pack_size_c(MPI_Count incount, MPI_Datatype datatype, MPI_Comm comm, MPI_Count *size)
{
    uint64_t bytes;
    int rc = pack_size("MPI_Pack_size_c", incount, datatype, comm, size, &bytes);
    if (!rc)
        *size = (MPI_Count)bytes;
    return rc;
}
