/* Constructors of datatypes that are parts of arrays: subarray and darray. */
#include "config.h"

#include "api/type.h"

static int check(const char *function, int dimensions, int order, MPI_Datatype oldtype, struct type **old,
                 MPI_Datatype *newtype)
{
    int rc = api_type(function, oldtype, old);
    if (rc || (rc = api_not_null(NULL, function, newtype, "newtype")))
        return rc;
    if (dimensions < 1)
        return api_fail(NULL, function, MPI_ERR_ARG, "ndims is %d, and must be at least 1", dimensions);
    if (order != MPI_ORDER_C && order != MPI_ORDER_FORTRAN)
        return api_fail(NULL, function, MPI_ERR_ARG, "order is %d, and must be MPI_ORDER_C or MPI_ORDER_FORTRAN",
                        order);
    return 0;
}

static int finish(const char *function, int rc, struct type *const *t, const struct words *why, MPI_Datatype *newtype)
{
    if (rc)
        return api_fail(NULL, function, rc, "%s", why->s);
    *newtype = (*t)->handle;
    leaks_made(LEAKS_TYPE, *newtype, function);
    return MPI_SUCCESS;
}

static int check_row(const char *function, struct type_row row, const char *name)
{
    return row.narrow || row.wide ? 0 : api_not_null(NULL, function, NULL, name);
}

/* ---- subarray ---- */

static int check_part(const char *function, int d, int64_t size, int64_t subsize, int64_t start)
{
    if (size < 1)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_sizes[%d] is %lld, and must be at least 1", d,
                        (long long)size);
    if (subsize < 1 || subsize > size)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_subsizes[%d] is %lld, and must be from 1 to %lld", d,
                        (long long)subsize, (long long)size);
    if (start < 0 || start > size - subsize)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_starts[%d] is %lld, and must be from 0 to %lld", d,
                        (long long)start, (long long)(size - subsize));
    return 0;
}

static int subarray(const char *function, int large, int dimensions, struct type_row sizes, struct type_row subsizes,
                    struct type_row starts, int order, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check(function, dimensions, order, oldtype, &old, newtype);
    if (rc || (rc = check_row(function, sizes, "array_of_sizes")) ||
        (rc = check_row(function, subsizes, "array_of_subsizes")) ||
        (rc = check_row(function, starts, "array_of_starts")))
        return rc;
    for (int d = 0; !rc && d < dimensions; d++)
        rc = check_part(function, d, type_row_at(sizes, (uint64_t)d), type_row_at(subsizes, (uint64_t)d),
                        type_row_at(starts, (uint64_t)d));
    if (rc)
        return rc;
    rc = type_subarray(large, dimensions, sizes, subsizes, starts, order, old, &t, &why);
    return finish(function, rc, &t, &why, newtype);
}

#pragma weak MPI_Type_create_subarray = PMPI_Type_create_subarray
int PMPI_Type_create_subarray(int ndims, const int array_of_sizes[], const int array_of_subsizes[],
                              const int array_of_starts[], int order, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type_row sizes = {array_of_sizes, NULL}, subsizes = {array_of_subsizes, NULL};
    struct type_row starts = {array_of_starts, NULL};
    return subarray("MPI_Type_create_subarray", 0, ndims, sizes, subsizes, starts, order, oldtype, newtype);
}

#pragma weak MPI_Type_create_subarray_c = PMPI_Type_create_subarray_c
int PMPI_Type_create_subarray_c(int ndims, const MPI_Count array_of_sizes[], const MPI_Count array_of_subsizes[],
                                const MPI_Count array_of_starts[], int order, MPI_Datatype oldtype,
                                MPI_Datatype *newtype)
{
    struct type_row sizes = {NULL, array_of_sizes}, subsizes = {NULL, array_of_subsizes};
    struct type_row starts = {NULL, array_of_starts};
    return subarray("MPI_Type_create_subarray_c", 1, ndims, sizes, subsizes, starts, order, oldtype, newtype);
}

/* ---- darray ---- */

