/* Placement on hosts and their objects: see place.h. In four steps: what each host has; how many ranks there
 * are; a spot for each rank, program by program; the order in which the spots get their numbers. Binding is
 * bind.c's. */
#include "mpirun/place.h"

#include "boot/node.h"
#include "mpirun/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what hosts have ---- */

/* Where a machine does not show a level, the nearest one that means the same or more. */
static const enum place_level instead_of[PLACE_LEVELS] = {
    [PLACE_CORE] = PLACE_HWTHREAD, [PLACE_L1] = PLACE_CORE,      [PLACE_L2] = PLACE_CORE,
    [PLACE_L3] = PLACE_NUMA,       [PLACE_NUMA] = PLACE_PACKAGE, [PLACE_PACKAGE] = PLACE_MACHINE};

static int shows(const struct place_node *node, enum place_level level)
{
    if (level == PLACE_HWTHREAD || level == PLACE_MACHINE)
        return 1;
    for (int i = 0; i < node->cpu_count; i++)
        if (node->cpus[i].at[level] >= 0)
            return 1;
    return 0;
}

/* The number of the cpu's object as the table has it. */
static int32_t id_at(const struct place_node *node, int cpu, enum place_level level)
{
    return level == PLACE_HWTHREAD ? cpu : level == PLACE_MACHINE ? 0 : node->cpus[cpu].at[level];
}

void place_objects_make(const struct place_node *node, enum place_level level, int hwthreads,
                        struct place_objects *out, char *note)
{
    enum place_level found = level;
    while (!shows(node, found))
        found = instead_of[found];
    if (note && found != level && level > PLACE_L1 && !*note)
        snprintf(note, WORDS_SIZE, "host '%.100s' does not show its %s, so %s %s used in their place",
                 node->host->name, policy_level(level, 1),
                 found == PLACE_MACHINE ? "the whole host" : policy_level(found, 1),
                 found == PLACE_MACHINE ? "is" : "are");
    *out = (struct place_objects){.level = found};
    out->of = grow_new((size_t)node->cpu_count, sizeof *out->of);
    out->units = grow_new((size_t)node->cpu_count, sizeof *out->units);
    enum place_level unit = hwthreads || !shows(node, PLACE_CORE) ? PLACE_HWTHREAD : PLACE_CORE;
    /* Numbers of objects are as the table has them, those of this list count from 0 on, by first appearance. */
    int32_t most = -1;
    for (int i = 0; i < node->cpu_count; i++)
        most = id_at(node, i, found) > most ? id_at(node, i, found) : most;
    int *number = grow_new((size_t)most + 2, sizeof *number);
    for (int i = 0; i < node->cpu_count; i++) {
        int *object = &number[id_at(node, i, found) + 1];
        if (!*object)
            *object = ++out->count;
        out->of[i] = *object - 1;
        out->units[out->of[i]] += i == 0 || id_at(node, i, unit) != id_at(node, i - 1, unit);
    }
    free(number);
}

void place_objects_free(struct place_objects *objects)
{
    free(objects->of);
    free(objects->units);
    *objects = (struct place_objects){0};
}

/* The cpus of a host that --cpu-set leaves. */
static int filter_cpus(struct place_node *node, const struct cpuset *allowed, struct words *why)
{
    const struct host *host = node->host;
    node->cpus = grow_new((size_t)host->cpu_count, sizeof *node->cpus);
    for (int i = 0; i < host->cpu_count; i++)
        if (!allowed->count || cpuset_has(allowed, (uint32_t)host->cpus[i].os))
            node->cpus[node->cpu_count++] = host->cpus[i];
    if (node->cpu_count == (int)cpuset_weight(allowed) || !allowed->count)
        return 0;
    for (uint32_t cpu = 0; cpu < allowed->count * 64; cpu++) {
        int found = !cpuset_has(allowed, cpu);
        for (int i = 0; i < node->cpu_count && !found; i++)
            found = node->cpus[i].os == (int32_t)cpu;
        if (!found)
            return words_set(why, "cpu %u of the cpu set is none that the job may use on host '%.120s'", cpu,
                             host->name);
    }
    return 0;
}

