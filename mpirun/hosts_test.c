/* Tests of the table of hosts: lists, ranges, names of this machine, and words about what is wrong. */
#include "mpirun/hosts.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"node7.example.org", "node7", "10.1.0.7", "fe80::7", "::1"};
static const struct own_names own = {names, 5};
static struct words why;

/* "name:slots" of all, with "!" behind this machine's, and "user@" before. */
static void assert_list(const char *list, const char *expected)
{
    struct hosts hosts = {0};
    char text[2000];
    size_t at = 0;
    ck_assert_msg(hosts_add_list(&hosts, list, &own, "-H", &why) == 0, "%s", why.s);
    hosts_count_slots(&hosts, 1);
    for (int i = 0; i < hosts.count; i++) {
        const struct host *h = &hosts.list[i];
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%s%s:%d%s", i ? " " : "", h->user ? h->user : "",
                               h->user ? "@" : "", h->name, h->slots, h->is_local ? "!" : "");
        ck_assert_int_eq(hosts_find(&hosts, h->name, &own), i);
    }
    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(hosts_find(&hosts, "nobody", &own), -1);
    hosts_free(&hosts);
}

START_TEST(lists)
{
    assert_list("a", "a:1");
    assert_list("a,b:4", "a:1 b:4");
    assert_list("a,b,a,a", "a:3 b:1");
    assert_list("a:2,a,A:3", "a:6");
    assert_list("me@a:2,you@b", "me@a:2 you@b:1");
    assert_list("a,me@a", "me@a:2");
    assert_list("a.b-c_d", "a.b-c_d:1");
    assert_list("10.0.0.1:8", "10.0.0.1:8");
    assert_list("fe80::1,[fe80::2],[fe80::3]:5", "fe80::1:1 fe80::2:1 fe80::3:5");
    assert_list("a:1048000", "a:1048000");
}
END_TEST

START_TEST(ranges)
{
    assert_list("n[1-3]", "n1:1 n2:1 n3:1");
    assert_list("n[08-11]", "n08:1 n09:1 n10:1 n11:1");
    assert_list("n[9-11]", "n9:1 n10:1 n11:1");
    assert_list("n[1-2,7]x:3", "n1x:3 n2x:3 n7x:3");
    assert_list("a[0-1]b[1-2],c", "a0b1:1 a0b2:1 a1b1:1 a1b2:1 c:1");
    assert_list("me@n[1,2].org:2", "me@n1.org:2 me@n2.org:2");
    assert_list("[1-2]n", "1n:1 2n:1");
    assert_list("n[007]", "n007:1");
    assert_list("n[1,1]", "n1:2");
    assert_list("n[6-7]", "n6:1 n7:1"); /* not node7 */
    assert_list("node[6-8]", "node6:1 node7:1! node8:1");
}
END_TEST

START_TEST(this_machine)
{
    assert_list("localhost", "localhost:1!");
    assert_list("a,localhost:2,node7,127.0.0.1,127.3.2.1,node7.example.org,10.1.0.7,NODE7", "a:1 localhost:8!");
    assert_list("::1,[fe80::7],[FE80:0:0::7]", "::1:3!");
    assert_list("node7.other.org", "node7.other.org:1"); /* may be another machine */
    assert_list("10.1.0.70,node77,fe80::70", "10.1.0.70:1 node77:1 fe80::70:1");
    ck_assert(hosts_is_own("LocalHost", &own));
    ck_assert(!hosts_is_own("localhosts", &own));
    ck_assert(!hosts_is_own("", &own));
    ck_assert(!hosts_is_own("128.0.0.1", &own));
}
END_TEST

