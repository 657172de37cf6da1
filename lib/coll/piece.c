/* Pieces of memory: blocks of buffers and parts of vectors, as schedules send and copy them. Addresses are calculated as
 * numbers: MPI_BOTTOM is NULL, and a buffer may begin outside of what is used of it. */
#include "coll/schedule.h"

static char *moved(const char *at, int64_t by)
{
    return (char *)((uintptr_t)at + (uintptr_t)by);
}

struct piece piece_of(char *at, uint64_t count, const struct type *t)
{
    if (!count)
        return piece_bytes(at, 0);
    if (type_is_contiguous(t))
        return piece_bytes(moved(at, t->true_lb), count * t->size);
    return (struct piece){at, t, 0, count * t->size};
}

struct piece piece_part(struct piece p, uint64_t from, uint64_t size)
{
    if (p.type)
        return (struct piece){p.at, p.type, p.skip + from, size};
    return piece_bytes(moved(p.at, (int64_t)from), size);
}

static uint64_t count_of(const struct coll_side *s, int i)
{
    return (uint64_t)(s->counts.at ? coll_number(s->counts, i) : s->count);
}

uint64_t side_size(const struct coll_side *s, int i)
{
    const struct type *t = s->types ? type_of(s->types[i]) : s->type;
    uint64_t n = count_of(s, i);
    return n ? n * t->size : 0;
}

struct piece side_block(const struct coll_side *s, int i)
{
    uint64_t n = count_of(s, i);
    if (!n)
        return piece_bytes(s->memory, 0);
    const struct type *t = s->types ? type_of(s->types[i]) : s->type;
    int64_t place = s->places.at ? coll_number(s->places, i) * (s->types ? 1 : t->extent)
                                 : (int64_t)i * s->count * t->extent;
    return piece_of(moved(s->memory, place), n, t);
}

char *vector_at(const struct build *b, char *at, uint64_t first)
{
    return moved(at, (int64_t)first * b->type->extent);
}

struct piece vector_piece(const struct build *b, char *at, uint64_t first, uint64_t count)
{
    return piece_of(vector_at(b, at, first), count, b->type);
}

char *vector_memory(struct build *b, uint64_t count)
{
    const struct type *t = b->type;
    int64_t low = t->true_lb, high = t->true_lb + t->true_extent, last = (int64_t)(count ? count - 1 : 0) * t->extent;
    if (last < 0)
        low += last;
    else
        high += last;
    low &= -64; /* elements stand where they are aligned */
    return moved(build_memory(b, (uint64_t)(high - low)), -low);
}

struct cursor piece_cursor(const struct piece *p)
{
    struct cursor c = {0};
    if (!p->type) {
        cursor_set(&c, p->at, p->size);
        return c;
    }
    type_cursor(&c, p->at, p->skip + p->size, p->type);
    if (p->skip)
        cursor_skip(&c, p->skip);
    return c;
}
