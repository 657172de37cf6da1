/* The info object. Callable at any time, before MPI_Init and after MPI_Finalize too. */
#include "config.h"

#include "api/api.h"
#include "boot/proc.h"
#include "obj/info.h"

#include <string.h>

/* The object behind a handle: 0 and *out, or the error. */
static int get(const char *function, MPI_Info handle, struct info **out)
{
    if (handle == MPI_INFO_ENV && proc_describe())
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for MPI_INFO_ENV");
    *out = info_of(handle);
    if (*out)
        return 0;
    if (handle == MPI_INFO_NULL)
        return api_fail(NULL, function, MPI_ERR_INFO, "the info object is MPI_INFO_NULL");
    return api_fail(NULL, function, MPI_ERR_INFO, "%p is not an info object", (void *)handle);
}

/* The same for calls that change it. */
static int get_writable(const char *function, MPI_Info handle, struct info **out)
{
    if (handle == MPI_INFO_ENV)
        return api_fail(NULL, function, MPI_ERR_INFO, "MPI_INFO_ENV cannot be changed or freed");
    return get(function, handle, out);
}

static int check_key(const char *function, const char *key)
{
    int rc = api_not_null(NULL, function, key, "key");
    if (rc)
        return rc;
    size_t n = strnlen(key, MPI_MAX_INFO_KEY);
    if (n == 0 || n == MPI_MAX_INFO_KEY)
        return api_fail(NULL, function, MPI_ERR_INFO_KEY, "the key is %s (1 to %d bytes are allowed)",
                        n ? "too long" : "empty", MPI_MAX_INFO_KEY - 1);
    return 0;
}

/* The arguments of all calls that look up a key. */
static int get_with_key(const char *function, MPI_Info handle, const char *key, struct info **out)
{
    int rc = get(function, handle, out);
    return rc ? rc : check_key(function, key);
}

