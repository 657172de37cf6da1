/* What the files of api/ that work with datatypes share. */
#ifndef API_TYPE_H
#define API_TYPE_H

#include "api/api.h"
#include "type/construct.h"

/* The type behind a handle while MPI runs: 0 and *t, or the error. */
int api_type(const char *function, MPI_Datatype handle, struct type **t);

#endif
