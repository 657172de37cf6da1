/* Reductions on a board (board.h). Every element is folded from the last rank to the first, a0 OP (a1 OP (a2
 * ...)), by whomever: results do not depend on who is faster, all get the same bits, and operations that do not
 * commute are right. Short vectors everybody folds for himself; of long ones everybody folds his share, block
 * by block. Only for predefined types without gaps: other vectors go by messages, as functions of programs want
 * their layout. */
#include "coll/board.h"

enum { FLAT_BYTES = 16 * 1024 /* read by each member before it pays to share the work */, SCAN_CHUNK = 8 * 1024 };

static const struct type *type_of_vectors(const struct coll *a)
{
    return a->in.type ? a->in.type : a->out.type;
}

static int fits(const struct type *t)
{
    return t->predefined && type_is_contiguous(t) && t->extent == (int64_t)t->size && t->size && t->true_lb == 0;
}

int board_reduces(const struct coll *a)
{
    const struct type *t = type_of_vectors(a);
    return fits(t) && (uint64_t)a->in.count / NODE_BOARD_SLOT * t->size < INT32_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int other(const struct board *b, int i)
{
    return b->rank + i < b->size ? b->rank + i : b->rank + i - b->size;
}

/* All members' lines; 0: they agree on the size. Everybody hears everybody, so all find out. */
static int hear_all(struct board *b, uint64_t size)
{
    if (b->a->kind != COLL_REDUCE && board_meet(b))
        return b->error;
    for (int i = 1; i < b->size; i++) {
        int r = other(b, i);
        const struct node_line *line = board_hear(b, r);
        if (line)
            board_check(b, r, line->size, size);
    }
    if (b->error != MPI_ERR_NO_MEM)
        board_heard_all(b);
    return b->error;
}

/* ---- short vectors ---- */

/* Where the vector of a member stands, in its line or in its slot. */
static const char *vector_of(const struct board *b, int r, uint64_t size)
{
    const struct node_line *line = board_line(b, r);
    return size <= NODE_LINE_DATA ? line->data : board_slot_of(b, r, line->first);
}

static int put_vector(struct board *b, const char *own, uint64_t size, int reader)
{
    char *slot;
    if (board_line_free(b))
        return -1;
    board_write(b, size, own, size <= NODE_LINE_DATA ? size : 0);
    if (size > NODE_LINE_DATA) {
        if (!(slot = board_slot(b, (uint32_t)size, 1, reader)))
            return -1;
        copy_short(slot, own, size);
    }
    board_put(b, 1);
    return 0;
}

/* Of the first `last` + 1 members. */
static void fold(const struct board *b, int last, char *result, uint64_t size)
{
    const struct type *t = type_of_vectors(b->a);
    if (!size)
        return;
    copy_short(result, vector_of(b, last, size), size);
    for (int r = last - 1; r >= 0; r--)
        op_apply(b->a->op, vector_of(b, r, size), result, size / t->size, t);
}

static void reduce_flat(struct board *b, const char *own, char *result, uint64_t size)
{
    const struct coll *a = b->a;
    int all = a->kind == COLL_ALLREDUCE;
    if (put_vector(b, own, size, all ? BOARD_ALL : a->root) || (!all && b->rank != a->root) || hear_all(b, size))
        return;
    fold(b, b->size - 1, result, size);
}

/* ---- long vectors ----
 * In round k everybody puts the block's elements that others fold (step 2k + 1), folds his share when all have, and puts
 * that (step 2k + 2). The next block is put before the shares of this one are waited for. */

struct split {
    uint64_t count, block; /* elements; of a round */
    size_t unit;
    const char *own;
    char *result; /* NULL: not here */
};

static uint64_t split_begin(const struct split *s, uint64_t k, int r, int size)
{
    uint64_t n = least(s->block, s->count - k * s->block);
    return n * (uint64_t)r / (uint64_t)size;
}

static int split_in(struct board *b, const struct split *s, uint32_t k)
{
    uint64_t n = least(s->block, s->count - k * s->block) * s->unit;
    uint64_t from = split_begin(s, k, b->rank, b->size) * s->unit;
    uint64_t to = split_begin(s, k, b->rank + 1, b->size) * s->unit;
    const char *own = s->own + k * s->block * s->unit;
    char *slot = board_slot(b, (uint32_t)n, k + 1, BOARD_ALL);
    if (!slot)
        return -1;
    copy_short(slot, own, from);
    copy_short(slot + to, own + to, n - to);
    board_put(b, 2 * k + 1);
    return 0;
}

static int split_fold(struct board *b, const struct split *s, uint32_t k)
{
    const struct coll *a = b->a;
    uint64_t at = split_begin(s, k, b->rank, b->size), n = split_begin(s, k, b->rank + 1, b->size) - at;
    char *slot = board_slot(b, (uint32_t)(n ? n * s->unit : 1), k + 1, BOARD_ALL);
    if (!slot)
        return -1;
    for (int r = b->size - 1; r >= 0; r--) {
        const char *from = s->own + (k * s->block + at) * s->unit;
        if (r != b->rank) {
            if (board_await_put(b, r, 2 * k + 1))
                return -1;
            from = board_slot_of(b, r, board_line(b, r)->first + 2 * k) + at * s->unit;
        }
        if (r == b->size - 1)
            copy_short(slot, from, n * s->unit);
        else if (n)
            op_apply(a->op, from, slot, n, type_of_vectors(a));
    }
    board_put(b, 2 * k + 2);
    if (s->result)
        copy_short(s->result + (k * s->block + at) * s->unit, slot, n * s->unit);
    return 0;
}

/* The next block is there too, then. */
static int split_out(struct board *b, const struct split *s, uint32_t k)
{
    if (b->a->kind == COLL_ALLREDUCE && board_meet(b))
        return -1;
    for (int i = 1; s->result && i < b->size; i++) {
        int r = other(b, i);
        uint64_t at = split_begin(s, k, r, b->size), n = split_begin(s, k, r + 1, b->size) - at;
        if (board_await_put(b, r, 2 * k + 2))
            return -1;
        copy_short(s->result + (k * s->block + at) * s->unit, board_slot_of(b, r, board_line(b, r)->first + 2 * k + 1),
                   n * s->unit);
    }
    board_got(b, k + 1);
    return 0;
}

static void reduce_split(struct board *b, const char *own, char *result, uint64_t count)
{
    const struct type *t = type_of_vectors(b->a);
    uint64_t bytes = b->crowded || b->size > 4 ? NODE_BOARD_SLOT : NODE_BOARD_SLOT / 2;
    struct split s = {.count = count, .block = bytes / t->size, .unit = t->size, .own = own,
                      .result = b->a->kind == COLL_ALLREDUCE || b->rank == b->a->root ? result : NULL};
    uint64_t rounds = (count + s.block - 1) / s.block;
    if (board_line_free(b))
        return;
    board_write(b, count * t->size, NULL, 0);
    if (split_in(b, &s, 0) || hear_all(b, count * t->size))
        return;
    for (uint32_t k = 0; k < rounds; k++)
        if (split_fold(b, &s, k) || (k + 1 < rounds && split_in(b, &s, k + 1)) || split_out(b, &s, k))
            return;
}

int board_reduce(struct board *b, const struct coll *a)
{
    const struct type *t = type_of_vectors(a);
    uint64_t count = (uint64_t)a->in.count;
    if (!board_reduces(a))
        return BOARD_NOT;
    const char *own = a->in_place ? a->in.memory : a->out.memory;
    uint64_t size = count * t->size;
    board_begin(b, a);
    if (size <= NODE_LINE_DATA || size * (uint64_t)b->size <= FLAT_BYTES)
        reduce_flat(b, own, a->in.memory, size);
    else
        reduce_split(b, own, a->in.memory, count);
    return board_end(b);
}

/* ---- scan, exscan ---- */

static int scan_round(struct board *b, uint32_t k, uint64_t from, uint64_t n)
{
    const struct coll *a = b->a;
    const struct type *t = type_of_vectors(a);
    char *slot = board_slot(b, (uint32_t)n, k + 1, BOARD_ALL), *result = a->in.memory + from;
    int last = a->kind == COLL_SCAN ? b->rank : b->rank - 1;
    if (!slot)
        return -1;
    copy_short(slot, (a->in_place ? a->in.memory : a->out.memory) + from, n);
    board_put(b, k + 1);
    for (int r = last; r >= 0; r--) {
        const struct node_line *line = board_line(b, r);
        if (r != b->rank && !k && (line = board_hear(b, r)))
            board_check(b, r, line->size, (uint64_t)a->in.count * t->size);
        if (b->error || (r != b->rank && board_await_put(b, r, k + 1)))
            return -1;
        const char *theirs = board_slot_of(b, r, line->first + k);
        if (r == last)
            copy_short(result, theirs, n);
        else
            op_apply(a->op, theirs, result, n / t->size, t);
    }
    board_got(b, k + 1);
    return 0;
}

static void scan_short(struct board *b, const char *own, uint64_t size)
{
    int last = b->a->kind == COLL_SCAN ? b->rank : b->rank - 1;
    if (put_vector(b, own, size, BOARD_ALL))
        return;
    for (int r = 0; r < b->rank; r++) {
        const struct node_line *line = board_hear(b, r);
        if (line)
            board_check(b, r, line->size, size);
    }
    if (last >= 0 && !b->error)
        fold(b, last, b->a->in.memory, size);
}

int board_scan(struct board *b, const struct coll *a)
{
    const struct type *t = type_of_vectors(a);
    if (!fits(t) || (uint64_t)a->in.count / SCAN_CHUNK * t->size >= INT32_MAX)
        return BOARD_NOT;
    uint64_t size = (uint64_t)a->in.count * t->size;
    uint64_t chunk = (b->crowded ? NODE_BOARD_SLOT : SCAN_CHUNK) / t->size * t->size;
    board_begin(b, a);
    if (size <= chunk) {
        scan_short(b, a->in_place ? a->in.memory : a->out.memory, size);
    } else if (!board_line_free(b)) {
        board_write(b, size, NULL, 0);
        for (uint64_t k = 0; k * chunk < size; k++)
            if (scan_round(b, (uint32_t)k, k * chunk, least(chunk, size - k * chunk)))
                break;
    }
    return board_end(b);
}

/* ---- reduce_scatter: a slot has a part for each member, with the next elements of that one's block ---- */

static uint64_t count_of(const struct coll *a, int rank)
{
    return (uint64_t)(a->in.counts.at ? coll_number(a->in.counts, rank) : a->in.count);
}

static int scatter_put(struct board *b, const char *own, uint32_t k, uint64_t part, uint64_t largest)
{
    const struct coll *a = b->a;
    size_t unit = type_of_vectors(a)->size;
    char *slot = board_slot(b, (uint32_t)(least(part, largest) * unit * (uint64_t)b->size), k + 1, BOARD_ALL);
    uint64_t at = 0;
    if (!slot)
        return -1;
    for (int r = 0; r < b->size; at += count_of(a, r++)) {
        uint64_t from = k * part, n = count_of(a, r);
        if (from < n)
            copy_short(slot + (uint64_t)r * least(part, largest) * unit, own + (at + from) * unit,
                       least(part, n - from) * unit);
    }
    board_put(b, k + 1);
    return 0;
}

static int scatter_fold(struct board *b, uint32_t k, uint64_t part, uint64_t largest)
{
    const struct coll *a = b->a;
    const struct type *t = type_of_vectors(a);
    uint64_t mine = count_of(a, b->rank), from = k * part, n = from < mine ? least(part, mine - from) : 0;
    char *result = a->in.memory + from * t->size;
    for (int r = b->size - 1; r >= 0; r--) {
        if (r != b->rank && board_await_put(b, r, k + 1))
            return -1;
        const char *theirs = board_slot_of(b, r, board_line(b, r)->first + k) +
                             (uint64_t)b->rank * least(part, largest) * t->size;
        if (n && r == b->size - 1)
            copy_short(result, theirs, n * t->size);
        else if (n)
            op_apply(a->op, theirs, result, n, t);
    }
    board_got(b, k + 1);
    return 0;
}

int board_reduce_scatter(struct board *b, const struct coll *a)
{
    const struct type *t = type_of_vectors(a);
    const char *own = a->in_place ? a->in.memory : a->out.memory;
    uint64_t largest = 0, total = 0;
    if (!fits(t) || NODE_BOARD_SLOT / t->size < (uint64_t)b->size)
        return BOARD_NOT;
    for (int r = 0; r < b->size; r++) {
        uint64_t n = count_of(a, r);
        largest = n > largest ? n : largest;
        total += n;
    }
    uint64_t part = NODE_BOARD_SLOT / t->size / (uint64_t)b->size;
    if (largest / part >= INT32_MAX || (a->in_place && largest > part)) /* results would stand where operands do */
        return BOARD_NOT;
    board_begin(b, a);
    if (board_line_free(b))
        return board_end(b);
    board_write(b, total * t->size, NULL, 0);
    for (uint32_t k = 0; k * part < largest || !k; k++) {
        if (scatter_put(b, own, k, part, largest) ||
            (!k && hear_all(b, total * t->size)) || scatter_fold(b, k, part, largest))
            break;
    }
    return board_end(b);
}
