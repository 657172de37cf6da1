/* Messages to groups that overlap, which all who get them get in the same order (total order multicast).
 *
 *     mpicc multicast.c -o multicast
 *     mpirun -n 5 ./multicast [MESSAGES]
 *
 * Each process is in up to three groups, each a communicator, and sends MESSAGES messages to them in turn. MPI
 * loses nothing and keeps the order between two processes. That all agree about the order of messages of different
 * senders, also across groups, takes one round more (Skeen's algorithm) and nobody in the middle: everybody has a
 * clock that only counts. The sender asks all members (ASK), each offers a time later than all that it knows
 * (OFFER), the latest of them is the message's time, which the sender tells (TIME). A member delivers a message
 * when its time is known and nothing that it holds could still get an earlier one. In the end rank 0 looks whether
 * everybody has got what he should, and all in one order. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { ASK = 1, OFFER, TIME, MOST = 3 }; /* tags; the most members of a group, and groups of a process */

struct packet { /* travels as three numbers */
	long sender, number, time;
};
struct held { /* a message that cannot be delivered yet */
	struct packet packet;
	int known; /* its time is final */
};

static int rank, size, members;
static MPI_Comm groups[MOST]; /* the groups of this process; in groups[j] it is member j */
static long now;              /* the clock */
static struct held *held;
static int holding;
static struct packet *outbox, *delivered; /* outbox: what has been sent, until all requests are over */
static MPI_Request *requests;
static int posted, deliveries;

static void *room(size_t count, size_t bytes) {
	void *memory = calloc(count + 1, bytes);
	if (!memory) {
		fprintf(stderr, "multicast: no memory for %zu messages\n", count);
		MPI_Abort(MPI_COMM_WORLD, 1);
	}
	return memory;
}

/* Group g has the members g, g + 1 and g + 2, round the ring. Which member a process is; -1 when it is none. */
static int member(int process, int group) {
	int i = (process - group + size) % size;
	return i < members ? i : -1;
}

/* The group that message `number` of a sender goes to: its groups in turn. */
static int group_of(int sender, int number) {
	return (sender - number % members + size) % size;
}

/* Sends without waiting: whoever waited here would not answer others. */
static void post(MPI_Comm group, int to, int tag, struct packet packet) {
	outbox[posted] = packet;
	MPI_Isend(&outbox[posted], 3, MPI_LONG, to, tag, group, &requests[posted]);
	posted++;
}

static int earlier(const struct packet *a, const struct packet *b) {
	return a->time != b->time ? a->time < b->time : a->sender < b->sender;
}

/* Delivers as long as the earliest of those held has its final time. */
static void deliver(void) {
	for (; holding > 0;) {
		int first = 0;
		for (int i = 1; i < holding; i++)
			if (earlier(&held[i].packet, &held[first].packet))
				first = i;
		if (!held[first].known)
			return;
		delivered[deliveries++] = held[first].packet;
		held[first] = held[--holding];
	}
}

/* What came in groups[j]. Returns whether it was an offer for this process's own message, whose time is *time. */
static int take(int j, int tag, const struct packet *got, long *time) {
	int sender = member((int)got->sender, (rank - j + size) % size);
	if (tag == ASK) {
		struct packet offer = *got;
		offer.time = ++now;
		held[holding++] = (struct held){offer, 0};
		post(groups[j], sender, OFFER, offer);
	} else if (tag == OFFER) {
		*time = got->time > *time ? got->time : *time;
		return 1;
	} else {
		now = got->time > now ? got->time : now;
		for (int i = 0; i < holding; i++)
			if (held[i].packet.sender == got->sender && held[i].packet.number == got->number)
				held[i] = (struct held){*got, 1};
		deliver();
	}
	return 0;
}

