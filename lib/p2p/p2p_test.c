/* Tests of the message protocol, packet by packet: this process is rank 1 of 4 on the fake wire, the other side
 * is the test. What p2p makes of random programs and random packets is in p2p_random_test.c. */
#include "p2p/p2p_test.h"

#include "type/type.h"

/* ---- sending ---- */

START_TEST(short_messages_need_no_request)
{
    static const size_t sizes[] = {0, 1, 39, 40, 41, 57, 2047, 2048};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size;
        ck_assert_ptr_eq(isend(3, 7, sizes[i], SEND_STANDARD), &p2p_sent);
        union sent s = expect_sent(3, PACKET_EAGER, 16, 0, &size);
        ck_assert_uint_eq(size, sizes[i]);
        ck_assert_uint_eq(s.match.context, 0);
        ck_assert_uint_eq(s.match.source, ME);
        ck_assert_int_eq(s.match.tag, 7);
        struct cursor c = cursor_over(data, sizes[i]);
        ck_assert_int_eq(p2p_send(&comm_world, &c, 3, 8, SEND_READY), 0);
        expect_sent(3, PACKET_EAGER, 16, 0, &size);
        ck_assert_uint_eq(size, sizes[i]);
    }
    nothing_was_sent();
}
END_TEST

START_TEST(longer_messages_leave_in_pieces)
{
    static const size_t sizes[] = {2049, 4096, 8191, 8192, 8193, 32767, 32768};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size, at = 0;
        struct request *r = isend(2, 1, sizes[i], SEND_STANDARD);
        ck_assert_int_eq(r->done, 1);
        p2p_release(r);
        union sent s = expect_sent(2, PACKET_FIRST, 32, 0, &size);
        ck_assert_uint_eq(s.l.size, sizes[i]);
        for (at = size; at < sizes[i]; at += size) {
            expect_sent(2, PACKET_MORE, 16, at, &size);
            ck_assert_uint_gt(size, 0);
        }
        ck_assert_uint_eq(at, sizes[i]);
    }
    nothing_was_sent();
}
END_TEST

/* Long messages are offered, and leave as far as they are wanted. */
START_TEST(long_messages_wait_for_a_grant)
{
    static const size_t whole = 150000, wanted[] = {150000, 149999, 8192, 1, 0};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        size_t size, at = 0;
        struct request *r = isend(2, 5, whole, i % 2 ? SEND_SYNC : SEND_STANDARD);
        union sent s = expect_sent(2, PACKET_ASK, 40, 0, NULL);
        ck_assert_uint_eq(s.l.size, whole);
        ck_assert_int_eq(s.l.match.tag, 5);
        ck_assert_int_eq(r->done, 0);
        feed_grant(2, s.l.sender, 4711, wanted[i]);
        for (; at < wanted[i]; at += size)
            ck_assert_uint_eq(expect_sent(2, PACKET_PIECE, 16, at, &size).next.request, 4711);
        ck_assert_uint_eq(at, wanted[i]);
        nothing_was_sent();
        ck_assert_int_eq(r->done, 1);
        p2p_release(r);
        feed_grant(2, s.l.sender, 4711, 1); /* the number is used up */
        ck_assert_int_eq(broken_count, (int)i + 1);
    }
}
END_TEST

