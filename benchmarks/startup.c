/* godwit-startup: how long `mpirun -n N` of a program takes that only starts and ends MPI, under one or several
 * launchers, which take turns run by run so that all see the same machine. Prints medians of whole-process wall
 * time and, from one more run, the memory that belongs to each rank alone. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MAX_LAUNCHERS = 8, MAX_SIZES = 16, MAX_RUNS = 1001 };

struct launcher {
    const char *name;
    const char *command; /* with {n} and {prog} */
};

static const char help[] =
    "Usage: godwit-startup [-n LIST] [-r RUNS] [--launcher NAME=COMMAND]...\n"
    "\n"
    "Measures start and end of a job without work. COMMAND holds {n} and {prog}, for example\n"
    "  --launcher godwit='mpirun -n {n} {prog}' --launcher other='/opt/other/bin/mpirun -n {n} {prog}'\n"
    "  -n 2,32        numbers of ranks (default: 1,2,8,32)\n"
    "  -r 11          runs of each (default: 11); the median is printed\n";

static int die(const char *text, const char *detail)
{
    fprintf(stderr, "godwit-startup: %s%s%s\n", text, detail ? ": " : "", detail ? detail : "");
    exit(2);
}

/* The command with its places filled. */
static char *fill(const char *command, int n, const char *program)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        die("no memory", NULL);
    while (*command) {
        if (strncmp(command, "{n}", 3) == 0) {
            fprintf(f, "%d", n);
            command += 3;
        } else if (strncmp(command, "{prog}", 6) == 0) {
            fputs(program, f);
            command += 6;
        } else {
            fputc(*command++, f);
        }
    }
    fclose(f);
    return text;
}

/* Words at blanks: no shell, whose own start would be measured. */
static char **split(char *text)
{
    char **words = calloc(strlen(text) / 2 + 2, sizeof *words);
    int count = 0;
    if (!words)
        die("no memory", NULL);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    if (!count)
        die("a launcher's command is empty", NULL);
    return words;
}

/* Seconds of one run; -1 when it fails. */
static double run(char **words)
{
    struct timespec begin, end;
    pid_t pid;
    int status;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (posix_spawnp(&pid, words[0], NULL, NULL, words, environ))
        return -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;
    return (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median KiB that MPI_Init adds to what a rank has for itself, and what it has in all; -1: not known. */
static void memory(const char *command, int n, const char *program, double *added, double *total)
{
    char *line = fill(command, n, program);
    char *with = NULL;
    double adds[4096], totals[4096];
    int count = 0;
    long before, after;
    *added = *total = -1;
    if (asprintf(&with, "%s memory", line) < 0)
        die("no memory", NULL);
    FILE *f = popen(with, "r");
    while (f && count < 4096 && fscanf(f, "%ld %ld", &before, &after) == 2)
        if (before >= 0) {
            adds[count] = (double)(after - before);
            totals[count++] = (double)after;
        }
    if (f)
        pclose(f);
    if (count) {
        qsort(adds, (size_t)count, sizeof *adds, by_value);
        qsort(totals, (size_t)count, sizeof *totals, by_value);
        *added = adds[count / 2];
        *total = totals[count / 2];
    }
    free(line);
    free(with);
}

static int number(const char *text, int least, int most, const char *what)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || (*end && *end != ',') || n < least || n > most)
        die(what, text);
    return (int)n;
}

static const char *value_of(int argc, char **argv, int *i)
{
    if (*i + 1 >= argc)
        die("this option needs a value", argv[*i]);
    return argv[++*i];
}

int main(int argc, char **argv)
{
    struct launcher launchers[MAX_LAUNCHERS];
    int sizes[MAX_SIZES] = {1, 2, 8, 32}, size_count = 4, launcher_count = 0, runs = 11;
    char program[PATH_MAX + 16];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        } else if (strcmp(argv[i], "-r") == 0) {
            runs = number(value_of(argc, argv, &i), 1, MAX_RUNS, "-r takes a number from 1 to 1001");
        } else if (strcmp(argv[i], "-n") == 0) {
            const char *list = value_of(argc, argv, &i);
            for (size_count = 0; list && size_count < MAX_SIZES; size_count++) {
                sizes[size_count] = number(list, 1, 1000000, "-n takes numbers of ranks");
                list = strchr(list, ',');
                list = list ? list + 1 : NULL;
            }
        } else if (strcmp(argv[i], "--launcher") == 0) {
            const char *name = value_of(argc, argv, &i), *equals = strchr(name, '=');
            if (!equals || !strstr(equals, "{n}") || !strstr(equals, "{prog}"))
                die("--launcher takes NAME=COMMAND with {n} and {prog} in it", name);
            if (launcher_count == MAX_LAUNCHERS)
                die("too many launchers", NULL);
            launchers[launcher_count++] = (struct launcher){strndup(name, (size_t)(equals - name)), equals + 1};
        } else {
            die("unknown argument (godwit-startup --help)", argv[i]);
        }
    }
    if (!launcher_count)
        launchers[launcher_count++] = (struct launcher){"mpirun", "mpirun -n {n} {prog}"};
    ssize_t n = readlink("/proc/self/exe", program, PATH_MAX);
    if (n <= 0)
        die("cannot find my own folder", strerror(errno));
    program[n] = 0;
    strcpy(strrchr(program, '/') + 1, "startup-rank");

    printf("Start and end of a job without work: median wall time of %d runs, memory of a rank\n\n", runs);
    printf("%8s  %-12s %10s %10s %14s %14s\n", "ranks", "launcher", "median", "fastest", "private memory",
           "of it by MPI");
    for (int s = 0; s < size_count; s++) {
        static double times[MAX_LAUNCHERS][MAX_RUNS];
        int failed[MAX_LAUNCHERS] = {0};
        char **words[MAX_LAUNCHERS];
        for (int l = 0; l < launcher_count; l++)
            words[l] = split(fill(launchers[l].command, sizes[s], program));
        for (int r = -1; r < runs; r++) /* the first run warms up */
            for (int l = 0; l < launcher_count; l++) {
                double t = failed[l] ? -1 : run(words[l]);
                failed[l] |= t < 0;
                if (r >= 0)
                    times[l][r] = t;
            }
        for (int l = 0; l < launcher_count; l++) {
            double added, total;
            if (failed[l]) {
                printf("%8d  %-12s %10s\n", sizes[s], launchers[l].name, "failed");
                continue;
            }
            qsort(times[l], (size_t)runs, sizeof(double), by_value);
            printf("%8d  %-12s %7.1f ms %7.1f ms", sizes[s], launchers[l].name, 1e3 * times[l][runs / 2],
                   1e3 * times[l][0]);
            memory(launchers[l].command, sizes[s], program, &added, &total);
            if (total >= 0)
                printf(" %10.0f KiB %10.0f KiB\n", total, added);
            else
                printf(" %14s\n", "-");
            fflush(stdout);
        }
    }
    return 0;
}
