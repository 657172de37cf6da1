/* Tests of the greeting between hosts. */
#include "config.h"

#include "mpirun/hello.h"
#include "tests/unit.h"

#include <string.h>

static struct hello good;

static void append_good(struct bytes *b)
{
    hello_make(&good, HELLO_AGENT, "node3");
    bytes_append(b, &good, sizeof good);
}

START_TEST(found_behind_noise)
{
    static const char noise[] = "*** Welcome! ***\n\0Godwit\xff and so on\r\n";
    static const size_t lengths[] = {0, 1, 17, sizeof noise, HELLO_NOISE_MAX};
    static char much[HELLO_NOISE_MAX];
    memcpy(much, noise, sizeof noise);
    for (int i = 0; i < 5; i++) {
        struct bytes b = {0};
        struct hello hello;
        size_t before = 77;
        bytes_append(&b, much, lengths[i]);
        append_good(&b);
        bytes_append(&b, "rest", 4);
        ck_assert_int_eq(hello_find(&b, &hello, &before, NULL), 1);
        ck_assert_uint_eq(before, lengths[i]);
        ck_assert_int_eq(memcmp(&hello, &good, sizeof good), 0);
        ck_assert_uint_eq(bytes_count(&b), 4);
        ck_assert_int_eq(hello_check(&hello, HELLO_AGENT, "front", "node3", NULL), 0);
        bytes_free(&b);
    }
}
END_TEST

START_TEST(found_byte_by_byte)
{
    struct bytes whole = {0}, b = {0};
    struct hello hello;
    size_t before;
    bytes_append(&whole, "banner\n", 7);
    append_good(&whole);
    for (size_t i = 0; i < bytes_count(&whole); i++) {
        ck_assert_int_eq(hello_find(&b, &hello, &before, NULL), 0);
        bytes_append(&b, bytes_front(&whole) + i, 1);
    }
    ck_assert_int_eq(hello_find(&b, &hello, &before, NULL), 1);
    ck_assert_uint_eq(before, 7);
    bytes_free(&whole);
    bytes_free(&b);
}
END_TEST

START_TEST(too_much_noise)
{
    struct bytes b = {0};
    struct hello hello;
    struct words why = {""};
    size_t before;
    for (int i = 0; i < HELLO_NOISE_MAX / 8; i++)
        bytes_append(&b, "1234567\n", 8);
    ck_assert_int_eq(hello_find(&b, &hello, &before, &why), 0);
    bytes_append(&b, "go away\r\n", 9);
    ck_assert_int_eq(hello_find(&b, &hello, &before, &why), -1);
    ck_assert_msg(strstr(why.s, "64 KiB") && strstr(why.s, "'go away'"), "%s", why.s);
    append_good(&b); /* too late */
    ck_assert_int_eq(hello_find(&b, &hello, &before, &why), -1);
    bytes_free(&b);
}
END_TEST

START_TEST(misfits)
{
    struct hello h;
    struct words why = {""};
    hello_make(&h, HELLO_AGENT, "node3");
    h.order = __builtin_bswap32(h.order);
    ck_assert_int_eq(hello_check(&h, HELLO_AGENT, "front", "node3", &why), -1);
    ck_assert_msg(strstr(why.s, "front") && strstr(why.s, "node3") && strstr(why.s, "bytes"), "%s", why.s);
    h.order = 5;
    ck_assert_int_eq(hello_check(&h, HELLO_AGENT, "front", "node3", NULL), -1);
    hello_make(&h, HELLO_AGENT, "node3");
    h.protocol++;
    ck_assert_int_eq(hello_check(&h, HELLO_AGENT, "front", "node3", &why), -1);
    ck_assert_msg(strstr(why.s, "front has Godwit " PACKAGE_VERSION) && strstr(why.s, "protocol 3"), "%s", why.s);
    hello_make(&h, HELLO_AGENT, "node3");
    strcpy(h.version, "99.1\033[2J");
    ck_assert_int_eq(hello_check(&h, HELLO_AGENT, "front", "node3", &why), -1);
    ck_assert_msg(strstr(why.s, "node3 has Godwit 99.1?[2J"), "%s", why.s);
    hello_make(&h, HELLO_LAUNCHER, "front");
    ck_assert_int_eq(hello_check(&h, HELLO_AGENT, "front", "node3", &why), -1);
    ck_assert_msg(strstr(why.s, "sends back"), "%s", why.s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hello");
    TCase *all = unit_case(suite, "all");
    tcase_add_test(all, found_behind_noise);
    tcase_add_test(all, found_byte_by_byte);
    tcase_add_test(all, too_much_noise);
    tcase_add_test(all, misfits);
    return unit_run(suite);
}
