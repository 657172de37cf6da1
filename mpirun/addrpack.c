/* Addresses as bytes: see addrpack.h.
 *
 *     length of the rest, as uint32_t; then for each address
 *         rank (less the one before, less 1), size + 1 (0: the rank ended without one), how many bytes at the beginning
 *         and at the end are those of the one before, as varints; the bytes in between */
#include "mpirun/addrpack.h"

#include "mpirun/varint.h"

#include <string.h>

/* A pack is closed when it is longer: it has to fit into a frame. */
enum { LONG = 32 << 10 };

void addrpack_open(struct addrpack *p, struct bytes *to)
{
    static const uint32_t nothing;
    *p = (struct addrpack){.to = to, .at = bytes_count(to), .last_rank = UINT32_MAX};
    bytes_append(to, &nothing, sizeof nothing);
}

void addrpack_close(struct addrpack *p)
{
    uint32_t n = (uint32_t)(bytes_count(p->to) - p->at - sizeof n);
    memcpy(bytes_front(p->to) + p->at, &n, sizeof n);
}

/* Bytes that are those of the last address, from the beginning or the end. */
static uint32_t same(const struct addrpack *p, const unsigned char *bytes, uint32_t size, uint32_t before, int from_end)
{
    uint32_t most = size < p->last_size ? size : p->last_size, n = 0;
    while (n + before < most &&
           (from_end ? bytes[size - 1 - n] == p->last[p->last_size - 1 - n] : bytes[n] == p->last[n]))
        n++;
    return n;
}

void addrpack_add(struct addrpack *p, uint32_t rank, const void *address, uint32_t size)
{
    if (bytes_count(p->to) - p->at > LONG) {
        addrpack_close(p);
        addrpack_open(p, p->to);
    }
    varint_put(p->to, rank - p->last_rank - 1);
    varint_put(p->to, size == NODE_ADDRESS_NONE ? 0 : size + 1);
    p->last_rank = rank;
    if (size == NODE_ADDRESS_NONE)
        return;
    uint32_t head = same(p, address, size, 0, 0), tail = same(p, address, size, head, 1);
    varint_put(p->to, head);
    varint_put(p->to, tail);
    bytes_append(p->to, (const char *)address + head, size - head - tail);
    memcpy(p->last, address, size);
    p->last_size = size;
}

/* One address; 0: it is none. */
static int take_entry(const unsigned char **at, const unsigned char *end, struct addrpack *p, uint32_t *size)
{
    uint32_t gap, n, head, tail;
    unsigned char now[NODE_ADDRESS_MAX];
    if (!varint_take(at, end, &gap) || !varint_take(at, end, &n))
        return 0;
    p->last_rank += gap + 1;
    *size = NODE_ADDRESS_NONE;
    if (n-- == 0)
        return 1;
    if (n > sizeof now || !varint_take(at, end, &head) || !varint_take(at, end, &tail) || head > p->last_size ||
        tail > p->last_size || head > n || tail > n - head || n - head - tail > (size_t)(end - *at))
        return 0;
    memcpy(now, p->last, head);
    memcpy(now + head, *at, n - head - tail);
    memcpy(now + n - tail, p->last + p->last_size - tail, tail);
    *at += n - head - tail;
    memcpy(p->last, now, n);
    *size = p->last_size = n;
    return 1;
}

int addrpack_read(const void *packs, size_t size, uint32_t ranks, addrpack_entry *f, void *owner, struct words *why)
{
    const unsigned char *at = packs, *end = at + size;
    while (at < end) {
        struct addrpack p = {.last_rank = UINT32_MAX};
        uint32_t n;
        const unsigned char *next = at + sizeof n;
        if ((size_t)(end - at) < sizeof n || (memcpy(&n, at, sizeof n), n > (size_t)(end - next)))
            return words_set(why, "sent addresses that are no packs of them");
        at = next + n;
        for (uint32_t bytes; next < at;) {
            if (!take_entry(&next, at, &p, &bytes) || p.last_rank >= ranks)
                return words_set(why, "sent an address that is none");
            f(owner, p.last_rank, p.last, bytes);
        }
    }
    return 0;
}

size_t addrpack_fit(const void *packs, size_t size, size_t most)
{
    size_t used = 0;
    uint32_t n;
    while (size - used >= sizeof n) {
        memcpy(&n, (const char *)packs + used, sizeof n);
        if (n > size - used - sizeof n || used + sizeof n + n > most)
            break;
        used += sizeof n + n;
    }
    return used;
}
