/* The life of boards, and waiting on them: see board.h. The world has one from the beginning. Others get theirs
 * at their first blocking operation: the lowest rank takes it and tells the others by messages, once. When
 * there is none left operations go by messages. The last member that frees the communicator gives it back. */
#define _GNU_SOURCE
#include "coll/board.h"

#include "coll/small.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct coll_place place;
const struct coll_place *board_place; /* NULL: boards are not used */

void coll_start(const struct coll_place *p)
{
    place = *p;
    board_place = &place;
}

/* Takes the memory now, where its lack can be told: see lib/wire/shm.c. */
static int populate(void *memory, size_t size)
{
    uintptr_t from = (uintptr_t)memory & ~(uintptr_t)(NODE_PAGE - 1);
    return madvise((void *)from, (uintptr_t)memory + size - from, MADV_POPULATE_WRITE) && errno != EINVAL ? -1 : 0;
}

/* ---- waiting ---- */

struct waiting {
    struct board *board;
    const _Atomic uint64_t *at;
    uint64_t value;
    _Atomic uint32_t *asleep; /* whoever changes it looks here */
};

static int is_there(void *arg)
{
    const struct waiting *w = arg;
    return board_is_there(w->at, w->value) ||
           atomic_load_explicit(&w->board->shared->failed, memory_order_relaxed);
}

static void asleep(void *arg, int yes)
{
    const struct waiting *w = arg;
    if (yes)
        atomic_fetch_add(w->asleep, 1);
    else
        atomic_fetch_sub(w->asleep, 1);
}

static int await_long(struct board *b, const _Atomic uint64_t *at, uint64_t value, _Atomic uint32_t *sleepers,
                      int rank)
{
    struct waiting w = {b, at, value, sleepers};
    p2p_wait_beside(is_there, asleep, &w, b->a->call, rank, b->a->comm->context);
    if (board_is_there(at, value))
        return 0;
    b->error = MPI_ERR_NO_MEM;
    b->culprit = (int)atomic_load_explicit(&b->shared->failed, memory_order_relaxed) - 1;
    return b->error;
}

int board_await_long(struct board *b, const _Atomic uint64_t *at, uint64_t value, int member)
{
    return await_long(b, at, value, &board_member(b, member)->asleep, board_rank(b, member));
}

/* One that has not arrived, for the record of what is waited for. */
static int absent(const struct board *b)
{
    for (int i = 1; i < b->size; i++) {
        int r = b->rank + i < b->size ? b->rank + i : b->rank + i - b->size;
        if (!board_is_there(&board_line(b, r)->put, board_word(b, 1)))
            return board_rank(b, r);
    }
    return MPI_ANY_SOURCE;
}

int board_meet_long(struct board *b)
{
    struct node_board *s = b->shared;
    uint64_t value = board_word(b, ++b->meets);
    if (atomic_fetch_add_explicit(&s->arrived, 1, memory_order_acq_rel) + 1 == (uint32_t)b->size) { /* A0 */
        atomic_store_explicit(&s->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&s->met, value, memory_order_release); /* M0 */
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(&s->asleep, memory_order_relaxed))
            board_wake(b);
        return 0;
    }
    return board_is_there(&s->met, value) ? 0 : await_long(b, &s->met, value, &s->asleep, absent(b)); /* M1 */
}

int board_await_all(struct board *b, uint64_t value, int reader)
{
    if (reader != BOARD_ALL)
        return board_await(b, &board_member(b, reader)->got, value, reader);
    uint64_t all = (uint64_t)b->turn << 32 | UINT32_MAX;
    for (int i = 1; i < b->size; i++) {
        int r = b->rank + i < b->size ? b->rank + i : b->rank + i - b->size;
        const _Atomic uint64_t *got = &board_member(b, r)->got;
        if (board_await(b, got, value, r))
            return -1;
        uint64_t now = atomic_load_explicit(got, memory_order_acquire);
        if ((int64_t)(now - all) < 0)
            all = now;
    }
    b->all_got = all;
    return 0;
}

