/* Tests of the shm wire: every byte of every packet arrives, once and in order, with a receiver that is slow,
 * asleep or talked to by many, in threads and in processes; and memory that somebody else has written into
 * leads nowhere. What the sleep protocol rests on is proved in sleep_test.c.
 *
 * The source itself is included, so that counters can be set close to their end. Under the thread sanitizer:
 *     gcc -std=gnu11 -g -O1 -fsanitize=thread -Wno-tsan -I. -Ilib lib/wire/shm_test.c -o shm_test \
 *         $(pkg-config --cflags --libs check) && ./shm_test */
#include "wire/shm.c"

#include "tests/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

enum { RANKS_MOST = 200, NEVER = 1000 * 1000 * 1000 /* us: a lost wake-up is a test that hangs */ };

/* ---- memory that ends where it ends ---- */

static char *room;
static size_t room_size;

/* Pages without access stand before and behind. */
static void make_room(uint32_t ranks)
{
    room_size = shm_room(ranks);
    char *all = mmap(NULL, room_size + 8192, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ck_assert_ptr_ne(all, MAP_FAILED);
    ck_assert_int_eq(mprotect(all + 4096, room_size, PROT_READ | PROT_WRITE), 0);
    room = all + 4096;
}

static void drop_room(void)
{
    munmap(room - 4096, room_size + 8192);
}

/* ---- packets whose every byte is known ---- */

/* The number i of a sender decides everything about a packet. */
static uint64_t seed_of(uint32_t sender, uint32_t i)
{
    return ((uint64_t)sender << 40 | i) * 0x9e3779b97f4a7c15u | 1;
}

static uint32_t head_size_of(uint64_t seed)
{
    return 16 + 8 * ((seed >> 20) % 5);
}

static uint32_t size_of(uint64_t seed)
{
    uint64_t state = seed;
    switch (unit_below(&state, 8)) {
    case 0: return 0;
    case 1: return 20 + unit_below(&state, 24); /* around the end of the line */
    case 2: return SHM_PIECE - unit_below(&state, 70);
    case 3: return unit_below(&state, SHM_PIECE + 1);
    case 4: return unit_below(&state, 300);
    default: return unit_below(&state, 57);
    }
}

static void write_packet(uint32_t sender, uint32_t i, char *head, char *body)
{
    uint64_t state = seed_of(sender, i);
    uint32_t head_size = head_size_of(state), size = size_of(state);
    memcpy(head, &sender, 4);
    memcpy(head + 4, &i, 4);
    for (uint32_t j = 8; j < head_size; j++)
        head[j] = (char)unit_random(&state);
    for (uint32_t j = 0; j < size; j++)
        body[j] = (char)(state >> 8 * (j % 8)) ^ (char)(j / 8);
}

/* One direction, as its receiver sees it: an owner. */
struct inflow {
    uint32_t sender, received;
    int broken;
};

static _Atomic int wrong; /* in any thread */

static void check_packet(void *owner, const void *head, uint32_t head_size, const void *body, size_t size)
{
    struct inflow *f = owner;
    char want_head[WIRE_HEAD], want_body[SHM_PIECE];
    if (!head) {
        f->broken++;
        return;
    }
    uint64_t seed = seed_of(f->sender, f->received);
    write_packet(f->sender, f->received, want_head, want_body);
    if (size != size_of(seed) || head_size != head_size_of(seed) || memcmp(head, want_head, head_size) != 0 ||
        memcmp(body, want_body, size) != 0) {
        fprintf(stderr, "packet %u of sender %u is wrong, size %zu\n", f->received, f->sender, size);
        atomic_store(&wrong, 1);
    }
    f->received++;
}

/* 0, or what send has said: then nothing may have moved. */
static int send_packet(struct wire_end *to, uint32_t sender, uint32_t i)
{
    char head[WIRE_HEAD], body[SHM_PIECE];
    uint64_t seed = seed_of(sender, i);
    write_packet(sender, i, head, body);
    struct cursor c = cursor_over(body, size_of(seed));
    int sent = to->ops->send(to, head, head_size_of(seed), &c, size_of(seed));
    size_t left = sent == WIRE_SENT ? 0 : size_of(seed);
    if (c.left != left)
        atomic_store(&wrong, 2);
    return sent;
}

static void send_all(struct wire_end *to, uint32_t sender, uint32_t count, int yield)
{
    for (uint32_t i = 0; i < count;) {
        int sent = send_packet(to, sender, i);
        if (sent == WIRE_DEAD) {
            atomic_store(&wrong, 3);
            return;
        }
        if (sent == WIRE_SENT)
            i++;
        else
            sched_yield();
        if (yield && i % 64 == 0)
            sched_yield(); /* so that the receiver gets through and falls asleep */
    }
}

/* ---- the receiver ---- */

static struct inflow inflows[RANKS_MOST];
static int accepted[RANKS_MOST], refuse = -1;

static void *accept_one(void *context, uint32_t local)
{
    (void)context;
    if ((int)local == refuse)
        return NULL;
    accepted[local]++;
    inflows[local].sender = local;
    return &inflows[local];
}

static struct wire *open_wire(uint32_t ranks, uint32_t me)
{
    struct wire *w = shm_init(room, ranks, me, 1, check_packet, accept_one, NULL);
    ck_assert_ptr_nonnull(w);
    return w;
}

/* Polls until `count` packets have come, and sleeps, as p2p does, whenever there are none. */
static void receive_all(struct wire *w, uint32_t count, int looks)
{
    for (uint32_t n = 0; n < count;) {
        int some = 0;
        for (int i = 0; i < looks && !some; i++)
            some = shm_ops.poll(w);
        if (!some) {
            shm_ops.sleep_prepare(w);
            some = shm_ops.poll(w);
            if (!some)
                shm_ops.sleep(w, NEVER);
            shm_ops.sleep_finish(w);
        }
        n += (uint32_t)some;
    }
}

static void begin(uint32_t ranks)
{
    make_room(ranks);
    memset(inflows, 0, sizeof inflows);
    memset(accepted, 0, sizeof accepted);
    refuse = -1;
}

/* ---- alone: what can be said exactly ---- */

/* Sends until AGAIN, then receives; so many times. Nothing gets lost at the full mark. */
START_TEST(full_and_empty)
{
    begin(2);
    struct wire *a = open_wire(2, 0), *b = open_wire(2, 1);
    struct wire_end *to = shm_end(a, 1, NULL);
    uint32_t sent = 0, most = 0;
    for (int round = 0; round < 300; round++) {
        uint32_t before = sent;
        while (send_packet(to, 0, sent) == WIRE_SENT)
            sent++;
        ck_assert_int_eq(send_packet(to, 0, sent), WIRE_AGAIN); /* it stays so */
        ck_assert_uint_gt(sent, before);
        most = sent - before > most ? sent - before : most;
        while (shm_ops.poll(b) > 0)
            ;
        ck_assert_uint_eq(inflows[0].received, sent);
    }
    ck_assert_uint_ge(most, SHM_LINES / 4);
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(accepted[0], 1);
    shm_fini(a);
    shm_fini(b);
    drop_room();
}
END_TEST

static size_t counted;
static void count_packet(void *owner, const void *head, uint32_t head_size, const void *body, size_t size)
{
    (void)owner, (void)head_size, (void)body, (void)size;
    counted += head != NULL;
}

/* All lines are used by short packets, the whole byte ring by long ones. */
START_TEST(room_for_as_many_as_declared)
{
    static const struct {
        uint32_t size, count;
    } fills[] = {{0, SHM_LINES}, {8, SHM_LINES}, {9, SHM_LINES}, {SHM_PIECE, SHM_BYTES / SHM_PIECE}, {4096, 16}};
    static char head[WIRE_HEAD], body[SHM_PIECE];
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        begin(1);
        struct wire *w = shm_init(room, 1, 0, 1, count_packet, accept_one, NULL);
        struct wire_end *to = shm_end(w, 0, NULL);
        to->owner = &inflows[0];
        for (int lap = 0; lap < 5; lap++) {
            uint32_t n = 0;
            counted = 0;
            for (struct cursor c = cursor_over(body, fills[i].size);
                 to->ops->send(to, head, sizeof head, &c, fills[i].size) == WIRE_SENT;
                 c = cursor_over(body, fills[i].size))
                n++;
            ck_assert_uint_eq(n, fills[i].count);
            while (shm_ops.poll(w) > 0)
                ;
            ck_assert_uint_eq(counted, fills[i].count);
        }
        shm_fini(w);
        drop_room();
    }
}
END_TEST

