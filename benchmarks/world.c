/* The ranks: where they run (pinned before MPI_Init, and looked at after it), who they are, how they agree and how
 * they sleep. See bench.h. Not for measuring. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/bench.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CPUS = 8192, CPU_WORD = 64, CPU_WORDS = CPUS / CPU_WORD };

struct mask {
    unsigned long words[CPU_WORDS];
};
_Static_assert(sizeof(unsigned long) == CPU_WORD / 8, "the kernel's masks are of unsigned long");

enum pinned { PINNED_KEPT, PINNED_YES, PINNED_UNNUMBERED, PINNED_TOO_FEW, PINNED_REFUSED };

/* Where a rank runs; each sends its own to rank 0. */
struct place {
    char host[64];
    struct mask cpus;
    int one_core;       /* all of them belong to one core */
    enum pinned pinned; /* what became of --pin */
    int cpu, reason;    /* PINNED_REFUSED: which cpu, and errno */
};

/* ---- masks ---- */

static int mask_has(const struct mask *m, int cpu)
{
    return m->words[cpu / CPU_WORD] >> (cpu % CPU_WORD) & 1;
}

static void mask_add(struct mask *m, int cpu)
{
    m->words[cpu / CPU_WORD] |= 1UL << (cpu % CPU_WORD);
}

static int mask_count(const struct mask *m)
{
    int n = 0;
    for (int i = 0; i < CPU_WORDS; i++)
        n += __builtin_popcountl(m->words[i]);
    return n;
}

static int mask_first(const struct mask *m)
{
    for (int i = 0; i < CPU_WORDS; i++)
        if (m->words[i])
            return i * CPU_WORD + __builtin_ctzl(m->words[i]);
    return -1;
}

static int mask_meets(const struct mask *a, const struct mask *b)
{
    unsigned long common = 0;
    for (int i = 0; i < CPU_WORDS; i++)
        common |= a->words[i] & b->words[i];
    return common != 0;
}

static int mask_within(const struct mask *a, const struct mask *b)
{
    unsigned long beyond = 0;
    for (int i = 0; i < CPU_WORDS; i++)
        beyond |= a->words[i] & ~b->words[i];
    return beyond == 0;
}

/* "0-3,8" */
static void mask_text(const struct mask *m, char *text, size_t room)
{
    size_t at = 0;
    text[0] = 0;
    for (int cpu = 0; cpu < CPUS && at < room; cpu++) {
        if (!mask_has(m, cpu))
            continue;
        int last = cpu;
        while (last + 1 < CPUS && mask_has(m, last + 1))
            last++;
        at += (size_t)snprintf(text + at, room - at, last > cpu ? "%s%d-%d" : "%s%d", at ? "," : "", cpu, last);
        cpu = last;
    }
}

static int mask_get(struct mask *m)
{
    memset(m, 0, sizeof *m);
    return sched_getaffinity(0, sizeof *m, (cpu_set_t *)m);
}

static int mask_set(const struct mask *m)
{
    return sched_setaffinity(0, sizeof *m, (const cpu_set_t *)m);
}

/* The cpus of the core that this one belongs to, itself at least. */
static void siblings(int cpu, struct mask *m)
{
    char path[96], line[256];
    memset(m, 0, sizeof *m);
    mask_add(m, cpu);
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *f = fopen(path, "re");
    if (f && fgets(line, sizeof line, f))
        for (char *p = line, *end; *p >= '0' && *p <= '9'; p = *end == ',' ? end + 1 : end) {
            long from = strtol(p, &end, 10), to = from;
            if (*end == '-')
                to = strtol(end + 1, &end, 10);
            for (long i = from; i <= to && i < CPUS; i++)
                mask_add(m, (int)i);
        }
    if (f)
        fclose(f);
}

/* ---- pinning ---- */

static long number_of(const char *const *names)
{
    for (; *names; names++) {
        const char *value = getenv(*names);
        char *end;
        long n = value ? strtol(value, &end, 10) : -1;
        if (value && end > value && !*end && n >= 0 && n < 100000000)
            return n;
    }
    return -1;
}

/* From what the launchers set. The number in the job comes from PMI and PMIx too; Slurm's come last, for they stay
 * set in a job's script, where another launcher may be at work. */
int world_launched_rank(void)
{
    static const char *const names[] = {"GODWIT_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK",
                                        "MV2_COMM_WORLD_RANK", "PALS_RANKID", "FLUX_TASK_RANK", "SLURM_PROCID",
                                        NULL};
    return (int)number_of(names);
}