START_TEST(synchronous_sends_end_when_matched)
{
    size_t size;
    struct request *r = isend(0, 5, 100, SEND_SYNC), *other = isend(0, 5, 0, SEND_SYNC);
    union sent s = expect_sent(0, PACKET_EAGER_SYNC, 32, 0, &size);
    union sent t = expect_sent(0, PACKET_EAGER_SYNC, 32, 0, &size);
    ck_assert_uint_ne(s.l.sender, t.l.sender);
    p2p_progress();
    ck_assert(!r->done && !other->done);
    feed_next(PACKET_ACK, 0, t.l.sender, 0, NULL, 0);
    ck_assert(!r->done && other->done);
    feed_next(PACKET_ACK, 0, s.l.sender, 0, NULL, 0);
    ck_assert_int_eq(r->done, 1);
    p2p_release(r);
    p2p_release(other);
    r = isend(0, 5, 3000, SEND_SYNC); /* in several packets it would not be known when it is matched: offered */
    s = expect_sent(0, PACKET_ASK, 40, 0, NULL);
    ck_assert_int_eq(r->done, 0);
    nothing_was_sent();
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

/* Requests that were freed while they ran go back to the pool at their end. */
START_TEST(freed_requests_go_when_they_are_over)
{
    size_t size;
    char *to = buffer_of(10);
    struct request *sync = isend(0, 5, 100, SEND_SYNC), *recv = irecv(to, 10, 0, 1);
    union sent s = expect_sent(0, PACKET_EAGER_SYNC, 32, 0, &size);
    p2p_release(sync);
    p2p_release(recv);
    ck_assert(sync->obj.kind == OBJ_REQUEST && recv->obj.kind == OBJ_REQUEST);
    feed_next(PACKET_ACK, 0, s.l.sender, 0, NULL, 0);
    feed_eager(0, 1, data, 10);
    ck_assert(sync->obj.kind == 0 && recv->obj.kind == 0);
    ck_assert_int_eq(memcmp(to, data, 10), 0);
    struct request *a = isend(0, 5, 100, SEND_SYNC), *b = isend(0, 5, 100, SEND_SYNC);
    ck_assert_ptr_ne(a, b);
}
END_TEST

START_TEST(nobody_is_sent_to)
{
    ck_assert_ptr_eq(isend(MPI_PROC_NULL, 1, 100000, SEND_SYNC), &p2p_sent);
    struct request *r = irecv(NULL, 0, MPI_PROC_NULL, 3);
    ck_assert_int_eq(r->done, 1);
    ck_assert(r->source == MPI_PROC_NULL && r->tag == MPI_ANY_TAG && r->count == 0);
    p2p_release(r);
    nothing_was_sent();
}
END_TEST

/* 2 bytes, a gap of 2, 4 bytes, and so on: packed as one after the other, in pieces that are cut anywhere. */
START_TEST(layouts_with_gaps)
{
    static const size_t elements[] = {3, 300, 1000, 10000};
    static char packed[60000], spread[80000];
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        size_t whole = 6 * elements[i], size;
        struct request *r;
        struct cursor c;
        type_cursor(&c, data, whole, type_of(MPI_SHORT_INT));
        ck_assert_int_eq(p2p_isend(&comm_world, &c, 2, 5, SEND_STANDARD, &r), 0);
        if (!r->done)
            feed_grant(2, ((struct packet_long *)fake.first->head)->sender, 1, whole);
        for (size_t at = 0; at < whole; at += size) {
            struct fake_packet *p = fake_take(&fake);
            size = p->size;
            memcpy(packed + at, p->body, size);
            fake_drop(p);
        }
        for (size_t e = 0; e < elements[i]; e++) {
            ck_assert_int_eq(memcmp(packed + 6 * e, data + 8 * e, 2), 0);
            ck_assert_int_eq(memcmp(packed + 6 * e + 2, data + 8 * e + 4, 4), 0);
        }
        memset(spread, 0x5a, sizeof spread);
        type_cursor(&c, spread, whole, type_of(MPI_SHORT_INT));
        ck_assert_int_eq(p2p_irecv(&comm_world, &c, 2, 5, &r), 0);
        feed_long(PACKET_ASK, 2, 5, whole, 99, NULL, 0);
        uint64_t id = expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant.receiver;
        for (size_t at = 0; at < whole; at += size) {
            size = whole - at < 1001 ? whole - at : 1001;
            feed_next(PACKET_PIECE, 2, id, 0, packed + at, size);
        }
        ck_assert_int_eq(r->done, 1);
        for (size_t e = 0; e < elements[i]; e++) {
            ck_assert_int_eq(memcmp(spread + 8 * e, data + 8 * e, 2), 0);
            ck_assert(spread[8 * e + 2] == 0x5a && spread[8 * e + 3] == 0x5a);
            ck_assert_int_eq(memcmp(spread + 8 * e + 4, data + 8 * e + 4, 4), 0);
        }
    }
}
END_TEST

