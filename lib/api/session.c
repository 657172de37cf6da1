/* Sessions: their life, the sets of processes that they know, and what is made of a group without a communicator
 * before it. */
#include "config.h"

#include "api/comm.h"
#include "api/errhandler.h"
#include "api/session.h"
#include "coll/coll.h"
#include "obj/info.h"
#include "p2p/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const psets[] = {"mpi://WORLD", "mpi://SELF"};
enum { PSETS = 2 };

int session_fail(struct session *s, const char *function, int errclass, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int rc = api_report(errhandler_get(s->errhandler), s, "a session", function, errclass, format, ap);
    va_end(ap);
    return rc;
}

int session_get(const char *function, MPI_Session handle, struct session **s)
{
    int rc = api_running(function);
    if (rc)
        return rc;
    *s = session_of(handle);
    if (*s)
        return 0;
    if (handle == MPI_SESSION_NULL)
        return api_fail(NULL, function, MPI_ERR_SESSION, "the session is MPI_SESSION_NULL");
    return api_fail(NULL, function, MPI_ERR_SESSION, "%p is not a session", (void *)handle);
}

int session_not_null(struct session *s, const char *function, const void *argument, const char *name)
{
    return argument ? 0 : session_fail(s, function, MPI_ERR_ARG, "argument %s is NULL", name);
}

/* ---- life ---- */

static _Atomic uint32_t last_number;

static const struct {
    int level;
    const char *name;
} levels[] = {{MPI_THREAD_SINGLE, "MPI_THREAD_SINGLE"},
              {MPI_THREAD_FUNNELED, "MPI_THREAD_FUNNELED"},
              {MPI_THREAD_SERIALIZED, "MPI_THREAD_SERIALIZED"},
              {MPI_THREAD_MULTIPLE, "MPI_THREAD_MULTIPLE"}};

/* The level that the info asks for; a name that is none is as good as none. */
static int wanted_level(const struct info *info)
{
    char name[MPI_MAX_INFO_VAL];
    for (int i = 0; info && info_copy(info, "thread_level", name) >= 0 && i < 4; i++)
        if (strcmp(name, levels[i].name) == 0)
            return levels[i].level;
    return MPI_THREAD_SINGLE;
}

static const char *level_name(int level)
{
    for (int i = 0; i < 4; i++)
        if (levels[i].level == level)
            return levels[i].name;
    return levels[0].name;
}

#pragma weak MPI_Session_init = PMPI_Session_init
int PMPI_Session_init(MPI_Info info, MPI_Errhandler errhandler, MPI_Session *session)
{
    static const char function[] = "MPI_Session_init";
    struct words why;
    struct errhandler *e = errhandler_of(errhandler);
    if (!e || !errhandler_fits(e, ERRHANDLER_SESSION))
        return errhandler_bad(function, NULL, errhandler);
    struct session asking = {.errhandler = e};
    int rc = session_not_null(&asking, function, session, "session");
    if (!rc && info != MPI_INFO_NULL && !info_of(info))
        rc = session_fail(&asking, function, MPI_ERR_INFO, "%p is not an info object", (void *)info);
    if (rc)
        return rc;
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return session_fail(&asking, function, MPI_ERR_NO_MEM, "no memory for a session");
    rc = proc_start(1, wanted_level(info == MPI_INFO_NULL ? NULL : info_of(info)), &s->thread_level, &why);
    if (rc) {
        free(s);
        return session_fail(&asking, function, rc, "%s", why.s);
    }
    s->obj.kind = OBJ_SESSION;
    s->errhandler = errhandler_get(e);
    s->number = atomic_fetch_add(&last_number, 1) + 1;
    *session = (MPI_Session)s;
    leaks_made(LEAKS_SESSION, s, function);
    return MPI_SUCCESS;
}

