/* Starts on other hosts: see remote.h. */
#define _GNU_SOURCE
#include "mpirun/remote.h"

#include "mpirun/grow.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- the command ---- */

struct list {
    char **words;
    size_t count;
};

static void add(struct list *l, const char *word, size_t n)
{
    l->words = grow_by_one(l->words, l->count, sizeof *l->words);
    l->words[l->count++] = grow_text(word, n);
}

static void add_word(struct list *l, const char *word)
{
    add(l, word, strlen(word));
}

/* Arguments as one text, blanks between them, quotes around those with blanks: -F "my file". */
static void add_split(struct list *l, const char *text)
{
    char *word = grow_text(text, strlen(text));
    while (*text) {
        size_t n = 0;
        char quote = 0;
        text += strspn(text, " \t\n");
        if (!*text)
            break;
        for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
            if (quote ? *text == quote : *text == '"' || *text == '\'')
                quote = quote ? 0 : *text;
            else
                word[n++] = *text;
        }
        add(l, word, n);
    }
    free(word);
}

/* Quoted so that every login shell (sh, csh, fish) takes it as it is. */
static char *quoted(const char *text)
{
    char *out = grow_new(4 * strlen(text) + 3, 1), *at = out;
    *at++ = '\'';
    for (; *text; text++)
        if (*text == '\'')
            at = stpcpy(at, "'\\''");
        else
            *at++ = *text;
    *at = '\'';
    return out;
}

/* What the login shell is to run: this mpirun's own file, or whatever PATH has. Without a quote, a backslash or an
 * exclamation mark, which shells read in different ways. */
static char *shell_line(const struct job *job)
{
    static const char script[] = "for i; do test -x \"$i\" && exec \"$i\" --agent; done; "
                                 "p=$(command -v mpirun) && exec \"$p\" --agent; "
                                 "echo \"there is neither $1 nor an mpirun in PATH\" >&2; exit 127";
    static const char strict[] = "test -x \"$1\" && exec \"$1\" --agent; "
                                 "echo \"there is no $1\" >&2; exit 127";
    char *file = NULL, *line = NULL;
    if (job->prefix) {
        size_t n = strlen(job->prefix);
        while (n > 1 && job->prefix[n - 1] == '/')
            n--;
        if (asprintf(&file, "%.*s/bin/mpirun", (int)n, job->prefix) < 0)
            return NULL;
    }
    char *word = quoted(file ? file : job->self ? job->self : "mpirun");
    if (asprintf(&line, "exec /bin/sh -c '%s' sh %s", file ? strict : script, word) < 0)
        line = NULL;
    free(word);
    free(file);
    return line;
}

static int is_ssh(const char *program)
{
    const char *slash = strrchr(program, '/');
    return strcmp(slash ? slash + 1 : program, "ssh") == 0;
}

int remote_command(const struct job *job, uint32_t node, char ***out, struct words *why)
{
    const struct host *host = &job->hosts.list[job->nodes[node]];
    const char *launcher = job->launcher ? job->launcher : "ssh";
    struct list l = {0};
    char number[16], limit[32];
    if (strcmp(launcher, "ssh") != 0 && strcmp(launcher, "rsh") != 0 && strcmp(launcher, "exec") != 0)
        return words_set(why, "--launcher %s is not built; ssh, rsh, and exec with --launcher-exec are", launcher);
    if (!job->launcher_exec && strcmp(launcher, "exec") == 0)
        return words_set(why, "--launcher exec needs --launcher-exec, the program that runs a command on a host: PROGRAM "
                              "[--launcher-args] HOST COMMAND");
    if (job->launcher_exec)
        add_split(&l, job->launcher_exec); /* such as "ssh -v", as Open MPI's setting has it */
    if (l.count == 0)
        add_word(&l, launcher);
    int ssh = is_ssh(l.words[0]);
    if (ssh) {
        add_word(&l, "-T");
        add_word(&l, "-x");
    }
    if (job->launcher_args)
        add_split(&l, job->launcher_args);
    if (ssh) { /* of two values of an option ssh takes the first */
        int seconds = (int)(job->conf.start_timeout / 2);
        snprintf(limit, sizeof limit, "-oConnectTimeout=%d", seconds < 1 ? 1 : seconds);
        add_word(&l, "-oBatchMode=yes");
        add_word(&l, limit);
    }
    if (host->port && ssh) {
        snprintf(number, sizeof number, "%d", host->port);
        add_word(&l, "-p");
        add_word(&l, number);
    }
    if (host->user) {
        add_word(&l, "-l");
        add_word(&l, host->user);
    }
    add_word(&l, host->name);
    char *line = shell_line(job);
    if (!line)
        return words_set(why, "no memory for a command line");
    add_word(&l, line);
    free(line);
    l.words = grow_by_one(l.words, l.count, sizeof *l.words);
    l.words[l.count] = NULL;
    *out = l.words;
    return 0;
}

