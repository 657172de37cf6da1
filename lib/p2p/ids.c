/* Numbers for requests: see ids.h. The lower half is a place in the table plus one, the upper half counts how often the
 * place was used. */
#include "p2p/ids.h"

#include <stddef.h>
#include <stdlib.h>

static struct place {
    struct request *request;
    uint32_t turn, next_free; /* next_free: place + 1 */
} *places;
static uint32_t place_count, first_free;

static int grow(void)
{
    uint32_t more = place_count ? 2 * place_count : 64;
    struct place *grown = realloc(places, more * sizeof *grown);
    if (!grown)
        return -1;
    for (uint32_t i = more; i-- > place_count;) {
        grown[i] = (struct place){.turn = 1, .next_free = first_free};
        first_free = i + 1;
    }
    places = grown;
    place_count = more;
    return 0;
}

uint64_t ids_give(struct request *r)
{
    if (!first_free && grow())
        return 0;
    uint32_t place = first_free - 1;
    first_free = places[place].next_free;
    places[place].request = r;
    return (uint64_t)places[place].turn << 32 | (place + 1);
}

struct request *ids_find(uint64_t id)
{
    uint32_t place = (uint32_t)id - 1;
    return place < place_count && places[place].turn == id >> 32 ? places[place].request : NULL;
}

void ids_take_back(uint64_t id)
{
    uint32_t place = (uint32_t)id - 1;
    if (!ids_find(id))
        return;
    places[place].request = NULL;
    places[place].turn++;
    places[place].next_free = first_free;
    first_free = place + 1;
}
