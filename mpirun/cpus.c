/* Usable cpus: see cpus.h. */
#define _GNU_SOURCE
#include "mpirun/cpus.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cpus_quota(const char *line)
{
    long long quota, period;
    if (sscanf(line, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
        return 0;
    long long cpus = quota / period + (quota % period != 0);
    return cpus > 1000000 ? 0 : (int)cpus;
}

static int affinity(void)
{
    for (int room = 1024; room <= 1 << 20; room *= 2) {
        size_t size = CPU_ALLOC_SIZE(room);
        cpu_set_t *set = CPU_ALLOC(room);
        int n = set && sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (n)
            return n;
    }
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

static int read_line(const char *path, char *line, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    int got = fgets(line, (int)size, f) != NULL;
    fclose(f);
    return got;
}

/* The quota of one cgroup folder, in the form of either version. */
static int folder_quota(const char *folder, int version)
{
    char path[4200], line[128], period[64];
    if (version == 2) {
        snprintf(path, sizeof path, "%s/cpu.max", folder);
        return read_line(path, line, sizeof line) ? cpus_quota(line) : 0;
    }
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!read_line(path, line, 60))
        return 0;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!read_line(path, period, sizeof period))
        return 0;
    line[strcspn(line, "\n")] = ' ';
    strncat(line, period, sizeof line - strlen(line) - 1);
    return cpus_quota(line);
}

/* The least quota of a cgroup and those above it. */
static int chain_quota(const char *root, char *folder, int version)
{
    int least = 0;
    for (;;) {
        char path[4096];
        snprintf(path, sizeof path, "%s%s", root, folder);
        int quota = folder_quota(path, version);
        if (quota && (!least || quota < least))
            least = quota;
        char *slash = strrchr(folder, '/');
        if (!slash)
            return least;
        *slash = 0;
    }
}

static int cgroup_quota(void)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char line[2048];
    int least = 0;
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':'), *folder = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!folder)
            continue;
        *folder++ = 0;
        int quota = 0;
        if (controllers[1] == 0)
            quota = chain_quota("/sys/fs/cgroup", folder, 2);
        else if (strcmp(controllers + 1, "cpu,cpuacct") == 0 || strcmp(controllers + 1, "cpu") == 0)
            quota = chain_quota("/sys/fs/cgroup/cpu", folder, 1);
        if (quota && (!least || quota < least))
            least = quota;
    }
    if (f)
        fclose(f);
    return least;
}

int cpus_usable(void)
{
    int cpus = affinity(), quota = cgroup_quota();
    return quota && quota < cpus ? quota : cpus;
}
