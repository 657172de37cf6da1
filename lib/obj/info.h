/* Info objects: an ordered list of (key, value) texts. Lengths are checked by api/. */
#ifndef OBJ_INFO_H
#define OBJ_INFO_H

#include <mpi.h>
#include "obj/handle.h"

struct info_pair {
    char *key, *value;
};

struct info {
    struct obj obj;
    int count, room;
    struct info_pair *pairs;
};

struct info *info_new(void); /* NULL: no memory */
struct info *info_dup(const struct info *from);
void info_free(struct info *info);

/* MPI_INFO_ENV: filled by boot/. */
extern struct info info_env;

/* The object behind a handle, or NULL. */
static inline struct info *info_of(MPI_Info handle)
{
    return handle == MPI_INFO_ENV ? &info_env : handle_object(handle, OBJ_INFO);
}

int info_set(struct info *info, const char *key, const char *value); /* 0 or MPI_ERR_NO_MEM */
const char *info_get(const struct info *info, const char *key);      /* the value, or NULL */
int info_delete(struct info *info, const char *key);                 /* 0 or MPI_ERR_INFO_NOKEY */

#endif