/* How many ranks a host takes before the next one is used. */
static int slots_of(const struct place_node *node, const struct placement *out, int slots)
{
    const struct host *host = node->host;
    int said = slots ? slots : host->slots, units = node->units;
    int cores = units && out->bind == BIND_OBJECT &&
                (out->bind_level == PLACE_CORE || out->bind_level == PLACE_L1);
    if (!said)
        said = cores && units < host->usable ? units : host->usable;
    if (node->cpu_count && node->cpu_count < said && !slots && !host->slots)
        said = node->cpu_count; /* of a cpu set */
    if (units && out->pe > 1 && out->bind_level <= PLACE_L1 && said > units / out->pe)
        said = units / out->pe > 0 ? units / out->pe : node->too_small ? 0 : 1;
    return host->max_slots && said > host->max_slots ? host->max_slots : said;
}

/* Is the number of its cpus needed, and not known? */
static int lacks_count(const struct policy *p, const struct host *host)
{
    return !host->usable && !host->slots && !p->per_node && p->map != MAP_RANKFILE && p->map != MAP_SEQ;
}

static int make_node(const struct place_job *job, struct placement *out, struct host *host, int needed,
                     struct place_node *node, struct words *why)
{
    const struct policy *p = job->policy;
    int by_object = p->map == MAP_OBJECT || p->map == MAP_PPR;
    int hwthreads = p->hwthreads || (out->bind == BIND_OBJECT && out->bind_level == PLACE_HWTHREAD) ||
                    (by_object && p->map_level == PLACE_HWTHREAD);
    node->host = host;
    if (needed && policy_needs_cpus(p) && !host->cpus)
        return words_set(why, "the cpus of host '%.120s' are not known, and placing ranks by them needs that",
                         host->name);
    if (needed && lacks_count(p, host))
        return words_set(why, "how many cpus host '%.120s' has is not known; say how many slots it has (%.120s:N)",
                         host->name, host->name);
    if (needed && filter_cpus(node, &p->cpus, why))
        return -1;
    if (node->cpu_count) {
        struct place_objects all;
        place_objects_make(node, PLACE_MACHINE, hwthreads, &all, NULL);
        node->units = all.units[0];
        place_objects_free(&all);
        place_objects_make(node, by_object ? p->map_level : PLACE_MACHINE, hwthreads, &node->map, out->note);
    } else {
        node->map.count = 1;
    }
    node->too_small = needed && (p->pe || p->bind_count) && out->bind_level <= PLACE_L1 && node->units < out->pe;
    node->object_used = grow_new((size_t)node->map.count, sizeof *node->object_used);
    node->slots = slots_of(node, out, 0);
    host->rank_count = 0;
    free(host->rank_list);
    host->rank_list = NULL;
    return 0;
}

/* ---- the hosts of one program ---- */

/* One program's view: the nodes that it may use, and how many ranks each of them takes. */
struct part {
    int count;
    int *node, *room;
    int *get; /* ranks of this program that it gets */
};

static void part_free(struct part *part)
{
    free(part->node);
    free(part->room);
    free(part->get);
}

static int may_use(const struct place_job *job, int node)
{
    return !(job->policy->no_local && job->hosts->list[node].is_local);
}

/* Ranks that a node takes at most, whatever is asked for. */
static long most_of(const struct place_job *job, const struct place_node *node)
{
    long most = node->too_small ? 0 : NODE_MAX_RANKS;
    if (job->policy->per_node && job->policy->per_node < most)
        most = job->policy->per_node;
    if (node->host->max_slots && node->host->max_slots < most)
        most = node->host->max_slots;
    return most - node->used;
}

static void part_make(const struct place_job *job, const struct placement *out, const struct place_node *nodes,
                      const struct place_app *app, struct part *part)
{
    int all = app->use_count ? app->use_count : job->hosts->count;
    *part = (struct part){.node = grow_new((size_t)all, sizeof(int)), .room = grow_new((size_t)all, sizeof(int)),
                          .get = grow_new((size_t)all, sizeof(int))};
    for (int i = 0; i < all; i++) {
        int n = app->use_count ? app->uses[i].host : i;
        if (!may_use(job, n))
            continue;
        const struct place_node *node = &nodes[n];
        int slots = app->use_count && app->uses[i].slots ? slots_of(node, out, app->uses[i].slots)
                                                         : node->slots - node->used;
        if (job->policy->per_node)
            slots = job->policy->per_node - node->used;
        long most = most_of(job, node);
        slots = slots > most ? (int)most : slots;
        part->node[part->count] = n;
        part->room[part->count++] = slots > 0 ? slots : 0;
    }
}

