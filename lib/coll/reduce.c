/* Reductions to one and to all. Operands are combined in the order of ranks wherever an operation may be sensitive to
 * it; and always by the same expression for the same ranks, so that results do not depend on who is faster, and all get
 * the same bits. */
#include "coll/schedule.h"

#include "coll/small.h"
#include "coll/table.h"

static void copy_vector(struct build *b, char *from, char *to, uint64_t count)
{
    step_copy(b, vector_piece(b, from, 0, count), vector_piece(b, to, 0, count));
}

/* ---- a tree ---- */

/* Reduces what comes from children, in the order of their ranks, with one's own; where the result stands then.
 * `result`, if there is one, is written in the end or not at all. */
static char *fold_children(struct build *b, const struct team *t, char *own, char *result, uint64_t count, int root)
{
    int children[32], rank = (t->rank - root + t->size) % t->size;
    int n = tree_children(rank, t->size, children);
    char *so_far = own, *spare[2] = {NULL, NULL};
    for (int i = n - 1; i >= 0; i--) { /* the nearest is last */
        int commutes = b->a->op->commutative && so_far == result;
        char *into = result && result != so_far && i == 0 ? result : NULL;
        for (int k = 0; k < 2 && !into; k++)
            if (!spare[k] || spare[k] != so_far)
                into = spare[k] ? spare[k] : (spare[k] = vector_memory(b, count));
        step_recv(b, t, vector_piece(b, into, 0, count), (int)(((int64_t)children[i] + root) % t->size));
        step_wait(b);
        if (commutes) {
            step_reduce(b, into, so_far, count);
        } else {
            step_reduce(b, so_far, into, count);
            so_far = into;
        }
    }
    return so_far;
}

static void reduce_tree(struct build *b, const struct team *t, char *own, char *result, uint64_t count, int root)
{
    int top = b->a->op->commutative ? root : 0; /* the order of ranks begins with 0 */
    int rank = (t->rank - top + t->size) % t->size;
    char *all = fold_children(b, t, own, top == root ? result : NULL, count, top);
    if (rank)
        step_send(b, t, vector_piece(b, all, 0, count), (int)(((int64_t)tree_parent(rank) + top) % t->size));
    else if (top == root)
        copy_vector(b, all, result, count);
    else
        step_send(b, t, vector_piece(b, all, 0, count), root);
    if (t->rank == root && top != root) {
        step_wait(b); /* in place, what has been sent stands there */
        step_recv(b, t, vector_piece(b, result, 0, count), top);
    }
    step_wait(b);
}

/* ---- a power of two of them ---- */

/* The first few ranks stand for two each, so that the number of those who go on is a power of two; they are in order. */
struct core {
    int size;    /* of the core */
    int doubled; /* its first ranks, that stand for two */
    int rank;    /* in it; -1: somebody else stands for this process */
};

static struct core core_of(const struct team *t)
{
    struct core c = {1, 0, 0};
    while (c.size * 2 <= t->size)
        c.size *= 2;
    c.doubled = t->size - c.size;
    c.rank = t->rank >= 2 * c.doubled ? t->rank - c.doubled : t->rank % 2 ? t->rank / 2 : -1;
    return c;
}

static int core_rank(const struct core *c, int rank)
{
    return rank < c->doubled ? 2 * rank + 1 : rank + c->doubled;
}

/* work: what this process has, and what the pair has then. */
static void core_enter(struct build *b, const struct team *t, const struct core *c, char *work, char *spare,
                       uint64_t count)
{
    if (t->rank >= 2 * c->doubled)
        return;
    if (c->rank < 0) {
        step_send(b, t, vector_piece(b, work, 0, count), t->rank + 1);
    } else {
        step_recv(b, t, vector_piece(b, spare, 0, count), t->rank - 1);
        step_wait(b);
        step_reduce(b, spare, work, count);
    }
    step_wait(b);
}

static void core_leave(struct build *b, const struct team *t, const struct core *c, char *result, uint64_t count)
{
    if (t->rank >= 2 * c->doubled)
        return;
    if (c->rank < 0)
        step_recv(b, t, vector_piece(b, result, 0, count), t->rank + 1);
    else
        step_send(b, t, vector_piece(b, result, 0, count), t->rank - 1);
    step_wait(b);
}

static void exchange(struct build *b, const struct team *t, struct piece out, struct piece in, int other)
{
    step_recv(b, t, in, other);
    step_send(b, t, out, other);
    step_wait(b);
}

