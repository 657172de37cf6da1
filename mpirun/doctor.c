/* mpirun --doctor, mpirun's side: see doctor.h. All hosts are visited at once, over the same ssh command line that
 * starts an agent: greeting, a question and its answer, then whom each of them is to try, and what it found there.
 */
#define _GNU_SOURCE
#include "config.h"

#include "mpirun/doctor.h"

#include "mpirun/grow.h"
#include "mpirun/hello.h"
#include "mpirun/loop.h"
#include "mpirun/remote.h"
#include "mpirun/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum stage { WAITING, GREETING, HERE, TELLING, TOLD, TRYING, FOUND, GONE };
enum { SAID_MAX = 8192 };

struct visit {
    enum stage stage;
    pid_t pid;
    int stream, errors; /* -1: ended */
    struct bytes in, said;
    int64_t started_ns;
    uint64_t asked_at; /* by the clock on the wall */
    struct doctor_question known_by;
};

struct doctor {
    struct job *job;
    int count;
    struct doctor_patient *patients;
    struct visit *visits;
    int64_t begun_ns, deadline_ns; /* until then all have told of themselves */
    int64_t round_ns;              /* how long each has for the other hosts */
    int round_has_begun;
};

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- one visit's end ---- */

static void close_streams(struct visit *v)
{
    if (v->stream >= 0)
        close(v->stream);
    if (v->errors >= 0)
        close(v->errors);
    v->stream = v->errors = -1;
}

/* ssh's status; it has closed its streams, or is not waited for any longer. */
static int reap(struct visit *v)
{
    int status = 0;
    for (int tries = 0; v->pid > 0; tries++) {
        pid_t pid = waitpid(v->pid, &status, WNOHANG);
        if (pid == v->pid || (pid < 0 && errno != EINTR))
            v->pid = 0;
        else if (tries == 100)
            kill(v->pid, SIGKILL);
        else
            usleep(1000);
    }
    return status;
}

static void fail(struct doctor *d, int i, enum doctor_check check, const char *words)
{
    d->patients[i].failed = 1 + (int)check;
    snprintf(d->patients[i].failure, sizeof d->patients[i].failure, "%s", words);
    d->visits[i].stage = GONE;
    close_streams(&d->visits[i]);
}

/* Both streams have ended. */
static void has_ended(struct doctor *d, int i)
{
    struct visit *v = &d->visits[i];
    struct doctor_patient *p = &d->patients[i];
    struct words words;
    int status = reap(v);
    if (v->stage == GREETING && p->is_local)
        fail(d, i, CHECK_GODWIT, "this mpirun cannot start itself a second time");
    else if (v->stage == GREETING) {
        remote_judge(bytes_front(&v->said), bytes_count(&v->said), status, p->name, &words);
        fail(d, i, doctor_blame(words.s), words.s);
    } else if (v->stage <= TELLING) {
        fail(d, i, CHECK_LOGIN, "the connection broke while it was looked at: is it stable?");
    } else {
        v->stage = FOUND; /* without having told */
    }
    close_streams(v);
}

/* ---- the conversation ---- */

static void say(struct visit *v, struct bytes *words)
{
    /* A socket of its own, whose buffer holds it all. */
    size_t n = bytes_count(words);
    if (send(v->stream, bytes_front(words), n, MSG_NOSIGNAL) != (ssize_t)n && v->stage != FOUND)
        shutdown(v->stream, SHUT_RDWR);
    bytes_free(words);
}

static void start(struct doctor *d, int i)
{
    struct visit *v = &d->visits[i];
    struct job *job = d->job;
    struct words why;
    struct bytes greeting = {0};
    struct hello hello;
    char *again[] = {(char *)job->self, (char *)"--agent", NULL}, **command = NULL;
    v->started_ns = loop_now();
    v->stage = GREETING;
    if (!d->patients[i].is_local && remote_command(job, (uint32_t)i, &command, &why)) {
        fail(d, i, CHECK_LOGIN, why.s);
        return;
    }
    v->pid = spawn_remote(d->patients[i].is_local ? again : command, &v->stream, &v->errors, &why);
    remote_free(command);
    if (v->pid < 0) {
        fail(d, i, d->patients[i].is_local ? CHECK_GODWIT : CHECK_LOGIN, why.s);
        return;
    }
    fcntl(v->stream, F_SETFL, O_NONBLOCK);
    fcntl(v->errors, F_SETFL, O_NONBLOCK);
    hello_make(&hello, HELLO_DOCTOR, job->host);
    bytes_append(&greeting, &hello, sizeof hello);
    say(v, &greeting);
}

