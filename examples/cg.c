/* Solves a large system of linear equations, A x = b, by conjugate gradients.
 *
 *     mpicc cg.c -o cg
 *     mpirun -n 4 ./cg [SIDE]
 *
 * A is what comes out of the heat equation on a square of SIDE x SIDE cells: four times a cell minus its four
 * neighbours. It is never stored. Each process has some lines of the square; to multiply with A it needs one line
 * more on both sides, which come from its neighbours (MPI_Sendrecv). What all have to know are two sums in each
 * round (MPI_Allreduce). b is made so that x is known beforehand, and rank 0 solves the system alone too: the
 * result is compared with both. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

struct lines { /* the lines of one process, and who has those above and below */
	int side, first, count, above, below;
	MPI_Comm comm;
};

static double *vector_new(const struct lines *l) { /* with a line more above and below */
	double *v = calloc((size_t)(l->count + 2) * l->side, sizeof *v);
	if (!v) {
		fprintf(stderr, "cg: no memory for %d lines of %d cells\n", l->count, l->side);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	return v;
}

static struct lines share(int side, MPI_Comm comm) {
	int size, rank;
	MPI_Comm_size(comm, &size);
	MPI_Comm_rank(comm, &rank);
	int each = side / size, more = side % size, last = (size < side ? size : side) - 1;
	struct lines l = {side, rank * each + (rank < more ? rank : more), each + (rank < more), 0, 0, comm};
	/* Whoever has no lines, because there are more processes than lines, has no neighbours. */
	l.above = rank > 0 && rank <= last ? rank - 1 : MPI_PROC_NULL;
	l.below = rank < last ? rank + 1 : MPI_PROC_NULL;
	return l;
}

/* to = A from. Line 0 and line count + 1 of `from` are filled with the neighbours' before. */
static void multiply(const struct lines *l, double *from, double *to) {
	int n = l->side;
	double *top = from + n, *bottom = from + (size_t)l->count * n;
	MPI_Sendrecv(top, n, MPI_DOUBLE, l->above, 0, bottom + n, n, MPI_DOUBLE, l->below, 0, l->comm,
		MPI_STATUS_IGNORE);
	MPI_Sendrecv(bottom, n, MPI_DOUBLE, l->below, 1, from, n, MPI_DOUBLE, l->above, 1, l->comm,
		MPI_STATUS_IGNORE);
	for (int r = 1; r <= l->count; r++)
		for (int c = 0; c < n; c++) {
			size_t i = (size_t)r * n + c;
			double left = c > 0 ? from[i - 1] : 0, right = c < n - 1 ? from[i + 1] : 0;
			to[i] = 4 * from[i] - from[i - n] - from[i + n] - left - right;
		}
}

/* The scalar product of two vectors that are spread over all processes. */
static double dot(const struct lines *l, const double *a, const double *b) {
	double sum = 0;
	for (size_t i = l->side; i < (size_t)(l->count + 1) * l->side; i++)
		sum += a[i] * b[i];
	MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, l->comm);
	return sum;
}

/* a = b + factor c */
static void add(const struct lines *l, double *a, const double *b, double factor, const double *c) {
	for (size_t i = l->side; i < (size_t)(l->count + 1) * l->side; i++)
		a[i] = b[i] + factor * c[i];
}

/* What x shall be. */
static double wanted(int line, int column) {
	return (line * 7 + column * 3) % 11 - 5;
}

/* Finds x, which begins as 0; returns the number of rounds. */
static int solve(const struct lines *l, double *x) {
	double *r = vector_new(l), *p = vector_new(l), *q = vector_new(l);
	for (int i = 0; i < l->count; i++)
		for (int c = 0; c < l->side; c++)
			p[(size_t)(i + 1) * l->side + c] = wanted(l->first + i, c);
	multiply(l, p, r); /* b, which is also what is missing as long as x is 0 */
	add(l, p, r, 0, r);
	double missing = dot(l, r, r), enough = missing * 1e-24;
	int rounds = 0;
	for (; missing > enough && rounds < 10 * l->side + 100; rounds++) {
		multiply(l, p, q);
		double length = missing / dot(l, p, q);
		add(l, x, x, length, p);
		add(l, r, r, -length, q);
		double before = missing;
		missing = dot(l, r, r);
		add(l, p, r, missing / before, p);
	}
	free(r), free(p), free(q);
	return rounds;
}

/* On rank 0: how many cells of x are not what they should be, or not what one process finds. */
static int check(const struct lines *l, const double *x) {
	int size, rank, wrong = 0;
	MPI_Comm_size(l->comm, &size);
	MPI_Comm_rank(l->comm, &rank);
	struct lines whole = share(l->side, MPI_COMM_SELF);
	double *together = rank == 0 ? vector_new(&whole) : NULL, *alone = rank == 0 ? vector_new(&whole) : NULL;
	int *counts = calloc(size, sizeof *counts), *starts = calloc(size, sizeof *starts);
	MPI_Datatype line;
	MPI_Type_contiguous(l->side, MPI_DOUBLE, &line);
	MPI_Type_commit(&line);
	MPI_Gather(&l->count, 1, MPI_INT, counts, 1, MPI_INT, 0, l->comm);
	MPI_Gather(&l->first, 1, MPI_INT, starts, 1, MPI_INT, 0, l->comm);
	MPI_Gatherv(x + l->side, l->count, line, together, counts, starts, line, 0, l->comm);
	if (rank == 0) {
		solve(&whole, alone);
		for (int r = 0; r < l->side; r++)
			for (int c = 0; c < l->side; c++) {
				size_t i = (size_t)r * l->side + c;
				double a = together[i] - wanted(r, c), b = together[i] - alone[i + l->side];
				wrong += !(a < 1e-6 && a > -1e-6 && b < 1e-6 && b > -1e-6);
			}
	}
	MPI_Type_free(&line);
	free(together), free(alone), free(counts), free(starts);
	return wrong;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size, side = argc > 1 ? atoi(argv[1]) : 50;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	if (argc > 2 || side < 1 || side > 10000) {
		if (rank == 0)
			fprintf(stderr, "usage: cg [SIDE]: 1 to 10000\n");
		MPI_Finalize();
		return 2;
	}

	struct lines lines = share(side, MPI_COMM_WORLD);
	double *x = vector_new(&lines);
	int rounds = solve(&lines, x), wrong = check(&lines, x);
	if (rank == 0 && wrong)
		printf("cg: WRONG: %d of %d unknowns are not what they should be\n", wrong, side * side);
	else if (rank == 0)
		printf("cg: %d unknowns on %d processes, solved in %d rounds, as one process does it\n", side * side, size,
			rounds);
	free(x);
	MPI_Finalize();
	return wrong ? 1 : 0;
}
