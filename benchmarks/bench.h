/* What the subcommands of godwit-bench share: the ranks, the buffers, and the one way in which all of them measure.
 *
 * Only the point-to-point calls of MPI are used for agreement between ranks, so that a young MPI, or one whose
 * collectives are being worked on, can be measured too. */
#ifndef BENCHMARKS_BENCH_H
#define BENCHMARKS_BENCH_H

#include <mpi.h>
#include "benchmarks/options.h"
#include "benchmarks/point.h"
#include "benchmarks/report.h"

enum { TAG_DATA = 1, TAG_REPLY = 2, TAG_AGREE = 3, TAG_SAMPLES = 4, TAG_QUIET = 5 };

/* ---- world.c: the ranks, where they run, and how they agree ---- */
struct world {
    int rank, size;
    int one_host;       /* all ranks run on one host */
    int room;           /* so many ranks can run at once: with more of them some share a cpu */
    int cpus[2];        /* rank 0 knows: the cpus of ranks 0 and 1 where each rank has one of its own, otherwise -1 */
    struct facts facts; /* filled on rank 0 */
};

/* Pins (before MPI_Init, so that the library sees the cpus it will have), initializes MPI, learns where all ranks
 * are. Errors of MPI itself end the job by the library's default handler. 0, or -1 with the reason on rank 0. */
int world_start(struct world *, const struct options *, int *argc, char ***argv, char *error, size_t room);
/* Rank 0's bytes reach all ranks of the world. Every rank calls it. */
void world_agree(const struct world *, void *data, int bytes);
/* A rank that has no part in what follows sleeps, without spinning, until rank 0 of the communicator, which has `size`
 * ranks, wakes those from `first` on. Rank 0 alone with the machine: the others sleep, rank 0 does its work, then
 * comm_wake(MPI_COMM_WORLD, 1, size). */
void comm_sleep(MPI_Comm);
void comm_wake(MPI_Comm, int first, int size);
/* This process's rank as the launcher's environment has it, before MPI_Init; -1: no launcher, or an unknown one. */
int world_launched_rank(void);
int world_launched_size(void); /* how many there are of them; -1: not known */
/* Fills version, host and cpu; without MPI. */
void world_machine(struct facts *);
/* Ends the job with this sentence on stderr: a byte that is wrong, memory that is missing. */
_Noreturn void world_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- buffers.c: memory for messages ---- */
struct buffers {
    char *memory;
    size_t bytes, step, places, stride; /* place of operation i: memory + (i * stride % places) * step */
};
/* `bytes` usable bytes for each operation. rotate: places through more memory than the caches hold, visited in an
 * order that prefetching cannot guess; otherwise one place. All memory is touched, page aligned. */
void buffers_open(struct buffers *, size_t bytes, int rotate);
/* The same with `least` places or more, also where it does not rotate: any `least` operations that follow each other
 * have different places. For messages that are under way at once. */
void buffers_open_many(struct buffers *, size_t bytes, int rotate, size_t least);
void buffers_close(struct buffers *);
char *buffers_at(const struct buffers *, long operation);
/* Every byte by (seed, its place); the check ends the job with world_die, naming the first wrong byte. */
void buffers_fill(void *at, size_t bytes, unsigned long seed);
void buffers_check(const void *at, size_t bytes, unsigned long seed, const char *what);
/* What --buffers means here, in words, for the facts. */
void buffers_describe(int rotate, char *text, size_t room);

/* ---- measure.c: the one way to measure ---- */
struct kernel {
    /* Runs operations first .. first + count - 1. Every rank that takes part calls it with the same numbers; on rank
     * 0 it returns when operation first + count - 1 is over. */
    void (*run)(void *arg, long first, long count);
    void *arg;
    const struct world *world;
    MPI_Comm comm; /* its rank 0 drives and is rank 0 of the world */
    int ranks;     /* ranks 0 .. ranks - 1 of comm take part; the others call measure too, and sleep in it */
    int slowest;   /* 1: a sample is the time of the slowest rank (collectives); 0: that of rank 0 */
    int round;     /* slowest: a sample has this many operations or a multiple (as many as take turns at being root, or
                    * the ranks had unequal shares of it); 0: any number */
    int apart;     /* slowest, of ranks that do not wait for all others (pairs): a sample is a long row of operations,
                    * from when the first rank begins to when the last one is through */
};
/* Warms up, finds how many operations a sample needs so that looking at the clock does not count (under 1 %), takes
 * samples for options->seconds or options->iterations, and fills samples, min, median, p99 and max of the point (per
 * operation) on rank 0. At least one sample; no rank allocates while the clock runs. */
void measure(const struct kernel *, const struct options *, struct point *);

/* ---- main.c: where points go ---- */
/* Rank 0 of the world calls it for each point: the table's row, and kept for the files. */
void bench_point(const struct point *);
/* Rank 0, before a point is measured: its test, variant and size on a terminal, until the point is there. */
void bench_progress(const struct point *);
/* May this many ranks run the subcommand? 0, or -1 with the reason. */
int bench_allows(enum command, int ranks, char *error, size_t room);
/* Rank 0: the floor of a message, of one of many under way at once, and of a copy that stays on its core, as --floor
 * says. 0: not known, or more ranks take part than can run at once, so that the scheduler is in every figure. */
double bench_floor_message(const struct world *, int ranks, size_t bytes);
double bench_floor_streamed(const struct world *, int ranks, size_t bytes);
double bench_floor_copy(size_t bytes);

/* ---- the subcommands: every rank of the world calls them, each in a file of its name (stream.c has three). What a
 * subcommand asks of the job (how many ranks) is checked in main.c's table. ---- */
void pingpong_run(const struct world *, const struct options *);
void stream_run(const struct world *, const struct options *);
void bistream_run(const struct world *, const struct options *);
void rate_run(const struct world *, const struct options *);
void modes_run(const struct world *, const struct options *);
void overlap_run(const struct world *, const struct options *);
void coll_run(const struct world *, const struct options *);
void sweep_run(const struct world *, const struct options *);

/* Names that --ops of modes and coll accept, each list ended by NULL. */
extern const char *const modes_names[];
extern const char *const coll_names[];
#endif
