/* The shm wire: see shm.h, and shm_ring.h for the memory and the edges of its atomics.
 *
 * Polling looks at the channel that spoke last, and at one other per turn, so that a hundred silent neighbours cost no
 * more than one.
 *
 * Sleeping. A receiver that is about to sleep sets SHM_ASLEEP and looks once more; a sender publishes and then looks
 * for SHM_ASLEEP. One of them must see the other's store, which needs a full barrier between store and load on both
 * sides. Senders send far more often than receivers fall asleep, so the receiver pays for both: membarrier(2) makes
 * every running thread of the registered processes pass a full barrier. Then either the sender's store came before
 * that barrier, and the receiver's last look finds the packet, or its load comes after, and finds SHM_ASLEEP. Where
 * the kernel does not offer it to the receiver (no SHM_BARRIER; nor has a receiver that has not started yet) or to the
 * sender (shm.fence), the sender's own fence takes its place. lib/wire/sleep_test.c goes through all interleavings. */
#define _GNU_SOURCE
#include "wire/shm.h"

#include "wire/shm_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct shm_end {
    struct wire_end end;
    struct shm *shm;
    uint32_t local;
    /* out */
    struct shm_channel *out;  /* NULL until the first packet */
    _Atomic uint32_t *wake;   /* of the other side */
    uint32_t sent, done;      /* packets; done as last seen */
    uint32_t bytes, freed;    /* positions in the byte ring, running freely */
    uint32_t ends[SHM_LINES]; /* position behind each packet under way */
    /* in */
    struct shm_channel *in; /* NULL until the other side has sent */
    uint32_t received;
    int fences; /* the other side does not run membarrier for both before it sleeps */
    int bell; /* the other side's, opened; 0: not yet, -1: cannot be */
    int pid;
    int8_t reach; /* its memory: 1 can be reached, -1 cannot; 0: not tried yet */
};

struct wire {
    char unused;
};

struct shm {
    struct wire wire;
    struct shm_inbox *inbox; /* this process's */
    struct shm_end *hot;     /* who spoke last */
    struct shm_end **in;     /* who has ever spoken */
    uint32_t in_count, next; /* next: whose turn it is among them */
    uint32_t knocks;         /* as last seen */
    int look_everywhere;     /* the next poll looks at all channels */
    int fence;               /* this process cannot be reached by membarrier */
    int bell[2];             /* a pipe, of which others open the end to be written; 0: none */
    int cma;                 /* cross-memory copy may be tried */
    uint32_t ranks, me;
    char *room;
    struct shm_end **ends; /* of all ranks; NULL: none yet */
    wire_deliver *deliver;
    shm_accept *accept;
    void *context;
};

static struct shm_inbox *inbox_of(const struct shm *s, uint32_t local)
{
    return (struct shm_inbox *)(s->room + local * shm_inbox_size(s->ranks));
}

/* The channels to a rank stand together. */
static struct shm_channel *channel_of(const struct shm *s, uint32_t from, uint32_t to)
{
    struct shm_channel *first = (struct shm_channel *)(s->room + s->ranks * shm_inbox_size(s->ranks));
    return first + ((uint64_t)to * s->ranks + from);
}

/* Takes the memory now, where its lack can be told: a page that cannot be had later would be a SIGBUS. Kernels before
 * 5.14 do not know how; there it is left to chance. */
static int populate(void *memory, size_t size)
{
    return madvise(memory, size, MADV_POPULATE_WRITE) && errno != EINVAL ? -1 : 0;
}

/* ---- sending ---- */

static __attribute__((noinline)) int open_channel(struct shm_end *e)
{
    struct shm *s = e->shm;
    struct shm_channel *out = channel_of(s, s->me, e->local);
    struct shm_inbox *inbox = inbox_of(s, e->local);
    if (populate(out, SHM_CHANNEL_HEAD))
        return -1;
    atomic_fetch_or_explicit(&inbox->bits[s->me / 64], (uint64_t)1 << s->me % 64, memory_order_relaxed);
    atomic_fetch_add_explicit(&inbox->knocks, 1, memory_order_release); /* S2 */
    e->wake = &inbox->wake;
    e->out = out;
    return 0;
}

