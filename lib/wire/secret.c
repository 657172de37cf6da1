/* Keyed checks: see secret.h. libsodium is loaded and not linked: a job on one machine never needs it, and it is
 * loaded in a tenth of a millisecond (libcrypto takes ten times as long). */
#include "wire/secret.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

typedef int init_function(void);
typedef int mac_function(unsigned char *out, size_t out_size, const unsigned char *in, unsigned long long size,
                         const unsigned char *key, size_t key_size);
typedef int check_function(unsigned char *out, const unsigned char *in, unsigned long long size,
                           const unsigned char *key);
typedef int equal_function(const void *a, const void *b, size_t n);
typedef int seal_function(unsigned char *out, unsigned long long *out_size, const unsigned char *in,
                          unsigned long long size, const unsigned char *with, unsigned long long with_size,
                          const unsigned char *none, const unsigned char *nonce, const unsigned char *key);
typedef int unseal_function(unsigned char *out, unsigned long long *out_size, unsigned char *none,
                            const unsigned char *in, unsigned long long size, const unsigned char *with,
                            unsigned long long with_size, const unsigned char *nonce, const unsigned char *key);

static mac_function *mac;
static check_function *check;
static equal_function *equal;
static seal_function *seal;
static unseal_function *unseal;
static int opened;
static struct words reason;

static void open_once(void)
{
    void *library = dlopen("libsodium.so.23", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        library = dlopen("libsodium.so.26", RTLD_NOW | RTLD_LOCAL); /* 1.0.19 and later, the same functions */
    if (!library) {
        const char *why = dlerror();
        words_set(&reason, "libsodium, which proves to other hosts who we are, cannot be loaded: %s (Debian: "
                           "libsodium23, Fedora: libsodium)", why ? why : "no reason is given");
        return;
    }
    init_function *init = (init_function *)dlsym(library, "sodium_init");
    mac = (mac_function *)dlsym(library, "crypto_generichash");
    check = (check_function *)dlsym(library, "crypto_shorthash");
    equal = (equal_function *)dlsym(library, "sodium_memcmp");
    seal = (seal_function *)dlsym(library, "crypto_aead_chacha20poly1305_ietf_encrypt");
    unseal = (unseal_function *)dlsym(library, "crypto_aead_chacha20poly1305_ietf_decrypt");
    if (!init || !mac || !check || !equal || !seal || !unseal || init() < 0)
        words_set(&reason, "libsodium, which proves to other hosts who we are, lacks a function");
    else
        opened = 1;
}

int secret_open(struct words *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_once);
    return opened ? 0 : words_set(why, "%s", reason.s);
}

void secret_mac(unsigned char out[SECRET_MAC], const void *bytes, size_t n, const unsigned char key[SECRET_KEY])
{
    mac(out, SECRET_MAC, bytes, n, key, SECRET_KEY);
}

uint64_t secret_check(const void *bytes, size_t n, const unsigned char key[SECRET_SHORT_KEY])
{
    unsigned char out[8];
    uint64_t value;
    check(out, bytes, n, key);
    memcpy(&value, out, sizeof value);
    return value;
}

void secret_seal(void *out, const void *bytes, size_t n, const void *with, size_t with_size, uint64_t number,
                 const unsigned char key[SECRET_KEY])
{
    unsigned char nonce[12] = {0};
    memcpy(nonce, &number, sizeof number);
    seal(out, NULL, bytes, n, with, with_size, NULL, nonce, key);
}

int secret_unseal(void *out, const void *sealed, size_t n, const void *with, size_t with_size, uint64_t number,
                  const unsigned char key[SECRET_KEY])
{
    unsigned char nonce[12] = {0};
    memcpy(nonce, &number, sizeof number);
    return unseal(out, NULL, NULL, sealed, n, with, with_size, nonce, key) == 0 ? 0 : -1;
}

int secret_equal(const void *a, const void *b, size_t n)
{
    return equal(a, b, n) == 0;
}

int secret_random(void *out, size_t n)
{
    return getrandom(out, n, 0) == (ssize_t)n ? 0 : -1;
}
