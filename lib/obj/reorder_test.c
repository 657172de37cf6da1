/* Tests of reordering: what crosses a node on machines of two levels, before and after, as numbers that must not become
 * worse; and random graphs on random nodes, where the result must be a permutation and no worse than no reordering. */
#include "obj/reorder.h"
#include "tests/unit.h"

#include <stdio.h>

static int is_permutation(const int *process, int n)
{
    char *seen = calloc((size_t)n, 1);
    int good = 1;
    for (int v = 0; v < n; v++) {
        good = good && process[v] >= 0 && process[v] < n && !seen[process[v]];
        if (good)
            seen[process[v]] = 1;
    }
    free(seen);
    return good;
}

/* How processes stand on nodes: one node after the other (as mpirun does), or in turn. */
enum order { BY_NODE, IN_TURN };

static const struct grid {
    int ndims, dims[4], periodic, nodes;
    enum order order;
    uint64_t before, after; /* edges that cross nodes, in both directions */
} grids[] = {
    /* 4 nodes of 8 */
    {2, {8, 4}, 0, 4, BY_NODE, 24, 24}, /* rows of blocks of 2 x 4 cannot be beaten */
    {2, {8, 4}, 0, 4, IN_TURN, 48, 24},
    {2, {4, 8}, 0, 4, BY_NODE, 48, 24},
    {2, {4, 8}, 1, 4, BY_NODE, 64, 32},
    {3, {4, 4, 2}, 0, 4, BY_NODE, 48, 32},
    {3, {4, 4, 2}, 0, 4, IN_TURN, 80, 32},
    {3, {2, 4, 4}, 0, 4, BY_NODE, 48, 32},
    /* 8 nodes of 64: cubes instead of planes */
    {3, {8, 8, 8}, 0, 8, BY_NODE, 896, 384},
    {3, {8, 8, 8}, 1, 8, BY_NODE, 1024, 768},
    {4, {4, 4, 4, 8}, 0, 8, BY_NODE, 1024, 640},
    /* 16 nodes of 16 */
    {2, {16, 16}, 0, 16, BY_NODE, 480, 192},
    {2, {16, 16}, 0, 16, IN_TURN, 480, 192},
    /* one process on each: nothing can be gained */
    {2, {3, 3}, 0, 9, BY_NODE, 24, 24},
    {1, {16, 0}, 0, 4, IN_TURN, 30, 6},
};

START_TEST(grids_on_nodes)
{
    const struct grid *c = &grids[_i];
    int periods[4] = {c->periodic, c->periodic, c->periodic, c->periodic}, process[512];
    uint32_t node[512];
    struct topo *t = topo_cart(c->ndims, c->dims, periods);
    struct reorder_graph g;
    ck_assert_int_eq(reorder_graph_of(t, &g), 0);
    for (int i = 0; i < t->size; i++)
        node[i] = (uint32_t)(c->order == BY_NODE ? i / (t->size / c->nodes) : i % c->nodes);
    ck_assert_uint_eq(reorder_crossing(&g, node, NULL), c->before);
    ck_assert_int_eq(reorder(&g, t, node, process), 0);
    ck_assert(is_permutation(process, t->size));
    ck_assert_uint_eq(reorder_crossing(&g, node, process), c->after);
    if (c->before == c->after) /* then nobody changes */
        for (int i = 0; i < t->size; i++)
            ck_assert_int_eq(process[i], i);
    reorder_graph_free(&g);
    topo_put(t);
}
END_TEST

/* Nodes of different sizes, which no block fits. */
START_TEST(uneven_nodes)
{
    const int dims[2] = {6, 6}, periods[2] = {0, 0}, sizes[3] = {20, 7, 9};
    uint32_t node[36];
    int process[36], at = 0;
    struct topo *t = topo_cart(2, dims, periods);
    struct reorder_graph g;
    for (int i = 0, left = 0, q = -1; i < 36; i++) {
        if (!left)
            left = sizes[++q];
        left--;
        node[at] = (uint32_t)q * 1000 + 7; /* numbers of nodes may be any */
        at = (at + 5) % 36; /* all over the grid */
        if (at == 0)
            at = 1;
    }
    ck_assert_int_eq(reorder_graph_of(t, &g), 0);
    uint64_t before = reorder_crossing(&g, node, NULL);
    ck_assert_int_eq(reorder(&g, t, node, process), 0);
    ck_assert(is_permutation(process, 36));
    uint64_t after = reorder_crossing(&g, node, process);
    ck_assert_msg(after <= before / 2, "%d before, %d after", (int)before, (int)after);
    reorder_graph_free(&g);
    topo_put(t);
}
END_TEST

