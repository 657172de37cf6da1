/* Tests of host files. */
#include "mpirun/hostfile.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"here"};
static const struct own_names own = {names, 1};
static struct words why;

/* "user@name:slots/max/port", one after the other. */
static void assert_file(const char *file, const char *expected)
{
    struct hosts hosts = {0};
    char text[1000] = "";
    size_t at = 0;
    ck_assert_msg(hostfile_parse(&hosts, "hosts", file, strlen(file), &own, &why) == 0, "%s", why.s);
    hosts_count_slots(&hosts, 0);
    for (int i = 0; i < hosts.count; i++) {
        const struct host *h = &hosts.list[i];
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s@%s:%d/%d/%d%s", i ? " " : "",
                               h->user ? h->user : "", h->name, h->slots, h->max_slots, h->port,
                               h->is_local ? "!" : "");
    }
    ck_assert_str_eq(text, expected);
    hosts_free(&hosts);
}

START_TEST(files)
{
    assert_file("a", "@a:0/0/0");
    assert_file("a\nb\n", "@a:0/0/0 @b:0/0/0");
    assert_file("a slots=4\nb slots=2 max-slots=8\n", "@a:4/0/0 @b:2/8/0");
    assert_file("a:4\nb:2\n", "@a:4/0/0 @b:2/0/0");
    assert_file("a\na\na\n", "@a:3/0/0");
    assert_file("a:2\nb\na\n", "@a:3/0/0 @b:0/0/0");
    assert_file("me@a:2\nb user=you port=2222\n", "me@a:2/0/0 you@b:0/0/2222");
    assert_file("n[01-03] slots=2 # three\n", "@n01:2/0/0 @n02:2/0/0 @n03:2/0/0");
    assert_file("# nothing\n\n  \t \n a \r\n\tb:1\t# x\n#", "@a:0/0/0 @b:1/0/0");
    assert_file("a SLOTS=1 Max_Slots=2\nb cpus=3\nc count=4 slots-max=5", "@a:1/2/0 @b:3/0/0 @c:4/5/0");
    assert_file("here:2\nlocalhost:3\n127.0.0.1\n", "@here:6/0/0!");
    assert_file("[fe80::1]:4\nfe80::2 slots=1", "@fe80::1:4/0/0 @fe80::2:1/0/0");
}
END_TEST

START_TEST(wrong_files)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"", "hosts names no host"},
        {"# a\n\n", "hosts names no host"},
        {"a slots=x", "hosts, line 1: 'slots=x' needs a number from 1 to 1048576"},
        {"a\n\nb slots=", "hosts, line 3: 'slots=' needs a number from 1 to 1048576"},
        {"a slots=0", "hosts, line 1: 'slots=0' needs a number from 1 to 1048576"},
        {"a slots=-2", "hosts, line 1: 'slots=-2' needs a number from 1 to 1048576"},
        {"a slots=99999999999999999999",
         "hosts, line 1: 'slots=99999999999999999999' needs a number from 1 to 1048576"},
        {"a port=65536", "hosts, line 1: 'port=65536' needs a number from 1 to 65535"},
        {"a 4", "hosts, line 1: '4' is no property such as slots=4"},
        {"a slots = 4", "hosts, line 1: 'slots' is no property such as slots=4"},
        {"a colour=red", "hosts, line 1: 'colour=red' is none of slots=, max-slots=, user=, port="},
        {"a:2 slots=3", "hosts, line 1: the number of slots stands there twice"},
        {"a slots=4 max-slots=2", "hosts, line 1: 4 slots are more than max-slots, 2"},
        {"a user=", "hosts, line 1: '' is no name of a user"},
        {"a user=-x", "hosts, line 1: '-x' is no name of a user"},
        {"a ifname=eth0",
         "hosts, line 1: 'ifname=eth0' is not built yet for one host alone; the options of mpirun hold for all"},
        {"a\nb c d\n", "hosts, line 2: 'c' is no property such as slots=4"},
        {"a\n-b\n", "hosts, line 2: '-b' is no name of a host"},
        {"a\nb:\n", "hosts, line 2: host 'b' has '' where a number of slots, 1 to 1048576, belongs"},
        {"n[3-1]", "hosts, line 1: the range '3-1' in host 'n[3-1]' counts down"},
        {"^a", "hosts, line 1: '^a' is no name of a host"},
        {"a,b", "hosts, line 1: 'a,b' is no name of a host"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hosts hosts = {0};
        ck_assert_msg(hostfile_parse(&hosts, "hosts", cases[i].file, strlen(cases[i].file), &own, &why) == -1,
                      "'%s'", cases[i].file);
        ck_assert_str_eq(why.s, cases[i].words);
        hosts_free(&hosts);
    }
}
END_TEST

START_TEST(no_text)
{
    static const char binary[] = "a\n\177ELF\0\0\0";
    struct hosts hosts = {0};
    ck_assert_int_eq(hostfile_parse(&hosts, "hosts", binary, sizeof binary, &own, &why), -1);
    ck_assert_str_eq(why.s, "hosts, line 2: a byte of zero; this is no text file");
    hosts_free(&hosts);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostfile");
    TCase *all = unit_case(suite, "files");
    tcase_add_test(all, files);
    tcase_add_test(all, wrong_files);
    tcase_add_test(all, no_text);
    return unit_run(suite);
}
