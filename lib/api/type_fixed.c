/* Datatypes that are asked for by what they can hold. They are predefined, though not all have a name. */
#include "config.h"

#include "api/type.h"

static int f90(const char *function, int combiner, int p, int r, MPI_Datatype *newtype)
{
    struct type *t;
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, newtype, "newtype")))
        return rc;
    if (combiner != MPI_COMBINER_F90_INTEGER && p == MPI_UNDEFINED && r == MPI_UNDEFINED)
        return api_fail(NULL, function, MPI_ERR_ARG, "p and r are both MPI_UNDEFINED");
    rc = type_f90(combiner, p, r, &t);
    if (rc)
        return api_fail(NULL, function, rc, "no memory for a datatype");
    if (t) {
        *newtype = t->handle;
        return MPI_SUCCESS;
    }
    if (combiner == MPI_COMBINER_F90_INTEGER)
        return api_fail(NULL, function, MPI_ERR_ARG, "no INTEGER has a decimal range of %d", r);
    return api_fail(NULL, function, MPI_ERR_ARG,
                    "no REAL has a decimal precision of %d and a decimal exponent range of %d", p, r);
}

#pragma weak MPI_Type_create_f90_real = PMPI_Type_create_f90_real
int PMPI_Type_create_f90_real(int p, int r, MPI_Datatype *newtype)
{
    return f90("MPI_Type_create_f90_real", MPI_COMBINER_F90_REAL, p, r, newtype);
}

#pragma weak MPI_Type_create_f90_complex = PMPI_Type_create_f90_complex
int PMPI_Type_create_f90_complex(int p, int r, MPI_Datatype *newtype)
{
    return f90("MPI_Type_create_f90_complex", MPI_COMBINER_F90_COMPLEX, p, r, newtype);
}

#pragma weak MPI_Type_create_f90_integer = PMPI_Type_create_f90_integer
int PMPI_Type_create_f90_integer(int r, MPI_Datatype *newtype)
{
    return f90("MPI_Type_create_f90_integer", MPI_COMBINER_F90_INTEGER, 0, r, newtype);
}

#pragma weak MPI_Type_match_size = PMPI_Type_match_size
int PMPI_Type_match_size(int typeclass, int size, MPI_Datatype *datatype)
{
    int rc = api_running("MPI_Type_match_size");
    if (rc || (rc = api_not_null(NULL, "MPI_Type_match_size", datatype, "datatype")))
        return rc;
    if (typeclass != MPI_TYPECLASS_INTEGER && typeclass != MPI_TYPECLASS_REAL && typeclass != MPI_TYPECLASS_COMPLEX &&
        typeclass != MPIX_TYPECLASS_LOGICAL)
        return api_fail(NULL, "MPI_Type_match_size", MPI_ERR_ARG, "typeclass is %d, which is no class of types",
                        typeclass);
    MPI_Datatype found = type_match_size(typeclass, size);
    if (found == MPI_DATATYPE_NULL)
        return api_fail(NULL, "MPI_Type_match_size", MPI_ERR_ARG, "no type of that class has %d bytes", size);
    *datatype = found;
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_get_value_index = PMPI_Type_get_value_index
int PMPI_Type_get_value_index(MPI_Datatype value_type, MPI_Datatype index_type, MPI_Datatype *pair_type)
{
    struct type *value, *index, *pair;
    int rc = api_type("MPI_Type_get_value_index", value_type, &value);
    if (rc || (rc = api_type("MPI_Type_get_value_index", index_type, &index)) ||
        (rc = api_not_null(NULL, "MPI_Type_get_value_index", pair_type, "pair_type")))
        return rc;
    rc = type_value_index(value, index, &pair);
    if (rc)
        return api_fail(NULL, "MPI_Type_get_value_index", rc, "no memory for a datatype");
    *pair_type = pair ? pair->handle : MPI_DATATYPE_NULL; /* the standard's answer for those that make no pair */
    return MPI_SUCCESS;
}
