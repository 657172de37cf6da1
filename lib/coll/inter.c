/* Inter-communicators: two groups find each other through their leaders, and become one again. */
#include "coll/create.h"

#include <stdlib.h>

/* A group, as its leader describes it to the other; a table follows where it is not regular. */
struct side {
    int32_t error; /* class */
    int32_t size, first, stride, tabled;
    int32_t leader; /* rank in the world */
    uint32_t context, check;
};

static struct side describe(const struct group *g, int leader, uint32_t check)
{
    return (struct side){.size = g->size, .first = g->first, .stride = g->stride, .tabled = g->table != NULL,
                         .leader = leader, .context = create_take(), .check = check};
}

/* Both leaders tell of their groups. *table: the other's, or NULL. */
static int meet(const struct circle *peer, int other, const struct group *g, const struct side *own,
                struct side *theirs, int32_t **table)
{
    size_t their_size = 0;
    int rc = small_exchange(peer, own, sizeof *own, theirs, sizeof *theirs, other);
    if (!rc && theirs->check != own->check)
        rc = MPI_ERR_INTERN;
    if (!rc && theirs->tabled && !(*table = malloc(their_size = (size_t)theirs->size * sizeof **table)))
        rc = MPI_ERR_NO_MEM;
    if (!rc && (own->tabled || theirs->tabled))
        rc = small_exchange(peer, g->table, own->tabled ? (size_t)g->size * sizeof *g->table : 0, *table, their_size,
                            other);
    return rc;
}

/* What the leader has learnt, told to its group. */
static int tell(const struct circle *o, int leader, struct side *theirs, int32_t **table)
{
    int rc = small_bcast(o, theirs, sizeof *theirs, leader);
    if (rc || theirs->error || !theirs->tabled)
        return rc ? rc : theirs->error;
    if (o->rank != leader && !(*table = malloc((size_t)theirs->size * sizeof **table)))
        return MPI_ERR_NO_MEM;
    return small_bcast(o, *table, (size_t)theirs->size * sizeof **table, leader);
}

static int make(struct group *local, const struct side *theirs, int32_t *table, struct comm *from, struct comm **out,
                struct words *why)
{
    struct group *remote = table ? group_of_table(table, theirs->size)
                                 : group_regular(theirs->first, theirs->stride, theirs->size);
    if (!remote)
        return create_failed(MPI_ERR_NO_MEM, why);
    if (!group_disjoint(local, remote)) {
        group_put(remote);
        words_set(why, "the two groups have processes in common");
        return MPI_ERR_COMM;
    }
    return create_comm(theirs->context, group_get(local), remote, from, out, why);
}

/* local: the own group; peer: how its leader, rank `leader` of it, reaches `other`, the other leader. */
static int join(const struct circle *local, struct group *group, int leader, const struct circle *peer, int other,
                uint32_t check, struct comm *from, struct comm **out, struct words *why)
{
    struct side own, theirs = {0};
    int32_t *table = NULL;
    int rc;
    *out = NULL;
    if (local->rank == leader) {
        own = describe(group, group_world(group, leader), check);
        theirs.error = meet(peer, other, group, &own, &theirs, &table);
        if (own.leader < theirs.leader)
            theirs.context = own.context;
        else if (own.context)
            create_give_back(own.context);
    }
    rc = tell(local, leader, &theirs, &table);
    if (!rc && theirs.context)
        return make(group, &theirs, table, from, out, why);
    free(table);
    return rc ? create_failed(rc, why) : create_used_up(why);
}

int coll_intercomm_create(const char *call, struct comm *local, int local_leader, struct comm *peer,
                          int remote_leader, int tag, struct comm **out, struct words *why)
{
    struct circle o, across = {.tag = tag, .call = call};
    int rc = circle_of(&o, local, call);
    if (!rc && local->rank == local_leader) {
        p2p_enter();
        across.comm = comm_hidden(peer, COMM_COLL);
        p2p_leave();
        rc = across.comm ? 0 : MPI_ERR_NO_MEM;
    }
    if (rc)
        return create_failed(rc, why);
    return join(&o, local->group, local_leader, &across, remote_leader, 0, local, out, why);
}

int coll_intercomm_create_from_groups(const char *call, struct group *local, int local_leader, struct group *remote,
                                      int remote_leader, const char *stringtag, struct comm *from, struct comm **out,
                                      struct words *why)
{
    struct circle o, across;
    uint32_t rest;
    int tag = create_tag(stringtag, &rest), other = 0;
    int rc = circle_of_group(&o, &comm_base, local, tag, call);
    across = o;
    across.group = NULL;
    if (rc)
        return create_failed(rc, why);
    if (local->rank == local_leader)
        other = group_world(remote, remote_leader);
    return join(&o, local, local_leader, &across, other, rest, from, out, why);
}

/* ---- merging ---- */

struct wish {
    int32_t high;
    uint32_t context;
};

static int wishes(const char *call, struct comm *c, struct circle *o, struct wish both[2])
{
    int rc = circle_of(o, c, call);
    struct circle across = *o;
    p2p_enter();
    across.comm = comm_hidden(c, COMM_COLL);
    p2p_leave();
    if (!rc && !across.comm)
        rc = MPI_ERR_NO_MEM;
    if (!rc && c->rank == 0)
        rc = small_exchange(&across, &both[0], sizeof both[0], &both[1], sizeof both[1], 0);
    return rc ? rc : small_bcast(o, both, 2 * sizeof both[0], 0);
}

/* Where both sides want the same, the one whose first process is first in the world comes first. */
int coll_intercomm_merge(const char *call, struct comm *c, int high, struct comm **out, struct words *why)
{
    struct circle o;
    struct group *g;
    struct wish both[2] = {{high != 0, c->rank ? 0 : create_take()}, {0}};
    uint32_t own = both[0].context;
    int rc = wishes(call, c, &o, both);
    int first = both[0].high == both[1].high ? create_is_low(c) : !both[0].high;
    uint32_t context = both[first ? 0 : 1].context;
    if (own && (rc || own != context))
        create_give_back(own);
    *out = NULL;
    if (!rc)
        rc = first ? group_union(c->group, c->remote, &g) : group_union(c->remote, c->group, &g);
    if (rc)
        return create_failed(rc, why);
    if (context)
        return create_comm(context, g, NULL, c, out, why);
    group_put(g);
    return create_used_up(why);
}
