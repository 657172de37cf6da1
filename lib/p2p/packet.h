/* Every byte that leaves a process for another stands here: the heads of packets. Fixed widths, the order of this
 * machine (a job does not mix byte orders; the first packet between nodes will say so). What arrives is checked before
 * use: kind and size of the head, the context, the source, the id of a request.
 *
 *     EAGER            a whole message
 *     EAGER_SYNC       a whole message of which the sender wants to know that it was matched: ACK
 *     FIRST, MORE...   a message in several packets that follow each other, without being asked for
 *     ASK              a message to be fetched (large, or the receiver's room for unexpected ones is used up);
 *     GRANT            the receive that it goes into, and how much of it is wanted;
 *     PIECE...         the message
 *     CREDIT           the receiver has matched so many bytes of unasked messages
 */
#ifndef P2P_PACKET_H
#define P2P_PACKET_H

#include <stdint.h>

enum packet_kind {
    PACKET_EAGER = 1,
    PACKET_EAGER_SYNC,
    PACKET_FIRST,
    PACKET_MORE,
    PACKET_ASK,
    PACKET_GRANT,
    PACKET_PIECE,
    PACKET_ACK,
    PACKET_CREDIT
};

/* EAGER */
struct packet_match {
    uint32_t kind;
    uint32_t context;
    uint32_t source; /* the sender's rank in the communicator */
    int32_t tag;
};

/* EAGER_SYNC, FIRST, ASK */
struct packet_long {
    struct packet_match match;
    uint64_t size;   /* of the whole message */
    uint64_t sender; /* id of the sending request; FIRST: 0 */
};

/* MORE, PIECE, ACK, CREDIT */
struct packet_next {
    uint32_t kind;
    uint32_t credit; /* CREDIT */
    uint64_t request; /* id of the receive (PIECE) or of the send (ACK) */
};

/* GRANT */
struct packet_grant {
    uint32_t kind;
    uint32_t unused;
    uint64_t sender, receiver; /* ids */
    uint64_t size;             /* bytes that are wanted: all, or less when the receive is too small */
};

_Static_assert(sizeof(struct packet_match) == 16, "no padding");
_Static_assert(sizeof(struct packet_long) == 32, "no padding");
_Static_assert(sizeof(struct packet_next) == 16, "no padding");
_Static_assert(sizeof(struct packet_grant) == 32, "no padding");

#endif
