/* Some large blocks are kept when they are given back: the kernel clears fresh memory, which takes longer than sending as
 * much. */
#include "coll/block.h"

#include "p2p/p2p.h"

#include <stdlib.h>

enum { KEPT_BYTES = 16 * 1024 * 1024, KEPT_FROM = 64 * 1024 };

static struct block *kept; /* the newest first */
static size_t kept_bytes;

static struct block *find(size_t size)
{
    struct block **b = &kept, *found;
    while (*b && ((*b)->size < size || (*b)->size / 2 > size))
        b = &(*b)->next;
    if ((found = *b)) {
        *b = found->next;
        kept_bytes -= found->size;
    }
    return found;
}

struct block *block_get(size_t size)
{
    struct block *b = NULL;
    if (size >= KEPT_FROM) {
        p2p_enter();
        b = find(size);
        p2p_leave();
    }
    if (!b && (b = aligned_alloc(64, sizeof *b + size)))
        b->size = size;
    return b;
}

static void drop_oldest(void)
{
    struct block **last = &kept;
    while ((*last)->next)
        last = &(*last)->next;
    kept_bytes -= (*last)->size;
    free(*last);
    *last = NULL;
}

void block_put(struct block *b)
{
    if (b->size < KEPT_FROM || b->size > KEPT_BYTES / 2) {
        free(b);
        return;
    }
    b->next = kept;
    kept = b;
    kept_bytes += b->size;
    while (kept_bytes > KEPT_BYTES)
        drop_oldest();
}