/* ---- receiving: each protocol, posted before or after, with more and less room than needed ---- */

static const size_t sizes[] = {0, 1, 100, 2048, 2049, 9000, 32768, 100000};
static const struct {
    const char *name;
    long more; /* room beyond the size */
} rooms[] = {{"exact", 0}, {"more", 50}, {"one less", -1}, {"none", -1000000}};
enum { SIZES = sizeof sizes / sizeof sizes[0], ROOMS = sizeof rooms / sizeof rooms[0] };

static size_t room_for(size_t size, int i)
{
    return (long)size + rooms[i].more < 0 ? 0 : (size_t)((long)size + rooms[i].more);
}

/* The loop index is a size, room beyond it, and whether the receive is posted before (1) or after (0) the
 * message. */
static void choose(int i, size_t *size, size_t *room, int *posted)
{
    *size = sizes[i / 2 / ROOMS];
    *room = room_for(*size, i / 2 % ROOMS);
    *posted = i % 2;
}

START_TEST(receive_whole_messages)
{
    for (int i = 0; i < 2 * SIZES * ROOMS; i++) {
        size_t size, room;
        int posted;
        choose(i, &size, &room, &posted);
        if (size > PIECE)
            continue;
        for (int sync = 0; sync < 2; sync++) {
            char *to = buffer_of(room);
            struct request *r = posted ? irecv(to, room, 0, 5) : NULL;
            if (sync)
                feed_long(PACKET_EAGER_SYNC, 0, 5, size, 99, data, size);
            else
                feed_eager(0, 5, data, size);
            if (!posted) {
                skip_credit();
                nothing_was_sent(); /* it is not matched */
                r = irecv(to, room, 0, 5);
            }
            if (sync)
                ck_assert_uint_eq(expect_sent(0, PACKET_ACK, 16, 0, NULL).next.request, 99);
            expect_received(r, to, room, 0, 5, size);
            skip_credit();
            nothing_was_sent();
        }
    }
}
END_TEST

/* In the middle: the receive is posted when some of it has come; by a receive, or a probe that takes it. */
START_TEST(receive_messages_in_pieces)
{
    for (int i = 0; i < 2 * SIZES * ROOMS; i++) {
        size_t size, room;
        int posted;
        choose(i, &size, &room, &posted);
        if (size <= 2048 || size > 32768)
            continue;
        for (int probed = 0; probed < 3; probed++) {
            char *to = buffer_of(room);
            struct request *r = posted ? irecv(to, room, 0, 5) : NULL;
            MPI_Status status;
            feed_more(0, 5, size, 0, 2048);
            struct message *m = posted || !probed ? NULL : p2p_probe(&comm_world, 0, 5, 1, &status);
            if (m) {
                ck_assert_uint_eq(status_count(&status), size);
                if (probed == 2)
                    feed_more(0, 5, size, 2048, size);
                r = request_new(REQUEST_RECV);
                r->cursor = cursor_over(to, room);
                p2p_start_mrecv(r, m);
            } else if (!posted) {
                r = irecv(to, room, MPI_ANY_SOURCE, 5);
            }
            if (!m || probed == 1) {
                ck_assert_int_eq(r->done, 0);
                ck_assert_int_eq(p2p_cancel(r), 0); /* too late */
                feed_more(0, 5, size, 2048, size);
            }
            expect_received(r, to, room, 0, 5, size);
            skip_credit();
            nothing_was_sent();
        }
    }
}
END_TEST

