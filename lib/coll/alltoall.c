/* Something else for everybody: alltoall in all its forms, and neighbours in a topology. */
#include "coll/schedule.h"

#include "coll/table.h"
#include "obj/topo.h"

enum { AT_ONCE = 16 /* messages each way, before those are waited for */ };

static int modulo(const struct team *t, int64_t rank)
{
    return (int)((rank % t->size + t->size) % t->size);
}

/* In place, what goes to others is in the way of what comes: it leaves from copies. */
static struct piece *copies(struct build *b, const struct team *t)
{
    struct piece *all = build_memory(b, (uint64_t)t->size * sizeof *all);
    if (build_failed(b))
        return NULL;
    for (int i = 0; i < t->size; i++) {
        struct piece there = side_block(&b->a->in, i);
        all[i] = piece_bytes(build_memory(b, i == t->rank ? 0 : there.size), there.size);
        if (i != t->rank)
            step_copy(b, there, all[i]);
    }
    return all;
}

/* Nothing is sent of empty blocks: in sparse patterns most are. */
static void alltoall_direct(struct build *b, const struct team *t)
{
    const struct coll *a = b->a;
    struct piece *kept = a->in_place ? copies(b, t) : NULL;
    if (build_failed(b))
        return;
    if (!a->in_place)
        step_copy(b, side_block(&a->out, t->rank), side_block(&a->in, t->rank));
    for (int i = 1; i < t->size; i++) {
        int to = modulo(t, (int64_t)t->rank + i), from = modulo(t, (int64_t)t->rank - i);
        struct piece in = side_block(&a->in, from), out = kept ? kept[to] : side_block(&a->out, to);
        if (in.size)
            step_recv(b, t, in, from);
        if (out.size)
            step_send(b, t, out, to);
        if (i % AT_ONCE == 0)
            step_wait(b);
    }
}

/* Bruck: block i goes i ranks further, by those powers of two that i has. */
static void alltoall_bruck(struct build *b, const struct team *t, uint64_t size)
{
    const struct coll_side *out = b->a->in_place ? &b->a->in : &b->a->out;
    uint64_t n = (uint64_t)t->size;
    char *blocks = build_memory(b, n * size), *leave = build_memory(b, n * size), *come = build_memory(b, n * size);
    for (int i = 0; i < t->size; i++)
        step_copy(b, side_block(out, modulo(t, (int64_t)t->rank + i)), piece_bytes(blocks + (uint64_t)i * size, size));
    for (int bit = 1; bit < t->size; bit *= 2) {
        uint64_t some = 0;
        for (int i = 0; i < t->size; i++)
            if (i & bit)
                step_copy(b, piece_bytes(blocks + (uint64_t)i * size, size), piece_bytes(leave + some++ * size, size));
        step_recv(b, t, piece_bytes(come, some * size), modulo(t, (int64_t)t->rank - bit));
        step_send(b, t, piece_bytes(leave, some * size), modulo(t, (int64_t)t->rank + bit));
        step_wait(b);
        some = 0;
        for (int i = 0; i < t->size; i++)
            if (i & bit)
                step_copy(b, piece_bytes(come + some++ * size, size), piece_bytes(blocks + (uint64_t)i * size, size));
    }
    for (int i = 0; i < t->size; i++)
        step_copy(b, piece_bytes(blocks + (uint64_t)i * size, size),
                  side_block(&b->a->in, modulo(t, (int64_t)t->rank - i)));
}

void build_alltoall(struct build *b)
{
    const struct coll *a = b->a;
    const struct team *t = &b->near;
    uint64_t size = a->in.counts.at ? 0 : side_size(&a->in, 0);
    if (size && table_choose(TABLE_ALLTOALL, size, t->size, 0) == WAY_BRUCK)
        alltoall_bruck(b, t, size);
    else
        alltoall_direct(b, t);
}

/* ---- neighbours ---- */

void coll_neighbours(const struct comm *c, int *in, int *out)
{
    const struct topo *t = c->topo;
    if (t->kind == MPI_DIST_GRAPH) {
        *in = t->in.count;
        *out = t->out.count;
    } else {
        *in = *out = t->kind == MPI_CART ? 2 * t->ndims : topo_graph_degree(t, c->rank);
    }
}

static int neighbour(const struct comm *c, int i, int in)
{
    const struct topo *t = c->topo;
    if (t->kind == MPI_CART)
        return topo_cart_neighbour(t, c->rank, i / 2, i % 2 ? 1 : -1);
    if (t->kind == MPI_GRAPH)
        return topo_graph_neighbours(t, c->rank)[i];
    return in ? t->in.ranks[i] : t->out.ranks[i];
}

/* In a grid that is two wide and closed, the neighbours before and behind are the same process: what it sends to the
 * one before it comes from the one behind. As messages keep their order, receives go through each dimension backwards. */
void build_neighbor(struct build *b)
{
    const struct coll *a = b->a;
    int in, out, cart = a->comm->topo->kind == MPI_CART;
    coll_neighbours(a->comm, &in, &out);
    for (int i = 0; i < in; i++) {
        int place = cart ? i ^ 1 : i, who = neighbour(a->comm, place, 1);
        if (who != MPI_PROC_NULL)
            step_recv(b, &b->near, side_block(&a->in, place), who);
    }
    for (int i = 0; i < out; i++) {
        int who = neighbour(a->comm, i, 0);
        if (who != MPI_PROC_NULL)
            step_send(b, &b->near, side_block(&a->out, a->kind == COLL_NEIGHBOR_ALLGATHER ? 0 : i), who);
    }
}
