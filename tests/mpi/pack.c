/* MPI_Pack and MPI_Unpack: any layout into a row of bytes and back, in pieces; packed messages and messages of the
 * types themselves are the same; what is refused. */
#include "test.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct record {
    int number;
    double value;
    char name[3];
};

static MPI_Datatype record_type(void)
{
    int lengths[] = {1, 1, 3};
    MPI_Aint at[] = {offsetof(struct record, number), offsetof(struct record, value),
                     offsetof(struct record, name)};
    MPI_Datatype types[] = {MPI_INT, MPI_DOUBLE, MPI_CHAR}, plain, type;
    MPI_Type_create_struct(3, lengths, at, types, &plain);
    MPI_Type_create_resized(plain, 0, sizeof(struct record), &type);
    MPI_Type_free(&plain);
    MPI_Type_commit(&type);
    return type;
}

static void layouts(void)
{
    MPI_Datatype record = record_type(), column;
    struct record in[4], out[4];
    double matrix[6][5], back[6][5];
    char packed[400];
    int position = 0, size;
    memset(in, 'x', sizeof in);
    memset(out, 'o', sizeof out);
    for (int i = 0; i < 4; i++) {
        in[i].number = i;
        in[i].value = i / 2.0;
        memcpy(in[i].name, "abc", 3);
    }
    for (int i = 0; i < 30; i++)
        (&matrix[0][0])[i] = i;
    memset(back, 0, sizeof back);
    MPI_Type_vector(6, 1, 5, MPI_DOUBLE, &column);
    MPI_Type_commit(&column);

    CHECK(!MPI_Pack_size(4, record, MPI_COMM_WORLD, &size) && size == 60);
    CHECK(!MPI_Pack(in, 4, record, packed, sizeof packed, &position, MPI_COMM_WORLD) && position == 60);
    CHECK(!MPI_Pack(&matrix[0][2], 1, column, packed, sizeof packed, &position, MPI_COMM_WORLD) &&
          position == 108);
    /* just fits */
    CHECK(!MPI_Pack(&(int){77}, 1, MPI_INT, packed, 112, &position, MPI_COMM_WORLD) && position == 112);
    CHECK(!memcmp(packed + 15, &in[1].number, 4) && !memcmp(packed + 19, &in[1].value, 8));

    int at = 0, number;
    for (int i = 0; i < 4; i++) /* in pieces of another size */
        CHECK(!MPI_Unpack(packed, position, &at, &out[i], 1, record, MPI_COMM_SELF) && at == 15 * (i + 1));
    CHECK(!MPI_Unpack(packed, position, &at, &back[0][2], 1, column, MPI_COMM_SELF) && at == 108);
    CHECK(!MPI_Unpack(packed, position, &at, &number, 1, MPI_INT, MPI_COMM_SELF) && at == 112 && number == 77);
    for (int i = 0; i < 4; i++) {
        CHECK(out[i].number == i && out[i].value == i / 2.0 && !memcmp(out[i].name, "abc", 3));
        /* gaps are left alone */
        CHECK(((char *)&out[i])[4] == 'o' && ((char *)&out[i])[sizeof out[i] - 1] == 'o');
    }
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 5; j++)
            CHECK(back[i][j] == (j == 2 ? matrix[i][j] : 0));
    MPI_Type_free(&column);
    MPI_Type_free(&record);
}

static void large_forms(void)
{
    long in[3] = {1, 2, 3}, out[3] = {0};
    char packed[24];
    MPI_Count position = 0, size;
    CHECK(!MPI_Pack_size_c(3, MPI_LONG, MPI_COMM_WORLD, &size) && size == 24);
    CHECK(!MPI_Pack_size_c(3ll << 40, MPI_LONG, MPI_COMM_WORLD, &size) && size == 24ll << 40);
    CHECK(!MPI_Pack_c(in, 1, MPI_LONG, packed, 24, &position, MPI_COMM_WORLD) && position == 8);
    CHECK(!MPI_Pack_c(in + 1, 2, MPI_LONG, packed, 24, &position, MPI_COMM_WORLD) && position == 24);
    position = 0;
    CHECK(!MPI_Unpack_c(packed, 24, &position, out, 3, MPI_LONG, MPI_COMM_WORLD) && position == 24);
    CHECK(!memcmp(in, out, sizeof in));
    int narrow;
    CHECK(!MPI_Pack_size(INT_MAX, MPI_LONG, MPI_COMM_WORLD, &narrow) && narrow == MPI_UNDEFINED);
}

