/* The command line of mpirun: see options.h. One table lists every option with its number of values; what an
 * option does stands in `apply`. */
#include "mpirun/options.h"

#include "boot/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action {
    COUNT, PER_NODE, ENV_X, ENV_PAIR, GENV_PAIR, ENV_LIST, GENV_LIST, ENV_ALL, ENV_NONE, GENV_NONE,
    WDIR, PATH_LIST, TAG_RANK, TAG_STREAM, TAG_OUTPUT, TIMEOUT, STDIN, VERBOSE, VERSION, HELP, ERRHANDLER,
    HOST, BIND, IGNORED, UNBUILT
};

struct option {
    const char *name;
    enum action action;
    int values;
    const char *what; /* of UNBUILT and BIND: what it would do */
};

static const struct option options[] = {
    {"n", COUNT, 1, 0}, {"np", COUNT, 1, 0}, {"c", COUNT, 1, 0},
    {"N", PER_NODE, 1, 0}, {"ppn", PER_NODE, 1, 0}, {"perhost", PER_NODE, 1, 0}, {"npernode", PER_NODE, 1, 0},
    {"x", ENV_X, 1, 0}, {"env", ENV_PAIR, 2, 0}, {"genv", GENV_PAIR, 2, 0},
    {"envlist", ENV_LIST, 1, 0}, {"genvlist", GENV_LIST, 1, 0},
    {"envall", ENV_ALL, 0, 0}, {"genvall", ENV_ALL, 0, 0},
    {"envnone", ENV_NONE, 0, 0}, {"genvnone", GENV_NONE, 0, 0},
    {"wdir", WDIR, 1, 0}, {"wd", WDIR, 1, 0}, {"dir", WDIR, 1, 0}, {"path", PATH_LIST, 1, 0},
    {"l", TAG_RANK, 0, 0}, {"prepend-rank", TAG_RANK, 0, 0}, {"tag-output", TAG_STREAM, 0, 0},
    {"output", TAG_OUTPUT, 1, 0},
    {"timeout", TIMEOUT, 1, 0}, {"stdin", STDIN, 1, 0}, {"s", STDIN, 1, 0},
    {"v", VERBOSE, 0, 0}, {"verbose", VERBOSE, 0, 0},
    {"V", VERSION, 0, 0}, {"version", VERSION, 0, 0}, {"info", VERSION, 0, 0},
    {"h", HELP, 0, 0}, {"help", HELP, 0, 0},
    {"initial-errhandler", ERRHANDLER, 1, 0},
    {"H", HOST, 1, 0}, {"host", HOST, 1, 0}, {"hosts", HOST, 1, 0}, {"hostlist", HOST, 1, 0},
    {"bind-to", BIND, 1, "ranks are not bound to cpus"}, {"map-by", BIND, 1, "ranks are not mapped"},
    {"rank-by", BIND, 1, "ranks are numbered in order"}, {"report-bindings", BIND, 0, "ranks are not bound to cpus"},
    {"bind-to-core", BIND, 0, "ranks are not bound to cpus"}, {"bycore", BIND, 0, "ranks are not mapped"},
    {"byslot", IGNORED, 0, 0}, {"bynode", IGNORED, 0, 0}, {"cpu-set", BIND, 1, "ranks are not bound to cpus"},
    {"hostfile", UNBUILT, 1, "more than one host"}, {"machinefile", UNBUILT, 1, "more than one host"},
    {"f", UNBUILT, 1, "more than one host"}, {"default-hostfile", UNBUILT, 1, "more than one host"},
    {"rankfile", UNBUILT, 1, "placement by a file"}, {"rf", UNBUILT, 1, "placement by a file"},
    {"app", UNBUILT, 1, "a file of programs"}, {"configfile", UNBUILT, 1, "a file of programs"},
    {"file", UNBUILT, 1, "a file of programs"}, {"soft", UNBUILT, 1, "a choice of sizes"},
    {"arch", UNBUILT, 1, "a choice of machines"}, {"output-filename", UNBUILT, 1, "output into files"},
    {"outfile-pattern", UNBUILT, 1, "output into files"}, {"errfile-pattern", UNBUILT, 1, "output into files"},
    {"xterm", UNBUILT, 1, "ranks in windows"}, {"enable-recovery", UNBUILT, 0, "running on after a failure"},
    {"with-ft", UNBUILT, 1, "running on after a failure"}, {"tune", UNBUILT, 1, "a file of settings"},
    {"timestamp-output", UNBUILT, 0, "output with times"},
    {"merge-stderr-to-stdout", UNBUILT, 0, "merged output"},
    /* Settings of other MPIs' insides, and permissions that Godwit never asks for. */
    {"mca", IGNORED, 2, 0}, {"gmca", IGNORED, 2, 0}, {"omca", IGNORED, 2, 0}, {"pmca", IGNORED, 2, 0},
    {"prtemca", IGNORED, 2, 0}, {"pmixmca", IGNORED, 2, 0}, {"gpmixmca", IGNORED, 2, 0},
    {"allow-run-as-root", IGNORED, 0, 0}, {"oversubscribe", IGNORED, 0, 0}, {"use-hwthread-cpus", IGNORED, 0, 0},
    {"q", IGNORED, 0, 0}, {"quiet", IGNORED, 0, 0}, {"disable-auto-cleanup", UNBUILT, 0, "running on after a failure"},
    {"disable-hostname-propagation", IGNORED, 0, 0}, {"print-all-exitcodes", IGNORED, 0, 0},
    {"localhost", IGNORED, 1, 0}, {"usize", IGNORED, 1, 0}, {"launcher", IGNORED, 1, 0},
    {"launcher-exec", IGNORED, 1, 0}, {"rmk", IGNORED, 1, 0}, {"iface", IGNORED, 1, 0}, {"bootstrap", IGNORED, 1, 0},
    {"prefix", IGNORED, 1, 0}, {"noprefix", IGNORED, 0, 0},
};

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

