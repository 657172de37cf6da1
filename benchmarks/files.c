/* Files that are written whole or not at all: the text goes into a file beside the wanted one, which then takes
 * its name. A device, a pipe or a socket cannot be replaced and is written directly. */
#include "benchmarks/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *path, const char *why, char *error, size_t room)
{
    snprintf(error, room, "cannot write '%s': %s", path, why);
    return -1;
}

/* The folder that the file stands in. 0, or -1 where the name is too long. */
static int folder_of(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 1;
    if (length >= PATH_MAX)
        return -1;
    memcpy(folder, slash ? path : ".", length);
    folder[length] = 0;
    return 0;
}

/* What a name leads to: a link is followed, so that the file behind it is written and not the link replaced. */
struct target {
    char path[PATH_MAX];
    struct stat old;
    int exists;
};

static int target_find(struct target *target, const char *path, char *error, size_t room)
{
    memset(target, 0, sizeof *target);
    size_t length = strlen(path);
    if (length == 0)
        return failed(path, "the name is empty", error, room);
    if (length >= PATH_MAX)
        return failed(path, strerror(ENAMETOOLONG), error, room);
    if (path[length - 1] == '/')
        return failed(path, strerror(EISDIR), error, room);
    memcpy(target->path, path, length + 1);
    target->exists = stat(path, &target->old) == 0;
    if (!target->exists && errno != ENOENT)
        return failed(path, strerror(errno), error, room);
    if (target->exists && S_ISDIR(target->old.st_mode))
        return failed(path, strerror(EISDIR), error, room);
    /* Asked for expressly: a new file in the place of one that is read-only would need no right to it. */
    if (target->exists && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return failed(path, strerror(errno), error, room);
    struct stat link;
    if (lstat(path, &link) != 0 || !S_ISLNK(link.st_mode))
        return 0;
    if (!target->exists)
        return failed(path, "it is a link to nowhere", error, room);
    if (S_ISREG(target->old.st_mode) && !realpath(path, target->path))
        return failed(path, strerror(errno), error, room);
    return 0;
}

static int replaceable(const struct target *target)
{
    return !target->exists || S_ISREG(target->old.st_mode);
}

int file_can_be_written(const char *path, char *error, size_t room)
{
    struct target target;
    char folder[PATH_MAX];
    if (strcmp(path, "-") == 0)
        return 0;
    if (target_find(&target, path, error, room) != 0)
        return -1;
    if (!replaceable(&target))
        return 0;
    if (folder_of(target.path, folder) != 0)
        return failed(path, strerror(ENAMETOOLONG), error, room);
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        return failed(path, strerror(errno), error, room);
    return 0;
}

static int write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Opens a new file in the folder of the target; its name does not grow with the target's. */
static int open_beside(const struct target *target, char name[PATH_MAX])
{
    char folder[PATH_MAX];
    if (folder_of(target->path, folder) != 0) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (int attempt = 0; attempt < 100; attempt++) {
        int n = snprintf(name, PATH_MAX, "%s/.godwit-%ld-%d", folder, (long)getpid(), attempt);
        if (n < 0 || n >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static int replace(const struct target *target, const char *text, size_t length)
{
    char beside[PATH_MAX];
    int fd = open_beside(target, beside);
    if (fd < 0)
        return -1;
    int ok = write_all(fd, text, length) == 0;
    if (ok && target->exists)
        ok = fchmod(fd, target->old.st_mode & 0777) == 0;
    int saved = errno;
    if (close(fd) != 0 && ok) {
        ok = 0;
        saved = errno;
    }
    if (ok && rename(beside, target->path) != 0) {
        ok = 0;
        saved = errno;
    }
    if (!ok)
        unlink(beside);
    errno = saved;
    return ok ? 0 : -1;
}

static int write_directly(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return -1;
    int ok = write_all(fd, text, length) == 0, saved = errno;
    if (close(fd) != 0 && ok) {
        ok = 0;
        saved = errno;
    }
    errno = saved;
    return ok ? 0 : -1;
}

int file_write(const char *path, const char *text, size_t length, char *error, size_t room)
{
    if (strcmp(path, "-") == 0) {
        /* Behind what the table has printed. */
        if (fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0)
            return failed("standard output", strerror(errno), error, room);
        return 0;
    }
    struct target target;
    if (target_find(&target, path, error, room) != 0)
        return -1;
    int rc = replaceable(&target) ? replace(&target, text, length) : write_directly(path, text, length);
    return rc == 0 ? 0 : failed(path, strerror(errno), error, room);
}
