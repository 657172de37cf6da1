/* Hosts and places of a job: see layout.h. */
#include "mpirun/layout.h"

#include "mpirun/grow.h"
#include "mpirun/hostfile.h"

#include <stdlib.h>
#include <string.h>

/* ---- hosts ---- */

/* What the hosts of -H are chosen from: host files or an allocation. Its name for people; NULL: there is
 * neither, or, with words, a mistake in them. */
static const char *base_of(struct job *job, const struct surroundings *s, int *tasks, struct words *why)
{
    why->s[0] = 0;
    for (int i = 0; i < job->hostfile_count; i++)
        if (hostfile_parse(&job->hosts, s->hostfiles[i].name, s->hostfiles[i].text, s->hostfiles[i].size, &s->own,
                           why))
            return NULL;
    if (job->hostfile_count)
        return "the host file";
    const char *system = alloc_parse(&job->hosts, &s->alloc, tasks, &s->own, why);
    if (system || why->s[0])
        return system ? "the allocation" : NULL;
    const struct file_text *initial = &s->default_hostfile;
    if (initial->text && !hostfile_parse(&job->hosts, initial->name, initial->text, initial->size, &s->own, why))
        return "the host file";
    return NULL;
}

/* The lists of one program's -H as a table of their own. */
static int lists_of(const struct app *app, const struct surroundings *s, struct hosts *out, struct words *why)
{
    for (int i = 0; i < app->host_list_count; i++)
        if (hosts_add_list(out, app->host_lists[i], &s->own, "-H", why))
            return -1;
    return 0;
}

/* Without host file and allocation, the hosts are those that the programs name; each mention is a slot. */
static int hosts_of_lists(struct job *job, const struct surroundings *s, struct words *why)
{
    for (int a = 0; a < job->app_count; a++)
        if (lists_of(&job->apps[a], s, &job->hosts, why))
            return -1;
    hosts_count_slots(&job->hosts, 1);
    return 0;
}

/* Programs that name hosts use no others. */
static int uses_of(const struct job *job, const struct surroundings *s, const struct app *app, const char *base,
                   struct place_app *out, struct words *why)
{
    struct hosts wanted = {0};
    int rc = lists_of(app, s, &wanted, why);
    struct place_use *uses = rc ? NULL : grow_new((size_t)wanted.count, sizeof *uses);
    for (int i = 0; i < wanted.count && rc == 0; i++) {
        const struct host *w = &wanted.list[i];
        int host = hosts_find(&job->hosts, w->name, &s->own);
        if (host < 0)
            rc = words_set(why, "-H: host '%.120s' is none of the hosts of %s", w->name, base);
        else if (w->user && !job->hosts.list[host].user)
            job->hosts.list[host].user = grow_text(w->user, strlen(w->user));
        /* Where a base says how many slots it has, a name alone stands for all of them. */
        uses[i] = (struct place_use){host, base && w->bare == 1 && !w->slots ? 0 : w->slots + w->bare};
    }
    out->uses = uses;
    out->use_count = rc ? 0 : wanted.count;
    hosts_free(&wanted);
    return rc;
}

static int add_this_host(struct job *job, const struct surroundings *s, struct words *why)
{
    struct host_word word = {.name = job->host, .name_length = strlen(job->host)};
    if (hosts_add(&job->hosts, &word, 0, 0, &s->own, "this host", NULL) == 0)
        return 0;
    word = (struct host_word){.name = "localhost", .name_length = 9}; /* its name has odd letters */
    return hosts_add(&job->hosts, &word, 0, 0, &s->own, "this host", why);
}

int layout_hosts(struct job *job, const struct surroundings *s, struct words *why)
{
    struct words wrong = {""};
    job->base = base_of(job, s, &job->tasks, &wrong);
    if (wrong.s[0]) {
        *why = wrong;
        return -1;
    }
    if (job->base)
        hosts_count_slots(&job->hosts, 0);
    else if (hosts_of_lists(job, s, why))
        return -1;
    int only_rankfile = job->rankfile && job->hosts.count == 0;
    if (job->rankfile && rankfile_parse(&job->rank_places, s->rankfile.name, s->rankfile.text, s->rankfile.size,
                                        &job->hosts, only_rankfile, &s->own, why))
        return -1;
    if (only_rankfile)
        hosts_count_slots(&job->hosts, 1);
    if (job->hosts.count == 0 && add_this_host(job, s, why))
        return -1;
    if (job->hosts.local)
        job->hosts.list[job->hosts.local - 1].usable = s->usable;
    return 0;
}

