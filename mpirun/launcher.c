/* The launcher: see launcher.h. The first cause of an end decides the exit code: a rank's abnormal end, a signal,
 * the time limit, a closed output. What follows from it is not a second cause. */
#define _GNU_SOURCE
#include "mpirun/launcher.h"
#include "mpirun/launcher_state.h"

#include "base/log.h"
#include "mpirun/agent.h"
#include "mpirun/around.h"
#include "mpirun/jobpack.h"
#include "mpirun/report.h"
#include "mpirun/signals.h"
#include "mpirun/tree.h"

#include <errno.h>
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

/* When some hosts cannot be reached, the others get so long (s) to answer: all that fail are to be named. */
#define LAST_CALL 3.0

void launcher_say(struct launcher *l, const char *format, ...)
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
    if (l->done_count == l->job->node_count)
        nodes_shut_door(&l->nodes);
    if (l->done_count == l->job->node_count && output_empty(&l->out) && output_empty(&l->err))
        l->end = 1;
}

/* The job ends with this code, if no earlier cause has decided. Returns whether it is the first. */
int launcher_decide(struct launcher *l, int code)
{
    if (l->ended)
        return 0;
    l->ended = 1;
    l->code = code;
    return 1;
}

void launcher_node_done(struct launcher *l, uint32_t node)
{
    if (l->done[node])
        return;
    l->done[node] = 1;
    l->done_count++;
    if (!l->place)
        input_closed(&l->input, node);
}

/* Asks all ranks to end: with a signal first, by force when the grace is over. */
static void end_with(struct launcher *l, int sig, unsigned flags)
{
    struct frame_end e = {sig, (int32_t)(l->job->conf.grace * 1000)};
    nodes_send(&l->nodes, FRAME_ALL, FRAME_END, flags, &e, sizeof e);
    nodes_wake_agent(&l->nodes); /* a stopped agent would not hear of it */
    nodes_abandon(&l->nodes);
    for (uint32_t i = 0; l->place && i < (uint32_t)l->job->node_count; i++)
        launcher_node_done(l, i);
    if (l->place)
        maybe_end(l);
}

void launcher_end_ranks(struct launcher *l, int sig)
{
    end_with(l, sig, 0);
}

static const char *host_of(const struct launcher *l, uint32_t node)
{
    return jobpack_node_name(l->job, node);
}

static void hear_signals(struct launcher *l);

/* ---- what the agents say ---- */

static void rank_exited(struct launcher *l, uint32_t rank, uint32_t node, const char *payload)
{
    struct frame_exit e;
    struct words words;
    hear_signals(l); /* ^C reaches us before a rank dies of it, but this news may be read first */
    memcpy(&e, payload, sizeof e);
    int code = report_exit(rank, &e, host_of(l, node), &words);
    int bad = code != 0 || e.life == NODE_ABORTED;
    l->exits++;
    l->failures += bad;
    if (bad && launcher_decide(l, code)) {
        launcher_say(l, "%s%s", words.s, l->exits < l->job->size ? "; ending the job" : "");
        launcher_end_ranks(l, SIGTERM);
    } else if (l->job->verbose) {
        launcher_say(l, "%s", words.s);
    }
}

static void start_failed(struct launcher *l, uint32_t node, const char *payload)
{
    struct frame_failed f;
    char text[WORDS_SIZE];
    memcpy(&f, payload, sizeof f);
    proto_words(text, sizeof text, f.words);
    if (!launcher_decide(l, f.code))
        return;
    if (l->job->node_count > 1 || l->job->here < 0)
        launcher_say(l, "%s: %s", host_of(l, node), text);
    else
        launcher_say(l, "%s", text);
    if (l->job->node_count > 1)
        launcher_end_ranks(l, SIGTERM);
}

