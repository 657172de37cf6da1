/* Frames: see ofi_frame.h. */
#include "wire/ofi_frame.h"

#include "wire/wire.h"

void frame_add(char *frame, uint32_t *used, const void *head, uint32_t head_size, struct cursor *body, uint32_t size)
{
    struct frame_packet packet = {head_size, size};
    char *at = frame + *used;
    memcpy(at, &packet, sizeof packet);
    at += sizeof packet;
    copy_short(at, head, head_size);
    memset(at + head_size, 0, frame_round(head_size) - head_size);
    at += frame_round(head_size);
    if (size)
        cursor_fill(body, at, size);
    memset(at + size, 0, frame_round(size) - size);
    *used += frame_need(head_size, size);
}

int frame_next(const struct frame_head *frame, uint32_t *at, struct frame_packet *packet, const void **head,
               const void **body)
{
    if (*at >= frame->size)
        return 0;
    const char *here = (const char *)frame + *at;
    memcpy(packet, here, sizeof *packet);
    *head = here + sizeof *packet;
    *body = here + sizeof *packet + frame_round(packet->head_size);
    *at += frame_need(packet->head_size, packet->size);
    return 1;
}

/* Do the packets fill the frame exactly? */
static int is_well_formed(const struct frame_head *frame)
{
    for (uint32_t at = sizeof *frame; at < frame->size;) {
        struct frame_packet packet;
        uint32_t left = frame->size - at;
        if (left < sizeof packet)
            return 0;
        memcpy(&packet, (const char *)frame + at, sizeof packet);
        if (packet.head_size > WIRE_HEAD || packet.size > FRAME_PIECE || frame_need(packet.head_size, packet.size) > left)
            return 0;
        at += frame_need(packet.head_size, packet.size);
    }
    return 1;
}

/* What the check covers: all of a short frame; of a long one the heads, gathered in scratch. */
static uint64_t check_of(const struct frame_head *frame, const unsigned char key[SECRET_SHORT_KEY], char *scratch)
{
    const char *bytes = (const char *)frame + sizeof frame->check;
    if (frame->size <= FRAME_WHOLE)
        return secret_check(bytes, frame->size - sizeof frame->check, key);
    uint32_t n = sizeof *frame - sizeof frame->check;
    memcpy(scratch, bytes, n);
    for (uint32_t at = sizeof *frame; at < frame->size;) {
        struct frame_packet packet;
        memcpy(&packet, (const char *)frame + at, sizeof packet);
        memcpy(scratch + n, (const char *)frame + at, sizeof packet + frame_round(packet.head_size));
        n += (uint32_t)sizeof packet + frame_round(packet.head_size);
        at += frame_need(packet.head_size, packet.size);
    }
    return secret_check(scratch, n, key);
}

void frame_seal(char *frame, uint32_t used, enum frame_kind kind, uint32_t from, uint32_t grant, uint64_t number,
                const unsigned char key[SECRET_SHORT_KEY], char *scratch)
{
    struct frame_head *head = (struct frame_head *)frame;
    *head = (struct frame_head){.magic = FRAME_MAGIC, .version = FRAME_VERSION, .kind = (uint8_t)kind, .from = from,
                                .size = used, .grant = grant, .number = number};
    head->check = check_of(head, key, scratch);
}

const struct frame_head *frame_look(const void *bytes, size_t size)
{
    const struct frame_head *head = bytes;
    if ((uintptr_t)bytes % 8 || size < sizeof *head || size > FRAME_SIZE || head->magic != FRAME_MAGIC || head->version != FRAME_VERSION ||
        head->size != size || size % 8)
        return NULL;
    return head;
}

int frame_is_genuine(const struct frame_head *frame, const unsigned char key[SECRET_SHORT_KEY], char *scratch)
{
    return is_well_formed(frame) && check_of(frame, key, scratch) == frame->check;
}

static void greeting_mac(unsigned char mac[SECRET_MAC], const struct frame_greeting *g,
                         const unsigned char key[SECRET_KEY])
{
    static const char purpose[24] = "godwit greeting 1";
    char all[sizeof purpose + offsetof(struct frame_greeting, mac)];
    memcpy(all, purpose, sizeof purpose);
    memcpy(all + sizeof purpose, g, offsetof(struct frame_greeting, mac));
    secret_mac(mac, all, sizeof all, key);
}

void greeting_seal(struct frame_greeting *g, const unsigned char key[SECRET_KEY])
{
    g->head.magic = FRAME_MAGIC;
    g->head.version = FRAME_VERSION;
    g->head.size = sizeof *g;
    greeting_mac(g->mac, g, key);
}

const struct frame_greeting *greeting_look(const struct frame_head *frame, uint32_t me,
                                           const unsigned char key[SECRET_KEY])
{
    const struct frame_greeting *g = (const struct frame_greeting *)frame;
    unsigned char mac[SECRET_MAC];
    if (frame->size != sizeof *g || g->to != me || g->card_size > FRAME_CARD)
        return NULL;
    greeting_mac(mac, g, key);
    return secret_equal(mac, g->mac, sizeof mac) ? g : NULL;
}

void frame_key(unsigned char out[SECRET_SHORT_KEY], const unsigned char key[SECRET_KEY],
               const unsigned char asker_nonce[FRAME_NONCE], const unsigned char answer_nonce[FRAME_NONCE],
               uint32_t from, uint32_t to)
{
    struct {
        char purpose[24];
        unsigned char asker[FRAME_NONCE], answer[FRAME_NONCE];
        uint32_t from, to;
    } all = {.purpose = "godwit frames 1", .from = from, .to = to};
    unsigned char mac[SECRET_MAC];
    memcpy(all.asker, asker_nonce, FRAME_NONCE);
    memcpy(all.answer, answer_nonce, FRAME_NONCE);
    secret_mac(mac, &all, sizeof all, key);
    memcpy(out, mac, SECRET_SHORT_KEY);
}
