/* Allocations: see alloc.h. */
#include "mpirun/alloc.h"

#include "mpirun/hostfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole number from 1 on, alone in its text; 0: it is none. */
static int count_of(const char *text, size_t n)
{
    long count = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9' || (count = count * 10 + (text[i] - '0')) > HOSTS_MAX_SLOTS)
            return 0;
    }
    return (int)count;
}

/* ---- Slurm ---- */

/* The next item of "4(x2),3": how many, and for how many hosts. 1; 0 at the end, -1: it has another form. */
static int next_item(const char **p, int *count, int *hosts)
{
    if (!**p)
        return 0;
    size_t n = strspn(*p, "0123456789");
    *count = count_of(*p, n);
    *hosts = 1;
    *p += n;
    if (strncmp(*p, "(x", 2) == 0) {
        n = strspn(*p + 2, "0123456789");
        *hosts = count_of(*p + 2, n);
        *p += 2 + n;
        if (**p != ')')
            return -1;
        ++*p;
    }
    if (*count == 0 || *hosts == 0 || (**p && **p != ','))
        return -1;
    if (**p && !*++*p)
        return -1;
    return 1;
}

/* Slots for the hosts from `first` on, in their order; each count is divided by `divide`. */
static int slurm_counts(struct hosts *hosts, int first, const char *name, const char *text, int divide,
                        struct words *why)
{
    int count, repeat, rc, at = first;
    for (const char *p = text; (rc = next_item(&p, &count, &repeat)) > 0;)
        for (; repeat > 0 && at <= hosts->sequence_count; repeat--, at++)
            if (at < hosts->sequence_count)
                hosts->list[hosts->sequence[at]].slots = count / divide > 0 ? count / divide : 1;
    if (rc < 0)
        return words_set(why, "%s is '%.200s', which is no list such as 4(x2),3", name, text);
    if (at != hosts->sequence_count)
        return words_set(why, "%s '%.200s' is for %s hosts than the %d of SLURM_JOB_NODELIST", name, text,
                         at < hosts->sequence_count ? "fewer" : "more", hosts->sequence_count - first);
    return 0;
}

static int slurm(struct hosts *hosts, const struct alloc_texts *texts, int *tasks, const struct own_names *own,
                 struct words *why)
{
    int first = hosts->sequence_count, cpus_per_task = 1;
    if (hosts_add_list(hosts, texts->slurm_nodes, own, "SLURM_JOB_NODELIST", why))
        return -1;
    if (texts->slurm_cpus_per_task)
        cpus_per_task = count_of(texts->slurm_cpus_per_task, strlen(texts->slurm_cpus_per_task));
    for (int i = first; i < hosts->sequence_count; i++)
        hosts->list[hosts->sequence[i]].bare = 0;
    if (texts->slurm_tasks)
        *tasks = count_of(texts->slurm_tasks, strlen(texts->slurm_tasks));
    if (texts->slurm_tasks_on_node)
        return slurm_counts(hosts, first, "SLURM_TASKS_PER_NODE", texts->slurm_tasks_on_node, 1, why);
    if (texts->slurm_cpus_on_node)
        return slurm_counts(hosts, first, "SLURM_JOB_CPUS_PER_NODE", texts->slurm_cpus_on_node,
                            cpus_per_task > 0 ? cpus_per_task : 1, why);
    return 0;
}

/* ---- the others ---- */

static int add_word(struct hosts *hosts, const char *where, const char *word, size_t n, int slots,
                    const struct own_names *own, struct words *why)
{
    struct host_word host;
    if (hosts_parse_word(word, n, where, &host, why))
        return -1;
    host.slots = slots;
    return hosts_add(hosts, &host, 0, 0, own, where, why);
}

/* A word is a slot, wherever it stands. */
static int words_of(struct hosts *hosts, const char *name, const char *text, const struct own_names *own,
                    struct words *why)
{
    struct line line = {0};
    char where[80];
    for (size_t at = 0; line_next(&line, text, strlen(text), &at);) {
        const char *word;
        size_t n;
        snprintf(where, sizeof where, "%s, line %d", name, line.number);
        for (size_t in = 0; line_word(&line, &in, &word, &n);)
            if (add_word(hosts, where, word, n, 1, own, why))
                return -1;
    }
    return 0;
}

/* "host slots queue cpus" */
static int grid_engine(struct hosts *hosts, const char *text, const struct own_names *own, struct words *why)
{
    struct line line = {0};
    char where[80];
    for (size_t at = 0; line_next(&line, text, strlen(text), &at);) {
        const char *host, *count;
        size_t host_length, count_length, in = 0;
        snprintf(where, sizeof where, "PE_HOSTFILE, line %d", line.number);
        line_word(&line, &in, &host, &host_length);
        line_word(&line, &in, &count, &count_length);
        int slots = count_of(count, count_length);
        if (!slots)
            return words_set(why, "%s: no number of slots behind the host's name", where);
        if (add_word(hosts, where, host, host_length, slots, own, why))
            return -1;
    }
    return 0;
}

/* "host 4 other 2" */
static int lsf_counts(struct hosts *hosts, const char *text, const struct own_names *own, struct words *why)
{
    struct line line = {.text = text, .length = strlen(text)};
    const char *host, *count;
    size_t host_length, count_length;
    for (size_t in = 0; line_word(&line, &in, &host, &host_length);) {
        line_word(&line, &in, &count, &count_length);
        int slots = count_of(count, count_length);
        if (!slots)
            return words_set(why, "LSB_MCPU_HOSTS: no number of slots behind '%.*s'",
                             (int)(host_length > 120 ? 120 : host_length), host);
        if (add_word(hosts, "LSB_MCPU_HOSTS", host, host_length, slots, own, why))
            return -1;
    }
    return 0;
}

const char *alloc_parse(struct hosts *hosts, const struct alloc_texts *texts, int *tasks,
                        const struct own_names *own, struct words *why)
{
    const char *name = NULL;
    int rc = 0, before = hosts->sequence_count;
    *tasks = 0;
    why->s[0] = 0;
    if (texts->slurm_nodes) {
        name = "Slurm";
        rc = slurm(hosts, texts, tasks, own, why);
    } else if (texts->pbs_nodes) {
        name = "PBS";
        rc = words_of(hosts, "PBS_NODEFILE", texts->pbs_nodes, own, why);
    } else if (texts->sge_hosts) {
        name = "Grid Engine";
        rc = grid_engine(hosts, texts->sge_hosts, own, why);
    } else if (texts->lsf_hosts || texts->lsf_counts) {
        name = "LSF";
        rc = texts->lsf_hosts ? words_of(hosts, "LSF's list of hosts", texts->lsf_hosts, own, why)
                              : lsf_counts(hosts, texts->lsf_counts, own, why);
    }
    if (name && rc == 0 && hosts->sequence_count == before)
        rc = words_set(why, "the allocation of %s names no host", name);
    return rc ? NULL : name;
}
