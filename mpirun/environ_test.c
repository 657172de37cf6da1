/* Tests of the environment that ranks get. */
#define _GNU_SOURCE
#include "mpirun/environ.h"
#include "tests/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct env_edits none;

/* Makes an environment, checks its form, and keeps it until the next. */
static char **make(const struct env_edits *all, const struct env_edits *app)
{
    static char **env;
    static int count;
    if (env)
        environ_free(env, count);
    env = environ_make(all, app, &count);
    ck_assert_ptr_nonnull(env);
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(env[i], '=');
        ck_assert_ptr_nonnull(equals);
        for (int j = 0; j < i; j++)
            if (strncmp(env[i], env[j], (size_t)(equals - env[i]) + 1) == 0)
                ck_abort_msg("%s and %s", env[j], env[i]);
    }
    ck_assert_ptr_null(env[count]);
    return env;
}

static void assert_value(char **env, const char *name, const char *want)
{
    const char *got = environ_find(env, name);
    ck_assert_msg(want ? got && strcmp(got, want) == 0 : !got, "%s is '%s', not '%s'", name, got ? got : "(not set)",
                  want ? want : "(not set)");
}

START_TEST(relative_paths)
{
    static const struct {
        const char *from, *to, *path;
    } cases[] = {{"/usr/bin", "/usr/lib", "../lib"},
                 {"/usr/bin", "/usr/bin", "."},
                 {"/usr", "/usr/lib", "lib"},
                 {"/usr", "/usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"},
                 {"/usr/lib", "/usr", "../."},
                 {"/usr/lib/x", "/usr", "../../."},
                 {"/usr/lib", "/usr/lib64", "../lib64"},
                 {"/usr/lib64", "/usr/lib", "../lib"},
                 {"/usr/lib64/mpi/bin", "/usr/lib/mpi", "../../../lib/mpi"},
                 {"/usr/bin", "/opt/godwit/lib", "../../opt/godwit/lib"},
                 {"/", "/usr", "usr"},
                 {"/", "/usr/lib", "usr/lib"},
                 {"/usr/bin/", "/usr/lib", "../lib"},
                 {"/a", "/b", "../b"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[256];
        environ_relative(cases[i].from, cases[i].to, out, sizeof out);
        ck_assert_msg(strcmp(out, cases[i].path) == 0, "%s to %s is %s", cases[i].from, cases[i].to, out);
    }
}
END_TEST

/* Walks a path from a directory, on text alone. */
static void walk(const char *from, const char *path, char *out)
{
    strcpy(out, strcmp(from, "/") == 0 ? "" : from);
    while (*path) {
        size_t n = strcspn(path, "/");
        if (n == 2 && strncmp(path, "..", 2) == 0)
            *strrchr(out, '/') = 0;
        else if (n && !(n == 1 && *path == '.'))
            sprintf(out + strlen(out), "/%.*s", (int)n, path);
        path += n + (path[n] == '/');
    }
    if (!*out)
        strcpy(out, "/");
}

START_TEST(relative_paths_lead_there)
{
    static const char *const parts[] = {"/a", "/ab", "/b", "/lib", "/lib64"};
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        char paths[2][64] = {"", ""}, path[256], end[256];
        for (int i = 0; i < 2; i++)
            for (uint32_t n = unit_below(&seed, 5); n > 0; n--)
                strcat(paths[i], parts[unit_below(&seed, 5)]);
        for (int i = 0; i < 2; i++)
            if (!paths[i][0])
                strcpy(paths[i], "/");
        environ_relative(paths[0], paths[1], path, sizeof path);
        ck_assert_msg(path[0] != '/', "%s to %s is %s", paths[0], paths[1], path);
        walk(paths[0], path, end);
        ck_assert_msg(strcmp(end, paths[1]) == 0, "%s to %s is %s, which is %s", paths[0], paths[1], path, end);
    }
}
END_TEST

START_TEST(relative_paths_stay_inside)
{
    for (size_t size = 1; size < 40; size++) {
        char *out = malloc(size);
        environ_relative("/a/b/c/d/e/f/g", "/x/y/z/and/more", out, size);
        ck_assert_uint_lt(strlen(out), size);
        free(out);
    }
}
END_TEST

