/* Argument checks that all calls which send or receive share. */
#ifndef API_MESSAGE_H
#define API_MESSAGE_H

#include "api/api.h"
#include "p2p/p2p.h"
#include "type/type.h"

enum { MESSAGE_TAG_UB = INT32_MAX };

/* What is wrong, in words and through the error handler; returns the error class. Not inlined: the good case is. */
int message_bad_comm(const char *function, MPI_Comm comm, struct comm **c);
int message_bad_place(struct comm *c, const char *function, int receive, int rank, int tag);

/* The communicator, while MPI runs. */
static inline int message_comm(const char *function, MPI_Comm comm, struct comm **c)
{
    if (__builtin_expect(api_is_running() && (*c = comm_of(comm)), 1))
        return 0;
    return message_bad_comm(function, comm, c);
}

/* Memory, count and type become a cursor. */
int message_any_buffer(struct comm *c, const char *function, const void *buffer, MPI_Count count,
                       MPI_Datatype datatype, struct cursor *cursor);
static inline int message_buffer(struct comm *c, const char *function, const void *buffer, MPI_Count count,
                                 MPI_Datatype datatype, struct cursor *cursor)
{
    uintptr_t place = (uintptr_t)datatype - TYPE_PREDEFINED;
    if (__builtin_expect(place < TYPE_PREDEFINED_COUNT && type_plain[place] && (uint64_t)count <= INT32_MAX && buffer, 1)) {
        cursor_set(cursor, buffer, (size_t)count * type_plain[place]);
        return 0;
    }
    return message_any_buffer(c, function, buffer, count, datatype, cursor);
}

static inline int message_dest(struct comm *c, const char *function, int dest, int tag)
{
    if (__builtin_expect(((unsigned)dest < (unsigned)c->peers || dest == MPI_PROC_NULL) && tag >= 0, 1))
        return 0;
    return message_bad_place(c, function, 0, dest, tag);
}

static inline int message_source(struct comm *c, const char *function, int source, int tag)
{
    if (__builtin_expect(((unsigned)source < (unsigned)c->peers || source == MPI_ANY_SOURCE || source == MPI_PROC_NULL) &&
                             (tag >= 0 || tag == MPI_ANY_TAG), 1))
        return 0;
    return message_bad_place(c, function, 1, source, tag);
}

/* An operation has ended with an error: the sentence, alone or through the error handler. */
void message_failure(struct words *words, int errclass, const struct request *r);
int message_failed(struct comm *c, const char *function, int errclass, const struct request *r);

#endif