/* Everything of a job lives until mpirun ends; a command line that memory cannot hold ends it now. */
static void *grow(void *array, int count, size_t item)
{
    void *grown = realloc(array, ((size_t)count + 1) * item);
    if (!grown) {
        fprintf(stderr, "mpirun: no memory for the command line\n");
        exit(1);
    }
    return grown;
}

static void edit(struct env_edits *env, enum env_verb verb, const char *text)
{
    env->edits = grow(env->edits, env->count, sizeof *env->edits);
    env->edits[env->count++] = (struct env_edit){verb, text};
}

static char *pair(const char *name, const char *value)
{
    char *text = grow(NULL, (int)(strlen(name) + strlen(value) + 2), 1);
    sprintf(text, "%s=%s", name, value);
    return text;
}

static void note(struct job *job, const char *text)
{
    for (int i = 0; i < job->note_count; i++)
        if (strcmp(job->notes[i], text) == 0)
            return;
    if (job->note_count < (int)(sizeof job->notes / sizeof job->notes[0]))
        job->notes[job->note_count++] = text;
}

/* A number of ranks. */
static int number(const char *option, const char *text, int least, int *out, struct words *why)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end)
        return words_set(why, "-%s takes a number, not '%s'", option, text);
    if (errno || n < least || n > (long)NODE_MAX_RANKS)
        return words_set(why, "-%s %s: %d to %u are possible", option, text, least, NODE_MAX_RANKS);
    *out = (int)n;
    return 0;
}

static int valid_name(const char *name, size_t len)
{
    return len > 0 && !memchr(name, '=', len);
}

/* "A=1" of -x, and "A,B" of -x and -envlist. */
static int list_of_names(struct env_edits *env, const char *option, const char *text, struct words *why)
{
    const char *equals = strchr(text, '=');
    if (equals) { /* the rest belongs to the value, commas too */
        if (!valid_name(text, (size_t)(equals - text)) || memchr(text, ',', (size_t)(equals - text)))
            return words_set(why, "-%s '%s' does not begin with one name", option, text);
        edit(env, ENV_SET, text);
        return 0;
    }
    for (const char *p = text;;) {
        size_t n = strcspn(p, ",");
        if (!valid_name(p, n))
            return words_set(why, "-%s '%s' holds an empty name", option, text);
        char *name = grow(NULL, (int)n, 1);
        memcpy(name, p, n);
        name[n] = 0;
        edit(env, ENV_PASS, name);
        if (!p[n])
            return 0;
        p += n + 1;
    }
}

static int env_pair(struct env_edits *env, const char *option, char **values, struct words *why)
{
    if (!valid_name(values[0], strlen(values[0])))
        return words_set(why, "-%s NAME VALUE: '%s' is not a name", option, values[0]);
    edit(env, ENV_SET, pair(values[0], values[1]));
    return 0;
}

