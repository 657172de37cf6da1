/* The agent: see agent.h.
 *
 * Its processes cannot escape: it is a child subreaper, so that what a rank leaves behind becomes its child; a
 * rank dies with it (PDEATHSIG); and the launcher is a subreaper too and finishes what a killed agent could
 * not. */
#define _GNU_SOURCE
#include "mpirun/agent.h"

#include "base/log.h"
#include "mpirun/book.h"
#include "mpirun/feed.h"
#include "mpirun/segment.h"
#include "mpirun/spawn.h"
#include "mpirun/streams.h"
#include "mpirun/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many ranks are started before the loop looks at other events; how long a job must live before it is worth
 * reading the machine's topology, which nobody needs to start; after how many rounds of killing that is said. */
enum { START_AT_ONCE = 32, TOPOLOGY_AFTER_NS = 50000000, KILL_ROUNDS_SAID = 40 };

struct rank {
    pid_t pid; /* 0: not started, or ended */
    uint32_t world_rank; /* the record says so too, but there a rank can overwrite it */
    struct stream out, err;
};

struct agent {
    const struct job *job;
    const struct host *host; /* this one, with the ranks that it gets */
    int size;                /* the number of these */
    struct loop loop;
    struct link link;
    struct watch signals;
    struct streams streams;
    struct node_head *node;
    struct spawn_common spawn;
    struct rank *ranks;
    struct program *programs;
    int nothing;  /* /dev/null */
    int started;  /* ranks, of all programs; the rest follows from the loop */
    int waits;    /* for the word that all other nodes are ready too */
    int network_told;
    int ending;   /* no more ranks are to be started */
    int alive;    /* ranks that have not ended */
    int cleaning; /* no rank is alive: what is left of their children is killed */
    int childless;
    int blind;    /* no rank is alive, and without /proc what they have left behind cannot be found */
    int done, end;
    int kill_rounds, kill_found; /* rounds of killing that found the same number of processes */
    struct timer kill; /* grace is over */
    struct timer start, topology;
    struct timer silence; /* elsewhere: the guard of this host speaks now and then, or hangs */
    int64_t listened_ns;
    struct book book; /* of addresses */
    struct feed feed; /* of standard input that is not read by the rank itself */
};

/* Tells the launcher when the last process is gone and the last byte of output sent. */
static void maybe_done(struct agent *a)
{
    if (a->done || a->alive || (a->started < a->size && !a->ending) ||
        (!a->blind && (!a->childless || a->streams.open)))
        return;
    a->done = 1;
    link_send(&a->link, FRAME_DONE, 0, 0, NULL, 0);
}

/* A signal for everything below this agent; -1: there is no /proc, and only the ranks got it. */
static int signal_all(struct agent *a, int sig, pid_t *refused)
{
    int found = tree_signal_but(getpid(), sig, NULL, 0, refused);
    if (found >= 0)
        return found;
    for (uint32_t i = 0; a->ranks && i < (uint32_t)a->size; i++)
        if (a->ranks[i].pid)
            kill(a->ranks[i].pid, sig);
    return -1;
}

static void say(struct agent *a, int code, const struct words *words)
{
    struct frame_say f = {.code = code};
    memcpy(f.words, words->s, sizeof f.words);
    link_send(&a->link, FRAME_SAY, 0, 0, &f, sizeof f);
}

static void fail(struct agent *a, const struct words *why)
{
    struct words words;
    words_set(&words, "the agent of mpirun on %s: %.400s; ending the job", a->job->host, why->s);
    say(a, 1, &words);
}

/* Returns 0 when only the ranks could be killed. */
static int kill_all(struct agent *a)
{
    struct words words;
    pid_t refused = 0;
    int found = signal_all(a, SIGKILL, &refused);
    /* What stays is stuck; what comes and goes is born faster than it is found, and is hunted without a pause. */
    a->kill_rounds = found > 0 && found == a->kill_found ? a->kill_rounds + 1 : 0;
    a->kill_found = found;
    if (a->kill_rounds == KILL_ROUNDS_SAID) {
        words_set(&words, refused ? "%d processes of the job do not end; process %d runs as another user, who has to "
                                    "end it"
                                  : "%d processes of the job were killed and do not end (they wait for a device?)",
                  found, (int)refused);
        say(a, 0, &words);
    }
    loop_set(&a->kill, a->kill_rounds >= KILL_ROUNDS_SAID ? 1000000000 : a->kill_rounds ? 20000000 : 1000000);
    return found >= 0;
}

