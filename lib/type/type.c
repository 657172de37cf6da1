/* The table of predefined datatypes, and the cursor over those that have gaps: see type.h. */
#include "type/type.h"

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#define PLACE(handle) ((int)(uintptr_t)(handle) - TYPE_PREDEFINED)
#define BASIC(handle_, bytes) \
    [PLACE(handle_)] = {handle_, #handle_, bytes, bytes, 1, 1, {{0, bytes}}}
#define PAIR(handle_, first, second) \
    [PLACE(handle_)] = {handle_, #handle_, sizeof(first) + sizeof(second), \
                        sizeof(struct {first a; second b;}), 2, 2, \
                        {{0, sizeof(first)}, {offsetof(struct {first a; second b;}, b), sizeof(second)}}}

/* Fortran's default kinds are those of every compiler on the machines that Godwit knows: INTEGER, LOGICAL and REAL
 * of 4 bytes, DOUBLE PRECISION of 8. */
const struct type type_predefined[TYPE_PREDEFINED_COUNT] = {
    BASIC(MPI_AINT, sizeof(MPI_Aint)), BASIC(MPI_COUNT, sizeof(MPI_Count)), BASIC(MPI_OFFSET, sizeof(MPI_Offset)),
    BASIC(MPI_PACKED, 1),
    BASIC(MPI_SHORT, sizeof(short)), BASIC(MPI_INT, sizeof(int)), BASIC(MPI_LONG, sizeof(long)),
    BASIC(MPI_LONG_LONG, sizeof(long long)),
    BASIC(MPI_UNSIGNED_SHORT, sizeof(short)), BASIC(MPI_UNSIGNED, sizeof(int)), BASIC(MPI_UNSIGNED_LONG, sizeof(long)),
    BASIC(MPI_UNSIGNED_LONG_LONG, sizeof(long long)),
    BASIC(MPI_FLOAT, sizeof(float)), BASIC(MPI_C_FLOAT_COMPLEX, sizeof(float _Complex)),
    BASIC(MPI_CXX_FLOAT_COMPLEX, sizeof(float _Complex)),
    BASIC(MPI_DOUBLE, sizeof(double)), BASIC(MPI_C_DOUBLE_COMPLEX, sizeof(double _Complex)),
    BASIC(MPI_CXX_DOUBLE_COMPLEX, sizeof(double _Complex)),
    BASIC(MPI_LOGICAL, 4), BASIC(MPI_INTEGER, 4), BASIC(MPI_REAL, 4), BASIC(MPI_COMPLEX, 8),
    BASIC(MPI_DOUBLE_PRECISION, 8), BASIC(MPI_DOUBLE_COMPLEX, 16), BASIC(MPI_CHARACTER, 1),
    BASIC(MPI_LONG_DOUBLE, sizeof(long double)), BASIC(MPI_C_LONG_DOUBLE_COMPLEX, sizeof(long double _Complex)),
    BASIC(MPI_CXX_LONG_DOUBLE_COMPLEX, sizeof(long double _Complex)),
    PAIR(MPI_FLOAT_INT, float, int), PAIR(MPI_DOUBLE_INT, double, int), PAIR(MPI_LONG_INT, long, int),
    PAIR(MPI_2INT, int, int), PAIR(MPI_SHORT_INT, short, int), PAIR(MPI_LONG_DOUBLE_INT, long double, int),
    PAIR(MPI_2REAL, float, float), PAIR(MPI_2DOUBLE_PRECISION, double, double), PAIR(MPI_2INTEGER, int, int),
    BASIC(MPI_C_BOOL, sizeof(bool)), BASIC(MPI_CXX_BOOL, sizeof(bool)), BASIC(MPI_WCHAR, sizeof(wchar_t)),
    BASIC(MPI_INT8_T, 1), BASIC(MPI_UINT8_T, 1), BASIC(MPI_CHAR, 1), BASIC(MPI_SIGNED_CHAR, 1),
    BASIC(MPI_UNSIGNED_CHAR, 1), BASIC(MPI_BYTE, 1),
    BASIC(MPI_INT16_T, 2), BASIC(MPI_UINT16_T, 2), BASIC(MPI_INT32_T, 4), BASIC(MPI_UINT32_T, 4),
    BASIC(MPI_INT64_T, 8), BASIC(MPI_UINT64_T, 8),
    BASIC(MPI_LOGICAL1, 1), BASIC(MPI_INTEGER1, 1), BASIC(MPI_LOGICAL2, 2), BASIC(MPI_INTEGER2, 2),
    BASIC(MPI_REAL2, 2), BASIC(MPI_LOGICAL4, 4), BASIC(MPI_INTEGER4, 4), BASIC(MPI_REAL4, 4), BASIC(MPI_COMPLEX4, 4),
    BASIC(MPI_LOGICAL8, 8), BASIC(MPI_INTEGER8, 8), BASIC(MPI_REAL8, 8), BASIC(MPI_COMPLEX8, 8),
    BASIC(MPI_LOGICAL16, 16), BASIC(MPI_INTEGER16, 16), BASIC(MPI_REAL16, 16), BASIC(MPI_COMPLEX16, 16),
    BASIC(MPI_COMPLEX32, 32),
};

/* Goes through the blocks, element by element. */
static void move_blocks(struct cursor *c, char *packed, size_t n, int fill)
{
    const struct type *t = c->layout;
    while (n) {
        const struct type_block *b = &t->blocks[c->block];
        size_t some = b->size - c->within < n ? b->size - c->within : n;
        char *at = c->at + c->element * t->extent + b->at + c->within;
        if (packed) {
            memcpy(fill ? packed : at, fill ? at : packed, some);
            packed += some;
        }
        n -= some;
        c->within += some;
        if (c->within == b->size) {
            c->within = 0;
            if (++c->block == t->block_count) {
                c->block = 0;
                c->element++;
            }
        }
    }
}

void type_cursor(struct cursor *c, const void *memory, size_t size, const struct type *t)
{
    cursor_set(c, memory, size);
    if (!type_is_contiguous(t))
        *c = (struct cursor){.at = (char *)memory, .left = size, .move = move_blocks, .layout = t};
}

uint8_t type_plain[TYPE_PREDEFINED_COUNT];

void type_init(void)
{
    for (int i = 0; i < TYPE_PREDEFINED_COUNT; i++)
        if (type_predefined[i].handle && type_is_contiguous(&type_predefined[i]))
            type_plain[i] = (uint8_t)type_predefined[i].size;
}
