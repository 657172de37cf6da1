/* Two processes' wires in one process, over libfabric's real sockets on loopback, with faults in between: whatever
 * happens, each packet comes once, whole and in order, or the loss is told; and nobody else is listened to. */
#include "wire/ofi_fault.h"
#include "wire/ofi_wire.h"

#include "tests/unit.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>

enum { SIDES = 3 };

static struct side {
    struct wire *wire;
    struct wire_end *ends[SIDES];
    char card[OFI_CARD];
    _Atomic int published;
    int hide;                        /* its card is not given to others */
    uint32_t sent[SIDES];            /* packets to each, and from each */
    uint32_t received[SIDES];
    uint64_t bytes;
    int lost, lost_all;
    int moved, forgotten; /* long messages */
    uint64_t last;        /* of them */
    struct words why;
} sides[SIDES];

static char data[FRAME_PIECE];
static struct ofi_setup setup;

static struct side *side_of(void *context)
{
    return &sides[(uintptr_t)context];
}

/* The owner of an end is who is behind it, and whose wire it is. */
static void *owner_of(uint32_t me, uint32_t number)
{
    return (void *)(uintptr_t)(1 + me * SIDES + number);
}

struct head {
    uint32_t number, size;
};

static uint32_t size_of(uint32_t number, uint32_t longest)
{
    uint64_t seed = number * 77 + 1;
    return unit_below(&seed, 5) ? unit_below(&seed, 100) : unit_below(&seed, longest + 1);
}

static void deliver(void *owner, const void *head, uint32_t head_size, const void *body, size_t size)
{
    uint32_t me = (uint32_t)((uintptr_t)owner - 1) / SIDES, from = (uint32_t)((uintptr_t)owner - 1) % SIDES;
    struct head h;
    ck_assert_uint_eq(head_size, sizeof h);
    memcpy(&h, head, sizeof h);
    ck_assert_uint_eq(h.number, sides[me].received[from]);
    ck_assert_uint_eq(h.size, size);
    ck_assert(!size || memcmp(body, data + h.number % 97, size) == 0);
    sides[me].received[from]++;
    sides[me].bytes += size;
}

static void moved(void *owner, uint64_t id, int forgotten)
{
    struct side *s = &sides[((uintptr_t)owner - 1) / SIDES];
    *(forgotten ? &s->forgotten : &s->moved) += 1;
    s->last = id;
}

static void *accept_number(void *context, uint32_t number)
{
    return owner_of((uint32_t)(uintptr_t)context, number);
}

static int publish(void *context, const char *card, uint32_t size, const char *chosen, struct words *why)
{
    (void)chosen, (void)why;
    struct side *s = side_of(context);
    memset(s->card, 0, OFI_CARD);
    memcpy(s->card, card, size);
    atomic_store(&s->published, 1);
    return 0;
}

static int address_of(void *context, uint32_t number, char card[OFI_CARD], struct words *why)
{
    (void)context, (void)why;
    if (!atomic_load(&sides[number].published) || sides[number].hide)
        return 1;
    memcpy(card, sides[number].card, OFI_CARD);
    return 0;
}

static void lost(void *context, void *owner, uint32_t number, const struct words *why)
{
    (void)number;
    struct side *s = side_of(context);
    s->why = *why;
    *(owner ? &s->lost : &s->lost_all) += 1;
}

static struct ofi *ofi_of(int side)
{
    return (struct ofi *)sides[side].wire;
}

static void open_side(int i)
{
    struct words why;
    setup.me = (uint32_t)i;
    setup.context = (void *)(uintptr_t)i;
    sides[i].wire = ofi_init(&setup, &why);
    ck_assert_msg(sides[i].wire != NULL, "%s", why.s);
}

static void open_sides(int count)
{
    for (int i = 0; i < count; i++)
        open_side(i);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            if (i != j)
                sides[i].ends[j] = ofi_end(sides[i].wire, (uint32_t)j, owner_of((uint32_t)i, (uint32_t)j));
}

