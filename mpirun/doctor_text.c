/* What mpirun and a host that it looks at say to each other: see doctor.h. Text, a word for what follows in each
 * line. Both are of the same version (the greeting has shown that), so a line that is not known is a mistake. */
#define _GNU_SOURCE
#include "mpirun/doctor.h"

#include "mpirun/grow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one table of all simple lines ---- */

struct field {
    const char *name;
    size_t at, size; /* a text of this room; 0: a number */
};

#define TEXT(of, name)                                                                                            \
    {                                                                                                             \
#name, offsetof(struct of, name), sizeof((struct of *)0)->name                                            \
    }
#define NUMBER(of, name)                                                                                          \
    {                                                                                                             \
#name, offsetof(struct of, name), 0                                                                       \
    }

static const struct field fact_fields[] = {TEXT(doctor_facts, self),          TEXT(doctor_facts, library),
                                           TEXT(doctor_facts, library_wrong), TEXT(doctor_facts, memory_wrong),
                                           TEXT(doctor_facts, copy_wrong),    TEXT(doctor_facts, listen_wrong),
                                           TEXT(doctor_facts, ports),         NUMBER(doctor_facts, clock_in),
                                           NUMBER(doctor_facts, clock_out),   NUMBER(doctor_facts, library_print),
                                           NUMBER(doctor_facts, cpus),        NUMBER(doctor_facts, online),
                                           NUMBER(doctor_facts, memory_kib),  NUMBER(doctor_facts, shared_kib),
                                           NUMBER(doctor_facts, nofile),      NUMBER(doctor_facts, nproc),
                                           NUMBER(doctor_facts, memlock),     NUMBER(doctor_facts, infiniband),
                                           NUMBER(doctor_facts, port),        {0}};

static const struct field question_fields[] = {NUMBER(doctor_question, hosts),
                                               NUMBER(doctor_question, limit_ms),
                                               TEXT(doctor_question, ask),
                                               TEXT(doctor_question, answer),
                                               {0}};

static const struct field round_fields[] = {NUMBER(doctor_round, limit_ms), {0}};

