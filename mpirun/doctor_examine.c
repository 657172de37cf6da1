/* What the doctor looks at on a host, each by trying it where that is possible: see doctor.h. */
#define _GNU_SOURCE
#include "mpirun/doctor.h"

#include "boot/node.h"
#include "mpirun/cpus.h"
#include "mpirun/environ.h"
#include "mpirun/spawn.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the library ---- */

/* Tells two builds apart; nothing that has to withstand anybody. */
static uint64_t print_of(const char *file)
{
    uint64_t print = 14695981039346656037u;
    unsigned char piece[65536];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    for (ssize_t n; fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0;)
        for (ssize_t i = 0; i < n; i++)
            print = (print ^ piece[i]) * 1099511628211u;
    if (fd >= 0)
        close(fd);
    return print;
}

static void find_library(struct doctor_facts *facts)
{
    char folder[PATH_MAX], file[PATH_MAX + 32], self[PATH_MAX] = "";
    if (readlink("/proc/self/exe", self, sizeof self - 1) > 0)
        snprintf(facts->self, sizeof facts->self, "%.255s", self);
    if (environ_library_folder(folder, sizeof folder)) {
        snprintf(facts->library_wrong, sizeof facts->library_wrong,
                 "libmpi_abi.so.1 is not where it belongs to %.150s: install Godwit anew there", facts->self);
        return;
    }
    snprintf(file, sizeof file, "%s/libmpi_abi.so.1", folder);
    snprintf(facts->library, sizeof facts->library, "%.255s", file);
    facts->library_print = print_of(file);
    if (!dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
        const char *words = dlerror();
        snprintf(facts->library_wrong, sizeof facts->library_wrong, "cannot be loaded: %.220s",
                 words ? words : "?");
    }
}

/* ---- memory ---- */

static uint64_t read_number(const char *path)
{
    uint64_t n = UINT64_MAX;
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%" SCNu64, &n) != 1) /* "max" */
        n = UINT64_MAX;
    if (f)
        fclose(f);
    return n;
}

/* What the cgroup of this process and those above it leave, in bytes; UINT64_MAX: they say nothing. */
static uint64_t cgroup_memory(void)
{
    char line[1024] = "", path[1200];
    uint64_t least = UINT64_MAX;
    FILE *f = fopen("/proc/self/cgroup", "re");
    while (f && fgets(line, sizeof line, f) && strncmp(line, "0::", 3) != 0)
        line[0] = 0;
    if (f)
        fclose(f);
    if (strncmp(line, "0::/", 4) != 0)
        return least;
    line[strcspn(line, "\n")] = 0;
    for (char *slash = line + 3; slash; slash = strrchr(line + 3, '/')) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
        uint64_t most = read_number(path);
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.current", line + 3);
        uint64_t now = read_number(path);
        if (most != UINT64_MAX && now != UINT64_MAX && (now < most ? most - now : 0) < least)
            least = now < most ? most - now : 0;
        slash = strrchr(line + 3, '/');
        if (!slash)
            break;
        *slash = 0;
    }
    return least;
}

static uint64_t free_memory_kib(void)
{
    char line[256];
    uint64_t kib = 0, cgroup = cgroup_memory();
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
            break;
    if (f)
        fclose(f);
    return cgroup / 1024 < kib ? cgroup / 1024 : kib;
}

/* The memory that ranks would share: one for each cpu, as the agent would make it. */
static void try_memory(struct doctor_facts *facts, uint64_t hosts)
{
    struct node_layout layout;
    struct words why;
    uint32_t ranks = facts->cpus < 2      ? 2
                     : facts->cpus > 4096 ? 4096
                                          : (uint32_t)facts->cpus,
             nodes = (uint32_t)hosts;
    struct node_world world = {ranks * (nodes ? nodes : 1), nodes ? nodes : 1, nodes > 1 ? 64 * nodes : 0};
    const char *step = "made";
    if (node_lay_out(ranks, (uint32_t)facts->online, &world, &layout, &why)) {
        snprintf(facts->memory_wrong, sizeof facts->memory_wrong, "%.250s", why.s);
        return;
    }
    facts->shared_kib = layout.room_at / 1024;
    layout.size = layout.boards_at; /* what follows can be done without */
    struct rlimit sizes;
    if (getrlimit(RLIMIT_FSIZE, &sizes) == 0 && sizes.rlim_max < layout.size) {
        snprintf(facts->memory_wrong, sizeof facts->memory_wrong,
                 "the limit of file sizes holds for shared memory too and is too low: 'ulimit -f unlimited' lifts "
                 "that");
        return;
    }
    sizes.rlim_cur = sizes.rlim_max;
    setrlimit(RLIMIT_FSIZE, &sizes);
    int fd = memfd_create("godwit-doctor", MFD_CLOEXEC), rc = fd < 0 ? errno : 0;
    if (!rc) {
        step = "given its size";
        rc = ftruncate(fd, (off_t)layout.size) ? errno : 0;
    }
    if (!rc) {
        step = "reserved";
        rc = posix_fallocate(fd, 0, (off_t)layout.room_at);
    }
    void *memory = MAP_FAILED;
    if (!rc) {
        step = "mapped ('ulimit -v unlimited' may help)";
        memory = mmap(NULL, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        rc = memory == MAP_FAILED ? errno : 0;
    }
    if (rc)
        snprintf(facts->memory_wrong, sizeof facts->memory_wrong,
                 "the memory that %u ranks share (%" PRIu64 " KiB) cannot be %s: %s", ranks, facts->shared_kib,
                 step, strerror(rc));
    if (memory != MAP_FAILED)
        munmap(memory, layout.size);
    if (fd >= 0)
        close(fd);
}

/* ---- limits ---- */

static uint64_t limit_of(__rlimit_resource_t resource)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) || limit.rlim_max == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_max;
}

