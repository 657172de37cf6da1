/* The port where hosts come in: see door.h. */
#define _GNU_SOURCE
#include "mpirun/door.h"

#include "base/log.h"
#include "mpirun/grow.h"
#include "wire/ofi_iface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* So many at once, for so long: a proof needs two round trips. Who has proven himself may wait until ssh's stream,
 * which may be full, has told of him. */
enum { ACCEPTS_AT_ONCE = 16 };
#define STRANGER_NS 3000000000
#define PROVEN_NS INT64_MAX
#define NO_DESCRIPTORS_NS 100000000
/* Who has only just come when the door is shut may be one of ours whose job is over. */
#define JUST_COME_NS 1000000000

static void leave(struct guest *g, const char *why)
{
    g->door->strangers += !g->proven;
    if (!g->proven && log_on(LOG_DEBUG))
        log_write(LOG_DEBUG, "a connection to port %u is dropped: %s", g->door->where.port, why);
    loop_remove(g->door->loop, &g->watch);
    close(g->watch.fd);
    g->watch.fd = -1;
    explicit_bzero(&g->knock, sizeof g->knock);
}

/* The timer comes when the next one's time is over. */
static void set_timer(struct door *door)
{
    int64_t next = INT64_MAX, now = loop_now();
    for (const struct guest *g = door->guests; g < door->guests_end; g++)
        next = g->watch.fd >= 0 && g->until_ns < next ? g->until_ns : next;
    if (!door->watch.watched)
        next = now + NO_DESCRIPTORS_NS < next ? now + NO_DESCRIPTORS_NS : next;
    if (next != INT64_MAX)
        loop_set(&door->timer, next > now ? next - now : 0);
}

static void time_is_over(struct timer *timer)
{
    struct door *door = timer->owner;
    int64_t now = loop_now();
    if (door->watch.fd < 0)
        return;
    for (struct guest *g = door->guests; g < door->guests_end; g++)
        if (g->watch.fd >= 0 && now >= g->until_ns)
            leave(g, "too slow");
    if (!door->watch.watched)
        loop_add(door->loop, &door->watch, EPOLLIN);
    set_timer(door);
}

static void guest_ready(struct watch *watch, uint32_t events)
{
    struct guest *g = watch->owner;
    char bytes[sizeof(struct knock_proof)];
    (void)events;
    /* What one who has proven himself sends is for door_take's caller; here only his end matters. */
    size_t wants = g->proven ? 1 : knock_wants(&g->knock, 0);
    ssize_t n = recv(watch->fd, bytes, wants, MSG_DONTWAIT | (g->proven ? MSG_PEEK : 0));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0 && g->proven) {
        loop_remove(g->door->loop, watch);
        return;
    }
    const char *why = n > 0 ? "no proof" : n == 0 ? "closed by the other side" : strerror(errno);
    int rc = n > 0 ? knock_hear(&g->knock, bytes, (size_t)n, g->door->key) : -1;
    if (rc == 1) {
        size_t size = sizeof g->knock.answer;
        g->proven = 1;
        g->until_ns = PROVEN_NS;
        if (send(watch->fd, &g->knock.answer, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
            rc = -1;
    }
    if (rc < 0)
        leave(g, why);
}

/* A free place; or that of the one who came first, among all who have proven nothing. */
static struct guest *place_for_one(struct door *door)
{
    struct guest *found = NULL;
    for (struct guest *g = door->guests; g < door->guests_end; g++) {
        if (g->watch.fd < 0)
            return g;
        if (!g->proven && (!found || g->until_ns < found->until_ns))
            found = g;
    }
    if (found)
        leave(found, "too many others have come since");
    return found;
}

static void welcome(struct door *door, int fd)
{
    int on = 1;
    struct guest *g = place_for_one(door);
    if (!g) {
        door->strangers++;
        close(fd);
        return;
    }
    *g = (struct guest){.watch = {.fd = fd, .ready = guest_ready, .owner = g}, .door = door,
                        .until_ns = loop_now() + door->patience_ns};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    size_t size = sizeof g->knock.greeting;
    if (knock_open(&g->knock) || loop_add(door->loop, &g->watch, EPOLLIN) ||
        send(fd, &g->knock.greeting, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
        leave(g, strerror(errno));
}

/* A few, and then the loop has its turn: nobody can keep mpirun from its work by connecting again and again. */
static void somebody_came(struct watch *watch, uint32_t events)
{
    struct door *door = watch->owner;
    struct words why;
    (void)events;
    if (secret_open(&why)) { /* not before it is needed; then all stay on ssh's streams */
        unsigned ignored;
        if (log_on(LOG_INFO))
            log_write(LOG_INFO, "nobody is let in through TCP: %s", why.s);
        door_shut(door, &ignored);
        return;
    }
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            welcome(door, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            loop_remove(door->loop, watch); /* until the timer comes */
            break;
        } else if (errno == EAGAIN) {
            break;
        }
    }
    set_timer(door);
}

/* ---- the port ---- */

/* Both families where there are two. */
static int listen_everywhere(uint16_t *port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ||
        bind(fd, (struct sockaddr *)&six, sizeof six)) {
        if (fd >= 0)
            close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd >= 0 && bind(fd, (struct sockaddr *)&four, sizeof four))
            goto failed;
    }
    if (fd < 0)
        return -1;
    if (listen(fd, 128) || getsockname(fd, (struct sockaddr *)&name, &size))
        goto failed;
    *port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&name)->sin6_port
                                             : ((struct sockaddr_in *)(void *)&name)->sin_port);
    return fd;
