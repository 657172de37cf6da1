/* What the files of api/ that work with sessions share. */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "api/api.h"
#include "obj/session.h"

/* As api_fail, on a session's error handler. */
int session_fail(struct session *s, const char *function, int errclass, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The session behind a handle while MPI runs: 0 and *s, or the error. */
int session_get(const char *function, MPI_Session handle, struct session **s);
int session_not_null(struct session *s, const char *function, const void *argument, const char *name);

#endif
