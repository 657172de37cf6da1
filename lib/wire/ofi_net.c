/* libfabric: see ofi_net.h.
 *
 * It is loaded and not linked. Where its package has been built with the providers psm and psm2 (Debian 12), loading
 * takes 200 ms and its first question another 100: each of their libraries, and psm3, sleeps while it measures the
 * processor's clock, and neither FI_PROVIDER nor a hint keeps it from that. So only jobs that need it load it, and in
 * a thread (ofi.c).
 *
 * Processes of many hosts listen on all of their interfaces at one port, and publish all addresses. */
#define _GNU_SOURCE
#include "wire/ofi_net.h"

#include "wire/ofi.h"
#include "wire/ofi_iface.h"
#include "wire/wire.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef __typeof__(fi_getinfo) getinfo_function;
typedef __typeof__(fi_freeinfo) freeinfo_function;
typedef __typeof__(fi_dupinfo) dupinfo_function;
typedef __typeof__(fi_fabric) fabric_function;
typedef __typeof__(fi_strerror) strerror_function;
typedef __typeof__(fi_version) version_function;

static struct {
    void *library;
    getinfo_function *getinfo;
    freeinfo_function *freeinfo;
    dupinfo_function *dupinfo;
    fabric_function *fabric;
    strerror_function *strerror;
    version_function *version;
} fi;

/* A function as our headers know it: structures grow at their ends from one version of libfabric to the next, all of
 * them are made by the library itself, and we look at what is old. */
static void *symbol(const char *name)
{
    return dlsym(fi.library, name);
}

static int load(struct words *why)
{
    if (fi.version)
        return 0;
    fi.library = dlopen("libfabric.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!fi.library) {
        const char *reason = dlerror();
        return words_set(why, "libfabric, which connects hosts, cannot be loaded: %s (Debian: libfabric1, Fedora: "
                              "libfabric)", reason ? reason : "no reason is given");
    }
    fi.getinfo = (getinfo_function *)symbol("fi_getinfo");
    fi.freeinfo = (freeinfo_function *)symbol("fi_freeinfo");
    fi.dupinfo = (dupinfo_function *)symbol("fi_dupinfo");
    fi.fabric = (fabric_function *)symbol("fi_fabric");
    fi.strerror = (strerror_function *)symbol("fi_strerror");
    if (!fi.getinfo || !fi.freeinfo || !fi.dupinfo || !fi.fabric || !fi.strerror)
        return words_set(why, "libfabric lacks a function that every version since 1.11 has");
    fi.version = (version_function *)symbol("fi_version");
    return fi.version ? 0 : words_set(why, "libfabric does not say which version it is");
}

const char *ofi_net_error(int code)
{
    return fi.strerror ? fi.strerror(code < 0 ? -code : code) : "libfabric is not loaded";
}

/* ---- the choice ---- */

/* Hardware first. Of those that use sockets, "tcp" serves datagrams by itself from 1.18 on and is the fastest then;
 * before, "net" is, and "tcp;ofi_rxm" takes half as long again for a short message. What is not here must be asked
 * for: udp loses messages, shm stays on the node, psm3 runs on whatever Ethernet it sees. */
static const char *const preferred[] = {"cxi", "efa", "opx", "psm2", "verbs;ofi_rxm", "tcp", "net", "tcp;ofi_rxm",
                                        "sockets"};

static const char *reason(const char *provider)
{
    return provider ? "GODWIT_PROVIDER" : "the first there of cxi, efa, opx, psm2, verbs, tcp, net, tcp;ofi_rxm, sockets";
}

int ofi_choice_rank(const char *provider)
{
    for (size_t i = 0; i < sizeof preferred / sizeof preferred[0]; i++)
        if (strcmp(preferred[i], provider) == 0)
            return (int)i;
    return -1;
}

static int is_ip(uint32_t format)
{
    return format == FI_SOCKADDR_IN || format == FI_SOCKADDR_IN6 || format == FI_SOCKADDR;
}

