/* Reduction kernels: inout[i] = in[i] OP inout[i] on n elements of one machine type, in memory of any alignment.
 * There is one table of them for each instruction set (op_loops.h makes them all); all give the same bits. */
#ifndef TYPE_OP_KERNEL_H
#define TYPE_OP_KERNEL_H

#include <stddef.h>

enum op_code {
    OP_MAX, OP_MIN, OP_SUM, OP_PROD, OP_LAND, OP_LOR, OP_LXOR, OP_BAND, OP_BOR, OP_BXOR, OP_MAXLOC, OP_MINLOC,
    OP_KERNELS,
    OP_REPLACE = OP_KERNELS, OP_NO_OP, OP_CODES,
    OP_USER = OP_CODES /* a function of the program's */
};

/* What an element is to the machine; the last row is pairs. */
enum op_element {
    OP_NONE, OP_I8, OP_I16, OP_I32, OP_I64, OP_I128, OP_U8, OP_U16, OP_U32, OP_U64, OP_U128,
    OP_F16, OP_F32, OP_F64, OP_FLONG, OP_F128,      /* 2, 4, 8 bytes, C's long double, IEEE's 16 bytes */
    OP_C16, OP_C32, OP_C64, OP_CLONG, OP_C128,      /* complex numbers of two of these */
    OP_F32_INT, OP_F64_INT, OP_LONG_INT, OP_INT_INT, OP_SHORT_INT, OP_FLONG_INT, OP_F32_F32, OP_F64_F64,
    OP_ELEMENTS
};

typedef void op_kernel(const void *in, void *inout, size_t n);
typedef op_kernel *const op_kernel_table[OP_KERNELS][OP_ELEMENTS]; /* NULL: has no meaning */

extern op_kernel_table op_plain;
#ifdef __x86_64__
extern op_kernel_table op_avx2, op_avx512;
#endif

#endif
