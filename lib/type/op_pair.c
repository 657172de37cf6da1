/* MAXLOC and MINLOC on the pairs that have no name (MPI_Type_get_value_index makes them of any value and index):
 * one by one, and comparing by what the two types are. The named pairs have kernels. */
#include "type/op.h"

#include "type/float128.h"
#include "type/op_half.h"

enum order { LESS, EQUAL, GREATER, UNORDERED };

static enum order of_integers(unsigned __int128 a, unsigned __int128 b, size_t size, int is_signed)
{
    int unused = 128 - 8 * (int)size; /* upwards, so that the sign is at the top */
    unsigned __int128 top = (unsigned __int128)is_signed << 127;
    a = (a << unused) ^ top;
    b = (b << unused) ^ top;
    return a < b ? LESS : a > b ? GREATER : EQUAL;
}

static enum order of_floats(f128 a, f128 b)
{
    return a < b ? LESS : a > b ? GREATER : a == b ? EQUAL : UNORDERED;
}

static enum order compare(enum op_element e, const void *a, const void *b, size_t size)
{
    union {
        unsigned __int128 integer;
        uint16_t half;
        float f;
        double d;
        long double l;
        f128 q;
    } x = {0}, y = {0};
    memcpy(&x, a, size);
    memcpy(&y, b, size);
    switch (e) {
    case OP_F16: return of_floats(half_get(x.half), half_get(y.half));
    case OP_F32: return of_floats(x.f, y.f);
    case OP_F64: return of_floats(x.d, y.d);
    case OP_FLONG: return of_floats(x.l, y.l);
    case OP_F128: return of_floats(x.q, y.q);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    default: return of_integers(x.integer >> (128 - 8 * size), y.integer >> (128 - 8 * size), size, e <= OP_I128);
#else
    default: return of_integers(x.integer, y.integer, size, e <= OP_I128);
#endif
    }
}

static int is_ordered(enum op_element e)
{
    return e >= OP_I8 && e <= OP_F128;
}

int op_pair_is_good(const struct type *t)
{
    return t->predefined && t->part_count == 2 && t->parts[0].count == 1 && t->parts[1].count == 1 &&
           is_ordered(op_element_of(t->parts[0].type)) && is_ordered(op_element_of(t->parts[1].type));
}

void op_pair_apply(enum op_code code, const char *in, char *inout, size_t count, const struct type *t)
{
    const struct type *value = t->parts[0].type, *index = t->parts[1].type;
    enum op_element value_element = op_element_of(value), index_element = op_element_of(index);
    size_t index_at = (size_t)t->true_extent - index->size;
    for (; count; count--, in += t->extent, inout += t->extent) {
        enum order o = compare(value_element, in, inout, value->size);
        if (o == (code == OP_MAXLOC ? GREATER : LESS) ||
            (o == EQUAL && compare(index_element, in + index_at, inout + index_at, index->size) == LESS)) {
            memcpy(inout, in, value->size);
            memcpy(inout + index_at, in + index_at, index->size);
        }
    }
}
