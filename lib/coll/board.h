/* A board: memory of the node on which the members of a communicator write for each other, when all of them are
 * on one node. Blocking operations go this way, without messages. Not for other folders.
 *
 * Each operation is a turn, the same number at all members, since all call in the same order. Each member has a
 * few lines (node.h), one of which it writes in a turn: what it does, how many bytes, and these themselves if
 * they are few; and slots, which it fills one after the other, round and round, with what is more. A line's
 * `put` says how far its member is: turn and step. Readers copy straight from line and slots, and say by `got`
 * how far they are; a line or slot is written again when all who read it have got that far, which most of the
 * time is known without looking: whoever has heard from all in a turn knows that all have got the turns before.
 *
 *     write, put (P0)     release     pairs with P1  acquire, before reading
 *     read, got (G0)      release     pairs with G1  acquire, before writing again
 *
 * Who waits looks for a while, then moves messages, gives way and sleeps like everybody else (p2p_wait_beside);
 * it counts itself in `asleep` of the member that it waits for, which then wakes the sleepers. The barrier
 * between is the sleeper's: see lib/wire/shm.c.
 *
 * Members that do not agree on operation or size find out where they read the other's line. What a member has
 * put is read to its end even so, so that the next operation finds all at the same turn. */
#ifndef COLL_BOARD_H
#define COLL_BOARD_H

#include "boot/node.h"
#include "coll/schedule.h"
#include "p2p/p2p.h"

enum { BOARD_ALL = -1 };

/* The nodes of a communicator that is on several. */
struct board_nodes {
    int count, mine;
    int in_order; /* the ranks of each are neighbours */
    int *node_of; /* by rank */
    int *first;   /* by node: the first member */
    int *speakers;
};

struct board {
    struct node_board *shared;
    char *slots; /* of the first member */
    uint32_t number, turn;
    int rank, size;
    int crowded;
    uint64_t all_got; /* everybody has */
    uint32_t next;    /* of the own slots, running freely */
    struct {
        uint64_t free; /* what readers have got when it may be written again */
        int reader;
        uint32_t have; /* bytes of memory */
    } own[NODE_BOARD_SLOTS];
    uint32_t meets;   /* in this turn */
    const struct coll *a; /* the operation */
    int error, culprit;   /* the first that went wrong */
    uint64_t came, expected;
    uint64_t *sizes; /* of each member: of what it sends */
    int *ranks;      /* in the communicator, of each member: those of this node, if there are others */
    struct board_nodes *nodes; /* NULL: all are here */
    int place[];     /* on the node, of each member */
};

extern const struct coll_place *board_place;

static inline int board_rank(const struct board *b, int member)
{
    return b->ranks[member];
}

static inline uint64_t board_word(const struct board *b, uint32_t step)
{
    return (uint64_t)b->turn << 32 | step;
}

static inline struct node_member *board_member(const struct board *b, int r)
{
    return &b->shared->members[r];
}

/* The line that a member writes in this turn. */
static inline struct node_line *board_line(const struct board *b, int r)
{
    return &board_member(b, r)->lines[b->turn % NODE_BOARD_LINES];
}

/* ---- waiting: 0, or the operation has failed (b->error) ---- */

static inline int board_is_there(const _Atomic uint64_t *at, uint64_t value)
{
    return (int64_t)(atomic_load_explicit(at, memory_order_acquire) - value) >= 0; /* P1, G1 */
}

int board_await_long(struct board *b, const _Atomic uint64_t *at, uint64_t value, int member);

