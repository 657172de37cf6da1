/* Which algorithm: one place chooses, from what all processes of the operation know alike. Not for other folders. */
#ifndef COLL_TABLE_H
#define COLL_TABLE_H

#include <stdint.h>

enum table_op {
    TABLE_BCAST, TABLE_GATHER, TABLE_ALLGATHER, TABLE_ALLTOALL, TABLE_REDUCE, TABLE_ALLREDUCE, TABLE_REDUCE_SCATTER,
    TABLE_OPS
};

enum table_way {
    WAY_TREE,     /* binomial */
    WAY_DIRECT,   /* everybody with everybody, or with the root */
    WAY_BRUCK,
    WAY_RING,
    WAY_DOUBLING, /* recursive doubling */
    WAY_HALVING,  /* recursive halving, then its reverse (Rabenseifner), or to the root */
    WAY_SCATTER,  /* scatter, then a ring */
    WAY_PAIRS     /* pairwise, one after the other */
};

/* bytes: of the whole vector; of gather, scatter and alltoall, of one block; of allgather, of all blocks. */
enum table_way table_choose(enum table_op op, uint64_t bytes, int ranks, int commutative);

#endif
