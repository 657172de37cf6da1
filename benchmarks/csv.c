/* The points of a run as CSV, out and in. The head says how many rows follow, so that a file that was cut off is
 * known from a whole one, and the reader finds its lines among those that a launcher adds. Nothing that is read is
 * trusted. */
#include "benchmarks/report.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "# godwit-bench: ";
static const char header[] =
    "test,variant,bytes,ranks,samples,min_us,median_us,p99_us,max_us,moved_bytes,messages,"
    "overlap,floor_us";

enum { COLUMNS = 13, LINE = 2048, POINTS_MOST = 1000000 };

int points_add(struct points *points, const struct point *point)
{
    if (points->count == points->room) {
        size_t room = points->room ? 2 * points->room : 64;
        struct point *at = room > SIZE_MAX / sizeof *at ? NULL : realloc(points->at, room * sizeof *at);
        if (!at)
            return -1;
        points->at = at;
        points->room = room;
    }
    points->at[points->count++] = *point;
    return 0;
}

void points_free(struct points *points)
{
    free(points->at);
    *points = (struct points){0};
}

/* ---- out ---- */

/* The facts that are texts, by the name that their line has. */
struct fact_line {
    const char *name;
    size_t offset;
};

static const struct fact_line fact_lines[] = {
    {"godwit-bench", offsetof(struct facts, version)}, {"mpi", offsetof(struct facts, library)},
    {"host", offsetof(struct facts, host)},            {"cpu", offsetof(struct facts, cpu)},
    {"pinning", offsetof(struct facts, pinning)},      {"buffers", offsetof(struct facts, buffers)},
};

enum { FACT_LINES = sizeof fact_lines / sizeof fact_lines[0] };

static int control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

void csv_fact(FILE *out, const char *name, const char *value)
{
    fprintf(out, "# %s: ", name);
    for (; *value; value++)
        fputc(control(*value) ? ' ' : *value, out);
    fputc('\n', out);
}

void csv_text(FILE *out, const char *text)
{
    int quoted = text[strcspn(text, ",\"")] != 0 || *text == '#' || *text == ' ';
    if (quoted)
        fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(control(*text) ? ' ' : *text, out);
    }
    if (quoted)
        fputc('"', out);
}

void csv_write(FILE *out, const struct facts *facts, const struct points *points)
{
    for (int i = 0; i < FACT_LINES; i++)
        csv_fact(out, fact_lines[i].name, (const char *)facts + fact_lines[i].offset);
    csv_fact(out, "pinned", facts->pinned ? "yes" : "no");
    fprintf(out, "# ranks: %d\n# points: %zu\n%s\n", facts->ranks, points->count, header);
    for (size_t i = 0; i < points->count; i++) {
        const struct point *p = &points->at[i];
        csv_text(out, p->test);
        fputc(',', out);
        csv_text(out, p->variant);
        fprintf(out, ",%zu,%d,%ld,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,", p->bytes, p->ranks, p->samples, p->min * 1e6,
                p->median * 1e6, p->p99 * 1e6, p->max * 1e6, p->moved, p->messages);
        if (p->overlap >= 0)
            fprintf(out, "%.9g", p->overlap);
        fprintf(out, ",%.9g\n", p->floor * 1e6);
    }
}

/* ---- in ---- */

struct reader {
    FILE *in;
    long line; /* the number of the line in text */
    char text[LINE];
    int damaged; /* the line is longer than text, or holds a NUL */
    int cut;     /* the file ended before the line did */
    char *error;
    size_t room;
};

__attribute__((format(printf, 2, 3))) static int refuse(struct reader *r, const char *format, ...)
{
    char why[200];
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, sizeof why, format, ap);
    va_end(ap);
    snprintf(r->error, r->room, "the points are damaged in line %ld: %s", r->line, why);
    return -1;
}

/* The next line without its end, cut where it is too long. 0 at the end of the file. */
static int next_line(struct reader *r)
{
    size_t length = 0;
    int c, any = 0;
    r->damaged = 0;
    while ((c = getc(r->in)) != EOF && c != '\n') {
        any = 1;
        if (c == 0 || length + 1 == LINE)
            r->damaged = 1;
        else
            r->text[length++] = (char)c;
    }
    if (length && r->text[length - 1] == '\r')
        length--;
    r->text[length] = 0;
    if (c == EOF && !any)
        return 0;
    r->cut = c == EOF;
    r->line++;
    return 1;
}

/* A line that is ours has to be text. */
static int check_line(struct reader *r)
{
    if (r->damaged)
        return refuse(r, "it is longer than %d characters or holds a NUL", LINE - 1);
    if (r->cut)
        return refuse(r, "the line has no end, so more may be missing");
    for (const char *c = r->text; *c; c++)
        if (control(*c))
            return refuse(r, "it holds a control character");
    return 0;
}

