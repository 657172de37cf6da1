/* Datatypes as they are: size, extent, name; made ready and freed. */
#include "config.h"

#include "api/type.h"

#include "obj/attribute.h"

#include <limits.h>
#include <string.h>

int api_type(const char *function, MPI_Datatype handle, struct type **t)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    *t = type_of(handle);
    if (*t)
        return 0;
    if (handle == MPI_DATATYPE_NULL)
        return api_fail(NULL, function, MPI_ERR_TYPE, "the datatype is MPI_DATATYPE_NULL");
    return api_fail(NULL, function, MPI_ERR_TYPE, "%p is not a datatype", (void *)handle);
}

#pragma weak MPI_Type_size = PMPI_Type_size
int PMPI_Type_size(MPI_Datatype datatype, int *size)
{
    struct type *t;
    int rc = api_type("MPI_Type_size", datatype, &t);
    if (rc || (rc = api_not_null(NULL, "MPI_Type_size", size, "size")))
        return rc;
    *size = t->size > INT_MAX ? MPI_UNDEFINED : (int)t->size;
    return MPI_SUCCESS;
}

static int get_size(const char *function, MPI_Datatype datatype, MPI_Count *size)
{
    struct type *t;
    int rc = api_type(function, datatype, &t);
    if (rc || (rc = api_not_null(NULL, function, size, "size")))
        return rc;
    *size = (MPI_Count)t->size;
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
    struct type *t;
    int rc = api_type(function, datatype, &t);
    if (rc || (rc = api_not_null(NULL, function, lb, kind == EXTENT ? "lb" : "true_lb")) ||
        (rc = api_not_null(NULL, function, extent, kind == EXTENT ? "extent" : "true_extent")))
        return rc;
    *lb = kind == EXTENT ? t->lb : t->true_lb;
    *extent = kind == EXTENT ? t->extent : t->true_extent;
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
    static const struct type null = {.name = "MPI_DATATYPE_NULL"}; /* has a name too */
    struct type *t = NULL;
    int rc = api_running("MPI_Type_get_name");
    if (rc || (datatype != MPI_DATATYPE_NULL && (rc = api_type("MPI_Type_get_name", datatype, &t))) ||
        (rc = api_not_null(NULL, "MPI_Type_get_name", type_name, "type_name")) ||
        (rc = api_not_null(NULL, "MPI_Type_get_name", resultlen, "resultlen")))
        return rc;
    type_copy_name(t ? t : &null, type_name);
    *resultlen = (int)strlen(type_name);
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_set_name = PMPI_Type_set_name
int PMPI_Type_set_name(MPI_Datatype datatype, const char *type_name)
{
    struct type *t;
    int rc = api_type("MPI_Type_set_name", datatype, &t);
    if (rc || (rc = api_not_null(NULL, "MPI_Type_set_name", type_name, "type_name")))
        return rc;
    rc = type_set_name(t, type_name);
    return rc ? api_fail(NULL, "MPI_Type_set_name", rc, "no memory for the name") : MPI_SUCCESS;
}

#pragma weak MPI_Type_commit = PMPI_Type_commit
int PMPI_Type_commit(MPI_Datatype *datatype)
{
    struct type *t;
    int rc = api_running("MPI_Type_commit");
    if (rc || (rc = api_not_null(NULL, "MPI_Type_commit", datatype, "datatype")) ||
        (rc = api_type("MPI_Type_commit", *datatype, &t)))
        return rc;
    rc = type_commit(t);
    return rc ? api_fail(NULL, "MPI_Type_commit", rc, "no memory for the layout of %s", type_title(t)) : MPI_SUCCESS;
}

/* A delete function that refuses keeps the type alive. */
#pragma weak MPI_Type_free = PMPI_Type_free
int PMPI_Type_free(MPI_Datatype *datatype)
{
    struct type *t;
    int rc = api_running("MPI_Type_free");
    if (rc || (rc = api_not_null(NULL, "MPI_Type_free", datatype, "datatype")) ||
        (rc = api_type("MPI_Type_free", *datatype, &t)))
        return rc;
    if (t->predefined)
        return api_fail(NULL, "MPI_Type_free", MPI_ERR_TYPE, "%s is predefined, and cannot be freed", type_title(t));
    rc = attribute_delete_all(&t->attributes, t->handle);
    if (rc)
        return api_fail(NULL, "MPI_Type_free", rc, "the function that deletes an attribute has returned %d", rc);
    leaks_freed(LEAKS_TYPE, t->handle);
    type_put(t);
    *datatype = MPI_DATATYPE_NULL;
    return MPI_SUCCESS;
}
