/* One command, from its start until nothing that it started is left: its output, its wall time, a limit. Whoever
 * loses his parent on the way becomes a child of this program, so a rank in a session of its own is found, too. */
#define _GNU_SOURCE
#include "benchmarks/compare.h"
#include "benchmarks/stats.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUT_MOST = 64 << 20, ERR_MOST = 64 << 10, CHILDREN = 256 };
static const double grace = 5;    /* between being asked to end and being ended */
static const double patience = 1; /* for what is left when the command itself has ended */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static volatile sig_atomic_t stop, held; /* the signal that came; it has to wait */
static pid_t strangers[CHILDREN];        /* children that were there before: whoever started us left them to us */
static pid_t groups[CHILDREN];           /* theirs */
static int stranger_count;
static unsigned long long begun;         /* when this program was started, in ticks */
static sigset_t listening;               /* the signals that are blocked while we wait: none of ours */
static int show_commands;

static void end_by(int signal_number)
{
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_signal(int signal_number)
{
    stop = signal_number;
    if (!held)
        end_by(signal_number);
}

static void on_child(int signal_number)
{
    (void)signal_number; /* only interrupts ppoll */
}

int run_has_to_end(void)
{
    return stop != 0;
}

void run_hold(void)
{
    held = 1;
}

void run_release(void)
{
    held = 0;
    if (stop)
        end_by(stop);
}

/* ---- who is left ---- */

/* Of /proc/PID/stat. */
struct process {
    int parent, group;
    unsigned long long since; /* in ticks since the machine was started */
};

/* A process that is not a zombie: 1; otherwise 0. */
static int look_at(const char *pid, struct process *p)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n <= 0)
        return 0;
    line[n] = 0;
    char *end = strrchr(line, ')'), state;
    return end && sscanf(end + 1, " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                         &state, &p->parent, &p->group, &p->since) == 4 && state != 'Z' && state != 'X';
}

/* Living children of this process. */
static int children(pid_t *list, int room)
{
    DIR *proc = opendir("/proc");
    int count = 0;
    struct process p;
    pid_t self = getpid();
    for (struct dirent *d; proc && count < room && (d = readdir(proc));)
        if (isdigit((unsigned char)d->d_name[0]) && look_at(d->d_name, &p) && p.parent == self)
            list[count++] = atoi(d->d_name);
    if (proc)
        closedir(proc);
    return count;
}

/* Was it there before this program was, or does it belong to what was? Such a process has a child that loses it,
 * and the child is ours then; but every command of ours has a group of its own. */
static int is_stranger(pid_t pid)
{
    char name[24];
    struct process p;
    snprintf(name, sizeof name, "%d", (int)pid);
    if (!look_at(name, &p))
        return 0;
    int strange = p.since < begun || p.group == getpgrp();
    for (int i = 0; i < stranger_count && !strange; i++)
        strange = strangers[i] == pid || groups[i] == p.group;
    return strange;
}

static void find_strangers(void)
{
    struct process p;
    char name[24];
    begun = look_at("self", &p) ? p.since : 0;
    stranger_count = children(strangers, CHILDREN);
    for (int i = 0; i < stranger_count; i++) {
        snprintf(name, sizeof name, "%d", (int)strangers[i]);
        groups[i] = look_at(name, &p) ? p.group : 0;
    }
}

/* Buries the dead; 1 while some of ours live, which then get the signal (0: none). Of those in `asked`, which
 * ends with 0, none gets it, and who got it is added where there is room. */
static int some_live(int signal_number, pid_t asked[CHILDREN])
{
    pid_t list[CHILDREN], pid;
    int living = 0;
    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0);
    if (pid < 0 && errno == ECHILD)
        return 0;
    int count = children(list, CHILDREN);
    for (int i = 0; i < count; i++)
        if (!is_stranger(list[i])) {
            int known = 0;
            living = 1;
            while (asked && asked[known] && asked[known] != list[i])
                known++;
            if (!signal_number || (asked && asked[known]))
                continue;
            kill(list[i], signal_number);
            kill(list[i], SIGCONT); /* one that is stopped has to hear it */
            if (asked && known < CHILDREN - 1)
                asked[known] = list[i];
        }
    return living;
}

