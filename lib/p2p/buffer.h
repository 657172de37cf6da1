/* Buffered sends: memory that the program attaches to a communicator, a session or the process, in which messages wait
 * that cannot leave at once. Takes the lock by itself. */
#ifndef P2P_BUFFER_H
#define P2P_BUFFER_H

#include "p2p/p2p.h"

/* Whose buffer: a communicator's, else that of the session of this number, else (0) the process's. A send takes the
 * first of them that there is. */
struct buffer_owner {
    struct comm *comm;
    uint32_t session;
};

/* memory MPI_BUFFER_AUTOMATIC: as much as is needed, from the C library. 0,
 * MPI_ERR_BUFFER when there is one already, or MPI_ERR_NO_MEM. */
int buffer_attach(struct buffer_owner owner, void *memory, uint64_t size);

/* Waits until all its messages have left. 0, or MPI_ERR_BUFFER when there is none. */
int buffer_detach(const char *call, struct buffer_owner owner, void **memory, uint64_t *size);

/* Until all messages have left that are in it now. */
void buffer_flush(const char *call, struct buffer_owner owner);
int buffer_iflush(struct buffer_owner owner, struct request **request); /* 0 or MPI_ERR_NO_MEM */

/* Local: the memory under the cursor can be used again. 0, or MPI_ERR_BUFFER and words when there is no room. */
int buffer_send(struct comm *c, struct cursor *body, int dest, int tag, struct words *why);

#endif
