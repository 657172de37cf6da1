/* The wire for tests: see fake.h. */
#include "wire/fake.h"

#include <errno.h>
#include <stdlib.h>

enum { PACKETS_PER_POLL = 5 };

static void *copy(const void *from, size_t n)
{
    void *to = malloc(n + !n);
    if (!to)
        abort();
    if (n)
        memcpy(to, from, n);
    return to;
}

static int fake_send(struct wire_end *to, const void *head, uint32_t head_size, struct cursor *body, size_t size)
{
    struct fake_end *e = (struct fake_end *)to;
    struct fake *f = e->fake;
    if (head_size > WIRE_HEAD || size > to->piece || (size && (!body || body->left < size)))
        abort(); /* p2p has broken the contract */
    if (e->dead)
        return WIRE_DEAD;
    if (e->full || (f->again_every && ++f->calls % f->again_every == 0))
        return WIRE_AGAIN;
    struct fake_packet *p = malloc(sizeof *p);
    char *bytes = malloc(size + !size);
    if (!p || !bytes)
        abort();
    if (size)
        cursor_fill(body, bytes, size);
    *p = (struct fake_packet){.to = e->rank, .head_size = head_size, .size = size, .head = copy(head, head_size),
                              .body = bytes};
    *f->last = p;
    f->last = &p->next;
    return WIRE_SENT;
}

/* The oldest packet to a rank. */
static struct fake_packet *take_of(struct fake *f, int rank)
{
    for (struct fake_packet **at = &f->first; *at; at = &(*at)->next) {
        struct fake_packet *p = *at;
        if (rank >= 0 && p->to != rank)
            continue;
        *at = p->next;
        if (f->last == &p->next)
            f->last = at;
        p->next = NULL;
        return p;
    }
    return NULL;
}

static int fake_poll(struct wire *wire)
{
    struct fake *f = (struct fake *)wire;
    int n = f->script ? f->script(f) : 0;
    for (int i = 0; f->loop >= 0 && i < PACKETS_PER_POLL; i++) {
        struct fake_packet *p = take_of(f, f->loop);
        if (!p)
            break;
        f->deliver(f->ends[f->loop].end.owner, p->head, p->head_size, p->body, p->size);
        fake_drop(p);
        n++;
    }
    return n;
}

static int fake_reach(struct wire_end *end)
{
    return ((struct fake_end *)end)->reaches;
}

static int fake_copy(struct wire_end *end, void *here, uint64_t there, size_t size, int to_there)
{
    struct fake_end *e = (struct fake_end *)end;
    char *other = (char *)(uintptr_t)there;
    if (!e->reaches)
        abort(); /* p2p has not asked */
    int beyond = e->there && (other < e->there || other > e->there + e->there_size ||
                              size > (size_t)(e->there + e->there_size - other));
    if (e->copies_fail || beyond) {
        errno = e->copies_fail ? e->copies_fail : EFAULT;
        return -1;
    }
    e->copies++;
    memmove(to_there ? other : here, to_there ? here : other, size);
    return 0;
}

static struct wire_share *fake_share(struct wire_end *end, int leaves, uint32_t i)
{
    struct fake_end *e = (struct fake_end *)end;
    if (i >= WIRE_SHARES)
        abort();
    return &e->shares[leaves && e->rank != e->fake->loop][i];
}

static void nothing(struct wire *wire)
{
    (void)wire;
}

static void no_sleep(struct wire *wire, long microseconds)
{
    (void)wire, (void)microseconds;
}

void fake_pieces(struct fake_end *e, uint32_t piece)
{
    e->end.piece = piece;
    e->end.eager = piece < 2048 ? piece : 2048;
}

void fake_open(struct fake *f, uint32_t piece)
{
    *f = (struct fake){.loop = -1, .last = &f->first};
    for (int i = 0; i < (int)(sizeof f->ends / sizeof f->ends[0]); i++) {
        f->ends[i] = (struct fake_end){.end = {.ops = &fake_ops}, .fake = f, .rank = i};
        fake_pieces(&f->ends[i], piece);
    }
}

void fake_close(struct fake *f)
{
    for (struct fake_packet *p; (p = fake_take(f));)
        fake_drop(p);
}

struct wire_end *fake_end(struct fake *f, int rank, void *owner)
{
    f->ends[rank].end.owner = owner;
    return &f->ends[rank].end;
}

struct fake_packet *fake_take(struct fake *f)
{
    return take_of(f, -1);
}

void fake_drop(struct fake_packet *p)
{
    free(p->head);
    free(p->body);
    free(p);
}

static int fake_has_taken(struct wire_end *end)
{
    return !((struct fake_end *)end)->behind;
}

const struct wire_ops fake_ops = {
    .name = "fake",
    .send = fake_send,
    .send_later = fake_send,
    .poll = fake_poll,
    .has_taken = fake_has_taken,
    .reach = fake_reach,
    .copy = fake_copy,
    .share = fake_share,
    .sleep_prepare = nothing,
    .sleep = no_sleep,
    .sleep_finish = nothing,
    .wake = nothing,
};
