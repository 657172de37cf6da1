/* Random programs of sends and receives. All ranks know the plan of all from the seed: who sends what to whom,
 * in which order, and who receives it how and when. So each knows what must come: every byte, every status and
 * the order are verified. The plan cannot deadlock by its making (see may_block_*), so what stands still is a
 * fault.
 *
 *     stress [ROUNDS [SEED [THREADS]]]       for minutes: mpirun -n 4 tests/mpi/stress 20000 $RANDOM
 *
 * With THREADS each rank runs so many plans at a time, under MPI_THREAD_MULTIPLE, with tags of their own. */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 240, TAGS = 6, TAG_DONE = 14, TAG_UNUSED = 15, MAX_RANKS = 64 };

enum send_how { SEND, SSEND, ISEND, ISSEND };
enum recv_how { IRECV, RECV, PROBE_RECV, MPROBE_MRECV, IPROBE_RECV, IMPROBE_IMRECV, CANCEL_RECV, RECV_HOWS };

/* How a rank receives in a round: whom it names. */
enum wild { BY_SOURCE, ANY_SOURCE, ANYTHING };

struct message {
    int src, dst, tag, size;
    enum send_how how;
    int receive; /* the one that gets it, as far as that is known */
    char *memory;
};

struct receive {
    int key;    /* when: message i is sent at 2 * i, so 2 * i + 1 is right after */
    int source, tag;
    int match;  /* the message that it gets; -1: known only when it is there */
    int room;
    enum recv_how how;
    char *memory;
    int error, done;
    MPI_Status status;
};

struct worker {
    int thread, round, count;
    int tag0; /* the tags of this round and thread begin here */
    uint64_t seed, own; /* own: of things that no other rank needs to know */
    struct message messages[MESSAGES];
    enum wild wild[MAX_RANKS];
    int first[MAX_RANKS + 1]; /* the receives of each rank, in its order */
    struct receive receives[MESSAGES];
    /* under way */
    int pending_count;
    MPI_Request requests[MESSAGES];
    struct receive *pending[MESSAGES]; /* NULL: a send */
};

static int rank, size, rounds = 30, threads;
static unsigned seed = 1;

static uint32_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static int below(uint64_t *state, int n)
{
    return (int)(next(state) % (uint32_t)n);
}

static _Noreturn void fail(const struct worker *w, const char *what, int number, long got, long wanted)
{
    fprintf(stderr, "stress %d %u %d: rank %d, thread %d, round %d: %s %d: %ld instead of %ld\n", rounds, seed,
            threads, rank, w->thread, w->round, what, number, got, wanted);
    MPI_Abort(MPI_COMM_WORLD, 1);
    abort();
}

static void expect(const struct worker *w, const char *what, int number, long got, long wanted)
{
    if (got != wanted)
        fail(w, what, number, got, wanted);
}

/* ---- the bytes of a message ---- */

static uint64_t word_of(const struct worker *w, int message, uint64_t i)
{
    uint64_t x =
        ((uint64_t)w->thread << 48 | (uint64_t)w->round << 16 | (uint64_t)message) * 0x9e3779b97f4a7c15u + i;
    x *= 0xbf58476d1ce4e5b9u;
    return x ^ x >> 29;
}

static void write_bytes(const struct worker *w, int message, char *to, int n)
{
    for (int i = 0; i < n; i += 8) {
        uint64_t word = word_of(w, message, (uint64_t)i);
        memcpy(to + i, &word, n - i < 8 ? (size_t)(n - i) : 8);
    }
}

static int find_wrong_byte(const struct worker *w, int message, const char *in, int n)
{
    for (int i = 0; i < n; i += 8) {
        uint64_t word = word_of(w, message, (uint64_t)i);
        if (memcmp(in + i, &word, n - i < 8 ? (size_t)(n - i) : 8) != 0)
            return i;
    }
    return -1;
}

/* ---- the plan ---- */

static int random_size(uint64_t *s)
{
    static const int odd[] = {0, 1, 39, 40, 41, 55, 56, 57, 2047, 2048, 2049, 4096, 8191, 8192, 8193, 32767,
                              32768, 32769};
    switch (below(s, 12)) {
    case 0: return below(s, 100000);
    case 1:
        if (below(s, 3))
            return 100000;
        return below(s, 4) ? 65535 + below(s, 3) : 1 << (17 + below(s, 6)) | below(s, 5000); /* up to 4 MiB */
    case 2: return below(s, 10000);
    case 3:
    case 4: return below(s, 200);
    default: return odd[below(s, sizeof odd / sizeof odd[0])];
    }
}

