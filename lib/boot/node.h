/* The node segment: one memfd per node and job, made by the agent before it starts the ranks, inherited and mapped
 * by each of them. All that the ranks of a node share, and all that mpirun knows of a rank while it runs, stands
 * here. Offsets, never pointers; fixed widths; whoever maps it checks it first (node_check).
 *
 *     struct node_head     facts of the job, written by the agent before the first rank starts
 *     struct node_cpu[]    the machine's cpus, written by the agent some time after the start (cpus_ready)
 *     nodes of the ranks   of a job on several nodes: for each rank of the world, the number of its node ...
 *     names of the nodes   ... and what they are called
 *     struct node_rank[]   one per rank of this node: its facts (agent), its life and what it waits for (rank)
 *     struct node_exchange of a job on several nodes: how ranks and agent wake each other for addresses
 *     struct node_boards   which boards are taken, and what the members of the world's board write
 *     room for the wire    the library's, see lib/wire/shm_ring.h: large, sparse, zero, and touched where ranks talk
 *     addresses            struct node_address for each rank of the world, sparse, zero; what ranks need to reach each
 *                          other through a network: their own written by the ranks that use one, those of other
 *                          nodes by the agent, when somebody asks (address.h)
 *     boards               of communicators: sparse, zero, reserved by the ranks when they are used (coll/board.h)
 *
 * Ranks map what stands before the records read-only: a stray write of one of them cannot change the facts. The
 * agent reads nothing from the records that it would depend on: what is there, any rank may have written. */
#ifndef BOOT_NODE_H
#define BOOT_NODE_H

#include "base/words.h"

#include <stdint.h>

#define NODE_MAGIC 0x316b746977646f47ull /* "Godwitk1" */
#define NODE_VERSION 6u
#define NODE_MAX_RANKS 16384u /* the room for the wire grows with the square: 20 TB of addresses, hardly any memory */
#define NODE_MAX_CPUS 65536u
#define NODE_MAX_WORLD (1u << 20) /* ranks of a job */
#define NODE_MAX_NODES 65536u
#define NODE_ADDRESS 256
#define NODE_ADDRESS_MAX (NODE_ADDRESS - 4) /* bytes of one */
#define NODE_ADDRESS_NONE UINT32_MAX
#define NODE_LINE 64 /* bytes of a cache line */
/* The largest page that a kernel for this machine may have. */
#if defined(__x86_64__) || defined(__s390x__) || defined(__riscv)
#define NODE_PAGE 4096
#else
#define NODE_PAGE 65536
#endif

struct node_head {
    uint64_t magic;
    uint32_t version;
    uint32_t head_size;
    uint64_t size; /* of the whole segment */
    uint64_t room_at; /* where the wire's part begins, on a page; what stands before it is reserved memory */
    uint64_t job;  /* a random number, the job's name in logs and checks */
    uint32_t world_size, node_count;
    uint32_t node_index, rank_count; /* this node, and how many ranks it has */
    uint32_t ranks_at, cpus_at;      /* offsets; the records begin on a page */
    uint32_t cpu_room;
    uint32_t node_of_at;            /* offset of the table of nodes, uint32_t by rank; 0: there is one node only */
    uint32_t names_at, names_size;  /* the same of the names: each ended by a NUL, in the order of the nodes */
    uint64_t exchange_at;           /* and of the exchange's state */
    uint64_t addresses_at;          /* of the addresses; on a page */
    uint64_t taken_at, boards_at;   /* of the boards: struct node_boards; the boards, on a page */
    uint32_t usable_cpus; /* what affinity mask and cgroup quota leave to the job */
    int32_t agent_pid;
    uint32_t initial_errhandler; /* enum node_errhandler */
    uint32_t terminal;           /* mpirun writes standard output to a terminal */
    unsigned char key[32];       /* the job's secret: what comes through the network must know it */
    int64_t start_ns;            /* CLOCK_MONOTONIC when mpirun began */
    char host[256];
    _Atomic uint32_t cpu_count; /* entries that are valid, after cpus_ready */
    _Atomic uint32_t cpus_ready; /* T0: release, after the table; pairs with T1, a reader's acquire */
};

