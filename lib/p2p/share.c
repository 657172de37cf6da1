/* Large messages between processes that can reach each other's memory: one copy instead of two, and both sides copy,
 * the receiver from the front, the sender from the back, chunk by chunk, until they meet. So a sender that computes
 * meanwhile costs nobody more than its help; and one that has messages of its own to receive, which somebody has to copy
 * too, does not help.
 *
 *     sender    ASK, with the address of its bytes
 *     receiver  GRANT, with the address of its room and the number of a share: memory that both see
 *     both      claim a chunk in the share, copy it, count it as copied
 *     one       whoever copied the last chunk tells the other: COPIED
 *
 * A receiver that has copied the last chunk may give the share to its next message before the sender knows. So each use
 * of a share has a turn, which GRANT names: nobody claims in another's turn. Where a copy fails (memory that only its own
 * process can touch, rights that have changed), the receiver claims all that is left and asks for the whole message in
 * pieces, with a second GRANT; a sender that fails says so by COPIED, value 1.
 *
 * Edges: a chunk is claimed by a compare-and-swap of turn, front and back together; H0, counting it as copied (release
 * and acquire), makes the one who counts the last see all the others. H1: whoever sees that the count has begun anew
 * (release, acquire) sees the new turn. */
#include "p2p/share.h"

#include "base/clock.h"
#include "p2p/ids.h"
#include "p2p/peer.h"

#include <errno.h>

enum {
    SHARE_MIN = 64 * 1024, /* below it, two copies at the same time are faster; above, choice.c finds out */
    CHUNK_MIN = 64 * 1024, CHUNK_MAX = 256 * 1024, /* what one side may have to wait for the other */
    CALL_MAX = 512 * 1024, /* copied by one call of the kernel: meanwhile nothing else moves */
    CHUNKS_MAX = 65535, /* of the largest messages the chunks are larger */
    BEHIND_NS = 50 * 1000 /* a sender that has not looked for so long computes */
};

static int receiving; /* messages that this process copies for itself, of all peers */

/* wire_share.claimed: the turn, and how many chunks are claimed at the back and the front: 32, 16 and 16 bits. */
static uint32_t turn_of(uint64_t claimed)
{
    return (uint32_t)(claimed >> 32);
}

static uint64_t chunk_of(uint64_t size)
{
    uint64_t chunk = size / 16 / 4096 * 4096, least = (size / CHUNKS_MAX + 4096) / 4096 * 4096;
    chunk = chunk < CHUNK_MIN ? CHUNK_MIN : chunk > CHUNK_MAX ? CHUNK_MAX : chunk;
    return chunk < least ? least : chunk;
}

static uint64_t chunks_of(uint64_t size)
{
    return (size + chunk_of(size) - 1) / chunk_of(size);
}

uint64_t share_offer(const struct request *r)
{
    return r->cursor.left >= SHARE_MIN && !r->cursor.move ? (uintptr_t)r->cursor.at : 0;
}

void share_learn(struct request *r, enum choice_way way)
{
    choice_end(&r->peer->choice, r->count < r->room ? r->count : r->room, way, r->granted, clock_ns());
}

/* The sender has not taken packets that were sent a while ago: it computes, and would not send pieces. */
static int sender_computes(struct peer *p, int64_t now)
{
    if (!p->end->ops->has_taken(p->end)) {
        if (!p->behind_since)
            p->behind_since = now;
        return now - p->behind_since > BEHIND_NS;
    }
    p->behind_since = 0;
    return 0;
}

/* A share that no message has, and its number; -1: all are in use. */
static int free_share(struct peer *p, struct wire_share **share)
{
    int i = ~p->shares_taken ? __builtin_ctzll(~p->shares_taken) : WIRE_SHARES;
    *share = i < WIRE_SHARES ? p->end->ops->share(p->end, 0, (uint32_t)i) : NULL;
    return *share ? i : -1;
}

void share_begin(struct request *r, struct peer *p, uint64_t there, struct packet_grant *g)
{
    const struct wire_ops *ops = p->end->ops;
    r->granted = 0;
    r->share = NULL;
    if (g->size < SHARE_MIN || !there || r->cursor.move || p->shares_fail || !ops->reach || !ops->reach(p->end))
        return;
    struct wire_share *share;
    int i = free_share(p, &share);
    r->granted = clock_ns();
    enum choice_can can = i < 0 ? CHOICE_NO_SHARE : sender_computes(p, r->granted) ? CHOICE_NO_PIECES : CHOICE_BOTH;
    if (choice_begin(&p->choice, g->size, can) == CHOICE_PIECES)
        return;
    uint32_t turn = turn_of(atomic_load_explicit(&share->claimed, memory_order_relaxed)) + 1;
    atomic_store_explicit(&share->claimed, (uint64_t)turn << 32, memory_order_relaxed); /* GRANT publishes it */
    atomic_store_explicit(&share->copied, 0, memory_order_release);                     /* H1 */
    p->shares_taken |= (uint64_t)1 << i;
    r->share = share;
    r->share_number = (uint32_t)i;
    r->share_turn = turn;
    r->there = there;
    g->share = (uint32_t)i + 1;
    g->turn = turn;
    g->address = (uintptr_t)r->cursor.at;
    list_init(&r->link);
    list_add(&p->shares, &r->link);
    receiving++;
    peer_busy(p);
}

