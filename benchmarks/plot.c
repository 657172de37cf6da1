/* Pictures of curves as SVG: layout, panels and curves. What stands on the axes is decided in plot_axis.c, how a
 * curve looks in plot_legend.c, which curves a run has in plot_series.c. */
#include "benchmarks/plot_inside.h"
#include "benchmarks/report.h"

#include <stdlib.h>
#include <string.h>

enum {
    WIDE = 960, NARROW = 720,              /* of the picture: with two columns of panels, with one */
    MARGIN_LEFT = 90, MARGIN_RIGHT = 18,   /* inside of a panel, around the drawing area */
    PANEL_TOP = 30, PANEL_BOTTOM = 46,
    AREA_HEIGHT = 276,
    SMALL_LINES = 7
};

static const char font[] = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/* ---- text ---- */

size_t plot_length(const char *text)
{
    size_t characters = 0;
    for (; *text; characters++) {
        size_t bytes = text_utf8(text);
        text += bytes ? bytes : 1;
    }
    return characters;
}

void plot_text(FILE *out, const char *text, size_t most)
{
    int cut = plot_length(text) > most;
    size_t shown = cut && most > 3 ? most - 3 : most;
    for (size_t i = 0; *text && i < shown; i++) {
        size_t bytes = text_utf8(text);
        if (bytes == 0)
            fputs("\xef\xbf\xbd", out); /* the sign for what is no character */
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else if ((unsigned char)*text < 0x20 || *text == 0x7f)
            fputc(' ', out);
        else
            fwrite(text, 1, bytes, out);
        text += bytes ? bytes : 1;
    }
    if (cut)
        fputs("...", out);
}

double plot_width(size_t characters, double size)
{
    return (double)characters * size * 0.6;
}

/* ---- a panel ---- */

static int drawable(const struct panel *panel, const struct curve *curve, size_t i)
{
    return axis_shows(panel->x_unit, curve->x[i]) && axis_shows(panel->y_unit, curve->y[i]);
}

int plot_curve_visible(const struct panel *panel, const struct curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (drawable(panel, curve, i))
            return 1;
    return 0;
}

struct area {
    struct box box;
    struct axis x, y;
};

/* Sizes keep away from the edges, so that the first and the last marker are whole. */
enum { INSET = 10 };

static double place_x(const struct area *area, double value)
{
    return area->box.x + INSET + axis_place(&area->x, value) * (area->box.width - 2 * INSET);
}

static double place_y(const struct area *area, double value)
{
    return area->box.y + area->box.height - axis_place(&area->y, value) * area->box.height;
}

void range_add(struct range *range, double value)
{
    if (!range->any || value < range->low)
        range->low = value;
    if (!range->any || value > range->high)
        range->high = value;
    range->any = 1;
}

void range_add_spread(struct range *range, const struct range *values, double low, double high)
{
    enum { DECADE = 10 };
    if (low > 0)
        range_add(range, low > values->low / DECADE ? low : values->low / DECADE);
    if (high > 0)
        range_add(range, high < values->high * DECADE ? high : values->high * DECADE);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Lines where something was measured, and nowhere else. */
static void make_ranks(struct axis *axis, const struct panel *panel, double width)
{
    double values[TICKS];
    size_t count = 0, kept = 0;
    for (size_t c = 0; c < panel->count; c++)
        for (size_t i = 0; i < panel->curves[c].count; i++) {
            size_t k = 0;
            while (k < count && (values[k] < panel->curves[c].x[i] || values[k] > panel->curves[c].x[i]))
                k++;
            if (k == count && count < TICKS && drawable(panel, &panel->curves[c], i))
                values[count++] = panel->curves[c].x[i];
        }
    qsort(values, count, sizeof *values, by_value);
    for (size_t i = 0; i < count; i++) /* what lies on one place has one line */
        if (!kept || values[i] > values[kept - 1] * (1 + 1e-9))
            values[kept++] = values[i];
    if (count < TICKS)
        axis_ranks(axis, values, kept, 34 / width);
}

static void make_axes(struct area *area, const struct panel *panel)
{
    struct range x = {0}, y = {0};
    for (size_t c = 0; c < panel->count; c++)
        for (size_t i = 0; i < panel->curves[c].count; i++)
            if (drawable(panel, &panel->curves[c], i)) {
                range_add(&x, panel->curves[c].x[i]);
                range_add(&y, panel->curves[c].y[i]);
            }
    struct range spread = y;
    for (size_t c = 0; c < panel->count; c++)
        for (size_t i = 0; i < panel->curves[c].count; i++) {
            const struct curve *curve = &panel->curves[c];
            if (drawable(panel, curve, i) && curve->low && curve->high &&
                axis_shows(panel->y_unit, curve->low[i]) && axis_shows(panel->y_unit, curve->high[i]))
                range_add_spread(&spread, &y, curve->low[i], curve->high[i]);
        }
    axis_make(&area->x, panel->x_unit, x.low, x.high, (int)(area->box.width / 52), 1);
    axis_make(&area->y, panel->y_unit, spread.low, spread.high, (int)(area->box.height / 24), 0);
    if (panel->x_unit == PLOT_RANKS)
        make_ranks(&area->x, panel, area->box.width);
}

void plot_panel_title(FILE *out, double x, double y, const char *title)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"14\" font-weight=\"bold\" fill=\"#222222\">", x, y);
    plot_text(out, title, 60);
    fputs("</text>\n", out);
}

