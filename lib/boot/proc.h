/* How this process comes to life and goes: its place in the job, found in the node segment that mpirun left it
 * (or a world of one without mpirun), and its end when it cannot go on. Knows no MPI function. */
#ifndef BOOT_PROC_H
#define BOOT_PROC_H

#include <mpi.h>
#include "base/conf.h"
#include "boot/node.h"

#include <pthread.h>
#include <stdnoreturn.h>

enum proc_stage { PROC_BEFORE, PROC_ALIVE, PROC_AFTER };

struct proc {
    _Atomic int stage; /* of MPI: the world or a session is initialized */
    _Atomic int world; /* of MPI_Init ... MPI_Finalize */
    int sessions;      /* that are open */
    int wires_level;   /* the thread level that the library can stand */
    int thread_level;  /* what MPI_Init_thread provided */
    pthread_t main_thread;
    int rank, size;
    struct node_head *node; /* NULL in a world of one */
    struct node_rank *me;   /* this rank's record in it */
    struct conf conf;
};

extern struct proc proc;

/* MPI_Init, or a session: the first of them brings the library to life: settings, segment, communicators. 0, or an
 * error class and words. */
int proc_start(int session, int thread_level, int *provided, struct words *why);

/* MPI_Finalize, or the end of a session. What is left is kept, as another session may follow. */
void proc_stop(int session);

/* The error handler of errors before MPI_Init: what `mpirun -initial-errhandler` said, else the standard's. */
MPI_Errhandler proc_initial_errhandler(void);

/* Ends the process, and through mpirun the whole job: leaves code and words in the rank's record, where mpirun
 * finds them, or says them on standard error when there is no mpirun. The C library's output is flushed first,
 * for at most a second. life is NODE_ABORTED or NODE_FAILED. */
noreturn void proc_end(enum node_life life, int code, const struct words *words);

/* This node's name, as MPI_Get_processor_name gives it. */
void proc_host(char *out, size_t size);

/* ---- resource.c: what of the machine this process is restricted to ---- */
enum { PROC_RESOURCES = 5 }; /* from the largest, the node, to the smallest */
extern const char *const proc_resource_names[PROC_RESOURCES];
int proc_resource_find(const char *name); /* its number; -1: there is none of that name */
/* A number of the one of its kind that this process runs on, unlike that of any other of the job; -1: it may run on
 * several, or there is no such thing. */
int proc_resource(int number);

/* Reads the settings, once: MPI's start does, and who wants to look at them before. */
void proc_settings(void);

/* What the wire between nodes has counted; all 0 where there is none. The lock of p2p is held. */
struct proc_network {
    uint64_t frames_out, frames_in;
    uint64_t strangers; /* dropped: from nobody of the job, or twice */
    uint64_t failures;  /* of the network's operations */
};
void proc_network(struct proc_network *out);

/* Fills MPI_INFO_ENV with what is known by now; called before each look at it. 0 or an error class. */
int proc_describe(void);

#endif
