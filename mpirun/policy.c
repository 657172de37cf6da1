/* Words of placement: see policy.h. A value is a kind and modifiers, with colons between them. */
#include "mpirun/policy.h"

#include "boot/node.h"
#include "mpirun/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum place_level level;
} levels[] = {{"hwthread", PLACE_HWTHREAD}, {"hwt", PLACE_HWTHREAD}, {"pu", PLACE_HWTHREAD}, {"core", PLACE_CORE},
              {"l1cache", PLACE_L1}, {"l1", PLACE_L1}, {"l2cache", PLACE_L2}, {"l2", PLACE_L2},
              {"l3cache", PLACE_L3}, {"l3", PLACE_L3}, {"numa", PLACE_NUMA}, {"numanode", PLACE_NUMA},
              {"package", PLACE_PACKAGE}, {"socket", PLACE_PACKAGE}, {"board", PLACE_MACHINE},
              {"machine", PLACE_MACHINE}, {"node", PLACE_MACHINE}};

const char *policy_level(enum place_level level, int many)
{
    static const char *const one[] = {"hwthread", "core", "L1 cache", "L2 cache", "L3 cache", "NUMA node",
                                      "package", "whole host"};
    static const char *const all[] = {"hwthreads", "cores", "L1 caches", "L2 caches", "L3 caches", "NUMA nodes",
                                      "packages", "whole hosts"};
    return many ? all[level] : one[level];
}

static int is(const char *word, size_t n, const char *name)
{
    return strlen(name) == n && strncasecmp(word, name, n) == 0;
}

static int shown(size_t n)
{
    return n > 120 ? 120 : (int)n;
}

static int level_of(const char *word, size_t n, enum place_level *level)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (is(word, n, levels[i].name)) {
            *level = levels[i].level;
            return 0;
        }
    return -1;
}

/* A number from 1 to that of all cpus, alone in its word; 0: it is none. */
static int count_of(const char *word, size_t n)
{
    long count = 0;
    for (size_t i = 0; i < n; i++)
        if (word[i] < '0' || word[i] > '9' || (count = count * 10 + (word[i] - '0')) > (long)NODE_MAX_CPUS)
            return 0;
    return (int)count;
}

/* The next part of "a:b:c"; NULL when there is no other. */
static const char *next_part(const char **p, size_t *n)
{
    const char *part = *p;
    if (!part)
        return NULL;
    *n = strcspn(part, ":");
    *p = part[*n] ? part + *n + 1 : NULL;
    return part;
}

/* "0+1,2,3+4": the cpus of each local rank. */
static int cpu_list(struct policy *p, const char *option, const char *text, size_t n, struct words *why)
{
    char where[80];
    snprintf(where, sizeof where, "-%.60s", option);
    p->bind = BIND_LIST;
    for (const char *item = text, *end = text + n;; item++) {
        const char *comma = memchr(item, ',', (size_t)(end - item));
        p->cpu_list = grow_by_one(p->cpu_list, (size_t)p->cpu_list_count, sizeof *p->cpu_list);
        struct cpuset *set = &p->cpu_list[p->cpu_list_count++];
        *set = (struct cpuset){0};
        for (const char *cpu = item, *item_end = comma ? comma : end;; cpu++) {
            const char *plus = memchr(cpu, '+', (size_t)(item_end - cpu));
            if (cpuset_parse(set, cpu, (size_t)((plus ? plus : item_end) - cpu), where, why))
                return -1;
            if (!plus)
                break;
            cpu = plus;
        }
        if (!comma)
            return 0;
        item = comma;
    }
}

/* ---- --map-by ---- */

