/* The command line of godwit-bench: see options.h. Two tables say which subcommands and which options there are,
 * and which of the one use which of the other; what an option does stands in `apply`. */
#define _GNU_SOURCE
#include "benchmarks/options.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "Usage: godwit-bench SUBCOMMAND [OPTIONS]     (most of them: mpirun -n 2 godwit-bench ...)\n"
    "Measures an MPI library, and the machine below it.  man godwit-bench has the details.\n"
    "\n"
    "  pingpong       half a round trip         modes    ways to send, side by side (--ops LIST)\n"
    "  stream         bandwidth, one way        overlap  how much of a transfer is free for computing\n"
    "  bistream       bandwidth, both ways      coll OP[,OP...]   collectives; 'coll all' is all of them\n"
    "  rate           messages/s, many pairs    sweep    a short round of everything\n"
    "  floor          the machine without MPI   start    start and end MPI only (--memory: KiB per rank)\n"
    "\n"
    "  --sizes 8:4M | 8,1K,64K    message sizes: powers of two from ... to, or a list\n"
    "  --seconds S                time for each point (0.2), or\n"
    "  --iterations N             operations for each point\n"
    "  --warmup N                 operations before each point (a tenth of the time)\n"
    "  --window N                 messages under way at once in streams (64)\n"
    "  --buffers same | rotate    one buffer, or through more memory than the caches hold (same)\n"
    "  --check                    fill and verify every byte; the times include that\n"
    "  --floor auto | off | memory | tcp     what the machine itself needs, beside each figure (auto)\n"
    "  --pin keep | core | one | 0,2,4-7     as the launcher left it, a core for each rank, all ranks on\n"
    "                             one cpu, or these cpus for the ranks of each host (keep)\n"
    "  --ranks 2,4,8              coll: with so many of the ranks\n"
    "  --csv FILE, --json FILE    the figures as a file; - is standard output\n"
    "  --plot FILE.svg            the figures as a picture\n"
    "  -h, --help; -V, --version\n";

/* One bit for each option that only some subcommands use. */
enum {
    SIZES = 1 << 0, SECONDS = 1 << 1, ITERATIONS = 1 << 2, WARMUP = 1 << 3, WINDOW = 1 << 4, BUFFERS = 1 << 5,
    CHECK = 1 << 6, FLOOR = 1 << 7, PIN = 1 << 8, JSON = 1 << 9, CSV = 1 << 10, PLOT = 1 << 11, OPS = 1 << 12,
    RANKS = 1 << 13, MEMORY = 1 << 14,
    FILES = JSON | CSV | PLOT,
    MEASURED = SIZES | SECONDS | ITERATIONS | WARMUP | BUFFERS | CHECK | FLOOR | PIN | FILES
};

