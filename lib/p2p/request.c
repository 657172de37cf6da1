/* The end of requests: of those that need more than a mark, of those that are given back or cancelled. */
#include "p2p/ids.h"
#include "p2p/peer.h"
#include "p2p/thread.h"

struct request p2p_sent = {.obj.kind = OBJ_REQUEST, .kind = REQUEST_SEND, .done = 1, .source = MPI_ANY_SOURCE,
                           .tag = MPI_ANY_TAG};

struct request *p2p_request(enum request_kind kind)
{
    p2p_enter();
    struct request *r = request_new(kind);
    p2p_leave();
    return r;
}

void request_over_slowly(struct request *r)
{
    if (r->id) {
        ids_take_back(r->id);
        r->id = 0;
    }
    if (r->over) {
        r->over(r);
        return;
    }
    if (r->freed && !r->persistent) {
        r->done = 1;
        if (r->obj.kind)
            request_put(r);
        return;
    }
    atomic_store_explicit(&r->done, 1, memory_order_release); /* D0 */
}

int p2p_complete(struct request *r)
{
    p2p_enter();
    int twice = r->done;
    atomic_store_explicit(&r->done, 1, memory_order_release); /* D0 */
    if (p2p_threaded)
        thread_news();
    p2p_leave();
    return twice ? -1 : r->freed;
}

int p2p_mark_freed(struct request *r)
{
    p2p_enter();
    int over = r->done;
    r->freed = 1;
    p2p_leave();
    return over;
}

void p2p_release_locked(struct request *r)
{
    p2p_enter();
    if (r->done)
        request_put(r);
    else
        r->freed = 1;
    p2p_leave();
}

int p2p_cancel(struct request *r)
{
    int done = 0;
    p2p_enter();
    if (r->done || r->pair) {
        /* it is too late; or half of it could not be taken back */
    } else if (r->kind == REQUEST_SEND) {
        done = send_cancel(r);
    } else if (r->kind == REQUEST_RECV && !list_empty(&r->posted.link)) {
        match_withdraw(&r->comm->match, &r->posted);
        r->cancelled = 1;
        done = 1;
        request_over(r);
    }
    if (p2p_threaded)
        thread_news();
    p2p_leave();
    return done;
}
