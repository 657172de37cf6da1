/* Partitioned communication: see partitioned.h. It has a context of its own beside the communicator's (COMM_PARTS).
 *
 * When a send is made, it tells the other side in a hello, with the program's tag, how it is cut, and which tags its
 * partitions will have: negative ones, one for each partition, which no other send of the process has. So hellos are
 * matched in the order in which sends and receives were made, as the standard wants, and for each start the receiver
 * posts a receive for each of the sender's partitions, whatever its own are. */
#include "p2p/partitioned.h"

#include "p2p/peer.h"
#include "type/type.h"

#include <stdlib.h>

enum { FIRST_TAG = -3 /* those above mean something to match.c */ };

struct hello {
    uint64_t partitions, size; /* of one, in bytes */
    int32_t first_tag;         /* the next partition has the tag below */
    uint32_t unused;
};

struct partitioned {
    struct request *whole; /* NULL: was freed before it was matched */
    uint64_t partitions;   /* of this side */
    uint64_t size;
    struct hello sender;   /* receives: once it is matched */
    int matched;
    uint64_t left;         /* of the sender's partitions, in this round */
    unsigned char *marks;  /* of the sender's partitions; sends: ready, receives: arrived */
    struct list link;      /* sends: among all of the process */
};

static struct list sends = {&sends, &sends};
static int32_t next_tag = FIRST_TAG;
static int lapped; /* every tag was used once: look for one that is free */

static struct partitioned *of(const struct request *r)
{
    return r->extra;
}

uint64_t partitioned_count(const struct request *r)
{
    return of(r)->partitions;
}

static struct comm *parts_of(const struct request *r)
{
    return comm_hidden(r->comm, COMM_PARTS); /* there since the request was made */
}

/* ---- making ---- */

/* A live send that has one of the n tags from first downwards. */
static const struct hello *who_has(int32_t first, uint64_t n)
{
    for (struct list *l = sends.next; l != &sends; l = l->next) {
        const struct hello *h = &list_entry(l, struct partitioned, link)->sender;
        if ((int64_t)first - (int64_t)n < h->first_tag && h->first_tag - (int64_t)h->partitions < first)
            return h;
    }
    return NULL;
}

/* n <= INT32_MAX tags that no live send has; 0: there are none. */
static int32_t take_tags(uint64_t n)
{
    for (int laps = 0; laps < 2;) {
        if ((int64_t)next_tag - (int64_t)n < INT32_MIN) {
            next_tag = FIRST_TAG;
            lapped = 1;
            laps++;
            continue;
        }
        int32_t first = next_tag;
        const struct hello *h = lapped ? who_has(first, n) : NULL;
        next_tag = (int32_t)(h ? h->first_tag - (int64_t)h->partitions : first - (int64_t)n);
        if (!h)
            return first;
    }
    return 0;
}

static void hello_sent(struct request *h)
{
    free(h->extra);
    request_put(h);
}

static int send_hello(struct request *r, const struct hello *hello)
{
    struct cursor body = cursor_over(hello, sizeof *hello);
    if (send_at_once(parts_of(r), &body, r->rank, r->posted.tag))
        return 0;
    struct hello *copy = malloc(sizeof *copy); /* it may outlive the request */
    struct request *h = copy ? request_new(REQUEST_SEND) : NULL;
    if (!h) {
        free(copy);
        return MPI_ERR_NO_MEM;
    }
    *copy = *hello;
    h->comm = parts_of(r);
    h->cursor = cursor_over(copy, sizeof *copy);
    h->rank = r->rank;
    h->tag = r->posted.tag;
    h->extra = copy;
    h->over = hello_sent;
    return send_start(h);
}

static void post_all(struct partitioned *s);
static void drop(struct partitioned *s);

