/* Addresses: the part of the datatype chapter that needs no datatype. */
#include "config.h"

#include "api/api.h"

#pragma weak MPI_Get_address = PMPI_Get_address
int PMPI_Get_address(const void *location, MPI_Aint *address)
{
    int rc = api_running("MPI_Get_address");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Get_address", address, "address");
    if (rc)
        return rc;
    *address = (MPI_Aint)location;
    return MPI_SUCCESS;
}

/* Sum and difference wrap, as addresses do. */
#pragma weak MPI_Aint_add = PMPI_Aint_add
MPI_Aint PMPI_Aint_add(MPI_Aint base, MPI_Aint disp)
{
    return (MPI_Aint)((uintptr_t)base + (uintptr_t)disp);
}

#pragma weak MPI_Aint_diff = PMPI_Aint_diff
MPI_Aint PMPI_Aint_diff(MPI_Aint addr1, MPI_Aint addr2)
{
    return (MPI_Aint)((uintptr_t)addr1 - (uintptr_t)addr2);
}
