/* Tests of the order statistics. Of the clock only what no machine may break: it never goes back. */
#include "benchmarks/stats.h"
#include "tests/unit.h"

/* Adds first .. last in an order that is not sorted. */
static void add_row(struct samples *s, int first, int last)
{
    uint64_t state = 7;
    size_t begin = s->count;
    for (int i = first; i <= last; i++)
        ck_assert_int_eq(samples_add(s, i), 0);
    for (size_t i = s->count - 1; i > begin; i--) {
        size_t j = begin + unit_below(&state, (uint32_t)(i - begin + 1));
        double swap = s->at[i];
        s->at[i] = s->at[j];
        s->at[j] = swap;
    }
}

START_TEST(no_samples)
{
    struct samples s = {0};
    struct summary sum = samples_summary(&s);
    ck_assert(sum.min == 0 && sum.median == 0 && sum.p99 == 0 && sum.max == 0);
}
END_TEST

START_TEST(one_sample)
{
    struct samples s = {0};
    ck_assert_int_eq(samples_add(&s, 0.25), 0);
    struct summary sum = samples_summary(&s);
    ck_assert(sum.min == 0.25 && sum.median == 0.25 && sum.p99 == 0.25 && sum.max == 0.25);
    samples_free(&s);
}
END_TEST

START_TEST(odd_and_even)
{
    struct samples s = {0};
    add_row(&s, 1, 5);
    ck_assert(samples_summary(&s).median == 3);
    ck_assert_int_eq(samples_add(&s, 100), 0);
    struct summary sum = samples_summary(&s);
    ck_assert(sum.median == 3.5 && sum.min == 1 && sum.max == 100 && sum.p99 == 100);
    samples_free(&s);
}
END_TEST

/* p99 by its definition, counted: the least value that at least 99 of 100 samples do not exceed. */
START_TEST(p99_by_counting)
{
    for (int n = 1; n <= 1203; n++) {
        struct samples s = {0};
        add_row(&s, 1, n);
        struct summary sum = samples_summary(&s);
        int wanted = 1;
        while (100L * wanted < 99L * n)
            wanted++;
        ck_assert_msg(sum.p99 == wanted, "of %d: %f, not %d", n, sum.p99, wanted);
        samples_free(&s);
    }
}
END_TEST

START_TEST(equal_samples)
{
    struct samples s = {0};
    for (int i = 0; i < 3000; i++)
        ck_assert_int_eq(samples_add(&s, 2e-7), 0);
    struct summary sum = samples_summary(&s);
    ck_assert(sum.min == 2e-7 && sum.median == 2e-7 && sum.p99 == 2e-7 && sum.max == 2e-7);
    samples_free(&s);
}
END_TEST

START_TEST(free_and_again)
{
    struct samples s = {0};
    add_row(&s, 1, 5000);
    ck_assert_uint_eq(s.count, 5000);
    samples_free(&s);
    ck_assert_uint_eq(s.count, 0);
    add_row(&s, 7, 9);
    ck_assert(samples_summary(&s).median == 8);
    samples_free(&s);
}
END_TEST

START_TEST(median_of_values)
{
    double one[] = {3}, two[] = {5, 1}, five[] = {9, 1, 7, 3, 5};
    ck_assert(values_median(one, 1) == 3 && values_median(two, 2) == 3 && values_median(five, 5) == 5);
}
END_TEST

START_TEST(point_of_samples)
{
    struct samples s = {0};
    struct point p = {.test = "kept", .bytes = 8};
    add_row(&s, 1, 200);
    point_sampled(&p, &s);
    ck_assert(p.samples == 200 && p.min == 1 && p.median == 100.5 && p.p99 == 198 && p.max == 200);
    point_scale(&p, 0.5);
    ck_assert(p.samples == 200 && p.min == 0.5 && p.median == 50.25 && p.p99 == 99 && p.max == 100);
    ck_assert_str_eq(p.test, "kept");
    ck_assert_uint_eq(p.bytes, 8);
    samples_free(&s);
}
END_TEST

START_TEST(clock_goes_forward)
{
    double last = clock_now();
    for (int i = 0; i < 100000; i++) {
        double now = clock_now();
        ck_assert(now >= last);
        last = now;
    }
    ck_assert(clock_cost() > 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *summary = unit_case(suite, "summary"), *clock = unit_case(suite, "clock");
    tcase_add_test(summary, no_samples);
    tcase_add_test(summary, one_sample);
    tcase_add_test(summary, odd_and_even);
    tcase_add_test(summary, p99_by_counting);
    tcase_add_test(summary, equal_samples);
    tcase_add_test(summary, free_and_again);
    tcase_add_test(summary, median_of_values);
    tcase_add_test(summary, point_of_samples);
    tcase_add_test(clock, clock_goes_forward);
    return unit_run(suite);
}
