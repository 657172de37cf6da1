/* One neighbour below: see child.h. */
#define _GNU_SOURCE
#include "mpirun/child.h"

#include "base/log.h"
#include "mpirun/grow.h"
#include "mpirun/hello.h"
#include "mpirun/jobpack.h"
#include "mpirun/remote.h"
#include "mpirun/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

/* Pauses between tries; how much of what ssh writes is kept. */
#define FIRST_PAUSE_NS 200000000
#define LAST_PAUSE_NS 2000000000
enum { SAID_MAX = 8192 };

/* ---- ends ---- */

void child_close(struct child *c)
{
    if (c->errors.fd >= 0) {
        loop_remove(c->nodes->loop, &c->errors);
        close(c->errors.fd);
        c->errors.fd = -1;
    }
    if (c->link.loop)
        link_close(&c->link);
    if (c->moved)
        link_close(&c->tcp);
}

static void go(struct child *c)
{
    if (c->state == CHILD_STARTING)
        c->nodes->starting--;
    c->state = CHILD_GONE;
    c->left = 0;
    if (!c->is_agent && c->pid)
        kill(c->pid, SIGKILL);
    child_close(c);
    nodes_look_again(c->nodes);
}

/* It was there, and is not any more. */
void child_lose(struct child *c, int code, const char *words)
{
    struct nodes *n = c->nodes;
    int told = c->left > 0;
    go(c);
    if (told)
        n->lost(n, c->node, c->until, code, words);
}

/* It could not be started. */
void child_fail(struct child *c, const char *words)
{
    go(c);
    c->nodes->unreached(c->nodes, c->node, c->until, words);
}

static struct child *child_of(struct nodes *n, pid_t pid)
{
    for (int i = 0; i < n->count; i++)
        if (n->list[i]->pid == pid && pid)
            return n->list[i];
    return NULL;
}

void child_reaped(struct child *c, int status)
{
    c->pid = 0;
    c->status = status;
    c->reaped = 1;
}

/* Children that are not below the agent: they are spared when what it has left behind is killed. */
static pid_t *spared(const struct nodes *n, int *count)
{
    pid_t *list = grow_new((size_t)(n->count + n->other_count), sizeof *list);
    *count = 0;
    for (int i = 0; i < n->other_count; i++)
        list[(*count)++] = n->others[i];
    for (int i = 0; i < n->count; i++)
        if (n->list[i]->pid && !n->list[i]->is_agent)
            list[(*count)++] = n->list[i]->pid;
    return list;
}

/* The agent has died: its ranks die with it, and what they leave behind has become our child. Until there is no
 * child; or, when there are children of others, until none of the job's has shown up for a while: what a dying
 * process leaves behind becomes our child only when it is dead. */
static void kill_what_is_left(struct nodes *n)
{
    int count;
    pid_t *list = spared(n, &count);
    for (int rounds = 0, quiet = 0; rounds < 1000 && quiet < 20; rounds++) {
        pid_t pid;
        int status;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            struct child *c = child_of(n, pid);
            if (c)
                child_reaped(c, status);
        }
        int found = tree_signal_but(getpid(), SIGKILL, list, count, NULL);
        if (pid < 0 || found < 0)
            break;
        quiet = count && found == 0 ? quiet + 1 : 0;
        usleep(rounds < 100 ? 1000 : 10000);
    }
    free(list);
}

