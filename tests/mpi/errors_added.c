/* Error classes, codes and texts that a program adds and removes, at any time; and handlers for sessions, windows and
 * files, as far as those exist. With an argument, a code of the program's is fatal. */
#include "test.h"

#include <string.h>

static int called;

static void handler(MPI_Comm *c, int *code, ...)
{
    (void)c;
    called = *code;
}

static void win_handler(MPI_Win *w, int *code, ...)
{
    (void)w;
    (void)code;
}

static void file_handler(MPI_File *f, int *code, ...)
{
    (void)f;
    (void)code;
}

static void numbers(void)
{
    char text[MPI_MAX_ERROR_STRING];
    int mine, code[3], class, length;
    CHECK(MPI_Add_error_class(&mine) == MPI_SUCCESS && mine > MPI_ERR_LASTCODE);
    CHECK(MPI_Error_class(mine, &class) == MPI_SUCCESS && class == mine);
    CHECK(MPI_Error_string(mine, text, &length) == MPI_SUCCESS && length == 0 && !*text);
    CHECK(MPI_Add_error_string(mine, "the bird has landed") == MPI_SUCCESS);
    CHECK(MPI_Error_string(mine, text, &length) == MPI_SUCCESS && !strcmp(text, "the bird has landed") &&
          length == 19);
    for (int i = 0; i < 3; i++)
        CHECK(MPI_Add_error_code(i < 2 ? mine : MPI_ERR_TAG, &code[i]) == MPI_SUCCESS && code[i] > mine);
    CHECK(MPI_Error_class(code[1], &class) == MPI_SUCCESS && class == mine);
    CHECK(MPI_Error_class(code[2], &class) == MPI_SUCCESS && class == MPI_ERR_TAG);
    CHECK(MPI_Add_error_string(code[0], "first") == MPI_SUCCESS &&
          MPI_Add_error_string(code[0], "second") == MPI_SUCCESS);
    CHECK(MPI_Error_string(code[0], text, &length) == MPI_SUCCESS && !strcmp(text, "second"));
    CHECK(MPI_Remove_error_string(code[0]) == MPI_SUCCESS);
    CHECK(MPI_Error_string(code[0], text, &length) == MPI_SUCCESS && length == 0);
    CHECK(MPI_Remove_error_class(mine) == MPI_ERR_OTHER); /* has codes */
    CHECK(MPI_Remove_error_class(code[0]) == MPI_ERR_OTHER && MPI_Remove_error_code(mine) == MPI_ERR_OTHER);
    for (int i = 0; i < 3; i++)
        CHECK(MPI_Remove_error_code(code[i]) == MPI_SUCCESS);
    CHECK(MPI_Error_class(code[0], &class) == MPI_ERR_ARG && MPI_Remove_error_code(code[0]) == MPI_ERR_ARG);
    CHECK(MPI_Remove_error_class(mine) == MPI_SUCCESS && MPI_Error_class(mine, &class) == MPI_ERR_ARG);
    CHECK(MPI_Add_error_code(mine, &code[0]) == MPI_ERR_ARG &&
          MPI_Add_error_code(MPI_SUCCESS, &code[0]) == MPI_ERR_ARG);
    CHECK(MPI_Add_error_string(MPI_ERR_TAG, "no") == MPI_ERR_OTHER &&
          MPI_Remove_error_string(MPI_ERR_TAG) == MPI_ERR_OTHER);
    CHECK(MPI_Remove_error_class(MPI_ERR_TAG) == MPI_ERR_OTHER && MPI_Remove_error_string(99999) == MPI_ERR_ARG);
    memset(text, 'x', sizeof text);
    char longer[MPI_MAX_ERROR_STRING + 1];
    memset(longer, 'x', sizeof longer);
    longer[MPI_MAX_ERROR_STRING] = 0;
    MPI_Add_error_class(&mine);
    CHECK(MPI_Add_error_string(mine, longer) == MPI_ERR_ARG && MPI_Add_error_string(mine, longer + 1) == MPI_SUCCESS);
    CHECK(MPI_Error_string(mine, text, &length) == MPI_SUCCESS && length == MPI_MAX_ERROR_STRING - 1);
    CHECK(MPI_Remove_error_class(mine) == MPI_SUCCESS);
    CHECK(MPI_Add_error_class(NULL) == MPI_ERR_ARG &&
          MPI_Add_error_string(MPI_ERR_LASTCODE + 1, NULL) == MPI_ERR_ARG);
}

static void handlers(void)
{
    MPI_Errhandler e, w, f;
    int code;
    CHECK(MPI_Comm_create_errhandler(handler, &e) == MPI_SUCCESS);
    CHECK(MPI_Win_create_errhandler(win_handler, &w) == MPI_SUCCESS &&
          MPI_File_create_errhandler(file_handler, &f) == MPI_SUCCESS);
    CHECK(MPI_Win_create_errhandler(NULL, &w) == MPI_ERR_ARG);
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, w) == MPI_ERR_ERRHANDLER); /* made for something else */
    CHECK(MPI_Comm_set_errhandler(MPI_COMM_WORLD, e) == MPI_SUCCESS);
    MPI_Add_error_class(&code);
    MPI_Add_error_code(code, &code);
    CHECK(MPI_Comm_call_errhandler(MPI_COMM_WORLD, code) == MPI_SUCCESS && called == code);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    CHECK(MPI_Errhandler_free(&e) == MPI_SUCCESS && MPI_Errhandler_free(&w) == MPI_SUCCESS &&
          MPI_Errhandler_free(&f) == MPI_SUCCESS);
}

int main(int argc, char **argv)
{
    int code, early;
    CHECK(MPI_Add_error_class(&early) == MPI_SUCCESS && MPI_Add_error_string(early, "early") == MPI_SUCCESS);
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    numbers();
    handlers();
    if (argc > 1) {
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
        MPI_Add_error_code(MPI_ERR_TAG, &code);
        MPI_Comm_call_errhandler(MPI_COMM_WORLD, code);
    }
    MPI_Finalize();
    CHECK(MPI_Remove_error_class(early) == MPI_SUCCESS);
    return test_end();
}
