/* Why no wake-up is lost: a model of shm.c's sending, sleeping and waking, of which every interleaving is
 * tried.
 *
 * The model is made of the steps that one processor does at once: a load, a store into its own store buffer, an
 * atomic operation, a fence, a system call. A store leaves the buffer for memory at any time later (that is
 * TSO, x86; other processors delay the store of seq in the same way, and with ATOMICS_PASS also the store of an
 * atomic operation behind later loads, as aarch64 may). membarrier is a step that empties the buffer of each
 * process that it reaches, one after the other. Sleeps have no time limit here, and nothing wakes without a
 * reason.
 *
 * A wake-up is lost when nothing can go on and a packet was sent that has not been received: the receiver
 * sleeps, all senders are done. A sender may be done after any packet, so that no later one helps. All states
 * that can be reached are visited; there is none of that kind. Then the same with one thing at a time left out
 * of the protocol: each time such a state is found, or the model would be worth nothing.
 *
 * At the end of the file the real thing, two threads that sleep after every packet. */
#include "wire/shm.c"

#include "tests/unit.h"

#include <pthread.h>
#include <stdio.h>

enum { PACKETS = 2, SENDERS = 2, STATES = 1 << 21 };

/* What is left out or wrong, if anything. */
enum mistake {
    NOTHING,
    NO_MEMBARRIER,    /* the receiver does not call it */
    NO_SENDER_FENCE,  /* a sender that membarrier does not reach does not fence after publishing */
    NO_WAKE_FENCE,    /* wake() does not fence before it looks again */
    NO_ATOMIC_FENCE,  /* the receiver takes its atomic operation for a fence */
    NO_LAST_LOOK,
    NO_LAST_KNOCK,    /* the last look is at the channels that are known */
    LOOK_AT_SOME,     /* the last look is not at all channels */
    ANNOUNCE_LATE,    /* the last look comes before SHM_ASLEEP */
    ONE_LOOK_AT_WAKE, /* sleeps without asking whether SHM_ASLEEP is still set */
    BLIND_FUTEX,      /* sleeps without comparing */
    /* senders fence only when a bit of the receiver asks for it, and it may ask after they began */
    FENCE_ON_DEMAND
};

struct setting {
    int senders;
    int reached[SENDERS];  /* membarrier reaches them; who it does not reach has shm.fence set */
    int offered;           /* the receiver has membarrier: SHM_BARRIER is set */
    int atomics_pass;      /* later loads may pass an atomic operation */
    enum mistake mistake;
};

enum sender_at { OPEN_BIT, OPEN_KNOCK, PUBLISH, OWN_FENCE, LOOK_AT_WAKE, WAKE_FENCE, LOOK_AGAIN, CLEAR, WAKE,
                NEXT, DONE };
enum receiver_at {
    INIT, KNOCKS, BITS, CHANNELS, ANNOUNCE, WHICH_BARRIER, BARRIER, LOOK_BEFORE_SLEEP, FUTEX, SLEEPING, FINISH
};

/* All bytes, so that states can be compared as memory. */
struct state {
    /* memory */
    uint8_t wake, knocks, bits, seq[SENDERS];
    /* senders; sent - seq stores of seq stand in the buffer */
    uint8_t at[SENDERS], sent[SENDERS];
    /* the receiver */
    uint8_t rat, which; /* which: channel or sender in CHANNELS, BARRIER */
    uint8_t last;       /* it is the last look */
    uint8_t found;      /* this look has found something */
    uint8_t announced;  /* the store of SHM_ASLEEP stands in the buffer */
    uint8_t value, knocks_seen, known, received[SENDERS];
};

/* ---- all states that can be reached ---- */

static struct {
    struct state state;
    uint32_t from; /* the state before, and the step that leads here */
    int number;
    const char *who, *what;
} *found;
static uint32_t found_count, *table; /* table: hash to place + 1 */
static const struct setting *set;

static void reach(const struct state *s, uint32_t from, const char *who, int number, const char *what)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < sizeof *s; i++)
        h = (h ^ ((const uint8_t *)s)[i]) * 1099511628211u;
    uint32_t place = (uint32_t)(h ^ h >> 32) % (2 * STATES);
    for (; table[place]; place = (place + 1) % (2 * STATES))
        if (memcmp(&found[table[place] - 1].state, s, sizeof *s) == 0)
            return;
    ck_assert_uint_lt(found_count, STATES);
    found[found_count].state = *s;
    found[found_count].from = from;
    found[found_count].number = number;
    found[found_count].who = who;
    found[found_count].what = what;
    table[place] = ++found_count;
}

