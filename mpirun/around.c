/* Files, variables and names: see around.h. */
#define _GNU_SOURCE
#include "mpirun/around.h"

#include "mpirun/cpus.h"
#include "mpirun/grow.h"
#include "mpirun/key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20 }; /* bytes of a list of hosts */

/* The file as text, with a NUL behind it. */
static int read_file(const char *name, const char *what, struct file_text *out, struct words *why)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    size_t size = 0, room = 0;
    ssize_t n = 0;
    char *text = NULL;
    if (fd < 0)
        return words_set(why, "cannot read %s '%.200s': %s", what, name, strerror(errno));
    do {
        size += (size_t)n;
        if (size + 1 >= room) {
            char *more = realloc(text, room = room ? 2 * room : 4096);
            if (!more) {
                free(text);
                close(fd);
                return words_set(why, "no memory to read %s '%.200s'", what, name);
            }
            text = more;
        }
        n = read(fd, text + size, room - size - 1);
    } while ((n > 0 && size < FILE_MAX) || (n < 0 && errno == EINTR && (n = 0, 1)));
    int error = errno;
    close(fd);
    if (n) {
        free(text);
        return n < 0 ? words_set(why, "cannot read %s '%.200s': %s", what, name, strerror(error))
                     : words_set(why, "%s '%.200s' has more than 64 MiB: it is no list of hosts", what, name);
    }
    text[size] = 0;
    *out = (struct file_text){name, text, size};
    return 0;
}

/* A file that a variable names; none when the variable is not set. */
static int read_named(const char *variable, const char **text, struct words *why)
{
    const char *name = conf_env(variable);
    struct file_text file;
    if (!name || !*name)
        return 0;
    if (read_file(name, variable, &file, why))
        return -1;
    *text = file.text;
    return 0;
}

static const char *either(const char *one, const char *other)
{
    const char *value = conf_env(one);
    if (!value || !*value)
        value = other ? conf_env(other) : NULL;
    return value && *value ? value : NULL;
}

/* The variables of a job that ended long ago may still be set where only the list of hosts is missing: each system
 * has one that says that there is an allocation. */
static int read_allocation(struct alloc_texts *a, struct words *why)
{
    if (either("SLURM_JOB_ID", "SLURM_JOBID")) {
        a->slurm_nodes = either("SLURM_JOB_NODELIST", "SLURM_NODELIST");
        a->slurm_tasks_on_node = either("SLURM_TASKS_PER_NODE", NULL);
        a->slurm_cpus_on_node = either("SLURM_JOB_CPUS_PER_NODE", NULL);
        a->slurm_cpus_per_task = either("SLURM_CPUS_PER_TASK", NULL);
        a->slurm_tasks = either("SLURM_NTASKS", "SLURM_NPROCS");
    }
    if (a->slurm_nodes)
        return 0;
    if (either("PBS_JOBID", NULL) && read_named("PBS_NODEFILE", &a->pbs_nodes, why))
        return -1;
    if (either("JOB_ID", NULL) && read_named("PE_HOSTFILE", &a->sge_hosts, why))
        return -1;
    if (either("LSB_JOBID", NULL)) {
        if (read_named("LSB_DJOB_HOSTFILE", &a->lsf_hosts, why))
            return -1;
        a->lsf_counts = either("LSB_MCPU_HOSTS", NULL);
        if (!a->lsf_hosts && !a->lsf_counts)
            a->lsf_hosts = either("LSB_HOSTS", NULL);
    }
    return 0;
}

static void add_name(struct own_names *own, const char *name)
{
    const char **list = grow_by_one((void *)own->list, (size_t)own->count, sizeof *list);
    list[own->count++] = grow_text(name, strlen(name));
    own->list = list;
}

/* Names and addresses of this machine; no name server is asked. */
static void read_names(const char *host, struct own_names *own)
{
    char text[INET6_ADDRSTRLEN];
    struct ifaddrs *list = NULL;
    add_name(own, host);
    if (strchr(host, '.') && *host != '.') {
        char *name = grow_text(host, strcspn(host, "."));
        add_name(own, name);
        free(name);
    }
    add_name(own, "::1");
    add_name(own, "localhost.localdomain");
    if (getifaddrs(&list))
        return;
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        if (!i->ifa_addr)
            continue;
        const void *address = NULL;
        if (i->ifa_addr->sa_family == AF_INET)
            address = &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
        else if (i->ifa_addr->sa_family == AF_INET6)
            address = &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;
        if (address && inet_ntop(i->ifa_addr->sa_family, address, text, sizeof text))
            add_name(own, text);
    }
    freeifaddrs(list);
}

static int names_hosts(const struct job *job)
{
    int lists = 0;
    for (int i = 0; i < job->app_count; i++)
        lists += job->apps[i].host_list_count;
    return lists || job->hostfile_count || job->rankfile;
}

int around_read(const struct job *job, struct surroundings *out, struct words *why)
{
    const char *initial = job->default_hostfile ? job->default_hostfile : either("HYDRA_HOST_FILE", NULL);
    *out = (struct surroundings){.usable = cpus_usable(), .threads = either("OMP_NUM_THREADS", NULL)};
    struct file_text *files = grow_new((size_t)job->hostfile_count, sizeof *files);
    out->hostfiles = files;
    for (int i = 0; i < job->hostfile_count; i++)
        if (read_file(job->hostfiles[i], "the host file", &files[i], why))
            return -1;
    if (job->rankfile && read_file(job->rankfile, "the rank file", &out->rankfile, why))
        return -1;
    if (!job->hostfile_count && read_allocation(&out->alloc, why))
        return -1;
    const struct alloc_texts *a = &out->alloc;
    int allocated = a->slurm_nodes || a->pbs_nodes || a->sge_hosts || a->lsf_hosts || a->lsf_counts;
    if (!job->hostfile_count && !allocated && initial && !names_hosts(job) &&
        read_file(initial, "the host file", &out->default_hostfile, why))
        return -1;
    if (names_hosts(job) || allocated || initial)
        read_names(job->host, &out->own);
    else
        add_name(&out->own, job->host); /* the only host is this one */
    return 0;
}

int around_describe(struct job *job, struct words *why)
{
    static char folder[PATH_MAX], self[PATH_MAX];
    job->cwd = getcwd(folder, sizeof folder);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    job->self = n > 0 ? self : NULL;
    job->key = key_make();
    return job->key ? 0 : words_set(why, "cannot make a key for the job: %s", strerror(errno));
}