static int open_bell(struct shm_inbox *inbox)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)inbox->card.pid,
             (int)atomic_load_explicit(&inbox->bell, memory_order_relaxed));
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        atomic_store_explicit(&inbox->deaf, 1, memory_order_relaxed);
    return fd;
}

/* A rank, perhaps this one, sleeps on its pipe. The kernel lets processes of the same user open each other's descriptors;
 * where it does not, the other side learns that it must not sleep for long. */
static void ring(struct shm *s, uint32_t local)
{
    struct shm_end *e = s->ends[local];
    int fd = local == s->me ? s->bell[1] : e && e->bell ? e->bell : open_bell(inbox_of(s, local));
    if (fd > 0 && write(fd, "", 1) < 0 && errno != EAGAIN) /* a full pipe is a bell that rings */
        atomic_store_explicit(&inbox_of(s, local)->deaf, 1, memory_order_relaxed);
    if (local == s->me)
        return;
    if (e)
        e->bell = fd;
    else if (fd > 0)
        close(fd);
}

static void wake_rank(struct shm *s, uint32_t local)
{
    struct shm_inbox *inbox = inbox_of(s, local);
    uint32_t was = atomic_fetch_and(&inbox->wake, ~(uint32_t)SHM_ASLEEP);
    if (!(was & SHM_ASLEEP))
        return;
    if (was & SHM_BELL)
        ring(s, local);
    else
        syscall(SYS_futex, &inbox->wake, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static __attribute__((noinline)) void wake(struct shm_end *e)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(e->wake, memory_order_relaxed) & SHM_ASLEEP)
        wake_rank(e->shm, e->local);
}

/* Learns how far the receiver is. */
static void look_back(struct shm_end *e)
{
    uint32_t done = atomic_load_explicit(&e->out->done, memory_order_acquire); /* S1 */
    if (done - e->done > e->sent - e->done)
        return; /* nonsense: somebody has written into the channel */
    if (done != e->done)
        e->freed = e->ends[(done - 1) % SHM_LINES];
    e->done = done;
}

/* Where in the byte ring n bytes can stand, in one piece; -1: not now. */
static int64_t take_bytes(struct shm_end *e, uint32_t n)
{
    if (e->bytes == 0 && populate(e->out->bytes, SHM_BYTES))
        return -2;
    uint32_t take = (n + 63) / 64 * 64, at = e->bytes % SHM_BYTES;
    uint32_t skip = at + take > SHM_BYTES ? SHM_BYTES - at : 0;
    if (e->bytes + skip + take - e->freed > SHM_BYTES) {
        look_back(e);
        if (e->bytes + skip + take - e->freed > SHM_BYTES)
            return -1;
    }
    e->bytes += skip + take;
    return (e->bytes - take) % SHM_BYTES;
}

/* A cache line is fetched for writing before its turn comes: lines that the receiver has read last are far away, and
 * stores wait for them one after the other. */
static inline void own_soon(const void *line)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)line)); /* gcc's own prefetches for reading only */
#else
    __builtin_prefetch(line, 1);
#endif
}

