/* Performance variables of the tool interface: a table of numbers that the runtime keeps, or that are found out when
 * somebody asks. A handle of a counter shows what was counted while it was started, so that no two of them disturb each
 * other; all else can be read at any time and changed never. */
#include "config.h"

#include "api/tool.h"

#include "api/api.h"
#include "base/list.h"
#include "p2p/p2p.h"

#include <stdlib.h>
#include <string.h>

/* Called with the lock of p2p; c is what the handle is bound to, or NULL. */
typedef uint64_t read_now(const struct comm *c);

static uint64_t unexpected_queue(const struct comm *c)
{
    uint64_t posted, arrived;
    match_lengths(&c->match, &posted, &arrived);
    return arrived;
}

static uint64_t posted_queue(const struct comm *c)
{
    uint64_t posted, arrived;
    match_lengths(&c->match, &posted, &arrived);
    return posted;
}

static uint64_t in_use;

static void count_one(struct request *r)
{
    (void)r;
    in_use++;
}

static uint64_t requests(const struct comm *c)
{
    (void)c;
    in_use = 0;
    request_each(count_one);
    return in_use;
}

static uint64_t request_room(const struct comm *c)
{
    (void)c;
    return request_total();
}

static struct proc_network network(void)
{
    struct proc_network n;
    proc_network(&n);
    return n;
}

static uint64_t unexpected(const struct comm *c) { (void)c; return p2p_counts.unexpected; }
static uint64_t unexpected_bytes(const struct comm *c) { (void)c; return p2p_counts.unexpected_bytes; }
static uint64_t in_pieces(const struct comm *c) { (void)c; return p2p_counts.in_pieces; }
static uint64_t direct(const struct comm *c) { (void)c; return p2p_counts.direct; }
static uint64_t shared(const struct comm *c) { (void)c; return p2p_counts.shared; }
static uint64_t sleeps(const struct comm *c) { (void)c; return p2p_counts.sleeps; }
static uint64_t frames_out(const struct comm *c) { (void)c; return network().frames_out; }
static uint64_t frames_in(const struct comm *c) { (void)c; return network().frames_in; }
static uint64_t strangers(const struct comm *c) { (void)c; return network().strangers; }
static uint64_t failures(const struct comm *c) { (void)c; return network().failures; }

static const struct pvar {
    const char *name;
    int class, bind;
    enum tool_category category;
    read_now *now;
    const char *sentence;
} table[] = {
    {"unexpected_queue_length", MPI_T_PVAR_CLASS_LEVEL, MPI_T_BIND_MPI_COMM, TOOL_MESSAGES, unexpected_queue,
     "Messages of a communicator that have arrived and wait for their receive."},
    {"posted_queue_length", MPI_T_PVAR_CLASS_LEVEL, MPI_T_BIND_MPI_COMM, TOOL_MESSAGES, posted_queue,
     "Receives of a communicator that wait for their message."},
    {"unexpected_messages", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_MESSAGES, unexpected,
     "Messages that arrived before their receive."},
    {"unexpected_bytes", MPI_T_PVAR_CLASS_AGGREGATE, MPI_T_BIND_NO_OBJECT, TOOL_MESSAGES, unexpected_bytes,
     "Bytes of messages that arrived before their receive."},
    {"fetched_in_pieces", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_MESSAGES, in_pieces,
     "Messages that the receiver asked for, and that came in pieces through the wire."},
    {"fetched_by_copying", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_MESSAGES, shared,
     "Messages that the receiver asked for, and that the kernel copied straight from process to process."},
    {"fetched_by_network", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_MESSAGES, direct,
     "Messages that the receiver asked for, and that the network moved straight into its memory."},
    {"sleeps", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_MESSAGES, sleeps,
     "How often this process has lain down to sleep while a call waited."},
    {"requests", MPI_T_PVAR_CLASS_LEVEL, MPI_T_BIND_NO_OBJECT, TOOL_LIBRARY, requests,
     "Requests in use, those that the library has made for itself included."},
    {"requests_room", MPI_T_PVAR_CLASS_SIZE, MPI_T_BIND_NO_OBJECT, TOOL_LIBRARY, request_room,
     "Requests that there is memory for; the largest number so far that was in use at once, rounded up."},
    {"network_frames_sent", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_NETWORK, frames_out,
     "Frames given to libfabric."},
    {"network_frames_received", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_NETWORK, frames_in,
     "Genuine frames that libfabric has received."},
    {"network_strangers", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_NETWORK, strangers,
     "Frames that were dropped, as they came from nobody of the job, or twice."},
    {"network_failures", MPI_T_PVAR_CLASS_COUNTER, MPI_T_BIND_NO_OBJECT, TOOL_NETWORK, failures,
     "Operations of libfabric that have failed."},
};

