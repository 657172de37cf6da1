/* Process topologies: grids, and what all kinds share. */
#include "config.h"

#include "api/topo.h"
#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

static const char *kind_name(int kind)
{
    return kind == MPI_CART ? "grid" : kind == MPI_GRAPH ? "graph" : "distributed graph";
}

int topo_comm(const char *function, MPI_Comm handle, int kind, struct comm **c)
{
    int rc = api_comm(function, handle, c);
    if (rc || ((*c)->topo && (*c)->topo->kind == kind))
        return rc;
    return api_fail(*c, function, MPI_ERR_TOPOLOGY, "%s is no %s", comm_name(*c), kind_name(kind));
}

int topo_count(const char *function, struct comm *c, const char *name, int n)
{
    return n >= 0 ? 0 : api_fail(c, function, MPI_ERR_ARG, "%s is %d, and must not be negative", name, n);
}

int topo_rank(const char *function, struct comm *c, int rank)
{
    if (rank >= 0 && rank < c->size)
        return 0;
    return api_fail(c, function, MPI_ERR_RANK, "rank is %d, and %s has ranks 0 to %d", rank, comm_name(c),
                    c->size - 1);
}

int topo_give(const char *function, struct comm *c, int size, int *process, struct topo *t, MPI_Comm *out)
{
    const int first[1][3] = {{0, size - 1, 1}};
    struct group *g;
    struct comm *made = NULL;
    struct words why;
    int bad, rank, rc = 0;
    if (t && process)
        rc = group_ranks(c->group, size, process, 0, &g, &bad);
    else if (t)
        rc = group_ranges(c->group, size > 0, first, 0, &g, &bad, &rank);
    free(process);
    if (!t || rc) {
        topo_put(t);
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for a topology");
    }
    rc = coll_comm_create(function, c, g, &made, &why);
    group_put(g);
    if (made)
        made->topo = t;
    else
        topo_put(t);
    return comm_give(function, c, rc, &why, made, out);
}

