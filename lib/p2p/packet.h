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
 *     COPIED           a message that both sides copied by themselves (share.c) has been copied whole
 *     WITHDRAW         the sender of EAGER_SYNC or ASK wants to cancel it;
 *     WITHDRAWN        it was taken back, or it was too late
 *     CREDIT           the receiver has matched so many bytes of unasked messages
 */
#ifndef P2P_PACKET_H
#define P2P_PACKET_H

#include <stdint.h>
#include <string.h>

enum packet_kind {
    PACKET_EAGER = 1,
    PACKET_EAGER_SYNC,
    PACKET_FIRST,
    PACKET_MORE,
    PACKET_ASK,
    PACKET_GRANT,
    PACKET_PIECE,
    PACKET_ACK,
    PACKET_COPIED,
    PACKET_WITHDRAW,
    PACKET_WITHDRAWN,
    PACKET_CREDIT
};

/* EAGER */
struct packet_match {
    uint32_t kind;
    uint32_t context;
    uint32_t source; /* the sender's rank in the communicator */
    int32_t tag;
};

static inline uint64_t packet_pair(uint32_t first, uint32_t second)
{
    int little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    return little ? first | (uint64_t)second << 32 : (uint64_t)first << 32 | second;
}

/* Made in two words, which a wire can copy as such at once; four halves would have to reach the cache before. */
static inline struct packet_match packet_match(uint32_t kind, uint32_t context, uint32_t source, int32_t tag)
{
    uint64_t words[2] = {packet_pair(kind, context), packet_pair(source, (uint32_t)tag)};
    struct packet_match m;
    memcpy(&m, words, sizeof m);
    return m;
}

/* EAGER_SYNC, FIRST */
struct packet_long {
    struct packet_match match;
    uint64_t size;   /* of the whole message */
    uint64_t sender; /* id of the sending request; FIRST: 0 */
};

/* ASK */
struct packet_ask {
    struct packet_long message;
    uint64_t address; /* where its bytes stand in the sender's memory; 0: in no one place */
};

/* MORE, PIECE, ACK, COPIED, WITHDRAW, WITHDRAWN, CREDIT */
struct packet_next {
    uint32_t kind;
    uint32_t value;   /* CREDIT: how much; WITHDRAW: the context; WITHDRAWN: 1, or 0: too late;
                       COPIED: 0, or 1: the sender cannot copy */
    uint64_t request; /* id of the receive (PIECE), of the send (ACK, WITHDRAW, WITHDRAWN), of either (COPIED) */
};

enum { PACKET_DIRECT = 1000 }; /* GRANT.share: from memory to memory by the wire (direct.c) */

/* GRANT */
struct packet_grant {
    uint32_t kind;
    uint32_t share;            /* 0: PIECEs are wanted; else the number of a share (share.c), plus 1; or PACKET_DIRECT */
    uint64_t sender, receiver; /* ids */
    uint64_t size;             /* bytes that are wanted: all, or less when the receive is too small */
    uint64_t address;          /* share: where they belong in the receiver's memory; direct: the ticket */
    uint32_t turn, unused;     /* share: which use of it */
};

_Static_assert(sizeof(struct packet_match) == 16, "no padding");
_Static_assert(sizeof(struct packet_long) == 32, "no padding");
_Static_assert(sizeof(struct packet_next) == 16, "no padding");
_Static_assert(sizeof(struct packet_ask) == 40 && sizeof(struct packet_grant) == 48, "no padding");

/* Of each kind; 0: there is no such kind. */
static inline uint32_t packet_head_size(uint32_t kind)
{
    static const uint8_t sizes[] = {
        [PACKET_EAGER] = sizeof(struct packet_match), [PACKET_EAGER_SYNC] = sizeof(struct packet_long),
        [PACKET_FIRST] = sizeof(struct packet_long),  [PACKET_MORE] = sizeof(struct packet_next),
        [PACKET_ASK] = sizeof(struct packet_ask),     [PACKET_GRANT] = sizeof(struct packet_grant),
        [PACKET_PIECE] = sizeof(struct packet_next),  [PACKET_ACK] = sizeof(struct packet_next),
        [PACKET_COPIED] = sizeof(struct packet_next), [PACKET_WITHDRAW] = sizeof(struct packet_next),
        [PACKET_WITHDRAWN] = sizeof(struct packet_next), [PACKET_CREDIT] = sizeof(struct packet_next)};
    return kind < sizeof sizes ? sizes[kind] : 0;
}

#endif
