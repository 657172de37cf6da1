/* The picture of one run of godwit-bench: the words around what plot_series.c makes of its points. */
#include "benchmarks/kind.h"
#include "benchmarks/plot.h"
#include "benchmarks/report.h"

#include <string.h>

/* Of one test, its name; of one variant alone, that one, too. */
static void title_of(const struct facts *facts, const struct points *points, char *title, size_t room)
{
    char library[LIBRARY_NAME], row[KIND_ROW];
    const struct point *first = points->count ? points->at : NULL;
    int tests = 0, variants = 0;
    library_name(library, facts->library);
    for (size_t i = 0; i < points->count; i++) {
        tests |= strcmp(points->at[i].test, first->test) != 0;
        variants |= strcmp(points->at[i].variant, first->variant) != 0;
    }
    if (!first || tests)
        snprintf(title, room, "%s measured with godwit-bench", *library ? library : "MPI");
    else
        snprintf(title, room, "%s%s%s%s%s",
                 strcmp(first->test, "floor") == 0 ? kind_of("floor")->title : kind_of(first->test)->name,
                 variants || !*first->variant ? "" : ": ",
                 variants || !*first->variant ? "" : kind_row(row, first), *library ? ", " : "", library);
}

static void small_print_of(const struct facts *facts, const struct points *points, char *text, size_t room)
{
    const char *const parts[] = {facts->host, facts->cpu, facts->pinning, facts->buffers};
    int n = snprintf(text, room, "Measured by godwit-bench %s", facts->version), overlap_only = 1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (*parts[i] && n > 0 && (size_t)n < room)
            n += snprintf(text + n, room - (size_t)n, "%s%s", i == 0 ? " on " : "; ", parts[i]);
    for (size_t i = 0; i < points->count; i++)
        overlap_only &= kind_of(points->at[i].test)->figure == FIGURE_OVERLAP;
    if (n > 0 && (size_t)n < room)
        snprintf(text + n, room - (size_t)n, overlap_only ? ". Markers: median." :
                 ". Markers: median. Thin lines: from the fastest to the 99th percentile, with an arrow where "
                 "they go on.");
}

int plot_points(FILE *out, const struct facts *facts, const struct points *points)
{
    const struct series one = {"", points, NULL};
    char title[240], small[5 * FACT + 400];
    title_of(facts, points, title, sizeof title);
    small_print_of(facts, points, small, sizeof small);
    return plot_series(out, title, small, &one, 1);
}
