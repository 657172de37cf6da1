/* The message protocol: what api/ and the collectives call. Ranks, tags and communicators above; packets below.
 *
 * Everything here takes the lock that MPI_THREAD_MULTIPLE needs by itself (p2p_enter), except where said otherwise.
 * An int that comes back is 0 or an error class. */
#ifndef P2P_P2P_H
#define P2P_P2P_H

#include "base/words.h"
#include "obj/comm.h"
#include "obj/request.h"
#include "wire/wire.h"

enum { P2P_WIRES = 4 }; /* at most */

/* ---- life: boot/ opens the wires and says how to reach a rank ---- */
struct p2p_place {
    int rank, size;   /* in the world */
    int crowded;      /* the node has more ranks than cpus that may be used */
    int threaded;     /* MPI_THREAD_MULTIPLE */
    int naps;         /* this process's barriers do not reach the others: see p2p_wait_beside */
    struct wire **wires;
    const struct wire_ops *const *ops;
    int wire_count;
    /* The end that leads to a rank of the world, owned by `owner`; NULL and words when it cannot be had. */
    struct wire_end *(*connect)(int rank, void *owner, struct words *why);
    /* Does another rank of the node run on the cpu of this one? Asked when giving way took time. */
    int (*cpu_is_shared)(void);
    /* What the process waits for, for its record; call NULL: it goes on. */
    void (*waiting)(const char *call, int peer, int tag, uint32_t context);
    /* Has this rank of the world ended without having started MPI? */
    int (*never_came)(int rank);
    /* Something that cannot be true was received: the job must end. */
    void (*broken)(const struct words *why);
};
int p2p_start(const struct p2p_place *place, struct words *why);
/* Waits until nothing is queued that others may wait for. */
void p2p_drain(const char *call);
int p2p_is_queued(const struct wire_ops *ops); /* is there anything that has to leave by this wire? */
void p2p_stop(void);
/* The process behind a peer cannot be reached any more, as its wire has found out; NULL: nobody can. */
void p2p_lost(void *peer, const struct words *why);

/* The owner of the end of a rank that talks to this process first (a wire has accepted it), and what wires call. */
void *p2p_peer_of(int rank);
wire_deliver p2p_deliver;
wire_moved p2p_moved;

/* ---- sending and receiving; cursors stand over the user's memory ---- */
int p2p_send(struct comm *c, struct cursor *body, int dest, int tag, enum send_mode mode);
/* The request is the caller's, its cursor set; afterwards it says what was received. */
int p2p_recv(struct comm *c, struct request *r, int source, int tag, MPI_Status *status);

/* Both at once (pair.c); the request is the caller's as in p2p_recv, and says what was received. same: in the same memory. */
int p2p_sendrecv(const char *call, struct comm *c, struct cursor *out, int dest, int sendtag, struct request *r,
                 int source, int recvtag, int same);
int p2p_isendrecv(struct comm *c, struct cursor *out, int dest, int sendtag, struct cursor *in, int source, int recvtag,
                  int same, struct request **request);

/* p2p_send and p2p_recv, started only: a request from the pool, or one that is over already and belongs to everybody. */
int p2p_isend(struct comm *c, struct cursor *body, int dest, int tag, enum send_mode mode, struct request **out);
int p2p_irecv(struct comm *c, struct cursor *body, int source, int tag, struct request **out);
/* Of a request whose starting is api's: made (NULL: no memory), and completed: 1: it was freed meanwhile; -1: it was
 * complete already. */
struct request *p2p_request(enum request_kind kind);
int p2p_complete(struct request *r);
int p2p_mark_freed(struct request *r); /* whether it is complete already */
extern struct request p2p_sent; /* every send that was over when it was started */
/* Of such a request: given back. One that is not over is when it is. */
void p2p_release_locked(struct request *r);

/* Starts the operation of a request whose comm, cursor, mode, rank and tag are set. */
int p2p_start_send(struct request *r);
int p2p_start_recv(struct request *r);

/* The same for those who hold the lock; for requests of the library's own, which have an `over`. At once: 1 when the
 * message has gone the short way (or has nowhere to go), the cursor behind it; no request was needed. */
int send_at_once(struct comm *c, struct cursor *body, int dest, int tag);
int send_start(struct request *r);
void recv_start(struct request *r);
void request_over_slowly(struct request *r); /* the operation is over */

