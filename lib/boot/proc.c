/* The process's life: see proc.h.
 *
 * mpirun leaves one variable, GODWIT_NODE=FD:AGENT:LOCAL:JOB. FD is the inherited descriptor of the node segment;
 * where something in between has closed it (many languages do when they start a program), the segment is opened
 * through the agent's own descriptor in /proc. LOCAL is this rank's record, JOB must be what the segment says. */
#define _GNU_SOURCE
#include "boot/proc.h"

#include "base/log.h"
#include "boot/foreign.h"
#include "boot/wires.h"
#include "obj/comm.h"
#include "obj/info.h"
#include "obj/leaks.h"
#include "p2p/p2p.h"
#include "type/op.h"
#include "type/type.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

struct proc proc = {.size = 1};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct place {
    int fd, agent;
    uint32_t local;
    uint64_t job;
};

static int place_parse(const char *text, struct place *out)
{
    int used = 0;
    return sscanf(text, "%d:%d:%" SCNu32 ":%" SCNx64 "%n", &out->fd, &out->agent, &out->local, &out->job, &used) == 4 &&
           !text[used] && out->fd >= 0 && out->agent > 0;
}

/* Maps what fd is, if it is this job's node segment. */
static struct node_head *segment_map(int fd, const struct place *place, struct words *why)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct node_head)) {
        words_set(why, "the descriptor is not a node segment");
        return NULL;
    }
    void *memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        words_set(why, "mapping it failed: %s", strerror(errno));
        return NULL;
    }
    struct node_head *head = memory;
    if (node_check(head, (uint64_t)st.st_size, why) == 0) {
        if (head->job != place->job)
            words_set(why, "the segment is another job's");
        else if (place->local >= head->rank_count || node_rank_at(head, place->local)->world_rank >= head->world_size)
            words_set(why, "the segment has no rank %u", place->local);
        else if (mprotect(memory, head->ranks_at, PROT_READ))
            words_set(why, "protecting it failed: %s", strerror(errno));
        else
            return head;
    }
    munmap(memory, (size_t)st.st_size);
    return NULL;
}

/* Finds the job that mpirun told of, if it did. -1 and words when it did but the segment cannot be had. */
static int find_job(struct words *why)
{
    const char *text = conf_env("GODWIT_NODE");
    struct place place;
    struct words reason;
    if (!text)
        return 0;
    if (!place_parse(text, &place))
        return words_set(why, "GODWIT_NODE is '%.100s', which mpirun did not write; unset it", text);
    struct node_head *head = segment_map(place.fd, &place, &reason);
    if (head) {
        close(place.fd); /* what this process starts has no business with it */
    } else {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd/%d", place.agent, place.fd);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0) {
            head = segment_map(fd, &place, &reason);
            close(fd);
        } else {
            words_set(&reason, "its descriptor %d was closed and %s cannot be opened: %s", place.fd, path,
                      strerror(errno));
        }
    }
    if (!head)
        return words_set(why,
                         "this process cannot join the job that mpirun (agent %d) started: %s. Start it directly "
                         "under mpirun, or unset GODWIT_NODE to run it as a world of one",
                         place.agent, reason.s);
    proc.node = head;
    proc.me = node_rank_at(head, place.local);
    proc.rank = (int)proc.me->world_rank;
    proc.size = (int)head->world_size;
    return 0;
}

static int attach_result;
static struct words attach_words;

static void attach_once(void)
{
    attach_result = find_job(&attach_words);
}

/* The same, once, and for any thread at any time. */
static int attach(struct words *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, attach_once);
    return attach_result ? words_set(why, "%s", attach_words.s) : 0;
}

/* One process per rank: a second one, started by the first or after it, would mix its messages with the first's. */
static int claim(struct words *why)
{
    int32_t nobody = 0;
    if (atomic_compare_exchange_strong(&proc.me->pid, &nobody, getpid()))
        return 0;
    return words_set(why,
                     "process %d of the same rank %d has started MPI already, and mpirun gives each rank to one "
                     "MPI program. Start the second one with an mpirun of its own, or without GODWIT_NODE in its "
                     "environment as a world of one",
                     (int)nobody, proc.rank);
}

/* Ranks write into pipes, so that the C library would hold back what they print until it has 4 KiB: a person at a
 * terminal would see nothing, and nothing at all of a rank that crashes. There, lines go out as they would without
 * mpirun. */
