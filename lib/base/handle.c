/* Numbers for handles: see handle.h. */
#include "base/handle.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void **slots;
static int slot_count, slot_used, slot_hint; /* no free slot below slot_hint */

int handle_to_int(void *handle)
{
    if (handle_is_constant(handle))
        return (int)(uintptr_t)handle;
    struct obj *o = handle;
    pthread_mutex_lock(&lock);
    if (!o->number) {
        int free_slot = slot_hint;
        while (free_slot < slot_used && slots[free_slot])
            free_slot++;
        if (free_slot == slot_count) {
            int more = slot_count ? 2 * slot_count : 64;
            void **grown = realloc(slots, (size_t)more * sizeof *slots);
            if (!grown) {
                pthread_mutex_unlock(&lock);
                return -1;
            }
            slots = grown;
            slot_count = more;
        }
        if (free_slot == slot_used)
            slot_used++;
        slots[free_slot] = handle;
        slot_hint = free_slot + 1;
        o->number = (int)HANDLE_CONSTANTS + free_slot;
    }
    int number = o->number;
    pthread_mutex_unlock(&lock);
    return number;
}

void *handle_from_int(int number)
{
    if (number < 0)
        return NULL;
    if (number < (int)HANDLE_CONSTANTS)
        return (void *)(uintptr_t)number;
    void *handle = NULL;
    pthread_mutex_lock(&lock);
    int slot = number - (int)HANDLE_CONSTANTS;
    if (slot < slot_used)
        handle = slots[slot];
    pthread_mutex_unlock(&lock);
    return handle;
}

void handle_forget(struct obj *o)
{
    if (!o->number)
        return;
    pthread_mutex_lock(&lock);
    int slot = o->number - (int)HANDLE_CONSTANTS;
    slots[slot] = NULL;
    if (slot < slot_hint)
        slot_hint = slot;
    pthread_mutex_unlock(&lock);
    o->number = 0;
}
