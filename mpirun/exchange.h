/* The exchange of addresses along the tree, of the launcher and of guards: pure, on memory.
 *
 * A rank that needs an address wakes its agent (book.h), which sends WANT_ADDRESSES; a guard passes on the first of
 * those that come to it, and the launcher answers the first one with COLLECT to all. Each node then sends the addresses
 * of its ranks, once all have one, or after a while those that have; a guard puts together what comes from all nodes
 * behind it, and the launcher sends the whole, the BOOK, to all. Addresses that come later go the same way, one by one.
 * A job in which nobody asks exchanges nothing. */
#ifndef MPIRUN_EXCHANGE_H
#define MPIRUN_EXCHANGE_H

#include "mpirun/proto.h"

struct exchange {
    uint32_t expected, heard; /* nodes that have to answer, and have */
    uint32_t without;         /* nodes that have no ranks: they are answered for here */
    int up;                   /* what is complete goes up, and says how many nodes it is of */
    int wanted, complete;
    struct bytes packs;
};

typedef void exchange_put(void *owner, const void *payload, size_t n);

void exchange_open(struct exchange *x, uint32_t nodes, int up);
/* One of the nodes is here, and has no ranks. */
void exchange_without(struct exchange *x);
/* So many nodes could not be reached, and are somebody else's now: they do not answer here. Before ranks run. */
void exchange_except(struct exchange *x, uint32_t nodes);

/* Somebody wants addresses, or they are collected already: 1 the first time. */
int exchange_wanted(struct exchange *x);

/* They are collected: for a guard with nobody behind it that could answer. */
void exchange_collect(struct exchange *x, exchange_put *put, void *owner);

/* An answer (struct frame_addresses). What is ready to be sent on is put, in frames' payloads. -1 and words: it is no
 * answer. */
int exchange_came(struct exchange *x, const void *payload, size_t n, exchange_put *put, void *owner,
                  struct words *why);

#endif
