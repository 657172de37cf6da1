/* Starting processes: see spawn.h. */
#define _GNU_SOURCE
#include "mpirun/spawn.h"

#include "mpirun/environ.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Is this file, seen from the working directory, one that can be executed? 0, or an errno. */
static int runnable(int dir, const char *path)
{
    struct stat st;
    if (fstatat(dir, path, &st, 0))
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    return faccessat(dir, path, X_OK, AT_EACCESS) ? errno : 0;
}

/* The program in a list of directories; a found one that cannot be executed is remembered in *refused. */
static char *search(int dir, const char *list, const char *name, int *refused)
{
    for (const char *p = list;;) {
        size_t n = strcspn(p, ":");
        char *path = NULL;
        if (asprintf(&path, "%.*s%s%s", (int)n, p, n ? "/" : "./", name) < 0)
            return NULL;
        int rc = runnable(dir, path);
        if (rc == 0)
            return path;
        if (rc != EISDIR && faccessat(dir, path, F_OK, AT_EACCESS) == 0) /* else its folder may not be entered */
            *refused = rc;
        free(path);
        if (!p[n])
            return NULL;
        p += n + 1;
    }
}

static int not_runnable(const char *name, int error, struct words *why)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        words_set(why, "there is no program '%s'", name);
        return SPAWN_NOT_FOUND;
    case EISDIR:
        words_set(why, "'%s' is a directory, not a program", name);
        return SPAWN_NOT_RUNNABLE;
    case EACCES:
        words_set(why, "'%s' may not be executed (chmod +x makes a file executable)", name);
        return SPAWN_NOT_RUNNABLE;
    default:
        words_set(why, "'%s' cannot be executed: %s", name, strerror(error));
        return SPAWN_NOT_RUNNABLE;
    }
}

static int find(struct program *program, int dir, const struct app *app, struct words *why)
{
    const char *name = app->argv[0];
    if (strchr(name, '/')) {
        int rc = runnable(dir, name);
        if (rc)
            return not_runnable(name, rc, why);
        program->file = strdup(name);
        return 0;
    }
    const char *path = environ_find(program->env, "PATH");
    int refused = 0;
    if (app->path)
        program->file = search(dir, app->path, name, &refused);
    if (!program->file)
        program->file = search(dir, path ? path : "/bin:/usr/bin", name, &refused);
    if (program->file)
        return 0;
    if (refused)
        return not_runnable(name, refused, why);
    if (runnable(dir, name) == 0)
        words_set(why, "there is no program '%s' in PATH; for the one in this directory, write ./%s", name, name);
    else
        words_set(why, "there is no program '%s' in PATH", name);
    return SPAWN_NOT_FOUND;
}

