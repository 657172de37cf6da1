/* Receiving: packets meet receives here. A message that finds its receive goes straight into the user's memory; one
 * that does not is kept (its bytes, or only its envelope), bounded by the credit of its sender. */
#include "p2p/direct.h"
#include "p2p/ids.h"
#include "p2p/share.h"

#include <stdlib.h>

_Static_assert(MATCH_ANY_SOURCE == (int)MPI_ANY_SOURCE && MATCH_ANY_TAG == (int)MPI_ANY_TAG, "match.h has the ABI's values");

/* A message that nobody has asked for yet, or that a probe has taken. */
struct message {
    struct obj obj; /* it may become an MPI_Message */
    struct match_arrived match;
    struct comm *comm;
    struct peer *peer;
    uint32_t kind;
    uint32_t credit;  /* that keeping it takes */
    uint64_t size;    /* of the whole */
    uint64_t arrived; /* bytes of it that are here, in data */
    uint64_t sender;  /* EAGER_SYNC, ASK: id of the send */
    uint64_t address; /* ASK: of its bytes */
    struct request *receiver; /* FIRST: was matched before MORE had all arrived */
    char data[];
};

/* ---- the end of a receive ---- */

static inline __attribute__((always_inline)) void received(struct request *r)
{
    if (__builtin_expect(r->count > r->room, 0))
        r->error = MPI_ERR_TRUNCATE;
    request_over(r);
}

static inline void take_bytes(struct request *r, const void *bytes, size_t n)
{
    size_t some = n < r->cursor.left ? n : r->cursor.left;
    if (some)
        cursor_drain(&r->cursor, bytes, some);
}

static void found(struct request *r, struct peer *p, int source, int tag, uint64_t size)
{
    r->peer = p;
    r->source = source;
    r->tag = tag;
    r->count = size;
}

static void acknowledge(struct peer *p, uint64_t sender)
{
    struct packet_next head = {.kind = PACKET_ACK, .request = sender};
    peer_control(p, &head, sizeof head);
}

/* Fetches what fits of a message whose receive is known. */
static void grant(struct request *r, struct peer *p, uint64_t sender, uint64_t address)
{
    struct packet_grant head = {.kind = PACKET_GRANT, .sender = sender};
    head.size = r->count < r->room ? r->count : r->room;
    r->left = head.size;
    if (r->left && !(r->id = ids_give(r))) {
        p2p_broken("no memory to receive %llu bytes from rank %d", (unsigned long long)r->count, p->rank);
        return;
    }
    head.receiver = r->id;
    r->other = sender;
    int direct = direct_begin(r, p, address, &head);
    share_begin(r, p, direct ? 0 : address, &head);
    if (direct)
        p2p_counts.direct++;
    else if (r->share)
        p2p_counts.shared++;
    else
        p2p_counts.in_pieces++;
    peer_control(p, &head, sizeof head);
    if (!r->left)
        received(r);
}

/* ---- packets ---- */

static uint32_t credit_of(uint64_t size)
{
    return (uint32_t)(size + PEER_ENVELOPE);
}

/* Into the queue of those that nobody has asked for. body: the bytes that came along. */
static struct message *keep(struct comm *c, struct peer *p, const struct packet_match *h, uint64_t size,
                            uint64_t sender, uint64_t address, const void *body,
                            size_t here)
{
    int envelope = h->kind == PACKET_ASK;
    if (!envelope && (p->kept += credit_of(size)) > PEER_CREDIT) {
        p2p_broken("rank %d has sent more without being asked than it may", p->rank);
        return NULL;
    }
    struct message *m = malloc(sizeof *m + (envelope ? 0 : size));
    if (!m) {
        p2p_broken("no memory for a message of %llu bytes from rank %d", (unsigned long long)size, p->rank);
        return NULL;
    }
    *m = (struct message){.obj.kind = OBJ_MESSAGE, .comm = c, .peer = p, .kind = h->kind, .size = size,
                          .arrived = here, .sender = sender, .address = address, .credit = envelope ? 0 : credit_of(size)};
    if (here)
        memcpy(m->data, body, here);
    c->owner->kept++;
    p2p_counts.unexpected++;
    p2p_counts.unexpected_bytes += size;
    match_keep(&c->match, &m->match, (int)h->source, h->tag);
    return m;
}

