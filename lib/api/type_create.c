/* The constructors of datatypes. Each exists for int and for MPI_Count; what differs between the two is only how rows
 * of numbers are read, and what MPI_Type_get_contents says. */
#include "config.h"

#include "api/type.h"

#include <stdlib.h>

/* ---- checks ---- */

enum { SMALL, LARGE };

static struct type_row ints(const int *row)
{
    return (struct type_row){row, NULL};
}

static struct type_row longs(const MPI_Count *row)
{
    return (struct type_row){NULL, row};
}

static struct type_row addresses(const MPI_Aint *row)
{
    return (struct type_row){NULL, row};
}

static int check_count(const char *function, MPI_Count count)
{
    if (count >= 0)
        return 0;
    return api_fail(NULL, function, MPI_ERR_COUNT, "count is %lld, and must not be negative", (long long)count);
}

static int check_length(const char *function, MPI_Count length)
{
    if (length >= 0)
        return 0;
    return api_fail(NULL, function, MPI_ERR_ARG, "blocklength is %lld, and must not be negative", (long long)length);
}

static int check_row(const char *function, struct type_row row, const char *name)
{
    return row.narrow || row.wide ? 0 : api_not_null(NULL, function, NULL, name);
}

/* Where something is to be read from the rows, they must be there, and lengths not negative. */
static int check_rows(const char *function, MPI_Count count, const struct type_row *lengths,
                      struct type_row displacements)
{
    int rc = check_count(function, count);
    if (rc || count == 0)
        return rc;
    if ((lengths && (rc = check_row(function, *lengths, "array_of_blocklengths"))) ||
        (rc = check_row(function, displacements, "array_of_displacements")))
        return rc;
    for (MPI_Count i = 0; lengths && i < count; i++)
        if (type_row_at(*lengths, (uint64_t)i) < 0)
            return api_fail(NULL, function, MPI_ERR_ARG,
                            "array_of_blocklengths[%lld] is %lld, and must not be negative", (long long)i, (long long)type_row_at(*lengths, (uint64_t)i));
    return 0;
}

/* The old type, and room for the new one. */
static int check_types(const char *function, MPI_Datatype oldtype, struct type **old, MPI_Datatype *newtype)
{
    int rc = api_type(function, oldtype, old);
    return rc ? rc : api_not_null(NULL, function, newtype, "newtype");
}

static int finish(const char *function, int rc, struct type *const *t, const struct words *why, MPI_Datatype *newtype)
{
    if (rc)
        return api_fail(NULL, function, rc, "%s", why->s);
    *newtype = (*t)->handle;
    leaks_made(LEAKS_TYPE, *newtype, function);
    return MPI_SUCCESS;
}

/* ---- regular ones ---- */

static int contiguous(const char *function, int large, MPI_Count count, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check_types(function, oldtype, &old, newtype);
    if (rc || (rc = check_count(function, count)))
        return rc;
    return finish(function, type_contiguous(large, count, old, &t, &why), &t, &why, newtype);
}

#pragma weak MPI_Type_contiguous = PMPI_Type_contiguous
int PMPI_Type_contiguous(int count, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return contiguous("MPI_Type_contiguous", SMALL, count, oldtype, newtype);
}

#pragma weak MPI_Type_contiguous_c = PMPI_Type_contiguous_c
int PMPI_Type_contiguous_c(MPI_Count count, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return contiguous("MPI_Type_contiguous_c", LARGE, count, oldtype, newtype);
}

/* make: in which unit the stride is. */
typedef int make_vector(int, int64_t, int64_t, int64_t, const struct type *, struct type **, struct words *);
static int vector(const char *function, make_vector *make, int large, MPI_Count count, MPI_Count length,
                  MPI_Count stride, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check_types(function, oldtype, &old, newtype);
    if (rc || (rc = check_count(function, count)) || (rc = check_length(function, length)))
        return rc;
    return finish(function, make(large, count, length, stride, old, &t, &why), &t, &why, newtype);
}

#pragma weak MPI_Type_vector = PMPI_Type_vector
int PMPI_Type_vector(int count, int blocklength, int stride, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return vector("MPI_Type_vector", type_vector, SMALL, count, blocklength, stride, oldtype, newtype);
}

