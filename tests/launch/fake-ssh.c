/* Stands in for ssh in the tests of remote starts: under the name "ssh" in PATH it reads a command line as ssh
 * does, and runs the command on this machine, as sshd would: by sh -c, in a session of its own, at home, with
 * sshd's environment, under the name of the host where it may, and with all bytes passing through here, so that
 * killing this breaks the streams as it breaks those of ssh. How the host's name begins says what happens:
 *
 *   refuse-    connection refused                unknown-     the name cannot be resolved
 *   hang-      never answers                     stuck-       takes the login and never does anything
 *   denied-    permission denied                 hostkey-     the key of the host has changed
 *   noshell-   a banner comes out first          missing-     the shell does not find the command
 *   slow-MS-   the login takes so long (500)     lost-MS-     the connection breaks after so long (500)
 *   booting-N- refuses N times, then works; the count is a file fake-ssh.HOST in $TMPDIR
 *
 * FAKE_SSH_LOG   file: a line "HOST USER PORT COMMAND" is added for each run ("-" where none is given)
 * FAKE_SSH_ENV   names of variables, with blanks between, that the command gets beside those of a login */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FAILED = 255, TOO_LONG_S = 600, DEFAULT_MS = 500, PIECE = 65536, SURE = 4096, MOST_OPEN = 1024 };

struct login {
    const char *host, *user, *port;
    long timeout_s; /* ConnectTimeout, 0: none */
    int quiet, no_input;
    char *command;
};

/* ssh ends its own lines so, terminal or not. */
__attribute__((format(printf, 2, 3))) static int fail(const struct login *login, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!login->quiet) {
        vfprintf(stderr, format, list);
        fputs("\r\n", stderr);
    }
    va_end(list);
    return FAILED;
}

