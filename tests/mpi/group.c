/* Groups: every constructor and inquiry, the standard's order, and wrong arguments. Runs on any number of ranks;
 * a random part holds every operation against lists of ranks. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* The model: ranks of the world, in order. */
struct list {
    int n, world[MOST];
};

static int rank, size;
static MPI_Group world;

static int find(const struct list *l, int r)
{
    for (int i = 0; i < l->n; i++)
        if (l->world[i] == r)
            return i;
    return MPI_UNDEFINED;
}

static int is(MPI_Group g, const struct list *l)
{
    int n, me, all[MOST], back[MOST], ranks[MOST];
    MPI_Group_size(g, &n);
    MPI_Group_rank(g, &me);
    if (n != l->n || me != find(l, rank))
        return 0;
    for (int i = 0; i < n; i++)
        ranks[i] = i;
    MPI_Group_translate_ranks(g, n, ranks, world, all);
    for (int i = 0; i < n; i++)
        if (all[i] != l->world[i])
            return 0;
    for (int i = 0; i < size; i++)
        ranks[i] = i;
    MPI_Group_translate_ranks(world, size, ranks, g, back);
    for (int i = 0; i < size; i++)
        if (back[i] != find(l, i))
            return 0;
    return 1;
}

static void fixed(void)
{
    MPI_Group g, h, empty = MPI_GROUP_EMPTY;
    int result, n, r[3] = {0, MPI_PROC_NULL, 0}, back[3];
    CHECK(MPI_Group_size(MPI_GROUP_EMPTY, &n) == 0 && n == 0);
    CHECK(MPI_Group_rank(MPI_GROUP_EMPTY, &n) == 0 && n == MPI_UNDEFINED);
    CHECK(MPI_Group_translate_ranks(world, 3, r, world, back) == 0);
    CHECK(back[0] == 0 && back[1] == MPI_PROC_NULL && back[2] == 0);
    CHECK(MPI_Group_translate_ranks(world, 1, r, MPI_GROUP_EMPTY, back) == 0 && back[0] == MPI_UNDEFINED);
    CHECK(MPI_Group_compare(world, MPI_GROUP_EMPTY, &result) == 0 && result == MPI_UNEQUAL);
    CHECK(MPI_Group_compare(empty, empty, &result) == 0 && result == MPI_IDENT);
    CHECK(MPI_Group_incl(world, 0, NULL, &g) == 0 && g == MPI_GROUP_EMPTY);
    CHECK(MPI_Group_free(&g) == 0 && g == MPI_GROUP_NULL);
    CHECK(MPI_Group_excl(world, 0, NULL, &g) == 0);
    CHECK(MPI_Group_compare(world, g, &result) == 0 && result == MPI_IDENT);
    CHECK(MPI_Group_free(&g) == 0);
    int all[1][3] = {{0, size - 1, 1}}, backwards[1][3] = {{size - 1, 0, -1}}, beyond[1][3] = {{0, size, size + 1}};
    CHECK(MPI_Group_range_excl(world, 1, all, &g) == 0 && g == MPI_GROUP_EMPTY);
    CHECK(MPI_Group_range_incl(world, 1, backwards, &g) == 0);
    CHECK(MPI_Group_compare(world, g, &result) == 0 && result == (size > 1 ? MPI_SIMILAR : MPI_IDENT));
    CHECK(MPI_Group_range_incl(world, 1, beyond, &h) == 0); /* last itself need not be reached */
    CHECK(MPI_Group_size(h, &n) == 0 && n == 1);
    CHECK(MPI_Group_free(&h) == 0 && MPI_Group_free(&g) == 0);
    CHECK(MPI_Comm_group(MPI_COMM_SELF, &g) == 0 && MPI_Group_rank(g, &n) == 0 && n == 0);
    CHECK(MPI_Group_fromint(MPI_Group_toint(g)) == g);
    CHECK(MPI_Group_free(&g) == 0);
}

