/* Making communicators: duplicates, and those of a given group. The new group's leader takes a context id of its own
 * range and tells the others down a tree; nobody waits for anybody else. See obj/comm.h about ids, and about messages
 * that are faster than the news. */
#include "coll/create.h"

#include "coll/board.h"
#include "obj/topo.h"

#include <stdlib.h>
#include <string.h>

uint32_t create_take(void)
{
    p2p_enter();
    uint32_t context = comm_context_take();
    p2p_leave();
    return context;
}

void create_give_back(uint32_t context)
{
    p2p_enter();
    comm_context_give_back(context);
    p2p_leave();
}

int create_used_up(struct words *why)
{
    words_set(why, "the context ids of the new communicator's leader are used up; free communicators");
    return MPI_ERR_OTHER;
}

int create_failed(int rc, struct words *why)
{
    if (rc == MPI_ERR_NO_MEM)
        words_set(why, "no memory for a communicator");
    else if (rc == MPI_ERR_INTERN)
        words_set(why,
                  "the processes do not agree about the new communicator; was it made by all in the same order?");
    else if (rc)
        words_set(why, "the processes of the new communicator could not be reached");
    return rc;
}

int create_comm(uint32_t context, struct group *group, struct group *remote, struct comm *from, struct comm **out,
                struct words *why)
{
    struct comm *c = comm_new(context, group, remote, from);
    group_put(group);
    group_put(remote);
    if (!c)
        return create_failed(MPI_ERR_NO_MEM, why);
    p2p_enter();
    int rc = p2p_open(c);
    p2p_leave();
    if (rc) {
        comm_discard(c);
        return create_failed(rc, why);
    }
    *out = c;
    return 0;
}

int create_is_low(const struct comm *c)
{
    return group_world(c->group, 0) < group_world(c->remote, 0);
}

int create_tag(const char *stringtag, uint32_t *rest)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *stringtag; stringtag++)
        h = (h ^ (unsigned char)*stringtag) * 0x100000001b3u;
    *rest = (uint32_t)(h >> 32);
    return (int)(h & INT32_MAX);
}

/* ---- of a group ---- */

/* What the leader tells. */
struct news {
    uint32_t context, check;
};

static int of_group(const struct circle *o, uint32_t check, struct comm *from, struct comm **out, struct words *why)
{
    struct news news = {o->rank == 0 ? create_take() : 0, check};
    int rc = small_bcast(o, &news, sizeof news, 0);
    *out = NULL;
    if (rc || news.check != check)
        return create_failed(rc ? rc : MPI_ERR_INTERN, why);
    if (!news.context)
        return create_used_up(why);
    return create_comm(news.context, group_get(o->group), NULL, from, out, why);
}

int coll_comm_create_group(const char *call, struct comm *c, struct group *group, int tag, struct comm **out,
                           struct words *why)
{
    struct circle o;
    int rc = circle_of_group(&o, c, group, tag, call);
    return rc ? create_failed(rc, why) : of_group(&o, 0, c, out, why);
}

int coll_comm_create_from_group(const char *call, struct group *group, const char *stringtag, struct comm *from,
                                struct comm **out, struct words *why)
{
    struct circle o;
    uint32_t rest;
    int rc = circle_of_group(&o, &comm_base, group, create_tag(stringtag, &rest), call);
    return rc ? create_failed(rc, why) : of_group(&o, rest, from, out, why);
}

int coll_comm_create(const char *call, struct comm *c, struct group *group, struct comm **out, struct words *why)
{
    struct circle o;
    if (c->remote) /* who is in the other side's group, splitting finds out */
        return coll_comm_split(call, c, group->rank == MPI_UNDEFINED ? MPI_UNDEFINED : 0, group->rank, out, why);
    int tag = circle_turn(c), rc = 0;
    *out = NULL;
    if (group->rank == MPI_UNDEFINED)
        return 0; /* the others do not need this process */
    rc = circle_of_group(&o, c, group, tag, call);
    return rc ? create_failed(rc, why) : of_group(&o, 0, c, out, why);
}

/* ---- duplicates ---- */

struct duplication {
    struct request *whole;
    struct comm *from, *made;
    struct comm *near, *far; /* the own group; the other side's, or NULL */
    int tag;
    uint32_t context;
    int open; /* parts that are not over; the call itself is one */
    int dropped;
    int error;
};

static void part_over(struct duplication *d)
{
    struct request *r = d->whole;
    if (--d->open)
        return;
    comm_set_context(d->made, d->context);
    if (!d->error)
        d->error = d->context ? p2p_open(d->made) : MPI_ERR_OTHER;
    if (d->error)
        comm_set_context(d->made, 0);
    if (d->error || d->dropped)
        comm_bury(d->made);
    r->error = d->error;
    free(d);
    request_over_slowly(r);
}

static void told(struct request *s)
{
    struct duplication *d = s->extra;
    request_put(s);
    part_over(d);
}