/* When all have ended the turn before: nobody reads lines and slots of this one. Those of others who are ahead look for
 * turns to come, which a line that is a little older does not hold either. */
__attribute__((noinline)) void board_rejuvenate(struct board *b)
{
    uint64_t now = board_word(b, 0);
    if (board_await_all(b, now, BOARD_ALL))
        return;
    for (int i = 0; i < NODE_BOARD_LINES; i++)
        atomic_store_explicit(&board_member(b, b->rank)->lines[i].put, now, memory_order_relaxed);
    for (int i = 0; i < NODE_BOARD_SLOTS; i++)
        b->own[i].free = now;
}

__attribute__((noinline)) void board_wake(struct board *b)
{
    atomic_thread_fence(memory_order_seq_cst);
    p2p_enter();
    for (int r = 0; r < b->size; r++)
        if (r != b->rank)
            place.wake(b->place[r]);
    p2p_leave();
}

/* ---- slots ---- */

char *board_slot(struct board *b, uint32_t size, uint32_t step, int reader)
{
    uint32_t i = b->next % NODE_BOARD_SLOTS;
    char *slot = board_slot_of(b, b->rank, i);
    uint64_t read = b->own[i].free;
    if ((int64_t)(read - b->all_got) > 0 && board_await_all(b, read, b->own[i].reader))
        return NULL;
    if (__builtin_expect(b->own[i].have < size, 0)) {
        if (populate(slot, size)) {
            atomic_store_explicit(&b->shared->failed, (uint32_t)b->rank + 1, memory_order_relaxed);
            b->error = MPI_ERR_NO_MEM;
            b->culprit = b->rank;
            return NULL;
        }
        b->own[i].have = size;
    }
    b->own[i].free = board_word(b, step);
    b->own[i].reader = reader;
    b->next++;
    return slot;
}

void board_differs(struct board *b, int r, uint64_t came, uint64_t expected)
{
    if (b->error)
        return;
    b->error = came == expected ? MPI_ERR_OTHER : came > expected ? MPI_ERR_TRUNCATE : MPI_ERR_COUNT;
    b->culprit = r;
    b->came = came;
    b->expected = expected;
}

/* ---- life ---- */

/* A number that nobody has, with memory for its members' lines; 0: there is none. */
static int32_t take(int members)
{
    struct node_boards *all = node_boards_of(place.node);
    for (uint32_t i = 1; i < NODE_BOARDS; i++) {
        uint64_t bit = (uint64_t)1 << i % 64;
        if (atomic_fetch_or_explicit(&all->taken[i / 64], bit, memory_order_acquire) & bit)
            continue;
        if (populate(node_board_at(place.node, i), node_board_size((uint32_t)members)) == 0)
            return (int32_t)i;
        atomic_fetch_and_explicit(&all->taken[i / 64], ~bit, memory_order_release); /* no memory */
        return 0;
    }
    return 0;
}

static void give_back(int32_t number)
{
    atomic_fetch_and_explicit(&node_boards_of(place.node)->taken[number / 64], ~((uint64_t)1 << number % 64),
                              memory_order_release);
}

enum { WORLD = -1 }; /* instead of a number, that has to be agreed on; its own is 0 */

/* The first member of each node takes a board; a communicator goes without if one of them got none. In *number
 * the own node's. */
static int agree(struct comm *c, const struct board *b, const char *call, int32_t *number)
{
    struct circle o;
    const struct board_nodes *n = b->nodes;
    int32_t mine = 0, *all;
    int rc = circle_of(&o, c, call), first = board_rank(b, 0);
    if (!rc && c->rank == first && place.boards)
        mine = c == &comm_world ? WORLD : take(b->size);
    *number = mine;
    if (rc || !n)
        return rc ? rc : small_bcast(&o, number, sizeof *number, 0);
    if (!(all = calloc((size_t)c->size, sizeof *all)))
        return MPI_ERR_NO_MEM;
    all[c->rank] = mine;
    rc = small_allgather(&o, all, sizeof *all);
    *number = all[first];
    for (int i = 0; i < n->count; i++)
        if (!all[n->first[i]])
            *number = 0;
    if (!*number && mine > 0)
        give_back(mine);
    free(all);
    return rc;
}

