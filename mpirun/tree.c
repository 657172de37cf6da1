/* Process trees: see tree.h. */
#include "mpirun/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry {
    pid_t pid, parent;
    int below; /* known to be below root */
};

/* The state and parent of a process: the two fields behind the name, which may hold anything, ')' too. */
static int read_stat(pid_t pid, char *state, pid_t *parent)
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
    if (!end || sscanf(end + 1, " %c %d", state, &ppid) != 2)
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
        if (*end || pid <= 0 || read_stat((pid_t)pid, &state, &parent) || state == 'Z')
            continue;
        if (n == room) {
            room = room ? 2 * room : 256;
            struct entry *grown = realloc(entries, (size_t)room * sizeof *grown);
            if (!grown)
                break;
            entries = grown;
        }
        entries[n++] = (struct entry){(pid_t)pid, parent, 0};
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

int tree_signal(pid_t root, int sig)
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
            if (all[i].below)
                continue;
            struct entry *parent = bsearch(&key, all, (size_t)count, sizeof *all, by_pid);
            if (all[i].parent == root || (parent && parent->below)) {
                all[i].below = changed = 1;
                found++;
            }
        }
    }
    for (int i = 0; i < count; i++)
        if (all[i].below)
            kill(all[i].pid, sig);
    free(all);
    return found;
}

char tree_state(pid_t pid)
{
    char state;
    pid_t parent;
    return read_stat(pid, &state, &parent) ? '?' : state;
}