static int local_rank(void)
{
    static const char *const names[] = {"GODWIT_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID",
                                        "PMI_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_RANK", "PALS_LOCAL_RANKID",
                                        "FLUX_TASK_LOCAL_ID", "SLURM_LOCALID", NULL};
    long rank = number_of(names);
    return rank < 0 && world_launched_rank() < 0 ? 0 : (int)rank; /* without a launcher there is one rank */
}

/* 0: not known */
static int local_size(void)
{
    static const char *const names[] = {"GODWIT_LOCAL_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS",
                                        "PMI_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE", "PALS_LOCAL_SIZE", NULL};
    long size = number_of(names);
    return size < 0 ? 0 : (int)size;
}

/* One cpu of each core first, then the others. */
static int in_order(const struct mask *allowed, int order[CPUS])
{
    int count = 0;
    struct mask seconds = {0}, core;
    for (int cpu = 0; cpu < CPUS; cpu++) {
        if (!mask_has(allowed, cpu) || mask_has(&seconds, cpu))
            continue;
        order[count++] = cpu;
        siblings(cpu, &core);
        for (int other = cpu + 1; other < CPUS; other++)
            if (mask_has(&core, other) && mask_has(allowed, other))
                mask_add(&seconds, other);
    }
    for (int cpu = 0; cpu < CPUS; cpu++)
        if (mask_has(&seconds, cpu))
            order[count++] = cpu;
    return count;
}

/* Which cpu this rank shall have, or -1 and the reason in p->pinned. The mask of the process is everything that
 * the system allows it. */
static int choose(const struct options *o, struct place *p)
{
    static int order[CPUS];
    struct mask allowed;
    int local = local_rank(), size = local_size();
    if (mask_get(&allowed)) {
        p->pinned = PINNED_REFUSED;
        p->reason = errno;
        return -1;
    }
    if (local < 0 && o->pin != PIN_ONE) {
        p->pinned = PINNED_UNNUMBERED;
        return -1;
    }
    int count = o->pin == PIN_LIST ? o->cpu_count : in_order(&allowed, order);
    if (o->pin != PIN_ONE && (local >= count || (o->pin == PIN_CORE && size > count))) {
        p->pinned = PINNED_TOO_FEW;
        return -1;
    }
    return o->pin == PIN_LIST ? o->cpus[local] : order[o->pin == PIN_ONE ? 0 : local];
}

/* Before MPI_Init. A launcher may have bound the rank to less than the machine has, so the mask is widened first:
 * to all, which the kernel cuts to what the cgroup allows. */
static void pin(const struct options *o, struct place *p)
{
    struct mask before, all, one = {0};
    p->pinned = PINNED_KEPT;
    if (o->pin == PIN_KEEP || mask_get(&before))
        return;
    memset(&all, 0xff, sizeof all);
    mask_set(&all); /* where that is forbidden, the choice is among those of before */
    p->cpu = choose(o, p);
    if (p->cpu >= 0) {
        mask_add(&one, p->cpu);
        p->pinned = mask_set(&one) ? PINNED_REFUSED : PINNED_YES;
        p->reason = errno;
    }
    if (p->pinned != PINNED_YES)
        mask_set(&before);
}

/* ---- where all are, on rank 0 ---- */

/* The first rank of this rank's host. */
static int leader_of(const struct place *places, int rank)
{
    int i = 0;
    while (strcmp(places[i].host, places[rank].host))
        i++;
    return i;
}

struct spread {
    int hosts, cpus; /* how many in all */
    int own;         /* every rank has cpus of its own, of one core */
    int same;        /* the ranks of a host have the same cpus */
};

static struct spread spread_of(const struct place *places, int count)
{
    struct spread s = {.own = 1, .same = 1};
    struct mask *used = calloc((size_t)count, sizeof *used); /* of each host, at its leader */
    if (!used)
        world_die("no memory for the places of %d ranks", count);
    for (int i = 0; i < count; i++) {
        int leader = leader_of(places, i);
        const struct mask *m = &places[i].cpus;
        s.hosts += leader == i;
        s.own &= places[i].one_core && !mask_meets(m, &used[leader]);
        s.same &= mask_within(m, &places[leader].cpus) && mask_within(&places[leader].cpus, m);
        for (int w = 0; w < CPU_WORDS; w++)
            used[leader].words[w] |= m->words[w];
    }
    for (int i = 0; i < count; i++)
        s.cpus += mask_count(&used[i]);
    free(used);
    return s;
}

