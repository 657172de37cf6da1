/* Reordering: see reorder.h. Vertices are dealt out to nodes, each of which takes as many as it has processes, in several
 * ways: as they stand; as blocks of a grid; by letting each node's part grow where it has most neighbours. Each is made
 * better by exchanging pairs while that helps, and the best is taken. */
#include "obj/reorder.h"

#include <stdlib.h>
#include <string.h>

/* Looks at edges that exchanging may cost in all: a second or so, in graphs of millions of edges. */
static const int64_t PATIENCE = 200 * 1000 * 1000;

/* ---- graphs ---- */

static int make(struct reorder_graph *g, int n, int64_t edges, int weighted)
{
    *g = (struct reorder_graph){.n = n};
    g->start = calloc((size_t)n + 2, sizeof *g->start);
    g->to = malloc((size_t)(edges ? edges : 1) * sizeof *g->to);
    g->weights = weighted ? malloc((size_t)(edges ? edges : 1) * sizeof *g->weights) : NULL;
    if (g->start && g->to && (g->weights || !weighted))
        return 0;
    reorder_graph_free(g);
    return MPI_ERR_NO_MEM;
}

void reorder_graph_free(struct reorder_graph *g)
{
    free(g->start);
    free(g->to);
    free(g->weights);
}

static int of_grid(const struct topo *t, struct reorder_graph *g)
{
    int64_t n = 0;
    if (make(g, t->size, 2 * (int64_t)t->ndims * t->size, 0))
        return MPI_ERR_NO_MEM;
    for (int v = 0; v < t->size; v++) {
        for (int d = 0; d < t->ndims; d++)
            for (int step = -1; step <= 1; step += 2) {
                int to = topo_cart_neighbour(t, v, d, step);
                if (to != MPI_PROC_NULL)
                    g->to[n++] = to;
            }
        g->start[v + 1] = n;
    }
    return 0;
}

int reorder_graph_of(const struct topo *t, struct reorder_graph *g)
{
    if (t->kind == MPI_CART)
        return of_grid(t, g);
    if (make(g, t->size, t->nedges, 0))
        return MPI_ERR_NO_MEM;
    for (int v = 0; v < t->size; v++)
        g->start[v + 1] = t->index[v];
    if (t->nedges)
        memcpy(g->to, t->edges, (size_t)t->nedges * sizeof *g->to);
    return 0;
}

int reorder_graph_of_edges(int n, const int32_t (*edges)[3], int64_t count, struct reorder_graph *g)
{
    if (make(g, n, count, 1))
        return MPI_ERR_NO_MEM;
    for (int64_t i = 0; i < count; i++) /* one place too far, as filling moves each to the next */
        g->start[edges[i][0] + 2]++;
    for (int v = 0; v < n; v++)
        g->start[v + 2] += g->start[v + 1];
    for (int64_t i = 0; i < count; i++) {
        int64_t at = g->start[edges[i][0] + 1]++;
        g->to[at] = edges[i][1];
        g->weights[at] = edges[i][2];
    }
    return 0;
}

static int weight(const struct reorder_graph *g, int64_t edge)
{
    return g->weights ? g->weights[edge] : 1;
}

uint64_t reorder_crossing(const struct reorder_graph *g, const uint32_t *node, const int *process)
{
    uint64_t sum = 0;
    for (int v = 0; v < g->n; v++)
        for (int64_t e = g->start[v]; e < g->start[v + 1]; e++) {
            int u = g->to[e];
            if (node[process ? process[v] : v] != node[process ? process[u] : u])
                sum += (uint64_t)weight(g, e);
        }
    return sum;
}

/* ---- parts: vertices dealt out to nodes ---- */

struct parts {
    const struct reorder_graph *g; /* every edge in both directions */
    int count;                     /* of nodes, numbered as they are met */
    int *own;                      /* of each process: its node */
    int *room;                     /* of each node: its processes */
    int *part, *best;              /* of each vertex: its node; the best so far */
    uint64_t cost;                 /* of the best */
    int *first, *member;           /* the vertices of node p: member[first[p]] ...; place: where v stands there */
    int *place;
    int64_t *pull;                 /* scratch, for each vertex or node: 0 between uses */
    int64_t patience;
};