void remote_free(char **command)
{
    for (size_t i = 0; command && command[i]; i++)
        free(command[i]);
    free(command);
}

/* ---- failures ---- */

/* What ssh says, by its own words; %s: the host. */
static const char busy[] = "sshd on %s has closed the connection: is it starting, or overloaded (MaxStartups)?";
static const char off[] = "is %s switched on, and does a firewall let ssh pass?";
static const char spelled[] = "is the name '%s' spelled as /etc/hosts or the name server has it?";
static const char look[] = "`ssh %s true`, once by hand, shows what it does not trust";
static const char where[] = "--prefix says where Godwit is installed on %s";

static const struct {
    const char *said;
    enum remote_fate fate;
    const char *fix;
} judgements[] = {
    {"Permission denied", REMOTE_FINAL, "`ssh %s true` must work without a password (a key, or an agent that holds it)"},
    {"Too many authentication failures", REMOTE_FINAL, "`ssh %s true` must work without a password"},
    {"Host key verification failed", REMOTE_FINAL, look},
    {"HOST IDENTIFICATION HAS CHANGED", REMOTE_FINAL, look},
    {"Could not resolve hostname", REMOTE_FINAL, spelled},
    {"Name or service not known", REMOTE_FINAL, spelled},
    {"command not found", REMOTE_FINAL, where},
    {"there is neither", REMOTE_FINAL, where},
    {"there is no ", REMOTE_FINAL, "is Godwit installed there on %s?"},
    {"No such file or directory", REMOTE_FINAL, "`ssh %s true` shows whether the login works"},
    {"Bad configuration option", REMOTE_FINAL, "see ~/.ssh/config and --launcher-args"},
    {"error while loading shared libraries", REMOTE_FINAL, "%s lacks a library that mpirun needs"},
    {"Connection refused", REMOTE_AGAIN, "is sshd running on %s, and does it listen on this port?"},
    {"Connection timed out", REMOTE_AGAIN, off},
    {"Operation timed out", REMOTE_AGAIN, off},
    {"No route to host", REMOTE_AGAIN, "is %s switched on and on this network?"},
    {"Network is unreachable", REMOTE_AGAIN, "is %s on a network that this host has?"},
    {"Connection reset", REMOTE_AGAIN, busy},
    {"kex_exchange_identification", REMOTE_AGAIN, busy},
    {"Connection closed by", REMOTE_AGAIN, busy},
    {"closed by remote host", REMOTE_AGAIN, busy},
    {"System is booting up", REMOTE_AGAIN, "%s is not ready yet"},
};

/* The last line that is not empty, without line end. */
static void last_line(const char *said, size_t n, char *out, size_t size)
{
    while (n && isspace((unsigned char)said[n - 1]))
        n--;
    const char *end = said + n, *start = memrchr(said, '\n', n);
    start = start ? start + 1 : said;
    if (end - start > 5 && memcmp(start, "ssh: ", 5) == 0)
        start += 5;
    char text[WORDS_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)(end - start < 300 ? end - start : 300), start);
    words_clean(out, size, text);
}

enum remote_fate remote_judge(const char *said, size_t n, int status, const char *host, struct words *words)
{
    char line[WORDS_SIZE] = "", fix[WORDS_SIZE];
    if (n)
        last_line(said, n, line, sizeof line);
    for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++) {
        if (!strstr(line, judgements[i].said))
            continue;
        /* A text of the table above, in which %s stands once at most. */
        const char *text = judgements[i].fix, *hole = strstr(text, "%s");
        snprintf(fix, sizeof fix, "%.*s%.100s%s", hole ? (int)(hole - text) : (int)strlen(text), text, hole ? host : "",
                 hole ? hole + 2 : "");
        words_set(words, "ssh says '%s' (%s)", line, fix);
        return judgements[i].fate;
    }
    if (*line)
        words_set(words, "ssh says '%s'", line);
    else if (WIFSIGNALED(status))
        words_set(words, "ssh was killed by signal %d", WTERMSIG(status));
    else
        words_set(words, "ssh ended with code %d before the agent answered; `ssh %.100s true` may show why",
                  WEXITSTATUS(status), host);
    return REMOTE_FINAL;
}

