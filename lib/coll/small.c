/* Small collective operations: see small.h. */
#include "coll/small.h"

#include <stdlib.h>
#include <string.h>

/* The tags of collective operations are negative, those that programs give are not; -1 and -2 mean something to
 * match.c. All processes of a communicator begin its operations in the same order, so they agree on the tag. */
enum { FIRST_TURN = -3 };

int circle_turn(struct comm *c)
{
    c->turn = c->turn > INT32_MIN && c->turn <= FIRST_TURN ? c->turn - 1 : FIRST_TURN;
    return c->turn;
}

static struct comm *hidden(struct comm *c, uint32_t which)
{
    p2p_enter();
    struct comm *h = comm_hidden(c, which);
    p2p_leave();
    return h;
}

int circle_of(struct circle *o, struct comm *c, const char *call)
{
    *o = (struct circle){hidden(c, c->remote ? COMM_LOCAL : COMM_COLL), NULL, c->rank, c->size, circle_turn(c), call};
    return o->comm ? 0 : MPI_ERR_NO_MEM;
}

int circle_of_group(struct circle *o, struct comm *c, struct group *group, int tag, const char *call)
{
    *o = (struct circle){hidden(c, c->remote ? COMM_LOCAL : COMM_COLL), group, group->rank, group->size, tag, call};
    return o->comm ? 0 : MPI_ERR_NO_MEM;
}

/* ---- one message ---- */

static int peer_of(const struct circle *o, int rank)
{
    return o->group ? group_rank(o->comm->group, group_world(o->group, rank)) : rank;
}

static int start(const struct circle *o, struct request *r, enum request_kind kind, const void *data, size_t size,
                 int peer)
{
    *r = (struct request){.kind = (uint8_t)kind, .comm = o->comm, .cursor = cursor_over(data, size),
                          .rank = peer_of(o, peer), .tag = o->tag};
    return kind == REQUEST_RECV ? p2p_start_recv(r) : p2p_start_send(r);
}

static int finish(const struct circle *o, struct request *r)
{
    p2p_enter();
    p2p_wait(r, o->call);
    p2p_leave();
    return r->error ? r->error : r->kind == REQUEST_RECV && r->count != r->room ? MPI_ERR_INTERN : 0;
}

int small_send(const struct circle *o, const void *data, size_t size, int dest)
{
    struct request r;
    int rc = start(o, &r, REQUEST_SEND, data, size, dest);
    return rc ? rc : finish(o, &r);
}

int small_recv(const struct circle *o, void *data, size_t size, int source)
{
    struct request r;
    int rc = start(o, &r, REQUEST_RECV, data, size, source);
    return rc ? rc : finish(o, &r);
}

static int send_and_receive(const struct circle *o, const void *out, size_t out_size, int dest, void *in,
                            size_t in_size, int source)
{
    struct request r;
    int rc = start(o, &r, REQUEST_RECV, in, in_size, source);
    if (!rc)
        rc = small_send(o, out, out_size, dest);
    return rc ? rc : finish(o, &r);
}

int small_exchange(const struct circle *o, const void *out, size_t out_size, void *in, size_t in_size, int other)
{
    return send_and_receive(o, out, out_size, other, in, in_size, other);
}

/* ---- all ---- */

int tree_parent(int rank)
{
    return rank ? rank & (rank - 1) : -1;
}

int tree_children(int rank, int size, int children[32])
{
    int n = 0, low = rank ? rank & -rank : 1 << 30, step = low;
    while (step / 2 >= size)
        step /= 2;
    for (step /= 2; step > 0; step /= 2)
        if (step < size - rank)
            children[n++] = rank + step;
    return n;
}

int small_bcast(const struct circle *o, void *data, size_t size, int root)
{
    int children[32], rc = 0, rank = (o->rank - root + o->size) % o->size;
    int n = tree_children(rank, o->size, children);
    if (rank)
        rc = small_recv(o, data, size, (int)(((int64_t)tree_parent(rank) + root) % o->size));
    for (int i = 0; !rc && i < n; i++)
        rc = small_send(o, data, size, (int)(((int64_t)children[i] + root) % o->size));
    return rc;
}

/* Bruck: after each step everybody has twice as many pieces, its own first; they are put in order at the end. */
int small_allgather(const struct circle *o, void *all, size_t size)
{
    char *pieces = malloc((size_t)o->size * size), *places = all;
    int rc = pieces ? 0 : MPI_ERR_NO_MEM;
    if (!rc)
        memcpy(pieces, places + (size_t)o->rank * size, size);
    for (int have = 1; !rc && have < o->size; have *= 2) {
        int some = have < o->size - have ? have : o->size - have;
        rc = send_and_receive(o, pieces, (size_t)some * size, (o->rank - have + o->size) % o->size,
                              pieces + (size_t)have * size, (size_t)some * size,
                              (int)(((int64_t)o->rank + have) % o->size));
    }
    if (!rc) {
        size_t front = (size_t)(o->size - o->rank) * size;
        memcpy(places + (size_t)o->rank * size, pieces, front);
        memcpy(places, pieces + front, (size_t)o->rank * size);
    }
    free(pieces);
    return rc;
}
