/* Frames are made, changed and looked at: what comes through is what was put in, and nothing else comes through. */
#include "wire/ofi_frame.h"

#include "tests/unit.h"
#include "wire/wire.h"

static const unsigned char key[SECRET_SHORT_KEY] = "a secret of two", other_key[SECRET_SHORT_KEY] = "of someone else";
static const unsigned char job[SECRET_KEY] = "the secret of the job of thirty";
static _Alignas(8) char frame[FRAME_SIZE], scratch[FRAME_SIZE];
static uint32_t used;
static char bytes[FRAME_PIECE];

static void begin(void)
{
    struct words why;
    ck_assert_msg(secret_open(&why) == 0, "%s", why.s);
    used = sizeof(struct frame_head);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 251);
}

static void add(uint32_t head_size, uint32_t size)
{
    struct cursor c = cursor_over(bytes, size);
    frame_add(frame, &used, bytes, head_size, &c, size);
}

static const struct frame_head *sealed(void)
{
    frame_seal(frame, used, FRAME_PACKETS, 3, 17, 99, key, scratch);
    return (const struct frame_head *)frame;
}

static int is_accepted(void)
{
    const struct frame_head *f = frame_look(frame, used);
    return f && frame_is_genuine(f, key, scratch);
}

START_TEST(packets_come_out_as_they_went_in)
{
    uint64_t seed = 1 + (uint64_t)_i;
    uint32_t heads[600], sizes[600], n = 0;
    while (n < 600) {
        heads[n] = 4 + unit_below(&seed, WIRE_HEAD - 3);
        sizes[n] = unit_below(&seed, _i % 2 ? 60000 : 50);
        if (used + frame_need(heads[n], sizes[n]) > FRAME_SIZE)
            break;
        add(heads[n], sizes[n]);
        n++;
    }
    const struct frame_head *f = sealed();
    struct frame_packet p;
    const void *head, *body;
    uint32_t at = sizeof *f;
    ck_assert(is_accepted());
    ck_assert_uint_eq(used % 8, 0);
    for (uint32_t i = 0; i < n; i++) {
        ck_assert(frame_next(f, &at, &p, &head, &body));
        ck_assert_uint_eq(p.head_size, heads[i]);
        ck_assert_uint_eq(p.size, sizes[i]);
        ck_assert_uint_eq((uintptr_t)head % 8 + (uintptr_t)body % 8, 0);
        ck_assert_mem_eq(head, bytes, heads[i]);
        ck_assert(!sizes[i] || memcmp(body, bytes, sizes[i]) == 0);
    }
    ck_assert(!frame_next(f, &at, &p, &head, &body));
    ck_assert_uint_eq(f->from, 3);
    ck_assert_uint_eq(f->grant, 17);
    ck_assert_uint_eq(f->number, 99);
}
END_TEST

START_TEST(the_largest_packet_fits_into_a_frame)
{
    ck_assert_uint_le(used + frame_need(WIRE_HEAD, FRAME_PIECE), FRAME_SIZE);
    add(WIRE_HEAD, FRAME_PIECE);
    sealed();
    ck_assert(is_accepted());
}
END_TEST

START_TEST(no_bit_of_a_short_frame_can_be_changed)
{
    add(16, 8);
    add(40, 100);
    sealed();
    ck_assert_uint_le(used, FRAME_WHOLE);
    for (uint32_t bit = 0; bit < used * 8; bit++) {
        frame[bit / 8] ^= (char)(1 << bit % 8);
        ck_assert_msg(!is_accepted(), "bit %u", bit);
        frame[bit / 8] ^= (char)(1 << bit % 8);
    }
    ck_assert(is_accepted());
}
END_TEST

