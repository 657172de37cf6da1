/* Proving who one is: see knock.h. */
#include "mpirun/knock.h"

#include <string.h>

static const unsigned char magic[KNOCK_MAGIC] = {0, 'G', 'o', 'd', 'w', 'i', 't', 1};

_Static_assert(sizeof(struct knock_greeting) == 40 && sizeof(struct knock_proof) == 80, "no padding");

/* All that has been said, under a name for what it is to prove: so that nothing of it serves for anything else. */
static void sign(const struct knock *k, const char *what, const unsigned char *key, unsigned char out[SECRET_MAC])
{
    struct {
        char what[24];
        struct knock_greeting greeting;
        struct knock_proof proof;
    } all = {.greeting = k->greeting, .proof = k->proof};
    memset(all.proof.mac, 0, sizeof all.proof.mac);
    strncpy(all.what, what, sizeof all.what - 1);
    secret_mac(out, &all, sizeof all, key);
}

int knock_open(struct knock *k)
{
    *k = (struct knock){0};
    memcpy(k->greeting.magic, magic, sizeof magic);
    return secret_random(k->greeting.nonce, sizeof k->greeting.nonce);
}

/* Collects the bytes of one thing, which begins with the magic or not. 1: it is complete; 0, -1: as above. */
static int collect(struct knock *k, void *into, size_t size, int has_magic, const void *bytes, size_t n)
{
    if (n > size - k->got)
        return -1;
    memcpy((char *)into + k->got, bytes, n);
    k->got += n;
    if (has_magic && memcmp(into, magic, k->got < sizeof magic ? k->got : sizeof magic) != 0)
        return -1;
    return k->got == size;
}

int knock_hear(struct knock *k, const void *bytes, size_t n, const unsigned char *key)
{
    unsigned char mac[SECRET_MAC];
    int rc = collect(k, &k->proof, sizeof k->proof, 1, bytes, n);
    if (rc <= 0)
        return rc;
    sign(k, "godwit control caller", key, mac);
    if (!secret_equal(mac, k->proof.mac, sizeof mac))
        return -1;
    sign(k, "godwit control door", key, k->answer.mac);
    return 1;
}

int knock_call(struct knock *k, const void *bytes, size_t n, uint32_t node, const unsigned char *key)
{
    unsigned char mac[SECRET_MAC];
    if (k->greeted) {
        int rc = collect(k, &k->answer, sizeof k->answer, 0, bytes, n);
        if (rc <= 0)
            return rc;
        sign(k, "godwit control door", key, mac);
        return secret_equal(mac, k->answer.mac, sizeof mac) ? 1 : -1;
    }
    int rc = collect(k, &k->greeting, sizeof k->greeting, 1, bytes, n);
    if (rc <= 0)
        return rc;
    k->greeted = 1;
    k->got = 0;
    k->proof = (struct knock_proof){.node = node};
    memcpy(k->proof.magic, magic, sizeof magic);
    if (secret_random(k->proof.nonce, sizeof k->proof.nonce))
        return -1;
    sign(k, "godwit control caller", key, k->proof.mac);
    return 2;
}

size_t knock_wants(const struct knock *k, int is_caller)
{
    size_t all = !is_caller ? sizeof k->proof : k->greeted ? sizeof k->answer : sizeof k->greeting;
    return all - k->got;
}

void knock_keys(const struct knock *k, const unsigned char *key, unsigned char down[SECRET_KEY],
                unsigned char up[SECRET_KEY])
{
    sign(k, "godwit control down", key, down);
    sign(k, "godwit control up", key, up);
}

uint64_t knock_id(const struct knock *k)
{
    uint64_t id;
    memcpy(&id, k->proof.nonce, sizeof id);
    return id ? id : 1;
}
