/* Keys and attributes: see attribute.h. */
#include "obj/attribute.h"

#include <pthread.h>
#include <stdlib.h>

enum { FIRST_KEYVAL = 4096 /* no constant of the ABI is that large */ };

struct keyval {
    enum attribute_kind kind;
    int number;
    int references; /* the program's, and one for each attribute */
    int freed;
    union attribute_copy copy;
    union attribute_delete delete;
    void *extra_state;
};

struct attribute {
    struct attribute *next; /* that was set before */
    struct keyval *key;
    void *value;
};

/* Of all keys and all lists; held for a few instructions, never while a function of the program runs. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct keyval **keyvals;
static int keyval_room;

/* ---- keys; the lock is held ---- */

static struct keyval *find_key(enum attribute_kind kind, int number)
{
    int slot = number - FIRST_KEYVAL;
    struct keyval *k = number >= FIRST_KEYVAL && slot < keyval_room ? keyvals[slot] : NULL;
    return k && k->kind == kind ? k : NULL;
}

static void put_key(struct keyval *k)
{
    if (--k->references)
        return;
    keyvals[k->number - FIRST_KEYVAL] = NULL;
    free(k);
}

static int free_slot(void)
{
    int slot = 0;
    while (slot < keyval_room && keyvals[slot])
        slot++;
    if (slot < keyval_room)
        return slot;
    int room = keyval_room ? 2 * keyval_room : 16;
    struct keyval **grown = realloc(keyvals, (size_t)room * sizeof *grown);
    if (!grown)
        return -1;
    for (int i = keyval_room; i < room; i++)
        grown[i] = NULL;
    keyvals = grown;
    keyval_room = room;
    return slot;
}

int attribute_create_keyval(enum attribute_kind kind, union attribute_copy copy, union attribute_delete delete,
                            void *extra_state, int *keyval)
{
    struct keyval *k = malloc(sizeof *k);
    pthread_mutex_lock(&lock);
    int slot = k ? free_slot() : -1;
    if (slot >= 0) {
        *k = (struct keyval){kind, FIRST_KEYVAL + slot, 1, 0, copy, delete, extra_state};
        *keyval = k->number;
        keyvals[slot] = k;
    }
    pthread_mutex_unlock(&lock);
    if (slot < 0)
        free(k);
    return slot < 0 ? MPI_ERR_NO_MEM : 0;
}

int attribute_free_keyval(enum attribute_kind kind, int keyval)
{
    pthread_mutex_lock(&lock);
    struct keyval *k = find_key(kind, keyval);
    int good = k && !k->freed;
    if (good) {
        k->freed = 1;
        put_key(k);
    }
    pthread_mutex_unlock(&lock);
    return good ? 0 : MPI_ERR_KEYVAL;
}

/* ---- the program's functions ---- */

static int is_dup(const struct keyval *k)
{
    return k->kind == ATTRIBUTE_COMM   ? k->copy.comm == MPI_COMM_DUP_FN
           : k->kind == ATTRIBUTE_TYPE ? k->copy.type == MPI_TYPE_DUP_FN
                                       : k->copy.win == MPI_WIN_DUP_FN;
}

static int call_copy(const struct keyval *k, void *handle, void *value, void **copy, int *copied)
{
    *copied = is_dup(k);
    *copy = value;
    if (*copied)
        return 0;
    switch (k->kind) {
    case ATTRIBUTE_COMM:
        return k->copy.comm ? k->copy.comm(handle, k->number, k->extra_state, value, copy, copied) : 0;
    case ATTRIBUTE_TYPE:
        return k->copy.type ? k->copy.type(handle, k->number, k->extra_state, value, copy, copied) : 0;
    default:
        return k->copy.win ? k->copy.win(handle, k->number, k->extra_state, value, copy, copied) : 0;
    }
}

static int call_delete(const struct keyval *k, void *handle, void *value)
{
    switch (k->kind) {
    case ATTRIBUTE_COMM:
        return k->delete.comm ? k->delete.comm(handle, k->number, value, k->extra_state) : 0;
    case ATTRIBUTE_TYPE:
        return k->delete.type ? k->delete.type(handle, k->number, value, k->extra_state) : 0;
    default:
        return k->delete.win ? k->delete.win(handle, k->number, value, k->extra_state) : 0;
    }
}