static int by_key(const void *a, const void *b)
{
    const struct receive *x = a, *y = b;
    int p = x->key * MESSAGES + x->match, q = y->key * MESSAGES + y->match;
    return (p > q) - (p < q);
}

static int fits(const struct receive *r, const struct message *m)
{
    return (r->source == m->src || r->source == MPI_ANY_SOURCE) && (r->tag == m->tag || r->tag == MPI_ANY_TAG);
}

/* The standard's matching of what one rank receives by source: each message in order goes into the first
 * receive that fits. 1: all find one. */
static int match_all(struct worker *w, int dst)
{
    char taken[MESSAGES] = {0};
    for (int i = 0; i < w->count; i++) {
        struct message *m = &w->messages[i];
        int r = w->first[dst];
        if (m->dst != dst)
            continue;
        while (r < w->first[dst + 1] && (taken[r] || !fits(&w->receives[r], m)))
            r++;
        if (r == w->first[dst + 1])
            return 0;
        taken[r] = 1;
        m->receive = r;
        w->receives[r].match = i;
    }
    return 1;
}

/* A send may block when its receive is posted by then, whatever happens; a receive when its message is sent by
 * then. Of all that blocks, the one with the lowest key can always go on: what it waits for stands before it. */
static int may_block_send(const struct worker *w, int i)
{
    const struct message *m = &w->messages[i];
    int key = w->receives[m->receive].key;
    return w->wild[m->dst] == BY_SOURCE && key <= (m->src == m->dst ? 2 * i - 1 : 2 * i + 1);
}

static int may_block_receive(const struct worker *w, int dst, int r)
{
    const struct receive *receive = &w->receives[r];
    int before = 0;
    if (w->wild[dst] == BY_SOURCE)
        return 2 * receive->match < receive->key;
    /* whichever message it gets: there must be as many as receives up to this one */
    for (int i = 0; i < w->count && 2 * i < receive->key; i++)
        before += w->messages[i].dst == dst && fits(receive, &w->messages[i]);
    for (int i = w->first[dst]; i <= r; i++)
        before -= w->receives[i].tag == receive->tag;
    return before >= 0;
}

static void plan_messages(struct worker *w)
{
    uint64_t *s = &w->seed;
    int tiny = below(s, 8) == 0, self = below(s, 4) == 0, ranks = size;
    w->count = tiny ? MESSAGES : 10 + below(s, 50);
    w->tag0 = (w->thread * 4096 + w->round % 4096) * 16;
    for (int i = 0; i < w->count; i++) {
        struct message *m = &w->messages[i];
        *m = (struct message){.src = below(s, ranks), .tag = w->tag0 + below(s, TAGS)};
        m->dst = self || size == 1 ? below(s, ranks) : (m->src + 1 + below(s, ranks - 1)) % ranks;
        m->size = tiny ? below(s, 64) : random_size(s);
    }
    int anything = threads ? -1 : below(s, 3 * ranks); /* at most one: see end_round */
    for (int i = 0; i < ranks; i++)
        w->wild[i] = i == anything ? ANYTHING : below(s, 4) == 0 ? ANY_SOURCE : BY_SOURCE;
}

/* A receive for each message, at about its time. */
static void plan_receives(struct worker *w, int dst)
{
    uint64_t *s = &w->seed;
    int n = w->first[dst], late = below(s, 3);
    for (int i = 0; i < w->count; i++) {
        const struct message *m = &w->messages[i];
        int off = below(s, 3) ? 0 : below(s, late == 2 ? 2 * w->count : 10);
        if (m->dst != dst)
            continue;
        w->receives[n++] = (struct receive){.key = late ? 2 * (i + off) + 1 : 2 * (i - off) - 1,
                                            .source = w->wild[dst] == BY_SOURCE ? m->src : MPI_ANY_SOURCE,
                                            .tag = w->wild[dst] == ANYTHING ? MPI_ANY_TAG : m->tag,
                                            .match = i};
    }
    w->first[dst + 1] = n;
    qsort(&w->receives[w->first[dst]], (size_t)(n - w->first[dst]), sizeof w->receives[0], by_key);
    int matched = w->wild[dst] == BY_SOURCE ? match_all(w, dst) : 1;
    expect(w, "plan of rank", dst, matched, 1);
    /* MPI_ANY_TAG, where all still fits */
    for (int r = w->first[dst]; w->wild[dst] == BY_SOURCE && !threads && r < n; r++) {
        int tag = w->receives[r].tag;
        if (below(s, 3))
            continue;
        w->receives[r].tag = MPI_ANY_TAG;
        if (!match_all(w, dst)) {
            w->receives[r].tag = tag;
            match_all(w, dst);
        }
    }
}