/* Every counter runs over its end: packets, and positions in the byte ring. */
START_TEST(counters_run_over)
{
    begin(2);
    struct wire *a = open_wire(2, 0), *b = open_wire(2, 1);
    struct shm_end *out = (struct shm_end *)shm_end(a, 1, NULL);
    struct shm_end *in = (struct shm_end *)shm_end(b, 0, &inflows[0]);
    struct shm_channel *channel = channel_of((struct shm *)a, 0, 1);
    out->sent = out->done = in->received = UINT32_MAX - 500;
    out->bytes = out->freed = UINT32_MAX - 63 - 1000 * 64;
    for (uint32_t i = 0; i < SHM_LINES; i++)
        out->ends[i] = out->bytes;
    atomic_store(&channel->done, out->done);
    for (uint32_t i = 0; i < 3000;) {
        while (send_packet(&out->end, 0, i) == WIRE_SENT)
            i++;
        while (shm_ops.poll(b) > 0)
            ;
        ck_assert_uint_eq(inflows[0].received, i);
    }
    ck_assert_uint_lt(out->sent, UINT32_MAX - 500);
    ck_assert_uint_lt(out->bytes, 1u << 31);
    ck_assert_int_eq(wrong, 0);
    shm_fini(a);
    shm_fini(b);
    drop_room();
}
END_TEST