static void begin(void)
{
    memset(sides, 0, sizeof sides);
    memset(&ofi_fault, 0, sizeof ofi_fault);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 31 + i / 253);
    setup = (struct ofi_setup){.count = SIDES, .key = (const unsigned char *)"the secret of this test, 32 bytes", .loopback = 1,
                               .calls = &ofi_fault_calls, .deliver = deliver, .moved = moved, .accept = accept_number,
                               .publish = publish, .address_of = address_of, .lost = lost};
}

static void poll_all(void)
{
    int n = 0;
    for (int i = 0; i < SIDES; i++)
        if (sides[i].wire)
            n += ofi_ops.poll(sides[i].wire);
    if (!n)
        sched_yield();
}

static int send_packet(int from, int to, uint32_t size, int later)
{
    struct side *s = &sides[from];
    struct head h = {.number = s->sent[to], .size = size};
    struct cursor c = cursor_over(data + h.number % 97, size);
    int rc = (later ? ofi_ops.send_later : ofi_ops.send)(s->ends[to], &h, sizeof h, &c, size);
    if (rc == WIRE_SENT || rc == WIRE_HELD)
        s->sent[to]++;
    return rc;
}

/* All pairs talk; until so many packets of each have come. */
static void talk(int count, uint32_t packets, uint32_t longest)
{
    for (uint64_t idle = 0; idle < 400000000;) {
        int busy = 0;
        for (int i = 0; i < count; i++)
            for (int j = 0; j < count; j++) {
                if (i == j)
                    continue;
                for (int k = 0; k < 20 && sides[i].sent[j] < packets; k++)
                    if (send_packet(i, j, size_of(sides[i].sent[j], longest), k % 3) == WIRE_AGAIN)
                        break;
                busy |= sides[j].received[i] < packets;
            }
        poll_all();
        if (!busy)
            return;
    }
    ck_abort_msg("packets are missing");
}

static void end_sides(void)
{
    for (int over = 0; !over;) {
        over = 1;
        for (int i = 0; i < SIDES; i++)
            over &= !sides[i].wire || ofi_is_over(sides[i].wire);
        poll_all();
    }
    for (int i = 0; i < SIDES; i++)
        if (sides[i].wire)
            ofi_fini(sides[i].wire);
}

static void nothing_lost(void)
{
    for (int i = 0; i < SIDES; i++)
        ck_assert_msg(!sides[i].lost && !sides[i].lost_all, "side %d: %s", i, sides[i].why.s);
}

static const char *const providers[] = {NULL, "tcp", "sockets", "shm"};

START_TEST(packets_come_once_and_in_order)
{
    setup.provider = providers[_i];
    open_sides(SIDES);
    talk(SIDES, 3000, 3000);
    for (int i = 0; i < SIDES; i++)
        ck_assert_uint_eq(ofi_seen(sides[i].wire)->strangers, 0);
    end_sides();
    nothing_lost();
}
END_TEST

START_TEST(long_packets)
{
    setup.provider = providers[_i];
    open_sides(2);
    talk(2, 500, FRAME_PIECE - 97);
    end_sides();
    nothing_lost();
}
END_TEST

static const struct ofi_fault faults[] = {
    {.again_every = 3}, {.nomem_every = 5}, {.unposted_every = 2}, {.silent_every = 2}, {.one_by_one = 1},
    {.noise_every = 7}, {.wants_regions = 1}, {.inject_size = 1}, {.inject_size = 41},
    {.again_every = 2, .nomem_every = 7, .unposted_every = 3, .silent_every = 5, .one_by_one = 1,
     .wants_regions = 1, .inject_size = 1},
};

START_TEST(faults_change_nothing)
{
    ofi_fault = faults[_i];
    open_sides(2);
    talk(2, 2000, 30000);
    int counted = faults[_i].again_every || faults[_i].nomem_every || faults[_i].silent_every || faults[_i].noise_every;
    ck_assert(!counted || ofi_fault.faults > 10);
    ck_assert_uint_eq(ofi_fault.without_region, 0);
    ofi_fault.noise_every = 0;
    end_sides();
    nothing_lost();
}
END_TEST