static int has_entries(const char *folder)
{
    DIR *d = opendir(folder);
    int count = 0;
    for (const struct dirent *e; d && (e = readdir(d));)
        count += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return count > 0;
}

/* ---- copies from process to process ---- */

struct card {
    int32_t pid, error;
    uint64_t address, secret;
};

static uint64_t secret;

/* Two processes as ranks are: children of the same parent, which lets its descendants in, as the library does. */
static int be_copied(int stream, const struct job *job)
{
    struct card card = {.pid = getpid(), .address = (uintptr_t)&secret};
    char end;
    (void)job;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, getppid());
    if (getrandom(&secret, sizeof secret, GRND_NONBLOCK) != sizeof secret)
        secret = 0x5ca1ab1e;
    card.secret = secret;
    if (write(stream, &card, sizeof card) != sizeof card)
        return 1;
    return read(stream, &end, 1) == 1;
}

static int be_the_copier(int stream, const struct job *job)
{
    struct card card;
    uint64_t copy = 0;
    (void)job;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(stream, &card, sizeof card) != sizeof card)
        return 1;
    struct iovec here = {&copy, sizeof copy}, there = {(void *)(uintptr_t)card.address, sizeof copy};
    ssize_t n = process_vm_readv(card.pid, &here, 1, &there, 1, 0);
    card.error = n == (ssize_t)sizeof copy && copy == card.secret ? 0 : n < 0 ? errno : EIO;
    return write(stream, &card, sizeof card) != sizeof card;
}

static int read_card(int fd, struct card *card)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, 2000) == 1 && read(fd, card, sizeof *card) == sizeof *card ? 0 : -1;
}

static void try_copy(struct doctor_facts *facts)
{
    struct card card = {.error = -1};
    struct words why = {""};
    int streams[2] = {-1, -1};
    pid_t pids[2];
    pids[0] = spawn_agent(be_copied, NULL, &streams[0], &why);
    pids[1] = pids[0] > 0 ? spawn_agent(be_the_copier, NULL, &streams[1], &why) : -1;
    if (pids[1] > 0 && (read_card(streams[0], &card) || write(streams[1], &card, sizeof card) != sizeof card ||
                        read_card(streams[1], &card)))
        card.error = -1;
    for (int i = 0; i < 2; i++) {
        if (pids[i] <= 0)
            continue;
        close(streams[i]);
        kill(pids[i], SIGKILL);
        while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (card.error)
        snprintf(facts->copy_wrong, sizeof facts->copy_wrong, "%.200s",
                 card.error > 0 ? strerror(card.error)
                 : why.s[0]     ? why.s
                                : "the processes that try it do not answer");
}

void doctor_examine(struct doctor_facts *facts, uint64_t hosts)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN), configured = sysconf(_SC_NPROCESSORS_CONF);
    unsigned low, high;
    facts->cpus = (uint64_t)cpus_usable();
    facts->online = (uint64_t)(configured > online ? configured : online);
    facts->nofile = limit_of(RLIMIT_NOFILE);
    facts->nproc = limit_of(RLIMIT_NPROC);
    facts->memlock = limit_of(RLIMIT_MEMLOCK);
    facts->infiniband = has_entries("/sys/class/infiniband");
    facts->memory_kib = free_memory_kib();
    FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (f && fscanf(f, "%u %u", &low, &high) == 2)
        snprintf(facts->ports, sizeof facts->ports, "%u-%u", low, high);
    if (f)
        fclose(f);
    try_copy(facts); /* before the library is there, which this process would share with its children */
    try_memory(facts, hosts);
    find_library(facts);
}
