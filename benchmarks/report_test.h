/* Points for the tests of what is written of them. */
#ifndef BENCHMARKS_REPORT_TEST_H
#define BENCHMARKS_REPORT_TEST_H

#include "benchmarks/report.h"
#include "tests/unit.h"

static const struct facts some_facts = {.version = "0.1.0",
                                        .library = "Open MPI v6.0.0, package: \"a\", b",
                                        .host = "birch and 3 more",
                                        .cpu = "AMD EPYC 7B13, 2 cpus",
                                        .pinning = "rank 0 on cpu 0, rank 1 on cpu 1",
                                        .buffers = "same buffer",
                                        .ranks = 4,
                                        .pinned = 1};

static inline void add(struct points *points, const char *test, const char *variant, size_t bytes, double median)
{
    struct point p = {.bytes = bytes, .ranks = 4, .samples = 1234, .min = median * 0.9, .median = median,
                      .p99 = median * 1.7, .max = median * 20, .moved = (double)bytes, .messages = 1,
                      .overlap = -1, .floor = median / 3};
    snprintf(p.test, sizeof p.test, "%s", test);
    snprintf(p.variant, sizeof p.variant, "%s", variant);
    ck_assert_int_eq(points_add(points, &p), 0);
}

static const char *const tests[] = {"pingpong", "stream", "bistream", "rate", "modes", "overlap", "coll", "floor",
                                    "another"};
enum { TESTS = sizeof tests / sizeof tests[0] };

/* Points of all tests, sizes and lengths of names, with figures from the smallest to the largest. */
static inline void add_all(struct points *points)
{
    static const char *const variants[] = {"",           "send",       "a name of thirty characters ..",
                                           "with,comma", "\"quoted\"", "#x"};
    for (int t = 0; t < TESTS; t++)
        for (size_t v = 0; v < sizeof variants / sizeof variants[0]; v++)
            for (int shift = -1; shift < 62; shift += 7)
                add(points, tests[t], variants[v], shift < 0 ? 0 : (size_t)1 << shift,
                    1.2345678e-9 * (1 + shift * shift * 1e5));
    points->at[3].overlap = 0.625;
    points->at[4].overlap = 0;
    points->at[5].floor = 0;
}

#endif
