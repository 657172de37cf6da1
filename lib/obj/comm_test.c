/* Tests of communicators without messages: the table of contexts against a model, ids that are given, used up and
 * given again, hidden communicators, and the dead, which stay while they are needed. */
#include "obj/comm.h"
#include "obj/contexts.h"
#include "obj/request.h"
#include "tests/unit.h"

#include <string.h>

/* ---- the table ---- */

enum { IDS = 3000 };

START_TEST(the_table_finds_what_is_in_it)
{
    static struct comm *model[IDS];
    static char objects[IDS];
    uint64_t seed = 7 + (uint64_t)_i;
    uint32_t n = 0, spread = _i % 2 ? 1 : 0x10000; /* ids that stand side by side, and far apart */
    memset(model, 0, sizeof model);
    for (int step = 0; step < 30000; step++) {
        uint32_t i = unit_below(&seed, step % 5000 < 2500 ? IDS : 50);
        ck_assert_ptr_eq(contexts_find(i * spread), model[i]);
        if (model[i]) {
            contexts_remove(i * spread);
            model[i] = NULL;
            n--;
        } else {
            model[i] = (struct comm *)&objects[i];
            ck_assert_int_eq(contexts_add(i * spread, model[i]), 0);
            n++;
        }
        contexts_remove(IDS * spread + 1); /* is not there */
        ck_assert_uint_eq(contexts_count(), n);
        if (step % 1000 == 0)
            for (uint32_t k = 0; k < IDS; k++)
                ck_assert_ptr_eq(contexts_find(k * spread), model[k]);
    }
}
END_TEST

/* ---- ids ---- */

enum { HUGE = (1 << 30) / 5 /* ranks of a world: five ids for each, or nearly */ };

static struct comm *make(uint32_t context)
{
    struct comm *early, *c = comm_new(context, comm_world.group, NULL, &comm_world);
    ck_assert_ptr_nonnull(c);
    ck_assert_int_eq(comm_enter(c, &early), 0);
    ck_assert_ptr_null(early);
    return c;
}

START_TEST(ids_are_the_rank_s_own)
{
    uint32_t last = 0;
    for (int rank = 0; rank < 7; rank++) {
        comm_init(rank, 7, MPI_ERRORS_RETURN);
        uint32_t first = comm_context_take();
        ck_assert_uint_gt(first, last);
        ck_assert_uint_eq(comm_context_take(), first + 1);
        comm_context_give_back(first + 1);
        ck_assert_uint_eq(comm_context_take(), first + 1);
        comm_context_give_back(first); /* not the last: it will come round */
        ck_assert_uint_eq(comm_context_take(), first + 2);
        ck_assert(comm_context_is_possible(first) && comm_context_is_possible(first | COMM_HIDDEN));
        last = first + 2;
    }
    ck_assert(!comm_context_is_possible(0) && !comm_context_is_possible(15));
}
END_TEST

START_TEST(ids_go_round_and_run_out)
{
    struct comm *c[8];
    uint32_t ids[8], n = 0, id;
    comm_init(3, HUGE, MPI_ERRORS_RETURN);
    while ((id = comm_context_take())) {
        ck_assert_uint_lt(n, 8);
        for (uint32_t i = 0; i < n; i++)
            ck_assert_uint_ne(ids[i], id);
        ids[n] = id;
        c[n++] = make(id);
    }
    ck_assert_uint_ge(n, 4);
    comm_bury(c[1]);
    comm_sweep();
    ck_assert_uint_eq(comm_context_take(), ids[1]);
    c[1] = make(ids[1]);
    ck_assert_uint_eq(comm_context_take(), 0);
    for (uint32_t i = 0; i < n; i++)
        comm_bury(c[i]);
    comm_sweep();
    ck_assert_uint_eq(contexts_count(), 0);
    ck_assert_uint_ne(comm_context_take(), 0);
}
END_TEST

START_TEST(an_id_has_one_communicator)
{
    struct comm *early;
    comm_init(0, 4, MPI_ERRORS_RETURN);
    struct comm *a = make(77), *b = comm_new(77, comm_world.group, NULL, &comm_world);
    ck_assert_ptr_eq(comm_of_context(77), a);
    ck_assert_int_eq(comm_enter(b, &early), MPI_ERR_INTERN);
    comm_bury(a); /* freed, but not swept yet: no obstacle */
    ck_assert_int_eq(comm_enter(b, &early), 0);
    ck_assert_ptr_eq(comm_of_context(77), b);
    comm_bury(b);
    comm_sweep();
    ck_assert_ptr_null(comm_of_context(77));
    ck_assert_ptr_eq(comm_of_context(0), &comm_world);
    ck_assert_ptr_eq(comm_of_context(1), &comm_self);
    ck_assert_ptr_eq(comm_of_context(2), &comm_base);
    ck_assert_ptr_null(comm_of_context(3));
}
END_TEST

