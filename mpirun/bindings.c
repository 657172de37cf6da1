/* Pictures of placements: see bindings.h. One line for each rank, or for ranks that have the same cpus:
 *
 *     node1: 4 ranks, 4 slots, 2 packages, 8 cores, 16 cpus
 *       rank 0  core 0  cpus 0,8  [BB/../../..|../../../..]
 */
#include "mpirun/bindings.h"

#include "mpirun/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURE_MAX = 100 }; /* columns; a machine that needs more is told of in words only */

/* ---- one set of cpus ---- */

static int holds(const struct host *host, const struct cpuset *set, int cpu)
{
    return cpuset_has(set, (uint32_t)host->cpus[cpu].os);
}

/* The set's objects of a level, if it is made of whole ones; how many there are on the host in *all. */
static int whole_objects(const struct host *host, const struct cpuset *set, enum place_level level,
                         struct cpuset *out, int *all)
{
    struct cpuset found = {0}, there = {0};
    int whole = 1;
    for (int i = 0; i < host->cpu_count && whole; i++) {
        int32_t id = host->cpus[i].at[level];
        if (id < 0) {
            whole = 0;
        } else {
            cpuset_add(&there, (uint32_t)id);
            if (holds(host, set, i))
                cpuset_add(&found, (uint32_t)id);
        }
    }
    for (int i = 0; i < host->cpu_count && whole; i++)
        whole = holds(host, set, i) || !cpuset_has(&found, (uint32_t)host->cpus[i].at[level]);
    *all = (int)cpuset_weight(&there);
    *out = found;
    cpuset_free(&there);
    return whole;
}

/* "package 1", "cores 0-3": by the largest objects that make up the set, but none larger than was asked for. */
static void name_set(const struct host *host, const struct placement *placement, const struct cpuset *set,
                     char *out, size_t size)
{
    static const enum place_level levels[] = {PLACE_PACKAGE, PLACE_NUMA, PLACE_L3, PLACE_CORE};
    if (cpuset_weight(set) == (uint32_t)host->cpu_count) {
        snprintf(out, size, host->cpu_count == 1 ? "the only cpu" : "all %d cpus", host->cpu_count);
        return;
    }
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (placement->bind == BIND_OBJECT && levels[i] > placement->bind_level && levels[i] > PLACE_CORE)
            continue;
        struct cpuset objects;
        int all, whole = whole_objects(host, set, levels[i], &objects, &all);
        uint32_t count = cpuset_weight(&objects);
        if (whole && all > 1) {
            int n = snprintf(out, size, "%s ", policy_level(levels[i], count > 1));
            cpuset_text(&objects, out + n, size - (size_t)n);
        }
        cpuset_free(&objects);
        if (whole && all > 1)
            return;
    }
    struct cpuset cores = {0};
    for (int i = 0; i < host->cpu_count; i++)
        if (holds(host, set, i) && host->cpus[i].at[PLACE_CORE] >= 0)
            cpuset_add(&cores, (uint32_t)host->cpus[i].at[PLACE_CORE]);
    int n = snprintf(out, size,
                     !cores.count ? "" : cpuset_weight(&cores) == 1 ? "part of core " : "parts of cores ");
    cpuset_text(&cores, out + n, size - (size_t)n);
    cpuset_free(&cores);
}

/* "[BB/..|../..]"; empty where it would be too wide. */
static void draw_set(const struct host *host, const struct cpuset *set, char *out, size_t size)
{
    size_t at = 0;
    out[at++] = '[';
    for (int i = 0; i < host->cpu_count; i++) {
        const int32_t *now = host->cpus[i].at, *before = i ? host->cpus[i - 1].at : now;
        char border = now[PLACE_PACKAGE] != before[PLACE_PACKAGE]                                  ? '|'
                      : now[PLACE_NUMA] != before[PLACE_NUMA] || now[PLACE_L3] != before[PLACE_L3] ? ':'
                      : now[PLACE_CORE] != before[PLACE_CORE] || (i && now[PLACE_CORE] < 0)        ? '/'
                                                                                                   : 0;
        if (at + 4 >= size) {
            out[0] = 0;
            return;
        }
        if (border)
            out[at++] = border;
        out[at++] = holds(host, set, i) ? 'B' : '.';
    }
    out[at++] = ']';
    out[at] = 0;
}

