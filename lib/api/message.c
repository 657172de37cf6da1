/* The sentences about bad arguments of calls that send or receive: see message.h. */
#include "config.h"

#include "api/message.h"
#include "coll/coll.h"

int message_bad_comm(const char *function, MPI_Comm comm, struct comm **c)
{
    return api_comm(function, comm, c);
}

static int bad_buffer(struct comm *c, const char *function, const void *buffer, MPI_Count count, MPI_Datatype type)
{
    const struct type *t = type_of(type);
    if (count < 0)
        return api_fail(c, function, MPI_ERR_COUNT, "count is %lld, and must not be negative", (long long)count);
    if (type == MPI_DATATYPE_NULL)
        return api_fail(c, function, MPI_ERR_TYPE, "the datatype is MPI_DATATYPE_NULL");
    if (!t)
        return api_fail(c, function, MPI_ERR_TYPE, "%p is not a datatype", (void *)type);
    if (!t->committed)
        return api_fail(c, function, MPI_ERR_TYPE, "the datatype (%s) is not committed: call MPI_Type_commit first",
                        type_title(t));
    if (!buffer)
        return api_fail(c, function, MPI_ERR_BUFFER, "the buffer is NULL, but count is %lld", (long long)count);
    return api_fail(c, function, MPI_ERR_COUNT, "%lld elements of %s are more than memory can hold", (long long)count,
                    type_title(t));
}

/* MPI_BOTTOM is NULL too: a type made of addresses stands far above it, or below when it was made by subtraction. What
 * is in the lowest pages of memory nobody can have meant. */
static int is_absolute(const struct type *t)
{
    return !t->predefined && (t->true_lb >= 4096 || t->true_lb < 0);
}

int message_any_buffer(struct comm *c, const char *function, const void *buffer, MPI_Count count,
                       MPI_Datatype datatype, struct cursor *cursor)
{
    const struct type *t = type_of(datatype);
    uint64_t size;
    if (!t || !t->committed || count < 0 || __builtin_mul_overflow((uint64_t)count, t->size, &size) ||
        size > PTRDIFF_MAX || (!buffer && size && !is_absolute(t)))
        return bad_buffer(c, function, buffer, count, datatype);
    type_cursor(cursor, buffer, size, t);
    return 0;
}

int message_bad_place(struct comm *c, const char *function, int receive, int rank, int tag)
{
    int rank_is_good = (rank >= 0 && rank < c->peers) || rank == MPI_PROC_NULL || (receive && rank == MPI_ANY_SOURCE);
    if (!rank_is_good && rank == MPI_ANY_SOURCE)
        return api_fail(c, function, MPI_ERR_RANK, "the destination is MPI_ANY_SOURCE, which only a receive may name");
    if (!rank_is_good)
        return api_fail(c, function, MPI_ERR_RANK, "%s is %d, and %s has ranks 0 to %d",
                        receive ? "source" : "dest", rank, comm_name(c), c->peers - 1);
    if (tag == MPI_ANY_TAG)
        return api_fail(c, function, MPI_ERR_TAG, "the tag is MPI_ANY_TAG, which only a receive may name");
    return api_fail(c, function, MPI_ERR_TAG, "tag is %d, and must be from 0 to %d", tag, MESSAGE_TAG_UB);
}

void message_failure(struct words *words, int errclass, const struct request *r)
{
    if (r->kind == REQUEST_COLLECTIVE)
        coll_failure(words, errclass, r);
    else if (errclass == MPI_ERR_TRUNCATE)
        words_set(words, "rank %d sent %llu bytes with tag %d into a receive of %llu bytes", r->source,
                  (unsigned long long)r->count, r->tag, (unsigned long long)r->room);
    else if (r->kind == REQUEST_GENERALIZED)
        words_set(words, "a function of the generalized request has returned %d", errclass);
    else if (r->kind == REQUEST_CREATION)
        words_set(words, errclass == MPI_ERR_OTHER ? "the context ids for the new communicator are used up"
                                                   : "the communicator could not be made");
    else
        words_set(words, "the operation failed");
}

int message_failed(struct comm *c, const char *function, int errclass, const struct request *r)
{
    struct words words;
    message_failure(&words, errclass, r);
    return api_fail(c, function, errclass, "%s", words.s);
}
