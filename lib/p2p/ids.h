/* Numbers for requests that the other side of a message has to name. They are checked when they come back: a number
 * that was given back, or that never was one, finds nothing. */
#ifndef P2P_IDS_H
#define P2P_IDS_H

#include <stdint.h>

struct request;

uint64_t ids_give(struct request *r); /* 0: no memory */
struct request *ids_find(uint64_t id);
void ids_take_back(uint64_t id);

#endif