__attribute__((format(printf, 2, 3))) static void put(struct bytes *out, const char *format, ...)
{
    char line[1024];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    bytes_append(out, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
}

static void put_fields(struct bytes *out, const struct field *fields, const void *from)
{
    char text[512];
    for (; fields->name; fields++) {
        const char *at = (const char *)from + fields->at;
        uint64_t number;
        if (fields->size) {
            words_clean(text, sizeof text, at);
            put(out, "%s %s\n", fields->name, text);
        } else {
            memcpy(&number, at, sizeof number);
            put(out, "%s %" PRIu64 "\n", fields->name, number);
        }
    }
}

/* ---- lines ---- */

struct reader {
    const char *at, *end;
    char line[1024];
    const char *value; /* behind the first word of the line */
};

/* The next line, its first word ended by a NUL. 0: that was "end"; -1 and words: it is not a line. */
static int next_line(struct reader *r, struct words *why)
{
    const char *newline = r->at < r->end ? memchr(r->at, '\n', (size_t)(r->end - r->at)) : NULL;
    size_t n = newline ? (size_t)(newline - r->at) : 0;
    if (!newline || n >= sizeof r->line || memchr(r->at, 0, n))
        return words_set(why, "sends what is no line of text");
    memcpy(r->line, r->at, n);
    r->line[n] = 0;
    r->at = newline + 1;
    char *blank = strchr(r->line, ' ');
    r->value = blank ? blank + 1 : r->line + n;
    if (blank)
        *blank = 0;
    return strcmp(r->line, "end") != 0;
}

static int strange(const struct reader *r, struct words *why)
{
    char line[100];
    words_clean(line, sizeof line, r->line);
    return words_set(why, "sends a line '%s' that is not understood", line);
}

/* Numbers with blanks between them, and no more of them than that. */
static int numbers(const char *text, uint64_t *out, int count)
{
    for (int i = 0; i < count; i++) {
        char *end;
        errno = 0;
        if (*text < '0' || *text > '9')
            return -1;
        out[i] = strtoull(text, &end, 10);
        if (errno || *end != (i + 1 < count ? ' ' : 0))
            return -1;
        text = end + 1;
    }
    return 0;
}

/* 1: the line was one of these fields. */
static int take_field(const struct reader *r, const struct field *fields, void *out, struct words *why)
{
    for (; fields->name; fields++) {
        uint64_t number;
        if (strcmp(fields->name, r->line) != 0)
            continue;
        if (fields->size) {
            if (strlen(r->value) >= fields->size)
                return strange(r, why);
            strcpy((char *)out + fields->at, r->value);
        } else {
            if (numbers(r->value, &number, 1))
                return strange(r, why);
            memcpy((char *)out + fields->at, &number, sizeof number);
        }
        return 1;
    }
    return 0;
}

static int is_address(const char *text)
{
    unsigned char address[16];
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static int is_token(const char *text)
{
    return strlen(text) == DOCTOR_TOKEN && strspn(text, "0123456789abcdef") == DOCTOR_TOKEN;
}

long doctor_block(const char *text, size_t n)
{
    static const char last[] = "\nend\n";
    const char *found = text ? memmem(text, n, last, sizeof last - 1) : NULL;
    if (n >= 4 && memcmp(text, last + 1, 4) == 0)
        return 4;
    if (found && found - text < DOCTOR_BLOCK)
        return found - text + (long)sizeof last - 1;
    return found || n > DOCTOR_BLOCK ? -1 : 0;
}

/* ---- facts ---- */

void doctor_put_facts(struct bytes *out, const struct doctor_facts *facts)
{
    put_fields(out, fact_fields, facts);
    for (int i = 0; i < facts->address_count; i++) {
        const struct doctor_address *a = &facts->addresses[i];
        put(out, "address %d %s %s\n", a->prefix, a->text, a->interface);
    }
    put(out, "end\n");
}

static int take_address(const struct reader *r, struct doctor_facts *facts, struct words *why)
{
    struct doctor_address a = {.prefix = -1};
    int end = 0;
    if (facts->address_count == DOCTOR_ADDRESSES ||
        sscanf(r->value, "%3d %45[0-9a-fA-F.:] %15[^\n]%n", &a.prefix, a.text, a.interface, &end) != 3 ||
        r->value[end] || a.prefix < 0 || a.prefix > 128 || !is_address(a.text))
        return strange(r, why);
    facts->addresses[facts->address_count++] = a;
    return 0;
}

int doctor_get_facts(const char *text, size_t n, struct doctor_facts *out, struct words *why)
{
    struct reader r = {.at = text, .end = text + n};
    int rc;
    *out = (struct doctor_facts){0};
    while ((rc = next_line(&r, why)) > 0) {
        int taken = take_field(&r, fact_fields, out, why);
        if (taken < 0)
            return -1;
        if (!taken && (strcmp(r.line, "address") != 0 ? strange(&r, why) : take_address(&r, out, why)))
            return -1;
    }
    if (rc == 0 && (out->port > 65535 || out->cpus > 1u << 20 || out->online > 1u << 20))
        return words_set(why, "tells numbers that cannot be");
    return rc;
}

/* ---- the question ---- */

void doctor_put_question(struct bytes *out, const struct doctor_question *question)
{
    put_fields(out, question_fields, question);
    put(out, "end\n");
}

int doctor_get_question(const char *text, size_t n, struct doctor_question *out, struct words *why)
{
    struct reader r = {.at = text, .end = text + n};
    int rc;
    *out = (struct doctor_question){0};
    while ((rc = next_line(&r, why)) > 0) {
        int taken = take_field(&r, question_fields, out, why);
        if (taken <= 0)
            return taken < 0 ? -1 : strange(&r, why);
    }
    if (rc == 0 && (!is_token(out->ask) || !is_token(out->answer) || out->hosts > DOCTOR_HOSTS))
        return words_set(why, "asks a question that is not whole");
    return rc;
}

/* ---- whom to try ---- */

void doctor_put_round(struct bytes *out, const struct doctor_round *round)
{
    put_fields(out, round_fields, round);
    for (int i = 0; i < round->count; i++) {
        const struct doctor_peer *p = &round->list[i];
        put(out, "peer %" PRIu64 " %" PRIu64 "\nask %s\nanswer %s\n", p->host, p->port, p->ask, p->answer);
        for (int k = 0; k < p->address_count; k++)
            put(out, "at %s\n", p->addresses[k]);
    }
    put(out, "end\n");
}

static int take_peer(const struct reader *r, struct doctor_round *round, struct words *why)
{
    struct doctor_peer *last = round->count ? &round->list[round->count - 1] : NULL;
    uint64_t n[2];
    if (strcmp(r->line, "peer") == 0 && numbers(r->value, n, 2) == 0 && n[0] < DOCTOR_HOSTS && n[1] <= 65535 &&
        round->count < DOCTOR_PEERS) {
        round->list = grow_by_one(round->list, (size_t)round->count, sizeof *round->list);
        round->list[round->count++] = (struct doctor_peer){.host = n[0], .port = n[1]};
    } else if (last && strcmp(r->line, "at") == 0 && is_address(r->value) &&
               last->address_count < DOCTOR_ADDRESSES) {
        strcpy(last->addresses[last->address_count++], r->value);
    } else if (last && strcmp(r->line, "ask") == 0 && is_token(r->value)) {
        strcpy(last->ask, r->value);
    } else if (last && strcmp(r->line, "answer") == 0 && is_token(r->value)) {
        strcpy(last->answer, r->value);
    } else {
        return strange(r, why);
    }
    return 0;
}

int doctor_get_round(const char *text, size_t n, struct doctor_round *out, struct words *why)
{
    struct reader r = {.at = text, .end = text + n};
    int rc;
    *out = (struct doctor_round){0};
    while ((rc = next_line(&r, why)) > 0) {
        int taken = take_field(&r, round_fields, out, why);
        if (taken < 0 || (taken == 0 && take_peer(&r, out, why)))
            return -1;
    }
    for (int i = 0; i < out->count && rc == 0; i++)
        if (!out->list[i].ask[0] || !out->list[i].answer[0])
            rc = words_set(why, "names a host without its tokens");
    return rc;
}

/* ---- what was found ---- */

void doctor_put_finds(struct bytes *out, const struct doctor_finds *finds)
{
    for (int i = 0; i < finds->count; i++) {
        put(out, "reach %" PRIu64, finds->list[i].host);
        for (int k = 0; k < DOCTOR_ADDRESSES; k++)
            put(out, " %u", finds->list[i].at[k]);
        put(out, "\n");
    }
    put(out, "end\n");
}

int doctor_get_finds(const char *text, size_t n, struct doctor_finds *out, struct words *why)
{
    struct reader r = {.at = text, .end = text + n};
    int rc;
    *out = (struct doctor_finds){0};
    while ((rc = next_line(&r, why)) > 0) {
        uint64_t found[1 + DOCTOR_ADDRESSES];
        if (strcmp(r.line, "reach") != 0 || numbers(r.value, found, 1 + DOCTOR_ADDRESSES) ||
            found[0] >= DOCTOR_HOSTS || out->count == DOCTOR_PEERS)
            return strange(&r, why);
        struct doctor_found f = {.host = found[0]};
        for (int k = 0; k < DOCTOR_ADDRESSES; k++) {
            if (found[1 + k] >= REACH_COUNT)
                return strange(&r, why);
            f.at[k] = (unsigned char)found[1 + k];
        }
        out->list = grow_by_one(out->list, (size_t)out->count, sizeof *out->list);
        out->list[out->count++] = f;
    }
    return rc;
}
