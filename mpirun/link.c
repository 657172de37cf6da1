/* The stream between launcher and agent: see link.h. */
#include "mpirun/link.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void break_off(struct link *link)
{
    link->broken = 1;
    bytes_free(&link->out);
    loop_remove(link->loop, &link->watch);
}

/* Writes what is queued; asks the loop to be called when more can be. */
static void flush(struct link *link)
{
    while (!link->broken && bytes_count(&link->out)) {
        ssize_t n = send(link->watch.fd, bytes_front(&link->out), bytes_count(&link->out), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            bytes_drop(&link->out, (size_t)n);
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            /* What the other side said before it went is still read: `in` reports the end. */
            bytes_drop(&link->out, bytes_count(&link->out));
    }
    if (!link->broken)
        loop_change(link->loop, &link->watch, EPOLLIN | (bytes_count(&link->out) ? EPOLLOUT : 0));
}

static void ready(struct watch *watch, uint32_t events)
{
    struct link *link = watch->owner;
    if (events & EPOLLOUT)
        flush(link);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    ssize_t n = recv(watch->fd, bytes_reserve(&link->in, FRAME_MAX), FRAME_MAX, MSG_DONTWAIT);
    if (n > 0)
        bytes_added(&link->in, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        break_off(link);
    else
        return;
    link->received(link);
}

void link_open(struct link *link, struct loop *loop, int fd, void (*received)(struct link *link), void *owner)
{
    *link = (struct link){.loop = loop, .received = received};
    link->watch = (struct watch){.fd = fd, .ready = ready, .owner = link};
    link->owner = owner;
    if (loop_add(loop, &link->watch, EPOLLIN))
        link->broken = 1;
}

void link_send_parts(struct link *link, enum frame_type type, unsigned flags, uint32_t rank, const struct iovec *parts,
                     int count)
{
    if (link->broken)
        return;
    struct frame head = {0, (uint16_t)type, (uint16_t)flags, rank};
    struct iovec all[4] = {{&head, sizeof head}};
    for (int i = 0; i < count; i++) {
        all[i + 1] = parts[i];
        head.length += (uint32_t)parts[i].iov_len;
    }
    size_t sent = 0;
    if (!bytes_count(&link->out)) {
        struct msghdr message = {.msg_iov = all, .msg_iovlen = (size_t)count + 1};
        ssize_t n = sendmsg(link->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
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
    proto_put(&link->out, type, flags, rank, payload, length);
    flush(link);
}

void link_close(struct link *link)
{
    if (!link->broken)
        loop_remove(link->loop, &link->watch);
    close(link->watch.fd);
    bytes_free(&link->in);
    bytes_free(&link->out);
    link->broken = 1;
}
