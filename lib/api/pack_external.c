/* Pack and unpack in the representation "external32", which other machines and other MPIs can read. */
#include "config.h"

#include "api/message.h"
#include "api/pack.h"
#include "type/external.h"

static int check_datarep(const char *function, const char *datarep)
{
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, datarep, "datarep")))
        return rc;
    if (!strcmp(datarep, "external32"))
        return 0;
    return api_fail(NULL, function, MPI_ERR_ARG,
                    "the data representation is \"%.100s\", and only \"external32\" is known",
                    datarep);
}

/* The user's memory as a cursor, and the bytes that count elements have in external32. */
static int data(const char *function, const char *datarep, const void *buffer, MPI_Count count,
                MPI_Datatype datatype, struct cursor *c, uint64_t *bytes)
{
    int rc = check_datarep(function, datarep);
    if (rc || (rc = message_buffer(NULL, function, buffer, count, datatype, c)))
        return rc;
    uint64_t one = external_size(type_of(datatype));
    if (one == UINT64_MAX || __builtin_mul_overflow(one, (uint64_t)count, bytes) || *bytes > INT64_MAX)
        return api_fail(NULL, function, MPI_ERR_COUNT, "%lld elements of %s are more than memory can hold",
                        (long long)count, type_title(type_of(datatype)));
    return 0;
}

static int pack(const char *function, const char *datarep, const void *inbuf, MPI_Count incount,
                MPI_Datatype datatype, void *outbuf, MPI_Count outsize, MPI_Count *position)
{
    struct cursor c;
    uint64_t bytes;
    int rc = data(function, datarep, inbuf, incount, datatype, &c, &bytes);
    if (rc || (rc = api_not_null(NULL, function, position, "position")) ||
        (rc = pack_room(NULL, function, 0, outbuf, outsize, *position, bytes)))
        return rc;
    external_pack(&c, type_of(datatype), (uint64_t)incount, (char *)outbuf + *position);
    *position += (MPI_Count)bytes;
    return MPI_SUCCESS;
}

static int unpack(const char *function, const char *datarep, const void *inbuf, MPI_Count insize,
                  MPI_Count *position, void *outbuf, MPI_Count outcount, MPI_Datatype datatype)
{
    struct cursor c;
    uint64_t bytes;
    int rc = data(function, datarep, outbuf, outcount, datatype, &c, &bytes);
    if (rc || (rc = api_not_null(NULL, function, position, "position")) ||
        (rc = pack_room(NULL, function, 1, inbuf, insize, *position, bytes)))
        return rc;
    external_unpack(&c, type_of(datatype), (uint64_t)outcount, (const char *)inbuf + *position);
    *position += (MPI_Count)bytes;
    return MPI_SUCCESS;
}

static int size_of(const char *function, const char *datarep, MPI_Count incount, MPI_Datatype datatype,
                   MPI_Count *size)
{
    struct cursor c;
    uint64_t bytes;
    /* The memory is not looked at: any address is good. */
    int rc = data(function, datarep, (void *)64, incount, datatype, &c, &bytes);
    if (rc || (rc = api_not_null(NULL, function, size, "size")))
        return rc;
    *size = (MPI_Count)bytes;
    return MPI_SUCCESS;
}

_Static_assert(sizeof(MPI_Aint) == sizeof(MPI_Count), "sizes and positions of both kinds are passed on alike");

#pragma weak MPI_Pack_external = PMPI_Pack_external
int PMPI_Pack_external(const char *datarep, const void *inbuf, int incount, MPI_Datatype datatype, void *outbuf,
                       MPI_Aint outsize, MPI_Aint *position)
{
    MPI_Count wide = position ? *position : 0;
    int rc = pack("MPI_Pack_external", datarep, inbuf, incount, datatype, outbuf, outsize,
                  position ? &wide : NULL);
    if (!rc)
        *position = (MPI_Aint)wide;
    return rc;
}

#pragma weak MPI_Pack_external_c = PMPI_Pack_external_c
int PMPI_Pack_external_c(const char *datarep, const void *inbuf, MPI_Count incount, MPI_Datatype datatype,
                         void *outbuf, MPI_Count outsize, MPI_Count *position)
{
    return pack("MPI_Pack_external_c", datarep, inbuf, incount, datatype, outbuf, outsize, position);
}

#pragma weak MPI_Unpack_external = PMPI_Unpack_external
int PMPI_Unpack_external(const char datarep[], const void *inbuf, MPI_Aint insize, MPI_Aint *position,
                         void *outbuf, int outcount, MPI_Datatype datatype)
{
    MPI_Count wide = position ? *position : 0;
    int rc = unpack("MPI_Unpack_external", datarep, inbuf, insize, position ? &wide : NULL, outbuf, outcount,
                    datatype);
    if (!rc)
        *position = (MPI_Aint)wide;
    return rc;
}

#pragma weak MPI_Unpack_external_c = PMPI_Unpack_external_c
int PMPI_Unpack_external_c(const char datarep[], const void *inbuf, MPI_Count insize, MPI_Count *position,
                           void *outbuf, MPI_Count outcount, MPI_Datatype datatype)
{
    return unpack("MPI_Unpack_external_c", datarep, inbuf, insize, position, outbuf, outcount, datatype);
}

#pragma weak MPI_Pack_external_size = PMPI_Pack_external_size
int PMPI_Pack_external_size(const char *datarep, int incount, MPI_Datatype datatype, MPI_Aint *size)
{
    MPI_Count wide;
    int rc = size_of("MPI_Pack_external_size", datarep, incount, datatype, size ? &wide : NULL);
    if (!rc)
        *size = (MPI_Aint)wide;
    return rc;
}

#pragma weak MPI_Pack_external_size_c = PMPI_Pack_external_size_c
int PMPI_Pack_external_size_c(const char *datarep, MPI_Count incount, MPI_Datatype datatype, MPI_Count *size)
{
    return size_of("MPI_Pack_external_size_c", datarep, incount, datatype, size);
}
