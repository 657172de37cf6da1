/* The agent's part in the exchange of addresses: see book.h.
 *
 * Ranks wake the agent through a futex in the segment: a descriptor could have been closed on the way to them, as many
 * languages do. A thread sleeps on it, and does nothing but pass that on to the event loop. */
#define _GNU_SOURCE
#include "mpirun/book.h"

#include "mpirun/addrpack.h"
#include "mpirun/grow.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How long the first answer waits for ranks that have no address yet; and how long later ones are gathered. */
#define PATIENCE_NS 1000000000
#define LATER_NS 20000000

static void *listen_for_ranks(void *argument)
{
    struct book *b = argument;
    uint32_t heard = 0;
    static const uint64_t one = 1;
    for (;;) {
        long rc = syscall(SYS_futex, &b->exchange->bell, FUTEX_WAIT, heard, NULL, NULL, 0);
        if (rc && errno != EAGAIN && errno != EINTR)
            return NULL;
        heard = atomic_load_explicit(&b->exchange->bell, memory_order_acquire); /* E1 pairs with E0 */
        if (write(b->woken.fd, &one, sizeof one) != sizeof one)
            return NULL;
    }
}

/* Ranks that wait look again. */
static void wake_ranks(struct book *b)
{
    atomic_fetch_add_explicit(&b->exchange->turn, 1, memory_order_release); /* E2 pairs with E3 in address_of */
    syscall(SYS_futex, &b->exchange->turn, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static uint32_t size_of(const struct book *b, uint32_t local)
{
    const struct node_address *a = &b->addresses[b->ranks[local]];
    uint32_t size = atomic_load_explicit(&a->size, memory_order_seq_cst); /* P1 pairs with P0 in address_publish */
    if (size == 0 && b->ended[local])
        return NODE_ADDRESS_NONE;
    return size > NODE_ADDRESS_MAX ? NODE_ADDRESS_NONE : size; /* a rank may have written anything there */
}

/* All that has not been told yet. */
static void answer(struct book *b)
{
    struct bytes out = {0};
    struct addrpack pack;
    struct frame_addresses head = {0};
    int gone = 0, news = 0;
    addrpack_open(&pack, &out);
    for (uint32_t i = 0; i < b->node->rank_count; i++) {
        uint32_t size = b->told[i] ? 0 : size_of(b, i);
        unsigned char bytes[NODE_ADDRESS_MAX]; /* a copy: a rank could change it meanwhile */
        if (size == 0)
            continue;
        if (size == NODE_ADDRESS_NONE) {
            atomic_store_explicit(&b->addresses[b->ranks[i]].size, size, memory_order_release);
            gone = 1;
        } else {
            memcpy(bytes, b->addresses[b->ranks[i]].bytes, size);
        }
        addrpack_add(&pack, b->ranks[i], bytes, size);
        b->told[i] = 1;
        news = 1;
    }
    addrpack_close(&pack);
    loop_stop(&b->patience);
    if (gone)
        wake_ranks(b);
    for (size_t n; (news || !b->answered) && bytes_count(&out); bytes_drop(&out, n)) {
        n = addrpack_fit(bytes_front(&out), bytes_count(&out), FRAME_MAX - sizeof head);
        head.nodes = !b->answered && n == bytes_count(&out);
        struct iovec parts[2] = {{&head, sizeof head}, {bytes_front(&out), n}};
        link_send_parts(b->link, FRAME_ADDRESSES, 0, 0, parts, 2);
    }
    bytes_free(&out);
    b->answered = 1;
}

/* Is it time for the first answer? Later ones come with the timer. */
static void look(struct book *b)
{
    if (!b->collecting)
        return;
    if (b->answered) {
        if (!b->patience.at_ns)
            loop_set(&b->patience, LATER_NS);
        return;
    }
    while (b->next < b->node->rank_count && size_of(b, b->next))
        b->next++;
    if (b->next == b->node->rank_count)
        answer(b);
}

static void patience_over(struct timer *timer)
{
    answer(timer->owner);
}

static void woken(struct watch *watch, uint32_t events)
{
    struct book *b = watch->owner;
    uint64_t count;
    (void)events;
    if (read(watch->fd, &count, sizeof count) != sizeof count)
        return;
    if (!b->asked && atomic_load_explicit(&b->exchange->wanted, memory_order_acquire)) {
        b->asked = 1;
        if (!b->collecting)
            link_send(b->link, FRAME_WANT_ADDRESSES, 0, 0, NULL, 0);
    }
    look(b);
}

int book_open(struct book *b, struct loop *loop, struct link *link, struct node_head *node, int node_fd,
              const uint32_t *ranks, struct words *why)
{
    pthread_t thread; /* it inherits that the agent blocks all signals */
    if (!node->exchange_at)
        return 0;
    *b = (struct book){.node = node, .link = link, .ranks = ranks, .exchange = node_exchange_of(node),
                       .size = (size_t)node->world_size * sizeof(struct node_address)};
    b->ended = grow_new(node->rank_count, 1);
    b->told = grow_new(node->rank_count, 1);
    b->addresses = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, node_fd, (off_t)node->addresses_at);
    b->woken = (struct watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = woken, .owner = b};
    loop_timer(loop, &b->patience, patience_over, b);
    if (b->addresses == MAP_FAILED || b->woken.fd < 0 || loop_add(loop, &b->woken, EPOLLIN))
        return words_set(why, "cannot prepare for the addresses of ranks: %s", strerror(errno));
    errno = pthread_create(&thread, NULL, listen_for_ranks, b);
    if (errno)
        return words_set(why, "cannot make a thread that listens for ranks: %s", strerror(errno));
    pthread_detach(thread);
    return 0;
}

void book_collect(struct book *b)
{
    if (!b->node || b->collecting)
        return;
    b->collecting = 1;
    /* W0: before the look at addresses; pairs with W1 in address_publish, which rings when it sees this. */
    atomic_store_explicit(&b->exchange->wanted, 1, memory_order_seq_cst);
    syscall(SYS_futex, &b->exchange->wanted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0); /* ranks that have no address yet */
    loop_set(&b->patience, PATIENCE_NS);
    look(b);
}

void book_rank_ended(struct book *b, uint32_t local)
{
    if (!b->node)
        return;
    b->ended[local] = 1;
    look(b);
}

/* Its own ranks' addresses are the ranks' to write. */
static void write_entry(void *owner, uint32_t rank, const void *address, uint32_t size)
{
    struct book *b = owner;
    struct node_address *a = &b->addresses[rank];
    if (node_of_rank(b->node, rank) == b->node->node_index)
        return;
    if (size != NODE_ADDRESS_NONE)
        memcpy(a->bytes, address, size);
    atomic_store_explicit(&a->size, size, memory_order_release); /* B0: after the bytes; pairs with B1 in address_of */
}

int book_came(struct book *b, const void *payload, size_t n, struct words *why)
{
    struct frame_addresses head;
    if (!b->node || n < sizeof head)
        return words_set(why, "sent addresses that nobody can need");
    /* Memory that is missing is an error here, not a SIGBUS. */
    if (!b->writable && madvise(b->addresses, b->size, MADV_POPULATE_WRITE) && errno != EINVAL)
        return words_set(why, "no memory for the addresses of %u ranks (%zu KiB)", b->node->world_size, b->size >> 10);
    b->writable = 1;
    if (addrpack_read((const char *)payload + sizeof head, n - sizeof head, b->node->world_size, write_entry, b, why))
        return -1;
    wake_ranks(b);
    return 0;
}

int book_network(struct node_head *node, int ended, struct words *words)
{
    const struct node_rank *first = node_rank_at(node, 0);
    char network[sizeof first->network];
    if (first->world_rank != 0)
        return 0;
    if (atomic_load_explicit(&first->network_known, memory_order_acquire)) { /* V1 */
        memcpy(network, first->network, sizeof network);
        network[sizeof network - 1] = 0; /* a rank may have written anything there */
        words_set(words, "rank 0 talks through %s", network);
        return 1;
    }
    words_set(words, "no rank has talked to another host, so libfabric was not loaded");
    return ended && node->node_count > 1;
}