/* From memory to memory: both ways at once, among packets. */
static void move_and_talk(size_t size)
{
    char *memory[2], *out = malloc(size);
    uint64_t tickets[2];
    int before = sides[0].moved + sides[1].moved;
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < size; i++)
        out[i] = (char)(i * 7 + i / 4099);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(memory[i] = malloc(size + 1));
        memset(memory[i], 'x', size + 1);
        while (!(tickets[i] = ofi_ops.expect(sides[i].ends[1 - i], memory[i], size, 100 + (uint64_t)i)))
            poll_all(); /* faults */
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(ofi_ops.pass(sides[i].ends[1 - i], out, size, tickets[1 - i], 200), 0);
    talk(2, sides[0].sent[1] + 100, 3000);
    for (uint64_t idle = 0; sides[0].moved + sides[1].moved < before + 4 && idle < 400000000; idle++)
        poll_all();
    for (int i = 0; i < 2; i++) {
        ck_assert(memcmp(memory[i], out, size) == 0 && memory[i][size] == 'x');
        free(memory[i]);
    }
    ck_assert_int_eq(sides[0].moved + sides[1].moved, before + 4);
    free(out);
}

static const size_t lengths[] = {1, 65536, OFI_CHUNK, OFI_CHUNK + 1, 5 * OFI_CHUNK - 3, (OFI_AHEAD + 9) * OFI_CHUNK + 77};

static void long_messages(int count)
{
    open_sides(2);
    talk(2, 1, 8);
    for (int i = 0; i < count; i++)
        move_and_talk(lengths[i]);
    ofi_fault.noise_every = 0;
    ck_assert(list_empty(&ofi_of(0)->moves) && ofi_of(0)->expected == 0);
    end_sides();
    nothing_lost();
}

START_TEST(long_messages_go_from_memory_to_memory)
{
    setup.provider = providers[_i];
    long_messages(6);
}
END_TEST

START_TEST(faults_change_no_long_message)
{
    ofi_fault = faults[_i];
    long_messages(5);
    ck_assert_uint_ge(ofi_fault.passed, 2 * 9);
    ck_assert_uint_eq(ofi_fault.without_region, 0);
}
END_TEST

/* Memory that the provider does not take: the wire says so, and what was expected is forgotten. */
START_TEST(long_messages_that_cannot_be)
{
    static char in[3 * OFI_CHUNK], out[3 * OFI_CHUNK];
    ofi_fault.wants_regions = 1;
    open_sides(2);
    talk(2, 1, 8);
    ofi_fault.no_regions = FI_RECV;
    ck_assert_uint_eq(ofi_ops.expect(sides[1].ends[0], in, sizeof in, 5), 0);
    ofi_fault.no_regions = FI_SEND;
    uint64_t ticket = ofi_ops.expect(sides[1].ends[0], in, sizeof in, 6);
    ck_assert_uint_ne(ticket, 0);
    ck_assert_int_eq(ofi_ops.pass(sides[0].ends[1], out, sizeof out, ticket, 7), -1);
    ofi_ops.forget(sides[1].ends[0], 6);
    while (!sides[1].forgotten)
        poll_all();
    ck_assert_uint_eq(sides[1].last, 6);
    ofi_fault.no_regions = 0;
    move_and_talk(2 * OFI_CHUNK);
    end_sides();
    nothing_lost();
}
END_TEST

START_TEST(a_greeting_that_fails_is_tried_again)
{
    ofi_fault.fail_sends = 4;
    ofi_fault.error = FI_ECONNREFUSED;
    open_sides(2);
    talk(2, 10, 100);
    ck_assert_int_eq(ofi_fault.fail_sends, 0);
    end_sides();
    nothing_lost();
}
END_TEST

