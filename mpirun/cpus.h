/* How many cpus the job may use: the affinity mask, less what a cgroup's quota takes away. Cheap, no hwloc. */
#ifndef MPIRUN_CPUS_H
#define MPIRUN_CPUS_H

int cpus_usable(void); /* at least 1 */

/* The cpus that a line of cgroup's cpu.max ("150000 100000", "max 100000") leaves, rounded up; 0: no limit. */
int cpus_quota(const char *line);

#endif
