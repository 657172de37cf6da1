/* Tests of what mpirun says about ranks, and of the exit code that follows from how one ended. */
#include "mpirun/report.h"
#include "tests/unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct words said;

static int exit_of(int status, enum node_life life, int code, const char *text)
{
    struct frame_exit e = {.pid = 4242, .status = status, .life = life, .code = code};
    snprintf(e.words, sizeof e.words, "%s", text);
    return report_exit(3, &e, "node7", &said);
}

static void assert_said(const char *part)
{
    ck_assert_msg(strstr(said.s, part) != NULL, "'%s' lacks '%s'", said.s, part);
}

#define EXITED(code) ((code) << 8)

START_TEST(exits)
{
    ck_assert_int_eq(exit_of(EXITED(0), NODE_FINALIZED, 0, ""), 0);
    ck_assert_str_eq(said.s, "rank 3 (pid 4242 on node7) exited with code 0");
    ck_assert_int_eq(exit_of(EXITED(0), NODE_STARTED, 0, ""), 0); /* a program without MPI */
    for (int code = 1; code < 256; code++) {
        char want[64];
        snprintf(want, sizeof want, "exited with code %d", code);
        ck_assert_int_eq(exit_of(EXITED(code), NODE_FINALIZED, 0, ""), code);
        assert_said(want);
        ck_assert_int_eq(exit_of(EXITED(code), NODE_STARTED, 0, ""), code);
        assert_said(want);
    }
}
END_TEST

START_TEST(exits_without_finalize)
{
    ck_assert_int_eq(exit_of(EXITED(0), NODE_MPI, 0, ""), 1);
    assert_said("ended without calling MPI_Finalize");
    ck_assert_int_eq(exit_of(EXITED(9), NODE_MPI, 0, ""), 9);
    assert_said("exited with code 9 without calling MPI_Finalize");
}
END_TEST

START_TEST(signals)
{
    ck_assert_int_eq(exit_of(SIGSEGV, NODE_MPI, 0, ""), 128 + SIGSEGV);
    assert_said("rank 3 (pid 4242 on node7) was killed by signal 11 (SIGSEGV, Segmentation fault)");
    ck_assert_ptr_null(strstr(said.s, "core"));
    ck_assert_int_eq(exit_of(SIGSEGV | 0x80, NODE_MPI, 0, ""), 128 + SIGSEGV);
    assert_said("SIGSEGV");
    assert_said("core dump");
    ck_assert_int_eq(exit_of(SIGKILL, NODE_FINALIZED, 0, ""), 137);
    assert_said("SIGKILL");
    ck_assert_int_eq(exit_of(SIGTERM, NODE_STARTED, 0, ""), 143);
    assert_said("SIGTERM");
    ck_assert_int_eq(exit_of(40, NODE_MPI, 0, ""), 168); /* one without a name */
    assert_said("killed by signal 40");
}
END_TEST

START_TEST(aborts)
{
    ck_assert_int_eq(exit_of(SIGKILL, NODE_ABORTED, 5, "called MPI_Abort with code 5"), 5);
    ck_assert_str_eq(said.s, "rank 3 (pid 4242 on node7) called MPI_Abort with code 5");
    ck_assert_int_eq(exit_of(EXITED(5), NODE_ABORTED, 5, "x"), 5);
    ck_assert_int_eq(exit_of(EXITED(0), NODE_ABORTED, 0, "x"), 0);
    ck_assert_int_eq(exit_of(EXITED(0), NODE_ABORTED, 255, "x"), 255);
    ck_assert_int_eq(exit_of(EXITED(0), NODE_ABORTED, -1, "x"), 255);
    ck_assert_int_eq(exit_of(EXITED(0), NODE_ABORTED, 257, "x"), 1);
}
END_TEST

/* A code that is not 0 never becomes 0, although a process has only eight bits for it. */
START_TEST(codes_whose_low_byte_is_zero)
{
    static const int codes[] = {256, -256, 512, 1 << 30, INT32_MIN};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        ck_assert_int_ne(exit_of(EXITED(0), NODE_ABORTED, codes[i], "x"), 0);
        ck_assert_int_ne(exit_of(EXITED(0), NODE_FAILED, codes[i], "x"), 0);
    }
}
END_TEST

START_TEST(failures)
{
    ck_assert_int_eq(exit_of(EXITED(7), NODE_FAILED, 7, "MPI_Send: no such rank"), 7);
    ck_assert_str_eq(said.s, "rank 3 (pid 4242 on node7) failed: MPI_Send: no such rank");
    ck_assert_int_eq(exit_of(EXITED(0), NODE_FAILED, 0, "x"), 1);
}
END_TEST

/* Texts and host names come from elsewhere: no control bytes reach the terminal, and nothing overflows. */
START_TEST(hostile_texts)
{
    struct frame_exit e = {.pid = INT32_MIN, .life = NODE_ABORTED, .code = 1};
    static char host[5000];
    memset(e.words, 'w', sizeof e.words - 1);
    memcpy(e.words, "\x1b[2Jx\n", 6);
    memset(host, 'h', sizeof host - 1);
    ck_assert_int_eq(report_exit(UINT32_MAX, &e, host, &said), 1);
    ck_assert_uint_lt(strlen(said.s), sizeof said.s);
    assert_said("?[2Jx?ww");
    for (const char *p = said.s; *p; p++)
        ck_assert_int_ge((unsigned char)*p, ' ');
}
END_TEST