struct handle {
    struct list link; /* of the session */
    struct session_of_tool *session;
    const struct pvar *v;
    const struct comm *comm;
    int started;
    uint64_t begun; /* what the runtime had counted then */
    uint64_t value; /* of the time before */
};

struct session_of_tool {
    struct list link, handles;
};

static struct list sessions = {&sessions, &sessions};

enum tool_category tool_pvar_category(int index)
{
    return table[index].category;
}

int tool_pvar_count(void)
{
    return sizeof table / sizeof table[0];
}

static int counts(const struct pvar *v)
{
    return v->class == MPI_T_PVAR_CLASS_COUNTER || v->class == MPI_T_PVAR_CLASS_AGGREGATE;
}

/* ---- what there is ---- */

#pragma weak MPI_T_pvar_get_num = PMPI_T_pvar_get_num
int PMPI_T_pvar_get_num(int *num_pvar)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!num_pvar)
        return MPI_T_ERR_INVALID;
    *num_pvar = tool_pvar_count();
    return MPI_SUCCESS;
}

static int index_check(int index)
{
    int rc = tool_check();
    return rc ? rc : index < 0 || index >= tool_pvar_count() ? MPI_T_ERR_INVALID_INDEX : 0;
}

static void set(int *out, int value)
{
    if (out)
        *out = value;
}

#pragma weak MPI_T_pvar_get_info = PMPI_T_pvar_get_info
int PMPI_T_pvar_get_info(int pvar_index, char *name, int *name_len, int *verbosity, int *var_class,
                         MPI_Datatype *datatype, MPI_T_enum *enumtype, char *desc, int *desc_len, int *bind,
                         int *readonly, int *continuous, int *atomic)
{
    int rc = index_check(pvar_index);
    if (rc)
        return rc;
    const struct pvar *v = &table[pvar_index];
    tool_text(v->name, name, name_len);
    tool_text(v->sentence, desc, desc_len);
    set(verbosity, MPI_T_VERBOSITY_USER_DETAIL);
    set(var_class, v->class);
    if (datatype)
        *datatype = MPI_UNSIGNED_LONG_LONG;
    if (enumtype)
        *enumtype = MPI_T_ENUM_NULL;
    set(bind, v->bind);
    set(readonly, !counts(v));
    set(continuous, !counts(v));
    set(atomic, counts(v));
    return MPI_SUCCESS;
}

#pragma weak MPI_T_pvar_get_index = PMPI_T_pvar_get_index
int PMPI_T_pvar_get_index(const char *name, int var_class, int *pvar_index)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!name || !pvar_index)
        return MPI_T_ERR_INVALID;
    for (int i = 0; i < tool_pvar_count(); i++)
        if (table[i].class == var_class && strcmp(table[i].name, name) == 0) {
            *pvar_index = i;
            return MPI_SUCCESS;
        }
    return MPI_T_ERR_INVALID_NAME;
}

/* ---- sessions and handles; the lock is held ---- */

static struct session_of_tool *find_session(MPI_T_pvar_session session)
{
    for (struct list *l = sessions.next; l != &sessions; l = l->next)
        if ((MPI_T_pvar_session)(void *)list_entry(l, struct session_of_tool, link) == session)
            return list_entry(l, struct session_of_tool, link);
    return NULL;
}

static struct handle *find_handle(const struct session_of_tool *s, MPI_T_pvar_handle handle)
{
    for (struct list *l = s->handles.next; l != &s->handles; l = l->next)
        if ((MPI_T_pvar_handle)(void *)list_entry(l, struct handle, link) == handle)
            return list_entry(l, struct handle, link);
    return NULL;
}

static void end_session(struct session_of_tool *s)
{
    while (!list_empty(&s->handles)) {
        struct handle *h = list_entry(s->handles.next, struct handle, link);
        list_remove(&h->link);
        free(h);
    }
    list_remove(&s->link);
    free(s);
}

void tool_pvar_end(void)
{
    while (!list_empty(&sessions))
        end_session(list_entry(sessions.next, struct session_of_tool, link));
}

