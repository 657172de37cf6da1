/* Tests of the machine's own limits: what follows from them is reckoned exactly; what is measured is only asked to
 * be possible, as no timing may decide whether a test passes. */
#define _GNU_SOURCE
#include "benchmarks/floor.h"
#include "benchmarks/options.h"
#include "tests/unit.h"

#include <math.h>
#include <sched.h>
#include <string.h>

/* ---- reckoned ---- */

static const struct floor known = {.handover = 60e-9, .line = 10e-9, .copies = 3, .bytes = {8, 64, 1024},
                                   .copy = {4e-9, 5e-9, 20e-9}, .tcp = 3e-6, .tcp_byte = 0.2e-9};

static void is(double found, double expected)
{
    ck_assert_msg(fabs(found - expected) <= 1e-6 * expected, "%g instead of %g", found, expected);
}

START_TEST(message_adds_handover_and_copy)
{
    is(floor_message(&known, 0, 0), 60e-9);
    is(floor_message(&known, 1, 0), 64e-9);
    is(floor_message(&known, 8, 0), 64e-9);
    is(floor_message(&known, 36, 0), 64.5e-9);
    is(floor_message(&known, 64, 0), 65e-9);
    is(floor_message(&known, 544, 0), 72.5e-9);
    is(floor_message(&known, 1024, 0), 80e-9);
    is(floor_message(&known, 4096, 0), 140e-9);
}
END_TEST

START_TEST(streamed_takes_the_slower)
{
    is(floor_streamed(&known, 0, 0), 10e-9);
    is(floor_streamed(&known, 8, 0), 10e-9);
    is(floor_streamed(&known, 1024, 0), 20e-9);
    is(floor_streamed(&known, 2048, 0), 40e-9);
}
END_TEST

START_TEST(tcp_counts_bytes)
{
    is(floor_message(&known, 0, 1), 3e-6);
    is(floor_message(&known, 8, 1), 3e-6);
    is(floor_message(&known, 1008, 1), 3.2e-6);
    is(floor_streamed(&known, 1000, 1), 0.2e-6);
    is(floor_streamed(&known, 1, 1), 1.6e-9);
}
END_TEST

START_TEST(unknown_is_zero)
{
    struct floor none = {0}, copies = {.copies = 1, .bytes = {8}, .copy = {1e-9}},
                 handover = {.handover = 1e-9, .line = 1e-9};
    for (int tcp = 0; tcp < 2; tcp++)
        for (size_t bytes = 0; bytes < 100; bytes += 33) {
            ck_assert(floor_message(&none, bytes, tcp) == 0 && floor_streamed(&none, bytes, tcp) == 0);
            ck_assert(floor_message(&copies, bytes, tcp) == 0 && floor_streamed(&copies, bytes, tcp) == 0);
        }
    ck_assert(floor_message(&handover, 8, 0) == 0 && floor_streamed(&handover, 8, 0) == 0);
    is(floor_message(&handover, 0, 0), 1e-9);
}
END_TEST

/* ---- measured ---- */

static int usable(cpu_set_t *set)
{
    CPU_ZERO(set);
    ck_assert_int_eq(sched_getaffinity(0, sizeof *set, set), 0);
    return CPU_COUNT(set);
}

static void copies_are_possible(const struct floor *f)
{
    ck_assert_int_ge(f->copies, 2);
    ck_assert_int_le(f->copies, FLOOR_SIZES);
    for (int i = 0; i < f->copies; i++) {
        ck_assert(f->copy[i] > 0 && f->copy[i] < 10);
        ck_assert(i == 0 || f->bytes[i] > f->bytes[i - 1]);
    }
}

START_TEST(measured_in_a_millisecond)
{
    cpu_set_t before, after;
    struct floor f;
    char error[256] = "";
    int cpus[2], count = usable(&before);
    ck_assert_msg(floor_measure(&f, NULL, 0, 1, 0.001, error, sizeof error) == 0, "%s", error);
    usable(&after);
    ck_assert(CPU_EQUAL(&before, &after));
    copies_are_possible(&f);
    ck_assert(f.tcp_byte > 0 && f.tcp_byte < 1);
    ck_assert_int_eq(floor_cpus(cpus, error, sizeof error), count > 1 ? 2 : 1);
    if (count > 1) {
        ck_assert(f.handover > 0 && f.handover < 10 && f.line > 0 && f.line < 10 && f.tcp > 0 && f.tcp < 10);
        ck_assert(floor_message(&f, 64, 0) > f.handover);
    }
}
END_TEST

START_TEST(measured_through_much_memory)
{
    struct floor f;
    char error[256] = "";
    ck_assert_msg(floor_measure(&f, NULL, 1, 0, 0.001, error, sizeof error) == 0, "%s", error);
    copies_are_possible(&f);
    ck_assert(f.tcp == 0 && f.tcp_byte == 0);
}
END_TEST

