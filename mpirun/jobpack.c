/* A job as bytes: see jobpack.h. Numbers have fixed widths, a text is its length, its bytes and a NUL, so that it
 * can be used where it stands. */
#define _GNU_SOURCE
#include "mpirun/jobpack.h"

#include "mpirun/environ.h"
#include "mpirun/grow.h"
#include "mpirun/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PLACE_MAX_RANKS == PROTO_MAX_RANKS, "what can be placed can be told of");
_Static_assert(HOSTS_MAX <= PROTO_MAX_NODES, "what can be named can be told of");

#define NO_TEXT UINT32_MAX
#define PACK_END 0x7de57de5u

/* ---- nodes ---- */

void jobpack_number_nodes(struct job *job)
{
    job->nodes = grow_new((size_t)job->hosts.count, sizeof *job->nodes);
    job->node_count = 0;
    job->here = -1;
    for (int i = 0; i < job->hosts.count; i++) {
        if (!job->hosts.list[i].rank_count && !job->hosts.list[i].asked)
            continue;
        if (job->hosts.list[i].is_local)
            job->here = job->node_count;
        job->nodes[job->node_count++] = i;
    }
}

const char *jobpack_node_name(const struct job *job, uint32_t node)
{
    const struct host *host = &job->hosts.list[job->nodes[node]];
    return host->is_local ? job->host : host->name;
}

uint32_t jobpack_node_of(const struct job *job, uint32_t rank)
{
    int host = job->placement.places[rank].host, node = 0;
    if (job->node_count == job->hosts.count)
        return (uint32_t)host;
    for (int low = 0, high = job->node_count - 1; low <= high;) {
        node = (low + high) / 2;
        if (job->nodes[node] == host)
            break;
        if (job->nodes[node] < host)
            low = node + 1;
        else
            high = node - 1;
    }
    return (uint32_t)node;
}

/* ---- to bytes ---- */

static void put_number(struct bytes *to, uint32_t n)
{
    bytes_append(to, &n, sizeof n);
}

static void put_long(struct bytes *to, uint64_t n)
{
    bytes_append(to, &n, sizeof n);
}

static void put_text(struct bytes *to, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    put_number(to, text ? (uint32_t)n : NO_TEXT);
    if (text)
        bytes_append(to, text, n + 1);
}

static void put_texts(struct bytes *to, char *const *list)
{
    uint32_t n = 0;
    while (list[n])
        n++;
    put_number(to, n);
    for (uint32_t i = 0; i < n; i++)
        put_text(to, list[i]);
}

static int passes(const struct env_edits *env, const char *entry)
{
    for (int i = 0; i < env->count; i++)
        if (env->edits[i].verb == ENV_PASS && strncmp(env->edits[i].text, entry, strcspn(entry, "=")) == 0 &&
            strlen(env->edits[i].text) == strcspn(entry, "="))
            return 1;
    return 0;
}

static int is_wanted(const struct job *job, const char *entry)
{
    if (!strchr(entry, '='))
        return 0;
    int wanted = !environ_is_host_bound(entry) || passes(&job->env, entry);
    for (int i = 0; i < job->app_count && !wanted; i++)
        wanted = passes(&job->apps[i].env, entry);
    return wanted;
}

static void put_environment(struct bytes *to, const struct job *job, char *const *environment)
{
    uint32_t n = 0;
    for (int i = 0; environment[i]; i++)
        n += (uint32_t)is_wanted(job, environment[i]);
    put_number(to, n);
    for (int i = 0; environment[i]; i++)
        if (is_wanted(job, environment[i]))
            put_text(to, environment[i]);
}

static void put_edits(struct bytes *to, const struct env_edits *env)
{
    put_number(to, (uint32_t)env->count);
    for (int i = 0; i < env->count; i++) {
        put_number(to, env->edits[i].verb);
        put_text(to, env->edits[i].text);
    }
}

static void put_apps(struct bytes *to, const struct job *job)
{
    put_number(to, (uint32_t)job->app_count);
    for (int i = 0; i < job->app_count; i++) {
        const struct app *app = &job->apps[i];
        put_number(to, job->size ? (uint32_t)app->count : 0);
        put_text(to, app->wdir);
        put_text(to, app->path);
        put_texts(to, app->argv);
        put_edits(to, &app->env);
    }
}

