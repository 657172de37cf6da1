/* A point is what one measurement found: the time of one operation at one size, and what follows from it. The
 * subcommands make points, table.c, csv.c and json.c write them, plot.c draws them, godwit-compare reads them back. */
#ifndef BENCHMARKS_POINT_H
#define BENCHMARKS_POINT_H

#include <stddef.h>

enum { POINT_TEST = 16, POINT_VARIANT = 32, FACT = 256 };

struct point {
    char test[POINT_TEST];       /* the subcommand: "pingpong", "stream", "coll", "floor" ... */
    char variant[POINT_VARIANT]; /* what of it: "isend", "allreduce", "memcpy"; "" where there is one only */
    size_t bytes;                /* size of a message; 0: the operation has no size (barrier) */
    int ranks;
    long samples;
    double min, median, p99, max; /* seconds of one operation */
    double moved;                /* bytes that one operation moves: moved / time is the bandwidth; 0: it has none */
    double messages;             /* messages in one operation: messages / time is the rate; 0: it has none */
    double overlap;              /* share of the time that is free for computing, 0 to 1; negative: not measured */
    double floor;                /* seconds the machine itself needs for the same; 0: not known */
};

/* Where and how the points were measured; the same for all points of a run. */
struct facts {
    char version[FACT]; /* of godwit-bench */
    char library[FACT]; /* first line of MPI_Get_library_version; "" without MPI */
    char host[FACT];    /* "birch", or "birch and 3 more" */
    char cpu[FACT];     /* "AMD EPYC 7B13, 2 cpus" */
    char pinning[FACT]; /* "rank 0 on cpu 0, rank 1 on cpu 1", or "not pinned: 8 ranks on 2 cpus" */
    char buffers[FACT]; /* "same buffer", or "rotating through 64 MiB" */
    int ranks;          /* of the job; 0 without MPI */
    int pinned;         /* every rank has a cpu of its own */
};

/* All points of a run, in the order of their measurement. */
struct points {
    struct point *at;
    size_t count, room;
};

/* Copies the point to the end. 0, or -1 without memory. */
int points_add(struct points *, const struct point *);
/* The same test, variant, size and ranks: only the figures may differ. */
int points_same(const struct point *, const struct point *);
void points_free(struct points *);

#endif
