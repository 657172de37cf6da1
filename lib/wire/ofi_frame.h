/* What goes through the network: frames. A frame is one message of libfabric's and carries packets, as many as were
 * there to be sent; or a greeting, with which two processes prove to each other that they are of the same job and find
 * a way between them. Pure functions on memory: no libfabric here.
 *
 *     struct frame_head                           32 bytes
 *     struct frame_packet, head, body             for each packet, each filled up to 8 bytes
 *
 * The check is keyed with a secret of the two processes and of the direction. It covers all of a short frame, and of a
 * long one everything but the bodies: size and head of each packet. So nobody without the job's key can send a packet
 * or change where one goes; the bytes of long messages are as the network brings them. (Encrypting is another kind of
 * frame, with a key that is derived as this one.)
 *
 * Frames are numbered: each number counts once, in order. What has an old one is a replay. */
#ifndef WIRE_OFI_FRAME_H
#define WIRE_OFI_FRAME_H

#include "base/cursor.h"
#include "wire/secret.h"

#include <stdint.h>

enum {
    FRAME_MAGIC = 0x6b67, /* "gk" */
    FRAME_VERSION = 1,
    FRAME_PIECE = 64 * 1024,         /* the largest body of a packet */
    FRAME_SIZE = FRAME_PIECE + 256,  /* the largest frame */
    FRAME_WHOLE = 512,               /* frames up to this size are covered by the check whole */
    FRAME_CARD = 248,                /* room for addresses */
    FRAME_NONCE = 16
};

enum frame_kind {
    FRAME_HELLO = 1, /* who I am, and how to reach me */
    FRAME_WELCOME,   /* the answer */
    FRAME_ROUTE,     /* and its answer: by this of my addresses you have reached me */
    FRAME_PACKETS,   /* or none: only its grant counts */
    FRAME_BYE        /* the last one: nothing will follow */
};

struct frame_head {
    uint64_t check; /* over what follows; greetings have a longer one of their own */
    uint16_t magic;
    uint8_t version, kind;
    uint32_t from;   /* the number of the process that sends */
    uint32_t size;   /* of the frame, a multiple of 8 */
    uint32_t grant;  /* you may send frames with packets until you have sent so many (modulo 2^32) */
    uint64_t number; /* of the frame in its direction */
};

struct frame_packet {
    uint32_t head_size, size;
};

struct frame_greeting {
    struct frame_head head;
    uint32_t to;         /* whom it is meant for */
    uint32_t route;      /* HELLO, WELCOME: which of your addresses this was sent to */
    uint32_t echo_route; /* WELCOME: and which of yours said HELLO */
    uint32_t card_size;
    unsigned char nonce[FRAME_NONCE]; /* new in each HELLO and WELCOME */
    unsigned char echo[FRAME_NONCE];  /* WELCOME: of the HELLO */
    char card[FRAME_CARD];            /* HELLO: the addresses of the sender */
    unsigned char mac[SECRET_MAC];    /* over everything before it, with the job's key */
};

_Static_assert(sizeof(struct frame_head) == 32, "no padding");
_Static_assert(sizeof(struct frame_greeting) == 32 + 16 + 32 + FRAME_CARD + SECRET_MAC, "no padding");

static inline uint32_t frame_round(uint32_t n)
{
    return (n + 7) & ~7u;
}

/* Bytes that a packet takes. */
static inline uint32_t frame_need(uint32_t head_size, uint32_t size)
{
    return (uint32_t)sizeof(struct frame_packet) + frame_round(head_size) + frame_round(size);
}

/* One packet more; there must be room. used: bytes of the frame so far, at first sizeof(struct frame_head). */
void frame_add(char *frame, uint32_t *used, const void *head, uint32_t head_size, struct cursor *body, uint32_t size);

/* Its head, and the check. scratch: FRAME_SIZE bytes. */
void frame_seal(char *frame, uint32_t used, enum frame_kind kind, uint32_t from, uint32_t grant, uint64_t number,
                const unsigned char key[SECRET_SHORT_KEY], char *scratch);

/* The head of something that came from the network, `size` bytes on an address that 8 divides: NULL when it is none. */
const struct frame_head *frame_look(const void *bytes, size_t size);
/* Has it been made by someone who has the key, and are its packets packets? */
int frame_is_genuine(const struct frame_head *frame, const unsigned char key[SECRET_SHORT_KEY], char *scratch);

/* The packets of a genuine frame, one after the other. *at begins as sizeof(struct frame_head). 0: no more. */
int frame_next(const struct frame_head *frame, uint32_t *at, struct frame_packet *packet, const void **head,
               const void **body);

/* Greetings: key is the job's. */
void greeting_seal(struct frame_greeting *g, const unsigned char key[SECRET_KEY]);
const struct frame_greeting *greeting_look(const struct frame_head *frame, uint32_t me,
                                           const unsigned char key[SECRET_KEY]);

/* The key of the frames from one to the other, after `asker` has said HELLO and the other one WELCOME. */
void frame_key(unsigned char out[SECRET_SHORT_KEY], const unsigned char key[SECRET_KEY],
               const unsigned char asker_nonce[FRAME_NONCE], const unsigned char answer_nonce[FRAME_NONCE],
               uint32_t from, uint32_t to);

#endif
