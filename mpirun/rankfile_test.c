/* Tests of rank files. Which cpus the lines mean is seen in tests/topologies. */
#include "mpirun/rankfile.h"
#include "tests/unit.h"

#include <string.h>

static const char *const names[] = {"here"};
static const struct own_names own = {names, 1};
static struct words why;

static int parse(const char *text, struct rankfile *file, struct hosts *hosts, int add)
{
    if (!add)
        ck_assert_int_eq(hosts_add_list(hosts, "a,b,here", &own, "-H", &why), 0);
    return rankfile_parse(file, "ranks", text, strlen(text), hosts, add, &own, &why);
}

START_TEST(files)
{
    struct hosts hosts = {0};
    struct rankfile file = {0};
    ck_assert_msg(parse("# places\nrank 1=b slot=1:0-2,5\n\nRANK 0 = +n0 slots=3 # x\nrank 2=localhost slot=0:*\n"
                        "rank 3=B", &file, &hosts, 0) == 0, "%s", why.s);
    ck_assert_int_eq(file.count, 4);
    ck_assert_int_eq(file.lines[0].host, 0);
    ck_assert_int_eq(file.lines[0].package, -1);
    ck_assert_int_eq(file.lines[0].number, 4);
    ck_assert(cpuset_has(&file.lines[0].cores, 3));
    ck_assert_int_eq(file.lines[1].host, 1);
    ck_assert_int_eq(file.lines[1].package, 1);
    ck_assert_uint_eq(cpuset_weight(&file.lines[1].cores), 4);
    ck_assert_int_eq(file.lines[2].host, 2);
    ck_assert_int_eq(file.lines[2].all_cores, 1);
    ck_assert_int_eq(file.lines[3].host, 1);
    ck_assert_int_eq(file.lines[3].whole, 1);
    rankfile_free(&file);
    hosts_free(&hosts);
}
END_TEST

START_TEST(hosts_from_the_file)
{
    struct hosts hosts = {0};
    struct rankfile file = {0};
    ck_assert_msg(parse("rank 0=me@x slot=0\nrank 1=here slot=1\nrank 2=x slot=2", &file, &hosts, 1) == 0, "%s",
                  why.s);
    ck_assert_int_eq(hosts.count, 2);
    ck_assert_str_eq(hosts.list[0].user, "me");
    ck_assert_int_eq(hosts.list[1].is_local, 1);
    ck_assert_int_eq(file.lines[2].host, 0);
    rankfile_free(&file);
    hosts_free(&hosts);
}
END_TEST

START_TEST(wrong_files)
{
#define FORM " is no line such as: rank 0=node1 slot=0-3"
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "ranks names no rank"},
        {"rank 0", "ranks, line 1: 'rank 0'" FORM},
        {"rank =a", "ranks, line 1: 'rank =a'" FORM},
        {"rank=a", "ranks, line 1: 'rank=a'" FORM},
        {"rank x=a", "ranks, line 1: 'rank x=a'" FORM},
        {"rank -1=a", "ranks, line 1: 'rank -1=a'" FORM},
        {"rank 0=", "ranks, line 1: 'rank 0='" FORM},
        {"=", "ranks, line 1: '='" FORM},
        {"\n0=a slot=1", "ranks, line 2: '0=a slot=1'" FORM},
        {"rank 0=a 1", "ranks, line 1: 'rank 0=a 1'" FORM},
        {"rank 0=a slots", "ranks, line 1: 'rank 0=a slots'" FORM},
        {"rank 0=a slot=0 slot=1", "ranks, line 1: 'rank 0=a slot=0 slot=1'" FORM},
        {"rank 99999999=a", "ranks, line 1: 'rank 99999999=a'" FORM},
        {"rank 0=a slot=", "ranks, line 1: '' is no list of cpus such as 0-3,8"},
        {"rank 0=a slot=x", "ranks, line 1: 'x' is no list of cpus such as 0-3,8"},
        {"rank 0=a slot=x:1", "ranks, line 1: 'slot=x:1' is no PACKAGE:CORES such as 0:2-3"},
        {"rank 0=a slot=0:", "ranks, line 1: '' is no list of cpus such as 0-3,8"},
        {"rank 0=a slot=p0",
         "ranks, line 1: 'slot=p0' (the system's numbers) is not built yet; -bind-to user:CPUS takes them"},
        {"rank 0=moon", "ranks, line 1: host 'moon' is none of the job's hosts"},
        {"rank 0=a:2", "ranks, line 1: 'a:2' is no name of one host"},
        {"rank 0=n[1-2]", "ranks, line 1: 'n[1-2]' is no name of one host"},
        {"rank 0=+n3", "ranks, line 1: host '+n3' is beyond the 3 hosts of the job"},
        {"rank 0=+nx", "ranks, line 1: host '+nx' is beyond the 3 hosts of the job"},
        {"rank 0=a\nrank 0=b", "ranks, line 2: rank 0 stands in line 1 already"},
        {"rank 0=a\nrank 2=b", "ranks has a line for rank 2 and none for rank 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hosts hosts = {0};
        struct rankfile file = {0};
        ck_assert_msg(parse(cases[i].text, &file, &hosts, 0) == -1, "'%s'", cases[i].text);
        ck_assert_str_eq(why.s, cases[i].words);
        rankfile_free(&file);
        hosts_free(&hosts);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rankfile");
    TCase *all = unit_case(suite, "files");
    tcase_add_test(all, files);
    tcase_add_test(all, hosts_from_the_file);
    tcase_add_test(all, wrong_files);
    return unit_run(suite);
}
