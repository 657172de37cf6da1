/* The pool of requests: see request.h. */
#include "obj/request.h"

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
