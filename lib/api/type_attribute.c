/* Attributes of datatypes. */
#include "config.h"

#include "api/type.h"

#include "obj/attribute.h"

#pragma weak MPI_Type_create_keyval = PMPI_Type_create_keyval
int PMPI_Type_create_keyval(MPI_Type_copy_attr_function *type_copy_attr_fn,
                            MPI_Type_delete_attr_function *type_delete_attr_fn, int *type_keyval, void *extra_state)
{
    int rc = api_running("MPI_Type_create_keyval");
    if (rc || (rc = api_not_null(NULL, "MPI_Type_create_keyval", type_keyval, "type_keyval")))
        return rc;
    rc = attribute_create_keyval(ATTRIBUTE_TYPE, (union attribute_copy){.type = type_copy_attr_fn},
                                 (union attribute_delete){.type = type_delete_attr_fn}, extra_state, type_keyval);
    if (rc)
        return api_fail(NULL, "MPI_Type_create_keyval", rc, "no memory for a key");
    leaks_made(LEAKS_KEYVAL, (void *)(uintptr_t)*type_keyval, "MPI_Type_create_keyval");
    return MPI_SUCCESS;
}

static int failed(const char *function, int rc, int keyval)
{
    if (rc == MPI_ERR_KEYVAL)
        return api_fail(NULL, function, rc, "%d is not a key for attributes of datatypes", keyval);
    if (rc == MPI_ERR_NO_MEM)
        return api_fail(NULL, function, rc, "no memory for an attribute");
    return api_fail(NULL, function, rc, "the function that deletes the attribute has returned %d", rc);
}

#pragma weak MPI_Type_free_keyval = PMPI_Type_free_keyval
int PMPI_Type_free_keyval(int *type_keyval)
{
    int rc = api_running("MPI_Type_free_keyval");
    if (rc || (rc = api_not_null(NULL, "MPI_Type_free_keyval", type_keyval, "type_keyval")))
        return rc;
    rc = attribute_free_keyval(ATTRIBUTE_TYPE, *type_keyval);
    if (rc)
        return failed("MPI_Type_free_keyval", rc, *type_keyval);
    leaks_freed(LEAKS_KEYVAL, (void *)(uintptr_t)*type_keyval);
    *type_keyval = MPI_KEYVAL_INVALID;
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_set_attr = PMPI_Type_set_attr
int PMPI_Type_set_attr(MPI_Datatype datatype, int type_keyval, void *attribute_val)
{
    struct type *t;
    int rc = api_type("MPI_Type_set_attr", datatype, &t);
    if (rc)
        return rc;
    rc = attribute_set(&t->attributes, t->handle, ATTRIBUTE_TYPE, type_keyval, attribute_val);
    return rc ? failed("MPI_Type_set_attr", rc, type_keyval) : MPI_SUCCESS;
}

#pragma weak MPI_Type_get_attr = PMPI_Type_get_attr
int PMPI_Type_get_attr(MPI_Datatype datatype, int type_keyval, void *attribute_val, int *flag)
{
    struct type *t;
    int rc = api_type("MPI_Type_get_attr", datatype, &t);
    if (rc || (rc = api_not_null(NULL, "MPI_Type_get_attr", attribute_val, "attribute_val")) ||
        (rc = api_not_null(NULL, "MPI_Type_get_attr", flag, "flag")))
        return rc;
    rc = attribute_get(&t->attributes, ATTRIBUTE_TYPE, type_keyval, attribute_val, flag);
    return rc ? failed("MPI_Type_get_attr", rc, type_keyval) : MPI_SUCCESS;
}

#pragma weak MPI_Type_delete_attr = PMPI_Type_delete_attr
int PMPI_Type_delete_attr(MPI_Datatype datatype, int type_keyval)
{
    struct type *t;
    int rc = api_type("MPI_Type_delete_attr", datatype, &t);
    if (rc)
        return rc;
    rc = attribute_delete(&t->attributes, t->handle, ATTRIBUTE_TYPE, type_keyval);
    return rc ? failed("MPI_Type_delete_attr", rc, type_keyval) : MPI_SUCCESS;
}
