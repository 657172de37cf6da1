/* Communicators: duplicates, those of groups, compare, names, hints, error handlers, wrong arguments, and the end
 * of one while its messages are under way. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int rank, size;

/* A message around the ring, and one that only this communicator may see. */
static void use(MPI_Comm c)
{
    int me, n, got = -1;
    MPI_Status s;
    MPI_Comm_rank(c, &me);
    MPI_Comm_size(c, &n);
    MPI_Sendrecv(&me, 1, MPI_INT, (me + 1) % n, 7, &got, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, c, &s);
    CHECK(got == (me + n - 1) % n && s.MPI_SOURCE == got && s.MPI_TAG == 7);
}

static void duplicates(void)
{
    MPI_Comm c, d, many[50];
    MPI_Request r[2];
    int result, n;
    CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &c) == MPI_SUCCESS && c != MPI_COMM_WORLD && c != MPI_COMM_NULL);
    CHECK(MPI_Comm_compare(MPI_COMM_WORLD, c, &result) == MPI_SUCCESS && result == MPI_CONGRUENT);
    CHECK(MPI_Comm_compare(c, c, &result) == MPI_SUCCESS && result == MPI_IDENT);
    CHECK(MPI_Comm_test_inter(c, &n) == MPI_SUCCESS && !n);
    CHECK(MPI_Comm_fromint(MPI_Comm_toint(c)) == c);
    use(c);
    /* messages of two communicators do not meet */
    int out[2] = {1, 2}, in[2] = {0};
    MPI_Comm_dup(c, &d);
    MPI_Irecv(&in[0], 1, MPI_INT, MPI_ANY_SOURCE, 5, d, &r[0]);
    MPI_Irecv(&in[1], 1, MPI_INT, MPI_ANY_SOURCE, 5, c, &r[1]);
    MPI_Send(&out[0], 1, MPI_INT, rank, 5, c);
    MPI_Send(&out[1], 1, MPI_INT, rank, 5, d);
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    CHECK(in[0] == 2 && in[1] == 1);
    CHECK(MPI_Comm_idup(d, &many[0], &r[0]) == MPI_SUCCESS);
    CHECK(MPI_Comm_idup_with_info(c, MPI_INFO_NULL, &many[1], &r[1]) == MPI_SUCCESS);
    MPI_Comm_set_errhandler(c, MPI_ERRORS_RETURN);
    CHECK(MPI_Cancel(&r[1]) == MPI_ERR_REQUEST);
    MPI_Request no = r[1];
    CHECK(MPI_Request_free(&no) == MPI_ERR_REQUEST);
    use(c); /* a request that is not over is in nobody's way */
    CHECK(MPI_Waitall(2, r, MPI_STATUSES_IGNORE) == MPI_SUCCESS && r[0] == MPI_REQUEST_NULL);
    use(many[0]);
    use(many[1]);
    MPI_Comm_free(&many[0]);
    MPI_Comm_free(&many[1]);
    for (int i = 0; i < 50; i++)
        MPI_Comm_dup(i ? many[i - 1] : MPI_COMM_WORLD, &many[i]);
    for (int i = 49; i >= 0; i--)
        use(many[i]);
    for (int i = 0; i < 50; i++)
        CHECK(MPI_Comm_free(&many[i]) == MPI_SUCCESS && many[i] == MPI_COMM_NULL);
    MPI_Comm_free(&d);
    CHECK(MPI_Comm_disconnect(&c) == MPI_SUCCESS && c == MPI_COMM_NULL);
    MPI_Comm_dup(MPI_COMM_SELF, &c);
    use(c);
    MPI_Comm_free(&c);
}

