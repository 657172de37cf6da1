/* Tests of jobs as bytes. */
#include "mpirun/jobpack.h"
#include "mpirun/grow.h"
#include "tests/unit.h"

#include <stdlib.h>
#include <string.h>

static const char *const solver[] = {"./solver", "-x", "", "two words", NULL}, *const worker[] = {"worker", NULL};
static struct env_edit edits[] = {{ENV_CLEAR, ""}, {ENV_PASS, "DISPLAY"}, {ENV_SET, "A=b=c"}};
static const char *const environment_words[] = {"PATH=/bin", "HOME=/root", "DISPLAY=:0", "SSH_CLIENT=1",
                                                 "EMPTY=", "odd", NULL};
static char *const *const environment = (char *const *)environment_words;

/* 4 hosts, the second one without ranks; rank i goes to spots[i]. */
static void make(struct job *job, int size, const int *spots)
{
    static struct app apps[2];
    *job = (struct job){.id = 0x123456789abcdef0, .size = size, .stdin_rank = JOB_STDIN_ALL, .app_count = 2, .apps = apps,
                        .verbose = 1, .cwd = "/tmp/it's here", .self = "/opt/bin/mpirun", .launcher_args = "-p 22",
                        .conf = {.log = 2, .fanout = 7, .detect = 1.5, .start_timeout = 30, .control = CONF_CONTROL_TCP,
                                 .iface = {"eth0,ib0"}}};
    strcpy(job->host, "front");
    apps[0] = (struct app){.argv = (char **)solver, .count = 1, .wdir = "/data", .env = {3, edits}};
    apps[1] = (struct app){.argv = (char **)worker, .count = size - 1, .first = 1, .path = "/a:/b"};
    job->hosts.count = 4;
    job->hosts.list = grow_new(4, sizeof *job->hosts.list);
    static const char *const names[] = {"localhost", "idle", "node2", "node3"};
    for (int i = 0; i < 4; i++)
        job->hosts.list[i].name = (char *)names[i];
    job->hosts.list[0].is_local = 1;
    static char me[] = "me";
    job->hosts.list[3].user = me;
    job->hosts.list[3].port = 2222;
    job->placement.places = grow_new((size_t)size, sizeof *job->placement.places);
    for (int i = 0; i < size; i++) {
        job->placement.places[i].host = spots[i];
        job->placement.places[i].local = job->hosts.list[spots[i]].rank_count++;
    }
    jobpack_number_nodes(job);
}

static void forget(struct job *job)
{
    for (int i = 0; i < job->size; i++)
        free(job->placement.places[i].cpus.words);
    free(job->hosts.list);
    free(job->placement.places);
    free(job->nodes);
}

START_TEST(round_trip)
{
    static const int spots[] = {0, 0, 2, 2, 3, 0, 2, 3};
    struct job job, got;
    struct bytes b = {0};
    struct words why = {""};
    make(&job, 8, spots);
    cpuset_add(&job.placement.places[2].cpus, 3);
    cpuset_add(&job.placement.places[3].cpus, 3);
    cpuset_add(&job.placement.places[4].cpus, 130);
    ck_assert_int_eq(job.node_count, 3);
    ck_assert_int_eq(job.here, 0);
    jobpack_put(&b, &job, environment);
    ck_assert_msg(jobpack_get(bytes_front(&b), bytes_count(&b), &got, &why) == 0, "%s", why.s);
    ck_assert(got.id == job.id && got.size == 8 && got.stdin_rank == JOB_STDIN_ALL && got.elsewhere && got.verbose);
    ck_assert(got.conf.log == 2 && got.conf.fanout == 7 && got.conf.detect == 1.5 && got.conf.start_timeout == 30);
    ck_assert(got.conf.control == CONF_CONTROL_TCP && strcmp(got.conf.iface.s, "eth0,ib0") == 0);
    ck_assert_str_eq(got.cwd, job.cwd);
    ck_assert_ptr_null(got.launcher);
    ck_assert_str_eq(got.launcher_args, "-p 22");
    ck_assert_int_eq(got.node_count, 3);
    ck_assert_str_eq(got.hosts.list[0].name, "front");
    ck_assert_str_eq(got.hosts.list[1].name, "node2");
    ck_assert_str_eq(got.hosts.list[2].user, "me");
    ck_assert_int_eq(got.hosts.list[2].port, 2222);
    for (uint32_t i = 0; i < 8; i++) {
        ck_assert_uint_eq(jobpack_node_of(&got, i), jobpack_node_of(&job, i));
        ck_assert_int_eq(got.placement.places[i].local, job.placement.places[i].local);
        ck_assert_int_eq(cpuset_equal(&got.placement.places[i].cpus, &job.placement.places[i].cpus), 1);
    }
    ck_assert_int_eq(got.hosts.list[1].rank_count, 3);
    ck_assert_uint_eq(got.hosts.list[1].rank_list[2], 6);
    ck_assert_int_eq(got.app_count, 2);
    for (int i = 0; i <= 4; i++)
        ck_assert_pstr_eq(got.apps[0].argv[i], solver[i]);
    ck_assert_int_eq(got.apps[1].first, 1);
    ck_assert_int_eq(got.apps[1].count, 7);
    ck_assert_str_eq(got.apps[1].path, "/a:/b");
    ck_assert_int_eq(got.apps[0].env.count, 3);
    ck_assert_int_eq(got.apps[0].env.edits[2].verb, ENV_SET);
    ck_assert_str_eq(got.apps[0].env.edits[2].text, "A=b=c");
    ck_assert_str_eq(got.environment[0], "PATH=/bin");
    ck_assert_str_eq(got.environment[1], "DISPLAY=:0"); /* asked for by name */
    ck_assert_str_eq(got.environment[2], "EMPTY=");
    ck_assert_ptr_null(got.environment[3]);
    jobpack_free(&got);
    forget(&job);
    bytes_free(&b);
}
END_TEST

