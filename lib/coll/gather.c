/* Lists of numbers, one of each process, gathered by all: for distributed graphs, whose edges anybody may name.
 * That is memory for all edges of the graph, for a moment. */
#include "coll/create.h"

#include <stdlib.h>

int coll_comm_lists(const char *call, struct comm *c, const int32_t *list, int n, int32_t **all, int *counts,
                    int *room, struct words *why)
{
    struct circle o;
    int rc = circle_of(&o, c, call);
    counts[c->rank] = n;
    *all = NULL;
    if (!rc)
        rc = small_allgather(&o, counts, sizeof *counts);
    *room = 1;
    for (int i = 0; !rc && i < c->size; i++)
        if (counts[i] > *room)
            *room = counts[i];
    size_t size = (size_t)*room * sizeof *list;
    if (!rc && !(*all = malloc(size * (size_t)c->size)))
        rc = MPI_ERR_NO_MEM;
    if (!rc && n)
        memcpy(*all + (size_t)c->rank * (size_t)*room, list, (size_t)n * sizeof *list);
    if (!rc && n < *room)
        memset(*all + (size_t)c->rank * (size_t)*room + n, 0, (size_t)(*room - n) * sizeof *list);
    if (!rc)
        rc = small_allgather(&o, *all, size);
    if (rc) {
        free(*all);
        *all = NULL;
    }
    return create_failed(rc, why);
}
