/* Datatypes, without communication: so far the predefined ones. A type is blocks of bytes within an extent. */
#ifndef TYPE_TYPE_H
#define TYPE_TYPE_H

#include <mpi.h>
#include "base/cursor.h"

struct type_block {
    uint32_t at, size;
};

struct type {
    MPI_Datatype handle; /* NULL in an unused place of the table */
    const char *name;
    uint32_t size;      /* bytes of data */
    uint32_t extent;    /* bytes from one element to the next */
    uint32_t basics;    /* basic elements, as MPI_Get_elements counts them */
    uint32_t block_count;
    struct type_block blocks[2]; /* where the data stands; one block as large as the extent: contiguous */
};

enum { TYPE_PREDEFINED = 0x200, TYPE_PREDEFINED_COUNT = 0x100 };
extern const struct type type_predefined[TYPE_PREDEFINED_COUNT];

/* The size of a predefined type without gaps, by its place in the table; 0: any other handle. It spares most calls the
 * look at the table itself. */
extern uint8_t type_plain[TYPE_PREDEFINED_COUNT];
void type_init(void);

/* The type behind a handle, or NULL. */
static inline const struct type *type_of(MPI_Datatype handle)
{
    uintptr_t place = (uintptr_t)handle - TYPE_PREDEFINED;
    if (__builtin_expect(place >= TYPE_PREDEFINED_COUNT, 0))
        return NULL;
    return type_predefined[place].handle ? &type_predefined[place] : NULL;
}

static inline int type_is_contiguous(const struct type *t)
{
    return t->size == t->extent;
}

/* A cursor over the elements at memory; size is count * t->size. */
void type_cursor(struct cursor *c, const void *memory, size_t size, const struct type *t);

#endif