/* "rank 0 on cpu 0, rank 1 on cpu 1" */
static void list_places(const struct place *places, int count, int hosts, char *text, size_t room)
{
    size_t at = 0;
    for (int i = 0; i < count && at < room; i++) {
        char cpus[48];
        mask_text(&places[i].cpus, cpus, sizeof cpus);
        at += (size_t)snprintf(text + at, room - at, "%srank %d on %s %s%s%.32s", i ? ", " : "", i,
                               mask_count(&places[i].cpus) == 1 ? "cpu" : "cpus", cpus, hosts > 1 ? " of " : "",
                               hosts > 1 ? places[i].host : "");
    }
}

static void describe_pinning(const struct place *places, int count, struct facts *facts)
{
    enum { LISTED = 4, WORDS = 128 };
    struct spread s = spread_of(places, count);
    const char *why = "";
    char all[WORDS], hosts[WORDS] = "";
    snprintf(all, sizeof all, count == 2 ? "both ranks" : "all %d ranks", count);
    if (s.hosts > 1)
        snprintf(hosts, sizeof hosts, " of %d hosts", s.hosts);
    for (int i = 0; i < count; i++)
        if (places[i].pinned == PINNED_UNNUMBERED)
            why = " (the launcher does not number the ranks of a host)";
    facts->pinned = s.own;
    if (s.own && count <= LISTED)
        list_places(places, count, s.hosts, facts->pinning, sizeof facts->pinning);
    else if (s.own)
        snprintf(facts->pinning, sizeof facts->pinning, "ranks 0-%d each on a core of its own%s%s", count - 1,
                 s.hosts > 1 ? "," : "", hosts);
    else if (s.same && s.cpus == s.hosts && s.hosts == 1 && count > 1)
        snprintf(facts->pinning, sizeof facts->pinning, "%s on cpu %d", all, mask_first(&places[0].cpus));
    else
        snprintf(facts->pinning, sizeof facts->pinning, "%s: %d %s on %d %s%s%s",
                 s.same ? "not pinned" : "pinned, but not each rank to a core of its own", count,
                 count == 1 ? "rank" : "ranks", s.cpus, s.cpus == 1 ? "cpu" : "cpus", hosts, why);
}

/* --pin LIST asks for more than a wish: 0, or -1 when a rank did not get its cpu. */
static int judge_pinning(const struct options *o, const struct place *places, int count, char *error, size_t room)
{
    for (int i = 0; i < count; i++) {
        const struct place *p = &places[i];
        if (p->pinned == PINNED_REFUSED)
            snprintf(error, room, "--pin: rank %d may not run on cpu %d of %s (%s); taskset -p $$ shows which it may",
                     i, p->cpu, p->host, strerror(p->reason));
        else if (p->pinned == PINNED_TOO_FEW && o->pin == PIN_LIST)
            snprintf(error, room, "--pin names %d %s, and %s has more ranks than that; name a cpu for each",
                     o->cpu_count, o->cpu_count == 1 ? "cpu" : "cpus", p->host);
        else if (p->pinned == PINNED_UNNUMBERED && o->pin == PIN_LIST)
            snprintf(error, room, "--pin with a list needs a launcher that numbers the ranks of a host in a variable "
                                  "such as MPI_LOCALRANKID, and this one does not");
        else
            continue;
        return -1;
    }
    return 0;
}

/* ---- facts ---- */

/* Copies with single blanks. */
static void tidy(char *out, size_t room, const char *text)
{
    size_t at = 0;
    for (; *text && at + 1 < room; text++) {
        int blank = (unsigned char)*text <= ' ';
        if (!blank)
            out[at++] = *text;
        else if (at && out[at - 1] != ' ')
            out[at++] = ' ';
    }
    while (at && out[at - 1] == ' ')
        at--;
    out[at] = 0;
}

static void cpu_name(char *out, size_t room)
{
    char line[512] = "";
    FILE *f = fopen("/proc/cpuinfo", "re");
    snprintf(out, room, "unknown cpu");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            tidy(out, room, strchr(line, ':') + 1);
            break;
        }
    if (f)
        fclose(f);
}

void world_machine(struct facts *facts)
{
    char name[FACT / 2];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(facts->version, sizeof facts->version, "%s", PACKAGE_VERSION);
    if (gethostname(facts->host, sizeof facts->host - 1))
        strcpy(facts->host, "unknown host");
    facts->host[sizeof facts->host - 1] = 0;
    cpu_name(name, sizeof name);
    snprintf(facts->cpu, sizeof facts->cpu, "%s, %ld %s", name, cpus, cpus == 1 ? "cpu" : "cpus");
}

/* The first line of what the library says of itself, to its first comma: name and version. */
static void library_name(char *out, size_t room)
{
    enum { LONG = 60 };
    static char text[MPI_MAX_LIBRARY_VERSION_STRING + 1];
    int length = 0;
    MPI_Get_library_version(text, &length);
    text[strcspn(text, "\n,")] = 0;
    tidy(out, room, text);
    if (strlen(out) > LONG)
        strcpy(out + LONG - 3, "...");
}