/* Can the peer have sent this? In contexts of the library's own, tags may be negative. */
static inline int comes_from(const struct comm *c, const struct peer *p, uint32_t source, int tag)
{
    return source < (uint32_t)c->peers && (tag >= 0 || c->context & COMM_HIDDEN) &&
           comm_world_rank(c, (int)source) == p->rank;
}

/* A message of a communicator that this process does not know of, or not yet. */
static __attribute__((noinline)) void early_arrived(struct peer *p, const struct packet_match *h, uint64_t size,
                                                    uint64_t sender, uint64_t address, const void *body, size_t here)
{
    struct comm *c = comm_of_context(h->context);
    if (!c && comm_context_is_possible(h->context) && !(c = comm_early(h->context))) {
        p2p_broken("no memory for a message of %llu bytes from rank %d", (unsigned long long)size, p->rank);
        return;
    }
    if (!c || !c->early) {
        p2p_broken("rank %d has sent a message of a communicator that it has no part in", p->rank);
        return;
    }
    struct message *m = keep(c, p, h, size, sender, address, body, here);
    if (h->kind == PACKET_FIRST)
        p->keeping = m;
}

static void adopt(struct comm *c, struct comm *early)
{
    while (!list_empty(&early->match.all)) {
        struct message *m = list_entry(early->match.all.next, struct message, match.all);
        match_take(&early->match, &m->match);
        if (!comes_from(c, m->peer, (uint32_t)m->match.source, m->match.tag)) {
            p2p_broken("rank %d has sent a message of a communicator that it has no part in", m->peer->rank);
            free(m);
            continue;
        }
        m->comm = c;
        c->owner->kept++;
        match_keep(&c->match, &m->match, m->match.source, m->match.tag);
    }
}

int p2p_open(struct comm *c)
{
    struct comm *early;
    int rc = comm_enter(c, &early);
    if (rc || !early)
        return rc;
    adopt(c, early);
    for (uint32_t i = 0; i < 3; i++)
        if (early->hidden[i]) {
            struct comm *h = comm_hidden(c, (i + 1) << 30);
            if (!h)
                return MPI_ERR_NO_MEM;
            adopt(h, early->hidden[i]);
        }
    comm_drop_early(early);
    return 0;
}

/* A message, or its beginning or its envelope. size: of the whole; here: bytes that came along. */
static inline __attribute__((always_inline)) void message_arrived(struct peer *p, const struct packet_match *h,
                                                                   uint64_t size, uint64_t sender, uint64_t address,
                                                                   const void *body, size_t here)
{
    struct comm *c = comm_of_context(h->context);
    if (__builtin_expect(!c || !comes_from(c, p, h->source, h->tag), 0)) {
        early_arrived(p, h, size, sender, address, body, here);
        return;
    }
    struct match_posted *posted = match_arrival(&c->match, (int)h->source, h->tag);
    if (__builtin_expect(!posted, 0)) {
        struct message *m = keep(c, p, h, size, sender, address, body, here);
        if (h->kind == PACKET_FIRST)
            p->keeping = m;
        return;
    }
    struct request *r = list_entry(posted, struct request, posted);
    found(r, p, (int)h->source, h->tag, size);
    if (h->kind == PACKET_ASK) {
        grant(r, p, sender, address);
        return;
    }
    take_bytes(r, body, here);
    if (h->kind == PACKET_FIRST) {
        p->incoming = r;
        return; /* credit goes back with the last of MORE */
    }
    if (h->kind == PACKET_EAGER_SYNC)
        acknowledge(p, sender);
    received(r);
    peer_give_credit(p, credit_of(size));
}

static __attribute__((noinline)) void other_message_arrived(struct peer *p, const struct packet_match *h,
                                                            uint64_t size, uint64_t sender, uint64_t address,
                                                            const void *body, size_t here)
{
    message_arrived(p, h, size, sender, address, body, here);
}

static void hand_over(struct message *m, struct request *r);

static void more_arrived(struct peer *p, const void *body, size_t size)
{
    if (size == 0 || size > p->incoming_left) {
        p2p_broken("rank %d has sent more of a message than it announced", p->rank);
        return;
    }
    p->incoming_left -= size;
    struct message *m = p->keeping;
    if (m) {
        memcpy(m->data + m->arrived, body, size);
        m->arrived += size;
        if (p->incoming_left == 0) {
            p->keeping = NULL;
            if (m->receiver)
                hand_over(m, m->receiver);
        }
        return;
    }
    struct request *r = p->incoming;
    if (!r)
        return; /* the rest of what was not taken */
    take_bytes(r, body, size);
    if (p->incoming_left == 0) {
        p->incoming = NULL;
        uint64_t whole = r->count;
        received(r);
        peer_give_credit(p, credit_of(whole));
    }
}

