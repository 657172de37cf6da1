/* The life of boards, and waiting on them: see board.h. The world has one from the beginning. Others get theirs at their
 * first blocking operation: the lowest rank takes it and tells the others by messages, once. When there is none left
 * operations go by messages. The last member that frees the communicator gives it back. */
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
    int member;
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
    _Atomic uint32_t *sleepers = &board_member(w->board, w->member)->asleep;
    if (yes)
        atomic_fetch_add(sleepers, 1);
    else
        atomic_fetch_sub(sleepers, 1);
}

int board_await_long(struct board *b, const _Atomic uint64_t *at, uint64_t value, int member)
{
    struct waiting w = {b, at, value, member};
    p2p_wait_beside(is_there, asleep, &w, b->a->call, member, b->a->comm->context);
    if (board_is_there(at, value))
        return 0;
    b->error = MPI_ERR_NO_MEM;
    b->culprit = (int)atomic_load_explicit(&b->shared->failed, memory_order_relaxed) - 1;
    return b->error;
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
        atomic_fetch_and_explicit(&all->taken[i / 64], ~bit, memory_order_release);
        return 0;
    }
    return 0;
}

static int all_are_here(const struct comm *c)
{
    if (place.node->node_count == 1)
        return 1;
    for (int r = 0; r < c->size; r++)
        if (place.place_of(comm_world_rank(c, r)) < 0)
            return 0;
    return 1;
}

static int agree(struct comm *c, const char *call, int32_t *number)
{
    struct circle o;
    int rc = circle_of(&o, c, call);
    if (!rc && c->rank == 0)
        *number = take(c->size);
    return rc ? rc : small_bcast(&o, number, sizeof *number, 0);
}

static struct board *board_new(const struct comm *c, uint32_t number)
{
    size_t places = ((size_t)c->size * sizeof(int) + 7) & ~(size_t)7;
    struct board *b = calloc(1, sizeof *b + places + (size_t)c->size * sizeof *b->sizes);
    if (!b)
        return NULL;
    b->sizes = (uint64_t *)((char *)b->place + places);
    b->shared = node_board_at(place.node, number);
    b->slots = node_board_slots(place.node, number);
    b->number = number;
    b->rank = c->rank;
    b->size = c->size;
    b->crowded = place.node->usable_cpus < place.node->rank_count;
    for (int r = 0; r < c->size; r++)
        b->place[r] = place.place_of(comm_world_rank(c, r));
    return b;
}

int board_open(struct comm *c, const char *call, struct board **out)
{
    int32_t number = 0;
    int rc = 0;
    c->boardless = 1;
    if (!board_place || c->size == 1 || !all_are_here(c))
        return 0;
    if (c != &comm_world && (rc = agree(c, call, &number)))
        return rc;
    if (c != &comm_world && !number)
        return 0;
    *out = c->board = board_new(c, (uint32_t)number);
    return c->board ? 0 : MPI_ERR_NO_MEM;
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
        atomic_fetch_and_explicit(&node_boards_of(place.node)->taken[b->number / 64], ~((uint64_t)1 << b->number % 64),
                                  memory_order_release);
    }
    free(b);
}

/* ---- operations ---- */

int board_barrier(struct board *b, const struct coll *a)
{
    board_begin(b, a);
    if (!board_line_free(b)) {
        board_write(b, 0, NULL, 0);
        board_put(b, 1);
        for (int i = 1; i < b->size; i++)
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
