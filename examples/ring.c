/* A number goes round a ring of processes, and everybody adds to it.
 *
 *     mpicc ring.c -o ring
 *     mpirun -n 4 ./ring
 */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size, sum = 0;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	int right = (rank + 1) % size, left = (rank + size - 1) % size;

	/* Rank 0 begins; everybody else waits for the left neighbour first. */
	if (rank == 0) {
		MPI_Send(&sum, 1, MPI_INT, right, 0, MPI_COMM_WORLD);
		MPI_Recv(&sum, 1, MPI_INT, left, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		printf("the ranks' numbers add up to %d\n", sum);
	} else {
		MPI_Recv(&sum, 1, MPI_INT, left, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		sum += rank;
		MPI_Send(&sum, 1, MPI_INT, right, 0, MPI_COMM_WORLD);
	}

	MPI_Finalize();
	return 0;
}
