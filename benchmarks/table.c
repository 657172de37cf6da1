/* The table for people: a head of facts, a section for each test, a row for each point. Rows appear while the
 * measurement runs, so the widths are fixed beforehand; every row of a section is as long as its header. */
#include "benchmarks/kind.h"
#include "benchmarks/report.h"

#include <string.h>

enum column {
    COLUMN_END, COLUMN_SIZE, COLUMN_RANKS, COLUMN_MODE, COLUMN_OPERATION, COLUMN_WHAT, COLUMN_MIN, COLUMN_MEDIAN,
    COLUMN_P99, COLUMN_EACH, COLUMN_ALONE, COLUMN_BANDWIDTH, COLUMN_RATE, COLUMN_EITHER, COLUMN_VERSUS,
    COLUMN_FREE, COLUMN_FLOOR
};

enum { CELL = 40 };

/* Widths take the longest figure that quantity.c makes; names are cut. */
static const struct {
    const char *name;
    int width, left;
} columns[] = {
    [COLUMN_SIZE] = {"size", 11, 0},           [COLUMN_RANKS] = {"ranks", 6, 0},
    [COLUMN_MODE] = {"mode", 25, 1},           [COLUMN_OPERATION] = {"operation", 21, 1},
    [COLUMN_WHAT] = {"what", 24, 1},           [COLUMN_MIN] = {"min", 10, 0},
    [COLUMN_MEDIAN] = {"median", 10, 0},       [COLUMN_P99] = {"p99", 10, 0},
    [COLUMN_EACH] = {"per message", 12, 0},    [COLUMN_ALONE] = {"transfer alone", 15, 0},
    [COLUMN_BANDWIDTH] = {"bandwidth", 11, 0}, [COLUMN_RATE] = {"messages/s", 11, 0},
    [COLUMN_EITHER] = {"speed", 11, 0},        [COLUMN_VERSUS] = {"vs first", 12, 0},
    [COLUMN_FREE] = {"free to compute", 16, 0}, [COLUMN_FLOOR] = {"x floor", 8, 0},
};

static const enum column pingpong_columns[] = {COLUMN_SIZE,      COLUMN_MIN,   COLUMN_MEDIAN, COLUMN_P99,
                                               COLUMN_BANDWIDTH, COLUMN_FLOOR, COLUMN_END};
static const enum column stream_columns[] = {COLUMN_SIZE, COLUMN_EACH, COLUMN_BANDWIDTH, COLUMN_RATE, COLUMN_FLOOR,
                                             COLUMN_END};
static const enum column modes_columns[] = {COLUMN_MODE, COLUMN_MIN, COLUMN_MEDIAN, COLUMN_P99, COLUMN_VERSUS,
                                            COLUMN_FLOOR, COLUMN_END};
static const enum column overlap_columns[] = {COLUMN_SIZE, COLUMN_ALONE, COLUMN_FREE, COLUMN_END};
static const enum column coll_columns[] = {COLUMN_OPERATION, COLUMN_SIZE, COLUMN_RANKS, COLUMN_MIN, COLUMN_MEDIAN,
                                           COLUMN_P99,       COLUMN_FLOOR, COLUMN_END};
static const enum column floor_columns[] = {COLUMN_WHAT, COLUMN_SIZE, COLUMN_MIN, COLUMN_MEDIAN, COLUMN_P99,
                                            COLUMN_EITHER, COLUMN_END};
static const enum column other_columns[] = {COLUMN_WHAT, COLUMN_SIZE, COLUMN_RANKS, COLUMN_MIN, COLUMN_MEDIAN,
                                            COLUMN_P99, COLUMN_FLOOR, COLUMN_END};

static const enum column *columns_of(const struct point *p)
{
    static const struct {
        const char *test;
        const enum column *columns;
    } all[] = {
        {"pingpong", pingpong_columns}, {"stream", stream_columns},   {"bistream", stream_columns},
        {"rate", stream_columns},       {"modes", modes_columns},     {"overlap", overlap_columns},
        {"coll", coll_columns},         {"floor", floor_columns},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].test, p->test) == 0)
            return all[i].columns;
    return other_columns;
}

/* ---- cells ---- */

