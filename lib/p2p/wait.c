/* Progress and waiting. A call that waits looks for packets again and again; after some time without any it gives way,
 * then it sleeps until a sender wakes it. How long each lasts follows from whether the cpus are shared: on a crowded
 * node whoever spins takes the cpu from the one that is waited for. */
#include "p2p/peer.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

enum {
    LOOKS = 2000, /* some ten microseconds */
    LOOKS_CROWDED = 100,
    SWITCH_NS = 800,         /* less: a yield that changed nothing */
    YIELDS = 16,             /* on a shared cpu, before sleeping */
    YIELD_NS = 128 * 1000,   /* on a cpu of our own, between two yields */
    LOOK_NS = 1000 * 1000,   /* there, before sleeping */
    SLEEP_US = 100 * 1000
};

int p2p_threaded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sleeping; /* a thread sleeps in a wire; others of this process do not */

void p2p_lock(void)
{
    pthread_mutex_lock(&lock);
}

void p2p_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

int p2p_progress(void)
{
    int n = 0;
    for (int i = 0; i < p2p_place.wire_count; i++)
        n += p2p_place.ops[i]->poll(p2p_place.wires[i]);
    if (__builtin_expect(!peers_are_idle(), 0))
        n += peers_push();
    return n;
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

/* Announced first, then one more look at everything, then sleep. Only where one wire is open, and nothing waits for
 * room (which no packet tells of). */
static void sleep_once(void)
{
    if (p2p_place.wire_count != 1 || sleeping || !peers_are_idle()) {
        struct timespec little = {0, 50 * 1000};
        p2p_leave();
        nanosleep(&little, NULL);
        p2p_enter();
        return;
    }
    struct wire *w = p2p_place.wires[0];
    const struct wire_ops *ops = p2p_place.ops[0];
    sleeping = 1;
    ops->sleep_prepare(w);
    if (!p2p_progress()) {
        p2p_leave();
        ops->sleep(w, p2p_threaded ? 1000 : SLEEP_US);
        p2p_enter();
    }
    ops->sleep_finish(w);
    sleeping = 0;
}

/* Whether another rank has its work on the same cpu. It decides for how long a wait looks before it gives way. That a
 * yield takes long says nothing: a stranger may have run, and giving way to it at every turn would help nobody. */
static int shared;

static void ask_shared(void)
{
    shared = p2p_place.cpu_is_shared && p2p_place.cpu_is_shared();
}

/* Nobody has run: what the other's record says is old. */
static void give_way(void)
{
    int64_t before = now_ns();
    p2p_leave();
    sched_yield();
    p2p_enter();
    if (now_ns() - before < SWITCH_NS)
        shared = 0;
}

/* On cpus of our own: looking, asking now and then whether they still are. A yield is for the case that another rank
 * has come to this cpu and cannot say so before it runs. 0: nothing came. */
static int look_long(p2p_ready *ready, void *arg)
{
    int64_t begun = now_ns(), yielded = begun, now;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (ready(arg) || p2p_progress())
                return 1;
            pause_briefly();
        }
        ask_shared();
        now = now_ns();
        if (shared)
            return 1;
        if (p2p_threaded || now - yielded > YIELD_NS) {
            give_way();
            yielded = now;
        }
    } while (now - begun < LOOK_NS);
    return 0;
}

__attribute__((noinline)) static void wait_long(p2p_ready *ready, void *arg, const char *call, int peer, int tag,
                                                uint32_t context)
{
    int told = 0;
    ask_shared();
    for (int yields = 0; !ready(arg);) {
        if (p2p_progress()) {
            yields = 0;
            continue;
        }
        if (p2p_place.crowded || shared) {
            if (yields++ < YIELDS) {
                give_way();
                if (yields == YIELDS)
                    ask_shared();
                continue;
            }
        } else if (look_long(ready, arg)) {
            yields = 0;
            continue;
        }
        if (!told && p2p_place.waiting) {
            p2p_place.waiting(call, peer, tag, context);
            told = 1;
        }
        sleep_once();
    }
    if (told)
        p2p_place.waiting(NULL, 0, 0, 0);
}

void p2p_wait_until(p2p_ready *ready, void *arg, const char *call, int peer, int tag, uint32_t context)
{
    int looks = shared || p2p_threaded ? 2 : p2p_place.crowded ? LOOKS_CROWDED : LOOKS;
    for (int i = 0; i < looks; i++) {
        if (ready(arg))
            return;
        if (p2p_progress())
            i = 0;
        else
            pause_briefly();
    }
    wait_long(ready, arg, call, peer, tag, context);
}

static int request_is_done(void *arg)
{
    struct request *r = arg;
    return atomic_load_explicit(&r->done, memory_order_acquire); /* D1 */
}

void p2p_wait(struct request *r, const char *call)
{
    p2p_wait_until(request_is_done, r, call, r->rank, r->tag, r->comm->context);
}

/* The standard has MPI_Finalize detach what MPI_Buffer_attach has left: its messages leave. */
static int nothing_queued(void *arg)
{
    (void)arg;
    return peers_are_idle() && buffers_are_empty();
}

void p2p_drain(void)
{
    p2p_enter();
    p2p_wait_until(nothing_queued, NULL, "MPI_Finalize", MPI_ANY_SOURCE, MPI_ANY_TAG, 0);
    p2p_leave();
}
