/* godwit-bench modes: what each way of sending a message costs, side by side.
 *
 * Every mode but two is a ping-pong between ranks 0 and 1 and its figure half a round trip, so the modes differ by
 * the calls alone. The two: sendrecv is the whole of one MPI_Sendrecv, a message each way at the same time; self is
 * the whole of one message of rank 0 to itself. */
#include "benchmarks/bench.h"
#include "benchmarks/stats.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many messages fit into the buffer attached for bsend: a reply can overtake the news that the message before
 * it has left that buffer. How many persistent requests share the places of --buffers rotate (each is bound to one):
 * a power of two, as the number of places is. */
enum { BSEND_MESSAGES = 4, PERSISTENT_MOST = 4096 };

enum { GAP_SENT = 0xC3, GAP_HERE = 0x5A }; /* what stands between the blocks of a vector under --check */

struct mode;
struct exchange {
    const struct mode *mode;
    int rank, peer, check;
    size_t bytes;
    int count; /* the same, as MPI wants it */
    struct buffers out, in;
    MPI_Request request; /* rsend: the receive posted ahead */
    char *posted;        /* where it will put its message */
    MPI_Request *sends, *receives; /* persistent */
    long requests;
    void *attached; /* bsend */
    MPI_Datatype type; /* vector: blocks of `block` bytes, as much room between them */
    size_t block;
    char *payload; /* vector under --check: the blocks without their gaps */
};

struct mode {
    void (*send)(struct exchange *, long operation, char *at);
    char *(*receive)(struct exchange *, long operation); /* where the message is now */
    void (*open)(struct exchange *), (*close)(struct exchange *);
    void (*run)(void *, long, long); /* instead of the ping-pong */
    int ranks;
};

/* ---- one message of each mode ---- */

static void send_plain(struct exchange *e, long operation, char *at)
{
    (void)operation;
    MPI_Send(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD);
}

