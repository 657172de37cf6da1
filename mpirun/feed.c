/* Standard input for ranks: see feed.h. */
#define _GNU_SOURCE
#include "mpirun/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static void close_pipe(struct feed_pipe *p)
{
    struct feed *f = p->feed;
    if (p->room.fd < 0)
        return;
    loop_remove(f->loop, &p->room);
    close(p->room.fd);
    p->room.fd = -1;
    if (--f->open == 0) /* others may wait for this host */
        link_send(f->link, FRAME_WANT_STDIN, INPUT_NO_MORE, 0, NULL, 0);
}

static void ask(struct feed *f)
{
    if (f->asked || !f->begun)
        return;
    for (uint32_t i = 0; i < f->count; i++)
        if (f->pipes[i].room.fd >= 0 && f->pipes[i].at < bytes_count(&f->piece))
            return; /* somebody has not read all yet */
    bytes_drop(&f->piece, bytes_count(&f->piece));
    for (uint32_t i = 0; i < f->count; i++)
        f->pipes[i].at = 0;
    f->asked = f->open > 0;
    if (f->asked)
        link_send(f->link, FRAME_WANT_STDIN, 0, 0, NULL, 0);
}

/* Writes to one rank what it has not got yet. */
static void fill(struct feed_pipe *p)
{
    struct feed *f = p->feed;
    while (p->room.fd >= 0 && p->at < bytes_count(&f->piece)) {
        ssize_t n = write(p->room.fd, bytes_front(&f->piece) + p->at, bytes_count(&f->piece) - p->at);
        if (n > 0)
            p->at += (uint32_t)n;
        else if (errno == EAGAIN) {
            loop_change(f->loop, &p->room, EPOLLOUT);
            return;
        } else if (errno != EINTR) {
            close_pipe(p); /* it does not read any more */
        }
    }
    if (p->room.fd >= 0)
        loop_change(f->loop, &p->room, 0);
}

static void ready(struct watch *watch, uint32_t events)
{
    struct feed_pipe *p = watch->owner;
    if (events & EPOLLERR)
        close_pipe(p);
    fill(p);
    ask(p->feed);
}

int feed_open(struct feed *f, struct loop *loop, struct link *link, uint32_t ranks, struct words *why)
{
    *f = (struct feed){.loop = loop, .link = link, .count = ranks, .pipes = calloc(ranks, sizeof *f->pipes)};
    if (!f->pipes)
        return words_set(why, "no memory for the input of %u ranks", ranks);
    for (uint32_t i = 0; i < ranks; i++)
        f->pipes[i] = (struct feed_pipe){.feed = f, .room.fd = -1};
    return 0;
}

int feed_add(struct feed *f, uint32_t local)
{
    struct feed_pipe *p = &f->pipes[local];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    p->room = (struct watch){.fd = ends[1], .ready = ready, .owner = p};
    loop_add(f->loop, &p->room, 0);
    f->open++;
    return ends[0];
}

void feed_begin(struct feed *f)
{
    f->begun = 1;
    ask(f);
}

void feed_came(struct feed *f, const char *data, size_t n)
{
    f->asked = 0;
    for (uint32_t i = 0; n == 0 && i < f->count; i++)
        close_pipe(&f->pipes[i]);
    bytes_append(&f->piece, data, n);
    for (uint32_t i = 0; i < f->count; i++)
        fill(&f->pipes[i]);
    if (n)
        ask(f);
}

void feed_close(struct feed *f, uint32_t local)
{
    close_pipe(&f->pipes[local]);
    ask(f);
}