static void nap(void)
{
    struct timespec pause = {0, 5 * 1000 * 1000};
    ppoll(NULL, 0, &pause, &listening);
}

/* Waits until nothing is left that the command started: `wait` seconds by itself, then asked, then killed. Asked
 * are our own children only, once each: a launcher knows best how to end its ranks, and a wrapper's child
 * becomes ours when the wrapper is gone. A second signal to this program cuts the waiting short. */
static void end_all(pid_t group, double wait)
{
    double begin = clock_now();
    pid_t asked[CHILDREN] = {0};
    int seen = stop;
    while (some_live(0, NULL) && clock_now() - begin < wait)
        nap();
    stop = 0;
    for (begin = clock_now(); some_live(SIGTERM, asked) && clock_now() - begin < grace && !stop;)
        nap();
    for (begin = clock_now(); some_live(SIGKILL, NULL) && clock_now() - begin < grace;) {
        kill(-group, SIGKILL);
        nap();
    }
    if (!stop)
        stop = seen;
    if (some_live(0, NULL))
        fputs("godwit-compare: a process of the last run cannot be ended: the kernel holds it\n", stderr);
}

/* ---- what it writes ---- */

struct sink {
    int fd; /* -1: closed */
    char **text;
    size_t *length, room, most;
    int keeps_end; /* of too much text the end is kept; otherwise too much is an error */
};

/* Reads what is there. -1: too much, or no memory for it. */
static int drain(struct sink *s)
{
    for (;;) {
        if (*s->length + 1 >= s->room) {
            if (s->room >= s->most) {
                if (!s->keeps_end)
                    return -1;
                *s->length -= s->most / 2;
                memmove(*s->text, *s->text + s->most / 2, *s->length);
            } else {
                char *grown = realloc(*s->text, s->room * 2);
                if (!grown)
                    return -1;
                *s->text = grown;
                s->room *= 2;
            }
        }
        ssize_t n = read(s->fd, *s->text + *s->length, s->room - *s->length - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0) {
            close(s->fd);
            s->fd = -1;
            return 0;
        }
        *s->length += (size_t)n;
        (*s->text)[*s->length] = 0;
    }
}

/* 0 or an errno; the text is there in any case. */
static int sink_open(struct sink *s, char **text, size_t *length, size_t most, int *write_end)
{
    int ends[2];
    *s = (struct sink){.fd = -1, .text = text, .length = length, .room = 4096, .most = most};
    *text = calloc(1, s->room);
    if (!*text)
        compare_no_memory();
    if (pipe2(ends, O_CLOEXEC))
        return errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    s->fd = ends[0];
    *write_end = ends[1];
    return 0;
}

