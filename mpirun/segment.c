/* The node segment's making: see segment.h. */
#define _GNU_SOURCE
#include "mpirun/segment.h"

#include "base/log.h"
#include "mpirun/jobpack.h"
#include "mpirun/key.h"
#include "mpirun/proto.h"
#include "mpirun/topo.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

/* The limit of file sizes (ulimit -f) holds for this memory too, though hardly any of it is ever used: raised for
 * a moment. *before is what it was. */
static int allow_size(uint64_t size, struct rlimit *before, struct words *why)
{
    if (getrlimit(RLIMIT_FSIZE, before))
        return words_set(why, "cannot read the limit of file sizes: %s", strerror(errno));
    if (before->rlim_cur == RLIM_INFINITY || before->rlim_cur >= size)
        return 0;
    struct rlimit more = {size, before->rlim_max > size ? before->rlim_max : size};
    if (setrlimit(RLIMIT_FSIZE, &more))
        return words_set(why, "the ranks share %llu KiB of addresses (hardly any of it is memory), but the limit of file "
                              "sizes is %llu KiB: 'ulimit -f unlimited' lifts that",
                         (unsigned long long)size >> 10, (unsigned long long)before->rlim_cur >> 10);
    return 0;
}

/* What each rank of this host is; the ranks of a host are in the order of the world's, and so are the programs. */
static void add_ranks(struct node_head *head, const struct job *job, const struct host *here)
{
    for (uint32_t i = 0, a = 0; i < head->rank_count; i++) {
        struct node_rank *rank = node_rank_at(head, i);
        rank->world_rank = here->rank_list[i];
        while (rank->world_rank >= (uint32_t)(job->apps[a].first + job->apps[a].count))
            a++;
        rank->app = a;
        rank->app_size = (uint32_t)job->apps[a].count;
    }
}

static void add_world(struct node_head *head, const struct job *job)
{
    uint32_t *node_of = node_of_table(head);
    for (uint32_t i = 0; i < head->world_size; i++)
        node_of[i] = jobpack_node_of(job, i);
    char *name = (char *)head + head->names_at;
    for (uint32_t i = 0; i < head->node_count; i++)
        name = stpcpy(name, jobpack_node_name(job, i)) + 1;
}

/* Ranks of several hosts know each other by the job's; those of one may talk through the network too. */
static int add_key(struct node_head *head, const struct job *job, struct words *why)
{
    _Static_assert(sizeof head->key == KEY_SIZE, "the job's key");
    if (job->key)
        memcpy(head->key, job->key, KEY_SIZE);
    else if (getrandom(head->key, KEY_SIZE, 0) != KEY_SIZE)
        return words_set(why, "the kernel has no random numbers for the job's key: %s", strerror(errno));
    return 0;
}

struct node_head *segment_make(const struct job *job, int usable_cpus, int *fd, struct words *why)
{
    struct node_layout layout;
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    uint32_t room = cpus < 1 ? 1 : cpus > (long)NODE_MAX_CPUS ? NODE_MAX_CPUS : (uint32_t)cpus;
    const struct host *here = &job->hosts.list[job->nodes[job->here]];
    uint32_t ranks = (uint32_t)here->rank_count;
    struct node_world world = {(uint32_t)job->size, (uint32_t)job->node_count, 0};
    for (uint32_t i = 0; i < world.nodes && world.nodes > 1; i++)
        world.names_size += (uint32_t)strlen(jobpack_node_name(job, i)) + 1;
    if (node_lay_out(ranks, room, &world, &layout, why))
        return NULL;
    struct rlimit limit, files;
    if ((getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur / 2 < layout.size) ||
        (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_max < layout.size))
        layout.size = layout.boards_at; /* collective operations can do without boards */
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < layout.size) {
        words_set(why, "%d ranks share %llu MiB of addresses (hardly any of it is memory), but a process may have %llu MiB "
                       "only: 'ulimit -v unlimited' lifts that", here->rank_count, (unsigned long long)layout.size >> 20,
                  (unsigned long long)limit.rlim_cur >> 20);
        return NULL;
    }
    *fd = memfd_create("godwit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0) {
        words_set(why, "cannot make the memory that ranks share: %s", strerror(errno));
        return NULL;
    }
    if (allow_size(layout.size, &files, why)) {
        close(*fd);
        return NULL;
    }
    /* Reserved now: memory that is missing is an error here, not a SIGBUS in a rank later. The room for the wire
     * is reserved by the ranks, pair by pair as they begin to talk. */
    int rc = ftruncate(*fd, (off_t)layout.size) ? errno : posix_fallocate(*fd, 0, (off_t)layout.room_at);
    setrlimit(RLIMIT_FSIZE, &files);
    void *memory = MAP_FAILED;
    if (rc == 0) {
        memory = mmap(NULL, layout.room_at, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
        rc = errno;
    }
    if (memory == MAP_FAILED) {
        words_set(why, "cannot reserve %llu KiB of memory that %d ranks share: %s",
                  (unsigned long long)layout.room_at / 1024, here->rank_count, strerror(rc));
        close(*fd);
        return NULL;
    }
    /* Nobody, not even a rank, may cut the memory away below the others. */
    if (fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
        words_set(why, "cannot seal the memory that ranks share: %s", strerror(errno));
        munmap(memory, layout.room_at);
        close(*fd);
        return NULL;
    }
    struct node_head *head = memory;
    head->version = NODE_VERSION;
    head->head_size = sizeof *head;
    head->size = layout.size;
    head->room_at = layout.room_at;
    head->job = job->id;
    head->world_size = (uint32_t)job->size;
    head->rank_count = ranks;
    head->node_count = world.nodes;
    head->node_index = (uint32_t)job->here;
    head->node_of_at = layout.node_of_at;
    head->names_at = layout.names_at;
    head->names_size = layout.names_at ? world.names_size : 0;
    head->exchange_at = layout.exchange_at;
    head->addresses_at = layout.addresses_at;
    head->taken_at = layout.taken_at;
    head->boards_at = layout.boards_at;
    head->ranks_at = layout.ranks_at;
    head->cpus_at = layout.cpus_at;
    head->cpu_room = room;
    head->usable_cpus = (uint32_t)usable_cpus;
    head->agent_pid = getpid();
    head->initial_errhandler = job->initial_errhandler;
    head->start_ns = job->start_ns;
    head->terminal = (uint32_t)job->terminal;
    memcpy(head->host, job->host, sizeof head->host);
    add_ranks(head, job, here);
    if (world.nodes > 1)
        add_world(head, job);
    if (add_key(head, job, why)) {
        munmap(memory, layout.room_at);
        close(*fd);
        return NULL;
    }
    head->magic = NODE_MAGIC;
    return head;
}

static void *read_topology(void *argument)
{
    struct node_head *head = argument;
    struct words why;
    int n = topo_cpus(node_cpus(head), (int)head->cpu_room, &why);
    if (n < 0 && log_on(LOG_WARN))
        log_write(LOG_WARN, "%s", why.s);
    atomic_store_explicit(&head->cpu_count, n < 0 ? 0 : (uint32_t)n, memory_order_relaxed);
    atomic_store_explicit(&head->cpus_ready, 1, memory_order_release); /* T0 */
    return NULL;
}

/* A thread, because reading the topology of a large machine takes longer than starting its ranks, and none of
 * them needs it to start. The agent ends with _exit, whether it has finished or not. */
void segment_add_topology(struct node_head *head)
{
    pthread_t thread; /* it inherits that the agent blocks all signals */
    if (pthread_create(&thread, NULL, read_topology, head) == 0)
        pthread_detach(thread);
    else
        read_topology(head);
}