START_TEST(receive_messages_that_are_fetched)
{
    for (int i = 0; i < 2 * SIZES * ROOMS; i++) {
        size_t size, room, n;
        int posted;
        choose(i, &size, &room, &posted);
        char *to = buffer_of(room);
        struct request *r = posted ? irecv(to, room, 0, 5) : NULL;
        feed_long(PACKET_ASK, 0, 5, size, 99, NULL, 0);
        if (!posted) {
            nothing_was_sent();
            r = irecv(to, room, 0, 5);
        }
        size_t wanted = size < room ? size : room;
        union sent s = expect_sent(0, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL);
        ck_assert_uint_eq(s.grant.sender, 99);
        ck_assert_uint_eq(s.grant.size, wanted); /* no more than fits */
        ck_assert_int_eq(r->done, wanted == 0);
        ck_assert_int_eq(p2p_cancel(r), 0);
        for (size_t at = 0; at < wanted; at += n) {
            n = wanted - at < 3000 ? wanted - at : 3000;
            feed_next(PACKET_PIECE, 0, s.grant.receiver, 0, data + at, n);
        }
        expect_received(r, to, room, 0, 5, size);
        nothing_was_sent(); /* what is fetched takes no credit */
    }
}
END_TEST

/* ---- credit ---- */

START_TEST(without_credit_everything_is_offered)
{
    size_t size;
    int64_t credit = PEER_CREDIT;
    int sent = 0;
    while (isend(2, 1, 1000, SEND_STANDARD) == &p2p_sent) {
        expect_sent(2, PACKET_EAGER, 16, 0, &size);
        credit -= 1000 + PEER_ENVELOPE;
        sent++;
    }
    ck_assert_int_lt(credit, 1000 + PEER_ENVELOPE);
    ck_assert_int_ge(credit, 0);
    union sent ask = expect_sent(2, PACKET_ASK, 40, 0, NULL);
    ck_assert_uint_eq(ask.l.size, 1000);
    isend(2, 1, 1000, SEND_SYNC);
    expect_sent(2, PACKET_ASK, 40, 0, NULL);
    isend(2, 1, 20000, SEND_STANDARD);
    expect_sent(2, PACKET_ASK, 40, 0, NULL);
    /* other ranks have credit of their own */
    ck_assert_ptr_eq(isend(3, 1, 1000, SEND_STANDARD), &p2p_sent);
    expect_sent(3, PACKET_EAGER, 16, 0, &size);
    /* back: all of it, to the byte */
    feed_next(PACKET_CREDIT, 2, 0, (uint32_t)(PEER_CREDIT - credit), NULL, 0);
    ck_assert_int_eq(broken_count, 0);
    while (isend(2, 1, 1000, SEND_STANDARD) == &p2p_sent)
        sent--;
    ck_assert_int_eq(sent, 0);
}
END_TEST

/* What a sender pays is what the receiver returns, whatever happens to the message. */
START_TEST(all_credit_comes_back)
{
    uint64_t seed = 62, paid = 0, returned = 0;
    for (int i = 0; i < 5000; i++) {
        size_t size = unit_below(&seed, 4) ? unit_below(&seed, 2049) : 2049 + unit_below(&seed, 30000);
        char *to = buffer_of(40000);
        struct request *r = NULL;
        if (i % 2)
            r = irecv(to, unit_below(&seed, 40000), 3, 1);
        if (size > 2048)
            feed_more(3, 1, size, 0, size);
        else if (i % 3)
            feed_eager(3, 1, data, size);
        else
            feed_long(PACKET_EAGER_SYNC, 3, 1, size, 7, data, size);
        if (!r)
            r = irecv(to, unit_below(&seed, 40000), 3, MPI_ANY_TAG);
        ck_assert_int_eq(r->done, 1);
        p2p_release(r);
        paid += size + PEER_ENVELOPE;
        for (struct fake_packet *p; (p = fake_take(&fake)); fake_drop(p))
            if (((struct packet_next *)p->head)->kind == PACKET_CREDIT)
                returned += ((struct packet_next *)p->head)->value;
        ck_assert_uint_le(returned, paid);
        ck_assert_uint_lt(paid - returned, PEER_CREDIT / 2); /* in time, so that a sender is not slowed down */
    }
}
END_TEST

