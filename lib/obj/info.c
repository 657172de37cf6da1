/* Info objects: see info.h. */
#include "obj/info.h"

#include <stdlib.h>
#include <string.h>

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

int info_set(struct info *info, const char *key, const char *value)
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

const char *info_get(const struct info *info, const char *key)
{
    const struct info_pair *pair = find(info, key);
    return pair ? pair->value : NULL;
}

int info_delete(struct info *info, const char *key)
{
    struct info_pair *pair = find(info, key);
    if (!pair)
        return MPI_ERR_INFO_NOKEY;
    free(pair->key);
    free(pair->value);
    info->count--;
    memmove(pair, pair + 1, (size_t)(info->pairs + info->count - pair) * sizeof *pair);
    return 0;
}

struct info *info_dup(const struct info *from)
{
    struct info *info = info_new();
    for (int i = 0; info && i < from->count; i++)
        if (info_set(info, from->pairs[i].key, from->pairs[i].value)) {
            info_free(info);
            return NULL;
        }
    return info;
}