/* fault: what is wrong with an agent that is still there; or NULL. */
void child_agent_lost(struct child *c, const char *fault)
{
    int status = 0;
    struct words words;
    const char *host = nodes_name(c->nodes, c->node);
    if (fault)
        kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child_reaped(c, status);
    kill_what_is_left(c->nodes);
    if (fault)
        words_set(&words, "the agent of mpirun on %s %s, and the job was ended without it", host, fault);
    else
        words_set(&words, "the agent of mpirun on %s ended unexpectedly (%s %d), and the job with it", host,
                  WIFSIGNALED(status) ? "signal" : "code",
                  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    child_lose(c, fault || !WIFSIGNALED(status) ? 1 : 128 + WTERMSIG(status), words.s);
}

/* ---- what is written to standard error there ---- */

/* Whole lines are passed on, once there is an agent to be heard; before, all is kept. */
static void pass_lines(struct child *c)
{
    const char *newline;
    while (c->state == CHILD_UP && (newline = memchr(bytes_front(&c->said), '\n', bytes_count(&c->said)))) {
        size_t n = (size_t)(newline - bytes_front(&c->said)), shown = n;
        while (shown && bytes_front(&c->said)[shown - 1] == '\r')
            shown--;
        if (remote_is_last_word(bytes_front(&c->said), shown))
            snprintf(c->last, sizeof c->last, "%.*s", shown < 200 ? (int)shown : 200, bytes_front(&c->said));
        else
            c->nodes->noise(c->nodes, c->node, bytes_front(&c->said), shown);
        bytes_drop(&c->said, n + 1);
    }
    if (bytes_count(&c->said) > SAID_MAX)
        bytes_drop(&c->said, bytes_count(&c->said) - SAID_MAX);
}

/* 0: there is no more. */
static int read_errors(struct child *c)
{
    ssize_t n = c->errors.fd < 0 ? 0 : read(c->errors.fd, bytes_reserve(&c->said, 4096), 4096);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        loop_remove(c->nodes->loop, &c->errors);
        return 0;
    }
    bytes_added(&c->said, (size_t)n);
    pass_lines(c);
    return 1;
}

static void errors_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    read_errors(watch->owner);
}

/* ---- the start of one ---- */

static void try_again_or_fail(struct child *c, enum remote_fate fate)
{
    struct nodes *n = c->nodes;
    int64_t pause = FIRST_PAUSE_NS;
    for (int i = 1; i < c->tries && pause < LAST_PAUSE_NS; i++)
        pause *= 2;
    c->when_ns = loop_now() + (pause < LAST_PAUSE_NS ? pause : LAST_PAUSE_NS);
    if (fate == REMOTE_FINAL || n->last_call || c->when_ns >= n->deadline_ns) {
        child_fail(c, c->last);
        return;
    }
    if (log_on(LOG_INFO))
        log_write(LOG_INFO, "%s: %s; trying again", nodes_name(n, c->node), c->last);
    n->starting--;
    c->state = CHILD_WAITING;
    child_close(c);
    nodes_look_again(n);
}

/* ssh has ended, and nobody has answered. */
static void start_ended(struct child *c)
{
    struct words words;
    while (read_errors(c))
        ;
    enum remote_fate fate = remote_judge(bytes_front(&c->said), bytes_count(&c->said), c->status,
                                         nodes_name(c->nodes, c->node), &words);
    memcpy(c->last, words.s, sizeof c->last);
    try_again_or_fail(c, fate);
}

/* Greeting, its part of the nodes, and the job, without waiting for an answer. The key goes first: what is written
 * at once is not copied. */
static void send_job(struct child *c)
{
    struct nodes *n = c->nodes;
    struct hello hello;
    int64_t left_ns = n->deadline_ns - loop_now();
    struct frame_start start = {.until = c->until, .in_ms = (uint32_t)(left_ns > 0 ? left_ns / 1000000 : 0)};
    struct iovec parts[2] = {{&start, offsetof(struct frame_start, key)}, {n->job->key, KEY_SIZE}};
    hello_make(&hello, HELLO_LAUNCHER, n->job->host);
    link_send_bytes(&c->link, &hello, sizeof hello);
    link_send_parts(&c->link, FRAME_START, 0, 0, parts, 2);
    if (n->has_door && n->door.watch.fd >= 0)
        link_send(&c->link, FRAME_DOOR, 0, 0, &n->door.where, sizeof n->door.where);
    else
        c->answered = 1;
    for (size_t at = 0; at < bytes_count(&n->packed); at += FRAME_MAX) {
        size_t rest = bytes_count(&n->packed) - at;
        link_send(&c->link, FRAME_JOB, (rest > FRAME_MAX ? JOB_GOES_ON : 0) | (n->asks ? JOB_ASKS : 0), 0, bytes_front(&n->packed) + at,
                  rest > FRAME_MAX ? FRAME_MAX : rest);
    }
}