/* ---- no room on the wire, no wire ---- */

/* Everything keeps its order, and all of it leaves. */
START_TEST(queued_sends_do_not_overtake)
{
    enum { COUNT = 400 };
    static struct request *requests[COUNT];
    static const unsigned every[] = {1, 2, 3, 5, 50};
    uint64_t seed = 63;
    int tag = 0, started = 0;
    fake.again_every = every[_i];
    fake.ends[2].full = _i == 0;
    while (tag < COUNT) {
        if (started < COUNT && unit_below(&seed, 3)) {
            size_t size = unit_below(&seed, 3) ? unit_below(&seed, 3000) : unit_below(&seed, 50000);
            requests[started] = isend(2, started, size, unit_below(&seed, 5) ? SEND_STANDARD : SEND_SYNC);
            started++;
        } else {
            fake.again_every = started == COUNT && _i == 0 ? 0 : every[_i];
            fake.ends[2].full = started < COUNT && _i == 0;
            p2p_progress();
        }
        for (struct fake_packet *p; (p = fake_take(&fake)); fake_drop(p)) {
            const struct packet_long *h = p->head;
            uint32_t kind = h->match.kind;
            if (kind == PACKET_MORE || kind == PACKET_PIECE)
                continue;
            ck_assert_int_eq(h->match.tag, tag);
            tag++;
            if (kind == PACKET_ASK)
                feed_grant(2, h->sender, 1, h->size);
            else if (kind == PACKET_EAGER_SYNC)
                feed_next(PACKET_ACK, 2, h->sender, 0, NULL, 0);
        }
    }
    for (int i = 0; i < 1000000 && !peers_are_idle(); i++)
        p2p_progress();
    ck_assert(peers_are_idle());
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(requests[i]->done, 1);
        p2p_release(requests[i]);
    }
    ck_assert_int_eq(broken_count, 0);
}
END_TEST

