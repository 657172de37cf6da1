/* Argument checks and error reports of the API: see api.h. */
#include "config.h"

#include "api/api.h"

#include "base/log.h"
#include "boot/proc.h"
#include "obj/errclass.h"

#include <stdarg.h>
#include <stdio.h>

/* Handles of all kinds are pointers, so that one call through the right type serves each. */
static void call_handler(const struct errhandler *e, void *handle, int code)
{
    switch (e->kind) {
    case ERRHANDLER_COMM: {
        MPI_Comm comm = handle;
        e->function.comm(&comm, &code);
        break;
    }
    case ERRHANDLER_SESSION: {
        MPI_Session session = handle;
        e->function.session(&session, &code);
        break;
    }
    default:
        break; /* windows and files do not exist yet */
    }
}

static noreturn void end(const char *name, const char *function, int errclass, const char *format, va_list ap)
{
    char detail[WORDS_SIZE / 2];
    struct words words;
    vsnprintf(detail, sizeof detail, format, ap);
    const char *class_name = errclass_name(errclass_of(errclass));
    words_set(&words, "%s: %s (%s%s%s)", function, detail, class_name ? class_name : "unknown error class",
              name ? " on " : "", name ? name : "");
    proc_end(NODE_FAILED, errclass_of(errclass) > 0 ? errclass_of(errclass) : errclass, &words);
}

int api_report(struct errhandler *e, void *handle, const char *name, const char *function, int errclass,
               const char *format, va_list ap)
{
    if (e->kind == ERRHANDLER_FATAL || e->kind == ERRHANDLER_ABORT)
        end(name, function, errclass, format, ap);
    if (e->kind != ERRHANDLER_RETURN)
        call_handler(e, handle, errclass); /* it may replace or free its handler: the reference is ours */
    errhandler_put(e);
    return errclass;
}

int api_fail(struct comm *c, const char *function, int errclass, const char *format, ...)
{
    if (!c && proc.stage == PROC_ALIVE)
        c = comm_of_no_object();
    struct errhandler *e = c ? comm_errhandler_get(c) : errhandler_of(proc_initial_errhandler());
    va_list ap;
    va_start(ap, format);
    api_report(e, c ? c->handle : MPI_COMM_SELF, c ? comm_name(c) : NULL, function, errclass, format, ap);
    va_end(ap);
    return errclass;
}

int api_running(const char *function)
{
    int stage = proc.stage;
    if (__builtin_expect(stage == PROC_ALIVE, 1))
        return 0;
    return api_fail(NULL, function, MPI_ERR_OTHER,
                    stage == PROC_BEFORE ? "called before MPI_Init" : "called after MPI_Finalize");
}

int api_comm(const char *function, MPI_Comm handle, struct comm **c)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    *c = comm_of(handle);
    if (__builtin_expect(*c != NULL, 1))
        return 0;
    if (handle == MPI_COMM_NULL)
        return api_fail(NULL, function, MPI_ERR_COMM, "the communicator is MPI_COMM_NULL");
    return api_fail(NULL, function, MPI_ERR_COMM, "%p is not a communicator", (void *)handle);
}

int api_inter(const char *function, MPI_Comm handle, struct comm **c)
{
    int rc = api_comm(function, handle, c);
    if (rc || (*c)->remote)
        return rc;
    return api_fail(*c, function, MPI_ERR_COMM, "%s is no inter-communicator", comm_name(*c));
}

int api_intra(const char *function, MPI_Comm handle, struct comm **c)
{
    int rc = api_comm(function, handle, c);
    if (rc || !(*c)->remote)
        return rc;
    return api_fail(*c, function, MPI_ERR_COMM, "%s is an inter-communicator", comm_name(*c));
}

int api_null(struct comm *c, const char *function, const char *name)
{
    return api_fail(c, function, MPI_ERR_ARG, "argument %s is NULL", name);
}

int api_unsupported(const char *function, MPI_Comm comm)
{
    if (log_on(LOG_WARN)) /* a program that does not look at return values would not notice */
        log_write(LOG_WARN, "%s is not built yet in Godwit " PACKAGE_VERSION " and returns an error", function);
    struct comm *c = comm_of(comm);
    return api_fail(c, function, MPI_ERR_UNSUPPORTED_OPERATION, "not built yet in Godwit " PACKAGE_VERSION);
}
