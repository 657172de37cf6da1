/* What the files of api/ that make communicators share. */
#ifndef API_COMM_H
#define API_COMM_H

#include "api/api.h"

/* The hints that an info object asks for, on top of those before; MPI_INFO_NULL asks for none. 0, or the error. */
int comm_hints_of(const char *function, struct comm *c, MPI_Info info, int before, int *hints);

/* What was made becomes the program's handle, or an error is reported on c. */
int comm_give(const char *function, struct comm *c, int rc, const struct words *why, struct comm *made,
              MPI_Comm *out);

#endif
