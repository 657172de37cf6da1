/* What the files of the tool interface (MPI_T) share. Its functions return codes of their own and call no error
 * handler; they work before MPI_Init and after MPI_Finalize too. */
#ifndef API_TOOL_H
#define API_TOOL_H

#include <mpi.h>

/* Everything belongs to one of these; the first holds the others. */
enum tool_category { TOOL_GODWIT, TOOL_LAUNCHER, TOOL_LIBRARY, TOOL_MESSAGES, TOOL_NETWORK, TOOL_CATEGORIES };

/* 0, or MPI_T_ERR_NOT_INITIALIZED. */
int tool_check(void);

/* One thread at a time looks at what programs have made: sessions, handles, values. */
void tool_enter(void);
void tool_leave(void);

/* A text goes out in the room that *length says (NULL or 0: none), cut if it has to; *length becomes what all of it
 * would take, the NUL included. */
void tool_text(const char *from, char *text, int *length);

/* To which category a variable belongs, and how many there are. */
enum tool_category tool_cvar_category(int index);
enum tool_category tool_pvar_category(int index);
int tool_pvar_count(void);

/* Sessions of performance variables and their handles go with the last MPI_T_finalize. */
void tool_pvar_end(void);

#endif
