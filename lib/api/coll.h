/* What the calls of collective operations share: checks of their arguments, and the three forms that each has. */
#ifndef API_COLL_H
#define API_COLL_H

#include "api/message.h"
#include "coll/coll.h"

/* Blocking, non-blocking (I...), persistent (..._init). */
struct coll_form {
    enum { COLL_NOW, COLL_STARTED, COLL_MADE } form;
    MPI_Info info;
    MPI_Request *request;
};
#define COLL_BLOCKING ((struct coll_form){COLL_NOW, MPI_INFO_NULL, NULL})
static inline struct coll_form coll_started(MPI_Request *request)
{
    return (struct coll_form){COLL_STARTED, MPI_INFO_NULL, request};
}
static inline struct coll_form coll_made(MPI_Info info, MPI_Request *request)
{
    return (struct coll_form){COLL_MADE, info, request};
}

static inline struct coll_numbers coll_narrow(const int *numbers)
{
    return (struct coll_numbers){numbers, 0};
}
static inline struct coll_numbers coll_wide(const MPI_Count *numbers)
{
    return (struct coll_numbers){numbers, 1};
}

/* Each: 0, or the error. The communicator, and all else at its first value. */
int coll_comm(struct coll *a, enum coll_kind kind, const char *function, MPI_Comm comm);
int coll_root(struct coll *a, int root);
/* In an operation with a root: is it this process; does this process send to it (receive from it)? */
static inline int coll_is_root(const struct coll *a)
{
    return a->comm->remote ? a->root == MPI_ROOT : a->root == a->comm->rank;
}
static inline int coll_has_root(const struct coll *a)
{
    return a->root >= 0;
}

/* One side: blocks of one size; blocks of several; those of several types too. `blocks` of them are all there are. */
int coll_buffer(struct coll *a, struct coll_side *side, const char *name, const void *memory, MPI_Count count,
                MPI_Datatype datatype);
int coll_blocks(struct coll *a, struct coll_side *side, const char *name, const void *memory, struct coll_numbers counts,
                struct coll_numbers places, MPI_Datatype datatype, int blocks);
int coll_mixed(struct coll *a, struct coll_side *side, const char *name, const void *memory, struct coll_numbers counts,
               struct coll_numbers places, const MPI_Datatype *types, int blocks);

/* Is it MPI_IN_PLACE? Then a->in_place is set; allowed 0: it is an error. */
int coll_in_place(struct coll *a, const void *memory, const char *name, int allowed);
/* Two buffers that must not be the same. */
int coll_apart(struct coll *a);
int coll_op(struct coll *a, MPI_Op op);

int coll_do(const struct coll *a, struct coll_form form);

#endif
