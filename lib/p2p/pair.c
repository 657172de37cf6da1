/* A send and a receive as one operation. What the program sees is the receive; while the send has not left, it is over
 * only when both are. Where both use the same memory, what cannot leave at once leaves from a copy. */
#include "p2p/peer.h"

#include <stdlib.h>

/* Sets up a send of what the cursor stands over, or of a copy of it, which then stands in s->extra. */
static int prepare(struct request *s, struct comm *c, const struct cursor *out, int dest, int tag, int copy)
{
    s->comm = c;
    s->cursor = *out;
    s->rank = dest;
    s->tag = tag;
    if (!copy || !out->left)
        return 0;
    s->extra = malloc(out->left);
    if (!s->extra)
        return MPI_ERR_NO_MEM;
    cursor_fill(&s->cursor, s->extra, out->left);
    s->cursor = cursor_over(s->extra, out->left);
    return 0;
}

int p2p_sendrecv(const char *call, struct comm *c, struct cursor *out, int dest, int sendtag, struct request *r,
                 int source, int recvtag, int same)
{
    struct request s = {.kind = REQUEST_SEND};
    int rc = 0, gone = 0;
    same = same && source != MPI_PROC_NULL;
    p2p_enter();
    if (same && !(gone = send_at_once(c, out, dest, sendtag)))
        rc = prepare(&s, c, out, dest, sendtag, 1);
    if (!rc) {
        recv_unpooled(r, c, source, recvtag);
        recv_start(r);
        if (!same && !(gone = send_at_once(c, out, dest, sendtag)))
            prepare(&s, c, out, dest, sendtag, 0);
        if (!gone && !(rc = send_start(&s)))
            p2p_wait(&s, call);
        p2p_wait(r, call);
    }
    p2p_leave();
    free(s.extra);
    return rc;
}

/* ---- without waiting ---- */

static void part_over(struct request *r)
{
    if (--r->parts)
        return;
    r->over = NULL;
    request_over(r);
}

static void send_over(struct request *s)
{
    struct request *r = s->whole;
    free(s->extra);
    request_put(s);
    part_over(r);
}

/* The send that could not leave at once. */
static struct request *send_part(struct request *r, const struct cursor *out, int dest, int tag, int same)
{
    struct request *s = request_new(REQUEST_SEND);
    if (!s)
        return NULL;
    if (prepare(s, r->comm, out, dest, tag, same && r->rank != MPI_PROC_NULL)) {
        request_put(s);
        return NULL;
    }
    request_hold_layout(s);
    s->over = send_over;
    s->whole = r;
    r->over = part_over;
    r->parts = 2;
    return s;
}

int p2p_isendrecv(struct comm *c, struct cursor *out, int dest, int sendtag, struct cursor *in, int source, int recvtag,
                  int same, struct request **request)
{
    int rc = 0;
    p2p_enter();
    struct request *r = *request = request_new(REQUEST_RECV), *s = NULL;
    if (!r) {
        p2p_leave();
        return MPI_ERR_NO_MEM;
    }
    r->pair = 1;
    r->comm = c;
    r->cursor = *in;
    r->rank = source;
    r->tag = recvtag;
    request_hold_layout(r);
    if (send_at_once(c, out, dest, sendtag)) {
        recv_start(r);
    } else if ((s = send_part(r, out, dest, sendtag, same))) {
        recv_start(r);
        rc = send_start(s);
    } else {
        request_put(r);
        rc = MPI_ERR_NO_MEM;
    }
    p2p_leave();
    return rc;
}
