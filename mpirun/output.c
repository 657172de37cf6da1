/* mpirun's outputs: see output.h. */
#define _GNU_SOURCE
#include "mpirun/output.h"

#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAY_BELOW (256u << 10) /* credit goes back to the agents when less than this waits */

/* One attempt; the number of bytes, 0 when the reader has no room, -1 and errno. */
static ssize_t write_some(struct output *o, const char *data, size_t n)
{
    ssize_t w;
    if (o->kind == OUTPUT_SHARED_PIPE) {
        /* Blocking and shared with others: a pipe that is ready takes PIPE_BUF bytes without blocking. */
        struct pollfd p = {.fd = o->fd, .events = POLLOUT};
        if (poll(&p, 1, 0) == 0)
            return 0;
        n = n < PIPE_BUF ? n : PIPE_BUF;
    }
    do
        w = o->kind == OUTPUT_SOCKET ? send(o->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(o->fd, data, n);
    while (w < 0 && errno == EINTR);
    return w < 0 && errno == EAGAIN ? 0 : w;
}

static void give_up(struct output *o, int error)
{
    o->error = error;
    bytes_drop(&o->queue, bytes_count(&o->queue));
    loop_remove(o->loop, &o->watch);
    if (o->failed)
        o->failed(o);
}

/* Tells the owner what has left, so that agents get new credit, and that nothing waits any more. */
static void pay(struct output *o)
{
    size_t bytes = o->unpaid;
    if (!bytes_count(&o->queue) || (bytes && bytes_count(&o->queue) < PAY_BELOW)) {
        o->unpaid = 0;
        o->written(o, bytes);
    }
}

static void flush(struct output *o)
{
    while (bytes_count(&o->queue)) {
        ssize_t n = write_some(o, bytes_front(&o->queue), bytes_count(&o->queue));
        if (n < 0)
            give_up(o, errno);
        if (n <= 0)
            break;
        bytes_drop(&o->queue, (size_t)n);
    }
    if (!bytes_count(&o->queue))
        loop_remove(o->loop, &o->watch);
    else if (!o->watch.watched)
        loop_add(o->loop, &o->watch, EPOLLOUT);
    pay(o);
}

static void ready(struct watch *watch, uint32_t events)
{
    (void)events;
    flush(watch->owner);
}

/* Appends to what waits, or writes at once when nothing does. */
static void put(struct output *o, const char *data, size_t n)
{
    if (!n || o->error)
        return;
    size_t done = 0;
    if (!bytes_count(&o->queue)) {
        ssize_t w = write_some(o, data, n);
        if (w < 0) {
            give_up(o, errno);
            return;
        }
        done = (size_t)w;
    }
    bytes_append(&o->queue, data + done, n - done);
}

void output_open(struct output *o, struct loop *loop, int fd, int tag)
{
    struct stat st = {0}; /* of no kind, when fd is closed */
    char path[64];
    *o = (struct output){.loop = loop, .fd = fd, .is_stderr = fd == STDERR_FILENO, .tag = tag, .kind = OUTPUT_PLAIN};
    o->line = &o->own_line;
    if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) {
        o->kind = OUTPUT_SOCKET;
    } else if (S_ISFIFO(st.st_mode) || isatty(fd)) {
        /* The flag O_NONBLOCK belongs to the open file, which others share; so it is opened once more. */
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (own >= 0) {
            o->fd = own;
            o->kind = OUTPUT_OWN;
        } else if (S_ISFIFO(st.st_mode)) {
            o->kind = OUTPUT_SHARED_PIPE;
        }
    }
    o->watch = (struct watch){.fd = o->fd, .ready = ready, .owner = o};
}

static size_t tag_text(const struct output *o, uint32_t rank, char *tag, size_t size)
{
    if (o->tag == CONF_TAG_HOST)
        return (size_t)snprintf(tag, size, "[%u@%.255s] ", rank, o->host_of(o->owner, rank));
    int n = o->tag == CONF_TAG_RANK ? snprintf(tag, size, "[%u] ", rank)
                                    : snprintf(tag, size, "[1,%u]<%s>: ", rank,
                                               o->is_stderr ? "stderr" : "stdout");
    return (size_t)n;
}

/* Before somebody speaks: an open line of somebody else is ended. */
static void take_turn(struct output *o, uint64_t speaker)
{
    if (o->line->open && o->line->speaker != speaker) {
        put(o, "\n", 1);
        o->line->open = 0;
    }
}

void output_join(struct output *a, struct output *b)
{
    struct stat x, y;
    if (fstat(a->fd, &x) == 0 && fstat(b->fd, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino)
        b->line = a->line;
}

/* The bytes with a tag before each line. */
static void put_tagged(struct output *o, uint32_t rank, const char *data, size_t n)
{
    char tag[300];
    size_t tag_size = tag_text(o, rank, tag, sizeof tag);
    int open = o->line->open;
    struct bytes text = {0};
    for (size_t i = 0; i < n;) {
        const char *newline = memchr(data + i, '\n', n - i);
        size_t piece = newline ? (size_t)(newline - data) + 1 - i : n - i;
        if (!open)
            bytes_append(&text, tag, tag_size);
        bytes_append(&text, data + i, piece);
        open = !newline;
        i += piece;
    }
    put(o, bytes_front(&text), bytes_count(&text));
    bytes_free(&text);
}

void output_rank(struct output *o, uint32_t rank, const char *data, size_t n)
{
    if (n) {
        uint64_t speaker = (uint64_t)rank * 2 + 2 + o->is_stderr;
        take_turn(o, speaker);
        if (o->tag == CONF_TAG_NONE)
            put(o, data, n);
        else
            put_tagged(o, rank, data, n);
        o->line->open = data[n - 1] != '\n';
        o->line->speaker = speaker;
    }
    o->unpaid += n;
    flush(o);
}

void output_line(struct output *o, const char *text)
{
    take_turn(o, 0);
    put(o, text, strlen(text));
    put(o, "\n", 1);
    flush(o);
}

int output_empty(const struct output *o)
{
    return bytes_count(&o->queue) == 0;
}

void output_discard(struct output *o)
{
    if (!o->error)
        o->error = ECANCELED;
    bytes_drop(&o->queue, bytes_count(&o->queue));
    loop_remove(o->loop, &o->watch);
    pay(o);
}
