/* Partitioned communication: one message whose parts are given, and may be looked at, one by one. Takes the lock by
 * itself. The requests are persistent ones from the pool, with comm, buffer, type, elements (of one partition), rank
 * and posted.tag set. */
#ifndef P2P_PARTITIONED_H
#define P2P_PARTITIONED_H

#include "p2p/p2p.h"

/* 0 or MPI_ERR_NO_MEM, or MPI_ERR_OTHER when too many partitions exist. Then the request is still the caller's. */
int partitioned_init(struct request *r, uint64_t partitions);
uint64_t partitioned_count(const struct request *r);

void partitioned_start(struct request *r);

/* Of an active send: from this to that partition, inclusive, can leave. 0, or MPI_ERR_ARG and in *which the first that
 * was ready already; those before it leave. MPI_ERR_NO_MEM. */
int partitioned_ready(struct request *r, uint64_t low, uint64_t high, uint64_t *which);

/* Of a receive: the partition has arrived. */
int partitioned_arrived(struct request *r, uint64_t partition);

/* Instead of p2p_release: one that is active goes when it is over. */
void partitioned_free(struct request *r);

#endif