int remote_is_last_word(const char *line, size_t n)
{
    static const char *const begins[] = {"Connection to ", "Connection reset", "Connection closed", "client_loop:",
                                         "Timeout, server ", "packet_write_", "Read from remote host", "ssh_dispatch_",
                                         "Killed by signal", "Write failed"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (n >= strlen(begins[i]) && memcmp(line, begins[i], strlen(begins[i])) == 0)
            return 1;
    return 0;
}

/* ---- sentences ---- */

/* The number at the end of the first part of a name (node12 of node12.cluster): where it stands. */
static void split(const char *name, size_t *digits, size_t *n)
{
    size_t end = strcspn(name, ".");
    while (end && !isdigit((unsigned char)name[end - 1]))
        end--;
    *n = 0;
    while (*n < end && *n < 9 && isdigit((unsigned char)name[end - *n - 1]))
        ++*n;
    *digits = end - *n;
}

/* Do they differ in this number only, and is it as long? 12 and 07 are; 9 and 10 too, as neither begins with a
 * 0. */
static int alike(const char *a, const char *b)
{
    size_t at_a, at_b, n_a, n_b;
    split(a, &at_a, &n_a);
    split(b, &at_b, &n_b);
    return n_a && n_b && at_a == at_b && memcmp(a, b, at_a) == 0 && strcmp(a + at_a + n_a, b + at_b + n_b) == 0 &&
           (n_a == n_b || (a[at_a] != '0' && b[at_b] != '0'));
}

static unsigned long number_of(const char *name)
{
    size_t at, n;
    split(name, &at, &n);
    return strtoul(name + at, NULL, 10);
}

void remote_fold(const char *const *names, int count, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (int i = 0, next; i < count; i = next) {
        char piece[600];
        size_t at, n;
        for (next = i + 1; next < count && alike(names[i], names[next]) &&
                           number_of(names[next]) > number_of(names[next - 1]);)
            next++;
        split(names[i], &at, &n);
        int length = next == i + 1 ? snprintf(piece, sizeof piece, "%.255s", names[i])
                                   : snprintf(piece, sizeof piece, "%.*s[", (int)at, names[i]);
        for (int k = i, last; next > i + 1 && k < next && length < 300; k = last + 1) {
            size_t from, digits, to, to_digits;
            for (last = k; last + 1 < next && number_of(names[last + 1]) == number_of(names[last]) + 1;)
                last++;
            split(names[k], &from, &digits);
            split(names[last], &to, &to_digits);
            length += snprintf(piece + length, sizeof piece - (size_t)length, "%s%.*s", k > i ? "," : "", (int)digits,
                               names[k] + from);
            if (last > k)
                length += snprintf(piece + length, sizeof piece - (size_t)length, "%s%.*s", last > k + 1 ? "-" : ",",
                                   (int)to_digits, names[last] + to);
            if (length >= 300)
                length += snprintf(piece + length, sizeof piece - (size_t)length, ",...");
        }
        if (next > i + 1)
            snprintf(piece + length, sizeof piece - (size_t)length, "]%.200s", names[i] + at + n);
        if (used + strlen(piece) + 8 >= size) {
            snprintf(out + used, size - used, "%s...", used ? ", " : "");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", piece);
    }
}

/* The same words, but for the names of the hosts in them? */
static int same_words(const struct remote_failure *a, const struct remote_failure *b)
{
    const char *x = a->words, *y = b->words;
    size_t n_a = strlen(a->host), n_b = strlen(b->host);
    while (*x || *y) {
        if (strncmp(x, a->host, n_a) == 0 && strncmp(y, b->host, n_b) == 0) {
            x += n_a;
            y += n_b;
        } else if (*x++ != *y++) {
            return 0;
        }
    }
    return 1;
}

static int is_first(const struct remote_failure *failures, int i)
{
    for (int k = 0; k < i; k++)
        if (same_words(&failures[k], &failures[i]))
            return 0;
    return 1;
}

void remote_add(struct remote_failures *failures, uint32_t node, const char *host, const char *words)
{
    int at = failures->count;
    failures->list = grow_by_one(failures->list, (size_t)failures->count++, sizeof *failures->list);
    for (; at > 0 && failures->list[at - 1].node > node; at--)
        failures->list[at] = failures->list[at - 1];
    failures->list[at] = (struct remote_failure){.node = node, .host = host};
    snprintf(failures->list[at].words, sizeof failures->list[at].words, "%s", words);
}

int remote_sentence(const struct remote_failures *all, int i, char *out, size_t size)
{
    const struct remote_failure *failures = all->list;
    int first = -1, same = 0, count = all->count;
    for (int k = 0; k < count && i >= 0; k++)
        if (is_first(failures, k) && i-- == 0)
            first = k;
    if (first < 0)
        return 0;
    char list[800];
    const char **names = grow_new((size_t)count, sizeof *names);
    for (int k = first; k < count; k++)
        if (same_words(&failures[first], &failures[k]))
            names[same++] = failures[k].host;
    remote_fold(names, same, list, sizeof list);
    free(names);
    if (same == 1)
        snprintf(out, size, "cannot start on %s: %s", list, failures[first].words);
    else
        snprintf(out, size, "cannot start on %d hosts (%s); of the first one, %s", same, list, failures[first].words);
    return 1;
}
