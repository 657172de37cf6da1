/* Tests of process trees: real processes, of the kinds that hide from a process group. */
#define _GNU_SOURCE
#include "mpirun/tree.h"
#include "tests/unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int reports[2]; /* a pipe through which processes of the tree say that they are there */

static void begin(void)
{
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    signal(SIGTERM, SIG_DFL); /* check hears it otherwise */
    ck_assert_int_eq(pipe(reports), 0);
}

static void report(void)
{
    pid_t pid = getpid();
    if (write(reports[1], &pid, sizeof pid) != sizeof pid)
        _exit(9);
}

static pid_t reported(void)
{
    pid_t pid = 0;
    ck_assert_int_eq(read(reports[0], &pid, sizeof pid), sizeof pid);
    return pid;
}

/* Waits to be killed; ends by itself when a test forgets it. */
static void sleeper(void)
{
    alarm(300);
    report();
    for (;;)
        pause();
}

/* Forks; in the child, runs what is given and ends. */
static pid_t start(void (*run)(void))
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        run();
        _exit(0);
    }
    return pid;
}

/* The end of one child, whichever. */
static pid_t reap(int *status)
{
    pid_t pid;
    while ((pid = waitpid(-1, status, 0)) < 0 && errno == EINTR)
        ;
    return pid;
}

/* All are killed by this signal and no child is left. */
static void assert_all_die(int count, int sig)
{
    for (int i = 0; i < count; i++) {
        int status;
        ck_assert_int_gt(reap(&status), 0);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == sig);
    }
    ck_assert(reap(NULL) == -1 && errno == ECHILD);
}

START_TEST(nothing_below)
{
    begin();
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 0);
    ck_assert_int_eq(tree_signal(0x3fffffff, SIGKILL), 0); /* no such process */
}
END_TEST

START_TEST(children)
{
    begin();
    for (int i = 0; i < 10; i++)
        start(sleeper);
    for (int i = 0; i < 10; i++)
        reported();
    ck_assert_int_eq(tree_signal(getpid(), 0), 10);
    ck_assert_int_eq(tree_signal(getpid(), SIGTERM), 10);
    assert_all_die(10, SIGTERM);
}
END_TEST

static void parent_of_one(void)
{
    if (fork() == 0)
        sleeper();
    sleeper();
}

static void session_of_two(void)
{
    setsid();
    if (fork() == 0) {
        setsid();
        parent_of_one();
    }
    sleeper();
}

START_TEST(sessions_and_grandchildren)
{
    begin();
    start(session_of_two);
    start(parent_of_one);
    for (int i = 0; i < 5; i++)
        reported();
    ck_assert_int_eq(tree_signal(getpid(), 0), 5);
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 5);
    /* The grandchildren become ours as their parents die. */
    assert_all_die(5, SIGKILL);
}
END_TEST

static void leaves_an_orphan(void)
{
    if (fork() == 0) {
        setsid();
        parent_of_one();
    }
}

START_TEST(orphans)
{
    int status;
    begin();
    pid_t parent = start(leaves_an_orphan);
    reported();
    reported();
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 2);
    assert_all_die(2, SIGKILL);
}
END_TEST

START_TEST(only_below_the_root)
{
    begin();
    pid_t beside = start(sleeper);
    ck_assert_int_eq(reported(), beside);
    pid_t root = start(parent_of_one);
    pid_t a = reported(), b = reported(), child = a == root ? b : a;
    ck_assert_int_eq(tree_signal(root, SIGTERM), 1);
    /* Its child is dead or dying (a zombie of its parent's); the two others live. */
    while (tree_state(child) != 'Z' && tree_state(child) != '?')
        sched_yield();
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
    ck_assert_int_eq(tree_signal(root, SIGTERM), 0);
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 2);
    while (reap(NULL) > 0)
        ;
}
END_TEST

START_TEST(zombies_do_not_count)
{
    siginfo_t info;
    begin();
    pid_t pid = start(report);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(tree_state(pid), 'Z');
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(tree_state(pid), '?');
}
END_TEST

