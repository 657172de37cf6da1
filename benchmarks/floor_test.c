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

static const struct floor known = {
    .handover = 60e-9, .line = 10e-9, .tcp = 3e-6, .tcp_byte = 0.2e-9,
    .own = {.count = 3, .bytes = {8, 64, 1024}, .seconds = {4e-9, 5e-9, 20e-9}},
    .other = {.count = 3, .bytes = {64, 1024, 65536}, .seconds = {20e-9, 50e-9, 1600e-9}}};
/* The same, but through more memory than the caches hold. */
static const struct floor rotating = {
    .handover = 60e-9, .line = 10e-9, .rotate = 1,
    .own = {.count = 3, .bytes = {8, 64, 1024}, .seconds = {80e-9, 80e-9, 200e-9}}};

static void is(double found, double expected)
{
    ck_assert_msg(fabs(found - expected) <= 1e-6 * expected, "%g instead of %g", found, expected);
}

START_TEST(message_is_handover_and_copy)
{
    is(floor_message(&known, 0, 0), 60e-9);
    is(floor_message(&known, 1, 0), 60e-9);
    is(floor_message(&known, 56, 0), 60e-9);
    is(floor_message(&known, 57, 0), 80e-9);
    is(floor_message(&known, 64, 0), 80e-9);
    is(floor_message(&known, 544, 0), 95e-9);
    is(floor_message(&known, 1024, 0), 110e-9);
    is(floor_message(&known, 131072, 0), 3260e-9);
    is(floor_message(&rotating, 0, 0), 60e-9);
    is(floor_message(&rotating, 8, 0), 140e-9);
    is(floor_message(&rotating, 1024, 0), 260e-9);
}
END_TEST

START_TEST(streamed_is_lines_or_copy)
{
    is(floor_streamed(&known, 0, 0), 10e-9);
    is(floor_streamed(&known, 56, 0), 10e-9);
    is(floor_streamed(&known, 57, 0), 10e-9 + (50e-9 + 2624.0 / 64512 * 1550e-9) / 64);
    is(floor_streamed(&known, 1024, 0), 10e-9 + 25e-9); /* 64 of them are copied in 1600 ns */
    is(floor_streamed(&known, 65536, 0), 10e-9 + 1600e-9);
    struct floor slow = known;
    slow.other.seconds[2] = 1e-3;
    is(floor_streamed(&slow, 64, 0), 20e-9); /* two lines */
    is(floor_streamed(&slow, 1024, 0), 60e-9); /* not 19 lines, nor a part of a slow copy */
    is(floor_streamed(&rotating, 8, 0), 10e-9);
    is(floor_streamed(&rotating, 65536, 0), 12800e-9); /* 1171 lines would take less, but the memory does not */
}
END_TEST

START_TEST(copy_stays_on_its_core)
{
    is(floor_copy(&known, 1), 4e-9);
    is(floor_copy(&known, 36), 4.5e-9);
    is(floor_copy(&known, 4096), 80e-9);
    is(floor_copy(&rotating, 1024), 200e-9);
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
    struct floor none = {0}, copies = {.own = known.own, .other = known.other},
                 handover = {.handover = 1e-9, .line = 1e-9};
    for (int tcp = 0; tcp < 2; tcp++)
        for (size_t bytes = 0; bytes < 100; bytes += 33) {
            ck_assert(floor_message(&none, bytes, tcp) == 0 && floor_streamed(&none, bytes, tcp) == 0);
            ck_assert(floor_message(&copies, bytes, tcp) == 0 && floor_streamed(&copies, bytes, tcp) == 0);
        }
    ck_assert(floor_message(&handover, 57, 0) == 0 && floor_streamed(&handover, 57, 0) == 0);
    ck_assert(floor_copy(&none, 8) == 0);
    is(floor_message(&handover, 8, 0), 1e-9);
}
END_TEST

/* ---- measured ---- */

static int usable(cpu_set_t *set)
{
    CPU_ZERO(set);
    ck_assert_int_eq(sched_getaffinity(0, sizeof *set, set), 0);
    return CPU_COUNT(set);
}

