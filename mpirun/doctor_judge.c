/* From what the hosts tell to what is wrong, and what mends it: see doctor.h. Words do not name their host, so
 * that hosts with the same findings share a line. */
#define _GNU_SOURCE
#include "mpirun/doctor.h"

#include "mpirun/grow.h"
#include "mpirun/remote.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY_FILES(cpus) (2 * (cpus) + 64) /* what mpirun's agent opens for so many ranks */
enum { LITTLE_KIB = 256 << 10, LITTLE_LOCKED = 1 << 30 };

struct judge {
    const struct doctor_patient *list;
    int count;
    struct doctor_findings *out;
};

__attribute__((format(printf, 5, 6))) static void add(struct judge *j, int host, enum doctor_check check,
                                                      enum doctor_level level, const char *format, ...)
{
    struct doctor_findings *f = j->out;
    va_list list;
    f->list = grow_by_one(f->list, (size_t)f->count, sizeof *f->list);
    struct doctor_finding *new = &f->list[f->count++];
    *new = (struct doctor_finding){.check = check, .level = level, .host = host};
    va_start(list, format);
    vsnprintf(new->words, sizeof new->words, format, list);
    va_end(list);
}

enum doctor_check doctor_blame(const char *words)
{
    static const struct {
        const char *part;
        enum doctor_check check;
    } parts[] = {{"there is no program 'ssh'", CHECK_LOGIN},
                 {"Could not resolve", CHECK_REACH},
                 {"Name or service not known", CHECK_REACH},
                 {"Connection refused", CHECK_REACH},
                 {"timed out", CHECK_REACH},
                 {"No route to host", CHECK_REACH},
                 {"unreachable", CHECK_REACH},
                 {"there is neither", CHECK_GODWIT},
                 {"there is no ", CHECK_GODWIT},
                 {"command not found", CHECK_GODWIT},
                 {"lacks a library", CHECK_GODWIT},
                 {" has Godwit ", CHECK_GODWIT},
                 {"the bytes of a number", CHECK_GODWIT},
                 {"is understood", CHECK_GODWIT},
                 {"not understood", CHECK_GODWIT}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(words, parts[i].part))
            return parts[i].check;
    return CHECK_LOGIN;
}

int doctor_is_tried(int from, int to, int count)
{
    int ahead = (to - from + count) % count;
    return ahead >= 1 && ahead <= DOCTOR_PEERS;
}

static int is_well(const struct doctor_patient *p)
{
    return !p->failed;
}

/* ---- each host by itself ---- */

static void judge_start(struct judge *j, int host, const char *version, double slowest_s)
{
    const struct doctor_patient *p = &j->list[host];
    enum doctor_check until = p->failed ? (enum doctor_check)(p->failed - 1) : CHECK_COUNT;
    if (p->failed)
        add(j, host, until, DOCTOR_WRONG, "%s", p->failure);
    /* Who was not heard of has not been reached either, as far as is known. */
    int is_reached = until > CHECK_LOGIN || (until == CHECK_LOGIN && strncmp(p->failure, "ssh says", 8) == 0);
    if (is_reached && !p->is_local)
        add(j, host, CHECK_REACH, DOCTOR_OK, "its name is known, and its sshd answers");
    if (until > CHECK_LOGIN && !p->is_local)
        add(j, host, CHECK_LOGIN, DOCTOR_OK, "without a question, in %.1f s at most", slowest_s + 0.05);
    if (until > CHECK_GODWIT)
        add(j, host, CHECK_GODWIT, DOCTOR_OK, "%s, %s", version, p->facts.self);
}

static void judge_library(struct judge *j, int host, int reference)
{
    const struct doctor_facts *f = &j->list[host].facts, *other = &j->list[reference].facts;
    if (f->library_wrong[0])
        add(j, host, CHECK_LIBRARY, DOCTOR_WRONG, "%s%s%s", f->library, f->library[0] ? " " : "",
            f->library_wrong);
    else if (f->library_print != other->library_print && !other->library_wrong[0])
        add(j, host, CHECK_LIBRARY, DOCTOR_NOTE,
            "%s is another build than that of %.100s, of the same version; if that is not meant, install the same "
            "files",
            f->library, j->list[reference].name);
    else
        add(j, host, CHECK_LIBRARY, DOCTOR_OK, "%s", f->library);
}