static void of_groups(void)
{
    MPI_Group world, g, got;
    MPI_Comm c, d;
    int result, me, reversed[1][3] = {{size - 1, 0, -1}}, odd[1][3] = {{1, size - 1, 2}};
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_range_incl(world, 1, reversed, &g);
    CHECK(MPI_Comm_create(MPI_COMM_WORLD, g, &c) == MPI_SUCCESS);
    CHECK(MPI_Comm_rank(c, &me) == MPI_SUCCESS && me == size - 1 - rank);
    CHECK(MPI_Comm_compare(c, MPI_COMM_WORLD, &result) == MPI_SUCCESS &&
          result == (size > 1 ? MPI_SIMILAR : MPI_CONGRUENT));
    use(c);
    CHECK(MPI_Comm_group(c, &got) == MPI_SUCCESS && MPI_Group_compare(got, g, &result) == MPI_SUCCESS &&
          result == MPI_IDENT);
    MPI_Group_free(&got);
    MPI_Group_free(&g);
    if (size > 1) {
        MPI_Group_range_incl(world, 1, odd, &g);
        CHECK(MPI_Comm_create(MPI_COMM_WORLD, g, &d) == MPI_SUCCESS && (d != MPI_COMM_NULL) == rank % 2);
        if (rank % 2) {
            use(d);
            CHECK(MPI_Comm_compare(c, d, &result) == MPI_SUCCESS &&
                  result == (size == 1 ? MPI_SIMILAR : MPI_UNEQUAL));
            MPI_Comm e;
            CHECK(MPI_Comm_create_group(c, g, 99, &e) == MPI_SUCCESS);
            use(e);
            CHECK(MPI_Comm_compare(e, d, &result) == MPI_SUCCESS && result == MPI_CONGRUENT);
            MPI_Comm_free(&e);
            MPI_Comm_free(&d);
        }
        MPI_Group_free(&g);
    }
    CHECK(MPI_Comm_create(c, MPI_GROUP_EMPTY, &d) == MPI_SUCCESS && d == MPI_COMM_NULL);
    CHECK(MPI_Comm_create_group(c, MPI_GROUP_EMPTY, 0, &d) == MPI_SUCCESS && d == MPI_COMM_NULL);
    MPI_Comm_free(&c);
    MPI_Group_free(&world);
}

static void names_and_hints(void)
{
    char name[MPI_MAX_OBJECT_NAME], text[MPI_MAX_OBJECT_NAME + 20];
    int length, flag;
    MPI_Comm c, d;
    MPI_Info info, used;
    CHECK(MPI_Comm_get_name(MPI_COMM_WORLD, name, &length) == MPI_SUCCESS && !strcmp(name, "MPI_COMM_WORLD") &&
          length == 14);
    CHECK(MPI_Comm_get_name(MPI_COMM_SELF, name, &length) == MPI_SUCCESS && !strcmp(name, "MPI_COMM_SELF"));
    CHECK(MPI_Comm_get_name(MPI_COMM_NULL, name, &length) == MPI_SUCCESS && !strcmp(name, "MPI_COMM_NULL") &&
          length == 13);
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    CHECK(MPI_Comm_get_name(c, name, &length) == MPI_SUCCESS && !*name && length == 0);
    CHECK(MPI_Comm_set_name(c, "waders") == MPI_SUCCESS && MPI_Comm_get_name(c, name, &length) == MPI_SUCCESS);
    CHECK(!strcmp(name, "waders") && length == 6);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    CHECK(MPI_Comm_set_name(c, text) == MPI_SUCCESS && MPI_Comm_get_name(c, name, &length) == MPI_SUCCESS);
    CHECK(length == MPI_MAX_OBJECT_NAME - 1);
    CHECK(MPI_Comm_set_name(MPI_COMM_WORLD, "all") == MPI_SUCCESS);
    CHECK(MPI_Comm_get_name(MPI_COMM_WORLD, name, &length) == MPI_SUCCESS && !strcmp(name, "all"));
    CHECK(MPI_Comm_set_name(MPI_COMM_WORLD, "MPI_COMM_WORLD") == MPI_SUCCESS);

    MPI_Info_create(&info);
    MPI_Info_set(info, "mpi_assert_no_any_tag", "true");
    MPI_Info_set(info, "mpi_assert_exact_length", "perhaps");
    MPI_Info_set(info, "unknown", "true");
    CHECK(MPI_Comm_set_info(c, info) == MPI_SUCCESS && MPI_Comm_get_info(c, &used) == MPI_SUCCESS);
    CHECK(MPI_Info_get(used, "mpi_assert_no_any_tag", 10, text, &flag) == MPI_SUCCESS && flag &&
          !strcmp(text, "true"));
    CHECK(MPI_Info_get(used, "mpi_assert_exact_length", 10, text, &flag) == MPI_SUCCESS && flag &&
          !strcmp(text, "false"));
    CHECK(MPI_Info_get(used, "unknown", 10, text, &flag) == MPI_SUCCESS && !flag);
    MPI_Info_free(&used);
    MPI_Comm_dup(c, &d); /* does not take them along */
    MPI_Comm_get_info(d, &used);
    CHECK(MPI_Info_get(used, "mpi_assert_no_any_tag", 10, text, &flag) == MPI_SUCCESS && !strcmp(text, "false"));
    MPI_Info_free(&used);
    MPI_Comm_free(&d);
    MPI_Info_set(info, "mpi_assert_no_any_tag", "false");
    MPI_Info_set(info, "mpi_assert_allow_overtaking", "true");
    MPI_Comm_dup_with_info(c, info, &d);
    MPI_Comm_get_info(d, &used);
    CHECK(MPI_Info_get(used, "mpi_assert_no_any_tag", 10, text, &flag) == MPI_SUCCESS && !strcmp(text, "false"));
    CHECK(MPI_Info_get(used, "mpi_assert_allow_overtaking", 10, text, &flag) == MPI_SUCCESS && !strcmp(text, "true"));
    MPI_Info_free(&used);
    MPI_Info_free(&info);
    MPI_Comm_free(&d);
    MPI_Comm_free(&c);
}

