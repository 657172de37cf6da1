/* The shm wire: packets between processes of one node, through memory that they share (shm_ring.h). */
#ifndef WIRE_SHM_H
#define WIRE_SHM_H

#include "wire/wire.h"

/* Somebody of the node talks to this process for the first time: the owner of the new end. NULL refuses. */
typedef void *shm_accept(void *context, uint32_t local);

/* This process is number `me` of `ranks`; room is shm_room(ranks) bytes that all of them share (shm_ring.h). cma: the
 * memory of other processes may be copied directly, where that works. NULL: no memory. */
struct wire *shm_init(void *room, uint32_t ranks, uint32_t me, int cma, wire_deliver *deliver, shm_accept *accept,
                      void *context);
void shm_fini(struct wire *wire);

/* The end that leads to another rank of the node; the same whenever it is asked for. NULL: no memory. */
struct wire_end *shm_end(struct wire *wire, uint32_t local, void *owner);

/* Whoever sleeps looks again at what it waits for. */
void shm_wake_all(struct wire *wire);

/* The same of one; a full barrier stands between what it waits for and this call. */
void shm_wake_rank(struct wire *wire, uint32_t local);

/* Whether others' membarriers reach this process, and its own reach the others (see shm.c). */
void shm_barriers(struct wire *wire, int *reached, int *reaching);

/* Sleeping shall be possible on a descriptor, because there are other wires to sleep on: a pipe, that a sender opens
 * through /proc. -1: it cannot be made, and sleeps will be short. */
int shm_bell(struct wire *wire);

extern const struct wire_ops shm_ops;

#endif
