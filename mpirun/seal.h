/* A stream of bytes as sealed records: who does not have the key can neither read nor change nor repeat nor leave out
 * any of it unnoticed. Pure; wire/secret.h must be open. */
#ifndef MPIRUN_SEAL_H
#define MPIRUN_SEAL_H

#include "mpirun/bytes.h"
#include "wire/secret.h"

/* A record: its length in 4 bytes, and so many bytes with SECRET_TAG more. */
enum { SEAL_MAX = 64 << 10, SEAL_MORE = 4 + SECRET_TAG };

struct seal {
    unsigned char key_out[SECRET_KEY], key_in[SECRET_KEY];
    uint64_t number_out, number_in;
};

/* Takes the next record's bytes from one queue, and appends the record to the other. */
void seal_put(struct seal *s, struct bytes *from, struct bytes *to);

/* Opens all records that are complete. -1: one is not what the other side has sent. */
int seal_get(struct seal *s, struct bytes *from, struct bytes *to);

#endif