static void hello_arrived(struct request *h)
{
    struct partitioned *s = h->extra;
    const struct hello *hello = &s->sender;
    uint64_t whole;
    if (h->count != sizeof *hello || hello->first_tag > FIRST_TAG || hello->partitions > INT32_MAX ||
        __builtin_mul_overflow(hello->partitions, hello->size, &whole) ||
        hello->first_tag - (int64_t)hello->partitions < INT32_MIN) {
        p2p_broken("rank %d has announced a partitioned message that cannot be", h->peer->rank);
        return;
    }
    request_put(h);
    s->matched = 1;
    if (!s->whole) {
        drop(s);
        return;
    }
    s->marks = malloc(hello->partitions ? hello->partitions : 1);
    if (!s->marks) {
        p2p_broken("no memory for %llu partitions", (unsigned long long)hello->partitions);
        return;
    }
    if (!s->whole->done)
        post_all(s);
}

static int await_hello(struct request *r)
{
    struct request *h = request_new(REQUEST_RECV);
    if (!h)
        return MPI_ERR_NO_MEM;
    h->comm = parts_of(r);
    h->cursor = cursor_over(&of(r)->sender, sizeof(struct hello));
    h->rank = r->rank;
    h->tag = r->posted.tag;
    h->extra = r->extra;
    h->over = hello_arrived;
    recv_start(h);
    return 0;
}

static int init(struct request *r, uint64_t partitions)
{
    int is_send = r->kind == REQUEST_PARTITIONED_SEND;
    struct partitioned *s = r->extra = calloc(1, sizeof *s);
    if (!s)
        return MPI_ERR_NO_MEM;
    *s = (struct partitioned){.whole = r, .partitions = partitions, .size = r->elements * r->type->size};
    list_init(&s->link);
    int rc = 0;
    if (!parts_of(r) || (is_send && !(s->marks = malloc(partitions ? partitions : 1))))
        rc = MPI_ERR_NO_MEM;
    else if (r->rank == MPI_PROC_NULL)
        s->matched = 1;
    else if (!is_send)
        rc = await_hello(r);
    else if (!(s->sender.first_tag = take_tags(partitions)))
        rc = MPI_ERR_OTHER;
    if (rc == 0 && is_send) {
        s->sender.partitions = partitions;
        s->sender.size = s->size;
        if (r->rank != MPI_PROC_NULL) {
            list_add(&sends, &s->link);
            rc = send_hello(r, &s->sender);
        }
    }
    if (rc)
        drop(s);
    return rc;
}

int partitioned_init(struct request *r, uint64_t partitions)
{
    p2p_enter();
    r->done = 1;
    int rc = init(r, partitions);
    p2p_leave();
    return rc;
}

/* ---- the end ---- */

static void drop(struct partitioned *s)
{
    list_remove(&s->link);
    free(s->marks);
    free(s);
}

static void gone(struct request *r)
{
    drop(of(r));
    request_put(r);
}

void partitioned_free(struct request *r)
{
    struct partitioned *s = of(r);
    p2p_enter();
    if (!r->done) {
        r->over = gone;
    } else if (r->kind == REQUEST_PARTITIONED_RECV && !s->matched) {
        s->whole = NULL; /* its turn among the receives stays taken */
        request_put(r);
    } else {
        gone(r);
    }
    p2p_leave();
}

/* One of the sender's partitions has been moved. */
static void part_over(struct partitioned *s)
{
    struct request *r = s->whole;
    if (--s->left)
        return;
    if (r->kind == REQUEST_PARTITIONED_RECV) {
        r->source = r->rank;
        r->tag = r->posted.tag;
        r->count = s->sender.partitions * s->sender.size;
        r->room = s->partitions * s->size;
        r->error = r->count > r->room ? MPI_ERR_TRUNCATE : 0;
    }
    request_over(r);
}

/* ---- sending ---- */

static struct cursor slice(const struct request *r, uint64_t offset, uint64_t n)
{
    struct cursor c;
    type_cursor(&c, r->buffer, offset + n, r->type);
    cursor_skip(&c, offset);
    return c;
}

