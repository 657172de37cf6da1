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
    MPI_Comm parent = MPI_COMM_SELF;
    CHECK(MPI_Comm_get_parent(&parent) == MPI_SUCCESS && parent == MPI_COMM_NULL);
    MPI_Finalize();
    always();
    return test_end();
}
