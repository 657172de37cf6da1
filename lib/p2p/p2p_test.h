/* What the tests of p2p share: this process is rank 1 of 4 on the fake wire, and the test is the other side.
 * Packets are fed in memory of exactly their size, so that the address sanitizer sees who looks behind. */
#ifndef P2P_P2P_TEST_H
#define P2P_P2P_TEST_H

#include "p2p/p2p.h"

#include "p2p/packet.h"
#include "p2p/peer.h"
#include "tests/unit.h"
#include "wire/fake.h"

#include <stdio.h>

enum { ME = 1, RANKS = 4, PIECE = 8192 };

/* ---- the rig ---- */

static struct fake fake;
static int broken_count;
static struct words broken_words;

static inline struct wire_end *connect_rank(int rank, void *owner, struct words *why)
{
    (void)why;
    return fake_end(&fake, rank, owner);
}

static inline void broken(const struct words *why)
{
    broken_count++;
    broken_words = *why;
}

static struct wire *wires[] = {(struct wire *)&fake};
static const struct wire_ops *const ops[] = {&fake_ops};

static inline void begin(void)
{
    static const struct p2p_place place = {
        .rank = ME, .size = RANKS, .wires = wires, .ops = ops, .wire_count = 1, .connect = connect_rank,
        .broken = broken};
    broken_count = 0;
    fake_open(&fake, PIECE);
    comm_init(ME, RANKS, MPI_ERRORS_RETURN);
    ck_assert_int_eq(p2p_start(&place, NULL), 0);
}

static inline void end(void)
{
    p2p_stop();
    fake_close(&fake);
}

/* Of sharing and pieces this way has been faster so far: which it is depends on time. */
static inline void prefer(int rank, enum choice_way way)
{
    struct choice *c = &((struct peer *)p2p_peer_of(rank))->choice;
    memset(c->of, 0, sizeof c->of);
    for (int i = 0; i < CHOICE_CLASSES; i++) {
        c->of[i].cost[way] = 1e-6f;
        c->of[i].cost[!way] = 1e9f;
    }
}

/* ---- data of which every byte is known ---- */

static char data[5 << 20];

static inline void make_data(void)
{
    uint64_t seed = 61;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)unit_random(&seed);
}

/* ---- what the other side sends: heads and bodies in memory of exactly their size ---- */

static inline void feed(int from, const void *head, size_t head_size, const void *body, size_t size)
{
    void *h = malloc(head_size), *b = malloc(size + !size);
    memcpy(h, head, head_size);
    if (size)
        memcpy(b, body, size);
    p2p_deliver(p2p_peer_of(from), h, (uint32_t)head_size, b, size);
    free(h);
    free(b);
}

static inline void feed_eager(int from, int tag, const void *body, size_t size)
{
    struct packet_match h = {PACKET_EAGER, 0, (uint32_t)from, tag};
    feed(from, &h, sizeof h, body, size);
}

static inline void feed_long(enum packet_kind kind, int from, int tag, uint64_t whole, uint64_t id,
                             const void *body, size_t size)
{
    struct packet_ask h = {{{kind, 0, (uint32_t)from, tag}, whole, id}, 0};
    feed(from, &h, packet_head_size(kind), body, size);
}

/* A message that can be copied from data. */
static inline void feed_offer(int from, int tag, uint64_t whole, uint64_t id)
{
    struct packet_ask h = {{{PACKET_ASK, 0, (uint32_t)from, tag}, whole, id}, (uintptr_t)data};
    feed(from, &h, sizeof h, NULL, 0);
}

static inline void feed_next(enum packet_kind kind, int from, uint64_t id, uint32_t value, const void *body,
                             size_t size)
{
    struct packet_next h = {.kind = kind, .value = value, .request = id};
    feed(from, &h, sizeof h, body, size);
}

static inline void feed_grant(int from, uint64_t sender, uint64_t receiver, uint64_t size)
{
    struct packet_grant h = {.kind = PACKET_GRANT, .sender = sender, .receiver = receiver, .size = size};
    feed(from, &h, sizeof h, NULL, 0);
}

