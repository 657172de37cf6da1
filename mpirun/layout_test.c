/* Tests of the way from a command line and its surroundings to hosts and places: what host files, allocations
 * and -H make of each other, and what options of places do. Placement itself is tested in tests/topologies. */
#include "mpirun/layout.h"

#include "mpirun/options.h"
#include "tests/unit.h"

#include <stdarg.h>
#include <string.h>

/* What a job holds lives until the process ends; there is nothing that frees it. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

enum { WORDS = 40, CPUS = 6 };

static struct job job;
static struct words why;
static struct alloc_texts alloc;
static struct file_text default_hostfile;

/* Lays the job out on this machine, node7: three cores with two threads. Of other hosts nothing is known. */
static enum options_result lay_out(int argc, char **argv)
{
    static const char *const names[] = {"node7.example.org", "node7"};
    static const char hostfile[] = "node7 slots=8\nnode8:2", rankfile[] = "rank 0=node7 slot=2";
    static struct place_cpu cpus[CPUS];
    struct file_text file = {"hosts", hostfile, sizeof hostfile - 1};
    memset(&job, 0, sizeof job);
    strcpy(why.s, "");
    ck_assert_int_eq(conf_load(&job.conf, NULL), 0);
    enum options_result result = options_parse(argc, argv, &job, &why);
    if (result != OPTIONS_RUN)
        return result;
    for (int i = 0; i < CPUS; i++) {
        cpus[i] = (struct place_cpu){.os = i, .at = {[PLACE_HWTHREAD] = i, [PLACE_L3] = -1, [PLACE_NUMA] = -1}};
        cpus[i].at[PLACE_CORE] = cpus[i].at[PLACE_L1] = cpus[i].at[PLACE_L2] = i / 2;
        cpus[i].at[PLACE_PACKAGE] = -1;
    }
    struct surroundings around = {.own = {names, 2}, .hostfiles = &file, .usable = CPUS, .alloc = alloc,
                                  .default_hostfile = default_hostfile,
                                  .rankfile = {"ranks", rankfile, sizeof rankfile - 1}};
    strcpy(job.host, "node7.example.org");
    if (layout_hosts(&job, &around, &why))
        return OPTIONS_WRONG;
    for (int i = 0; i < job.hosts.count; i++)
        if (job.hosts.list[i].is_local) {
            job.hosts.list[i].cpus = cpus;
            job.hosts.list[i].cpu_count = CPUS;
        }
    if (job.doctor)
        return layout_nodes(&job, &around, &why) ? OPTIONS_WRONG : OPTIONS_RUN;
    return layout_place(&job, &around, &why) ? OPTIONS_WRONG : OPTIONS_RUN;
}

/* The words of a command line behind "mpirun", up to NULL. */
static enum options_result parse(const char *first, ...)
{
    static char *argv[WORDS + 1];
    int argc = 0;
    va_list ap;
    va_start(ap, first);
    argv[argc++] = (char *)"mpirun";
    for (const char *word = first; word; word = va_arg(ap, const char *)) {
        ck_assert_int_lt(argc, WORDS);
        argv[argc++] = (char *)word;
    }
    va_end(ap);
    argv[argc] = NULL;
    return lay_out(argc, argv);
}

static void assert_runs(enum options_result result)
{
    ck_assert_msg(result == OPTIONS_RUN, "result %d: %s", result, why.s);
}

static void assert_wrong(enum options_result result, const char *part)
{
    ck_assert_int_eq(result, OPTIONS_WRONG);
    ck_assert_msg(strstr(why.s, part) != NULL, "'%s' lacks '%s'", why.s, part);
}

/* Ranks on the i-th host. */
static int on(int i)
{
    return i < job.hosts.count ? job.hosts.list[i].rank_count : -1;
}

