/* Communicators over several nodes: boards inside of each, and a schedule between one member of each node (the
 * first, or the root). For barrier, bcast, reduce and allreduce. Everybody takes the tag of that schedule,
 * whether he is in it or not. Where a reduction does not commute, nodes must hold neighbouring ranks. */
#include "coll/board.h"

#include "coll/small.h"

#include <stdlib.h>

/* The members of a node that speak for it, by number of the node, and which of them speaks for this one. */
static void speakers(struct board *b, int root, int *here)
{
    struct board_nodes *n = b->nodes;
    memcpy(n->speakers, n->first, (size_t)n->count * sizeof *n->first);
    *here = 0;
    if (root < 0)
        return;
    n->speakers[n->node_of[root]] = root;
    for (int i = 0; n->node_of[root] == n->mine && i < b->size; i++)
        if (b->ranks[i] == root)
            *here = i;
}

static void stage_inside(struct board *b, const struct coll *whole, enum coll_kind kind, const char *own,
                         char *memory, int root, struct words *why, int *error)
{
    struct coll a = *whole;
    a.kind = kind;
    a.root = root;
    a.in_place = 0;
    a.out.memory = (char *)own;
    a.in.memory = memory;
    if (b->size == 1)
        return;
    int rc = board_run(b, &a);
    if (rc && !*error) {
        *error = rc;
        board_describe(why, b);
    }
}

static void stage_between(struct board *b, const struct coll *whole, enum coll_kind kind, char *own, char *memory,
                          int root, int here, struct words *why, int *error)
{
    const struct board_nodes *n = b->nodes;
    struct coll a = *whole;
    a.kind = kind;
    a.root = root < 0 ? 0 : n->node_of[root];
    a.in_place = own == memory;
    a.out.memory = own;
    a.out.count = a.in.count;
    a.out.type = a.in.type = whole->in.type ? whole->in.type : whole->out.type;
    a.in.memory = memory;
    if (b->rank != here) {
        circle_turn(whole->comm);
        return;
    }
    struct words words;
    int rc = coll_run_between(&a, &(struct team){.rank = n->mine, .size = n->count, .ranks = n->speakers}, &words);
    if (rc && !*error) {
        *error = rc;
        words_set(why, "%s", words.s);
    }
}

static int nodes_bcast(struct board *b, const struct coll *a, struct words *why)
{
    int here, error = 0, is_with_root = a->kind == COLL_BCAST && b->nodes->node_of[a->root] == b->nodes->mine;
    speakers(b, a->root, &here);
    if (is_with_root) /* those who are near the root need not wait for the others */
        stage_inside(b, a, COLL_BCAST, NULL, a->in.memory, here, why, &error);
    stage_between(b, a, COLL_BCAST, NULL, a->in.memory, a->root, here, why, &error);
    if (!is_with_root)
        stage_inside(b, a, COLL_BCAST, NULL, a->in.memory, here, why, &error);
    return error;
}

static int nodes_reduce(struct board *b, const struct coll *a, struct words *why)
{
    const struct type *t = a->in.type ? a->in.type : a->out.type;
    int here, error = 0, all = a->kind == COLL_ALLREDUCE;
    char *own = a->in_place ? a->in.memory : a->out.memory, *room = NULL;
    speakers(b, all ? -1 : a->root, &here);
    int speaks = b->rank == here, is_root = all || a->comm->rank == a->root;
    char *result = is_root ? a->in.memory : NULL, *so_far = own;
    if (speaks && !is_root && b->size > 1 && a->in.count && !(room = malloc((uint64_t)a->in.count * t->size))) {
        words_set(why, "no memory for the operation");
        return MPI_ERR_NO_MEM;
    }
    if (b->size > 1) {
        so_far = speaks && is_root ? result : room;
        stage_inside(b, a, COLL_REDUCE, own, so_far, here, why, &error);
    }
    stage_between(b, a, a->kind, so_far, result, all ? -1 : a->root, here, why, &error);
    if (all)
        stage_inside(b, a, COLL_BCAST, NULL, a->in.memory, here, why, &error);
    free(room);
    return error;
}

static int nodes_barrier(struct board *b, const struct coll *a, struct words *why)
{
    int here, error = 0;
    speakers(b, -1, &here);
    stage_inside(b, a, COLL_BARRIER, NULL, NULL, 0, why, &error);
    stage_between(b, a, COLL_BARRIER, NULL, NULL, -1, here, why, &error);
    stage_inside(b, a, COLL_BCAST, NULL, NULL, here, why, &error);
    return error;
}

int board_run_nodes(struct board *b, const struct coll *a, struct words *why)
{
    switch (a->kind) {
    case COLL_BARRIER:
        return nodes_barrier(b, a, why);
    case COLL_BCAST:
        return nodes_bcast(b, a, why);
    case COLL_REDUCE:
    case COLL_ALLREDUCE:
        if (!board_reduces(a) || (!a->op->commutative && !b->nodes->in_order))
            return BOARD_NOT;
        return nodes_reduce(b, a, why);
    default:
        return BOARD_NOT;
    }
}

/* ---- which nodes ---- */

struct board_nodes *board_nodes_of(const struct comm *c, const struct node_head *head)
{
    size_t size = (size_t)c->size * sizeof(int);
    struct board_nodes *n = calloc(1, sizeof *n + 3 * size);
    int *number = calloc(head->node_count, sizeof *number); /* plus 1, by node of the job */
    if (!n || !number) {
        free(n);
        free(number);
        return NULL;
    }
    n->node_of = (int *)(n + 1);
    n->first = n->node_of + c->size;
    n->speakers = n->first + c->size;
    n->in_order = 1;
    for (int r = 0; r < c->size; r++) {
        int *mine = &number[node_of_rank(head, (uint32_t)comm_world_rank(c, r))];
        if (!*mine) {
            n->first[n->count] = r;
            *mine = ++n->count;
        } else if (*mine != n->count) {
            n->in_order = 0;
        }
        n->node_of[r] = *mine - 1;
    }
    n->mine = n->node_of[c->rank];
    free(number);
    return n;
}
