/* What api/ calls of collective work: so far the making of communicators. Each function returns 0 or an error
 * class with words, and is collective as the standard says; *out is MPI_COMM_NULL's NULL where this process gets
 * none. call: the MPI function, for whoever looks at what a rank waits for. Arguments have been checked. */
#ifndef COLL_COLL_H
#define COLL_COLL_H

#include "base/words.h"
#include "obj/comm.h"

struct request;

/* The same groups in a new context, with attributes and the given hints. request: not NULL, *out may be used when it
 * is over. */
int coll_comm_dup(const char *call, struct comm *c, int hints, struct comm **out, struct request **request,
                  struct words *why);

/* The group is part of c's, and is called with by all of c (create) or by its members only (create_group). */
int coll_comm_create(const char *call, struct comm *c, struct group *group, struct comm **out, struct words *why);
int coll_comm_create_group(const char *call, struct comm *c, struct group *group, int tag, struct comm **out,
                           struct words *why);
/* Without a communicator before it; the error handler is taken over from `from`, which need be no real one. */
int coll_comm_create_from_group(const char *call, struct group *group, const char *stringtag, struct comm *from,
                                struct comm **out, struct words *why);
int coll_comm_split(const char *call, struct comm *c, int color, int key, struct comm **out, struct words *why);
/* The first of n numbers that is not the same for all processes; n: all are. */
int coll_comm_differs(const char *call, struct comm *c, const int32_t *numbers, int n, int *first, struct words *why);

/* A list of n numbers from each: *all becomes memory with room for *room from each (counts[i] count), for the caller
 * to free. */
int coll_comm_lists(const char *call, struct comm *c, const int32_t *list, int n, int32_t **all, int *counts,
                    int *room, struct words *why);

/* peer, its leader and the tag count at the local leader only. */
int coll_intercomm_create(const char *call, struct comm *local, int local_leader, struct comm *peer,
                          int remote_leader, int tag, struct comm **out, struct words *why);
int coll_intercomm_create_from_groups(const char *call, struct group *local, int local_leader, struct group *remote,
                                      int remote_leader, const char *stringtag, struct comm *from, struct comm **out,
                                      struct words *why);
int coll_intercomm_merge(const char *call, struct comm *c, int high, struct comm **out, struct words *why);

/* The program's part is over; what is under way still ends as it should. disconnect waits for it. */
void coll_comm_free(struct comm *c);
void coll_comm_disconnect(const char *call, struct comm *c);

#endif
