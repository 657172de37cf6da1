/* Throws points at random into a square, and counts those in the circle: pi, the Monte Carlo way.
 *
 *     mpicc pi.c -o pi
 *     mpirun -n 4 ./pi [POINTS]
 *
 * The processes never talk but in the end, when their counts are added (MPI_Reduce). Point number i is the same
 * whoever throws it, so the count must be exactly that of one process alone, which rank 0 compares it with. */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* How many points from `first` on, each step-th, below `points`, are in the circle. */
static int64_t hits(int64_t first, int64_t step, int64_t points) {
	int64_t in = 0;
	for (int64_t i = first; i < points; i += step) {
		/* 64 random bits from i (splitmix64), 31 of them for x and 31 for y; the circle's radius is 2^31. */
		uint64_t r = (uint64_t)(i + 1) * 0x9e3779b97f4a7c15;
		r = (r ^ r >> 30) * 0xbf58476d1ce4e5b9;
		r = (r ^ r >> 27) * 0x94d049bb133111eb;
		r ^= r >> 31;
		uint64_t x = r >> 33, y = r & 0x7fffffff;
		in += x * x + y * y < (uint64_t)1 << 62;
	}
	return in;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size, good = 1;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	char *end = NULL;
	int64_t points = argc > 1 ? strtoll(argv[1], &end, 10) : 1000000;
	if (argc > 2 || (end && *end) || points < 1 || points > INT64_C(1000000000000)) {
		if (rank == 0)
			fprintf(stderr, "usage: pi [POINTS]: 1 to 1000000000000\n");
		MPI_Finalize();
		return 2;
	}

	int64_t mine = hits(rank, size, points), all = 0;
	MPI_Reduce(&mine, &all, 1, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0) {
		good = all == hits(0, 1, points);
		printf("pi: %lld of %lld points of %d processes are in the circle, so pi is about %.6f: %s\n",
			(long long)all, (long long)points, size, 4.0 * (double)all / (double)points,
			good ? "as one process counts them" : "WRONG: one process counts something else");
	}
	MPI_Finalize();
	return good ? 0 : 1;
}