static void wrong(void)
{
    MPI_Group g;
    int n, twice[2] = {0, 0}, out[1] = {size}, negative[1] = {-1};
    int still[1][3] = {{0, 0, 0}}, away[1][3] = {{0, size + 1, -1}}, far[1][3] = {{0, size, 1}},
        same[2][3] = {{0, 0, 1}, {0, 0, 1}};
    CHECK(MPI_Group_size(MPI_GROUP_NULL, &n) == MPI_ERR_GROUP);
    CHECK(MPI_Group_size((MPI_Group)MPI_COMM_WORLD, &n) == MPI_ERR_GROUP);
    CHECK(MPI_Group_size(world, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Group_rank(world, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Group_compare(world, MPI_GROUP_NULL, &n) == MPI_ERR_GROUP);
    CHECK(MPI_Group_union(world, world, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Group_intersection(MPI_GROUP_NULL, world, &g) == MPI_ERR_GROUP);
    CHECK(MPI_Group_difference(world, MPI_GROUP_NULL, &g) == MPI_ERR_GROUP);
    CHECK(MPI_Group_incl(world, -1, twice, &g) == MPI_ERR_ARG && MPI_Group_incl(world, 1, NULL, &g) == MPI_ERR_ARG);
    CHECK(MPI_Group_incl(world, 2, twice, &g) == MPI_ERR_RANK && MPI_Group_excl(world, 2, twice, &g) == MPI_ERR_RANK);
    CHECK(MPI_Group_incl(world, 1, out, &g) == MPI_ERR_RANK &&
          MPI_Group_excl(world, 1, negative, &g) == MPI_ERR_RANK);
    CHECK(MPI_Group_range_incl(world, 1, still, &g) == MPI_ERR_ARG);
    CHECK(MPI_Group_range_excl(world, 1, away, &g) == MPI_ERR_ARG);
    CHECK(MPI_Group_range_incl(world, 1, far, &g) == MPI_ERR_RANK);
    CHECK(MPI_Group_range_excl(world, 2, same, &g) == MPI_ERR_RANK);
    CHECK(MPI_Group_translate_ranks(world, 1, out, world, &n) == MPI_ERR_RANK);
    CHECK(MPI_Group_translate_ranks(world, 1, negative, world, &n) == MPI_ERR_RANK);
    CHECK(MPI_Group_translate_ranks(world, -1, out, world, &n) == MPI_ERR_ARG);
    CHECK(MPI_Group_free(NULL) == MPI_ERR_ARG);
    g = MPI_GROUP_NULL;
    CHECK(MPI_Group_free(&g) == MPI_ERR_GROUP);
}

/* ---- the random part ---- */

static unsigned seed = 1;

static int below(int n)
{
    seed = seed * 1103515245 + 12345;
    return (int)((seed >> 8) % (unsigned)n);
}

static void some(int n, int *ranks, int *count)
{
    int left = n;
    for (int i = 0; i < n; i++)
        ranks[i] = i;
    *count = below(n + 1);
    for (int i = 0; i < *count; i++, left--) {
        int j = i + below(left), r = ranks[i];
        ranks[i] = ranks[j];
        ranks[j] = r;
    }
}

static struct list only(const struct list *l, const int *ranks, int n, int excluded)
{
    struct list out = {.n = 0};
    char named[MOST] = {0};
    for (int i = 0; i < n; i++) {
        named[ranks[i]] = 1;
        if (!excluded)
            out.world[out.n++] = l->world[ranks[i]];
    }
    for (int i = 0; excluded && i < l->n; i++)
        if (!named[i])
            out.world[out.n++] = l->world[i];
    return out;
}

static struct list filter(const struct list *a, const struct list *b, int members, struct list out)
{
    for (int i = 0; i < a->n; i++)
        if ((find(b, a->world[i]) != MPI_UNDEFINED) == members)
            out.world[out.n++] = a->world[i];
    return out;
}

static void step(MPI_Group a, const struct list *la, MPI_Group b, const struct list *lb, MPI_Group *g, struct list *l)
{
    int ranks[MOST], n, stride, r[1][3];
    switch (below(6)) {
    case 0:
        MPI_Group_union(a, b, g);
        *l = filter(lb, la, 0, *la);
        break;
    case 1:
        MPI_Group_intersection(a, b, g);
        *l = filter(la, lb, 1, (struct list){.n = 0});
        break;
    case 2:
        MPI_Group_difference(a, b, g);
        *l = filter(la, lb, 0, (struct list){.n = 0});
        break;
    case 3:
    case 4:
        some(la->n, ranks, &n);
        stride = below(2);
        if (stride)
            MPI_Group_excl(a, n, ranks, g);
        else
            MPI_Group_incl(a, n, ranks, g);
        *l = only(la, ranks, n, stride);
        break;
    case 5:
        if (la->n == 0) {
            MPI_Group_incl(world, 0, NULL, g);
            *l = *la;
            return;
        }
        r[0][0] = below(la->n);
        stride = 1 + below(3);
        r[0][2] = below(2) ? stride : -stride;
        r[0][1] = r[0][2] > 0 ? r[0][0] + below(la->n - r[0][0]) : below(r[0][0] + 1);
        for (n = 0; r[0][2] > 0 ? r[0][0] + n * r[0][2] <= r[0][1] : r[0][0] + n * r[0][2] >= r[0][1]; n++)
            ranks[n] = r[0][0] + n * r[0][2];
        stride = below(2);
        if (stride)
            MPI_Group_range_excl(a, 1, r, g);
        else
            MPI_Group_range_incl(a, 1, r, g);
        *l = only(la, ranks, n, stride);
        break;
    }
}

static int model_compare(const struct list *a, const struct list *b)
{
    if (a->n == b->n && memcmp(a->world, b->world, (size_t)a->n * sizeof(int)) == 0)
        return MPI_IDENT;
    for (int i = 0; i < a->n; i++)
        if (find(b, a->world[i]) == MPI_UNDEFINED)
            return MPI_UNEQUAL;
    return a->n == b->n ? MPI_SIMILAR : MPI_UNEQUAL;
}

static void random_groups(int steps)
{
    enum { POOL = 8 };
    MPI_Group g[POOL], made;
    struct list l[POOL], lm;
    int result;
    for (int i = 0; i < POOL; i++) {
        MPI_Comm_group(MPI_COMM_WORLD, &g[i]);
        l[i].n = size;
        for (int j = 0; j < size; j++)
            l[i].world[j] = j;
    }
    for (int i = 0; i < steps; i++) {
        int a = below(POOL), b = below(POOL), to = below(POOL);
        step(g[a], &l[a], g[b], &l[b], &made, &lm);
        CHECK(is(made, &lm));
        CHECK(MPI_Group_compare(made, g[b], &result) == 0 && result == model_compare(&lm, &l[b]));
        if (lm.n == 0 && below(4)) { /* else soon all are empty */
            MPI_Group_free(&made);
            MPI_Comm_group(MPI_COMM_WORLD, &made);
            lm.n = size;
            for (int j = 0; j < size; j++)
                lm.world[j] = j;
        }
        MPI_Group_free(&g[to]);
        g[to] = made;
        l[to] = lm;
    }
    for (int i = 0; i < POOL; i++)
        MPI_Group_free(&g[i]);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    CHECK(size <= MOST);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    CHECK(MPI_Comm_group(MPI_COMM_WORLD, &world) == MPI_SUCCESS);
    fixed();
    wrong();
    random_groups(argc > 1 ? atoi(argv[1]) : 2000);
    MPI_Group_free(&world);
    MPI_Finalize();
    return test_end();
}
