/* godwit-compare: godwit-bench under several launchers, which take turns run by run so that all of them see the
 * same machine. Here: the command line and the rounds. What the runs say stands in compared.c, --startup in
 * startup.c. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/options.h"
#include "benchmarks/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_FAILED = 1, CODE_USAGE = 2, RANKS_MOST = 100000, ROUNDS_MOST = 1001, LAST_LINES = 8 };

static const char help[] =
    "Usage: godwit-compare [options] [subcommand of godwit-bench and its options]   (default: pingpong)\n"
    "\n"
    "Runs godwit-bench under several launchers, in turns, and prints one table with the ratio.\n"
    "\n"
    "  --launcher NAME           godwit, openmpi or mpich: found on PATH (default: those that are there)\n"
    "  --launcher [NAME=]COMMAND any other, with {n} and {prog} in it; can be given several times\n"
    "  -n N            ranks (default: 2)\n"
    "  --rounds R      runs under each launcher (default: 5); medians of them are compared\n"
    "  --startup LIST  instead: start and end of jobs of so many ranks (2,32) without work, and their memory\n"
    "  --limit S       seconds after which a run is ended and counts as failed (default: 600)\n"
    "  --csv FILE, --json FILE, --plot FILE.svg   the comparison as a file; - is standard output\n"
    "  -v              show the commands; -h this text; --version\n"
    "\n"
    "All other words go to godwit-bench (godwit-bench --help); --pin core is its default here.\n"
    "The exit code is 0, 1 when a launcher or a file failed, 2 for a wrong command line.\n"
    "\n"
    "  godwit-compare --plot pingpong.svg pingpong --sizes 8:4M\n"
    "  godwit-compare --launcher godwit --launcher 'other=/opt/other/bin/mpirun -n {n} {prog}' --startup 2,32\n";

static int wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int wrong(const char *format, ...)
{
    char text[2 * COMPARE_ERROR];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    fprintf(stderr, "godwit-compare: %s\n", text);
    return -1;
}

/* ---- for the other files ---- */

_Noreturn void compare_no_memory(void)
{
    wrong("no memory");
    exit(CODE_FAILED);
}

/* Round by round another one leads and the direction changes: with three, all orders have their turn. */
int compare_turn(int round, int i, int launchers)
{
    int step = round % 2 ? -i : i;
    return ((round + step) % launchers + launchers) % launchers;
}

void compare_progress(const char *format, ...)
{
    va_list ap;
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (!format)
        return;
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
}

/* Where the last few lines of the text begin. */
static const char *last_lines(const char *text)
{
    const char *at = text + strlen(text);
    while (at > text && isspace((unsigned char)at[-1]))
        at--;
    for (int lines = 0; at > text; at--)
        if (at[-1] == '\n' && ++lines == LAST_LINES)
            break;
    return at;
}

void compare_failed(struct launcher *l, const char *reason, const char *last_words)
{
    l->failed = 1;
    snprintf(l->reason, sizeof l->reason, "%s", reason);
    compare_progress(NULL);
    const char *text = last_lines(last_words);
    int silent = !text[strspn(text, " \t\r\n")];
    wrong("%s failed: %s%s", l->name, reason, silent ? "; it said nothing on standard error" : "; it said last:");
    for (int fresh = 1; !silent && *text; text++) {
        if (*text == '\n' && !text[strspn(text, " \t\r\n")])
            break;
        if (fresh)
            fputs("    ", stderr);
        fresh = *text == '\n';
        fputc(iscntrl((unsigned char)*text) && !fresh && *text != '\t' ? '?' : *text, stderr);
    }
    if (!silent)
        fputc('\n', stderr);
}

const char *compare_times(char text[16], double times)
{
    if (times <= 0)
        return strcpy(text, "-");
    snprintf(text, 16, times < 9.95 ? "%.2fx" : times < 99.5 ? "%.1fx" : "%.0fx", times);
    return text;
}

int compare_write(const struct compare *c, char *csv, char *json, char *plot)
{
    const char *paths[] = {c->csv, c->json, c->plot};
    char *texts[] = {csv, json, plot}, error[COMPARE_ERROR];
    int code = 0;
    run_hold();
    for (int i = 0; i < 3; i++)
        if (paths[i] && texts[i] && file_write(paths[i], texts[i], strlen(texts[i]), error, sizeof error))
            code = wrong("%s", error);
    for (int i = 0; i < 3; i++)
        free(texts[i]);
    run_release();
    return code;
}

