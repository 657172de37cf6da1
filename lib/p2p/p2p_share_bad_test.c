/* Tests of messages that both sides copy against what should not be: copies that fail, packets that do not belong to
 * what was agreed, nonsense in what both sides see. */
#include "p2p/p2p_share_test.h"

#include <errno.h>

/* ---- copies that fail ---- */

/* Memory that only its own process can touch, maybe: the message comes in pieces from its beginning, and so do all that
 * follow. */
START_TEST(what_cannot_be_copied_here_is_fetched_in_pieces)
{
    size_t n;
    char *to = buffer_of(2 * BIG);
    struct request *r = irecv(to, 2 * BIG, 2, 5);
    feed_offer(2, 5, 2 * BIG, 99);
    uint64_t id = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant.receiver;
    p2p_progress();
    if (_i)
        feed_next(PACKET_COPIED, 2, id, 1, NULL, 0); /* the sender cannot */
    else
        fake.ends[2].copies_fail = EFAULT;
    p2p_progress();
    struct packet_grant g = expect_sent(2, PACKET_GRANT, sizeof g, 0, NULL).grant;
    ck_assert(g.share == 0 && g.sender == 99 && g.receiver == id && g.size == 2 * BIG);
    feed_next(PACKET_COPIED, 2, id, 1, NULL, 0); /* it has found out, too */
    p2p_progress();
    nothing_was_sent();
    for (size_t at = 0; at < 2 * BIG; at += n) {
        n = 2 * BIG - at < PIECE ? 2 * BIG - at : PIECE;
        feed_next(PACKET_PIECE, 2, id, 0, data + at, n);
    }
    expect_received(r, to, 2 * BIG, 2, 5, 2 * BIG);
    irecv(buffer_of(BIG), BIG, 2, 5);
    feed_offer(2, 5, BIG, 100);
    ck_assert_uint_eq(expect_sent(2, PACKET_GRANT, sizeof g, 0, NULL).grant.share, 0);
    ck_assert(peers_are_idle());
}
END_TEST

START_TEST(what_cannot_be_copied_there_is_sent_in_pieces)
{
    size_t size;
    fake.ends[2].copies_fail = _i ? 0 : EFAULT; /* or the receiver cannot */
    struct request *r = isend(2, 5, 2 * BIG, SEND_STANDARD);
    uint64_t id = expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender;
    struct shared shared = grant(id, 4711, 2 * BIG, 0);
    if (!_i) {
        struct packet_next copied = expect_sent(2, PACKET_COPIED, 16, 0, NULL).next;
        ck_assert(copied.request == 4711 && copied.value == 1);
    }
    shared.share->claimed = (uint64_t)(shared.turn + 1) << 32 | 65535;
    p2p_progress();
    ck_assert_int_eq(r->done, 0);
    feed_grant(2, id, 4711, 2 * BIG);
    for (size_t at = 0; at < 2 * BIG; at += size)
        ck_assert_uint_eq(expect_sent(2, PACKET_PIECE, 16, at, &size).next.request, 4711);
    ck_assert(r->done && peers_are_idle());
    ck_assert_int_eq(broken_count, 0);
    p2p_release(r);
}
END_TEST

