/* The table of hosts: see hosts.h. */
#include "mpirun/hosts.h"

#include "mpirun/grow.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BRACKETS_MAX = 8, DIGITS_MAX = 15 };

static int shown(size_t n)
{
    return n > 120 ? 120 : (int)n;
}

/* ---- names ---- */

/* The bytes of an address, 0: a name. */
static int address_of(const char *name, unsigned char out[16])
{
    memset(out, 0, 16);
    return inet_pton(AF_INET, name, out) == 1 ? 4 : inet_pton(AF_INET6, name, out) == 1 ? 6 : 0;
}

int hosts_is_own(const char *name, const struct own_names *own)
{
    unsigned char address[16], other[16];
    int family = address_of(name, address);
    if (family == 4 ? address[0] == 127 : strcasecmp(name, "localhost") == 0)
        return 1;
    for (int i = 0; i < own->count; i++) {
        if (strcasecmp(name, own->list[i]) == 0)
            return 1;
        if (family && address_of(own->list[i], other) == family && memcmp(address, other, sizeof other) == 0)
            return 1;
    }
    return 0;
}

static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (uint32_t)tolower((unsigned char)*name)) * 16777619u;
    return h;
}

/* The place of the name in the index, or the free one where it belongs. */
static uint32_t *look_up(const struct hosts *hosts, const char *name)
{
    uint32_t i = hash(name) & (hosts->index_size - 1);
    while (hosts->index[i] && strcasecmp(hosts->list[hosts->index[i] - 1].name, name) != 0)
        i = (i + 1) & (hosts->index_size - 1);
    return &hosts->index[i];
}

int hosts_find(const struct hosts *hosts, const char *name, const struct own_names *own)
{
    if (hosts->local && hosts_is_own(name, own))
        return hosts->local - 1;
    return hosts->index_size ? (int)*look_up(hosts, name) - 1 : -1;
}

static void make_room(struct hosts *hosts)
{
    if ((uint32_t)hosts->count * 2 < hosts->index_size)
        return;
    free(hosts->index);
    hosts->index_size = hosts->index_size ? 2 * hosts->index_size : 16;
    hosts->index = grow_new(hosts->index_size, sizeof *hosts->index);
    for (int i = 0; i < hosts->count; i++)
        *look_up(hosts, hosts->list[i].name) = (uint32_t)i + 1;
}

/* ---- one word ---- */

static int is_plain(const char *text, size_t n, const char *others)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr(others, text[i] ? text[i] : ' '))
            return 0;
    return n > 0 && text[0] != '-'; /* ssh would take it for an option */
}

int hosts_is_user(const char *text, size_t n)
{
    return n <= HOSTS_NAME_MAX && is_plain(text, n, "._-+$");
}

static int slots_of(const char *text, size_t n)
{
    long slots = 0;
    for (size_t i = 0; i < n && slots <= HOSTS_MAX_SLOTS; i++)
        slots = text[i] >= '0' && text[i] <= '9' ? slots * 10 + (text[i] - '0') : (long)HOSTS_MAX_SLOTS + 1;
    return n && slots > 0 && slots <= HOSTS_MAX_SLOTS ? (int)slots : -1;
}

/* A colon outside of brackets, from p on; NULL: none. */
static const char *colon_in(const char *p, const char *end)
{
    for (int depth = 0; p < end; p++) {
        depth += (*p == '[') - (*p == ']');
        if (*p == ':' && depth <= 0)
            return p;
    }
    return NULL;
}

