/* Frames: see proto.h. */
#include "mpirun/proto.h"

#include <string.h>

void proto_put(struct bytes *to, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length)
{
    struct frame head = {(uint32_t)length, (uint16_t)type, (uint16_t)flags, rank};
    bytes_append(to, &head, sizeof head);
    bytes_append(to, payload, length);
}

/* The exact size of a frame of this type; -1: any up to FRAME_MAX; -2: no such type. */
static long size_of(unsigned type)
{
    switch (type) {
    case FRAME_STARTED:
        return sizeof(struct frame_started);
    case FRAME_FAILED:
        return sizeof(struct frame_failed);
    case FRAME_SAY:
        return sizeof(struct frame_say);
    case FRAME_EXIT:
        return sizeof(struct frame_exit);
    case FRAME_STATE:
        return sizeof(struct frame_state);
    case FRAME_SIGNAL:
        return sizeof(struct frame_signal);
    case FRAME_END:
        return sizeof(struct frame_end);
    case FRAME_CREDIT:
        return sizeof(struct frame_credit);
    case FRAME_WANT_STDIN:
    case FRAME_STOPPED:
    case FRAME_DONE:
    case FRAME_REPORT:
        return 0;
    case FRAME_OUTPUT:
    case FRAME_STDIN:
        return -1;
    default:
        return -2;
    }
}

int proto_peek(const struct bytes *from, struct frame *head, const char **payload, struct words *why)
{
    if (bytes_count(from) < sizeof *head)
        return 0;
    memcpy(head, bytes_front(from), sizeof *head);
    long size = size_of(head->type);
    if (size == -2)
        return words_set(why, "sent a frame of the unknown type %u", head->type);
    if (head->length > FRAME_MAX || (size >= 0 && head->length != (unsigned long)size))
        return words_set(why, "sent a frame of type %u with %u bytes", head->type, head->length);
    if (head->rank >= NODE_MAX_RANKS)
        return words_set(why, "sent a frame of type %u for rank %u", head->type, head->rank);
    if (bytes_count(from) - sizeof *head < head->length)
        return 0;
    *payload = bytes_front(from) + sizeof *head;
    return 1;
}