static void copies_are_possible(const struct floor_copies *c)
{
    ck_assert_int_ge(c->count, 2);
    ck_assert_int_le(c->count, FLOOR_SIZES);
    for (int i = 0; i < c->count; i++) {
        ck_assert(c->seconds[i] > 0 && c->seconds[i] < 10);
        ck_assert(i == 0 || c->bytes[i] > c->bytes[i - 1]);
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
    copies_are_possible(&f.own);
    ck_assert(f.tcp_byte > 0 && f.tcp_byte < 1);
    ck_assert_int_eq(floor_cpus(cpus, error, sizeof error), count > 1 ? 2 : 1);
    if (count > 1) {
        copies_are_possible(&f.other);
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
    copies_are_possible(&f.own);
    ck_assert(f.tcp == 0 && f.tcp_byte == 0 && f.other.count == 0);
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
    copies_are_possible(&f.own);
    ck_assert(f.other.count == 0 && floor_message(&f, 64, 0) == 0 && floor_copy(&f, 64) > 0);
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
    int seen = 0, on[2], cpus = usable(&before);
    ck_assert_msg(floor_choose(on, &options, error, sizeof error) == 0, "%s", error);
    ck_assert_msg(floor_points(&options, on, &points, count, &seen, error, sizeof error) == 0, "%s", error);
    usable(&after);
    ck_assert(CPU_EQUAL(&before, &after));
    ck_assert_int_eq(seen, (int)points.count);
    ck_assert_int_eq(find(&points, "memcpy", 3), 1);
    ck_assert_int_eq(find(&points, "memcpy", 4096), 1);
    ck_assert_int_eq(find(&points, "memcpy, other core", 4096), cpus > 1);
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
    int on[2];
    ck_assert_int_eq(floor_choose(on, &options, error, sizeof error), 0);
    ck_assert_int_eq(on[0], on[1]);
    ck_assert_int_eq(floor_points(&options, on, &points, NULL, NULL, error, sizeof error), 0);
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
    int on[2];
    ck_assert_int_eq(floor_choose(on, &options, error, sizeof error), 0);
    ck_assert_int_eq(on[0], on[1]);
    ck_assert_int_eq(floor_points(&options, on, &points, NULL, NULL, error, sizeof error), -1);
    ck_assert_ptr_nonnull(strstr(error, "memory"));
    points_free(&points);
}
END_TEST

START_TEST(cpus_of_a_list)
{
    struct options options = {.pin = PIN_LIST, .cpu_count = 1};
    char error[512] = "";
    cpu_set_t before, after;
    int on[2], first[2];
    usable(&before);
    ck_assert_int_ge(floor_cpus(first, error, sizeof error), 1);
    options.cpus[0] = first[0];
    ck_assert_int_eq(floor_choose(on, &options, error, sizeof error), 0);
    ck_assert(on[0] == first[0] && on[1] == first[0]);
    options.cpus[1] = 8000;
    options.cpu_count = 2;
    ck_assert_int_eq(floor_choose(on, &options, error, sizeof error), -1);
    ck_assert_ptr_nonnull(strstr(error, "cpu 8000 cannot be used"));
    usable(&after);
    ck_assert(CPU_EQUAL(&before, &after));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("floor");
    TCase *reckoned = unit_case(suite, "reckoned"), *measured = unit_case(suite, "measured");
    TCase *points = unit_case(suite, "points");
    tcase_add_test(reckoned, message_is_handover_and_copy);
    tcase_add_test(reckoned, streamed_is_lines_or_copy);
    tcase_add_test(reckoned, copy_stays_on_its_core);
    tcase_add_test(reckoned, tcp_counts_bytes);
    tcase_add_test(reckoned, unknown_is_zero);
    tcase_add_test(measured, measured_in_a_millisecond);
    tcase_add_test(measured, measured_through_much_memory);
    tcase_add_test(measured, measured_on_one_cpu);
    tcase_add_test(measured, cpus_that_are_not_there);
    tcase_add_test(points, points_of_everything);
    tcase_add_test(points, points_of_one_cpu);
    tcase_add_test(points, points_of_too_much_memory);
    tcase_add_test(points, cpus_of_a_list);
    return unit_run(suite);
}
