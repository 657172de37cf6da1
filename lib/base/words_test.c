/* Tests of errors in words. */
#include "base/words.h"
#include "tests/unit.h"

#include <errno.h>
#include <string.h>

START_TEST(set_writes_and_fails)
{
    struct words w;
    ck_assert_int_eq(words_set(&w, "%s has %d legs", "a dog", 4), -1);
    ck_assert_str_eq(w.s, "a dog has 4 legs");
    ck_assert_int_eq(words_set(&w, "%s", ""), -1);
    ck_assert_str_eq(w.s, "");
}
END_TEST

START_TEST(set_without_words)
{
    ck_assert_int_eq(words_set(NULL, "nobody %s", "listens"), -1);
}
END_TEST

START_TEST(set_keeps_errno)
{
    struct words w;
    errno = ENOENT;
    words_set(&w, "%s: %m", "file");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_str_eq(w.s, "file: No such file or directory");
}
END_TEST

/* Lengths around the size: what fits is whole, what does not ends in "...", nothing beyond is touched. */
START_TEST(set_cuts)
{
    struct {
        struct words w;
        char guard[16];
    } m;
    char text[WORDS_SIZE + 101];
    for (int len = WORDS_SIZE - 5; len < WORDS_SIZE + 100; len++) {
        memset(text, 'x', (size_t)len);
        text[len] = 0;
        memset(&m, 'g', sizeof m);
        words_set(&m.w, "%s", text);
        for (size_t i = 0; i < sizeof m.guard; i++)
            ck_assert_int_eq(m.guard[i], 'g');
        if (len < WORDS_SIZE) {
            ck_assert_str_eq(m.w.s, text);
        } else {
            ck_assert_uint_eq(strlen(m.w.s), WORDS_SIZE - 1);
            ck_assert_str_eq(m.w.s + WORDS_SIZE - 5, "x...");
        }
    }
}
END_TEST

START_TEST(clean_replaces_control_bytes)
{
    char out[64];
    words_clean(out, sizeof out, "a\x1b[31mb\nc\td\x7f" "e\x01");
    ck_assert_str_eq(out, "a?[31mb?c?d?e?");
    words_clean(out, sizeof out, "Gr\xc3\xbc\xc3\x9f" "e ~");
    ck_assert_str_eq(out, "Gr\xc3\xbc\xc3\x9f" "e ~");
    for (int c = 1; c < 256; c++) {
        char text[2] = {(char)c, 0};
        words_clean(out, sizeof out, text);
        ck_assert_int_eq(out[0], c < 0x20 || c == 0x7f ? '?' : (char)c);
        ck_assert_int_eq(out[1], 0);
    }
}
END_TEST

START_TEST(clean_cuts)
{
    char out[9] = "gggggggg";
    words_clean(out, 4, "abcdef");
    ck_assert_str_eq(out, "abc");
    ck_assert_int_eq(out[4], 'g');
    words_clean(out, 4, "abc");
    ck_assert_str_eq(out, "abc");
    out[1] = 'g';
    words_clean(out, 1, "abc");
    ck_assert_int_eq(out[0], 0);
    ck_assert_int_eq(out[1], 'g');
    words_clean(out, sizeof out, "");
    ck_assert_str_eq(out, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words");
    TCase *set = unit_case(suite, "set"), *clean = unit_case(suite, "clean");
    tcase_add_test(set, set_writes_and_fails);
    tcase_add_test(set, set_without_words);
    tcase_add_test(set, set_keeps_errno);
    tcase_add_test(set, set_cuts);
    tcase_add_test(clean, clean_replaces_control_bytes);
    tcase_add_test(clean, clean_cuts);
    return unit_run(suite);
}
