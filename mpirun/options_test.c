/* Tests of the command line: every option, MPMD, what is refused and in which words, and random words. What is
 * accepted is laid out too, on a machine of 6 cpus, so that jobs come with all their numbers. */
#include "mpirun/options.h"

#include "mpirun/layout.h"

#include "boot/node.h"
#include "tests/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a job holds lives until the process ends; there is nothing that frees it. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

enum { WORDS = 40, USABLE = 6 };

static struct job job;
static struct words why;

/* Three cores with two threads. */
static struct place_cpu cpus[USABLE];

static enum options_result lay_out(int argc, char **argv)
{
    static const char *const names[] = {"node7.example.org", "node7"};
    static const char hostfile[] = "node7 slots=8\nnode8:2", rankfile[] = "rank 0=node7 slot=2";
    static struct file_text files[WORDS];
    enum options_result result = options_parse(argc, argv, &job, &why);
    if (result != OPTIONS_RUN)
        return result;
    for (int i = 0; i < WORDS; i++)
        files[i] = (struct file_text){"hosts", hostfile, sizeof hostfile - 1};
    for (int i = 0; i < USABLE; i++) {
        cpus[i] = (struct place_cpu){.os = i, .at = {[PLACE_HWTHREAD] = i}};
        cpus[i].at[PLACE_CORE] = cpus[i].at[PLACE_L1] = cpus[i].at[PLACE_L2] = i / 2;
    }
    struct surroundings around = {.own = {names, 2}, .hostfiles = files, .usable = USABLE,
                                  .rankfile = {"ranks", rankfile, sizeof rankfile - 1}};
    strcpy(job.host, "node7.example.org");
    if (layout_hosts(&job, &around, &why))
        return OPTIONS_WRONG;
    for (int i = 0; i < job.hosts.count; i++)
        if (job.hosts.list[i].is_local) {
            job.hosts.list[i].cpus = cpus;
            job.hosts.list[i].cpu_count = USABLE;
        }
    return layout_place(&job, &around, &why) ? OPTIONS_WRONG : OPTIONS_RUN;
}

static enum options_result parse_words(int argc, char **argv)
{
    memset(&job, 0, sizeof job);
    ck_assert_int_eq(conf_load(&job.conf, NULL), 0);
    strcpy(why.s, "");
    return lay_out(argc, argv);
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
    return parse_words(argc, argv);
}

static void assert_runs(enum options_result result)
{
    ck_assert_msg(result == OPTIONS_RUN, "result %d: %s", result, why.s);
}

/* It is refused, and the words hold this. */
static void assert_wrong(enum options_result result, const char *part)
{
    ck_assert_int_eq(result, OPTIONS_WRONG);
    ck_assert_msg(strstr(why.s, part) != NULL, "'%s' lacks '%s'", why.s, part);
}

static void assert_edit(const struct env_edits *env, int i, enum env_verb verb, const char *text)
{
    ck_assert_int_lt(i, env->count);
    ck_assert_int_eq(env->edits[i].verb, verb);
    ck_assert_str_eq(env->edits[i].text, text);
}

START_TEST(plain)
{
    assert_runs(parse("-n", "4", "./program", "-n", "7", "--help", "x y", "", NULL));
    ck_assert_int_eq(job.app_count, 1);
    ck_assert_int_eq(job.size, 4);
    ck_assert_int_eq(job.apps[0].count, 4);
    ck_assert_int_eq(job.apps[0].first, 0);
    static const char *const argv[] = {"./program", "-n", "7", "--help", "x y", ""};
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(job.apps[0].argv[i], argv[i]);
    ck_assert_ptr_null(job.apps[0].argv[6]);
    ck_assert_int_eq(job.stdin_rank, 0);
    ck_assert_uint_eq(job.initial_errhandler, NODE_ERRORS_ARE_FATAL);
    ck_assert_int_eq(job.verbose, 0);
    ck_assert_int_eq(job.env.count + job.apps[0].env.count, 0);
    ck_assert_int_eq(job.placement.bind, BIND_NONE);
    ck_assert_int_eq(job.hosts.count, 1);
    ck_assert_str_eq(job.hosts.list[0].name, "node7.example.org");
    ck_assert_int_eq(job.hosts.list[0].is_local, 1);
    ck_assert_uint_eq(job.placement.places[3].cpus.count, 0);
}
END_TEST

