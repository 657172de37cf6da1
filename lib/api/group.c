/* Groups: the chapter's functions on ordered sets of processes. Errors go to MPI_COMM_SELF's handler, as a group has
 * none. */
#include "config.h"

#include "api/api.h"

static int get(const char *function, MPI_Group handle, struct group **g)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    *g = group_of(handle);
    if (*g)
        return 0;
    if (handle == MPI_GROUP_NULL)
        return api_fail(NULL, function, MPI_ERR_GROUP, "the group is MPI_GROUP_NULL");
    return api_fail(NULL, function, MPI_ERR_GROUP, "%p is not a group", (void *)handle);
}

static int get_out(const char *function, MPI_Group handle, struct group **g, const void *out, const char *name)
{
    int rc = get(function, handle, g);
    return rc ? rc : api_not_null(NULL, function, out, name);
}

static int get_two(const char *function, MPI_Group one, MPI_Group two, struct group **a, struct group **b,
                   const void *out, const char *name)
{
    int rc = get(function, one, a);
    return rc ? rc : get_out(function, two, b, out, name);
}

static int no_memory(const char *function)
{
    return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for a group");
}

static void give(const char *function, struct group *g, MPI_Group *out)
{
    *out = group_handle(g);
    leaks_made(LEAKS_GROUP, *out, function);
}

#pragma weak MPI_Group_size = PMPI_Group_size
int PMPI_Group_size(MPI_Group group, int *size)
{
    struct group *g;
    int rc = get_out("MPI_Group_size", group, &g, size, "size");
    if (!rc)
        *size = g->size;
    return rc;
}

#pragma weak MPI_Group_rank = PMPI_Group_rank
int PMPI_Group_rank(MPI_Group group, int *rank)
{
    struct group *g;
    int rc = get_out("MPI_Group_rank", group, &g, rank, "rank");
    if (!rc)
        *rank = g->rank;
    return rc;
}

#pragma weak MPI_Group_translate_ranks = PMPI_Group_translate_ranks
int PMPI_Group_translate_ranks(MPI_Group group1, int n, const int ranks1[], MPI_Group group2, int ranks2[])
{
    static const char function[] = "MPI_Group_translate_ranks";
    struct group *a, *b;
    int rc = get(function, group1, &a);
    if (rc || (rc = get(function, group2, &b)))
        return rc;
    if (n < 0)
        return api_fail(NULL, function, MPI_ERR_ARG, "n is %d, and must not be negative", n);
    if (n && ((rc = api_not_null(NULL, function, ranks1, "ranks1")) ||
              (rc = api_not_null(NULL, function, ranks2, "ranks2"))))
        return rc;
    for (int i = 0; i < n; i++)
        if ((ranks1[i] < 0 || ranks1[i] >= a->size) && ranks1[i] != MPI_PROC_NULL)
            return api_fail(NULL, function, MPI_ERR_RANK, "ranks1[%d] is %d, and group1 has %d processes", i,
                            ranks1[i], a->size);
    for (int i = 0; i < n; i++)
        ranks2[i] = ranks1[i] == MPI_PROC_NULL ? MPI_PROC_NULL : group_rank(b, group_world(a, ranks1[i]));
    return MPI_SUCCESS;
}

#pragma weak MPI_Group_compare = PMPI_Group_compare
int PMPI_Group_compare(MPI_Group group1, MPI_Group group2, int *result)
{
    struct group *a, *b;
    int rc = get_two("MPI_Group_compare", group1, group2, &a, &b, result, "result");
    if (!rc)
        *result = group_compare(a, b);
    return rc;
}

/* ---- set operations ---- */

static int combine(const char *function, int (*operation)(struct group *, struct group *, struct group **),
                   MPI_Group group1, MPI_Group group2, MPI_Group *newgroup)
{
    struct group *a, *b, *made;
    int rc = get_two(function, group1, group2, &a, &b, newgroup, "newgroup");
    if (rc)
        return rc;
    if (operation(a, b, &made))
        return no_memory(function);
    give(function, made, newgroup);
    return MPI_SUCCESS;
}

#pragma weak MPI_Group_union = PMPI_Group_union
int PMPI_Group_union(MPI_Group group1, MPI_Group group2, MPI_Group *newgroup)
{
    return combine("MPI_Group_union", group_union, group1, group2, newgroup);
}

#pragma weak MPI_Group_intersection = PMPI_Group_intersection
int PMPI_Group_intersection(MPI_Group group1, MPI_Group group2, MPI_Group *newgroup)
{
    return combine("MPI_Group_intersection", group_intersection, group1, group2, newgroup);
}

#pragma weak MPI_Group_difference = PMPI_Group_difference
int PMPI_Group_difference(MPI_Group group1, MPI_Group group2, MPI_Group *newgroup)
{
    return combine("MPI_Group_difference", group_difference, group1, group2, newgroup);
}

