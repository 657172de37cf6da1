/* The guard of a host: see relay.h. */
#define _GNU_SOURCE
#include "mpirun/relay.h"

#include "base/log.h"
#include "mpirun/agent.h"
#include "mpirun/ask.h"
#include "mpirun/call.h"
#include "mpirun/cpus.h"
#include "mpirun/doctor.h"
#include "mpirun/environ.h"
#include "mpirun/exchange.h"
#include "mpirun/hello.h"
#include "mpirun/jobpack.h"
#include "mpirun/key.h"
#include "mpirun/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

extern char **environ;

/* When so much waits to go up, nothing more is read from below, until it has gone. */
enum { UP_IS_FULL = 4 << 20 };

/* A job that is over sooner never pays for TCP; so long (s) is tried. */
#define CALL_AFTER_NS 100000000
#define CALL_TIME 0.5

struct relay {
    struct loop loop;
    struct link up;  /* ssh's streams */
    struct link tcp; /* takes their place: `way` is where frames go, `from` where they come from */
    struct link *way, *from;
    struct call call;
    struct timer call_timer;
    struct frame_door above; /* port 0: there is none */
    struct nodes nodes;
    struct watch signals;
    struct timer patience, topology;
    struct exchange exchange; /* of the addresses of all behind this guard */
    struct job job;
    struct bytes packed;
    char host[256];
    char *title;
    int64_t start_ns, looked_ns;
    sigset_t mask; /* as it was found: for the ranks */
    uint32_t node, until, in_ms;
    unsigned char *key;
    int greeted, has_job;
    int visited; /* by mpirun --doctor, which starts no job */
    int asked;  /* what this host has, before ranks are placed: the job is to come again */
    int placed; /* the job has come as it is to run */
    int stopped; /* mpirun is stopped, and says nothing until it goes on */
    int end, code;
};

static struct relay relay; /* lives as long as the process */

/* What it cannot do, and why: the end of all that is behind it. */
static void give_up(struct relay *r, const char *words)
{
    struct frame_lost gone = {.until = r->until, .code = 1};
    struct words text;
    words_set(&text, "%.100s: %s", r->host, words);
    memcpy(gone.words, text.s, sizeof gone.words);
    link_send(r->way, FRAME_LOST, 0, 0, &gone, sizeof gone);
}

/* ---- from below ---- */

static void send_addresses(void *owner, const void *payload, size_t n)
{
    struct relay *r = owner;
    link_send(r->way, FRAME_ADDRESSES, 0, 0, payload, n);
}

/* Who wants addresses is told of once, and the answers of all hosts behind this one are put together. */
static void addresses_came(struct relay *r, const struct frame *head, const char *payload)
{
    struct words why;
    if (head->type == FRAME_WANT_ADDRESSES) {
        if (exchange_wanted(&r->exchange))
            link_pass(r->way, head, NULL);
    } else if (exchange_came(&r->exchange, payload, head->length, send_addresses, r, &why)) {
        give_up(r, why.s);
    }
}

static void pass_up(struct nodes *nodes, const struct frame *head, const char *payload)
{
    struct relay *r = nodes->owner;
    struct frame_unreached f;
    if (head->type == FRAME_UNREACHED) {
        memcpy(&f.until, payload, sizeof f.until);
        exchange_except(&r->exchange, f.until - head->node);
    }
    if (head->type == FRAME_WANT_ADDRESSES || head->type == FRAME_ADDRESSES)
        addresses_came(r, head, payload);
    else
        link_pass(r->way, head, payload);
    if (link_waiting(r->way) > UP_IS_FULL)
        nodes_pause(nodes, 1);
}

/* Of what filled it the last bytes may leave by ssh's stream when frames have begun to go another way. */
static void up_drained(struct link *link)
{
    struct relay *r = link->owner;
    if (!link_waiting(r->way))
        nodes_pause(&r->nodes, 0);
}

static void send_up(struct relay *r, uint32_t node, enum frame_type type, const void *payload, size_t n)
{
    struct frame head = {(uint32_t)n, (uint16_t)type, 0, 0, node};
    link_pass(r->way, &head, payload);
}

static void lost(struct nodes *nodes, uint32_t node, uint32_t until, int code, const char *words)
{
    struct frame_lost f = {.until = until, .code = code};
    snprintf(f.words, sizeof f.words, "%s", words);
    send_up(nodes->owner, node, FRAME_LOST, &f, sizeof f);
}