START_TEST(counts)
{
    assert_runs(parse("a", NULL));
    ck_assert_int_eq(job.size, USABLE);
    assert_runs(parse("-n", "1", "-n", "2", "a", NULL)); /* the last one counts */
    ck_assert_int_eq(job.size, 2);
    assert_runs(parse("-n", "16384", "a", NULL));
    ck_assert_int_eq(job.size, 16384);
    assert_runs(parse("-n", "007", "a", NULL));
    ck_assert_int_eq(job.size, 7);
    assert_runs(parse("-ppn", "3", "a", NULL));
    ck_assert_int_eq(job.size, 3);
    ck_assert_int_eq(job.policy.per_node, 3);
    assert_runs(parse("-ppn", "3", "-n", "2", "a", NULL));
    ck_assert_int_eq(job.size, 2);
    assert_wrong(parse("-ppn", "3", "-n", "4", "a", NULL), "4 ranks");
    assert_runs(parse("-ppn", "3", "-n", "1", "a", ":", "-n", "2", "b", NULL));
    assert_wrong(parse("-ppn", "3", "-n", "2", "a", ":", "-n", "2", "b", NULL), "4 ranks");
}
END_TEST

START_TEST(counts_that_are_none)
{
    static const char *const bad[] = {"0", "00", "-1", "", " ", "x", "1x", " 1", "1 ", "+1", "0x10", "1.5", "1e3",
                                      "1048577", "9999999", "2147483648", "4294967297",
                                      "99999999999999999999999999"};
    static const char *const names[] = {"n", "np", "c", "N", "ppn", "perhost", "npernode"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
            char option[16];
            snprintf(option, sizeof option, "-%s", names[j]);
            assert_wrong(parse(option, bad[i], "a", NULL), option);
            ck_assert_msg(strstr(why.s, bad[i]) != NULL, "%s", why.s);
        }
}
END_TEST

START_TEST(too_many_in_all)
{
    assert_wrong(parse("-n", "16384", "a", ":", "-n", "1", "b", NULL), "16385 ranks");
    assert_wrong(parse("-n", "16384", "a", ":", "-n", "16384", "b", ":", "-n", "16384", "c", NULL), "ranks");
    assert_runs(parse("-n", "16383", "a", ":", "b", NULL));
    ck_assert_int_eq(job.size, 16384);
}
END_TEST

START_TEST(several_programs)
{
    assert_runs(parse("-n", "2", "a", "1", ":", "b", ":", "-np", "3", "-wdir", "/w", "c", NULL));
    ck_assert_int_eq(job.app_count, 3);
    ck_assert_int_eq(job.size, 6);
    static const struct {
        int count, first;
        const char *program;
    } want[] = {{2, 0, "a"}, {1, 2, "b"}, {3, 3, "c"}};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(job.apps[i].count, want[i].count);
        ck_assert_int_eq(job.apps[i].first, want[i].first);
        ck_assert_str_eq(job.apps[i].argv[0], want[i].program);
    }
    ck_assert_str_eq(job.apps[0].argv[1], "1");
    ck_assert_ptr_null(job.apps[0].argv[2]);
    ck_assert_ptr_null(job.apps[1].wdir); /* options are those of their part */
    ck_assert_str_eq(job.apps[2].wdir, "/w");
}
END_TEST

