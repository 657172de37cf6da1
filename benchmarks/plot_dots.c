/* Rows of dots on one logarithmic axis: figures that have a name, but no size to draw a curve by (a barrier, a
 * context switch, all ways to send at one size). Dots and not bars, as a logarithmic axis has no zero that a bar
 * could begin at. */
#include "benchmarks/plot_inside.h"

#include <string.h>

enum { ROW = 26, TOP = 30, BOTTOM = 46, FIGURES = 92, RIGHT = 20, LEFT = 20, NAME_MOST = 34, ROWS_MOST = 60 };

static int visible(const struct view *view, size_t i)
{
    return axis_shows(view->panel.x_unit, view->dots[i].value);
}

/* The dots from `first` on that stand in its row. */
static size_t row_length(const struct view *view, size_t first)
{
    size_t n = 1;
    while (first + n < view->dot_count && !view->dots[first + n].name)
        n++;
    return n;
}

static int row_visible(const struct view *view, size_t first)
{
    for (size_t i = first; i < first + row_length(view, first); i++)
        if (visible(view, i))
            return 1;
    return 0;
}

static size_t visible_rows(const struct view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->dot_count && count < ROWS_MOST; i += row_length(view, i))
        count += row_visible(view, i) != 0;
    return count;
}

int dots_visible(const struct view *view)
{
    return visible_rows(view) > 0;
}

/* With one dot in each row its figure stands beside it, which needs the room. */
int dots_narrow(const struct view *view)
{
    for (size_t i = 0; i < view->dot_count; i++)
        if (!view->dots[i].name)
            return 1;
    return 0;
}

double dots_height(const struct view *view)
{
    return TOP + (double)visible_rows(view) * ROW + BOTTOM;
}

static void make_axis(struct axis *axis, const struct view *view, double width)
{
    struct range values = {0};
    for (size_t i = 0; i < view->dot_count; i++)
        if (visible(view, i)) {
            range_add(&values, view->dots[i].value);
            if (view->dots[i].floor > 0 && axis_shows(view->panel.x_unit, view->dots[i].floor))
                range_add(&values, view->dots[i].floor);
        }
    struct range all = values;
    for (size_t i = 0; i < view->dot_count; i++)
        if (visible(view, i) && axis_shows(view->panel.x_unit, view->dots[i].low) &&
            axis_shows(view->panel.x_unit, view->dots[i].high))
            range_add_spread(&all, &values, view->dots[i].low, view->dots[i].high);
    axis_make(axis, view->panel.x_unit, all.low, all.high, (int)(width / 64), 0);
}

static double place(const struct box *area, const struct axis *axis, double value)
{
    double at = axis_place(axis, value);
    return area->x + area->width * (at < 0 ? 0 : at > 1 ? 1 : at);
}

static void draw_axis(FILE *out, const struct box *area, const struct axis *axis, const char *name)
{
    double bottom = area->y + area->height;
    for (int i = 0; i < axis->count; i++) {
        double x = place(area, axis, axis->ticks[i].value);
        fprintf(out, "<path d=\"M%.1f,%.1fV%.1f\" stroke=\"%s\"/>\n", x, area->y, bottom,
                axis->ticks[i].labelled ? "#dcdcdc" : "#f1f1f1");
        if (!axis->ticks[i].labelled)
            continue;
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\" fill=\"#333333\" text-anchor=\"middle\">", x,
                bottom + 18);
        plot_text(out, axis->ticks[i].label, TICK_LABEL);
        fputs("</text>\n", out);
    }
    fprintf(out, "<path d=\"M%.1f,%.1fV%.1fH%.1f\" fill=\"none\" stroke=\"#555555\"/>\n", area->x, area->y, bottom,
            area->x + area->width);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12\" fill=\"#333333\" text-anchor=\"middle\">",
            area->x + area->width / 2, bottom + 35);
    plot_text(out, name, 70);
    fputs("</text>\n", out);
}

