/* Process topologies: graphs that every process knows, and distributed ones. */
#include "config.h"

#include "api/topo.h"
#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

/* ---- graphs ---- */

static int check_graph(const char *function, MPI_Comm comm, int nnodes, const int *index, const int *edges,
                       struct comm **c)
{
    int rc = api_intra(function, comm, c);
    if (rc || (rc = topo_count(function, *c, "nnodes", nnodes)))
        return rc;
    if (nnodes > (*c)->size)
        return api_fail(*c, function, MPI_ERR_ARG, "nnodes is %d, and %s has %d processes", nnodes, comm_name(*c),
                        (*c)->size);
    if (nnodes && (rc = api_not_null(*c, function, index, "indx")))
        return rc;
    for (int i = 0; i < nnodes; i++)
        if (index[i] < (i ? index[i - 1] : 0))
            return api_fail(*c, function, MPI_ERR_ARG, "indx[%d] is %d, and the one before is larger", i, index[i]);
    int n = nnodes ? index[nnodes - 1] : 0;
    if (n && (rc = api_not_null(*c, function, edges, "edges")))
        return rc;
    for (int i = 0; i < n; i++)
        if (edges[i] < 0 || edges[i] >= nnodes)
            return api_fail(*c, function, MPI_ERR_ARG, "edges[%d] is %d, and the graph has %d nodes", i, edges[i],
                            nnodes);
    return 0;
}

#pragma weak MPI_Graph_create = PMPI_Graph_create
int PMPI_Graph_create(MPI_Comm comm_old, int nnodes, const int indx[], const int edges[], int reorder,
                      MPI_Comm *comm_graph)
{
    struct comm *c;
    int *process, rc = check_graph("MPI_Graph_create", comm_old, nnodes, indx, edges, &c);
    if (rc || (rc = api_not_null(c, "MPI_Graph_create", comm_graph, "comm_graph")))
        return rc;
    struct topo *t = topo_graph(nnodes, indx, edges);
    if (topo_order(reorder, c, t, &process)) {
        topo_put(t);
        t = NULL;
    }
    return topo_give("MPI_Graph_create", c, nnodes, process, t, comm_graph);
}

#pragma weak MPI_Graph_map = PMPI_Graph_map
int PMPI_Graph_map(MPI_Comm comm, int nnodes, const int indx[], const int edges[], int *newrank)
{
    struct comm *c;
    int rc = check_graph("MPI_Graph_map", comm, nnodes, indx, edges, &c);
    if (rc || (rc = api_not_null(c, "MPI_Graph_map", newrank, "newrank")))
        return rc;
    return topo_map("MPI_Graph_map", c, topo_graph(nnodes, indx, edges), newrank);
}

#pragma weak MPI_Graphdims_get = PMPI_Graphdims_get
int PMPI_Graphdims_get(MPI_Comm comm, int *nnodes, int *nedges)
{
    struct comm *c;
    int rc = topo_comm("MPI_Graphdims_get", comm, MPI_GRAPH, &c);
    if (rc || (rc = api_not_null(c, "MPI_Graphdims_get", nnodes, "nnodes")) ||
        (rc = api_not_null(c, "MPI_Graphdims_get", nedges, "nedges")))
        return rc;
    *nnodes = c->topo->size;
    *nedges = c->topo->nedges;
    return MPI_SUCCESS;
}

/* As many numbers as there are, and room for. */
static int copy(const char *function, struct comm *c, const char *name, int *to, int room, const int *from, int n)
{
    int some = n < room ? n : room;
    int rc = some > 0 ? api_not_null(c, function, to, name) : 0;
    if (!rc && some > 0)
        memcpy(to, from, (size_t)some * sizeof *to);
    return rc;
}

#pragma weak MPI_Graph_get = PMPI_Graph_get
int PMPI_Graph_get(MPI_Comm comm, int maxindex, int maxedges, int indx[], int edges[])
{
    struct comm *c;
    int rc = topo_comm("MPI_Graph_get", comm, MPI_GRAPH, &c);
    if (rc || (rc = topo_count("MPI_Graph_get", c, "maxindex", maxindex)) ||
        (rc = topo_count("MPI_Graph_get", c, "maxedges", maxedges)) ||
        (rc = copy("MPI_Graph_get", c, "indx", indx, maxindex, c->topo->index, c->topo->size)))
        return rc;
    return copy("MPI_Graph_get", c, "edges", edges, maxedges, c->topo->edges, c->topo->nedges);
}