void json_text(FILE *f, const char *text)
{
    fputc('"', f);
    for (size_t length; *text; text += length ? length : 1) {
        length = text_utf8(text);
        if (!length)
            fputs("\\ufffd", f);
        else if (*text == '"' || *text == '\\')
            fprintf(f, "\\%c", *text);
        else if (iscntrl((unsigned char)*text))
            fprintf(f, "\\u%04x", (unsigned)*text);
        else
            fwrite(text, 1, length, f);
    }
    fputc('"', f);
}

void csv_text(FILE *f, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

/* ---- the command line ---- */

/* A whole number that ends at `end` or at the end of the text. 0, or -1 after a sentence. */
static int number(const char *option, const char *text, char end, long most, int *out)
{
    char *after;
    errno = 0;
    long n = strtol(text, &after, 10);
    if (!isdigit((unsigned char)*text) || (*after && *after != end))
        return wrong("%s takes %s, not '%.100s'", option, end ? "a list of numbers like 2,32" : "a number", text);
    if (errno || n < 1 || n > most)
        return wrong("%s '%.100s': 1 to %ld are possible", option, text, most);
    *out = (int)n;
    return 0;
}

static int parse_startup(struct compare *c, const char *list)
{
    for (c->startup_count = 0; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
        if (c->startup_count == STARTUPS)
            return wrong("--startup takes %d numbers at most", STARTUPS);
        if (number("--startup", list, ',', RANKS_MOST, &c->startups[c->startup_count++]))
            return -1;
    }
    return 0;
}

static int parse_limit(struct compare *c, const char *text)
{
    char *end;
    c->limit = strtod(text, &end);
    if (!isdigit((unsigned char)*text) || *end || !(c->limit >= 0.001 && c->limit <= 1e6) || strchr(text, 'x'))
        return wrong("--limit takes seconds from 0.001 to 1000000, not '%.100s'", text);
    return 0;
}

/* Is this the option, and where is its value: behind '=' or in the next word? 1; 0: no; -1 after a sentence. */
static int option(const char *name, int argc, char **argv, int *i, const char **value)
{
    size_t length = strlen(name);
    if (strncmp(argv[*i], name, length))
        return 0;
    if (argv[*i][length] == '=' && name[1] == '-') {
        *value = argv[*i] + length + 1;
        return 1;
    }
    if (argv[*i][length])
        return 0;
    if (*i + 1 >= argc)
        return wrong("%s needs a value after it", name);
    *value = argv[++*i];
    return 1;
}

static int add_launcher(struct compare *c, const char *text)
{
    char error[COMPARE_ERROR];
    return launcher_add(&c->launchers, text, c->own, error, sizeof error) ? wrong("%s", error) : 0;
}

/* One word of the command line that is ours. 1; 0: it is for godwit-bench; -1 after a sentence. */
static int parse_word(struct compare *c, int argc, char **argv, int *i)
{
    const char *value = NULL;
    int found;
    if (strcmp(argv[*i], "-v") == 0)
        return c->verbose = 1;
    if ((found = option("--launcher", argc, argv, i, &value)))
        return found < 0 ? -1 : add_launcher(c, value) ? -1 : 1;
    if ((found = option("-n", argc, argv, i, &value)))
        return found < 0 ? -1 : number("-n", value, 0, RANKS_MOST, &c->ranks) ? -1 : 1;
    if ((found = option("--rounds", argc, argv, i, &value)))
        return found < 0 ? -1 : number("--rounds", value, 0, ROUNDS_MOST, &c->rounds) ? -1 : 1;
    if ((found = option("--startup", argc, argv, i, &value)))
        return found < 0 ? -1 : parse_startup(c, value) ? -1 : 1;
    if ((found = option("--limit", argc, argv, i, &value)))
        return found < 0 ? -1 : parse_limit(c, value) ? -1 : 1;
    if ((found = option("--csv", argc, argv, i, &c->csv)) || (found = option("--json", argc, argv, i, &c->json)) ||
        (found = option("--plot", argc, argv, i, &c->plot)))
        return found;
    return 0;
}

static int is_given(const struct compare *c, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < c->bench_count; i++)
        if (strncmp(c->bench[i], name, length) == 0 && (!c->bench[i][length] || c->bench[i][length] == '='))
            return 1;
    return 0;
}

