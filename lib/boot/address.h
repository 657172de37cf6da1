/* Addresses of ranks on other nodes: each rank publishes its own, in the node segment, and whoever needs one asks for
 * it there; mpirun exchanges them between the nodes when somebody asks for the first time (mpirun/exchange.h). What an
 * address is, the network wire knows. */
#ifndef BOOT_ADDRESS_H
#define BOOT_ADDRESS_H

#include "boot/node.h"

/* This rank's address, once, when MPI starts: 1 to NODE_ADDRESS_MAX bytes. 0, or -1 and words. Costs no conversation. */
int address_publish(struct node_head *node, struct node_rank *me, const void *bytes, uint32_t size, struct words *why);

/* This process needs addresses, or will soon: ranks of all nodes are told. Returns at once. */
void address_want(struct node_head *node);
/* In a thread of its own: until somebody in the job needs addresses (1), or `stop` is not 0 (0); which address_stop sees
 * to, for the rank with this record. */
int address_wait(struct node_head *node, const struct node_rank *me, const _Atomic int *stop);
void address_stop(struct node_head *node, const struct node_rank *me);

/* The address of a rank, or NULL and words. Waits until it is known, at most so many seconds (0: not at all, but the
 * others are asked for it). For any thread. */
const struct node_address *address_of(struct node_head *node, uint32_t rank, double seconds, struct words *why);

#endif
