/* Over the network (GODWIT_WIRE=ofi): strangers at its door, and a rank that dies.
 *
 *     network garbage    every rank is talked to by strangers, while all of them exchange messages
 *     network kill       rank 1 kills itself while the others talk to it
 *     network talk N     N rounds of messages between all pairs
 *     network talk on FILE   without an end; after some rounds each rank writes a line to the file */
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

enum { ROUNDS = 150, WORDS = 5000, OPEN = 64 };

static int rank, size;

/* All pairs exchange a short and a long message, whose bytes say which they are. */
static void exchange(int round)
{
    static int out[WORDS], in[WORDS];
    for (int p = 1; p < size; p++) {
        int to = (rank + p) % size, from = (rank - p + size) % size, n = round % 3 ? 2 : WORDS;
        for (int i = 0; i < n; i++)
            out[i] = round * 1000003 + rank * 1009 + i;
        memset(in, 0, sizeof in);
        MPI_Sendrecv(out, n, MPI_INT, to, round, in, n, MPI_INT, from, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (int i = 0; i < n; i++)
            if (in[i] != round * 1000003 + from * 1009 + i) {
                CHECK(in[i] == round * 1000003 + from * 1009 + i);
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

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc > 1 && strcmp(argv[1], "kill") == 0)
        for (int round = 0;; round++) {
            exchange(round);
            if (rank == 1 && round == 50)
                kill(getpid(), SIGKILL);
        }
    if (argc > 2 && strcmp(argv[1], "talk") == 0)
        talk(argv[2], argc > 3 ? argv[3] : NULL);
    else
        garbage();
    MPI_Finalize();
    return test_end();
}