static uint64_t cost_of(const struct parts *p, const int *part)
{
    uint64_t sum = 0;
    for (int v = 0; v < p->g->n; v++)
        for (int64_t e = p->g->start[v]; e < p->g->start[v + 1]; e++)
            if (part[v] != part[p->g->to[e]])
                sum += (uint64_t)weight(p->g, e);
    return sum;
}

static void keep_if_better(struct parts *p)
{
    uint64_t cost = cost_of(p, p->part);
    if (cost >= p->cost)
        return;
    p->cost = cost;
    memcpy(p->best, p->part, (size_t)p->g->n * sizeof *p->best);
}

/* ---- exchanging ---- */

static void list_members(struct parts *p)
{
    for (int q = 0, at = 0; q < p->count; q++) {
        p->first[q] = at;
        at += p->room[q];
    }
    for (int v = 0; v < p->g->n; v++) {
        p->place[v] = p->first[p->part[v]]++;
        p->member[p->place[v]] = v;
    }
    for (int q = 0; q < p->count; q++)
        p->first[q] -= p->room[q];
}

/* What v has in common with the vertices of node q; *with: of that, with u. */
static int64_t common(struct parts *p, int v, int q, int u, int64_t *with)
{
    int64_t sum = 0;
    p->patience -= p->g->start[v + 1] - p->g->start[v];
    for (int64_t e = p->g->start[v]; e < p->g->start[v + 1]; e++) {
        sum += p->part[p->g->to[e]] == q ? weight(p->g, e) : 0;
        *with += p->g->to[e] == u ? weight(p->g, e) : 0;
    }
    return sum;
}

/* The vertex of node q with which v should change places, if that gains anything; -1. */
static int partner(struct parts *p, int v, int q, int64_t gain)
{
    int found = -1, own = p->part[v];
    int64_t most = 0, none = 0;
    for (int i = p->first[q]; i < p->first[q] + p->room[q] && p->patience > 0; i++) {
        int u = p->member[i];
        int64_t between = 0, there = common(p, u, own, v, &between);
        int64_t gained = gain + there - common(p, u, q, -1, &none) - 2 * between;
        if (gained > most) {
            most = gained;
            found = u;
        }
    }
    return found;
}

/* The node that v has most in common with, other than its own. */
static int strongest(struct parts *p, int v, int64_t *gain)
{
    const struct reorder_graph *g = p->g;
    int found = -1, own = p->part[v];
    for (int64_t e = g->start[v]; e < g->start[v + 1]; e++)
        p->pull[p->part[g->to[e]]] += weight(g, e);
    for (int64_t e = g->start[v]; e < g->start[v + 1]; e++) {
        int q = p->part[g->to[e]];
        if (q != own && (found < 0 || p->pull[q] > p->pull[found] || (p->pull[q] == p->pull[found] && q < found)))
            found = q;
    }
    *gain = found < 0 ? 0 : p->pull[found] - p->pull[own];
    for (int64_t e = g->start[v]; e < g->start[v + 1]; e++)
        p->pull[p->part[g->to[e]]] = 0;
    return found;
}

static void exchange(struct parts *p, int v, int u)
{
    int part = p->part[v], place = p->place[v];
    p->part[v] = p->part[u];
    p->part[u] = part;
    p->member[p->place[u]] = v;
    p->member[place] = u;
    p->place[v] = p->place[u];
    p->place[u] = place;
}

static void improve(struct parts *p)
{
    int better = 1;
    list_members(p);
    while (better && p->patience > 0) {
        better = 0;
        for (int v = 0; v < p->g->n && p->patience > 0; v++) {
            int64_t gain;
            int q = strongest(p, v, &gain), u = q < 0 ? -1 : partner(p, v, q, gain);
            if (u < 0)
                continue;
            exchange(p, v, u);
            better = 1;
        }
    }
    keep_if_better(p);
}

/* ---- blocks of a grid ---- */

struct shape {
    const struct topo *t;
    int *now, *best;
    int64_t least; /* edges that the best cuts through */
};

static int64_t cut(const struct topo *t, int d, int side)
{
    int64_t planes = t->dims[d] / side - !t->periods[d];
    return side < t->dims[d] ? planes * (t->size / t->dims[d]) : 0;
}

