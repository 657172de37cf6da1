/* Making communicators: argument checks; coll/ does it. */
#include "config.h"

#include "api/comm.h"
#include "coll/coll.h"
#include "obj/info.h"
#include "p2p/p2p.h"

#include <string.h>

int comm_hints_of(const char *function, struct comm *c, MPI_Info info, int before, int *hints)
{
    char value[MPI_MAX_INFO_VAL];
    const struct info *i = info == MPI_INFO_NULL ? NULL : info_of(info);
    *hints = before;
    if (info != MPI_INFO_NULL && !i)
        return api_fail(c, function, MPI_ERR_INFO, "%p is not an info object", (void *)info);
    for (int n = 0; i && n < COMM_HINTS; n++)
        if (info_copy(i, comm_hint_names[n], value) >= 0) {
            if (strcmp(value, "true") == 0)
                *hints |= 1 << n;
            else if (strcmp(value, "false") == 0)
                *hints &= ~(1 << n);
        }
    return 0;
}

int comm_give(const char *function, struct comm *c, int rc, const struct words *why, struct comm *made, MPI_Comm *out)
{
    if (rc)
        return api_fail(c, function, rc, "%s", why->s);
    *out = made ? made->handle : MPI_COMM_NULL;
    leaks_made(LEAKS_COMM, *out, function);
    return MPI_SUCCESS;
}

static int get(const char *function, MPI_Comm comm, struct comm **c, const MPI_Comm *newcomm)
{
    int rc = api_comm(function, comm, c);
    return rc ? rc : api_not_null(*c, function, newcomm, "newcomm");
}

/* ---- duplicates ---- */

/* Hints do not go with a duplicate, since MPI 4.0: they may hold for the part of the program that gave them alone. */
static int dup(const char *function, struct comm *c, int hints, MPI_Comm *newcomm, MPI_Request *request)
{
    struct comm *made;
    struct words why;
    struct request *r;
    int rc = coll_comm_dup(function, c, hints, &made, request ? &r : NULL, &why);
    if (!rc && request)
        *request = (MPI_Request)r;
    return comm_give(function, c, rc, &why, made, newcomm);
}

#pragma weak MPI_Comm_dup = PMPI_Comm_dup
int PMPI_Comm_dup(MPI_Comm comm, MPI_Comm *newcomm)
{
    struct comm *c;
    int rc = get("MPI_Comm_dup", comm, &c, newcomm);
    return rc ? rc : dup("MPI_Comm_dup", c, 0, newcomm, NULL);
}

#pragma weak MPI_Comm_dup_with_info = PMPI_Comm_dup_with_info
int PMPI_Comm_dup_with_info(MPI_Comm comm, MPI_Info info, MPI_Comm *newcomm)
{
    struct comm *c;
    int hints, rc = get("MPI_Comm_dup_with_info", comm, &c, newcomm);
    if (rc || (rc = comm_hints_of("MPI_Comm_dup_with_info", c, info, 0, &hints)))
        return rc;
    return dup("MPI_Comm_dup_with_info", c, hints, newcomm, NULL);
}

#pragma weak MPI_Comm_idup = PMPI_Comm_idup
int PMPI_Comm_idup(MPI_Comm comm, MPI_Comm *newcomm, MPI_Request *request)
{
    struct comm *c;
    int rc = get("MPI_Comm_idup", comm, &c, newcomm);
    if (rc || (rc = api_not_null(c, "MPI_Comm_idup", request, "request")))
        return rc;
    return dup("MPI_Comm_idup", c, 0, newcomm, request);
}

#pragma weak MPI_Comm_idup_with_info = PMPI_Comm_idup_with_info
int PMPI_Comm_idup_with_info(MPI_Comm comm, MPI_Info info, MPI_Comm *newcomm, MPI_Request *request)
{
    struct comm *c;
    int hints, rc = get("MPI_Comm_idup_with_info", comm, &c, newcomm);
    if (rc || (rc = api_not_null(c, "MPI_Comm_idup_with_info", request, "request")) ||
        (rc = comm_hints_of("MPI_Comm_idup_with_info", c, info, 0, &hints)))
        return rc;
    return dup("MPI_Comm_idup_with_info", c, hints, newcomm, request);
}

/* ---- of a group ---- */

