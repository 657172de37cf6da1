/* libFuzzer: command lines, a word a line; what is a sound job is placed on two machines, and every rank must
 * have got a place there. */
#include "boot/node.h"
#include "mpirun/grow.h"
#include "mpirun/layout.h"
#include "mpirun/options.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 64, CPUS = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* What a job holds lives until the process ends. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* Two packages of three cores with two threads; the second machine's have none of the caches. */
static const struct place_cpu *machine(int which)
{
    static struct place_cpu cpus[2][CPUS];
    for (int i = 0; i < CPUS; i++) {
        cpus[which][i] = (struct place_cpu){.os = i};
        for (int level = 0; level < PLACE_MACHINE; level++)
            cpus[which][i].at[level] = level == PLACE_HWTHREAD                    ? i
                                       : level <= PLACE_L1                        ? i / 2
                                       : which && level <= PLACE_L3               ? -1
                                                                                  : i / 6;
    }
    return cpus[which];
}

static void check(const struct job *job)
{
    int ranks = 0;
    for (int i = 0; i < job->hosts.count; i++) {
        ranks += job->hosts.list[i].rank_count;
        if (job->hosts.list[i].rank_count > (int)NODE_MAX_RANKS)
            abort();
    }
    if (ranks != job->size || job->size < 1 || job->stdin_rank >= job->size)
        abort();
    for (int i = 0; i < job->size; i++) {
        const struct place *place = &job->placement.places[i];
        if (place->host >= job->hosts.count || place->local >= job->hosts.list[place->host].rank_count ||
            job->hosts.list[place->host].rank_list[place->local] != (uint32_t)i ||
            (job->placement.bind == BIND_OBJECT && cpuset_weight(&place->cpus) == 0))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"here"};
    static const char hostfile[] = "here slots=3\nthere:2\n", rankfile[] = "rank 0=here slot=1";
    static const struct file_text file = {"hosts", hostfile, sizeof hostfile - 1};
    char *text = grow_text((const char *)data, size), *argv[WORDS + 1] = {(char *)"mpirun"};
    int argc = 1;
    struct job job = {.host = "here"};
    struct words why = {""};
    for (char *word = strtok(text, "\n"); word && argc < WORDS; word = strtok(NULL, "\n"))
        argv[argc++] = word;
    struct surroundings around = {.own = {names, 1}, .usable = CPUS,
                                  .rankfile = {"ranks", rankfile, sizeof rankfile - 1}};
    struct file_text files[WORDS];
    for (int i = 0; i < WORDS; i++)
        files[i] = file;
    around.hostfiles = files;
    if (options_parse(argc, argv, &job, &why) == OPTIONS_RUN && layout_hosts(&job, &around, &why) == 0) {
        for (int i = 0; i < job.hosts.count && i < 64; i++)
            if (i < 2) {
                job.hosts.list[i].usable = job.hosts.list[i].cpu_count = CPUS;
                job.hosts.list[i].cpus = machine(i);
            }
        if (layout_place(&job, &around, &why) == 0)
            check(&job);
        else if (!why.s[0])
            abort();
    }
    place_free(&job.placement);
    hosts_free(&job.hosts);
    free(text);
    return 0;
}
