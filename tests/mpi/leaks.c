/* GODWIT_CHECK=leaks: a program that forgets some handles and frees others. What is printed is held against
 * tests/mpi/leaks.sh. */
#include "test.h"

static int delete_nothing(MPI_Comm comm, int keyval, void *value, void *extra)
{
    (void)comm, (void)keyval, (void)value, (void)extra;
    return MPI_SUCCESS;
}

static void handler(MPI_Comm *comm, int *code, ...)
{
    (void)comm, (void)code;
}

static void add(void *in, void *inout, int *len, MPI_Datatype *type)
{
    (void)in, (void)inout, (void)len, (void)type;
}

/* One of each kind; freed, where it is not forgotten. */
static void each(int forget)
{
    MPI_Comm dup, split, cart, none;
    MPI_Group group, same, part, nobody;
    MPI_Datatype row, other, real;
    MPI_Info info, copy, hints;
    MPI_Errhandler errhandler, again, fatal;
    MPI_Op op;
    MPI_Request receive, persistent;
    int key, size, dims = 0, periods = 0, ranks[1] = {0};
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_dup(MPI_COMM_WORLD, &dup);
    MPI_Comm_set_name(dup, "solver");
    MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &split);
    MPI_Comm_split(MPI_COMM_WORLD, MPI_UNDEFINED, 0, &none);
    MPI_Dims_create(size, 1, &dims);
    MPI_Cart_create(MPI_COMM_WORLD, 1, &dims, &periods, 0, &cart);
    MPI_Comm_group(MPI_COMM_WORLD, &group);
    MPI_Comm_group(MPI_COMM_WORLD, &same);
    MPI_Group_incl(group, 1, ranks, &part);
    MPI_Group_difference(group, group, &nobody);
    MPI_Type_vector(2, 1, 2, MPI_INT, &row);
    MPI_Type_set_name(row, "row");
    MPI_Type_dup(row, &other);
    MPI_Type_create_f90_real(6, 30, &real);
    MPI_Info_create(&info);
    MPI_Info_dup(info, &copy);
    MPI_Comm_get_info(MPI_COMM_WORLD, &hints);
    MPI_Comm_create_errhandler(handler, &errhandler);
    MPI_Comm_set_errhandler(dup, errhandler);
    MPI_Comm_get_errhandler(dup, &again);
    MPI_Comm_get_errhandler(MPI_COMM_WORLD, &fatal);
    MPI_Op_create(add, 1, &op);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, delete_nothing, &key, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, key, NULL); /* deleted by MPI_Finalize: not the key */
    MPI_Irecv(NULL, 0, MPI_INT, 0, 9, MPI_COMM_SELF, &receive);
    MPI_Send_init(NULL, 0, MPI_INT, 0, 9, MPI_COMM_SELF, &persistent);
    if (forget)
        return;
    MPI_Comm_free(&dup);
    MPI_Comm_disconnect(&split);
    MPI_Comm_free(&cart);
    MPI_Group_free(&group);
    MPI_Group_free(&same);
    MPI_Group_free(&part);
    MPI_Group_free(&nobody);
    MPI_Type_free(&row);
    MPI_Type_free(&other);
    MPI_Info_free(&info);
    MPI_Info_free(&copy);
    MPI_Info_free(&hints);
    MPI_Errhandler_free(&errhandler);
    MPI_Errhandler_free(&again);
    MPI_Errhandler_free(&fatal);
    MPI_Op_free(&op);
    MPI_Comm_free_keyval(&key);
    MPI_Cancel(&receive);
    MPI_Wait(&receive, MPI_STATUS_IGNORE);
    MPI_Request_free(&persistent);
}

int main(int argc, char **argv)
{
    MPI_Info early;
    MPI_Session session;
    MPI_Group group;
    char what = argc > 1 ? argv[1][0] : 'f';
    MPI_Info_create(&early);
    if (what == 's' || what == 'o') { /* a session, which is finalized, or left open */
        MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &session);
        MPI_Group_from_session_pset(session, "mpi://SELF", &group);
        MPI_Info_free(&early);
        if (what == 's')
            MPI_Session_finalize(&session);
        return test_end();
    }
    MPI_Init(&argc, &argv);
    each(what == 'e'); /* forgets each kind */
    for (int i = 0; what == 'm' && i < 30; i++) { /* many of them */
        char name[16];
        MPI_Comm one;
        MPI_Comm_dup(MPI_COMM_SELF, &one);
        snprintf(name, sizeof name, "number %d", i);
        MPI_Comm_set_name(one, name);
    }
    MPI_Finalize();
    if (what != 'e')
        MPI_Info_free(&early); /* this may be late */
    return test_end();
}
