/* Tests of large messages that both sides copy: this process is one side, the test is the other, which helps, does
 * nothing, or does nearly all. What it never should do is in p2p_share_bad_test.c. */
#include "p2p/p2p_share_test.h"

#include "type/type.h"

#include <time.h>

static const size_t sizes[] = {BIG, MIN, MIN + 1, BIG - 1, 3000001, 5 * BIG - 4096};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* ---- what the other side does ---- */

enum play { NOTHING, EVERY_SECOND, MOST, ALL_BUT_ONE, THE_LAST, ALL, PLAYS };

/* Both copy until all is copied. The other side's request has the number `other`, this side's `id`. */
static void play(struct shared *s, enum play how, struct request *r, uint64_t id, uint64_t other)
{
    int last = 0;
    long late = how == THE_LAST ? claim(s) : -1;
    for (size_t i = 0; (how == ALL_BUT_ONE && claimed_of(s) + 1 < chunks_of(s)) || (how == ALL && claimed_of(s) < chunks_of(s)); i++)
        last = help(s);
    for (int turn = 0; !last && claimed_of(s) < chunks_of(s); turn++) {
        ck_assert_int_lt(turn, 1000);
        ck_assert_int_eq(r->done, 0);
        for (int i = 0; !last && i < (how == EVERY_SECOND ? 1 : how == MOST ? 3 : 0); i++)
            last = help(s);
        if (!last)
            p2p_progress();
    }
    if (late >= 0) {
        p2p_progress();
        ck_assert(peers_are_idle()); /* nothing to do but wait */
        ck_assert_int_eq(r->done, 0);
        last = copy(s, late);
        ck_assert_int_eq(last, 1);
    }
    ck_assert_uint_eq(s->share->copied, chunks_of(s));
    if (last) {
        nothing_was_sent();
        ck_assert_int_eq(r->done, 0);
        feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
    } else {
        ck_assert_uint_eq(expect_sent(2, PACKET_COPIED, 16, 0, NULL).next.request, other);
    }
    nothing_was_sent();
    ck_assert_int_eq(r->done, 1);
    p2p_progress();
    ck_assert(peers_are_idle());
}

/* The test copies all of it, while this side is busy with others. */
static void play_beside(struct shared *s, struct request *r, uint64_t id)
{
    while (!help(s))
        ;
    p2p_progress();
    while (fake.first)
        fake_drop(fake_take(&fake));
    ck_assert_int_eq(r->done, 0);
    feed_next(PACKET_COPIED, 2, id, 0, NULL, 0);
    ck_assert_int_eq(r->done, 1);
}

/* ---- receiving ---- */

static void receive(size_t size, size_t room, int posted, enum play how)
{
    char *to = buffer_of(room);
    struct request *r = posted ? irecv(to, room, 2, 5) : NULL;
    prefer(2, CHOICE_SHARED);
    feed_offer(2, 5, size, 99);
    if (!posted)
        r = irecv(to, room, MPI_ANY_SOURCE, 5);
    union sent s = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
    struct shared shared = granted(&s, to, size < room ? size : room);
    ck_assert_int_eq(p2p_cancel(r), 0); /* too late */
    play(&shared, how, r, s.grant.receiver, 99);
    expect_received(r, to, room, 2, 5, size);
}

START_TEST(both_sides_copy_what_arrives)
{
    for (int i = 0; i < SIZES; i++)
        for (int posted = 0; posted < 2; posted++)
            receive(sizes[i], sizes[i] + (size_t)posted, posted, (enum play)_i);
}
END_TEST

START_TEST(as_much_as_fits)
{
    receive(3 * BIG, MIN, 1, (enum play)_i);
    receive(3 * BIG, 3 * BIG - 1, 0, (enum play)_i);
}
END_TEST

/* By PIECEs, with or without an address. */
static void receive_pieces(struct cursor *c, size_t whole, size_t wanted)
{
    struct request *r;
    size_t n;
    int copies = fake.ends[2].copies;
    ck_assert_int_eq(p2p_irecv(&comm_world, c, 2, 5, &r), 0);
    feed_offer(2, 5, whole, 99);
    union sent s = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
    ck_assert_uint_eq(s.grant.share, 0);
    ck_assert_uint_eq(s.grant.size, wanted);
    p2p_progress();
    for (size_t at = 0; at < wanted; at += n) {
        n = wanted - at < PIECE ? wanted - at : PIECE;
        ck_assert_int_eq(r->done, 0);
        feed_next(PACKET_PIECE, 2, s.grant.receiver, 0, data + at, n);
    }
    ck_assert_int_eq(r->done, 1);
    ck_assert_int_eq(fake.ends[2].copies, copies);
    ck_assert_int_eq(broken_count, 0);
    p2p_release(r);
}

