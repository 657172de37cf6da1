/* Pictures of curves as SVG: layout, panels, curves and the legend. What stands on the axes is decided in
 * plot_axis.c, which curves a run has in plot_points.c. */
#include "benchmarks/plot_axis.h"
#include "benchmarks/report.h"

#include <stdlib.h>
#include <string.h>

enum {
    WIDE = 960, NARROW = 720,              /* of the picture: with two columns of panels, with one */
    MARGIN_LEFT = 98, MARGIN_RIGHT = 18,   /* inside of a panel, around the drawing area */
    PANEL_TOP = 30, PANEL_BOTTOM = 50,
    AREA_HEIGHT = 276,
    LEGEND_MOST = 40, SMALL_LINES = 5
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

/* Room that text takes, on the safe side of what common fonts need. */
static double text_width(size_t characters, double size)
{
    return (double)characters * size * 0.6;
}

/* ---- looks of curves ---- */

/* Okabe and Ito's colours without the yellow, which is hard to see on white; black last. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
enum { COLOURS = 7, SHAPES = 6 };

static const char *colour_of(size_t look)
{
    return colours[look % COLOURS];
}

/* Curves after the last colour begin with the first again, broken, and with hollow markers. */
static int second_round(size_t look)
{
    return look / COLOURS % 2;
}

static void draw_marker(FILE *out, size_t look, double x, double y)
{
    /* Paths from the middle. */
    static const char *const shapes[SHAPES] = {
        NULL, "m-3.4,-3.4h6.8v6.8h-6.8z", "m0,-4.6l4.4,7.6h-8.8z", "m0,-4.9l4.9,4.9l-4.9,4.9l-4.9,-4.9z",
        "m0,4.6l4.4,-7.6h-8.8z", "m-1.5,-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z"};
    const char *colour = colour_of(look), *fill = second_round(look) ? "#ffffff" : colour;
    const char *edge = second_round(look) ? colour : "#ffffff";
    const char *shape = shapes[look % SHAPES];
    if (shape)
        fprintf(out, "<path d=\"M%.1f,%.1f%s\"", x, y, shape);
    else
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.9\"", x, y);
    fprintf(out, " fill=\"%s\" stroke=\"%s\" stroke-width=\"%s\"/>\n", fill, edge,
            second_round(look) ? "1.4" : "0.8");
}

static void line_style(FILE *out, const struct curve *curve, size_t look)
{
    static const char *const floors[] = {"6 4", "2 3", "9 3 2 3"};
    if (curve->is_floor)
        fprintf(out, "stroke=\"#777777\" stroke-width=\"1.6\" stroke-dasharray=\"%s\"", floors[look % 3]);
    else
        fprintf(out, "stroke=\"%s\" stroke-width=\"1.9\"%s", colour_of(look),
                second_round(look) ? " stroke-dasharray=\"7 3\"" : "");
}

/* ---- which curves there are: one look for each name ---- */

struct look {
    const struct curve *curve; /* the first of this name */
    size_t number;             /* among those of its kind */
};

struct looks {
    struct look *at;
    size_t count, floors;
};

static int drawable(const struct panel *panel, const struct curve *curve, size_t i)
{
    return axis_shows(panel->x_unit, curve->x[i]) && axis_shows(panel->y_unit, curve->y[i]);
}

static int curve_visible(const struct panel *panel, const struct curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (drawable(panel, curve, i))
            return 1;
    return 0;
}

static const struct look *look_find(const struct looks *looks, const struct curve *curve)
{
    for (size_t i = 0; i < looks->count; i++)
        if (looks->at[i].curve->is_floor == curve->is_floor && strcmp(looks->at[i].curve->name, curve->name) == 0)
            return &looks->at[i];
    return NULL;
}

static int looks_collect(struct looks *looks, const struct view *views, size_t count)
{
    size_t curves = 1;
    for (size_t v = 0; v < count; v++)
        curves += views[v].dot_count ? 0 : views[v].panel.count;
    *looks = (struct looks){.at = calloc(curves, sizeof *looks->at)};
    if (!looks->at)
        return -1;
    /* Floors last, so that they stand at the end of the legend. */
    for (int floors = 0; floors < 2; floors++)
        for (size_t v = 0; v < count; v++)
            for (size_t c = 0; !views[v].dot_count && c < views[v].panel.count; c++) {
                const struct curve *curve = &views[v].panel.curves[c];
                if (!!curve->is_floor != floors || !curve_visible(&views[v].panel, curve) ||
                    look_find(looks, curve))
                    continue;
                size_t number = floors ? looks->floors++ : looks->count;
                looks->at[looks->count++] = (struct look){curve, number};
            }
    return 0;
}

