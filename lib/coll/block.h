/* Memory of schedules that is too large to stand in them. Not for other folders. */
#ifndef COLL_BLOCK_H
#define COLL_BLOCK_H

#include <stddef.h>

struct block {
    struct block *next;
    size_t size;
    _Alignas(64) char memory[];
};

/* size: a multiple of 64. NULL: no memory. Takes the lock of p2p; put: it is held. */
struct block *block_get(size_t size);
void block_put(struct block *b);

#endif