static void piece_arrived(struct peer *p, uint64_t id, const void *body, size_t size)
{
    struct request *r = ids_find(id);
    if (!r || r->kind != REQUEST_RECV || r->peer != p || r->share || r->direct || size == 0 || size > r->left) {
        p2p_broken("rank %d has sent a piece of a message that was not fetched", p->rank);
        return;
    }
    take_bytes(r, body, size);
    r->left -= size;
    if (r->left == 0) {
        if (r->granted)
            share_learn(r, CHOICE_PIECES);
        received(r);
    }
}

/* The sender cancels a message: if nobody has taken it yet it disappears. */
static void withdraw(struct peer *p, uint32_t context, uint64_t sender)
{
    struct packet_next head = {.kind = PACKET_WITHDRAWN, .request = sender};
    struct comm *c = comm_of_context(context);
    for (struct list *l = c ? c->match.all.next : NULL; l && l != &c->match.all; l = l->next) {
        struct message *m = list_entry(l, struct message, match.all);
        if (m->peer == p && m->sender == sender && (m->kind == PACKET_EAGER_SYNC || m->kind == PACKET_ASK)) {
            uint32_t credit = m->credit;
            match_take(&c->match, &m->match);
            c->owner->kept--;
            free(m);
            head.value = 1;
            peer_control(p, &head, sizeof head);
            p->kept -= credit;
            peer_give_credit(p, credit);
            return;
        }
    }
    peer_control(p, &head, sizeof head);
}

/* All but EAGER. A head of another size than its kind's is no packet. */
static __attribute__((noinline)) void deliver_other(struct peer *p, const void *head, uint32_t head_size,
                                                    const void *body, size_t size)
{
    const struct packet_match *h = head;
    const struct packet_long *l = head;
    const struct packet_ask *a = head;
    const struct packet_next *n = head;
    uint32_t kind = head_size >= sizeof kind ? h->kind : 0;
    switch (head_size == packet_head_size(kind) ? kind : 0) {
    case PACKET_EAGER_SYNC:
        other_message_arrived(p, h, size, l->sender, 0, body, size);
        break;
    case PACKET_FIRST:
        if (p->incoming_left || size >= l->size || l->size > PEER_UNASKED) {
            p2p_broken("rank %d has sent a message inside of another", p->rank);
            break;
        }
        p->incoming_left = l->size - size;
        other_message_arrived(p, h, l->size, 0, 0, body, size);
        break;
    case PACKET_MORE:
        more_arrived(p, body, size);
        break;
    case PACKET_ASK:
        other_message_arrived(p, h, l->size, l->sender, a->address, NULL, 0);
        break;
    case PACKET_GRANT:
        send_granted(p, head);
        peer_push(p);
        break;
    case PACKET_PIECE:
        piece_arrived(p, n->request, body, size);
        break;
    case PACKET_COPIED:
        if (!n->value || !direct_refused(p, n->request))
            share_copied(p, n->request, n->value != 0);
        break;
    case PACKET_WITHDRAW:
        withdraw(p, n->value, n->request);
        break;
    case PACKET_WITHDRAWN:
        send_withdrawn(p, n->request, (int)n->value);
        break;
    case PACKET_ACK:
        send_acknowledged(p, n->request);
        break;
    case PACKET_CREDIT:
        p->credit += n->value;
        if (p->credit > PEER_CREDIT)
            p2p_broken("rank %d has returned more than it was sent", p->rank);
        break;
    default:
        p2p_broken("rank %d has sent what is no packet of Godwit's", p->rank);
    }
}

void p2p_deliver(void *owner, const void *head, uint32_t head_size, const void *body, size_t size)
{
    const struct packet_match *h = head;
    if (__builtin_expect(head_size == sizeof *h && h->kind == PACKET_EAGER, 1))
        message_arrived(owner, h, size, 0, 0, body, size);
    else
        deliver_other(owner, head, head_size, body, size);
}

/* ---- receives ---- */

