/* The words of each test: see kind.h. */
#include "benchmarks/kind.h"
#include "benchmarks/report.h"

#include <stdio.h>
#include <string.h>

static const struct kind kinds[] = {
    {"pingpong", "Ping-pong, half of a round trip", "Ping-pong", "half of a round trip", FIGURE_TIME, "vr"},
    {"stream", "Stream, many messages under way in one direction", "Stream", "time per message", FIGURE_BANDWIDTH,
     "vr"},
    {"bistream", "Stream in both directions at once", "Stream both ways", "time per message of each direction",
     FIGURE_BANDWIDTH, "vr"},
    {"rate", "Message rate, all pairs of ranks together", "Message rate", "time per message of each pair",
     FIGURE_RATE, "vr"},
    {"modes", "Ways to send, half of a round trip", "Ways to send", "half of a round trip", FIGURE_TIME, "b"},
    {"overlap", "Overlap, share of a transfer's time that is free for computing", "Overlap", "transfer alone",
     FIGURE_OVERLAP, "v"},
    {"coll", "Collective operations, time of the slowest rank", "Collective operations",
     "time of the slowest rank", FIGURE_TIME, ""},
    {"floor", "What this machine needs without MPI (the floor)", "Without MPI", "time", FIGURE_TIME, ""},
    {"", "", "", "time", FIGURE_TIME, ""},
};

const struct kind *kind_of(const char *test)
{
    const struct kind *k = kinds;
    while (*k->test && strcmp(k->test, test) != 0)
        k++;
    return k;
}

double kind_value(enum figure figure, const struct point *p, double seconds)
{
    if (seconds <= 0 || figure == FIGURE_OVERLAP)
        return 0;
    return figure == FIGURE_BANDWIDTH ? p->moved / seconds
           : figure == FIGURE_RATE    ? p->messages / seconds
                                      : seconds;
}

enum figure kind_figure(const struct point *p)
{
    enum figure figure = kind_of(p->test)->figure;
    return figure == FIGURE_OVERLAP || kind_value(figure, p, 1) > 0 ? figure : FIGURE_TIME;
}

int kind_begins_section(const struct point *last, const struct point *p)
{
    const char *by = kind_of(p->test)->by;
    return strcmp(last->test, p->test) != 0 || (strchr(by, 'v') && strcmp(last->variant, p->variant) != 0) ||
           (strchr(by, 'b') && last->bytes != p->bytes) || (strchr(by, 'r') && last->ranks != p->ranks);
}

const char *kind_title(char text[KIND_TITLE], const struct point *p)
{
    const struct kind *k = kind_of(p->test);
    char of[KIND_ROW] = "", size[QUANTITY];
    if (strcmp(p->test, "rate") == 0)
        snprintf(of, sizeof of, "%d pair%s%s%s", p->ranks / 2, p->ranks / 2 == 1 ? "" : "s",
                 *p->variant ? ", " : "", p->variant);
    else if (strchr(k->by, 'b'))
        snprintf(of, sizeof of, "%s", quantity_bytes(size, p->bytes));
    else if (strchr(k->by, 'v'))
        snprintf(of, sizeof of, "%s", p->variant);
    snprintf(text, KIND_TITLE, "%s%s%s", *k->title ? k->title : p->test, *of ? ": " : "", of);
    return text;
}

/* Of the ways to send, two are no ping-pong. */
const char *kind_row(char text[KIND_ROW], const struct point *p)
{
    static const char *const whole[][2] = {{"sendrecv", "exchange"}, {"self", "message"}};
    snprintf(text, KIND_ROW, "%s", *p->variant ? p->variant : p->test);
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(p->test, "modes") == 0 && strcmp(p->variant, whole[i][0]) == 0)
            snprintf(text, KIND_ROW, "%s (whole %s)", whole[i][0], whole[i][1]);
    return text;
}

const char *library_name(char text[LIBRARY_NAME], const char *library)
{
    size_t n = 0;
    for (const char *c = library; *c && *c != ',' && *c != '(' && n + 1 < LIBRARY_NAME; c++) {
        int begins = n && text[n - 1] == ' ';
        if (begins && strncmp(c, "Version:", 8) == 0) {
            c += 7;
            continue;
        }
        if (begins && *c == 'v' && c[1] >= '0' && c[1] <= '9')
            continue;
        char one = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
        if (one != ' ' || (n && !begins))
            text[n++] = one;
    }
    while (n && text[n - 1] == ' ')
        n--;
    text[n] = 0;
    return text;
}
