/* The way up through TCP: see call.h. An attempt that is connected goes on to its own end when another one has won, or
 * the time is over: the other side would take one that breaks off for a stranger. */
#define _GNU_SOURCE
#include "mpirun/call.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void tell(struct call *call, int fd, uint64_t id, const struct seal *seal, const char *words)
{
    call->done = 1;
    call->connected(call, fd, id, seal, words);
}

static int going_on(const struct call *call)
{
    int count = 0;
    for (int i = 0; i < call->count; i++)
        count += call->list[i].watch.fd >= 0;
    return count;
}

static void drop(struct attempt *a)
{
    loop_remove(a->call->loop, &a->watch);
    close(a->watch.fd);
    a->watch.fd = -1;
}

/* When all have failed, why the last one did is said. */
static void over(struct attempt *a, const char *what)
{
    struct call *call = a->call;
    drop(a);
    words_set(&call->why, "%s port %u: %s", a->address, call->port, what);
    if (!call->done && !going_on(call))
        tell(call, -1, 0, NULL, call->why.s);
}

static void won(struct attempt *a)
{
    struct call *call = a->call;
    struct words words;
    struct seal seal = {{0}, {0}, 0, 0};
    int fd = a->watch.fd;
    if (call->done) {
        drop(a);
        return;
    }
    loop_remove(call->loop, &a->watch);
    a->watch.fd = -1;
    knock_keys(&a->knock, call->key, seal.key_in, seal.key_out);
    words_set(&words, "%s port %u", a->address, call->port);
    tell(call, fd, knock_id(&a->knock), &seal, words.s);
    explicit_bzero(&seal, sizeof seal);
}

static void attempt_ready(struct watch *watch, uint32_t events)
{
    struct attempt *a = watch->owner;
    char bytes[sizeof(struct knock_greeting)];
    (void)events;
    if (!a->connected) {
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error) {
            over(a, strerror(error ? error : errno));
            return;
        }
        a->connected = 1;
        loop_change(a->call->loop, watch, EPOLLIN);
        return;
    }
    ssize_t n = recv(watch->fd, bytes, knock_wants(&a->knock, 1), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    int rc = n > 0 ? knock_call(&a->knock, bytes, (size_t)n, a->call->node, a->call->key) : -1;
    if (rc == 2) {
        size_t size = sizeof a->knock.proof;
        if (send(watch->fd, &a->knock.proof, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
            rc = -1;
    }
    if (rc == 1)
        won(a);
    else if (rc < 0)
        over(a, n < 0 ? strerror(errno) : n == 0 ? "closed by the other side" : "who answers there is not of this job");
}

static void begin(struct call *call, int family, const void *address)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(call->port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(call->port)};
    struct attempt *a = &call->list[call->count];
    int on = 1, fd;
    *a = (struct attempt){.call = call, .watch = {.fd = -1, .ready = attempt_ready, .owner = a}};
    if (!inet_ntop(family, address, a->address, sizeof a->address))
        return;
    for (int i = 0; i < call->count; i++)
        if (strcmp(call->list[i].address, a->address) == 0)
            return;
    if (family == AF_INET6)
        memcpy(&six.sin6_addr, address, sizeof six.sin6_addr);
    else
        memcpy(&four.sin_addr, address, sizeof four.sin_addr);
    fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        goto failed;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct sockaddr *to = family == AF_INET6 ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
    a->watch.fd = fd;
    call->count++;
    if ((connect(fd, to, family == AF_INET6 ? sizeof six : sizeof four) && errno != EINPROGRESS) ||
        loop_add(call->loop, &a->watch, EPOLLOUT))
        goto failed;
    return;
failed:
    words_set(&call->why, "%s port %u: %s", a->address, call->port, strerror(errno));
    if (a->watch.fd >= 0)
        close(a->watch.fd);
    a->watch.fd = -1;
}

static void time_is_over(struct timer *timer)
{
    struct call *call = timer->owner;
    struct words words;
    words_set(&words, "no answer within %.2g s from", (double)(loop_now() - call->begun_ns) / 1e9);
    for (int i = 0; i < call->count; i++) {
        if (call->list[i].watch.fd < 0)
            continue;
        struct words before = words;
        words_set(&words, "%.500s %s", before.s, call->list[i].address);
        if (!call->list[i].connected)
            drop(&call->list[i]);
    }
    if (!call->done) {
        struct words before = words;
        words_set(&words, "%.600s port %u", before.s, call->port);
        tell(call, -1, 0, NULL, words.s);
    }
}

void call_start(struct call *call, struct loop *loop, const struct frame_door *where, const char *extra, double seconds)
{
    unsigned char address[16];
    call->loop = loop;
    call->port = where->port;
    call->begun_ns = loop_now();
    call->done = call->count = 0;
    words_set(&call->why, where->any ? "there is no address to try"
                                     : "no interface that GODWIT_IFACE names is up where mpirun was started");
    loop_timer(loop, &call->timer, time_is_over, call);
    if (secret_open(&call->why)) {
        tell(call, -1, 0, NULL, call->why.s);
        return;
    }
    if (extra && inet_pton(AF_INET, extra, address) == 1)
        begin(call, AF_INET, address);
    else if (extra && inet_pton(AF_INET6, extra, address) == 1)
        begin(call, AF_INET6, address);
    for (uint32_t i = 0; i < where->count && call->count < CALL_TRIES; i++)
        begin(call, where->addresses[i].is_six ? AF_INET6 : AF_INET, where->addresses[i].at);
    if (going_on(call))
        loop_set(&call->timer, (int64_t)(seconds * 1e9));
    else
        tell(call, -1, 0, NULL, call->why.s);
}

void call_end(struct call *call)
{
    for (int i = 0; i < call->count; i++)
        if (call->list[i].watch.fd >= 0)
            drop(&call->list[i]);
    if (call->timer.fired)
        loop_stop(&call->timer);
}

void call_forget(const struct call *call)
{
    for (int i = 0; i < call->count; i++)
        if (call->list[i].watch.fd >= 0)
            close(call->list[i].watch.fd);
}
