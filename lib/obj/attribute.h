/* Attributes: values that a program hangs onto communicators, datatypes and windows, under keys that it has made. An
 * object has a list of them; keys are numbers. Functions of the program are called without any lock held, and may call
 * MPI. An int that comes back is 0, an error class, or what a function of the program has returned. */
#ifndef OBJ_ATTRIBUTE_H
#define OBJ_ATTRIBUTE_H

#include <mpi.h>

enum attribute_kind { ATTRIBUTE_COMM, ATTRIBUTE_TYPE, ATTRIBUTE_WIN };

/* The functions of a key, by the kind of objects that it is for; the ABI's MPI_X_NULL_COPY_FN, MPI_X_DUP_FN and
 * MPI_X_NULL_DELETE_FN are small numbers, and understood. */
union attribute_copy {
    MPI_Comm_copy_attr_function *comm;
    MPI_Type_copy_attr_function *type;
    MPI_Win_copy_attr_function *win;
};
union attribute_delete {
    MPI_Comm_delete_attr_function *comm;
    MPI_Type_delete_attr_function *type;
    MPI_Win_delete_attr_function *win;
};

/* MPI_ERR_NO_MEM; MPI_ERR_KEYVAL: is no key of that kind. A freed key lives on as long as an object has a value. */
int attribute_create_keyval(enum attribute_kind kind, union attribute_copy copy, union attribute_delete delete,
                            void *extra_state, int *keyval);
int attribute_free_keyval(enum attribute_kind kind, int keyval);

struct attribute; /* the head of an object's list; NULL: has none */

/* A value that was there is deleted first; its delete function may refuse (so in delete). */
int attribute_set(struct attribute **list, void *handle, enum attribute_kind kind, int keyval, void *value);
int attribute_get(struct attribute *const *list, enum attribute_kind kind, int keyval, void **value, int *found);
int attribute_delete(struct attribute **list, void *handle, enum attribute_kind kind, int keyval);

/* When an object is duplicated, or freed: the last that was set goes first. What was done before an error stays done. */
int attribute_copy_all(struct attribute *const *list, void *handle, struct attribute **to);
int attribute_delete_all(struct attribute **list, void *handle);

#endif
