/* What the files that make communicators share. Not for other folders. */
#ifndef COLL_CREATE_H
#define COLL_CREATE_H

#include "coll/coll.h"
#include "coll/small.h"

uint32_t create_take(void); /* a context id; 0: all are in use */
void create_give_back(uint32_t context);

/* Words for an error that came from below. */
int create_failed(int rc, struct words *why);
int create_used_up(struct words *why);

/* The communicator, known to messages. The groups' references are given away. */
int create_comm(uint32_t context, struct group *group, struct group *remote, struct comm *from, struct comm **out,
                struct words *why);

/* Of the two sides of an inter-communicator, the one that decides. */
int create_is_low(const struct comm *c);

/* A tag for a string of the program's, and what is left of the string's number. */
int create_tag(const char *stringtag, uint32_t *rest);

#endif
