/* Sessions: handles that bring MPI to life without MPI_Init, and from which groups of processes are made. */
#ifndef OBJ_SESSION_H
#define OBJ_SESSION_H

#include "obj/errhandler.h"

struct session {
    struct obj obj;
    struct errhandler *errhandler;
    int thread_level;
    uint32_t number; /* by which its groups and communicators know it */
};

/* The object behind a handle, or NULL. */
static inline struct session *session_of(MPI_Session handle)
{
    return handle_object(handle, OBJ_SESSION);
}

#endif
