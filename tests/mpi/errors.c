/* Errors: each class where the standard has it, and the four kinds of handlers. With an argument, the error that
 * it names is fatal: the caller looks at the text and the exit code. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static int calls, last_code;
static MPI_Comm last_comm;

static void handler(MPI_Comm *comm, int *code, ...)
{
    calls++;
    last_code = *code;
    last_comm = *comm;
}

static void wrong_arguments(void)
{
    int n;
    CHECK(MPI_Comm_rank(MPI_COMM_NULL, &n) == MPI_ERR_COMM);
    CHECK(MPI_Comm_size((MPI_Comm)0x7fd, &n) == MPI_ERR_COMM);
    CHECK(MPI_Comm_rank(MPI_COMM_WORLD, NULL) == MPI_ERR_ARG);
    CHECK(MPI_Comm_size((MPI_Comm)MPI_INT, &n) == MPI_ERR_COMM);
    CHECK(MPI_Error_class(-5, &n) == MPI_ERR_ARG);
    CHECK(MPI_Error_class(99999, &n) == MPI_ERR_ARG);
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRHANDLER_NULL) == MPI_ERR_ERRHANDLER);
    CHECK(MPI_Init(NULL, NULL) == MPI_ERR_OTHER);
    CHECK(MPI_Init_thread(NULL, NULL, 77, &n) == MPI_ERR_ARG);
    CHECK(MPI_Get_processor_name(NULL, &n) == MPI_ERR_ARG);
}

static void user_handler(void)
{
    MPI_Errhandler e, got;
    int n;
    CHECK(MPI_Comm_create_errhandler(handler, &e) == MPI_SUCCESS);
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, e) == MPI_SUCCESS);
    CHECK(MPI_Comm_get_errhandler(MPI_COMM_WORLD, &got) == MPI_SUCCESS && got == e);
    CHECK(MPI_Errhandler_free(&got) == MPI_SUCCESS && got == MPI_ERRHANDLER_NULL);
    CHECK(MPI_Errhandler_free(&e) == MPI_SUCCESS && e == MPI_ERRHANDLER_NULL); /* still in use */
    CHECK(MPI_Comm_size(MPI_COMM_WORLD, NULL) == MPI_ERR_ARG);
    CHECK(calls == 1 && last_code == MPI_ERR_ARG && last_comm == MPI_COMM_WORLD);
    CHECK(MPI_Comm_call_errhandler(MPI_COMM_WORLD, MPI_ERR_TAG) == MPI_SUCCESS);
    CHECK(calls == 2 && last_code == MPI_ERR_TAG);
    CHECK(MPI_Barrier(MPI_COMM_WORLD) == MPI_SUCCESS || last_code == MPI_ERR_UNSUPPORTED_OPERATION);
    CHECK(MPI_Comm_rank(MPI_COMM_NULL, &n) == MPI_ERR_COMM); /* no communicator: goes to MPI_COMM_SELF's handler */
    CHECK(last_comm == MPI_COMM_WORLD);
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN) == MPI_SUCCESS);
    CHECK(MPI_Comm_get_errhandler(MPI_COMM_WORLD, &got) == MPI_SUCCESS && got == MPI_ERRORS_RETURN);
}

int main(int argc, char **argv)
{
    const char *fatal = argc > 1 ? argv[1] : "";
    int n;
    MPI_Errhandler first;
    if (strcmp(fatal, "early") == 0)
        MPI_Comm_rank(MPI_COMM_WORLD, &n);
    MPI_Init(&argc, &argv);
    CHECK(MPI_Comm_get_errhandler(MPI_COMM_WORLD, &first) == MPI_SUCCESS);
    if (strcmp(fatal, "return") == 0) /* mpirun -initial-errhandler mpi_errors_return */
        CHECK(first == MPI_ERRORS_RETURN && MPI_Comm_size(MPI_COMM_NULL, &n) == MPI_ERR_COMM);
    else
        CHECK(first == MPI_ERRORS_ARE_FATAL);
    if (strcmp(fatal, "twice") == 0)
        MPI_Init(&argc, &argv);
    if (strcmp(fatal, "argument") == 0)
        MPI_Comm_size(MPI_COMM_WORLD, NULL);
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN) == MPI_SUCCESS);
    CHECK(MPI_Comm_rank(MPI_COMM_NULL, &n) == MPI_ERR_COMM); /* nothing was said about MPI_COMM_SELF */
    if (strcmp(fatal, "self") == 0) {
        MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
        MPI_Comm_rank(MPI_COMM_NULL, &n);
    }
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN) == MPI_SUCCESS);
    wrong_arguments();
    user_handler();
    MPI_Finalize();
    if (strcmp(fatal, "late") == 0)
        MPI_Comm_rank(MPI_COMM_WORLD, &n);
    return test_end();
}
