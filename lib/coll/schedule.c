/* Schedules: written step by step, and run: see schedule.h. */
#include "coll/schedule.h"

#include "coll/block.h"
#include "coll/board.h"
#include "coll/small.h"
#include "p2p/p2p.h"

#include <stdlib.h>

enum step_kind { STEP_SEND, STEP_RECV, STEP_COPY, STEP_REDUCE, STEP_WAIT };

struct step {
    uint8_t kind;
    int peer;
    struct comm *comm;
    union {
        struct {
            struct piece from, to; /* messages: the first */
        };
        struct {
            const char *left;
            char *right;
            uint64_t count;
        };
    };
};

enum { STEPS = 24, SCRATCH = 1024, HELD = 2 };

struct schedule {
    _Atomic int done;
    int advancing; /* somebody is at it further up the stack */
    int open;      /* messages that are not over */
    int next, count, room;
    int failed; /* while it is written: there was no memory */
    int tag, rank;
    int error;  /* class of the first error; by whom, how much came, how much was expected */
    int culprit;
    uint64_t came, expected;
    const char *call;
    struct request *request; /* the program's; NULL: somebody waits */
    struct step *steps;
    const struct op *op;
    const struct type *type;
    const struct type **held;
    int held_count, held_room;
    struct block *blocks;
    size_t scratch_used;
    struct schedule *next_free;
    struct step first_steps[STEPS];
    const struct type *first_held[HELD];
    _Alignas(64) char scratch[SCRATCH];
};

/* ---- making; schedules that are not used are kept, under the lock of p2p ---- */

static struct schedule *unused;

static struct schedule *schedule_new(void)
{
    p2p_enter();
    struct schedule *s = unused;
    if (s)
        unused = s->next_free;
    p2p_leave();
    if (!s && !(s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64)))
        return NULL;
    memset(s, 0, offsetof(struct schedule, first_steps));
    s->steps = s->first_steps;
    s->room = STEPS;
    s->held = s->first_held;
    s->held_room = HELD;
    return s;
}

/* The lock is held. */
static void schedule_put(struct schedule *s)
{
    for (struct block *b = s->blocks, *next; b; b = next) {
        next = b->next;
        block_put(b);
    }
    for (int i = 0; i < s->held_count; i++)
        type_put(s->held[i]);
    if (s->op)
        op_put(s->op);
    if (s->held != s->first_held)
        free(s->held);
    if (s->steps != s->first_steps)
        free(s->steps);
    s->next_free = unused;
    unused = s;
}

static void schedule_drop(struct schedule *s)
{
    p2p_enter();
    schedule_put(s);
    p2p_leave();
}

void *build_memory(struct build *b, uint64_t size)
{
    static char nowhere[64]; /* what has no memory is never run */
    struct schedule *s = b->schedule;
    size_t rounded = (size_t)(size + 63) / 64 * 64;
    if (size > PTRDIFF_MAX - 128) {
        s->failed = 1;
        return nowhere;
    }
    if (rounded <= SCRATCH - s->scratch_used) {
        s->scratch_used += rounded;
        return s->scratch + s->scratch_used - rounded;
    }
    struct block *block = block_get(rounded);
    if (!block) {
        s->failed = 1;
        return nowhere;
    }
    block->next = s->blocks;
    s->blocks = block;
    return block->memory;
}

int build_failed(const struct build *b)
{
    return b->schedule->failed;
}

/* The schedule needs the type as long as it lives. */
static void build_hold(struct build *b, const struct type *t)
{
    struct schedule *s = b->schedule;
    if (!t || t->predefined)
        return;
    if (s->held_count == s->held_room) {
        const struct type **grown = malloc(2 * (size_t)s->held_room * sizeof *grown);
        if (!grown) {
            s->failed = 1;
            return;
        }
        memcpy(grown, s->held, (size_t)s->held_count * sizeof *grown);
        if (s->held != s->first_held)
            free(s->held);
        s->held = grown;
        s->held_room *= 2;
    }
    s->held[s->held_count++] = type_get(t);
}

static struct step *step_new(struct build *b, enum step_kind kind)
{
    struct schedule *s = b->schedule;
    if (s->count == s->room) {
        struct step *grown = malloc(2 * (size_t)s->room * sizeof *grown);
        if (!grown) { /* the last one is written again and again, and never run */
            s->failed = 1;
            s->count--;
        } else {
            memcpy(grown, s->steps, (size_t)s->count * sizeof *grown);
            if (s->steps != s->first_steps)
                free(s->steps);
            s->steps = grown;
            s->room *= 2;
        }
    }
    struct step *step = &s->steps[s->count++];
    step->kind = (uint8_t)kind;
    return step;
}

