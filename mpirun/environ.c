/* The environment of ranks: see environ.h. */
#define _GNU_SOURCE
#include "mpirun/environ.h"

#include "mpirun/folders.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* What tells a rank its place in the job, under the names that scripts look for. */
static const char *const rank_names[] = {
    "GODWIT_NODE", "GODWIT_RANK", "GODWIT_SIZE", "GODWIT_LOCAL_RANK", "GODWIT_LOCAL_SIZE", "PMI_RANK", "PMI_SIZE",
    "MPI_LOCALRANKID", "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
    "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "OMPI_COMM_WORLD_NODE_RANK"};
_Static_assert(sizeof rank_names / sizeof rank_names[0] == RANK_VARIABLES, "one text for each name");

/* What an outer launcher (an mpirun started inside of a rank, or of srun) left: descriptors and places of a job
 * that the ranks of this one do not belong to. */
static const char *const outer_names[] = {"PMI_FD", "PMI_PORT", "PMI_ID", "PMI_SPAWNED", "PMI_CONTROL_FD"};

static int is_named(const char *entry, const char *name, size_t len)
{
    return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

static int is_of_a_launcher(const char *entry)
{
    for (int i = 0; i < RANK_VARIABLES; i++)
        if (is_named(entry, rank_names[i], strlen(rank_names[i])))
            return 1;
    for (size_t i = 0; i < sizeof outer_names / sizeof outer_names[0]; i++)
        if (is_named(entry, outer_names[i], strlen(outer_names[i])))
            return 1;
    return strncmp(entry, "PMIX_", 5) == 0;
}

const char *environ_find(char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; *env; env++)
        if (is_named(*env, name, len))
            return *env + len + 1;
    return NULL;
}

int environ_is_host_bound(const char *entry)
{
    static const char *const names[] = {
        "HOME", "USER", "LOGNAME", "SHELL", "MAIL", "HOSTNAME", "HOST", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY",
        "XDG_RUNTIME_DIR", "XDG_SESSION_ID", "XDG_SEAT", "XDG_VTNR", "DBUS_SESSION_BUS_ADDRESS", "WINDOWID", "TTY",
        "GPG_TTY", "GPG_AGENT_INFO", "KRB5CCNAME", "SHLVL", "PWD", "OLDPWD", "_", "TMUX", "TMUX_PANE", "STY"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is_named(entry, names[i], strlen(names[i])))
            return 1;
    return strncmp(entry, "SSH_", 4) == 0;
}

struct list {
    char **entries;
    int count, room;
    int failed; /* for want of memory */
};

/* Sets a variable: an entry of that name is replaced. Takes a copy. */
static void set(struct list *l, const char *entry)
{
    size_t len = strcspn(entry, "=");
    char *copy = strdup(entry);
    int at = 0;
    while (at < l->count && !is_named(l->entries[at], entry, len))
        at++;
    if (at == l->room) {
        int room = l->room ? 2 * l->room : 128;
        char **grown = realloc(l->entries, ((size_t)room + RANK_VARIABLES + 1) * sizeof *grown);
        if (!grown) {
            free(copy);
            l->failed = 1;
            return;
        }
        l->entries = grown;
        l->room = room;
    }
    if (!copy) {
        l->failed = 1;
        return;
    }
    if (at < l->count)
        free(l->entries[at]);
    else
        l->count++;
    l->entries[at] = copy;
}

char **environ_join(char *const *mpiruns, char *const *own)
{
    struct list l = {0};
    for (; *own; own++)
        if (strchr(*own, '='))
            set(&l, *own);
    for (; *mpiruns; mpiruns++)
        set(&l, *mpiruns); /* what is bound to its host, mpirun has left out where nobody asked for it */
    if (!l.failed && !l.room)
        l.entries = malloc(sizeof *l.entries);
    if (l.failed || !l.entries) {
        environ_free(l.entries, l.count);
        return NULL;
    }
    l.entries[l.count] = NULL;
    return l.entries;
}

static void apply(struct list *l, const struct env_edits *edits)
{
    for (int i = 0; i < edits->count; i++) {
        const struct env_edit *e = &edits->edits[i];
        switch (e->verb) {
        case ENV_CLEAR:
            while (l->count)
                free(l->entries[--l->count]);
            break;
        case ENV_SET:
            if (!is_of_a_launcher(e->text)) /* a rank's place is not a matter of taste */
                set(l, e->text);
            break;
        case ENV_PASS: {
            size_t len = strlen(e->text);
            for (char **v = environ; *v; v++)
                if (is_named(*v, e->text, len) && !is_of_a_launcher(*v))
                    set(l, *v);
            break;
        }
        }
    }
}

/* The path that leads from one absolute directory to another. */
void environ_relative(const char *from, const char *to, char *out, size_t size)
{
    size_t common = 0, at = 0;
    for (size_t i = 0;; i++) {
        int end_from = !from[i] || from[i] == '/', end_to = !to[i] || to[i] == '/';
        if (end_from && end_to)
            common = i;
        if (!from[i] || !to[i] || from[i] != to[i])
            break;
    }
    out[0] = 0;
    for (const char *p = from + common; *p; p++)
        if (*p == '/' && p[1] && at + 4 < size) {
            memcpy(out + at, "../", 4);
            at += 3;
        }
    to += common;
    snprintf(out + at, size - at, "%s", *to == '/' ? to + 1 : *to ? to : ".");
}

static int is_system_folder(const char *folder)
{
    if (strncmp(folder, "/usr/", 5) == 0)
        folder += 4;
    return strcmp(folder, "/lib") == 0 || strcmp(folder, "/lib64") == 0 ||
           (strncmp(folder, "/lib/", 5) == 0 && !strchr(folder + 5, '/') && strstr(folder, "-linux-"));
}

int environ_library_folder(char *out, size_t size)
{
    char self[PATH_MAX], installed[PATH_MAX], folder[2 * PATH_MAX], file[2 * PATH_MAX + 32], plain[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return -1;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (!slash)
        return -1;
    *slash = 0;
    environ_relative(GODWIT_BINDIR, GODWIT_LIBDIR, installed, sizeof installed);
    /* where make installs it, and where it stands in the build folder */
    const char *const places[] = {installed, "../.libs"};
    for (int i = 0; i < 2; i++) {
        snprintf(folder, sizeof folder, "%s/%s", self, places[i]);
        snprintf(file, sizeof file, "%s/libmpi_abi.so.1", folder);
        if (access(file, R_OK) == 0 && realpath(folder, plain) && strlen(plain) < size) {
            strcpy(out, plain);
            return 0;
        }
    }
    return -1;
}

/* Programs that were linked without a path to the library (by another MPI's compiler wrapper, say) find the one
 * that belongs to this mpirun: its directory goes behind what LD_LIBRARY_PATH holds already. */
static void add_library_path(struct list *l)
{
    char folder[PATH_MAX];
    if (environ_library_folder(folder, sizeof folder) || is_system_folder(folder))
        return; /* there is none, or the loader looks there anyway */
    l->entries[l->count] = NULL;
    const char *before = environ_find(l->entries, "LD_LIBRARY_PATH");
    char *entry = NULL;
    if (asprintf(&entry, "LD_LIBRARY_PATH=%s%s%s", before ? before : "", before && *before ? ":" : "", folder) > 0)
        set(l, entry);
    free(entry);
}

/* libfabric comes with libraries for the cards of InfiniPath and Omni-Path that catch SIGSEGV, SIGTERM and others as soon
 * as they are loaded, whether there is such a card or not, and end with exit code 1; unless these are set. */
static void leave_signals_alone(struct list *l)
{
    static const char *const entries[] = {"IPATH_NO_BACKTRACE=1", "HFI_NO_BACKTRACE=1"};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        set(l, entries[i]);
}

char **environ_make(const struct env_edits *all, const struct env_edits *app, int *count)
{
    struct list l = {0};
    for (char **v = environ; *v; v++)
        if (strchr(*v, '=') && !is_of_a_launcher(*v))
            set(&l, *v);
    apply(&l, all);
    apply(&l, app);
    if (!l.failed && !l.room)
        l.entries = malloc((RANK_VARIABLES + 1) * sizeof *l.entries); /* an empty environment */
    if (l.entries && !l.failed) {
        add_library_path(&l);
        leave_signals_alone(&l);
    }
    if (l.failed || !l.entries) {
        environ_free(l.entries, l.count);
        return NULL;
    }
    l.entries[l.count] = NULL;
    *count = l.count;
    return l.entries;
}

void environ_free(char **env, int count)
{
    for (int i = 0; i < count; i++)
        free(env[i]);
    free(env);
}

void environ_rank(struct rank_environ *e, const struct node_head *node, uint32_t world_rank, uint32_t local,
                  int node_fd, char **at)
{
    const uint32_t values[RANK_VARIABLES] = {0,     world_rank,       node->world_size, local,      node->rank_count,
                                             world_rank, node->world_size, local,        node->rank_count, world_rank,
                                             node->world_size, local,  node->rank_count, local};
    snprintf(e->text[0], sizeof e->text[0], "%s=%d:%d:%" PRIu32 ":%" PRIx64, rank_names[0], node_fd,
             (int)node->agent_pid, local, node->job);
    for (int i = 1; i < RANK_VARIABLES; i++)
        snprintf(e->text[i], sizeof e->text[i], "%s=%" PRIu32, rank_names[i], values[i]);
    for (int i = 0; i < RANK_VARIABLES; i++)
        at[i] = e->text[i];
    at[RANK_VARIABLES] = NULL;
}
