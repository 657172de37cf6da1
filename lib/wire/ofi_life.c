/* The life of the ofi wire: its ends, its memory, opening libfabric in a thread, and the end that both sides agree on. */
#define _GNU_SOURCE
#include "wire/ofi_wire.h"

#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct ofi_end *ofi_end_of(struct ofi *o, uint32_t number)
{
    if (o->ends[number])
        return o->ends[number];
    void *owner = o->setup.accept(o->setup.context, number);
    return owner ? (struct ofi_end *)ofi_end(&o->wire, number, owner) : NULL;
}

struct wire_end *ofi_end(struct wire *wire, uint32_t number, void *owner)
{
    struct ofi *o = (struct ofi *)wire;
    if (number >= o->setup.count || number == o->setup.me)
        return NULL;
    if (!o->ends[number]) {
        struct ofi_end *e = calloc(1, sizeof *e);
        if (!e)
            return NULL;
        e->end = (struct wire_end){.ops = &ofi_ops, .owner = owner, .piece = FRAME_PIECE, .eager = OFI_EAGER};
        e->o = o;
        e->number = number;
        e->turn = o->turn - 1;
        list_init(&e->waiting);
        list_init(&e->greeting);
        e->before = o->talked;
        o->talked = o->ends[number] = e;
        ofi_want(o);
    }
    return &o->ends[number]->end;
}

/* Frames and buffers, in one piece of memory that is used as it is needed. */
static int make_memory(struct ofi *o, struct words *why)
{
    if (o->calls->imitate)
        o->calls->imitate(o->net.info);
    o->memory_size = (size_t)(OFI_FRAMES + OFI_BUFFERS + 1) * FRAME_SIZE;
    o->memory = mmap(NULL, o->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (o->memory == MAP_FAILED) {
        o->memory = NULL;
        return words_set(why, "no memory for %zu KiB of network buffers", o->memory_size / 1024);
    }
    if (ofi_net_register(&o->net, o->memory, o->memory_size, why))
        return -1;
    char *at = o->memory;
    for (int i = OFI_FRAMES; i-- > 0; at += FRAME_SIZE) {
        o->frames[i].bytes = at;
        o->frames[i].context.what = OFI_FRAME;
        ofi_frame_drop(o, &o->frames[i]);
    }
    for (int i = 0; i < OFI_BUFFERS; i++, at += FRAME_SIZE) {
        o->buffers[i].bytes = at;
        o->buffers[i].context.what = OFI_BUFFERED;
    }
    o->scratch = at;
    return 0;
}

/* Half of what may be posted: the frames need room too. Where tcp and net say 256 they mean nothing by it: they take what
 * there is memory for. */
static uint32_t chunks_most(const struct fi_info *info)
{
    const char *name = info->fabric_attr->prov_name;
    size_t most = strcmp(name, "net") == 0 || strcmp(name, "tcp") == 0 ? 1024 : info->rx_attr->size / 2;
    return info->ep_attr->max_msg_size < OFI_CHUNK ? 0 : most < 1024 ? (uint32_t)most : 1024;
}

static void *open_net(void *argument)
{
    struct ofi *o = argument;
    struct ofi_wish wish = {o->setup.provider, o->setup.iface, o->setup.loopback};
    if (o->setup.wait && !o->setup.wait(o->setup.context, &o->stop)) {
        atomic_store_explicit(&o->stage, OFI_STOPPED, memory_order_release);
        return NULL;
    }
    atomic_store_explicit(&o->stage, OFI_OPENING, memory_order_relaxed);
    if (secret_open(&o->why) || ofi_net_open(&o->net, &wish, &o->why) || make_memory(o, &o->why)) {
        atomic_store_explicit(&o->stage, OFI_FAILED, memory_order_release); /* O0 */
        return NULL;
    }
    o->chunks_most = chunks_most(o->net.info);
    o->inject_size = o->net.info->tx_attr->inject_size;
    ofi_post_all(o);
    const struct ofi_card *card = &o->net.card;
    uint32_t used = (uint32_t)offsetof(struct ofi_card, addresses) + (uint32_t)card->count * card->each;
    if (o->setup.publish(o->setup.context, (const char *)card, used, o->net.chosen, &o->why)) {
        atomic_store_explicit(&o->stage, OFI_FAILED, memory_order_release); /* O0 */
        return NULL;
    }
    atomic_store_explicit(&o->stage, OFI_OPEN, memory_order_release); /* O0 */
    return NULL;
}

struct wire *ofi_init(const struct ofi_setup *setup, struct words *why)
{
    struct ofi *o = calloc(1, sizeof *o);
    struct ofi_end **ends = calloc(setup->count, sizeof *ends);
    sigset_t all, before;
    if (!o || !ends) {
        words_set(why, "no memory for the connections to %u processes", setup->count);
        free(o);
        free(ends);
        return NULL;
    }
    o->setup = *setup;
    o->calls = setup->calls ? setup->calls : &ofi_calls;
    o->ends = ends;
    o->stage = o->setup.wait ? OFI_ASLEEP : OFI_OPENING;
    list_init(&o->waiting);
    list_init(&o->greeting);
    list_init(&o->moves);
    list_init(&o->moving);
    sigfillset(&all); /* signals are for the threads of the program */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&o->opener, NULL, open_net, o);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        words_set(why, "no thread for opening the network: %s", strerror(rc));
        free(o);
        free(ends);
        return NULL;
    }
    return &o->wire;
}

