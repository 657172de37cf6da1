/* Control variables of the tool interface: the table of settings (conf.def), each by its environment variable's name.
 * A handle is a place in the table, as no variable is bound to an object. */
#include "config.h"

#include "api/tool.h"

#include "base/conf.h"
#include "base/log.h"
#include "boot/proc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Settings that the library follows. mpirun has followed all others when a rank starts: here they can only be read. */
static const struct use {
    const char *name;
    enum tool_category category;
    int scope;
    int always; /* it can be set after MPI has started too */
} uses[] = {{"GODWIT_LOG", TOOL_LIBRARY, MPI_T_SCOPE_LOCAL, 1},
            {"GODWIT_CHECK", TOOL_LIBRARY, MPI_T_SCOPE_LOCAL, 0},
            {"GODWIT_FOREIGN", TOOL_LIBRARY, MPI_T_SCOPE_LOCAL, 0},
            {"GODWIT_CMA", TOOL_MESSAGES, MPI_T_SCOPE_LOCAL, 0},
            {"GODWIT_WIRE", TOOL_NETWORK, MPI_T_SCOPE_ALL_EQ, 0},
            {"GODWIT_PROVIDER", TOOL_NETWORK, MPI_T_SCOPE_ALL_EQ, 0},
            {"GODWIT_IFACE", TOOL_NETWORK, MPI_T_SCOPE_LOCAL, 0}};

/* NULL: it is mpirun's. */
static const struct use *use_of(int index)
{
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (strcmp(uses[i].name, conf_table[index].name) == 0)
            return &uses[i];
    return NULL;
}

enum tool_category tool_cvar_category(int index)
{
    const struct use *u = use_of(index);
    return u ? u->category : TOOL_LAUNCHER;
}

static MPI_Datatype datatype_of(int index)
{
    switch (conf_table[index].kind) {
    case CONF_TIME:
        return MPI_DOUBLE;
    case CONF_WORD:
        return MPI_CHAR;
    default:
        return MPI_INT;
    }
}

#pragma weak MPI_T_cvar_get_num = PMPI_T_cvar_get_num
int PMPI_T_cvar_get_num(int *num_cvar)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!num_cvar)
        return MPI_T_ERR_INVALID;
    *num_cvar = conf_count;
    return MPI_SUCCESS;
}

static int index_check(int index)
{
    int rc = tool_check();
    return rc ? rc : index < 0 || index >= conf_count ? MPI_T_ERR_INVALID_INDEX : 0;
}

#pragma weak MPI_T_cvar_get_info = PMPI_T_cvar_get_info
int PMPI_T_cvar_get_info(int cvar_index, char *name, int *name_len, int *verbosity, MPI_Datatype *datatype,
                         MPI_T_enum *enumtype, char *desc, int *desc_len, int *bind, int *scope)
{
    int rc = index_check(cvar_index);
    if (rc)
        return rc;
    const struct conf_entry *e = &conf_table[cvar_index];
    const struct use *u = use_of(cvar_index);
    tool_text(e->name, name, name_len);
    tool_text(e->sentence, desc, desc_len);
    if (verbosity)
        *verbosity = MPI_T_VERBOSITY_USER_BASIC;
    if (datatype)
        *datatype = datatype_of(cvar_index);
    if (enumtype)
        *enumtype = e->kind == CONF_CHOICE ? (MPI_T_enum)(uintptr_t)e : MPI_T_ENUM_NULL;
    if (bind)
        *bind = MPI_T_BIND_NO_OBJECT;
    if (scope)
        *scope = u ? u->scope : MPI_T_SCOPE_READONLY;
    return MPI_SUCCESS;
}

#pragma weak MPI_T_cvar_get_index = PMPI_T_cvar_get_index
int PMPI_T_cvar_get_index(const char *name, int *cvar_index)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!name || !cvar_index)
        return MPI_T_ERR_INVALID;
    for (int i = 0; i < conf_count; i++)
        if (strcmp(conf_table[i].name, name) == 0) {
            *cvar_index = i;
            return MPI_SUCCESS;
        }
    return MPI_T_ERR_INVALID_NAME;
}

