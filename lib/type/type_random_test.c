/* Derived datatypes against a slow reference that lists every byte: random nests of all constructors, their size and
 * bounds, packing and unpacking whole, in pieces and after skips. */
#include "type/construct.h"
#include "type/copy.h"
#include "tests/unit.h"

/* ---- the reference: where each basic element stands, in order ---- */

struct entry {
    int64_t at;
    const struct type *basic;
};
struct map {
    struct entry *entries;
    size_t count, room;
    int bounded, some;
    int64_t lb, ub; /* by the rules of the standard, without epsilon */
};

static void map_add(struct map *m, int64_t at, const struct type *basic)
{
    if (m->count == m->room) {
        m->room = m->room ? 2 * m->room : 64;
        m->entries = realloc(m->entries, m->room * sizeof *m->entries);
    }
    m->entries[m->count++] = (struct entry){at, basic};
}

static void map_bounds(struct map *m, int bounded, int64_t lb, int64_t ub)
{
    if (bounded && !m->bounded) {
        m->bounded = 1;
        m->some = 0;
    }
    if (bounded != m->bounded)
        return;
    m->lb = m->some && m->lb < lb ? m->lb : lb;
    m->ub = m->some && m->ub > ub ? m->ub : ub;
    m->some = 1;
}

static int64_t map_extent(const struct map *m)
{
    int64_t extent = m->ub - m->lb, align = 1;
    for (size_t i = 0; i < m->count; i++)
        align = m->entries[i].basic->align > align ? m->entries[i].basic->align : align;
    while (!m->bounded && extent % align)
        extent++;
    return extent;
}

/* One element of another map at a displacement. */
static void map_put(struct map *m, const struct map *old, int64_t at)
{
    for (size_t i = 0; i < old->count; i++)
        map_add(m, at + old->entries[i].at, old->entries[i].basic);
    if (old->count || old->bounded)
        map_bounds(m, old->bounded, at + old->lb, at + old->lb + map_extent(old));
}

static struct map map_of_basic(const struct type *t)
{
    struct map m = {0};
    map_add(&m, 0, t);
    map_bounds(&m, 0, 0, (int64_t)t->size);
    return m;
}

/* ---- random types with their maps ---- */

struct pair {
    const struct type *t;
    struct map m;
    int borrowed; /* of another pair */
};

static const MPI_Datatype some_basics[] = {MPI_CHAR, MPI_SHORT, MPI_INT, MPI_DOUBLE, MPI_LONG_DOUBLE,
                                           MPI_C_DOUBLE_COMPLEX};
static uint64_t seed = 4711;

static int64_t between(int low, int high)
{
    return low + (int64_t)unit_below(&seed, (uint32_t)(high - low + 1));
}

static struct pair make(int depth);

static struct pair leaf(void)
{
    struct type *t = type_of(some_basics[unit_below(&seed, sizeof some_basics / sizeof some_basics[0])]);
    return (struct pair){t, map_of_basic(t), 0};
}

static void drop(struct pair *p)
{
    type_put(p->t);
    free(p->m.entries);
}

/* Numbers in both forms; the constructor sees one of them. */
struct row {
    int narrow[40];
    int64_t wide[40];
};
static struct type_row use(const struct row *r, int large)
{
    return large ? (struct type_row){NULL, r->wide} : (struct type_row){r->narrow, NULL};
}
static void set(struct row *r, int i, int64_t n)
{
    r->narrow[i] = (int)n;
    r->wide[i] = n;
}

static struct pair make_vector(struct pair *old, int large)
{
    struct pair p = {0};
    struct type *t = NULL;
    int64_t extent = map_extent(&old->m), count = between(0, 5), length = between(0, 4), stride = between(-6, 6);
    int in_bytes = (int)between(0, 1), rc;
    if (between(0, 9) == 0)
        count = between(10, 40);
    if (in_bytes) {
        stride *= between(1, 20);
        rc = type_hvector(large, count, length, stride, old->t, &t, NULL);
    } else {
        rc = type_vector(large, count, length, stride, old->t, &t, NULL);
    }
    ck_assert_int_eq(rc, 0);
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < length; j++)
            map_put(&p.m, &old->m, i * stride * (in_bytes ? 1 : extent) + j * extent);
    p.t = t;
    return p;
}

