/* The command line of mpirun: see options.h. One table lists every option with its number of values; what an
 * option does stands in `apply`. */
#include "mpirun/options.h"

#include "boot/node.h"
#include "mpirun/grow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action {
    COUNT, PER_NODE, ENV_X, ENV_PAIR, GENV_PAIR, ENV_LIST, GENV_LIST, ENV_ALL, ENV_NONE, GENV_NONE,
    WDIR, PATH_LIST, TAG_RANK, TAG_STREAM, TAG_OUTPUT, TIMEOUT, STDIN, NETWORK, VERBOSE, VERSION, HELP, ERRHANDLER,
    HOST, HOSTFILE, DEFAULT_HOSTFILE, RANKFILE, MAP_BY, RANK_BY, BIND_TO, CPU_SET, OLD_WORD, CPUS_EACH, REPORT,
    DISPLAY, DISPLAY_MAP, NO_LAUNCH, OVERSUBSCRIBE, NO_OVERSUBSCRIBE, HWTHREADS, NO_LOCAL, LAUNCHER, LAUNCHER_EXEC,
    LAUNCHER_ARGS, PREFIX, MCA, DOCTOR, IGNORED, UNBUILT
};

struct option {
    const char *name;
    enum action action;
    int values;
    const char *what; /* of UNBUILT, what it would do; of OLD_WORD, what is said today; of NETWORK, the setting */
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
    {"wire", NETWORK, 1, "GODWIT_WIRE"}, {"iface", NETWORK, 1, "GODWIT_IFACE"},
    {"v", VERBOSE, 0, 0}, {"verbose", VERBOSE, 0, 0},
    {"V", VERSION, 0, 0}, {"version", VERSION, 0, 0}, {"info", VERSION, 0, 0},
    {"h", HELP, 0, 0}, {"help", HELP, 0, 0},
    {"initial-errhandler", ERRHANDLER, 1, 0}, {"doctor", DOCTOR, 0, 0},
    /* hosts */
    {"H", HOST, 1, 0}, {"host", HOST, 1, 0}, {"hosts", HOST, 1, 0}, {"hostlist", HOST, 1, 0},
    {"hostfile", HOSTFILE, 1, 0}, {"machinefile", HOSTFILE, 1, 0}, {"f", HOSTFILE, 1, 0},
    {"default-hostfile", DEFAULT_HOSTFILE, 1, 0}, {"nolocal", NO_LOCAL, 0, 0},
    {"oversubscribe", OVERSUBSCRIBE, 0, 0}, {"nooversubscribe", NO_OVERSUBSCRIBE, 0, 0},
    {"launcher", LAUNCHER, 1, 0}, {"bootstrap", LAUNCHER, 1, 0}, {"launcher-exec", LAUNCHER_EXEC, 1, 0},
    {"bootstrap-exec", LAUNCHER_EXEC, 1, 0}, {"launcher-args", LAUNCHER_ARGS, 1, 0},
    {"bootstrap-exec-args", LAUNCHER_ARGS, 1, 0}, {"prefix", PREFIX, 1, 0},
    /* places and binding */
    {"map-by", MAP_BY, 1, 0}, {"rank-by", RANK_BY, 1, 0}, {"bind-to", BIND_TO, 1, 0}, {"cpu-set", CPU_SET, 1, 0},
    {"rankfile", RANKFILE, 1, 0}, {"rf", RANKFILE, 1, 0}, {"cpus-per-rank", CPUS_EACH, 1, 0},
    {"cpus-per-proc", CPUS_EACH, 1, 0}, {"use-hwthread-cpus", HWTHREADS, 0, 0},
    {"byslot", OLD_WORD, 0, "map slot"}, {"bynode", OLD_WORD, 0, "map node"}, {"bycore", OLD_WORD, 0, "map core"},
    {"bysocket", OLD_WORD, 0, "map package"}, {"pernode", OLD_WORD, 0, "map ppr:1:node"},
    {"npersocket", OLD_WORD, 1, "ppr package"}, {"bind-to-none", OLD_WORD, 0, "bind none"},
    {"bind-to-core", OLD_WORD, 0, "bind core"}, {"bind-to-socket", OLD_WORD, 0, "bind package"},
    {"report-bindings", REPORT, 0, 0}, {"display", DISPLAY, 1, 0}, {"display-map", DISPLAY_MAP, 0, 0},
    {"display-allocation", DISPLAY_MAP, 0, 0}, {"do-not-launch", NO_LAUNCH, 0, 0},
    {"app", UNBUILT, 1, "a file of programs"}, {"configfile", UNBUILT, 1, "a file of programs"},
    {"file", UNBUILT, 1, "a file of programs"}, {"soft", UNBUILT, 1, "a choice of sizes"},
    {"arch", UNBUILT, 1, "a choice of machines"}, {"output-filename", UNBUILT, 1, "output into files"},
    {"outfile-pattern", UNBUILT, 1, "output into files"}, {"errfile-pattern", UNBUILT, 1, "output into files"},
    {"xterm", UNBUILT, 1, "ranks in windows"}, {"enable-recovery", UNBUILT, 0, "running on after a failure"},
    {"with-ft", UNBUILT, 1, "running on after a failure"}, {"tune", UNBUILT, 1, "a file of settings"},
    {"timestamp-output", UNBUILT, 0, "output with times"}, {"membind", UNBUILT, 1, "binding of memory"},
    {"merge-stderr-to-stdout", UNBUILT, 0, "merged output"},
    /* Settings of other MPIs' insides (of which a few name the launcher), and permissions that Godwit never
     * asks for. */
    {"mca", MCA, 2, 0}, {"gmca", IGNORED, 2, 0}, {"omca", IGNORED, 2, 0}, {"pmca", IGNORED, 2, 0},
    {"prtemca", MCA, 2, 0}, {"pmixmca", IGNORED, 2, 0}, {"gpmixmca", IGNORED, 2, 0},
    {"allow-run-as-root", IGNORED, 0, 0},
    {"q", IGNORED, 0, 0}, {"quiet", IGNORED, 0, 0},
    {"disable-auto-cleanup", UNBUILT, 0, "running on after a failure"},
    {"disable-hostname-propagation", IGNORED, 0, 0}, {"print-all-exitcodes", IGNORED, 0, 0},
    {"localhost", IGNORED, 1, 0}, {"usize", IGNORED, 1, 0}, {"rmk", IGNORED, 1, 0},
    {"noprefix", IGNORED, 0, 0},
};

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

