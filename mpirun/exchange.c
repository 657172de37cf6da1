/* The exchange of addresses: see exchange.h. */
#include "mpirun/exchange.h"

#include "mpirun/addrpack.h"

#include <string.h>

enum { FRAME_PACKS = FRAME_MAX - sizeof(struct frame_addresses) };

void exchange_open(struct exchange *x, uint32_t nodes, int up)
{
    *x = (struct exchange){.expected = nodes, .up = up};
}

void exchange_without(struct exchange *x)
{
    x->expected--;
    x->without++;
}

void exchange_except(struct exchange *x, uint32_t nodes)
{
    x->expected -= nodes;
}

int exchange_wanted(struct exchange *x)
{
    return !x->wanted++;
}

/* Packs as payloads of frames; the last one tells the number. */
static void put_all(struct exchange *x, uint32_t nodes, exchange_put *put, void *owner)
{
    struct bytes frame = {0};
    size_t n;
    do {
        n = addrpack_fit(bytes_front(&x->packs), bytes_count(&x->packs), FRAME_PACKS);
        struct frame_addresses head = {n == bytes_count(&x->packs) ? nodes : 0};
        bytes_append(&frame, &head, sizeof head);
        bytes_append(&frame, bytes_front(&x->packs), n);
        bytes_drop(&x->packs, n);
        put(owner, bytes_front(&frame), bytes_count(&frame));
        bytes_drop(&frame, bytes_count(&frame));
    } while (bytes_count(&x->packs));
    bytes_free(&frame);
    bytes_free(&x->packs);
}

static void complete(struct exchange *x, exchange_put *put, void *owner)
{
    x->complete = 1;
    put_all(x, x->up ? x->expected + x->without : 1, put, owner);
}

void exchange_collect(struct exchange *x, exchange_put *put, void *owner)
{
    x->wanted = 1;
    if (x->expected == 0 && !x->complete)
        complete(x, put, owner);
}

int exchange_came(struct exchange *x, const void *payload, size_t n, exchange_put *put, void *owner,
                  struct words *why)
{
    struct frame_addresses head = {0};
    if (n < sizeof head)
        return words_set(why, "sent addresses that are cut");
    memcpy(&head, payload, sizeof head);
    const char *packs = (const char *)payload + sizeof head;
    n -= sizeof head;
    if (n > FRAME_PACKS || addrpack_fit(packs, n, FRAME_PACKS) != n)
        return words_set(why, "sent addresses that are no packs of them");
    if (head.nodes > x->expected - x->heard)
        return words_set(why, "answers for %u hosts more than once", head.nodes);
    bytes_append(&x->packs, packs, n);
    x->heard += head.nodes;
    if (x->complete)
        put_all(x, 0, put, owner);
    else if (x->heard == x->expected)
        complete(x, put, owner);
    return 0;
}
