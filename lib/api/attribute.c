/* Attributes of communicators, with those that every program finds, and the deprecated names of the calls. */
#include "config.h"

#include "api/message.h"
#include "boot/proc.h"
#include "obj/errclass.h"

static int failed(const char *function, struct comm *c, int rc, int keyval)
{
    if (rc == MPI_ERR_KEYVAL)
        return api_fail(c, function, rc, "%d is not a key for attributes of communicators", keyval);
    if (rc == MPI_ERR_NO_MEM)
        return api_fail(c, function, rc, "no memory for an attribute");
    return api_fail(c, function, rc, "the function that deletes the attribute has returned %d", rc);
}

/* ---- keys ---- */

static int create_keyval(const char *function, MPI_Comm_copy_attr_function *copy,
                         MPI_Comm_delete_attr_function *delete, int *keyval, void *extra_state)
{
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, keyval, "keyval")))
        return rc;
    rc = attribute_create_keyval(ATTRIBUTE_COMM, (union attribute_copy){.comm = copy},
                                 (union attribute_delete){.comm = delete}, extra_state, keyval);
    if (rc)
        return failed(function, NULL, rc, 0);
    leaks_made(LEAKS_KEYVAL, (void *)(uintptr_t)*keyval, function);
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_create_keyval = PMPI_Comm_create_keyval
int PMPI_Comm_create_keyval(MPI_Comm_copy_attr_function *comm_copy_attr_fn,
                            MPI_Comm_delete_attr_function *comm_delete_attr_fn, int *comm_keyval, void *extra_state)
{
    return create_keyval("MPI_Comm_create_keyval", comm_copy_attr_fn, comm_delete_attr_fn, comm_keyval, extra_state);
}

static int free_keyval(const char *function, int *keyval)
{
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, keyval, "keyval")))
        return rc;
    rc = attribute_free_keyval(ATTRIBUTE_COMM, *keyval);
    if (rc)
        return failed(function, NULL, rc, *keyval);
    leaks_freed(LEAKS_KEYVAL, (void *)(uintptr_t)*keyval);
    *keyval = MPI_KEYVAL_INVALID;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_free_keyval = PMPI_Comm_free_keyval
int PMPI_Comm_free_keyval(int *comm_keyval)
{
    return free_keyval("MPI_Comm_free_keyval", comm_keyval);
}

/* ---- values ---- */

static int is_predefined(int keyval)
{
    return keyval == MPI_TAG_UB || keyval == MPI_IO || keyval == MPI_HOST || keyval == MPI_WTIME_IS_GLOBAL ||
           keyval == MPI_APPNUM || keyval == MPI_LASTUSEDCODE || keyval == MPI_UNIVERSE_SIZE;
}

/* Programs get the address of the value. One that nobody can know is not there. */
static int *predefined(int keyval)
{
    static int tag_ub = MESSAGE_TAG_UB, io = MPI_ANY_SOURCE, host = MPI_PROC_NULL, global, application, universe;
    switch (keyval) {
    case MPI_TAG_UB:
        return &tag_ub;
    case MPI_IO:
        return &io;
    case MPI_HOST:
        return &host;
    case MPI_WTIME_IS_GLOBAL: /* one node, one clock */
        global = !proc.node || proc.node->node_count == 1;
        return &global;
    case MPI_APPNUM:
        application = proc.me ? (int)proc.me->app : 0;
        return proc.me ? &application : NULL;
    case MPI_UNIVERSE_SIZE: /* no process can be added */
        universe = proc.size;
        return &universe;
    default:
        return &errclass_last_used;
    }
}

static int get(const char *function, MPI_Comm comm, int keyval, void *attribute_val, int *flag)
{
    struct comm *c;
    void *value = NULL;
    int rc = api_comm(function, comm, &c);
    if (rc || (rc = api_not_null(c, function, attribute_val, "attribute_val")) ||
        (rc = api_not_null(c, function, flag, "flag")))
        return rc;
    if (is_predefined(keyval))
        *flag = (value = predefined(keyval)) != NULL;
    else
        rc = attribute_get(&c->attributes, ATTRIBUTE_COMM, keyval, &value, flag);
    if (rc)
        return failed(function, c, rc, keyval);
    if (*flag)
        *(void **)attribute_val = value;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_get_attr = PMPI_Comm_get_attr
int PMPI_Comm_get_attr(MPI_Comm comm, int comm_keyval, void *attribute_val, int *flag)
{
    return get("MPI_Comm_get_attr", comm, comm_keyval, attribute_val, flag);
}

static int check_change(const char *function, MPI_Comm comm, int keyval, struct comm **c)
{
    int rc = api_comm(function, comm, c);
    if (!rc && is_predefined(keyval))
        rc = api_fail(*c, function, MPI_ERR_KEYVAL, "%d is the key of an attribute that no program can change",
                      keyval);
    return rc;
}

static int set(const char *function, MPI_Comm comm, int keyval, void *value)
{
    struct comm *c;
    int rc = check_change(function, comm, keyval, &c);
    if (rc)
        return rc;
    rc = attribute_set(&c->attributes, comm, ATTRIBUTE_COMM, keyval, value);
    return rc ? failed(function, c, rc, keyval) : MPI_SUCCESS;
}

#pragma weak MPI_Comm_set_attr = PMPI_Comm_set_attr
int PMPI_Comm_set_attr(MPI_Comm comm, int comm_keyval, void *attribute_val)
{
    return set("MPI_Comm_set_attr", comm, comm_keyval, attribute_val);
}

static int delete(const char *function, MPI_Comm comm, int keyval)
{
    struct comm *c;
    int rc = check_change(function, comm, keyval, &c);
    if (rc)
        return rc;
    rc = attribute_delete(&c->attributes, comm, ATTRIBUTE_COMM, keyval);
    return rc ? failed(function, c, rc, keyval) : MPI_SUCCESS;
}

#pragma weak MPI_Comm_delete_attr = PMPI_Comm_delete_attr
int PMPI_Comm_delete_attr(MPI_Comm comm, int comm_keyval)
{
    return delete("MPI_Comm_delete_attr", comm, comm_keyval);
}

/* ---- deprecated ---- */

#pragma weak MPI_Keyval_create = PMPI_Keyval_create
int PMPI_Keyval_create(MPI_Copy_function *copy_fn, MPI_Delete_function *delete_fn, int *keyval, void *extra_state)
{
    return create_keyval("MPI_Keyval_create", copy_fn, delete_fn, keyval, extra_state);
}

#pragma weak MPI_Keyval_free = PMPI_Keyval_free
int PMPI_Keyval_free(int *keyval)
{
    return free_keyval("MPI_Keyval_free", keyval);
}

#pragma weak MPI_Attr_put = PMPI_Attr_put
int PMPI_Attr_put(MPI_Comm comm, int keyval, void *attribute_val)
{
    return set("MPI_Attr_put", comm, keyval, attribute_val);
}

#pragma weak MPI_Attr_get = PMPI_Attr_get
int PMPI_Attr_get(MPI_Comm comm, int keyval, void *attribute_val, int *flag)
{
    return get("MPI_Attr_get", comm, keyval, attribute_val, flag);
}

#pragma weak MPI_Attr_delete = PMPI_Attr_delete
int PMPI_Attr_delete(MPI_Comm comm, int keyval)
{
    return delete("MPI_Attr_delete", comm, keyval);
}
