/* The node segment's layout and records: see node.h. Shared by the library and mpirun; no system calls. */
#include "boot/node.h"

#include "wire/shm_ring.h"

#include <stdatomic.h>
#include <string.h>

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

uint64_t node_board_size(uint32_t members)
{
    return sizeof(struct node_board) + members * sizeof(struct node_member);
}

/* With the slots of all members. */
static uint64_t board_room(uint32_t ranks)
{
    return round_up(node_board_size(ranks), NODE_PAGE) + (uint64_t)ranks * NODE_BOARD_SLOTS * NODE_BOARD_STRIDE;
}

int node_lay_out(uint32_t ranks, uint32_t cpus, const struct node_world *world, struct node_layout *out,
                 struct words *why)
{
    if (ranks < 1 || ranks > NODE_MAX_RANKS)
        return words_set(why, "%u ranks on one node: 1 to %u are possible", ranks, NODE_MAX_RANKS);
    if (cpus > NODE_MAX_CPUS)
        return words_set(why, "%u cpus: at most %u are known", cpus, NODE_MAX_CPUS);
    int several = world && world->nodes > 1;
    if (several && (world->ranks > NODE_MAX_WORLD || world->nodes > NODE_MAX_NODES))
        return words_set(why, "%u ranks on %u nodes: at most %u on %u are possible", world->ranks, world->nodes,
                         NODE_MAX_WORLD, NODE_MAX_NODES);
    if (several && (world->names_size < world->nodes || world->names_size > 256 * world->nodes))
        return words_set(why, "the names of %u nodes take %u bytes", world->nodes, world->names_size);
    uint64_t cpus_at = round_up(sizeof(struct node_head), NODE_LINE);
    uint64_t node_of_at = round_up(cpus_at + (uint64_t)cpus * sizeof(struct node_cpu), NODE_LINE);
    uint64_t names_at = node_of_at + (several ? (uint64_t)world->ranks * sizeof(uint32_t) : 0);
    uint64_t ranks_at = round_up(names_at + (several ? world->names_size : 0), NODE_PAGE);
    out->node_of_at = several ? (uint32_t)node_of_at : 0;
    out->names_at = several ? (uint32_t)names_at : 0;
    out->ranks_at = (uint32_t)ranks_at;
    out->cpus_at = (uint32_t)cpus_at;
    uint64_t exchange_at = ranks_at + (uint64_t)ranks * sizeof(struct node_rank);
    out->exchange_at = several ? exchange_at : 0;
    out->taken_at = exchange_at + (several ? sizeof(struct node_exchange) : 0);
    out->room_at = round_up(out->taken_at + sizeof(struct node_boards) + ranks * sizeof(struct node_member), NODE_PAGE);
    out->size = round_up(out->room_at + shm_room(ranks), NODE_PAGE);
    out->addresses_at = out->size;
    out->size = round_up(out->size + (uint64_t)(several ? world->ranks : ranks) * NODE_ADDRESS, NODE_PAGE);
    out->boards_at = out->size;
    out->size += NODE_BOARDS * board_room(ranks);
    return 0;
}

int node_check(const void *memory, uint64_t size, struct words *why)
{
    const struct node_head *head = memory;
    struct node_layout want;
    if (size < sizeof *head || head->magic != NODE_MAGIC)
        return words_set(why, "it is not a node segment of Godwit");
    if (head->version != NODE_VERSION || head->head_size != sizeof *head)
        return words_set(why, "mpirun and the library are of different versions of Godwit (segment %u and %u)",
                         head->version, NODE_VERSION);
    const struct node_world world = {head->world_size, head->node_count, head->names_size};
    if (node_lay_out(head->rank_count, head->cpu_room, &world, &want, why))
        return -1;
    if (head->size != size || (size != want.size && size != want.boards_at) || head->room_at != want.room_at ||
        head->ranks_at != want.ranks_at || head->cpus_at != want.cpus_at || head->node_of_at != want.node_of_at ||
        head->names_at != want.names_at || head->exchange_at != want.exchange_at || head->addresses_at != want.addresses_at ||
        head->taken_at != want.taken_at || head->boards_at != want.boards_at || head->node_index >= head->node_count ||
        head->rank_count > head->world_size || head->world_size > INT32_MAX)
        return words_set(why, "the node segment's head does not fit its size");
    return 0;
}