START_TEST(hosts)
{
    static const char *const here[] = {"localhost", "127.0.0.1", "node7", "node7.example.org", "localhost:4",
                                       "node7:2,localhost", "node7,node7,node7:1", "[::1]:2,NODE7"};
    static const char *const bad[] = {"", ",", "localhost,", ",localhost", ":4", "node7:", "node7:0", "node7:-1",
                                      "node7:x", "a b", "-x", "@node7", "a@", "node[", "node[1", "node[2-1]",
                                      "node[1-]", "node[]", "node[[1]]", "node[1-99999999]", "node;rm", "$(x)",
                                      "-oProxyCommand=x", "-x@node7"};
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++) {
        assert_runs(parse("-H", here[i], "-bind-to", "none", "a", NULL));
        /* ::1 is nobody's here */
        ck_assert_int_eq(job.hosts.count, strcmp(here[i], "[::1]:2,NODE7") == 0 ? 2 : 1);
        ck_assert_int_eq(job.hosts.list[job.hosts.count - 1].is_local, 1);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_wrong(parse("--host", bad[i], "a", NULL), "-H: ");
    assert_runs(parse("-H", "localhost,me@far.away:3", "a", NULL));
    ck_assert_int_eq(job.size, 4);
    ck_assert_int_eq(job.hosts.count, 2);
    ck_assert_str_eq(job.hosts.list[1].name, "far.away");
    ck_assert_str_eq(job.hosts.list[1].user, "me");
    ck_assert_int_eq(job.hosts.list[1].rank_count, 3);
    ck_assert_uint_eq(job.hosts.list[1].rank_list[2], 3);
    ck_assert_int_eq(job.hosts.list[1].is_local, 0);
    assert_runs(parse("-hostfile", "h", "-n", "9", "a", NULL));
    ck_assert_int_eq(job.hosts.list[0].rank_count, 8);
    ck_assert_int_eq(job.hosts.list[1].rank_count, 1);
    assert_wrong(parse("-hostfile", "h", "-H", "node9", "a", NULL),
                 "'node9' is none of the hosts of the host file");
    assert_wrong(parse("-hostfile", "", "a", NULL), "-hostfile needs the name of a file");
}
END_TEST

START_TEST(hosts_to_look_at)
{
    assert_runs(parse("--doctor", NULL));
    ck_assert_int_eq(job.node_count, 1);
    ck_assert_int_eq(job.hosts.list[job.nodes[0]].is_local, 1);
    assert_runs(parse("--doctor", "a,a:3", "node7", "b", NULL));
    ck_assert_int_eq(job.node_count, 3);
    ck_assert_str_eq(job.hosts.list[job.nodes[2]].name, "b");
    assert_runs(parse("--doctor", "-hostfile", "h", NULL));
    ck_assert_int_eq(job.node_count, 2);
    assert_runs(parse("--doctor", "-hostfile", "h", "-H", "node8", NULL));
    ck_assert_int_eq(job.node_count, 1);
    ck_assert_str_eq(job.hosts.list[job.nodes[0]].name, "node8");
    assert_wrong(parse("--doctor", "-hostfile", "h", "node9", NULL), "'node9' is none of the hosts of the host file");
}
END_TEST

START_TEST(allocations)
{
    alloc = (struct alloc_texts){.slurm_nodes = "node[7-9]", .slurm_tasks_on_node = "2,1(x2)"};
    assert_runs(parse("a", NULL));
    ck_assert_int_eq(job.size, 4);
    ck_assert_int_eq(job.hosts.list[0].is_local, 1);
    ck_assert_int_eq(on(0), 2);
    ck_assert_int_eq(on(2), 1);
    assert_runs(parse("-H", "node9,node7", "a", NULL)); /* in the order of the choice */
    ck_assert_int_eq(job.size, 3);
    ck_assert_int_eq(job.placement.places[0].host, 2);
    ck_assert_int_eq(on(1), 0);
    assert_runs(parse("-H", "node7:1,me@node8:3", "a", NULL));
    ck_assert_int_eq(job.size, 4);
    ck_assert_int_eq(on(1), 3);
    ck_assert_str_eq(job.hosts.list[1].user, "me");
    assert_wrong(parse("-H", "node1", "a", NULL), "'node1' is none of the hosts of the allocation");
    assert_runs(parse("-hostfile", "h", "a", NULL)); /* goes before the allocation */
    ck_assert_int_eq(job.hosts.count, 2);
    alloc.slurm_tasks = "3";
    assert_runs(parse("a", NULL));
    ck_assert_int_eq(job.size, 3);
    assert_runs(parse("-ppn", "1", "a", NULL));
    ck_assert_int_eq(job.size, 3);
    assert_runs(parse("-H", "node7", "a", NULL));
    ck_assert_int_eq(job.size, 2);
    alloc.slurm_tasks_on_node = "2";
    assert_wrong(parse("a", NULL), "SLURM_TASKS_PER_NODE '2' is for fewer hosts");
    alloc = (struct alloc_texts){.slurm_nodes = "node[7-8]"}; /* nobody knows how many slots node8 has */
    assert_wrong(parse("-n", "2", "a", NULL), "how many cpus host 'node8' has is not known");
    assert_runs(parse("-ppn", "1", "a", NULL));
    ck_assert_int_eq(job.size, 2);
    assert_runs(parse("-H", "node7", "-n", "2", "a", NULL));
    alloc = (struct alloc_texts){0};
}
END_TEST

