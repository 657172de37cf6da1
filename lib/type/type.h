/* Datatypes, without communication: what they consist of, how large they are, and the cursor over their data.
 *
 * A type is known in two ways that go apart at once. Its layout (layout.h) says where the bytes stand, in the cheapest
 * form, and has forgotten which basic types they belong to. Its parts say what it consists of, in the order of the
 * data: so many of this type, so many of that; they are what MPI_Get_elements, external32 and reductions ask for.
 *
 * Predefined types stand in a table, are always committed, and are not counted. Derived ones are objects that are
 * freed with their last reference: the user's handle is one, types built from them, persistent and pending requests
 * have others. What MPI_Type_create_f90_real and MPI_Type_get_value_index return is predefined too, though no constant:
 * ask for its parts (a pair of value and index has two, of one each). */
#ifndef TYPE_TYPE_H
#define TYPE_TYPE_H

#include <mpi.h>
#include "base/cursor.h"
#include "base/handle.h"
#include "base/words.h"

struct layout;
struct type;
struct type_contents;   /* construct.h */
struct attribute;       /* of obj/attribute.h */

struct type_part {
    uint64_t count;
    const struct type *type;
};

struct type {
    struct obj obj;
    MPI_Datatype handle; /* NULL in an unused place of the table */
    const char *name;    /* "": has none; type_title is for sentences */
    char *given_name;    /* the same, when it was given by the user */
    uint64_t size;       /* bytes of data */
    int64_t lb, extent;  /* bytes from one element to the next; may be negative */
    int64_t true_lb, true_extent;
    uint64_t basics;     /* basic elements, as MPI_Get_elements counts them */
    const struct type *basic; /* what all of them are (a basic type: itself); NULL: they differ, or there are none */
    const struct type_part *parts; /* what it consists of; a basic type has none */
    uint64_t part_count;
    const struct layout *layout;  /* of one element */
    const struct layout *endless; /* of as many as there may be; set by commit */
    uint32_t align;      /* of the basic type that wants most */
    uint8_t predefined;  /* cannot be freed; has a name or (handle not below 4096) not */
    uint8_t bounded;     /* lb and extent were set by MPI_Type_create_resized, here or in a part */
    uint8_t committed;
    uint8_t dense;       /* the data of any number of elements is one block, true_lb bytes behind the first */
    _Atomic uint32_t references;
    struct type_contents *contents; /* how it was made; NULL: a named type */
    struct attribute *attributes;   /* for api/ */
};

enum { TYPE_PREDEFINED = 0x200, TYPE_PREDEFINED_COUNT = 0x100 };
extern struct type type_predefined[TYPE_PREDEFINED_COUNT];

/* The size of a predefined type without gaps, by its place in the table; 0: any other handle. It spares most calls the
 * look at the table itself. */
extern uint8_t type_plain[TYPE_PREDEFINED_COUNT];
void type_init(void);

/* The type behind a handle, or NULL. */
static inline struct type *type_of(MPI_Datatype handle)
{
    uintptr_t place = (uintptr_t)handle - TYPE_PREDEFINED;
    if (__builtin_expect(place >= TYPE_PREDEFINED_COUNT, 0))
        return handle_object(handle, OBJ_TYPE);
    return type_predefined[place].handle ? &type_predefined[place] : NULL;
}

static inline int type_is_contiguous(const struct type *t)
{
    return t->dense;
}

/* One more reference, and one less (NULL: nothing): the last frees it. */
const struct type *type_get(const struct type *t);
void type_put(const struct type *t);

/* Makes it ready for use; 0 or MPI_ERR_NO_MEM. Any number of times. */
int type_commit(struct type *t);

/* A cursor over the elements of a committed type at memory; size is count * t->size, or less. It holds no reference. */
void type_cursor(struct cursor *c, const void *memory, uint64_t size, const struct type *t);

/* Basic elements in so many bytes of data, where the type is repeated as often as needed; UINT64_MAX: they end inside
 * of one (or the type has no data). And the other way round; UINT64_MAX: more than there can be. */
uint64_t type_elements(const struct type *t, uint64_t bytes);
uint64_t type_bytes(const struct type *t, uint64_t elements);

/* Goes through the basic elements of `count` elements in the order of the data: calls run for each row of equal ones
 * (basic->basic == basic) until it returns something else than 0, which comes back. */
typedef int type_run(void *arg, const struct type *basic, uint64_t n);
int type_each_run(const struct type *t, uint64_t count, type_run *run, void *arg);

/* For sentences: its name, or "a type made by MPI_Type_vector". Names: MPI_MAX_OBJECT_NAME bytes; set: 0 or
 * MPI_ERR_NO_MEM, what is too long is cut. */
const char *type_title(const struct type *t);
void type_copy_name(const struct type *t, char *name);
int type_set_name(struct type *t, const char *name);

#endif
