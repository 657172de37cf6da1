/* Tests of messages that arrive before their communicator is known: of every kind, in order, on hidden communicators
 * too; of those that nobody can have sent; and of messages that are kept for a communicator which is freed. */
#include "p2p/p2p_test.h"

enum { CONTEXT = 4000, REST = 2900 };

static void feed_early(enum packet_kind kind, int from, uint32_t context, uint32_t source, int tag)
{
    struct packet_ask h = {{{kind, context, source, tag}, kind == PACKET_FIRST ? 3000 : 100, 99}, 0};
    feed(from, &h, packet_head_size(kind), data, kind == PACKET_ASK ? 0 : 100);
}

/* The ranks of the world backwards: rank 2 of the world is its rank 1. */
static struct comm *new_comm(void)
{
    struct group *g = group_regular(RANKS - 1, -1, RANKS);
    struct comm *c = comm_new(CONTEXT, g, NULL, &comm_world);
    group_put(g);
    return c;
}

static struct comm *open_comm(void)
{
    struct comm *c = new_comm();
    ck_assert_int_eq(p2p_open(c), 0);
    return c;
}

static struct request *irecv_on(struct comm *c, char *to, size_t room, int from, int tag)
{
    struct cursor body = cursor_over(to, room);
    struct request *r;
    ck_assert_int_eq(p2p_irecv(c, &body, from, tag, &r), 0);
    return r;
}

static void close_comm(struct comm *c)
{
    comm_bury(c);
    comm_sweep();
    ck_assert_ptr_null(comm_of_context(CONTEXT));
    skip_credit();
    nothing_was_sent();
}

START_TEST(every_kind_waits)
{
    static const enum packet_kind kinds[] = {PACKET_EAGER, PACKET_EAGER_SYNC, PACKET_FIRST, PACKET_ASK};
    enum packet_kind kind = kinds[_i % 4];
    int finished = _i / 4; /* FIRST: before the communicator is there, or after */
    size_t size = kind == PACKET_FIRST ? 3000 : 100;
    char *to = buffer_of(3000);
    feed_early(kind, 2, CONTEXT, 1, 5);
    ck_assert_int_eq(broken_count, 0);
    if (kind == PACKET_FIRST && finished)
        feed_next(PACKET_MORE, 2, 0, 0, data + 100, REST);
    struct comm *c = open_comm();
    struct request *r = irecv_on(c, to, 3000, 1, 5);
    if (kind == PACKET_FIRST && !finished) {
        ck_assert_int_eq(r->done, 0);
        feed_next(PACKET_MORE, 2, 0, 0, data + 100, REST);
    } else if (kind == PACKET_ASK) {
        struct packet_grant g = expect_sent(2, PACKET_GRANT, sizeof g, 0, NULL).grant;
        feed_next(PACKET_PIECE, 2, g.receiver, 0, data, 100);
    } else if (kind == PACKET_EAGER_SYNC) {
        expect_sent(2, PACKET_ACK, sizeof(struct packet_next), 0, NULL);
    }
    expect_received(r, to, 3000, 1, 5, size);
    close_comm(c);
}
END_TEST

START_TEST(order_is_kept)
{
    char to[8][101];
    for (int i = 0; i < 4; i++) {
        feed_early(PACKET_EAGER, 2, CONTEXT, 1, i % 2);
        feed_early(PACKET_EAGER, 3, CONTEXT | COMM_COLL, 0, -5); /* where tags may be negative */
    }
    struct comm *c = open_comm();
    for (int i = 0; i < 4; i++) {
        MPI_Status s;
        ck_assert_ptr_nonnull(p2p_probe(c, MPI_ANY_SOURCE, MPI_ANY_TAG, 0, &s));
        ck_assert_int_eq(s.MPI_SOURCE, 1);
        ck_assert_int_eq(s.MPI_TAG, i % 2);
        struct request *r = irecv_on(c, to[i], 100, MPI_ANY_SOURCE, MPI_ANY_TAG);
        ck_assert_int_eq(r->done, 1);
        p2p_release(r);
        r = irecv_on(comm_hidden(c, COMM_COLL), to[i], 100, 0, -5);
        ck_assert_int_eq(r->done, 1);
        p2p_release(r);
    }
    ck_assert_ptr_null(p2p_probe(c, MPI_ANY_SOURCE, MPI_ANY_TAG, 0, MPI_STATUS_IGNORE));
    ck_assert_uint_eq(c->kept, 0);
    close_comm(c);
}
END_TEST