/* ---- a panel ---- */

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

struct range {
    double low, high;
    int any;
};

static void range_add(struct range *range, double value)
{
    if (!range->any || value < range->low)
        range->low = value;
    if (!range->any || value > range->high)
        range->high = value;
    range->any = 1;
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
    /* Spread belongs to the picture, but one outlier must not press the curves flat: it goes out at the edge. */
    struct range spread = y;
    for (size_t c = 0; c < panel->count; c++)
        for (size_t i = 0; i < panel->curves[c].count; i++) {
            const struct curve *curve = &panel->curves[c];
            if (!drawable(panel, curve, i))
                continue;
            if (curve->low && curve->low[i] > y.low / 2)
                range_add(&spread, curve->low[i]);
            if (curve->high && curve->high[i] < y.high * 2)
                range_add(&spread, curve->high[i]);
        }
    axis_make(&area->x, panel->x_unit, x.low, x.high, (int)(area->box.width / 52), 1);
    axis_make(&area->y, panel->y_unit, spread.low, spread.high, (int)(area->box.height / 24), 0);
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
    for (int i = 0; i < area->y.count; i++)
        if (area->y.ticks[i].labelled) {
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", area->box.x - 7,
                    place_y(area, area->y.ticks[i].value) + 4);
            plot_text(out, area->y.ticks[i].label, TICK_LABEL);
            fputs("</text>\n", out);
        }
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", middle, bottom + 39);
    plot_text(out, panel->x_name, 50);
    double x = area->box.x - MARGIN_LEFT + 16, y = area->box.y + area->box.height / 2;
    fprintf(out, "</text>\n<text transform=\"translate(%.1f,%.1f) rotate(-90)\" text-anchor=\"middle\">", x, y);
    plot_text(out, panel->y_name, 40);
    fputs("</text>\n</g>\n", out);
}

/* Thin lines from low to high at every point. */
static void draw_spread(FILE *out, const struct area *area, const struct panel *panel, const struct curve *curve,
                        size_t look)
{
    if (!curve->low || !curve->high)
        return;
    fprintf(out, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.2\" stroke-opacity=\"0.5\" d=\"",
            curve->is_floor ? "#777777" : colour_of(look));
    for (size_t i = 0; i < curve->count; i++) {
        double low = curve->low[i], high = curve->high[i];
        if (!drawable(panel, curve, i) || !axis_shows(panel->y_unit, low) || !axis_shows(panel->y_unit, high))
            continue;
        low = low < area->y.low ? area->y.low : low > area->y.high ? area->y.high : low;
        high = high < area->y.low ? area->y.low : high > area->y.high ? area->y.high : high;
        fprintf(out, "M%.1f,%.1fV%.1f", place_x(area, curve->x[i]), place_y(area, low), place_y(area, high));
    }
    fputs("\"/>\n", out);
}

static void draw_line(FILE *out, const struct area *area, const struct panel *panel, const struct curve *curve,
                      size_t look)
{
    char command = 'M';
    fputs("<path fill=\"none\" stroke-linejoin=\"round\" ", out);
    line_style(out, curve, look);
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
            const struct look *look = look_find(looks, curve);
            if (!!curve->is_floor != floors || !curve_visible(panel, curve) || !look)
                continue;
            draw_spread(out, &area, panel, curve, look->number);
            draw_line(out, &area, panel, curve, look->number);
            /* A floor is a line; one point of it would not be seen. */
            for (size_t i = 0; i < curve->count; i++)
                if (!curve->is_floor && drawable(panel, curve, i))
                    draw_marker(out, look->number, place_x(&area, curve->x[i]), place_y(&area, curve->y[i]));
            if (curve->is_floor && curve->count == 1)
                fprintf(out, "<path d=\"M%.1f,%.1fh24\" stroke=\"#777777\" stroke-width=\"1.6\"/>\n",
                        place_x(&area, curve->x[0]) - 12, place_y(&area, curve->y[0]));
        }
}

