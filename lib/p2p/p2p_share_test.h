/* What the tests of messages that both sides copy share: the other side, which has its own idea of how chunks are cut
 * and claimed. Its memory is this process's. */
#ifndef P2P_P2P_SHARE_TEST_H
#define P2P_P2P_SHARE_TEST_H

#include "p2p/p2p_test.h"

enum { MIN = 64 * 1024, /* shorter messages go in pieces */ BIG = 1 << 20 };

static inline void begin_reaching(void)
{
    begin();
    for (int i = 0; i < RANKS; i++) {
        fake.ends[i].reaches = 1;
        prefer(i, CHOICE_SHARED);
    }
}

/* ---- the other side ---- */

/* What both sides know of a message: where it is, where it goes, what they have agreed upon. */
struct shared {
    struct wire_share *share;
    uint32_t turn;
    size_t size;
    char *from, *to;
    int front; /* the test begins at the front: it receives */
};

static inline size_t chunk_of(size_t size)
{
    size_t chunk = size / 16 / 4096 * 4096;
    return chunk < 65536 ? 65536 : chunk > 262144 ? 262144 : chunk;
}

static inline size_t chunks_of(const struct shared *s)
{
    return (s->size + chunk_of(s->size) - 1) / chunk_of(s->size);
}

static inline size_t claimed_of(const struct shared *s)
{
    uint64_t claimed = s->share->claimed;
    ck_assert_uint_eq(claimed >> 32, s->turn);
    return (claimed & 0xffff) + (claimed >> 16 & 0xffff);
}

/* A chunk that this side must not copy any more; -1: there is none. */
static inline long claim(struct shared *s)
{
    uint64_t claimed = s->share->claimed;
    if (claimed_of(s) >= chunks_of(s))
        return -1;
    s->share->claimed = claimed + (s->front ? 1 : 1 << 16);
    return s->front ? (long)(claimed & 0xffff) : (long)(chunks_of(s) - 1 - (claimed >> 16 & 0xffff));
}

/* 1: it was the last. */
static inline int copy(struct shared *s, long chunk)
{
    size_t whole = chunk_of(s->size), at = (size_t)chunk * whole, n = s->size - at < whole ? s->size - at : whole;
    memcpy(s->to + at, s->from + at, n);
    return ++s->share->copied == chunks_of(s);
}

static inline int help(struct shared *s)
{
    long chunk = claim(s);
    return chunk >= 0 && copy(s, chunk);
}

/* What this side has granted: a share, ready to be used. */
static inline struct shared granted(const union sent *s, char *to, size_t size)
{
    uint32_t number = s->grant.share - 1;
    ck_assert_uint_lt(number, WIRE_SHARES);
    struct shared shared = {.share = &fake.ends[2].shares[0][number], .turn = s->grant.turn, .size = size,
                            .from = data, .to = to};
    ck_assert_uint_eq(s->grant.address, (uintptr_t)to);
    ck_assert_uint_eq(s->grant.size, size);
    ck_assert_uint_eq(claimed_of(&shared), 0);
    ck_assert_uint_eq(shared.share->copied, 0);
    return shared;
}

/* The memory that a message goes to, with nothing behind it. */
static inline char *receiver_memory(size_t size)
{
    static char *last;
    free(last);
    last = malloc(size);
    memset(last, 0x5a, size);
    return last;
}

static uint32_t turns = UINT32_MAX - 2; /* they run over */

/* The test grants what this side sends. Then this side may have copied a chunk already. */
static inline struct shared grant(uint64_t sender, uint64_t receiver, size_t wanted, uint32_t number)
{
    struct shared s = {.share = &fake.ends[2].shares[1][number], .turn = turns++, .size = wanted,
                       .from = data, .to = receiver_memory(wanted), .front = 1};
    s.share->claimed = (uint64_t)s.turn << 32;
    s.share->copied = 0;
    feed_share(2, sender, receiver, wanted, number + 1, s.turn, s.to);
    return s;
}

#endif