static void grid_line(FILE *out, double x1, double y1, double x2, double y2, int labelled)
{
    fprintf(out, "<path d=\"M%.1f,%.1fL%.1f,%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2,
            labelled ? "#dcdcdc" : "#f1f1f1");
}

static void draw_grid(FILE *out, const struct area *area)
{
    double right = area->box.x + area->box.width, bottom = area->box.y + area->box.height;
    fputs("<g stroke-width=\"1\">\n", out);
    for (int labelled = 0; labelled < 2; labelled++) {
        for (int i = 0; i < area->x.count; i++)
            if (area->x.ticks[i].labelled == labelled) {
                double x = place_x(area, area->x.ticks[i].value);
                grid_line(out, x, area->box.y, x, bottom, labelled);
            }
        for (int i = 0; i < area->y.count; i++)
            if (area->y.ticks[i].labelled == labelled) {
                double y = place_y(area, area->y.ticks[i].value);
                grid_line(out, area->box.x, y, right, y, labelled);
            }
    }
    fprintf(out, "</g>\n<path d=\"M%.1f,%.1fV%.1fH%.1f\" fill=\"none\" stroke=\"#555555\"/>\n", area->box.x,
            area->box.y, bottom, right);
}

static void draw_labels(FILE *out, const struct area *area, const struct panel *panel)
{
    double bottom = area->box.y + area->box.height, middle = area->box.x + area->box.width / 2;
    fputs("<g font-size=\"12\" fill=\"#333333\">\n", out);
    for (int i = 0; i < area->x.count; i++)
        if (area->x.ticks[i].labelled) {
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                    place_x(area, area->x.ticks[i].value), bottom + 18);
            plot_text(out, area->x.ticks[i].label, TICK_LABEL);
            fputs("</text>\n", out);
        }
    size_t longest = 0;
    for (int i = 0; i < area->y.count; i++)
        if (area->y.ticks[i].labelled) {
            size_t length = plot_length(area->y.ticks[i].label);
            longest = length > longest ? length : longest;
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", area->box.x - 7,
                    place_y(area, area->y.ticks[i].value) + 4);
            plot_text(out, area->y.ticks[i].label, TICK_LABEL);
            fputs("</text>\n", out);
        }
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", middle, bottom + 35);
    plot_text(out, panel->x_name, 50);
    double x = area->box.x - 19 - (double)longest * 7, y = area->box.y + area->box.height / 2;
    x = x < area->box.x - MARGIN_LEFT + 12 ? area->box.x - MARGIN_LEFT + 12 : x;
    fprintf(out, "</text>\n<text transform=\"translate(%.1f,%.1f) rotate(-90)\" text-anchor=\"middle\">", x, y);
    plot_text(out, panel->y_name, 40);
    fputs("</text>\n</g>\n", out);
}