static void set_buffering(void)
{
    struct stat st;
    if (proc.node && proc.node->terminal && fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
        setvbuf(stdout, NULL, _IOLBF, 0);
}

/* ---- handles that are never freed ---- */

/* One write for all lines, so that those of different ranks do not mix. */
static void tell(const char *text)
{
    size_t left = strlen(text);
    for (ssize_t n = 0; left > 0 && n >= 0; left -= (size_t)n, text += n)
        n = write(STDERR_FILENO, text, left);
}

static void report_leaks(enum leaks_end end)
{
    enum { LINES = 20 };
    static char text[512 + (LINES + 1) * 256];
    char host[256], prefix[32], *lines = text + 512;
    if (!leaks_on)
        return;
    snprintf(prefix, sizeof prefix, "godwit: rank %d:   ", proc.rank);
    p2p_enter();
    size_t n = leaks_report(end, prefix, LINES, lines, sizeof text - 512);
    p2p_leave();
    proc_host(host, sizeof host);
    int head = n ? snprintf(text, 512, "godwit: rank %d (pid %d on %s) has never freed %zu handle%s:\n", proc.rank,
                            (int)getpid(), host, n, n > 1 ? "s" : "")
                 : 0;
    memmove(text + head, lines, strlen(lines) + 1);
    tell(text);
}

/* Sessions may outlive MPI_Finalize, so that only the last end knows what is left; if it never comes, exit does. And info
 * objects outlive all of MPI. */
static pid_t watched;

static void report_at_exit(void)
{
    if (proc.world != PROC_ALIVE && watched == getpid())
        report_leaks(LEAKS_END_OF_ALL);
}

static void watch_leaks(void)
{
    leaks_decide(proc.conf.check == CONF_CHECK_LEAKS);
    watched = getpid();
    if (proc.conf.check == CONF_CHECK_LEAKS)
        atexit(report_at_exit);
}

/* ---- the start ---- */

static int bad_setting;
static struct words setting_words;

static void load_settings(void)
{
    bad_setting = conf_load(&proc.conf, &setting_words);
}

void proc_settings(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_settings);
}

/* Once in the life of the process. */
static int come_to_life(int thread_level, struct words *why)
{
    proc_settings();
    if (attach(why))
        return -1;
    if (bad_setting && !proc.node) /* mpirun would have refused it; without mpirun, it is a note */
        fprintf(stderr, "godwit: %s; the default is used\n", setting_words.s);
    if (proc.me && claim(why))
        return -1;
    log_level = proc.conf.log;
    if (!proc.node && proc.conf.foreign == CONF_FOREIGN_WARN)
        foreign_warn();
    set_buffering();
    watch_leaks();
    type_init();
    op_init();
    comm_init(proc.rank, proc.size, proc_initial_errhandler());
    return wires_open(thread_level == MPI_THREAD_MULTIPLE, why);
}

static void set_life(enum node_life life)
{
    if (proc.me && proc.me->pid == getpid()) /* not a child of the rank, which has inherited all this */
        atomic_store_explicit(&proc.me->life, life, memory_order_release);
}

int proc_start(int session, int thread_level, int *provided, struct words *why)
{
    static int alive;
    int rc = MPI_ERR_OTHER;
    pthread_mutex_lock(&lock);
    if (!session && proc.world != PROC_BEFORE) {
        words_set(why, proc.world == PROC_ALIVE
                           ? "MPI has been initialized already, and may be only once"
                           : "MPI has been finalized, and cannot be started again in the same process");
        goto out;
    }
    if (!alive) { /* after a session, who knows what comes */
        proc.wires_level = session ? MPI_THREAD_MULTIPLE : thread_level;
        if (come_to_life(proc.wires_level, why))
            goto out;
        alive = 1;
    } else if (proc.stage != PROC_ALIVE) {
        wires_again();
    }
    *provided = thread_level < proc.wires_level ? thread_level : proc.wires_level;
    if (session) {
        proc.sessions++;
    } else {
        proc.thread_level = *provided;
        proc.main_thread = pthread_self();
        proc.world = PROC_ALIVE;
    }
    set_life(NODE_MPI);
    proc.stage = PROC_ALIVE;
    if (log_on(LOG_INFO)) {
        char name[32];
        snprintf(name, sizeof name, "rank %d", proc.rank);
        log_name(name);
        log_write(LOG_INFO, "MPI started: rank %d of %d, process %d", proc.rank, proc.size, (int)getpid());
    }
    rc = MPI_SUCCESS;
out:
    pthread_mutex_unlock(&lock);
    return rc;
}

void proc_stop(int session)
{
    pthread_mutex_lock(&lock);
    int last = session ? proc.sessions == 1 && proc.world != PROC_ALIVE : proc.sessions == 0;
    pthread_mutex_unlock(&lock);
    if (last)
        report_leaks(LEAKS_END_OF_MPI);
    wires_drain(session);
    pthread_mutex_lock(&lock);
    if (session)
        proc.sessions--;
    else
        proc.world = PROC_AFTER;
    if (proc.sessions == 0 && proc.world != PROC_ALIVE) {
        proc.stage = proc.world;
        set_life(NODE_FINALIZED);
    }
    pthread_mutex_unlock(&lock);
    if (log_on(LOG_INFO))
        log_write(LOG_INFO, session ? "session finalized" : "MPI finalized");
}