/* ---- lists ---- */

static struct attribute *find(struct attribute *a, const struct keyval *k)
{
    while (a && a->key != k)
        a = a->next;
    return a;
}

static void take_out(struct attribute **list, struct attribute *a)
{
    while (*list && *list != a)
        list = &(*list)->next;
    if (*list)
        *list = a->next;
    put_key(a->key);
    free(a);
}

/* Deletes the attribute of that key, if there is one; the lock is held, and given up for the program's function. */
static int delete_one(struct attribute **list, void *handle, struct keyval *k)
{
    struct attribute *a = find(*list, k);
    if (!a)
        return 0;
    void *value = a->value;
    k->references++;
    pthread_mutex_unlock(&lock);
    int rc = call_delete(k, handle, value);
    pthread_mutex_lock(&lock);
    a = find(*list, k); /* the function may have deleted it itself */
    if (a && !rc)
        take_out(list, a);
    put_key(k);
    return rc;
}

static int add(struct attribute **list, struct keyval *k, void *value)
{
    struct attribute *a = malloc(sizeof *a);
    if (!a)
        return MPI_ERR_NO_MEM;
    k->references++;
    *a = (struct attribute){*list, k, value};
    *list = a;
    return 0;
}

int attribute_set(struct attribute **list, void *handle, enum attribute_kind kind, int keyval, void *value)
{
    pthread_mutex_lock(&lock);
    struct keyval *k = find_key(kind, keyval);
    int rc = k ? 0 : MPI_ERR_KEYVAL;
    if (k) {
        k->references++;
        rc = delete_one(list, handle, k);
        if (!rc)
            rc = add(list, k, value);
        put_key(k);
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int attribute_get(struct attribute *const *list, enum attribute_kind kind, int keyval, void **value, int *found)
{
    pthread_mutex_lock(&lock);
    struct keyval *k = find_key(kind, keyval);
    struct attribute *a = k ? find(*list, k) : NULL;
    *found = a != NULL;
    if (a)
        *value = a->value;
    pthread_mutex_unlock(&lock);
    return k ? 0 : MPI_ERR_KEYVAL;
}

int attribute_delete(struct attribute **list, void *handle, enum attribute_kind kind, int keyval)
{
    pthread_mutex_lock(&lock);
    struct keyval *k = find_key(kind, keyval);
    int rc = k && find(*list, k) ? delete_one(list, handle, k) : MPI_ERR_KEYVAL;
    pthread_mutex_unlock(&lock);
    return rc;
}

int attribute_delete_all(struct attribute **list, void *handle)
{
    int rc = 0;
    if (!*list)
        return 0;
    pthread_mutex_lock(&lock);
    while (!rc && *list)
        rc = delete_one(list, handle, (*list)->key);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* What was there when copying began: the program's functions may change the list. The lock is held. */
struct copied {
    struct keyval *key;
    void *value;
};

static struct copied *snapshot(const struct attribute *a, size_t *count)
{
    size_t n = 0;
    for (const struct attribute *b = a; b; b = b->next)
        n++;
    struct copied *all = malloc(n * sizeof *all);
    *count = all ? n : 0;
    for (; all && a; a = a->next) { /* the oldest comes first, so that the order is the same on both sides */
        a->key->references++;
        all[--n] = (struct copied){a->key, a->value};
    }
    return all;
}

int attribute_copy_all(struct attribute *const *list, void *handle, struct attribute **to)
{
    int rc = 0, copied;
    size_t count;
    void *copy;
    if (!*list)
        return 0;
    pthread_mutex_lock(&lock);
    struct copied *all = snapshot(*list, &count);
    rc = all ? 0 : MPI_ERR_NO_MEM;
    for (size_t i = 0; i < count; i++) {
        struct keyval *k = all[i].key;
        if (!rc) {
            pthread_mutex_unlock(&lock);
            rc = call_copy(k, handle, all[i].value, &copy, &copied);
            pthread_mutex_lock(&lock);
            if (!rc && copied)
                rc = add(to, k, copy);
        }
        put_key(k);
    }
    pthread_mutex_unlock(&lock);
    free(all);
    return rc;
}
