/* What unit tests share: a test program is a Suite and one line, `return unit_run(suite);`. The cases are counted
 * one by one: check prints TAP when tests/local.mk's environment asks for it, and plain text when run by hand. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

/* A test case of the suite. The limit is for tests that hang, not for slow machines. */
static inline TCase *unit_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

/* Runs all; the exit code of the program. */
static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The next of a row of numbers that are the same in every run (xorshift); *state begins with anything but 0. */
static inline uint32_t unit_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* A number from 0 to below - 1. */
static inline uint32_t unit_below(uint64_t *state, uint32_t below)
{
    return unit_random(state) % below;
}

#endif
