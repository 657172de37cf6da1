/* A queue of bytes: see bytes.h. */
#include "mpirun/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *bytes_reserve(struct bytes *b, size_t n)
{
    if (b->head == b->tail)
        b->head = b->tail = 0;
    if (b->room - b->tail >= n)
        return b->data + b->tail;
    if (b->head >= b->room / 2 && b->room - bytes_count(b) >= n) {
        memmove(b->data, b->data + b->head, bytes_count(b));
    } else {
        size_t room = b->room ? b->room : 4096;
        while (room - b->tail < n)
            room *= 2;
        char *grown = malloc(room);
        if (!grown) {
            static const char text[] = "mpirun: out of memory\n";
            ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
            (void)ignored;
            _exit(1);
        }
        if (bytes_count(b))
            memcpy(grown, b->data + b->head, bytes_count(b));
        free(b->data);
        b->data = grown;
        b->room = room;
    }
    b->tail -= b->head;
    b->head = 0;
    return b->data + b->tail;
}

void bytes_added(struct bytes *b, size_t n)
{
    b->tail += n;
}

void bytes_append(struct bytes *b, const void *data, size_t n)
{
    if (!n)
        return;
    memcpy(bytes_reserve(b, n), data, n);
    b->tail += n;
}

void bytes_drop(struct bytes *b, size_t n)
{
    b->head += n;
    if (b->head == b->tail)
        b->head = b->tail = 0;
}

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}
