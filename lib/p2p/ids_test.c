/* Tests of the numbers of requests: what was given back is never found again, places are used again, the table
 * grows. */
#include "p2p/ids.h"
#include "tests/unit.h"

/* Requests are only addresses here. */
static char requests[20000];
static struct request *request(uint32_t i)
{
    return (struct request *)&requests[i];
}

START_TEST(nothing_is_found_at_first)
{
    static const uint64_t ids[] = {0, 1, 2, 64, 65, 1ull << 32, (1ull << 32) + 1, UINT32_MAX, UINT64_MAX};
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
            ck_assert_ptr_null(ids_find(ids[i]));
            ids_take_back(ids[i]);
        }
        ids_take_back(ids_give(request(0))); /* the second round has a table */
    }
}
END_TEST

START_TEST(growth_keeps_what_was_given)
{
    enum { COUNT = 20000 };
    static uint64_t ids[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        ids[i] = ids_give(request(i));
        ck_assert_uint_ne(ids[i], 0);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        ck_assert_ptr_eq(ids_find(ids[i]), request(i));
        ck_assert_ptr_null(ids_find(ids[i] ^ 1ull << 32));
        ck_assert_ptr_null(ids_find((uint32_t)ids[i]));
        ck_assert_ptr_null(ids_find(ids[i] | 1ull << 31));
    }
    for (uint32_t i = 0; i < COUNT; i++)
        ids_take_back(ids[i]);
    for (uint32_t i = 0; i < COUNT; i++)
        ck_assert_ptr_null(ids_find(ids[i]));
}
END_TEST

/* Many given and taken back at random; the last ones that were taken back are asked for again and again. */
START_TEST(stale_ids_are_never_found)
{
    enum { LIVE = 200, STALE = 4096, STEPS = 100000 };
    static uint64_t live[LIVE], stale[STALE];
    uint64_t seed = 31;
    uint32_t stale_count = 0;
    for (int step = 0; step < STEPS; step++) {
        uint32_t i = unit_below(&seed, LIVE), s = unit_below(&seed, STALE);
        if (live[i]) {
            ck_assert_ptr_eq(ids_find(live[i]), request(i));
            ids_take_back(live[i]);
            stale[stale_count++ % STALE] = live[i];
            live[i] = 0;
        } else {
            live[i] = ids_give(request(i));
            ck_assert_uint_ne(live[i], 0);
            ck_assert_uint_le((uint32_t)live[i], 256); /* places are used again: 200 fit into 256 */
        }
        if (stale[s]) {
            ck_assert_ptr_null(ids_find(stale[s]));
            ids_take_back(stale[s]); /* does not free what has the place now */
        }
        if (ids_find((uint64_t)unit_random(&seed) << 32 | unit_below(&seed, 300)))
            ck_abort_msg("step %d: a number that nobody has is found", step);
    }
    for (uint32_t i = 0; i < LIVE; i++)
        ck_assert_ptr_eq(ids_find(live[i]), live[i] ? request(i) : NULL);
    for (uint32_t i = 0; i < LIVE; i++)
        for (uint32_t j = 0; j < i; j++)
            ck_assert(!live[i] || live[i] != live[j]);
    for (uint32_t i = 0; i < LIVE; i++)
        ids_take_back(live[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ids");
    TCase *ids = unit_case(suite, "ids");
    tcase_add_test(ids, nothing_is_found_at_first);
    tcase_add_test(ids, stale_ids_are_never_found);
    tcase_add_test(ids, growth_keeps_what_was_given);
    return unit_run(suite);
}