/* Sends this process's messages, one after the other, and serves those of others, until all are delivered. */
static void run(int messages, int expected) {
	MPI_Request inbox[MOST];
	struct packet got[MOST];
	for (int j = 0; j < members; j++)
		MPI_Irecv(&got[j], 3, MPI_LONG, MPI_ANY_SOURCE, MPI_ANY_TAG, groups[j], &inbox[j]);
	for (int number = 0, offers = 0; number < messages || deliveries < expected;) {
		static struct packet mine;
		if (number < messages && offers == 0 && mine.number == number) {
			mine = (struct packet){rank, number, 0};
			for (int i = 0; i < members; i++)
				post(groups[number % members], i, ASK, mine);
			mine.number++; /* this one is under way */
		}
		int j;
		MPI_Status status;
		MPI_Waitany(members, inbox, &j, &status);
		struct packet p = got[j];
		MPI_Irecv(&got[j], 3, MPI_LONG, MPI_ANY_SOURCE, MPI_ANY_TAG, groups[j], &inbox[j]);
		offers += take(j, status.MPI_TAG, &p, &mine.time);
		if (offers == members) {
			for (int i = 0; i < members; i++)
				post(groups[number % members], i, TIME, (struct packet){rank, number, mine.time});
			now = mine.time > now ? mine.time : now; /* so that the next one cannot get the same time */
			number++;
			offers = 0;
		}
	}
	MPI_Waitall(posted, requests, MPI_STATUSES_IGNORE);
	for (int j = 0; j < members; j++) { /* nobody sends any more */
		MPI_Cancel(&inbox[j]);
		MPI_Wait(&inbox[j], MPI_STATUS_IGNORE);
	}
}

/* How many messages a process should get. */
static int expects(int process, int messages) {
	int count = 0;
	for (int sender = 0; sender < size; sender++)
		for (int number = 0; number < messages; number++)
			count += member(process, group_of(sender, number)) >= 0;
	return count;
}

/* Rank 0: all lists are sorted by time (and sender), a message has the same time in all of them, and nobody has
 * one that is not for him or too few. Then there is one order in which everybody has got everything. */
static int check(int messages) {
	int wrong = 0;
	long *times = room((size_t)size * messages, sizeof *times);
	for (int process = 0; process < size; process++) {
		int count;
		MPI_Status status;
		struct packet *list = room(expects(process, messages), sizeof *list);
		MPI_Recv(list, 3 * expects(process, messages), MPI_LONG, process, 0, MPI_COMM_WORLD, &status);
		MPI_Get_count(&status, MPI_LONG, &count);
		wrong += count != 3 * expects(process, messages);
		for (int i = 0; i < count / 3; i++) {
			long *time = &times[list[i].sender * messages + list[i].number];
			wrong += i > 0 && !earlier(&list[i - 1], &list[i]);
			wrong += *time != 0 && *time != list[i].time;
			*time = list[i].time;
			wrong += member(process, group_of((int)list[i].sender, (int)list[i].number)) < 0;
		}
		free(list);
	}
	free(times);
	return wrong;
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	char *end = NULL;
	long messages = argc > 1 ? strtol(argv[1], &end, 10) : 50;
	if (argc > 2 || (end && (*end || end == argv[1])) || messages < 0 || messages > 10000) {
		if (rank == 0)
			fprintf(stderr, "usage: multicast [MESSAGES]: of each process, 0 to 10000\n");
		MPI_Finalize();
		return 2;
	}

	members = size < MOST ? size : MOST;
	MPI_Group world;
	MPI_Comm_group(MPI_COMM_WORLD, &world);
	for (int g = 0; g < size; g++) { /* all in the same order, or they would wait for each other */
		if (member(rank, g) < 0)
			continue;
		MPI_Group group;
		int processes[MOST];
		for (int i = 0; i < members; i++)
			processes[i] = (g + i) % size;
		MPI_Group_incl(world, members, processes, &group);
		MPI_Comm_create_group(MPI_COMM_WORLD, group, g, &groups[member(rank, g)]);
		MPI_Group_free(&group);
	}
	MPI_Group_free(&world);

	int expected = expects(rank, (int)messages), wrong = 0, all = 0;
	size_t posts = 2 * (size_t)members * messages + expected;
	held = room(expected, sizeof *held), delivered = room(expected, sizeof *delivered);
	outbox = room(posts, sizeof *outbox), requests = room(posts, sizeof(MPI_Request));
	run((int)messages, expected);

	MPI_Request request;
	MPI_Isend(delivered, 3 * deliveries, MPI_LONG, 0, 0, MPI_COMM_WORLD, &request);
	if (rank == 0)
		wrong = check((int)messages);
	MPI_Wait(&request, MPI_STATUS_IGNORE);
	MPI_Reduce(&deliveries, &all, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
	if (rank == 0)
		printf("multicast: %ld messages to %d groups, delivered %d times: %s\n", messages * size, size, all,
			wrong ? "WRONG: not in the same order everywhere" : "in the same order everywhere");
	for (int j = 0; j < members; j++)
		MPI_Comm_free(&groups[j]);
	free(held), free(delivered), free(outbox), free(requests);
	MPI_Finalize();
	return wrong ? 1 : 0;
}
