/* Starting processes: the only place with fork and exec. A program is prepared once (found, its environment made)
 * and then started for each of its ranks. */
#ifndef MPIRUN_SPAWN_H
#define MPIRUN_SPAWN_H

#include "boot/node.h"
#include "mpirun/job.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { SPAWN_NOT_FOUND = 127, SPAWN_NOT_RUNNABLE = 126 }; /* exit codes, as shells have them */

struct program {
    const char *name; /* as the user wrote it */
    char *file;       /* what exec gets */
    char **argv, **env;
    int env_count; /* the fixed part; the variables of a rank follow it */
    const char *wdir;
};

/* What all ranks of this host get alike. */
struct spawn_common {
    const struct node_head *node;
    int node_fd;
    pid_t group;          /* process group to join: mpirun's, so that the terminal's signals reach the ranks */
    sigset_t signal_mask; /* as mpirun was started with */
    struct rlimit files;
};

/* Before the first rank: open files enough for its pipes, while the ranks get the limit that was found; and the folder
 * where mpirun was started, elsewhere too. */
int spawn_open_files(struct spawn_common *spawn, const struct job *job, int ranks, struct words *why);
int spawn_go_to_folder(const struct job *job, struct words *why);

/* Finds the program and makes its environment. 0, or an exit code and words. */
int spawn_prepare(struct program *program, const struct job *job, const struct app *app, struct words *why);
void spawn_release(struct program *program);

/* Starts the rank whose record is `local` with these descriptors as its 0, 1 and 2, on these cpus (an empty set:
 * where mpirun may run). Its pid, or -1, an exit code and words. */
pid_t spawn_rank(const struct spawn_common *s, const struct program *program, uint32_t world_rank, uint32_t local,
                 const int descriptors[3], const struct cpuset *cpus, int *code, struct words *why);

/* What an agent runs; the value is its exit code. */
typedef int agent_main(int stream, const struct job *job);

/* Runs the agent in a process of its own, in its own process group, with one end of a new stream to it; the other
 * end is *stream. Its pid, or -1 and words. Never returns in the agent. */
pid_t spawn_agent(agent_main *run, const struct job *job, int *stream, struct words *why);

/* Starts ssh: *stream is its standard input and output, *errors its standard error. It has no terminal to ask
 * anything at, and dies with this process. Its pid, or -1 and words. */
pid_t spawn_remote(char *const *command, int *stream, int *errors, struct words *why);

#endif
