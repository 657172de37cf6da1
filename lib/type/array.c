/* Constructors for parts of arrays of many dimensions: subarray and darray. Both go from the dimension that is closest
 * in memory to the farthest, and wrap a loop (or, where a cyclic distribution ends in a shorter block, two) around what
 * they have: the layout grows with the dimensions, never with the array. */
#include "type/construct.h"

#include "type/layout.h"

#include <stdlib.h>

/* What has been built of an array so far. */
struct array {
    struct layout *layout; /* NULL: no memory */
    __int128 step;         /* bytes from one index of the next dimension to the following */
    __int128 first, last;  /* where its first and last element stand */
    __int128 elements;
    int overflow;
};

static struct array begin(const struct type *old)
{
    return (struct array){.layout = (struct layout *)layout_get(old->layout), .step = old->extent, .elements = 1};
}

/* Takes over what a dimension has become. */
static void wrap(struct array *a, struct layout *layout, int64_t size, int64_t low, int64_t high, int64_t count)
{
    layout_put(a->layout);
    a->layout = layout;
    if (count) {
        a->first += low * a->step;
        a->last += high * a->step;
    }
    a->elements *= count;
    a->step *= size;
    a->overflow |= a->step > INT64_MAX || a->step < INT64_MIN || a->elements > INT64_MAX;
    if (a->overflow)
        a->step = a->elements = 0; /* goes on, to nothing */
}

static struct layout *row_of(const struct array *a, int64_t start, int64_t count)
{
    struct layout *row = a->layout ? layout_repeat(a->layout, (uint64_t)count, (int64_t)a->step) : NULL;
    struct layout *moved = row ? layout_shift(row, (int64_t)(start * a->step)) : NULL;
    layout_put(row);
    return moved;
}

static int end(struct type *t, struct array *a, const struct type *old, struct type **out, struct words *why)
{
    struct type_bounds b = {0};
    if (a->elements)
        type_bounds_add(&b, old, a->first, a->last);
    b.bounded = 1; /* an element is as long as the whole array */
    b.lb = 0;
    b.ub = a->step;
    b.overflow = a->overflow;
    return type_finish(t, old, a->elements, &b, a->layout, out, why);
}

static int no_memory(struct type *t, struct words *why)
{
    type_put(t);
    words_set(why, "no memory for a datatype");
    return MPI_ERR_NO_MEM;
}

int type_subarray(int large, int dimensions, struct type_row sizes, struct type_row subsizes, struct type_row starts,
                  int order, const struct type *old, struct type **out, struct words *why)
{
    uint64_t n = (uint64_t)dimensions;
    struct type *t = type_new(MPI_COMBINER_SUBARRAY, large, 3 * n, 0, 2, 1);
    if (!t)
        return no_memory(NULL, why);
    type_keep_integer(t, dimensions);
    type_keep_row(t, sizes, n);
    type_keep_row(t, subsizes, n);
    type_keep_row(t, starts, n);
    type_keep_integer(t, order);
    type_keep_type(t, old);
    struct array a = begin(old);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t d = order == MPI_ORDER_C ? n - 1 - i : i;
        int64_t count = type_row_at(subsizes, d), start = type_row_at(starts, d);
        wrap(&a, row_of(&a, start, count), type_row_at(sizes, d), start, start + count - 1, count);
    }
    return end(t, &a, old, out, why);
}

/* ---- darray ---- */

static int64_t rounded_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* Blocks of `length` indices, of which every one of `processes` gets each so-manyth. */
static void distribute(struct array *a, int64_t size, int64_t length, int64_t processes, int64_t place)
{
    int64_t round, start, whole, rest, left;
    if (__builtin_mul_overflow(place, length, &start) || start >= size) { /* nothing for this process */
        wrap(a, layout_block(0, 0), size, 0, 0, 0);
        return;
    }
    left = size - start;
    if (__builtin_mul_overflow(length, processes, &round))
        round = INT64_MAX; /* there is no second round */
    whole = left / round + (left % round >= length);
    rest = left % round < length ? left % round : 0;
    struct layout_builder b;
    struct layout *block = row_of(a, 0, length), *blocks = NULL, *last = row_of(a, 0, rest);
    if (block && whole)
        blocks = layout_repeat(block, (uint64_t)whole, whole > 1 ? (int64_t)(round * a->step) : 0);
    layout_builder_begin(&b);
    b.failed = !block || !last || (whole && !blocks);
    if (!b.failed && whole)
        layout_builder_add(&b, blocks, (int64_t)(start * a->step));
    if (!b.failed && rest)
        layout_builder_add(&b, last, (int64_t)((start + whole * round) * a->step));
    layout_put(block);
    layout_put(blocks);
    layout_put(last);
    int64_t high = rest ? start + whole * round + rest - 1 : start + (whole - 1) * round + length - 1;
    wrap(a, layout_builder_end(&b), size, start, high, whole * length + rest);
}

static void distribute_by(struct array *a, const struct type_grid *g, int d, int place)
{
    int64_t size = type_row_at(g->sizes, (uint64_t)d), length = g->arguments[d];
    if (g->distributions[d] == MPI_DISTRIBUTE_NONE)
        length = size;
    else if (length == MPI_DISTRIBUTE_DFLT_DARG)
        length = g->distributions[d] == MPI_DISTRIBUTE_BLOCK ? rounded_up(size, g->processes[d]) : 1;
    distribute(a, size, length, g->processes[d], place);
}

int type_darray(int large, const struct type_grid *g, const struct type *old, struct type **out, struct words *why)
{
    int n = g->dimensions, place = g->rank;
    struct type *t = type_new(MPI_COMBINER_DARRAY, large, (uint64_t)n, 0, 4 + 3 * (uint64_t)n, 1);
    int *places = t ? malloc(((size_t)n + 1) * sizeof *places) : NULL; /* of this process in the grid */
    if (!places)
        return no_memory(t, why);
    type_keep_integer(t, g->size);
    type_keep_integer(t, g->rank);
    type_keep_integer(t, n);
    type_keep_row(t, g->sizes, (uint64_t)n);
    for (int d = 0; d < n; d++)
        type_keep_integer(t, g->distributions[d]);
    for (int d = 0; d < n; d++)
        type_keep_integer(t, g->arguments[d]);
    for (int d = 0; d < n; d++)
        type_keep_integer(t, g->processes[d]);
    type_keep_integer(t, g->order);
    type_keep_type(t, old);
    for (int d = n - 1; d >= 0; d--) { /* the grid is in C's order, whatever the array's is */
        places[d] = place % g->processes[d];
        place /= g->processes[d];
    }
    struct array a = begin(old);
    for (int i = 0; i < n; i++) {
        int d = g->order == MPI_ORDER_C ? n - 1 - i : i;
        distribute_by(&a, g, d, places[d]);
    }
    free(places);
    return end(t, &a, old, out, why);
}
