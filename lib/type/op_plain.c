/* Reduction kernels for every processor of the kind that the library was compiled for: see op_loops.h. */
#define OP_TARGET
#define OP_TABLE op_plain
#include "type/op_loops.h"
