/* libfabric as the wire uses it: loading it, choosing a provider, one endpoint, and the calls that move messages as a
 * table, which tests replace by one with faults. */
#ifndef WIRE_OFI_NET_H
#define WIRE_OFI_NET_H

#include "base/words.h"
#include "wire/ofi_frame.h"

#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_tagged.h>

/* The calls on the way of a message. */
struct ofi_calls {
    ssize_t (*send)(struct fid_ep *ep, const void *bytes, size_t n, void *region, fi_addr_t to, void *context);
    ssize_t (*inject)(struct fid_ep *ep, const void *bytes, size_t n, fi_addr_t to);
    ssize_t (*receive)(struct fid_ep *ep, void *bytes, size_t n, void *region, void *context);
    /* Long messages: straight from memory to memory, by tags. */
    ssize_t (*pass)(struct fid_ep *ep, const void *bytes, size_t n, void *region, fi_addr_t to, uint64_t tag, void *context);
    ssize_t (*expect)(struct fid_ep *ep, void *bytes, size_t n, void *region, uint64_t tag, void *context);
    int (*forget)(struct fid_ep *ep, void *context);
    int (*own)(struct fid_domain *domain, void *memory, size_t size, uint64_t access, struct fid_mr **region);
    ssize_t (*completed)(struct fid_cq *cq, struct fi_cq_data_entry *entries, size_t n);
    ssize_t (*failed)(struct fid_cq *cq, struct fi_cq_err_entry *entry);
    int (*may_sleep)(struct fid_fabric *fabric, struct fid_cq *cq);
    void (*imitate)(struct fi_info *opened); /* NULL: the provider is as it is */
};
extern const struct ofi_calls ofi_calls;

/* How others reach this process: what is published. The addresses are libfabric's, all of one size. */
struct ofi_card {
    char provider[20];
    uint32_t format; /* FI_SOCKADDR_IN ... */
    uint16_t count, each;
    char addresses[FRAME_CARD - 28];
};
_Static_assert(sizeof(struct ofi_card) == FRAME_CARD, "as declared");

struct ofi_wish {
    const char *provider; /* NULL: the best one */
    const char *iface;    /* names of interfaces, separated by commas; NULL: all */
    int loopback;         /* all processes are on this host */
};

struct ofi_net {
    struct fi_info *info;
    struct fid_fabric *fabric;
    struct fid_domain *domain;
    struct fid_av *av;
    struct fid_cq *cq;
    struct fid_ep *ep;
    struct fid_mr *region; /* of the memory of messages; NULL: the provider does not want to know it */
    int fd;    /* readable when there is something to look at; -1: the provider has none */
    int watch; /* if it stays readable: for its changes */
    int stale; /* how often in a row it was readable for nothing */
    uint64_t tags; /* the bits of a tag; 0: there are none */
    struct ofi_card card;
    char chosen[256]; /* in words */
};

/* -1 and words. Takes as long as libfabric needs to load, which may be a third of a second. */
int ofi_net_open(struct ofi_net *n, const struct ofi_wish *wish, struct words *why);
void ofi_net_close(struct ofi_net *n);

/* Sleeping: calm, before the last look; sleep_on, after it: wire.h says what it gives. */
void ofi_net_calm(struct ofi_net *n);
int ofi_net_sleep_on(struct ofi_net *n, const struct ofi_calls *calls);
enum { OFI_STALE = 8 };
static inline void ofi_net_not_stale(struct ofi_net *n) /* something has come */
{
    if (n->stale < OFI_STALE)
        n->stale = 0;
}

/* Memory that messages leave from or come into, where the provider wants to know it. */
int ofi_net_register(struct ofi_net *n, void *memory, size_t size, struct words *why);

/* Where the address number i of a card leads. -1: nowhere. */
int ofi_net_address(struct ofi_net *n, const struct ofi_card *card, uint32_t i, fi_addr_t *out);
/* Addresses that this process has too go to the end: to another host they cannot lead (docker0). The order of the others
 * stays. */
void ofi_card_order(const struct ofi_net *n, struct ofi_card *card);
/* In words: "127.0.0.1:4711". */
void ofi_card_show(const struct ofi_card *card, uint32_t i, char *out, size_t size);
const char *ofi_net_error(int code); /* of libfabric's, with either sign */

/* How a provider ranks among those that are there: lower is better; -1: only when it is asked for. */
int ofi_choice_rank(const char *provider);

#endif