static uint64_t now(const struct handle *h)
{
    p2p_enter();
    uint64_t value = h->comm && !api_is_running() ? 0 : h->v->now(h->comm);
    p2p_leave();
    return value;
}

static int start(struct handle *h)
{
    if (!counts(h->v))
        return MPI_T_ERR_PVAR_NO_STARTSTOP;
    if (!h->started)
        h->begun = now(h);
    h->started = 1;
    return MPI_SUCCESS;
}

static int stop(struct handle *h)
{
    if (!counts(h->v))
        return MPI_T_ERR_PVAR_NO_STARTSTOP;
    if (h->started)
        h->value += now(h) - h->begun;
    h->started = 0;
    return MPI_SUCCESS;
}

/* It shows `value` now, and goes on from there. *before: what it has shown until then. */
static int write(struct handle *h, uint64_t value, uint64_t *before)
{
    if (!counts(h->v))
        return MPI_T_ERR_PVAR_NO_WRITE;
    uint64_t counted = h->started ? now(h) : 0;
    *before = h->value + (h->started ? counted - h->begun : 0);
    h->begun = counted;
    h->value = value;
    return MPI_SUCCESS;
}

static int reset(struct handle *h)
{
    uint64_t before;
    return write(h, 0, &before);
}

/* Begins a call on a session: 0, and the lock is held. */
static int enter(MPI_T_pvar_session session, struct session_of_tool **s)
{
    int rc = tool_check();
    if (rc)
        return rc;
    tool_enter();
    *s = find_session(session);
    if (*s)
        return 0;
    tool_leave();
    return MPI_T_ERR_INVALID_SESSION;
}

/* And on a handle. */
static int enter_handle(MPI_T_pvar_session session, MPI_T_pvar_handle handle, struct handle **h)
{
    struct session_of_tool *s;
    int rc = enter(session, &s);
    if (rc)
        return rc;
    *h = find_handle(s, handle);
    if (*h)
        return 0;
    tool_leave();
    return MPI_T_ERR_INVALID_HANDLE;
}

/* On one handle, or on all of a session that it fits. */
static int on_each(MPI_T_pvar_session session, MPI_T_pvar_handle handle, int (*action)(struct handle *h))
{
    struct session_of_tool *s;
    int rc = enter(session, &s);
    if (rc)
        return rc;
    if (handle == MPI_T_PVAR_ALL_HANDLES) {
        for (struct list *l = s->handles.next; l != &s->handles; l = l->next)
            action(list_entry(l, struct handle, link));
    } else {
        struct handle *h = find_handle(s, handle);
        rc = h ? action(h) : MPI_T_ERR_INVALID_HANDLE;
    }
    tool_leave();
    return rc;
}

#pragma weak MPI_T_pvar_session_create = PMPI_T_pvar_session_create
int PMPI_T_pvar_session_create(MPI_T_pvar_session *session)
{
    int rc = tool_check();
    if (rc)
        return rc;
    if (!session)
        return MPI_T_ERR_INVALID;
    struct session_of_tool *s = malloc(sizeof *s);
    if (!s)
        return MPI_T_ERR_OUT_OF_SESSIONS;
    list_init(&s->handles);
    tool_enter();
    list_add(&sessions, &s->link);
    tool_leave();
    *session = (MPI_T_pvar_session)(void *)s;
    return MPI_SUCCESS;
}

#pragma weak MPI_T_pvar_session_free = PMPI_T_pvar_session_free
int PMPI_T_pvar_session_free(MPI_T_pvar_session *session)
{
    struct session_of_tool *s;
    int rc = tool_check();
    if (rc)
        return rc;
    if (!session)
        return MPI_T_ERR_INVALID;
    if ((rc = enter(*session, &s)))
        return rc;
    end_session(s);
    tool_leave();
    *session = MPI_T_PVAR_SESSION_NULL;
    return MPI_SUCCESS;
}

/* obj_handle: of what the variable is bound to, the address of a handle. */
static int find_object(const struct pvar *v, const void *obj_handle, const struct comm **comm)
{
    *comm = NULL;
    if (v->bind == MPI_T_BIND_NO_OBJECT)
        return 0;
    if (!obj_handle)
        return MPI_T_ERR_INVALID;
    *comm = api_is_running() ? comm_of(*(const MPI_Comm *)obj_handle) : NULL;
    return *comm ? 0 : MPI_T_ERR_INVALID_HANDLE;
}

