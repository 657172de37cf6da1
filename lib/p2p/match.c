/* Matching: see match.h. */
#include "p2p/match.h"

#include <stdlib.h>

enum { FULL = 4 /* in a bin, on average: time for more of them */, MAX_BINS = 1 << 20 };

static int fits(const struct match_posted *p, int source, int tag)
{
    return (p->source == source || p->source == MATCH_ANY_SOURCE) && (p->tag == tag || p->tag == MATCH_ANY_TAG);
}

static int is_wild(int source, int tag)
{
    return source == MATCH_ANY_SOURCE || tag == MATCH_ANY_TAG;
}

void match_init(struct match *m)
{
    *m = (struct match){.posted = &m->bins[0], .arrived = &m->bins[1], .limit = FULL};
    list_init(&m->bins[0]);
    list_init(&m->bins[1]);
    list_init(&m->wild);
    list_init(&m->all);
}

void match_fini(struct match *m)
{
    if (m->posted != &m->bins[0])
        free(m->posted);
}

/* Four times the bins. Without memory everything works as before, slower. */
void match_grow(struct match *m)
{
    uint32_t before = m->mask + 1, after = before < 64 ? 64 : before * 4;
    struct list *bins = malloc(2 * (size_t)after * sizeof *bins), *old = m->posted, *old_arrived = m->arrived;
    m->limit = before < MAX_BINS / 4 ? FULL * after : UINT32_MAX;
    if (!bins)
        return;
    for (uint32_t i = 0; i < 2 * after; i++)
        list_init(&bins[i]);
    m->posted = bins;
    m->arrived = bins + after;
    m->mask = after - 1;
    for (uint32_t i = 0; i < before; i++) {
        while (!list_empty(&old[i])) {
            struct match_posted *p = list_entry(old[i].next, struct match_posted, link);
            list_remove(&p->link);
            list_add(&m->posted[match_bin(m, p->source, p->tag)], &p->link);
        }
        while (!list_empty(&old_arrived[i])) {
            struct match_arrived *a = list_entry(old_arrived[i].next, struct match_arrived, link);
            list_remove(&a->link);
            list_add(&m->arrived[match_bin(m, a->source, a->tag)], &a->link);
        }
    }
    if (old != &m->bins[0])
        free(old);
}

struct match_posted *match_any_arrival(struct match *m, int source, int tag)
{
    struct match_posted *found = NULL;
    struct list *bin = &m->posted[match_bin(m, source, tag)];
    for (struct list *l = bin->next; l != bin; l = l->next) {
        struct match_posted *p = list_entry(l, struct match_posted, link);
        if (p->source == source && p->tag == tag) {
            found = p;
            break;
        }
    }
    for (struct list *l = m->wild.next; __builtin_expect(l != &m->wild, 0); l = l->next) {
        struct match_posted *p = list_entry(l, struct match_posted, link);
        if (found && found->order < p->order)
            break; /* they stand in order: none of the rest is older */
        if (fits(p, source, tag)) {
            found = p;
            break;
        }
    }
    if (found)
        match_withdraw(m, found);
    return found;
}

void match_keep(struct match *m, struct match_arrived *a, int source, int tag)
{
    a->source = source;
    a->tag = tag;
    list_add(&m->all, &a->all);
    list_add(&m->arrived[match_bin(m, source, tag)], &a->link);
    if (++m->count > m->limit)
        match_grow(m);
}

struct match_arrived *match_look(const struct match *m, int source, int tag)
{
    if (__builtin_expect(is_wild(source, tag), 0)) {
        struct match_posted wanted = {.source = source, .tag = tag};
        for (struct list *l = m->all.next; l != &m->all; l = l->next) {
            struct match_arrived *a = list_entry(l, struct match_arrived, all);
            if (fits(&wanted, a->source, a->tag))
                return a;
        }
        return NULL;
    }
    struct list *bin = &m->arrived[match_bin(m, source, tag)];
    for (struct list *l = bin->next; l != bin; l = l->next) {
        struct match_arrived *a = list_entry(l, struct match_arrived, link);
        if (a->source == source && a->tag == tag)
            return a;
    }
    return NULL;
}

void match_take(struct match *m, struct match_arrived *a)
{
    list_remove(&a->link);
    list_remove(&a->all);
    m->count--;
}

void match_withdraw(struct match *m, struct match_posted *p)
{
    list_remove(&p->link);
    if (!is_wild(p->source, p->tag))
        m->count--;
}

static uint64_t length(const struct list *head)
{
    uint64_t n = 0;
    for (const struct list *l = head->next; l != head; l = l->next)
        n++;
    return n;
}

void match_lengths(const struct match *m, uint64_t *posted, uint64_t *arrived)
{
    *posted = length(&m->wild);
    for (uint32_t i = 0; i <= m->mask; i++)
        *posted += length(&m->posted[i]);
    *arrived = length(&m->all);
}