/* ---- knocks ---- */

START_TEST(each_sender_is_accepted_once)
{
    enum { RANKS = 200, ME = 130 };
    static const uint32_t senders[] = {0, 1, 63, 64, 65, 127, 128, 199, ME};
    struct wire *wires[sizeof senders / sizeof senders[0]];
    begin(RANKS);
    struct wire *w = open_wire(RANKS, ME);
    ck_assert_int_eq(shm_ops.poll(w), 0);
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++) {
        wires[i] = senders[i] == ME ? w : open_wire(RANKS, senders[i]);
        struct wire_end *to = shm_end(wires[i], ME, &inflows[ME]);
        inflows[ME].sender = ME;
        for (uint32_t n = 0; n < 3; n++)
            ck_assert_int_eq(send_packet(to, senders[i], n), WIRE_SENT);
        for (size_t looks = 0; looks < 4; looks++)
            shm_ops.poll(w);
        ck_assert_uint_eq(inflows[senders[i]].received, 3);
        /* this process's own end is there already, nobody new is accepted */
        ck_assert_int_eq(accepted[senders[i]], senders[i] != ME);
    }
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++)
        ck_assert_int_eq(send_packet(shm_end(wires[i], ME, NULL), senders[i], 3), WIRE_SENT);
    for (int looks = 0; looks < 30; looks++)
        shm_ops.poll(w);
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++) {
        ck_assert_uint_eq(inflows[senders[i]].received, 4);
        ck_assert_int_eq(accepted[senders[i]], senders[i] != ME);
        if (wires[i] != w)
            shm_fini(wires[i]);
    }
    ck_assert_int_eq(wrong, 0);
    shm_fini(w);
    drop_room();
}
END_TEST

