/* Info objects: order, replacement, lengths and cuts, MPI_INFO_ENV; before MPI_Init and after MPI_Finalize too. */
#include "test.h"

#include <string.h>

static void objects(void)
{
    MPI_Info info, copy;
    int n = -1, flag = -1, length;
    char key[MPI_MAX_INFO_KEY], value[64];
    CHECK(MPI_Info_create(&info) == MPI_SUCCESS && info != MPI_INFO_NULL);
    CHECK(MPI_Info_get_nkeys(info, &n) == MPI_SUCCESS && n == 0);
    CHECK(MPI_Info_set(info, "one", "first") == MPI_SUCCESS);
    CHECK(MPI_Info_set(info, "two", "") == MPI_SUCCESS);
    CHECK(MPI_Info_set(info, "one", "again") == MPI_SUCCESS);
    CHECK(MPI_Info_get_nkeys(info, &n) == MPI_SUCCESS && n == 2);
    CHECK(MPI_Info_get_nthkey(info, 0, key) == MPI_SUCCESS && strcmp(key, "one") == 0);
    CHECK(MPI_Info_get_nthkey(info, 1, key) == MPI_SUCCESS && strcmp(key, "two") == 0);

    length = sizeof value;
    CHECK(MPI_Info_get_string(info, "one", &length, value, &flag) == MPI_SUCCESS && flag == 1);
    CHECK(length == 6 && strcmp(value, "again") == 0);
    length = 3; /* cut, with its NUL, and the length that would be needed */
    CHECK(MPI_Info_get_string(info, "one", &length, value, &flag) == MPI_SUCCESS && length == 6);
    CHECK(strcmp(value, "ag") == 0);
    length = 0; /* only asks for the length: the buffer is not touched */
    strcpy(value, "untouched");
    CHECK(MPI_Info_get_string(info, "one", &length, value, &flag) == MPI_SUCCESS && length == 6 && flag == 1);
    CHECK(strcmp(value, "untouched") == 0);
    length = 7;
    CHECK(MPI_Info_get_string(info, "three", &length, value, &flag) == MPI_SUCCESS && flag == 0 && length == 7);
    CHECK(MPI_Info_get(info, "one", 2, value, &flag) == MPI_SUCCESS && flag && strcmp(value, "ag") == 0);
    CHECK(MPI_Info_get_valuelen(info, "two", &length, &flag) == MPI_SUCCESS && flag && length == 0);

    CHECK(MPI_Info_dup(info, &copy) == MPI_SUCCESS && copy != info);
    CHECK(MPI_Info_delete(info, "one") == MPI_SUCCESS);
    CHECK(MPI_Info_get_nthkey(info, 0, key) == MPI_SUCCESS && strcmp(key, "two") == 0);
    CHECK(MPI_Info_get_nkeys(copy, &n) == MPI_SUCCESS && n == 2);
    CHECK(MPI_Info_free(&copy) == MPI_SUCCESS && copy == MPI_INFO_NULL);
    CHECK(MPI_Info_free(&info) == MPI_SUCCESS && info == MPI_INFO_NULL);
}

static void wrong(void)
{
    MPI_Info info;
    char key[MPI_MAX_INFO_KEY + 8], value[MPI_MAX_INFO_VAL + 8];
    MPI_Info_create(&info);
    memset(key, 'k', sizeof key);
    memset(value, 'v', sizeof value);
    key[MPI_MAX_INFO_KEY] = value[MPI_MAX_INFO_VAL] = 0;
    CHECK(MPI_Info_set(info, key, "v") == MPI_ERR_INFO_KEY);
    CHECK(MPI_Info_set(info, "k", value) == MPI_ERR_INFO_VALUE);
    key[MPI_MAX_INFO_KEY - 1] = value[MPI_MAX_INFO_VAL - 1] = 0;
    CHECK(MPI_Info_set(info, key, value) == MPI_SUCCESS);
    CHECK(MPI_Info_set(info, "", "v") == MPI_ERR_INFO_KEY);
    CHECK(MPI_Info_delete(info, "none") == MPI_ERR_INFO_NOKEY);
    CHECK(MPI_Info_get_nthkey(info, 1, key) == MPI_ERR_ARG);
    CHECK(MPI_Info_set(MPI_INFO_NULL, "k", "v") == MPI_ERR_INFO);
    CHECK(MPI_Info_set(MPI_INFO_ENV, "k", "v") == MPI_ERR_INFO);
    MPI_Info_free(&info);
}

static void environment(int size)
{
    char value[MPI_MAX_INFO_VAL], number[16];
    int length = sizeof value, flag;
    snprintf(number, sizeof number, "%d", size);
    CHECK(MPI_Info_get_string(MPI_INFO_ENV, "maxprocs", &length, value, &flag) == MPI_SUCCESS && flag);
    CHECK(strcmp(value, number) == 0);
    length = sizeof value;
    CHECK(MPI_Info_get_string(MPI_INFO_ENV, "command", &length, value, &flag) == MPI_SUCCESS && flag);
    CHECK(strstr(value, "info"));
    length = sizeof value;
    CHECK(MPI_Info_get_string(MPI_INFO_ENV, "thread_level", &length, value, &flag) == MPI_SUCCESS && flag);
    CHECK(strcmp(value, "MPI_THREAD_SINGLE") == 0);
}

int main(int argc, char **argv)
{
    int size;
    objects();
    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    objects();
    wrong();
    environment(size);
    MPI_Finalize();
    objects();
    return test_end();
}