static long total_room(const struct part *part)
{
    long total = 0;
    for (int i = 0; i < part->count; i++)
        total += part->room[i];
    return total;
}

/* All that there is for n ranks is not enough, and more is not allowed. */
static int too_many(const struct place_job *job, const struct placement *out, const struct place_node *nodes,
                    const struct part *part, int n, struct words *why)
{
    long most = 0, used = 0;
    int small = 0;
    for (int i = 0; i < part->count; i++) {
        most += most_of(job, &nodes[part->node[i]]);
        used += nodes[part->node[i]].used;
        small += nodes[part->node[i]].too_small;
    }
    const struct place_node *first = &nodes[part->node[0]];
    if (small == part->count)
        return words_set(why, small > 1 ? "%d %s for each rank are more than any host has (%d on '%.120s')"
                                        : "%d %s for each rank are more than the %d of host '%.120s'", out->pe,
                         policy_level(out->bind_level, 1), first->units, first->host->name);
    if (most < n && job->policy->per_node)
        return words_set(why, "%ld ranks at %d per host need more than the %d %s of the job", n + used,
                         job->policy->per_node, part->count, part->count == 1 ? "host" : "hosts");
    if (most < n && part->count == 1)
        return words_set(why, "%ld ranks on one host: '%.120s' takes %ld at most", n + used,
                         first->host->name, most + used);
    if (most < n)
        return words_set(why, "%ld ranks are more than the %ld that the %d hosts take at most", n + used,
                         most + used, part->count);
    if (job->policy->oversubscribe == REFUSED && total_room(part) < n)
        return words_set(why,
                         "%d ranks need more than the %ld slots of the %s, and --nooversubscribe allows no more",
                         n, total_room(part), part->count == 1 ? "host" : "hosts");
    return 0;
}

static long weight_of(const struct place_node *node)
{
    return node->slots > 0 ? node->slots : 1;
}

/* Ranks beyond the slots, shared out by the slots that hosts have. */
static void share_out(const struct place_job *job, const struct place_node *nodes, struct part *part, long excess)
{
    while (excess > 0) {
        long weight = 0, before = excess;
        for (int i = 0; i < part->count; i++)
            if (most_of(job, &nodes[part->node[i]]) > part->get[i])
                weight += weight_of(&nodes[part->node[i]]);
        for (int pass = 0; pass < 2 && (pass == 0 || excess == before); pass++)
            for (int i = 0; i < part->count && excess > 0; i++) {
                const struct place_node *node = &nodes[part->node[i]];
                long left = most_of(job, node) - part->get[i], more = before * weight_of(node) / weight;
                more = pass ? 1 : more;
                more = more < left ? more : left;
                more = more < excess ? more : excess;
                part->get[i] += (int)more;
                excess -= more;
            }
    }
}

/* How many of n ranks each host gets: its slots, then the next. */
static void fill_hosts(const struct place_job *job, const struct place_node *nodes, struct part *part, int n)
{
    long left = n;
    for (int i = 0; i < part->count; i++) {
        part->get[i] = (int)(part->room[i] < left ? part->room[i] : left);
        left -= part->get[i];
    }
    share_out(job, nodes, part, left);
}

/* ---- spots ---- */

static void put(struct place_node *nodes, struct place_spot *spot, int node, int object)
{
    *spot = (struct place_spot){node, object};
    nodes[node].used++;
    nodes[node].object_used[object]++;
}

/* The next object of a node, in turn, that has a free core; where there is none, the next. */
static int next_object(struct place_node *node, int pe)
{
    int count = node->map.count;
    for (int i = 0; i < count; i++) {
        int object = (node->next + i) % count;
        if (!node->map.units || (node->object_used[object] + 1) * pe <= node->map.units[object]) {
            node->next = (object + 1) % count;
            return object;
        }
    }
    int object = node->next % count, least = node->object_used[object];
    for (int i = 0; i < count; i++) /* those with the fewest ranks, from the next one on */
        if (node->object_used[(node->next + i) % count] < least)
            least = node->object_used[object = (node->next + i) % count];
    node->next = (object + 1) % count;
    return object;
}

