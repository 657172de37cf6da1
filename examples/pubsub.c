/* Who publishes does not know who reads: publish and subscribe, by topic.
 *
 *     mpicc pubsub.c -o pubsub
 *     mpirun -n 4 ./pubsub [MESSAGES]
 *
 * Rank 0 is the broker. All others subscribe to a few topics ("weather/" is all of weather) and then publish texts
 * about topics, which the broker passes on to those who have subscribed. Both happen at the same time, so a client
 * must never wait for its own text to leave while the broker waits to hand it others': it has a receive open all
 * the time, and waits for either (MPI_Waitany). Each client knows which texts it should get and checks that. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BROKER = 0, LONGEST = 100, TOPICS = 5, CHOSEN = 2 };
enum { SUBSCRIBE = 1, PUBLISH, LEAVE, ACCEPTED, TEXT, END }; /* tags; the last three are the broker's */

static const char *const topics[TOPICS] = {"weather/sea", "weather/land", "sport/chess", "sport/rowing", "news"};
static const char *const wishes[TOPICS] = {"weather/", "sport/chess", "news", "sport/", "weather/land"};

/* What a client subscribes to, and what its message number n is about. */
static const char *wish(int client, int which) {
	return wishes[(client * 3 + which * 2) % TOPICS];
}
static const char *topic(int client, int n) {
	return topics[(client + n * n) % TOPICS];
}

/* A subscription covers a topic that begins like it. */
static int covers(const char *subscription, const char *text) {
	return strncmp(subscription, text, strlen(subscription)) == 0;
}

static int wants(int client, const char *text) {
	int any = 0;
	for (int i = 0; i < CHOSEN; i++)
		any |= covers(wish(client, i), text);
	return any;
}

/* ---- the broker: knows nothing but what it is told ---- */

