/* Tests of waiting: a call that has to wait says for what, once, and when it goes on; whatever the other side
 * does after that ends the wait, be it a grant, an acknowledgement or a message. */
#include "p2p/p2p_test.h"

static int waits, goes_on;
static void waiting(const char *call, int peer, int tag, uint32_t context)
{
    if (!call) {
        goes_on++;
        return;
    }
    ck_assert_int_eq(strncmp(call, "MPI_", 4), 0);
    ck_assert(peer == 2 && tag == 5 && context == 0);
    waits++;
}

/* The other side acts only when it is told that this one waits. */
static int answer_when_waiting(struct fake *f)
{
    if (!waits)
        return 0;
    struct packet_long *h = f->first ? f->first->head : NULL;
    if (h && h->match.kind == PACKET_ASK)
        feed_grant(2, h->sender, 1, h->size);
    else if (h && h->match.kind == PACKET_EAGER_SYNC)
        feed_next(PACKET_ACK, 2, h->sender, 0, NULL, 0);
    else if (!h)
        feed_eager(2, 5, data, 10);
    if (h)
        fake_drop(fake_take(f));
    return 1;
}

START_TEST(whoever_waits_says_so)
{
    p2p_place.waiting = waiting;
    p2p_place.crowded = _i;
    fake.script = answer_when_waiting;
    struct cursor c = cursor_over(data, 100000);
    ck_assert_int_eq(p2p_send(&comm_world, &c, 2, 5, SEND_STANDARD), 0);
    ck_assert(waits == 1 && goes_on == 1);
    waits = 0;
    c = cursor_over(data, 10);
    ck_assert_int_eq(p2p_send(&comm_world, &c, 2, 5, SEND_SYNC), 0);
    ck_assert(waits == 1 && goes_on == 2);
    waits = 0;
    fake_close(&fake);
    struct request r;
    MPI_Status s;
    char *to = buffer_of(10);
    r.cursor = cursor_over(to, 10);
    ck_assert_int_eq(p2p_recv(&comm_world, &r, 2, 5, &s), 0);
    ck_assert(waits == 1 && goes_on == 3);
    ck_assert(s.MPI_SOURCE == 2 && s.MPI_TAG == 5 && status_count(&s) == 10 && memcmp(to, data, 10) == 0);
    p2p_place.waiting = NULL;
    p2p_place.crowded = 0;
}
END_TEST

int main(void)
{
    make_data();
    Suite *suite = suite_create("wait");
    TCase *waits_for = unit_case(suite, "waits");
    tcase_add_checked_fixture(waits_for, begin, end);
    tcase_add_loop_test(waits_for, whoever_waits_says_so, 0, 2);
    return unit_run(suite);
}
