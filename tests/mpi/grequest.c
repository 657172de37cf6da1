/* Generalized requests: which of their functions is called when, and how often; their status; errors of the functions;
 * freeing and cancelling. With the argument "threads": completed by another thread while this one waits. */
#include "test.h"

#include <pthread.h>
#include <string.h>

struct state {
    int queries, frees, cancels, complete; /* complete: what cancel_fn was told */
    int value, cancelled;
    int query_error, free_error, cancel_error;
};

static int query(void *extra, MPI_Status *status)
{
    struct state *s = extra;
    CHECK(status != MPI_STATUS_IGNORE);
    s->queries++;
    MPI_Status_set_elements(status, MPI_INT, s->value);
    MPI_Status_set_cancelled(status, s->cancelled);
    status->MPI_SOURCE = 100 + s->value;
    status->MPI_TAG = 200 + s->value;
    return s->query_error;
}

static int release(void *extra)
{
    struct state *s = extra;
    s->frees++;
    return s->free_error;
}

static int cancel(void *extra, int complete)
{
    struct state *s = extra;
    s->cancels++;
    s->complete = complete;
    return s->cancel_error;
}

static MPI_Request start(struct state *s)
{
    MPI_Request r = MPI_REQUEST_NULL;
    CHECK(MPI_Grequest_start(query, release, cancel, s, &r) == MPI_SUCCESS && r != MPI_REQUEST_NULL);
    return r;
}

static int status_is(const MPI_Status *status, int value)
{
    int n;
    MPI_Get_count(status, MPI_INT, &n);
    return n == value && status->MPI_SOURCE == 100 + value && status->MPI_TAG == 200 + value;
}

static void one(void)
{
    struct state s = {.value = 3};
    MPI_Status status;
    int flag = -1, cancelled = -1, index = -1;
    MPI_Request r = start(&s);
    CHECK(MPI_Test(&r, &flag, &status) == MPI_SUCCESS && !flag && r != MPI_REQUEST_NULL);
    CHECK(MPI_Testany(1, &r, &index, &flag, &status) == MPI_SUCCESS && !flag && index == MPI_UNDEFINED);
    CHECK(MPI_Request_get_status(r, &flag, &status) == MPI_SUCCESS && !flag);
    CHECK(s.queries == 0 && s.frees == 0);
    CHECK(MPI_Grequest_complete(r) == MPI_SUCCESS);
    CHECK(s.queries == 0 && s.frees == 0); /* only the calls that look */
    CHECK(MPI_Request_get_status(r, &flag, &status) == MPI_SUCCESS && flag && status_is(&status, 3));
    CHECK(MPI_Request_get_status(r, &flag, MPI_STATUS_IGNORE) == MPI_SUCCESS && flag);
    CHECK(s.queries == 2 && s.frees == 0);
    status.MPI_ERROR = 4711;
    CHECK(MPI_Wait(&r, &status) == MPI_SUCCESS && r == MPI_REQUEST_NULL && status_is(&status, 3));
    CHECK(status.MPI_ERROR == 4711); /* there is only one: the field is not touched */
    CHECK(s.queries == 3 && s.frees == 1 && s.cancels == 0);
    MPI_Test_cancelled(&status, &cancelled);
    CHECK(!cancelled);

    s = (struct state){.value = 5, .cancelled = 1};
    r = start(&s);
    CHECK(MPI_Cancel(&r) == MPI_SUCCESS && s.cancels == 1 && !s.complete);
    MPI_Grequest_complete(r);
    CHECK(MPI_Cancel(&r) == MPI_SUCCESS && s.cancels == 2 && s.complete);
    CHECK(MPI_Test(&r, &flag, &status) == MPI_SUCCESS && flag && status_is(&status, 5) && r == MPI_REQUEST_NULL);
    MPI_Test_cancelled(&status, &cancelled);
    CHECK(cancelled && s.queries == 1 && s.frees == 1);

    s = (struct state){.value = 6}; /* the functions are called without a status too */
    r = start(&s);
    MPI_Grequest_complete(r);
    CHECK(MPI_Wait(&r, MPI_STATUS_IGNORE) == MPI_SUCCESS && s.queries == 1 && s.frees == 1);
}

/* Freed before and after it is complete: free_fn is called by what comes last, query_fn never. */
static void freed(void)
{
    struct state s = {.value = 1};
    MPI_Request r = start(&s), handle = r;
    CHECK(MPI_Request_free(&r) == MPI_SUCCESS && r == MPI_REQUEST_NULL && s.frees == 0);
    CHECK(MPI_Grequest_complete(handle) == MPI_SUCCESS && s.frees == 1 && s.queries == 0);
    r = start(&s);
    MPI_Grequest_complete(r);
    CHECK(s.frees == 1);
    CHECK(MPI_Request_free(&r) == MPI_SUCCESS && r == MPI_REQUEST_NULL && s.frees == 2 && s.queries == 0);
}

