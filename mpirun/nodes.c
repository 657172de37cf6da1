/* The neighbours below: see nodes.h. One timer looks after all of them: who is to be tried next, whose time is
 * over, who has been silent for too long. What happens to one of them is child.c's. */
#define _GNU_SOURCE
#include "mpirun/nodes.h"

#include "base/log.h"
#include "mpirun/child.h"
#include "mpirun/grow.h"
#include "mpirun/jobpack.h"
#include "mpirun/remote.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* At most so many logins at once; how long ssh may take to end after its streams. */
enum { STARTS_AT_ONCE = 32 };
#define SSH_ENDS_NS 500000000

extern char **environ;

static int64_t ns_of(double seconds)
{
    return (int64_t)(seconds * 1e9);
}

const char *nodes_name(const struct nodes *n, uint32_t node)
{
    return jobpack_node_name(n->job, node);
}

void nodes_look_again(struct nodes *n)
{
    loop_set(&n->timer, 0);
}

/* ---- what time brings ---- */

/* The link may hold what came before the end. */
static int has_ended(struct child *c, int64_t now, int64_t *next)
{
    if (!c->reaped && !c->broke_ns)
        return 0;
    if (c->reaped && child_link(c)->broken)
        return 1;
    int64_t over = (c->broke_ns ? c->broke_ns : now) + SSH_ENDS_NS;
    if (!c->broke_ns)
        c->broke_ns = now; /* the stream should end right now */
    if (now >= over)
        return 1;
    *next = over < *next ? over : *next;
    return 0;
}

static void look_at_waiting(struct child *c, int64_t now, int64_t *next)
{
    struct nodes *n = c->nodes;
    if (now >= n->deadline_ns)
        child_fail(c, *c->last ? c->last : "its turn did not come in time");
    else if (n->last_call && c->tries)
        child_fail(c, c->last);
    else if (now >= c->when_ns && n->starting < STARTS_AT_ONCE)
        child_start(c);
    else if (now < c->when_ns)
        *next = c->when_ns < *next ? c->when_ns : *next;
    *next = n->deadline_ns < *next ? n->deadline_ns : *next;
}

static void look_at_starting(struct child *c, int64_t now, int64_t *next)
{
    struct nodes *n = c->nodes;
    struct words words;
    if (has_ended(c, now, next)) {
        child_ssh_ended(c);
    } else if (now >= n->deadline_ns) {
        if (!*c->last) { /* else an earlier try has said why */
            char line[WORDS_SIZE];
            remote_judge(bytes_front(&c->said), bytes_count(&c->said), 0, nodes_name(n, c->node), &words);
            memcpy(line, words.s, sizeof line);
            words_set(&words, "no answer within %.2g s%s%.300s", (double)(now - c->when_ns) / 1e9,
                      bytes_count(&c->said) ? "; " : "", bytes_count(&c->said) ? line : "");
            memcpy(c->last, words.s, sizeof c->last);
        }
        child_fail(c, c->last);
    } else {
        *next = n->deadline_ns < *next ? n->deadline_ns : *next;
    }
}

/* The agent of a host may wait for a file system before its ranks run: then it gets more time. */
static void look_at_living(struct child *c, int64_t now, int64_t *next)
{
    struct nodes *n = c->nodes;
    double patience = n->job->conf.detect;
    struct words words;
    if (!c->is_agent && has_ended(c, now, next)) {
        child_ssh_ended(c);
        return;
    }
    if (n->job->node_count < 2 && !n->job->elsewhere && c->is_agent)
        return; /* a job on one host needs no other sign of life than its stream */
    if (c->is_agent && !c->started && patience < n->job->conf.start_timeout)
        patience = n->job->conf.start_timeout;
    int64_t over = child_link(c)->heard_ns + ns_of(patience);
    if (now >= over && c->left && !child_link(c)->paused) {
        if (c->is_agent) {
            words_set(&words, "has not answered for %.3g s", patience);
            child_agent_lost(c, words.s);
        } else {
            int by_ssh = c->moved && now - c->link.heard_ns < ns_of(patience) / 2; /* it is asked there too */
            words_set(&words, by_ssh ? "nothing has come from %s through TCP for %.3g s, while ssh's stream lives (does a "
                                       "firewall break it off? GODWIT_CONTROL=ssh does without), and the job was ended "
                                       "without it"
                                     : "nothing has been heard of %s for %.3g s (is it off, does it hang, or is its "
                                       "network cut?), and the job was ended without it", nodes_name(n, c->node), patience);
            child_lose(c, 1, words.s);
        }
        return;
    }
    if (now - c->when_ns >= ns_of(n->job->conf.detect / 5)) {
        c->when_ns = now;
        link_send(&c->link, FRAME_PING, 0, 0, NULL, 0); /* of ssh too, lest a firewall forgets its connection */
        if (c->moved)
            link_send(&c->tcp, FRAME_PING, 0, 0, NULL, 0);
    }
    int64_t then = c->when_ns + ns_of(n->job->conf.detect / 5);
    *next = then < *next ? then : *next;
}

