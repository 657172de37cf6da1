/* The lock of p2p and the threads around it: see thread.h.
 *
 * One thread looks at the wires, holding the lock but for moments in which others want it. Those who have to wait
 * meanwhile look at a counter of news for a while, without the lock, and then sleep on a condition. When the looker's
 * own wait is over another takes its place. */
#include "p2p/thread.h"

#include "p2p/peer.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

enum {
    SPINS = 1000,       /* some ten microseconds, before the lock is waited for asleep */
    FOLLOW_SPINS = 2000, /* ... and the looker's news */
    NAP_NS = 500 * 1000  /* between two looks at what comes without news */
};

int p2p_threaded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news_came = PTHREAD_COND_INITIALIZER;
static _Atomic int wanted;    /* threads that want the lock */
static _Atomic unsigned news; /* N0: release, under the lock; N1: acquire, by followers without it */
static _Atomic int looker;    /* a thread looks at the wires */
static int followers, asleep;

static void pause_briefly(int turn)
{
    if (p2p_place.crowded || turn % 64 == 63)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

void p2p_lock(void)
{
    if (pthread_mutex_trylock(&lock) == 0)
        return;
    atomic_fetch_add_explicit(&wanted, 1, memory_order_relaxed);
    int spins = 0;
    while (spins < SPINS && pthread_mutex_trylock(&lock))
        pause_briefly(spins++);
    if (spins == SPINS)
        pthread_mutex_lock(&lock);
    atomic_fetch_sub_explicit(&wanted, 1, memory_order_relaxed);
}

void p2p_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* A mutex is not fair: who lets it go must not take it again before the others had time to. */
void thread_offer_lock(void)
{
    if (!p2p_threaded || !atomic_load_explicit(&wanted, memory_order_relaxed))
        return;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < SPINS && atomic_load_explicit(&wanted, memory_order_relaxed); i++)
        pause_briefly(i);
    p2p_lock();
}

void thread_news(void)
{
    atomic_fetch_add_explicit(&news, 1, memory_order_release); /* N0 */
    if (followers)
        pthread_cond_broadcast(&news_came);
    for (int i = 0; asleep && i < p2p_place.wire_count; i++)
        if (p2p_place.ops[i]->wake)
            p2p_place.ops[i]->wake(p2p_place.wires[i]);
}

void thread_asleep(int yes)
{
    asleep = yes;
}

static void sleep_for_news(int shortly)
{
    struct timespec until;
    if (!shortly) {
        pthread_cond_wait(&news_came, &lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += NAP_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&news_came, &lock, &until);
}

int thread_look_or_follow(p2p_ready *ready, void *arg)
{
    if (!atomic_load_explicit(&looker, memory_order_relaxed)) {
        atomic_store_explicit(&looker, 1, memory_order_relaxed);
        return 1;
    }
    unsigned seen = atomic_load_explicit(&news, memory_order_relaxed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < FOLLOW_SPINS && atomic_load_explicit(&news, memory_order_acquire) == seen && /* N1 */
                    atomic_load_explicit(&looker, memory_order_relaxed) && !(ready && ready(arg)); i++)
        pause_briefly(i);
    p2p_lock();
    followers++;
    while (atomic_load_explicit(&news, memory_order_relaxed) == seen &&
           atomic_load_explicit(&looker, memory_order_relaxed) && !(ready && ready(arg)))
        sleep_for_news(ready != NULL);
    followers--;
    return 0;
}

void thread_resign(void)
{
    atomic_store_explicit(&looker, 0, memory_order_relaxed);
    if (followers)
        pthread_cond_broadcast(&news_came); /* one of them becomes the looker, if its wait is not over */
}
