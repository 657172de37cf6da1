/* What files of api/ say of a handle that is no error handler, or one for other objects; returns the error class. */
#ifndef API_ERRHANDLER_H
#define API_ERRHANDLER_H

#include "api/api.h"

int errhandler_bad(const char *function, struct comm *c, MPI_Errhandler handle);

#endif
