/* From all to one, and from all to all: gather and allgather. */
#include "coll/schedule.h"

#include "coll/small.h"
#include "coll/table.h"

static int modulo(const struct team *t, int64_t rank)
{
    return (int)((rank % t->size + t->size) % t->size);
}

/* ---- to all ---- */

/* Bruck: after each round everybody has twice as many blocks, its own first; they are put in their places at the end. */
static void allgather_bruck(struct build *b, const struct team *t, const struct piece *places, uint64_t all)
{
    uint64_t *from = build_memory(b, ((uint64_t)t->size + 1) * sizeof *from);
    char *packed = build_memory(b, all);
    if (build_failed(b))
        return;
    from[0] = 0;
    for (int i = 0; i < t->size; i++)
        from[i + 1] = from[i] + places[modulo(t, (int64_t)t->rank + i)].size;
    step_copy(b, places[t->rank], piece_bytes(packed, from[1]));
    for (int have = 1; have < t->size; have *= 2) {
        int some = have < t->size - have ? have : t->size - have;
        step_recv(b, t, piece_bytes(packed + from[have], from[have + some] - from[have]),
                  modulo(t, (int64_t)t->rank + have));
        step_send(b, t, piece_bytes(packed, from[some]), modulo(t, (int64_t)t->rank - have));
        step_wait(b);
    }
    for (int i = 1; i < t->size; i++)
        step_copy(b, piece_bytes(packed + from[i], from[i + 1] - from[i]), places[modulo(t, (int64_t)t->rank + i)]);
}

static void allgather_ring(struct build *b, const struct team *t, const struct piece *places)
{
    for (int i = 0; i < t->size - 1; i++) {
        step_recv(b, t, places[modulo(t, (int64_t)t->rank - i - 1)], modulo(t, (int64_t)t->rank - 1));
        step_send(b, t, places[modulo(t, (int64_t)t->rank - i)], modulo(t, (int64_t)t->rank + 1));
        step_wait(b);
    }
}

void build_allgather(struct build *b, const struct team *t, const struct piece *places)
{
    uint64_t all = 0;
    for (int i = 0; i < t->size; i++)
        all += places[i].size;
    if (t->size == 1 || !all)
        return;
    if (table_choose(TABLE_ALLGATHER, all, t->size, 0) == WAY_BRUCK)
        allgather_bruck(b, t, places, all);
    else
        allgather_ring(b, t, places);
}

static void allgather(struct build *b)
{
    const struct coll *a = b->a;
    const struct team *t = &b->near;
    struct piece *places = build_memory(b, (uint64_t)t->size * sizeof *places);
    if (build_failed(b))
        return;
    for (int i = 0; i < t->size; i++)
        places[i] = side_block(&a->in, i);
    if (!a->in_place)
        step_copy(b, piece_of(a->out.memory, (uint64_t)a->out.count, a->out.type), places[t->rank]);
    build_allgather(b, t, places);
}

/* ---- to the root; ranks are counted from it ---- */

static int below(const struct team *t, int rank)
{
    int low = rank ? rank & -rank : t->size;
    return low < t->size - rank ? low : t->size - rank;
}

/* What comes from a child is for several places. */
static void unpack(struct build *b, const struct team *t, const char *packed, int child, uint64_t size)
{
    for (int i = 0; i < below(t, child); i++)
        step_copy(b, piece_bytes((char *)packed + (uint64_t)i * size, size),
                  side_block(&b->a->in, modulo(t, (int64_t)child + i + b->a->root)));
}

static void gather_at_root(struct build *b, const struct team *t, uint64_t size)
{
    int children[32], n = tree_children(0, t->size, children), root = b->a->root;
    char *packed[32];
    for (int i = 0; i < n; i++) {
        int who = modulo(t, (int64_t)children[i] + root), count = below(t, children[i]);
        packed[i] = count > 1 ? build_memory(b, (uint64_t)count * size) : NULL;
        struct piece to = packed[i] ? piece_bytes(packed[i], (uint64_t)count * size) : side_block(&b->a->in, who);
        step_recv(b, t, to, who);
    }
    step_wait(b);
    for (int i = 0; i < n; i++)
        if (packed[i])
            unpack(b, t, packed[i], children[i], size);
}

static void gather_tree(struct build *b, const struct team *t, struct piece own, uint64_t size)
{
    int children[32], root = b->a->root, rank = modulo(t, (int64_t)t->rank - root), all = below(t, rank);
    int n = tree_children(rank, t->size, children), parent = modulo(t, (int64_t)tree_parent(rank) + root);
    if (!rank) {
        gather_at_root(b, t, size);
        return;
    }
    if (n == 0) {
        step_send(b, t, own, parent);
        return;
    }
    char *packed = build_memory(b, (uint64_t)all * size);
    step_copy(b, own, piece_bytes(packed, size));
    for (int i = 0; i < n; i++) {
        uint64_t count = (uint64_t)below(t, children[i]);
        step_recv(b, t, piece_bytes(packed + (uint64_t)(children[i] - rank) * size, count * size),
                  modulo(t, (int64_t)children[i] + root));
    }
    step_wait(b);
    step_send(b, t, piece_bytes(packed, (uint64_t)all * size), parent);
}

void build_gather(struct build *b)
{
    const struct coll *a = b->a;
    const struct team *t = &b->near;
    if (a->kind == COLL_ALLGATHER) {
        allgather(b);
        return;
    }
    int is_root = t->rank == a->root;
    struct piece own = piece_bytes(NULL, 0);
    if (!a->in_place)
        own = piece_of(a->out.memory, (uint64_t)a->out.count, a->out.type);
    uint64_t size = is_root && !a->irregular ? side_size(&a->in, a->root) : own.size;
    if (is_root && !a->in_place)
        step_copy(b, own, side_block(&a->in, t->rank));
    if (!a->irregular && table_choose(TABLE_GATHER, size, t->size, 0) == WAY_TREE) {
        gather_tree(b, t, own, size);
    } else if (is_root) {
        for (int i = 0; i < t->size; i++)
            if (i != t->rank)
                step_recv(b, t, side_block(&a->in, i), i);
    } else {
        step_send(b, t, own, a->root);
    }
}
