/* The ofi wire: packets between hosts, through one endpoint of libfabric that is reliable and keeps the order (see
 * ofi_net.c for which one, ofi_greet.c for how two processes meet, ofi_frame.h for what goes through the network).
 *
 * Sending. Packets are copied into a frame of the end they are for, and the frame is given to libfabric: at once, so
 * that an idle network costs no waiting. What is sent while a poll delivers leaves at the end of its frame, together;
 * and a sender that says so (send_later) is content when small packets that follow each other wait for one that has
 * left since the last poll, and go on together in the next frame. A system call per message would cost ten times as
 * much as all the rest.
 *
 * Back-pressure. An end has at most OFI_FLYING frames in libfabric's hands, all ends together OFI_FRAMES, and the
 * receiver says how many frames may come (frame_head.grant): a few from a process that it hears of first, more from
 * those that talk, a bounded number from all together. So thousand senders cannot fill its memory.
 *
 * Long messages go beside the frames: ofi_direct.c.
 *
 * Receiving. Each frame into a buffer of its own; it is looked at once, its packets delivered from where they lie, in the
 * order of the frames' numbers. What is not genuine is counted and dropped, whoever sent it. (Large buffers that libfabric
 * fills with frame after frame would be fewer calls. But net and ofi_rxm of 1.17 give one back when the last frame in it has
 * come, while an earlier one from another process is still coming in: what the buffer is used for next overwrites it.)
 *
 * Sleeping: on the descriptor of the completion queue, where the provider has one. Before, now and then, each end on which
 * something has been sent is asked whether that has arrived (ofi_check). */
#define _GNU_SOURCE
#include "wire/ofi_wire.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t ofi_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- frames ---- */

struct ofi_frame *ofi_frame_take(struct ofi *o)
{
    struct ofi_frame *f = o->pool;
    if (!f)
        return NULL;
    o->pool = f->next;
    f->used = sizeof(struct frame_head);
    f->route = -1;
    f->told = 0;
    return f;
}

void ofi_frame_drop(struct ofi *o, struct ofi_frame *f)
{
    f->next = o->pool;
    o->pool = f;
}

/* The connection is broken. Who knows why may be mpirun, which ends the job; if it does not, we report it. */
void ofi_lose(struct ofi_end *e, int error)
{
    struct ofi *o = e->o;
    o->seen.failures++;
    if (e->state == END_LOST || e->state == END_DEAD || (e->bye_heard && e->bye_said))
        return;
    e->state = END_LOST;
    e->lost_ns = ofi_now();
    if (!e->greet)
        e->greet = calloc(1, sizeof *e->greet);
    if (e->greet)
        e->greet->error = error;
    list_remove(&e->waiting);
    if (list_empty(&e->greeting))
        list_add(&o->greeting, &e->greeting);
}

int ofi_post(struct ofi_end *e, struct ofi_frame *f, fi_addr_t to)
{
    struct ofi *o = e->o;
    f->end = e;
    if (f->used <= o->inject_size && !f->told) {
        ssize_t rc = o->calls->inject(o->net.ep, f->bytes, f->used, to);
        if (rc)
            return (int)rc;
        ofi_frame_drop(o, f);
    } else {
        void *region = o->net.region ? fi_mr_desc(o->net.region) : NULL;
        ssize_t rc = o->calls->send(o->net.ep, f->bytes, f->used, region, to, &f->context);
        if (rc)
            return (int)rc;
        e->flying++;
        o->flying++;
    }
    o->seen.frames_out++;
    return 0;
}

/* Seals it and gives it away. -1: not now; it is as it was. */
static int seal_and_post(struct ofi_end *e, struct ofi_frame *f, enum frame_kind kind)
{
    struct ofi *o = e->o;
    uint32_t used = f->used, grant = e->in_count + e->window;
    frame_seal(f->bytes, used, kind, o->setup.me, grant, e->out_number, e->out_key, o->scratch);
    int rc = ofi_post(e, f, e->address);
    if (rc) {
        if (rc != -FI_EAGAIN && rc != -FI_ENOMEM)
            ofi_lose(e, -rc);
        o->refused = 1;
        return -1;
    }
    e->out_number++;
    e->in_told = grant;
    return 0;
}