/* What rank 0 tells all when it knows where they are. */
struct verdict {
    int failed, one_host;
};

static struct verdict look_at_places(struct world *w, const struct options *o, const struct place *own, char *error,
                                     size_t room)
{
    struct place *places = calloc((size_t)w->size, sizeof *places);
    if (!places)
        world_die("no memory for the places of %d ranks", w->size);
    places[0] = *own;
    for (int i = 1; i < w->size; i++)
        MPI_Recv(&places[i], sizeof places[i], MPI_BYTE, i, TAG_AGREE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    struct verdict v = {judge_pinning(o, places, w->size, error, room), 0};
    int hosts = spread_of(places, w->size).hosts;
    v.one_host = hosts == 1;
    world_machine(&w->facts);
    library_name(w->facts.library, sizeof w->facts.library);
    size_t end = strlen(w->facts.host);
    if (hosts > 1)
        snprintf(w->facts.host + end, sizeof w->facts.host - end, " and %d more", hosts - 1);
    describe_pinning(places, w->size, &w->facts);
    if (w->facts.pinned && v.one_host && w->size > 1)
        for (int i = 0; i < 2; i++)
            w->cpus[i] = mask_first(&places[i].cpus);
    free(places);
    return v;
}

int world_start(struct world *w, const struct options *o, int *argc, char ***argv, char *error, size_t room)
{
    struct place place = {0};
    struct mask core;
    struct verdict v = {0};
    *w = (struct world){.cpus = {-1, -1}};
    pin(o, &place);
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &w->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &w->size);
    if (gethostname(place.host, sizeof place.host - 1))
        snprintf(place.host, sizeof place.host, "unknown host");
    if (mask_get(&place.cpus) == 0 && mask_count(&place.cpus)) {
        siblings(mask_first(&place.cpus), &core);
        place.one_core = mask_within(&place.cpus, &core);
    }
    if (w->rank)
        MPI_Send(&place, sizeof place, MPI_BYTE, 0, TAG_AGREE, MPI_COMM_WORLD);
    else
        v = look_at_places(w, o, &place, error, room);
    world_agree(w, &v, sizeof v);
    w->one_host = v.one_host;
    return v.failed;
}

void world_end(struct world *w)
{
    (void)w;
    MPI_Finalize();
}

/* ---- agreement and sleep ---- */

void world_agree(const struct world *w, void *data, int bytes)
{
    if (w->rank)
        MPI_Recv(data, bytes, MPI_BYTE, 0, TAG_AGREE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    else
        for (int i = 1; i < w->size; i++)
            MPI_Send(data, bytes, MPI_BYTE, i, TAG_AGREE, MPI_COMM_WORLD);
}

void comm_sleep(MPI_Comm comm)
{
    enum { FIRST_NS = 50000, LONGEST_NS = 2000000 };
    struct timespec pause = {0, FIRST_NS};
    MPI_Request request;
    char nothing;
    int woken = 0;
    MPI_Irecv(&nothing, 0, MPI_BYTE, 0, TAG_QUIET, comm, &request);
    for (;;) {
        MPI_Test(&request, &woken, MPI_STATUS_IGNORE);
        if (woken)
            return;
        nanosleep(&pause, NULL);
        pause.tv_nsec = 2 * pause.tv_nsec < LONGEST_NS ? 2 * pause.tv_nsec : LONGEST_NS;
    }
}

void comm_wake(MPI_Comm comm, int first, int size)
{
    char nothing = 0;
    for (int i = first; i < size; i++)
        MPI_Send(&nothing, 0, MPI_BYTE, i, TAG_QUIET, comm);
}

void world_sleep(const struct world *w)
{
    (void)w;
    comm_sleep(MPI_COMM_WORLD);
}

void world_wake(const struct world *w, int first)
{
    comm_wake(MPI_COMM_WORLD, first, w->size);
}

void world_die(const char *format, ...)
{
    char text[512];
    int initialized = 0, finalized = 0, rank = 0, size = 1;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (initialized && !finalized) {
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm_size(MPI_COMM_WORLD, &size);
    }
    if (size > 1)
        fprintf(stderr, "godwit-bench: rank %d: %s\n", rank, text);
    else
        fprintf(stderr, "godwit-bench: %s\n", text);
    fflush(stderr);
    if (initialized && !finalized) {
        /* some launchers throw away what they have not read when a job is aborted */
        nanosleep(&(struct timespec){0, 100000000}, NULL);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    _exit(1);
}
