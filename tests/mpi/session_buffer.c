/* Buffers of sessions: whose buffer a buffered send takes (the communicator's, that of the session it is derived from,
 * the process's), however the communicator was made; and that the end of a session waits for its messages. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

enum { LARGE = 300000, ROOM = LARGE + MPI_BSEND_OVERHEAD };

static char *message;

static MPI_Session begin(void)
{
    MPI_Session s;
    CHECK(MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &s) == MPI_SUCCESS);
    return s;
}

static MPI_Comm comm_of(MPI_Session s, const char *pset, const char *tag)
{
    MPI_Group g;
    MPI_Comm c;
    CHECK(MPI_Group_from_session_pset(s, pset, &g) == MPI_SUCCESS);
    CHECK(MPI_Comm_create_from_group(g, tag, MPI_INFO_NULL, MPI_ERRORS_RETURN, &c) == MPI_SUCCESS);
    MPI_Group_free(&g);
    return c;
}

/* To this process, which has posted no receive: it takes room, if there is. */
static int bsend(MPI_Comm c)
{
    int me;
    MPI_Comm_rank(c, &me);
    return MPI_Bsend(message, LARGE, MPI_BYTE, me, 1, c);
}

static void receive(MPI_Comm c)
{
    int me;
    MPI_Comm_rank(c, &me);
    CHECK(MPI_Recv(message, LARGE, MPI_BYTE, me, 1, c, MPI_STATUS_IGNORE) == MPI_SUCCESS);
}

/* Room for one message is in the buffer of the session that c is derived from, and in no other. */
static void uses_one(MPI_Comm c)
{
    CHECK(bsend(c) == MPI_SUCCESS);
    CHECK(bsend(c) == MPI_ERR_BUFFER);
    receive(c);
}

static void of_two(void)
{
    MPI_Session one = begin(), two = begin();
    MPI_Comm a = comm_of(one, "mpi://SELF", "a"), b = comm_of(two, "mpi://SELF", "b");
    char *room = malloc(ROOM), *own = malloc(ROOM);
    void *back;
    int size;
    MPI_Count large;
    CHECK(bsend(a) == MPI_ERR_BUFFER);
    CHECK(MPI_Session_attach_buffer(one, NULL, ROOM) == MPI_ERR_ARG);
    CHECK(MPI_Session_attach_buffer(one, room, -1) == MPI_ERR_ARG);
    CHECK(MPI_Session_attach_buffer(one, room, ROOM) == MPI_SUCCESS);
    CHECK(MPI_Session_attach_buffer_c(one, own, ROOM) == MPI_ERR_BUFFER); /* has one */
    CHECK(bsend(b) == MPI_ERR_BUFFER);
    uses_one(a);
    /* a communicator with a buffer of its own uses no other */
    CHECK(MPI_Comm_attach_buffer(a, own, ROOM) == MPI_SUCCESS);
    CHECK(bsend(a) == MPI_SUCCESS && bsend(a) == MPI_ERR_BUFFER);
    receive(a);
    CHECK(MPI_Comm_detach_buffer(a, &back, &size) == MPI_SUCCESS && back == own);
    /* and where there is no other, the process's is used */
    CHECK(MPI_Buffer_attach(own, ROOM) == MPI_SUCCESS);
    uses_one(b);
    CHECK(MPI_Buffer_detach(&back, &size) == MPI_SUCCESS);
    CHECK(MPI_Session_detach_buffer(two, &back, &size) == MPI_ERR_BUFFER);
    CHECK(MPI_Session_detach_buffer_c(one, &back, &large) == MPI_SUCCESS && back == room && large == ROOM);
    MPI_Comm_free(&a);
    MPI_Comm_free(&b);
    CHECK(MPI_Session_finalize(&one) == MPI_SUCCESS && MPI_Session_finalize(&two) == MPI_SUCCESS);
    free(room);
    free(own);
}

