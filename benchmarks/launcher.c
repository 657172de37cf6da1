/* Which launchers there are, and the command that starts a job under one of them: a template of words in which {n}
 * and {prog} are filled. Known names are looked for on PATH; nothing is started here but `mpirun --version`. */
#define _GNU_SOURCE
#include "benchmarks/compare.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPLATE = 4 * PATH_MAX, VERSION_LIMIT = 10 };

struct known {
    const char *name, *maker;
    const char *programs[5]; /* on PATH, the sure ones first */
    const char *begins[2];   /* the first line of `--version` begins so; or has, behind the program's name, */
    const char *says[2];     /* one of these */
    const char *options;
};

static const struct known knowns[] = {
    {"godwit", "Godwit", {"mpirun", "mpiexec"}, {NULL}, {" (Godwit) "}, "-n {n}"},
    {"openmpi",
     "Open MPI",
     {"mpirun.openmpi", "mpiexec.openmpi", "mpirun", "mpiexec"},
     {NULL},
     {" (Open MPI) ", " (OpenRTE) "},
     "-n {n} --oversubscribe --bind-to none"},
    {"mpich",
     "MPICH",
     {"mpiexec.mpich", "mpirun.mpich", "mpiexec", "mpirun", "mpiexec.hydra"},
     {"HYDRA build details", "MPICH Version:"},
     {NULL},
     "-n {n}"},
};
enum { KNOWNS = sizeof knowns / sizeof *knowns };

static void *need(void *memory)
{
    return memory ? memory : (compare_no_memory(), NULL);
}

/* ---- templates ---- */

/* One word from *at on, which is moved behind it: quotes and backslashes as in a shell. 1, 0 at the end of the
 * text, or -1 when a quote is not closed. */
static int next_word(const char **at, char **word)
{
    const char *c = *at;
    char quote = 0;
    while (isspace((unsigned char)*c))
        c++;
    if (!*c)
        return 0;
    char *out = need(malloc(strlen(c) + 2));
    int quoted = 0;
    *word = out;
    for (; *c && (quote || !isspace((unsigned char)*c)); c++) {
        if (quote ? *c == quote : *c == '"' || *c == '\'') {
            quote = quote ? 0 : *c;
            quoted = 1;
        } else if (*c == '\\' && quote != '\'' && c[1] && (!quote || c[1] == quote || c[1] == '\\')) {
            *out++ = *++c;
        } else {
            *out++ = *c;
        }
    }
    *out = 0;
    out[1] = (char)quoted; /* for is_program_words */
    *at = c;
    return quote ? -1 : 1;
}

static void free_words(char **words)
{
    for (char **w = words; w && *w; w++)
        free(*w);
    free(words);
}

/* The words of the text; NULL when a quote is not closed. */
static char **split(const char *text)
{
    char **words = need(calloc(strlen(text) / 2 + 2, sizeof *words));
    int found, count = 0;
    while ((found = next_word(&text, &words[count])) > 0)
        count++;
    if (found == 0)
        return words;
    free_words(words);
    return NULL;
}

static int has(char *const *words, const char *place)
{
    for (; *words; words++)
        if (strstr(*words, place))
            return 1;
    return 0;
}

/* The program inside of a longer word is text for somebody else's shell (ssh host "mpirun {prog}"). */
static void put_quoted(FILE *f, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    if (*word && strspn(word, plain) == strlen(word)) {
        fputs(word, f);
        return;
    }
    fputc('\'', f);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", f);
        else
            fputc(*word, f);
    fputc('\'', f);
}

/* One word of the template; NULL without memory. */
static char *fill(const char *word, int ranks, const char *const *program)
{
    char *text = NULL;
    size_t length = 0;
    FILE *f = open_memstream(&text, &length);
    if (!f)
        return NULL;
    while (*word) {
        if (strncmp(word, "{n}", 3) == 0) {
            fprintf(f, "%d", ranks);
            word += 3;
        } else if (strncmp(word, "{prog}", 6) == 0) {
            for (const char *const *p = program; *p; p++) {
                if (p > program)
                    fputc(' ', f);
                put_quoted(f, *p);
            }
            word += 6;
        } else {
            fputc(*word++, f);
        }
    }
    if (fclose(f)) {
        free(text);
        return NULL;
    }
    return text;
}

