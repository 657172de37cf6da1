/* Over the network (GODWIT_WIRE=ofi): strangers at its door, and a rank that dies.
 *
 *     network garbage    every rank is talked to by strangers, while all of them exchange messages
 *     network kill [long] rank 1 kills itself while the others talk to it
 *     network raise N    rank 1 gets signal N, which nobody handles
 *     network talk N     N rounds of messages between all pairs
 *     network talk on FILE   without an end; after some rounds each rank writes a line to the file
 *     network freed [N]  a message of N bytes (4) whose request is freed, and MPI_Finalize at once
 *     network long       long messages between all pairs, among short ones: whole, cut off, with gaps
 *     network flood      messages of nearly a frame from all to all at once: more than there are buffers for */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 150, WORDS = 5000, LONG_WORDS = 800000, OPEN = 64 };

static int rank, size, words = WORDS;

static int word_of(int round, int from, int i)
{
    return round % 2000 * 1000003 + from * 1009 + i;
}

/* All pairs exchange a short and a long message, whose bytes say which they are. */
static void exchange(int round)
{
    static int out[LONG_WORDS], in[LONG_WORDS];
    for (int p = 1; p < size; p++) {
        int to = (rank + p) % size, from = (rank - p + size) % size, n = round % 3 ? 2 : words;
        for (int i = 0; i < n; i++)
            out[i] = word_of(round, rank, i);
        memset(in, 0, (size_t)n * sizeof *in);
        MPI_Sendrecv(out, n, MPI_INT, to, round, in, n, MPI_INT, from, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (int i = 0; i < n; i++)
            if (in[i] != word_of(round, from, i)) {
                CHECK(in[i] == word_of(round, from, i));
                return;
            }
    }
}

/* The ports at which this process listens. */
static int listening(uint16_t *ports, int most)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; d && (e = readdir(d));) {
        int fd = atoi(e->d_name), listens = 0;
        struct sockaddr_in a;
        socklen_t length = sizeof listens, size_of_a = sizeof a;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens &&
            getsockname(fd, (struct sockaddr *)&a, &size_of_a) == 0 && a.sin_family == AF_INET && n < most)
            ports[n++] = ntohs(a.sin_port);
    }
    if (d)
        closedir(d);
    return n;
}

static uint32_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* Connects, says something (or nothing), and goes or stays. */
static int disturb(uint16_t port, uint64_t *seed)
{
    char bytes[4096];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || (connect(fd, (struct sockaddr *)&a, sizeof a) && next(seed) % 2)) {
        close(fd);
        return -1;
    }
    usleep(200);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(next(seed) % 3 ? next(seed) % 8 : next(seed));
    size_t n = next(seed) % 4 ? next(seed) % 200 : next(seed) % sizeof bytes;
    if (next(seed) % 8 && send(fd, bytes, n, MSG_NOSIGNAL) < 0)
        n = 0;
    if (next(seed) % 2) {
        close(fd);
        return -1;
    }
    return fd;
}

static void garbage(void)
{
    uint16_t ports[8];
    int open[OPEN], count = 0;
    uint64_t seed = 99 + (uint64_t)rank;
    exchange(0);
    int n = listening(ports, 8);
    CHECK(n > 0);
    for (int round = 1; round < ROUNDS && n > 0; round++) {
        int fd = disturb(ports[next(&seed) % (unsigned)n], &seed);
        if (fd >= 0 && count < OPEN)
            open[count++] = fd;
        else if (fd >= 0)
            close(fd);
        exchange(round);
    }
    while (count)
        close(open[--count]);
    exchange(ROUNDS);
}

static void note(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT, 0666);
    CHECK(fd >= 0 && write(fd, "talks\n", 6) == 6);
    close(fd);
}

static void talk(const char *rounds, const char *path)
{
    for (int round = 0; !rounds[strspn(rounds, "0123456789")] ? round < atoi(rounds) : 1; round++) {
        exchange(round);
        if (round == 20 && path)
            note(path);
    }
}

static unsigned char byte_of(int from, int to, int round, size_t i)
{
    return (unsigned char)(from * 17 + to * 5 + round + (int)(i * 3 + i / 977));
}

static void freed(size_t n)
{
    static unsigned char *bytes; /* stays until the process ends */
    bytes = malloc(n);
    MPI_Request r;
    if (rank == 0) {
        for (int to = 1; to < size; to++) {
            for (size_t i = 0; i < n; i++)
                bytes[i] = byte_of(0, 0, 0, i);
            MPI_Isend(bytes, (int)n, MPI_BYTE, to, 0, MPI_COMM_WORLD, &r);
            MPI_Request_free(&r);
        }
        return;
    }
    MPI_Recv(bytes, (int)n, MPI_BYTE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != byte_of(0, 0, 0, i)) {
            CHECK(bytes[i] == byte_of(0, 0, 0, i));
            break;
        }
    free(bytes);
}