/* After prepare, one poll sees everything, so that what is quiet in the middle of others is not overlooked. */
START_TEST(the_last_look_is_at_everybody)
{
    enum { RANKS = 20 };
    struct wire *wires[RANKS];
    begin(RANKS);
    for (uint32_t i = 0; i < RANKS; i++)
        wires[i] = open_wire(RANKS, i);
    for (uint32_t round = 0; round < 10; round++)
        for (uint32_t turn = 1; turn < RANKS; turn++) {
            uint32_t i = round ? turn * 7 % RANKS : turn; /* not the order in which they knocked */
            ck_assert_int_eq(send_packet(shm_end(wires[i], 0, NULL), i, round), WIRE_SENT);
            shm_ops.sleep_prepare(wires[0]);
            ck_assert_int_eq(shm_ops.poll(wires[0]), 1);
            shm_ops.sleep_finish(wires[0]);
            ck_assert_uint_eq(inflows[i].received, round + 1);
        }
    ck_assert_int_eq(wrong, 0);
    for (uint32_t i = 0; i < RANKS; i++)
        shm_fini(wires[i]);
    drop_room();
}
END_TEST

START_TEST(who_is_refused_is_not_heard)
{
    begin(3);
    struct wire *w = open_wire(3, 0), *one = open_wire(3, 1), *two = open_wire(3, 2);
    refuse = 1;
    ck_assert_int_eq(send_packet(shm_end(one, 0, NULL), 1, 0), WIRE_SENT);
    ck_assert_int_eq(send_packet(shm_end(two, 0, NULL), 2, 0), WIRE_SENT);
    for (int looks = 0; looks < 10; looks++)
        shm_ops.poll(w);
    ck_assert_uint_eq(inflows[1].received, 0);
    ck_assert_uint_eq(inflows[2].received, 1);
    shm_fini(w);
    shm_fini(one);
    shm_fini(two);
    drop_room();
}
END_TEST

/* ---- several threads, several processes ---- */

struct job {
    uint32_t ranks, me, to, count;
    int yield;
};

static void *sender(void *arg)
{
    const struct job *j = arg;
    struct wire *w = shm_init(room, j->ranks, j->me, 1, check_packet, accept_one, NULL);
    if (!w)
        atomic_store(&wrong, 4);
    else
        send_all(shm_end(w, j->to, NULL), j->me, j->count, j->yield);
    if (w)
        shm_fini(w);
    return NULL;
}

static const struct {
    int processes, senders, yield, looks;
    uint32_t count;
} crowds[] = {
    {0, 1, 0, 1000, 60000}, {1, 1, 0, 1000, 60000}, {0, 4, 0, 100, 15000}, {1, 4, 0, 100, 15000},
    {0, 1, 1, 1, 20000},    {1, 1, 1, 1, 20000},    {0, 4, 1, 1, 8000},    {1, 4, 1, 1, 8000}, /* mostly asleep */
};

START_TEST(senders_and_one_receiver)
{
    struct job jobs[4];
    pthread_t threads[4];
    pid_t processes[4];
    uint32_t ranks = 1 + (uint32_t)crowds[_i].senders;
    begin(ranks);
    for (uint32_t i = 0; i < ranks - 1; i++) {
        jobs[i] = (struct job){ranks, i + 1, 0, crowds[_i].count, crowds[_i].yield};
        if (!crowds[_i].processes) {
            ck_assert_int_eq(pthread_create(&threads[i], NULL, sender, &jobs[i]), 0);
        } else if (!(processes[i] = fork())) {
            sender(&jobs[i]);
            _exit(wrong);
        }
    }
    struct wire *w = open_wire(ranks, 0);
    receive_all(w, (ranks - 1) * crowds[_i].count, crowds[_i].looks);
    for (uint32_t i = 0; i < ranks - 1; i++) {
        int status = 0;
        if (!crowds[_i].processes)
            pthread_join(threads[i], NULL);
        else
            ck_assert_int_eq(waitpid(processes[i], &status, 0), processes[i]);
        ck_assert_int_eq(status, 0);
        ck_assert_uint_eq(inflows[i + 1].received, crowds[_i].count);
        ck_assert_int_eq(accepted[i + 1], 1);
    }
    ck_assert_int_eq(shm_ops.poll(w), 0);
    ck_assert_int_eq(wrong, 0);
    shm_fini(w);
    drop_room();
}
END_TEST

