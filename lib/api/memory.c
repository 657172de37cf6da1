/* Memory from MPI: what the C library gives, aligned to a cache line, or as the info object asks. Every process can move
 * messages from and to any memory equally fast, so that there is no better one. */
#include "config.h"

#include "api/api.h"
#include "obj/info.h"

#include <stdlib.h>

enum { LINE = 64 };

/* The alignment asked for, if it is a power of two; what is not understood is ignored, as hints are. */
static size_t alignment_of(const struct info *info)
{
    char text[MPI_MAX_INFO_VAL], *end;
    if (!info || info_copy(info, "mpi_minimum_memory_alignment", text) < 0)
        return LINE;
    unsigned long long n = strtoull(text, &end, 10);
    return *end || n <= LINE || n & (n - 1) || n > PTRDIFF_MAX ? LINE : (size_t)n;
}

/* baseptr is the address of a pointer, declared as void * so that any pointer will do. */
#pragma weak MPI_Alloc_mem = PMPI_Alloc_mem
int PMPI_Alloc_mem(MPI_Aint size, MPI_Info info, void *baseptr)
{
    static const char function[] = "MPI_Alloc_mem";
    void *memory;
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, baseptr, "baseptr")))
        return rc;
    if (size < 0)
        return api_fail(NULL, function, MPI_ERR_ARG, "size is %lld, and must not be negative", (long long)size);
    const struct info *i = info == MPI_INFO_NULL ? NULL : info_of(info);
    if (info != MPI_INFO_NULL && !i)
        return api_fail(NULL, function, MPI_ERR_INFO, "%p is not an info object", (void *)info);
    if (posix_memalign(&memory, alignment_of(i), size ? (size_t)size : 1))
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory of %lld bytes", (long long)size);
    *(void **)baseptr = memory;
    return MPI_SUCCESS;
}

#pragma weak MPI_Free_mem = PMPI_Free_mem
int PMPI_Free_mem(void *base)
{
    int rc = api_running("MPI_Free_mem");
    if (!rc)
        free(base);
    return rc;
}