static void started(struct launcher *l, uint32_t node, const char *payload)
{
    struct frame_started s;
    memcpy(&s, payload, sizeof s);
    if (l->job->verbose)
        launcher_say(l, "%u rank%s on %s after %.1f ms", s.ranks, s.ranks == 1 ? " runs" : "s run", host_of(l, node),
            (double)(loop_now() - l->job->start_ns) / 1e6);
}

static void agent_says(struct launcher *l, const char *payload)
{
    struct frame_say f;
    char text[WORDS_SIZE];
    memcpy(&f, payload, sizeof f);
    proto_words(text, sizeof text, f.words);
    int first = f.code && launcher_decide(l, f.code);
    if (first || !f.code)
        launcher_say(l, "%s", text);
    if (first)
        launcher_end_ranks(l, SIGTERM);
}

static void show_line(void *owner, const char *line)
{
    struct launcher *l = owner;
    output_line(&l->err, line);
}

static void show_states(struct launcher *l)
{
    launcher_end_ranks(l, SIGTERM);
    loop_stop(&l->answer);
    states_show(&l->states, show_line, l);
}

void launcher_node_ready(struct launcher *l)
{
    if (++l->ready == l->job->node_count && !l->ended)
        nodes_send(&l->nodes, FRAME_ALL, FRAME_GO, 0, NULL, 0);
}

/* Nodes went away, and all that ran on them: words are the reason, where it is one for the job's end. */
static void lost(struct nodes *nodes, uint32_t node, uint32_t until, int code, const char *words)
{
    struct launcher *l = nodes->owner;
    for (; node < until; node++)
        launcher_node_done(l, node);
    if (*words && launcher_decide(l, code)) {
        launcher_say(l, "%s", words);
        launcher_end_ranks(l, SIGTERM);
    }
    maybe_end(l);
}

/* A host that could not be started: another one tried to, and now it is mpirun's turn; or it was, and the job ends
 * when the others have had the time to answer or fail. */
static void unreached_from(struct launcher *l, uint32_t node, uint32_t until, const char *words, int by_us)
{
    if (!by_us && !l->ended && !l->unreached.count) {
        if (log_on(LOG_INFO))
            log_write(LOG_INFO, "%s could not be started by another host: %s", host_of(l, node), words);
        nodes_start(&l->nodes, node, until, l->job->conf.start_timeout, NODES_AS_ONE);
        return;
    }
    remote_add(&l->unreached, node, host_of(l, node), words);
    launcher_node_done(l, node);
    nodes_last_call(&l->nodes, LAST_CALL);
    if (until - node > 1) { /* those that it was to start: they may fail too */
        if (l->ended)
            lost(&l->nodes, node + 1, until, 0, "");
        else
            nodes_start(&l->nodes, node + 1, until, LAST_CALL, NODES_EACH);
    }
    loop_set(&l->told, 0);
}

static void unreached(struct nodes *nodes, uint32_t node, uint32_t until, const char *words)
{
    unreached_from(nodes->owner, node, until, words, 1);
}

/* One sentence for each reason, when everybody has answered or failed. */
static void tell_failures(struct timer *timer)
{
    struct launcher *l = timer->owner;
    char text[2 * WORDS_SIZE + 600];
    if (nodes_undecided(&l->nodes)) {
        loop_set(timer, 20000000);
        return;
    }
    if (launcher_decide(l, 1))
        for (int i = 0; remote_sentence(&l->unreached, i, text, sizeof text); i++)
            launcher_say(l, "%s", text);
    launcher_end_ranks(l, SIGTERM);
    maybe_end(l);
}

static void noise(struct nodes *nodes, uint32_t node, const char *line, size_t n)
{
    struct launcher *l = nodes->owner;
    char text[1024], clean[1024];
    (void)node;
    snprintf(text, sizeof text, "%.*s", n < sizeof text ? (int)n : (int)sizeof text - 1, line);
    words_clean(clean, sizeof clean, text);
    output_line(&l->err, clean);
}