START_TEST(an_address_that_never_answers_is_told)
{
    ofi_fault.fail_sends = 1 << 30;
    ofi_fault.error = FI_ECONNREFUSED;
    open_sides(2);
    while (!sides[0].lost) {
        ck_assert_int_ne(send_packet(0, 1, 8, 0), WIRE_SENT);
        poll_all();
        if (ofi_of(0)->ends[1]->greet && ofi_of(0)->ends[1]->greet->next_ns)
            ofi_of(0)->ends[1]->greet->next_ns = 1; /* no waiting in between */
    }
    ck_assert_msg(strstr(sides[0].why.s, "127.0.0.1:") && strstr(sides[0].why.s, "onnection refused"), "%s",
                  sides[0].why.s);
    ck_assert_int_eq(send_packet(0, 1, 8, 0), WIRE_DEAD);
    ofi_fini(sides[0].wire);
    ofi_fini(sides[1].wire);
}
END_TEST

/* A send that fails later, or at once, or a long one: mpirun gets the time to say what happened; then it is told. */
START_TEST(a_broken_connection_is_told)
{
    open_sides(2);
    talk(2, 10, 100);
    ofi_fault.error = FI_ECONNRESET;
    if (_i == 2) {
        uint64_t ticket = ofi_ops.expect(sides[1].ends[0], sides[1].card, 100, 6); /* nothing will come */
        ofi_fault.fail_passes = 1;
        ck_assert_int_eq(ofi_ops.pass(sides[0].ends[1], data, 100, ticket, 7), 0);
    } else {
        ofi_fault.fail_sends = _i == 0;
        ofi_fault.refuse = _i ? -FI_ECONNRESET : 0;
        send_packet(0, 1, 8000, 0);
    }
    ofi_fault.refuse = 0;
    poll_all();
    struct ofi_end *e = ofi_of(0)->ends[1];
    ck_assert_int_eq(e->state, END_LOST);
    ck_assert_int_eq(sides[0].lost, 0);
    ck_assert_int_eq(send_packet(0, 1, 8, 0), WIRE_AGAIN);
    e->lost_ns -= OFI_PATIENCE_NS;
    poll_all();
    ck_assert_int_eq(sides[0].lost, 1);
    ck_assert_msg(strstr(sides[0].why.s, "reset") != NULL, "%s", sides[0].why.s);
    ck_assert_int_eq(send_packet(0, 1, 8, 0), WIRE_DEAD);
    ofi_fini(sides[0].wire);
    ofi_fini(sides[1].wire);
}
END_TEST

/* What has gone through the network, and changed copies of it, come once more. */
START_TEST(replays_and_forgeries_are_dropped)
{
    uint64_t seed = 5;
    open_sides(2);
    talk(2, 20, 400);
    send_packet(0, 1, 300, 0);
    static char copy[FRAME_SIZE];
    size_t size = ofi_fault.last_size;
    fi_addr_t to = ofi_fault.last_to;
    struct fid_ep *ep = ofi_fault.last_ep;
    memcpy(copy, ofi_fault.last, size);
    while (sides[1].received[0] < sides[0].sent[1])
        poll_all();
    uint64_t before = ofi_seen(sides[1].wire)->strangers;
    int sent = 0;
    struct ofi_frame *f = &ofi_of(0)->frames[OFI_FRAMES - 1], *next = f->next;
    for (int i = 0; i < 200; i++) {
        _Alignas(8) char forged[FRAME_SIZE];
        size_t n = size;
        memcpy(forged, copy, size);
        if (i % 4 == 1)
            forged[unit_below(&seed, (uint32_t)size)] ^= (char)(1 + unit_below(&seed, 255));
        if (i % 4 == 2)
            n = unit_below(&seed, (uint32_t)size);
        if (i % 4 == 3) { /* the next number, which only who has the key can seal */
            struct frame_head *head = (struct frame_head *)forged;
            head->number += 1 + unit_below(&seed, 3);
        }
        while (ofi_calls.send(ep, forged, n, NULL, to, &f->context) == -FI_EAGAIN)
            poll_all();
        sent++;
        f->end = ofi_of(0)->ends[1];
        ofi_of(0)->ends[1]->flying++; /* its completion is counted as a frame's */
        ofi_of(0)->flying++;
        struct ofi_frame *pool = ofi_of(0)->pool;
        while (ofi_of(0)->flying)
            poll_all();
        ofi_of(0)->pool = pool; /* but it was not one */
        f->next = next;
    }
    for (int i = 0; i < 1000000 && ofi_seen(sides[1].wire)->strangers < before + (uint64_t)sent; i++)
        poll_all();
    ck_assert_uint_eq(ofi_seen(sides[1].wire)->strangers, before + (uint64_t)sent);
    talk(2, 40, 400);
    end_sides();
    nothing_lost();
}
END_TEST

