/* Communicators: what they are, their names and hints, and their end. Making them is comm_create.c. */
#include "config.h"

#include "api/comm.h"
#include "coll/coll.h"
#include "obj/info.h"
#include "p2p/buffer.h"

#include <string.h>

#pragma weak MPI_Comm_rank = PMPI_Comm_rank
int PMPI_Comm_rank(MPI_Comm comm, int *rank)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_rank", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_rank", rank, "rank");
    if (rc)
        return rc;
    *rank = c->rank;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_size = PMPI_Comm_size
int PMPI_Comm_size(MPI_Comm comm, int *size)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_size", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_size", size, "size");
    if (rc)
        return rc;
    *size = c->size;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_remote_size = PMPI_Comm_remote_size
int PMPI_Comm_remote_size(MPI_Comm comm, int *size)
{
    struct comm *c;
    int rc = api_inter("MPI_Comm_remote_size", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_remote_size", size, "size");
    if (!rc)
        *size = c->peers;
    return rc;
}

/* Processes are not started by others yet. */
#pragma weak MPI_Comm_get_parent = PMPI_Comm_get_parent
int PMPI_Comm_get_parent(MPI_Comm *parent)
{
    int rc = api_running("MPI_Comm_get_parent");
    if (!rc)
        rc = api_not_null(NULL, "MPI_Comm_get_parent", parent, "parent");
    if (!rc)
        *parent = MPI_COMM_NULL;
    return rc;
}

#pragma weak MPI_Comm_test_inter = PMPI_Comm_test_inter
int PMPI_Comm_test_inter(MPI_Comm comm, int *flag)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_test_inter", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_test_inter", flag, "flag");
    if (!rc)
        *flag = c->remote != NULL;
    return rc;
}

/* Of an inter-communicator both groups count, and the worse of two answers. */
static int compare(struct comm *a, struct comm *b)
{
    if (a == b)
        return MPI_IDENT;
    if (!a->remote != !b->remote)
        return MPI_UNEQUAL;
    int own = group_compare(a->group, b->group);
    int remote = a->remote ? group_compare(a->remote, b->remote) : MPI_IDENT;
    int worse = own > remote ? own : remote; /* the ABI's values stand in this order */
    return worse == MPI_IDENT ? MPI_CONGRUENT : worse;
}

#pragma weak MPI_Comm_compare = PMPI_Comm_compare
int PMPI_Comm_compare(MPI_Comm comm1, MPI_Comm comm2, int *result)
{
    struct comm *a, *b;
    int rc = api_comm("MPI_Comm_compare", comm1, &a);
    if (!rc)
        rc = api_comm("MPI_Comm_compare", comm2, &b);
    if (!rc)
        rc = api_not_null(a, "MPI_Comm_compare", result, "result");
    if (!rc)
        *result = compare(a, b);
    return rc;
}

/* ---- names and hints ---- */

#pragma weak MPI_Comm_set_name = PMPI_Comm_set_name
int PMPI_Comm_set_name(MPI_Comm comm, const char *comm_name)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_set_name", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_set_name", comm_name, "comm_name");
    if (!rc && comm_set_name(c, comm_name))
        rc = api_fail(c, "MPI_Comm_set_name", MPI_ERR_NO_MEM, "no memory for a name");
    return rc;
}

#pragma weak MPI_Comm_get_name = PMPI_Comm_get_name
int PMPI_Comm_get_name(MPI_Comm comm, char *comm_name, int *resultlen)
{
    static const char null[] = "MPI_COMM_NULL"; /* has a name too */
    struct comm *c = NULL;
    int rc = comm == MPI_COMM_NULL ? api_running("MPI_Comm_get_name") : api_comm("MPI_Comm_get_name", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_get_name", comm_name, "comm_name");
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_get_name", resultlen, "resultlen");
    if (rc)
        return rc;
    if (c)
        comm_copy_name(c, comm_name);
    else
        memcpy(comm_name, null, sizeof null);
    *resultlen = (int)strlen(comm_name);
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_set_info = PMPI_Comm_set_info
int PMPI_Comm_set_info(MPI_Comm comm, MPI_Info info)
{
    struct comm *c;
    int hints, rc = api_comm("MPI_Comm_set_info", comm, &c);
    if (rc || (rc = comm_hints_of("MPI_Comm_set_info", c, info, c->hints, &hints)))
        return rc;
    c->hints = (uint8_t)hints;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_get_info = PMPI_Comm_get_info
int PMPI_Comm_get_info(MPI_Comm comm, MPI_Info *info_used)
{
    struct comm *c;
    int rc = api_comm("MPI_Comm_get_info", comm, &c);
    if (!rc)
        rc = api_not_null(c, "MPI_Comm_get_info", info_used, "info_used");
    if (rc)
        return rc;
    struct info *made = info_new();
    rc = made ? info_set(made, "mpi_memory_alloc_kinds", INFO_MEMORY_KINDS) : MPI_ERR_NO_MEM;
    for (int i = 0; !rc && i < COMM_HINTS; i++)
        rc = info_set(made, comm_hint_names[i], c->hints >> i & 1 ? "true" : "false");
    if (rc) {
        if (made)
            info_free(made);
        return api_fail(c, "MPI_Comm_get_info", MPI_ERR_NO_MEM, "no memory for an info object");
    }
    *info_used = (MPI_Info)made;
    leaks_made(LEAKS_INFO, made, "MPI_Comm_get_info");
    return MPI_SUCCESS;
}

/* ---- the end ---- */

/* Attributes go first, as their functions may still use the communicator, or refuse; a buffer that is attached goes
 * when its messages have left. */
static int end(const char *function, MPI_Comm *comm, int wait)
{
    struct comm *c;
    void *memory;
    uint64_t size;
    int rc = api_running(function);
    if (rc || (rc = api_not_null(NULL, function, comm, "comm")) || (rc = api_comm(function, *comm, &c)))
        return rc;
    if (handle_is_constant(*comm))
        return api_fail(c, function, MPI_ERR_COMM, "%s cannot be freed",
                        *comm == MPI_COMM_SELF ? "MPI_COMM_SELF" : "MPI_COMM_WORLD");
    rc = attribute_delete_all(&c->attributes, c->handle);
    if (rc)
        return api_fail(c, function, rc, "deleting an attribute failed with error code %d", rc);
    buffer_detach(function, (struct buffer_owner){c, 0}, &memory, &size);
    leaks_freed(LEAKS_COMM, c->handle);
    if (wait)
        coll_comm_disconnect(function, c);
    else
        coll_comm_free(c);
    *comm = MPI_COMM_NULL;
    return MPI_SUCCESS;
}

#pragma weak MPI_Comm_free = PMPI_Comm_free
int PMPI_Comm_free(MPI_Comm *comm)
{
    return end("MPI_Comm_free", comm, 0);
}

#pragma weak MPI_Comm_disconnect = PMPI_Comm_disconnect
int PMPI_Comm_disconnect(MPI_Comm *comm)
{
    return end("MPI_Comm_disconnect", comm, 1);
}
