/* Statuses: counts of bytes, elements and parts of elements; writing and reading them; sizes and extents of the
 * predefined datatypes. One rank is enough. */
#include "test.h"

#include <complex.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

static int count_of(const MPI_Status *s, MPI_Datatype t)
{
    int n = -1;
    CHECK(MPI_Get_count(s, t, &n) == MPI_SUCCESS);
    return n;
}

static MPI_Count count_of_c(const MPI_Status *s, MPI_Datatype t)
{
    MPI_Count n = -1;
    CHECK(MPI_Get_count_c(s, t, &n) == MPI_SUCCESS);
    return n;
}

static int elements_of(const MPI_Status *s, MPI_Datatype t)
{
    int n = -1;
    MPI_Count c = -1, x = -1;
    CHECK(MPI_Get_elements(s, t, &n) == MPI_SUCCESS);
    CHECK(MPI_Get_elements_c(s, t, &c) == MPI_SUCCESS);
    CHECK(MPI_Get_elements_x(s, t, &x) == MPI_SUCCESS);
    CHECK(c == n && x == n);
    return n;
}

static void received(void)
{
    char out[40] = {0}, in[40];
    MPI_Status s;
    for (int size = 0; size <= 40; size++) {
        MPI_Sendrecv(out, size, MPI_BYTE, 0, 5, in, 40, MPI_BYTE, 0, 5, MPI_COMM_SELF, &s);
        CHECK(s.MPI_SOURCE == 0 && s.MPI_TAG == 5);
        CHECK(count_of(&s, MPI_BYTE) == size && count_of_c(&s, MPI_CHAR) == size);
        CHECK(count_of(&s, MPI_INT) == (size % 4 ? MPI_UNDEFINED : size / 4));
        CHECK(count_of_c(&s, MPI_INT) == (size % 4 ? MPI_UNDEFINED : size / 4));
        CHECK(elements_of(&s, MPI_INT) == (size % 4 ? MPI_UNDEFINED : size / 4));
        /* a double and an int: 12 bytes of data */
        CHECK(count_of(&s, MPI_DOUBLE_INT) == (size % 12 ? MPI_UNDEFINED : size / 12));
        int rest = size % 12;
        CHECK(elements_of(&s, MPI_DOUBLE_INT) ==
              (rest == 0 ? size / 12 * 2 : rest == 8 ? size / 12 * 2 + 1 : MPI_UNDEFINED));
    }
}

static void written(void)
{
    MPI_Status s;
    int flag = -1, n;
    memset(&s, 0x5a, sizeof s);
    CHECK(MPI_Status_set_cancelled(&s, 1) == MPI_SUCCESS && MPI_Test_cancelled(&s, &flag) == MPI_SUCCESS && flag == 1);
    CHECK(MPI_Status_set_elements(&s, MPI_INT, 12) == MPI_SUCCESS);
    CHECK(MPI_Test_cancelled(&s, &flag) == MPI_SUCCESS && flag == 1);
    CHECK(count_of(&s, MPI_INT) == 12 && count_of(&s, MPI_BYTE) == 48 && count_of(&s, MPI_DOUBLE) == 6);
    CHECK(MPI_Status_set_cancelled(&s, 0) == MPI_SUCCESS && MPI_Test_cancelled(&s, &flag) == MPI_SUCCESS && flag == 0);
    CHECK(count_of(&s, MPI_INT) == 12);

    for (int i = 0; i < 7; i++) { /* elements are the basic ones, also of pairs */
        CHECK(MPI_Status_set_elements(&s, MPI_SHORT_INT, i) == MPI_SUCCESS && elements_of(&s, MPI_SHORT_INT) == i);
        CHECK(count_of(&s, MPI_SHORT_INT) == (i % 2 ? MPI_UNDEFINED : i / 2));
    }
    /* more than an int can say */
    const MPI_Count many = (MPI_Count)INT_MAX + 1;
    CHECK(MPI_Status_set_elements_c(&s, MPI_BYTE, many) == MPI_SUCCESS);
    CHECK(count_of(&s, MPI_BYTE) == MPI_UNDEFINED && count_of_c(&s, MPI_BYTE) == many);
    CHECK(MPI_Get_elements(&s, MPI_BYTE, &n) == MPI_SUCCESS && n == MPI_UNDEFINED);
    CHECK(count_of(&s, MPI_SHORT) == 1 << 30);
    CHECK(MPI_Status_set_elements_x(&s, MPI_DOUBLE, many) == MPI_SUCCESS && count_of_c(&s, MPI_DOUBLE) == many);
    CHECK(MPI_Status_set_elements_x(&s, MPI_BYTE, INT_MAX) == MPI_SUCCESS && count_of(&s, MPI_BYTE) == INT_MAX);

    CHECK(MPI_Status_set_source(&s, 77) == MPI_SUCCESS && MPI_Status_set_tag(&s, 78) == MPI_SUCCESS);
    CHECK(MPI_Status_set_error(&s, MPI_ERR_TAG) == MPI_SUCCESS);
    CHECK(s.MPI_SOURCE == 77 && s.MPI_TAG == 78 && s.MPI_ERROR == MPI_ERR_TAG);
    CHECK(count_of(&s, MPI_BYTE) == INT_MAX);
    s.MPI_SOURCE = 1;
    s.MPI_TAG = 2;
    s.MPI_ERROR = 3;
    CHECK(MPI_Status_get_source(&s, &n) == MPI_SUCCESS && n == 1);
    CHECK(MPI_Status_get_tag(&s, &n) == MPI_SUCCESS && n == 2);
    CHECK(MPI_Status_get_error(&s, &n) == MPI_SUCCESS && n == 3);
}

