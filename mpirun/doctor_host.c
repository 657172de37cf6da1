/* The doctor's visit, on the host itself: see doctor.h. ssh has started this process, for the moment of the visit;
 * it looks at the host, listens on a port that the kernel chooses, tries the other hosts' ports, and ends with its
 * stream. Whoever connects has to know this host's token, or gets no answer. */
#define _GNU_SOURCE
#include "mpirun/doctor.h"

#include "mpirun/grow.h"
#include "mpirun/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GUESTS = 128 };

/* A connection that somebody has made to here, or that is tried from here. */
struct call {
    int fd; /* -1: none */
    int from_here, connected;
    size_t got;
    char text[DOCTOR_TOKEN];
    int peer, address;
};

struct visit {
    int in, out, listener;
    struct bytes input, output;
    struct doctor_question question;
    struct doctor_round round;
    struct doctor_finds finds;
    struct call *calls; /* GUESTS of others, and then ours */
    int call_count, next_guest, open_ours;
    int64_t round_ends, ends; /* 0: not begun */
    int asked, over;
};

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- addresses ---- */

static int prefix_of(const struct sockaddr *mask)
{
    const unsigned char *p;
    int n, bits = 0;
    if (!mask)
        return 0;
    if (mask->sa_family == AF_INET6) {
        p = (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr;
        n = 16;
    } else {
        p = (const unsigned char *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr;
        n = 4;
    }
    for (int i = 0; i < n; i++)
        bits += __builtin_popcount(p[i]);
    return bits;
}

/* Those that another host might reach: no loopback, nothing that holds on one cable only. */
static void find_addresses(struct doctor_facts *facts)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list))
        return;
    for (const struct ifaddrs *i = list; i && facts->address_count < DOCTOR_ADDRESSES; i = i->ifa_next) {
        struct doctor_address *a = &facts->addresses[facts->address_count];
        const void *address;
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        if (i->ifa_addr->sa_family == AF_INET) {
            address = &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
        } else if (i->ifa_addr->sa_family == AF_INET6) {
            address = &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;
            if (IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)address))
                continue;
        } else {
            continue;
        }
        if (!inet_ntop(i->ifa_addr->sa_family, address, a->text, sizeof a->text))
            continue;
        a->prefix = prefix_of(i->ifa_netmask);
        snprintf(a->interface, sizeof a->interface, "%s", i->ifa_name);
        facts->address_count++;
    }
    freeifaddrs(list);
}

/* ---- the port ---- */

/* Both families where there are two. */
static int open_listener(struct doctor_facts *facts)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) ||
        bind(fd, (struct sockaddr *)&six, sizeof six)) {
        if (fd >= 0)
            close(fd);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&four, sizeof four))
            goto failed;
    }
    if (listen(fd, GUESTS) || getsockname(fd, (struct sockaddr *)&name, &size))
        goto failed;
    facts->port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&name)->sin6_port
                                                   : ((struct sockaddr_in *)(void *)&name)->sin_port);
    return fd;
failed:
    snprintf(facts->listen_wrong, sizeof facts->listen_wrong, "no TCP port can be opened: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* ---- connections ---- */

static void hang_up(struct call *c)
{
    close(c->fd);
    c->fd = -1;
}

static void found(struct visit *v, struct call *c, enum doctor_reach what)
{
    v->finds.list[c->peer].at[c->address] = (unsigned char)what;
    v->open_ours--;
    hang_up(c);
}

static enum doctor_reach why_not(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
        return REACH_REFUSED;
    case ETIMEDOUT:
        return REACH_SILENT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EACCES:
    case EPERM:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENETDOWN:
        return REACH_NO_WAY;
    default:
        return REACH_FAILED;
    }
}

static void try_address(struct visit *v, int peer, int address)
{
    const struct doctor_peer *p = &v->round.list[peer];
    struct call *c = &v->calls[v->call_count++];
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } name = {.six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)p->port)}};
    socklen_t size = sizeof name.six;
    if (inet_pton(AF_INET6, p->addresses[address], &name.six.sin6_addr) != 1) {
        name.four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)p->port)};
        size = sizeof name.four;
        inet_pton(AF_INET, p->addresses[address], &name.four.sin_addr);
    }
    *c = (struct call){.fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                       .from_here = 1,
                       .peer = peer,
                       .address = address};
    v->finds.list[peer].at[address] = REACH_SILENT; /* until more is known */
    v->open_ours++;
    if (c->fd < 0 || (connect(c->fd, &name.any, size) && errno != EINPROGRESS))
        found(v, c, why_not(errno));
}

