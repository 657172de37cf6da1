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
    uint32_t count;                /* what stands in bins; they grow with it */
    struct list wild, all;
    uint64_t order;
    struct list bins[2]; /* the first two, so that a communicator without traffic needs no memory */
};

void match_init(struct match *m);
/* The queues must be empty, or what is in them forgotten. */
void match_fini(struct match *m);

/* A message arrives: the receive it goes into, taken out of the queues; NULL: none. */
struct match_posted *match_arrival(struct match *m, int source, int tag);
void match_keep(struct match *m, struct match_arrived *a, int source, int tag);

/* A receive is posted: the message for it, or NULL; match_take takes it out of the queues. */
struct match_arrived *match_look(const struct match *m, int source, int tag);
void match_take(struct match *m, struct match_arrived *a);
void match_post(struct match *m, struct match_posted *p, int source, int tag);
void match_withdraw(struct match *m, struct match_posted *p);

#endif
