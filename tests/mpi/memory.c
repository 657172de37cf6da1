/* MPI_Alloc_mem and MPI_Free_mem; kinds of memory; MPI_Pcontrol. */
#include "test.h"

#include <stdint.h>
#include <string.h>

static int aligned(const void *p, uintptr_t to)
{
    return p && (uintptr_t)p % to == 0;
}

static void memory(void)
{
    char *p = NULL, *q = NULL;
    MPI_Info info;
    CHECK(MPI_Alloc_mem(1000000, MPI_INFO_NULL, &p) == MPI_SUCCESS && aligned(p, 16));
    memset(p, 1, 1000000);
    CHECK(MPI_Alloc_mem(0, MPI_INFO_NULL, &q) == MPI_SUCCESS && q != p);
    CHECK(MPI_Free_mem(q) == MPI_SUCCESS && MPI_Free_mem(p) == MPI_SUCCESS && MPI_Free_mem(NULL) == MPI_SUCCESS);
    MPI_Info_create(&info);
    MPI_Info_set(info, "mpi_minimum_memory_alignment", "65536");
    CHECK(MPI_Alloc_mem(10, info, &p) == MPI_SUCCESS && aligned(p, 65536));
    MPI_Free_mem(p);
    static const char *const odd[] = {"3", "many", "-64", "", "18446744073709551616"};
    for (int i = 0; i < 5; i++) {
        MPI_Info_set(info, "mpi_minimum_memory_alignment", odd[i]);
        CHECK(MPI_Alloc_mem(10, info, &p) == MPI_SUCCESS && aligned(p, 16));
        MPI_Free_mem(p);
    }
    MPI_Info_free(&info);
    CHECK(MPI_Alloc_mem(-1, MPI_INFO_NULL, &p) == MPI_ERR_ARG);
    CHECK(MPI_Alloc_mem(1, MPI_INFO_NULL, NULL) == MPI_ERR_ARG);
#if !defined(__SANITIZE_ADDRESS__) /* which ends the program then */
    CHECK(MPI_Alloc_mem(PTRDIFF_MAX - 100, MPI_INFO_NULL, &p) == MPI_ERR_NO_MEM);
#endif
}

static int has_kinds(MPI_Info info)
{
    char kinds[64] = "";
    int flag = 0;
    MPI_Info_get(info, "mpi_memory_alloc_kinds", 63, kinds, &flag);
    MPI_Info_free(&info);
    return flag && strcmp(kinds, "mpi,system") == 0;
}

static void kinds(void)
{
    MPI_Info info;
    MPI_Session session;
    CHECK(MPI_Comm_get_info(MPI_COMM_WORLD, &info) == MPI_SUCCESS && has_kinds(info));
    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
    CHECK(MPI_Session_get_info(session, &info) == MPI_SUCCESS && has_kinds(info));
    MPI_Session_finalize(&session);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    memory();
    kinds();
    CHECK(MPI_Pcontrol(1) == MPI_SUCCESS && MPI_Pcontrol(2, "anything", 3.0) == MPI_SUCCESS);
    MPI_Finalize();
    return test_end();
}