START_TEST(colons_at_odd_places)
{
    static const char part[] = "names no program";
    assert_wrong(parse(":", NULL), part);
    assert_wrong(parse(":", "a", NULL), part);
    assert_wrong(parse("a", ":", NULL), part);
    assert_wrong(parse("a", ":", ":", "b", NULL), part);
    assert_wrong(parse("-n", "2", ":", "a", NULL), part);
    assert_wrong(parse("a", ":", "-n", "2", NULL), part);
    assert_wrong(parse("-n", ":", "a", NULL), "-n");
    assert_wrong(parse("--", ":", "a", NULL), part);
    assert_runs(parse("a", "x:y", "::", ": ", NULL)); /* only the word ":" is one */
    ck_assert_int_eq(job.app_count, 1);
    assert_runs(parse("-wdir", ":", "a", NULL)); /* as a value it is one */
    ck_assert_str_eq(job.apps[0].wdir, ":");
}
END_TEST

START_TEST(no_program)
{
    char *argv[] = {(char *)"mpirun", NULL};
    ck_assert_int_eq(parse_words(0, argv + 1), OPTIONS_WRONG); /* not even a name */
    assert_wrong(parse_words(1, argv), "no program");
    assert_wrong(parse("-n", "2", NULL), "no program");
    assert_wrong(parse("--", NULL), "no program");
    assert_wrong(parse("-n", "2", "--", NULL), "no program");
    assert_wrong(parse("", NULL), "no program");
    assert_wrong(parse("", "a", NULL), "no program");
}
END_TEST