int ofi_send_frame(struct ofi_end *e, enum frame_kind kind, const void *head, uint32_t size, int told)
{
    struct ofi_frame *f = ofi_frame_take(e->o);
    if (!f)
        return -1;
    if (size)
        frame_add(f->bytes, &f->used, head, size, NULL, 0);
    f->told = told;
    if (seal_and_post(e, f, kind) == 0)
        return 0;
    ofi_frame_drop(e->o, f);
    return -1;
}

/* ---- sending ---- */

static int may_leave(const struct ofi_end *e)
{
    return e->flying < OFI_FLYING && (int32_t)(e->out_limit - e->out_count) > 0;
}

/* The open frame of an end that may send. */
static int leave(struct ofi_end *e)
{
    if (seal_and_post(e, e->open, FRAME_PACKETS))
        return -1;
    e->open = NULL;
    e->out_count++;
    e->turn = e->o->turn;
    return 0;
}

static void wait_for_end_of_poll(struct ofi_end *e)
{
    if (list_empty(&e->waiting))
        list_add(&e->o->waiting, &e->waiting);
}

static __attribute__((noinline)) int not_up(struct ofi_end *e)
{
    if (e->state == END_DEAD)
        return WIRE_DEAD;
    if (e->state == END_NEW && ofi_greet_begin(e))
        return WIRE_DEAD;
    return WIRE_AGAIN;
}

static int give(struct ofi_end *e, const void *head, uint32_t head_size, struct cursor *body, size_t size, int later)
{
    struct ofi *o = e->o;
    if (__builtin_expect(e->state != END_UP, 0))
        return not_up(e);
    int hold = o->delivering || (later && e->turn == o->turn && size <= OFI_HOLD);
    struct ofi_frame *f = e->open;
    if (f && f->used + frame_need(head_size, (uint32_t)size) > FRAME_SIZE) {
        if (!may_leave(e) || leave(e))
            return WIRE_AGAIN;
        f = NULL;
    }
    if (!hold && !may_leave(e))
        return WIRE_AGAIN;
    if (!f && !(f = e->open = ofi_frame_take(o)))
        return WIRE_AGAIN;
    frame_add(f->bytes, &f->used, head, head_size, body, (uint32_t)size);
    if (!hold || (f->used >= OFI_HELD && may_leave(e))) {
        if (leave(e) == 0)
            return WIRE_SENT;
        if (e->state != END_UP)
            return WIRE_SENT; /* it is lost, as all that it has been given */
    }
    wait_for_end_of_poll(e);
    return later ? WIRE_HELD : WIRE_SENT;
}

static int ofi_send(struct wire_end *to, const void *head, uint32_t head_size, struct cursor *body, size_t size)
{
    return give((struct ofi_end *)to, head, head_size, body, size, 0);
}

static int ofi_send_later(struct wire_end *to, const void *head, uint32_t head_size, struct cursor *body, size_t size)
{
    return give((struct ofi_end *)to, head, head_size, body, size, 1);
}

static int must_tell(const struct ofi_end *e)
{
    return e->in_count + e->window - e->in_told >= (e->window + 1) / 2;
}

/* What waits, as far as it may leave; and grants that no frame has taken along. */
static void flush(struct ofi *o)
{
    for (struct list *l = o->waiting.next, *next; l != &o->waiting; l = next) {
        struct ofi_end *e = list_entry(l, struct ofi_end, waiting);
        next = l->next;
        if (e->open && may_leave(e) && leave(e) && e->state != END_UP)
            continue;
        if (must_tell(e) && !e->bye_said && ofi_send_frame(e, FRAME_PACKETS, NULL, 0, 0))
            continue;
        if (!e->open)
            list_remove(&e->waiting);
    }
}

static void ofi_flush(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    if (!list_empty(&o->waiting))
        flush(o);
}

/* ---- receiving ---- */

static void post(struct ofi *o, struct ofi_buffer *b)
{
    void *region = o->net.region ? fi_mr_desc(o->net.region) : NULL;
    if (b->posted)
        return;
    if (o->calls->receive(o->net.ep, b->bytes, FRAME_SIZE, region, &b->context) == 0)
        b->posted = 1;
    else
        o->unposted = 1; /* again in the next poll */
}

void ofi_post_all(struct ofi *o)
{
    o->unposted = 0;
    for (int i = 0; i < OFI_BUFFERS; i++)
        post(o, &o->buffers[i]);
}

static void grow_window(struct ofi_end *e)
{
    if (e->window < OFI_WINDOW_MAX && e->o->windows < OFI_WINDOWS) {
        e->window++;
        e->o->windows++;
    }
}