static int get_part(const char *function, struct comm *c, MPI_Group group, struct group **g)
{
    *g = group_of(group);
    if (!*g && group == MPI_GROUP_NULL)
        return api_fail(c, function, MPI_ERR_GROUP, "the group is MPI_GROUP_NULL");
    if (!*g)
        return api_fail(c, function, MPI_ERR_GROUP, "%p is not a group", (void *)group);
    if (!group_contains(c->group, *g))
        return api_fail(c, function, MPI_ERR_GROUP, "the group has processes that %s has not", comm_name(c));
    return 0;
}

#pragma weak MPI_Comm_create = PMPI_Comm_create
int PMPI_Comm_create(MPI_Comm comm, MPI_Group group, MPI_Comm *newcomm)
{
    struct comm *c, *made;
    struct group *g;
    struct words why;
    int rc = get("MPI_Comm_create", comm, &c, newcomm);
    if (rc || (rc = get_part("MPI_Comm_create", c, group, &g)))
        return rc;
    rc = coll_comm_create("MPI_Comm_create", c, g, &made, &why);
    return comm_give("MPI_Comm_create", c, rc, &why, made, newcomm);
}

static int check_tag(const char *function, struct comm *c, int tag)
{
    return tag >= 0 ? 0 : api_fail(c, function, MPI_ERR_TAG, "tag is %d, and must not be negative", tag);
}

#pragma weak MPI_Comm_create_group = PMPI_Comm_create_group
int PMPI_Comm_create_group(MPI_Comm comm, MPI_Group group, int tag, MPI_Comm *newcomm)
{
    struct comm *c, *made;
    struct group *g;
    struct words why;
    int rc = api_intra("MPI_Comm_create_group", comm, &c);
    if (rc || (rc = api_not_null(c, "MPI_Comm_create_group", newcomm, "newcomm")) ||
        (rc = get_part("MPI_Comm_create_group", c, group, &g)) || (rc = check_tag("MPI_Comm_create_group", c, tag)))
        return rc;
    *newcomm = MPI_COMM_NULL;
    if (g->rank == MPI_UNDEFINED)
        return MPI_SUCCESS;
    rc = coll_comm_create_group("MPI_Comm_create_group", c, g, tag, &made, &why);
    return comm_give("MPI_Comm_create_group", c, rc, &why, made, newcomm);
}

/* ---- splitting ---- */

#pragma weak MPI_Comm_split = PMPI_Comm_split
int PMPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm *newcomm)
{
    struct comm *c, *made;
    struct words why;
    int rc = get("MPI_Comm_split", comm, &c, newcomm);
    if (!rc && color < 0 && color != MPI_UNDEFINED)
        rc = api_fail(c, "MPI_Comm_split", MPI_ERR_ARG, "color is %d, and must be MPI_UNDEFINED or not negative",
                      color);
    if (rc)
        return rc;
    rc = coll_comm_split("MPI_Comm_split", c, color, key, &made, &why);
    return comm_give("MPI_Comm_split", c, rc, &why, made, newcomm);
}

static int or_undefined(int number)
{
    return number < 0 ? MPI_UNDEFINED : number;
}

/* The resource, or the set of processes, that the program has named; none, or one that is not known: no
 * communicator. */
static int color_of_name(const struct info *info, int with_psets)
{
    char name[MPI_MAX_INFO_VAL];
    if (info && info_copy(info, "mpi_hw_resource_type", name) >= 0) {
        int number = proc_resource_find(name);
        return number < 0 ? MPI_UNDEFINED : or_undefined(proc_resource(number));
    }
    if (info && with_psets && info_copy(info, "mpi_pset_name", name) >= 0)
        return strcmp(name, "mpi://WORLD") == 0 ? 0 : strcmp(name, "mpi://SELF") == 0 ? proc.rank : MPI_UNDEFINED;
    return MPI_UNDEFINED;
}

/* The largest resource of which not all processes run on the same one. */
static int color_unguided(const char *function, struct comm *c, struct info *info, int *color)
{
    int32_t numbers[PROC_RESOURCES];
    int first;
    struct words why;
    if (c->remote)
        return api_fail(c, function, MPI_ERR_COMM, "MPI_COMM_TYPE_HW_UNGUIDED does not split inter-communicators");
    for (int i = 0; i < PROC_RESOURCES; i++)
        numbers[i] = proc_resource(i);
    int rc = coll_comm_differs(function, c, numbers, PROC_RESOURCES, &first, &why);
    if (rc)
        return api_fail(c, function, rc, "%s", why.s);
    *color = first == PROC_RESOURCES ? MPI_UNDEFINED : or_undefined(numbers[first]);
    if (info && *color != MPI_UNDEFINED && info_set(info, "mpi_hw_resource_type", proc_resource_names[first]))
        return api_fail(c, function, MPI_ERR_NO_MEM, "no memory for an info value");
    return 0;
}