START_TEST(wrong_lists)
{
    static const struct {
        const char *list, *part;
    } cases[] = {{"", "the name of a host is missing"},     {"a,", "the name of a host is missing"},
                 {",a", "the name of a host is missing"},   {"a,,b", "the name of a host is missing"},
                 {":4", "':4' names no host"},              {"me@", "'me@' names no host"},
                 {"@a", "user's name"},                     {"-o@a", "user's name"},
                 {"a b@c", "user's name"},                  {"a:", "host 'a' has '' where a number of slots"},
                 {"a:0", "has '0'"},                        {"a:x", "has 'x'"},
                 {"a:1x", "has '1x'"},                      {"a:-1", "has '-1'"},
                 {"a:1048577", "1 to 1048576"},             {"a:99999999999999999999", "number of slots"},
                 {"-a", "'-a' is no name"},                 {"a b", "'a b' is no name"},
                 {"a;b", "is no name"},                     {"a/b", "is no name"},
                 {"a\nb", "is no name"},                    {"n[1-3", "without its ']'"},
                 {"n[", "without its ']'"},                 {"n]", "is no name"},
                 {"n[]", "'' in host 'n[]' is no range"},   {"n[1-]", "'1-' in host"},
                 {"n[-1]", "is no range"},                  {"n[a-b]", "'a-b' in host"},
                 {"n[1-2-3]", "is no range"},               {"n[1,]", "'' in host"},
                 {"n[3-1]", "'3-1' in host 'n[3-1]' counts down"}, {"n[1[2]]", "brackets in brackets"},
                 {"n[0-65536]", "too long"},                {"n[1234567890123456]", "is no range"},
                 {"[1][1][1][1][1][1][1][1][1]", "more than 8 ranges"}, {"[::1]x", "goes on behind the address"},
                 {"1::2::3", "is no name"},                 {"[a:b]", "is no name"},
                 {"a:1048570,a:10", "more than 1048576 slots"}, {"n[1-60000],m[1-60000]", "more than 65536 hosts"},
                 {"[0-9][0-9][0-9][0-9][0-9][0-9][0-9]", "more than 65536 hosts"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hosts hosts = {0};
        ck_assert_msg(hosts_add_list(&hosts, cases[i].list, &own, "-H", &why) == -1, "'%s' is taken",
                      cases[i].list);
        ck_assert_msg(strncmp(why.s, "-H: ", 4) == 0 && strstr(why.s, cases[i].part), "'%s': %s", cases[i].list,
                      why.s);
        hosts_free(&hosts);
    }
}
END_TEST

START_TEST(long_names)
{
    static char name[400];
    struct hosts hosts = {0};
    memset(name, 'a', HOSTS_NAME_MAX);
    ck_assert_int_eq(hosts_add_list(&hosts, name, &own, "-H", &why), 0);
    memset(name, 'a', sizeof name - 1);
    ck_assert_int_eq(hosts_add_list(&hosts, name, &own, "-H", &why), -1);
    ck_assert_ptr_nonnull(strstr(why.s, "too long"));
    memset(name, 'b', HOSTS_NAME_MAX - 1);
    strcpy(name + HOSTS_NAME_MAX - 1, "[9-10]"); /* the first fits */
    ck_assert_int_eq(hosts_add_list(&hosts, name, &own, "-H", &why), -1);
    ck_assert_ptr_nonnull(strstr(why.s, "too long"));
    hosts_free(&hosts);
}
END_TEST

/* Thousands of hosts are found again. */
START_TEST(many)
{
    struct hosts hosts = {0};
    char name[16];
    ck_assert_int_eq(hosts_add_list(&hosts, "n[00000-19999]:2,n[00000-19999]", &own, "-H", &why), 0);
    hosts_count_slots(&hosts, 0);
    ck_assert_int_eq(hosts.count, 20000);
    ck_assert_int_eq(hosts.sequence_count, 40000);
    for (int i = 0; i < hosts.count; i++) {
        snprintf(name, sizeof name, "N%05d", i);
        ck_assert_int_eq(hosts_find(&hosts, name, &own), i);
        ck_assert_int_eq(hosts.list[i].slots, 3);
    }
    hosts_free(&hosts);
}
END_TEST

START_TEST(unsaid_slots)
{
    struct hosts hosts = {0};
    ck_assert_int_eq(hosts_add_list(&hosts, "a,b,b,c:2,c", &own, "-H", &why), 0);
    hosts_count_slots(&hosts, 0);
    ck_assert_int_eq(hosts.list[0].slots, 0); /* as many as it has cpus */
    ck_assert_int_eq(hosts.list[1].slots, 2);
    ck_assert_int_eq(hosts.list[2].slots, 3);
    hosts_free(&hosts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hosts");
    TCase *table = unit_case(suite, "table");
    tcase_add_test(table, lists);
    tcase_add_test(table, ranges);
    tcase_add_test(table, this_machine);
    tcase_add_test(table, wrong_lists);
    tcase_add_test(table, long_names);
    tcase_add_test(table, many);
    tcase_add_test(table, unsaid_slots);
    return unit_run(suite);
}
