/* Moving data between memory and its packed form, over any layout, from any byte to any other: layout_move of layout.h.
 *
 * The way down to the first byte is a division per loop and a search per list. Whole rounds then go to the copying
 * loops of copy.h, which are chosen by what stands innermost; what is cut at the ends is copied by itself. */
#include "type/layout.h"

#include "base/cursor.h"
#include "type/copy.h"

/* Where, which way: what stays the same on the way down. */
struct way {
    char *packed; /* the next byte */
    int fill;
};

static void move_block(struct way *w, uintptr_t at, uint64_t n)
{
    copy_short(w->fill ? w->packed : (char *)at, w->fill ? (char *)at : w->packed, n);
    w->packed += n;
}

static void move_some(struct way *w, const struct layout *l, uint32_t loop, uintptr_t at, uint64_t from, uint64_t n);

/* ---- whole rounds ---- */

static void move_all(struct way *w, const struct layout *l, uint32_t loop, uintptr_t at, uint64_t rounds);

static void move_whole_list(struct way *w, const struct layout_list *list, uintptr_t at, uint64_t first, uint64_t n)
{
    const int64_t *offsets = list->offsets + first;
    if (list->parts || list->each) {
        for (uint64_t i = 0; i < n; i++) {
            const struct layout *part = list->each ? list->each : list->parts[first + i];
            move_all(w, part, 0, at + (uintptr_t)offsets[i], part->loop_count ? part->loops[0].count : 1);
        }
    } else if (list->starts) {
        const uint64_t *starts = list->starts + first;
        for (uint64_t i = 0; i < n; i++)
            move_block(w, at + (uintptr_t)offsets[i], starts[i + 1] - starts[i]);
    } else {
        if (w->fill)
            copy_gather(w->packed, at, offsets, n, list->bytes);
        else
            copy_scatter(w->packed, at, offsets, n, list->bytes);
        w->packed += n * list->bytes;
    }
}

/* A copying loop over the rounds for each block of the list, so that its size is known to the loop. Rounds are taken
 * together as long as they stay in the first cache. */
static void move_list_rounds(struct way *w, const struct layout_list *list, uintptr_t at,
                             const struct layout_loop *loop, uint64_t rounds)
{
    enum { CACHE = 16 * 1024, FEW = 4 };
    uint64_t stride = loop->stride < 0 ? -(uint64_t)loop->stride : (uint64_t)loop->stride;
    uint64_t lines = list->count * 64;
    uint64_t together = CACHE / (loop->unit + (stride < lines ? stride : lines));
    if (together < FEW || rounds < FEW || list->count > CACHE / 64) {
        for (uint64_t i = 0; i < rounds; i++)
            move_whole_list(w, list, at + i * (uintptr_t)loop->stride, 0, list->count);
        return;
    }
    while (rounds) {
        uint64_t some = rounds < together ? rounds : together, start = 0;
        for (uint64_t i = 0; i < list->count; i++) {
            uint64_t bytes = layout_list_bytes(list, i);
            char *block = (char *)(at + (uintptr_t)list->offsets[i]);
            if (w->fill)
                copy_rows(w->packed + start, (int64_t)loop->unit, block, loop->stride, some, bytes);
            else
                copy_rows(block, loop->stride, w->packed + start, (int64_t)loop->unit, some, bytes);
            start += bytes;
        }
        w->packed += some * loop->unit;
        at += some * (uintptr_t)loop->stride;
        rounds -= some;
    }
}

/* The rounds of two loops of which the inner one takes the wider steps: a transposed matrix. In tiles, so that a cache
 * line is read once. */
static int is_transposed(const struct layout_loop *outer, const struct layout_loop *inner, uint64_t rounds)
{
    uint64_t near = outer->stride < 0 ? -(uint64_t)outer->stride : (uint64_t)outer->stride;
    uint64_t far = inner->stride < 0 ? -(uint64_t)inner->stride : (uint64_t)inner->stride;
    return near < 64 && far > near && rounds >= 4 && inner->count >= 8;
}