static struct pair make_indexed(struct pair *old, int large)
{
    struct pair p = {0};
    struct type *t = NULL;
    struct row lengths, displacements;
    int kind = (int)between(0, 3), count = (int)between(0, between(0, 4) ? 5 : 30), rc;
    int64_t extent = map_extent(&old->m), at = between(-5, 5), unit = kind < 2 ? extent : 1, length = between(0, 3);
    for (int i = 0; i < count; i++) {
        if (kind % 2 == 0)
            length = between(0, 3);
        set(&lengths, i, length);
        set(&displacements, i, at);
        for (int64_t j = 0; j < length; j++)
            map_put(&p.m, &old->m, at * unit + j * extent);
        at += between(0, 4) ? between(-10, 20) : length * (kind < 2 ? 1 : extent); /* now and then they touch */
    }
    struct type_row d = kind < 2 ? use(&displacements, large) : use(&displacements, 1);
    if (kind == 0)
        rc = type_indexed(large, count, use(&lengths, large), d, old->t, &t, NULL);
    else if (kind == 1)
        rc = type_indexed_block(large, count, length, d, old->t, &t, NULL);
    else if (kind == 2)
        rc = type_hindexed(large, count, use(&lengths, large), d, old->t, &t, NULL);
    else
        rc = type_hindexed_block(large, count, length, d, old->t, &t, NULL);
    ck_assert_int_eq(rc, 0);
    p.t = t;
    return p;
}

static struct pair make_struct(struct pair *old, int large, int depth)
{
    struct pair p = {0}, others[5];
    struct type *t = NULL;
    const struct type *types[5];
    struct row lengths, displacements;
    int count = (int)between(0, 5);
    int64_t at = between(-20, 20);
    for (int i = 0; i < count; i++) {
        others[i] = between(0, 2) ? make(depth - 1) : (struct pair){old->t, old->m, 1};
        if (others[i].m.count > 300 && !others[i].borrowed) {
            drop(&others[i]);
            others[i] = leaf();
        }
        types[i] = others[i].t;
        int64_t length = between(0, 3), extent = map_extent(&others[i].m);
        set(&lengths, i, length);
        set(&displacements, i, at);
        for (int64_t j = 0; j < length; j++)
            map_put(&p.m, &others[i].m, at + j * extent);
        at += between(0, 2) ? between(-10, 60) : length * extent;
    }
    ck_assert_int_eq(type_struct(large, count, use(&lengths, large), use(&displacements, 1), types, &t, NULL), 0);
    for (int i = 0; i < count; i++)
        if (!others[i].borrowed)
            drop(&others[i]);
    p.t = t;
    return p;
}

static struct pair make_resized(struct pair *old, int large)
{
    struct pair p = {0};
    struct type *t;
    int64_t lb = between(-20, 20), extent = between(-5, 60);
    ck_assert_int_eq(type_resized(large, lb, extent, old->t, &t, NULL), 0);
    map_put(&p.m, &old->m, 0);
    p.m.bounded = p.m.some = 1;
    p.m.lb = lb;
    p.m.ub = lb + extent;
    p.t = t;
    return p;
}

static void subarray_map(struct map *m, const struct map *old, int dimensions, const int64_t *sizes,
                         const int64_t *subsizes, const int64_t *starts, int order)
{
    int64_t index[4] = {0}, total = 1, extent = map_extent(old);
    for (int d = 0; d < dimensions; d++)
        total *= subsizes[d];
    for (int64_t n = 0; n < total; n++) {
        int64_t rest = n, at = 0, step = extent;
        for (int i = 0; i < dimensions; i++) { /* from the fastest on */
            int d = order == MPI_ORDER_C ? dimensions - 1 - i : i;
            index[d] = starts[d] + rest % subsizes[d];
            rest /= subsizes[d];
            at += index[d] * step;
            step *= sizes[d];
        }
        map_put(m, old, at);
    }
    m->bounded = m->some = 1;
    m->lb = 0;
    m->ub = extent;
    for (int d = 0; d < dimensions; d++)
        m->ub *= sizes[d];
}

