/* libFuzzer: lists of hosts on the command line, and the variables and files of batch systems. The first byte
 * decides which; a second text follows a byte of zero. */
#include "mpirun/alloc.h"
#include "mpirun/cpuset.h"
#include "mpirun/grow.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"node7"};
    static const struct own_names own = {names, 1};
    struct hosts hosts = {0};
    struct cpuset cpus = {0};
    struct words why = {""};
    int tasks = 0, failed = 0;
    if (size == 0)
        return 0;
    char *text = grow_text((const char *)data + 1, size - 1), *second = text + strlen(text);
    second += second < text + size - 1;
    struct alloc_texts texts = {0};
    switch (data[0]) {
    case 's':
        texts.slurm_nodes = text;
        texts.slurm_tasks_on_node = *second ? second : NULL;
        break;
    case 'p':
        texts.pbs_nodes = text;
        break;
    case 'g':
        texts.sge_hosts = text;
        break;
    case 'l':
        texts.lsf_counts = text;
        break;
    case 'c':
        failed = cpuset_parse(&cpus, text, strlen(text), "cpus", &why) != 0;
        break;
    default:
        failed = hosts_add_list(&hosts, text, &own, "-H", &why) != 0;
    }
    if (texts.slurm_nodes || texts.pbs_nodes || texts.sge_hosts || texts.lsf_counts)
        failed = !alloc_parse(&hosts, &texts, &tasks, &own, &why);
    if (failed != (why.s[0] != 0) || (!failed && data[0] != 'c' && hosts.count == 0))
        abort();
    cpuset_free(&cpus);
    hosts_free(&hosts);
    free(text);
    return 0;
}