static int is_loopback(const struct fi_info *i)
{
    if (i->addr_format == FI_SOCKADDR_IN && i->src_addr)
        return (ntohl(((const struct sockaddr_in *)i->src_addr)->sin_addr.s_addr) >> 24) == 127;
    return 0;
}

/* Is `asked` this provider's name, or the name without what it is layered on? */
static int is_asked(const char *asked, const char *provider)
{
    size_t n = strlen(asked);
    return strcmp(asked, provider) == 0 || (strncmp(asked, provider, n) == 0 && provider[n] == ';');
}

/* Lower is better, -1 is no. IPv4 before IPv6, loopback when it is wanted and else not. */
static int worth(const struct fi_info *i, const struct ofi_wish *wish)
{
    const char *name = i->fabric_attr->prov_name;
    int rank = wish->provider ? (strcmp(wish->provider, name) == 0 ? 0 : is_asked(wish->provider, name) ? 1 : -1)
                              : ofi_choice_rank(name);
    if (rank < 0)
        return -1;
    rank *= 4;
    if (is_ip(i->addr_format)) {
        rank += i->addr_format == FI_SOCKADDR_IN6 ? 2 : 0;
        rank += is_loopback(i) != wish->loopback;
    }
    return rank;
}

/* caps: beyond messages. */
static struct fi_info *ask(uint64_t caps, struct words *why)
{
    struct fi_info *hints = fi.dupinfo(NULL), *all = NULL;
    if (!hints) {
        words_set(why, "no memory for the hints to libfabric");
        return NULL;
    }
    hints->ep_attr->type = FI_EP_RDM;
    hints->caps = FI_MSG | caps;
    hints->mode = FI_CONTEXT | FI_CONTEXT2;
    hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_ALLOCATED | FI_MR_VIRT_ADDR | FI_MR_PROV_KEY;
    hints->domain_attr->threading = FI_THREAD_DOMAIN; /* p2p has one lock */
    hints->domain_attr->control_progress = hints->domain_attr->data_progress = FI_PROGRESS_MANUAL;
    hints->domain_attr->resource_mgmt = FI_RM_ENABLED;
    hints->tx_attr->msg_order = hints->rx_attr->msg_order = FI_ORDER_SAS;
    int rc = fi.getinfo(FI_VERSION(1, 11), NULL, NULL, 0, hints, &all);
    fi.freeinfo(hints);
    if (rc)
        words_set(why, "libfabric %u.%u knows no way to send messages on this host: %s", FI_MAJOR(fi.version()),
                  FI_MINOR(fi.version()), ofi_net_error(rc));
    return rc ? NULL : all;
}

static struct fi_info *choose_with(uint64_t caps, const struct ofi_wish *wish, struct words *why)
{
    struct fi_info *all = ask(caps, why), *best = NULL;
    int lowest = -1;
    for (struct fi_info *i = all; i; i = i->next) {
        int w = worth(i, wish);
        if (w >= 0 && (lowest < 0 || w < lowest)) {
            lowest = w;
            best = i;
        }
    }
    struct fi_info *chosen = best ? fi.dupinfo(best) : NULL;
    if (all && !chosen)
        words_set(why, "libfabric %u.%u has no provider %s here (godwit-info network shows those that it has)",
                  FI_MAJOR(fi.version()), FI_MINOR(fi.version()), wish->provider ? wish->provider : "that is reliable");
    if (all)
        fi.freeinfo(all);
    return chosen;
}

/* All that are likely have tags. */
static struct fi_info *choose(const struct ofi_wish *wish, struct words *why)
{
    struct fi_info *chosen = choose_with(FI_TAGGED, wish, why);
    return chosen ? chosen : choose_with(0, wish, why);
}

