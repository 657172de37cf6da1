/* Credit for output: see debts.h. */
#include "mpirun/debts.h"

#include "mpirun/grow.h"

void debts_open(struct debts *d, int node_count)
{
    d->owed = grow_new((size_t)node_count, sizeof *d->owed);
    d->nodes = grow_new((size_t)node_count, sizeof *d->nodes);
}

void debts_add(struct debts *d, uint32_t node, uint32_t bytes)
{
    if (bytes && !d->owed[node])
        d->nodes[d->count++] = node;
    d->owed[node] += bytes;
}

void debts_pay(struct debts *d, struct nodes *nodes)
{
    for (int i = 0; i < d->count; i++) {
        struct frame_credit credit = {d->owed[d->nodes[i]]};
        d->owed[d->nodes[i]] = 0;
        nodes_send(nodes, d->nodes[i], FRAME_CREDIT, 0, &credit, sizeof credit);
    }
    d->count = 0;
}
