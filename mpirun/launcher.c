/* The launcher: see launcher.h. The first cause of an end decides the exit code: a rank's abnormal end, a signal,
 * the time limit, a closed output. What follows from it is not a second cause. */
#define _GNU_SOURCE
#include "mpirun/launcher.h"

#include "base/log.h"
#include "mpirun/agent.h"
#include "mpirun/link.h"
#include "mpirun/output.h"
#include "mpirun/report.h"
#include "mpirun/spawn.h"
#include "mpirun/tree.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CODE_TIMEOUT = 124 };

struct launcher {
    const struct job *job;
    struct loop loop;
    struct link link; /* to the agent */
    pid_t agent;
    struct watch signals, input;
    struct output out, err;
    struct timer limit, answer, drain, terminal;
    pid_t others[64]; /* children that this process had before it became mpirun (exec): they are not the job's */
    int other_count;
    int ended;     /* a cause for the end of the job is known */
    int code;      /* and this exit code follows from it */
    int asked;     /* the cause is a request: a signal, which ranks may answer with a clean end */
    int failures;  /* ranks that did not end cleanly */
    int exits;     /* ranks that have ended */
    int done;      /* the agent has cleaned up */
    int end;       /* nothing is left to do */
    int interrupts;
    int deaf_ranks; /* they have inherited that SIGINT is ignored */
    int complained; /* that the terminal is wanted in the background */
    int overdue;    /* the time for the end that somebody asked for is over */
    struct frame_state *states;
    uint32_t *state_ranks;
    int state_count;
};

static void say(struct launcher *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct launcher *l, const char *format, ...)
{
    char line[2048];
    va_list ap;
    int n = snprintf(line, sizeof line, "mpirun: ");
    va_start(ap, format);
    vsnprintf(line + n, sizeof line - (size_t)n, format, ap);
    va_end(ap);
    output_line(&l->err, line);
}

/* Everything has ended and has been written: mpirun ends. */
static void maybe_end(struct launcher *l)
{
    if (l->done && output_empty(&l->out) && output_empty(&l->err))
        l->end = 1;
}

/* The job ends with this code, if no earlier cause has decided. Returns whether it is the first. */
static int decide(struct launcher *l, int code)
{
    if (l->ended)
        return 0;
    l->ended = 1;
    l->code = code;
    return 1;
}

/* Asks all ranks to end: with a signal first, by force when the grace is over. */
static void end_ranks(struct launcher *l, int sig)
{
    struct frame_end e = {sig, (int32_t)(l->job->conf.grace * 1000)};
    link_send(&l->link, FRAME_END, 0, 0, &e, sizeof e);
    if (l->agent > 0)
        kill(l->agent, SIGCONT); /* a stopped agent would not hear of it */
}

static void hear_signals(struct launcher *l);
static void want_input(struct launcher *l);

/* ---- what the agent says ---- */

static void rank_exited(struct launcher *l, uint32_t rank, const char *payload)
{
    struct frame_exit e;
    struct words words;
    hear_signals(l); /* ^C reaches us before a rank dies of it, but this news may be read first */
    memcpy(&e, payload, sizeof e);
    int code = report_exit(rank, &e, l->job->host, &words);
    int bad = code != 0 || e.life == NODE_ABORTED;
    l->exits++;
    l->failures += bad;
    if (bad && decide(l, code)) {
        say(l, "%s%s", words.s, l->exits < l->job->size ? "; ending the job" : "");
        end_ranks(l, SIGTERM);
    } else if (l->job->verbose) {
        say(l, "%s", words.s);
    }
}

static void start_failed(struct launcher *l, const char *payload)
{
    struct frame_failed f;
    memcpy(&f, payload, sizeof f);
    char text[WORDS_SIZE];
    f.words[sizeof f.words - 1] = 0;
    words_clean(text, sizeof text, f.words);
    if (decide(l, f.code))
        say(l, "%s", text);
}

static void started(struct launcher *l, const char *payload)
{
    struct frame_started s;
    memcpy(&s, payload, sizeof s);
    if (l->job->verbose)
        say(l, "%u ranks run on %s after %.1f ms", s.ranks, l->job->host,
            (double)(loop_now() - l->job->start_ns) / 1e6);
}

static void agent_says(struct launcher *l, const char *payload)
{
    struct frame_say f;
    char text[WORDS_SIZE];
    memcpy(&f, payload, sizeof f);
    f.words[sizeof f.words - 1] = 0;
    words_clean(text, sizeof text, f.words);
    int first = f.code && decide(l, f.code);
    if (first || !f.code)
        say(l, "%s", text);
    if (first)
        end_ranks(l, SIGTERM);
}

