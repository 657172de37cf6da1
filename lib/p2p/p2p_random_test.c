/* Random programs against the whole of p2p: a rank that talks to itself over the fake wire, which says
 * WIRE_AGAIN again and again. Every byte and every status is verified; so is that each message went into the
 * receive that the standard says, which for one sender does not depend on time: none overtakes another. */
#include "p2p/p2p_test.h"

enum { STEPS = 300 };

/* What was sent, in order. Messages of 4 bytes and more say which they are, the others by a tag of their own. */
static struct sending {
    struct request *r;
    char *memory;
    size_t size;
    int tag;
    int into; /* the receive that got it; -1: none yet */
} sendings[3 * STEPS];

/* What was to be received, in order of posting. */
static struct receiving {
    struct request *r;
    char *memory;
    size_t room;
    int source, tag;
    int over, cancelled;
    int pair; /* half of a sendrecv: it cannot be withdrawn */
    int same; /* the memory held what was sent, too */
    int got; /* a message; -1: none */
} receivings[4 * STEPS];

static int sending_count, receiving_count;
static uint32_t longest;
static uint64_t seed;

/* ---- messages ---- */

static size_t random_size(void)
{
    static const size_t odd[] = {0, 1, 3, 4, 39, 40, 41, 55, 56, 57, 2047, 2048, 2049, 4096, 8191, 8192, 8193,
                                 32767, 32768, 32769};
    uint32_t kind = unit_below(&seed, 10);
    if (kind < 3)
        return odd[unit_below(&seed, sizeof odd / sizeof odd[0])];
    return unit_below(&seed, kind < 8 ? 300 : kind < 9 ? 10000 : longest);
}

static char byte_of(int number, size_t at)
{
    return (char)(at < 4 ? (size_t)number >> 8 * at : (size_t)number * 31 + at * 7 + (at >> 8));
}

static struct sending *new_sending(size_t size)
{
    struct sending *s = &sendings[sending_count];
    ck_assert_int_lt(sending_count, 3 * STEPS);
    *s = (struct sending){.size = size, .into = -1};
    s->tag = size < 4 ? 100 + sending_count : (int)unit_below(&seed, 4);
    s->memory = malloc(s->size + !s->size);
    for (size_t i = 0; i < s->size; i++)
        s->memory[i] = byte_of(sending_count, i);
    sending_count++;
    return s;
}

static struct receiving *new_receiving(size_t room)
{
    struct receiving *r = &receivings[receiving_count++];
    ck_assert_int_lt(receiving_count, 4 * STEPS);
    *r = (struct receiving){.room = room, .got = -1};
    r->memory = malloc(room + !room);
    memset(r->memory, 0x5a, room);
    r->source = unit_below(&seed, 3) ? ME : MPI_ANY_SOURCE;
    r->tag = unit_below(&seed, 3) ? (int)unit_below(&seed, 4) : MPI_ANY_TAG;
    return r;
}

static size_t random_room(void)
{
    return unit_below(&seed, 4) ? longest : 4 + random_size();
}

/* A receive is over: which message, is it whole, what does the status say? */
static void check_received(struct receiving *r, int error, const MPI_Status *status)
{
    size_t size = status_count(status), here = size < r->room ? size : r->room;
    int number = status->MPI_TAG - 100;
    if (size >= 4) {
        number = 0;
        for (size_t i = 0; i < 4; i++)
            number |= (uint8_t)r->memory[i] << 8 * i;
    }
    ck_assert(number >= 0 && number < sending_count);
    struct sending *s = &sendings[number];
    ck_assert_int_eq(status->MPI_SOURCE, ME);
    ck_assert_int_eq(status->MPI_TAG, s->tag);
    ck_assert_uint_eq(size, s->size);
    ck_assert_int_eq(error, size > r->room ? MPI_ERR_TRUNCATE : 0);
    for (size_t i = 0; i < r->room; i++)
        if (r->memory[i] != (i < here ? byte_of(number, i) : 0x5a) && !(r->same && i >= here))
            ck_abort_msg("message %d, byte %zu of %zu is wrong", number, i, size);
    ck_assert_int_eq(s->into, -1);
    s->into = (int)(r - receivings);
    r->got = number;
    r->over = 1;
}

/* ---- what a program does ---- */

