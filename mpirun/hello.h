/* The greeting between hosts, the first bytes of both directions. Its layout never changes, so that each version
 * of Godwit can say what is wrong with another. What a login script writes before it is skipped. Pure. */
#ifndef MPIRUN_HELLO_H
#define MPIRUN_HELLO_H

#include "mpirun/bytes.h"
#include "mpirun/proto.h"

enum hello_role { HELLO_LAUNCHER = 1, HELLO_AGENT, HELLO_DOCTOR };
enum { HELLO_MAGIC = 16, HELLO_NOISE_MAX = 64 << 10 };

struct hello {
    unsigned char magic[HELLO_MAGIC];
    uint32_t order; /* 0x01020304 */
    uint32_t protocol;
    uint32_t role; /* enum hello_role */
    uint32_t unused;
    char version[64]; /* of Godwit */
    char host[256];   /* its own name */
};

void hello_make(struct hello *hello, enum hello_role role, const char *host);

/* Looks for one. 1: *hello is set, and it is taken away with what stood before it; the number of those bytes is
 * *noise. 0: more bytes are needed. -1: nothing but other things has come, and words tell their end. */
int hello_find(struct bytes *from, struct hello *hello, size_t *noise, struct words *why);

/* Is it somebody of this role to work with? `here` is this host's name and `there` how the other one is called
 * here. */
int hello_check(const struct hello *hello, enum hello_role role, const char *here, const char *there,
                struct words *why);

#endif
