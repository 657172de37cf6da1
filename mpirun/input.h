/* mpirun's standard input, where it is read for ranks (--stdin all, or a rank on another host): a piece at a time,
 * when all nodes that have readers have taken the piece before. The rank on this host that gets standard input
 * reads it itself. Never reads a terminal from the background. */
#ifndef MPIRUN_INPUT_H
#define MPIRUN_INPUT_H

#include "mpirun/job.h"
#include "mpirun/loop.h"

struct input {
    struct loop *loop;
    struct watch watch;
    struct timer terminal;
    int pumped;      /* it is read here */
    char *asked;     /* of each node: it wants the next piece */
    char *closed;    /* of each node: it has no readers, or none any more */
    int node_count, open, asked_count;
    int complained;  /* that the terminal is wanted in the background */
    void *owner;
    void (*pass)(struct input *input, const char *data, size_t n); /* a piece; 0: the end */
    void (*go_on)(struct input *input); /* mpirun is in the foreground again, and a rank has waited for that */
    void (*say)(struct input *input, const char *text);
};

/* The callbacks and owner are set before. */
void input_open(struct input *input, struct loop *loop, const struct job *job);

void input_wanted(struct input *input, uint32_t node);
void input_closed(struct input *input, uint32_t node);

/* A rank was stopped since it read the terminal from the background. Is that to be told? */
int input_rank_stopped(struct input *input);

#endif