#pragma weak MPI_Session_finalize = PMPI_Session_finalize
int PMPI_Session_finalize(MPI_Session *session)
{
    struct session *s;
    void *memory;
    uint64_t size;
    int rc = api_not_null(NULL, "MPI_Session_finalize", session, "session");
    if (rc || (rc = session_get("MPI_Session_finalize", *session, &s)))
        return rc;
    buffer_detach("MPI_Session_finalize", (struct buffer_owner){NULL, s->number}, &memory, &size);
    leaks_freed(LEAKS_SESSION, s);
    handle_forget(&s->obj);
    s->obj.kind = 0;
    errhandler_put(s->errhandler);
    free(s);
    *session = MPI_SESSION_NULL;
    proc_stop(1);
    return MPI_SUCCESS;
}

/* ---- inquiry ---- */

static int give_info(struct session *s, const char *function, const char *key, const char *value, MPI_Info *out)
{
    struct info *made = info_new();
    if (!made || info_set(made, key, value)) {
        if (made)
            info_free(made);
        return session_fail(s, function, MPI_ERR_NO_MEM, "no memory for an info object");
    }
    *out = (MPI_Info)made;
    leaks_made(LEAKS_INFO, made, function);
    return MPI_SUCCESS;
}

#pragma weak MPI_Session_get_info = PMPI_Session_get_info
int PMPI_Session_get_info(MPI_Session session, MPI_Info *info_used)
{
    struct session *s;
    int rc = session_get("MPI_Session_get_info", session, &s);
    if (rc || (rc = session_not_null(s, "MPI_Session_get_info", info_used, "info_used")))
        return rc;
    rc = give_info(s, "MPI_Session_get_info", "thread_level", level_name(s->thread_level), info_used);
    if (!rc && info_set(info_of(*info_used), "mpi_memory_alloc_kinds", INFO_MEMORY_KINDS))
        rc = session_fail(s, "MPI_Session_get_info", MPI_ERR_NO_MEM, "no memory for an info object");
    return rc;
}

static int check_info(struct session *s, const char *function, MPI_Info info)
{
    if (info == MPI_INFO_NULL || info_of(info))
        return 0;
    return session_fail(s, function, MPI_ERR_INFO, "%p is not an info object", (void *)info);
}

#pragma weak MPI_Session_get_num_psets = PMPI_Session_get_num_psets
int PMPI_Session_get_num_psets(MPI_Session session, MPI_Info info, int *npset_names)
{
    struct session *s;
    int rc = session_get("MPI_Session_get_num_psets", session, &s);
    if (rc || (rc = check_info(s, "MPI_Session_get_num_psets", info)) ||
        (rc = session_not_null(s, "MPI_Session_get_num_psets", npset_names, "npset_names")))
        return rc;
    *npset_names = PSETS;
    return MPI_SUCCESS;
}

/* pset_len is the room for the name; where it is 0 only the length is told. Both count the NUL. */
#pragma weak MPI_Session_get_nth_pset = PMPI_Session_get_nth_pset
int PMPI_Session_get_nth_pset(MPI_Session session, MPI_Info info, int n, int *pset_len, char *pset_name)
{
    static const char function[] = "MPI_Session_get_nth_pset";
    struct session *s;
    int rc = session_get(function, session, &s);
    if (rc || (rc = check_info(s, function, info)) || (rc = session_not_null(s, function, pset_len, "pset_len")))
        return rc;
    if (n < 0 || n >= PSETS)
        return session_fail(s, function, MPI_ERR_ARG, "n is %d, and there are %d sets of processes", n, PSETS);
    if (*pset_len < 0)
        return session_fail(s, function, MPI_ERR_ARG, "pset_len is %d, and must not be negative", *pset_len);
    if (*pset_len > 0 && (rc = session_not_null(s, function, pset_name, "pset_name")))
        return rc;
    size_t length = strlen(psets[n]), room = (size_t)*pset_len;
    if (room) {
        size_t some = length < room ? length : room - 1;
        memcpy(pset_name, psets[n], some);
        pset_name[some] = 0;
    }
    *pset_len = (int)length + 1;
    return MPI_SUCCESS;
}

static int find_pset(struct session *s, const char *function, const char *name, int *which)
{
    int rc = session_not_null(s, function, name, "pset_name");
    for (*which = 0; !rc && *which < PSETS; ++*which)
        if (strcmp(name, psets[*which]) == 0)
            return 0;
    return rc ? rc : session_fail(s, function, MPI_ERR_ARG, "there is no set of processes named '%.100s'", name);
}