static int deliver(struct ofi_end *e, const struct frame_head *frame)
{
    struct ofi *o = e->o;
    struct frame_packet packet;
    const void *head, *body;
    int n = 0;
    o->delivering = 1;
    for (uint32_t at = sizeof *frame; frame_next(frame, &at, &packet, &head, &body); n++)
        o->setup.deliver(e->end.owner, head, packet.head_size, body, packet.size);
    o->delivering = 0;
    if (n) {
        e->in_count++;
        grow_window(e);
        if (must_tell(e))
            wait_for_end_of_poll(e);
    }
    return n;
}

/* A genuine frame whose turn it is. How many packets. */
static int frame_taken(struct ofi_end *e, const struct frame_head *frame)
{
    e->in_number++;
    if ((int32_t)(frame->grant - e->out_limit) > 0)
        e->out_limit = frame->grant;
    if (frame->kind == FRAME_PACKETS)
        return deliver(e, frame);
    if (frame->kind == FRAME_BYE) {
        e->bye_heard = 1;
    } else {
        struct frame_packet packet;
        const void *head, *body;
        uint32_t at = sizeof *frame, route = UINT32_MAX;
        if (frame_next(frame, &at, &packet, &head, &body) && packet.head_size == sizeof route)
            memcpy(&route, head, sizeof route);
        ofi_greet_route(e, route);
    }
    return 1;
}

static struct ofi_early **early_of(struct ofi_end *e, uint64_t number)
{
    struct ofi_early **at = &e->early;
    while (*at && ((const struct frame_head *)(*at)->bytes)->number != number)
        at = &(*at)->next;
    return at;
}

/* Kept until those before it have come: a provider that moves long messages in another way than short ones ends them
 * later (ofi_rxm), though it has begun them first. */
static void keep_early(struct ofi_end *e, const struct frame_head *frame)
{
    struct ofi_early **at = early_of(e, frame->number);
    if (*at) {
        e->o->seen.strangers++; /* the same again */
        return;
    }
    *at = malloc(sizeof **at + frame->size);
    if (!*at) {
        struct words why;
        words_set(&why, "no memory for a frame of %u bytes", frame->size);
        e->o->setup.lost(e->o->setup.context, e->end.owner, e->number, &why);
        return;
    }
    (*at)->next = NULL;
    memcpy((*at)->bytes, frame, frame->size);
}

/* A frame of an end that is up, or of one that answers us by a route of its own. How many packets. */
static int frame_arrived(struct ofi *o, const struct frame_head *frame)
{
    struct ofi_end *e = o->ends[frame->from];
    if (!e || (e->state != END_UP && e->state != END_ANSWERED) || frame->number - e->in_number >= OFI_EARLY ||
        !frame_is_genuine(frame, e->in_key, o->scratch)) {
        o->seen.strangers++;
        return 0;
    }
    if (frame->number != e->in_number) {
        keep_early(e, frame);
        return 0;
    }
    int n = 1 + frame_taken(e, frame); /* it may be no more than a grant: there is room again */
    while (__builtin_expect(e->early != NULL, 0)) {
        struct ofi_early **at = early_of(e, e->in_number), *next = *at;
        if (!next)
            break;
        *at = next->next;
        n += frame_taken(e, (const struct frame_head *)next->bytes);
        free(next);
    }
    return n;
}

static int arrived(struct ofi *o, const void *bytes, size_t size)
{
    const struct frame_head *frame = frame_look(bytes, size);
    if (!frame || frame->from >= o->setup.count || frame->from == o->setup.me) {
        o->seen.strangers++;
        return 0;
    }
    o->seen.frames_in++;
    if (frame->kind == FRAME_HELLO || frame->kind == FRAME_WELCOME) {
        ofi_greet_arrived(o, frame);
        return 0;
    }
    return frame_arrived(o, frame);
}

static void landed(struct ofi *o, struct ofi_frame *f)
{
    f->end->flying--;
    o->flying--;
    ofi_frame_drop(o, f);
}

static void failed(struct ofi *o)
{
    struct fi_cq_err_entry x = {0};
    if (o->calls->failed(o->net.cq, &x) != 1)
        return;
    o->seen.failures++;
    struct ofi_context *c = x.op_context;
    if (!c)
        return;
    if (c->what == OFI_CHUNKED) {
        ofi_chunk_failed(o, (struct ofi_chunk *)c, x.err);
    } else if (c->what == OFI_BUFFERED) { /* what is too long for a frame comes from a stranger */
        struct ofi_buffer *b = (struct ofi_buffer *)c;
        b->posted = 0;
        post(o, b);
    } else {
        struct ofi_frame *f = (struct ofi_frame *)c;
        struct ofi_end *e = f->end;
        int route = f->route;
        landed(o, f);
        if (route >= 0)
            ofi_greet_failed(e, route, x.err);
        else
            ofi_lose(e, x.err);
    }
}

