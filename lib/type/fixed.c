/* Datatypes that are asked for by what they can hold: those of MPI_Type_create_f90_*, pairs of value and index, and
 * types of a size. Where there is no constant for one, it is made when it is first asked for, and stays. */
#include "type/construct.h"

#include "type/layout.h"

#include <float.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* All that were made. */
static struct made {
    struct made *next;
    struct type *type;
} *all;

static int is_same(const struct type *t, int combiner, int first, int second, const struct type *value,
                   const struct type *index)
{
    const struct type_contents *c = t->contents;
    if (c->combiner != combiner)
        return 0;
    if (combiner == MPI_COMBINER_VALUE_INDEX)
        return c->types[0] == value && c->types[1] == index;
    return c->integers[0] == first && (c->integer_count == 1 || c->integers[1] == second);
}

/* Makes it one that is always there. */
static int add(struct type *t)
{
    struct made *m = malloc(sizeof *m);
    if (!m || type_commit(t)) {
        free(m);
        type_put(t);
        return MPI_ERR_NO_MEM;
    }
    t->predefined = 1;
    *m = (struct made){all, t};
    all = m;
    return 0;
}

static struct type *find(int combiner, int first, int second, const struct type *value, const struct type *index)
{
    for (const struct made *m = all; m; m = m->next)
        if (is_same(m->type, combiner, first, second, value, index))
            return m->type;
    return NULL;
}

/* ---- Fortran's selected kinds ---- */

/* The kinds that Fortran compilers have on the machines that Godwit knows, smallest first. The format of long double,
 * where it is not REAL(16)'s, is a kind of its own (10). */
static MPI_Datatype real_of(int combiner, int precision, int range)
{
    static const struct {
        int precision, range;
        MPI_Datatype real, complex;
    } kinds[] = {
        {6, 37, MPI_REAL4, MPI_COMPLEX8},
        {15, 307, MPI_REAL8, MPI_COMPLEX16},
#if LDBL_MANT_DIG == 64
        {18, 4931, MPI_LONG_DOUBLE, MPI_C_LONG_DOUBLE_COMPLEX},
#endif
        {33, 4931, MPI_REAL16, MPI_COMPLEX32},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if ((precision == MPI_UNDEFINED || precision <= kinds[i].precision) &&
            (range == MPI_UNDEFINED || range <= kinds[i].range))
            return combiner == MPI_COMBINER_F90_REAL ? kinds[i].real : kinds[i].complex;
    return MPI_DATATYPE_NULL;
}

static MPI_Datatype integer_of(int range)
{
    return range <= 2    ? MPI_INTEGER1
           : range <= 4  ? MPI_INTEGER2
           : range <= 9  ? MPI_INTEGER4
           : range <= 18 ? MPI_INTEGER8
           : range <= 38 ? MPI_INTEGER16
                         : MPI_DATATYPE_NULL;
}

static int make_f90(int combiner, int precision, int range, const struct type *old, struct type **out)
{
    struct type *t = type_new(combiner, 0, 0, 0, 2, 0);
    struct type_bounds b = {0};
    if (!t)
        return MPI_ERR_NO_MEM;
    if (combiner != MPI_COMBINER_F90_INTEGER)
        type_keep_integer(t, precision);
    type_keep_integer(t, range);
    type_bounds_add(&b, old, 0, 0);
    int rc = type_finish(t, old, 1, &b, (struct layout *)layout_get(old->layout), out, NULL);
    return rc ? rc : add(*out);
}

int type_f90(int combiner, int precision, int range, struct type **out)
{
    int rc = 0, integer = combiner == MPI_COMBINER_F90_INTEGER;
    struct type *old = type_of(integer ? integer_of(range) : real_of(combiner, precision, range));
    *out = NULL;
    if (!old)
        return 0;
    pthread_mutex_lock(&lock);
    *out = find(combiner, integer ? range : precision, range, NULL, NULL);
    if (!*out)
        rc = make_f90(combiner, precision, range, old, out);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* ---- pairs ---- */

static int is_among(MPI_Datatype t, const MPI_Datatype *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == t)
            return 1;
    return 0;
}

static int is_integer(MPI_Datatype t)
{
    static const MPI_Datatype integers[] = {
        MPI_INT, MPI_LONG, MPI_SHORT, MPI_UNSIGNED, MPI_UNSIGNED_LONG, MPI_UNSIGNED_SHORT, MPI_LONG_LONG,
        MPI_UNSIGNED_LONG_LONG, MPI_SIGNED_CHAR, MPI_UNSIGNED_CHAR, MPI_INT8_T, MPI_INT16_T, MPI_INT32_T, MPI_INT64_T,
        MPI_UINT8_T, MPI_UINT16_T, MPI_UINT32_T, MPI_UINT64_T, MPI_INTEGER, MPI_INTEGER1, MPI_INTEGER2, MPI_INTEGER4,
        MPI_INTEGER8, MPI_INTEGER16, MPI_AINT, MPI_COUNT, MPI_OFFSET};
    return is_among(t, integers, sizeof integers / sizeof integers[0]);
}

static int is_real(MPI_Datatype t)
{
    static const MPI_Datatype reals[] = {MPI_FLOAT, MPI_DOUBLE, MPI_LONG_DOUBLE, MPI_REAL, MPI_DOUBLE_PRECISION,
                                         MPI_REAL2, MPI_REAL4, MPI_REAL8, MPI_REAL16};
    return is_among(t, reals, sizeof reals / sizeof reals[0]);
}

static struct type *named_pair(const struct type *value, const struct type *index)
{
    static const MPI_Datatype named[] = {MPI_FLOAT_INT, MPI_DOUBLE_INT, MPI_LONG_INT, MPI_2INT, MPI_SHORT_INT,
                                         MPI_LONG_DOUBLE_INT, MPI_2REAL, MPI_2DOUBLE_PRECISION, MPI_2INTEGER};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        struct type *t = type_of(named[i]);
        if (t->parts[0].type == value && t->parts[1].type == index)
            return t;
    }
    return NULL;
}

