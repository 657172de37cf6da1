/* Argument checks and error reports of the API: see api.h. */
#include "config.h"

#include "api/api.h"

#include "base/log.h"
#include "boot/proc.h"
#include "obj/errclass.h"

#include <stdarg.h>
#include <stdio.h>

int api_fail(struct comm *c, const char *function, int errclass, const char *format, ...)
{
    if (!c && proc.stage == PROC_ALIVE)
        c = &comm_self;
    struct errhandler *e = c ? comm_errhandler_get(c) : errhandler_of(proc_initial_errhandler());
    switch (e->kind) {
    case ERRHANDLER_RETURN:
        break;
    case ERRHANDLER_COMM: {
        MPI_Comm handle = c ? c->handle : MPI_COMM_SELF;
        int code = errclass;
        e->comm_function(&handle, &code); /* it may replace or free its handler: the reference is ours */
        break;
    }
    case ERRHANDLER_FATAL:
    case ERRHANDLER_ABORT: {
        char detail[WORDS_SIZE / 2];
        struct words words;
        va_list ap;
        va_start(ap, format);
        vsnprintf(detail, sizeof detail, format, ap);
        va_end(ap);
        const char *name = errclass_name(errclass);
        words_set(&words, "%s: %s (%s%s%s)", function, detail, name ? name : "unknown error class", c ? " on " : "",
                  c ? c->name : "");
        proc_end(NODE_FAILED, errclass, &words);
    }
    }
    errhandler_put(e);
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