/* ---- a sender: shm_send and wake ---- */

static int buffer_is_empty(const struct state *s, int i)
{
    return s->sent[i] == s->seq[i];
}

/* Is wake what the short way takes for "nobody sleeps, no fence is needed"? */
static int is_quiet(uint8_t wake)
{
    return set->mistake == FENCE_ON_DEMAND ? wake == 0 : wake == SHM_BARRIER;
}

static void sender_steps(const struct state *before, uint32_t from, int i)
{
    struct state s = *before;
    if (!buffer_is_empty(&s, i)) {
        s.seq[i]++;
        reach(&s, from, "sender", i, "its store is seen");
        s = *before;
    }
    switch (before->at[i]) {
    case OPEN_BIT:
        s.bits |= (uint8_t)(1 << i);
        s.at[i] = OPEN_KNOCK;
        reach(&s, from, "sender", i, "sets its bit");
        break;
    case OPEN_KNOCK:
        s.knocks++;
        s.at[i] = PUBLISH;
        reach(&s, from, "sender", i, "knocks");
        break;
    case PUBLISH:
        s.sent[i]++;
        s.at[i] = set->reached[i] || set->mistake == NO_SENDER_FENCE ? LOOK_AT_WAKE : OWN_FENCE;
        reach(&s, from, "sender", i, "publishes");
        break;
    case OWN_FENCE:
        if (!buffer_is_empty(&s, i))
            break;
        s.at[i] = LOOK_AT_WAKE;
        reach(&s, from, "sender", i, "fences");
        break;
    case LOOK_AT_WAKE:
        s.at[i] = is_quiet(s.wake) ? NEXT : set->mistake == NO_WAKE_FENCE ? LOOK_AGAIN : WAKE_FENCE;
        reach(&s, from, "sender", i, "looks at wake");
        break;
    case WAKE_FENCE:
        if (!buffer_is_empty(&s, i))
            break;
        s.at[i] = LOOK_AGAIN;
        reach(&s, from, "sender", i, "fences in wake()");
        break;
    case LOOK_AGAIN:
        s.at[i] = s.wake & SHM_ASLEEP ? CLEAR : NEXT;
        reach(&s, from, "sender", i, "looks again");
        break;
    case CLEAR: /* an atomic operation: the buffer is empty on x86; elsewhere the fence before has seen to it */
        if (!buffer_is_empty(&s, i))
            break;
        s.at[i] = s.wake & SHM_ASLEEP ? WAKE : NEXT;
        s.wake &= (uint8_t)~SHM_ASLEEP;
        reach(&s, from, "sender", i, "clears ASLEEP");
        break;
    case WAKE:
        if (s.rat == SLEEPING)
            s.rat = FINISH;
        s.at[i] = NEXT;
        reach(&s, from, "sender", i, "wakes");
        break;
    case NEXT:
        s.at[i] = DONE;
        reach(&s, from, "sender", i, "is done");
        if (s.sent[i] < PACKETS) {
            s.at[i] = PUBLISH;
            reach(&s, from, "sender", i, "goes on");
        }
        break;
    }
}

/* ---- the receiver: shm_poll, shm_sleep_prepare, shm_sleep, shm_sleep_finish, as p2p calls them ---- */

static void begin_look(struct state *s, int last)
{
    s->last = (uint8_t)last;
    s->found = 0;
    s->which = 0;
    s->rat = last && set->mistake == NO_LAST_KNOCK ? CHANNELS : KNOCKS;
}

static void end_look(struct state *s)
{
    if (!s->last)
        s->rat = s->found ? KNOCKS : ANNOUNCE;
    else
        s->rat = s->found ? FINISH : set->mistake == ANNOUNCE_LATE ? ANNOUNCE : LOOK_BEFORE_SLEEP;
    s->which = 0;
    s->found = 0;
}

/* Only the last look must be at all channels; any other may leave out some, as shm_poll does. */
static void look_at_channel(const struct state *before, uint32_t from)
{
    struct state s = *before;
    uint8_t c = s.which++;
    int all = s.last && set->mistake != LOOK_AT_SOME;
    if (!all || !(s.known & 1 << c) || s.seq[c] == s.received[c]) {
        if (s.which == set->senders)
            end_look(&s);
        reach(&s, from, "receiver", c, "finds nothing in the channel");
        s = *before;
        s.which++;
    }
    if (s.known & 1 << c && s.seq[c] != s.received[c]) {
        s.received[c]++;
        s.found = 1;
        if (s.which == set->senders)
            end_look(&s);
        reach(&s, from, "receiver", c, "takes a packet");
    }
}

