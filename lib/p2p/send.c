/* Sending: the short way, which needs no request, and the general one beside it.
 *
 *     up to piece bytes                 EAGER, or EAGER_SYNC and the receiver's ACK
 *     up to PEER_UNASKED                FIRST, MORE ...: both sides copy at the same time
 *     longer, or no credit left         ASK, the receiver's GRANT, PIECE ... (or share.c, direct.c)
 *
 * A message leaves when everything before it for the same rank has left or asked. */
#include "p2p/direct.h"
#include "p2p/ids.h"
#include "p2p/share.h"

enum send_stage { STAGE_NEW, STAGE_MORE, STAGE_ASKED, STAGE_STREAM, STAGE_SENT };

/* Small enough that the receiver can begin to copy while the sender still does, large enough that packets do not
 * cost more than copying. */
static uint64_t piece_of(const struct peer *p, uint64_t whole)
{
    uint64_t piece = whole <= 8 * 1024 ? 2048 : whole <= 64 * 1024 ? 4096 : 8192;
    return piece < p->end->piece && p->end->piece <= 8192 ? piece : p->end->piece;
}

static int short_enough(const struct peer *p, uint64_t size)
{
    return size <= p->end->eager;
}

/* A new send: what becomes of it? */
static int send_first(struct request *r)
{
    struct peer *p = r->peer;
    uint64_t size = r->cursor.left;
    struct packet_long head = {.match = {.context = r->comm->context, .source = (uint32_t)r->comm->rank, .tag = r->tag},
                               .size = size};
    int64_t cost = (int64_t)size + PEER_ENVELOPE;
    int unasked = p->credit >= cost && (short_enough(p, size) || (size <= PEER_UNASKED && r->mode != SEND_SYNC));
    if (unasked && short_enough(p, size)) {
        int sync = r->mode == SEND_SYNC;
        head.match.kind = sync ? PACKET_EAGER_SYNC : PACKET_EAGER;
        if (sync && !r->id && !(r->id = ids_give(r)))
            return WIRE_NO_MEMORY;
        head.sender = r->id;
        int sent = p->end->ops->send(p->end, &head, sync ? sizeof head : sizeof head.match, &r->cursor, size);
        if (sent != WIRE_SENT)
            return sent;
        p->credit -= cost;
        r->stage = STAGE_SENT;
        r->share = NULL;
        list_remove(&r->link);
        if (!sync)
            request_over(r);
        return WIRE_SENT;
    }
    if (unasked) {
        head.match.kind = PACKET_FIRST;
        int sent = p->end->ops->send(p->end, &head, sizeof head, &r->cursor, piece_of(p, size));
        if (sent != WIRE_SENT)
            return sent;
        p->credit -= cost;
        r->stage = STAGE_MORE;
        r->count = size;
        return WIRE_SENT;
    }
    if (!r->id && !(r->id = ids_give(r)))
        return WIRE_NO_MEMORY;
    head.match.kind = PACKET_ASK;
    head.sender = r->id;
    struct packet_ask ask = {head, share_offer(r)};
    int sent = p->end->ops->send(p->end, &ask, sizeof ask, NULL, 0);
    if (sent != WIRE_SENT)
        return sent;
    r->stage = STAGE_ASKED;
    r->share = NULL;
    r->left = size;
    list_remove(&r->link);
    return WIRE_SENT;
}

int send_next(struct request *r)
{
    struct peer *p = r->peer;
    if (r->stage == STAGE_NEW)
        return send_first(r);
    struct packet_next head = {.kind = r->stage == STAGE_MORE ? PACKET_MORE : PACKET_PIECE, .request = r->other};
    uint64_t left = r->stage == STAGE_MORE ? r->cursor.left : r->left;
    uint64_t piece = piece_of(p, r->count);
    uint64_t some = left < piece ? left : piece;
    int sent = p->end->ops->send(p->end, &head, sizeof head, &r->cursor, some);
    if (sent != WIRE_SENT)
        return sent;
    r->left = left - some;
    if (r->left == 0) {
        list_remove(&r->link);
        request_over(r);
    }
    return WIRE_SENT;
}

void send_granted(struct peer *p, const struct packet_grant *g)
{
    struct request *r = ids_find(g->sender);
    int again = r && r->share && !g->share; /* it could not be shared */
    if (!r || r->kind != REQUEST_SEND || r->peer != p || (r->stage != STAGE_ASKED && !again) || g->size > r->left) {
        p2p_broken("rank %d fetches a message that it was not offered", p->rank);
        return;
    }
    if (g->size == 0) {
        request_over(r);
        return;
    }
    if (again)
        share_leave(r);
    if (g->share == PACKET_DIRECT) {
        if (direct_join(r, p, g) == 0)
            r->stage = STAGE_STREAM;
        return;
    }
    r->stage = STAGE_STREAM;
    r->other = g->receiver;
    r->count = r->left = g->size;
    if (g->share) {
        if (share_join(r, p, g))
            p2p_broken("rank %d wants a message in a way that it was not offered", p->rank);
        return;
    }
    list_add(&p->streams, &r->link);
    peer_busy(p);
}

void send_acknowledged(struct peer *p, uint64_t id)
{
    struct request *r = ids_find(id);
    if (!r || r->kind != REQUEST_SEND || r->peer != p || r->stage != STAGE_SENT) {
        p2p_broken("rank %d acknowledges a message that it was not sent", p->rank);
        return;
    }
    request_over(r);
}