/* A communicator is freed, and what it has begun ends as it should. */
static void pending(void)
{
    enum { BIG = 1 << 18 };
    MPI_Comm c;
    MPI_Request r[4], persistent;
    MPI_Message m;
    MPI_Status s;
    int *out = malloc(BIG * sizeof *out), *in = calloc(BIG, sizeof *in), small = rank, got[2] = {-1, -1};
    int next = (rank + 1) % size, last = (rank + size - 1) % size, probed = -1;
    for (int i = 0; i < BIG; i++)
        out[i] = i ^ rank;
    for (int round = 0; round < 20; round++) {
        MPI_Comm_dup(MPI_COMM_WORLD, &c);
        MPI_Irecv(in, BIG, MPI_INT, last, 1, c, &r[0]);
        MPI_Isend(out, BIG, MPI_INT, next, 1, c, &r[1]);
        MPI_Irecv(&got[0], 1, MPI_INT, MPI_ANY_SOURCE, 2, c, &r[2]);
        MPI_Issend(&small, 1, MPI_INT, next, 2, c, &r[3]);
        MPI_Send(&small, 1, MPI_INT, next, 3, c);
        MPI_Mprobe(last, 3, c, &m, MPI_STATUS_IGNORE);
        MPI_Recv_init(&got[1], 1, MPI_INT, last, 4, c, &persistent);
        MPI_Send(&small, 1, MPI_INT, next, 4, c);
        MPI_Comm_free(&c);
        MPI_Start(&persistent);
        for (int i = 0; i < 40; i++) { /* those that go meanwhile take nothing along */
            MPI_Comm d;
            MPI_Comm_dup(MPI_COMM_SELF, &d);
            MPI_Comm_free(&d);
        }
        CHECK(MPI_Waitall(4, r, MPI_STATUSES_IGNORE) == MPI_SUCCESS && got[0] == last);
        CHECK(MPI_Mrecv(&probed, 1, MPI_INT, &m, &s) == MPI_SUCCESS && probed == last && s.MPI_TAG == 3);
        CHECK(MPI_Wait(&persistent, &s) == MPI_SUCCESS && got[1] == last && s.MPI_TAG == 4);
        MPI_Request_free(&persistent);
        int good = 1;
        for (int i = 0; i < BIG; i++)
            good &= in[i] == (i ^ last);
        CHECK(good);
    }
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    MPI_Irecv(in, BIG, MPI_INT, last, 1, c, &r[0]);
    MPI_Isend(out, BIG, MPI_INT, next, 1, c, &r[1]);
    CHECK(MPI_Comm_disconnect(&c) == MPI_SUCCESS);
    CHECK(in[BIG - 1] == ((BIG - 1) ^ last)); /* it has waited */
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    free(out);
    free(in);
}