static void prepare_is_over(struct state *s)
{
    if (set->mistake == NO_LAST_LOOK || set->mistake == ANNOUNCE_LATE)
        s->rat = LOOK_BEFORE_SLEEP;
    else
        begin_look(s, 1);
}

static void receiver_steps(const struct state *before, uint32_t from)
{
    struct state s = *before;
    if (s.announced) {
        s.announced = 0;
        s.wake |= SHM_ASLEEP;
        reach(&s, from, "receiver", 0, "its ASLEEP is seen");
        s = *before;
    }
    switch (before->rat) {
    case INIT:
        if (set->mistake == FENCE_ON_DEMAND ? !set->offered : set->offered)
            s.wake |= SHM_BARRIER;
        begin_look(&s, 0);
        reach(&s, from, "receiver", 0, "starts");
        break;
    case KNOCKS:
        s.rat = s.knocks == s.knocks_seen ? CHANNELS : BITS;
        s.knocks_seen = s.knocks;
        reach(&s, from, "receiver", 0, "looks for knocks");
        break;
    case BITS:
        s.known = s.bits;
        s.rat = CHANNELS;
        reach(&s, from, "receiver", 0, "sees who has knocked");
        break;
    case CHANNELS:
        look_at_channel(before, from);
        break;
    case ANNOUNCE:
        if (set->mistake == ANNOUNCE_LATE && !s.last) { /* the "last" look is before this step then */
            begin_look(&s, 1);
            reach(&s, from, "receiver", 0, "looks too early");
            break;
        }
        if (set->atomics_pass)
            s.announced = 1;
        else
            s.wake |= SHM_ASLEEP;
        s.rat = WHICH_BARRIER;
        reach(&s, from, "receiver", 0, "sets ASLEEP");
        break;
    case WHICH_BARRIER: /* a fence, then membarrier where it is offered */
        if (s.announced && set->mistake != NO_ATOMIC_FENCE)
            break;
        s.which = 0;
        if (set->offered && set->mistake != NO_MEMBARRIER)
            s.rat = BARRIER;
        else
            prepare_is_over(&s);
        reach(&s, from, "receiver", 0, "fences");
        break;
    case BARRIER:
        if (s.announced)
            break; /* a system call fences */
        if (set->reached[s.which])
            s.seq[s.which] = s.sent[s.which];
        if (++s.which == set->senders)
            prepare_is_over(&s);
        reach(&s, from, "receiver", before->which, "its membarrier reaches the sender");
        break;
    case LOOK_BEFORE_SLEEP:
        s.value = s.wake | (s.announced ? SHM_ASLEEP : 0);
        s.rat = s.value & SHM_ASLEEP || set->mistake == ONE_LOOK_AT_WAKE ? FUTEX : FINISH;
        reach(&s, from, "receiver", 0, "looks at wake");
        break;
    case FUTEX:
        if (s.announced)
            break;
        s.rat = s.wake == s.value || set->mistake == BLIND_FUTEX ? SLEEPING : FINISH;
        reach(&s, from, "receiver", 0, "calls futex");
        break;
    case FINISH:
        if (s.announced)
            break;
        s.wake &= (uint8_t)~SHM_ASLEEP;
        s.value = 0;
        begin_look(&s, 0);
        reach(&s, from, "receiver", 0, "clears ASLEEP");
        break;
    }
}

/* ---- the search ---- */

static void tell(uint32_t place)
{
    if (place)
        tell(found[place].from);
    fprintf(stderr, "    %s %d: %s\n", found[place].who, found[place].number, found[place].what);
}

/* How many states lose a wake-up; *all: of how many. */
static int search(const struct setting *setting, uint32_t *all, int say)
{
    int lost = 0;
    set = setting;
    found = calloc(STATES, sizeof *found);
    table = calloc(2 * STATES, sizeof *table);
    ck_assert(found && table);
    found_count = 0;
    struct state first = {.rat = INIT};
    for (int i = set->senders; i < SENDERS; i++)
        first.at[i] = DONE;
    reach(&first, 0, "all", 0, "begin");
    for (uint32_t i = 0; i < found_count; i++) {
        struct state s = found[i].state;
        uint32_t before = found_count;
        int done = s.rat == SLEEPING, received = 1;
        for (int j = 0; j < set->senders; j++) {
            sender_steps(&s, i, j);
            done &= s.at[j] == DONE && buffer_is_empty(&s, j);
            received &= s.sent[j] == s.received[j];
        }
        receiver_steps(&s, i);
        if (!done)
            continue;
        ck_assert_uint_eq(found_count, before); /* nothing goes on from here */
        if (!received) {
            if (say && !lost)
                tell(i);
            lost++;
        }
    }
    *all = found_count;
    free(found);
    free(table);
    return lost;
}

