/* The environment of ranks: mpirun's own, without what other launchers left in it, with the changes of the command
 * line, and with what tells a rank its place.
 *
 * Ranks on other hosts get the same as on mpirun's. What names things of one host or one login stays what it is
 * there: HOME, USER, SHELL, MAIL, HOSTNAME, SSH_*, DISPLAY and XAUTHORITY, XDG_RUNTIME_DIR, session buses, and
 * what is left of a shell (SHLVL, PWD, OLDPWD, _). PATH, TMPDIR and LD_LIBRARY_PATH go along, for what runs here
 * shall run there. `-x DISPLAY` passes on what is asked for by name. */
#ifndef MPIRUN_ENVIRON_H
#define MPIRUN_ENVIRON_H

#include "boot/node.h"
#include "mpirun/job.h"

enum { RANK_VARIABLES = 14 };

/* The variables of one rank. */
struct rank_environ {
    char text[RANK_VARIABLES][80];
};

/* The part that all ranks of a program share, with room for a rank's variables behind it; NULL: no memory. */
char **environ_make(const struct env_edits *all, const struct env_edits *app, int *count);
void environ_free(char **env, int count);

/* Does this "NAME=value" belong to the host or the login where it stands, and to no rank on another host? */
int environ_is_host_bound(const char *entry);

/* The environment that an agent on another host works with: mpirun's, without what is bound to mpirun's host, and
 * what the login there has beside it. */
char **environ_join(char *const *mpiruns, char *const *own);

/* A variable's value in a list of "NAME=value", or NULL. */
const char *environ_find(char *const *env, const char *name);

/* The path that leads from one absolute directory to another: "../lib" from /usr/bin to /usr/lib. */
void environ_relative(const char *from, const char *to, char *out, size_t size);

/* Writes the variables of one rank and puts them, and the NULL, at `at`. */
void environ_rank(struct rank_environ *e, const struct node_head *node, uint32_t world_rank, uint32_t local,
                  int node_fd, char **at);

/* Where the library is that belongs to this mpirun; -1: it is not there. */
int environ_library_folder(char *out, size_t size);

#endif
