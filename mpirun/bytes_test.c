/* Tests of the queue of bytes. */
#include "mpirun/bytes.h"
#include "tests/unit.h"

#include <string.h>

START_TEST(empty)
{
    struct bytes b = {0};
    ck_assert_uint_eq(bytes_count(&b), 0);
    bytes_append(&b, NULL, 0);
    ck_assert_uint_eq(bytes_count(&b), 0);
    bytes_drop(&b, 0);
    bytes_free(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(append_and_drop)
{
    struct bytes b = {0};
    bytes_append(&b, "hello ", 6);
    bytes_append(&b, "world", 5);
    ck_assert_uint_eq(bytes_count(&b), 11);
    ck_assert_mem_eq(bytes_front(&b), "hello world", 11);
    bytes_drop(&b, 6);
    ck_assert_uint_eq(bytes_count(&b), 5);
    ck_assert_mem_eq(bytes_front(&b), "world", 5);
    bytes_append(&b, "s", 1);
    ck_assert_mem_eq(bytes_front(&b), "worlds", 6);
    bytes_drop(&b, 6);
    ck_assert_uint_eq(bytes_count(&b), 0);
    bytes_free(&b);
    bytes_append(&b, "again", 5); /* usable after free */
    ck_assert_mem_eq(bytes_front(&b), "again", 5);
    bytes_free(&b);
}
END_TEST

START_TEST(reserve_then_added)
{
    struct bytes b = {0};
    bytes_append(&b, "ab", 2);
    char *room = bytes_reserve(&b, 100000);
    memset(room, 'r', 100000); /* all of it may be written ... */
    ck_assert_uint_eq(bytes_count(&b), 2);
    bytes_added(&b, 3); /* ... and less be kept */
    ck_assert_uint_eq(bytes_count(&b), 5);
    ck_assert_mem_eq(bytes_front(&b), "abrrr", 5);
    ck_assert_ptr_nonnull(bytes_reserve(&b, 0));
    ck_assert_mem_eq(bytes_front(&b), "abrrr", 5);
    bytes_free(&b);
}
END_TEST

/* What goes through for long does not need more memory than what waits at once. */
START_TEST(a_steady_flow_does_not_grow)
{
    struct bytes b = {0};
    char piece[1000];
    memset(piece, 'p', sizeof piece);
    for (int i = 0; i < 3; i++)
        bytes_append(&b, piece, sizeof piece);
    for (int i = 0; i < 100000; i++) {
        bytes_append(&b, piece, sizeof piece);
        bytes_drop(&b, sizeof piece);
    }
    ck_assert_uint_le(b.room, 16384);
    bytes_free(&b);
}
END_TEST

/* Random use: the bytes are those of a counter, in order, whatever happens inside. */
START_TEST(random_use)
{
    struct bytes b = {0};
    uint64_t seed = 99;
    uint32_t in = 0, out = 0; /* bytes so far */
    char piece[9000];
    for (int round = 0; round < 30000; round++) {
        uint32_t n = unit_below(&seed, unit_below(&seed, 8) ? 300 : sizeof piece);
        if (unit_below(&seed, 2)) {
            for (uint32_t i = 0; i < n; i++)
                piece[i] = (char)((in + i) * 7 >> 3);
            if (unit_below(&seed, 2)) {
                bytes_append(&b, piece, n);
            } else {
                memcpy(bytes_reserve(&b, n + 50), piece, n);
                bytes_added(&b, n);
            }
            in += n;
        } else {
            n = n < bytes_count(&b) ? n : (uint32_t)bytes_count(&b);
            for (uint32_t i = 0; i < n; i++)
                if (bytes_front(&b)[i] != (char)((out + i) * 7 >> 3))
                    ck_abort_msg("byte %u is wrong", out + i);
            bytes_drop(&b, n);
            out += n;
        }
        if (bytes_count(&b) != in - out)
            ck_abort_msg("%zu bytes instead of %u", bytes_count(&b), in - out);
    }
    bytes_free(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytes");
    TCase *queue = unit_case(suite, "queue");
    tcase_add_test(queue, empty);
    tcase_add_test(queue, append_and_drop);
    tcase_add_test(queue, reserve_then_added);
    tcase_add_test(queue, a_steady_flow_does_not_grow);
    tcase_add_test(queue, random_use);
    return unit_run(suite);
}
