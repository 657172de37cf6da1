/* Reduction operations in one process: MPI_Reduce_local with predefined operations and with those of the program,
 * on predefined and derived types; what is refused. lib/type has the tests of all kernels. */
#include "test.h"

#include <complex.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void predefined(void)
{
    int a[5] = {1, -2, 3, 0, 7}, b[5] = {4, 5, -6, 0, 7};
    int count = 5;
    CHECK(!MPI_Reduce_local(a, b, count, MPI_INT, MPI_SUM) && b[0] == 5 && b[1] == 3 && b[2] == -3 && b[4] == 14);
    CHECK(!MPI_Reduce_local(a, b, 3, MPI_INT, MPI_MAX) && b[0] == 5 && b[1] == 3 && b[2] == 3 && b[4] == 14);
    CHECK(!MPI_Reduce_local_c(a, b, 3, MPI_INT, MPI_MIN) && b[0] == 1 && b[1] == -2 && b[2] == 3);
    CHECK(!MPI_Reduce_local(a, b, 0, MPI_INT, MPI_PROD) && b[0] == 1);
    CHECK(!MPI_Reduce_local(NULL, NULL, 0, MPI_INT, MPI_PROD));
    CHECK(!MPI_Reduce_local(a, b, 4, MPI_INT, MPI_LAND) && b[0] == 1 && b[1] == 1 && b[2] == 1 && b[3] == 0);

    double complex x = 1 + 2 * I, y = 3 - I;
    CHECK(!MPI_Reduce_local(&x, &y, 1, MPI_C_DOUBLE_COMPLEX, MPI_PROD) && creal(y) == 5 && cimag(y) == 5);
    long double l = 0.5L, m = 3;
    CHECK(!MPI_Reduce_local(&l, &m, 1, MPI_LONG_DOUBLE, MPI_PROD) && m == 1.5L);
    uint16_t half[2] = {0x3c00, 0x4000}, other[2] = {0x3800, 0xc000}; /* 1, 2 and 0.5, -2 */
    CHECK(!MPI_Reduce_local(half, other, 2, MPI_REAL2, MPI_SUM) && other[0] == 0x3e00 && other[1] == 0);
    float nan = NAN, one = 1;
    CHECK(!MPI_Reduce_local(&nan, &one, 1, MPI_FLOAT, MPI_MAX) && one == 1); /* what is documented */
    CHECK(!MPI_Reduce_local(&one, &nan, 1, MPI_FLOAT, MPI_MAX) && isnan(nan));

    struct {double v; int i;} in[3] = {{1, 5}, {2, 1}, {3, 9}}, inout[3] = {{1, 7}, {2, 0}, {4, 8}};
    CHECK(!MPI_Reduce_local(in, inout, 3, MPI_DOUBLE_INT, MPI_MAXLOC));
    CHECK(inout[0].i == 5 && inout[1].i == 0 && inout[2].v == 4 && inout[2].i == 8);

    /* Any alignment will do. */
    char from[8 * 20 + 1], to[8 * 20 + 3];
    for (int i = 0; i < 20; i++) {
        memcpy(from + 1 + 8 * i, &(double){i}, 8);
        memcpy(to + 3 + 8 * i, &(double){100}, 8);
    }
    CHECK(!MPI_Reduce_local(from + 1, to + 3, 20, MPI_DOUBLE, MPI_SUM));
    for (int i = 0; i < 20; i++) {
        double d;
        memcpy(&d, to + 3 + 8 * i, 8);
        CHECK(d == 100 + i);
    }
}

/* Products of 2 by 2 matrices depend on the order: inout = in * inout. */
static int calls;
static void matrix(void *in, void *inout, int *len, MPI_Datatype *datatype)
{
    int size;
    MPI_Type_size(*datatype, &size);
    CHECK(size == 4 * sizeof(int));
    int(*a)[4] = in, (*b)[4] = inout;
    for (int i = 0; i < *len; i++) {
        int c[4] = {a[i][0] * b[i][0] + a[i][1] * b[i][2], a[i][0] * b[i][1] + a[i][1] * b[i][3],
                    a[i][2] * b[i][0] + a[i][3] * b[i][2], a[i][2] * b[i][1] + a[i][3] * b[i][3]};
        memcpy(b[i], c, sizeof c);
    }
    calls++;
}

static void matrix_c(void *in, void *inout, MPI_Count *len, MPI_Datatype *datatype)
{
    int n = (int)*len;
    matrix(in, inout, &n, datatype);
}

static void own(void)
{
    MPI_Datatype type;
    MPI_Op op, op_c;
    int commute = -1;
    MPI_Type_contiguous(4, MPI_INT, &type);
    MPI_Type_commit(&type);
    CHECK(!MPI_Op_create(matrix, 0, &op) && op != MPI_OP_NULL && !MPI_Op_commutative(op, &commute) &&
          commute == 0);
    CHECK(!MPI_Op_create_c(matrix_c, 3, &op_c) && !MPI_Op_commutative(op_c, &commute) && commute == 1);
    for (int large = 0; large < 2; large++)
        for (int call = 0; call < 2; call++) {
            int a[2][4] = {{1, 2, 3, 4}, {0, 1, 0, 0}}, b[2][4] = {{5, 6, 7, 8}, {0, 0, 1, 0}};
            calls = 0;
            CHECK(!(call ? MPI_Reduce_local_c(a, b, 2, type, large ? op_c : op)
                         : MPI_Reduce_local(a, b, 2, type, large ? op_c : op)));
            CHECK(calls == 1 && b[0][0] == 19 && b[0][1] == 22 && b[0][2] == 43 && b[0][3] == 50);
            CHECK(b[1][0] == 1 && b[1][1] == 0 && b[1][2] == 0 && b[1][3] == 0);
        }
    int number = MPI_Op_toint(op);
    CHECK(number >= 4096 && MPI_Op_fromint(number) == op);
    CHECK(!MPI_Op_free(&op) && op == MPI_OP_NULL && MPI_Op_fromint(number) == MPI_OP_NULL);
    CHECK(!MPI_Op_free(&op_c));
    MPI_Type_free(&type);
    CHECK(!MPI_Op_commutative(MPI_SUM, &commute) && commute == 1);
    CHECK(!MPI_Op_commutative(MPI_MINLOC, &commute) && commute == 1);
}

