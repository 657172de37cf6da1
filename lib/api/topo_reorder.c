/* Reordering of topologies: who stands on which node, and who therefore becomes which rank (obj/reorder.c). Every member
 * knows the graph and the nodes and finds the same by itself; of a distributed graph that each process knows a part of,
 * all parts are gathered first, but only where there are several nodes. */
#include "config.h"

#include "api/topo.h"
#include "coll/coll.h"
#include "obj/reorder.h"

#include <stdlib.h>
#include <string.h>

int topo_may_reorder(int reorder)
{
    return reorder && proc.node && proc.node->node_count > 1;
}

/* The first n processes of c. *process NULL: all stay what they are. */
static int order(struct comm *c, int n, const struct reorder_graph *g, const struct topo *t, int **process)
{
    uint32_t *node = malloc((size_t)(n ? n : 1) * sizeof *node);
    *process = malloc((size_t)(n ? n : 1) * sizeof **process);
    int rc = node && *process ? 0 : MPI_ERR_NO_MEM;
    for (int i = 0; !rc && i < n; i++)
        node[i] = node_of_rank(proc.node, (uint32_t)group_world(c->group, i));
    if (!rc)
        rc = reorder(g, t, node, *process);
    free(node);
    if (rc) {
        free(*process);
        *process = NULL;
    }
    return rc;
}

int topo_order(int may, struct comm *c, const struct topo *t, int **process)
{
    struct reorder_graph g;
    *process = NULL;
    if (!topo_may_reorder(may) || !t)
        return 0;
    if (reorder_graph_of(t, &g))
        return MPI_ERR_NO_MEM;
    int rc = order(c, t->size, &g, t, process);
    reorder_graph_free(&g);
    return rc;
}

int topo_order_edges(struct comm *c, const int32_t (*edges)[3], int64_t count, int **process)
{
    struct reorder_graph g;
    *process = NULL;
    if (reorder_graph_of_edges(c->size, edges, count, &g))
        return MPI_ERR_NO_MEM;
    int rc = order(c, c->size, &g, NULL, process);
    reorder_graph_free(&g);
    return rc;
}

int topo_new_rank(const int *process, int n, int rank)
{
    for (int v = 0; v < n; v++)
        if ((process ? process[v] : v) == rank)
            return v;
    return MPI_UNDEFINED;
}

/* ---- distributed graphs of which each process knows its own edges ---- */

/* A list: how many come in and go out; then each edge's other end and weight. */
static int32_t *pack(const struct topo_edges *in, const struct topo_edges *out, int *length)
{
    const struct topo_edges *both[2] = {in, out};
    int64_t n = 2 + 2 * ((int64_t)in->count + out->count);
    int32_t *list = n > INT32_MAX ? NULL : malloc((size_t)n * sizeof *list);
    if (!list)
        return NULL;
    *length = 2;
    for (int way = 0; way < 2; way++) {
        list[way] = both[way]->count;
        for (int i = 0; i < both[way]->count; i++) {
            list[(*length)++] = both[way]->ranks[i];
            list[(*length)++] = both[way]->weights ? both[way]->weights[i] : 1;
        }
    }
    return list;
}

/* The same back; the memory behind the edges is the list's. */
static void unpack(int32_t *list, int weighted, int *memory, struct topo_edges *in, struct topo_edges *out)
{
    struct topo_edges *both[2] = {in, out};
    const int32_t *from = list + 2;
    for (int way = 0; way < 2; way++) {
        int n = list[way];
        *both[way] = (struct topo_edges){n, memory, weighted ? memory + n : NULL};
        for (int i = 0; i < n; i++) {
            memory[i] = from[2 * i];
            memory[n + i] = from[2 * i + 1];
        }
        memory += 2 * n;
        from += 2 * n;
    }
}

/* Those that go out are all that there are. */
static int order_lists(struct comm *c, const int32_t *all, int room, int **process)
{
    int64_t count = 0, n = 0;
    for (int p = 0; p < c->size; p++)
        count += all[(size_t)p * (size_t)room + 1];
    int32_t(*edges)[3] = malloc((size_t)(count ? count : 1) * sizeof *edges);
    if (!edges)
        return MPI_ERR_NO_MEM;
    for (int p = 0; p < c->size; p++) {
        const int32_t *list = all + (size_t)p * (size_t)room, *out = list + 2 + 2 * (size_t)list[0];
        for (int i = 0; i < list[1]; i++, n++) {
            edges[n][0] = p;
            edges[n][1] = out[2 * i];
            edges[n][2] = out[2 * i + 1];
        }
    }
    int rc = topo_order_edges(c, (const int32_t(*)[3])edges, count, process);
    free(edges);
    return rc;
}

int topo_order_adjacent(const char *function, struct comm *c, int weighted, const struct topo_edges *in,
                        const struct topo_edges *out, int **process, struct topo **t, struct words *why)
{
    struct topo_edges new_in, new_out;
    int32_t *all = NULL;
    int length = 0, room, rc = MPI_ERR_NO_MEM;
    int32_t *list = pack(in, out, &length);
    int *counts = malloc((size_t)c->size * sizeof *counts), *memory = NULL;
    *process = NULL;
    *t = NULL;
    if (!list || !counts)
        words_set(why, "no memory for the edges of %s", comm_name(c));
    else
        rc = coll_comm_lists(function, c, list, length, &all, counts, &room, why);
    if (!rc && ((rc = order_lists(c, all, room, process)) || !(memory = malloc((size_t)room * sizeof *memory)))) {
        words_set(why, "no memory to reorder %s", comm_name(c));
        rc = MPI_ERR_NO_MEM;
    }
    if (!rc) {
        unpack(all + (size_t)topo_new_rank(*process, c->size, c->rank) * (size_t)room, weighted, memory, &new_in,
               &new_out);
        *t = topo_dist_graph(weighted, &new_in, &new_out);
    }
    free(list);
    free(counts);
    free(all);
    free(memory);
    return rc;
}