/* One message of `bytes` to each rank, and from each; room for `room` bytes of it. gaps: the receiver's memory has some. */
static void swap_long(int round, int bytes, int room, int gaps)
{
    unsigned char **out = malloc((size_t)size * sizeof *out), **in = malloc((size_t)size * sizeof *in);
    MPI_Request *r = malloc(2 * (size_t)size * sizeof *r);
    MPI_Status *s = malloc(2 * (size_t)size * sizeof *s);
    MPI_Datatype spread;
    MPI_Type_vector(room / 1000, 1000, 1001, MPI_BYTE, &spread);
    MPI_Type_commit(&spread);
    int errors_wanted = room < bytes ? MPI_ERR_TRUNCATE : MPI_SUCCESS;
    for (int p = 0; p < size; p++) {
        size_t taken = gaps ? (size_t)room / 1000 * 1001 : (size_t)room;
        out[p] = malloc((size_t)bytes);
        in[p] = calloc(taken + 1, 1);
        for (int i = 0; i < bytes; i++)
            out[p][i] = byte_of(rank, p, round, (size_t)i);
        MPI_Irecv(in[p], gaps ? 1 : room, gaps ? spread : MPI_BYTE, p, round, MPI_COMM_WORLD, &r[p]);
    }
    for (int p = 0; p < size; p++) {
        MPI_Isend(out[p], bytes, MPI_BYTE, p, round, MPI_COMM_WORLD, &r[size + p]);
        int small = p, got = -1;
        MPI_Sendrecv(&small, 1, MPI_INT, (rank + p) % size, 1000, &got, 1, MPI_INT, (rank - p + size) % size, 1000,
                     MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        CHECK(got == p);
    }
    MPI_Waitall(2 * size, r, s);
    for (int p = 0; p < size; p++) {
        int count = -1, whole = room < bytes ? room : bytes, good = 1;
        MPI_Get_count(&s[p], MPI_BYTE, &count);
        CHECK(errors_wanted || count == bytes);
        CHECK(!errors_wanted || s[p].MPI_ERROR == errors_wanted);
        for (int i = 0; i < whole && good; i++)
            good = in[p][gaps ? i + i / 1000 : i] == byte_of(p, rank, round, (size_t)i);
        CHECK(good);
        CHECK(gaps || in[p][room] == 0);
        free(out[p]);
        free(in[p]);
    }
    MPI_Type_free(&spread);
    free(out);
    free(in);
    free(r);
    free(s);
}

static void long_ones(void)
{
    static const int sizes[] = {65537, 300000, 1 << 20, (1 << 20) + 1, 5000000, 20000000};
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    for (int round = 0; round < 6; round++) {
        int n = sizes[round];
        swap_long(3 * round, n, n, 0);
        swap_long(3 * round + 1, n, n - n / 3, 0);
        swap_long(3 * round + 2, n / 1000 * 1000, n / 1000 * 1000, 1);
    }
}

static void flood(void)
{
    enum { EACH = 30, BYTES = 30000 };
    char *in = malloc((size_t)size * EACH * BYTES), *out = malloc(BYTES);
    MPI_Request *r = malloc(2 * (size_t)size * EACH * sizeof *r);
    int n = 0, wrong = 0;
    memset(out, rank + 1, BYTES);
    for (int i = 0; i < 2 * size * EACH; i++) {
        int other = (rank + i / 2 / EACH) % size, k = i / 2;
        if (other == rank)
            continue;
        if (i % 2)
            MPI_Isend(out, BYTES, MPI_BYTE, other, 5, MPI_COMM_WORLD, &r[n++]);
        else
            MPI_Irecv(in + (size_t)k * BYTES, BYTES, MPI_BYTE, other, 5, MPI_COMM_WORLD, &r[n++]);
    }
    MPI_Waitall(n, r, MPI_STATUSES_IGNORE);
    for (int k = EACH; k < size * EACH; k++)
        for (int i = 0; i < BYTES; i++)
            wrong += in[(size_t)k * BYTES + (size_t)i] != (char)((rank + k / EACH) % size + 1);
    CHECK(wrong == 0);
    free(in);
    free(out);
    free(r);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc > 2 && strcmp(argv[2], "long") == 0)
        words = LONG_WORDS;
    int raises = argc > 2 && strcmp(argv[1], "raise") == 0;
    if (raises || (argc > 1 && strcmp(argv[1], "kill") == 0))
        for (int round = 0;; round++) {
            exchange(round);
            if (rank == 1 && round == 50)
                kill(getpid(), raises ? atoi(argv[2]) : SIGKILL);
        }
    if (argc > 2 && strcmp(argv[1], "talk") == 0)
        talk(argv[2], argc > 3 ? argv[3] : NULL);
    else if (argc > 1 && strcmp(argv[1], "freed") == 0)
        freed(argc > 2 ? (size_t)atol(argv[2]) : 4);
    else if (argc > 1 && strcmp(argv[1], "long") == 0)
        long_ones();
    else if (argc > 1 && strcmp(argv[1], "flood") == 0)
        flood();
    else
        garbage();
    MPI_Finalize();
    return test_end();
}