/* ---- damage: the other side has written what it should not have ---- */

/* A wire whose first channel has been written into: `damaged`. */
static struct shm_channel *damaged;
static void check_bounds(void *owner, const void *head, uint32_t head_size, const void *body, size_t size);
static struct shm_end *open_damaged(void)
{
    struct shm *s = (struct shm *)shm_init(room, 1, 0, 1, check_bounds, accept_one, NULL);
    s->hot = (struct shm_end *)shm_end(&s->wire, 0, &inflows[0]);
    s->hot->in = damaged = channel_of(s, 0, 0);
    return s->hot;
}

static uint64_t delivered_good, delivered_bad;

static void check_bounds(void *owner, const void *head, uint32_t head_size, const void *body, size_t size)
{
    (void)owner;
    if (!head) {
        ck_assert(size == 0 && head_size == 0);
        delivered_bad++;
        return;
    }
    delivered_good++;
    const char *from = body, *h = head, *lines = (char *)damaged->lines, *bytes = damaged->bytes;
    if (head_size > WIRE_HEAD || h < lines || h + WIRE_HEAD > bytes)
        ck_abort_msg("a head stands outside of the lines");
    const struct shm_line *line = &damaged->lines[(h - lines) / 64];
    int in_line = from >= line->data && from + size <= line->data + SHM_LINE_DATA;
    int in_bytes = from >= bytes && size <= SHM_BYTES && from + size <= bytes + SHM_BYTES;
    if (size && !in_line && !in_bytes)
        ck_abort_msg("a body of %zu bytes stands outside", size);
    volatile char sum = 0; /* really read it: behind the channel is no memory */
    for (size_t i = 0; i < size; i++)
        sum = (char)(sum + from[i]);
}

START_TEST(lines_full_of_garbage)
{
    uint64_t seed = 77;
    begin(1);
    for (int round = 0; round < 40000; round++) {
        struct shm_end *e = open_damaged();
        e->received = unit_random(&seed);
        for (uint32_t i = 0; i < 4; i++) {
            struct shm_line *line = &damaged->lines[(e->received + i) % SHM_LINES];
            uint32_t *words = (uint32_t *)line->data;
            /* each may be an offset: some are good, some nearly */
            for (int word = 0; word < SHM_LINE_DATA / 4; word++)
                words[word] = unit_below(&seed, 2) ? unit_random(&seed) : SHM_BYTES - unit_below(&seed, 100);
            uint32_t size = unit_below(&seed, 2) ? unit_below(&seed, 120) : unit_random(&seed) & 0x7fffff;
            line->shape = unit_below(&seed, 70) << 24 | unit_below(&seed, 2) << 23 | size;
            if (unit_below(&seed, 4) == 0)
                line->shape = unit_random(&seed);
            atomic_store(&line->seq, e->received + i + 1);
        }
        for (int i = 0; i < 3; i++)
            ck_assert_int_le(shm_ops.poll(&e->shm->wire), 4);
        shm_fini(&e->shm->wire);
    }
    ck_assert_uint_gt(delivered_good, 1000);
    ck_assert_uint_gt(delivered_bad, 1000);
    drop_room();
}
END_TEST