START_TEST(find_by_the_whole_name)
{
    char a[] = "AB=1", b[] = "A=2", c[] = "ABC=3", d[] = "E=", e[] = "NOVALUE", f[] = "X=a=b";
    char *env[] = {a, b, c, d, e, f, NULL}, *empty[] = {NULL};
    assert_value(env, "A", "2");
    assert_value(env, "AB", "1");
    assert_value(env, "E", "");
    assert_value(env, "X", "a=b");
    assert_value(env, "NOVALUE", NULL);
    assert_value(env, "B", NULL);
    assert_value(env, "a", NULL);
    assert_value(empty, "A", NULL);
}
END_TEST

START_TEST(ours_is_passed_on)
{
    clearenv();
    setenv("HOME", "/home/x", 1);
    setenv("EMPTY", "", 1);
    setenv("WITH", "a=b,c d\n", 1);
    setenv("GODWIT_LOG", "info", 1);
    setenv("OMP_NUM_THREADS", "2", 1);
    setenv("SLURM_JOB_ID", "9", 1);
    char **env = make(&none, &none);
    assert_value(env, "HOME", "/home/x");
    assert_value(env, "EMPTY", "");
    assert_value(env, "WITH", "a=b,c d\n");
    assert_value(env, "GODWIT_LOG", "info");
    assert_value(env, "OMP_NUM_THREADS", "2");
    assert_value(env, "SLURM_JOB_ID", "9");
}
END_TEST

START_TEST(outer_launchers_are_left_out)
{
    static const char *const left_out[] = {
        "GODWIT_NODE", "GODWIT_RANK", "GODWIT_SIZE", "GODWIT_LOCAL_RANK", "GODWIT_LOCAL_SIZE", "PMI_RANK", "PMI_SIZE",
        "PMI_FD", "PMI_PORT", "PMI_ID", "PMI_SPAWNED", "PMI_CONTROL_FD", "PMIX_RANK", "PMIX_NAMESPACE", "PMIX_",
        "MPI_LOCALRANKID", "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
        "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_NODE_RANK"};
    static const char *const kept[] = {"PMI_RANKS", "XPMI_RANK", "PMIX", "OMPI_MCA_btl", "GODWIT_NODES", "PMI_"};
    enum { LEFT_OUT = sizeof left_out / sizeof left_out[0], KEPT = sizeof kept / sizeof kept[0] };
    clearenv();
    for (int i = 0; i < LEFT_OUT; i++)
        setenv(left_out[i], "old", 1);
    for (int i = 0; i < KEPT; i++)
        setenv(kept[i], "old", 1);
    char **env = make(&none, &none);
    for (int i = 0; i < LEFT_OUT; i++)
        assert_value(env, left_out[i], NULL);
    for (int i = 0; i < KEPT; i++)
        assert_value(env, kept[i], "old");
}
END_TEST

START_TEST(edits_in_their_order)
{
    struct env_edit all_edits[] = {{ENV_SET, "A=all"}, {ENV_SET, "B=all"}, {ENV_SET, "OLD=all"}};
    struct env_edit app_edits[] = {{ENV_SET, "B=app"}, {ENV_SET, "C=1"}, {ENV_SET, "C=2"}, {ENV_SET, "D="},
                                   {ENV_SET, "E=x=y"}, {ENV_SET, "AA=no A"}};
    struct env_edits all = {3, all_edits}, app = {6, app_edits};
    clearenv();
    setenv("OLD", "ours", 1);
    setenv("SAME", "ours", 1);
    char **env = make(&all, &app);
    assert_value(env, "A", "all");
    assert_value(env, "B", "app");
    assert_value(env, "C", "2");
    assert_value(env, "D", "");
    assert_value(env, "E", "x=y");
    assert_value(env, "AA", "no A");
    assert_value(env, "OLD", "all");
    assert_value(env, "SAME", "ours");
    assert_value(make(&none, &app), "OLD", "ours");
}
END_TEST

