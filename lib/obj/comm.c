/* Communicators: see comm.h. */
#include "obj/comm.h"

struct comm comm_world = {.obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_WORLD, .name = "MPI_COMM_WORLD", .context = 0};
struct comm comm_self = {
    .obj = {.kind = OBJ_COMM}, .handle = MPI_COMM_SELF, .name = "MPI_COMM_SELF", .context = 1, .size = 1};

void comm_init(int world_rank, int world_size, MPI_Errhandler initial)
{
    comm_world.rank = world_rank;
    comm_world.size = world_size;
    comm_world.errhandler = errhandler_of(initial);
    comm_self.errhandler = errhandler_of(initial);
}