/* All of these are derived from the session. */
static void derived(void)
{
    MPI_Session s = begin();
    MPI_Comm world = comm_of(s, "mpi://WORLD", "world"), c;
    MPI_Group all, some, again;
    char *room = malloc(ROOM);
    void *back;
    int size, rank, got;
    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &size);
    CHECK(MPI_Session_attach_buffer_c(s, room, ROOM) == MPI_SUCCESS);
    uses_one(world);
    MPI_Comm_dup(world, &c);
    uses_one(c);
    MPI_Comm_free(&c);
    MPI_Comm_split(world, rank % 2, -rank, &c);
    MPI_Comm_group(c, &some);
    MPI_Comm_free(&c);
    MPI_Comm_create_from_group(some, "some", MPI_INFO_NULL, MPI_ERRORS_RETURN, &c);
    uses_one(c);
    MPI_Comm_free(&c);
    MPI_Group_from_session_pset(s, "mpi://WORLD", &all);
    MPI_Group_incl(all, 1, &rank, &again);
    MPI_Group_free(&all);
    MPI_Group_union(again, some, &all);
    MPI_Group_free(&some);
    MPI_Group_intersection(all, again, &some);
    MPI_Comm_create_from_group(some, "alone", MPI_INFO_NULL, MPI_ERRORS_RETURN, &c);
    uses_one(c);
    MPI_Comm_free(&c);
    MPI_Group_free(&all);
    MPI_Group_free(&again);
    MPI_Group_free(&some);
    CHECK(MPI_Session_detach_buffer(s, &back, &got) == MPI_SUCCESS && back == room && got == ROOM);
    MPI_Comm_free(&world);
    MPI_Session_finalize(&s);
    free(room);
}

static void flushes(void)
{
    MPI_Session s = begin();
    MPI_Comm c = comm_of(s, "mpi://SELF", "flush");
    MPI_Request r;
    int flag = -1;
    CHECK(MPI_Session_flush_buffer(s) == MPI_SUCCESS); /* nothing to flush */
    CHECK(MPI_Session_attach_buffer(s, MPI_BUFFER_AUTOMATIC, 0) == MPI_SUCCESS);
    CHECK(bsend(c) == MPI_SUCCESS);
    CHECK(MPI_Session_iflush_buffer(s, &r) == MPI_SUCCESS);
    CHECK(MPI_Session_iflush_buffer(s, NULL) == MPI_ERR_ARG);
    MPI_Request_get_status(r, &flag, MPI_STATUS_IGNORE);
    CHECK(!flag);
    receive(c);
    CHECK(MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS);
    CHECK(MPI_Session_flush_buffer(s) == MPI_SUCCESS);
    MPI_Comm_free(&c);
    MPI_Session_finalize(&s); /* with its buffer */
}

/* What is in the buffer of a session has left when it is over: the memory can be used for something else. */
static void end_waits(void)
{
    MPI_Session s = begin(), other = begin();
    MPI_Comm c = comm_of(s, "mpi://WORLD", "end"), d = comm_of(other, "mpi://WORLD", "other");
    char *room = malloc(ROOM);
    int rank, size;
    MPI_Request r;
    MPI_Comm_rank(c, &rank);
    MPI_Comm_size(c, &size);
    MPI_Session_attach_buffer(s, room, ROOM);
    memset(message, rank + 1, LARGE);
    char *in = malloc(LARGE);
    MPI_Irecv(in, LARGE, MPI_BYTE, (rank + size - 1) % size, 7, c, &r);
    MPI_Barrier(d);
    CHECK(MPI_Bsend(message, LARGE, MPI_BYTE, (rank + 1) % size, 7, c) == MPI_SUCCESS);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    CHECK(in[0] == (rank + size - 1) % size + 1 && in[LARGE - 1] == in[0]);
    MPI_Comm_free(&c);
    MPI_Session_finalize(&s);
    memset(room, 99, ROOM);
    free(room);
    free(in);
    MPI_Barrier(d);
    MPI_Comm_free(&d);
    MPI_Session_finalize(&other);
}

int main(void)
{
    MPI_Session s;
    message = calloc(1, LARGE);
    of_two();
    derived();
    flushes();
    end_waits();
    s = begin();
    CHECK(MPI_Session_detach_buffer(s, NULL, NULL) == MPI_ERR_ARG);
    MPI_Session_finalize(&s);
    free(message);
    return test_end();
}