void child_start(struct child *c)
{
    struct nodes *n = c->nodes;
    struct words why;
    char **command = NULL;
    int stream, errors;
    c->tries++;
    c->reaped = 0;
    c->broke_ns = 0;
    c->when_ns = loop_now();
    bytes_drop(&c->said, bytes_count(&c->said));
    n->starting++;
    c->state = CHILD_STARTING;
    c->pid = remote_command(n->job, c->node, &command, &why) ? -1 : spawn_remote(command, &stream, &errors, &why);
    remote_free(command);
    if (c->pid < 0) {
        c->pid = 0;
        child_fail(c, why.s);
        return;
    }
    if (log_on(LOG_DEBUG))
        log_write(LOG_DEBUG, "%s: process %d, try %d", nodes_name(n, c->node), (int)c->pid, c->tries);
    fcntl(errors, F_SETFL, O_NONBLOCK);
    c->errors = (struct watch){.fd = errors, .ready = errors_ready, .owner = c};
    loop_add(n->loop, &c->errors, EPOLLIN);
    link_open(&c->link, n->loop, stream, child_received, c);
    c->link.node = c->node;
    send_job(c);
    if (n->no_door.s[0] && n->job->conf.control == CONF_CONTROL_TCP)
        child_fail(c, n->no_door.s);
}

/* ---- what comes from one ---- */

/* Who sends what it should not is no agent of ours. */
static void misbehaved(struct child *c, const char *what)
{
    struct words words;
    if (c->is_agent) {
        child_agent_lost(c, what);
    } else if (c->state == CHILD_STARTING) {
        child_fail(c, what);
    } else {
        words_set(&words, "the agent of mpirun on %s %s, and the job was ended without it",
                  nodes_name(c->nodes, c->node), what);
        child_lose(c, 1, words.s);
    }
}

static int greeted(struct child *c)
{
    struct hello hello;
    struct words why;
    size_t noise;
    const char *name = nodes_name(c->nodes, c->node);
    int rc = hello_find(&c->link.in, &hello, &noise, &why);
    if (rc > 0 && hello_check(&hello, HELLO_AGENT, c->nodes->job->host, name, &why))
        rc = -1;
    if (rc < 0)
        child_fail(c, why.s);
    if (rc <= 0)
        return 0;
    c->state = CHILD_UP;
    c->last[0] = 0;
    c->nodes->starting--;
    c->when_ns = loop_now();
    if (log_on(LOG_INFO))
        log_write(LOG_INFO, "%s answers%s", name, noise ? ", after something that is not from Godwit" : "");
    bytes_drop(&c->said, bytes_count(&c->said)); /* ssh's remarks on a login that works */
    nodes_look_again(c->nodes);
    return 1;
}

/* For those who want to know: how a host is talked to. */
static void tell_way(struct child *c, const char *way, const char *words)
{
    struct words line;
    const char *name = nodes_name(c->nodes, c->node);
    if (log_on(LOG_INFO))
        log_write(LOG_INFO, "%s: control traffic %s%s", name, way, words);
    if (!c->nodes->job->verbose)
        return;
    words_set(&line, "mpirun: control traffic of %s %s%s", name, way, words);
    c->nodes->noise(c->nodes, c->node, line.s, strlen(line.s));
}

/* What it sends from now on comes through TCP, and so does what is sent to it after the MOVE; or it all stays. */
static void moved(struct child *c, const char *payload)
{
    struct nodes *n = c->nodes;
    struct frame_moved f;
    struct seal seal;
    struct words words;
    char text[WORDS_SIZE];
    memcpy(&f, payload, sizeof f);
    proto_words(text, sizeof text, f.words);
    if (c->answered || c->is_agent)
        return;
    c->answered = 1;
    nodes_look_again(n);
    if (!f.id && n->job->conf.control == CONF_CONTROL_TCP) {
        words_set(&words, "%s cannot be reached through TCP (%.400s), and GODWIT_CONTROL=tcp wants that; auto would stay "
                          "on ssh's stream", nodes_name(n, c->node), text);
        child_lose(c, 1, words.s);
    } else if (!f.id) {
        tell_way(c, "stays on ssh's stream: ", text);
    } else {
        int fd = door_take(&n->door, c->node, f.id, &seal);
        if (fd < 0) {
            misbehaved(c, "says that it has come in through TCP, and has not");
            return;
        }
        link_open_sealed(&c->tcp, n->loop, fd, &seal, child_received, c);
        explicit_bzero(&seal, sizeof seal);
        c->tcp.node = c->node;
        link_send(&c->link, FRAME_MOVE, 0, 0, NULL, 0);
        c->moved = 1;
        link_pause(&c->tcp, c->link.paused);
        link_pause(&c->link, 0);
        tell_way(c, "goes through TCP, ", text);
    }
}

