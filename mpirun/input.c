/* mpirun's standard input: see input.h. */
#include "mpirun/input.h"

#include "mpirun/grow.h"
#include "mpirun/jobpack.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LOOK_NS 200000000

static void want(struct input *in);

/* One piece of it, or its end. */
static void pass(struct input *in)
{
    char data[16384], text[160];
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&ready, 1, 0) == 0) { /* somebody who shares it was faster */
        want(in);
        return;
    }
    ssize_t n = read(STDIN_FILENO, data, sizeof data);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
        want(in);
    } else if (n < 0 && errno == EIO && isatty(STDIN_FILENO)) {
        loop_set(&in->terminal, LOOK_NS); /* it went to the background just now */
    } else {
        if (n < 0) {
            snprintf(text, sizeof text, "cannot read standard input: %s; the ranks see its end", strerror(errno));
            in->say(in, text);
        }
        memset(in->asked, 0, (size_t)in->node_count);
        in->asked_count = 0;
        in->pass(in, data, n > 0 ? (size_t)n : 0);
    }
}

static void ready(struct watch *watch, uint32_t events)
{
    struct input *in = watch->owner;
    (void)events;
    loop_remove(in->loop, watch);
    pass(in);
}

/* The ranks have taken what there was: the next piece, as soon as it comes. */
static void want(struct input *in)
{
    if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp())
        loop_set(&in->terminal, LOOK_NS); /* in the background: the terminal is somebody else's */
    else if (!in->watch.watched && loop_add(in->loop, &in->watch, EPOLLIN)) /* a file cannot be: it is always ready */
        pass(in);
}

/* The terminal was wanted while mpirun was in the background. */
static void look_at_terminal(struct timer *timer)
{
    struct input *in = timer->owner;
    if (tcgetpgrp(STDIN_FILENO) != getpgrp()) {
        loop_set(timer, LOOK_NS);
    } else if (in->pumped) {
        want(in);
    } else {
        in->complained = 0;
        in->go_on(in);
    }
}

void input_open(struct input *in, struct loop *loop, const struct job *job)
{
    in->loop = loop;
    in->node_count = job->node_count;
    in->asked = grow_new((size_t)job->node_count, 1);
    in->closed = grow_new((size_t)job->node_count, 1);
    in->watch = (struct watch){.fd = STDIN_FILENO, .ready = ready, .owner = in};
    loop_timer(loop, &in->terminal, look_at_terminal, in);
    in->pumped = job->stdin_rank == JOB_STDIN_ALL;
    in->open = in->pumped ? job->node_count : 0;
    if (in->pumped)
        return;
    memset(in->closed, 1, (size_t)job->node_count);
    if (job->stdin_rank < 0)
        return;
    uint32_t reader = jobpack_node_of(job, (uint32_t)job->stdin_rank);
    in->pumped = in->open = (int)reader != job->here;
    in->closed[reader] = !in->pumped;
}

static void maybe_read(struct input *in)
{
    if (in->open && in->asked_count == in->open)
        want(in);
}

void input_wanted(struct input *in, uint32_t node)
{
    if (in->closed[node] || in->asked[node])
        return;
    in->asked[node] = 1;
    in->asked_count++;
    maybe_read(in);
}

void input_closed(struct input *in, uint32_t node)
{
    if (in->closed[node])
        return;
    in->closed[node] = 1;
    in->open--;
    in->asked_count -= in->asked[node];
    in->asked[node] = 0;
    maybe_read(in);
}

int input_rank_stopped(struct input *in)
{
    loop_set(&in->terminal, LOOK_NS / 2);
    return tcgetpgrp(STDIN_FILENO) != getpgrp() && !in->complained++;
}