/* Null requests give an empty status, and leave its error field alone when there is only one. */
static void empty(void)
{
    MPI_Request none = MPI_REQUEST_NULL;
    MPI_Status s;
    int flag = 0;
    memset(&s, 0x5a, sizeof s);
    CHECK(MPI_Test(&none, &flag, &s) == MPI_SUCCESS && flag);
    CHECK(s.MPI_SOURCE == MPI_ANY_SOURCE && s.MPI_TAG == MPI_ANY_TAG && s.MPI_ERROR == MPI_SUCCESS);
    CHECK(count_of(&s, MPI_INT) == 0 && MPI_Test_cancelled(&s, &flag) == MPI_SUCCESS && !flag);
    CHECK(MPI_Recv(NULL, 0, MPI_INT, MPI_PROC_NULL, 3, MPI_COMM_SELF, &s) == MPI_SUCCESS);
    CHECK(s.MPI_SOURCE == MPI_PROC_NULL && s.MPI_TAG == MPI_ANY_TAG && count_of(&s, MPI_INT) == 0);
}

static void errors(void)
{
    MPI_Status s;
    int n;
    MPI_Count c;
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Recv(NULL, 0, MPI_INT, MPI_PROC_NULL, 3, MPI_COMM_SELF, &s);
    CHECK(MPI_Get_count(MPI_STATUS_IGNORE, MPI_INT, &n) == MPI_ERR_ARG);
    CHECK(MPI_Get_count(&s, MPI_INT, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Get_count(&s, MPI_DATATYPE_NULL, &n) == MPI_ERR_TYPE);
    CHECK(MPI_Get_elements_c(&s, (MPI_Datatype)(uintptr_t)3, &c) == MPI_ERR_TYPE);
    CHECK(MPI_Status_set_elements(&s, MPI_INT, -1) == MPI_ERR_COUNT);
    CHECK(MPI_Status_set_elements_c(&s, MPI_DOUBLE, INT64_MAX) == MPI_ERR_COUNT);
    CHECK(MPI_Test_cancelled(&s, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Status_set_source(MPI_STATUS_IGNORE, 1) == MPI_ERR_ARG);
    CHECK(MPI_Type_size(MPI_DATATYPE_NULL, &n) == MPI_ERR_TYPE);
    CHECK(MPI_Type_size(MPI_INT, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Type_get_extent_c(MPI_INT, &c, NULL) == MPI_ERR_ARG);
}

static void type_is(MPI_Datatype t, const char *name, MPI_Count size, MPI_Count extent, MPI_Count true_extent)
{
    char text[MPI_MAX_OBJECT_NAME];
    int n = -1, length = -1;
    MPI_Count c = -1, x = -1, lb = -1, e = -1;
    MPI_Aint alb = -1, ae = -1;
    CHECK(MPI_Type_size(t, &n) == MPI_SUCCESS && n == size);
    CHECK(MPI_Type_size_c(t, &c) == MPI_SUCCESS && c == size && MPI_Type_size_x(t, &x) == MPI_SUCCESS && x == size);
    CHECK(MPI_Type_get_extent(t, &alb, &ae) == MPI_SUCCESS && alb == 0 && ae == extent);
    CHECK(MPI_Type_get_extent_c(t, &lb, &e) == MPI_SUCCESS && lb == 0 && e == extent);
    CHECK(MPI_Type_get_extent_x(t, &lb, &e) == MPI_SUCCESS && lb == 0 && e == extent);
    CHECK(MPI_Type_get_true_extent(t, &alb, &ae) == MPI_SUCCESS && alb == 0 && ae == true_extent);
    CHECK(MPI_Type_get_true_extent_c(t, &lb, &e) == MPI_SUCCESS && lb == 0 && e == true_extent);
    CHECK(MPI_Type_get_true_extent_x(t, &lb, &e) == MPI_SUCCESS && lb == 0 && e == true_extent);
    CHECK(MPI_Type_get_name(t, text, &length) == MPI_SUCCESS && !strcmp(text, name) && length == (int)strlen(name));
}

static void types(void)
{
    struct double_int {
        double d;
        int i;
    };
    struct long_double_int {
        long double d;
        int i;
    };
    type_is(MPI_BYTE, "MPI_BYTE", 1, 1, 1);
    type_is(MPI_INT, "MPI_INT", sizeof(int), sizeof(int), sizeof(int));
    type_is(MPI_LONG_DOUBLE, "MPI_LONG_DOUBLE", sizeof(long double), sizeof(long double), sizeof(long double));
    type_is(MPI_C_DOUBLE_COMPLEX, "MPI_C_DOUBLE_COMPLEX", sizeof(double _Complex), 16, 16);
    type_is(MPI_INT16_T, "MPI_INT16_T", 2, 2, 2);
    type_is(MPI_2INT, "MPI_2INT", 8, 8, 8);
    type_is(MPI_DOUBLE_INT, "MPI_DOUBLE_INT", 12, sizeof(struct double_int), offsetof(struct double_int, i) + 4);
    type_is(MPI_LONG_DOUBLE_INT, "MPI_LONG_DOUBLE_INT", sizeof(long double) + 4, sizeof(struct long_double_int),
            offsetof(struct long_double_int, i) + 4);
}

int main(void)
{
    MPI_Init(NULL, NULL);
    received();
    written();
    empty();
    types();
    errors();
    MPI_Finalize();
    return test_end();
}