/* Ranks that go to nodes in even steps, host after host (step 0) or in turns (step 1), are one run. */
static void put_places(struct bytes *to, const struct job *job)
{
    uint32_t size = (uint32_t)job->size;
    for (uint32_t first = 0, next; first < size; first = next) {
        uint32_t node = jobpack_node_of(job, first);
        uint32_t step = first + 1 < size ? jobpack_node_of(job, first + 1) - node : 0;
        for (next = first + 1; next < size && jobpack_node_of(job, next) == node + step * (next - first); next++)
            ;
        put_number(to, node);
        put_number(to, step);
        put_number(to, next - first);
    }
}

static void put_cpus(struct bytes *to, const struct job *job)
{
    const struct place *places = job->placement.places;
    for (int first = 0, next; first < job->size; first = next) {
        for (next = first + 1; next < job->size && cpuset_equal(&places[first].cpus, &places[next].cpus); next++)
            ;
        put_number(to, (uint32_t)(next - first));
        put_number(to, places[first].cpus.count);
        for (uint32_t i = 0; i < places[first].cpus.count; i++)
            put_long(to, places[first].cpus.words[i]);
    }
}

static void put_conf(struct bytes *to, const struct conf *conf)
{
    put_number(to, (uint32_t)conf->log);
    put_number(to, (uint32_t)conf->fanout);
    bytes_append(to, &conf->detect, sizeof conf->detect);
    bytes_append(to, &conf->start_timeout, sizeof conf->start_timeout);
}

void jobpack_put(struct bytes *to, const struct job *job, char *const *environment)
{
    put_long(to, job->id);
    put_number(to, (uint32_t)job->size);
    put_number(to, job->size ? (uint32_t)job->stdin_rank : 0);
    put_number(to, (uint32_t)job->verbose);
    put_number(to, (uint32_t)job->terminal);
    put_number(to, job->initial_errhandler);
    put_conf(to, &job->conf);
    put_text(to, job->cwd);
    put_text(to, job->self);
    put_text(to, job->launcher);
    put_text(to, job->launcher_exec);
    put_text(to, job->launcher_args);
    put_text(to, job->prefix);
    put_number(to, (uint32_t)job->node_count);
    for (int i = 0; i < job->node_count; i++) {
        const struct host *host = &job->hosts.list[job->nodes[i]];
        put_text(to, jobpack_node_name(job, (uint32_t)i));
        put_text(to, host->user);
        put_number(to, (uint32_t)host->port);
    }
    put_apps(to, job);
    put_edits(to, &job->env);
    put_places(to, job);
    put_cpus(to, job);
    put_environment(to, job, environment);
    put_number(to, (uint32_t)job->conf.control);
    put_text(to, job->conf.iface.s);
    put_number(to, PACK_END);
}

/* ---- from bytes ---- */

struct reader {
    const char *at;
    size_t left;
    const char *wrong; /* what could not be read */
};

static void take(struct reader *r, void *out, size_t n, const char *what)
{
    if (r->wrong || r->left < n) {
        memset(out, 0, n);
        r->wrong = r->wrong ? r->wrong : what;
        return;
    }
    memcpy(out, r->at, n);
    r->at += n;
    r->left -= n;
}

static uint32_t take_number(struct reader *r, uint32_t most, const char *what)
{
    uint32_t n;
    take(r, &n, sizeof n, what);
    if (n > most && !r->wrong)
        r->wrong = what;
    return r->wrong ? 0 : n;
}

/* How many things of at least `least` bytes follow. */
static uint32_t take_count(struct reader *r, size_t least, const char *what)
{
    uint32_t n = take_number(r, UINT32_MAX, what);
    if (n > r->left / least) {
        r->wrong = r->wrong ? r->wrong : what;
        n = 0;
    }
    return n;
}