/* ---- one host ---- */

static void count_level(FILE *f, const struct host *host, enum place_level level)
{
    struct cpuset all = {0};
    for (int i = 0; i < host->cpu_count; i++)
        if (host->cpus[i].at[level] >= 0)
            cpuset_add(&all, (uint32_t)host->cpus[i].at[level]);
    uint32_t n = cpuset_weight(&all);
    cpuset_free(&all);
    if (n > 1 || (n && level == PLACE_CORE))
        fprintf(f, ", %u %s", n, policy_level(level, n > 1));
}

static void head(FILE *f, const struct host *host)
{
    fprintf(f, "  %s%s%s%s: %d %s", host->user ? host->user : "", host->user ? "@" : "", host->name,
            host->is_local ? " (this host)" : "", host->rank_count, host->rank_count == 1 ? "rank" : "ranks");
    if (host->slots)
        fprintf(f, ", %d %s", host->slots, host->slots == 1 ? "slot" : "slots");
    if (host->max_slots)
        fprintf(f, ", at most %d", host->max_slots);
    if (host->cpus) {
        count_level(f, host, PLACE_PACKAGE);
        count_level(f, host, PLACE_NUMA);
        count_level(f, host, PLACE_L3);
        count_level(f, host, PLACE_CORE);
        fprintf(f, ", %d %s", host->cpu_count, host->cpu_count == 1 ? "cpu" : "cpus");
        if (host->usable && host->usable < host->cpu_count)
            fprintf(f, " (of which a quota leaves the time of %d)", host->usable);
    } else if (host->usable) {
        fprintf(f, ", %d %s", host->usable, host->usable == 1 ? "cpu" : "cpus");
    }
    fprintf(f, "\n");
}

/* A line of a host's ranks. */
struct row {
    char ranks[64], name[64], cpus[80], picture[PICTURE_MAX + 8];
};

static int width(int so_far, const char *text)
{
    int n = (int)strlen(text);
    return n > so_far ? n : so_far;
}

static void make_row(const struct host *host, const struct placement *placement, const struct cpuset *set,
                     const uint32_t *ranks, uint32_t count, struct row *row)
{
    int n = snprintf(row->ranks, sizeof row->ranks, count == 1 ? "rank " : "ranks ");
    report_ranks(ranks, count, row->ranks + n, sizeof row->ranks - (size_t)n);
    snprintf(row->name, sizeof row->name, "not bound");
    row->cpus[0] = row->picture[0] = 0;
    if (!set->count && host->cpus)
        snprintf(row->cpus, sizeof row->cpus, "any of the %d %s", host->cpu_count,
                 host->cpu_count == 1 ? "cpu" : "cpus");
    if (set->count && host->cpus) {
        name_set(host, placement, set, row->name, sizeof row->name);
        n = snprintf(row->cpus, sizeof row->cpus, cpuset_weight(set) == 1 ? "cpu " : "cpus ");
        cpuset_text(set, row->cpus + n, sizeof row->cpus - (size_t)n);
        draw_set(host, set, row->picture, sizeof row->picture);
    }
}

