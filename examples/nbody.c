/* Bodies that attract each other: planets without a sun.
 *
 *     mpicc nbody.c -o nbody -lm
 *     mpirun -n 4 ./nbody [BODIES [STEPS]]
 *
 * Each process moves some of the bodies, and each body feels all the others. So copies of them travel round the
 * ring of processes: while a process computes what the bodies that are with it just now do to its own, those
 * bodies are already on their way to the right, and the next come from the left (MPI_Isend, MPI_Irecv). After one
 * round everybody has met everybody, and no process ever had more than three blocks of bodies. In the end rank 0
 * collects the bodies and compares them with those that it has moved alone. */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

struct visitor { /* what others need to know of a body */
	double x, y, z, mass;
};
struct body {
	struct visitor here;
	double vx, vy, vz, ax, ay, az;
};

static const double TIME = 0.001, SOFT = 1e-4; /* a step; nobody comes closer than the root of that */

static void *room(int count, size_t size) {
	void *memory = calloc((size_t)count + 1, size);
	if (!memory) {
		fprintf(stderr, "nbody: no memory for %d bodies\n", count);
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

/* Bodies first to first + count - 1: somewhere in a cube, at rest. */
static struct body *bodies_new(int first, int count) {
	struct body *bodies = room(count, sizeof *bodies);
	for (int i = 0; i < count; i++) {
		unsigned n = (unsigned)(first + i) * 2654435761u + 12345;
		double *place[] = {&bodies[i].here.x, &bodies[i].here.y, &bodies[i].here.z, &bodies[i].here.mass};
		for (int k = 0; k < 4; k++) {
			n = n * 1664525 + 1013904223;
			*place[k] = (n >> 8) / 16777216.0;
		}
	}
	return bodies;
}

/* What the visitors do to the bodies. A body that meets itself feels nothing, as its distance is 0. */
static void attract(struct body *bodies, int count, const struct visitor *visitors, int visiting) {
	for (int i = 0; i < count; i++)
		for (int j = 0; j < visiting; j++) {
			double x = visitors[j].x - bodies[i].here.x, y = visitors[j].y - bodies[i].here.y;
			double z = visitors[j].z - bodies[i].here.z, square = x * x + y * y + z * z + SOFT;
			double pull = visitors[j].mass / (square * sqrt(square));
			bodies[i].ax += pull * x;
			bodies[i].ay += pull * y;
			bodies[i].az += pull * z;
		}
}

static void move(struct body *bodies, int count) {
	for (int i = 0; i < count; i++) {
		struct body *b = &bodies[i];
		b->vx += b->ax * TIME;
		b->vy += b->ay * TIME;
		b->vz += b->az * TIME;
		b->here.x += b->vx * TIME;
		b->here.y += b->vy * TIME;
		b->here.z += b->vz * TIME;
		b->ax = b->ay = b->az = 0;
	}
}

/* Steps of the bodies of all processes of comm, of which there are `all`; `count` of them are here. */
static void live(struct body *bodies, int count, int all, int steps, MPI_Comm comm) {
	int rank, size, first;
	MPI_Comm_rank(comm, &rank);
	MPI_Comm_size(comm, &size);
	int right = (rank + 1) % size, left = (rank + size - 1) % size, most = part(all, size, 0, &first);
	struct visitor *visitors = room(most, sizeof *visitors), *next = room(most, sizeof *next);
	MPI_Datatype type;
	MPI_Type_contiguous(4, MPI_DOUBLE, &type);
	MPI_Type_commit(&type);
	for (int s = 0; s < steps; s++) {
		for (int i = 0; i < count; i++)
			visitors[i] = bodies[i].here;
		for (int round = 0, visiting = count; round < size; round++) {
			int coming = part(all, size, (rank + size - (round + 1) % size) % size, &first);
			MPI_Request requests[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
			if (round < size - 1) {
				MPI_Irecv(next, coming, type, left, 0, comm, &requests[0]);
				MPI_Isend(visitors, visiting, type, right, 0, comm, &requests[1]);
			}
			attract(bodies, count, visitors, visiting);
			MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
			struct visitor *swap = visitors;
			visitors = next;
			next = swap;
			visiting = coming;
		}
		move(bodies, count);
	}
	MPI_Type_free(&type);
	free(visitors), free(next);
}

/* Rank 0 collects all bodies, and counts those that are not where they are when it moves them alone. The order in
 * which forces are added is not the same, so the last digits may be different. */
static int check(const struct body *mine, int count, int all, int steps) {
	int rank, size;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	int *counts = room(size, sizeof *counts), *starts = room(size, sizeof *starts);
	for (int r = 0; r < size; r++)
		counts[r] = part(all, size, r, &starts[r]);
	MPI_Datatype type;
	MPI_Type_contiguous(sizeof(struct body) / sizeof(double), MPI_DOUBLE, &type);
	MPI_Type_commit(&type);
	struct body *together = room(rank == 0 ? all : 0, sizeof *together);
	MPI_Gatherv(mine, count, type, together, counts, starts, type, 0, MPI_COMM_WORLD);
	int lost = 0;
	if (rank == 0) {
		struct body *alone = bodies_new(0, all);
		live(alone, all, all, steps, MPI_COMM_SELF);
		for (int i = 0; i < all; i++) {
			struct visitor a = alone[i].here, b = together[i].here;
			double apart = fabs(a.x - b.x) + fabs(a.y - b.y) + fabs(a.z - b.z) + fabs(a.mass - b.mass);
			lost += !(apart < 1e-9);
		}
		free(alone);
	}
	MPI_Type_free(&type);
	free(counts), free(starts), free(together);
	return lost;
}

/* Number `which` of the command line, or what is taken where it is missing; -1 if it is none. */
static int option(int argc, char **argv, int which, int otherwise) {
	char *end = NULL;
	long n = argc > which ? strtol(argv[which], &end, 10) : otherwise;
	return (end && (*end || end == argv[which])) || n < 0 || n > 10000000 ? -1 : (int)n;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size, first;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	int all = option(argc, argv, 1, 300), steps = option(argc, argv, 2, 10);
	if (argc > 3 || all < 0 || steps < 0) {
		if (rank == 0)
			fprintf(stderr, "usage: nbody [BODIES [STEPS]]: numbers to 10000000\n");
		MPI_Finalize();
		return 2;
	}

	int count = part(all, size, rank, &first);
	struct body *mine = bodies_new(first, count);
	live(mine, count, all, steps, MPI_COMM_WORLD);
	int lost = check(mine, count, all, steps);
	if (rank == 0 && lost)
		printf("nbody: WRONG: %d of %d bodies are not where one process has them\n", lost, all);
	else if (rank == 0)
		printf("nbody: %d bodies on %d processes, %d steps: where one process has them\n", all, size, steps);
	free(mine);
	MPI_Finalize();
	return lost ? 1 : 0;
}
