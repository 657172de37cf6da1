/* The constructors of derived datatypes. Each checks what can only be seen by computing (overflow), and keeps its
 * arguments for MPI_Type_get_contents; counts have been found not to be negative by api/. 0 and *out, with one
 * reference and not committed, or an error class and words. */
#ifndef TYPE_CONSTRUCT_H
#define TYPE_CONSTRUCT_H

#include "type/type.h"

struct layout;

_Static_assert(sizeof(MPI_Aint) == sizeof(MPI_Count) && sizeof(MPI_Aint) == 8, "rows of both are read alike");

/* How a type was made, as MPI_Type_get_contents tells it. Every type has a reference. */
struct type_contents {
    int combiner;
    int large; /* made by the form with MPI_Count (_c): its numbers are counts */
    uint64_t integer_count, address_count, count_count, type_count;
    int *integers;
    MPI_Aint *addresses;
    MPI_Count *counts;
    const struct type **types;
};

/* A row of numbers as the user gave it: one of the two. */
struct type_row {
    const int *narrow;
    const int64_t *wide; /* MPI_Count or MPI_Aint */
};
static inline int64_t type_row_at(struct type_row row, uint64_t i)
{
    return row.wide ? row.wide[i] : row.narrow[i];
}

/* large: see above. strides and displacements in extents of the old type, or (_h forms) in bytes. */
int type_contiguous(int large, int64_t count, const struct type *old, struct type **out, struct words *why);
int type_vector(int large, int64_t count, int64_t length, int64_t stride, const struct type *old, struct type **out,
                struct words *why);
int type_hvector(int large, int64_t count, int64_t length, int64_t stride, const struct type *old, struct type **out,
                 struct words *why);
int type_indexed(int large, int64_t count, struct type_row lengths, struct type_row displacements,
                 const struct type *old, struct type **out, struct words *why);
int type_hindexed(int large, int64_t count, struct type_row lengths, struct type_row displacements,
                  const struct type *old, struct type **out, struct words *why);
int type_indexed_block(int large, int64_t count, int64_t length, struct type_row displacements, const struct type *old,
                       struct type **out, struct words *why);
int type_hindexed_block(int large, int64_t count, int64_t length, struct type_row displacements, const struct type *old,
                        struct type **out, struct words *why);
int type_struct(int large, int64_t count, struct type_row lengths, struct type_row displacements,
                const struct type *const *old, struct type **out, struct words *why);
int type_resized(int large, int64_t lb, int64_t extent, const struct type *old, struct type **out, struct words *why);
int type_dup(const struct type *old, struct type **out, struct words *why);

/* array.c; all that the standard asks of the arguments has been checked */
struct type_grid {
    int size, rank, dimensions;
    struct type_row sizes;
    const int *distributions, *arguments, *processes;
    int order;
};
int type_subarray(int large, int dimensions, struct type_row sizes, struct type_row subsizes, struct type_row starts,
                  int order, const struct type *old, struct type **out, struct words *why);
int type_darray(int large, const struct type_grid *grid, const struct type *old, struct type **out, struct words *why);

/* fixed.c: predefined ones that are made when they are asked for, once; NULL: there is none, or (rc) no memory. */
int type_f90(int combiner, int precision, int range, struct type **out);
int type_value_index(const struct type *value, const struct type *index, struct type **out);
MPI_Datatype type_match_size(int class, int size);

/* ---- what constructors share ---- */

/* Where the data of a type to be stands: the extremes of all that it consists of. */
struct type_bounds {
    int some, bounded;
    __int128 lb, ub; /* once a part is bounded, of such parts only */
    int data;
    __int128 true_lb, true_ub;
    uint32_t align;
    int overflow;
};
/* Elements of the type stand at displacements of which `first` and `last` are the extremes. */
void type_bounds_add(struct type_bounds *b, const struct type *t, __int128 first, __int128 last);

/* An empty type with room for its contents: so many numbers that are counts in the large form, addresses that are too,
 * integers in any form, and types. NULL: no memory. Then what is to be kept, in the order of MPI_Type_get_contents. */
struct type *type_new(int combiner, int large, uint64_t numbers, uint64_t addresses, uint64_t plain, uint64_t types);
void type_keep(struct type *t, int64_t number);
void type_keep_row(struct type *t, struct type_row row, uint64_t count);
void type_keep_address(struct type *t, int64_t address);
void type_keep_integer(struct type *t, int number);
void type_keep_type(struct type *t, const struct type *old);

/* It consists of so many elements of one old type, laid out like that (taken over; NULL: no memory). An error ends the
 * type. */
int type_finish(struct type *t, const struct type *old, __int128 elements, struct type_bounds *b, struct layout *layout,
                struct type **out, struct words *why);

#endif
