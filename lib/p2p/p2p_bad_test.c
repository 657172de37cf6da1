/* Tests of p2p against what no rank of Godwit's sends: each packet that cannot be is told in words that name
 * the rank, and leads nowhere else; then random packets, of which the address sanitizer is the judge. */
#include "p2p/p2p_test.h"

/* ---- one by one ---- */

/* A message of 50000 bytes from rank 2 that is being fetched; its receive's id. */
static uint64_t being_fetched(void)
{
    irecv(buffer_of(50000), 50000, 2, 5);
    feed_long(PACKET_ASK, 2, 5, 50000, 99, NULL, 0);
    return expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant.receiver;
}

static uint64_t offered(void)
{
    isend(2, 1, 50000, SEND_STANDARD);
    return expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender;
}

static uint64_t unacknowledged(void)
{
    size_t size;
    isend(2, 1, 50, SEND_SYNC);
    return expect_sent(2, PACKET_EAGER_SYNC, 32, 0, &size).l.sender;
}

static void message_from(enum packet_kind kind, int peer, uint32_t context, uint32_t source, int tag)
{
    struct packet_ask h = {{{kind, context, source, tag}, kind == PACKET_FIRST ? 3000 : 100, 99}, 0};
    feed(peer, &h, packet_head_size(kind), data, kind == PACKET_ASK ? 0 : 100);
}

static void bad_match(int i, enum packet_kind kind)
{
    switch (i) {
    case 0: message_from(kind, 2, 7, 2, 5); break;
    case 1: message_from(kind, 2, 7 | COMM_HIDDEN, 2, 5); break;
    case 2: message_from(kind, 2, 1, 0, 5); break; /* MPI_COMM_SELF of this process is not rank 2's */
    case 3: message_from(kind, 2, 0, RANKS, 5); break;
    case 4: message_from(kind, 2, 0, UINT32_MAX, 5); break;
    case 5: message_from(kind, 2, 0, 3, 5); break; /* another's name */
    case 6: message_from(kind, 2, 0, ME, 5); break;
    case 7: message_from(kind, 2, 0, 2, -1); break;
    case 8: message_from(kind, 2, 0, 2, MPI_ANY_TAG); break;
    case 9: message_from(kind, 2, 0, 2, INT32_MIN); break;
    }
}
enum { BAD_MATCHES = 10 };