static void kill_again(struct timer *timer)
{
    struct agent *a = timer->owner;
    if (a->childless)
        return;
    a->blind = !kill_all(a) && !a->alive;
    maybe_done(a);
}

static void tell_network(struct agent *a, int ended)
{
    struct words words;
    if (a->ranks && a->job->verbose && !a->network_told && book_network(a->node, ended, &words)) {
        a->network_told = 1;
        say(a, 0, &words);
    }
}

static void rank_ended(struct agent *a, uint32_t local, int status)
{
    const struct node_rank *record = node_rank_at(a->node, local);
    struct frame_exit e = {.pid = a->ranks[local].pid, .status = status};
    e.life = atomic_load_explicit(&record->life, memory_order_acquire); /* L1 */
    e.code = record->code;
    if (e.life == NODE_ABORTED || e.life == NODE_FAILED)
        memcpy(e.words, record->words, sizeof e.words);
    e.words[sizeof e.words - 1] = 0;
    if (log_on(LOG_DEBUG))
        log_write(LOG_DEBUG, "rank %u, process %d, ended with status 0x%x, life %u", a->ranks[local].world_rank,
                  (int)e.pid, (unsigned)status, e.life);
    atomic_store_explicit(&node_rank_at(a->node, local)->leaves, 1, memory_order_seq_cst); /* nobody waits for it */
    a->ranks[local].pid = 0;
    a->alive--;
    feed_close(&a->feed, local);
    book_rank_ended(&a->book, local);
    tell_network(a, local == 0);
    link_send(&a->link, FRAME_EXIT, 0, a->ranks[local].world_rank, &e, sizeof e);
}

static int rank_of(const struct agent *a, pid_t pid)
{
    for (int i = 0; a->ranks && i < a->size; i++)
        if (a->ranks[i].pid == pid)
            return i;
    return -1;
}

/* Ranks and their orphans that ended or stopped. */
static void reap(struct agent *a)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED);
        if (pid < 0 && errno == EINTR)
            continue;
        a->childless = pid < 0;
        if (pid <= 0)
            break;
        int local = rank_of(a, pid);
        if (local < 0)
            continue;
        if (!WIFSTOPPED(status))
            rank_ended(a, (uint32_t)local, status);
        else if (WSTOPSIG(status) == SIGTTIN || WSTOPSIG(status) == SIGTTOU)
            link_send(&a->link, FRAME_STOPPED, 0, a->ranks[local].world_rank, NULL, 0);
    }
    if (!a->alive && !a->childless && !a->cleaning && (a->ending || a->started == a->size)) {
        a->cleaning = 1;
        kill_all(a);
    }
    maybe_done(a);
}

static void signals_ready(struct watch *watch, uint32_t events)
{
    struct agent *a = watch->owner;
    struct signalfd_siginfo info;
    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGTERM && !a->ending) {
            struct words words;
            words_set(&words, "the agent of mpirun on %s was asked to end (SIGTERM); ending the job", a->job->host);
            say(a, 128 + SIGTERM, &words);
        }
    reap(a);
}

static void pipes_ended(struct streams *streams)
{
    maybe_done(streams->owner);
}

/* ---- what the launcher says ---- */

static void go(struct agent *a);

static void report(struct agent *a)
{
    int64_t now = loop_now();
    for (uint32_t i = 0; i < (uint32_t)a->size; i++) {
        const struct node_rank *record = node_rank_at(a->node, i);
        struct frame_state s = {.pid = a->ranks[i].pid, .life = record->life};
        s.process = s.pid ? tree_state(s.pid) : i < (uint32_t)a->started ? 'X' : 'N';
        s.waiting = node_wait_read(record, &s.wait) && s.wait.call[0];
        s.wait.since_ns = now - s.wait.since_ns;
        link_send(&a->link, FRAME_STATE, 0, a->ranks[i].world_rank, &s, sizeof s);
    }
}

