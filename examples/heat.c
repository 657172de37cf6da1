/* Heat spreads over a plate: each step makes every cell the mean of its four neighbours (Jacobi's method).
 *
 *     mpicc heat.c -o heat
 *     mpirun -n 4 ./heat [ROWS [COLUMNS [STEPS]]]
 *
 * The plate is cut into blocks, one for each process of a grid (MPI_Cart_create). Around its block a process keeps
 * a margin, one cell wide, for copies of what its neighbours have there. Before each step the margins are
 * exchanged in one call (MPI_Neighbor_alltoallw): rows and columns of the same memory, as the datatypes say. In
 * the end rank 0 collects the plate, each block going straight to its place, and compares it with what it computes
 * alone. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static const double HOT = 100, STILL = 1e-5; /* the upper edge, in degrees; a change that is none any more */

struct block {
	int top, left, rows, columns; /* where in the plate, and how large without the margin */
	double *now, *next;           /* (rows + 2) x (columns + 2) cells, row by row */
};

static struct block block_new(int top, int left, int rows, int columns) {
	size_t cells = (size_t)(rows + 2) * (columns + 2);
	struct block b = {top, left, rows, columns, calloc(cells, sizeof(double)), calloc(cells, sizeof(double))};
	if (!b.now || !b.next) {
		fprintf(stderr, "heat: no memory for %d x %d cells\n", rows, columns);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	for (int c = 0; top == 0 && c < columns + 2; c++)
		b.now[c] = b.next[c] = HOT;
	return b;
}

static void block_free(struct block *b) {
	free(b->now);
	free(b->next);
}

/* The cell of row r and column c; the margin is row 0, row rows + 1, and the same with columns. */
static size_t at(const struct block *b, int r, int c) {
	return (size_t)r * (b->columns + 2) + c;
}

/* One step; returns the largest change. */
static double step(struct block *b) {
	double largest = 0;
	for (int r = 1; r <= b->rows; r++)
		for (int c = 1; c <= b->columns; c++) {
			size_t i = at(b, r, c), line = b->columns + 2;
			b->next[i] = 0.25 * (b->now[i - line] + b->now[i + line] + b->now[i - 1] + b->now[i + 1]);
			double change = b->next[i] > b->now[i] ? b->next[i] - b->now[i] : b->now[i] - b->next[i];
			if (change > largest)
				largest = change;
		}
	double *swap = b->now;
	b->now = b->next;
	b->next = swap;
	return largest;
}

/* Steps of all processes together, until nothing changes any more; returns how many. */
static int spread(struct block *b, int steps, MPI_Comm grid) {
	MPI_Datatype row, column;
	MPI_Type_contiguous(b->columns, MPI_DOUBLE, &row);
	MPI_Type_vector(b->rows, 1, b->columns + 2, MPI_DOUBLE, &column);
	MPI_Type_commit(&row);
	MPI_Type_commit(&column);

	/* Neighbours of a grid come in this order: above, below, left, right. At the edge of the plate there is none
	 * (MPI_PROC_NULL), nothing is sent there, and the margin stays as it is. */
	const int counts[4] = {1, 1, 1, 1};
	const MPI_Datatype types[4] = {row, row, column, column};
	const MPI_Aint cell = sizeof(double);
	const MPI_Aint edges[4] = {at(b, 1, 1) * cell, at(b, b->rows, 1) * cell, at(b, 1, 1) * cell,
		at(b, 1, b->columns) * cell};
	const MPI_Aint margins[4] = {at(b, 0, 1) * cell, at(b, b->rows + 1, 1) * cell, at(b, 1, 0) * cell,
		at(b, 1, b->columns + 1) * cell};

	int done = 0;
	for (double change = HOT; done < steps && change > STILL; done++) {
		MPI_Neighbor_alltoallw(b->now, counts, edges, types, b->now, counts, margins, types, grid);
		change = step(b);
		MPI_Allreduce(MPI_IN_PLACE, &change, 1, MPI_DOUBLE, MPI_MAX, grid);
	}
	MPI_Type_free(&row);
	MPI_Type_free(&column);
	return done;
}

/* Part number i when n things are shared out: returns how many, and which is the first. */
static int part(int n, int parts, int i, int *first) {
	int each = n / parts, more = n % parts;
	*first = i * each + (i < more ? i : more);
	return each + (i < more);
}

/* Where the block of a process is in the plate. */
static struct block place(int rows, int columns, const int *dims, const int *coords) {
	struct block b = {0};
	b.rows = part(rows, dims[0], coords[0], &b.top);
	b.columns = part(columns, dims[1], coords[1], &b.left);
	return b;
}

/* A type for the cells of a block, without its margin, within memory that is larger. */
static MPI_Datatype inner(int rows, int columns, int top, int left, const struct block *b) {
	MPI_Datatype type;
	int whole[2] = {rows + 2, columns + 2}, piece[2] = {b->rows, b->columns}, start[2] = {top + 1, left + 1};
	MPI_Type_create_subarray(2, whole, piece, start, MPI_ORDER_C, MPI_DOUBLE, &type);
	MPI_Type_commit(&type);
	return type;
}

static void collect(struct block *plate, const struct block *mine, const int *dims, MPI_Comm grid) {
	int size, rank, coords[2];
	MPI_Comm_size(grid, &size);
	MPI_Comm_rank(grid, &rank);
	MPI_Datatype type = inner(mine->rows, mine->columns, 0, 0, mine);
	MPI_Request request;
	MPI_Isend(mine->now, 1, type, 0, 0, grid, &request);
	for (int from = 0; rank == 0 && from < size; from++) {
		MPI_Cart_coords(grid, from, 2, coords);
		struct block b = place(plate->rows, plate->columns, dims, coords);
		MPI_Datatype there = inner(plate->rows, plate->columns, b.top, b.left, &b);
		MPI_Recv(plate->now, 1, there, from, 0, grid, MPI_STATUS_IGNORE);
		MPI_Type_free(&there);
	}
	MPI_Wait(&request, MPI_STATUS_IGNORE);
	MPI_Type_free(&type);
}

/* Whether a plate is the same as what one process makes of it in as many steps. */
static int same(const struct block *plate, int steps) {
	struct block alone = block_new(0, 0, plate->rows, plate->columns);
	for (int i = 0; i < steps; i++)
		step(&alone);
	int wrong = 0;
	for (int r = 1; r <= plate->rows; r++)
		for (int c = 1; c <= plate->columns; c++) {
			double difference = plate->now[at(plate, r, c)] - alone.now[at(plate, r, c)];
			wrong += !(difference < 1e-9 && difference > -1e-9);
		}
	block_free(&alone);
	return wrong == 0;
}

/* Number `which` of the command line, or what is taken where it is missing; -1 if it is none. */
static int option(int argc, char **argv, int which, int otherwise) {
	char *end = NULL;
	long n = argc > which ? strtol(argv[which], &end, 10) : otherwise;
	return (end && (*end || end == argv[which])) || n < 0 || n > 100000 ? -1 : (int)n;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int size, rank, good = 1, dims[2] = {0, 0}, coords[2], periods[2] = {0, 0};
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	int rows = option(argc, argv, 1, 40), columns = option(argc, argv, 2, 60), steps = option(argc, argv, 3, 300);
	if (argc > 4 || rows < 1 || columns < 1 || steps < 0) {
		if (rank == 0)
			fprintf(stderr, "usage: heat [ROWS [COLUMNS [STEPS]]]: numbers to 100000, at least one cell\n");
		MPI_Finalize();
		return 2;
	}

	/* With more processes than rows or columns, some stay out of the grid and have nothing to do. */
	MPI_Dims_create(size, 2, dims);
	dims[0] = dims[0] < rows ? dims[0] : rows;
	dims[1] = dims[1] < columns ? dims[1] : columns;
	MPI_Comm grid;
	MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 1, &grid);
	if (grid != MPI_COMM_NULL) {
		MPI_Comm_rank(grid, &rank);
		MPI_Cart_coords(grid, rank, 2, coords);
		struct block mine = place(rows, columns, dims, coords);
		mine = block_new(mine.top, mine.left, mine.rows, mine.columns);
		int done = spread(&mine, steps, grid);
		struct block plate = {0};
		if (rank == 0)
			plate = block_new(0, 0, rows, columns);
		collect(&plate, &mine, dims, grid);
		if (rank == 0) {
			good = same(&plate, done);
			printf("heat: %d x %d cells on %d x %d processes, %d steps: %.4f degrees in the middle, %s\n", rows,
				columns, dims[0], dims[1], done, plate.now[at(&plate, (rows + 1) / 2, (columns + 1) / 2)],
				good ? "as one process has it" : "WRONG: one process has something else");
		}
		block_free(&plate);
		block_free(&mine);
		MPI_Comm_free(&grid);
	}
	MPI_Finalize();
	return good ? 0 : 1;
}
