/* A queue of work between producers and consumers.
 *
 *     mpicc queue.c -o queue
 *     mpirun -n 5 ./queue [ITEMS [CAPACITY]]
 *
 * Rank 0 keeps the queue. Of the others, those with odd ranks produce and those with even ranks consume. Who has
 * an item asks for a place, and gets an answer as soon as there is one: a full queue slows the producers down. Who
 * wants one asks too, and gets an answer as soon as there is an item, or when there will never be one again. So
 * nobody spins: all wait in a receive. In the end rank 0 looks whether each item was consumed once, and in the
 * right order. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEEPER = 0, PUT = 1, GET, NO_MORE, PLACE, ITEM, END }; /* tags; the last three are answers */

static void *room(size_t count, size_t size) {
	void *memory = calloc(count + 1, size);
	if (!memory) {
		fprintf(stderr, "queue: no memory for %zu things\n", count);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	return memory;
}

struct ring { /* what came first goes first */
	long *items;
	int first, count, most;
};

static void ring_put(struct ring *r, long item) {
	r->items[(r->first + r->count++) % r->most] = item;
}

static long ring_get(struct ring *r) {
	long item = r->items[r->first];
	r->first = (r->first + 1) % r->most;
	r->count--;
	return item;
}

/* Keeps the queue until all producers and consumers are done; returns how full it ever was. */
static int keep(int producers, int consumers, int capacity) {
	int clients = producers + consumers, fullest = 0;
	struct ring queue = {room(capacity, sizeof(long)), 0, 0, capacity};
	/* Who waits for an answer: producers, each with its rank and its item, and consumers. */
	struct ring puts = {room(2 * (size_t)clients, sizeof(long)), 0, 0, 2 * clients};
	struct ring gets = {room(clients, sizeof(long)), 0, 0, clients};
	while (consumers > 0) {
		long item;
		MPI_Status status;
		MPI_Recv(&item, 1, MPI_LONG, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
		if (status.MPI_TAG == PUT) {
			ring_put(&puts, status.MPI_SOURCE);
			ring_put(&puts, item);
		} else if (status.MPI_TAG == GET) {
			ring_put(&gets, status.MPI_SOURCE);
		} else {
			producers--;
		}
		/* Whatever can be answered now is answered. */
		for (int more = 1; more;) {
			more = 0;
			if (puts.count > 0 && queue.count < capacity) {
				int producer = (int)ring_get(&puts);
				ring_put(&queue, ring_get(&puts));
				MPI_Send(NULL, 0, MPI_LONG, producer, PLACE, MPI_COMM_WORLD);
				more = 1;
			}
			fullest = queue.count > fullest ? queue.count : fullest;
			if (gets.count > 0 && queue.count > 0) {
				item = ring_get(&queue);
				MPI_Send(&item, 1, MPI_LONG, (int)ring_get(&gets), ITEM, MPI_COMM_WORLD);
				more = 1;
			}
		}
		for (; producers == 0 && queue.count == 0 && gets.count > 0; consumers--)
			MPI_Send(NULL, 0, MPI_LONG, (int)ring_get(&gets), END, MPI_COMM_WORLD);
	}
	free(queue.items), free(puts.items), free(gets.items);
	return fullest;
}

/* Item number i of all is produced by producer i % producers. */
static void produce(int number, int producers, int items) {
	for (long item = number; item < items; item += producers)
		MPI_Sendrecv(&item, 1, MPI_LONG, KEEPER, PUT, NULL, 0, MPI_LONG, KEEPER, PLACE, MPI_COMM_WORLD,
			MPI_STATUS_IGNORE);
	MPI_Send(&(long){0}, 1, MPI_LONG, KEEPER, NO_MORE, MPI_COMM_WORLD);
}

/* Counts each item that it gets; returns how many came out of order: those of one producer become larger. */
static int consume(int producers, int items, int *times) {
	int wrong = 0;
	long item, *last = room(producers, sizeof *last);
	for (int p = 0; p < producers; p++)
		last[p] = -1;
	for (;;) {
		MPI_Status status;
		MPI_Sendrecv(&(long){0}, 1, MPI_LONG, KEEPER, GET, &item, 1, MPI_LONG, KEEPER, MPI_ANY_TAG, MPI_COMM_WORLD,
			&status);
		if (status.MPI_TAG == END)
			break;
		if (item < 0 || item >= items) {
			wrong++;
			continue;
		}
		wrong += item <= last[item % producers];
		last[item % producers] = item;
		times[item]++;
	}
	free(last);
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
	int rank, size, fullest = 0, wrong = 0, all_wrong = 0;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	int items = option(argc, argv, 1, 1000), capacity = option(argc, argv, 2, 16);
	if (size < 3 || argc > 3 || items < 0 || capacity < 1) {
		if (rank == 0)
			fprintf(stderr, "%s\n", size < 3
				? "queue: a keeper, a producer and a consumer: start it with mpirun -n 3, or more"
				: "usage: queue [ITEMS [CAPACITY]]: how many items, and places in the queue (1 or more)");
		MPI_Finalize();
		return 2;
	}

	int producers = size / 2, consumers = (size - 1) / 2;
	int *times = room(items, sizeof *times), *all_times = room(items, sizeof *all_times);
	if (rank == KEEPER)
		fullest = keep(producers, consumers, capacity);
	else if (rank % 2 == 1)
		produce(rank / 2, producers, items);
	else
		wrong = consume(producers, items, times);

	MPI_Reduce(&wrong, &all_wrong, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
	MPI_Reduce(times, all_times, items, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
	for (int i = 0; rank == 0 && i < items; i++)
		all_wrong += all_times[i] != 1;
	int good = all_wrong == 0 && fullest <= capacity;
	if (rank == 0)
		printf("queue: %d items of %d producers for %d consumers, at most %d waiting: %s\n", items, producers,
			consumers, fullest, good ? "each consumed once" : "WRONG: some lost, doubled or out of order");
	free(times), free(all_times);
	MPI_Finalize();
	return good ? 0 : 1;
}
