/* Groups: see group.h. */
#include "obj/group.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static int me;

struct group group_empty = {.obj = {.kind = OBJ_GROUP}, .rank = MPI_UNDEFINED, .stride = 1};

void group_init(int world_rank)
{
    me = world_rank;
}

/* ---- making ---- */

static struct group *make(int first, int stride, int size, int32_t *table)
{
    struct group *g = malloc(sizeof *g);
    if (!g) {
        free(table);
        return NULL;
    }
    *g = (struct group){.obj = {.kind = OBJ_GROUP}, .references = 1, .size = size, .first = first, .stride = stride,
                        .table = table};
    g->rank = group_rank(g, me);
    return g;
}

struct group *group_regular(int first, int stride, int size)
{
    return size == 0 ? &group_empty : make(first, size == 1 ? 1 : stride, size, NULL);
}

struct group *group_of_table(int32_t *table, int size)
{
    int stride = size > 1 ? table[1] - table[0] : 1, i = 1;
    while (i < size && table[i] - table[i - 1] == stride)
        i++;
    if (i < size)
        return make(0, 0, size, table);
    struct group *g = size ? group_regular(table[0], stride, size) : &group_empty;
    free(table);
    return g;
}

struct group *group_of_session(const struct group *g, uint32_t session)
{
    struct group *made = group_regular(g->first, g->stride, g->size);
    if (made)
        made->session = session;
    return made;
}

struct group *group_get(struct group *g)
{
    if (g != &group_empty)
        atomic_fetch_add_explicit(&g->references, 1, memory_order_relaxed);
    return g;
}

void group_put(struct group *g)
{
    if (!g || g == &group_empty || atomic_fetch_sub(&g->references, 1) > 1)
        return;
    handle_forget(&g->obj);
    g->obj.kind = 0;
    free(g->table);
    free(atomic_load(&g->places));
    free(g);
}

/* ---- ranks ---- */

static int by_world(const void *a, const void *b)
{
    return ((const struct group_place *)a)->world - ((const struct group_place *)b)->world;
}

/* NULL: no memory. Two threads may make them; one of the two is kept. */
static struct group_place *places_of(struct group *g)
{
    struct group_place *p = atomic_load_explicit(&g->places, memory_order_acquire); /* I1 */
    if (p || !(p = malloc((size_t)g->size * sizeof *p)))
        return p;
    for (int i = 0; i < g->size; i++)
        p[i] = (struct group_place){g->table[i], i};
    qsort(p, (size_t)g->size, sizeof *p, by_world);
    struct group_place *before = NULL;
    if (atomic_compare_exchange_strong(&g->places, &before, p)) /* I0 */
        return p;
    free(p);
    return before;
}

static int rank_in_table(struct group *g, int world)
{
    enum { FEW = 16 /* for which sorting does not pay */ };
    struct group_place wanted = {world, 0};
    const struct group_place *all = g->size > FEW ? places_of(g) : NULL;
    if (all) {
        const struct group_place *found = bsearch(&wanted, all, (size_t)g->size, sizeof *all, by_world);
        return found ? found->rank : MPI_UNDEFINED;
    }
    for (int i = 0; i < g->size; i++)
        if (g->table[i] == world)
            return i;
    return MPI_UNDEFINED;
}

int group_rank(struct group *g, int world)
{
    if (g->table)
        return rank_in_table(g, world);
    int from = world - g->first;
    if (g->size == 0 || from % g->stride)
        return MPI_UNDEFINED;
    int rank = from / g->stride;
    return rank >= 0 && rank < g->size ? rank : MPI_UNDEFINED;
}

/* ---- two groups ---- */

static int same_order(const struct group *a, const struct group *b)
{
    if (!a->table && !b->table)
        return a->first == b->first && (a->stride == b->stride || a->size == 1);
    if (!a->table || !b->table)
        return 0; /* what is regular has no table */
    return memcmp(a->table, b->table, (size_t)a->size * sizeof *a->table) == 0;
}

int group_contains(struct group *g, struct group *all)
{
    if (all->size > g->size)
        return 0;
    for (int i = 0; i < all->size; i++)
        if (group_rank(g, group_world(all, i)) == MPI_UNDEFINED)
            return 0;
    return 1;
}

int group_compare(struct group *a, struct group *b)
{
    if (a == b)
        return MPI_IDENT;
    if (a->size != b->size)
        return MPI_UNEQUAL;
    if (a->size == 0 || same_order(a, b))
        return MPI_IDENT;
    return group_contains(a, b) ? MPI_SIMILAR : MPI_UNEQUAL;
}