/* -envnone and -envlist: what came before goes, what comes behind stays. */
START_TEST(clear_and_pass)
{
    struct env_edit all_edits[] = {{ENV_SET, "BEFORE=1"}};
    struct env_edit app_edits[] = {{ENV_CLEAR, ""}, {ENV_PASS, "KEPT"}, {ENV_PASS, "MISSING"}, {ENV_SET, "NEW=1"}};
    struct env_edits all = {1, all_edits}, app = {4, app_edits};
    clearenv();
    setenv("KEPT", "ours", 1);
    setenv("KEPTALSO", "ours", 1);
    setenv("GONE", "ours", 1);
    char **env = make(&all, &app);
    assert_value(env, "KEPT", "ours");
    assert_value(env, "NEW", "1");
    assert_value(env, "BEFORE", NULL);
    assert_value(env, "KEPTALSO", NULL);
    assert_value(env, "GONE", NULL);
    assert_value(env, "MISSING", NULL);
    app.count = 1;
    env = make(&none, &app);
    assert_value(env, "IPATH_NO_BACKTRACE", "1");
    assert_value(env, "HFI_NO_BACKTRACE", "1");
    for (int i = 0; env[i]; i++) /* nothing but these, and what add_library_path may have put there */
        ck_assert(strstr(env[i], "_NO_BACKTRACE=1") || strncmp(env[i], "LD_LIBRARY_PATH=", 16) == 0);
}
END_TEST

START_TEST(pass_takes_ours_again)
{
    struct env_edit edits[] = {{ENV_SET, "V=changed"}, {ENV_PASS, "V"}};
    struct env_edits app = {2, edits};
    clearenv();
    setenv("V", "ours", 1);
    assert_value(make(&none, &app), "V", "ours");
}
END_TEST

START_TEST(an_empty_environment)
{
    struct env_edit edits[] = {{ENV_SET, "ONLY=1"}};
    struct env_edits app = {1, edits};
    clearenv();
    setenv("X", "1", 1);
    unsetenv("X"); /* an array, and nothing in it */
    make(&none, &none);
    assert_value(make(&none, &app), "ONLY", "1");
}
END_TEST

START_TEST(many_variables)
{
    char name[32];
    clearenv();
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "VARIABLE_%d", i);
        setenv(name, name + 9, 1);
    }
    char **env = make(&none, &none);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "VARIABLE_%d", i);
        assert_value(env, name, name + 9);
    }
}
END_TEST

/* In the build folder this program stands where mpirun stands: the library is in ../.libs. */
START_TEST(library_path)
{
    char self[PATH_MAX], folder[PATH_MAX + 32], file[PATH_MAX + 64], plain[PATH_MAX], want[PATH_MAX + 32];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    ck_assert_int_gt(n, 0);
    self[n] = 0;
    *strrchr(self, '/') = 0;
    snprintf(folder, sizeof folder, "%s/../.libs", self);
    snprintf(file, sizeof file, "%s/libmpi_abi.so.1", folder);
    int there = access(file, R_OK) == 0 && realpath(folder, plain);
    clearenv();
    setenv("X", "1", 1);
    assert_value(make(&none, &none), "LD_LIBRARY_PATH", there ? plain : NULL);
    setenv("LD_LIBRARY_PATH", "", 1);
    assert_value(make(&none, &none), "LD_LIBRARY_PATH", there ? plain : "");
    setenv("LD_LIBRARY_PATH", "/my/own:/libs", 1); /* the user's stay in front */
    snprintf(want, sizeof want, "/my/own:/libs%s%s", there ? ":" : "", there ? plain : "");
    assert_value(make(&none, &none), "LD_LIBRARY_PATH", want);
}
END_TEST

START_TEST(variables_of_a_rank)
{
    struct node_head node = {.job = 0xfedcba9876543210, .world_size = 1000000, .rank_count = 40000,
                             .agent_pid = 4194304};
    struct rank_environ text;
    char *list[RANK_VARIABLES + 2];
    for (int i = 0; i < RANK_VARIABLES + 2; i++)
        list[i] = (char *)"untouched";
    environ_rank(&text, &node, 999999, 39999, 17, list);
    ck_assert_ptr_null(list[RANK_VARIABLES]);
    ck_assert_str_eq(list[RANK_VARIABLES + 1], "untouched");
    assert_value(list, "GODWIT_NODE", "17:4194304:39999:fedcba9876543210");
    static const char *const ranks[] = {"GODWIT_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK"};
    static const char *const sizes[] = {"GODWIT_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE"};
    static const char *const local_sizes[] = {"GODWIT_LOCAL_SIZE", "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE"};
    static const char *const local_ranks[] = {"GODWIT_LOCAL_RANK", "MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK"};
    for (int i = 0; i < 3; i++) {
        assert_value(list, ranks[i], "999999");
        assert_value(list, sizes[i], "1000000");
        assert_value(list, local_ranks[i], "39999");
        assert_value(list, local_sizes[i], "40000");
    }
    assert_value(list, "OMPI_COMM_WORLD_NODE_RANK", "39999");
}
END_TEST

