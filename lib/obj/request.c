/* The pool of requests: see request.h. */
#include "obj/request.h"

#include "type/type.h"

#include <stdlib.h>

enum { BLOCK = 64 };

struct request *request_pool; /* linked through extra */

static struct request **blocks;
static uint32_t block_count, block_room;

/* Blocks are never given back: requests are, to the pool. */
static struct request *new_block(void)
{
    if (block_count == block_room) {
        uint32_t more = block_room ? 2 * block_room : 16;
        struct request **grown = realloc(blocks, more * sizeof *grown);
        if (!grown)
            return NULL;
        blocks = grown;
        block_room = more;
    }
    struct request *block = aligned_alloc(64, BLOCK * sizeof *block);
    if (block)
        blocks[block_count++] = block;
    return block;
}

void request_each(void (*visit)(struct request *r))
{
    for (uint32_t b = 0; b < block_count; b++)
        for (int i = 0; i < BLOCK; i++)
            if (blocks[b][i].obj.kind)
                visit(&blocks[b][i]);
}

uint32_t request_total(void)
{
    return block_count * BLOCK;
}

void request_refill(void)
{
    struct request *block = new_block();
    for (int i = 0; block && i < BLOCK; i++) {
        block[i].obj.kind = 0;
        block[i].extra = request_pool;
        request_pool = &block[i];
    }
}

struct request *request_new(enum request_kind kind)
{
    struct request *r = request_quick(kind);
    if (r)
        memset((char *)r + offsetof(struct request, source), 0, sizeof *r - offsetof(struct request, source));
    return r;
}

void request_let_go(struct request *r)
{
    handle_forget(&r->obj);
    if (r->holds_type)
        type_put(r->type);
    r->holds_type = 0;
}

void request_hold_type(struct request *r, const struct type *t)
{
    r->type = type_get(t);
    r->holds_type = 1;
}