/* Many ranks in few bytes, host after host and in turns. */
START_TEST(even_places_are_small)
{
    enum { SIZE = 30000 };
    static int spots[SIZE];
    static const int order[] = {0, 2, 3};
    for (int turns = 0; turns < 2; turns++) {
        struct job job, got;
        struct bytes b = {0};
        for (int i = 0; i < SIZE; i++)
            spots[i] = turns ? order[i % 3] : order[i / (SIZE / 3)];
        make(&job, SIZE, spots);
        jobpack_put(&b, &job, environment);
        ck_assert_uint_lt(bytes_count(&b), turns ? SIZE * 5 : 1000);
        ck_assert_int_eq(jobpack_get(bytes_front(&b), bytes_count(&b), &got, NULL), 0);
        for (uint32_t i = 0; i < SIZE; i++)
            ck_assert_uint_eq(jobpack_node_of(&got, i), jobpack_node_of(&job, i));
        jobpack_free(&got);
        forget(&job);
        bytes_free(&b);
    }
}
END_TEST

/* Cut anywhere, or with any byte changed: words, or a job that holds together; in memory of exactly that size. */
START_TEST(damaged)
{
    static const int spots[] = {0, 2, 3, 0};
    struct job job, got;
    struct bytes b = {0};
    struct words why = {""};
    make(&job, 4, spots);
    jobpack_put(&b, &job, environment);
    size_t size = bytes_count(&b);
    for (size_t n = 0; n < size; n++) {
        char *copy = malloc(n + !n);
        memcpy(copy, bytes_front(&b), n);
        why.s[0] = 0;
        ck_assert_int_eq(jobpack_get(copy, n, &got, &why), -1);
        ck_assert_msg(strstr(why.s, "cannot be understood") != NULL, "%s", why.s);
        jobpack_free(&got);
        free(copy);
    }
    for (size_t n = 0; n < size * 8; n++) {
        char *copy = malloc(size);
        memcpy(copy, bytes_front(&b), size);
        copy[n / 8] ^= (char)(1 << n % 8);
        if (jobpack_get(copy, size, &got, &why) == 0) {
            int ranks = 0;
            for (int i = 0; i < got.node_count; i++)
                ranks += got.hosts.list[i].rank_count;
            ck_assert_int_eq(ranks, got.size);
            ck_assert_int_lt(got.stdin_rank, got.size);
        }
        jobpack_free(&got);
        free(copy);
    }
    forget(&job);
    bytes_free(&b);
}
END_TEST

START_TEST(names_like_options)
{
    static const int spots[] = {0, 2};
    static char bad[] = "-oProxyCommand=x";
    struct job job, got;
    struct bytes b = {0};
    make(&job, 2, spots);
    job.hosts.list[2].name = bad;
    jobpack_put(&b, &job, environment);
    ck_assert_int_eq(jobpack_get(bytes_front(&b), bytes_count(&b), &got, NULL), -1);
    jobpack_free(&got);
    forget(&job);
    bytes_free(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jobpack");
    TCase *good = unit_case(suite, "good"), *bad = unit_case(suite, "bad");
    tcase_add_test(good, round_trip);
    tcase_add_test(good, even_places_are_small);
    tcase_add_test(bad, damaged);
    tcase_add_test(bad, names_like_options);
    return unit_run(suite);
}
