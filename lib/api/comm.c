/* Groups, contexts, communicators: so far the place of a process in the communicators that every program has. */
#include "config.h"

#include "api/api.h"

#pragma weak MPI_Comm_rank = PMPI_Comm_rank
int PMPI_Comm_rank(MPI_Comm comm, int *rank)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_rank", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_rank", rank, "rank");
    if (rc)
        return rc;
    *rank = c->rank;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_size = PMPI_Comm_size
int PMPI_Comm_size(MPI_Comm comm, int *size)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_size", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_size", size, "size");
    if (rc)
        return rc;
    *size = c->size;
    return MPI_SUCCESS;
}
