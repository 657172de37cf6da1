/* What of the machine this process is restricted to, by its affinity mask and the table of cpus that the agent has
 * found out with hwloc: see proc.h. */
#define _GNU_SOURCE
#include "boot/proc.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <time.h>

const char *const proc_resource_names[PROC_RESOURCES] = {"node", "package", "numa", "l3cache", "core"};

int proc_resource_find(const char *name)
{
    static const char *const others[] = {"machine", "socket", "numanode", "l3", "core"}; /* hwloc's, and older ones */
    if (strncasecmp(name, "hwloc://", 8) == 0)
        name += 8;
    if (strcmp(name, "mpi_shared_memory") == 0)
        return 0;
    for (int i = 0; i < PROC_RESOURCES; i++)
        if (strcasecmp(name, proc_resource_names[i]) == 0 || strcasecmp(name, others[i]) == 0)
            return i;
    return -1;
}

static int32_t part_of(const struct node_cpu *cpu, int number)
{
    switch (number) {
    case 1:
        return cpu->package;
    case 2:
        return cpu->numa;
    case 3:
        return cpu->l3;
    default:
        return cpu->core;
    }
}

/* The agent fills the table when the job has lived for some time. -1: it has not, after a second. */
static int wait_for_cpus(void)
{
    const struct timespec little = {0, 1000 * 1000};
    for (int i = 0; i < 1000; i++) {
        if (atomic_load_explicit(&proc.node->cpus_ready, memory_order_acquire)) /* T1 */
            return 0;
        nanosleep(&little, NULL);
    }
    return -1;
}

int proc_resource(int number)
{
    cpu_set_t mask;
    int32_t one = -1;
    if (!proc.node)
        return number == 0 ? 0 : -1;
    int node = (int)(proc.node->node_index << 16);
    if (number == 0)
        return node;
    if (sched_getaffinity(0, sizeof mask, &mask) || wait_for_cpus())
        return -1;
    const struct node_cpu *cpus = node_cpus(proc.node);
    for (uint32_t i = 0; i < proc.node->cpu_count; i++) {
        if (cpus[i].os < 0 || cpus[i].os >= CPU_SETSIZE || !CPU_ISSET(cpus[i].os, &mask))
            continue;
        int32_t part = part_of(&cpus[i], number);
        if (part < 0 || (one >= 0 && part != one))
            return -1;
        one = part;
    }
    return one < 0 ? -1 : node | (one & 0xffff);
}