/* A ring whose neighbours all stand elsewhere, heavy edges in pairs: the pairs come together. */
START_TEST(weights_decide)
{
    enum { N = 16 };
    int32_t edges[2 * N][3];
    uint32_t node[N];
    int process[N];
    struct reorder_graph g;
    for (int i = 0; i < N; i++) {
        edges[2 * i][0] = i, edges[2 * i][1] = (i + 1) % N, edges[2 * i][2] = 1;
        edges[2 * i + 1][0] = i, edges[2 * i + 1][1] = (i + N / 2) % N, edges[2 * i + 1][2] = 100;
        node[i] = (uint32_t)i / 4;
    }
    ck_assert_int_eq(reorder_graph_of_edges(N, (const int32_t (*)[3])edges, 2 * N, &g), 0);
    ck_assert_uint_eq(reorder_crossing(&g, node, NULL), 100 * N + 4);
    ck_assert_int_eq(reorder(&g, NULL, node, process), 0);
    ck_assert(is_permutation(process, N));
    ck_assert_uint_eq(reorder_crossing(&g, node, process), 8);
    reorder_graph_free(&g);
}
END_TEST

START_TEST(graphs)
{
    const int index[4] = {1, 2, 4, 4}, edges[4] = {3, 0, 1, 3}; /* the standard's kind: in one direction too */
    const uint32_t node[4] = {0, 1, 1, 0};
    int process[4];
    struct topo *t = topo_graph(4, index, edges);
    struct reorder_graph g;
    ck_assert_int_eq(reorder_graph_of(t, &g), 0);
    ck_assert_uint_eq(reorder_crossing(&g, node, NULL), 2);
    ck_assert_int_eq(reorder(&g, t, node, process), 0);
    ck_assert(is_permutation(process, 4) && reorder_crossing(&g, node, process) <= 2);
    reorder_graph_free(&g);
    topo_put(t);
    t = topo_graph(0, NULL, NULL);
    ck_assert_int_eq(reorder_graph_of(t, &g), 0);
    ck_assert_int_eq(reorder(&g, t, node, process), 0);
    reorder_graph_free(&g);
    topo_put(t);
}
END_TEST

START_TEST(random_graphs)
{
    uint64_t state = 7 + (uint64_t)_i, helped = 0;
    for (int round = 0; round < 300; round++) {
        enum { MOST = 60 };
        int32_t edges[4 * MOST][3];
        uint32_t node[MOST];
        int process[MOST], again[MOST], n = 1 + (int)unit_below(&state, MOST);
        int64_t count = unit_below(&state, 4 * (uint32_t)n);
        struct reorder_graph g;
        for (int64_t i = 0; i < count; i++) {
            edges[i][0] = (int32_t)unit_below(&state, (uint32_t)n);
            edges[i][1] = (int32_t)unit_below(&state, (uint32_t)n);
            edges[i][2] = (int32_t)unit_below(&state, 5); /* 0 too */
        }
        for (int i = 0; i < n; i++)
            node[i] = unit_below(&state, 1 + (uint32_t)n / 3);
        ck_assert_int_eq(reorder_graph_of_edges(n, (const int32_t (*)[3])edges, count, &g), 0);
        ck_assert_int_eq(reorder(&g, NULL, node, process), 0);
        ck_assert(is_permutation(process, n));
        uint64_t before = reorder_crossing(&g, node, NULL), after = reorder_crossing(&g, node, process);
        ck_assert_uint_le(after, before);
        helped += after < before;
        ck_assert_int_eq(reorder(&g, NULL, node, again), 0); /* every process finds the same */
        for (int i = 0; i < n; i++)
            ck_assert_int_eq(process[i], again[i]);
        reorder_graph_free(&g);
    }
    ck_assert_uint_gt(helped, 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reorder");
    TCase *t = unit_case(suite, "reorder");
    tcase_add_loop_test(t, grids_on_nodes, 0, sizeof grids / sizeof grids[0]);
    tcase_add_test(t, uneven_nodes);
    tcase_add_test(t, weights_decide);
    tcase_add_test(t, graphs);
    tcase_add_loop_test(t, random_graphs, 0, 4);
    return unit_run(suite);
}
