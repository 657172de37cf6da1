/* The memory of the shm wire: for every ordered pair of ranks of a node a channel, for every rank an inbox. Only the
 * pages of pairs that talk are ever touched.
 *
 * A channel is a ring of lines and a ring of bytes, written by one process (the sender) and read by another. A packet
 * takes one line. What fits into the line travels in it: head and body cost one cache line, published by one release
 * store of `seq`. A longer body stands in the byte ring, and the line says where. Lines are never cleared: seq of the
 * packet number i is i + 1, so that what an earlier lap left cannot be taken for it.
 *
 *     edges   S0  sender: seq, release                    pairs with R0  receiver: seq, acquire
 *             R1  receiver: done, release, after reading  pairs with S1  sender: done, acquire, before writing again
 *             S2  sender: bit, then knocks, release       pairs with R2  receiver: knocks, acquire, then bits
 *     Sleeping is described in shm.c.
 */
#ifndef WIRE_SHM_RING_H
#define WIRE_SHM_RING_H

#include "wire/cma.h"
#include "wire/wire.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
    SHM_LINES = 64,            /* packets under way in a channel */
    SHM_LINE_DATA = 56,        /* head and body of a short packet */
    SHM_BYTES = 64 * 1024,     /* the byte ring */
    SHM_PIECE = 8 * 1024,      /* the largest body: both sides copy at the same time, a piece each */
    SHM_EAGER = 2 * 1024,      /* longer messages go in pieces */
    SHM_CHANNEL_HEAD = 4096 + 64 * SHM_LINES,
    SHM_CHANNEL = SHM_CHANNEL_HEAD + SHM_BYTES
};

enum { SHM_IN_BYTES = 1 << 23 }; /* the body stands in the byte ring */

struct shm_line {
    _Atomic uint32_t seq;
    uint32_t shape; /* size of the head in the upper 8 bits, then SHM_IN_BYTES, 23 bits size of the body */
    char data[SHM_LINE_DATA]; /* head, then body or its offset in the byte ring (uint32_t) */
};

struct shm_share {
    struct wire_share share;
    char unused[48];
};

struct shm_channel {
    _Atomic uint32_t done; /* packets that the receiver has finished with; written by the receiver alone */
    char unused[60];
    struct shm_share shares[WIRE_SHARES];
    _Atomic uint32_t wants_room; /* the sender sleeps until the receiver has taken a packet */
    char unused2[4096 - 64 - 64 * WIRE_SHARES - 4]; /* the lines begin on a page of their own */
    struct shm_line lines[SHM_LINES];
    char bytes[SHM_BYTES];
};

/* Bits of wake. SHM_BARRIER: its rank uses membarrier before it sleeps; as long as that is not known, senders fence.
 * SHM_BELL: it sleeps on its bell and not on the futex. */
enum { SHM_ASLEEP = 1, SHM_BARRIER = 2, SHM_BELL = 4 };

struct shm_inbox {
    _Atomic uint32_t wake;   /* the futex: SHM_ASLEEP while its rank sleeps, which a sender clears and wakes */
    _Atomic int32_t bell;    /* number of the descriptor in its process, that senders write into; 0: none */
    _Atomic uint32_t deaf;   /* a sender could not open that */
    char unused[52];
    _Atomic uint32_t knocks; /* how many channels to this rank have been opened */
    char unused2[36];
    struct cma_card card; /* its rank's, complete before it sends anything */
    _Atomic uint64_t bits[]; /* whose: one bit for each rank of the node */
};

static inline uint64_t shm_inbox_size(uint32_t ranks)
{
    uint64_t bits = ((uint64_t)ranks + 63) / 64 * 8;
    return (sizeof(struct shm_inbox) + bits + 4095) / 4096 * 4096;
}

/* Bytes of memory for so many ranks: inboxes, then channels. It must be zero at first and begin on a page. */
static inline uint64_t shm_room(uint32_t ranks)
{
    return ranks * shm_inbox_size(ranks) + (uint64_t)ranks * ranks * SHM_CHANNEL;
}

_Static_assert(sizeof(struct shm_line) == 64 && sizeof(struct shm_share) == 64, "one cache line");
_Static_assert(sizeof(struct shm_channel) == SHM_CHANNEL, "as declared");
_Static_assert(SHM_BYTES % SHM_PIECE == 0 && SHM_BYTES / SHM_PIECE >= 4, "pieces can be under way at the same time");

#endif
