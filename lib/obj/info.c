/* Info objects: see info.h. */
#include "obj/info.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Held by what looks at or changes the pairs of any object. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct info info_env = {.obj = {.kind = OBJ_INFO}};

struct info *info_new(void)
{
    struct info *info = calloc(1, sizeof *info);
    if (info)
        info->obj.kind = OBJ_INFO;
    return info;
}

void info_free(struct info *info)
{
    for (int i = 0; i < info->count; i++) {
        free(info->pairs[i].key);
        free(info->pairs[i].value);
    }
    free(info->pairs);
    handle_forget(&info->obj);
    free(info);
}

static struct info_pair *find(const struct info *info, const char *key)
{
    for (int i = 0; i < info->count; i++)
        if (strcmp(info->pairs[i].key, key) == 0)
            return &info->pairs[i];
    return NULL;
}

static int set(struct info *info, const char *key, const char *value)
{
    struct info_pair *pair = find(info, key);
    char *v = strdup(value);
    if (!v)
        return MPI_ERR_NO_MEM;
    if (pair) {
        free(pair->value);
        pair->value = v;
        return 0;
    }
    char *k = strdup(key);
    if (!k)
        goto no_key;
    if (info->count == info->room) {
        int more = info->room ? 2 * info->room : 8;
        struct info_pair *grown = realloc(info->pairs, (size_t)more * sizeof *grown);
        if (!grown)
            goto no_room;
        info->pairs = grown;
        info->room = more;
    }
    info->pairs[info->count++] = (struct info_pair){k, v};
    return 0;
no_room:
    free(k);
no_key:
    free(v);
    return MPI_ERR_NO_MEM;
}

int info_set(struct info *info, const char *key, const char *value)
{
    pthread_mutex_lock(&lock);
    int rc = set(info, key, value);
    pthread_mutex_unlock(&lock);
    return rc;
}

const char *info_get(const struct info *info, const char *key)
{
    const struct info_pair *pair = find(info, key);
    return pair ? pair->value : NULL;
}

int info_copy(const struct info *info, const char *key, char value[MPI_MAX_INFO_VAL])
{
    pthread_mutex_lock(&lock);
    const struct info_pair *pair = find(info, key);
    int length = pair ? snprintf(value, MPI_MAX_INFO_VAL, "%s", pair->value) : -1;
    pthread_mutex_unlock(&lock);
    return length;
}

int info_count(const struct info *info)
{
    pthread_mutex_lock(&lock);
    int count = info->count;
    pthread_mutex_unlock(&lock);
    return count;
}

int info_copy_key(const struct info *info, int n, char key[MPI_MAX_INFO_KEY])
{
    pthread_mutex_lock(&lock);
    int there = n >= 0 && n < info->count;
    if (there)
        snprintf(key, MPI_MAX_INFO_KEY, "%s", info->pairs[n].key);
    pthread_mutex_unlock(&lock);
    return there;
}

int info_delete(struct info *info, const char *key)
{
    pthread_mutex_lock(&lock);
    struct info_pair *pair = find(info, key);
    if (pair) {
        free(pair->key);
        free(pair->value);
        info->count--;
        memmove(pair, pair + 1, (size_t)(info->pairs + info->count - pair) * sizeof *pair);
    }
    pthread_mutex_unlock(&lock);
    return pair ? 0 : MPI_ERR_INFO_NOKEY;
}

struct info *info_dup(const struct info *from)
{
    struct info *info = info_new();
    int rc = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; info && !rc && i < from->count; i++)
        rc = set(info, from->pairs[i].key, from->pairs[i].value);
    pthread_mutex_unlock(&lock);
    if (rc) {
        info_free(info);
        return NULL;
    }
    return info;
}