static struct pair make_subarray(struct pair *old, int large)
{
    struct pair p = {0};
    struct type *t;
    struct row sizes, subsizes, starts;
    int dimensions = (int)between(1, 4), order = between(0, 1) ? MPI_ORDER_C : MPI_ORDER_FORTRAN;
    for (int d = 0; d < dimensions; d++) {
        set(&sizes, d, between(1, 5));
        set(&subsizes, d, between(1, (int)sizes.wide[d]));
        set(&starts, d, between(0, (int)(sizes.wide[d] - subsizes.wide[d])));
    }
    ck_assert_int_eq(type_subarray(large, dimensions, use(&sizes, large), use(&subsizes, large), use(&starts, large),
                                   order, old->t, &t, NULL), 0);
    subarray_map(&p.m, &old->m, dimensions, sizes.wide, subsizes.wide, starts.wide, order);
    p.t = t;
    return p;
}

/* Does an index of a dimension belong to the process at that place? */
static int is_mine(int distribution, int argument, int64_t size, int processes, int place, int64_t index)
{
    if (distribution == MPI_DISTRIBUTE_NONE)
        return 1;
    if (argument == MPI_DISTRIBUTE_DFLT_DARG)
        argument = distribution == MPI_DISTRIBUTE_BLOCK ? (int)((size + processes - 1) / processes) : 1;
    return index / argument % processes == place;
}

static struct pair make_darray(struct pair *old, int large)
{
    struct pair p = {0};
    struct type *t;
    struct row sizes;
    int distributions[3], arguments[3], processes[3], places[3];
    struct type_grid g = {.size = 1, .dimensions = (int)between(1, 3), .distributions = distributions,
                          .arguments = arguments, .processes = processes,
                          .order = between(0, 1) ? MPI_ORDER_C : MPI_ORDER_FORTRAN};
    int64_t total = 1, step[3], extent = map_extent(&old->m);
    for (int d = 0; d < g.dimensions; d++) {
        set(&sizes, d, between(1, 7));
        distributions[d] = (int)between(MPI_DISTRIBUTE_NONE, MPI_DISTRIBUTE_CYCLIC);
        processes[d] = distributions[d] == MPI_DISTRIBUTE_NONE ? 1 : (int)between(1, 3);
        int least = distributions[d] == MPI_DISTRIBUTE_BLOCK
                        ? (int)((sizes.wide[d] + processes[d] - 1) / processes[d]) : 1;
        arguments[d] = between(0, 1) ? MPI_DISTRIBUTE_DFLT_DARG : (int)between(least, least + 2);
        g.size *= processes[d];
        total *= sizes.wide[d];
    }
    g.sizes = use(&sizes, large);
    g.rank = (int)between(0, g.size - 1);
    int rest = g.rank;
    for (int d = g.dimensions - 1; d >= 0; rest /= processes[d--])
        places[d] = rest % processes[d];
    ck_assert_int_eq(type_darray(large, &g, old->t, &t, NULL), 0);
    for (int i = 0; i < g.dimensions; i++) {
        int d = g.order == MPI_ORDER_C ? g.dimensions - 1 - i : i;
        step[d] = extent;
        extent *= sizes.wide[d];
    }
    for (int64_t n = 0; n < total; n++) {
        int64_t left = n, at = 0;
        int mine = 1;
        for (int i = 0; i < g.dimensions; i++) {
            int d = g.order == MPI_ORDER_C ? g.dimensions - 1 - i : i;
            int64_t index = left % sizes.wide[d];
            left /= sizes.wide[d];
            mine &= is_mine(distributions[d], arguments[d], sizes.wide[d], processes[d], places[d], index);
            at += index * step[d];
        }
        if (mine)
            map_put(&p.m, &old->m, at);
    }
    p.m.bounded = p.m.some = 1;
    p.m.lb = 0;
    p.m.ub = extent;
    p.t = t;
    return p;
}

static struct pair make_plain(struct pair *old, int large)
{
    struct pair p = {0};
    struct type *t;
    int64_t count = between(0, 6);
    if (between(0, 1)) {
        ck_assert_int_eq(type_contiguous(large, count, old->t, &t, NULL), 0);
    } else {
        ck_assert_int_eq(type_dup(old->t, &t, NULL), 0);
        count = 1;
    }
    int64_t extent = map_extent(&old->m);
    for (int64_t i = 0; i < count; i++)
        map_put(&p.m, &old->m, i * extent);
    p.t = t;
    return p;
}

