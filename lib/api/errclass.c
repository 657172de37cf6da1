/* Error classes, codes and texts, those included that the program adds. They may be used at any time. */
#include "config.h"

#include "api/api.h"
#include "obj/errclass.h"

#include <string.h>

#pragma weak MPI_Error_class = PMPI_Error_class
int PMPI_Error_class(int errorcode, int *errorclass)
{
    int rc = api_not_null(NULL, "MPI_Error_class", errorclass, "errorclass");
    if (rc)
        return rc;
    int found = errclass_of(errorcode);
    if (found < 0)
        return api_fail(NULL, "MPI_Error_class", MPI_ERR_ARG, "%d is not an error code", errorcode);
    *errorclass = found;
    return MPI_SUCCESS;
}

#pragma weak MPI_Error_string = PMPI_Error_string
int PMPI_Error_string(int errorcode, char *string, int *resultlen)
{
    int rc = api_not_null(NULL, "MPI_Error_string", string, "string");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Error_string", resultlen, "resultlen");
    if (rc)
        return rc;
    if (errclass_string(errorcode, string))
        return api_fail(NULL, "MPI_Error_string", MPI_ERR_ARG, "%d is not an error code", errorcode);
    *resultlen = (int)strlen(string);
    return MPI_SUCCESS;
}

#pragma weak MPI_Add_error_class = PMPI_Add_error_class
int PMPI_Add_error_class(int *errorclass)
{
    int rc = api_not_null(NULL, "MPI_Add_error_class", errorclass, "errorclass");
    if (rc)
        return rc;
    int made = errclass_add_class();
    if (made < 0)
        return api_fail(NULL, "MPI_Add_error_class", MPI_ERR_NO_MEM, "no memory for an error class");
    *errorclass = made;
    return MPI_SUCCESS;
}

#pragma weak MPI_Add_error_code = PMPI_Add_error_code
int PMPI_Add_error_code(int errorclass, int *errorcode)
{
    int rc = api_not_null(NULL, "MPI_Add_error_code", errorcode, "errorcode");
    if (rc)
        return rc;
    if (errorclass == MPI_SUCCESS || errclass_of(errorclass) != errorclass)
        return api_fail(NULL, "MPI_Add_error_code", MPI_ERR_ARG, "%d is not an error class", errorclass);
    int made = errclass_add_code(errorclass);
    if (made < 0)
        return api_fail(NULL, "MPI_Add_error_code", MPI_ERR_NO_MEM, "no memory for an error code");
    *errorcode = made;
    return MPI_SUCCESS;
}

static int failed(const char *function, int rc, int code, const char *other)
{
    if (rc == MPI_ERR_NO_MEM)
        return api_fail(NULL, function, rc, "no memory for a text");
    if (rc == MPI_ERR_ARG)
        return api_fail(NULL, function, rc, "%d is not an error code", code);
    return rc ? api_fail(NULL, function, rc, other, code) : MPI_SUCCESS;
}

#pragma weak MPI_Add_error_string = PMPI_Add_error_string
int PMPI_Add_error_string(int errorcode, const char *string)
{
    int rc = api_not_null(NULL, "MPI_Add_error_string", string, "string");
    if (rc)
        return rc;
    if (strnlen(string, MPI_MAX_ERROR_STRING) == MPI_MAX_ERROR_STRING)
        return api_fail(NULL, "MPI_Add_error_string", MPI_ERR_ARG, "the text is longer than %d bytes",
                        MPI_MAX_ERROR_STRING - 1);
    return failed("MPI_Add_error_string", errclass_set_string(errorcode, string), errorcode,
                  "%d is an error class of the standard, whose text stays");
}

#pragma weak MPI_Remove_error_string = PMPI_Remove_error_string
int PMPI_Remove_error_string(int errorcode)
{
    return failed("MPI_Remove_error_string", errclass_set_string(errorcode, NULL), errorcode,
                  "%d is an error class of the standard, whose text stays");
}

#pragma weak MPI_Remove_error_code = PMPI_Remove_error_code
int PMPI_Remove_error_code(int errorcode)
{
    return failed("MPI_Remove_error_code", errclass_remove(errorcode, 0), errorcode,
                  "%d is not a code of MPI_Add_error_code");
}

#pragma weak MPI_Remove_error_class = PMPI_Remove_error_class
int PMPI_Remove_error_class(int errorclass)
{
    return failed("MPI_Remove_error_class", errclass_remove(errorclass, 1), errorclass,
                  "%d is not a class of MPI_Add_error_class, or still has codes");
}