static void judge_clock(struct judge *j, int host)
{
    const struct doctor_patient *p = &j->list[host];
    double skew = p->skew_s < 0 ? -p->skew_s : p->skew_s;
    if (p->is_local)
        return;
    if (skew > 1 + p->doubt_s)
        add(j, host, CHECK_CLOCK, DOCTOR_WRONG,
            "%.*f s %s this host's: dates of files and logs do not fit; a time service (chrony, ntpd, "
            "systemd-timesyncd) "
            "sets it",
            skew < 100 ? 1 : 0, skew, p->skew_s < 0 ? "behind" : "ahead of");
    else
        add(j, host, CHECK_CLOCK, DOCTOR_OK, "agrees with this host's within 1 s");
}

static void judge_cpus(struct judge *j, int host)
{
    const struct doctor_facts *f = &j->list[host].facts;
    if (f->cpus < f->online)
        add(j, host, CHECK_CPUS, DOCTOR_NOTE,
            "%" PRIu64 " of %" PRIu64
            " may be used, as the affinity mask or a cgroup's quota says (a container, a batch "
            "job)",
            f->cpus, f->online);
    else
        add(j, host, CHECK_CPUS, DOCTOR_OK, "%" PRIu64, f->cpus);
}

static void judge_memory(struct judge *j, int host, uint64_t least)
{
    const struct doctor_facts *f = &j->list[host].facts;
    if (f->memory_wrong[0])
        add(j, host, CHECK_MEMORY, DOCTOR_WRONG, "%s", f->memory_wrong);
    else if (f->memory_kib < LITTLE_KIB)
        add(j, host, CHECK_MEMORY, DOCTOR_NOTE, "only %" PRIu64 " MiB are free (a cgroup's limit counted)",
            f->memory_kib >> 10);
    else
        add(j, host, CHECK_MEMORY, DOCTOR_OK, "at least %.1f GiB free, and what ranks share can be reserved",
            (double)least / (1 << 20));
}

static const char *amount(char *text, size_t size, uint64_t n)
{
    if (n == UINT64_MAX)
        return "any number of";
    snprintf(text, size, "%" PRIu64, n);
    return text;
}

static void judge_limits(struct judge *j, int host, uint64_t files, uint64_t processes)
{
    const struct doctor_facts *f = &j->list[host].facts;
    char text[2][24];
    if (f->nofile < MANY_FILES(f->cpus))
        add(j, host, CHECK_LIMITS, DOCTOR_WRONG,
            "%" PRIu64 " open files are allowed, and a rank on each cpu takes %" PRIu64 ": 'nofile' in "
            "/etc/security/limits.conf, or ulimit -n, raises that",
            f->nofile, MANY_FILES(f->cpus));
    else if (f->nproc < f->cpus + 32)
        add(j, host, CHECK_LIMITS, DOCTOR_WRONG,
            "%" PRIu64 " processes are allowed, for %" PRIu64
            " cpus: 'nproc' in /etc/security/limits.conf, or ulimit -u, "
            "raises that",
            f->nproc, f->cpus);
    else if (f->infiniband && f->memlock < LITTLE_LOCKED)
        add(j, host, CHECK_LIMITS, DOCTOR_NOTE,
            "%" PRIu64
            " KiB of memory may be locked, and the InfiniBand or RoCE hardware there wants it without limit: "
            "'memlock unlimited' in /etc/security/limits.conf",
            f->memlock >> 10);
    else
        add(j, host, CHECK_LIMITS, DOCTOR_OK, "%s open files and %s processes",
            amount(text[0], sizeof text[0], files), amount(text[1], sizeof text[1], processes));
}

static void judge_copy(struct judge *j, int host)
{
    const struct doctor_facts *f = &j->list[host].facts;
    if (f->copy_wrong[0])
        add(j, host, CHECK_COPY, DOCTOR_NOTE,
            "between processes is not allowed (%s), so that large messages there take two copies: sysctl "
            "kernel.yama.ptrace_scope should be 0 or 1, and a container needs SYS_PTRACE",
            f->copy_wrong);
    else
        add(j, host, CHECK_COPY, DOCTOR_OK, "from process to process is allowed");
}