/* {prog} by itself stands for several words; in quotes ("sh -c '{prog}'") it is one. Each word of a template has
 * behind its end whether it was quoted. */
static int is_program_words(const char *word)
{
    return strcmp(word, "{prog}") == 0 && !word[strlen(word) + 1];
}

char **launcher_command(const struct launcher *l, int ranks, const char *const *program)
{
    size_t room = 1, count = 0, length = 0;
    while (program[length])
        length++;
    for (char **w = l->words; *w; w++)
        room += is_program_words(*w) ? length : 1;
    /* One block: the pointers, which are freed by the caller, and the texts behind them. */
    char **filled = need(calloc(room, sizeof *filled));
    size_t bytes = room * sizeof *filled;
    for (char **w = l->words; *w; w++) {
        if (is_program_words(*w))
            for (size_t i = 0; i < length; i++)
                filled[count++] = need(strdup(program[i]));
        else
            filled[count++] = need(fill(*w, ranks, program));
    }
    for (size_t i = 0; i < count; i++)
        bytes += strlen(filled[i]) + 1;
    char **block = need(calloc(1, bytes)), *at = (char *)(block + room);
    for (size_t i = 0; i < count; i++) {
        block[i] = strcpy(at, filled[i]);
        at += strlen(at) + 1;
    }
    free_words(filled);
    return block;
}

/* ---- names ---- */

static int is_taken(const struct launchers *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->at[i].name, name) == 0)
            return 1;
    return 0;
}

