/* Rank 0 hands out work, one piece at a time, to whoever is free; the others do it and send the result.
 *
 *     mpicc workers.c -o workers
 *     mpirun -n 4 ./workers
 */
#include <mpi.h>
#include <stdio.h>

enum { PIECES = 100, WORK = 1, STOP = 2 };

static int master(int workers) {
	int next = 0, sum = 0, result;
	MPI_Status status;
	/* A piece for each, then another for each that answers, until there are none. */
	for (int w = 1; w <= workers; w++, next++)
		MPI_Send(&next, 1, MPI_INT, w, next < PIECES ? WORK : STOP, MPI_COMM_WORLD);
	for (int done = 0; done < PIECES; done++, next++) {
		MPI_Recv(&result, 1, MPI_INT, MPI_ANY_SOURCE, WORK, MPI_COMM_WORLD, &status);
		sum += result;
		MPI_Send(&next, 1, MPI_INT, status.MPI_SOURCE, next < PIECES ? WORK : STOP, MPI_COMM_WORLD);
	}
	return sum;
}

static void worker(void) {
	int piece;
	MPI_Status status;
	for (;;) {
		MPI_Recv(&piece, 1, MPI_INT, 0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
		if (status.MPI_TAG == STOP)
			return;
		int result = piece * piece; /* the work */
		MPI_Send(&result, 1, MPI_INT, 0, WORK, MPI_COMM_WORLD);
	}
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	if (size < 2)
		printf("there is nobody to work: start it with mpirun -n 4\n");
	else if (rank > 0)
		worker();
	else
		printf("the squares of 0 to %d add up to %d\n", PIECES - 1, master(size - 1));
	MPI_Finalize();
	return 0;
}