/* ---- handles ---- */

#pragma weak MPI_T_cvar_handle_alloc = PMPI_T_cvar_handle_alloc
int PMPI_T_cvar_handle_alloc(int cvar_index, void *obj_handle, MPI_T_cvar_handle *handle, int *count)
{
    (void)obj_handle; /* ignored where nothing is bound to */
    int rc = index_check(cvar_index);
    if (rc)
        return rc;
    if (!handle || !count)
        return MPI_T_ERR_INVALID;
    *handle = (MPI_T_cvar_handle)(uintptr_t)&conf_table[cvar_index];
    *count = conf_table[cvar_index].kind == CONF_WORD ? (int)sizeof(struct conf_word) : 1;
    return MPI_SUCCESS;
}

static int handle_check(MPI_T_cvar_handle handle, int *index)
{
    int rc = tool_check();
    if (rc)
        return rc;
    for (*index = 0; *index < conf_count; ++*index)
        if (handle == (MPI_T_cvar_handle)(uintptr_t)&conf_table[*index])
            return 0;
    return MPI_T_ERR_INVALID_HANDLE;
}

#pragma weak MPI_T_cvar_handle_free = PMPI_T_cvar_handle_free
int PMPI_T_cvar_handle_free(MPI_T_cvar_handle *handle)
{
    int index, rc = handle ? handle_check(*handle, &index) : MPI_T_ERR_INVALID;
    if (!rc)
        *handle = MPI_T_CVAR_HANDLE_NULL;
    return rc;
}

static size_t size_of(int index)
{
    switch (conf_table[index].kind) {
    case CONF_TIME:
        return sizeof(double);
    case CONF_WORD:
        return sizeof(struct conf_word);
    default:
        return sizeof(int);
    }
}

#pragma weak MPI_T_cvar_read = PMPI_T_cvar_read
int PMPI_T_cvar_read(MPI_T_cvar_handle handle, void *buf)
{
    int index, rc = handle_check(handle, &index);
    if (rc)
        return rc;
    if (!buf)
        return MPI_T_ERR_INVALID;
    tool_enter();
    memcpy(buf, conf_value(&proc.conf, index), size_of(index));
    tool_leave();
    return MPI_SUCCESS;
}

/* The value as the environment would have it, so that one place says what is allowed. 0, or it cannot be. */
static int as_text(int index, const void *value, char *text, size_t size)
{
    int n;
    double seconds;
    switch (conf_table[index].kind) {
    case CONF_CHOICE:
        memcpy(&n, value, sizeof n);
        if (n < 0 || n >= conf_choices(index))
            return -1;
        conf_choice(index, n, text, size);
        return 0;
    case CONF_NUMBER:
        memcpy(&n, value, sizeof n);
        snprintf(text, size, "%d", n);
        return 0;
    case CONF_TIME:
        memcpy(&seconds, value, sizeof seconds);
        snprintf(text, size, "%.9f", seconds);
        return 0;
    default:
        snprintf(text, size, "%.*s", (int)sizeof(struct conf_word), (const char *)value);
        return strlen(text) < sizeof(struct conf_word) ? 0 : -1;
    }
}

#pragma weak MPI_T_cvar_write = PMPI_T_cvar_write
int PMPI_T_cvar_write(MPI_T_cvar_handle handle, const void *buf)
{
    char text[sizeof(struct conf_word) + 1];
    int index, rc = handle_check(handle, &index);
    if (rc)
        return rc;
    const struct use *u = use_of(index);
    if (!buf)
        return MPI_T_ERR_INVALID;
    if (!u)
        return MPI_T_ERR_CVAR_SET_NEVER;
    if (!u->always && proc.stage != PROC_BEFORE)
        return MPI_T_ERR_CVAR_SET_NOT_NOW;
    tool_enter();
    if (as_text(index, buf, text, sizeof text) ||
        conf_set(&proc.conf, index, u->name, text, CONF_OPTION, NULL))
        rc = MPI_T_ERR_INVALID;
    if (u->always)
        log_level = proc.conf.log;
    tool_leave();
    return rc;
}