/* As it may be about to sleep, it is woken until it has ended. */
static void wait_for_opener(struct ofi *o)
{
    atomic_store_explicit(&o->stop, 1, memory_order_release);
    while (atomic_load_explicit(&o->stage, memory_order_acquire) == OFI_ASLEEP) {
        o->setup.wake(o->setup.context);
        sched_yield();
    }
    if (!o->joined)
        pthread_join(o->opener, NULL);
    o->joined = 1;
}

/* Frames that libfabric calls sent are lost when their connection is reset, and nobody is told. */
static void check_end(struct ofi_end *e)
{
    e->hole_checks = e->early && e->hole == e->in_number ? e->hole_checks + 1 : 0;
    e->hole = e->in_number;
    if (e->hole_checks > OFI_PATIENCE_NS / OFI_CHECK_NS)
        ofi_lose(e, FI_ECONNRESET);
    else if (e->out_number != e->checked && !e->bye_said && !e->flying && !e->open &&
             ofi_send_frame(e, FRAME_PACKETS, NULL, 0, 1) == 0)
        e->checked = e->out_number; /* it is refused, or comes; then the other side sees what is missing before it */
}

void ofi_check(struct ofi *o)
{
    int64_t now = ofi_now();
    if (now - o->checked_ns < OFI_CHECK_NS)
        return;
    o->checked_ns = now;
    for (struct ofi_end *e = o->talked; e; e = e->before)
        if (e->state == END_UP)
            check_end(e);
}

/* 1: this end needs nothing more. */
static int end_is_over(struct ofi_end *e)
{
    if (e->state == END_NEW || e->state == END_DEAD || (e->state == END_ASKING && !e->open))
        return 1; /* nothing has been sent; nobody has answered */
    if (e->state == END_ANSWERED && e->greet->since_ns && ofi_now() - e->greet->since_ns > OFI_PATIENCE_NS)
        return 1; /* whoever has asked is not there any more */
    if (e->state != END_UP || e->open || e->moves)
        return 0;
    /* the connection is closed when it has left */
    if (!e->bye_said && ofi_send_frame(e, FRAME_BYE, NULL, 0, 1) == 0)
        e->bye_said = 1;
    return e->bye_said && e->bye_heard && !e->flying;
}

int ofi_is_over(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    int over = 1;
    if (!ofi_is_open(o))
        return 1;
    for (struct ofi_end *e = o->talked; e; e = e->before)
        if (!end_is_over(e))
            over = 0;
    return over;
}

/* What has been given to an end that is lost stays there. */
int ofi_is_quiet(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    if (!ofi_is_open(o))
        return 1;
    for (const struct ofi_end *e = o->talked; e; e = e->before) {
        if (e->state == END_UP && (e->open || e->flying || e->passing))
            return 0;
    }
    return 1;
}

void ofi_leave(struct wire *wire)
{
    ((struct ofi *)wire)->leaving = 1;
}

void ofi_again(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    o->leaving = 0;
    for (struct ofi_end *e = o->talked; e; e = e->before)
        e->bye_said = e->bye_heard = 0;
}

static void end_free(struct ofi_end *e)
{
    for (struct ofi_early *next; e->early; e->early = next) {
        next = e->early->next;
        free(e->early);
    }
    if (e->greet)
        ofi_probe_end(&e->greet->probe);
    free(e->greet);
    free(e);
}

void ofi_fini(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    wait_for_opener(o);
    ofi_direct_fini(o);
    for (struct ofi_end *e = o->talked, *before; e; e = before) {
        before = e->before;
        end_free(e);
    }
    ofi_net_close(&o->net);
    if (o->memory)
        munmap(o->memory, o->memory_size);
    free(o->ends);
    free(o);
}

const struct ofi_seen *ofi_seen(const struct wire *wire)
{
    return &((const struct ofi *)wire)->seen;
}

const char *ofi_chosen(struct wire *wire)
{
    struct ofi *o = (struct ofi *)wire;
    return ofi_is_open(o) ? o->net.chosen : "not open yet";
}
