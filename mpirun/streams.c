/* Output of ranks: see streams.h. */
#define _GNU_SOURCE
#include "mpirun/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How long the others wait for the rest of a long line whose writer says nothing more. */
#define SILENCE_NS 250000000
/* How long the beginning of a line waits for its end before a person gets to see it. */
#define MOMENT_NS 30000000

/* Decides which pipes may be read now: none without credit, one while its long line goes on, else all. */
static void arrange(struct streams *s)
{
    for (int i = 0; i < 2; i++) {
        struct channel *c = &s->channels[i];
        uint32_t may = s->credit > 0 ? EPOLLIN : 0;
        loop_change(s->loop, &c->any, c->speaker ? 0 : may);
        if (c->speaker && may && !c->speaking.watched)
            loop_add(s->loop, &c->speaking, EPOLLIN);
        else if ((!c->speaker || !may) && c->speaking.watched)
            loop_remove(s->loop, &c->speaking);
    }
}

static struct channel *channel_of(const struct stream *stream)
{
    return &stream->streams->channels[stream->channel == OUTPUT_STDERR];
}

static void set_speaker(struct stream *stream, int speaks)
{
    struct channel *c = channel_of(stream);
    if (speaks)
        loop_set(&c->silence, SILENCE_NS);
    if ((c->speaker == stream) == speaks)
        return;
    loop_remove(stream->streams->loop, &c->speaking);
    c->speaker = speaks ? stream : NULL;
    c->speaking.fd = stream->watch.fd;
    if (!speaks)
        loop_stop(&c->silence);
    arrange(stream->streams);
}

/* What is held and n bytes more, as one frame. */
static void ship(struct stream *stream, const char *data, size_t n, unsigned flags)
{
    struct streams *s = stream->streams;
    struct iovec parts[2] = {{stream->held, stream->held_count}, {(void *)data, n}};
    s->credit -= (int64_t)(stream->held_count + n);
    link_send_parts(s->link, FRAME_OUTPUT, stream->channel | flags, stream->rank, parts, 2);
    stream->held_count = 0;
}

/* Keeps the beginning of a line; 0 when memory does not allow it. */
static int hold(struct stream *stream, const char *data, size_t n)
{
    size_t need = stream->held_count + n;
    if (need > stream->held_room) {
        size_t room = need < 256 ? 256 : need < 4096 ? 4096 : STREAM_LINE;
        char *grown = realloc(stream->held, room);
        if (!grown)
            return 0;
        stream->held = grown;
        stream->held_room = (uint32_t)room;
    }
    memcpy(stream->held + stream->held_count, data, n);
    stream->held_count += (uint32_t)n;
    return 1;
}

static void take(struct stream *stream, const char *data, size_t n)
{
    const char *newline = memrchr(data, '\n', n);
    size_t whole = newline ? (size_t)(newline - data) + 1 : 0;
    if (whole) {
        ship(stream, data, whole, 0);
        set_speaker(stream, 0);
    }
    size_t rest = n - whole;
    if (!rest)
        return;
    if (stream->streams->alone) {
        ship(stream, data + whole, rest, OUTPUT_LINE_GOES_ON);
        return;
    }
    if (stream->streams->prompt == stream)
        loop_set(&stream->streams->moment, MOMENT_NS);
    int speaks = channel_of(stream)->speaker == stream;
    if (!speaks && stream->held_count + rest <= STREAM_LINE && hold(stream, data + whole, rest))
        return;
    ship(stream, data + whole, rest, OUTPUT_LINE_GOES_ON);
    set_speaker(stream, 1);
}

static void finish(struct stream *stream)
{
    struct streams *s = stream->streams;
    if (stream->held_count)
        ship(stream, NULL, 0, 0);
    set_speaker(stream, 0);
    if (s->prompt == stream) {
        loop_stop(&s->moment);
        s->prompt = NULL;
    }
    loop_remove(&channel_of(stream)->pipes, &stream->watch);
    close(stream->watch.fd);
    free(stream->held);
    stream->held = NULL;
    if (--s->open == 0)
        s->ended(s);
}

static void read_pipe(struct stream *stream)
{
    struct streams *s = stream->streams;
    ssize_t n = read(stream->watch.fd, s->scratch, STREAM_LINE);
    if (n > 0)
        take(stream, s->scratch, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        finish(stream);
    if (s->credit <= 0)
        arrange(s);
}

/* Some pipes of a channel can be read. */
static void any_ready(struct watch *watch, uint32_t events)
{
    struct channel *c = watch->owner;
    (void)events;
    struct epoll_event found[64];
    int n = epoll_wait(c->pipes.epoll, found, 64, 0);
    for (int i = 0; i < n; i++) {
        struct watch *pipe = found[i].data.ptr;
        struct stream *stream = pipe->owner;
        if (stream->streams->credit <= 0 || c->speaker)
            return; /* they stay ready */
        if (pipe->watched)
            read_pipe(stream);
    }
}

static void speaker_ready(struct watch *watch, uint32_t events)
{
    struct channel *c = watch->owner;
    (void)events;
    if (c->speaker)
        read_pipe(c->speaker);
}

/* A rank that stops in the middle of a long line, to wait for the others, say, must not stop their output. */
static void silent(struct timer *timer)
{
    struct channel *c = timer->owner;
    if (c->speaker && c->speaker->streams->credit > 0)
        set_speaker(c->speaker, 0);
    else if (c->speaker)
        loop_set(timer, SILENCE_NS);
}

/* A question that waits for its answer, most likely. */
static void show_prompt(struct timer *timer)
{
    struct streams *s = timer->owner;
    if (s->prompt->held_count)
        ship(s->prompt, NULL, 0, OUTPUT_LINE_GOES_ON);
}

int streams_open(struct streams *s, struct loop *loop, struct link *link, void (*ended)(struct streams *streams),
                 void *owner, struct words *why)
{
    *s = (struct streams){.loop = loop, .link = link, .credit = OUTPUT_WINDOW, .ended = ended, .owner = owner};
    s->scratch = malloc(STREAM_LINE);
    if (!s->scratch)
        return words_set(why, "no memory to read the output of ranks");
    loop_timer(loop, &s->moment, show_prompt, s);
    for (int i = 0; i < 2; i++) {
        struct channel *c = &s->channels[i];
        if (loop_open(&c->pipes))
            return words_set(why, "cannot watch the output of ranks: %s", strerror(errno));
        c->any = (struct watch){.fd = c->pipes.epoll, .ready = any_ready, .owner = c};
        c->speaking = (struct watch){.ready = speaker_ready, .owner = c};
        loop_timer(loop, &c->silence, silent, c);
        if (loop_add(loop, &c->any, EPOLLIN))
            return words_set(why, "cannot watch the output of ranks: %s", strerror(errno));
    }
    return 0;
}

int streams_add(struct streams *s, struct stream *stream, int fd, uint32_t rank, unsigned channel, struct words *why)
{
    *stream = (struct stream){.streams = s, .rank = rank, .channel = channel};
    stream->watch = (struct watch){.fd = fd, .owner = stream};
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (loop_add(&channel_of(stream)->pipes, &stream->watch, EPOLLIN))
        return words_set(why, "cannot watch the output of rank %u: %s", rank, strerror(errno));
    s->open++;
    return 0;
}

void streams_credit(struct streams *s, uint32_t bytes)
{
    s->credit += bytes;
    arrange(s);
}
