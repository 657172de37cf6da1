/* Tests of the allocations of batch systems. */
#include "mpirun/alloc.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"here"};
static const struct own_names own = {names, 1};
static struct words why;

/* "name:slots" of all hosts, and "=N" behind them where the number of ranks is said. */
static void assert_alloc(const struct alloc_texts *texts, const char *system, const char *expected)
{
    struct hosts hosts = {0};
    char text[1000] = "";
    size_t at = 0;
    int tasks;
    const char *found = alloc_parse(&hosts, texts, &tasks, &own, &why);
    ck_assert_msg(found != NULL, "%s", why.s);
    ck_assert_str_eq(found, system);
    hosts_count_slots(&hosts, 0);
    for (int i = 0; i < hosts.count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s:%d", i ? " " : "", hosts.list[i].name,
                               hosts.list[i].slots);
    if (tasks)
        snprintf(text + at, sizeof text - at, " =%d", tasks);
    ck_assert_str_eq(text, expected);
    hosts_free(&hosts);
}

static void assert_wrong(const struct alloc_texts *texts, const char *words)
{
    struct hosts hosts = {0};
    int tasks;
    ck_assert_ptr_null(alloc_parse(&hosts, texts, &tasks, &own, &why));
    ck_assert_str_eq(why.s, words);
    hosts_free(&hosts);
}

START_TEST(slurm)
{
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "n1"}, "Slurm", "n1:0");
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "n[1-3]", .slurm_tasks_on_node = "4(x2),3"}, "Slurm",
                 "n1:4 n2:4 n3:3");
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "tux[0-1]-[00-01],login", .slurm_tasks_on_node = "2(x5)",
                                       .slurm_tasks = "7"}, "Slurm",
                 "tux0-00:2 tux0-01:2 tux1-00:2 tux1-01:2 login:2 =7");
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "a,b", .slurm_cpus_on_node = "8,6",
                                       .slurm_cpus_per_task = "4"},
                 "Slurm", "a:2 b:1");
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "a,b", .slurm_cpus_on_node = "8(x2)"}, "Slurm", "a:8 b:8");
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "a", .slurm_tasks_on_node = "1", .slurm_cpus_on_node = "8"},
                 "Slurm", "a:1");
    assert_alloc(&(struct alloc_texts){.slurm_nodes = "a", .pbs_nodes = "b"}, "Slurm", "a:0");
}
END_TEST

START_TEST(wrong_slurm)
{
    static const struct {
        const char *counts, *words;
    } cases[] = {
        {"4", "SLURM_TASKS_PER_NODE '4' is for fewer hosts than the 2 of SLURM_JOB_NODELIST"},
        {"4(x3)", "SLURM_TASKS_PER_NODE '4(x3)' is for more hosts than the 2 of SLURM_JOB_NODELIST"},
        {"4(x1048576)", "SLURM_TASKS_PER_NODE '4(x1048576)' is for more hosts than the 2 of SLURM_JOB_NODELIST"},
        {"", "SLURM_TASKS_PER_NODE '' is for fewer hosts than the 2 of SLURM_JOB_NODELIST"},
        {"x", "SLURM_TASKS_PER_NODE is 'x', which is no list such as 4(x2),3"},
        {"4,", "SLURM_TASKS_PER_NODE is '4,', which is no list such as 4(x2),3"},
        {"4(x", "SLURM_TASKS_PER_NODE is '4(x', which is no list such as 4(x2),3"},
        {"4(x0)", "SLURM_TASKS_PER_NODE is '4(x0)', which is no list such as 4(x2),3"},
        {"4(2)", "SLURM_TASKS_PER_NODE is '4(2)', which is no list such as 4(x2),3"},
        {"4(x2)3", "SLURM_TASKS_PER_NODE is '4(x2)3', which is no list such as 4(x2),3"},
        {"0(x2)", "SLURM_TASKS_PER_NODE is '0(x2)', which is no list such as 4(x2),3"},
        {"-1(x2)", "SLURM_TASKS_PER_NODE is '-1(x2)', which is no list such as 4(x2),3"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_wrong(&(struct alloc_texts){.slurm_nodes = "a,b", .slurm_tasks_on_node = cases[i].counts},
                     cases[i].words);
    assert_wrong(&(struct alloc_texts){.slurm_nodes = "n[1-"},
                 "SLURM_JOB_NODELIST: host 'n[1-' has a '[' without its ']'");
}
END_TEST

START_TEST(others)
{
    assert_alloc(&(struct alloc_texts){.pbs_nodes = "a\na\nb\na\n"}, "PBS", "a:3 b:1");
    assert_alloc(&(struct alloc_texts){.pbs_nodes = "a\n"}, "PBS", "a:1");
    assert_alloc(&(struct alloc_texts){.sge_hosts = "a 4 all.q@a UNDEFINED\nb 2 all.q@b 0,1:0,2\n"}, "Grid Engine",
                 "a:4 b:2");
    assert_alloc(&(struct alloc_texts){.lsf_hosts = "a a b"}, "LSF", "a:2 b:1");
    assert_alloc(&(struct alloc_texts){.lsf_hosts = "a\na\nb\n", .lsf_counts = "c 4"}, "LSF", "a:2 b:1");
    assert_alloc(&(struct alloc_texts){.lsf_counts = "a 4 b 2"}, "LSF", "a:4 b:2");
    assert_wrong(&(struct alloc_texts){.pbs_nodes = "\n"}, "the allocation of PBS names no host");
    assert_wrong(&(struct alloc_texts){.pbs_nodes = "a\n;\n"}, "PBS_NODEFILE, line 2: ';' is no name of a host");
    assert_wrong(&(struct alloc_texts){.sge_hosts = "a\n"},
                 "PE_HOSTFILE, line 1: no number of slots behind the host's name");
    assert_wrong(&(struct alloc_texts){.sge_hosts = "a 1 q\nb x q\n"},
                 "PE_HOSTFILE, line 2: no number of slots behind the host's name");
    assert_wrong(&(struct alloc_texts){.lsf_counts = "a 4 b"}, "LSB_MCPU_HOSTS: no number of slots behind 'b'");
    assert_wrong(&(struct alloc_texts){.lsf_counts = ""}, "the allocation of LSF names no host");
}
END_TEST

START_TEST(none)
{
    struct hosts hosts = {0};
    int tasks = 5;
    ck_assert_ptr_null(alloc_parse(&hosts, &(struct alloc_texts){.slurm_tasks = "3"}, &tasks, &own, &why));
    ck_assert_str_eq(why.s, "");
    ck_assert_int_eq(tasks, 0);
    ck_assert_int_eq(hosts.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc");
    TCase *all = unit_case(suite, "systems");
    tcase_add_test(all, slurm);
    tcase_add_test(all, wrong_slurm);
    tcase_add_test(all, others);
    tcase_add_test(all, none);
    return unit_run(suite);
}
