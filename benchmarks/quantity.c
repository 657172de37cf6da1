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

const char *quantity_time(char text[QUANTITY], double seconds)
{
    if (unknown(text, seconds))
        return text;
    double us = seconds * 1e6;
    if (us < 0.00000995)
        snprintf(text, QUANTITY, "%.3g ns", us * 1e3);
    else if (us < 0.009995)
        three_digits(text, us * 1e3, "ns");
    else if (us < 0.9995)
        snprintf(text, QUANTITY, "%.3f us", us);
    else if (us < 999.5)
        three_digits(text, us, "us");
    else if (us < 999.5e3)
        three_digits(text, us / 1e3, "ms");
    else if (us < 999.5e6)
        three_digits(text, us / 1e6, "s");
    else if (seconds < 999999.5)
        snprintf(text, QUANTITY, "%.0f s", seconds);
    else
        snprintf(text, QUANTITY, "%.3g s", seconds);
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
