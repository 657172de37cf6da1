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

static int (*give_up)(void);

void files_begin(int (*has_to_end)(void))
{
    give_up = has_to_end;
    for (int fd = 0; fd < 3; fd++) /* the lowest free number is the one that is missing */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 2 ? O_RDWR : O_RDONLY) < 0)
            return;
}

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
        if (n < 0 && errno == EINTR && !(give_up && give_up()))
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

/* ---- the files of a run ---- */

static const char *const output_names[OUTPUTS] = {"--csv", "--json", "--plot"};

int outputs_to_stdout(const struct outputs *o)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (o->paths[i] && strcmp(o->paths[i], "-") == 0)
            return 1;
    return 0;
}

/* A name with another ending would have its reader take the picture for what it is not. A device or a pipe has
 * none. */
static int is_svg_name(const char *path)
{
    size_t length = strlen(path);
    struct stat s;
    return strcmp(path, "-") == 0 || (length > 4 && strcmp(path + length - 4, ".svg") == 0) ||
           (stat(path, &s) == 0 && !S_ISREG(s.st_mode) && !S_ISDIR(s.st_mode));
}

/* Two spellings of one file. A device such as /dev/null can take two contents. */
static int same_file(const char *a, const char *b)
{
    struct stat s, t;
    char folder[PATH_MAX], real[2][PATH_MAX];
    if (strcmp(a, b) == 0)
        return 1;
    int has_a = strcmp(a, "-") ? stat(a, &s) == 0 : fstat(STDOUT_FILENO, &s) == 0;
    int has_b = strcmp(b, "-") ? stat(b, &t) == 0 : fstat(STDOUT_FILENO, &t) == 0;
    if (has_a && has_b)
        return s.st_dev == t.st_dev && s.st_ino == t.st_ino && !S_ISCHR(s.st_mode);
    if (has_a || has_b)
        return 0;
    const char *name_a = strrchr(a, '/'), *name_b = strrchr(b, '/');
    return strcmp(name_a ? name_a + 1 : a, name_b ? name_b + 1 : b) == 0 && folder_of(a, folder) == 0 &&
           realpath(folder, real[0]) && folder_of(b, folder) == 0 && realpath(folder, real[1]) &&
           strcmp(real[0], real[1]) == 0;
}

int outputs_check(const struct outputs *o, char *error, size_t room)
{
    for (int i = 0; i < OUTPUTS; i++)
        for (int j = i + 1; j < OUTPUTS && o->paths[i]; j++)
            if (o->paths[j] && same_file(o->paths[i], o->paths[j])) {
                snprintf(error, room, "%s and %s both write '%.200s'", output_names[i], output_names[j],
                         o->paths[i]);
                return -1;
            }
    if (o->paths[OUTPUT_PLOT] && !is_svg_name(o->paths[OUTPUT_PLOT])) {
        snprintf(error, room, "--plot draws SVG, so give it a name that ends in .svg, not '%.200s'",
                 o->paths[OUTPUT_PLOT]);
        return -1;
    }
    for (int i = 0; i < OUTPUTS; i++)
        if (o->paths[i] && file_can_be_written(o->paths[i], error, room))
            return -1;
    return 0;
}

struct content {
    char *text;
    size_t length;
};

static int make_content(struct content *c, enum output which, int (*make)(const void *, enum output, FILE *),
                        const void *arg, char *error, size_t room)
{
    FILE *f = open_memstream(&c->text, &c->length);
    int nothing = f ? make(arg, which, f) : 0, bad = f ? ferror(f) : 1;
    if ((f && fclose(f)) || bad) {
        snprintf(error, room, "no memory for what %s writes", output_names[which]);
        return -1;
    }
    if (!nothing)
        return 0;
    snprintf(error, room, "there is nothing that %s could %s", output_names[which],
             which == OUTPUT_PLOT ? "draw" : "write");
    return -1;
}

int outputs_write(const struct outputs *o, int (*make)(const void *arg, enum output, FILE *), const void *arg,
                  char *error, size_t room)
{
    struct content contents[OUTPUTS] = {{0}};
    int rc = 0;
    for (int i = 0; i < OUTPUTS && !rc; i++)
        if (o->paths[i])
            rc = make_content(&contents[i], (enum output)i, make, arg, error, room);
    for (int i = 0; i < OUTPUTS && !rc; i++)
        if (o->paths[i])
            rc = file_write(o->paths[i], contents[i].text, contents[i].length, error, room);
    for (int i = 0; i < OUTPUTS; i++)
        free(contents[i].text);
    return rc;
}
