/* Reduction kernels for x86 processors with AVX-512: see op_loops.h. */
#include "type/op_kernel.h"

#ifdef __x86_64__
#define OP_TARGET __attribute__((target("avx2,avx512f,avx512bw,avx512dq,avx512vl,f16c")))
#define OP_F16C
#define OP_TABLE op_avx512
#include "type/op_loops.h"
#endif