/* Hands out a new object. */
static int give(const char *function, struct info *made, MPI_Info *out)
{
    if (!made)
        return api_fail(NULL, function, MPI_ERR_NO_MEM, "no memory for an info object");
    *out = (MPI_Info)made;
    leaks_made(LEAKS_INFO, made, function);
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_create = PMPI_Info_create
int PMPI_Info_create(MPI_Info *info)
{
    int rc = api_not_null(NULL, "MPI_Info_create", info, "info");
    return rc ? rc : give("MPI_Info_create", info_new(), info);
}

#pragma weak MPI_Info_create_env = PMPI_Info_create_env
int PMPI_Info_create_env(int argc, char *argv[], MPI_Info *info)
{
    (void)argc;
    (void)argv;
    struct info *env;
    int rc = api_not_null(NULL, "MPI_Info_create_env", info, "info");
    if (!rc)
        rc = get("MPI_Info_create_env", MPI_INFO_ENV, &env);
    return rc ? rc : give("MPI_Info_create_env", info_dup(env), info);
}

#pragma weak MPI_Info_dup = PMPI_Info_dup
int PMPI_Info_dup(MPI_Info info, MPI_Info *newinfo)
{
    struct info *from;
    int rc = get("MPI_Info_dup", info, &from);
    if (!rc)
        rc = api_not_null(NULL, "MPI_Info_dup", newinfo, "newinfo");
    return rc ? rc : give("MPI_Info_dup", info_dup(from), newinfo);
}

#pragma weak MPI_Info_free = PMPI_Info_free
int PMPI_Info_free(MPI_Info *info)
{
    struct info *i;
    int rc = api_not_null(NULL, "MPI_Info_free", info, "info");
    if (!rc)
        rc = get_writable("MPI_Info_free", *info, &i);
    if (rc)
        return rc;
    leaks_freed(LEAKS_INFO, i);
    info_free(i);
    *info = MPI_INFO_NULL;
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_set = PMPI_Info_set
int PMPI_Info_set(MPI_Info info, const char *key, const char *value)
{
    struct info *i;
    int rc = get_writable("MPI_Info_set", info, &i);
    if (!rc)
        rc = check_key("MPI_Info_set", key);
    if (!rc)
        rc = api_not_null(NULL, "MPI_Info_set", value, "value");
    if (rc)
        return rc;
    if (strnlen(value, MPI_MAX_INFO_VAL) == MPI_MAX_INFO_VAL)
        return api_fail(NULL, "MPI_Info_set", MPI_ERR_INFO_VALUE, "the value of '%s' is longer than %d bytes", key,
                        MPI_MAX_INFO_VAL - 1);
    if (info_set(i, key, value))
        return api_fail(NULL, "MPI_Info_set", MPI_ERR_NO_MEM, "no memory for the value of '%s'", key);
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_delete = PMPI_Info_delete
int PMPI_Info_delete(MPI_Info info, const char *key)
{
    struct info *i;
    int rc = get_writable("MPI_Info_delete", info, &i);
    if (!rc)
        rc = check_key("MPI_Info_delete", key);
    if (rc)
        return rc;
    if (info_delete(i, key))
        return api_fail(NULL, "MPI_Info_delete", MPI_ERR_INFO_NOKEY, "there is no key '%s'", key);
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_get_string = PMPI_Info_get_string
int PMPI_Info_get_string(MPI_Info info, const char *key, int *buflen, char *value, int *flag)
{
    static const char function[] = "MPI_Info_get_string";
    struct info *i;
    int rc = get_with_key(function, info, key, &i);
    if (!rc)
        rc = api_not_null(NULL, function, buflen, "buflen");
    if (!rc)
        rc = api_not_null(NULL, function, flag, "flag");
    if (rc)
        return rc;
    if (*buflen < 0)
        return api_fail(NULL, function, MPI_ERR_ARG, "buflen is %d", *buflen);
    if (*buflen > 0 && (rc = api_not_null(NULL, function, value, "value")))
        return rc;
    char found[MPI_MAX_INFO_VAL];
    int length = info_copy(i, key, found);
    *flag = length >= 0;
    if (length < 0)
        return MPI_SUCCESS;
    size_t need = (size_t)length + 1, room = (size_t)*buflen;
    if (room > 0) {
        size_t n = need <= room ? need - 1 : room - 1;
        memcpy(value, found, n);
        value[n] = 0;
    }
    *buflen = (int)need;
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_get = PMPI_Info_get
int PMPI_Info_get(MPI_Info info, const char *key, int valuelen, char *value, int *flag)
{
    static const char function[] = "MPI_Info_get";
    struct info *i;
    int rc = get_with_key(function, info, key, &i);
    if (!rc)
        rc = api_not_null(NULL, function, value, "value");
    if (!rc)
        rc = api_not_null(NULL, function, flag, "flag");
    if (rc)
        return rc;
    if (valuelen < 0)
        return api_fail(NULL, function, MPI_ERR_ARG, "valuelen is %d", valuelen);
    char found[MPI_MAX_INFO_VAL];
    *flag = info_copy(i, key, found) >= 0;
    if (*flag) { /* valuelen does not count the terminating NUL */
        size_t n = strnlen(found, (size_t)valuelen);
        memcpy(value, found, n);
        value[n] = 0;
    }
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_get_valuelen = PMPI_Info_get_valuelen
int PMPI_Info_get_valuelen(MPI_Info info, const char *key, int *valuelen, int *flag)
{
    static const char function[] = "MPI_Info_get_valuelen";
    struct info *i;
    int rc = get_with_key(function, info, key, &i);
    if (!rc)
        rc = api_not_null(NULL, function, valuelen, "valuelen");
    if (!rc)
        rc = api_not_null(NULL, function, flag, "flag");
    if (rc)
        return rc;
    char found[MPI_MAX_INFO_VAL];
    int length = info_copy(i, key, found);
    *flag = length >= 0;
    if (length >= 0)
        *valuelen = length;
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_get_nkeys = PMPI_Info_get_nkeys
int PMPI_Info_get_nkeys(MPI_Info info, int *nkeys)
{
    struct info *i;
    int rc = get("MPI_Info_get_nkeys", info, &i);
    if (!rc)
        rc = api_not_null(NULL, "MPI_Info_get_nkeys", nkeys, "nkeys");
    if (rc)
        return rc;
    *nkeys = info_count(i);
    return MPI_SUCCESS;
}

#pragma weak MPI_Info_get_nthkey = PMPI_Info_get_nthkey
int PMPI_Info_get_nthkey(MPI_Info info, int n, char *key)
{
    struct info *i;
    int rc = get("MPI_Info_get_nthkey", info, &i);
    if (!rc)
        rc = api_not_null(NULL, "MPI_Info_get_nthkey", key, "key");
    if (rc)
        return rc;
    if (!info_copy_key(i, n, key))
        return api_fail(NULL, "MPI_Info_get_nthkey", MPI_ERR_ARG, "n is %d, and the info object has %d keys", n,
                        info_count(i));
    return MPI_SUCCESS;
}