static void sink_close(struct sink *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* ---- the run ---- */

/* In a group of its own, with our caller's signals, without standard input. 0 or an errno. (It outlives a SIGKILL of
 * this program: posix_spawn cannot ask for a signal at the parent's death.) */
static int start(pid_t *pid, char *const *words, int out, int err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    int code = posix_spawn_file_actions_init(&files);
    if (code)
        return code;
    code = posix_spawnattr_init(&how);
    if (!code) {
        int flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
        if ((code = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) == 0 &&
            (code = posix_spawn_file_actions_adddup2(&files, out, 1)) == 0 &&
            (code = posix_spawn_file_actions_adddup2(&files, err, 2)) == 0 &&
            (code = posix_spawnattr_setpgroup(&how, 0)) == 0 &&
            (code = posix_spawnattr_setsigmask(&how, &listening)) == 0 &&
            (code = posix_spawnattr_setsigdefault(&how, &defaults)) == 0 &&
            (code = posix_spawnattr_setflags(&how, (short)flags)) == 0)
            code = posix_spawnp(pid, words[0], &files, &how, words, environ);
        posix_spawnattr_destroy(&how);
    }
    posix_spawn_file_actions_destroy(&files);
    return code;
}

/* Buries the dead; 1 when the command is among them. */
static int has_ended(pid_t pid, int *status)
{
    int any, found = 0;
    for (pid_t dead; (dead = waitpid(-1, &any, WNOHANG)) > 0;)
        if (dead == pid) {
            *status = any;
            found = 1;
        }
    return found;
}

/* Reads and waits until the command has ended, runs for too long, writes too much, or we have to stop. 0:
 * ended. */
static int watch(struct outcome *o, pid_t pid, struct sink sinks[2], double begin, double limit, int *status)
{
    for (int ended = 0; !ended || (sinks[0].fd >= 0 && clock_now() - begin < o->seconds + 0.5);) {
        struct pollfd fds[2] = {{sinks[0].fd, POLLIN, 0}, {sinks[1].fd, POLLIN, 0}};
        double left = ended ? 0.1 : begin + limit - clock_now();
        struct timespec until = {left > 0 ? (time_t)left : 0, 0};
        until.tv_nsec = left > 0 ? (long)(1e9 * (left - (double)until.tv_sec)) : 0;
        if (stop || left <= 0)
            return RUN_TOO_LONG;
        ppoll(fds, 2, &until, &listening);
        if (!ended && has_ended(pid, status)) {
            o->seconds = clock_now() - begin;
            ended = 1;
        }
        for (int i = 0; i < 2; i++)
            if (sinks[i].fd >= 0 && drain(&sinks[i]))
                return RUN_TOO_MUCH;
    }
    return 0;
}

static void conclude(struct outcome *o, int status, double limit)
{
    if (o->code == RUN_TOO_LONG) {
        snprintf(o->reason, sizeof o->reason, "it took longer than %g s (--limit) and was ended", limit);
    } else if (o->code == RUN_TOO_MUCH) {
        snprintf(o->reason, sizeof o->reason, "it printed more than %d MiB and was ended", OUT_MOST >> 20);
    } else if (WIFSIGNALED(status)) {
        o->code = 128 + WTERMSIG(status);
        snprintf(o->reason, sizeof o->reason, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else {
        o->code = WEXITSTATUS(status);
        if (o->code)
            snprintf(o->reason, sizeof o->reason, "exit code %d", o->code);
    }
}

static void show(char *const *words)
{
    fputs("godwit-compare:", stderr);
    for (; *words; words++)
        fprintf(stderr, strpbrk(*words, " \"'\\") || !**words ? " '%s'" : " %s", *words);
    fputc('\n', stderr);
}

void run_command(struct outcome *o, char *const *words, double limit)
{
    struct sink sinks[2] = {{.fd = -1}, {.fd = -1}};
    int out = -1, err = -1, status = 0;
    sigset_t block;
    pid_t pid = 0;
    *o = (struct outcome){.code = RUN_NOT_STARTED};
    if (show_commands)
        show(words);
    run_hold();
    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&block, signals[i]);
    sigprocmask(SIG_BLOCK, &block, &listening);
    /* Both, also where the first fails: their texts are there in any case. */
    int code = sink_open(&sinks[0], &o->out, &o->out_length, OUT_MOST, &out);
    int other = sink_open(&sinks[1], &o->err, &o->err_length, ERR_MOST, &err);
    code = code ? code : other;
    sinks[1].keeps_end = 1;
    double begin = clock_now();
    if (!code)
        code = start(&pid, words, out, err);
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    if (code)
        snprintf(o->reason, sizeof o->reason, "'%.200s' cannot be started: %s", words[0], strerror(code));
    else
        o->code = watch(o, pid, sinks, begin, limit, &status);
    sink_close(&sinks[0]); /* whoever still writes ends of it */
    sink_close(&sinks[1]);
    if (pid) {
        end_all(pid, o->code == 0 ? patience : 0);
        conclude(o, status, limit);
    }
    sigprocmask(SIG_SETMASK, &listening, NULL);
    run_release();
}

void outcome_free(struct outcome *o)
{
    free(o->out);
    free(o->err);
    o->out = o->err = NULL;
}

void run_verbose(int verbose)
{
    show_commands = verbose;
}

void run_begin(void)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    find_strangers();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup stays in force */
            sigaction(signals[i], &action, NULL);
    action.sa_handler = on_child; /* also where our caller ignores SIGCHLD, which would hide exit codes */
    action.sa_flags = 0;
    sigaction(SIGCHLD, &action, NULL);
}