/* ---- between hosts ---- */

static int at(const struct judge *j, int from, int to, int address)
{
    return j->list[from].reach ? j->list[from].reach[to * DOCTOR_ADDRESSES + address] : REACH_UNTRIED;
}

static int is_asked(const struct judge *j, int from, int to)
{
    return from != to && is_well(&j->list[from]) && is_well(&j->list[to]) && j->list[from].told &&
           j->list[to].facts.port && j->list[to].facts.address_count && doctor_is_tried(from, to, j->count);
}

static int gets_there(const struct judge *j, int from, int to)
{
    for (int i = 0; i < DOCTOR_ADDRESSES; i++)
        if (at(j, from, to, i) == REACH_PROVED)
            return 1;
    return 0;
}

/* "10.77.0.0/24": of hosts on one network the same. */
static void network_of(const struct doctor_address *a, char *out, size_t size)
{
    unsigned char bytes[16];
    char text[46];
    int family = strchr(a->text, ':') ? AF_INET6 : AF_INET, n = family == AF_INET6 ? 16 : 4;
    if (inet_pton(family, a->text, bytes) != 1) {
        snprintf(out, size, "%s", a->text);
        return;
    }
    for (int i = 0, bits = a->prefix; i < n; i++, bits -= 8)
        bytes[i] &= bits >= 8 ? 0xff : bits <= 0 ? 0 : (unsigned char)(0xff << (8 - bits));
    inet_ntop(family, bytes, text, sizeof text);
    snprintf(out, size, "%s/%d", text, a->prefix);
}

__attribute__((format(printf, 3, 4))) static void append(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    va_list list;
    va_start(list, format);
    vsnprintf(out + used, size - used, format, list);
    va_end(list);
}

/* An address that leads nowhere, on a host that is reached by another, is not one of the cluster's: docker0 and
 * its like. Where nothing leads to a host, that is for the connections. */
static void judge_addresses(struct judge *j, int host)
{
    const struct doctor_facts *f = &j->list[host].facts;
    char good[WORDS_SIZE] = "", bad[WORDS_SIZE] = "", network[64];
    int reached = 0, strangers = 0;
    for (int from = 0; from < j->count; from++)
        reached += is_asked(j, from, host) && gets_there(j, from, host);
    for (int i = 0; i < f->address_count; i++) {
        int proved = 0, stranger = 0;
        for (int from = 0; from < j->count; from++) {
            proved += is_asked(j, from, host) && at(j, from, host, i) == REACH_PROVED;
            stranger += is_asked(j, from, host) && at(j, from, host, i) == REACH_STRANGER;
        }
        network_of(&f->addresses[i], network, sizeof network);
        char *list = reached && !proved ? bad : good;
        strangers += reached && !proved && stranger;
        append(list, WORDS_SIZE / 3, "%s%s %s", *list ? ", " : "", f->addresses[i].interface, network);
    }
    if (*bad)
        add(j, host, CHECK_ADDRESSES, DOCTOR_NOTE,
            "%s: no other host gets there%s, so this is not used; that is "
            "as it should be for docker0 and its like",
            bad, strangers ? " (something else answers)" : "");
    if (*good)
        add(j, host, CHECK_ADDRESSES, DOCTOR_OK, "%s", good);
    if (!f->address_count && j->count > 1)
        add(j, host, CHECK_ADDRESSES, DOCTOR_WRONG,
            "there is none but loopback: its network is not up (`ip address`)");
}

/* What was met at the addresses of a host: the same words for hosts whose interfaces have the same names. */
static void met(const struct judge *j, int from, int to, char *out, size_t size)
{
    static const char *const words[REACH_COUNT] = {[REACH_REFUSED] = "refused",
                                                   [REACH_SILENT] = "no answer",
                                                   [REACH_NO_WAY] = "no way there",
                                                   [REACH_STRANGER] = "something else answers",
                                                   [REACH_FAILED] = "an error"};
    const struct doctor_facts *f = &j->list[to].facts;
    out[0] = 0;
    for (int i = 0; i < f->address_count; i++)
        if (words[at(j, from, to, i)])
            append(out, size, "%s%s %s: %s", *out ? ", " : "", f->addresses[i].interface,
                   strchr(f->addresses[i].text, ':') ? "IPv6" : "IPv4", words[at(j, from, to, i)]);
}

