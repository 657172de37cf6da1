/* Handles that are never freed: see leaks.h. A table by handle, and at the end a sorted list of what is left in it. */
#include "obj/leaks.h"

#include "obj/comm.h"
#include "obj/request.h"
#include "type/type.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

struct entry {
    struct entry *next;
    const void *handle;
    const char *call;
    enum leaks_kind kind;
};

_Atomic int leaks_on = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry **table; /* by hash; room is a power of 2 */
static size_t room, count;

static struct entry **place(struct entry **in, size_t size, const void *handle)
{
    uint64_t hash = (uint64_t)(uintptr_t)handle * 0x9e3779b97f4a7c15u;
    return &in[hash >> 32 & (size - 1)];
}

/* More room where the lists have become long. No memory: they stay long. */
static void grow(void)
{
    size_t more = room ? 4 * room : FIRST_ROOM;
    struct entry **grown = calloc(more, sizeof(struct entry *));
    if (!grown)
        return;
    for (size_t i = 0; i < room; i++)
        while (table[i]) {
            struct entry *e = table[i], **to = place(grown, more, e->handle);
            table[i] = e->next;
            e->next = *to;
            *to = e;
        }
    free(table);
    table = grown;
    room = more;
}

static void forget_all(void)
{
    for (size_t i = 0; i < room; i++)
        while (table[i]) {
            struct entry *e = table[i];
            table[i] = e->next;
            free(e);
        }
    free(table);
    table = NULL;
    room = count = 0;
}

void leaks_decide(int on)
{
    pthread_mutex_lock(&lock);
    leaks_on = on;
    if (!on)
        forget_all();
    pthread_mutex_unlock(&lock);
}

/* Without memory a handle is not counted: a report that lacks a line is better than a program that ends. */
void leaks_add(enum leaks_kind kind, const void *handle, const char *call)
{
    struct entry *e = handle_is_constant(handle) ? NULL : malloc(sizeof *e);
    if (!e)
        return;
    pthread_mutex_lock(&lock);
    if (leaks_on && count >= room)
        grow();
    if (leaks_on && room) {
        struct entry **to = place(table, room, handle);
        *e = (struct entry){*to, handle, call, kind};
        *to = e;
        count++;
        e = NULL;
    }
    pthread_mutex_unlock(&lock);
    free(e);
}

void leaks_remove(enum leaks_kind kind, const void *handle)
{
    struct entry *found = NULL;
    pthread_mutex_lock(&lock);
    struct entry **link = room ? place(table, room, handle) : &found;
    while (*link && ((*link)->handle != handle || (*link)->kind != kind))
        link = &(*link)->next;
    if (*link) {
        found = *link;
        *link = found->next;
        count--;
    }
    pthread_mutex_unlock(&lock);
    free(found);
}

/* ---- the report ---- */

struct left {
    enum leaks_kind kind;
    const char *call, *name; /* "": has none */
    size_t count;
};

/* What request_each collects into; the lock of p2p is held. */
static struct left *collected;
static size_t collected_count, collected_room;

static void collect(enum leaks_kind kind, const char *call, const char *name)
{
    if (collected_count == collected_room) {
        size_t more = collected_room ? 2 * collected_room : FIRST_ROOM;
        struct left *grown = realloc(collected, more * sizeof *grown);
        if (!grown)
            return;
        collected = grown;
        collected_room = more;
    }
    collected[collected_count++] = (struct left){kind, call, name, 1};
}

static const char *call_of_request(const struct request *r)
{
    static const char *const sends[][2] = {[SEND_STANDARD] = {"MPI_Isend", "MPI_Send_init"},
                                           [SEND_SYNC] = {"MPI_Issend", "MPI_Ssend_init"},
                                           [SEND_READY] = {"MPI_Irsend", "MPI_Rsend_init"},
                                           [SEND_BUFFERED] = {"MPI_Ibsend", "MPI_Bsend_init"}};
    switch (r->kind) {
    case REQUEST_SEND:
        return sends[r->mode][r->persistent];
    case REQUEST_RECV:
        return r->pair ? "MPI_Isendrecv" : r->persistent ? "MPI_Recv_init" : "MPI_Irecv";
    case REQUEST_GENERALIZED:
        return "MPI_Grequest_start";
    case REQUEST_PARTITIONED_SEND:
        return "MPI_Psend_init";
    case REQUEST_PARTITIONED_RECV:
        return "MPI_Precv_init";
    case REQUEST_CREATION:
        return "MPI_Comm_idup";
    case REQUEST_COLLECTIVE:
        return r->buffer;
    default:
        return "MPI_Buffer_iflush";
    }
}

