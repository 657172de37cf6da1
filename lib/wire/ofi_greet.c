/* How two processes find each other and prove that they are of the same job.
 *
 *     asker     HELLO: a new nonce, its addresses; by one of the other's addresses after the other, until one leads there
 *     answerer  WELCOME: a nonce of its own, and the asker's again; by the asker's addresses, in the same way
 *     asker     ROUTE: by which of them it came
 *
 * Each greeting has a check that is keyed with the job's key. An answer to a nonce that has just been made up proves
 * that the other side is there now; the keys of frames come from both nonces, so that no frame of another time or pair
 * fits. When both ask at once, the one with the lower number is the asker. An address that leads to a stranger
 * (docker0 has the same one on every host) gets no answer and is simply not used.
 *
 * Greetings may be lost: where two processes connect at the same time, libfabric closes one of the connections, with
 * what is on its way. So each side says its word again, after longer and longer pauses, until it hears the next one;
 * only then does it send anything else.
 *
 * A silent process is not a lost one: it may compute. Only errors of the network count, and addresses that its kernel
 * does not answer for (ofi_probe.h). */
#include "base/log.h"
#include "wire/ofi_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t millisecond = 1000000;

enum {
    SILENT_MS = 3 * 1000,
    NEXT_ROUTE_MS = 250,
    AGAIN_MS = 100, AGAIN_MAX_MS = 60 * 1000,
    RETRY_MS = 50, RETRIES = 12 /* about 8 s */
};

static void greet_done(struct ofi_end *e)
{
    if (e->greet)
        ofi_probe_end(&e->greet->probe);
    free(e->greet);
    e->greet = NULL;
    list_remove(&e->greeting);
}

static struct ofi_greet *greet_of(struct ofi_end *e)
{
    if (!e->greet && !(e->greet = calloc(1, sizeof *e->greet)))
        return NULL;
    if (list_empty(&e->greeting))
        list_add(&e->o->greeting, &e->greeting);
    return e->greet;
}

/* The addresses of a card, as far as they can be used from here. */
static uint32_t find_routes(struct ofi_end *e, const struct ofi_card *card)
{
    struct ofi_greet *g = e->greet;
    g->card = *card;
    g->card.provider[sizeof g->card.provider - 1] = 0;
    g->count = 0;
    ofi_card_order(&e->o->net, &g->card);
    for (uint32_t i = 0; i < g->card.count && i < OFI_ROUTES; i++) {
        g->routes[i] = FI_ADDR_UNSPEC;
        if (ofi_net_address(&e->o->net, &g->card, i, &g->routes[i]))
            break;
        g->sent[i] = 0;
        g->count = i + 1;
    }
    return g->count;
}

static void give_up(struct ofi_end *e, const struct words *why)
{
    e->state = END_DEAD;
    greet_done(e);
    e->o->setup.lost(e->o->setup.context, e->end.owner, e->number, why);
}

static void no_route(struct ofi_end *e)
{
    struct ofi *o = e->o;
    struct words why;
    if (strcmp(e->greet->card.provider, o->net.card.provider))
        words_set(&why, "it uses libfabric's provider %s, and this process %s: GODWIT_PROVIDER chooses the same one for "
                        "all", e->greet->card.provider, o->net.card.provider);
    else
        words_set(&why, "none of its addresses can be used here");
    give_up(e, &why);
}

/* By one route. -1: not now. */
static int say(struct ofi_end *e, uint32_t route)
{
    struct ofi *o = e->o;
    struct ofi_greet *g = e->greet;
    struct ofi_frame *f = ofi_frame_take(o);
    if (!f)
        return -1;
    struct frame_greeting *out = (struct frame_greeting *)f->bytes;
    int asks = e->state == END_ASKING;
    *out = (struct frame_greeting){.head = {.kind = asks ? FRAME_HELLO : FRAME_WELCOME, .from = o->setup.me},
                                   .to = e->number, .route = route, .echo_route = g->echo};
    memcpy(out->nonce, e->nonce, FRAME_NONCE);
    if (asks) {
        out->card_size = sizeof o->net.card;
        memcpy(out->card, &o->net.card, sizeof o->net.card);
    } else {
        memcpy(out->echo, e->its_nonce, FRAME_NONCE);
    }
    greeting_seal(out, o->setup.key);
    f->used = sizeof *out;
    f->told = 1;
    f->route = (int)route;
    int rc = ofi_post(e, f, g->routes[route]);
    if (!rc)
        return 0;
    ofi_frame_drop(o, f);
    if (rc != -FI_EAGAIN)
        ofi_greet_failed(e, (int)route, -rc);
    return -1;
}

