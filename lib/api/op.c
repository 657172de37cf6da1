/* Reduction operations: made, freed, asked, and applied to memory of this process. */
#include "config.h"

#include "api/api.h"
#include "type/op.h"

static int check(const char *function, MPI_Op op, const struct op **o)
{
    *o = op_of(op);
    if (__builtin_expect(*o != NULL, 1))
        return 0;
    if (op == MPI_OP_NULL)
        return api_fail(NULL, function, MPI_ERR_OP, "the operation is MPI_OP_NULL");
    return api_fail(NULL, function, MPI_ERR_OP, "%p is not an operation", (void *)op);
}

static int create(const char *function, MPI_User_function *plain, MPI_User_function_c *large, int commute,
                  MPI_Op *op)
{
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, op, "op")))
        return rc;
    if (!plain && !large)
        return api_fail(NULL, function, MPI_ERR_ARG, "argument user_fn is NULL");
    struct op *o = op_new(plain, large, commute);
    if (!o)
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for an operation");
    *op = o->handle;
    leaks_made(LEAKS_OP, o->handle, function);
    return MPI_SUCCESS;
}

#pragma weak MPI_Op_create = PMPI_Op_create
int PMPI_Op_create(MPI_User_function *user_fn, int commute, MPI_Op *op)
{
    return create("MPI_Op_create", user_fn, NULL, commute, op);
}

#pragma weak MPI_Op_create_c = PMPI_Op_create_c
int PMPI_Op_create_c(MPI_User_function_c *user_fn, int commute, MPI_Op *op)
{
    return create("MPI_Op_create_c", NULL, user_fn, commute, op);
}

#pragma weak MPI_Op_free = PMPI_Op_free
int PMPI_Op_free(MPI_Op *op)
{
    const struct op *o;
    int rc = api_running("MPI_Op_free");
    if (rc || (rc = api_not_null(NULL, "MPI_Op_free", op, "op")) || (rc = check("MPI_Op_free", *op, &o)))
        return rc;
    if (o->code != OP_USER)
        return api_fail(NULL, "MPI_Op_free", MPI_ERR_OP, "%s is predefined and cannot be freed", o->name);
    leaks_freed(LEAKS_OP, o->handle);
    op_put(o);
    *op = MPI_OP_NULL;
    return MPI_SUCCESS;
}

#pragma weak MPI_Op_commutative = PMPI_Op_commutative
int PMPI_Op_commutative(MPI_Op op, int *commute)
{
    const struct op *o;
    int rc = api_running("MPI_Op_commutative");
    if (rc || (rc = check("MPI_Op_commutative", op, &o)) ||
        (rc = api_not_null(NULL, "MPI_Op_commutative", commute, "commute")))
        return rc;
    *commute = o->commutative;
    return MPI_SUCCESS;
}

/* What is wrong with the arguments, in words; 0: nothing is. */
static int bad_reduction(const char *function, const void *in, void *inout, MPI_Count count, MPI_Datatype datatype,
                         MPI_Op op)
{
    const struct op *o;
    const struct type *t = type_of(datatype);
    uint64_t size;
    int rc = api_running(function);
    if (rc)
        return rc;
    if (count < 0)
        return api_fail(NULL, function, MPI_ERR_COUNT, "count is %lld, and must not be negative",
                        (long long)count);
    if (!t && datatype == MPI_DATATYPE_NULL)
        return api_fail(NULL, function, MPI_ERR_TYPE, "the datatype is MPI_DATATYPE_NULL");
    if (!t)
        return api_fail(NULL, function, MPI_ERR_TYPE, "%p is not a datatype", (void *)datatype);
    if (!t->committed)
        return api_fail(NULL, function, MPI_ERR_TYPE, "%s is not committed: call MPI_Type_commit first",
                        type_title(t));
    if ((rc = check(function, op, &o)))
        return rc;
    struct words why;
    if (op_check(o, t, 0, &why))
        return api_fail(NULL, function, MPI_ERR_OP, "%s", why.s);
    if (in == MPI_IN_PLACE || (const void *)inout == MPI_IN_PLACE)
        return api_fail(NULL, function, MPI_ERR_BUFFER, "MPI_IN_PLACE is no buffer of a local reduction");
    if (__builtin_mul_overflow((uint64_t)count, t->size, &size) || size > PTRDIFF_MAX)
        return api_fail(NULL, function, MPI_ERR_COUNT, "%lld elements of %s are more than memory can hold",
                        (long long)count, type_title(t));
    if (count && t->predefined && (!in || !inout))
        return api_fail(NULL, function, MPI_ERR_BUFFER, "%s is NULL, but count is %lld", in ? "inoutbuf" : "inbuf",
                        (long long)count);
    if (count && t->size && in == inout)
        return api_fail(NULL, function, MPI_ERR_BUFFER, "inbuf and inoutbuf are the same memory (%p)", in);
    return 0;
}

static inline int reduce_local(const char *function, const void *in, void *inout, MPI_Count count,
                               MPI_Datatype datatype, MPI_Op op)
{
    const struct op *o = op_of(op);
    const struct type *t = type_of(datatype);
    /* The good case in one look: a named type fits into a table and memory, with any count of int. */
    if (__builtin_expect(!api_is_running() || !o || !t || !t->committed || op_check(o, t, 0, NULL) || !in ||
                         !inout || in == inout || in == MPI_IN_PLACE || (const void *)inout == MPI_IN_PLACE ||
                             (uint64_t)count > INT32_MAX, 0)) {
        int rc = bad_reduction(function, in, inout, count, datatype, op);
        if (rc)
            return rc;
    }
    op_apply(o, in, inout, (size_t)count, t);
    return MPI_SUCCESS;
}

#pragma weak MPI_Reduce_local = PMPI_Reduce_local
int PMPI_Reduce_local(const void *inbuf, void *inoutbuf, int count, MPI_Datatype datatype, MPI_Op op)
{
    return reduce_local("MPI_Reduce_local", inbuf, inoutbuf, count, datatype, op);
}

#pragma weak MPI_Reduce_local_c = PMPI_Reduce_local_c
int PMPI_Reduce_local_c(const void *inbuf, void *inoutbuf, MPI_Count count, MPI_Datatype datatype, MPI_Op op)
{
    return reduce_local("MPI_Reduce_local_c", inbuf, inoutbuf, count, datatype, op);
}
