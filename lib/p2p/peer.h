/* The other processes, as p2p sees them: how to reach one, and what waits for room on the way to it. Not for other
 * folders. */
#ifndef P2P_PEER_H
#define P2P_PEER_H

#include "p2p/p2p.h"
#include "p2p/choice.h"
#include "p2p/packet.h"
#include "p2p/thread.h"

enum {
    PEER_CREDIT = 256 * 1024, /* bytes that a receiver keeps of one sender's messages that nobody has asked for */
    PEER_ENVELOPE = 128,      /* what keeping one costs besides its bytes */
    PEER_UNASKED = 32 * 1024  /* longer messages are fetched by the receiver */
};

struct peer {
    struct wire_end *end;
    int rank;       /* in the world */
    int64_t credit; /* what may still be sent without being asked for */
    uint64_t owed;  /* credit of the other side that it has not been told of */
    uint64_t kept;  /* credit that kept messages of the other side take: bounded whatever it does */
    struct list controls; /* struct control: short packets that met WIRE_AGAIN; they go first */
    struct list queue;    /* sends that have not begun, or are in the middle of FIRST and MORE; in order */
    struct list streams;  /* sends that have been granted */
    struct list shares;   /* receives that are copied from here (share.c) */
    struct list helps;    /* sends that are, when there is no such receive */
    struct choice choice;  /* between sharing and pieces */
    int64_t behind_since;  /* the other side has not taken our packets, as was noticed then; 0: it has */
    int shares_fail;       /* a copy has failed: its messages go in pieces */
    uint64_t shares_taken; /* those of its messages: a bit each */
    struct list busy;     /* among the peers that have something in one of the five */
    /* what FIRST has begun: one of the two, or none when the rest is not wanted */
    struct request *incoming;
    struct message *keeping;
    uint64_t incoming_left;
};

extern struct p2p_place p2p_place;

/* NULL: it cannot be had (and the job is told to end). */
struct peer *peer_make(int rank);
extern struct peer **peers; /* by rank of the world; NULL: not yet */
static inline struct peer *peer_at(const struct comm *c, int rank)
{
    int world = comm_world_rank(c, rank);
    return __builtin_expect(peers[world] != NULL, 1) ? peers[world] : peer_make(world);
}

/* A packet without a body, in order with other controls: sent now or as soon as there is room. */
void peer_control(struct peer *p, const void *head, uint32_t size);
/* There is something in one of the lists. */
void peer_busy(struct peer *p);
/* Tells of a wire's answer that ends the job. */
int peer_failed(const struct peer *p, int sent);
/* Sends what waits, until there is no room, and copies one chunk. Whether one was. */
int peer_push(struct peer *p);
int peers_push(void);
int peers_are_idle(void);
/* What waits for room may be waited for asleep. 0: a wire cannot say when there is. */
int peers_want_room(void);

/* So many bytes of unasked messages of the peer are no longer kept. */
void peer_tell_credit(struct peer *p);
static inline void peer_give_credit(struct peer *p, uint64_t bytes)
{
    p->owed += bytes;
    if (__builtin_expect(p->owed >= PEER_CREDIT / 4, 0))
        peer_tell_credit(p);
}

/* send.c: the next packet of a send at the head of the queue, or of a stream. WIRE_SENT: call again or it has left
 * its list. */
int send_next(struct request *r);
void send_granted(struct peer *p, const struct packet_grant *g);
/* Whether it was cancelled at once; else the answer of the other side decides. */
int send_cancel(struct request *r);
void send_withdrawn(struct peer *p, uint64_t id, int gone);
void send_acknowledged(struct peer *p, uint64_t id);

/* A receive whose request is a caller's, never cleared but for its cursor. */
static inline void recv_unpooled(struct request *r, struct comm *c, int source, int tag)
{
    r->obj.kind = 0;
    r->kind = REQUEST_RECV;
    r->persistent = r->freed = 0;
    r->id = 0;
    r->over = NULL;
    r->comm = c;
    r->rank = source;
    r->tag = tag;
}

/* The operation is over. */
static inline void request_over(struct request *r)
{
    if (__builtin_expect(p2p_threaded, 0))
        thread_news();
    if (__builtin_expect(r->id || r->over || r->freed, 0))
        request_over_slowly(r);
    else
        atomic_store_explicit(&r->done, 1, memory_order_release); /* D0 */
}

/* Something arrived, or happened, that cannot be. */
void p2p_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
