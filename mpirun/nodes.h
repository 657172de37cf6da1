/* The neighbours below: this host's agent, which is forked, and the guards of other hosts, which are started by
 * ssh, each with a part of the job's nodes behind it. Both the launcher and every guard has them. Starts them,
 * tries again where that may help, carries frames to them, and notices when one is gone or silent. Decides nothing
 * about the job.
 *
 * A job of up to GODWIT_FANOUT other hosts is flat. Where there are more, as many equal parts of the list are
 * made, and the first host of each part starts the others of it in the same way.
 *
 * A guard is first spoken to through ssh's streams. When the job has run for a moment it comes in through TCP, if it
 * can (door.h, call.h), says so as its last word there (MOVED), is answered by the last word to it (MOVE), and each
 * goes on through TCP: nothing is lost, doubled, or out of order. ssh stays: its end still tells of the host's. */
#ifndef MPIRUN_NODES_H
#define MPIRUN_NODES_H

#include "mpirun/door.h"
#include "mpirun/job.h"
#include "mpirun/link.h"
#include "mpirun/spawn.h"

enum child_state { CHILD_WAITING, CHILD_STARTING, CHILD_UP, CHILD_GONE };

struct child {
    struct nodes *nodes;
    struct link link;
    struct link tcp;      /* takes the place of the link where `moved` says so */
    int moved, answered;  /* it has said whether it comes through TCP */
    enum child_state state;
    uint32_t node, until; /* what is behind it: node to until - 1 */
    uint32_t left;        /* of these, how many have not said that they are done */
    pid_t pid;            /* of ssh, or of the agent; 0: has been reaped */
    int is_agent;
    int started;          /* the agent's ranks run */
    int status, reaped, tries;
    int64_t when_ns;      /* waiting: not to be tried before; else since when it is in this state */
    int64_t broke_ns;     /* ssh's streams have ended, and ssh has not yet */
    struct watch errors;  /* what ssh writes to standard error */
    struct bytes said;    /* of it: all, before the greeting; then the beginning of a line */
    char last[WORDS_SIZE]; /* what was said at the last failure */
};

struct nodes {
    struct loop *loop;
    const struct job *job;
    struct child **list;
    int count;
    int starting;        /* ssh's that have not been answered */
    struct timer timer;
    int64_t deadline_ns; /* until then all must have answered */
    int64_t next_ns; /* when the timer is to come; 0: need not */
    int last_call;       /* nobody is tried again */
    struct bytes packed; /* the job */
    struct door door;
    int has_door;
    struct words no_door; /* why the port could not be opened; or empty */
    int asks;            /* it asks for topologies: another one will follow */
    const pid_t *others; /* children of this process that are not the job's */
    int other_count;
    void *owner;
    /* A frame from below; its node is one that is behind the child. */
    void (*frame)(struct nodes *nodes, const struct frame *head, const char *payload);
    /* Nodes are gone. The code is the job's, if this is why it ends; no words: they were given up. */
    void (*lost)(struct nodes *nodes, uint32_t node, uint32_t until, int code, const char *words);
    /* Nodes could not be started; `words` is what remote_judge says of the first of them. */
    void (*unreached)(struct nodes *nodes, uint32_t node, uint32_t until, const char *words);
    /* A line that was written to standard error there. */
    void (*noise)(struct nodes *nodes, uint32_t node, const char *line, size_t n);
};

/* The link that frames go through now. */
static inline struct link *child_link(struct child *c)
{
    return c->moved ? &c->tcp : &c->link;
}

/* Where the i-th of so many equal parts of these nodes begins. */
static inline uint32_t nodes_part(uint32_t node, uint32_t until, uint32_t parts, uint32_t i)
{
    return node + (uint32_t)((uint64_t)(until - node) * i / parts);
}

/* The callbacks, owner and others are set before. */
void nodes_open(struct nodes *n, struct loop *loop, const struct job *job);

/* Forks this host's agent: before nodes_start, since it inherits what is open. 0, or -1 and words. */
int nodes_start_agent(struct nodes *n, uint32_t node, agent_main *run, struct words *why);

/* Starts these nodes, within so many seconds: as a tree; or the first of them, which starts the others; or all
 * from here. */
enum nodes_way { NODES_TREE, NODES_AS_ONE, NODES_EACH };
void nodes_start(struct nodes *n, uint32_t node, uint32_t until, double seconds, enum nodes_way way);

/* In a process that was forked: the streams are not its. */
void nodes_forget(struct nodes *n);

/* To the child that has the frame's node behind it, or to all. */
void nodes_send(struct nodes *n, uint32_t node, enum frame_type type, unsigned flags, const void *payload,
                size_t length);
void nodes_pass(struct nodes *n, const struct frame *head, const char *payload);

/* Some have failed: the others get so long to answer, and are not tried again. */
void nodes_last_call(struct nodes *n, double seconds);

/* How many have neither answered nor failed. */
int nodes_undecided(const struct nodes *n);

/* The job ends: who has not answered is given up. */
void nodes_abandon(struct nodes *n);

/* Those that still have something to do are given up, with these words about them. */
void nodes_lose_all(struct nodes *n, const char *what);

void nodes_pause(struct nodes *n, int paused); /* nothing is read from them */
void nodes_hear_all(struct nodes *n);          /* their silence until now does not count */

/* Nobody is let in through TCP any more; strangers who came are told of. */
void nodes_shut_door(struct nodes *n);

/* After SIGCHLD: has one of them ended? */
void nodes_reap(struct nodes *n);

/* Gives a stopped agent of this host the chance to act. */
void nodes_wake_agent(struct nodes *n);

/* Ends the streams, and waits for the processes: agents get the time to clean up. */
void nodes_close(struct nodes *n);

#endif
