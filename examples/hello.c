/* Every process says who it is.
 *
 *     mpicc hello.c -o hello
 *     mpirun -n 4 ./hello
 */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv) {
	/* Nothing else of MPI comes before this, and nothing after MPI_Finalize. */
	MPI_Init(&argc, &argv);

	/* MPI_COMM_WORLD holds all processes that mpirun started; each has its own rank, 0 to size - 1. */
	int rank, size;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);

	/* The name of the machine that this process runs on. */
	char name[MPI_MAX_PROCESSOR_NAME];
	int length;
	MPI_Get_processor_name(name, &length);

	/* The lines of different ranks come in any order, but each comes whole. */
	printf("hello from rank %d of %d on %s\n", rank, size, name);

	MPI_Finalize();
	return 0;
}