/* All ways to write `left` as a product of divisors of the dimensions from number d on. */
static void try_shapes(struct shape *s, int d, int left, int64_t edges)
{
    if (edges >= s->least)
        return;
    if (d == s->t->ndims) {
        if (left != 1)
            return;
        s->least = edges;
        memcpy(s->best, s->now, (size_t)d * sizeof *s->best);
        return;
    }
    for (int side = 1; side <= left && side <= s->t->dims[d]; side++)
        if (left % side == 0 && s->t->dims[d] % side == 0) {
            s->now[d] = side;
            try_shapes(s, d + 1, left / side, edges + cut(s->t, d, side));
        }
}

static int blocks(struct parts *p, const struct topo *t)
{
    for (int q = 1; q < p->count; q++)
        if (p->room[q] != p->room[0])
            return 0;
    int *memory = malloc(3 * ((size_t)t->ndims + 1) * sizeof *memory);
    if (!memory)
        return MPI_ERR_NO_MEM;
    struct shape s = {t, memory, memory + t->ndims, INT64_MAX};
    try_shapes(&s, 0, p->room[0], 0);
    for (int v = 0; v < t->size && s.least < INT64_MAX; v++) {
        int *at = memory + 2 * t->ndims;
        topo_cart_coords(t, v, t->ndims, at);
        p->part[v] = 0;
        for (int d = 0; d < t->ndims; d++)
            p->part[v] = p->part[v] * (t->dims[d] / s.best[d]) + at[d] / s.best[d];
    }
    if (s.least < INT64_MAX)
        improve(p);
    free(memory);
    return 0;
}

/* ---- growing ---- */

/* Of those that touch the part, the one that has most in common with it; of equal ones, the one that leaves least
 * behind. pull: what each has in common with the part. */
static int most_pulled(const struct parts *p, const int *edge, int edges, const int64_t *behind)
{
    int found = 0;
    for (int i = 1; i < edges; i++) {
        int v = edge[i], w = edge[found];
        int64_t by_pull = p->pull[v] - p->pull[w], by_behind = behind[w] - behind[v];
        if (by_pull > 0 || (by_pull == 0 && (by_behind > 0 || (by_behind == 0 && v < w))))
            found = i;
    }
    return found;
}

/* v belongs to node q: its neighbours are pulled, and have less that is left behind. */
static int take(struct parts *p, int v, int q, int *edge, int edges, int64_t *behind)
{
    const struct reorder_graph *g = p->g;
    p->part[v] = q;
    for (int64_t e = g->start[v]; e < g->start[v + 1]; e++) {
        int u = g->to[e];
        behind[u] -= weight(g, e);
        if (p->part[u] >= 0)
            continue;
        if (!p->pull[u])
            edge[edges++] = u;
        p->pull[u] += weight(g, e);
        if (!p->pull[u]) /* edges without weight do not pull */
            edges--;
    }
    return edges;
}

/* Where a part begins: at the vertex with least that is left, so that no corner stays behind. first: no vertex before
 * it is free. */
static int seed(struct parts *p, const int64_t *behind, int *first)
{
    while (p->part[*first] >= 0)
        ++*first;
    int found = *first;
    for (int v = found; v < p->g->n && p->patience > 0; v++, p->patience--)
        if (p->part[v] < 0 && behind[v] < behind[found])
            found = v;
    return found;
}

static int grow(struct parts *p)
{
    const struct reorder_graph *g = p->g;
    int *edge = malloc((size_t)g->n * sizeof *edge);
    int64_t *behind = calloc((size_t)g->n, sizeof *behind); /* to vertices that have no node yet */
    int rc = edge && behind ? 0 : MPI_ERR_NO_MEM, first = 0;
    for (int v = 0; !rc && v < g->n; v++) {
        p->part[v] = -1;
        for (int64_t e = g->start[v]; e < g->start[v + 1]; e++)
            behind[v] += weight(g, e);
    }
    for (int q = 0; !rc && q < p->count; q++) {
        int edges = 0;
        for (int i = 0; i < p->room[q]; i++) {
            int at = edges ? most_pulled(p, edge, edges, behind) : -1;
            int v = edges ? edge[at] : seed(p, behind, &first);
            if (edges)
                edge[at] = edge[--edges];
            p->pull[v] = 0;
            edges = take(p, v, q, edge, edges, behind);
        }
        while (edges)
            p->pull[edge[--edges]] = 0;
    }
    free(edge);
    free(behind);
    if (!rc)
        improve(p);
    return rc;
}

