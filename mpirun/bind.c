/* Binding: which cpus the ranks of a host get, each within the object that it was mapped to. See place.h.
 *
 * Ranks that are bound to cores get them one after the other. Ranks that are bound to something larger are
 * shared out over it in blocks, as many to each as it has cores for, so that none gets less than its share. */
#include "mpirun/place.h"

#include "mpirun/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int max(int a, int b)
{
    return a > b ? a : b;
}

void bind_resolve(const struct place_job *job, struct placement *out)
{
    const struct policy *p = job->policy;
    int by_object = (p->map == MAP_OBJECT || p->map == MAP_PPR) && p->map_level != PLACE_MACHINE;
    out->bind = p->bind;
    out->bind_level = p->bind_level;
    if (p->bind == BIND_DEFAULT && p->map == MAP_RANKFILE) {
        out->bind = BIND_LIST;
    } else if (p->bind == BIND_DEFAULT && p->pe) {
        out->bind = BIND_OBJECT;
        out->bind_level = p->hwthreads ? PLACE_HWTHREAD : PLACE_CORE;
    } else if (p->bind == BIND_DEFAULT && by_object) {
        out->bind = BIND_OBJECT;
        out->bind_level = p->map_level;
    } else if (p->bind == BIND_DEFAULT || p->bind == BIND_NONE) {
        out->bind = p->cpus.count ? BIND_OBJECT : BIND_NONE; /* all of the cpu set, or no binding */
        out->bind_level = PLACE_MACHINE;
    }
    if (out->bind == BIND_OBJECT)
        out->pe = p->bind_count                 ? p->bind_count
                  : out->bind_level > PLACE_L1 ? 1
                  : p->pe                      ? p->pe
                                               : max(job->threads, 1);
}

/* What has been found out about the ranks of one host. */
struct binding {
    const struct place_job *job;
    const struct place_node *node;
    const struct place_spot *spots;
    struct placement *out;
    struct place_objects objects; /* of the level that is bound to */
    int *ranks, rank_count;       /* those of the object in question, world numbers */
    int *within, count, units;    /* objects inside of it that are bound to, and their cores */
    int *starts;                  /* where the cores of the places for ranks begin in `within` */
    int wrapped;
};

static void add_object(const struct binding *b, int object, struct cpuset *set)
{
    for (int i = 0; i < b->node->cpu_count; i++)
        if (b->objects.of[i] == object)
            cpuset_add(set, (uint32_t)b->node->cpus[i].os);
}

/* The ranks that are mapped to this object, and what is inside it. */
static void look_into(struct binding *b, int object)
{
    const struct host *host = b->node->host;
    b->rank_count = b->count = b->units = 0;
    for (int i = 0; i < host->rank_count; i++)
        if (b->spots[host->rank_list[i]].object == object)
            b->ranks[b->rank_count++] = (int)host->rank_list[i];
    if (b->rank_count == 0)
        return;
    for (int i = 0; i < b->node->cpu_count; i++) {
        int found = b->node->map.of[i] != object;
        for (int k = b->count - 1; k >= 0 && !found; k--)
            found = b->within[k] == b->objects.of[i];
        if (!found) {
            b->within[b->count++] = b->objects.of[i];
            b->units += b->objects.units[b->objects.of[i]];
        }
    }
}

/* Where the cores of ranks begin, `each` of them for one: such that no rank has some in two NUMA nodes, if all
 * ranks find a place so, or else one behind the other. How many places there are. */
static int find_places(struct binding *b, int each)
{
    struct place_objects numa;
    int places = 0;
    place_objects_make(b->node, PLACE_NUMA, 0, &numa, NULL);
    int *numa_of = grow_new((size_t)b->objects.count, sizeof *numa_of);
    for (int i = 0; i < b->node->cpu_count; i++)
        numa_of[b->objects.of[i]] = numa.of[i];
    for (int i = 0, run = 0; i < b->count; i++) {
        run = i > 0 && numa_of[b->within[i]] == numa_of[b->within[i - 1]] ? run + 1 : 1;
        if (run % each == 0)
            b->starts[places++] = i + 1 - each;
    }
    if (places < b->rank_count)
        for (places = 0; (places + 1) * each <= b->count; places++)
            b->starts[places] = places * each;
    place_objects_free(&numa);
    free(numa_of);
    return places;
}

/* Cores or hwthreads, so many for each rank, one after the other. */
static int bind_to_units(struct binding *b, struct words *why)
{
    const struct policy *p = b->job->policy;
    int each = max(b->out->pe, 1);
    const char *units = policy_level(b->out->bind_level, each > 1);
    if (each > b->count && (p->pe || p->bind_count))
        return words_set(why,
                         "%d %s for each rank are more than the %d of one %s of host '%.120s' (map by something "
                         "larger)", each, units, b->count, policy_level(p->map_level, 0), b->node->host->name);
    if (each > b->count)
        each = b->count;
    int places = find_places(b, each);
    for (int i = 0; i < b->rank_count; i++)
        for (int k = 0; k < each; k++)
            add_object(b, b->within[b->starts[i % places] + k], &b->out->places[b->ranks[i]].cpus);
    if (b->rank_count > places)
        b->wrapped = each;
    return 0;
}

/* Larger objects: blocks of ranks, in proportion to the cores of each. */
static void bind_to_objects(struct binding *b)
{
    int each = b->out->pe < b->count ? max(b->out->pe, 1) : b->count;
    for (int i = 0; i < b->rank_count; i++) {
        int object = 0;
        long at = (long)i * b->units / b->rank_count;
        while (at >= b->objects.units[b->within[object]])
            at -= b->objects.units[b->within[object++]];
        if (object > b->count - each)
            object = b->count - each;
        for (int k = 0; k < each; k++)
            add_object(b, b->within[object + k], &b->out->places[b->ranks[i]].cpus);
    }
}