/* As many bits of a tag as the provider keeps. */
static uint64_t tags_of(const struct fi_info *i)
{
    uint64_t format = i->ep_attr->mem_tag_format;
    if (!(i->caps & FI_TAGGED))
        return 0;
    return format ? UINT64_MAX >> __builtin_clzll(format) : UINT64_MAX;
}

static void append(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *out, size_t size, const char *format, ...)
{
    size_t n = strlen(out);
    va_list ap;
    va_start(ap, format);
    vsnprintf(out + n, size - n, format, ap);
    va_end(ap);
}

static int is_first(const struct fi_info *all, const struct fi_info *i)
{
    while (all != i && strcmp(all->fabric_attr->prov_name, i->fabric_attr->prov_name))
        all = all->next;
    return all == i;
}

int ofi_describe(const char *provider, const char *iface, char *out, size_t size, struct words *why)
{
    struct ofi_net n;
    *out = 0;
    if (load(why))
        return -1;
    append(out, size, "libfabric %u.%u\nproviders     ", FI_MAJOR(fi.version()), FI_MINOR(fi.version()));
    struct fi_info *all = ask(0, why);
    if (!all)
        return -1;
    for (const struct fi_info *i = all; i; i = i->next)
        if (is_first(all, i))
            append(out, size, " %s%s", i->fabric_attr->prov_name,
                   ofi_choice_rank(i->fabric_attr->prov_name) < 0 ? " (when asked for)" : "");
    fi.freeinfo(all);
    if (ofi_net_open(&n, &(struct ofi_wish){.provider = provider, .iface = iface}, why))
        return -1;
    append(out, size, "\nchosen         %s: %s\n", n.card.provider, reason(provider));
    for (uint32_t i = 0; i < n.card.count; i++) {
        char address[80];
        ofi_card_show(&n.card, i, address, sizeof address);
        address[strcspn(address, "]") + (address[0] == '[')] = 0;
        if (address[0] != '[')
            address[strcspn(address, ":")] = 0;
        append(out, size, "%s%s", i ? ", " : "reached by     ", address);
    }
    ofi_net_close(&n);
    return 0;
}

/* ---- addresses ---- */

/* Listens everywhere, at a port that the kernel chooses; with loopback only there. */
static int listen_everywhere(struct fi_info *i, const struct ofi_wish *wish, struct words *why)
{
    if (!is_ip(i->addr_format) || !i->src_addr)
        return 0;
    struct sockaddr *a = i->src_addr;
    if (a->sa_family == AF_INET) {
        ((struct sockaddr_in *)a)->sin_port = 0;
        ((struct sockaddr_in *)a)->sin_addr.s_addr = htonl(wish->loopback ? INADDR_LOOPBACK : INADDR_ANY);
    } else if (a->sa_family == AF_INET6) {
        ((struct sockaddr_in6 *)a)->sin6_port = 0;
        ((struct sockaddr_in6 *)a)->sin6_addr = wish->loopback ? in6addr_loopback : in6addr_any;
    } else {
        return words_set(why, "the provider %s has addresses of an unknown family %d", i->fabric_attr->prov_name,
                         a->sa_family);
    }
    return 0;
}

/* With the port at which the endpoint listens, and every address of this host. */
static int make_card(struct ofi_net *n, const struct ofi_wish *wish, struct words *why)
{
    struct ofi_card *card = &n->card;
    char name[sizeof card->addresses];
    size_t size = sizeof name;
    struct iface_address found[8];
    int rc = fi_getname(&n->ep->fid, name, &size);
    if (rc || size > sizeof name)
        return words_set(why, "the endpoint's address cannot be had: %s", rc ? ofi_net_error(rc) : "it is too long");
    snprintf(card->provider, sizeof card->provider, "%s", n->info->fabric_attr->prov_name);
    card->format = n->info->addr_format;
    card->each = (uint16_t)size;
    if (!is_ip(card->format) || wish->loopback) {
        card->count = 1;
        memcpy(card->addresses, name, size);
        return 0;
    }
    int family = ((struct sockaddr *)name)->sa_family, most = (int)(sizeof card->addresses / size);
    int count = iface_addresses(found, most < 8 ? most : 8, family, wish->iface);
    if (count == 0)
        return words_set(why, "this host has no interface%s%s that other hosts could reach it by (loopback does not "
                              "count)", wish->iface ? " of these: " : "", wish->iface ? wish->iface : "");
    for (int i = 0; i < count; i++) {
        if (family == AF_INET)
            ((struct sockaddr_in *)&found[i].at)->sin_port = ((struct sockaddr_in *)name)->sin_port;
        else
            ((struct sockaddr_in6 *)&found[i].at)->sin6_port = ((struct sockaddr_in6 *)name)->sin6_port;
        memcpy(card->addresses + (size_t)i * size, &found[i].at, size);
    }
    card->count = (uint16_t)count;
    return 0;
}