/* A line between the first and the last, which has to be there. */
static int wanted_line(struct reader *r, const char *what)
{
    if (next_line(r))
        return check_line(r);
    snprintf(r->error, r->room, "the points end after line %ld: %s is missing", r->line, what);
    return -1;
}

/* Takes the next field off the line; a quoted one is unquoted in its place. NULL: none, or a damaged one. */
static char *next_field(char **rest)
{
    char *at = *rest, *field = at;
    if (!at)
        return NULL;
    if (*at != '"') {
        char *comma = strchr(at, ',');
        *rest = comma ? comma + 1 : NULL;
        if (comma)
            *comma = 0;
        return strchr(field, '"') ? NULL : field;
    }
    char *to = field;
    for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
        if (*at == '"')
            at++;
        *to++ = *at;
    }
    if (*at != '"' || (at[1] && at[1] != ','))
        return NULL;
    *rest = at[1] ? at + 2 : NULL;
    *to = 0;
    return field;
}

/* A whole number from 0 to most. */
static int read_whole(const char *text, unsigned long long most, unsigned long long *value)
{
    if (!*text || text[strspn(text, "0123456789")])
        return -1;
    errno = 0;
    *value = strtoull(text, NULL, 10);
    return errno || *value > most ? -1 : 0;
}

/* A number from 0 to most; no sign, no "nan", no "inf", no hexadecimal. */
static int read_number(const char *text, double most, double *value)
{
    char *end;
    if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.eE+-")])
        return -1;
    *value = strtod(text, &end);
    return *end || !isfinite(*value) || *value < 0 || *value > most ? -1 : 0;
}

static int read_point(struct reader *r, struct point *p)
{
    static const double least_us = 1e-6, most_us = 1e15, most_count = 1e18;
    char *rest = r->text, *field[COLUMNS], names[sizeof header], *name_rest = names, *name[COLUMNS];
    memcpy(names, header, sizeof header);
    for (int i = 0; i < COLUMNS; i++) {
        name[i] = next_field(&name_rest);
        field[i] = next_field(&rest);
        if (!field[i])
            return refuse(r, "the field '%s' is missing or badly quoted", name[i]);
    }
    if (rest)
        return refuse(r, "there are more than %d fields", COLUMNS);
    memset(p, 0, sizeof *p);
    if (!*field[0] || strlen(field[0]) >= sizeof p->test || strlen(field[1]) >= sizeof p->variant)
        return refuse(r, "no test has the name '%.40s' '%.40s'", field[0], field[1]);
    strcpy(p->test, field[0]);
    strcpy(p->variant, field[1]);
    unsigned long long bytes, ranks, samples;
    double *times[] = {&p->min, &p->median, &p->p99, &p->max, &p->moved, &p->messages, &p->overlap, &p->floor};
    int bad = read_whole(field[2], SIZE_MAX, &bytes) ? 2 : read_whole(field[3], INT_MAX, &ranks) ? 3 :
              read_whole(field[4], LONG_MAX, &samples) ? 4 : 0;
    for (int i = 5; i < COLUMNS && !bad; i++) {
        double most = i == 9 || i == 10 ? most_count : i == 11 ? 1 : most_us;
        if (i == 11 && !*field[i])
            p->overlap = -1;
        else if (read_number(field[i], most, times[i - 5]) != 0)
            bad = i;
    }
    if (bad)
        return refuse(r, "'%.40s' is not possible for '%s'", field[bad], name[bad]);
    if (!ranks)
        return refuse(r, "0 ranks measure nothing");
    /* What no clock can tell would make ratios that no number can hold. */
    if (p->median < least_us && (samples || p->median > 0))
        return refuse(r, "'%.40s' is too short a time for '%s'", field[6], name[6]);
    p->bytes = (size_t)bytes;
    p->ranks = (int)ranks;
    p->samples = (long)samples;
    double *in_us[] = {&p->min, &p->median, &p->p99, &p->max, &p->floor};
    for (int i = 0; i < 5; i++)
        *in_us[i] /= 1e6;
    return 0;
}

/* The value of the line "# NAME: VALUE", or NULL when the line is another one. */
static const char *fact_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, "# ", 2) != 0 || strncmp(line + 2, name, length) != 0 || line[2 + length] != ':')
        return NULL;
    line += 3 + length;
    return *line == ' ' ? line + 1 : line;
}