/* The next route that has not been tried, or whose try has failed. A provider that is still connecting (-FI_EAGAIN) has
 * as long as one whose HELLO has left; then it is the next one's turn, as nobody answers at some addresses. */
static void say_next(struct ofi_end *e, int64_t now)
{
    struct ofi_greet *g = e->greet;
    for (uint32_t k = 0; k < g->count; k++) {
        uint32_t i = (g->after + k) % g->count;
        if (g->sent[i])
            continue;
        if (g->trying != i + 1) {
            g->trying = i + 1;
            g->begun_ns = now;
        }
        g->after = i;
        g->sent[i] = 1;
        int rc = say(e, i);
        if (!e->greet)
            return; /* it was the last try */
        if (rc)
            g->sent[i] = 0;
        if (rc && now - g->begun_ns < NEXT_ROUTE_MS * millisecond)
            return;
        g->after = i + 1;
        g->trying = 0;
        if (!rc)
            g->next_ns = now + NEXT_ROUTE_MS * millisecond;
        return;
    }
}

/* What has been said by all routes, some time ago, may have been lost. */
static void say_again(struct ofi_end *e, int64_t now)
{
    struct ofi_greet *g = e->greet;
    for (uint32_t i = 0; i < g->count; i++)
        if (!g->sent[i])
            return;
    if (!g->again_ns) {
        g->pause_ns = g->pause_ns ? 2 * g->pause_ns : AGAIN_MS * millisecond;
        if (g->pause_ns > AGAIN_MAX_MS * millisecond)
            g->pause_ns = AGAIN_MAX_MS * millisecond;
        g->again_ns = now + g->pause_ns;
    } else if (now >= g->again_ns) {
        memset(g->sent, 0, sizeof g->sent);
        g->again_ns = 0;
    }
}

int ofi_greet_begin(struct ofi_end *e)
{
    struct ofi_greet *g = greet_of(e);
    if (!g || secret_random(e->nonce, sizeof e->nonce))
        return -1;
    e->state = END_ASKING;
    return 0;
}

static void show_routes(const struct ofi_greet *g, char *out, size_t size)
{
    char address[80];
    *out = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        size_t n = strlen(out);
        ofi_card_show(&g->card, i, address, sizeof address);
        snprintf(out + n, size - n, "%s%s", i ? ", " : "", address);
    }
}

static void cannot_connect(struct ofi_end *e, const char *reason)
{
    char all[WORDS_SIZE / 2];
    struct words why;
    show_routes(e->greet, all, sizeof all);
    words_set(&why, "%s cannot be connected: %s (mpirun --doctor shows which hosts get to each other)", all, reason);
    give_up(e, &why);
}

/* Does it compute, or is a firewall in between? 0: it is given up. */
static int look_for_it(struct ofi_end *e, int64_t now)
{
    struct ofi_greet *g = e->greet;
    int found = ofi_probe_step(&g->probe, &g->card, g->count, now);
    if (found == PROBE_FAILED) {
        cannot_connect(e, strerror(g->probe.error));
        return 0;
    }
    if (found == PROBE_ANSWERED && !g->told) {
        g->told = 1;
        if (log_on(LOG_INFO))
            log_write(LOG_INFO, "process %u has not answered for %d s: it may be computing", e->number, SILENT_MS / 1000);
    }
    return 1;
}

void ofi_greet_failed(struct ofi_end *e, int route, int error)
{
    struct ofi_greet *g = e->greet;
    if (!g || (uint32_t)route >= g->count)
        return; /* another route was the right one */
    g->sent[route] = 0;
    g->trying = 0;
    g->after = (uint32_t)route + 1;
    g->error = error;
    int64_t wait = RETRY_MS * millisecond << (g->tries < 5 ? g->tries : 5);
    g->next_ns = ofi_now() + (g->count > 1 ? RETRY_MS * millisecond : wait);
    if (++g->tries < RETRIES * g->count)
        return;
    cannot_connect(e, ofi_net_error(error));
}