static void bad_packet(int i)
{
    static const uint32_t kinds[] = {0, PACKET_CREDIT + 1, 1000, UINT32_MAX};
    struct packet_long h = {{0, 0, 2, 5}, 10, 10};
    uint64_t id;
    switch (i) {
    case 0: p2p_deliver(p2p_peer_of(2), NULL, 0, NULL, 0); break;
    case 1:
    case 2:
    case 3:
    case 4: h.match.kind = kinds[i - 1]; feed(2, &h, sizeof h, NULL, 0); break;
    case 5: feed_long(PACKET_FIRST, 2, 5, 100, 0, data, 100); break; /* there is nothing left for MORE */
    case 6: feed_long(PACKET_FIRST, 2, 5, PEER_UNASKED + 1, 0, data, 100); break;
    case 7: feed_long(PACKET_FIRST, 2, 5, UINT64_MAX, 0, data, 100); break;
    case 8:
        feed_long(PACKET_FIRST, 2, 5, 3000, 0, data, 100);
        feed_long(PACKET_FIRST, 2, 5, 3000, 0, data, 100);
        break;
    case 9: feed_next(PACKET_MORE, 2, 0, 0, data, 10); break;
    case 10:
        feed_long(PACKET_FIRST, 2, 5, 3000, 0, data, 100);
        feed_next(PACKET_MORE, 2, 0, 0, data, 2901);
        break;
    case 11:
        feed_long(PACKET_FIRST, 2, 5, 3000, 0, data, 100);
        feed_next(PACKET_MORE, 2, 0, 0, data, 0);
        break;
    case 12:
        feed_more(2, 5, 3000, 0, 3000);
        feed_next(PACKET_MORE, 2, 0, 0, data, 1);
        break;
    case 13: /* of another sender's message */
        feed_long(PACKET_FIRST, 2, 5, 3000, 0, data, 100);
        feed_next(PACKET_MORE, 3, 0, 0, data, 10);
        break;
    case 14: feed_next(PACKET_PIECE, 2, 0, 0, data, 10); break;
    case 15: feed_next(PACKET_PIECE, 2, being_fetched() + 1, 0, data, 10); break;
    case 16: feed_next(PACKET_PIECE, 3, being_fetched(), 0, data, 10); break;
    case 17: feed_next(PACKET_PIECE, 2, offered(), 0, data, 10); break;
    case 18: feed_next(PACKET_PIECE, 2, being_fetched(), 0, data, 50001); break;
    case 19: feed_next(PACKET_PIECE, 2, being_fetched(), 0, data, 0); break;
    case 20:
        id = being_fetched();
        feed_next(PACKET_PIECE, 2, id, 0, data, 50000);
        feed_next(PACKET_PIECE, 2, id, 0, data, 1);
        break;
    case 21: feed_grant(2, 0, 1, 1); break;
    case 22: feed_grant(2, offered() + (1ull << 32), 1, 1); break;
    case 23: feed_grant(3, offered(), 1, 1); break;
    case 24: feed_grant(2, being_fetched(), 1, 1); break;
    case 25: feed_grant(2, offered(), 1, 50001); break;
    case 26: feed_grant(2, offered(), 1, UINT64_MAX); break;
    case 27:
        id = offered();
        fake.ends[2].full = 1;
        feed_grant(2, id, 1, 50000);
        feed_grant(2, id, 1, 50000);
        break;
    case 28: feed_grant(2, unacknowledged(), 1, 10); break;
    case 29: feed_next(PACKET_ACK, 2, 0, 0, NULL, 0); break;
    case 30: feed_next(PACKET_ACK, 2, unacknowledged() + 1, 0, NULL, 0); break;
    case 31: feed_next(PACKET_ACK, 3, unacknowledged(), 0, NULL, 0); break;
    case 32: feed_next(PACKET_ACK, 2, offered(), 0, NULL, 0); break;
    case 33: feed_next(PACKET_ACK, 2, being_fetched(), 0, NULL, 0); break;
    case 34:
        id = unacknowledged();
        feed_next(PACKET_ACK, 2, id, 0, NULL, 0);
        feed_next(PACKET_ACK, 2, id, 0, NULL, 0);
        break;
    case 35: feed_next(PACKET_CREDIT, 2, 0, 1, NULL, 0); break;
    case 36: feed_next(PACKET_CREDIT, 2, 0, UINT32_MAX, NULL, 0); break;
    case 37: unacknowledged(); feed_next(PACKET_CREDIT, 2, 0, 51 + PEER_ENVELOPE, NULL, 0); break;
    }
}
enum { BAD_PACKETS = 38 };

/* Told once, in words that name the rank, and nothing else happens: the other ranks' messages go on. */
static void expect_broken(void)
{
    ck_assert_int_eq(broken_count, 1);
    ck_assert_msg(strstr(broken_words.s, "rank 2 ") || strstr(broken_words.s, "rank 3 "), "%s", broken_words.s);
    broken_count = 0;
    char *to = buffer_of(100);
    feed_eager(0, 33, data, 100);
    expect_received(irecv(to, 100, 0, 33), to, 100, 0, 33, 100);
}

START_TEST(bad_packets_are_told)
{
    bad_packet(_i);
    expect_broken();
}
END_TEST

START_TEST(bad_messages_are_told)
{
    static const enum packet_kind kinds[] = {PACKET_EAGER, PACKET_EAGER_SYNC, PACKET_FIRST, PACKET_ASK};
    struct request *r = irecv(buffer_of(10), 10, MPI_ANY_SOURCE, MPI_ANY_TAG);
    enum packet_kind kind = kinds[_i / BAD_MATCHES];
    int *members = malloc(RANKS * sizeof *members); /* nobody may look behind it */
    for (int i = 0; i < RANKS; i++)
        members[i] = i;
    comm_world.members = members;
    comm_world.stride = 0;
    bad_match(_i % BAD_MATCHES, kind);
    ck_assert_int_eq(r->done, 0);
    ck_assert_int_eq(p2p_cancel(r), 1);
    expect_broken();
    if (kind == PACKET_FIRST) /* the rest of what is not wanted must lead nowhere */
        feed_next(PACKET_MORE, 2, 0, 0, data, 2900);
    nothing_was_sent();
    comm_world.members = NULL;
    comm_world.stride = 1;
    free(members);
}
END_TEST

