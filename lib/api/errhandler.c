/* Error handlers: making them, those of communicators, freeing. Those of sessions are in session.c; windows and
 * files do not exist yet, but handlers for them can be made. */
#include "config.h"

#include "api/errhandler.h"

int errhandler_bad(const char *function, struct comm *c, MPI_Errhandler handle)
{
    if (handle == MPI_ERRHANDLER_NULL)
        return api_fail(c, function, MPI_ERR_ERRHANDLER, "the error handler is MPI_ERRHANDLER_NULL");
    return api_fail(c, function, MPI_ERR_ERRHANDLER, "%p is not an error handler%s", (void *)handle,
                    errhandler_of(handle) ? " for objects of this kind" : "");
}

static int create(const char *function, enum errhandler_kind kind, union errhandler_function user, int is_null,
                  MPI_Errhandler *errhandler)
{
    int rc = api_not_null(NULL, function, errhandler, "errhandler");
    if (!rc && is_null)
        rc = api_fail(NULL, function, MPI_ERR_ARG, "the function is NULL");
    if (rc)
        return rc;
    struct errhandler *e = errhandler_new(kind, user);
    if (!e)
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for an error handler");
    *errhandler = e->handle;
    leaks_made(LEAKS_ERRHANDLER, e->handle, function);
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_create_errhandler = PMPI_Comm_create_errhandler
int PMPI_Comm_create_errhandler(MPI_Comm_errhandler_function *comm_errhandler_fn, MPI_Errhandler *errhandler)
{
    return create("MPI_Comm_create_errhandler", ERRHANDLER_COMM,
                  (union errhandler_function){.comm = comm_errhandler_fn}, !comm_errhandler_fn, errhandler);
}

#pragma weak MPI_Session_create_errhandler = PMPI_Session_create_errhandler
int PMPI_Session_create_errhandler(MPI_Session_errhandler_function *session_errhandler_fn, MPI_Errhandler *errhandler)
{
    return create("MPI_Session_create_errhandler", ERRHANDLER_SESSION,
                  (union errhandler_function){.session = session_errhandler_fn}, !session_errhandler_fn, errhandler);
}

#pragma weak MPI_Win_create_errhandler = PMPI_Win_create_errhandler
int PMPI_Win_create_errhandler(MPI_Win_errhandler_function *win_errhandler_fn, MPI_Errhandler *errhandler)
{
    return create("MPI_Win_create_errhandler", ERRHANDLER_WIN, (union errhandler_function){.win = win_errhandler_fn},
                  !win_errhandler_fn, errhandler);
}

#pragma weak MPI_File_create_errhandler = PMPI_File_create_errhandler
int PMPI_File_create_errhandler(MPI_File_errhandler_function *file_errhandler_fn, MPI_Errhandler *errhandler)
{
    return create("MPI_File_create_errhandler", ERRHANDLER_FILE,
                  (union errhandler_function){.file = file_errhandler_fn}, !file_errhandler_fn, errhandler);
}

#pragma weak MPI_Comm_set_errhandler = PMPI_Comm_set_errhandler
int PMPI_Comm_set_errhandler(MPI_Comm comm, MPI_Errhandler errhandler)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_set_errhandler", comm, &c);
    if (rc)
        return rc;
    struct errhandler *e = errhandler_of(errhandler);
    if (!e || !errhandler_fits(e, ERRHANDLER_COMM))
        return errhandler_bad("MPI_Comm_set_errhandler", c, errhandler);
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
    leaks_made(LEAKS_ERRHANDLER, *errhandler, "MPI_Comm_get_errhandler");
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
        return errhandler_bad("MPI_Errhandler_free", NULL, *errhandler);
    leaks_freed(LEAKS_ERRHANDLER, e->handle);
    errhandler_put(e);
    *errhandler = MPI_ERRHANDLER_NULL;
    return MPI_SUCCESS;
}
