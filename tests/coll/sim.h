/* The schedules of lib/coll for any number of ranks, without a job: the real builders write their steps into lists
 * of ours (steps.c), and clocks that follow a model of the machine go through them (clocks.c). simulate.c prints
 * what came of it. No data moves: buffers are addresses that nobody looks at. */
#ifndef TESTS_COLL_SIM_H
#define TESTS_COLL_SIM_H

#include "coll/coll.h"
#include "coll/table.h"

#include <stdint.h>

enum sim_kind { SIM_SEND, SIM_RECV, SIM_COPY, SIM_REDUCE, SIM_WAIT };

struct sim_step {
    uint8_t kind;
    int32_t peer;
    uint64_t bytes;
    double head; /* of a receive: when the first byte comes; clocks.c */
};

/* The steps of some ranks, one behind the other: those of rank r stand from[r] ... from[r + 1]. */
struct sim_steps {
    struct sim_step *list;
    uint64_t count, room, most;
    uint64_t *from;
    int too_many; /* more than `most`: the list is not whole */
};

/* What is simulated: bytes as the table of algorithms counts them, but of allgather those of one block. */
struct sim_case {
    enum coll_kind kind;
    uint64_t bytes;
    int ranks, root, commutative;
    int op;  /* of the table; -1: there is no choice */
    int way; /* instead of the one that the table chooses; -1: that one */
};

/* The steps of the first `count` ranks. -1: too many, or no memory. */
int sim_build(const struct sim_case *c, int count, struct sim_steps *steps);
/* Its bytes: more than asked for where each rank's part is rounded up. */
uint64_t sim_bytes(const struct sim_case *c);
/* What the table chooses for the case; -1: there is no choice. */
int sim_choice(const struct sim_case *c);

/* Seconds; and seconds for each byte. Ranks of one node have `near`. */
struct sim_link {
    double latency, byte;
};
struct sim_model {
    struct sim_link near, far;
    double overhead; /* of the processor, for each message sent or received */
    double copy, reduce;
    int per_node;
};

struct sim_result {
    double time;       /* until the last rank is done */
    int chain;         /* of messages, each of which had to wait for the one before */
    uint64_t messages; /* sent and received, and bytes sent, by whom it is most */
    uint64_t bytes;
};

/* alike: the steps are those of rank 0 only, and all others have the same, as seen from themselves. 0, or -1 and a
 * sentence: a message that nobody takes or nobody sends, or that is of another size than what waits for it. */
int sim_run(const struct sim_steps *steps, int ranks, int alike, const struct sim_model *model,
            struct sim_result *result, struct words *why);

#endif
