/* Tests of groups: what is regular has no table, ranks are translated both ways, and operations keep the order. Large
 * groups are here; tests/mpi/group.c goes through all of MPI's functions. */
#include "obj/group.h"
#include "tests/unit.h"

#include <pthread.h>

enum { ME = 5, WORLD = 1000 };

static void begin(void)
{
    group_init(ME);
}

static struct group *table(int n, int (*world)(int))
{
    int32_t *t = malloc((size_t)(n ? n : 1) * sizeof *t);
    for (int i = 0; i < n; i++)
        t[i] = world(i);
    return group_of_table(t, n);
}

static int every_third(int i)
{
    return 3 * i + 2;
}

static int backwards(int i)
{
    return WORLD - 1 - i;
}

static int mixed(int i)
{
    return i * 7 % WORLD; /* 7 and 1000 have no common factor: all ranks, in no simple order */
}

static int all_but_one(int i)
{
    return i < 500 ? i : i + 1;
}

START_TEST(regular_groups_have_no_table)
{
    static int (*const regular[])(int) = {every_third, backwards};
    for (int k = 0; k < 2; k++)
        for (int n = 0; n < 300; n = 2 * n + 1) {
            struct group *g = table(n, regular[k]);
            ck_assert_ptr_null(g->table);
            ck_assert_int_eq(g->size, n);
            ck_assert(n != 0 || g == &group_empty);
            for (int i = 0; i < n; i++) {
                ck_assert_int_eq(group_world(g, i), regular[k](i));
                ck_assert_int_eq(group_rank(g, regular[k](i)), i);
            }
            ck_assert_int_eq(group_rank(g, -1), MPI_UNDEFINED);
            ck_assert_int_eq(group_rank(g, WORLD), MPI_UNDEFINED);
            group_put(g);
        }
    struct group *g = table(300, every_third);
    ck_assert_int_eq(g->rank, 1); /* world rank 5 */
    ck_assert_int_eq(group_rank(g, 6), MPI_UNDEFINED);
    ck_assert_int_eq(group_rank(g, 902), MPI_UNDEFINED); /* one behind the last */
    group_put(g);
}
END_TEST

START_TEST(other_groups_are_translated)
{
    static int (*const any[])(int) = {mixed, all_but_one};
    for (int k = 0; k < 2; k++)
        for (int n = 3; n < WORLD; n = n * 3 / 2) {
            struct group *g = table(n, any[k]);
            char member[WORLD + 1] = {0};
            for (int i = 0; i < n; i++) {
                ck_assert_int_eq(group_world(g, i), any[k](i));
                ck_assert_int_eq(group_rank(g, any[k](i)), i);
                member[any[k](i)] = 1;
            }
            for (int w = 0; w <= WORLD; w++)
                ck_assert_int_eq(group_rank(g, w) != MPI_UNDEFINED, member[w]);
            group_put(g);
        }
}
END_TEST

START_TEST(results_are_made_regular_again)
{
    struct group *all = group_regular(0, 1, WORLD), *g, *h;
    int hole[1] = {500}, bad;
    ck_assert_int_eq(group_ranks(all, 1, hole, 1, &g, &bad), 0);
    ck_assert_ptr_nonnull(g->table);
    ck_assert_int_eq(g->size, WORLD - 1);
    ck_assert_int_eq(group_union(g, all, &h), 0); /* 500 comes last */
    ck_assert_int_eq(group_world(h, WORLD - 1), 500);
    ck_assert_int_eq(group_compare(h, all), MPI_SIMILAR);
    group_put(h);
    ck_assert_int_eq(group_difference(all, g, &h), 0);
    ck_assert_int_eq(h->size, 1);
    ck_assert_ptr_null(h->table);
    ck_assert_int_eq(group_world(h, 0), 500);
    ck_assert(group_disjoint(g, h));
    ck_assert(!group_disjoint(all, h));
    ck_assert(group_contains(all, g));
    ck_assert(!group_contains(g, all));
    group_put(h);
    ck_assert_int_eq(group_intersection(all, g, &h), 0);
    ck_assert_int_eq(group_compare(h, g), MPI_IDENT);
    group_put(h);
    ck_assert_int_eq(group_union(g, g, &h), 0); /* nothing new: the same group */
    ck_assert_ptr_eq(h, g);
    group_put(h);
    group_put(g);
    group_put(all);
}
END_TEST