int layout_nodes(struct job *job, const struct surroundings *s, struct words *why)
{
    struct hosts wanted = {0};
    int rc = 0;
    for (int a = 0; a < job->app_count && rc == 0; a++)
        rc = lists_of(&job->apps[a], s, &wanted, why);
    job->nodes = grow_new((size_t)(wanted.count > job->hosts.count ? wanted.count : job->hosts.count), sizeof *job->nodes);
    for (int i = 0; i < (wanted.count ? wanted.count : job->hosts.count) && rc == 0; i++) {
        int host = wanted.count ? hosts_find(&job->hosts, wanted.list[i].name, &s->own) : i;
        if (host < 0)
            rc = words_set(why, "-H: host '%.120s' is none of the hosts of %s", wanted.list[i].name, job->base);
        else
            job->nodes[job->node_count++] = host;
    }
    hosts_free(&wanted);
    return rc;
}

/* ---- places ---- */

int layout_needs_cpus(const struct job *job)
{
    return policy_needs_cpus(&job->policy) || (job->show & SHOW_BINDINGS) != 0;
}

/* The threads that ranks will have, as far as the environment says: "4" or "4,2". Options go before mpirun's
 * own. */
static int threads_of(const struct job *job, const char *text)
{
    static const char name[] = "OMP_NUM_THREADS=";
    const struct env_edits *all[] = {&job->env, &job->apps[0].env};
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < all[k]->count; i++)
            if (all[k]->edits[i].verb == ENV_SET && strncmp(all[k]->edits[i].text, name, sizeof name - 1) == 0)
                text = all[k]->edits[i].text + sizeof name - 1;
    long threads = text ? strtol(text, NULL, 10) : 0;
    return threads > 0 && threads < 65536 ? (int)threads : 0;
}

static int finish(struct job *job, const struct surroundings *s, const struct place_job *placed, struct words *why)
{
    int allowed = (int)cpuset_weight(&job->policy.cpus);
    job->size = job->placement.size;
    job->usable_cpus = allowed && allowed < s->usable ? allowed : s->usable;
    for (int i = 0, first = 0; i < job->app_count; i++) {
        job->apps[i].first = first;
        first += job->apps[i].count = placed->apps[i].count;
    }
    if (job->stdin_rank >= job->size)
        return words_set(why, "--stdin %d: the job has the ranks 0 to %d", job->stdin_rank, job->size - 1);
    return 0;
}

static int apps_of(struct job *job, const struct surroundings *s, struct place_app *apps, struct words *why)
{
    int rc = 0;
    for (int i = 0; i < job->app_count && rc == 0; i++) {
        apps[i].count = job->apps[i].count;
        rc = uses_of(job, s, &job->apps[i], job->base, &apps[i], why);
    }
    return rc;
}

static void free_apps(const struct job *job, struct place_app *apps)
{
    for (int i = 0; i < job->app_count; i++)
        free((void *)apps[i].uses);
    free(apps);
}

int layout_asks(struct job *job, const struct surroundings *s, struct words *why)
{
    struct place_job asked = {.hosts = &job->hosts, .app_count = job->app_count, .policy = &job->policy,
                              .rankfile = &job->rank_places};
    asked.apps = grow_new((size_t)job->app_count, sizeof *asked.apps);
    int rc = apps_of(job, s, asked.apps, why);
    if (rc == 0)
        rc = place_missing(&asked, layout_needs_cpus(job)) > 0;
    free_apps(job, asked.apps);
    return rc;
}

int layout_place(struct job *job, const struct surroundings *s, struct words *why)
{
    struct place_job placed = {.hosts = &job->hosts, .app_count = job->app_count, .tasks = job->tasks,
                               .threads = threads_of(job, s->threads), .policy = &job->policy,
                               .rankfile = &job->rank_places};
    struct place_app *apps = placed.apps = grow_new((size_t)job->app_count, sizeof *apps);
    int rc = apps_of(job, s, apps, why);
    if (rc == 0)
        rc = place_ranks(&placed, &job->placement, why);
    if (rc == 0)
        rc = finish(job, s, &placed, why);
    free_apps(job, apps);
    return rc;
}
