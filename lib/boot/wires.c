/* Opens the wires and joins them with p2p: see wires.h. So far there is one, the shared memory of the node, which
 * serves messages of a rank to itself too. */
#define _GNU_SOURCE
#include "boot/wires.h"

#include "boot/proc.h"
#include "p2p/p2p.h"
#include "wire/shm.h"
#include "wire/shm_ring.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static struct wire *shm;
static const struct wire_ops *const ops[] = {&shm_ops};
static uint32_t local; /* this rank's place on the node */

static int world_rank_of(uint32_t place)
{
    return proc.node ? (int)node_rank_at(proc.node, place)->world_rank : 0;
}

static void *accept(void *context, uint32_t place)
{
    (void)context;
    return p2p_peer_of(world_rank_of(place));
}

/* All ranks are on one node, in the order of their ranks. */
static struct wire_end *connect_rank(int rank, void *owner, struct words *why)
{
    uint32_t place = proc.node ? (uint32_t)rank : 0;
    struct wire_end *end = world_rank_of(place) == rank ? shm_end(shm, place, owner) : NULL;
    if (!end)
        words_set(why, "no memory for the connection");
    return end;
}

/* Each rank leaves the number of its cpu in its record when it asks. */
static int cpu_is_shared(void)
{
    int cpu = sched_getcpu() + 1, found = 0;
    if (!proc.me || cpu <= 0)
        return 0;
    if (atomic_load_explicit(&proc.me->cpu, memory_order_relaxed) != cpu)
        atomic_store_explicit(&proc.me->cpu, cpu, memory_order_relaxed);
    for (uint32_t i = 0; i < proc.node->rank_count && !found; i++) {
        const struct node_rank *other = node_rank_at(proc.node, i);
        found = other != proc.me && atomic_load_explicit(&other->cpu, memory_order_relaxed) == cpu &&
                atomic_load_explicit(&other->life, memory_order_relaxed) == NODE_MPI;
    }
    return found;
}

static void waiting(const char *call, int peer, int tag, uint32_t context)
{
    struct timespec t;
    if (!proc.me)
        return;
    if (!call) {
        node_wait_end(proc.me);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &t);
    node_wait_begin(proc.me, call, peer, tag, context, (int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
}

static void broken(const struct words *why)
{
    proc_end(NODE_FAILED, MPI_ERR_INTERN, why);
}

int wires_open(int threaded, struct words *why)
{
    uint32_t ranks = 1;
    void *room;
    if (proc.node) {
        ranks = proc.node->rank_count;
        local = (uint32_t)(proc.me - node_rank_at(proc.node, 0));
        room = (char *)proc.node + proc.node->room_at;
    } else {
        room = mmap(NULL, shm_room(1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (room == MAP_FAILED)
            return words_set(why, "no memory for messages: %s", strerror(errno));
    }
    madvise(room, shm_room(ranks), MADV_DONTDUMP); /* core files need not hold what is under way */
    shm = shm_init(room, ranks, local, p2p_deliver, accept, NULL);
    if (!shm)
        return words_set(why, "no memory for the connections of %u ranks", ranks);
    const struct p2p_place place = {
        .rank = proc.rank,
        .size = proc.size,
        .crowded = proc.node && proc.node->usable_cpus < ranks,
        .threaded = threaded,
        .wires = &shm,
        .ops = ops,
        .wire_count = 1,
        .connect = connect_rank,
        .cpu_is_shared = cpu_is_shared,
        .waiting = waiting,
        .broken = broken,
    };
    return p2p_start(&place, why);
}

void wires_close(void)
{
    p2p_drain();
    p2p_stop();
    shm_fini(shm);
}