static void start_send(void)
{
    struct sending *s = new_sending(random_size());
    struct cursor c = cursor_over(s->memory, s->size);
    enum send_mode mode = unit_below(&seed, 4) ? SEND_STANDARD : SEND_SYNC;
    ck_assert_int_eq(p2p_isend(&comm_world, &c, ME, s->tag, mode, &s->r), 0);
}

static void start_receive(void)
{
    struct receiving *r = new_receiving(random_room());
    r->r = irecv(r->memory, r->room, r->source, r->tag);
}

/* Both in one; half of them in the same memory. */
static void start_both(void)
{
    struct sending *s = new_sending(random_size());
    int same = s->size >= 4 && unit_below(&seed, 2);
    struct receiving *r = new_receiving(same ? s->size : random_room());
    struct cursor out, in = cursor_over(r->memory, r->room);
    if (same)
        memcpy(r->memory, s->memory, s->size);
    out = cursor_over(same ? r->memory : s->memory, s->size);
    ck_assert_int_eq(p2p_isendrecv(&comm_world, &out, ME, s->tag, &in, r->source, r->tag, same, &r->r), 0);
    r->same = same;
    r->pair = !r->r->done;
    s->r = NULL;
}

/* A message that waits: seen, taken, or received by a call that blocks. */
static void probe(void)
{
    MPI_Status seen, status;
    int source = unit_below(&seed, 2) ? ME : MPI_ANY_SOURCE;
    int tag = unit_below(&seed, 2) ? MPI_ANY_TAG : (int)unit_below(&seed, 4);
    int take = (int)unit_below(&seed, 2);
    struct message *m = p2p_probe(&comm_world, source, tag, take, &seen);
    if (!m)
        return;
    struct receiving *r = new_receiving(random_room());
    r->source = source;
    r->tag = tag;
    if (take) {
        r->r = request_new(REQUEST_RECV);
        r->r->cursor = cursor_over(r->memory, r->room);
        ck_assert_int_eq(p2p_start_mrecv(r->r, m), 0);
        return;
    }
    struct request q;
    q.cursor = cursor_over(r->memory, r->room);
    int error = p2p_recv(&comm_world, &q, seen.MPI_SOURCE, seen.MPI_TAG, &status);
    ck_assert_uint_eq(status_count(&status), status_count(&seen));
    ck_assert_int_eq(status.MPI_TAG, seen.MPI_TAG);
    check_received(r, error, &status);
}

static void cancel(void)
{
    struct receiving *r = receiving_count ? &receivings[unit_below(&seed, (uint32_t)receiving_count)] : NULL;
    if (r && !r->over && p2p_cancel(r->r))
        r->cancelled = 1;
}

/* Takes note of all that is over. How many are not. */
static int take_note(void)
{
    int left = 0;
    for (int i = 0; i < receiving_count; i++) {
        struct receiving *r = &receivings[i];
        MPI_Status status;
        if (r->over)
            continue;
        if (!r->r->done) {
            left++;
            continue;
        }
        status_set(&status, r->r);
        ck_assert_int_eq(status_is_cancelled(&status), r->cancelled);
        if (r->cancelled)
            r->over = 1;
        else
            check_received(r, r->r->error, &status);
        p2p_release(r->r);
    }
    for (int i = 0; i < sending_count; i++) {
        struct sending *s = &sendings[i];
        if (s->r && s->r->done) {
            p2p_release(s->r);
            s->r = NULL;
        }
        left += s->r != NULL;
    }
    return left;
}

/* ---- was it in order? ---- */

static int fits(const struct receiving *r, const struct sending *s)
{
    return r->tag == s->tag || r->tag == MPI_ANY_TAG;
}

/* A receive takes the first message that fits and that no receive before it takes; a message goes into the
 * first receive that fits and that no message before it goes into. */
static void check_order(void)
{
    for (int i = 0; i < receiving_count; i++) {
        if (receivings[i].got < 0)
            continue;
        for (int m = 0; m < receivings[i].got; m++)
            if (fits(&receivings[i], &sendings[m]) && sendings[m].into > i)
                ck_abort_msg("receive %d got message %d before message %d", i, receivings[i].got, m);
        for (int j = 0; j < i; j++)
            if (!receivings[j].cancelled && fits(&receivings[j], &sendings[receivings[i].got]) &&
                (receivings[j].got < 0 || receivings[j].got > receivings[i].got))
                ck_abort_msg("message %d went into receive %d before receive %d", receivings[i].got, i, j);
    }
}

