/* Calls of procedures that run in another process (remote procedure calls).
 *
 *     mpicc rpc.c -o rpc
 *     mpirun -n 3 ./rpc [CALLS]
 *
 * Rank 0 is the server, all others are clients. A call is one MPI_Sendrecv: the arguments go there with the number
 * of the procedure as their tag, the answer comes back, and its tag says whether the call went well. So a stub
 * such as remote_sum looks like any function. The server takes calls from anybody (MPI_ANY_SOURCE), looks first
 * how long the arguments are (MPI_Mprobe), and runs what its table of procedures names. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { SERVER = 0 };
enum procedure { SUM = 1, SORT, LEAVE, PROCEDURES }; /* tags of calls */
enum { DONE = 100, UNKNOWN = 101 };                  /* tags of answers */

/* ---- the procedures: they work on `values` and return how many of them are the answer ---- */

static int sum(double *values, int count) {
	double all = 0;
	for (int i = 0; i < count; i++)
		all += values[i];
	values[0] = all; /* there is room for one, even if there are no arguments */
	return 1;
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int sort(double *values, int count) {
	qsort(values, (size_t)count, sizeof *values, compare);
	return count;
}

static int leave(double *values, int count) {
	(void)values, (void)count;
	return 0;
}

/* ---- the server ---- */

static int serve(int clients) {
	static int (*const procedures[PROCEDURES])(double *, int) = {[SUM] = sum, [SORT] = sort, [LEAVE] = leave};
	int calls = 0;
	while (clients > 0) {
		MPI_Message message;
		MPI_Status call;
		int count, tag = UNKNOWN, answers = 0;
		MPI_Mprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &message, &call);
		MPI_Get_count(&call, MPI_DOUBLE, &count);
		double *values = malloc(((size_t)count + 1) * sizeof *values);
		if (!values)
			MPI_Abort(MPI_COMM_WORLD, 1);
		MPI_Mrecv(values, count, MPI_DOUBLE, &message, MPI_STATUS_IGNORE);
		if (call.MPI_TAG < PROCEDURES && procedures[call.MPI_TAG]) {
			tag = DONE;
			answers = procedures[call.MPI_TAG](values, count);
		}
		/* The client waits for this in its MPI_Sendrecv, so nothing can stand in the way. */
		MPI_Send(values, answers, MPI_DOUBLE, call.MPI_SOURCE, tag, MPI_COMM_WORLD);
		free(values);
		clients -= call.MPI_TAG == LEAVE;
		calls++;
	}
	return calls;
}

/* ---- the clients: one function that calls, and a stub for each procedure ---- */

/* Returns how many answers came, at most room of them; -1 when the server has no such procedure. */
static int call(int procedure, const double *arguments, int count, double *answers, int room) {
	MPI_Status status;
	int got;
	MPI_Sendrecv(arguments, count, MPI_DOUBLE, SERVER, procedure, answers, room, MPI_DOUBLE, SERVER, MPI_ANY_TAG,
		MPI_COMM_WORLD, &status);
	MPI_Get_count(&status, MPI_DOUBLE, &got);
	return status.MPI_TAG == DONE ? got : -1;
}

static double remote_sum(const double *values, int count) {
	double answer = -1;
	call(SUM, values, count, &answer, 1);
	return answer;
}

static int remote_sort(const double *values, int count, double *sorted) {
	return call(SORT, values, count, sorted, count);
}

/* Calls with few arguments, now and then with many; returns how many answers are not those of a local call. */
static int client(int rank, int calls) {
	int wrong = 0;
	for (int i = 0; i < calls; i++) {
		int count = i % 10 == 9 ? 5000 + rank : i % 50;
		size_t bytes = ((size_t)count + 1) * sizeof(double);
		double *values = malloc(bytes), *sorted = malloc(bytes);
		if (!values || !sorted)
			MPI_Abort(MPI_COMM_WORLD, 1);
		for (int k = 0; k < count; k++)
			values[k] = (k * 7919 + i * 31 + rank) % 1009;
		double total = remote_sum(values, count);
		int got = remote_sort(values, count, sorted);

		sort(values, count);
		wrong += got != count;
		for (int k = 0; k < count; k++)
			wrong += sorted[k] != values[k];
		sum(values, count);
		wrong += total != values[0];
		free(values), free(sorted);
	}
	wrong += call(77, NULL, 0, NULL, 0) != -1; /* there is no such procedure */
	wrong += call(LEAVE, NULL, 0, NULL, 0) != 0;
	return wrong;
}

/* Number `which` of the command line, or what is taken where it is missing; -1 if it is none. */
static int option(int argc, char **argv, int which, int otherwise) {
	char *end = NULL;
	long n = argc > which ? strtol(argv[which], &end, 10) : otherwise;
	return (end && (*end || end == argv[which])) || n < 0 || n > 1000000 ? -1 : (int)n;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size, done = 0, wrong = 0, all_wrong = 0, calls = option(argc, argv, 1, 100);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	if (size < 2 || argc > 2 || calls < 0) {
		if (rank == 0)
			fprintf(stderr, "%s\n", size < 2 ? "rpc: there is nobody to call: start it with mpirun -n 2, or more"
				: "usage: rpc [CALLS]: how often each client calls each procedure, 0 to 1000000");
		MPI_Finalize();
		return 2;
	}

	if (rank == SERVER)
		done = serve(size - 1);
	else
		wrong = client(rank, calls);
	MPI_Reduce(&wrong, &all_wrong, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
	int good = all_wrong == 0 && done == (size - 1) * (2 * calls + 2);
	if (rank == 0)
		printf("rpc: %d calls of %d clients: %s\n", done, size - 1,
			good ? "all answers are right" : "WRONG answers");
	MPI_Finalize();
	return rank == 0 && !good ? 1 : 0;
}
