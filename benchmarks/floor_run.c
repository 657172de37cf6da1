/* How the floor is measured: in threads that stand on cpus of their own, in samples of many operations. See
 * floor_inside.h. */
#define _GNU_SOURCE
#include "benchmarks/cpus.h"
#include "benchmarks/floor_inside.h"
#include "benchmarks/stats.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

void floor_begin(struct point *p, const char *variant, size_t bytes, int threads)
{
    *p = (struct point){.test = "floor", .bytes = bytes, .ranks = threads, .overlap = -1};
    snprintf(p->variant, sizeof p->variant, "%s", variant);
}

int floor_no_memory(char *error, size_t room)
{
    snprintf(error, room, "there is no memory for measuring the machine's own limits");
    return -1;
}

int floor_cpus(int found[2], char *error, size_t room)
{
    int order[CPUS];
    struct cpus usable;
    if (cpus_get(&usable) != 0) {
        snprintf(error, room, "the cpus that this process may use are not known: %m");
        return -1;
    }
    int count = cpus_order(&usable, order);
    found[0] = order[0];
    found[1] = order[count > 1];
    return count > 1 ? 2 : 1;
}

/* ---- two threads ---- */

/* Nobody starts before both stand where they should: one that spins for another who never comes would not end. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int arrived, unpinned, state; /* state: 0 closed, 1 open, -1 go home */
};

struct runner {
    struct gate *gate;
    int cpu;
    void (*run)(void *);
    void *arg;
};

static void *runner_main(void *opaque)
{
    struct runner *r = opaque;
    int pinned = cpus_set_one(r->cpu) == 0;
    pthread_mutex_lock(&r->gate->lock);
    r->gate->arrived++;
    r->gate->unpinned += !pinned;
    pthread_cond_broadcast(&r->gate->changed);
    while (r->gate->state == 0)
        pthread_cond_wait(&r->gate->changed, &r->gate->lock);
    int go = r->gate->state > 0;
    pthread_mutex_unlock(&r->gate->lock);
    if (go)
        r->run(r->arg);
    return NULL;
}

/* Opens the gate when all have come and are pinned, or sends them home. */
static int gate_decide(struct gate *gate, int started, int wanted)
{
    pthread_mutex_lock(&gate->lock);
    while (gate->arrived < started)
        pthread_cond_wait(&gate->changed, &gate->lock);
    gate->state = started == wanted && !gate->unpinned ? 1 : -1;
    int open = gate->state > 0;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
    return open;
}

int floor_threads(const int cpus[2], void (*first)(void *), void (*second)(void *), void *arg, char *error,
                  size_t room)
{
    struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct runner runners[2] = {{&gate, cpus[0], first, arg}, {&gate, cpus[1], second, arg}};
    pthread_t threads[2];
    int wanted = second ? 2 : 1, started = 0, rc = 0;
    while (started < wanted && rc == 0) {
        rc = pthread_create(&threads[started], NULL, runner_main, &runners[started]);
        started += rc == 0;
    }
    int open = gate_decide(&gate, started, wanted);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (open)
        return 0;
    if (rc != 0)
        snprintf(error, room, "a thread for the machine's own limits could not be started: %s", strerror(rc));
    else
        snprintf(error, room, "cpu %d or cpu %d cannot be used by this process (taskset -p $$ shows which can)",
                 cpus[0], cpus[1]);
    return -1;
}

/* ---- samples ---- */

enum { COUNT_MOST = 1 << 24, SAMPLES_MOST = 1 << 20, SAMPLES_LEAST = 3 };

/* How many operations a sample takes so that two looks at the clock are less than one percent of it; in time that
 * is at most `seconds`. */
static int calibrate(int (*run)(void *, long), void *arg, double seconds, long *count)
{
    double enough = 200 * clock_cost(), end = clock_now() + seconds;
    if (enough < 5e-6)
        enough = 5e-6;
    for (*count = 1; *count < COUNT_MOST; *count *= 2) {
        /* The quickest of three: a disturbance would look like a long operation. */
        double least = 1e9;
        for (int i = 0; i < 3 && least >= enough; i++) {
            double begin = clock_now();
            if (run(arg, *count) != 0)
                return -1;
            double took = clock_now() - begin;
            least = took < least ? took : least;
            if (clock_now() > end && took >= enough)
                return 0;
        }
        if (least >= enough)
            return 0;
    }
    return 0;
}

int floor_sample(int (*run)(void *arg, long count), void *arg, double share, double seconds, struct point *p)
{
    struct samples samples = {0};
    long count;
    double begin = clock_now();
    if (calibrate(run, arg, seconds / 4, &count) != 0)
        return -1;
    while (clock_now() - begin < seconds / 10)
        if (run(arg, count) != 0)
            return -1;
    int rc = 0;
    while (rc == 0 && samples.count < SAMPLES_MOST &&
           (samples.count < SAMPLES_LEAST || clock_now() - begin < seconds)) {
        double start = clock_now();
        rc = run(arg, count);
        double took = clock_now() - start;
        if (rc == 0)
            rc = samples_add(&samples, took * share / (double)count);
    }
    if (rc == 0)
        point_sampled(p, &samples);
    samples_free(&samples);
    return rc == 0 ? 0 : -1;
}