/* The words for godwit-bench: pingpong where no subcommand is among them, and what every run has. */
static int complete_bench(struct compare *c)
{
    static const char *const commands[] = {"pingpong", "stream", "bistream", "rate", "modes", "overlap", "coll",
                                           "sweep", "floor", "start"};
    static const char *const added[] = {"--csv", "-", "--pin", "core", "--floor", "auto"};
    struct options o;
    char error[COMPARE_ERROR];
    int named = c->bench_count > 1 && c->bench[1][0] != '-';
    for (int i = 1; i < c->bench_count; i++)
        for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
            named |= strcmp(c->bench[i], commands[k]) == 0;
    if (!named) {
        memmove(c->bench + 2, c->bench + 1, (size_t)(c->bench_count - 1) * sizeof *c->bench);
        c->bench[1] = "pingpong";
        c->bench_count++;
    }
    if (options_parse(&o, c->bench_count, (char **)c->bench, error, sizeof error))
        return wrong("%s", error);
    if (o.command == COMMAND_FLOOR)
        return wrong("floor measures the machine without MPI, so there is nothing to compare");
    if (o.command == COMMAND_START)
        return wrong("start is measured with --startup and a list of numbers of ranks");
    c->command = options_command(o.command);
    for (int i = 0; i < 6; i += 2)
        if (i == 0 || !is_given(c, added[i])) {
            c->bench[c->bench_count++] = added[i];
            c->bench[c->bench_count++] = added[i + 1];
        }
    c->bench[c->bench_count] = NULL;
    return 0;
}

static int check_files(const struct compare *c)
{
    const char *paths[] = {c->csv, c->json, c->plot};
    char error[COMPARE_ERROR];
    for (int i = 0; i < 3; i++) {
        if (paths[i] && file_can_be_written(paths[i], error, sizeof error))
            return wrong("%s", error);
        for (int j = 0; j < i && paths[i]; j++)
            if (paths[j] && strcmp(paths[i], paths[j]) == 0)
                return wrong("two files cannot both be '%.200s'", paths[i]);
    }
    return 0;
}

static int check(struct compare *c)
{
    char error[COMPARE_ERROR];
    if (c->startup_count && c->bench_count > 1)
        return wrong("--startup measures start and end only, so '%.100s' has no place beside it", c->bench[1]);
    if ((!c->startup_count && complete_bench(c)) || check_files(c))
        return -1;
    if (access(c->program, X_OK))
        return wrong("cannot run '%s', which belongs beside this program: %s", c->program, strerror(errno));
    if (!c->launchers.count && launchers_find(&c->launchers, c->own, error, sizeof error))
        return wrong("%s", error);
    for (int i = 0; i < c->launchers.count && c->startup_count; i++)
        if (!launcher_has_n(&c->launchers.at[i]))
            return wrong("the launcher %s has no {n}, the place of the number of ranks that --startup varies",
                         c->launchers.at[i].name);
    return 0;
}

static int find_own_folder(struct compare *c)
{
    ssize_t n = readlink("/proc/self/exe", c->own, sizeof c->own - 1);
    if (n <= 0 || n >= (ssize_t)sizeof c->own - 1)
        return wrong("cannot find the folder of this program: %s", n <= 0 ? strerror(errno) : "too long a name");
    c->own[n] = 0;
    *strrchr(c->own, '/') = 0;
    snprintf(c->program, sizeof c->program, "%s/godwit-bench", c->own);
    return 0;
}

/* ---- the rounds ---- */

/* What godwit-bench itself says against its command line is the same under every launcher: it is told once.
 * After a good run it is not the command line, but this launcher, which has started ranks that do not know of
 * each other. */
static int refusal(const struct compare *c, const struct launcher *l, const struct outcome *o)
{
    const char *at = o->code == CODE_USAGE && !c->good_runs ? strstr(o->err, "godwit-bench: ") : NULL;
    if (!at)
        return 0;
    compare_progress(NULL);
    at += strlen("godwit-bench: ");
    wrong("%.*s (it says so under %s)", (int)strcspn(at, "\r\n"), at, l->name);
    return 1;
}

/* 0, or the exit code that ends everything. */
static int one_run(struct compare *c, struct launcher *l, struct run_result *result)
{
    char error[COMPARE_ERROR];
    struct outcome o;
    char **words = launcher_command(l, c->ranks, c->bench);
    run_command(&o, words, c->limit);
    free(words);
    int end = refusal(c, l, &o) ? CODE_USAGE : 0;
    if (!end && o.code) {
        compare_failed(l, o.reason, o.err);
    } else if (!end) {
        FILE *f = o.out_length ? fmemopen(o.out, o.out_length, "r") : NULL;
        if (!f)
            compare_failed(l, "it printed nothing", o.err);
        else if (csv_read(f, &result->facts, &result->points, error, sizeof error))
            compare_failed(l, error, o.err);
        else if (!result->points.count)
            compare_failed(l, "it measured nothing", o.err);
        else
            c->good_runs += result->good = 1;
        if (f)
            fclose(f);
    }
    outcome_free(&o);
    return end;
}

