/* Sorts numbers that are spread over all processes: sample sort.
 *
 *     mpicc samplesort.c -o samplesort
 *     mpirun -n 4 ./samplesort [NUMBERS [DIFFERENT]]
 *
 * Everybody sorts what he has and shows a few of his numbers, at regular distances (MPI_Allgatherv). These
 * samples, sorted, tell everybody the same borders, which cut all numbers into parts of about the same size: one
 * for each process. How many numbers go from each to each is said first (MPI_Alltoall), then they go
 * (MPI_Alltoallv). In the end rank 0 collects the numbers and compares them with those that it sorts alone. */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *room(size_t count, size_t size) {
	void *memory = calloc(count + 1, size);
	if (!memory) {
		fprintf(stderr, "samplesort: no memory for %zu numbers\n", count);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	return memory;
}

/* Number i of those to sort: they look random, and are the same whoever has them. */
static uint32_t number(uint64_t i, uint32_t different) {
	i = (i + 1) * 0x9e3779b97f4a7c15;
	i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9;
	return (uint32_t)((i ^ i >> 32) % different);
}

static int compare(const void *a, const void *b) {
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void sort(uint32_t *numbers, int count) {
	qsort(numbers, (size_t)count, sizeof *numbers, compare);
}

/* Where each part begins when they stand one behind the other; returns how many there are together. */
static int places(const int *counts, int *starts, int parts) {
	int sum = 0;
	for (int i = 0; i < parts; sum += counts[i++])
		starts[i] = sum;
	return sum;
}

/* The borders between the processes' parts, size - 1 of them, from samples of everybody's sorted numbers. */
static void find_borders(const uint32_t *mine, int count, uint32_t *borders, int size) {
	int shown = count < size ? count : size;
	uint32_t *sample = room(shown, sizeof *sample);
	for (int i = 0; i < shown; i++)
		sample[i] = mine[(int64_t)count * i / shown];
	int *counts = room(size, sizeof *counts), *starts = room(size, sizeof *starts);
	MPI_Allgather(&shown, 1, MPI_INT, counts, 1, MPI_INT, MPI_COMM_WORLD);
	int all = places(counts, starts, size);
	uint32_t *samples = room(all, sizeof *samples);
	MPI_Allgatherv(sample, shown, MPI_UINT32_T, samples, counts, starts, MPI_UINT32_T, MPI_COMM_WORLD);
	sort(samples, all);
	for (int i = 0; i < size - 1; i++)
		borders[i] = all ? samples[(int64_t)all * (i + 1) / size] : 0;
	free(sample), free(counts), free(starts), free(samples);
}

/* Gives everybody his part; returns mine, sorted, and how many numbers it has. */
static uint32_t *exchange(const uint32_t *mine, int count, const uint32_t *borders, int size, int *got) {
	int *out = room(size, sizeof *out), *out_at = room(size, sizeof *out_at);
	int *in = room(size, sizeof *in), *in_at = room(size, sizeof *in_at);
	for (int i = 0, to = 0; i < count; i++) {
		while (to < size - 1 && mine[i] >= borders[to])
			to++;
		out[to]++;
	}
	MPI_Alltoall(out, 1, MPI_INT, in, 1, MPI_INT, MPI_COMM_WORLD);
	places(out, out_at, size);
	*got = places(in, in_at, size);
	uint32_t *part = room(*got, sizeof *part);
	MPI_Alltoallv(mine, out, out_at, MPI_UINT32_T, part, in, in_at, MPI_UINT32_T, MPI_COMM_WORLD);
	sort(part, *got);
	free(out), free(out_at), free(in), free(in_at);
	return part;
}

/* On rank 0: whether all parts, one behind the other, are what one process gets; the size of the largest part. */
static int check(const uint32_t *part, int got, int numbers, uint32_t different, int rank, int size,
		int *largest) {
	int *counts = room(size, sizeof *counts), *starts = room(size, sizeof *starts);
	MPI_Gather(&got, 1, MPI_INT, counts, 1, MPI_INT, 0, MPI_COMM_WORLD);
	int all = places(counts, starts, size), good = 1;
	uint32_t *together = room(all, sizeof *together);
	MPI_Gatherv(part, got, MPI_UINT32_T, together, counts, starts, MPI_UINT32_T, 0, MPI_COMM_WORLD);
	if (rank == 0) {
		uint32_t *alone = room(numbers, sizeof *alone);
		for (int i = 0; i < numbers; i++)
			alone[i] = number((uint64_t)i, different);
		sort(alone, numbers);
		good = all == numbers && memcmp(alone, together, (size_t)all * sizeof *alone) == 0;
		free(alone);
	}
	for (int i = *largest = 0; i < size; i++)
		*largest = counts[i] > *largest ? counts[i] : *largest;
	free(counts), free(starts), free(together);
	return good;
}

/* Number `which` of the command line, or what is taken where it is missing; -1 if it is none. */
static int option(int argc, char **argv, int which, int otherwise) {
	char *end = NULL;
	long n = argc > which ? strtol(argv[which], &end, 10) : otherwise;
	return (end && (*end || end == argv[which])) || n < 0 || n > 1000000000 ? -1 : (int)n;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int size, rank, largest, got;
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	int numbers = option(argc, argv, 1, 50000), different = option(argc, argv, 2, 1000000000);
	if (argc > 3 || numbers < 0 || different < 1) {
		if (rank == 0)
			fprintf(stderr, "usage: samplesort [NUMBERS [DIFFERENT]]: how many, of how many values (1 or more)\n");
		MPI_Finalize();
		return 2;
	}

	/* Everybody has every size-th number. */
	int count = numbers / size + (rank < numbers % size);
	uint32_t *mine = room(count, sizeof *mine), *borders = room(size, sizeof *borders);
	for (int i = 0; i < count; i++)
		mine[i] = number((uint64_t)i * size + rank, (uint32_t)different);
	sort(mine, count);
	find_borders(mine, count, borders, size);
	uint32_t *part = exchange(mine, count, borders, size, &got);

	int good = check(part, got, numbers, (uint32_t)different, rank, size, &largest);
	if (rank == 0)
		printf("samplesort: %d numbers on %d processes, %d at most on one: %s\n", numbers, size, largest,
			good ? "sorted, as one process does it" : "WRONG: one process sorts them in another way");
	free(mine), free(borders), free(part);
	MPI_Finalize();
	return good ? 0 : 1;
}
