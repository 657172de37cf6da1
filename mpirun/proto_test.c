/* Tests of the frames between launcher and agent. */
#include "mpirun/proto.h"
#include "tests/unit.h"

#include <string.h>

/* Every type with a fixed size, and that size. */
static const struct {
    enum frame_type type;
    uint32_t size;
} fixed[] = {
    {FRAME_SAY, sizeof(struct frame_say)},
    {FRAME_STARTED, sizeof(struct frame_started)}, {FRAME_FAILED, sizeof(struct frame_failed)},
    {FRAME_EXIT, sizeof(struct frame_exit)},       {FRAME_STATE, sizeof(struct frame_state)},
    {FRAME_WANT_STDIN, 0},                         {FRAME_STOPPED, 0},
    {FRAME_DONE, 0},                               {FRAME_SIGNAL, sizeof(struct frame_signal)},
    {FRAME_END, sizeof(struct frame_end)},         {FRAME_CREDIT, sizeof(struct frame_credit)},
    {FRAME_REPORT, 0},                             {FRAME_READY, 0},
    {FRAME_GO, 0},                                 {FRAME_PING, 0},
    {FRAME_LOST, sizeof(struct frame_lost)},       {FRAME_UNREACHED, sizeof(struct frame_unreached)},
    {FRAME_START, sizeof(struct frame_start)},      {FRAME_WANT_ADDRESSES, 0},
    {FRAME_COLLECT, 0},                            {FRAME_DOOR, sizeof(struct frame_door)},
    {FRAME_MOVED, sizeof(struct frame_moved)},     {FRAME_MOVE, 0},
};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

/* Those of any size. */
static const enum frame_type loose[] = {FRAME_OUTPUT,   FRAME_STDIN,     FRAME_NOISE, FRAME_JOB,
                                        FRAME_TOPOLOGY, FRAME_ADDRESSES, FRAME_BOOK};
enum { LOOSE = sizeof loose / sizeof loose[0] };

static char big[FRAME_MAX + 1];

static void drop(struct bytes *b, const struct frame *head)
{
    bytes_drop(b, sizeof *head + head->length);
}

START_TEST(round_trip)
{
    struct bytes b = {0};
    struct frame head;
    const char *payload;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 31);
    for (int i = 0; i < FIXED; i++)
        proto_put(&b, fixed[i].type, 0, (uint32_t)i * 1000, big, fixed[i].size);
    proto_put(&b, FRAME_OUTPUT, OUTPUT_STDERR | OUTPUT_LINE_GOES_ON, NODE_MAX_RANKS - 1, big, FRAME_MAX);
    proto_put(&b, FRAME_STDIN, 0, 0, NULL, 0);
    for (int i = 0; i < FIXED; i++) {
        ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 1);
        ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 1); /* looking takes nothing away */
        ck_assert_int_eq(head.type, fixed[i].type);
        ck_assert_uint_eq(head.length, fixed[i].size);
        ck_assert_uint_eq(head.rank, (uint32_t)i * 1000);
        ck_assert_int_eq(memcmp(payload, big, head.length), 0);
        drop(&b, &head);
    }
    ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 1);
    ck_assert_int_eq(head.flags, OUTPUT_STDERR | OUTPUT_LINE_GOES_ON);
    ck_assert_uint_eq(head.rank, NODE_MAX_RANKS - 1);
    ck_assert_uint_eq(head.length, FRAME_MAX);
    ck_assert_int_eq(memcmp(payload, big, FRAME_MAX), 0);
    drop(&b, &head);
    ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 1);
    ck_assert_int_eq(head.type, FRAME_STDIN);
    ck_assert_uint_eq(head.length, 0);
    drop(&b, &head);
    ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 0);
    bytes_free(&b);
}
END_TEST

/* Frames arrive byte by byte: 0 until the last one is there, which is enough. */
START_TEST(byte_by_byte)
{
    struct bytes whole = {0}, b = {0};
    struct frame head;
    const char *payload;
    int found = 0;
    proto_put(&whole, FRAME_OUTPUT, 0, 5, "hello\n", 6);
    proto_put(&whole, FRAME_DONE, 0, 0, NULL, 0);
    proto_put(&whole, FRAME_EXIT, 0, 6, big, sizeof(struct frame_exit));
    size_t ends[] = {22, 38, 38 + 16 + sizeof(struct frame_exit)};
    for (size_t i = 0; i < bytes_count(&whole); i++) {
        ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 0);
        bytes_append(&b, bytes_front(&whole) + i, 1);
        if (i + 1 == ends[found]) {
            ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 1);
            drop(&b, &head);
            found++;
        }
    }
    ck_assert_int_eq(found, 3);
    bytes_free(&whole);
    bytes_free(&b);
}
END_TEST

START_TEST(unknown_types)
{
    for (unsigned type = 0; type < 65536; type++) {
        int known = 0;
        for (int i = 0; i < LOOSE; i++)
            known |= type == loose[i];
        for (int i = 0; i < FIXED; i++)
            known |= type == fixed[i].type;
        if (known)
            continue;
        struct bytes b = {0};
        struct frame head;
        const char *payload;
        struct words why = {""};
        proto_put(&b, (enum frame_type)type, 0, 0, NULL, 0);
        ck_assert_int_eq(proto_peek(&b, &head, &payload, &why), -1);
        ck_assert_msg(strstr(why.s, "unknown type") != NULL, "%s", why.s);
        bytes_free(&b);
    }
}
END_TEST