static void end_ranks(struct agent *a, const struct frame_end *e, int by_terminal)
{
    int sig = by_terminal && !a->job->elsewhere ? 0 : e->signal; /* these ranks have it already */
    if (log_on(LOG_DEBUG))
        log_write(LOG_DEBUG, "ending %d ranks: signal %d, SIGKILL after %d ms", a->alive, e->signal, e->grace_ms);
    a->ending = 1; /* ranks that have not been started never will be */
    if (a->waits)
        go(a);
    if (e->signal == SIGKILL) {
        kill_all(a);
        return;
    }
    if (sig > 0 && sig < NSIG)
        signal_all(a, sig, NULL);
    signal_all(a, SIGCONT, NULL); /* a stopped process would not see it */
    if (!a->kill.at_ns)
        loop_set(&a->kill, (int64_t)e->grace_ms * 1000000);
}

static void frame_came(struct agent *a, const struct frame *head, const char *payload)
{
    struct words why;
    if (head->type == FRAME_PING)
        link_send(&a->link, FRAME_PING, 0, 0, NULL, 0);
    tell_network(a, 0);
    if (!a->ranks) /* nothing has been started, nothing will */
        return;
    switch (head->type) {
    case FRAME_GO:
        if (a->waits)
            go(a);
        break;
    case FRAME_SIGNAL: {
        struct frame_signal s;
        memcpy(&s, payload, sizeof s);
        if (s.signal > 0 && s.signal < NSIG)
            signal_all(a, s.signal, NULL);
        break;
    }
    case FRAME_END: {
        struct frame_end e;
        memcpy(&e, payload, sizeof e);
        end_ranks(a, &e, head->flags & END_BY_TERMINAL);
        break;
    }
    case FRAME_CREDIT: {
        struct frame_credit c;
        memcpy(&c, payload, sizeof c);
        streams_credit(&a->streams, c.bytes);
        break;
    }
    case FRAME_REPORT:
        report(a);
        break;
    case FRAME_COLLECT:
        book_collect(&a->book);
        break;
    case FRAME_BOOK:
        if (book_came(&a->book, payload, head->length, &why))
            fail(a, &why);
        break;
    case FRAME_STDIN:
        feed_came(&a->feed, payload, head->length);
        break;
    default: /* a frame that only agents send */
        break;
    }
}

/* Without a launcher nobody needs the ranks, nor this process once they are gone. */
static void launcher_gone(struct agent *a)
{
    a->ending = 1;
    for (int rounds = 0; !a->childless && rounds < 5000; rounds++) {
        if (signal_all(a, SIGKILL, NULL) < 0)
            break;
        usleep(rounds < 100 ? 1000 : 20000);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        a->childless = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
    }
    a->end = 1;
}

static void listen_for_guard(struct timer *timer)
{
    struct agent *a = timer->owner;
    int64_t patience = (int64_t)(a->job->conf.detect * 2e9), now = loop_now();
    if (a->listened_ns && now - a->listened_ns > patience / 2) /* this process has been stopped itself, or hardly ran */
        a->link.heard_ns = now;
    a->listened_ns = now;
    if (now - a->link.heard_ns > patience) {
        pid_t guard = getppid();
        fprintf(stderr, "mpirun: the agent on %s has heard nothing of its guard for %.3g s, and ends it\n", a->job->host,
                (double)patience / 1e9);
        launcher_gone(a);
        if (guard > 1 && guard == getppid())
            kill(guard, SIGKILL); /* it does not even notice that it has no work any more */
        return;
    }
    loop_set(timer, patience / 4);
}

static void link_received(struct link *link)
{
    struct agent *a = link->owner;
    struct frame head;
    const char *payload;
    struct words why;
    int rc = 0;
    while (!link->broken && (rc = proto_peek(&link->in, &head, &payload, &why)) > 0) {
        frame_came(a, &head, payload);
        bytes_drop(&link->in, sizeof head + head.length);
    }
    if (rc < 0)
        say(a, 1, &why);
    if (link->broken || rc < 0)
        launcher_gone(a);
}

/* ---- the start ---- */

/* The descriptor that becomes a rank's standard input. */
static int input_of(struct agent *a, uint32_t local, struct words *why)
{
    struct rank *r = &a->ranks[local];
    int is_reader = a->job->stdin_rank == (int)r->world_rank;
    if (is_reader && !a->job->elsewhere)
        return STDIN_FILENO; /* mpirun's own: read by nobody else, and by the rank only when it wants to */
    if (!is_reader && a->job->stdin_rank != JOB_STDIN_ALL)
        return a->nothing;
    int input = feed_add(&a->feed, local);
    return input < 0 ? words_set(why, "cannot make the input of rank %u: %s", r->world_rank, strerror(errno)) : input;
}

