/* What the launcher and agents say to each other: frames on a stream. Packing and checking only, on memory; the
 * descriptors are link.c's. An agent of this host is forked by the launcher. Between hosts both ends greet each
 * other first (hello.h) and go on only when they are of the same version and byte order; so the numbers are in the
 * machine's own order everywhere.
 *
 * The hosts that have ranks are the nodes 0 to n-1 of a job. Where they are many, frames go through others: a
 * frame says which node it is for or from, and whoever stands in between passes it on without looking inside. */
#ifndef MPIRUN_PROTO_H
#define MPIRUN_PROTO_H

#include "boot/node.h"
#include "mpirun/bytes.h"

#include <stdint.h>

#define PROTO_VERSION 3u

enum frame_type {
    /* agent to launcher */
    FRAME_STARTED = 1, /* all ranks of the node run: struct frame_started */
    FRAME_FAILED,      /* the node's ranks could not be started: struct frame_failed; DONE follows */
    FRAME_OUTPUT,      /* bytes that a rank wrote; flags say which stream and whether the line goes on */
    FRAME_EXIT,        /* a rank ended: struct frame_exit */
    FRAME_STATE,       /* answer to REPORT, one per rank: struct frame_state */
    FRAME_WANT_STDIN,  /* all ranks have read what there was, or (INPUT_NO_MORE) none will read any more */
    FRAME_STOPPED,     /* a rank was stopped because it read the terminal from the background */
    FRAME_SAY,         /* a sentence for people: struct frame_say */
    FRAME_DONE,        /* nothing of the job is left on this node */
    FRAME_READY,       /* in a job of several nodes: the ranks could be started now */
    /* the guard of a host to the launcher, about what is below it */
    FRAME_LOST,      /* nodes are gone, and their ranks with them: struct frame_lost */
    FRAME_UNREACHED, /* nodes could not be started from here: struct frame_unreached */
    FRAME_NOISE,     /* a line that ssh, or an agent's log, wrote to standard error */
    FRAME_TOPOLOGY,  /* answer to a JOB that asks: what the host has, see topopack.h */
    FRAME_MOVED, /* answer to DOOR: what follows comes through TCP; or it stays here: struct frame_moved */
    /* addresses of ranks, see exchange.h */
    FRAME_WANT_ADDRESSES, /* a rank of the node needs one that it does not have */
    FRAME_ADDRESSES,      /* those of the node's ranks, or, from a guard, of all behind it: struct frame_addresses */
    /* launcher to agent */
    FRAME_SIGNAL = 32, /* send it to all: struct frame_signal */
    FRAME_END,         /* end the job: struct frame_end */
    FRAME_CREDIT,      /* so many more bytes of output may be sent: struct frame_credit */
    FRAME_REPORT,      /* say where each rank stands */
    FRAME_STDIN,       /* bytes for every rank's standard input; none: end of file */
    FRAME_GO,          /* all nodes are ready: start the ranks */
    FRAME_START,       /* to the guard of a host: which nodes are its: struct frame_start */
    FRAME_JOB,         /* and the job, in pieces: jobpack.h */
    FRAME_COLLECT,     /* somebody needs addresses: answer with ADDRESSES */
    FRAME_BOOK,        /* addresses, of all ranks that have one: struct frame_addresses */
    /* to a neighbour below: through TCP instead of ssh's stream */
    FRAME_DOOR, /* where it may come in: struct frame_door */
    FRAME_MOVE, /* this is the last frame on ssh's stream but PINGs; what follows comes through TCP */
    /* between neighbours */
    FRAME_PING = 64, /* I am alive; who is below answers with the same */
};

/* flags of FRAME_OUTPUT */
enum { OUTPUT_STDERR = 1, OUTPUT_LINE_GOES_ON = 2 };
/* flag of FRAME_WANT_STDIN */
enum { INPUT_NO_MORE = 1 };
/* flags of FRAME_JOB. ASKS: it has no ranks yet, and is to be answered with TOPOLOGY; another one follows. */
enum { JOB_GOES_ON = 1, JOB_ASKS = 2 };
/* flag of FRAME_END: a terminal has sent the signal to the ranks of mpirun's own host */
enum { END_BY_TERMINAL = 1 };

#define FRAME_MAX (256u << 10)
#define FRAME_ALL UINT32_MAX        /* as a node: for everybody */
#define PROTO_MAX_RANKS (1u << 20)  /* of a job */
#define PROTO_MAX_NODES 65536u
#define OUTPUT_WINDOW (1u << 20)    /* bytes of one node's output that may be on their way */
#define OUTPUT_WINDOWS (64u << 20)  /* and of all nodes' together, about */