static int all_failed(const struct launchers *list)
{
    for (int l = 0; l < list->count; l++)
        if (!list->at[l].failed)
            return 0;
    return 1;
}

static int any_failed(const struct launchers *list)
{
    for (int l = 0; l < list->count; l++)
        if (list->at[l].failed)
            return 1;
    return 0;
}

static int rounds(struct compare *c, struct run_result *runs)
{
    for (int r = 0; r < c->rounds; r++)
        for (int i = 0; i < c->launchers.count; i++) {
            int which = compare_turn(r, i, c->launchers.count);
            struct launcher *l = &c->launchers.at[which];
            if (l->failed)
                continue;
            compare_progress("round %d of %d: %s ...", r + 1, c->rounds, l->name);
            int end = one_run(c, l, &runs[which * c->rounds + r]);
            if (end)
                return end;
        }
    compare_progress(NULL);
    return 0;
}

static char *text_of(const struct compared *d, void (*write)(const struct compared *, FILE *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    if (f) {
        write(d, f);
        if (fclose(f) == 0)
            return text;
    }
    free(text);
    return NULL;
}

static void write_plot(const struct compared *d, FILE *f)
{
    if (compared_plot(d, f))
        wrong("there is nothing that a picture could show");
}

static int report(struct compare *c, const struct run_result *runs)
{
    struct compared d;
    if (all_failed(&c->launchers))
        return CODE_FAILED;
    compared_make(&d, c, runs);
    /* Standard output holds one thing: a file that was sent there, or the table. */
    const char *paths[] = {c->csv, c->json, c->plot};
    int to_stdout = 0, code = any_failed(&c->launchers) ? CODE_FAILED : 0;
    for (int i = 0; i < 3; i++)
        to_stdout |= paths[i] && strcmp(paths[i], "-") == 0;
    if (!to_stdout)
        compared_show(&d, stdout);
    if (fflush(stdout)) {
        wrong("cannot write to standard output: %s", strerror(errno));
        code = CODE_FAILED;
    }
    char *csv = c->csv ? text_of(&d, compared_csv) : NULL, *json = c->json ? text_of(&d, compared_json) : NULL;
    char *plot = c->plot ? text_of(&d, write_plot) : NULL;
    if ((c->csv && !csv) || (c->json && !json) || (c->plot && (!plot || !*plot)))
        code = CODE_FAILED;
    if (plot && !*plot) {
        free(plot);
        plot = NULL;
    }
    if (compare_write(c, csv, json, plot))
        code = CODE_FAILED;
    compared_free(&d);
    return code;
}

static int compare(struct compare *c)
{
    struct run_result *runs = calloc((size_t)(c->launchers.count * c->rounds), sizeof *runs);
    if (!runs)
        compare_no_memory();
    int code = rounds(c, runs);
    if (!code)
        code = report(c, runs);
    for (int i = 0; i < c->launchers.count * c->rounds; i++)
        points_free(&runs[i].points);
    free(runs);
    return code;
}

int main(int argc, char **argv)
{
    static struct compare c;
    c.ranks = 2;
    c.rounds = 5;
    c.limit = 600;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0 ||
            strcmp(argv[i], "-V") == 0) {
            fputs(strpbrk(argv[i], "vV") ? "godwit-compare (Godwit) " PACKAGE_VERSION "\n" : help, stdout);
            if (!fflush(stdout))
                return 0;
            wrong("cannot write to standard output: %s", strerror(errno));
            return CODE_FAILED;
        }
        c.verbose |= strcmp(argv[i], "-v") == 0;
    }
    run_begin(c.verbose);
    c.bench = calloc((size_t)argc + 16, sizeof *c.bench);
    if (!c.bench)
        compare_no_memory();
    int code = find_own_folder(&c) ? CODE_USAGE : 0;
    c.bench[c.bench_count++] = c.program;
    for (int i = 1, ours; !code && i < argc; i++) {
        if ((ours = parse_word(&c, argc, argv, &i)) < 0)
            code = CODE_USAGE;
        else if (!ours)
            c.bench[c.bench_count++] = argv[i];
    }
    if (!code && check(&c))
        code = CODE_USAGE;
    if (!code)
        code = c.startup_count ? startup_run(&c) : compare(&c);
    launchers_free(&c.launchers);
    free(c.bench);
    return code;
}