int ofi_net_address(struct ofi_net *n, const struct ofi_card *card, uint32_t i, fi_addr_t *out)
{
    if (i >= card->count || (i + 1) * (size_t)card->each > sizeof card->addresses)
        return -1;
    if (card->format != n->card.format || card->each != n->card.each || strcmp(card->provider, n->card.provider))
        return -1;
    return fi_av_insert(n->av, card->addresses + (size_t)i * card->each, 1, out, 0, NULL) == 1 ? 0 : -1;
}

static int is_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return 0;
    if (a->ss_family == AF_INET6)
        return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr,
                      sizeof(struct in6_addr)) == 0;
    return a->ss_family == AF_INET &&
           ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

static void address_at(const struct ofi_card *card, uint32_t i, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out, card->addresses + (size_t)i * card->each, card->each < sizeof *out ? card->each : sizeof *out);
}

static int is_mine(const struct ofi_card *mine, const struct ofi_card *card, uint32_t i)
{
    struct sockaddr_storage a, b;
    address_at(card, i, &a);
    for (uint32_t k = 0; k < mine->count; k++) {
        address_at(mine, k, &b);
        if (is_same_host(&a, &b))
            return 1;
    }
    return 0;
}

void ofi_card_order(const struct ofi_net *n, struct ofi_card *card)
{
    const struct ofi_card given = *card;
    uint32_t at = 0;
    if (!is_ip(card->format) || card->format != n->card.format || card->each != n->card.each ||
        card->count * (size_t)card->each > sizeof card->addresses)
        return;
    for (int mine = 0; mine <= 1; mine++)
        for (uint32_t i = 0; i < given.count; i++)
            if (is_mine(&n->card, &given, i) == mine)
                memcpy(card->addresses + (size_t)at++ * card->each, given.addresses + (size_t)i * given.each, given.each);
}

void ofi_card_show(const struct ofi_card *card, uint32_t i, char *out, size_t size)
{
    struct sockaddr_storage a = {0};
    char text[INET6_ADDRSTRLEN] = "?";
    if (is_ip(card->format) && i < card->count && (i + 1) * (size_t)card->each <= sizeof card->addresses)
        memcpy(&a, card->addresses + (size_t)i * card->each, card->each < sizeof a ? card->each : sizeof a);
    if (a.ss_family == AF_INET) {
        inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, text, sizeof text);
        snprintf(out, size, "%s:%u", text, ntohs(((struct sockaddr_in *)&a)->sin_port));
    } else if (a.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, text, sizeof text);
        snprintf(out, size, "[%s]:%u", text, ntohs(((struct sockaddr_in6 *)&a)->sin6_port));
    } else {
        snprintf(out, size, "an address of %.19s", card->provider);
    }
}

/* ---- the endpoint ---- */

/* The provider's descriptor may stay readable for ever after the first completion (net of 1.17: fi_trywait does not take
 * its signal back). Then it is watched for changes only: whoever wants to sleep forgets those that were (ofi_net_calm),
 * looks, and sleeps until the next one. Not always, for there are providers (sockets) that signal nothing new before
 * the old signal has been taken back. */