static int color_of_type(const char *function, struct comm *c, int split_type, struct info *info, int *color)
{
    switch (split_type) {
    case MPI_UNDEFINED:
        *color = MPI_UNDEFINED;
        return 0;
    case MPI_COMM_TYPE_SHARED:
        *color = proc_resource(0);
        return 0;
    case MPI_COMM_TYPE_HW_GUIDED:
        *color = color_of_name(info, 0);
        return 0;
    case MPI_COMM_TYPE_RESOURCE_GUIDED:
        *color = color_of_name(info, 1);
        return 0;
    case MPI_COMM_TYPE_HW_UNGUIDED:
        return color_unguided(function, c, info, color);
    default:
        return api_fail(c, function, MPI_ERR_ARG, "split_type is %d, which is none of MPI_COMM_TYPE_...", split_type);
    }
}

/* Unguided, one that is not restricted to anything must take part in comparing too. */
#pragma weak MPI_Comm_split_type = PMPI_Comm_split_type
int PMPI_Comm_split_type(MPI_Comm comm, int split_type, int key, MPI_Info info, MPI_Comm *newcomm)
{
    static const char function[] = "MPI_Comm_split_type";
    struct comm *c, *made;
    struct words why;
    int color = MPI_UNDEFINED, hints, rc = get(function, comm, &c, newcomm);
    if (rc || (rc = comm_hints_of(function, c, info, 0, &hints)) ||
        (rc = color_of_type(function, c, split_type, info == MPI_INFO_NULL ? NULL : info_of(info), &color)))
        return rc;
    rc = coll_comm_split(function, c, color, key, &made, &why);
    if (!rc && made)
        made->hints = (uint8_t)hints;
    return comm_give(function, c, rc, &why, made, newcomm);
}

/* ---- inter-communicators ---- */

static int check_rank(const char *function, struct comm *c, const char *name, int rank, int count)
{
    if (rank >= 0 && rank < count)
        return 0;
    return api_fail(c, function, MPI_ERR_RANK, "%s is %d of %d processes", name, rank, count);
}

#pragma weak MPI_Intercomm_create = PMPI_Intercomm_create
int PMPI_Intercomm_create(MPI_Comm local_comm, int local_leader, MPI_Comm peer_comm, int remote_leader, int tag,
                          MPI_Comm *newintercomm)
{
    static const char function[] = "MPI_Intercomm_create";
    struct comm *c, *peer = NULL, *made;
    struct words why;
    int rc = api_intra(function, local_comm, &c);
    if (rc || (rc = api_not_null(c, function, newintercomm, "newintercomm")) ||
        (rc = check_rank(function, c, "local_leader", local_leader, c->size)))
        return rc;
    if (c->rank == local_leader &&
        ((rc = api_comm(function, peer_comm, &peer)) || (rc = check_tag(function, c, tag)) ||
         (rc = check_rank(function, c, "remote_leader", remote_leader, peer->peers))))
        return rc;
    if (peer && !peer->remote && remote_leader == peer->rank)
        return api_fail(c, function, MPI_ERR_RANK, "remote_leader is %d, which is this process", remote_leader);
    rc = coll_intercomm_create(function, c, local_leader, peer, remote_leader, tag, &made, &why);
    return comm_give(function, c, rc, &why, made, newintercomm);
}

#pragma weak MPI_Intercomm_merge = PMPI_Intercomm_merge
int PMPI_Intercomm_merge(MPI_Comm intercomm, int high, MPI_Comm *newintracomm)
{
    struct comm *c, *made;
    struct words why;
    int rc = api_inter("MPI_Intercomm_merge", intercomm, &c);
    if (rc || (rc = api_not_null(c, "MPI_Intercomm_merge", newintracomm, "newintracomm")))
        return rc;
    rc = coll_intercomm_merge("MPI_Intercomm_merge", c, high, &made, &why);
    return comm_give("MPI_Intercomm_merge", c, rc, &why, made, newintracomm);
}