/* Hosts are all this one, so far. */
static int only_this_host(const char *list, const char *host, struct words *why)
{
    size_t short_len = strcspn(host, ".");
    for (const char *p = list;; p++) {
        size_t n = strcspn(p, ","), name = strcspn(p, ",:");
        int here = (name == 9 && strncmp(p, "localhost", 9) == 0) || (name == 9 && strncmp(p, "127.0.0.1", 9) == 0) ||
                   (name == strlen(host) && strncmp(p, host, name) == 0) ||
                   (name == short_len && strncmp(p, host, name) == 0);
        if (!here)
            return words_set(why, "host '%.*s': running on other hosts is not built yet; this host is '%s'",
                             (int)(name > 200 ? 200 : name), p, host);
        p += n;
        if (!*p)
            return 0;
    }
}

static int set_conf(struct job *job, const char *variable, const char *option, const char *text, struct words *why)
{
    for (int i = 0; i < conf_count; i++)
        if (strcmp(conf_table[i].name, variable) == 0)
            return conf_set(&job->conf, i, option, text, CONF_OPTION, why);
    return words_set(why, "there is no setting %s", variable);
}

static int stdin_to(struct job *job, const char *text, struct words *why)
{
    if (strcmp(text, "all") == 0)
        job->stdin_rank = JOB_STDIN_ALL;
    else if (strcmp(text, "none") == 0)
        job->stdin_rank = JOB_STDIN_NONE;
    else
        return number("stdin", text, 0, &job->stdin_rank, why);
    return 0;
}

static int initial_errhandler(struct job *job, const char *text, struct words *why)
{
    static const char *const names[] = {"mpi_errors_are_fatal", "mpi_errors_abort", "mpi_errors_return"};
    for (uint32_t i = 0; i < 3; i++)
        if (strcasecmp(text, names[i]) == 0) {
            job->initial_errhandler = i; /* the order of enum node_errhandler */
            return 0;
        }
    return words_set(why, "-initial-errhandler '%s' is none of: mpi_errors_are_fatal mpi_errors_abort "
                          "mpi_errors_return", text);
}

static int apply(const struct option *o, char **values, const char *host, struct job *job, struct app *app,
                 struct words *why)
{
    switch (o->action) {
    case COUNT:
        if (strcmp(values[0], "0") == 0)
            return words_set(why, "-%s 0: a job needs at least one rank", o->name);
        return number(o->name, values[0], 1, &app->count, why);
    case PER_NODE:
        return number(o->name, values[0], 1, &job->per_node, why);
    case ENV_X:
        return list_of_names(&app->env, o->name, values[0], why);
    case ENV_LIST:
        edit(&app->env, ENV_CLEAR, "");
        return list_of_names(&app->env, o->name, values[0], why);
    case GENV_LIST:
        edit(&job->env, ENV_CLEAR, "");
        return list_of_names(&job->env, o->name, values[0], why);
    case ENV_PAIR:
        return env_pair(&app->env, o->name, values, why);
    case GENV_PAIR:
        return env_pair(&job->env, o->name, values, why);
    case ENV_NONE:
        edit(&app->env, ENV_CLEAR, "");
        return 0;
    case GENV_NONE:
        edit(&job->env, ENV_CLEAR, "");
        return 0;
    case WDIR:
        app->wdir = values[0];
        return *values[0] ? 0 : words_set(why, "-%s needs a directory", o->name);
    case PATH_LIST:
        app->path = values[0];
        return 0;
    case TAG_RANK:
        return set_conf(job, "GODWIT_TAG", o->name, "rank", why);
    case TAG_STREAM:
        return set_conf(job, "GODWIT_TAG", o->name, "stream", why);
    case TAG_OUTPUT:
        if (strcmp(values[0], "tag") == 0)
            return set_conf(job, "GODWIT_TAG", o->name, "stream", why);
        if (strcmp(values[0], "rank") == 0)
            return set_conf(job, "GODWIT_TAG", o->name, "rank", why);
        return words_set(why, "--output '%s' is not built yet; tag and rank are", values[0]);
    case TIMEOUT:
        return set_conf(job, "GODWIT_TIMEOUT", "--timeout", values[0], why);
    case STDIN:
        return stdin_to(job, values[0], why);
    case VERBOSE:
        job->verbose = 1;
        return 0;
    case ERRHANDLER:
        return initial_errhandler(job, values[0], why);
    case HOST:
        return only_this_host(values[0], host, why);
    case BIND:
        if (o->values == 0 || strcmp(values[0], "none") != 0)
            note(job, o->what);
        return 0;
    case UNBUILT:
        return words_set(why, "-%s (%s) is not built yet", o->name, o->what);
    case ENV_ALL: /* the default */
    case IGNORED:
    case VERSION:
    case HELP:
        return 0;
    }
    return 0;
}