int spawn_prepare(struct program *program, const struct job *job, const struct app *app, struct words *why)
{
    *program = (struct program){.name = app->argv[0], .argv = app->argv, .wdir = app->wdir};
    program->env = environ_make(&job->env, &app->env, &program->env_count);
    if (!program->env) {
        words_set(why, "no memory for the environment of '%s'", program->name);
        return 1;
    }
    int dir = AT_FDCWD;
    if (app->wdir && (dir = open(app->wdir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
        words_set(why, "cannot enter the working directory '%s': %s", app->wdir, strerror(errno));
        return 1;
    }
    int code = find(program, dir, app, why);
    if (dir >= 0)
        close(dir);
    if (code == 0 && !program->file) {
        words_set(why, "no memory to find '%s'", program->name);
        return 1;
    }
    return code;
}

void spawn_release(struct program *program)
{
    free(program->file);
    if (program->env)
        environ_free(program->env, program->env_count);
}

/* Why a child did not become a rank. */
struct failure {
    int error;   /* an errno; 0: it did */
    int binding; /* it could not be bound */
};

/* The child, between vfork and exec: it shares the parent's memory, so it calls the kernel only and writes nothing
 * but *failure. */
static void become_rank(const struct spawn_common *s, const struct program *program, const int descriptors[3],
                        const struct cpuset *cpus, pid_t agent, volatile struct failure *failure)
{
    int fd[3];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != agent) /* it died before that line */
        _exit(1);
    /* Only fails when mpirun's group is gone, and then so is mpirun. */
    setpgid(0, s->group);
    for (int i = 0; i < 3; i++)
        if ((fd[i] = fcntl(descriptors[i], F_DUPFD, 3)) < 0)
            goto failed;
    for (int i = 0; i < 3; i++)
        if (dup2(fd[i], i) < 0)
            goto failed;
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    if (fcntl(s->node_fd, F_SETFD, 0) < 0)
        goto failed;
    if (program->wdir && chdir(program->wdir))
        goto failed;
    setrlimit(RLIMIT_NOFILE, &s->files);
    if (cpus->count && sched_setaffinity(0, cpus->count * sizeof *cpus->words, (const cpu_set_t *)cpus->words)) {
        failure->binding = 1;
        goto failed;
    }
    /* Dispositions are as mpirun found them (nohup's ignored SIGHUP, say): the agent changes none. */
    sigprocmask(SIG_SETMASK, &s->signal_mask, NULL);
    execve(program->file, program->argv, program->env);
failed:
    failure->error = errno;
    _exit(127);
}

static size_t length_of(char **list)
{
    size_t n = 0;
    for (; *list; list++)
        n += strlen(*list) + 1 + sizeof *list;
    return n;
}

static int exec_failed(const struct program *program, int error, struct words *why)
{
    switch (error) {
    case E2BIG:
        words_set(why, "'%s' cannot be started: its arguments and environment take %zu KiB, more than the system "
                       "allows (a quarter of 'ulimit -s', and 128 KiB for one argument)",
                  program->name, (length_of(program->argv) + length_of(program->env)) / 1024);
        return SPAWN_NOT_RUNNABLE;
    case ENOEXEC:
        words_set(why, "'%s' is neither a program for this machine nor a script that begins with #!", program->name);
        return SPAWN_NOT_RUNNABLE;
    case ENOENT:
        words_set(why, "'%s' exists, but the interpreter or loader that it names does not", program->name);
        return SPAWN_NOT_FOUND;
    default:
        return not_runnable(program->name, error, why);
    }
}

pid_t spawn_rank(const struct spawn_common *s, const struct program *program, uint32_t world_rank, uint32_t local,
                 const int descriptors[3], const struct cpuset *cpus, int *code, struct words *why)
{
    struct rank_environ variables;
    environ_rank(&variables, s->node, world_rank, local, s->node_fd, program->env + program->env_count);
    pid_t agent = getpid();
    volatile struct failure failure = {0, 0};
    pid_t pid = vfork();
    if (pid == 0)
        become_rank(s, program, descriptors, cpus, agent, &failure);
    if (pid < 0) {
        words_set(why, errno == EAGAIN ? "cannot start rank %u: no more processes are allowed (ulimit -u, or the "
                                         "pids limit of a container): %s"
                                       : "cannot start rank %u: %s",
                  world_rank, strerror(errno));
        *code = 1;
        return -1;
    }
    if (failure.binding) {
        char list[120];
        cpuset_text(cpus, list, sizeof list);
        words_set(why, "cannot bind rank %u to the cpus %s: %s", world_rank, list, strerror(failure.error));
        *code = 1;
        return -1;
    }
    if (failure.error) { /* the child has ended; the agent reaps it with the others */
        *code = exec_failed(program, failure.error, why);
        return -1;
    }
    return pid;
}

/* The child, between vfork and exec: see become_rank. */
static void become_ssh(char *const *command, int stream, int errors, pid_t parent, const sigset_t *mask,
                       volatile int *error)
{
    static const int given_back[] = {SIGPIPE, SIGXFSZ, SIGTTIN, SIGTTOU};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    setsid();
    if (dup2(stream, 0) < 0 || dup2(stream, 1) < 0 || dup2(errors, 2) < 0)
        goto failed;
    for (size_t i = 0; i < sizeof given_back / sizeof given_back[0]; i++)
        signal(given_back[i], SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
failed:
    *error = errno;
    _exit(127);
}

pid_t spawn_remote(char *const *command, int *stream, int *errors, struct words *why)
{
    int pair[2], pipe_ends[2];
    volatile int error = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return words_set(why, "cannot make the stream to %s: %s", command[0], strerror(errno));
    if (pipe2(pipe_ends, O_CLOEXEC)) {
        close(pair[0]);
        close(pair[1]);
        return words_set(why, "cannot make the error stream of %s: %s", command[0], strerror(errno));
    }
    sigset_t none;
    sigemptyset(&none);
    pid_t parent = getpid(), pid = vfork();
    if (pid == 0)
        become_ssh(command, pair[1], pipe_ends[1], parent, &none, &error);
    close(pair[1]);
    close(pipe_ends[1]);
    if (pid < 0 || error) {
        error = pid < 0 ? errno : error;
        if (pid > 0)
            while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
        close(pair[0]);
        close(pipe_ends[0]);
        if (error != ENOENT)
            return words_set(why, "cannot start %s: %s", command[0], strerror(error));
        return words_set(why, "there is no program '%s' in PATH here, which starts agents on other hosts "
                              "(--launcher-exec names another)", command[0]);
    }
    *stream = pair[0];
    *errors = pipe_ends[0];
    return pid;
}

pid_t spawn_agent(agent_main *run, const struct job *job, int *stream, struct words *why)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return words_set(why, "cannot make the stream to the agent: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) {
        words_set(why, "cannot start the agent: %s", strerror(errno));
        close(pair[0]);
        close(pair[1]);
        return -1;
    }
    if (pid == 0) {
        close(pair[0]);
        _exit(run(pair[1], job));
    }
    close(pair[1]);
    *stream = pair[0];
    return pid;
}

/* ---- before the first rank ---- */

int spawn_open_files(struct spawn_common *spawn, const struct job *job, int ranks, struct words *why)
{
    struct rlimit limit;
    rlim_t need = (rlim_t)ranks * (job->stdin_rank == JOB_STDIN_ALL ? 3 : 2) + 32;
    if (getrlimit(RLIMIT_NOFILE, &spawn->files))
        return words_set(why, "cannot read the limit of open files: %s", strerror(errno));
    limit = spawn->files;
    if (limit.rlim_cur >= need)
        return 0;
    if (limit.rlim_max < need)
        return words_set(why, "%d ranks need %llu open files in mpirun, and %llu are allowed (ulimit -Hn)",
                         ranks, (unsigned long long)need, (unsigned long long)limit.rlim_max);
    limit.rlim_cur = need;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        return words_set(why, "cannot raise the limit of open files: %s", strerror(errno));
    return 0;
}

int spawn_go_to_folder(const struct job *job, struct words *why)
{
    if (!job->elsewhere || !job->cwd || chdir(job->cwd) == 0)
        return 0;
    for (int i = 0; i < job->app_count; i++)
        if (!job->apps[i].wdir || job->apps[i].wdir[0] != '/')
            return words_set(why, "cannot enter the folder '%.200s', where mpirun was started: %s (-wdir names "
                                  "another)", job->cwd, strerror(errno));
    return 0;
}
