/* The ranks: where they run (pinned before MPI_Init, and looked at after it), who they are, how they agree and how
 * they sleep. See bench.h. Not for measuring. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/bench.h"
#include "benchmarks/cpus.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum pinned { PINNED_KEPT, PINNED_YES, PINNED_UNNUMBERED, PINNED_TOO_FEW, PINNED_REFUSED };

/* Where a rank runs; each sends its own to rank 0. */
struct place {
    char host[64];
    struct cpus cpus;
    struct cpus core;   /* all cpus of the core of the first of them */
    int one_core;       /* all of them belong to it */
    enum pinned pinned; /* what became of --pin */
    int cpu, reason;    /* PINNED_REFUSED: which cpu, and errno */
    int usable;         /* how many cpus --pin core could choose among; 0: it could not */
};

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

/* From what the launchers set. The number in the job comes from PMI and PMIx too. Slurm's own is none: it stays set
 * in a job's script and in a shell under srun, and a job of MPI under srun has one of the others. */
int world_launched_rank(void)
{
    static const char *const names[] = {"GODWIT_RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK",
                                        "MV2_COMM_WORLD_RANK", "PALS_RANKID", "FLUX_TASK_RANK", NULL};
    return (int)number_of(names);
}

int world_launched_size(void)
{
    static const char *const names[] = {"GODWIT_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",
                                        "FLUX_JOB_SIZE", NULL};
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

/* Which cpu this rank shall have, or -1 and the reason in p->pinned. The mask of the process is everything that
 * the system allows it. */
static int choose(const struct options *o, struct place *p)
{
    static int order[CPUS];
    struct cpus allowed;
    int local = local_rank(), size = local_size();
    if (cpus_get(&allowed)) {
        p->pinned = PINNED_REFUSED;
        p->reason = errno;
        return -1;
    }
    if (local < 0 && o->pin != PIN_ONE) {
        p->pinned = PINNED_UNNUMBERED;
        return -1;
    }
    if (o->pin == PIN_CORE && o->cpu_count) {
        struct cpus wanted = {0};
        for (int i = 0; i < o->cpu_count; i++)
            if (cpus_has(&allowed, o->cpus[i]))
                cpus_add(&wanted, o->cpus[i]);
        allowed = wanted;
    }
    int count = o->pin == PIN_LIST ? o->cpu_count : cpus_order(&allowed, order);
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
    struct cpus before, all, usable;
    p->pinned = PINNED_KEPT;
    if (cpus_get(&before))
        return;
    memset(&all, 0xff, sizeof all);
    cpus_set(&all); /* where that is forbidden, the choice is among those of before */
    if (o->pin == PIN_KEEP) {
        p->usable = local_rank() >= 0 && cpus_get(&usable) == 0 ? cpus_count(&usable) : 0;
    } else if ((p->cpu = choose(o, p)) >= 0) {
        p->pinned = cpus_set_one(p->cpu) ? PINNED_REFUSED : PINNED_YES;
        p->reason = errno;
    }
    if (p->pinned != PINNED_YES)
        cpus_set(&before);
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
    int own;         /* every rank has a core of its own */
    int apart;       /* every rank has one cpu of its own, which may be a thread of another's core */
    int same;        /* the ranks of a host have the same cpus */
    int crowded;     /* a host has more ranks than cpus for them */
    int could;       /* --pin core would give each rank a cpu */
};

static struct spread spread_of(const struct place *places, int count)
{
    struct spread s = {.own = 1, .apart = 1, .same = 1, .could = 1};
    struct host { /* at its leader */
        struct cpus used, cores;
        int ranks;
    } *hosts = calloc((size_t)count, sizeof *hosts);
    if (!hosts)
        world_die("no memory for the places of %d ranks", count);
    for (int i = 0; i < count; i++) {
        int leader = leader_of(places, i);
        struct host *host = &hosts[leader];
        const struct cpus *m = &places[i].cpus;
        s.hosts += leader == i;
        s.own &= places[i].one_core && !cpus_meet(&places[i].core, &host->cores);
        s.apart &= cpus_count(m) == 1 && !cpus_meet(m, &host->used);
        s.same &= cpus_within(m, &places[leader].cpus) && cpus_within(&places[leader].cpus, m);
        cpus_join(&host->used, m);
        cpus_join(&host->cores, &places[i].core);
        host->ranks++;
    }
    for (int i = 0; i < count; i++) {
        int cpus = cpus_count(&hosts[i].used);
        s.cpus += cpus;
        s.crowded |= hosts[i].ranks > cpus;
        s.could &= hosts[leader_of(places, i)].ranks <= places[i].usable;
    }
    free(hosts);
    return s;
}

/* "rank 0 on cpu 0, rank 1 on cpu 1" */
static void list_places(const struct place *places, int count, int hosts, char *text, size_t room)
{
    size_t at = 0;
    for (int i = 0; i < count && at < room; i++) {
        char cpus[48];
        cpus_text(&places[i].cpus, cpus, sizeof cpus);
        at += (size_t)snprintf(text + at, room - at, "%srank %d on %s %s%s%.32s", i ? ", " : "", i,
                               cpus_count(&places[i].cpus) == 1 ? "cpu" : "cpus", cpus, hosts > 1 ? " of " : "",
                               hosts > 1 ? places[i].host : "");
    }
}

/* The first cpu of each rank in their order: "0-3,8,9". */
static void list_first(const struct place *places, int count, char *text, size_t room)
{
    size_t at = 0;
    for (int i = 0, last; i < count && at < room; i = last + 1) {
        int cpu = cpus_first(&places[i].cpus);
        for (last = i; last + 1 < count && cpus_first(&places[last + 1].cpus) == cpu + last + 1 - i;)
            last++;
        at += (size_t)snprintf(text + at, room - at, last > i ? "%s%d-%d" : "%s%d", i ? "," : "", cpu, cpu + last - i);
    }
    if (at >= room)
        strcpy(text + room - 4, "...");
}

static void describe_pinning(const struct place *places, int count, struct spread s, struct facts *facts)
{
    enum { LISTED = 4, WORDS = 128 };
    const char *why = "";
    char all[WORDS], hosts[WORDS] = "", cpus[WORDS], where[WORDS] = "";
    snprintf(all, sizeof all, count == 2 ? "both ranks" : "all %d ranks", count);
    if (s.hosts > 1)
        snprintf(hosts, sizeof hosts, " of %d hosts", s.hosts);
    if (s.hosts == 1 && s.same)
        cpus_text(&places[0].cpus, cpus, sizeof cpus - 8);
    else
        list_first(places, count, cpus, sizeof cpus - 8);
    snprintf(where, sizeof where, s.same ? " (%.120s)" : " (from %.114s on)", cpus);
    for (int i = 0; i < count; i++)
        if (places[i].pinned == PINNED_UNNUMBERED)
            why = " (the launcher does not number the ranks of a host)";
    if (s.could && count > 1)
        why = " (--pin core gives each rank a core of its own)";
    facts->pinned = s.own;
    list_first(places, count, cpus, sizeof cpus);
    if ((s.own || s.apart) && count <= LISTED) {
        list_places(places, count, s.hosts, facts->pinning, sizeof facts->pinning);
        size_t end = strlen(facts->pinning);
        if (!s.own)
            snprintf(facts->pinning + end, sizeof facts->pinning - end, " (some are threads of one core)");
    } else if (s.own || s.apart)
        snprintf(facts->pinning, sizeof facts->pinning, "ranks 0-%d on cpus %s%s, a %s each", count - 1, cpus, hosts,
                 s.own ? "core" : "thread of a core");
    else if (s.same && s.cpus == s.hosts && s.hosts == 1 && count > 1)
        snprintf(facts->pinning, sizeof facts->pinning, "%s on cpu %d%s", all, cpus_first(&places[0].cpus), why);
    else
        snprintf(facts->pinning, sizeof facts->pinning, "%s: %d %s on %d %s%s%s%s",
                 s.same ? "not pinned" : "pinned, but not each rank to a core of its own", count,
                 count == 1 ? "rank" : "ranks", s.cpus, s.cpus == 1 ? "cpu" : "cpus", where, hosts, why);
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
    int failed, one_host, room;
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
    struct spread s = spread_of(places, w->size);
    struct verdict v = {.failed = judge_pinning(o, places, w->size, error, room), .one_host = s.hosts == 1};
    v.room = v.one_host ? s.cpus : s.crowded ? 1 : w->size;
    world_machine(&w->facts);
    w->facts.ranks = w->size;
    library_name(w->facts.library, sizeof w->facts.library);
    size_t end = strlen(w->facts.host);
    if (s.hosts > 1)
        snprintf(w->facts.host + end, sizeof w->facts.host - end, " and %d more", s.hosts - 1);
    describe_pinning(places, w->size, s, &w->facts);
    if (w->facts.pinned && v.one_host && w->size > 1)
        for (int i = 0; i < 2; i++)
            w->cpus[i] = cpus_first(&places[i].cpus);
    free(places);
    return v;
}

int world_start(struct world *w, const struct options *o, int *argc, char ***argv, char *error, size_t room)
{
    struct place place = {0};
    struct verdict v = {0};
    *w = (struct world){.cpus = {-1, -1}};
    pin(o, &place);
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &w->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &w->size);
    if (gethostname(place.host, sizeof place.host - 1))
        snprintf(place.host, sizeof place.host, "unknown host");
    if (cpus_get(&place.cpus) == 0 && cpus_count(&place.cpus)) {
        cpus_of_core(cpus_first(&place.cpus), &place.core);
        place.one_core = cpus_within(&place.cpus, &place.core);
    }
    if (w->rank)
        MPI_Send(&place, sizeof place, MPI_BYTE, 0, TAG_AGREE, MPI_COMM_WORLD);
    else
        v = look_at_places(w, o, &place, error, room);
    world_agree(w, &v, sizeof v);
    w->one_host = v.one_host;
    w->room = v.room;
    return v.failed;
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
