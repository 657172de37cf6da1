/* The table of predefined datatypes, and what is asked of any type: see type.h. */
#include "type/type.h"

#include "type/construct.h"
#include "type/layout.h"

#include <complex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>

#define PLACE(handle) ((int)(uintptr_t)(handle) - TYPE_PREDEFINED)
#define TYPE(handle) (&type_predefined[PLACE(handle)])

/* One block. Complex numbers are aligned like their halves, everything else like itself. */
#define BLOCK(n) &(const struct layout){.size = n, .blocks = 1, .bytes = n}
#define ALIGNED(handle_, name_, bytes_, align_) \
    [PLACE(handle_)] = {.obj = {.kind = OBJ_TYPE}, .handle = handle_, .name = name_, .size = bytes_, \
                        .extent = bytes_, .true_extent = bytes_, .basics = 1, .basic = TYPE(handle_), \
                        .layout = BLOCK(bytes_), .endless = BLOCK(LAYOUT_ENDLESS), .align = align_, \
                        .predefined = 1, .committed = 1, .dense = 1}
#define BASIC(handle, n) ALIGNED(handle, #handle, n, (n) > 16 ? 16 : (n))
#define COMPLEX(handle, n) ALIGNED(handle, #handle, n, (n) / 2)

/* Two basic types as C puts them into a struct. Those with a gap: a loop over a block, or over a list of two blocks
 * when the gap is within. */
#define STRUCT(first, second) struct {first a; second b;}
#define SECOND(first, second) offsetof(STRUCT(first, second), b)
#define HAS_GAP(first, second) (sizeof(STRUCT(first, second)) > sizeof(first) + sizeof(second))
#define GAP_WITHIN(first, second) (SECOND(first, second) > sizeof(first))
#define TWO_BLOCKS(first, second) \
    &(struct layout_list){.count = 2, .offsets = (const int64_t[]){0, SECOND(first, second)}, \
                          .starts = (const uint64_t[]){0, sizeof(first), sizeof(first) + sizeof(second)}}
#define PAIR(handle_, first, first_handle, second, second_handle) \
    [PLACE(handle_)] = {.obj = {.kind = OBJ_TYPE}, .handle = handle_, .name = #handle_, \
        .size = sizeof(first) + sizeof(second), .extent = sizeof(STRUCT(first, second)), \
        .true_extent = SECOND(first, second) + sizeof(second), \
        .basics = 2, .basic = first_handle == second_handle ? TYPE(first_handle) : NULL, \
        .parts = (const struct type_part[]){{1, TYPE(first_handle)}, {1, TYPE(second_handle)}}, .part_count = 2, \
        .layout = &(const struct layout){ \
            .size = sizeof(first) + sizeof(second), .blocks = GAP_WITHIN(first, second) ? 2 : 1, \
            .bytes = GAP_WITHIN(first, second) ? 0 : sizeof(first) + sizeof(second), \
            .list = GAP_WITHIN(first, second) ? TWO_BLOCKS(first, second) : NULL}, \
        .endless = &(const struct layout){ \
            .size = UINT64_MAX, .blocks = HAS_GAP(first, second) ? UINT64_MAX : 1, \
            .bytes = GAP_WITHIN(first, second) ? 0 \
                     : HAS_GAP(first, second)  ? sizeof(first) + sizeof(second) \
                                               : LAYOUT_ENDLESS, \
            .list = GAP_WITHIN(first, second) ? TWO_BLOCKS(first, second) : NULL, \
            .loop_count = HAS_GAP(first, second) ? 1 : 0, \
            .loops = (struct layout_loop[]){{LAYOUT_ENDLESS, sizeof(STRUCT(first, second)), \
                                             sizeof(first) + sizeof(second)}}}, \
        .align = _Alignof(STRUCT(first, second)), .predefined = 1, .committed = 1, .dense = !HAS_GAP(first, second)}

