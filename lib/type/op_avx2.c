/* Reduction kernels for x86 processors with AVX2: see op_loops.h. */
#include "type/op_kernel.h"

#ifdef __x86_64__
#define OP_TARGET __attribute__((target("avx2,f16c")))
#define OP_F16C
#define OP_TABLE op_avx2
#include "type/op_loops.h"
#endif
