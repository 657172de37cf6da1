/* What hosts have: see ask.h. */
#include "mpirun/ask.h"

#include "mpirun/cpus.h"
#include "mpirun/proto.h"
#include "mpirun/topo.h"
#include "mpirun/topopack.h"

#include <stdlib.h>

int ask_count(const struct job *job)
{
    return job->node_count - (job->here >= 0);
}

int ask_answered(struct job *job, uint32_t node, const void *answer, size_t size, struct words *why)
{
    struct host *host = &job->hosts.list[job->nodes[node]];
    struct place_cpu *cpus;
    int usable, count = topopack_get(answer, size, &cpus, &usable, why);
    if (count < 0)
        return -1;
    if (host->cpus || (int)node == job->here) {
        free(cpus);
        return 0;
    }
    host->cpus = cpus;
    host->cpu_count = count;
    host->usable = usable;
    return 1;
}

int ask_answer(struct bytes *to, struct words *why)
{
    struct place_cpu *cpus;
    int count = topo_table(NULL, &cpus, why);
    if (count < 0)
        return -1;
    topopack_put(to, cpus, count, cpus_usable());
    free(cpus);
    return bytes_count(to) <= FRAME_MAX ? 0 : words_set(why, "the table of its %d cpus is too large to be told", count);
}