/* A kept message goes into its receive. */
static void hand_over(struct message *m, struct request *r)
{
    struct peer *p = m->peer;
    uint32_t credit = m->credit;
    found(r, p, m->match.source, m->match.tag, m->size);
    if (m->kind == PACKET_FIRST && m->arrived < m->size) {
        m->receiver = r;
        return;
    }
    if (m->kind == PACKET_ASK) {
        grant(r, p, m->sender, m->address);
    } else {
        take_bytes(r, m->data, m->size);
        if (m->kind == PACKET_EAGER_SYNC)
            acknowledge(p, m->sender);
        received(r);
        p->kept -= credit;
        peer_give_credit(p, credit);
    }
    m->comm->owner->kept--;
    handle_forget(&m->obj);
    free(m);
}

static void prepare(struct request *r)
{
    request_not_over(r);
    r->error = 0;
    r->cancelled = 0;
    r->room = r->cursor.left;
    r->count = 0;
    list_init(&r->posted.link);
}

static inline __attribute__((always_inline)) void start(struct request *r)
{
    struct comm *c = r->comm;
    int tag = r->tag;
    prepare(r);
    if (__builtin_expect(r->rank == MPI_PROC_NULL, 0)) {
        r->source = MPI_PROC_NULL;
        r->tag = MPI_ANY_TAG;
        request_over(r);
        return;
    }
    if (__builtin_expect(!list_empty(&c->match.all), 0)) {
        struct match_arrived *a = match_look(&c->match, r->rank, tag);
        if (a) {
            match_take(&c->match, a);
            hand_over(list_entry(a, struct message, match), r);
            return;
        }
    }
    match_post(&c->match, &r->posted, r->rank, tag);
}

void recv_start(struct request *r)
{
    start(r);
}

int p2p_start_recv(struct request *r)
{
    p2p_enter();
    start(r);
    p2p_leave();
    return 0;
}

int p2p_recv(struct comm *c, struct request *r, int source, int tag, MPI_Status *status)
{
    recv_unpooled(r, c, source, tag);
    p2p_enter();
    start(r);
    p2p_wait(r, "MPI_Recv");
    p2p_leave();
    if (status != MPI_STATUS_IGNORE)
        status_set(status, r);
    return r->error;
}

int p2p_irecv(struct comm *c, struct cursor *body, int source, int tag, struct request **out)
{
    p2p_enter();
    struct request *r = request_quick(REQUEST_RECV);
    if (r) {
        r->source = MPI_ANY_SOURCE;
        r->comm = c;
        cursor_copy(&r->cursor, body);
        r->rank = source;
        r->tag = tag;
        request_hold_layout(r);
        start(r);
    }
    p2p_leave();
    *out = r;
    return r ? 0 : MPI_ERR_NO_MEM;
}

/* ---- probing ---- */

struct message *p2p_probe(struct comm *c, int source, int tag, int take, MPI_Status *status)
{
    struct match_arrived *a = match_look(&c->match, source, tag);
    if (!a)
        return NULL;
    struct message *m = list_entry(a, struct message, match);
    if (take)
        match_take(&c->match, a);
    if (status != MPI_STATUS_IGNORE) {
        struct request r = {.source = a->source, .tag = a->tag, .count = m->size};
        status_set(status, &r);
    }
    return m;
}

struct message *p2p_probe_now(struct comm *c, int source, int tag, int take, MPI_Status *status)
{
    p2p_enter();
    struct message *m = p2p_probe(c, source, tag, take, status);
    if (!m) {
        p2p_progress();
        m = p2p_probe(c, source, tag, take, status);
    }
    p2p_leave();
    return m;
}

struct probe {
    struct comm *comm;
    int source, tag, take;
    MPI_Status *status;
    struct message *found;
};

static int probe_found(void *arg)
{
    struct probe *p = arg;
    if (!p->found) /* waiting may ask again after the answer was yes, and a message is taken once */
        p->found = p2p_probe(p->comm, p->source, p->tag, p->take, p->status);
    return p->found != NULL;
}

struct message *p2p_probe_wait(const char *call, struct comm *c, int source, int tag, int take, MPI_Status *status)
{
    struct probe p = {.comm = c, .source = source, .tag = tag, .take = take, .status = status};
    p2p_enter();
    p2p_wait_until(probe_found, &p, call, source, tag, c->context);
    p2p_leave();
    return p.found;
}

int p2p_start_mrecv(struct request *r, struct message *m)
{
    p2p_enter();
    prepare(r);
    r->comm = m->comm;
    hand_over(m, r);
    p2p_leave();
    return 0;
}

struct comm *p2p_message_comm(const struct message *m)
{
    return m->comm;
}