static void output_came(struct launcher *l, const struct frame *head, const char *payload)
{
    int is_err = (head->flags & OUTPUT_STDERR) != 0;
    debts_add(&l->debts[is_err], head->node, head->length);
    output_rank(is_err ? &l->err : &l->out, head->rank, payload, head->length);
}

static void frame_came(struct nodes *nodes, const struct frame *head, const char *payload)
{
    struct launcher *l = nodes->owner;
    struct frame_lost f;
    struct frame_unreached u;
    char text[WORDS_SIZE];
    if (head->rank && head->rank >= (uint32_t)l->job->size)
        return; /* an agent says so only when its memory is broken */
    switch (head->type) {
    case FRAME_STARTED:
        started(l, head->node, payload);
        break;
    case FRAME_SAY:
        agent_says(l, payload);
        break;
    case FRAME_FAILED:
        start_failed(l, head->node, payload);
        break;
    case FRAME_READY:
        launcher_node_ready(l);
        break;
    case FRAME_OUTPUT:
        output_came(l, head, payload);
        break;
    case FRAME_EXIT:
        rank_exited(l, head->rank, head->node, payload);
        break;
    case FRAME_STATE:
        if (states_add(&l->states, head->rank, payload))
            show_states(l);
        break;
    case FRAME_WANT_STDIN:
        if (head->flags & INPUT_NO_MORE)
            input_closed(&l->input, head->node);
        else
            input_wanted(&l->input, head->node);
        break;
    case FRAME_STOPPED:
        if (input_rank_stopped(&l->input))
            launcher_say(l, "rank %u wants to read the terminal and waits until mpirun is in the foreground (fg)", head->rank);
        break;
    case FRAME_LOST:
        memcpy(&f, payload, sizeof f);
        proto_words(text, sizeof text, f.words);
        lost(nodes, head->node, f.until, f.code, text);
        break;
    case FRAME_UNREACHED:
        memcpy(&u, payload, sizeof u);
        proto_words(text, sizeof text, u.words);
        unreached_from(l, head->node, u.until, text, 0);
        break;
    case FRAME_TOPOLOGY:
        launcher_told(l, head->node, payload, head->length);
        break;
    case FRAME_WANT_ADDRESSES:
    case FRAME_ADDRESSES:
        launcher_addresses(l, head, payload);
        break;
    case FRAME_NOISE:
        noise(nodes, head->node, payload, head->length);
        break;
    case FRAME_DONE:
        launcher_node_done(l, head->node);
        maybe_end(l);
        break;
    default: /* a frame that only launchers send */
        break;
    }
}

/* ---- outputs ---- */

/* What has been written is credit again for the nodes that sent it. */
static void written(struct output *o, size_t bytes)
{
    struct launcher *l = o->owner;
    if (bytes)
        debts_pay(&l->debts[o == &l->err], &l->nodes);
    maybe_end(l);
}

static void output_failed(struct output *o)
{
    struct launcher *l = o->owner;
    if (o == &l->err) { /* nobody can be told, but the exit code will tell */
        if (o->error == EPIPE && launcher_decide(l, 128 + SIGPIPE))
            launcher_end_ranks(l, SIGTERM);
        return;
    }
    if (o->error == EPIPE && launcher_decide(l, 128 + SIGPIPE))
        launcher_say(l, "the reader of standard output has closed it; ending the job");
    else if (o->error != EPIPE && launcher_decide(l, 1))
        launcher_say(l, "cannot write to standard output: %s; ending the job", strerror(o->error));
    launcher_end_ranks(l, SIGTERM);
}

/* ---- standard input ---- */

static void pass_input(struct input *in, const char *data, size_t n)
{
    struct launcher *l = in->owner;
    uint32_t to = l->job->stdin_rank < 0 ? FRAME_ALL : jobpack_node_of(l->job, (uint32_t)l->job->stdin_rank);
    nodes_send(&l->nodes, to, FRAME_STDIN, 0, data, n);
}

