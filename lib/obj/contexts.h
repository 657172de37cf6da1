/* The table of context ids: which communicator is behind one. Open addressing, so that a message of any communicator
 * finds it with one or two looks. */
#ifndef OBJ_CONTEXTS_H
#define OBJ_CONTEXTS_H

#include <stdint.h>

struct comm;

struct comm *contexts_find(uint32_t context);
int contexts_add(uint32_t context, struct comm *c); /* 0, or -1: no memory; it must not be there yet */
void contexts_remove(uint32_t context);
uint32_t contexts_count(void);

#endif