static void unreached(struct nodes *nodes, uint32_t node, uint32_t until, const char *words)
{
    struct frame_unreached f = {.until = until};
    struct relay *r = nodes->owner;
    snprintf(f.words, sizeof f.words, "%s", words);
    exchange_except(&r->exchange, until - node);
    send_up(r, node, FRAME_UNREACHED, &f, sizeof f);
}

static void noise(struct nodes *nodes, uint32_t node, const char *line, size_t n)
{
    send_up(nodes->owner, node, FRAME_NOISE, line, n < FRAME_MAX ? n : FRAME_MAX);
}

/* ---- the start ---- */

/* The agent's process: what the guard has open is not its, and standard input and output are nobody's. */
static int become_agent(int stream, const struct job *job)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0)
        return 1;
    close(relay.up.watch.fd); /* not link_close: the guard's event loop is the same for both processes */
    close(relay.up.out_watch.fd);
    if (relay.way == &relay.tcp)
        close(relay.tcp.watch.fd);
    call_forget(&relay.call);
    close(relay.signals.fd);
    nodes_forget(&relay.nodes);
    loop_close(&relay.loop);
    sigprocmask(SIG_SETMASK, &relay.mask, NULL);
    environ = environ_join(job->environment, environ);
    return environ ? agent_run(stream, job) : 1;
}

/* The job's bytes are kept: it points into them. */
static int take_job(struct relay *r, struct words *why)
{
    struct job *job = &r->job;
    struct bytes packed = r->packed;
    r->packed = (struct bytes){0};
    if (!r->asked)
        r->nodes.packed = packed;
    if (jobpack_get(bytes_front(&packed), bytes_count(&packed), job, why))
        return -1;
    if (r->node >= r->until || r->until > (uint32_t)job->node_count)
        return words_set(why, "this is to be host number %u of %d", r->node, job->node_count);
    job->here = (int)r->node;
    job->hosts.list[r->node].is_local = 1;
    job->key = r->key;
    job->usable_cpus = cpus_usable();
    job->title = r->title;
    job->start_ns = r->start_ns;
    snprintf(job->host, sizeof job->host, "%s", job->hosts.list[r->node].name); /* as the user calls it */
    log_level = job->conf.log;
    r->has_job = 1;
    return 0;
}

/* The agent of this host; one that gets no ranks does without. */
static int start_agent(struct relay *r, struct words *why)
{
    r->placed = 1;
    if (r->job.hosts.list[r->node].rank_count)
        return nodes_start_agent(&r->nodes, r->node, become_agent, why);
    send_up(r, r->node, FRAME_READY, NULL, 0);
    send_up(r, r->node, FRAME_DONE, NULL, 0);
    exchange_without(&r->exchange);
    return 0;
}

static void tell_topology(struct timer *timer)
{
    struct relay *r = timer->owner;
    struct bytes answer = {0};
    struct words why;
    if (ask_answer(&answer, &why))
        give_up(r, why.s);
    else
        send_up(r, r->node, FRAME_TOPOLOGY, bytes_front(&answer), bytes_count(&answer));
    bytes_free(&answer);
}

/* The job is here. It comes twice where it asks first: then all below have answered the first one. */
static int start(struct relay *r, int asks, struct words *why)
{
    int again = r->asked;
    if (take_job(r, why))
        return -1;
    if (!asks && r->job.size == 0)
        return words_set(why, "the job has no ranks");
    if (!again) {
        nodes_open(&r->nodes, &r->loop, &r->job);
        exchange_open(&r->exchange, r->until - r->node, 1);
    }
    r->nodes.asks = r->asked = asks;
    if (!asks && start_agent(r, why))
        return -1;
    if (again)
        return 0;
    nodes_start(&r->nodes, r->node + 1, r->until, r->in_ms / 1e3, NODES_TREE);
    if (asks)
        loop_set(&r->topology, 0);
    if (r->above.port)
        loop_set(&r->call_timer, r->job.conf.control == CONF_CONTROL_TCP ? 0 : CALL_AFTER_NS);
    loop_set(&r->patience, 0);
    return 0;
}