static int look(struct ofi *o)
{
    struct fi_cq_data_entry entries[16];
    ssize_t n = o->calls->completed(o->net.cq, entries, sizeof entries / sizeof entries[0]);
    int packets = 0;
    if (n == -FI_EAVAIL)
        failed(o);
    if (n > 0)
        ofi_net_not_stale(&o->net);
    for (ssize_t i = 0; i < n; i++) {
        struct ofi_context *c = entries[i].op_context;
        if (c->what == OFI_FRAME) {
            landed(o, (struct ofi_frame *)c);
            packets++;
            continue;
        }
        if (c->what == OFI_CHUNKED) {
            ofi_chunk_done(o, (struct ofi_chunk *)c, entries[i].len);
            packets++;
            continue;
        }
        struct ofi_buffer *b = (struct ofi_buffer *)c;
        if (entries[i].flags & FI_RECV)
            packets += arrived(o, b->bytes, entries[i].len);
        b->posted = 0;
        post(o, b);
        if (!list_empty(&o->waiting))
            flush(o);
    }
    return packets;
}

__attribute__((noinline)) int ofi_is_open(struct ofi *o)
{
    int stage = atomic_load_explicit(&o->stage, memory_order_acquire); /* O1 */
    if (stage == OFI_FAILED && !o->reported) {
        o->reported = 1;
        o->setup.lost(o->setup.context, NULL, 0, &o->why);
    }
    return stage == OFI_OPEN;
}

void ofi_want(struct ofi *o)
{
    if (o->setup.wait && atomic_load_explicit(&o->stage, memory_order_relaxed) == OFI_ASLEEP)
        o->setup.want(o->setup.context);
}

/* Looking costs a system call. When nothing has come for long only every eighth poll does: the others are done in no
 * time then, and shared memory is what the process mostly waits for. */
static int ofi_poll(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    if (__builtin_expect(!ofi_is_open(o), 0))
        return 0;
    o->turn++;
    o->refused = 0;
    if (__builtin_expect(!list_empty(&o->greeting), 0))
        ofi_greet_step(o);
    else if (o->idle > 64 && o->turn % 8)
        return 0;
    if (__builtin_expect(o->unposted, 0))
        ofi_post_all(o);
    if (__builtin_expect(o->stuck, 0))
        ofi_direct_step(o);
    int n = look(o);
    if (!list_empty(&o->waiting))
        flush(o);
    o->idle = n || o->flying ? 0 : o->idle + 1;
    return n;
}

/* ---- sleeping ---- */

/* There is room when a frame has left or a grant has come, and both end a sleep; but not when libfabric has refused. */
static void ofi_want_room(struct wire_end *end)
{
    (void)end;
}

static void ofi_sleep_prepare(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    o->idle = 0; /* the last look is one */
    if (ofi_is_open(o)) {
        ofi_check(o);
        ofi_net_calm(&o->net);
    } else if (!o->leaving) /* there is time, and whoever waits mostly does for other hosts */
        ofi_want(o);
}

static int ofi_sleep_on(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    int stage = atomic_load_explicit(&o->stage, memory_order_acquire);
    if (stage == OFI_ASLEEP && o->leaving)
        return WIRE_NEVER;
    if (stage != OFI_OPEN || o->unposted || o->stuck || o->refused ||
        !list_empty(&o->waiting) || !list_empty(&o->greeting))
        return WIRE_NAP;
    return ofi_net_sleep_on(&o->net, o->calls);
}

static void ofi_sleep_finish(struct wire *wire)
{
    (void)wire;
}

const struct wire_ops ofi_ops = {
    .name = "ofi",
    .send = ofi_send,
    .send_later = ofi_send_later,
    .flush = ofi_flush,
    .poll = ofi_poll,
    .expect = ofi_expect,
    .pass = ofi_pass,
    .forget = ofi_forget,
    .want_room = ofi_want_room,
    .sleep_prepare = ofi_sleep_prepare,
    .sleep_on = ofi_sleep_on,
    .sleep_finish = ofi_sleep_finish,
};
