/* What a shell cannot do by itself, for the launcher's tests.
 *
 *   stage fresh COMMAND...      run it with all signals as at login (a shell's background jobs ignore SIGINT), in a
 *                               process group of its own
 *   stage bare COMMAND...       run it with every descriptor above 2 closed
 *   stage flags                 say of standard input, output and error whether they are O_NONBLOCK: "0 0 0"
 *   stage sip MS BYTES          read standard input, 4 KiB each 10 ms, for that long; then fast, up to BYTES more
 *   stage tty STEP... -- COMMAND...   run it on a new terminal, as the leader of its session; its output is copied.
 *                               Steps: +TEXT waits for TEXT, =TEXT types it, ~MS waits, ! takes the terminal away. The
 *                               exit code is COMMAND's, 99 when a text or the end does not come within 10 s. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { SURPRISE = 99, PATIENCE_MS = 10000 };

static int complain(const char *what)
{
    fprintf(stderr, "stage: %s: %s\n", what, strerror(errno));
    return SURPRISE;
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void freshen(void)
{
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become(char **command)
{
    execvp(command[0], command);
    return complain(command[0]);
}

static int flags(void)
{
    for (int fd = 0; fd < 3; fd++)
        fprintf(stderr, "%d%s", (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, fd < 2 ? " " : "\n");
    return 0;
}

static int sip(long ms, long bytes)
{
    static char block[65536];
    long end = now_ms() + ms;
    while (now_ms() < end) {
        if (read(0, block, 4096) <= 0)
            return 0;
        usleep(10000);
    }
    while (bytes > 0) {
        ssize_t n = read(0, block, bytes < (long)sizeof block ? (size_t)bytes : sizeof block);
        if (n <= 0)
            return 0;
        bytes -= n;
    }
    return 0;
}

/* ---- a terminal ---- */

static char seen[1 << 20]; /* output of the command since the last text that was waited for */
static size_t seen_count;

/* Copies what comes within so many ms; 0: the command has closed the terminal. */
static int listen_to(int master, long ms)
{
    struct pollfd p = {.fd = master, .events = POLLIN};
    if (poll(&p, 1, (int)ms) <= 0)
        return 1;
    if (seen_count > sizeof seen / 2) {
        memmove(seen, seen + sizeof seen / 4, seen_count - sizeof seen / 4);
        seen_count -= sizeof seen / 4;
    }
    ssize_t n = read(master, seen + seen_count, sizeof seen - 1 - seen_count);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    if (write(1, seen + seen_count, (size_t)n) != n)
        return 0;
    for (ssize_t i = 0; i < n; i++)
        if (!seen[seen_count + (size_t)i])
            seen[seen_count + (size_t)i] = ' ';
    seen_count += (size_t)n;
    seen[seen_count] = 0;
    return 1;
}

static int wait_for(int master, const char *text)
{
    for (long end = now_ms() + PATIENCE_MS;;) {
        char *found = strstr(seen, text);
        if (found) {
            found += strlen(text);
            seen_count -= (size_t)(found - seen);
            memmove(seen, found, seen_count + 1);
            return 0;
        }
        if (now_ms() >= end || !listen_to(master, end - now_ms())) {
            fprintf(stderr, "stage: '%s' did not come\n", text);
            return -1;
        }
    }
}

static int play(int *terminal, char **steps)
{
    for (; *steps && strcmp(*steps, "--") != 0; steps++) {
        int master = *terminal;
        const char *text = *steps + 1;
        long end = now_ms() + atol(text);
        switch (**steps) {
        case '+':
            if (wait_for(master, text))
                return -1;
            break;
        case '=':
            if (write(master, text, strlen(text)) < 0)
                return -1;
            break;
        case '!':
            close(master);
            *terminal = -1;
            break;
        default:
            while (now_ms() < end && listen_to(master, end - now_ms()))
                ;
        }
    }
    return 0;
}

static int tty(char **steps)
{
    char **command = steps;
    int status = 0, wrong = 0;
    while (*command && strcmp(*command, "--") != 0)
        command++;
    if (!*command || !*++command)
        return SURPRISE;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) || unlockpt(master))
        return complain("no terminal");
    pid_t pid = fork();
    if (pid == 0) {
        freshen();
        setsid();
        int slave = open(ptsname(master), O_RDWR);
        if (slave < 0 || ioctl(slave, TIOCSCTTY, 0))
            _exit(complain("no terminal"));
        for (int fd = 0; fd < 3; fd++)
            dup2(slave, fd);
        if (slave > 2)
            close(slave);
        _exit(become(command));
    }
    wrong = play(&master, steps);
    for (long end = now_ms() + PATIENCE_MS; !wrong;) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid)
            break;
        if (!listen_to(master, 5))
            usleep(5000);
        wrong = now_ms() > end;
    }
    if (wrong) {
        fprintf(stderr, "stage: the command on the terminal is killed\n");
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        return SURPRISE;
    }
    while (listen_to(master, 0)) {
        struct pollfd p = {.fd = master, .events = POLLIN};
        if (poll(&p, 1, 0) <= 0)
            break;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "fresh") == 0 && argc > 2) {
        freshen();
        setpgid(0, 0);
        return become(argv + 2);
    }
    if (strcmp(what, "bare") == 0 && argc > 2) {
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
        return become(argv + 2);
    }
    if (strcmp(what, "flags") == 0)
        return flags();
    if (strcmp(what, "sip") == 0 && argc == 4)
        return sip(atol(argv[2]), atol(argv[3]));
    if (strcmp(what, "tty") == 0)
        return tty(argv + 2);
    fprintf(stderr, "stage: what is '%s'?\n", what);
    return SURPRISE;
}