static void signal_ranks(struct launcher *l, uint32_t node, int sig)
{
    struct frame_signal s = {sig};
    nodes_send(&l->nodes, node, FRAME_SIGNAL, 0, &s, sizeof s);
}

static void in_foreground(struct input *in)
{
    struct launcher *l = in->owner;
    signal_ranks(l, (uint32_t)l->job->here, SIGCONT);
}

static void input_says(struct input *in, const char *text)
{
    launcher_say(in->owner, "%s", text);
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
    if (l->done_count == l->job->node_count)
        return;
    if (l->overdue++)
        nodes_lose_all(&l->nodes, "does not act");
    else
        loop_set(timer, 500000000);
}

static void asked_to_end(struct launcher *l, int sig, int from_terminal)
{
    if (launcher_decide(l, 128 + sig)) {
        l->asked = 1;
        if (sig == SIGINT)
            launcher_say(l, "interrupted; ending the job (once more: at once)");
        else
            launcher_say(l, "got signal %d (SIG%s); ending the job", sig, sigabbrev_np(sig));
    }
    /* The terminal has sent it to the ranks itself: they are in mpirun's process group. */
    if (sig == SIGINT && l->interrupts++)
        launcher_end_ranks(l, SIGKILL);
    else
        end_with(l, sig == SIGINT && l->deaf_ranks ? SIGTERM : sig,
                 from_terminal && !(sig == SIGINT && l->deaf_ranks) ? END_BY_TERMINAL : 0);
    if (!l->drain.at_ns)
        loop_set(&l->drain, (int64_t)(l->job->conf.grace * 1e9) + 300000000);
}

/* Ctrl-Z: the terminal has stopped the ranks of this host, and mpirun stops those of the others, and then
 * itself. */
static void stop_all(struct launcher *l)
{
    for (int i = 0; i < l->job->node_count; i++)
        if (i != l->job->here)
            signal_ranks(l, (uint32_t)i, SIGSTOP);
    raise(SIGSTOP);
    nodes_hear_all(&l->nodes);
    for (int i = 0; i < l->job->node_count; i++)
        if (i != l->job->here)
            signal_ranks(l, (uint32_t)i, SIGCONT);
}

