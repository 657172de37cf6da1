/* Interfaces: see ofi_iface.h. Which of them leads to another host is not known here, and not guessed from names: all
 * are published, and the connecting side takes the one that answers. */
#define _GNU_SOURCE
#include "wire/ofi_iface.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int iface_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; *list; i++) {
        size_t n = strcspn(list, ",");
        if (n == length && memcmp(list, name, n) == 0)
            return i;
        list += n + (list[n] == ',');
    }
    return -1;
}

static long speed_of(const char *name)
{
    char path[64], text[24] = "";
    snprintf(path, sizeof path, "/sys/class/net/%.15s/speed", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    long speed = n > 0 ? strtol(text, NULL, 10) : 0;
    return speed > 0 ? speed : 0;
}

static int is_usable(const struct ifaddrs *i, int family)
{
    if (!i->ifa_addr || i->ifa_addr->sa_family != family)
        return 0;
    if (!(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK)
        return 0;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)i->ifa_addr;
    return family != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr);
}

int iface_addresses(struct iface_address *out, int most, int family, const char *only)
{
    struct ifaddrs *all;
    int count = 0;
    if (getifaddrs(&all))
        return 0;
    for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
        if (!is_usable(i, family))
            continue;
        /* The kernel says up to a second late that a cable is in: until then it is the last to be tried. */
        struct iface_address a = {.speed = i->ifa_flags & IFF_RUNNING ? speed_of(i->ifa_name) : -1};
        snprintf(a.name, sizeof a.name, "%s", i->ifa_name);
        memcpy(&a.at, i->ifa_addr, family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        if (only) {
            int place = iface_listed(only, a.name);
            if (place < 0)
                continue;
            a.speed = 1000 - place; /* the order of the list */
        }
        int at = count;
        while (at > 0 && out[at - 1].speed < a.speed)
            at--;
        if (at == most)
            continue;
        if (count == most)
            count--;
        memmove(&out[at + 1], &out[at], (size_t)(count - at) * sizeof *out);
        out[at] = a;
        count++;
    }
    freeifaddrs(all);
    return count;
}
