/* The error classes of the standard: name and text. Error codes that users add come with the error-handling
 * chapter; until then a code is its class. */
#ifndef OBJ_ERRCLASS_H
#define OBJ_ERRCLASS_H

/* "MPI_ERR_COMM" and "invalid communicator"; NULL for what is no error class. */
const char *errclass_name(int errclass);
const char *errclass_text(int errclass);

#endif