START_TEST(what_cannot_be_copied_is_fetched_in_pieces)
{
    static char room[2 * BIG];
    struct cursor c = cursor_over(room, MIN - 1); /* less than a share is worth */
    receive_pieces(&c, BIG, MIN - 1);
    ck_assert_int_eq(memcmp(room, data, MIN - 1), 0);
    c = cursor_over(room, sizeof room);
    receive_pieces(&c, MIN - 1, MIN - 1);
    type_cursor(&c, room, 6 * (2 * BIG / 8), type_of(MPI_SHORT_INT)); /* has gaps */
    receive_pieces(&c, 6 * (2 * BIG / 8), 6 * (2 * BIG / 8));
    fake.ends[2].reaches = 0;
    c = cursor_over(room, sizeof room);
    receive_pieces(&c, 2 * BIG, 2 * BIG);
    ck_assert_int_eq(memcmp(room, data, 2 * BIG), 0);
    fake.ends[2].reaches = 1;
    prefer(2, CHOICE_PIECES); /* has been faster so far */
    c = cursor_over(room, sizeof room);
    receive_pieces(&c, 2 * BIG, 2 * BIG);
}
END_TEST

/* So many at a time, and each of them again when it is over. */
START_TEST(shares_run_out_and_come_back)
{
    enum { COUNT = WIRE_SHARES + 2 };
    struct request *r[COUNT];
    char *to[COUNT];
    union sent s[COUNT];
    uint64_t seen = 0;
    for (int i = 0; i < COUNT; i++) {
        to[i] = malloc(MIN);
        r[i] = irecv(to[i], MIN, 2, i);
        prefer(2, CHOICE_SHARED);
        feed_offer(2, i, MIN, 100 + (uint64_t)i);
        s[i] = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
        ck_assert_int_eq(s[i].grant.share != 0, i < WIRE_SHARES);
        if (i >= WIRE_SHARES)
            continue;
        uint64_t bit = (uint64_t)1 << (s[i].grant.share - 1);
        ck_assert(!(seen & bit));
        seen |= bit;
    }
    /* the other side copies from the last on, this one from the first */
    for (int i = WIRE_SHARES; i-- > WIRE_SHARES / 2;) {
        if (r[i]->done)
            break;
        struct shared shared = granted(&s[i], to[i], MIN);
        play_beside(&shared, r[i], s[i].grant.receiver);
        struct request *again = irecv(to[i], MIN, 2, 77);
        prefer(2, CHOICE_SHARED);
        feed_offer(2, 77, MIN, 500);
        union sent t = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
        for (int k = 0; k < WIRE_SHARES; k++)
            ck_assert(t.grant.share != s[k].grant.share || t.grant.turn != s[k].grant.turn);
        shared = granted(&t, to[i], MIN);
        play_beside(&shared, again, t.grant.receiver);
        ck_assert_int_eq(memcmp(to[i], data, MIN), 0);
        p2p_release(again);
    }
    for (int i = 0; i < 1000 && !peers_are_idle(); i++)
        p2p_progress();
    ck_assert(peers_are_idle());
    for (int i = 0; i < WIRE_SHARES; i++) {
        ck_assert_int_eq(r[i]->done, 1);
        ck_assert_int_eq(memcmp(to[i], data, MIN), 0);
    }
    for (int i = 0; i < COUNT; i++)
        free(to[i]);
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

/* Who has not looked for a while would not send pieces either: this side copies alone, whatever has been faster. */
START_TEST(a_sender_that_computes_is_copied_from)
{
    struct timespec while_ = {0, 2 * 1000 * 1000};
    uint32_t shares[3];
    for (int i = 0; i < 3; i++) {
        prefer(2, CHOICE_PIECES);
        fake.ends[2].behind = i < 2;
        irecv(buffer_of(BIG), BIG, 2, i);
        feed_offer(2, i, BIG, 99);
        shares[i] = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant.share;
        if (i == 1)
            for (int turn = 0; turn < 100; turn++)
                p2p_progress();
        fake_close(&fake);
        nanosleep(&while_, NULL);
    }
    ck_assert(!shares[0] && shares[1] && !shares[2]);
    ck_assert_int_gt(fake.ends[2].copies, 1);
}
END_TEST

/* ---- sending ---- */

static void send(size_t size, size_t wanted, enum send_mode mode, enum play how)
{
    struct request *r = isend(2, 5, size, mode);
    union sent s = expect_sent(2, PACKET_ASK, 40, 0, NULL);
    ck_assert_uint_eq(s.ask.address, (uintptr_t)data);
    ck_assert_uint_eq(s.ask.message.size, size);
    struct shared shared = grant(s.l.sender, 4711, wanted, (uint32_t)how);
    play(&shared, how, r, s.l.sender, 4711);
    ck_assert_int_eq(memcmp(shared.to, data, wanted), 0);
    ck_assert_int_eq(broken_count, 0);
    p2p_release(r);
}

START_TEST(both_sides_copy_what_leaves)
{
    for (int i = 0; i < SIZES; i++)
        send(sizes[i], sizes[i], i % 2 ? SEND_STANDARD : SEND_SYNC, (enum play)_i);
    send(3 * BIG, BIG, SEND_STANDARD, (enum play)_i); /* the receive is too small */
}
END_TEST

START_TEST(who_cannot_reach_only_waits)
{
    fake.ends[2].reaches = 0;
    struct request *r = isend(2, 5, 2 * BIG, SEND_STANDARD);
    union sent s = expect_sent(2, PACKET_ASK, 40, 0, NULL);
    struct shared shared = grant(s.l.sender, 4711, 2 * BIG, 3);
    ck_assert(peers_are_idle() && !r->done);
    ck_assert_uint_eq(claimed_of(&shared), 0);
    play(&shared, ALL, r, s.l.sender, 4711);
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

/* The receiver does not want it so: PIECEs, as if nothing had been offered. */
START_TEST(an_offer_may_be_declined)
{
    size_t size;
    struct request *r = isend(2, 5, BIG, SEND_STANDARD);
    feed_grant(2, expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender, 4711, BIG);
    for (size_t at = 0; at < BIG; at += size)
        expect_sent(2, PACKET_PIECE, 16, at, &size);
    ck_assert(r->done && peers_are_idle());
    ck_assert_int_eq(fake.ends[2].copies, 0);
    struct cursor c;
    type_cursor(&c, data, 3 * BIG / 2, type_of(MPI_SHORT_INT)); /* has gaps: not offered */
    ck_assert_int_eq(p2p_isend(&comm_world, &c, 2, 5, SEND_STANDARD, &r), 0);
    ck_assert_uint_eq(expect_sent(2, PACKET_ASK, 40, 0, NULL).ask.address, 0);
    isend(2, 5, MIN - 1, SEND_STANDARD);
    ck_assert_uint_eq(expect_sent(2, PACKET_ASK, 40, 0, NULL).ask.address, 0);
}
END_TEST

/* The receiver has copied the last chunk, and takes the share for another message, before this side hears of it. */
START_TEST(a_share_that_has_gone_on_is_let_be)
{
    struct request *r = isend(2, 5, 4 * BIG, SEND_STANDARD), *next = isend(2, 5, BIG, SEND_STANDARD);
    union sent s = expect_sent(2, PACKET_ASK, 40, 0, NULL), t = expect_sent(2, PACKET_ASK, 40, 0, NULL);
    struct shared shared = grant(s.l.sender, 4711, 4 * BIG, 0);
    while (!help(&shared))
        ;
    shared.share->claimed = (uint64_t)(shared.turn + 1) << 32;
    shared.share->copied = 0;
    memset(shared.to, 0x33, shared.size);
    int copies = fake.ends[2].copies;
    size_t changed = 0;
    for (int i = 0; i < 10; i++)
        p2p_progress();
    ck_assert_int_eq(fake.ends[2].copies, copies);
    ck_assert_uint_eq(shared.share->claimed, (uint64_t)(shared.turn + 1) << 32);
    for (size_t i = 0; i < shared.size; i++)
        changed += shared.to[i] != 0x33;
    ck_assert_uint_eq(changed, 0);
    ck_assert(!r->done && !next->done);
    feed_next(PACKET_COPIED, 2, s.l.sender, 0, NULL, 0);
    ck_assert_int_eq(broken_count, 0);
    ck_assert(r->done && !next->done);
    turns = shared.turn + 1;
    shared = grant(t.l.sender, 4712, BIG, 0);
    play(&shared, EVERY_SECOND, next, t.l.sender, 4712);
    ck_assert_int_eq(memcmp(shared.to, data, BIG), 0);
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

/* ---- no room, freed requests, oneself ---- */

START_TEST(answers_wait_for_room)
{
    char *to = buffer_of(4 * BIG);
    struct request *r = irecv(to, 4 * BIG, 2, 5);
    fake.ends[2].full = 1;
    feed_offer(2, 5, 4 * BIG, 99);
    for (int i = 0; i < 5; i++)
        p2p_progress();
    nothing_was_sent();
    fake.ends[2].full = 0;
    p2p_progress();
    union sent s = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
    fake.ends[2].full = 1;
    for (int i = 0; i < 50; i++)
        p2p_progress();
    ck_assert_int_eq(r->done, 1);
    ck_assert(!peers_are_idle());
    nothing_was_sent();
    struct request *next = irecv(malloc(BIG), BIG, 2, 6); /* may have the share at once */
    feed_offer(2, 6, BIG, 100);
    fake.ends[2].full = 0;
    p2p_progress();
    ck_assert_uint_eq(expect_sent(2, PACKET_COPIED, 16, 0, NULL).next.request, 99);
    union sent t = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL); /* after it */
    ck_assert(t.grant.share != s.grant.share || t.grant.turn != s.grant.turn);
    expect_received(r, to, 4 * BIG, 2, 5, 4 * BIG);
    for (int i = 0; i < 50; i++)
        p2p_progress();
    ck_assert(next->done && peers_are_idle());
}
END_TEST

START_TEST(freed_requests_go_when_they_are_over)
{
    char *to = buffer_of(2 * BIG);
    struct request *r = irecv(to, 2 * BIG, 2, 5), *t = isend(2, 5, 2 * BIG, SEND_STANDARD);
    feed_offer(2, 5, 2 * BIG, 99);
    uint64_t id = expect_sent(2, PACKET_ASK, 40, 0, NULL).l.sender;
    expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
    struct shared shared = grant(id, 4711, 2 * BIG, 0);
    p2p_release(r);
    p2p_release(t);
    ck_assert(r->obj.kind == OBJ_REQUEST && t->obj.kind == OBJ_REQUEST);
    for (int i = 0; i < 1000 && !peers_are_idle(); i++)
        p2p_progress();
    ck_assert(r->obj.kind == 0 && t->obj.kind == 0);
    ck_assert_int_eq(memcmp(to, data, 2 * BIG), 0);
    ck_assert_int_eq(memcmp(shared.to, data, 2 * BIG), 0);
    for (int i = 0; i < 2; i++) {
        uint64_t request = expect_sent(2, PACKET_COPIED, 16, 0, NULL).next.request;
        ck_assert(request == 99 || request == 4711);
    }
}
END_TEST

/* More messages than there are shares, in both directions of one share. */
START_TEST(messages_to_oneself)
{
    enum { COUNT = 20 };
    static const unsigned every[] = {0, 2, 3, 7};
    struct request *sends[COUNT], *receives[COUNT];
    char *to[COUNT];
    fake.loop = ME;
    fake.deliver = p2p_deliver;
    fake.again_every = every[_i % 4];
    fake.ends[ME].reaches = _i < 4;
    for (int round = 0; round < 3; round++) {
        prefer(ME, CHOICE_SHARED);
        for (int i = 0; i < COUNT; i++) {
            size_t size = sizes[i % 3], room = size - (i % 5 == 0 ? 100 : 0);
            to[i] = malloc(room);
            if (i % 2)
                receives[i] = irecv(to[i], room, ME, i);
            sends[i] = isend(ME, i, size, i % 3 ? SEND_STANDARD : SEND_SYNC);
            if (i % 2 == 0)
                receives[i] = irecv(to[i], room, MPI_ANY_SOURCE, i);
            p2p_progress();
        }
        for (int i = 0; i < 200000 && (!peers_are_idle() || fake.first); i++)
            p2p_progress();
        for (int i = 0; i < COUNT; i++) {
            size_t size = sizes[i % 3], room = size - (i % 5 == 0 ? 100 : 0);
            ck_assert(sends[i]->done && receives[i]->done);
            ck_assert_int_eq(receives[i]->error, i % 5 ? 0 : MPI_ERR_TRUNCATE);
            ck_assert_int_eq(memcmp(to[i], data, room), 0);
            p2p_release(sends[i]);
            p2p_release(receives[i]);
            free(to[i]);
        }
    }
    ck_assert_int_eq(fake.ends[ME].copies > 0, _i < 4);
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

int main(void)
{
    make_data();
    Suite *suite = suite_create("p2p_share");
    TCase *receives = unit_case(suite, "receives"), *sends = unit_case(suite, "sends");
    TCase *both = unit_case(suite, "both");
    TCase *all[] = {receives, sends, both};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        tcase_add_checked_fixture(all[i], begin_reaching, end);
    tcase_add_loop_test(receives, both_sides_copy_what_arrives, 0, PLAYS);
    tcase_add_loop_test(receives, as_much_as_fits, 0, PLAYS);
    tcase_add_test(receives, what_cannot_be_copied_is_fetched_in_pieces);
    tcase_add_test(receives, shares_run_out_and_come_back);
    tcase_add_test(receives, a_sender_that_computes_is_copied_from);
    tcase_add_loop_test(sends, both_sides_copy_what_leaves, 0, PLAYS);
    tcase_add_test(sends, who_cannot_reach_only_waits);
    tcase_add_test(sends, an_offer_may_be_declined);
    tcase_add_test(sends, a_share_that_has_gone_on_is_let_be);
    tcase_add_test(both, answers_wait_for_room);
    tcase_add_test(both, freed_requests_go_when_they_are_over);
    tcase_add_loop_test(both, messages_to_oneself, 0, 8);
    return unit_run(suite);
}