static void part_sent(struct request *q)
{
    struct partitioned *s = of(q->whole);
    request_put(q);
    part_over(s);
}

static int send_part(struct request *r, uint64_t partition)
{
    struct partitioned *s = of(r);
    struct cursor body = slice(r, partition * s->size, s->size);
    int tag = (int)(s->sender.first_tag - (int64_t)partition);
    s->marks[partition] = 1;
    if (send_at_once(parts_of(r), &body, r->rank, tag)) {
        part_over(s);
        return 0;
    }
    struct request *q = request_new(REQUEST_SEND);
    if (!q) {
        s->marks[partition] = 0;
        return MPI_ERR_NO_MEM;
    }
    q->comm = parts_of(r);
    q->cursor = body;
    q->rank = r->rank;
    q->tag = tag;
    q->whole = r;
    q->over = part_sent;
    return send_start(q);
}

int partitioned_ready(struct request *r, uint64_t low, uint64_t high, uint64_t *which)
{
    struct partitioned *s = of(r);
    int rc = 0;
    p2p_enter();
    for (uint64_t i = low; !rc && i <= high; i++) {
        *which = i;
        rc = s->marks[i] ? MPI_ERR_ARG : send_part(r, i);
    }
    p2p_leave();
    return rc;
}

/* ---- receiving ---- */

static void part_received(struct request *q)
{
    struct partitioned *s = of(q->whole);
    s->marks[s->sender.first_tag - (int64_t)q->tag] = 1;
    request_put(q);
    part_over(s);
}

static void post_all(struct partitioned *s)
{
    struct request *r = s->whole;
    uint64_t size = s->sender.size, room = s->partitions * s->size;
    s->left = s->sender.partitions + 1; /* the one for this function */
    memset(s->marks, 0, s->sender.partitions);
    for (uint64_t i = 0; i < s->sender.partitions; i++) {
        struct request *q = request_new(REQUEST_RECV);
        if (!q) {
            p2p_broken("no memory for %llu partitions", (unsigned long long)s->sender.partitions);
            return;
        }
        uint64_t from = i * size < room ? i * size : room;
        q->comm = parts_of(r);
        q->cursor = slice(r, from, room - from < size ? room - from : size);
        q->rank = r->rank;
        q->tag = (int)(s->sender.first_tag - (int64_t)i);
        q->whole = r;
        q->over = part_received;
        recv_start(q);
    }
    part_over(s);
}

int partitioned_arrived(struct request *r, uint64_t partition)
{
    const struct partitioned *s = of(r);
    p2p_enter();
    if (!r->done)
        p2p_progress();
    int all = r->done;
    if (!all && s->matched && s->size && s->sender.size) {
        uint64_t first = partition * s->size / s->sender.size;
        uint64_t last = ((partition + 1) * s->size - 1) / s->sender.size;
        if (last >= s->sender.partitions) /* the sender's message is shorter */
            last = s->sender.partitions - 1;
        all = first < s->sender.partitions;
        for (uint64_t i = first; all && i <= last; i++)
            all = s->marks[i];
    }
    p2p_leave();
    return all;
}

/* ---- starting ---- */

void partitioned_start(struct request *r)
{
    struct partitioned *s = of(r);
    p2p_enter();
    request_not_over(r);
    if (r->kind == REQUEST_PARTITIONED_SEND) {
        memset(s->marks, 0, s->partitions);
        s->left = s->partitions;
    }
    if (r->kind == REQUEST_PARTITIONED_RECV && r->rank == MPI_PROC_NULL) {
        r->source = MPI_PROC_NULL;
        r->tag = MPI_ANY_TAG;
        request_over(r);
    } else if (r->kind == REQUEST_PARTITIONED_RECV && s->matched) {
        post_all(s);
    } else if (r->kind == REQUEST_PARTITIONED_SEND && s->partitions == 0) {
        request_over(r);
    }
    p2p_leave();
}