/* ---- at random ---- */

/* Ids that this side has told. */
static uint64_t told[16];

static void listen_to(struct fake_packet *p)
{
    static unsigned at;
    const struct packet_ask *ask = p->head;
    const struct packet_grant *grant = p->head;
    uint32_t kind = ask->message.match.kind;
    if (kind == PACKET_ASK || kind == PACKET_EAGER_SYNC || kind == PACKET_GRANT)
        told[at++ % 16] = kind == PACKET_GRANT ? grant->receiver : ask->message.sender;
    fake_drop(p);
}

/* Ids that are, were or nearly are those of requests. */
static uint64_t some_id(uint64_t *seed)
{
    if (unit_below(seed, 2))
        return told[unit_below(seed, 16)];
    uint64_t id = (1 + unit_below(seed, 80)) | (uint64_t)(1 + unit_below(seed, 40)) << 32;
    return unit_below(seed, 50) ? id : (uint64_t)unit_random(seed) << 32 | unit_random(seed);
}

static uint64_t some_size(uint64_t *seed)
{
    static const uint64_t odd[] = {0, 1, 2047, 2048, PEER_UNASKED, PEER_UNASKED + 1, UINT32_MAX, INT64_MAX,
                                   UINT64_MAX, 65536, 100000, 1 << 20};
    switch (unit_below(seed, 8)) {
    case 0:
    case 1: return odd[unit_below(seed, sizeof odd / sizeof odd[0])];
    case 2:
    case 3: return 65536 + unit_below(seed, 100000);
    default: return unit_below(seed, 5000);
    }
}

/* The other side's memory is data. */
static uint64_t some_address(uint64_t *seed)
{
    uint64_t at = (uintptr_t)data + unit_random(seed) % sizeof data;
    return unit_below(seed, 9) ? at : unit_below(seed, 2) ? 0 : (uint64_t)unit_random(seed) << unit_below(seed, 33);
}

static void scribble(uint64_t *seed)
{
    struct wire_share *s = &fake.ends[unit_below(seed, RANKS)].shares[unit_below(seed, 2)][unit_below(seed, 3)];
    if (unit_below(seed, 2))
        s->claimed ^= (uint64_t)unit_below(seed, 4) << unit_below(seed, 64);
    else
        s->copied = unit_below(seed, 20);
}

/* Of every kind, mostly with good fields. */
static void random_packet(uint64_t *seed)
{
    uint32_t words[sizeof(struct packet_grant) / 4];
    int from = (int)unit_below(seed, RANKS);
    int tag = (int)unit_below(seed, 4) - !unit_below(seed, 9);
    struct packet_ask l = {{{1 + unit_below(seed, PACKET_CREDIT), unit_below(seed, 20) ? 0 : unit_below(seed, 3) * 3,
                             unit_below(seed, 20) ? (uint32_t)from : unit_below(seed, 6), tag},
                            some_size(seed), some_id(seed)},
                           some_address(seed)};
    uint32_t kind = l.message.match.kind;
    struct packet_next n = {.kind = kind, .value = unit_below(seed, kind == PACKET_CREDIT ? 300 : 3),
                            .request = some_id(seed)};
    struct packet_grant g = {.kind = kind, .share = unit_below(seed, 4) ? 0 : unit_below(seed, WIRE_SHARES + 2),
                             .sender = some_id(seed), .receiver = some_id(seed), .size = some_size(seed),
                             .address = some_address(seed), .turn = unit_below(seed, 4)};
    size_t size = unit_below(seed, 3) ? unit_below(seed, 3000) : 0;
    for (size_t i = 0; i < sizeof words / 4; i++)
        words[i] = unit_random(seed);
    if (kind == PACKET_GRANT)
        memcpy(words, &g, sizeof g);
    else if (packet_head_size(kind) == sizeof n)
        memcpy(words, &n, sizeof n);
    else
        memcpy(words, &l, sizeof l);
    if (unit_below(seed, 30) == 0)
        words[unit_below(seed, sizeof words / 4)] = unit_random(seed);
    feed(from, words, unit_below(seed, 40) ? packet_head_size(kind) : unit_below(seed, sizeof words + 1), data,
         size);
}

