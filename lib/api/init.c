/* Coming to life and going: the chapter on process initialization. */
#include "config.h"

#include "api/api.h"
#include "boot/proc.h"

#include <pthread.h>

static int start(const char *function, int required, int *provided)
{
    struct words why;
    if (required != MPI_THREAD_SINGLE && required != MPI_THREAD_FUNNELED && required != MPI_THREAD_SERIALIZED &&
        required != MPI_THREAD_MULTIPLE)
        return api_fail(NULL, function, MPI_ERR_ARG, "required is %d, which is no thread level", required);
    int got, rc = proc_start(0, required, &got, &why);
    if (rc)
        return api_fail(NULL, function, rc, "%s", why.s);
    if (provided)
        *provided = got;
    return MPI_SUCCESS;
}

#pragma weak MPI_Init = PMPI_Init
int PMPI_Init(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return start("MPI_Init", MPI_THREAD_SINGLE, NULL);
}

#pragma weak MPI_Init_thread = PMPI_Init_thread
int PMPI_Init_thread(int *argc, char ***argv, int required, int *provided)
{
    (void)argc;
    (void)argv;
    int rc = api_not_null(NULL, "MPI_Init_thread", provided, "provided");
    return rc ? rc : start("MPI_Init_thread", required, provided);
}

#pragma weak MPI_Initialized = PMPI_Initialized
int PMPI_Initialized(int *flag)
{
    int rc = api_not_null(NULL, "MPI_Initialized", flag, "flag");
    if (rc)
        return rc;
    *flag = proc.world != PROC_BEFORE;
    return MPI_SUCCESS;
}

#pragma weak MPI_Finalized = PMPI_Finalized
int PMPI_Finalized(int *flag)
{
    int rc = api_not_null(NULL, "MPI_Finalized", flag, "flag");
    if (rc)
        return rc;
    *flag = proc.world == PROC_AFTER;
    return MPI_SUCCESS;
}

/* The attributes of MPI_COMM_SELF go first, while all of MPI still works: libraries clean up in their functions. */
#pragma weak MPI_Finalize = PMPI_Finalize
int PMPI_Finalize(void)
{
    int rc = api_running("MPI_Finalize");
    if (!rc && proc.world != PROC_ALIVE)
        rc = api_fail(NULL, "MPI_Finalize", MPI_ERR_OTHER, proc.world == PROC_BEFORE ? "called before MPI_Init"
                                                                                    : "called after MPI_Finalize");
    if (rc)
        return rc;
    rc = attribute_delete_all(&comm_self.attributes, MPI_COMM_SELF);
    if (rc)
        return api_fail(NULL, "MPI_Finalize", rc, "deleting an attribute failed with error code %d", rc);
    proc_stop(0);
    return MPI_SUCCESS;
}

#pragma weak MPI_Query_thread = PMPI_Query_thread
int PMPI_Query_thread(int *provided)
{
    int rc = api_running("MPI_Query_thread");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Query_thread", provided, "provided");
    if (rc)
        return rc;
    *provided = proc.thread_level;
    return MPI_SUCCESS;
}

#pragma weak MPI_Is_thread_main = PMPI_Is_thread_main
int PMPI_Is_thread_main(int *flag)
{
    int rc = api_running("MPI_Is_thread_main");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Is_thread_main", flag, "flag");
    if (rc)
        return rc;
    *flag = pthread_equal(pthread_self(), proc.main_thread) != 0;
    return MPI_SUCCESS;
}

/* Ends the whole job, whatever the communicator: the standard allows it, and half a job is of no use. Works in every
 * state of the library, because whoever calls it has no other way left. */
#pragma weak MPI_Abort = PMPI_Abort
int PMPI_Abort(MPI_Comm comm, int errorcode)
{
    struct words words;
    struct comm *c = comm_of(comm);
    words_set(&words, "called MPI_Abort(%s, %d)", c ? comm_name(c) : "an invalid communicator", errorcode);
    proc_end(NODE_ABORTED, errorcode, &words);
}