static void edit(struct env_edits *env, enum env_verb verb, const char *text)
{
    env->edits = grow_by_one(env->edits, (size_t)env->count, sizeof *env->edits);
    env->edits[env->count++] = (struct env_edit){verb, text};
}

static char *pair(const char *name, const char *value)
{
    char *text = grow_new(strlen(name) + strlen(value) + 2, 1);
    sprintf(text, "%s=%s", name, value);
    return text;
}

static void add_text(const char ***list, int *count, const char *text)
{
    *list = grow_by_one(*list, (size_t)*count, sizeof **list);
    (*list)[(*count)++] = text;
}

/* A number of ranks. */
static int number(const char *option, const char *text, int least, int *out, struct words *why)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end)
        return words_set(why, "-%s takes a number, not '%s'", option, text);
    if (errno || n < least || n > (long)PLACE_MAX_RANKS)
        return words_set(why, "-%s %s: %d to %d are possible", option, text, least, PLACE_MAX_RANKS);
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
        edit(env, ENV_PASS, grow_text(p, n));
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

static int set_conf(struct job *job, const char *variable, const char *option, const char *text, struct words *why)
{
    for (int i = 0; i < conf_count; i++)
        if (strcmp(conf_table[i].name, variable) == 0)
            return conf_set(&job->conf, i, option, text, CONF_OPTION, why);
    return words_set(why, "there is no setting %s", variable);
}

/* A setting that the ranks follow. */
static int set_for_ranks(struct job *job, const char *variable, const char *name, const char *text, struct words *why)
{
    char option[32];
    snprintf(option, sizeof option, "--%s", name);
    if (!*text)
        return words_set(why, "%s needs a word", option);
    edit(&job->env, ENV_SET, pair(variable, text));
    return set_conf(job, variable, option, text, why);
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

/* "map,bind,alloc,topo" of --display. */
static int display(struct job *job, const char *option, const char *text, struct words *why)
{
    static const struct {
        const char *name;
        unsigned show;
    } words[] = {{"map", SHOW_MAP}, {"map-devel", SHOW_MAP}, {"bind", SHOW_BINDINGS}, {"bindings", SHOW_BINDINGS},
                 {"alloc", SHOW_ALLOCATION}, {"allocation", SHOW_ALLOCATION}, {"topo", SHOW_TOPOLOGY}};
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ","), i = 0, count = sizeof words / sizeof words[0];
        while (i < count && (strlen(words[i].name) != n || strncasecmp(p, words[i].name, n) != 0))
            i++;
        if (i == count)
            return words_set(why, "-%s: '%.*s' is none of map, bind, alloc, topo", option,
                             (int)(n > 200 ? 200 : n), p);
        job->show |= words[i].show;
        p += n;
        if (!*p)
            return 0;
    }
}