int share_join(struct request *r, struct peer *p, const struct packet_grant *g)
{
    const struct wire_ops *ops = p->end->ops;
    r->share = share_offer(r) && ops->share && g->share <= WIRE_SHARES ? ops->share(p->end, 1, g->share - 1) : NULL;
    if (!r->share)
        return -1;
    r->share_turn = g->turn;
    r->there = g->address;
    r->left = g->size;
    if (!p->shares_fail && ops->reach(p->end)) { /* if only the other side can, it copies all */
        list_add(&p->helps, &r->link);
        peer_busy(p);
    }
    return 0;
}

/* It is copied from here no longer. */
static void stop_copying(struct request *r)
{
    if (r->kind == REQUEST_RECV && !list_empty(&r->link))
        receiving--;
    list_remove(&r->link);
}

void share_leave(struct request *r)
{
    stop_copying(r);
    r->share = NULL;
}

static void over(struct request *r)
{
    if (r->kind == REQUEST_RECV) {
        if (r->count > r->room)
            r->error = MPI_ERR_TRUNCATE;
        r->peer->shares_taken &= ~((uint64_t)1 << r->share_number);
        share_learn(r, CHOICE_SHARED);
    }
    share_leave(r);
    request_over(r);
}

/* Chunks that nobody else copies: their number (0: none is left), and the first. Half of what is left: few calls for one
 * who copies alone, and no long wait of two for each other. */
static uint64_t claim(const struct request *r, uint64_t chunks, int front, uint64_t *first)
{
    struct wire_share *s = r->share;
    uint64_t seen = atomic_load_explicit(&s->claimed, memory_order_relaxed), most = CALL_MAX / chunk_of(r->left);
    for (;;) {
        uint64_t low = seen & 0xffff, high = seen >> 16 & 0xffff;
        if (low + high >= chunks || turn_of(seen) != r->share_turn)
            return 0;
        uint64_t n = (chunks - low - high + 1) / 2;
        n = most && n > most ? most : n;
        *first = front ? low : chunks - high - n;
        if (atomic_compare_exchange_weak_explicit(&s->claimed, &seen, seen + (front ? n : n << 16), memory_order_relaxed,
                                                  memory_order_relaxed))
            return n;
    }
}

/* The receiver's end of sharing: the message comes in pieces, from its beginning. The share is not used again, as the
 * sender may still count a chunk in it. */
static void pieces_instead(struct request *r)
{
    struct packet_grant head = {.kind = PACKET_GRANT, .sender = r->other, .receiver = r->id, .size = r->left};
    atomic_store_explicit(&r->share->claimed, (uint64_t)(r->share_turn + 1) << 32 | CHUNKS_MAX, memory_order_relaxed);
    share_learn(r, CHOICE_SHARED);
    share_leave(r);
    r->granted = 0;
    r->peer->shares_fail = 1;
    peer_control(r->peer, &head, sizeof head);
}

static void copy_failed(struct request *r)
{
    struct packet_next head = {.kind = PACKET_COPIED, .value = 1, .request = r->other};
    if (errno == ESRCH) {
        stop_copying(r); /* it has ended: that is for mpirun to tell, not for those who notice it first */
    } else if (r->kind == REQUEST_RECV) {
        pieces_instead(r);
    } else {
        stop_copying(r);
        r->peer->shares_fail = 1;
        peer_control(r->peer, &head, sizeof head);
    }
}

static void copy_some(struct request *r)
{
    struct peer *p = r->peer;
    int receives = r->kind == REQUEST_RECV;
    uint64_t chunk = chunk_of(r->left), chunks = chunks_of(r->left), first;
    uint64_t n = claim(r, chunks, receives, &first);
    if (!n) {
        stop_copying(r); /* the other side copies the last one, or has, and will say so */
        return;
    }
    uint64_t at = first * chunk, some = r->left - at < n * chunk ? r->left - at : n * chunk;
    if (p->end->ops->copy(p->end, r->cursor.at + at, r->there + at, some, !receives)) {
        copy_failed(r);
        return;
    }
    if (atomic_fetch_add_explicit(&r->share->copied, n, memory_order_acq_rel) + n < chunks) /* H0 */
        return;
    struct packet_next head = {.kind = PACKET_COPIED, .request = r->other};
    peer_control(p, &head, sizeof head);
    over(r);
}

int share_step(struct peer *p)
{
    struct list *l = !list_empty(&p->shares) ? &p->shares : &p->helps;
    if (list_empty(l) || (l == &p->helps && receiving))
        return 0;
    copy_some(list_entry(l->next, struct request, link));
    return 1;
}

/* Or the receiver has given the share to another message, which it may after this one. */
static int all_copied(const struct request *r)
{
    return atomic_load_explicit(&r->share->copied, memory_order_acquire) == chunks_of(r->left) || /* H1 */
           turn_of(atomic_load_explicit(&r->share->claimed, memory_order_relaxed)) != r->share_turn;
}

void share_copied(struct peer *p, uint64_t id, int failed)
{
    struct request *r = ids_find(id);
    int shares = r && r->share && r->peer == p;
    if (failed) {
        if (shares && r->kind == REQUEST_RECV)
            pieces_instead(r);
        return; /* or this side has found out for itself */
    }
    if (!shares || !all_copied(r)) {
        p2p_broken("rank %d says that it has copied a message that it had no part in", p->rank);
        return;
    }
    over(r);
}
