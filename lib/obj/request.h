/* Requests: operations that have been started and are not over. What an operation needs while it runs stands in its
 * request, so that starting one takes one piece of memory, from a pool. A blocking call has its request on the stack. */
#ifndef OBJ_REQUEST_H
#define OBJ_REQUEST_H

#include <mpi.h>
#include <stdatomic.h>
#include "base/cursor.h"
#include "base/handle.h"
#include "base/list.h"
#include "p2p/match.h"

struct comm;
struct type;
struct peer;
struct wire_share;

enum request_kind {
    REQUEST_SEND,
    REQUEST_RECV,
    REQUEST_GENERALIZED,
    REQUEST_PARTITIONED_SEND,
    REQUEST_PARTITIONED_RECV,
    REQUEST_CREATION, /* of a communicator */
    REQUEST_COLLECTIVE, /* buffer: the name of the call */
    REQUEST_FLUSH /* until what stands in a buffer of MPI_Buffer_attach has left */
};

/* How a send becomes complete. */
enum send_mode { SEND_STANDARD, SEND_SYNC, SEND_READY, SEND_BUFFERED };

struct request {
    struct obj obj; /* obj.kind is 0 while the request is in the pool or on a stack */
    /* -- zero at first; the first cache line is all that completion looks at -- */
    uint8_t kind, mode;
    uint8_t persistent; /* made by an _init function; lives until it is freed */
    uint8_t active;     /* persistent: started, and not yet waited for */
    uint8_t freed;      /* by MPI_Request_free while it ran: it goes when it is over */
    uint8_t cancelled;
    uint8_t stage;      /* sends: enum send_stage of p2p */
    uint8_t parts;      /* of both of a sendrecv (pair.c): how many are not over */
    _Atomic int done;   /* the operation is over, what follows is final. D0: release; pairs with D1, acquire */
    int error;          /* error class */
    uint8_t pair;       /* it stands for both parts of a sendrecv */
    uint8_t withdrawn;  /* sends: the other side was asked to give the message back */
    uint8_t holds_type; /* a reference to its datatype */
    uint8_t direct;     /* receives: from memory to memory by the wire (p2p/direct.c); set when it is granted */
    uint64_t id;        /* that the other side names it by; 0: it has none */
    /* Called when the operation is over, instead of saying so: requests that no program sees are part of something. */
    void (*over)(struct request *r);
    void *extra;           /* generalized requests, partitioned ones, buffered sends */
    /* -- -- */
    int source, tag; /* receives: of the message; sends: tag */

    uint64_t count; /* bytes of the message; with an error of truncation its true length */
    struct comm *comm;
    struct match_posted posted; /* receives */
    uint64_t room;              /* receives: bytes that fit */
    struct peer *peer;

    struct cursor cursor; /* contiguous: only its first words are used */
    int rank;             /* of the other side, as the call named it */
    struct request *whole; /* what this is a part of */
    uint64_t left;        /* bytes that the wire still has to move */
    struct list link;     /* sends: among the peer's waiting sends, or its streams */
    uint64_t other;       /* id of the other side's request */
    struct wire_share *share; /* both sides copy it (p2p/share.c); set when it is asked for or granted */
    uint32_t share_number, share_turn;
    uint64_t there;       /* address on the other side */
    int64_t granted;      /* receives: when, in ns; 0: nobody wants to know */

    /* persistent: how it is started; also what messages about errors say */
    const void *buffer;
    const struct type *type;
    uint64_t elements;
};

_Static_assert(offsetof(struct request, count) == 64 && offsetof(struct request, cursor) == 128, "cache lines");

/* Before it is started: no other thread looks at it. */
static inline void request_not_over(struct request *r)
{
    atomic_store_explicit(&r->done, 0, memory_order_relaxed);
}

/* From the pool; NULL: no memory. All zero but obj. Only with the lock of p2p held. */
struct request *request_new(enum request_kind kind);

/* The same for those who set all that they need: behind the first cache line stands what the last owner left. */
extern struct request *request_pool;
void request_each(void (*visit)(struct request *r)); /* of all that are not in the pool, nor a caller's */
uint32_t request_total(void);                        /* those in the pool included */
void request_refill(void);
static inline struct request *request_quick(enum request_kind kind)
{
    if (__builtin_expect(!request_pool, 0))
        request_refill();
    struct request *r = request_pool;
    if (__builtin_expect(!r, 0))
        return NULL;
    request_pool = r->extra;
    r->obj = (struct obj){.kind = OBJ_REQUEST};
    memset(&r->kind, 0, offsetof(struct request, source) - offsetof(struct request, kind));
    r->kind = (uint8_t)kind;
    return r;
}

void request_let_go(struct request *r); /* of its number and its type */
static inline void request_put(struct request *r)
{
    if (__builtin_expect(r->obj.number | r->holds_type, 0))
        request_let_go(r);
    r->obj.kind = 0;
    r->extra = request_pool;
    request_pool = r;
}

/* It needs the datatype as long as it lives. */
void request_hold_type(struct request *r, const struct type *t);
/* The same for a cursor, once it has one: a datatype's layout is held, contiguous memory has none. */
static inline void request_hold_layout(struct request *r)
{
    if (__builtin_expect(r->cursor.move != NULL, 0))
        request_hold_type(r, r->cursor.layout);
}

/* The request behind a handle, or NULL. */
static inline struct request *request_of(MPI_Request handle)
{
    return handle_object(handle, OBJ_REQUEST);
}

#endif
