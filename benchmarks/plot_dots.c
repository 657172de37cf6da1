/* Rows of dots on one logarithmic axis: figures that have a name, but no size to draw a curve by (a barrier, a
 * context switch, all ways to send at one size). Dots and not bars, as a logarithmic axis has no zero that a bar
 * could begin at. */
#include "benchmarks/plot_axis.h"

enum { ROW = 26, TOP = 30, BOTTOM = 50, FIGURES = 92, RIGHT = 20, LEFT = 20, NAME_MOST = 34, DOTS_MOST = 40 };

static int visible(const struct view *view, size_t i)
{
    return axis_shows(view->panel.x_unit, view->dots[i].value);
}

static size_t visible_count(const struct view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->dot_count && count < DOTS_MOST; i++)
        count += visible(view, i) != 0;
    return count;
}

int dots_visible(const struct view *view)
{
    return visible_count(view) > 0;
}

double dots_height(const struct view *view)
{
    return TOP + (double)visible_count(view) * ROW + BOTTOM;
}

static void widen(double *low, double *high, double value)
{
    if (*high < value)
        *high = value;
    if (*low > value)
        *low = value;
}

static void make_axis(struct axis *axis, const struct view *view, double width)
{
    double low = 1e100, high = 1e-100;
    for (size_t i = 0; i < view->dot_count; i++)
        if (visible(view, i)) {
            widen(&low, &high, view->dots[i].value);
            if (axis_shows(view->panel.x_unit, view->dots[i].floor))
                widen(&low, &high, view->dots[i].floor);
        }
    /* Spread is shown as well, unless it is so far away that everything else would move together. */
    double least = low / 10, most = high * 10;
    for (size_t i = 0; i < view->dot_count; i++)
        if (visible(view, i)) {
            if (view->dots[i].low > least)
                widen(&low, &high, view->dots[i].low);
            if (view->dots[i].high > 0 && view->dots[i].high < most)
                widen(&low, &high, view->dots[i].high);
        }
    axis_make(axis, view->panel.x_unit, low, high, (int)(width / 64), 0);
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
            area->x + area->width / 2, bottom + 39);
    plot_text(out, name, 70);
    fputs("</text>\n", out);
}

static void draw_row(FILE *out, const struct box *area, const struct axis *axis, const struct dot *dot, double y)
{
    char figure[TICK_LABEL];
    double x = place(area, axis, dot->value);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12.5\" fill=\"#222222\" text-anchor=\"end\">",
            area->x - 10, y + 4);
    plot_text(out, dot->name, NAME_MOST);
    fputs("</text>\n", out);
    fprintf(out, "<path d=\"M%.1f,%.1fH%.1f\" stroke=\"#ebebeb\"/>\n", area->x, y, area->x + area->width);
    if (axis_shows(axis->unit, dot->floor))
        fprintf(out, "<path d=\"M%.1f,%.1fv16\" stroke=\"#777777\" stroke-width=\"2.5\"/>\n",
                place(area, axis, dot->floor), y - 8);
    if (axis_shows(axis->unit, dot->low) && axis_shows(axis->unit, dot->high))
        fprintf(out,
                "<path d=\"M%.1f,%.1fH%.1f\" stroke=\"#0072b2\" stroke-width=\"1.6\" stroke-opacity=\"0.5\"/>\n",
                place(area, axis, dot->low), y, place(area, axis, dot->high));
    fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#0072b2\" stroke=\"#ffffff\"/>\n", x, y);
    axis_label(figure, axis->unit, dot->value);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"12.5\" fill=\"#222222\" text-anchor=\"end\">",
            area->x + area->width + FIGURES - 14, y + 4);
    plot_text(out, figure, TICK_LABEL);
    fputs("</text>\n", out);
}

void dots_draw(FILE *out, const struct box *box, const struct view *view)
{
    struct axis axis;
    size_t longest = 8;
    for (size_t i = 0; i < view->dot_count; i++) {
        size_t length = plot_length(view->dots[i].name);
        length = length > NAME_MOST ? NAME_MOST : length;
        longest = visible(view, i) && length > longest ? length : longest;
    }
    double names = LEFT + (double)longest * 12.5 * 0.6 + 10;
    struct box area = {box->x + names, box->y + TOP, box->width - names - FIGURES - RIGHT,
                       (double)visible_count(view) * ROW};
    make_axis(&axis, view, area.width);
    plot_panel_title(out, area.x, box->y + 18, view->panel.title);
    draw_axis(out, &area, &axis, view->panel.x_name);
    size_t row = 0;
    for (size_t i = 0; i < view->dot_count && row < visible_count(view); i++)
        if (visible(view, i))
            draw_row(out, &area, &axis, &view->dots[i], area.y + ROW * ((double)row++ + 0.5));
}
