/* Where the bytes of a datatype stand, in the cheapest form that is equal to what the constructors said: a block, or
 * a list of blocks or of other layouts, within a nest of strided loops. A layout never changes; its description grows
 * with the constructors' arguments, and never with the counts in them. It knows nothing of basic types.
 *
 * Sizes and addresses have been checked for overflow by those who build one (construct.c). */
#ifndef TYPE_LAYOUT_H
#define TYPE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct layout_loop {
    uint64_t count;
    int64_t stride; /* in memory */
    uint64_t unit;  /* bytes of data in one round */
};

/* Blocks, or parts, one after the other in the order of the data. */
struct layout_list {
    _Atomic uint32_t references;
    uint64_t count;
    uint64_t bytes;                 /* of data in each; 0: they differ */
    const int64_t *offsets;         /* in memory */
    const uint64_t *starts;         /* where in the data; count + 1 of them; NULL: all have the same size */
    const struct layout **parts;    /* NULL: they are blocks */
    const struct layout *each;      /* all parts are this one; parts is NULL */
};
static inline uint64_t layout_list_bytes(const struct layout_list *list, uint64_t i)
{
    return list->starts ? list->starts[i + 1] - list->starts[i] : list->bytes;
}

struct layout {
    _Atomic uint32_t references; /* 0: one of the predefined, never counted */
    uint32_t loop_count;
    uint64_t size;            /* bytes of data */
    uint64_t blocks;          /* contiguous pieces of them */
    int64_t offset;           /* of the body in memory */
    uint64_t bytes;           /* the body is a block of so many */
    struct layout_list *list; /* or a list */
    struct layout_loop *loops; /* outermost first */
};

#define LAYOUT_ENDLESS ((uint64_t)INT64_MAX)

/* All that make one return NULL when there is no memory, and leave the reference of what they get to the caller. */
struct layout *layout_block(int64_t offset, uint64_t bytes); /* bytes 0: nothing */
struct layout *layout_shift(const struct layout *l, int64_t offset);
struct layout *layout_repeat(const struct layout *l, uint64_t count, int64_t stride);

/* As many elements as there may be, one `extent` behind the other, in the form that is moved fastest. */
struct layout *layout_endless(const struct layout *l, int64_t extent);

const struct layout *layout_get(const struct layout *l);
void layout_put(const struct layout *l); /* NULL: nothing */

static inline int layout_is_block(const struct layout *l)
{
    return !l->list && !l->loop_count;
}

/* Puts layouts behind each other. Neighbours that touch become one block, regular distances become loops. After an
 * error (no memory) only layout_builder_end does something. */
struct layout_piece {
    int64_t offset;
    uint64_t bytes;            /* a block */
    const struct layout *part; /* or not */
};
struct layout_builder {
    struct layout_piece *pieces;
    uint64_t count, room;
    int failed;
};
void layout_builder_begin(struct layout_builder *b);
void layout_builder_add(struct layout_builder *b, const struct layout *l, int64_t offset);
struct layout *layout_builder_end(struct layout_builder *b);

/* Moves n bytes of data, from the byte `from` on, between memory and packed. fill: from memory into packed. */
void layout_move(const struct layout *l, const void *memory, uint64_t from, char *packed, uint64_t n, int fill);

#endif