static void plan(struct worker *w)
{
    uint64_t *s = &w->seed;
    *s = ((uint64_t)seed << 32 | (uint64_t)w->thread << 24) * 0x9e3779b97f4a7c15u +
        (uint64_t)w->round * 0xbf58476d1ce4e5b9u;
    *s += !*s;
    for (int i = 0; i < 10; i++)
        next(s);
    plan_messages(w);
    w->first[0] = 0;
    for (int dst = 0; dst < size; dst++)
        plan_receives(w, dst);
    for (int dst = 0; dst < size; dst++)
        for (int r = w->first[dst]; r < w->first[dst + 1]; r++) {
            struct receive *receive = &w->receives[r];
            int largest = 0;
            for (int i = 0; i < w->count; i++)
                if (w->messages[i].dst == dst && w->messages[i].size > largest)
                    largest = w->messages[i].size;
            if (w->wild[dst] != BY_SOURCE)
                receive->match = -1;
            receive->room = receive->match < 0 ? largest : w->messages[receive->match].size;
            receive->room = below(s, 3) ? receive->room : largest;
            if (receive->match >= 0 && below(s, 25) == 0)
                receive->room = below(s, w->messages[receive->match].size + 1); /* too small, mostly */
            receive->how = (enum recv_how)below(s, RECV_HOWS + 2);
            if (receive->how >= RECV_HOWS || !may_block_receive(w, dst, r))
                receive->how = IRECV;
        }
    for (int i = 0; i < w->count; i++) {
        w->messages[i].how = (enum send_how)below(s, 4);
        if (w->messages[i].how < ISEND && !may_block_send(w, i))
            w->messages[i].how += ISEND;
    }
}

/* ---- carrying it out ---- */

static void finish(struct worker *w, struct receive *r, const MPI_Status *status, int error)
{
    if (!r) {
        expect(w, "error of a send to", 0, error, MPI_SUCCESS);
        return;
    }
    r->status = *status;
    r->error = error;
    r->done = 1;
}

static void add_pending(struct worker *w, MPI_Request request, struct receive *r)
{
    w->requests[w->pending_count] = request;
    w->pending[w->pending_count++] = r;
}

/* What a call that completes several has said of one. */
static int error_of(int rc, const MPI_Status *status)
{
    return rc == MPI_ERR_IN_STATUS ? status->MPI_ERROR : rc;
}

/* The calls that complete; each is asked for some of what is pending, from `from` on. How many have been
 * completed. */
static int complete(struct worker *w, int from, int wait)
{
    static _Thread_local MPI_Status statuses[MESSAGES];
    static _Thread_local int indices[MESSAGES];
    int n = w->pending_count - from, flag = 1, done = 0, index = 0, rc;
    MPI_Request *requests = &w->requests[from];
    switch (below(&w->own, 4)) {
    case 0: /* one */
        for (; index < n && requests[index] == MPI_REQUEST_NULL; index++)
            ;
        if (index == n)
            return 0;
        rc = wait ? MPI_Wait(&requests[index], &statuses[0]) : MPI_Test(&requests[index], &flag, &statuses[0]);
        if (!flag)
            return 0;
        finish(w, w->pending[from + index], &statuses[0], rc);
        return 1;
    case 1: /* any */
        rc = wait ? MPI_Waitany(n, requests, &index, statuses) : MPI_Testany(n, requests, &index, &flag, statuses);
        if (!flag || index == MPI_UNDEFINED)
            return 0;
        finish(w, w->pending[from + index], &statuses[0], rc);
        return 1;
    case 2: /* some */
        rc = wait ? MPI_Waitsome(n, requests, &done, indices, statuses)
                  : MPI_Testsome(n, requests, &done, indices, statuses);
        if (done == MPI_UNDEFINED)
            return 0;
        for (int i = 0; i < done; i++)
            finish(w, w->pending[from + indices[i]], &statuses[i], error_of(rc, &statuses[i]));
        return done;
    default: /* all */
        for (int i = 0; i < n; i++)
            indices[i] = requests[i] != MPI_REQUEST_NULL;
        rc = wait ? MPI_Waitall(n, requests, statuses) : MPI_Testall(n, requests, &flag, statuses);
        for (int i = 0; flag && i < n; i++)
            if (indices[i]) {
                finish(w, w->pending[from + i], &statuses[i], error_of(rc, &statuses[i]));
                done++;
            }
        return done;
    }
}

static void forget_completed(struct worker *w)
{
    int n = 0;
    for (int i = 0; i < w->pending_count; i++)
        if (w->requests[i] != MPI_REQUEST_NULL) {
            w->requests[n] = w->requests[i];
            w->pending[n++] = w->pending[i];
        }
    w->pending_count = n;
}

