/* Transposes a matrix whose rows are spread over all processes.
 *
 *     mpicc transpose.c -o transpose
 *     mpirun -n 4 ./transpose [ROWS [COLUMNS]]
 *
 * Each process has some rows of the matrix and shall have some rows of the transposed one, which are columns of
 * the matrix. So everybody has a block for everybody (MPI_Alltoallw). No loop turns the numbers round: the
 * sender's datatype takes them column by column, the receiver's puts them row by row into a part of its rows. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static void *room(size_t count, size_t size) {
	void *memory = calloc(count + 1, size);
	if (!memory) {
		fprintf(stderr, "transpose: no memory for %zu elements\n", count);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	return memory;
}

/* Part number i when n things are shared out: returns how many, and which is the first. */
static int part(int n, int parts, int i, int *first) {
	int each = n / parts, more = n % parts;
	*first = i * each + (i < more ? i : more);
	return each + (i < more);
}

/* count columns of a matrix with so many rows and `width` columns, taken one column after the other. */
static MPI_Datatype columns_of(int rows, int width, int count) {
	MPI_Datatype column, next_to_it, type;
	MPI_Type_vector(rows, 1, width, MPI_DOUBLE, &column);
	MPI_Type_create_resized(column, 0, sizeof(double), &next_to_it); /* the next begins one element further */
	MPI_Type_contiguous(count, next_to_it, &type);
	MPI_Type_commit(&type);
	MPI_Type_free(&column);
	MPI_Type_free(&next_to_it);
	return type;
}

/* From rows x columns to columns x rows; each process has its part of the rows, before and after. */
static void transpose(const double *from, double *to, int rows, int columns, MPI_Comm comm) {
	int size, rank, first;
	MPI_Comm_size(comm, &size);
	MPI_Comm_rank(comm, &rank);
	int my_rows = part(rows, size, rank, &first), my_columns = part(columns, size, rank, &first);

	int *ones = room(size, sizeof *ones), *out_at = room(size, sizeof *out_at), *in_at = room(size, sizeof *in_at);
	MPI_Datatype *out = room(size, sizeof(MPI_Datatype)), *in = room(size, sizeof(MPI_Datatype));
	for (int other = 0; other < size; other++) {
		ones[other] = 1;
		out[other] = columns_of(my_rows, columns, part(columns, size, other, &first));
		out_at[other] = first * (int)sizeof(double);
		MPI_Type_vector(my_columns, part(rows, size, other, &first), rows, MPI_DOUBLE, &in[other]);
		MPI_Type_commit(&in[other]);
		in_at[other] = first * (int)sizeof(double);
	}
	MPI_Alltoallw(from, ones, out_at, out, to, ones, in_at, in, comm);
	for (int other = 0; other < size; other++) {
		MPI_Type_free(&out[other]);
		MPI_Type_free(&in[other]);
	}
	free(ones), free(out_at), free(in_at), free(out), free(in);
}

/* What stands in row r and column c of the matrix, whoever has it. */
static double element(int r, int c) {
	return r + c / 100000.0;
}

/* Number `which` of the command line, or what is taken where it is missing; -1 if it is none. */
static int option(int argc, char **argv, int which, int otherwise) {
	char *end = NULL;
	long n = argc > which ? strtol(argv[which], &end, 10) : otherwise;
	return (end && (*end || end == argv[which])) || n < 0 || n > 100000 ? -1 : (int)n;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int size, rank, row, column;
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	int rows = option(argc, argv, 1, 300), columns = option(argc, argv, 2, 200);
	if (argc > 3 || rows < 0 || columns < 0) {
		if (rank == 0)
			fprintf(stderr, "usage: transpose [ROWS [COLUMNS]]: numbers to 100000\n");
		MPI_Finalize();
		return 2;
	}

	int my_rows = part(rows, size, rank, &row), my_columns = part(columns, size, rank, &column);
	double *matrix = room((size_t)my_rows * columns, sizeof *matrix);
	double *turned = room((size_t)my_columns * rows, sizeof *turned);
	double *again = room((size_t)my_rows * columns, sizeof *again);
	for (int r = 0; r < my_rows; r++)
		for (int c = 0; c < columns; c++)
			matrix[(size_t)r * columns + c] = element(row + r, c);

	/* There, which everybody can check for his rows, and back. */
	transpose(matrix, turned, rows, columns, MPI_COMM_WORLD);
	transpose(turned, again, columns, rows, MPI_COMM_WORLD);
	long wrong = 0, all_wrong = 0;
	for (int c = 0; c < my_columns; c++)
		for (int r = 0; r < rows; r++)
			wrong += turned[(size_t)c * rows + r] != element(r, column + c);
	for (size_t i = 0; i < (size_t)my_rows * columns; i++)
		wrong += again[i] != matrix[i];
	MPI_Reduce(&wrong, &all_wrong, 1, MPI_LONG, MPI_SUM, 0, MPI_COMM_WORLD);

	if (rank == 0 && all_wrong)
		printf("transpose: WRONG: %ld elements are in the wrong place\n", all_wrong);
	else if (rank == 0)
		printf("transpose: %d x %d elements on %d processes, there and back: all in their places\n", rows, columns,
			size);
	free(matrix), free(turned), free(again);
	MPI_Finalize();
	return all_wrong ? 1 : 0;
}
