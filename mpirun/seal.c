/* Sealed records: see seal.h. */
#include "mpirun/seal.h"

#include <string.h>

void seal_put(struct seal *s, struct bytes *from, struct bytes *to)
{
    uint32_t n = bytes_count(from) < SEAL_MAX ? (uint32_t)bytes_count(from) : SEAL_MAX;
    char *record = bytes_reserve(to, n + SEAL_MORE);
    memcpy(record, &n, sizeof n);
    secret_seal(record + sizeof n, bytes_front(from), n, &n, sizeof n, s->number_out++, s->key_out);
    bytes_added(to, n + SEAL_MORE);
    bytes_drop(from, n);
}

int seal_get(struct seal *s, struct bytes *from, struct bytes *to)
{
    uint32_t n;
    while (bytes_count(from) >= sizeof n) {
        memcpy(&n, bytes_front(from), sizeof n);
        if (n > SEAL_MAX || n == 0)
            return -1;
        if (bytes_count(from) < n + SEAL_MORE)
            return 0;
        if (secret_unseal(bytes_reserve(to, n), bytes_front(from) + sizeof n, n + SECRET_TAG, &n, sizeof n,
                          s->number_in++, s->key_in))
            return -1;
        bytes_added(to, n);
        bytes_drop(from, n + SEAL_MORE);
    }
    return 0;
}
