/* Opens the wires and joins them with p2p: see wires.h. So far there is one, the shared memory of the node, which
 * serves messages of a rank to itself too. */
#define _GNU_SOURCE
#include "boot/wires.h"

#include "base/clock.h"
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
#include <sys/prctl.h>

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

/* The record of a rank of this node; the records are in the order of the ranks. */
static uint32_t place_of(int rank)
{
    uint32_t low = 0, high = proc.node ? proc.node->rank_count - 1 : 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (world_rank_of(middle) < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct wire_end *connect_rank(int rank, void *owner, struct words *why)
{
    uint32_t place = place_of(rank);
    uint32_t node = proc.node ? node_of_rank(proc.node, (uint32_t)rank) : 0;
    if (proc.node && node != proc.node->node_index) {
        words_set(why, "it is on %s, and messages between hosts are not built yet", node_name(proc.node, node));
        return NULL;
    }
    struct wire_end *end = world_rank_of(place) == rank ? shm_end(shm, place, owner) : NULL;
    if (!end)
        words_set(why, "no memory for the connection");
    return end;
}

/* Does a rank that is in MPI, other than this one, have its work on the cpu? Each rank leaves the number of its cpu in
 * its record when it asks. below: only those before this one. */
static int cpu_is_taken(int cpu, int below)
{
    for (uint32_t i = 0; i < proc.node->rank_count; i++) {
        const struct node_rank *other = node_rank_at(proc.node, i);
        if (other == proc.me) {
            if (below)
                return 0;
        } else if (atomic_load_explicit(&other->cpu, memory_order_relaxed) == cpu + 1 &&
                   atomic_load_explicit(&other->life, memory_order_relaxed) == NODE_MPI) {
            return 1;
        }
    }
    return 0;
}

/* The kernel may leave two ranks on one cpu for long, as each of them gives way, while another has nothing to do but
 * work of low priority. One of the two goes: it asks for a cpu that no rank is on, and then for all of its cpus again. */
static int move_away(void)
{
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        return 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && !cpu_is_taken(cpu, 0)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            if (sched_setaffinity(0, sizeof one, &one))
                return 0;
            sched_setaffinity(0, sizeof allowed, &allowed);
            atomic_store_explicit(&proc.me->cpu, cpu + 1, memory_order_relaxed);
            return 1;
        }
    return 0;
}

static int cpu_is_shared(void)
{
    int cpu = sched_getcpu();
    if (!proc.me || cpu < 0)
        return 0;
    if (atomic_load_explicit(&proc.me->cpu, memory_order_relaxed) != cpu + 1)
        atomic_store_explicit(&proc.me->cpu, cpu + 1, memory_order_relaxed);
    if (proc.node->usable_cpus >= proc.node->rank_count && cpu_is_taken(cpu, 1) && move_away())
        return 0;
    return cpu_is_taken(cpu, 0);
}

static void waiting(const char *call, int peer, int tag, uint32_t context)
{
    if (!proc.me)
        return;
    if (!call) {
        node_wait_end(proc.me);
        return;
    }
    node_wait_begin(proc.me, call, peer, tag, context, clock_ns());
}

static int never_came(int rank)
{
    for (uint32_t i = 0; proc.me && i < proc.node->rank_count; i++) {
        const struct node_rank *other = node_rank_at(proc.node, i);
        if ((int)other->world_rank == rank)
            return atomic_load_explicit(&other->leaves, memory_order_acquire) &&
                   atomic_load_explicit(&other->life, memory_order_relaxed) == NODE_STARTED;
    }
    return 0;
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
    int cma = proc.conf.cma == CONF_CMA_ON;
    if (cma && proc.node) /* where only descendants may be reached (Yama), the job's processes may reach this one */
        prctl(PR_SET_PTRACER, proc.node->agent_pid);
    shm = shm_init(room, ranks, local, cma, p2p_deliver, accept, NULL);
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
        .never_came = never_came,
        .broken = broken,
    };
    return p2p_start(&place, why);
}

/* Every rank of the node has come to MPI_Finalize, or has ended without (the agent says so): nobody needs this one any
 * more, not for the rest of a message either, nor to give back one that is cancelled. */
static int all_leave(void *arg)
{
    uint32_t *next = arg;
    while (*next < proc.node->rank_count &&
           atomic_load_explicit(&node_rank_at(proc.node, *next)->leaves, memory_order_seq_cst))
        ++*next;
    return *next == proc.node->rank_count;
}

static void leave_together(void)
{
    uint32_t next = 0;
    atomic_store_explicit(&proc.me->leaves, 1, memory_order_seq_cst);
    if (all_leave(&next))
        shm_wake_all(shm); /* this one was the last */
    else
        p2p_await(all_leave, &next, "MPI_Finalize (the other ranks)", NULL);
}

/* After MPI_Finalize nobody needs this process. The end of a session is nobody else's business: what it has sent leaves. */
void wires_drain(int session)
{
    if (session)
        p2p_drain("MPI_Session_finalize");
    else if (proc.me)
        leave_together();
}