MPI_Errhandler proc_initial_errhandler(void)
{
    attach(NULL);
    switch (proc.node ? proc.node->initial_errhandler : NODE_ERRORS_ARE_FATAL) {
    case NODE_ERRORS_ABORT:
        return MPI_ERRORS_ABORT;
    case NODE_ERRORS_RETURN:
        return MPI_ERRORS_RETURN;
    default:
        return MPI_ERRORS_ARE_FATAL;
    }
}

/* stdio's buffers may hold the line that explains the end, so they are written; but another thread may own a
 * stream's lock, and the reader of the pipe may be asleep: neither may keep the job from ending. */
static volatile sig_atomic_t flush_status;

static void flush_too_long(int sig)
{
    (void)sig;
    _exit(flush_status);
}

static void flush_output(int status)
{
    FILE *streams[] = {stdout, stderr};
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, SIGALRM);
    flush_status = status;
    signal(SIGALRM, flush_too_long);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    alarm(1);
    for (int i = 0; i < 2; i++)
        if (ftrylockfile(streams[i]) == 0) {
            fflush(streams[i]);
            funlockfile(streams[i]);
        }
    alarm(0);
}

noreturn void proc_end(enum node_life life, int code, const struct words *words)
{
    static atomic_flag ending = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&ending))
        pause(); /* another thread is ending this process already */
    int status = code & 0xff;
    if (status == 0 && (code != 0 || life == NODE_FAILED))
        status = 1; /* what would look like a success */
    attach(NULL);
    /* Only the process that is the rank speaks through the record; a child of it speaks for itself. */
    int32_t owner = 0;
    if (proc.me && (atomic_compare_exchange_strong(&proc.me->pid, &owner, getpid()) || owner == getpid())) {
        memcpy(proc.me->words, words->s, sizeof proc.me->words);
        proc.me->code = status;
        atomic_store_explicit(&proc.me->life, life, memory_order_release); /* L0 */
        flush_output(status);
    } else {
        char host[256], line[WORDS_SIZE + 320];
        proc_host(host, sizeof host);
        int n = snprintf(line, sizeof line, "godwit: rank %d (pid %d on %s) %s%s\n", proc.rank, (int)getpid(), host,
                         life == NODE_FAILED ? "failed: " : "", words->s);
        ssize_t ignored = write(STDERR_FILENO, line, (size_t)n); /* not by stdio, whose lock may be taken */
        (void)ignored;
        flush_output(status);
    }
    _exit(status);
}

void proc_host(char *out, size_t size)
{
    if (gethostname(out, size))
        snprintf(out, size, "localhost");
    out[size - 1] = 0;
}

/* The program's command line, arguments separated by blanks, cut to what an info value can hold. */
static void command_line(char *command, char *arguments, size_t size)
{
    char line[MPI_MAX_INFO_VAL];
    ssize_t n = -1;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, line, sizeof line - 1);
        close(fd);
    }
    line[n < 0 ? 0 : n] = 0;
    snprintf(command, size, "%s", line);
    size_t first = strlen(line) + 1;
    for (ssize_t i = (ssize_t)first; i < n - 1; i++)
        if (!line[i])
            line[i] = ' ';
    snprintf(arguments, size, "%s", n > (ssize_t)first ? line + first : "");
}

/* What can be said once the job is known. */
static int describe(struct info *info)
{
    char command[MPI_MAX_INFO_VAL], arguments[MPI_MAX_INFO_VAL], number[16], host[256], folder[MPI_MAX_INFO_VAL];
    struct utsname system;
    command_line(command, arguments, sizeof command);
    snprintf(number, sizeof number, "%u", proc.me ? proc.me->app_size : 1u);
    proc_host(host, sizeof host);
    const struct {
        const char *key, *value;
    } pairs[] = {{"command", command},
                 {"argv", arguments},
                 {"maxprocs", number},
                 {"soft", number},
                 {"host", host},
                 {"arch", uname(&system) ? "" : system.machine},
                 {"wdir", getcwd(folder, sizeof folder) ? folder : ""}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (*pairs[i].value && info_set(info, pairs[i].key, pairs[i].value))
            return MPI_ERR_NO_MEM;
    return 0;
}

static const char *thread_level_name(int level)
{
    switch (level) {
    case MPI_THREAD_FUNNELED:
        return "MPI_THREAD_FUNNELED";
    case MPI_THREAD_SERIALIZED:
        return "MPI_THREAD_SERIALIZED";
    case MPI_THREAD_MULTIPLE:
        return "MPI_THREAD_MULTIPLE";
    default:
        return "MPI_THREAD_SINGLE";
    }
}

int proc_describe(void)
{
    static int described;
    int rc = 0;
    attach(NULL);
    pthread_mutex_lock(&lock);
    if (!described)
        rc = describe(&info_env);
    described = 1;
    if (!rc && proc.world != PROC_BEFORE && !info_get(&info_env, "thread_level"))
        rc = info_set(&info_env, "thread_level", thread_level_name(proc.thread_level));
    pthread_mutex_unlock(&lock);
    return rc;
}