static int map_modifier(struct policy *p, const char *option, const char *word, size_t n, struct words *why)
{
    static const char *const nothing[] = {"inherit", "noinherit", "display", "displayalloc", "donotlaunch"};
    if (n > 3 && strncasecmp(word, "pe=", 3) == 0) {
        if (!(p->pe = count_of(word + 3, n - 3)))
            return words_set(why, "-%s: '%.*s' needs a number of cores, from 1 on", option, shown(n), word);
        return 0;
    }
    if (n > 8 && strncasecmp(word, "pe-list=", 8) == 0) {
        char where[80];
        snprintf(where, sizeof where, "-%.50s pe-list", option);
        return cpuset_parse(&p->cpus, word + 8, n - 8, where, why);
    }
    if (is(word, n, "span"))
        p->span = 1;
    else if (is(word, n, "oversubscribe"))
        p->oversubscribe = ALLOWED;
    else if (is(word, n, "nooversubscribe"))
        p->oversubscribe = REFUSED;
    else if (is(word, n, "nolocal"))
        p->no_local = 1;
    else if (is(word, n, "hwtcpus"))
        p->hwthreads = 1;
    else if (is(word, n, "corecpus"))
        p->hwthreads = 0;
    else {
        for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
            if (is(word, n, nothing[i]))
                return 0;
        return words_set(why, "-%s: the modifier '%.*s' is none of PE=n, PE-LIST=cpus, SPAN, OVERSUBSCRIBE, "
                              "NOOVERSUBSCRIBE, NOLOCAL, HWTCPUS, CORECPUS, DISPLAY, DONOTLAUNCH", option,
                              shown(n), word);
    }
    return 0;
}

/* What stands before the modifiers; of ppr, its two parts. */
static int map_kind(struct policy *p, const char *option, const char *word, size_t n, const char **rest,
                    struct words *why)
{
    enum place_level level;
    p->map_said = 1;
    if (n > 8 && strncasecmp(word, "pe-list=", 8) == 0) /* ranks go to these cpus in the order of slots */
        return map_modifier(p, option, word, n, why);
    if (is(word, n, "ppr")) {
        size_t count_n = 0, level_n = 0;
        const char *count = next_part(rest, &count_n), *object = next_part(rest, &level_n);
        if (!object || !(p->ppr = count_of(count, count_n)) || level_of(object, level_n, &p->map_level))
            return words_set(why, "-%s: ppr needs a number and an object, such as ppr:2:package", option);
        p->map = MAP_PPR;
    } else if (is(word, n, "slot")) {
        p->map = MAP_SLOT;
    } else if (is(word, n, "node")) {
        p->map = MAP_NODE;
    } else if (is(word, n, "seq")) {
        p->map = MAP_SEQ;
    } else if (is(word, n, "rankfile")) {
        p->map = MAP_RANKFILE;
    } else if (is(word, n, "dist") || is(word, n, "mindist") || is(word, n, "likwid")) {
        return words_set(why, "-%s %.*s (placement by distance) is not built yet", option, (int)n, word);
    } else if (level_of(word, n, &level) == 0) {
        p->map = MAP_OBJECT;
        p->map_level = level;
    } else {
        return words_set(why,
                         "-%s: '%.*s' is none of slot, hwthread, core, l1cache, l2cache, l3cache, numa, package, "
                         "node, seq, rankfile, ppr:N:OBJECT", option, shown(n), word);
    }
    return 0;
}

int policy_map_by(struct policy *p, const char *option, const char *text, struct words *why)
{
    const char *rest = text, *word;
    size_t n;
    for (int first = 1; (word = next_part(&rest, &n)); first = 0) {
        if (first && n == 0 && rest) /* ":oversubscribe" alone */
            continue;
        if (first ? map_kind(p, option, word, n, &rest, why) : map_modifier(p, option, word, n, why))
            return -1;
    }
    return 0;
}

/* ---- --rank-by, --bind-to, --cpu-set ---- */

