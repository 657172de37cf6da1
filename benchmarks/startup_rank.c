/* What godwit-startup starts: the shortest MPI program there is. With the argument "memory" it prints the KiB of
 * memory that belong to this process alone, before and after MPI_Init. */
#include <mpi.h>
#include <stdio.h>
#include <string.h>

static long private_kib(void)
{
    char line[256];
    long kib, sum = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    if (!f)
        return -1;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Private_Clean: %ld", &kib) == 1 || sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            sum += kib;
    fclose(f);
    return sum;
}

int main(int argc, char **argv)
{
    int memory = argc > 1 && strcmp(argv[1], "memory") == 0;
    long before = memory ? private_kib() : 0;
    MPI_Init(&argc, &argv);
    long after = memory ? private_kib() : 0;
    MPI_Finalize();
    if (memory)
        printf("%ld %ld\n", before, after);
    return 0;
}