static void wishes(struct job *job, const char *text)
{
    int found = policy_wishes(text);
    if (found & POLICY_DISPLAY)
        job->show |= SHOW_MAP;
    if (found & POLICY_REPORT)
        job->show |= SHOW_BINDINGS;
    job->do_not_launch |= (found & POLICY_DO_NOT_LAUNCH) != 0;
}

/* Options of older Open MPIs: what they mean in today's words. */
static int old_word(struct job *job, const struct option *o, const char *value, struct words *why)
{
    const char *now = strchr(o->what, ' ') + 1;
    char text[64];
    if (strncmp(o->what, "bind", 4) == 0)
        return policy_bind_to(&job->policy, o->name, now, why);
    if (strncmp(o->what, "map", 3) == 0)
        return policy_map_by(&job->policy, o->name, now, why);
    snprintf(text, sizeof text, "ppr:%.20s:%s", value, now);
    return policy_map_by(&job->policy, o->name, text, why);
}

/* Of Open MPI's settings, those that name the remote shell mean something here. */
static void mca(struct job *job, char **values)
{
    if (strcmp(values[0], "plm_rsh_agent") == 0 || strcmp(values[0], "plm_ssh_agent") == 0)
        job->launcher_exec = values[1];
    if (strcmp(values[0], "plm_rsh_args") == 0 || strcmp(values[0], "plm_ssh_args") == 0)
        job->launcher_args = values[1];
}

static int file_name(const char **file, const char *option, const char *text, struct words *why)
{
    *file = text;
    return *text ? 0 : words_set(why, "-%s needs the name of a file", option);
}

/* Options of hosts, places and starts elsewhere. */
static int apply_place(const struct option *o, char **values, struct job *job, struct app *app, struct words *why)
{
    const char *file;
    switch (o->action) {
    case HOST:
        add_text(&app->host_lists, &app->host_list_count, values[0]);
        return 0;
    case HOSTFILE:
        if (file_name(&file, o->name, values[0], why))
            return -1;
        add_text(&job->hostfiles, &job->hostfile_count, file);
        return 0;
    case DEFAULT_HOSTFILE:
        return file_name(&job->default_hostfile, o->name, values[0], why);
    case RANKFILE:
        job->policy.map = MAP_RANKFILE;
        return file_name(&job->rankfile, o->name, values[0], why);
    case PER_NODE:
        return number(o->name, values[0], 1, &job->policy.per_node, why);
    case MAP_BY:
        wishes(job, values[0]);
        return policy_map_by(&job->policy, o->name, values[0], why);
    case RANK_BY:
        return policy_rank_by(&job->policy, o->name, values[0], why);
    case BIND_TO:
        wishes(job, values[0]);
        return policy_bind_to(&job->policy, o->name, values[0], why);
    case CPU_SET:
        return policy_cpu_set(&job->policy, o->name, values[0], why);
    case OLD_WORD:
        return old_word(job, o, values[0], why);
    case CPUS_EACH:
        return number(o->name, values[0], 1, &job->policy.pe, why);
    case DISPLAY:
        return display(job, o->name, values[0], why);
    case REPORT:
        job->show |= SHOW_BINDINGS;
        return 0;
    case DISPLAY_MAP:
        job->show |= strcmp(o->name, "display-map") == 0 ? SHOW_MAP : SHOW_ALLOCATION;
        return 0;
    case NO_LAUNCH:
        job->do_not_launch = 1;
        return 0;
    case OVERSUBSCRIBE:
    case NO_OVERSUBSCRIBE:
        job->policy.oversubscribe = o->action == OVERSUBSCRIBE ? ALLOWED : REFUSED;
        return 0;
    case HWTHREADS:
        job->policy.hwthreads = 1;
        return 0;
    case NO_LOCAL:
        job->policy.no_local = 1;
        return 0;
    case LAUNCHER:
        job->launcher = values[0];
        return 0;
    case LAUNCHER_EXEC:
        job->launcher_exec = values[0];
        return 0;
    case LAUNCHER_ARGS:
        job->launcher_args = values[0];
        return 0;
    case PREFIX:
        job->prefix = values[0];
        return 0;
    case MCA:
        mca(job, values);
        return 0;
    case DOCTOR:
        job->doctor = 1;
        return 0;
    default:
        return 0;
    }
}

