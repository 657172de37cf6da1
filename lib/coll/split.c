/* Splitting communicators: everybody tells everybody its colour, its key and a context id that it could give; each
 * then knows its group, and the leader's id is the new communicator's. */
#include "coll/create.h"

#include <stdlib.h>

struct record {
    int32_t color, key;
    uint32_t context;
};

/* The same for all of one's own group: the other side's records, told by the two leaders. */
static int other_side(const struct circle *o, struct comm *c, const struct record *own, struct record *theirs)
{
    size_t size = sizeof *own * (size_t)c->size, their_size = sizeof *theirs * (size_t)c->peers;
    struct circle across = *o;
    int rc = 0;
    p2p_enter();
    across.comm = comm_hidden(c, COMM_COLL);
    p2p_leave();
    if (!across.comm)
        return MPI_ERR_NO_MEM;
    if (c->rank == 0)
        rc = small_exchange(&across, own, size, theirs, their_size, 0);
    return rc ? rc : small_bcast(o, theirs, their_size, 0);
}

struct member {
    int32_t key, rank;
};

static int by_key(const void *a, const void *b)
{
    const struct member *m = a, *n = b;
    return m->key != n->key ? (m->key > n->key) - (m->key < n->key) : m->rank - n->rank;
}

/* Those of a colour, as a group; *leader: the record of the first. NULL with *rc 0: there are none. */
static struct group *pick(const struct record *all, int size, int color, struct group *from,
                          const struct record **leader, int *rc)
{
    struct member *members = malloc((size_t)size * sizeof *members);
    int32_t *table = malloc((size_t)size * sizeof *table);
    struct group *g = NULL;
    int n = 0;
    *rc = members && table ? 0 : MPI_ERR_NO_MEM;
    for (int i = 0; !*rc && i < size; i++)
        if (all[i].color == color)
            members[n++] = (struct member){all[i].key, i};
    if (n) {
        qsort(members, (size_t)n, sizeof *members, by_key);
        *leader = &all[members[0].rank];
        for (int i = 0; i < n; i++)
            table[i] = group_world(from, members[i].rank);
        g = group_of_table(table, n);
        table = NULL;
        *rc = g ? 0 : MPI_ERR_NO_MEM;
        if (g)
            g->session = from->session;
    }
    if (g && g->table && group_compare(g, from) == MPI_IDENT) { /* two tables would say the same */
        group_put(g);
        g = group_get(from);
    }
    free(members);
    free(table);
    return g;
}

static int make(struct comm *c, const struct record *own, const struct record *theirs, int color, uint32_t *used,
                struct comm **out, struct words *why)
{
    const struct record *leader = NULL, *other = NULL;
    struct group *remote = NULL;
    int rc;
    struct group *g = pick(own, c->size, color, c->group, &leader, &rc);
    if (!rc && theirs)
        remote = pick(theirs, c->peers, color, c->remote, &other, &rc);
    if (rc || (theirs && !remote)) { /* nobody on the other side: no communicator */
        group_put(g);
        return create_failed(rc, why);
    }
    if (theirs && !create_is_low(c))
        leader = other;
    *used = leader->context;
    if (!*used) {
        group_put(g);
        group_put(remote);
        return create_used_up(why);
    }
    return create_comm(*used, g, remote, c, out, why);
}

int coll_comm_split(const char *call, struct comm *c, int color, int key, struct comm **out, struct words *why)
{
    struct circle o;
    uint32_t own = color == MPI_UNDEFINED ? 0 : create_take(), used = 0;
    struct record *all = malloc(((size_t)c->size + (c->remote ? (size_t)c->peers : 0)) * sizeof *all);
    struct record *theirs = c->remote && all ? all + c->size : NULL;
    int rc = circle_of(&o, c, call);
    *out = NULL;
    if (!all)
        rc = MPI_ERR_NO_MEM;
    if (!rc) {
        all[c->rank] = (struct record){color, key, own};
        rc = small_allgather(&o, all, sizeof *all);
    }
    if (!rc && theirs)
        rc = other_side(&o, c, all, theirs);
    if (rc)
        rc = create_failed(rc, why);
    else if (color != MPI_UNDEFINED)
        rc = make(c, all, theirs, color, &used, out, why);
    if (own && used != own)
        create_give_back(own);
    free(all);
    return rc;
}

int coll_comm_differs(const char *call, struct comm *c, const int32_t *numbers, int n, int *first, struct words *why)
{
    struct circle o;
    size_t size = (size_t)n * sizeof *numbers;
    int32_t *all = malloc(size * (size_t)c->size);
    int rc = circle_of(&o, c, call);
    if (!all)
        rc = MPI_ERR_NO_MEM;
    if (!rc) {
        memcpy(all + (size_t)c->rank * (size_t)n, numbers, size);
        rc = small_allgather(&o, all, size);
    }
    *first = n;
    for (int i = 0; !rc && i < n * c->size; i++)
        if (all[i] != numbers[i % n] && i % n < *first)
            *first = i % n;
    free(all);
    return create_failed(rc, why);
}