/* Does it reach nobody, though others are reached? Then it is this host whose way out is closed. */
static int is_shut_in(const struct judge *j, int host)
{
    int tried = 0, others = 0;
    for (int to = 0; to < j->count; to++) {
        if (!is_asked(j, host, to))
            continue;
        tried++;
        if (gets_there(j, host, to))
            return 0;
        for (int from = 0; from < j->count; from++)
            others += from != host && is_asked(j, from, to) && gets_there(j, from, to);
    }
    return tried > 1 && others > 0;
}

static void judge_connections(struct judge *j, int host)
{
    const struct doctor_patient *p = &j->list[host];
    const char **names = grow_new((size_t)j->count, sizeof *names);
    char list[150], why[200] = "";
    int failed = 0, tried = 0;
    if (!p->told)
        add(j, host, CHECK_CONNECTIONS, DOCTOR_WRONG, "did not tell in time whom it reaches");
    if (p->facts.listen_wrong[0])
        add(j, host, CHECK_CONNECTIONS, DOCTOR_WRONG, "%s", p->facts.listen_wrong);
    for (int from = 0; from < j->count; from++) {
        if (!is_asked(j, from, host) || is_shut_in(j, from))
            continue;
        tried++;
        if (gets_there(j, from, host))
            continue;
        if (!failed)
            met(j, from, host, why, sizeof why);
        names[failed++] = j->list[from].name;
    }
    remote_fold(names, failed, list, sizeof list);
    free(names);
    const char *ports = p->facts.ports[0] ? p->facts.ports : "above 1023";
    int is_mute = is_shut_in(j, host), is_deaf = failed && failed == tried && tried > 1;
    for (int to = 0; to < j->count && is_mute && !*why; to++)
        if (is_asked(j, host, to))
            met(j, host, to, why, sizeof why);
    if (is_mute && is_deaf)
        add(j, host, CHECK_CONNECTIONS, DOCTOR_WRONG,
            "no TCP connection gets there from any other host, nor out (%s): its firewall has to let the ports %s "
            "in, and "
            "connections out",
            why, ports);
    else if (is_mute)
        add(j, host, CHECK_CONNECTIONS, DOCTOR_WRONG,
            "reaches no other host (%s), though others do: its firewall has to let TCP connections out", why);
    if (failed && !(is_mute && is_deaf))
        add(j, host, CHECK_CONNECTIONS, DOCTOR_WRONG,
            "no TCP connection gets there from %s (%s): its firewall has to let the ports %s in from there",
            is_deaf ? "any other host" : list, why, ports);
    if (!failed && !is_mute && tried && p->told)
        add(j, host, CHECK_CONNECTIONS, DOCTOR_OK,
            "TCP from every other host gets there, on ports that the kernel chooses");
}

/* ---- all ---- */

void doctor_judge(const struct doctor_patient *patients, int count, const char *version,
                  struct doctor_findings *out)
{
    struct judge judge = {patients, count, out}, *j = &judge;
    uint64_t memory = UINT64_MAX, files = UINT64_MAX, processes = UINT64_MAX;
    double slowest = 0;
    int reference = -1;
    *out = (struct doctor_findings){0};
    for (int i = 0; i < count; i++) {
        const struct doctor_patient *p = &patients[i];
        slowest = p->answer_s > slowest ? p->answer_s : slowest;
        if (!is_well(p))
            continue;
        if (reference < 0 || p->is_local)
            reference = i;
        memory = p->facts.memory_kib < memory && p->facts.memory_kib >= LITTLE_KIB ? p->facts.memory_kib : memory;
        files = p->facts.nofile < files ? p->facts.nofile : files;
        processes = p->facts.nproc < processes ? p->facts.nproc : processes;
    }
    for (int i = 0; i < count; i++) {
        judge_start(j, i, version, slowest);
        if (!is_well(&patients[i]))
            continue;
        judge_library(j, i, reference);
        judge_clock(j, i);
        judge_cpus(j, i);
        judge_memory(j, i, memory);
        judge_limits(j, i, files, processes);
        judge_copy(j, i);
        judge_addresses(j, i);
        if (count > 1)
            judge_connections(j, i);
    }
}
