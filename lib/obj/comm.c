/* Communicators: see comm.h. */
#include "obj/comm.h"

#include <pthread.h>

struct comm comm_world = {.obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_WORLD, .name = "MPI_COMM_WORLD", .context = 0};
struct comm comm_self = {
    .obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_SELF, .name = "MPI_COMM_SELF", .context = 1, .size = 1};

static struct comm world_parts, self_parts;

static void give_parts(struct comm *c, struct comm *parts)
{
    *parts = *c;
    parts->context |= COMM_PARTS;
    match_init(&parts->match);
    c->parts = parts;
}

void comm_init(int world_rank, int world_size, MPI_Errhandler initial)
{
    comm_world.rank = world_rank;
    comm_world.size = world_size;
    comm_world.errhandler = errhandler_of(initial);
    comm_self.errhandler = errhandler_of(initial);
    comm_self.first = world_rank;
    match_init(&comm_world.match);
    match_init(&comm_self.match);
    give_parts(&comm_world, &world_parts);
    give_parts(&comm_self, &self_parts);
}

struct comm *comm_of_any_context(uint32_t context)
{
    struct comm *c = (context & ~(uint32_t)COMM_PARTS) == comm_self.context    ? &comm_self
                     : (context & ~(uint32_t)COMM_PARTS) == comm_world.context ? &comm_world
                                                                               : NULL;
    return c && context & COMM_PARTS ? c->parts : c;
}

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
    pthread_mutex_unlock(&lock);
    errhandler_put(before);
}
