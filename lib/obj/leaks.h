/* GODWIT_CHECK=leaks: which handles the program holds, and which call gave it each of them. Handles are counted, not
 * objects: two calls may give the same group, and a program has to free it twice. Requests are not counted here, as
 * their pool knows which are in use; starting a message pays nothing for this. */
#ifndef OBJ_LEAKS_H
#define OBJ_LEAKS_H

#include <stdatomic.h>
#include <stddef.h>

enum leaks_kind {
    LEAKS_COMM,
    LEAKS_GROUP,
    LEAKS_TYPE,
    LEAKS_REQUEST,
    LEAKS_INFO,
    LEAKS_ERRHANDLER,
    LEAKS_OP,
    LEAKS_SESSION,
    LEAKS_KEYVAL,
    LEAKS_KINDS
};

/* What is made before MPI starts is counted, as the setting is not known yet. */
extern _Atomic int leaks_on;

/* Once, when it is known: begins for good, or forgets everything. */
void leaks_decide(int on);

/* The program has got a handle from a call (a text that stays), or has given one back. Constants of the ABI do not
 * count. Keys are their number. */
void leaks_add(enum leaks_kind kind, const void *handle, const char *call);
void leaks_remove(enum leaks_kind kind, const void *handle);

static inline void leaks_made(enum leaks_kind kind, const void *handle, const char *call)
{
    if (__builtin_expect(atomic_load_explicit(&leaks_on, memory_order_relaxed), 0))
        leaks_add(kind, handle, call);
}
static inline void leaks_freed(enum leaks_kind kind, const void *handle)
{
    if (__builtin_expect(atomic_load_explicit(&leaks_on, memory_order_relaxed), 0))
        leaks_remove(kind, handle);
}

/* MPI ends, or the process does. Info objects and error handlers may be freed after the end of MPI. */
enum leaks_end { LEAKS_END_OF_MPI, LEAKS_END_OF_ALL };

/* What is left then, requests included, as lines of which each begins with `prefix`: equal ones are one line with their
 * number, there are `most` at most, then one that counts the rest. What has been told is forgotten. The number of
 * handles; 0 writes nothing. The lock of p2p is held. */
size_t leaks_report(enum leaks_end end, const char *prefix, int most, char *text, size_t size);

#endif
