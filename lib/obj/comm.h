/* Communicators: a context id and an ordered group, or for an inter-communicator two groups. Sends and receives name
 * ranks of the "peer side": the remote group, or the only one.
 *
 * Context ids. Each rank of the world owns a range of them, and the leader of a new group takes the next of its own;
 * so ids never collide, and one broadcast tells the others. The two upper bits of a context in a packet name hidden
 * communicators beside the program's, each made when it is first used: of partitioned communication, of collective
 * operations, and of those inside of one's own group of an inter-communicator.
 *
 * Messages may arrive before this process knows of their communicator, as its leader told others first. They wait in
 * an "early" communicator, which has the context and nothing else.
 *
 * A freed communicator lives on among the dead while requests or kept messages name it; nobody counts requests, so
 * that starting one costs nothing: now and then all requests are looked at (comm_sweep).
 *
 * Contexts, hidden communicators and the dead belong to the lock of p2p, which callers hold. */
#ifndef OBJ_COMM_H
#define OBJ_COMM_H

#include "obj/attribute.h"
#include "obj/errhandler.h"
#include "obj/group.h"
#include "p2p/match.h"

#define COMM_PARTS 0x40000000u
#define COMM_COLL 0x80000000u  /* collective operations, those between the two sides included */
#define COMM_LOCAL 0xc0000000u /* inter-communicators: inside of the own group */
#define COMM_HIDDEN 0xc0000000u

enum { COMM_HINTS = 4 };
extern const char *const comm_hint_names[COMM_HINTS]; /* the standard's assertions */

struct topo;

struct comm {
    struct obj obj;
    MPI_Comm handle; /* what users call it */
    uint32_t context;
    int rank, size; /* in its own group */
    /* the peer side */
    int peers;              /* how many there are */
    int first, stride;      /* rank i of them is first + i * stride of the world, */
    const int32_t *members; /* or members[i], and stride is 0 */
    struct match match;
    struct comm *hidden[3]; /* by the upper bits of the context minus 1; NULL: not used yet */
    struct comm *owner;     /* the program's communicator that this is hidden behind; else itself */
    uint32_t session;       /* number of the session that it is derived from; 0: none */
    struct group *group, *remote; /* remote: NULL in an intra-communicator */
    struct errhandler *errhandler; /* only through the two functions below: threads may replace it */
    char *name;                    /* NULL: has none */
    struct attribute *attributes;
    struct topo *topo;
    struct board *board; /* coll/board.h; NULL: none yet, or ... */
    uint8_t boardless;   /* ... it has been found out that there cannot be one */
    uint8_t hints;    /* bits, by comm_hint_names */
    uint8_t early;    /* known only from messages that arrived */
    uint8_t dead;     /* freed */
    uint8_t used;     /* found in use by the sweep */
    _Atomic uint8_t has_errhandler; /* one that the program has set */
    int32_t turn;     /* tag of the last collective operation, on hidden communicators: negative, downwards */
    uint32_t kept;    /* messages that wait for a receive, hidden communicators included */
    struct comm *next_dead;
};

extern struct comm comm_world, comm_self;
/* All processes of the world too, for groups that have no other communicator yet (sessions). */
extern struct comm comm_base;

/* Gives the three their place and their first error handler; called when MPI starts. */
void comm_init(int world_rank, int world_size, MPI_Errhandler initial);

/* The error handler, with a reference that the caller puts back; and a new one in its place. */
struct errhandler *comm_errhandler_get(struct comm *c);
void comm_errhandler_set(struct comm *c, struct errhandler *e);
/* Whose handler hears of errors that belong to no object: MPI_COMM_SELF. Where the program has set a handler for
 * MPI_COMM_WORLD alone, that one, as it was before MPI 4.0: many programs still count on it. */
struct comm *comm_of_no_object(void);

/* For sentences: its name, or words for one that has none. */
static inline const char *comm_name(const struct comm *c)
{
    return c->name ? c->name : "a communicator without a name";
}
int comm_set_name(struct comm *c, const char *name); /* 0 or MPI_ERR_NO_MEM */
void comm_copy_name(struct comm *c, char out[MPI_MAX_OBJECT_NAME]); /* "": has none */

/* ---- life ---- */

/* A communicator of that context and those groups (remote may be NULL), of which it takes references; what users may
 * set is taken from `from`. Not known to messages yet. NULL: no memory. */
struct comm *comm_new(uint32_t context, struct group *group, struct group *remote, struct comm *from);
void comm_set_context(struct comm *c, uint32_t context);
/* One that no message ever saw. */
void comm_discard(struct comm *c);
/* From now on messages find it. *early: what has arrived for it already, taken out of the table. 0,
 * MPI_ERR_NO_MEM, or MPI_ERR_INTERN: the context has a communicator. */
int comm_enter(struct comm *c, struct comm **early);
void comm_drop_early(struct comm *early); /* empty by now */
/* The program has freed it. */
void comm_bury(struct comm *c);
/* The dead that nobody needs any more go. */
void comm_sweep(void);

/* ---- contexts ---- */

/* The next id of this process, 0: all are in use; and back, if nobody was told of it. */
uint32_t comm_context_take(void);
void comm_context_give_back(uint32_t context);
/* Can another process have taken it? */
int comm_context_is_possible(uint32_t context);

/* One of the hidden communicators, made when there is none. NULL: no memory. */
struct comm *comm_hidden(struct comm *c, uint32_t which);
/* For messages of a context that is not known yet. NULL: no memory. */
struct comm *comm_early(uint32_t context);

/* The communicator of a context id, or NULL. */
struct comm *comm_of_any_context(uint32_t context);
static inline struct comm *comm_of_context(uint32_t context)
{
    return __builtin_expect(context == 0, 1) ? &comm_world : comm_of_any_context(context);
}

/* The rank in the world of a rank of the peer side. */
static inline int comm_world_rank(const struct comm *c, int rank)
{
    if (__builtin_expect(c->stride == 1, 1)) /* a multiplication would be waited for */
        return c->first + rank;
    return c->members ? c->members[rank] : c->first + rank * c->stride;
}

/* The object behind a handle, or NULL. */
static inline struct comm *comm_of(MPI_Comm handle)
{
    if (__builtin_expect(handle == MPI_COMM_WORLD, 1))
        return &comm_world;
    if (handle == MPI_COMM_SELF)
        return &comm_self;
    return handle_object(handle, OBJ_COMM);
}

#endif
