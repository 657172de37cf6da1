/* Large messages between two places of contiguous memory, where the wire has a way of its own for them (libfabric).
 *
 *     sender    ASK, with an address: its bytes stand in one place
 *     receiver  tells its wire where they go (expect); GRANT, with the ticket that the wire gave
 *     sender    hands them to its wire, with the ticket (pass)
 *
 * and each side's wire says when they have moved. A sender whose wire cannot says COPIED, value 1; the receiver's forgets
 * the message then, and a second GRANT asks for pieces. */
#include "p2p/direct.h"

#include "p2p/ids.h"

enum { DIRECT_MIN = 64 * 1024 }; /* less is faster in pieces */

int direct_begin(struct request *r, struct peer *p, uint64_t there, struct packet_grant *g)
{
    const struct wire_ops *ops = p->end->ops;
    r->direct = 0;
    if (!ops->expect || !there || r->cursor.move || g->size < DIRECT_MIN)
        return 0;
    uint64_t ticket = ops->expect(p->end, r->cursor.at, g->size, r->id);
    if (!ticket)
        return 0;
    r->direct = 1;
    g->share = PACKET_DIRECT;
    g->address = ticket;
    return 1;
}

int direct_join(struct request *r, struct peer *p, const struct packet_grant *g)
{
    struct packet_next head = {.kind = PACKET_COPIED, .value = 1, .request = g->receiver};
    const struct wire_ops *ops = p->end->ops;
    if (!ops->pass || r->cursor.move || !g->size)
        p2p_broken("rank %d wants a message in a way that it was not offered", p->rank);
    else if (ops->pass(p->end, r->cursor.at, g->size, g->address, r->id) == 0)
        return 0;
    else
        peer_control(p, &head, sizeof head);
    return -1;
}

int direct_refused(struct peer *p, uint64_t id)
{
    struct request *r = ids_find(id);
    if (!r || r->kind != REQUEST_RECV || r->peer != p || !r->direct)
        return 0;
    p->end->ops->forget(p->end, id);
    return 1;
}

void p2p_moved(void *owner, uint64_t id, int forgotten)
{
    struct peer *p = owner;
    struct request *r = ids_find(id);
    if (!r || r->peer != p)
        return;
    if (forgotten) {
        struct packet_grant head = {.kind = PACKET_GRANT, .sender = r->other, .receiver = id, .size = r->left};
        r->direct = 0;
        peer_control(p, &head, sizeof head);
        return;
    }
    if (r->kind == REQUEST_RECV && r->count > r->room)
        r->error = MPI_ERR_TRUNCATE;
    request_over(r);
}
