/* A program that does what its arguments say, one after the other: the ranks of the launcher's tests.
 *
 *   @R, @!R, @      what follows is for rank R, for all others, for everybody
 *   note FILE       append "pid parent kind" to FILE; children made later note themselves too
 *   meet N          wait until FILE has N lines
 *   child, session, daemon   start a process that only sleeps: plain, in a session of its own, or orphaned as well
 *   deaf            ignore the signals that ask a process to end
 *   heed            say "usr1" and "usr2" on these signals, and exit with 0 on SIGTERM
 *   stop, sleep MS, exit N, raise SIGNAL, crash
 *   init, finalize, abort CODE
 *   say TEXT, mutter TEXT, err TEXT   a line, a piece of a line, a line on standard error
 *   send RANK, recv RANK   a message to it, or from it
 *   place           say rank and size, as MPI sees them
 *   lines N SIZE    N lines of 1 to SIZE bytes: "rank number length xxx..."
 *   flood BYTES     that many bytes in lines of 64
 *   read, slow      read standard input to its end, slowly or not, and say how much it was and a sum of it
 *   memory FILE     write the largest memory, in KiB, that the agent and mpirun have used so far */
#define _GNU_SOURCE
#include <mpi.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TOO_LONG_S = 60, SURPRISE = 99 };

static int rank;
static const char *notes;
/* Meant to be wrong, so no sanitizer may stop it first. */
__attribute__((no_sanitize("undefined", "address"))) static void crash(void)
{
    static int *volatile nowhere;
    *nowhere = 1;
}

static void doze(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

static void note(const char *kind)
{
    char line[96];
    if (!notes)
        return;
    int n = snprintf(line, sizeof line, "%d %d %s\n", (int)getpid(), (int)getppid(), kind);
    int fd = open(notes, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)n) != n)
        _exit(SURPRISE);
    close(fd);
}

static long noted(void)
{
    char text[4096];
    long lines = 0;
    ssize_t n;
    int fd = open(notes, O_RDONLY | O_CLOEXEC);
    while ((n = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < n; i++)
            lines += text[i] == '\n';
    close(fd);
    return lines;
}

static void meet(long lines)
{
    for (int i = 0; noted() < lines; i++) {
        if (i == 10000)
            _exit(SURPRISE);
        doze(1);
    }
}

static void start_child(const char *kind)
{
    int lonely = strcmp(kind, "daemon") == 0;
    fflush(NULL);
    if (fork())
        return;
    if (lonely || strcmp(kind, "session") == 0)
        setsid();
    if (lonely) {
        if (fork())
            _exit(0);
        for (int fd = 0; fd < 3; fd++)
            close(fd);
    }
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    note(kind);
    doze(TOO_LONG_S * 1000);
    _exit(0);
}

static void deafen(void)
{
    static const int asks[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        signal(asks[i], SIG_IGN);
}

static void heard(int sig)
{
    if (sig == SIGTERM)
        _exit(0);
    if (write(1, sig == SIGUSR1 ? "usr1\n" : "usr2\n", 5) != 5)
        _exit(SURPRISE);
}

static void write_lines(long count, long size)
{
    char *line = malloc((size_t)size + 1);
    unsigned long random = 12345u + (unsigned long)rank;
    for (long i = 0; i < count; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        long length = size < 100 || i % 7 == 0 ? size : (long)(random >> 33) % size;
        int n = snprintf(line, (size_t)size + 1, "%d %ld %ld ", rank, i, length);
        if (n < length)
            memset(line + n, 'a' + rank % 26, (size_t)(length - n));
        else
            length = n;
        line[length] = '\n';
        fwrite(line, 1, (size_t)length + 1, stdout);
    }
    fflush(stdout);
    free(line);
}

static void flood(long bytes)
{
    char block[65536];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = i % 64 == 63 ? '\n' : 'x';
    while (bytes > 0) {
        ssize_t n = write(1, block, bytes < (long)sizeof block ? (size_t)bytes : sizeof block);
        if (n < 0)
            _exit(SURPRISE);
        bytes -= n;
    }
}

static void read_input(int slowly)
{
    static unsigned char block[8192];
    unsigned long total = 0, sum = 0;
    ssize_t n;
    while ((n = read(0, block, sizeof block)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            sum = sum * 31 + block[i];
        total += (unsigned long)n;
        if (slowly && (total & 0xfffff) < (unsigned long)n)
            doze(20 * (rank + 1));
    }
    printf("rank %d read %lu bytes, sum %lx%s\n", rank, total, sum & 0xffffffff, n < 0 ? ", and failed" : "");
    fflush(stdout);
}

/* A number of /proc/PID/status. */
static long status_of(int pid, const char *field)
{
    char path[64], line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, strlen(field)) == 0)
            value = atol(line + strlen(field) + 1);
    if (f)
        fclose(f);
    return value;
}

static void memory(const char *path)
{
    FILE *f = fopen(path, "w");
    int agent = getppid();
    if (!f)
        _exit(SURPRISE);
    fprintf(f, "%ld %ld\n", status_of(agent, "VmHWM"), status_of((int)status_of(agent, "PPid"), "VmHWM"));
    fclose(f);
}

static void place(void)
{
    int me, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &me);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    printf("%d of %d\n", me, size);
    fflush(stdout);
}

