/* Which message goes into which receive: the queues of one communicator. Messages of one sender are matched in the
 * order in which they were sent, receives in the order in which they were posted; wildcards keep to both.
 *
 * Receives with source and tag stand in a bin by both, so that finding one does not depend on how many others there
 * are; those with a wildcard stand in one list; a number says which of two candidates was posted first. Messages that
 * nobody has asked for stand in a bin too, and in one list in order of arrival, which wildcards search. */
#ifndef P2P_MATCH_H
#define P2P_MATCH_H

#include "base/list.h"

#include <stdint.h>

enum { MATCH_ANY_SOURCE = -1, MATCH_ANY_TAG = -2 }; /* the ABI's values; p2p asserts it */

/* A receive, as part of its request. */
struct match_posted {
    struct list link;
    int source, tag;
    uint64_t order;
};

/* A message without a receive, as part of what describes it. */
struct match_arrived {
    struct list link, all;
    int source, tag;
};

struct match {
    struct list *posted, *arrived; /* the bins; one block of memory */
    uint32_t mask;                 /* bins - 1 */
    uint32_t count, limit;         /* what stands in bins; with how many they grow */
    struct list wild, all;
    uint64_t order;
    struct list bins[2]; /* the first two, so that a communicator without traffic needs no memory */
};

void match_init(struct match *m);
/* The queues must be empty, or what is in them forgotten. */
void match_fini(struct match *m);

static inline uint32_t match_bin(const struct match *m, int source, int tag)
{
    uint32_t h = (uint32_t)source * 0x9e3779b1u ^ (uint32_t)tag * 0x85ebca6bu;
    return (h ^ h >> 15) & m->mask;
}

/* A message arrives: the receive it goes into, taken out of the queues; NULL: none. Mostly it is the first of its
 * bin, and there is no wildcard. */
struct match_posted *match_any_arrival(struct match *m, int source, int tag);
static inline struct match_posted *match_arrival(struct match *m, int source, int tag)
{
    struct list *bin = &m->posted[match_bin(m, source, tag)];
    struct match_posted *p = list_entry(bin->next, struct match_posted, link);
    if (__builtin_expect(list_empty(bin) || !list_empty(&m->wild) || p->source != source || p->tag != tag, 0))
        return match_any_arrival(m, source, tag);
    list_remove(&p->link);
    m->count--;
    return p;
}
void match_keep(struct match *m, struct match_arrived *a, int source, int tag);

/* A receive is posted: the message for it, or NULL; match_take takes it out of the queues. */
struct match_arrived *match_look(const struct match *m, int source, int tag);
void match_take(struct match *m, struct match_arrived *a);
void match_grow(struct match *m);
static inline void match_post(struct match *m, struct match_posted *p, int source, int tag)
{
    p->source = source;
    p->tag = tag;
    p->order = m->order++;
    if (__builtin_expect(source == MATCH_ANY_SOURCE || tag == MATCH_ANY_TAG, 0)) {
        list_add(&m->wild, &p->link);
        return;
    }
    list_add(&m->posted[match_bin(m, source, tag)], &p->link);
    if (__builtin_expect(++m->count > m->limit, 0))
        match_grow(m);
}
/* How many there are of each; goes through all bins. */
void match_lengths(const struct match *m, uint64_t *posted, uint64_t *arrived);
void match_withdraw(struct match *m, struct match_posted *p);

#endif