/* A look at those that are pending; nulls among them are part of the test. */
static void look(struct worker *w)
{
    if (below(&w->own, 3) || !w->pending_count)
        return;
    complete(w, below(&w->own, w->pending_count), 0);
    if (below(&w->own, 4) == 0)
        forget_completed(w);
}

static void send(struct worker *w, int i)
{
    struct message *m = &w->messages[i];
    MPI_Request request;
    int rc;
    m->memory = malloc((size_t)m->size + 1);
    write_bytes(w, i, m->memory, m->size);
    switch (m->how) {
    case SEND: rc = MPI_Send(m->memory, m->size, MPI_BYTE, m->dst, m->tag, MPI_COMM_WORLD); break;
    case SSEND: rc = MPI_Ssend(m->memory, m->size, MPI_BYTE, m->dst, m->tag, MPI_COMM_WORLD); break;
    case ISEND: rc = MPI_Isend(m->memory, m->size, MPI_BYTE, m->dst, m->tag, MPI_COMM_WORLD, &request); break;
    default: rc = MPI_Issend(m->memory, m->size, MPI_BYTE, m->dst, m->tag, MPI_COMM_WORLD, &request); break;
    }
    expect(w, "result of send", i, rc, MPI_SUCCESS);
    if (m->how >= ISEND)
        add_pending(w, request, NULL);
}

/* The receive that a probe has prepared: by name, so that it gets what was seen. */
static void receive_seen(struct worker *w, struct receive *r, const MPI_Status *seen)
{
    MPI_Status status;
    int count, again;
    MPI_Get_count(seen, MPI_BYTE, &count);
    int rc = MPI_Recv(r->memory, r->room, MPI_BYTE, seen->MPI_SOURCE, seen->MPI_TAG, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_BYTE, &again);
    expect(w, "bytes received after a probe of tag", seen->MPI_TAG, again, count);
    finish(w, r, &status, rc);
}

static void receive(struct worker *w, struct receive *r)
{
    MPI_Request request;
    MPI_Message message;
    MPI_Status status;
    int flag = 0;
    r->memory = malloc((size_t)r->room + 8);
    memset(r->memory, 0x5a, (size_t)r->room + 8);
    switch (r->how) {
    case RECV:
        finish(w, r, &status, MPI_Recv(r->memory, r->room, MPI_BYTE, r->source, r->tag, MPI_COMM_WORLD, &status));
        break;
    case PROBE_RECV:
        MPI_Probe(r->source, r->tag, MPI_COMM_WORLD, &status);
        receive_seen(w, r, &status);
        break;
    case IPROBE_RECV:
        while (MPI_Iprobe(r->source, r->tag, MPI_COMM_WORLD, &flag, &status), !flag)
            sched_yield();
        receive_seen(w, r, &status);
        break;
    case MPROBE_MRECV:
        MPI_Mprobe(r->source, r->tag, MPI_COMM_WORLD, &message, &status);
        r->error = MPI_Mrecv(r->memory, r->room, MPI_BYTE, &message, &status);
        finish(w, r, &status, r->error);
        break;
    case IMPROBE_IMRECV:
        while (MPI_Improbe(r->source, r->tag, MPI_COMM_WORLD, &flag, &message, &status), !flag)
            sched_yield();
        MPI_Imrecv(r->memory, r->room, MPI_BYTE, &message, &request);
        add_pending(w, request, r);
        break;
    case CANCEL_RECV:
        MPI_Irecv(r->memory, r->room, MPI_BYTE, r->source, r->tag, MPI_COMM_WORLD, &request);
        MPI_Cancel(&request);
        r->error = MPI_Wait(&request, &status);
        MPI_Test_cancelled(&status, &flag);
        if (flag)
            r->error = MPI_Recv(r->memory, r->room, MPI_BYTE, r->source, r->tag, MPI_COMM_WORLD, &status);
        finish(w, r, &status, r->error);
        break;
    default:
        MPI_Irecv(r->memory, r->room, MPI_BYTE, r->source, r->tag, MPI_COMM_WORLD, &request);
        add_pending(w, request, r);
    }
}

/* Nobody sends this: only cancelling ends it. */
static void receive_nothing(struct worker *w)
{
    MPI_Request request;
    MPI_Status status;
    int flag = 0;
    MPI_Irecv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, w->tag0 + TAG_UNUSED, MPI_COMM_WORLD, &request);
    MPI_Cancel(&request);
    MPI_Wait(&request, &status);
    MPI_Test_cancelled(&status, &flag);
    expect(w, "cancelled", 0, flag, 1);
}