/* Fortran's default kinds are those of every compiler on the machines that Godwit knows: INTEGER, LOGICAL and REAL
 * of 4 bytes, DOUBLE PRECISION of 8. */
struct type type_predefined[TYPE_PREDEFINED_COUNT] = {
    BASIC(MPI_AINT, sizeof(MPI_Aint)), BASIC(MPI_COUNT, sizeof(MPI_Count)), BASIC(MPI_OFFSET, sizeof(MPI_Offset)),
    BASIC(MPI_PACKED, 1),
    BASIC(MPI_SHORT, sizeof(short)), BASIC(MPI_INT, sizeof(int)), BASIC(MPI_LONG, sizeof(long)),
    BASIC(MPI_LONG_LONG_INT, sizeof(long long)),
    BASIC(MPI_UNSIGNED_SHORT, sizeof(short)), BASIC(MPI_UNSIGNED, sizeof(int)), BASIC(MPI_UNSIGNED_LONG, sizeof(long)),
    BASIC(MPI_UNSIGNED_LONG_LONG, sizeof(long long)),
    BASIC(MPI_FLOAT, sizeof(float)), COMPLEX(MPI_C_COMPLEX, sizeof(float _Complex)),
    COMPLEX(MPI_CXX_FLOAT_COMPLEX, sizeof(float _Complex)),
    BASIC(MPI_DOUBLE, sizeof(double)), COMPLEX(MPI_C_DOUBLE_COMPLEX, sizeof(double _Complex)),
    COMPLEX(MPI_CXX_DOUBLE_COMPLEX, sizeof(double _Complex)),
    BASIC(MPI_LOGICAL, 4), BASIC(MPI_INTEGER, 4), BASIC(MPI_REAL, 4), COMPLEX(MPI_COMPLEX, 8),
    BASIC(MPI_DOUBLE_PRECISION, 8), COMPLEX(MPI_DOUBLE_COMPLEX, 16), BASIC(MPI_CHARACTER, 1),
    BASIC(MPI_LONG_DOUBLE, sizeof(long double)), COMPLEX(MPI_C_LONG_DOUBLE_COMPLEX, sizeof(long double _Complex)),
    COMPLEX(MPI_CXX_LONG_DOUBLE_COMPLEX, sizeof(long double _Complex)),
    PAIR(MPI_FLOAT_INT, float, MPI_FLOAT, int, MPI_INT), PAIR(MPI_DOUBLE_INT, double, MPI_DOUBLE, int, MPI_INT),
    PAIR(MPI_LONG_INT, long, MPI_LONG, int, MPI_INT), PAIR(MPI_2INT, int, MPI_INT, int, MPI_INT),
    PAIR(MPI_SHORT_INT, short, MPI_SHORT, int, MPI_INT),
    PAIR(MPI_LONG_DOUBLE_INT, long double, MPI_LONG_DOUBLE, int, MPI_INT),
    PAIR(MPI_2REAL, float, MPI_REAL, float, MPI_REAL),
    PAIR(MPI_2DOUBLE_PRECISION, double, MPI_DOUBLE_PRECISION, double, MPI_DOUBLE_PRECISION),
    PAIR(MPI_2INTEGER, int, MPI_INTEGER, int, MPI_INTEGER),
    BASIC(MPI_C_BOOL, sizeof(bool)), BASIC(MPI_CXX_BOOL, sizeof(bool)), BASIC(MPI_WCHAR, sizeof(wchar_t)),
    BASIC(MPI_INT8_T, 1), BASIC(MPI_UINT8_T, 1), BASIC(MPI_CHAR, 1), BASIC(MPI_SIGNED_CHAR, 1),
    BASIC(MPI_UNSIGNED_CHAR, 1), BASIC(MPI_BYTE, 1),
    BASIC(MPI_INT16_T, 2), BASIC(MPI_UINT16_T, 2), BASIC(MPI_INT32_T, 4), BASIC(MPI_UINT32_T, 4),
    BASIC(MPI_INT64_T, 8), BASIC(MPI_UINT64_T, 8),
    BASIC(MPI_LOGICAL1, 1), BASIC(MPI_INTEGER1, 1), BASIC(MPI_LOGICAL2, 2), BASIC(MPI_INTEGER2, 2),
    BASIC(MPI_REAL2, 2), BASIC(MPI_LOGICAL4, 4), BASIC(MPI_INTEGER4, 4), BASIC(MPI_REAL4, 4), COMPLEX(MPI_COMPLEX4, 4),
    BASIC(MPI_LOGICAL8, 8), BASIC(MPI_INTEGER8, 8), BASIC(MPI_REAL8, 8), COMPLEX(MPI_COMPLEX8, 8),
    BASIC(MPI_LOGICAL16, 16), BASIC(MPI_INTEGER16, 16), BASIC(MPI_REAL16, 16), COMPLEX(MPI_COMPLEX16, 16),
    COMPLEX(MPI_COMPLEX32, 32),
};