static void fortran(void)
{
    MPI_Datatype type;
    double a[2] = {1, 2}, b[2] = {3, 4};
    MPI_Type_create_f90_real(15, 300, &type);
    CHECK(!MPI_Reduce_local(a, b, 2, type, MPI_SUM) && b[0] == 4 && b[1] == 6);
    struct {short v; long i;} in[2] = {{5, 1}, {6, 2}}, inout[2] = {{5, 0}, {5, 7}};
    MPI_Type_get_value_index(MPI_SHORT, MPI_LONG, &type);
    CHECK(type != MPI_DATATYPE_NULL && !MPI_Reduce_local(in, inout, 2, type, MPI_MAXLOC));
    CHECK(inout[0].v == 5 && inout[0].i == 0 && inout[1].v == 6 && inout[1].i == 2);
}

static int class_of(int code)
{
    int errclass;
    MPI_Error_class(code, &errclass);
    return errclass;
}

static void refused(void)
{
    int a = 1, b = 2;
    float f = 1, g = 2;
    char c = 'c', d = 'd';
    MPI_Op op = MPI_SUM, null = MPI_OP_NULL;
    CHECK(class_of(MPI_Reduce_local(&f, &g, 1, MPI_FLOAT, MPI_BAND)) == MPI_ERR_OP && g == 2);
    CHECK(class_of(MPI_Reduce_local(&c, &d, 1, MPI_CHARACTER, MPI_MAX)) == MPI_ERR_OP && d == 'd');
    CHECK(MPI_Reduce_local(&d, &c, 1, MPI_CHAR, MPI_MAX) == MPI_SUCCESS && c == 'd'); /* as other MPIs do */
    CHECK(class_of(MPI_Reduce_local(&a, &b, 1, MPI_INT, MPI_MAXLOC)) == MPI_ERR_OP);
    CHECK(class_of(MPI_Reduce_local(&a, &b, 1, MPI_INT, MPI_REPLACE)) == MPI_ERR_OP && b == 2);
    CHECK(class_of(MPI_Reduce_local(&a, &b, 1, MPI_INT, MPI_NO_OP)) == MPI_ERR_OP && b == 2);
    CHECK(class_of(MPI_Reduce_local(&a, &b, 1, MPI_INT, MPI_OP_NULL)) == MPI_ERR_OP);
    CHECK(class_of(MPI_Reduce_local(&a, &b, -1, MPI_INT, MPI_SUM)) == MPI_ERR_COUNT);
    CHECK(class_of(MPI_Reduce_local(&a, &b, 1, MPI_DATATYPE_NULL, MPI_SUM)) == MPI_ERR_TYPE);
    CHECK(class_of(MPI_Reduce_local(NULL, &b, 1, MPI_INT, MPI_SUM)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Reduce_local(&a, NULL, 1, MPI_INT, MPI_SUM)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Reduce_local(MPI_IN_PLACE, &b, 1, MPI_INT, MPI_SUM)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Reduce_local(&b, &b, 1, MPI_INT, MPI_SUM)) == MPI_ERR_BUFFER && b == 2);
    CHECK(class_of(MPI_Reduce_local_c(&a, &b, INT64_MAX, MPI_INT, MPI_SUM)) == MPI_ERR_COUNT);
    MPI_Datatype pair;
    MPI_Type_contiguous(2, MPI_INT, &pair);
    int two[2] = {1, 1}, other[2] = {1, 1};
    CHECK(class_of(MPI_Reduce_local(two, other, 1, pair, MPI_SUM)) == MPI_ERR_TYPE); /* not committed */
    MPI_Type_commit(&pair);
    CHECK(class_of(MPI_Reduce_local(two, other, 1, pair, MPI_SUM)) == MPI_ERR_OP && other[0] == 1);
    MPI_Type_free(&pair);
    CHECK(class_of(MPI_Op_free(&op)) == MPI_ERR_OP && op == MPI_SUM);
    CHECK(class_of(MPI_Op_free(&null)) == MPI_ERR_OP);
    CHECK(class_of(MPI_Op_free(NULL)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Op_create(NULL, 1, &op)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Op_create_c(NULL, 1, &op)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Op_create(matrix, 1, NULL)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Op_commutative(MPI_OP_NULL, &a)) == MPI_ERR_OP);
    CHECK(class_of(MPI_Op_commutative(MPI_SUM, NULL)) == MPI_ERR_ARG);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    if (argc > 1) { /* the sentence, and the end */
        float f = 1, g = 2;
        MPI_Reduce_local(&f, &g, 1, MPI_FLOAT, MPI_BXOR);
    }
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    predefined();
    own();
    fortran();
    refused();
    MPI_Finalize();
    return test_end();
}
