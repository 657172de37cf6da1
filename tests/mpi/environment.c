/* Inquiry: what may be asked at any time, before MPI_Init and after MPI_Finalize, and what while MPI runs. */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void always(void)
{
    int version = 0, subversion = -1, length = -1, major = -1, minor = -1, class = -1, flag = -1;
    char text[MPI_MAX_LIBRARY_VERSION_STRING], value[16];
    CHECK(MPI_Get_version(&version, &subversion) == MPI_SUCCESS);
    CHECK(version == MPI_VERSION && subversion == MPI_SUBVERSION && version == 5 && subversion == 0);
    CHECK(MPI_Get_library_version(text, &length) == MPI_SUCCESS);
    CHECK((int)strlen(text) == length && strstr(text, "Godwit") == text && strstr(text, "MPI_ABI_VERSION 1.0"));
    CHECK(MPI_Abi_get_version(&major, &minor) == MPI_SUCCESS && major == 1 && minor == 0);

    MPI_Info info = MPI_INFO_NULL;
    length = sizeof value;
    CHECK(MPI_Abi_get_info(&info) == MPI_SUCCESS && info != MPI_INFO_NULL);
    CHECK(MPI_Info_get_string(info, "mpi_aint_size", &length, value, &flag) == MPI_SUCCESS && flag);
    CHECK(atoi(value) == (int)sizeof(MPI_Aint) && length == 2);
    length = sizeof value;
    CHECK(MPI_Info_get_string(info, "mpi_count_size", &length, value, &flag) == MPI_SUCCESS && flag && atoi(value) == 8);
    length = sizeof value;
    CHECK(MPI_Info_get_string(info, "mpi_offset_size", &length, value, &flag) == MPI_SUCCESS && atoi(value) == 8);
    CHECK(MPI_Info_free(&info) == MPI_SUCCESS && info == MPI_INFO_NULL);

    for (int code = 0; code <= MPI_ERR_ABI; code++) {
        CHECK(MPI_Error_class(code, &class) == MPI_SUCCESS && class == code);
        CHECK(MPI_Error_string(code, text, &length) == MPI_SUCCESS && length == (int)strlen(text) && length > 0);
        CHECK(length < MPI_MAX_ERROR_STRING);
    }
}

static void memory(void)
{
    char *p;
    MPI_Info info;
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    for (MPI_Aint size = 1; size <= 16 << 20; size = size * 3 + 1) {
        p = NULL;
        CHECK(MPI_Alloc_mem(size, MPI_INFO_NULL, &p) == MPI_SUCCESS && p && (uintptr_t)p % 64 == 0);
        memset(p, 1, (size_t)size);
        CHECK(MPI_Free_mem(p) == MPI_SUCCESS);
    }
    CHECK(MPI_Alloc_mem(0, MPI_INFO_NULL, &p) == MPI_SUCCESS && MPI_Free_mem(p) == MPI_SUCCESS);
    MPI_Info_create(&info);
    MPI_Info_set(info, "mpi_minimum_memory_alignment", "4096");
    CHECK(MPI_Alloc_mem(100, info, &p) == MPI_SUCCESS && (uintptr_t)p % 4096 == 0 && MPI_Free_mem(p) == MPI_SUCCESS);
    MPI_Info_set(info, "mpi_minimum_memory_alignment", "48");
    CHECK(MPI_Alloc_mem(100, info, &p) == MPI_ERR_INFO_VALUE);
    MPI_Info_free(&info);
    CHECK(MPI_Alloc_mem(-1, MPI_INFO_NULL, &p) == MPI_ERR_ARG);
#ifndef __SANITIZE_ADDRESS__ /* which ends the program */
    CHECK(MPI_Alloc_mem((MPI_Aint)1 << 60, MPI_INFO_NULL, &p) == MPI_ERR_NO_MEM);
#endif
    CHECK(MPI_Alloc_mem(1, MPI_INFO_NULL, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Alloc_mem(1, (MPI_Info)MPI_COMM_SELF, &p) == MPI_ERR_INFO);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
}

int main(int argc, char **argv)
{
    char name[MPI_MAX_PROCESSOR_NAME], host[256] = "";
    int length = -1;
    always();
    MPI_Init(&argc, &argv);
    always();
    CHECK(MPI_Get_processor_name(name, &length) == MPI_SUCCESS && (int)strlen(name) == length);
    gethostname(host, sizeof host - 1);
    CHECK(strcmp(name, host) == 0);

    double before = MPI_Wtime(), tick = MPI_Wtick();
    usleep(20000);
    double after = MPI_Wtime();
    CHECK(after - before >= 0.02 && after - before < 60);
    CHECK(tick > 0 && tick < 1e-3);

    int numbers[4];
    MPI_Aint a = 0, b = 0;
    CHECK(MPI_Get_address(&numbers[0], &a) == MPI_SUCCESS && MPI_Get_address(&numbers[3], &b) == MPI_SUCCESS);
    CHECK(MPI_Aint_diff(b, a) == 3 * (MPI_Aint)sizeof(int) && MPI_Aint_add(a, MPI_Aint_diff(b, a)) == b);
    memory();
    CHECK(MPI_Pcontrol(0) == MPI_SUCCESS && MPI_Pcontrol(7, &a, "words") == MPI_SUCCESS);
    MPI_Comm parent = MPI_COMM_SELF;
    CHECK(MPI_Comm_get_parent(&parent) == MPI_SUCCESS && parent == MPI_COMM_NULL);
    MPI_Finalize();
    always();
    return test_end();
}