/* Noticed when the communicator is there, as before nobody can know. */
START_TEST(strangers_are_noticed)
{
    switch (_i) {
    case 0:
        feed_early(PACKET_EAGER, 2, CONTEXT, 2, 5); /* another's name */
        break;
    case 1:
        feed_early(PACKET_EAGER, 2, CONTEXT, RANKS, 5);
        break;
    case 2:
        feed_early(PACKET_EAGER, 2, CONTEXT, 1, -5);
        break;
    case 3:
        feed_early(PACKET_EAGER, 2, CONTEXT | COMM_COLL, 3, 5);
        break;
    }
    ck_assert_int_eq(broken_count, 0);
    struct comm *c = open_comm();
    ck_assert_int_eq(broken_count, 1);
    ck_assert_msg(strstr(broken_words.s, "rank 2 ") != NULL, "%s", broken_words.s);
    close_comm(c);
}
END_TEST

START_TEST(early_messages_are_withdrawn)
{
    feed_early(PACKET_EAGER_SYNC, 2, CONTEXT, 1, 5);
    feed_next(PACKET_WITHDRAW, 2, 99, CONTEXT, NULL, 0);
    ck_assert_uint_eq(expect_sent(2, PACKET_WITHDRAWN, sizeof(struct packet_next), 0, NULL).next.value, 1);
    struct comm *c = open_comm();
    ck_assert_ptr_null(p2p_probe(c, MPI_ANY_SOURCE, MPI_ANY_TAG, 0, MPI_STATUS_IGNORE));
    close_comm(c);
}
END_TEST

/* A message that a probe has taken, one that nobody wants yet, and a receive: each keeps the freed communicator. */
START_TEST(the_dead_get_their_messages)
{
    char to[101];
    struct comm *c = open_comm();
    feed_early(PACKET_EAGER, 2, CONTEXT, 1, 6);
    feed_early(PACKET_EAGER_SYNC, 2, CONTEXT, 1, 7);
    struct message *m = p2p_probe(c, 1, 6, 1, MPI_STATUS_IGNORE);
    struct request *waiting = irecv_on(c, to, 100, 1, 8), *r = request_new(REQUEST_RECV);
    comm_bury(c);
    comm_sweep();
    ck_assert_ptr_eq(comm_of_context(CONTEXT), c);
    feed_early(PACKET_EAGER, 2, CONTEXT, 1, 8);
    ck_assert_int_eq(waiting->done, 1);
    p2p_release(waiting);
    comm_sweep();
    ck_assert_ptr_eq(comm_of_context(CONTEXT), c);
    r->cursor = cursor_over(to, 100);
    ck_assert_int_eq(p2p_start_mrecv(r, m), 0);
    ck_assert_int_eq(r->done, 1);
    p2p_release(r);
    comm_sweep();
    ck_assert_ptr_eq(comm_of_context(CONTEXT), c);
    feed_next(PACKET_WITHDRAW, 2, 99, CONTEXT, NULL, 0); /* the sender gives up */
    expect_sent(2, PACKET_WITHDRAWN, sizeof(struct packet_next), 0, NULL);
    comm_sweep();
    ck_assert_ptr_null(comm_of_context(CONTEXT));
    skip_credit();
    nothing_was_sent();
}
END_TEST

int main(void)
{
    make_data();
    Suite *suite = suite_create("p2p_early");
    TCase *early = unit_case(suite, "early");
    tcase_add_checked_fixture(early, begin, end);
    tcase_add_loop_test(early, every_kind_waits, 0, 8);
    tcase_add_test(early, order_is_kept);
    tcase_add_loop_test(early, strangers_are_noticed, 0, 4);
    tcase_add_test(early, early_messages_are_withdrawn);
    tcase_add_test(early, the_dead_get_their_messages);
    return unit_run(suite);
}