/* The name, with a number behind it where another launcher has it: "openmpi 2". */
static void make_name(const struct launchers *list, const char *name, size_t length, char out[LAUNCHER_NAME])
{
    char numbered[LAUNCHER_NAME + 16];
    if (length > LAUNCHER_NAME - 4)
        length = LAUNCHER_NAME - 4;
    snprintf(numbered, sizeof numbered, "%.*s", (int)length, name);
    for (char *c = numbered; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    char plain[LAUNCHER_NAME];
    strcpy(plain, numbered);
    for (int i = 2; is_taken(list, numbered); i++)
        snprintf(numbered, sizeof numbered, "%s %d", plain, i);
    memcpy(out, numbered, LAUNCHER_NAME);
    out[LAUNCHER_NAME - 1] = 0;
}

/* A template without a name is called by the MPI that its words tell, or by its first word. Godwit's name is
 * looked for in that one only: folders of the tests and of its sources have it, too. */
static const char *name_from(char *const *words)
{
    static const char *const others[] = {"openmpi", "mpich"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (has(words, others[k]))
            return others[k];
    if (strstr(words[0], "godwit"))
        return "godwit";
    const char *slash = strrchr(words[0], '/');
    return slash && slash[1] ? slash + 1 : words[0];
}

/* ---- what is on PATH ---- */

static int is_program(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

/* The n-th file of this name on PATH that can be executed. */
static int on_path(const char *name, int n, char path[PATH_MAX])
{
    const char *folders = getenv("PATH");
    for (const char *at = folders ? folders : "/usr/bin:/bin"; at;) {
        int length = (int)strcspn(at, ":");
        int fits = length && snprintf(path, PATH_MAX, "%.*s/%s", length, at, name) < PATH_MAX;
        if (fits && is_program(path) && n-- == 0)
            return 1;
        at = at[length] ? at + length + 1 : NULL;
    }
    return 0;
}

static int can_be_found(const char *word)
{
    char path[PATH_MAX];
    return strchr(word, '/') ? is_program(word) : on_path(word, 0, path);
}

/* Its options may name other MPIs further down, as Godwit's text does: the first line alone counts, and its place.
 */
const char *launcher_maker(const char *line)
{
    char first[256];
    snprintf(first, sizeof first, "%.*s ", (int)strcspn(line, "\r\n"), line);
    size_t name = strcspn(first, " ");
    for (const struct known *k = knowns; k < knowns + KNOWNS; k++)
        for (int i = 0; i < 2; i++)
            if ((k->begins[i] && strncmp(first, k->begins[i], strlen(k->begins[i])) == 0) ||
                (k->says[i] && name && strncmp(first + name, k->says[i], strlen(k->says[i])) == 0))
                return k->name;
    return NULL;
}

const char *launcher_promise(const struct launcher *l)
{
    for (const struct known *k = knowns; k < knowns + KNOWNS; k++) {
        size_t length = strlen(k->name);
        if (strncmp(l->name, k->name, length) == 0 && (!l->name[length] || l->name[length] == ' '))
            return k->maker;
    }
    return NULL;
}

/* Is this program's `--version` that of the maker? */
static int is_of(const struct known *k, char *path)
{
    char option[] = "--version", *words[] = {path, option, NULL};
    struct outcome o;
    run_command(&o, words, VERSION_LIMIT);
    const char *text = o.out[strspn(o.out, " \t\r\n")] ? o.out : o.err;
    const char *name = launcher_maker(text + strspn(text, " \t\r\n"));
    outcome_free(&o);
    return name && strcmp(name, k->name) == 0;
}

/* Godwit's own comes from beside this program: mpirun/ in the build tree, the same folder when installed. */
static int find_program(const struct known *k, const char *own, char path[PATH_MAX])
{
    static const char *const near[] = {"/../mpirun/mpirun", "/mpirun"};
    for (int i = 0; i < 2 && k == knowns; i++)
        if (snprintf(path, PATH_MAX, "%s%s", own, near[i]) < PATH_MAX && is_program(path) && is_of(k, path))
            return 1;
    for (size_t i = 0; i < sizeof k->programs / sizeof *k->programs && k->programs[i]; i++)
        for (int n = 0; on_path(k->programs[i], n, path); n++)
            if (is_of(k, path))
                return 1;
    return 0;
}

/* ---- the library that belongs to a launcher ---- */

/* Is this one's library and not another's, as far as its real name tells? */
static int fits(const struct known *k, const char *path)
{
    char real[PATH_MAX];
    if (!realpath(path, real))
        return 0;
    const char *base = strrchr(real, '/') + 1;
    for (int i = 0; i < KNOWNS; i++)
        if (&knowns[i] != k && strstr(base, knowns[i].name))
            return 0;
    return 1;
}

static int find_library(const struct known *k, const char *program, char path[PATH_MAX])
{
    static const char *const folders[] = {"lib", "lib64", "lib/*-linux-gnu", ".libs"};
    char real[PATH_MAX], pattern[PATH_MAX + 64];
    int found = 0;
    if (!realpath(program, real))
        return 0;
    for (int up = 0; up < 2; up++) { /* PREFIX/bin/mpirun */
        char *slash = strrchr(real, '/');
        if (slash)
            *slash = 0;
    }
    for (int named = 1; named >= 0 && !found; named--)
        for (size_t i = 0; i < sizeof folders / sizeof *folders && !found; i++) {
            glob_t list;
            snprintf(pattern, sizeof pattern, "%s/%s/libmpi_abi%s%s.so.1*", real, folders[i], named ? "_" : "",
                     named ? k->name : "");
            if (glob(pattern, 0, NULL, &list))
                continue;
            for (size_t j = 0; j < list.gl_pathc && !found; j++)
                if (fits(k, list.gl_pathv[j]) && strlen(list.gl_pathv[j]) < PATH_MAX) {
                    strcpy(path, list.gl_pathv[j]);
                    found = 1;
                }
            globfree(&list);
        }
    return found;
}

/* ---- adding ---- */

static int add(struct launchers *list, const char *name, size_t length, char **words, char *error, size_t room)
{
    if (list->count == LAUNCHERS) {
        free_words(words);
        snprintf(error, room, "more than %d launchers do not fit into one table", LAUNCHERS);
        return -1;
    }
    for (size_t i = 0; i < length; i++)
        if (iscntrl((unsigned char)name[i]) || *name == '#') {
            snprintf(error, room, "a launcher's name cannot begin with '#' or have control characters: '%.*s'",
                     (int)(length < 100 ? length : 100), name);
            free_words(words);
            return -1;
        }
    struct launcher *l = &list->at[list->count];
    *l = (struct launcher){.words = words};
    make_name(list, name, length, l->name);
    list->count++;
    return 0;
}

static void put_word(FILE *f, const char *word)
{
    fputc(' ', f);
    put_quoted(f, word);
}

/* Each MPI's ranks get that MPI's own library: the loader takes one that is preloaded for libmpi_abi.so.1, which
 * it says it is. Only the ranks get it, and by the launcher's own option. */
static int add_known(struct launchers *list, const struct known *k, const char *program, char *error, size_t room)
{
    char library[PATH_MAX], *text = NULL;
    const char *set = getenv("LD_LIBRARY_PATH");
    size_t length = 0;
    int is_godwit = k == knowns;
    int found = find_library(k, program, library);
    if (!found && !is_godwit) {
        snprintf(error, room,
                 "%s at %s has no libmpi_abi.so.1 beside it, which Open MPI 6 and MPICH 5 brought; "
                 "if it is elsewhere, set LD_LIBRARY_PATH and give the command: "
                 "--launcher '%s=mpirun -n {n} {prog}'",
                 k->maker, program, k->name);
        return -1;
    }
    FILE *f = open_memstream(&text, &length);
    if (!f)
        compare_no_memory();
    put_quoted(f, program);
    fprintf(f, " %s", k->options);
    if (k == &knowns[1] && geteuid() == 0)
        fputs(" --allow-run-as-root", f);
    if (found && is_godwit && set && *set) { /* otherwise godwit-bench finds it by itself */
        fputs(" -x", f);
        put_word(f, "LD_PRELOAD=");
        put_quoted(f, library);
    } else if (found && !is_godwit) {
        fputs(k == &knowns[1] ? " -x" : " -genv LD_PRELOAD", f);
        fputs(k == &knowns[1] ? " LD_PRELOAD=" : " ", f);
        put_quoted(f, library);
    }
    fputs(" {prog}", f);
    if (fclose(f))
        compare_no_memory();
    char **words = split(text);
    free(text);
    return add(list, k->name, strlen(k->name), words, error, room);
}

static int add_template(struct launchers *list, const char *name, size_t length, const char *text, char *error,
                        size_t room)
{
    char **words = split(text);
    if (!words) {
        snprintf(error, room, "a quote is not closed in the launcher '%.200s'", text);
        return -1;
    }
    if (!words[0] || !has(words, "{prog}"))
        snprintf(error, room,
                 "the launcher '%.200s' has no {prog}, the place of the program (\"mpirun -n {n} {prog}\")", text);
    else if (!has(words, "{n}"))
        snprintf(error, room,
                 "the launcher '%.200s' has no {n}, the place of the number of ranks (\"mpirun -n {n} {prog}\")",
                 text);
    else if (!can_be_found(words[0]))
        snprintf(error, room, "there is no program '%.200s' to run the launcher '%.200s'", words[0], text);
    else
        return length ? add(list, name, length, words, error, room)
                      : add(list, name_from(words), strlen(name_from(words)), words, error, room);
    free_words(words);
    return -1;
}

int launcher_add(struct launchers *list, const char *text, const char *own, char *error, size_t room)
{
    char program[PATH_MAX];
    size_t name = strcspn(text, "= \t/{\"'\\");
    if (name && text[name] == '=')
        return add_template(list, text, name, text + name + 1, error, room);
    for (const struct known *k = knowns; k < knowns + KNOWNS; k++) {
        if (strcmp(text, k->name))
            continue;
        if (find_program(k, own, program))
            return add_known(list, k, program, error, room);
        snprintf(error, room,
                 "no launcher of %s is on PATH; give its command: --launcher '%s=/where/mpirun -n {n} {prog}'",
                 k->maker, k->name);
        return -1;
    }
    if (!text[name] && name) {
        snprintf(error, room,
                 "the launcher '%.100s' is not known (godwit, openmpi, mpich, or a command with {n} and {prog})",
                 text);
        return -1;
    }
    return add_template(list, "", 0, text, error, room);
}

int launchers_find(struct launchers *list, const char *own, char *error, size_t room)
{
    char program[PATH_MAX];
    for (const struct known *k = knowns; k < knowns + KNOWNS; k++)
        if (find_program(k, own, program) && add_known(list, k, program, error, room))
            fprintf(stderr, "godwit-compare: note: %s is left out: %s\n", k->name, error);
    if (list->count)
        return 0;
    snprintf(error, room, "no launcher is on PATH; give one: --launcher 'mpirun -n {n} {prog}'");
    return -1;
}

void launchers_free(struct launchers *list)
{
    for (int i = 0; i < list->count; i++)
        free_words(list->at[i].words);
    list->count = 0;
}
