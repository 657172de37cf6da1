/* Keyed checks, for what comes from outside of the node: whoever does not know the job's key cannot make one. All of
 * it is libsodium's (BLAKE2b, SipHash, ChaCha20-Poly1305), which is loaded when the first wire needs it: nothing here invents anything. */
#ifndef WIRE_SECRET_H
#define WIRE_SECRET_H

#include "base/words.h"

#include <stdint.h>

enum { SECRET_KEY = 32, SECRET_MAC = 32, SECRET_SHORT_KEY = 16, SECRET_TAG = 16 };

/* Loads it, once; for any thread. -1 and words: it is missing. */
int secret_open(struct words *why);

/* 32 bytes that only those who have the key can make: of a greeting, or as the key of something else. */
void secret_mac(unsigned char out[SECRET_MAC], const void *bytes, size_t n, const unsigned char key[SECRET_KEY]);
/* 8 bytes, quickly: of every frame. */
uint64_t secret_check(const void *bytes, size_t n, const unsigned char key[SECRET_SHORT_KEY]);
/* n bytes that nobody else can read or change: n + SECRET_TAG bytes, which say too that `with` is what it was. A
 * number never comes twice with a key. */
void secret_seal(void *out, const void *bytes, size_t n, const void *with, size_t with_size, uint64_t number,
                 const unsigned char key[SECRET_KEY]);
/* Back, from n bytes to n - SECRET_TAG. -1: this is not what was sealed so. */
int secret_unseal(void *out, const void *sealed, size_t n, const void *with, size_t with_size, uint64_t number,
                  const unsigned char key[SECRET_KEY]);
/* The same bytes? In a time that does not tell where they differ. */
int secret_equal(const void *a, const void *b, size_t n);
/* Bytes that nobody can guess. -1: the kernel has none. */
int secret_random(void *out, size_t n);

#endif
