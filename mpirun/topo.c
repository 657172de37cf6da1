/* hwloc's answers: see topo.h. */
#include "mpirun/topo.h"

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int load(hwloc_topology_t *t, const struct topo_source *from, struct words *why)
{
    if (hwloc_topology_init(t))
        return words_set(why, "hwloc cannot start: %s", strerror(errno));
    /* The x86 back end would visit every cpu in turn; the kernel's own files say all that is asked for here. */
    hwloc_topology_set_components(*t, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    int rc = !from            ? 0
             : from->xml       ? hwloc_topology_set_xmlbuffer(*t, from->xml, from->xml_size)
             : from->synthetic ? hwloc_topology_set_synthetic(*t, from->synthetic)
                               : 0;
    if (rc || hwloc_topology_load(*t)) {
        hwloc_topology_destroy(*t);
        return words_set(why, from ? "hwloc does not take this topology: %s"
                                   : "hwloc cannot read the machine's topology: %s", strerror(errno));
    }
    return 0;
}

/* Gives each cpu the logical number of the object of this type that it is part of; -1: of none. */
static void number_objects(hwloc_topology_t t, hwloc_obj_type_t type, enum place_level level,
                           struct place_cpu *cpus, int n)
{
    for (int i = 0; i < n; i++)
        cpus[i].at[level] = -1;
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t, type, o));)
        for (int i = 0; i < n; i++)
            if (cpus[i].at[level] < 0 && hwloc_bitmap_isset(o->cpuset, (unsigned)cpus[i].os))
                cpus[i].at[level] = (int32_t)o->logical_index;
}

/* The cpus that may be used; NULL: all. */
static hwloc_bitmap_t allowed(hwloc_topology_t t, const struct topo_source *from)
{
    hwloc_bitmap_t mine = !from || from->allowed ? hwloc_bitmap_alloc() : NULL;
    if (mine && !from && hwloc_get_cpubind(t, mine, HWLOC_CPUBIND_PROCESS))
        hwloc_bitmap_fill(mine);
    for (uint32_t cpu = 0; mine && from && cpu < from->allowed->count * 64; cpu++)
        if (cpuset_has(from->allowed, cpu))
            hwloc_bitmap_set(mine, cpu);
    return mine;
}

int topo_table(const struct topo_source *from, struct place_cpu **out, struct words *why)
{
    static const struct {
        hwloc_obj_type_t type;
        enum place_level level;
    } kinds[] = {{HWLOC_OBJ_CORE, PLACE_CORE}, {HWLOC_OBJ_L1CACHE, PLACE_L1}, {HWLOC_OBJ_L2CACHE, PLACE_L2},
                 {HWLOC_OBJ_L3CACHE, PLACE_L3}, {HWLOC_OBJ_NUMANODE, PLACE_NUMA},
                 {HWLOC_OBJ_PACKAGE, PLACE_PACKAGE}};
    hwloc_topology_t t;
    if (load(&t, from, why))
        return -1;
    int room = hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_PU), n = 0;
    struct place_cpu *cpus = room > 0 ? calloc((size_t)room, sizeof *cpus) : NULL;
    hwloc_bitmap_t mine = allowed(t, from);
    for (hwloc_obj_t o = NULL; cpus && n < room && (o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_PU, o));)
        if (!mine || hwloc_bitmap_isset(mine, o->os_index)) {
            cpus[n].os = (int32_t)o->os_index;
            cpus[n++].at[PLACE_HWTHREAD] = (int32_t)o->logical_index;
        }
    for (size_t i = 0; cpus && i < sizeof kinds / sizeof kinds[0]; i++)
        number_objects(t, kinds[i].type, kinds[i].level, cpus, n);
    hwloc_bitmap_free(mine);
    hwloc_topology_destroy(t);
    *out = cpus;
    if (n > 0)
        return n;
    free(cpus);
    return words_set(why, "hwloc finds no cpu that the job may use");
}

int topo_cpus(struct node_cpu *cpus, int room, struct words *why)
{
    struct place_cpu *all;
    int n = topo_table(NULL, &all, why);
    for (int i = 0; i < n && i < room; i++)
        cpus[i] = (struct node_cpu){all[i].os, all[i].at[PLACE_CORE], all[i].at[PLACE_L3], all[i].at[PLACE_NUMA],
                                    all[i].at[PLACE_PACKAGE]};
    if (n >= 0)
        free(all);
    return n < room ? n : room;
}

int topo_describe(char *text, unsigned long size, struct words *why)
{
    static const struct {
        hwloc_obj_type_t type;
        const char *one, *many;
    } kinds[] = {{HWLOC_OBJ_PACKAGE, "package", "packages"}, {HWLOC_OBJ_NUMANODE, "NUMA node", "NUMA nodes"},
                 {HWLOC_OBJ_L3CACHE, "L3 cache", "L3 caches"}, {HWLOC_OBJ_CORE, "core", "cores"},
                 {HWLOC_OBJ_PU, "cpu", "cpus"}};
    hwloc_topology_t t;
    if (load(&t, NULL, why))
        return -1;
    hwloc_obj_t package = hwloc_get_obj_by_type(t, HWLOC_OBJ_PACKAGE, 0);
    const char *model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;
    hwloc_obj_t root = hwloc_get_root_obj(t);
    size_t at = 0;
    text[0] = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int n = hwloc_get_nbobjs_by_type(t, kinds[i].type);
        if (n > 0 && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s%d %s", at ? ", " : "", n,
                                   n == 1 ? kinds[i].one : kinds[i].many);
    }
    if (at < size)
        at += (size_t)snprintf(text + at, size - at, ", %.1f GiB of memory",
                               (double)root->total_memory / (1024. * 1024 * 1024));
    for (int depth = 1; depth <= 3; depth++) {
        hwloc_obj_type_t type = depth == 1   ? HWLOC_OBJ_L1CACHE
                                : depth == 2 ? HWLOC_OBJ_L2CACHE
                                             : HWLOC_OBJ_L3CACHE;
        hwloc_obj_t cache = hwloc_get_obj_by_type(t, type, 0);
        if (cache && at < size)
            at += (size_t)snprintf(text + at, size - at, "%sL%d %lu KiB", depth == 1 ? "\ncaches: " : ", ", depth,
                                   (unsigned long)(cache->attr->cache.size / 1024));
    }
    if (model && at < size)
        snprintf(text + at, size - at, "\n%s", model);
    hwloc_topology_destroy(t);
    return 0;
}
