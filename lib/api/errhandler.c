/* Error handling: so far the handlers of communicators. */
#include "config.h"

#include "api/api.h"

static int not_a_handler(const char *function, struct comm *c, MPI_Errhandler handle)
{
    if (handle == MPI_ERRHANDLER_NULL)
        return api_fail(c, function, MPI_ERR_ERRHANDLER, "the error handler is MPI_ERRHANDLER_NULL");
    return api_fail(c, function, MPI_ERR_ERRHANDLER, "%p is not an error handler", (void *)handle);
}

#pragma weak MPI_Comm_create_errhandler = PMPI_Comm_create_errhandler
int PMPI_Comm_create_errhandler(MPI_Comm_errhandler_function *comm_errhandler_fn, MPI_Errhandler *errhandler)
{
    int rc = api_not_null(NULL, "MPI_Comm_create_errhandler", errhandler, "errhandler");
    if (!rc && !comm_errhandler_fn)
        rc = api_fail(NULL, "MPI_Comm_create_errhandler", MPI_ERR_ARG, "argument comm_errhandler_fn is NULL");
    if (rc)
        return rc;
    struct errhandler *e = errhandler_new_comm(comm_errhandler_fn);
    if (!e)
        return api_fail(NULL, "MPI_Comm_create_errhandler", MPI_ERR_NO_MEM, "no memory for an error handler");
    *errhandler = e->handle;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_set_errhandler = PMPI_Comm_set_errhandler
int PMPI_Comm_set_errhandler(MPI_Comm comm, MPI_Errhandler errhandler)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_set_errhandler", comm, &c);
    if (rc)
        return rc;
    struct errhandler *e = errhandler_of(errhandler);
    if (!e)
        return not_a_handler("MPI_Comm_set_errhandler", c, errhandler);
    comm_errhandler_set(c, e);
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_get_errhandler = PMPI_Comm_get_errhandler
int PMPI_Comm_get_errhandler(MPI_Comm comm, MPI_Errhandler *errhandler)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_get_errhandler", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_get_errhandler", errhandler, "errhandler");
    if (rc)
        return rc;
    *errhandler = comm_errhandler_get(c)->handle;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_call_errhandler = PMPI_Comm_call_errhandler
int PMPI_Comm_call_errhandler(MPI_Comm comm, int errorcode)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_call_errhandler", comm, &c);
    if (rc)
        return rc;
    api_fail(c, "MPI_Comm_call_errhandler", errorcode, "called by the program with error code %d", errorcode);
    return MPI_SUCCESS;
}

#pragma weak MPI_Errhandler_free = PMPI_Errhandler_free
int PMPI_Errhandler_free(MPI_Errhandler *errhandler)
{
    int rc = api_not_null(NULL, "MPI_Errhandler_free", errhandler, "errhandler");
    if (rc)
        return rc;
    struct errhandler *e = errhandler_of(*errhandler);
    if (!e)
        return not_a_handler("MPI_Errhandler_free", NULL, *errhandler);
    errhandler_put(e);
    *errhandler = MPI_ERRHANDLER_NULL;
    return MPI_SUCCESS;
}
