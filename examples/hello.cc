// Every process says who it is, in C++.
//
//     mpicxx hello.cc -o hello
//     mpirun -n 4 ./hello
#include <mpi.h>

#include <iostream>
#include <sstream>
#include <string>

int main(int argc, char **argv) {
	// Nothing else of MPI comes before this, and nothing after MPI_Finalize.
	MPI_Init(&argc, &argv);

	// MPI_COMM_WORLD holds all processes that mpirun started; each has its own rank, 0 to size - 1.
	int rank, size;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);

	// The name of the machine that this process runs on. MPI has the same functions in C++ as in C.
	char name[MPI_MAX_PROCESSOR_NAME];
	int length;
	MPI_Get_processor_name(name, &length);

	// Put the line together first, so that it goes out in one piece.
	std::ostringstream line;
	line << "hello from rank " << rank << " of " << size << " on " << std::string(name, length) << '\n';
	std::cout << line.str() << std::flush;

	MPI_Finalize();
	return 0;
}
