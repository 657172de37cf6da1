/* Constructors: see construct.h. All calculations with counts and displacements are made in 128 bits, and what does not
 * fit into 64 at the end is an error. */
#include "type/construct.h"

#include "type/layout.h"

#include <stdatomic.h>
#include <stdlib.h>

/* ---- what they share ---- */

struct type *type_new(int combiner, int large, uint64_t numbers, uint64_t addresses, uint64_t plain, uint64_t types)
{
    uint64_t counts = large ? numbers + addresses : 0;
    uint64_t words = types + counts + (large ? 0 : addresses), integers = plain + (large ? 0 : numbers);
    uint64_t sane = UINT64_MAX / 64; /* more cannot have been given, but a wrong count can */
    struct type *t = numbers < sane && addresses < sane && types < sane ? calloc(1, sizeof *t) : NULL;
    struct type_contents *c = t ? calloc(1, sizeof *c + words * 8 + integers * sizeof(int)) : NULL;
    if (!c) {
        free(t);
        return NULL;
    }
    c->combiner = combiner;
    c->large = large;
    c->types = (const struct type **)(c + 1);
    c->counts = (MPI_Count *)(c->types + types);
    c->addresses = (MPI_Aint *)(c->counts + counts);
    c->integers = (int *)((uint64_t *)(c + 1) + words);
    t->obj.kind = OBJ_TYPE;
    t->handle = (MPI_Datatype)t;
    t->name = "";
    t->references = 1;
    t->contents = c;
    return t;
}

void type_keep(struct type *t, int64_t number)
{
    struct type_contents *c = t->contents;
    if (c->large)
        c->counts[c->count_count++] = number;
    else
        c->integers[c->integer_count++] = (int)number;
}

void type_keep_row(struct type *t, struct type_row row, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        type_keep(t, type_row_at(row, i));
}

void type_keep_address(struct type *t, int64_t address)
{
    struct type_contents *c = t->contents;
    if (c->large)
        c->counts[c->count_count++] = address;
    else
        c->addresses[c->address_count++] = address;
}

void type_keep_integer(struct type *t, int number)
{
    t->contents->integers[t->contents->integer_count++] = number;
}

void type_keep_type(struct type *t, const struct type *old)
{
    t->contents->types[t->contents->type_count++] = type_get(old);
}

static __int128 least(__int128 a, __int128 b)
{
    return a < b ? a : b;
}

static __int128 most(__int128 a, __int128 b)
{
    return a > b ? a : b;
}

static int fits(__int128 n)
{
    return n >= INT64_MIN && n <= INT64_MAX;
}

void type_bounds_add(struct type_bounds *b, const struct type *t, __int128 first, __int128 last)
{
    if (t->size == 0 && !t->bounded)
        return; /* nothing, wherever it stands */
    __int128 low = least(first, last), high = most(first, last);
    __int128 lb = low + t->lb, ub = high + t->lb + t->extent;
    if (t->bounded && !b->bounded) { /* only those that say so themselves count from now on */
        b->bounded = 1;
        b->some = 0;
    }
    if (t->bounded == b->bounded) {
        b->lb = b->some ? least(b->lb, lb) : lb;
        b->ub = b->some ? most(b->ub, ub) : ub;
        b->some = 1;
    }
    if (t->size) {
        __int128 true_lb = low + t->true_lb, true_ub = high + t->true_lb + t->true_extent;
        b->true_lb = b->data ? least(b->true_lb, true_lb) : true_lb;
        b->true_ub = b->data ? most(b->true_ub, true_ub) : true_ub;
        b->align = b->align < t->align ? t->align : b->align;
        b->data = 1;
    }
}

/* The numbers of a type whose parts and layout are known; whether they all fit. */
static int set_numbers(struct type *t, const struct type_bounds *b)
{
    __int128 size = 0, basics = 0, extent = b->ub - b->lb, reach = b->true_ub - b->true_lb;
    for (uint64_t i = 0; i < t->part_count; i++) {
        const struct type_part *p = &t->parts[i];
        size += (__int128)p->count * p->type->size;
        basics += (__int128)p->count * p->type->basics;
        t->basic = i == 0 || t->basic == p->type->basic ? p->type->basic : NULL;
        if (!fits(size) || !fits(basics))
            return 0;
    }
    if (!b->bounded && b->align && extent % b->align)
        extent += b->align - extent % b->align; /* the standard's epsilon */
    if (!fits(b->lb) || !fits(b->ub) || !fits(b->true_lb) || !fits(b->true_ub) || !fits(extent) || !fits(reach) ||
        !fits(b->lb + extent))
        return 0;
    t->size = (uint64_t)size;
    t->basics = (uint64_t)basics;
    t->lb = (int64_t)b->lb;
    t->extent = (int64_t)extent;
    t->true_lb = (int64_t)b->true_lb;
    t->true_extent = (int64_t)reach;
    t->align = b->align;
    t->bounded = (uint8_t)b->bounded;
    t->dense = layout_is_block(t->layout) && t->extent == (int64_t)t->size;
    return 1;
}