#pragma weak MPI_Graph_neighbors_count = PMPI_Graph_neighbors_count
int PMPI_Graph_neighbors_count(MPI_Comm comm, int rank, int *nneighbors)
{
    struct comm *c;
    int rc = topo_comm("MPI_Graph_neighbors_count", comm, MPI_GRAPH, &c);
    if (rc || (rc = topo_rank("MPI_Graph_neighbors_count", c, rank)) ||
        (rc = api_not_null(c, "MPI_Graph_neighbors_count", nneighbors, "nneighbors")))
        return rc;
    *nneighbors = topo_graph_degree(c->topo, rank);
    return MPI_SUCCESS;
}

#pragma weak MPI_Graph_neighbors = PMPI_Graph_neighbors
int PMPI_Graph_neighbors(MPI_Comm comm, int rank, int maxneighbors, int neighbors[])
{
    struct comm *c;
    int rc = topo_comm("MPI_Graph_neighbors", comm, MPI_GRAPH, &c);
    if (rc || (rc = topo_rank("MPI_Graph_neighbors", c, rank)) ||
        (rc = topo_count("MPI_Graph_neighbors", c, "maxneighbors", maxneighbors)))
        return rc;
    return copy("MPI_Graph_neighbors", c, "neighbors", neighbors, maxneighbors, topo_graph_neighbours(c->topo, rank),
                topo_graph_degree(c->topo, rank));
}

/* ---- distributed graphs ---- */

static int check_info(const char *function, struct comm *c, MPI_Info info, int *hints)
{
    return comm_hints_of(function, c, info, 0, hints);
}

static int check_ranks(const char *function, struct comm *c, const char *name, const int *ranks, int n)
{
    int rc = n ? api_not_null(c, function, ranks, name) : 0;
    for (int i = 0; !rc && i < n; i++)
        if (ranks[i] < 0 || ranks[i] >= c->size)
            rc = api_fail(c, function, MPI_ERR_RANK, "%s[%d] is %d, and %s has ranks 0 to %d", name, i, ranks[i],
                          comm_name(c), c->size - 1);
    return rc;
}

static int check_weights(const char *function, struct comm *c, const char *name, const int *weights, int n)
{
    if (weights == MPI_UNWEIGHTED || n == 0)
        return 0;
    if (!weights || weights == MPI_WEIGHTS_EMPTY)
        return api_fail(c, function, MPI_ERR_ARG, "%s is %s, and there are %d edges", name,
                        weights ? "MPI_WEIGHTS_EMPTY" : "NULL", n);
    for (int i = 0; i < n; i++)
        if (weights[i] < 0)
            return api_fail(c, function, MPI_ERR_ARG, "%s[%d] is %d, and must not be negative", name, i, weights[i]);
    return 0;
}

static int give(const char *function, struct comm *c, int *process, struct topo *t, int hints, MPI_Comm *out)
{
    int rc = topo_give(function, c, c->size, process, t, out);
    if (!rc)
        comm_of(*out)->hints = (uint8_t)hints;
    return rc;
}

#pragma weak MPI_Dist_graph_create_adjacent = PMPI_Dist_graph_create_adjacent
int PMPI_Dist_graph_create_adjacent(MPI_Comm comm_old, int indegree, const int sources[], const int *sourceweights,
                                    int outdegree, const int destinations[], const int *destweights, MPI_Info info,
                                    int reorder, MPI_Comm *comm_dist_graph)
{
    static const char function[] = "MPI_Dist_graph_create_adjacent";
    struct comm *c;
    struct topo *t;
    struct words why;
    int *process = NULL, hints, rc = api_intra(function, comm_old, &c);
    if (rc || (rc = topo_count(function, c, "indegree", indegree)) ||
        (rc = topo_count(function, c, "outdegree", outdegree)) ||
        (rc = check_ranks(function, c, "sources", sources, indegree)) ||
        (rc = check_ranks(function, c, "destinations", destinations, outdegree)) ||
        (rc = check_weights(function, c, "sourceweights", sourceweights, indegree)) ||
        (rc = check_weights(function, c, "destweights", destweights, outdegree)) ||
        (rc = check_info(function, c, info, &hints)) ||
        (rc = api_not_null(c, function, comm_dist_graph, "comm_dist_graph")))
        return rc;
    if ((sourceweights == MPI_UNWEIGHTED) != (destweights == MPI_UNWEIGHTED))
        return api_fail(c, function, MPI_ERR_ARG,
                        "one of sourceweights and destweights is MPI_UNWEIGHTED, and one is not");
    int weighted = sourceweights != MPI_UNWEIGHTED;
    struct topo_edges in = {indegree, (int *)sources, weighted ? (int *)sourceweights : NULL};
    struct topo_edges out = {outdegree, (int *)destinations, weighted ? (int *)destweights : NULL};
    if (!topo_may_reorder(reorder))
        t = topo_dist_graph(weighted, &in, &out);
    else if ((rc = topo_order_adjacent(function, c, weighted, &in, &out, &process, &t, &why)))
        return api_fail(c, function, rc, "%s", why.s);
    return give(function, c, process, t, hints, comm_dist_graph);
}

