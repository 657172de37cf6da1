/* Progress and waiting. A call that waits looks for packets again and again; after some time without any it gives way,
 * then it sleeps until a sender wakes it. How long each lasts follows from whether the cpus are shared: on a crowded
 * node whoever spins takes the cpu from the one that is waited for. With several threads, one of them does this for
 * all (thread.c). */
#include "base/clock.h"
#include "p2p/peer.h"
#include "p2p/thread.h"
#include "type/type.h"

#include <poll.h>
#include <sched.h>

enum {
    LOOKS = 2000, /* some ten microseconds */
    LOOKS_CROWDED = 100,
    SWITCH_NS = 800,         /* less: a yield that changed nothing */
    YIELDS = 16,             /* on a shared cpu, before sleeping */
    STRANGER_NS = 1000 * 1000, /* more: a yield to somebody who computes, and would again */
    YIELD_NS = 128 * 1000,   /* on a cpu of our own, between two yields */
    LOOK_NS = 1000 * 1000,   /* there, before sleeping */
    LOOKS_FAR = 100,         /* these cost system calls */
    YIELD_FAR_NS = 20 * 1000,
    SLEEP_US = 100 * 1000,
    NAP_US = 1000,
    LOOKS_BESIDE = 2 /* who waits beside messages on a crowded node waits for many, and hardly ever finds them all there */
};

_Atomic int p2p_held;
struct p2p_counts p2p_counts;

void p2p_flush(void)
{
    p2p_enter();
    atomic_store_explicit(&p2p_held, 0, memory_order_relaxed);
    for (int i = 0; i < p2p_place.wire_count; i++)
        if (p2p_place.ops[i]->flush)
            p2p_place.ops[i]->flush(p2p_place.wires[i]);
    p2p_leave();
}

int p2p_progress(void)
{
    int n = 0;
    for (int i = 0; i < p2p_place.wire_count; i++)
        n += p2p_place.ops[i]->poll(p2p_place.wires[i]);
    if (__builtin_expect(!peers_are_idle(), 0))
        n += peers_push();
    if (__builtin_expect(p2p_threaded && n, 0))
        thread_news();
    return n;
}

void p2p_look(void)
{
    p2p_enter();
    p2p_progress();
    p2p_leave();
}

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

struct wait {
    p2p_ready *ready;
    void *arg;
    const char *call; /* this and the rest for whoever asks what is waited for */
    int peer, tag;
    uint32_t context;
    p2p_asleep *asleep; /* beside messages; else NULL */
};

/* A rank that has ended without ever having been in MPI will not send anything. (One that ends in the middle of it is
 * told by mpirun at once.) */
static void look_for_the_dead(const struct wait *w)
{
    struct comm *c = p2p_place.never_came ? comm_of_context(w->context) : NULL;
    if (!c || w->peer < 0 || w->peer >= c->peers)
        return;
    int rank = comm_world_rank(c, w->peer);
    if (p2p_place.never_came(rank))
        p2p_broken("%s waits for rank %d, which has ended without having called MPI_Init", w->call, rank);
}

/* Until one of the wires can be read from. */
static void sleep_on_all(const struct wait *w)
{
    struct pollfd on[P2P_WIRES];
    int count = p2p_place.wire_count, limit = (w->asleep && p2p_place.naps ? NAP_US : SLEEP_US) / 1000;
    for (int i = 0; i < count; i++) {
        int fd = p2p_place.ops[i]->sleep_on(p2p_place.wires[i]);
        if (fd == WIRE_AWAKE)
            return;
        if (fd == WIRE_NAP)
            limit = 1;
        on[i] = (struct pollfd){.fd = fd, .events = POLLIN}; /* those below zero are passed over */
    }
    thread_asleep(1);
    p2p_leave();
    poll(on, (nfds_t)count, limit);
    p2p_enter();
    thread_asleep(0);
}

static void sleep_on_one(const struct wait *w)
{
    thread_asleep(1);
    p2p_leave();
    p2p_place.ops[0]->sleep(p2p_place.wires[0], w->asleep && p2p_place.naps ? NAP_US : SLEEP_US);
    p2p_enter();
    thread_asleep(0);
}

/* Announced first, then one more look at everything, then sleep. Only where the wires can tell of room too if something
 * waits for that. */
static void sleep_once(const struct wait *w)
{
    int count = p2p_place.wire_count;
    p2p_counts.sleeps++;
    if (!peers_want_room()) {
        struct timespec little = {0, 50 * 1000};
        p2p_leave();
        nanosleep(&little, NULL);
        p2p_enter();
        return;
    }
    if (w->asleep)
        w->asleep(w->arg, 1);
    for (int i = 0; i < count; i++)
        p2p_place.ops[i]->sleep_prepare(p2p_place.wires[i]);
    if (!p2p_progress() && !w->ready(w->arg)) {
        if (count == 1)
            sleep_on_one(w);
        else
            sleep_on_all(w);
    }
    for (int i = 0; i < count; i++)
        p2p_place.ops[i]->sleep_finish(p2p_place.wires[i]);
    if (w->asleep)
        w->asleep(w->arg, 0);
    look_for_the_dead(w);
}

/* Whether another rank has its work on the same cpu. It decides for how long a wait looks before it gives way. That a
 * yield takes long says nothing: a stranger may have run, and giving way to it at every turn would help nobody. */
_Atomic int p2p_shared;

static void ask_shared(void)
{
    p2p_shared = p2p_place.cpu_is_shared && p2p_place.cpu_is_shared();
}