static void watch(struct ofi_net *n)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET};
    n->watch = epoll_create1(EPOLL_CLOEXEC);
    if (n->watch >= 0 && epoll_ctl(n->watch, EPOLL_CTL_ADD, n->fd, &e)) {
        close(n->watch);
        n->watch = -1;
    }
}

void ofi_net_calm(struct ofi_net *n)
{
    struct epoll_event e;
    if (n->stale >= OFI_STALE && n->watch >= 0)
        epoll_wait(n->watch, &e, 1, 0);
}

int ofi_net_sleep_on(struct ofi_net *n, const struct ofi_calls *calls)
{
    if (n->fd < 0)
        return WIRE_NAP;
    if (!calls->may_sleep(n->fabric, n->cq))
        return WIRE_AWAKE;
    if (n->stale >= OFI_STALE)
        return n->watch >= 0 ? n->watch : WIRE_NAP;
    struct pollfd now = {.fd = n->fd, .events = POLLIN};
    if (poll(&now, 1, 0) == 0) {
        n->stale = 0;
        return n->fd;
    }
    if (++n->stale == OFI_STALE)
        watch(n);
    return WIRE_AWAKE;
}

static int open_cq(struct ofi_net *n)
{
    struct fi_cq_attr attr = {.format = FI_CQ_FORMAT_DATA, .wait_obj = FI_WAIT_FD, .size = 4096};
    int rc = fi_cq_open(n->domain, &attr, &n->cq, NULL);
    if (rc) { /* no descriptor to sleep on */
        attr.wait_obj = FI_WAIT_NONE;
        return fi_cq_open(n->domain, &attr, &n->cq, NULL);
    }
    if (fi_control(&n->cq->fid, FI_GETWAIT, &n->fd))
        n->fd = -1;
    return 0;
}

static int failed(struct words *why, const char *what, const struct ofi_net *n, int rc)
{
    return words_set(why, "%s of libfabric's provider %s cannot be opened: %s", what, n->info->fabric_attr->prov_name,
                     ofi_net_error(rc));
}

static int open_all(struct ofi_net *n, struct words *why)
{
    struct fi_av_attr av = {.type = n->info->domain_attr->av_type};
    int rc;
    if ((rc = fi.fabric(n->info->fabric_attr, &n->fabric, NULL)))
        return failed(why, "the fabric", n, rc);
    if ((rc = fi_domain(n->fabric, n->info, &n->domain, NULL)))
        return failed(why, "the domain", n, rc);
    if ((rc = fi_av_open(n->domain, &av, &n->av, NULL)))
        return failed(why, "the list of addresses", n, rc);
    if ((rc = open_cq(n)))
        return failed(why, "the queue of completions", n, rc);
    if ((rc = fi_endpoint(n->domain, n->info, &n->ep, NULL)) || (rc = fi_ep_bind(n->ep, &n->av->fid, 0)) ||
        (rc = fi_ep_bind(n->ep, &n->cq->fid, FI_TRANSMIT | FI_RECV)))
        return failed(why, "the endpoint", n, rc);
    if ((rc = fi_enable(n->ep)))
        return failed(why, "the endpoint", n, rc);
    return 0;
}

int ofi_net_open(struct ofi_net *n, const struct ofi_wish *wish, struct words *why)
{
    *n = (struct ofi_net){.fd = -1, .watch = -1};
    if (load(why) || !(n->info = choose(wish, why)))
        return -1;
    /* This one sends nothing before it is asked for completions, or does it in a thread of its own. */
    if (strcmp(n->info->fabric_attr->prov_name, "sockets") == 0)
        n->info->domain_attr->data_progress = FI_PROGRESS_AUTO;
    if (listen_everywhere(n->info, wish, why) || open_all(n, why) || make_card(n, wish, why)) {
        ofi_net_close(n);
        return -1;
    }
    n->tags = tags_of(n->info);
    char address[64];
    ofi_card_show(&n->card, 0, address, sizeof address);
    snprintf(n->chosen, sizeof n->chosen, "libfabric %u.%u, provider %s (%s), at %s%s", FI_MAJOR(fi.version()),
             FI_MINOR(fi.version()), n->card.provider, reason(wish->provider), address, n->card.count > 1 ? " and others" : "");
    return 0;
}