static int is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Verbs without a value; 0: it is none of them. */
static int act_alone(const char *verb)
{
    if (is(verb, "child") || is(verb, "session") || is(verb, "daemon"))
        start_child(verb);
    else if (is(verb, "deaf"))
        deafen();
    else if (is(verb, "heed")) {
        signal(SIGTERM, heard);
        signal(SIGUSR1, heard);
        signal(SIGUSR2, heard);
    } else if (is(verb, "stop"))
        raise(SIGSTOP);
    else if (is(verb, "crash"))
        crash();
    else if (is(verb, "init"))
        MPI_Init(NULL, NULL);
    else if (is(verb, "finalize"))
        MPI_Finalize();
    else if (is(verb, "place"))
        place();
    else if (is(verb, "read") || is(verb, "slow"))
        read_input(is(verb, "slow"));
    else
        return 0;
    return 1;
}

/* Verbs with one value, or two. The number of values taken; -1: it is none of them. */
static int act(const char *verb, char **values, int doing)
{
    static const char *const verbs[] = {"note", "meet",   "sleep", "exit",  "raise", "abort",
                                        "say",  "mutter", "err",   "flood", "memory", "send", "recv"};
    const char *value = values[0];
    if (is(verb, "lines") && value && values[1]) {
        if (doing)
            write_lines(atol(value), atol(values[1]));
        return 2;
    }
    size_t i = 0;
    while (i < sizeof verbs / sizeof verbs[0] && !is(verb, verbs[i]))
        i++;
    if (i == sizeof verbs / sizeof verbs[0] || !value)
        return -1;
    if (!doing)
        return 1;
    long number = atol(value);
    switch (i) {
    case 0:
        notes = value;
        note("rank");
        break;
    case 1:
        meet(number);
        break;
    case 2:
        doze(number);
        break;
    case 3:
        exit((int)number);
    case 4:
        raise((int)number);
        break;
    case 5:
        MPI_Abort(MPI_COMM_WORLD, (int)number);
        break;
    case 6:
        puts(value);
        fflush(stdout);
        break;
    case 7:
        fputs(value, stdout);
        fflush(stdout);
        break;
    case 8:
        fprintf(stderr, "%s\n", value);
        break;
    case 9:
        flood(number);
        break;
    case 10:
        memory(value);
        break;
    case 11:
        MPI_Send(NULL, 0, MPI_BYTE, (int)number, 0, MPI_COMM_WORLD);
        break;
    case 12:
        MPI_Recv(NULL, 0, MPI_BYTE, (int)number, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        break;
    }
    return 1;
}

int main(int argc, char **argv)
{
    const char *place_in_job = getenv("GODWIT_RANK");
    int doing = 1;
    rank = place_in_job ? atoi(place_in_job) : 0;
    for (int i = 1; i < argc; i++) {
        const char *verb = argv[i];
        if (verb[0] == '@') {
            doing = !verb[1] || (verb[1] == '!' ? atoi(verb + 2) != rank : atoi(verb + 1) == rank);
            continue;
        }
        int values = act(verb, argv + i + 1, doing);
        if (values < 0 && (!doing || act_alone(verb)))
            continue;
        if (values < 0) {
            fprintf(stderr, "actor: what is '%s'?\n", verb);
            return SURPRISE;
        }
        i += values;
    }
    return 0;
}
