/* Tests of sets of cpus. */
#include "mpirun/cpuset.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static struct words why;

START_TEST(texts)
{
    static const struct {
        const char *text, *shown;
        uint32_t weight;
    } cases[] = {{"0", "0", 1},        {"0-3", "0-3", 4},           {"3,1,2", "1-3", 3},     {"0,1", "0,1", 2},
                 {"7-7", "7", 1},      {"63,64", "63,64", 2},       {"63-65", "63-65", 3},   {"0-1,0-1", "0,1", 2},
                 {"65535", "65535", 1}, {"0-3,8-11", "0-3,8-11", 8}, {"000,010", "0,10", 2},
                 {"1-5,3-8", "1-8", 8}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cpuset set = {0};
        char text[100];
        ck_assert_msg(cpuset_parse(&set, cases[i].text, strlen(cases[i].text), "x", &why) == 0, "%s", why.s);
        cpuset_text(&set, text, sizeof text);
        ck_assert_str_eq(text, cases[i].shown);
        ck_assert_uint_eq(cpuset_weight(&set), cases[i].weight);
        cpuset_free(&set);
    }
}
END_TEST

START_TEST(texts_that_are_none)
{
    static const char *const bad[] = {"", ",", "0,", ",0", "-", "0-", "-3", "3-1", "x", "1x", "0x1", "1 2", "1--2",
                                      "65536", "99999999999999999999", "0-65536", "1-2-3", "1.5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cpuset set = {0};
        char begin[64];
        ck_assert_msg(cpuset_parse(&set, bad[i], strlen(bad[i]), "-cpu-set", &why) == -1, "'%s'", bad[i]);
        snprintf(begin, sizeof begin, "-cpu-set: '%s' is no list of cpus", bad[i]);
        ck_assert_msg(strncmp(why.s, begin, strlen(begin)) == 0, "%s", why.s);
        cpuset_free(&set);
    }
}
END_TEST

START_TEST(sets)
{
    struct cpuset a = {0}, b = {0};
    ck_assert(cpuset_equal(&a, &b));
    ck_assert(!cpuset_has(&a, 0));
    ck_assert(!cpuset_has(&a, 100000));
    cpuset_add(&a, 200);
    ck_assert(!cpuset_equal(&a, &b));
    cpuset_add(&b, 200);
    cpuset_add(&b, 200);
    ck_assert(cpuset_equal(&a, &b));
    ck_assert_uint_eq(cpuset_weight(&b), 1);
    cpuset_add(&b, 1000);
    ck_assert(!cpuset_equal(&a, &b));
    ck_assert(!cpuset_equal(&b, &a));
    ck_assert(cpuset_has(&b, 1000) && !cpuset_has(&b, 999) && !cpuset_has(&b, 1001));
    cpuset_free(&a);
    cpuset_free(&b);
    ck_assert(cpuset_equal(&a, &b));
}
END_TEST

START_TEST(cut_texts)
{
    struct cpuset set = {0};
    char whole[400];
    for (uint32_t cpu = 0; cpu < 100; cpu += 2)
        cpuset_add(&set, cpu);
    cpuset_text(&set, whole, sizeof whole);
    for (size_t size = 8; size < 200; size++) {
        char text[400];
        memset(text, 'x', sizeof text);
        cpuset_text(&set, text, size);
        ck_assert_uint_lt(strlen(text), size);
        if (strcmp(text, whole) != 0)
            ck_assert_str_eq(text + strlen(text) - 3, "...");
    }
    cpuset_free(&set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpuset");
    TCase *sets_case = unit_case(suite, "sets");
    tcase_add_test(sets_case, texts);
    tcase_add_test(sets_case, texts_that_are_none);
    tcase_add_test(sets_case, sets);
    tcase_add_test(sets_case, cut_texts);
    return unit_run(suite);
}