/* `rounds` of a loop, and all within. */
static void move_all(struct way *w, const struct layout *l, uint32_t loop, uintptr_t at, uint64_t rounds)
{
    if (loop == l->loop_count) {
        at += (uintptr_t)l->offset;
        if (l->list)
            move_whole_list(w, l->list, at, 0, l->list->count);
        else
            move_block(w, at, l->bytes);
        return;
    }
    const struct layout_loop *this = &l->loops[loop];
    uintptr_t body = at + (uintptr_t)l->offset;
    if (loop + 1 == l->loop_count && l->list && !l->list->parts && !l->list->each) {
        move_list_rounds(w, l->list, body, this, rounds);
    } else if (loop + 1 == l->loop_count && !l->list) {
        if (w->fill)
            copy_rows(w->packed, (int64_t)l->bytes, (char *)body, this->stride, rounds, l->bytes);
        else
            copy_rows((char *)body, this->stride, w->packed, (int64_t)l->bytes, rounds, l->bytes);
        w->packed += rounds * l->bytes;
    } else if (loop + 2 == l->loop_count && !l->list && is_transposed(this, this + 1, rounds)) {
        struct copy_plane to = {w->packed, (int64_t)this->unit, (int64_t)l->bytes};
        struct copy_plane from = {(char *)body, this->stride, this[1].stride};
        copy_tiles(w->fill ? to : from, w->fill ? from : to, rounds, this[1].count, l->bytes);
        w->packed += rounds * this->unit;
    } else {
        for (uint64_t i = 0; i < rounds; i++)
            move_all(w, l, loop + 1, at + i * (uintptr_t)this->stride, loop + 1 < l->loop_count ? this[1].count : 1);
    }
}

/* ---- from any byte to any other ---- */

/* The entry of a list in which a byte of its data stands. */
static uint64_t list_find(const struct layout_list *list, uint64_t from)
{
    uint64_t low = 0, high = list->count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (list->starts[middle] <= from)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void move_entry(struct way *w, const struct layout_list *list, uint64_t i, uintptr_t at, uint64_t from,
                       uint64_t n)
{
    at += (uintptr_t)list->offsets[i];
    if (list->parts || list->each)
        move_some(w, list->each ? list->each : list->parts[i], 0, at, from, n);
    else
        move_block(w, at + from, n);
}

static void move_list(struct way *w, const struct layout_list *list, uintptr_t at, uint64_t from, uint64_t n)
{
    uint64_t i = list->starts ? list_find(list, from) : from / list->bytes;
    uint64_t start = list->starts ? list->starts[i] : i * list->bytes;
    uint64_t end = list->starts ? list->starts[i + 1] : start + list->bytes;
    if (from > start || n < end - start) {
        uint64_t some = end - from < n ? end - from : n;
        move_entry(w, list, i++, at, from - start, some);
        n -= some;
        start = end;
    }
    if (n == 0)
        return;
    uint64_t whole;
    if (list->starts) {
        uint64_t last = start + n;
        whole = last >= list->starts[list->count] ? list->count - i : list_find(list, last) - i;
        n = last - list->starts[i + whole];
    } else {
        whole = n / list->bytes;
        n %= list->bytes;
    }
    move_whole_list(w, list, at, i, whole);
    if (n)
        move_entry(w, list, i + whole, at, 0, n);
}

static void move_some(struct way *w, const struct layout *l, uint32_t loop, uintptr_t at, uint64_t from, uint64_t n)
{
    if (loop == l->loop_count) {
        at += (uintptr_t)l->offset;
        if (l->list)
            move_list(w, l->list, at, from, n);
        else
            move_block(w, at + from, n);
        return;
    }
    const struct layout_loop *this = &l->loops[loop];
    uint64_t round = from / this->unit, within = from - round * this->unit;
    at += round * (uintptr_t)this->stride;
    if (within) {
        uint64_t some = this->unit - within < n ? this->unit - within : n;
        move_some(w, l, loop + 1, at, within, some);
        n -= some;
        at += (uintptr_t)this->stride;
    }
    if (n >= this->unit) {
        uint64_t whole = n / this->unit;
        move_all(w, l, loop, at, whole);
        n -= whole * this->unit;
        at += whole * (uintptr_t)this->stride;
    }
    if (n)
        move_some(w, l, loop + 1, at, 0, n);
}

void layout_move(const struct layout *l, const void *memory, uint64_t from, char *packed, uint64_t n, int fill)
{
    struct way w = {packed, fill};
    if (n)
        move_some(&w, l, 0, (uintptr_t)memory, from, n);
}