/* Lines from low to high at every point, with an end where they end, and an arrow where they go on. */
static void draw_spread(FILE *out, const struct area *area, const struct panel *panel, const struct curve *curve,
                        const struct look *look)
{
    if (!curve->low || !curve->high)
        return;
    fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" stroke-opacity=\"0.75\" d=\"",
            look_colour(look));
    for (size_t i = 0; i < curve->count; i++) {
        double low = curve->low[i], high = curve->high[i];
        if (!drawable(panel, curve, i) || !axis_shows(panel->y_unit, low) || !axis_shows(panel->y_unit, high))
            continue;
        int below = low < area->y.low * (1 - 1e-9), above = high > area->y.high * (1 + 1e-9);
        double x = place_x(area, curve->x[i]), bottom = area->box.y + area->box.height;
        double from = below ? bottom : place_y(area, low > area->y.high ? area->y.high : low);
        double to = above ? area->box.y : place_y(area, high < area->y.low ? area->y.low : high);
        if (from - to < 1)
            continue;
        fprintf(out, "M%.1f,%.1fV%.1f", x, from, to);
        fprintf(out, below ? "M%.1f,%.1fl3.5,6l3.5,-6" : "M%.1f,%.1fh6", x - (below ? 3.5 : 3),
                from - (below ? 6 : 0));
        fprintf(out, above ? "M%.1f,%.1fl3.5,-6l3.5,6" : "M%.1f,%.1fh6", x - (above ? 3.5 : 3),
                to + (above ? 6 : 0));
    }
    fputs("\"/>\n", out);
}

static void draw_line(FILE *out, const struct area *area, const struct panel *panel, const struct curve *curve,
                      const struct look *look)
{
    char command = 'M';
    fputs("<path fill=\"none\" stroke-linejoin=\"round\" ", out);
    look_line(out, look);
    fputs(" d=\"", out);
    for (size_t i = 0; i < curve->count; i++)
        if (drawable(panel, curve, i)) {
            fprintf(out, "%c%.1f,%.1f", command, place_x(area, curve->x[i]), place_y(area, curve->y[i]));
            command = 'L';
        }
    fputs("\"/>\n", out);
}

static void draw_panel(FILE *out, const struct box *box, const struct panel *panel, const struct looks *looks)
{
    struct area area = {.box = {box->x + MARGIN_LEFT, box->y + PANEL_TOP, box->width - MARGIN_LEFT - MARGIN_RIGHT,
                                AREA_HEIGHT}};
    make_axes(&area, panel);
    plot_panel_title(out, area.box.x, box->y + 18, panel->title);
    draw_grid(out, &area);
    draw_labels(out, &area, panel);
    /* Floors below, curves above, the first curve topmost. */
    for (int floors = 1; floors >= 0; floors--)
        for (size_t c = panel->count; c-- > 0;) {
            const struct curve *curve = &panel->curves[c];
            const struct look *look = look_find(looks, curve->name, curve->is_floor);
            if (!!curve->is_floor != floors || !plot_curve_visible(panel, curve) || !look)
                continue;
            draw_spread(out, &area, panel, curve, look);
            draw_line(out, &area, panel, curve, look);
            /* A floor is a line; one point of it would not be seen. */
            for (size_t i = 0; i < curve->count; i++)
                if (!curve->is_floor && drawable(panel, curve, i))
                    look_marker(out, look, place_x(&area, curve->x[i]), place_y(&area, curve->y[i]));
            if (curve->is_floor && curve->count == 1)
                fprintf(out, "<path d=\"M%.1f,%.1fh24\" stroke=\"#777777\" stroke-width=\"1.6\"/>\n",
                        place_x(&area, curve->x[0]) - 12, place_y(&area, curve->y[0]));
        }
}

/* ---- small print ---- */

/* Bytes of the next line of text: as many words as fit, at least one. */
static size_t next_line(const char *text, size_t most)
{
    size_t end = 0, characters = 0, last = 0;
    while (text[end]) {
        if (text[end] == ' ')
            last = end;
        size_t bytes = text_utf8(text + end);
        if (++characters > most && last)
            return last;
        end += bytes ? bytes : 1;
    }
    return end;
}

/* Draws the lines where out is not NULL. How many there are. */
static int small_print_lines(FILE *out, const char *text, double x, double y, double room)
{
    size_t most = (size_t)(room / plot_width(1, 11.5));
    int lines = 0;
    while (*text && lines < SMALL_LINES) {
        size_t bytes = next_line(text, most);
        char line[1024];
        snprintf(line, sizeof line, "%.*s", (int)(bytes < sizeof line ? bytes : sizeof line - 1), text);
        if (out) {
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11.5\" fill=\"#666666\">", x, y + lines * 16);
            plot_text(out, line, most);
            fputs("</text>\n", out);
        }
        lines++;
        text += bytes;
        text += strspn(text, " ");
    }
    return lines;
}

