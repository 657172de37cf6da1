/* How a datatype was made: its envelope and its contents, and duplicates. */
#include "config.h"

#include "api/type.h"

#include "obj/attribute.h"

#include <string.h>

/* A named type has no contents. */
static const struct type_contents named = {.combiner = MPI_COMBINER_NAMED};

static const struct type_contents *contents_of(const struct type *t)
{
    return t->contents ? t->contents : &named;
}

static int check_small(const char *function, const struct type *t)
{
    if (!contents_of(t)->large)
        return 0;
    return api_fail(NULL, function, MPI_ERR_TYPE, "%s was made with counts of MPI_Count: use %s_c", type_title(t),
                    function);
}

#pragma weak MPI_Type_get_envelope = PMPI_Type_get_envelope
int PMPI_Type_get_envelope(MPI_Datatype datatype, int *num_integers, int *num_addresses, int *num_datatypes,
                           int *combiner)
{
    const char *function = "MPI_Type_get_envelope";
    struct type *t;
    int rc = api_type(function, datatype, &t);
    if (rc || (rc = api_not_null(NULL, function, num_integers, "num_integers")) ||
        (rc = api_not_null(NULL, function, num_addresses, "num_addresses")) ||
        (rc = api_not_null(NULL, function, num_datatypes, "num_datatypes")) ||
        (rc = api_not_null(NULL, function, combiner, "combiner")) || (rc = check_small(function, t)))
        return rc;
    const struct type_contents *c = contents_of(t);
    *num_integers = (int)c->integer_count;
    *num_addresses = (int)c->address_count;
    *num_datatypes = (int)c->type_count;
    *combiner = c->combiner;
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_get_envelope_c = PMPI_Type_get_envelope_c
int PMPI_Type_get_envelope_c(MPI_Datatype datatype, MPI_Count *num_integers, MPI_Count *num_addresses,
                             MPI_Count *num_large_counts, MPI_Count *num_datatypes, int *combiner)
{
    const char *function = "MPI_Type_get_envelope_c";
    struct type *t;
    int rc = api_type(function, datatype, &t);
    if (rc || (rc = api_not_null(NULL, function, num_integers, "num_integers")) ||
        (rc = api_not_null(NULL, function, num_addresses, "num_addresses")) ||
        (rc = api_not_null(NULL, function, num_large_counts, "num_large_counts")) ||
        (rc = api_not_null(NULL, function, num_datatypes, "num_datatypes")) ||
        (rc = api_not_null(NULL, function, combiner, "combiner")))
        return rc;
    const struct type_contents *c = contents_of(t);
    *num_integers = (MPI_Count)c->integer_count;
    *num_addresses = (MPI_Count)c->address_count;
    *num_large_counts = (MPI_Count)c->count_count;
    *num_datatypes = (MPI_Count)c->type_count;
    *combiner = c->combiner;
    return MPI_SUCCESS;
}

static int check_room(const char *function, const char *name, MPI_Count room, uint64_t needed, const void *array)
{
    if (room < 0 || (uint64_t)room < needed)
        return api_fail(NULL, function, MPI_ERR_ARG, "max_%s is %lld, and the type has %llu", name, (long long)room,
                        (unsigned long long)needed);
    if (needed && !array)
        return api_fail(NULL, function, MPI_ERR_ARG, "argument array_of_%s is NULL", name);
    return 0;
}

/* Types that are not named come back as new references, which the caller frees. */
static void give_types(const char *function, const struct type_contents *c, MPI_Datatype *types)
{
    for (uint64_t i = 0; i < c->type_count; i++) {
        types[i] = type_get(c->types[i])->handle;
        if (!c->types[i]->predefined)
            leaks_made(LEAKS_TYPE, types[i], function);
    }
}

static int get_contents(const char *function, const struct type *t, MPI_Count max_integers, MPI_Count max_addresses,
                        MPI_Count max_large_counts, MPI_Count max_datatypes, int *integers, MPI_Aint *addresses,
                        MPI_Count *large_counts, MPI_Datatype *types)
{
    const struct type_contents *c = contents_of(t);
    int rc;
    if (c->combiner == MPI_COMBINER_NAMED)
        return api_fail(NULL, function, MPI_ERR_TYPE, "%s is a named type, which has no contents", type_title(t));
    if ((rc = check_room(function, "integers", max_integers, c->integer_count, integers)) ||
        (rc = check_room(function, "addresses", max_addresses, c->address_count, addresses)) ||
        (rc = check_room(function, "large_counts", max_large_counts, c->count_count, large_counts)) ||
        (rc = check_room(function, "datatypes", max_datatypes, c->type_count, types)))
        return rc;
    if (c->integer_count)
        memcpy(integers, c->integers, c->integer_count * sizeof *integers);
    if (c->address_count)
        memcpy(addresses, c->addresses, c->address_count * sizeof *addresses);
    if (c->count_count)
        memcpy(large_counts, c->counts, c->count_count * sizeof *large_counts);
    give_types(function, c, types);
    return MPI_SUCCESS;
}

#pragma weak MPI_Type_get_contents = PMPI_Type_get_contents
int PMPI_Type_get_contents(MPI_Datatype datatype, int max_integers, int max_addresses, int max_datatypes,
                           int array_of_integers[], MPI_Aint array_of_addresses[], MPI_Datatype array_of_datatypes[])
{
    struct type *t;
    int rc = api_type("MPI_Type_get_contents", datatype, &t);
    if (rc || (rc = check_small("MPI_Type_get_contents", t)))
        return rc;
    return get_contents("MPI_Type_get_contents", t, max_integers, max_addresses, 0, max_datatypes, array_of_integers,
                        array_of_addresses, NULL, array_of_datatypes);
}

#pragma weak MPI_Type_get_contents_c = PMPI_Type_get_contents_c
int PMPI_Type_get_contents_c(MPI_Datatype datatype, MPI_Count max_integers, MPI_Count max_addresses,
                             MPI_Count max_large_counts, MPI_Count max_datatypes, int array_of_integers[],
                             MPI_Aint array_of_addresses[], MPI_Count array_of_large_counts[],
                             MPI_Datatype array_of_datatypes[])
{
    struct type *t;
    int rc = api_type("MPI_Type_get_contents_c", datatype, &t);
    if (rc)
        return rc;
    return get_contents("MPI_Type_get_contents_c", t, max_integers, max_addresses, max_large_counts, max_datatypes,
                        array_of_integers, array_of_addresses, array_of_large_counts, array_of_datatypes);
}

/* A copy function that refuses leaves nothing behind. */
#pragma weak MPI_Type_dup = PMPI_Type_dup
int PMPI_Type_dup(MPI_Datatype oldtype, MPI_Datatype *newtype)
{
    struct type *old, *t;
    struct words why;
    int rc = api_type("MPI_Type_dup", oldtype, &old);
    if (rc || (rc = api_not_null(NULL, "MPI_Type_dup", newtype, "newtype")))
        return rc;
    rc = type_dup(old, &t, &why);
    if (rc)
        return api_fail(NULL, "MPI_Type_dup", rc, "%s", why.s);
    rc = attribute_copy_all(&old->attributes, old->handle, &t->attributes);
    if (rc) {
        attribute_delete_all(&t->attributes, t->handle);
        type_put(t);
        return api_fail(NULL, "MPI_Type_dup", rc, "the function that copies an attribute has returned %d", rc);
    }
    *newtype = t->handle;
    leaks_made(LEAKS_TYPE, t->handle, "MPI_Type_dup");
    return MPI_SUCCESS;
}