#pragma weak MPI_Session_get_pset_info = PMPI_Session_get_pset_info
int PMPI_Session_get_pset_info(MPI_Session session, const char *pset_name, MPI_Info *info)
{
    static const char function[] = "MPI_Session_get_pset_info";
    struct session *s;
    char size[16];
    int which, rc = session_get(function, session, &s);
    if (rc || (rc = find_pset(s, function, pset_name, &which)) || (rc = session_not_null(s, function, info, "info")))
        return rc;
    snprintf(size, sizeof size, "%d", which ? 1 : comm_base.size);
    return give_info(s, function, "mpi_size", size, info);
}

#pragma weak MPI_Group_from_session_pset = PMPI_Group_from_session_pset
int PMPI_Group_from_session_pset(MPI_Session session, const char *pset_name, MPI_Group *newgroup)
{
    static const char function[] = "MPI_Group_from_session_pset";
    struct session *s;
    int which, rc = session_get(function, session, &s);
    if (rc || (rc = find_pset(s, function, pset_name, &which)) ||
        (rc = session_not_null(s, function, newgroup, "newgroup")))
        return rc;
    struct group *g = group_of_session(which ? comm_self.group : comm_base.group, s->number);
    if (!g)
        return session_fail(s, function, MPI_ERR_NO_MEM, "no memory for a group");
    *newgroup = group_handle(g);
    leaks_made(LEAKS_GROUP, *newgroup, function);
    return MPI_SUCCESS;
}

/* ---- error handlers ---- */

#pragma weak MPI_Session_set_errhandler = PMPI_Session_set_errhandler
int PMPI_Session_set_errhandler(MPI_Session session, MPI_Errhandler errhandler)
{
    struct session *s;
    int rc = session_get("MPI_Session_set_errhandler", session, &s);
    if (rc)
        return rc;
    struct errhandler *e = errhandler_of(errhandler), *before = s->errhandler;
    if (!e || !errhandler_fits(e, ERRHANDLER_SESSION))
        return session_fail(s, "MPI_Session_set_errhandler", MPI_ERR_ERRHANDLER,
                            "%p is not an error handler for sessions", (void *)errhandler);
    s->errhandler = errhandler_get(e);
    errhandler_put(before);
    return MPI_SUCCESS;
}

#pragma weak MPI_Session_get_errhandler = PMPI_Session_get_errhandler
int PMPI_Session_get_errhandler(MPI_Session session, MPI_Errhandler *errhandler)
{
    struct session *s;
    int rc = session_get("MPI_Session_get_errhandler", session, &s);
    if (rc || (rc = session_not_null(s, "MPI_Session_get_errhandler", errhandler, "errhandler")))
        return rc;
    *errhandler = errhandler_get(s->errhandler)->handle;
    leaks_made(LEAKS_ERRHANDLER, *errhandler, "MPI_Session_get_errhandler");
    return MPI_SUCCESS;
}

#pragma weak MPI_Session_call_errhandler = PMPI_Session_call_errhandler
int PMPI_Session_call_errhandler(MPI_Session session, int errorcode)
{
    struct session *s;
    int rc = session_get("MPI_Session_call_errhandler", session, &s);
    if (rc)
        return rc;
    session_fail(s, "MPI_Session_call_errhandler", errorcode, "called by the program with error code %d", errorcode);
    return MPI_SUCCESS;
}

/* ---- communicators of groups ---- */

/* What errors go to while there is no communicator yet. */
struct making {
    struct comm from;
    char name[24];
};