/* ---- the whole ---- */

static int compare_nodes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Numbers the nodes; how many processes each has. */
static int number_nodes(struct parts *p, const uint32_t *node)
{
    size_t n = (size_t)p->g->n;
    uint32_t *sorted = malloc(n * sizeof *sorted);
    if (!sorted)
        return MPI_ERR_NO_MEM;
    memcpy(sorted, node, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_nodes);
    p->count = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[p->count++] = sorted[i];
    for (size_t i = 0; i < n; i++) {
        const uint32_t *found = bsearch(&node[i], sorted, (size_t)p->count, sizeof *sorted, compare_nodes);
        p->own[i] = (int)(found - sorted);
        p->room[p->own[i]]++;
    }
    free(sorted);
    return 0;
}

/* Both directions of every edge, so that each vertex knows all that it shares. */
static int both_ways(const struct reorder_graph *g, struct reorder_graph *out)
{
    int64_t count = g->start[g->n], n = 0;
    int32_t (*edges)[3] = malloc((size_t)(count ? 2 * count : 1) * sizeof *edges);
    if (!edges)
        return MPI_ERR_NO_MEM;
    for (int v = 0; v < g->n; v++)
        for (int64_t e = g->start[v]; e < g->start[v + 1]; e++)
            for (int way = 0; way < 2 && g->to[e] != v; way++) {
                edges[n][0] = way ? g->to[e] : v;
                edges[n][1] = way ? v : g->to[e];
                edges[n++][2] = weight(g, e);
            }
    int rc = reorder_graph_of_edges(g->n, (const int32_t (*)[3])edges, n, out);
    free(edges);
    return rc;
}

/* Processes whose node is that of the vertex of their number stay; the others follow in order. */
static void deal(struct parts *p, int *process)
{
    int n = p->g->n;
    memcpy(p->part, p->own, (size_t)n * sizeof *p->part);
    list_members(p); /* of each node: its processes */
    for (int v = 0; v < n; v++)
        process[v] = p->own[v] == p->best[v] ? v : -1;
    for (int v = 0; v < n; v++) {
        int *next = &p->first[p->best[v]];
        if (process[v] >= 0)
            continue;
        while (process[p->member[*next]] == p->member[*next])
            ++*next;
        process[v] = p->member[(*next)++];
    }
}

static int find_best(struct parts *p, const struct topo *t)
{
    size_t n = (size_t)p->g->n;
    memcpy(p->best, p->own, n * sizeof *p->best);
    p->cost = cost_of(p, p->own);
    if (p->count < 2 || p->cost == 0)
        return 0;
    memcpy(p->part, p->own, n * sizeof *p->part);
    improve(p);
    int rc = t && t->kind == MPI_CART ? blocks(p, t) : 0;
    return rc ? rc : grow(p);
}

int reorder(const struct reorder_graph *g, const struct topo *t, const uint32_t *node, int *process)
{
    struct reorder_graph both;
    size_t n = (size_t)g->n + 1;
    if (g->n == 0)
        return 0;
    if (both_ways(g, &both))
        return MPI_ERR_NO_MEM;
    int *memory = calloc(7 * n, sizeof *memory);
    struct parts p = {.g = &both, .patience = PATIENCE, .pull = calloc(n, sizeof *p.pull)};
    int rc = memory && p.pull ? 0 : MPI_ERR_NO_MEM;
    if (!rc) {
        p.own = memory;
        p.room = p.own + n;
        p.part = p.room + n;
        p.best = p.part + n;
        p.first = p.best + n;
        p.member = p.first + n;
        p.place = p.member + n;
        rc = number_nodes(&p, node);
    }
    if (!rc)
        rc = find_best(&p, t);
    if (!rc)
        deal(&p, process);
    free(memory);
    free(p.pull);
    reorder_graph_free(&both);
    return rc;
}
