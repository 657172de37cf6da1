/* The greeting: see hello.h. */
#define _GNU_SOURCE
#include "config.h"

#include "mpirun/hello.h"

#include <stdio.h>
#include <string.h>

#define ORDER 0x01020304u

/* Nothing that a person or a script writes. */
static const unsigned char magic[HELLO_MAGIC] = {0,    'G', 'o', 'd', 'w', 'i', 't', 0xff,
                                                 '\r', '\n', 0x1a, 0x80, 0xfe, 'h', 'i', 0};

_Static_assert(sizeof(struct hello) == HELLO_MAGIC + 16 + 64 + 256, "no padding");

void hello_make(struct hello *hello, enum hello_role role, const char *host)
{
    *hello = (struct hello){.order = ORDER, .protocol = PROTO_VERSION, .role = role, .version = PACKAGE_VERSION};
    memcpy(hello->magic, magic, sizeof magic);
    snprintf(hello->host, sizeof hello->host, "%s", host);
}

/* The last line of what came instead, for people. */
static int other_things(const char *text, size_t n, struct words *why)
{
    char line[160];
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    const char *start = memrchr(text, '\n', n);
    start = start ? start + 1 : text;
    size_t length = n - (size_t)(start - text);
    snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), start);
    return words_set(why, "more than %d KiB came that are not from Godwit, at last '%s'; the shell's startup files "
                          "there should write nothing where nobody is logged in at a terminal",
                     HELLO_NOISE_MAX >> 10, line);
}

int hello_find(struct bytes *from, struct hello *hello, size_t *noise, struct words *why)
{
    const char *text = bytes_front(from);
    size_t n = bytes_count(from);
    const char *found = n ? memmem(text, n, magic, sizeof magic) : NULL;
    size_t before = found ? (size_t)(found - text) : n;
    if (before > HELLO_NOISE_MAX)
        return other_things(text, before, why);
    if (!found || n - before < sizeof *hello)
        return 0;
    memcpy(hello, found, sizeof *hello);
    hello->version[sizeof hello->version - 1] = hello->host[sizeof hello->host - 1] = 0;
    *noise = before;
    bytes_drop(from, before + sizeof *hello);
    return 1;
}

int hello_check(const struct hello *hello, enum hello_role role, const char *here, const char *there,
                struct words *why)
{
    char version[64];
    words_clean(version, sizeof version, hello->version);
    if (hello->order == __builtin_bswap32(ORDER))
        return words_set(why, "%s and %s order the bytes of a number differently, and a job cannot mix that", here,
                         there);
    if (hello->order != ORDER)
        return words_set(why, "%s greets with nonsense", there);
    if (hello->protocol != PROTO_VERSION || strcmp(hello->version, PACKAGE_VERSION) != 0)
        return words_set(why, "%s has Godwit " PACKAGE_VERSION " (protocol %u) and %s has Godwit %s (protocol %u); "
                              "the same version is needed on all hosts (--prefix says where it is)",
                         here, PROTO_VERSION, there, version, hello->protocol);
    if (hello->role != role)
        return words_set(why, "%s sends back what it is sent: nothing there has become an agent of mpirun", there);
    return 0;
}
