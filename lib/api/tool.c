/* The tool interface's life, its enumerations (the words of settings that are one of several) and its categories. What
 * there is never changes while a program runs, so handles of it are places in tables. */
#include "config.h"

#include "api/tool.h"

#include "base/conf.h"
#include "boot/proc.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int starts; /* MPI_T_init_thread without its MPI_T_finalize */

int tool_check(void)
{
    return starts > 0 ? 0 : MPI_T_ERR_NOT_INITIALIZED;
}

void tool_enter(void)
{
    pthread_mutex_lock(&lock);
}

void tool_leave(void)
{
    pthread_mutex_unlock(&lock);
}

void tool_text(const char *from, char *text, int *length)
{
    if (text && length && *length > 0)
        snprintf(text, (size_t)*length, "%s", from);
    if (length)
        *length = (int)strlen(from) + 1;
}

/* ---- life ---- */

#pragma weak MPI_T_init_thread = PMPI_T_init_thread
int PMPI_T_init_thread(int required, int *provided)
{
    if (!provided || (required != MPI_THREAD_SINGLE && required != MPI_THREAD_FUNNELED &&
                      required != MPI_THREAD_SERIALIZED && required != MPI_THREAD_MULTIPLE))
        return MPI_T_ERR_INVALID;
    proc_settings();
    starts++;
    *provided = required;
    return MPI_SUCCESS;
}

#pragma weak MPI_T_finalize = PMPI_T_finalize
int PMPI_T_finalize(void)
{
    int rc = tool_check();
    if (rc)
        return rc;
    tool_enter();
    if (--starts == 0)
        tool_pvar_end();
    tool_leave();
    return MPI_SUCCESS;
}

/* ---- enumerations: an entry of the table of settings ---- */

static int enum_get(MPI_T_enum enumtype, int *entry)
{
    const struct conf_entry *e = (const struct conf_entry *)(const void *)enumtype;
    for (*entry = 0; *entry < conf_count; ++*entry)
        if (e == &conf_table[*entry] && e->kind == CONF_CHOICE)
            return 0;
    return MPI_T_ERR_INVALID_HANDLE;
}

#pragma weak MPI_T_enum_get_info = PMPI_T_enum_get_info
int PMPI_T_enum_get_info(MPI_T_enum enumtype, int *num, char *name, int *name_len)
{
    int entry, rc = tool_check();
    if (rc || (rc = enum_get(enumtype, &entry)))
        return rc;
    if (num)
        *num = conf_choices(entry);
    tool_text(conf_table[entry].name, name, name_len);
    return MPI_SUCCESS;
}

#pragma weak MPI_T_enum_get_item = PMPI_T_enum_get_item
int PMPI_T_enum_get_item(MPI_T_enum enumtype, int indx, int *value, char *name, int *name_len)
{
    char word[64];
    int entry, rc = tool_check();
    if (rc || (rc = enum_get(enumtype, &entry)))
        return rc;
    if (indx < 0 || indx >= conf_choices(entry))
        return MPI_T_ERR_INVALID_INDEX;
    if (value)
        *value = indx;
    conf_choice(entry, indx, word, sizeof word);
    tool_text(word, name, name_len);
    return MPI_SUCCESS;
}

/* ---- categories ---- */

static const struct {
    const char *name, *sentence;
} categories[TOOL_CATEGORIES] = {
    [TOOL_GODWIT] = {"godwit", "All that can be asked and set."},
    [TOOL_LAUNCHER] = {"godwit_launcher", "Settings that mpirun has followed."},
    [TOOL_LIBRARY] = {"godwit_library", "Settings of the library in this process, and what it holds."},
    [TOOL_MESSAGES] = {"godwit_messages", "How messages move and wait."},
    [TOOL_NETWORK] = {"godwit_network", "The wire between nodes: its settings, and what it has seen."}};

/* Writes the first `room` of the indices that belong to the category; how many there are. */
static int members(int category, int count, enum tool_category (*of)(int index), int room, int *indices)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        if ((int)of(i) == category) {
            if (n < room)
                indices[n] = i;
            n++;
        }
    return n;
}

static int category_check(int category)
{
    int rc = tool_check();
    return rc ? rc : category < 0 || category >= TOOL_CATEGORIES ? MPI_T_ERR_INVALID_INDEX : 0;
}

static int list_check(int category, int len, const int *indices)
{
    int rc = category_check(category);
    return rc ? rc : len < 0 || (len && !indices) ? MPI_T_ERR_INVALID : 0;
}

#pragma weak MPI_T_category_get_num = PMPI_T_category_get_num
int PMPI_T_category_get_num(int *num_cat)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!num_cat)
        return MPI_T_ERR_INVALID;
    *num_cat = TOOL_CATEGORIES;
    return MPI_SUCCESS;
}

#pragma weak MPI_T_category_get_info = PMPI_T_category_get_info
int PMPI_T_category_get_info(int cat_index, char *name, int *name_len, char *desc, int *desc_len, int *num_cvars,
                             int *num_pvars, int *num_categories)
{
    int rc = category_check(cat_index);
    if (rc)
        return rc;
    tool_text(categories[cat_index].name, name, name_len);
    tool_text(categories[cat_index].sentence, desc, desc_len);
    if (num_cvars)
        *num_cvars = members(cat_index, conf_count, tool_cvar_category, 0, NULL);
    if (num_pvars)
        *num_pvars = members(cat_index, tool_pvar_count(), tool_pvar_category, 0, NULL);
    if (num_categories)
        *num_categories = cat_index == TOOL_GODWIT ? TOOL_CATEGORIES - 1 : 0;
    return MPI_SUCCESS;
}

#pragma weak MPI_T_category_get_index = PMPI_T_category_get_index
int PMPI_T_category_get_index(const char *name, int *cat_index)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!name || !cat_index)
        return MPI_T_ERR_INVALID;
    for (int i = 0; i < TOOL_CATEGORIES; i++)
        if (strcmp(categories[i].name, name) == 0) {
            *cat_index = i;
            return MPI_SUCCESS;
        }
    return MPI_T_ERR_INVALID_NAME;
}

#pragma weak MPI_T_category_get_cvars = PMPI_T_category_get_cvars
int PMPI_T_category_get_cvars(int cat_index, int len, int indices[])
{
    int rc = list_check(cat_index, len, indices);
    if (!rc)
        members(cat_index, conf_count, tool_cvar_category, len, indices);
    return rc;
}

#pragma weak MPI_T_category_get_pvars = PMPI_T_category_get_pvars
int PMPI_T_category_get_pvars(int cat_index, int len, int indices[])
{
    int rc = list_check(cat_index, len, indices);
    if (!rc)
        members(cat_index, tool_pvar_count(), tool_pvar_category, len, indices);
    return rc;
}

#pragma weak MPI_T_category_get_categories = PMPI_T_category_get_categories
int PMPI_T_category_get_categories(int cat_index, int len, int indices[])
{
    int rc = list_check(cat_index, len, indices);
    for (int i = 0; !rc && cat_index == TOOL_GODWIT && i < len && i < TOOL_CATEGORIES - 1; i++)
        indices[i] = i + 1;
    return rc;
}

#pragma weak MPI_T_category_changed = PMPI_T_category_changed
int PMPI_T_category_changed(int *update_number)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!update_number)
        return MPI_T_ERR_INVALID;
    *update_number = 0;
    return MPI_SUCCESS;
}