/* Among requests of other kinds. */
static void many(void)
{
    struct state s[3] = {{.value = 1}, {.value = 2}, {.value = 3}};
    MPI_Request r[5];
    MPI_Status status[5];
    int out = 8, in = 0, flag, index, count, indices[5];
    for (int i = 0; i < 3; i++)
        r[i] = start(&s[i]);
    r[3] = MPI_REQUEST_NULL;
    MPI_Irecv(&in, 1, MPI_INT, 0, 1, MPI_COMM_SELF, &r[4]);
    MPI_Grequest_complete(r[1]);
    CHECK(MPI_Waitany(5, r, &index, &status[0]) == MPI_SUCCESS && index == 1 && status_is(&status[0], 2));
    CHECK(r[1] == MPI_REQUEST_NULL && s[1].frees == 1 && s[1].queries == 1);
    MPI_Send(&out, 1, MPI_INT, 0, 1, MPI_COMM_SELF);
    MPI_Grequest_complete(r[2]);
    for (int seen = 0; seen < 2; seen += count) {
        CHECK(MPI_Waitsome(5, r, &count, indices, status) == MPI_SUCCESS && count > 0);
        for (int i = 0; i < count; i++)
            CHECK(indices[i] == 4 ? in == 8 : indices[i] == 2 && status_is(&status[i], 3));
    }
    CHECK(MPI_Testall(5, r, &flag, status) == MPI_SUCCESS && !flag && s[0].queries == 0);
    MPI_Grequest_complete(r[0]);
    CHECK(MPI_Request_get_status_all(5, r, &flag, MPI_STATUSES_IGNORE) == MPI_SUCCESS && flag && s[0].queries == 1);
    CHECK(MPI_Waitall(5, r, status) == MPI_SUCCESS && status_is(&status[0], 1) && s[0].frees == 1);
    CHECK(status[1].MPI_SOURCE == MPI_ANY_SOURCE && status[4].MPI_TAG == MPI_ANY_TAG);
}

static void errors(void)
{
    struct state s = {.free_error = MPI_ERR_IO}, t = {.query_error = MPI_ERR_QUOTA}, u = {.cancel_error = MPI_ERR_FILE};
    MPI_Request r = start(&s), pair[2], none = MPI_REQUEST_NULL;
    MPI_Status status[2];
    int flag = 0;
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Grequest_complete(r);
    CHECK(MPI_Wait(&r, status) == MPI_ERR_IO && r == MPI_REQUEST_NULL);
    r = start(&t);
    MPI_Grequest_complete(r);
    CHECK(MPI_Request_get_status(r, &flag, status) == MPI_ERR_QUOTA);
    CHECK(MPI_Test(&r, &flag, status) == MPI_ERR_QUOTA && flag && r == MPI_REQUEST_NULL && t.frees == 1);
    pair[0] = start(&u);
    pair[1] = start(&s);
    CHECK(MPI_Cancel(&pair[0]) == MPI_ERR_FILE);
    MPI_Grequest_complete(pair[0]);
    MPI_Grequest_complete(pair[1]);
    CHECK(MPI_Waitall(2, pair, status) == MPI_ERR_IN_STATUS);
    CHECK(status[0].MPI_ERROR == MPI_SUCCESS && status[1].MPI_ERROR == MPI_ERR_IO);
    r = start(&s);
    MPI_Grequest_complete(r);
    CHECK(MPI_Request_free(&r) == MPI_ERR_IO);

    CHECK(MPI_Grequest_complete(none) == MPI_ERR_REQUEST);
    CHECK(MPI_Grequest_start(query, release, cancel, &s, NULL) == MPI_ERR_ARG);
    r = start(&u);
    CHECK(MPI_Start(&r) == MPI_ERR_REQUEST);
    MPI_Grequest_complete(r);
    CHECK(MPI_Grequest_complete(r) == MPI_ERR_REQUEST); /* twice */
    MPI_Wait(&r, MPI_STATUS_IGNORE);
    MPI_Irecv(&flag, 1, MPI_INT, 0, 1, MPI_COMM_SELF, &r);
    CHECK(MPI_Grequest_complete(r) == MPI_ERR_REQUEST); /* of another kind */
    MPI_Cancel(&r);
    MPI_Wait(&r, MPI_STATUS_IGNORE);
}

enum { ROUNDS = 500 };
static MPI_Request shared[2];
static pthread_barrier_t barrier;

static void *completer(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&barrier);
        MPI_Grequest_complete(shared[i % 2]);
        MPI_Grequest_complete(shared[!(i % 2)]);
    }
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    struct state s[2] = {{.value = 1}, {.value = 2}};
    MPI_Request mine[2];
    MPI_Status status[2];
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, completer, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        for (int k = 0; k < 2; k++)
            mine[k] = shared[k] = start(&s[k]);
        pthread_barrier_wait(&barrier);
        if (i % 2) {
            MPI_Waitall(2, mine, status);
        } else {
            MPI_Wait(&mine[0], &status[0]);
            MPI_Wait(&mine[1], &status[1]);
        }
        CHECK(status_is(&status[0], 1) && status_is(&status[1], 2) && s[1].frees == i + 1 && s[1].queries == i + 1);
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
}

int main(int argc, char **argv)
{
    int with_threads = argc > 1 && !strcmp(argv[1], "threads"), provided;
    MPI_Init_thread(NULL, NULL, with_threads ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &provided);
    one();
    freed();
    many();
    if (with_threads)
        threads();
    errors();
    MPI_Finalize();
    return test_end();
}
