/* How the curves and dots of a picture look, one look for each name, and the legend. */
#include "benchmarks/plot_inside.h"

#include <stdlib.h>
#include <string.h>

/* Okabe and Ito's colours without the yellow, which is hard to see on white; black last. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
enum { COLOURS = 7, SHAPES = 6, LEGEND_MOST = 40, LEGEND_ROW = 22, LEGEND_SIGN = 38, LEGEND_GAP = 26 };

const char *look_colour(const struct look *look)
{
    return look->is_floor ? "#777777" : colours[look->number % COLOURS];
}

/* Curves after the last colour begin with the first again, broken, and with hollow markers. */
static int second_round(const struct look *look)
{
    return look->number / COLOURS % 2;
}

void look_marker(FILE *out, const struct look *look, double x, double y)
{
    /* Paths from the middle. */
    static const char *const shapes[SHAPES] = {
        NULL, "m-3.4,-3.4h6.8v6.8h-6.8z", "m0,-4.6l4.4,7.6h-8.8z", "m0,-4.9l4.9,4.9l-4.9,4.9l-4.9,-4.9z",
        "m0,4.6l4.4,-7.6h-8.8z", "m-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z"};
    const char *colour = look_colour(look), *fill = second_round(look) ? "#ffffff" : colour;
    const char *edge = second_round(look) ? colour : "#ffffff";
    const char *shape = shapes[look->number % SHAPES];
    if (shape)
        fprintf(out, "<path d=\"M%.1f,%.1f%s\"", x, y, shape);
    else
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.9\"", x, y);
    fprintf(out, " fill=\"%s\" stroke=\"%s\" stroke-width=\"%s\"/>\n", fill, edge,
            second_round(look) ? "1.4" : "0.8");
}

void look_line(FILE *out, const struct look *look)
{
    static const char *const floors[] = {"6 4", "2 3", "9 3 2 3"};
    if (look->is_floor)
        fprintf(out, "stroke=\"%s\" stroke-width=\"1.6\" stroke-dasharray=\"%s\"", look_colour(look),
                floors[look->number % 3]);
    else
        fprintf(out, "stroke=\"%s\" stroke-width=\"1.9\"%s", look_colour(look),
                second_round(look) ? " stroke-dasharray=\"7 3\"" : "");
}

/* ---- one look for each name ---- */

const struct look *look_find(const struct looks *looks, const char *name, int is_floor)
{
    for (size_t i = 0; i < looks->count; i++)
        if (looks->at[i].is_floor == !!is_floor && strcmp(looks->at[i].name, name) == 0)
            return &looks->at[i];
    return NULL;
}

static void add(struct looks *looks, const char *name, int is_floor)
{
    if (look_find(looks, name, is_floor))
        return;
    size_t number = is_floor ? looks->floors++ : looks->count;
    looks->at[looks->count++] = (struct look){name, is_floor, number};
}

int looks_collect(struct looks *looks, const struct view *views, size_t count)
{
    size_t most = 1;
    for (size_t v = 0; v < count; v++)
        most += views[v].dot_count ? views[v].dot_count : views[v].panel.count;
    *looks = (struct looks){.at = calloc(most, sizeof *looks->at)};
    if (!looks->at)
        return -1;
    /* Floors last, so that they stand at the end of the legend. */
    for (int floors = 0; floors < 2; floors++)
        for (size_t v = 0; v < count; v++) {
            for (size_t d = 0; d < views[v].dot_count && !floors; d++)
                if (views[v].dots[d].series && axis_shows(views[v].panel.x_unit, views[v].dots[d].value))
                    add(looks, views[v].dots[d].series, 0);
            for (size_t c = 0; !views[v].dot_count && c < views[v].panel.count; c++) {
                const struct curve *curve = &views[v].panel.curves[c];
                if (!!curve->is_floor == floors && plot_curve_visible(&views[v].panel, curve))
                    add(looks, curve->name, floors);
            }
        }
    return 0;
}

/* ---- the legend ---- */

static size_t name_length(const struct look *look)
{
    size_t length = plot_length(look->name);
    return length > LEGEND_MOST ? LEGEND_MOST : length;
}

static double entry_width(const struct look *look)
{
    return LEGEND_SIGN + plot_width(name_length(look), 13) + LEGEND_GAP;
}

/* The width of a column when the entries stand row by row in so many columns. */
static double column_width(const struct looks *looks, size_t columns, size_t column)
{
    double widest = 0;
    for (size_t i = column; i < looks->count; i += columns) {
        double width = entry_width(&looks->at[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* The most columns that fit. */
static size_t columns_for(const struct looks *looks, double room)
{
    size_t columns = looks->count;
    for (; columns > 1; columns--) {
        double all = 0;
        for (size_t c = 0; c < columns; c++)
            all += column_width(looks, columns, c);
        if (all <= room + LEGEND_GAP)
            break;
    }
    return columns ? columns : 1;
}

double legend_height(const struct looks *looks, double room)
{
    size_t columns = columns_for(looks, room);
    return looks->count < 2 ? 0 : (double)((looks->count + columns - 1) / columns) * LEGEND_ROW;
}

void legend_draw(FILE *out, const struct looks *looks, double left, double top, double room)
{
    double x = left;
    size_t columns = columns_for(looks, room);
    for (size_t c = 0; c < columns && looks->count > 1; c++) {
        for (size_t i = c; i < looks->count; i += columns) {
            const struct look *look = &looks->at[i];
            double y = top + (double)(i / columns) * LEGEND_ROW;
            fprintf(out, "<path d=\"M%.1f,%.1fh28\" fill=\"none\" ", x, y);
            look_line(out, look);
            fputs("/>\n", out);
            if (!look->is_floor)
                look_marker(out, look, x + 14, y);
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" fill=\"#222222\">", x + LEGEND_SIGN,
                    y + 4.5);
            plot_text(out, look->name, LEGEND_MOST);
            fputs("</text>\n", out);
        }
        x += column_width(looks, columns, c);
    }
}
