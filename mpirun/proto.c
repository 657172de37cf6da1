/* Frames: see proto.h. */
#include "mpirun/proto.h"

#include <string.h>

void proto_put_for(struct bytes *to, uint32_t node, enum frame_type type, unsigned flags, uint32_t rank,
                   const void *payload, size_t length)
{
    struct frame head = {(uint32_t)length, (uint16_t)type, (uint16_t)flags, rank, node};
    bytes_append(to, &head, sizeof head);
    bytes_append(to, payload, length);
}

void proto_put(struct bytes *to, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length)
{
    proto_put_for(to, 0, type, flags, rank, payload, length);
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
    case FRAME_LOST:
        return sizeof(struct frame_lost);
    case FRAME_UNREACHED:
        return sizeof(struct frame_unreached);
    case FRAME_SIGNAL:
        return sizeof(struct frame_signal);
    case FRAME_END:
        return sizeof(struct frame_end);
    case FRAME_CREDIT:
        return sizeof(struct frame_credit);
    case FRAME_START:
        return sizeof(struct frame_start);
    case FRAME_DOOR:
        return sizeof(struct frame_door);
    case FRAME_MOVED:
        return sizeof(struct frame_moved);
    case FRAME_MOVE:
    case FRAME_WANT_STDIN:
    case FRAME_STOPPED:
    case FRAME_DONE:
    case FRAME_READY:
    case FRAME_REPORT:
    case FRAME_GO:
    case FRAME_PING:
    case FRAME_WANT_ADDRESSES:
    case FRAME_COLLECT:
        return 0;
    case FRAME_OUTPUT:
    case FRAME_STDIN:
    case FRAME_NOISE:
    case FRAME_JOB:
    case FRAME_TOPOLOGY:
    case FRAME_ADDRESSES:
    case FRAME_BOOK:
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
    if (head->rank >= PROTO_MAX_RANKS)
        return words_set(why, "sent a frame of type %u for rank %u", head->type, head->rank);
    if (head->node >= PROTO_MAX_NODES && head->node != FRAME_ALL)
        return words_set(why, "sent a frame of type %u for host number %u", head->type, head->node);
    if (bytes_count(from) - sizeof *head < head->length)
        return 0;
    *payload = bytes_front(from) + sizeof *head;
    return 1;
}

void proto_words(char *out, size_t size, const char *words)
{
    char text[WORDS_SIZE];
    memcpy(text, words, sizeof text);
    text[sizeof text - 1] = 0;
    words_clean(out, size, text);
}