/* At most width characters and a NUL, "..." where more was there; nothing that a terminal would obey. */
static void cell_name(char *cell, const char *name, int width)
{
    int length = (int)strlen(name);
    snprintf(cell, (size_t)width + 1, "%.*s%s", length > width ? width - 3 : length, name,
             length > width ? "..." : "");
    for (char *c = cell; *c; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
}

static void cell_time(char cell[CELL], const struct point *p, double seconds)
{
    char text[QUANTITY];
    snprintf(cell, CELL, "%s", quantity_time_as(text, seconds, p->median));
}

/* How often one time holds another: "1.4x". */
static void cell_ratio(char cell[CELL], double value, double of)
{
    char text[QUANTITY];
    snprintf(cell, CELL, "%s", quantity_times(text, of > 0 ? value / of : 0));
}

static void cell_speed(char cell[CELL], const struct point *p, enum column c)
{
    char text[QUANTITY];
    double moved = kind_value(FIGURE_BANDWIDTH, p, p->median), messages = kind_value(FIGURE_RATE, p, p->median);
    int by_bytes = c == COLUMN_BANDWIDTH || (c == COLUMN_EITHER && moved > 0);
    snprintf(cell, CELL, "%s", by_bytes ? quantity_bandwidth(text, moved) : quantity_rate(text, messages));
}

static void cell_write(char cell[CELL], const struct table *table, const struct point *p, enum column c)
{
    char text[QUANTITY], row[KIND_ROW];
    switch (c) {
    case COLUMN_SIZE:
        snprintf(cell, CELL, "%s", p->bytes ? quantity_bytes(text, p->bytes) : "-");
        /* A ping-pong of nothing has a size, and it is 0; a barrier has none. */
        if (!p->bytes && strcmp(p->test, "coll") != 0 && strcmp(p->test, "floor") != 0)
            snprintf(cell, CELL, "0 B");
        return;
    case COLUMN_RANKS:
        snprintf(cell, CELL, "%d", p->ranks > 999999 ? 999999 : p->ranks < 0 ? 0 : p->ranks);
        return;
    case COLUMN_MODE:
    case COLUMN_OPERATION:
    case COLUMN_WHAT:
        cell_name(cell, kind_row(row, p), columns[c].width);
        return;
    case COLUMN_MIN:
        cell_time(cell, p, p->min);
        return;
    case COLUMN_MEDIAN:
    case COLUMN_EACH:
    case COLUMN_ALONE:
        cell_time(cell, p, p->median);
        return;
    case COLUMN_P99:
        cell_time(cell, p, p->p99);
        return;
    case COLUMN_BANDWIDTH:
    case COLUMN_RATE:
    case COLUMN_EITHER:
        cell_speed(cell, p, c);
        return;
    case COLUMN_VERSUS:
        cell_ratio(cell, p->median, table->reference);
        return;
    case COLUMN_FREE:
        if (p->overlap >= 0 && p->overlap <= 1)
            snprintf(cell, CELL, "%.0f %%", p->overlap * 100);
        else
            snprintf(cell, CELL, "-");
        return;
    case COLUMN_FLOOR:
        cell_ratio(cell, p->median, p->floor);
        return;
    case COLUMN_END:
        break;
    }
    snprintf(cell, CELL, "?");
}

/* ---- lines ---- */

static void print_cell(FILE *out, enum column c, int first, const char *cell)
{
    /* A figure that is too long is none that a machine can have; cut, it would be another figure. */
    const char *shown = strlen(cell) > (size_t)columns[c].width ? "..." : cell;
    fprintf(out, columns[c].left ? "%s%-*s" : "%s%*s", first ? "  " : " ", columns[c].width, shown);
}

static void print_title(FILE *out, const struct point *p)
{
    char title[KIND_TITLE], shown[KIND_TITLE];
    cell_name(shown, kind_title(title, p), KIND_TITLE - 1);
    fprintf(out, "%s\n", shown);
}

static void print_header(FILE *out, const struct point *p)
{
    for (const enum column *c = columns_of(p); *c; c++) {
        char cell[CELL];
        snprintf(cell, CELL, "%s", columns[*c].name);
        if (*c == COLUMN_VERSUS) {
            /* A name that would not fit is left to the first row, which it stands in anyway. */
            int width = columns[*c].width - 3;
            if (*p->variant && strlen(p->variant) <= (size_t)width) {
                memcpy(cell, "vs ", 4);
                cell_name(cell + 3, p->variant, width);
            }
        }
        print_cell(out, *c, c == columns_of(p), cell);
    }
    fputc('\n', out);
}

static void print_fact(FILE *out, const char *name, const char *value)
{
    if (!*value)
        return;
    fprintf(out, "  %-9s", name);
    for (; *value; value++)
        fputc((unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value, out);
    fputc('\n', out);
}

void table_begin(struct table *table, FILE *out, const struct facts *facts)
{
    char library[LIBRARY_NAME];
    *table = (struct table){.out = out};
    if (!out)
        return;
    fprintf(out, "godwit-bench %s\n", facts->version);
    print_fact(out, "MPI", library_name(library, facts->library));
    print_fact(out, "host", facts->host);
    print_fact(out, "cpu", facts->cpu);
    print_fact(out, "pinning", facts->pinning);
    print_fact(out, "buffers", facts->buffers);
    fflush(out);
}

void table_row(struct table *table, const struct point *p)
{
    if (!table->out)
        return;
    if (table->rows == 0 || kind_begins_section(&table->last, p)) {
        table->reference = p->median;
        fputc('\n', table->out);
        print_title(table->out, p);
        print_header(table->out, p);
    }
    for (const enum column *c = columns_of(p); *c; c++) {
        char cell[CELL];
        cell_write(cell, table, p, *c);
        print_cell(table->out, *c, c == columns_of(p), cell);
    }
    fputc('\n', table->out);
    table->last = *p;
    table->rows++;
    fflush(table->out);
}

void table_end(struct table *table)
{
    if (table->out && table->rows == 0)
        fputs("\nnothing was measured\n", table->out);
    if (table->out)
        fflush(table->out);
}
