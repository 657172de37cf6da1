/* What MPI_Status holds besides its public fields: the bytes of the message, and whether it was cancelled. */
#include "p2p/p2p.h"

enum { COUNT_LOW, COUNT_HIGH, CANCELLED };

static void set(MPI_Status *s, int source, int tag, uint64_t count, int cancelled)
{
    s->MPI_SOURCE = source;
    s->MPI_TAG = tag;
    s->MPI_internal[COUNT_LOW] = (int)(uint32_t)count;
    s->MPI_internal[COUNT_HIGH] = (int)(uint32_t)(count >> 32);
    s->MPI_internal[CANCELLED] = cancelled;
}

void status_empty(MPI_Status *s)
{
    set(s, MPI_ANY_SOURCE, MPI_ANY_TAG, 0, 0);
    s->MPI_ERROR = MPI_SUCCESS;
}

void status_set(MPI_Status *s, const struct request *r)
{
    set(s, r->source, r->tag, r->count, r->cancelled);
}

uint64_t status_count(const MPI_Status *s)
{
    return (uint32_t)s->MPI_internal[COUNT_LOW] | (uint64_t)(uint32_t)s->MPI_internal[COUNT_HIGH] << 32;
}

void status_set_count(MPI_Status *s, uint64_t count)
{
    set(s, s->MPI_SOURCE, s->MPI_TAG, count, s->MPI_internal[CANCELLED]);
}

int status_is_cancelled(const MPI_Status *s)
{
    return s->MPI_internal[CANCELLED] != 0;
}

void status_set_cancelled(MPI_Status *s, int cancelled)
{
    s->MPI_internal[CANCELLED] = cancelled != 0;
}