/* Reads the head, whose first line stands in r->text already. */
static int read_head(struct reader *r, struct facts *facts, unsigned long long *count)
{
    const char *value;
    for (int i = 0; i < FACT_LINES; i++) {
        if (i && wanted_line(r, fact_lines[i].name) != 0)
            return -1;
        value = fact_value(r->text, fact_lines[i].name);
        if (!value || strlen(value) >= FACT)
            return refuse(r, "'# %s: ...' should stand there, in less than %d characters", fact_lines[i].name,
                          FACT);
        strcpy((char *)facts + fact_lines[i].offset, value);
    }
    if (wanted_line(r, "pinned") != 0)
        return -1;
    value = fact_value(r->text, "pinned");
    if (!value || (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0))
        return refuse(r, "'# pinned: yes' or '# pinned: no' should stand there");
    facts->pinned = strcmp(value, "yes") == 0;
    unsigned long long ranks;
    if (wanted_line(r, "ranks") != 0)
        return -1;
    value = fact_value(r->text, "ranks");
    if (!value || read_whole(value, INT_MAX, &ranks) != 0 || !ranks)
        return refuse(r, "'# ranks: N' should stand there, N at least 1");
    facts->ranks = (int)ranks;
    if (wanted_line(r, "points") != 0)
        return -1;
    value = fact_value(r->text, "points");
    if (!value || read_whole(value, POINTS_MOST, count) != 0)
        return refuse(r, "'# points: N' should stand there, N at most %d", POINTS_MOST);
    if (wanted_line(r, "the row of names") != 0)
        return -1;
    return strcmp(r->text, header) == 0 ? 0 : refuse(r, "the row of names is not that of godwit-bench");
}

static int by_name(const void *a, const void *b)
{
    const struct point *p = *(const struct point *const *)a, *q = *(const struct point *const *)b;
    int order = strcmp(p->test, q->test);
    order = order ? order : strcmp(p->variant, q->variant);
    order = order ? order : (p->bytes > q->bytes) - (p->bytes < q->bytes);
    return order ? order : (p->ranks > q->ranks) - (p->ranks < q->ranks);
}

int points_same(const struct point *a, const struct point *b)
{
    return by_name(&a, &b) == 0;
}

/* A point that stands there twice has two figures, and nobody can say which of them counts. */
static int check_once(struct reader *r, const struct point *points, size_t count)
{
    const struct point **sorted = calloc(count + 1, sizeof *sorted);
    int bad = 0;
    if (!sorted) {
        snprintf(r->error, r->room, "there is no memory for %zu points", count);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &points[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 1; i < count && !bad; i++)
        if (points_same(sorted[i - 1], sorted[i])) {
            snprintf(r->error, r->room, "the points are damaged: '%s' '%s' of %zu bytes and %d ranks is there twice",
                     sorted[i]->test, sorted[i]->variant, sorted[i]->bytes, sorted[i]->ranks);
            bad = -1;
        }
    free(sorted);
    return bad;
}

/* The rest is the launcher's, to the end, so that whoever still writes into a pipe does not lose its reader; but
 * not a row more than the head has promised, and not the figures of another job. */
static int read_rest(struct reader *r, unsigned long long count)
{
    int bad = 0, after_first = 0;
    while (next_line(r)) {
        struct point point;
        char why[8];
        struct reader quiet = *r;
        quiet.error = why;
        quiet.room = sizeof why;
        if (bad || r->damaged)
            continue;
        int begins = after_first && fact_value(r->text, "mpi");
        after_first = strncmp(r->text, first_line, sizeof first_line - 1) == 0;
        if (begins)
            bad = refuse(r, "the figures of another job begin there");
        else if (read_point(&quiet, &point) == 0)
            bad = refuse(r, "it is a row more than the %llu that the head tells of", count);
    }
    return bad;
}

static int read_document(struct reader *r, struct facts *facts, struct points *points)
{
    unsigned long long count;
    do {
        if (!next_line(r)) {
            snprintf(r->error, r->room, "there are no points of godwit-bench in %ld lines", r->line);
            return -1;
        }
    } while (strncmp(r->text, first_line, sizeof first_line - 1) != 0);
    if (check_line(r) != 0 || read_head(r, facts, &count) != 0)
        return -1;
    for (unsigned long long i = 0; i < count; i++) {
        struct point point;
        if (wanted_line(r, "a row of figures") != 0 || read_point(r, &point) != 0)
            return -1;
        if (points_add(points, &point) != 0) {
            snprintf(r->error, r->room, "there is no memory for %llu points", count);
            return -1;
        }
    }
    if (count && check_once(r, points->at + points->count - count, (size_t)count) != 0)
        return -1;
    return read_rest(r, count);
}

int csv_read(FILE *in, struct facts *facts, struct points *points, char *error, size_t room)
{
    struct reader r = {.in = in, .error = error, .room = room};
    struct facts found = {0};
    size_t before = points->count;
    if (read_document(&r, &found, points) != 0) {
        points->count = before;
        return -1;
    }
    if (ferror(in)) {
        points->count = before;
        snprintf(error, room, "reading the points failed: %s", strerror(errno));
        return -1;
    }
    *facts = found;
    return 0;
}