static void ask(struct doctor *d, int i)
{
    struct visit *v = &d->visits[i];
    struct bytes words = {0};
    v->known_by.hosts = (uint64_t)d->count;
    v->known_by.limit_ms = (uint64_t)((d->deadline_ns + 2 * d->round_ns - loop_now()) / 1000000 + 5000);
    doctor_put_question(&words, &v->known_by);
    v->asked_at = clock_ns();
    v->stage = TELLING;
    say(v, &words);
}

/* Half of what the way takes is not known to belong to there or back. */
static void compare_clocks(struct doctor_patient *p, uint64_t asked, uint64_t now)
{
    double out = (double)(int64_t)(p->facts.clock_in - asked) / 1e9,
           back = (double)(int64_t)(p->facts.clock_out - now) / 1e9;
    double way =
        (double)(int64_t)(now - asked) / 1e9 - (double)(int64_t)(p->facts.clock_out - p->facts.clock_in) / 1e9;
    p->skew_s = (out + back) / 2;
    p->doubt_s = way > 0 ? way / 2 : 0;
}

static void take_finds(struct doctor *d, int i, const struct doctor_finds *finds)
{
    struct doctor_patient *p = &d->patients[i];
    for (int k = 0; k < finds->count; k++)
        if (finds->list[k].host < (uint64_t)d->count)
            memcpy(p->reach + finds->list[k].host * DOCTOR_ADDRESSES, finds->list[k].at, DOCTOR_ADDRESSES);
    p->told = 1;
}

/* 1: more may be in the bytes that have come. */
static int hear_block(struct doctor *d, int i)
{
    struct visit *v = &d->visits[i];
    struct doctor_finds finds = {0};
    struct words why;
    const char *text = bytes_front(&v->in);
    long n = doctor_block(text, bytes_count(&v->in));
    int rc = n < 0 ? words_set(&why, "sends what is not understood") : 0;
    if (n > 0 && v->stage == TELLING) {
        rc = doctor_get_facts(text, (size_t)n, &d->patients[i].facts, &why);
        compare_clocks(&d->patients[i], v->asked_at, clock_ns());
        v->stage = TOLD;
    } else if (n > 0 && v->stage == TRYING) {
        rc = doctor_get_finds(text, (size_t)n, &finds, &why);
        if (rc == 0)
            take_finds(d, i, &finds);
        free(finds.list);
        v->stage = FOUND;
    } else if (n > 0) {
        rc = words_set(&why, "sends more than it was asked, which is not understood");
    }
    if (rc)
        fail(d, i, CHECK_GODWIT, why.s);
    else if (n > 0)
        bytes_drop(&v->in, (size_t)n);
    return n > 0 && rc == 0;
}

/* The line "here", after an empty one. */
static int hear_here(struct doctor *d, int i)
{
    struct visit *v = &d->visits[i];
    static const char here[] = "\nhere\n";
    const char *found = memmem(bytes_front(&v->in), bytes_count(&v->in), here, sizeof here - 1);
    if (!found)
        return 0;
    bytes_drop(&v->in, (size_t)(found - bytes_front(&v->in)) + sizeof here - 1);
    ask(d, i);
    return 1;
}

static int hear_greeting(struct doctor *d, int i)
{
    struct visit *v = &d->visits[i];
    struct doctor_patient *p = &d->patients[i];
    struct hello hello;
    struct words why;
    size_t noise;
    int rc = hello_find(&v->in, &hello, &noise, &why);
    if (rc > 0 && hello_check(&hello, HELLO_AGENT, d->job->host, p->name, &why))
        rc = -1;
    if (rc < 0)
        fail(d, i, doctor_blame(why.s), why.s);
    if (rc <= 0)
        return 0;
    p->answer_s = p->is_local ? 0 : (double)(loop_now() - v->started_ns) / 1e9;
    v->stage = HERE;
    return 1;
}

static void hear(struct doctor *d, int i)
{
    for (int more = 1; more;) {
        switch (d->visits[i].stage) {
        case GREETING:
            more = hear_greeting(d, i);
            break;
        case HERE:
            more = hear_here(d, i);
            break;
        case TELLING:
        case TOLD:
        case TRYING:
        case FOUND:
            more = hear_block(d, i);
            break;
        default:
            more = 0;
        }
    }
}