/* A type of at most that many constructors around each other, and few enough elements. */
static struct pair make(int depth)
{
    if (depth <= 0 || between(0, 9) == 0)
        return leaf();
    struct pair old = make(depth - 1), p = {0};
    int large = (int)between(0, 1);
    if (old.m.count > 300)
        return old;
    switch (between(0, 6)) {
    case 0:
        p = make_vector(&old, large);
        break;
    case 1:
        p = make_indexed(&old, large);
        break;
    case 2:
        p = make_struct(&old, large, depth);
        break;
    case 3:
        p = make_resized(&old, large);
        break;
    case 4:
        p = make_subarray(&old, large);
        break;
    case 5:
        p = make_darray(&old, large);
        break;
    default:
        p = make_plain(&old, large);
    }
    drop(&old); /* the new one holds what it needs */
    return p;
}

/* ---- comparing ---- */

static void check_numbers(const struct pair *p)
{
    const struct type *t = p->t;
    const struct map *m = &p->m;
    uint64_t size = 0;
    int64_t true_lb = 0, true_ub = 0;
    for (size_t i = 0; i < m->count; i++) {
        int64_t at = m->entries[i].at, end = at + (int64_t)m->entries[i].basic->size;
        size += m->entries[i].basic->size;
        true_lb = i == 0 || at < true_lb ? at : true_lb;
        true_ub = i == 0 || end > true_ub ? end : true_ub;
    }
    ck_assert_uint_eq(t->size, size);
    ck_assert_uint_eq(t->basics, m->count);
    ck_assert_int_eq(t->true_lb, true_lb);
    ck_assert_int_eq(t->true_extent, true_ub - true_lb);
    ck_assert_int_eq(t->lb, m->some ? m->lb : 0);
    ck_assert_int_eq(t->extent, m->some ? map_extent(m) : 0);
}

/* Bytes and elements of every beginning of `count` elements. */
static void check_elements(const struct pair *p, uint64_t count)
{
    uint64_t bytes = 0, n = 0;
    for (uint64_t e = 0; e < count; e++)
        for (size_t i = 0; i < p->m.count; i++) {
            ck_assert_uint_eq(type_bytes(p->t, n), bytes);
            ck_assert_uint_eq(type_elements(p->t, bytes), n);
            if (p->m.entries[i].basic->size > 1)
                ck_assert_uint_eq(type_elements(p->t, bytes + 1), UINT64_MAX);
            bytes += p->m.entries[i].basic->size;
            n++;
        }
}

struct runs {
    const struct map *m;
    uint64_t n;
};

static int compare_run(void *arg, const struct type *basic, uint64_t n)
{
    struct runs *r = arg;
    for (uint64_t i = 0; i < n; i++, r->n++)
        if (r->m->entries[r->n % r->m->count].basic != basic)
            return 1;
    return 0;
}

static void check_runs(const struct pair *p, uint64_t count)
{
    struct runs r = {&p->m, 0};
    ck_assert_int_eq(type_each_run(p->t, count, compare_run, &r), 0);
    ck_assert_uint_eq(r.n, count * p->m.count);
}

/* Memory for so many elements, with what lies before and behind. */
struct memory {
    char *bytes, *at; /* at: where element 0 has its origin */
    size_t size;
};

static struct memory memory_for(const struct pair *p, int64_t count)
{
    int64_t low = 0, high = 0;
    for (int64_t e = 0; e < count; e++)
        for (size_t i = 0; i < p->m.count; i++) {
            int64_t at = e * p->t->extent + p->m.entries[i].at, end = at + (int64_t)p->m.entries[i].basic->size;
            low = at < low ? at : low;
            high = end > high ? end : high;
        }
    struct memory m = {.size = (size_t)(high - low)};
    m.bytes = malloc(m.size + 1);
    m.at = m.bytes - low;
    return m;
}

static void reference(const struct pair *p, const char *at, int64_t count, char *packed)
{
    for (int64_t e = 0; e < count; e++)
        for (size_t i = 0; i < p->m.count; i++) {
            const struct entry *n = &p->m.entries[i];
            memcpy(packed, at + e * p->t->extent + n->at, n->basic->size);
            packed += n->basic->size;
        }
}