/* Requests of this side in between: buffers of exactly their size, freed as soon as they are over. */
enum { SLOTS = 40, ABANDONED = 3000 };
static char *abandoned[ABANDONED];
static int abandoned_count;
static struct slot {
    struct request *r;
    char *memory;
} slots[SLOTS];

static void random_request(struct slot *s, uint64_t *seed)
{
    int rank = (int)unit_below(seed, RANKS);
    size_t size = unit_below(seed, 3) ? unit_below(seed, 5000) : unit_below(seed, 200000);
    if (s->r) {
        if (!s->r->done && unit_below(seed, 3) == 0)
            p2p_cancel(s->r);
        if (!s->r->done && (unit_below(seed, 40) || abandoned_count == ABANDONED))
            return;
        if (s->r->done)
            free(s->memory);
        else
            abandoned[abandoned_count++] = s->memory; /* it goes nobody knows when */
        p2p_release(s->r);
        s->r = NULL;
        return;
    }
    s->memory = malloc(size + !size);
    if ((s - slots) % 2) { /* sends that nobody answers must not take all slots */
        s->r = irecv(s->memory, size, unit_below(seed, 4) ? rank : MPI_ANY_SOURCE,
                     unit_below(seed, 4) ? (int)unit_below(seed, 4) : MPI_ANY_TAG);
    } else {
        struct cursor c = cursor_over(s->memory, size);
        memset(s->memory, 1, size);
        ck_assert_int_eq(p2p_isend(&comm_world, &c, rank, 1, unit_below(seed, 2) ? SEND_SYNC : SEND_STANDARD,
                                   &s->r), 0);
    }
}

/* Whatever comes, no memory is touched that is not p2p's, although here p2p goes on after what would end the
 * job. */
START_TEST(random_packets)
{
    uint64_t seed = 4200 + (uint64_t)_i;
    for (int i = 0; i < RANKS; i++) {
        fake.ends[i].reaches = i != 3;
        fake.ends[i].there = data;
        fake.ends[i].there_size = sizeof data;
    }
    for (int step = 0; step < 20000; step++) {
        random_packet(&seed);
        for (int i = 0; i < 6; i++)
            random_request(&slots[unit_below(&seed, SLOTS)], &seed);
        fake.again_every = unit_below(&seed, 4);
        if (unit_below(&seed, 10) == 0)
            scribble(&seed);
        p2p_progress();
        if (step % 50 == 0) { /* what nobody has asked for */
            for (int rank = 0; rank < RANKS; rank++)
                prefer(rank, CHOICE_SHARED), peers[rank]->shares_fail = 0;
            struct message *m;
            while ((m = p2p_probe(&comm_world, MPI_ANY_SOURCE, MPI_ANY_TAG, 1, MPI_STATUS_IGNORE))) {
                struct request *r = request_new(REQUEST_RECV);
                r->cursor = cursor_over(NULL, 0);
                p2p_start_mrecv(r, m);
                p2p_release(r);
            }
        }
        for (struct fake_packet *p; unit_below(&seed, 5) && (p = fake_take(&fake));)
            listen_to(p);
    }
    for (int rank = 0; rank < RANKS; rank++) /* half a message would be a leak */
        if (peers[rank] && peers[rank]->incoming_left)
            feed_next(PACKET_MORE, rank, 0, 0, data, peers[rank]->incoming_left);
    fake.again_every = 0; /* nor may a packet wait */
    p2p_progress();
    while (abandoned_count)
        free(abandoned[--abandoned_count]);
    ck_assert_int_gt(broken_count, 1000);
    ck_assert_int_gt(fake.ends[2].copies, 10);
}
END_TEST

int main(void)
{
    make_data();
    Suite *suite = suite_create("p2p_bad");
    TCase *bad = unit_case(suite, "bad");
    tcase_add_checked_fixture(bad, begin, end);
    tcase_add_loop_test(bad, bad_packets_are_told, 0, BAD_PACKETS);
    tcase_add_loop_test(bad, bad_messages_are_told, 0, 4 * BAD_MATCHES);
    tcase_add_loop_test(bad, random_packets, 0, 20);
    return unit_run(suite);
}
