/* Is there somebody at the addresses of a process that does not answer? Its kernel accepts connections while it
 * computes; behind a firewall, or where nobody listens, there is no such answer. */
#ifndef WIRE_OFI_PROBE_H
#define WIRE_OFI_PROBE_H

#include "wire/ofi_net.h"

/* Begins as zeros. */
struct ofi_probe {
    uint32_t route; /* that is being tried */
    int open, fd;
    int error;      /* of the last one that has failed */
    int answered;   /* one of them: there is no need to go on */
    int64_t since_ns;
};

enum { PROBE_GOES_ON, PROBE_ANSWERED, PROBE_FAILED };

/* Asked again and again; never blocks. FAILED: none of the first `count` addresses of the card can be connected, and
 * error says why. Addresses that are not those of TCP count as answered. */
int ofi_probe_step(struct ofi_probe *p, const struct ofi_card *card, uint32_t count, int64_t now);
void ofi_probe_end(struct ofi_probe *p);

#endif
