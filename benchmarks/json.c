/* The points of a run as one JSON document, for programs other than our own: seconds become microseconds, what was
 * not measured is null, and derived figures stand beside the times and nobody needs to know how they follow. */
#include "benchmarks/report.h"

#include <math.h>

/* A continuation byte of UTF-8, from low to high. */
static int follows(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

size_t text_utf8(const char *at)
{
    const unsigned char *c = (const unsigned char *)at;
    if (c[0] == 0)
        return 0;
    if (c[0] < 0x80)
        return 1;
    if (c[0] >= 0xc2 && c[0] <= 0xdf)
        return follows(c[1], 0x80, 0xbf) ? 2 : 0;
    if (c[0] >= 0xe0 && c[0] <= 0xef) {
        /* No longer form of a shorter character, no half of a pair of UTF-16, and not the two that are none. */
        unsigned char low = c[0] == 0xe0 ? 0xa0 : 0x80, high = c[0] == 0xed ? 0x9f : 0xbf;
        if (!follows(c[1], low, high) || !follows(c[2], 0x80, 0xbf))
            return 0;
        return c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe ? 0 : 3;
    }
    if (c[0] >= 0xf0 && c[0] <= 0xf4) {
        unsigned char low = c[0] == 0xf0 ? 0x90 : 0x80, high = c[0] == 0xf4 ? 0x8f : 0xbf;
        return follows(c[1], low, high) && follows(c[2], 0x80, 0xbf) && follows(c[3], 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

void json_text(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        size_t length = text_utf8(text);
        if (length == 0)
            fputs("\\ufffd", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (length == 1 && ((unsigned char)*text < 0x20 || *text == 0x7f))
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
    fputc('"', out);
}

static void fact(FILE *out, const char *name, const char *value)
{
    fprintf(out, "  \"%s\": ", name);
    json_text(out, value);
    fputs(",\n", out);
}

/* A number, or null where `known` is not true or the number is none that JSON has. */
static void number(FILE *out, const char *name, double value, int known)
{
    if (known && isfinite(value))
        fprintf(out, ", \"%s\": %.9g", name, value);
    else
        fprintf(out, ", \"%s\": null", name);
}

static void point(FILE *out, const struct point *p)
{
    fputs("    {\"test\": ", out);
    json_text(out, p->test);
    fputs(", \"variant\": ", out);
    json_text(out, p->variant);
    fprintf(out, ", \"bytes\": %zu, \"ranks\": %d, \"samples\": %ld", p->bytes, p->ranks, p->samples);
    number(out, "min_us", p->min * 1e6, 1);
    number(out, "median_us", p->median * 1e6, 1);
    number(out, "p99_us", p->p99 * 1e6, 1);
    number(out, "max_us", p->max * 1e6, 1);
    int timed = p->median > 0;
    number(out, "bytes_per_second", timed ? p->moved / p->median : 0, timed && p->moved > 0);
    number(out, "messages_per_second", timed ? p->messages / p->median : 0, timed && p->messages > 0);
    number(out, "overlap", p->overlap, p->overlap >= 0);
    number(out, "floor_us", p->floor * 1e6, p->floor > 0);
    fputc('}', out);
}

void json_write(FILE *out, const struct facts *facts, const struct points *points)
{
    fputs("{\n", out);
    fact(out, "program", "godwit-bench");
    fact(out, "version", facts->version);
    fact(out, "mpi", facts->library);
    fact(out, "host", facts->host);
    fact(out, "cpu", facts->cpu);
    fact(out, "pinning", facts->pinning);
    fprintf(out, "  \"pinned\": %s,\n  \"ranks\": %d,\n", facts->pinned ? "true" : "false", facts->ranks);
    fact(out, "buffers", facts->buffers);
    fputs("  \"points\": [", out);
    for (size_t i = 0; i < points->count; i++) {
        fputs(i ? ",\n" : "\n", out);
        point(out, &points->at[i]);
    }
    fputs("\n  ]\n}\n", out);
}
