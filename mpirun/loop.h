/* The event loop: descriptors and a few timers. One thread. */
#ifndef MPIRUN_LOOP_H
#define MPIRUN_LOOP_H

#include <stdint.h>

struct watch {
    int fd;
    void (*ready)(struct watch *watch, uint32_t events); /* EPOLL* bits */
    void *owner;
    uint32_t events; /* what is asked for now */
    int watched;
};

struct timer {
    int64_t at_ns; /* CLOCK_MONOTONIC; 0: not set */
    void (*fired)(struct timer *timer);
    void *owner;
};

enum { LOOP_TIMERS = 16 };

struct loop {
    int epoll;
    struct timer *timers[LOOP_TIMERS];
    int timer_count;
};

int64_t loop_now(void);

int loop_open(struct loop *loop); /* 0, or -1 and errno */
void loop_close(struct loop *loop);

/* A watch may be removed and its memory reused only from within its own call or outside of loop_run. */
int loop_add(struct loop *loop, struct watch *watch, uint32_t events); /* 0, or -1 and errno */
void loop_change(struct loop *loop, struct watch *watch, uint32_t events);
void loop_remove(struct loop *loop, struct watch *watch);

/* Registers a timer, once, and sets or stops it. */
void loop_timer(struct loop *loop, struct timer *timer, void (*fired)(struct timer *timer), void *owner);
void loop_set(struct timer *timer, int64_t after_ns);
void loop_stop(struct timer *timer);

/* Waits for events and timers and calls them, until *end is not 0. */
void loop_run(struct loop *loop, const int *end);

#endif
