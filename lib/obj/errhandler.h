/* Error handlers: the predefined ones and those made of a user's function. An object that uses one holds a
 * reference, so a handler may be freed while in use. Calling it is api/'s business. */
#ifndef OBJ_ERRHANDLER_H
#define OBJ_ERRHANDLER_H

#include <mpi.h>
#include "base/handle.h"

enum errhandler_kind {
    ERRHANDLER_FATAL,
    ERRHANDLER_ABORT,
    ERRHANDLER_RETURN,
    ERRHANDLER_COMM,
    ERRHANDLER_SESSION,
    ERRHANDLER_WIN,
    ERRHANDLER_FILE
};

union errhandler_function {
    MPI_Comm_errhandler_function *comm;
    MPI_Session_errhandler_function *session;
    MPI_Win_errhandler_function *win;
    MPI_File_errhandler_function *file;
};

struct errhandler {
    struct obj obj;
    enum errhandler_kind kind;
    _Atomic int references; /* not counted for the predefined ones */
    MPI_Errhandler handle;  /* what users call it */
    union errhandler_function function;
};

/* The object behind a handle, or NULL; the second form makes one (NULL: no memory). */
struct errhandler *errhandler_of(MPI_Errhandler handle);
struct errhandler *errhandler_new(enum errhandler_kind kind, union errhandler_function function);

/* The predefined ones serve everything, those of users what they were made for. */
int errhandler_fits(const struct errhandler *e, enum errhandler_kind kind);

struct errhandler *errhandler_get(struct errhandler *e); /* takes a reference */
void errhandler_put(struct errhandler *e);               /* gives it back; the last one frees */

#endif
