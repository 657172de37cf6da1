/* Peers: see peer.h. */
#include "p2p/share.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct control {
    struct list link;
    uint32_t size;
    char head[WIRE_HEAD];
};

struct p2p_place p2p_place;
struct peer **peers;
static struct list busy;

void p2p_broken(const char *format, ...)
{
    struct words why;
    va_list ap;
    va_start(ap, format);
    vsnprintf(why.s, sizeof why.s, format, ap);
    va_end(ap);
    p2p_place.broken(&why);
}

int p2p_start(const struct p2p_place *place, struct words *why)
{
    p2p_place = *place;
    p2p_threaded = place->threaded;
    list_init(&busy);
    peers = calloc((size_t)place->size, sizeof *peers);
    if (!peers)
        return words_set(why, "no memory for a list of %d ranks", place->size);
    return 0;
}

void p2p_stop(void)
{
    for (int i = 0; i < p2p_place.size; i++)
        free(peers[i]);
    free(peers);
    peers = NULL;
}

__attribute__((noinline)) struct peer *peer_make(int rank)
{
    struct words why;
    struct peer *p = calloc(1, sizeof *p);
    if (!p) {
        p2p_broken("no memory for what is to know about rank %d", rank);
        return NULL;
    }
    *p = (struct peer){.rank = rank, .credit = PEER_CREDIT};
    list_init(&p->controls);
    list_init(&p->queue);
    list_init(&p->streams);
    list_init(&p->shares);
    list_init(&p->helps);
    list_init(&p->busy);
    peers[rank] = p;
    p->end = p2p_place.connect(rank, p, &why);
    if (!p->end) {
        p2p_broken("rank %d cannot be reached: %s", rank, why.s);
        peers[rank] = NULL;
        free(p);
        return NULL;
    }
    return p;
}

void *p2p_peer_of(int rank)
{
    return rank < 0 || rank >= p2p_place.size ? NULL : peers[rank] ? peers[rank] : peer_make(rank);
}

void p2p_lost(void *peer, const struct words *why)
{
    const struct peer *p = peer;
    if (p)
        p2p_broken("rank %d cannot be reached: %s", p->rank, why->s);
    else
        p2p_broken("the network cannot be used: %s", why->s);
}

void peer_busy(struct peer *p)
{
    if (list_empty(&p->busy))
        list_add(&busy, &p->busy);
}

int peer_failed(const struct peer *p, int sent)
{
    if (sent == WIRE_NO_MEMORY)
        p2p_broken("no memory for messages to rank %d", p->rank);
    else if (sent == WIRE_DEAD)
        p2p_broken("rank %d cannot be reached any more", p->rank);
    return sent;
}

void peer_control(struct peer *p, const void *head, uint32_t size)
{
    if (list_empty(&p->controls)) {
        int sent = p->end->ops->send(p->end, head, size, NULL, 0);
        if (sent == WIRE_SENT)
            return;
        if (peer_failed(p, sent) != WIRE_AGAIN)
            return;
    }
    struct control *c = malloc(sizeof *c);
    if (!c) {
        p2p_broken("no memory for a packet to rank %d", p->rank);
        return;
    }
    c->size = size;
    memcpy(c->head, head, size);
    list_add(&p->controls, &c->link);
    peer_busy(p);
}

void peer_tell_credit(struct peer *p)
{
    struct packet_next head = {.kind = PACKET_CREDIT, .value = (uint32_t)p->owed};
    p->owed = 0;
    peer_control(p, &head, sizeof head);
}

/* The sends of one list, one after the other, until there is no room. A message is finished before the next begins:
 * taking turns would only make all of them late, and read memory in an order that caches do not like. */
static int push_list(struct peer *p, struct list *l)
{
    while (!list_empty(l)) {
        int sent = send_next(list_entry(l->next, struct request, link));
        if (sent != WIRE_SENT)
            return peer_failed(p, sent);
    }
    return WIRE_SENT;
}

int peer_push(struct peer *p)
{
    int copies = share_step(p);
    while (!list_empty(&p->controls)) {
        struct control *c = list_entry(p->controls.next, struct control, link);
        int sent = p->end->ops->send(p->end, c->head, c->size, NULL, 0);
        if (peer_failed(p, sent) != WIRE_SENT)
            return copies;
        list_remove(&c->link);
        free(c);
    }
    if (push_list(p, &p->queue) == WIRE_SENT)
        push_list(p, &p->streams);
    /* What a send is part of may have started others when it was over. */
    if (list_empty(&p->queue) && list_empty(&p->streams) && list_empty(&p->shares) && list_empty(&p->helps) &&
        list_empty(&p->controls))
        list_remove(&p->busy);
    return copies;
}

int peers_push(void)
{
    int n = 0;
    for (struct list *l = busy.next, *next; l != &busy; l = next) {
        next = l->next;
        n += peer_push(list_entry(l, struct peer, busy));
    }
    return n;
}

int peers_want_room(void)
{
    for (struct list *l = busy.next; l != &busy; l = l->next) {
        struct peer *p = list_entry(l, struct peer, busy);
        if (!p->end->ops->want_room)
            return 0;
        p->end->ops->want_room(p->end);
    }
    return 1;
}

int p2p_is_queued(const struct wire_ops *ops)
{
    for (struct list *l = busy.next; l != &busy; l = l->next)
        if (list_entry(l, struct peer, busy)->end->ops == ops)
            return 1;
    return 0;
}

int peers_are_idle(void)
{
    return list_empty(&busy);
}
