/* One neighbour below, between child.c, which starts it, hears it and ends it, and nodes.c, which knows all of
 * them and the time. */
#ifndef MPIRUN_CHILD_H
#define MPIRUN_CHILD_H

#include "mpirun/nodes.h"

/* Starts ssh, or does so again. */
void child_start(struct child *c);

/* Bytes have come, or the end: for link_open. */
void child_received(struct link *link);

/* ssh has ended, or its streams have, and it does not. */
void child_ssh_ended(struct child *c);

/* The process has been waited for. */
void child_reaped(struct child *c, int status);

/* Ends: it was there and is not any more; it could not be started; this host's agent has died, or (with a fault)
 * has to. */
void child_lose(struct child *c, int code, const char *words);
void child_fail(struct child *c, const char *words);
void child_agent_lost(struct child *c, const char *fault);

/* When it is needed no more. */
void child_close(struct child *c);
void child_end_agent(struct child *c);

/* nodes.c's: the timer comes now; a node's name. */
void nodes_look_again(struct nodes *n);
const char *nodes_name(const struct nodes *n, uint32_t node);

#endif
