/* Tests of the count of usable cpus. */
#define _GNU_SOURCE
#include "mpirun/cpus.h"
#include "tests/unit.h"

#include <sched.h>

START_TEST(quota_lines)
{
    static const struct {
        const char *line;
        int cpus;
    } cases[] = {{"max 100000", 0},      {"max 100000\n", 0},   {"100000 100000", 1},  {"100000 100000\n", 1},
                 {"150000 100000", 2},   {"200000 100000", 2},  {"200001 100000", 3},  {"50000 100000", 1},
                 {"1 1000000", 1},       {"-1 100000", 0},      {"0 100000", 0},       {"100000 0", 0},
                 {"100000 -100000", 0},  {"100000", 0},         {"", 0},               {"\n", 0},
                 {"max", 0},             {"a b", 0},            {"1000000 1", 1000000}, {"1000001 1", 0},
                 {"9223372036854775807 1", 0}, {"9223372036854775807 9223372036854775807", 1},
                 {"  300000   100000  ", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(cpus_quota(cases[i].line) == cases[i].cpus, "'%s' gives %d", cases[i].line,
                      cpus_quota(cases[i].line));
}
END_TEST

START_TEST(usable_is_within_the_mask)
{
    cpu_set_t all, one;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus = cpus_usable();
    ck_assert_int_ge(cpus, 1);
    ck_assert_int_le(cpus, CPU_COUNT(&all));
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
        ck_assert_int_eq(cpus_usable(), 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpus");
    TCase *cpus = unit_case(suite, "cpus");
    tcase_add_test(cpus, quota_lines);
    tcase_add_test(cpus, usable_is_within_the_mask);
    return unit_run(suite);
}