int hosts_parse_word(const char *text, size_t n, const char *where, struct host_word *out, struct words *why)
{
    const char *end = text + n, *at = memchr(text, '@', n), *colon;
    *out = (struct host_word){.name = text};
    if (at) {
        out->user = text;
        out->user_length = (size_t)(at - text);
        out->name = at + 1;
        if (!hosts_is_user(out->user, out->user_length))
            return words_set(why, "%s: '%.*s' does not begin with a user's name", where, shown(n), text);
    }
    const char *bracket = memchr(out->name, ']', (size_t)(end - out->name));
    if (out->name < end && *out->name == '[' && bracket &&
        memchr(out->name, ':', (size_t)(bracket - out->name))) { /* an address of version 6 */
        out->name++;
        out->name_length = (size_t)(bracket - out->name);
        colon = bracket + 1 < end ? bracket + 1 : NULL;
        if (colon && *colon != ':')
            return words_set(why, "%s: '%.*s' goes on behind the address", where, shown(n), text);
    } else {
        colon = colon_in(out->name, end);
        if (colon && colon_in(colon + 1, end)) /* several of them: the same, without brackets */
            colon = NULL;
        out->name_length = (size_t)((colon ? colon : end) - out->name);
    }
    if (n == 0)
        return words_set(why, "%s: the name of a host is missing", where);
    if (out->name_length == 0)
        return words_set(why, "%s: '%.*s' names no host", where, shown(n), text);
    if (colon && (out->slots = slots_of(colon + 1, (size_t)(end - colon - 1))) < 0)
        return words_set(why, "%s: host '%.*s' has '%.*s' where a number of slots, 1 to %d, belongs", where,
                         shown(out->name_length), out->name, shown((size_t)(end - colon - 1)), colon + 1,
                         HOSTS_MAX_SLOTS);
    return 0;
}

/* ---- ranges ---- */

/* What is known of the hosts that a word names, while its ranges are gone through. */
struct filling {
    struct hosts *hosts;
    const struct host_word *word;
    int max_slots, port, brackets;
    const struct own_names *own;
    const char *where;
    struct words *why;
    char name[HOSTS_NAME_MAX + 1];
};

static int add_one(struct filling *f)
{
    struct hosts *hosts = f->hosts;
    unsigned char address[16];
    if (!is_plain(f->name, strlen(f->name), ".-_") && !address_of(f->name, address))
        return words_set(f->why, "%s: '%.120s' is no name of a host", f->where, f->name);
    int own = hosts_is_own(f->name, f->own), i = own ? hosts->local - 1 : hosts_find(hosts, f->name, f->own);
    if (i < 0) {
        if (hosts->count == HOSTS_MAX)
            return words_set(f->why, "%s: there are more than %d hosts", f->where, HOSTS_MAX);
        make_room(hosts);
        i = hosts->count;
        hosts->list = grow_by_one(hosts->list, (size_t)i, sizeof *hosts->list);
        hosts->list[i] = (struct host){.name = grow_text(f->name, strlen(f->name)), .is_local = own};
        *look_up(hosts, f->name) = (uint32_t)++hosts->count;
        if (own)
            hosts->local = hosts->count;
    }
    struct host *host = &hosts->list[i];
    long slots = (long)host->slots + f->word->slots, max = (long)host->max_slots + f->max_slots;
    if (slots + host->bare >= HOSTS_MAX_SLOTS || max > HOSTS_MAX_SLOTS || hosts->sequence_count == HOSTS_MAX_SLOTS)
        return words_set(f->why, "%s: host '%.120s' has more than %d slots", f->where, f->name, HOSTS_MAX_SLOTS);
    host->slots = (int)slots;
    host->max_slots = (int)max;
    host->bare += !f->word->slots;
    if (f->word->user && !host->user)
        host->user = grow_text(f->word->user, f->word->user_length);
    if (f->port)
        host->port = f->port;
    hosts->sequence = grow_by_one(hosts->sequence, (size_t)hosts->sequence_count, sizeof *hosts->sequence);
    hosts->sequence[hosts->sequence_count++] = i;
    return 0;
}

static int fill(struct filling *f, size_t at, const char *rest, const char *end);

/* Digits; how many in *digits, 0 where there are none or too many. */
static long long digits_at(const char **p, const char *end, int *digits)
{
    long long n = 0;
    for (*digits = 0; *p < end && isdigit((unsigned char)**p); ++*p) {
        if (++*digits > DIGITS_MAX) {
            *digits = 0;
            return 0;
        }
        n = n * 10 + (**p - '0');
    }
    return n;
}