/* The parts between the ':' of an MPMD command line: `at` is moved behind the part. */
static enum options_result parse_app(int argc, char **argv, int *at, const char *host, struct job *job,
                                     struct words *why)
{
    struct app app = {0};
    int i = *at;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *name = argv[i] + 1 + (argv[i][1] == '-');
        if (!*name) { /* "--": the program follows */
            i++;
            break;
        }
        size_t len = strcspn(name, "=");
        const struct option *o = find(name, len);
        if (!o) {
            size_t letters = strcspn(name, "0123456789");
            if (find(name, letters) && name[letters + strspn(name + letters, "0123456789")] == 0)
                words_set(why, "unknown option '%s' (perhaps -%.*s %s?)", argv[i], (int)letters, name, name + letters);
            else
                words_set(why, "unknown option '%s' (man mpirun lists them all, mpirun --help the most used)", argv[i]);
            return OPTIONS_WRONG;
        }
        if (o->action == HELP)
            return OPTIONS_HELP;
        if (o->action == VERSION)
            return OPTIONS_VERSION;
        char *inline_value[1] = {(char *)name + len + 1};
        char **values = argv + i + 1;
        if (name[len] == '=') {
            if (o->values != 1) {
                words_set(why, "option '%s' takes %s", argv[i], o->values ? "two values, as words" : "no value");
                return OPTIONS_WRONG;
            }
            values = inline_value;
        } else {
            if (i + o->values >= argc) {
                words_set(why, "option '%s' needs %s after it", argv[i],
                          o->values == 1 ? "a value" : "two values");
                return OPTIONS_WRONG;
            }
            i += o->values;
        }
        if (apply(o, values, host, job, &app, why))
            return OPTIONS_WRONG;
    }
    int first = i;
    while (i < argc && strcmp(argv[i], ":") != 0)
        i++;
    if (i == first || !argv[first][0]) {
        words_set(why, job->app_count || i < argc ? "a part of the command line between ':' names no program"
                                                  : "no program to run (mpirun -n 2 ./program)");
        return OPTIONS_WRONG;
    }
    app.argv = grow(NULL, i - first, sizeof *app.argv);
    memcpy(app.argv, argv + first, (size_t)(i - first) * sizeof *app.argv);
    app.argv[i - first] = NULL;
    job->apps = grow(job->apps, job->app_count, sizeof *job->apps);
    job->apps[job->app_count++] = app;
    *at = i;
    return OPTIONS_RUN;
}

/* Counts that were not given, and everybody's place in the world. */
static int number_ranks(struct job *job, int usable_cpus, struct words *why)
{
    long size = 0;
    for (int i = 0; i < job->app_count; i++) {
        struct app *app = &job->apps[i];
        if (!app->count)
            app->count = job->app_count > 1 ? 1 : job->per_node ? job->per_node : usable_cpus;
        app->first = (int)size;
        size += app->count;
        if (size > (long)NODE_MAX_RANKS)
            return words_set(why, "%ld ranks on one host: %u are possible", size, NODE_MAX_RANKS);
    }
    job->size = (int)size;
    if (job->per_node && size > job->per_node)
        return words_set(why, "%ld ranks at %d per host need more than this one host, and running on other hosts is "
                              "not built yet", size, job->per_node);
    if (job->stdin_rank >= job->size)
        return words_set(why, "--stdin %d: the job has the ranks 0 to %d", job->stdin_rank, job->size - 1);
    return 0;
}

enum options_result options_parse(int argc, char **argv, int usable_cpus, const char *host, struct job *job,
                                  struct words *why)
{
    job->initial_errhandler = NODE_ERRORS_ARE_FATAL;
    int at = 1;
    for (;;) {
        enum options_result result = parse_app(argc, argv, &at, host, job, why);
        if (result != OPTIONS_RUN)
            return result;
        if (at >= argc)
            break;
        at++; /* the ':' */
    }
    return number_ranks(job, usable_cpus, why) ? OPTIONS_WRONG : OPTIONS_RUN;
}