static const struct {
    const char *name;
    enum command command;
    int uses;
} commands[] = {
    {"pingpong", COMMAND_PINGPONG, MEASURED},
    {"stream", COMMAND_STREAM, MEASURED | WINDOW},
    {"bistream", COMMAND_BISTREAM, MEASURED | WINDOW},
    {"rate", COMMAND_RATE, MEASURED | WINDOW},
    {"modes", COMMAND_MODES, MEASURED | OPS},
    {"overlap", COMMAND_OVERLAP, MEASURED},
    {"coll", COMMAND_COLL, MEASURED | RANKS},
    {"sweep", COMMAND_SWEEP, MEASURED | WINDOW},
    {"floor", COMMAND_FLOOR, SIZES | SECONDS | BUFFERS | PIN | FILES},
    {"start", COMMAND_START, MEMORY},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const struct option {
    const char *name;
    int bit;         /* 0: help and version, which belong to all */
    const char *value; /* what comes after it, for the sentence when it is missing; NULL: nothing */
} options[] = {
    {"--sizes", SIZES, "sizes, such as 8:4M"},
    {"--seconds", SECONDS, "a time in seconds"},
    {"--iterations", ITERATIONS, "a number of operations"},
    {"--warmup", WARMUP, "a number of operations"},
    {"--window", WINDOW, "a number of messages"},
    {"--buffers", BUFFERS, "same or rotate"},
    {"--check", CHECK, NULL},
    {"--floor", FLOOR, "auto, off, memory or tcp"},
    {"--pin", PIN, "keep, core, one or a list of cpus"},
    {"--json", JSON, "a file name"},
    {"--csv", CSV, "a file name"},
    {"--plot", PLOT, "a file name"},
    {"--ops", OPS, "names of modes"},
    {"--ranks", RANKS, "numbers of ranks, such as 2,4,8"},
    {"--memory", MEMORY, NULL},
    {"--help", 0, NULL},
    {"--version", 0, NULL},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static int fail(char *error, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(char *error, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, room, format, args);
    va_end(args);
    for (char *c = error; *c; c++) /* arguments may hold anything, and this is shown on a terminal */
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return -1;
}

/* ---- numbers and lists ---- */

/* Digits at *text, which moves behind them. The number, or -1: no digit there, or more than most. */
static long take_number(const char **text, long most)
{
    const char *p = *text;
    long n = 0;
    if (*p < '0' || *p > '9')
        return -1;
    for (; *p >= '0' && *p <= '9'; p++) {
        int digit = *p - '0';
        if (n > (most - digit) / 10)
            return -1;
        n = 10 * n + digit;
    }
    *text = p;
    return n;
}

static int take_count(const char *name, const char *text, long least, long most, long *out, char *error,
                      size_t room)
{
    const char *p = text;
    long n = take_number(&p, most);
    if (n < least || *p)
        return fail(error, room, "%s takes a number from %ld to %ld, not '%s'", name, least, most, text);
    *out = n;
    return 0;
}

static int take_seconds(const char *text, double *out, char *error, size_t room)
{
    char *end;
    double s = strtod(text, &end);
    /* only digits and a point: neither "nan" nor "0x1p3" nor " 1" */
    if (!*text || strspn(text, "0123456789.") != strlen(text) || *end || !(s >= 0.001) || s > 3600)
        return fail(error, room, "--seconds takes a time from 0.001 to 3600, not '%s'", text);
    *out = s;
    return 0;
}

/* One size at *text with its unit: the bytes, 0 when it is none, SIZE_MAX when it is too large. */
static size_t take_size(const char **text)
{
    const char *p = *text;
    size_t bytes = 0;
    int shift = 0, large = 0;
    if (*p < '0' || *p > '9')
        return 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        bytes = 10 * bytes + (size_t)(*p - '0');
        large |= bytes > INT_MAX;
        if (large)
            bytes = 1;
    }
    switch (*p) {
    case 'k': case 'K': shift = 10; break;
    case 'm': case 'M': shift = 20; break;
    case 'g': case 'G': shift = 30; break;
    default: break;
    }
    if (shift)
        p++;
    *text = p;
    if (large || bytes > (size_t)INT_MAX >> shift)
        return SIZE_MAX;
    return bytes << shift;
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The sizes in order, each once. */
static int sort_sizes(size_t *sizes, int count)
{
    int kept = 0;
    qsort(sizes, (size_t)count, sizeof *sizes, by_size);
    for (int i = 0; i < count; i++)
        if (!kept || sizes[kept - 1] != sizes[i])
            sizes[kept++] = sizes[i];
    return kept;
}

/* Doubled from the one on, and the other at the end. The count, or -1: no room for all. */
static int sizes_of_range(size_t from, size_t to, size_t *sizes, int room)
{
    int count = 0;
    for (size_t s = from; s < to; s *= 2) {
        if (count == room)
            return -1;
        sizes[count++] = s;
    }
    if (count == room)
        return -1;
    sizes[count++] = to;
    return count;
}

static int too_large(const char *text, char *error, size_t room)
{
    return fail(error, room, "'%s': the largest message that can be measured has %d bytes", text, INT_MAX);
}

int options_sizes(const char *text, size_t *sizes, int room, char *error, size_t error_room)
{
    const char *p = text;
    int count = 0;
    for (;;) {
        const char *begin = p;
        size_t bytes = take_size(&p);
        if (bytes == 0 && p > begin)
            return fail(error, error_room, "'%s': the smallest message that can be measured has 1 byte", text);
        if (bytes == SIZE_MAX)
            return too_large(text, error, error_room);
        if (bytes == 0 || (*p && *p != ',' && *p != ':') || (*p == ':' && count))
            return fail(error, error_room,
                        "'%s' is neither a range of sizes, such as 8:4M, nor a list, such as 8,1K,64K", text);
        if (count == room)
            return fail(error, error_room, "'%s' has more than %d sizes", text, room);
        if (*p == ':') {
            const char *end = ++p;
            size_t to = take_size(&p);
            if (to == SIZE_MAX)
                return too_large(text, error, error_room);
            if (p == end || *p)
                return fail(error, error_room, "'%s' is no range of sizes, such as 8:4M", text);
            if (to < bytes)
                return fail(error, error_room, "'%s' is a range that ends before it begins", text);
            count = sizes_of_range(bytes, to, sizes, room);
            return count > 0 ? count : fail(error, error_room, "'%s' has more than %d sizes", text, room);
        }
        sizes[count++] = bytes;
        if (!*p)
            return sort_sizes(sizes, count);
        p++;
    }
}

static int take_ranks(struct options *o, const char *text, char *error, size_t room)
{
    const char *p = text;
    o->rank_count = 0;
    for (;;) {
        long n = take_number(&p, INT_MAX);
        if (n < 1 || (*p && *p != ','))
            return fail(error, room, "--ranks takes numbers of ranks, such as 2,4,8, not '%s'", text);
        if (o->rank_count == OPTIONS_SIZES)
            return fail(error, room, "--ranks takes at most %d numbers", OPTIONS_SIZES);
        o->ranks[o->rank_count++] = (int)n;
        if (!*p)
            return 0;
        p++;
    }
}

/* "0,2,4-7" */
static int take_cpus(struct options *o, const char *text, char *error, size_t room)
{
    enum { HIGHEST = 8191 };
    const char *p = text;
    o->cpu_count = 0;
    for (;;) {
        long from = take_number(&p, HIGHEST), to = from;
        if (*p == '-') {
            p++;
            to = take_number(&p, HIGHEST);
        }
        if (from < 0 || to < from || (*p && *p != ','))
            return fail(error, room, "--pin takes keep, core, one or a list of cpus, such as 0,2,4-7, not '%s'",
                        text);
        for (long cpu = from; cpu <= to; cpu++) {
            if (o->cpu_count == OPTIONS_CPUS)
                return fail(error, room, "--pin takes at most %d cpus", OPTIONS_CPUS);
            o->cpus[o->cpu_count++] = (int)cpu;
        }
        if (!*p)
            return 0;
        p++;
    }
}

static int take_names(struct options *o, const char *what, const char *text, char *error, size_t room)
{
    const char *p = text;
    for (;;) {
        size_t length = strcspn(p, ",");
        if (!length)
            return fail(error, room, "%s '%s' has an empty name between its commas", what, text);
        if (length >= OPTIONS_NAME) /* none has such a name, and the one who knows them says which there are */
            length = OPTIONS_NAME - 1;
        if (o->op_count == OPTIONS_OPS)
            return fail(error, room, "%s takes at most %d names", what, OPTIONS_OPS);
        memcpy(o->ops[o->op_count], p, length);
        o->ops[o->op_count++][length] = 0;
        p += strcspn(p, ",");
        if (!*p)
            return 0;
        p++;
    }
}

/* Which of the words; -1: none. */
static int take_word(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static int take_file(const char *name, const char *value, const char **out, char *error, size_t room)
{
    if (!*value)
        return fail(error, room, "%s needs a file name after it", name);
    *out = value;
    return 0;
}

/* ---- options ---- */

/* One of the words, as its number. */
static int apply_word(const struct option *option, const char *value, int *out, char *error, size_t room)
{
    static const char *const buffers[] = {"same", "rotate", NULL}, *const pins[] = {"keep", "core", "one", NULL};
    static const char *const floors[] = {"auto", "off", "memory", "tcp", NULL};
    *out = take_word(option->bit == BUFFERS ? buffers : option->bit == FLOOR ? floors : pins, value);
    return *out >= 0 ? 0 : fail(error, room, "%s takes %s, not '%s'", option->name, option->value, value);
}

static int apply(struct options *o, const struct option *option, const char *value, char *error, size_t room)
{
    const char *name = option->name;
    long n = 0;
    int failed = 0, word = 0;
    switch (option->bit) {
    case SIZES: {
        char why[256];
        o->size_count = options_sizes(value, o->sizes, OPTIONS_SIZES, why, sizeof why);
        return o->size_count > 0 ? 0 : fail(error, room, "--sizes %s", why);
    }
    case SECONDS: return take_seconds(value, &o->seconds, error, room);
    case ITERATIONS: return take_count(name, value, 1, 1000000000000, &o->iterations, error, room);
    case WARMUP: return take_count(name, value, 0, 1000000000000, &o->warmup, error, room);
    case WINDOW:
        failed = take_count(name, value, 1, 65536, &n, error, room);
        o->window = (int)n;
        return failed;
    case BUFFERS: return apply_word(option, value, &o->rotate, error, room);
    case CHECK: o->check = 1; return 0;
    case FLOOR:
        failed = apply_word(option, value, &word, error, room);
        o->floor = (enum floor_kind)word;
        return failed;
    case PIN:
        o->cpu_count = 0;
        if (strncmp(value, "core:", 5) == 0) { /* of these cpus only: from godwit-compare */
            o->pin = PIN_CORE;
            return take_cpus(o, value + 5, error, room);
        }
        failed = apply_word(option, value, &word, error, room);
        o->pin = failed ? PIN_LIST : (enum pin)word;
        return failed ? take_cpus(o, value, error, room) : 0;
    case JSON: return take_file(name, value, &o->json, error, room);
    case CSV: return take_file(name, value, &o->csv, error, room);
    case PLOT: return take_file(name, value, &o->plot, error, room);
    case OPS:
        o->op_count = 0;
        return take_names(o, name, value, error, room);
    case RANKS: return take_ranks(o, value, error, room);
    default: o->memory = 1; return 0; /* MEMORY */
    }
}

static const struct option *find(const char *name, size_t length)
{
    for (int i = 0; i < OPTIONS; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

/* The argument at argv[*at], and its value behind it. *given collects the options' bits. */
static int take_option(struct options *o, char **argv, int argc, int *at, int *given, char *error, size_t room)
{
    const char *text = argv[*at], *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const struct option *option = find(text, length);
    if (!option)
        return fail(error, room, "unknown option '%.*s' (godwit-bench --help lists them)", (int)length, text);
    if (!option->value && equals)
        return fail(error, room, "%s takes no value", option->name);
    const char *value = equals ? equals + 1 : NULL;
    if (option->value && !value) {
        if (*at + 1 >= argc)
            return fail(error, room, "%s needs %s after it", option->name, option->value);
        value = argv[++*at];
    }
    *given |= option->bit;
    return apply(o, option, value, error, room);
}

static int take_argument(struct options *o, const char *text, char *error, size_t room)
{
    if (o->command == COMMAND_NONE) {
        for (int i = 0; i < COMMANDS; i++)
            if (strcmp(commands[i].name, text) == 0)
                o->command = commands[i].command;
        return o->command != COMMAND_NONE
                   ? 0
                   : fail(error, room, "unknown subcommand '%s' (godwit-bench --help lists them)", text);
    }
    if (o->command != COMMAND_COLL)
        return fail(error, room, "%s takes options only, and '%s' is none", options_command(o->command), text);
    return take_names(o, "coll", text, error, room);
}

int options_value(const char *word)
{
    const struct option *option = find(word, strcspn(word, "="));
    return !option ? -1 : option->value && !strchr(word, '=');
}

const char *options_command(enum command command)
{
    for (int i = 0; i < COMMANDS; i++)
        if (commands[i].command == command)
            return commands[i].name;
    return "";
}

/* What can only be judged when all arguments are known. */
static int judge(const struct options *o, int given, char *error, size_t room)
{
    int uses = 0;
    if (o->command == COMMAND_NONE)
        return fail(error, room, "no subcommand: pingpong, sweep, floor or another (godwit-bench --help lists them)");
    for (int i = 0; i < COMMANDS; i++)
        if (commands[i].command == o->command)
            uses = commands[i].uses;
    for (int i = 0; i < OPTIONS; i++)
        if (given & options[i].bit & ~uses)
            return fail(error, room, "%s does not use %s", options_command(o->command), options[i].name);
    if ((given & SECONDS) && (given & ITERATIONS))
        return fail(error, room, "--seconds and --iterations both say how long a point is measured; give one");
    if (o->check && (o->floor == FLOOR_MEMORY || o->floor == FLOOR_TCP))
        return fail(error, room, "--check and --floor do not go together: the times with --check include the filling "
                                 "and verifying, which no floor has");
    if (o->command == COMMAND_COLL && !o->op_count)
        return fail(error, room, "coll needs operations to measure, such as: coll barrier,allreduce, or: coll all");
    if (o->csv && o->json && strcmp(o->csv, o->json) == 0)
        return fail(error, room, "--csv and --json both write '%s'", o->csv);
    const char *text_file = o->csv && o->plot && strcmp(o->csv, o->plot) == 0 ? "--csv" : "--json";
    if (o->plot && ((o->csv && strcmp(o->csv, o->plot) == 0) || (o->json && strcmp(o->json, o->plot) == 0)))
        return fail(error, room, "%s and --plot both write '%s'", text_file, o->plot);
    return 0;
}

int options_parse(struct options *o, int argc, char **argv, char *error, size_t room)
{
    int given = 0;
    *o = (struct options){.seconds = 0.2, .warmup = -1, .window = 64};
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (strcmp(text, "-h") == 0 || strcmp(text, "--help") == 0) {
            o->command = COMMAND_HELP;
            return 0;
        }
        if (strcmp(text, "-V") == 0 || strcmp(text, "--version") == 0) {
            o->command = COMMAND_VERSION;
            return 0;
        }
        int failed = text[0] == '-' ? take_option(o, argv, argc, &i, &given, error, room)
                                    : take_argument(o, text, error, room);
        if (failed)
            return -1;
    }
    return judge(o, given, error, room);
}