/* Answers too wait for room, in order, and before what the program sends. */
START_TEST(answers_wait_for_room)
{
    enum { COUNT = 50 };
    static char to[COUNT][10];
    size_t size;
    fake.ends[0].full = 1;
    for (int i = 0; i < COUNT; i++) {
        if (i == COUNT / 2)
            fake.ends[0].full = 0; /* there is room again, but not for whom others wait before */
        irecv(to[i], 10, 0, i);
        feed_long(i % 2 ? PACKET_ASK : PACKET_EAGER_SYNC, 0, i, 10, 1000 + (uint64_t)i, data, i % 2 ? 0 : 10);
    }
    struct request *r = isend(0, 77, 5, SEND_STANDARD);
    ck_assert(!peers_are_idle() && !r->done);
    nothing_was_sent();
    p2p_progress();
    for (uint64_t i = 0; i < COUNT; i++)
        if (i % 2)
            ck_assert_uint_eq(expect_sent(0, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant.sender, 1000 + i);
        else
            ck_assert_uint_eq(expect_sent(0, PACKET_ACK, 16, 0, NULL).next.request, 1000 + i);
    ck_assert_int_eq(expect_sent(0, PACKET_EAGER, 16, 0, &size).match.tag, 77);
    ck_assert_int_eq(r->done, 1);
    ck_assert(peers_are_idle());
}
END_TEST

START_TEST(a_dead_wire_is_told)
{
    fake.ends[3].dead = 1;
    isend(3, 1, 10, SEND_STANDARD);
    ck_assert_int_ge(broken_count, 1);
    ck_assert_msg(strstr(broken_words.s, "rank 3 cannot be reached") != NULL, "%s", broken_words.s);
    broken_count = 0;
    fake.ends[2].full = 1;
    isend(2, 1, 10, SEND_STANDARD);
    ck_assert_int_eq(broken_count, 0);
    fake.ends[2].full = 0;
    fake.ends[2].dead = 1;
    p2p_progress();
    ck_assert_int_ge(broken_count, 1);
    broken_count = 0;
    fake.ends[0].dead = 1;
    irecv(buffer_of(10), 10, 0, 1);
    feed_long(PACKET_EAGER_SYNC, 0, 1, 10, 9, data, 10);
    ck_assert_int_ge(broken_count, 1);
}
END_TEST

/* ---- matching, probing, cancelling ---- */

START_TEST(wildcards_and_order)
{
    char to[4][101];
    struct request *r[4];
    memset(to, 0x5a, sizeof to);
    r[0] = irecv(to[0], 100, MPI_ANY_SOURCE, 5);
    r[1] = irecv(to[1], 100, 2, MPI_ANY_TAG);
    r[2] = irecv(to[2], 100, 2, 5);
    r[3] = irecv(to[3], 100, MPI_ANY_SOURCE, MPI_ANY_TAG);
    feed_eager(2, 5, data, 100);
    feed_eager(2, 5, data, 99);
    feed_eager(3, 0, data, 98);
    ck_assert(r[0]->done && r[1]->done && !r[2]->done && r[3]->done);
    feed_eager(2, INT32_MAX, data, 10);
    feed_eager(2, 5, data, 97);
    expect_received(r[0], to[0], 100, 2, 5, 100);
    expect_received(r[1], to[1], 100, 2, 5, 99);
    expect_received(r[2], to[2], 100, 2, 5, 97);
    expect_received(r[3], to[3], 100, 3, 0, 98);
    expect_received(irecv(to[0], 100, MPI_ANY_SOURCE, MPI_ANY_TAG), to[0], 100, 2, INT32_MAX, 10);
    /* the two communicators do not mix */
    struct packet_match self = {PACKET_EAGER, 1, 0, 5};
    r[0] = irecv(to[0], 100, MPI_ANY_SOURCE, MPI_ANY_TAG);
    feed(ME, &self, sizeof self, data, 9);
    ck_assert(!r[0]->done);
    struct cursor c = cursor_over(to[1], 100);
    ck_assert_int_eq(p2p_irecv(&comm_self, &c, 0, 5, &r[1]), 0);
    expect_received(r[1], to[1], 100, 0, 5, 9);
}
END_TEST

START_TEST(cancelled_receives_take_nothing)
{
    char *to = buffer_of(10);
    MPI_Status s;
    struct request *a = irecv(to, 10, 0, 5), *b = irecv(to, 10, MPI_ANY_SOURCE, 5), *c = irecv(to, 10, 0, 5);
    ck_assert_int_eq(p2p_cancel(a), 1);
    ck_assert_int_eq(p2p_cancel(b), 1);
    ck_assert(a->done && b->done && !c->done);
    status_set(&s, a);
    ck_assert_int_eq(status_is_cancelled(&s), 1);
    ck_assert_int_eq(p2p_cancel(a), 0);
    feed_eager(0, 5, data, 10);
    ck_assert_int_eq(c->done, 1);
    ck_assert_int_eq(p2p_cancel(c), 0); /* too late, and not cancelled */
    expect_received(c, to, 10, 0, 5, 10);
    p2p_release(a);
    p2p_release(b);
    struct request *sync = isend(0, 5, 10, SEND_SYNC);
    ck_assert_int_eq(p2p_cancel(sync), 0);
    ck_assert_int_eq(sync->done, 0);
}
END_TEST

START_TEST(probes_see_the_first_that_fits)
{
    char *to = buffer_of(200);
    MPI_Status s;
    ck_assert_ptr_null(p2p_probe(&comm_world, MPI_ANY_SOURCE, MPI_ANY_TAG, 0, &s));
    feed_eager(0, 5, data, 10);
    feed_eager(2, 6, data, 20);
    feed_long(PACKET_ASK, 2, 6, 100000, 99, NULL, 0);
    feed_long(PACKET_EAGER_SYNC, 0, 6, 30, 98, data, 30);
    struct message *m = p2p_probe(&comm_world, MPI_ANY_SOURCE, 6, 0, &s);
    ck_assert(m && s.MPI_SOURCE == 2 && s.MPI_TAG == 6 && status_count(&s) == 20);
    ck_assert_ptr_eq(p2p_probe(&comm_world, 2, MPI_ANY_TAG, 1, MPI_STATUS_IGNORE), m); /* taken */
    struct message *n = p2p_probe(&comm_world, 2, 6, 1, &s);
    ck_assert(n && n != m && status_count(&s) == 100000);
    ck_assert_ptr_null(p2p_probe(&comm_world, 2, 6, 0, &s));
    ck_assert_ptr_null(p2p_probe(&comm_self, MPI_ANY_SOURCE, MPI_ANY_TAG, 0, &s));
    ck_assert_ptr_eq(message_of((MPI_Message)m), m);
    ck_assert_ptr_eq(p2p_message_comm(m), &comm_world);
    expect_received(irecv(to, 200, MPI_ANY_SOURCE, 6), to, 200, 0, 6, 30); /* not those that are taken */
    expect_sent(0, PACKET_ACK, 16, 0, NULL);
    nothing_was_sent();
    struct request *r = request_new(REQUEST_RECV), *q = request_new(REQUEST_RECV);
    r->cursor = cursor_over(to, 200);
    q->cursor = cursor_over(to, 0);
    p2p_start_mrecv(r, m);
    expect_received(r, to, 200, 2, 6, 20);
    p2p_start_mrecv(q, n);
    ck_assert_uint_eq(expect_sent(2, PACKET_GRANT, sizeof(struct packet_grant), 0, NULL).grant.size, 0);
    ck_assert(q->done && q->error == MPI_ERR_TRUNCATE && q->count == 100000);
    expect_received(irecv(to, 200, MPI_ANY_SOURCE, MPI_ANY_TAG), to, 200, 0, 5, 10);
}
END_TEST

int main(void)
{
    make_data();
    Suite *suite = suite_create("p2p");
    TCase *sending = unit_case(suite, "sending"), *receiving = unit_case(suite, "receiving");
    TCase *credit = unit_case(suite, "credit"), *room = unit_case(suite, "room");
    TCase *queues = unit_case(suite, "queues");
    TCase *all[] = {sending, receiving, credit, room, queues};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        tcase_add_checked_fixture(all[i], begin, end);
    tcase_add_test(sending, short_messages_need_no_request);
    tcase_add_test(sending, longer_messages_leave_in_pieces);
    tcase_add_test(sending, long_messages_wait_for_a_grant);
    tcase_add_test(sending, synchronous_sends_end_when_matched);
    tcase_add_test(sending, freed_requests_go_when_they_are_over);
    tcase_add_test(sending, nobody_is_sent_to);
    tcase_add_test(sending, layouts_with_gaps);
    tcase_add_test(receiving, receive_whole_messages);
    tcase_add_test(receiving, receive_messages_in_pieces);
    tcase_add_test(receiving, receive_messages_that_are_fetched);
    tcase_add_test(credit, without_credit_everything_is_offered);
    tcase_add_test(credit, all_credit_comes_back);
    tcase_add_loop_test(room, queued_sends_do_not_overtake, 0, 5);
    tcase_add_test(room, answers_wait_for_room);
    tcase_add_test(room, a_dead_wire_is_told);
    tcase_add_test(queues, wildcards_and_order);
    tcase_add_test(queues, cancelled_receives_take_nothing);
    tcase_add_test(queues, probes_see_the_first_that_fits);
    return unit_run(suite);
}
