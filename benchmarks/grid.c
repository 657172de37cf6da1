/* A table whose columns are as wide as their widest cell, for what is known as a whole before it is printed. */
#define _GNU_SOURCE
#include "benchmarks/compare.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 130 };

void grid_begin(struct grid *g, int columns, const char *sides)
{
    *g = (struct grid){.columns = columns, .left = sides};
}

void grid_cell(struct grid *g, const char *format, ...)
{
    va_list ap;
    if (g->count == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        char **grown = realloc(g->cells, (size_t)g->room * sizeof *grown);
        if (!grown)
            compare_no_memory();
        g->cells = grown;
    }
    va_start(ap, format);
    int n = vasprintf(&g->cells[g->count], format, ap);
    va_end(ap);
    if (n < 0)
        compare_no_memory();
    g->count++;
}

/* Widths of the columns, and the blanks between them: fewer when the table would not fit on a screen. */
static int measure_columns(const struct grid *g, int *widths)
{
    int sum = 0;
    for (int c = 0; c < g->columns; c++) {
        widths[c] = 0;
        for (int i = c; i < g->count; i += g->columns) {
            int length = (int)strlen(g->cells[i]);
            widths[c] = length > widths[c] ? length : widths[c];
        }
        sum += widths[c];
    }
    return sum + 3 * g->columns <= WIDE ? 3 : sum + 2 * g->columns <= WIDE ? 2 : 1;
}

void grid_end(struct grid *g, FILE *f)
{
    int widths[64], gap = measure_columns(g, widths);
    for (int i = 0; i < g->count; i++) {
        int c = i % g->columns, last = c == g->columns - 1;
        /* Columns without a word in them take no room. */
        if (widths[c] > 0)
            fprintf(f, "%*s%*s", c ? gap : 2, "",
                    g->left[c] == 'l' ? (last ? 0 : -widths[c]) : widths[c], g->cells[i]);
        if (last)
            fputc('\n', f);
        free(g->cells[i]);
    }
    free(g->cells);
    g->cells = NULL;
    g->count = g->room = 0;
}