/* Ranks that stand at the same place share a line. */
static void show_states(struct launcher *l)
{
    int64_t now = loop_now();
    end_ranks(l, SIGTERM);
    uint32_t *ranks = malloc((size_t)l->job->size * sizeof *ranks);
    char *shown = calloc((size_t)l->job->size, 1);
    loop_stop(&l->answer);
    for (int i = 0; ranks && shown && i < l->state_count; i++) {
        struct words text, other;
        char list[128];
        uint32_t count = 0;
        if (shown[i])
            continue;
        report_state(&l->states[i], now, &text);
        for (int j = i; j < l->state_count; j++) {
            report_state(&l->states[j], now, &other);
            if (strcmp(text.s, other.s) == 0) {
                shown[j] = 1;
                ranks[count++] = l->state_ranks[j];
            }
        }
        report_ranks(ranks, count, list, sizeof list);
        char line[WORDS_SIZE + 160];
        snprintf(line, sizeof line, "    %s %s: %s", count == 1 ? "rank" : "ranks", list, text.s);
        output_line(&l->err, line);
    }
    if (l->state_count < l->job->size)
        output_line(&l->err, "    the other ranks: no answer from the agent");
    free(ranks);
    free(shown);
}

static void state_came(struct launcher *l, uint32_t rank, const char *payload)
{
    if (!l->states || l->state_count >= l->job->size)
        return;
    memcpy(&l->states[l->state_count], payload, sizeof *l->states);
    l->state_ranks[l->state_count++] = rank;
    if (l->state_count == l->job->size)
        show_states(l);
}

static void frame_came(struct launcher *l, const struct frame *head, const char *payload)
{
    switch (head->type) {
    case FRAME_STARTED:
        started(l, payload);
        break;
    case FRAME_SAY:
        agent_says(l, payload);
        break;
    case FRAME_FAILED:
        start_failed(l, payload);
        break;
    case FRAME_OUTPUT:
        output_rank(head->flags & OUTPUT_STDERR ? &l->err : &l->out, head->rank, payload, head->length);
        break;
    case FRAME_EXIT:
        rank_exited(l, head->rank, payload);
        break;
    case FRAME_STATE:
        state_came(l, head->rank, payload);
        break;
    case FRAME_WANT_STDIN:
        want_input(l);
        break;
    case FRAME_STOPPED:
        if (tcgetpgrp(STDIN_FILENO) != getpgrp() && !l->complained++)
            say(l, "rank %u wants to read the terminal and waits until mpirun is in the foreground (fg)", head->rank);
        loop_set(&l->terminal, 100000000);
        break;
    case FRAME_DONE:
        l->done = 1;
        maybe_end(l);
        break;
    default: /* a frame that only launchers send */
        break;
    }
}

/* The agent has died: its ranks die with it, and what they leave behind has become our child. */
static void agent_lost(struct launcher *l, const struct words *fault)
{
    int status = 0;
    if (fault) /* it is still there */
        kill(l->agent, SIGKILL);
    while (waitpid(l->agent, &status, 0) < 0 && errno == EINTR)
        ;
    /* Until there is no child; or, when there are children of others, until none of the job's has shown up for a
     * while: what a dying process leaves behind becomes our child only when it is dead. */
    for (int rounds = 0, quiet = 0; rounds < 1000 && quiet < 20; rounds++) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        int found = tree_signal_but(getpid(), SIGKILL, l->others, l->other_count, NULL);
        if (pid < 0 || found < 0)
            break;
        quiet = l->other_count && found == 0 ? quiet + 1 : 0;
        usleep(rounds < 100 ? 1000 : 10000);
    }
    l->agent = 0;
    if (decide(l, fault || !WIFSIGNALED(status) ? 1 : 128 + WTERMSIG(status))) {
        if (fault)
            say(l, "the agent of mpirun on %s %s, and the job was ended without it", l->job->host, fault->s);
        else
            say(l, "the agent of mpirun on %s ended unexpectedly (%s %d), and the job with it", l->job->host,
                WIFSIGNALED(status) ? "signal" : "code",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    l->done = 1;
    maybe_end(l);
}

static void link_received(struct link *link)
{
    struct launcher *l = link->owner;
    struct frame head;
    const char *payload;
    struct words why;
    int rc;
    while ((rc = proto_peek(&link->in, &head, &payload, &why)) > 0) {
        frame_came(l, &head, payload);
        bytes_drop(&link->in, sizeof head + head.length);
    }
    if (!l->done && (link->broken || rc < 0))
        agent_lost(l, rc < 0 ? &why : NULL);
}

/* ---- outputs ---- */

static void written(struct output *o, size_t bytes)
{
    struct launcher *l = o->owner;
    struct frame_credit credit = {(uint32_t)bytes};
    if (bytes)
        link_send(&l->link, FRAME_CREDIT, 0, 0, &credit, sizeof credit);
    maybe_end(l);
}

static void output_failed(struct output *o)
{
    struct launcher *l = o->owner;
    if (o == &l->err) { /* nobody can be told, but the exit code will tell */
        if (o->error == EPIPE && decide(l, 128 + SIGPIPE))
            end_ranks(l, SIGTERM);
        return;
    }
    if (o->error == EPIPE && decide(l, 128 + SIGPIPE))
        say(l, "the reader of standard output has closed it; ending the job");
    else if (o->error != EPIPE && decide(l, 1))
        say(l, "cannot write to standard output: %s; ending the job", strerror(o->error));
    end_ranks(l, SIGTERM);
}

/* ---- standard input for all ranks ---- */

/* One piece of it, or its end. */
static void pass_input(struct launcher *l)
{
    char data[16384];
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&ready, 1, 0) == 0) { /* somebody who shares it was faster */
        want_input(l);
        return;
    }
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        want_input(l);
    } else if (n < 0 && errno == EIO && isatty(STDIN_FILENO)) {
        loop_set(&l->terminal, 200000000); /* it went to the background just now */
    } else {
        if (n < 0)
            say(l, "cannot read standard input: %s; the ranks see its end", strerror(errno));
        link_send(&l->link, FRAME_STDIN, 0, 0, data, n > 0 ? (size_t)n : 0);
    }
}

