/* Large messages between processes that can reach each other's memory: one copy instead of two, and both sides copy,
 * the receiver from the front, the sender from the back, chunk by chunk, until they meet. So a sender that computes
 * meanwhile costs nobody more than its help.
 *
 *     sender    ASK, with the address of its bytes
 *     receiver  GRANT, with the address of its room and the number of a share: memory that both see
 *     both      claim a chunk in the share, copy it, count it as copied
 *     one       whoever copied the last chunk tells the other: COPIED
 *
 * A receiver that has copied the last chunk may give the share to its next message before the sender knows. So each use
 * of a share has a turn, which GRANT names: nobody claims in another's turn.
 *
 * Edges: a chunk is claimed by a compare-and-swap of turn, front and back together; H0, counting it as copied (release
 * and acquire), makes the one who counts the last see all the others. H1: whoever sees that the count has begun anew
 * (release, acquire) sees the new turn. */
#include "p2p/share.h"

#include <time.h>

#include "p2p/ids.h"
#include "p2p/peer.h"

enum {
    SHARE_MIN = 64 * 1024, /* below it, two copies at the same time are faster; above, choice.c finds out */
    CHUNK_MIN = 32 * 1024, CHUNK_MAX = 256 * 1024, /* what one side may have to wait for the other */
    CHUNKS_MAX = 1 << 24
};

/* What GRANT calls a share: its number plus 1 in the lower half, the turn in the upper one. */
static uint32_t number_of(uint32_t share)
{
    return (share & 0xffff) - 1;
}

/* wire_share.claimed: 16 bits of the turn, and how many chunks are claimed at the back and the front, 24 bits each. */
static uint64_t turn_of(uint64_t claimed)
{
    return claimed >> 48;
}

static uint64_t chunk_of(uint64_t size)
{
    uint64_t chunk = size / 16 / 4096 * 4096;
    return chunk < CHUNK_MIN ? CHUNK_MIN : chunk > CHUNK_MAX ? CHUNK_MAX : chunk;
}

static uint64_t chunks_of(uint64_t size)
{
    return (size + chunk_of(size) - 1) / chunk_of(size);
}

uint64_t share_offer(const struct request *r)
{
    return r->cursor.left >= SHARE_MIN && !r->cursor.move ? (uintptr_t)r->cursor.at : 0;
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void share_learn(struct request *r, enum choice_way way)
{
    choice_end(&r->peer->choice, r->count < r->room ? r->count : r->room, way, r->granted, now_ns());
}

/* A share that no message has, and its number; -1: all are in use. */
static int free_share(struct peer *p, struct wire_share **share)
{
    int i = ~p->shares_taken ? __builtin_ctzll(~p->shares_taken) : WIRE_SHARES;
    *share = i < WIRE_SHARES ? p->end->ops->share(p->end, 0, (uint32_t)i) : NULL;
    return *share ? i : -1;
}

uint32_t share_begin(struct request *r, struct peer *p, uint64_t size, uint64_t there)
{
    const struct wire_ops *ops = p->end->ops;
    r->granted = 0;
    if (size < SHARE_MIN || chunks_of(size) > CHUNKS_MAX || !there || r->cursor.move || !ops->reach || !ops->reach(p->end))
        return 0;
    struct wire_share *share;
    int i = free_share(p, &share);
    r->granted = now_ns();
    if (choice_begin(&p->choice, size, i >= 0) == CHOICE_PIECES)
        return 0;
    uint64_t turn = (turn_of(atomic_load_explicit(&share->claimed, memory_order_relaxed)) + 1) & 0xffff;
    atomic_store_explicit(&share->claimed, turn << 48, memory_order_relaxed); /* GRANT publishes it */
    atomic_store_explicit(&share->copied, 0, memory_order_release);           /* H1 */
    p->shares_taken |= (uint64_t)1 << i;
    r->share = share;
    r->share_number = (uint32_t)turn << 16 | (uint32_t)(i + 1);
    r->there = there;
    r->left = size;
    list_init(&r->link);
    list_add(&p->shares, &r->link);
    peer_busy(p);
    return r->share_number;
}

int share_join(struct request *r, struct peer *p, const struct packet_grant *g)
{
    const struct wire_ops *ops = p->end->ops;
    uint32_t i = number_of(g->share);
    r->share = share_offer(r) && ops->share && i < WIRE_SHARES ? ops->share(p->end, 1, i) : NULL;
    if (!r->share)
        return -1;
    r->share_number = g->share;
    r->there = g->address;
    r->left = g->size;
    if (ops->reach(p->end)) { /* if only the other side can, it copies all */
        list_add(&p->shares, &r->link);
        peer_busy(p);
    }
    return 0;
}

static void over(struct request *r)
{
    list_remove(&r->link);
    if (r->kind == REQUEST_RECV) {
        if (r->count > r->room)
            r->error = MPI_ERR_TRUNCATE;
        r->peer->shares_taken &= ~((uint64_t)1 << number_of(r->share_number));
        share_learn(r, CHOICE_SHARED);
    }
    r->share = NULL;
    request_over(r);
}

/* The number of a chunk that nobody else copies, or -1. */
static int64_t claim(const struct request *r, uint64_t chunks, int front)
{
    struct wire_share *s = r->share;
    uint64_t seen = atomic_load_explicit(&s->claimed, memory_order_relaxed);
    for (;;) {
        uint64_t low = seen & 0xffffff, high = seen >> 24 & 0xffffff;
        if (low + high >= chunks || turn_of(seen) != r->share_number >> 16)
            return -1;
        if (atomic_compare_exchange_weak_explicit(&s->claimed, &seen, seen + (front ? 1 : (uint64_t)1 << 24),
                                                  memory_order_relaxed, memory_order_relaxed))
            return (int64_t)(front ? low : chunks - 1 - high);
    }
}

void share_step(struct request *r)
{
    struct peer *p = r->peer;
    int receives = r->kind == REQUEST_RECV;
    uint64_t chunk = chunk_of(r->left), chunks = chunks_of(r->left);
    int64_t mine = claim(r, chunks, receives);
    if (mine < 0) {
        list_remove(&r->link); /* the other side copies the last one, or has, and will say so */
        return;
    }
    uint64_t at = (uint64_t)mine * chunk, some = r->left - at < chunk ? r->left - at : chunk;
    if (p->end->ops->copy(p->end, r->cursor.at + at, r->there + at, some, !receives)) {
        p2p_broken("%llu bytes at %p of rank %d cannot be %s: is the buffer of the %s all there?",
                   (unsigned long long)some, (void *)(uintptr_t)(r->there + at), p->rank,
                   receives ? "read" : "written", receives ? "send" : "receive");
        return;
    }
    if (atomic_fetch_add_explicit(&r->share->copied, 1, memory_order_acq_rel) + 1 < chunks) /* H0 */
        return;
    struct packet_next head = {.kind = PACKET_COPIED, .request = r->other};
    peer_control(p, &head, sizeof head);
    over(r);
}

/* Or the receiver has given the share to another message, which it may after this one. */
static int all_copied(const struct request *r)
{
    return atomic_load_explicit(&r->share->copied, memory_order_acquire) == chunks_of(r->left) || /* H1 */
           turn_of(atomic_load_explicit(&r->share->claimed, memory_order_relaxed)) != r->share_number >> 16;
}

void share_copied(struct peer *p, uint64_t id)
{
    struct request *r = ids_find(id);
    if (!r || !r->share || r->peer != p || !all_copied(r)) {
        p2p_broken("rank %d says that it has copied a message that it had no part in", p->rank);
        return;
    }
    over(r);
}
