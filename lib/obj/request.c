/* The pool of requests: see request.h. */
#include "obj/request.h"

#include "type/type.h"

#include <stdlib.h>

enum { BLOCK = 64 };

struct request *request_pool; /* linked through extra */

void request_refill(void)
{
    struct request *block = aligned_alloc(64, BLOCK * sizeof *block); /* never given back: requests are, to the pool */
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
