/* The table of algorithms: see table.h. The first row that fits. Where messages cost what they cost on one node; rows for
 * several nodes are to come. */
#include "coll/table.h"

#include <limits.h>

struct row {
    uint8_t op;
    uint8_t commutative; /* only those */
    int from_ranks, to_ranks;
    uint64_t to_bytes;
    enum table_way way;
};

static const struct row rows[] = {
    {TABLE_BCAST, 0, 1, 3, UINT64_MAX, WAY_TREE},
    {TABLE_BCAST, 0, 4, INT_MAX, 256 * 1024, WAY_TREE},
    {TABLE_BCAST, 0, 4, INT_MAX, UINT64_MAX, WAY_SCATTER},
    {TABLE_GATHER, 0, 1, 4, UINT64_MAX, WAY_DIRECT},
    {TABLE_GATHER, 0, 5, INT_MAX, 1024, WAY_TREE},
    {TABLE_GATHER, 0, 5, INT_MAX, UINT64_MAX, WAY_DIRECT},
    {TABLE_ALLGATHER, 0, 1, 2, UINT64_MAX, WAY_RING},
    {TABLE_ALLGATHER, 0, 3, INT_MAX, 32 * 1024, WAY_BRUCK},
    {TABLE_ALLGATHER, 0, 3, INT_MAX, UINT64_MAX, WAY_RING},
    {TABLE_ALLTOALL, 0, 8, INT_MAX, 128, WAY_BRUCK},
    {TABLE_ALLTOALL, 0, 1, INT_MAX, UINT64_MAX, WAY_DIRECT},
    {TABLE_REDUCE, 0, 1, 3, UINT64_MAX, WAY_TREE},
    {TABLE_REDUCE, 0, 4, INT_MAX, 64 * 1024, WAY_TREE},
    {TABLE_REDUCE, 0, 4, INT_MAX, UINT64_MAX, WAY_HALVING},
    {TABLE_ALLREDUCE, 0, 1, INT_MAX, 8 * 1024, WAY_DOUBLING},
    {TABLE_ALLREDUCE, 0, 1, INT_MAX, UINT64_MAX, WAY_HALVING},
    {TABLE_REDUCE_SCATTER, 1, 1, 8, UINT64_MAX, WAY_PAIRS},
    {TABLE_REDUCE_SCATTER, 0, 1, INT_MAX, 8 * 1024, WAY_TREE},
    {TABLE_REDUCE_SCATTER, 1, 1, INT_MAX, UINT64_MAX, WAY_PAIRS},
    {TABLE_REDUCE_SCATTER, 0, 1, INT_MAX, UINT64_MAX, WAY_TREE},
};

enum table_way table_choose(enum table_op op, uint64_t bytes, int ranks, int commutative)
{
    const struct row *r = rows;
    while (r->op != op || r->from_ranks > ranks || r->to_ranks < ranks || r->to_bytes < bytes ||
           (r->commutative && !commutative))
        r++;
    return r->way;
}