/* Every combination of who has membarrier, on both kinds of processor. */
START_TEST(no_wake_up_is_lost)
{
    struct setting s = {.senders = _i & 16 ? 2 : 1, .reached = {_i & 1, _i >> 1 & 1}, .offered = _i >> 2 & 1,
                        .atomics_pass = _i >> 3 & 1};
    uint32_t all;
    ck_assert_int_eq(search(&s, &all, 1), 0);
    ck_assert_uint_gt(all, s.senders == 1 ? 200 : 10000);
}
END_TEST

static const struct setting mistaken[] = {
    {1, {1}, 1, 0, NO_MEMBARRIER},
    {1, {0}, 1, 0, NO_SENDER_FENCE},
    {2, {1, 0}, 1, 0, NO_SENDER_FENCE},
    {1, {1}, 0, 0, NO_WAKE_FENCE},
    {1, {0}, 0, 1, NO_ATOMIC_FENCE},
    {1, {1}, 0, 1, NO_ATOMIC_FENCE},
    {1, {1}, 1, 0, NO_LAST_LOOK},
    {1, {0}, 0, 0, NO_LAST_LOOK},
    {1, {1}, 1, 0, NO_LAST_KNOCK},
    {2, {1, 1}, 1, 0, LOOK_AT_SOME},
    {1, {1}, 1, 0, ANNOUNCE_LATE},
    {1, {0}, 0, 0, ANNOUNCE_LATE},
    {1, {1}, 1, 0, ONE_LOOK_AT_WAKE},
    {1, {1}, 1, 0, BLIND_FUTEX},
    {1, {1}, 0, 0, FENCE_ON_DEMAND},
};

START_TEST(each_mistake_is_found)
{
    uint32_t all;
    ck_assert_int_gt(search(&mistaken[_i], &all, 0), 0);
}
END_TEST

/* ---- the real thing ---- */

/* Both sides fall asleep between any two packets: the one that is answered and the one that answers. */
enum { FOR_EVER = 1000 * 1000 * 1000 /* us */, ROUNDS = 10000 };
struct side {
    struct wire *wire;
    uint32_t received;
};

static void count_packet(void *owner, const void *head, uint32_t head_size, const void *body, size_t size)
{
    struct side *s = owner;
    (void)head_size, (void)body, (void)size;
    s->received += head != NULL;
}

static void *accept_side(void *context, uint32_t local)
{
    (void)local;
    return context;
}

static void *play(void *arg)
{
    struct side *s = arg;
    struct shm *shm = (struct shm *)s->wire;
    struct wire_end *to = shm_end(s->wire, 1 - shm->me, s);
    uint32_t head[4] = {0};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        if (shm->me == 0)
            to->ops->send(to, head, sizeof head, NULL, 0);
        while (s->received <= i) {
            shm_ops.sleep_prepare(s->wire);
            if (!shm_ops.poll(s->wire))
                shm_ops.sleep(s->wire, FOR_EVER);
            shm_ops.sleep_finish(s->wire);
            shm_ops.poll(s->wire);
        }
        if (shm->me == 1)
            to->ops->send(to, head, sizeof head, NULL, 0);
    }
    return NULL;
}

/* With what the kernel offers, and as if it did not offer membarrier to one, the other or both. */
START_TEST(two_threads_wake_each_other)
{
    struct side sides[2] = {{0}};
    pthread_t threads[2];
    void *room = mmap(NULL, shm_room(2), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(room, MAP_FAILED);
    for (uint32_t i = 0; i < 2; i++) {
        sides[i].wire = shm_init(room, 2, i, 0, count_packet, accept_side, &sides[i]);
        struct shm *s = (struct shm *)sides[i].wire;
        if (_i & 1 << i) {
            s->fence = 1;
            atomic_fetch_and(&s->inbox->wake, ~(uint32_t)SHM_BARRIER);
        }
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, play, &sides[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(sides[i].received, ROUNDS);
    }
    for (int i = 0; i < 2; i++)
        shm_fini(sides[i].wire);
    munmap(room, shm_room(2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sleep");
    TCase *model = unit_case(suite, "model"), *real = unit_case(suite, "real");
    tcase_add_loop_test(model, no_wake_up_is_lost, 0, 32);
    tcase_add_loop_test(model, each_mistake_is_found, 0, sizeof mistaken / sizeof mistaken[0]);
    tcase_add_loop_test(real, two_threads_wake_each_other, 0, 4);
    return unit_run(suite);
}