#pragma weak MPI_Type_vector_c = PMPI_Type_vector_c
int PMPI_Type_vector_c(MPI_Count count, MPI_Count blocklength, MPI_Count stride, MPI_Datatype oldtype,
                       MPI_Datatype *newtype)
{
    return vector("MPI_Type_vector_c", type_vector, LARGE, count, blocklength, stride, oldtype, newtype);
}

#pragma weak MPI_Type_create_hvector = PMPI_Type_create_hvector
int PMPI_Type_create_hvector(int count, int blocklength, MPI_Aint stride, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return vector("MPI_Type_create_hvector", type_hvector, SMALL, count, blocklength, stride, oldtype, newtype);
}

#pragma weak MPI_Type_create_hvector_c = PMPI_Type_create_hvector_c
int PMPI_Type_create_hvector_c(MPI_Count count, MPI_Count blocklength, MPI_Count stride, MPI_Datatype oldtype,
                               MPI_Datatype *newtype)
{
    return vector("MPI_Type_create_hvector_c", type_hvector, LARGE, count, blocklength, stride, oldtype, newtype);
}

/* ---- indexed ones ---- */

typedef int make_indexed(int, int64_t, struct type_row, struct type_row, const struct type *, struct type **,
                         struct words *);
static int indexed(const char *function, make_indexed *make, int large, MPI_Count count, struct type_row lengths,
                   struct type_row displacements, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check_types(function, oldtype, &old, newtype);
    if (rc || (rc = check_rows(function, count, &lengths, displacements)))
        return rc;
    return finish(function, make(large, count, lengths, displacements, old, &t, &why), &t, &why, newtype);
}

#pragma weak MPI_Type_indexed = PMPI_Type_indexed
int PMPI_Type_indexed(int count, const int array_of_blocklengths[], const int array_of_displacements[],
                      MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return indexed("MPI_Type_indexed", type_indexed, SMALL, count, ints(array_of_blocklengths),
                   ints(array_of_displacements), oldtype, newtype);
}

#pragma weak MPI_Type_indexed_c = PMPI_Type_indexed_c
int PMPI_Type_indexed_c(MPI_Count count, const MPI_Count array_of_blocklengths[],
                        const MPI_Count array_of_displacements[], MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return indexed("MPI_Type_indexed_c", type_indexed, LARGE, count, longs(array_of_blocklengths),
                   longs(array_of_displacements), oldtype, newtype);
}

#pragma weak MPI_Type_create_hindexed = PMPI_Type_create_hindexed
int PMPI_Type_create_hindexed(int count, const int array_of_blocklengths[], const MPI_Aint array_of_displacements[],
                              MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return indexed("MPI_Type_create_hindexed", type_hindexed, SMALL, count, ints(array_of_blocklengths),
                   addresses(array_of_displacements), oldtype, newtype);
}

#pragma weak MPI_Type_create_hindexed_c = PMPI_Type_create_hindexed_c
int PMPI_Type_create_hindexed_c(MPI_Count count, const MPI_Count array_of_blocklengths[],
                                const MPI_Count array_of_displacements[], MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return indexed("MPI_Type_create_hindexed_c", type_hindexed, LARGE, count, longs(array_of_blocklengths),
                   longs(array_of_displacements), oldtype, newtype);
}

typedef int make_blocks(int, int64_t, int64_t, struct type_row, const struct type *, struct type **, struct words *);
static int blocks(const char *function, make_blocks *make, int large, MPI_Count count, MPI_Count length,
                  struct type_row displacements, MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check_types(function, oldtype, &old, newtype);
    if (rc || (rc = check_length(function, length)) || (rc = check_rows(function, count, NULL, displacements)))
        return rc;
    return finish(function, make(large, count, length, displacements, old, &t, &why), &t, &why, newtype);
}

#pragma weak MPI_Type_create_indexed_block = PMPI_Type_create_indexed_block
int PMPI_Type_create_indexed_block(int count, int blocklength, const int array_of_displacements[], MPI_Datatype oldtype,
                                   MPI_Datatype *newtype)
{
    return blocks("MPI_Type_create_indexed_block", type_indexed_block, SMALL, count, blocklength,
                  ints(array_of_displacements), oldtype, newtype);
}

