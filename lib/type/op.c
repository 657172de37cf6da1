/* Reduction operations: see op.h. Which operation is defined for which type follows the standard's groups of
 * types; how it is calculated, from what the type is to the machine. */
#include "type/op.h"

#include "base/cursor.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OP_PLACE(handle) ((int)(uintptr_t)(handle) - OP_PREDEFINED)
#define OP(code_) [OP_PLACE(MPI_##code_)] = {{OBJ_OP, 0}, MPI_##code_, "MPI_" #code_, OP_##code_, 1, 0, NULL, NULL}
const struct op op_predefined[OP_PREDEFINED_COUNT] = {
    OP(MAX), OP(MIN), OP(SUM), OP(PROD), OP(LAND), OP(LOR), OP(LXOR), OP(BAND), OP(BOR), OP(BXOR), OP(MAXLOC),
    OP(MINLOC),
    [OP_PLACE(MPI_REPLACE)] = {{OBJ_OP, 0}, MPI_REPLACE, "MPI_REPLACE", OP_REPLACE, 0, 0, NULL, NULL},
    [OP_PLACE(MPI_NO_OP)] = {{OBJ_OP, 0}, MPI_NO_OP, "MPI_NO_OP", OP_NO_OP, 0, 0, NULL, NULL},
};

/* The standard's groups of types. Languages differ: LAND is for C's integers, not for Fortran's. */
enum group {
    NO_GROUP, C_INTEGER, FORTRAN_INTEGER, MULTI_LANGUAGE, FLOATING, COMPLEX, LOGICAL, BYTE, TEXT, PAIR_GROUP
};

#define SIGNED(type) \
    (sizeof(type) == 1 ? OP_I8 : sizeof(type) == 2 ? OP_I16 : sizeof(type) == 4 ? OP_I32 : OP_I64)
#define UNSIGNED(type) \
    (sizeof(type) == 1 ? OP_U8 : sizeof(type) == 2 ? OP_U16 : sizeof(type) == 4 ? OP_U32 : OP_U64)
