/* Reductions whose results differ from rank to rank: scan, exscan, reduce_scatter. */
#include "coll/schedule.h"

#include "coll/table.h"

/* What comes from a lower rank is of the ranks just below those that this one has reduced so far. */
void build_scan(struct build *b)
{
    const struct coll *a = b->a;
    const struct team *t = &b->near;
    uint64_t count = (uint64_t)a->in.count;
    char *own = a->in_place ? a->in.memory : a->out.memory, *result = a->in.memory;
    int inclusive = a->kind == COLL_SCAN, has_result = inclusive;
    if (!count)
        return;
    char *all = vector_memory(b, count), *spare = vector_memory(b, count); /* all: of this rank's block */
    step_copy(b, vector_piece(b, own, 0, count), vector_piece(b, all, 0, count));
    if (inclusive)
        step_copy(b, vector_piece(b, own, 0, count), vector_piece(b, result, 0, count));
    for (int bit = 1; bit < t->size; bit *= 2) {
        int other = t->rank ^ bit;
        if (other >= t->size)
            continue;
        step_recv(b, t, vector_piece(b, spare, 0, count), other);
        step_send(b, t, vector_piece(b, all, 0, count), other);
        step_wait(b);
        if (other > t->rank) {
            step_reduce(b, all, spare, count);
            char *swapped = all;
            all = spare;
            spare = swapped;
            continue;
        }
        if (has_result)
            step_reduce(b, spare, result, count);
        else
            step_copy(b, vector_piece(b, spare, 0, count), vector_piece(b, result, 0, count));
        has_result = 1;
        step_reduce(b, spare, all, count);
    }
}

static uint64_t count_of(const struct coll *a, int rank)
{
    return (uint64_t)(a->in.counts.at ? coll_number(a->in.counts, rank) : a->in.count);
}

/* Everybody sends everybody his block, and reduces his own as they come. In place, the input begins where the result
 * shall stand. */
static void scatter_pairs(struct build *b, const struct team *t, char *own, const uint64_t *from)
{
    const struct coll *a = b->a;
    uint64_t mine = count_of(a, t->rank);
    char *result = a->in_place ? vector_memory(b, mine) : a->in.memory, *spare = vector_memory(b, mine);
    step_copy(b, vector_piece(b, own, from[t->rank], mine), vector_piece(b, result, 0, mine));
    for (int i = 1; i < t->size; i++) {
        int to = (int)(((int64_t)t->rank + i) % t->size), source = (t->rank - i + t->size) % t->size;
        if (mine)
            step_recv(b, t, vector_piece(b, spare, 0, mine), source);
        if (count_of(a, to))
            step_send(b, t, vector_piece(b, own, from[to], count_of(a, to)), to);
        step_wait(b);
        step_reduce(b, spare, result, mine);
    }
    if (a->in_place)
        step_copy(b, vector_piece(b, result, 0, mine), vector_piece(b, a->in.memory, 0, mine));
}

void build_reduce_scatter(struct build *b)
{
    const struct coll *a = b->a;
    const struct team *t = &b->near;
    char *own = a->in_place ? a->in.memory : a->out.memory, *all = NULL;
    uint64_t *from = build_memory(b, ((uint64_t)t->size + 1) * sizeof *from);
    if (build_failed(b))
        return;
    from[0] = 0;
    for (int i = 0; i < t->size; i++)
        from[i + 1] = from[i] + count_of(a, i);
    uint64_t total = from[t->size], mine = count_of(a, t->rank);
    if (table_choose(TABLE_REDUCE_SCATTER, total * b->type->size, t->size, a->op->commutative) == WAY_PAIRS) {
        scatter_pairs(b, t, own, from);
        return;
    }
    if (t->rank == 0)
        all = vector_memory(b, total);
    build_reduce(b, t, own, all, total, 0);
    step_wait(b);
    for (int i = 1; t->rank == 0 && i < t->size; i++)
        if (count_of(a, i))
            step_send(b, t, vector_piece(b, all, from[i], count_of(a, i)), i);
    if (t->rank == 0)
        step_copy(b, vector_piece(b, all, 0, mine), vector_piece(b, a->in.memory, 0, mine));
    else if (mine)
        step_recv(b, t, vector_piece(b, a->in.memory, 0, mine), 0);
}