START_TEST(who_does_not_know_the_key_is_a_stranger)
{
    open_side(0);
    setup.key = (const unsigned char *)"the secret of another job, 32 b.";
    open_side(1);
    sides[1].ends[0] = ofi_end(sides[1].wire, 0, owner_of(1, 0));
    while (ofi_seen(sides[0].wire)->strangers == 0) {
        ck_assert_int_eq(send_packet(1, 0, 8, 0), WIRE_AGAIN);
        poll_all();
    }
    ck_assert_uint_eq(sides[0].received[1], 0);
    ck_assert_ptr_null(ofi_of(0)->ends[1]);
    ofi_fini(sides[1].wire);
    ofi_fini(sides[0].wire);
}
END_TEST

/* The receiver does not look: the sender is held up, and goes on when it does. */
START_TEST(a_window_bounds_what_is_on_its_way)
{
    open_sides(2);
    talk(2, 1, 8);
    uint32_t sent = 0;
    for (int i = 0; i < 20000; i++) {
        sent += send_packet(0, 1, 1000, 0) == WIRE_SENT;
        ofi_ops.poll(sides[0].wire);
    }
    ck_assert_uint_ge(sent, OFI_WINDOW_MIN - 1);
    ck_assert_uint_le(sent, OFI_WINDOW_MIN + 1);
    while (sides[1].received[0] < sides[0].sent[1])
        poll_all();
    sides[1].sent[0] = sides[0].received[1];
    talk(2, 3000, 100);
    ck_assert_uint_gt(ofi_of(1)->ends[0]->window, 8); /* those that talk may do more */
    ck_assert_uint_le(ofi_of(1)->ends[0]->window, OFI_WINDOW_MAX);
    end_sides();
    nothing_lost();
}
END_TEST

/* The first packet leaves at once; those after it go together. */
START_TEST(packets_that_follow_each_other_share_a_frame)
{
    open_sides(2);
    talk(2, 1, 8);
    for (int i = 0; i < 100; i++)
        poll_all();
    uint64_t before = ofi_seen(sides[0].wire)->frames_out;
    ck_assert_int_eq(send_packet(0, 1, 8, 1), WIRE_SENT);
    ck_assert_uint_eq(ofi_seen(sides[0].wire)->frames_out, before + 1);
    for (int i = 0; i < 63; i++)
        ck_assert_int_eq(send_packet(0, 1, 8, 1), WIRE_HELD);
    ck_assert_uint_eq(ofi_seen(sides[0].wire)->frames_out, before + 1);
    ofi_ops.flush(sides[0].wire);
    ck_assert_uint_eq(ofi_seen(sides[0].wire)->frames_out, before + 2);
    ck_assert_int_eq(send_packet(0, 1, 8, 0), WIRE_SENT); /* and who does not want to wait does not */
    ck_assert_uint_eq(ofi_seen(sides[0].wire)->frames_out, before + 3);
    sides[1].sent[0] = sides[0].received[1];
    while (sides[1].received[0] < sides[0].sent[1])
        poll_all();
    end_sides();
}
END_TEST