/* What is packed here arrives there as itself, and the other way round. */
static void messages(int rank, int size)
{
    int right = (rank + 1) % size, left = (rank + size - 1) % size, position = 0, n;
    MPI_Datatype record = record_type();
    MPI_Status status;
    enum { MANY = 3000 }; /* longer than what goes at once */
    struct record *in = malloc(MANY * sizeof *in), *out = malloc(MANY * sizeof *out);
    char *packed = malloc(15 * MANY), *arrived = malloc(15 * MANY);
    for (int i = 0; i < MANY; i++) {
        in[i].number = 1000 * rank + i;
        in[i].value = i;
        memcpy(in[i].name, "pqr", 3);
    }
    MPI_Pack(in, MANY, record, packed, 15 * MANY, &position, MPI_COMM_WORLD);
    CHECK(!MPI_Sendrecv(packed, position, MPI_PACKED, right, 1, out, MANY, record, left, 1, MPI_COMM_WORLD,
                        &status));
    CHECK(!MPI_Get_count(&status, record, &n) && n == MANY);
    for (int i = 0; i < MANY; i++)
        CHECK(out[i].number == 1000 * left + i && out[i].value == i && !memcmp(out[i].name, "pqr", 3));
    CHECK(!MPI_Sendrecv(in, MANY, record, right, 2, arrived, 15 * MANY, MPI_PACKED, left, 2, MPI_COMM_WORLD,
                        &status));
    CHECK(!MPI_Get_count(&status, MPI_PACKED, &n) && n == 15 * MANY);
    memset(out, 0, MANY * sizeof *out);
    position = 0;
    CHECK(!MPI_Unpack(arrived, n, &position, out, MANY, record, MPI_COMM_WORLD) && position == n);
    for (int i = 0; i < MANY; i++)
        CHECK(out[i].number == 1000 * left + i && out[i].value == i && !memcmp(out[i].name, "pqr", 3));
    free(in);
    free(out);
    free(packed);
    free(arrived);
    MPI_Type_free(&record);
}

static int class_of(int code)
{
    int errclass;
    MPI_Error_class(code, &errclass);
    return errclass;
}

static void refused(void)
{
    int a[2] = {1, 2}, position = 0, size;
    char packed[8] = "untouch";
    MPI_Comm w = MPI_COMM_WORLD;
    CHECK(class_of(MPI_Pack(a, 2, MPI_INT, packed, 7, &position, w)) == MPI_ERR_TRUNCATE);
    CHECK(class_of(MPI_Unpack(packed, 7, &position, a, 2, MPI_INT, w)) == MPI_ERR_TRUNCATE);
    position = 5;
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, packed, 8, &position, w)) == MPI_ERR_TRUNCATE);
    CHECK(position == 5 && !memcmp(packed, "untouch", 8) && a[0] == 1);
    position = 9;
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, packed, 8, &position, w)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Unpack(packed, 8, &position, a, 1, MPI_INT, w)) == MPI_ERR_ARG);
    position = -1;
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, packed, 8, &position, w)) == MPI_ERR_ARG);
    position = 0;
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, packed, -8, &position, w)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, packed, 8, NULL, w)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Unpack(packed, 8, NULL, a, 1, MPI_INT, w)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack(NULL, 1, MPI_INT, packed, 8, &position, w)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, NULL, 8, &position, w)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Pack(a, -1, MPI_INT, packed, 8, &position, w)) == MPI_ERR_COUNT);
    CHECK(class_of(MPI_Pack(a, 1, MPI_DATATYPE_NULL, packed, 8, &position, w)) == MPI_ERR_TYPE);
    CHECK(class_of(MPI_Pack_size(-1, MPI_INT, w, &size)) == MPI_ERR_COUNT);
    CHECK(class_of(MPI_Pack_size(1, MPI_INT, w, NULL)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack_size(1, MPI_INT, MPI_COMM_NULL, &size)) == MPI_ERR_COMM);
    CHECK(class_of(MPI_Pack(a, 1, MPI_INT, packed, 8, &position, MPI_COMM_NULL)) == MPI_ERR_COMM);
    CHECK(!MPI_Pack(NULL, 0, MPI_INT, NULL, 0, &position, w) && position == 0); /* nothing is always possible */
    MPI_Datatype type;
    MPI_Type_contiguous(2, MPI_INT, &type);
    CHECK(class_of(MPI_Pack(a, 1, type, packed, 8, &position, w)) == MPI_ERR_TYPE); /* not committed */
    MPI_Type_free(&type);
}

int main(int argc, char **argv)
{
    int rank, size;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    layouts();
    large_forms();
    messages(rank, size);
    refused();
    MPI_Finalize();
    return test_end();
}
