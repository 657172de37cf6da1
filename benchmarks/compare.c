/* godwit-compare: godwit-bench under several launchers, which take turns run by run so that all of them see the
 * same machine. Here: the command line and the rounds. What the runs say stands in compare_table.c, --startup in
 * startup.c. */
#define _GNU_SOURCE
#include "config.h"

#include "benchmarks/compare.h"
#include "benchmarks/cpus.h"
#include "benchmarks/options.h"

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

int compare_write(const struct compare *c, int (*make)(const void *arg, enum output, FILE *), const void *arg)
{
    char error[COMPARE_ERROR];
    run_hold();
    int code = outputs_write(&c->outputs, make, arg, error, sizeof error) ? wrong("%s", error) : 0;
    run_release();
    return code;
}

void compare_explain_ratio(const struct compare *c, int first, FILE *f)
{
    const char *mine = c->launchers.at[first].name;
    int other = -1, others = 0;
    for (int l = 0; l < c->launchers.count; l++)
        if (l != first && !c->launchers.at[l].failed) {
            other = l;
            others++;
        }
    if (others == 1)
        fprintf(f, "Ratio: how many times faster %s is than %s; below 1 it is slower.\n", mine,
                c->launchers.at[other].name);
    else if (others)
        fprintf(f,
                "Ratio: how many times faster %s is than the launcher that the ratio stands beside; below 1 it is "
                "slower.\n",
                mine);
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
    if ((found = option("--csv", argc, argv, i, &c->outputs.paths[OUTPUT_CSV])) ||
        (found = option("--json", argc, argv, i, &c->outputs.paths[OUTPUT_JSON])) ||
        (found = option("--plot", argc, argv, i, &c->outputs.paths[OUTPUT_PLOT])))
        return found;
    return 0;
}

/* A word for godwit-bench, with its value where that is the next one, so that no value is taken for a word of its
 * own. 0, or -1 after a sentence. */
static int take_bench(struct compare *c, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    int value = options_value(word);
    if (word[0] != '-' && !c->command)
        c->command = word;
    if (word[0] == '-' && value < 0)
        return wrong(
            "unknown option '%.100s' (godwit-compare --help lists its own, godwit-bench --help those of the "
            "measurement)",
            word);
    c->pin_given |= strncmp(word, "--pin", 5) == 0;
    c->floor_given |= strncmp(word, "--floor", 7) == 0;
    c->bench[c->bench_count++] = word;
    if (value > 0 && *i + 1 < argc)
        c->bench[c->bench_count++] = argv[++*i];
    return 0;
}

static void add_bench(struct compare *c, const char *option, const char *value)
{
    c->bench[c->bench_count++] = option;
    c->bench[c->bench_count++] = value;
}

/* A core for each rank, but of the cpus that this program may use: a rank cannot tell what its launcher has taken
 * from it and what the user has (taskset), so it is told. */
static const char *pin_within(struct compare *c)
{
    struct cpus own, all, most;
    if (cpus_get(&own))
        return "core";
    memset(&all, 0xff, sizeof all);
    int widened = cpus_set(&all) == 0 && cpus_get(&most) == 0;
    if ((widened && cpus_set(&own)) || (widened && cpus_within(&most, &own)) || cpus_count(&own) > OPTIONS_CPUS)
        return "core";
    strcpy(c->pin, "core:");
    cpus_text(&own, c->pin + strlen(c->pin), sizeof c->pin - strlen(c->pin));
    return c->pin;
}

