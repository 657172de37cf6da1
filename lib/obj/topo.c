/* Process topologies: see topo.h. */
#include "obj/topo.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

/* A topology with room for n numbers behind it. */
static struct topo *make(int kind, int size, int64_t n, int **room)
{
    struct topo *t = calloc(1, sizeof *t + (size_t)n * sizeof(int));
    if (!t)
        return NULL;
    t->references = 1;
    t->kind = kind;
    t->size = size;
    *room = (int *)(t + 1);
    return t;
}

static int *put(int **room, const int *from, int n)
{
    int *at = *room;
    if (n)
        memcpy(at, from, (size_t)n * sizeof *from);
    *room += n;
    return at;
}

struct topo *topo_cart(int ndims, const int *dims, const int *periods)
{
    int *room;
    struct topo *t = make(MPI_CART, topo_cart_size(ndims, dims), 2 * (int64_t)ndims, &room);
    if (!t)
        return NULL;
    t->ndims = ndims;
    t->dims = put(&room, dims, ndims);
    t->periods = put(&room, periods, ndims);
    for (int i = 0; i < ndims; i++)
        t->periods[i] = t->periods[i] != 0;
    return t;
}

struct topo *topo_graph(int nnodes, const int *index, const int *edges)
{
    int *room, n = nnodes ? index[nnodes - 1] : 0;
    struct topo *t = make(MPI_GRAPH, nnodes, (int64_t)nnodes + n, &room);
    if (!t)
        return NULL;
    t->nedges = n;
    t->index = put(&room, index, nnodes);
    t->edges = put(&room, edges, n);
    return t;
}

static struct topo_edges put_edges(int **room, const struct topo_edges *e, int weighted)
{
    struct topo_edges copy = {.count = e->count, .ranks = put(room, e->ranks, e->count)};
    if (weighted)
        copy.weights = put(room, e->weights, e->count);
    return copy;
}

struct topo *topo_dist_graph(int weighted, const struct topo_edges *in, const struct topo_edges *out)
{
    int *room;
    struct topo *t = make(MPI_DIST_GRAPH, 0, 2 * ((int64_t)in->count + out->count), &room);
    if (!t)
        return NULL;
    t->weighted = weighted;
    t->in = put_edges(&room, in, weighted);
    t->out = put_edges(&room, out, weighted);
    return t;
}

struct topo *topo_get(struct topo *t)
{
    if (t)
        atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
    return t;
}

void topo_put(struct topo *t)
{
    if (t && atomic_fetch_sub(&t->references, 1) == 1)
        free(t);
}

/* ---- grids ---- */

int topo_cart_size(int ndims, const int *dims)
{
    int size = 1;
    for (int i = 0; i < ndims; i++)
        if (dims[i] <= 0 || __builtin_mul_overflow(size, dims[i], &size))
            return -1;
    return size;
}

static int wrapped(int64_t at, int dim)
{
    int64_t rest = at % dim;
    return (int)(rest < 0 ? rest + dim : rest);
}

int topo_cart_rank(const struct topo *t, const int *coords, int *bad)
{
    int rank = 0;
    for (int i = 0; i < t->ndims; i++) {
        if (!t->periods[i] && (coords[i] < 0 || coords[i] >= t->dims[i])) {
            *bad = i;
            return -1;
        }
        rank = rank * t->dims[i] + wrapped(coords[i], t->dims[i]);
    }
    return rank;
}

void topo_cart_coords(const struct topo *t, int rank, int maxdims, int *coords)
{
    int left = t->size;
    for (int i = 0; i < t->ndims && i < maxdims; i++) {
        left /= t->dims[i];
        coords[i] = rank / left;
        rank %= left;
    }
}

int topo_cart_neighbour(const struct topo *t, int rank, int direction, int64_t disp)
{
    int below = 1, dim = t->dims[direction]; /* ranks from one place to the next */
    for (int i = direction + 1; i < t->ndims; i++)
        below *= t->dims[i];
    int at = rank / below % dim;
    int64_t to = at + disp;
    if (!t->periods[direction] && (to < 0 || to >= dim))
        return MPI_PROC_NULL;
    return rank + (wrapped(to, dim) - at) * below;
}

/* ---- balanced factors ---- */

static int largest_prime(int n)
{
    int largest = 1;
    for (int p = 2; (int64_t)p * p <= n; p++)
        while (n % p == 0) {
            largest = p;
            n /= p;
        }
    return n > largest ? n : largest;
}

/* Is limit to the power of count at least n? */
static int power_reaches(int limit, int count, int n)
{
    int64_t power = 1;
    for (int i = 0; i < count && power < n; i++)
        power *= limit;
    return power >= n;
}

/* n as count factors, none larger than limit; the first is as small as can be. 0: it cannot be. */
static int split(int n, int count, int limit, int *out)
{
    if (count == 1) {
        out[0] = n;
        return n <= limit;
    }
    if (n == 1) {
        for (int i = 0; i < count; i++)
            out[i] = 1;
        return 1;
    }
    int least = largest_prime(n);
    if (least > limit)
        return 0;
    for (int f = least; f <= limit && f <= n; f++) {
        if (n % f || !power_reaches(f, count, n))
            continue;
        out[0] = f;
        if (split(n / f, count - 1, f, out + 1))
            return 1;
    }
    return 0;
}

int topo_dims(int nnodes, int ndims, int *dims)
{
    int left = nnodes, open = 0;
    for (int i = 0; i < ndims; i++) {
        open += dims[i] == 0;
        if (dims[i] < 0 || (dims[i] > 0 && left % dims[i]))
            return MPI_ERR_DIMS;
        left /= dims[i] ? dims[i] : 1;
    }
    if (open == 0)
        return left == 1 ? 0 : MPI_ERR_DIMS;
    int *factors = malloc((size_t)open * sizeof *factors);
    if (!factors)
        return MPI_ERR_NO_MEM;
    split(left, open, left, factors);
    for (int i = 0, n = 0; i < ndims; i++)
        if (dims[i] == 0)
            dims[i] = factors[n++];
    free(factors);
    return 0;
}