/* A new communicator is there: messages find it, those included that came before. The lock is held. 0, MPI_ERR_NO_MEM,
 * or MPI_ERR_INTERN: its context has another. */
int p2p_open(struct comm *c);

/* What has not been matched is withdrawn: it ends as cancelled. 1: it has; of a send, the other side may have to be asked
 * first. */
int p2p_cancel(struct request *r);

/* ---- waiting ---- */
/* Moves everything that can be moved. How many packets arrived. The lock is held. */
int p2p_progress(void);
void p2p_look(void); /* the same, and takes the lock */

/* A wire holds something back, for a short time: whoever completes requests lets it leave. */
extern _Atomic int p2p_held; /* set and looked at without order: the thread that set it sees it */
void p2p_flush(void);
static inline void p2p_let_leave(void)
{
    if (__builtin_expect(atomic_load_explicit(&p2p_held, memory_order_relaxed), 0))
        p2p_flush();
}

/* Until ready(arg) says so; after a yes it may be asked again. Called with the lock held, which is let go while nothing
 * happens. */
typedef int p2p_ready(void *arg);
void p2p_wait_until(p2p_ready *ready, void *arg, const char *call, int peer, int tag, uint32_t context);
/* The same for what others of the node change in memory beside the wires; without the lock, and ready is asked without it
 * too. Who changes it must wake this process when it sleeps: asleep says so, before and after; between the two and the
 * last look stand barriers that reach all processes of the node (where they do not, naps stand for sleep). */
typedef void p2p_asleep(void *arg, int yes);
void p2p_wait_beside(p2p_ready *ready, p2p_asleep *asleep, void *arg, const char *call, int peer, uint32_t context);
extern _Atomic int p2p_shared; /* another rank has its work on the same cpu: as last seen */
void p2p_wait(struct request *r, const char *call);
/* The same for those who do not hold the lock. */
/* first: a request among those that are waited for, which the record names; NULL: none. */
void p2p_await(p2p_ready *ready, void *arg, const char *call, const struct request *first);
void p2p_await_request(struct request *r, const char *call);

/* What has happened so far that takes a long way anyway; counted under the lock. */
struct p2p_counts {
    uint64_t unexpected, unexpected_bytes; /* messages that came before their receive */
    uint64_t in_pieces, shared, direct;    /* large messages received: by packets; copied by the kernel; by the network */
    uint64_t sleeps;                       /* while something was waited for */
};
extern struct p2p_counts p2p_counts;

/* ---- probing ---- */
/* A message that was matched by a probe: it waits for its receive. */
struct message;
/* The first message that fits, or NULL. The lock is held. take: it cannot be matched by others any more. */
struct message *p2p_probe(struct comm *c, int source, int tag, int take, MPI_Status *status);
/* The same for those who do not hold it: after looking at the wires, or when there is one. */
struct message *p2p_probe_now(struct comm *c, int source, int tag, int take, MPI_Status *status);
struct message *p2p_probe_wait(const char *call, struct comm *c, int source, int tag, int take, MPI_Status *status);
int p2p_start_mrecv(struct request *r, struct message *m);
struct comm *p2p_message_comm(const struct message *m);
static inline struct message *message_of(MPI_Message handle)
{
    return handle_object(handle, OBJ_MESSAGE);
}

/* ---- status ---- */
void status_empty(MPI_Status *s);
void status_set(MPI_Status *s, const struct request *r); /* all but MPI_ERROR */
uint64_t status_count(const MPI_Status *s);              /* bytes */
void status_set_count(MPI_Status *s, uint64_t count);
int status_is_cancelled(const MPI_Status *s);
void status_set_cancelled(MPI_Status *s, int cancelled);

/* ---- the lock ---- */
extern int p2p_threaded;
void p2p_lock(void);
void p2p_unlock(void);
static inline void p2p_enter(void)
{
    if (__builtin_expect(p2p_threaded, 0))
        p2p_lock();
}
static inline void p2p_leave(void)
{
    if (__builtin_expect(p2p_threaded, 0))
        p2p_unlock();
}

static inline void p2p_release(struct request *r)
{
    if (r == &p2p_sent)
        return;
    if (__builtin_expect(!p2p_threaded && r->done, 1))
        request_put(r);
    else
        p2p_release_locked(r);
}

#endif
