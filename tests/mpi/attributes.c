/* Attributes of communicators: the functions that are called and when, keys freed while in use, the predefined
 * ones, and those of MPI_COMM_SELF at the end. */
#include "test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int copies, deletes, refuse;
static char order[64];

static int copy(MPI_Comm c, int key, void *extra, void *in, void *out, int *flag)
{
    (void)c;
    (void)key;
    copies++;
    *(void **)out = (char *)in + (intptr_t)extra;
    *flag = (intptr_t)in != 13; /* this one is not taken along */
    return refuse ? 77 : MPI_SUCCESS;
}

static int delete(MPI_Comm c, int key, void *value, void *extra)
{
    int n;
    (void)key;
    (void)extra;
    CHECK(MPI_Comm_rank(c, &n) == MPI_SUCCESS); /* still there */
    deletes++;
    snprintf(order + strlen(order), sizeof order - strlen(order), "%d ", (int)(intptr_t)value);
    return refuse ? MPI_ERR_OTHER : MPI_SUCCESS;
}

static void *number(intptr_t n)
{
    return (void *)n;
}

static void values(void)
{
    int key, other, dup, flag;
    void *got = NULL;
    MPI_Comm c, d;
    CHECK(MPI_Comm_create_keyval(copy, delete, &key, number(100)) == MPI_SUCCESS && key != MPI_KEYVAL_INVALID);
    CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &other, NULL) == MPI_SUCCESS);
    CHECK(MPI_Comm_create_keyval(MPI_COMM_DUP_FN, delete, &dup, NULL) == MPI_SUCCESS && dup != key && dup != other);
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    CHECK(MPI_Comm_get_attr(c, key, &got, &flag) == MPI_SUCCESS && !flag);
    CHECK(MPI_Comm_set_attr(c, key, number(1)) == MPI_SUCCESS &&
          MPI_Comm_set_attr(c, other, number(2)) == MPI_SUCCESS);
    CHECK(MPI_Comm_set_attr(c, dup, number(3)) == MPI_SUCCESS);
    CHECK(MPI_Comm_get_attr(c, key, &got, &flag) == MPI_SUCCESS && flag && got == number(1));
    CHECK(MPI_Comm_dup(c, &d) == MPI_SUCCESS && copies == 1);
    CHECK(MPI_Comm_get_attr(d, key, &got, &flag) == MPI_SUCCESS && flag && got == number(101));
    CHECK(MPI_Comm_get_attr(d, other, &got, &flag) == MPI_SUCCESS && !flag);
    CHECK(MPI_Comm_get_attr(d, dup, &got, &flag) == MPI_SUCCESS && flag && got == number(3));
    *order = 0;
    CHECK(MPI_Comm_free(&d) == MPI_SUCCESS && deletes == 2 && !strcmp(order, "3 101 ")); /* the last first */
    CHECK(MPI_Comm_split(c, 0, 0, &d) == MPI_SUCCESS && copies == 1); /* only duplicates have them */
    CHECK(MPI_Comm_get_attr(d, dup, &got, &flag) == MPI_SUCCESS && !flag);
    MPI_Comm_free(&d);
    *order = 0;
    CHECK(MPI_Comm_set_attr(c, key, number(13)) == MPI_SUCCESS && !strcmp(order, "1 ")); /* the old value goes */
    MPI_Request r;
    CHECK(MPI_Comm_idup(c, &d, &r) == MPI_SUCCESS && copies == 2);
    MPI_Comm_set_attr(c, dup, number(33)); /* too late for the duplicate */
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    CHECK(MPI_Comm_get_attr(d, key, &got, &flag) == MPI_SUCCESS && !flag);
    CHECK(MPI_Comm_get_attr(d, dup, &got, &flag) == MPI_SUCCESS && flag && got == number(3));
    /* A freed key lives as long as its values. */
    int freed = dup;
    CHECK(MPI_Comm_free_keyval(&dup) == MPI_SUCCESS && dup == MPI_KEYVAL_INVALID);
    CHECK(MPI_Comm_get_attr(d, freed, &got, &flag) == MPI_SUCCESS && flag && got == number(3));
    *order = 0;
    MPI_Comm_free(&d);
    CHECK(!strcmp(order, "3 "));
    CHECK(MPI_Comm_delete_attr(c, key) == MPI_SUCCESS && MPI_Comm_get_attr(c, key, &got, &flag) == MPI_SUCCESS &&
          !flag);

    MPI_Comm_set_errhandler(c, MPI_ERRORS_RETURN);
    MPI_Comm_set_attr(c, key, number(5));
    refuse = 1;
    CHECK(MPI_Comm_delete_attr(c, key) == MPI_ERR_OTHER && MPI_Comm_set_attr(c, key, number(6)) == MPI_ERR_OTHER);
    MPI_Comm left = c;
    CHECK(MPI_Comm_free(&c) == MPI_ERR_OTHER && c == left);
    d = MPI_COMM_NULL;
    CHECK(MPI_Comm_dup(c, &d) == 77 && d == MPI_COMM_NULL);
    CHECK(MPI_Comm_idup(c, &d, &r) == 77 && d == MPI_COMM_NULL);
    refuse = 0;
    CHECK(MPI_Comm_get_attr(c, key, &got, &flag) == MPI_SUCCESS && flag && got == number(5));
    CHECK(MPI_Comm_dup(c, &d) == MPI_SUCCESS && MPI_Comm_free(&d) == MPI_SUCCESS);
    CHECK(MPI_Comm_free(&c) == MPI_SUCCESS);
    MPI_Comm_free_keyval(&key);
    MPI_Comm_free_keyval(&other);
}

