/* Building layouts in their cheapest form: see layout.h. */
#include "type/layout.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXPAND = 16,  /* parts of no more blocks are written out, as blocks of the list that they stand in */
    FLATTEN = 32, /* inner loops over no more blocks are written out as a list */
    SPLIT = 4,    /* blocks of many sizes are cut into this many of one size, on average, or fewer */
    SMALL = 32    /* bytes of blocks that are copied without asking for their size */
};

static int64_t sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t difference(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* ---- life ---- */

const struct layout *layout_get(const struct layout *l)
{
    struct layout *mine = (struct layout *)l;
    if (atomic_load_explicit(&mine->references, memory_order_relaxed))
        atomic_fetch_add_explicit(&mine->references, 1, memory_order_relaxed);
    return l;
}

static struct layout_list *list_get(struct layout_list *list)
{
    if (list)
        atomic_fetch_add_explicit(&list->references, 1, memory_order_relaxed);
    return list;
}

static void list_put(struct layout_list *list)
{
    if (!list || !list->references || atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) > 1)
        return;
    for (uint64_t i = 0; list->parts && i < list->count; i++)
        layout_put(list->parts[i]);
    layout_put(list->each);
    free(list);
}

void layout_put(const struct layout *l)
{
    struct layout *mine = (struct layout *)l;
    if (!l || !atomic_load_explicit(&mine->references, memory_order_relaxed) ||
        atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) > 1)
        return;
    list_put(mine->list);
    free(mine);
}

/* A copy of a head, or an empty one, with room for more loops outside of those it has. */
static struct layout *head(const struct layout *like, uint32_t more)
{
    uint32_t loops = like ? like->loop_count : 0;
    struct layout *l = calloc(1, sizeof *l + (loops + more) * sizeof l->loops[0]);
    if (!l)
        return NULL;
    l->loops = (struct layout_loop *)(l + 1);
    if (like) {
        l->size = like->size;
        l->blocks = like->blocks;
        l->offset = like->offset;
        l->bytes = like->bytes;
        l->list = like->list && like->list->references ? list_get(like->list) : like->list;
        if (loops)
            memcpy(l->loops + more, like->loops, loops * sizeof l->loops[0]);
    }
    l->loop_count = loops + more;
    l->references = 1;
    return l;
}

/* ---- blocks and loops ---- */

struct layout *layout_block(int64_t offset, uint64_t bytes)
{
    struct layout *l = head(NULL, 0);
    if (l) {
        l->offset = bytes ? offset : 0;
        l->size = l->bytes = bytes;
        l->blocks = bytes != 0;
    }
    return l;
}