/* mpirun will end the job, and say why: this one is not to blame. It waits. */
START_TEST(who_meets_a_dead_process_only_waits)
{
    fake.ends[2].copies_fail = ESRCH;
    struct request *in = irecv(buffer_of(BIG), BIG, 2, 5), *out = isend(2, 5, BIG, SEND_STANDARD);
    grant(expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender, 4711, BIG, 0);
    feed_offer(2, 5, BIG, 99);
    for (int i = 0; i < 10; i++)
        p2p_progress();
    ck_assert(peers_are_idle() && !in->done && !out->done);
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

/* ---- what cannot be ---- */

static uint64_t offered(size_t size)
{
    isend(2, 1, size, SEND_STANDARD);
    return expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender;
}

/* A message that is being received by a share. */
static struct packet_grant receiving(void)
{
    irecv(buffer_of(BIG), BIG, 2, 5);
    feed_offer(2, 5, BIG, 99);
    return expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant;
}

static void bad_packet(int i)
{
    uint64_t id;
    size_t size;
    switch (i) {
    case 0: feed_share(2, offered(MIN - 1), 1, MIN - 1, 1, 1, buffer_of(BIG)); break; /* not offered */
    case 1: feed_share(2, offered(BIG), 1, BIG, WIRE_SHARES + 1, 1, buffer_of(BIG)); break;
    case 2: feed_share(2, offered(BIG), 1, BIG, UINT32_MAX, 1, buffer_of(BIG)); break;
    case 3: feed_share(2, offered(BIG), 1, BIG, 0x80000001, 1, buffer_of(BIG)); break;
    case 4: feed_share(2, offered(BIG), 1, BIG + 1, 1, 1, buffer_of(BIG)); break;
    case 5: feed_share(3, offered(BIG), 1, BIG, 1, 1, buffer_of(BIG)); break;
    case 6: feed_share(2, receiving().receiver, 1, BIG, 1, 1, buffer_of(BIG)); break;
    case 7:
        id = offered(BIG);
        grant(id, 4711, BIG, 0);
        feed_share(2, id, 4711, BIG, 1, 1, buffer_of(BIG));
        break;
    case 8: feed_next(PACKET_COPIED, 2, 0, 0, NULL, 0); break;
    case 9: feed_next(PACKET_COPIED, 2, receiving().receiver + 1, 0, NULL, 0); break;
    case 10: feed_next(PACKET_COPIED, 2, receiving().receiver, 0, NULL, 0); break; /* not all */
    case 11:
        id = receiving().receiver;
        fake.ends[2].shares[0][0].copied = 16;
        feed_next(PACKET_COPIED, 3, id, 0, NULL, 0);
        break;
    case 12: feed_next(PACKET_COPIED, 2, offered(BIG), 0, NULL, 0); break; /* not granted */
    case 13:
        id = offered(4 * BIG);
        grant(id, 4711, 4 * BIG, 0);
        feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
        break;
    case 14: /* goes in pieces */
        id = offered(BIG);
        fake.ends[2].full = 1;
        feed_grant(2, id, 4711, BIG);
        feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
        break;
    case 15:
        isend(2, 1, 50, SEND_SYNC);
        feed_next(PACKET_COPIED, 2, expect_sent(2, PACKET_EAGER_SYNC, 32, 0, &size).l.sender, 0, NULL, 0);
        break;
    case 16:
        fake.ends[2].reaches = 0;
        feed_next(PACKET_COPIED, 2, receiving().receiver, 0, NULL, 0);
        break;
    case 17: /* twice */
        id = receiving().receiver;
        fake.ends[2].shares[0][0].copied = 16;
        feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
        ck_assert_int_eq(broken_count, 0);
        feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
        break;
    case 18: feed_next(PACKET_PIECE, 2, receiving().receiver, 0, data, 100); break;
    }
}
enum { BAD_PACKETS = 19 };

START_TEST(bad_packets_are_told)
{
    bad_packet(_i);
    ck_assert_int_eq(broken_count, 1);
    ck_assert_msg(strstr(broken_words.s, "rank 2 ") || strstr(broken_words.s, "rank 3 "), "%s", broken_words.s);
    broken_count = 0;
    char *to = buffer_of(100);
    feed_eager(0, 33, data, 100);
    expect_received(irecv(to, 100, 0, 33), to, 100, 0, 33, 100);
}
END_TEST

static void scribble(struct wire_share *s, uint64_t *seed)
{
    uint64_t turn = s->claimed >> 32 << 32;
    switch (unit_below(seed, 5)) {
    case 0: s->claimed = (uint64_t)unit_random(seed) << 32 | unit_random(seed); break;
    case 1: s->claimed = turn | (uint64_t)unit_below(seed, 20) << 16 | unit_below(seed, 20); break;
    case 2: s->claimed = turn | 0xffffffff; break;
    case 3: s->claimed = unit_below(seed, 2) ? turn : 0; break;
    case 4: s->copied = unit_below(seed, 2) ? unit_below(seed, 20) : (uint64_t)unit_random(seed) << 32; break;
    }
}

/* Whatever stands in the share: no byte outside of the two buffers is touched, and it comes to an end. */
START_TEST(nonsense_in_the_share)
{
    uint64_t seed = 640 + (uint64_t)_i, id;
    for (int round = 0; round < 300; round++) {
        size_t size = MIN + unit_below(&seed, 2 * BIG);
        struct shared s = {.size = size};
        struct request *r;
        if (_i % 2) {
            r = isend(2, 5, size, SEND_STANDARD);
            id = expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender;
            s = grant(id, 4711, size, unit_below(&seed, WIRE_SHARES));
        } else {
            char *to = buffer_of(size);
            char *from = receiver_memory(size); /* nothing behind it either */
            struct packet_ask h = {{{PACKET_ASK, 0, 2, 5}, size, 99}, (uintptr_t)from};
            r = irecv(to, size, 2, 5);
            prefer(2, CHOICE_SHARED);
            feed(2, &h, sizeof h, NULL, 0);
            union sent g = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
            s = granted(&g, to, size);
            id = g.grant.receiver;
        }
        for (int i = 0; i < 5; i++) {
            scribble(s.share, &seed);
            p2p_progress();
        }
        int turns_left = 1000;
        while (!peers_are_idle() && turns_left--)
            p2p_progress();
        ck_assert_int_gt(turns_left, 0);
        if (!r->done) {
            s.share->claimed = (uint64_t)s.turn << 32;
            s.share->copied = chunks_of(&s);
            feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
        }
        ck_assert_int_eq(r->done, 1);
        p2p_release(r);
        fake_close(&fake);
    }
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

int main(void)
{
    make_data();
    Suite *suite = suite_create("p2p_share_bad");
    TCase *bad = unit_case(suite, "bad");
    tcase_add_checked_fixture(bad, begin_reaching, end);
    tcase_add_loop_test(bad, what_cannot_be_copied_here_is_fetched_in_pieces, 0, 2);
    tcase_add_loop_test(bad, what_cannot_be_copied_there_is_sent_in_pieces, 0, 2);
    tcase_add_test(bad, who_meets_a_dead_process_only_waits);
    tcase_add_loop_test(bad, bad_packets_are_told, 0, BAD_PACKETS);
    tcase_add_loop_test(bad, nonsense_in_the_share, 0, 6);
    return unit_run(suite);
}