static int shm_send(struct wire_end *to, const void *head, uint32_t head_size, struct cursor *body, size_t size)
{
    struct shm_end *e = (struct shm_end *)to;
    if (__builtin_expect(!e->out, 0) && open_channel(e))
        return WIRE_NO_MEMORY;
    if (__builtin_expect(e->sent - e->done == SHM_LINES, 0)) {
        look_back(e);
        if (e->sent - e->done == SHM_LINES)
            return WIRE_AGAIN;
    }
    struct shm_line *line = &e->out->lines[e->sent % SHM_LINES];
    uint32_t shape = head_size << 24 | (uint32_t)size;
    if (head_size + size <= SHM_LINE_DATA) {
        copy_short(line->data, head, head_size);
        if (size)
            cursor_fill(body, line->data + head_size, size);
    } else {
        int64_t at = take_bytes(e, (uint32_t)size);
        if (at < 0)
            return at == -1 ? WIRE_AGAIN : WIRE_NO_MEMORY;
        copy_short(line->data, head, head_size);
        uint32_t offset = (uint32_t)at;
        memcpy(line->data + head_size, &offset, sizeof offset);
        shape |= SHM_IN_BYTES;
        cursor_fill(body, e->out->bytes + at, size);
    }
    own_soon(&e->out->lines[(e->sent + 8) % SHM_LINES]);
    line->shape = shape;
    e->ends[e->sent % SHM_LINES] = e->bytes;
    atomic_store_explicit(&line->seq, ++e->sent, memory_order_release); /* S0 */
    if (__builtin_expect(e->shm->fence, 0))
        atomic_thread_fence(memory_order_seq_cst);
    atomic_signal_fence(memory_order_seq_cst); /* the compiler keeps the order; the processor: see above */
    if (__builtin_expect(atomic_load_explicit(e->wake, memory_order_relaxed) != SHM_BARRIER, 0))
        wake(e);
    if (shape & SHM_IN_BYTES) /* the next body will stand behind this one, and be as long */
        for (size_t i = 0; i < size && i < 2048; i += 64)
            own_soon(e->out->bytes + (e->bytes + i) % SHM_BYTES);
    return WIRE_SENT;
}

/* ---- receiving ---- */

/* A sender that sleeps until there is room has said so before its last look at `done`: the same two stores and loads as
 * those of a packet and SHM_ASLEEP, with the same barriers. */
static void tell_room(struct shm_end *e)
{
    if (__builtin_expect(e->fences, 0))
        atomic_thread_fence(memory_order_seq_cst);
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(atomic_load_explicit(&e->in->wants_room, memory_order_relaxed), 0)) {
        atomic_exchange(&e->in->wants_room, 0);
        wake_rank(e->shm, e->local);
    }
}

/* Takes up to `most` packets of one channel. */
static int receive(struct shm *s, struct shm_end *e, int most)
{
    int n = 0;
    while (n < most) {
        struct shm_line *line = &e->in->lines[e->received % SHM_LINES];
        if (atomic_load_explicit(&line->seq, memory_order_acquire) != e->received + 1) /* R0 */
            break;
        if (n) /* a stream: this line is probably there when its turn comes */
            __builtin_prefetch(&e->in->lines[(e->received + 3) % SHM_LINES]);
        uint32_t shape = line->shape, head_size = shape >> 24, size = shape & (SHM_IN_BYTES - 1);
        const char *body = line->data + head_size;
        if (shape & SHM_IN_BYTES) {
            uint32_t at;
            memcpy(&at, line->data + (head_size <= WIRE_HEAD ? head_size : 0), sizeof at);
            body = e->in->bytes + at;
            if (at >= SHM_BYTES || size > SHM_BYTES - at)
                head_size = UINT32_MAX;
        } else if (head_size + size > SHM_LINE_DATA) {
            head_size = UINT32_MAX;
        }
        if (__builtin_expect(head_size > WIRE_HEAD, 0)) {
            s->deliver(e->end.owner, NULL, 0, NULL, 0); /* not a packet: the owner ends this */
            break;
        }
        s->deliver(e->end.owner, line->data, head_size, body, size);
        atomic_store_explicit(&e->in->done, ++e->received, memory_order_release); /* R1 */
        n++;
    }
    if (n)
        tell_room(e);
    return n;
}

/* Channels that have been opened since the last look. */
static __attribute__((noinline)) void answer_knocks(struct shm *s)
{
    s->knocks = atomic_load_explicit(&s->inbox->knocks, memory_order_acquire); /* R2 */
    for (uint32_t word = 0; word < (s->ranks + 63) / 64; word++)
        for (uint64_t bits = atomic_load_explicit(&s->inbox->bits[word], memory_order_relaxed); bits; bits &= bits - 1) {
            uint32_t local = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (local >= s->ranks || (s->ends[local] && s->ends[local]->in))
                continue;
            void *owner = s->ends[local] ? s->ends[local]->end.owner : s->accept(s->context, local);
            struct shm_end *e = owner ? (struct shm_end *)shm_end(&s->wire, local, owner) : NULL;
            if (!e)
                continue;
            e->in = channel_of(s, local, s->me);
            e->fences = s->fence || !(atomic_load_explicit(&inbox_of(s, local)->wake, memory_order_relaxed) & SHM_BARRIER);
            s->in[s->in_count++] = e;
            s->hot = e;
        }
}