int send_cancel(struct request *r)
{
    struct packet_next head = {.kind = PACKET_WITHDRAW, .value = r->comm->context, .request = r->id};
    int waits_for_match = r->stage == STAGE_ASKED || r->stage == STAGE_SENT;
    if (r->stage == STAGE_NEW) { /* nobody else knows of it */
        list_remove(&r->link);
        r->cancelled = 1;
        request_over(r);
    } else if (waits_for_match && !r->withdrawn) {
        r->withdrawn = 1;
        peer_control(r->peer, &head, sizeof head);
    }
    return r->cancelled;
}

void send_withdrawn(struct peer *p, uint64_t id, int gone)
{
    struct request *r = ids_find(id);
    if (!gone)
        return; /* it has been matched, and ends as it would have */
    if (!r || r->kind != REQUEST_SEND || r->peer != p || (r->stage != STAGE_ASKED && r->stage != STAGE_SENT)) {
        p2p_broken("rank %d takes back a message that was not cancelled", p->rank);
        return;
    }
    r->cancelled = 1;
    request_over(r);
}

int send_start(struct request *r)
{
    request_not_over(r);
    r->error = 0;
    r->cancelled = r->withdrawn = 0;
    r->stage = STAGE_NEW;
    list_init(&r->link);
    if (r->rank == MPI_PROC_NULL) {
        request_over(r);
        return 0;
    }
    struct peer *p = r->peer = peer_at(r->comm, r->rank);
    if (!p)
        return MPI_ERR_OTHER;
    list_add(&p->queue, &r->link);
    if (p->queue.next == &r->link && list_empty(&p->controls)) {
        int sent;
        do
            sent = send_next(r);
        while (sent == WIRE_SENT && p->queue.next == &r->link);
        peer_failed(p, sent);
    }
    if (!list_empty(&p->queue) || !list_empty(&p->streams)) /* r may be over, and another's by now */
        peer_busy(p);
    return 0;
}

int p2p_start_send(struct request *r)
{
    p2p_enter();
    int rc = send_start(r);
    p2p_leave();
    return rc;
}

static __attribute__((noinline)) int send_slowly(struct comm *c, struct cursor *body, int dest, int tag,
                                                 enum send_mode mode)
{
    static const char *const names[] = {"MPI_Send", "MPI_Ssend", "MPI_Rsend", "MPI_Bsend"};
    struct request r = {.kind = REQUEST_SEND, .mode = (uint8_t)mode, .comm = c, .cursor = *body, .rank = dest, .tag = tag};
    int rc = send_start(&r);
    if (!rc)
        p2p_wait(&r, names[mode]);
    return rc;
}

/* The short way: 1 when the message has gone. */
/* later: it may wait for others (wire.h). */
static inline __attribute__((always_inline)) int send_short(struct comm *c, struct peer *p, struct cursor *body, int tag,
                                                            int later)
{
    size_t size = body->left;
    int64_t cost = (int64_t)size + PEER_ENVELOPE;
    if (__builtin_expect(!short_enough(p, size) || p->credit < cost || !list_empty(&p->busy), 0))
        return 0;
    struct packet_match head = packet_match(PACKET_EAGER, c->context, (uint32_t)c->rank, tag);
    const struct wire_ops *ops = p->end->ops;
    int sent = (later ? ops->send_later : ops->send)(p->end, &head, sizeof head, body, size);
    if (__builtin_expect(sent != WIRE_SENT, 0)) {
        if (sent != WIRE_HELD)
            return 0;
        atomic_store_explicit(&p2p_held, 1, memory_order_relaxed);
    }
    p->credit -= cost;
    return 1;
}

int send_at_once(struct comm *c, struct cursor *body, int dest, int tag)
{
    struct peer *p = dest == MPI_PROC_NULL ? NULL : peer_at(c, dest);
    return !p || send_short(c, p, body, tag, 0);
}

int p2p_send(struct comm *c, struct cursor *body, int dest, int tag, enum send_mode mode)
{
    int rc = 0;
    p2p_enter();
    struct peer *p = dest == MPI_PROC_NULL ? NULL : peer_at(c, dest);
    if (__builtin_expect(p && mode != SEND_SYNC && send_short(c, p, body, tag, 0), 1)) {
        p2p_leave();
        return 0;
    }
    rc = send_slowly(c, body, dest, tag, mode);
    p2p_leave();
    return rc;
}

int p2p_isend(struct comm *c, struct cursor *body, int dest, int tag, enum send_mode mode, struct request **out)
{
    int rc = MPI_ERR_NO_MEM;
    p2p_enter();
    struct peer *p = dest == MPI_PROC_NULL ? NULL : peer_at(c, dest);
    if (__builtin_expect(!p || (mode != SEND_SYNC && send_short(c, p, body, tag, 1)), 1)) {
        p2p_leave();
        *out = &p2p_sent;
        return 0;
    }
    struct request *r = request_quick(REQUEST_SEND);
    if (r) {
        r->source = MPI_ANY_SOURCE;
        r->count = 0;
        r->mode = (uint8_t)mode;
        r->comm = c;
        cursor_copy(&r->cursor, body);
        r->rank = dest;
        r->tag = tag;
        request_hold_layout(r);
        rc = send_start(r);
    }
    p2p_leave();
    *out = r;
    return rc;
}