static int ranges(struct group *g, int first, int last, int stride, int excluded)
{
    const int r[1][3] = {{first, last, stride}};
    struct group *out;
    int bad, rank, rc = group_ranges(g, 1, r, excluded, &out, &bad, &rank);
    if (rc)
        return -rc;
    int n = out->size;
    group_put(out);
    return n;
}

START_TEST(ranges_end_where_they_say)
{
    struct group *g = group_regular(0, 1, 10);
    ck_assert_int_eq(ranges(g, 0, 9, 1, 0), 10);
    ck_assert_int_eq(ranges(g, 0, 9, 4, 0), 3);
    ck_assert_int_eq(ranges(g, 0, 9, 4, 1), 7);
    ck_assert_int_eq(ranges(g, 9, 0, -4, 0), 3);
    ck_assert_int_eq(ranges(g, 3, 3, -1, 0), 1);
    ck_assert_int_eq(ranges(g, 3, 3, INT32_MIN, 0), 1);
    ck_assert_int_eq(ranges(g, 0, INT32_MAX, INT32_MAX, 0), -MPI_ERR_RANK);
    ck_assert_int_eq(ranges(g, 0, INT32_MAX - 1, INT32_MAX, 0), 1);
    ck_assert_int_eq(ranges(g, INT32_MIN, INT32_MAX, 1, 0), -MPI_ERR_RANK);
    ck_assert_int_eq(ranges(g, 0, 10, 1, 0), -MPI_ERR_RANK);
    ck_assert_int_eq(ranges(g, -1, 5, 1, 0), -MPI_ERR_RANK);
    ck_assert_int_eq(ranges(g, 0, 5, 0, 0), -MPI_ERR_ARG);
    ck_assert_int_eq(ranges(g, 0, 5, -1, 0), -MPI_ERR_ARG);
    ck_assert_int_eq(ranges(g, 5, 0, 10, 0), -MPI_ERR_ARG);
    group_put(g);
}
END_TEST

static void *translate(void *arg)
{
    struct group *g = group_get(arg);
    for (int i = 0; i < g->size; i++)
        ck_assert_int_eq(group_rank(g, mixed(i)), i);
    group_put(g);
    return NULL;
}

START_TEST(threads_sort_it_once)
{
    for (int round = 0; round < 50; round++) {
        int32_t *t = malloc(WORLD * sizeof *t);
        for (int i = 0; i < WORLD; i++)
            t[i] = mixed(i);
        struct group *g = group_of_table(t, WORLD);
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            pthread_create(&threads[i], NULL, translate, g);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        ck_assert_int_eq(g->references, 1);
        group_put(g);
    }
}
END_TEST

/* What is made of a session's group belongs to the session. */
START_TEST(sessions)
{
    const int ranks[2] = {3, 1};
    int bad;
    struct group *plain = group_regular(0, 1, 8), *all = group_of_session(plain, 5), *some, *rest, *both, *mixed;
    ck_assert(all != plain && all->session == 5 && plain->session == 0);
    ck_assert_int_eq(group_compare(all, plain), MPI_IDENT);
    ck_assert_int_eq(group_ranks(all, 2, ranks, 0, &some, &bad), 0);
    ck_assert_int_eq(group_difference(all, some, &rest), 0);
    ck_assert_int_eq(group_union(some, rest, &both), 0);
    ck_assert_int_eq(group_intersection(plain, some, &mixed), 0);
    ck_assert(some->session == 5 && rest->session == 5 && both->session == 5 && mixed->session == 5);
    group_put(mixed);
    ck_assert_int_eq(group_ranks(plain, 2, ranks, 1, &mixed, &bad), 0);
    ck_assert_uint_eq(mixed->session, 0);
    ck_assert_uint_eq(group_empty.session, 0);
    group_put(mixed);
    group_put(both);
    group_put(rest);
    group_put(some);
    group_put(all);
    group_put(plain);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group");
    TCase *groups = unit_case(suite, "groups");
    tcase_add_checked_fixture(groups, begin, NULL);
    tcase_add_test(groups, regular_groups_have_no_table);
    tcase_add_test(groups, other_groups_are_translated);
    tcase_add_test(groups, results_are_made_regular_again);
    tcase_add_test(groups, ranges_end_where_they_say);
    tcase_add_test(groups, threads_sort_it_once);
    tcase_add_test(groups, sessions);
    return unit_run(suite);
}
