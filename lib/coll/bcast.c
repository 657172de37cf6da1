/* From one to all: barrier, broadcast, and scatter, which is a broadcast of different things. */
#include "coll/schedule.h"

#include "coll/small.h"
#include "coll/table.h"

/* Ranks are counted from the root: 0 is the root, `real` is what the others call it. */
static int real(const struct team *t, int rank, int root)
{
    return (int)(((int64_t)rank + root) % t->size);
}

static int relative(const struct team *t, int root)
{
    return (t->rank - root + t->size) % t->size;
}

/* How many ranks of the tree stand below and at this one. */
static int below(const struct team *t, int rank)
{
    int low = rank ? rank & -rank : t->size;
    return low < t->size - rank ? low : t->size - rank;
}

/* Dissemination: after k rounds everybody knows of 2^k others. */
void build_barrier(struct build *b, const struct team *t)
{
    for (int64_t step = 1; step < t->size; step *= 2) {
        step_recv(b, t, piece_bytes(NULL, 0), (int)((t->rank - step + t->size) % t->size));
        step_send(b, t, piece_bytes(NULL, 0), (int)((t->rank + step) % t->size));
        step_wait(b);
    }
}

/* ---- broadcast ---- */

static void bcast_tree(struct build *b, const struct team *t, struct piece p, int root)
{
    int children[32], rank = relative(t, root);
    int n = tree_children(rank, t->size, children);
    if (rank) {
        step_recv(b, t, p, real(t, tree_parent(rank), root));
        step_wait(b);
    }
    for (int i = 0; i < n; i++)
        step_send(b, t, p, real(t, children[i], root));
    step_wait(b);
}

/* Everybody gets a part, down the tree with those of everybody below; then the parts go round. */
static void bcast_scatter(struct build *b, const struct team *t, struct piece p, int root)
{
    uint64_t part = (p.size / (uint64_t)t->size + 64) & ~(uint64_t)63;
    int children[32], rank = relative(t, root);
    int n = tree_children(rank, t->size, children);
    struct piece *parts = build_memory(b, (uint64_t)t->size * sizeof *parts);
    if (build_failed(b))
        return;
    for (int i = 0; i < t->size; i++) {
        uint64_t from = (uint64_t)i * part < p.size ? (uint64_t)i * part : p.size;
        parts[real(t, i, root)] = piece_part(p, from, p.size - from < part ? p.size - from : part);
    }
    for (int i = -1; i < n; i++) {
        int who = i < 0 ? rank : children[i];
        uint64_t from = (uint64_t)who * part < p.size ? (uint64_t)who * part : p.size;
        uint64_t to = (uint64_t)(who + below(t, who)) * part;
        struct piece some = piece_part(p, from, (to < p.size ? to : p.size) - from);
        if (i >= 0) {
            step_send(b, t, some, real(t, who, root));
        } else if (rank) {
            step_recv(b, t, some, real(t, tree_parent(rank), root));
            step_wait(b);
        }
    }
    step_wait(b);
    build_allgather(b, t, parts);
}

void build_bcast(struct build *b, const struct team *t, struct piece p, int root)
{
    if (t->size == 1)
        return;
    if (table_choose(TABLE_BCAST, p.size, t->size, 0) == WAY_SCATTER)
        bcast_scatter(b, t, p, root);
    else
        bcast_tree(b, t, p, root);
}

/* ---- scatter ---- */

/* The root's blocks, one after the other as the tree wants them. */
static void send_range(struct build *b, const struct team *t, int first, int count, int root, uint64_t size)
{
    const struct coll_side *out = &b->a->out;
    if (count == 1) {
        step_send(b, t, side_block(out, real(t, first, root)), real(t, first, root));
        return;
    }
    char *packed = build_memory(b, (uint64_t)count * size);
    for (int i = 0; i < count; i++)
        step_copy(b, side_block(out, real(t, first + i, root)), piece_bytes(packed + (uint64_t)i * size, size));
    step_send(b, t, piece_bytes(packed, (uint64_t)count * size), real(t, first, root));
}

static void scatter_tree(struct build *b, const struct team *t, struct piece own, uint64_t size)
{
    int children[32], root = b->a->root, rank = relative(t, root), all = below(t, rank);
    int n = tree_children(rank, t->size, children);
    char *packed = NULL;
    if (rank) {
        packed = all > 1 ? build_memory(b, (uint64_t)all * size) : NULL;
        step_recv(b, t, packed ? piece_bytes(packed, (uint64_t)all * size) : own, real(t, tree_parent(rank), root));
        step_wait(b);
    }
    for (int i = 0; i < n; i++) {
        int child = children[i], count = below(t, child);
        if (rank)
            step_send(b, t, piece_bytes(packed + (uint64_t)(child - rank) * size, (uint64_t)count * size),
                      real(t, child, root));
        else
            send_range(b, t, child, count, root, size);
    }
    if (packed)
        step_copy(b, piece_bytes(packed, size), own);
}

void build_scatter(struct build *b)
{
    const struct coll *a = b->a;
    const struct team *t = &b->near;
    int is_root = t->rank == a->root;
    struct piece own = a->in_place ? piece_bytes(NULL, 0) : piece_of(a->in.memory, (uint64_t)a->in.count, a->in.type);
    uint64_t size = is_root && !a->irregular ? side_size(&a->out, a->root) : own.size;
    if (is_root && !a->in_place)
        step_copy(b, side_block(&a->out, t->rank), own);
    if (!a->irregular && table_choose(TABLE_GATHER, size, t->size, 0) == WAY_TREE) {
        scatter_tree(b, t, own, size);
    } else if (is_root) {
        for (int i = 0; i < t->size; i++)
            if (i != t->rank)
                step_send(b, t, side_block(&a->out, i), i);
    } else {
        step_recv(b, t, own, a->root);
    }
}