int policy_rank_by(struct policy *p, const char *option, const char *text, struct words *why)
{
    size_t n = strcspn(text, ":");
    if (is(text, strlen(text), "slot"))
        p->rank = RANK_SLOT;
    else if (is(text, strlen(text), "node"))
        p->rank = RANK_NODE;
    else if (is(text, strlen(text), "fill") || (text[n] && is(text + n + 1, strlen(text + n + 1), "fill")))
        p->rank = RANK_FILL;
    else if (is(text, strlen(text), "span") || (text[n] && is(text + n + 1, strlen(text + n + 1), "span")))
        p->rank = RANK_SPAN;
    else if (!text[n] && level_of(text, n, &p->rank_level) == 0)
        p->rank = RANK_OBJECT;
    else
        return words_set(why, "-%s: '%.120s' is none of slot, node, fill, span, hwthread, core, l1cache, l2cache, "
                              "l3cache, numa, package", option, text);
    return 0;
}

static int bind_modifier(struct policy *p, const char *option, const char *word, size_t n, struct words *why)
{
    int count = count_of(word, n);
    if (count && p->bind == BIND_OBJECT)
        p->bind_count = count; /* MPICH's core:2 */
    else if (is(word, n, "overload-allowed"))
        p->overload = ALLOWED;
    else if (is(word, n, "no-overload"))
        p->overload = REFUSED;
    else if (!is(word, n, "if-supported") && !is(word, n, "report"))
        return words_set(why,
                         "-%s: the modifier '%.*s' is none of overload-allowed, no-overload, if-supported, report "
                         "or a number of objects", option, shown(n), word);
    return 0;
}

int policy_bind_to(struct policy *p, const char *option, const char *text, struct words *why)
{
    const char *rest = text, *word;
    size_t n;
    for (int first = 1; (word = next_part(&rest, &n)); first = 0) {
        if (!first) {
            if (bind_modifier(p, option, word, n, why))
                return -1;
        } else if (is(word, n, "none")) {
            p->bind = BIND_NONE;
        } else if (is(word, n, "rr")) { /* MPICH: one cpu after the other */
            p->bind = BIND_OBJECT;
            p->bind_level = PLACE_HWTHREAD;
        } else if (is(word, n, "user")) {
            word = next_part(&rest, &n);
            if (!word)
                return words_set(why, "-%s: user needs the cpus of each rank, such as user:0,1+2", option);
            if (cpu_list(p, option, word, n, why))
                return -1;
        } else if (level_of(word, n, &p->bind_level) == 0) {
            p->bind = BIND_OBJECT;
        } else if (n || !rest) { /* ":overload-allowed" alone is one */
            return words_set(why, "-%s: '%.*s' is none of none, hwthread, core, l1cache, l2cache, l3cache, numa, "
                                  "package, user:CPUS", option, shown(n), word);
        }
    }
    return 0;
}

int policy_cpu_set(struct policy *p, const char *option, const char *text, struct words *why)
{
    char where[80];
    snprintf(where, sizeof where, "-%.60s", option);
    cpuset_free(&p->cpus);
    return cpuset_parse(&p->cpus, text, strlen(text), where, why);
}

int policy_wishes(const char *text)
{
    int wishes = 0;
    const char *rest = text, *word;
    size_t n;
    for (int first = 1; (word = next_part(&rest, &n)); first = 0)
        if (!first)
            wishes |= is(word, n, "display") || is(word, n, "displayalloc") ? POLICY_DISPLAY
                      : is(word, n, "donotlaunch")                         ? POLICY_DO_NOT_LAUNCH
                      : is(word, n, "report")                              ? POLICY_REPORT
                                                                           : 0;
    return wishes;
}

int policy_needs_cpus(const struct policy *p)
{
    return p->map == MAP_RANKFILE || (p->map == MAP_OBJECT && p->map_level != PLACE_MACHINE) ||
           (p->map == MAP_PPR && p->map_level != PLACE_MACHINE) || p->rank == RANK_OBJECT ||
           p->bind == BIND_OBJECT ||
           p->bind == BIND_LIST || p->pe || p->cpus.count;
}