/* ---- the picture ---- */

static int view_visible(const struct view *view)
{
    if (view->dot_count)
        return dots_visible(view);
    for (size_t c = 0; c < view->panel.count; c++)
        if (plot_curve_visible(&view->panel, &view->panel.curves[c]))
            return 1;
    return 0;
}

static double view_height(const struct view *view)
{
    return view->dot_count ? dots_height(view) : PANEL_TOP + AREA_HEIGHT + PANEL_BOTTOM;
}

static int is_narrow(const struct view *view)
{
    return !view->dot_count || dots_narrow(view);
}

/* Boxes for all views, two in a row where half of it is enough for both; a last one that is alone takes the row.
 * Returns the height. */
static double lay_out(struct box *boxes, const struct view *const *views, size_t count, double top, double width)
{
    double y = top;
    for (size_t i = 0; i < count;) {
        int pair = i + 1 < count && is_narrow(views[i]) && is_narrow(views[i + 1]);
        double height = view_height(views[i]);
        boxes[i] = (struct box){0, y, pair ? width / 2 : width, height};
        if (pair) {
            boxes[i + 1] = (struct box){width / 2, y, width / 2, view_height(views[i + 1])};
            height = boxes[i + 1].height > height ? boxes[i + 1].height : height;
        }
        i += pair ? 2 : 1;
        y += height + 10;
    }
    return y;
}

static void draw_frame(FILE *out, const char *title, double width, double height)
{
    double size = 18;
    while (size > 13 && plot_width(plot_length(title), size) > width - 40)
        size -= 0.5;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
            "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"%s\" role=\"img\">\n<title>",
            width, height, width, height, font);
    plot_text(out, title, 200);
    fprintf(out, "</title>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", width, height);
    fprintf(out, "<text x=\"20\" y=\"32\" font-size=\"%.1f\" font-weight=\"bold\" fill=\"#111111\">", size);
    plot_text(out, title, (size_t)((width - 40) / plot_width(1, size)));
    fputs("</text>\n", out);
}

static int draw(FILE *out, const char *title, const char *small_print, const struct view *const *views,
                size_t count, struct box *boxes, const struct looks *looks)
{
    int columns = 1;
    for (size_t i = 0; i + 1 < count; i++)
        if (is_narrow(views[i]) && is_narrow(views[i + 1]))
            columns = 2;
    double width = columns == 2 ? WIDE : NARROW, room = width - 40;
    double y = lay_out(boxes, views, count, 48, width);
    double legend = y + 14, small = legend + legend_height(looks, room) + 10;
    double height = small + small_print_lines(NULL, small_print, 20, 0, room) * 16 + 4;
    draw_frame(out, title, width, height);
    for (size_t i = 0; i < count; i++) {
        if (views[i]->dot_count)
            dots_draw(out, &boxes[i], views[i], looks);
        else
            draw_panel(out, &boxes[i], &views[i]->panel, looks);
    }
    legend_draw(out, looks, 20, legend, room);
    small_print_lines(out, small_print, 20, small, room);
    fputs("</svg>\n", out);
    return 0;
}

int plot_views(FILE *out, const char *title, const char *small_print, const struct view *views, size_t count)
{
    const struct view **shown = calloc(count + 1, sizeof *shown);
    struct box *boxes = calloc(count + 1, sizeof *boxes);
    struct looks looks = {0};
    size_t visible = 0;
    for (size_t i = 0; shown && i < count; i++)
        if (view_visible(&views[i]))
            shown[visible++] = &views[i];
    int rc = -1;
    if (visible && boxes && looks_collect(&looks, views, count) == 0)
        rc = draw(out, title, small_print, shown, visible, boxes, &looks);
    free(looks.at);
    free(boxes);
    free(shown);
    return rc;
}

int plot_write(FILE *out, const char *title, const char *small_print, const struct panel *panels, size_t count)
{
    struct view *views = calloc(count + 1, sizeof *views);
    if (!views)
        return -1;
    for (size_t i = 0; i < count; i++)
        views[i].panel = panels[i];
    int rc = plot_views(out, title, small_print, views, count);
    free(views);
    return rc;
}