static void check_packing(const struct pair *p, int64_t count)
{
    struct memory from = memory_for(p, count), to = memory_for(p, count), expected = memory_for(p, count);
    size_t size = (size_t)count * p->t->size;
    char *packed = malloc(size + 1), *right = malloc(size + 1);
    struct cursor out, in;
    for (size_t i = 0; i < from.size; i++)
        from.bytes[i] = (char)unit_random(&seed);
    memset(to.bytes, 0x5a, to.size + 1);
    memset(expected.bytes, 0x5a, to.size + 1);
    reference(p, from.at, count, right);
    packed[size] = 0x77;
    type_cursor(&out, from.at, size, p->t); /* whole */
    cursor_fill(&out, packed, size);
    ck_assert_int_eq(memcmp(packed, right, size), 0);
    ck_assert_int_eq(packed[size], 0x77);
    ck_assert_uint_eq(out.left, 0);
    memset(packed, 0, size);
    type_cursor(&out, from.at, size, p->t); /* in pieces, of which some are skipped */
    type_cursor(&in, to.at, size, p->t);
    for (size_t done = 0, n; done < size; done += n) {
        uint32_t most = (uint32_t)(size - done);
        n = 1 + unit_below(&seed, between(0, 2) && most > 9 ? 9 : most);
        if (between(0, 3)) {
            cursor_fill(&out, packed + done, n);
            cursor_drain(&in, right + done, n);
            ck_assert_int_eq(memcmp(packed + done, right + done, n), 0);
        } else {
            struct cursor again = in;
            cursor_skip(&out, n);
            cursor_skip(&in, n);
            cursor_drain(&again, right + done, n);
        }
        ck_assert_uint_eq(in.left, size - done - n);
    }
    for (int64_t e = 0; e < count; e++) /* nothing but the data has changed */
        for (size_t i = 0; i < p->m.count; i++) {
            int64_t at = e * p->t->extent + p->m.entries[i].at;
            memcpy(expected.at + at, from.at + at, p->m.entries[i].basic->size);
        }
    ck_assert_int_eq(memcmp(to.bytes, expected.bytes, to.size + 1), 0);
    free(from.bytes);
    free(to.bytes);
    free(expected.bytes);
    free(packed);
    free(right);
}

START_TEST(random_types)
{
    seed = 4711 + (uint64_t)_i * 7919;
    for (int round = 0; round < 300; round++) {
        struct pair p = make((int)between(1, 5));
        ck_assert_int_eq(type_commit((struct type *)p.t), 0);
        check_numbers(&p);
        check_elements(&p, 2);
        check_runs(&p, 3);
        check_packing(&p, 1);
        if (p.t->extent < 1 << 20)
            check_packing(&p, between(2, 9));
        if (p.m.count < 20 && p.t->extent < 2000)
            check_packing(&p, between(10, 2000));
        drop(&p);
    }
}
END_TEST

/* The copying loops: every size and distance, and not a byte read or written beyond the last block. */
START_TEST(rows_of_every_size)
{
    seed = 3;
    for (uint64_t bytes = 1; bytes <= 70; bytes++)
        for (int64_t step = (int64_t)bytes; step <= 6 * (int64_t)bytes; step += (int64_t)(bytes + 1) / 2)
            for (uint64_t n = 1; n < 70; n += 1 + unit_below(&seed, 12)) {
                uint64_t span = (n - 1) * (uint64_t)step + bytes;
                char *from = malloc(span), *packed = malloc(n * bytes), *to = calloc(1, span);
                for (uint64_t i = 0; i < span; i++)
                    from[i] = (char)(1 + unit_below(&seed, 200));
                copy_rows(packed, (int64_t)bytes, from, step, n, bytes);
                copy_rows(to, step, packed, (int64_t)bytes, n, bytes);
                for (uint64_t i = 0; i < span; i++)
                    from[i] = i % (uint64_t)step < bytes ? from[i] : 0;
                ck_assert_int_eq(memcmp(to, from, span), 0);
                free(from);
                free(packed);
                free(to);
            }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("type_random");
    TCase *random = unit_case(suite, "random");
    tcase_add_loop_test(random, random_types, 0, 8);
    tcase_add_test(random, rows_of_every_size);
    return unit_run(suite);
}