int group_disjoint(struct group *a, struct group *b)
{
    for (int i = 0; i < b->size; i++)
        if (group_rank(a, group_world(b, i)) != MPI_UNDEFINED)
            return 0;
    return 1;
}

/* Appends the members of a that are (or are not) members of b. */
static int append(int32_t *table, int n, const struct group *a, struct group *b, int members)
{
    for (int i = 0; i < a->size; i++) {
        int world = group_world(a, i);
        if ((group_rank(b, world) != MPI_UNDEFINED) == members)
            table[n++] = world;
    }
    return n;
}

static int give(struct group *g, uint32_t session, struct group **out)
{
    *out = g;
    if (g && g != &group_empty)
        g->session = session;
    return g ? 0 : MPI_ERR_NO_MEM;
}

static int32_t *table_of(int64_t size)
{
    return malloc((size_t)(size ? size : 1) * sizeof(int32_t));
}

/* What is the first group as it was, is not made anew. */
static int finish(struct group *a, const struct group *b, int32_t *table, int n, struct group **out)
{
    if (n != a->size)
        return give(group_of_table(table, n), a->session ? a->session : b->session, out);
    free(table);
    *out = group_get(a);
    return 0;
}

int group_union(struct group *a, struct group *b, struct group **out)
{
    int32_t *table = table_of((int64_t)a->size + b->size);
    if (!table)
        return MPI_ERR_NO_MEM;
    for (int i = 0; i < a->size; i++)
        table[i] = group_world(a, i);
    return finish(a, b, table, append(table, a->size, b, a, 0), out);
}

int group_intersection(struct group *a, struct group *b, struct group **out)
{
    int32_t *table = table_of(a->size);
    return table ? finish(a, b, table, append(table, 0, a, b, 1), out) : MPI_ERR_NO_MEM;
}

int group_difference(struct group *a, struct group *b, struct group **out)
{
    int32_t *table = table_of(a->size);
    return table ? finish(a, b, table, append(table, 0, a, b, 0), out) : MPI_ERR_NO_MEM;
}

/* ---- some ranks of a group ---- */

/* How many ranks a range has; 0: it has none. */
static int64_t range_length(const int range[3])
{
    int64_t span = (int64_t)range[1] - range[0];
    return range[2] == 0 || span / range[2] < 0 || (span != 0 && (span > 0) != (range[2] > 0))
               ? 0
               : span / range[2] + 1;
}

/* Marks the ranks of a range, and appends them to the table, if there is one. */
static int mark_range(const struct group *g, const int range[3], char *marks, int32_t *table, int *n, int *rank)
{
    int64_t length = range_length(range);
    if (length == 0)
        return MPI_ERR_ARG;
    for (int64_t i = 0; i < length; i++) {
        int64_t r = range[0] + i * range[2];
        *rank = (int)r;
        if (r < 0 || r >= g->size || marks[r])
            return MPI_ERR_RANK;
        marks[r] = 1;
        if (table)
            table[*n] = group_world(g, (int)r);
        ++*n;
    }
    return 0;
}

static int32_t *unmarked(const struct group *g, const char *marks, int count)
{
    int32_t *table = table_of(count);
    for (int i = 0, n = 0; table && i < g->size; i++)
        if (!marks[i])
            table[n++] = group_world(g, i);
    return table;
}

int group_ranges(struct group *g, int n, const int (*ranges)[3], int excluded, struct group **out, int *bad,
                 int *rank)
{
    int rc = 0, count = 0;
    char *marks = calloc(1, (size_t)g->size + 1);
    int32_t *table = excluded ? NULL : table_of(g->size);
    if (!marks || (!excluded && !table))
        rc = MPI_ERR_NO_MEM;
    for (int i = 0; !rc && i < n; i++) {
        *bad = i;
        rc = mark_range(g, ranges[i], marks, table, &count, rank);
    }
    if (!rc && excluded) {
        count = g->size - count;
        table = unmarked(g, marks, count);
        rc = table ? 0 : MPI_ERR_NO_MEM;
    }
    if (rc)
        free(table);
    else
        rc = give(group_of_table(table, count), g->session, out);
    free(marks);
    return rc;
}

int group_ranks(struct group *g, int n, const int *ranks, int excluded, struct group **out, int *bad)
{
    int rank;
    int (*ranges)[3] = malloc((size_t)(n ? n : 1) * sizeof *ranges);
    if (!ranges)
        return MPI_ERR_NO_MEM;
    for (int i = 0; i < n; i++) {
        ranges[i][0] = ranges[i][1] = ranks[i];
        ranges[i][2] = 1;
    }
    int rc = group_ranges(g, n, (const int (*)[3])ranges, excluded, out, bad, &rank);
    free(ranges);
    return rc;
}
