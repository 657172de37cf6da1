/* How two processes of a job prove to each other, on a TCP connection, that they know the job's key, before either
 * takes anything else that comes there for more than bytes. Who listens greets first, with bytes that nobody has seen;
 * the caller proves itself by them and says who it is; only then is the proof answered, so a stranger hears nothing
 * that was made with the key. A proof that was overheard is worth nothing at the next greeting. Pure; wire/secret.h must
 * be open. */
#ifndef MPIRUN_KNOCK_H
#define MPIRUN_KNOCK_H

#include "mpirun/seal.h"

enum { KNOCK_MAGIC = 8, KNOCK_NONCE = 32 };

struct knock_greeting {
    unsigned char magic[KNOCK_MAGIC], nonce[KNOCK_NONCE];
};
struct knock_proof {
    unsigned char magic[KNOCK_MAGIC];
    uint32_t node, unused; /* who calls */
    unsigned char nonce[KNOCK_NONCE], mac[SECRET_MAC];
};
struct knock_answer {
    unsigned char mac[SECRET_MAC];
};

/* One side of it. */
struct knock {
    struct knock_greeting greeting;
    struct knock_proof proof;
    struct knock_answer answer;
    size_t got; /* bytes of what is waited for */
    int greeted; /* the caller has got the greeting */
};

/* Of who listens: the greeting is to be sent, and then what comes goes to knock_hear; with 1, the caller has proven
 * itself, proof.node is who it is, and the answer is to be sent. -1: the kernel has no random bytes. */
int knock_open(struct knock *k);
int knock_hear(struct knock *k, const void *bytes, size_t n, const unsigned char *key);

/* Of who calls: all that comes. 1: the other side has proven itself; 2: the proof is to be sent. */
int knock_call(struct knock *k, const void *bytes, size_t n, uint32_t node, const unsigned char *key);
/* Both: 0: more bytes are needed; -1: this is no part of the job. */

/* How many bytes may be read: what follows them is not for here. */
size_t knock_wants(const struct knock *k, int is_caller);

/* The keys of what follows, and a number that both sides know this connection by. */
void knock_keys(const struct knock *k, const unsigned char *key, unsigned char down[SECRET_KEY],
                unsigned char up[SECRET_KEY]);
uint64_t knock_id(const struct knock *k);

#endif
