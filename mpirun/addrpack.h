/* Addresses of ranks as bytes: packs, one behind the other, each complete in itself, so that whoever puts those of
 * several nodes together copies them, and a frame can hold some of them. Neighbours mostly differ in a few bytes (a
 * port, a number), and only these are written. Pure. */
#ifndef MPIRUN_ADDRPACK_H
#define MPIRUN_ADDRPACK_H

#include "boot/node.h"
#include "mpirun/bytes.h"

/* A pack while it is made. */
struct addrpack {
    struct bytes *to;
    size_t at; /* where it begins, from the front of what is queued */
    uint32_t last_rank, last_size;
    unsigned char last[NODE_ADDRESS_MAX];
};

void addrpack_open(struct addrpack *p, struct bytes *to);
/* size: to NODE_ADDRESS_MAX, or NODE_ADDRESS_NONE: the rank has ended and never had one. Ranks in any order. */
void addrpack_add(struct addrpack *p, uint32_t rank, const void *address, uint32_t size);
void addrpack_close(struct addrpack *p);

/* Calls f for each address in these packs. `ranks`: how many the job has. -1 and words when they are no packs. */
typedef void addrpack_entry(void *owner, uint32_t rank, const void *address, uint32_t size);
int addrpack_read(const void *packs, size_t size, uint32_t ranks, addrpack_entry *f, void *owner, struct words *why);

/* How many bytes the packs at the beginning take that fit in `most`. 0: not even one does, or these are no packs. */
size_t addrpack_fit(const void *packs, size_t size, size_t most);

#endif
