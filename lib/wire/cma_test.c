/* Tests of cross-memory copy between this process and a child of it. Where the kernel, a container or a security
 * module forbids that, it is found by asking for 8 bytes of the child by the system call itself; then the tests of
 * copying pass unasked, and say so. */
#define _GNU_SOURCE
#include "wire/cma.h"

#include "tests/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 5 << 20, GUARD = 4096 };

/* What parent and child share: the child's card, and where its memory is. */
static struct meeting {
    struct cma_card card;
    uint64_t memory; /* MOST bytes, then no memory at all */
} *meeting;

static pid_t child;
static char *mine; /* MOST bytes */

static char byte_of(size_t i, int whose)
{
    return (char)(i * 7 + (i >> 8) * 31 + (size_t)whose * 101);
}

static void fill(char *at, int whose)
{
    for (size_t i = 0; i < MOST; i++)
        at[i] = byte_of(i, whose);
}

static char *map(size_t size)
{
    char *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(m, MAP_FAILED);
    return m;
}

/* The child fills memory of its own, introduces itself, and waits for its end. */
static void child_lives(int said)
{
    char *memory = mmap(NULL, MOST + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(memory + MOST, GUARD);
    fill(memory, 1);
    meeting->memory = (uintptr_t)memory;
    cma_introduce(&meeting->card);
    if (write(said, "!", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void begin(void)
{
    int pipes[2];
    char byte;
    meeting = mmap(NULL, sizeof *meeting, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(meeting, MAP_FAILED);
    ck_assert_int_eq(pipe(pipes), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (!child)
        child_lives(pipes[1]);
    ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
    mine = map(MOST);
}

static void end(void)
{
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

/* By the system call alone, without anything of cma.c. */
static int forbidden(void)
{
    char byte[8];
    struct iovec here = {byte, sizeof byte}, there = {(void *)(uintptr_t)meeting->memory, sizeof byte};
    if (process_vm_readv(child, &here, 1, &there, 1, 0) == sizeof byte)
        return 0;
    fprintf(stderr, "# not tested: process_vm_readv of a child: %s\n", strerror(errno));
    return 1;
}

START_TEST(the_right_process_is_proved)
{
    if (forbidden()) {
        ck_assert_int_eq(cma_prove(&meeting->card), 0);
        return;
    }
    ck_assert_int_eq(meeting->card.pid, child);
    ck_assert_uint_ne(meeting->card.secret, 0);
    ck_assert_int_eq(cma_prove(&meeting->card), 1);
    struct cma_card again = meeting->card, own;
    ck_assert_int_eq(cma_prove(&again), 1);
    cma_introduce(&own);
    ck_assert_int_eq(cma_prove(&own), 1); /* oneself */
    cma_introduce(&again);
    ck_assert_int_eq(memcmp(&own.secret, &again.secret, sizeof own.secret), 0); /* does not change */
    ck_assert_uint_ne(own.secret, meeting->card.secret);
}
END_TEST

START_TEST(any_other_is_refused)
{
    struct cma_card good = meeting->card, c = good;
    pid_t dead = fork();
    if (!dead)
        _exit(0);
    waitpid(dead, NULL, 0);
    c.secret++;
    ck_assert_int_eq(cma_prove(&c), 0);
    c = good;
    c.secret = 0;
    ck_assert_int_eq(cma_prove(&c), 0);
    c.address = meeting->memory + 1; /* a zero stands there: byte_of is not 0 for long */
    ck_assert_int_eq(cma_prove(&c), 0);
    static const uint64_t addresses[] = {0, 1, 4095, UINT64_MAX, UINT64_MAX - 7, 1ull << 63, 1ull << 47};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        c = good;
        c.address = addresses[i];
        ck_assert_int_eq(cma_prove(&c), 0);
    }
    const int pids[] = {getpid(), getppid(), dead, 1, 0, -1, -child, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++) {
        c = good;
        c.pid = pids[i];
        ck_assert_msg(cma_prove(&c) == 0, "pid %d", pids[i]);
    }
}
END_TEST

START_TEST(a_dying_process_is_no_crash)
{
    if (forbidden())
        return;
    ck_assert_int_eq(cma_copy(child, mine, meeting->memory, MOST, 0), 0);
    kill(child, SIGKILL);
    while (cma_copy(child, mine, meeting->memory, MOST, 0) == 0)
        ;
    ck_assert_int_eq(errno, ESRCH); /* so p2p knows it from a bad buffer */
    ck_assert_int_eq(cma_prove(&meeting->card), 0);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(cma_copy(child, mine, meeting->memory, 8, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_eq(cma_prove(&meeting->card), 0);
    child = 0;
}
END_TEST

/* There and back, of every size and alignment; the bytes beside it stay. */
START_TEST(copies_both_ways)
{
    static const size_t sizes[] = {0, 1, 7, 4095, 4096, 4097, 1 << 20, MOST - 1, MOST};
    if (forbidden())
        return;
    char *back = map(MOST), *want = map(MOST);
    fill(want, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i], at = n == MOST ? 0 : (n * 13) % (MOST - n + 1);
        memset(mine, 0x5a, MOST);
        ck_assert_int_eq(cma_copy(child, mine + at, meeting->memory + at, n, 0), 0);
        ck_assert_int_eq(memcmp(mine + at, want + at, n), 0);
        ck_assert(at == 0 || mine[at - 1] == 0x5a);
        ck_assert(at + n == MOST || mine[at + n] == 0x5a);
        memset(mine, (int)i + 1, MOST);
        memset(want + at, (int)i + 1, n);
        ck_assert_int_eq(cma_copy(child, mine + at, meeting->memory + at, n, 1), 0);
        ck_assert_int_eq(cma_copy(child, back, meeting->memory, MOST, 0), 0);
        ck_assert_int_eq(memcmp(back, want, MOST), 0);
    }
}
END_TEST

/* -1, and no signal; a copy that begins well and ends badly, too. */
START_TEST(bad_addresses)
{
    if (forbidden())
        return;
    char *only = map(4096), *ends = map(2 * 4096);
    mprotect(only, 4096, PROT_READ);
    munmap(ends + 4096, 4096); /* nothing is mapped from here on */
    for (int to_there = 0; to_there < 2; to_there++) {
        ck_assert_int_eq(cma_copy(child, mine, 0, 8, to_there), -1);
        ck_assert_int_eq(cma_copy(child, mine, UINT64_MAX - 3, 8, to_there), -1);
        ck_assert_int_eq(cma_copy(child, mine, meeting->memory + MOST - 8, 16, to_there), -1);
        ck_assert_int_eq(cma_copy(child, mine, meeting->memory + MOST, 1, to_there), -1);
        ck_assert_int_eq(cma_copy(child, NULL, meeting->memory, 8, to_there), -1);
        ck_assert_int_eq(cma_copy(child, ends + 4096, meeting->memory, 8, to_there), -1);
        ck_assert_int_eq(cma_copy(child, ends + 4088, meeting->memory, 16, to_there), -1);
        ck_assert_int_eq(cma_copy(child, NULL, 0, 0, to_there), 0); /* nothing is never wrong */
    }
    ck_assert_int_eq(cma_copy(child, only, meeting->memory, 8, 0), -1);
    ck_assert_int_eq(cma_copy(child, only, meeting->memory, 8, 1), 0);
    ck_assert_int_eq(cma_copy(-1, mine, meeting->memory, 8, 0), -1);
    ck_assert_int_eq(cma_copy(0, mine, meeting->memory, 8, 0), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cma");
    TCase *prove = unit_case(suite, "prove"), *copy = unit_case(suite, "copy");
    tcase_add_checked_fixture(prove, begin, end);
    tcase_add_checked_fixture(copy, begin, end);
    tcase_add_test(prove, the_right_process_is_proved);
    tcase_add_test(prove, any_other_is_refused);
    tcase_add_test(prove, a_dying_process_is_no_crash);
    tcase_add_test(copy, copies_both_ways);
    tcase_add_test(copy, bad_addresses);
    return unit_run(suite);
}