uint8_t type_plain[TYPE_PREDEFINED_COUNT];

void type_init(void)
{
    for (int i = 0; i < TYPE_PREDEFINED_COUNT; i++)
        if (type_predefined[i].handle && type_is_contiguous(&type_predefined[i]))
            type_plain[i] = (uint8_t)type_predefined[i].size;
}

/* ---- life ---- */

const struct type *type_get(const struct type *t)
{
    if (!t->predefined)
        atomic_fetch_add_explicit(&((struct type *)t)->references, 1, memory_order_relaxed);
    return t;
}

void type_put(const struct type *t)
{
    struct type *mine = (struct type *)t;
    if (!t || t->predefined || atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) > 1)
        return;
    struct type_contents *c = mine->contents;
    for (uint64_t i = 0; i < c->type_count; i++)
        type_put(c->types[i]);
    layout_put(mine->layout);
    layout_put(mine->endless);
    handle_forget(&mine->obj);
    mine->obj.kind = 0;
    free(mine->given_name);
    free((void *)mine->parts);
    free(c);
    free(mine);
}

int type_commit(struct type *t)
{
    if (t->committed)
        return 0;
    if (!t->endless && !(t->endless = layout_endless(t->layout, t->extent)))
        return MPI_ERR_NO_MEM;
    t->committed = 1;
    return 0;
}

/* ---- the data ---- */

static void move(struct cursor *c, char *packed, size_t n, int fill)
{
    const struct type *t = c->layout;
    if (packed)
        layout_move(t->endless, c->at, c->position, packed, n, fill);
    c->position += n;
}

void type_cursor(struct cursor *c, const void *memory, uint64_t size, const struct type *t)
{
    const char *first = (const char *)((uintptr_t)memory + (uintptr_t)t->true_lb);
    if (t->dense || size == 0 || (size <= t->size && layout_is_block(t->layout)))
        cursor_set(c, first, size);
    else
        *c = (struct cursor){.at = (char *)memory, .left = size, .move = move, .layout = t};
}

/* ---- what it consists of ---- */

uint64_t type_elements(const struct type *t, uint64_t bytes)
{
    uint64_t n = 0, some;
    while (bytes) {
        if (t->size == 0)
            return UINT64_MAX;
        if (__builtin_mul_overflow(bytes / t->size, t->basics, &some) || __builtin_add_overflow(n, some, &n))
            return UINT64_MAX;
        bytes %= t->size;
        if (t->basic)
            return bytes % t->basic->size ? UINT64_MAX : n + bytes / t->basic->size;
        if (!bytes)
            break;
        const struct type_part *p = t->parts;
        for (; bytes >= p->count * p->type->size; p++) {
            bytes -= p->count * p->type->size;
            n += p->count * p->type->basics;
        }
        t = p->type;
    }
    return n;
}