static void step_message(struct build *b, enum step_kind kind, const struct team *t, struct piece p, int peer)
{
    struct step *step = step_new(b, kind);
    step->comm = t->comm;
    step->peer = t->ranks ? t->ranks[peer] : peer;
    step->from = p;
}

void step_send(struct build *b, const struct team *t, struct piece p, int dest)
{
    step_message(b, STEP_SEND, t, p, dest);
}

void step_recv(struct build *b, const struct team *t, struct piece p, int source)
{
    step_message(b, STEP_RECV, t, p, source);
}

void step_copy(struct build *b, struct piece from, struct piece to)
{
    if ((from.at == to.at && from.type == to.type && from.skip == to.skip) || (!from.size && !to.size))
        return;
    struct step *step = step_new(b, STEP_COPY);
    step->from = from;
    step->to = to;
}

void step_reduce(struct build *b, const char *left, char *right, uint64_t count)
{
    if (!count)
        return;
    struct step *step = step_new(b, STEP_REDUCE);
    step->left = left;
    step->right = right;
    step->count = count;
}

void step_wait(struct build *b)
{
    struct schedule *s = b->schedule;
    if (s->count && s->steps[s->count - 1].kind != STEP_WAIT)
        step_new(b, STEP_WAIT);
}

/* ---- running; the lock is held ---- */

static void advance(struct schedule *s);

static void failed(struct schedule *s, int error)
{
    if (!s->error)
        s->error = error;
}

/* As much must come as is expected; also of this process itself. */
static void check_size(struct schedule *s, int source, uint64_t came, uint64_t expected)
{
    if (__builtin_expect(came == expected || s->error, 1))
        return;
    s->error = came > expected ? MPI_ERR_TRUNCATE : MPI_ERR_COUNT;
    s->culprit = source;
    s->came = came;
    s->expected = expected;
}

static void copy(struct schedule *s, const struct piece *from, const struct piece *to)
{
    check_size(s, s->rank, from->size, to->size);
    struct cursor in = piece_cursor(from), out = piece_cursor(to);
    size_t left = in.left < out.left ? in.left : out.left;
    char packed[4096];
    if (!out.move) {
        cursor_fill(&in, out.at, left);
    } else if (!in.move) {
        cursor_drain(&out, in.at, left);
    } else {
        for (size_t n; left; left -= n) {
            n = left < sizeof packed ? left : sizeof packed;
            cursor_fill(&in, packed, n);
            cursor_drain(&out, packed, n);
        }
    }
}

static void finish(struct schedule *s)
{
    struct request *r = s->request;
    if (!r) {
        atomic_store_explicit(&s->done, 1, memory_order_release);
        return;
    }
    r->error = s->error;
    if (s->error) {
        r->source = s->culprit;
        r->count = s->came;
        r->room = s->expected;
    }
    if (!r->persistent) {
        r->extra = NULL;
        schedule_put(s);
    }
    request_over_slowly(r);
}

static void message_over(struct request *r)
{
    struct schedule *s = r->extra;
    if (r->kind == REQUEST_RECV)
        check_size(s, r->source, r->count, r->room);
    if (__builtin_expect(r->error, 0))
        failed(s, r->error);
    request_put(r);
    s->open--;
    if (!s->open && !s->advancing)
        advance(s);
}

static void start(struct schedule *s, const struct step *step)
{
    struct cursor body = piece_cursor(&step->from);
    if (step->kind == STEP_SEND && !body.move && send_at_once(step->comm, &body, step->peer, s->tag))
        return;
    struct request *r = request_new(step->kind == STEP_SEND ? REQUEST_SEND : REQUEST_RECV);
    if (!r) {
        failed(s, MPI_ERR_NO_MEM);
        return;
    }
    r->comm = step->comm;
    r->cursor = body;
    r->rank = step->peer;
    r->tag = s->tag;
    r->over = message_over;
    r->extra = s;
    s->open++;
    if (step->kind == STEP_RECV) {
        recv_start(r);
    } else if (send_start(r)) {
        failed(s, MPI_ERR_OTHER);
        request_put(r);
        s->open--;
    }
}