enum { EDGE = 3 /* source, destination, weight */ };

/* The edges that a process has named. */
static int32_t *list_edges(int n, const int *sources, const int *degrees, const int *destinations, const int *weights,
                           int count)
{
    int32_t *list = malloc((size_t)(count ? count : 1) * EDGE * sizeof *list);
    for (int i = 0, edge = 0; list && i < n; i++)
        for (int k = 0; k < degrees[i]; k++, edge++) {
            list[EDGE * edge] = sources[i];
            list[EDGE * edge + 1] = destinations[edge];
            list[EDGE * edge + 2] = weights == MPI_UNWEIGHTED ? 0 : weights[edge];
        }
    return list;
}

/* Those of all edges that lead to a rank (end 1) or from it (end 0); memory NULL: only counted. */
static int pick(const int32_t *all, const int *counts, int room, int processes, int rank, int end, int *ranks,
                int *weights)
{
    int n = 0;
    for (int p = 0; p < processes; p++)
        for (int i = 0; i < counts[p]; i += EDGE) {
            const int32_t *e = all + (size_t)p * (size_t)room + i;
            if (e[end] != rank)
                continue;
            if (ranks) {
                ranks[n] = e[!end];
                weights[n] = e[2];
            }
            n++;
        }
    return n;
}

/* Of what is or becomes rank number `rank`. */
static struct topo *topo_of_edges(struct comm *c, int rank, const int32_t *all, const int *counts, int room, int weighted)
{
    struct topo_edges in = {.count = pick(all, counts, room, c->size, rank, 1, NULL, NULL)};
    struct topo_edges out = {.count = pick(all, counts, room, c->size, rank, 0, NULL, NULL)};
    int *memory = malloc(2 * ((size_t)in.count + (size_t)out.count + 1) * sizeof *memory);
    if (!memory)
        return NULL;
    in.ranks = memory;
    in.weights = in.ranks + in.count;
    out.ranks = in.weights + in.count;
    out.weights = out.ranks + out.count;
    pick(all, counts, room, c->size, rank, 1, in.ranks, in.weights);
    pick(all, counts, room, c->size, rank, 0, out.ranks, out.weights);
    struct topo *t = topo_dist_graph(weighted, &in, &out);
    free(memory);
    return t;
}

static int order_all(struct comm *c, const int32_t *all, const int *counts, int room, int weighted, int **process)
{
    int64_t count = 0, n = 0;
    for (int p = 0; p < c->size; p++)
        count += counts[p] / EDGE;
    int32_t(*edges)[EDGE] = malloc((size_t)(count ? count : 1) * sizeof *edges);
    if (!edges)
        return MPI_ERR_NO_MEM;
    for (int p = 0; p < c->size; p++)
        for (int i = 0; i < counts[p]; i += EDGE, n++) {
            memcpy(edges[n], all + (size_t)p * (size_t)room + i, sizeof edges[n]);
            if (!weighted)
                edges[n][2] = 1;
        }
    int rc = topo_order_edges(c, (const int32_t(*)[EDGE])edges, count, process);
    free(edges);
    return rc;
}