static int apply(const struct option *o, char **values, struct job *job, struct app *app, struct words *why)
{
    switch (o->action) {
    case COUNT:
        if (strcmp(values[0], "0") == 0)
            return words_set(why, "-%s 0: a job needs at least one rank", o->name);
        return number(o->name, values[0], 1, &app->count, why);
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
    case NETWORK:
        return set_for_ranks(job, o->what, o->name, values[0], why);
    case VERBOSE:
        job->verbose = 1;
        return 0;
    case ERRHANDLER:
        return initial_errhandler(job, values[0], why);
    case UNBUILT:
        return words_set(why, "-%s (%s) is not built yet", o->name, o->what);
    case ENV_ALL: /* the default */
    case IGNORED:
    case VERSION:
    case HELP:
        return 0;
    default:
        return apply_place(o, values, job, app, why);
    }
}

/* --doctor has no program: the words from i on are hosts. */
static enum options_result take_hosts(int argc, char **argv, int *at, int i, struct job *job, struct app *app,
                                      struct words *why)
{
    if (job->app_count) {
        words_set(why, "--doctor starts no program, so '%s' cannot stand before it", job->apps[0].argv[0]);
        return OPTIONS_WRONG;
    }
    for (; i < argc; i++) {
        if (argv[i][0] == '-') {
            words_set(why, "with --doctor, '%s' has to stand before the names of hosts", argv[i]);
            return OPTIONS_WRONG;
        }
        if (strchr(argv[i], '/') || strcmp(argv[i], ":") == 0) {
            words_set(why, "--doctor starts no program: '%s' is no name of a host", argv[i]);
            return OPTIONS_WRONG;
        }
        add_text(&app->host_lists, &app->host_list_count, argv[i]);
    }
    job->apps = grow_by_one(job->apps, (size_t)job->app_count, sizeof *job->apps);
    job->apps[job->app_count++] = *app;
    *at = i;
    return OPTIONS_RUN;
}

/* How many letters have to be changed, added or left out to make one of the other; many for long words. */
static int distance(const char *a, size_t n, const char *b)
{
    size_t m = strlen(b);
    int row[32];
    if (n >= 32 || m >= 32)
        return 32;
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int before = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = before + (a[i - 1] != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            before = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

/* An option that a longer name may be a misspelling of, or NULL. */
static const char *like(const char *name, size_t len)
{
    const char *found = NULL;
    for (size_t i = 0, least = 3; i < sizeof options / sizeof options[0]; i++) {
        size_t n = len > 4 && strlen(options[i].name) > 4 ? (size_t)distance(name, len, options[i].name) : least;
        if (n < least) {
            least = n;
            found = options[i].name;
        }
    }
    return found;
}

static void unknown(const char *arg, const char *name, size_t len, struct words *why)
{
    size_t letters = strcspn(name, "0123456789");
    const char *other = like(name, len);
    if (find(name, letters) && name[letters + strspn(name + letters, "0123456789")] == 0)
        words_set(why, "unknown option '%s' (perhaps -%.*s %s?)", arg, (int)letters, name, name + letters);
    else if (other)
        words_set(why, "unknown option '%s' (perhaps --%s?)", arg, other);
    else
        words_set(why, "unknown option '%s' (man mpirun lists them all, mpirun --help the most used)", arg);
}

/* The parts between the ':' of an MPMD command line: `at` is moved behind the part. */
static enum options_result parse_app(int argc, char **argv, int *at, struct job *job, struct words *why)
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
            unknown(argv[i], name, len, why);
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
        if (apply(o, values, job, &app, why))
            return OPTIONS_WRONG;
    }
    if (job->doctor)
        return take_hosts(argc, argv, at, i, job, &app, why);
    int first = i;
    while (i < argc && strcmp(argv[i], ":") != 0)
        i++;
    if (i == first || !argv[first][0]) {
        words_set(why, job->app_count || i < argc ? "a part of the command line between ':' names no program"
                                                  : "no program to run (mpirun -n 2 ./program)");
        return OPTIONS_WRONG;
    }
    app.argv = grow_new((size_t)(i - first) + 1, sizeof *app.argv);
    memcpy(app.argv, argv + first, (size_t)(i - first) * sizeof *app.argv);
    app.argv[i - first] = NULL;
    job->apps = grow_by_one(job->apps, (size_t)job->app_count, sizeof *job->apps);
    job->apps[job->app_count++] = app;
    *at = i;
    return OPTIONS_RUN;
}

enum options_result options_parse(int argc, char **argv, struct job *job, struct words *why)
{
    job->initial_errhandler = NODE_ERRORS_ARE_FATAL;
    int at = 1;
    for (;;) {
        enum options_result result = parse_app(argc, argv, &at, job, why);
        if (result != OPTIONS_RUN)
            return result;
        if (at >= argc)
            break;
        at++; /* the ':' */
    }
    if (job->policy.map == MAP_RANKFILE && !job->rankfile) {
        words_set(why, "-map-by rankfile needs -rankfile FILE");
        return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}
