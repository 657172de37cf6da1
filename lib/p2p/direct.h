/* Large messages that the wire moves from memory to memory: see direct.c. Not for other folders. */
#ifndef P2P_DIRECT_H
#define P2P_DIRECT_H

#include "p2p/packet.h"
#include "p2p/peer.h"

/* Receiver: 1: GRANT asks for it; 0: it goes in another way. there: what ASK offered. */
int direct_begin(struct request *r, struct peer *p, uint64_t there, struct packet_grant *g);
/* Sender: the GRANT asks for it. 0: it is under way; -1: it will be asked for in another way. */
int direct_join(struct request *r, struct peer *p, const struct packet_grant *g);
/* Receiver: the sender cannot. 0: the message is none of these. */
int direct_refused(struct peer *p, uint64_t id);

#endif