static const char *take_text(struct reader *r, int may_miss, const char *what)
{
    uint32_t n = take_number(r, UINT32_MAX, what);
    if (r->wrong || (n == NO_TEXT && may_miss))
        return may_miss ? NULL : "";
    if (n >= r->left || r->at[n] || memchr(r->at, 0, n)) {
        r->wrong = what;
        return may_miss ? NULL : "";
    }
    const char *text = r->at;
    r->at += n + 1;
    r->left -= n + 1;
    return text;
}

static char **take_texts(struct reader *r, const char *what)
{
    uint32_t n = take_count(r, 5, what);
    char **list = grow_new((size_t)n + 1, sizeof *list);
    for (uint32_t i = 0; i < n; i++)
        list[i] = (char *)take_text(r, 0, what);
    return list;
}

static void take_edits(struct reader *r, struct env_edits *env)
{
    static const char what[] = "the changes of the environment";
    uint32_t n = take_count(r, 9, what);
    env->edits = grow_new(n, sizeof *env->edits);
    env->count = (int)n;
    for (uint32_t i = 0; i < n; i++) {
        env->edits[i].verb = take_number(r, ENV_CLEAR, what);
        env->edits[i].text = take_text(r, 0, what);
    }
}

static void take_apps(struct reader *r, struct job *job)
{
    uint32_t n = take_count(r, 20, "the programs"), first = 0;
    job->apps = grow_new(n, sizeof *job->apps);
    job->app_count = (int)n;
    for (uint32_t i = 0; i < n; i++) {
        struct app *app = &job->apps[i];
        app->count = (int)take_number(r, (uint32_t)job->size - first, "the ranks of a program");
        app->first = (int)first;
        first += (uint32_t)app->count;
        app->wdir = take_text(r, 1, "a working directory");
        app->path = take_text(r, 1, "a path");
        app->argv = take_texts(r, "a command line");
        take_edits(r, &app->env);
        if (!app->argv[0] && !r->wrong)
            r->wrong = "a command line";
    }
    if (first != (uint32_t)job->size && !r->wrong)
        r->wrong = "the ranks of the programs";
}

static void take_nodes(struct reader *r, struct job *job)
{
    uint32_t n = take_count(r, 13, "the hosts");
    if (n > HOSTS_MAX || (n == 0 && !r->wrong)) {
        r->wrong = "the hosts";
        n = 0;
    }
    job->hosts = (struct hosts){.list = grow_new(n, sizeof *job->hosts.list), .count = (int)n};
    job->nodes = grow_new(n, sizeof *job->nodes);
    job->node_count = (int)n;
    for (uint32_t i = 0; i < n; i++) {
        struct host *host = &job->hosts.list[i];
        host->name = (char *)take_text(r, 0, "the name of a host");
        host->user = (char *)take_text(r, 1, "the name of a user");
        host->port = (int)take_number(r, 65535, "a port");
        if ((!*host->name || *host->name == '-' || (host->user && *host->user == '-')) && !r->wrong)
            r->wrong = "the name of a host"; /* nothing that ssh would take for an option */
        job->nodes[i] = (int)i;
    }
}

static void take_places(struct reader *r, struct job *job)
{
    uint32_t size = (uint32_t)job->size, nodes = (uint32_t)job->node_count;
    struct place *places = job->placement.places = grow_new(size, sizeof *places);
    job->placement.size = job->size;
    for (uint32_t first = 0; first < size && !r->wrong;) {
        uint32_t node = take_number(r, UINT32_MAX, "a place"), step = take_number(r, UINT32_MAX, "a place");
        uint32_t count = take_number(r, size - first, "a place");
        if (count == 0 && !r->wrong)
            r->wrong = "a place";
        for (uint32_t i = 0; i < count; i++, node += step) {
            if (node >= nodes) {
                r->wrong = "a place";
                break;
            }
            struct host *host = &job->hosts.list[node];
            places[first + i].host = (int)node;
            places[first + i].local = host->rank_count;
            host->rank_list = grow_by_one(host->rank_list, (size_t)host->rank_count, sizeof *host->rank_list);
            host->rank_list[host->rank_count++] = first + i;
        }
        first += count;
    }
}