static void ours_ready(struct visit *v, struct call *c)
{
    const struct doctor_peer *p = &v->round.list[c->peer];
    if (!c->connected) {
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error ||
            send(c->fd, p->ask, DOCTOR_TOKEN, MSG_NOSIGNAL) != DOCTOR_TOKEN) {
            found(v, c, why_not(error ? error : errno));
            return;
        }
        c->connected = 1;
        v->finds.list[c->peer].at[c->address] = REACH_STRANGER; /* until it says the word */
        return;
    }
    ssize_t n = recv(c->fd, c->text + c->got, DOCTOR_TOKEN - c->got, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    c->got += n > 0 ? (size_t)n : 0;
    if (n <= 0)
        found(v, c, REACH_STRANGER);
    else if (c->got == DOCTOR_TOKEN)
        found(v, c, memcmp(c->text, p->answer, DOCTOR_TOKEN) == 0 ? REACH_PROVED : REACH_STRANGER);
}

static void guest_ready(struct visit *v, struct call *c)
{
    ssize_t n = recv(c->fd, c->text + c->got, DOCTOR_TOKEN - c->got, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    c->got += n > 0 ? (size_t)n : 0;
    if (n > 0 && c->got < DOCTOR_TOKEN)
        return;
    if (n > 0 && memcmp(c->text, v->question.ask, DOCTOR_TOKEN) == 0)
        send(c->fd, v->question.answer, DOCTOR_TOKEN, MSG_NOSIGNAL);
    hang_up(c);
}

/* Where too many are there, the one that has been there longest has to go. */
static void welcome(struct visit *v)
{
    int fd;
    while ((fd = accept4(v->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct call *c = &v->calls[v->next_guest];
        v->next_guest = (v->next_guest + 1) % GUESTS;
        if (c->fd >= 0)
            hang_up(c);
        *c = (struct call){.fd = fd};
    }
}

/* ---- the conversation ---- */

static void answer_question(struct visit *v)
{
    struct doctor_facts facts = {.clock_in = clock_ns()};
    v->asked = 1;
    v->ends = loop_now() + (int64_t)(v->question.limit_ms < 86400000 ? v->question.limit_ms : 86400000) * 1000000;
    doctor_examine(&facts, v->question.hosts);
    find_addresses(&facts);
    v->listener = open_listener(&facts);
    facts.clock_out = clock_ns();
    doctor_put_facts(&v->output, &facts);
}

static void begin_round(struct visit *v)
{
    int count = v->round.count;
    uint64_t ms = v->round.limit_ms < 60000 ? v->round.limit_ms : 60000;
    v->calls = realloc(v->calls, (size_t)(GUESTS + count * DOCTOR_ADDRESSES) * sizeof *v->calls);
    if (!v->calls)
        _Exit(1);
    v->finds = (struct doctor_finds){count, grow_new((size_t)count, sizeof *v->finds.list)};
    v->round_ends = loop_now() + (int64_t)ms * 1000000;
    for (int i = 0; i < count; i++) {
        v->finds.list[i].host = v->round.list[i].host;
        for (int k = 0; k < v->round.list[i].address_count; k++)
            try_address(v, i, k);
    }
}

/* What is still open has not answered in time. */
static void end_round(struct visit *v)
{
    for (int i = GUESTS; i < v->call_count; i++)
        if (v->calls[i].fd >= 0)
            hang_up(&v->calls[i]);
    v->call_count = GUESTS;
    v->round_ends = 0;
    v->open_ours = 0;
    doctor_put_finds(&v->output, &v->finds);
}

/* 0, or -1 and words: mpirun has said what is not understood. */
static int hear(struct visit *v, struct words *why)
{
    long n;
    while ((n = doctor_block(bytes_front(&v->input), bytes_count(&v->input))) > 0) {
        const char *text = bytes_front(&v->input);
        if (!v->asked) {
            if (doctor_get_question(text, (size_t)n, &v->question, why))
                return -1;
            answer_question(v);
        } else if (!v->finds.list) {
            if (doctor_get_round(text, (size_t)n, &v->round, why))
                return -1;
            begin_round(v);
        }
        bytes_drop(&v->input, (size_t)n);
    }
    return n < 0 ? words_set(why, "sends too much at once") : 0;
}

static void read_more(struct visit *v)
{
    ssize_t n = read(v->in, bytes_reserve(&v->input, 65536), 65536);
    if (n > 0)
        bytes_added(&v->input, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        v->over = 1;
}

static void write_more(struct visit *v)
{
    ssize_t n = write(v->out, bytes_front(&v->output), bytes_count(&v->output));
    if (n > 0)
        bytes_drop(&v->output, (size_t)n);
    else if (errno != EAGAIN && errno != EINTR)
        v->over = 1;
}

static int milliseconds_left(const struct visit *v)
{
    int64_t until = v->round_ends ? v->round_ends : v->ends, left = until - loop_now();
    return !until ? -1 : left <= 0 ? 0 : (int)(left / 1000000 < 100000 ? left / 1000000 + 1 : 100000);
}

/* What is watched: only descriptors that are open, as poll takes no more entries than files are allowed. */
struct watched {
    int count;
    struct pollfd polls[3 + GUESTS + DOCTOR_PEERS * DOCTOR_ADDRESSES];
    struct call *calls[3 + GUESTS + DOCTOR_PEERS * DOCTOR_ADDRESSES];
};

static void watch(struct watched *w, int fd, short events, struct call *call)
{
    w->calls[w->count] = call;
    w->polls[w->count++] = (struct pollfd){fd, events, 0};
}

static void wait_and_act(struct visit *v, struct watched *w)
{
    w->count = 0;
    watch(w, v->in, POLLIN, NULL);
    if (bytes_count(&v->output))
        watch(w, v->out, POLLOUT, NULL);
    if (v->listener >= 0)
        watch(w, v->listener, POLLIN, NULL);
    for (int i = 0; i < v->call_count; i++)
        if (v->calls[i].fd >= 0)
            watch(w, v->calls[i].fd, v->calls[i].from_here && !v->calls[i].connected ? POLLOUT : POLLIN,
                  &v->calls[i]);
    if (poll(w->polls, (nfds_t)w->count, milliseconds_left(v)) < 0) {
        v->over = errno != EINTR;
        return;
    }
    /* Calls first: a new one takes the place of an old one. */
    for (int i = w->count - 1; i >= 0; i--) {
        struct call *c = w->calls[i];
        if (!w->polls[i].revents)
            continue;
        if (c)
            (c->from_here ? ours_ready : guest_ready)(v, c);
        else if (w->polls[i].fd == v->listener)
            welcome(v);
        else if (w->polls[i].events == POLLOUT)
            write_more(v);
        else
            read_more(v);
    }
}

int doctor_attend(int in, int out, struct bytes *early)
{
    struct visit v = {.in = in, .out = out, .listener = -1, .call_count = GUESTS};
    struct words why;
    int code = 0;
    static struct watched watched;
    v.calls = grow_new(GUESTS, sizeof *v.calls);
    for (int i = 0; i < GUESTS; i++)
        v.calls[i].fd = -1;
    bytes_append(&v.input, bytes_front(early), bytes_count(early));
    bytes_append(&v.output, "\nhere\n", 6); /* the line before it is whatever the greeting ended with */
    while (!v.over && code == 0) {
        if (hear(&v, &why)) {
            fprintf(stderr, "mpirun: mpirun --doctor %s\n", why.s);
            code = 1;
        }
        if (v.round_ends && (v.open_ours == 0 || loop_now() >= v.round_ends))
            end_round(&v);
        if (v.ends && loop_now() >= v.ends)
            break;
        wait_and_act(&v, &watched);
    }
    free(v.calls);
    free(v.round.list);
    free(v.finds.list);
    bytes_free(&v.input);
    bytes_free(&v.output);
    return code;
}