static void open_door(struct nodes *n)
{
    if (n->has_door || !n->job->key || n->job->conf.control == CONF_CONTROL_SSH)
        return;
    n->has_door = 1;
    n->no_door.s[0] = 0;
    if (door_open(&n->door, n->loop, n->job, &n->no_door) && log_on(LOG_INFO))
        log_write(LOG_INFO, "control traffic stays on ssh's streams: %s", n->no_door.s);
}

void nodes_shut_door(struct nodes *n)
{
    char line[160];
    unsigned strangers;
    if (!n->has_door || n->door.watch.fd < 0)
        return;
    door_shut(&n->door, &strangers);
    int length = snprintf(line, sizeof line, "mpirun: note: %u connection%s to mpirun's port on %.60s %s not of this job, "
                          "and dropped", strangers, strangers == 1 ? "" : "s", n->job->host,
                          strangers == 1 ? "was" : "were");
    if (strangers)
        n->noise(n, n->count ? n->list[0]->node : 0, line, (size_t)length);
}

/* It is open for as long as somebody may still come. */
static void look_at_door(struct nodes *n)
{
    for (int i = 0; i < n->count; i++)
        if (!n->list[i]->is_agent && n->list[i]->state != CHILD_GONE && !n->list[i]->answered)
            return;
    nodes_shut_door(n);
}

static void tick(struct timer *timer)
{
    struct nodes *n = timer->owner;
    int64_t now = loop_now(), next = INT64_MAX;
    /* Who comes late has been stopped himself, and cannot complain of others' silence. */
    if (n->next_ns && now - n->next_ns > ns_of(n->job->conf.detect / 2))
        nodes_hear_all(n);
    for (int i = 0; i < n->count; i++) {
        struct child *c = n->list[i];
        if (c->state == CHILD_WAITING)
            look_at_waiting(c, now, &next);
        else if (c->state == CHILD_STARTING)
            look_at_starting(c, now, &next);
        else if (c->state == CHILD_UP)
            look_at_living(c, now, &next);
    }
    look_at_door(n);
    if (next != INT64_MAX && !timer->at_ns)
        loop_set(timer, next > now ? next - now : 0);
    n->next_ns = timer->at_ns;
}

/* ---- from outside ---- */

void nodes_open(struct nodes *n, struct loop *loop, const struct job *job)
{
    n->loop = loop;
    n->job = job;
    loop_timer(loop, &n->timer, tick, n);
}

static struct child *add(struct nodes *n, uint32_t node, uint32_t until)
{
    struct child *c = grow_new(1, sizeof *c);
    *c = (struct child){.nodes = n, .node = node, .until = until, .left = until - node, .errors.fd = -1};
    n->list = grow_by_one(n->list, (size_t)n->count, sizeof *n->list);
    n->list[n->count++] = c;
    return c;
}

int nodes_start_agent(struct nodes *n, uint32_t node, agent_main *run, struct words *why)
{
    int stream;
    pid_t pid = spawn_agent(run, n->job, &stream, why);
    if (pid < 0)
        return -1;
    struct child *c = add(n, node, node + 1);
    c->pid = pid;
    c->is_agent = 1;
    c->state = CHILD_UP;
    c->when_ns = loop_now();
    link_open(&c->link, n->loop, stream, child_received, c);
    c->link.node = node;
    if (n->job->node_count > 1 || n->job->elsewhere)
        nodes_look_again(n);
    return 0;
}

void nodes_start(struct nodes *n, uint32_t node, uint32_t until, double seconds, enum nodes_way way)
{
    static char *nothing; /* an empty environment */
    uint32_t count = until - node, parts = (uint32_t)n->job->conf.fanout;
    if (node >= until)
        return;
    if (!bytes_count(&n->packed) && n->asks)
        jobpack_put(&n->packed, n->job, &nothing);
    else if (!bytes_count(&n->packed))
        jobpack_put(&n->packed, n->job, n->job->environment ? n->job->environment : environ);
    open_door(n);
    int64_t deadline = loop_now() + ns_of(seconds);
    n->deadline_ns = n->deadline_ns > deadline ? n->deadline_ns : deadline;
    if (way == NODES_AS_ONE)
        parts = 1;
    else if (way == NODES_EACH || count < parts)
        parts = count;
    for (uint32_t i = 0; i < parts; i++) {
        add(n, nodes_part(node, until, parts, i), nodes_part(node, until, parts, i + 1))->state = CHILD_WAITING;
    }
    nodes_look_again(n);
}

