/* TCP on the loopback interface: there and back with 8 bytes, and a stream. Both ends are threads of this process;
 * a stranger who connects meanwhile is turned away by its port. Nothing waits without a limit. See
 * floor_inside.h. */
#define _GNU_SOURCE
#include "benchmarks/floor_inside.h"
#include "benchmarks/stats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5 /* seconds without a byte */, MESSAGE = 8, STRANGERS = 100 };

static int failed(const char *what, char *error, size_t room)
{
    snprintf(error, room, "%s on the loopback interface failed: %s", what, strerror(errno));
    return -1;
}

/* ---- a connection between two descriptors of this process ---- */

static int listen_on_loopback(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)address, sizeof *address) == 0 && listen(fd, 16) == 0 &&
        getsockname(fd, (struct sockaddr *)address, &length) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* Accepts the connection that comes from the socket `ours`; others are closed. */
static int accept_ours(int listener, int ours)
{
    struct sockaddr_in mine, peer;
    socklen_t length = sizeof mine;
    if (getsockname(ours, (struct sockaddr *)&mine, &length) != 0)
        return -1;
    for (int i = 0; i < STRANGERS; i++) {
        struct pollfd wait = {.fd = listener, .events = POLLIN};
        int n = poll(&wait, 1, PATIENCE * 1000);
        if (n == 0)
            errno = ETIMEDOUT;
        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        length = sizeof peer;
        int fd = n < 0 ? -1 : accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        if (peer.sin_family == AF_INET && peer.sin_port == mine.sin_port &&
            peer.sin_addr.s_addr == mine.sin_addr.s_addr)
            return fd;
        close(fd);
    }
    errno = ECONNREFUSED;
    return -1;
}

static int prepare(int fd)
{
    struct timeval patience = {.tv_sec = PATIENCE};
    int yes = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 ? 0 : -1;
}

static void connection_close(int fd[2])
{
    for (int i = 0; i < 2; i++)
        if (fd[i] >= 0)
            close(fd[i]);
}

static int connection_open(int fd[2], char *error, size_t room)
{
    struct sockaddr_in address;
    fd[0] = fd[1] = -1;
    int listener = listen_on_loopback(&address);
    if (listener < 0)
        return failed("listening", error, room);
    /* The limit for sending is one for connecting, too. The kernel takes the connection before accept does. */
    fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = fd[0] >= 0 && prepare(fd[0]) == 0 && connect(fd[0], (struct sockaddr *)&address, sizeof address) == 0;
    if (rc) {
        fd[1] = accept_ours(listener, fd[0]);
        rc = fd[1] >= 0 && prepare(fd[1]) == 0;
    }
    if (!rc) {
        failed("connecting", error, room);
        connection_close(fd);
    }
    close(listener);
    return rc ? 0 : -1;
}

/* ---- there and back ---- */

struct tcp {
    int fd[2];
    int flags;    /* MSG_DONTWAIT: polling */
    size_t write; /* stream: bytes of a write */
    char *from, *to;
    double seconds;
    struct point *point;
    int rc, error;
};

enum { STREAM_LEAST = 64 << 10, STREAM_MOST = 1 << 20 };