static char *receive_plain(struct exchange *e, long operation)
{
    char *at = buffers_at(&e->in, operation);
    MPI_Recv(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return at;
}

static void send_synchronous(struct exchange *e, long operation, char *at)
{
    (void)operation;
    MPI_Ssend(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD);
}

static void send_buffered(struct exchange *e, long operation, char *at)
{
    (void)operation;
    MPI_Bsend(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD);
}

/* The size has been looked at by fits. */
static void open_buffered(struct exchange *e)
{
    int one;
    MPI_Pack_size(e->count, MPI_BYTE, MPI_COMM_WORLD, &one);
    size_t all = ((size_t)one + MPI_BSEND_OVERHEAD) * BSEND_MESSAGES;
    e->attached = malloc(all);
    if (!e->attached)
        world_die("no memory for the %zu bytes that MPI_Bsend needs; choose smaller --sizes", all);
    memset(e->attached, 0, all); /* else the first messages would wait for the kernel's pages */
    MPI_Buffer_attach(e->attached, (int)all);
}

static void close_buffered(struct exchange *e)
{
    void *at;
    int size;
    MPI_Buffer_detach(&at, &size);
    free(e->attached);
}

static void post(struct exchange *e, long operation)
{
    e->posted = buffers_at(&e->in, operation);
    MPI_Irecv(e->posted, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, &e->request);
}

/* A ready send asks for a receive that is known to be posted. Each rank posts its next receive before it sends, so
 * the message itself is the news that the answer may be sent: no further message is needed. */
static void send_ready(struct exchange *e, long operation, char *at)
{
    post(e, operation + e->rank);
    MPI_Rsend(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD);
}

static char *receive_posted(struct exchange *e, long operation)
{
    (void)operation;
    char *at = e->posted;
    MPI_Wait(&e->request, MPI_STATUS_IGNORE);
    return at;
}

static void open_ready(struct exchange *e)
{
    if (e->rank == 1) {
        post(e, 0);
        MPI_Send(NULL, 0, MPI_BYTE, e->peer, TAG_REPLY, MPI_COMM_WORLD);
    } else {
        MPI_Recv(NULL, 0, MPI_BYTE, e->peer, TAG_REPLY, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
}

/* Rank 1 still waits for the message after the last one. */
static void close_ready(struct exchange *e)
{
    if (e->rank == 0)
        MPI_Rsend(NULL, 0, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD);
    else
        MPI_Wait(&e->request, MPI_STATUS_IGNORE);
}

static void send_immediate(struct exchange *e, long operation, char *at)
{
    MPI_Request request;
    (void)operation;
    MPI_Isend(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static char *receive_immediate(struct exchange *e, long operation)
{
    MPI_Request request;
    char *at = buffers_at(&e->in, operation);
    MPI_Irecv(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return at;
}

static void send_persistent(struct exchange *e, long operation, char *at)
{
    MPI_Request *request = &e->sends[operation & (e->requests - 1)];
    (void)at;
    MPI_Start(request);
    MPI_Wait(request, MPI_STATUS_IGNORE);
}

static char *receive_persistent(struct exchange *e, long operation)
{
    MPI_Request *request = &e->receives[operation & (e->requests - 1)];
    MPI_Start(request);
    MPI_Wait(request, MPI_STATUS_IGNORE);
    return buffers_at(&e->in, operation & (e->requests - 1));
}

static void open_persistent(struct exchange *e)
{
    e->requests = e->out.places < PERSISTENT_MOST ? (long)e->out.places : PERSISTENT_MOST;
    e->sends = malloc((size_t)e->requests * sizeof *e->sends);
    e->receives = malloc((size_t)e->requests * sizeof *e->receives);
    if (!e->sends || !e->receives)
        world_die("no memory for %ld persistent requests", 2 * e->requests);
    for (long i = 0; i < e->requests; i++) {
        MPI_Send_init(buffers_at(&e->out, i), e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, &e->sends[i]);
        MPI_Recv_init(buffers_at(&e->in, i), e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, &e->receives[i]);
    }
}

static void close_persistent(struct exchange *e)
{
    for (long i = 0; i < e->requests; i++) {
        MPI_Request_free(&e->sends[i]);
        MPI_Request_free(&e->receives[i]);
    }
    free(e->sends);
    free(e->receives);
}

/* Nothing else can be on its way to this rank here; a message that it was not meant to take ends the job. */
static char *receive_any(struct exchange *e, long operation)
{
    MPI_Status status;
    char *at = buffers_at(&e->in, operation);
    MPI_Recv(at, e->count, MPI_BYTE, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    if (status.MPI_SOURCE != e->peer || status.MPI_TAG != TAG_DATA)
        world_die("any-source: a message came with source %d and tag %d, and must have source %d and tag %d",
                  status.MPI_SOURCE, status.MPI_TAG, e->peer, TAG_DATA);
    return at;
}

static char *receive_probed(struct exchange *e, long operation)
{
    MPI_Message message;
    char *at = buffers_at(&e->in, operation);
    MPI_Mprobe(e->peer, TAG_DATA, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE);
    MPI_Mrecv(at, e->count, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    return at;
}

/* An empty message follows the real one, and the receiver takes it first: then the real one has been there, with
 * nobody waiting for it (unless the MPI lets messages of one pair overtake each other on the way). The figure holds
 * the empty message too, which is one more send and receive, not one more trip. */
static void send_early(struct exchange *e, long operation, char *at)
{
    MPI_Request request;
    (void)operation;
    MPI_Isend(at, e->count, MPI_BYTE, e->peer, TAG_DATA, MPI_COMM_WORLD, &request);
    MPI_Send(NULL, 0, MPI_BYTE, e->peer, TAG_REPLY, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static char *receive_late(struct exchange *e, long operation)
{
    MPI_Recv(NULL, 0, MPI_BYTE, e->peer, TAG_REPLY, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return receive_plain(e, operation);
}

/* ---- vector: the same payload in blocks, with gaps as large between them, on both sides ---- */

static void send_vector(struct exchange *e, long operation, char *at)
{
    (void)operation;
    MPI_Send(at, 1, e->type, e->peer, TAG_DATA, MPI_COMM_WORLD);
}

static char *receive_vector(struct exchange *e, long operation)
{
    char *at = buffers_at(&e->in, operation);
    if (e->check)
        memset(at, GAP_HERE, 2 * e->bytes);
    MPI_Recv(at, 1, e->type, e->peer, TAG_DATA, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return at;
}

/* Blocks of 64 bytes; of 8 where the whole message is shorter; of a smaller power of two where the size asks for
 * it. */
static size_t block_of(size_t bytes)
{
    size_t block = bytes < 64 ? 8 : 64;
    while (bytes % block)
        block /= 2;
    return block;
}

static void open_vector(struct exchange *e)
{
    MPI_Type_vector((int)(e->bytes / e->block), (int)e->block, 2 * (int)e->block, MPI_BYTE, &e->type);
    MPI_Type_commit(&e->type);
    e->payload = malloc(e->bytes + 1);
    if (!e->payload)
        world_die("no memory for %zu bytes", e->bytes);
}

static void close_vector(struct exchange *e)
{
    MPI_Type_free(&e->type);
    free(e->payload);
}

static void fill_vector(struct exchange *e, char *at, unsigned long seed)
{
    buffers_fill(e->payload, e->bytes, seed);
    for (size_t i = 0; i < e->bytes; i += e->block) {
        memcpy(at + 2 * i, e->payload + i, e->block);
        memset(at + 2 * i + e->block, GAP_SENT, e->block);
    }
}

static void check_vector(struct exchange *e, const char *at, unsigned long seed)
{
    for (size_t i = 0; i < e->bytes; i += e->block) {
        memcpy(e->payload + i, at + 2 * i, e->block);
        for (size_t j = 2 * i + e->block; j < 2 * i + 2 * e->block; j++)
            if ((unsigned char)at[j] != GAP_HERE)
                world_die("wrong data in vector: byte %zu of the receive buffer was overwritten, and is in a gap", j);
    }
    buffers_check(e->payload, e->bytes, seed, "vector");
}

/* ---- the loops ---- */

static const char *name_of(const struct mode *);

static void fill(struct exchange *e, char *at, long operation)
{
    unsigned long seed = 2 * (unsigned long)operation + (unsigned long)e->rank;
    if (e->payload)
        fill_vector(e, at, seed);
    else
        buffers_fill(at, e->bytes, seed);
}

static void check(struct exchange *e, const char *at, long operation)
{
    unsigned long seed = 2 * (unsigned long)operation + (unsigned long)e->peer;
    if (e->payload)
        check_vector(e, at, seed);
    else
        buffers_check(at, e->bytes, seed, name_of(e->mode));
}

static void send_one(struct exchange *e, long operation)
{
    char *at = buffers_at(&e->out, e->requests ? operation & (e->requests - 1) : operation);
    if (e->check)
        fill(e, at, operation);
    e->mode->send(e, operation, at);
}

static void receive_one(struct exchange *e, long operation)
{
    const char *at = e->mode->receive(e, operation);
    if (e->check)
        check(e, at, operation);
}

static void run_round_trips(void *arg, long first, long count)
{
    struct exchange *e = arg;
    for (long i = first; i < first + count; i++) {
        if (e->rank == 0)
            send_one(e, i);
        receive_one(e, i);
        if (e->rank == 1)
            send_one(e, i);
    }
}

static void run_sendrecv(void *arg, long first, long count)
{
    struct exchange *e = arg;
    for (long i = first; i < first + count; i++) {
        char *out = buffers_at(&e->out, i), *in = buffers_at(&e->in, i);
        if (e->check)
            fill(e, out, i);
        MPI_Sendrecv(out, e->count, MPI_BYTE, e->peer, TAG_DATA, in, e->count, MPI_BYTE, e->peer, TAG_DATA,
                     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (e->check)
            check(e, in, i);
    }
}

static void run_self(void *arg, long first, long count)
{
    struct exchange *e = arg;
    for (long i = first; i < first + count; i++) {
        MPI_Request request;
        char *out = buffers_at(&e->out, i), *in = buffers_at(&e->in, i);
        if (e->check)
            fill(e, out, i);
        MPI_Isend(out, e->count, MPI_BYTE, 0, TAG_DATA, MPI_COMM_WORLD, &request);
        MPI_Recv(in, e->count, MPI_BYTE, 0, TAG_DATA, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        if (e->check)
            check(e, in, i);
    }
}

/* ---- the table ---- */

const char *const modes_names[] = {"send", "ssend", "bsend", "rsend", "isend", "sendrecv", "persistent", "any-source",
                                   "probe", "unexpected", "vector", "self", NULL};

enum { MODE_SEND, MODE_SSEND, MODE_BSEND, MODE_RSEND, MODE_ISEND, MODE_SENDRECV, MODE_PERSISTENT, MODE_ANY,
       MODE_PROBE, MODE_UNEXPECTED, MODE_VECTOR, MODE_SELF, MODES };
_Static_assert(sizeof modes_names / sizeof *modes_names == MODES + 1, "every mode has a name");

static const struct mode modes[MODES] = {
    [MODE_SEND] = {.send = send_plain, .receive = receive_plain, .ranks = 2},
    [MODE_SSEND] = {.send = send_synchronous, .receive = receive_plain, .ranks = 2},
    [MODE_BSEND] = {.send = send_buffered, .receive = receive_plain, .ranks = 2, .open = open_buffered,
                    .close = close_buffered},
    [MODE_RSEND] = {.send = send_ready, .receive = receive_posted, .ranks = 2, .open = open_ready,
                    .close = close_ready},
    [MODE_ISEND] = {.send = send_immediate, .receive = receive_immediate, .ranks = 2},
    [MODE_SENDRECV] = {.run = run_sendrecv, .ranks = 2},
    [MODE_PERSISTENT] = {.send = send_persistent, .receive = receive_persistent, .ranks = 2, .open = open_persistent,
                         .close = close_persistent},
    [MODE_ANY] = {.send = send_plain, .receive = receive_any, .ranks = 2},
    [MODE_PROBE] = {.send = send_plain, .receive = receive_probed, .ranks = 2},
    [MODE_UNEXPECTED] = {.send = send_early, .receive = receive_late, .ranks = 2},
    [MODE_VECTOR] = {.send = send_vector, .receive = receive_vector, .ranks = 2, .open = open_vector,
                     .close = close_vector},
    [MODE_SELF] = {.run = run_self, .ranks = 1},
};

static const char *name_of(const struct mode *mode)
{
    return modes_names[mode - modes];
}

static int wanted(const struct options *options, const char *name)
{
    for (int i = 0; i < options->op_count; i++)
        if (strcmp(options->ops[i], name) == 0)
            return 1;
    return options->op_count == 0;
}

/* Half round trips become that; the other modes are whole already. */
static void finish(const struct world *w, const struct mode *mode, struct point *p)
{
    int messages = mode == &modes[MODE_SENDRECV] ? 2 : 1;
    point_scale(p, mode->run ? 1 : 0.5);
    p->messages = messages;
    p->moved = (double)p->bytes * messages;
    p->floor = mode->ranks > 1 ? bench_floor_message(w, mode->ranks, p->bytes) : bench_floor_copy(p->bytes);
}

static void measure_mode(const struct world *w, const struct options *options, const struct mode *mode, size_t bytes)
{
    struct exchange e = {.mode = mode, .rank = w->rank, .peer = mode->ranks > 1 ? 1 - w->rank : w->rank,
                         .check = options->check, .bytes = bytes, .count = (int)bytes};
    struct kernel kernel = {.run = mode->run ? mode->run : run_round_trips, .arg = &e, .world = w,
                            .comm = MPI_COMM_WORLD, .ranks = mode->ranks};
    struct point p = {.test = "modes", .bytes = bytes, .ranks = mode->ranks, .overlap = -1};
    int part = w->rank < mode->ranks;
    snprintf(p.variant, sizeof p.variant, "%s", name_of(mode));
    if (mode == &modes[MODE_VECTOR])
        e.block = block_of(bytes);
    if (part) {
        buffers_open(&e.out, e.block ? 2 * bytes : bytes, options->rotate);
        buffers_open(&e.in, e.block ? 2 * bytes : bytes, options->rotate);
    }
    if (part && mode->open)
        mode->open(&e);
    measure(&kernel, options, &p);
    if (part && mode->close)
        mode->close(&e);
    if (part) {
        buffers_close(&e.out);
        buffers_close(&e.in);
    }
    if (w->rank == 0) {
        finish(w, mode, &p);
        bench_point(&p);
    }
}

/* MPI counts in int, and what is attached for MPI_Bsend holds several messages and what MPI adds to each. */
static int fits(const struct mode *mode, size_t bytes)
{
    const size_t most = INT_MAX;
    return bytes <= (mode == &modes[MODE_BSEND] ? most / BSEND_MESSAGES - 2 * MPI_BSEND_OVERHEAD : most);
}

void modes_run(const struct world *w, const struct options *options)
{
    for (int i = 0; i < options->size_count; i++)
        for (int m = 0; m < MODES; m++) {
            char text[QUANTITY];
            if (!wanted(options, modes_names[m]))
                continue;
            if (fits(&modes[m], options->sizes[i]))
                measure_mode(w, options, &modes[m], options->sizes[i]);
            else if (w->rank == 0)
                fprintf(stderr, "godwit-bench: note: modes leaves out %s with %s: more than its int counts can say\n",
                        modes_names[m], quantity_bytes(text, options->sizes[i]));
        }
}