#pragma weak MPI_Type_create_indexed_block_c = PMPI_Type_create_indexed_block_c
int PMPI_Type_create_indexed_block_c(MPI_Count count, MPI_Count blocklength, const MPI_Count array_of_displacements[],
                                     MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return blocks("MPI_Type_create_indexed_block_c", type_indexed_block, LARGE, count, blocklength,
                  longs(array_of_displacements), oldtype, newtype);
}

#pragma weak MPI_Type_create_hindexed_block = PMPI_Type_create_hindexed_block
int PMPI_Type_create_hindexed_block(int count, int blocklength, const MPI_Aint array_of_displacements[],
                                    MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return blocks("MPI_Type_create_hindexed_block", type_hindexed_block, SMALL, count, blocklength,
                  addresses(array_of_displacements), oldtype, newtype);
}

#pragma weak MPI_Type_create_hindexed_block_c = PMPI_Type_create_hindexed_block_c
int PMPI_Type_create_hindexed_block_c(MPI_Count count, MPI_Count blocklength, const MPI_Count array_of_displacements[],
                                      MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    return blocks("MPI_Type_create_hindexed_block_c", type_hindexed_block, LARGE, count, blocklength,
                  longs(array_of_displacements), oldtype, newtype);
}

/* ---- structures ---- */

static int structure(const char *function, int large, MPI_Count count, struct type_row lengths,
                     struct type_row displacements, const MPI_Datatype *types, MPI_Datatype *newtype)
{
    struct type *t;
    struct words why;
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, newtype, "newtype")) ||
        (rc = check_rows(function, count, &lengths, displacements)) ||
        (count && (rc = api_not_null(NULL, function, types, "array_of_types"))))
        return rc;
    const struct type **old = malloc(((size_t)count + 1) * sizeof *old);
    if (!old)
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for %lld types", (long long)count);
    for (MPI_Count i = 0; i < count; i++)
        if (!(old[i] = type_of(types[i]))) {
            free(old);
            return api_fail(NULL, function, MPI_ERR_TYPE, "array_of_types[%lld] is %s", (long long)i,
                            types[i] == MPI_DATATYPE_NULL ? "MPI_DATATYPE_NULL" : "not a datatype");
        }
    rc = type_struct(large, count, lengths, displacements, old, &t, &why);
    free(old);
    return finish(function, rc, &t, &why, newtype);
}

#pragma weak MPI_Type_create_struct = PMPI_Type_create_struct
int PMPI_Type_create_struct(int count, const int array_of_blocklengths[], const MPI_Aint array_of_displacements[],
                            const MPI_Datatype array_of_types[], MPI_Datatype *newtype)
{
    return structure("MPI_Type_create_struct", SMALL, count, ints(array_of_blocklengths),
                     addresses(array_of_displacements), array_of_types, newtype);
}

#pragma weak MPI_Type_create_struct_c = PMPI_Type_create_struct_c
int PMPI_Type_create_struct_c(MPI_Count count, const MPI_Count array_of_blocklengths[],
                              const MPI_Count array_of_displacements[], const MPI_Datatype array_of_types[],
                              MPI_Datatype *newtype)
{
    return structure("MPI_Type_create_struct_c", LARGE, count, longs(array_of_blocklengths),
                     longs(array_of_displacements), array_of_types, newtype);
}

static int resized(const char *function, int large, MPI_Count lb, MPI_Count extent, MPI_Datatype oldtype,
                   MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = check_types(function, oldtype, &old, newtype);
    return rc ? rc : finish(function, type_resized(large, lb, extent, old, &t, &why), &t, &why, newtype);
}

#pragma weak MPI_Type_create_resized = PMPI_Type_create_resized
int PMPI_Type_create_resized(MPI_Datatype oldtype, MPI_Aint lb, MPI_Aint extent, MPI_Datatype *newtype)
{
    return resized("MPI_Type_create_resized", SMALL, lb, extent, oldtype, newtype);
}

#pragma weak MPI_Type_create_resized_c = PMPI_Type_create_resized_c
int PMPI_Type_create_resized_c(MPI_Datatype oldtype, MPI_Count lb, MPI_Count extent, MPI_Datatype *newtype)
{
    return resized("MPI_Type_create_resized_c", LARGE, lb, extent, oldtype, newtype);
}