struct layout *layout_shift(const struct layout *l, int64_t offset)
{
    if (offset == 0)
        return (struct layout *)layout_get(l);
    struct layout *moved = head(l, 0);
    if (moved && moved->size)
        moved->offset = sum(moved->offset, offset);
    return moved;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* count * stride == distance, without overflow. */
static int reaches(uint64_t count, int64_t stride, int64_t distance)
{
    int64_t product;
    return !__builtin_mul_overflow(count, stride, &product) && product == distance;
}

struct layout *layout_repeat(const struct layout *l, uint64_t count, int64_t stride)
{
    if (count == 0)
        return layout_block(0, 0);
    if (count == 1 || l->size == 0)
        return (struct layout *)layout_get(l);
    int is_block = layout_is_block(l);
    int goes_on = l->loop_count && reaches(l->loops[0].count, l->loops[0].stride, stride);
    if (is_block && reaches(1, stride, (int64_t)l->bytes))
        return layout_block(l->offset, count == LAYOUT_ENDLESS ? count : times(l->bytes, count));
    struct layout *more = head(l, goes_on ? 0 : 1);
    if (!more)
        return NULL;
    if (goes_on)
        more->loops[0].count = times(more->loops[0].count, count);
    else
        more->loops[0] = (struct layout_loop){count, stride, l->size};
    more->size = times(l->size, count);
    more->blocks = times(l->blocks, count);
    return more;
}

/* ---- lists ---- */

void layout_builder_begin(struct layout_builder *b)
{
    *b = (struct layout_builder){.pieces = NULL};
}

static void add(struct layout_builder *b, int64_t offset, uint64_t bytes, const struct layout *part)
{
    if (b->count == b->room && !b->failed) {
        uint64_t more = b->room ? 2 * b->room : 16;
        struct layout_piece *grown = realloc(b->pieces, more * sizeof *grown);
        if (grown)
            b->pieces = grown;
        b->failed = !grown;
        b->room = grown ? more : b->room;
    }
    if (b->failed)
        return;
    b->pieces[b->count++] = (struct layout_piece){offset, bytes, part ? layout_get(part) : NULL};
}

/* Writes out every block, from a loop on; whole layouts: loop 0. */
static void add_blocks(struct layout_builder *b, const struct layout *l, uint32_t loop, int64_t offset)
{
    if (loop < l->loop_count) {
        for (uint64_t i = 0; i < l->loops[loop].count && !b->failed; i++)
            add_blocks(b, l, loop + 1, sum(offset, (int64_t)(i * (uint64_t)l->loops[loop].stride)));
        return;
    }
    offset = sum(offset, l->offset);
    const struct layout_list *list = l->list;
    if (!list) {
        add(b, offset, l->bytes, NULL);
        return;
    }
    for (uint64_t i = 0; i < list->count && !b->failed; i++) {
        const struct layout *part = list->parts ? list->parts[i] : list->each;
        if (part)
            add_blocks(b, part, 0, sum(offset, list->offsets[i]));
        else
            add(b, sum(offset, list->offsets[i]), layout_list_bytes(list, i), NULL);
    }
}

void layout_builder_add(struct layout_builder *b, const struct layout *l, int64_t offset)
{
    if (l->size == 0)
        return;
    if (l->blocks <= EXPAND)
        add_blocks(b, l, 0, offset);
    else
        add(b, offset, 0, l);
}

static int same(const struct layout_piece *p, const struct layout_piece *q)
{
    return p->part == q->part && p->bytes == q->bytes;
}

static int touch(const struct layout_piece *p, const struct layout_piece *next)
{
    return !p->part && !next->part && sum(p->offset, (int64_t)p->bytes) == next->offset;
}

/* Makes one block of blocks that touch; but small blocks of one size stay as they are where few of them do. */
static void merge(struct layout_builder *b)
{
    struct layout_piece *p = b->pieces;
    uint64_t merged = 0, equal = 0, n = 0;
    for (uint64_t i = 1; i < b->count; i++) {
        merged += touch(&p[i - 1], &p[i]) != 0;
        equal += same(&p[i], &p[0]);
    }
    if (!merged || (equal == b->count - 1 && !p[0].part && p[0].bytes <= SMALL && b->count > FLATTEN &&
                    merged < b->count / 2))
        return;
    for (uint64_t i = 1; i < b->count; i++)
        if (touch(&p[n], &p[i]))
            p[n].bytes += p[i].bytes;
        else
            p[++n] = p[i];
    b->count = n + 1;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Cuts blocks of many sizes into blocks of one where that makes not too many of them: copying a few more costs less
 * than a size that nobody can foresee. */
static void split(struct layout_builder *b)
{
    uint64_t unit = 0, bytes = 0;
    for (uint64_t i = 0; i < b->count; i++) {
        if (b->pieces[i].part)
            return;
        unit = common_divisor(b->pieces[i].bytes, unit);
        bytes += b->pieces[i].bytes;
    }
    if (b->count <= FLATTEN || unit < 4 || unit > SMALL || bytes / unit > SPLIT * b->count || bytes / unit == b->count)
        return;
    struct layout_piece *pieces = malloc(bytes / unit * sizeof *pieces);
    if (!pieces)
        return; /* it is only faster */
    uint64_t n = 0;
    for (uint64_t i = 0; i < b->count; i++)
        for (uint64_t done = 0; done < b->pieces[i].bytes; done += unit)
            pieces[n++] = (struct layout_piece){sum(b->pieces[i].offset, (int64_t)done), unit, NULL};
    free(b->pieces);
    b->pieces = pieces;
    b->count = b->room = n;
}

static uint64_t piece_size(const struct layout_piece *p)
{
    return p->part ? p->part->size : p->bytes;
}

static struct layout *piece_layout(const struct layout_piece *p)
{
    return p->part ? layout_shift(p->part, p->offset) : layout_block(p->offset, p->bytes);
}

/* All pieces are the same at a regular distance. */
static int is_regular(const struct layout_builder *b)
{
    const struct layout_piece *p = b->pieces;
    for (uint64_t i = 1; i < b->count; i++)
        if (!same(&p[i], &p[0]) ||
            difference(p[i].offset, p[i - 1].offset) != difference(p[1].offset, p[0].offset))
            return 0;
    return 1;
}

/* One piece of memory: the list, its offsets, starts where sizes differ, and parts where those do. */
static struct layout_list *make_list(const struct layout_builder *b)
{
    int sizes = 0, parts = 0, blocks = 1;
    uint64_t n = b->count;
    const struct layout_piece *p = b->pieces;
    for (uint64_t i = 0; i < n; i++) {
        sizes |= piece_size(&p[i]) != piece_size(&p[0]);
        parts |= p[i].part != p[0].part;
        blocks &= !p[i].part;
    }
    uint64_t words = n + (sizes ? n + 1 : 0);
    struct layout_list *list = calloc(1, sizeof *list + words * 8 + (parts ? n * sizeof(void *) : 0));
    if (!list)
        return NULL;
    int64_t *offsets = (int64_t *)(list + 1);
    uint64_t *starts = (uint64_t *)(offsets + n);
    const struct layout **all = (const struct layout **)((uint64_t *)(list + 1) + words);
    list->references = 1;
    list->count = n;
    list->offsets = offsets;
    list->bytes = sizes ? 0 : piece_size(&p[0]);
    list->starts = sizes ? starts : NULL;
    list->parts = parts ? all : NULL;
    list->each = parts || blocks ? NULL : layout_get(p[0].part);
    for (uint64_t i = 0; i < n; i++) {
        offsets[i] = p[i].offset;
        if (sizes)
            starts[i + 1] = starts[i] + piece_size(&p[i]);
        if (parts && !(all[i] = p[i].part ? layout_get(p[i].part) : layout_block(0, p[i].bytes))) {
            list_put(list);
            return NULL;
        }
    }
    return list;
}

static struct layout *list_layout(const struct layout_builder *b)
{
    struct layout *l = head(NULL, 0);
    struct layout_list *list = l ? make_list(b) : NULL;
    if (!list) {
        layout_put(l);
        return NULL;
    }
    for (uint64_t i = 0; i < b->count; i++) {
        uint64_t blocks = b->pieces[i].part ? b->pieces[i].part->blocks : 1;
        l->size += piece_size(&b->pieces[i]);
        l->blocks = blocks > UINT64_MAX - l->blocks ? UINT64_MAX : l->blocks + blocks;
    }
    l->list = list;
    return l;
}

struct layout *layout_builder_end(struct layout_builder *b)
{
    struct layout *l = NULL;
    if (!b->failed && b->count)
        merge(b);
    if (b->failed) {
    } else if (b->count == 0) {
        l = layout_block(0, 0);
    } else if (is_regular(b)) {
        struct layout *one = piece_layout(&b->pieces[0]);
        if (one)
            l = layout_repeat(one, b->count, b->count > 1 ? difference(b->pieces[1].offset, b->pieces[0].offset) : 0);
        layout_put(one);
    } else {
        split(b);
        l = list_layout(b);
    }
    for (uint64_t i = 0; i < b->count; i++)
        layout_put(b->pieces[i].part);
    free(b->pieces);
    return l;
}

/* ---- for moving ---- */

/* Writes out the innermost loops, as long as they are few blocks: a list is moved block by block over many rounds of
 * the loop around it, whereas a loop of three rounds costs more than its data. Loop 0 stays. */
static struct layout *flatten(struct layout *l)
{
    uint64_t blocks = l->list ? l->list->count : 1;
    uint32_t loop = l->loop_count;
    if (!l->size || (l->list && (l->list->parts || l->list->each)))
        return l;
    while (loop > 1 && times(blocks, l->loops[loop - 1].count) <= FLATTEN)
        blocks *= l->loops[--loop].count;
    if (loop == l->loop_count)
        return l;
    struct layout_builder b;
    layout_builder_begin(&b);
    add_blocks(&b, l, loop, 0);
    if (!b.failed)
        merge(&b);
    b.failed |= b.count < 2; /* a block: cannot be, no loop and no list has what touches */
    struct layout_list *list = b.failed ? NULL : make_list(&b);
    struct layout *flat = list ? head(l, 0) : NULL;
    if (flat) {
        list_put(flat->list);
        flat->list = list;
        flat->bytes = 0;
        flat->offset = 0;
        flat->loop_count = loop;
    } else {
        list_put(list);
    }
    free(b.pieces);
    layout_put(l);
    return flat;
}

struct layout *layout_endless(const struct layout *l, int64_t extent)
{
    struct layout *all = layout_repeat(l, LAYOUT_ENDLESS, extent);
    return all ? flatten(all) : NULL;
}