static int bind_host(const struct place_job *job, const struct place_node *node, const struct place_spot *spots,
                     struct placement *out, struct words *why)
{
    struct binding b = {.job = job, .node = node, .spots = spots, .out = out};
    int rc = 0, hwthreads = job->policy->hwthreads || out->bind_level == PLACE_HWTHREAD;
    place_objects_make(node, out->bind_level, hwthreads, &b.objects, out->note);
    b.ranks = grow_new((size_t)node->host->rank_count, sizeof *b.ranks);
    b.within = grow_new((size_t)node->cpu_count, sizeof *b.within);
    b.starts = grow_new((size_t)node->cpu_count, sizeof *b.starts);
    for (int object = 0; object < node->map.count && rc == 0; object++) {
        look_into(&b, object);
        if (b.rank_count && out->bind_level <= PLACE_L1)
            rc = bind_to_units(&b, why);
        else if (b.rank_count)
            bind_to_objects(&b);
    }
    const char *units = policy_level(out->bind_level, 1), *name = node->host->name;
    char each[40] = "";
    if (b.wrapped > 1)
        snprintf(each, sizeof each, ", %d for each", b.wrapped);
    if (rc == 0 && b.wrapped && job->policy->overload == REFUSED)
        rc = words_set(why, "host '%.120s' has too few %s for %d ranks%s, and no-overload allows no more", name,
                       units, node->host->rank_count, each);
    else if (rc == 0 && b.wrapped && job->policy->overload == UNSAID && !*out->note)
        snprintf(out->note, sizeof out->note,
                 "host '%.120s' has too few %s for %d ranks%s, so some are bound to the same ones "
                 "(--bind-to %s:overload-allowed if that is meant)",
                 name, units, node->host->rank_count, each,
                 out->bind_level == PLACE_HWTHREAD ? "hwthread" : "core");
    place_objects_free(&b.objects);
    free(b.ranks);
    free(b.within);
    free(b.starts);
    return rc;
}

static int is_usable(const struct place_node *node, uint32_t cpu)
{
    for (int i = 0; i < node->cpu_count; i++)
        if (node->cpus[i].os == (int32_t)cpu)
            return 1;
    return 0;
}

/* MPICH's user:0+1,2 */
static int bind_by_list(const struct place_job *job, const struct place_node *node, struct placement *out,
                        struct words *why)
{
    const struct policy *p = job->policy;
    for (int i = 0; i < node->host->rank_count; i++) {
        const struct cpuset *set = &p->cpu_list[i % p->cpu_list_count];
        for (uint32_t cpu = 0; cpu < set->count * 64; cpu++) {
            if (!cpuset_has(set, cpu))
                continue;
            if (!is_usable(node, cpu))
                return words_set(why, "cpu %u of -bind-to user is none that the job may use on host '%.120s'", cpu,
                                 node->host->name);
            cpuset_add(&out->places[node->host->rank_list[i]].cpus, cpu);
        }
    }
    return 0;
}

/* The cores that a line of a rank file names, counted in its package or in the host. */
static int bind_by_line(const struct place_job *job, const struct place_node *node,
                        const struct rankfile_line *line, struct cpuset *set, struct words *why)
{
    struct place_objects packages, units;
    uint32_t counted = 0, last = 0;
    int unit = -1, seen = 0;
    place_objects_make(node, PLACE_PACKAGE, 0, &packages, NULL);
    place_objects_make(node, job->policy->hwthreads ? PLACE_HWTHREAD : PLACE_CORE, 0, &units, NULL);
    for (int i = 0; i < node->cpu_count; i++) {
        if (line->package >= 0 && packages.of[i] != line->package)
            continue;
        counted += seen && units.of[i] != unit;
        seen = 1;
        unit = units.of[i];
        if (line->all_cores || cpuset_has(&line->cores, counted))
            cpuset_add(set, (uint32_t)node->cpus[i].os);
    }
    for (uint32_t i = 0; i < line->cores.count * 64; i++)
        last = cpuset_has(&line->cores, i) ? i : last;
    int missing = !seen || (!line->all_cores && last > counted);
    place_objects_free(&packages);
    place_objects_free(&units);
    if (!missing)
        return 0;
    if (!seen)
        return words_set(why, "line %d of the rank file: host '%.120s' has no package %d", line->number,
                         node->host->name, line->package);
    return words_set(why, "line %d of the rank file: %s %u is beyond the %u of %s '%.120s'", line->number,
                     job->policy->hwthreads ? "hwthread" : "core", last, counted + 1,
                     line->package >= 0 ? "that package of host" : "host", node->host->name);
}

int bind_ranks(const struct place_job *job, struct place_node *nodes, const struct place_spot *spots,
               struct placement *out, struct words *why)
{
    if (out->bind == BIND_NONE)
        return 0;
    if (out->bind == BIND_LIST && job->policy->bind != BIND_LIST) { /* the rank file */
        for (int i = 0; i < out->size; i++)
            if (!job->rankfile->lines[i].whole &&
                bind_by_line(job, &nodes[spots[i].node], &job->rankfile->lines[i], &out->places[i].cpus, why))
                return -1;
        return 0;
    }
    for (int i = 0; i < job->hosts->count; i++) {
        int rc = job->hosts->list[i].rank_count == 0 ? 0
                 : out->bind == BIND_LIST            ? bind_by_list(job, &nodes[i], out, why)
                                                     : bind_host(job, &nodes[i], spots, out, why);
        if (rc)
            return rc;
    }
    return 0;
}
