/* Tests of the look for other MPIs' launchers, on tables instead of the environment. */
#include "boot/foreign.h"
#include "tests/unit.h"

#include <string.h>

struct variable {
    const char *name, *value;
};

static const struct variable *table; /* ends with a NULL name */

static const char *look_up(const char *name)
{
    for (const struct variable *v = table; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v->value;
    return NULL;
}

static int find(const struct variable *variables, struct words *what)
{
    table = variables;
    strcpy(what->s, "untouched");
    return foreign_find(look_up, what);
}

static const struct {
    const char *name; /* a part of what is said */
    struct variable set[4];
} launchers[] = {
    {"Open MPI", {{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "0"}}},
    {"MVAPICH", {{"MV2_COMM_WORLD_SIZE", "4"}, {"MV2_COMM_WORLD_RANK", "0"}}},
    {"Flux", {{"FLUX_JOB_SIZE", "4"}, {"FLUX_TASK_RANK", "0"}}},
    {"srun", {{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "0"}}},
    {"Slurm", {{"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}}},
    {"MPICH", {{"PMI_SIZE", "4"}, {"PMI_RANK", "0"}, {"PMI_FD", "7"}}},
    {"MPICH", {{"PMI_SIZE", "4"}, {"PMI_RANK", "0"}, {"PMI_PORT", "host:99"}}},
    {"PMI launcher", {{"PMI_SIZE", "4"}, {"PMI_RANK", "0"}}},
};
enum { LAUNCHERS = sizeof launchers / sizeof launchers[0] };

/* The launcher's variables with another value in one of them. */
static const struct variable *changed(int launcher, int which, const char *value)
{
    static struct variable set[4];
    memcpy(set, launchers[launcher].set, sizeof set);
    set[which].value = value;
    return set;
}

START_TEST(each_launcher_is_named)
{
    struct words what;
    ck_assert_int_eq(find(launchers[_i].set, &what), 1);
    ck_assert_msg(strstr(what.s, launchers[_i].name) != NULL, "%s", what.s);
    ck_assert_msg(strstr(what.s, "mpirun -n 4 ") != NULL, "%s", what.s);
    ck_assert_msg(strstr(what.s, "GODWIT_FOREIGN=ignore") != NULL, "%s", what.s);
    int named = 0;
    for (const struct variable *v = launchers[_i].set; v->name; v++)
        named |= strstr(what.s, v->name) != NULL;
    ck_assert_msg(named, "%s", what.s);
}
END_TEST

START_TEST(only_the_first_process_says_it)
{
    static const char *const ranks[] = {"1", "3", "4000000000", "99999999999999999999"};
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        struct words what;
        ck_assert_int_eq(find(changed(_i, 1, ranks[i]), &what), 0);
        ck_assert_str_eq(what.s, "untouched");
    }
}
END_TEST

START_TEST(a_world_of_one_is_silent)
{
    static const char *const sizes[] = {"1", "0", "-4", "", "abc"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct words what;
        ck_assert_int_eq(find(changed(_i, 0, sizes[i]), &what), 0);
        ck_assert_str_eq(what.s, "untouched");
    }
}
END_TEST

/* What the environment holds reaches a terminal: no control bytes, not much of it, and never too much. */
START_TEST(hostile_values)
{
    static char text[100000];
    struct words what;
    strcpy(text, "12\x1b[2J\x07\n");
    memset(text + strlen(text), 'z', sizeof text - 1 - strlen(text));
    ck_assert_int_eq(find(changed(_i, 0, text), &what), 1);
    ck_assert_msg(strstr(what.s, "mpirun -n 12?[2J??zz") != NULL, "%s", what.s);
    ck_assert_msg(strstr(what.s, "GODWIT_FOREIGN=ignore") != NULL, "%s", what.s);
    for (const char *p = what.s; *p; p++)
        ck_assert_int_ge((unsigned char)*p, ' ');
}
END_TEST

START_TEST(nothing_is_set)
{
    static const struct variable none[] = {{"PATH", "/bin"}, {"SLURM_PROCID", "0"}, {"PMI_SIZE", "4"}, {0, 0}};
    struct words what;
    ck_assert_int_eq(find(none, &what), 0);
    ck_assert_str_eq(what.s, "untouched");
}
END_TEST

START_TEST(empty_marks_are_not_set)
{
    static const struct variable empty[] = {{"PMI_RANK", ""}, {"PMIX_RANK", ""}, {"OMPI_COMM_WORLD_SIZE", ""}, {0, 0}};
    struct words what;
    ck_assert_int_eq(find(empty, &what), 0);
}
END_TEST

START_TEST(pmix_tells_no_size)
{
    static const struct variable first[] = {{"PMIX_RANK", "0"}, {0, 0}}, second[] = {{"PMIX_RANK", "1"}, {0, 0}};
    struct words what;
    ck_assert_int_eq(find(first, &what), 1);
    ck_assert_msg(strstr(what.s, "PMIx") && strstr(what.s, "mpirun -n N "), "%s", what.s);
    ck_assert_int_eq(find(second, &what), 0);
}
END_TEST

START_TEST(a_mark_without_rank_or_size)
{
    static const struct variable size_only[] = {{"FLUX_JOB_SIZE", "2"}, {0, 0}};
    static const struct variable mark_only[] = {{"PMI_FD", "7"}, {0, 0}};
    struct words what;
    ck_assert_int_eq(find(size_only, &what), 1);
    ck_assert_int_eq(find(mark_only, &what), 1);
    ck_assert_msg(strstr(what.s, "mpirun -n N ") != NULL, "%s", what.s);
}
END_TEST

/* mpirun of Open MPI under Slurm: the one that says more is named; and a world of one inside of a bigger one. */
START_TEST(several_at_once)
{
    static const struct variable both[] = {{"SLURM_NTASKS", "8"},         {"SLURM_PROCID", "0"}, {"PMIX_RANK", "0"},
                                           {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "0"}, {0, 0}};
    static const struct variable one_in_four[] = {{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"},
                                                  {"PMI_SIZE", "4"},             {"PMI_RANK", "0"}, {0, 0}};
    struct words what;
    ck_assert_int_eq(find(both, &what), 1);
    ck_assert_msg(strstr(what.s, "Open MPI") && strstr(what.s, "-n 2 "), "%s", what.s);
    ck_assert_int_eq(find(one_in_four, &what), 1);
    ck_assert_msg(strstr(what.s, "PMI launcher") != NULL, "%s", what.s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("foreign");
    TCase *each = unit_case(suite, "each launcher"), *odd = unit_case(suite, "odd ones");
    tcase_add_loop_test(each, each_launcher_is_named, 0, LAUNCHERS);
    tcase_add_loop_test(each, only_the_first_process_says_it, 0, LAUNCHERS);
    tcase_add_loop_test(each, a_world_of_one_is_silent, 0, LAUNCHERS);
    tcase_add_loop_test(each, hostile_values, 0, LAUNCHERS);
    tcase_add_test(odd, nothing_is_set);
    tcase_add_test(odd, empty_marks_are_not_set);
    tcase_add_test(odd, pmix_tells_no_size);
    tcase_add_test(odd, a_mark_without_rank_or_size);
    tcase_add_test(odd, several_at_once);
    return unit_run(suite);
}
