/* The stream between launcher and agent: see link.h. */
#include "mpirun/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sealed ahead of what the stream takes. */
enum { SEALED_AHEAD = 256 << 10 };

static void break_off(struct link *link)
{
    link->broken = 1;
    bytes_free(&link->out);
    bytes_free(&link->sealed_out);
    loop_remove(link->loop, &link->watch);
    loop_remove(link->loop, &link->out_watch);
}

static ssize_t write_parts(struct link *link, struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    return link->pipes ? writev(link->out_watch.fd, parts, count)
                       : sendmsg(link->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Where nothing is wished, an end is not to be told either: who is paused has not read what came before it. */
static void watch_for(struct link *link, struct watch *watch, uint32_t events)
{
    if (!events)
        loop_remove(link->loop, watch);
    else if (!watch->watched)
        loop_add(link->loop, watch, events);
    else
        loop_change(link->loop, watch, events);
}

static void wish(struct link *link)
{
    uint32_t in = link->paused ? 0 : EPOLLIN, out = link_waiting(link) ? EPOLLOUT : 0;
    if (link->broken)
        return;
    watch_for(link, &link->watch, link->pipes ? in : in | out);
    if (link->pipes)
        watch_for(link, &link->out_watch, out);
}

static struct bytes *to_write(struct link *link)
{
    if (!link->sealed)
        return &link->out;
    while (bytes_count(&link->out) && bytes_count(&link->sealed_out) < SEALED_AHEAD)
        seal_put(&link->seal, &link->out, &link->sealed_out);
    return &link->sealed_out;
}

/* Writes what is queued; asks the loop to be called when more can be. */
static void flush(struct link *link)
{
    struct bytes *out;
    while (!link->broken && bytes_count(out = to_write(link))) {
        struct iovec part = {bytes_front(out), bytes_count(out)};
        ssize_t n = write_parts(link, &part, 1);
        if (n > 0) {
            bytes_drop(out, (size_t)n);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            /* What the other side said before it went is still read: `in` reports the end. */
            bytes_drop(&link->out, bytes_count(&link->out));
            bytes_drop(&link->sealed_out, bytes_count(&link->sealed_out));
        }
    }
    wish(link);
    if (link->drained && !link_waiting(link))
        link->drained(link);
}

static void ready(struct watch *watch, uint32_t events)
{
    struct link *link = watch->owner;
    if (events & EPOLLOUT)
        flush(link);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || link->broken || link->paused)
        return;
    struct bytes *in = link->sealed ? &link->sealed_in : &link->in;
    char *to = bytes_reserve(in, FRAME_MAX);
    ssize_t n = link->pipes ? read(watch->fd, to, FRAME_MAX) : recv(watch->fd, to, FRAME_MAX, MSG_DONTWAIT);
    if (n > 0) {
        bytes_added(in, (size_t)n);
        link->heard_ns = loop_now();
        if (link->sealed && seal_get(&link->seal, in, &link->in)) {
            link->error = EBADMSG;
            break_off(link);
        }
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        link->error = n ? errno : 0;
        break_off(link);
    } else {
        return;
    }
    link->received(link);
}

static void out_ready(struct watch *watch, uint32_t events)
{
    (void)events;
    flush(watch->owner);
}

static void open_on(struct link *link, struct loop *loop, int in, int out, void (*received)(struct link *link),
                    void *owner)
{
    *link = (struct link){.loop = loop, .received = received, .owner = owner, .heard_ns = loop_now()};
    link->watch = (struct watch){.fd = in, .ready = ready, .owner = link};
    link->out_watch = (struct watch){.fd = out, .ready = out_ready, .owner = link};
    if (loop_add(loop, &link->watch, EPOLLIN))
        link->broken = 1;
}

void link_open(struct link *link, struct loop *loop, int fd, void (*received)(struct link *link), void *owner)
{
    open_on(link, loop, fd, -1, received, owner);
}

void link_open_sealed(struct link *link, struct loop *loop, int fd, const struct seal *seal,
                      void (*received)(struct link *link), void *owner)
{
    open_on(link, loop, fd, -1, received, owner);
    link->seal = *seal;
    link->sealed = 1;
}

void link_open_pipes(struct link *link, struct loop *loop, int in, int out, void (*received)(struct link *link),
                     void *owner)
{
    fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
    fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
    open_on(link, loop, in, out, received, owner);
    link->pipes = 1;
}

void link_send_parts(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const struct iovec *parts,
                     int count)
{
    if (link->broken)
        return;
    struct frame head = {0, (uint16_t)type, (uint16_t)flags, rank, link->node};
    struct iovec all[4] = {{&head, sizeof head}};
    for (int i = 0; i < count; i++) {
        all[i + 1] = parts[i];
        head.length += (uint32_t)parts[i].iov_len;
    }
    size_t sent = 0;
    if (!bytes_count(&link->out) && !link->sealed) {
        ssize_t n = write_parts(link, all, count + 1);
        sent = n > 0 ? (size_t)n : 0;
    }
    for (int i = 0; i <= count; i++) {
        size_t skip = sent < all[i].iov_len ? sent : all[i].iov_len;
        bytes_append(&link->out, (char *)all[i].iov_base + skip, all[i].iov_len - skip);
        sent -= skip;
    }
    if (bytes_count(&link->out))
        flush(link);
}

void link_send(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length)
{
    if (link->broken)
        return;
    proto_put_for(&link->out, link->node, type, flags, rank, payload, length);
    flush(link);
}

void link_pass(struct link *link, const struct frame *head, const void *payload)
{
    if (link->broken)
        return;
    proto_put_for(&link->out, head->node, head->type, head->flags, head->rank, payload, head->length);
    flush(link);
}

void link_send_bytes(struct link *link, const void *bytes, size_t n)
{
    if (link->broken)
        return;
    bytes_append(&link->out, bytes, n);
    flush(link);
}

void link_pause(struct link *link, int paused)
{
    if (link->paused == paused)
        return;
    link->paused = paused;
    link->heard_ns = loop_now(); /* silence while nobody listens is none */
    wish(link);
}

void link_close(struct link *link)
{
    if (!link->broken)
        break_off(link);
    if (link->watch.fd >= 0)
        close(link->watch.fd);
    if (link->pipes && link->out_watch.fd >= 0)
        close(link->out_watch.fd);
    link->watch.fd = link->out_watch.fd = -1;
    bytes_free(&link->in);
    bytes_free(&link->out);
    bytes_free(&link->sealed_in);
    bytes_free(&link->sealed_out);
    explicit_bzero(&link->seal, sizeof link->seal);
    link->broken = 1;
}
