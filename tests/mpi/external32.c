/* external32: the bytes of known numbers of every type, derived types, and the way back. */
#include "test.h"

#include <complex.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Bytes in hexadecimal digits: at least as many as there are digits, else empty. */
static const char *hex(const void *bytes, size_t n)
{
    static char text[200];
    for (size_t i = 0; i < n && 2 * i + 3 < sizeof text; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
    return text;
}

/* Packs count elements, which must give the bytes, and unpacks them into memory that must then be `back`. */
static void is_at(int line, MPI_Datatype type, int count, const void *value, const void *back, size_t extent,
                  const char *bytes)
{
    char packed[100], memory[100];
    MPI_Aint size = -1, position = 3;
    MPI_Aint length = (MPI_Aint)strlen(bytes) / 2;
    int good = !MPI_Pack_external_size("external32", count, type, &size) && size == length;
    memset(packed, 'p', sizeof packed);
    good = good && !MPI_Pack_external("external32", value, count, type, packed, 3 + length, &position);
    good = good && position == 3 + length && packed[2] == 'p' && packed[3 + length] == 'p';
    if (!good || strcmp(hex(packed + 3, (size_t)length), bytes)) {
        fprintf(stderr, "line %d: size %d, position %d, bytes %s, expected %s\n", line, (int)size, (int)position,
                hex(packed + 3, (size_t)length), bytes);
        test_failures++;
        return;
    }
    memset(memory, 'm', sizeof memory);
    position = 3;
    good = !MPI_Unpack_external("external32", packed, 3 + length, &position, memory, count, type);
    if (!good || position != 3 + length || memcmp(memory, back, extent) || memory[extent] != 'm') {
        fprintf(stderr, "line %d: %s does not come back\n", line, bytes);
        test_failures++;
    }
}

#define IS(handle, type, value, bytes) \
    is_at(__LINE__, handle, 1, &(type){value}, &(type){value}, sizeof(type), bytes)

static void integers(void)
{
    IS(MPI_INT, int, 0x01020304, "01020304");
    IS(MPI_INT, int, -2, "fffffffe");
    IS(MPI_UNSIGNED, unsigned, 0xf1020304, "f1020304");
    IS(MPI_SHORT, short, 0x0102, "0102");
    IS(MPI_UNSIGNED_SHORT, unsigned short, 0xf102, "f102");
    IS(MPI_LONG, long, 0x01020304, "01020304"); /* 4 bytes */
    IS(MPI_LONG, long, -2, "fffffffe");
    IS(MPI_UNSIGNED_LONG, unsigned long, 0xf1020304, "f1020304");
    IS(MPI_LONG_LONG, long long, 0x0102030405060708, "0102030405060708");
    IS(MPI_UNSIGNED_LONG_LONG, unsigned long long, 0xf102030405060708, "f102030405060708");
    IS(MPI_AINT, MPI_Aint, 0x0102030405060708, "0102030405060708");
    IS(MPI_COUNT, MPI_Count, -3, "fffffffffffffffd");
    IS(MPI_OFFSET, MPI_Offset, 5, "0000000000000005");
    IS(MPI_INT8_T, int8_t, -1, "ff");
    IS(MPI_UINT8_T, uint8_t, 7, "07");
    IS(MPI_INT16_T, int16_t, 0x0102, "0102");
    IS(MPI_UINT16_T, uint16_t, 0x0102, "0102");
    IS(MPI_INT32_T, int32_t, 0x01020304, "01020304");
    IS(MPI_UINT32_T, uint32_t, 0x01020304, "01020304");
    IS(MPI_INT64_T, int64_t, 0x0102030405060708, "0102030405060708");
    IS(MPI_UINT64_T, uint64_t, 0x0102030405060708, "0102030405060708");
    IS(MPI_INTEGER, int, 0x01020304, "01020304");
    IS(MPI_INTEGER1, int8_t, 1, "01");
    IS(MPI_INTEGER2, int16_t, 0x0102, "0102");
    IS(MPI_INTEGER4, int32_t, 0x01020304, "01020304");
    IS(MPI_INTEGER8, int64_t, 0x0102030405060708, "0102030405060708");
    IS(MPI_INTEGER16, __int128, (__int128)0x0102030405060708 << 64 | 0x090a0b0c0d0e0f10,
       "0102030405060708090a0b0c0d0e0f10");
    /* What does not fit loses its upper bytes. */
    is_at(__LINE__, MPI_LONG, 1, &(long){0x0102030405060708}, &(long){0x05060708}, sizeof(long), "05060708");
}

static void others(void)
{
    IS(MPI_CHAR, char, 'a', "61");
    IS(MPI_SIGNED_CHAR, signed char, -1, "ff");
    IS(MPI_UNSIGNED_CHAR, unsigned char, 200, "c8");
    IS(MPI_BYTE, char, 1, "01");
    IS(MPI_PACKED, char, 1, "01");
    IS(MPI_CHARACTER, char, 'b', "62");
    IS(MPI_WCHAR, wchar_t, 0x20ac, "20ac");
    IS(MPI_C_BOOL, _Bool, 1, "01");
    IS(MPI_CXX_BOOL, _Bool, 0, "00");
    IS(MPI_LOGICAL, int, 1, "00000001");
    IS(MPI_LOGICAL1, int8_t, 1, "01");
    IS(MPI_LOGICAL2, int16_t, 1, "0001");
    IS(MPI_LOGICAL4, int32_t, 1, "00000001");
    IS(MPI_LOGICAL8, int64_t, 1, "0000000000000001");
    IS(MPI_LOGICAL16, __int128, 1, "00000000000000000000000000000001");
    /* Anything but 0 is true. */
    char truth = 0, packed = 0x40;
    MPI_Aint position = 0;
    CHECK(!MPI_Unpack_external("external32", &packed, 1, &position, &truth, 1, MPI_C_BOOL) && truth == 1);
}

#define COMPLEX(handle, type, re, im, bytes) \
    is_at(__LINE__, handle, 1, (type[2]){re, im}, (type[2]){re, im}, 2 * sizeof(type), bytes)

static void floats(void)
{
    IS(MPI_FLOAT, float, 1.5f, "3fc00000");
    IS(MPI_DOUBLE, double, -1.5, "bff8000000000000");
    IS(MPI_REAL, float, 1.5f, "3fc00000");
    IS(MPI_DOUBLE_PRECISION, double, 0.1, "3fb999999999999a");
    IS(MPI_REAL2, uint16_t, 0x3c01, "3c01");
    IS(MPI_REAL4, float, 1.5f, "3fc00000");
    IS(MPI_REAL8, double, 1.5, "3ff8000000000000");
    COMPLEX(MPI_C_COMPLEX, float, 1.5f, 2, "3fc0000040000000");
    COMPLEX(MPI_CXX_FLOAT_COMPLEX, float, 1.5f, 2, "3fc0000040000000");
    COMPLEX(MPI_COMPLEX, float, 1.5f, 2, "3fc0000040000000");
    COMPLEX(MPI_COMPLEX8, float, 1.5f, 2, "3fc0000040000000");
    COMPLEX(MPI_C_DOUBLE_COMPLEX, double, 1.5, 2, "3ff80000000000004000000000000000");
    COMPLEX(MPI_CXX_DOUBLE_COMPLEX, double, 1.5, 2, "3ff80000000000004000000000000000");
    COMPLEX(MPI_DOUBLE_COMPLEX, double, 1.5, 2, "3ff80000000000004000000000000000");
    COMPLEX(MPI_COMPLEX16, double, 1.5, 2, "3ff80000000000004000000000000000");
    COMPLEX(MPI_COMPLEX4, uint16_t, 0x3c00, 0x4001, "3c004001");
#ifdef __SIZEOF_FLOAT128__
    IS(MPI_REAL16, __float128, 1.5, "3fff8000000000000000000000000000");
    COMPLEX(MPI_COMPLEX32, __float128, 1.5, -2,
            "3fff8000000000000000000000000000c0000000000000000000000000000000");
#endif
}

/* C's long double becomes IEEE's number of 16 bytes. Padding is not compared, nor promised. */
static void long_double(long double v, const char *bytes)
{
    char packed[16];
    long double back = 0;
    MPI_Aint position = 0, size;
    CHECK(!MPI_Pack_external_size("external32", 1, MPI_LONG_DOUBLE, &size) && size == 16);
    CHECK(!MPI_Pack_external("external32", &v, 1, MPI_LONG_DOUBLE, packed, 16, &position) && position == 16);
    if (strcmp(hex(packed, 16), bytes)) {
        fprintf(stderr, "%Lg: %s, expected %s\n", v, hex(packed, 16), bytes);
        test_failures++;
    }
    position = 0;
    CHECK(!MPI_Unpack_external("external32", packed, 16, &position, &back, 1, MPI_LONG_DOUBLE) && position == 16);
    CHECK(isnan(v) ? isnan(back) : back == v && !signbit(back) == !signbit(v));
}

static void long_doubles(void)
{
    long_double(1, "3fff0000000000000000000000000000");
    long_double(-1.5L, "bfff8000000000000000000000000000");
    long_double(0, "00000000000000000000000000000000");
    long_double(-0.0L, "80000000000000000000000000000000");
    long_double(INFINITY, "7fff0000000000000000000000000000");
#if LDBL_MANT_DIG == 64
    long_double(0.1L, "3ffb999999999999999a000000000000");
    long_double(LDBL_MAX, "7ffefffffffffffffffe000000000000");
    long_double(LDBL_TRUE_MIN, "00000000000000000002000000000000");
    /* More digits than x86 has are rounded to the nearest. */
    unsigned char third[16] = {0x3f, 0xfd, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                               0x55, 0x55};
    long double back;
    MPI_Aint position = 0;
    CHECK(!MPI_Unpack_external("external32", third, 16, &position, &back, 1, MPI_LONG_DOUBLE) && back == 1.0L / 3);
#endif
    long double v[2] = {1.5L, -2}, w[2];
    char packed[32];
    MPI_Aint at = 0;
    CHECK(!MPI_Pack_external("external32", v, 1, MPI_C_LONG_DOUBLE_COMPLEX, packed, 32, &at) && at == 32);
    CHECK(!strcmp(hex(packed, 32), "3fff8000000000000000000000000000c0000000000000000000000000000000"));
    at = 0;
    CHECK(!MPI_Unpack_external("external32", packed, 32, &at, w, 1, MPI_C_LONG_DOUBLE_COMPLEX) && w[0] == 1.5L &&
          w[1] == -2);
}

static void derived(void)
{
    struct {double v; int i;} pair;
    struct {short v; int i;} small;
    memset(&pair, 'm', sizeof pair); /* as the memory that it is compared with */
    memset(&small, 'm', sizeof small);
    pair.v = 1.5, pair.i = 7, small.v = 5, small.i = 7;
    is_at(__LINE__, MPI_DOUBLE_INT, 1, &pair, &pair, 12, "3ff800000000000000000007");
    is_at(__LINE__, MPI_SHORT_INT, 1, &small, &small, sizeof small, "000500000007");
    is_at(__LINE__, MPI_2INT, 1, (int[2]){1, 2}, (int[2]){1, 2}, 8, "0000000100000002");
    is_at(__LINE__, MPI_SHORT, 3, (short[3]){1, 2, 3}, (short[3]){1, 2, 3}, 6, "000100020003");

    /* A vector of structs of a long, two chars and a complex number. */
    struct element {long l; char c[2]; float z[2];};
    int lengths[] = {1, 2, 1};
    MPI_Aint at[] = {offsetof(struct element, l), offsetof(struct element, c), offsetof(struct element, z)};
    MPI_Datatype types[] = {MPI_LONG, MPI_CHAR, MPI_C_COMPLEX}, plain, type, vector;
    MPI_Type_create_struct(3, lengths, at, types, &plain);
    MPI_Type_create_resized(plain, 0, sizeof(struct element), &type);
    MPI_Type_vector(2, 1, 2, type, &vector);
    MPI_Type_commit(&vector);
    struct element e[4], back[4];
    memset(e, 0, sizeof e);
    for (int i = 0; i < 4; i++)
        e[i] = (struct element){.l = i + 1, .c = {'a', 'b'}, .z = {1.5f, (float)-i}};
    char packed[64];
    MPI_Aint position = 0, size;
    CHECK(!MPI_Pack_external_size("external32", 1, vector, &size) && size == 28);
    CHECK(!MPI_Pack_external("external32", e, 1, vector, packed, 28, &position) && position == 28);
    CHECK(!strcmp(hex(packed, 28), "00000001" "6162" "3fc0000000000000" "00000003" "6162" "3fc00000c0000000"));
    memset(back, 0, sizeof back);
    position = 0;
    CHECK(!MPI_Unpack_external("external32", packed, 28, &position, back, 1, vector) && position == 28);
    CHECK(back[0].l == 1 && back[2].l == 3 && back[2].c[1] == 'b' && back[2].z[1] == -2 && back[1].l == 0);
    MPI_Type_free(&vector);
    MPI_Type_free(&type);
    MPI_Type_free(&plain);
}

/* Longer than any buffer on the way, from every other place and into a row. */
static void long_ones(void)
{
    enum { MANY = 5000 };
    double *in = malloc(2 * MANY * sizeof *in), *out = malloc(MANY * sizeof *out);
    char *packed = malloc(8 * MANY + 1);
    MPI_Datatype column;
    MPI_Count size, position = 1;
    for (int i = 0; i < 2 * MANY; i++)
        in[i] = i;
    MPI_Type_vector(MANY, 1, 2, MPI_DOUBLE, &column);
    MPI_Type_commit(&column);
    CHECK(!MPI_Pack_external_size_c("external32", 1, column, &size) && size == 8 * MANY);
    CHECK(!MPI_Pack_external_c("external32", in, 1, column, packed, 8 * MANY + 1, &position) &&
          position == 8 * MANY + 1);
    position = 1;
    CHECK(!MPI_Unpack_external_c("external32", packed, 8 * MANY + 1, &position, out, MANY, MPI_DOUBLE));
    CHECK(position == 8 * MANY + 1);
    for (int i = 0; i < MANY; i++)
        CHECK(out[i] == 2 * i);
    memset(in, 0, 2 * MANY * sizeof *in);
    position = 1;
    CHECK(!MPI_Unpack_external_c("external32", packed, 8 * MANY + 1, &position, in, 1, column));
    for (int i = 0; i < 2 * MANY; i++)
        CHECK(in[i] == (i % 2 ? 0 : i));
    CHECK(!MPI_Pack_external_size_c("external32", 1ll << 40, MPI_LONG, &size) && size == 1ll << 42);
    MPI_Type_free(&column);
    free(in);
    free(out);
    free(packed);
}

/* Many of them with members that begin and end anywhere in a buffer on the way. */
static void many_structs(void)
{
    enum { MANY = 1500, BYTES = 15 };
    struct element {int i; double d; char c[3];} *in = calloc(MANY, sizeof *in), *out = calloc(MANY, sizeof *out);
    int lengths[] = {1, 1, 3};
    MPI_Aint at[] = {offsetof(struct element, i), offsetof(struct element, d), offsetof(struct element, c)};
    MPI_Datatype types[] = {MPI_INT, MPI_DOUBLE, MPI_CHAR}, plain, type;
    MPI_Aint position = 0;
    char *packed = malloc(MANY * BYTES);
    MPI_Type_create_struct(3, lengths, at, types, &plain);
    MPI_Type_create_resized(plain, 0, sizeof *in, &type);
    MPI_Type_commit(&type);
    for (int i = 0; i < MANY; i++) {
        in[i].i = i;
        in[i].d = 1.5;
        memcpy(in[i].c, "abc", 3);
    }
    CHECK(!MPI_Pack_external("external32", in, MANY, type, packed, MANY * BYTES, &position));
    CHECK(position == MANY * BYTES);
    for (int i = 0; i < MANY; i++) {
        char expected[] = {0, 0, (char)(i >> 8), (char)i, 0x3f, (char)0xf8, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'};
        CHECK(!memcmp(packed + i * BYTES, expected, BYTES));
    }
    position = 0;
    CHECK(!MPI_Unpack_external("external32", packed, MANY * BYTES, &position, out, MANY, type));
    CHECK(position == MANY * BYTES && !memcmp(in, out, MANY * sizeof *in));
    MPI_Type_free(&type);
    MPI_Type_free(&plain);
    free(in);
    free(out);
    free(packed);
}

static int class_of(int code)
{
    int errclass;
    MPI_Error_class(code, &errclass);
    return errclass;
}

static void refused(void)
{
    int a = 1;
    char packed[4] = "abc";
    MPI_Aint position = 0, size;
    CHECK(class_of(MPI_Pack_external("native", &a, 1, MPI_INT, packed, 4, &position)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack_external(NULL, &a, 1, MPI_INT, packed, 4, &position)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack_external_size("internal", 1, MPI_INT, &size)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack_external("external32", &a, 1, MPI_INT, packed, 3, &position)) == MPI_ERR_TRUNCATE);
    CHECK(class_of(MPI_Unpack_external("external32", packed, 3, &position, &a, 1, MPI_INT)) == MPI_ERR_TRUNCATE);
    CHECK(class_of(MPI_Pack_external("external32", &a, 1, MPI_INT, packed, 4, NULL)) == MPI_ERR_ARG);
    CHECK(class_of(MPI_Pack_external("external32", &a, -1, MPI_INT, packed, 4, &position)) == MPI_ERR_COUNT);
    CHECK(class_of(MPI_Pack_external("external32", &a, 1, MPI_DATATYPE_NULL, packed, 4, &position)) ==
          MPI_ERR_TYPE);
    CHECK(class_of(MPI_Pack_external("external32", NULL, 1, MPI_INT, packed, 4, &position)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Pack_external("external32", &a, 1, MPI_INT, NULL, 4, &position)) == MPI_ERR_BUFFER);
    CHECK(class_of(MPI_Pack_external_size("external32", 1, MPI_INT, NULL)) == MPI_ERR_ARG);
    position = 5;
    CHECK(class_of(MPI_Pack_external("external32", &a, 0, MPI_INT, packed, 4, &position)) == MPI_ERR_ARG);
    CHECK(position == 5 && !memcmp(packed, "abc", 4) && a == 1);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    integers();
    others();
    floats();
    long_doubles();
    derived();
    long_ones();
    many_structs();
    refused();
    MPI_Finalize();
    return test_end();
}
