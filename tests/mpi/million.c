/* Objects made and freed again and again: memory does not grow. Argument: how many of each kind (20,000 where none is
 * given: the smallest piece of memory that could be lost each time is then several times what is allowed). Each kind is
 * made some times first, until all that stays in use is there; what other processes of the machine do cannot change a
 * size that is this process's own. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define MEASURED 0 /* freed memory is kept for a while; lost memory is told at the end */
#elif defined(__has_feature)
#define MEASURED !__has_feature(address_sanitizer)
#else
#define MEASURED 1
#endif

enum { ALLOWED_KIB = 128 };

static int size, rank;

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int copied(MPI_Comm comm, int keyval, void *extra, void *in, void *out, int *flag)
{
    (void)comm, (void)keyval, (void)extra;
    *(void **)out = in;
    *flag = 1;
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

static void communicators(int i)
{
    MPI_Comm c, d;
    (void)i;
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    MPI_Comm_set_name(c, "one of a million");
    CHECK(MPI_Comm_fromint(MPI_Comm_toint(c)) == c);
    MPI_Comm_split(MPI_COMM_SELF, 0, i, &d);
    MPI_Comm_free(&c);
    MPI_Comm_free(&d);
}

/* With a message that waits in it, and one that comes after it was freed. */
static void communicators_in_use(int i)
{
    MPI_Comm c;
    MPI_Request r[2];
    int in[2] = {-1, -1};
    MPI_Comm_dup(MPI_COMM_SELF, &c);
    MPI_Irecv(&in[0], 1, MPI_INT, 0, 1, c, &r[0]);
    MPI_Isend(&i, 1, MPI_INT, 0, 2, c, &r[1]);
    MPI_Recv(&in[1], 1, MPI_INT, 0, 2, c, MPI_STATUS_IGNORE);
    MPI_Send(&i, 1, MPI_INT, 0, 1, c);
    MPI_Comm_free(&c);
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    CHECK(in[0] == i && in[1] == i);
}

static void topologies(int i)
{
    int dims[1] = {1}, periods[1] = {1}, self = 0;
    MPI_Comm cart, graph;
    (void)i;
    MPI_Cart_create(MPI_COMM_SELF, 1, dims, periods, 1, &cart);
    MPI_Dist_graph_create_adjacent(MPI_COMM_SELF, 1, &self, MPI_UNWEIGHTED, 1, &self, MPI_UNWEIGHTED, MPI_INFO_NULL, 1,
                                   &graph);
    MPI_Comm_free(&cart);
    MPI_Comm_free(&graph);
}

static void groups(int i)
{
    MPI_Group world, first, rest, both;
    int zero = 0, to;
    (void)i;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_incl(world, 1, &zero, &first);
    MPI_Group_difference(world, first, &rest);
    MPI_Group_union(rest, first, &both);
    MPI_Group_translate_ranks(both, 1, &zero, world, &to);
    MPI_Group_free(&both);
    MPI_Group_free(&rest);
    MPI_Group_free(&first);
    MPI_Group_free(&world);
}

static void datatypes(int i)
{
    MPI_Datatype row, dup, pair, types[2];
    int lengths[2] = {1, 2};
    MPI_Aint at[2] = {0, 1 << 10};
    (void)i;
    MPI_Type_vector(3, 1, 2, MPI_INT, &row);
    MPI_Type_dup(row, &dup);
    types[0] = row, types[1] = MPI_DOUBLE;
    MPI_Type_create_struct(2, lengths, at, types, &pair);
    MPI_Type_set_name(pair, "pair");
    MPI_Type_free(&row); /* pair needs it */
    MPI_Type_commit(&pair);
    CHECK(MPI_Type_fromint(MPI_Type_toint(pair)) == pair);
    MPI_Type_free(&pair);
    MPI_Type_free(&dup);
}

static void requests(int i)
{
    MPI_Request r[4];
    int out = i, in[2], other = 0;
    MPI_Send_init(&out, 1, MPI_INT, 0, 1, MPI_COMM_SELF, &r[0]);
    MPI_Recv_init(&in[0], 1, MPI_INT, 0, 1, MPI_COMM_SELF, &r[1]);
    MPI_Startall(2, r);
    MPI_Waitall(2, r, MPI_STATUSES_IGNORE);
    MPI_Request_free(&r[0]);
    MPI_Request_free(&r[1]);
    MPI_Irecv(&in[1], 1, MPI_INT, (rank + size - 1) % size, 2, MPI_COMM_WORLD, &r[2]);
    MPI_Isend(&out, 1, MPI_INT, (rank + 1) % size, 2, MPI_COMM_WORLD, &r[3]);
    MPI_Waitall(2, &r[2], MPI_STATUSES_IGNORE);
    MPI_Irecv(&other, 1, MPI_INT, 0, 3, MPI_COMM_SELF, &r[2]);
    MPI_Cancel(&r[2]);
    MPI_Wait(&r[2], MPI_STATUS_IGNORE);
    MPI_Ibarrier(MPI_COMM_SELF, &r[3]);
    MPI_Wait(&r[3], MPI_STATUS_IGNORE);
    CHECK(in[0] == i && in[1] == i);
}

static void infos(int i)
{
    MPI_Info info, copy, hints;
    (void)i;
    MPI_Info_create(&info);
    MPI_Info_set(info, "key", "value");
    MPI_Info_dup(info, &copy);
    MPI_Info_set(info, "key", "another value");
    MPI_Info_delete(copy, "key");
    MPI_Comm_get_info(MPI_COMM_WORLD, &hints);
    MPI_Info_free(&info);
    MPI_Info_free(&copy);
    MPI_Info_free(&hints);
}

static void keys(int i)
{
    int key, *value, flag;
    MPI_Comm c;
    MPI_Comm_create_keyval(copied, MPI_COMM_NULL_DELETE_FN, &key, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, key, &i);
    MPI_Comm_dup(MPI_COMM_SELF, &c);
    CHECK(MPI_Comm_get_attr(c, key, &value, &flag) == MPI_SUCCESS && flag && *value == i);
    MPI_Comm_delete_attr(MPI_COMM_SELF, key);
    MPI_Comm_free_keyval(&key);
    MPI_Comm_free(&c);
}

static void functions(int i)
{
    MPI_Errhandler e, f;
    MPI_Op op;
    (void)i;
    MPI_Comm_create_errhandler(handler, &e);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, e);
    MPI_Comm_get_errhandler(MPI_COMM_SELF, &f);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL);
    MPI_Errhandler_free(&e);
    MPI_Errhandler_free(&f);
    MPI_Op_create(add, 1, &op);
    MPI_Op_free(&op);
}

