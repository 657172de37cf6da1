/* What the launcher and an agent say to each other: frames on a stream. Packing and checking only, on memory; the
 * descriptors are link.c's. Both ends are the same process image (the launcher forks the agent), so the numbers are in
 * the machine's own order, and no version is exchanged. */
#ifndef MPIRUN_PROTO_H
#define MPIRUN_PROTO_H

#include "boot/node.h"
#include "mpirun/bytes.h"

#include <stdint.h>

enum frame_type {
    /* agent to launcher */
    FRAME_STARTED = 1, /* all ranks of the node run: struct frame_started */
    FRAME_FAILED,      /* the node's ranks could not be started: struct frame_failed; DONE follows */
    FRAME_OUTPUT,      /* bytes that a rank wrote; flags say which stream and whether the line goes on */
    FRAME_EXIT,        /* a rank ended: struct frame_exit */
    FRAME_STATE,       /* answer to REPORT, one per rank: struct frame_state */
    FRAME_WANT_STDIN,  /* all ranks have read what there was */
    FRAME_STOPPED,     /* a rank was stopped because it read the terminal from the background */
    FRAME_SAY,         /* a sentence for people: struct frame_say */
    FRAME_DONE,        /* nothing of the job is left on this node */
    /* launcher to agent */
    FRAME_SIGNAL = 32, /* send it to all: struct frame_signal */
    FRAME_END,         /* end the job: struct frame_end */
    FRAME_CREDIT,      /* so many more bytes of output may be sent: struct frame_credit */
    FRAME_REPORT,      /* say where each rank stands */
    FRAME_STDIN,       /* bytes for every rank's standard input; none: end of file */
};

/* flags of FRAME_OUTPUT */
enum { OUTPUT_STDERR = 1, OUTPUT_LINE_GOES_ON = 2 };

#define FRAME_MAX (256u << 10)
#define OUTPUT_WINDOW (1u << 20) /* bytes of output that may be on their way */

struct frame {
    uint32_t length; /* of what follows */
    uint16_t type, flags;
    uint32_t rank; /* in MPI_COMM_WORLD */
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
    struct node_wait wait;
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

_Static_assert(sizeof(struct frame) == 12, "no padding");
_Static_assert(sizeof(struct frame_exit) == 16 + WORDS_SIZE, "no padding");
_Static_assert(sizeof(struct frame_state) == 16 + sizeof(struct node_wait), "no padding");

/* Appends a frame. */
void proto_put(struct bytes *to, enum frame_type type, unsigned flags, uint32_t rank, const void *payload,
               size_t length);

/* Looks at the first frame of what has been received. 1: it is complete, *head and *payload are set, and
 * bytes_drop(from, sizeof *head + head->length) takes it away. 0: more bytes are needed. -1: it is no frame that
 * exists, or not of its type's size; words say which. */
int proto_peek(const struct bytes *from, struct frame *head, const char **payload, struct words *why);

#endif