/* Host after host; on each, its objects in turn. */
static void map_hosts(struct place_node *nodes, const struct part *part, int pe, struct place_spot *spots)
{
    for (int i = 0; i < part->count; i++)
        for (int k = 0; k < part->get[i]; k++)
            put(nodes, spots++, part->node[i], next_object(&nodes[part->node[i]], pe));
}

/* The objects of all hosts in turn, or the hosts: those with a free core and slot first, then those whose host
 * has a slot, then any whose host takes more. */
static void map_in_turn(const struct place_job *job, struct place_node *nodes, const struct part *part, int n,
                        int pe, struct place_spot *spots)
{
    int *taken = grow_new((size_t)part->count, sizeof *taken);
    for (int at = 0, mode = 0; at < n; mode += mode < 2)
        for (int before = -1; at < n && at != before;) {
            before = at;
            for (int i = 0; i < part->count; i++) {
                struct place_node *node = &nodes[part->node[i]];
                for (int o = 0; o < node->map.count && at < n; o++) {
                    int free_core = job->policy->map == MAP_NODE || !node->map.units ||
                                    (node->object_used[o] + 1) * pe <= node->map.units[o];
                    if ((mode == 0 && !free_core) || (mode < 2 && taken[i] >= part->room[i]) ||
                        most_of(job, node) < 1)
                        continue;
                    put(nodes, &spots[at++], part->node[i], o);
                    taken[i]++;
                }
            }
        }
    free(taken);
}

/* So many on each object, and what is over on the last one. */
static int map_ppr(const struct place_job *job, struct place_node *nodes, const struct part *part, int n,
                   struct place_spot *spots, struct words *why)
{
    int at = 0;
    for (int i = 0; i < part->count; i++) {
        struct place_node *node = &nodes[part->node[i]];
        for (int o = 0; o < node->map.count; o++)
            while (at < n && node->object_used[o] < job->policy->ppr && most_of(job, node) > 0)
                put(nodes, &spots[at++], part->node[i], o);
    }
    if (at < n)
        return words_set(why, "ppr:%d:%s has no place for %d of %d ranks", job->policy->ppr,
                         policy_level(job->policy->map_level, 0), n - at, n);
    return 0;
}

/* Ranks that a list in a file or of hosts names, in its order. */
static int map_list(const struct place_job *job, struct place_node *nodes, int first, int n,
                    struct place_spot *spots, struct words *why)
{
    int ranks = job->policy->map == MAP_SEQ ? job->hosts->sequence_count : job->rankfile->count;
    if (first + n > ranks)
        return words_set(why, "the %s has places for %d ranks, and the job has more",
                         job->policy->map == MAP_SEQ ? "list of hosts" : "rank file", ranks);
    for (int i = 0; i < n; i++) {
        int node = job->policy->map == MAP_SEQ ? job->hosts->sequence[first + i]
                                               : job->rankfile->lines[first + i].host;
        if (nodes[node].used == (int)NODE_MAX_RANKS)
            return words_set(why, "host '%.120s' has more than %u ranks", nodes[node].host->name, NODE_MAX_RANKS);
        put(nodes, &spots[i], node, 0);
    }
    return 0;
}

static int map_app(const struct place_job *job, const struct placement *out, struct place_node *nodes,
                   const struct place_app *app, int first, struct place_spot *spots, struct words *why)
{
    const struct policy *p = job->policy;
    struct part part;
    int rc = 0, n = app->count, pe = out->pe > 1 && out->bind_level <= PLACE_L1 ? out->pe : 1;
    if (p->map == MAP_SEQ || p->map == MAP_RANKFILE)
        return map_list(job, nodes, first, n, spots, why);
    part_make(job, out, nodes, app, &part);
    if (part.count == 0)
        rc = words_set(why, "no host is left for %d ranks", n);
    else if (p->map == MAP_PPR)
        rc = map_ppr(job, nodes, &part, n, spots, why);
    else if ((rc = too_many(job, out, nodes, &part, n, why)) == 0) {
        if (p->map == MAP_NODE || (p->span && p->map == MAP_OBJECT)) {
            map_in_turn(job, nodes, &part, n, pe, spots);
        } else {
            fill_hosts(job, nodes, &part, n);
            map_hosts(nodes, &part, pe, spots);
        }
    }
    part_free(&part);
    return rc;
}

