/* Large messages that both sides copy at once: see share.c. Not for other folders. */
#ifndef P2P_SHARE_H
#define P2P_SHARE_H

#include "p2p/packet.h"
#include "p2p/peer.h"

/* Sender: the address that ASK offers; 0: none. */
uint64_t share_offer(const struct request *r);
/* Receiver: puts a share into GRANT, or leaves it as it is: this message goes in pieces. */
void share_begin(struct request *r, struct peer *p, uint64_t there, struct packet_grant *g);
/* Sender: the GRANT named a share. -1: it cannot have. */
int share_join(struct request *r, struct peer *p, const struct packet_grant *g);
/* It goes on in pieces. */
void share_leave(struct request *r);

/* Receiver: a message that could have gone both ways has gone this one. */
void share_learn(struct request *r, enum choice_way way);

/* Copies a chunk of one of the peer's messages. Whether there was anything to do. */
int share_step(struct peer *p);
/* COPIED has arrived; failed: the sender cannot. */
void share_copied(struct peer *p, uint64_t id, int failed);

#endif
