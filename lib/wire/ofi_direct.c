/* Long messages that go from memory to memory, beside the frames: the receiver gives libfabric its memory, under a tag
 * that nobody can guess (the ticket), and tells the sender, whose libfabric takes the bytes from where they stand. So
 * each side copies once less, or not at all where the hardware reads and writes memory.
 *
 * A message goes in chunks, of which a few are under way: the frames to the same process come in between. All chunks of
 * a message have the same tag, as libfabric keeps the order of those. The receiver has more of them posted than the
 * sender has under way, so that no chunk meets a receiver that does not expect it: it would hold up what is behind it.
 * When it cannot post them it does not expect the message, which then goes in frames.
 *
 * The ticket comes in a frame, whose check proves who it is from; whoever does not know it cannot write into the memory. */
#include "wire/ofi_wire.h"

#include <stdlib.h>

/* Where the provider wants to know the memory. */
static int own(struct ofi_move *m)
{
    struct ofi *o = m->end->o;
    if (!(o->net.info->domain_attr->mr_mode & FI_MR_LOCAL))
        return 0;
    return o->calls->own(o->net.domain, m->memory, m->size, m->receives ? FI_RECV : FI_SEND, &m->region);
}

static struct ofi_move *move_new(struct ofi_end *e, const void *memory, size_t size, uint64_t id, int receives)
{
    struct ofi *o = e->o;
    size_t chunks = (size + OFI_CHUNK - 1) / OFI_CHUNK;
    int most = receives ? OFI_AHEAD : OFI_PASSING, count = chunks < (size_t)most ? (int)chunks : most;
    struct ofi_move *m = calloc(1, sizeof *m + (size_t)count * sizeof m->chunks[0]);
    if (!m)
        return NULL;
    *m = (struct ofi_move){.end = e, .memory = (char *)memory, .size = size, .id = id, .receives = (uint8_t)receives,
                           .count = count};
    for (int i = 0; i < count; i++) {
        m->chunks[i].context.what = OFI_CHUNKED;
        m->chunks[i].move = m;
    }
    if (own(m)) {
        free(m);
        return NULL;
    }
    list_add(&o->moves, &m->link);
    list_init(&m->moving);
    e->moves++;
    o->expected += receives ? (uint32_t)count : 0;
    return m;
}

static void move_free(struct ofi_move *m)
{
    struct ofi *o = m->end->o;
    m->end->moves--;
    o->expected -= m->receives ? (uint32_t)m->count : 0;
    list_remove(&m->link);
    list_remove(&m->moving);
    if (m->region)
        fi_close(&m->region->fid);
    free(m);
}

static void over(struct ofi_move *m)
{
    struct ofi *o = m->end->o;
    void *owner = m->end->end.owner;
    uint64_t id = m->id;
    int forgotten = m->forgotten;
    move_free(m);
    o->setup.moved(owner, id, forgotten);
}

/* The next chunk. 0, or what libfabric says. */
static int give_one(struct ofi_move *m, struct ofi_chunk *c)
{
    struct ofi_end *e = m->end;
    struct ofi *o = e->o;
    uint64_t left = m->size - m->given;
    char *at = m->memory + m->given;
    void *region = m->region ? fi_mr_desc(m->region) : NULL;
    c->size = left < OFI_CHUNK ? (uint32_t)left : OFI_CHUNK;
    ssize_t rc = m->receives ? o->calls->expect(o->net.ep, at, c->size, region, m->ticket, &c->context)
                             : o->calls->pass(o->net.ep, at, c->size, region, e->address, m->ticket, &c->context);
    if (rc)
        return (int)rc;
    c->busy = 1;
    m->flying++;
    m->given += c->size;
    if (!m->receives) {
        e->passing++;
        o->flying++;
    }
    return 0;
}

/* As much as may be given. A message that leaves waits for those before it. */
static void give_more(struct ofi_move *m)
{
    struct ofi *o = m->end->o;
    int rc = 0;
    for (int i = 0; i < m->count && m->given < m->size && !rc; i++) {
        if (!m->receives && m->end->passing >= OFI_PASSING)
            return;
        if (!m->chunks[i].busy)
            rc = give_one(m, &m->chunks[i]);
    }
    if (rc == -FI_EAGAIN || rc == -FI_ENOMEM) {
        o->stuck = 1;
        return;
    }
    if (rc)
        ofi_lose(m->end, -rc);
    if (rc || m->given == m->size)
        list_remove(&m->moving);
}