#pragma weak MPI_Dist_graph_create = PMPI_Dist_graph_create
int PMPI_Dist_graph_create(MPI_Comm comm_old, int n, const int sources[], const int degrees[],
                           const int destinations[], const int *weights, MPI_Info info, int reorder,
                           MPI_Comm *comm_dist_graph)
{
    static const char function[] = "MPI_Dist_graph_create";
    struct comm *c;
    struct words why;
    int *process = NULL, hints, room, count = 0, weighted = weights != MPI_UNWEIGHTED;
    int rc = api_intra(function, comm_old, &c);
    if (rc || (rc = topo_count(function, c, "n", n)) || (rc = check_ranks(function, c, "sources", sources, n)) ||
        (n && (rc = api_not_null(c, function, degrees, "degrees"))))
        return rc;
    for (int i = 0; i < n; i++)
        if (degrees[i] < 0 || __builtin_add_overflow(count, degrees[i], &count) || count > INT32_MAX / EDGE)
            return api_fail(c, function, MPI_ERR_ARG, "degrees[%d] is %d", i, degrees[i]);
    if ((rc = check_ranks(function, c, "destinations", destinations, count)) ||
        (rc = check_weights(function, c, "weights", weights, count)) ||
        (rc = check_info(function, c, info, &hints)) ||
        (rc = api_not_null(c, function, comm_dist_graph, "comm_dist_graph")))
        return rc;
    int32_t *list = list_edges(n, sources, degrees, destinations, weights, count), *all = NULL;
    int *counts = malloc((size_t)c->size * sizeof *counts);
    if (!list || !counts) {
        free(list);
        free(counts);
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for %d edges", count);
    }
    rc = coll_comm_lists(function, c, list, EDGE * count, &all, counts, &room, &why);
    free(list);
    if (!rc && topo_may_reorder(reorder) && (rc = order_all(c, all, counts, room, weighted, &process)))
        words_set(&why, "no memory to reorder %s", comm_name(c));
    int rank = rc ? 0 : topo_new_rank(process, c->size, c->rank);
    struct topo *t = rc ? NULL : topo_of_edges(c, rank, all, counts, room, weighted);
    free(all);
    free(counts);
    return rc ? api_fail(c, function, rc, "%s", why.s) : give(function, c, process, t, hints, comm_dist_graph);
}

#pragma weak MPI_Dist_graph_neighbors_count = PMPI_Dist_graph_neighbors_count
int PMPI_Dist_graph_neighbors_count(MPI_Comm comm, int *indegree, int *outdegree, int *weighted)
{
    static const char function[] = "MPI_Dist_graph_neighbors_count";
    struct comm *c;
    int rc = topo_comm(function, comm, MPI_DIST_GRAPH, &c);
    if (rc || (rc = api_not_null(c, function, indegree, "indegree")) ||
        (rc = api_not_null(c, function, outdegree, "outdegree")) ||
        (rc = api_not_null(c, function, weighted, "weighted")))
        return rc;
    *indegree = c->topo->in.count;
    *outdegree = c->topo->out.count;
    *weighted = c->topo->weighted;
    return MPI_SUCCESS;
}

static int copy_edges(const char *function, struct comm *c, const char *name, int room, int *ranks, int *weights,
                      const struct topo_edges *e)
{
    int rc = copy(function, c, name, ranks, room, e->ranks, e->count);
    if (rc || !c->topo->weighted || weights == MPI_UNWEIGHTED || weights == MPI_WEIGHTS_EMPTY)
        return rc;
    return copy(function, c, "weights", weights, room, e->weights, e->count);
}

#pragma weak MPI_Dist_graph_neighbors = PMPI_Dist_graph_neighbors
int PMPI_Dist_graph_neighbors(MPI_Comm comm, int maxindegree, int sources[], int *sourceweights, int maxoutdegree,
                              int destinations[], int *destweights)
{
    static const char function[] = "MPI_Dist_graph_neighbors";
    struct comm *c;
    int rc = topo_comm(function, comm, MPI_DIST_GRAPH, &c);
    if (rc || (rc = topo_count(function, c, "maxindegree", maxindegree)) ||
        (rc = topo_count(function, c, "maxoutdegree", maxoutdegree)) ||
        (rc = copy_edges(function, c, "sources", maxindegree, sources, sourceweights, &c->topo->in)))
        return rc;
    return copy_edges(function, c, "destinations", maxoutdegree, destinations, destweights, &c->topo->out);
}
