/* Words for quantities: three significant digits and a unit, in few characters. See report.h. */
#include "benchmarks/report.h"

#include <math.h>

const char *quantity_bytes(char text[QUANTITY], size_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t whole = bytes;
    int unit = 0;
    while (whole && whole % 1024 == 0 && unit < 6) {
        whole /= 1024;
        unit++;
    }
    if (whole < 1000000000) {
        snprintf(text, QUANTITY, "%zu %s", whole, units[unit]);
        return text;
    }
    /* Not a round number of anything, and too long to be read: two sizes may look alike from here on. */
    double value = (double)bytes;
    for (unit = 0; value >= 999.5 && unit < 6; unit++)
        value /= 1024;
    snprintf(text, QUANTITY, "%.3g %s", value, units[unit]);
    return text;
}

/* Three digits of a value that is below 999.5. */
static void three_digits(char text[QUANTITY], double value, const char *unit)
{
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(text, QUANTITY, "%.*f %s", decimals, value, unit);
}

/* Nothing was measured, or what was measured is no figure. */
static int unknown(char text[QUANTITY], double value)
{
    if (isfinite(value) && value > 0)
        return 0;
    snprintf(text, QUANTITY, "-");
    return 1;
}

/* Times are in us from 10 ns on, as everybody quotes them for messages, and in ns below. */
enum time_unit { NS, US, MS, S };
static const struct {
    const char *name;
    double per_second, least, most; /* what is readable in it, beside others */
} time_units[] = {{"ns", 1e9, 0, 9999.5}, {"us", 1e6, 0.00095, 9999.5}, {"ms", 1e3, 0.0995, 9999.5},
                  {"s", 1, 0.0995, 999999.5}};

static enum time_unit time_unit_of(double seconds)
{
    double us = seconds * 1e6;
    return us < 0.009995 ? NS : us < 999.5 ? US : us < 999.5e3 ? MS : S;
}

const char *quantity_time_as(char text[QUANTITY], double seconds, double like)
{
    if (unknown(text, seconds))
        return text;
    enum time_unit unit = isfinite(like) && like > 0 ? time_unit_of(like) : time_unit_of(seconds);
    double value = seconds * time_units[unit].per_second;
    if (value < time_units[unit].least || value >= time_units[unit].most) {
        unit = time_unit_of(seconds);
        value = seconds * time_units[unit].per_second;
    }
    const char *name = time_units[unit].name;
    if (value >= 999999.5 || (unit == NS && value < 0.00995))
        snprintf(text, QUANTITY, "%.3g %s", value, name);
    else if (value < 0.9995 && unit != NS)
        snprintf(text, QUANTITY, "%.3f %s", value, name);
    else
        three_digits(text, value, name);
    return text;
}

const char *quantity_time(char text[QUANTITY], double seconds)
{
    return quantity_time_as(text, seconds, seconds);
}

const char *quantity_times(char text[QUANTITY], double times)
{
    if (unknown(text, times))
        return text;
    if (times < 0.00095)
        snprintf(text, QUANTITY, "<0.001x");
    else if (times > 99999.4)
        snprintf(text, QUANTITY, ">99999x");
    else
        snprintf(text, QUANTITY, "%.*fx", times < 0.0095 ? 3 : times < 9.95 ? 2 : times < 99.5 ? 1 : 0, times);
    return text;
}

static const char *thousands(char text[QUANTITY], double value, const char *const units[], int last)
{
    if (unknown(text, value))
        return text;
    int unit = 0;
    while (value >= 999.5 && unit < last) {
        value /= 1000;
        unit++;
    }
    if (value < 999.5 && value >= 0.00995)
        three_digits(text, value, units[unit]);
    else
        snprintf(text, QUANTITY, "%.3g %s", value, units[unit]);
    return text;
}

const char *quantity_bandwidth(char text[QUANTITY], double bytes_per_second)
{
    static const char *const units[] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s"};
    return thousands(text, bytes_per_second, units, 5);
}

const char *quantity_rate(char text[QUANTITY], double per_second)
{
    static const char *const units[] = {"/s", "k/s", "M/s", "G/s", "T/s"};
    return thousands(text, per_second, units, 4);
}