/* Sizes are judged by the head alone: nobody waits for bytes of a frame that cannot be. */
START_TEST(wrong_sizes)
{
    for (int i = 0; i < FIXED; i++) {
        const uint32_t wrong[] = {fixed[i].size + 1, fixed[i].size - 1, 2 * fixed[i].size + 1, FRAME_MAX, UINT32_MAX};
        for (size_t j = 0; j < sizeof wrong / sizeof wrong[0]; j++) {
            struct frame head = {wrong[j], (uint16_t)fixed[i].type, 0, 0, 0}, got;
            struct bytes b = {0};
            const char *payload;
            struct words why = {""};
            bytes_append(&b, &head, sizeof head);
            ck_assert_int_eq(proto_peek(&b, &got, &payload, &why), -1);
            ck_assert_msg(strstr(why.s, "bytes") != NULL, "%s", why.s);
            bytes_free(&b);
        }
    }
}
END_TEST

START_TEST(too_big)
{
    static const uint32_t lengths[] = {FRAME_MAX + 1, 1u << 31, UINT32_MAX};
    for (int i = 0; i < LOOSE; i++)
        for (int j = 0; j < 3; j++) {
            struct frame head = {lengths[j], (uint16_t)loose[i], 0, 0, 0}, got;
            struct bytes b = {0};
            const char *payload;
            bytes_append(&b, &head, sizeof head);
            ck_assert_int_eq(proto_peek(&b, &got, &payload, NULL), -1);
            bytes_free(&b);
        }
}
END_TEST

START_TEST(huge_ranks)
{
    static const uint32_t ranks[] = {PROTO_MAX_RANKS, 1u << 31, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        struct bytes b = {0};
        struct frame head;
        const char *payload;
        struct words why = {""};
        proto_put(&b, FRAME_DONE, 0, ranks[i], NULL, 0);
        ck_assert_int_eq(proto_peek(&b, &head, &payload, &why), -1);
        ck_assert_msg(strstr(why.s, "rank") != NULL, "%s", why.s);
        bytes_free(&b);
    }
}
END_TEST

START_TEST(nodes)
{
    static const uint32_t good[] = {0, 1, PROTO_MAX_NODES - 1, FRAME_ALL};
    static const uint32_t bad_ones[] = {PROTO_MAX_NODES, 1u << 31, FRAME_ALL - 1};
    struct bytes b = {0};
    struct frame head;
    const char *payload;
    struct words why = {""};
    for (int i = 0; i < 4; i++) {
        proto_put_for(&b, good[i], FRAME_DONE, 0, 0, NULL, 0);
        ck_assert_int_eq(proto_peek(&b, &head, &payload, NULL), 1);
        ck_assert_uint_eq(head.node, good[i]);
        drop(&b, &head);
    }
    for (int i = 0; i < 3; i++) {
        proto_put_for(&b, bad_ones[i], FRAME_DONE, 0, 0, NULL, 0);
        ck_assert_int_eq(proto_peek(&b, &head, &payload, &why), -1);
        ck_assert_msg(strstr(why.s, "host") != NULL, "%s", why.s);
        bytes_drop(&b, bytes_count(&b));
    }
    bytes_free(&b);
}
END_TEST

START_TEST(words_without_end)
{
    char words[WORDS_SIZE], out[WORDS_SIZE];
    memset(words, 'x', sizeof words);
    words[3] = 7;
    proto_words(out, sizeof out, words);
    ck_assert_uint_lt(strlen(out), sizeof out);
    ck_assert_int_eq(out[3], '?');
}
END_TEST

/* Random and half-right bytes in memory of exactly their number: what is called a frame lies inside. */
START_TEST(random_bytes)
{
    uint64_t seed = 7;
    int results[3] = {0};
    for (int round = 0; round < 200000; round++) {
        size_t n = unit_below(&seed, 80);
        char *memory = malloc(n + !n);
        for (size_t i = 0; i < n; i++)
            memory[i] = (char)unit_random(&seed);
        if (n >= sizeof(struct frame) && unit_below(&seed, 4)) {
            struct frame head = {unit_below(&seed, 90), (uint16_t)(unit_below(&seed, 12) + 30 * unit_below(&seed, 2)),
                                 0, unit_below(&seed, PROTO_MAX_RANKS), unit_below(&seed, PROTO_MAX_NODES)};
            memcpy(memory, &head, sizeof head);
        }
        struct bytes b = {memory, 0, n, n};
        struct frame head;
        const char *payload;
        struct words why;
        int r = proto_peek(&b, &head, &payload, &why);
        ck_assert(r >= -1 && r <= 1);
        results[r + 1]++;
        if (r == 1) {
            ck_assert_ptr_eq(payload, memory + sizeof head);
            ck_assert_uint_le(sizeof head + head.length, n);
        }
        free(memory);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(results[i], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proto");
    TCase *good = unit_case(suite, "good"), *bad = unit_case(suite, "bad");
    tcase_add_test(good, round_trip);
    tcase_add_test(good, byte_by_byte);
    tcase_add_test(bad, unknown_types);
    tcase_add_test(bad, wrong_sizes);
    tcase_add_test(bad, too_big);
    tcase_add_test(bad, huge_ranks);
    tcase_add_test(good, nodes);
    tcase_add_test(bad, words_without_end);
    tcase_add_test(bad, random_bytes);
    return unit_run(suite);
}
