/* The ofi wire: packets between hosts, through libfabric. See ofi.c. */
#ifndef WIRE_OFI_H
#define WIRE_OFI_H

#include "base/words.h"
#include "wire/wire.h"

enum { OFI_CARD = 248, OFI_KEY = 32 };

struct ofi_calls;

/* Processes have numbers, from 0 to count - 1; this one is `me`. The functions get `context`. */
struct ofi_setup {
    uint32_t me, count;
    const unsigned char *key; /* the job's, OFI_KEY bytes that stay there: who has it is let in */
    const char *provider;       /* of libfabric; NULL: the best one that is there */
    const char *iface;          /* names of interfaces, separated by commas; NULL: all */
    int loopback;               /* all processes are on this host */
    const struct ofi_calls *calls; /* NULL: libfabric's; tests have others */
    wire_deliver *deliver;
    wire_moved *moved; /* NULL: long messages go in packets, as all others */
    /* Somebody talks to this process for the first time: the owner of the new end. NULL refuses. */
    void *(*accept)(void *context, uint32_t number);
    /* This process can be reached by this, and has chosen that (in words); called from a thread of its own; -1 and words: it cannot be told. And how
     * another one is: 0, the card filled up with zeros; 1: that is not known yet; -1 and words: never will be. */
    int (*publish)(void *context, const char *card, uint32_t size, const char *chosen, struct words *why);
    int (*address_of)(void *context, uint32_t number, char card[OFI_CARD], struct words *why);
    /* libfabric is loaded when somebody in the job wants to talk: wait, in a thread, returns when it is so (1), or after
     * stop has become 1 and wake was called (0). want: this process does. wait NULL: at once. */
    int (*wait)(void *context, const _Atomic int *stop);
    void (*wake)(void *context);
    void (*want)(void *context);
    /* The process behind an end, of that number, cannot be reached any more; owner NULL: nobody can be. */
    void (*lost)(void *context, void *owner, uint32_t number, const struct words *why);
    void *context;
};

/* libfabric is loaded and opened by a thread, when it is needed: packets meet WIRE_AGAIN until it has. NULL: no memory. */
struct wire *ofi_init(const struct ofi_setup *setup, struct words *why);
struct wire_end *ofi_end(struct wire *wire, uint32_t number, void *owner);
/* Nothing more will be sent; asked again and again. It is over when everything has left and all have said so who have
 * talked to this process: then nobody's last packet can be lost with the connection. */
int ofi_is_over(struct wire *wire);
void ofi_leave(struct wire *wire); /* from now on waiting does not mean that somebody will talk */
/* The same without a goodbye: what has been sent has left. And after all, more will be sent. */
int ofi_is_quiet(struct wire *wire);
void ofi_again(struct wire *wire);
void ofi_fini(struct wire *wire);

/* What has been chosen, and what has been seen, in words. */
struct ofi_seen {
    uint64_t frames_out, frames_in;
    uint64_t strangers; /* what came from nobody of the job, or twice: dropped */
    uint64_t failures;  /* of libfabric's operations */
};
const struct ofi_seen *ofi_seen(const struct wire *wire);
const char *ofi_chosen(struct wire *wire);

/* For people: the providers that libfabric has here, which one is chosen and why, and by which addresses. -1 and words:
 * none can be used; what is known stands in out all the same. */
int ofi_describe(const char *provider, const char *iface, char *out, size_t size, struct words *why);

extern const struct wire_ops ofi_ops;

#endif
