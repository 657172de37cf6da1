/* Faults between the ofi wire and libfabric, for tests and only for them: a table of calls that does what libfabric's
 * does, except where the test wants it otherwise. */
#ifndef WIRE_OFI_FAULT_H
#define WIRE_OFI_FAULT_H

#include "wire/ofi_net.h"

struct ofi_fault {
    /* each so-manyth call, by chance: 0 is none */
    unsigned again_every;   /* sending meets -FI_EAGAIN */
    unsigned nomem_every;   /* sending meets -FI_ENOMEM */
    unsigned unposted_every; /* a buffer for receiving is not taken */
    unsigned silent_every;  /* completions are not told yet */
    unsigned noise_every;   /* an error that belongs to nothing */
    int one_by_one;         /* completions come singly */
    /* once */
    int fail_sends; /* so many of the next sends with a completion complete with this: */
    int fail_passes; /* and of those from memory to memory */
    int error;
    int refuse;     /* sending returns this, when it is not 0 */
    /* of the provider, imitated when it is opened */
    int wants_regions;  /* it must know the memory (FI_MR_LOCAL), and is told with each message */
    uint64_t no_regions; /* but memory to FI_SEND or to FI_RECV it refuses */
    size_t inject_size; /* + 1; 0: as it is */
    /* what was sent last */
    char last[FRAME_SIZE];
    size_t last_size;
    fi_addr_t last_to;
    struct fid_ep *last_ep;
    /* seen */
    unsigned faults, without_region, passed;
};
extern struct ofi_fault ofi_fault;
extern const struct ofi_calls ofi_fault_calls;

#endif