#define TYPE(handle, group, element) [(int)(uintptr_t)(handle) - TYPE_PREDEFINED] = {group, element}
static const struct kind {
    uint8_t group, element;
} kinds[TYPE_PREDEFINED_COUNT] = {
    TYPE(MPI_SIGNED_CHAR, C_INTEGER, OP_I8), TYPE(MPI_UNSIGNED_CHAR, C_INTEGER, OP_U8),
    TYPE(MPI_SHORT, C_INTEGER, SIGNED(short)), TYPE(MPI_UNSIGNED_SHORT, C_INTEGER, UNSIGNED(short)),
    TYPE(MPI_INT, C_INTEGER, SIGNED(int)), TYPE(MPI_UNSIGNED, C_INTEGER, UNSIGNED(int)),
    TYPE(MPI_LONG, C_INTEGER, SIGNED(long)), TYPE(MPI_UNSIGNED_LONG, C_INTEGER, UNSIGNED(long)),
    TYPE(MPI_LONG_LONG, C_INTEGER, SIGNED(long long)),
    TYPE(MPI_UNSIGNED_LONG_LONG, C_INTEGER, UNSIGNED(long long)),
    TYPE(MPI_INT8_T, C_INTEGER, OP_I8), TYPE(MPI_UINT8_T, C_INTEGER, OP_U8),
    TYPE(MPI_INT16_T, C_INTEGER, OP_I16), TYPE(MPI_UINT16_T, C_INTEGER, OP_U16),
    TYPE(MPI_INT32_T, C_INTEGER, OP_I32), TYPE(MPI_UINT32_T, C_INTEGER, OP_U32),
    TYPE(MPI_INT64_T, C_INTEGER, OP_I64), TYPE(MPI_UINT64_T, C_INTEGER, OP_U64),
    TYPE(MPI_INTEGER, FORTRAN_INTEGER, OP_I32), TYPE(MPI_INTEGER1, FORTRAN_INTEGER, OP_I8),
    TYPE(MPI_INTEGER2, FORTRAN_INTEGER, OP_I16), TYPE(MPI_INTEGER4, FORTRAN_INTEGER, OP_I32),
    TYPE(MPI_INTEGER8, FORTRAN_INTEGER, OP_I64), TYPE(MPI_INTEGER16, FORTRAN_INTEGER, OP_I128),
    TYPE(MPI_AINT, MULTI_LANGUAGE, SIGNED(MPI_Aint)), TYPE(MPI_OFFSET, MULTI_LANGUAGE, SIGNED(MPI_Offset)),
    TYPE(MPI_COUNT, MULTI_LANGUAGE, SIGNED(MPI_Count)),
    TYPE(MPI_FLOAT, FLOATING, OP_F32), TYPE(MPI_DOUBLE, FLOATING, OP_F64),
    TYPE(MPI_LONG_DOUBLE, FLOATING, OP_FLONG),
    TYPE(MPI_REAL, FLOATING, OP_F32), TYPE(MPI_DOUBLE_PRECISION, FLOATING, OP_F64),
    TYPE(MPI_REAL2, FLOATING, OP_F16),
    TYPE(MPI_REAL4, FLOATING, OP_F32), TYPE(MPI_REAL8, FLOATING, OP_F64), TYPE(MPI_REAL16, FLOATING, OP_F128),
    TYPE(MPI_C_FLOAT_COMPLEX, COMPLEX, OP_C32), TYPE(MPI_C_DOUBLE_COMPLEX, COMPLEX, OP_C64),
    TYPE(MPI_C_LONG_DOUBLE_COMPLEX, COMPLEX, OP_CLONG), TYPE(MPI_CXX_FLOAT_COMPLEX, COMPLEX, OP_C32),
    TYPE(MPI_CXX_DOUBLE_COMPLEX, COMPLEX, OP_C64), TYPE(MPI_CXX_LONG_DOUBLE_COMPLEX, COMPLEX, OP_CLONG),
    TYPE(MPI_COMPLEX, COMPLEX, OP_C32), TYPE(MPI_DOUBLE_COMPLEX, COMPLEX, OP_C64),
    TYPE(MPI_COMPLEX4, COMPLEX, OP_C16),
    TYPE(MPI_COMPLEX8, COMPLEX, OP_C32), TYPE(MPI_COMPLEX16, COMPLEX, OP_C64),
    TYPE(MPI_COMPLEX32, COMPLEX, OP_C128),
    TYPE(MPI_C_BOOL, LOGICAL, UNSIGNED(bool)), TYPE(MPI_CXX_BOOL, LOGICAL, UNSIGNED(bool)),
    TYPE(MPI_LOGICAL, LOGICAL, OP_U32), TYPE(MPI_LOGICAL1, LOGICAL, OP_U8), TYPE(MPI_LOGICAL2, LOGICAL, OP_U16),
    TYPE(MPI_LOGICAL4, LOGICAL, OP_U32), TYPE(MPI_LOGICAL8, LOGICAL, OP_U64),
    TYPE(MPI_LOGICAL16, LOGICAL, OP_U128),
    TYPE(MPI_BYTE, BYTE, OP_U8),
    /* Text by the standard, but every MPI reduces it, and programs count on that. */
    TYPE(MPI_CHAR, C_INTEGER, CHAR_MIN < 0 ? OP_I8 : OP_U8),
    TYPE(MPI_WCHAR, TEXT, OP_NONE), TYPE(MPI_CHARACTER, TEXT, OP_NONE),
    TYPE(MPI_FLOAT_INT, PAIR_GROUP, OP_F32_INT), TYPE(MPI_DOUBLE_INT, PAIR_GROUP, OP_F64_INT),
    TYPE(MPI_LONG_INT, PAIR_GROUP, OP_LONG_INT), TYPE(MPI_2INT, PAIR_GROUP, OP_INT_INT),
    TYPE(MPI_SHORT_INT, PAIR_GROUP, OP_SHORT_INT), TYPE(MPI_LONG_DOUBLE_INT, PAIR_GROUP, OP_FLONG_INT),
    TYPE(MPI_2REAL, PAIR_GROUP, OP_F32_F32), TYPE(MPI_2DOUBLE_PRECISION, PAIR_GROUP, OP_F64_F64),
    TYPE(MPI_2INTEGER, PAIR_GROUP, OP_INT_INT),
};

#define INTEGERS (1 << C_INTEGER | 1 << FORTRAN_INTEGER | 1 << MULTI_LANGUAGE)
#define ORDERED {INTEGERS | 1 << FLOATING, "integers and floating-point numbers"}
#define NUMBERS {INTEGERS | 1 << FLOATING | 1 << COMPLEX, "integers, floating-point and complex numbers"}
#define TRUTHS {1 << C_INTEGER | 1 << LOGICAL, "C integers and logical types"}
#define BITS {INTEGERS | 1 << BYTE, "integers and MPI_BYTE"}
#define PAIRS {1 << PAIR_GROUP, "pairs of a value and an index such as MPI_DOUBLE_INT"}
static const struct {
    uint16_t groups;
    const char *words;
} takes[OP_KERNELS] = {
    [OP_MAX] = ORDERED, [OP_MIN] = ORDERED, [OP_SUM] = NUMBERS, [OP_PROD] = NUMBERS,
    [OP_LAND] = TRUTHS, [OP_LOR] = TRUTHS, [OP_LXOR] = TRUTHS, [OP_BAND] = BITS, [OP_BOR] = BITS, [OP_BXOR] = BITS,
    [OP_MAXLOC] = PAIRS, [OP_MINLOC] = PAIRS,
};

static op_kernel_table *kernels = &op_plain;

