/* Memory that is there or ends mpirun: see grow.h. */
#include "mpirun/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_end(void *memory)
{
    if (!memory) {
        fprintf(stderr, "mpirun: no memory for the command line and its hosts\n");
        exit(1);
    }
    return memory;
}

void *grow_by_one(void *array, size_t count, size_t item)
{
    /* There is room for the next power of two. */
    if (array && (count & (count - 1)) != 0)
        return array;
    return or_end(reallocarray(array, count ? 2 * count : 1, item));
}

void *grow_new(size_t count, size_t item)
{
    return or_end(calloc(count ? count : 1, item));
}

char *grow_text(const char *text, size_t n)
{
    char *copy = or_end(malloc(n + 1));
    memcpy(copy, text, n);
    copy[n] = 0;
    return copy;
}