static void frame_came(struct child *c, const struct frame *head, const char *payload)
{
    uint32_t gone = 1, until = head->node + 1;
    switch (head->type) {
    case FRAME_PING:
        return;
    case FRAME_MOVED:
        moved(c, payload);
        return;
    case FRAME_STARTED:
        c->started = 1;
        break;
    case FRAME_LOST:
    case FRAME_UNREACHED: /* both begin with the end of the range */
        memcpy(&until, payload, sizeof until);
        if (until <= head->node || until > c->until) {
            misbehaved(c, "tells of hosts that are not its own");
            return;
        }
        gone = until - head->node;
        /* fall through */
    case FRAME_DONE:
        c->left -= gone < c->left ? gone : c->left;
        break;
    default:
        break;
    }
    c->nodes->frame(c->nodes, head, payload);
}

void child_received(struct link *link)
{
    struct child *c = link->owner;
    struct frame head;
    const char *payload;
    struct words why;
    int rc = 0;
    if (c->state == CHILD_STARTING && !greeted(c) && c->state != CHILD_STARTING)
        return;
    while (c->state == CHILD_UP && (rc = proto_peek(&link->in, &head, &payload, &why)) > 0) {
        if (head.node < c->node || head.node >= c->until) {
            misbehaved(c, "speaks for a host that is not its own");
            return;
        }
        frame_came(c, &head, payload);
        if (c->state != CHILD_UP)
            return;
        bytes_drop(&link->in, sizeof head + head.length);
    }
    if (c->state == CHILD_UP && rc < 0) {
        misbehaved(c, why.s);
    } else if (link->broken && c->is_agent) {
        if (c->left)
            child_agent_lost(c, NULL);
    } else if (link->broken && !c->broke_ns) {
        c->broke_ns = loop_now();
        nodes_look_again(c->nodes);
    }
}

/* ssh has ended, or its streams have, and it does not. */
void child_ssh_ended(struct child *c)
{
    struct words words;
    char said[WORDS_SIZE];
    if (c->state == CHILD_STARTING) {
        start_ended(c);
        return;
    }
    while (read_errors(c))
        ;
    words_clean(said, sizeof said, c->last);
    if (c->moved && c->tcp.broken && !c->link.broken && !c->reaped)
        words_set(&words, "the connection to %s is lost (TCP: %s; ssh's stream still lives, and GODWIT_CONTROL=ssh keeps "
                          "to it), and the job with it", nodes_name(c->nodes, c->node),
                  c->tcp.error == EBADMSG ? "what came was changed on its way" :
                  c->tcp.error ? strerror(c->tcp.error) : "closed");
    else if (*said)
        words_set(&words, "the connection to %s is lost (ssh says '%s'), and the job with it",
                  nodes_name(c->nodes, c->node), said);
    else if (c->reaped && WIFSIGNALED(c->status))
        words_set(&words, "the connection to %s is lost (ssh was killed by signal %d), and the job with it",
                  nodes_name(c->nodes, c->node), WTERMSIG(c->status));
    else
        words_set(&words, "the connection to %s is lost (its agent or its sshd has ended), and the job with it",
                  nodes_name(c->nodes, c->node));
    child_lose(c, 1, words.s);
}

/* An agent that is needed no more ends by itself; the guard of a host does not wait for one that does not. */
void child_end_agent(struct child *c)
{
    int status = 0;
    for (int rounds = 0; c->nodes->job->elsewhere && rounds < 1000; rounds++) {
        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            child_reaped(c, status);
            return;
        }
        if (rounds == 0)
            kill(c->pid, SIGCONT);
        usleep(1000);
    }
    if (c->nodes->job->elsewhere)
        kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child_reaped(c, status);
    if (c->nodes->job->elsewhere)
        kill_what_is_left(c->nodes);
}
