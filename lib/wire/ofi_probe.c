/* See ofi_probe.h: one plain TCP connection after the other, opened and closed. */
#define _GNU_SOURCE
#include "wire/ofi_probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS 4000000000

static int address_of(const struct ofi_card *card, uint32_t i, struct sockaddr_storage *a, socklen_t *size)
{
    memset(a, 0, sizeof *a);
    if (strncmp(card->provider, "udp", 3) == 0 || (card->format != FI_SOCKADDR_IN && card->format != FI_SOCKADDR_IN6) ||
        card->each > sizeof *a ||
        (i + 1) * (size_t)card->each > sizeof card->addresses)
        return -1;
    memcpy(a, card->addresses + (size_t)i * card->each, card->each);
    *size = a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    return (a->ss_family == AF_INET || a->ss_family == AF_INET6) && *size <= card->each ? 0 : -1;
}

void ofi_probe_end(struct ofi_probe *p)
{
    if (p->open)
        close(p->fd);
    p->open = 0;
}

static int answered(struct ofi_probe *p)
{
    ofi_probe_end(p);
    p->answered = 1;
    return PROBE_ANSWERED;
}

static void failed(struct ofi_probe *p, int error)
{
    ofi_probe_end(p);
    p->error = error;
    p->route++;
}

/* What has become of the connection that was begun: 0, or an error; EINPROGRESS: nothing yet. */
static int outcome(const struct ofi_probe *p, int64_t now)
{
    struct pollfd on = {.fd = p->fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&on, 1, 0) == 0)
        return now - p->since_ns > PATIENCE_NS ? ETIMEDOUT : EINPROGRESS;
    return getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

/* The same for one that is begun now. */
static int begin(struct ofi_probe *p, const struct sockaddr_storage *a, socklen_t size, int64_t now)
{
    p->fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return errno;
    p->open = 1;
    p->since_ns = now;
    return connect(p->fd, (const struct sockaddr *)a, size) ? errno : 0;
}

int ofi_probe_step(struct ofi_probe *p, const struct ofi_card *card, uint32_t count, int64_t now)
{
    struct sockaddr_storage a;
    socklen_t size;
    if (p->answered)
        return PROBE_ANSWERED;
    if (p->route >= count)
        return PROBE_FAILED;
    if (address_of(card, p->route, &a, &size))
        return answered(p);
    int error = p->open ? outcome(p, now) : begin(p, &a, size, now);
    if (error == 0)
        return answered(p);
    if (error != EINPROGRESS)
        failed(p, error);
    return p->route < count ? PROBE_GOES_ON : PROBE_FAILED;
}
