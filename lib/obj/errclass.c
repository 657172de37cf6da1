/* Error classes: see errclass.h. */
#include "obj/errclass.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    int errclass;
    const char *name, *text;
};

#define CLASS(name, text) {name, #name, text}
static const struct entry table[] = {
    CLASS(MPI_SUCCESS, "no error"),
    CLASS(MPI_ERR_BUFFER, "invalid buffer"),
    CLASS(MPI_ERR_COUNT, "invalid count"),
    CLASS(MPI_ERR_TYPE, "invalid datatype"),
    CLASS(MPI_ERR_TAG, "invalid tag"),
    CLASS(MPI_ERR_COMM, "invalid communicator"),
    CLASS(MPI_ERR_RANK, "invalid rank"),
    CLASS(MPI_ERR_REQUEST, "invalid request"),
    CLASS(MPI_ERR_ROOT, "invalid root"),
    CLASS(MPI_ERR_GROUP, "invalid group"),
    CLASS(MPI_ERR_OP, "invalid reduction operation"),
    CLASS(MPI_ERR_TOPOLOGY, "invalid topology"),
    CLASS(MPI_ERR_DIMS, "invalid dimensions"),
    CLASS(MPI_ERR_ARG, "invalid argument"),
    CLASS(MPI_ERR_UNKNOWN, "unknown error"),
    CLASS(MPI_ERR_TRUNCATE, "message longer than the receive buffer"),
    CLASS(MPI_ERR_OTHER, "error of no other class"),
    CLASS(MPI_ERR_INTERN, "internal error of the MPI library"),
    CLASS(MPI_ERR_PENDING, "request is still pending"),
    CLASS(MPI_ERR_IN_STATUS, "error code is in the status"),
    CLASS(MPI_ERR_ACCESS, "permission denied"),
    CLASS(MPI_ERR_AMODE, "invalid access mode"),
    CLASS(MPI_ERR_ASSERT, "invalid assertion"),
    CLASS(MPI_ERR_BAD_FILE, "invalid file name"),
    CLASS(MPI_ERR_BASE, "invalid base address"),
    CLASS(MPI_ERR_CONVERSION, "error in a data conversion function"),
    CLASS(MPI_ERR_DISP, "invalid displacement"),
    CLASS(MPI_ERR_DUP_DATAREP, "data representation is already defined"),
    CLASS(MPI_ERR_FILE_EXISTS, "file exists"),
    CLASS(MPI_ERR_FILE_IN_USE, "file is in use"),
    CLASS(MPI_ERR_FILE, "invalid file handle"),
    CLASS(MPI_ERR_INFO_KEY, "info key is empty or too long"),
    CLASS(MPI_ERR_INFO_NOKEY, "info key is not there"),
    CLASS(MPI_ERR_INFO_VALUE, "info value is invalid or too long"),
    CLASS(MPI_ERR_INFO, "invalid info object"),
    CLASS(MPI_ERR_IO, "input or output failed"),
    CLASS(MPI_ERR_KEYVAL, "invalid attribute key"),
    CLASS(MPI_ERR_LOCKTYPE, "invalid lock type"),
    CLASS(MPI_ERR_NAME, "service name is not published"),
    CLASS(MPI_ERR_NO_MEM, "memory is exhausted"),
    CLASS(MPI_ERR_NOT_SAME, "collective argument differs between processes"),
    CLASS(MPI_ERR_NO_SPACE, "no space left on the device"),
    CLASS(MPI_ERR_NO_SUCH_FILE, "no such file"),
    CLASS(MPI_ERR_PORT, "invalid port name"),
    CLASS(MPI_ERR_QUOTA, "disk quota exceeded"),
    CLASS(MPI_ERR_READ_ONLY, "file or file system is read-only"),
    CLASS(MPI_ERR_RMA_ATTACH, "memory cannot be attached"),
    CLASS(MPI_ERR_RMA_CONFLICT, "conflicting accesses to a window"),
    CLASS(MPI_ERR_RMA_RANGE, "target memory is not part of the window"),
    CLASS(MPI_ERR_RMA_SHARED, "memory cannot be shared"),
    CLASS(MPI_ERR_RMA_SYNC, "wrong synchronization of one-sided calls"),
    CLASS(MPI_ERR_SERVICE, "service name cannot be unpublished"),
    CLASS(MPI_ERR_SIZE, "invalid size"),
    CLASS(MPI_ERR_SPAWN, "processes cannot be started"),
    CLASS(MPI_ERR_UNSUPPORTED_DATAREP, "data representation is not supported"),
    CLASS(MPI_ERR_UNSUPPORTED_OPERATION, "operation is not supported"),
    CLASS(MPI_ERR_WIN, "invalid window"),
    CLASS(MPI_ERR_RMA_FLAVOR, "window is of the wrong flavor"),
    CLASS(MPI_ERR_PROC_ABORTED, "a process has ended"),
    CLASS(MPI_ERR_VALUE_TOO_LARGE, "value is too large for its variable"),
    CLASS(MPI_ERR_SESSION, "invalid session"),
    CLASS(MPI_ERR_ERRHANDLER, "invalid error handler"),
    CLASS(MPI_ERR_ABI, "not allowed by the state of the ABI"),
    CLASS(MPI_T_ERR_CANNOT_INIT, "tool interface cannot be initialized"),
    CLASS(MPI_T_ERR_NOT_ACCESSIBLE, "tool interface functionality is not accessible"),
    CLASS(MPI_T_ERR_NOT_INITIALIZED, "tool interface is not initialized"),
    CLASS(MPI_T_ERR_NOT_SUPPORTED, "tool interface functionality is not supported"),
    CLASS(MPI_T_ERR_MEMORY, "tool interface is out of memory"),
    CLASS(MPI_T_ERR_INVALID, "invalid use of the tool interface"),
    CLASS(MPI_T_ERR_INVALID_INDEX, "invalid index of the tool interface"),
    CLASS(MPI_T_ERR_INVALID_ITEM, "invalid item of the tool interface"),
    CLASS(MPI_T_ERR_INVALID_SESSION, "invalid session of the tool interface"),
    CLASS(MPI_T_ERR_INVALID_HANDLE, "invalid handle of the tool interface"),
    CLASS(MPI_T_ERR_INVALID_NAME, "invalid name of the tool interface"),
    CLASS(MPI_T_ERR_OUT_OF_HANDLES, "tool interface has no more handles"),
    CLASS(MPI_T_ERR_OUT_OF_SESSIONS, "tool interface has no more sessions"),
    CLASS(MPI_T_ERR_CVAR_SET_NOT_NOW, "control variable cannot be set now"),
    CLASS(MPI_T_ERR_CVAR_SET_NEVER, "control variable cannot be set"),
    CLASS(MPI_T_ERR_PVAR_NO_WRITE, "performance variable cannot be written"),
    CLASS(MPI_T_ERR_PVAR_NO_STARTSTOP, "performance variable cannot be started or stopped"),
    CLASS(MPI_T_ERR_PVAR_NO_ATOMIC, "performance variable cannot be read and reset at once"),
    CLASS(MPI_ERR_LASTCODE, "last error code"),
};