/* 0, or an exit code and words. */
static int start_rank(struct agent *a, const struct program *program, uint32_t local, struct words *why)
{
    struct rank *r = &a->ranks[local];
    uint32_t world_rank = r->world_rank;
    int out[2], err[2], code = 1;
    int input = input_of(a, local, why);
    if (input < 0)
        return 1;
    if (pipe2(out, O_CLOEXEC)) {
        words_set(why, "cannot make the output of rank %u: %s", world_rank, strerror(errno));
        return 1;
    }
    if (pipe2(err, O_CLOEXEC)) {
        words_set(why, "cannot make the error output of rank %u: %s", world_rank, strerror(errno));
        close(out[0]);
        close(out[1]);
        return 1;
    }
    pid_t pid = spawn_rank(&a->spawn, program, world_rank, local, (int[]){input, out[1], err[1]},
                           &a->job->placement.places[world_rank].cpus, &code, why);
    close(out[1]);
    close(err[1]);
    if (input != a->nothing && input != STDIN_FILENO)
        close(input);
    if (streams_add(&a->streams, &r->out, out[0], world_rank, 0, why) ||
        streams_add(&a->streams, &r->err, err[0], world_rank, OUTPUT_STDERR, why))
        return 1;
    if (pid < 0)
        return code;
    int is_reader = a->job->stdin_rank == (int)world_rank;
    if (is_reader && a->job->terminal && (a->job->elsewhere || isatty(STDIN_FILENO)))
        a->streams.prompt = &r->out;
    r->pid = pid;
    a->alive++;
    if (log_on(LOG_DEBUG))
        log_write(LOG_DEBUG, "rank %u is process %d, %s", world_rank, (int)pid, program->file);
    return 0;
}

/* Looks for all programs before any starts. 0, or an exit code and words. */
static int find_programs(struct agent *a, struct words *why)
{
    a->programs = calloc((size_t)a->job->app_count, sizeof *a->programs);
    a->nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!a->programs || a->nothing < 0) {
        words_set(why, "cannot prepare the start: %s", strerror(errno));
        return 1;
    }
    for (int i = 0; i < a->job->app_count; i++) {
        int code = spawn_prepare(&a->programs[i], a->job, &a->job->apps[i], why);
        if (code)
            return code;
    }
    return 0;
}

static void start_failed(struct agent *a, int code, const struct words *why)
{
    struct frame_failed failed = {.code = code};
    memcpy(failed.words, why->s, sizeof failed.words);
    link_send(&a->link, FRAME_FAILED, 0, 0, &failed, sizeof failed);
    a->ending = 1;
    kill_all(a);
    reap(a);
}

/* The record says it too, but a rank that runs may have written there. */
static const struct program *program_of(const struct agent *a, uint32_t world_rank)
{
    int i = 0;
    while (world_rank >= (uint32_t)(a->job->apps[i].first + a->job->apps[i].count))
        i++;
    return &a->programs[i];
}

/* Starts a few ranks and comes again: in between, the loop hears what else happens. */
static void start_some(struct timer *timer)
{
    struct agent *a = timer->owner;
    struct words why;
    for (int n = 0; n < START_AT_ONCE && a->started < a->size && !a->ending; n++) {
        int code = start_rank(a, program_of(a, a->ranks[a->started].world_rank), (uint32_t)a->started, &why);
        a->started++;
        if (code) {
            start_failed(a, code, &why);
            return;
        }
    }
    if (a->started < a->size && !a->ending) {
        loop_set(timer, 0);
        return;
    }
    for (int i = 0; i < a->job->app_count; i++)
        spawn_release(&a->programs[i]);
    close(a->nothing);
    if (!a->ending) {
        struct frame_started started = {(uint32_t)a->started};
        link_send(&a->link, FRAME_STARTED, 0, 0, &started, sizeof started);
        loop_set(&a->topology, TOPOLOGY_AFTER_NS);
        feed_begin(&a->feed); /* now: who starts late gets all of it too */
    }
    reap(a);
}

/* In a job of several nodes, no rank starts before all could: a host that cannot be reached, or that lacks the
 * program, is told before anything has run. */
static void make_ready(struct agent *a)
{
    a->waits = a->job->node_count > 1;
    if (a->waits)
        link_send(&a->link, FRAME_READY, 0, 0, NULL, 0);
    else
        start_some(&a->start);
}

