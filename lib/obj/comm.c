/* Communicators: see comm.h. */
#include "obj/comm.h"

#include "obj/contexts.h"
#include "obj/request.h"
#include "obj/topo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXT_WORLD, CONTEXT_SELF, CONTEXT_BASE, CONTEXT_FIRST = 16 };
#define CONTEXT_END 0x40000000u

const char *const comm_hint_names[COMM_HINTS] = {"mpi_assert_no_any_tag", "mpi_assert_no_any_source",
                                                 "mpi_assert_exact_length", "mpi_assert_allow_overtaking"};

static char world_name[] = "MPI_COMM_WORLD", self_name[] = "MPI_COMM_SELF", base_name[] = "the job's processes";
static struct group world_group = {.obj = {.kind = OBJ_GROUP}, .references = 1, .stride = 1};
static struct group self_group = {.obj = {.kind = OBJ_GROUP}, .references = 1, .stride = 1};
struct comm comm_world = {.obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_WORLD, .name = world_name,
                          .context = CONTEXT_WORLD, .owner = &comm_world, .group = &world_group};
struct comm comm_self = {.obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_SELF, .name = self_name,
                         .context = CONTEXT_SELF, .owner = &comm_self, .group = &self_group};
struct comm comm_base = {.obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_NULL, .name = base_name,
                         .context = CONTEXT_BASE, .owner = &comm_base, .group = &world_group};

/* The ids that this process gives, and the next. */
static uint32_t own_first, own_count, own_next, world_count;

/* What sends and receives name is one of its groups. */
static void aim(struct comm *c, const struct group *peers)
{
    c->peers = peers->size;
    c->first = peers->first;
    c->stride = peers->stride;
    c->members = peers->table;
}

static void init_fixed(struct comm *c, MPI_Errhandler initial)
{
    c->errhandler = errhandler_of(initial);
    c->rank = c->group->rank;
    c->size = c->group->size;
    memset(c->hidden, 0, sizeof c->hidden);
    c->attributes = NULL;
    c->kept = 0;
    aim(c, c->group);
    match_init(&c->match);
}

void comm_init(int world_rank, int world_size, MPI_Errhandler initial)
{
    group_init(world_rank);
    world_group.rank = world_rank;
    world_group.size = world_size;
    self_group.first = world_rank;
    self_group.size = 1;
    init_fixed(&comm_world, initial);
    init_fixed(&comm_self, initial);
    init_fixed(&comm_base, initial);
    world_count = (uint32_t)world_size;
    own_count = (CONTEXT_END - CONTEXT_FIRST) / world_count;
    own_first = CONTEXT_FIRST + own_count * (uint32_t)world_rank;
    own_next = 0;
}

/* ---- contexts ---- */

struct comm *comm_of_any_context(uint32_t context)
{
    uint32_t id = context & ~COMM_HIDDEN;
    struct comm *c = id >= CONTEXT_FIRST   ? contexts_find(id)
                     : id == CONTEXT_WORLD ? &comm_world
                     : id == CONTEXT_SELF  ? &comm_self
                     : id == CONTEXT_BASE  ? &comm_base
                                           : NULL;
    return c && context & COMM_HIDDEN ? comm_hidden(c, context & COMM_HIDDEN) : c;
}

uint32_t comm_context_take(void)
{
    for (uint32_t i = 0; i < own_count; i++) {
        uint32_t id = own_first + own_next;
        own_next = own_next + 1 < own_count ? own_next + 1 : 0;
        if (!contexts_find(id))
            return id;
    }
    return 0;
}

void comm_context_give_back(uint32_t context)
{
    if (own_next && context == own_first + own_next - 1)
        own_next--;
}

int comm_context_is_possible(uint32_t context)
{
    uint32_t id = context & ~COMM_HIDDEN;
    return id >= CONTEXT_FIRST && (id - CONTEXT_FIRST) / own_count < world_count;
}

struct comm *comm_hidden(struct comm *c, uint32_t which)
{
    struct comm **place = &c->hidden[(which >> 30) - 1];
    if (__builtin_expect(*place != NULL, 1))
        return *place;
    struct comm *h = malloc(sizeof *h);
    if (!h)
        return NULL;
    /* Only what never changes: other threads may be at the rest, under other locks. */
    *h = (struct comm){.obj = {.kind = c->obj.kind}, .handle = c->handle, .context = c->context | which, .rank = c->rank,
                       .size = c->size, .peers = c->peers, .first = c->first, .stride = c->stride,
                       .members = c->members, .owner = c->owner, .group = c->group, .remote = c->remote,
                       .early = c->early};
    if (which == COMM_LOCAL && c->remote)
        aim(h, c->group);
    match_init(&h->match);
    return *place = h;
}

