/* Settings: see conf.h. */
#define _GNU_SOURCE
#include "base/conf.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

const struct conf_entry conf_table[] = {
#define CONF(type, field, name, other_name, kind, initial, allowed, sentence) \
    {name, other_name, kind, initial, allowed, sentence},
#include "base/conf.def"
#undef CONF
};
const int conf_count = sizeof conf_table / sizeof conf_table[0];

static const size_t offsets[] = {
#define CONF(type, field, ...) offsetof(struct conf, field),
#include "base/conf.def"
#undef CONF
};
static enum conf_source sources[sizeof conf_table / sizeof conf_table[0]];

/* What mpirun writes into the environment of its ranks; known, though not settings. */
static const char *const told_to_ranks[] = {"GODWIT_NODE",       "GODWIT_RANK",       "GODWIT_SIZE",
                                            "GODWIT_LOCAL_RANK", "GODWIT_LOCAL_SIZE", "GODWIT_CC",
                                            "GODWIT_CXX"};

const char *conf_env(const char *name)
{
    return getenv(name);
}

double conf_seconds(const char *text)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    /* strtod would take "nan", "inf" and hexadecimal: only digits may begin. */
    if (!((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && text[1] >= '0' && text[1] <= '9')))
        return -1;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return -1;
    /* The program may have set a locale with decimal commas. */
    char *end;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* a constant of the C library: needs no memory */
    double value = strtod_l(text, &end, plain);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0 && value <= 1e12)
            return value * units[i].seconds;
    return -1;
}

/* The place of text among the words of a list, or -1. */
static int choice_find(const char *list, const char *text)
{
    size_t len = strlen(text);
    for (int i = 0; *list; i++) {
        size_t n = strcspn(list, " ");
        if (n == len && memcmp(list, text, n) == 0)
            return i;
        list += n + (list[n] == ' ');
    }
    return -1;
}

/* A number as allowed ("1 to 1024"); -1 when text is none. */
static int number_parse(const char *allowed, const char *text)
{
    const char *most = strstr(allowed, " to ");
    char *end = (char *)text;
    long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
    return n < strtol(allowed, NULL, 10) || *end || n > strtol(most + 4, NULL, 10) ? -1 : (int)n;
}

/* The smallest allowed time: what stands before " to ". */
static double least_time(const char *allowed)
{
    char text[16];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(allowed, " "), allowed);
    return conf_seconds(text);
}

static void choice_name(const char *list, int choice, char *text, size_t size)
{
    for (; choice > 0; choice--)
        list += strcspn(list, " ") + 1;
    snprintf(text, size, "%.*s", (int)strcspn(list, " "), list);
}

int conf_set(struct conf *conf, int entry, const char *where, const char *text, enum conf_source source,
             struct words *why)
{
    const struct conf_entry *e = &conf_table[entry];
    void *field = (char *)conf + offsets[entry];
    if (e->kind == CONF_CHOICE) {
        int choice = choice_find(e->allowed, text);
        if (choice < 0)
            return words_set(why, "%s is '%s', which is none of: %s", where, text, e->allowed);
        *(int *)field = choice;
    } else if (e->kind == CONF_NUMBER) {
        int n = number_parse(e->allowed, text);
        if (n < 0)
            return words_set(why, "%s is '%s', which is no number from %s", where, text, e->allowed);
        *(int *)field = n;
    } else if (e->kind == CONF_WORD) {
        if (strlen(text) >= sizeof(struct conf_word) || text[strcspn(text, " \t\n")])
            return words_set(why, "%s is '%s', which is too long or has blanks: %s", where, text, e->allowed);
        snprintf(field, sizeof(struct conf_word), "%s", text);
    } else {
        double seconds = conf_seconds(text);
        const char *most = strstr(e->allowed, " to ");
        if (seconds < least_time(e->allowed) || (most && seconds > conf_seconds(most + 4)))
            return words_set(why, "%s is '%s', which is no time from %s (such as 90, 0.5, 500ms, 2m)", where, text,
                             e->allowed);
        *(double *)field = seconds;
    }
    sources[entry] = source;
    return 0;
}

int conf_load(struct conf *conf, struct words *why)
{
    int rc = 0;
    for (int i = 0; i < conf_count; i++) {
        const char *name = conf_table[i].name, *text = getenv(name);
        if (!text && conf_table[i].other_name) {
            name = conf_table[i].other_name;
            text = getenv(name);
            if (text && strcmp(text, "-1") == 0) /* "no limit", to other MPIs */
                text = NULL;
        }
        conf_set(conf, i, name, conf_table[i].initial, CONF_DEFAULT, NULL);
        if (text && *text && conf_set(conf, i, name, text, CONF_ENVIRONMENT, rc ? NULL : why))
            rc = -1;
    }
    return rc;
}

void conf_show(const struct conf *conf, int entry, char *text, unsigned long size)
{
    const void *field = (const char *)conf + offsets[entry];
    if (conf_table[entry].kind == CONF_CHOICE)
        choice_name(conf_table[entry].allowed, *(const int *)field, text, size);
    else if (conf_table[entry].kind == CONF_NUMBER)
        snprintf(text, size, "%d", *(const int *)field);
    else if (conf_table[entry].kind == CONF_WORD)
        snprintf(text, size, "%s", (const char *)field);
    else
        snprintf(text, size, "%g s", *(const double *)field);
}

enum conf_source conf_source(int entry)
{
    return sources[entry];
}

const void *conf_value(const struct conf *conf, int entry)
{
    return (const char *)conf + offsets[entry];
}

int conf_choices(int entry)
{
    int n = 1;
    for (const char *c = conf_table[entry].allowed; *c; c++)
        n += *c == ' ';
    return conf_table[entry].kind == CONF_CHOICE ? n : 0;
}

void conf_choice(int entry, int choice, char *text, unsigned long size)
{
    choice_name(conf_table[entry].allowed, choice, text, size);
}

static int known(const char *variable, size_t len)
{
    for (int i = 0; i < conf_count; i++)
        if (strlen(conf_table[i].name) == len && memcmp(conf_table[i].name, variable, len) == 0)
            return 1;
    for (size_t i = 0; i < sizeof told_to_ranks / sizeof told_to_ranks[0]; i++)
        if (strlen(told_to_ranks[i]) == len && memcmp(told_to_ranks[i], variable, len) == 0)
            return 1;
    return 0;
}

const char *conf_unknown(int i)
{
    for (char **e = environ; e && *e; e++)
        if (strncmp(*e, "GODWIT_", 7) == 0 && !known(*e, strcspn(*e, "=")) && i-- == 0)
            return *e;
    return NULL;
}