static const struct entry *find(int errclass)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].errclass == errclass)
            return &table[i];
    return NULL;
}

const char *errclass_name(int errclass)
{
    const struct entry *e = find(errclass);
    return e ? e->name : NULL;
}

const char *errclass_text(int errclass)
{
    const struct entry *e = find(errclass);
    return e ? e->text : NULL;
}

/* ---- what the program adds: number MPI_ERR_LASTCODE + 1 + place ---- */

struct added {
    int errclass; /* its own number: it is a class; 0: was removed */
    char *text;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct added *added;
static int added_count, added_room;
int errclass_last_used = MPI_ERR_LASTCODE;

enum { FIRST_ADDED = MPI_ERR_LASTCODE + 1 };

static struct added *find_added(int code)
{
    int place = code - FIRST_ADDED;
    return code >= FIRST_ADDED && place < added_count && added[place].errclass ? &added[place] : NULL;
}

static int is_class(int code)
{
    const struct added *a = find_added(code);
    return a ? a->errclass == code : find(code) != NULL;
}

static int add(int errclass)
{
    if (added_count == added_room) {
        int more = added_room ? 2 * added_room : 16;
        struct added *grown = realloc(added, (size_t)more * sizeof *grown);
        if (!grown)
            return -1;
        added = grown;
        added_room = more;
    }
    int code = FIRST_ADDED + added_count;
    added[added_count++] = (struct added){errclass ? errclass : code, NULL};
    errclass_last_used = code;
    return code;
}

int errclass_add_class(void)
{
    pthread_mutex_lock(&lock);
    int code = add(0);
    pthread_mutex_unlock(&lock);
    return code;
}

int errclass_add_code(int errclass)
{
    pthread_mutex_lock(&lock);
    int code = is_class(errclass) && errclass != MPI_SUCCESS ? add(errclass) : -1;
    pthread_mutex_unlock(&lock);
    return code;
}

int errclass_of(int code)
{
    if (find(code))
        return code;
    pthread_mutex_lock(&lock);
    const struct added *a = find_added(code);
    int errclass = a ? a->errclass : -1;
    pthread_mutex_unlock(&lock);
    return errclass;
}

int errclass_string(int code, char out[MPI_MAX_ERROR_STRING])
{
    const struct entry *e = find(code);
    if (e) {
        snprintf(out, MPI_MAX_ERROR_STRING, "%s: %s", e->name, e->text);
        return 0;
    }
    pthread_mutex_lock(&lock);
    const struct added *a = find_added(code);
    if (a)
        snprintf(out, MPI_MAX_ERROR_STRING, "%s", a->text ? a->text : "");
    pthread_mutex_unlock(&lock);
    return a ? 0 : -1;
}

static int set_string(int code, const char *text)
{
    struct added *a = find_added(code);
    if (!a)
        return find(code) ? MPI_ERR_OTHER : MPI_ERR_ARG;
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy)
        return MPI_ERR_NO_MEM;
    free(a->text);
    a->text = copy;
    return 0;
}

int errclass_set_string(int code, const char *text)
{
    pthread_mutex_lock(&lock);
    int rc = set_string(code, text);
    pthread_mutex_unlock(&lock);
    return rc;
}

static int remove_added(int code, int is_class_wanted)
{
    struct added *a = find_added(code);
    if (!a)
        return find(code) ? MPI_ERR_OTHER : MPI_ERR_ARG;
    if ((a->errclass == code) != is_class_wanted)
        return MPI_ERR_OTHER;
    for (int i = 0; is_class_wanted && i < added_count; i++)
        if (added[i].errclass == code && &added[i] != a)
            return MPI_ERR_OTHER;
    free(a->text);
    *a = (struct added){0};
    while (added_count && !added[added_count - 1].errclass)
        added_count--;
    errclass_last_used = MPI_ERR_LASTCODE + added_count;
    return 0;
}

int errclass_remove(int code, int is_class_wanted)
{
    pthread_mutex_lock(&lock);
    int rc = remove_added(code, is_class_wanted);
    pthread_mutex_unlock(&lock);
    return rc;
}