static void sessions(int i)
{
    MPI_Session s;
    MPI_Group g;
    (void)i;
    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &s);
    MPI_Group_from_session_pset(s, "mpi://WORLD", &g);
    MPI_Group_free(&g);
    MPI_Session_finalize(&s);
}

static void again_and_again(const char *what, void (*one)(int i), int count)
{
    for (int i = 0; i < count / 10; i++)
        one(i);
    long before = resident_kib();
    for (int i = 0; i < count; i++)
        one(i);
    long grown = resident_kib() - before;
    if (MEASURED && grown > ALLOWED_KIB) {
        fprintf(stderr, "%s: %d of them took %ld KiB\n", what, count, grown);
        test_failures++;
    }
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 20000;
    MPI_Init(&argc, &argv);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    CHECK(resident_kib() > 0);
    again_and_again("communicators", communicators, count);
    again_and_again("communicators in use", communicators_in_use, count);
    again_and_again("topologies", topologies, count);
    again_and_again("groups", groups, count);
    again_and_again("datatypes", datatypes, count);
    again_and_again("requests", requests, count);
    again_and_again("info objects", infos, count);
    again_and_again("attribute keys", keys, count);
    again_and_again("error handlers and operations", functions, count);
    again_and_again("sessions", sessions, count);
    MPI_Finalize();
    return test_end();
}
