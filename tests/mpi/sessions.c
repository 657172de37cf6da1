/* Sessions: MPI without MPI_Init, several at once and after each other, sets of processes, communicators of groups
 * with tags, and beside MPI_Init. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int calls;

static void handler(MPI_Session *s, int *code, ...)
{
    (void)s;
    (void)code;
    calls++;
}

static void ring(MPI_Comm c)
{
    int me, n, got = -1;
    MPI_Comm_rank(c, &me);
    MPI_Comm_size(c, &n);
    MPI_Sendrecv(&me, 1, MPI_INT, (me + 1) % n, 0, &got, 1, MPI_INT, (me + n - 1) % n, 0, c, MPI_STATUS_IGNORE);
    CHECK(got == (me + n - 1) % n);
}

static void inquire(MPI_Session s)
{
    int n, length, flag;
    char name[32], few[5], value[32];
    MPI_Info info;
    CHECK(MPI_Session_get_num_psets(s, MPI_INFO_NULL, &n) == MPI_SUCCESS && n >= 2);
    for (int i = 0; i < n; i++) {
        length = 0;
        CHECK(MPI_Session_get_nth_pset(s, MPI_INFO_NULL, i, &length, NULL) == MPI_SUCCESS && length > 1);
        int room = length;
        CHECK(MPI_Session_get_nth_pset(s, MPI_INFO_NULL, i, &room, name) == MPI_SUCCESS &&
              (int)strlen(name) == length - 1);
        room = sizeof few;
        CHECK(MPI_Session_get_nth_pset(s, MPI_INFO_NULL, i, &room, few) == MPI_SUCCESS && strlen(few) == 4 &&
              room == length);
        CHECK(MPI_Session_get_pset_info(s, name, &info) == MPI_SUCCESS);
        CHECK(MPI_Info_get(info, "mpi_size", 31, value, &flag) == MPI_SUCCESS && flag && atoi(value) >= 1);
        MPI_Group g;
        CHECK(MPI_Group_from_session_pset(s, name, &g) == MPI_SUCCESS && MPI_Group_size(g, &length) == MPI_SUCCESS);
        CHECK(length == atoi(value));
        MPI_Group_free(&g);
        MPI_Info_free(&info);
    }
    CHECK(MPI_Session_get_info(s, &info) == MPI_SUCCESS);
    CHECK(MPI_Info_get(info, "thread_level", 31, value, &flag) == MPI_SUCCESS && flag &&
          !strcmp(value, "MPI_THREAD_MULTIPLE"));
    MPI_Info_free(&info);
}

static void wrong(MPI_Session s)
{
    MPI_Errhandler e, got;
    MPI_Group g;
    int n;
    CHECK(MPI_Session_create_errhandler(handler, &e) == MPI_SUCCESS &&
          MPI_Session_set_errhandler(s, e) == MPI_SUCCESS);
    CHECK(MPI_Session_get_errhandler(s, &got) == MPI_SUCCESS && got == e && MPI_Errhandler_free(&got) == MPI_SUCCESS);
    MPI_Errhandler_free(&e);
    CHECK(MPI_Session_get_num_psets(s, MPI_INFO_NULL, NULL) == MPI_ERR_ARG && calls == 1);
    n = 5;
    CHECK(MPI_Session_get_nth_pset(s, MPI_INFO_NULL, 99, &n, NULL) == MPI_ERR_ARG && calls == 2);
    CHECK(MPI_Group_from_session_pset(s, "mpi://NOBODY", &g) == MPI_ERR_ARG && calls == 3);
    CHECK(MPI_Session_call_errhandler(s, MPI_ERR_OTHER) == MPI_SUCCESS && calls == 4);
    CHECK(MPI_Session_set_errhandler(s, MPI_ERRHANDLER_NULL) == MPI_ERR_ERRHANDLER && calls == 5);
    CHECK(MPI_Session_fromint(MPI_Session_toint(s)) == s);
}

/* Halves of the world, each with the same tag; and the whole, twice at once by other tags. */
static void communicators(MPI_Session s)
{
    MPI_Group world, half, other;
    MPI_Comm c, d;
    int rank, size, result;
    CHECK(MPI_Group_from_session_pset(s, "mpi://WORLD", &world) == MPI_SUCCESS);
    MPI_Group_rank(world, &rank);
    MPI_Group_size(world, &size);
    CHECK(MPI_Comm_create_from_group(world, "all", MPI_INFO_NULL, MPI_ERRORS_RETURN, &c) == MPI_SUCCESS);
    CHECK(MPI_Comm_create_from_group(world, "all again", MPI_INFO_NULL, MPI_ERRORS_RETURN, &d) == MPI_SUCCESS);
    ring(c);
    ring(d);
    CHECK(MPI_Comm_compare(c, d, &result) == MPI_SUCCESS && result == MPI_CONGRUENT);
    CHECK(MPI_Comm_size(c, NULL) == MPI_ERR_ARG); /* its handler returns */
    MPI_Comm_free(&d);
    int range[1][3] = {{rank % 2, size - 1, 2}};
    MPI_Group_range_incl(world, 1, range, &half);
    CHECK(MPI_Comm_create_from_group(half, "half", MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &d) == MPI_SUCCESS);
    ring(d);
    MPI_Comm_free(&d);
    if (size > 1) {
        MPI_Group_difference(world, half, &other);
        CHECK(MPI_Intercomm_create_from_groups(half, 0, other, 0, "both", MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL,
                                               &d) == MPI_SUCCESS);
        MPI_Comm e;
        CHECK(MPI_Intercomm_merge(d, rank % 2, &e) == MPI_SUCCESS);
        ring(e);
        MPI_Comm_free(&e);
        MPI_Comm_free(&d);
        CHECK(MPI_Comm_create_from_group(other, "x", MPI_INFO_NULL, MPI_ERRORS_RETURN, &d) == MPI_ERR_GROUP);
        MPI_Group_free(&other);
    }
    CHECK(MPI_Comm_create_from_group(MPI_GROUP_EMPTY, "x", MPI_INFO_NULL, MPI_ERRORS_RETURN, &d) == MPI_SUCCESS &&
          d == MPI_COMM_NULL);
    CHECK(MPI_Comm_create_from_group(world, NULL, MPI_INFO_NULL, MPI_ERRORS_RETURN, &d) == MPI_ERR_ARG);
    CHECK(MPI_Comm_create_from_group(MPI_GROUP_NULL, "x", MPI_INFO_NULL, MPI_ERRORS_RETURN, &d) == MPI_ERR_GROUP);
    char longer[MPI_MAX_STRINGTAG_LEN + 1];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    CHECK(MPI_Comm_create_from_group(world, longer, MPI_INFO_NULL, MPI_ERRORS_RETURN, &d) == MPI_ERR_ARG);
    CHECK(MPI_Comm_disconnect(&c) == MPI_SUCCESS);
    MPI_Group_free(&half);
    MPI_Group_free(&world);
}