failed:
    close(fd);
    return -1;
}

/* IPv4 and IPv6 by turns; a host that has loopback alone may still be everybody's in a test. */
static void find_addresses(struct frame_door *where, const char *only)
{
    struct iface_address found[2][PROTO_ADDRESSES / 2];
    int count[2] = {iface_addresses(found[0], PROTO_ADDRESSES / 2, AF_INET, only),
                    iface_addresses(found[1], PROTO_ADDRESSES / 2, AF_INET6, only)};
    for (int i = 0; i < PROTO_ADDRESSES; i++) {
        if (i / 2 >= count[i % 2])
            continue;
        struct frame_address *a = &where->addresses[where->count++];
        const struct sockaddr_storage *at = &found[i % 2][i / 2].at;
        a->is_six = i % 2;
        if (a->is_six)
            memcpy(a->at, &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr, 16);
        else
            memcpy(a->at, &((const struct sockaddr_in *)(const void *)at)->sin_addr, 4);
    }
    if (!where->count && !only)
        memcpy(where->addresses[where->count++].at, (unsigned char[]){127, 0, 0, 1}, 4);
}

int door_open(struct door *door, struct loop *loop, const struct job *job, struct words *why)
{
    const char *iface = job->conf.iface.s;
    *door = (struct door){.loop = loop, .key = job->key, .patience_ns = STRANGER_NS};
    int hosts = job->conf.fanout < DOOR_HOSTS ? job->conf.fanout : DOOR_HOSTS;
    size_t places = DOOR_STRANGERS + DOOR_PER_HOST * (size_t)hosts;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && places > files.rlim_cur / 4)
        places = files.rlim_cur / 4 + 1; /* the rest is for the job */
    door->guests = grow_new(places, sizeof *door->guests);
    door->guests_end = door->guests + places;
    for (struct guest *g = door->guests; g < door->guests_end; g++)
        g->watch.fd = -1;
    int any = !iface[0] || strcmp(iface, "auto") == 0, fd = listen_everywhere(&door->where.port);
    door->watch = (struct watch){.fd = fd, .ready = somebody_came, .owner = door};
    loop_timer(loop, &door->timer, time_is_over, door);
    if (fd < 0 || loop_add(loop, &door->watch, EPOLLIN)) {
        words_set(why, "no TCP port can be opened: %s", strerror(errno));
        door_forget(door);
        return -1;
    }
    door->where.any = (uint16_t)any;
    find_addresses(&door->where, any ? NULL : iface);
    return 0;
}

int door_take(struct door *door, uint32_t node, uint64_t id, struct seal *seal)
{
    for (struct guest *g = door->guests; g < door->guests_end; g++) {
        if (g->watch.fd < 0 || !g->proven || g->knock.proof.node != node || knock_id(&g->knock) != id)
            continue;
        int fd = g->watch.fd;
        *seal = (struct seal){{0}, {0}, 0, 0};
        knock_keys(&g->knock, door->key, seal->key_out, seal->key_in);
        loop_remove(door->loop, &g->watch);
        g->watch.fd = -1;
        explicit_bzero(&g->knock, sizeof g->knock);
        return fd;
    }
    return -1;
}

void door_shut(struct door *door, unsigned *strangers)
{
    int64_t now = loop_now();
    unsigned just_come = 0;
    for (struct guest *g = door->guests; g < door->guests_end; g++)
        if (g->watch.fd >= 0) {
            just_come += !g->proven && g->until_ns - door->patience_ns > now - JUST_COME_NS;
            leave(g, "nobody else is awaited");
        }
    *strangers = door->strangers - just_come;
    if (door->watch.fd < 0)
        return;
    loop_remove(door->loop, &door->watch);
    loop_stop(&door->timer);
    close(door->watch.fd);
    door->watch.fd = -1;
}

void door_forget(struct door *door)
{
    for (const struct guest *g = door->guests; g < door->guests_end; g++)
        if (g->watch.fd >= 0)
            close(g->watch.fd);
    if (door->watch.fd >= 0)
        close(door->watch.fd);
    door->watch.fd = -1;
}