struct comm *comm_early(uint32_t context)
{
    uint32_t id = context & ~COMM_HIDDEN;
    struct comm *c = calloc(1, sizeof *c);
    if (!c || contexts_add(id, c)) {
        free(c);
        return NULL;
    }
    c->context = id;
    c->early = 1;
    c->owner = c;
    match_init(&c->match);
    return context & COMM_HIDDEN ? comm_hidden(c, context & COMM_HIDDEN) : c;
}

/* ---- life ---- */

struct comm *comm_new(uint32_t context, struct group *group, struct group *remote, struct comm *from)
{
    struct comm *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->obj.kind = OBJ_COMM;
    c->handle = (MPI_Comm)c;
    c->context = context;
    c->owner = c;
    c->group = group_get(group);
    c->remote = remote ? group_get(remote) : NULL;
    c->session = from->session;
    c->rank = group->rank;
    c->size = group->size;
    aim(c, remote ? remote : group);
    match_init(&c->match);
    c->errhandler = comm_errhandler_get(from);
    return c;
}

void comm_set_context(struct comm *c, uint32_t context)
{
    c->context = context;
}

static void free_hidden(struct comm *c)
{
    for (int i = 0; i < 3; i++)
        if (c->hidden[i]) {
            match_fini(&c->hidden[i]->match);
            free(c->hidden[i]);
            c->hidden[i] = NULL;
        }
    match_fini(&c->match);
}

void comm_discard(struct comm *c)
{
    free_hidden(c);
    if (c->errhandler)
        errhandler_put(c->errhandler);
    group_put(c->group);
    group_put(c->remote);
    topo_put(c->topo);
    handle_forget(&c->obj);
    free(c->name);
    c->obj.kind = 0;
    free(c);
}

int comm_enter(struct comm *c, struct comm **early)
{
    struct comm *there = contexts_find(c->context);
    *early = NULL;
    if (there && there->dead) { /* mostly it only has not been swept yet */
        comm_sweep();
        there = contexts_find(c->context);
    }
    if (there && !there->early)
        return MPI_ERR_INTERN;
    if (there) {
        contexts_remove(c->context);
        *early = there;
    }
    return contexts_add(c->context, c) ? MPI_ERR_NO_MEM : 0;
}

void comm_drop_early(struct comm *early)
{
    comm_discard(early);
}

static struct comm *dead;
static uint32_t dead_count, dead_limit = 16;

static void mark(struct request *r)
{
    if (r->comm)
        r->comm->owner->used = 1;
}

void comm_sweep(void)
{
    for (struct comm *c = dead; c; c = c->next_dead)
        c->used = c->kept > 0;
    request_each(mark);
    for (struct comm **link = &dead; *link;) {
        struct comm *c = *link;
        if (c->used) {
            link = &c->next_dead;
            continue;
        }
        *link = c->next_dead;
        dead_count--;
        contexts_remove(c->context);
        comm_discard(c);
    }
    dead_limit = 2 * dead_count + 16 + request_total() / 32;
}

void comm_bury(struct comm *c)
{
    handle_forget(&c->obj);
    c->obj.kind = 0;
    c->dead = 1;
    c->next_dead = dead;
    dead = c;
    if (++dead_count > dead_limit)
        comm_sweep();
}

/* ---- what users may set ---- */

/* Taking a reference and replacing the handler exclude each other, or the handler could be freed in between. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct errhandler *comm_errhandler_get(struct comm *c)
{
    pthread_mutex_lock(&lock);
    struct errhandler *e = errhandler_get(c->errhandler);
    pthread_mutex_unlock(&lock);
    return e;
}

void comm_errhandler_set(struct comm *c, struct errhandler *e)
{
    errhandler_get(e);
    pthread_mutex_lock(&lock);
    struct errhandler *before = c->errhandler;
    c->errhandler = e;
    c->has_errhandler = 1;
    pthread_mutex_unlock(&lock);
    errhandler_put(before);
}

struct comm *comm_of_no_object(void)
{
    return comm_world.has_errhandler && !comm_self.has_errhandler ? &comm_world : &comm_self;
}

int comm_set_name(struct comm *c, const char *name)
{
    char *copy = strndup(name, MPI_MAX_OBJECT_NAME - 1);
    if (!copy)
        return MPI_ERR_NO_MEM;
    pthread_mutex_lock(&lock);
    char *before = c->name;
    c->name = copy;
    pthread_mutex_unlock(&lock);
    if (before != world_name && before != self_name)
        free(before);
    return 0;
}

void comm_copy_name(struct comm *c, char out[MPI_MAX_OBJECT_NAME])
{
    pthread_mutex_lock(&lock);
    strcpy(out, c->name ? c->name : "");
    pthread_mutex_unlock(&lock);
}