/* Nobody has run: what the other's record says is old. 1: a stranger has, for long; who sleeps is woken at once, who gives
 * way comes back when all the others have had their time. */
static int give_way(void)
{
    int64_t before = clock_ns();
    p2p_leave();
    sched_yield();
    p2p_enter();
    int64_t took = clock_ns() - before;
    if (took < SWITCH_NS)
        p2p_shared = 0;
    return took > STRANGER_NS;
}

/* On cpus of our own: looking, asking now and then whether they still are. A yield is for the case that another rank
 * has come to this cpu and cannot say so before it runs. Where the one that is waited for may be on another host,
 * nobody can say so at all; but there somebody who has run for long is reason enough to sleep, as a packet then ends
 * the sleep sooner than looking at our next turn would find it. 0: nothing came. */
static int look_long(const struct wait *w)
{
    const int far = p2p_place.wire_count > 1;
    int64_t begun = clock_ns(), yielded = begun, now;
    do {
        for (int i = far ? LOOKS - LOOKS_FAR : 0; i < LOOKS; i++) {
            if (w->ready(w->arg) || p2p_progress())
                return 1;
            pause_briefly();
            thread_offer_lock();
        }
        ask_shared();
        now = clock_ns();
        if (p2p_shared)
            return 1;
        if (now - yielded > (far ? YIELD_FAR_NS : YIELD_NS)) {
            if (give_way() && far)
                return 0;
            yielded = now;
        }
    } while (now - begun < LOOK_NS);
    return 0;
}

static __attribute__((noinline)) void wait_long(const struct wait *w)
{
    int told = 0, slept = 0;
    ask_shared();
    for (int yields = 0; !w->ready(w->arg);) {
        if (p2p_progress()) {
            yields = slept = 0;
            continue;
        }
        if (slept) {
            /* looking at a network costs system calls: whoever has slept in vain goes on sleeping */
        } else if (p2p_place.crowded || p2p_shared) {
            if (yields++ < YIELDS) {
                if (give_way())
                    yields = YIELDS;
                if (yields == YIELDS)
                    ask_shared();
                continue;
            }
        } else if (look_long(w)) {
            yields = 0;
            continue;
        }
        if (!told && p2p_place.waiting) {
            p2p_place.waiting(w->call, w->peer, w->tag, w->context);
            told = 1;
        }
        sleep_once(w);
        slept = p2p_place.wire_count > 1;
    }
    if (told)
        p2p_place.waiting(NULL, 0, 0, 0);
}

static void look_and_wait(const struct wait *w)
{
    int looks = p2p_shared ? 2 : p2p_place.crowded ? (w->asleep ? LOOKS_BESIDE : LOOKS_CROWDED) : LOOKS;
    for (int i = 0; i < looks; i++) {
        if (w->ready(w->arg))
            return;
        if (p2p_progress())
            i = 0;
        else
            pause_briefly();
        if (__builtin_expect(p2p_threaded, 0))
            thread_offer_lock();
    }
    wait_long(w);
}

static __attribute__((noinline)) void wait_among_threads(const struct wait *w)
{
    while (!w->ready(w->arg)) {
        if (!thread_look_or_follow(w->asleep ? w->ready : NULL, w->arg))
            continue;
        look_and_wait(w);
        thread_resign();
    }
}

void p2p_wait_until(p2p_ready *ready, void *arg, const char *call, int peer, int tag, uint32_t context)
{
    const struct wait w = {ready, arg, call, peer, tag, context, NULL};
    if (__builtin_expect(p2p_threaded, 0))
        wait_among_threads(&w);
    else
        look_and_wait(&w);
}

void p2p_wait_beside(p2p_ready *ready, p2p_asleep *asleep, void *arg, const char *call, int peer, uint32_t context)
{
    const struct wait w = {ready, arg, call, peer, MPI_ANY_TAG, context, asleep};
    p2p_enter();
    if (__builtin_expect(p2p_threaded, 0))
        wait_among_threads(&w);
    else
        look_and_wait(&w);
    p2p_leave();
}

void p2p_await(p2p_ready *ready, void *arg, const char *call, const struct request *first)
{
    p2p_enter();
    if (first)
        p2p_wait_until(ready, arg, call, first->rank, first->tag, first->comm->context);
    else
        p2p_wait_until(ready, arg, call, MPI_PROC_NULL, MPI_ANY_TAG, 0);
    p2p_leave();
}

static int request_is_done(void *arg)
{
    struct request *r = arg;
    return atomic_load_explicit(&r->done, memory_order_acquire); /* D1 */
}

/* Another thread may free the datatype meanwhile. */
static void wait_with_type(struct request *r, const char *call)
{
    const struct type *t = type_get(r->cursor.layout);
    p2p_wait_until(request_is_done, r, call, r->rank, r->tag, r->comm->context);
    type_put(t);
}

void p2p_wait(struct request *r, const char *call)
{
    if (__builtin_expect(p2p_threaded && r->cursor.move, 0))
        wait_with_type(r, call);
    else
        p2p_wait_until(request_is_done, r, call, r->rank, r->tag, r->comm->owner->context);
}

void p2p_await_request(struct request *r, const char *call)
{
    p2p_enter();
    p2p_wait(r, call);
    p2p_leave();
}

static int nothing_queued(void *arg)
{
    (void)arg;
    return peers_are_idle();
}

void p2p_drain(const char *call)
{
    p2p_await(nothing_queued, NULL, call, NULL);
}