void ofi_net_close(struct ofi_net *n)
{
    struct fid *all[] = {n->ep ? &n->ep->fid : NULL, n->cq ? &n->cq->fid : NULL, n->av ? &n->av->fid : NULL,
                         n->region ? &n->region->fid : NULL, n->domain ? &n->domain->fid : NULL, n->fabric ? &n->fabric->fid : NULL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i])
            fi_close(all[i]);
    if (n->info)
        fi.freeinfo(n->info);
    if (n->watch >= 0)
        close(n->watch);
    *n = (struct ofi_net){.fd = -1, .watch = -1};
}

int ofi_net_register(struct ofi_net *n, void *memory, size_t size, struct words *why)
{
    if (!(n->info->domain_attr->mr_mode & FI_MR_LOCAL))
        return 0;
    int rc = fi_mr_reg(n->domain, memory, size, FI_SEND | FI_RECV, 0, 1, 0, &n->region, NULL);
    return rc ? words_set(why, "%zu KiB of memory cannot be registered for the network: %s ('ulimit -l' limits it)",
                          size / 1024, ofi_net_error(rc))
              : 0;
}

/* ---- the calls ---- */

static ssize_t send_bytes(struct fid_ep *ep, const void *bytes, size_t n, void *region, fi_addr_t to, void *context)
{
    return fi_send(ep, bytes, n, region, to, context);
}

static ssize_t inject_bytes(struct fid_ep *ep, const void *bytes, size_t n, fi_addr_t to)
{
    return fi_inject(ep, bytes, n, to);
}

static ssize_t receive_bytes(struct fid_ep *ep, void *bytes, size_t n, void *region, void *context)
{
    return fi_recv(ep, bytes, n, region, FI_ADDR_UNSPEC, context);
}

static ssize_t pass_bytes(struct fid_ep *ep, const void *bytes, size_t n, void *region, fi_addr_t to, uint64_t tag,
                          void *context)
{
    return fi_tsend(ep, bytes, n, region, to, tag, context);
}

static ssize_t expect_bytes(struct fid_ep *ep, void *bytes, size_t n, void *region, uint64_t tag, void *context)
{
    return fi_trecv(ep, bytes, n, region, FI_ADDR_UNSPEC, tag, 0, context);
}

static int forget(struct fid_ep *ep, void *context)
{
    return (int)fi_cancel(&ep->fid, context);
}

static int own(struct fid_domain *domain, void *memory, size_t size, uint64_t access, struct fid_mr **region)
{
    static uint64_t key = 1; /* some want one that no other has; the wire's buffers have the first */
    return fi_mr_reg(domain, memory, size, access, 0, ++key, 0, region, NULL);
}

static ssize_t completed(struct fid_cq *cq, struct fi_cq_data_entry *entries, size_t n)
{
    return fi_cq_read(cq, entries, n);
}

static ssize_t completed_badly(struct fid_cq *cq, struct fi_cq_err_entry *entry)
{
    return fi_cq_readerr(cq, entry, 0);
}

static int may_sleep(struct fid_fabric *fabric, struct fid_cq *cq)
{
    struct fid *fids[] = {&cq->fid};
    return fi_trywait(fabric, fids, 1) == FI_SUCCESS;
}

const struct ofi_calls ofi_calls = {
    .send = send_bytes,
    .inject = inject_bytes,
    .receive = receive_bytes,
    .pass = pass_bytes,
    .expect = expect_bytes,
    .forget = forget,
    .own = own,
    .completed = completed,
    .failed = completed_badly,
    .may_sleep = may_sleep,
};