/* Ranks of the same run share the words. */
static void take_cpus(struct reader *r, struct job *job)
{
    uint32_t size = (uint32_t)job->size;
    for (uint32_t first = 0; first < size && !r->wrong;) {
        uint32_t count = take_number(r, size - first, "a set of cpus"), words = take_count(r, 8, "a set of cpus");
        if (count == 0 && !r->wrong)
            r->wrong = "a set of cpus";
        if (r->wrong)
            return;
        struct cpuset set = {words ? grow_new(words, sizeof *set.words) : NULL, words};
        for (uint32_t i = 0; i < words; i++)
            take(r, &set.words[i], sizeof set.words[i], "a set of cpus");
        for (uint32_t i = 0; i < count; i++)
            job->placement.places[first + i].cpus = set;
        first += count;
    }
}

static void take_conf(struct reader *r, struct conf *conf)
{
    conf->log = (int)take_number(r, 3, "a setting");
    conf->fanout = (int)take_number(r, 1024, "a setting");
    take(r, &conf->detect, sizeof conf->detect, "a setting");
    take(r, &conf->start_timeout, sizeof conf->start_timeout, "a setting");
    if (!(conf->detect >= 0.01 && conf->detect <= 1e9 && conf->start_timeout >= 0.01 && conf->start_timeout <= 1e9 &&
          conf->fanout > 0) && !r->wrong)
        r->wrong = "a setting";
}

int jobpack_get(const void *bytes, size_t size, struct job *job, struct words *why)
{
    struct reader r = {bytes, size, NULL};
    *job = (struct job){.elsewhere = 1, .here = -1};
    take(&r, &job->id, sizeof job->id, "the number of the job");
    job->size = (int)take_number(&r, PROTO_MAX_RANKS, "the number of ranks");
    uint32_t input = take_number(&r, UINT32_MAX, "the rank that reads");
    job->stdin_rank = (int)input;
    job->verbose = (int)take_number(&r, 1, "an option");
    job->terminal = (int)take_number(&r, 1, "an option");
    job->initial_errhandler = take_number(&r, NODE_ERRORS_RETURN, "an option");
    take_conf(&r, &job->conf);
    job->cwd = take_text(&r, 1, "the working directory");
    job->self = take_text(&r, 1, "the place of mpirun");
    job->launcher = take_text(&r, 1, "the launcher");
    job->launcher_exec = take_text(&r, 1, "the launcher");
    job->launcher_args = take_text(&r, 1, "the launcher");
    job->prefix = take_text(&r, 1, "the prefix");
    if ((job->size ? job->stdin_rank >= job->size || job->stdin_rank < JOB_STDIN_NONE : job->stdin_rank) && !r.wrong)
        r.wrong = "the number of ranks";
    take_nodes(&r, job);
    take_apps(&r, job);
    take_edits(&r, &job->env);
    take_places(&r, job);
    take_cpus(&r, job);
    job->environment = take_texts(&r, "the environment");
    job->conf.control = (int)take_number(&r, CONF_CONTROL_TCP, "a setting");
    const char *iface = take_text(&r, 0, "a setting");
    if (strlen(iface) >= sizeof job->conf.iface.s && !r.wrong)
        r.wrong = "a setting";
    snprintf(job->conf.iface.s, sizeof job->conf.iface.s, "%s", iface);
    if ((take_number(&r, PACK_END, "the end") != PACK_END || r.left) && !r.wrong)
        r.wrong = "the end";
    return r.wrong ? words_set(why, "the description of the job cannot be understood at %s", r.wrong) : 0;
}

void jobpack_free(struct job *job)
{
    for (int i = 0; i < job->app_count; i++) {
        free(job->apps[i].argv);
        free(job->apps[i].env.edits);
    }
    for (int i = 0; i < job->hosts.count; i++)
        free(job->hosts.list[i].rank_list);
    for (int i = 0; job->placement.places && i < job->size; i++)
        if (i == 0 || job->placement.places[i].cpus.words != job->placement.places[i - 1].cpus.words)
            free(job->placement.places[i].cpus.words);
    free(job->apps);
    free(job->env.edits);
    free(job->hosts.list);
    free(job->nodes);
    free(job->placement.places);
    free(job->environment);
    *job = (struct job){0};
}