START_TEST(no_head_of_a_long_frame_can_be_changed)
{
    uint32_t starts[3], n = 0;
    for (; n < 3; n++) {
        starts[n] = used;
        add(16, 1000);
    }
    sealed();
    for (uint32_t bit = 0; bit < sizeof(struct frame_head) * 8; bit++) {
        frame[bit / 8] ^= (char)(1 << bit % 8);
        ck_assert_msg(!is_accepted(), "bit %u of the frame", bit);
        frame[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t bit = 0; bit < (8 + 16) * 8; bit++) {
            frame[starts[i] + bit / 8] ^= (char)(1 << bit % 8);
            ck_assert_msg(!is_accepted(), "bit %u of packet %u", bit, i);
            frame[starts[i] + bit / 8] ^= (char)(1 << bit % 8);
        }
    ck_assert(is_accepted());
}
END_TEST

START_TEST(another_key_is_no_key)
{
    add(16, 8);
    frame_seal(frame, used, FRAME_PACKETS, 3, 17, 99, other_key, scratch);
    ck_assert(!is_accepted());
}
END_TEST

START_TEST(a_frame_has_the_size_that_it_says)
{
    add(16, 8);
    sealed();
    for (size_t size = 0; size < used + 64; size++)
        ck_assert((frame_look(frame, size) != NULL) == (size == used));
}
END_TEST

/* What someone who has the key makes wrong must not lead outside of the frame. */
START_TEST(packets_stay_inside)
{
    uint64_t seed = 77 + (uint64_t)_i;
    int accepted = 0;
    for (int round = 0; round < 3000; round++) {
        used = (uint32_t)sizeof(struct frame_head) + 8 * unit_below(&seed, 100);
        for (uint32_t at = sizeof(struct frame_head); at < used; at += 4) {
            uint32_t word = unit_below(&seed, 3) ? unit_below(&seed, 60) : unit_random(&seed);
            memcpy(frame + at, &word, sizeof word);
        }
        if (used > sizeof(struct frame_head) + 8 && unit_below(&seed, 2)) { /* one packet that fills it */
            struct frame_packet p = {8, used - (uint32_t)sizeof(struct frame_head) - 16};
            memcpy(frame + sizeof(struct frame_head), &p, sizeof p);
        }
        struct frame_head *f = (struct frame_head *)frame;
        *f = (struct frame_head){.magic = FRAME_MAGIC, .version = FRAME_VERSION, .size = used, .kind = FRAME_PACKETS};
        char *copy = malloc(used); /* what lies behind it is not ours */
        memcpy(copy, frame, used);
        f = (struct frame_head *)copy;
        if (frame_is_genuine(f, key, scratch))
            ck_abort_msg("a frame without a check was accepted");
        if (used <= FRAME_WHOLE) {
            f->check = secret_check(copy + 8, used - 8, key);
            accepted += frame_is_genuine(f, key, scratch);
        }
        free(copy);
    }
    ck_assert_int_gt(accepted, 10);
}
END_TEST

static struct frame_greeting greeting(void)
{
    struct frame_greeting g = {.head = {.kind = FRAME_HELLO, .from = 1}, .to = 2, .card_size = FRAME_CARD};
    memcpy(g.nonce, "0123456789abcdef", FRAME_NONCE);
    greeting_seal(&g, job);
    return g;
}

START_TEST(no_bit_of_a_greeting_can_be_changed)
{
    _Alignas(8) struct frame_greeting g = greeting();
    ck_assert_ptr_nonnull(frame_look(&g, sizeof g));
    ck_assert_ptr_nonnull(greeting_look(&g.head, 2, job));
    ck_assert_ptr_null(greeting_look(&g.head, 3, job)); /* it is for another one */
    for (uint32_t bit = 0; bit < sizeof g * 8; bit++) {
        ((char *)&g)[bit / 8] ^= (char)(1 << bit % 8);
        const struct frame_head *f = frame_look(&g, sizeof g);
        ck_assert_msg(!f || !greeting_look(f, 2, job), "bit %u", bit);
        ((char *)&g)[bit / 8] ^= (char)(1 << bit % 8);
    }
}
END_TEST

START_TEST(a_greeting_of_another_job_is_none)
{
    static const unsigned char other[SECRET_KEY] = "the secret of another job";
    struct frame_greeting g = greeting();
    ck_assert_ptr_null(greeting_look(&g.head, 2, other));
}
END_TEST

START_TEST(keys_differ_by_direction_and_nonce)
{
    unsigned char a[FRAME_NONCE] = "a", b[FRAME_NONCE] = "b", keys[5][SECRET_SHORT_KEY];
    frame_key(keys[0], job, a, b, 1, 2);
    frame_key(keys[1], job, a, b, 2, 1);
    frame_key(keys[2], job, b, a, 1, 2);
    frame_key(keys[3], job, a, a, 1, 2);
    frame_key(keys[4], job, a, b, 1, 3);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            ck_assert_msg(memcmp(keys[i], keys[j], SECRET_SHORT_KEY) != 0, "%d and %d", i, j);
    frame_key(keys[1], job, a, b, 1, 2);
    ck_assert_mem_eq(keys[0], keys[1], SECRET_SHORT_KEY);
}
END_TEST

/* SipHash-2-4 and its first published vectors: the library that was loaded computes what it should. */
START_TEST(the_check_is_siphash)
{
    unsigned char k[SECRET_SHORT_KEY], in[8];
    for (int i = 0; i < SECRET_SHORT_KEY; i++)
        k[i] = (unsigned char)i;
    for (int i = 0; i < 8; i++)
        in[i] = (unsigned char)i;
    ck_assert_uint_eq(secret_check(in, 0, k), 0x726fdb47dd0e0e31ull);
    ck_assert_uint_eq(secret_check(in, 1, k), 0x74f839c593dc67fdull);
    ck_assert_uint_eq(secret_check(in, 8, k), 0x93f5f5799a932462ull);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ofi_frame");
    TCase *frames = unit_case(suite, "frames");
    tcase_add_checked_fixture(frames, begin, NULL);
    tcase_add_loop_test(frames, packets_come_out_as_they_went_in, 0, 20);
    tcase_add_test(frames, the_largest_packet_fits_into_a_frame);
    tcase_add_test(frames, no_bit_of_a_short_frame_can_be_changed);
    tcase_add_test(frames, no_head_of_a_long_frame_can_be_changed);
    tcase_add_test(frames, another_key_is_no_key);
    tcase_add_test(frames, a_frame_has_the_size_that_it_says);
    tcase_add_loop_test(frames, packets_stay_inside, 0, 4);
    TCase *greetings = unit_case(suite, "greetings");
    tcase_add_checked_fixture(greetings, begin, NULL);
    tcase_add_test(greetings, no_bit_of_a_greeting_can_be_changed);
    tcase_add_test(greetings, a_greeting_of_another_job_is_none);
    tcase_add_test(greetings, keys_differ_by_direction_and_nonce);
    tcase_add_test(greetings, the_check_is_siphash);
    return unit_run(suite);
}