/* The error handler that MPI starts with: `mpirun -initial-errhandler`. */
enum node_errhandler { NODE_ERRORS_ARE_FATAL, NODE_ERRORS_ABORT, NODE_ERRORS_RETURN };

enum node_life {
    NODE_STARTED,   /* the process runs, MPI has not been started */
    NODE_MPI,       /* between MPI_Init and MPI_Finalize */
    NODE_FINALIZED, /* MPI_Finalize was called */
    NODE_ABORTED,   /* MPI_Abort was called */
    NODE_FAILED     /* an MPI error was fatal */
};

/* What a rank waits for, written only when a call really has to wait. A sequence lock with one writer, the rank:
 * `turn` is odd while it writes. An empty call means that it does not wait. */
struct node_wait {
    _Atomic uint32_t turn;
    int32_t peer, tag;
    uint32_t context;
    int64_t since_ns; /* CLOCK_MONOTONIC */
    char call[40];
};

struct node_rank {
    /* written by the agent, before the rank starts */
    uint32_t world_rank;
    uint32_t app, app_size; /* which program of an MPMD job, and how many ranks that has */
    /* written by the rank */
    _Atomic int32_t pid;   /* of the process that started MPI; 0 before: claimed by compare-and-swap */
    _Atomic uint32_t life; /* enum node_life. L0: release, after code and words; pairs with L1 in the agent */
    int32_t code;          /* with NODE_ABORTED and NODE_FAILED: the job's exit code */
    _Atomic int32_t cpu;   /* where it last looked in vain for a message: number of the cpu plus 1 */
    _Atomic uint32_t leaves; /* it is in MPI_Finalize (rank), or has ended (agent) */
    _Atomic uint32_t network_known; /* V0: release, after network; pairs with V1 in the agent */
    uint32_t unused[7];
    struct node_wait wait;
    char words[WORDS_SIZE]; /* with NODE_ABORTED and NODE_FAILED: what happened */
    char network[256];     /* what it talks to other nodes through, in words */
};

/* How ranks of the node and the agent wake each other about addresses: two futexes, on a cache line each. */
struct node_exchange {
    _Atomic uint32_t bell;   /* changed by a rank: it needs addresses, or has published one that is wanted */
    _Atomic uint32_t wanted; /* somebody needs addresses, here or elsewhere; ranks sleep on it until then */
    char unused[NODE_LINE - 8];
    _Atomic uint32_t turn; /* changed by the agent, when it has written addresses */
    char unused_too[NODE_LINE - 4];
};

struct node_address {
    _Atomic uint32_t size; /* 0: not known; NODE_ADDRESS_NONE: the rank has ended and never had one */
    unsigned char bytes[NODE_ADDRESS_MAX];
};

/* ---- boards: what the members of a communicator write for each other (lib/coll/board.h) ---- */

enum {
    NODE_BOARDS = 64,     /* that communicators can have; number 0 is the world's */
    NODE_BOARD_LINES = 8, /* of each member, used in turn */
    NODE_BOARD_SLOTS = 8,
    NODE_BOARD_SLOT = 64 * 1024,
    NODE_BOARD_STRIDE = NODE_BOARD_SLOT + 8 * 1024, /* the beginnings of all slots find room in a cache together */
    NODE_LINE_DATA = NODE_LINE - 24
};

/* What a member says to the others, once in an operation, with data if they are few. */
struct node_line {
    _Atomic uint64_t put; /* turn of the operation and step: P0 release, after what it tells of; pairs with P1 acquire */
    uint64_t size;
    uint32_t what;  /* which operation, for those who find that they do not agree */
    uint32_t first; /* the slot of the first step */
    char data[NODE_LINE_DATA];
};

struct node_member {
    _Atomic uint64_t got;    /* the member has read all that others have put until then: G0 release, G1 acquire */
    _Atomic uint32_t asleep; /* others that sleep until it puts or gets */
    char unused[NODE_LINE - 12];
    struct node_line lines[NODE_BOARD_LINES];
};