struct node_rank *node_rank_at(const struct node_head *head, uint32_t local)
{
    return (struct node_rank *)((char *)head + head->ranks_at) + local;
}

struct node_exchange *node_exchange_of(const struct node_head *head)
{
    return head->exchange_at ? (struct node_exchange *)((char *)head + head->exchange_at) : NULL;
}

struct node_boards *node_boards_of(const struct node_head *head)
{
    return (struct node_boards *)((char *)head + head->taken_at);
}

int node_has_boards(const struct node_head *head)
{
    return head->size > head->boards_at;
}

struct node_board *node_board_at(const struct node_head *head, uint32_t number)
{
    if (!number)
        return &node_boards_of(head)->world;
    return (struct node_board *)((char *)head + head->boards_at + number * board_room(head->rank_count));
}

char *node_board_slots(const struct node_head *head, uint32_t number)
{
    return (char *)head + head->boards_at + number * board_room(head->rank_count) +
           round_up(node_board_size(head->rank_count), NODE_PAGE);
}

struct node_cpu *node_cpus(const struct node_head *head)
{
    return (struct node_cpu *)((char *)head + head->cpus_at);
}

struct node_address *node_address_at(const struct node_head *head, uint32_t world_rank)
{
    return (struct node_address *)((char *)head + head->addresses_at) + world_rank;
}

uint32_t *node_of_table(const struct node_head *head)
{
    return head->node_of_at ? (uint32_t *)((char *)head + head->node_of_at) : NULL;
}

uint32_t node_of_rank(const struct node_head *head, uint32_t world_rank)
{
    const uint32_t *table = node_of_table(head);
    return table ? table[world_rank] : 0;
}

const char *node_name(const struct node_head *head, uint32_t node)
{
    if (!head->names_at)
        return head->host;
    const char *name = (const char *)head + head->names_at, *end = name + head->names_size;
    for (; node && name < end; node--)
        name += strnlen(name, (size_t)(end - name)) + 1;
    return name < end && memchr(name, 0, (size_t)(end - name)) ? name : "?";
}

/* The record is copied in words that are atomic one by one, so that a reader that comes at the wrong moment reads
 * nonsense (and notices) but no undefined behaviour. Word 0 is the turn. */
typedef uint32_t __attribute__((may_alias)) word;
enum { WAIT_WORDS = sizeof(struct node_wait) / sizeof(word) };

static void write_record(struct node_wait *w, const struct node_wait *record)
{
    const word *from = (const word *)record;
    word *to = (word *)w;
    uint32_t turn = atomic_load_explicit(&w->turn, memory_order_relaxed) + 1;
    atomic_store_explicit(&w->turn, turn, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* W0: the odd turn is seen before any new word; pairs with R1 */
    for (int i = 1; i < WAIT_WORDS; i++)
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
    atomic_store_explicit(&w->turn, turn + 1, memory_order_release); /* W1: the words before it; pairs with R0 */
}

void node_wait_begin(struct node_rank *rank, const char *call, int peer, int tag, uint32_t context, int64_t now_ns)
{
    struct node_wait record = {.peer = peer, .tag = tag, .context = context, .since_ns = now_ns};
    memcpy(record.call, call, strnlen(call, sizeof record.call - 1));
    write_record(&rank->wait, &record);
}

void node_wait_end(struct node_rank *rank)
{
    write_record(&rank->wait, &(struct node_wait){0});
}

int node_wait_read(const struct node_rank *rank, struct node_wait *out)
{
    const struct node_wait *w = &rank->wait;
    const word *from = (const word *)w;
    word *to = (word *)out;
    for (int tries = 0; tries < 1000; tries++) {
        uint32_t before = atomic_load_explicit(&w->turn, memory_order_acquire); /* R0 pairs with W1 */
        if (before & 1)
            continue;
        for (int i = 1; i < WAIT_WORDS; i++)
            to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
        atomic_thread_fence(memory_order_acquire); /* R1 pairs with W0 */
        if (atomic_load_explicit(&w->turn, memory_order_relaxed) == before) {
            out->call[sizeof out->call - 1] = 0;
            return 1;
        }
    }
    return 0;
}
