/* The event loop: see loop.h. */
#include "mpirun/loop.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

int64_t loop_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int loop_open(struct loop *loop)
{
    memset(loop, 0, sizeof *loop);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll < 0 ? -1 : 0;
}

void loop_close(struct loop *loop)
{
    close(loop->epoll);
}

int loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &e))
        return -1;
    watch->events = events;
    watch->watched = 1;
    return 0;
}

void loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
    if (!watch->watched || watch->events == events)
        return;
    struct epoll_event e = {.events = events, .data.ptr = watch};
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &e);
    watch->events = events;
}

void loop_remove(struct loop *loop, struct watch *watch)
{
    if (watch->watched)
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->watched = 0;
}

void loop_timer(struct loop *loop, struct timer *timer, void (*fired)(struct timer *timer), void *owner)
{
    assert(loop->timer_count < LOOP_TIMERS);
    *timer = (struct timer){.fired = fired, .owner = owner};
    loop->timers[loop->timer_count++] = timer;
}

void loop_set(struct timer *timer, int64_t after_ns)
{
    timer->at_ns = loop_now() + after_ns;
}

void loop_stop(struct timer *timer)
{
    timer->at_ns = 0;
}

/* Milliseconds to the next timer, rounded up; -1: there is none. */
static int next_timer(const struct loop *loop)
{
    int64_t first = INT64_MAX;
    for (int i = 0; i < loop->timer_count; i++)
        if (loop->timers[i]->at_ns && loop->timers[i]->at_ns < first)
            first = loop->timers[i]->at_ns;
    if (first == INT64_MAX)
        return -1;
    int64_t ms = (first - loop_now() + 999999) / 1000000;
    return ms < 0 ? 0 : ms > 3600000 ? 3600000 : (int)ms;
}

static void fire_timers(struct loop *loop)
{
    int64_t now = loop_now();
    for (int i = 0; i < loop->timer_count; i++) {
        struct timer *t = loop->timers[i];
        if (t->at_ns && t->at_ns <= now) {
            t->at_ns = 0;
            t->fired(t);
        }
    }
}

void loop_run(struct loop *loop, const int *end)
{
    while (!*end) {
        struct epoll_event events[64];
        int n = epoll_wait(loop->epoll, events, 64, next_timer(loop));
        for (int i = 0; i < n; i++) {
            struct watch *watch = events[i].data.ptr;
            if (watch->watched) /* else an earlier call of this round removed it */
                watch->ready(watch, events[i].events);
        }
        fire_timers(loop);
    }
}