/* Two who wait for each other on one cpu tell nothing: not known, and no endless waiting either. */
START_TEST(measured_on_one_cpu)
{
    cpu_set_t before, one;
    struct floor f;
    char error[256] = "";
    int cpus[2];
    usable(&before);
    ck_assert_int_ge(floor_cpus(cpus, error, sizeof error), 1);
    CPU_ZERO(&one);
    CPU_SET((size_t)cpus[0], &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_msg(floor_measure(&f, NULL, 0, 1, 0.001, error, sizeof error) == 0, "%s", error);
    ck_assert(f.handover == 0 && f.line == 0 && f.tcp == 0 && f.tcp_byte > 0);
    copies_are_possible(&f);
    ck_assert(floor_message(&f, 64, 0) == 0);
    ck_assert_int_eq(sched_setaffinity(0, sizeof before, &before), 0);
    const int twice[2] = {cpus[0], cpus[0]};
    ck_assert_int_eq(floor_measure(&f, twice, 0, 0, 0.001, error, sizeof error), 0);
    ck_assert(f.handover == 0 && f.line == 0);
}
END_TEST

START_TEST(cpus_that_are_not_there)
{
    static const int missing[][2] = {{-1, 0}, {0, 1000000}, {1 << 30, 0}};
    struct floor f;
    char error[256];
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        error[0] = 0;
        ck_assert_int_eq(floor_measure(&f, missing[i], 0, 0, 0.001, error, sizeof error), -1);
        ck_assert_ptr_nonnull(strstr(error, "cannot be used"));
    }
}
END_TEST

/* ---- as points ---- */

static void count(void *arg, const struct point *p)
{
    int *seen = arg;
    ck_assert_str_eq(p->test, "floor");
    ck_assert_int_ne(p->variant[0], 0);
    ck_assert(p->samples > 0 && p->min > 0 && p->min <= p->median && p->median <= p->p99 && p->p99 <= p->max);
    ++*seen;
}

static int find(const struct points *points, const char *variant, size_t bytes)
{
    int found = 0;
    for (size_t i = 0; i < points->count; i++)
        found += strcmp(points->at[i].variant, variant) == 0 && points->at[i].bytes == bytes;
    return found;
}

START_TEST(points_of_everything)
{
    struct options options = {.seconds = 0.001, .sizes = {3, 4096}, .size_count = 2, .pin = PIN_KEEP};
    struct points points = {0};
    cpu_set_t before, after;
    char error[512] = "old";
    int seen = 0, cpus = usable(&before);
    ck_assert_msg(floor_points(&options, &points, count, &seen, error, sizeof error) == 0, "%s", error);
    usable(&after);
    ck_assert(CPU_EQUAL(&before, &after));
    ck_assert_int_eq(seen, (int)points.count);
    ck_assert_int_eq(find(&points, "memcpy", 3), 1);
    ck_assert_int_eq(find(&points, "memcpy", 4096), 1);
    ck_assert_int_eq(find(&points, "cache line hand-over", 64), cpus > 1);
    ck_assert_int_eq(find(&points, "cache line stream", 64), cpus > 1);
    if (!strstr(error, "TCP")) {
        ck_assert_int_eq(find(&points, "tcp ping-pong", 8), cpus > 1);
        ck_assert_int_eq(find(&points, "tcp ping-pong, blocking", 8), 1);
    }
    if (!strstr(error, "processes"))
        ck_assert(find(&points, "context switch", 0) == 1 && find(&points, "fork+exec+wait", 0) == 1 &&
                  find(&points, "vfork+exec+wait", 0) == 1);
    points_free(&points);
}
END_TEST

START_TEST(points_of_one_cpu)
{
    struct options options = {.seconds = 0.001, .sizes = {64}, .size_count = 1, .pin = PIN_ONE};
    struct points points = {0};
    char error[512] = "";
    ck_assert_int_eq(floor_points(&options, &points, NULL, NULL, error, sizeof error), 0);
    ck_assert_ptr_nonnull(strstr(error, "one cpu only"));
    ck_assert_int_eq(find(&points, "memcpy", 64), 1);
    ck_assert_int_eq(find(&points, "cache line hand-over", 64), 0);
    points_free(&points);
}
END_TEST

START_TEST(points_of_too_much_memory)
{
    struct options options = {.seconds = 0.001, .sizes = {(size_t)1 << 60}, .size_count = 1, .pin = PIN_ONE};
    struct points points = {0};
    char error[512] = "";
    ck_assert_int_eq(floor_points(&options, &points, NULL, NULL, error, sizeof error), -1);
    ck_assert_ptr_nonnull(strstr(error, "memory"));
    points_free(&points);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("floor");
    TCase *reckoned = unit_case(suite, "reckoned"), *measured = unit_case(suite, "measured");
    TCase *points = unit_case(suite, "points");
    tcase_add_test(reckoned, message_adds_handover_and_copy);
    tcase_add_test(reckoned, streamed_takes_the_slower);
    tcase_add_test(reckoned, tcp_counts_bytes);
    tcase_add_test(reckoned, unknown_is_zero);
    tcase_add_test(measured, measured_in_a_millisecond);
    tcase_add_test(measured, measured_through_much_memory);
    tcase_add_test(measured, measured_on_one_cpu);
    tcase_add_test(measured, cpus_that_are_not_there);
    tcase_add_test(points, points_of_everything);
    tcase_add_test(points, points_of_one_cpu);
    tcase_add_test(points, points_of_too_much_memory);
    return unit_run(suite);
}