static void step(struct ofi_end *e, int64_t now)
{
    struct ofi *o = e->o;
    struct ofi_card card;
    if (e->state == END_LOST) {
        if (now - e->lost_ns < OFI_PATIENCE_NS)
            return;
        struct words why;
        words_set(&why, "the connection is broken (%s)", ofi_net_error(e->greet ? e->greet->error : 0));
        give_up(e, &why);
        return;
    }
    if (e->greet->count == 0) {
        struct words why;
        int known = o->setup.address_of(o->setup.context, e->number, (char *)&card, &why);
        if (known < 0)
            give_up(e, &why);
        if (known)
            return;
        if (!find_routes(e, &card)) {
            no_route(e);
            return;
        }
    }
    if (!e->greet->since_ns)
        e->greet->since_ns = now;
    if (now - e->greet->since_ns > SILENT_MS * millisecond && !look_for_it(e, now))
        return;
    if (now >= e->greet->next_ns)
        say_next(e, now);
    if (e->greet)
        say_again(e, now);
}

void ofi_greet_step(struct ofi *o)
{
    int64_t now = ofi_now();
    for (struct list *l = o->greeting.next, *next; l != &o->greeting; l = next) {
        next = l->next;
        step(list_entry(l, struct ofi_end, greeting), now);
    }
}

static void keys(struct ofi_end *e, const unsigned char *asker, const unsigned char *answerer)
{
    struct ofi *o = e->o;
    frame_key(e->out_key, o->setup.key, asker, answerer, o->setup.me, e->number);
    frame_key(e->in_key, o->setup.key, asker, answerer, e->number, o->setup.me);
    e->out_limit = e->in_told = e->window = OFI_WINDOW_MIN;
}

static void hello_arrived(struct ofi_end *e, const struct frame_greeting *in)
{
    struct ofi *o = e->o;
    int asks_itself = e->state == END_ASKING && o->setup.me < e->number;
    if (asks_itself || (e->state != END_NEW && e->state != END_ASKING))
        return; /* it will answer ours; or the same HELLO has come by another route */
    struct ofi_greet *g = greet_of(e);
    if (!g || secret_random(e->nonce, sizeof e->nonce))
        return;
    struct ofi_card card;
    memcpy(&card, in->card, sizeof card);
    memcpy(e->its_nonce, in->nonce, FRAME_NONCE);
    g->echo = in->route;
    e->state = END_ANSWERED;
    if (!find_routes(e, &card)) {
        no_route(e);
        return;
    }
    keys(e, e->its_nonce, e->nonce);
    g->next_ns = g->again_ns = g->pause_ns = g->since_ns = 0;
    ofi_probe_end(&g->probe);
    g->probe = (struct ofi_probe){0};
    say_next(e, ofi_now());
}

/* The frame before all others. When it is lost, another WELCOME asks for it again. */
static void send_route(struct ofi_end *e)
{
    uint64_t number = e->out_number ? e->out_number : 1;
    e->out_number = 0;
    ofi_send_frame(e, FRAME_ROUTE, &e->its_route, sizeof e->its_route, 0);
    e->out_number = number;
}

static void welcome_arrived(struct ofi_end *e, const struct frame_greeting *in)
{
    struct ofi_greet *g = e->greet;
    int answers_me = memcmp(e->nonce, in->echo, FRAME_NONCE) == 0;
    if (e->state == END_UP && answers_me && memcmp(e->its_nonce, in->nonce, FRAME_NONCE) == 0) {
        send_route(e);
        return;
    }
    if (e->state != END_ASKING || !answers_me || in->echo_route >= g->count) {
        e->o->seen.strangers++;
        return;
    }
    memcpy(e->its_nonce, in->nonce, FRAME_NONCE);
    e->its_route = in->route;
    keys(e, e->nonce, e->its_nonce);
    e->address = g->routes[in->echo_route];
    e->state = END_UP;
    greet_done(e);
    send_route(e);
}

void ofi_greet_route(struct ofi_end *e, uint32_t route)
{
    if (e->state != END_ANSWERED || route >= e->greet->count)
        return;
    e->address = e->greet->routes[route];
    e->state = END_UP;
    greet_done(e);
}

void ofi_greet_arrived(struct ofi *o, const struct frame_head *frame)
{
    const struct frame_greeting *in = greeting_look(frame, o->setup.me, o->setup.key);
    if (!in) {
        o->seen.strangers++;
        return;
    }
    struct ofi_end *e = ofi_end_of(o, frame->from);
    if (!e)
        return;
    if (frame->kind == FRAME_HELLO)
        hello_arrived(e, in);
    else
        welcome_arrived(e, in);
}
