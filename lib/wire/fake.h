/* A wire for tests, and only for them: it keeps what is sent for the test to look at, says WIRE_AGAIN and
 * WIRE_DEAD when the test wants it, and reorders nothing. What is sent to one rank, if the test says so, comes
 * back to the sender: a rank that talks to itself. */
#ifndef WIRE_FAKE_H
#define WIRE_FAKE_H

#include "wire/wire.h"

struct fake;

struct fake_end {
    struct wire_end end;
    struct fake *fake;
    int rank;
    int full, dead; /* every send ends so */
    /* The other side's memory is this process's, for the test plays the other side. */
    int behind;         /* it has not taken what was sent */
    int reaches;        /* what reach says; 0 at first */
    int copies;         /* how many were made */
    int copies_fail;    /* every copy does, with this errno */
    char *there;        /* so many bytes of memory can be reached, the rest not; NULL: all */
    size_t there_size;
    struct wire_share shares[2][WIRE_SHARES]; /* of messages that arrive, and that leave */
};

/* What was sent: head and body in memory of exactly their size. */
struct fake_packet {
    int to;
    uint32_t head_size;
    size_t size;
    void *head, *body;
    struct fake_packet *next;
};

struct fake {
    unsigned again_every; /* each so-manyth call meets WIRE_AGAIN; 0: none */
    unsigned calls;
    int loop;               /* the rank whose packets come back; -1: none */
    wire_deliver *deliver;  /* to whom they come back */
    /* called by each poll before anything else; how many packets it has delivered */
    int (*script)(struct fake *f);
    struct fake_packet *first, **last;
    struct fake_end ends[8];
};

extern const struct wire_ops fake_ops;

void fake_open(struct fake *f, uint32_t piece);
void fake_close(struct fake *f);
/* The largest body of a packet of this end. */
void fake_pieces(struct fake_end *e, uint32_t piece);
struct wire_end *fake_end(struct fake *f, int rank, void *owner);

/* The oldest packet that was sent and not taken yet, or NULL. It is the caller's, who drops it. */
struct fake_packet *fake_take(struct fake *f);
void fake_drop(struct fake_packet *p);

#endif
