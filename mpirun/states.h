/* Where all ranks stand, collected and shown: ranks that stand at the same place share a line. */
#ifndef MPIRUN_STATES_H
#define MPIRUN_STATES_H

#include "mpirun/proto.h"

struct states {
    uint32_t size, count; /* ranks; those that are known */
    struct frame_state *list;
    uint32_t *ranks;
};

void states_open(struct states *s, uint32_t size);

/* A frame's payload: is it the last one that was missing? */
int states_add(struct states *s, uint32_t rank, const char *payload);

void states_show(const struct states *s, void (*show)(void *owner, const char *line), void *owner);

#endif