/* Several addresses, of which the first leads to nobody, and the second to somebody else. */
START_TEST(the_address_that_answers_is_used)
{
    open_sides(3);
    while (!atomic_load(&sides[0].published) || !atomic_load(&sides[1].published) || !atomic_load(&sides[2].published))
        poll_all();
    struct ofi_card *card = (struct ofi_card *)sides[1].card;
    char own[64];
    ck_assert_uint_le(card->each, sizeof own);
    memcpy(own, card->addresses, card->each);
    card->count = 3;
    memcpy(card->addresses + 2 * card->each, own, card->each);
    memcpy(card->addresses + card->each, ((struct ofi_card *)sides[2].card)->addresses, card->each);
    memcpy(card->addresses, own, card->each);
    ((uint8_t *)card->addresses)[3] = 9; /* the port: discard */
    ((uint8_t *)card->addresses)[2] = 0;
    ofi_of(1)->net.card = *card; /* what it says in HELLO */
    talk(2, 100, 100);
    ck_assert_int_eq(ofi_of(0)->ends[1]->state, END_UP);
    end_sides();
    nothing_lost();
}
END_TEST

START_TEST(a_provider_that_is_not_there_is_told)
{
    setup.provider = "carrier-pigeon";
    open_side(0);
    while (!sides[0].lost_all)
        poll_all();
    ck_assert_msg(strstr(sides[0].why.s, "carrier-pigeon") != NULL, "%s", sides[0].why.s);
    ofi_fini(sides[0].wire);
}
END_TEST

START_TEST(sleep_ends_with_a_packet)
{
    open_sides(2);
    talk(2, 50, 100);
    for (int round = 0; round < 50; round++) {
        int fd, tries = 0;
        struct wire *w = sides[1].wire;
        do {
            ofi_ops.sleep_prepare(w);
            ofi_ops.poll(w);
            fd = ofi_ops.sleep_on(w);
            ofi_ops.poll(sides[0].wire);
        } while (fd < 0 && ++tries < 1000);
        if (fd == WIRE_NAP)
            return; /* this provider has nothing to sleep on */
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(send_packet(0, 1, 8, 0), WIRE_SENT);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ck_assert_int_eq(poll(&p, 1, 10000), 1);
        while (sides[1].received[0] < sides[0].sent[1])
            poll_all();
        ofi_ops.sleep_finish(w);
    }
    sides[1].sent[0] = sides[0].received[1];
    end_sides();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ofi");
    TCase *wire = unit_case(suite, "wire");
    tcase_add_checked_fixture(wire, begin, NULL);
    tcase_add_loop_test(wire, packets_come_once_and_in_order, 0, 4);
    tcase_add_loop_test(wire, long_packets, 0, 4);
    tcase_add_loop_test(wire, long_messages_go_from_memory_to_memory, 0, 4);
    tcase_add_test(wire, a_window_bounds_what_is_on_its_way);
    tcase_add_test(wire, packets_that_follow_each_other_share_a_frame);
    tcase_add_test(wire, sleep_ends_with_a_packet);
    TCase *bad = unit_case(suite, "faults");
    tcase_add_checked_fixture(bad, begin, NULL);
    tcase_add_loop_test(bad, faults_change_nothing, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_loop_test(bad, faults_change_no_long_message, 0, (int)(sizeof faults / sizeof faults[0]));
    tcase_add_test(bad, long_messages_that_cannot_be);
    tcase_add_test(bad, a_greeting_that_fails_is_tried_again);
    tcase_add_test(bad, an_address_that_never_answers_is_told);
    tcase_add_loop_test(bad, a_broken_connection_is_told, 0, 3);
    tcase_add_test(bad, replays_and_forgeries_are_dropped);
    tcase_add_test(bad, who_does_not_know_the_key_is_a_stranger);
    tcase_add_test(bad, the_address_that_answers_is_used);
    tcase_add_test(bad, a_provider_that_is_not_there_is_told);
    return unit_run(suite);
}
