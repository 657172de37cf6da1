/* Memory that programs get from MPI: MPI_Alloc_mem and MPI_Free_mem. It is the C library's; large pieces begin at a
 * large page, so that the kernel may back them by such. */
#define _GNU_SOURCE
#include "config.h"

#include "api/api.h"
#include "obj/info.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LEAST_ALIGNMENT = 64, LARGE_PAGE = 2 * 1024 * 1024 };

/* What the info's mpi_minimum_memory_alignment asks for: a power of 2, or 0 when it is none. */
static size_t wanted_alignment(const struct info *info)
{
    char value[MPI_MAX_INFO_VAL], *end;
    if (!info || info_copy(info, "mpi_minimum_memory_alignment", value) < 0)
        return LEAST_ALIGNMENT;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || n > SIZE_MAX / 2 || (n & (n - 1)) || !n)
        return 0;
    return n < LEAST_ALIGNMENT ? LEAST_ALIGNMENT : (size_t)n;
}

#pragma weak MPI_Alloc_mem = PMPI_Alloc_mem
int PMPI_Alloc_mem(MPI_Aint size, MPI_Info info, void *baseptr)
{
    struct info *i = NULL;
    void *memory = NULL;
    int rc = api_running("MPI_Alloc_mem");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Alloc_mem", baseptr, "baseptr");
    if (rc)
        return rc;
    if (size < 0)
        return api_fail(NULL, "MPI_Alloc_mem", MPI_ERR_ARG, "size is %lld; it must not be negative", (long long)size);
    if (info != MPI_INFO_NULL && !(i = info_of(info)))
        return api_fail(NULL, "MPI_Alloc_mem", MPI_ERR_INFO, "info is not an info object (it may have been freed)");
    size_t alignment = wanted_alignment(i);
    if (!alignment)
        return api_fail(NULL, "MPI_Alloc_mem", MPI_ERR_INFO_VALUE, "mpi_minimum_memory_alignment is not a power of 2");
    int large = size >= LARGE_PAGE;
    if (large && alignment < LARGE_PAGE)
        alignment = LARGE_PAGE;
    if (size && posix_memalign(&memory, alignment, (size_t)size))
        return api_fail(NULL, "MPI_Alloc_mem", MPI_ERR_NO_MEM, "no memory for %lld bytes", (long long)size);
    if (large)
        madvise(memory, (size_t)size, MADV_HUGEPAGE); /* a wish */
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
