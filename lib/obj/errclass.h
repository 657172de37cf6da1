/* Error classes and codes: those of the standard, of which each code is its class, and those that the program
 * adds. */
#ifndef OBJ_ERRCLASS_H
#define OBJ_ERRCLASS_H

#include <mpi.h>

/* "MPI_ERR_COMM" and "invalid communicator"; NULL for what is no error class of the standard. */
const char *errclass_name(int errclass);
const char *errclass_text(int errclass);

/* The class of a code; -1: there is no such code. */
int errclass_of(int code);
/* What MPI_Error_string says of it; "" of one that was added and has no text. 0, or -1: there is no such code. */
int errclass_string(int code, char out[MPI_MAX_ERROR_STRING]);

/* Adding: the new number, or -1: no memory (or, of a code, no such class). A number that was removed is used again
 * only if it is the largest. */
int errclass_add_class(void);
int errclass_add_code(int errclass);
/* 0; MPI_ERR_ARG: there is no such code; MPI_ERR_OTHER: it is the standard's, or a class that
 * still has codes (remove), or of the wrong kind (a class for a code, or the other way round). */
int errclass_set_string(int code, const char *text); /* NULL: removes it */
int errclass_remove(int code, int is_class);

/* For the attribute MPI_LASTUSEDCODE. */
extern int errclass_last_used;

#endif
