/* One of mpirun's own outputs, standard output or standard error: lines of ranks, tagged if wished, and mpirun's own
 * sentences. Never blocks the event loop, and never changes the flags of a descriptor that others share. */
#ifndef MPIRUN_OUTPUT_H
#define MPIRUN_OUTPUT_H

#include "mpirun/bytes.h"
#include "mpirun/loop.h"

/* Where a file's last line stands; shared by two outputs that are the same file. */
struct output_line {
    int open;         /* it is not ended ... */
    uint64_t speaker; /* ... and this is who began it */
};

enum output_kind { OUTPUT_PLAIN, OUTPUT_SOCKET, OUTPUT_OWN, OUTPUT_SHARED_PIPE };

struct output {
    struct loop *loop;
    struct watch watch;
    enum output_kind kind;
    int fd;            /* what is written to: a descriptor of our own where that can be had */
    int is_stderr;
    int tag;           /* CONF_TAG_* */
    struct bytes queue;
    size_t unpaid;     /* bytes of ranks for which no credit has been given back yet */
    struct output_line *line, own_line;
    int error;         /* errno of a failed write: the rest is dropped */
    void (*written)(struct output *output, size_t bytes); /* so many bytes of ranks have left; 0: nothing waits */
    void (*failed)(struct output *output);
    const char *(*host_of)(void *owner, uint32_t rank); /* for tags */
    void *owner;
};

void output_open(struct output *o, struct loop *loop, int fd, int tag);

/* Both may be the same terminal or file: then their lines are kept apart as well. */
void output_join(struct output *a, struct output *b);

/* What a rank wrote: whole lines, or a piece of one. */
void output_rank(struct output *o, uint32_t rank, const char *data, size_t n);

/* A line of mpirun's own, without newline. */
void output_line(struct output *o, const char *text);

/* Nothing waits to be written. */
int output_empty(const struct output *o);

/* Drops what waits, and all that comes. */
void output_discard(struct output *o);

#endif