/* The numbers that cannot be are still texts that fit. */
START_TEST(widest_numbers)
{
    struct node_head node = {.job = UINT64_MAX, .world_size = UINT32_MAX, .rank_count = UINT32_MAX,
                             .agent_pid = INT32_MIN};
    struct rank_environ text;
    char *list[RANK_VARIABLES + 1];
    environ_rank(&text, &node, UINT32_MAX, UINT32_MAX, INT32_MIN, list);
    assert_value(list, "GODWIT_NODE", "-2147483648:-2147483648:4294967295:ffffffffffffffff");
    assert_value(list, "OMPI_COMM_WORLD_LOCAL_SIZE", "4294967295");
}
END_TEST

/* What a rank on another host gets: mpirun's, and the rest of the login there. */
START_TEST(joined_with_a_login)
{
    static const char *const mpiruns[] = {"PATH=/a", "A=1", "DISPLAY=:9", NULL};
    static const char *const own[] = {"HOME=/home/me", "PATH=/b", "odd", "SSH_CLIENT=x", "DISPLAY=:1", NULL};
    char **env = environ_join((char *const *)mpiruns, (char *const *)own);
    int count = 0;
    ck_assert_ptr_nonnull(env);
    while (env[count])
        count++;
    ck_assert_int_eq(count, 5);
    ck_assert_str_eq(environ_find(env, "PATH"), "/a");
    ck_assert_str_eq(environ_find(env, "A"), "1");
    ck_assert_str_eq(environ_find(env, "HOME"), "/home/me");
    ck_assert_str_eq(environ_find(env, "SSH_CLIENT"), "x");
    ck_assert_str_eq(environ_find(env, "DISPLAY"), ":9"); /* jobpack.c sends it where the command line names it */
    environ_free(env, count);
    static const char *const nothing[] = {NULL};
    env = environ_join((char *const *)nothing, (char *const *)nothing);
    ck_assert_ptr_nonnull(env);
    ck_assert_ptr_null(env[0]);
    environ_free(env, 0);
}
END_TEST

START_TEST(bound_to_a_host)
{
    static const char *const bound[] = {"HOME=/root", "SSH_AUTH_SOCK=/x", "SSH_X=", "DISPLAY=", "_=/bin/x", "PWD=/"};
    static const char *const free_ones[] = {"PATH=/bin", "HOMES=1", "XDISPLAY=1", "SSH=1", "OMP_NUM_THREADS=4", "TMPDIR=/t"};
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(environ_is_host_bound(bound[i]), 1);
        ck_assert_int_eq(environ_is_host_bound(free_ones[i]), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("environ");
    TCase *paths = unit_case(suite, "paths"), *env = unit_case(suite, "make"), *rank = unit_case(suite, "rank");
    tcase_add_test(paths, relative_paths);
    tcase_add_test(paths, joined_with_a_login);
    tcase_add_test(paths, bound_to_a_host);
    tcase_add_test(paths, relative_paths_lead_there);
    tcase_add_test(paths, relative_paths_stay_inside);
    tcase_add_test(env, find_by_the_whole_name);
    tcase_add_test(env, ours_is_passed_on);
    tcase_add_test(env, outer_launchers_are_left_out);
    tcase_add_test(env, edits_in_their_order);
    tcase_add_test(env, clear_and_pass);
    tcase_add_test(env, pass_takes_ours_again);
    tcase_add_test(env, an_empty_environment);
    tcase_add_test(env, many_variables);
    tcase_add_test(env, library_path);
    tcase_add_test(rank, variables_of_a_rank);
    tcase_add_test(rank, widest_numbers);
    return unit_run(suite);
}