/* To be copied to this memory. */
static inline void feed_share(int from, uint64_t sender, uint64_t receiver, uint64_t size, uint32_t share,
                              uint32_t turn, void *to)
{
    struct packet_grant h = {.kind = PACKET_GRANT, .share = share, .sender = sender, .receiver = receiver,
                             .size = size, .address = (uintptr_t)to, .turn = turn};
    feed(from, &h, sizeof h, NULL, 0);
}

/* A message of FIRST and MORE, `from` bytes of it to `to`. */
static inline void feed_more(int rank, int tag, size_t whole, size_t from, size_t to)
{
    for (size_t n; from < to; from += n) {
        n = to - from < 2048 ? to - from : 2048;
        if (from == 0)
            feed_long(PACKET_FIRST, rank, tag, whole, 0, data, n);
        else
            feed_next(PACKET_MORE, rank, 0, 0, data + from, n);
    }
}

/* ---- what was sent to it ---- */

static inline void nothing_was_sent(void)
{
    ck_assert_ptr_null(fake.first);
}

/* Credit comes back whenever enough has gathered. */
static inline void skip_credit(void)
{
    while (fake.first && ((struct packet_next *)fake.first->head)->kind == PACKET_CREDIT)
        fake_drop(fake_take(&fake));
}

/* The next packet, copied; its body is compared with data[at...]. */
static inline union sent {
    struct packet_match match;
    struct packet_long l;
    struct packet_ask ask;
    struct packet_next next;
    struct packet_grant grant;
} expect_sent(int to, enum packet_kind kind, size_t head_size, size_t at, size_t *size)
{
    union sent s = {.grant = {0}};
    struct fake_packet *p = fake_take(&fake);
    ck_assert_msg(p != NULL, "nothing was sent");
    ck_assert_int_eq(p->to, to);
    ck_assert_uint_eq(p->head_size, head_size);
    memcpy(&s, p->head, p->head_size);
    ck_assert_uint_eq(s.match.kind, kind);
    ck_assert_int_eq(memcmp(p->body, data + at, p->size), 0);
    if (size)
        *size = p->size;
    else
        ck_assert_uint_eq(p->size, 0);
    fake_drop(p);
    return s;
}

static inline struct request *isend(int to, int tag, size_t size, enum send_mode mode)
{
    struct cursor c = cursor_over(data, size);
    struct request *r;
    ck_assert_int_eq(p2p_isend(&comm_world, &c, to, tag, mode, &r), 0);
    return r;
}

static inline struct request *irecv(void *to, size_t room, int from, int tag)
{
    struct cursor c = cursor_over(to, room);
    struct request *r;
    ck_assert_int_eq(p2p_irecv(&comm_world, &c, from, tag, &r), 0);
    return r;
}

/* The receive is over with this in its status; given back. The bytes that fit are data[0...]. */
static inline void expect_received(struct request *r, const char *to, size_t room, int from, int tag, size_t size)
{
    MPI_Status s;
    ck_assert_int_eq(r->done, 1);
    ck_assert_int_eq(r->error, size > room ? MPI_ERR_TRUNCATE : 0);
    status_set(&s, r);
    ck_assert_int_eq(s.MPI_SOURCE, from);
    ck_assert_int_eq(s.MPI_TAG, tag);
    ck_assert_uint_eq(status_count(&s), size);
    ck_assert_int_eq(status_is_cancelled(&s), 0);
    ck_assert_int_eq(memcmp(to, data, size < room ? size : room), 0);
    ck_assert_int_eq(to[room], 0x5a); /* the byte behind */
    p2p_release(r);
    ck_assert_int_eq(broken_count, 0);
}

static inline char *buffer_of(size_t room)
{
    static char *last;
    free(last);
    last = malloc(room + 1);
    memset(last, 0x5a, room + 1);
    return last;
}

#endif