static void go(struct agent *a)
{
    a->waits = 0;
    loop_set(&a->start, 0);
}

static void read_topology(struct timer *timer)
{
    struct agent *a = timer->owner;
    segment_add_topology(a->node);
}

static int prepare(struct agent *a, struct words *why)
{
    sigset_t mine;
    /* A group of its own, so that signals to mpirun's group do not reach the one that cleans up. */
    a->spawn.group = getpgrp();
    setpgid(0, 0);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        return words_set(why, "cannot take charge of what ranks leave behind: %s", strerror(errno));
    prctl(PR_SET_PDEATHSIG, SIGCONT); /* even when stopped, it must see the launcher's end */
    sigprocmask(SIG_BLOCK, NULL, &mine); /* the launcher left the original mask for the ranks, but for these */
    sigdelset(&mine, SIGTTIN);
    sigdelset(&mine, SIGTTOU);
    a->spawn.signal_mask = mine;
    sigfillset(&mine);
    sigprocmask(SIG_SETMASK, &mine, NULL);
    sigemptyset(&mine);
    sigaddset(&mine, SIGCHLD);
    sigaddset(&mine, SIGTERM);
    int fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
    a->signals = (struct watch){.fd = fd, .ready = signals_ready, .owner = a};
    loop_timer(&a->loop, &a->kill, kill_again, a);
    loop_timer(&a->loop, &a->start, start_some, a);
    loop_timer(&a->loop, &a->topology, read_topology, a);
    loop_timer(&a->loop, &a->silence, listen_for_guard, a);
    if (a->job->elsewhere)
        loop_set(&a->silence, 0);
    if (fd < 0 || loop_add(&a->loop, &a->signals, EPOLLIN))
        return words_set(why, "cannot watch signals: %s", strerror(errno));
    if (spawn_open_files(&a->spawn, a->job, a->size, why) || streams_open(&a->streams, &a->loop, &a->link, pipes_ended, a, why))
        return -1;
    a->streams.alone = a->job->size == 1;
    if ((unsigned)a->job->node_count > OUTPUT_WINDOWS / OUTPUT_WINDOW)
        a->streams.credit = OUTPUT_WINDOWS / (unsigned)a->job->node_count;
    a->node = segment_make(a->job, a->job->usable_cpus, &a->spawn.node_fd, why);
    if (!a->node)
        return -1;
    a->spawn.node = a->node;
    if (book_open(&a->book, &a->loop, &a->link, a->node, a->spawn.node_fd, a->host->rank_list, why))
        return -1;
    if (log_on(LOG_DEBUG))
        log_write(LOG_DEBUG, "node segment of %llu KiB for %u ranks, %u usable cpus",
                  (unsigned long long)a->node->size / 1024, a->node->rank_count, a->node->usable_cpus);
    a->ranks = calloc((size_t)a->size, sizeof *a->ranks);
    if (!a->ranks)
        return words_set(why, "no memory to keep track of %d ranks", a->size);
    for (int i = 0; i < a->size; i++)
        a->ranks[i].world_rank = a->host->rank_list[i];
    return feed_open(&a->feed, &a->loop, &a->link, (uint32_t)a->size, why);
}

/* What ps shows: nobody who ends "mpirun" by name should hit the process that cleans up after it. */
static void set_title(char *argv0)
{
    static const char title[] = "godwit-agent";
    size_t room = strlen(argv0);
    memset(argv0, 0, room);
    memcpy(argv0, title, room < sizeof title - 1 ? room : sizeof title - 1);
    prctl(PR_SET_NAME, title);
}

int agent_run(int stream, const struct job *job)
{
    static struct agent a; /* lives as long as the process */
    struct words why;
    a.job = job;
    a.host = &job->hosts.list[job->nodes[job->here]];
    a.size = a.host->rank_count;
    a.nothing = -1;
    set_title(job->title);
    log_name("agent");
    if (loop_open(&a.loop))
        return 1;
    link_open(&a.link, &a.loop, stream, link_received, &a);
    a.link.node = (uint32_t)job->here;
    int code = prepare(&a, &why) || spawn_go_to_folder(job, &why) ? 1 : find_programs(&a, &why);
    if (code)
        start_failed(&a, code, &why);
    else
        make_ready(&a);
    loop_run(&a.loop, &a.end);
    return 0;
}
