/* Tests of the choice between two ways, on a machine that is made up. */
#include "p2p/choice.h"

#include "tests/unit.h"

static struct choice choice;
static double cost[2]; /* ns per byte of the machine */
static int64_t now;

static void begin(void)
{
    choice = (struct choice){0};
    now = 1000;
}

/* So many messages, `window` of them under way at once, one after the other on the wire; how many were shared. */
static int run(uint64_t size, int messages, int window)
{
    int shared = 0;
    for (int i = 0; i < messages; i += window) {
        enum choice_way ways[64];
        int64_t begun = now;
        for (int k = 0; k < window; k++)
            shared += (ways[k] = choice_begin(&choice, size, CHOICE_BOTH)) == CHOICE_SHARED;
        for (int way = 0; way < 2; way++) /* those of one way keep their order; the other way's come later */
            for (int k = 0; k < window; k++)
                if ((int)ways[k] == way)
                    choice_end(&choice, size, ways[k], begun, now += (int64_t)(cost[way] * (double)size));
    }
    return shared;
}

START_TEST(finds_the_faster_way)
{
    static const uint64_t sizes[] = {1000, 65536, 100000, 1 << 20, (uint64_t)1 << 40};
    static const int windows[] = {1, 3, 16, 64};
    uint64_t size = sizes[_i / 8];
    int faster = _i % 2, window = windows[_i / 2 % 4], many = 64 * 1000;
    cost[faster] = 0.1, cost[!faster] = 0.2;
    run(size, many, window);
    int shared = run(size, many, window), good = faster == CHOICE_SHARED ? shared : many - shared;
    ck_assert_int_ge(good, many * 95 / 100); /* it mostly goes it */
    ck_assert_int_le(good, many * 97 / 100); /* but never forgets the other */
}
END_TEST

START_TEST(follows_a_change)
{
    cost[CHOICE_PIECES] = 0.1, cost[CHOICE_SHARED] = 0.2;
    ck_assert_int_lt(run(1 << 18, 1000, 1), 60);
    cost[CHOICE_PIECES] = 0.4;
    run(1 << 18, 200, 1);
    ck_assert_int_gt(run(1 << 18, 1000, 1), 940);
    cost[CHOICE_PIECES] = 0.1;
    run(1 << 18, 200, 1);
    ck_assert_int_lt(run(1 << 18, 1000, 1), 60);
}
END_TEST

START_TEST(one_slow_message_changes_nothing)
{
    cost[CHOICE_PIECES] = 0.1, cost[CHOICE_SHARED] = 0.2;
    run(1 << 18, 192, 1);
    choice_begin(&choice, 1 << 18, CHOICE_BOTH);
    choice_end(&choice, 1 << 18, CHOICE_PIECES, now, now + 40000); /* half as long again */
    ck_assert_int_eq(run(1 << 18, 10, 1), 0);
}
END_TEST

START_TEST(sizes_do_not_mix)
{
    cost[CHOICE_PIECES] = 0.1, cost[CHOICE_SHARED] = 0.2;
    run(1 << 16, 100, 1);
    cost[CHOICE_PIECES] = 0.2, cost[CHOICE_SHARED] = 0.1;
    run(1 << 22, 100, 1);
    ck_assert_int_gt(run(1 << 22, 96, 1), 90);
    cost[CHOICE_PIECES] = 0.1, cost[CHOICE_SHARED] = 0.2;
    ck_assert_int_lt(run(1 << 16, 96, 1), 10);
}
END_TEST

/* A clock that stands still or goes back breaks nothing. */
START_TEST(odd_times)
{
    for (int i = 0; i < 1000; i++) {
        enum choice_way way = choice_begin(&choice, i % 3 ? UINT64_MAX : 0, (enum choice_can)(i % 3));
        choice_end(&choice, i % 3 ? UINT64_MAX : 0, way, 1000 - i, i % 2 ? 5 : INT64_MAX);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choice");
    TCase *all = unit_case(suite, "all");
    tcase_add_checked_fixture(all, begin, NULL);
    tcase_add_loop_test(all, finds_the_faster_way, 0, 40);
    tcase_add_test(all, follows_a_change);
    tcase_add_test(all, one_slow_message_changes_nothing);
    tcase_add_test(all, sizes_do_not_mix);
    tcase_add_test(all, odd_times);
    return unit_run(suite);
}
