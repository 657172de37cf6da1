/* Ranks that exchange messages of all sizes for ever: for tests of how a job ends in the middle of that.
 *
 *     endless FILE SEED [large]       each rank appends "pid parent RANK rank" to FILE first; large: 1 to 4 MiB only
 *
 * Whoever is forgotten ends by itself. */
#define _GNU_SOURCE
#include "test.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 4, LARGEST = 4 << 20, FORGOTTEN_S = 100 };

static uint32_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

/* Before MPI_Init, as the job may end before that. */
static int note(const char *file)
{
    const char *number = getenv("GODWIT_RANK");
    char line[96];
    int n = snprintf(line, sizeof line, "%d %d %s rank\n", (int)getpid(), (int)getppid(), number ? number : "?");
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        return -1;
    return close(fd);
}

static int size_of(uint64_t *seed, int large)
{
    static const int limits[] = {64, 3000, 40000, 300000, LARGEST};
    if (large)
        return LARGEST / 4 + (int)(next(seed) % (LARGEST / 4 * 3 + 1));
    return (int)(next(seed) % (uint32_t)limits[next(seed) % 5]);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 2 ? strtoul(argv[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1 : 1;
    int rank, size, large = argc > 3;
    alarm(FORGOTTEN_S);
    if (argc < 2 || note(argv[1]))
        return 2;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    char *out = calloc(1, LARGEST), *in = malloc((size_t)WINDOW * LARGEST);
    for (;;) { /* all ranks draw the same numbers */
        MPI_Request requests[2 * WINDOW];
        int distance = (int)(next(&seed) % (uint32_t)size), sizes[WINDOW];
        for (int i = 0; i < WINDOW; i++)
            sizes[i] = size_of(&seed, large);
        for (int i = 0; i < WINDOW; i++) {
            MPI_Irecv(in + (size_t)i * LARGEST, LARGEST, MPI_BYTE, (rank + size - distance) % size, i, MPI_COMM_WORLD,
                      &requests[i]);
            MPI_Isend(out, sizes[i], MPI_BYTE, (rank + distance) % size, i, MPI_COMM_WORLD, &requests[WINDOW + i]);
        }
        MPI_Waitall(2 * WINDOW, requests, MPI_STATUSES_IGNORE);
    }
}
