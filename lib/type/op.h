/* Reduction operations, and what they do to memory: inout = in OP inout, where in is the left operand. Predefined
 * ones work on predefined types by kernels (op_kernel.h), those that a program makes call its function.
 *
 * Collectives ask op_check once (it gives words for a wrong pair of operation and type), then call op_apply for
 * every piece. MAX and MIN keep what is in inout when one of two floating-point numbers is not a number (NaN) or both
 * are equal. MAXLOC and MINLOC choose whole pairs, of equal values that with the lower index. */
#ifndef TYPE_OP_H
#define TYPE_OP_H

#include <mpi.h>
#include <stdatomic.h>
#include "base/handle.h"
#include "base/words.h"
#include "type/op_kernel.h"
#include "type/type.h"

struct op {
    struct obj obj;
    MPI_Op handle;
    const char *name;
    enum op_code code;
    int commutative;
    _Atomic int references;         /* not counted for the predefined ones */
    MPI_User_function *function;    /* OP_USER: one of these two */
    MPI_User_function_c *function_c;
};

/* The operation behind a handle, or NULL. */
enum { OP_PREDEFINED = 0x20, OP_PREDEFINED_COUNT = 0x20 };
extern const struct op op_predefined[OP_PREDEFINED_COUNT];
static inline const struct op *op_of(MPI_Op handle)
{
    uintptr_t place = (uintptr_t)handle - OP_PREDEFINED;
    if (__builtin_expect(place < OP_PREDEFINED_COUNT, 1))
        return op_predefined[place].handle ? &op_predefined[place] : NULL;
    return handle_object(handle, OBJ_OP);
}

/* An operation of the program's function, one of the two; NULL: no memory. Whoever uses one holds a reference. */
struct op *op_new(MPI_User_function *function, MPI_User_function_c *function_c, int commutative);
const struct op *op_get(const struct op *o);
void op_put(const struct op *o);

/* 0 if the operation is defined for the type; else -1 and why not. MPI_REPLACE and MPI_NO_OP are for one-sided
 * calls alone: others ask with one_sided 0. */
int op_check(const struct op *o, const struct type *t, int one_sided, struct words *why);

/* inout = in OP inout on count elements; op_check has agreed. The buffers must not overlap. */
void op_apply(const struct op *o, const void *in, void *inout, size_t count, const struct type *t);

/* The kernel for an operation and a type that op_check agrees to. NULL: there is none, only op_apply (MPI_REPLACE,
 * MPI_NO_OP, functions of the program, pairs without a name). */
op_kernel *op_kernel_of(const struct op *o, const struct type *t);

/* What a predefined type is to the machine. */
enum op_element op_element_of(const struct type *t);

/* Pairs of a value and an index that have no kernel, by MAXLOC or MINLOC (op_pair.c). */
int op_pair_is_good(const struct type *t);
void op_pair_apply(enum op_code code, const char *in, char *inout, size_t count, const struct type *t);

/* Chooses the kernels for this processor; before the first call of op_apply. */
void op_init(void);

#endif
