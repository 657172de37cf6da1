/* Inquiry of the environment: versions, names, clock, error texts, the ABI. */
#include "config.h"

#include "api/api.h"
#include "boot/proc.h"
#include "obj/info.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#pragma weak MPI_Get_version = PMPI_Get_version
int PMPI_Get_version(int *version, int *subversion)
{
    int rc = api_not_null(NULL, "MPI_Get_version", version, "version");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Get_version", subversion, "subversion");
    if (rc)
        return rc;
    *version = MPI_VERSION;
    *subversion = MPI_SUBVERSION;
    return MPI_SUCCESS;
}

#pragma weak MPI_Get_library_version = PMPI_Get_library_version
int PMPI_Get_library_version(char *version, int *resultlen)
{
    int rc = api_not_null(NULL, "MPI_Get_library_version", version, "version");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Get_library_version", resultlen, "resultlen");
    if (rc)
        return rc;
    *resultlen = snprintf(version, MPI_MAX_LIBRARY_VERSION_STRING, "Godwit %s, MPI %d.%d, MPI_ABI_VERSION %d.%d",
                          PACKAGE_VERSION, MPI_VERSION, MPI_SUBVERSION, MPI_ABI_VERSION, MPI_ABI_SUBVERSION);
    return MPI_SUCCESS;
}

#pragma weak MPI_Abi_get_version = PMPI_Abi_get_version
int PMPI_Abi_get_version(int *abi_major, int *abi_minor)
{
    int rc = api_not_null(NULL, "MPI_Abi_get_version", abi_major, "abi_major");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Abi_get_version", abi_minor, "abi_minor");
    if (rc)
        return rc;
    *abi_major = MPI_ABI_VERSION;
    *abi_minor = MPI_ABI_SUBVERSION;
    return MPI_SUCCESS;
}

#pragma weak MPI_Abi_get_info = PMPI_Abi_get_info
int PMPI_Abi_get_info(MPI_Info *info)
{
    static const struct {
        const char *key;
        size_t size;
    } facts[] = {{"mpi_aint_size", sizeof(MPI_Aint)},
                 {"mpi_count_size", sizeof(MPI_Count)},
                 {"mpi_offset_size", sizeof(MPI_Offset)}};
    int rc = api_not_null(NULL, "MPI_Abi_get_info", info, "info");
    if (rc)
        return rc;
    struct info *made = info_new();
    for (size_t i = 0; made && i < sizeof facts / sizeof facts[0]; i++) {
        char size[8];
        snprintf(size, sizeof size, "%zu", facts[i].size);
        if (info_set(made, facts[i].key, size)) {
            info_free(made);
            made = NULL;
        }
    }
    if (!made)
        return api_fail(NULL, "MPI_Abi_get_info", MPI_ERR_NO_MEM, "no memory for an info object");
    *info = (MPI_Info)made;
    return MPI_SUCCESS;
}

#pragma weak MPI_Get_processor_name = PMPI_Get_processor_name
int PMPI_Get_processor_name(char *name, int *resultlen)
{
    int rc = api_running("MPI_Get_processor_name");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Get_processor_name", name, "name");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Get_processor_name", resultlen, "resultlen");
    if (rc)
        return rc;
    proc_host(name, MPI_MAX_PROCESSOR_NAME);
    *resultlen = (int)strlen(name);
    return MPI_SUCCESS;
}

#pragma weak MPI_Wtime = PMPI_Wtime
double PMPI_Wtime(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#pragma weak MPI_Wtick = PMPI_Wtick
double PMPI_Wtick(void)
{
    struct timespec t;
    clock_getres(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#pragma weak MPI_Get_hw_resource_info = PMPI_Get_hw_resource_info
int PMPI_Get_hw_resource_info(MPI_Info *hw_info)
{
    int rc = api_running("MPI_Get_hw_resource_info");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Get_hw_resource_info", hw_info, "hw_info");
    if (rc)
        return rc;
    struct info *made = info_new();
    for (int i = 0; made && i < PROC_RESOURCES; i++) {
        char key[64];
        snprintf(key, sizeof key, "hwloc://%s", proc_resource_names[i]);
        if (info_set(made, key, proc_resource(i) >= 0 ? "true" : "false")) {
            info_free(made);
            made = NULL;
        }
    }
    if (!made)
        return api_fail(NULL, "MPI_Get_hw_resource_info", MPI_ERR_NO_MEM, "no memory for an info object");
    *hw_info = (MPI_Info)made;
    return MPI_SUCCESS;
}

/* For profiling tools, which replace it. */
#pragma weak MPI_Pcontrol = PMPI_Pcontrol
int PMPI_Pcontrol(const int level, ...)
{
    (void)level;
    return MPI_SUCCESS;
}