static int predefined(int key, int *value)
{
    int *got = NULL, flag = -1;
    CHECK(MPI_Comm_get_attr(MPI_COMM_WORLD, key, &got, &flag) == MPI_SUCCESS);
    if (flag)
        *value = *got;
    return flag;
}

static void fixed(int launched)
{
    int n = 0, size, made, code;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    CHECK(predefined(MPI_TAG_UB, &n) && n >= 32767);
    CHECK(predefined(MPI_IO, &n) && n == MPI_ANY_SOURCE);
    CHECK(predefined(MPI_HOST, &n) && n == MPI_PROC_NULL);
    CHECK(predefined(MPI_WTIME_IS_GLOBAL, &n) && n == 1);
    CHECK(predefined(MPI_UNIVERSE_SIZE, &n) && n == size);
    CHECK(predefined(MPI_APPNUM, &n) == launched && (!launched || n == 0));
    CHECK(predefined(MPI_LASTUSEDCODE, &n) && n == MPI_ERR_LASTCODE);
    MPI_Add_error_class(&made);
    MPI_Add_error_code(made, &code);
    CHECK(predefined(MPI_LASTUSEDCODE, &n) && n == code && code > made && made > MPI_ERR_LASTCODE);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    CHECK(MPI_Comm_set_attr(MPI_COMM_WORLD, MPI_TAG_UB, NULL) == MPI_ERR_KEYVAL);
    CHECK(MPI_Comm_delete_attr(MPI_COMM_WORLD, MPI_IO) == MPI_ERR_KEYVAL);
}

static void old_names(void)
{
    int key, flag;
    void *got;
    CHECK(MPI_Keyval_create(MPI_DUP_FN, MPI_NULL_DELETE_FN, &key, NULL) == MPI_SUCCESS);
    CHECK(MPI_Attr_put(MPI_COMM_SELF, key, number(8)) == MPI_SUCCESS);
    CHECK(MPI_Attr_get(MPI_COMM_SELF, key, &got, &flag) == MPI_SUCCESS && flag && got == number(8));
    CHECK(MPI_Attr_delete(MPI_COMM_SELF, key) == MPI_SUCCESS && MPI_Keyval_free(&key) == MPI_SUCCESS);
}

static void wrong(void)
{
    int key = MPI_KEYVAL_INVALID, flag;
    void *got;
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    CHECK(MPI_Comm_free_keyval(&key) == MPI_ERR_KEYVAL && MPI_Comm_free_keyval(NULL) == MPI_ERR_ARG);
    CHECK(MPI_Comm_set_attr(MPI_COMM_WORLD, 123456, NULL) == MPI_ERR_KEYVAL);
    CHECK(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_KEYVAL_INVALID, &got, &flag) == MPI_ERR_KEYVAL);
    CHECK(MPI_Comm_get_attr(MPI_COMM_NULL, MPI_TAG_UB, &got, &flag) == MPI_ERR_COMM);
    CHECK(MPI_Comm_create_keyval(copy, delete, NULL, NULL) == MPI_ERR_ARG);
    MPI_Comm_create_keyval(copy, delete, &key, NULL);
    CHECK(MPI_Comm_delete_attr(MPI_COMM_WORLD, key) == MPI_ERR_KEYVAL); /* has none */
    MPI_Comm_free_keyval(&key);
}

static int at_end(MPI_Comm c, int key, void *value, void *extra)
{
    int flag;
    (void)key;
    (void)extra;
    CHECK(c == MPI_COMM_SELF && MPI_Finalized(&flag) == MPI_SUCCESS && !flag);
    snprintf(order + strlen(order), sizeof order - strlen(order), "%d ", (int)(intptr_t)value);
    return MPI_SUCCESS;
}

int main(int argc, char **argv)
{
    int keys[3];
    MPI_Init(&argc, &argv);
    values();
    fixed(argc > 1);
    old_names();
    wrong();
    for (int i = 0; i < 3; i++) {
        MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, at_end, &keys[i], NULL);
        MPI_Comm_set_attr(MPI_COMM_SELF, keys[i], number(i + 1));
        MPI_Comm_free_keyval(&keys[i]);
    }
    *order = 0;
    MPI_Finalize();
    CHECK(!strcmp(order, "3 2 1 "));
    return test_end();
}