/* The words for godwit-bench: pingpong where no subcommand is among them, and what every run has. */
static int complete_bench(struct compare *c)
{
    struct options o;
    char error[COMPARE_ERROR];
    if (!c->command) {
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
    add_bench(c, "--csv", "-");
    if (!c->pin_given || (o.pin == PIN_CORE && !o.cpu_count))
        add_bench(c, "--pin", pin_within(c));
    if (!c->floor_given)
        add_bench(c, "--floor", "auto");
    c->bench[c->bench_count] = NULL;
    return 0;
}

static int check(struct compare *c)
{
    char error[COMPARE_ERROR];
    if (c->startup_count && c->bench_count > 1)
        return wrong("--startup measures start and end only, so '%.100s' has no place beside it", c->bench[1]);
    if (!c->startup_count && complete_bench(c))
        return -1;
    if (outputs_check(&c->outputs, error, sizeof error))
        return wrong("%s", error);
    if (access(c->program, X_OK))
        return wrong("cannot run '%s', which belongs beside this program: %s", c->program, strerror(errno));
    if (!c->launchers.count && launchers_find(&c->launchers, c->own, error, sizeof error))
        return wrong("%s", error);
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

const char *compare_ranks_unlike(char *text, size_t room, int found, int asked)
{
    snprintf(text, room, "its job had %d rank%s, not the %d that were asked for", found, found == 1 ? "" : "s",
             asked);
    return text;
}

/* Is this run of a launcher of the same kind as its first? 0, or -1 with what differs. */
static int is_like(const struct run_result *first, const struct run_result *run, char *text, size_t room)
{
    if (strcmp(first->facts.library, run->facts.library) != 0) {
        snprintf(text, room, "one of its runs had the library of %.100s, its first that of %.100s",
                 run->facts.library, first->facts.library);
        return -1;
    }
    int same = first->points.count == run->points.count;
    for (size_t i = 0; same && i < run->points.count; i++)
        same = points_same(&first->points.at[i], &run->points.at[i]);
    if (!same)
        snprintf(text, room, "one of its runs has measured other points than its first");
    return same ? 0 : -1;
}

/* 0, or the exit code that ends everything. */
static int one_run(struct compare *c, struct launcher *l, const struct run_result *first, struct run_result *result)
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
        else if (result->facts.ranks != c->ranks)
            compare_failed(l, compare_ranks_unlike(error, sizeof error, result->facts.ranks, c->ranks), o.err);
        else if (first->good && is_like(first, result, error, sizeof error))
            compare_failed(l, error, o.err);
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
            int end = one_run(c, l, &runs[which * c->rounds], &runs[which * c->rounds + r]);
            if (end)
                return end;
        }
    compare_progress(NULL);
    return 0;
}

static int report(struct compare *c, const struct run_result *runs)
{
    struct comparison d;
    if (all_failed(&c->launchers))
        return CODE_FAILED;
    comparison_begin(&d, c, runs);
    int code = any_failed(&c->launchers) ? CODE_FAILED : 0;
    /* Standard output holds one thing: a file that was sent there, or the table. */
    if (!outputs_to_stdout(&c->outputs))
        comparison_show(&d, stdout);
    if (fflush(stdout) || ferror(stdout)) {
        wrong("cannot write to standard output: %s", strerror(errno));
        code = CODE_FAILED;
    }
    if (compare_write(c, comparison_make, &d))
        code = CODE_FAILED;
    comparison_free(&d);
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

/* What asks for a text instead of a comparison; values of options are behind us when we look at a word. */
static const char *text_asked_for(const char *word)
{
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        return help;
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return "godwit-compare (Godwit) " PACKAGE_VERSION "\n";
    return NULL;
}

static int show(const char *text)
{
    fputs(text, stdout);
    if (!fflush(stdout))
        return 0;
    wrong("cannot write to standard output: %s", strerror(errno));
    return CODE_FAILED;
}

/* 0; or -1: the program ends with *code. */
static int parse(struct compare *c, int argc, char **argv, int *code)
{
    *code = CODE_USAGE;
    for (int i = 1; i < argc; i++) {
        const char *text = text_asked_for(argv[i]);
        if (text) {
            *code = show(text);
            return -1;
        }
        int ours = parse_word(c, argc, argv, &i);
        if (ours < 0 || (!ours && take_bench(c, argc, argv, &i)))
            return -1;
    }
    run_verbose(c->verbose);
    if (check(c))
        return -1;
    *code = 0;
    return 0;
}

int main(int argc, char **argv)
{
    static struct compare c;
    int code = CODE_USAGE;
    c.ranks = 2;
    c.rounds = 5;
    c.limit = 600;
    files_begin(run_has_to_end);
    run_begin();
    c.bench = calloc((size_t)argc + 16, sizeof *c.bench);
    if (!c.bench)
        compare_no_memory();
    if (!find_own_folder(&c)) {
        c.bench[c.bench_count++] = c.program;
        if (!parse(&c, argc, argv, &code))
            code = c.startup_count ? startup_run(&c) : compare(&c);
    }
    launchers_free(&c.launchers);
    free(c.bench);
    return code;
}
