/* What every file of api/ needs: is MPI running, is the handle good, and the one way to report an error.
 * The files of api/ define PMPI_X, with MPI_X as its weak alias for profiling tools. */
#ifndef API_API_H
#define API_API_H

#include <mpi.h>
#include <stdarg.h>
#include <stdatomic.h>
#include "boot/proc.h"
#include "obj/comm.h"
#include "obj/leaks.h"

/* Reports an error: runs the error handler of c (NULL: of MPI_COMM_SELF, or the initial one outside of
 * MPI_Init ... MPI_Finalize) and returns errclass if the handler returns. The text must not name the function. */
int api_fail(struct comm *c, const char *function, int errclass, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for what has a handler but is no communicator. handle: of what the handler is called with; name: in
 * words. */
int api_report(struct errhandler *e, void *handle, const char *name, const char *function, int errclass,
               const char *format, va_list ap);

static inline int api_is_running(void)
{
    return __builtin_expect(atomic_load_explicit(&proc.stage, memory_order_relaxed) == PROC_ALIVE, 1);
}

/* 0 between MPI_Init and MPI_Finalize, else the error. */
int api_running(const char *function);

/* The communicator behind a handle while MPI runs: 0 and *c, or the error. */
int api_comm(const char *function, MPI_Comm handle, struct comm **c);

/* The same, and it must be an inter-communicator, or must not be one. */
int api_inter(const char *function, MPI_Comm handle, struct comm **c);
int api_intra(const char *function, MPI_Comm handle, struct comm **c);

/* An output argument must not be NULL: 0, or the error. */
int api_null(struct comm *c, const char *function, const char *name);
static inline int api_not_null(struct comm *c, const char *function, const void *argument, const char *name)
{
    return __builtin_expect(argument != NULL, 1) ? 0 : api_null(c, function, name);
}

/* All that is not built yet ends here (unsupported.c). */
int api_unsupported(const char *function, MPI_Comm comm);

#endif
