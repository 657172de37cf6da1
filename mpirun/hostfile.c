/* Host files: see hostfile.h. */
#include "mpirun/hostfile.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

int line_next(struct line *line, const char *text, size_t size, size_t *at)
{
    while (*at < size) {
        const char *begin = text + *at, *newline = memchr(begin, '\n', size - *at);
        size_t length = newline ? (size_t)(newline - begin) : size - *at;
        *at += length + 1;
        line->number++;
        const char *comment = memchr(begin, '#', length);
        if (comment)
            length = (size_t)(comment - begin);
        while (length && is_blank(*begin))
            begin++, length--;
        while (length && is_blank(begin[length - 1]))
            length--;
        line->text = begin;
        line->length = length;
        if (length)
            return 1;
    }
    return 0;
}

int line_word(const struct line *line, size_t *at, const char **word, size_t *length)
{
    while (*at < line->length && is_blank(line->text[*at]))
        ++*at;
    *word = line->text + *at;
    for (*length = 0; *at < line->length && !is_blank(line->text[*at]); ++*at)
        ++*length;
    return *length > 0;
}

/* What stands behind the host's name. */
struct properties {
    int slots, max_slots, port;
    const char *user;
    size_t user_length;
};

static int is_key(const char *word, size_t n, const char *keys)
{
    for (const char *p = keys; *p; p += *p != 0) {
        size_t length = strcspn(p, " ");
        if (length == n && strncasecmp(p, word, n) == 0)
            return 1;
        p += length;
    }
    return 0;
}

static int number(const char *where, const char *word, size_t n, const char *value, const char *end, int most,
                  int *out, struct words *why)
{
    long found = 0;
    for (const char *p = value; p < end && found <= most; p++)
        found = *p >= '0' && *p <= '9' ? found * 10 + (*p - '0') : (long)most + 1;
    if (value == end || found < 1 || found > most)
        return words_set(why, "%s: '%.*s' needs a number from 1 to %d", where, (int)(n > 120 ? 120 : n), word,
                         most);
    *out = (int)found;
    return 0;
}

static int property(const char *where, const char *word, size_t n, struct properties *p, struct words *why)
{
    const char *equals = memchr(word, '=', n), *end = word + n;
    size_t key = equals ? (size_t)(equals - word) : n;
    if (!equals)
        return words_set(why, "%s: '%.*s' is no property such as slots=4", where, (int)(n > 120 ? 120 : n), word);
    if (is_key(word, key, "slots slot cpus cpu count"))
        return number(where, word, n, equals + 1, end, HOSTS_MAX_SLOTS, &p->slots, why);
    if (is_key(word, key, "max-slots max_slots slots-max slots_max cpus-max cpus_max count-max count_max"))
        return number(where, word, n, equals + 1, end, HOSTS_MAX_SLOTS, &p->max_slots, why);
    if (is_key(word, key, "port"))
        return number(where, word, n, equals + 1, end, 65535, &p->port, why);
    if (is_key(word, key, "user username user-name user_name")) {
        p->user = equals + 1;
        p->user_length = (size_t)(end - equals - 1);
        return 0;
    }
    if (is_key(word, key, "binding ifname"))
        return words_set(why, "%s: '%.*s' is not built yet for one host alone; the options of mpirun hold for all",
                         where, (int)(n > 120 ? 120 : n), word);
    return words_set(why, "%s: '%.*s' is none of slots=, max-slots=, user=, port=", where,
                     (int)(n > 120 ? 120 : n), word);
}

static int parse_line(struct hosts *hosts, const struct line *line, const char *where, const struct own_names *own,
                      struct words *why)
{
    struct properties p = {0};
    struct host_word host;
    const char *word;
    size_t at = 0, n;
    line_word(line, &at, &word, &n);
    if (hosts_parse_word(word, n, where, &host, why))
        return -1;
    while (line_word(line, &at, &word, &n))
        if (property(where, word, n, &p, why))
            return -1;
    if (p.slots && host.slots)
        return words_set(why, "%s: the number of slots stands there twice", where);
    if (p.slots)
        host.slots = p.slots;
    if (p.user && !hosts_is_user(p.user, p.user_length))
        return words_set(why, "%s: '%.*s' is no name of a user", where,
                         (int)(p.user_length > 120 ? 120 : p.user_length), p.user);
    if (p.user) {
        host.user = p.user;
        host.user_length = p.user_length;
    }
    if (p.max_slots && p.max_slots < host.slots)
        return words_set(why, "%s: %d slots are more than max-slots, %d", where, host.slots, p.max_slots);
    return hosts_add(hosts, &host, p.max_slots, p.port, own, where, why);
}

int hostfile_parse(struct hosts *hosts, const char *name, const char *text, size_t size,
                   const struct own_names *own, struct words *why)
{
    struct line line = {0};
    char where[200];
    int before = hosts->sequence_count;
    for (size_t at = 0; line_next(&line, text, size, &at);) {
        snprintf(where, sizeof where, "%.150s, line %d", name, line.number);
        if (memchr(line.text, 0, line.length))
            return words_set(why, "%s: a byte of zero; this is no text file", where);
        if (parse_line(hosts, &line, where, own, why))
            return -1;
    }
    if (hosts->sequence_count == before)
        return words_set(why, "%.150s names no host", name);
    return 0;
}
