/* Opens the wires and joins them with p2p: see wires.h. The shared memory of the node serves messages of a rank to itself
 * too; the network is opened where a rank is on another node, or GODWIT_WIRE wants it. */
#define _GNU_SOURCE
#include "boot/wires.h"

#include "base/clock.h"
#include "boot/address.h"
#include "boot/proc.h"
#include "coll/coll.h"
#include "p2p/p2p.h"
#include "wire/ofi.h"
#include "wire/shm.h"
#include "wire/shm_ring.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SHM, OFI, WIRES };

static struct wire *wires[WIRES];
static const struct wire_ops *const ops[] = {&shm_ops, &ofi_ops};
static int network; /* there is one */
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

/* The record of a rank of this node, or -1; the records are in the order of the ranks. */
static int place_of(int rank)
{
    uint32_t low = 0, high = proc.node ? proc.node->rank_count - 1 : 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (world_rank_of(middle) < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return world_rank_of(low) == rank ? (int)low : -1;
}

static struct wire_end *connect_rank(int rank, void *owner, struct words *why)
{
    int place = place_of(rank);
    int far = place < 0 || (proc.conf.wire == CONF_WIRE_OFI && network && rank != proc.rank);
    struct wire_end *end = far ? ofi_end(wires[OFI], (uint32_t)rank, owner) : shm_end(wires[SHM], (uint32_t)place, owner);
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
    int place = proc.me ? place_of(rank) : -1;
    if (place < 0)
        return 0;
    const struct node_rank *other = node_rank_at(proc.node, (uint32_t)place);
    return atomic_load_explicit(&other->leaves, memory_order_acquire) &&
           atomic_load_explicit(&other->life, memory_order_relaxed) == NODE_STARTED;
}

/* ---- the network ---- */

static void *accept_far(void *context, uint32_t number)
{
    (void)context;
    return p2p_peer_of((int)number);
}

/* Called from a thread of the wire. */
static int publish(void *context, const char *card, uint32_t size, const char *chosen, struct words *why)
{
    (void)context;
    snprintf(proc.me->network, sizeof proc.me->network, "%s", chosen);
    atomic_store_explicit(&proc.me->network_known, 1, memory_order_release); /* V0 */
    _Static_assert((int)OFI_CARD <= (int)NODE_ADDRESS_MAX, "a card is an address");
    return address_publish(proc.node, proc.me, card, size, why);
}

/* Ranks of this node have left theirs in its segment; those of others are asked for. */
static int card_of(void *context, uint32_t number, char card[OFI_CARD], struct words *why)
{
    struct words not_yet;
    (void)context;
    const struct node_address *a = node_address_at(proc.node, number);
    uint32_t size = atomic_load_explicit(&a->size, memory_order_acquire); /* N1 */
    if (!size && place_of((int)number) < 0)
        address_of(proc.node, number, 0, &not_yet);
    if (!size)
        return 1;
    if (size > OFI_CARD)
        return words_set(why, "it has ended, and never had an address");
    memset(card, 0, OFI_CARD);
    memcpy(card, a->bytes, size);
    return 0;
}

static void tell_lost(void *owner, uint32_t number, const struct words *why)
{
    struct words where = *why;
    if (owner && proc.node->node_count > 1)
        words_set(&where, "%s (rank %u is on %s)", why->s, number, node_name(proc.node, node_of_rank(proc.node, number)));
    p2p_lost(owner, &where);
}

/* A rank that has finalized its sessions may be gone, and nobody misses it. */
static void lost(void *context, void *owner, uint32_t number, const struct words *why)
{
    (void)context;
    int place = owner ? place_of((int)number) : -1;
    if (place < 0 || atomic_load_explicit(&node_rank_at(proc.node, (uint32_t)place)->life, memory_order_relaxed) != NODE_FINALIZED)
        tell_lost(owner, number, why);
}

static int wait_for_wish(void *context, const _Atomic int *stop)
{
    (void)context;
    return address_wait(proc.node, proc.me, stop);
}

static void wake_opener(void *context)
{
    (void)context;
    address_stop(proc.node, proc.me);
}

static void want_network(void *context)
{
    (void)context;
    address_want(proc.node);
}

static const char *word_or_null(const struct conf_word *w)
{
    return strcmp(w->s, "auto") && *w->s ? w->s : NULL;
}

static int network_open(struct words *why)
{
    struct ofi_setup setup = {
        .me = (uint32_t)proc.rank,
        .count = (uint32_t)proc.size,
        .key = proc.node->key,
        .provider = word_or_null(&proc.conf.provider),
        .iface = word_or_null(&proc.conf.iface),
        .loopback = proc.node->node_count == 1,
        .deliver = p2p_deliver,
        .moved = p2p_moved,
        .accept = accept_far,
        .publish = publish,
        .address_of = card_of,
        .wait = proc.node->node_count > 1 ? wait_for_wish : NULL,
        .wake = wake_opener,
        .want = want_network,
        .lost = lost,
    };
    madvise(proc.node, NODE_PAGE, MADV_DONTDUMP); /* the key stands there */
    wires[OFI] = ofi_init(&setup, why);
    network = wires[OFI] != NULL;
    if (network)
        shm_bell(wires[SHM]);
    return network ? 0 : -1;
}

void proc_network(struct proc_network *out)
{
    struct ofi_seen seen = {0};
    if (network)
        seen = *ofi_seen(wires[OFI]);
    *out = (struct proc_network){seen.frames_out, seen.frames_in, seen.strangers, seen.failures};
}

/* What waits for room, or for the network to be open, leaves before. */
static int network_is_over(void *arg)
{
    return !p2p_is_queued(&ofi_ops) && ofi_is_over(arg);
}

static int network_is_quiet(void *arg)
{
    return !p2p_is_queued(&ofi_ops) && ofi_is_quiet(arg);
}

/* At the end of the process, when MPI is over: providers leave nothing behind. Whoever had sessions only has not said
 * goodbye yet; for those who do not answer, as they do something else, it waits for a short time. */
static void network_close(void)
{
    enum { PATIENCE_NS = 500 * 1000 * 1000 };
    int64_t begun = clock_ns();
    if (!network || proc.stage == PROC_ALIVE || proc.me->pid != getpid())
        return;
    while (!ofi_is_over(wires[OFI]) && clock_ns() - begun < PATIENCE_NS) {
        p2p_look();
        sched_yield();
    }
    ofi_fini(wires[OFI]);
    network = 0;
}

static void network_drain(int session)
{
    static atomic_flag prepared = ATOMIC_FLAG_INIT;
    if (!network)
        return;
    if (!atomic_flag_test_and_set(&prepared))
        atexit(network_close);
    p2p_await(session ? network_is_quiet : network_is_over, wires[OFI],
              session ? "MPI_Session_finalize" : "MPI_Finalize (the network)", NULL);
}

static void broken(const struct words *why)
{
    proc_end(NODE_FAILED, MPI_ERR_INTERN, why);
}

/* ---- boards ---- */

static void wake(int place)
{
    shm_wake_rank(wires[SHM], (uint32_t)place);
}

static void boards_open(int reached)
{
    if (!proc.node || proc.conf.wire == CONF_WIRE_OFI || proc.conf.coll == CONF_COLL_MESSAGES)
        return;
    coll_start(&(struct coll_place){.node = proc.node, .boards = node_has_boards(proc.node), .fences = !reached,
                                    .place_of = place_of, .wake = wake});
    char *boards = (char *)proc.node + proc.node->boards_at;
    madvise(boards, proc.node->size - proc.node->boards_at, MADV_DONTDUMP);
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
    wires[SHM] = shm_init(room, ranks, local, cma, p2p_deliver, accept, NULL);
    if (!wires[SHM])
        return words_set(why, "no memory for the connections of %u ranks", ranks);
    int wanted = proc.node && proc.size > 1 && (proc.node->node_count > 1 || proc.conf.wire == CONF_WIRE_OFI);
    if (wanted && network_open(why))
        return -1;
    int reached, reaching;
    shm_barriers(wires[SHM], &reached, &reaching);
    boards_open(reached);
    const struct p2p_place place = {
        .rank = proc.rank,
        .size = proc.size,
        .crowded = proc.node && proc.node->usable_cpus < ranks,
        .threaded = threaded,
        .naps = !reaching,
        .wires = wires,
        .ops = ops,
        .wire_count = network ? 2 : 1,
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
        shm_wake_all(wires[SHM]); /* this one was the last */
    else
        p2p_await(all_leave, &next, "MPI_Finalize (the other ranks)", NULL);
}

/* After MPI_Finalize nobody needs this process. The end of a session is nobody else's business: what it has sent leaves. */
void wires_drain(int session)
{
    if (session)
        p2p_drain("MPI_Session_finalize");
    else if (proc.me) {
        if (network)
            ofi_leave(wires[OFI]);
        leave_together();
    }
    network_drain(session);
}

void wires_again(void)
{
    p2p_enter();
    if (network)
        ofi_again(wires[OFI]);
    p2p_leave();
}