static void begin(struct relay *r, const struct frame *head, const char *payload)
{
    struct frame_start start;
    memcpy(&start, payload, offsetof(struct frame_start, key));
    r->node = head->node;
    r->until = start.until;
    r->in_ms = start.in_ms;
    r->up.node = r->node;
    if (r->key)
        memcpy(r->key, payload + offsetof(struct frame_start, key), KEY_SIZE);
    explicit_bzero((char *)payload, head->length); /* the queue's memory, which lives on */
}

/* ---- through TCP instead of ssh's streams ---- */

static void up_received(struct link *link);
static void up_drained(struct link *link);

/* What comes through TCP is not read before the MOVE has come, which is behind all that came before it. */
static void called(struct call *call, int fd, uint64_t id, const struct seal *seal, const char *words)
{
    struct relay *r = call->owner;
    struct frame_moved moved = {.id = id};
    snprintf(moved.words, sizeof moved.words, "%s", words);
    link_send(&r->up, FRAME_MOVED, 0, 0, &moved, sizeof moved);
    if (!id)
        return;
    link_open_sealed(&r->tcp, &r->loop, fd, seal, up_received, r);
    link_pause(&r->tcp, 1);
    r->tcp.node = r->node;
    r->tcp.drained = up_drained;
    r->way = &r->tcp;
}

/* Where ssh came from is the likeliest address. */
static void call_up(struct timer *timer)
{
    struct relay *r = timer->owner;
    char text[64] = "";
    const char *login = environ_find(environ, "SSH_CONNECTION");
    if (login && r->above.any)
        snprintf(text, sizeof text, "%.*s", (int)strcspn(login, " "), login);
    r->call.key = r->key;
    r->call.node = r->node;
    r->call.owner = r;
    r->call.connected = called;
    call_start(&r->call, &r->loop, &r->above, *text ? text : NULL,
               r->job.conf.control == CONF_CONTROL_TCP ? r->job.conf.detect : CALL_TIME);
}

/* ---- from above ---- */

static void frame_came(struct relay *r, struct link *link, const struct frame *head, const char *payload)
{
    struct words why;
    struct frame_signal s;
    switch (head->type) {
    case FRAME_PING:
        link_send(link, FRAME_PING, 0, 0, NULL, 0);
        return;
    case FRAME_DOOR:
        memcpy(&r->above, payload, sizeof r->above);
        if (r->above.count > PROTO_ADDRESSES || !r->key)
            r->above.port = 0;
        return;
    case FRAME_MOVE:
        if (r->way == &r->tcp)
            r->from = &r->tcp;
        link_pause(r->from, 0);
        return;
    case FRAME_START:
        if (!r->until)
            begin(r, head, payload);
        return;
    case FRAME_JOB:
        if (r->placed || !r->until || bytes_count(&r->packed) + head->length > JOBPACK_MAX)
            return;
        bytes_append(&r->packed, payload, head->length);
        if (r->asked)
            nodes_pass(&r->nodes, head, payload);
        if (!(head->flags & JOB_GOES_ON) && start(r, !r->asked && head->flags & JOB_ASKS, &why))
            give_up(r, why.s);
        return;
    case FRAME_END:
        nodes_pass(&r->nodes, head, payload);
        nodes_abandon(&r->nodes);
        return;
    case FRAME_SIGNAL:
        memcpy(&s, payload, sizeof s);
        r->stopped = s.signal == SIGSTOP || (r->stopped && s.signal != SIGCONT);
        break;
    case FRAME_COLLECT:
        exchange_collect(&r->exchange, send_addresses, r);
        break;
    default:
        break;
    }
    nodes_pass(&r->nodes, head, payload);
}

static void end(struct relay *r, int code)
{
    r->end = 1;
    r->code = code;
}