void op_init(void)
{
#ifdef __x86_64__
    unsigned a, b, c, d; /* clang's builtin does not know f16c */
    if (__builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C)
        kernels = &op_avx2;
    if (kernels == &op_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        kernels = &op_avx512;
#endif
}

/* Predefined types without a name, those of MPI_Type_create_f90_real and its like, are what their one basic
 * type is. */
static inline struct kind kind_of(const struct type *t)
{
    uintptr_t place = (uintptr_t)t->handle - TYPE_PREDEFINED;
    if (__builtin_expect(place < TYPE_PREDEFINED_COUNT, 1))
        return kinds[place];
    return t->predefined && t->basic && t->basic != t ? kind_of(t->basic) : (struct kind){0};
}

enum op_element op_element_of(const struct type *t)
{
    return kind_of(t).element;
}

op_kernel *op_kernel_of(const struct op *o, const struct type *t)
{
    return o->code < OP_KERNELS ? (*kernels)[o->code][kind_of(t).element] : NULL;
}

static int refuse(const struct op *o, const struct type *t, int group, struct words *why)
{
    const char *does = o->code < OP_KERNELS ? takes[o->code].words : "all predefined types";
    if (o->code >= OP_KERNELS && t->predefined)
        return words_set(why, "%s is for one-sided calls alone", o->name);
    if (!t->predefined)
        return words_set(why, "%s is not defined for %s: it takes %s; MPI_Op_create makes operations for others",
                         o->name, type_title(t), does);
    if (group == TEXT && o->code != OP_MAXLOC && o->code != OP_MINLOC)
        return words_set(why, "%s is not defined for %s, which holds text: use a type of numbers such as %s",
                         o->name, type_title(t), t->handle == MPI_WCHAR ? "MPI_INT32_T" : "MPI_INT8_T");
    return words_set(why, "%s is not defined for %s: it takes %s", o->name, type_title(t), does);
}

int op_check(const struct op *o, const struct type *t, int one_sided, struct words *why)
{
    int group = kind_of(t).group;
    if (__builtin_expect(o->code < OP_KERNELS && takes[o->code].groups >> group & 1, 1))
        return 0;
    if ((o->code == OP_MAXLOC || o->code == OP_MINLOC) && op_pair_is_good(t))
        return 0;
    if (o->code == OP_USER)
        return one_sided ? words_set(why, "operations of MPI_Op_create are not for one-sided calls") : 0;
    if (one_sided && o->code >= OP_KERNELS && t->predefined)
        return 0;
    return refuse(o, t, group, why);
}

/* The program's function counts in int where it was made by MPI_Op_create: it gets long arrays in pieces. */
static void call(const struct op *o, const void *in, void *inout, size_t count, const struct type *t)
{
    MPI_Datatype handle = t->handle; /* the function gets copies of what it might change */
    if (o->function_c) {
        MPI_Count all = (MPI_Count)count;
        o->function_c((void *)in, inout, &all, &handle);
        return;
    }
    ptrdiff_t extent = t->extent;
    while (count) {
        int some = count < INT_MAX ? (int)count : INT_MAX;
        count -= (size_t)some;
        o->function((void *)in, inout, &(int){some}, &handle);
        in = (const char *)in + some * extent;
        inout = (char *)inout + some * extent;
        handle = t->handle;
    }
}

/* MPI_REPLACE; what lies between the parts of a pair stays as it is. */
static void replace(const void *in, void *inout, size_t count, const struct type *t)
{
    size_t size = (size_t)t->size;
    if (type_is_contiguous(t)) {
        memmove(inout, in, count * size);
        return;
    }
    char packed[64];
    struct cursor from, to;
    type_cursor(&from, in, count * size, t);
    type_cursor(&to, inout, count * size, t);
    while (count--) {
        cursor_fill(&from, packed, size);
        cursor_drain(&to, packed, size);
    }
}

void op_apply(const struct op *o, const void *in, void *inout, size_t count, const struct type *t)
{
    op_kernel *kernel = op_kernel_of(o, t);
    if (__builtin_expect(kernel != NULL, 1))
        kernel(in, inout, count);
    else if (o->code == OP_USER)
        call(o, in, inout, count, t);
    else if (o->code == OP_REPLACE)
        replace(in, inout, count, t);
    else if (o->code != OP_NO_OP)
        op_pair_apply(o->code, in, inout, count, t);
}

struct op *op_new(MPI_User_function *function, MPI_User_function_c *function_c, int commutative)
{
    struct op *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->obj.kind = OBJ_OP;
    o->handle = (MPI_Op)o;
    o->name = "an operation of the program";
    o->code = OP_USER;
    o->commutative = !!commutative;
    o->references = 1;
    o->function = function;
    o->function_c = function_c;
    return o;
}

/* Only operations of the program are counted, and these are not constant. */
const struct op *op_get(const struct op *o)
{
    if (o->code == OP_USER)
        ((struct op *)o)->references++;
    return o;
}

void op_put(const struct op *o)
{
    if (o->code != OP_USER || --((struct op *)o)->references > 0)
        return;
    handle_forget(&((struct op *)o)->obj);
    free((void *)o);
}
