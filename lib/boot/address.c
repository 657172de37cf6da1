/* Addresses of ranks: see address.h. The agent of the node sleeps on a futex, the bell; ranks that wait for an address
 * sleep on another one, the turn, that it changes when it has written some. */
#define _GNU_SOURCE
#include "boot/address.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void ring(struct node_exchange *x)
{
    atomic_fetch_add_explicit(&x->bell, 1, memory_order_release); /* E0 pairs with E1 in the agent */
    syscall(SYS_futex, &x->bell, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* The addresses are not reserved with the rest of the segment: memory that is missing is an error here, not a
 * SIGBUS. */
static int reserve(struct node_address *address)
{
    char *page = (char *)((uintptr_t)address & ~(uintptr_t)(NODE_PAGE - 1));
    return madvise(page, NODE_PAGE, MADV_POPULATE_WRITE) && errno != EINVAL ? -1 : 0;
}

int address_publish(struct node_head *node, struct node_rank *me, const void *bytes, uint32_t size, struct words *why)
{
    struct node_exchange *x = node_exchange_of(node);
    struct node_address *mine = node_address_at(node, me->world_rank);
    if (size < 1 || size > NODE_ADDRESS_MAX)
        return words_set(why, "an address of %u bytes: 1 to %d are possible", size, NODE_ADDRESS_MAX);
    if (reserve(mine))
        return words_set(why, "no memory for the address of rank %u: %s", me->world_rank, strerror(errno));
    memcpy(mine->bytes, bytes, size);
    /* P0: after the bytes, and before the look whether somebody waits for it; pairs with P1 and B1. */
    atomic_store_explicit(&mine->size, size, memory_order_seq_cst);
    if (x && atomic_load_explicit(&x->wanted, memory_order_seq_cst)) /* W1 pairs with W0 */
        ring(x);
    return 0;
}

/* Others of this node may have asked for the same. */
static void ask(struct node_exchange *x)
{
    if (atomic_load_explicit(&x->wanted, memory_order_relaxed) ||
        atomic_exchange_explicit(&x->wanted, 1, memory_order_seq_cst))
        return;
    ring(x);
    syscall(SYS_futex, &x->wanted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void address_want(struct node_head *node)
{
    struct node_exchange *x = node_exchange_of(node);
    if (x)
        ask(x);
}

/* So that waking one of a node's ranks does not wake all. */
static uint32_t bit_of(const struct node_rank *me)
{
    return 1u << me->world_rank % 32;
}

int address_wait(struct node_head *node, const struct node_rank *me, const _Atomic int *stop)
{
    struct node_exchange *x = node_exchange_of(node);
    while (!atomic_load_explicit(stop, memory_order_acquire)) {
        if (!x || atomic_load_explicit(&x->wanted, memory_order_acquire))
            return 1;
        syscall(SYS_futex, &x->wanted, FUTEX_WAIT_BITSET, 0, NULL, NULL, bit_of(me));
    }
    return 0;
}

void address_stop(struct node_head *node, const struct node_rank *me)
{
    struct node_exchange *x = node_exchange_of(node);
    if (x)
        syscall(SYS_futex, &x->wanted, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, bit_of(me));
}

const struct node_address *address_of(struct node_head *node, uint32_t rank, double seconds, struct words *why)
{
    struct node_exchange *x = node_exchange_of(node);
    if (!x || rank >= node->world_size) {
        words_set(why, x ? "there is no rank %u" : "rank %u needs no address in a job on one node", rank);
        return NULL;
    }
    const struct node_address *address = node_address_at(node, rank);
    const char *host = node_name(node, node_of_rank(node, rank));
    int64_t end = clock_ns() + (int64_t)(seconds * 1e9);
    for (;;) {
        uint32_t turn = atomic_load_explicit(&x->turn, memory_order_acquire); /* E3 pairs with E2 in the agent */
        uint32_t size = atomic_load_explicit(&address->size, memory_order_acquire); /* B1 pairs with B0 and P0 */
        if (size && size <= NODE_ADDRESS_MAX)
            return address;
        if (size) {
            words_set(why, "rank %u on %s has ended, and never had an address", rank, host);
            return NULL;
        }
        ask(x);
        int64_t left = end - clock_ns();
        if (left <= 0) {
            words_set(why, "rank %u on %s has not told its address within %.3g s; has it called MPI_Init?", rank, host,
                      seconds);
            return NULL;
        }
        struct timespec limit = {left / 1000000000, left % 1000000000};
        syscall(SYS_futex, &x->turn, FUTEX_WAIT, turn, &limit, NULL, 0);
    }
}