static int shm_poll(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    if (__builtin_expect(atomic_load_explicit(&s->inbox->knocks, memory_order_relaxed) != s->knocks, 0))
        answer_knocks(s);
    if (!s->hot)
        return 0;
    int n = receive(s, s->hot, 16);
    if (__builtin_expect(s->look_everywhere, 0)) {
        s->look_everywhere = 0;
        for (uint32_t i = 0; i < s->in_count; i++)
            n += receive(s, s->in[i], 16);
    } else if (s->in_count > 1) {
        if (++s->next >= s->in_count)
            s->next = 0;
        struct shm_end *e = s->in[s->next];
        int more = e == s->hot ? 0 : receive(s, e, 16);
        if (more && !n)
            s->hot = e;
        n += more;
    }
    return n;
}

static void shm_sleep_prepare(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    atomic_fetch_or(&s->inbox->wake, SHM_ASLEEP | (s->bell[0] ? SHM_BELL : 0));
    atomic_thread_fence(memory_order_seq_cst); /* on aarch64 later loads may pass an atomic operation */
    if (atomic_load_explicit(&s->inbox->wake, memory_order_relaxed) & SHM_BARRIER)
        syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
    s->look_everywhere = 1;
}

static void shm_sleep(struct wire *wire, long microseconds)
{
    struct shm *s = (struct shm *)wire;
    uint32_t value = atomic_load_explicit(&s->inbox->wake, memory_order_relaxed);
    struct timespec limit = {microseconds / 1000000, microseconds % 1000000 * 1000};
    if (value & SHM_ASLEEP)
        syscall(SYS_futex, &s->inbox->wake, FUTEX_WAIT, value, &limit, NULL, 0);
}

static void shm_sleep_finish(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    atomic_fetch_and(&s->inbox->wake, ~(uint32_t)(SHM_ASLEEP | SHM_BELL));
}

static int shm_sleep_on(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    char rung[64];
    if (!s->bell[0] || atomic_load_explicit(&s->inbox->deaf, memory_order_relaxed))
        return WIRE_NAP;
    while (read(s->bell[0], rung, sizeof rung) == (ssize_t)sizeof rung) /* for sleeps that are over; see the next line */
        continue;
    return atomic_load_explicit(&s->inbox->wake, memory_order_relaxed) & SHM_ASLEEP ? s->bell[0] : WIRE_AWAKE;
}

int shm_bell(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    if (pipe2(s->bell, O_NONBLOCK | O_CLOEXEC)) {
        s->bell[0] = s->bell[1] = 0;
        return -1;
    }
    atomic_store_explicit(&s->inbox->bell, s->bell[1], memory_order_relaxed);
    return 0;
}

static void shm_want_room(struct wire_end *end)
{
    struct shm_end *e = (struct shm_end *)end;
    if (e->out)
        atomic_store_explicit(&e->out->wants_room, 1, memory_order_relaxed); /* shm_sleep_prepare has the barrier */
}

static void shm_wake(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    wake_rank(s, s->me);
}

void shm_wake_rank(struct wire *wire, uint32_t local)
{
    struct shm *s = (struct shm *)wire;
    if (atomic_load_explicit(&inbox_of(s, local)->wake, memory_order_relaxed) & SHM_ASLEEP)
        wake_rank(s, local);
}

void shm_barriers(struct wire *wire, int *reached, int *reaching)
{
    struct shm *s = (struct shm *)wire;
    *reached = !s->fence;
    *reaching = (atomic_load_explicit(&s->inbox->wake, memory_order_relaxed) & SHM_BARRIER) != 0;
}

