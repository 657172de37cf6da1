/* What all objects behind MPI handles share: a header that says what the object is, and its number in Fortran's
 * and the _toint functions' world. A handle below 4096 is a constant of the ABI, any other is a pointer. */
#ifndef BASE_HANDLE_H
#define BASE_HANDLE_H

#include <stdint.h>

#define HANDLE_CONSTANTS 4096u

enum obj_kind {
    OBJ_COMM = 0x6d6d6f63,
    OBJ_GROUP = 0x70756f67,
    OBJ_SESSION = 0x73736573,
    OBJ_INFO = 0x6f666e69,
    OBJ_ERRHANDLER = 0x72686172,
    OBJ_REQUEST = 0x75716572,
    OBJ_MESSAGE = 0x6773656d,
    OBJ_TYPE = 0x65707974,
    OBJ_OP = 0x20706f20
};

/* The first member of every object. */
struct obj {
    uint32_t kind; /* enum obj_kind */
    int number;    /* 0: none was asked for yet */
};

static inline int handle_is_constant(const void *handle)
{
    return (uintptr_t)handle < HANDLE_CONSTANTS;
}

/* The object behind a handle that is not a constant, or NULL when it is of another kind. A handle that never was one
 * may point anywhere: that is the program's crash, as with any pointer. */
static inline void *handle_object(const void *handle, enum obj_kind kind)
{
    const struct obj *o = handle;
    return handle_is_constant(handle) || (uintptr_t)handle % sizeof(void *) || o->kind != kind ? 0 : (void *)handle;
}

/* MPI_X_toint: constants are their own number, objects get one. -1: no memory. */
int handle_to_int(void *handle);

/* MPI_X_fromint; NULL for a number that no object has. */
void *handle_from_int(int number);

/* Called when an object is freed: its number may be given to another. */
void handle_forget(struct obj *o);

#endif