/* From low to high, with an end where it ends and an arrow where it goes on. */
static void draw_spread(FILE *out, const struct box *area, const struct axis *axis, const struct dot *dot,
                        const struct look *look, double y)
{
    if (!axis_shows(axis->unit, dot->low) || !axis_shows(axis->unit, dot->high) || dot->high <= 0)
        return;
    double from = place(area, axis, dot->low), to = place(area, axis, dot->high);
    int below = dot->low < axis->low * (1 - 1e-9), above = dot->high > axis->high * (1 + 1e-9);
    if (to - from < 1)
        return;
    fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" stroke-opacity=\"0.75\" d=\"",
            look_colour(look));
    fprintf(out, "M%.1f,%.1fH%.1f", from, y, to);
    fprintf(out, below ? "M%.1f,%.1fl-6,3.5l6,3.5" : "M%.1f,%.1fv6", from + (below ? 6 : 0),
            y - (below ? 3.5 : 3));
    fprintf(out, above ? "M%.1f,%.1fl6,3.5l-6,3.5" : "M%.1f,%.1fv6", to - (above ? 6 : 0), y - (above ? 3.5 : 3));
    fputs("\"/>\n", out);
}

static void draw_dot(FILE *out, const struct box *area, const struct axis *axis, const struct dot *dot,
                     const struct looks *looks, double y)
{
    static const struct look only = {"", 0, 0};
    const struct look *look = dot->series ? look_find(looks, dot->series, 0) : NULL;
    look = look ? look : &only;
    draw_spread(out, area, axis, dot, look, y);
    look_marker(out, look, place(area, axis, dot->value), y);
}

/* The dots of one row: beside each other where they have to be told apart, with their figure where it is one. */
static void draw_row(FILE *out, const struct box *area, const struct axis *axis, const struct view *view,
                     size_t first, const struct looks *looks, double y)
{
    const struct dot *dots = &view->dots[first];
    size_t count = row_length(view, first);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12.5\" fill=\"#222222\" text-anchor=\"end\">",
            area->x - 10, y + 4);
    plot_text(out, dots->name ? dots->name : "", NAME_MOST);
    fputs("</text>\n", out);
    fprintf(out, "<path d=\"M%.1f,%.1fH%.1f\" stroke=\"#ebebeb\"/>\n", area->x, y, area->x + area->width);
    if (dots->floor > 0 && axis_shows(axis->unit, dots->floor))
        fprintf(out, "<path d=\"M%.1f,%.1fv16\" stroke=\"#777777\" stroke-width=\"2.5\"/>\n",
                place(area, axis, dots->floor), y - 8);
    double apart = count > 1 ? (ROW - 8) / (double)count : 0;
    apart = apart > 7 ? 7 : apart;
    for (size_t i = count; i-- > 0;)
        if (visible(view, first + i))
            draw_dot(out, area, axis, &dots[i], looks, y + apart * ((double)i - (double)(count - 1) / 2));
    if (dots_narrow(view) || !visible(view, first))
        return;
    char figure[TICK_LABEL];
    axis_label(figure, axis->unit, dots->value);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12.5\" fill=\"#222222\" text-anchor=\"end\">",
            area->x + area->width + FIGURES - 14, y + 4);
    plot_text(out, figure, TICK_LABEL);
    fputs("</text>\n", out);
}

void dots_draw(FILE *out, const struct box *box, const struct view *view, const struct looks *looks)
{
    struct axis axis;
    size_t longest = 8, row = 0, rows = visible_rows(view);
    for (size_t i = 0; i < view->dot_count; i++) {
        size_t length = view->dots[i].name ? plot_length(view->dots[i].name) : 0;
        length = length > NAME_MOST ? NAME_MOST : length;
        longest = length > longest ? length : longest;
    }
    double names = LEFT + (double)longest * 12.5 * 0.55 + 10;
    struct box area = {box->x + names, box->y + TOP,
                       box->width - names - (dots_narrow(view) ? 0 : FIGURES) - RIGHT, (double)rows * ROW};
    make_axis(&axis, view, area.width);
    plot_panel_title(out, dots_narrow(view) ? box->x + LEFT : area.x, box->y + 18, view->panel.title);
    draw_axis(out, &area, &axis, view->panel.x_name);
    for (size_t i = 0; i < view->dot_count && row < rows; i += row_length(view, i))
        if (row_visible(view, i))
            draw_row(out, &area, &axis, view, i, looks, area.y + ROW * ((double)row++ + 0.5));
}