/* Takes exactly so many bytes. 1: done, 0: the other end is closed, -1: failed. */
static int take(int fd, char *to, size_t bytes, int flags)
{
    double limit = 0;
    for (size_t got = 0, polls = 1; got < bytes; polls++) {
        ssize_t n = recv(fd, to + got, bytes - got, flags);
        if (n == 0)
            return 0;
        if (n > 0) {
            got += (size_t)n;
        } else if (errno == EAGAIN && flags & MSG_DONTWAIT) {
            if (polls % (1 << 16) != 0)
                continue;
            limit = limit > 0 ? limit : clock_now() + PATIENCE;
            if (clock_now() > limit) {
                errno = ETIMEDOUT;
                return -1;
            }
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 1;
}

static int give(int fd, const char *from, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = send(fd, from, bytes, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        from += n;
        bytes -= (size_t)n;
    }
    return 0;
}

static int ping_run(void *arg, long count)
{
    struct tcp *t = arg;
    char message[MESSAGE] = {0};
    for (long i = 0; i < count; i++) {
        int rc = give(t->fd[0], message, MESSAGE) == 0 ? take(t->fd[0], message, MESSAGE, t->flags) : -1;
        if (rc != 1) {
            t->error = rc == 0 ? ECONNRESET : errno;
            return -1;
        }
    }
    return 0;
}

static void ping_first(void *arg)
{
    struct tcp *t = arg;
    t->rc = floor_sample(ping_run, t, 0.5, t->seconds, t->point);
    shutdown(t->fd[0], SHUT_RDWR);
}

static void ping_echo(void *arg)
{
    struct tcp *t = arg;
    char message[MESSAGE];
    while (take(t->fd[1], message, MESSAGE, t->flags) == 1)
        if (give(t->fd[1], message, MESSAGE) != 0)
            break;
    shutdown(t->fd[1], SHUT_RDWR);
}

/* ---- a stream ---- */

/* The receiver keeps the time: what the sender has written may still lie in the kernel. What lies there can be
 * megabytes, which come all at once and then none for a while, so a sample has many times that. */
enum { STREAM_SAMPLE = 16 << 20 };

static int stream_run(void *arg, long count)
{
    struct tcp *t = arg;
    for (size_t left = (size_t)count * STREAM_SAMPLE; left > 0;) {
        ssize_t n = recv(t->fd[0], t->to, left < STREAM_MOST ? left : STREAM_MOST, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            t->error = n == 0 ? ECONNRESET : errno;
            return -1;
        }
        left -= (size_t)n;
    }
    return 0;
}

static void stream_receive(void *arg)
{
    struct tcp *t = arg;
    t->rc = floor_sample(stream_run, t, (double)t->write / STREAM_SAMPLE, t->seconds, t->point);
    /* The sender may sleep until there is room, which nobody makes any more: its own end is shut as well. */
    shutdown(t->fd[0], SHUT_RDWR);
    shutdown(t->fd[1], SHUT_RDWR);
}

static void stream_send(void *arg)
{
    struct tcp *t = arg;
    while (give(t->fd[1], t->from, t->write) == 0)
        ;
    shutdown(t->fd[1], SHUT_RDWR);
}

/* ---- all of it ---- */

static int measure(struct tcp *t, void (*first)(void *), void (*second)(void *), const int cpus[2],
                   struct point *p, double seconds, char *error, size_t room)
{
    if (connection_open(t->fd, error, room) != 0)
        return -1;
    t->seconds = seconds;
    t->point = p;
    t->error = 0;
    int rc = floor_threads(cpus, first, second, t, error, room);
    connection_close(t->fd);
    if (rc != 0 || t->rc == 0)
        return rc;
    errno = t->error ? t->error : ENOMEM;
    return failed("sending", error, room);
}

/* The size of a write that is quickest here: what the kernel likes differs from version to version. */
static int measure_stream(struct tcp *t, const int cpus[2], struct point *best, double seconds, char *error,
                          size_t room)
{
    for (t->write = STREAM_LEAST; t->write <= STREAM_MOST; t->write *= 4) {
        struct point p;
        floor_begin(&p, "tcp stream", t->write, 2);
        p.moved = (double)t->write;
        if (measure(t, stream_receive, stream_send, cpus, &p, seconds / 3, error, room) != 0)
            return -1;
        if (best->samples == 0 || p.median / p.moved < best->median / best->moved)
            *best = p;
    }
    return 0;
}

int floor_tcp(struct tcp_floor *found, const int cpus[2], double seconds, char *error, size_t room)
{
    struct tcp t = {.from = calloc(1, STREAM_MOST), .to = calloc(1, STREAM_MOST)};
    int rc = -1;
    *found = (struct tcp_floor){0};
    floor_begin(&found->polling, "tcp ping-pong", MESSAGE, 2);
    floor_begin(&found->blocking, "tcp ping-pong, blocking", MESSAGE, 2);
    if (t.from && t.to) {
        /* Two that poll on one cpu would wait for the scheduler, not for the network: no figure then. */
        t.flags = MSG_DONTWAIT;
        rc = cpus[0] == cpus[1] ? 0
             : measure(&t, ping_first, ping_echo, cpus, &found->polling, seconds / 3, error, room);
        t.flags = 0;
        if (rc == 0)
            rc = measure(&t, ping_first, ping_echo, cpus, &found->blocking, seconds / 3, error, room);
        if (rc == 0)
            rc = measure_stream(&t, cpus, &found->stream, seconds / 3, error, room);
    } else {
        snprintf(error, room, "there is no memory for a stream over TCP");
    }
    free(t.from);
    free(t.to);
    return rc;
}
