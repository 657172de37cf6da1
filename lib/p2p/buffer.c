/* Buffered sends: see buffer.h. An attached buffer is cut into pieces, each with a head of its own, used or free, in
 * the order of their addresses; free neighbours become one. */
#include "p2p/buffer.h"

#include "p2p/peer.h"

#include <stdlib.h>

enum { ALIGN = 16 };

struct buffer {
    struct list link;
    struct buffer_owner owner;
    void *memory;
    uint64_t size;
    int automatic;
    uint64_t messages;    /* that have been put here, ever */
    uint64_t under_way;   /* that have not left */
    struct list pieces;   /* in order */
    struct list free;     /* those of them that are free */
    struct list flushes;  /* requests that wait for messages: `left` of those before number `other` */
};

struct piece {
    struct list all, free; /* free: a list of its own while the piece is used */
    struct buffer *buffer;
    uint64_t room;   /* behind this head */
    uint64_t number; /* of the message */
    uint64_t unused;
};

_Static_assert(sizeof(struct piece) % ALIGN == 0 && sizeof(struct piece) + 8 * ALIGN < MPI_BSEND_OVERHEAD,
               "a message takes no more than the standard lets users expect");

static struct list buffers = {&buffers, &buffers};

static struct buffer *find(struct buffer_owner owner)
{
    for (struct list *l = buffers.next; l != &buffers; l = l->next) {
        struct buffer *b = list_entry(l, struct buffer, link);
        if (b->owner.comm == owner.comm && b->owner.session == owner.session)
            return b;
    }
    return NULL;
}

/* ---- pieces ---- */

