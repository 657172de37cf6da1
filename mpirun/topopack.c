/* What a host has, as bytes: see topopack.h.
 *
 *     usable, cpus, then of each column, until it is full: period, rows, `period` changes
 *
 * The changes of the rows that follow are those of `period` rows before. All numbers are varints. */
#include "mpirun/topopack.h"

#include "boot/node.h"
#include "mpirun/grow.h"
#include "mpirun/varint.h"

#include <stdlib.h>

/* The longest period that is looked for: cpus of a cache, on the machines that there are. */
enum { LONGEST = 64, COLUMNS = 1 + PLACE_LEVELS };

static int32_t *cell(struct place_cpu *cpu, int column)
{
    return column ? &cpu->at[column - 1] : &cpu->os;
}

/* Of which period are the changes from here on, and for how many rows? What is not periodic is one row of period 1. */
static int period_of(const int32_t *changes, int left, int *rows)
{
    int best = 1;
    *rows = 0;
    for (int period = 1; period <= LONGEST && period <= left; period++) {
        int n = period;
        while (n < left && changes[n] == changes[n - period])
            n++;
        /* a longer period has to be worth its changes */
        if (period == 1 || (n >= 2 * period && n - 2 * period > *rows - 2 * best)) {
            best = period;
            *rows = n;
        }
    }
    return best;
}

void topopack_put(struct bytes *to, const struct place_cpu *cpus, int count, int usable)
{
    int32_t *changes = grow_new((size_t)count, sizeof *changes);
    varint_put(to, (uint32_t)usable);
    varint_put(to, (uint32_t)count);
    for (int column = 0; column < COLUMNS; column++) {
        for (int i = 0; i < count; i++) {
            struct place_cpu now = cpus[i], before = cpus[i ? i - 1 : 0];
            uint32_t change = (uint32_t)*cell(&now, column) - (i ? (uint32_t)*cell(&before, column) : 0);
            changes[i] = (int32_t)change;
        }
        for (int at = 0, rows; at < count; at += rows) {
            int period = period_of(changes + at, count - at, &rows);
            varint_put(to, (uint32_t)period);
            varint_put(to, (uint32_t)rows);
            for (int i = 0; i < period; i++)
                varint_put_signed(to, changes[at + i]);
        }
    }
    free(changes);
}

/* One column, 0 when it is none. The changes stand in it until they are all there. */
static int take_column(const unsigned char **at, const unsigned char *end, struct place_cpu *cpus, uint32_t count,
                       int column)
{
    uint32_t period, rows, change;
    for (uint32_t first = 0; first < count; first += rows) {
        if (!varint_take(at, end, &period) || !varint_take(at, end, &rows) || period < 1 || period > rows ||
            rows > count - first)
            return 0;
        for (uint32_t i = first; i < first + rows; i++) {
            if (i < first + period && !varint_take(at, end, &change))
                return 0;
            *cell(&cpus[i], column) = i < first + period ? varint_signed(change) : *cell(&cpus[i - period], column);
        }
    }
    for (uint32_t i = 0, sum = 0; i < count; i++) {
        sum += (uint32_t)*cell(&cpus[i], column);
        *cell(&cpus[i], column) = (int32_t)sum;
    }
    return 1;
}

/* Numbers that nobody would count with: tables of this size are made of them. */
static int is_sound(struct place_cpu *cpus, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (int column = 0; column < COLUMNS; column++) {
            int32_t n = *cell(&cpus[i], column);
            if (n < (column ? -1 : 0) || n >= (int32_t)NODE_MAX_CPUS)
                return 0;
        }
    return 1;
}

int topopack_get(const void *bytes, size_t size, struct place_cpu **out, int *usable, struct words *why)
{
    const unsigned char *at = bytes, *end = at + size;
    uint32_t time, count;
    struct place_cpu *cpus = NULL;
    int good = varint_take(&at, end, &time) && varint_take(&at, end, &count) && count > 0 && count <= NODE_MAX_CPUS &&
               time > 0 && time <= NODE_MAX_CPUS;
    if (good)
        cpus = grow_new(count, sizeof *cpus);
    for (int column = 0; column < COLUMNS && good; column++)
        good = take_column(&at, end, cpus, count, column);
    if (good && at == end && is_sound(cpus, count)) {
        *out = cpus;
        *usable = (int)time;
        return (int)count;
    }
    free(cpus);
    return words_set(why, "sent a table of cpus that is none");
}