/* Requests without the program's eyes on them are part of something, or were freed while they ran. */
static void collect_request(struct request *r)
{
    if (!r->freed && (!r->over || r->pair))
        collect(LEAKS_REQUEST, call_of_request(r), "");
}

static const char *name_of(const struct entry *e)
{
    const struct comm *c = e->handle;
    const struct type *t = e->handle;
    const char *name = e->kind == LEAKS_COMM ? c->name : e->kind == LEAKS_TYPE ? t->name : "";
    return name ? name : "";
}

static int compare(const void *a, const void *b)
{
    const struct left *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int by_call = strcmp(x->call, y->call);
    return by_call ? by_call : strcmp(x->name, y->name);
}

/* Equal ones become one; the number of different ones. */
static size_t merge(struct left *all, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(all, n, sizeof *all, compare);
    for (size_t i = 0; i < n; i++)
        if (kept && compare(&all[kept - 1], &all[i]) == 0)
            all[kept - 1].count++;
        else
            all[kept++] = all[i];
    return kept;
}

static size_t say(const struct left *l, const char *prefix, char *text, size_t size)
{
    static const char *const kinds[LEAKS_KINDS][2] = {
        [LEAKS_COMM] = {"communicator", "communicators"}, [LEAKS_GROUP] = {"group", "groups"},
        [LEAKS_TYPE] = {"datatype", "datatypes"},         [LEAKS_REQUEST] = {"request", "requests"},
        [LEAKS_INFO] = {"info object", "info objects"},   [LEAKS_ERRHANDLER] = {"error handler", "error handlers"},
        [LEAKS_OP] = {"operation", "operations"},         [LEAKS_SESSION] = {"session", "sessions"},
        [LEAKS_KEYVAL] = {"attribute key", "attribute keys"}};
    char name[MPI_MAX_OBJECT_NAME];
    words_clean(name, sizeof name, l->name);
    int n = snprintf(text, size, "%s%zu %s%s%s%s of %s\n", prefix, l->count, kinds[l->kind][l->count > 1],
                     *name ? " '" : "", name, *name ? "'" : "", l->call);
    return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

/* Takes the entries out of the table that count at this end. */
static void collect_entries(enum leaks_end end)
{
    for (size_t i = 0; i < room; i++)
        for (struct entry **link = &table[i]; *link;) {
            struct entry *e = *link;
            if (end == LEAKS_END_OF_MPI && (e->kind == LEAKS_INFO || e->kind == LEAKS_ERRHANDLER)) {
                link = &e->next;
                continue;
            }
            collect(e->kind, e->call, name_of(e));
            *link = e->next;
            free(e);
            count--;
        }
}

size_t leaks_report(enum leaks_end end, const char *prefix, int most, char *text, size_t size)
{
    static int told_requests; /* they stay where they are */
    collected_count = 0;
    *text = 0;
    pthread_mutex_lock(&lock);
    collect_entries(end);
    pthread_mutex_unlock(&lock);
    if (!told_requests)
        request_each(collect_request);
    told_requests = end == LEAKS_END_OF_MPI;
    size_t all = collected_count, lines = merge(collected, all), used = 0, rest = all;
    for (size_t i = 0; i < lines && i < (size_t)most; i++) {
        used += say(&collected[i], prefix, text + used, size - used);
        rest -= collected[i].count;
    }
    if (rest)
        snprintf(text + used, size - used, "%sand %zu more\n", prefix, rest);
    free(collected);
    collected = NULL;
    collected_room = 0;
    return all;
}