#pragma weak MPI_Topo_test = PMPI_Topo_test
int PMPI_Topo_test(MPI_Comm comm, int *status)
{
    struct comm *c;
    int rc = api_comm("MPI_Topo_test", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Topo_test", status, "status");
    if (!rc)
        *status = c->topo ? c->topo->kind : MPI_UNDEFINED;
    return rc;
}

/* ---- making ---- */

/* The grid's size, for a communicator that has enough processes. */
static int check_grid(const char *function, MPI_Comm comm, int ndims, const int *dims, const int *periods,
                      struct comm **c, int *size)
{
    int rc = api_intra(function, comm, c);
    if (rc || (rc = topo_count(function, *c, "ndims", ndims)) ||
        (ndims && ((rc = api_not_null(*c, function, dims, "dims")) ||
                   (rc = api_not_null(*c, function, periods, "periods")))))
        return rc;
    for (int i = 0; i < ndims; i++)
        if (dims[i] <= 0)
            return api_fail(*c, function, MPI_ERR_DIMS, "dims[%d] is %d, and must be positive", i, dims[i]);
    *size = topo_cart_size(ndims, dims);
    if (*size < 0 || *size > (*c)->size)
        return api_fail(*c, function, MPI_ERR_DIMS, "the grid has more places than %s has processes (%d)",
                        comm_name(*c), (*c)->size);
    return 0;
}

int topo_map(const char *function, struct comm *c, struct topo *t, int *newrank)
{
    int *process, rc = t ? topo_order(1, c, t, &process) : MPI_ERR_NO_MEM;
    if (!rc) {
        *newrank = topo_new_rank(process, t->size, c->rank);
        free(process);
    }
    topo_put(t);
    return rc ? api_fail(c, function, rc, "no memory for a topology") : MPI_SUCCESS;
}

#pragma weak MPI_Cart_create = PMPI_Cart_create
int PMPI_Cart_create(MPI_Comm comm_old, int ndims, const int dims[], const int periods[], int reorder,
                     MPI_Comm *comm_cart)
{
    struct comm *c;
    int *process, size, rc = check_grid("MPI_Cart_create", comm_old, ndims, dims, periods, &c, &size);
    if (rc || (rc = api_not_null(c, "MPI_Cart_create", comm_cart, "comm_cart")))
        return rc;
    struct topo *t = topo_cart(ndims, dims, periods);
    if (topo_order(reorder, c, t, &process)) {
        topo_put(t);
        t = NULL;
    }
    return topo_give("MPI_Cart_create", c, size, process, t, comm_cart);
}

#pragma weak MPI_Cart_map = PMPI_Cart_map
int PMPI_Cart_map(MPI_Comm comm, int ndims, const int dims[], const int periods[], int *newrank)
{
    struct comm *c;
    int size, rc = check_grid("MPI_Cart_map", comm, ndims, dims, periods, &c, &size);
    if (rc || (rc = api_not_null(c, "MPI_Cart_map", newrank, "newrank")))
        return rc;
    return topo_map("MPI_Cart_map", c, topo_cart(ndims, dims, periods), newrank);
}

#pragma weak MPI_Dims_create = PMPI_Dims_create
int PMPI_Dims_create(int nnodes, int ndims, int dims[])
{
    static const char function[] = "MPI_Dims_create";
    if (nnodes <= 0)
        return api_fail(NULL, function, MPI_ERR_ARG, "nnodes is %d, and must be positive", nnodes);
    int rc = topo_count(function, NULL, "ndims", ndims);
    if (rc || (ndims && (rc = api_not_null(NULL, function, dims, "dims"))))
        return rc;
    rc = topo_dims(nnodes, ndims, dims);
    if (rc == MPI_ERR_NO_MEM)
        return api_fail(NULL, function, rc, "no memory for %d dimensions", ndims);
    if (rc)
        return api_fail(NULL, function, rc, "%d processes do not fill a grid of the dimensions that are given",
                        nnodes);
    return MPI_SUCCESS;
}

/* Those that are equal in all dropped dimensions are a grid of their own, in the order of the others. */
#pragma weak MPI_Cart_sub = PMPI_Cart_sub
int PMPI_Cart_sub(MPI_Comm comm, const int remain_dims[], MPI_Comm *newcomm)
{
    static const char function[] = "MPI_Cart_sub";
    struct comm *c, *made = NULL;
    struct words why;
    int rc = topo_comm(function, comm, MPI_CART, &c);
    if (rc || (rc = api_not_null(c, function, newcomm, "newcomm")))
        return rc;
    const struct topo *t = c->topo;
    if (t->ndims && (rc = api_not_null(c, function, remain_dims, "remain_dims")))
        return rc;
    int *numbers = malloc(3 * (size_t)(t->ndims + 1) * sizeof *numbers);
    if (!numbers)
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for a topology");
    int *coords = numbers, *dims = coords + t->ndims, *periods = dims + t->ndims, n = 0, color = 0, key = 0;
    topo_cart_coords(t, c->rank, t->ndims, coords);
    for (int i = 0; i < t->ndims; i++) {
        if (remain_dims[i]) {
            dims[n] = t->dims[i];
            periods[n++] = t->periods[i];
            key = key * t->dims[i] + coords[i];
        } else {
            color = color * t->dims[i] + coords[i];
        }
    }
    struct topo *part = topo_cart(n, dims, periods);
    free(numbers);
    rc = coll_comm_split(function, c, color, key, &made, &why);
    if (!rc && !part) {
        coll_comm_free(made);
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for a topology");
    }
    if (made)
        made->topo = part;
    else
        topo_put(part);
    return comm_give(function, c, rc, &why, made, newcomm);
}

/* ---- inquiry ---- */

#pragma weak MPI_Cartdim_get = PMPI_Cartdim_get
int PMPI_Cartdim_get(MPI_Comm comm, int *ndims)
{
    struct comm *c;
    int rc = topo_comm("MPI_Cartdim_get", comm, MPI_CART, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Cartdim_get", ndims, "ndims");
    if (!rc)
        *ndims = c->topo->ndims;
    return rc;
}

/* Room for at least as many as the grid has dimensions. */
static int check_room(const char *function, struct comm *c, int maxdims)
{
    if (maxdims >= c->topo->ndims)
        return 0;
    return api_fail(c, function, MPI_ERR_ARG, "maxdims is %d, and the grid has %d dimensions", maxdims,
                    c->topo->ndims);
}

#pragma weak MPI_Cart_get = PMPI_Cart_get
int PMPI_Cart_get(MPI_Comm comm, int maxdims, int dims[], int periods[], int coords[])
{
    struct comm *c;
    int rc = topo_comm("MPI_Cart_get", comm, MPI_CART, &c);
    if (rc || (rc = check_room("MPI_Cart_get", c, maxdims)))
        return rc;
    const struct topo *t = c->topo;
    if (t->ndims == 0)
        return MPI_SUCCESS;
    if ((rc = api_not_null(c, "MPI_Cart_get", dims, "dims")) ||
        (rc = api_not_null(c, "MPI_Cart_get", periods, "periods")) ||
        (rc = api_not_null(c, "MPI_Cart_get", coords, "coords")))
        return rc;
    memcpy(dims, t->dims, (size_t)t->ndims * sizeof *dims);
    memcpy(periods, t->periods, (size_t)t->ndims * sizeof *periods);
    topo_cart_coords(t, c->rank, maxdims, coords);
    return MPI_SUCCESS;
}

#pragma weak MPI_Cart_rank = PMPI_Cart_rank
int PMPI_Cart_rank(MPI_Comm comm, const int coords[], int *rank)
{
    static const char function[] = "MPI_Cart_rank";
    struct comm *c;
    int bad = 0, rc = topo_comm(function, comm, MPI_CART, &c);
    if (rc || (rc = api_not_null(c, function, rank, "rank")) ||
        (c->topo->ndims && (rc = api_not_null(c, function, coords, "coords"))))
        return rc;
    int found = topo_cart_rank(c->topo, coords, &bad);
    if (found < 0)
        return api_fail(c, function, MPI_ERR_ARG,
                        "coords[%d] is %d, and that dimension has %d places and is not periodic", bad, coords[bad],
                        c->topo->dims[bad]);
    *rank = found;
    return MPI_SUCCESS;
}

#pragma weak MPI_Cart_coords = PMPI_Cart_coords
int PMPI_Cart_coords(MPI_Comm comm, int rank, int maxdims, int coords[])
{
    struct comm *c;
    int rc = topo_comm("MPI_Cart_coords", comm, MPI_CART, &c);
    if (rc || (rc = topo_rank("MPI_Cart_coords", c, rank)) || (rc = check_room("MPI_Cart_coords", c, maxdims)) ||
        (c->topo->ndims && (rc = api_not_null(c, "MPI_Cart_coords", coords, "coords"))))
        return rc;
    topo_cart_coords(c->topo, rank, maxdims, coords);
    return MPI_SUCCESS;
}

#pragma weak MPI_Cart_shift = PMPI_Cart_shift
int PMPI_Cart_shift(MPI_Comm comm, int direction, int disp, int *rank_source, int *rank_dest)
{
    static const char function[] = "MPI_Cart_shift";
    struct comm *c;
    int rc = topo_comm(function, comm, MPI_CART, &c);
    if (rc || (rc = api_not_null(c, function, rank_source, "rank_source")) ||
        (rc = api_not_null(c, function, rank_dest, "rank_dest")))
        return rc;
    if (direction < 0 || direction >= c->topo->ndims)
        return api_fail(c, function, MPI_ERR_ARG, "direction is %d, and the grid has %d dimensions", direction,
                        c->topo->ndims);
    *rank_source = topo_cart_neighbour(c->topo, c->rank, direction, -(int64_t)disp);
    *rank_dest = topo_cart_neighbour(c->topo, c->rank, direction, disp);
    return MPI_SUCCESS;
}