uint64_t type_bytes(const struct type *t, uint64_t elements)
{
    uint64_t n = 0, some;
    while (elements) {
        if (t->basics == 0 || __builtin_mul_overflow(elements / t->basics, t->size, &some) ||
            __builtin_add_overflow(n, some, &n))
            return UINT64_MAX;
        elements %= t->basics;
        if (t->basic)
            return n > UINT64_MAX - elements * t->basic->size ? UINT64_MAX : n + elements * t->basic->size;
        if (!elements)
            break;
        const struct type_part *p = t->parts;
        for (; elements >= p->count * p->type->basics; p++) {
            elements -= p->count * p->type->basics;
            if (__builtin_add_overflow(n, p->count * p->type->size, &n))
                return UINT64_MAX;
        }
        t = p->type;
    }
    return n;
}

int type_each_run(const struct type *t, uint64_t count, type_run *run, void *arg)
{
    int rc = 0;
    if (t->basics == 0 || count == 0)
        return 0;
    if (t->basic)
        return run(arg, t->basic, count * t->basics);
    if (t->part_count == 1)
        return type_each_run(t->parts[0].type, count * t->parts[0].count, run, arg);
    for (uint64_t i = 0; !rc && i < count; i++)
        for (uint64_t p = 0; !rc && p < t->part_count; p++)
            rc = type_each_run(t->parts[p].type, t->parts[p].count, run, arg);
    return rc;
}

/* ---- names ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all names */

const char *type_title(const struct type *t)
{
    static const struct {
        int combiner;
        const char *words;
    } made_by[] = {
        {MPI_COMBINER_DUP, "a type made by MPI_Type_dup"},
        {MPI_COMBINER_CONTIGUOUS, "a type made by MPI_Type_contiguous"},
        {MPI_COMBINER_VECTOR, "a type made by MPI_Type_vector"},
        {MPI_COMBINER_HVECTOR, "a type made by MPI_Type_create_hvector"},
        {MPI_COMBINER_INDEXED, "a type made by MPI_Type_indexed"},
        {MPI_COMBINER_HINDEXED, "a type made by MPI_Type_create_hindexed"},
        {MPI_COMBINER_INDEXED_BLOCK, "a type made by MPI_Type_create_indexed_block"},
        {MPI_COMBINER_HINDEXED_BLOCK, "a type made by MPI_Type_create_hindexed_block"},
        {MPI_COMBINER_STRUCT, "a type made by MPI_Type_create_struct"},
        {MPI_COMBINER_SUBARRAY, "a type made by MPI_Type_create_subarray"},
        {MPI_COMBINER_DARRAY, "a type made by MPI_Type_create_darray"},
        {MPI_COMBINER_RESIZED, "a type made by MPI_Type_create_resized"},
        {MPI_COMBINER_F90_REAL, "a type made by MPI_Type_create_f90_real"},
        {MPI_COMBINER_F90_COMPLEX, "a type made by MPI_Type_create_f90_complex"},
        {MPI_COMBINER_F90_INTEGER, "a type made by MPI_Type_create_f90_integer"},
        {MPI_COMBINER_VALUE_INDEX, "a type made by MPI_Type_get_value_index"},
    };
    if (t->name[0])
        return t->name;
    for (size_t i = 0; t->contents && i < sizeof made_by / sizeof made_by[0]; i++)
        if (t->contents->combiner == made_by[i].combiner)
            return made_by[i].words;
    return "a type without a name";
}

void type_copy_name(const struct type *t, char *name)
{
    pthread_mutex_lock(&lock);
    size_t n = strlen(t->name);
    memcpy(name, t->name, n + 1);
    pthread_mutex_unlock(&lock);
}

int type_set_name(struct type *t, const char *name)
{
    char *copy = strndup(name, MPI_MAX_OBJECT_NAME - 1);
    if (!copy)
        return MPI_ERR_NO_MEM;
    pthread_mutex_lock(&lock);
    free(t->given_name);
    t->name = t->given_name = copy;
    pthread_mutex_unlock(&lock);
    return 0;
}
