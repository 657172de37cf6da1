/* Tests of the words of --map-by, --rank-by and --bind-to. */
#include "mpirun/policy.h"
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

static struct policy p;
static struct words why;

static void reset(void)
{
    for (int i = 0; i < p.cpu_list_count; i++)
        cpuset_free(&p.cpu_list[i]);
    free(p.cpu_list);
    cpuset_free(&p.cpus);
    p = (struct policy){0};
}

static void map(const char *text)
{
    reset();
    ck_assert_msg(policy_map_by(&p, "map-by", text, &why) == 0, "%s", why.s);
}

static void bind_to(const char *text)
{
    reset();
    ck_assert_msg(policy_bind_to(&p, "bind-to", text, &why) == 0, "%s", why.s);
}

START_TEST(levels)
{
    static const struct {
        const char *word;
        enum place_level level;
    } words[] = {{"hwthread", PLACE_HWTHREAD}, {"core", PLACE_CORE}, {"l1cache", PLACE_L1}, {"L2cache", PLACE_L2},
                 {"l3cache", PLACE_L3}, {"l3", PLACE_L3}, {"numa", PLACE_NUMA}, {"package", PLACE_PACKAGE},
                 {"socket", PLACE_PACKAGE}, {"SOCKET", PLACE_PACKAGE}, {"board", PLACE_MACHINE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        map(words[i].word);
        ck_assert_int_eq(p.map, MAP_OBJECT);
        ck_assert_int_eq(p.map_level, words[i].level);
        bind_to(words[i].word);
        ck_assert_int_eq(p.bind, BIND_OBJECT);
        ck_assert_int_eq(p.bind_level, words[i].level);
        reset();
        ck_assert_int_eq(policy_rank_by(&p, "rank-by", words[i].word, &why), 0);
        ck_assert_int_eq(p.rank, RANK_OBJECT);
        ck_assert_int_eq(p.rank_level, words[i].level);
    }
    reset();
}
END_TEST

START_TEST(maps)
{
    map("slot");
    ck_assert_int_eq(p.map, MAP_SLOT);
    ck_assert(!policy_needs_cpus(&p));
    map("node:OVERSUBSCRIBE");
    ck_assert_int_eq(p.map, MAP_NODE);
    ck_assert_int_eq(p.oversubscribe, ALLOWED);
    ck_assert(!policy_needs_cpus(&p));
    map("numa:PE=4:span");
    ck_assert_int_eq(p.map_level, PLACE_NUMA);
    ck_assert_int_eq(p.pe, 4);
    ck_assert_int_eq(p.span, 1);
    ck_assert(policy_needs_cpus(&p));
    map("ppr:2:l3cache:nooversubscribe");
    ck_assert_int_eq(p.map, MAP_PPR);
    ck_assert_int_eq(p.ppr, 2);
    ck_assert_int_eq(p.map_level, PLACE_L3);
    ck_assert_int_eq(p.oversubscribe, REFUSED);
    map("ppr:1:node");
    ck_assert_int_eq(p.map_level, PLACE_MACHINE);
    ck_assert(!policy_needs_cpus(&p));
    map(":oversubscribe:nolocal");
    ck_assert_int_eq(p.map, MAP_SLOT);
    ck_assert_int_eq(p.no_local, 1);
    map("core:hwtcpus");
    ck_assert_int_eq(p.hwthreads, 1);
    map("core:hwtcpus:corecpus");
    ck_assert_int_eq(p.hwthreads, 0);
    map("slot:pe-list=0,2-3:display");
    ck_assert_uint_eq(cpuset_weight(&p.cpus), 3);
    map("pe-list=5");
    ck_assert(cpuset_has(&p.cpus, 5));
    map("seq");
    ck_assert_int_eq(p.map, MAP_SEQ);
    map("rankfile");
    ck_assert_int_eq(p.map, MAP_RANKFILE);
    ck_assert_int_eq(policy_wishes("slot:display"), POLICY_DISPLAY);
    ck_assert_int_eq(policy_wishes("x:DONOTLAUNCH:report"), POLICY_DO_NOT_LAUNCH | POLICY_REPORT);
    ck_assert_int_eq(policy_wishes("display"), 0);
    reset();
}
END_TEST

START_TEST(binds)
{
    bind_to("none");
    ck_assert_int_eq(p.bind, BIND_NONE);
    ck_assert(!policy_needs_cpus(&p));
    bind_to("core:overload-allowed");
    ck_assert_int_eq(p.overload, ALLOWED);
    ck_assert(policy_needs_cpus(&p));
    bind_to("core:if-supported:no-overload");
    ck_assert_int_eq(p.overload, REFUSED);
    bind_to(":overload-allowed");
    ck_assert_int_eq(p.bind, BIND_DEFAULT);
    bind_to("core:2");
    ck_assert_int_eq(p.bind_count, 2);
    bind_to("rr");
    ck_assert_int_eq(p.bind_level, PLACE_HWTHREAD);
    bind_to("user:0+1,2,4-5+7");
    ck_assert_int_eq(p.bind, BIND_LIST);
    ck_assert_int_eq(p.cpu_list_count, 3);
    ck_assert_uint_eq(cpuset_weight(&p.cpu_list[0]), 2);
    ck_assert_uint_eq(cpuset_weight(&p.cpu_list[2]), 3);
    ck_assert(cpuset_has(&p.cpu_list[2], 7));
    reset();
}
END_TEST

START_TEST(ranks)
{
    static const struct {
        const char *word;
        enum rank_kind kind;
    } words[] = {{"slot", RANK_SLOT}, {"node", RANK_NODE}, {"fill", RANK_FILL}, {"span", RANK_SPAN},
                 {"core:fill", RANK_FILL}, {"numa:SPAN", RANK_SPAN}, {"core", RANK_OBJECT}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        reset();
        ck_assert_int_eq(policy_rank_by(&p, "rank-by", words[i].word, &why), 0);
        ck_assert_int_eq(p.rank, words[i].kind);
    }
    reset();
}
END_TEST

START_TEST(wrong_words)
{
    static const struct {
        int (*parse)(struct policy *, const char *, const char *, struct words *);
        const char *text, *part;
    } cases[] = {
        {policy_map_by, "", "-o: '' is none of slot"},
        {policy_map_by, "cores", "'cores' is none of slot"},
        {policy_map_by, "core:", "the modifier '' is none of"}, {policy_map_by, "core:pe", "'pe' is none of"},
        {policy_map_by, "core:pe=", "'pe=' is none of"},
        {policy_map_by, "core:pe=0", "'pe=0' needs a number"},
        {policy_map_by, "core:pe=x", "'pe=x' needs a number"},  {policy_map_by, "core:2", "the modifier '2'"},
        {policy_map_by, "ppr", "ppr needs a number and an object"}, {policy_map_by, "ppr:2", "ppr needs a number"},
        {policy_map_by, "ppr:0:core", "ppr needs a number"},    {policy_map_by, "ppr:2:x", "ppr needs a number"},
        {policy_map_by, "ppr::core", "ppr needs a number"},
        {policy_map_by, "dist", "distance) is not built yet"},
        {policy_map_by, "pe-list=x", "-o pe-list: 'x' is no list of cpus"},
        {policy_rank_by, "", "'' is none of slot"},             {policy_rank_by, "core:x", "'core:x' is none of"},
        {policy_bind_to, "", "'' is none of none"},             {policy_bind_to, "moon", "'moon' is none of none"},
        {policy_bind_to, "core:x", "the modifier 'x'"},         {policy_bind_to, "core:0", "the modifier '0'"},
        {policy_bind_to, "none:2", "the modifier '2'"},         {policy_bind_to, "user", "user needs the cpus"},
        {policy_bind_to, "user:", "'' is no list of cpus"},
        {policy_bind_to, "user:1+", "'' is no list of cpus"},
        {policy_bind_to, "user:1,,2", "'' is no list of cpus"}, {policy_cpu_set, "", "-o: '' is no list of cpus"},
        {policy_cpu_set, "1-", "-o: '1-' is no list of cpus"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        reset();
        ck_assert_msg(cases[i].parse(&p, "o", cases[i].text, &why) == -1, "'%s' is taken", cases[i].text);
        ck_assert_msg(strncmp(why.s, "-o", 2) == 0 && strstr(why.s, cases[i].part), "'%s': %s", cases[i].text,
                      why.s);
    }
    reset();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *words = unit_case(suite, "words");
    tcase_add_test(words, levels);
    tcase_add_test(words, maps);
    tcase_add_test(words, binds);
    tcase_add_test(words, ranks);
    tcase_add_test(words, wrong_words);
    return unit_run(suite);
}
