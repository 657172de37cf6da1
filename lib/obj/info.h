/* Info objects: an ordered list of (key, value) texts. Lengths are checked by api/. */
#ifndef OBJ_INFO_H
#define OBJ_INFO_H

#include <mpi.h>
#include "base/handle.h"

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

/* What kinds of memory buffers may be in, for the key mpi_memory_alloc_kinds of communicators and sessions: the standard's
 * two, that of the system and that of MPI_Alloc_mem. */
#define INFO_MEMORY_KINDS "mpi,system"

/* The object behind a handle, or NULL. */
static inline struct info *info_of(MPI_Info handle)
{
    return handle == MPI_INFO_ENV ? &info_env : handle_object(handle, OBJ_INFO);
}

int info_set(struct info *info, const char *key, const char *value); /* 0 or MPI_ERR_NO_MEM */
const char *info_get(const struct info *info, const char *key);      /* the value, or NULL; for one thread only */
int info_delete(struct info *info, const char *key);                 /* 0 or MPI_ERR_INFO_NOKEY */

/* For threads that share an object: copies, made while nobody changes it. The length of a value, or -1; the number of
 * keys; whether there is an n-th key. info_set, info_delete and info_dup may be called by several threads too. */
int info_copy(const struct info *info, const char *key, char value[MPI_MAX_INFO_VAL]);
int info_count(const struct info *info);
int info_copy_key(const struct info *info, int n, char key[MPI_MAX_INFO_KEY]);

#endif
