/* Splitting: colours and keys against a model, and by parts of the machine. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int rank, size;

/* Colours and keys that every rank can compute of every other. */
static int color_of(int r, int turn)
{
    return turn % 5 == 4 && r % 3 == 0 ? MPI_UNDEFINED : r * 7 % (1 + turn % 4);
}

static int key_of(int r, int turn)
{
    return turn % 3 == 0 ? -r : turn % 3 == 1 ? r * 5 % 3 : 0;
}

/* The rank and size that a process must get: those with its colour that are before it. */
static void expected(int turn, const int *order, int n, int *me, int *count)
{
    *me = *count = 0;
    int place = 0;
    while (order[place] != rank)
        place++;
    for (int i = 0; i < n; i++)
        if (color_of(order[i], turn) == color_of(rank, turn)) {
            int a = key_of(order[i], turn), b = key_of(rank, turn);
            ++*count;
            *me += a < b || (a == b && i < place);
        }
}

static void by_color(void)
{
    int *order = malloc((size_t)size * sizeof *order);
    for (int i = 0; i < size; i++)
        order[i] = size - 1 - i;
    MPI_Comm backwards, c;
    MPI_Comm_split(MPI_COMM_WORLD, 0, -rank, &backwards);
    for (int turn = 0; turn < 40; turn++) {
        int me, n, is, count, next, got = -1;
        CHECK(MPI_Comm_split(backwards, color_of(rank, turn), key_of(rank, turn), &c) == MPI_SUCCESS);
        CHECK((c == MPI_COMM_NULL) == (color_of(rank, turn) == MPI_UNDEFINED));
        if (c == MPI_COMM_NULL)
            continue;
        expected(turn, order, size, &me, &n);
        MPI_Comm_rank(c, &is);
        MPI_Comm_size(c, &count);
        CHECK(is == me && count == n);
        next = (is + 1) % n;
        MPI_Sendrecv(&turn, 1, MPI_INT, next, turn, &got, 1, MPI_INT, (is + n - 1) % n, turn, c, MPI_STATUS_IGNORE);
        CHECK(got == turn);
        MPI_Comm_free(&c);
    }
    CHECK(MPI_Comm_split(backwards, MPI_UNDEFINED, 0, &c) == MPI_SUCCESS && c == MPI_COMM_NULL);
    CHECK(MPI_Comm_split(backwards, rank, 0, &c) == MPI_SUCCESS);
    int n;
    MPI_Comm_size(c, &n);
    CHECK(n == 1);
    MPI_Comm_free(&c);
    MPI_Comm_free(&backwards);
    free(order);
}

static void by_machine(void)
{
    MPI_Comm c;
    MPI_Info info;
    int n, flag, result;
    char text[MPI_MAX_INFO_VAL];
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &c) == MPI_SUCCESS);
    CHECK(MPI_Comm_compare(c, MPI_COMM_WORLD, &result) == MPI_SUCCESS && result == MPI_CONGRUENT); /* one node */
    MPI_Comm_free(&c);
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, rank ? MPI_COMM_TYPE_SHARED : MPI_UNDEFINED, -rank, MPI_INFO_NULL,
                              &c) == MPI_SUCCESS);
    CHECK((c == MPI_COMM_NULL) == (rank == 0));
    if (c != MPI_COMM_NULL) {
        CHECK(MPI_Comm_size(c, &n) == MPI_SUCCESS && n == size - 1);
        CHECK(MPI_Comm_rank(c, &n) == MPI_SUCCESS && n == size - 1 - rank);
        MPI_Comm_free(&c);
    }
    MPI_Info_create(&info);
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_HW_GUIDED, 0, info, &c) == MPI_SUCCESS &&
          c == MPI_COMM_NULL);
    MPI_Info_set(info, "mpi_hw_resource_type", "teapot");
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_HW_GUIDED, 0, info, &c) == MPI_SUCCESS &&
          c == MPI_COMM_NULL);
    MPI_Info_set(info, "mpi_hw_resource_type", "node");
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_HW_GUIDED, 0, info, &c) == MPI_SUCCESS &&
          c != MPI_COMM_NULL);
    CHECK(MPI_Comm_size(c, &n) == MPI_SUCCESS && n == size);
    MPI_Comm_free(&c);
    /* Whoever may run on one core only gets a communicator, the others none. */
    MPI_Info resources;
    MPI_Info_set(info, "mpi_hw_resource_type", "hwloc://core");
    CHECK(MPI_Get_hw_resource_info(&resources) == MPI_SUCCESS);
    CHECK(MPI_Info_get(resources, "hwloc://core", 10, text, &flag) == MPI_SUCCESS && flag);
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_HW_GUIDED, 0, info, &c) == MPI_SUCCESS);
    CHECK((c != MPI_COMM_NULL) == !strcmp(text, "true"));
    if (c != MPI_COMM_NULL)
        MPI_Comm_free(&c);
    CHECK(MPI_Info_get(resources, "hwloc://node", 10, text, &flag) == MPI_SUCCESS && flag && !strcmp(text, "true"));
    MPI_Info_free(&resources);
    /* A strict part, or nothing. */
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_HW_UNGUIDED, 0, info, &c) == MPI_SUCCESS);
    if (c != MPI_COMM_NULL) {
        CHECK(MPI_Comm_size(c, &n) == MPI_SUCCESS && n < size);
        MPI_Comm_free(&c);
    }
    MPI_Info_delete(info, "mpi_hw_resource_type");
    MPI_Info_set(info, "mpi_pset_name", "mpi://SELF");
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_RESOURCE_GUIDED, 0, info, &c) == MPI_SUCCESS);
    CHECK(MPI_Comm_size(c, &n) == MPI_SUCCESS && n == 1);
    MPI_Comm_free(&c);
    MPI_Info_set(info, "mpi_pset_name", "mpi://WORLD");
    CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_RESOURCE_GUIDED, 0, info, &c) == MPI_SUCCESS);
    CHECK(MPI_Comm_size(c, &n) == MPI_SUCCESS && n == size);
    MPI_Comm_free(&c);
    MPI_Info_free(&info);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    by_color();
    by_machine();
    MPI_Finalize();
    return test_end();
}