START_TEST(dashes)
{
    assert_runs(parse("--", "-n", "2", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "-n");
    assert_runs(parse("-n", "2", "--", "--", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "--");
    assert_runs(parse("-n", "2", "-", "x", NULL)); /* a lone '-' is no option */
    ck_assert_str_eq(job.apps[0].argv[0], "-");
    assert_runs(parse("--", "a", ":", "--", "-b", NULL));
    ck_assert_str_eq(job.apps[1].argv[0], "-b");
    assert_runs(parse("-n=3", "a", NULL));
    ck_assert_int_eq(job.size, 3);
    assert_runs(parse("--np=3", "a", NULL));
    ck_assert_int_eq(job.size, 3);
    assert_runs(parse("--wdir=/a=b", "a", NULL));
    ck_assert_str_eq(job.apps[0].wdir, "/a=b");
    assert_runs(parse("--x=A=b", "a", NULL));
    assert_edit(&job.apps[0].env, 0, ENV_SET, "A=b");
}
END_TEST

START_TEST(unknown_options)
{
    static const char *const bad[] = {"-z", "--zz", "---n", "-=2", "--=2", "-nn", "-n2", "-N2", "--n x", "-Np",
                                      "-%s%n", "-\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_wrong(parse(bad[i], "2", "a", NULL), "unknown option");
        ck_assert_msg(strstr(why.s, bad[i]) != NULL, "%s", why.s);
    }
    assert_wrong(parse("a", ":", "--zz", "b", NULL), "--zz");
}
END_TEST

/* Every option that takes a value: with one dash, two, and '='. Their effects are tested one by one below. */
static const struct {
    const char *name, *value; /* one that is allowed */
} valued[] = {
    {"n", "2"}, {"np", "2"}, {"c", "2"}, {"N", "8"}, {"ppn", "8"}, {"perhost", "8"}, {"npernode", "8"}, {"x", "A"},
    {"envlist", "A,B"}, {"genvlist", "A"}, {"wdir", "/"}, {"wd", "/"}, {"dir", "/"}, {"path", "/bin:/sbin"},
    {"output", "tag"}, {"output", "rank"}, {"timeout", "5"}, {"stdin", "all"}, {"s", "none"}, {"wire", "ofi"},
    {"initial-errhandler", "mpi_errors_abort"}, {"H", "localhost"}, {"host", "localhost"}, {"hosts", "node7"},
    {"hostlist", "localhost"}, {"bind-to", "none"}, {"bind-to", "core"}, {"map-by", "slot"}, {"rank-by", "slot"},
    {"cpu-set", "0-3"}, {"localhost", "h"}, {"usize", "9"}, {"launcher", "ssh"}, {"launcher-exec", "/bin/ssh"},
    {"launcher-args", "-4 -x"}, {"bootstrap-exec", "ssh"}, {"bootstrap-exec-args", "-4"}, {"rmk", "slurm"},
    {"iface", "eth0"}, {"bootstrap", "fork"}, {"prefix", "/opt"}, {"hostfile", "h"}, {"machinefile", "h"},
    {"f", "h"}, {"default-hostfile", "h"}, {"rankfile", "r"}, {"rf", "r"}, {"cpus-per-rank", "2"},
    {"cpus-per-proc", "2"}, {"npersocket", "2"}, {"display", "map,bind"}};

START_TEST(options_with_a_value)
{
    char one[64], two[64], equals[64];
    const char *name = valued[_i].name, *value = valued[_i].value;
    snprintf(one, sizeof one, "-%s", name);
    snprintf(two, sizeof two, "--%s", name);
    snprintf(equals, sizeof equals, "--%s=%s", name, value);
    assert_runs(parse(one, value, "a", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "a");
    assert_runs(parse(two, value, "a", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "a");
    assert_runs(parse(equals, "a", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "a");
    assert_runs(parse(equals + 1, "a", NULL));
    assert_wrong(parse(one, NULL), one);
    ck_assert_msg(strstr(why.s, "needs a value") != NULL, "%s", why.s);
    assert_wrong(parse(two, value, NULL), "no program");
}
END_TEST

static const char *const bare[] = {
    "envall", "genvall", "envnone", "genvnone", "l", "prepend-rank", "tag-output", "v", "verbose",
    "report-bindings", "bind-to-core", "bycore", "byslot", "bynode", "allow-run-as-root", "oversubscribe",
    "use-hwthread-cpus", "q", "quiet", "disable-hostname-propagation", "print-all-exitcodes", "noprefix",
    "bysocket", "pernode", "bind-to-none", "bind-to-socket", "display-map", "display-allocation", "do-not-launch",
    "nooversubscribe"};

START_TEST(options_without_a_value)
{
    char two[64], equals[64];
    snprintf(two, sizeof two, "--%s", bare[_i]);
    snprintf(equals, sizeof equals, "--%s=1", bare[_i]);
    assert_runs(parse(two + 1, "a", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "a");
    assert_runs(parse(two, "a", NULL));
    ck_assert_str_eq(job.apps[0].argv[0], "a");
    assert_wrong(parse(equals, "a", NULL), equals);
    ck_assert_msg(strstr(why.s, "takes no value") != NULL, "%s", why.s);
}
END_TEST

static const char *const pairs[] = {"env",  "genv",    "mca",     "gmca",    "omca",
                                    "pmca", "prtemca", "pmixmca", "gpmixmca"};

START_TEST(options_with_two_values)
{
    char one[64], equals[64];
    snprintf(one, sizeof one, "-%s", pairs[_i]);
    snprintf(equals, sizeof equals, "--%s=A", pairs[_i]);
    assert_runs(parse(one, "A", "-b", "a", NULL)); /* a value may begin with a dash */
    ck_assert_str_eq(job.apps[0].argv[0], "a");
    assert_wrong(parse(one, NULL), "two values");
    assert_wrong(parse(one, "A", NULL), one);
    assert_wrong(parse(equals, "b", "a", NULL), equals);
}
END_TEST

static const struct {
    const char *name;
    int values;
} unbuilt[] = {
    {"app", 1}, {"membind", 1},
    {"configfile", 1}, {"file", 1}, {"soft", 1}, {"arch", 1}, {"output-filename", 1}, {"outfile-pattern", 1},
    {"errfile-pattern", 1}, {"xterm", 1}, {"enable-recovery", 0}, {"with-ft", 1}, {"tune", 1},
    {"timestamp-output", 0}, {"merge-stderr-to-stdout", 0}, {"disable-auto-cleanup", 0}};

START_TEST(options_that_are_not_built)
{
    char option[64];
    snprintf(option, sizeof option, "--%s", unbuilt[_i].name);
    assert_wrong(unbuilt[_i].values ? parse(option, "x", "a", NULL) : parse(option, "a", NULL), "not built yet");
    ck_assert_msg(strstr(why.s, unbuilt[_i].name) != NULL, "%s", why.s);
}
END_TEST

START_TEST(help_and_version)
{
    static const char *const help[] = {"-h", "--h", "-help", "--help"};
    static const char *const version[] = {"-V", "--V", "-version", "--version", "-info", "--info"};
    for (size_t i = 0; i < sizeof help / sizeof help[0]; i++)
        ck_assert_int_eq(parse(help[i], NULL), OPTIONS_HELP);
    for (size_t i = 0; i < sizeof version / sizeof version[0]; i++)
        ck_assert_int_eq(parse(version[i], NULL), OPTIONS_VERSION);
    ck_assert_int_eq(parse("-n", "2", "--help", "a", NULL), OPTIONS_HELP);
    ck_assert_int_eq(parse("a", ":", "--version", NULL), OPTIONS_VERSION);
    assert_runs(parse("a", "--help", NULL)); /* is the program's */
    assert_wrong(parse("--zz", "--help", NULL), "--zz");
}
END_TEST

START_TEST(doctor)
{
    assert_runs(parse("a", NULL));
    ck_assert_int_eq(job.doctor, 0);
    assert_runs(parse("--doctor", NULL));
    ck_assert_int_eq(job.doctor, 1);
    ck_assert_int_eq(job.apps[0].host_list_count, 0);
    assert_runs(parse("-doctor", "-H", "a,b", "c", "d[1-2]", NULL));
    ck_assert_int_eq(job.app_count, 1);
    ck_assert_int_eq(job.apps[0].host_list_count, 3);
    ck_assert_str_eq(job.apps[0].host_lists[2], "d[1-2]");
    assert_runs(parse("--doctor", "--", "a", NULL));
    ck_assert_str_eq(job.apps[0].host_lists[0], "a");
    assert_wrong(parse("--doctor", "./a", NULL), "'./a' is no name of a host");
    assert_wrong(parse("--doctor", "a", ":", "b", NULL), "':' is no name of a host");
    assert_wrong(parse("--doctor", "a", "-H", "b", NULL), "'-H' has to stand before");
    assert_wrong(parse("a", ":", "--doctor", NULL), "'a' cannot stand before it");
    assert_wrong(parse("--doctor=a", NULL), "takes no value");
}
END_TEST

START_TEST(environment)
{
    assert_runs(parse("-x", "A", "-x", "B=1,2=3", "-x", "C,D", "-env", "E", "e f", "-genv", "G", "", "-env", "H",
                      "=", "-envlist", "I,J", "a", ":", "-envnone", "-genvlist", "K", "-genvnone", "b", NULL));
    const struct env_edits *a = &job.apps[0].env, *b = &job.apps[1].env;
    assert_edit(a, 0, ENV_PASS, "A");
    assert_edit(a, 1, ENV_SET, "B=1,2=3");
    assert_edit(a, 2, ENV_PASS, "C");
    assert_edit(a, 3, ENV_PASS, "D");
    assert_edit(a, 4, ENV_SET, "E=e f");
    assert_edit(a, 5, ENV_SET, "H==");
    assert_edit(a, 6, ENV_CLEAR, "");
    assert_edit(a, 7, ENV_PASS, "I");
    assert_edit(a, 8, ENV_PASS, "J");
    ck_assert_int_eq(a->count, 9);
    assert_edit(b, 0, ENV_CLEAR, "");
    ck_assert_int_eq(b->count, 1);
    assert_edit(&job.env, 0, ENV_SET, "G=");
    assert_edit(&job.env, 1, ENV_CLEAR, "");
    assert_edit(&job.env, 2, ENV_PASS, "K");
    assert_edit(&job.env, 3, ENV_CLEAR, "");
    ck_assert_int_eq(job.env.count, 4);
    assert_runs(parse("-envall", "-genvall", "a", NULL));
    ck_assert_int_eq(job.env.count + job.apps[0].env.count, 0);
    assert_runs(parse("-x", "A=", "a", NULL));
    assert_edit(&job.apps[0].env, 0, ENV_SET, "A=");
}
END_TEST

START_TEST(environment_without_names)
{
    assert_wrong(parse("-x", "", "a", NULL), "-x");
    assert_wrong(parse("-x", "=1", "a", NULL), "-x");
    assert_wrong(parse("--x=", "a", NULL), "-x");
    assert_wrong(parse("-x", "A,", "a", NULL), "-x");
    assert_wrong(parse("-x", ",A", "a", NULL), "-x");
    assert_wrong(parse("-envlist", "A,,B", "a", NULL), "-envlist");
    assert_wrong(parse("-genvlist", "", "a", NULL), "-genvlist");
    assert_wrong(parse("-env", "", "1", "a", NULL), "-env");
    assert_wrong(parse("-env", "A=B", "1", "a", NULL), "-env");
    assert_wrong(parse("-genv", "=", "1", "a", NULL), "-genv");
}
END_TEST

START_TEST(launchers)
{
    assert_runs(parse("-launcher", "ssh", "-launcher-exec", "/x/ssh", "--launcher-args", "-4 -v", "--prefix",
                      "/opt/g", "a", NULL));
    ck_assert_str_eq(job.launcher, "ssh");
    ck_assert_str_eq(job.launcher_exec, "/x/ssh");
    ck_assert_str_eq(job.launcher_args, "-4 -v");
    ck_assert_str_eq(job.prefix, "/opt/g");
    assert_runs(parse("--mca", "plm_rsh_agent", "my-ssh", "--mca", "plm_rsh_args", "-q", "--mca", "btl", "self",
                      "a", NULL));
    ck_assert_str_eq(job.launcher_exec, "my-ssh");
    ck_assert_str_eq(job.launcher_args, "-q");
}
END_TEST

START_TEST(settings)
{
    assert_runs(parse("-l", "a", NULL));
    ck_assert_int_eq(job.conf.tag, CONF_TAG_RANK);
    assert_runs(parse("-prepend-rank", "a", NULL));
    ck_assert_int_eq(job.conf.tag, CONF_TAG_RANK);
    assert_runs(parse("--tag-output", "a", NULL));
    ck_assert_int_eq(job.conf.tag, CONF_TAG_STREAM);
    assert_runs(parse("--output", "tag", "a", NULL));
    ck_assert_int_eq(job.conf.tag, CONF_TAG_STREAM);
    assert_runs(parse("--output=rank", "a", NULL));
    ck_assert_int_eq(job.conf.tag, CONF_TAG_RANK);
    assert_wrong(parse("--output", "xml", "a", NULL), "--output 'xml'");
    assert_runs(parse("--timeout", "1.5m", "a", NULL));
    ck_assert(job.conf.timeout == 90);
    assert_runs(parse("--wire", "ofi", "--iface", "eth1,ib0", "a", NULL));
    ck_assert(job.conf.wire == CONF_WIRE_OFI && strcmp(job.conf.iface.s, "eth1,ib0") == 0 && job.env.count == 2);
    ck_assert_str_eq(job.env.edits[0].text, "GODWIT_WIRE=ofi");
    ck_assert_str_eq(job.env.edits[1].text, "GODWIT_IFACE=eth1,ib0");
    assert_wrong(parse("--wire", "pigeon", "a", NULL), "--wire is 'pigeon'");
    assert_wrong(parse("--iface", "", "a", NULL), "--iface needs");
    assert_wrong(parse("--timeout", "soon", "a", NULL), "'soon'");
    ck_assert_msg(strstr(why.s, "--timeout") != NULL, "%s", why.s);
    assert_wrong(parse("--timeout", "-5", "a", NULL), "--timeout");
    assert_wrong(parse("--timeout", "", "a", NULL), "--timeout");
    assert_wrong(parse("--timeout", "400d", "a", NULL), "400d");
    assert_runs(parse("-v", "a", NULL));
    ck_assert_int_eq(job.verbose, 1);
    assert_runs(parse("-path", "/a:/b", "a", NULL));
    ck_assert_str_eq(job.apps[0].path, "/a:/b");
    assert_wrong(parse("-wdir", "", "a", NULL), "-wdir");
}
END_TEST

START_TEST(standard_input)
{
    assert_runs(parse("-stdin", "all", "a", NULL));
    ck_assert_int_eq(job.stdin_rank, JOB_STDIN_ALL);
    assert_runs(parse("-s", "none", "a", NULL));
    ck_assert_int_eq(job.stdin_rank, JOB_STDIN_NONE);
    assert_runs(parse("-stdin", "3", "-n", "4", "a", NULL));
    ck_assert_int_eq(job.stdin_rank, 3);
    assert_wrong(parse("-stdin", "4", "-n", "4", "a", NULL), "stdin 4");
    assert_wrong(parse("-stdin", "-1", "a", NULL), "-stdin");
    assert_wrong(parse("-stdin", "ALL", "a", NULL), "-stdin");
    assert_wrong(parse("-stdin", "", "a", NULL), "-stdin");
    assert_wrong(parse("-stdin", "99999999999999999999", "a", NULL), "-stdin");
}
END_TEST

START_TEST(error_handlers)
{
    static const char *const names[] = {"mpi_errors_are_fatal", "mpi_errors_abort", "MPI_ERRORS_RETURN"};
    for (uint32_t i = 0; i < 3; i++) {
        assert_runs(parse("-initial-errhandler", names[i], "a", NULL));
        ck_assert_uint_eq(job.initial_errhandler, (uint32_t)i);
    }
    assert_wrong(parse("-initial-errhandler", "mpi_errors", "a", NULL), "-initial-errhandler 'mpi_errors'");
    assert_wrong(parse("-initial-errhandler", "", "a", NULL), "mpi_errors_abort");
}
END_TEST

/* Words of any length give sentences that fit. */
START_TEST(hostile_lengths)
{
    static char text[200000];
    memset(text, '-', 2);
    memset(text + 2, '7', sizeof text - 3);
    ck_assert_int_eq(parse(text, "a", NULL), OPTIONS_WRONG);
    ck_assert_uint_lt(strlen(why.s), sizeof why.s);
    static const char *const names[] = {"-n", "-stdin", "-timeout", "-output", "-initial-errhandler", "-map-by",
                                        "-rank-by", "-bind-to", "-cpu-set", "-display"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(parse(names[i], text + 2, "a", NULL), OPTIONS_WRONG);
        ck_assert_uint_lt(strlen(why.s), sizeof why.s);
        ck_assert_ptr_nonnull(strstr(why.s, names[i]));
    }
    assert_wrong(parse("-H", text + 2, "a", NULL), "too long");
    assert_runs(parse("-x", text + 2, "-env", text, text, text + 2, NULL));
    ck_assert_uint_eq(strlen(job.apps[0].env.edits[1].text), 2 * strlen(text) + 1);
}
END_TEST

/* Random command lines: every one ends in a sound job or in words. */
START_TEST(random_words)
{
    static const char *const words[] = {
        "a", "./b", ":", ":", "-", "--", "", "=", "-n", "-n", "--np", "-n=2", "--n=", "1", "2", "3", "0",
        "2000000", "-1", "-x", "A", "A=1", "A,B", ",", "-env", "-genv", "-envlist", "-envnone", "-genvnone",
        "-envall", "-ppn", "-wdir", "-path", "-l", "--output", "tag", "-timeout", "5s", "-stdin", "all", "-v",
        "-H", "localhost", "node7:2", "-bind-to", "core", "-mca", "--mca", "-bogus", "--with-ft",
        "-initial-errhandler", "mpi_errors_return", "---", "-=", "--x=B=2", "-help=", "-cpu-set",
        "-report-bindings", "0-3", "-map-by", "numa:span", "ppr:2:package", "-rank-by", "fill", "node",
        "-hostfile", "-rf", "-quiet", "--stdin=1"};
    uint64_t seed = 12345;
    int results[4] = {0};
    for (int round = 0; round < 100000; round++) {
        char *argv[16] = {(char *)"mpirun"};
        int argc = 1 + (int)unit_below(&seed, 14);
        for (int i = 1; i < argc; i++)
            argv[i] = (char *)words[unit_below(&seed, sizeof words / sizeof words[0])];
        memset(&job, 0, sizeof job);
        strcpy(why.s, "");
        enum options_result r = lay_out(argc, argv);
        if (r > OPTIONS_WRONG)
            ck_abort_msg("result %d", r);
        results[r]++;
        int sound = r != OPTIONS_RUN || (job.app_count > 0 && job.size > 0 && job.size <= (int)NODE_MAX_RANKS &&
                                         job.stdin_rank < job.size);
        int first = 0, used = 0;
        for (int i = 0; r == OPTIONS_RUN && i < job.app_count; i++) {
            const struct app *app = &job.apps[i];
            sound &= app->count > 0 && app->first == first && app->argv[0] && app->argv[0][0];
            first += app->count;
            for (char **word = app->argv; *word; word++)
                used++;
            for (int e = 0; e < app->env.count; e++)
                sound &= app->env.edits[e].verb != ENV_SET || strchr(app->env.edits[e].text, '=') != NULL;
        }
        sound &= r != OPTIONS_RUN || (first == job.size && used < argc);
        sound &= (r == OPTIONS_WRONG) == (why.s[0] != 0);
        if (!sound)
            ck_abort_msg("round %d: result %d, '%s'", round, r, why.s);
        for (int i = 0; i < job.app_count; i++)
            free(job.apps[i].argv);
        free(job.apps);
        hosts_free(&job.hosts);
        place_free(&job.placement);
    }
    ck_assert_int_gt(results[OPTIONS_RUN], 1000);
    ck_assert_int_gt(results[OPTIONS_WRONG], 1000);
    ck_assert_int_gt(results[OPTIONS_HELP], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *jobs = unit_case(suite, "jobs"), *table = unit_case(suite, "table"),
          *effects = unit_case(suite, "effects"),
          *odd = unit_case(suite, "odd words");
    tcase_add_test(jobs, plain);
    tcase_add_test(jobs, doctor);
    tcase_add_test(jobs, counts);
    tcase_add_test(jobs, counts_that_are_none);
    tcase_add_test(jobs, too_many_in_all);
    tcase_add_test(jobs, several_programs);
    tcase_add_test(jobs, colons_at_odd_places);
    tcase_add_test(jobs, no_program);
    tcase_add_test(jobs, dashes);
    tcase_add_loop_test(table, options_with_a_value, 0, sizeof valued / sizeof valued[0]);
    tcase_add_loop_test(table, options_without_a_value, 0, sizeof bare / sizeof bare[0]);
    tcase_add_loop_test(table, options_with_two_values, 0, sizeof pairs / sizeof pairs[0]);
    tcase_add_loop_test(table, options_that_are_not_built, 0, sizeof unbuilt / sizeof unbuilt[0]);
    tcase_add_test(effects, help_and_version);
    tcase_add_test(effects, environment);
    tcase_add_test(effects, environment_without_names);
    tcase_add_test(effects, settings);
    tcase_add_test(effects, standard_input);
    tcase_add_test(effects, error_handlers);
    tcase_add_test(effects, launchers);
    tcase_add_test(odd, unknown_options);
    tcase_add_test(odd, hostile_lengths);
    tcase_add_test(odd, random_words);
    return unit_run(suite);
}