START_TEST(hidden_communicators_are_made_once)
{
    static const uint32_t which[] = {COMM_PARTS, COMM_COLL, COMM_LOCAL};
    comm_init(2, 4, MPI_ERRORS_RETURN);
    struct group *low = group_regular(2, 1, 2), *high = group_regular(0, 1, 2);
    struct comm *early, *c = comm_new(99, low, high, &comm_world);
    group_put(low);
    group_put(high);
    ck_assert_int_eq(comm_enter(c, &early), 0);
    for (int i = 0; i < 3; i++) {
        struct comm *h = comm_of_context(99 | which[i]);
        ck_assert_ptr_nonnull(h);
        ck_assert_ptr_ne(h, c);
        ck_assert_ptr_eq(comm_hidden(c, which[i]), h);
        ck_assert_ptr_eq(h->owner, c);
        ck_assert_uint_eq(h->context, 99 | which[i]);
        ck_assert_int_eq(comm_world_rank(h, 1), which[i] == COMM_LOCAL ? 3 : 1); /* the own side, or the other */
    }
    comm_bury(c);
    comm_sweep();
}
END_TEST

START_TEST(early_ones_give_way)
{
    comm_init(0, 4, MPI_ERRORS_RETURN);
    struct comm *e = comm_early(55 | COMM_COLL), *early, *c;
    ck_assert(e->early && e->owner->early && e->owner != e);
    ck_assert_ptr_eq(comm_of_context(55), e->owner);
    ck_assert_int_eq(e->peers, 0);
    c = comm_new(55, comm_world.group, NULL, &comm_world);
    ck_assert_int_eq(comm_enter(c, &early), 0);
    ck_assert_ptr_eq(early, e->owner);
    ck_assert_ptr_eq(comm_of_context(55), c);
    comm_drop_early(early);
    comm_bury(c);
    comm_sweep();
}
END_TEST

START_TEST(the_dead_stay_while_they_are_needed)
{
    comm_init(0, 4, MPI_ERRORS_RETURN);
    struct comm *by_request = make(40), *by_hidden = make(41), *by_message = make(42), *by_nobody = make(43);
    struct request *r = request_new(REQUEST_RECV), *s = request_new(REQUEST_SEND);
    r->comm = by_request;
    s->comm = comm_hidden(by_hidden, COMM_PARTS);
    by_message->kept = 1;
    comm_bury(by_request);
    comm_bury(by_hidden);
    comm_bury(by_message);
    comm_bury(by_nobody);
    comm_sweep();
    ck_assert_ptr_eq(comm_of_context(40), by_request);
    ck_assert_ptr_eq(comm_of_context(41), by_hidden);
    ck_assert_ptr_eq(comm_of_context(42), by_message);
    ck_assert_ptr_null(comm_of_context(43));
    request_put(r);
    by_message->kept = 0;
    comm_sweep();
    ck_assert_ptr_null(comm_of_context(40));
    ck_assert_ptr_eq(comm_of_context(41), by_hidden);
    ck_assert_ptr_null(comm_of_context(42));
    request_put(s);
    comm_sweep();
    ck_assert_uint_eq(contexts_count(), 0);
}
END_TEST

/* Nobody calls comm_sweep here. */
START_TEST(freeing_many_needs_no_more_memory)
{
    comm_init(0, 4, MPI_ERRORS_RETURN);
    struct request *r = request_new(REQUEST_RECV);
    r->comm = make(comm_context_take());
    comm_bury(r->comm);
    for (int i = 0; i < 10000; i++) {
        comm_bury(make(comm_context_take()));
        ck_assert_uint_lt(contexts_count(), 100);
    }
    request_put(r);
    comm_sweep();
    ck_assert_uint_eq(contexts_count(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comm");
    TCase *contexts = unit_case(suite, "contexts"), *life = unit_case(suite, "life");
    tcase_add_loop_test(contexts, the_table_finds_what_is_in_it, 0, 10);
    tcase_add_test(contexts, ids_are_the_rank_s_own);
    tcase_add_test(contexts, ids_go_round_and_run_out);
    tcase_add_test(contexts, an_id_has_one_communicator);
    tcase_add_test(life, hidden_communicators_are_made_once);
    tcase_add_test(life, early_ones_give_way);
    tcase_add_test(life, the_dead_stay_while_they_are_needed);
    tcase_add_test(life, freeing_many_needs_no_more_memory);
    return unit_run(suite);
}