static uint64_t rounded(uint64_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void put_piece(struct buffer *b, void *at, uint64_t size, struct list *before)
{
    struct piece *p = at;
    *p = (struct piece){.buffer = b, .room = size - sizeof *p};
    list_add(before, &p->all);
    list_add(&b->free, &p->free);
}

static struct piece *take(struct buffer *b, uint64_t n)
{
    if (b->automatic) {
        struct piece *p = malloc(sizeof *p + n);
        if (!p)
            return NULL;
        *p = (struct piece){.buffer = b, .room = n};
        list_init(&p->free);
        list_add(&b->pieces, &p->all);
        return p;
    }
    n = rounded(n);
    for (struct list *l = b->free.next; l != &b->free; l = l->next) {
        struct piece *p = list_entry(l, struct piece, free);
        if (p->room < n)
            continue;
        if (p->room - n >= sizeof *p + ALIGN) {
            put_piece(b, (char *)(p + 1) + n, p->room - n, p->all.next);
            p->room = n;
        }
        list_remove(&p->free);
        return p;
    }
    return NULL;
}

/* Makes one of two neighbours, if both are free. */
static void join(struct buffer *b, struct list *first, struct list *second)
{
    struct piece *p = list_entry(first, struct piece, all), *q = list_entry(second, struct piece, all);
    if (first == &b->pieces || second == &b->pieces || list_empty(&p->free) || list_empty(&q->free))
        return;
    p->room += sizeof *q + q->room;
    list_remove(&q->all);
    list_remove(&q->free);
}

static void give(struct piece *p)
{
    struct buffer *b = p->buffer;
    if (b->automatic) {
        list_remove(&p->all);
        free(p);
        return;
    }
    list_add(&b->free, &p->free);
    join(b, &p->all, p->all.next);
    join(b, p->all.prev, &p->all);
}

static uint64_t largest_free(const struct buffer *b)
{
    uint64_t room = 0;
    for (struct list *l = b->free.next; l != &b->free; l = l->next) {
        struct piece *p = list_entry(l, struct piece, free);
        if (p->room + sizeof *p > room)
            room = p->room + sizeof *p;
    }
    return room;
}

/* ---- attaching ---- */

/* What of the memory can be used: 0 when it is too little for anything. */
static uint64_t usable(const void *memory, uint64_t size, uint64_t *skip)
{
    *skip = rounded((uintptr_t)memory) - (uintptr_t)memory;
    uint64_t whole = size > *skip ? (size - *skip) / ALIGN * ALIGN : 0;
    return whole > sizeof(struct piece) ? whole : 0;
}

int buffer_attach(struct buffer_owner owner, void *memory, uint64_t size)
{
    int rc = 0;
    uint64_t skip;
    p2p_enter();
    struct buffer *b = find(owner) ? NULL : malloc(sizeof *b);
    if (b) {
        *b = (struct buffer){.owner = owner, .memory = memory, .size = size, .automatic = memory == MPI_BUFFER_AUTOMATIC};
        list_init(&b->pieces);
        list_init(&b->free);
        list_init(&b->flushes);
        if (b->automatic)
            b->size = 0;
        else if ((size = usable(memory, size, &skip)))
            put_piece(b, (char *)memory + skip, size, &b->pieces);
        list_add(&buffers, &b->link);
    } else {
        rc = find(owner) ? MPI_ERR_BUFFER : MPI_ERR_NO_MEM;
    }
    p2p_leave();
    return rc;
}

static int all_gone(void *arg)
{
    return ((struct buffer *)arg)->under_way == 0;
}

int buffer_detach(const char *call, struct buffer_owner owner, void **memory, uint64_t *size)
{
    p2p_enter();
    struct buffer *b = find(owner);
    if (b) {
        list_remove(&b->link); /* another thread cannot detach it too */
        p2p_wait_until(all_gone, b, call, MPI_ANY_SOURCE, MPI_ANY_TAG, owner.comm ? owner.comm->context : 0);
        *memory = b->memory;
        *size = b->size;
        free(b);
    }
    p2p_leave();
    return b ? 0 : MPI_ERR_BUFFER;
}

/* ---- flushing ---- */

static void start_flush(struct buffer *b, struct request *r)
{
    r->kind = REQUEST_FLUSH;
    r->comm = b->owner.comm ? b->owner.comm : &comm_world;
    r->rank = r->source = MPI_ANY_SOURCE;
    r->tag = MPI_ANY_TAG;
    r->left = b->under_way;
    r->other = b->messages;
    if (r->left)
        list_add(&b->flushes, &r->link);
    else
        request_over(r);
}

void buffer_flush(const char *call, struct buffer_owner owner)
{
    struct request r = {.left = 0};
    p2p_enter();
    struct buffer *b = find(owner);
    if (b) {
        start_flush(b, &r);
        p2p_wait(&r, call);
    }
    p2p_leave();
}

int buffer_iflush(struct buffer_owner owner, struct request **request)
{
    p2p_enter();
    struct buffer *b = find(owner);
    *request = b ? request_new(REQUEST_FLUSH) : &p2p_sent;
    if (b && *request)
        start_flush(b, *request);
    p2p_leave();
    return *request ? 0 : MPI_ERR_NO_MEM;
}

static void flush_without(struct buffer *b, uint64_t number)
{
    for (struct list *l = b->flushes.next, *next; l != &b->flushes; l = next) {
        struct request *r = list_entry(l, struct request, link);
        next = l->next;
        if (number < r->other && --r->left == 0) {
            list_remove(&r->link);
            request_over(r);
        }
    }
}

/* ---- sending ---- */

static void message_over(struct request *r)
{
    struct piece *p = r->extra;
    struct buffer *b = p->buffer;
    uint64_t number = p->number;
    request_put(r);
    give(p);
    b->under_way--;
    flush_without(b, number);
}

/* Room for n bytes: messages that have left meanwhile are noticed first. */
static struct piece *make_room(struct buffer *b, uint64_t n)
{
    struct piece *p = take(b, n);
    for (int moved = 1; !p && moved; p = take(b, n))
        moved = p2p_progress();
    return p;
}

static int no_room(const struct buffer *b, const struct comm *c, uint64_t n, struct words *why)
{
    unsigned long long needed = rounded(n) + sizeof(struct piece);
    if (!b)
        words_set(why, "no buffer is attached for messages on %s (MPI_Buffer_attach gives it one)", comm_name(c));
    else if (b->automatic)
        words_set(why, "no memory for a message of %llu bytes", (unsigned long long)n);
    else
        words_set(why, "a message of %llu bytes needs %llu of the buffer, of which %llu of %llu are free in one piece",
                  (unsigned long long)n, needed, (unsigned long long)largest_free(b), (unsigned long long)b->size);
    return MPI_ERR_BUFFER;
}

static int put(struct buffer *b, struct comm *c, struct cursor *body, int dest, int tag, struct words *why)
{
    uint64_t n = body->left;
    struct piece *p = make_room(b, n);
    struct request *r = p ? request_new(REQUEST_SEND) : NULL;
    if (!p && send_at_once(c, body, dest, tag))
        return 0;
    if (!p)
        return no_room(b, c, n, why);
    if (!r) {
        give(p);
        words_set(why, "no memory for a request");
        return MPI_ERR_NO_MEM;
    }
    cursor_fill(body, p + 1, n);
    p->number = b->messages++;
    b->under_way++;
    r->comm = c;
    r->cursor = cursor_over(p + 1, n);
    r->rank = dest;
    r->tag = tag;
    r->extra = p;
    r->over = message_over;
    return send_start(r);
}

/* Without a buffer that could ever hold the message this fails always, and not only when the receiver is slow. */
int buffer_send(struct comm *c, struct cursor *body, int dest, int tag, struct words *why)
{
    int rc = 0;
    uint64_t n = body->left, skip;
    if (dest == MPI_PROC_NULL)
        return 0;
    p2p_enter();
    struct buffer *b = find((struct buffer_owner){c, 0});
    if (!b && c->session)
        b = find((struct buffer_owner){NULL, c->session});
    if (!b)
        b = find((struct buffer_owner){NULL, 0});
    if (!b || (!b->automatic && rounded(n) + sizeof(struct piece) > usable(b->memory, b->size, &skip)))
        rc = no_room(b, c, n, why);
    else if (!send_at_once(c, body, dest, tag))
        rc = put(b, c, body, dest, tag, why);
    p2p_leave();
    return rc;
}