/* ---- some of a group ---- */

static int get_some(const char *function, MPI_Group group, int n, const void *array, const char *name,
                    const MPI_Group *newgroup, struct group **g)
{
    int rc = get_out(function, group, g, newgroup, "newgroup");
    if (!rc && n < 0)
        rc = api_fail(NULL, function, MPI_ERR_ARG, "n is %d, and must not be negative", n);
    return !rc && n ? api_not_null(NULL, function, array, name) : rc;
}

static int ranks(const char *function, MPI_Group group, int n, const int *ranks, int excluded, MPI_Group *newgroup)
{
    struct group *g, *made;
    int bad, rc = get_some(function, group, n, ranks, "ranks", newgroup, &g);
    if (rc)
        return rc;
    rc = group_ranks(g, n, ranks, excluded, &made, &bad);
    if (rc == MPI_ERR_NO_MEM)
        return no_memory(function);
    if (rc && ranks[bad] >= 0 && ranks[bad] < g->size)
        return api_fail(NULL, function, rc, "ranks[%d] is %d, which is there before", bad, ranks[bad]);
    if (rc)
        return api_fail(NULL, function, rc, "ranks[%d] is %d, and the group has %d processes", bad, ranks[bad],
                        g->size);
    give(function, made, newgroup);
    return MPI_SUCCESS;
}

#pragma weak MPI_Group_incl = PMPI_Group_incl
int PMPI_Group_incl(MPI_Group group, int n, const int list[], MPI_Group *newgroup)
{
    return ranks("MPI_Group_incl", group, n, list, 0, newgroup);
}

#pragma weak MPI_Group_excl = PMPI_Group_excl
int PMPI_Group_excl(MPI_Group group, int n, const int list[], MPI_Group *newgroup)
{
    return ranks("MPI_Group_excl", group, n, list, 1, newgroup);
}

static int ranges(const char *function, MPI_Group group, int n, int list[][3], int excluded, MPI_Group *newgroup)
{
    struct group *g, *made;
    int bad, rank, rc = get_some(function, group, n, list, "ranges", newgroup, &g);
    if (rc)
        return rc;
    rc = group_ranges(g, n, (const int (*)[3])list, excluded, &made, &bad, &rank);
    if (rc == MPI_ERR_NO_MEM)
        return no_memory(function);
    if (rc == MPI_ERR_ARG && list[bad][2] == 0)
        return api_fail(NULL, function, rc, "the stride of ranges[%d] is 0", bad);
    if (rc == MPI_ERR_ARG)
        return api_fail(NULL, function, rc, "ranges[%d] goes from %d to %d by steps of %d, which leads away", bad,
                        list[bad][0], list[bad][1], list[bad][2]);
    if (rc && rank >= 0 && rank < g->size)
        return api_fail(NULL, function, rc, "ranges[%d] has rank %d, which is there before", bad, rank);
    if (rc)
        return api_fail(NULL, function, rc, "ranges[%d] has rank %d, and the group has %d processes", bad, rank,
                        g->size);
    give(function, made, newgroup);
    return MPI_SUCCESS;
}

#pragma weak MPI_Group_range_incl = PMPI_Group_range_incl
int PMPI_Group_range_incl(MPI_Group group, int n, int list[][3], MPI_Group *newgroup)
{
    return ranges("MPI_Group_range_incl", group, n, list, 0, newgroup);
}

#pragma weak MPI_Group_range_excl = PMPI_Group_range_excl
int PMPI_Group_range_excl(MPI_Group group, int n, int list[][3], MPI_Group *newgroup)
{
    return ranges("MPI_Group_range_excl", group, n, list, 1, newgroup);
}

/* ---- from and to nothing ---- */

#pragma weak MPI_Comm_group = PMPI_Comm_group
int PMPI_Comm_group(MPI_Comm comm, MPI_Group *group)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_group", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_group", group, "group");
    if (!rc)
        give("MPI_Comm_group", group_get(c->group), group);
    return rc;
}

#pragma weak MPI_Comm_remote_group = PMPI_Comm_remote_group
int PMPI_Comm_remote_group(MPI_Comm comm, MPI_Group *group)
{
    struct comm *c;
    int rc = api_inter("MPI_Comm_remote_group", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_remote_group", group, "group");
    if (!rc)
        give("MPI_Comm_remote_group", group_get(c->remote), group);
    return rc;
}

#pragma weak MPI_Group_free = PMPI_Group_free
int PMPI_Group_free(MPI_Group *group)
{
    struct group *g;
    int rc = api_not_null(NULL, "MPI_Group_free", group, "group");
    if (rc || (rc = get("MPI_Group_free", *group, &g)))
        return rc;
    leaks_freed(LEAKS_GROUP, group_handle(g));
    group_put(g);
    *group = MPI_GROUP_NULL;
    return MPI_SUCCESS;
}