static void hear_signals(struct launcher *l)
{
    struct signalfd_siginfo info;
    while (read(l->signals.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        int sig = (int)info.ssi_signo;
        if (sig == SIGCHLD)
            nodes_reap(&l->nodes);
        else if (sig == SIGTSTP)
            stop_all(l);
        else if (sig == SIGUSR1 || sig == SIGUSR2)
            signal_ranks(l, FRAME_ALL, sig);
        else
            asked_to_end(l, sig, info.ssi_code == SI_KERNEL);
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
    if (!launcher_decide(l, CODE_TIMEOUT))
        return;
    states_open(&l->states, (uint32_t)l->job->size);
    launcher_say(l, "the job has reached its time limit of %g s and is ended; its ranks:", l->job->conf.timeout);
    nodes_send(&l->nodes, FRAME_ALL, FRAME_REPORT, 0, NULL, 0);
    nodes_wake_agent(&l->nodes);
    loop_set(&l->answer, 300000000);
    loop_set(&l->drain, (int64_t)(l->job->conf.grace * 1e9) + 600000000);
}

/* Some agent did not answer in time. */
static void no_answer(struct timer *timer)
{
    show_states(timer->owner);
}

static int reaches_out(const struct job *job)
{
    return job->node_count > (job->here >= 0);
}

static int watch_signals(struct launcher *l, struct words *why)
{
    sigprocmask(SIG_BLOCK, NULL, &l->mask);
    int fd = signals_open(reaches_out(l->job), &l->deaf_ranks);
    l->signals = (struct watch){.fd = fd, .ready = signals_ready, .owner = l};
    if (fd < 0 || loop_add(&l->loop, &l->signals, EPOLLIN))
        return words_set(why, "cannot watch signals: %s", strerror(errno));
    return 0;
}

static const char *host_name_of_rank(void *owner, uint32_t rank)
{
    const struct launcher *l = owner;
    return host_of(l, jobpack_node_of(l->job, rank));
}

static int open_outputs(struct launcher *l)
{
    struct output *outputs[] = {&l->out, &l->err};
    for (int i = 0; i < 2; i++) {
        output_open(outputs[i], &l->loop, i ? STDERR_FILENO : STDOUT_FILENO, l->job->conf.tag);
        outputs[i]->written = written;
        outputs[i]->failed = output_failed;
        outputs[i]->host_of = host_name_of_rank;
        outputs[i]->owner = l;
        debts_open(&l->debts[i], l->job->node_count);
    }
    output_join(&l->out, &l->err);
    l->done = calloc((size_t)l->job->node_count, 1);
    return l->done ? 0 : -1;
}

/* The agent of this host first: it inherits what is open. Then those of the hosts before it and behind it. */
static int start_agents(struct launcher *l, struct words *why)
{
    uint32_t here = (uint32_t)l->job->here, count = (uint32_t)l->job->node_count;
    double seconds = l->job->conf.start_timeout;
    l->nodes = (struct nodes){.others = l->others, .other_count = l->other_count, .owner = l, .frame = frame_came,
                              .lost = lost, .unreached = unreached, .noise = noise};
    l->nodes.asks = l->place != NULL;
    nodes_open(&l->nodes, &l->loop, l->job);
    if (l->job->here >= 0 && !l->place && nodes_start_agent(&l->nodes, here, agent_run, why))
        return -1;
    nodes_start(&l->nodes, 0, l->job->here >= 0 ? here : count, seconds, NODES_TREE);
    if (l->job->here >= 0)
        nodes_start(&l->nodes, here + 1, count, seconds, NODES_TREE);
    return 0;
}

/* 0, or words. */
static int start(struct launcher *l, struct words *why)
{
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
    if (loop_open(&l->loop))
        return words_set(why, "cannot make an event loop: %s", strerror(errno));
    if (start_agents(l, why))
        return -1;
    if (open_outputs(l))
        return words_set(why, "no memory to keep track of %d hosts", l->job->node_count);
    l->input = (struct input){.owner = l, .pass = pass_input, .go_on = in_foreground, .say = input_says};
    if (!l->place)
        input_open(&l->input, &l->loop, l->job);
    exchange_open(&l->exchange, (uint32_t)l->job->node_count, 0);
    loop_timer(&l->loop, &l->limit, limit_reached, l);
    loop_timer(&l->loop, &l->answer, no_answer, l);
    loop_timer(&l->loop, &l->drain, stop_draining, l);
    loop_timer(&l->loop, &l->told, tell_failures, l);
    if (l->job->conf.timeout > 0)
        loop_set(&l->limit, (int64_t)(l->job->conf.timeout * 1e9));
    return watch_signals(l, why);
}

int launcher_run(struct job *job, launcher_place *place)
{
    static struct launcher l; /* lives as long as the process */
    struct words why;
    l.job = job;
    l.place = place;
    jobpack_number_nodes(job);
    job->terminal = isatty(STDOUT_FILENO);
    if ((reaches_out(job) && around_describe(job, &why)) || start(&l, &why)) {
        fprintf(stderr, "mpirun: %s\n", why.s);
        return 1; /* the agent, if there is one, sees the stream break */
    }
    loop_run(&l.loop, &l.end);
    nodes_close(&l.nodes);
    if (l.asked && job->size && l.exits == job->size && l.failures == 0)
        return 0; /* asked to end, and every rank did so cleanly */
    /* What was written to standard error may have been lost. */
    return l.code == 0 && l.err.error && l.err.error != ECANCELED ? 1 : l.code;
}