static int surprise(const char *what)
{
    fprintf(stderr, "fake-ssh: %s: %s\n", what, strerror(errno));
    return FAILED;
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void doze(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

/* ---- the command line ---- */

/* -o "Name=value" or "Name value"; of those that mean nothing here the value is not looked at. */
static void take_option(struct login *login, const char *option)
{
    size_t length = strcspn(option, "= \t");
    const char *value = option + length + strspn(option + length, "= \t");
    if (length == 4 && !strncasecmp(option, "Port", length) && !login->port)
        login->port = value;
    else if (length == 4 && !strncasecmp(option, "User", length) && !login->user)
        login->user = value;
    else if (length == 14 && !strncasecmp(option, "ConnectTimeout", length))
        login->timeout_s = strtol(value, NULL, 10);
    else if (length == 8 && !strncasecmp(option, "LogLevel", length))
        login->quiet = !strcasecmp(value, "quiet");
}

/* The host is user@host or ssh://user@host:port; what -l and -p said before counts. */
static int take_host(struct login *login, char *host)
{
    int is_uri = !strncmp(host, "ssh://", 6);
    if (is_uri)
        host += 6;
    char *at = strrchr(host, '@');
    if (at) {
        *at = '\0';
        if (!login->user)
            login->user = host;
        host = at + 1;
    }
    char *colon = is_uri ? strrchr(host, ':') : NULL;
    if (colon) {
        *colon = '\0';
        login->port = login->port ? login->port : colon + 1;
    }
    login->host = host;
    return *host && *host != '-' ? 0 : -1;
}

static char *join(char **words)
{
    size_t length = 1;
    for (char **w = words; *w; w++)
        length += strlen(*w) + 1;
    char *text = calloc(1, length);
    for (char *end = text; text && *words; words++) {
        if (end != text)
            *end++ = ' ';
        end = stpcpy(end, *words);
    }
    return text;
}

static int usage(void)
{
    fputs("usage: ssh [options] destination [command [argument ...]]\r\n", stderr);
    return -1;
}

/* Options stand before the host and after it, up to the first word of the command. */
static int parse(struct login *login, int count, char **words)
{
    static const char known[] = "+1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy";
    for (int c; (c = getopt(count, words, known)) != -1;)
        switch (c) {
        case 'l':
            login->user = login->user ? login->user : optarg;
            break;
        case 'p':
            login->port = login->port ? login->port : optarg;
            break;
        case 'o':
            take_option(login, optarg);
            break;
        case 'n':
            login->no_input = 1;
            break;
        case 'q':
            login->quiet = 1;
            break;
        case 'V':
            fputs("OpenSSH_fake, for tests\r\n", stderr);
            exit(0);
        case 'f': case 'G': case 'M': case 'N': case 'O': case 'Q': case 's': case 'W':
            fprintf(stderr, "fake-ssh: option -%c is not imitated\n", c);
            return -1;
        case '?':
            return usage();
        }
    int ended = optind > 1 && !strcmp(words[optind - 1], "--");
    if (!login->host) {
        if (optind == count || take_host(login, words[optind]))
            return usage();
        if (!ended && optind + 1 < count && words[optind + 1][0] == '-') {
            words += optind; /* the host stands where getopt wants the program's name */
            count -= optind;
            optind = 0;
            return parse(login, count, words);
        }
        optind++;
    }
    login->command = join(words + optind);
    if (!login->command || !*login->command) {
        fputs("fake-ssh: a login without a command is not imitated\n", stderr);
        return -1;
    }
    return 0;
}

static int log_run(const struct login *login)
{
    const char *name = getenv("FAKE_SSH_LOG");
    FILE *file = name ? fopen(name, "ae") : NULL;
    if (!file)
        return name ? surprise(name) : 0;
    setvbuf(file, NULL, _IOFBF, PIECE);
    fprintf(file, "%s %s %s %s\n", login->host, login->user ? login->user : "-", login->port ? login->port : "-",
            login->command);
    return fclose(file) ? surprise(name) : 0;
}

/* ---- what comes before the command ---- */

static int begins(const struct login *login, const char *with)
{
    return !strncmp(login->host, with, strlen(with));
}

/* The number in "slow-200-x". */
static long number_of(const struct login *login, long otherwise)
{
    char *end;
    const char *text = strchr(login->host, '-') + 1;
    long n = strtol(text, &end, 10);
    return end == text || *end != '-' || n < 0 ? otherwise : n;
}

static int refuse(const struct login *login, const char *why)
{
    return fail(login, "ssh: connect to host %s port %s: %s", login->host, login->port ? login->port : "22", why);
}

static int hang(const struct login *login)
{
    if (login->timeout_s <= 0) {
        sleep(TOO_LONG_S); /* a test that forgets it should end some day */
        return FAILED;
    }
    doze(login->timeout_s * 1000);
    return refuse(login, strerror(ETIMEDOUT));
}

/* How often has this been tried, this time not counted? Negative: cannot say. Many may ask at once. */
static long tries_so_far(const struct login *login)
{
    char name[512], text[24] = "";
    const char *folder = getenv("TMPDIR");
    int length = snprintf(name, sizeof name, "%s/fake-ssh.%s", folder ? folder : "/tmp", login->host);
    int fd = length < (int)sizeof name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || flock(fd, LOCK_EX) || pread(fd, text, sizeof text - 1, 0) < 0) {
        surprise(name);
        return -1;
    }
    long tries = strtol(text, NULL, 10);
    length = snprintf(text, sizeof text, "%ld\n", tries + 1);
    if (pwrite(fd, text, length, 0) != length) {
        surprise(name);
        tries = -1;
    }
    close(fd);
    return tries;
}

/* 0: the login works; otherwise how this ends. */
static int log_in(const struct login *login)
{
    if (begins(login, "unknown-"))
        return fail(login, "ssh: Could not resolve hostname %s: %s", login->host, gai_strerror(EAI_NONAME));
    if (begins(login, "refuse-"))
        return refuse(login, strerror(ECONNREFUSED));
    if (begins(login, "hang-"))
        return hang(login);
    if (begins(login, "booting-")) {
        long tries = tries_so_far(login);
        if (tries < 0)
            return FAILED;
        if (tries < number_of(login, 1))
            return refuse(login, strerror(ECONNREFUSED));
    }
    if (begins(login, "hostkey-"))
        return fail(login, "Host key verification failed.");
    if (begins(login, "denied-")) {
        const struct passwd *me = getpwuid(getuid());
        const char *user = login->user ? login->user : me ? me->pw_name : "root";
        return fail(login, "%s@%s: Permission denied (publickey).", user, login->host);
    }
    if (begins(login, "slow-"))
        doze(number_of(login, DEFAULT_MS));
    if (begins(login, "stuck-"))
        sleep(TOO_LONG_S);
    return 0;
}

/* ---- the command ---- */

/* What a login has, and what the test wants passed on. */
static char **make_environment(const struct login *login)
{
    const struct passwd *me = getpwuid(getuid());
    const char *home = me ? me->pw_dir : "/", *name = me ? me->pw_name : "root";
    char *wanted = strdup(getenv("FAKE_SSH_ENV") ? getenv("FAKE_SSH_ENV") : "");
    size_t room = 8 + (wanted ? strlen(wanted) : 0), count = 0;
    char **env = calloc(room, sizeof *env);
    if (!env || !wanted || asprintf(&env[count++], "HOME=%s", home) < 0 ||
        asprintf(&env[count++], "USER=%s", login->user ? login->user : name) < 0 ||
        asprintf(&env[count++], "LOGNAME=%s", login->user ? login->user : name) < 0)
        return NULL;
    env[count++] = strdup("SHELL=/bin/sh");
    env[count++] = strdup("PATH=/usr/local/bin:/usr/bin:/bin:/usr/games");
    env[count++] = strdup("SSH_CONNECTION=127.0.0.1 40000 127.0.0.1 22");
    for (char *next, *word = strtok_r(wanted, " ", &next); word; word = strtok_r(NULL, " ", &next))
        if (getenv(word) && asprintf(&env[count++], "%s=%s", word, getenv(word)) < 0)
            return NULL;
    free(wanted);
    return env;
}

static void become_command(const struct login *login, const int in[2], const int out[2], const int err[2])
{
    char **env = make_environment(login);
    sigset_t none;
    sigemptyset(&none);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (!env || dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(err[1], 2) < 0)
        _exit(surprise("the command's descriptors"));
    for (int fd = 3; fd < MOST_OPEN; fd++)
        close(fd); /* whatever else is open here never reaches a host */
    if (unshare(CLONE_NEWUTS) == 0 && sethostname(login->host, strlen(login->host)))
        surprise("sethostname");
    if (chdir(env[0] + strlen("HOME=")) && chdir("/"))
        _exit(surprise("/"));
    if (begins(login, "missing-")) {
        dprintf(2, "bash: line 1: %.*s: command not found\n", (int)strcspn(login->command, " "), login->command);
        _exit(127);
    }
    if (begins(login, "noshell-"))
        dprintf(1, "*** Welcome to %s! ***\nYour disk is 93 %% full.\n", login->host);
    execle("/bin/sh", "sh", "-c", login->command, (char *)NULL, env);
    _exit(surprise("/bin/sh"));
}

/* One direction: what was read and not yet written. */
struct flow {
    int from, to;
    size_t begin, end;
    char bytes[PIECE];
};

static void flow_close(struct flow *f)
{
    if (f->from > 2)
        close(f->from);
    if (f->to > 2)
        close(f->to);
    f->from = f->to = -1;
}

/* Called when poll says that it may go on. An end, or a reader that has gone, is passed on. Descriptors stay
 * blocking, as 0 to 2 belong to others too: no write is larger than what poll promises of a pipe. */
static void flow_move(struct flow *f)
{
    ssize_t n;
    if (f->begin < f->end) {
        size_t size = f->end - f->begin;
        n = write(f->to, f->bytes + f->begin, size < SURE ? size : SURE);
        if (n > 0)
            f->begin += n;
    } else {
        n = read(f->from, f->bytes, sizeof f->bytes);
        if (n > 0) {
            f->begin = 0;
            f->end = n;
        }
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        flow_close(f);
}

static int has_bytes(const struct flow *f)
{
    return f->begin < f->end;
}

/* Until output and errors have ended, or `until` (a time in ms, negative: none) has come: 1 then. */
static int relay(struct flow flows[3], long until)
{
    while (flows[1].from >= 0 || flows[2].from >= 0) {
        struct pollfd polls[3];
        for (int i = 0; i < 3; i++)
            polls[i] = (struct pollfd){has_bytes(&flows[i]) ? flows[i].to : flows[i].from,
                                       has_bytes(&flows[i]) ? POLLOUT : POLLIN, 0};
        long left = until < 0 ? -1 : until - now_ms();
        if (until >= 0 && left <= 0)
            return 1;
        if (poll(polls, 3, (int)left) < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < 3; i++)
            if (polls[i].fd >= 0 && polls[i].revents)
                flow_move(&flows[i]);
    }
    return 0;
}

static int run(const struct login *login)
{
    static struct flow flows[3];
    int in[2], out[2], err[2];
    long until = begins(login, "lost-") ? now_ms() + number_of(login, DEFAULT_MS) : -1;
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
        return surprise("pipe");
    pid_t pid = fork();
    if (pid < 0)
        return surprise("fork");
    if (pid == 0)
        become_command(login, in, out, err);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    flows[0] = (struct flow){.from = login->no_input ? -1 : 0, .to = in[1]};
    flows[1] = (struct flow){.from = out[0], .to = 1};
    flows[2] = (struct flow){.from = err[0], .to = 2};
    if (login->no_input)
        close(in[1]);
    if (relay(flows, until))
        return fail(login, "Connection to %s closed by remote host.", login->host);
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return surprise("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

int main(int count, char **words)
{
    struct login login = {0};
    signal(SIGPIPE, SIG_IGN);
    int code = parse(&login, count, words) || log_run(&login) ? FAILED : log_in(&login);
    if (code == 0)
        code = run(&login);
    free(login.command);
    return code;
}