static void input_ready(struct watch *watch, uint32_t events)
{
    struct launcher *l = watch->owner;
    (void)events;
    loop_remove(&l->loop, watch);
    pass_input(l);
}

/* The ranks have taken what there was: the next piece, as soon as it comes. */
static void want_input(struct launcher *l)
{
    if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp())
        loop_set(&l->terminal, 200000000); /* in the background: the terminal is somebody else's */
    else if (!l->input.watched && loop_add(&l->loop, &l->input, EPOLLIN)) /* a file cannot be: it is always ready */
        pass_input(l);
}

/* The terminal was wanted while mpirun was in the background. */
static void look_at_terminal(struct timer *timer)
{
    struct launcher *l = timer->owner;
    if (tcgetpgrp(STDIN_FILENO) != getpgrp()) {
        loop_set(timer, 200000000);
        return;
    }
    if (l->job->stdin_rank == JOB_STDIN_ALL) {
        want_input(l);
    } else {
        struct frame_signal s = {SIGCONT};
        l->complained = 0;
        link_send(&l->link, FRAME_SIGNAL, 0, 0, &s, sizeof s);
    }
}

/* ---- signals and time ---- */

/* An end that somebody asked for must not wait for a reader of the output that has stopped reading, nor for an
 * agent that does not act (a rank may have stopped it, say). */
static void stop_draining(struct timer *timer)
{
    struct launcher *l = timer->owner;
    output_discard(&l->out);
    output_discard(&l->err);
    maybe_end(l);
    if (l->done)
        return;
    struct words why;
    words_set(&why, "does not act");
    if (l->overdue++)
        agent_lost(l, &why);
    else
        loop_set(timer, 500000000);
}

static void asked_to_end(struct launcher *l, int sig, int from_terminal)
{
    if (decide(l, 128 + sig)) {
        l->asked = 1;
        if (sig == SIGINT)
            say(l, "interrupted; ending the job (once more: at once)");
        else
            say(l, "got signal %d (SIG%s); ending the job", sig, sigabbrev_np(sig));
    }
    /* The terminal has sent it to the ranks itself: they are in mpirun's process group. */
    if (sig == SIGINT && l->interrupts++)
        end_ranks(l, SIGKILL);
    else
        end_ranks(l, sig == SIGINT && l->deaf_ranks ? SIGTERM : from_terminal ? 0 : sig);
    if (!l->drain.at_ns)
        loop_set(&l->drain, (int64_t)(l->job->conf.grace * 1e9) + 300000000);
}

static void hear_signals(struct launcher *l)
{
    struct signalfd_siginfo info;
    while (read(l->signals.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        int sig = (int)info.ssi_signo;
        if (sig == SIGUSR1 || sig == SIGUSR2) {
            struct frame_signal s = {sig};
            link_send(&l->link, FRAME_SIGNAL, 0, 0, &s, sizeof s);
        } else {
            asked_to_end(l, sig, info.ssi_code == SI_KERNEL);
        }
    }
}

static void signals_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    hear_signals(watch->owner);
}

