/* Communicators and groups made and freed COUNT times, in constant memory; and many alive at once, each at its place.
 * With a second argument it says what each costs. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

static long memory_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib;
}

static int rank, size;

static void once(int i)
{
    MPI_Comm c, d;
    MPI_Group g, h;
    int n = rank, odd[1][3] = {{0, size - 1, 2}};
    MPI_Comm_dup(MPI_COMM_WORLD, &c);
    MPI_Comm_split(c, rank % 2, i % 2 ? rank : -rank, &d);
    MPI_Comm_group(d, &g);
    MPI_Group_union(g, g, &h);
    MPI_Group_free(&g);
    MPI_Group_free(&h);
    MPI_Comm_group(c, &g);
    MPI_Group_range_excl(g, 1, odd, &h);
    MPI_Group_free(&g);
    MPI_Group_free(&h);
    if (i % 16 == 0)
        MPI_Sendrecv_replace(&n, 1, MPI_INT, (rank + 1) % size, 0, (rank + size - 1) % size, 0, c, MPI_STATUS_IGNORE);
    MPI_Comm_free(&c);
    MPI_Comm_free(&d);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 2000;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int i = 0; i < 1000; i++)
        once(i);
    long before = memory_kib();
    for (int i = 0; i < count; i++)
        once(i);
    long after = memory_kib();
#ifndef __SANITIZE_ADDRESS__ /* it keeps what was freed */
    CHECK(after - before < 512); /* of 2000 leaked communicators it would be more */
#endif
    if (argc > 2) {
        double t = MPI_Wtime();
        MPI_Comm *all = malloc((size_t)count * sizeof *all);
        memset(all, 0, (size_t)count * sizeof *all);
        before = memory_kib();
        for (int i = 0; i < count; i++)
            MPI_Comm_dup(MPI_COMM_WORLD, &all[i]);
        after = memory_kib();
        t = MPI_Wtime() - t;
        if (rank == 0)
            printf("%d duplicates of %d ranks: %ld KiB more in rank 0, %.1f us each\n", count, size,
                   after - before, t / count * 1e6);
        for (int i = 0; i < count; i++)
            MPI_Comm_free(&all[i]);
        free(all);
    }
    MPI_Finalize();
    return test_end();
}
