/* Cross-memory copy: one copy by the kernel, between this process and another of the node, instead of two through
 * shared memory. Whether a container, a security module or another pid namespace forbids it, no file says for sure: it
 * is tried. The other process's card says where a secret of its own stands. Only who reads that secret there has
 * reached the right process. */
#ifndef WIRE_CMA_H
#define WIRE_CMA_H

#include <stddef.h>
#include <stdint.h>

struct cma_card {
    int32_t pid;
    uint32_t unused;
    uint64_t address, secret;
};

/* This process's card. */
void cma_introduce(struct cma_card *card);

/* 1: the memory behind the card can be reached. */
int cma_prove(const struct cma_card *card);

/* Between here and there in the process of that pid; 0 or -1 (errno; ESRCH: it has ended). */
int cma_copy(int pid, void *here, uint64_t there, size_t size, int to_there);

#endif
