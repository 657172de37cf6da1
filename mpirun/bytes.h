/* A growing queue of bytes: appended at the end, taken from the front. */
#ifndef MPIRUN_BYTES_H
#define MPIRUN_BYTES_H

#include <stddef.h>

struct bytes {
    char *data;
    size_t head, tail, room; /* what is queued stands from head to tail */
};

static inline size_t bytes_count(const struct bytes *b)
{
    return b->tail - b->head;
}

static inline char *bytes_front(const struct bytes *b)
{
    return b->data ? b->data + b->head : NULL;
}

/* Room for n more bytes at the end; the caller writes them and calls bytes_added. Ends the process when memory is
 * exhausted: mpirun cannot go on without, and whoever watches it cleans up. */
char *bytes_reserve(struct bytes *b, size_t n);
void bytes_added(struct bytes *b, size_t n);
void bytes_append(struct bytes *b, const void *data, size_t n);
void bytes_drop(struct bytes *b, size_t n);
void bytes_free(struct bytes *b);

#endif