/* As C puts the two into a struct. */
static int make_pair(const struct type *value, const struct type *index, struct type **out)
{
    int one[] = {1, 1};
    MPI_Aint at[] = {0, (MPI_Aint)((value->size + index->align - 1) / index->align * index->align)};
    const struct type *both[] = {value, index};
    int rc = type_struct(0, 2, (struct type_row){one, NULL}, (struct type_row){NULL, at}, both, out, NULL);
    if (rc)
        return rc;
    struct type_contents *c = (*out)->contents; /* a pair is told by its types alone */
    c->combiner = MPI_COMBINER_VALUE_INDEX;
    c->integer_count = c->address_count = 0;
    return add(*out);
}

int type_value_index(const struct type *value, const struct type *index, struct type **out)
{
    int rc = 0;
    *out = named_pair(value, index);
    if (*out || !is_integer(index->handle) || (!is_integer(value->handle) && !is_real(value->handle)))
        return 0;
    pthread_mutex_lock(&lock);
    *out = find(MPI_COMBINER_VALUE_INDEX, 0, 0, value, index);
    if (!*out)
        rc = make_pair(value, index, out);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* ---- sizes ---- */

MPI_Datatype type_match_size(int class, int size)
{
    static const struct {
        int class;
        MPI_Datatype types[6];
    } classes[] = {
        {MPI_TYPECLASS_INTEGER, {MPI_INTEGER1, MPI_INTEGER2, MPI_INTEGER4, MPI_INTEGER8, MPI_INTEGER16}},
        {MPI_TYPECLASS_REAL, {MPI_REAL2, MPI_REAL4, MPI_REAL8, MPI_REAL16}},
        {MPI_TYPECLASS_COMPLEX, {MPI_COMPLEX4, MPI_COMPLEX8, MPI_COMPLEX16, MPI_COMPLEX32}},
        {MPIX_TYPECLASS_LOGICAL, {MPI_LOGICAL1, MPI_LOGICAL2, MPI_LOGICAL4, MPI_LOGICAL8, MPI_LOGICAL16}},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        for (int j = 0; classes[i].class == class && classes[i].types[j]; j++)
            if (size > 0 && type_of(classes[i].types[j])->size == (uint64_t)size)
                return classes[i].types[j];
    return MPI_DATATYPE_NULL;
}
