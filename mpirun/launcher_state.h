/* Between launcher.c, which decides, and launcher_ask.c, which asks the hosts for what they have and lets them exchange
 * addresses. */
#ifndef MPIRUN_LAUNCHER_STATE_H
#define MPIRUN_LAUNCHER_STATE_H

#include "mpirun/debts.h"
#include "mpirun/exchange.h"
#include "mpirun/input.h"
#include "mpirun/launcher.h"
#include "mpirun/nodes.h"
#include "mpirun/output.h"
#include "mpirun/remote.h"
#include "mpirun/states.h"

#include <signal.h>

struct launcher {
    struct job *job;
    launcher_place *place; /* not NULL: the hosts are asked what they have, and nothing runs before all have told */
    int told_count;
    sigset_t mask; /* as it was found: for the ranks */
    struct loop loop;
    struct nodes nodes; /* the agents */
    struct watch signals;
    struct input input;
    struct output out, err;
    struct debts debts[2];
    struct timer limit, answer, drain;
    pid_t others[64]; /* children that this process had before it became mpirun (exec): they are not the job's */
    int other_count;
    int ended;     /* a cause for the end of the job is known */
    int code;      /* and this exit code follows from it */
    int asked;     /* the cause is a request: a signal, which ranks may answer with a clean end */
    int failures;  /* ranks that did not end cleanly */
    int exits;     /* ranks that have ended */
    int ready;     /* nodes that could start their ranks */
    char *done;    /* of each node: it has cleaned up, or is gone */
    int done_count;
    struct remote_failures unreached; /* hosts that could not be started */
    struct timer told; /* hosts that cannot be reached are told now */
    int end;       /* nothing is left to do */
    int interrupts;
    int deaf_ranks; /* they have inherited that SIGINT is ignored */
    int overdue;    /* the time for the end that somebody asked for is over */
    struct exchange exchange; /* of addresses */
    struct states states; /* of all ranks, when the time is up */
};

/* A line for people. */
void launcher_say(struct launcher *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The job ends with this code, if no earlier cause has decided. Returns whether it is the first. */
int launcher_decide(struct launcher *l, int code);

/* Asks all ranks to end: with this signal first. */
void launcher_end_ranks(struct launcher *l, int sig);

/* A node could start its ranks; it has cleaned up, or is gone. */
void launcher_node_ready(struct launcher *l);
void launcher_node_done(struct launcher *l, uint32_t node);

/* ---- launcher_ask.c ---- */

/* A host has told what it has. */
void launcher_told(struct launcher *l, uint32_t node, const void *answer, size_t size);

/* WANT_ADDRESSES or ADDRESSES came. */
void launcher_addresses(struct launcher *l, const struct frame *head, const char *payload);

#endif
