/* Checks of the arguments of collective operations: see coll.h. */
#include "config.h"

#include "api/coll.h"
#include "obj/info.h"

int coll_comm(struct coll *a, enum coll_kind kind, const char *function, MPI_Comm comm)
{
    *a = (struct coll){.kind = kind, .call = function};
    if (kind == COLL_SCAN || kind == COLL_EXSCAN)
        return api_intra(function, comm, &a->comm);
    int rc = message_comm(function, comm, &a->comm);
    if (!rc && (kind == COLL_NEIGHBOR_ALLGATHER || kind == COLL_NEIGHBOR_ALLTOALL) && !a->comm->topo)
        return api_fail(a->comm, function, MPI_ERR_TOPOLOGY, "%s has no topology", comm_name(a->comm));
    return rc;
}

int coll_root(struct coll *a, int root)
{
    struct comm *c = a->comm;
    a->root = root;
    if ((root >= 0 && root < c->peers) || (c->remote && (root == MPI_ROOT || root == MPI_PROC_NULL)))
        return 0;
    if (c->remote)
        return api_fail(c, a->call, MPI_ERR_ROOT, "root is %d, and must be MPI_ROOT, MPI_PROC_NULL or a rank of the "
                        "remote group of %s, 0 to %d", root, comm_name(c), c->peers - 1);
    return api_fail(c, a->call, MPI_ERR_ROOT, "root is %d, and %s has ranks 0 to %d", root, comm_name(c), c->peers - 1);
}

int coll_buffer(struct coll *a, struct coll_side *side, const char *name, const void *memory, MPI_Count count,
                MPI_Datatype datatype)
{
    struct cursor unused;
    int rc = memory == MPI_IN_PLACE ? coll_in_place(a, memory, name, 0)
                                    : message_buffer(a->comm, a->call, memory, count, datatype, &unused);
    side->memory = (char *)memory;
    side->count = count;
    side->type = type_of(datatype);
    return rc;
}

static int check_count(struct coll *a, const char *name, int i, int64_t count)
{
    if (count >= 0)
        return 0;
    return api_fail(a->comm, a->call, MPI_ERR_COUNT, "%s has %lld elements for number %d, and must not have less than 0",
                    name, (long long)count, i);
}

static int check_arrays(struct coll *a, struct coll_side *side, const char *name, int blocks)
{
    if (blocks && !side->counts.at)
        return api_fail(a->comm, a->call, MPI_ERR_ARG, "the counts of %s are NULL", name);
    if (blocks && !side->places.at)
        return api_fail(a->comm, a->call, MPI_ERR_ARG, "the displacements of %s are NULL", name);
    return 0;
}

int coll_blocks(struct coll *a, struct coll_side *side, const char *name, const void *memory, struct coll_numbers counts,
                struct coll_numbers places, MPI_Datatype datatype, int blocks)
{
    struct cursor unused;
    int64_t largest = 0;
    *side = (struct coll_side){(char *)memory, 0, type_of(datatype), counts, places, NULL, blocks};
    int rc = memory == MPI_IN_PLACE ? coll_in_place(a, memory, name, 0) : check_arrays(a, side, name, blocks);
    for (int i = 0; !rc && i < blocks; i++) {
        int64_t count = coll_number(counts, i);
        rc = check_count(a, name, i, count);
        if (count > largest)
            largest = count;
    }
    return rc ? rc : message_buffer(a->comm, a->call, memory, largest, datatype, &unused);
}

int coll_mixed(struct coll *a, struct coll_side *side, const char *name, const void *memory, struct coll_numbers counts,
               struct coll_numbers places, const MPI_Datatype *types, int blocks)
{
    struct cursor unused;
    *side = (struct coll_side){(char *)memory, 0, NULL, counts, places, types, blocks};
    int rc = memory == MPI_IN_PLACE ? coll_in_place(a, memory, name, 0) : check_arrays(a, side, name, blocks);
    if (!rc && blocks && !types)
        rc = api_fail(a->comm, a->call, MPI_ERR_ARG, "the datatypes of %s are NULL", name);
    for (int i = 0; !rc && i < blocks; i++) {
        int64_t count = coll_number(counts, i);
        if (!(rc = check_count(a, name, i, count)) && count) /* with places in bytes, NULL is as good as any */
            rc = message_buffer(a->comm, a->call, memory ? memory : side, count, types[i], &unused);
    }
    return rc;
}

int coll_in_place(struct coll *a, const void *memory, const char *name, int allowed)
{
    a->in_place = memory == MPI_IN_PLACE;
    if (!a->in_place || (allowed && !a->comm->remote))
        return 0;
    return api_fail(a->comm, a->call, MPI_ERR_BUFFER, "%s is MPI_IN_PLACE, which it cannot be here", name);
}

static int has_data(const struct coll_side *side)
{
    if (side->count)
        return 1;
    for (int i = 0; side->counts.at && i < side->blocks; i++)
        if (coll_number(side->counts, i))
            return 1;
    return 0;
}

/* Derived types may use different parts of the same memory. */
int coll_apart(struct coll *a)
{
    const struct coll_side *out = &a->out, *in = &a->in;
    if (__builtin_expect(out->memory != in->memory || !in->memory || a->in_place, 1))
        return 0;
    if (!out->type || !in->type || !out->type->predefined || !in->type->predefined || !has_data(out) || !has_data(in))
        return 0;
    return api_fail(a->comm, a->call, MPI_ERR_BUFFER,
                    "sendbuf and recvbuf are the same memory (%p); MPI_IN_PLACE is for that", (void *)in->memory);
}

int coll_op(struct coll *a, MPI_Op op)
{
    struct words why;
    a->op = op_of(op);
    if (!a->op && op == MPI_OP_NULL)
        return api_fail(a->comm, a->call, MPI_ERR_OP, "the operation is MPI_OP_NULL");
    if (!a->op)
        return api_fail(a->comm, a->call, MPI_ERR_OP, "%p is not an operation", (void *)op);
    if (op_check(a->op, a->in.type, 0, &why))
        return api_fail(a->comm, a->call, MPI_ERR_OP, "%s", why.s);
    return 0;
}

int coll_do(const struct coll *a, struct coll_form form)
{
    struct words why;
    struct request *r;
    int rc;
    if (form.form == COLL_NOW) {
        rc = coll_run(a, &why);
        return __builtin_expect(rc, 0) ? api_fail(a->comm, a->call, rc, "%s", why.s) : MPI_SUCCESS;
    }
    if ((rc = api_not_null(a->comm, a->call, form.request, "request")))
        return rc;
    if (form.info != MPI_INFO_NULL && !info_of(form.info))
        return api_fail(a->comm, a->call, MPI_ERR_INFO, "%p is not an info object", (void *)form.info);
    rc = form.form == COLL_STARTED ? coll_begin(a, &r, &why) : coll_make(a, &r, &why);
    if (rc)
        return api_fail(a->comm, a->call, rc, "%s", why.s);
    *form.request = (MPI_Request)r;
    return MPI_SUCCESS;
}
