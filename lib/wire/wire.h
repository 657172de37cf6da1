/* What every wire is: a way to hand packets to another process. A packet is a head of a few bytes, which the wire does
 * not look into, and a body. A wire keeps the order of the packets of one end, and knows no rank, tag, communicator or
 * datatype. It never queues what it cannot take, never spins and never drops: it says WIRE_AGAIN. */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdatomic.h>
#include "base/cursor.h"

enum { WIRE_HEAD = 48 }; /* bytes of the longest head */

enum {
    WIRE_SENT,
    WIRE_AGAIN, /* no room now: call again after polling */
    WIRE_DEAD,  /* the other side cannot be reached any more */
    WIRE_NO_MEMORY,
    WIRE_HELD   /* sent, but it leaves with the next poll or flush (send_later alone) */
};

struct wire;

/* The near side of a connection to one process. Wires have structures of their own that begin with this. */
struct wire_end {
    const struct wire_ops *ops;
    void *owner;     /* whom deliver is told about */
    uint32_t piece;  /* the largest body of a packet */
    uint32_t eager;  /* messages up to this size go in one packet */
};

/* Two words that both sides of an end see, for them to use as they like. */
struct wire_share {
    _Atomic uint64_t claimed;
    _Atomic uint64_t copied;
};
enum { WIRE_SHARES = 62 }; /* for each direction */

/* A packet has arrived. Head and body are the wire's memory and gone after the call; body bytes are contiguous. Called
 * from poll only. Whoever is called must take the packet, and may send from inside of it. */
typedef void wire_deliver(void *owner, const void *head, uint32_t head_size, const void *body, size_t size);

/* The long message of that id (expect, pass) has been moved; or else it has been forgotten. Called as deliver is. */
typedef void wire_moved(void *owner, uint64_t id, int forgotten);

struct wire_ops {
    const char *name;

    /* One packet: head_size <= WIRE_HEAD bytes of head, and the next `size` <= piece bytes of the cursor (NULL: of
     * none). After WIRE_SENT the cursor stands behind them and everything given may be reused; after
     * any other answer nothing has happened. */
    int (*send)(struct wire_end *to, const void *head, uint32_t head_size, struct cursor *body, size_t size);

    /* The same for a sender that will call again soon: a small packet may wait for others, until the next poll or flush.
     * Whoever gets WIRE_HELD sees to it that there is one. */
    int (*send_later)(struct wire_end *to, const void *head, uint32_t head_size, struct cursor *body, size_t size);
    void (*flush)(struct wire *wire); /* NULL: nothing ever waits */

    /* Delivers what has arrived, at most a few packets per end. Returns how many, or anything but 0 when what was sent has
     * got on: whoever waits goes on looking then. */
    int (*poll)(struct wire *wire);

    /* Whether the other side has taken every packet that was sent to it. NULL where reach is. */
    int (*has_taken)(struct wire_end *end);

    /* Where a wire can reach the other process's memory; else NULL. reach: can it with this end? It is found out by
     * doing it. copy: between here and there; 0, or -1 and errno, which is ESRCH when the process has ended. share:
     * number i < WIRE_SHARES of those for messages that leave (or else arrive) by this end. */
    int (*reach)(struct wire_end *end);
    int (*copy)(struct wire_end *end, void *here, uint64_t there, size_t size, int to_there);
    struct wire_share *(*share)(struct wire_end *end, int leaves, uint32_t i);

    /* Long messages that go from memory to memory, beside the packets; NULL: this wire has no such way. expect: the one
     * that the other side will pass by the ticket that comes back goes into this memory; 0: not possible now. pass: -1:
     * not possible. Both sides are told when they are over (wire_moved). forget: the other side will not pass it. */
    uint64_t (*expect)(struct wire_end *end, void *memory, size_t size, uint64_t id);
    int (*pass)(struct wire_end *end, const void *memory, size_t size, uint64_t ticket, uint64_t id);
    void (*forget)(struct wire_end *end, uint64_t id);

    /* Before sleeping: a packet that the other side takes ends the sleep too. NULL: the wire cannot. */
    void (*want_room)(struct wire_end *end);

    /* Sleeping is announced before the last look: prepare, poll; when that found nothing, sleep; and finish in any
     * case. A packet that arrives after prepare ends the sleep. A process with several wires sleeps on the descriptors
     * of all: sleep_on, after the last look, gives one that can be read from when a packet arrives. */
    void (*sleep_prepare)(struct wire *wire);
    void (*sleep)(struct wire *wire, long microseconds);
    int (*sleep_on)(struct wire *wire); /* or one of these: */
    void (*sleep_finish)(struct wire *wire);
    void (*wake)(struct wire *wire); /* by another thread of this process: it sleeps no longer */
};

enum {
    WIRE_NAP = -1,  /* nothing tells of a packet: look again in a millisecond */
    WIRE_AWAKE = -2, /* there is something to be looked at */
    WIRE_NEVER = -3  /* nothing will come: sleep as long as others let you */
};

#endif
