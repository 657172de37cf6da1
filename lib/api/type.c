/* What predefined datatypes are: size, extent, name. */
#include "config.h"

#include "api/api.h"
#include "type/type.h"

#include <string.h>

static int check(const char *function, MPI_Datatype datatype, const struct type **t)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    *t = type_of(datatype);
    if (*t)
        return 0;
    if (datatype == MPI_DATATYPE_NULL)
        return api_fail(NULL, function, MPI_ERR_TYPE, "the datatype is MPI_DATATYPE_NULL");
    return api_fail(NULL, function, MPI_ERR_TYPE, "%p is not a datatype", (void *)datatype);
}

#pragma weak MPI_Type_size = PMPI_Type_size
int PMPI_Type_size(MPI_Datatype datatype, int *size)
{
    const struct type *t;
    int rc = check("MPI_Type_size", datatype, &t);
    if (rc || (rc = api_not_null(NULL, "MPI_Type_size", size, "size")))
        return rc;
    *size = (int)t->size; /* the largest predefined one has 32 bytes */
    return MPI_SUCCESS;
}

static int get_size(const char *function, MPI_Datatype datatype, MPI_Count *size)
{
    const struct type *t;
    int rc = check(function, datatype, &t);
    if (rc || (rc = api_not_null(NULL, function, size, "size")))
        return rc;
    *size = t->size;
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_size_c = PMPI_Type_size_c
int PMPI_Type_size_c(MPI_Datatype datatype, MPI_Count *size)
{
    return get_size("MPI_Type_size_c", datatype, size);
}

#pragma weak MPI_Type_size_x = PMPI_Type_size_x
int PMPI_Type_size_x(MPI_Datatype datatype, MPI_Count *size)
{
    return get_size("MPI_Type_size_x", datatype, size);
}

enum kind { EXTENT, TRUE_EXTENT /* without what follows the last byte of data */ };

static int get_extent(const char *function, MPI_Datatype datatype, enum kind kind, MPI_Aint *lb, MPI_Aint *extent)
{
    const struct type *t;
    int rc = check(function, datatype, &t);
    if (rc || (rc = api_not_null(NULL, function, lb, kind == EXTENT ? "lb" : "true_lb")) ||
        (rc = api_not_null(NULL, function, extent, kind == EXTENT ? "extent" : "true_extent")))
        return rc;
    const struct type_block *last = &t->blocks[t->block_count - 1];
    *lb = 0;
    *extent = kind == EXTENT ? t->extent : last->at + last->size;
    return MPI_SUCCESS;
}

static int get_extent_wide(const char *function, MPI_Datatype datatype, enum kind kind, MPI_Count *lb,
                           MPI_Count *extent)
{
    MPI_Aint l, e;
    int rc = get_extent(function, datatype, kind, lb ? &l : NULL, extent ? &e : NULL);
    if (rc)
        return rc;
    *lb = l;
    *extent = e;
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_get_extent = PMPI_Type_get_extent
int PMPI_Type_get_extent(MPI_Datatype datatype, MPI_Aint *lb, MPI_Aint *extent)
{
    return get_extent("MPI_Type_get_extent", datatype, EXTENT, lb, extent);
}

#pragma weak MPI_Type_get_extent_c = PMPI_Type_get_extent_c
int PMPI_Type_get_extent_c(MPI_Datatype datatype, MPI_Count *lb, MPI_Count *extent)
{
    return get_extent_wide("MPI_Type_get_extent_c", datatype, EXTENT, lb, extent);
}

#pragma weak MPI_Type_get_extent_x = PMPI_Type_get_extent_x
int PMPI_Type_get_extent_x(MPI_Datatype datatype, MPI_Count *lb, MPI_Count *extent)
{
    return get_extent_wide("MPI_Type_get_extent_x", datatype, EXTENT, lb, extent);
}

#pragma weak MPI_Type_get_true_extent = PMPI_Type_get_true_extent
int PMPI_Type_get_true_extent(MPI_Datatype datatype, MPI_Aint *true_lb, MPI_Aint *true_extent)
{
    return get_extent("MPI_Type_get_true_extent", datatype, TRUE_EXTENT, true_lb, true_extent);
}

#pragma weak MPI_Type_get_true_extent_c = PMPI_Type_get_true_extent_c
int PMPI_Type_get_true_extent_c(MPI_Datatype datatype, MPI_Count *true_lb, MPI_Count *true_extent)
{
    return get_extent_wide("MPI_Type_get_true_extent_c", datatype, TRUE_EXTENT, true_lb, true_extent);
}

#pragma weak MPI_Type_get_true_extent_x = PMPI_Type_get_true_extent_x
int PMPI_Type_get_true_extent_x(MPI_Datatype datatype, MPI_Count *true_lb, MPI_Count *true_extent)
{
    return get_extent_wide("MPI_Type_get_true_extent_x", datatype, TRUE_EXTENT, true_lb, true_extent);
}

#pragma weak MPI_Type_get_name = PMPI_Type_get_name
int PMPI_Type_get_name(MPI_Datatype datatype, char *type_name, int *resultlen)
{
    const struct type *t;
    static const struct type null = {.name = "MPI_DATATYPE_NULL"}; /* has a name too */
    int rc = api_running("MPI_Type_get_name");
    if (rc)
        return rc;
    if (datatype == MPI_DATATYPE_NULL)
        t = &null;
    else if ((rc = check("MPI_Type_get_name", datatype, &t)))
        return rc;
    if ((rc = api_not_null(NULL, "MPI_Type_get_name", type_name, "type_name")) ||
        (rc = api_not_null(NULL, "MPI_Type_get_name", resultlen, "resultlen")))
        return rc;
    *resultlen = (int)strlen(t->name);
    memcpy(type_name, t->name, (size_t)*resultlen + 1);
    return MPI_SUCCESS;
}