START_TEST(default_hosts)
{
    static const char text[] = "node9:2";
    default_hostfile = (struct file_text){"default", text, sizeof text - 1};
    assert_runs(parse("a", NULL));
    ck_assert_str_eq(job.hosts.list[0].name, "node9");
    ck_assert_int_eq(job.size, 2);
    default_hostfile = (struct file_text){"default", text, 0};
    assert_wrong(parse("a", NULL), "default names no host");
    default_hostfile = (struct file_text){0};
}
END_TEST

START_TEST(several_programs)
{
    assert_runs(parse("-n", "1", "-H", "node7:4", "a", ":", "-n", "3", "-H", "node8:2,node9:2", "b", ":", "c",
                      NULL));
    ck_assert_int_eq(job.size, 5);
    ck_assert_int_eq(on(0), 2); /* of the first program, and of the last, which names no hosts */
    ck_assert_int_eq(on(1), 2);
    ck_assert_int_eq(on(2), 1);
    ck_assert_uint_eq(job.hosts.list[0].rank_list[1], 4);
    ck_assert_int_eq(job.apps[1].first, 1);
    ck_assert_int_eq(job.apps[2].count, 1);
}
END_TEST

START_TEST(places)
{
    assert_runs(parse("-bind-to", "core", "a", NULL));
    ck_assert_int_eq(job.size, 3); /* cores, not threads */
    ck_assert_uint_eq(cpuset_weight(&job.placement.places[2].cpus), 2);
    ck_assert(cpuset_has(&job.placement.places[2].cpus, 5));
    assert_runs(parse("-bind-to-core", "-n", "2", "a", NULL));
    ck_assert_int_eq(job.placement.bind_level, PLACE_CORE);
    assert_runs(parse("-bind-to", "core", "-n", "2", "-x", "OMP_NUM_THREADS=2", "a", NULL));
    ck_assert_int_eq(job.placement.pe, 2);
    ck_assert_uint_ne(strlen(job.placement.note), 0);
    assert_runs(parse("-cpu-set", "1,3", "a", NULL));
    ck_assert_int_eq(job.size, 2);
    ck_assert_int_eq(job.usable_cpus, 2);
    assert_wrong(parse("-cpu-set", "6", "a", NULL), "cpu 6");
    assert_wrong(parse("-cpu-set", "x", "a", NULL), "-cpu-set: 'x'");
    assert_wrong(parse("-map-by", "rankfile", "a", NULL), "-rankfile FILE");
    assert_runs(parse("-rankfile", "r", "a", NULL));
    ck_assert_int_eq(job.size, 1);
    ck_assert(cpuset_has(&job.placement.places[0].cpus, 4));
    assert_runs(parse("-map-by", ":display:donotlaunch", "-bind-to", "none:report", "a", NULL));
    ck_assert_uint_eq(job.show, SHOW_MAP | SHOW_BINDINGS);
    ck_assert_int_eq(job.do_not_launch, 1);
    assert_wrong(parse("-display", "map,x", "a", NULL), "-display: 'x'");
    assert_wrong(parse("-n", "7", "-nooversubscribe", "a", NULL), "7 ranks");
    assert_runs(parse("-n", "7", "-nooversubscribe", "-oversubscribe", "a", NULL));
    assert_runs(parse("-npersocket", "2", "a", NULL));
    ck_assert_int_eq(job.size, 2); /* the machine shows no package: it is one */
    assert_runs(parse("-pernode", "-hostfile", "h", "a", NULL));
    ck_assert_int_eq(job.size, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *all = unit_case(suite, "hosts and places");
    tcase_add_test(all, hosts);
    tcase_add_test(all, hosts_to_look_at);
    tcase_add_test(all, allocations);
    tcase_add_test(all, default_hosts);
    tcase_add_test(all, several_programs);
    tcase_add_test(all, places);
    return unit_run(suite);
}
