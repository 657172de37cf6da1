/* The table of context ids: see contexts.h. */
#include "obj/contexts.h"

#include <stddef.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

static struct entry {
    uint32_t context;
    struct comm *comm; /* NULL: free */
} *entries;
static uint32_t room, count;

static uint32_t place_of(uint32_t context)
{
    uint32_t h = context * 0x9e3779b1u;
    return (h ^ h >> 15) & (room - 1);
}

/* The entry of the context, or the free one where it belongs. There is always a free one. */
static struct entry *look(uint32_t context)
{
    uint32_t i = place_of(context);
    while (entries[i].comm && entries[i].context != context)
        i = (i + 1) & (room - 1);
    return &entries[i];
}

struct comm *contexts_find(uint32_t context)
{
    return count ? look(context)->comm : NULL;
}

static int grow(void)
{
    struct entry *old = entries;
    uint32_t before = room, more = room ? 2 * room : FIRST_ROOM;
    struct entry *grown = calloc(more, sizeof *grown);
    if (!grown)
        return -1;
    entries = grown;
    room = more;
    for (uint32_t i = 0; i < before; i++)
        if (old[i].comm)
            *look(old[i].context) = old[i];
    free(old);
    return 0;
}

int contexts_add(uint32_t context, struct comm *c)
{
    if (2 * (count + 1) > room && grow())
        return -1;
    *look(context) = (struct entry){context, c};
    count++;
    return 0;
}

/* Entries behind it that would not be found across the gap move up. */
void contexts_remove(uint32_t context)
{
    struct entry *e = count ? look(context) : NULL;
    if (!e || !e->comm)
        return;
    uint32_t gap = (uint32_t)(e - entries), i = gap;
    count--;
    for (;;) {
        i = (i + 1) & (room - 1);
        if (!entries[i].comm)
            break;
        uint32_t home = place_of(entries[i].context);
        if (((i - home) & (room - 1)) >= ((i - gap) & (room - 1))) {
            entries[gap] = entries[i];
            gap = i;
        }
    }
    entries[gap].comm = NULL;
}

uint32_t contexts_count(void)
{
    return count;
}