struct node_board {
    _Atomic uint32_t left;   /* members that have freed the communicator */
    _Atomic uint32_t failed; /* the rank plus 1 of one that got no memory for its slots */
    /* on a crowded node, where each wait costs a turn on the cpu, all wait for the last one: */
    _Atomic uint64_t met;     /* turn and how many times in it: M0 release, pairs with M1 acquire */
    _Atomic uint32_t arrived; /* since then: A0, release and acquire */
    _Atomic uint32_t asleep;  /* members that sleep until all have met */
    char unused[NODE_LINE - 24];
    struct node_member members[];
};

struct node_boards {
    _Atomic uint64_t taken[(NODE_BOARDS + 63) / 64]; /* a bit each */
    char unused[NODE_LINE - 8 * ((NODE_BOARDS + 63) / 64)];
    struct node_board world; /* reserved by the agent, so that no rank has to ask for it */
};

/* One cpu that the job may use, and what it is part of; numbers are hwloc's logical ones, -1 where the machine
 * has no such thing. */
struct node_cpu {
    int32_t os, core, l3, numa, package;
};

_Static_assert(sizeof(struct node_wait) == NODE_LINE, "one cache line");
_Static_assert(sizeof(struct node_rank) == 128 + WORDS_SIZE + 256, "records start on a cache line");
_Static_assert(sizeof(struct node_rank) % NODE_LINE == 0, "records start on a cache line");
_Static_assert(sizeof(struct node_cpu) == 20, "no padding");
_Static_assert(sizeof(struct node_address) == NODE_ADDRESS, "no padding");
_Static_assert(sizeof(struct node_line) == NODE_LINE && sizeof(struct node_board) == NODE_LINE &&
               sizeof(struct node_boards) == 2 * NODE_LINE && sizeof(struct node_member) % NODE_LINE == 0, "lines");
_Static_assert(sizeof(struct node_exchange) == 2 * NODE_LINE, "lines of their own");

/* Of a job on several nodes: its counts, and how much its nodes' names take with their NULs. */
struct node_world {
    uint32_t ranks, nodes, names_size;
};

/* Where everything stands, from the counts: a pure function. `world` may be NULL for a job on one node. -1 and
 * words when a count is out of range. */
struct node_layout {
    uint32_t ranks_at, cpus_at, node_of_at, names_at;
    uint64_t exchange_at, taken_at, room_at, addresses_at, boards_at, size; /* or the size is boards_at: without boards */
};
int node_lay_out(uint32_t ranks, uint32_t cpus, const struct node_world *world, struct node_layout *out,
                 struct words *why);

/* Is the mapped memory, size bytes of it, a node segment of this version that stays inside its bounds? */
int node_check(const void *memory, uint64_t size, struct words *why);

struct node_rank *node_rank_at(const struct node_head *head, uint32_t local);
struct node_cpu *node_cpus(const struct node_head *head);

/* The node of a rank of the world; the table of them, for whoever makes the segment; a node's name. */
uint32_t node_of_rank(const struct node_head *head, uint32_t world_rank);
uint32_t *node_of_table(const struct node_head *head);
const char *node_name(const struct node_head *head, uint32_t node);

/* NULL in a job on one node. */
struct node_exchange *node_exchange_of(const struct node_head *head);

struct node_address *node_address_at(const struct node_head *head, uint32_t world_rank);

/* A segment may end where the boards would begin: limits may be too low for so many addresses. */
int node_has_boards(const struct node_head *head);
/* The boards' table; what the members of a board write, and the slots of its first member (those of the others follow). */
struct node_boards *node_boards_of(const struct node_head *head);
struct node_board *node_board_at(const struct node_head *head, uint32_t number);
char *node_board_slots(const struct node_head *head, uint32_t number);
uint64_t node_board_size(uint32_t members); /* bytes of struct node_board with so many */

/* The wait record. begin and end are the rank's; read is anyone's and returns 0 when the record keeps changing. */
void node_wait_begin(struct node_rank *rank, const char *call, int peer, int tag, uint32_t context, int64_t now_ns);
void node_wait_end(struct node_rank *rank);
int node_wait_read(const struct node_rank *rank, struct node_wait *out);

#endif
