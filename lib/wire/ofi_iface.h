/* The addresses of this host that others might reach it by. No libfabric. */
#ifndef WIRE_OFI_IFACE_H
#define WIRE_OFI_IFACE_H

#include <netinet/in.h>

struct iface_address {
    struct sockaddr_storage at;
    char name[16];
    long speed; /* Mbit/s; 0: unknown; -1: there is no cable in it, as far as the kernel knows */
};

/* At most `most` addresses of one family (AF_INET, AF_INET6) of interfaces that are up, the fastest first, none of
 * loopback. only: names, separated by commas, in the order of preference; NULL: all. Returns how many. */
int iface_addresses(struct iface_address *out, int most, int family, const char *only);

/* The place of name in a list of names, or -1. */
int iface_listed(const char *list, const char *name);

#endif
