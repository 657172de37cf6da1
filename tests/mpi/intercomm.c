/* Inter-communicators: made in every way, used, duplicated, split, merged, and wrong arguments. Two ranks or more. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int rank, size;

/* Everybody sends to everybody of the other side. offset: of their ranks in the world, stride between them. */
static void use(MPI_Comm c, const int *remote)
{
    int n, out = rank, got;
    MPI_Comm_remote_size(c, &n);
    MPI_Request r[2];
    MPI_Status s;
    for (int i = 0; i < n; i++) {
        MPI_Isend(&out, 1, MPI_INT, i, 3, c, &r[0]);
        MPI_Irecv(&got, 1, MPI_INT, i, MPI_ANY_TAG, c, &r[1]);
        MPI_Wait(&r[1], &s);
        MPI_Wait(&r[0], MPI_STATUS_IGNORE);
        CHECK(got == remote[i] && s.MPI_SOURCE == i && s.MPI_TAG == 3);
    }
}

static int ranks_of(MPI_Group g, int *all)
{
    int n;
    MPI_Group world;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_size(g, &n);
    for (int i = 0; i < n; i++)
        MPI_Group_translate_ranks(g, 1, &i, world, &all[i]);
    MPI_Group_free(&world);
    return n;
}

/* The sides must be these, in this order. */
static void check(MPI_Comm c, const int *local, int locals, const int *remote, int remotes)
{
    int n, m, me, flag, *all = malloc((size_t)size * sizeof *all);
    MPI_Group g;
    CHECK(MPI_Comm_test_inter(c, &flag) == MPI_SUCCESS && flag);
    CHECK(MPI_Comm_size(c, &n) == MPI_SUCCESS && n == locals);
    CHECK(MPI_Comm_remote_size(c, &m) == MPI_SUCCESS && m == remotes);
    CHECK(MPI_Comm_rank(c, &me) == MPI_SUCCESS && me >= 0 && me < n && local[me] == rank);
    MPI_Comm_group(c, &g);
    CHECK(ranks_of(g, all) == locals && memcmp(all, local, (size_t)locals * sizeof *all) == 0);
    MPI_Group_free(&g);
    MPI_Comm_remote_group(c, &g);
    CHECK(ranks_of(g, all) == remotes && memcmp(all, remote, (size_t)remotes * sizeof *all) == 0);
    MPI_Group_free(&g);
    use(c, remote);
    free(all);
}

/* Members of a side, of both, in an order that is not regular for some. */
static int side(int which, int *list)
{
    int n = 0;
    for (int i = 0; i < size; i++)
        if ((i % 3 == 0) == which)
            list[n++] = i;
    for (int i = 0; !which && i < n / 2; i++) { /* backwards */
        int other = list[n - 1 - i];
        list[n - 1 - i] = list[i];
        list[i] = other;
    }
    return n;
}