static int begin(const char *function, MPI_Errhandler errhandler, MPI_Info info, const char *stringtag,
                 const MPI_Comm *out, struct making *m, int *hints)
{
    int rc = api_running(function);
    struct errhandler *e = errhandler_of(errhandler);
    if (rc)
        return rc;
    if (!e || !errhandler_fits(e, ERRHANDLER_COMM))
        return errhandler_bad(function, NULL, errhandler);
    *m = (struct making){.from = {.handle = MPI_COMM_NULL, .errhandler = e, .name = m->name},
                         .name = "the new communicator"};
    if ((rc = api_not_null(&m->from, function, out, "newcomm")) ||
        (rc = api_not_null(&m->from, function, stringtag, "stringtag")) ||
        (rc = comm_hints_of(function, &m->from, info, 0, hints)))
        return rc;
    if (strnlen(stringtag, MPI_MAX_STRINGTAG_LEN) == MPI_MAX_STRINGTAG_LEN)
        return api_fail(&m->from, function, MPI_ERR_ARG, "stringtag is longer than %d bytes",
                        MPI_MAX_STRINGTAG_LEN - 1);
    return 0;
}

static int get_group(const char *function, struct making *m, MPI_Group group, struct group **g)
{
    *g = group_of(group);
    m->from.session = *g ? (*g)->session : 0;
    return *g ? 0
              : api_fail(&m->from, function, MPI_ERR_GROUP,
                         group == MPI_GROUP_NULL ? "the group is MPI_GROUP_NULL" : "it is not a group");
}

static int end(const char *function, struct making *m, int rc, const struct words *why, struct comm *made, int hints,
               MPI_Comm *out)
{
    if (!rc && made)
        made->hints = (uint8_t)hints;
    return comm_give(function, &m->from, rc, why, made, out);
}

#pragma weak MPI_Comm_create_from_group = PMPI_Comm_create_from_group
int PMPI_Comm_create_from_group(MPI_Group group, const char *stringtag, MPI_Info info, MPI_Errhandler errhandler,
                                MPI_Comm *newcomm)
{
    static const char function[] = "MPI_Comm_create_from_group";
    struct making m;
    struct group *g;
    struct comm *made;
    struct words why;
    int hints, rc = begin(function, errhandler, info, stringtag, newcomm, &m, &hints);
    if (rc || (rc = get_group(function, &m, group, &g)))
        return rc;
    *newcomm = MPI_COMM_NULL;
    if (g->size == 0)
        return MPI_SUCCESS;
    if (g->rank == MPI_UNDEFINED)
        return api_fail(&m.from, function, MPI_ERR_GROUP, "the calling process is not in the group");
    rc = coll_comm_create_from_group(function, g, stringtag, &m.from, &made, &why);
    return end(function, &m, rc, &why, made, hints, newcomm);
}

static int check_leader(const char *function, struct making *m, const struct group *g, int leader, const char *name)
{
    if (leader >= 0 && leader < g->size)
        return 0;
    return api_fail(&m->from, function, MPI_ERR_RANK, "%s is %d of %d processes", name, leader, g->size);
}

#pragma weak MPI_Intercomm_create_from_groups = PMPI_Intercomm_create_from_groups
int PMPI_Intercomm_create_from_groups(MPI_Group local_group, int local_leader, MPI_Group remote_group,
                                      int remote_leader, const char *stringtag, MPI_Info info,
                                      MPI_Errhandler errhandler, MPI_Comm *newintercomm)
{
    static const char function[] = "MPI_Intercomm_create_from_groups";
    struct making m;
    struct group *local, *remote = NULL;
    struct comm *made;
    struct words why;
    int hints, rc = begin(function, errhandler, info, stringtag, newintercomm, &m, &hints);
    if (rc || (rc = get_group(function, &m, local_group, &local)) ||
        (rc = check_leader(function, &m, local, local_leader, "local_leader")))
        return rc;
    if (local->rank == MPI_UNDEFINED)
        return api_fail(&m.from, function, MPI_ERR_GROUP, "the calling process is not in the local group");
    if (local->rank == local_leader && ((rc = get_group(function, &m, remote_group, &remote)) ||
                                        (rc = check_leader(function, &m, remote, remote_leader, "remote_leader"))))
        return rc;
    if (remote && !group_disjoint(local, remote))
        return api_fail(&m.from, function, MPI_ERR_GROUP, "the two groups have processes in common");
    rc = coll_intercomm_create_from_groups(function, local, local_leader, remote, remote_leader, stringtag, &m.from,
                                           &made, &why);
    return end(function, &m, rc, &why, made, hints, newintercomm);
}