enum { KEY_SIZE = 32 };

struct frame {
    uint32_t length; /* of what follows */
    uint16_t type, flags;
    uint32_t rank; /* in MPI_COMM_WORLD */
    uint32_t node; /* whom it is for, or who speaks */
};

struct frame_started {
    uint32_t ranks;
};
struct frame_failed {
    int32_t code; /* mpirun's exit code */
    char words[WORDS_SIZE];
};
struct frame_say {
    int32_t code; /* not 0: this is why the job ends, with this exit code */
    char words[WORDS_SIZE];
};
struct frame_exit {
    int32_t pid, status; /* status as wait(2) gives it */
    uint32_t life;       /* enum node_life */
    int32_t code;        /* with NODE_ABORTED, NODE_FAILED */
    char words[WORDS_SIZE];
};
struct frame_state {
    int32_t pid;   /* 0: has ended */
    uint32_t life; /* enum node_life */
    char process;  /* the kernel's letter: R runs, S sleeps, T is stopped ...; N: has not been started yet */
    char waiting;  /* `wait` holds what it waits for */
    char unused[6];
    struct node_wait wait; /* since_ns: for how long, as hosts have different clocks */
};
struct frame_signal {
    int32_t signal;
};
struct frame_end {
    int32_t signal; /* sent first; 0: none; SIGKILL: at once */
    int32_t grace_ms;
};
struct frame_credit {
    uint32_t bytes;
};
struct frame_start {
    uint32_t until;    /* the nodes from this frame's to here, this one excluded, are its */
    uint32_t in_ms;    /* so long it may take to reach the others */
    unsigned char key[KEY_SIZE]; /* of the job: for whoever has to prove that it belongs to it */
};
struct frame_lost {
    uint32_t until; /* as above */
    int32_t code;   /* the job's exit code, if this is why it ends */
    char words[WORDS_SIZE]; /* none: they went because the job ends */
};
struct frame_unreached {
    uint32_t until;
    char words[WORDS_SIZE]; /* what was said of it last */
};
struct frame_address {
    uint32_t is_six;
    unsigned char at[16];
};
enum { PROTO_ADDRESSES = 8 };
struct frame_door {
    uint16_t port;
    uint16_t any; /* it may be tried at other addresses too: no interface is asked for */
    uint32_t count;
    struct frame_address addresses[PROTO_ADDRESSES];
};
struct frame_moved {
    uint64_t id;            /* the number that both sides know the connection by; 0: it could not be made */
    char words[WORDS_SIZE]; /* the address, or why not */
};
/* Packs of addresses (addrpack.h) follow. */
struct frame_addresses {
    uint32_t nodes; /* up: that have answered with this, for the first time; down: 1 with the last of the first answers */
};

_Static_assert(sizeof(struct frame) == 16, "no padding");
_Static_assert(sizeof(struct frame_exit) == 16 + WORDS_SIZE, "no padding");
_Static_assert(sizeof(struct frame_state) == 16 + sizeof(struct node_wait), "no padding");
_Static_assert(sizeof(struct frame_start) == 8 + KEY_SIZE, "no padding");
_Static_assert(sizeof(struct frame_lost) == 8 + WORDS_SIZE, "no padding");
_Static_assert(sizeof(struct frame_unreached) == 4 + WORDS_SIZE, "no padding");
_Static_assert(sizeof(struct frame_door) == 8 + 20 * PROTO_ADDRESSES, "no padding");
_Static_assert(sizeof(struct frame_moved) == 8 + WORDS_SIZE, "no padding");

/* Is one of these nodes meant? */
static inline int proto_is_for(const struct frame *head, uint32_t node, uint32_t until)
{
    return head->node == FRAME_ALL || (head->node >= node && head->node < until);
}

/* Appends a frame; put_for sends it to, or from, a node other than 0. */
void proto_put(struct bytes *to, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length);
void proto_put_for(struct bytes *to, uint32_t node, enum frame_type type, unsigned flags, uint32_t rank,
                   const void *payload, size_t length);

/* Looks at the first frame of what has been received. 1: it is complete, *head and *payload are set, and
 * bytes_drop(from, sizeof *head + head->length) takes it away. 0: more bytes are needed. -1: it is no frame that
 * exists, or not of its type's size; words say which. */
int proto_peek(const struct bytes *from, struct frame *head, const char **payload, struct words *why);

/* Copies the words of a payload out, made harmless for a terminal. */
void proto_words(char *out, size_t size, const char *words);

#endif