/* A size or an offset that is too large by one. */
START_TEST(lines_at_the_limit)
{
    static const struct {
        uint32_t head, in_bytes, size, at;
        int good;
    } cases[] = {
        {16, 0, 40, 0, 1}, {16, 0, 41, 0, 0}, {48, 0, 8, 0, 1}, {48, 0, 9, 0, 0}, {49, 0, 0, 0, 0},
        {255, 0, 0, 0, 0},
        {0, 0, 56, 0, 1}, {0, 0, 57, 0, 0}, {16, 1, SHM_BYTES, 0, 1}, {16, 1, SHM_BYTES, 1, 0},
        {16, 1, SHM_BYTES + 1, 0, 0}, {48, 1, 1, SHM_BYTES - 1, 1}, {48, 1, 2, SHM_BYTES - 1, 0},
        {48, 1, 0, SHM_BYTES - 1, 1}, {48, 1, 0, SHM_BYTES, 0}, {16, 1, 64, UINT32_MAX, 0},
        {16, 1, 64, UINT32_MAX - 63, 0},
        {49, 1, 0, 0, 0}, {200, 1, 0, 0, 0}, {16, 1, 0x7fffff, 0, 0},
    };
    begin(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shm_end *e = open_damaged();
        memset(damaged->lines, 0, sizeof damaged->lines);
        struct shm_line *line = &damaged->lines[0];
        line->shape = cases[i].head << 24 | cases[i].in_bytes << 23 | cases[i].size;
        if (cases[i].in_bytes && cases[i].head + 4 <= SHM_LINE_DATA)
            memcpy(line->data + cases[i].head, &cases[i].at, 4);
        atomic_store(&line->seq, 1);
        delivered_good = delivered_bad = 0;
        ck_assert_msg(shm_ops.poll(&e->shm->wire) == cases[i].good, "case %zu", i);
        ck_assert_msg(delivered_good == (uint64_t)cases[i].good && delivered_bad == !cases[i].good, "case %zu", i);
        shm_fini(&e->shm->wire);
    }
    drop_room();
}
END_TEST

/* The receiver lies about how far it is, everybody about who knocks. The sender stays inside. */
START_TEST(garbage_from_the_receiver)
{
    uint64_t seed = 78;
    begin(2);
    struct wire *a = open_wire(2, 0);
    struct shm_end *out = (struct shm_end *)shm_end(a, 1, &inflows[1]);
    struct shm_channel *channel = channel_of((struct shm *)a, 0, 1);
    uint32_t i = 0;
    for (int round = 0; round < 100000; round++) {
        uint32_t done = atomic_load(&channel->done);
        uint32_t lie = unit_below(&seed, 3) == 0 ? unit_random(&seed) : out->sent + 70 - unit_below(&seed, 140);
        atomic_store(&channel->done, unit_below(&seed, 4) ? out->sent : lie);
        int sent = send_packet(&out->end, 0, i);
        ck_assert_int_ne(sent, WIRE_DEAD);
        i += sent == WIRE_SENT;
        ck_assert_uint_le(out->sent - out->done, SHM_LINES);
        if (unit_below(&seed, 2))
            atomic_store(&channel->done, done);
    }
    ck_assert_uint_gt(i, 1000);
    ck_assert_int_eq(wrong, 0);

    struct shm_inbox *inbox = inbox_of((struct shm *)a, 0);
    atomic_fetch_add(&inbox->knocks, 12345);
    atomic_store(&inbox->bits[0], UINT64_MAX);
    for (int looks = 0; looks < 10; looks++)
        ck_assert_int_eq(shm_ops.poll(a), 0);
    ck_assert_uint_eq(((struct shm *)a)->in_count, 2);
    shm_fini(a);
    drop_room();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shm");
    TCase *exact = unit_case(suite, "exact"), *knocks = unit_case(suite, "knocks");
    TCase *many = unit_case(suite, "many"), *damage = unit_case(suite, "damage");
    tcase_add_test(exact, full_and_empty);
    tcase_add_test(exact, room_for_as_many_as_declared);
    tcase_add_test(exact, counters_run_over);
    tcase_add_test(knocks, each_sender_is_accepted_once);
    tcase_add_test(knocks, the_last_look_is_at_everybody);
    tcase_add_test(knocks, who_is_refused_is_not_heard);
    tcase_add_loop_test(many, senders_and_one_receiver, 0, sizeof crowds / sizeof crowds[0]);
    tcase_add_test(damage, lines_full_of_garbage);
    tcase_add_test(damage, lines_at_the_limit);
    tcase_add_test(damage, garbage_from_the_receiver);
    return unit_run(suite);
}