/* ---- how many ---- */

/* The ranks of a single program that does not say how many. */
static long default_count(const struct place_job *job, const struct placement *out, const struct place_node *nodes,
                          const struct place_app *app)
{
    const struct policy *p = job->policy;
    if (p->map == MAP_RANKFILE)
        return job->rankfile->count;
    if (p->map == MAP_SEQ)
        return job->hosts->sequence_count;
    struct part part;
    long count = 0;
    part_make(job, out, nodes, app, &part);
    for (int i = 0; i < part.count; i++) {
        long ranks = p->map == MAP_PPR ? (long)p->ppr * nodes[part.node[i]].map.count : part.room[i];
        long most = most_of(job, &nodes[part.node[i]]);
        count += ranks < most ? ranks : most;
    }
    part_free(&part);
    if (job->tasks && !app->use_count && !p->per_node && p->map != MAP_PPR && out->pe <= 1)
        return job->tasks;
    return count > 0 ? count : 1;
}

static int count_ranks(struct place_job *job, struct placement *out, const struct place_node *nodes,
                       struct words *why)
{
    long size = 0;
    for (int i = 0; i < job->app_count; i++) {
        struct place_app *app = &job->apps[i];
        long count = app->count;
        if (!count)
            count = job->app_count > 1 ? 1 : default_count(job, out, nodes, app);
        size += count;
        if (size > PLACE_MAX_RANKS)
            return words_set(why, "%ld ranks: %d are possible", size, PLACE_MAX_RANKS);
        app->count = (int)count;
    }
    out->size = (int)size;
    return 0;
}

/* ---- numbers ---- */

struct key {
    int a, b, c, at;
};

static int by_key(const void *left, const void *right)
{
    const struct key *x = left, *y = right;
    return x->a != y->a ? (x->a < y->a ? -1 : 1)
           : x->b != y->b ? (x->b < y->b ? -1 : 1)
           : x->c != y->c ? (x->c < y->c ? -1 : 1)
                          : (x->at > y->at) - (x->at < y->at);
}

/* The spots of one program in the order of their ranks. */
static void number_spots(const struct place_job *job, const struct place_node *nodes, struct place_spot *spots,
                         int n)
{
    enum rank_kind kind = job->policy->rank;
    int hosts = job->hosts->count;
    if (kind == RANK_AS_MAPPED || job->policy->map == MAP_SEQ || job->policy->map == MAP_RANKFILE)
        return;
    struct key *keys = grow_new((size_t)n, sizeof *keys);
    struct place_spot *before = grow_new((size_t)n, sizeof *before);
    struct place_objects *levels = grow_new((size_t)hosts, sizeof *levels);
    int **seen = grow_new((size_t)hosts, sizeof *seen); /* spots so far, on each object of each host */
    for (int i = 0; i < hosts; i++) {
        if (kind == RANK_OBJECT)
            place_objects_make(&nodes[i], job->policy->rank_level, 0, &levels[i], NULL);
        seen[i] = grow_new((size_t)nodes[i].map.count + (size_t)nodes[i].cpu_count, sizeof **seen);
    }
    for (int i = 0; i < n; i++) {
        int node = spots[i].node, object = spots[i].object, cpu = 0;
        if (kind == RANK_OBJECT) { /* the one that holds the first cpu of the object mapped to */
            while (nodes[node].map.of[cpu] != object)
                cpu++;
            object = levels[node].of[cpu];
        } else if (kind == RANK_SLOT || kind == RANK_NODE) {
            object = 0;
        }
        int turn = seen[node][object]++;
        before[i] = spots[i];
        keys[i] = kind == RANK_SLOT   ? (struct key){node, 0, 0, i}
                  : kind == RANK_NODE ? (struct key){turn, node, 0, i}
                  : kind == RANK_FILL ? (struct key){node, object, 0, i}
                  : kind == RANK_SPAN ? (struct key){turn, node, object, i}
                                      : (struct key){node, turn, object, i};
    }
    qsort(keys, (size_t)n, sizeof *keys, by_key);
    for (int i = 0; i < n; i++)
        spots[i] = before[keys[i].at];
    for (int i = 0; i < hosts; i++) {
        place_objects_free(&levels[i]);
        free(seen[i]);
    }
    free(keys);
    free(before);
    free(levels);
    free(seen);
}

