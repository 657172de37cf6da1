/* Tests of copying and of cursors: every short length at every alignment, nothing beyond is touched, and a
 * message that is moved in pieces is the same as in one. */
#include "base/cursor.h"
#include "tests/unit.h"

enum { GUARD = 16 };

static void fill_random(char *to, size_t n, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)unit_random(seed);
}

/* Copies n bytes between memory of exactly that size (the address sanitizer looks behind it) and compares. */
static void copy_once(void (*copy)(void *, const void *, size_t), size_t n, size_t from_shift, size_t to_shift,
                      uint64_t *seed)
{
    char *from = malloc(from_shift + n + 1), *to = malloc(GUARD + to_shift + n + GUARD);
    char *exact = calloc(from_shift + n + !(from_shift + n), 1);
    fill_random(from, from_shift + n, seed);
    memcpy(exact, from, from_shift + n);
    memset(to, 0x5a, GUARD + to_shift + n + GUARD);
    copy(to + GUARD + to_shift, exact + from_shift, n);
    if (memcmp(to + GUARD + to_shift, from + from_shift, n) != 0 || memcmp(exact, from, from_shift + n) != 0)
        ck_abort_msg("%zu bytes were copied wrong, shifts %zu and %zu", n, from_shift, to_shift);
    for (size_t i = 0; i < GUARD; i++)
        if (to[GUARD + to_shift - 1 - i] != 0x5a || to[GUARD + to_shift + n + i] != 0x5a)
            ck_abort_msg("%zu bytes: the copy went beyond", n);
    free(from);
    free(to);
    free(exact);
}

START_TEST(copies_of_every_short_length)
{
    uint64_t seed = 11;
    for (size_t n = 0; n <= 200; n++)
        for (size_t shift = 0; shift < 16; shift++) {
            copy_once(copy_short, n, shift, (shift * 5 + n) % 16, &seed);
            copy_once(copy_long, n, shift, (shift * 7 + n) % 16, &seed);
        }
}
END_TEST

START_TEST(copies_of_long_lengths)
{
    uint64_t seed = 12;
    for (size_t pieces = 1; pieces <= 4; pieces++)
        for (unsigned off = 0; off <= 6; off++) {
            copy_once(copy_short, pieces * 2048 - 3 + (size_t)off, pieces, 3, &seed);
            copy_once(copy_long, pieces * 2048 - 3 + (size_t)off, 0, pieces, &seed);
        }
    for (int i = 0; i < 200; i++)
        copy_once(copy_short, unit_below(&seed, 100000), unit_below(&seed, 64), unit_below(&seed, 64), &seed);
}
END_TEST

START_TEST(fill_and_drain_in_pieces)
{
    uint64_t seed = 13;
    for (int round = 0; round < 2000; round++) {
        size_t size = unit_below(&seed, round % 10 ? 300 : 20000), done = 0;
        char *from = malloc(size + 1), *packed = malloc(size + 1), *to = malloc(size + 1);
        fill_random(from, size, &seed);
        to[size] = 0x5a;
        struct cursor source = cursor_over(from, size), target = cursor_over(to, size);
        while (done < size) {
            size_t n = unit_below(&seed, (uint32_t)(size - done) + 1);
            if (unit_below(&seed, 3) == 0 && n > 40)
                n = unit_below(&seed, 41);
            cursor_fill(&source, packed + done, n);
            cursor_drain(&target, packed + done, n);
            done += n;
            ck_assert_uint_eq(source.left, size - done);
            ck_assert_uint_eq(target.left, size - done);
            ck_assert_ptr_eq(source.at, from + done);
        }
        ck_assert_int_eq(memcmp(from, to, size), 0);
        ck_assert_int_eq(memcmp(from, packed, size), 0);
        ck_assert_int_eq(to[size], 0x5a);
        free(from);
        free(packed);
        free(to);
    }
}
END_TEST

/* A layout of every other byte. */
static int moves;
static void move_every_other(struct cursor *c, char *packed, size_t n, int fill)
{
    moves++;
    for (size_t i = 0; i < n; i++) {
        char *at = c->at + 2 * (c->position + i);
        if (packed)
            memcpy(fill ? &packed[i] : at, fill ? at : &packed[i], 1);
    }
    c->position += n;
}

START_TEST(a_layout_is_asked_and_left_is_counted)
{
    char spread[40], packed[20], back[40];
    for (int i = 0; i < 40; i++)
        spread[i] = (char)i;
    memset(back, 0x5a, sizeof back);
    struct cursor from = {.at = spread, .left = 20, .move = move_every_other};
    struct cursor to = {.at = back, .left = 20, .move = move_every_other};
    cursor_fill(&from, packed, 13);
    ck_assert_uint_eq(from.left, 7);
    cursor_fill(&from, packed + 13, 7);
    ck_assert_uint_eq(from.left, 0);
    cursor_drain(&to, packed, 5);
    cursor_drain(&to, packed + 5, 15);
    ck_assert_uint_eq(to.left, 0);
    ck_assert_int_eq(moves, 4);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(back[i], i % 2 ? 0x5a : i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cursor");
    TCase *copy = unit_case(suite, "copy"), *cursor = unit_case(suite, "cursor");
    tcase_add_test(copy, copies_of_every_short_length);
    tcase_add_test(copy, copies_of_long_lengths);
    tcase_add_test(cursor, fill_and_drain_in_pieces);
    tcase_add_test(cursor, a_layout_is_asked_and_left_is_counted);
    return unit_run(suite);
}
