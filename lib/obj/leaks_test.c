/* Tests of the count of handles. */
#include "obj/leaks.h"

#include "obj/comm.h"
#include "obj/request.h"
#include "tests/unit.h"
#include "type/type.h"

#include <stdio.h>
#include <string.h>

static char text[8192];

static size_t report(int most)
{
    return leaks_report(LEAKS_END_OF_ALL, "- ", most, text, sizeof text);
}

START_TEST(nothing_is_left)
{
    static int a, b;
    leaks_made(LEAKS_INFO, &a, "MPI_Info_create");
    leaks_made(LEAKS_INFO, &b, "MPI_Info_create");
    leaks_freed(LEAKS_INFO, &b);
    leaks_freed(LEAKS_INFO, &a);
    leaks_freed(LEAKS_INFO, &a); /* no harm */
    ck_assert_uint_eq(report(20), 0);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(constants_do_not_count)
{
    leaks_made(LEAKS_GROUP, MPI_GROUP_EMPTY, "MPI_Group_incl");
    leaks_made(LEAKS_COMM, MPI_COMM_NULL, "MPI_Comm_split");
    ck_assert_uint_eq(report(20), 0);
}
END_TEST

START_TEST(equal_ones_are_one_line)
{
    static int groups[3], op;
    for (int i = 0; i < 3; i++)
        leaks_made(LEAKS_GROUP, &groups[i], "MPI_Comm_group");
    leaks_made(LEAKS_GROUP, &groups[1], "MPI_Comm_group"); /* the same once more */
    leaks_freed(LEAKS_GROUP, &groups[1]);
    leaks_made(LEAKS_OP, &op, "MPI_Op_create");
    leaks_made(LEAKS_KEYVAL, (void *)(uintptr_t)4096, "MPI_Comm_create_keyval");
    leaks_freed(LEAKS_OP, &groups[0]); /* is none */
    ck_assert_uint_eq(report(20), 5);
    ck_assert_str_eq(text, "- 3 groups of MPI_Comm_group\n- 1 operation of MPI_Op_create\n"
                           "- 1 attribute key of MPI_Comm_create_keyval\n");
    ck_assert_uint_eq(report(20), 0); /* that was told */
}
END_TEST

START_TEST(names)
{
    char name[] = "solver\n";
    struct comm c = {.name = name}, d = {.name = NULL};
    struct type t = {.name = "row"};
    leaks_made(LEAKS_TYPE, &t, "MPI_Type_vector");
    leaks_made(LEAKS_COMM, &c, "MPI_Comm_dup");
    leaks_made(LEAKS_COMM, &d, "MPI_Comm_dup");
    ck_assert_uint_eq(report(20), 3);
    ck_assert_str_eq(text, "- 1 communicator of MPI_Comm_dup\n- 1 communicator 'solver?' of MPI_Comm_dup\n"
                           "- 1 datatype 'row' of MPI_Type_vector\n");
}
END_TEST

/* Those that the program sees, and has not freed while they run. */
static void over(struct request *r)
{
    r->done = 1;
}

START_TEST(requests)
{
    struct request *r = request_new(REQUEST_RECV), *s = request_new(REQUEST_SEND), *hidden = request_new(REQUEST_SEND),
                   *freed = request_new(REQUEST_RECV), *coll = request_new(REQUEST_COLLECTIVE);
    s->mode = SEND_SYNC;
    s->persistent = 1;
    hidden->over = over;
    freed->freed = 1;
    coll->buffer = "MPI_Ibarrier";
    ck_assert_uint_eq(report(20), 3);
    ck_assert_str_eq(text, "- 1 request of MPI_Ibarrier\n- 1 request of MPI_Irecv\n- 1 request of MPI_Ssend_init\n");
    request_put(r);
    request_put(s);
    request_put(coll);
    ck_assert_uint_eq(report(20), 0);
}
END_TEST

START_TEST(many_different_ones)
{
    static struct comm all[5000];
    static char name[5000][16];
    for (int i = 0; i < 5000; i++) {
        snprintf(name[i], sizeof name[i], "c%04d", i);
        all[i].name = name[i];
        leaks_made(LEAKS_COMM, &all[i], "MPI_Comm_split");
    }
    for (int i = 2; i < 5000; i += 2)
        leaks_freed(LEAKS_COMM, &all[i]);
    ck_assert_uint_eq(report(3), 2501);
    ck_assert_str_eq(text, "- 1 communicator 'c0000' of MPI_Comm_split\n- 1 communicator 'c0001' of MPI_Comm_split\n"
                           "- 1 communicator 'c0003' of MPI_Comm_split\n- and 2498 more\n");
}
END_TEST

/* Info objects may be freed after the end of MPI, and are told of when there is no time left for that. */
START_TEST(two_ends)
{
    static int info, kept, op;
    struct request *r = request_new(REQUEST_RECV);
    leaks_made(LEAKS_INFO, &info, "MPI_Info_create");
    leaks_made(LEAKS_ERRHANDLER, &kept, "MPI_Comm_create_errhandler");
    leaks_made(LEAKS_OP, &op, "MPI_Op_create");
    ck_assert_uint_eq(leaks_report(LEAKS_END_OF_MPI, "", 20, text, sizeof text), 2);
    ck_assert_str_eq(text, "1 request of MPI_Irecv\n1 operation of MPI_Op_create\n");
    leaks_freed(LEAKS_INFO, &info);
    ck_assert_uint_eq(report(20), 1);
    ck_assert_str_eq(text, "- 1 error handler of MPI_Comm_create_errhandler\n");
    request_put(r);
}
END_TEST

/* Before the setting is known everything counts; when it says no, nothing is kept. */
START_TEST(off)
{
    static int a;
    leaks_made(LEAKS_INFO, &a, "MPI_Info_create");
    leaks_decide(0);
    leaks_made(LEAKS_INFO, &a, "MPI_Info_create");
    leaks_freed(LEAKS_INFO, &a);
    ck_assert_uint_eq(report(20), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leaks");
    TCase *t = unit_case(suite, "leaks");
    tcase_add_test(t, nothing_is_left);
    tcase_add_test(t, constants_do_not_count);
    tcase_add_test(t, equal_ones_are_one_line);
    tcase_add_test(t, names);
    tcase_add_test(t, requests);
    tcase_add_test(t, many_different_ones);
    tcase_add_test(t, two_ends);
    tcase_add_test(t, off);
    return unit_run(suite);
}