void nodes_forget(struct nodes *n)
{
    for (int i = 0; i < n->count; i++) {
        if (n->list[i]->link.loop && n->list[i]->link.watch.fd >= 0)
            close(n->list[i]->link.watch.fd);
        if (n->list[i]->moved && n->list[i]->tcp.watch.fd >= 0)
            close(n->list[i]->tcp.watch.fd);
        if (n->list[i]->errors.fd >= 0)
            close(n->list[i]->errors.fd);
    }
    if (n->has_door)
        door_forget(&n->door);
}

void nodes_pass(struct nodes *n, const struct frame *head, const char *payload)
{
    for (int i = 0; i < n->count; i++) {
        struct child *c = n->list[i];
        if ((c->state == CHILD_UP || c->state == CHILD_STARTING) &&
            proto_is_for(head, c->node, c->until))
            link_pass(child_link(c), head, payload);
    }
}

void nodes_send(struct nodes *n, uint32_t node, enum frame_type type, unsigned flags, const void *payload,
                size_t length)
{
    struct frame head = {(uint32_t)length, (uint16_t)type, (uint16_t)flags, 0, node};
    nodes_pass(n, &head, payload);
}

void nodes_last_call(struct nodes *n, double seconds)
{
    int64_t deadline = loop_now() + ns_of(seconds);
    if (!n->last_call && deadline < n->deadline_ns)
        n->deadline_ns = deadline;
    n->last_call = 1;
    nodes_look_again(n);
}

int nodes_undecided(const struct nodes *n)
{
    int count = 0;
    for (int i = 0; i < n->count; i++)
        count += n->list[i]->state == CHILD_WAITING || n->list[i]->state == CHILD_STARTING;
    return count;
}

void nodes_abandon(struct nodes *n)
{
    n->last_call = 1;
    nodes_shut_door(n);
    for (int i = 0; i < n->count; i++)
        if (n->list[i]->state == CHILD_WAITING || n->list[i]->state == CHILD_STARTING)
            child_lose(n->list[i], 0, "");
}

void nodes_lose_all(struct nodes *n, const char *what)
{
    struct words words;
    for (int i = 0; i < n->count; i++) {
        struct child *c = n->list[i];
        if (c->state == CHILD_GONE || !c->left)
            continue;
        if (c->is_agent) {
            child_agent_lost(c, what);
        } else {
            words_set(&words, "the agent of mpirun on %s %s, and the job was ended without it",
                      nodes_name(n, c->node), what);
            child_lose(c, 1, words.s);
        }
    }
}

void nodes_pause(struct nodes *n, int paused)
{
    for (int i = 0; i < n->count; i++)
        if (n->list[i]->state == CHILD_UP)
            link_pause(child_link(n->list[i]), paused);
}

void nodes_hear_all(struct nodes *n)
{
    for (int i = 0; i < n->count; i++)
        n->list[i]->link.heard_ns = n->list[i]->tcp.heard_ns = loop_now();
}

void nodes_reap(struct nodes *n)
{
    int status;
    for (int i = 0; i < n->count; i++) {
        struct child *c = n->list[i];
        if (c->pid && !c->is_agent && waitpid(c->pid, &status, WNOHANG) == c->pid)
            child_reaped(c, status);
    }
    nodes_look_again(n);
}

void nodes_wake_agent(struct nodes *n)
{
    for (int i = 0; i < n->count; i++)
        if (n->list[i]->is_agent && n->list[i]->pid)
            kill(n->list[i]->pid, SIGCONT);
}

void nodes_close(struct nodes *n)
{
    for (int i = 0; i < n->count; i++) {
        child_close(n->list[i]);
        if (!n->list[i]->is_agent && n->list[i]->pid)
            kill(n->list[i]->pid, SIGKILL);
    }
    for (int i = 0; i < n->count; i++) {
        struct child *c = n->list[i];
        if (c->is_agent && c->pid)
            child_end_agent(c);
        while (c->pid && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        c->pid = 0;
    }
    loop_stop(&n->timer);
}