static void up_received(struct link *link)
{
    struct relay *r = link->owner;
    struct hello hello;
    struct frame head;
    const char *payload;
    struct words why;
    size_t noise_size;
    int rc = r->greeted || link == &r->tcp ? 1 : hello_find(&link->in, &hello, &noise_size, &why);
    if (rc > 0 && !r->greeted) {
        r->greeted = 1;
        /* Ours has been sent: the other side sees what is wrong too, and tells. */
        enum hello_role role = hello.role == HELLO_DOCTOR ? HELLO_DOCTOR : HELLO_LAUNCHER;
        rc = hello_check(&hello, role, r->host, hello.host, &why) ? -1 : 1;
        r->visited = rc > 0 && role == HELLO_DOCTOR;
    }
    if (r->visited) {
        end(r, 0);
        return;
    }
    while (rc > 0 && !link->broken && (rc = proto_peek(&link->in, &head, &payload, &why)) > 0) {
        frame_came(r, link, &head, payload);
        bytes_drop(&link->in, sizeof head + head.length);
    }
    if (rc < 0)
        fprintf(stderr, "mpirun: the agent on %s: mpirun %s\n", r->host, why.s);
    if (link->broken || rc < 0)
        end(r, rc < 0);
}

/* Whoever is above asks now and then whether this host is alive; when that ends, nobody needs what runs here. */
static void look_up(struct timer *timer)
{
    struct relay *r = timer->owner;
    int64_t now = loop_now(), patience = (int64_t)(r->job.conf.detect * 2e9), pause = patience / 10;
    if (r->stopped || now - r->looked_ns > 3 * pause) /* this host has been stopped itself */
        r->from->heard_ns = now;
    r->looked_ns = now;
    if (now - r->from->heard_ns > patience) { /* perhaps somebody can still read it */
        fprintf(stderr, "mpirun: nothing has come to %s for %.3g s, and its ranks are ended\n", r->job.host,
                (double)patience / 1e9);
        end(r, 1);
    }
    loop_set(timer, pause);
}

static void signals_ready(struct watch *watch, uint32_t events)
{
    struct relay *r = watch->owner;
    struct signalfd_siginfo info;
    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
        ;
    if (r->has_job)
        nodes_reap(&r->nodes);
}

static int prepare(struct relay *r)
{
    static const char title[] = "godwit-guard";
    sigset_t mine;
    size_t room = strlen(r->title);
    struct hello hello;
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (in < 0 || out < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0)
        return -1;
    close(nothing);
    memset(r->title, 0, room);
    memcpy(r->title, title, room < sizeof title - 1 ? room : sizeof title - 1);
    prctl(PR_SET_NAME, title);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&mine);
    sigaddset(&mine, SIGCHLD);
    sigaddset(&mine, SIGPIPE); /* blocked and not ignored: ranks would inherit that */
    sigprocmask(SIG_BLOCK, &mine, &r->mask);
    sigdelset(&mine, SIGPIPE);
    int fd = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
    r->signals = (struct watch){.fd = fd, .ready = signals_ready, .owner = r};
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) || loop_open(&r->loop) || fd < 0 || loop_add(&r->loop, &r->signals, EPOLLIN))
        return -1;
    loop_timer(&r->loop, &r->patience, look_up, r);
    loop_timer(&r->loop, &r->topology, tell_topology, r);
    loop_timer(&r->loop, &r->call_timer, call_up, r);
    link_open_pipes(&r->up, &r->loop, in, out, up_received, r);
    r->up.drained = up_drained;
    if (r->up.broken) { /* such as /dev/null, which nobody can wait for */
        errno = EINVAL;
        return -1;
    }
    hello_make(&hello, HELLO_AGENT, r->host);
    link_send_bytes(&r->up, &hello, sizeof hello);
    return 0;
}

int relay_run(char *title, int64_t start_ns)
{
    struct relay *r = &relay;
    r->title = title;
    r->start_ns = r->looked_ns = start_ns;
    r->way = r->from = &r->up;
    r->nodes = (struct nodes){.owner = r, .frame = pass_up, .lost = lost, .unreached = unreached, .noise = noise};
    if (gethostname(r->host, sizeof r->host - 1) || !r->host[0])
        strcpy(r->host, "localhost");
    log_name("guard");
    r->key = key_page();
    if (prepare(r)) {
        fprintf(stderr, "mpirun: the agent on %s cannot be prepared: %s\n", r->host, strerror(errno));
        return 1;
    }
    loop_run(&r->loop, &r->end);
    if (r->visited)
        return doctor_attend(r->up.watch.fd, r->up.out_watch.fd, &r->up.in);
    link_close(&r->up);
    if (r->way == &r->tcp)
        link_close(&r->tcp);
    call_end(&r->call);
    if (r->has_job)
        nodes_close(&r->nodes);
    return r->code;
}