static int check_distribution(const char *function, int d, int64_t size, int distribution, int argument, int processes)
{
    if (size < 1)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_gsizes[%d] is %lld, and must be at least 1", d,
                        (long long)size);
    if (processes < 1)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_psizes[%d] is %d, and must be at least 1", d, processes);
    if (distribution != MPI_DISTRIBUTE_NONE && distribution != MPI_DISTRIBUTE_BLOCK &&
        distribution != MPI_DISTRIBUTE_CYCLIC)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_distribs[%d] is %d, which is no distribution", d,
                        distribution);
    if (distribution == MPI_DISTRIBUTE_NONE && processes != 1)
        return api_fail(NULL, function, MPI_ERR_ARG,
                        "array_of_psizes[%d] is %d, and must be 1 where the distribution is MPI_DISTRIBUTE_NONE", d,
                        processes);
    if (distribution == MPI_DISTRIBUTE_NONE || argument == MPI_DISTRIBUTE_DFLT_DARG)
        return 0;
    if (argument < 1)
        return api_fail(NULL, function, MPI_ERR_ARG,
                        "array_of_dargs[%d] is %d, and must be at least 1 or MPI_DISTRIBUTE_DFLT_DARG", d, argument);
    if (distribution == MPI_DISTRIBUTE_BLOCK && (int64_t)argument * processes < size)
        return api_fail(NULL, function, MPI_ERR_ARG, "array_of_dargs[%d] is %d, and %d blocks of that size do not hold "
                        "array_of_gsizes[%d], %lld", d, argument, processes, d, (long long)size);
    return 0;
}

static int check_grid(const char *function, const struct type_grid *g)
{
    int64_t processes = 1;
    for (int d = 0; d < g->dimensions; d++) {
        int rc = check_distribution(function, d, type_row_at(g->sizes, (uint64_t)d), g->distributions[d],
                                    g->arguments[d], g->processes[d]);
        if (rc)
            return rc;
        processes *= g->processes[d];
        if (processes > g->size)
            break;
    }
    if (processes != g->size)
        return api_fail(NULL, function, MPI_ERR_ARG, "size is %d, which is not the product of array_of_psizes",
                        g->size);
    if (g->rank < 0 || g->rank >= g->size)
        return api_fail(NULL, function, MPI_ERR_ARG, "rank is %d, and must be from 0 to %d", g->rank, g->size - 1);
    return 0;
}

static int darray(const char *function, int large, const struct type_grid *g, MPI_Datatype oldtype,
                  MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check(function, g->dimensions, g->order, oldtype, &old, newtype);
    if (rc || (rc = check_row(function, g->sizes, "array_of_gsizes")) ||
        (rc = api_not_null(NULL, function, g->distributions, "array_of_distribs")) ||
        (rc = api_not_null(NULL, function, g->arguments, "array_of_dargs")) ||
        (rc = api_not_null(NULL, function, g->processes, "array_of_psizes")) || (rc = check_grid(function, g)))
        return rc;
    return finish(function, type_darray(large, g, old, &t, &why), &t, &why, newtype);
}

#pragma weak MPI_Type_create_darray = PMPI_Type_create_darray
int PMPI_Type_create_darray(int size, int rank, int ndims, const int array_of_gsizes[], const int array_of_distribs[],
                            const int array_of_dargs[], const int array_of_psizes[], int order, MPI_Datatype oldtype,
                            MPI_Datatype *newtype)
{
    struct type_grid g = {size, rank, ndims, {array_of_gsizes, NULL}, array_of_distribs, array_of_dargs,
                          array_of_psizes, order};
    return darray("MPI_Type_create_darray", 0, &g, oldtype, newtype);
}

#pragma weak MPI_Type_create_darray_c = PMPI_Type_create_darray_c
int PMPI_Type_create_darray_c(int size, int rank, int ndims, const MPI_Count array_of_gsizes[],
                              const int array_of_distribs[], const int array_of_dargs[], const int array_of_psizes[],
                              int order, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type_grid g = {size, rank, ndims, {NULL, array_of_gsizes}, array_of_distribs, array_of_dargs,
                          array_of_psizes, order};
    return darray("MPI_Type_create_darray_c", 1, &g, oldtype, newtype);
}
