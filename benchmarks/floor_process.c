/* What the kernel takes for processes: to switch between two on one cpu, and to start a program and see its end.
 * See floor_inside.h. */
#define _GNU_SOURCE
#include "benchmarks/floor_inside.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- two processes that take turns on one cpu ---- */

enum { TURN_PARENT, TURN_CHILD, TURN_END };

/* Shared by both processes. */
struct turns {
    _Atomic uint32_t turn; /* its release pairs with the other's acquire; the futex only sleeps */
};

/* Waits until it is not `other`'s turn any more. -1 when it stays so for seconds. */
static int turns_wait(struct turns *t, uint32_t other)
{
    for (int seconds = 0; atomic_load_explicit(&t->turn, memory_order_acquire) == other;) {
        struct timespec second = {.tv_sec = 1};
        if (syscall(SYS_futex, &t->turn, FUTEX_WAIT, other, &second, NULL, 0) != 0 && errno == ETIMEDOUT &&
            ++seconds == 10)
            return -1;
    }
    return 0;
}

static void turns_give(struct turns *t, uint32_t next)
{
    atomic_store_explicit(&t->turn, next, memory_order_release);
    syscall(SYS_futex, &t->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int turns_run(void *arg, long count)
{
    struct turns *t = arg;
    for (long i = 0; i < count; i++) {
        turns_give(t, TURN_CHILD);
        if (turns_wait(t, TURN_CHILD) != 0)
            return -1;
    }
    return 0;
}

_Noreturn static void turns_child(struct turns *t)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody gives it a turn when its parent is gone */
    while (turns_wait(t, TURN_PARENT) == 0 && atomic_load_explicit(&t->turn, memory_order_acquire) != TURN_END)
        turns_give(t, TURN_PARENT);
    _exit(0);
}

static int reap(pid_t pid, int *status)
{
    pid_t got;
    while ((got = waitpid(pid, status, 0)) < 0 && errno == EINTR)
        ;
    return got == pid ? 0 : -1;
}

static int measure_switch(struct point *p, double seconds, char *error, size_t room)
{
    floor_begin(p, "context switch", 0, 2);
    struct turns *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED) {
        snprintf(error, room, "no memory can be shared with a child process: %m");
        return -1;
    }
    pid_t child = fork();
    if (child == 0)
        turns_child(t);
    int rc = -1;
    if (child < 0) {
        snprintf(error, room, "a child process could not be started: %m");
    } else {
        rc = floor_sample(turns_run, t, 0.5, seconds, p);
        if (rc != 0) {
            snprintf(error, room, "a child process on the same cpu does not answer");
            kill(child, SIGKILL);
        }
        turns_give(t, TURN_END);
        int status;
        reap(child, &status);
    }
    munmap(t, sizeof *t);
    return rc;
}

/* ---- a program started, and its end seen ---- */

struct starter {
    const char *program;
    char *arguments[2];
    int error; /* errno, or 0 where the program itself failed */
};

static int starter_reap(struct starter *s, pid_t pid)
{
    int status;
    if (reap(pid, &status) != 0) {
        s->error = errno;
        return -1;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int spawn_run(void *arg, long count)
{
    struct starter *s = arg;
    for (long i = 0; i < count; i++) {
        pid_t pid;
        s->error = posix_spawn(&pid, s->program, NULL, NULL, s->arguments, environ);
        if (s->error != 0 || starter_reap(s, pid) != 0)
            return -1;
    }
    return 0;
}

static int fork_run(void *arg, long count)
{
    struct starter *s = arg;
    for (long i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            execv(s->program, s->arguments);
            _exit(127);
        }
        s->error = pid < 0 ? errno : 0;
        if (pid < 0 || starter_reap(s, pid) != 0)
            return -1;
    }
    return 0;
}

static int measure_start(struct point *p, const char *variant, int (*run)(void *, long), double seconds,
                         char *error, size_t room)
{
    static const char *const programs[] = {"/bin/true", "/usr/bin/true"};
    struct starter s = {.program = NULL};
    floor_begin(p, variant, 0, 1);
    for (int i = 0; i < 2 && !s.program; i++)
        if (access(programs[i], X_OK) == 0)
            s.program = programs[i];
    if (!s.program) {
        snprintf(error, room, "there is no /bin/true to be started");
        return -1;
    }
    char name[] = "true";
    s.arguments[0] = name;
    if (floor_sample(run, &s, 1, seconds, p) == 0)
        return 0;
    snprintf(error, room, "starting %s failed: %s", s.program,
             s.error ? strerror(s.error) : "it ended with an error, or memory is missing");
    return -1;
}

/* ---- all of it, on one cpu ---- */

struct work {
    struct process_floor *found;
    double seconds;
    char *error;
    size_t room;
    int rc;
};

static void work_run(void *arg)
{
    struct work *w = arg;
    w->rc = measure_switch(&w->found->context_switch, w->seconds / 3, w->error, w->room);
    if (w->rc == 0)
        w->rc = measure_start(&w->found->spawn, "vfork+exec+wait", spawn_run, w->seconds / 3, w->error, w->room);
    if (w->rc == 0)
        w->rc = measure_start(&w->found->fork, "fork+exec+wait", fork_run, w->seconds / 3, w->error, w->room);
}

int floor_process(struct process_floor *found, int cpu, double seconds, char *error, size_t room)
{
    struct work w = {.found = found, .seconds = seconds, .error = error, .room = room};
    memset(found, 0, sizeof *found);
    if (floor_threads((int[2]){cpu, cpu}, work_run, NULL, &w, error, room) != 0)
        return -1;
    return w.rc;
}