static int calls;
static MPI_Comm called_for;

static void handler(MPI_Comm *comm, int *code, ...)
{
    (void)code;
    calls++;
    called_for = *comm;
}

static void handlers(void)
{
    MPI_Errhandler e, got;
    MPI_Comm c, d;
    int n;
    MPI_Comm_create_errhandler(handler, &e);
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    MPI_Comm_set_errhandler(c, e);
    MPI_Errhandler_free(&e);
    MPI_Comm_split(c, 0, 0, &d);
    CHECK(MPI_Comm_get_errhandler(d, &got) == MPI_SUCCESS && MPI_Errhandler_free(&got) == MPI_SUCCESS);
    MPI_Comm_free(&c);
    CHECK(MPI_Comm_size(d, NULL) == MPI_ERR_ARG && calls == 1 && called_for == d);
    CHECK(MPI_Send(&n, 1, MPI_INT, size, 0, d) == MPI_ERR_RANK && calls == 2);
    MPI_Comm_free(&d);
}

static void wrong(void)
{
    MPI_Comm c, dead;
    MPI_Group g;
    int n;
    CHECK(MPI_Comm_dup(MPI_COMM_NULL, &c) == MPI_ERR_COMM && MPI_Comm_dup(MPI_COMM_WORLD, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Comm_idup(MPI_COMM_WORLD, &c, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Comm_dup_with_info(MPI_COMM_WORLD, (MPI_Info)MPI_COMM_WORLD, &c) == MPI_ERR_INFO);
    CHECK(MPI_Comm_create(MPI_COMM_WORLD, MPI_GROUP_NULL, &c) == MPI_ERR_GROUP);
    MPI_Comm_group(MPI_COMM_WORLD, &g);
    if (size > 1)
        CHECK(MPI_Comm_create(MPI_COMM_SELF, g, &c) == MPI_ERR_GROUP);
    CHECK(MPI_Comm_create_group(MPI_COMM_WORLD, g, -1, &c) == MPI_ERR_TAG);
    MPI_Group_free(&g);
    CHECK(MPI_Comm_compare(MPI_COMM_WORLD, MPI_COMM_NULL, &n) == MPI_ERR_COMM);
    CHECK(MPI_Comm_remote_size(MPI_COMM_WORLD, &n) == MPI_ERR_COMM &&
          MPI_Comm_remote_group(MPI_COMM_WORLD, &g) == MPI_ERR_COMM);
    CHECK(MPI_Intercomm_merge(MPI_COMM_WORLD, 0, &c) == MPI_ERR_COMM);
    c = MPI_COMM_WORLD;
    CHECK(MPI_Comm_free(&c) == MPI_ERR_COMM && MPI_Comm_disconnect(&c) == MPI_ERR_COMM &&
          MPI_Comm_free(NULL) == MPI_ERR_ARG);
    c = MPI_COMM_NULL;
    CHECK(MPI_Comm_free(&c) == MPI_ERR_COMM);
    MPI_Comm_dup(MPI_COMM_SELF, &c);
    MPI_Request r; /* the memory of the dead is there while something is pending */
    MPI_Irecv(&n, 1, MPI_INT, 0, 0, c, &r);
    dead = c;
    MPI_Comm_free(&c);
    CHECK(MPI_Comm_rank(dead, &n) == MPI_ERR_COMM);
    MPI_Cancel(&r);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    CHECK(MPI_Comm_set_name(MPI_COMM_WORLD, NULL) == MPI_ERR_ARG &&
          MPI_Comm_set_info(MPI_COMM_WORLD, (MPI_Info)MPI_COMM_SELF) == MPI_ERR_INFO);
    CHECK(MPI_Comm_split(MPI_COMM_WORLD, -5, 0, &c) == MPI_ERR_ARG);
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, 1, 0, MPI_INFO_NULL, &c) == MPI_ERR_ARG);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    duplicates();
    of_groups();
    names_and_hints();
    pending();
    handlers();
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    wrong();
    MPI_Finalize();
    return test_end();
}
