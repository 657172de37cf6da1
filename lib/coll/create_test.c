/* Tests of making communicators where no message is needed: groups of one process. Above all what happens when
 * context ids are used up. tests/mpi has the rest. */
#include "coll/coll.h"
#include "coll/small.h"
#include "tests/unit.h"

#include <string.h>

enum { HUGE = (1 << 30) / 5 /* ranks of a world, of which each has a few ids */, MOST = 8 };

static void begin(void)
{
    comm_init(3, HUGE, MPI_ERRORS_RETURN);
}

typedef int maker(struct comm **out, struct words *why);

static int by_dup(struct comm **out, struct words *why)
{
    return coll_comm_dup("test", &comm_self, 0, out, NULL, why);
}

static int by_create(struct comm **out, struct words *why)
{
    return coll_comm_create("test", &comm_self, comm_self.group, out, why);
}

static int by_create_group(struct comm **out, struct words *why)
{
    return coll_comm_create_group("test", &comm_self, comm_self.group, 5, out, why);
}

static int by_split(struct comm **out, struct words *why)
{
    return coll_comm_split("test", &comm_self, 0, 0, out, why);
}

static maker *const makers[] = {by_dup, by_create, by_create_group, by_split};

START_TEST(ids_are_used_up_and_come_back)
{
    struct comm *made[MOST], *c = NULL;
    struct words why;
    int n = 0, rc;
    while (!(rc = makers[_i](&c, &why))) {
        ck_assert_int_lt(n, MOST);
        ck_assert_ptr_nonnull(c);
        made[n++] = c;
    }
    ck_assert_int_eq(rc, MPI_ERR_OTHER);
    ck_assert_msg(strstr(why.s, "used up") != NULL, "%s", why.s);
    ck_assert_int_ge(n, 3);
    coll_comm_free(made[1]);
    comm_sweep();
    ck_assert_int_eq(makers[_i](&made[1], &why), 0);
    ck_assert_int_eq(makers[_i](&c, &why), MPI_ERR_OTHER);
    for (int i = 0; i < n; i++)
        coll_comm_free(made[i]);
    comm_sweep();
}
END_TEST

/* What a request is over with, when nobody waits in the call itself. */
START_TEST(a_request_tells_of_it)
{
    struct comm *made[MOST], *c;
    struct words why;
    struct request *r;
    int n = 0;
    while (!by_dup(&made[n], &why))
        n++;
    ck_assert_int_eq(coll_comm_dup("test", &comm_self, 0, &c, &r, &why), 0);
    ck_assert_int_eq(r->done, 1);
    ck_assert_int_eq(r->error, MPI_ERR_OTHER);
    p2p_release(r);
    for (int i = 0; i < n; i++)
        coll_comm_free(made[i]);
    comm_sweep();
}
END_TEST

/* Colours without anybody take no id: they would go round for nothing. */
START_TEST(ids_that_are_not_needed_are_given_back)
{
    struct comm *c, *d;
    struct words why;
    ck_assert_int_eq(by_dup(&c, &why), 0);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(coll_comm_split("test", &comm_self, MPI_UNDEFINED, 0, &d, &why), 0);
        ck_assert_ptr_null(d);
    }
    ck_assert_int_eq(by_dup(&d, &why), 0);
    ck_assert_uint_eq(d->context, c->context + 1);
    coll_comm_free(c);
    coll_comm_free(d);
    comm_sweep();
}
END_TEST

/* Everybody but 0 has one parent, is its child, and all are reached. */
START_TEST(the_tree_reaches_all)
{
    for (int size = 1; size < 300; size++) {
        int children[32], reached = 1;
        for (int rank = 0; rank < size; rank++) {
            int n = tree_children(rank, size, children);
            for (int i = 0; i < n; i++) {
                ck_assert_int_gt(children[i], rank);
                ck_assert_int_lt(children[i], size);
                ck_assert_int_eq(tree_parent(children[i]), rank);
            }
            reached += n;
        }
        ck_assert_int_eq(reached, size);
    }
    ck_assert_int_eq(tree_parent(0), -1);
}
END_TEST

START_TEST(tags_go_round)
{
    struct comm c = {.turn = 0};
    int first = circle_turn(&c);
    ck_assert_int_eq(first, -3);
    ck_assert_int_eq(circle_turn(&c), -4);
    c.turn = INT32_MIN;
    ck_assert_int_eq(circle_turn(&c), first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("create");
    TCase *create = unit_case(suite, "create");
    tcase_add_checked_fixture(create, begin, NULL);
    tcase_add_loop_test(create, ids_are_used_up_and_come_back, 0, 4);
    tcase_add_test(create, a_request_tells_of_it);
    tcase_add_test(create, ids_that_are_not_needed_are_given_back);
    tcase_add_test(create, the_tree_reaches_all);
    tcase_add_test(create, tags_go_round);
    return unit_run(suite);
}
