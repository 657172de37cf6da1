/* Initialization: flags before, between and after, thread levels, the world's size and ranks, argument values. */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *other_thread(void *flag)
{
    MPI_Is_thread_main(flag);
    return NULL;
}

/* A rank's place must be what mpirun says in the environment. */
static void check_place(int rank, int size)
{
    const char *told_rank = getenv("GODWIT_RANK"), *told_size = getenv("GODWIT_SIZE");
    CHECK(rank == (told_rank ? atoi(told_rank) : 0));
    CHECK(size == (told_size ? atoi(told_size) : 1));
}

int main(int argc, char **argv)
{
    int flag = -1, rank = -1, size = -1, provided = -1;
    const char *level = argc > 1 ? argv[1] : "none";
    CHECK(MPI_Initialized(&flag) == MPI_SUCCESS && flag == 0);
    CHECK(MPI_Finalized(&flag) == MPI_SUCCESS && flag == 0);
    if (strcmp(level, "none") == 0) {
        CHECK(MPI_Init(NULL, NULL) == MPI_SUCCESS);
        CHECK(MPI_Query_thread(&provided) == MPI_SUCCESS && provided == MPI_THREAD_SINGLE);
    } else {
        int required = strcmp(level, "multiple") == 0     ? MPI_THREAD_MULTIPLE
                       : strcmp(level, "serialized") == 0 ? MPI_THREAD_SERIALIZED
                                                          : MPI_THREAD_FUNNELED;
        int asked = -1;
        CHECK(MPI_Init_thread(&argc, &argv, required, &provided) == MPI_SUCCESS && provided >= required);
        CHECK(MPI_Query_thread(&asked) == MPI_SUCCESS && asked == provided);
    }
    CHECK(MPI_Initialized(&flag) == MPI_SUCCESS && flag == 1);
    CHECK(MPI_Finalized(&flag) == MPI_SUCCESS && flag == 0);
    CHECK(MPI_Is_thread_main(&flag) == MPI_SUCCESS && flag == 1);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, other_thread, &flag) == 0 && pthread_join(thread, NULL) == 0 && flag == 0);

    CHECK(MPI_Comm_rank(MPI_COMM_WORLD, &rank) == MPI_SUCCESS);
    CHECK(MPI_Comm_size(MPI_COMM_WORLD, &size) == MPI_SUCCESS);
    check_place(rank, size);
    CHECK(PMPI_Comm_rank(MPI_COMM_SELF, &rank) == MPI_SUCCESS && rank == 0);
    CHECK(PMPI_Comm_size(MPI_COMM_SELF, &size) == MPI_SUCCESS && size == 1);

    CHECK(MPI_Finalize() == MPI_SUCCESS);
    CHECK(MPI_Initialized(&flag) == MPI_SUCCESS && flag == 1);
    CHECK(MPI_Finalized(&flag) == MPI_SUCCESS && flag == 1);
    return test_end();
}