static struct request *part_of(struct duplication *d, enum request_kind kind, struct comm *c, int rank)
{
    struct request *r = request_new(kind);
    if (!r) {
        d->error = MPI_ERR_NO_MEM;
        return NULL;
    }
    r->comm = c;
    r->cursor = cursor_over(&d->context, sizeof d->context);
    r->rank = rank;
    r->tag = d->tag;
    r->extra = d;
    return r;
}

static void tell(struct duplication *d, struct comm *c, int rank)
{
    struct cursor body = cursor_over(&d->context, sizeof d->context);
    if (send_at_once(c, &body, rank, d->tag))
        return;
    struct request *s = part_of(d, REQUEST_SEND, c, rank);
    if (!s)
        return;
    s->over = told;
    d->open++;
    if (send_start(s)) {
        d->open--;
        d->error = MPI_ERR_OTHER;
    }
}

static void pass_on(struct duplication *d)
{
    int children[32], n = tree_children(d->from->rank, d->from->size, children);
    if (d->far && d->from->rank == 0 && create_is_low(d->from))
        tell(d, d->far, 0);
    for (int i = 0; i < n; i++)
        tell(d, d->near, children[i]);
    part_over(d);
}

static void arrived(struct request *r)
{
    struct duplication *d = r->extra;
    request_put(r);
    pass_on(d);
}

/* The lock is held. */
static int begin(struct duplication *d)
{
    struct comm *c = d->from;
    d->near = comm_hidden(c, c->remote ? COMM_LOCAL : COMM_COLL);
    d->far = c->remote ? comm_hidden(c, COMM_COLL) : NULL;
    if (!d->near || (c->remote && !d->far))
        return MPI_ERR_NO_MEM;
    if (c->rank == 0 && (!c->remote || create_is_low(c))) {
        d->context = comm_context_take();
        pass_on(d);
        return 0;
    }
    struct request *r = c->rank ? part_of(d, REQUEST_RECV, d->near, tree_parent(c->rank))
                                : part_of(d, REQUEST_RECV, d->far, 0);
    if (!r)
        return MPI_ERR_NO_MEM;
    r->over = arrived;
    recv_start(r);
    return 0;
}

/* A request, and what stands behind it; NULL: no memory. */
static struct request *prepare(struct comm *c, struct comm *made, struct duplication **d)
{
    *d = calloc(1, sizeof **d);
    struct request *r = *d && made ? request_new(REQUEST_CREATION) : NULL;
    if (!r) {
        free(*d);
        return NULL;
    }
    **d = (struct duplication){.whole = r, .from = c, .made = made, .tag = circle_turn(c), .open = 2};
    r->comm = c;
    r->rank = r->source = MPI_ANY_SOURCE;
    r->tag = MPI_ANY_TAG;
    return r;
}

static int ended(const char *call, struct request *r, struct words *why)
{
    p2p_enter();
    p2p_wait(r, call);
    int rc = r->error;
    request_put(r);
    p2p_leave();
    return rc == MPI_ERR_OTHER ? create_used_up(why) : create_failed(rc, why);
}

/* A function of the program's may refuse to copy an attribute: the others get their communicators, this process does
 * not. */
static int copy_attributes(struct duplication *d, struct words *why)
{
    struct comm *c = d->from, *made = d->made;
    int error = attribute_copy_all(&c->attributes, c->handle, &made->attributes);
    if (error) {
        attribute_delete_all(&made->attributes, made->handle);
        words_set(why, "copying the attributes failed with error code %d", error);
    }
    d->dropped = error != 0;
    p2p_enter();
    part_over(d);
    p2p_leave();
    return error;
}

int coll_comm_dup(const char *call, struct comm *c, int hints, struct comm **out, struct request **request,
                  struct words *why)
{
    struct duplication *d = NULL;
    struct comm *made = comm_new(0, c->group, c->remote, c);
    p2p_enter();
    struct request *r = prepare(c, made, &d);
    int rc = r ? begin(d) : MPI_ERR_NO_MEM;
    p2p_leave();
    if (rc) {
        if (made)
            comm_discard(made);
        return create_failed(rc, why);
    }
    made->hints = (uint8_t)hints;
    made->topo = topo_get(c->topo);
    rc = copy_attributes(d, why);
    if (rc) {
        ended(call, r, NULL);
        return rc;
    }
    *out = made;
    if (!request)
        return ended(call, r, why);
    *request = r;
    return 0;
}

/* ---- the end ---- */

void coll_comm_free(struct comm *c)
{
    board_close(c);
    p2p_enter();
    comm_bury(c);
    p2p_leave();
}

static struct comm *looked_for;
static int found;

static void look(struct request *r)
{
    int idle = r->done || (r->persistent && !r->active);
    if (r->comm && r->comm->owner == looked_for && !idle)
        found = 1;
}

static int nothing_under_way(void *arg)
{
    looked_for = arg;
    found = 0;
    request_each(look);
    return !found;
}

void coll_comm_disconnect(const char *call, struct comm *c)
{
    p2p_enter();
    p2p_wait_until(nothing_under_way, c, call, MPI_ANY_SOURCE, MPI_ANY_TAG, c->context);
    board_close(c);
    comm_bury(c);
    p2p_leave();
}