START_TEST(lives_that_do_not_exist)
{
    ck_assert_int_eq(exit_of(EXITED(3), (enum node_life)77, 0, ""), 3);
    ck_assert_int_eq(exit_of(EXITED(0), (enum node_life)77, 0, ""), 0);
}
END_TEST

static const char *state_of(struct frame_state s, int64_t now_ns)
{
    report_state(&s, now_ns, &said);
    return said.s;
}

START_TEST(states_that_wait)
{
    struct frame_state s = {.pid = 1, .life = NODE_MPI, .process = 'S', .waiting = 1,
                            .wait = {.peer = 3, .tag = 7, .context = 9, .since_ns = 5000000000, .call = "MPI_Recv"}};
    state_of(s, 17100000000);
    assert_said("MPI_Recv");
    assert_said("rank 3");
    assert_said("tag 7");
    assert_said("communicator 9");
    assert_said("12.1 s");
    s.wait.peer = -1;
    state_of(s, 17100000000);
    assert_said("any rank");
    s.wait.peer = -2; /* none, as in MPI_Barrier */
    s.wait.tag = -1;
    state_of(s, 17100000000);
    ck_assert_ptr_null(strstr(said.s, "rank"));
    ck_assert_ptr_null(strstr(said.s, "tag"));
    memset(s.wait.call, '\n', sizeof s.wait.call);
    s.wait.call[sizeof s.wait.call - 1] = 0;
    s.wait.since_ns = INT64_MAX;
    state_of(s, 0);
    ck_assert_ptr_null(strchr(said.s, '\n'));
}
END_TEST

START_TEST(states_of_life)
{
    static const struct {
        struct frame_state state;
        const char *part;
    } cases[] = {{{.pid = 0, .life = NODE_MPI, .waiting = 1}, "ended"},
                 {{.pid = 1, .life = NODE_STARTED, .process = 'R'}, "not yet in MPI_Init"},
                 {{.pid = 1, .life = NODE_MPI, .process = 'R'}, "outside of MPI"},
                 {{.pid = 1, .life = NODE_FINALIZED, .process = 'S'}, "MPI_Finalize"},
                 {{.pid = 1, .life = NODE_ABORTED, .process = 'S'}, "about to end"},
                 {{.pid = 1, .life = NODE_FAILED, .process = 'S'}, "about to end"},
                 {{.pid = 1, .life = 77, .process = 'S'}, "about to end"},
                 {{.pid = 1, .life = NODE_MPI, .process = 'R'}, "running"},
                 {{.pid = 1, .life = NODE_MPI, .process = 'S'}, "sleeping"},
                 {{.pid = 1, .life = NODE_MPI, .process = 'D'}, "device"},
                 {{.pid = 1, .life = NODE_MPI, .process = 'T'}, "stopped by a signal"},
                 {{.pid = 1, .life = NODE_MPI, .process = 't'}, "debugger"},
                 {{.pid = 1, .life = NODE_MPI, .process = 'Z'}, "ending"},
                 {{.pid = 1, .life = NODE_MPI, .process = 0}, "ending"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        state_of(cases[i].state, 0);
        assert_said(cases[i].part);
    }
}
END_TEST

START_TEST(ranks_in_short)
{
    static const struct {
        uint32_t ranks[8], count;
        const char *text;
    } cases[] = {{{0}, 0, ""},
                 {{0}, 1, "0"},
                 {{5}, 1, "5"},
                 {{0, 1}, 2, "0-1"},
                 {{0, 1, 2, 3, 7}, 5, "0-3,7"},
                 {{0, 2, 4}, 3, "0,2,4"},
                 {{1, 3, 4, 6, 7, 8}, 6, "1,3-4,6-8"},
                 {{999998, 999999}, 2, "999998-999999"},
                 {{UINT32_MAX - 1, UINT32_MAX}, 2, "4294967294-4294967295"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        report_ranks(cases[i].ranks, cases[i].count, text, sizeof text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

/* In every size: never beyond it, and either the whole or a true beginning and "...". */
START_TEST(ranks_cut)
{
    uint32_t ranks[50];
    char whole[600], *text;
    for (uint32_t i = 0; i < 50; i++)
        ranks[i] = 3 * i + (i % 2 ? 0 : 2); /* 2,3 8,9 ... */
    report_ranks(ranks, 50, whole, sizeof whole);
    ck_assert_ptr_null(strstr(whole, "..."));
    for (size_t size = 1; size < sizeof whole; size++) {
        text = malloc(size);
        report_ranks(ranks, 50, text, size);
        size_t n = strlen(text);
        ck_assert_uint_lt(n, size);
        if (strcmp(text, whole) != 0 && size >= 4) {
            ck_assert_uint_le(size, strlen(whole) + 4); /* no cut without need */
            ck_assert_str_eq(text + n - 3, "...");
            ck_assert_int_eq(strncmp(text, whole, n - 3), 0);
        }
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *end = unit_case(suite, "exit"), *state = unit_case(suite, "state"), *ranks = unit_case(suite, "ranks");
    tcase_add_test(end, exits);
    tcase_add_test(end, exits_without_finalize);
    tcase_add_test(end, signals);
    tcase_add_test(end, aborts);
    tcase_add_test(end, codes_whose_low_byte_is_zero);
    tcase_add_test(end, failures);
    tcase_add_test(end, hostile_texts);
    tcase_add_test(end, lives_that_do_not_exist);
    tcase_add_test(state, states_that_wait);
    tcase_add_test(state, states_of_life);
    tcase_add_test(ranks, ranks_in_short);
    tcase_add_test(ranks, ranks_cut);
    return unit_run(suite);
}