static int show_ranks(FILE *f, const struct job *job, const struct host *host)
{
    struct row *rows = calloc((size_t)host->rank_count, sizeof *rows);
    char *shown = calloc((size_t)host->rank_count, 1);
    uint32_t *same = calloc((size_t)host->rank_count, sizeof *same);
    int count = 0, ranks_width = 0, name_width = 0, cpus_width = 0;
    for (int i = 0; rows && shown && same && i < host->rank_count; i++) {
        const struct cpuset *set = &job->placement.places[host->rank_list[i]].cpus;
        uint32_t n = 0;
        for (int k = i; k < host->rank_count && !shown[i]; k++)
            if (!shown[k] && cpuset_equal(set, &job->placement.places[host->rank_list[k]].cpus)) {
                same[n++] = host->rank_list[k];
                shown[k] = k > i;
            }
        if (n == 0)
            continue;
        struct row *row = &rows[count++];
        make_row(host, &job->placement, set, same, n, row);
        ranks_width = width(ranks_width, row->ranks);
        name_width = width(name_width, row->name);
        cpus_width = width(cpus_width, row->cpus);
    }
    for (int i = 0; i < count; i++) {
        char line[sizeof *rows + 16];
        int n = snprintf(line, sizeof line, "    %-*s  %-*s  %-*s%s%s", ranks_width, rows[i].ranks, name_width,
                         rows[i].name, cpus_width, rows[i].cpus, cpus_width && *rows[i].picture ? "  " : "",
                         rows[i].picture);
        while (n > 0 && line[n - 1] == ' ')
            line[--n] = 0;
        fprintf(f, "%s\n", line);
    }
    free(rows);
    free(shown);
    free(same);
    return 0;
}

static void show_list(FILE *f, const struct host *host)
{
    char list[400];
    report_ranks(host->rank_list, (uint32_t)host->rank_count, list, sizeof list);
    fprintf(f, "    %s %s\n", host->rank_count == 1 ? "rank" : "ranks", list);
}

/* ---- the job ---- */

static void title(FILE *f, const struct job *job, unsigned show)
{
    static const char *const maps[] = {"slot", "node", "", "", "the order of the host list", "rank file"};
    const struct policy *p = &job->policy;
    int hosts = 0, drawn = 0;
    for (int i = 0; i < job->hosts.count; i++) {
        hosts += job->hosts.list[i].rank_count > 0;
        drawn |= job->hosts.list[i].cpus && job->hosts.list[i].cpu_count * 2 < PICTURE_MAX;
    }
    fprintf(f, "%d %s on %d %s, mapped by ", job->size, job->size == 1 ? "rank" : "ranks", hosts,
            hosts == 1 ? "host" : "hosts");
    if (p->map == MAP_PPR)
        fprintf(f, "%d for each %s", p->ppr, policy_level(p->map_level, 0));
    else
        fprintf(f, "%s", p->map == MAP_OBJECT ? policy_level(p->map_level, 0) : maps[p->map]);
    if (show & SHOW_BINDINGS) {
        const struct placement *out = &job->placement;
        if (out->bind == BIND_NONE)
            fprintf(f, ", not bound");
        else if (out->bind == BIND_LIST)
            fprintf(f, ", bound to cpus that are listed");
        else if (out->bind_level == PLACE_MACHINE)
            fprintf(f, ", bound to the cpus that the job may use");
        else if (out->pe > 1)
            fprintf(f, ", each bound to %d %s", out->pe, policy_level(out->bind_level, 1));
        else
            fprintf(f, ", each bound to one %s", policy_level(out->bind_level, 0));
        if (drawn && out->bind != BIND_NONE)
            fprintf(f, "\n  (B: a cpu that it is bound to; / between cores, : between L3 caches or NUMA nodes, "
                       "| between packages)");
    }
    fprintf(f, "\n");
}

char *bindings_text(const struct job *job, unsigned show)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    title(f, job, show);
    for (int i = 0; i < job->hosts.count; i++) {
        const struct host *host = &job->hosts.list[i];
        if (host->rank_count == 0 && !(show & SHOW_ALLOCATION))
            continue;
        head(f, host);
        if (host->rank_count && (show & SHOW_BINDINGS))
            show_ranks(f, job, host);
        else if (host->rank_count && (show & SHOW_MAP))
            show_list(f, host);
    }
    return fclose(f) ? (free(text), NULL) : text;
}