static void limit_reached(struct timer *timer)
{
    struct launcher *l = timer->owner;
    if (!decide(l, CODE_TIMEOUT))
        return;
    l->states = calloc((size_t)l->job->size, sizeof *l->states);
    l->state_ranks = calloc((size_t)l->job->size, sizeof *l->state_ranks);
    say(l, "the job has reached its time limit of %g s and is ended; its ranks:", l->job->conf.timeout);
    link_send(&l->link, FRAME_REPORT, 0, 0, NULL, 0);
    kill(l->agent, SIGCONT);
    loop_set(&l->answer, 300000000);
    loop_set(&l->drain, (int64_t)(l->job->conf.grace * 1e9) + 600000000);
}

/* Some agent did not answer in time. */
static void no_answer(struct timer *timer)
{
    show_states(timer->owner);
}

static int watch_signals(struct launcher *l, struct words *why)
{
    static const int heard[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigset_t set;
    struct sigaction now;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++) {
        int ignored = sigaction(heard[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN;
        if (heard[i] == SIGINT)
            l->deaf_ranks = ignored;
        /* nohup's wish is respected; a shell script, which ignores SIGINT for what it starts in the background,
         * means the keyboard's and not that of a person who ends this job. */
        if (!ignored || (heard[i] != SIGHUP && heard[i] != SIGQUIT))
            sigaddset(&set, heard[i]);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of write, and gets a sentence */
    signal(SIGTTIN, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    l->signals = (struct watch){.fd = fd, .ready = signals_ready, .owner = l};
    if (fd < 0 || loop_add(&l->loop, &l->signals, EPOLLIN))
        return words_set(why, "cannot watch signals: %s", strerror(errno));
    return 0;
}

/* 0, or words. */
static int start(struct launcher *l, struct words *why)
{
    int stream;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        return words_set(why, "cannot take charge of what ranks leave behind: %s", strerror(errno));
    signal(SIGCHLD, SIG_DFL); /* where it was ignored, nobody could wait for a rank */
    if (waitpid(-1, NULL, WNOHANG) == 0) /* such as the tee of a shell's `exec mpirun ... > >(tee log)` */
        l->other_count = tree_children(getpid(), l->others, sizeof l->others / sizeof l->others[0]);
    /* A rank that reads the terminal from the background stops the whole group, perhaps before watch_signals. */
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTTIN);
    sigaddset(&stops, SIGTTOU);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    l->agent = spawn_agent(agent_run, l->job, &stream, why);
    if (l->agent < 0)
        return -1;
    if (loop_open(&l->loop))
        return words_set(why, "cannot make an event loop: %s", strerror(errno));
    output_open(&l->out, &l->loop, STDOUT_FILENO, l->job->conf.tag);
    output_open(&l->err, &l->loop, STDERR_FILENO, l->job->conf.tag);
    output_join(&l->out, &l->err);
    l->out.written = l->err.written = written;
    l->out.failed = l->err.failed = output_failed;
    l->out.owner = l->err.owner = l;
    l->input = (struct watch){.fd = STDIN_FILENO, .ready = input_ready, .owner = l};
    loop_timer(&l->loop, &l->limit, limit_reached, l);
    loop_timer(&l->loop, &l->answer, no_answer, l);
    loop_timer(&l->loop, &l->drain, stop_draining, l);
    loop_timer(&l->loop, &l->terminal, look_at_terminal, l);
    if (l->job->conf.timeout > 0)
        loop_set(&l->limit, (int64_t)(l->job->conf.timeout * 1e9));
    link_open(&l->link, &l->loop, stream, link_received, l);
    return watch_signals(l, why);
}

int launcher_run(const struct job *job)
{
    static struct launcher l; /* lives as long as the process */
    struct words why;
    l.job = job;
    if (start(&l, &why)) {
        fprintf(stderr, "mpirun: %s\n", why.s);
        return 1; /* the agent, if there is one, sees the stream break */
    }
    for (int i = 0; i < job->note_count; i++)
        say(&l, "note: %s yet (the option is accepted and has no effect)", job->notes[i]);
    loop_run(&l.loop, &l.end);
    link_close(&l.link);
    if (l.agent > 0)
        while (waitpid(l.agent, NULL, 0) < 0 && errno == EINTR)
            ;
    if (l.asked && l.exits == job->size && l.failures == 0)
        return 0; /* asked to end, and every rank did so cleanly */
    return l.code == 0 && l.err.error && l.err.error != ECANCELED ? 1 : l.code; /* what was written to standard error has been lost */
}
