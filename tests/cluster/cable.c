/* A long and bad cable between two interfaces of this machine, for kernels without netem:
 *
 *     cable FIRST SECOND MILLISECONDS PER_MILLE
 *
 * What comes out of one interface goes into the other one so much later, but for so many of a thousand packets, chosen
 * by a fixed row of random numbers. Ends when it is killed, or an interface goes away. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LONGEST = 68 * 1024, WAITING = 4096 }; /* bytes of a packet: of TCP, many at once; packets on the way */

struct packet {
    int64_t due_ns;
    size_t size;
    char *bytes;
};

/* One direction. */
struct way {
    int from, to;
    struct packet on_the_way[WAITING];
    unsigned first, count;
};

static int64_t delay_ns;
static unsigned per_mille;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int is_lost(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 32) % 1000 < per_mille;
}

static int fail(const char *what)
{
    fprintf(stderr, "cable: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* All packets of an interface, but those that we send there. With a head each, as large pieces of TCP that a network
 * card would cut, and checksums that it would fill in, come here as they are. */
static int plug_in(const char *name)
{
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    struct packet_mreq all = {.mr_ifindex = a.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
    int one = 1, much = 8 << 20, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) ||
        setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &much, sizeof much) || bind(fd, (struct sockaddr *)&a, sizeof a) ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all))
        fail(name);
    return fd;
}

static void take(struct way *w)
{
    static char bytes[LONGEST];
    ssize_t n = 0;
    while (w->count < WAITING && (n = recv(w->from, bytes, sizeof bytes, 0)) > 0) {
        struct packet *p = &w->on_the_way[(w->first + w->count) % WAITING];
        if (is_lost())
            continue;
        *p = (struct packet){now_ns() + delay_ns, (size_t)n, malloc((size_t)n)};
        if (!p->bytes)
            fail("memory");
        memcpy(p->bytes, bytes, (size_t)n);
        w->count++;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
        fail("receiving");
}

/* How long until the next one is due. */
static int64_t deliver(struct way *w)
{
    while (w->count) {
        struct packet *p = &w->on_the_way[w->first];
        int64_t left = p->due_ns - now_ns();
        if (left > 0)
            return left;
        if (send(w->to, p->bytes, p->size, 0) < 0 && errno != ENOBUFS && errno != EAGAIN && errno != ENETDOWN &&
            errno != EMSGSIZE)
            fail("sending");
        free(p->bytes);
        w->first = (w->first + 1) % WAITING;
        w->count--;
    }
    return 1000000000;
}

int main(int argc, char **argv)
{
    static struct way there, back;
    if (argc != 5) {
        fprintf(stderr, "usage: cable FIRST SECOND MILLISECONDS PER_MILLE\n");
        return 2;
    }
    there.from = back.to = plug_in(argv[1]);
    back.from = there.to = plug_in(argv[2]);
    delay_ns = (int64_t)atoi(argv[3]) * 1000000;
    per_mille = (unsigned)atoi(argv[4]);
    for (;;) {
        struct pollfd on[] = {{.fd = there.from, .events = POLLIN}, {.fd = back.from, .events = POLLIN}};
        int64_t a = deliver(&there), b = deliver(&back), first = a < b ? a : b;
        struct timespec limit = {first / 1000000000, first % 1000000000};
        if (ppoll(on, 2, &limit, NULL) < 0 && errno != EINTR)
            fail("waiting");
        take(&there);
        take(&back);
    }
}
