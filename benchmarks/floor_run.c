/* How the floor is measured: in threads that stand on cpus of their own, in samples of many operations. See
 * floor.h. */
#define _GNU_SOURCE
#include "benchmarks/floor.h"
#include "benchmarks/stats.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CPUS_MOST = 1 << 20 };

/* ---- cpus ---- */

/* The number in a file of the cpu's topology; -1 where there is none. */
static long topology(int cpu, const char *name)
{
    char path[128];
    long value = -1;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/%s", cpu, name);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &value) != 1)
        value = -1;
    if (f)
        fclose(f);
    return value;
}

static int same_core(int a, int b)
{
    long core = topology(a, "core_id");
    return core >= 0 && core == topology(b, "core_id") &&
           topology(a, "physical_package_id") == topology(b, "physical_package_id");
}

/* The set of cpus that this thread may use; *cpus is the room it has. NULL: it cannot be asked for. */
static cpu_set_t *usable(int *cpus)
{
    for (*cpus = 1024; *cpus <= CPUS_MOST; *cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)*cpus);
        if (set && sched_getaffinity(0, CPU_ALLOC_SIZE((size_t)*cpus), set) == 0)
            return set;
        CPU_FREE(set);
    }
    return NULL;
}

int floor_cpus(int found[2], char *error, size_t room)
{
    int cpus, sibling = -1;
    cpu_set_t *set = usable(&cpus);
    if (!set) {
        snprintf(error, room, "the cpus that this process may use are not known: %m");
        return -1;
    }
    found[0] = found[1] = -1;
    for (int cpu = 0; cpu < cpus && found[1] < 0; cpu++) {
        if (!CPU_ISSET_S((size_t)cpu, CPU_ALLOC_SIZE((size_t)cpus), set))
            continue;
        if (found[0] < 0)
            found[0] = cpu;
        else if (!same_core(found[0], cpu))
            found[1] = cpu;
        else if (sibling < 0)
            sibling = cpu;
    }
    CPU_FREE(set);
    if (found[1] < 0)
        found[1] = sibling >= 0 ? sibling : found[0];
    return found[1] == found[0] ? 1 : 2;
}

static int pin_this_thread(int cpu)
{
    if (cpu < 0 || cpu >= CPUS_MOST)
        return -1;
    size_t room = (size_t)cpu + 1, size = CPU_ALLOC_SIZE(room);
    cpu_set_t *set = CPU_ALLOC(room);
    if (!set)
        return -1;
    CPU_ZERO_S(size, set);
    CPU_SET_S((size_t)cpu, size, set);
    int rc = sched_setaffinity(0, size, set);
    CPU_FREE(set);
    return rc;
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
    int pinned = pin_this_thread(r->cpu) == 0;
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
    if (rc == 0) {
        struct summary s = samples_summary(&samples);
        p->samples = (long)samples.count;
        p->min = s.min;
        p->median = s.median;
        p->p99 = s.p99;
        p->max = s.max;
    }
    samples_free(&samples);
    return rc == 0 ? 0 : -1;
}