static int no_memory(struct type *t, struct words *why)
{
    type_put(t);
    words_set(why, "no memory for a datatype");
    return MPI_ERR_NO_MEM;
}

static int finish(struct type *t, const struct type_bounds *b, struct layout *layout, struct type **out,
                  struct words *why)
{
    t->layout = layout;
    if (!layout || (!t->parts && t->part_count))
        return no_memory(t, why);
    if (b->overflow || !set_numbers(t, b)) {
        type_put(t);
        words_set(why, "the type would reach over more than the 2^63 bytes that there can be");
        return MPI_ERR_ARG;
    }
    *out = t;
    return 0;
}

int type_finish(struct type *t, const struct type *old, __int128 elements, struct type_bounds *b, struct layout *layout,
                struct type **out, struct words *why)
{
    if (!fits(elements))
        b->overflow = 1;
    if (elements > 0 && old->size) {
        struct type_part *part = malloc(sizeof *part);
        t->part_count = 1;
        if ((t->parts = part))
            *part = (struct type_part){(uint64_t)elements, old};
    }
    return finish(t, b, layout, out, why);
}

/* ---- one old type ---- */

int type_contiguous(int large, int64_t count, const struct type *old, struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_CONTIGUOUS, large, 1, 0, 0, 1);
    struct type_bounds b = {0};
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep_type(t, old);
    if (count)
        type_bounds_add(&b, old, 0, (__int128)(count - 1) * old->extent);
    return type_finish(t, old, count, &b, layout_repeat(old->layout, (uint64_t)count, old->extent), out, why);
}

/* Blocks of `length` elements, a step of so many bytes apart. */
static int strided(struct type *t, int64_t count, int64_t length, __int128 step, const struct type *old,
                   struct type **out, struct words *why)
{
    struct type_bounds b = {0};
    struct layout *all = NULL, *block;
    type_keep_type(t, old);
    if (count <= 1)
        step = 0;
    b.overflow = !fits(step);
    if (count && length && !b.overflow) {
        __int128 within = (__int128)(length - 1) * old->extent, last = (count - 1) * step;
        type_bounds_add(&b, old, least(0, within) + least(0, last), most(0, within) + most(0, last));
    }
    block = layout_repeat(old->layout, (uint64_t)length, old->extent);
    if (block)
        all = layout_repeat(block, (uint64_t)count, (int64_t)step);
    layout_put(block);
    return type_finish(t, old, (__int128)count * length, &b, all, out, why);
}

int type_vector(int large, int64_t count, int64_t length, int64_t stride, const struct type *old, struct type **out,
                struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_VECTOR, large, 3, 0, 0, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep(t, length);
    type_keep(t, stride);
    return strided(t, count, length, (__int128)stride * old->extent, old, out, why);
}

int type_hvector(int large, int64_t count, int64_t length, int64_t stride, const struct type *old, struct type **out,
                 struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_HVECTOR, large, 2, 1, 0, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep(t, length);
    type_keep_address(t, stride);
    return strided(t, count, length, stride, old, out, why);
}

/* Adds blocks one by one. The layout of a block is made again only when its length is another one. */
struct blocks {
    struct type_bounds bounds;
    struct layout_builder builder;
    const struct type *old;
    int64_t length;
    struct layout *layout;
};

static void add_block(struct blocks *b, const struct type *old, int64_t length, __int128 displacement)
{
    if (length == 0)
        return;
    if (!fits(displacement)) {
        b->bounds.overflow = 1;
        return;
    }
    type_bounds_add(&b->bounds, old, displacement, displacement + (__int128)(length - 1) * old->extent);
    if (old != b->old || length != b->length) {
        layout_put(b->layout);
        b->layout = layout_repeat(old->layout, (uint64_t)length, old->extent);
        b->old = old;
        b->length = length;
    }
    if (b->layout)
        layout_builder_add(&b->builder, b->layout, (int64_t)displacement);
    else
        b->builder.failed = 1;
}

static struct layout *end_blocks(struct blocks *b)
{
    layout_put(b->layout);
    return layout_builder_end(&b->builder);
}