/* ---- the legend ---- */

enum { LEGEND_ROW = 22, LEGEND_SIGN = 38, LEGEND_GAP = 26 };

static size_t name_length(const struct look *look)
{
    size_t length = plot_length(look->curve->name);
    return length > LEGEND_MOST ? LEGEND_MOST : length;
}

static double entry_width(const struct look *look)
{
    return LEGEND_SIGN + text_width(name_length(look), 13) + LEGEND_GAP;
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
static size_t legend_columns(const struct looks *looks, double room)
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

static void draw_legend(FILE *out, const struct looks *looks, double left, double top, size_t columns)
{
    double x = left;
    for (size_t c = 0; c < columns; c++) {
        for (size_t i = c; i < looks->count; i += columns) {
            const struct look *look = &looks->at[i];
            double y = top + (double)(i / columns) * LEGEND_ROW;
            fprintf(out, "<path d=\"M%.1f,%.1fh28\" fill=\"none\" ", x, y);
            line_style(out, look->curve, look->number);
            fputs("/>\n", out);
            if (!look->curve->is_floor)
                draw_marker(out, look->number, x + 14, y);
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" fill=\"#222222\">", x + LEGEND_SIGN,
                    y + 4.5);
            plot_text(out, look->curve->name, LEGEND_MOST);
            fputs("</text>\n", out);
        }
        x += column_width(looks, columns, c);
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
    size_t most = (size_t)(room / text_width(1, 11.5));
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
        if (curve_visible(&view->panel, &view->panel.curves[c]))
            return 1;
    return 0;
}

static double view_height(const struct view *view)
{
    return view->dot_count ? dots_height(view) : PANEL_TOP + AREA_HEIGHT + PANEL_BOTTOM;
}

/* Boxes for all views, two in a row where they are curves; a last one that is alone, or dots, takes the row.
 * Returns the height. */
static double lay_out(struct box *boxes, const struct view *const *views, size_t count, double top, double width)
{
    double y = top;
    for (size_t i = 0; i < count;) {
        int pair = i + 1 < count && !views[i]->dot_count && !views[i + 1]->dot_count;
        double height = view_height(views[i]);
        boxes[i] = (struct box){0, y, pair ? width / 2 : width, height};
        if (pair)
            boxes[i + 1] = (struct box){width / 2, y, width / 2, height};
        i += pair ? 2 : 1;
        y += height + 10;
    }
    return y;
}

static void draw_frame(FILE *out, const char *title, double width, double height)
{
    double size = 18;
    while (size > 13 && text_width(plot_length(title), size) > width - 40)
        size -= 0.5;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
            "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"%s\" role=\"img\">\n<title>",
            width, height, width, height, font);
    plot_text(out, title, 200);
    fprintf(out, "</title>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", width, height);
    fprintf(out, "<text x=\"20\" y=\"32\" font-size=\"%.1f\" font-weight=\"bold\" fill=\"#111111\">", size);
    plot_text(out, title, (size_t)((width - 40) / text_width(1, size)));
    fputs("</text>\n", out);
}

static int draw(FILE *out, const char *title, const char *small_print, const struct view *const *views,
                size_t count, struct box *boxes, const struct looks *looks)
{
    int columns = 1;
    for (size_t i = 0; i + 1 < count; i++)
        if (!views[i]->dot_count && !views[i + 1]->dot_count)
            columns = 2;
    double width = columns == 2 ? WIDE : NARROW, room = width - 40;
    double y = lay_out(boxes, views, count, 48, width);
    size_t entries = legend_columns(looks, room), rows = (looks->count + entries - 1) / entries;
    double legend = y + 14, small = legend + (double)rows * LEGEND_ROW + 10;
    double height = small + small_print_lines(NULL, small_print, 20, 0, room) * 16 + 4;
    draw_frame(out, title, width, height);
    for (size_t i = 0; i < count; i++) {
        if (views[i]->dot_count)
            dots_draw(out, &boxes[i], views[i]);
        else
            draw_panel(out, &boxes[i], &views[i]->panel, looks);
    }
    draw_legend(out, looks, 20, legend, entries);
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
