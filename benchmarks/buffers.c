/* Memory for messages, what is written into it, and whether it has arrived: see bench.h. */
#define _GNU_SOURCE
#include "benchmarks/bench.h"
#include "benchmarks/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, PAGE = 4096, MIB = 1 << 20 };

void buffers_describe(int rotate, char *text, size_t room)
{
    if (rotate)
        snprintf(text, room, "rotating through %zu MiB", memory_beyond_caches() / MIB);
    else
        snprintf(text, room, "same buffer");
}

/* Linux promises any memory and kills when it is used, so this asks first. */
static char *take_memory(size_t places, size_t step)
{
    enum { LARGE = 64 * MIB };
    size_t total = places * step, available = 0;
    if (total / places != step)
        return NULL;
    if (total >= LARGE && (available = memory_available()) && total > available)
        return NULL;
    return aligned_alloc(PAGE, (total + PAGE - 1) / PAGE * PAGE);
}

/* ---- places ---- */

/* The number of places is a power of two, so that finding one needs no division while the clock runs; an odd stride
 * near the golden section of it visits all of them, each far from the one before. */
void buffers_open_many(struct buffers *b, size_t bytes, int rotate, size_t least)
{
    size_t grain = bytes < PAGE ? LINE : PAGE, step = (bytes + grain - 1) / grain * grain;
    size_t wanted = rotate ? memory_beyond_caches() / (step ? step : grain) : 1;
    b->bytes = bytes;
    b->step = step ? step : grain;
    b->places = 1;
    while (b->places < wanted || b->places < least)
        b->places *= 2;
    b->stride = rotate ? (size_t)((double)b->places * 0.6180339887) | 1 : 1;
    b->memory = take_memory(b->places, b->step);
    if (!b->memory)
        world_die("there is no memory for %zu messages of %zu bytes; --sizes and --window make it less", b->places,
                  bytes);
    memset(b->memory, 1, b->places * b->step); /* a page that was never written is one page of zeros, shared */
}

void buffers_open(struct buffers *b, size_t bytes, int rotate)
{
    buffers_open_many(b, bytes, rotate, 1);
}

void buffers_close(struct buffers *b)
{
    free(b->memory);
    *b = (struct buffers){0};
}

char *buffers_at(const struct buffers *b, long operation)
{
    return b->memory + ((size_t)operation * b->stride & (b->places - 1)) * b->step;
}

/* ---- contents ---- */

/* Eight bytes that follow from their place and the seed, and look like no other eight (splitmix64). */
static uint64_t content(unsigned long seed, size_t word)
{
    uint64_t x = (uint64_t)seed * 0xd1342543de82ef95 + (uint64_t)(word + 1) * 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

void buffers_fill(void *at, size_t bytes, unsigned long seed)
{
    char *p = at;
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = content(seed, i / sizeof word);
        memcpy(p + i, &word, bytes - i < sizeof word ? bytes - i : sizeof word);
    }
}

void buffers_check(const void *at, size_t bytes, unsigned long seed, const char *what)
{
    const unsigned char *p = at;
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word = content(seed, i / sizeof word);
        size_t length = bytes - i < sizeof word ? bytes - i : sizeof word, k = 0;
        if (memcmp(p + i, &word, length) == 0)
            continue;
        const unsigned char *right = (const unsigned char *)&word;
        while (p[i + k] == right[k])
            k++;
        world_die("wrong data in %s: byte %zu of %zu is 0x%02x, and must be 0x%02x", what, i + k, bytes, p[i + k],
                  right[k]);
    }
}