static int indexed(struct type *t, int64_t count, struct type_row lengths, int64_t length,
                   struct type_row displacements, int64_t unit, const struct type *old, struct type **out,
                   struct words *why)
{
    struct blocks b = {.old = NULL};
    __int128 elements = 0;
    type_keep_type(t, old);
    layout_builder_begin(&b.builder);
    for (int64_t i = 0; i < count; i++) {
        if (lengths.wide || lengths.narrow)
            length = type_row_at(lengths, (uint64_t)i);
        add_block(&b, old, length, (__int128)type_row_at(displacements, (uint64_t)i) * unit);
        elements += length;
    }
    return type_finish(t, old, elements, &b.bounds, end_blocks(&b), out, why);
}

int type_indexed(int large, int64_t count, struct type_row lengths, struct type_row displacements,
                 const struct type *old, struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_INDEXED, large, 1 + 2 * (uint64_t)count, 0, 0, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep_row(t, lengths, (uint64_t)count);
    type_keep_row(t, displacements, (uint64_t)count);
    return indexed(t, count, lengths, 0, displacements, old->extent, old, out, why);
}

static void keep_addresses(struct type *t, struct type_row row, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        type_keep_address(t, type_row_at(row, (uint64_t)i));
}

int type_hindexed(int large, int64_t count, struct type_row lengths, struct type_row displacements,
                  const struct type *old, struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_HINDEXED, large, 1 + (uint64_t)count, (uint64_t)count, 0, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep_row(t, lengths, (uint64_t)count);
    keep_addresses(t, displacements, count);
    return indexed(t, count, lengths, 0, displacements, 1, old, out, why);
}

int type_indexed_block(int large, int64_t count, int64_t length, struct type_row displacements, const struct type *old,
                       struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_INDEXED_BLOCK, large, 2 + (uint64_t)count, 0, 0, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep(t, length);
    type_keep_row(t, displacements, (uint64_t)count);
    return indexed(t, count, (struct type_row){NULL, NULL}, length, displacements, old->extent, old, out, why);
}

int type_hindexed_block(int large, int64_t count, int64_t length, struct type_row displacements, const struct type *old,
                        struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_HINDEXED_BLOCK, large, 2, (uint64_t)count, 0, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep(t, count);
    type_keep(t, length);
    keep_addresses(t, displacements, count);
    return indexed(t, count, (struct type_row){NULL, NULL}, length, displacements, 1, old, out, why);
}

/* ---- others ---- */

int type_struct(int large, int64_t count, struct type_row lengths, struct type_row displacements,
                const struct type *const *old, struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_STRUCT, large, 1 + (uint64_t)count, (uint64_t)count, 0, (uint64_t)count);
    struct type_part *parts = t ? malloc(((size_t)count + 1) * sizeof *parts) : NULL;
    struct blocks b = {.old = NULL};
    if (!parts)
        return no_memory(t, why);
    type_keep(t, count);
    type_keep_row(t, lengths, (uint64_t)count);
    keep_addresses(t, displacements, count);
    layout_builder_begin(&b.builder);
    t->parts = parts;
    for (int64_t i = 0; i < count; i++) {
        int64_t length = type_row_at(lengths, (uint64_t)i);
        type_keep_type(t, old[i]);
        add_block(&b, old[i], length, type_row_at(displacements, (uint64_t)i));
        if (length && old[i]->size)
            parts[t->part_count++] = (struct type_part){(uint64_t)length, old[i]};
    }
    return finish(t, &b.bounds, end_blocks(&b), out, why);
}

int type_resized(int large, int64_t lb, int64_t extent, const struct type *old, struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_RESIZED, large, 0, 2, 0, 1);
    struct type_bounds b = {0};
    if (!t)
        return no_memory(NULL, why);
    type_keep_address(t, lb);
    type_keep_address(t, extent);
    type_keep_type(t, old);
    type_bounds_add(&b, old, 0, 0);
    b.bounded = 1;
    b.lb = lb;
    b.ub = (__int128)lb + extent;
    return type_finish(t, old, 1, &b, (struct layout *)layout_get(old->layout), out, why);
}

/* The same in everything, but for the name; also committed if the old one is. */
int type_dup(const struct type *old, struct type **out, struct words *why)
{
    struct type *t = type_new(MPI_COMBINER_DUP, 0, 0, 0, 0, 1);
    struct type_bounds b = {0};
    if (!t)
        return no_memory(NULL, why);
    type_keep_type(t, old);
    type_bounds_add(&b, old, 0, 0);
    if (old->committed) {
        t->endless = layout_get(old->endless);
        t->committed = 1;
    }
    return type_finish(t, old, 1, &b, (struct layout *)layout_get(old->layout), out, why);
}
