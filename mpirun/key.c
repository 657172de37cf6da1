/* The job's key: see key.h. */
#define _GNU_SOURCE
#include "mpirun/key.h"

#include "mpirun/proto.h"

#include <sys/mman.h>
#include <sys/random.h>

unsigned char *key_page(void)
{
    void *page = mmap(NULL, KEY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    madvise(page, KEY_SIZE, MADV_DONTDUMP);
    return page;
}

unsigned char *key_make(void)
{
    unsigned char *key = key_page();
    return key && getrandom(key, KEY_SIZE, 0) == KEY_SIZE ? key : NULL;
}