static void merged(MPI_Comm inter, const int *first, int n, const int *then, int m, int high)
{
    MPI_Comm c;
    MPI_Group g;
    int *all = malloc((size_t)size * sizeof *all), flag;
    CHECK(MPI_Intercomm_merge(inter, high, &c) == MPI_SUCCESS);
    CHECK(MPI_Comm_test_inter(c, &flag) == MPI_SUCCESS && !flag);
    MPI_Comm_group(c, &g);
    CHECK(ranks_of(g, all) == n + m);
    CHECK(memcmp(all, first, (size_t)n * sizeof *all) == 0 && memcmp(all + n, then, (size_t)m * sizeof *all) == 0);
    MPI_Group_free(&g);
    int me, got = -1;
    MPI_Comm_rank(c, &me);
    MPI_Sendrecv(&me, 1, MPI_INT, (me + 1) % size, 0, &got, 1, MPI_INT, (me + size - 1) % size, 0, c,
                 MPI_STATUS_IGNORE);
    CHECK(got == (me + size - 1) % size);
    MPI_Comm_free(&c);
    free(all);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    int mine = rank % 3 == 0, *local = malloc((size_t)size * sizeof *local),
        *remote = malloc((size_t)size * sizeof *remote);
    int locals = side(mine, local), remotes = side(!mine, remote), result, n;
    MPI_Comm own, inter, c, d;
    MPI_Request r;
    MPI_Comm_split(MPI_COMM_WORLD, mine, mine ? rank : -rank, &own);
    CHECK(MPI_Intercomm_create(own, locals - 1, MPI_COMM_WORLD, remote[remotes - 1], 12, &inter) == MPI_SUCCESS);
    check(inter, local, locals, remote, remotes);
    CHECK(MPI_Comm_dup(inter, &c) == MPI_SUCCESS);
    check(c, local, locals, remote, remotes);
    CHECK(MPI_Comm_compare(inter, c, &result) == MPI_SUCCESS && result == MPI_CONGRUENT);
    CHECK(MPI_Comm_compare(inter, own, &result) == MPI_SUCCESS && result == MPI_UNEQUAL);
    CHECK(MPI_Comm_idup(c, &d, &r) == MPI_SUCCESS);
    use(c, remote);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    check(d, local, locals, remote, remotes);
    MPI_Comm_free(&d);
    CHECK(MPI_Comm_disconnect(&c) == MPI_SUCCESS);

    merged(inter, mine ? local : remote, mine ? locals : remotes, mine ? remote : local, mine ? remotes : locals,
           !mine);
    merged(inter, mine ? remote : local, mine ? remotes : locals, mine ? local : remote, mine ? locals : remotes,
           mine);
    int first = (local[0] < remote[0]) == 1; /* both want the same */
    merged(inter, first ? local : remote, first ? locals : remotes, first ? remote : local,
           first ? remotes : locals, 1);

    /* Split: first and last of each side; the others are of a colour that the other side has not. */
    int me = 0;
    MPI_Comm_rank(inter, &me);
    int edge = me == 0 || me == locals - 1;
    CHECK(MPI_Comm_split(inter, edge ? 4 : 10 + mine, -me, &c) == MPI_SUCCESS && (c != MPI_COMM_NULL) == edge);
    if (edge) {
        int l[2] = {local[locals - 1], local[0]}, m[2] = {remote[remotes - 1], remote[0]};
        check(c, l, locals > 1 ? 2 : 1, m, remotes > 1 ? 2 : 1);
        MPI_Comm_free(&c);
    }
    CHECK(MPI_Comm_split(inter, me == 0 ? 1 : MPI_UNDEFINED, 0, &c) == MPI_SUCCESS &&
          (c != MPI_COMM_NULL) == (me == 0));
    if (c != MPI_COMM_NULL) {
        check(c, local, 1, remote, 1);
        MPI_Comm_free(&c);
    }
    MPI_Group g, h;
    MPI_Comm_group(inter, &g);
    n = 0;
    MPI_Group_incl(g, 1, &n, &h);
    CHECK(MPI_Comm_create(inter, h, &c) == MPI_SUCCESS && (c != MPI_COMM_NULL) == (me == 0));
    if (c != MPI_COMM_NULL) {
        check(c, local, 1, remote, 1);
        MPI_Comm_free(&c);
    }
    CHECK(MPI_Comm_create(inter, mine ? h : MPI_GROUP_EMPTY, &c) == MPI_SUCCESS && c == MPI_COMM_NULL);
    MPI_Group_free(&h);

    /* From groups, with a communicator that is itself an inter-communicator as the way between leaders. */
    MPI_Comm_remote_group(inter, &h);
    CHECK(MPI_Intercomm_create_from_groups(g, 0, h, 0, "curlew", MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &c) ==
          MPI_SUCCESS);
    check(c, local, locals, remote, remotes);
    CHECK(MPI_Intercomm_create(own, 0, c, 0, 5, &d) == MPI_SUCCESS);
    check(d, local, locals, remote, remotes);
    MPI_Comm_free(&d);
    MPI_Comm_free(&c);
    MPI_Group_free(&g);
    MPI_Group_free(&h);

    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(inter, MPI_ERRORS_RETURN);
    CHECK(MPI_Intercomm_create(inter, 0, MPI_COMM_WORLD, 0, 0, &c) == MPI_ERR_COMM);
    CHECK(MPI_Intercomm_create(own, locals, MPI_COMM_WORLD, 0, 0, &c) == MPI_ERR_RANK);
    if (me == 0) {
        CHECK(MPI_Intercomm_create(own, 0, MPI_COMM_NULL, 0, 0, &c) == MPI_ERR_COMM);
        CHECK(MPI_Intercomm_create(own, 0, MPI_COMM_WORLD, size, 0, &c) == MPI_ERR_RANK);
        CHECK(MPI_Intercomm_create(own, 0, MPI_COMM_WORLD, rank, 0, &c) == MPI_ERR_RANK);
        CHECK(MPI_Intercomm_create(own, 0, MPI_COMM_WORLD, remote[0], -1, &c) == MPI_ERR_TAG);
    }
    CHECK(MPI_Comm_create_group(inter, MPI_GROUP_EMPTY, 0, &c) == MPI_ERR_COMM);
    CHECK(MPI_Send(&n, 1, MPI_INT, remotes, 0, inter) == MPI_ERR_RANK);
    CHECK(MPI_Intercomm_merge(inter, 0, NULL) == MPI_ERR_ARG);
    MPI_Comm_free(&inter);
    MPI_Comm_free(&own);
    free(local);
    free(remote);
    MPI_Finalize();
    return test_end();
}