static void advance(struct schedule *s)
{
    s->advancing = 1;
    while (s->next < s->count) {
        const struct step *step = &s->steps[s->next];
        if (step->kind == STEP_WAIT && s->open)
            break;
        s->next++;
        if (step->kind == STEP_SEND || step->kind == STEP_RECV)
            start(s, step);
        else if (step->kind == STEP_COPY)
            copy(s, &step->from, &step->to);
        else if (step->kind == STEP_REDUCE)
            op_apply(s->op, step->left, step->right, step->count, s->type);
    }
    s->advancing = 0;
    if (s->next == s->count && !s->open)
        finish(s);
}

/* ---- what api/ calls ---- */

static int hidden_teams(struct build *b, const struct team *some)
{
    struct comm *c = b->a->comm;
    b->near = some ? *some : (struct team){.rank = c->rank, .size = c->size};
    b->far = (struct team){.size = c->peers};
    p2p_enter();
    b->near.comm = comm_hidden(c, c->remote ? COMM_LOCAL : COMM_COLL);
    b->far.comm = c->remote ? comm_hidden(c, COMM_COLL) : NULL;
    p2p_leave();
    return b->near.comm && (!c->remote || b->far.comm) ? 0 : -1;
}

static void build_all(struct build *b)
{
    const struct coll *a = b->a;
    struct piece all;
    if (a->comm->remote) {
        build_inter(b);
        return;
    }
    switch (a->kind) {
    case COLL_BARRIER:
        build_barrier(b, &b->near);
        break;
    case COLL_BCAST:
        all = piece_of(a->in.memory, (uint64_t)a->in.count, a->in.type);
        build_bcast(b, &b->near, all, a->root);
        break;
    case COLL_REDUCE:
        build_reduce(b, &b->near, a->in_place ? a->in.memory : a->out.memory,
                     b->near.rank == a->root ? a->in.memory : NULL, (uint64_t)a->in.count, a->root);
        break;
    case COLL_ALLREDUCE:
        build_allreduce(b, &b->near, a->in_place ? a->in.memory : a->out.memory, a->in.memory, (uint64_t)a->in.count);
        break;
    case COLL_GATHER:
    case COLL_ALLGATHER:
        build_gather(b);
        break;
    case COLL_SCATTER:
        build_scatter(b);
        break;
    case COLL_ALLTOALL:
        build_alltoall(b);
        break;
    case COLL_REDUCE_SCATTER:
        build_reduce_scatter(b);
        break;
    case COLL_SCAN:
    case COLL_EXSCAN:
        build_scan(b);
        break;
    default:
        build_neighbor(b);
    }
}

static int no_memory(struct words *why)
{
    words_set(why, "no memory for the operation");
    return MPI_ERR_NO_MEM;
}

static void hold_types(struct build *b, const struct coll_side *side)
{
    build_hold(b, side->type);
    for (int i = 0; side->types && i < side->blocks; i++)
        if (coll_number(side->counts, i))
            build_hold(b, type_of(side->types[i]));
}

/* some: of members that are not all; NULL: of all. */
static int schedule_make(const struct coll *a, const struct team *some, struct schedule **out, struct words *why)
{
    struct build b = {.a = a, .schedule = schedule_new(), .type = a->in.type ? a->in.type : a->out.type};
    struct schedule *s = *out = b.schedule;
    if (!s)
        return no_memory(why);
    s->call = a->call;
    s->tag = circle_turn(a->comm);
    s->rank = a->comm->rank;
    s->op = a->op ? op_get(a->op) : NULL;
    s->type = b.type;
    hold_types(&b, &a->in);
    hold_types(&b, &a->out);
    if (hidden_teams(&b, some))
        s->failed = 1;
    else
        build_all(&b);
    if (!s->failed)
        return 0;
    schedule_drop(s);
    return no_memory(why);
}

/* call: when another call than this one tells of it. */
static void describe(struct words *why, const char *call, int error, int source, uint64_t came, uint64_t expected)
{
    const char *of = call ? " of " : "";
    call = call ? call : "";
    if (error == MPI_ERR_TRUNCATE || error == MPI_ERR_COUNT)
        words_set(why, "%s%srank %d sent %llu bytes, and %llu were expected: do counts and datatypes agree?", call,
                  *call ? ": " : "", source, (unsigned long long)came, (unsigned long long)expected);
    else if (error == MPI_ERR_NO_MEM)
        words_set(why, "no memory for the messages%s%s", of, call);
    else
        words_set(why, "a message%s%s could not be sent", of, call);
}