static int broker(int clients) {
	char(*subscriptions)[CHOSEN][LONGEST] = calloc((size_t)clients + 1, sizeof *subscriptions);
	int *chosen = calloc((size_t)clients + 1, sizeof *chosen), passed = 0;
	if (!subscriptions || !chosen)
		MPI_Abort(MPI_COMM_WORLD, 1);
	for (int here = clients; here > 0;) {
		char text[LONGEST];
		int length;
		MPI_Status status;
		MPI_Recv(text, LONGEST, MPI_CHAR, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
		MPI_Get_count(&status, MPI_CHAR, &length);
		int from = status.MPI_SOURCE;
		if (status.MPI_TAG == SUBSCRIBE) {
			memcpy(subscriptions[from][chosen[from]++], text, length);
			MPI_Send(NULL, 0, MPI_CHAR, from, ACCEPTED, MPI_COMM_WORLD);
		} else if (status.MPI_TAG == LEAVE) {
			here--;
		} else {
			for (int to = 1; to <= clients; to++)
				for (int i = 0; i < chosen[to]; i++)
					if (covers(subscriptions[to][i], text)) {
						MPI_Send(text, length, MPI_CHAR, to, TEXT, MPI_COMM_WORLD);
						passed++;
						break; /* once, even if two of its subscriptions cover it */
					}
		}
	}
	for (int to = 1; to <= clients; to++)
		MPI_Send(NULL, 0, MPI_CHAR, to, END, MPI_COMM_WORLD);
	free(subscriptions), free(chosen);
	return passed;
}

/* ---- a client ---- */

struct client {
	char text[LONGEST]; /* what comes next */
	MPI_Request inbox;
	int *last; /* of each client, the number of its last text that came */
	int got, wrong, over;
};

static void listen(struct client *c) {
	MPI_Irecv(c->text, LONGEST, MPI_CHAR, BROKER, MPI_ANY_TAG, MPI_COMM_WORLD, &c->inbox);
}

/* Something has come. */
static void take(struct client *c, int rank, int size, const MPI_Status *status) {
	char about[LONGEST];
	int from, n;
	if (status->MPI_TAG == END) {
		c->over = 1;
		return;
	}
	if (sscanf(c->text, "%99s from %d, number %d", about, &from, &n) != 3 || from < 1 || from >= size || n < 0) {
		c->wrong++;
	} else {
		/* It is about what it should be, I want it, and the texts of each client come in their order. */
		c->wrong += strcmp(about, topic(from, n)) != 0 || !wants(rank, about) || n <= c->last[from];
		c->last[from] = n;
	}
	c->got++;
	listen(c);
}

/* Sends a text to the broker; what comes meanwhile is taken. */
static void tell(struct client *c, int rank, int size, const char *text, int tag) {
	MPI_Request out;
	MPI_Isend(text, (int)strlen(text) + 1, MPI_CHAR, BROKER, tag, MPI_COMM_WORLD, &out);
	for (int which = 0; which == 0;) {
		MPI_Status status;
		MPI_Request both[2] = {c->inbox, out};
		MPI_Waitany(2, both, &which, &status);
		c->inbox = both[0], out = both[1];
		if (which == 0)
			take(c, rank, size, &status);
	}
}

/* Returns how many texts were wrong, missing or too much. */
static int client(int rank, int size, int messages, MPI_Comm clients) {
	for (int i = 0; i < CHOSEN; i++)
		MPI_Sendrecv(wish(rank, i), (int)strlen(wish(rank, i)) + 1, MPI_CHAR, BROKER, SUBSCRIBE, NULL, 0, MPI_CHAR,
			BROKER, ACCEPTED, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	MPI_Barrier(clients); /* nobody publishes before everybody has subscribed */

	struct client c = {.last = malloc((size_t)size * sizeof *c.last)};
	if (!c.last)
		MPI_Abort(MPI_COMM_WORLD, 1);
	for (int i = 0; i < size; i++)
		c.last[i] = -1;
	listen(&c);
	for (int n = 0; n < messages; n++) {
		char text[LONGEST];
		snprintf(text, sizeof text, "%s from %d, number %d", topic(rank, n), rank, n);
		tell(&c, rank, size, text, PUBLISH);
	}
	tell(&c, rank, size, "", LEAVE);
	while (!c.over) {
		MPI_Status status;
		MPI_Wait(&c.inbox, &status);
		take(&c, rank, size, &status);
	}
	int expected = 0;
	for (int from = 1; from < size; from++)
		for (int n = 0; n < messages; n++)
			expected += wants(rank, topic(from, n));
	free(c.last);
	return c.wrong + abs(c.got - expected);
}

/* Number `which` of the command line, or what is taken where it is missing; -1 if it is none. */
static int option(int argc, char **argv, int which, int otherwise) {
	char *end = NULL;
	long n = argc > which ? strtol(argv[which], &end, 10) : otherwise;
	return (end && (*end || end == argv[which])) || n < 0 || n > 30000 ? -1 : (int)n;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank, size, passed = 0, wrong = 0, all_wrong = 0, messages = option(argc, argv, 1, 200);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	if (size < 2 || argc > 2 || messages < 0) {
		if (rank == 0)
			fprintf(stderr, "%s\n", size < 2
				? "pubsub: there is nobody but the broker: start it with mpirun -n 2, or more"
				: "usage: pubsub [MESSAGES]: of each client, 0 to 30000");
		MPI_Finalize();
		return 2;
	}

	MPI_Comm clients;
	MPI_Comm_split(MPI_COMM_WORLD, rank == BROKER ? MPI_UNDEFINED : 0, rank, &clients);
	if (rank == BROKER) {
		passed = broker(size - 1);
	} else {
		wrong = client(rank, size, messages, clients);
		MPI_Comm_free(&clients);
	}
	MPI_Reduce(&wrong, &all_wrong, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0)
		printf("pubsub: %d texts of %d clients, passed on %d times: %s\n", messages * (size - 1), size - 1, passed,
			all_wrong ? "WRONG: some lost, doubled or out of order" : "everybody has what he wants");
	MPI_Finalize();
	return all_wrong ? 1 : 0;
}
