/* What the programs of this folder share: a check that says where it failed, and the exit code from it. Each
 * program runs on every rank; any rank's failure fails the job. */
#ifndef TESTS_MPI_TEST_H
#define TESTS_MPI_TEST_H

#include <mpi.h>
#include <stdio.h>

static int test_failures;

static inline void test_check(int good, const char *text, const char *file, int line)
{
    if (!good) {
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
        test_failures++;
    }
}

#define CHECK(condition) test_check(!!(condition), #condition, __FILE__, __LINE__)

static inline int test_end(void)
{
    return test_failures ? 1 : 0;
}

#endif