/* What there is to read goes to `into`; an end closes the descriptor. */
static void read_some(int *fd, struct bytes *into)
{
    ssize_t n = read(*fd, bytes_reserve(into, 65536), 65536);
    if (n > 0) {
        bytes_added(into, (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(*fd);
        *fd = -1;
    }
}

/* ---- all visits ---- */

static void begin_round(struct doctor *d)
{
    d->round_has_begun = 1;
    for (int i = 0; i < d->count; i++) {
        struct bytes words = {0};
        struct doctor_peer peers[DOCTOR_PEERS];
        struct doctor_round round = {.limit_ms = (uint64_t)(d->round_ns / 1000000), .list = peers};
        if (d->visits[i].stage != TOLD)
            continue;
        for (int to = 0; to < d->count; to++) {
            const struct doctor_facts *f = &d->patients[to].facts;
            if (d->visits[to].stage < TOLD || d->visits[to].stage == GONE || !f->port ||
                !doctor_is_tried(i, to, d->count) || round.count == DOCTOR_PEERS)
                continue;
            struct doctor_peer *p = &peers[round.count++];
            *p = (struct doctor_peer){.host = (uint64_t)to, .port = f->port, .address_count = f->address_count};
            memcpy(p->ask, d->visits[to].known_by.ask, sizeof p->ask);
            memcpy(p->answer, d->visits[to].known_by.answer, sizeof p->answer);
            for (int k = 0; k < f->address_count; k++)
                memcpy(p->addresses[k], f->addresses[k].text, sizeof p->addresses[k]);
        }
        doctor_put_round(&words, &round);
        d->visits[i].stage = TRYING;
        say(&d->visits[i], &words);
    }
}

static int in_stages(const struct doctor *d, enum stage from, enum stage to)
{
    int n = 0;
    for (int i = 0; i < d->count; i++)
        n += d->visits[i].stage >= from && d->visits[i].stage <= to;
    return n;
}

static void read_errors(struct visit *v)
{
    read_some(&v->errors, &v->said);
    if (bytes_count(&v->said) > SAID_MAX)
        bytes_drop(&v->said, bytes_count(&v->said) - SAID_MAX);
}

/* Only what is open is watched: poll takes no more entries than files are allowed. */
static void poll_all(struct doctor *d, struct pollfd *polls, int *whose, int64_t until_ns)
{
    int64_t left = (until_ns - loop_now()) / 1000000 + 1;
    int count = 0;
    for (int i = 0; i < d->count; i++)
        for (int k = 0; k < 2; k++) {
            int fd = k ? d->visits[i].stream : d->visits[i].errors;
            whose[count] = i;
            if (fd >= 0)
                polls[count++] = (struct pollfd){fd, POLLIN, 0};
        }
    if (poll(polls, (nfds_t)count, left < 0 ? 0 : left < 1000 ? (int)left : 1000) < 0)
        return;
    for (int n = 0; n < count; n++) {
        struct visit *v = &d->visits[whose[n]];
        if (!polls[n].revents || v->stage == GONE)
            continue;
        if (polls[n].fd == v->errors) {
            read_errors(v);
        } else if (polls[n].fd == v->stream) {
            read_some(&v->stream, &v->in);
            hear(d, whose[n]);
        }
        if (v->stage != GONE && v->stream < 0 && v->errors < 0)
            has_ended(d, whose[n]);
    }
}

static void give_up_late_ones(struct doctor *d)
{
    char words[100];
    double s = (double)(loop_now() - d->begun_ns) / 1e9;
    for (int i = 0; i < d->count; i++) {
        enum stage stage = d->visits[i].stage;
        if (stage > TELLING)
            continue;
        if (stage == WAITING)
            snprintf(words, sizeof words, "was not asked within %.1f s (GODWIT_START_TIMEOUT sets the time)", s);
        else
            snprintf(words, sizeof words,
                     "no answer within %.1f s after ssh was started (GODWIT_START_TIMEOUT sets the time)", s);
        fail(d, i, CHECK_LOGIN, words);
    }
}

static void visit_all(struct doctor *d)
{
    struct pollfd *polls = grow_new(2 * (size_t)d->count, sizeof *polls);
    int *whose = grow_new(2 * (size_t)d->count, sizeof *whose);
    int64_t round_end = 0;
    for (;;) {
        for (int i = 0; i < d->count && in_stages(d, GREETING, GREETING) < d->job->conf.fanout; i++)
            if (d->visits[i].stage == WAITING)
                start(d, i);
        if (!d->round_has_begun && loop_now() >= d->deadline_ns)
            give_up_late_ones(d);
        if (!d->round_has_begun && in_stages(d, WAITING, TELLING) == 0) {
            begin_round(d);
            round_end = loop_now() + d->round_ns + d->round_ns / 4;
        }
        if (d->round_has_begun && (in_stages(d, TRYING, TRYING) == 0 || loop_now() >= round_end))
            break;
        poll_all(d, polls, whose, d->round_has_begun ? round_end : d->deadline_ns);
    }
    for (int i = 0; i < d->count; i++)
        close_streams(&d->visits[i]);
    for (int i = 0; i < d->count; i++) {
        reap(&d->visits[i]);
        bytes_free(&d->visits[i].in);
        bytes_free(&d->visits[i].said);
    }
    free(whose);
    free(polls);
}

/* ---- from beginning to end ---- */

static int make_token(char *token)
{
    unsigned char random[DOCTOR_TOKEN / 2];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return -1;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(token + 2 * i, 3, "%02x", random[i]);
    return 0;
}

static int prepare(struct doctor *d)
{
    struct job *job = d->job;
    d->count = job->node_count;
    if (d->count > DOCTOR_HOSTS) {
        fprintf(stderr, "mpirun: --doctor visits %d hosts at most, and these are %d: name some of them with -H\n",
                DOCTOR_HOSTS, d->count);
        return -1;
    }
    d->patients = grow_new((size_t)d->count, sizeof *d->patients);
    d->visits = grow_new((size_t)d->count, sizeof *d->visits);
    for (int i = 0; i < d->count; i++) {
        const struct host *host = &job->hosts.list[job->nodes[i]];
        d->patients[i].name = host->name;
        d->patients[i].is_local = host->is_local;
        d->patients[i].reach = grow_new((size_t)d->count * DOCTOR_ADDRESSES, 1);
        d->visits[i].stream = d->visits[i].errors = -1;
        if (make_token(d->visits[i].known_by.ask) || make_token(d->visits[i].known_by.answer)) {
            fprintf(stderr, "mpirun: --doctor needs random bytes: %s\n", strerror(errno));
            return -1;
        }
    }
    int64_t all_ns = (int64_t)(job->conf.start_timeout * 1e9);
    d->round_ns = all_ns / 4 < 2000000000 ? all_ns / 4 : 2000000000;
    d->begun_ns = loop_now();
    d->deadline_ns = d->begun_ns + all_ns - d->round_ns;
    return 0;
}

static int width_of_output(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 0;
}

static int show(const struct doctor *d)
{
    struct doctor_findings findings;
    int wrong;
    double s = (double)(loop_now() - d->begun_ns) / 1e9;
    doctor_judge(d->patients, d->count, PACKAGE_VERSION, &findings);
    char *text = doctor_table(&findings, d->patients, d->count, width_of_output(), &wrong);
    if (d->count > 1)
        printf("%d hosts, as %s sees them (%.1f s):\n", d->count, d->job->host, s);
    else
        printf("%s, as %s sees it (%.1f s):\n", d->patients[0].name, d->job->host, s);
    fputs(text, stdout);
    if (wrong)
        printf("%d %s wrong.\n", wrong, wrong == 1 ? "thing is" : "things are");
    else
        printf("All is well.\n");
    free(text);
    free(findings.list);
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "mpirun: cannot write to standard output: %s\n", strerror(errno));
        return 1;
    }
    return wrong > 0;
}

int doctor_run(struct job *job)
{
    struct doctor d = {.job = job};
    struct rlimit files;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* two for each host */
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (!job->self) {
        fprintf(stderr, "mpirun: --doctor does not find mpirun's own file in /proc\n");
        return 1;
    }
    int rc = prepare(&d);
    if (rc == 0) {
        visit_all(&d);
        rc = show(&d);
    }
    for (int i = 0; i < d.count && d.patients; i++)
        free(d.patients[i].reach);
    free(d.patients);
    free(d.visits);
    return rc != 0;
}
