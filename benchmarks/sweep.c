/* A short round of everything: the other subcommands one after the other, with few sizes. */
#include "benchmarks/bench.h"

#include <stdio.h>

static const struct {
    enum command command;
    void (*run)(const struct world *, const struct options *);
    const char *sizes; /* unless --sizes says otherwise */
} parts[] = {
    {COMMAND_PINGPONG, pingpong_run, "8,1K,64K,1M"}, {COMMAND_STREAM, stream_run, "8,1K,64K,1M"},
    {COMMAND_BISTREAM, bistream_run, "8,1K,64K,1M"}, {COMMAND_RATE, rate_run, "8"},
    {COMMAND_MODES, modes_run, "8,64K"},             {COMMAND_OVERLAP, overlap_run, "64K,1M"},
    {COMMAND_COLL, coll_run, "8,64K,1M"},
};

/* What most programs use of the collectives. */
static const char *const operations[] = {"barrier", "bcast", "reduce", "allreduce", "allgather", "alltoall"};

static struct options options_of(const struct options *o, enum command command, const char *sizes)
{
    struct options part = *o;
    char error[128];
    part.command = command;
    if (!part.size_count)
        part.size_count = options_sizes(sizes, part.sizes, OPTIONS_SIZES, error, sizeof error);
    if (command == COMMAND_COLL)
        for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
            snprintf(part.ops[part.op_count++], OPTIONS_NAME, "%s", operations[i]);
    return part;
}

void sweep_run(const struct world *w, const struct options *o)
{
    char why[256];
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct options part = options_of(o, parts[i].command, parts[i].sizes);
        if (bench_allows(parts[i].command, w->size, why, sizeof why) == 0)
            parts[i].run(w, &part);
        else if (w->rank == 0)
            fprintf(stderr, "godwit-bench: note: left out: %s\n", why);
    }
}