void ofi_direct_step(struct ofi *o)
{
    o->stuck = 0;
    for (struct list *l = o->moving.next, *next; l != &o->moving; l = next) {
        struct ofi_move *m = list_entry(l, struct ofi_move, moving);
        next = l->next;
        if (m->end->state == END_UP)
            give_more(m);
        else
            list_remove(&m->moving);
    }
}

uint64_t ofi_expect(struct wire_end *end, void *memory, size_t size, uint64_t id)
{
    struct ofi_end *e = (struct ofi_end *)end;
    struct ofi *o = e->o;
    if (!o->setup.moved || !o->net.tags || e->state != END_UP || o->expected + OFI_AHEAD > o->chunks_most)
        return 0;
    struct ofi_move *m = move_new(e, memory, size, id, 1);
    if (!m)
        return 0;
    /* The lower bits tell those from each other that are under way; the others nobody guesses. */
    uint64_t number = ++o->tickets, low = 0xfff;
    m->ticket = ((secret_check(&number, sizeof number, e->in_key) & ~low) | (number & low)) & o->net.tags;
    if (!m->ticket)
        m->ticket = 1;
    for (int i = 0; i < m->count && !o->stuck; i++)
        o->stuck = give_one(m, &m->chunks[i]) != 0;
    if (!m->flying) {
        move_free(m);
        return 0;
    }
    if (m->given < m->size)
        list_add(&o->moving, &m->moving);
    return m->ticket;
}

int ofi_pass(struct wire_end *end, const void *memory, size_t size, uint64_t ticket, uint64_t id)
{
    struct ofi_end *e = (struct ofi_end *)end;
    struct ofi *o = e->o;
    if (!o->setup.moved || !o->net.tags || !o->chunks_most || e->state != END_UP)
        return -1;
    struct ofi_move *m = move_new(e, memory, size, id, 0);
    if (!m)
        return -1;
    m->ticket = ticket;
    list_add(&o->moving, &m->moving);
    ofi_direct_step(o);
    return 0;
}

/* Its chunks come back as cancelled. */
void ofi_forget(struct wire_end *end, uint64_t id)
{
    struct ofi *o = ((struct ofi_end *)end)->o;
    for (struct list *l = o->moves.next; l != &o->moves; l = l->next) {
        struct ofi_move *m = list_entry(l, struct ofi_move, link);
        if (&m->end->end != end || !m->receives || m->id != id)
            continue;
        m->forgotten = 1;
        list_remove(&m->moving);
        for (int i = 0; i < m->count; i++)
            if (m->chunks[i].busy)
                o->calls->forget(o->net.ep, &m->chunks[i].context);
        if (!m->flying)
            over(m);
        return;
    }
}

/* libfabric has the chunk no longer. */
static void back(struct ofi *o, struct ofi_chunk *c)
{
    struct ofi_move *m = c->move;
    c->busy = 0;
    m->flying--;
    if (!m->receives) {
        m->end->passing--;
        o->flying--;
    }
}

void ofi_chunk_done(struct ofi *o, struct ofi_chunk *c, size_t size)
{
    struct ofi_move *m = c->move;
    back(o, c);
    if (m->receives && size != c->size) {
        struct words why;
        words_set(&why, "it has sent %zu bytes of a message where %u were expected", size, c->size);
        o->setup.lost(o->setup.context, m->end->end.owner, m->end->number, &why);
        return;
    }
    m->done += c->size;
    if (m->done == m->size)
        over(m);
    if (!list_empty(&o->moving))
        ofi_direct_step(o);
}

void ofi_chunk_failed(struct ofi *o, struct ofi_chunk *c, int error)
{
    struct ofi_move *m = c->move;
    back(o, c);
    if (!m->forgotten)
        ofi_lose(m->end, error);
    else if (!m->flying)
        over(m);
}

void ofi_direct_fini(struct ofi *o)
{
    while (!list_empty(&o->moves))
        move_free(list_entry(o->moves.next, struct ofi_move, link));
}