int main(int argc, char **argv)
{
    MPI_Session s, t;
    MPI_Info info;
    int flag;
    if (argc > 1 && !strcmp(argv[1], "early"))
        MPI_Group_size(MPI_GROUP_EMPTY, &flag);
    MPI_Info_create(&info);
    MPI_Info_set(info, "thread_level", "MPI_THREAD_MULTIPLE");
    for (int round = 0; round < 3; round++) {
        CHECK(MPI_Session_init(info, MPI_ERRORS_ARE_FATAL, &s) == MPI_SUCCESS);
        CHECK(MPI_Initialized(&flag) == MPI_SUCCESS && !flag);
        CHECK(MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &t) == MPI_SUCCESS);
        inquire(s);
        communicators(s);
        CHECK(MPI_Session_finalize(&s) == MPI_SUCCESS && s == MPI_SESSION_NULL);
        communicators(t);
        calls = 0;
        wrong(t);
        CHECK(MPI_Session_finalize(&t) == MPI_SUCCESS);
    }
    if (argc > 1 && !strcmp(argv[1], "world")) {
        MPI_Comm c;
        CHECK(MPI_Session_init(info, MPI_ERRORS_ARE_FATAL, &s) == MPI_SUCCESS);
        MPI_Init(&argc, &argv);
        MPI_Comm_dup(MPI_COMM_WORLD, &c);
        ring(c);
        communicators(s);
        MPI_Comm_free(&c);
        MPI_Finalize();
        CHECK(MPI_Finalized(&flag) == MPI_SUCCESS && flag);
        communicators(s); /* goes on */
        CHECK(MPI_Session_finalize(&s) == MPI_SUCCESS);
        CHECK(MPI_Session_init(info, MPI_ERRORS_ARE_FATAL, &s) == MPI_SUCCESS);
        communicators(s);
        CHECK(MPI_Session_finalize(&s) == MPI_SUCCESS);
    }
    MPI_Info_free(&info);
    return test_end();
}