/* Receives that cannot be withdrawn are given messages. */
static void feed_pairs(void)
{
    for (int i = 0; i < receiving_count; i++)
        while (!receivings[i].over) {
            struct sending *s = new_sending(8);
            if (receivings[i].tag != MPI_ANY_TAG)
                s->tag = receivings[i].tag;
            struct cursor c = cursor_over(s->memory, s->size);
            ck_assert_int_eq(p2p_isend(&comm_world, &c, ME, s->tag, SEND_STANDARD, &s->r), 0);
            for (int turns = 0; s->into < 0; turns++) {
                ck_assert_int_lt(turns, 1000);
                p2p_progress();
                take_note();
            }
        }
}

/* The rest is received, whatever is left of the receives is withdrawn. */
static void finish(void)
{
    int all = 0;
    for (int turns = 0; !all; turns++) {
        ck_assert_int_lt(turns, 1000000);
        p2p_progress();
        if (p2p_probe(&comm_world, ME, MPI_ANY_TAG, 0, MPI_STATUS_IGNORE)) {
            struct receiving *r = new_receiving(longest);
            r->source = MPI_ANY_SOURCE;
            r->tag = MPI_ANY_TAG;
            r->r = irecv(r->memory, r->room, r->source, r->tag);
        }
        take_note();
        all = peers_are_idle() && !fake.first;
        for (int i = 0; i < sending_count; i++)
            all &= !sendings[i].r && sendings[i].into >= 0;
    }
    for (int i = 0; i < receiving_count; i++)
        if (!receivings[i].over && p2p_cancel(receivings[i].r))
            receivings[i].cancelled = 1;
        else
            ck_assert(receivings[i].over || receivings[i].pair);
    take_note();
    feed_pairs();
    ck_assert_int_eq(take_note(), 0);
    check_order();
    for (int i = 0; i < sending_count; i++)
        free(sendings[i].memory);
    for (int i = 0; i < receiving_count; i++)
        free(receivings[i].memory);
    sending_count = receiving_count = 0;
    ck_assert_int_eq(broken_count, 0);
    ck_assert_int_eq(peers[ME]->credit + (int64_t)peers[ME]->owed, PEER_CREDIT); /* nothing got lost */
}

static const struct {
    uint32_t piece;
    unsigned again_every;
    uint32_t sends; /* of 10 steps */
    int rounds;
    uint32_t longest; /* message */
    int reaches;      /* what is long may be copied by both sides */
} settings[] = {{8192, 0, 4, 25, 70000, 0},  {8192, 2, 4, 25, 70000, 1}, {2048, 3, 5, 25, 70000, 0},
                {64, 5, 3, 25, 70000, 0},    {1000, 2, 6, 25, 70000, 1}, {8192, 7, 8, 25, 70000, 0},
                {4096, 13, 2, 25, 70000, 1}, {1, 3, 3, 3, 70000, 0},     {8192, 0, 4, 3, 600000, 1},
                {8192, 3, 6, 3, 600000, 1}};

START_TEST(random_programs)
{
    seed = 8100 + (uint64_t)_i;
    fake.loop = ME;
    fake.deliver = p2p_deliver;
    fake.again_every = settings[_i].again_every;
    fake.ends[ME].reaches = settings[_i].reaches;
    longest = settings[_i].longest;
    for (int i = 0; i < RANKS; i++)
        fake_pieces(&fake.ends[i], settings[_i].piece);
    for (int round = 0; round < settings[_i].rounds; round++) {
        for (int step = 0; step < STEPS; step++) {
            if (unit_below(&seed, 10) < settings[_i].sends)
                start_send();
            else
                switch (unit_below(&seed, 8)) {
                case 0: probe(); break;
                case 1: cancel(); break;
                case 2: start_both(); break;
                default: start_receive();
                }
            if (unit_below(&seed, 3) == 0) {
                p2p_progress();
                take_note();
            }
        }
        finish();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("p2p_random");
    TCase *random = unit_case(suite, "random");
    tcase_add_checked_fixture(random, begin, end);
    tcase_add_loop_test(random, random_programs, 0, sizeof settings / sizeof settings[0]);
    return unit_run(suite);
}
