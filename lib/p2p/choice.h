/* Which of two ways to move a large message is the faster one: found out by timing both, as it depends on the machine,
 * on where the two processes run just now, and on whether the other side computes. Pure arithmetic.
 *
 * A row of messages goes the way that has been faster, then a shorter row the other way. While messages of both ways
 * are under way at the same time nothing can be learned; so the rows become longer until something is. */
#ifndef P2P_CHOICE_H
#define P2P_CHOICE_H

#include <stdint.h>

enum choice_way { CHOICE_PIECES, CHOICE_SHARED };
enum choice_can { CHOICE_BOTH, CHOICE_NO_SHARE, CHOICE_NO_PIECES };
enum { CHOICE_CLASSES = 7 }; /* of sizes: 64 KiB, 128 KiB, ... 4 MiB and more */

struct choice {
    struct {
        float cost[2];    /* ns for 1024 bytes, a short memory; 0: not known */
        uint16_t at, row; /* messages since the last row the other way; how long the next will be */
        uint8_t learned;  /* since then, of which way: a bit each */
    } of[CHOICE_CLASSES];
    int under_way[2];
    int64_t ended[2]; /* when the last message of each way was here */
};

/* The way for the next message of this size. */
enum choice_way choice_begin(struct choice *c, uint64_t size, enum choice_can can);
/* It has arrived; begun and now in nanoseconds of any clock. */
void choice_end(struct choice *c, uint64_t size, enum choice_way way, int64_t begun, int64_t now);

#endif
