/* Handles as integers: constants are their values, objects come back, dead numbers give null. */
#include "test.h"

#include <stdint.h>
#include <string.h>

static void handler(MPI_Comm *comm, int *code, ...)
{
    (void)comm;
    (void)code;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    CHECK(MPI_Comm_toint(MPI_COMM_WORLD) == 0x101 && MPI_Comm_fromint(0x101) == MPI_COMM_WORLD);
    CHECK(MPI_Comm_toint(MPI_COMM_NULL) == 0x100 && MPI_Comm_fromint(0x100) == MPI_COMM_NULL);
    CHECK(MPI_Type_toint(MPI_INT) == 0x209 && MPI_Type_fromint(0x209) == MPI_INT);
    CHECK(MPI_Op_fromint(MPI_Op_toint(MPI_SUM)) == MPI_SUM);
    CHECK(MPI_Group_fromint(MPI_Group_toint(MPI_GROUP_EMPTY)) == MPI_GROUP_EMPTY);
    CHECK(MPI_Request_fromint(MPI_Request_toint(MPI_REQUEST_NULL)) == MPI_REQUEST_NULL);
    CHECK(MPI_Message_fromint(MPI_Message_toint(MPI_MESSAGE_NO_PROC)) == MPI_MESSAGE_NO_PROC);
    CHECK(MPI_File_fromint(MPI_File_toint(MPI_FILE_NULL)) == MPI_FILE_NULL);
    CHECK(MPI_Win_fromint(MPI_Win_toint(MPI_WIN_NULL)) == MPI_WIN_NULL);
    CHECK(MPI_Session_fromint(MPI_Session_toint(MPI_SESSION_NULL)) == MPI_SESSION_NULL);
    CHECK(MPI_Comm_c2f(MPI_COMM_SELF) == MPI_Comm_toint(MPI_COMM_SELF) && MPI_Comm_f2c(0x101) == MPI_COMM_WORLD);
    CHECK(MPI_Type_f2c(MPI_Type_c2f(MPI_DOUBLE)) == MPI_DOUBLE && MPI_Win_f2c(MPI_Win_c2f(MPI_WIN_NULL)) == MPI_WIN_NULL);
    MPI_Status status = {.MPI_SOURCE = 3, .MPI_TAG = 5, .MPI_ERROR = 7, .MPI_internal = {1, 2, 3, 4, 5}}, back;
    MPI_Fint f[MPI_F_STATUS_SIZE];
    MPI_F08_status f08;
    CHECK(MPI_Status_c2f(&status, f) == MPI_SUCCESS && f[MPI_F_SOURCE] == 3 && f[MPI_F_TAG] == 5 && f[MPI_F_ERROR] == 7);
    CHECK(MPI_Status_f2f08(f, &f08) == MPI_SUCCESS && MPI_Status_f082c(&f08, &back) == MPI_SUCCESS);
    CHECK(memcmp(&status, &back, sizeof back) == 0);
    memset(f, 0, sizeof f);
    CHECK(MPI_Status_c2f08(&status, &f08) == MPI_SUCCESS && MPI_Status_f082f(&f08, f) == MPI_SUCCESS);
    memset(&back, 0, sizeof back);
    CHECK(MPI_Status_f2c(f, &back) == MPI_SUCCESS && memcmp(&status, &back, sizeof back) == 0);

    MPI_Info infos[100];
    int numbers[100];
    for (int i = 0; i < 100; i++) {
        MPI_Info_create(&infos[i]);
        numbers[i] = MPI_Info_toint(infos[i]);
        CHECK(numbers[i] >= 4096 && MPI_Info_toint(infos[i]) == numbers[i]);
    }
    for (int i = 0; i < 100; i++)
        CHECK(MPI_Info_fromint(numbers[i]) == infos[i]);
    MPI_Info_free(&infos[7]);
    CHECK(MPI_Info_fromint(numbers[7]) == MPI_INFO_NULL);
    MPI_Errhandler e;
    MPI_Comm_create_errhandler(handler, &e);
    CHECK(MPI_Errhandler_toint(e) == numbers[7]); /* a free number is used again */
    CHECK(MPI_Errhandler_fromint(numbers[7]) == e);
    MPI_Errhandler_free(&e);
    CHECK(MPI_Info_fromint(0) == MPI_INFO_NULL && MPI_Info_fromint(-1) == MPI_INFO_NULL);
    CHECK(MPI_Info_fromint(1 << 30) == MPI_INFO_NULL);
    for (int i = 0; i < 100; i++)
        if (i != 7)
            MPI_Info_free(&infos[i]);
    MPI_Finalize();
    return test_end();
}