static const char *const names[] = {"a) R 1 (b", ")", "))) Z 1", "( (", "with space", "a\nb", "S 1 1 1", "", "%s%n"};

static void sleeper_with_a_name(int i)
{
    prctl(PR_SET_NAME, names[i]);
    if (fork() == 0) /* below a process of such a name, and with it */
        sleeper();
    sleeper();
}

START_TEST(odd_names)
{
    begin();
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        sleeper_with_a_name(_i);
    reported();
    reported();
    char state = tree_state(pid);
    ck_assert_msg(state == 'S' || state == 'R' || state == 'D', "the state is %c", state);
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 2);
    assert_all_die(2, SIGKILL);
}
END_TEST

static void *sleep_in_thread(void *unused)
{
    /* The kernel shows the process as a zombie from when its first thread has ended. */
    while (tree_state(getpid()) != 'Z')
        sched_yield();
    if (fork() == 0)
        sleeper();
    sleeper();
    return unused;
}

static void goes_on_in_a_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleep_in_thread, NULL))
        _exit(9);
    pthread_exit(NULL);
}

/* A program may end its first thread and go on in others: it is alive, and so is what it started. */
START_TEST(first_thread_has_ended)
{
    begin();
    start(goes_on_in_a_thread);
    reported();
    reported();
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), 2);
    assert_all_die(2, SIGKILL);
}
END_TEST

START_TEST(stopped_processes)
{
    siginfo_t info;
    begin();
    pid_t pid = start(sleeper);
    reported();
    ck_assert_int_eq(tree_signal(getpid(), SIGSTOP), 1);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
    ck_assert_int_eq(tree_state(pid), 'T');
    ck_assert_int_eq(tree_signal(getpid(), SIGCONT), 1);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WCONTINUED), 0);
    ck_assert_int_eq(tree_signal(getpid(), SIGTERM), 1);
    assert_all_die(1, SIGTERM);
}
END_TEST

static volatile sig_atomic_t heard;

static void hear(int sig)
{
    heard = sig;
}

START_TEST(root_hears_nothing)
{
    begin();
    start(sleeper);
    reported();
    signal(SIGUSR1, hear);
    ck_assert_int_eq(tree_signal(getpid(), SIGUSR1), 1);
    assert_all_die(1, SIGUSR1);
    ck_assert_int_eq(heard, 0);
}
END_TEST

/* A chain whose links are found one from the other. */
static void chain(int depth)
{
    while (--depth > 0 && fork() == 0)
        ;
    sleeper();
}

START_TEST(deep_chains)
{
    enum { DEPTH = 30 };
    begin();
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        chain(DEPTH);
    for (int i = 0; i < DEPTH; i++)
        reported();
    ck_assert_int_eq(tree_signal(getpid(), SIGKILL), DEPTH);
    assert_all_die(DEPTH, SIGKILL);
}
END_TEST

START_TEST(state_of_this_process)
{
    ck_assert_int_eq(tree_state(getpid()), 'R');
    ck_assert_int_eq(tree_state(0x3fffffff), '?');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tree");
    TCase *tree = unit_case(suite, "signal"), *odd = unit_case(suite, "odd processes");
    tcase_add_test(tree, nothing_below);
    tcase_add_test(tree, children);
    tcase_add_test(tree, sessions_and_grandchildren);
    tcase_add_test(tree, orphans);
    tcase_add_test(tree, only_below_the_root);
    tcase_add_test(tree, root_hears_nothing);
    tcase_add_test(tree, deep_chains);
    tcase_add_test(odd, zombies_do_not_count);
    tcase_add_loop_test(odd, odd_names, 0, sizeof names / sizeof names[0]);
    tcase_add_test(odd, first_thread_has_ended);
    tcase_add_test(odd, stopped_processes);
    tcase_add_test(odd, state_of_this_process);
    return unit_run(suite);
}