void shm_wake_all(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    for (uint32_t i = 0; i < s->ranks; i++)
        if (i != s->me)
            wake_rank(s, i);
}

/* ---- memory of the other side ---- */

static int shm_reach(struct wire_end *end)
{
    struct shm_end *e = (struct shm_end *)end;
    if (!e->reach) {
        struct cma_card card = inbox_of(e->shm, e->local)->card; /* ours, or it has sent something: it is complete */
        e->pid = card.pid;
        e->reach = e->shm->cma && cma_prove(&card) ? 1 : -1;
    }
    return e->reach > 0;
}

static int shm_copy(struct wire_end *end, void *here, uint64_t there, size_t size, int to_there)
{
    struct shm_end *e = (struct shm_end *)end;
    if (e->local == e->shm->me) {
        memmove(to_there ? (void *)(uintptr_t)there : here, to_there ? here : (void *)(uintptr_t)there, size);
        return 0;
    }
    return cma_copy(e->pid, here, there, size, to_there);
}

static int shm_has_taken(struct wire_end *end)
{
    struct shm_end *e = (struct shm_end *)end;
    return !e->out || atomic_load_explicit(&e->out->done, memory_order_relaxed) == e->sent;
}

static struct wire_share *shm_share(struct wire_end *end, int leaves, uint32_t i)
{
    struct shm_end *e = (struct shm_end *)end;
    struct shm_channel *c = leaves ? e->out : e->in;
    return c ? &c->shares[i].share : NULL;
}

/* ---- life ---- */

struct wire *shm_init(void *room, uint32_t ranks, uint32_t me, int cma, wire_deliver *deliver, shm_accept *accept,
                      void *context)
{
    struct shm *s = calloc(1, sizeof *s);
    struct shm_end **lists = calloc(2 * (size_t)ranks, sizeof *lists);
    if (!s || !lists) {
        free(s);
        free(lists);
        return NULL;
    }
    *s = (struct shm){.room = room, .ranks = ranks, .me = me, .deliver = deliver, .accept = accept, .context = context,
                      .ends = lists, .in = lists + ranks};
    s->inbox = inbox_of(s, me);
    s->cma = cma;
    cma_introduce(&s->inbox->card);
    /* Registered: others' membarriers reach this process. Offered: this process's reach the others. */
    s->fence = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) != 0;
    if (!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0))
        atomic_fetch_or(&s->inbox->wake, SHM_BARRIER);
    return &s->wire;
}

static void end_free(struct shm_end *e)
{
    if (e && e->bell > 0)
        close(e->bell);
    free(e);
}

void shm_fini(struct wire *wire)
{
    struct shm *s = (struct shm *)wire;
    for (uint32_t i = 0; i < s->ranks; i++)
        end_free(s->ends[i]);
    if (s->bell[0]) {
        close(s->bell[0]);
        close(s->bell[1]);
    }
    free(s->ends);
    free(s);
}

struct wire_end *shm_end(struct wire *wire, uint32_t local, void *owner)
{
    struct shm *s = (struct shm *)wire;
    if (!s->ends[local]) {
        struct shm_end *e = calloc(1, sizeof *e);
        if (!e)
            return NULL;
        e->end = (struct wire_end){.ops = &shm_ops, .owner = owner, .piece = SHM_PIECE, .eager = SHM_EAGER};
        e->shm = s;
        e->local = local;
        s->ends[local] = e;
    }
    return &s->ends[local]->end;
}

const struct wire_ops shm_ops = {
    .name = "shm",
    .send = shm_send,
    .send_later = shm_send,
    .poll = shm_poll,
    .has_taken = shm_has_taken,
    .reach = shm_reach,
    .copy = shm_copy,
    .share = shm_share,
    .sleep_prepare = shm_sleep_prepare,
    .sleep = shm_sleep,
    .sleep_on = shm_sleep_on,
    .sleep_finish = shm_sleep_finish,
    .wake = shm_wake,
    .want_room = shm_want_room,
};