void coll_failure(struct words *words, int errclass, const struct request *r)
{
    describe(words, r->buffer, errclass, r->source, r->count, r->room);
}

struct progress {
    const struct schedule *schedule;
    int next;
};

static int went_on(void *arg)
{
    const struct progress *p = arg;
    return atomic_load_explicit(&p->schedule->done, memory_order_acquire) || p->schedule->next != p->next;
}

/* The only one that a message is expected from before the next wait; or any. */
static int awaited(const struct schedule *s)
{
    int peer = MPI_PROC_NULL;
    for (int i = s->next - 1; i >= 0 && s->steps[i].kind != STEP_WAIT; i--)
        if (s->steps[i].kind == STEP_RECV)
            peer = peer == MPI_PROC_NULL ? s->steps[i].peer : MPI_ANY_SOURCE;
    return peer == MPI_PROC_NULL ? MPI_ANY_SOURCE : peer;
}

int coll_run_between(const struct coll *a, const struct team *team, struct words *why)
{
    struct schedule *s;
    int error = schedule_make(a, team, &s, why);
    if (error)
        return error;
    p2p_enter();
    advance(s);
    while (!s->done) {
        struct progress p = {s, s->next};
        p2p_wait_until(went_on, &p, a->call, awaited(s), MPI_ANY_TAG, a->comm->context);
    }
    if ((error = s->error))
        describe(why, NULL, error, s->culprit, s->came, s->expected);
    schedule_put(s);
    p2p_leave();
    return error;
}

__attribute__((noinline)) void board_describe(struct words *why, const struct board *b)
{
    if (b->error == MPI_ERR_OTHER)
        words_set(why, "rank %d is in another collective operation, or names another root: do all call the same ones in the "
                       "same order?", board_rank(b, b->culprit));
    else if (b->error == MPI_ERR_NO_MEM)
        words_set(why, "no memory for what rank %d shares with the others of its node", board_rank(b, b->culprit));
    else
        describe(why, NULL, b->error, board_rank(b, b->culprit), b->came, b->expected);
}

static int run_nodes(struct board *b, const struct coll *a, struct words *why)
{
    int error = board_run_nodes(b, a, why);
    return error == BOARD_NOT ? coll_run_between(a, NULL, why) : error;
}

int coll_run(const struct coll *a, struct words *why)
{
    struct board *b = NULL;
    int error;
    if (!a->comm->remote && (error = board_of(a->comm, a->call, &b))) {
        words_set(why, "no memory for the operation");
        return error;
    }
    if (b && b->nodes)
        return run_nodes(b, a, why);
    if (!b || (error = board_run(b, a)) == BOARD_NOT)
        return coll_run_between(a, NULL, why);
    if (__builtin_expect(error, 0))
        board_describe(why, b);
    return error;
}

static int request_make(const struct coll *a, int persistent, struct request **request, struct words *why)
{
    struct schedule *s;
    int rc = schedule_make(a, NULL, &s, why);
    if (rc)
        return rc;
    struct request *r = p2p_request(REQUEST_COLLECTIVE);
    if (!r) {
        schedule_drop(s);
        return no_memory(why);
    }
    r->comm = a->comm;
    r->buffer = a->call;
    r->source = r->rank = MPI_ANY_SOURCE;
    r->tag = MPI_ANY_TAG;
    r->extra = s;
    r->persistent = (uint8_t)persistent;
    s->request = r;
    *request = r;
    return 0;
}

int coll_begin(const struct coll *a, struct request **request, struct words *why)
{
    int rc = request_make(a, 0, request, why);
    if (rc)
        return rc;
    p2p_enter();
    advance((*request)->extra);
    p2p_leave();
    return 0;
}

int coll_make(const struct coll *a, struct request **request, struct words *why)
{
    int rc = request_make(a, 1, request, why);
    if (!rc)
        (*request)->done = 1;
    return rc;
}

void coll_restart(struct request *r)
{
    struct schedule *s = r->extra;
    p2p_enter();
    request_not_over(r);
    r->error = s->error = 0;
    r->source = MPI_ANY_SOURCE;
    r->count = 0;
    s->next = 0;
    advance(s);
    p2p_leave();
}

void coll_free(struct request *r)
{
    p2p_enter();
    schedule_put(r->extra);
    r->extra = NULL;
    r->done = 1;
    request_put(r);
    p2p_leave();
}
