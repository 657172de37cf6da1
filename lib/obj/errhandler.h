/* Error handlers: the predefined ones and those made of a user's function. An object that uses one holds a
 * reference, so a handler may be freed while in use. Calling it is api/'s business. */
#ifndef OBJ_ERRHANDLER_H
#define OBJ_ERRHANDLER_H

#include <mpi.h>
#include "base/handle.h"

enum errhandler_kind { ERRHANDLER_FATAL, ERRHANDLER_ABORT, ERRHANDLER_RETURN, ERRHANDLER_COMM };

struct errhandler {
    struct obj obj;
    enum errhandler_kind kind;
    _Atomic int references; /* not counted for the predefined ones */
    MPI_Errhandler handle;  /* what users call it */
    MPI_Comm_errhandler_function *comm_function;
};

/* The object behind a handle, or NULL; the second form makes one (NULL: no memory). */
struct errhandler *errhandler_of(MPI_Errhandler handle);
struct errhandler *errhandler_new_comm(MPI_Comm_errhandler_function *function);

struct errhandler *errhandler_get(struct errhandler *e); /* takes a reference */
void errhandler_put(struct errhandler *e);               /* gives it back; the last one frees */

#endif
