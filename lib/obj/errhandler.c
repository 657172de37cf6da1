/* Error handlers: see errhandler.h. */
#include "obj/errhandler.h"

#include <stdlib.h>

static struct errhandler predefined[] = {
    {.obj = {.kind = OBJ_ERRHANDLER}, .kind = ERRHANDLER_FATAL, .handle = MPI_ERRORS_ARE_FATAL},
    {.obj = {.kind = OBJ_ERRHANDLER}, .kind = ERRHANDLER_ABORT, .handle = MPI_ERRORS_ABORT},
    {.obj = {.kind = OBJ_ERRHANDLER}, .kind = ERRHANDLER_RETURN, .handle = MPI_ERRORS_RETURN},
};

struct errhandler *errhandler_of(MPI_Errhandler handle)
{
    for (size_t i = 0; i < sizeof predefined / sizeof predefined[0]; i++)
        if (predefined[i].handle == handle)
            return &predefined[i];
    return handle_object(handle, OBJ_ERRHANDLER);
}

struct errhandler *errhandler_new(enum errhandler_kind kind, union errhandler_function function)
{
    struct errhandler *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->obj.kind = OBJ_ERRHANDLER;
    e->kind = kind;
    e->references = 1;
    e->handle = (MPI_Errhandler)e;
    e->function = function;
    return e;
}

int errhandler_fits(const struct errhandler *e, enum errhandler_kind kind)
{
    return e->kind < ERRHANDLER_COMM || e->kind == kind;
}

struct errhandler *errhandler_get(struct errhandler *e)
{
    if (e->kind >= ERRHANDLER_COMM)
        e->references++;
    return e;
}

void errhandler_put(struct errhandler *e)
{
    if (e->kind < ERRHANDLER_COMM || --e->references > 0)
        return;
    handle_forget(&e->obj);
    e->obj.kind = 0;
    free(e);
}
