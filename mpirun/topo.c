/* hwloc's answers: see topo.h. */
#include "mpirun/topo.h"

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <string.h>

static int load(hwloc_topology_t *t, struct words *why)
{
    if (hwloc_topology_init(t))
        return words_set(why, "hwloc cannot start: %s", strerror(errno));
    /* The x86 back end would visit every cpu in turn; the kernel's own files say all that is asked for here. */
    hwloc_topology_set_components(*t, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86");
    if (hwloc_topology_load(*t)) {
        hwloc_topology_destroy(*t);
        return words_set(why, "hwloc cannot read the machine's topology: %s", strerror(errno));
    }
    return 0;
}

/* The logical number of the object of this type that the cpu is part of, or -1. */
static int above(hwloc_topology_t t, hwloc_obj_t cpu, hwloc_obj_type_t type)
{
    hwloc_obj_t o = type == HWLOC_OBJ_NUMANODE ? NULL : hwloc_get_ancestor_obj_by_type(t, type, cpu);
    if (type == HWLOC_OBJ_NUMANODE)
        while ((o = hwloc_get_next_obj_by_type(t, type, o)))
            if (hwloc_bitmap_isset(o->cpuset, cpu->os_index))
                break;
    return o ? (int)o->logical_index : -1;
}

int topo_cpus(struct node_cpu *cpus, int room, struct words *why)
{
    hwloc_topology_t t;
    if (load(&t, why))
        return -1;
    hwloc_bitmap_t mine = hwloc_bitmap_alloc();
    if (!mine || hwloc_get_cpubind(t, mine, HWLOC_CPUBIND_PROCESS))
        mine = mine ? (hwloc_bitmap_fill(mine), mine) : NULL;
    int n = 0;
    for (hwloc_obj_t o = NULL; n < room && (o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_PU, o));)
        if (!mine || hwloc_bitmap_isset(mine, o->os_index))
            cpus[n++] = (struct node_cpu){(int32_t)o->os_index, above(t, o, HWLOC_OBJ_CORE),
                                          above(t, o, HWLOC_OBJ_L3CACHE), above(t, o, HWLOC_OBJ_NUMANODE),
                                          above(t, o, HWLOC_OBJ_PACKAGE)};
    hwloc_bitmap_free(mine);
    hwloc_topology_destroy(t);
    return n;
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
    if (load(&t, why))
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
        hwloc_obj_type_t type = depth == 1 ? HWLOC_OBJ_L1CACHE : depth == 2 ? HWLOC_OBJ_L2CACHE : HWLOC_OBJ_L3CACHE;
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
