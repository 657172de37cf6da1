/* Rank files: see rankfile.h. */
#include "mpirun/rankfile.h"

#include "mpirun/grow.h"
#include "mpirun/hostfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RANKS_MAX = 1 << 20 };

static int shown(size_t n)
{
    return n > 120 ? 120 : (int)n;
}

/* Digits alone, below `most`; -1: they are none. */
static long number(const char *text, size_t n, long most)
{
    long found = 0;
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9' || (found = found * 10 + (text[i] - '0')) >= most)
            return -1;
    return n ? found : -1;
}

static int host_of(const char *where, const char *word, size_t n, struct hosts *hosts, int add,
                   const struct own_names *own, struct words *why)
{
    if (n > 2 && (strncmp(word, "+n", 2) == 0 || strncmp(word, "+N", 2) == 0)) {
        long i = number(word + 2, n - 2, HOSTS_MAX);
        if (i < 0 || i >= hosts->count)
            return words_set(why, "%s: host '%.*s' is beyond the %d hosts of the job", where, shown(n), word,
                             hosts->count);
        return (int)i;
    }
    struct host_word host;
    if (hosts_parse_word(word, n, where, &host, why))
        return -1;
    if (host.slots || memchr(host.name, '[', host.name_length) || host.name_length > HOSTS_NAME_MAX)
        return words_set(why, "%s: '%.*s' is no name of one host", where, shown(n), word);
    char name[HOSTS_NAME_MAX + 1];
    memcpy(name, host.name, host.name_length);
    name[host.name_length] = 0;
    int i = hosts_find(hosts, name, own);
    if (i >= 0)
        return i;
    if (!add)
        return words_set(why, "%s: host '%.120s' is none of the job's hosts", where, name);
    if (hosts_add(hosts, &host, 0, 0, own, where, why))
        return -1;
    return hosts_find(hosts, name, own);
}

/* "0-3", "1:2", "1:0-3,6", "1:*" */
static int slot_of(const char *where, const char *text, size_t n, struct rankfile_line *line, struct words *why)
{
    const char *colon = memchr(text, ':', n);
    line->package = -1;
    if (n && (*text == 'p' || *text == 'P'))
        return words_set(why,
                         "%s: 'slot=%.*s' (the system's numbers) is not built yet; -bind-to user:CPUS takes them",
                         where, shown(n), text);
    if (colon) {
        long package = number(text, (size_t)(colon - text), 65536);
        if (package < 0)
            return words_set(why, "%s: 'slot=%.*s' is no PACKAGE:CORES such as 0:2-3", where, shown(n), text);
        line->package = (int)package;
        n -= (size_t)(colon + 1 - text);
        text = colon + 1;
        line->all_cores = n == 1 && *text == '*';
    }
    return line->all_cores ? 0 : cpuset_parse(&line->cores, text, n, where, why);
}

/* "rank 3=node1 slot=0:2", also with blanks around the first '='. */
static int parse_line(struct rankfile *out, const struct line *line, const char *where, struct hosts *hosts,
                      int add, const struct own_names *own, struct words *why)
{
    static const char form[] = "%s: '%.*s' is no line such as: rank 0=node1 slot=0-3";
    const char *word, *equals = memchr(line->text, '=', line->length);
    size_t at = 0, n;
    line_word(line, &at, &word, &n);
    if (!equals || n != 4 || strncasecmp(word, "rank", 4) != 0)
        return words_set(why, form, where, shown(line->length), line->text);
    const char *digits = line->text + at, *digits_end = equals;
    while (digits < digits_end && (*digits == ' ' || *digits == '\t'))
        digits++;
    while (digits_end > digits && (digits_end[-1] == ' ' || digits_end[-1] == '\t'))
        digits_end--;
    long rank = digits > equals ? -1 : number(digits, (size_t)(digits_end - digits), RANKS_MAX);
    if (rank < 0)
        return words_set(why, form, where, shown(line->length), line->text);
    while (out->count <= rank) {
        out->lines = grow_by_one(out->lines, (size_t)out->count, sizeof *out->lines);
        out->lines[out->count++] = (struct rankfile_line){0};
    }
    struct rankfile_line *place = &out->lines[rank];
    if (place->number)
        return words_set(why, "%s: rank %ld stands in line %d already", where, rank, place->number);
    at = (size_t)(equals + 1 - line->text);
    if (!line_word(line, &at, &word, &n))
        return words_set(why, form, where, shown(line->length), line->text);
    *place = (struct rankfile_line){.number = line->number, .whole = 1};
    if ((place->host = host_of(where, word, n, hosts, add, own, why)) < 0)
        return -1;
    while (line_word(line, &at, &word, &n)) {
        size_t key = n >= 5 && strncasecmp(word, "slot=", 5) == 0    ? 5
                     : n >= 6 && strncasecmp(word, "slots=", 6) == 0 ? 6
                                                                     : 0;
        if (!key || !place->whole)
            return words_set(why, form, where, shown(line->length), line->text);
        place->whole = 0;
        if (slot_of(where, word + key, n - key, place, why))
            return -1;
    }
    return 0;
}

int rankfile_parse(struct rankfile *out, const char *name, const char *text, size_t size, struct hosts *hosts,
                   int add, const struct own_names *own, struct words *why)
{
    struct line line = {0};
    char where[200];
    for (size_t at = 0; line_next(&line, text, size, &at);) {
        snprintf(where, sizeof where, "%.150s, line %d", name, line.number);
        if (memchr(line.text, 0, line.length))
            return words_set(why, "%s: a byte of zero; this is no text file", where);
        if (parse_line(out, &line, where, hosts, add, own, why))
            return -1;
    }
    if (out->count == 0)
        return words_set(why, "%.150s names no rank", name);
    for (int i = 0; i < out->count; i++)
        if (!out->lines[i].number)
            return words_set(why, "%.150s has a line for rank %d and none for rank %d", name, out->count - 1, i);
    return 0;
}

void rankfile_free(struct rankfile *file)
{
    for (int i = 0; i < file->count; i++)
        cpuset_free(&file->lines[i].cores);
    free(file->lines);
    *file = (struct rankfile){0};
}