/* "01-16" or "7": all numbers of it, each as wide as the first is written. */
static int fill_range(struct filling *f, size_t at, const char *range, const char *range_end, const char *rest,
                      const char *end)
{
    int width, digits;
    const char *p = range;
    long long low = digits_at(&p, range_end, &width), high = low;
    digits = width;
    if (width && p < range_end && *p == '-') {
        p++;
        high = digits_at(&p, range_end, &digits);
    }
    if (!width || !digits || p != range_end)
        return words_set(f->why, "%s: '%.*s' in host '%.*s' is no range such as 01-16", f->where,
                         shown((size_t)(range_end - range)), range, shown(f->word->name_length), f->word->name);
    if (high < low || high - low >= HOSTS_MAX)
        return words_set(f->why, high < low ? "%s: the range '%.*s' in host '%.*s' counts down"
                                            : "%s: the range '%.*s' in host '%.*s' is too long", f->where,
                         shown((size_t)(range_end - range)), range, shown(f->word->name_length), f->word->name);
    for (; low <= high; low++) {
        int n = snprintf(f->name + at, sizeof f->name - at, "%0*lld", width, low);
        if (n < 0 || (size_t)n >= sizeof f->name - at)
            return words_set(f->why, "%s: the name of host '%.*s' is too long", f->where,
                             shown(f->word->name_length), f->word->name);
        if (fill(f, at + (size_t)n, rest, end))
            return -1;
    }
    return 0;
}

/* f->name holds `at` bytes; what follows them is `rest`. */
static int fill(struct filling *f, size_t at, const char *rest, const char *end)
{
    const char *open = memchr(rest, '[', (size_t)(end - rest));
    size_t n = (size_t)((open ? open : end) - rest);
    if (at + n >= sizeof f->name)
        return words_set(f->why, "%s: the name of host '%.*s' is too long", f->where, shown(f->word->name_length),
                         f->word->name);
    memcpy(f->name + at, rest, n);
    f->name[at + n] = 0;
    if (!open)
        return add_one(f);
    const char *close = memchr(open, ']', (size_t)(end - open));
    if (!close || memchr(open + 1, '[', (size_t)(close - open - 1)))
        return words_set(f->why, close ? "%s: host '%.*s' has brackets in brackets"
                                       : "%s: host '%.*s' has a '[' without its ']'", f->where,
                         shown(f->word->name_length), f->word->name);
    if (f->brackets == BRACKETS_MAX)
        return words_set(f->why, "%s: host '%.*s' has more than %d ranges", f->where, shown(f->word->name_length),
                         f->word->name, BRACKETS_MAX);
    f->brackets++;
    for (const char *p = open + 1;; p++) {
        const char *comma = memchr(p, ',', (size_t)(close - p)), *range_end = comma ? comma : close;
        if (fill_range(f, at + n, p, range_end, close + 1, end))
            return -1;
        p = range_end;
        if (p == close)
            break;
    }
    f->brackets--;
    return 0;
}

int hosts_add(struct hosts *hosts, const struct host_word *word, int max_slots, int port,
              const struct own_names *own, const char *where, struct words *why)
{
    struct filling f = {.hosts = hosts, .word = word, .max_slots = max_slots, .port = port, .own = own,
                        .where = where, .why = why};
    return fill(&f, 0, word->name, word->name + word->name_length);
}

int hosts_add_list(struct hosts *hosts, const char *list, const struct own_names *own, const char *where,
                   struct words *why)
{
    for (const char *p = list;; p++) {
        const char *end = p;
        for (int depth = 0; *end && (*end != ',' || depth > 0); end++)
            depth += (*end == '[') - (*end == ']');
        struct host_word word;
        if (hosts_parse_word(p, (size_t)(end - p), where, &word, why) ||
            hosts_add(hosts, &word, 0, 0, own, where, why))
            return -1;
        p = end;
        if (!*p)
            return 0;
    }
}

void hosts_count_slots(struct hosts *hosts, int one)
{
    for (int i = 0; i < hosts->count; i++) {
        struct host *host = &hosts->list[i];
        if (host->slots || host->bare > 1 || one)
            host->slots += host->bare;
        host->bare = 0;
    }
}

void hosts_free(struct hosts *hosts)
{
    for (int i = 0; i < hosts->count; i++) {
        free(hosts->list[i].name);
        free(hosts->list[i].user);
        free(hosts->list[i].rank_list);
    }
    free(hosts->list);
    free(hosts->sequence);
    free(hosts->index);
    *hosts = (struct hosts){0};
}