static void allreduce_doubling(struct build *b, const struct team *t, char *result, uint64_t count)
{
    struct core c = core_of(t);
    char *work = result, *spare = vector_memory(b, count);
    core_enter(b, t, &c, work, spare, count);
    for (int bit = 1; c.rank >= 0 && bit < c.size; bit *= 2) {
        exchange(b, t, vector_piece(b, work, 0, count), vector_piece(b, spare, 0, count), core_rank(&c, c.rank ^ bit));
        if (c.rank & bit) {
            step_reduce(b, spare, work, count);
        } else {
            step_reduce(b, work, spare, count);
            char *swapped = work;
            work = spare;
            spare = swapped;
        }
    }
    if (c.rank >= 0)
        copy_vector(b, work, result, count);
    core_leave(b, t, &c, result, count);
}

/* Part of a vector that a rank of the core holds after `bits` rounds of halving; neighbours share first. */
struct part {
    uint64_t first, count;
};

static struct part part_of(int rank, int bits, uint64_t count)
{
    struct part p = {0, count};
    for (int bit = 0; bit < bits; bit++) {
        uint64_t low = p.count / 2;
        if (rank >> bit & 1)
            p = (struct part){p.first + low, p.count - low};
        else
            p.count = low;
    }
    return p;
}

static struct piece part_piece(const struct build *b, char *at, struct part p)
{
    return vector_piece(b, at, p.first, p.count);
}

/* Each round, two exchange halves of what they still have, and each reduces one of them. How many rounds there were. */
static int halve(struct build *b, const struct team *t, const struct core *c, char *work, char *spare, uint64_t count)
{
    int bits = 0;
    core_enter(b, t, c, work, spare, count);
    for (; c->rank >= 0 && 1 << bits < c->size; bits++) {
        int other = c->rank ^ 1 << bits;
        struct part mine = part_of(c->rank, bits + 1, count), theirs = part_of(other, bits + 1, count);
        char *here = vector_at(b, work, mine.first), *came = vector_at(b, spare, mine.first);
        exchange(b, t, part_piece(b, work, theirs), part_piece(b, spare, mine), core_rank(c, other));
        if (c->rank >> bits & 1 || b->a->op->commutative) {
            step_reduce(b, came, here, mine.count);
        } else {
            step_reduce(b, here, came, mine.count);
            step_copy(b, part_piece(b, spare, mine), part_piece(b, work, mine));
        }
    }
    return bits;
}

static void allreduce_halving(struct build *b, const struct team *t, char *result, uint64_t count)
{
    struct core c = core_of(t);
    int bits = halve(b, t, &c, result, vector_memory(b, count), count);
    while (bits-- > 0) {
        int other = c.rank ^ 1 << bits;
        exchange(b, t, part_piece(b, result, part_of(c.rank, bits + 1, count)),
                 part_piece(b, result, part_of(other, bits + 1, count)), core_rank(&c, other));
    }
    core_leave(b, t, &c, result, count);
}

static void reduce_halving(struct build *b, const struct team *t, char *own, char *result, uint64_t count, int root)
{
    struct core c = core_of(t);
    char *work = result ? result : vector_memory(b, count);
    int bits = 0;
    copy_vector(b, own, work, count);
    halve(b, t, &c, work, vector_memory(b, count), count);
    while (1 << bits < c.size)
        bits++;
    if (t->rank != root && c.rank >= 0)
        step_send(b, t, part_piece(b, work, part_of(c.rank, bits, count)), root);
    for (int i = 0; t->rank == root && i < c.size; i++)
        if (i != c.rank)
            step_recv(b, t, part_piece(b, result, part_of(i, bits, count)), core_rank(&c, i));
    step_wait(b);
}

/* ---- the choice ---- */

void build_reduce(struct build *b, const struct team *t, char *own, char *result, uint64_t count, int root)
{
    if (!count)
        return;
    if (t->size == 1)
        copy_vector(b, own, result, count);
    else if (table_choose(TABLE_REDUCE, count * b->type->size, t->size, b->a->op->commutative) == WAY_HALVING)
        reduce_halving(b, t, own, result, count, root);
    else
        reduce_tree(b, t, own, result, count, root);
}

void build_allreduce(struct build *b, const struct team *t, char *own, char *result, uint64_t count)
{
    if (!count)
        return;
    copy_vector(b, own, result, count);
    if (t->size == 1)
        return;
    if (table_choose(TABLE_ALLREDUCE, count * b->type->size, t->size, b->a->op->commutative) == WAY_DOUBLING)
        allreduce_doubling(b, t, result, count);
    else
        allreduce_halving(b, t, result, count);
}
