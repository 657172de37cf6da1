/* A cursor walks over the bytes of a message where they lie in the user's memory: the seam between datatypes, which
 * make one over any layout, and wires, which fill packets from it or drain packets into it. Contiguous memory, the
 * usual case, is one inlined copy; every other layout comes with a function. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The C library copies what is longer than some KiB by one instruction (rep movsb) that is many times slower than a
 * loop where source and target lie unluckily (seen: 6 instead of 80 GB/s on Zen 3). So it gets pieces. */
static inline void copy_long(void *to, const void *from, size_t n)
{
    enum { PIECE = 2048 };
    for (; n > PIECE; n -= PIECE) {
        memcpy(to, from, PIECE);
        to = (char *)to + PIECE;
        from = (const char *)from + PIECE;
    }
    memcpy(to, from, n);
}

/* A few bytes (most messages have less than 64) without the call and the dispatch of memcpy: two copies that may
 * overlap cover every size between two powers of two. */
static inline void copy_short(void *to, const void *from, size_t n)
{
    char *t = to;
    const char *f = from;
    if (n >= 8) {
        if (n > 16) {
            if (n > 32) {
                copy_long(to, from, n);
                return;
            }
            char head[16], tail[16];
            memcpy(head, f, 16);
            memcpy(tail, f + n - 16, 16);
            memcpy(t, head, 16);
            memcpy(t + n - 16, tail, 16);
            return;
        }
        uint64_t head, tail;
        memcpy(&head, f, 8);
        memcpy(&tail, f + n - 8, 8);
        memcpy(t, &head, 8);
        memcpy(t + n - 8, &tail, 8);
    } else if (n >= 4) {
        uint32_t head, tail;
        memcpy(&head, f, 4);
        memcpy(&tail, f + n - 4, 4);
        memcpy(t, &head, 4);
        memcpy(t + n - 4, &tail, 4);
    } else if (n) {
        t[0] = f[0];
        t[n / 2] = f[n / 2];
        t[n - 1] = f[n - 1];
    }
}

struct cursor {
    char *at;    /* contiguous: the next byte; else where the layout begins */
    size_t left; /* bytes still to be moved */
    /* NULL: contiguous. Moves n <= left bytes between the layout and packed, and goes n bytes on. packed NULL: goes
     * on without moving. */
    void (*move)(struct cursor *c, char *packed, size_t n, int fill);
    const void *layout; /* the rest is the function's */
    uint64_t position;
};

/* Over contiguous memory. The function's part stays as it is: nobody looks at it. */
static inline void cursor_set(struct cursor *c, const void *memory, size_t size)
{
    c->at = (char *)memory;
    c->left = size;
    c->move = NULL;
}

/* Word by word: what was just written in words is not there yet for a load of two of them at once. */
static inline void cursor_copy(struct cursor *to, const struct cursor *from)
{
    if (__builtin_expect(from->move != NULL, 0)) {
        *to = *from;
        return;
    }
    to->at = from->at;
    to->left = from->left;
    to->move = NULL;
}

static inline struct cursor cursor_over(const void *memory, size_t size)
{
    struct cursor c = {0};
    cursor_set(&c, memory, size);
    return c;
}

/* The next n <= left bytes, into a packet. */
static inline void cursor_fill(struct cursor *c, void *packed, size_t n)
{
    if (__builtin_expect(c->move != NULL, 0)) {
        c->move(c, packed, n, 1);
    } else {
        copy_short(packed, c->at, n);
        c->at += n;
    }
    c->left -= n;
}

/* The next n <= left bytes, out of a packet. */
static inline void cursor_drain(struct cursor *c, const void *packed, size_t n)
{
    if (__builtin_expect(c->move != NULL, 0)) {
        c->move(c, (char *)packed, n, 0);
    } else {
        copy_short(c->at, packed, n);
        c->at += n;
    }
    c->left -= n;
}

/* Goes n <= left bytes on without moving them. */
static inline void cursor_skip(struct cursor *c, size_t n)
{
    if (c->move)
        c->move(c, NULL, n, 0);
    else
        c->at += n;
    c->left -= n;
}

#endif