/* ---- was it right? ---- */

static void verify(struct worker *w, struct receive *r, int number, int i)
{
    const struct message *m = &w->messages[i];
    int count, here = m->size < r->room ? m->size : r->room;
    expect(w, "receive that is done", number, r->done, 1);
    expect(w, "source of receive", number, r->status.MPI_SOURCE, m->src);
    expect(w, "tag of receive", number, r->status.MPI_TAG, m->tag);
    expect(w, "error of receive", number, r->error, m->size > r->room ? MPI_ERR_TRUNCATE : MPI_SUCCESS);
    MPI_Get_count(&r->status, MPI_BYTE, &count);
    expect(w, "bytes of receive", number, count, m->size);
    expect(w, "wrong byte of receive", number, find_wrong_byte(w, i, r->memory, here), -1);
    for (int j = here; j < r->room + 8; j++)
        expect(w, "byte behind receive", number, r->memory[j], 0x5a);
}

/* Of each sender the messages must have come in order: of a receive without source the status says whose it
 * was. */
static void verify_all(struct worker *w)
{
    char taken[MESSAGES] = {0};
    for (int n = w->first[rank]; n < w->first[rank + 1]; n++) {
        struct receive *r = &w->receives[n];
        int i = r->match;
        for (int j = 0; i < 0 && j < w->count; j++) {
            const struct message *m = &w->messages[j];
            if (!taken[j] && m->dst == rank && m->src == r->status.MPI_SOURCE && fits(r, m))
                i = j;
        }
        if (i < 0)
            fail(w, "source of receive", n, r->status.MPI_SOURCE, -1);
        taken[i] = 1;
        verify(w, r, n, i);
        free(r->memory);
    }
    for (int i = 0; i < w->count; i++)
        if (w->messages[i].src == rank)
            free(w->messages[i].memory);
}

/* Messages of the next round must not go into receives of MPI_ANY_TAG and MPI_ANY_SOURCE of this one: who
 * posted some says when it is through. (Receives by source or by tag do not need that: senders keep their
 * order, tags are the round's.) */
static void end_round(struct worker *w)
{
    int tag = w->tag0 + TAG_DONE;
    for (int i = 0; i < size; i++)
        if (w->wild[i] == ANYTHING && i != rank)
            MPI_Recv(NULL, 0, MPI_BYTE, i, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    for (int i = 0; w->wild[rank] == ANYTHING && i < size; i++)
        if (i != rank)
            MPI_Send(NULL, 0, MPI_BYTE, i, tag, MPI_COMM_WORLD);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    w->own = (uint64_t)(rank + 1) << 32 | (uint64_t)(w->thread + 1) << 16 | (seed & 0xffff) | 1;
    for (w->round = 0; w->round < rounds; w->round++) {
        plan(w);
        int r = w->first[rank];
        for (int i = 0; i < w->count; i++) {
            for (; r < w->first[rank + 1] && w->receives[r].key < 2 * i; r++) {
                receive(w, &w->receives[r]);
                look(w);
            }
            if (w->messages[i].src == rank) {
                send(w, i);
                look(w);
            }
            if (below(&w->own, 50) == 0)
                receive_nothing(w);
        }
        for (; r < w->first[rank + 1]; r++)
            receive(w, &w->receives[r]);
        for (int wait = below(&w->own, 2); forget_completed(w), w->pending_count;)
            if (!complete(w, 0, wait) && !wait)
                sched_yield();
        verify_all(w);
        end_round(w);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int provided;
    rounds = argc > 1 ? atoi(argv[1]) : rounds;
    seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : seed;
    threads = argc > 3 ? atoi(argv[3]) : 0;
    MPI_Init_thread(&argc, &argv, threads ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    CHECK(provided >= (threads ? MPI_THREAD_MULTIPLE : MPI_THREAD_SINGLE));
    CHECK(size <= MAX_RANKS);
    if (test_failures)
        return test_end();
    if (rank == 0)
        printf("stress %d %u %d\n", rounds, seed, threads);
    int workers = threads ? threads : 1;
    struct worker *all = calloc((size_t)workers, sizeof *all);
    pthread_t *ids = calloc((size_t)workers, sizeof *ids);
    for (int i = 0; i < workers; i++)
        all[i].thread = i;
    for (int i = 1; i < workers; i++)
        CHECK(pthread_create(&ids[i], NULL, work, &all[i]) == 0);
    work(&all[0]);
    for (int i = 1; i < workers; i++)
        pthread_join(ids[i], NULL);
    free(all);
    free(ids);
    MPI_Finalize();
    return test_end();
}