static struct board *board_new(const struct comm *c, struct board_nodes *n)
{
    size_t size = (size_t)c->size, ints = (2 * size * sizeof(int) + 7) & ~(size_t)7;
    struct board *b = calloc(1, sizeof *b + ints + size * sizeof *b->sizes);
    if (!b)
        return NULL;
    b->ranks = b->place + size;
    b->sizes = (uint64_t *)((char *)b->place + ints);
    b->nodes = n;
    b->crowded = place.node->usable_cpus < place.node->rank_count;
    for (int r = 0; r < c->size; r++) {
        if (n && n->node_of[r] != n->mine)
            continue;
        if (r == c->rank)
            b->rank = b->size;
        b->ranks[b->size] = r;
        b->place[b->size++] = place.place_of(comm_world_rank(c, r));
    }
    return b;
}

/* On several nodes it is worth while where some of them have several members. */
static int has_use(const struct comm *c, const struct board_nodes *n)
{
    return n ? n->count > 1 && n->count < c->size : c->size > 1;
}

int board_open(struct comm *c, const char *call, struct board **out)
{
    struct board_nodes *n = NULL;
    int32_t number = 0;
    int rc = 0;
    c->boardless = 1;
    if (!board_place || c->size == 1 || (!place.boards && place.node->node_count == 1))
        return 0;
    if (place.node->node_count > 1) {
        if (!(n = board_nodes_of(c, place.node)))
            return MPI_ERR_NO_MEM;
        if (n->count == 1) {
            free(n);
            n = NULL;
        }
    }
    struct board *b = NULL;
    if (has_use(c, n) && !(b = board_new(c, n)))
        rc = MPI_ERR_NO_MEM;
    int is_known = c == &comm_world && !n; /* one node, with boards */
    if (b && !is_known)
        rc = agree(c, b, call, &number);
    if (rc || !b || (!is_known && !number)) {
        free(b);
        free(n);
        return rc;
    }
    b->number = number == WORLD ? 0 : (uint32_t)number;
    b->shared = node_board_at(place.node, b->number);
    b->slots = node_board_slots(place.node, b->number);
    *out = c->board = b;
    return 0;
}

void board_close(struct comm *c)
{
    struct board *b = c->board;
    c->board = NULL;
    c->boardless = 1;
    if (!b)
        return;
    if (atomic_fetch_add_explicit(&b->shared->left, 1, memory_order_acq_rel) + 1 == (uint32_t)b->size && b->number) {
        memset(b->shared, 0, node_board_size((uint32_t)b->size));
        give_back((int32_t)b->number);
    }
    free(b->nodes);
    free(b);
}

/* ---- operations ---- */

int board_barrier(struct board *b, const struct coll *a)
{
    board_begin(b, a);
    if (!board_line_free(b)) {
        board_write(b, 0, NULL, 0);
        board_put(b, 1);
        int met = !board_meet(b);
        for (int i = 1; met && i < b->size; i++)
            board_hear(b, b->rank + i < b->size ? b->rank + i : b->rank + i - b->size);
        board_heard_all(b);
    }
    return board_end(b);
}

int board_run(struct board *b, const struct coll *a)
{
    switch (a->kind) {
    case COLL_BARRIER:
        return board_barrier(b, a);
    case COLL_BCAST:
        return board_bcast(b, a);
    case COLL_GATHER:
    case COLL_ALLGATHER:
        return board_collect(b, a);
    case COLL_SCATTER:
    case COLL_ALLTOALL:
        return board_exchange(b, a);
    case COLL_REDUCE:
    case COLL_ALLREDUCE:
        return board_reduce(b, a);
    case COLL_SCAN:
    case COLL_EXSCAN:
        return board_scan(b, a);
    case COLL_REDUCE_SCATTER:
        return board_reduce_scatter(b, a);
    default:
        return BOARD_NOT;
    }
}
