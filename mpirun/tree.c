/* Process trees: see tree.h. */
#include "mpirun/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry {
    pid_t pid, parent;
    int below; /* known to be below root */
    int dead;  /* only its parent has not noticed yet */
};

/* The state, parent and number of threads of a process: fields behind the name, which may hold anything, ')' too. */
static int read_stat(pid_t pid, char *state, pid_t *parent, int *threads)
{
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -1;
    text[n] = 0;
    const char *end = strrchr(text, ')');
    int ppid;
    if (!end || sscanf(end + 1, " %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d", state, &ppid,
                       threads) != 3)
        return -1;
    *parent = ppid;
    return 0;
}

/* All processes of the machine; NULL when /proc cannot be read. */
static struct entry *list(int *count)
{
    DIR *proc = opendir("/proc");
    struct entry *entries = NULL;
    int n = 0, room = 0;
    if (!proc)
        return NULL;
    for (struct dirent *d; (d = readdir(proc));) {
        char *end, state;
        long pid = strtol(d->d_name, &end, 10);
        pid_t parent;
        int threads;
        if (*end || pid <= 0 || read_stat((pid_t)pid, &state, &parent, &threads))
            continue;
        if (n == room) {
            room = room ? 2 * room : 256;
            struct entry *grown = realloc(entries, (size_t)room * sizeof *grown);
            if (!grown)
                break;
            entries = grown;
        }
        /* With more threads, only the first of a 'Z' process has ended. */
        entries[n++] = (struct entry){(pid_t)pid, parent, 0, state == 'Z' && threads <= 1};
    }
    closedir(proc);
    *count = n;
    return entries;
}

static int by_pid(const void *a, const void *b)
{
    pid_t x = ((const struct entry *)a)->pid, y = ((const struct entry *)b)->pid;
    return (x > y) - (x < y);
}

static int is_among(pid_t pid, const pid_t *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] == pid)
            return 1;
    return 0;
}

int tree_children(pid_t root, pid_t *children, int room)
{
    int count = 0, found = 0;
    struct entry *all = list(&count);
    for (int i = 0; all && i < count && found < room; i++)
        if (all[i].parent == root && !all[i].dead)
            children[found++] = all[i].pid;
    free(all);
    return found;
}

int tree_signal(pid_t root, int sig)
{
    return tree_signal_but(root, sig, NULL, 0, NULL);
}

int tree_signal_but(pid_t root, int sig, const pid_t *spared, int spared_count, pid_t *refused)
{
    int count, found = 0;
    struct entry *all = list(&count);
    if (!all)
        return -1;
    qsort(all, (size_t)count, sizeof *all, by_pid);
    /* A child mostly has a larger pid than its parent, so that one or two rounds find all. */
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < count; i++) {
            struct entry key = {.pid = all[i].parent};
            if (all[i].below || (all[i].parent == root && is_among(all[i].pid, spared, spared_count)))
                continue;
            struct entry *parent = bsearch(&key, all, (size_t)count, sizeof *all, by_pid);
            if (all[i].parent == root || (parent && parent->below)) {
                all[i].below = changed = 1;
                found += !all[i].dead;
            }
        }
    }
    for (int i = 0; i < count; i++)
        if (all[i].below && !all[i].dead && kill(all[i].pid, sig) && errno == EPERM && refused)
            *refused = all[i].pid;
    free(all);
    return found;
}

char tree_state(pid_t pid)
{
    char state;
    pid_t parent;
    int threads;
    return read_stat(pid, &state, &parent, &threads) ? '?' : state;
}