#pragma weak MPI_T_pvar_handle_alloc = PMPI_T_pvar_handle_alloc
int PMPI_T_pvar_handle_alloc(MPI_T_pvar_session session, int pvar_index, void *obj_handle, MPI_T_pvar_handle *handle,
                             int *count)
{
    struct session_of_tool *s;
    const struct comm *comm;
    int rc = index_check(pvar_index);
    if (rc)
        return rc;
    if (!handle || !count)
        return MPI_T_ERR_INVALID;
    if ((rc = find_object(&table[pvar_index], obj_handle, &comm)))
        return rc;
    struct handle *h = calloc(1, sizeof *h);
    if (!h)
        return MPI_T_ERR_OUT_OF_HANDLES;
    if ((rc = enter(session, &s))) {
        free(h);
        return rc;
    }
    h->v = &table[pvar_index];
    h->comm = comm;
    list_add(&s->handles, &h->link);
    tool_leave();
    *handle = (MPI_T_pvar_handle)(void *)h;
    *count = 1;
    return MPI_SUCCESS;
}

#pragma weak MPI_T_pvar_handle_free = PMPI_T_pvar_handle_free
int PMPI_T_pvar_handle_free(MPI_T_pvar_session session, MPI_T_pvar_handle *handle)
{
    struct handle *h;
    int rc = tool_check();
    if (rc)
        return rc;
    if (!handle)
        return MPI_T_ERR_INVALID;
    if ((rc = enter_handle(session, *handle, &h)))
        return rc;
    list_remove(&h->link);
    tool_leave();
    free(h);
    *handle = MPI_T_PVAR_HANDLE_NULL;
    return MPI_SUCCESS;
}

/* ---- values ---- */

#pragma weak MPI_T_pvar_start = PMPI_T_pvar_start
int PMPI_T_pvar_start(MPI_T_pvar_session session, MPI_T_pvar_handle handle)
{
    return on_each(session, handle, start);
}

#pragma weak MPI_T_pvar_stop = PMPI_T_pvar_stop
int PMPI_T_pvar_stop(MPI_T_pvar_session session, MPI_T_pvar_handle handle)
{
    return on_each(session, handle, stop);
}

#pragma weak MPI_T_pvar_reset = PMPI_T_pvar_reset
int PMPI_T_pvar_reset(MPI_T_pvar_session session, MPI_T_pvar_handle handle)
{
    return on_each(session, handle, reset);
}

#pragma weak MPI_T_pvar_read = PMPI_T_pvar_read
int PMPI_T_pvar_read(MPI_T_pvar_session session, MPI_T_pvar_handle handle, void *buf)
{
    struct handle *h;
    int rc = enter_handle(session, handle, &h);
    if (rc)
        return rc;
    uint64_t value = !counts(h->v) ? now(h) : h->value + (h->started ? now(h) - h->begun : 0);
    tool_leave();
    if (!buf)
        return MPI_T_ERR_INVALID;
    memcpy(buf, &value, sizeof value);
    return MPI_SUCCESS;
}

#pragma weak MPI_T_pvar_write = PMPI_T_pvar_write
int PMPI_T_pvar_write(MPI_T_pvar_session session, MPI_T_pvar_handle handle, const void *buf)
{
    struct handle *h;
    uint64_t value = 0, before;
    int rc = enter_handle(session, handle, &h);
    if (rc)
        return rc;
    if (buf)
        memcpy(&value, buf, sizeof value);
    rc = buf ? write(h, value, &before) : MPI_T_ERR_INVALID;
    tool_leave();
    return rc;
}

#pragma weak MPI_T_pvar_readreset = PMPI_T_pvar_readreset
int PMPI_T_pvar_readreset(MPI_T_pvar_session session, MPI_T_pvar_handle handle, void *buf)
{
    struct handle *h;
    uint64_t before = 0;
    int rc = enter_handle(session, handle, &h);
    if (rc)
        return rc;
    rc = buf ? write(h, 0, &before) : MPI_T_ERR_INVALID;
    tool_leave();
    if (rc == MPI_T_ERR_PVAR_NO_WRITE)
        return MPI_T_ERR_PVAR_NO_ATOMIC;
    if (!rc)
        memcpy(buf, &before, sizeof before);
    return rc;
}
