/* The check that all forms of pack and unpack share. */
#ifndef API_PACK_H
#define API_PACK_H

#include "api/api.h"

/* The arguments about the packed side: buffer, size and position, of which `needed` bytes will be used. The
 * sentence about what is wrong, and the error class; 0: nothing is. */
int pack_bad_room(struct comm *c, const char *function, int unpacks, const void *buffer, MPI_Count size,
                  MPI_Count position, uint64_t needed);

static inline int pack_room(struct comm *c, const char *function, int unpacks, const void *buffer, MPI_Count size,
                            MPI_Count position, uint64_t needed)
{
    if (__builtin_expect(position >= 0 && position <= size && needed <= (uint64_t)(size - position) && buffer, 1))
        return 0;
    return pack_bad_room(c, function, unpacks, buffer, size, position, needed);
}

#endif