static inline int board_await(struct board *b, const _Atomic uint64_t *at, uint64_t value, int member)
{
    for (int looks = b->crowded || atomic_load_explicit(&p2p_shared, memory_order_relaxed) ? 1 : 500; looks; looks--) {
        if (board_is_there(at, value))
            return 0;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    return board_await_long(b, at, value, member);
}

/* A member has put this step of the turn. */
static inline int board_await_put(struct board *b, int r, uint32_t step)
{
    return board_await(b, &board_line(b, r)->put, board_word(b, step), r);
}

/* On a crowded node: until all members have come here, in an operation in which all hear all: then each waits
 * once and not for every other. Elsewhere it does nothing, as looking at a line that is there is cheaper. */
int board_meet_long(struct board *b);
static inline int board_meet(struct board *b)
{
    return b->crowded && b->size > 2 ? board_meet_long(b) : 0;
}

int board_await_all(struct board *b, uint64_t value, int reader);

/* ---- saying ---- */

void board_wake(struct board *b);

/* What this member waits with is there for others: they may sleep. */
static inline void board_tell(struct board *b)
{
    if (__builtin_expect(board_place->fences, 0))
        atomic_thread_fence(memory_order_seq_cst);
    atomic_signal_fence(memory_order_seq_cst); /* the compiler keeps the order; the processor: see lib/wire/shm.c */
    if (__builtin_expect(atomic_load_explicit(&board_member(b, b->rank)->asleep, memory_order_relaxed), 0))
        board_wake(b);
}

static inline void board_put(struct board *b, uint32_t step)
{
    atomic_store_explicit(&board_line(b, b->rank)->put, board_word(b, step), memory_order_release); /* P0 */
    board_tell(b);
}

static inline void board_got(struct board *b, uint32_t step)
{
    atomic_store_explicit(&board_member(b, b->rank)->got, board_word(b, step), memory_order_release); /* G0 */
    board_tell(b);
}

/* Lines that others have read are far away, and stores wait for them one after the other: they are fetched for
 * writing before their turn comes. */
static inline void board_own(const void *memory, size_t n)
{
#if defined(__x86_64__)
    for (size_t i = 0; i < n; i += NODE_LINE)
        __asm__ volatile("prefetchw %0" : : "m"(((const char *)memory)[i]));
#else
    (void)memory;
    (void)n;
#endif
}

/* Into a slot. */
static inline void board_copy_in(char *slot, const char *from, size_t n)
{
    enum { PIECE = 2048, AHEAD = 1024 };
    for (; n > PIECE; n -= PIECE, slot += PIECE, from += PIECE) {
        board_own(slot + PIECE, n - PIECE < AHEAD ? n - PIECE : AHEAD);
        memcpy(slot, from, PIECE);
    }
    copy_short(slot, from, n);
}

/* ---- an operation ---- */

static inline uint32_t board_what(const struct coll *a)
{
    int rooted = a->kind == COLL_BCAST || a->kind == COLL_REDUCE || a->kind == COLL_GATHER ||
                 a->kind == COLL_SCATTER;
    return (uint32_t)a->kind | (rooted ? (uint32_t)(a->root + 1) << 8 : 0);
}

/* Words are compared by their difference, so none may be older than half of all turns: now and then those that this
 * member has not needed for long are made young. */
enum { BOARD_AGE = 1 << 28 };
void board_rejuvenate(struct board *b);

static inline void board_begin(struct board *b, const struct coll *a)
{
    b->turn++;
    b->meets = 0;
    b->a = a;
    b->error = 0;
    if (__builtin_expect(b->turn % BOARD_AGE == 0, 0))
        board_rejuvenate(b);
}

/* This member's line may be written. 0, or failed. */
static inline int board_line_free(struct board *b)
{
    uint64_t read = (uint64_t)(b->turn - NODE_BOARD_LINES + 1) << 32;
    return __builtin_expect((int64_t)(read - b->all_got) > 0, 0) ? board_await_all(b, read, BOARD_ALL) : 0;
}

/* What is said in the line, before the first put. Others look at the line meanwhile, and each look takes it
 * away: so it is written in one go, with n bytes of data. */
static inline void board_write(struct board *b, uint64_t size, const char *data, size_t n)
{
    struct node_line *line = board_line(b, b->rank);
    uint32_t what = board_what(b->a), first = b->next;
    line->size = size;
    line->what = what;
    line->first = first;
    copy_short(line->data, data, n);
}

/* A member disagrees. */
void board_differs(struct board *b, int r, uint64_t came, uint64_t expected);

/* Everybody has been heard in this turn. */
static inline void board_heard_all(struct board *b)
{
    b->all_got = board_word(b, 0);
}

/* The line of a member that has put its first step. NULL: failed, or it does something else. */
static inline const struct node_line *board_hear(struct board *b, int r)
{
    const struct node_line *line = board_line(b, r);
    if (board_await_put(b, r, 1))
        return NULL;
    if (__builtin_expect(line->what != board_what(b->a), 0)) {
        board_differs(b, r, 0, 0);
        return NULL;
    }
    if (b->size == 2)
        board_heard_all(b);
    return line;
}

static inline void board_check(struct board *b, int r, uint64_t came, uint64_t expected)
{
    if (__builtin_expect(came != expected, 0))
        board_differs(b, r, came, expected);
}

/* The next of the own slots, with so many bytes, for what `reader` has read when it has got that step of this
 * turn. NULL: failed. */
char *board_slot(struct board *b, uint32_t size, uint32_t step, int reader);

/* A slot of a member, by its number. */
static inline char *board_slot_of(const struct board *b, int r, uint32_t i)
{
    return b->slots + ((size_t)r * NODE_BOARD_SLOTS + i % NODE_BOARD_SLOTS) * NODE_BOARD_STRIDE;
}

/* The turn is over; the error of the operation. */
static inline int board_end(struct board *b)
{
    struct node_member *m = board_member(b, b->rank);
    atomic_store_explicit(&m->got, (uint64_t)(b->turn + 1) << 32, memory_order_release); /* G0 */
    board_tell(b);
    board_own(&m->lines[(b->turn + 1) % NODE_BOARD_LINES], NODE_LINE);
    return b->error;
}

/* The sentence about its error. */
void board_describe(struct words *why, const struct board *b);

/* ---- life ---- */

/* The board of an intra-communicator, or of those members that are on this node, in *out; NULL: it has none.
 * Collective the first time. 0 or an error class. */
int board_open(struct comm *c, const char *call, struct board **out);
static inline int board_of(struct comm *c, const char *call, struct board **out)
{
    *out = c->board;
    return __builtin_expect(c->board || c->boardless, 1) ? 0 : board_open(c, call, out);
}
void board_close(struct comm *c);

/* ---- operations ---- */

enum { BOARD_NOT = -1 /* not this way, which all members know alike */ };
int board_run(struct board *b, const struct coll *a);
/* Of a communicator on several nodes. */
int board_run_nodes(struct board *b, const struct coll *a, struct words *why);
struct board_nodes *board_nodes_of(const struct comm *c, const struct node_head *head); /* NULL: no memory */
int board_reduces(const struct coll *a); /* such vectors can be reduced on a board */

/* By kind, for board_run; each ends with board_end. */
int board_barrier(struct board *b, const struct coll *a);
int board_bcast(struct board *b, const struct coll *a);
int board_collect(struct board *b, const struct coll *a);  /* gather, allgather */
int board_exchange(struct board *b, const struct coll *a); /* scatter, alltoall */
int board_reduce(struct board *b, const struct coll *a);   /* reduce, allreduce */
int board_scan(struct board *b, const struct coll *a);
int board_reduce_scatter(struct board *b, const struct coll *a);

#endif