/* Local numbers, and each host's list of ranks. */
static void number_locals(struct placement *out, struct place_node *nodes, const struct place_spot *spots)
{
    for (int i = 0; i < out->size; i++) {
        struct host *host = nodes[spots[i].node].host;
        out->places[i].host = spots[i].node;
        out->places[i].local = host->rank_count;
        host->rank_list = grow_by_one(host->rank_list, (size_t)host->rank_count, sizeof *host->rank_list);
        host->rank_list[host->rank_count++] = (uint32_t)i;
    }
}

/* The hosts that the job may have ranks on: of the others, nothing has to be known. */
static void mark_needed(const struct place_job *job, char *needed)
{
    const struct policy *p = job->policy;
    for (int i = 0; p->map == MAP_SEQ && i < job->hosts->count; i++)
        needed[i] = 1;
    for (int i = 0; p->map == MAP_RANKFILE && i < job->rankfile->count; i++)
        needed[job->rankfile->lines[i].host] = 1;
    for (int i = 0; p->map != MAP_SEQ && p->map != MAP_RANKFILE && i < job->app_count; i++) {
        const struct place_app *app = &job->apps[i];
        for (int k = 0; k < (app->use_count ? app->use_count : job->hosts->count); k++) {
            int host = app->use_count ? app->uses[k].host : k;
            needed[host] = needed[host] || may_use(job, host);
        }
    }
}

int place_missing(const struct place_job *job, int every_cpu)
{
    const struct policy *p = job->policy;
    char *needed = grow_new((size_t)job->hosts->count, 1);
    int missing = 0;
    mark_needed(job, needed);
    for (int i = 0; i < job->hosts->count; i++) {
        const struct host *host = &job->hosts->list[i];
        missing += needed[i] && !host->is_local && ((every_cpu && !host->cpus) || lacks_count(p, host));
    }
    for (int i = 0; i < job->hosts->count && missing; i++)
        job->hosts->list[i].asked = needed[i];
    free(needed);
    return missing;
}

static int place_on(struct place_job *job, struct placement *out, struct place_node *nodes, struct words *why)
{
    char *needed = grow_new((size_t)job->hosts->count, 1);
    int rc = 0;
    mark_needed(job, needed);
    for (int i = 0; i < job->hosts->count && rc == 0; i++)
        rc = make_node(job, out, &job->hosts->list[i], needed[i], &nodes[i], why);
    free(needed);
    if (rc || count_ranks(job, out, nodes, why))
        return -1;
    struct place_spot *spots = grow_new((size_t)out->size, sizeof *spots);
    out->places = grow_new((size_t)out->size, sizeof *out->places);
    for (int i = 0, first = 0; i < job->app_count && rc == 0; first += job->apps[i++].count) {
        rc = map_app(job, out, nodes, &job->apps[i], first, spots + first, why);
        if (rc == 0)
            number_spots(job, nodes, spots + first, job->apps[i].count);
    }
    if (rc == 0) {
        number_locals(out, nodes, spots);
        rc = bind_ranks(job, nodes, spots, out, why);
    }
    free(spots);
    return rc;
}

int place_ranks(struct place_job *job, struct placement *out, struct words *why)
{
    *out = (struct placement){0};
    bind_resolve(job, out);
    struct place_node *nodes = grow_new((size_t)job->hosts->count, sizeof *nodes);
    int rc = place_on(job, out, nodes, why);
    for (int i = 0; i < job->hosts->count; i++) {
        place_objects_free(&nodes[i].map);
        free(nodes[i].cpus);
        free(nodes[i].object_used);
    }
    free(nodes);
    if (rc)
        place_free(out);
    return rc;
}

void place_free(struct placement *placement)
{
    for (int i = 0; placement->places && i < placement->size; i++)
        cpuset_free(&placement->places[i].cpus);
    free(placement->places);
    *placement = (struct placement){0};
}
